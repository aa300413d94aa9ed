//! A folder of a tree while its children are worked on.
//!
//! Whoever completes the last child turns the folder into a tree blob and completes the folder in
//! its parent, up to the root. No thread waits for another.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;
use jiff::Timestamp;

use crate::base::manifest::Skipped;
use crate::repository::blob::BlobKind;
use crate::repository::chunk::Cuts;
use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::tree::{Node, Tree};
use crate::repository::write::changes::{Changes, ending};
use crate::repository::write::engine::{Engine, guard};
use crate::repository::write::exclude::Exclude;
use crate::repository::write::seal::Seals;
use crate::repository::write::smith::Smith;
use crate::repository::write::target::Target;

/// Is told the path, relative to the root, of every regular file that goes into the set; by several
/// threads at once, and in no order.
pub type Seen = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// One walk over one root, shared by its folders.
pub(super) struct TreeRun {
    pub(super) root: PathBuf,
    pub(super) exclude: Exclude,
    pub(super) cuts: Cuts,
    /// When the parent set began, if there is one.
    pub(super) parent_time: Option<Timestamp>,
    pub(super) files: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) plain_bytes: AtomicU64,
    pub(super) sealed_bytes: AtomicU64,
    pub(super) skipped: Mutex<Vec<Skipped>>,
    pub(super) changes: Changes,
    /// Who is told of every file that is in the set.
    pub(super) seen: Option<Seen>,
    /// The target that holds the parent set.
    pub(super) parents: Arc<Target>,
    pub(super) seals: Seals,
}

impl TreeRun {
    /// Notes something that is not in the set, or not as it should be.
    pub(super) fn skip(&self, path: &[u8], reason: impl std::fmt::Display) {
        let path = self.root.join(as_path(path)).display().to_string();
        let skipped = Skipped { path, reason: reason.to_string() };
        self.skipped.lock().unwrap_or_else(PoisonError::into_inner).push(skipped);
    }

    /// Counts a file that is in the set, with its bytes as they are stored and as they were read; its
    /// path is asked for only where somebody wants it.
    pub(super) fn count(&self, stored: u64, plain: u64, path: impl FnOnce() -> Vec<u8>) {
        self.files.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(stored, Ordering::Relaxed);
        self.plain_bytes.fetch_add(plain, Ordering::Relaxed);
        if let Some(seen) = &self.seen {
            seen(&path());
        }
    }
}

/// Bytes of a file system as a path.
pub(in crate::repository) fn as_path(bytes: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt as _;
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}

/// A folder whose children are not all known yet.
pub(super) struct Folder {
    pub(super) run: Arc<TreeRun>,
    /// Relative to the root; empty for the root.
    pub(super) path: Vec<u8>,
    /// The open folder itself: children are opened relative to it, so that nobody can lead us
    /// elsewhere by exchanging a folder above for a link.
    pub(super) dir: OwnedFd,
    up: Up,
    node: Node,
    /// The same folder in the parent set.
    before: Option<Before>,
    /// Names of files that it has and that are not here any more, in order.
    gone: Vec<Vec<u8>>,
    children: Mutex<Children>,
    /// Children that are not known yet, and one for the walker until it has seen all.
    open: AtomicUsize,
}

/// A folder of the parent set.
pub(super) struct Before {
    pub(super) id: BlobId,
    /// `None`: it cannot be read.
    pub(super) tree: Option<Tree>,
}

/// What is known of the children so far.
#[derive(Default)]
struct Children {
    /// Those that are as they were, by their place in the folder of the parent set.
    same: Vec<usize>,
    others: Vec<Node>,
}

/// Where a finished folder goes.
pub(super) enum Up {
    /// Into the folder above.
    Folder(Arc<Folder>),
    /// To whoever waits for the root.
    Root(Sender<Node>),
}

impl Folder {
    /// A folder that is open until the walker completes it with nothing.
    pub(super) fn new(
        run: Arc<TreeRun>,
        path: Vec<u8>,
        dir: OwnedFd,
        node: Node,
        before: Option<Before>,
        gone: Vec<Vec<u8>>,
        up: Up,
    ) -> Arc<Self> {
        let (children, open) = (Mutex::default(), AtomicUsize::new(1));
        Arc::new(Self { run, path, dir, up, node, before, gone, children, open })
    }

