//! Heads of the log that are kept outside: what is where, and since when something is covered nowhere.
//!
//! An anchor is itself entries, which the next one would cover, and so on for ever: these entries are
//! *own*, and nothing has to go out because of them alone.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::{ANCHOR, Ending, Entry, Kind};
use crate::base::fault::{Args, Message};
use crate::view::{Colour, Remark};

/// How the names of the jobs begin that put heads outside.
pub const JOB: &str = "anchor/";

/// The code of a log that contradicts what lies outside: somebody cut or rewrote it.
const CONTRADICTS: &str = "audit.anchor-contradicts";

/// Between the reading of a head and the entry that announces it few others are written.
const RECENT_MAX: usize = 64;

/// Every place that heads went to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Anchors {
    /// By name.
    pub places: BTreeMap<String, Place>,
    /// Announced and not ended, by the position of the intent.
    open: BTreeMap<u64, Kept>,
    /// The newest entries that are not own.
    recent: VecDeque<(u64, Timestamp)>,
    /// The first entry that is not own.
    first: Option<Timestamp>,
}

/// A place as the log knows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// The newest head there.
    pub newest: Option<Kept>,
    /// When the newest try failed, and why; nothing where it did not.
    pub failed: Option<(Timestamp, String)>,
}

/// A head at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The name of the place.
    pub name: String,
    /// `s3` or `mail`.
    pub place: String,
    /// The entries that it covers.
    pub size: u64,
    /// When it went there.
    pub at: Timestamp,
    /// Since when there are entries, other than own ones, that it does not cover.
    pub uncovered: Option<Timestamp>,
    /// When its lock ends, where it has one.
    pub until: Option<Timestamp>,
}

impl Anchors {
    /// Takes in the next entry.
    pub fn take(&mut self, entry: &Entry) {
        if !is_own(entry) {
            self.first.get_or_insert(entry.at);
            let all = self.places.values_mut().filter_map(|place| place.newest.as_mut());
            for kept in all.chain(self.open.values_mut()) {
                kept.uncovered.get_or_insert(entry.at);
            }
            self.recent.push_back((entry.seq, entry.at));
            if self.recent.len() > RECENT_MAX {
                self.recent.pop_front();
            }
        } else if entry.verb == ANCHOR && entry.kind == Kind::Intent {
            // A head that went into a file has no place, and nobody is owed another.
            self.open.extend(self.announced(entry).map(|kept| (entry.seq, kept)));
        } else if entry.verb == ANCHOR && entry.kind == Kind::Outcome {
            self.settled(entry);
        }
    }

    fn announced(&self, entry: &Entry) -> Option<Kept> {
        let place = entry.facts.get("place")?.as_str()?.to_owned();
        let size = entry.facts.get("size")?.as_u64()?;
        // Written between the head and this entry; where so many were that the first is forgotten,
        // the oldest that is known.
        let after = self.recent.iter().find(|(seq, _)| *seq >= size);
        let uncovered = after.map(|(_, at)| *at);
        let name = entry.subject.clone();
        Some(Kept { name, place, size, at: entry.at, uncovered, until: None })
    }

    fn settled(&mut self, entry: &Entry) {
        let Some(kept) = entry.intent.and_then(|intent| self.open.remove(&intent)) else { return };
        let place = self.places.entry(kept.name.clone()).or_default();
        if entry.result != Some(Ending::Done) {
            let code = match entry.result {
                Some(Ending::Abandoned) => "abandoned",
                _ => entry.code.as_deref().unwrap_or("unknown"),
            };
            place.failed = Some((entry.at, code.to_owned()));
            return;
        }
        place.failed = None;
        let until = entry.facts.get("until").and_then(Value::as_str);
        let until = until.and_then(|until| until.parse().ok());
        place.newest = Some(Kept { at: entry.at, until, ..kept });
    }

    /// Since when the log holds what the newest head at this place does not cover; nothing where that
    /// covers all but own entries.
    pub fn uncovered(&self, name: &str) -> Option<Timestamp> {
        match self.places.get(name).and_then(|place| place.newest.as_ref()) {
            Some(kept) => kept.uncovered,
            None => self.first,
        }
    }
}

/// Whether an entry is there only because heads go outside.
fn is_own(entry: &Entry) -> bool {
    entry.verb == ANCHOR || entry.verb == "schedule.skip" && entry.subject.starts_with(JOB)
}

