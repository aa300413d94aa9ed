//! Work that went on while the audit log could not be written, until the log knows of it.
//!
//! A full disk under the log must not leave portals without sets, so protective work does not wait
//! for it. What it did is kept here, and as soon as the log can be written again a gap entry says
//! since when and why it could not be, and an intent and an outcome follow for each piece of work,
//! marked `late`. What removes or switches never comes here: without a recorded intent it refuses.
//!
//! Kept in memory: a process that is killed meanwhile loses the details, and the next one begins
//! its own gap. A disk that takes no audit entry would not take a note beside it either; a daemon
//! that stops in a gap tells the diagnostics, which go to another place.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::audit::{Actor, AuditError, Deed, Late, Log, Outcome};
use crate::base::fault::Fault as _;

/// More pieces of work than this in one gap are counted, not kept: a day of sets of many portals.
const KEPT_MAX: usize = 10_000;

/// Pieces of work in one write: a full bundle of intents and outcomes.
const WRITTEN_MAX: usize = 128;

/// What the log does not know yet. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Unrecorded(Arc<Mutex<Option<Gap>>>);

/// A time in which the log could not be written.
#[derive(Clone, Debug)]
pub struct Gap {
    /// Since when.
    pub from: Timestamp,
    /// The code of the first fault.
    pub reason: &'static str,
    /// What was done meanwhile.
    work: Vec<Work>,
    /// What was done beyond [`KEPT_MAX`].
    dropped: u64,
    /// Whether its entry is in the log already.
    noted: bool,
}

#[derive(Clone, Debug)]
struct Work {
    actor: Actor,
    began: Timestamp,
    deed: Deed,
    /// None for a fact without an effect of ours.
    outcome: Option<Outcome>,
}

impl Work {
    /// As the log is told of it.
    fn late(&self) -> Late {
        let deed = self.deed.clone().fact("late", true).fact("began", self.began.to_string());
        Late { actor: self.actor.clone(), deed, outcome: self.outcome.clone() }
    }
}

impl Unrecorded {
    /// The gap that is open now: since when, and why.
    pub fn open(&self) -> Option<(Timestamp, &'static str)> {
        self.lock().as_ref().map(|gap| (gap.from, gap.reason))
    }

    /// The log could not be written at `at`. An open gap keeps its own beginning.
    pub fn begin(&self, at: Timestamp, fault: &AuditError) {
        self.lock().get_or_insert_with(|| {
            tracing::error!(code = fault.code(), "The audit log cannot be written.");
            Gap { from: at, reason: fault.code(), work: Vec::new(), dropped: 0, noted: false }
        });
    }

    /// Keeps what was done, in the gap that [`begin`](Self::begin) has opened.
    pub(super) fn keep(
        &self,
        actor: &Actor,
        began: Timestamp,
        deed: Deed,
        outcome: Option<Outcome>,
    ) {
        if let Some(gap) = self.lock().as_mut() {
            if gap.work.len() < KEPT_MAX {
                gap.work.push(Work { actor: actor.clone(), began, deed, outcome });
            } else {
                gap.dropped += 1;
            }
        }
    }

    /// Writes down everything that is not on record, and closes the gap. Called again after a
    /// fault, it goes on where it stopped; at worst the work of one write stands in the log twice,
    /// all of it marked late. A write holds twice as much as the one before, so that a disk that is
    /// nearly full takes more than it takes twice.
    pub fn record(&self, open: impl FnOnce() -> Result<Log, AuditError>) -> Result<(), AuditError> {
        let mut held = self.lock();
        let Some(gap) = held.as_mut() else { return Ok(()) };
        let log = open()?;
        if !gap.noted {
            log.note_gap(&Actor::daemon(), gap.from, gap.reason)?;
            gap.noted = true;
        }
        let mut most = 1;
        while !gap.work.is_empty() {
            let count = gap.work.len().min(most);
            log.record_late(gap.work[..count].iter().map(Work::late).collect())?;
            gap.work.drain(..count);
            most = (most * 2).min(WRITTEN_MAX);
        }
        if gap.dropped > 0 {
            let deed = Deed::new("audit.dropped", "work").fact("count", gap.dropped);
            log.record(&Actor::daemon(), deed)?;
        }
        tracing::info!(from = %gap.from, "The audit log can be written again.");
        *held = None;
        Ok(())
    }

