//! Adding a set to a repository.

pub(super) mod arrivals;

use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::bounded;
use jiff::Timestamp;

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::account::Whoami;
use crate::repository::blob::BlobOpener;
use crate::repository::chunk::Chunking;
use crate::repository::envelope::Form;
use crate::repository::error::RepositoryError;
use crate::repository::id::{BlobId, PackId, SnapshotId};
use crate::repository::layout::Folder as Objects;
use crate::repository::mode;
use crate::repository::open::Repository;
use crate::repository::snapshot::{Snapshot, Summary};
use crate::repository::tree::{Node, NodeKind};
use crate::repository::write::changes::Changes;
use crate::repository::write::content::{Content, Whole};
use crate::repository::write::counters::Change;
use crate::repository::write::engine::{Engine, Interrupted, Parts, Reader, Tuning};
use crate::repository::write::exclude::Exclude;
use crate::repository::write::facts::{SetMeta, Statistics, TreeSummary, Written};
use crate::repository::write::folder::{Seen, TreeRun, store_tree};
use crate::repository::write::places::{Place, Places};
use crate::repository::write::seal::{Seal, Sealing};
use crate::repository::write::smith::Smith;
use crate::repository::write::target::{Parent, Prepared, Target};
use crate::repository::write::threads::{Uploaders, Workers};
use crate::repository::write::walk::{BATCH_FILES, Walk};

/// Files that wait for a worker. Each keeps its folder open, so this bounds open files as well.
const FILES_WAITING: usize = 128;

/// Packs of one repository that are stored at the same time, where a run feeds several: each costs
/// the memory of a pack, and the stores already work side by side.
const UPLOADS_OF_MANY: usize = 1;

/// Adds one set, to one repository or to several at once. Sources may be added from several threads
/// at once; nothing is part of a repository's history before [`finish`](Self::finish) returns, and a
/// writer that is dropped leaves no more than packs that the next run takes over.
///
/// Several repositories must cut alike ([`Repository::polynomial`]). One that fails takes no part in
/// the rest and stops no other; the run fails when none is left.
pub struct SetWriter {
    engine: Arc<Engine>,
    /// Ended before the uploaders, to whom they hand packs.
    workers: Workers,
    uploaders: Vec<Uploaders>,
    /// The target whose parent set is the newest: unchanged files are recognized against it.
    parents: Option<usize>,
    started: Timestamp,
    places: Mutex<Places>,
    me: Whoami,
}

/// Is asked before a snapshot is written, with the number of the repository and the packs that it now
/// has: if it fails, there is no set in that repository.
pub type LastOfEach<'l> = dyn FnMut(usize, &[PackId]) -> Result<(), RepositoryError> + 'l;

