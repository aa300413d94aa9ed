//! Scratch clusters: private, gone with their owner, and reaped when the owner died.

use std::borrow::Cow;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use duphong::base::cancel::Cancel;
use duphong::base::fault::Fault as _;
use duphong::base::manifest::DatabaseFacts;
use duphong::source::postgres::Settings;
use duphong::source::postgres::scratch::{Cluster, Template, reap_leftovers};
use duphong::source::scratch::ScratchSettings;
use duphong::world::World;

/// The real world on a runtime that all tests of this process share.
pub(crate) fn world() -> World {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| tokio::runtime::Runtime::new().unwrap());
    World::system(runtime.handle().clone())
}

/// A folder of this process that the server's user can enter. What earlier processes left is
/// removed first: a static is never dropped, so every run leaves its template behind.
pub(crate) fn home() -> &'static Path {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    HOME.get_or_init(|| {
        const PREFIX: &str = "duphong-test-";
        let temporary = std::env::temp_dir();
        for entry in fs::read_dir(&temporary).unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(pid) = name.strip_prefix(PREFIX) else { continue };
            if !Path::new("/proc").join(pid).exists() {
                let _others = reap_leftovers(&entry.path(), &world());
                let _foreign = fs::remove_dir_all(entry.path());
            }
        }
        let home = temporary.join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir(&home).unwrap();
        fs::set_permissions(&home, fs::Permissions::from_mode(0o711)).unwrap();
        home
    })
}

pub(super) fn settings() -> ScratchSettings {
    ScratchSettings {
        folder: home().to_owned(),
        bin_dir: None,
        major: 13,
        user: "postgres".to_owned(),
        need_bytes: 200 << 20,
        allow_memory: true,
        jobs: 2,
    }
}

/// A running cluster, from a template that is made once a process.
pub(super) fn cluster() -> Cluster {
    static TEMPLATE: OnceLock<Arc<Template>> = OnceLock::new();
    let template =
        TEMPLATE.get_or_init(|| Arc::new(Template::create(home(), &settings(), &world()).unwrap()));
    Cluster::start_from(&settings(), Some(template), &world()).unwrap()
}

/// A cluster with one database.
pub(crate) fn cluster_with(database: &str, like: Option<&DatabaseFacts>) -> (Cluster, Settings) {
    let cluster = cluster();
    cluster.create_database(database, like, &world()).unwrap();
    let settings = cluster.settings(database);
    (cluster, settings)
}

/// The same in a cluster that shares no identity with any other.
pub(crate) fn stranger_with(database: &str) -> (Cluster, Settings) {
    let cluster = Cluster::start(&settings(), &world()).unwrap();
    cluster.create_database(database, None, &world()).unwrap();
    let settings = cluster.settings(database);
    (cluster, settings)
}

/// Runs a script as the role of `settings`.
pub(crate) fn run(settings: &Settings, script: &str) {
    query(settings, script);
}

/// A script without the lines that are for servers of another major version: those that end with
/// `-- since` or `-- before` and a number.
fn fitting(script: &str, major: u32) -> String {
    let number = |line: &str, mark: &str| -> Option<u32> {
        line.rsplit_once(mark).and_then(|(_, number)| number.parse().ok())
    };
    let fits = |line: &&str| {
        number(line, "-- since ").is_none_or(|number| major >= number)
            && number(line, "-- before ").is_none_or(|number| major < number)
    };
    script.split_inclusive('\n').filter(|line| fits(&line.trim_end())).collect()
}

/// Runs a script; the first column of its last row.
pub(crate) fn query(settings: &Settings, script: &str) -> String {
    let mut config: tokio_postgres::Config = settings.dsn.parse().unwrap();
    if let Some(password) = &settings.password {
        config.password(password.expose());
    }
    let world = world();
    world.block_on(async {
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let script = if script.contains("-- since ") {
            let row = client.query_one("SHOW server_version_num", &[]).await.unwrap();
            let version: u32 = row.get::<_, String>(0).parse().unwrap();
            Cow::Owned(fitting(script, version / 10_000))
        } else {
            Cow::Borrowed(script)
        };
        let messages = client.simple_query(&script).await.unwrap_or_else(|error| {
            panic!(
                "{}",
                error.as_db_error().map_or_else(|| error.to_string(), |e| format!("{e:?}"))
            )
        });
        let rows = messages.iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        rows.last().unwrap_or_default()
    })
}

