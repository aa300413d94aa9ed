//! Adding a set to a repository.

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, bounded};
use jiff::Timestamp;

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::account::Whoami;
use crate::repository::chunk::Chunking;
use crate::repository::envelope::Form;
use crate::repository::error::RepositoryError;
use crate::repository::id::{BlobId, SnapshotId};
use crate::repository::layout::Folder as Objects;
use crate::repository::mode;
use crate::repository::open::Repository;
use crate::repository::pack::FinishedPack;
use crate::repository::snapshot::{Snapshot, Summary};
use crate::repository::tree::{Node, NodeKind};
use crate::repository::write::adopt::adopt;
use crate::repository::write::content::{Content, Whole};
use crate::repository::write::engine::{Change, Engine, Interrupted, Parts, Tuning};
use crate::repository::write::exclude::Exclude;
use crate::repository::write::facts::{SetMeta, Statistics, TreeSummary, Written};
use crate::repository::write::file::FileJob;
use crate::repository::write::folder::{TreeRun, store_tree};
use crate::repository::write::packer::Packer;
use crate::repository::write::places::{Place, Places};
use crate::repository::write::smith::Smith;
use crate::repository::write::upload::{Ledger, upload};
use crate::repository::write::walk::Walk;

/// Files that wait for a worker. Each keeps its folder open, so this bounds open files as well.
const FILES_WAITING: usize = 64;

/// Adds one set. Sources may be added from several threads at once; nothing is part of the
/// repository's history before [`finish`](Self::finish) returns, and a writer that is dropped
/// leaves no more than packs that the next run takes over.
pub struct SetWriter {
    engine: Arc<Engine>,
    threads: Threads,
    parent: Option<Parent>,
    started: Timestamp,
    places: Mutex<Places>,
    me: Whoami,
}

/// The set that this one is compared with.
struct Parent {
    id: SnapshotId,
    tree: BlobId,
    time: Timestamp,
}

/// Ends the threads when dropped.
struct Threads {
    engine: Arc<Engine>,
    workers: Vec<JoinHandle<()>>,
    uploaders: Vec<JoinHandle<()>>,
}

