//! Watching a tree: which of its paths changed since the last set, on disk, so that a person and a
//! restart know it too.
//!
//! The kernel's events decide *when* to look, never *what* is unchanged: they miss what other hosts
//! and memory maps write, so the walk of a snapshot looks at every file whatever stands here. What
//! the events cannot say (nobody watched, the queue ran over, no watch was left, the root was
//! exchanged) is written down as *unknown*, with the reason, and counts as a change.
//!
//! One tree is one kernel queue, one thread and one journal, so that a busy tree costs no other its
//! events. Not here: when a set is due for a portal of several trees, and taking it.

mod eye;
pub mod fact;
pub mod journal;
pub mod pending;
mod watcher;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

pub use eye::{Eye, EyeError, Sight, What};
pub use pending::{Moment, Pending, Rule, Settled};

use crate::base::fault::chain;
use crate::source::watch::eye::Kernel;
use crate::source::watch::fact::Why;
use crate::source::watch::journal::Journal;
use crate::source::watch::watcher::{Watcher, alone};
use crate::world::World;
use crate::world::clock::Monotonic;

/// Says of a path below the root whether the sets leave it out.
pub type LeftOut = Arc<dyn Fn(&[u8]) -> bool + Send + Sync>;

/// A tree to watch.
#[derive(Clone)]
pub struct Tree {
    /// The portal, for the journal and for diagnostics.
    pub portal: String,
    /// The tree's name within it.
    pub name: String,
    /// The folder. A link at this place is followed, as a snapshot does.
    pub root: PathBuf,
    /// What sets leave out is not watched.
    pub left_out: LeftOut,
    /// Where its journal lies.
    pub journal: PathBuf,
}

/// What the watching thread shares with those who ask.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pending: Pending,
    /// The journal holds more than what is pending and is to be written anew.
    stale: bool,
    /// Why not all of the tree is seen at this moment.
    blind: Option<Why>,
}

/// The clones share it.
pub(super) type Desk = Arc<Mutex<Shared>>;

pub(super) fn lock(desk: &Desk) -> MutexGuard<'_, Shared> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A tree that is watched until this is dropped. A thread that hangs in a file system that does not
/// answer is left behind: it writes no journal that another watch of the tree has.
pub struct Watch {
    desk: Desk,
    stop: Arc<AtomicBool>,
    /// Says nothing, and is closed when the thread has ended.
    ended: Receiver<()>,
}

impl Watch {
    /// Begins to watch. Never fails: what cannot be watched is unknown, with the reason, which is
    /// what the caller has to live with in any case.
    pub fn start(tree: &Tree, world: &World) -> Self {
        Self::start_by(tree, world, Kernel::new(world.clone()))
    }

    /// The same by another queue of changes than the kernel's.
    pub fn start_by(tree: &Tree, world: &World, eye: impl Eye + 'static) -> Self {
        let (desk, stop) = (Desk::default(), Arc::<AtomicBool>::default());
        // Before anybody can ask: a tree that nobody has looked at yet is not quiet.
        lock(&desk).pending.unknown(Why::Started, Moment::now(world));
        let (own_desk, own_stop, own_world) = (Arc::clone(&desk), Arc::clone(&stop), world.clone());
        let (own_tree, (ending, ended)) = (tree.clone(), bounded(0));
        let name = format!("watch/{}/{}", tree.portal, tree.name);
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            // Closed last: whoever waits for it finds the journal written.
            let _ending = ending;
            let (tree, world, desk) = (own_tree.clone(), own_world.clone(), Arc::clone(&own_desk));
            // Nothing of the watcher is used afterwards, so a broken invariant in it is not seen.
            let run = catch_unwind(AssertUnwindSafe(move || {
                Watcher::new(tree, eye, world, desk).run(&own_stop);
            }));
            if run.is_err() {
                tracing::error!("A tree is not watched any more: its thread panicked.");
                unwatched(&own_tree, &own_desk, &own_world);
            }
        });
        if let Err(error) = thread {
            tracing::error!(%error, "No thread could be made to watch a tree.");
            unwatched(tree, &desk, world);
        }
        Self { desk, stop, ended }
    }

    /// What changed since the last set.
    pub fn pending(&self) -> Pending {
        lock(&self.desk).pending.clone()
    }

    /// When a set is due by this rule, on the monotonic clock; `None` while nothing changed.
    pub fn due(&self, rule: &Rule) -> Option<Monotonic> {
        lock(&self.desk).pending.due(rule)
    }

    /// A set that began then is durable: it holds every earlier change.
    pub fn settle(&self, began: Settled, world: &World) {
        let mut shared = lock(&self.desk);
        if shared.pending.settle(began) {
            shared.stale = true;
        }
        // What is not seen may have changed again since.
        if let Some(why) = shared.blind {
            shared.pending.unknown(why, Moment::now(world));
        }
    }
}

impl Watch {
    /// Watches no longer than a moment more: for who ends many, one after the other.
    pub fn ask_to_stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// Whether nobody watches any more.
    pub fn has_ended(&self) -> bool {
        self.ended.recv_timeout(Duration::ZERO) == Err(RecvTimeoutError::Disconnected)
    }

    /// Ends it, and waits so long at most until what is known is in the journal. Whether it is.
    pub fn end(self, at_most: Duration) -> bool {
        self.ask_to_stop();
        self.ended.recv_timeout(at_most) == Err(RecvTimeoutError::Disconnected)
    }
}

impl Drop for Watch {
    /// Waits for nobody.
    fn drop(&mut self) {
        self.ask_to_stop();
    }
}

/// Nobody watches this tree, which is said where people look.
fn unwatched(tree: &Tree, desk: &Desk, world: &World) {
    let now = Moment::now(world);
    let mut shared = lock(desk);
    shared.blind = Some(Why::NoThread);
    shared.pending.unknown(Why::NoThread, now);
    let written = alone(tree).and_then(|_alone| {
        let (mut journal, mut before) =
            Journal::open(&tree.journal, &tree.portal, &tree.name, now)?;
        before.absorb(shared.pending.clone());
        journal.replace(&before)?;
        shared.pending = before;
        Ok(())
    });
    if let Err(fault) = written {
        let (portal, tree) = (&tree.portal, &tree.name);
        tracing::error!(portal, tree, "That is not in its journal: {}.", chain(&fault));
    }
}
