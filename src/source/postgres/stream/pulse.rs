//! Signs of life for a server while whoever keeps its log takes long.
//!
//! A server ends a stream whose other side says nothing for a minute, and one that shuts down waits
//! for the other side as long as that says something. A store that is tried again takes minutes; a
//! server that a person stops must not wait for it. So while something is being kept, another thread
//! says again what was said last, and asks before whether the server takes sessions: if it does not,
//! it is leaving, and the connection is ended. What it then lacks here it still has by the slot, and
//! sends when it is back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::fault::AnyFault;
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::replication::{self, Answer};
use crate::source::postgres::stream::{ACT, Begin, Keep, message};
use crate::source::postgres::wal::Name;
use crate::source::postgres::wire::{Second, Wire};
use crate::world::World;

/// Much less than the minute after which a server gives us up, and than a person waits for one to
/// stop; longer than a healthy store takes for a piece.
const EVERY: Duration = Duration::from_secs(3);

/// A server that does not say in this time whether it leaves is taken for one that does not.
const ASK_MAX: Duration = Duration::from_secs(5);

/// What was said last, and another hand to say it again.
#[derive(Clone)]
pub(super) struct Pulse(Arc<Inner>);

struct Inner {
    second: Mutex<Second>,
    /// How far the log has come, and how far it is kept.
    said: Mutex<(u64, u64)>,
    has_left: AtomicBool,
    settings: Settings,
    world: World,
}

impl Pulse {
    pub(super) fn of(wire: &Wire, settings: &Settings, world: &World) -> Result<Self, SourceError> {
        Ok(Self(Arc::new(Inner {
            second: Mutex::new(wire.second(ACT)?),
            said: Mutex::new((0, 0)),
            has_left: AtomicBool::new(false),
            settings: settings.clone(),
            world: world.clone(),
        })))
    }

    /// What is being said now. Fails where the server was left meanwhile.
    pub(super) fn note(&self, received: u64, kept: u64) -> Result<(), SourceError> {
        *self.0.said.lock().unwrap_or_else(PoisonError::into_inner) = (received, kept);
        if self.0.has_left.load(Ordering::SeqCst) {
            return Err(SourceError::Gone { act: ACT });
        }
        Ok(())
    }

    /// Does this, however long it takes.
    fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        let (working, ended) = channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || self.beat(&ended));
            let done = work();
            drop(working);
            done
        })
    }

    fn beat(&self, ended: &Receiver<()>) {
        while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
            let mut second = self.0.second.lock().unwrap_or_else(PoisonError::into_inner);
            if self.is_leaving() {
                tracing::info!("The server stops while its log is still being kept: it is left.");
                self.0.has_left.store(true, Ordering::SeqCst);
                second.hang_up();
                return;
            }
            let (received, kept) = *self.0.said.lock().unwrap_or_else(PoisonError::into_inner);
            let status = message::status(received, kept, self.0.world.clock.now(), false);
            if second.send_data(ACT, &status).is_err() {
                // Whoever waits for the next message is told.
                return;
            }
        }
    }

    /// Whether the server says that it takes no sessions; it has taken ours. An address that refuses
    /// says nothing: not every name's are the server's.
    fn is_leaving(&self) -> bool {
        let Inner { settings, world, .. } = &*self.0;
        let answers = replication::answers(settings, world, ASK_MAX).unwrap_or_default();
        answers.iter().any(|(_, answer)| matches!(answer, Answer::NotNow(_)))
    }
}

/// Whoever keeps a log, however long it takes.
pub(super) struct Patient<'a> {
    pub(super) keep: &'a mut dyn Keep,
    pub(super) pulse: Pulse,
}

impl Keep for Patient<'_> {
    fn begin(&mut self, begin: Begin, missing: Option<Begin>) -> Result<(), AnyFault> {
        self.keep.begin(begin, missing)
    }

    fn keep(&mut self, name: &Name, from: u64, bytes: &[u8]) -> Result<(), AnyFault> {
        self.pulse.during(|| self.keep.keep(name, from, bytes))
    }

    fn close(&mut self, name: &Name) {
        self.pulse.during(|| self.keep.close(name));
    }

    fn history(&mut self, name: &Name, text: &[u8]) -> Result<(), AnyFault> {
        self.keep.history(name, text)
    }
}
