//! The keys of a log in their order: from a key that is trusted to the one that signed.
//!
//! A handover is a head that names two keys and that both signed: whoever trusts one of them has
//! its word for the other. A key signs nothing behind its handover; what it does sign there was
//! signed by somebody who kept or stole it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::verify::folder::file_args;
use crate::audit::verify::hash::Hash;
use crate::audit::verify::note::Key;
use crate::audit::verify::opening::Opened as Said;
use crate::audit::verify::report::{Report, Signer};
use crate::base::digest::Digest;
use crate::base::fault::Args;

/// The folder of the handovers, in a log and in an export.
pub(super) const FOLDER: &str = "key";

/// More are none of ours.
pub(super) const HANDOVERS_MAX: usize = 1_000;

/// The verb that announces a rotation.
const VERB: &str = "audit.rotate-key";

/// What lies under the name of a handover.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// From one.
    pub(super) number: u64,
    pub(super) path: PathBuf,
    pub(super) note: Vec<u8>,
}

/// One key hands the log over to the next.
#[derive(Clone, Debug)]
pub(super) struct Handover {
    pub(super) number: u64,
    pub(super) path: PathBuf,
    pub(super) from: Key,
    pub(super) to: Key,
    pub(super) size: u64,
    pub(super) root: Hash,
}

impl Handover {
    /// Reads one; `None` unless both keys signed it.
    fn open(found: &Found) -> Option<Self> {
        let text = std::str::from_utf8(&found.note).ok()?;
        let mut lines = text.lines().skip(3);
        let from = Key::parse(lines.next()?.strip_prefix("key-from ")?)?;
        let to = Key::parse(lines.next()?.strip_prefix("key-to ")?)?;
        let (size, root) = from.open(&found.note)?;
        let is_both = to.open(&found.note) == Some((size, root));
        (is_both && lines.next()?.is_empty() && from.vkey() != to.vkey()).then(|| Self {
            number: found.number,
            path: found.path.clone(),
            from,
            to,
            size,
            root,
        })
    }

    /// Whether both are of one key, which can hand over but once.
    pub(super) fn is_rival_of(&self, other: &Self) -> bool {
        let says = |one: &Self| (one.to.vkey(), one.size, one.root);
        self.from.vkey() == other.from.vkey() && says(self) != says(other)
    }
}

/// The number in the name of a handover.
pub(super) fn number(name: &str) -> Option<u64> {
    let number = name.parse::<u64>().ok()?;
    (number > 0 && name == format!("{number:03}")).then_some(number)
}

/// The handovers that lead from each key to the next, as far as they do; `found` is ascending.
pub(super) fn chain(found: &[Found], report: &mut Report) -> Vec<Handover> {
    let mut chain: Vec<Handover> = Vec::new();
    for one in found {
        let Some(next) = Handover::open(one) else {
            report.wrong("audit-found-key-handover", file_args(&one.path));
            continue;
        };
        let twice = chain.iter().find(|other| other.from.vkey() == next.from.vkey());
        if let Some(other) = twice {
            let args = file_args(&next.path).text("key", next.from.id());
            report.wrong("audit-found-key-fork", args.text("other", other.path.display()));
            continue;
        }
        let last = chain.last();
        // Behind one that is missing, the chain begins anew: what came before leads to nothing.
        let is_gap = next.number != last.map_or(1, |last| last.number + 1);
        if is_gap {
            report.unknown("audit-found-key-gap", file_args(&next.path));
            chain.clear();
        } else if last
            .is_some_and(|last| last.to.vkey() != next.from.vkey() || last.size >= next.size)
        {
            report.wrong("audit-found-key-handover", file_args(&next.path));
            continue;
        }
        chain.push(next);
    }
    chain
}

/// The keys that a log is judged by.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// The one that is trusted.
    pub(super) trusted: Key,
    /// Those that it leads to and that lead to it; empty where it knows no other.
    pub(super) handovers: Vec<Handover>,
    /// The key that lies beside the log, where there is one.
    pub(super) own: Option<Key>,
    /// Whether all keys of the log are known and the trusted one is none of them.
    pub(super) is_foreign: bool,
}

/// A head, and the place of its key in the order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    pub(super) head: (u64, Hash),
    /// How many handovers came before the key.
    pub(super) place: usize,
}

