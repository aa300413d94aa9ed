//! What a writer must know of the log, how it is read back after a crash, and the order of writes.
//!
//! The order: lines into the tail, synced, also more than it will hold; then the tiles and bundles of
//! what became full; then the next tails, which seal the full ones and hold the lines behind them;
//! then partial tiles; then the signed head. A crash between two of them leaves something that
//! [`State::load`] finishes or sets aside. Nothing is changed on disk before the entries were found
//! to match the signed head.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tlog_tiles::{Hash, record_hash};

use crate::audit::disk::Disk;
use crate::audit::entry::{Draft, Entry};
use crate::audit::fault::AuditError;
use crate::audit::handover::Keys;
use crate::audit::key::LogKey;
use crate::audit::layout::{BUNDLES_AT_A_TIME, ENTRY_BYTES_MAX, Layout, WIDTH};
use crate::audit::opening::{Kept, Seed};
use crate::audit::read;
use crate::audit::tree::{Edge, Tiles};
use crate::base::digest::Digest;
use crate::world::entropy::Entropy;
use crate::world::files::{self, FileError};

/// A log as its writer sees it; valid while the lock is held.
pub(super) struct State {
    layout: Layout,
    edge: Edge,
    /// The number of the newest tail, which is also the number of full bundles.
    tail: u64,
    /// Bytes of whole lines in it. Another writer makes the file longer, so a look tells.
    tail_bytes: u64,
    /// The leaves of the tail in the form of a bundle.
    bundle: Vec<u8>,
    last_at: Option<Timestamp>,
    /// The newest signed head and the entries it covers.
    head: Option<(u64, Vec<u8>)>,
}

/// Bytes at the end of the log that no entry could be made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Torn {
    /// The position that the broken entry would have had.
    pub(super) seq: u64,
    pub(super) bytes: u64,
    pub(super) digest: Digest,
}

/// The leaves of a tail's lines that are whole, and where those lines end.
struct Whole {
    leaves: Vec<Vec<u8>>,
    bundle: Vec<u8>,
    bytes: usize,
    last_at: Option<Timestamp>,
}

impl State {
    /// An empty log, its first tail on disk.
    pub(super) fn create(layout: &Layout, disk: &Disk) -> Result<Self, AuditError> {
        disk.put(&layout.tail(0), b"").map_err(AuditError::write)?;
        Ok(Self {
            layout: layout.clone(),
            edge: Edge::default(),
            tail: 0,
            tail_bytes: 0,
            bundle: Vec::new(),
            last_at: None,
            head: None,
        })
    }

    /// Reads the log back. What a crash tore off is set aside, and returned to be put on record.
    pub(super) fn load(
        layout: &Layout,
        keys: &Keys,
        disk: &Disk,
    ) -> Result<(Self, Option<Torn>), AuditError> {
        let tails = layout.tails();
        let newest = layout
            .newest_tail()
            .map_err(FileError::io("read", &tails))
            .map_err(AuditError::read)?
            .ok_or(AuditError::Tile { path: tails })?;
        let tail = newest_that_counts(layout, keys, newest);
        let mut edge = Edge::behind(layout, tail)?;
        let content = files::read(&layout.tail(tail)).map_err(AuditError::read)?;
        let whole = whole_lines(&content, edge.size());
        let found = edge.size() + whole.leaves.len() as u64;
        // The last leaf of a full tail waits: pushed here, it would move the others into a tile
        // that is not on disk yet.
        for leaf in whole.leaves.iter().take(WIDTH - 1) {
            edge.push(record_hash(leaf));
        }
        let last_at = match whole.last_at {
            None if tail > 0 => read::end_of_bundle(layout, tail - 1)?,
            last_at => last_at,
        };
        let head = matching_head(layout, keys, &edge, found, whole.bytes < content.len())?;
        if head.as_ref().is_none_or(|(size, _)| *size < found) {
            // Whoever wrote them may have been killed before the disk had them. Under a head that is
            // on the disk they must not be lost any more.
            disk.settle(&layout.tail(tail)).map_err(AuditError::write)?;
        }
        clear_ahead(layout, disk, tail, newest)?;
        let torn = set_aside(layout, disk, tail, &content, whole.bytes, found)?;
        let mut state = Self {
            layout: layout.clone(),
            edge,
            tail,
            tail_bytes: whole.bytes as u64,
            bundle: whole.bundle,
            last_at,
            head,
        };
        if whole.leaves.len() == WIDTH {
            // A crash came between filling the tail and sealing it.
            state.edge = Edge::behind(layout, tail)?;
            state.bundle = Vec::new();
            // Nothing stands behind them: the texts are where they belong.
            let line = |leaf| Line { text: Vec::new(), leaf };
            state.take_in(disk, &whole.leaves.into_iter().map(line).collect::<Vec<_>>())?;
        }
        Ok((state, torn))
    }

