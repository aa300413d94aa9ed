//! Going through the folders of sets, family by family and source by source, in the order of time.
//!
//! What a folder holds as restored is the same wherever it is, and kept; which sources need its
//! blobs is found by going through it once for each source that holds it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use crate::base::cancel::Cancel;
use crate::base::fault::chain;
use crate::base::progress::Progress;
use crate::repository::blob::{BlobKind, BlobOpener, PackedBlob};
use crate::repository::error::RepositoryError;
use crate::repository::id::{BlobId, PackId};
use crate::repository::index::Index;
use crate::repository::index_read::is_unreachable;
use crate::repository::open::Repository;
use crate::repository::prune::bits::Bits;
use crate::repository::stats::{Contents, RepositoryStats, Share, SourceStats, Totals, Uncounted};
use crate::repository::tree::{Node, NodeKind, Tree};
use crate::repository::walk::join;

/// Families by name, each with its sets by time: their number, and their root folder.
pub(super) type Families = BTreeMap<Option<String>, Vec<(usize, BlobId)>>;

/// A folder below the root with more in it is one source.
const SOURCES_MAX: usize = 64;

/// So many sources are counted, and so many families told apart.
pub(super) const OWNERS_MAX: u16 = 60_000;

/// Nobody needs a blob.
const NOBODY: u16 = u16::MAX;

/// More than one do.
const SEVERAL: u16 = u16::MAX - 1;

/// No set needs a blob.
const NO_SET: u32 = u32::MAX;

/// Where a source is in one set: the set, and the folder that holds it.
type Item = (usize, BlobId);

/// What is known of a folder.
#[derive(Clone, Copy, Default)]
struct Known {
    /// Of it and all below, but for the bytes of files with several names.
    totals: Totals,
    /// It, or a folder below, has such files.
    linked: bool,
    /// Something in it could not be read.
    lacks: bool,
    /// The source for which its blobs were marked last.
    marked: u32,
}

/// A folder whose folders below are being looked at.
struct Frame {
    number: u32,
    below: Vec<BlobId>,
    known: Known,
}

pub(super) struct Counter<'a> {
    repository: &'a Repository,
    index: &'a Index,
    gone: &'a HashSet<PackId>,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
    opener: BlobOpener,
    plain: Vec<u8>,
    /// By the number of a blob: the first set that needs it.
    first: Vec<u32>,
    /// The family and the source that need it.
    families: Vec<u16>,
    sources: Vec<u16>,
    /// Blobs of the family and of the source that are being counted.
    in_family: Bits,
    in_source: Bits,
    family: u16,
    source: u32,
    of_family: Share,
    of_source: Share,
    /// By the number of the folder's blob.
    known: HashMap<u32, Known>,
    /// Bytes of files with several names, by the folder of a source.
    linked: HashMap<u32, u64>,
    /// Keyed anew in every process, so that nobody can make two contents that look the same.
    hasher: RandomState,
    contents: HashSet<u64>,
    contents_bytes: u64,
    uncounted: Uncounted,
    /// What is not there, or cannot be read.
    missing: HashSet<(BlobKind, BlobId)>,
}

impl<'a> Counter<'a> {
    pub(super) fn new(
        repository: &'a Repository,
        index: &'a Index,
        gone: &'a HashSet<PackId>,
        progress: &'a dyn Progress,
        cancel: &'a Cancel,
    ) -> Result<Self, RepositoryError> {
        Ok(Self {
            repository,
            index,
            gone,
            progress,
            cancel,
            opener: BlobOpener::new().map_err(RepositoryError::self_check)?,
            plain: Vec::new(),
            first: vec![NO_SET; index.len()],
            families: vec![NOBODY; index.len()],
            sources: vec![NOBODY; index.len()],
            in_family: Bits::default(),
            in_source: Bits::default(),
            family: 0,
            source: 0,
            of_family: Share::default(),
            of_source: Share::default(),
            known: HashMap::new(),
            linked: HashMap::new(),
            hasher: RandomState::new(),
            contents: HashSet::new(),
            contents_bytes: 0,
            uncounted: Uncounted::default(),
            missing: HashSet::new(),
        })
    }

