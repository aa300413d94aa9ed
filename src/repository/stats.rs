//! What a repository holds, by families of sets and by sources, and what of it sets need.
//!
//! Every folder is read once for each source that holds it, and every number is of what is there
//! now: what a forgotten set once needed is not counted as growth. What cannot be read, or is not
//! there, is told with the sets it belongs to, and every sum that lacks it says that it is not
//! whole: such a number is the least that it can be. What a prune would free is then not told at
//! all, since no prune would run.
//!
//! A source is what lies two steps below the root of a set, such as `media/files`, or a file at the
//! root; a folder with very many things in it is one source.
//!
//! Memory: the index, 8 bytes and two bits a blob, 100 bytes a folder, 16 bytes for each content
//! that differs from all others, 40 bytes for each source of each set, one folder, and of a set that
//! has files with several names 16 bytes for each of these.

mod walk;

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use crate::base::cancel::Cancel;
use crate::base::fault::chain;
use crate::base::progress::Progress;
use crate::repository::error::RepositoryError;
use crate::repository::id::{PackId, SnapshotId};
use crate::repository::index_read::{IndexRead, is_unreachable};
use crate::repository::layout::Folder;
use crate::repository::open::Repository;
use crate::repository::prune::bits::Bits;
use crate::repository::prune::{Limits, PrunePlan, forecast};
use crate::repository::segment::PREFIX;
use crate::repository::snapshot::Snapshot;
use crate::repository::stats::walk::Counter;

/// So many things that could not be counted are named; all are counted.
const NAMED_MAX: usize = 20;

/// What a repository holds.
#[derive(Debug, Default)]
pub struct RepositoryStats {
    /// Sets that can be read, by time.
    pub sets: Vec<SetStats>,
    /// Families of sets, by name; those without one come first.
    pub families: Vec<FamilyStats>,
    /// Of all sets.
    pub all: Share,
    /// Files whose content differs from that of all others, and their bytes.
    pub contents: Contents,
    /// Objects of each folder of the store.
    pub objects: BTreeMap<&'static str, Objects>,
    /// Blobs that the index lists.
    pub blobs: u64,
    /// What a prune would do now; absent where it would refuse.
    pub prune: Option<PrunePlan>,
    /// What is missing in all this.
    pub uncounted: Uncounted,
}

/// A set.
#[derive(Clone, Debug)]
pub struct SetStats {
    /// Its id.
    pub id: SnapshotId,
    /// When taking it began.
    pub time: Timestamp,
    /// The family it belongs to, by its place in the list.
    pub family: usize,
    /// What it holds, as restored.
    pub restored: Totals,
    /// Bytes as stored that it needs and no earlier set does.
    pub added: u64,
}

/// Sets that belong together.
#[derive(Clone, Debug, Default)]
pub struct FamilyStats {
    /// Its name; none for sets that belong to nobody.
    pub name: Option<String>,
    /// Sets.
    pub sets: u64,
    /// When the oldest was taken.
    pub oldest: Option<Timestamp>,
    /// When the newest was taken.
    pub newest: Option<Timestamp>,
    /// What it holds.
    pub share: Share,
    /// What of it is of which source, by path.
    pub sources: Vec<SourceStats>,
}

/// A source of a family.
#[derive(Clone, Debug, Default)]
pub struct SourceStats {
    /// Its path in the sets; any bytes.
    pub path: Vec<u8>,
    /// Sets that hold it.
    pub sets: u64,
    /// What it holds.
    pub share: Share,
}

/// What some sets hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// As restored, of all the sets together.
    pub restored: Totals,
    /// As restored, of the newest of them.
    pub newest: Totals,
    /// The blobs they need.
    pub volume: Volume,
    /// Bytes as stored of blobs that nothing else of its kind needs.
    pub alone: u64,
    /// Something is missing: each number is the least that it can be.
    pub lacks: bool,
}

/// Things as they are restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files, folders, links and all else.
    pub entries: u64,
    /// Regular files, each name of one that has several.
    pub files: u64,
    /// Their bytes; of a file with several names in one source once.
    pub bytes: u64,
}

/// Blobs, each once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// How many.
    pub blobs: u64,
    /// Their bytes as stored.
    pub stored: u64,
    /// Their bytes before compression.
    pub plain: u64,
}

/// Contents of files, each once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// How many.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Objects in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Objects {
    /// How many.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What could not be counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uncounted {
    /// Sets that cannot be read, each with the reason.
    pub sets: Vec<(SnapshotId, String)>,
    /// Index files that cannot be read.
    pub index_files: u64,
    /// Packs that the index lists and that are not there.
    pub packs: u64,
    /// Sources that are more than are counted.
    pub sources: u64,
    /// Folders that cannot be read.
    pub folders: u64,
    /// Blobs of files that no index lists, or that only packs hold which are not there.
    pub blobs: u64,
    /// Where the first of them are: the set, the source, the reason.
    pub named: Vec<(SnapshotId, Vec<u8>, String)>,
}

impl Uncounted {
    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        let Self { sets, index_files, packs, sources, folders, blobs, .. } = self;
        let counts = [index_files, packs, sources, folders, blobs];
        sets.is_empty() && counts.iter().all(|count| **count == 0)
    }

    fn name(&mut self, set: SnapshotId, source: &[u8], reason: String) {
        let known = self.named.iter().any(|(one, of, _)| *one == set && of == source);
        if !known && self.named.len() < NAMED_MAX {
            self.named.push((set, source.to_vec(), reason));
        }
    }
}

