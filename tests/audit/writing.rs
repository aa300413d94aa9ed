//! Writing and reading back, one process and several.

use std::time::Duration;

use duphong::audit::verify::{Trust, verify};
use duphong::audit::{Actor, AuditError, Deed, Ending, Kind, Log, Outcome};
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault;
use duphong::world::files::FileLock;

use super::{ORIGIN, actor, deed, entries, grow, real_world, still_world};

#[test]
fn an_intent_and_its_outcome_are_read_back_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let (world, clock) = still_world();
    let log = Log::create(folder.path(), ORIGIN, &world).unwrap();
    let intent = log.intend(&Actor::schedule("hằng đêm"), deed(1)).unwrap();
    clock.advance(Duration::from_millis(1_500));
    log.settle(intent, Outcome::failed("store.unreachable").fact("tries", 3)).unwrap();
    log.record(&actor(), Deed::new("key.confirmed", "kho-1")).unwrap();

    let [opened, intent, outcome, record] = entries(folder.path()).try_into().unwrap();
    assert_eq!((opened.kind, opened.subject.as_str()), (Kind::Opened, ORIGIN));
    assert_eq!(opened.facts["vkey"], log.vkey());
    assert_eq!((intent.kind, intent.actor.name.as_str()), (Kind::Intent, "hằng đêm"));
    assert_eq!(outcome.intent, Some(intent.seq));
    assert_eq!(outcome.took_ms, Some(1_500));
    assert_eq!(outcome.result, Some(Ending::Failed));
    assert_eq!(outcome.code.as_deref(), Some("store.unreachable"));
    assert_eq!((outcome.verb, outcome.subject), (intent.verb, intent.subject));
    assert_eq!((record.kind, record.seq), (Kind::Record, 3));
    assert_eq!(log.head().unwrap().size, 4);
}

#[test]
fn a_log_goes_on_across_bundles_and_openings() {
    let folder = tempfile::tempdir().unwrap();
    let world = real_world();
    Log::create(folder.path(), ORIGIN, &world).unwrap();
    for size in [2, 255, 256, 257, 511, 512, 513, 1_400] {
        let log = Log::open(folder.path(), &world).unwrap();
        grow(&log, size);
        let seen = entries(folder.path());
        assert_eq!(seen.len() as u64, size);
        assert!(seen.iter().zip(0..).all(|(entry, seq)| entry.seq == seq));
        assert_eq!(log.head().unwrap(), Log::open(folder.path(), &world).unwrap().head().unwrap());
    }
}

#[test]
fn two_writers_interleave_without_losing_or_repeating_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let world = real_world();
    Log::create(folder.path(), ORIGIN, &world).unwrap();
    std::thread::scope(|scope| {
        for name in ["an", "bình", "chi"] {
            let (world, dir) = (world.clone(), folder.path());
            scope.spawn(move || {
                let log = Log::open(dir, &world).unwrap();
                for _ in 0..50 {
                    let actor = Actor::person(name);
                    let drill = log.intend_numbered(&actor, deed(0), "drill").unwrap();
                    log.settle(drill, Outcome::done()).unwrap();
                }
            });
        }
    });
    let seen = entries(folder.path());
    assert_eq!(seen.len(), 1 + 3 * 50 * 2);
    let numbers: Vec<_> = seen.into_iter().filter_map(|entry| entry.number).collect();
    let drills: Vec<_> = numbers.iter().map(|number| number.n).collect();
    assert_eq!(drills, (1..=150).collect::<Vec<_>>());
}

#[test]
fn a_number_is_kept_by_a_deed_that_failed_and_each_series_counts_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    let log = Log::create(folder.path(), ORIGIN, &world).unwrap();
    let check = |log: &Log, series, expected| {
        let intent = log.intend_numbered(&actor(), deed(0), series).unwrap();
        assert_eq!(intent.number(), Some(expected));
        log.settle(intent, Outcome::failed("x.y")).unwrap();
    };
    check(&log, "drill", 1);
    check(&log, "drill", 2);
    check(&log, "incident", 1);
    check(&Log::open(folder.path(), &world).unwrap(), "drill", 3);
    check(&log, "drill", 4);
}

#[test]
fn an_intent_of_a_run_that_ended_is_abandoned_and_one_of_a_living_run_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    let ended = Log::create(folder.path(), ORIGIN, &world).unwrap();
    let living = Log::open(folder.path(), &world).unwrap();
    let lost = ended.intend(&actor(), deed(1)).unwrap().seq();
    let busy = living.intend(&actor(), deed(2)).unwrap();
    drop(ended);

    let next = Log::open(folder.path(), &world).unwrap();
    let [abandoned] = next.recovery().abandoned.as_slice() else { panic!("one is abandoned") };
    assert_eq!(abandoned.seq, lost);
    assert_eq!(next.recovery().messages().len(), 1);
    living.settle(busy, Outcome::done()).unwrap();
    let outcomes: Vec<_> = entries(folder.path())
        .into_iter()
        .filter_map(|entry| Some((entry.intent?, entry.result?)))
        .collect();
    assert_eq!(outcomes, [(lost, Ending::Abandoned), (lost + 1, Ending::Done)]);
    drop((living, next));
    assert!(Log::open(folder.path(), &world).unwrap().recovery().abandoned.is_empty());
    assert_eq!(folder.path().join("session").read_dir().unwrap().count(), 0);
}