impl Keys {
    /// Takes in what is trusted; the key may be part of the chain, or not.
    pub(super) fn of(trusted: Key, own: Option<Key>, handovers: Vec<Handover>) -> Self {
        let vkey = trusted.vkey();
        let is_in = handovers.iter().any(|one| one.from.vkey() == vkey || one.to.vkey() == vkey);
        if is_in {
            return Self { trusted, own, handovers, is_foreign: false };
        }
        let is_first = handovers.first().is_some_and(|one| one.number == 1);
        let newest = handovers.last().map(|one| one.to.vkey());
        let is_foreign = is_first && newest == own.as_ref().map(Key::vkey);
        Self { trusted, own, handovers: Vec::new(), is_foreign }
    }

    /// The key that opened the log; none where what leads there is missing.
    pub(super) fn first(&self) -> Option<&Key> {
        match self.handovers.first() {
            None => Some(&self.trusted),
            Some(one) => (one.number == 1).then_some(&one.from),
        }
    }

    /// All of them, oldest first.
    fn all(&self) -> impl Iterator<Item = &Key> {
        let first = self.handovers.first().map_or(&self.trusted, |one| &one.from);
        std::iter::once(first).chain(self.handovers.iter().map(|one| &one.to))
    }

    /// The key at this place.
    pub(super) fn at(&self, place: usize) -> &Key {
        self.all().nth(place).unwrap_or(&self.trusted)
    }

    /// A head that one of them signed; one that its key signed before it took over, or behind its
    /// handover, is named.
    pub(super) fn open(
        &self,
        note: &[u8],
        path: &std::path::Path,
        report: &mut Report,
    ) -> Option<Opened> {
        let opened =
            self.all().enumerate().find_map(|(place, key)| Some((place, key, key.open(note)?)));
        let (place, key, head) = opened?;
        if let Some(next) = self.handovers.get(place).filter(|next| head.0 > next.size) {
            let args = file_args(path).number("size", head.0).text("key", key.id());
            report.wrong("audit-found-key-retired", args.number("end", next.size));
        }
        // It took over a log of that size: whoever has it made up a shorter one.
        let began = place.checked_sub(1).and_then(|before| self.handovers.get(before));
        if let Some(began) = began.filter(|began| head.0 < began.size) {
            let args = file_args(path).number("size", head.0).text("key", key.id());
            report.wrong("audit-found-key-early", args.number("begin", began.size));
        }
        Some(Opened { head, place })
    }

    /// Whether both know one key: then they are of one log.
    pub(super) fn meet(&self, other: &Self) -> bool {
        self.all().any(|key| other.all().any(|known| known.vkey() == key.vkey()))
    }

    /// Whether the trusted key took over behind this head: it answers for what its handover covers,
    /// and nothing here says that this head is part of that.
    pub(super) fn is_before_trusted(&self, opened: &Opened) -> bool {
        let vkey = self.trusted.vkey();
        let next = self.handovers.get(opened.place);
        next.is_some_and(|next| opened.head.0 < next.size)
            && self.all().skip(opened.place + 1).any(|key| key.vkey() == vkey)
    }

    /// The key of this fingerprint among all that are known, for a person who holds no more of it.
    pub(super) fn of_fingerprint(
        digits: &str,
        own: Option<&Key>,
        handovers: &[Handover],
    ) -> Option<Key> {
        let known = handovers.iter().flat_map(|one| [&one.from, &one.to]).chain(own);
        known
            .into_iter()
            .find(|key| Digest::of(key.vkey().as_bytes()).to_string() == digits)
            .cloned()
    }
}

/// The digits of a fingerprint, as people type them; none if it is something else.
pub(super) fn fingerprint(text: &str) -> Option<String> {
    let digits: String =
        text.chars().filter(|letter| !letter.is_whitespace() && *letter != ':').collect();
    let is_one = digits.len() == 64 && digits.chars().all(|letter| letter.is_ascii_hexdigit());
    is_one.then(|| digits.to_ascii_lowercase())
}

/// What the entries say of rotations, to be held against the handovers.
#[derive(Default)]
pub(super) struct Told {
    /// The key that the log was opened with, and when.
    opened: Option<(String, Option<Timestamp>)>,
    /// By the position of the announcement: the new key, and when.
    announced: BTreeMap<u64, (String, Option<Timestamp>)>,
    /// Positions of announcements whose new key is not shown, and whether their outcome says that it
    /// was done.
    hidden: BTreeMap<u64, bool>,
    /// Positions of announcements whose outcome says that it was done.
    done: Vec<u64>,
}

