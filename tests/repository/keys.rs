//! Several passwords on one repository, strangers' key files, and deaths in between.

use std::sync::Arc;

use duphong::base::digest::Digest;
use duphong::base::secret::Secret;
use duphong::repository::key::Cost;
use duphong::repository::layout::Folder;
use duphong::repository::{Repository, RepositoryError};
use duphong::store::faulty::{Damage, Effect, FailOn, Faulty};
use duphong::store::{ObjectName, ObjectStore};
use serde_json::json;

use crate::repository::kit::{self, Place};
use crate::repository::matrix::ground;
use crate::repository::matrix::storm::{Fault, Op, Storm, Strike};

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec())
}

/// A repository in memory whose own key costs nothing to try.
fn cheap() -> (Arc<dyn ObjectStore>, Repository) {
    let store: Arc<dyn ObjectStore> = ground::memory(&ground::empty(1).state);
    (Arc::clone(&store), ground::open(store, 1).unwrap())
}

fn put(store: &dyn ObjectStore, bytes: Vec<u8>) -> Digest {
    let id = Digest::of(&bytes);
    kit::world().block_on(store.put(&Folder::Keys.name(&id), bytes.into())).unwrap();
    id
}

/// A key file of a stranger: it asks for so much work and opens nothing.
fn strange(store: &dyn ObjectStore, number: u64, n: u64, r: u32, p: u32) -> Digest {
    let file = json!({
        "created": "2026-11-22T06:00:00Z", "username": format!("la-{number}"), "hostname": "la",
        "kdf": "scrypt", "N": n, "r": r, "p": p, "salt": "AAAA", "data": "AAAA",
    });
    put(store, file.to_string().into_bytes())
}

fn open(store: &Arc<dyn ObjectStore>, password: &str) -> Result<Repository, RepositoryError> {
    Repository::open(Arc::clone(store), &secret(password), &kit::world())
}

#[test]
fn every_password_opens_the_same_key_and_one_is_removed_with_proof_only() {
    let (store, repository) = cheap();
    let old = repository.key_id();
    let lock = repository.lock_exclusive().unwrap();
    let proven = repository.add_key(&lock, &secret("moi"), ground::CHEAP).unwrap();
    assert_eq!(repository.keys().unwrap().len(), 2);
    assert_eq!(repository.key_of(&secret("moi"), None).unwrap(), Some(proven.id()));
    assert_eq!(repository.key_of(&secret("moi"), Some(&proven.id())).unwrap(), None);
    assert_eq!(repository.key_of(&secret("sai"), None).unwrap(), None);
    assert!(repository.prove_key(&old, &secret("moi")).unwrap().is_none());
    let itself = repository.remove_key(&lock, &proven.id(), &proven);
    assert!(matches!(itself, Err(RepositoryError::Bug(_))), "{itself:?}");
    drop(lock);
    let shared = repository.lock_shared().unwrap();
    let refused = repository.remove_key(&shared, &old, &proven);
    assert!(matches!(refused, Err(RepositoryError::Bug(_))), "{refused:?}");
    drop(shared);
    let again = open(&store, "moi").unwrap();
    assert_eq!((again.id(), again.key_id()), (repository.id(), proven.id()));
    assert_eq!(again.key().expose(), repository.key().expose());
    let lock = repository.lock_exclusive().unwrap();
    repository.remove_key(&lock, &old, &proven).unwrap();
    repository.remove_key(&lock, &old, &proven).unwrap();
    drop(lock);
    assert!(matches!(ground::open(store, 1), Err(RepositoryError::WrongKey { keys: 1, .. })));
}

#[test]
fn strangers_key_files_do_not_keep_us_out_and_are_named() {
    let (store, repository) = cheap();
    let absurd = strange(&*store, 1, 1 << 40, u32::MAX, u32::MAX);
    let costly = strange(&*store, 2, 1 << 15, 8, 17);
    let weak = strange(&*store, 3, 2, 1, 1);
    let garbage = put(&*store, b"{}".to_vec());
    let long = put(&*store, vec![b' '; 70_000]);
    let deep = put(&*store, "[".repeat(60_000).into_bytes());
    assert_eq!(ground::open(Arc::clone(&store), 1).unwrap().key_id(), repository.key_id());
    let keys = repository.keys().unwrap();
    let said = |id: Digest| keys.iter().find(|key| key.id == id).unwrap().said.as_ref();
    assert!(!said(absurd).unwrap().cost.is_bounded());
    assert!(said(costly).unwrap().cost.is_bounded() && !said(costly).unwrap().cost.is_weak());
    assert!(said(weak).unwrap().cost.is_weak());
    for id in [garbage, long, deep] {
        assert!(matches!(said(id), Err(RepositoryError::Damaged { .. })), "{id}");
    }
    // One of the damaged may be ours: "wrong password" would send people the wrong way.
    let wrong = open(&store, "sai").unwrap_err();
    assert!(matches!(wrong, RepositoryError::Damaged { .. }), "{wrong:?}");
}

