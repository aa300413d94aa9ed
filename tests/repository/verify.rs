//! Every kind of damage to every kind of object is found, named, and told with what it costs.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::fault::Fault as _;
use duphong::base::progress::Silent;
use duphong::repository::blob::BlobKind;
use duphong::repository::layout::Folder;
use duphong::repository::restore::{RestoreOptions, restore};
use duphong::repository::verify::{DamageKind, Depth, Part, VerifyReport, verify};
use duphong::repository::{PackId, Repository, SnapshotId};
use duphong::store::faulty::{Damage, Faulty};
use duphong::store::{ObjectName, ObjectStore, StoreError};

use crate::repository::kit::{Place, make_tree, noise, password, picture, save, world};
use crate::repository::restore_kit::leave_only_folders_in_the_index;
use crate::store::around::{Around, Through};

/// Two sets: the second has one file more and one changed.
struct Repo {
    place: Place,
    store: Arc<dyn ObjectStore>,
    /// The same store, as the repository sees it: opened once, since that takes a while.
    faulty: Arc<Faulty>,
    repository: Repository,
    first: SnapshotId,
    second: SnapshotId,
    /// What was in `index/` before the second set.
    old_index: BTreeSet<ObjectName>,
}

impl Repo {
    fn new() -> Self {
        let place = Place::new();
        make_tree(&place.path("root"));
        let repository = place.init();
        let first = save(&repository, &place.path("root"), None).0.id;
        let old_index = names(&repository, Folder::Index).into_iter().collect();
        fs::write(place.path("root/moi.bin"), noise(99, 200_000)).unwrap();
        fs::write(place.path("root/2026/7.pdf"), noise(98, 3_000)).unwrap();
        let second = save(&repository, &place.path("root"), Some(first)).0.id;
        let store = place.store();
        let faulty = Arc::new(Faulty::new(Arc::clone(&store)));
        let repository = Repository::open(faulty.clone(), &password(), &world()).unwrap();
        Self { place, store, faulty, repository, first, second, old_index }
    }

    fn verify_with(&self, damages: &[(&ObjectName, Damage)], depth: Depth) -> VerifyReport {
        for (name, damage) in damages {
            self.faulty.damage(name, damage.clone());
        }
        let report = verify(&self.repository, depth, &Silent, &Cancel::default()).unwrap();
        for (name, _) in damages {
            self.faulty.heal(name);
        }
        report
    }

    fn bytes(&self, name: &ObjectName) -> Bytes {
        world().block_on(self.store.get(name)).unwrap()
    }

    /// The packs of data, in the order of names.
    fn data_packs(&self) -> Vec<ObjectName> {
        let index = self.repository.load_index().unwrap();
        let data = index.blobs().filter(|found| found.blob.kind == BlobKind::Data);
        let packs: BTreeSet<_> = data.map(|found| Folder::Data.name(&found.pack.0)).collect();
        packs.into_iter().collect()
    }
}

