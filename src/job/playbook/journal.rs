//! The engine's journal over the audit log.
//!
//! An attempt is an intent before and its outcome after, so a process that is killed in between
//! leaves what the next opening of the log records as abandoned: the attempt of unknown end.
//! Everything else is a record.

use crate::audit::{Actor, Deed, Intent, Log, Outcome};
use crate::base::fault::AnyFault;
use crate::job::playbook::fault::PlaybookFault;
use crate::playbook::fact::{Ended, FACT, Fact, Record, Result as Ending, STEP, VERSION};
use crate::playbook::port::Journal;

/// The code of an attempt that was stopped before it was seen to its end.
const INTERRUPTED: &str = "job.interrupted";

/// The record of one run. Whoever has one holds the portal's lock.
pub(super) struct Recorder<'a> {
    log: &'a Log,
    actor: &'a Actor,
    run: u64,
    portal: &'a str,
    /// The attempt that was announced last.
    open: Option<Intent>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(log: &'a Log, actor: &'a Actor, run: u64, portal: &'a str) -> Self {
        Self { log, actor, run, portal, open: None }
    }

    fn deed(&self, verb: &'static str, fact: &Fact) -> Result<Deed, PlaybookFault> {
        Ok(Deed::new(verb, self.portal).fact("record", record(self.run, fact)?))
    }
}

impl Journal for Recorder<'_> {
    fn tried(&mut self, fact: &Fact) -> Result<(), AnyFault> {
        self.open = Some(self.log.intend(self.actor, self.deed(STEP, fact)?)?);
        Ok(())
    }

    fn ended(&mut self, fact: &Fact) -> Result<(), AnyFault> {
        let Some(intent) = self.open.take() else {
            let detail = "the end of an attempt that was not announced".to_owned();
            return Err(PlaybookFault::Unwritable { detail }.into());
        };
        let outcome = match fact {
            Fact::Ended(Ended { result: Ending::Done { .. }, .. }) => Outcome::done(),
            Fact::Ended(Ended { result: Ending::Failed { code, .. }, .. }) => Outcome::failed(code),
            _ => Outcome::failed(INTERRUPTED),
        };
        self.log.settle(intent, outcome.fact("record", record(self.run, fact)?))?;
        Ok(())
    }

    fn note(&mut self, fact: &Fact) -> Result<(), AnyFault> {
        self.log.record(self.actor, self.deed(FACT, fact)?)?;
        Ok(())
    }
}

/// The fact as it stands in the log.
pub(super) fn record(run: u64, fact: &Fact) -> Result<serde_json::Value, PlaybookFault> {
    let record = Record { version: VERSION, run, fact: fact.clone() };
    serde_json::to_value(record)
        .map_err(|error| PlaybookFault::Unwritable { detail: error.to_string() })
}
