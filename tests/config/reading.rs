//! What a good file becomes: defaults, resolved paths, references, secrets.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault;
use duphong::base::language::Language;
use duphong::config::secret::{SECRET_BYTES_MAX, SecretSource};
use duphong::config::settings::{Documents, OnChange, Piece};
use duphong::config::{ConfigError, check_text};
use duphong::source::alarm::Thresholds;

use super::{SMALL, changed, load};

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn what_is_not_written_has_a_stated_default() {
    let settings = load(SMALL).unwrap().settings;
    assert_eq!(settings.site.timezone.iana_name(), Some("Asia/Ho_Chi_Minh"));
    assert_eq!(settings.site.language, Language::Vietnamese);
    assert_eq!(settings.audit_dir(), Path::new("/var/lib/duphong/audit"));
    assert_eq!(settings.spool_dir(), Path::new("/var/lib/duphong/spool"));
    assert_eq!(settings.documents, Documents::default());
    let portal = settings.portal("mau").unwrap();
    assert_eq!((portal.name.as_str(), &portal.url), ("mau", &None));
    assert_eq!(portal.trees[0].name, "media");
    assert_eq!((portal.drill.rto, portal.drill.allowance), (20 * HOUR, 4 * HOUR));
    assert_eq!(portal.drill.scratch, Path::new("/var/lib/duphong/scratch"));
    assert_eq!(portal.drill.from, "local");
    assert!(settings.portal("mua").is_none() && settings.repository("local").is_some());
}

#[test]
fn watching_and_alarms_have_defaults_by_what_is_written_and_by_role() {
    let read = |tree: &str, on_change: &str| {
        let yaml = changed("role: media, path: /srv/portal/media", tree)
            .replace("rpo: 6h }", &format!("rpo: 6h{on_change} }}"));
        let portal = load(&yaml).unwrap().settings.portals.remove(0);
        (portal.trees[0].watch, portal.trees[0].alarm, portal.snapshot.on_change)
    };
    let media = "role: media, path: /srv/portal/media";
    let application = "role: application, name: app, path: /srv/portal/media";
    assert_eq!(read(media, ""), (false, Thresholds::MEDIA, None));
    assert_eq!(read(application, "").1, Thresholds::OTHERS);
    let given = read(&format!("{application}, alarm: {{ files: 5, rewritten: 80 }}"), "").1;
    assert_eq!(given, Thresholds { files: 5, rewritten: 80, ..Thresholds::OTHERS });
    let watched = format!("{media}, watch: true");
    let minutes = |quiet, longest| {
        let (quiet, longest) = (Duration::from_mins(quiet), Duration::from_mins(longest));
        (true, Thresholds::MEDIA, Some(OnChange { quiet, longest }))
    };
    assert_eq!(read(&watched, ", on-change: {}"), minutes(5, 60));
    assert_eq!(read(&watched, ", on-change: { quiet: 90m }"), minutes(90, 90));
    assert_eq!(read(&watched, ", on-change: { quiet: 1m, longest: 2m }"), minutes(1, 2));
}

#[test]
fn an_rto_that_is_not_written_is_what_the_allowance_leaves_of_24_hours() {
    for (drill, rto) in [
        ("    drill: { rto: 20h }\n", 20),
        ("    drill: {}\n", 20),
        ("", 20),
        ("    drill: { allowance: 1h }\n", 23),
        ("    drill: { allowance: 0s }\n", 24),
    ] {
        let settings = load(&changed("    drill: { rto: 20h }\n", drill)).unwrap().settings;
        assert_eq!(settings.portals[0].drill.rto, rto * HOUR, "{drill}");
    }
}

#[test]
fn a_relative_path_starts_at_the_folder_of_the_file() {
    let yaml = SMALL.replace("/var/lib/duphong", "./state/").replace("/srv/repo,", "repo,");
    let loaded = check_text(yaml.as_bytes(), Path::new("/home/q/duphong.yaml"), None).unwrap();
    assert_eq!(loaded.settings.state, Path::new("/home/q/state"));
    assert_eq!(loaded.settings.repositories[0].store.folder(), Some(Path::new("/home/q/repo")));
    assert_eq!(loaded.settings.portals[0].trees[0].path, Path::new("/srv/portal/media"));
}

