//! A folder that comes as a stream: its files, folders and links one after the other.
//!
//! A folder must come in one piece, as every program writes it that walks a tree: what was left
//! counts as whole, is stored at once and leaves memory. What comes for it later, what comes twice,
//! and a link to nothing that came before, end the run: nobody could tell which of two was meant.
//! Only a folder to which the stream said that it comes back is kept open aside.
//!
//! Memory: the nodes of the folders on the way from the root to where the stream is, for links what
//! came before, and what is not stored. All of it is weighed, and a stream that wants more than
//! [`Tuning::kept_bytes`](crate::repository::Tuning) is refused.
//!
//! Nothing is recognized as unchanged: a stream is read whole, and what the repository has is not
//! stored again. More names of one file come back as files of their own with the same content, which
//! is stored once.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};

use jiff::Timestamp;

use crate::base::arrival::{Arrival, ArrivalKind};
use crate::base::digest::Digest;
use crate::base::manifest::Skipped;
use crate::repository::blob::BlobOpener;
use crate::repository::chunk::Chunking;
use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::mode;
use crate::repository::tree::{Attribute, Node, NodeKind, Tree};
use crate::repository::write::changes::TreeChanges;
use crate::repository::write::counters::Change;
use crate::repository::write::facts::TreeSummary;
use crate::repository::write::folder::{as_path, store_tree};
use crate::repository::write::seal::{Counted, Seal};
use crate::repository::write::smith::Smith;
use crate::repository::write::walk::NOT_STORED;
use crate::repository::write::writer::SetWriter;

/// What a map adds to an entry, and the allocator to it.
const ENTRY_BYTES: usize = 64;

/// Mode of a folder that the stream does not tell of, such as `srv` of `srv/portal`.
const UNTOLD_MODE: u32 = 0o040_755;

/// A stream of files and folders.
pub trait Arrivals {
    /// The next one; nothing when the stream has ended as such streams end.
    fn next(&mut self) -> io::Result<Option<Arrival>>;

    /// The content of the file that came last, as many bytes as it was said to have, or an error.
    fn content(&mut self) -> &mut dyn Read;

    /// Whether more may come for this folder after others have come. Such a folder stays in memory
    /// to the end; what was told of it and what it holds must not come twice all the same.
    fn comes_back_to(&self, _folder: &[u8]) -> bool {
        false
    }

    /// Whether more names of earlier files may come; without them, what files hold is forgotten.
    fn has_links(&self) -> bool {
        true
    }
}

/// A folder on the way from the root to where the stream is.
struct Open {
    node: Node,
    /// Whether the stream has told of it.
    told: bool,
    children: BTreeMap<Vec<u8>, Node>,
    before: Option<(BlobId, Option<Tree>)>,
    /// Whether the stream comes back to it.
    comes_back: bool,
    /// Folders in it that the stream has left and comes back to.
    aside: BTreeMap<Vec<u8>, Open>,
    /// What itself and its children weigh.
    weight: usize,
}

/// What came before, and a link may lead to.
#[derive(Clone)]
enum Earlier {
    File(u64, Vec<BlobId>),
    /// Links have more names, too.
    Symlink(Vec<u8>),
    /// Told of as not stored.
    Other,
}