#[test]
fn a_clock_that_was_set_back_is_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let (world, clock) = still_world();
    let log = Log::create(folder.path(), ORIGIN, &world).unwrap();
    clock.jump_to("2026-02-28T23:59:00Z".parse().unwrap());
    log.record(&actor(), deed(0)).unwrap();
    log.record(&actor(), deed(0)).unwrap();
    let marks: Vec<_> = entries(folder.path()).iter().map(|entry| entry.clock_back_ms).collect();
    assert_eq!(marks, [None, Some(60_000), None]);
}

#[test]
fn a_lock_that_is_never_let_go_ends_in_a_fault_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    let log = Log::create(folder.path(), ORIGIN, &world).unwrap();
    let held = FileLock::acquire(&folder.path().join("lock")).unwrap();
    let fault = log.record(&actor(), deed(0)).unwrap_err();
    assert!(matches!(fault, AuditError::Locked { .. }));
    assert_eq!(fault.exit(), ExitCode::Locked);
    drop(held);
    log.record(&actor(), deed(0)).unwrap();
}

#[test]
fn a_log_is_not_made_twice_nor_opened_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    assert!(matches!(Log::open(folder.path(), &world), Err(AuditError::Missing { .. })));
    for origin in ["", "hai từ", "a+b", "a\tb"] {
        let fault = Log::create(folder.path(), origin, &world).unwrap_err();
        assert!(matches!(fault, AuditError::Origin { .. }));
    }
    Log::create(folder.path(), ORIGIN, &world).unwrap();
    let fault = Log::create(folder.path(), ORIGIN, &world).unwrap_err();
    assert!(matches!(fault, AuditError::Exists { .. }));
}

#[test]
fn the_private_key_may_lie_elsewhere_and_must_be_the_right_one() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    let (dir, key) = (folder.path().join("log"), folder.path().join("keys/log.key"));
    Log::create_with_key(&dir, &key, ORIGIN, &world).unwrap();
    assert!(!dir.join("log.key").exists());
    Log::open_with_key(&dir, &key, &world).unwrap();
    let other = folder.path().join("other");
    Log::create(&other, ORIGIN, &world).unwrap();
    let fault = Log::open_with_key(&dir, &other.join("log.key"), &world).unwrap_err();
    assert!(matches!(fault, AuditError::Key { .. }));
}

#[test]
fn an_entry_too_large_for_its_bundle_is_refused_before_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    let log = Log::create(folder.path(), ORIGIN, &world).unwrap();
    let large = deed(0).fact("log", "x".repeat(70_000));
    assert!(matches!(log.record(&actor(), large), Err(AuditError::TooLarge { .. })));
    assert_eq!(log.record(&actor(), deed(0)).unwrap(), 1);
}

#[test]
fn a_successor_opens_with_the_head_of_the_log_it_takes_over_from() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let head = Log::create(&old, ORIGIN, &world).unwrap().checkpoint().unwrap();
    Log::succeed(&new, "cong.example/duphong-2", &world, &old, "mất máy chủ").unwrap();
    let opened = &entries(&new)[0];
    assert_eq!(opened.facts["predecessor"].as_str().unwrap().as_bytes(), head);
    assert_eq!(opened.facts["reason"], "mất máy chủ");
}

#[test]
fn an_outcome_with_too_much_to_say_is_on_record_without_its_largest_details() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _) = still_world();
    let log = Log::create(folder.path(), ORIGIN, &world).unwrap();
    let outcome = || Outcome::failed("drill.failed").fact("set", "9f2c");
    let small = log.intend(&actor(), deed(0)).unwrap();
    log.settle(small, outcome().fact("rest", "x".repeat(60_000))).unwrap();
    let large = log.intend(&actor(), deed(0)).unwrap();
    let both = outcome().fact("error", "\0".repeat(15_000)).fact("rest", "x".repeat(70_000));
    log.settle(large, both).unwrap();
    let seen = entries(folder.path());
    assert_eq!(seen[2].facts["rest"].as_str().unwrap().len(), 60_000);
    assert!(!seen[2].facts.contains_key("too-large"));
    let left = &seen[4];
    assert_eq!((left.intent, left.code.as_deref()), (Some(3), Some("drill.failed")));
    assert_eq!(
        serde_json::to_value(&left.facts).unwrap(),
        serde_json::json!({
            "set": "9f2c", "too-large": ["error", "rest"],
        })
    );
    let report =
        verify(folder.path(), &Trust { vkey: Some(log.vkey().to_owned()), anchors: vec![] });
    assert_eq!((report.findings, report.open_intents), (vec![], 0));
}
