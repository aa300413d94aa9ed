//! What is told holds through crashes, refusals and silence at every step, in any order of events.
//!
//! The sender of this model forgets everything between two passes but the log, and each of its
//! letters may be cut off before its intent, before it leaves, or before its outcome.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use duphong::notice::event::{Event, Nature};
use duphong::notice::fact::{
    Arrival, Begun, Fate, Held, Item, News, Sending, Sent, Urgency, VERSION,
};
use duphong::notice::memory::Memory;
use duphong::notice::plan::{HOURLY_MAX, ITEMS_MAX, Recipient, plan};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const REPEAT: Duration = Duration::from_hours(4);

const RECIPIENTS: [(&str, &str); 3] =
    [("mail", "mail:an@b.vn"), ("mail", "mail:binh@b.vn"), ("webhook:chat", "webhook:chat")];

/// What happens to one letter.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Accepted,
    /// One of its recipients refuses it for certain.
    PartlyRefused,
    Refused,
    UnknownArrived,
    UnknownLost,
    KilledBeforeIntent,
    KilledBeforeSending,
    KilledAfterSending,
}

#[derive(Clone, Debug)]
enum Step {
    Becomes(u8, Option<Urgency>),
    Happens,
    Passes(u32),
    Tell(Vec<End>),
}

enum Record {
    Other,
    Begun(Begun),
    Held(Held),
    Intent(Sending),
    Outcome(u64, Option<Sent>),
}

/// One thing that reached one recipient.
#[derive(Clone, Debug)]
struct Heard {
    at: Timestamp,
    letter: usize,
    item: Item,
    certain: bool,
}

struct Model {
    now: Timestamp,
    states: BTreeMap<u8, (Urgency, Timestamp)>,
    happened: Vec<Event>,
    log: Vec<(Timestamp, Record)>,
    heard: BTreeMap<&'static str, Vec<Heard>>,
    letters: usize,
    /// Keys that a whole pass has seen.
    seen: BTreeSet<String>,
}

impl Model {
    fn new() -> Self {
        Self {
            now: "2026-11-22T00:00:00Z".parse().unwrap(),
            states: BTreeMap::new(),
            happened: Vec::new(),
            log: vec![("2026-11-22T00:00:00Z".parse().unwrap(), Record::Other)],
            heard: BTreeMap::new(),
            letters: 0,
            seen: BTreeSet::new(),
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Becomes(key, None) => drop(self.states.remove(key)),
            Step::Becomes(key, Some(urgency)) => {
                let since = self.states.get(key).map_or(self.now, |(_, since)| *since);
                self.states.insert(*key, (*urgency, since));
            }
            Step::Happens => {
                let entry = self.log.len() as u64;
                self.log.push((self.now, Record::Other));
                let nature = Nature::Once { at: self.now, entry: Some(entry) };
                self.happened.push(event(format!("entry/{entry}"), nature, Urgency::Amber));
            }
            Step::Passes(minutes) => {
                self.now += SignedDuration::from_mins(i64::from(*minutes));
            }
            Step::Tell(ends) => self.tell(ends),
        }
    }

    fn memory(&self) -> Memory {
        let mut memory = Memory::default();
        for (seq, (at, record)) in self.log.iter().enumerate() {
            match record {
                Record::Other => {}
                Record::Begun(begun) => memory.begin(seq as u64, *at, begun),
                Record::Held(held) => memory.hold(held),
                Record::Intent(sending) => memory.intend(seq as u64, *at, sending.clone()),
                Record::Outcome(intent, sent) => memory.settle(*intent, *at, sent.as_ref()),
            }
        }
        memory
    }

    fn events(&self) -> Vec<Event> {
        let states = self.states.iter().map(|(key, (urgency, since))| Event {
            since: Some(*since),
            ..event(format!("state/{key}"), Nature::State, *urgency)
        });
        states.chain(self.happened.iter().cloned()).collect()
    }