impl SetWriter {
    /// Adds what the stream brings as the folder `into`, such as `media/files`.
    ///
    /// Any doubt about the stream is an error, and nothing is then added under that path: what was
    /// stored of it is found again by the next run, or removed by prune. Every file is sealed by
    /// `seal`, where there is one.
    pub fn add_arrivals(
        &self,
        into: &str,
        source: &str,
        arrivals: &mut dyn Arrivals,
        chunking: Chunking,
        seal: Option<&dyn Seal>,
    ) -> Result<TreeSummary, RepositoryError> {
        self.places().reserve(into)?;
        let started = self.engine.world.clock.now();
        let mut summary = TreeSummary {
            files: 0,
            bytes: 0,
            sealed_bytes: 0,
            plain_bytes: 0,
            started,
            finished: started,
            skipped: Vec::new(),
            // Nobody compares a stream with the set before.
            changes: TreeChanges::default(),
        };
        let node = self.with_smith(|smith| {
            let before = self.before(into).ok().flatten().and_then(|node| node.subtree);
            let mut is_empty = true;
            let mut incoming = Incoming::new(self, smith, into, source, chunking, before);
            incoming.seal = seal;
            while let Some(arrival) = incoming.receive(arrivals)? {
                self.engine.check()?;
                is_empty = false;
                incoming.take(&arrival, arrivals, &mut summary)?;
            }
            // Even an empty folder is told of: a program that brings nothing has not looked.
            if is_empty {
                return Err(incoming.refuse(b".", "the stream brings nothing"));
            }
            incoming.finish()
        })?;
        self.places().fill(into, node);
        summary.finished = self.engine.world.clock.now();
        Ok(summary)
    }
}

/// A stream being taken.
struct Incoming<'a> {
    writer: &'a SetWriter,
    smith: &'a mut Smith,
    into: &'a str,
    source: &'a str,
    chunking: Chunking,
    seal: Option<&'a dyn Seal>,
    /// None where it cannot be had: then nothing is known of the parent set.
    opener: Option<BlobOpener>,
    /// The root first; each lies in the one before it.
    open: Vec<Open>,
    /// What came and is no folder, by the digests of paths.
    earlier: HashMap<[u8; 16], Earlier>,
    /// What all that is in memory weighs.
    kept: usize,
}

impl<'a> Incoming<'a> {
    fn new(
        writer: &'a SetWriter,
        smith: &'a mut Smith,
        into: &'a str,
        source: &'a str,
        chunking: Chunking,
        before: Option<BlobId>,
    ) -> Self {
        let opener = BlobOpener::new().ok();
        let (open, earlier, kept, seal) = (Vec::new(), HashMap::new(), 0, None);
        let mut incoming =
            Self { writer, smith, into, source, chunking, seal, opener, open, earlier, kept };
        let root = incoming.untold(Vec::new(), before);
        incoming.open.push(root);
        incoming
    }

    fn refuse(&self, path: &[u8], why: &str) -> RepositoryError {
        let shown = String::from_utf8_lossy(path);
        self.fault(io::Error::new(io::ErrorKind::InvalidData, format!("`{shown}`: {why}")))
    }

    fn fault(&self, source: io::Error) -> RepositoryError {
        RepositoryError::Stream { path: self.into.to_owned(), source }
    }

    fn receive(&self, arrivals: &mut dyn Arrivals) -> Result<Option<Arrival>, RepositoryError> {
        arrivals.next().map_err(|error| self.fault(error))
    }

    /// A folder of which nothing is known; with the same times in every run, so that it does not
    /// count as changed.
    fn untold(&mut self, name: Vec<u8>, before: Option<BlobId>) -> Open {
        let times = Timestamp::UNIX_EPOCH;
        let node = Node {
            name,
            mode: mode::from_unix(UNTOLD_MODE),
            mtime: times,
            atime: times,
            ctime: times,
            ..self.writer.own_node(NodeKind::Dir)
        };
        let parents = self.writer.parents.map(|number| &self.writer.engine.targets[number]);
        let before = before.map(|id| {
            let read = parents.zip(self.opener.as_mut());
            (id, read.and_then(|(target, opener)| target.folder(&id, opener)))
        });
        let (children, aside) = (BTreeMap::new(), BTreeMap::new());
        Open { node, told: false, children, before, comes_back: false, aside, weight: 0 }
    }

