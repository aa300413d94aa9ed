//! Repairing: an index is built again from packs, and what is lost is named as restic names it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::progress::Silent;
use duphong::repository::blob::{BlobKind, PackedBlob};
use duphong::repository::index_file::IndexFile;
use duphong::repository::layout::{self, Folder};
use duphong::repository::repair::{Headers, IndexRepair, IndexRepaired};
use duphong::repository::verify::{DamageKind, Depth, VerifyReport, verify};
use duphong::repository::{PackId, Repository, RepositoryError, SnapshotId};
use duphong::store::ObjectName;
use duphong::store::faulty::{Effect, FailOn, Faulty};

use crate::repository::hostile::put_index;
use crate::repository::kit::{self, Place};

/// Two sets of a tree, and what they hold.
pub(crate) struct Repo {
    pub(crate) place: Place,
    pub(crate) repository: Repository,
    pub(crate) sets: BTreeMap<SnapshotId, BTreeMap<String, String>>,
}

impl Repo {
    pub(crate) fn new() -> Self {
        let place = Place::new();
        let root = place.path("root");
        kit::make_tree(&root);
        let repository = place.init();
        let first = kit::save(&repository, &root, None).0.id;
        let mut sets = BTreeMap::from([(first, kit::expected(&root))]);
        fs::write(root.join("moi.bin"), kit::noise(99, 200_000)).unwrap();
        let second = kit::save(&repository, &root, Some(first)).0.id;
        sets.insert(second, kit::expected(&root));
        Self { place, repository, sets }
    }

    pub(crate) fn file(&self, name: &ObjectName) -> PathBuf {
        self.place.path("repository").join(name.as_str())
    }

    pub(crate) fn names(&self, folder: Folder) -> BTreeSet<ObjectName> {
        self.repository.list(folder).unwrap().into_iter().map(|(name, _)| name).collect()
    }

    pub(crate) fn repair(&self, headers: Headers) -> IndexRepaired {
        repair(&self.repository, headers).unwrap()
    }

    pub(crate) fn verify(&self, depth: Depth) -> VerifyReport {
        verify(&self.repository, depth, &Silent, &Cancel::default()).unwrap()
    }

    /// Nothing is damaged, by our eyes and by restic's, and every set is what it was.
    #[track_caller]
    pub(crate) fn check_sound(&self) {
        let report = self.verify(Depth::AllData);
        assert!(report.is_sound(), "{:?}", report.damages);
        for (id, expected) in &self.sets {
            assert_eq!(kit::read_set(&self.repository, id).unwrap(), *expected);
        }
        self.place.restic(&["check", "--read-data"]).unwrap();
    }

    /// A pack that holds pieces of `media/files/moi.bin`, which only the second set has.
    pub(crate) fn pack_of_moi(&self) -> (PackId, u64) {
        let (set, _) = self.sets.iter().find(|(_, files)| files.contains_key(MOI)).unwrap();
        let browser = duphong::repository::browse::Browser::new(&self.repository).unwrap();
        let tree = self.repository.snapshot(set).unwrap().tree;
        let node = browser.find(&tree, &MOI.as_bytes()[1..]).unwrap().unwrap();
        let index = self.repository.load_index().unwrap();
        let mut offset = 0;
        let wanted = |at: &duphong::repository::index::Location| at.blob.kind == BlobKind::Data;
        for id in node.content.unwrap() {
            let found = index.find(BlobKind::Data, &id).filter(wanted).unwrap();
            if offset > 0 {
                return (found.pack, offset);
            }
            offset += found.blob.plain_length();
        }
        panic!("the file has one piece only");
    }

    /// Replaces the whole index by one that `lie` has changed pack by pack.
    pub(crate) fn replace_index(&self, mut lie: impl FnMut(&PackId, &mut Vec<PackedBlob>)) {
        let index = self.repository.load_index().unwrap();
        let by_pack = index.by_pack();
        let mut file = IndexFile::default();
        for pack in index.packs() {
            let mut blobs = by_pack.blobs(pack);
            lie(pack, &mut blobs);
            file.push(*pack, &blobs);
        }
        for name in self.names(Folder::Index) {
            fs::remove_file(self.file(&name)).unwrap();
        }
        put_index(&self.repository, &file);
    }
}

pub(crate) const MOI: &str = "/media/files/moi.bin";

pub(crate) fn repair(
    repository: &Repository,
    headers: Headers,
) -> Result<IndexRepaired, RepositoryError> {
    let cancel = Cancel::default();
    let begun = IndexRepair::begin(repository, headers, false, &Silent, &cancel)?;
    let (repaired, ended) = begun.execute();
    ended.map(|()| repaired)
}

#[test]
fn a_sound_index_stays_byte_for_byte() {
    let repo = Repo::new();
    let before = repo.names(Folder::Index);
    for headers in [Headers::Doubtful, Headers::All] {
        let repaired = repo.repair(headers);
        assert!(repaired.is_unchanged() && repaired.bad.is_empty(), "{repaired:?}");
        assert_eq!(repaired.headers > 0, headers == Headers::All);
    }
    assert_eq!(repo.names(Folder::Index), before);
    assert!(repo.names(Folder::Locks).is_empty());
}

