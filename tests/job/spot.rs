//! The spot check: a sample of the live sources beside the newest set.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use duphong::audit::Kind;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::job::notice::Teller;
use duphong::job::spot::{self, Request, Spotted};
use duphong::job::{snapshot, status};
use duphong::view::{Colour, assess};
use jiff::SignedDuration;

use crate::job::portal::{Installation, SOURCES, configuration, site};
use crate::notice::server::MailServer;

fn request(files: usize, seed: Option<u64>) -> Request {
    Request { portal: "mau".into(), repository: None, files, tolerance: 10, seed }
}

fn spotted(here: &Installation) -> Spotted {
    spot::run(&here.site, &request(1000, None)).unwrap()
}

fn media(here: &Installation) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = (1..=12)
        .flat_map(|month| fs::read_dir(here.path(format!("portal/media/2026/{month:02}"))).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// Writes other content of the same size, and sets the time back that says so.
fn rewrite(file: &Path, bytes: &[u8]) {
    let then: SystemTime = fs::metadata(file).unwrap().modified().unwrap();
    fs::write(file, bytes).unwrap();
    fs::File::options().write(true).open(file).unwrap().set_modified(then).unwrap();
}

#[test]
fn files_that_nobody_changed_are_equal_and_those_that_changed_are_counted_apart() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let seen = spotted(&here);
    assert_eq!(seen.exit(), ExitCode::Done, "{seen:?}");
    let same: u64 = seen.trees.iter().map(|tree| tree.same.0).sum();
    assert_eq!((same, seen.databases[0].tables), (50, 4));

    let files = media(&here);
    fs::write(&files[0], "viết lại").unwrap();
    fs::remove_file(&files[1]).unwrap();
    fs::write(here.path("portal/media/mới.jpg"), "mới").unwrap();
    let seen = spotted(&here);
    assert_eq!(seen.exit(), ExitCode::Done, "{seen:?}");
    assert_eq!((seen.trees[0].same.0, seen.trees[0].moved), (46, 2));
    let outcome = here.site.log().unwrap().reader().unwrap().entries().map(Result::unwrap);
    let outcome = outcome.filter(|entry| entry.kind == Kind::Outcome).last().unwrap();
    assert_eq!((outcome.verb.as_str(), &outcome.facts["findings"]), ("snapshot.spot", &0.into()));
}

#[test]
fn a_draw_follows_from_its_seed() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let sizes = |seed| {
        let seen = spot::run(&here.site, &request(5, Some(seed))).unwrap();
        assert_eq!((seen.seed, seen.trees[0].same.0), (seed, 5));
        seen.trees[0].same.1
    };
    assert_eq!(sizes(7), sizes(7));
    let draws: std::collections::BTreeSet<_> = (0..8).map(sizes).collect();
    assert!(draws.len() > 4, "{draws:?}");
}

#[test]
fn content_that_changed_under_the_same_size_and_time_is_a_finding_with_its_own_exit() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let file = &media(&here)[0];
    let mut bytes = fs::read(file).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    rewrite(file, &bytes);
    let seen = spotted(&here);
    assert_eq!((seen.exit(), seen.findings()), (ExitCode::Integrity, 1), "{seen:?}");
    assert_eq!(seen.trees[0].findings.first[0].1, "differs");
    let remarks = status::status(&here.site).unwrap().remarks;
    let red = remarks.iter().find(|one| one.message.id == "view-spot-differs");
    assert_eq!(red.map(|one| one.colour), Some(Colour::Red), "{remarks:?}");
    // A new set holds what is there now.
    snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(spotted(&here).exit(), ExitCode::Done);
    let remarks = status::status(&here.site).unwrap().remarks;
    assert!(remarks.iter().all(|one| one.message.id != "view-spot-differs"), "{remarks:?}");
}

#[test]
fn rows_and_files_far_from_those_of_the_set_are_told_and_a_source_that_is_gone_is_no_pass() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let live = rusqlite::Connection::open(here.path("portal/data/cong.sqlite")).unwrap();
    live.execute_batch(
        "PRAGMA foreign_keys = OFF; DELETE FROM bai_viet WHERE id > 1000; DROP TABLE nhat_ky;",
    )
    .unwrap();
    for number in 0..200 {
        fs::write(here.path(format!("portal/media/{number}")), "mới").unwrap();
    }
    let seen = spotted(&here);
    assert_eq!((seen.exit(), seen.findings()), (ExitCode::Warnings, 0), "{seen:?}");
    assert!(seen.trees[0].is_outside && !seen.trees[1].is_outside, "{seen:?}");
    let outside = &seen.databases[0].outside.first;
    assert_eq!(outside[..], [("bai_viet".into(), 1500, Some(1000)), ("nhat_ky".into(), 0, None)]);
    drop(live);
    fs::remove_file(here.path("portal/data/cong.sqlite")).unwrap();
    let seen = spotted(&here);
    assert_eq!((seen.exit(), seen.unread()), (ExitCode::Warnings, 1), "{seen:?}");
    assert_eq!(seen.databases[0].fault.as_ref().unwrap().code(), "source.missing");
}

