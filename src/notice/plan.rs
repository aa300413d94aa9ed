//! Which letters to send now: what is due to each recipient, the most urgent first, in one letter.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use crate::base::digest::Digest;
use crate::notice::event::{Event, Nature};
use crate::notice::fact::{Item, News, Urgency};
use crate::notice::memory::{Hearer, Memory, is_within};

/// Letters an hour to one recipient: more is a flood, in which the one that matters drowns. What
/// does not fit waits and goes into one letter that says so.
pub const HOURLY_MAX: usize = 12;

/// Of these, letters without anything red: a chatter of small things must leave room for a large
/// one.
pub const HOURLY_CALM_MAX: usize = 6;

/// Things in one letter: what a person reads to the end. The rest follows in the next one.
pub const ITEMS_MAX: usize = 40;

/// How long to wait after a letter that did not arrive, doubled each time up to [`RETRY_MAX`].
pub const RETRY_FIRST: Duration = Duration::from_mins(1);

/// The longest wait: once the server is back, an alarm is at most this late.
pub const RETRY_MAX: Duration = Duration::from_mins(15);

/// Who hears, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient {
    /// Those of one channel share a letter where they are told the same: `mail`, `webhook:chat`.
    pub channel: String,
    /// In records: `mail:an@example.vn`.
    pub id: String,
}

/// What to do now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Recipients who are new.
    pub begin: Vec<String>,
    /// Items that cannot be sent now and are not on record yet, with those who wait for them.
    pub hold: Vec<(Vec<String>, Vec<Item>)>,
    /// What to send.
    pub letters: Vec<Letter>,
}

/// One letter to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// By which channel.
    pub channel: String,
    /// To whom.
    pub recipients: Vec<String>,
    /// The id under which it travels.
    pub id: String,
    /// What to tell, the most urgent first, what is over last.
    pub items: Vec<Item>,
    /// How many of them had to wait.
    pub held: u64,
    /// How many more follow in the next letter.
    pub more: u64,
}

impl Letter {
    /// How soon someone must act; absent when all of it is over.
    pub fn urgency(&self) -> Option<Urgency> {
        urgency(&self.items)
    }
}

/// Holds what is so now against what was told. `events` are all there is: a state that is not
/// among them is over. `origin` names the log: what two installations tell the same person under
/// one id, a mail program takes for one letter.
pub fn plan(
    origin: &str,
    memory: &Memory,
    events: &[Event],
    recipients: &[Recipient],
    repeat: Option<Duration>,
    now: Timestamp,
) -> Plan {
    let mut plan = Plan::default();
    let unknown = Hearer::default();
    let live = live(events);
    let mut letters: BTreeMap<(&str, String), Letter> = BTreeMap::new();
    for recipient in recipients.iter().collect::<BTreeSet<_>>() {
        let hearer = memory.hearer(&recipient.id).unwrap_or(&unknown);
        if hearer.begun.is_none() {
            plan.begin.push(recipient.id.clone());
        }
        let mut due = due(hearer, events, &live, repeat, now);
        if due.is_empty() {
            continue;
        }
        let fits = if must_wait(hearer, &due, now) { 0 } else { ITEMS_MAX };
        let rest = due.split_off(due.len().min(fits));
        let more = rest.len() as u64;
        plan.keep(&recipient.id, hearer, rest);
        if due.is_empty() {
            continue;
        }
        let letter = letter(origin, recipient, hearer, due, more);
        letters
            .entry((&recipient.channel, letter.id.clone()))
            .and_modify(|shared| shared.recipients.push(recipient.id.clone()))
            .or_insert(letter);
    }
    plan.letters = letters.into_values().collect();
    plan.letters.sort_by_key(|letter| std::cmp::Reverse(letter.urgency()));
    plan
}

impl Plan {
    /// What waits goes on record once, so that it is told even if it is over by then.
    fn keep(&mut self, recipient: &str, hearer: &Hearer, due: Vec<Item>) {
        let new: Vec<_> =
            due.into_iter().filter(|item| !hearer.pending.contains_key(&item.key)).collect();
        if new.is_empty() {
            return;
        }
        match self.hold.iter_mut().find(|(_, items)| *items == new) {
            Some((waiting, _)) => waiting.push(recipient.to_owned()),
            None => self.hold.push((vec![recipient.to_owned()], new)),
        }
    }
}

/// States by key; of two with one key the more urgent counts.
fn live(events: &[Event]) -> BTreeMap<&str, &Event> {
    let mut live: BTreeMap<&str, &Event> = BTreeMap::new();
    for event in events.iter().filter(|event| event.nature == Nature::State) {
        let known = live.entry(&event.key).or_insert(event);
        if event.urgency > known.urgency {
            *known = event;
        }
    }
    live
}