    /// One pass. Its letters meet `ends` in turn; what is left over is accepted.
    fn tell(&mut self, ends: &[End]) {
        // A restart: what was cut off is abandoned, and only the log is remembered.
        let recipients = RECIPIENTS
            .map(|(channel, id)| Recipient { channel: channel.to_owned(), id: id.to_owned() });
        let events = self.events();
        let memory = self.memory();
        let plan = plan("log", &memory, &events, &recipients, Some(REPEAT), self.now);
        if !plan.begin.is_empty() {
            let recipients = plan.begin;
            self.record(Record::Begun(Begun { version: VERSION, recipients }));
        }
        for (recipients, items) in plan.hold {
            self.record(Record::Held(Held { version: VERSION, recipients, items }));
        }
        let mut ends = ends.iter().copied();
        for letter in plan.letters {
            assert!(!letter.items.is_empty() && letter.items.len() <= ITEMS_MAX);
            let end = ends.next().unwrap_or(End::Accepted);
            if end == End::KilledBeforeIntent {
                return;
            }
            let (recipients, items) = (letter.recipients, letter.items);
            let seq = self.log.len() as u64;
            let (id, held) = (letter.id, letter.held);
            let sending = Sending { version: VERSION, id, recipients, items, held };
            self.record(Record::Intent(sending.clone()));
            self.letters += 1;
            let fates = sending.recipients.iter().enumerate().map(|(position, recipient)| {
                let (arrives, arrival) = fate(end, position);
                if arrives {
                    self.hear(recipient, &sending.items, arrival == Arrival::Accepted);
                }
                Fate { recipient: recipient.clone(), arrival, code: None, detail: None }
            });
            let recipients = fates.collect();
            let killed = matches!(end, End::KilledBeforeSending | End::KilledAfterSending);
            let sent = (!killed).then_some(Sent { version: VERSION, recipients });
            self.record(Record::Outcome(seq, sent));
            if killed {
                return;
            }
        }
        self.seen.extend(self.states.keys().map(|key| format!("state/{key}")));
    }

    fn record(&mut self, record: Record) {
        self.log.push((self.now, record));
    }

    fn hear(&mut self, recipient: &str, items: &[Item], certain: bool) {
        let (_, id) = RECIPIENTS.into_iter().find(|(_, id)| *id == recipient).unwrap();
        let (at, letter) = (self.now, self.letters);
        let heard = items.iter().map(|item| Heard { at, letter, item: item.clone(), certain });
        self.heard.entry(id).or_default().extend(heard);
    }
}

fn event(key: String, nature: Nature, urgency: Urgency) -> Event {
    let (subject, words) = ("mau".to_owned(), format!("words of {key}"));
    Event { key, nature, urgency, subject, words, advice: None, look: None, since: None }
}

/// Whether the letter reaches its recipient of this position, and what the sender learns of it.
fn fate(end: End, position: usize) -> (bool, Arrival) {
    match end {
        End::Accepted => (true, Arrival::Accepted),
        End::PartlyRefused if position == 0 => (true, Arrival::Accepted),
        End::PartlyRefused | End::Refused => (false, Arrival::NotSent),
        End::UnknownArrived | End::KilledAfterSending => (true, Arrival::Unknown),
        End::UnknownLost | End::KilledBeforeSending | End::KilledBeforeIntent => {
            (false, Arrival::Unknown)
        }
    }
}

/// Nothing is told twice without a reason, and never too much.
fn check_order(heard: &[Heard]) {
    let mut last: BTreeMap<&str, &Heard> = BTreeMap::new();
    for one in heard {
        let before = last.insert(&one.item.key, one).filter(|before| before.certain);
        let news = before.map(|before| before.item.news);
        let bad = matches!(news, Some(News::New | News::Worse | News::Again));
        // What arrived and was not known to have arrived may come again: anything may follow it.
        let Some(before) = before else { continue };
        let told = format!("{before:?}\n{one:?}");
        match one.item.news {
            News::New | News::Passed => assert!(!bad && news != Some(News::Once), "{told}"),
            News::Worse => assert!(bad && one.item.urgency > before.item.urgency, "{told}"),
            News::Again => {
                let passed = Duration::try_from(one.at.duration_since(before.at)).unwrap();
                assert!(bad && passed >= REPEAT, "{told}");
            }
            News::Over => assert!(bad, "{told}"),
            News::Once => panic!("told twice: {told}"),
        }
    }
    let letters: BTreeMap<usize, Timestamp> =
        heard.iter().map(|one| (one.letter, one.at)).collect();
    for from in letters.values() {
        let hour = from.saturating_add(SignedDuration::from_hours(1)).unwrap();
        let count = letters.values().filter(|at| *from <= **at && **at < hour).count();
        assert!(count <= HOURLY_MAX, "{count} letters in the hour from {from}");
    }
}

fn urgencies() -> impl Strategy<Value = Urgency> {
    prop_oneof![Just(Urgency::Amber), Just(Urgency::Red)]
}