    fn take(
        &mut self,
        arrival: &Arrival,
        arrivals: &mut dyn Arrivals,
        summary: &mut TreeSummary,
    ) -> Result<(), RepositoryError> {
        let path = &arrival.path;
        let folder = arrival.kind == ArrivalKind::Folder;
        let (above, name) = match path.iter().rposition(|&byte| byte == b'/') {
            Some(slash) => (&path[..slash], &path[slash + 1..]),
            None => (&b""[..], &path[..]),
        };
        if name.is_empty() {
            return self.tell(0, arrival);
        }
        self.go_to(above, arrivals)?;
        if folder {
            self.enter(name, path, arrivals)?;
            return self.tell(self.open.len() - 1, arrival);
        }
        let place = self.open.len() - 1;
        let name = match self.seal.filter(|_| self.is_content(&arrival.kind)) {
            Some(seal) => seal
                .name(name)
                .ok_or_else(|| self.refuse(path, "its name is too long to be sealed"))?,
            None => name.to_vec(),
        };
        if self.open[place].holds(&name) {
            return Err(self.refuse(path, "it comes twice"));
        }
        let Some(node) = self.node(&name, arrival, arrivals, summary)? else { return Ok(()) };
        self.keep_in(place, path, weight(&node))?;
        self.open[place].children.insert(name, node);
        Ok(())
    }

    /// Whether it is content that can be sealed: a file, or one more name of one.
    fn is_content(&self, kind: &ArrivalKind) -> bool {
        match kind {
            ArrivalKind::File(_) => true,
            ArrivalKind::Link(to) => {
                matches!(self.earlier.get(&key_of(to)), Some(Earlier::File(..)))
            }
            _ => false,
        }
    }

    /// What a file or link becomes; nothing for what is not stored.
    fn node(
        &mut self,
        name: &[u8],
        arrival: &Arrival,
        arrivals: &mut dyn Arrivals,
        summary: &mut TreeSummary,
    ) -> Result<Option<Node>, RepositoryError> {
        let path = &arrival.path;
        let what = match &arrival.kind {
            ArrivalKind::File(size) => {
                let (blobs, stored) = self.read(path, *size, arrivals)?;
                summary.plain_bytes += size;
                summary.sealed_bytes += if self.seal.is_some() { stored } else { 0 };
                Earlier::File(stored, blobs)
            }
            ArrivalKind::Link(to) => {
                let known = self.earlier.get(&key_of(to)).cloned();
                known.ok_or_else(|| self.refuse(path, "a link to what did not come before"))?
            }
            ArrivalKind::Symlink(target) => Earlier::Symlink(target.clone()),
            ArrivalKind::Other | ArrivalKind::Folder => Earlier::Other,
        };
        if arrivals.has_links() {
            self.remember(path, &what)?;
        }
        let (kind, size, content, target) = match what {
            Earlier::File(size, blobs) => (NodeKind::File, size, Some(blobs), Vec::new()),
            Earlier::Symlink(target) => (NodeKind::Symlink, 0, None, target),
            Earlier::Other => {
                let shown = as_path(path).display();
                let named = format!("{}/{shown}", self.source);
                self.keep(path, named.len().saturating_add(NOT_STORED.len() + ENTRY_BYTES))?;
                summary.skipped.push(Skipped { path: named, reason: NOT_STORED.to_owned() });
                return Ok(None);
            }
        };
        if kind == NodeKind::File {
            let before = self.open.last().and_then(|open| open.before.as_ref()?.1.as_ref());
            let is_known = before.is_some_and(|tree| tree.find(name).is_some());
            let change = if is_known { Change::Changed } else { Change::New };
            self.writer.engine.counters.count_file(change, size);
            self.writer.engine.progress.advance(1, 0);
            summary.files += 1;
            summary.bytes += size;
        }
        let kind_bits = if kind == NodeKind::File { 0o100_000 } else { 0o120_000 };
        let node = Node { name: name.to_vec(), kind, size, content, ..Node::default() };
        Ok(Some(Node { link_target: target, ..dressed(node, arrival, kind_bits) }))
    }