#[test]
fn a_cluster_made_by_initdb_is_private_and_leaves_nothing_behind() {
    let cluster = Cluster::start(&settings(), &world()).unwrap();
    let folder = cluster.folder().to_owned();
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(!folder.join("password").exists(), "the password stands in no file");
    let at = cluster.settings("postgres");
    assert_eq!(query(&at, "SHOW listen_addresses"), "");
    assert_eq!(query(&at, "SELECT rolname FROM pg_roles WHERE rolsuper"), "duphong_scratch");
    let mut wrong = at.clone();
    wrong.password = Some(duphong::base::secret::Secret::new(b"wrong".to_vec()));
    let fault = duphong::source::Database::Postgres(wrong)
        .dump(
            "x",
            &folder.join("spool"),
            &world(),
            &Cancel::default(),
            &duphong::base::progress::Silent,
        )
        .unwrap_err();
    assert_eq!(fault.code(), "source.login-refused");
    let server = cluster.server_id().unwrap();
    cluster.stop().unwrap();
    assert!(!folder.exists());
    assert!(!Path::new(&format!("/proc/{server}")).exists());
}

#[test]
fn a_dropped_cluster_is_gone_even_with_a_long_path() {
    let deep = home().join("x".repeat(60)).join("y".repeat(40));
    let settings = ScratchSettings { folder: deep.clone(), ..settings() };
    fs::create_dir_all(&deep).unwrap();
    let cluster = Cluster::start(&settings, &world()).unwrap();
    assert!(cluster.dsn("postgres").contains("/tmp/.dp-"));
    drop(cluster);
    assert_eq!(fs::read_dir(&deep).unwrap().count(), 0);
}

#[test]
fn leftovers_are_reaped_only_when_their_owner_is_dead() {
    let place = home().join("reap");
    let own = ScratchSettings { folder: place.clone(), ..settings() };
    fs::create_dir(&place).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o711)).unwrap();
    let living = Cluster::start(&own, &world()).unwrap();
    // A folder of the right name that we did not make.
    let foreign = place.join("duphong-pg-0123456789abcdef");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("nonce"), "something else").unwrap();
    assert_eq!(reap_leftovers(&place, &world()).unwrap(), 0);

    // A dead owner's server: nobody holds the lock, the server still runs.
    let dead = Cluster::start(&own, &world()).unwrap();
    let (folder, server) = (dead.folder().to_owned(), dead.server_id().unwrap());
    let nonce = folder.join("nonce");
    let copy = fs::read(&nonce).unwrap();
    fs::remove_file(&nonce).unwrap();
    fs::write(&nonce, copy).unwrap(); // a new file, whose lock nobody holds
    assert_eq!(reap_leftovers(&place, &world()).unwrap(), 1);
    assert!(!folder.exists());
    let state = fs::read_to_string(format!("/proc/{server}/stat")).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "ended, at most not yet waited for");
    assert!(foreign.exists());
    assert_eq!(query(&living.settings("postgres"), "SELECT 1"), "1");
    drop(dead);
}

#[test]
fn an_unfit_place_is_refused_before_anything_is_made() {
    #[track_caller]
    fn check(settings: &ScratchSettings, code: &str) {
        let fault = Cluster::start(settings, &world()).err().unwrap();
        assert_eq!(fault.code(), code, "{fault}");
    }
    check(&ScratchSettings { need_bytes: u64::MAX, ..settings() }, "source.no-space");
    check(&ScratchSettings { major: 99, ..settings() }, "source.tools");
    let memory = Path::new("/dev/shm").join(format!("duphong-test-{}", std::process::id()));
    check(
        &ScratchSettings { folder: memory.clone(), allow_memory: false, ..settings() },
        "source.scratch-in-memory",
    );
    let _made = fs::remove_dir(memory);
    if rustix::process::geteuid().is_root() {
        check(&ScratchSettings { user: "nobody-here".into(), ..settings() }, "source.scratch-user");
        check(&ScratchSettings { user: "root".into(), ..settings() }, "source.scratch-user");
        let closed = home().join("closed");
        check(&ScratchSettings { folder: closed, ..settings() }, "source.scratch-unreachable");
    }
}
