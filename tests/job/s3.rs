//! A portal whose sets go to a disk and to a bucket in one run: taken, verified, drilled, restored,
//! recovered, read and written by stock restic, with the server failing in between.

use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::progress::Silent;
use duphong::config::bucket;
use duphong::config::secret::SecretSource;
use duphong::config::settings::Store;
use duphong::drill::fact::Verdict;
use duphong::job::drill::{self, Sabotage};
use duphong::job::key::list;
use duphong::job::key::rotate::rotate;
use duphong::job::recover::Placed;
use duphong::job::{init, recover, restore, sets, snapshot, verify};
use duphong::repository::verify::Depth;
use duphong::store::s3::Conditions;
use duphong::world::World;
use duphong::world::clock::{Clock, Monotonic, SystemClock};
use tempfile::TempDir;

use crate::job::bucket::Bucket;
use crate::job::portal::Installation;
use crate::store::s3::{Conditional, Fault, KEY, Options, Server};

const PREFIX: &str = "tinh/mau";

struct Stage {
    here: Installation,
    server: Server,
    keys: TempDir,
}

/// The system's clock, for those who will not wait.
struct Hasty(SystemClock);

impl Clock for Hasty {
    fn now(&self) -> jiff::Timestamp {
        self.0.now()
    }

    fn monotonic(&self) -> Monotonic {
        self.0.monotonic()
    }

    fn sleep(&self, _: Duration) {}
}

impl Stage {
    fn new() -> Self {
        Self::with(Options::default())
    }

    fn with(options: Options) -> Self {
        let bucket = Bucket::with(options);
        let configuration = bucket.configuration(PREFIX, "local, bucket", "");
        let mut here = Installation::with(&configuration);
        let world = &here.site.world;
        let clock = Arc::new(Hasty(SystemClock::default()));
        here.site.world = World::with(clock, world.entropy.clone(), world.runtime().clone());
        let Bucket { server, keys } = bucket;
        Self { here, server, keys }
    }

    /// What restic says of the bucket.
    fn restic(&self, arguments: &[&str]) -> Output {
        Command::new("restic")
            .args(["--no-cache", "--repo", &self.server.restic_url(PREFIX)])
            .arg("--password-file")
            .arg(self.here.path("secrets/bucket.password"))
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.here.folder.path())
            .env("AWS_ACCESS_KEY_ID", KEY.0)
            .env("AWS_SECRET_ACCESS_KEY", KEY.1)
            .output()
            .unwrap()
    }

    fn restic_must(&self, arguments: &[&str]) {
        let output = self.restic(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn sets_in(&self, repository: &str) -> usize {
        let listing = sets::list(&self.here.site, Some(repository), Some("mau")).unwrap();
        assert!(listing.unreadable.is_empty());
        listing.sets.len()
    }

    fn assert_sound(&self, repository: &str) {
        let report = verify::repository(&self.here.site, repository, Depth::AllData).unwrap();
        assert!(report.is_sound(), "{repository}: {:?}", report.damages);
    }

    fn drill(&self, sabotage: Option<Sabotage>) -> (Verdict, ExitCode) {
        let request = drill::Request {
            portal: "mau".into(),
            repository: Some("bucket".into()),
            sabotage,
            ..drill::Request::default()
        };
        let drilled = drill::run(&self.here.site, &request).unwrap();
        (drilled.record.verdict, drilled.exit())
    }

    /// New content, so that there is something to send.
    fn change(&self, number: usize) {
        let media = self.here.path(format!("portal/media/2026/moi-{number}.bin"));
        std::fs::write(media, vec![b'm'; 200_000 + number]).unwrap();
    }
}

#[test]
fn a_set_goes_to_a_disk_and_a_bucket_and_both_can_be_lived_from() {
    let stage = Stage::new();
    let here = &stage.here;
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    for repository in ["local", "bucket"] {
        assert_eq!(stage.sets_in(repository), 1);
        stage.assert_sound(repository);
    }
    assert_eq!(stage.drill(None), (Verdict::Pass, ExitCode::Done));
    assert_eq!(stage.drill(Some(Sabotage::PackBit)), (Verdict::Fail, ExitCode::Integrity));
    assert_eq!(stage.drill(Some(Sabotage::WrongKey)), (Verdict::Fail, ExitCode::Failed));

    let request = restore::Request {
        portal: "mau".into(),
        repository: Some("bucket".into()),
        target: here.path("back"),
        ..restore::Request::default()
    };
    let restored = restore::run(&here.site, &request, &|_| {}).unwrap();
    assert_eq!(restored.exit(), ExitCode::Done, "{:?}", restored.report);
    let read = |path: &str| std::fs::read(here.path(path)).unwrap();
    let page = "trang-chu.html";
    assert_eq!(
        read(&format!("back/application/trang/{page}")),
        read(&format!("portal/application/{page}"))
    );
}

#[test]
fn stock_restic_reads_the_bucket_that_we_wrote_and_we_what_it_adds() {
    let stage = Stage::with(Options { page: Some(5), ..Options::default() });
    let here = &stage.here;
    snapshot::create(&here.site, "mau").unwrap();
    stage.restic_must(&["check", "--read-data"]);
    let target = here.path("by-restic");
    stage.restic_must(&["restore", "latest", "--target", target.to_str().unwrap()]);
    let read = |path: &str| std::fs::read(here.path(path)).unwrap();
    let page = "trang-chu.html";
    assert_eq!(
        read(&format!("by-restic/application/trang/{page}")),
        read(&format!("portal/application/{page}"))
    );
    let added = here.path("portal/application");
    stage.restic_must(&["backup", added.to_str().unwrap()]);
    let report = verify::repository(&here.site, "bucket", Depth::AllData).unwrap();
    assert!(report.is_sound(), "{:?}", report.damages);
    assert_eq!(report.sets, 2);
}

#[test]
fn the_password_of_a_bucket_is_replaced_whatever_its_server_refuses() {
    let stage = Stage::new();
    let site = &stage.here.site;
    snapshot::create(site, "mau").unwrap();
    let file = stage.here.path("secrets/bucket.password");
    let read = || std::fs::read(&file).unwrap();
    let before = read();
    let keys = || list::list(site, "bucket").unwrap().keys.len();
    let refuse = |method: &'static str| {
        stage.server.plan(move |asked| {
            (asked.method == method && asked.path.contains("/keys/"))
                .then_some(Fault::Answer(403, "AccessDenied"))
        });
    };
    refuse("PUT");
    assert!(rotate(site, "bucket", None).is_err());
    stage.server.heal();
    assert_eq!((read(), keys()), (before.clone(), 1));
    refuse("DELETE");
    assert!(rotate(site, "bucket", None).is_err());
    stage.server.heal();
    // The new one is in place and opens, and so does the old one still.
    assert_eq!(keys(), 2);
    let done = rotate(site, "bucket", None).unwrap();
    assert_eq!((done.exit(), done.resumed, keys()), (ExitCode::Done, true, 1));
    assert_ne!(read(), before);
    stage.restic_must(&["key", "list"]);
    stage.restic_must(&["check"]);
    stage.assert_sound("bucket");
    // What restic does with keys is seen as well.
    let theirs = stage.here.path("secrets/theirs");
    std::fs::write(&theirs, "mat khau cua restic").unwrap();
    stage.restic_must(&["key", "passwd", "--new-password-file", theirs.to_str().unwrap()]);
    assert!(list::list(site, "bucket").is_err());
    std::fs::copy(&theirs, &file).unwrap();
    assert_eq!(keys(), 1);
}

