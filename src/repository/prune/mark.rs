//! Marking all that folders lead to, on several threads: a store that is far away answers many
//! questions in the time of one, and a portal has hundreds of thousands of folders.
//!
//! Memory: one bit a blob, the ids of the folders that wait, and one folder for each thread.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::blob::{BlobKind, BlobOpener};
use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::index::Index;
use crate::repository::open::Repository;
use crate::repository::prune::bits::Bits;
use crate::repository::threads::in_parallel;
use crate::repository::tree::Tree;

/// Marks in `needed` these folders and all below them; what is marked already was gone through.
///
/// A folder that cannot be read, or a blob that no index knows, is an error that names it. The
/// marks are worth nothing then.
pub(in crate::repository) fn mark(
    repository: &Repository,
    index: &Index,
    needed: &mut Bits,
    roots: &[BlobId],
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(), RepositoryError> {
    let state = State { needed, waiting: Vec::new(), met: 0, busy: 0, stopped: false };
    let walk = Walk {
        repository,
        index,
        progress,
        cancel,
        state: Mutex::new(state),
        changed: Condvar::new(),
    };
    let roots = roots.iter().map(|id| Ok((number(index, BlobKind::Tree, id)?, *id)));
    walk.take_in(&[], &roots.collect::<Result<Vec<_>, RepositoryError>>()?);
    in_parallel(|| walk.work()).into_iter().collect()
}

fn number(index: &Index, kind: BlobKind, id: &BlobId) -> Result<usize, RepositoryError> {
    index.number(kind, id).ok_or(RepositoryError::BlobUnknown { kind, id: *id })
}

struct Walk<'a> {
    repository: &'a Repository,
    index: &'a Index,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
    state: Mutex<State<'a>>,
    /// Something waits, or nobody is at work any more.
    changed: Condvar,
}

struct State<'a> {
    needed: &'a mut Bits,
    /// Marked, and not gone through yet.
    waiting: Vec<BlobId>,
    /// Folders that were marked so far.
    met: u64,
    /// Threads that go through a folder: what is below it is not waiting yet.
    busy: usize,
    stopped: bool,
}

/// A thread's going through one folder. However it ends, the others hear of it.
struct Turn<'w, 'a> {
    walk: &'w Walk<'a>,
    done: bool,
}

impl Drop for Turn<'_, '_> {
    fn drop(&mut self) {
        let mut state = self.walk.state();
        state.busy -= 1;
        state.stopped |= !self.done;
        self.walk.changed.notify_all();
    }
}

impl<'a> Walk<'a> {
    fn work(&self) -> Result<(), RepositoryError> {
        let mut opener =
            BlobOpener::new().map_err(|source| RepositoryError::SelfCheck { source })?;
        let mut plain = Vec::new();
        while let Some((id, mut turn)) = self.next() {
            if self.cancel.is_cancelled() {
                return Err(RepositoryError::Cancelled);
            }
            self.look_into(&id, &mut opener, &mut plain)?;
            turn.done = true;
            self.progress.advance(1, 0);
        }
        Ok(())
    }

    /// The next folder to go through; `None` once there can be none any more.
    fn next(&self) -> Option<(BlobId, Turn<'_, 'a>)> {
        let mut state = self.state();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(id) = state.waiting.pop() {
                state.busy += 1;
                return Some((id, Turn { walk: self, done: false }));
            }
            if state.busy == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn look_into(
        &self,
        id: &BlobId,
        opener: &mut BlobOpener,
        plain: &mut Vec<u8>,
    ) -> Result<(), RepositoryError> {
        self.repository.load_into(self.index, BlobKind::Tree, id, opener, plain)?;
        let tree =
            Tree::parse(plain).map_err(RepositoryError::damaged(format_args!("tree {id}")))?;
        let mut content = Vec::new();
        let mut folders = Vec::new();
        for node in tree.into_nodes() {
            for blob in node.content.iter().flatten() {
                content.push(number(self.index, BlobKind::Data, blob)?);
            }
            if let Some(below) = node.subtree {
                folders.push((number(self.index, BlobKind::Tree, &below)?, below));
            }
        }
        self.take_in(&content, &folders);
        Ok(())
    }

    /// Marks blobs by their numbers; folders that were not marked before wait.
    fn take_in(&self, content: &[usize], folders: &[(usize, BlobId)]) {
        let mut state = self.state();
        for number in content {
            state.needed.set(*number);
        }
        for (number, id) in folders {
            if state.needed.set(*number) {
                state.waiting.push(*id);
                state.met += 1;
            }
        }
        self.progress.total(state.met, 0);
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
