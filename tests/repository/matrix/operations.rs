//! What the matrix runs. A new verb of the engine is one line in [`OPERATIONS`] and one function.

use std::path::PathBuf;
use std::sync::Arc;

use duphong::base::cancel::Cancel;
use duphong::base::fault::{Fault, chain};
use duphong::base::progress::Silent;
use duphong::base::secret::Secret;
use duphong::repository::copy::Twins;
use duphong::repository::prune::Limits;
use duphong::repository::restore::{RestoreError, RestoreOptions, restore};
use duphong::repository::verify::{Depth, verify};
use duphong::repository::{Prepared, Repository, RepositoryError, SnapshotId};
use duphong::store::ObjectStore;
use tempfile::TempDir;

use crate::repository::copy::copy_with;
use crate::repository::kit;
use crate::repository::matrix::ground::{self, Base, Picture};
use crate::repository::matrix::judge::look;

/// What an operation reports when it reports no fault.
#[derive(Debug)]
pub(crate) enum Came {
    /// A repository was made.
    Made,
    /// A set is done and holds this.
    Set(SnapshotId, Picture),
    /// The repository was looked at.
    Judged { sound: bool },
    /// A set was restored; whether byte for byte.
    Restored { right: bool },
    /// A set was forgotten.
    Forgotten(SnapshotId),
    /// What no set needs was removed.
    Pruned,
    /// The index was repaired, and verifying the structure said this.
    Repaired { sound: bool },
    /// Keys were added and removed: of the old and the new password these open the repository.
    Keyed([bool; 2]),
}

/// A key stays because no other one opens the repository.
pub(crate) const NOT_PROVEN: &str = "key.not-proven";

/// A fault that was reported, with its code.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) code: &'static str,
    pub(crate) words: String,
}

impl<F: Fault + 'static> From<F> for Named {
    fn from(fault: F) -> Self {
        Self { code: fault.code(), words: chain(&fault) }
    }
}

/// What one case works with.
pub(crate) struct Bench<'a> {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) base: &'a Base,
    pub(crate) seed: u64,
    /// What a snapshot saves.
    pub(crate) source: usize,
    /// For what is restored.
    pub(crate) scratch: Option<TempDir>,
}

impl<'a> Bench<'a> {
    /// A bench on which a snapshot saves what the base does not have yet.
    pub(crate) fn new(store: Arc<dyn ObjectStore>, base: &'a Base, seed: u64) -> Self {
        Self { store, base, seed, source: base.sets.len(), scratch: None }
    }

    fn open(&self) -> Result<Repository, Named> {
        Ok(ground::open(Arc::clone(&self.store), self.seed)?)
    }
}

/// A verb of the engine, and where it begins.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) base: fn(u64) -> Base,
    pub(crate) run: Run,
    /// Nobody may be at work beside it, not even a process that lives on as the owner of a lock
    /// that it could not remove.
    pub(crate) alone: bool,
    /// It begins with damage: only once it has ended well everything must be right.
    pub(crate) repairs: bool,
}

