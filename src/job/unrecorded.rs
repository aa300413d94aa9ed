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

use crate::audit::{Actor, AuditError, Deed, Log, Outcome};
use crate::base::fault::Fault as _;

/// More pieces of work than this in one gap are counted, not kept: a day of sets of many portals.
const KEPT_MAX: usize = 10_000;

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
    /// fault, it goes on where it stopped; at worst one piece of work stands in the log twice,
    /// both marked late.
    pub fn record(&self, open: impl FnOnce() -> Result<Log, AuditError>) -> Result<(), AuditError> {
        let mut held = self.lock();
        let Some(gap) = held.as_mut() else { return Ok(()) };
        let log = open()?;
        if !gap.noted {
            log.note_gap(&Actor::daemon(), gap.from, gap.reason)?;
            gap.noted = true;
        }
        while let Some(work) = gap.work.first() {
            let deed = work.deed.clone();
            let deed = deed.fact("late", true).fact("began", work.began.to_string());
            match &work.outcome {
                None => {
                    log.record(&work.actor, deed)?;
                }
                Some(outcome) => {
                    let intent = log.intend(&work.actor, deed)?;
                    log.settle(intent, outcome.clone())?;
                }
            }
            gap.work.remove(0);
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