    /// Counts all families. Returns which blobs are needed.
    pub(super) fn run(
        mut self,
        families: &Families,
        stats: &mut RepositoryStats,
    ) -> Result<Bits, RepositoryError> {
        self.uncounted = std::mem::take(&mut stats.uncounted);
        let mut items_total = 0;
        for (number, sets) in families.values().enumerate() {
            self.family = owner(number);
            self.in_family = Bits::default();
            self.of_family = Share::default();
            let found = self.find_sources(sets, stats)?;
            items_total += found.values().map(Vec::len).sum::<usize>() as u64;
            self.progress.total(items_total, 0);
            for (path, items) in found {
                let source = self.count_source(path, &items, stats)?;
                stats.families[number].sources.push(source);
            }
            for (set, _) in sets {
                self.of_family.newest = stats.sets[*set].restored;
                self.of_family.restored.add(&stats.sets[*set].restored);
            }
            stats.families[number].share = self.of_family;
        }
        let files = self.contents.len() as u64;
        stats.contents = Contents { files, bytes: self.contents_bytes };
        let of = |wanted| self.missing.iter().filter(|(kind, _)| *kind == wanted).count() as u64;
        self.uncounted.folders = of(BlobKind::Tree);
        self.uncounted.blobs = of(BlobKind::Data);
        let needed = self.finish(stats);
        stats.uncounted = self.uncounted;
        Ok(needed)
    }

    /// Where the sources of a family are, by path. The folders above them belong to the family alone.
    fn find_sources(
        &mut self,
        sets: &[(usize, BlobId)],
        stats: &mut RepositoryStats,
    ) -> Result<BTreeMap<Vec<u8>, Vec<Item>>, RepositoryError> {
        let mut found: BTreeMap<Vec<u8>, Vec<Item>> = BTreeMap::new();
        let room = usize::from(OWNERS_MAX).saturating_sub(self.source as usize);
        let mut left_out = 0;
        let mut add = |path: Vec<u8>, item: Item| {
            if found.len() < room || found.contains_key(&path) {
                found.entry(path).or_default().push(item);
            } else {
                left_out += 1;
            }
        };
        for (set, root) in sets {
            let Some(tree) = self.folder_above(stats, *set, root, b"")? else { continue };
            for node in tree.nodes() {
                let below = match node.subtree {
                    Some(below) if node.kind == NodeKind::Dir => below,
                    _ => {
                        add(node.name.clone(), (*set, *root));
                        continue;
                    }
                };
                stats.sets[*set].restored.entries += 1;
                let Some(tree) = self.folder_above(stats, *set, &below, &node.name)? else {
                    continue;
                };
                if tree.nodes().len() > SOURCES_MAX {
                    stats.sets[*set].restored.entries -= 1;
                    add(node.name.clone(), (*set, *root));
                    continue;
                }
                for child in tree.nodes() {
                    add(join(&node.name, &child.name), (*set, below));
                }
            }
        }
        self.uncounted.sources += left_out;
        self.of_family.lacks |= left_out > 0;
        Ok(found)
    }

    /// A folder above the sources; nothing, and told, if it cannot be read.
    fn folder_above(
        &mut self,
        stats: &RepositoryStats,
        set: usize,
        id: &BlobId,
        path: &[u8],
    ) -> Result<Option<Tree>, RepositoryError> {
        let read = self.load(id)?;
        match read {
            Ok(tree) => {
                self.mark(set, BlobKind::Tree, id, false);
                Ok(Some(tree))
            }
            Err(reason) => {
                self.missing.insert((BlobKind::Tree, *id));
                self.uncounted.name(stats.sets[set].id, path, reason);
                self.of_family.lacks = true;
                Ok(None)
            }
        }
    }