#[test]
fn damage_in_the_bucket_is_found_and_named() {
    let stage = Stage::new();
    snapshot::create(&stage.here.site, "mau").unwrap();
    let data = format!("/{PREFIX}/data/");
    stage.server.plan(move |asked| {
        (asked.method == "GET" && asked.path.contains(&data)).then_some(Fault::Flip)
    });
    let report = verify::repository(&stage.here.site, "bucket", Depth::AllData).unwrap();
    assert!(!report.is_sound());
    assert!(report.damages.iter().any(|damage| damage.object.contains("data/")));
    stage.server.heal();
    stage.assert_sound("bucket");
}

#[test]
fn a_server_that_dies_at_any_request_costs_a_run_and_no_data() {
    let stage = Stage::new();
    let site = &stage.here.site;
    stage.change(0);
    stage.server.take_asked();
    snapshot::create(site, "mau").unwrap();
    let whole = stage.server.take_asked().len();
    assert!(whole > 16, "{whole} requests");
    let mut done = 1;
    for number in 0..8 {
        stage.change(number + 1);
        let dies_at = whole * number / 8;
        let mut seen = 0;
        stage.server.plan(move |_| {
            seen += 1;
            (seen > dies_at).then_some(Fault::Cut)
        });
        let taken = snapshot::create(site, "mau").unwrap();
        stage.server.heal();
        // The disk has its set whatever became of the bucket, and the run does not say done.
        assert!(taken.sets.iter().any(|set| set.repository == "local"), "{number}");
        assert_eq!(taken.exit(), ExitCode::Warnings, "{number}");
        assert_eq!(taken.failed[0].0, "bucket");
        assert_eq!(taken.failed[0].1.code(), "store.connection", "{number}");
        stage.assert_sound("bucket");
        let sets = stage.sets_in("bucket");
        assert!(sets >= done, "{number}: {sets} sets, {done} were reported done");
        done = sets;
    }
    let taken = snapshot::create(site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done);
    assert_eq!(stage.drill(None), (Verdict::Pass, ExitCode::Done));
    stage.restic_must(&["unlock", "--remove-all"]);
    stage.restic_must(&["check", "--read-data"]);
}

