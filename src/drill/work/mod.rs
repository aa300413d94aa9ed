//! The work that failed drills open: an owner, a deadline, and an end that somebody can point at.
//!
//! Work is opened by the record of the drill itself, so that no crash comes between the two. It ends
//! with a later drill of its kind that passes, or with a person's word. While it is open, further
//! failures of its kind belong to it: they neither double it nor move its deadline.

pub mod fact;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::drill::fact::{DrillRecord, Scope, Verdict};

/// The shares of the time, in per cent, at which people are reminded: those of duties.
pub const REMINDERS: [u8; 3] = [50, 80, 100];

/// What a drill shows something about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    portal: String,
    repository: String,
    scope: Scope,
    /// Whether logs were replayed to an instant.
    to_an_instant: bool,
    /// The set, where it was not the newest one.
    set: Option<String>,
}

impl Kind {
    /// What the record tells about. One that found no set was after the newest.
    fn of(record: &DrillRecord) -> Self {
        let is_older = record.choice.as_ref().is_some_and(|choice| !choice.newest);
        let set = record.set.as_ref().filter(|_| is_older).map(|set| set.id.clone());
        Self {
            portal: record.portal.clone(),
            repository: record.repository.clone(),
            scope: record.scope,
            to_an_instant: record.to.is_some(),
            set,
        }
    }

    /// Whether a pass of this kind takes back what a failure of `other` said: the same way, and as
    /// much of it at least. A set that is not the newest one answers for itself alone.
    fn answers(&self, other: &Self) -> bool {
        let is_whole = self.scope == other.scope || self.scope == Scope::Portal;
        let same = |kind: &Self| {
            (kind.portal.clone(), kind.repository.clone(), kind.to_an_instant, kind.set.clone())
        };
        is_whole && same(self) == same(other)
    }
}

/// The work that one failed drill opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The drill's number.
    pub number: u64,
    /// The portal.
    pub portal: String,
    /// Who does it.
    pub owner: String,
    /// When the drill's record was written.
    pub opened: Timestamp,
    /// Until when.
    pub due: Timestamp,
    /// Later drills that failed in the same way while it was open.
    pub again: Vec<u64>,
    /// How it ended; open while absent.
    pub end: Option<End>,
    kind: Kind,
}

/// How work ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A drill of its kind passed.
    Passed {
        /// When its record was written.
        at: Timestamp,
        /// Its number.
        number: u64,
    },
    /// A person said so.
    Closed {
        /// When.
        at: Timestamp,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
}

impl Work {
    /// Whether it is past its deadline and open.
    pub fn is_late(&self, at: Timestamp) -> bool {
        self.end.is_none() && at >= self.due
    }

    /// The share of the time of which people should have been reminded by `at`; none before the
    /// first, and of work that has ended.
    pub fn reached(&self, at: Timestamp) -> Option<u8> {
        let run = at.duration_since(self.opened).as_millis();
        let whole = self.due.duration_since(self.opened).max(SignedDuration::ZERO).as_millis();
        let is_past = |share: &u8| run.saturating_mul(100) >= whole.saturating_mul((*share).into());
        REMINDERS.into_iter().rev().find(is_past).filter(|_| self.end.is_none())
    }
}

/// All work of a log, by the number of the drill that opened it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Works(BTreeMap<u64, Work>);

impl Works {
    /// Takes in the record of a drill, in the log's order. What was damaged on purpose, or read the
    /// past, opens and ends nothing.
    pub fn take(&mut self, record: &DrillRecord, at: Timestamp) {
        if record.sabotage.is_some() || record.as_of.is_some() {
            return;
        }
        let kind = Kind::of(record);
        match (record.verdict, &record.work) {
            (Verdict::Pass, _) => {
                let number = record.number;
                for work in self.0.values_mut().filter(|work| work.end.is_none()) {
                    if kind.answers(&work.kind) {
                        work.end = Some(End::Passed { at, number });
                    }
                }
            }
            (Verdict::Fail, Some(owed)) => {
                let mut open = self.0.values_mut().filter(|work| work.end.is_none());
                if let Some(work) = open.find(|work| work.kind == kind) {
                    work.again.push(record.number);
                    return;
                }
                let work = Work {
                    number: record.number,
                    portal: record.portal.clone(),
                    owner: owed.owner.clone(),
                    opened: at,
                    due: owed.due,
                    again: Vec::new(),
                    end: None,
                    kind,
                };
                self.0.insert(record.number, work);
            }
            // Before there was work, and drills that prove nothing.
            (Verdict::Fail | Verdict::NotProven, _) => {}
        }
    }

    /// A person's word that the work of this drill is done with; what is closed stays as it is.
    pub fn close(&mut self, number: u64, at: Timestamp, by: &str, reason: &str) {
        let work = self.0.get_mut(&number).filter(|work| work.end.is_none());
        if let Some(work) = work {
            work.end = Some(End::Closed { at, by: by.to_owned(), reason: reason.to_owned() });
        }
    }

    /// What is still to be done, in the order of the drills.
    pub fn open(&self) -> impl Iterator<Item = &Work> {
        self.0.values().filter(|work| work.end.is_none())
    }

    /// The work that this drill opened, or belongs to.
    pub fn of(&self, number: u64) -> Option<&Work> {
        self.0.get(&number).or_else(|| self.0.values().find(|work| work.again.contains(&number)))
    }
}

#[cfg(test)]
mod tests;