impl Totals {
    fn add(&mut self, other: &Self) {
        // A hostile folder can hold itself many times over on the way down.
        self.entries = self.entries.saturating_add(other.entries);
        self.files = self.files.saturating_add(other.files);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

impl Volume {
    fn add(&mut self, stored: u64, plain: u64) {
        self.blobs += 1;
        self.stored += stored;
        self.plain += plain;
    }
}

/// Counts. `alone` says that no writer is at work, whose packs are its own to list; `family_of`
/// says to which family a set belongs.
pub fn count(
    repository: &Repository,
    alone: bool,
    family_of: impl Fn(&Snapshot) -> Option<String>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<RepositoryStats, RepositoryError> {
    progress.phase("phase-stats-find");
    let mut stats = RepositoryStats::default();
    // Sets, index, packs: the opposite of the order in which they become durable.
    let families = take_sets(repository, family_of, &mut stats)?;
    let read = IndexRead::of(repository)?;
    stats.uncounted.index_files = read.unreadable.len() as u64;
    let there = take_objects(repository, &mut stats)?;
    let gone: HashSet<PackId> =
        read.packs.keys().filter(|pack| !there.contains_key(pack)).copied().collect();
    stats.uncounted.packs = gone.len() as u64;
    stats.blobs = read.index.len() as u64;
    progress.phase("phase-stats-count");
    let counter = Counter::new(repository, &read.index, &gone, progress, cancel)?;
    let needed = counter.run(&families, &mut stats)?;
    if stats.uncounted.is_empty() && !stats.sets.is_empty() {
        stats.prune = planned(repository, read, there, needed, alone, progress, cancel)?;
    }
    Ok(stats)
}

/// What a prune would do; none where it would refuse.
fn planned(
    repository: &Repository,
    read: IndexRead,
    there: HashMap<PackId, u64>,
    needed: Bits,
    alone: bool,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Option<PrunePlan>, RepositoryError> {
    let limits = Limits::default();
    match forecast(repository, read, there, needed, alone, &limits, progress, cancel) {
        Ok(plan) => Ok(Some(plan)),
        Err(error) if is_unreachable(&error) => Err(error),
        // A pack of another length than the index says: verify names it.
        Err(error) => {
            tracing::warn!(error = %error, "What a prune would free is not known.");
            Ok(None)
        }
    }
}

/// Reads the snapshots. Returns for each family the numbers of its sets, and their root folders.
fn take_sets(
    repository: &Repository,
    family_of: impl Fn(&Snapshot) -> Option<String>,
    stats: &mut RepositoryStats,
) -> Result<walk::Families, RepositoryError> {
    let snapshots = repository.snapshots()?;
    for (id, error) in snapshots.unreadable {
        if is_unreachable(&error) {
            return Err(error);
        }
        stats.uncounted.sets.push((id, chain(&error)));
    }
    let mut families = walk::Families::new();
    for (id, snapshot) in snapshots.sets {
        let room = families.len() < usize::from(walk::OWNERS_MAX);
        let name = family_of(&snapshot).filter(|_| room);
        let of_family = families.entry(name).or_default();
        of_family.push((stats.sets.len(), snapshot.tree));
        let restored = Totals::default();
        stats.sets.push(SetStats { id, time: snapshot.time, family: 0, restored, added: 0 });
    }
    for (number, (name, sets)) in families.iter().enumerate() {
        for (set, _) in sets {
            stats.sets[*set].family = number;
        }
        let time = |at: Option<&(usize, _)>| at.map(|(set, _)| stats.sets[*set].time);
        let (oldest, newest) = (time(sets.first()), time(sets.last()));
        let (name, sets) = (name.clone(), sets.len() as u64);
        let family = FamilyStats { name, sets, oldest, newest, ..FamilyStats::default() };
        stats.families.push(family);
    }
    Ok(families)
}

/// Lists the objects. Returns the packs with their lengths.
fn take_objects(
    repository: &Repository,
    stats: &mut RepositoryStats,
) -> Result<HashMap<PackId, u64>, RepositoryError> {
    let mut there = HashMap::new();
    for folder in [Folder::Keys, Folder::Snapshots, Folder::Index, Folder::Data] {
        let objects = stats.objects.entry(folder.prefix().trim_end_matches('/')).or_default();
        for (name, length) in repository.list(folder)? {
            objects.count += 1;
            // Lengths are a server's word, which may be anything.
            objects.bytes = objects.bytes.saturating_add(length);
            if folder == Folder::Data
                && let Some(pack) = folder.digest(&name)
            {
                there.insert(PackId(pack), length);
            }
        }
    }
    let listing = repository.log_listing(None)?;
    let objects = stats.objects.entry(PREFIX.trim_end_matches('/')).or_default();
    let lengths = listing.pieces.iter().map(|stored| stored.stored);
    for length in lengths.chain(listing.foreign.iter().map(|(_, length)| *length)) {
        objects.count += 1;
        objects.bytes = objects.bytes.saturating_add(length);
    }
    Ok(there)
}
