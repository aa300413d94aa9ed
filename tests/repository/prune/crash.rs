//! Death at every write of the store, before it and after it: nothing is lost, and the next run
//! ends as one that was never broken off.

use std::sync::Arc;

use duphong::repository::Repository;
use duphong::store::ObjectStore;
use duphong::store::faulty::{Effect, FailOn, Faulty};

use crate::repository::kit::{self, Place};
use crate::repository::prune::{
    Sets, aged, bytes, check_by_restic, check_sound, copy_of, forget_locks, plan, prune,
};

/// Whether the run ended before the death that was programmed.
fn die_at(place: &Place, nth: u64, effect: &Effect) -> bool {
    let faulty = Faulty::failing(place.store(), FailOn::Death(nth), effect.clone());
    let store: Arc<dyn ObjectStore> = Arc::new(faulty);
    let repository = Repository::open(store, &kit::password(), &kit::world()).unwrap();
    prune(&repository).is_ok()
}

fn check(template: &Place, sets: &Sets, effect: &Effect) {
    let whole = copy_of(template);
    prune(&whole.open()).unwrap();
    let size = bytes(&whole.open());
    for nth in 0.. {
        let place = copy_of(template);
        let ended = die_at(&place, nth, effect);
        let when = format!("{effect:?} at write {nth}");
        let repository = place.open();
        forget_locks(&repository);
        check_sound(&repository, sets, &when);
        check_by_restic(&place, &when);
        prune(&repository).unwrap_or_else(|error| panic!("again after {when}: {error}"));
        check_sound(&repository, sets, &format!("again after {when}"));
        assert!(plan(&repository).unwrap().is_empty(), "again after {when}");
        // What was written again before the death may lie in other packs, with headers of their own.
        assert!(bytes(&repository) <= size + size / 10, "garbage is left after {when}");
        if nth % 5 == 0 {
            check_by_restic(&place, &format!("again after {when}"));
        }
        if ended {
            assert!(nth > 15, "a prune has only {nth} writes");
            return;
        }
    }
}

#[test]
fn death_before_any_write_loses_nothing() {
    let template = Place::new();
    let (_, sets) = aged(&template);
    check(&template, &sets, &Effect::None);
}

#[test]
fn death_after_any_write_loses_nothing() {
    let template = Place::new();
    let (_, sets) = aged(&template);
    check(&template, &sets, &Effect::Whole);
}

/// A run that dies when all is written again leaves nothing to write for the next.
#[test]
fn what_was_written_again_is_not_written_twice() {
    let template = Place::new();
    let (_, sets) = aged(&template);
    let mut nth = 0;
    // The last write of the first part is the removal of the shared lock.
    let place = loop {
        let place = copy_of(&template);
        assert!(!die_at(&place, nth, &Effect::None), "there was no such death");
        let repository = place.open();
        let (packs, files) = (plan_sizes(&repository), plan_sizes(&template.open()));
        forget_locks(&repository);
        if packs > files {
            break place;
        }
        nth += 1;
    };
    let again = prune(&place.open()).unwrap();
    assert_eq!(again.packs_written, 0, "{again:?}");
    check_sound(&place.open(), &sets, "resumed");
    check_by_restic(&place, "resumed");
}

/// How many index files there are: one more once what was written again is listed.
fn plan_sizes(repository: &Repository) -> usize {
    repository.list(duphong::repository::layout::Folder::Index).unwrap().len()
}
