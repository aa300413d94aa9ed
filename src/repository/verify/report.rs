//! What verifying found.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::ops::Range;

use crate::base::fault::{Args, Message, chain};
use crate::repository::blob::BlobKind;
use crate::repository::error::RepositoryError;
use crate::repository::id::{BlobId, PackId, SnapshotId};
use crate::repository::index::Index;
use crate::repository::layout::{self, Folder};
use crate::store::ObjectName;

/// Of one damage at most so many paths are named, and all are counted: enough to see what kind of
/// files it is, and a lost pack may cost a million.
pub const PATHS_MAX: usize = 100;

/// What verifying found.
#[derive(Debug, Default)]
pub struct VerifyReport {
    /// Snapshots that are there, readable or not.
    pub sets: u64,
    /// Packs that the index lists.
    pub packs: u64,
    /// Blobs that the index lists.
    pub blobs: u64,
    /// Bytes of the packs and segments that are there.
    pub bytes: u64,
    /// Bytes of packs and segments that were read from end to end.
    pub bytes_read: u64,
    /// Segments of transaction logs that are there.
    pub segments: u64,
    /// Objects beside them whose names say nothing to us: neither read nor damage.
    pub foreign: u64,
    /// What is damaged, by object.
    pub damages: Vec<Damage>,
    /// Sets that cannot be restored whole, or not at all.
    pub damaged_sets: Vec<SnapshotId>,
    /// Sets that no damage touches, the newest first: whole as far as was read.
    pub whole_sets: Vec<SnapshotId>,
    /// Packs that no index lists: left by an interrupted run, taken over by the next, no damage.
    pub unreferenced: Vec<PackId>,
}

impl VerifyReport {
    /// Whether nothing is damaged.
    pub fn is_sound(&self) -> bool {
        self.damages.is_empty()
    }
}

/// One damaged or missing object.
#[derive(Clone, Debug)]
pub struct Damage {
    /// The object's name in the store. For [`DamageKind::NotIndexed`], the folder of the index.
    pub object: String,
    /// What is wrong.
    pub kind: DamageKind,
    /// The details, in English diagnostics.
    pub reason: String,
    /// Sets that need what is lost, as far as was counted; all together are in
    /// [`VerifyReport::damaged_sets`].
    pub sets: Vec<SnapshotId>,
    /// Paths that cannot be restored whole, at most [`PATHS_MAX`].
    pub paths: Vec<LostPath>,
    /// How many there are, as far as was counted.
    pub paths_total: u64,
}

/// Something in a set that cannot be restored whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostPath {
    /// The set.
    pub set: SnapshotId,
    /// The path in it; any bytes.
    pub path: Vec<u8>,
    /// Of a file, the bytes that are lost: never fewer than these, and more only where no index
    /// knows how long the pieces are. Empty for a folder.
    pub ranges: Vec<Range<u64>>,
}

/// What is wrong with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DamageKind {
    /// A key file cannot be read. Other keys may open the repository.
    Key,
    /// A snapshot cannot be read: the set is lost, unless its folders are found by `repair`.
    Snapshot,
    /// An index file cannot be read. Its packs may be whole: an index can be built from packs.
    Index,
    /// Sets need blobs that no index lists.
    NotIndexed,
    /// A pack is not there.
    PackMissing,
    /// A pack is longer or shorter than the index says.
    PackLength,
    /// A pack cannot be read from the store.
    PackUnreadable,
    /// The bytes of a pack are not those it was named after.
    PackContent,
    /// A pack is whole, and the index says something else of it.
    IndexMismatch,
    /// A folder was stored as something that is no folder: a defect of whoever wrote it.
    Tree,
    /// A segment of a transaction log cannot be read whole: recovery cannot go past it.
    Segment,
}

impl DamageKind {
    /// The stable word for `--json` and audit entries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Snapshot => "snapshot",
            Self::Index => "index",
            Self::NotIndexed => "not-indexed",
            Self::PackMissing => "pack-missing",
            Self::PackLength => "pack-length",
            Self::PackUnreadable => "pack-unreadable",
            Self::PackContent => "pack-content",
            Self::IndexMismatch => "index-mismatch",
            Self::Tree => "tree",
            Self::Segment => "segment",
        }
    }
}

impl Damage {
    /// What is wrong, for people.
    pub fn message(&self) -> Message {
        let id = match self.kind {
            DamageKind::Key => "verify-damage-key",
            DamageKind::Snapshot => "verify-damage-snapshot",
            DamageKind::Index => "verify-damage-index",
            DamageKind::NotIndexed => "verify-damage-not-indexed",
            DamageKind::PackMissing => "verify-damage-pack-missing",
            DamageKind::PackLength => "verify-damage-pack-length",
            DamageKind::PackUnreadable => "verify-damage-pack-unreadable",
            DamageKind::PackContent => "verify-damage-pack-content",
            DamageKind::IndexMismatch => "verify-damage-index-mismatch",
            DamageKind::Tree => "verify-damage-tree",
            DamageKind::Segment => "verify-damage-segment",
        };
        Message::with(id, Args::none().text("object", &self.object).text("reason", &self.reason))
    }
}

