//! Walking a tree: what is there, what changed since the parent set, what must be read.
//!
//! Everything is opened relative to the open folder above it, without following links. A link to
//! the root itself is followed: people point one at the release that is served.

use std::ffi::CStr;
use std::fmt::Display;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::{Receiver, bounded};
use jiff::{SignedDuration, Timestamp};
use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, Stat, fstat, openat, readlinkat, statat};
use rustix::io::Errno;

use crate::repository::blob::{BlobKind, BlobOpener};
use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::tree::{Node, NodeKind, Tree};
use crate::repository::write::counters::Change;
use crate::repository::write::engine::Engine;
use crate::repository::write::file::FileJob;
use crate::repository::write::folder::{Before, Folder, TreeRun, Up};
use crate::repository::write::metadata::{attributes, node, time};
use crate::repository::write::seal::Seal;
use crate::repository::write::smith::Smith;
use crate::repository::write::target::Target;

/// Twice the slowest tick of a Linux kernel.
const TICK: SignedDuration = SignedDuration::from_millis(20);

/// Old file systems count seconds, or two; seen by times without a fraction.
const TICK_COARSE: SignedDuration = SignedDuration::from_secs(2);

/// How a folder below the root is opened: never through a link.
pub(super) const OPEN_FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Why a device, pipe or socket is skipped.
pub(super) const NOT_STORED: &str = "it is a device, pipe or socket, which is not stored";

/// The walk of one tree, depth first; one frame a folder on the way down.
pub(super) struct Walk<'run> {
    engine: &'run Engine,
    smith: &'run mut Smith,
    /// The target that holds the parent set.
    parents: &'run Target,
    opener: BlobOpener,
    frames: Vec<Frame>,
    /// Files that no worker has been given yet.
    found: Batch,
}

/// Small files go to a worker so many at a time…
pub(super) const BATCH_FILES: usize = 16;

/// …or when they have so many bytes together: waking a worker costs as much as saving a small file,
/// and no worker should be left without work at the end while another has a batch to go.
const BATCH_BYTES: u64 = 256 << 10;

/// Files on their way to one worker.
#[derive(Default)]
struct Batch {
    jobs: Vec<FileJob>,
    bytes: u64,
}

struct Frame {
    folder: Arc<Folder>,
    /// Names that are still to be looked at, last first.
    names: Vec<Vec<u8>>,
}

impl<'run> Walk<'run> {
    /// Walks the tree. Its node arrives at the receiver when the last file is stored; after a
    /// failure the receiver is closed instead.
    pub(super) fn start(
        engine: &'run Engine,
        smith: &'run mut Smith,
        parents: &'run Target,
        run: &Arc<TreeRun>,
        before: Option<BlobId>,
    ) -> Result<Receiver<Node>, RepositoryError> {
        let (waiting, root) = bounded(1);
        let refuse =
            |source: Errno| RepositoryError::Root { path: run.root.clone(), source: source.into() };
        let dir = open_root(&run.root).map_err(refuse)?;
        let stat = fstat(&dir).map_err(refuse)?;
        let names = names(&dir).map_err(refuse)?;
        let opener = BlobOpener::new().map_err(|source| RepositoryError::SelfCheck { source })?;
        let (frames, found) = (Vec::new(), Batch::default());
        let mut walk = Self { engine, smith, parents, opener, frames, found };
        walk.enter(run, Vec::new(), b"", dir, &stat, names, before, Up::Root(waiting));
        while let Some(frame) = walk.frames.last_mut() {
            walk.engine.check()?;
            match frame.names.pop() {
                Some(name) => walk.look(&name),
                None => walk.leave(),
            }
        }
        walk.hand_over();
        Ok(root)
    }