    fn count_source(
        &mut self,
        path: Vec<u8>,
        items: &[Item],
        stats: &mut RepositoryStats,
    ) -> Result<SourceStats, RepositoryError> {
        self.source += 1;
        self.in_source = Bits::default();
        self.of_source = Share::default();
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let mut above: Option<(BlobId, Tree)> = None;
        let mut sets = 0;
        for (set, parent) in items {
            if above.as_ref().is_none_or(|(id, _)| id != parent) {
                above = match self.load(parent)? {
                    Ok(tree) => Some((*parent, tree)),
                    // It was read a moment ago; what is in it now cannot be told.
                    Err(reason) => {
                        self.missing.insert((BlobKind::Tree, *parent));
                        self.uncounted.name(stats.sets[*set].id, &path, reason);
                        (self.of_source.lacks, self.of_family.lacks) = (true, true);
                        None
                    }
                };
            }
            let tree = above.as_ref().map(|(_, tree)| tree);
            if let Some(node) = tree.and_then(|tree| tree.find(name)) {
                let id = stats.sets[*set].id;
                let (totals, lacking) = self.count_node(*set, node)?;
                stats.sets[*set].restored.add(&totals);
                self.of_source.restored.add(&totals);
                self.of_source.newest = totals;
                sets += 1;
                if let Some(reason) = lacking {
                    self.uncounted.name(id, &path, reason);
                    (self.of_source.lacks, self.of_family.lacks) = (true, true);
                }
            }
            self.progress.advance(1, 0);
        }
        Ok(SourceStats { path, sets, share: self.of_source })
    }

    /// What is at the top of a source; with the reason if something in it cannot be counted.
    fn count_node(
        &mut self,
        set: usize,
        node: &Node,
    ) -> Result<(Totals, Option<String>), RepositoryError> {
        let mut known = Known::default();
        self.count_own(set, node, &mut known);
        if is_linked(node) {
            known.totals.bytes = node.size;
        }
        let mut reason = known.lacks.then(no_blob);
        if let Some(below) = folder_of(node) {
            let (found, why) = self.go_through(set, &below)?;
            known.totals.add(&found.totals);
            reason = reason.or(why).or_else(|| found.lacks.then(no_blob));
            if found.linked {
                let (bytes, why) = self.linked(&below)?;
                known.totals.bytes = known.totals.bytes.saturating_add(bytes);
                reason = reason.or(why);
            }
        }
        Ok((known.totals, reason))
    }

    /// Counts a node without what is below it, and marks its content.
    fn count_own(&mut self, set: usize, node: &Node, known: &mut Known) {
        known.totals.entries = known.totals.entries.saturating_add(1);
        if node.kind != NodeKind::File {
            return;
        }
        known.totals.files = known.totals.files.saturating_add(1);
        if is_linked(node) {
            known.linked = true;
        } else {
            known.totals.bytes = known.totals.bytes.saturating_add(node.size);
        }
        let content = node.content.as_deref().unwrap_or_default();
        for blob in content {
            if !self.mark(set, BlobKind::Data, blob, true) {
                self.missing.insert((BlobKind::Data, *blob));
                known.lacks = true;
            }
        }
        if !content.is_empty() && self.contents.insert(self.hasher.hash_one(content)) {
            self.contents_bytes = self.contents_bytes.saturating_add(node.size);
        }
    }