fn names(repository: &Repository, folder: Folder) -> Vec<ObjectName> {
    repository.list(folder).unwrap().into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_sound_repository_is_sound_and_its_figures_are_right() {
    let repo = Repo::new();
    let report = repo.verify_with(&[], Depth::AllData);
    assert!(report.is_sound(), "{:?}", report.damages);
    let index = repo.repository.load_index().unwrap();
    assert_eq!((report.sets, report.blobs), (2, index.len() as u64));
    assert_eq!(report.packs, index.packs().len() as u64);
    assert_eq!(report.bytes, report.bytes_read);
    assert_eq!((report.damaged_sets.len(), report.unreferenced.len()), (0, 0));
    assert_eq!(repo.verify_with(&[], Depth::Structure).bytes_read, 0);
}

#[test]
fn what_restic_wrote_is_sound() {
    let place = Place::new();
    make_tree(&place.path("root"));
    place.restic(&["init"]).unwrap();
    place.restic(&["backup", place.path("root").to_str().unwrap()]).unwrap();
    fs::write(place.path("root/mot.txt"), "y").unwrap();
    place.restic(&["backup", place.path("root").to_str().unwrap()]).unwrap();
    let report = verify(&place.open(), Depth::AllData, &Silent, &Cancel::default()).unwrap();
    assert!(report.is_sound(), "{:?}", report.damages);
    assert_eq!(report.sets, 2);
}

/// Every object of the repository, damaged in one way, is named by the report.
fn check_each_object(damage: impl Fn(&Repo, &ObjectName) -> Option<Damage>, depth: Depth) {
    let repo = Repo::new();
    let mut checked = 0;
    for folder in [Folder::Index, Folder::Snapshots, Folder::Data] {
        for name in names(&repo.repository, folder) {
            let Some(damage) = damage(&repo, &name) else { continue };
            let report = repo.verify_with(&[(&name, damage.clone())], depth);
            let named = report.damages.iter().any(|found| found.object == name.as_str());
            assert!(named, "{name} {damage:?}: {:?}", report.damages);
            if folder != Folder::Data {
                assert!(!report.damaged_sets.is_empty(), "{name}: {:?}", report.damages);
            }
            checked += 1;
        }
    }
    assert!(checked > 5);
}

#[test]
fn a_flipped_bit_anywhere_in_any_object_is_found_by_reading_all_data() {
    // In the first blob or nonce, in the middle, in the header or tag, in the last byte.
    for place in 0..4 {
        let flip = move |repo: &Repo, name: &ObjectName| {
            let length = repo.bytes(name).len();
            let offset = [3, length / 2, length - 10, length - 1][place];
            Some(Damage::Flip { offset, bit: 5 })
        };
        check_each_object(flip, Depth::AllData);
    }
}

#[test]
fn an_object_cut_short_is_found_by_looking_at_structure() {
    check_each_object(
        |repo, name| Some(Damage::Truncate(repo.bytes(name).len() - 1)),
        Depth::Structure,
    );
    check_each_object(|_, _| Some(Damage::Truncate(0)), Depth::Structure);
}

#[test]
fn an_object_in_place_of_another_of_its_folder_is_found() {
    let swap = |repo: &Repo, name: &ObjectName| {
        let folder = name.as_str().split('/').next().unwrap();
        let listed = world().block_on(repo.store.list(folder)).unwrap();
        let (other, _) = listed.into_iter().find(|(other, _)| other != name)?;
        Some(Damage::Replace(repo.bytes(&other)))
    };
    check_each_object(swap, Depth::AllData);
}

#[test]
fn a_missing_pack_is_found_by_looking_at_structure_with_what_it_costs() {
    let repo = Repo::new();
    let path = "media/files/moi.bin".as_bytes();
    // The pack that holds the file that only the second set has.
    let repository = &repo.repository;
    let index = repository.load_index().unwrap();
    let browser = duphong::repository::browse::Browser::new(repository).unwrap();
    let tree = repository.snapshot(&repo.second).unwrap().tree;
    let node = browser.find(&tree, path).unwrap().unwrap();
    let found = index.find(BlobKind::Data, &node.content.unwrap()[0]).unwrap();
    let pack = Folder::Data.name(&found.pack.0);

    let report = repo.verify_with(&[(&pack, Damage::Remove)], Depth::Structure);
    assert_eq!(report.damages.len(), 1);
    let damage = &report.damages[0];
    assert_eq!((damage.kind, damage.object.as_str()), (DamageKind::PackMissing, pack.as_str()));
    let lost = damage.paths.iter().find(|lost| lost.set == repo.second && lost.path == path);
    assert_eq!(lost.unwrap().ranges.first().unwrap().start, 0, "{:?}", damage.paths);
    assert_eq!(damage.sets, [repo.second], "the first set is whole");
    assert_eq!(report.damaged_sets, [repo.second]);
}

#[test]
fn a_lost_snapshot_a_lost_key_and_a_lost_index_are_told_apart() {
    let repo = Repo::new();
    let snapshot = Folder::Snapshots.name(&repo.first.0);
    let report =
        repo.verify_with(&[(&snapshot, Damage::Flip { offset: 30, bit: 1 })], Depth::Structure);
    assert_eq!(report.damages.len(), 1);
    assert_eq!(report.damages[0].kind, DamageKind::Snapshot);
    assert_eq!(report.damaged_sets, [repo.first]);

    let key = names(&repo.repository, Folder::Keys).remove(0);
    let report = repo.verify_with(&[(&key, Damage::Truncate(9))], Depth::Structure);
    assert_eq!(report.damages.len(), 1);
    assert_eq!(report.damages[0].kind, DamageKind::Key);
    assert_eq!(report.damaged_sets, []);

    let index = repo.old_index.first().unwrap();
    let report = repo.verify_with(&[(index, Damage::Truncate(9))], Depth::Structure);
    let kinds: BTreeSet<_> = report.damages.iter().map(|damage| damage.kind.as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["index", "not-indexed"]));
    assert_eq!(report.damaged_sets.len(), 2);
}

