//! A bucket with object lock: what is locked and for how long, what a thief with the daemon's keys
//! can do, and how everything comes back.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use duphong::base::exit::ExitCode;
use duphong::config::settings::Store;
use duphong::drill::fact::Verdict;
use duphong::job::doctor::{Examined, Proof, Subject, examine};
use duphong::job::repair::Named;
use duphong::job::{drill, init, repair, restore, sets, snapshot, unhide, verify};
use duphong::repository::PackId;
use duphong::repository::repair::Headers;
use duphong::repository::verify::Depth;
use duphong::store::s3::S3Store;
use duphong::store::versions::{Lock, LockMode, Versions as _};
use duphong::store::{ObjectName, ObjectStore as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

use crate::job::bucket::Bucket;
use crate::job::portal::Installation;
use crate::store::s3::{Fault, Locking, Options, Rights, Server};

pub(super) const PREFIX: &str = "tinh/mau";
pub(super) const DAY: Duration = Duration::from_hours(24);

pub(super) struct Stage {
    pub(super) here: Installation,
    pub(super) server: Server,
    _keys: TempDir,
}

impl Stage {
    pub(super) fn new() -> Self {
        Self::with(Rights::default(), "compliance")
    }

    pub(super) fn with(rights: Rights, mode: &str) -> Self {
        let lock = format!("object-lock: {{ mode: {mode}, retention: 90d, slack: 30d }}");
        Self::on(Options { versions: true, rights, ..Options::default() }, &lock)
    }

    pub(super) fn on(options: Options, lock: &str) -> Self {
        let bucket = Bucket::with(options);
        let here = Installation::with(&bucket.configuration(PREFIX, "bucket", lock));
        let Bucket { server, keys } = bucket;
        Self { here, server, _keys: keys }
    }

    pub(super) fn snapshot(&self) -> snapshot::Taken {
        let taken = snapshot::create(&self.here.site, "mau").unwrap();
        assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
        taken
    }

    /// Restores the newest set; its files, by path.
    pub(super) fn restored(
        &self,
        target: &str,
        as_of: Option<Timestamp>,
    ) -> BTreeMap<String, Vec<u8>> {
        let request = restore::Request {
            portal: "mau".into(),
            repository: Some("bucket".into()),
            as_of,
            target: self.here.path(target),
            ..restore::Request::default()
        };
        let restored = restore::run(&self.here.site, &request, &|_| {}).unwrap();
        assert_eq!(restored.exit(), ExitCode::Done, "{:?}", restored.report);
        let mut files = BTreeMap::new();
        read_all(&request.target, "", &mut files);
        files
    }

    /// What the program itself answers.
    #[track_caller]
    fn duphong(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_duphong"));
        command.args(["--json", "--config"]).arg(self.here.path("duphong.yaml"));
        let output = command.args(arguments).env_clear().output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{:?} {err}", output.status);
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The key may not extend the locks of packs any more.
    fn refuse_to_extend(&self) {
        self.server.plan(|asked| {
            let extends = asked.method == "PUT" && asked.path.contains("/data/");
            let writes = asked.header("x-amz-object-lock-mode").is_some();
            (extends && !writes).then_some(Fault::Answer(403, "AccessDenied"))
        });
    }

    /// From now on locks must reach so far.
    pub(super) fn retain(&mut self, days: u32) {
        for repository in &mut self.here.site.settings.repositories {
            if let Store::S3(bucket) = &mut repository.store {
                bucket.object_lock.as_mut().unwrap().retention = days * DAY;
            }
        }
    }

    /// Someone who has the daemon's key does to every object what the key allows.
    fn attack(&self) {
        let thief = S3Store::open(self.server.settings(PREFIX), &self.server.world()).unwrap();
        let world = self.server.world();
        let all = world.block_on(thief.all("")).unwrap();
        assert!(all.len() > 8, "{all:?}");
        let soon = Timestamp::now() + SignedDuration::from_mins(1);
        for (number, version) in all.iter().enumerate() {
            let (name, id) = (&version.name, &version.id);
            assert!(world.block_on(thief.remove_version(name, id, false)).is_err());
            if !name.as_str().starts_with("locks/") {
                let shorter = Lock { mode: LockMode::Governance, until: soon };
                let shortened = world.block_on(thief.change_lock(name, id, shorter, false));
                assert!(shortened.is_err(), "{name}");
            }
            if number % 3 != 0 {
                let junk = Bytes::from_static(b"xin tien chuoc");
                world.block_on(thief.overwrite(name, junk, None)).unwrap();
            }
            if number % 3 != 1 {
                world.block_on(thief.delete(name)).unwrap();
            }
        }
    }
}

fn read_all(folder: &Path, place: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let place = format!("{place}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            read_all(&entry.path(), &place, files);
        } else if entry.file_type().unwrap().is_file() {
            files.insert(place, std::fs::read(entry.path()).unwrap());
        }
    }
}

#[test]
fn a_thief_with_the_daemons_keys_loses_us_nothing() {
    let stage = Stage::new();
    stage.snapshot();
    let site = &stage.here.site;
    let before = stage.restored("before", None);
    assert!(before.len() > 3, "{:?}", before.keys());
    let well = Timestamp::now();
    stage.server.pass(Duration::from_hours(2));
    stage.attack();
    assert!(site.open("bucket").is_err(), "config and keys are gone or overwritten");

    // What was, is still read, and proven to be whole.
    assert!(stage.restored("as-of", Some(well)) == before, "the restore as of then differs");
    let report = verify::as_of(site, "bucket", Depth::AllData, Some(well)).unwrap();
    assert!(report.is_sound(), "{:?}", report.damages);
    let request = drill::Request {
        portal: "mau".into(),
        repository: Some("bucket".into()),
        as_of: Some(well),
        ..drill::Request::default()
    };
    let drilled = drill::run(site, &request).unwrap();
    assert_eq!(drilled.record.verdict, Verdict::Pass, "{:?}", drilled.record);
    assert_eq!(drilled.record.as_of, Some(well));

    // A plan changes nothing; carrying it out brings back all.
    let plan = unhide::plan(site, "bucket", well).unwrap();
    assert!(!plan.hidden.is_empty() && !plan.overwritten.is_empty(), "{plan:?}");
    assert!(site.open("bucket").is_err());
    let unhidden = unhide::run(site, "bucket", well).unwrap();
    assert_eq!(unhidden.exit(), ExitCode::Done, "{:?}", unhidden.failed);
    assert_eq!(unhidden.brought_back, plan.objects());
    assert!(stage.restored("after", None) == before, "the restore after the repair differs");
    let report = verify::repository(site, "bucket", Depth::AllData).unwrap();
    assert!(report.is_sound(), "{:?}", report.damages);
    let again = unhide::plan(site, "bucket", well).unwrap();
    assert_eq!((again.objects(), again.unchanged), (0, plan.objects()));
    assert_eq!(stage.snapshot().sets.len(), 1);
}

#[test]
fn all_that_a_set_needs_is_locked_before_it_and_the_log_has_it() {
    let stage = Stage::new();
    let taken = stage.snapshot();
    let least = SystemTime::now() + 89 * DAY;
    for (key, ends) in stage.server.locks() {
        let temporary = key.contains("/locks/") || key.contains("duphong-try");
        let locked = ends.iter().all(|end| end.is_some_and(|end| end > least));
        assert_eq!(locked, !temporary || ends.is_empty(), "{key}: {ends:?}");
    }
    let extended = taken.sets[0].locked.unwrap();
    assert_eq!((extended.asked, extended.extended), (extended.objects, 0), "asked once");
    let log = stage.here.site.log().unwrap();
    let entries: Vec<_> = log.reader().unwrap().entries().map(Result::unwrap).collect();
    let of =
        |verb: &str| entries.iter().filter(move |entry| entry.verb == verb).collect::<Vec<_>>();
    let entries = of("snapshot.create");
    assert_eq!(entries[0].facts["object-lock"]["bucket"]["mode"], "compliance");
    assert!(entries[1].facts["sets"][0]["object-lock"]["until"].is_string());
}

#[test]
fn a_lock_is_asked_about_once_and_extended_when_it_would_end_too_soon() {
    let mut stage = Stage::new();
    let first = stage.snapshot().sets[0].locked.unwrap();
    let second = stage.snapshot().sets[0].locked.unwrap();
    assert!(second.asked < first.asked, "{first:?} {second:?}");
    // What is remembered is only a memory.
    std::fs::remove_dir_all(stage.here.path("state/object-locks")).unwrap();
    let third = stage.snapshot().sets[0].locked.unwrap();
    assert_eq!((third.asked, third.extended), (third.objects, 0));
    stage.retain(130);
    // What this run writes is locked for longer already.
    let fourth = stage.snapshot().sets[0].locked.unwrap();
    assert!(fourth.extended >= third.objects, "{third:?} {fourth:?}");
    let least = SystemTime::now() + 129 * DAY;
    let locks = stage.server.locks();
    let passing = |key: &str| key.contains("/locks/") || key.contains("duphong-try");
    for (key, ends) in locks.iter().filter(|(key, _)| !passing(key)) {
        assert!(ends.iter().all(|end| end.is_some_and(|end| end > least)), "{key}: {ends:?}");
    }
    // By more than was needed, so that the next sets need not ask.
    let fifth = stage.snapshot().sets[0].locked.unwrap();
    assert!(fifth.extended == 0 && fifth.asked < fourth.asked, "{fourth:?} {fifth:?}");
}

#[test]
fn without_the_right_to_extend_there_is_no_set() {
    let mut stage = Stage::new();
    stage.snapshot();
    stage.retain(130);
    stage.refuse_to_extend();
    let fault = snapshot::create(&stage.here.site, "mau").unwrap_err();
    assert_eq!(fault.code(), "store.denied");
    stage.server.heal();
    let listing = sets::list(&stage.here.site, Some("bucket"), None).unwrap();
    assert_eq!(listing.sets.len(), 1, "no second set");
    stage.snapshot();
}

#[test]
fn bytes_of_someone_else_are_never_what_is_extended() {
    let stage = Stage::new();
    stage.snapshot();
    let well = Timestamp::now();
    stage.server.pass(Duration::from_hours(2));
    let thief = S3Store::open(stage.server.settings(PREFIX), &stage.server.world()).unwrap();
    let world = stage.server.world();
    let pack = world.block_on(thief.list("data/")).unwrap().remove(0);
    let junk = Bytes::from(vec![7; usize::try_from(pack.1).unwrap()]);
    world.block_on(thief.overwrite(&pack.0, junk, None)).unwrap();
    let fault = snapshot::create(&stage.here.site, "mau").unwrap_err();
    assert_eq!(fault.exit(), ExitCode::Integrity, "{fault}");
    unhide::run(&stage.here.site, "bucket", well).unwrap();
    stage.snapshot();
}

#[test]
fn what_prune_hid_comes_back_while_its_lock_lasts() {
    let stage = Stage::new();
    let media = stage.here.path("portal/media/tam.bin");
    std::fs::write(&media, vec![7; 300_000]).unwrap();
    let first = stage.snapshot().sets[0].written.id;
    let before = stage.restored("before", None);
    let examined = stage.duphong(&["repository", "doctor"]);
    let trials = examined["result"]["repositories"][0]["trials"].as_array().unwrap();
    assert!(trials.len() >= 9, "{examined}");
    let well = Timestamp::now();
    stage.server.pass(Duration::from_hours(2));
    std::fs::remove_file(&media).unwrap();
    stage.snapshot();
    let repository = stage.here.site.open("bucket").unwrap();
    let lock = repository.lock_exclusive().unwrap();
    repository.forget(&lock, &first).unwrap();
    drop(lock);

    let prune = ["repository", "prune", "bucket", "--max-unused", "0", "--gone"];
    let pruned = stage.duphong(&[&prune[..], &[&first.to_string()]].concat());
    assert_eq!(pruned["result"]["repositories"][0]["hides"], true, "{pruned}");
    let removed = &pruned["result"]["repositories"][0]["done"]["packs-removed"];
    assert!(removed.as_u64() > Some(0), "{pruned}");
    let log = stage.here.site.log().unwrap();
    let mut entries = log.reader().unwrap().entries().map(Result::unwrap);
    let intent = entries.find(|entry| entry.verb == "repository.prune").unwrap();
    assert_eq!(intent.facts["hides"], true);

    assert!(stage.restored("as-of", Some(well)) == before, "the restore as of then differs");
    let at = well.to_string();
    let repair = ["repository", "repair", "bucket", "--unhide", "--as-of", &at];
    let planned = stage.duphong(&[&repair[..], &["--dry-run"]].concat());
    assert_eq!(planned["result"]["brought-back"], Value::Null, "{planned}");
    let listing = sets::list(&stage.here.site, Some("bucket"), None).unwrap();
    assert_eq!(listing.sets.len(), 1, "nothing was changed");
    let done = stage.duphong(&repair);
    assert!(done["result"]["brought-back"].as_u64() > Some(0), "{done}");
    let listing = sets::list(&stage.here.site, Some("bucket"), None).unwrap();
    assert_eq!(listing.sets.len(), 2);
    let report = verify::repository(&stage.here.site, "bucket", Depth::AllData).unwrap();
    assert!(report.is_sound(), "{:?}", report.damages);
}

#[test]
fn a_server_that_passes_over_locks_gets_no_repository_that_wants_them() {
    let mut stage = Stage::new();
    let pretender = Server::with(Options { locking: Locking::Pretends, ..Options::default() });
    for repository in &mut stage.here.site.settings.repositories {
        if let Store::S3(bucket) = &mut repository.store {
            bucket.endpoint = pretender.endpoint();
        }
    }
    let fault = init::repository(&stage.here.site, "bucket").unwrap_err();
    assert_eq!(fault.code(), "store.no-lock", "{fault}");
    assert!(pretender.objects().is_empty(), "{:?}", pretender.objects().keys());
    let examined = examine(&stage.here.site, "bucket").unwrap();
    assert_eq!(examined.exit(), ExitCode::Failed);
    let proof = |subject| {
        let trial = examined.trials.iter().find(|trial| trial.subject == subject);
        trial.map(|trial| trial.proof)
    };
    for subject in [Subject::Versions, Subject::Lock, Subject::Deletion] {
        assert_eq!(proof(subject), Some(Proof::Refuted), "{subject:?} {examined:?}");
    }
    assert_eq!(proof(Subject::Clock), Some(Proof::Proven));
    assert_eq!(proof(Subject::Removal), None, "there is no version to remove: {examined:?}");
}

/// Every lock of these objects reaches as far as that of any set.
#[track_caller]
fn check_locked(stage: &Stage, names: &[ObjectName]) {
    let locks = stage.server.locks();
    let ends =
        |key: &str| -> Vec<SystemTime> { locks[key].iter().filter_map(|end| *end).collect() };
    let sets = locks.keys().filter(|key| key.contains("/snapshots/"));
    let least = sets.flat_map(|key| ends(key)).max().unwrap();
    assert!(!names.is_empty());
    for name in names {
        let ends = ends(&format!("{PREFIX}/{name}"));
        assert!(!ends.is_empty() && ends.iter().all(|end| *end >= least), "{name}: {ends:?}");
    }
}

#[test]
fn what_a_repair_writes_is_locked_as_long_as_the_sets_at_once() {
    let stage = Stage::new();
    stage.snapshot();
    let site = &stage.here.site;
    let thief = S3Store::open(stage.server.settings(PREFIX), &stage.server.world()).unwrap();
    let world = stage.server.world();
    let names = |prefix: &str| -> Vec<ObjectName> {
        let listed = world.block_on(thief.list(prefix)).unwrap();
        listed.into_iter().map(|(name, _)| name).collect()
    };
    stage.server.pass(Duration::from_hours(48));
    for index in names("index/") {
        world.block_on(thief.delete(&index)).unwrap();
    }
    let repaired = repair::index(site, "bucket", Headers::Doubtful).unwrap();
    assert_eq!(repaired.exit(), ExitCode::Done, "{repaired:?}");
    let locked = repaired.locked.unwrap();
    assert!(locked.asked >= 1 && locked.objects > locked.asked, "{locked:?}");
    check_locked(&stage, &names("index/"));

    let (pack, length) = world.block_on(thief.list("data/")).unwrap().remove(0);
    let bytes = world.block_on(thief.get(&pack)).unwrap();
    let mut bytes = bytes.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    world.block_on(thief.overwrite(&pack, bytes.into(), None)).unwrap();
    assert!(length > 0);
    let before = names("data/");
    let id: PackId = pack.last_segment().parse().unwrap();
    let mended = repair::packs(site, "bucket", Named::These(&[id])).unwrap();
    assert_eq!(mended.exit(), ExitCode::Done, "{mended:?}");
    assert!(mended.hides && mended.locked.unwrap().asked >= 2, "{mended:?}");
    let new: Vec<_> = names("data/").into_iter().filter(|name| !before.contains(name)).collect();
    check_locked(&stage, &[new, names("index/")].concat());
    let log = site.log().unwrap();
    let entries: Vec<_> = log.reader().unwrap().entries().map(Result::unwrap).collect();
    for verb in ["repository.repair", "repository.repair-packs"] {
        let of: Vec<_> = entries.iter().filter(|entry| entry.verb == verb).collect();
        assert_eq!(of[0].facts["object-lock"]["bucket"]["mode"], "compliance");
        assert!(of[1].facts["object-lock"]["until"].is_string());
    }
    let report = verify::repository(site, "bucket", Depth::AllData).unwrap();
    assert!(report.is_sound(), "{:?}", report.damages);
    stage.snapshot();
}

#[test]
fn a_repair_whose_locks_cannot_be_extended_is_no_success() {
    let mut stage = Stage::new();
    stage.snapshot();
    stage.retain(130);
    stage.refuse_to_extend();
    let thief = S3Store::open(stage.server.settings(PREFIX), &stage.server.world()).unwrap();
    let world = stage.server.world();
    for (index, _) in world.block_on(thief.list("index/")).unwrap() {
        world.block_on(thief.delete(&index)).unwrap();
    }
    let repaired = repair::index(&stage.here.site, "bucket", Headers::Doubtful).unwrap();
    assert_eq!(repaired.fault.unwrap().code(), "store.denied");
    stage.server.heal();
    // What was repaired is repaired; the next set extends what was not.
    let again = repair::index(&stage.here.site, "bucket", Headers::Doubtful).unwrap();
    assert_eq!((again.exit(), again.index.is_unchanged()), (ExitCode::Done, true));
    stage.snapshot();
}

#[track_caller]
pub(super) fn check(examined: &Examined, exit: ExitCode, expected: &[(Subject, Proof)]) {
    assert_eq!(examined.exit(), exit, "{examined:?}");
    for trial in &examined.trials {
        let other = expected.iter().find(|(subject, _)| *subject == trial.subject);
        let proof = other.map_or(Proof::Proven, |(_, proof)| *proof);
        assert_eq!(trial.proof, proof, "{trial:?}");
    }
    for (subject, _) in expected {
        assert!(examined.trials.iter().any(|trial| trial.subject == *subject), "{subject:?}");
    }
}

#[test]
fn the_doctor_proves_what_a_bucket_honors_and_what_a_key_may_do() {
    let found = |stage: &Stage| examine(&stage.here.site, "bucket").unwrap();
    let good = Stage::new();
    // A key that may remove nothing cannot show that a lock is what refuses it.
    check(&found(&good), ExitCode::Done, &[(Subject::Deletion, Proof::Unproven)]);
    assert!(!good.server.objects().keys().any(|key| key.contains("duphong-doctor")));

    let delete_version = Rights { delete_version: true, ..Rights::default() };
    let strong = Stage::with(delete_version, "compliance");
    check(&found(&strong), ExitCode::Failed, &[(Subject::Removal, Proof::Refuted)]);

    let bypass = Rights { bypass: true, ..Rights::default() };
    let lifting = Stage::with(bypass, "governance");
    let expected = [(Subject::Deletion, Proof::Unproven), (Subject::Bypass, Proof::Refuted)];
    check(&found(&lifting), ExitCode::Failed, &expected);

    let lifecycle = Rights { lifecycle: true, ..Rights::default() };
    let ruling = Stage::with(lifecycle, "governance");
    let expected = [(Subject::Deletion, Proof::Unproven), (Subject::Lifecycle, Proof::Refuted)];
    check(&found(&ruling), ExitCode::Failed, &expected);
}

#[test]
fn the_doctor_calls_nothing_good_that_it_could_not_see() {
    let found = |stage: &Stage| examine(&stage.here.site, "bucket").unwrap();
    let plain = Stage::on(Options::default(), "verify: '0 1 * * SAT'");
    check(&found(&plain), ExitCode::Failed, &[(Subject::Versions, Proof::Refuted)]);
    assert!(found(&plain).trials.iter().any(|trial| trial.subject == Subject::Clock));

    let unlocked =
        Stage::on(Options { versions: true, ..Options::default() }, "verify: '0 1 * * SAT'");
    check(&found(&unlocked), ExitCode::Warnings, &[]);

    let stage = Stage::new();
    stage.server.pass(Duration::from_mins(10));
    let expected = [(Subject::Deletion, Proof::Unproven), (Subject::Clock, Proof::Refuted)];
    check(&found(&stage), ExitCode::Failed, &expected);

    let stage = Stage::new();
    stage.server.plan(|asked| {
        let locks = asked.method == "PUT" && asked.header("x-amz-object-lock-mode").is_none();
        (locks
            && asked.header("content-length") != Some("5")
            && asked.header("content-length") != Some("6"))
        .then_some(Fault::Answer(403, "AccessDenied"))
    });
    let expected = [
        (Subject::Deletion, Proof::Unproven),
        (Subject::Extension, Proof::Refuted),
        (Subject::Shortening, Proof::Unproven),
    ];
    check(&found(&stage), ExitCode::Failed, &expected);
    let folder = examine(&stage.here.site, "local").unwrap_err();
    assert_eq!(folder.code(), "job.no-bucket");
}