    /// Goes through a folder and all below it, unless that was done for this source before.
    fn go_through(
        &mut self,
        set: usize,
        id: &BlobId,
    ) -> Result<(Known, Option<String>), RepositoryError> {
        let mut frames = Vec::new();
        let mut why = None;
        let mut result = self.enter(set, id, &mut frames, &mut why)?;
        while let Some(frame) = frames.last_mut() {
            let settled = if let Some(below) = frame.below.pop() {
                self.enter(set, &below, &mut frames, &mut why)?
            } else {
                let Frame { number, known, .. } = frames.pop().unwrap_or_default();
                self.known.insert(number, known);
                Some(known)
            };
            let Some(known) = settled else { continue };
            match frames.last_mut() {
                Some(above) => {
                    above.known.totals.add(&known.totals);
                    above.known.linked |= known.linked;
                    above.known.lacks |= known.lacks;
                }
                None => result = Some(known),
            }
        }
        Ok((result.unwrap_or_default(), why))
    }

    /// What is known of a folder; nothing if it must be gone through first.
    fn enter(
        &mut self,
        set: usize,
        id: &BlobId,
        frames: &mut Vec<Frame>,
        why: &mut Option<String>,
    ) -> Result<Option<Known>, RepositoryError> {
        let number = self.index.number(BlobKind::Tree, id).and_then(|one| u32::try_from(one).ok());
        let before = number.and_then(|number| self.known.get(&number).copied());
        if let Some(known) = before.filter(|known| known.marked == self.source) {
            return Ok(Some(known));
        }
        let mut known = Known { marked: self.source, ..Known::default() };
        let tree = match (number, self.load(id)?) {
            (Some(number), Ok(tree)) => Ok((number, tree)),
            (_, read) => Err(read.err().unwrap_or_else(no_blob)),
        };
        let (number, tree) = match tree {
            Ok(tree) => tree,
            Err(reason) => {
                known.lacks = true;
                self.missing.insert((BlobKind::Tree, *id));
                why.get_or_insert(reason);
                if let Some(number) = number {
                    self.known.insert(number, known);
                }
                return Ok(Some(known));
            }
        };
        self.mark(set, BlobKind::Tree, id, true);
        for node in tree.nodes() {
            self.count_own(set, node, &mut known);
        }
        let below = tree.nodes().iter().filter_map(folder_of).collect();
        frames.push(Frame { number, below, known });
        Ok(None)
    }

    /// Bytes of files with several names at or below a folder, each once. A folder that is met again
    /// has no other files, so each is read once. With the reason if one cannot be read any more.
    fn linked(&mut self, root: &BlobId) -> Result<(u64, Option<String>), RepositoryError> {
        let number = |index: &Index, id: &BlobId| {
            index.number(BlobKind::Tree, id).and_then(|one| u32::try_from(one).ok())
        };
        let at = number(self.index, root);
        if let Some(bytes) = at.and_then(|at| self.linked.get(&at)) {
            return Ok((*bytes, None));
        }
        let (mut seen, mut inodes, mut bytes) = (HashSet::new(), HashSet::new(), 0_u64);
        let mut why = None;
        let mut waiting = vec![*root];
        while let Some(id) = waiting.pop() {
            let Some(at) = number(self.index, &id) else { continue };
            if !self.known.get(&at).is_some_and(|known| known.linked) || !seen.insert(at) {
                continue;
            }
            let tree = match self.load(&id)? {
                Ok(tree) => tree,
                Err(reason) => {
                    self.missing.insert((BlobKind::Tree, id));
                    why.get_or_insert(reason);
                    continue;
                }
            };
            for node in tree.nodes() {
                if is_linked(node) && inodes.insert((node.device_id, node.inode)) {
                    bytes = bytes.saturating_add(node.size);
                }
                waiting.extend(folder_of(node));
            }
        }
        if why.is_none() {
            self.linked.extend(at.map(|at| (at, bytes)));
        }
        Ok((bytes, why))
    }

    /// A folder, or why it cannot be read. An error means that the store is gone.
    fn load(&mut self, id: &BlobId) -> Result<Result<Tree, String>, RepositoryError> {
        if self.cancel.is_cancelled() {
            return Err(RepositoryError::Cancelled);
        }
        let Self { repository, index, opener, plain, .. } = self;
        match repository.load_into(index, BlobKind::Tree, id, opener, plain) {
            Err(error) if is_unreachable(&error) => return Err(error),
            Err(error) => return Ok(Err(chain(&error))),
            Ok(()) => {}
        }
        Ok(Tree::parse(plain).map_err(|error| chain(&error)))
    }