impl SetWriter {
    /// Locks the repository, reads its index and takes over what an interrupted run has left.
    pub fn begin(
        repository: &Repository,
        parent: Option<SnapshotId>,
        cancel: Cancel,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, RepositoryError> {
        Self::begin_tuned(repository, parent, cancel, progress, Tuning::default())
    }

    /// The same with other sizes.
    pub fn begin_tuned(
        repository: &Repository,
        parent: Option<SnapshotId>,
        cancel: Cancel,
        progress: Arc<dyn Progress>,
        tuning: Tuning,
    ) -> Result<Self, RepositoryError> {
        progress.phase("phase-set-open");
        let started = repository.world().clock.now();
        let lock = repository.lock_shared()?;
        let parent = parent.map(|id| Parent::load(repository, id)).transpose()?;
        let mut index = repository.load_index()?;
        // Packs of another writer that is still at work are its own to index.
        let adopted = if lock.was_alone() { adopt(repository, &mut index)? } else { Vec::new() };
        let (packer, packs) = Packer::new(tuning.pack_bytes);
        let (files, jobs) = bounded(FILES_WAITING);
        let repository = repository.clone();
        let ledger = Ledger::default();
        let parts =
            Parts { repository, lock, index, packer, ledger, progress, cancel, tuning, files };
        let engine = Arc::new(Engine::new(parts));
        engine.counters.count_adopted(adopted.len() as u64);
        let mut threads = Threads::new(&engine);
        threads.start_uploaders(&packs)?;
        threads.start_workers(&jobs)?;
        for (pack, blobs) in &adopted {
            engine.ledger.add(&engine, *pack, blobs)?;
        }
        engine.progress.phase("phase-set-read");
        let (places, me) = (Mutex::default(), Whoami::now());
        Ok(Self { engine, threads, parent, started, places, me })
    }

    /// Adds the folder `root` as `into`, such as `media/files`.
    ///
    /// What cannot be read below the root is named in the summary and left out; a root that cannot
    /// be read is an error. Files whose size, times and inode are those of the parent set are not
    /// read. Returns when all of it is stored or on its way to the store.
    pub fn add_tree(
        &self,
        into: &str,
        root: &Path,
        exclude: &[String],
        chunking: Chunking,
    ) -> Result<TreeSummary, RepositoryError> {
        let exclude = Exclude::new(exclude)?;
        self.places().reserve(into)?;
        let started = self.engine.repository.world().clock.now();
        let run = Arc::new(TreeRun {
            root: root.to_owned(),
            exclude,
            cuts: chunking.cuts(),
            parent_time: self.parent.as_ref().map(|parent| parent.time),
            files: 0.into(),
            bytes: 0.into(),
            skipped: Mutex::default(),
        });
        let before = self.before(into).and_then(|node| node.subtree);
        let node = self.with_smith(|smith| {
            let stored = Walk::start(&self.engine, smith, &run, before)?;
            stored.recv().map_err(|_closed| self.engine.take_failure())
        })?;
        self.places().fill(into, node);
        Ok(TreeSummary {
            files: run.files.load(std::sync::atomic::Ordering::Relaxed),
            bytes: run.bytes.load(std::sync::atomic::Ordering::Relaxed),
            started,
            finished: self.engine.repository.world().clock.now(),
            skipped: std::mem::take(
                &mut *run.skipped.lock().unwrap_or_else(PoisonError::into_inner),
            ),
        })
    }

    /// Adds what `source` gives until its end as the file `path`, and returns how many bytes that
    /// were. A stream is always read whole, whatever the parent set holds under its name.
    ///
    /// If the source fails, nothing is added under that path, and other sources may go on.
    pub fn add_stream(
        &self,
        path: &str,
        source: &mut dyn Read,
        chunking: Chunking,
    ) -> Result<u64, RepositoryError> {
        self.places().reserve(path)?;
        let (blobs, size) =
            self.with_smith(|smith| self.read_stream(smith, path, source, chunking))?;
        let change = if self.before(path).is_some() { Change::Changed } else { Change::New };
        self.engine.counters.count_file(change, size);
        self.engine.counters.count_read(size);
        self.engine.progress.advance(1, size);
        let node = Node { size, content: Some(blobs), ..self.own_node(NodeKind::File) };
        self.places().fill(path, node);
        Ok(size)
    }

    /// Adds these bytes as the file `path`.
    pub fn add_bytes(&self, path: &str, mut bytes: &[u8]) -> Result<(), RepositoryError> {
        self.add_stream(path, &mut bytes, Chunking::Database).map(|_size| ())
    }

    /// Makes everything durable, the snapshot last. When this returns, the set can be restored.
    pub fn finish(self, meta: SetMeta) -> Result<Written, RepositoryError> {
        let Self { engine, mut threads, parent, started, places, me } = self;
        engine.progress.phase("phase-set-finish");
        let places = places.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut smith = engine.smith()?;
        let own = |kind| own_node(&engine, &me, started, kind);
        let tree = store_places(&engine, &mut smith, places, &own)?;
        let (key, entropy) = (engine.repository.key(), &*engine.repository.world().entropy);
        engine.packer.flush(key, entropy)?;
        // The index names only packs that are stored, so all uploads end first.
        threads.end_uploaders();
        engine.check()?;
        engine.ledger.flush(&engine)?;
        let statistics = engine.counters.statistics();
        let finished = engine.repository.world().clock.now();
        let snapshot = Snapshot {
            time: started,
            parent: parent.map(|parent| parent.id),
            tree,
            paths: meta.paths,
            hostname: meta.hostname,
            username: me.user,
            uid: me.uid,
            gid: me.gid,
            tags: meta.tags,
            program_version: concat!("duphong ", env!("CARGO_PKG_VERSION")).to_owned(),
            summary: Some(summary(&statistics, started, finished)),
        };
        engine.lock.ensure()?;
        let id = engine.repository.put_document(Objects::Snapshots, Form::Compressed, &snapshot)?;
        Ok(Written { id: SnapshotId(id), time: started, statistics })
    }

    fn read_stream(
        &self,
        smith: &mut Smith,
        path: &str,
        source: &mut dyn Read,
        chunking: Chunking,
    ) -> Result<(Vec<BlobId>, u64), RepositoryError> {
        let content = Content::new();
        let size = match self.engine.feed(smith, source, &chunking.cuts(), &content) {
            Ok(size) => size,
            Err(interrupted) => {
                content.close(&self.engine, smith, None);
                return Err(match interrupted {
                    Interrupted::Run(error) => error,
                    Interrupted::Source(source) => {
                        RepositoryError::Stream { path: path.to_owned(), source }
                    }
                });
            }
        };
        let (waiting, stored) = bounded(1);
        content.close(&self.engine, smith, Some(Whole::Stream(waiting)));
        let blobs = stored.recv().map_err(|_closed| self.engine.take_failure())?;
        Ok((blobs, size))
    }

    /// What the parent set has at this path.
    fn before(&self, path: &str) -> Option<Node> {
        let mut tree = self.parent.as_ref()?.tree;
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let folder = self.engine.repository.load_tree(&self.engine.index, &tree).ok()?;
            let node = folder.find(part.as_bytes())?;
            if parts.peek().is_none() {
                return Some(node.clone());
            }
            tree = node.subtree?;
        }
        None
    }

