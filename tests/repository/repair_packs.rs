//! Repairing packs: what is whole in a damaged one is saved, what is lost is named as restic names
//! it, and the next run of the unchanged source brings it back.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::progress::Silent;
use duphong::repository::blob::{BlobKind, PackedBlob};
use duphong::repository::layout::{self, Folder};
use duphong::repository::repair::{Headers, PackFound, PackRepair, PackState, PacksRepaired};
use duphong::repository::verify::{DamageKind, Depth, VerifyReport};
use duphong::repository::{BlobId, PackId, Repository, RepositoryError};
use duphong::store::faulty::{Effect, FailOn, Faulty};
use duphong::store::{Act, ObjectName, ObjectStore, StoreError};
use rustix::io::Errno;

use crate::repository::hostile_index;
use crate::repository::kit;
use crate::repository::repair::{Repo, assert_same_losses};
use crate::store::around::{Around, Through};

/// The least that a pack of some pieces must have for these tests.
const BLOBS_MIN: usize = 4;

fn begin<'a>(
    repository: &'a Repository,
    packs: &[PackId],
    is_look: bool,
    cancel: &'a Cancel,
) -> Result<PackRepair<'a>, RepositoryError> {
    let named = packs.iter().copied().collect();
    PackRepair::begin(repository, &named, is_look, &Silent, cancel)
}

fn mend(
    repository: &Repository,
    packs: &[PackId],
) -> Result<(Vec<PackFound>, PacksRepaired), RepositoryError> {
    let cancel = Cancel::default();
    let begun = begin(repository, packs, false, &cancel)?;
    let found = begun.found();
    let (repaired, ended) = begun.execute();
    ended.map(|()| (found, repaired))
}

/// What a look says: of the packs, and of what would be lost.
fn look(repo: &Repo, packs: &[PackId]) -> (Vec<PackFound>, VerifyReport) {
    let before = all_names(repo);
    let cancel = Cancel::default();
    let begun = begin(&repo.repository, packs, true, &cancel).unwrap();
    let found = begun.found();
    let left = begun.look().unwrap();
    assert_eq!(all_names(repo), before, "a look changes nothing");
    (found, left)
}

fn all_names(repo: &Repo) -> BTreeSet<ObjectName> {
    [Folder::Data, Folder::Index, Folder::Snapshots, Folder::Locks]
        .into_iter()
        .flat_map(|folder| repo.names(folder))
        .collect()
}

/// A pack of this kind with enough pieces, and these in order.
fn some_pack(repo: &Repo, kind: BlobKind) -> (PackId, Vec<PackedBlob>) {
    let index = repo.repository.load_index().unwrap();
    let by_pack = index.by_pack();
    let packs = index.packs().iter().map(|pack| (*pack, by_pack.blobs(pack)));
    let (pack, mut blobs) =
        packs.filter(|(_, blobs)| blobs[0].kind == kind).max_by_key(|(_, b)| b.len()).unwrap();
    blobs.sort_unstable_by_key(|blob| blob.offset);
    assert!(kind == BlobKind::Tree || blobs.len() >= BLOBS_MIN, "{blobs:?}");
    (pack, blobs)
}