#[test]
fn every_finding_and_every_table_counts_and_the_first_fifty_are_named() {
    let here = Installation::new();
    let live = rusqlite::Connection::open(here.path("portal/data/cong.sqlite")).unwrap();
    let files: Vec<_> = (0..60).map(|number| here.path(format!("portal/media/{number}"))).collect();
    for (number, file) in files.iter().enumerate() {
        live.execute_batch(&format!("CREATE TABLE t{number} (x INTEGER);")).unwrap();
        fs::write(file, "1").unwrap();
    }
    snapshot::create(&here.site, "mau").unwrap();
    for (number, file) in files.iter().enumerate() {
        live.execute_batch(&format!("DROP TABLE t{number};")).unwrap();
        rewrite(file, b"2");
    }
    let seen = spotted(&here);
    assert_eq!((seen.exit(), seen.findings(), seen.outside()), (ExitCode::Integrity, 60, 60));
    let (tree, database) = (&seen.trees[0].findings, &seen.databases[0].outside);
    assert_eq!((tree.first.len(), database.first.len()), (spot::NAMED_MAX, spot::NAMED_MAX));
    let entries = here.site.log().unwrap().reader().unwrap().entries().map(Result::unwrap);
    let outcome = entries.filter(|entry| entry.kind == Kind::Outcome).last().unwrap();
    assert_eq!(outcome.facts["findings"], 60);
    assert_eq!(outcome.facts["named"].as_array().unwrap().len(), spot::NAMED_MAX);
}

#[test]
fn what_the_set_itself_left_out_is_named_apart_and_no_finding() {
    let here = Installation::new();
    let place = here.path("portal/media/ổ cắm");
    let socket = std::os::unix::net::UnixListener::bind(&place).unwrap();
    snapshot::create(&here.site, "mau").unwrap();
    let apart = |seen: &Spotted| {
        let named = seen.trees[0].apart.first.iter();
        named.map(|(path, why)| (path.clone(), why.as_str())).collect::<Vec<_>>()
    };
    let seen = spotted(&here);
    assert_eq!((seen.exit(), seen.unread(), seen.apart()), (ExitCode::Warnings, 0, 1), "{seen:?}");
    assert_eq!(apart(&seen), [(place.display().to_string(), "left-out")]);
    drop(socket);
    fs::remove_file(&place).unwrap();
    fs::create_dir(&place).unwrap();
    fs::write(place.join("a"), "mới").unwrap();
    fs::write(here.path("portal/media/b"), "mới").unwrap();
    let seen = spotted(&here);
    assert_eq!((seen.exit(), seen.trees[0].moved), (ExitCode::Warnings, 1), "{seen:?}");
    assert_eq!(apart(&seen), [("media/tep/ổ cắm/a".to_owned(), "left-out")]);
}

#[test]
fn what_was_not_looked_at_has_a_reason_of_its_own() {
    let mut here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let portal = &mut here.site.settings.portals[0];
    let mut tree = portal.trees[0].clone();
    tree.name = "mới".to_owned();
    portal.trees.push(tree);
    let mut database = portal.databases[0].clone();
    database.name = "mới".to_owned();
    portal.databases.push(database);
    let _socket =
        std::os::unix::net::UnixListener::bind(here.path("portal/application/ổ")).unwrap();
    let seen = spotted(&here);
    assert_eq!((seen.exit(), seen.unread()), (ExitCode::Warnings, 3), "{seen:?}");
    let codes = seen.trees.iter().flat_map(|tree| &tree.unread.first);
    let codes = codes.map(|(_, fault)| fault.code()).collect::<Vec<_>>();
    assert_eq!(codes, ["spot.no-file", "spot.not-in-set"]);
    assert_eq!(seen.databases[1].fault.as_ref().unwrap().code(), "spot.not-in-set");
}