impl Told {
    /// Takes in the entry at `seq`. What is wrong with it is told by the rules.
    pub(super) fn take(&mut self, seq: u64, said: &Said) {
        let text = |name: &str| said.entry.get(name).and_then(Value::as_str);
        let fact = |name: &str| {
            let facts = said.entry.get("facts");
            facts.and_then(|facts| facts[name].as_str()).unwrap_or_default().to_owned()
        };
        let is_about = text("verb") == Some(VERB);
        let at =
            if seq == 0 || is_about { text("at").and_then(|at| at.parse().ok()) } else { None };
        if seq == 0 {
            if !said.hides("facts.vkey") {
                self.opened = Some((fact("vkey"), at));
            }
        } else if is_about && text("kind") == Some("intent") {
            if said.hides("facts.to") {
                self.hidden.insert(seq, false);
            } else {
                self.announced.insert(seq, (fact("to"), at));
            }
        } else if is_about && text("result") == Some("done") {
            let intent = said.entry.get("intent").and_then(Value::as_u64);
            if let Some(is_done) = intent.and_then(|intent| self.hidden.get_mut(&intent)) {
                *is_done = true;
            }
            self.done.extend(intent.filter(|intent| self.announced.contains_key(intent)));
        }
    }

    /// Whether the log says that this key took over.
    pub(super) fn says(&self, vkey: &str) -> bool {
        self.done.iter().any(|intent| self.announced[intent].0 == vkey)
    }

    /// Holds handovers against entries, both ways, where both can be seen: the entries of `range`.
    pub(super) fn conclude(
        &self,
        keys: &Keys,
        range: &std::ops::Range<u64>,
        signer: Option<usize>,
        report: &mut Report,
    ) {
        let opened = self.opened.as_ref().zip(keys.first());
        if let Some(((vkey, _), first)) = opened
            && !first.is(vkey)
            // One that took over did not open it; that its handover is missing is told below.
            && !self.says(&first.vkey())
        {
            report.wrong_at(0, "audit-found-other-key", Args::none());
        }
        for one in &keys.handovers {
            let Some(seq) = one.size.checked_sub(1).filter(|seq| range.contains(seq)) else {
                continue;
            };
            let is_other = self.announced.get(&seq).is_none_or(|(to, _)| *to != one.to.vkey());
            if is_other && !self.hidden.contains_key(&seq) {
                report.wrong_at(seq, "audit-found-key-entry", file_args(&one.path));
            }
        }
        // Whom the log was handed over to cannot be held against anything, nor that it was.
        let is_handed_over = |seq: u64| keys.handovers.iter().any(|one| one.size == seq + 1);
        for (seq, is_done) in &self.hidden {
            if *is_done || is_handed_over(*seq) {
                report.unknown_at(*seq, "audit-found-key-withheld", Args::none());
            }
        }
        for intent in &self.done {
            let to = &self.announced[intent].0;
            let is_known = |one: &Handover| one.size == intent + 1 && one.to.vkey() == *to;
            if keys.handovers.iter().any(is_known) {
                continue;
            }
            // The entries go on: whose key do they go on with?
            let signed_by = signer.map(|place| keys.at(place).vkey());
            let is_replaced = signed_by.as_ref() != Some(to)
                && !self.done.iter().any(|later| {
                    later > intent && signed_by.as_ref() == Some(&self.announced[later].0)
                });
            if is_replaced && signer.is_some() {
                let args = Args::none().text("key", key_id(to));
                report.wrong_at(*intent, "audit-found-key-ignored", args);
            } else {
                report.unknown_at(*intent, "audit-found-key-unlinked", Args::none());
            }
        }
        report.signer = signer.map(|place| self.signer(keys, place));
    }

    fn signer(&self, keys: &Keys, place: usize) -> Signer {
        let before = place.checked_sub(1).and_then(|before| keys.handovers.get(before));
        let number = match (before, keys.handovers.first()) {
            (Some(before), _) => before.number,
            (None, Some(first)) => first.number - 1,
            (None, None) => 0,
        };
        let since = match before {
            Some(before) => self.announced.get(&(before.size - 1)).and_then(|(_, at)| *at),
            None => self.opened.as_ref().and_then(|(_, at)| *at).filter(|_| number == 0),
        };
        Signer { vkey: keys.at(place).vkey(), number, since }
    }
}

/// The id in a verifier key, by which signatures name it.
fn key_id(vkey: &str) -> String {
    vkey.split('+').nth(1).unwrap_or_default().to_owned()
}
