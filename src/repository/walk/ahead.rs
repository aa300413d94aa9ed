//! Reading folders before a walk comes to them.
//!
//! A walk goes from folder to folder, and each takes a request and the reading of its JSON: of two
//! thousand folders in a store that answers in 30 ms a walk alone would take a minute. So the next
//! folders beside the one that it is in are read meanwhile, on threads that end with the walk.
//!
//! Memory: at most [`BYTES_MAX`] of JSON, and what it says, which is about three times as much.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::vec::IntoIter;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::repository::blob::{BlobKind, BlobOpener};
use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::index_read::IndexRead;
use crate::repository::open::Repository;
use crate::repository::threads;
use crate::repository::tree::Tree;

/// How much JSON is asked for and not yet taken.
const BYTES_MAX: u64 = 8 * 1024 * 1024;

/// How many folders of one folder are asked for and not yet taken, for each thread.
const FOLDERS_A_THREAD: usize = 4;

type Read = Result<Tree, RepositoryError>;

/// A folder that somebody wants soon.
struct Wanted {
    tree: BlobId,
    reply: Sender<Read>,
}

/// The folders in one folder, in the order in which the walk comes to them.
#[derive(Default)]
pub(super) struct Below {
    /// What is read now, or was. All of it comes before `rest`.
    asked: VecDeque<Asked>,
    rest: IntoIter<BlobId>,
}

struct Asked {
    tree: BlobId,
    bytes: u64,
    reply: Receiver<Read>,
}

impl Below {
    pub(super) fn new(folders: Vec<BlobId>) -> Self {
        Self { asked: VecDeque::new(), rest: folders.into_iter() }
    }
}

/// Reads folders for one walk.
pub(super) struct Ahead {
    repository: Repository,
    read: Arc<IndexRead>,
    /// None until there is something to read ahead.
    readers: Option<Readers>,
    /// For what was not read ahead.
    opener: Option<BlobOpener>,
    /// Bytes of JSON that are asked for and not yet taken.
    held: u64,
}

impl Ahead {
    pub(super) fn new(repository: &Repository, read: &Arc<IndexRead>) -> Self {
        let (repository, read) = (repository.clone(), Arc::clone(read));
        Self { repository, read, readers: None, opener: None, held: 0 }
    }

    /// The folder `tree`, which is the next in `above`; the root is in none.
    pub(super) fn take(&mut self, tree: &BlobId, above: Option<&mut Below>) -> Read {
        let asked = above.and_then(|above| {
            let asked = above.asked.pop_front();
            if asked.is_none() {
                above.rest.next();
            }
            let asked = asked?;
            self.held -= asked.bytes;
            self.ask(above);
            Some(asked)
        });
        match asked.filter(|asked| asked.tree == *tree).map(|asked| asked.reply.recv()) {
            Some(Ok(read)) => read,
            // It was not asked for, or no thread could be started.
            None | Some(Err(_)) => self.load(tree),
        }
    }

    /// Has the next folders in `below` read.
    pub(super) fn ask(&mut self, below: &mut Below) {
        // One folder alone is read as quickly here.
        if below.asked.is_empty() && below.rest.len() < 2 {
            return;
        }
        while below.asked.len() < threads::count() * FOLDERS_A_THREAD
            && let Some(tree) = below.rest.as_slice().first().copied()
        {
            let found = self.read.index.find(BlobKind::Tree, &tree);
            let bytes = found.map_or(0, |location| location.blob.plain_length());
            if self.held + bytes > BYTES_MAX {
                return;
            }
            let (reply, replied) = bounded(1);
            let readers =
                self.readers.get_or_insert_with(|| Readers::start(&self.repository, &self.read));
            readers.want(Wanted { tree, reply });
            below.rest.next();
            below.asked.push_back(Asked { tree, bytes, reply: replied });
            self.held += bytes;
        }
    }

    fn load(&mut self, tree: &BlobId) -> Read {
        if self.opener.is_none() {
            self.opener = Some(BlobOpener::new().map_err(RepositoryError::self_check)?);
        }
        let opener = self.opener.as_mut().expect("the line above made it");
        self.repository.load_tree_with(&self.read.index, tree, opener)
    }
}

/// The threads, which end when this is dropped.
struct Readers {
    wanted: Option<Sender<Wanted>>,
    is_over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    fn start(repository: &Repository, read: &Arc<IndexRead>) -> Self {
        let (wanted, queue) = unbounded::<Wanted>();
        let is_over = Arc::new(AtomicBool::new(false));
        let start = |_number| {
            let (repository, read, queue) = (repository.clone(), Arc::clone(read), queue.clone());
            let is_over = Arc::clone(&is_over);
            let work = move || {
                let Ok(mut opener) = BlobOpener::new() else { return };
                while let Ok(Wanted { tree, reply }) = queue.recv()
                    && !is_over.load(Ordering::Relaxed)
                {
                    // Whoever asked may have gone.
                    let _ = reply.send(repository.load_tree_with(&read.index, &tree, &mut opener));
                }
            };
            // Where no thread can be had, the walk reads for itself.
            Builder::new().name("ahead".to_owned()).spawn(work).ok()
        };
        let threads = (0..threads::count()).filter_map(start).collect();
        Self { wanted: Some(wanted), is_over, threads }
    }

    fn want(&self, wanted: Wanted) {
        // Without any thread it is dropped, which is an answer.
        let _ = self.wanted.as_ref().map(|queue| queue.send(wanted));
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.wanted = None;
        for thread in self.threads.drain(..) {
            // A panic there has dropped the answer, and the walk has read for itself.
            let _ = thread.join();
        }
    }
}