/// What does it.
pub(crate) type Run = fn(&Bench<'_>) -> Result<Came, Named>;

/// All verbs.
pub(crate) const OPERATIONS: &[Operation] = &[
    beside_others("init", ground::bare, init),
    beside_others("first snapshot", ground::empty, snapshot),
    beside_others("next snapshot", ground::with_one_set, snapshot),
    beside_others("snapshot after a death", ground::interrupted, snapshot),
    beside_others("verify", ground::with_two_sets, verify_all),
    beside_others("restore", ground::with_two_sets, restore_newest),
    alone("forget", ground::with_two_sets, forget_oldest),
    alone("prune", ground::forgotten, prune),
    alone("prune after a death", ground::half_pruned, prune),
    repair("repair a lost index", ground::without_index, repair_index),
    repair("repair a garbled index", ground::garbled_index, repair_index),
    repair("repair a damaged pack", ground::damaged_pack, repair_packs),
    beside_others("copy into", ground::empty, copy_into),
    beside_others("copy after a death", ground::interrupted_copy, copy_into),
    beside_others("copy out of", ground::with_two_sets, copy_out_of),
    beside_others("first of two", ground::with_one_set, first_of_two),
    beside_others("second of two", ground::with_one_set, second_of_two),
    beside_others("key add", ground::with_one_set, add_key),
    alone("key remove", ground::with_two_keys, remove_old_key),
    alone("key rotate", ground::with_one_set, rotate_key),
];

const fn beside_others(name: &'static str, base: fn(u64) -> Base, run: Run) -> Operation {
    Operation { name, base, run, alone: false, repairs: false }
}

const fn alone(name: &'static str, base: fn(u64) -> Base, run: Run) -> Operation {
    Operation { name, base, run, alone: true, repairs: false }
}

const fn repair(name: &'static str, base: fn(u64) -> Base, run: Run) -> Operation {
    Operation { name, base, run, alone: true, repairs: true }
}

/// Packs of a few blobs, of which none may stay unneeded; one thread, so that the n-th operation
/// is the same one in every run.
pub(crate) const LIMITS: Limits =
    Limits { unused_percent: 0, pack_bytes: 2048, small_bytes: 600, threads: 1 };

fn init(bench: &Bench<'_>) -> Result<Came, Named> {
    ground::init(Arc::clone(&bench.store), bench.seed)?;
    Ok(Came::Made)
}

/// Saves a source beside the newest set.
pub(crate) fn snapshot(bench: &Bench<'_>) -> Result<Came, Named> {
    let sources = ground::sources(bench.source);
    let set = ground::snapshot(&bench.open()?, sources, bench.base.newest)?;
    Ok(Came::Set(set, sources.picture.clone()))
}

pub(crate) fn verify_all(bench: &Bench<'_>) -> Result<Came, Named> {
    let report = verify(&bench.open()?, Depth::AllData, &Silent, &Cancel::default())?;
    Ok(Came::Judged { sound: report.is_sound() })
}

/// Restores the newest set, or goes on with a restore that was broken off.
pub(crate) fn restore_newest(bench: &Bench<'_>) -> Result<Came, Named> {
    let repository = bench.open()?;
    let set = bench.base.newest.expect("the case begins with sets");
    let (target, resume) = target(bench);
    let options = RestoreOptions { resume, ..RestoreOptions::default() };
    match restore(&repository, &set, &target, &options, &Silent, &Cancel::default()) {
        Ok(_) => {
            let dump = std::fs::read(target.join("db/main.dump")).unwrap_or_default();
            let found = ground::picture_of(&target.join("media/files"), &dump);
            Ok(Came::Restored { right: found == bench.base.sets[&set] })
        }
        // One that went on without naming what is missing would be a lie.
        Err(RestoreError::Incomplete { report }) if report.lost.is_empty() => {
            Ok(Came::Restored { right: false })
        }
        Err(error) => Err(error.into()),
    }
}

/// The same as a site does it: under a lock that keeps others from removing what is read.
pub(crate) fn verify_locked(bench: &Bench<'_>) -> Result<Came, Named> {
    let _lock = bench.open()?.lock_shared()?;
    verify_all(bench)
}

/// The same as a site does it: under a lock that keeps others from removing what is read.
pub(crate) fn restore_locked(bench: &Bench<'_>) -> Result<Came, Named> {
    let _lock = bench.open()?.lock_shared()?;
    restore_newest(bench)
}

/// The set that [`forget_oldest`] forgets.
pub(crate) fn oldest(base: &Base) -> SnapshotId {
    let older = base.sets.keys().find(|id| Some(**id) != base.newest);
    *older.expect("the case begins with two sets")
}

/// Forgets the older one of two sets.
pub(crate) fn forget_oldest(bench: &Bench<'_>) -> Result<Came, Named> {
    let (repository, set) = (bench.open()?, oldest(bench.base));
    let lock = repository.lock_exclusive()?;
    repository.forget(&lock, &set)?;
    Ok(Came::Forgotten(set))
}

/// Removes what no set needs.
pub(crate) fn prune(bench: &Bench<'_>) -> Result<Came, Named> {
    ground::prune(&bench.open()?)?;
    Ok(Came::Pruned)
}

/// Builds the index again and looks whether that was enough.
pub(crate) fn repair_index(bench: &Bench<'_>) -> Result<Came, Named> {
    let repository = bench.open()?;
    let all_read = ground::repair(&repository)?;
    let report = verify(&repository, Depth::Structure, &Silent, &Cancel::default())?;
    Ok(Came::Repaired { sound: all_read && report.is_sound() })
}

/// Saves what is whole in damaged packs and looks whether that was all of it.
pub(crate) fn repair_packs(bench: &Bench<'_>) -> Result<Came, Named> {
    let repository = bench.open()?;
    let all_told = ground::repair_packs(&repository, &ground::damaged_packs(&bench.base.state))?;
    let report = verify(&repository, Depth::Structure, &Silent, &Cancel::default())?;
    Ok(Came::Repaired { sound: all_told && report.is_sound() })
}

/// Adds a key for the new password, unless it has one.
pub(crate) fn add_key(bench: &Bench<'_>) -> Result<Came, Named> {
    let repository = bench.open()?;
    let lock = repository.lock_shared()?;
    repository.ensure_key(&lock, &ground::new_password(), ground::CHEAP)?;
    Ok(Came::Keyed([true; 2]))
}

/// Removes the key of the old password.
pub(crate) fn remove_old_key(bench: &Bench<'_>) -> Result<Came, Named> {
    remove_key(bench, &ground::password(), &ground::new_password())?;
    Ok(Came::Keyed([false, true]))
}

/// Removes the key of the new password.
pub(crate) fn remove_new_key(bench: &Bench<'_>) -> Result<Came, Named> {
    remove_key(bench, &ground::new_password(), &ground::password())?;
    Ok(Came::Keyed([true, false]))
}

/// Removes the keys of one password, if the other one still opens another.
fn remove_key(bench: &Bench<'_>, going: &Secret, staying: &Secret) -> Result<(), Named> {
    let repository = bench.open()?;
    let lock = repository.lock_exclusive()?;
    let other = repository.key_of(staying, None)?;
    let proven = other.map(|other| repository.prove_key(&other, staying)).transpose()?.flatten();
    let Some(proven) = proven else {
        let words = "no other key is proven".to_owned();
        return Err(Named { code: NOT_PROVEN, words });
    };
    repository.remove_keys_of(&lock, going, &proven)?;
    Ok(())
}

/// Puts the new password in the place of the old one.
pub(crate) fn rotate_key(bench: &Bench<'_>) -> Result<Came, Named> {
    let repository = bench.open()?;
    let lock = repository.lock_exclusive()?;
    let proven = repository.ensure_key(&lock, &ground::new_password(), ground::CHEAP)?;
    repository.remove_keys_of(&lock, &ground::password(), &proven)?;
    Ok(Came::Keyed([false, true]))
}

/// Copies all sets of another repository into the one of the case.
pub(crate) fn copy_into(bench: &Bench<'_>) -> Result<Came, Named> {
    let other = ground::elsewhere();
    let from = ground::open(ground::memory(&other.state), bench.seed.wrapping_add(7))?;
    let to = bench.open()?;
    let outcome = copy_with(&from, &to, ground::STEADY)?;
    if let Some(refused) = outcome.refused.into_iter().next() {
        return Err(refused.fault.into());
    }
    let newest = other.newest.expect("it has sets");
    let twins = Twins::among(to.snapshots()?.sets);
    let copy = twins.of(newest, &from.snapshot(&newest)?);
    let copy = copy.ok_or(RepositoryError::NoSnapshot { prefix: newest.to_string() })?;
    Ok(Came::Set(copy, other.sets[&newest].clone()))
}

/// Copies all sets of the case's repository into another, which must hold what it says it holds.
pub(crate) fn copy_out_of(bench: &Bench<'_>) -> Result<Came, Named> {
    let from = bench.open()?;
    let elsewhere = ground::memory(&ground::elsewhere_empty().state);
    let to = ground::open(elsewhere.clone(), bench.seed.wrapping_add(9))?;
    let outcome = copy_with(&from, &to, ground::STEADY);
    let state = ground::state_of(&*elsewhere);
    let to = ground::open(ground::memory(&state), 99)?;
    let mut right = look(&to)?.report.is_sound();
    for (id, snapshot) in to.snapshots()?.sets {
        let meant = snapshot.original.and_then(|original| bench.base.sets.get(&original));
        right &= meant.is_some() && kit::read_set(&to, &id).ok().as_ref() == meant;
    }
    if !right {
        return Ok(Came::Restored { right });
    }
    match outcome?.refused.into_iter().next() {
        Some(refused) => Err(refused.fault.into()),
        None => Ok(Came::Restored { right }),
    }
}

pub(crate) fn first_of_two(bench: &Bench<'_>) -> Result<Came, Named> {
    one_of_two(bench, 0)
}

pub(crate) fn second_of_two(bench: &Bench<'_>) -> Result<Came, Named> {
    one_of_two(bench, 1)
}

/// Saves a source into the case's repository and a calm one at once. Whatever befalls the former, the
/// latter has the set.
fn one_of_two(bench: &Bench<'_>, struck: usize) -> Result<Came, Named> {
    let sources = ground::sources(bench.source);
    let calm = ground::memory(&ground::elsewhere_empty().state);
    let other = ground::open(calm.clone(), bench.seed.wrapping_add(9))?;
    let began = other.world().clock.now();
    let here = bench.open().and_then(|here| Ok(Prepared::new(&here, bench.base.newest)?));
    let (mut prepared, mut failed) = (vec![Prepared::new(&other, None)?], None);
    match here {
        Ok(here) => prepared.insert(struck, here),
        Err(named) => failed = Some(named),
    }
    let mut each = ground::snapshot_each(prepared, began, sources);
    let own = failed.is_none().then(|| each.remove(struck));
    let whole = each.remove(0).ok().and_then(|set| {
        let state = ground::state_of(&*calm);
        let other = ground::open(ground::memory(&state), 99).ok()?;
        let sound = look(&other).ok()?.report.is_sound();
        Some(sound && kit::read_set(&other, &set.id).ok()? == sources.picture)
    });
    if whole != Some(true) {
        return Ok(Came::Restored { right: false });
    }
    match (own, failed) {
        (Some(own), _) => Ok(Came::Set(own?.id, sources.picture.clone())),
        (None, named) => Err(named.expect("it was prepared or it failed")),
    }
}

/// The folder of a restore that was broken off, or one that is not there yet.
fn target(bench: &Bench<'_>) -> (PathBuf, bool) {
    let scratch = bench.scratch.as_ref().expect("a bench for restoring has a place");
    for number in 0.. {
        let target = scratch.path().join(number.to_string());
        if target.join(".duphong-restore").exists() {
            return (target, true);
        }
        if !target.exists() {
            return (target, false);
        }
    }
    unreachable!("there are numbers enough")
}
