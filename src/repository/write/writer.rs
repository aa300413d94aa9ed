//! Adding a set to a repository.

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::bounded;
use jiff::Timestamp;

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::account::Whoami;
use crate::repository::chunk::Chunking;
use crate::repository::envelope::Form;
use crate::repository::error::RepositoryError;
use crate::repository::id::{BlobId, PackId, SnapshotId};
use crate::repository::layout::Folder as Objects;
use crate::repository::mode;
use crate::repository::open::Repository;
use crate::repository::snapshot::{Snapshot, Summary};
use crate::repository::tree::{Node, NodeKind};
use crate::repository::write::content::{Content, Whole};
use crate::repository::write::counters::Change;
use crate::repository::write::engine::{Engine, Interrupted, Parts, Reader, Tuning};
use crate::repository::write::exclude::Exclude;
use crate::repository::write::facts::{SetMeta, Statistics, TreeSummary, Written};
use crate::repository::write::folder::{TreeRun, store_tree};
use crate::repository::write::packer::Packer;
use crate::repository::write::places::{Place, Places};
use crate::repository::write::smith::Smith;
use crate::repository::write::stock::{Stock, take_stock};
use crate::repository::write::threads::Threads;
use crate::repository::write::upload::Ledger;
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
        let Stock { index, adopted, missing } = take_stock(repository, lock.was_alone())?;
        let (packer, packs) = Packer::new(tuning.pack_bytes, tuning.uploads.max(1));
        let (files, jobs) = bounded(FILES_WAITING);
        let repository = repository.clone();
        let ledger = Ledger::default();
        let parts =
            Parts { repository, lock, index, packer, ledger, progress, cancel, tuning, files };
        let engine = Arc::new(Engine::new(parts));
        engine.counters.count_packs(adopted.len(), missing);
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
            stored.recv().map_err(|_closed| RepositoryError::GivenUp)
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
        self.engine.progress.advance(1, 0);
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
        self.finish_after(meta, &mut |_packs| Ok(()))
    }

    /// The same, but before the snapshot is written `last` is asked, with the packs that the
    /// repository now has: if it fails, there is no set.
    pub fn finish_after(
        mut self,
        meta: SetMeta,
        last: &mut dyn FnMut(&[PackId]) -> Result<(), RepositoryError>,
    ) -> Result<Written, RepositoryError> {
        self.engine.progress.phase("phase-set-finish");
        self.complete(meta, last).map_err(|error| self.engine.tell(error))
    }

    fn complete(
        &mut self,
        meta: SetMeta,
        last: &mut dyn FnMut(&[PackId]) -> Result<(), RepositoryError>,
    ) -> Result<Written, RepositoryError> {
        let engine = &self.engine;
        engine.check()?;
        let places = std::mem::take(&mut *self.places());
        let tree = {
            let mut smith = engine.smith()?;
            let nodes = self.place_nodes(&mut smith, places)?;
            store_tree(engine, &mut smith, nodes)?
        };
        engine.packer.flush(engine.repository.key(), &*engine.repository.world().entropy)?;
        // The index names only packs that are stored, so all uploads end first.
        self.threads.end_uploaders();
        engine.check()?;
        engine.ledger.flush(engine)?;
        let mut packs = engine.ledger.noted();
        packs.extend(engine.index.packs());
        last(&packs)?;
        let statistics = engine.counters.statistics();
        let snapshot = self.snapshot(tree, meta, &statistics);
        engine.lock.ensure()?;
        let id = engine.repository.put_document(Objects::Snapshots, Form::Compressed, &snapshot)?;
        Ok(Written { id: SnapshotId(id), time: snapshot.time, statistics })
    }

    fn snapshot(&self, tree: BlobId, meta: SetMeta, statistics: &Statistics) -> Snapshot {
        let finished = self.engine.repository.world().clock.now();
        Snapshot {
            time: self.started,
            parent: self.parent.as_ref().map(|parent| parent.id),
            tree,
            paths: meta.paths,
            hostname: meta.hostname,
            username: self.me.user.clone(),
            uid: self.me.uid,
            gid: self.me.gid,
            tags: meta.tags,
            program_version: concat!("duphong ", env!("CARGO_PKG_VERSION")).to_owned(),
            summary: Some(summary(statistics, self.started, finished)),
        }
    }

    /// The nodes of a folder that exists in the set only; folders of it in which nothing is, as
    /// after a source that failed, are left out.
    fn place_nodes(&self, smith: &mut Smith, places: Places) -> Result<Vec<Node>, RepositoryError> {
        let mut nodes = Vec::new();
        for (name, place) in places.into_entries() {
            match place {
                Place::Folder(below) => {
                    let below = self.place_nodes(smith, below)?;
                    if !below.is_empty() {
                        let subtree = Some(store_tree(&self.engine, smith, below)?);
                        nodes.push(Node { name, subtree, ..self.own_node(NodeKind::Dir) });
                    }
                }
                Place::Node(node) => nodes.push(*node),
                Place::Taken => {}
            }
        }
        Ok(nodes)
    }

    fn read_stream(
        &self,
        smith: &mut Smith,
        path: &str,
        source: &mut dyn Read,
        chunking: Chunking,
    ) -> Result<(Vec<BlobId>, u64), RepositoryError> {
        let content = Content::new();
        let size = match self.engine.feed(smith, Reader::Source, source, &chunking.cuts(), &content)
        {
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
        let blobs = stored.recv().map_err(|_closed| RepositoryError::GivenUp)?;
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
        let mut smith = self.engine.smith()?;
        let done = self.engine.check().and_then(|()| work(&mut smith));
        self.engine.give_back(smith);
        done.map_err(|error| self.engine.tell(error))
    }

    /// The node of what exists in the set only.
    fn own_node(&self, kind: NodeKind) -> Node {
        let mode = if kind == NodeKind::Dir { 0o040_755 } else { 0o100_600 };
        Node {
            kind,
            mode: mode::from_unix(mode),
            mtime: self.started,
            atime: self.started,
            ctime: self.started,
            uid: self.me.uid,
            gid: self.me.gid,
            user: self.me.user.clone(),
            group: self.engine.accounts.group(self.me.gid),
            ..Node::default()
        }
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