/// Everything that this recipient should be told now.
fn due(
    hearer: &Hearer,
    events: &[Event],
    live: &BTreeMap<&str, &Event>,
    repeat: Option<Duration>,
    now: Timestamp,
) -> Vec<Item> {
    let mut due: BTreeMap<&str, Item> = BTreeMap::new();
    for (key, event) in live {
        if let Some(news) = news_of_state(hearer, event, repeat, now) {
            due.insert(key, event.item(news));
        }
    }
    for event in events {
        if let Nature::Once { at, entry } = event.nature
            && is_news(hearer, event, at, entry)
        {
            due.insert(&event.key, event.item(News::Once));
        }
    }
    for (key, told) in &hearer.told {
        if told.is_bad() && !live.contains_key(key.as_str()) {
            let (urgency, since) = (told.urgency, told.since);
            let (subject, words) = (told.subject.clone(), told.words.clone());
            let over = Item { key: key.clone(), news: News::Over, urgency, subject, words, since };
            due.insert(key, over);
        }
    }
    for (key, pending) in &hearer.pending {
        let gone = !live.contains_key(key.as_str()) && !due.contains_key(key.as_str());
        if gone && pending.item.news != News::Over {
            // It was never told, and is not so any more.
            let news = if pending.item.news == News::Once { News::Once } else { News::Passed };
            due.insert(key, Item { news, ..pending.item.clone() });
        }
    }
    let mut due: Vec<_> = due.into_values().collect();
    due.sort_by_key(|item| (item.news.is_over(), std::cmp::Reverse(item.urgency), item.since));
    due
}

fn news_of_state(
    hearer: &Hearer,
    event: &Event,
    repeat: Option<Duration>,
    now: Timestamp,
) -> Option<News> {
    let Some(told) = hearer.told.get(&event.key).filter(|told| told.is_bad()) else {
        return Some(News::New);
    };
    if event.urgency > told.urgency {
        return Some(News::Worse);
    }
    // A telling from the future was dated by a clock that was wrong: it does not keep us silent.
    repeat.filter(|repeat| !is_within(told.at, now, *repeat)).map(|_| News::Again)
}

/// Whether something that happened is still to be told: it happened since this one hears, and was
/// not told.
fn is_news(hearer: &Hearer, event: &Event, at: Timestamp, entry: Option<u64>) -> bool {
    let Some((begun_seq, begun_at)) = hearer.begun else { return false };
    let since = entry.map_or(at >= begun_at, |entry| entry > begun_seq);
    since && !hearer.told.contains_key(&event.key)
}

/// Whether nothing may be sent to this one now: it was tried in vain not long ago, or enough was
/// sent within the hour.
fn must_wait(hearer: &Hearer, due: &[Item], now: Timestamp) -> bool {
    let failures = hearer.trouble.as_ref().map_or(0, |trouble| trouble.failures);
    if let (1.., Some(tried)) = (failures, hearer.tried) {
        let doubled = RETRY_FIRST.saturating_mul(1 << (failures - 1).min(8));
        if is_within(tried, now, doubled.min(RETRY_MAX)) {
            return true;
        }
    }
    let red = urgency(due) == Some(Urgency::Red);
    hearer.letters(now) >= if red { HOURLY_MAX } else { HOURLY_CALM_MAX }
}

fn urgency(items: &[Item]) -> Option<Urgency> {
    items.iter().filter(|item| !item.news.is_over()).map(|item| item.urgency).max()
}

fn letter(
    origin: &str,
    recipient: &Recipient,
    hearer: &Hearer,
    items: Vec<Item>,
    more: u64,
) -> Letter {
    let held = |item: &&Item| hearer.pending.get(&item.key).is_some_and(|pending| pending.held);
    Letter {
        channel: recipient.channel.clone(),
        recipients: vec![recipient.id.clone()],
        id: id(origin, hearer, &items),
        held: items.iter().filter(held).count() as u64,
        items,
        more,
    }
}

/// The same news after the same history have the same id, however often they are tried: whoever
/// gets two of them can see that they are one.
fn id(origin: &str, hearer: &Hearer, items: &[Item]) -> String {
    let mut text = format!("{origin}\0");
    for item in items {
        let before = hearer.told.get(&item.key).map(|told| told.at.to_string());
        let parts = [&item.key, &item.subject, before.as_deref().unwrap_or("")];
        for part in parts.map(str::to_owned).into_iter().chain([format!("{:?}", item.news)]) {
            text.push_str(&part);
            text.push('\0');
        }
    }
    format!("duphong-{}", &Digest::of(text.as_bytes()).to_string()[..32])
}