    /// Whether no other process has written since.
    pub(super) fn is_current(&self) -> bool {
        let length = std::fs::metadata(self.layout.tail(self.tail)).map(|meta| meta.len()).ok();
        length == Some(self.tail_bytes) && !self.layout.tail(self.tail + 1).exists()
    }

    /// Entries in the log.
    pub(super) fn size(&self) -> u64 {
        self.edge.size()
    }

    /// Entries that no head covers: more than none only right after a crash.
    pub(super) fn unsigned(&self) -> u64 {
        self.edge.size() - self.head.as_ref().map_or(0, |(size, _)| *size)
    }

    /// The newest signed head.
    pub(super) fn checkpoint(&self) -> &[u8] {
        self.head.as_ref().map_or(&[], |(_, note)| note)
    }

    /// The tree, for roots and proofs.
    pub(super) fn tiles(&self) -> Tiles<'_> {
        Tiles::new(&self.layout, &self.edge)
    }

    /// The root of all entries.
    pub(super) fn root(&self) -> Result<Hash, AuditError> {
        self.tiles().root(self.size())
    }

    /// The number of the newest tail.
    pub(super) fn tail(&self) -> u64 {
        self.tail
    }

    /// The newest tail and the partial tiles beside it: all that later appends replace.
    pub(super) fn unfinished(&self) -> Result<Vec<(PathBuf, Vec<u8>)>, AuditError> {
        let tail = self.layout.tail(self.tail);
        let lines = files::read(&tail).map_err(AuditError::read)?;
        Ok(std::iter::once((tail, lines)).chain(self.partial()).collect())
    }

    /// Writes the drafts and signs a head over them; durable when this returns. After an error
    /// the state is void: they may be on record, all, some or none.
    pub(super) fn append(
        &mut self,
        disk: &Disk,
        key: &LogKey,
        drafts: Vec<Draft>,
        (now, entropy): (Timestamp, &dyn Entropy),
    ) -> Result<(), AuditError> {
        let mut lines = Vec::with_capacity(drafts.len());
        let mut last_at = self.last_at;
        let mut seeds = vec![0; drafts.len() * size_of::<Seed>()];
        entropy.fill(&mut seeds);
        let (seeds, _) = seeds.as_chunks::<{ size_of::<Seed>() }>();
        for ((seq, draft), seed) in (self.size()..).zip(drafts).zip(seeds) {
            let (kept, mut text) = fitting(draft.place(seq, now, last_at), *seed)?;
            last_at = Some(kept.entry.at);
            text.push(b'\n');
            lines.push(Line { text, leaf: kept.leaf });
        }
        let mut rest = lines.as_slice();
        while !rest.is_empty() {
            let room = BUNDLES_AT_A_TIME * WIDTH - self.in_tail();
            let (now_in, later) = rest.split_at(room.min(rest.len()));
            let texts: Vec<_> = now_in.iter().map(|line| line.text.as_slice()).collect();
            let text = texts.concat();
            // All that opens leaves is on the disk before anything speaks of them, also what will
            // lie in tails of its own.
            disk.append(&self.layout.tail(self.tail), &text).map_err(AuditError::write)?;
            self.tail_bytes += text.len() as u64;
            self.take_in(disk, now_in)?;
            rest = later;
        }
        self.last_at = last_at;
        self.sign(disk, key)
    }

    /// Signs a head over everything, if none covers it yet.
    pub(super) fn sign(&mut self, disk: &Disk, key: &LogKey) -> Result<(), AuditError> {
        if self.unsigned() == 0 {
            return Ok(());
        }
        let partial = self.partial();
        for (path, bytes) in &partial {
            disk.ensure_derived(path, bytes).map_err(AuditError::write)?;
        }
        let size = self.size();
        let note = key.sign(size, self.root()?);
        disk.put(&self.layout.checkpoint(), &note).map_err(AuditError::write)?;
        self.head = Some((size, note));
        for (path, _) in &partial {
            tidy_siblings(disk, path);
        }
        Ok(())
    }

    /// The partial tiles and the partial bundle.
    fn partial(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut partial = self.edge.partial_tiles(&self.layout);
        if !self.bundle.is_empty() {
            let path = self.layout.bundle(self.tail, self.in_tail());
            partial.push((path, self.bundle.clone()));
        }
        partial
    }

    fn in_tail(&self) -> usize {
        usize::try_from(self.size() % WIDTH as u64).expect("a remainder of 256 fits")
    }

    /// Takes lines that stand at the end of the tail into the tree. What they fill is sealed; what
    /// stands behind that moves into tails of its own.
    fn take_in(&mut self, disk: &Disk, lines: &[Line]) -> Result<(), AuditError> {
        let (first, mut full, mut tails) =
            (self.tail, Vec::new(), Vec::<(PathBuf, Vec<u8>)>::new());
        for line in lines {
            if let Some((_, content)) = tails.last_mut() {
                content.extend_from_slice(&line.text);
            }
            push_framed(&mut self.bundle, &line.leaf);
            for tile in self.edge.push(record_hash(&line.leaf)) {
                full.push((self.layout.tile(tile.level, tile.number, WIDTH), tile.bytes));
            }
            if self.in_tail() == 0 {
                let bundle = std::mem::take(&mut self.bundle);
                full.push((self.layout.bundle(self.tail, WIDTH), bundle));
                self.tail += 1;
                tails.push((self.layout.tail(self.tail), Vec::new()));
            }
        }
        let Some(newest) = tails.last().map(|(_, content)| content.len() as u64) else {
            return Ok(());
        };
        disk.put_all(&full).map_err(AuditError::write)?;
        // A tail says that all before it are sealed, so it comes last.
        disk.put_all(&tails).map_err(AuditError::write)?;
        let moved: usize = tails.iter().map(|(_, content)| content.len()).sum();
        if moved > 0 {
            // Said twice until here: a crash before this may have left any of the others.
            let own = self.tail_bytes - moved as u64;
            disk.cut(&self.layout.tail(first), own).map_err(AuditError::write)?;
        }
        self.tail_bytes = newest;
        for (path, _) in &full {
            disk.tidy_away(&path.with_extension("p"));
        }
        // A tail that opens its bundle's commitments stays for good. Of version 1 it repeats the
        // bundle, and stays one round longer: whoever copies the folder meanwhile in whatever order
        // finds its entries in the tail or in the bundle.
        if first > 0 && read::repeats_bundle(&self.layout, first - 1) {
            disk.tidy_away(&self.layout.tail(first - 1));
        }
        Ok(())
    }
}