#[test]
fn an_old_index_played_back_costs_the_newer_set_and_says_so() {
    let repo = Repo::new();
    let newer: Vec<_> = names(&repo.repository, Folder::Index)
        .into_iter()
        .filter(|name| !repo.old_index.contains(name))
        .collect();
    let damages: Vec<_> = newer.iter().map(|name| (name, Damage::Remove)).collect();
    let report = repo.verify_with(&damages, Depth::AllData);
    assert_eq!(report.damages.len(), 1, "{:?}", report.damages);
    assert_eq!(report.damages[0].kind, DamageKind::NotIndexed);
    assert_eq!(report.damaged_sets, [repo.second]);
    assert!(!report.unreferenced.is_empty(), "the packs of the newer set are still there");
}

#[test]
fn content_that_no_index_lists_is_found_by_looking_at_structure() {
    let repo = Repo::new();
    leave_only_folders_in_the_index(&repo.repository);
    let report = repo.verify_with(&[], Depth::Structure);
    assert_eq!(report.damages.len(), 1, "{:?}", report.damages);
    assert_eq!(report.damages[0].kind, DamageKind::NotIndexed);
    let mut both = vec![repo.first, repo.second];
    both.sort_unstable();
    assert_eq!(report.damaged_sets, both);
}

#[test]
fn two_packs_swapped_are_both_named() {
    let repo = Repo::new();
    let packs = repo.data_packs();
    let (one, two) = (&packs[0], &packs[1]);
    let damages =
        [(one, Damage::Replace(repo.bytes(two))), (two, Damage::Replace(repo.bytes(one)))];
    let report = repo.verify_with(&damages, Depth::AllData);
    let named: Vec<_> = report.damages.iter().map(|damage| damage.object.as_str()).collect();
    assert_eq!(named, [one.as_str(), two.as_str()]);
    assert!(report.damages.iter().all(|damage| damage.paths_total > 0));
}

#[test]
fn a_pack_that_no_index_lists_is_a_note_and_no_damage() {
    let repo = Repo::new();
    let bytes = Bytes::from_static(b"left by a run that was killed");
    let name = Folder::Data.name(&Digest::of(&bytes));
    world().block_on(repo.store.put(&name, bytes)).unwrap();
    let report = repo.verify_with(&[], Depth::AllData);
    assert!(report.is_sound());
    assert_eq!(report.unreferenced.len(), 1);
}

#[test]
fn packs_that_were_stored_again_cost_no_set_any_more() {
    let repo = Repo::new();
    let place = &repo.place;
    for pack in repo.data_packs() {
        fs::remove_file(place.path("repository").join(pack.as_str())).unwrap();
    }
    let third = save(&repo.repository, &place.path("root"), Some(repo.second)).0.id;
    let report = repo.verify_with(&[], Depth::AllData);
    assert!(!report.is_sound(), "the index still names packs that are gone");
    assert!(report.damages.iter().all(|damage| damage.kind == DamageKind::PackMissing));
    // One file has changed between the first two sets, and its old content is gone for good.
    assert_eq!(report.damaged_sets, [repo.first]);

    for (set, whole) in [(repo.first, false), (repo.second, true), (third, true)] {
        let (options, target) = (RestoreOptions::default(), place.path(&set.short()));
        let cancel = Cancel::default();
        let restored = restore(&repo.repository, &set, &target, &options, &Silent, &cancel);
        assert_eq!(restored.is_ok(), whole, "{restored:?}");
        if whole {
            assert_eq!(picture(&target.join("media/files")), picture(&place.path("root")));
        }
    }
}