fn ends() -> impl Strategy<Value = End> {
    prop_oneof![
        4 => Just(End::Accepted),
        1 => Just(End::PartlyRefused),
        1 => Just(End::Refused),
        1 => Just(End::UnknownArrived),
        1 => Just(End::UnknownLost),
        1 => Just(End::KilledBeforeIntent),
        1 => Just(End::KilledBeforeSending),
        1 => Just(End::KilledAfterSending),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..6u8, proptest::option::of(urgencies())).prop_map(|(k, u)| Step::Becomes(k, u)),
        1 => Just(Step::Happens),
        2 => prop_oneof![0..3u32, 10..40u32, 200..300u32].prop_map(Step::Passes),
        3 => proptest::collection::vec(ends(), 0..3).prop_map(Step::Tell),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn everything_is_told_and_nothing_twice(
        steps in proptest::collection::vec(steps(), 1..60)
    ) {
        let mut model = Model::new();
        model.tell(&[]);
        for step in &steps {
            model.step(step);
        }
        // Then nothing goes wrong any more.
        for _ in 0..20 {
            model.step(&Step::Passes(20));
            model.step(&Step::Tell(Vec::new()));
        }
        for (_, id) in RECIPIENTS {
            let heard = model.heard.get(id).cloned().unwrap_or_default();
            check_order(&heard);
            let last: BTreeMap<&str, &Item> =
                heard.iter().map(|one| (one.item.key.as_str(), &one.item)).collect();
            for key in &model.seen {
                prop_assert!(last.contains_key(key.as_str()), "{} was never told of {}", id, key);
            }
            for event in model.events() {
                let told = last.get(event.key.as_str());
                prop_assert!(told.is_some(), "{} was never told of {:?}", id, event);
                prop_assert!(!told.unwrap().news.is_over(), "{} thinks {:?} is over", id, event);
            }
            for (key, item) in last {
                let is_so = model.events().iter().any(|event| event.key == key);
                prop_assert!(is_so || item.news.is_over(), "{} thinks {} is still so", id, key);
            }
        }
    }
}

fn told(model: &Model, recipient: &str) -> Vec<(u8, News)> {
    let number = |item: &Item| item.key.rsplit('/').next().unwrap().parse().unwrap();
    let heard = model.heard.get(recipient).map_or(&[][..], Vec::as_slice);
    heard.iter().map(|one| (number(&one.item), one.item.news)).collect()
}

#[test]
fn the_most_urgent_comes_first_and_all_of_one_pass_in_one_letter() {
    let mut model = Model::new();
    model.states.insert(1, (Urgency::Amber, model.now));
    model.states.insert(2, (Urgency::Red, model.now));
    model.tell(&[]);
    assert_eq!(told(&model, "mail:an@b.vn"), [(2, News::New), (1, News::New)]);
    assert_eq!(model.letters, 2, "one by mail to both, one by webhook");
    model.states.remove(&2);
    model.states.insert(3, (Urgency::Amber, model.now));
    model.step(&Step::Passes(1));
    model.tell(&[]);
    assert_eq!(told(&model, "webhook:chat")[2..], [(3, News::New), (2, News::Over)]);
}

#[test]
fn a_flood_waits_and_then_comes_in_one_letter_that_says_so() {
    let mut model = Model::new();
    model.tell(&[]);
    for key in 0..30 {
        // Each comes and goes between two passes, a minute apart.
        model.states = [(key, (Urgency::Amber, model.now))].into();
        model.step(&Step::Passes(1));
        model.tell(&[]);
    }
    let letters = |model: &Model| {
        let heard = model.heard["mail:an@b.vn"].iter();
        heard.map(|one| one.letter).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(letters(&model), 6);
    // Something red still gets through.
    model.states.insert(100, (Urgency::Red, model.now));
    model.step(&Step::Passes(1));
    model.tell(&[]);
    assert_eq!(letters(&model), 7);
    let all: BTreeSet<u8> = told(&model, "mail:an@b.vn").into_iter().map(|(key, _)| key).collect();
    assert_eq!(all.len(), 31, "the letter with the red one brought what had waited");
    let held = model.log.iter().filter_map(|(_, record)| match record {
        Record::Intent(sending) => Some(sending.held),
        _ => None,
    });
    assert!(held.max() >= Some(20));
}

#[test]
fn a_new_recipient_hears_what_is_so_and_not_what_was() {
    let mut model = Model::new();
    model.step(&Step::Happens);
    model.states.insert(1, (Urgency::Red, model.now));
    model.tell(&[]);
    model.step(&Step::Passes(1));
    model.tell(&[]);
    assert_eq!(told(&model, "mail:an@b.vn"), [(1, News::New)]);
    model.step(&Step::Happens);
    model.tell(&[]);
    assert_eq!(told(&model, "mail:an@b.vn").last().unwrap().1, News::Once);
}

#[test]
fn letters_tried_again_after_an_unknown_end_keep_their_id() {
    for end in [End::UnknownArrived, End::UnknownLost, End::KilledBeforeSending] {
        let mut model = Model::new();
        model.states.insert(1, (Urgency::Red, model.now));
        model.tell(&[end, end]);
        model.step(&Step::Passes(20));
        model.tell(&[]);
        let ids = model.log.iter().filter_map(|(_, record)| match record {
            Record::Intent(sending) => Some(sending.id.clone()),
            _ => None,
        });
        assert_eq!(ids.collect::<BTreeSet<_>>().len(), 1, "{end:?}");
    }
}