    /// The path of a child, relative to the root.
    pub(super) fn path_of(&self, name: &[u8]) -> Vec<u8> {
        if self.path.is_empty() {
            return name.to_vec();
        }
        [&self.path, name].join(&b'/')
    }

    /// Expects one more child, to be given to [`complete`](Self::complete) exactly once.
    pub(super) fn expect(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    /// The folder of the parent set, where it can be read.
    pub(super) fn parent_tree(&self) -> Option<&Tree> {
        self.before.as_ref()?.tree.as_ref()
    }

    /// The ending by which a name differs from that of a file which is gone.
    pub(super) fn renamed_by<'n>(&self, name: &'n [u8]) -> Option<&'n [u8]> {
        let (stem, ending) = ending(name)?;
        self.gone.binary_search_by(|gone| gone.as_slice().cmp(stem)).is_ok().then_some(ending)
    }

    /// Adds a child that is known at once.
    pub(super) fn add(&self, child: Node) {
        let before = self.parent_tree().and_then(|tree| tree.place(&child.name).zip(Some(tree)));
        match before {
            Some((place, tree)) if tree.nodes()[place] == child => self.add_same(place),
            _ => self.children().others.push(child),
        }
    }

    /// Adds a child that is as it was, by its place in the folder of the parent set.
    pub(super) fn add_same(&self, place: usize) {
        self.children().same.push(place);
    }

    fn children(&self) -> MutexGuard<'_, Children> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Completes one expected child: a node, or nothing if it was skipped or failed.
    pub(super) fn complete(
        self: &Arc<Self>,
        engine: &Engine,
        smith: &mut Smith,
        node: Option<Node>,
    ) {
        let mut folder = Arc::clone(self);
        let mut child = node;
        loop {
            if let Some(child) = child.take() {
                folder.add(child);
            }
            if folder.open.fetch_sub(1, Ordering::AcqRel) != 1 {
                return;
            }
            // After a failure nothing is stored any more, but everyone above is still told.
            if !engine.has_failed() {
                child = engine.note(guard(|| folder.assemble(engine, smith)));
            }
            folder = match &folder.up {
                Up::Folder(above) => Arc::clone(above),
                Up::Root(waiting) => {
                    // Without a node the sender is dropped, which is an answer too.
                    if let Some(node) = child.take() {
                        // Whoever waited may have failed meanwhile.
                        let _gone = waiting.send(node);
                    }
                    return;
                }
            };
        }
    }

    fn assemble(&self, engine: &Engine, smith: &mut Smith) -> Result<Node, RepositoryError> {
        let Children { same, others } = std::mem::take(&mut *self.children());
        let tree = if let Some(before) = self.unchanged(engine, &same, &others) {
            before
        } else {
            let before = self.parent_tree().map_or(&[][..], Tree::nodes);
            let same = same.into_iter().filter_map(|place| before.get(place).cloned());
            store_tree(engine, smith, same.chain(others).collect())?
        };
        engine.counters.count_folder(self.before.as_ref().map(|before| before.id), tree);
        Ok(Node { subtree: Some(tree), ..self.node.clone() })
    }

    /// The tree of the parent set, if nothing in it has changed, been added or removed: it need not
    /// be written again to be found equal.
    fn unchanged(&self, engine: &Engine, same: &[usize], others: &[Node]) -> Option<BlobId> {
        let Before { id, tree } = self.before.as_ref()?;
        let whole = others.is_empty() && same.len() == tree.as_ref()?.nodes().len();
        (whole && engine.has(BlobKind::Tree, id)).then_some(*id)
    }
}

/// Stores a folder of these nodes.
pub(super) fn store_tree(
    engine: &Engine,
    smith: &mut Smith,
    nodes: Vec<Node>,
) -> Result<BlobId, RepositoryError> {
    let mut json = Vec::new();
    Tree::new(nodes).write(&mut json).map_err(|source| RepositoryError::SelfCheck { source })?;
    engine.store(smith, BlobKind::Tree, &json)
}