    fn read(
        &mut self,
        path: &[u8],
        size: u64,
        arrivals: &mut dyn Arrivals,
    ) -> Result<(Vec<BlobId>, u64), RepositoryError> {
        let into = self.into;
        let mut content = Counted::new(arrivals.content());
        let (blobs, stored) = match self.seal {
            None => self.writer.read_stream(self.smith, into, &mut content, self.chunking)?,
            Some(seal) => {
                let failed = |source| RepositoryError::Stream { path: into.to_owned(), source };
                let mut sealed = seal.seal(&mut content).map_err(failed)?;
                self.writer.read_stream(self.smith, into, &mut *sealed, Chunking::Sealed)?
            }
        };
        let read = content.bytes;
        if read != size {
            let why = format!("{read} bytes came where {size} were told");
            return Err(self.refuse(path, &why));
        }
        self.writer.engine.counters.count_read(read);
        Ok((blobs, stored))
    }

    fn remember(&mut self, path: &[u8], what: &Earlier) -> Result<(), RepositoryError> {
        let more = match what {
            Earlier::File(_, blobs) => size_of_val(blobs.as_slice()),
            Earlier::Symlink(target) => target.len(),
            Earlier::Other => 0,
        };
        self.keep(path, more.saturating_add(size_of::<Earlier>() + ENTRY_BYTES))?;
        self.earlier.insert(key_of(path), what.clone());
        Ok(())
    }

    /// Counts what is kept in memory from here on; refuses what is too much.
    fn keep(&mut self, path: &[u8], bytes: usize) -> Result<(), RepositoryError> {
        self.kept = self.kept.saturating_add(bytes);
        if self.kept > self.writer.engine.tuning.kept_bytes {
            return Err(self.refuse(path, "more than one stream may bring: memory is bounded"));
        }
        Ok(())
    }

    /// The same for what goes with an open folder.
    fn keep_in(&mut self, place: usize, path: &[u8], bytes: usize) -> Result<(), RepositoryError> {
        self.keep(path, bytes)?;
        self.open[place].weight = self.open[place].weight.saturating_add(bytes);
        Ok(())
    }

    /// Opens the folders down to this one, and stores those that the stream has left.
    fn go_to(&mut self, path: &[u8], arrivals: &dyn Arrivals) -> Result<(), RepositoryError> {
        let parts: Vec<&[u8]> =
            path.split(|&byte| byte == b'/').filter(|part| !part.is_empty()).collect();
        let pairs = self.open.iter().skip(1).zip(&parts);
        let same = pairs.take_while(|(open, part)| open.node.name == **part).count();
        while self.open.len() > same + 1 {
            self.leave()?;
        }
        for number in same..parts.len() {
            self.enter(parts[number], &parts[..=number].join(&b'/'), arrivals)?;
        }
        Ok(())
    }

    /// Opens the folder `path`, whose last part is `name`, or takes it up again.
    fn enter(
        &mut self,
        name: &[u8],
        path: &[u8],
        arrivals: &dyn Arrivals,
    ) -> Result<(), RepositoryError> {
        let left = self.open.last_mut().and_then(|above| above.aside.remove(name));
        if let Some(left) = left {
            self.open.push(left);
            return Ok(());
        }
        let above = self.open.last();
        if above.is_some_and(|above| above.children.contains_key(name)) {
            return Err(self.refuse(path, "it comes twice, or its folder is not in one piece"));
        }
        let before = above
            .and_then(|above| above.before.as_ref()?.1.as_ref()?.find(name))
            .and_then(|node| node.subtree);
        let mut folder = self.untold(name.to_vec(), before);
        folder.comes_back = arrivals.comes_back_to(path);
        let bytes = weight(&folder.node);
        self.open.push(folder);
        self.keep_in(self.open.len() - 1, path, bytes)
    }

    /// What the stream tells of a folder itself.
    fn tell(&mut self, place: usize, arrival: &Arrival) -> Result<(), RepositoryError> {
        let is_first = self.open.get(place).is_some_and(|open| !open.told);
        if arrival.kind != ArrivalKind::Folder || !is_first {
            return Err(self.refuse(&arrival.path, "it comes twice"));
        }
        let open = &mut self.open[place];
        open.told = true;
        let before = weight(&open.node);
        open.node = dressed(std::mem::take(&mut open.node), arrival, 0o040_000);
        let more = weight(&open.node).saturating_sub(before);
        self.keep_in(place, &arrival.path, more)
    }