/// What a person should know of the places that the configuration names. `owed` is the newest instant
/// at which a head must have gone to each.
pub(super) fn remarks(now: &Anchors, names: &[String], owed: Option<Timestamp>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for name in names {
        let of_place = || Args::none().text("anchor", name);
        let known = now.places.get(name);
        if let Some((at, code)) = known.and_then(|place| place.failed.as_ref()) {
            let args = of_place().time("since", *at).text("code", code);
            // Not a place that cannot be reached, but a log that is not what it was.
            let colour = if code == CONTRADICTS { Colour::Red } else { Colour::Amber };
            remarks.push(remark(colour, Message::with("view-anchor-failed", args)));
        }
        if known.is_none_or(|place| place.newest.is_none()) {
            remarks.push(remark(Colour::Amber, Message::with("view-anchor-never", of_place())));
        } else if let Some(since) = now.uncovered(name)
            && owed.is_some_and(|owed| since < owed)
        {
            let args = of_place().time("since", since);
            remarks.push(remark(Colour::Amber, Message::with("view-anchor-late", args)));
        }
    }
    remarks
}

fn remark(colour: Colour, message: Message) -> Remark {
    Remark { colour, subject: "audit".to_owned(), message }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::view::entry;

    fn time(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("a valid time")
    }

    /// A log of entries a minute apart.
    #[derive(Default)]
    struct Told {
        now: Anchors,
        seq: u64,
    }

    impl Told {
        fn add(&mut self, verb: &str, kind: Kind, change: impl FnOnce(&mut Entry)) -> u64 {
            let seq = self.seq;
            let at = time(i64::try_from(seq).expect("few entries") * 60);
            let subject = "khoa".to_owned();
            let mut entry = Entry { at, subject, ..entry(seq, kind, verb, &json!({})) };
            change(&mut entry);
            self.now.take(&entry);
            self.seq += 1;
            seq
        }

        fn other(&mut self) -> u64 {
            self.add("snapshot.create", Kind::Intent, |_| {})
        }

        fn announce(&mut self, size: u64) -> u64 {
            let facts = json!({"place": "s3", "size": size});
            self.add(ANCHOR, Kind::Intent, |entry| {
                entry.facts = facts.as_object().cloned().expect("an object");
            })
        }

        fn settle(&mut self, intent: u64, ending: Ending) {
            self.add(ANCHOR, Kind::Outcome, |entry| {
                entry.intent = Some(intent);
                entry.result = Some(ending);
                entry.code = (ending == Ending::Failed).then(|| "store.denied".to_owned());
            });
        }

        #[track_caller]
        fn check(&self, owed: i64, expected: &[&str]) {
            let owed = Some(time(owed));
            let seen = remarks(&self.now, &["khoa".to_owned()], owed);
            assert_eq!(seen.iter().map(|one| one.message.id).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn own_entries_owe_nothing_and_others_owe_a_head_from_the_first_on() {
        let mut told = Told::default();
        told.other();
        told.check(0, &["view-anchor-never"]);
        let intent = told.announce(1);
        told.settle(intent, Ending::Done);
        assert_eq!(told.now.uncovered("khoa"), None, "its own two entries count for nothing");
        told.add("schedule.skip", Kind::Record, |entry| entry.subject = "anchor/khoa".to_owned());
        assert_eq!(told.now.uncovered("khoa"), None);
        told.check(100_000, &[]);
        let first = told.other();
        told.other();
        let since = time(i64::try_from(first).expect("few entries") * 60);
        assert_eq!(told.now.uncovered("khoa"), Some(since));
        told.check(first.cast_signed() * 60, &[]);
        told.check(first.cast_signed() * 60 + 1, &["view-anchor-late"]);
    }

    #[test]
    fn what_came_between_the_head_and_its_entry_is_not_covered() {
        let mut told = Told::default();
        told.other();
        let between = told.other();
        let intent = told.announce(1);
        told.settle(intent, Ending::Done);
        let since = time(i64::try_from(between).expect("few entries") * 60);
        assert_eq!(told.now.uncovered("khoa"), Some(since));
    }

    #[test]
    fn a_try_that_failed_or_was_killed_is_told_until_one_succeeds() {
        let mut told = Told::default();
        told.other();
        for ending in [Ending::Failed, Ending::Abandoned] {
            let intent = told.announce(1);
            told.settle(intent, ending);
            told.check(0, &["view-anchor-failed", "view-anchor-never"]);
        }
        let intent = told.announce(1);
        told.settle(intent, Ending::Done);
        told.check(0, &[]);
    }
}