/// The entry and its line, which has room in a bundle.
fn fitting(entry: Entry, seed: Seed) -> Result<(Kept, Vec<u8>), AuditError> {
    let mut kept = Kept::new(entry, seed);
    loop {
        let text = kept.tail_line();
        let bytes = text.len().max(kept.leaf.len());
        if bytes <= ENTRY_BYTES_MAX {
            return Ok((kept, text));
        }
        let Kept { mut entry, .. } = kept;
        if !entry.leave_out_largest() {
            return Err(AuditError::TooLarge { verb: entry.verb, bytes: bytes as u64 });
        }
        tracing::warn!(verb = entry.verb, bytes, "A detail has no room in an audit entry.");
        kept = Kept::new(entry, seed);
    }
}

/// A line of a tail with its line feed, and the leaf that it opens.
struct Line {
    text: Vec<u8>,
    leaf: Vec<u8>,
}

/// Appends an entry as C2SP tlog-tiles frames it in a bundle.
pub(super) fn push_framed(bundle: &mut Vec<u8>, line: &[u8]) {
    let length = u16::try_from(line.len()).expect("entries are limited to what two bytes count");
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(line);
}

/// The beginning of the tail that consists of entries in the right places.
fn whole_lines(content: &[u8], first: u64) -> Whole {
    let mut whole = Whole { leaves: Vec::new(), bundle: Vec::new(), bytes: 0, last_at: None };
    for (seq, line) in (first..).zip(content.split_inclusive(|byte| *byte == b'\n')).take(WIDTH) {
        let Some(text) = line.strip_suffix(b"\n") else { break };
        let Some(kept) = Kept::from_tail(text).filter(|kept| kept.entry.seq == seq) else { break };
        if text.len().max(kept.leaf.len()) > ENTRY_BYTES_MAX {
            break;
        }
        push_framed(&mut whole.bundle, &kept.leaf);
        whole.bytes += line.len();
        whole.last_at = Some(kept.entry.at);
        whole.leaves.push(kept.leaf);
    }
    whole
}