    /// Notes that a set, with its family, and maybe the source, needs a blob; whether it is there.
    fn mark(&mut self, set: usize, kind: BlobKind, id: &BlobId, by_source: bool) -> bool {
        let Some(number) = self.index.number(kind, id) else { return false };
        let seen = self.in_family.has(number) && (!by_source || self.in_source.has(number));
        let set = u32::try_from(set).unwrap_or(NO_SET - 1);
        if seen && self.first[number] <= set {
            return true;
        }
        let is_there = |place: &PackId| !self.gone.contains(place);
        let mut places = self.index.find_all(kind, id).filter(|place| is_there(&place.pack));
        let Some(PackedBlob { length, .. }) = places.next().map(|place| place.blob) else {
            return false;
        };
        let plain = self.index.find(kind, id).map_or(0, |place| place.blob.plain_length());
        self.first[number] = self.first[number].min(set);
        let stored = u64::from(length);
        if self.in_family.set(number) {
            self.of_family.volume.add(stored, plain);
            own(&mut self.families[number], self.family);
        }
        if by_source && self.in_source.set(number) {
            self.of_source.volume.add(stored, plain);
            own(&mut self.sources[number], owner(self.source as usize));
        }
        true
    }

    /// Adds up what each blob is needed by.
    fn finish(&mut self, stats: &mut RepositoryStats) -> Bits {
        let mut needed = Bits::default();
        let mut source_of: HashMap<u16, (usize, usize)> = HashMap::new();
        let sources = stats.families.iter().enumerate();
        let places =
            sources.flat_map(|(family, of)| (0..of.sources.len()).map(move |at| (family, at)));
        for (number, place) in (1..).zip(places) {
            source_of.insert(owner(number), place);
        }
        for (number, first) in stats_blobs(self.index) {
            if self.first[number] == NO_SET {
                continue;
            }
            needed.set(number);
            let (stored, plain) = first;
            stats.all.volume.add(stored, plain);
            stats.sets[self.first[number] as usize].added += stored;
            if let Some(family) = stats.families.get_mut(usize::from(self.families[number])) {
                family.share.alone += stored;
            }
            if let Some((family, at)) = source_of.get(&self.sources[number]) {
                stats.families[*family].sources[*at].share.alone += stored;
            }
        }
        stats.all.alone = stats.all.volume.stored;
        for set in &stats.sets {
            stats.all.restored.add(&set.restored);
            stats.all.newest = set.restored;
        }
        stats.all.lacks = !self.uncounted.is_empty();
        needed
    }
}

impl Default for Frame {
    fn default() -> Self {
        Self { number: u32::MAX, below: Vec::new(), known: Known::default() }
    }
}

/// All blobs by number, with their bytes as stored and before compression.
fn stats_blobs(index: &Index) -> impl Iterator<Item = (usize, (u64, u64))> {
    let sizes = |blob: &PackedBlob| (u64::from(blob.length), blob.plain_length());
    index.blobs().map(move |place| sizes(&place.blob)).enumerate()
}

/// By which number an owner of blobs is known; the last ones share one.
fn owner(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(OWNERS_MAX).min(OWNERS_MAX)
}

fn own(before: &mut u16, now: u16) {
    *before = if *before == NOBODY || *before == now { now } else { SEVERAL };
}

/// Whether a node is a file that other names may show as well.
fn is_linked(node: &Node) -> bool {
    node.kind == NodeKind::File && node.links > 1 && node.inode != 0
}

fn folder_of(node: &Node) -> Option<BlobId> {
    node.subtree.filter(|_| node.kind == NodeKind::Dir)
}

fn no_blob() -> String {
    "blobs are not there".to_owned()
}