#[test]
fn a_text_is_what_was_written_whatever_it_looks_like() {
    for (written, read) in [
        ("no", "no"),
        ("12:30", "12:30"),
        ("0x10", "0x10"),
        ("'null'", "null"),
        ("Sở Y tế # chú thích", "Sở Y tế"),
        ("\"  Sở Y tế \"", "Sở Y tế"),
    ] {
        let yaml = changed("owner: UBND tỉnh Mẫu", &format!("owner: {written}"));
        assert_eq!(load(&yaml).unwrap().settings.portals[0].owner, read);
    }
}

#[test]
fn a_command_is_filled_in_piece_by_piece() {
    let drill = "start: [serve, '--db={database:portal}', 'a{{b}}{port}{tree:media}'], \
                 smoke: [{ path: / }]";
    let settings = load(&changed("rto: 20h", drill)).unwrap().settings;
    let drill = &settings.portals[0].drill;
    assert_eq!((drill.smoke[0].status, &drill.smoke[0].contains), (200, &None));
    let value = |piece: &Piece| match piece {
        Piece::Database(name) | Piece::Tree(name) => OsString::from(format!("<{name}>")),
        Piece::Port => OsString::from("8080"),
        Piece::Text(_) => unreachable!("text is not asked for"),
    };
    let filled: Vec<_> = drill.start.iter().flatten().map(|part| part.fill(value)).collect();
    assert_eq!(filled, ["serve", "--db=<portal>", "a{b}8080<media>"]);
}

#[test]
fn a_credential_is_found_where_systemd_passes_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("repo"), "mật khẩu\n").unwrap();
    let yaml = changed("{ file: /etc/duphong/pass }", "{ credential: repo }");
    let file = Path::new("/etc/duphong/duphong.yaml");
    let read = |credentials| {
        let loaded = check_text(yaml.as_bytes(), file, credentials).unwrap();
        loaded.settings.repositories[0].password.read()
    };
    assert_eq!(read(Some(folder.path())).unwrap().expose(), "mật khẩu".as_bytes());
    let fault = read(None).unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("secret.no-credentials", ExitCode::Configuration));
}

#[test]
fn a_secret_file_holds_one_short_secret() {
    let folder = tempfile::tempdir().unwrap();
    let secret = |content: &[u8]| {
        let path = folder.path().join("secret");
        fs::write(&path, content).unwrap();
        SecretSource::File(path).read()
    };
    assert_eq!(secret(b"a b\r\n").unwrap().expose(), b"a b");
    assert_eq!(secret(b"\n").unwrap_err().code(), "secret.empty");
    let long = vec![b'x'; usize::try_from(SECRET_BYTES_MAX).unwrap() + 1];
    assert_eq!(secret(&long).unwrap_err().code(), "secret.too-long");
    assert!(secret(&long[1..]).is_ok());
    let missing = SecretSource::File(PathBuf::from("/nonexistent/secret")).read().unwrap_err();
    assert_eq!((missing.code(), missing.exit()), ("secret.unreadable", ExitCode::Configuration));
    assert_eq!(missing.beneath().unwrap().code(), "file.missing");
}

#[test]
fn a_file_is_loaded_or_its_absence_told_from_its_faults() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("duphong.yaml");
    let code = |path: &Path| {
        let fault = duphong::config::load(path, None).unwrap_err();
        assert_eq!(fault.exit(), ExitCode::Configuration);
        (fault.code(), matches!(fault, ConfigError::Wrong(_)))
    };
    assert_eq!(code(&file), ("config.missing", false));
    assert_eq!(code(folder.path()), ("config.unreadable", false));
    fs::write(&file, "state: 1\n").unwrap();
    assert_eq!(code(&file), ("config.problems", true));
    fs::write(&file, SMALL).unwrap();
    assert_eq!(duphong::config::load(&file, None).unwrap().file, file);
}