/// The signed head, if the `found` entries bear it out.
fn matching_head(
    layout: &Layout,
    keys: &Keys,
    edge: &Edge,
    found: u64,
    torn: bool,
) -> Result<Option<(u64, Vec<u8>)>, AuditError> {
    let unsigned = || AuditError::Head { dir: layout.dir().to_owned() };
    let path = layout.checkpoint();
    let note = match std::fs::read(&path) {
        Ok(note) => note,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // Only the very first entry can be without a head: a crash while the log was made.
            return if found <= 1 { Ok(None) } else { Err(unsigned()) };
        }
        Err(error) => return Err(AuditError::read(FileError::io("read", &path)(error))),
    };
    let (size, root) = keys.open_newest(&note).ok_or_else(unsigned)?;
    if size > edge.size() {
        return Err(if torn {
            AuditError::Damaged { seq: found }
        } else {
            AuditError::Cut { head: size, found }
        });
    }
    if Tiles::new(layout, edge).root(size)? != root {
        return Err(AuditError::Changed { size });
    }
    Ok(Some((size, note)))
}

/// The tail from which the log goes on. As long as the lines of a batch stand in the tail that they
/// were written to, behind those that it may hold, nobody has waited for the names of those behind it:
/// any of them may be missing, so none of them counts. Nobody was told of their entries.
fn newest_that_counts(layout: &Layout, keys: &Keys, newest: u64) -> u64 {
    let signed = std::fs::read(layout.checkpoint()).ok().and_then(|note| keys.open_newest(&note));
    // What a head covers is there for certain; without one there is no second tail.
    let covered = signed.map_or(newest, |(size, _)| size / WIDTH as u64);
    let begun = covered.max(newest.saturating_sub(BUNDLES_AT_A_TIME as u64));
    let is_too_long = |number: &u64| {
        let content = std::fs::read(layout.tail(*number)).unwrap_or_default();
        content.split_inclusive(|byte| *byte == b'\n').count() > WIDTH
    };
    (begun..newest).find(is_too_long).unwrap_or(newest)
}

/// Removes what a crash left of entries that do not count: other ones will stand there. Bundles of
/// those that stand in this tail are made again.
fn clear_ahead(layout: &Layout, disk: &Disk, tail: u64, newest: u64) -> Result<(), AuditError> {
    for later in (tail + 1..=newest).rev() {
        disk.remove(&layout.tail(later)).map_err(AuditError::write)?;
    }
    for number in tail..=tail + BUNDLES_AT_A_TIME as u64 {
        for path in [layout.bundle(number, WIDTH), layout.tile(0, number, WIDTH)] {
            if path.exists() {
                disk.remove(&path).map_err(AuditError::write)?;
            }
        }
    }
    Ok(())
}

/// Keeps what cannot be read and cuts it off the tail, so that the log can go on.
fn set_aside(
    layout: &Layout,
    disk: &Disk,
    tail: u64,
    content: &[u8],
    whole: usize,
    seq: u64,
) -> Result<Option<Torn>, AuditError> {
    let rest = &content[whole..];
    if rest.is_empty() {
        return Ok(None);
    }
    let digest = Digest::of(rest);
    let kept = layout.torn().join(format!("{seq}-{}", digest.short()));
    disk.put(&kept, rest).map_err(AuditError::write)?;
    disk.cut(&layout.tail(tail), whole as u64).map_err(AuditError::write)?;
    Ok(Some(Torn { seq, bytes: rest.len() as u64, digest }))
}

/// Removes the partial tiles of earlier heads beside this one.
fn tidy_siblings(disk: &Disk, path: &Path) {
    let Some(folder) = path.parent() else { return };
    let Ok(files) = std::fs::read_dir(folder) else { return };
    for file in files.flatten() {
        if file.path() != path {
            disk.tidy_away(&file.path());
        }
    }
}
