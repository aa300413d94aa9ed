//! What each recipient was told, and what still waits: a fold of the records in the audit log.
//!
//! A letter without outcome, because its sender was killed or the server fell silent, leaves its
//! items untold: they are told again, since a notice that is told twice costs less than one that
//! never was.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::notice::fact::{Arrival, Begun, Fate, Held, Item, News, Sending, Sent, Urgency};

/// Letters older than this do not count against a recipient's allowance.
const HOUR: Duration = Duration::from_hours(1);

/// What was told, by recipient.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    hearers: BTreeMap<String, Hearer>,
    /// Letters without outcome yet, by entry.
    open: BTreeMap<u64, Sending>,
}

/// What one recipient knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hearer {
    /// The entry and the time from which on this one hears of what happens.
    pub begun: Option<(u64, Timestamp)>,
    /// The newest telling of each key.
    pub told: BTreeMap<String, Told>,
    /// What should have been told and was not, as far as is known.
    pub pending: BTreeMap<String, Pending>,
    /// Letters of the last hour that may have arrived, by entry.
    letters: BTreeMap<u64, Timestamp>,
    /// When the last letter was tried.
    pub tried: Option<Timestamp>,
    /// When a letter last arrived for certain.
    pub heard: Option<Timestamp>,
    /// Set while letters do not arrive.
    pub trouble: Option<Trouble>,
}

/// A telling that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// What was new.
    pub news: News,
    /// How urgent it was called.
    pub urgency: Urgency,
    /// What it was about.
    pub subject: String,
    /// In which words.
    pub words: String,
    /// Since when it was so.
    pub since: Option<Timestamp>,
}

impl Told {
    /// Whether the recipient believes that it is so now.
    pub fn is_bad(&self) -> bool {
        matches!(self.news, News::New | News::Worse | News::Again)
    }
}

/// An item that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// What was to be told.
    pub item: Item,
    /// Whether it waits because too much was told already.
    pub held: bool,
}

/// Letters that do not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// When the first of them was tried.
    pub since: Timestamp,
    /// How many in a row.
    pub failures: u32,
    /// The code of the newest failure; absent when the sender was cut off.
    pub code: Option<String>,
    /// Its diagnostics.
    pub detail: Option<String>,
}

impl Memory {
    /// What this recipient knows.
    pub fn hearer(&self, recipient: &str) -> Option<&Hearer> {
        self.hearers.get(recipient)
    }

    /// Recipients begin to hear, by the entry at `seq`.
    pub fn begin(&mut self, seq: u64, at: Timestamp, begun: &Begun) {
        for recipient in &begun.recipients {
            self.of(recipient).begun.get_or_insert((seq, at));
        }
    }

    /// Items wait.
    pub fn hold(&mut self, held: &Held) {
        for recipient in &held.recipients {
            let hearer = self.of(recipient);
            for item in &held.items {
                let pending = Pending { item: item.clone(), held: true };
                hearer.pending.insert(item.key.clone(), pending);
            }
        }
    }

    /// A letter is about to be sent, by the entry at `seq`.
    pub fn intend(&mut self, seq: u64, at: Timestamp, sending: Sending) {
        for recipient in &sending.recipients {
            let hearer = self.of(recipient);
            for item in &sending.items {
                let held = hearer.pending.get(&item.key).is_some_and(|pending| pending.held);
                let pending = Pending { item: item.clone(), held };
                hearer.pending.insert(item.key.clone(), pending);
            }
            hearer.tried = Some(at);
            // Counted until it is known not to have left: whoever was cut off may have sent it.
            hearer.letters.retain(|_, sent| !is_past(*sent, at, HOUR));
            hearer.letters.insert(seq, at);
            hearer.fail(at);
        }
        self.open.insert(seq, sending);
    }

    /// The letter of the intent at `seq` has an outcome, with or without a record of its own.
    pub fn settle(&mut self, seq: u64, at: Timestamp, sent: Option<&Sent>) {
        let Some(sending) = self.open.remove(&seq) else { return };
        for recipient in &sending.recipients {
            let fate = sent
                .and_then(|sent| sent.recipients.iter().find(|fate| fate.recipient == *recipient));
            self.of(recipient).settle(seq, at, &sending.items, fate);
        }
    }

    fn of(&mut self, recipient: &str) -> &mut Hearer {
        self.hearers.entry(recipient.to_owned()).or_default()
    }
}

impl Hearer {
    /// How many letters may have arrived in the hour before `now`. Letters from the future were
    /// dated by a clock that was wrong, and count no more.
    pub fn letters(&self, now: Timestamp) -> usize {
        self.letters.values().filter(|sent| is_within(**sent, now, HOUR)).count()
    }

    fn settle(&mut self, seq: u64, at: Timestamp, items: &[Item], fate: Option<&Fate>) {
        let arrival = fate.map_or(Arrival::Unknown, |fate| fate.arrival);
        if arrival == Arrival::NotSent {
            self.letters.remove(&seq);
        }
        if arrival != Arrival::Accepted {
            // The failure was counted with the intent; now its reason is known.
            if let (Some(trouble), Some(fate)) = (&mut self.trouble, fate) {
                trouble.code.clone_from(&fate.code);
                trouble.detail.clone_from(&fate.detail);
            }
            return;
        }
        for item in items {
            self.pending.remove(&item.key);
            let Item { news, urgency, subject, words, since, .. } = item.clone();
            let told = Told { at, news, urgency, subject, words, since };
            self.told.insert(item.key.clone(), told);
        }
        (self.trouble, self.heard) = (None, Some(at));
    }

    fn fail(&mut self, at: Timestamp) {
        let (since, failures) =
            self.trouble.as_ref().map_or((at, 0), |trouble| (trouble.since, trouble.failures));
        let failures = failures.saturating_add(1);
        self.trouble = Some(Trouble { since, failures, code: None, detail: None });
    }
}

/// Whether `then` lies less than `span` before `now`. What lies after `now` does not.
pub(super) fn is_within(then: Timestamp, now: Timestamp, span: Duration) -> bool {
    Duration::try_from(now.duration_since(then)).is_ok_and(|passed| passed < span)
}

fn is_past(then: Timestamp, now: Timestamp, span: Duration) -> bool {
    Duration::try_from(now.duration_since(then)).is_ok_and(|passed| passed >= span)
}