#[test]
fn a_password_is_tried_on_the_usual_keys_before_costly_ones_whatever_their_names() {
    let (store, repository) = cheap();
    // Each alone would take the whole of what is spent.
    for number in 0..64 {
        strange(&*store, number, 1 << 19, 8, 16);
    }
    assert_eq!(ground::open(Arc::clone(&store), 1).unwrap().key_id(), repository.key_id());
}

/// Of those that are costly the cheapest comes first: any other order, and strangers keep us out.
#[test]
fn a_costly_key_of_ours_is_found_among_costlier_ones() {
    let (store, repository) = cheap();
    let cost = Cost { n: 1 << 15, r: 8, p: 17 };
    let lock = repository.lock_exclusive().unwrap();
    let ours = repository.add_key(&lock, &secret("đắt"), cost).unwrap().id();
    drop(lock);
    for number in 0..32 {
        // Each alone is all that is spent, so the first of them ends the search.
        strange(&*store, number, 1 << 19, 8, 64);
    }
    assert_eq!(open(&store, "đắt").unwrap().key_id(), ours);
}

#[test]
fn a_key_file_that_is_too_long_is_named_and_not_read() {
    let (inner, _) = cheap();
    let long = put(&*inner, vec![b' '; 70_000]);
    let store = Arc::new(Faulty::new(inner));
    let repository = ground::open(store.clone(), 1).unwrap();
    let before = store.reads();
    let keys = repository.keys().unwrap();
    assert_eq!(store.reads() - before, 1, "ours alone");
    assert!(keys.iter().any(|key| key.id == long && key.said.is_err()));
}

/// A key that could not be looked at may be sound: that weighs more than one that is damaged,
/// whichever comes first.
#[test]
fn what_could_not_be_looked_at_is_told_before_what_is_damaged() {
    for turned in [false, true] {
        let (inner, repository) = cheap();
        let mut keys = [repository.key_id(), strange(&*inner, 1, 2, 1, 1)];
        keys.sort();
        if turned {
            keys.reverse();
        }
        let store = Arc::new(Faulty::new(inner));
        let [damaged, silent] = keys.map(|id| Folder::Keys.name(&id));
        store.damage(&damaged, Damage::Replace(b"{}".as_slice().into()));
        store.damage(&silent, Damage::Unreadable);
        let told = ground::open(store, 1).unwrap_err();
        assert!(matches!(told, RepositoryError::Store(_)), "{told:?}");
    }
}

/// Whoever chooses a key to remove must see all of them.
#[test]
fn keys_that_are_out_of_reach_make_no_list() {
    let (inner, repository) = cheap();
    let store = Arc::new(Faulty::new(inner));
    let opened = ground::open(store.clone(), 1).unwrap();
    store.damage(&Folder::Keys.name(&repository.key_id()), Damage::Unreadable);
    let told = opened.keys().unwrap_err();
    assert!(matches!(told, RepositoryError::Store(_)), "{told:?}");
}

#[test]
fn thousands_of_key_files_end_in_a_fault_and_not_in_hours() {
    let (store, _) = cheap();
    for number in 0..5_000 {
        strange(&*store, number, 2, 1, 1);
    }
    let ended = open(&store, "sai").unwrap_err();
    let RepositoryError::TooManyKeys { tried, keys, .. } = ended else { panic!("{ended:?}") };
    assert!(tried < 4_097 && keys == 5_001, "{tried} of {keys}");
}

/// Whoever is killed while a key is added or removed leaves a repository that opens.
#[test]
fn a_death_at_any_write_of_adding_and_removing_leaves_a_key_that_opens() {
    for effect in [Effect::None, Effect::Whole] {
        for nth in 0..9 {
            let (inner, calm) = cheap();
            let old = calm.key_id();
            let death = FailOn::Death(nth);
            let store = Arc::new(Faulty::failing(Arc::clone(&inner), death, effect.clone()));
            let run = || -> Result<(), RepositoryError> {
                let repository = ground::open(store.clone(), 1)?;
                let lock = repository.lock_exclusive()?;
                let proven = repository.add_key(&lock, &secret("moi"), ground::CHEAP)?;
                repository.remove_key(&lock, &old, &proven)
            };
            let ended = run();
            let opens = [kit::PASSWORD, "moi"].map(|password| open(&inner, password).is_ok());
            assert!(opens[0] || opens[1], "{effect:?} at {nth}");
            if ended.is_ok() {
                assert_eq!(opens, [false, true], "{effect:?} at {nth}");
            }
        }
    }
}

