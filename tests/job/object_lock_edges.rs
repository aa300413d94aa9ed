//! Object lock where two things meet that seldom do: each was found by a mistake that was planted
//! and that no test had seen.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::exit::ExitCode;
use duphong::base::progress::Silent;
use duphong::config::settings::{self, Store};
use duphong::job::copy::{self, Choice};
use duphong::job::doctor::{Proof, Subject, examine};
use duphong::job::{init, unhide, verify};
use duphong::repository::layout;
use duphong::repository::object_lock::{Known, Reach, extend};
use duphong::repository::verify::Depth;
use duphong::repository::{PackId, RepositoryError};
use duphong::store::s3::S3Store;
use duphong::store::versions::LockMode;
use duphong::store::{ObjectName, ObjectStore as _, StoreError};
use duphong::world::World;
use duphong::world::clock::ManualClock;
use jiff::{SignedDuration, Timestamp};

use crate::job::object_lock::{DAY, PREFIX, Stage, check};
use crate::store::s3::{Fault, Locking, Options, RULE, Rights, Server};

const LOCK: &str = "object-lock: { mode: compliance, retention: 90d, slack: 30d }";

/// Somebody who has the daemon's key.
fn thief(stage: &Stage) -> S3Store {
    S3Store::open(stage.server.settings(PREFIX), &stage.server.world()).unwrap()
}

fn listed(stage: &Stage, prefix: &str) -> Vec<(ObjectName, u64)> {
    stage.server.world().block_on(thief(stage).list(prefix)).unwrap()
}

/// Writes other bytes of the same length.
fn overwrite(stage: &Stage, name: &ObjectName, length: u64) {
    let junk = Bytes::from(vec![7; usize::try_from(length).unwrap()]);
    stage.server.world().block_on(thief(stage).overwrite(name, junk, None)).unwrap();
}

/// Changing the mode of a lock that holds needs a right that the daemon must lack.
#[test]
fn a_lock_that_holds_keeps_its_mode_when_it_is_extended() {
    let mut stage = Stage::with(Rights::default(), "governance");
    stage.snapshot();
    stage.retain(130);
    for repository in &mut stage.here.site.settings.repositories {
        if let Store::S3(bucket) = &mut repository.store {
            bucket.object_lock.as_mut().unwrap().mode = settings::LockMode::Compliance;
        }
    }
    assert!(stage.snapshot().sets[0].locked.unwrap().extended > 0);
}

#[test]
fn what_is_hidden_or_not_ours_while_a_set_is_taken_is_not_extended_in_silence() {
    let stage = Stage::new();
    stage.snapshot();
    let repository = stage.here.site.open("bucket").unwrap();
    let reach = Reach { mode: LockMode::Compliance, retention: 90 * DAY, slack: DAY };
    let extended = |packs: &[PackId]| {
        let (mut known, cancel) = (Known::default(), Cancel::default());
        extend(&repository, reach, packs, &mut known, &Silent, &cancel).map(drop)
    };
    extended(&[]).unwrap();
    let gone = extended(&[PackId(Digest::of(b"hidden"))]).unwrap_err();
    assert!(matches!(gone, RepositoryError::Store(StoreError::Missing { .. })), "{gone}");
    overwrite(&stage, &layout::config(), 100);
    let foreign = extended(&[]).unwrap_err();
    assert!(matches!(foreign, RepositoryError::Damaged { .. }), "{foreign}");
}

#[test]
fn a_copy_extends_what_its_sets_rely_on() {
    let mut stage = Stage::new();
    let set = stage.snapshot().sets[0].written.id;
    copy::copy(&stage.here.site, "bucket", "local", &Choice::default()).unwrap();
    let repository = stage.here.site.open("bucket").unwrap();
    repository.forget(&repository.lock_exclusive().unwrap(), &set).unwrap();
    stage.retain(130);
    let done = copy::copy(&stage.here.site, "local", "bucket", &Choice::default()).unwrap();
    assert_eq!((done.exit(), done.copied.len()), (ExitCode::Done, 1), "{:?}", done.fault);
    let least = SystemTime::now() + 129 * DAY;
    let locks = stage.server.locks();
    let data = locks.iter().filter(|(key, _)| key.contains("/data/"));
    let ends: Vec<_> = data.flat_map(|(_, ends)| ends).collect();
    assert!(!ends.is_empty() && ends.iter().all(|end| end.is_some_and(|end| end > least)));
}