/// A folder of the parent set cannot be read.
struct Unread;

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
        let prepared = Prepared::new(repository, parent)?;
        Self::begin_each(vec![prepared], started, cancel, progress, tuning)
    }

    /// Writes to several repositories at once a set that began at `started`.
    pub fn begin_each(
        prepared: Vec<Prepared>,
        started: Timestamp,
        cancel: Cancel,
        progress: Arc<dyn Progress>,
        tuning: Tuning,
    ) -> Result<Self, RepositoryError> {
        let Some(first) = prepared.first() else {
            return Err(RepositoryError::Bug("a set without a repository to go to"));
        };
        let (polynomial, world) = (first.repository.polynomial(), first.repository.world().clone());
        if prepared.iter().any(|one| one.repository.polynomial() != polynomial) {
            return Err(RepositoryError::Bug("repositories that cut differently share a run"));
        }
        let uploads = if prepared.len() == 1 { tuning.uploads.max(1) } else { UPLOADS_OF_MANY };
        let (mut targets, mut uploaders) = (Vec::new(), Vec::new());
        for one in prepared {
            let (target, packs) = one.open(tuning.pack_bytes, uploads);
            let target = Arc::new(target);
            uploaders.push(Uploaders::start(&target, &packs, uploads)?);
            targets.push(target);
        }
        let newest = targets.iter().enumerate().rev();
        let parents = newest
            .filter_map(|(number, target)| Some((target.parent.as_ref()?.time, number)))
            // Of equal ones the last is taken, which is the first target.
            .max_by_key(|(time, _)| *time)
            .map(|(_, number)| number);
        let (files, jobs) = bounded(FILES_WAITING / BATCH_FILES);
        let parts = Parts { targets, polynomial, world, progress, cancel, tuning, files };
        let engine = Arc::new(Engine::new(parts));
        let workers = Workers::start(&engine, &jobs)?;
        engine.progress.phase("phase-set-read");
        let (places, me) = (Mutex::default(), Whoami::now());
        Ok(Self { engine, workers, uploaders, parents, started, places, me })
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
        self.add_tree_as(into, root, exclude, chunking, Sealing::default(), None)
    }

    /// The same, with files that are sealed before they are stored, and telling `seen` of every file
    /// by the path that it is stored under.
    pub fn add_tree_as(
        &self,
        into: &str,
        root: &Path,
        exclude: &[String],
        chunking: Chunking,
        sealing: Sealing,
        seen: Option<Seen>,
    ) -> Result<TreeSummary, RepositoryError> {
        let exclude = Exclude::new(exclude)?;
        self.places().reserve(into)?;
        let started = self.engine.world.clock.now();
        let parents = Arc::clone(&self.engine.targets[self.parents.unwrap_or(0)]);
        let run = Arc::new(TreeRun {
            root: root.to_owned(),
            exclude,
            cuts: chunking.cuts(),
            parent_time: self.parent().map(|parent| parent.time),
            files: 0.into(),
            bytes: 0.into(),
            plain_bytes: 0.into(),
            sealed_bytes: 0.into(),
            skipped: Mutex::default(),
            changes: Changes::default(),
            seen,
            parents,
            seals: sealing.seals,
        });
        let before = self.before(into);
        let is_unread = before.is_err();
        if is_unread {
            run.changes.unread();
        }
        let before = before.ok().flatten().filter(|_| !sealing.afresh);
        let before = before.and_then(|node| node.subtree);
        if before.is_some() || is_unread {
            run.changes.compare();
        }
        let node = self.with_smith(|smith| {
            let stored = Walk::start(&self.engine, smith, &run.parents, &run, before)?;
            stored.recv().map_err(|_closed| RepositoryError::GivenUp)
        })?;
        self.places().fill(into, node);
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Ok(TreeSummary {
            files: get(&run.files),
            bytes: get(&run.bytes),
            sealed_bytes: get(&run.sealed_bytes),
            plain_bytes: get(&run.plain_bytes),
            started,
            finished: self.engine.world.clock.now(),
            skipped: std::mem::take(
                &mut *run.skipped.lock().unwrap_or_else(PoisonError::into_inner),
            ),
            changes: run.changes.total(),
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
        let change =
            if matches!(self.before(path), Ok(Some(_))) { Change::Changed } else { Change::New };
        self.engine.counters.count_file(change, size);
        self.engine.counters.count_read(size);
        self.engine.progress.advance(1, 0);
        let node = Node { size, content: Some(blobs), ..self.own_node(NodeKind::File) };
        self.places().fill(path, node);
        Ok(size)
    }

    /// The same with what `source` becomes when it is sealed; `path` is the plain name's. Returns how
    /// many bytes were stored, or nothing if there is no name for the sealed file.
    pub fn add_sealed_stream(
        &self,
        path: &str,
        source: &mut dyn Read,
        seal: &dyn Seal,
    ) -> Result<Option<u64>, RepositoryError> {
        let (folder, name) = path.rsplit_once('/').map_or(("", path), |(a, b)| (a, b));
        let Some(name) = seal.name(name.as_bytes()).and_then(|name| String::from_utf8(name).ok())
        else {
            return Ok(None);
        };
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        let refused = |source| RepositoryError::Stream { path: path.clone(), source };
        let mut sealed = seal.seal(source).map_err(refused)?;
        self.add_stream(&path, &mut *sealed, Chunking::Sealed).map(Some)
    }

    /// A small file of the parent set, such as its manifest; nothing if there is none, or if it
    /// cannot be read or is longer than `most` bytes.
    pub fn parent_file(&self, path: &str, most: u64) -> Option<Vec<u8>> {
        let node = self.before(path).ok().flatten().filter(|node| node.size <= most)?;
        let parents = &self.engine.targets[self.parents?];
        let mut opener = BlobOpener::new().ok()?;
        let mut bytes = Vec::new();
        for id in node.content? {
            bytes.extend(parents.piece(&id, &mut opener)?);
            if bytes.len() as u64 > most {
                return None;
            }
        }
        Some(bytes)
    }

    /// Adds these bytes as the file `path`.
    pub fn add_bytes(&self, path: &str, mut bytes: &[u8]) -> Result<(), RepositoryError> {
        self.add_stream(path, &mut bytes, Chunking::Database).map(|_size| ())
    }

    /// Makes everything durable, the snapshot last. When this returns, the set can be restored.
    ///
    /// Of several repositories the first is told of; [`finish_each`](Self::finish_each) tells of all.
    pub fn finish(self, meta: SetMeta) -> Result<Written, RepositoryError> {
        self.finish_after(meta, &mut |_packs| Ok(()))
    }

    /// The same, but before the snapshot is written `last` is asked, with the packs that the
    /// repository now has: if it fails, there is no set.
    #[expect(clippy::needless_pass_by_value, reason = "a set is finished once, as by `finish`")]
    pub fn finish_after(
        self,
        meta: SetMeta,
        last: &mut dyn FnMut(&[PackId]) -> Result<(), RepositoryError>,
    ) -> Result<Written, RepositoryError> {
        let each = self.finish_each(&meta, &mut |_number, packs| last(packs));
        each.into_iter().next().unwrap_or(Err(RepositoryError::GivenUp))
    }

    /// Makes everything durable in every repository that has not failed, and says of each what came
    /// of it, in their order. `last` is given the number of the repository too.
    pub fn finish_each(
        mut self,
        meta: &SetMeta,
        last: &mut LastOfEach<'_>,
    ) -> Vec<Result<Written, RepositoryError>> {
        self.engine.progress.phase("phase-set-finish");
        let tree = match self.complete() {
            Ok(tree) => tree,
            Err(error) => return self.all_failed(error),
        };
        let targets = self.engine.targets.iter().enumerate();
        let each = targets.map(|(number, target)| {
            let written = self.conclude(target, tree, meta, &mut |packs| last(number, packs));
            // Of what was given up the reason lies elsewhere.
            written.map_err(|error| match error {
                RepositoryError::GivenUp => target.take_fault().unwrap_or(error),
                error => error,
            })
        });
        each.collect()
    }

    /// Ends without a set, and says of each repository why: nothing where it has not failed itself.
    pub fn give_up(self) -> Vec<Option<RepositoryError>> {
        self.engine.targets.iter().map(|target| target.take_fault()).collect()
    }

    /// Of each target its own reason; of the others the reason of the run, which the first has.
    fn all_failed(self, error: RepositoryError) -> Vec<Result<Written, RepositoryError>> {
        let mut shared = Some(self.engine.tell(error));
        let mut own = |fault: Option<RepositoryError>| {
            Err(fault.or_else(|| shared.take()).unwrap_or(RepositoryError::GivenUp))
        };
        self.engine.targets.iter().map(|target| own(target.take_fault())).collect()
    }

    /// Stores what is left of blobs and packs.
    fn complete(&mut self) -> Result<BlobId, RepositoryError> {
        let engine = &self.engine;
        engine.check()?;
        let places = std::mem::take(&mut *self.places());
        let tree = {
            let mut smith = engine.smith()?;
            let nodes = self.place_nodes(&mut smith, places)?;
            store_tree(engine, &mut smith, nodes)?
        };
        // A blob counts as there as soon as one thread has taken it upon itself, and nobody waits for
        // the blobs of what was read in vain: all of them are in packs before the packs are closed.
        self.workers.end();
        for target in self.engine.going() {
            if let Err(error) = target.flush() {
                target.fail(error);
            }
        }
        // The index names only packs that are stored, so all uploads end first.
        self.uploaders.iter_mut().for_each(Uploaders::end);
        self.engine.check()?;
        Ok(tree)
    }

    /// Index and snapshot of one target.
    fn conclude(
        &self,
        target: &Target,
        tree: BlobId,
        meta: &SetMeta,
        last: &mut dyn FnMut(&[PackId]) -> Result<(), RepositoryError>,
    ) -> Result<Written, RepositoryError> {
        target.check()?;
        // A wish to stop that came while another target was concluded.
        self.engine.check().map_err(|error| self.engine.tell(error))?;
        target.ledger.flush(target)?;
        last(&target.packs())?;
        let statistics = self.engine.counters.statistics(&target.stored);
        let parent = target.parent.as_ref().map(|parent| parent.id);
        let snapshot = self.snapshot(tree, parent, meta.clone(), &statistics);
        target.lock.ensure()?;
        let id = target.repository.put_document(Objects::Snapshots, Form::Compressed, &snapshot)?;
        Ok(Written { id: SnapshotId(id), time: snapshot.time, statistics })
    }

    fn snapshot(
        &self,
        tree: BlobId,
        parent: Option<SnapshotId>,
        meta: SetMeta,
        statistics: &Statistics,
    ) -> Snapshot {
        let finished = self.engine.world.clock.now();
        Snapshot {
            time: self.started,
            parent,
            tree,
            paths: meta.paths,
            hostname: meta.hostname,
            username: self.me.user.clone(),
            uid: self.me.uid,
            gid: self.me.gid,
            tags: meta.tags,
            program_version: concat!("duphong ", env!("CARGO_PKG_VERSION")).to_owned(),
            summary: Some(summary(statistics, self.started, finished)),
            original: None,
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
        let content = Content::new(chunking == Chunking::Sealed);
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
    fn before(&self, path: &str) -> Result<Option<Node>, Unread> {
        let target = self.parents.map(|parents| &self.engine.targets[parents]);
        let Some((target, parent)) = target.and_then(|one| Some((one, one.parent.as_ref()?)))
        else {
            return Ok(None);
        };
        let mut tree = parent.tree;
        let mut parts = path.split('/').peekable();
        let mut opener = BlobOpener::new().map_err(|_| Unread)?;
        while let Some(part) = parts.next() {
            let folder = target.folder(&tree, &mut opener).ok_or(Unread)?;
            let Some(node) = folder.find(part.as_bytes()) else { return Ok(None) };
            if parts.peek().is_none() {
                return Ok(Some(node.clone()));
            }
            let Some(below) = node.subtree else { return Ok(None) };
            tree = below;
        }
        Ok(None)
    }

    /// The set that this one is compared with.
    fn parent(&self) -> Option<&Parent> {
        self.engine.targets[self.parents?].parent.as_ref()
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