/// Changes the bytes of a pack where it lies.
fn damage(repo: &Repo, pack: &PackId, change: impl FnOnce(&mut Vec<u8>)) {
    let path = repo.file(&layout::pack(pack));
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Blobs that sets need and no index file lists.
fn lost(repo: &Repo) -> HashSet<BlobId> {
    let index = repo.repository.load_index().unwrap();
    let mut lost = HashSet::new();
    let mut waiting: Vec<_> =
        repo.repository.snapshots().unwrap().sets.iter().map(|(_, set)| set.tree).collect();
    while let Some(tree) = waiting.pop() {
        if !index.has(BlobKind::Tree, &tree) {
            lost.insert(tree);
            continue;
        }
        for node in repo.repository.load_tree(&index, &tree).unwrap().into_nodes() {
            waiting.extend(node.subtree);
            let content = node.content.into_iter().flatten();
            lost.extend(content.filter(|id| !index.has(BlobKind::Data, id)));
        }
    }
    lost
}

/// The ids that restic says are not found: the last one in a line, where the first is a folder's.
fn lost_by_restic(complaint: &str) -> HashSet<BlobId> {
    let lines = complaint.lines().filter(|line| line.contains("not found"));
    let id = |word: &str| word.trim_matches(|c: char| !c.is_ascii_hexdigit()).parse().ok();
    lines.filter_map(|line| line.split_whitespace().rev().find_map(id)).collect()
}

/// A repair, seen before by a look that named the same losses.
#[track_caller]
fn check(repo: &Repo, pack: &PackId, state: &str, saved: usize) -> (PacksRepaired, VerifyReport) {
    let (looked, would_be_left) = look(repo, &[*pack]);
    let (found, repaired) = mend(&repo.repository, &[*pack]).unwrap();
    assert_eq!(found, looked);
    assert_eq!((found[0].id, found[0].state.as_str()), (*pack, state), "{found:?}");
    assert_eq!(repaired.saved, saved as u64, "{found:?} {repaired:?}");
    let left = repo.verify(Depth::AllData);
    assert_same_losses(&would_be_left, &left);
    assert!(left.unreferenced.is_empty());
    (repaired, left)
}

/// Only needed pieces are missing, the same by our eyes and by restic's, in sets that say so.
#[track_caller]
fn check_losses(repo: &Repo, left: &VerifyReport) {
    let missing = lost(repo);
    assert!(!missing.is_empty());
    assert!(left.damages.iter().all(|one| one.kind == DamageKind::NotIndexed), "{left:?}");
    let complaint = repo.place.restic(&["check", "--read-data"]).unwrap_err();
    assert_eq!(lost_by_restic(&complaint), missing, "{complaint}");
    assert!(!complaint.contains("Pack ID does not match"), "{complaint}");
    for (id, expected) in &repo.sets {
        let whole = kit::read_set(&repo.repository, id).is_ok_and(|found| found == *expected);
        assert_eq!(whole, !left.damaged_sets.contains(id));
    }
}

/// The next run of the unchanged source stores again what is lost, and all sets are whole.
#[track_caller]
fn check_heals(repo: &Repo) {
    let parent = repo.repository.snapshots().unwrap().sets.last().unwrap().0;
    kit::save(&repo.repository, &repo.place.path("root"), Some(parent));
    repo.check_sound();
}

#[test]
fn blobs_beside_a_damaged_one_are_saved_and_the_next_run_brings_that_one_back() {
    for kind in [BlobKind::Data, BlobKind::Tree] {
        let repo = Repo::new();
        let (pack, blobs) = some_pack(&repo, kind);
        let bad = blobs[blobs.len() / 2];
        damage(&repo, &pack, |bytes| bytes[(bad.offset + bad.length / 2) as usize] ^= 4);
        let (repaired, left) = check(&repo, &pack, "damaged", blobs.len() - 1);
        let rest = u64::from(blobs.len() > 1);
        assert_eq!((repaired.packs_written, repaired.packs_removed), (rest, 1));
        assert!(!repo.file(&layout::pack(&pack)).exists());
        assert!(repo.names(Folder::Locks).is_empty());
        assert!(!repo.repository.load_index().unwrap().has_pack(&pack));
        check_losses(&repo, &left);
        assert_eq!(lost(&repo), HashSet::from([bad.id]));
        // A folder above what has changed since is in no source any more.
        let newest = repo.repository.snapshots().unwrap().sets.last().unwrap().0;
        if left.damaged_sets.contains(&newest) {
            check_heals(&repo);
        }
    }
}

#[test]
fn of_a_pack_cut_short_all_that_is_left_is_saved() {
    let repo = Repo::new();
    let (pack, blobs) = some_pack(&repo, BlobKind::Data);
    let cut = blobs[2].offset + 7;
    damage(&repo, &pack, |bytes| bytes.truncate(cut as usize));
    let (_, left) = check(&repo, &pack, "damaged", 2);
    check_losses(&repo, &left);
    assert_eq!(lost(&repo), blobs[2..].iter().map(|blob| blob.id).collect());
    check_heals(&repo);
}

#[test]
fn what_lies_behind_a_hole_or_behind_strange_bytes_is_found() {
    for (from, to, strange, expected) in [(0, 1, 0, 1), (1, 2, 0, 1), (0, 0, 999, 0), (1, 1, 5, 0)]
    {
        let repo = Repo::new();
        let (pack, blobs) = some_pack(&repo, BlobKind::Data);
        let (from, to) = (blobs[from].offset as usize, blobs[to].offset as usize);
        damage(&repo, &pack, |bytes| drop(bytes.splice(from..to, vec![7; strange])));
        check(&repo, &pack, "damaged", blobs.len() - expected);
        assert_eq!(lost(&repo).len(), expected);
        check_heals(&repo);
    }
}

#[test]
fn a_pack_whose_header_alone_is_lost_loses_nothing() {
    for at in [1, 4, 40] {
        let repo = Repo::new();
        let (pack, blobs) = some_pack(&repo, BlobKind::Data);
        damage(&repo, &pack, |bytes| {
            let last = bytes.len() - at;
            bytes[last] ^= 0x80;
        });
        check(&repo, &pack, "damaged", blobs.len());
        repo.check_sound();
    }
}

#[test]
fn a_pack_that_no_index_lists_is_saved_by_its_header() {
    let repo = Repo::new();
    let (pack, blobs) = some_pack(&repo, BlobKind::Data);
    damage(&repo, &pack, |bytes| bytes[blobs[1].offset as usize] ^= 1);
    let gone = fs::read(repo.file(&layout::pack(&pack))).unwrap();
    fs::remove_file(repo.file(&layout::pack(&pack))).unwrap();
    repo.repair(Headers::Doubtful);
    fs::write(repo.file(&layout::pack(&pack)), gone).unwrap();
    let (found, repaired) = mend(&repo.repository, &[pack]).unwrap();
    assert!(matches!(found[0].state, PackState::Damaged { .. }), "{found:?}");
    assert_eq!((repaired.saved, repaired.replaced), (blobs.len() as u64 - 1, 0));
    assert!(!repo.file(&layout::pack(&pack)).exists());
    check_heals(&repo);
}

#[test]
fn a_pack_that_is_gone_leaves_the_index() {
    let repo = Repo::new();
    let (pack, blobs) = some_pack(&repo, BlobKind::Data);
    fs::remove_file(repo.file(&layout::pack(&pack))).unwrap();
    let (repaired, left) = check(&repo, &pack, "missing", 0);
    assert_eq!((repaired.packs_removed, repaired.packs_written), (0, 0));
    check_losses(&repo, &left);
    assert_eq!(lost(&repo).len(), blobs.len());
    check_heals(&repo);
}

/// A pack whose blobs lie in another one as well, as after a run that did not see the pack.
fn stored_twice(repo: &Repo) -> (PackId, Vec<PackedBlob>) {
    let (pack, blobs) = some_pack(repo, BlobKind::Data);
    let path = repo.file(&layout::pack(&pack));
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    kit::save(&repo.repository, &repo.place.path("root"), None);
    fs::write(&path, bytes).unwrap();
    (pack, blobs)
}

#[test]
fn a_blob_that_lies_elsewhere_too_is_not_lost() {
    let repo = Repo::new();
    let (pack, blobs) = stored_twice(&repo);
    damage(&repo, &pack, |bytes| bytes[blobs[0].offset as usize] ^= 1);
    check(&repo, &pack, "damaged", blobs.len() - 1);
    repo.check_sound();
}

#[test]
fn a_blob_that_two_damaged_packs_hold_is_saved_once() {
    let repo = Repo::new();
    let (_, blobs) = stored_twice(&repo);
    let index = repo.repository.load_index().unwrap();
    let places = blobs.iter().flat_map(|blob| index.find_all(BlobKind::Data, &blob.id));
    let both: BTreeSet<PackId> = places.map(|place| place.pack).collect();
    for pack in &both {
        damage(&repo, pack, |bytes| *bytes.last_mut().unwrap() ^= 1);
    }
    let both: Vec<_> = both.into_iter().collect();
    let (found, repaired) = mend(&repo.repository, &both).unwrap();
    let good: u64 = found.iter().map(|found| found.good).sum();
    assert!(good >= repaired.saved + blobs.len() as u64, "{found:?} {repaired:?}");
    repo.check_sound();
}

#[test]
fn what_is_sound_or_not_known_stays_as_it_is() {
    let repo = Repo::new();
    let (sound, _) = some_pack(&repo, BlobKind::Data);
    let nowhere = PackId(Digest::of(b"no such pack"));
    let bytes = b"left by a run that was killed".to_vec();
    let opaque = PackId(Digest::of(&bytes));
    let name = layout::pack(&opaque);
    repo.repository.block_on(repo.repository.store().put(&name, bytes.into())).unwrap();
    let before = all_names(&repo);
    let named = [sound, nowhere, opaque];
    let (found, repaired) = mend(&repo.repository, &named).unwrap();
    for (pack, state) in named.iter().zip(["sound", "unknown", "opaque"]) {
        let found = found.iter().find(|found| found.id == *pack).unwrap();
        assert_eq!(found.state.as_str(), state);
    }
    assert_eq!(repaired, PacksRepaired::default());
    assert_eq!(all_names(&repo), before);
}

#[test]
fn a_whole_pack_of_which_the_index_lies_is_told_and_stays() {
    let repo = Repo::new();
    let (pack, _) = some_pack(&repo, BlobKind::Data);
    repo.replace_index(|one, blobs| {
        if *one == pack {
            let id = blobs[0].id;
            blobs[0].id = blobs[1].id;
            blobs[1].id = id;
        }
    });
    let before = all_names(&repo);
    let (found, _) = mend(&repo.repository, &[pack]).unwrap();
    assert_eq!(found[0].state, PackState::Misindexed);
    assert_eq!(all_names(&repo), before);
}

#[test]
fn a_repository_whose_index_cannot_be_read_is_left_alone() {
    let repo = Repo::new();
    let (pack, blobs) = some_pack(&repo, BlobKind::Data);
    damage(&repo, &pack, |bytes| bytes[blobs[0].offset as usize] ^= 1);
    let index = repo.names(Folder::Index).first().unwrap().clone();
    fs::write(repo.file(&index), b"x").unwrap();
    let before = all_names(&repo);
    let error = mend(&repo.repository, &[pack]).unwrap_err();
    assert_eq!(error.exit(), ExitCode::Integrity);
    assert_eq!(all_names(&repo), before);
}

#[test]
fn nobody_may_be_at_work_beside_a_repair_and_a_look_disturbs_nobody() {
    let repo = Repo::new();
    let (pack, _) = some_pack(&repo, BlobKind::Data);
    let _writer = repo.repository.lock_shared().unwrap();
    assert_eq!(mend(&repo.repository, &[pack]).unwrap_err().exit(), ExitCode::Locked);
    let cancel = Cancel::default();
    begin(&repo.repository, &[pack], true, &cancel).unwrap().look().unwrap();
    let looking = begin(&repo.repository, &[pack], true, &cancel).unwrap();
    let (repaired, ended) = looking.execute();
    assert_eq!((repaired, ended.unwrap_err().exit()), (PacksRepaired::default(), ExitCode::Bug));
    assert!(begin(&repo.repository, &[pack], false, &cancel).is_err());
}

#[test]
fn a_set_that_comes_during_a_look_is_not_taken_for_lost() {
    let repo = Repo::new();
    let (pack, _) = some_pack(&repo, BlobKind::Data);
    let cancel = Cancel::default();
    let looking = begin(&repo.repository, &[pack], true, &cancel).unwrap();
    fs::write(repo.place.path("root").join("sau.bin"), kit::noise(5, 90_000)).unwrap();
    kit::save(&repo.repository, &repo.place.path("root"), None);
    let left = looking.look().unwrap();
    assert!(left.is_sound(), "{:?}", left.damages);
}

#[test]
fn a_repair_that_dies_at_any_write_loses_nothing_more_and_is_ended_by_the_next() {
    for death in 0.. {
        let repo = Repo::new();
        let (pack, blobs) = some_pack(&repo, BlobKind::Data);
        damage(&repo, &pack, |bytes| bytes[blobs[1].offset as usize] ^= 1);
        let store = Faulty::failing(repo.place.store(), FailOn::Death(death), Effect::None);
        let dying = Repository::open(Arc::new(store), &kit::password(), &kit::world()).unwrap();
        let died = mend(&dying, &[pack]).is_err();
        for name in repo.names(Folder::Locks) {
            fs::remove_file(repo.file(&name)).unwrap();
        }
        // What could be read before still can, and nobody takes over a damaged pack.
        let index = repo.repository.load_index().unwrap();
        for blob in blobs.iter().filter(|blob| blob.id != blobs[1].id) {
            repo.repository.load_blob(&index, BlobKind::Data, &blob.id).unwrap();
        }
        let is_there = repo.file(&layout::pack(&pack)).exists();
        assert!(!is_there || index.has_pack(&pack), "a damaged pack that no index lists");
        mend(&repo.repository, &[pack]).unwrap();
        assert_eq!(lost(&repo), HashSet::from([blobs[1].id]));
        check_heals(&repo);
        if !died {
            assert!(death >= 5, "there was little to die at: {death}");
            return;
        }
    }
}

#[test]
fn nothing_goes_when_what_was_written_does_not_read_back() {
    let repo = Repo::new();
    let (pack, blobs) = some_pack(&repo, BlobKind::Data);
    damage(&repo, &pack, |bytes| bytes[blobs[1].offset as usize] ^= 1);
    for folder in [Folder::Data, Folder::Index] {
        let before = repo.names(Folder::Data);
        let store = Strange::around(repo.place.store(), Trick::GarbleWrites(folder));
        let opened = Repository::open(store, &kit::password(), &kit::world()).unwrap();
        let error = mend(&opened, &[pack]).unwrap_err();
        assert_eq!(error.exit(), ExitCode::Integrity);
        assert!(repo.names(Folder::Data).is_superset(&before));
        assert!(repo.repository.load_index().unwrap().has_pack(&pack));
    }
    mend(&repo.repository, &[pack]).unwrap();
    check_heals(&repo);
}

#[test]
fn a_sound_pack_that_a_store_misreads_once_stays() {
    for nth in 0..6 {
        let repo = Repo::new();
        let (pack, _) = some_pack(&repo, BlobKind::Data);
        let before = all_names(&repo);
        let store =
            Strange::around(repo.place.store(), Trick::GarbleRead(layout::pack(&pack), nth));
        let opened = Repository::open(store, &kit::password(), &kit::world()).unwrap();
        let (found, _) = mend(&opened, &[pack]).unwrap();
        assert_eq!(found[0].state, PackState::Sound, "read {nth}");
        assert_eq!(all_names(&repo), before);
    }
}

#[test]
fn nothing_goes_when_a_blob_that_opened_does_not_open_again() {
    let repo = Repo::new();
    let (pack, blobs) = some_pack(&repo, BlobKind::Data);
    damage(&repo, &pack, |bytes| bytes[blobs[1].offset as usize] ^= 1);
    let before = all_names(&repo);
    let cancel = Cancel::default();
    let open = |nth| {
        let trick = Trick::GarbleRead(layout::pack(&pack), nth);
        let store = Strange::around(repo.place.store(), trick);
        let opened: Arc<dyn ObjectStore> = store.clone();
        (store, Repository::open(opened, &kit::password(), &kit::world()).unwrap())
    };
    let (store, counting) = open(u64::MAX);
    drop(begin(&counting, &[pack], false, &cancel).unwrap());
    let (_, garbling) = open(store.looks.load(Ordering::SeqCst));
    let error = mend(&garbling, &[pack]).unwrap_err();
    assert!(matches!(error, RepositoryError::BlobDamaged { .. }), "{error:?}");
    assert_eq!(all_names(&repo), before);
}

#[test]
fn a_store_that_is_gone_is_no_damage() {
    let repo = Repo::new();
    let (pack, _) = some_pack(&repo, BlobKind::Data);
    for nth in 0..4 {
        let before = all_names(&repo);
        let store = Strange::around(repo.place.store(), Trick::Vanish(layout::pack(&pack), nth));
        let opened = Repository::open(store, &kit::password(), &kit::world()).unwrap();
        let error = mend(&opened, &[pack]).unwrap_err();
        assert!(matches!(error, RepositoryError::Store(_)), "{error:?}");
        assert_eq!(all_names(&repo), before);
    }
}

#[test]
fn a_pack_that_we_may_not_read_is_left_where_it_lies() {
    let repo = Repo::new();
    let (pack, _) = some_pack(&repo, BlobKind::Data);
    let before = all_names(&repo);
    for refuse in [denied as Refuse, no_descriptor] {
        let store = Strange::around(repo.place.store(), Trick::Refuse(layout::pack(&pack), refuse));
        let opened = Repository::open(store, &kit::password(), &kit::world()).unwrap();
        let errors = [
            mend(&opened, &[pack]).unwrap_err(),
            hostile_index::repair(&opened, Headers::All).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, RepositoryError::Store(_)), "{error:?}");
        }
        assert_eq!(all_names(&repo), before);
    }
}