/// The thief hid the sets and wrote over their data, and the data cannot be brought back yet.
#[test]
fn no_set_shows_again_before_its_data_and_no_lock_of_then_goes() {
    let stage = Stage::new();
    stage.snapshot();
    let (site, world) = (&stage.here.site, stage.server.world());
    let at_work = site.open("bucket").unwrap().lock_shared().unwrap();
    let well = Timestamp::now();
    stage.server.pass(DAY);
    let packs = listed(&stage, "data/");
    for (pack, length) in &packs {
        overwrite(&stage, pack, *length);
    }
    for (set, _) in listed(&stage, "snapshots/") {
        world.block_on(thief(&stage).delete(&set)).unwrap();
    }
    let false_lock = layout::Folder::Locks.name(&Digest::of(b"stay out"));
    overwrite(&stage, &false_lock, 100);
    let plan = unhide::plan(site, "bucket", well).unwrap();
    assert_eq!((plan.hidden.len(), plan.overwritten.len()), (1, packs.len()), "{plan:?}");
    let locks: Vec<_> = plan.locks.iter().map(|lock| &lock.name).collect();
    assert_eq!(locks, [&false_lock]);

    stage.server.plan(|asked| {
        let data = asked.method == "PUT" && asked.path.contains("/data/");
        data.then_some(Fault::Answer(403, "AccessDenied"))
    });
    let unhidden = unhide::run(site, "bucket", well).unwrap();
    assert!(unhidden.failed[0].0.contains("data/"), "{unhidden:?}");
    stage.server.heal();
    assert_eq!(listed(&stage, "snapshots/"), [], "a set without its data");
    assert_eq!(unhide::run(site, "bucket", well).unwrap().exit(), ExitCode::Done);
    assert_eq!(listed(&stage, "locks/").len(), 1, "the one that is held");
    assert!(verify::repository(site, "bucket", Depth::AllData).unwrap().is_sound());
    at_work.ensure().unwrap();
}

#[test]
fn a_server_that_keeps_shorter_locks_gets_no_repository_and_is_called_one() {
    let mut stage = Stage::new();
    let options = Options { versions: true, locking: Locking::Shortens, ..Options::default() };
    let server = Server::with(options);
    for repository in &mut stage.here.site.settings.repositories {
        if let Store::S3(bucket) = &mut repository.store {
            bucket.endpoint = server.endpoint();
        }
    }
    let fault = init::repository(&stage.here.site, "bucket").unwrap_err();
    assert_eq!(fault.code(), "store.no-lock", "{fault}");
    let expected = [
        (Subject::Lock, Proof::Refuted),
        (Subject::Extension, Proof::Refuted),
        (Subject::Shortening, Proof::Unproven),
        (Subject::Deletion, Proof::Unproven),
    ];
    let examined = examine(&stage.here.site, "bucket").unwrap();
    check(&examined, ExitCode::Failed, &expected);
}

/// What the trial could do to a bucket it undoes, and where it could not, it does not try.
#[test]
fn the_doctor_leaves_the_rules_of_a_bucket_as_they_are() {
    let rights = Rights { lifecycle: true, ..Rights::default() };
    let open = Options { versions: true, rights, ..Options::default() };
    let stage = Stage::on(open.clone(), LOCK);
    let expected = [(Subject::Deletion, Proof::Unproven), (Subject::Lifecycle, Proof::Refuted)];
    check(&examine(&stage.here.site, "bucket").unwrap(), ExitCode::Failed, &expected);
    assert_eq!(stage.server.rules(), []);

    let stage = Stage::on(Options { ruled: true, ..open }, LOCK);
    let expected = [(Subject::Deletion, Proof::Unproven), (Subject::Lifecycle, Proof::Unproven)];
    check(&examine(&stage.here.site, "bucket").unwrap(), ExitCode::Warnings, &expected);
    // Nor where the key may not know whether there are any.
    stage.server.plan(|asked| {
        let rules = asked.method == "GET" && asked.query.contains("lifecycle");
        rules.then_some(Fault::Answer(403, "AccessDenied"))
    });
    check(&examine(&stage.here.site, "bucket").unwrap(), ExitCode::Warnings, &expected);
    assert_eq!(stage.server.rules(), [Some(RULE.to_owned())]);
}

#[test]
fn the_doctor_notices_versions_that_are_kept_no_more_and_a_clock_that_is_ahead() {
    let stage = Stage::on(Options { versions: true, suspended: true, ..Options::default() }, LOCK);
    let expected = [(Subject::Deletion, Proof::Unproven), (Subject::Versions, Proof::Refuted)];
    check(&examine(&stage.here.site, "bucket").unwrap(), ExitCode::Failed, &expected);

    let mut stage = Stage::new();
    let world = stage.here.site.world.clone();
    let ahead = ManualClock::at(world.clock.now() + SignedDuration::from_mins(10));
    stage.here.site.world =
        World::with(Arc::new(ahead), world.entropy.clone(), world.runtime().clone());
    let expected = [(Subject::Deletion, Proof::Unproven), (Subject::Clock, Proof::Refuted)];
    check(&examine(&stage.here.site, "bucket").unwrap(), ExitCode::Failed, &expected);
}