    #[expect(clippy::too_many_arguments, reason = "it is one folder in all its aspects")]
    fn enter(
        &mut self,
        run: &Arc<TreeRun>,
        path: Vec<u8>,
        name: &[u8],
        dir: OwnedFd,
        stat: &Stat,
        mut names: Vec<Vec<u8>>,
        before: Option<BlobId>,
        up: Up,
    ) {
        let (attributes, unreadable) = attributes(&dir);
        for reason in unreadable {
            run.skip(&path, reason);
        }
        let node = Node { attributes, ..node(&self.engine.accounts, name, stat) };
        // From the end, since names are taken from there; trees are sorted anyway, but equal runs
        // should make equal packs as far as threads allow.
        names.sort_unstable_by(|a, b| b.cmp(a));
        let before =
            before.map(|id| Before { id, tree: self.parents.folder(&id, &mut self.opener) });
        let tree = before.as_ref().and_then(|before| before.tree.as_ref());
        if before.is_some() && tree.is_none() {
            run.changes.unread();
        }
        let gone = tree.map_or_else(Vec::new, |tree| self.gone(run, tree, &names));
        let folder = Folder::new(Arc::clone(run), path, dir, node, before, gone, up);
        self.frames.push(Frame { folder, names });
    }

    /// Counts what the parent set has and the folder not any more; the names of files of it. What
    /// is left out is still there. `names` come last first.
    fn gone(&mut self, run: &TreeRun, before: &Tree, names: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut gone = Vec::new();
        for node in before.nodes() {
            let is_file = node.kind == NodeKind::File;
            // Sealed names sort otherwise than those that are here.
            let name = if is_file { run.seals.plain_name(&node.name) } else { &node.name };
            if names.binary_search_by(|here| name.cmp(here)).is_err() {
                run.changes.vanished(node, self.parents, &mut self.opener);
                if is_file {
                    gone.push(name.to_vec());
                }
            }
        }
        gone.sort_unstable();
        gone
    }

    fn leave(&mut self) {
        if let Some(frame) = self.frames.pop() {
            frame.folder.complete(self.engine, self.smith, None);
        }
    }

    fn look(&mut self, name: &[u8]) {
        let Some(frame) = self.frames.last() else { return };
        let folder = Arc::clone(&frame.folder);
        let exclude = &folder.run.exclude;
        if !exclude.is_empty() && exclude.matches(&folder.path_of(name)) {
            return;
        }
        let skip = |reason: &dyn Display| folder.run.skip(&folder.path_of(name), reason);
        let stat = match statat(&folder.dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            // Removed since the folder was listed: as if it had been removed a moment earlier.
            Err(Errno::NOENT) => return,
            Err(error) => return skip(&error),
        };
        match NodeKind::of(&stat) {
            NodeKind::Dir => self.look_at_folder(&folder, name),
            NodeKind::File => match stored_name(&folder, name) {
                Ok((stored, seal)) => self.look_at_file(&folder, name, stored, seal, &stat),
                Err(reason) => skip(&reason),
            },
            NodeKind::Symlink => self.look_at_link(&folder, name, &stat),
            _ => skip(&NOT_STORED),
        }
    }

    fn look_at_folder(&mut self, above: &Arc<Folder>, name: &[u8]) {
        let path = above.path_of(name);
        let opened = openat(&above.dir, name, OPEN_FOLDER, Mode::empty())
            .and_then(|dir| Ok((fstat(&dir)?, names(&dir)?, dir)));
        match opened {
            Ok((stat, names, dir)) => {
                let before = above.parent_tree().and_then(|tree| tree.find(name)?.subtree);
                above.expect();
                let up = Up::Folder(Arc::clone(above));
                self.enter(&above.run, path, name, dir, &stat, names, before, up);
            }
            Err(error) => above.run.skip(&path, error),
        }
    }

    fn look_at_file(
        &mut self,
        folder: &Arc<Folder>,
        name: &[u8],
        stored_name: Vec<u8>,
        seal: Option<Arc<dyn Seal>>,
        stat: &Stat,
    ) {
        let bytes = u64::try_from(stat.st_size).unwrap_or(0);
        let (files, found) = self.engine.counters.count_found(bytes);
        self.engine.progress.total(files, found);
        let tree = folder.parent_tree();
        let before = tree.and_then(|tree| tree.place(&stored_name).zip(Some(tree)));
        if let Some((place, tree)) = before
            && let before = &tree.nodes()[place]
            && self.is_unchanged(&folder.run, before, stat, seal.is_some())
        {
            folder.run.count(before.size, bytes, || folder.path_of(name));
            folder.run.changes.unchanged();
            self.engine.counters.count_file(Change::Unchanged, before.size);
            self.engine.progress.advance(1, before.size);
            // A change of mode, owner, links or attributes changes the time of change as well.
            return folder.add_same(place);
        }
        let change = if before.is_some() { Change::Changed } else { Change::New };
        folder.expect();
        let (folder, name) = (Arc::clone(folder), name.to_vec());
        self.found.jobs.push(FileJob { folder, name, stored_name, seal, change });
        self.found.bytes = self.found.bytes.saturating_add(bytes);
        if self.found.jobs.len() >= BATCH_FILES || self.found.bytes >= BATCH_BYTES {
            self.hand_over();
        }
    }