#[test]
fn a_store_that_goes_away_is_an_error_and_not_damage() {
    let repo = Repo::new();
    for folder in [Folder::Keys, Folder::Snapshots, Folder::Index, Folder::Data] {
        for (name, _) in repo.repository.list(folder).unwrap() {
            repo.faulty.damage(&name, Damage::Unreadable);
            let ended = verify(&repo.repository, Depth::AllData, &Silent, &Cancel::default());
            assert_eq!(ended.unwrap_err().code(), "store.unreachable", "{name}");
            repo.faulty.heal(&name);
        }
    }
}

/// A bucket that has not answered when a person asked to stop.
struct Hanging {
    inner: Arc<dyn ObjectStore>,
    name: ObjectName,
}

impl Hanging {
    fn answer(&self, name: &ObjectName) -> Result<(), StoreError> {
        if *name == self.name {
            return Err(StoreError::Stopped { place: name.to_string() });
        }
        Ok(())
    }
}

#[async_trait]
impl Around for Hanging {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.inner
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        self.answer(name)?;
        self.inner.get(name).await
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        self.answer(name)?;
        self.inner.get_range(name, offset, length).await
    }
}

#[test]
fn an_answer_that_nobody_waited_for_is_no_damage_either() {
    let repo = Repo::new();
    for folder in [Folder::Snapshots, Folder::Index, Folder::Data] {
        let name = repo.repository.list(folder).unwrap().remove(0).0;
        let hanging = Hanging { inner: Arc::clone(&repo.store), name };
        let opened = Repository::open(Through::new(hanging), &password(), &world()).unwrap();
        let ended = verify(&opened, Depth::AllData, &Silent, &Cancel::default());
        assert_eq!(ended.unwrap_err().code(), "store.stopped", "{folder:?}");
    }
}

#[test]
fn verifying_stops_when_asked() {
    let repo = Repo::new();
    let cancel = Cancel::default();
    cancel.cancel();
    let error = verify(&repo.repository, Depth::AllData, &Silent, &cancel).unwrap_err();
    assert_eq!(error.code(), "repository.cancelled");
}

#[test]
fn restic_agrees_on_what_is_damaged() {
    let repo = Repo::new();
    let pack = repo.place.path("repository").join(repo.data_packs()[0].as_str());
    let mut bytes = fs::read(&pack).unwrap();
    bytes[40] ^= 1;
    fs::write(&pack, bytes).unwrap();
    let report = repo.verify_with(&[], Depth::AllData);
    assert_eq!(report.damages.len(), 1);
    let complaint = repo.place.restic(&["check", "--read-data"]).unwrap_err();
    assert!(complaint.contains(&report.damages[0].object[8..16]), "{complaint}");
}

#[test]
fn all_parts_together_read_every_pack_once_and_each_finds_its_own_damage() {
    const PARTS: u32 = 5;
    let repo = Repo::new();
    let parts = (0..PARTS).map(|number| Part::new(number, PARTS).unwrap());
    assert_eq!(Part::new(PARTS, PARTS), None);
    let read = parts.clone().map(|part| repo.verify_with(&[], Depth::Part(part)).bytes_read);
    let read: Vec<_> = read.collect();
    let all = repo.verify_with(&[], Depth::AllData).bytes_read;
    assert_eq!(read.iter().sum::<u64>(), all);
    assert!(read.iter().all(|bytes| *bytes < all), "{read:?}");
    for name in repo.data_packs() {
        let damage = Damage::Flip { offset: 40, bit: 1 };
        let pack = PackId(Folder::Data.digest(&name).unwrap());
        for part in parts.clone() {
            let report = repo.verify_with(&[(&name, damage.clone())], Depth::Part(part));
            assert_eq!(report.is_sound(), !part.has(&pack), "{name} {part:?}");
        }
    }
}