/// A blob of one kind.
pub(super) type BlobKey = (BlobKind, BlobId);

/// Where a blob is lost.
#[derive(Debug)]
struct Loss {
    /// The damages, by their place in the report, one for each pack.
    damages: Vec<usize>,
    /// How many packs must be damaged before nobody can read it.
    packs: usize,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) report: VerifyReport,
    /// What costs blobs.
    lost: HashMap<BlobKey, Loss>,
    /// The damage of a pack, by its place in the report.
    packs: HashMap<PackId, usize>,
    /// The damage that collects blobs which no index lists.
    not_indexed: Option<usize>,
}

impl Findings {
    /// Notes a damage and returns its place.
    pub(super) fn add(
        &mut self,
        object: impl Display,
        kind: DamageKind,
        reason: impl Display,
    ) -> usize {
        let (object, reason) = (object.to_string(), reason.to_string());
        let (sets, paths) = (Vec::new(), Vec::new());
        let damage = Damage { object, kind, reason, sets, paths, paths_total: 0 };
        self.report.damages.push(damage);
        self.report.damages.len() - 1
    }

    /// Notes a damage of a pack and returns its place. A pack has one damage: the first that
    /// was found, which is the most general.
    pub(super) fn add_pack(
        &mut self,
        pack: &PackId,
        kind: DamageKind,
        reason: impl Display,
    ) -> usize {
        if let Some(damage) = self.damage_of_pack(pack) {
            return damage;
        }
        let damage = self.add(layout::pack(pack), kind, reason);
        self.packs.insert(*pack, damage);
        damage
    }

    /// The damage of a pack.
    pub(super) fn damage_of_pack(&self, pack: &PackId) -> Option<usize> {
        self.packs.get(pack).copied()
    }

    /// Notes objects that could not be read.
    pub(super) fn take_unreadable(
        &mut self,
        folder: Folder,
        unreadable: &[(ObjectName, RepositoryError)],
    ) {
        let kind = match folder {
            Folder::Keys => DamageKind::Key,
            Folder::Snapshots => DamageKind::Snapshot,
            _ => DamageKind::Index,
        };
        for (name, error) in unreadable {
            self.add(name, kind, chain(error));
        }
    }

    /// Notes that a damage costs one place of a blob. It is lost when all its places are.
    pub(super) fn lose(&mut self, index: &Index, blob: BlobKey, damage: usize) {
        let loss = self.lost.entry(blob).or_insert_with(|| {
            let packs: HashSet<_> = index.find_all(blob.0, &blob.1).map(|at| at.pack).collect();
            Loss { damages: Vec::new(), packs: packs.len() }
        });
        if !loss.damages.contains(&damage) {
            loss.damages.push(damage);
        }
    }

    /// Notes that nobody can read a blob, and why.
    pub(super) fn lose_everywhere(&mut self, blob: BlobKey, damage: usize) {
        self.lost.insert(blob, Loss { damages: vec![damage], packs: 0 });
    }

    /// Notes a blob that is needed and that no index lists.
    pub(super) fn lose_unindexed(&mut self, blob: BlobKey) {
        if self.lost.contains_key(&blob) {
            return;
        }
        let damage = self.not_indexed.unwrap_or_else(|| {
            let reason = blob.1.to_string();
            self.add(Folder::Index.prefix(), DamageKind::NotIndexed, reason)
        });
        self.not_indexed = Some(damage);
        self.lose_everywhere(blob, damage);
    }

    /// The damage that costs a blob; `None` if it can be read in some place.
    pub(super) fn damage_of(&self, blob: &BlobKey) -> Option<usize> {
        let loss = self.lost.get(blob)?;
        if loss.damages.len() >= loss.packs { loss.damages.first().copied() } else { None }
    }

    /// Whether any blob is lost, so that sets can be touched.
    pub(super) fn cost_blobs(&self) -> bool {
        self.lost.keys().any(|blob| self.damage_of(blob).is_some())
    }

    /// Notes what a damage costs.
    pub(super) fn touch(
        &mut self,
        damage: usize,
        set: SnapshotId,
        path: &[u8],
        ranges: Vec<Range<u64>>,
    ) {
        let damage = &mut self.report.damages[damage];
        if !damage.sets.contains(&set) {
            damage.sets.push(set);
        }
        damage.paths_total += 1;
        if damage.paths.len() < PATHS_MAX {
            damage.paths.push(LostPath { set, path: path.to_vec(), ranges });
        }
    }

    /// Notes that a snapshot itself is lost.
    pub(super) fn lose_set(&mut self, id: SnapshotId, error: &RepositoryError) {
        let reason = chain(error);
        let damage = self.add(layout::snapshot(&id), DamageKind::Snapshot, reason);
        self.report.damages[damage].sets.push(id);
        self.report.damaged_sets.push(id);
    }

    pub(super) fn into_report(mut self) -> VerifyReport {
        self.report.damages.sort_by(|a, b| a.object.cmp(&b.object));
        self.report.unreferenced.sort_unstable();
        self.report.damaged_sets.sort_unstable();
        self.report
    }
}