    /// Gives a worker what was found.
    fn hand_over(&mut self) {
        let Batch { jobs, .. } = std::mem::take(&mut self.found);
        if !jobs.is_empty()
            && let Err(unsent) = self.engine.files.send(Some(jobs))
        {
            drop(unsent);
            self.engine.fail(RepositoryError::Bug("no worker is left"));
        }
    }

    fn is_unchanged(&self, run: &TreeRun, before: &Node, stat: &Stat, sealed: bool) -> bool {
        let mtime = time(stat.st_mtime, stat.st_mtime_nsec);
        let ctime = time(stat.st_ctime, stat.st_ctime_nsec);
        let same = before.kind == NodeKind::File
            && (sealed || i64::try_from(before.size) == Ok(stat.st_size))
            && (before.mtime, before.ctime, before.inode) == (mtime, ctime, stat.st_ino);
        let settled = run.parent_time.is_some_and(|began| settled(ctime, began));
        let has = |id| self.engine.has(BlobKind::Data, id);
        same && settled && before.content.as_deref().is_some_and(|blobs| blobs.iter().all(has))
    }

    fn look_at_link(&self, folder: &Folder, name: &[u8], stat: &Stat) {
        match readlinkat(&folder.dir, name, Vec::new()) {
            Ok(target) => {
                let node = node(&self.engine.accounts, name, stat);
                folder.add(Node { link_target: target.into_bytes(), ..node });
            }
            Err(error) => folder.run.skip(&folder.path_of(name), error),
        }
    }
}

/// What a file is called in the set, and by what it is sealed.
type Stored = (Vec<u8>, Option<Arc<dyn Seal>>);

/// What a file is called in the set, and by what it is sealed; or why it cannot be.
fn stored_name(folder: &Folder, name: &[u8]) -> Result<Stored, &'static str> {
    let Some(seal) = folder.run.seals.of(&folder.path_of(name)) else {
        return Ok((name.to_vec(), None));
    };
    let stored = seal.name(name).ok_or("its name is too long to be sealed")?;
    // Of one folder no two things may have one name. A file of that name gets another itself.
    let beside = statat(&folder.dir, &stored[..], AtFlags::SYMLINK_NOFOLLOW);
    let is_taken = beside.is_ok_and(|stat| NodeKind::of(&stat) != NodeKind::File);
    if is_taken && stored != name {
        return Err("beside it stands what has the name of the sealed file");
    }
    Ok((stored, Some(Arc::clone(seal))))
}

/// Whether a change after `ctime` must have left a trace when the parent set read the file.
///
/// A file system counts time in ticks. A file that changed in the tick in which it was read may
/// change once more in it, with the same times and perhaps the same size; so what changed shortly
/// before the parent set began, or since, is read again.
fn settled(ctime: Timestamp, began: Timestamp) -> bool {
    let tick = if ctime.subsec_nanosecond() == 0 { TICK_COARSE } else { TICK };
    ctime.duration_until(began) > tick
}

pub(super) fn open_root(root: &Path) -> Result<OwnedFd, Errno> {
    openat(CWD, root, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

pub(super) fn names(dir: &OwnedFd) -> Result<Vec<Vec<u8>>, Errno> {
    let mut names = Vec::new();
    for entry in Dir::read_from(dir)? {
        let entry = entry?;
        let name: &CStr = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name.to_bytes().to_vec());
        }
    }
    Ok(names)
}