    /// Tells the diagnostics everything that is not on record: the last resort of a process that
    /// ends.
    pub fn tell(&self) {
        let held = self.lock();
        let Some(gap) = held.as_ref() else { return };
        tracing::error!(from = %gap.from, reason = gap.reason, dropped = gap.dropped,
            "Work is on no record.");
        for Work { actor, began, deed, outcome } in &gap.work {
            let (verb, subject) = (&deed.verb, &deed.subject);
            let facts = serde_json::to_string(&deed.facts).unwrap_or_default();
            tracing::error!(%began, ?actor, verb, subject, facts, ?outcome, "On no record.");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Gap>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Fuse, Kind};
    use crate::world::World;

    /// Without a way to the world: it is asked for the time and for random bytes alone.
    fn world() -> (tokio::runtime::Runtime, World) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let world = World::system(runtime.handle().clone());
        (runtime, world)
    }

    fn kept(unrecorded: &Unrecorded, count: u64) {
        let fault = AuditError::Range { from: 0, to: 0, size: 0 };
        unrecorded.begin(Timestamp::UNIX_EPOCH, &fault);
        for n in 0..count {
            let outcome = n.is_multiple_of(2).then(|| Outcome::done().fact("n", n));
            let deed = Deed::new("snapshot.create", "mau").fact("n", n);
            unrecorded.keep(&Actor::daemon(), Timestamp::UNIX_EPOCH, deed, outcome);
        }
    }

    /// The numbers of the pieces that are on record, in their order.
    fn told(log: &Log) -> Vec<u64> {
        let entries = log.reader().unwrap().entries().map(Result::unwrap);
        let told = entries.filter(|entry| entry.facts.contains_key("late"));
        told.map(|entry| entry.facts["n"].as_u64().unwrap()).collect()
    }

    #[test]
    fn what_was_kept_goes_on_record_in_few_writes_and_once() {
        let (_runtime, world) = world();
        let folder = tempfile::tempdir().unwrap();
        let log = Log::create(folder.path(), "cong.example/duphong", &world).unwrap();
        let unrecorded = Unrecorded::default();
        kept(&unrecorded, 700);
        // Twelve writes of a gap, 1, 2, 4, … pieces; for each by itself they would not suffice.
        let fuse = Fuse::after(150, false);
        let dying = Log::open_with_fuse(folder.path(), &world, fuse).unwrap();
        unrecorded.record(|| Ok(dying)).unwrap();
        assert!(unrecorded.open().is_none());
        assert_eq!(told(&log), (0..700).collect::<Vec<_>>());
        let entries: Vec<_> = log.reader().unwrap().entries().map(Result::unwrap).collect();
        assert_eq!(entries.iter().filter(|entry| entry.kind == Kind::Outcome).count(), 350);
    }

    #[test]
    fn a_disk_that_fills_again_takes_less_twice_than_it_took() {
        let (_runtime, world) = world();
        let folder = tempfile::tempdir().unwrap();
        let log = Log::create(folder.path(), "cong.example/duphong", &world).unwrap();
        let unrecorded = Unrecorded::default();
        kept(&unrecorded, 100);
        let mut tries = 0;
        while unrecorded.open().is_some() {
            let fuse = Fuse::after(20 + tries, true);
            let _ = unrecorded.record(|| Log::open_with_fuse(folder.path(), &world, fuse));
            tries += 1;
        }
        let mut told = told(&log);
        let all = told.len();
        told.sort_unstable();
        told.dedup();
        assert_eq!(told, (0..100).collect::<Vec<_>>(), "nothing is lost");
        assert!(tries > 1 && all < 200, "{all} in {tries} tries");
    }
}