    fn with_smith<T>(
        &self,
        work: impl FnOnce(&mut Smith) -> Result<T, RepositoryError>,
    ) -> Result<T, RepositoryError> {
        self.engine.check()?;
        let mut smith = self.engine.smith()?;
        let done = work(&mut smith);
        self.engine.give_back(smith);
        done
    }

    fn own_node(&self, kind: NodeKind) -> Node {
        own_node(&self.engine, &self.me, self.started, kind)
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for SetWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetWriter").field("started", &self.started).finish_non_exhaustive()
    }
}

impl Parent {
    fn load(repository: &Repository, id: SnapshotId) -> Result<Self, RepositoryError> {
        let Snapshot { tree, time, .. } = repository.snapshot(&id)?;
        Ok(Self { id, tree, time })
    }
}

impl Threads {
    fn new(engine: &Arc<Engine>) -> Self {
        Self { engine: Arc::clone(engine), workers: Vec::new(), uploaders: Vec::new() }
    }

    fn start_uploaders(
        &mut self,
        packs: &Receiver<Option<FinishedPack>>,
    ) -> Result<(), RepositoryError> {
        for _ in 0..self.engine.tuning.uploads.max(1) {
            let (engine, packs) = (Arc::clone(&self.engine), packs.clone());
            self.uploaders.push(spawn("upload", move || upload(&engine, &packs))?);
        }
        Ok(())
    }

    fn start_workers(&mut self, jobs: &Receiver<Option<FileJob>>) -> Result<(), RepositoryError> {
        for _ in 0..self.engine.tuning.workers.max(1) {
            let (engine, jobs) = (Arc::clone(&self.engine), jobs.clone());
            self.workers.push(spawn("save", move || engine.work(&jobs))?);
        }
        Ok(())
    }

    fn end_workers(&mut self) {
        for _ in &self.workers {
            // A worker that is gone needs no telling.
            let _gone = self.engine.files.send(None);
        }
        join(&mut self.workers);
    }

    fn end_uploaders(&mut self) {
        for _ in &self.uploaders {
            self.engine.packer.end_one();
        }
        join(&mut self.uploaders);
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // Workers first: they hand packs to the uploaders.
        self.end_workers();
        self.end_uploaders();
    }
}

fn join(threads: &mut Vec<JoinHandle<()>>) {
    for thread in threads.drain(..) {
        // Panics of work are caught and told where it is done.
        let _ended = thread.join();
    }
}

fn spawn(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, RepositoryError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(RepositoryError::Thread)
}

/// The node of what exists in the set only.
fn own_node(engine: &Engine, me: &Whoami, time: Timestamp, kind: NodeKind) -> Node {
    let mode = if kind == NodeKind::Dir { 0o040_755 } else { 0o100_600 };
    Node {
        kind,
        mode: mode::from_unix(mode),
        mtime: time,
        atime: time,
        ctime: time,
        uid: me.uid,
        gid: me.gid,
        user: me.user.clone(),
        group: engine.accounts.group(me.gid),
        ..Node::default()
    }
}

/// Stores the folders that exist in the set only, from the bottom; returns the root.
fn store_places(
    engine: &Engine,
    smith: &mut Smith,
    places: Places,
    own: &dyn Fn(NodeKind) -> Node,
) -> Result<BlobId, RepositoryError> {
    let mut nodes = Vec::new();
    for (name, place) in places.into_entries() {
        nodes.push(match place {
            Place::Folder(below) => {
                let subtree = Some(store_places(engine, smith, below, own)?);
                Node { name, subtree, ..own(NodeKind::Dir) }
            }
            Place::Node(node) => *node,
            Place::Taken => continue,
        });
    }
    store_tree(engine, smith, nodes)
}

fn summary(statistics: &Statistics, started: Timestamp, finished: Timestamp) -> Summary {
    let Statistics { files_new, files_changed, files_unchanged, .. } = *statistics;
    Summary {
        backup_start: started,
        backup_end: finished,
        files_new,
        files_changed,
        files_unmodified: files_unchanged,
        dirs_new: statistics.dirs_new,
        dirs_changed: statistics.dirs_changed,
        dirs_unmodified: statistics.dirs_unchanged,
        data_blobs: statistics.data_blobs,
        tree_blobs: statistics.tree_blobs,
        data_added: statistics.bytes_added,
        data_added_packed: statistics.bytes_stored,
        total_files_processed: files_new + files_changed + files_unchanged,
        total_bytes_processed: statistics.bytes_total,
    }
}
