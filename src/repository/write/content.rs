//! The blobs of one file or stream, in order, while several threads work on them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;

use crate::repository::id::BlobId;
use crate::repository::tree::Node;
use crate::repository::write::engine::Engine;
use crate::repository::write::folder::Folder;
use crate::repository::write::smith::Smith;

/// The blobs of one file, and what to do when the last one is known.
#[derive(Default)]
pub(super) struct Content {
    state: Mutex<State>,
    /// Blobs that are not known yet, and one for the reader until it closes the content.
    open: AtomicUsize,
    /// Whether it is sealed, so that compressing is no gain.
    sealed: bool,
}

#[derive(Default)]
struct State {
    /// `None`: not known yet, or never, after a failure.
    blobs: Vec<Option<BlobId>>,
    whole: Option<Whole>,
}

/// What to do with the blobs of a whole file. Without one, as after a read that is repeated, they
/// are forgotten: what was stored of them is found again by its ids, or removed by prune.
pub(super) enum Whole {
    /// Goes into a folder.
    File {
        folder: Arc<Folder>,
        node: Box<Node>,
        /// Whether its first bytes look like noise.
        is_noise: bool,
    },
    /// Goes to whoever waits; nothing does after a failure.
    Stream(Sender<Vec<BlobId>>),
}

impl Content {
    /// Content that is open until [`close`](Self::close), of what is `sealed` or of what is not.
    pub(super) fn new(sealed: bool) -> Arc<Self> {
        Arc::new(Self { open: AtomicUsize::new(1), sealed, ..Self::default() })
    }

    /// Whether it looks like noise whatever it is.
    pub(super) fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// The place of the next blob, which must be given to [`fill`](Self::fill) exactly once.
    pub(super) fn next(&self) -> usize {
        self.open.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state();
        state.blobs.push(None);
        state.blobs.len() - 1
    }

    /// Notes a blob, or that there is none after a failure.
    pub(super) fn fill(
        &self,
        engine: &Engine,
        smith: &mut Smith,
        place: usize,
        blob: Option<BlobId>,
    ) {
        self.state().blobs[place] = blob;
        self.release(engine, smith);
    }

    /// The reader has reached the end.
    pub(super) fn close(&self, engine: &Engine, smith: &mut Smith, whole: Option<Whole>) {
        self.state().whole = whole;
        self.release(engine, smith);
    }

    fn release(&self, engine: &Engine, smith: &mut Smith) {
        if self.open.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        let State { blobs, whole } = std::mem::take(&mut *self.state());
        let blobs: Option<Vec<BlobId>> = blobs.into_iter().collect();
        match whole {
            Some(Whole::File { folder, node, is_noise }) => {
                let node = blobs.map(|blobs| Node { content: Some(blobs), ..*node });
                if let Some(node) = &node {
                    folder.run.changes.read(&folder, node, &folder.run.parents, is_noise);
                }
                folder.complete(engine, smith, node);
            }
            Some(Whole::Stream(waiting)) => {
                // Without blobs the sender is dropped, which is an answer too.
                if let Some(blobs) = blobs {
                    // Whoever waited may have failed meanwhile.
                    let _gone = waiting.send(blobs);
                }
            }
            None => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