#[test]
fn an_index_that_is_gone_is_built_again_from_packs() {
    let repo = Repo::new();
    for name in repo.names(Folder::Index) {
        fs::remove_file(repo.file(&name)).unwrap();
    }
    repo.place.restic(&["check"]).unwrap_err();
    let repaired = repo.repair(Headers::Doubtful);
    assert_eq!(repaired.listed.len(), repo.names(Folder::Data).len());
    assert!(repaired.bad.is_empty() && repaired.missing.is_empty(), "{repaired:?}");
    repo.check_sound();
}

#[test]
fn index_files_that_are_damaged_are_replaced_and_the_others_stay() {
    let repo = Repo::new();
    let names: Vec<_> = repo.names(Folder::Index).into_iter().collect();
    for (number, damaged) in names.iter().enumerate() {
        let path = repo.file(damaged);
        let mut bytes = fs::read(&path).unwrap();
        match number {
            0 => bytes[40] ^= 1,
            _ => bytes.truncate(20),
        }
        fs::write(&path, bytes).unwrap();
        let repaired = repo.repair(Headers::Doubtful);
        assert_eq!(repaired.unreadable.len(), 1);
        assert_eq!(repaired.unreadable[0].0, *damaged);
        let now = repo.names(Folder::Index);
        assert!(!now.contains(damaged));
        assert!(names[number + 1..].iter().all(|other| now.contains(other)));
        repo.check_sound();
    }
}

#[test]
fn entries_that_cannot_be_right_are_corrected_by_the_header() {
    let repo = Repo::new();
    let (wanted, _) = repo.pack_of_moi();
    repo.replace_index(|pack, blobs| {
        if *pack == wanted {
            blobs[0].offset += 1;
        }
    });
    assert!(!repo.verify(Depth::AllData).is_sound());
    let repaired = repo.repair(Headers::Doubtful);
    assert_eq!((repaired.corrected, repaired.headers), (vec![wanted], 1));
    repo.check_sound();
}

#[test]
fn an_index_that_lies_without_a_trace_is_found_by_reading_all_headers() {
    let repo = Repo::new();
    let (wanted, _) = repo.pack_of_moi();
    repo.replace_index(|pack, blobs| {
        if *pack == wanted {
            let id = blobs[0].id;
            blobs[0].id = blobs[1].id;
            blobs[1].id = id;
        }
    });
    assert!(repo.repair(Headers::Doubtful).is_unchanged(), "nothing shows from outside");
    let repaired = repo.repair(Headers::All);
    assert_eq!(repaired.corrected, [wanted]);
    repo.check_sound();
}

#[test]
fn of_two_index_files_that_disagree_the_one_like_the_header_wins() {
    for right_is_last in [true, false] {
        let repo = Repo::new();
        let (wanted, _) = repo.pack_of_moi();
        let index = repo.repository.load_index().unwrap();
        let blobs = index.by_pack().blobs(&wanted);
        // Names are digests: try until the lie is read before the truth, or after it.
        for salt in 0_u32.. {
            let mut lying = blobs.clone();
            lying[0].uncompressed = std::num::NonZeroU32::new(salt + 1);
            let mut file = IndexFile::default();
            file.push(wanted, &lying);
            let before = repo.names(Folder::Index);
            put_index(&repo.repository, &file);
            let lie = repo.names(Folder::Index).difference(&before).next().unwrap().clone();
            let truth = before.iter().find(|name| {
                let file: IndexFile = repo.repository.get_document(name, "index").unwrap();
                file.into_packs().any(|listed| listed.unwrap().0 == wanted)
            });
            if (lie < *truth.unwrap()) == right_is_last {
                break;
            }
            fs::remove_file(repo.file(&lie)).unwrap();
        }
        assert_eq!(repo.repair(Headers::Doubtful).corrected, [wanted]);
        repo.check_sound();
    }
}

#[test]
fn a_pack_that_is_gone_leaves_the_index_and_what_it_costs_is_named_to_the_byte() {
    let repo = Repo::new();
    let (pack, offset) = repo.pack_of_moi();
    fs::remove_file(repo.file(&layout::pack(&pack))).unwrap();
    let repaired = repo.repair(Headers::Doubtful);
    assert_eq!((&repaired.missing[..], repaired.replaced > 0), (&[pack][..], true));
    let snapshots = repo.names(Folder::Snapshots);
    let report = repo.verify(Depth::Structure);
    assert_eq!(report.damages.len(), 1, "{:?}", report.damages);
    assert_eq!(report.damages[0].kind, DamageKind::NotIndexed);
    let lost = report.damages[0].paths.iter().find(|lost| lost.path == MOI.as_bytes()[1..]);
    let ranges = &lost.unwrap().ranges;
    assert!(ranges.iter().any(|range| range.contains(&offset)), "{ranges:?}");
    for (id, expected) in &repo.sets {
        let whole = kit::read_set(&repo.repository, id).is_ok_and(|found| found == *expected);
        assert_eq!(whole, !report.damaged_sets.contains(id));
    }
    // The sets stay as they were, and restic finds the index in order and pieces lost.
    assert_eq!(repo.names(Folder::Snapshots), snapshots);
    let complaint = repo.place.restic(&["check"]).unwrap_err();
    assert!(
        !complaint.contains(&pack.to_string()[..8]),
        "the index names no lost pack any more: {complaint}"
    );
    assert!(complaint.contains("not found in index"), "{complaint}");
}

