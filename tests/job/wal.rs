//! Write-ahead logs and the sets beside them: what no base needs goes, and nothing else; what one
//! repository missed another one gives it.

use std::fs;
use std::path::PathBuf;

use duphong::audit::{Kind, Reader};
use duphong::base::exit::ExitCode;
use duphong::job::hold::{self, Word};
use duphong::job::wal::{self, Brought};
use duphong::job::{forget, prune, snapshot};
use duphong::repository::prune::Limits;

use crate::job::portal::{Installation, configuration};
use crate::source::production::Production;

/// Ends the current segment and returns its name, which the server keeps.
fn switched(server: &Production) -> String {
    let name = server.sql("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
    server.sql("SELECT pg_logical_emit_message(true, 'thử', 'một'); SELECT pg_switch_wal()");
    name
}

fn push(here: &Installation, server: &Production, name: &str) -> wal::Receipt {
    let brought = Brought::open(&server.data.join("pg_wal").join(name)).unwrap();
    wal::push(&here.site, "mau/cum", brought).unwrap()
}

fn range(here: &Installation) -> (String, String) {
    let mut listing = wal::list(&here.site, "local").unwrap();
    assert_eq!(listing.lines.len(), 1);
    assert!(listing.lines[0].is_whole(), "{listing:?}");
    listing.lines.remove(0).range.unwrap()
}

#[test]
fn everything_since_the_oldest_base_stays_and_what_lies_before_goes_on_record() {
    let server = Production::start("wal_keep_size = '1GB'");
    let dsn = server.settings("postgres").dsn;
    let here = Installation::with(&configuration(&format!(
        "\n    databases: [ {{ name: cum, postgres: {{ dsn: \"{dsn}\", physical: true, wal: {{}} }} }} ]"
    )));
    let before = switched(&server);
    push(&here, &server, &before);
    // Without a base everything may be the beginning of something.
    let plan = wal::plan_forget(&here.site, "local").unwrap();
    assert_eq!((plan[0].oldest.is_none(), plan[0].files, plan[0].stay), (true, 0, 1));
    let first = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(first.exit(), ExitCode::Done, "{first:?}");
    let between = switched(&server);
    let second = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(second.exit(), ExitCode::Done, "{second:?}");
    let last = switched(&server);
    let names = server.sql(
        "SELECT string_agg(name, ' ' ORDER BY name) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'",
    );
    for name in names.split(' ').filter(|name| **name <= *last) {
        push(&here, &server, name);
    }
    let labels = fs::read_dir(server.data.join("pg_wal")).unwrap().flatten();
    for label in labels.filter(|entry| entry.path().extension().is_some_and(|end| end == "backup"))
    {
        push(&here, &server, label.file_name().to_str().unwrap());
    }
    assert_eq!(range(&here).1, last);
    let gone = wal::forget(&here.site, "local").unwrap();
    assert!(gone.fault.is_none(), "{gone:?}");
    let start = range(&here).0;
    assert!(start > before && start <= between, "{start}: the first base needs from there on");
    // The older base is forgotten, and the repository pruned beside the log.
    let repository = here.site.open("local").unwrap();
    let oldest = repository.snapshots().unwrap().sets[0].0;
    repository.forget(&repository.lock_exclusive().unwrap(), &oldest).unwrap();
    let gone = vec![oldest.to_string()];
    prune::prune(&here.site, "local", Limits::default(), &gone).unwrap();
    assert_eq!(range(&here).0, start, "a prune does not look at the log");
    let plan = wal::plan_forget(&here.site, "local").unwrap();
    let (from, to) = plan[0].range.clone().unwrap();
    assert_eq!(from, start);
    assert!(to >= between && to < last, "{to}");
    assert_eq!(range(&here).0, start, "a plan changes nothing");
    // As after a mass change: nothing is removed until a person has looked.
    let word = Word { by: "Bình".to_owned(), reason: "vụ 12".to_owned() };
    hold::hold_portal(&here.site, "mau", &word).unwrap();
    assert_eq!(wal::forget(&here.site, "local").unwrap_err().code(), "wal.held");
    assert_eq!(range(&here).0, start);
    hold::release_portal(&here.site, "mau", &word).unwrap();
    let done = wal::forget(&here.site, "local").unwrap();
    assert!(done.fault.is_none() && done.gone > 0, "{done:?}");
    assert!(range(&here).0 > between);
    let log = Reader::open(&here.path("state/audit")).unwrap();
    let entries: Vec<_> = log.entries().map(Result::unwrap).collect();
    let forgotten = entries.iter().filter(|entry| entry.verb == "wal.forget");
    let kinds: Vec<_> = forgotten.map(|entry| entry.kind).collect();
    assert_eq!(kinds, [[Kind::Intent, Kind::Outcome]; 2].concat(), "each intent has its outcome");
    // A set that cannot be read may be the one with the oldest base.
    let newest = repository.snapshots().unwrap().sets[0].0;
    let path = here.path("repository/snapshots").join(newest.to_string());
    fs::write(&path, b"x").unwrap();
    let kept = range(&here);
    let refused = wal::forget(&here.site, "local").unwrap_err();
    assert_eq!(refused.exit(), ExitCode::Integrity, "{refused}");
    assert_eq!(range(&here), kept);
    assert!(forget::forget(&here.site, "local", None).is_err(), "it has no rules either");
}

/// The objects of a segment in the repository at this place.
fn pieces(here: &Installation, repository: &str, name: &str) -> Vec<PathBuf> {
    let opened = here.site.open(repository).unwrap();
    let listing = opened.log_listing(None).unwrap();
    let (_, pieces) = listing.files().find(|(file, _)| file.name() == name).unwrap();
    let folder = if repository == "local" { "repository" } else { repository };
    pieces.iter().map(|one| here.path(folder).join(one.piece.name().as_str())).collect()
}

/// Of a segment that is damaged in `xa` a copy makes a whole one; one that can be read and is
/// another than in `local` stays as it is.
fn heal(here: &Installation, damaged: &str, other: &str) {
    let first = pieces(here, "xa", damaged).remove(0);
    let mut bytes = fs::read(&first).unwrap();
    bytes[200] ^= 1;
    fs::write(&first, bytes).unwrap();
    let xa = here.site.open("xa").unwrap();
    let listing = xa.log_listing(None).unwrap();
    let (file, _) = listing.files().find(|(file, _)| file.name() == other).unwrap();
    let theirs = pieces(here, "xa", other).remove(0);
    let kept = fs::read(&theirs).unwrap();
    fs::remove_file(&theirs).unwrap();
    xa.keep_log(file, 0, &vec![7; 16 << 20]).unwrap();
    let strange = pieces(here, "xa", other).remove(0);
    let by_names = wal::plan_copy(&here.site, "local", "xa", false).unwrap();
    assert_eq!(by_names.lacking.len(), 0, "names and lengths tell nothing");
    let plan = wal::plan_copy(&here.site, "local", "xa", true).unwrap();
    assert_eq!((plan.lacking.len(), plan.damaged()), (1, 1), "{plan:?}");
    let copied = wal::copy(&here.site, "local", "xa", true).unwrap();
    assert_eq!((copied.files, copied.exit()), (1, ExitCode::Done), "{copied:?}");
    assert!(copied.healed[0].ends_with(damaged), "{copied:?}");
    assert!(!first.exists(), "what was damaged is gone");
    let back = here.path("whole");
    for repository in ["xa", "local"] {
        wal::fetch(&here.site, &[repository.to_owned()], None, damaged, &back).unwrap();
    }
    assert!(strange.exists(), "what can be read is never replaced");
    let log = Reader::open(&here.path("state/audit")).unwrap();
    let told = log.entries().map(Result::unwrap).filter(|entry| entry.verb == "wal.copy").last();
    assert_eq!(told.unwrap().facts["healed"].as_array().unwrap().len(), 1);
    // Where both are damaged nothing is healed, and that is said.
    for repository in ["xa", "local"] {
        let piece = pieces(here, repository, damaged).remove(0);
        fs::write(&piece, b"x").unwrap();
    }
    let refused = wal::copy(&here.site, "local", "xa", true).unwrap();
    assert_eq!((refused.refused.len(), refused.exit()), (1, ExitCode::Integrity), "{refused:?}");
    fs::remove_file(&strange).unwrap();
    fs::write(&theirs, kept).unwrap();
}

#[test]
fn where_one_repository_suffices_the_other_gets_what_it_missed_by_copy() {
    let server = Production::start("wal_keep_size = '1GB'");
    let text = configuration(
        "\n    databases: [ { name: cum, postgres: { dsn: \"dbname=x user=x\", wal: { durable-in: one } } } ]",
    );
    let text = text.replace(
        "portals:",
        "  xa: { path: xa, password: { file: secrets/xa.password } }\nportals:",
    );
    let here = Installation::with(&text.replace("to: [local]", "to: [local, xa]"));
    let both = switched(&server);
    assert_eq!(push(&here, &server, &both).complete, 2);
    fs::rename(here.path("xa"), here.path("away")).unwrap();
    let missed = switched(&server);
    let receipt = push(&here, &server, &missed);
    assert_eq!((receipt.complete, receipt.lacking), (1, 1));
    fs::rename(here.path("away"), here.path("xa")).unwrap();
    let plan = wal::plan_copy(&here.site, "local", "xa", false).unwrap();
    assert_eq!((plan.lacking.len(), plan.files), (1, 0));
    assert_eq!(wal::plan_copy(&here.site, "xa", "local", false).unwrap().lacking.len(), 0);
    let copied = wal::copy(&here.site, "local", "xa", false).unwrap();
    assert_eq!((copied.files, copied.exit()), (1, ExitCode::Done));
    let listing = wal::list(&here.site, "xa").unwrap();
    assert_eq!(listing.lines[0].range, Some((both.clone(), missed.clone())));
    let back = here.path("back");
    let only = ["xa".to_owned()];
    assert_eq!(wal::fetch(&here.site, &only, None, &missed, &back).unwrap(), "xa");
    assert!(fs::read(back).unwrap() == fs::read(server.data.join("pg_wal").join(&missed)).unwrap());
    heal(&here, &both, &missed);
    // All must have it unless one suffices.
    let strict = text.replace("durable-in: one", "durable-in: all");
    fs::write(here.path("duphong.yaml"), strict.replace("to: [local]", "to: [local, xa]")).unwrap();
    let (site, _runtime) = crate::job::portal::site(&here.path("duphong.yaml"));
    fs::rename(here.path("xa"), here.path("away")).unwrap();
    let next = switched(&server);
    let brought = Brought::open(&server.data.join("pg_wal").join(&next)).unwrap();
    let refused = wal::push(&site, "mau/cum", brought).unwrap_err();
    assert_eq!(refused.code(), "wal.unopened", "{refused}");
}