    /// Puts the last open folder into the one above it, stored unless the stream comes back to it.
    fn leave(&mut self) -> Result<(), RepositoryError> {
        if self.open.last().is_some_and(|last| last.comes_back) {
            let last = self.open.pop();
            if let (Some(last), Some(above)) = (last, self.open.last_mut()) {
                above.aside.insert(last.node.name.clone(), last);
            }
            return Ok(());
        }
        let Some(last) = self.open.pop() else { return Ok(()) };
        let node = self.store(last)?;
        let Some(place) = self.open.len().checked_sub(1) else { return Ok(()) };
        self.keep_in(place, &node.name, weight(&node))?;
        self.open[place].put(node)
    }

    /// Stores a folder, with those in it that were kept aside.
    fn store(&mut self, mut folder: Open) -> Result<Node, RepositoryError> {
        for (_, inner) in std::mem::take(&mut folder.aside) {
            let node = self.store(inner)?;
            let bytes = weight(&node);
            self.keep(&node.name, bytes)?;
            folder.weight = folder.weight.saturating_add(bytes);
            folder.put(node)?;
        }
        let Open { node, children, before, weight, .. } = folder;
        self.kept = self.kept.saturating_sub(weight);
        let engine = &self.writer.engine;
        let tree = store_tree(engine, self.smith, children.into_values().collect())?;
        engine.counters.count_folder(before.map(|(id, _)| id), tree);
        Ok(Node { subtree: Some(tree), ..node })
    }

    fn finish(mut self) -> Result<Node, RepositoryError> {
        while self.open.len() > 1 {
            self.leave()?;
        }
        let root = self.open.pop().ok_or(RepositoryError::Bug("a stream without a root"))?;
        self.store(root)
    }
}

impl Open {
    fn holds(&self, name: &[u8]) -> bool {
        self.children.contains_key(name) || self.aside.contains_key(name)
    }

    fn put(&mut self, node: Node) -> Result<(), RepositoryError> {
        match self.children.entry(node.name.clone()) {
            Entry::Vacant(place) => drop(place.insert(node)),
            Entry::Occupied(_) => return Err(RepositoryError::Bug("a folder was opened twice")),
        }
        Ok(())
    }
}

/// Bytes that a node takes in memory, its name twice: as the key of its place as well.
fn weight(node: &Node) -> usize {
    let attributes = node.attributes.iter().map(|one| {
        one.name.len().saturating_add(one.value.len()).saturating_add(size_of::<Attribute>())
    });
    let blobs = node.content.as_ref().map_or(0, |blobs| size_of_val(blobs.as_slice()));
    let texts = [2 * node.name.len(), node.user.len(), node.group.len(), node.link_target.len()];
    let parts = texts.into_iter().chain(attributes).chain([blobs]);
    parts.fold(size_of::<Node>() + ENTRY_BYTES, usize::saturating_add)
}

fn key_of(path: &[u8]) -> [u8; 16] {
    let Digest(digest) = Digest::of(path);
    let (head, _) = digest.split_first_chunk().expect("32 bytes begin with 16");
    *head
}

/// The node with what the stream says of it beside its content.
fn dressed(node: Node, arrival: &Arrival, kind_bits: u32) -> Node {
    let attribute =
        |(name, value): &(String, Vec<u8>)| Attribute { name: name.clone(), value: value.clone() };
    Node {
        mode: mode::from_unix(kind_bits | arrival.mode & 0o7777),
        mtime: arrival.mtime,
        atime: arrival.mtime,
        ctime: arrival.mtime,
        uid: arrival.uid,
        gid: arrival.gid,
        user: arrival.user.clone(),
        group: arrival.group.clone(),
        links: u64::from(node.kind != NodeKind::Dir),
        attributes: arrival.attributes.iter().map(attribute).collect(),
        ..node
    }
}