#[test]
fn a_pack_cut_short_is_named_and_what_the_index_knows_of_it_stays() {
    let repo = Repo::new();
    let (pack, _) = repo.pack_of_moi();
    let path = repo.file(&layout::pack(&pack));
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
    let before = repo.names(Folder::Index);
    let repaired = repo.repair(Headers::Doubtful);
    assert!(repaired.is_unchanged());
    assert_eq!(repaired.bad.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [pack]);
    assert_eq!(repo.names(Folder::Index), before);
    assert!(path.exists());
    // Its pieces still open, so no set is lost.
    assert!(repo.verify(Depth::Structure).damaged_sets.is_empty());
    repo.place.restic(&["check"]).unwrap_err();
}

#[test]
fn what_is_no_pack_is_named_and_stays() {
    let repo = Repo::new();
    let bytes = b"left by a run that was killed".to_vec();
    let name = Folder::Data.name(&duphong::base::digest::Digest::of(&bytes));
    repo.repository.block_on(repo.repository.store().put(&name, bytes.into())).unwrap();
    let repaired = repo.repair(Headers::Doubtful);
    assert!(repaired.is_unchanged());
    assert_eq!(layout::pack(&repaired.bad[0].0), name);
    assert!(repo.file(&name).exists());
}

#[test]
fn a_look_says_the_same_and_changes_nothing() {
    let repo = Repo::new();
    let (pack, _) = repo.pack_of_moi();
    fs::remove_file(repo.file(&layout::pack(&pack))).unwrap();
    fs::remove_file(repo.file(repo.names(Folder::Index).first().unwrap())).unwrap();
    let before = repo.names(Folder::Index);
    let cancel = Cancel::default();
    let look = IndexRepair::begin(&repo.repository, Headers::Doubtful, true, &Silent, &cancel);
    let (looked, left) = look.unwrap().look().unwrap();
    assert_eq!(repo.names(Folder::Index), before);
    assert_eq!(repo.repair(Headers::Doubtful), looked);
    let now = repo.verify(Depth::Structure);
    assert!(!now.damaged_sets.is_empty());
    assert_same_losses(&left, &now);
}

#[test]
fn a_look_promises_that_all_is_well_where_a_repair_makes_it_so() {
    let repo = Repo::new();
    for name in repo.names(Folder::Index) {
        fs::remove_file(repo.file(&name)).unwrap();
    }
    let cancel = Cancel::default();
    let look = IndexRepair::begin(&repo.repository, Headers::Doubtful, true, &Silent, &cancel);
    let (_, left) = look.unwrap().look().unwrap();
    assert!(left.is_sound(), "{:?}", left.damages);
    assert_eq!(left.whole_sets.len(), repo.sets.len());
}

/// Both name the same sets, paths and ranges of bytes.
#[track_caller]
pub(crate) fn assert_same_losses(one: &VerifyReport, other: &VerifyReport) {
    let told = |report: &VerifyReport| -> Vec<_> {
        let damages = report.damages.iter();
        damages.map(|damage| (damage.kind, damage.sets.clone(), damage.paths.clone())).collect()
    };
    assert_eq!(told(one), told(other));
    assert_eq!(one.damaged_sets, other.damaged_sets);
    assert_eq!(one.whole_sets, other.whole_sets);
}

#[test]
fn nobody_may_be_at_work_beside_a_repair() {
    let repo = Repo::new();
    let _writer = repo.repository.lock_shared().unwrap();
    let error = repair(&repo.repository, Headers::Doubtful).unwrap_err();
    assert_eq!(error.exit(), ExitCode::Locked);
}

#[test]
fn a_repair_that_dies_at_any_write_is_ended_by_the_next() {
    for death in 0.. {
        let repo = Repo::new();
        let (wanted, _) = repo.pack_of_moi();
        repo.replace_index(|pack, blobs| {
            if *pack == wanted {
                blobs[0].offset += 1;
            }
        });
        let store = Faulty::failing(repo.place.store(), FailOn::Death(death), Effect::None);
        let dying = Repository::open(Arc::new(store), &kit::password(), &kit::world()).unwrap();
        let died = repair(&dying, Headers::Doubtful).is_err();
        for name in repo.names(Folder::Locks) {
            fs::remove_file(repo.file(&name)).unwrap();
        }
        repo.repair(Headers::Doubtful);
        repo.check_sound();
        if !died {
            assert!(death >= 3, "there was little to die at");
            return;
        }
    }
}