#[test]
fn what_the_patterns_leave_out_is_counted_and_named_by_pattern() {
    let mut here = Installation::new();
    for (name, content) in [("tạm/sâu/a.bak", "12345"), ("tạm/b", "123"), ("c.bak", "1")] {
        let file = here.path("portal/media").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    let patterns = ["*.bak", "tạm/", "/không-có", "cũ-*"].map(str::to_owned).to_vec();
    here.site.settings.portals[0].trees[0].exclude = patterns;
    for number in 0..3 {
        fs::write(here.path(format!("portal/media/cũ-{number}")), "vốn có").unwrap();
    }
    snapshot::create(&here.site, "mau").unwrap();
    let left = |seen: &Spotted| -> Vec<(String, u64, u64)> {
        let of = seen.trees[0].left_out.iter();
        of.map(|one| (one.pattern.clone(), one.files, one.bytes)).collect()
    };
    let seen = spotted(&here);
    assert_eq!(seen.exit(), ExitCode::Done, "{seen:?}");
    let expected = [("cũ-*", 3, 27), ("tạm/", 2, 8), ("*.bak", 1, 1)];
    assert_eq!(left(&seen), expected.map(|(name, files, bytes)| (name.to_owned(), files, bytes)));
    let mut named = seen.trees[0].left_out[1].examples.clone();
    named.sort();
    assert_eq!(named, ["tạm/b", "tạm/sâu/a.bak"]);

    // A pattern that is taken out makes findings of what stood there.
    here.site.settings.portals[0].trees[0].exclude.truncate(3);
    let seen = spotted(&here);
    assert_eq!((seen.exit(), seen.findings(), left(&seen).len()), (ExitCode::Integrity, 3, 2));
}

/// An installation whose spot checks have a schedule, and somebody who hears of them.
fn told() -> (Installation, MailServer) {
    let mail = MailServer::open();
    let wanted = "    spot-check: { schedule: '40 5 * * *', files: 1000 }\n    drill:";
    let text = configuration(SOURCES).replace("    drill:", wanted);
    let mut here = Installation::with(&text);
    let file = here.path("duphong.yaml");
    fs::write(&file, text + &mail.notices()).unwrap();
    here.site.settings = site(&file).0.settings;
    (here, mail)
}

#[test]
fn what_a_scheduled_check_finds_that_it_failed_or_never_came_is_told_and_its_end_too() {
    let (here, mail) = told();
    let ids = |after: SignedDuration| -> Vec<&'static str> {
        let now = status::status(&here.site).unwrap().now;
        let at = here.site.world.clock.now() + after;
        let remarks = assess(&now, &status::expected(&here.site.settings, at), at);
        let ids = remarks.iter().map(|remark| remark.message.id);
        ids.filter(|id| id.starts_with("view-spot-")).collect()
    };
    let (now, day) = (SignedDuration::ZERO, SignedDuration::from_hours(31));
    let tell = || {
        let now = status::status(&here.site).unwrap().now;
        Teller::default().tell(&here.site, &now).unwrap();
        mail.taken().last().map(|letter| letter.read()["body"].to_string()).unwrap_or_default()
    };
    let check = || {
        let wanted = here.site.settings.portals[0].spot_check.as_ref().unwrap();
        spot::run(&here.site, &Request::scheduled("mau", wanted))
    };
    assert_eq!(ids(now), ["view-spot-never"]);
    snapshot::create(&here.site, "mau").unwrap();
    let file = &media(&here)[0];
    let content = fs::read(file).unwrap();
    assert_eq!(check().unwrap().exit(), ExitCode::Done);
    assert_eq!((ids(now), ids(day)), (vec![], vec!["view-spot-missed"]));
    // A repository that is away: the check fails, and its silence is no pass.
    fs::rename(here.path("repository"), here.path("away")).unwrap();
    check().unwrap_err();
    assert_eq!(ids(now), ["view-spot-failed"]);
    fs::rename(here.path("away"), here.path("repository")).unwrap();

    let mut other = content.clone();
    other[0] ^= 1;
    rewrite(file, &other);
    assert_eq!(check().unwrap().exit(), ExitCode::Integrity);
    assert_eq!(ids(now), ["view-spot-differs"]);
    let words = tell();
    assert!(words.contains("ĐỎ · MỚI") && words.contains("lần kiểm tra điểm lúc"), "{words}");
    rewrite(file, &content);
    assert_eq!(check().unwrap().exit(), ExitCode::Done);
    assert_eq!(ids(now), [""; 0]);
    let words = tell();
    assert!(words.contains("ĐÃ HẾT") && words.contains("lần kiểm tra điểm lúc"), "{words}");
}

/// Nobody opens here what is sealed to it.
const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

#[test]
fn what_can_never_be_looked_at_is_counted_apart_and_turns_nothing_amber() {
    let mut here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let seal = |here: &mut Installation, sources: &str| {
        let text = configuration(sources);
        fs::write(here.path("duphong.yaml"), text).unwrap();
        here.site.settings = site(&here.path("duphong.yaml")).0.settings;
    };
    let ids = |here: &Installation| -> Vec<&'static str> {
        let ids = status::status(&here.site).unwrap().remarks.into_iter();
        ids.map(|one| one.message.id).filter(|id| id.starts_with("view-spot-")).collect()
    };
    let sealed = format!("cong.sqlite }}, sealed: {{ recipients: [{RECIPIENT}] }} }}");
    let sources = SOURCES.replace("cong.sqlite } }", &sealed);
    seal(&mut here, &sources);
    let seen = spotted(&here);
    assert_eq!((seen.exit(), seen.unread(), seen.beyond()), (ExitCode::Done, 0, 1), "{seen:?}");
    assert_eq!(ids(&here), [""; 0]);
    let now = status::status(&here.site).unwrap().now;
    assert_eq!(now.portals["mau"].spot.map(|spot| (spot.beyond, spot.looked)), Some((1, true)));

    // Where there is nothing else, a check proves nothing, however often it comes.
    let (database, _) = sources.split_once("    trees:").unwrap();
    seal(&mut here, database);
    let seen = spotted(&here);
    assert_eq!((seen.exit(), seen.beyond()), (ExitCode::Warnings, 1), "{seen:?}");
    assert_eq!(ids(&here), ["view-spot-nothing"]);
}