#[test]
fn a_pack_on_a_bad_sector_is_damaged_and_goes() {
    let repo = Repo::new();
    let (pack, _) = some_pack(&repo, BlobKind::Data);
    let trick = Trick::Refuse(layout::pack(&pack), bad_sector);
    let store = Strange::around(repo.place.store(), trick);
    let opened = Repository::open(store, &kit::password(), &kit::world()).unwrap();
    let (found, repaired) = mend(&opened, &[pack]).unwrap();
    assert!(matches!(found[0].state, PackState::Damaged { .. }), "{found:?}");
    assert_eq!((found[0].good, repaired.packs_removed), (0, 1));
}

/// Why an object is not read.
type Refuse = fn(String) -> StoreError;

fn denied(place: String) -> StoreError {
    StoreError::Denied { act: Act::Read, place, source: Errno::ACCESS.into() }
}

fn no_descriptor(place: String) -> StoreError {
    StoreError::Io { act: Act::Read, place, source: Errno::MFILE.into() }
}

fn bad_sector(place: String) -> StoreError {
    StoreError::Io { act: Act::Read, place, source: Errno::IO.into() }
}

/// What a [`Strange`] store does.
enum Trick {
    /// Keeps other bytes than it was given, in this folder.
    GarbleWrites(Folder),
    /// The n-th look at this object shows other bytes, or that it is not there.
    GarbleRead(ObjectName, u64),
    /// From the n-th look at this object on there is no connection.
    Vanish(ObjectName, u64),
    /// This object is there, and is not read.
    Refuse(ObjectName, Refuse),
}