#[test]
fn a_server_that_fails_every_third_request_delays_a_run_and_nothing_else() {
    let stage = Stage::with(Options { disorder: true, page: Some(3), ..Options::default() });
    let site = &stage.here.site;
    let faults = [
        Fault::Answer(500, "InternalError"),
        Fault::Answer(503, "SlowDown"),
        Fault::Cut,
        Fault::CutAfter,
        Fault::Truncate(7),
    ];
    let mut seen = 0;
    stage.server.plan(move |_| {
        seen += 1;
        (seen % 3 == 0).then(|| faults[seen / 3 % faults.len()])
    });
    let taken = snapshot::create(site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    assert_eq!(stage.drill(None), (Verdict::Pass, ExitCode::Done));
    stage.assert_sound("bucket");
    stage.server.heal();
    stage.restic_must(&["check", "--read-data"]);
}

#[test]
fn rights_that_end_in_the_middle_of_a_run_end_it_and_leave_a_sound_bucket() {
    let stage = Stage::new();
    let site = &stage.here.site;
    snapshot::create(site, "mau").unwrap();
    stage.change(1);
    let data = format!("/{PREFIX}/index/");
    stage.server.plan(move |asked| {
        let last = asked.method == "PUT" && asked.path.contains(&data);
        last.then_some(Fault::Answer(403, "AccessDenied"))
    });
    let taken = snapshot::create(site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Warnings);
    assert_eq!(taken.failed[0].1.code(), "store.denied");
    stage.server.heal();
    assert_eq!(stage.sets_in("bucket"), 1);
    stage.assert_sound("bucket");
}

#[test]
fn a_bucket_that_may_only_be_read_is_drilled_and_verified_all_the_same() {
    let stage = Stage::new();
    snapshot::create(&stage.here.site, "mau").unwrap();
    stage.server.plan(|asked| {
        let reads = matches!(asked.method.as_str(), "GET" | "HEAD");
        (!reads).then_some(Fault::Answer(403, "AccessDenied"))
    });
    assert_eq!(stage.drill(None), (Verdict::Pass, ExitCode::Done));
    stage.assert_sound("bucket");
}

#[test]
fn init_says_what_the_server_does_with_conditions_and_the_log_has_it() {
    for (conditional, expected) in [
        (Conditional::Honors, Conditions::Honored),
        (Conditional::Ignores, Conditions::Ignored),
        (Conditional::Refuses, Conditions::Unknown),
    ] {
        let stage = Stage::with(Options { conditional, ..Options::default() });
        let site = &stage.here.site;
        let log = site.log().unwrap();
        let made = log.reader().unwrap().entries().map(Result::unwrap);
        let said: Vec<_> =
            made.filter_map(|entry| entry.facts.get("conditional-writes").cloned()).collect();
        assert_eq!(said, [serde_json::json!(expected.as_str())]);
        drop(log);
        let again = init::host(site).unwrap();
        assert_eq!(again.kept, ["local", "bucket"]);
        assert_eq!(snapshot::create(site, "mau").unwrap().exit(), ExitCode::Done);
        stage.assert_sound("bucket");
    }
}

#[test]
fn init_lasts_out_a_server_that_is_busy() {
    let stage = Stage::new();
    stage.server.empty();
    let mut seen = 0;
    stage.server.plan(move |_| {
        seen += 1;
        // Where it looks for a repository, where it tries conditions, where it writes.
        [2, 5, 7, 12, 15].contains(&seen).then_some(Fault::Answer(503, "SlowDown"))
    });
    let made = init::host(&stage.here.site).unwrap();
    assert_eq!(made.repositories[0].conditions, Some(Conditions::Honored));
    stage.server.heal();
    assert_eq!(snapshot::create(&stage.here.site, "mau").unwrap().exit(), ExitCode::Done);
    assert!(!stage.server.objects().keys().any(|key| key.contains("duphong-try")));
}

#[test]
fn a_lost_host_is_rebuilt_from_the_bucket_alone() {
    let stage = Stage::new();
    let here = &stage.here;
    snapshot::create(&here.site, "mau").unwrap();
    let copy = stage.keys.path().join("copy-of-the-password");
    std::fs::copy(here.path("secrets/bucket.password"), &copy).unwrap();
    let key = stage.keys.path().join("copy-of-the-key");
    std::fs::rename(stage.keys.path().join("s3.key"), &key).unwrap();
    for lost in ["secrets", "state", "repository"] {
        std::fs::remove_dir_all(here.path(lost)).unwrap();
    }
    let url = stage.server.restic_url(PREFIX);
    let request = recover::Request {
        repository: Store::S3(bucket::called(&url, SecretSource::File(key)).unwrap()),
        password: copy,
        folder: here.path("back"),
    };
    let recovered = recover::run(&request, &here.site.world, &Cancel::default(), &Silent).unwrap();
    assert!(!recovered.repository_elsewhere);
    let placed = |path| Some(Placed::At(path));
    assert_eq!(recovered.password, placed(here.path("secrets/bucket.password")));
    assert_eq!(recovered.credentials, placed(stage.keys.path().join("s3.key")));
    assert_eq!(stage.drill(None), (Verdict::Pass, ExitCode::Done));
}