#[test]
fn restic_and_we_make_keys_for_each_other() {
    let place = Place::new();
    let repository = place.init();
    let lock = repository.lock_shared().unwrap();
    let ours = repository.add_key(&lock, &secret("của ta"), Cost::OURS).unwrap().id();
    drop(lock);
    std::fs::write(place.path("theirs"), "của restic").unwrap();
    let file = place.path("theirs");
    place.restic(&["key", "add", "--new-password-file", file.to_str().unwrap()]).unwrap();
    let theirs = repository.key_of(&secret("của restic"), None).unwrap().unwrap();
    let listed = place.restic(&["key", "list", "--json"]).unwrap();
    for id in [repository.key_id(), ours, theirs] {
        assert!(listed.contains(&id.to_string()[..8]), "{id}: {listed}");
    }
    let keys = repository.keys().unwrap();
    assert_eq!(keys.len(), 3);
    // What theirs cost, restic has measured: on a busy machine it settles for less.
    let mut own = keys.iter().filter(|key| key.id != theirs);
    assert!(own.all(|key| !key.said.as_ref().unwrap().cost.is_weak()), "{keys:?}");
    let lock = repository.lock_exclusive().unwrap();
    let proven = repository.prove_key(&theirs, &secret("của restic")).unwrap().unwrap();
    repository.remove_key(&lock, &repository.key_id(), &proven).unwrap();
    drop(lock);
    assert!(place.restic(&["cat", "config"]).is_err());
    std::fs::write(place.path("password"), "x").unwrap();
    let name: ObjectName = Folder::Keys.name(&ours);
    assert!(kit::world().block_on(repository.store().exists(&name)).unwrap());
}

#[test]
fn every_key_of_a_password_goes_with_it() {
    let (store, repository) = cheap();
    let lock = repository.lock_exclusive().unwrap();
    // Two that added the same password at once have made one each.
    repository.add_key(&lock, &ground::password(), ground::CHEAP).unwrap();
    let new = repository.ensure_key(&lock, &secret("moi"), ground::CHEAP).unwrap();
    let same = repository.ensure_key(&lock, &secret("moi"), ground::CHEAP).unwrap();
    assert_eq!(new.id(), same.id(), "what is there is not made again");
    let removed = repository.remove_keys_of(&lock, &ground::password(), &new).unwrap();
    assert_eq!(removed.len(), 2);
    drop(lock);
    assert!(matches!(open(&store, kit::PASSWORD), Err(RepositoryError::WrongKey { keys: 1, .. })));
}

#[test]
fn a_key_of_another_repository_or_under_another_name_proves_nothing() {
    let (store, repository) = cheap();
    let (_, foreign) = ground::cheap_key(77);
    let foreign = put(&*store, foreign.to_vec());
    assert!(repository.prove_key(&foreign, &ground::password()).unwrap().is_none());
    let own = Folder::Keys.name(&repository.key_id());
    let bytes = kit::world().block_on(store.get(&own)).unwrap();
    let invented = Digest::of(b"invented");
    kit::world().block_on(store.put(&Folder::Keys.name(&invented), bytes)).unwrap();
    let proven = repository.prove_key(&invented, &ground::password());
    assert!(matches!(proven, Err(RepositoryError::Damaged { .. })), "{proven:?}");
    let said = repository.keys().unwrap();
    let said = said.iter().find(|key| key.id == invented).unwrap();
    assert!(matches!(said.said, Err(RepositoryError::Damaged { .. })), "{said:?}");
}

#[test]
fn a_key_that_the_store_did_not_keep_as_it_was_is_not_called_added() {
    let (inner, _) = cheap();
    // The first write is the lock.
    let strike = Strike { op: Op::Put, nth: 1, fault: Fault::WrongBytes, after: false };
    let repository = ground::open(Storm::over(inner, Some(strike)), 1).unwrap();
    let lock = repository.lock_shared().unwrap();
    let added = repository.add_key(&lock, &secret("moi"), ground::CHEAP);
    assert!(matches!(added, Err(RepositoryError::Damaged { .. })), "{added:?}");
}