/// A store that lies, beneath which all is as it should be.
struct Strange {
    inner: Arc<dyn ObjectStore>,
    trick: Trick,
    looks: AtomicU64,
}

impl Strange {
    fn around(inner: Arc<dyn ObjectStore>, trick: Trick) -> Arc<Through<Self>> {
        Through::new(Self { inner, trick, looks: AtomicU64::new(0) })
    }

    /// Whether this look at an object is one that goes wrong.
    fn is_wrong(&self, at: &ObjectName) -> Result<bool, StoreError> {
        match &self.trick {
            Trick::GarbleRead(name, nth) if name == at => {
                Ok(self.looks.fetch_add(1, Ordering::SeqCst) == *nth)
            }
            Trick::Vanish(name, nth) if name == at => {
                if self.looks.fetch_add(1, Ordering::SeqCst) < *nth {
                    return Ok(false);
                }
                Err(StoreError::NoStore { place: at.to_string() })
            }
            _ => Ok(false),
        }
    }
}

fn garbled(bytes: &Bytes) -> Bytes {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    bytes.into()
}

#[async_trait]
impl Around for Strange {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.inner
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        match self.trick {
            Trick::GarbleWrites(folder) if folder.digest(name).is_some() => {
                self.inner.put(name, garbled(&bytes)).await
            }
            _ => self.inner.put(name, bytes).await,
        }
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        if let Trick::Refuse(refused, refuse) = &self.trick
            && refused == name
        {
            return Err(refuse(name.to_string()));
        }
        let wrong = self.is_wrong(name)?;
        let bytes = self.inner.get_range(name, offset, length).await?;
        Ok(if wrong { garbled(&bytes) } else { bytes })
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        if self.is_wrong(name)? {
            return Err(StoreError::Missing { place: name.to_string() });
        }
        self.inner.size(name).await
    }
}
