//! What people were told, as the log says, and whether anyone would hear an alarm.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::audit::{Ending, Entry, Kind};
use crate::base::fault::{Args, Message};
use crate::notice::fact::{Arrival, Begun, Held, Sending, Sent, VERSION};
use crate::notice::memory::Memory;
use crate::view::playbooks;
use crate::view::{Colour, Remark};

/// Tells people what is new.
pub const SEND: &str = "notice.send";

/// Tries a channel.
pub const TEST: &str = "notice.test";

/// Recipients begin to hear.
pub const BEGIN: &str = "notice.begin";

/// Items wait.
pub const HOLD: &str = "notice.hold";

/// Takes in the next entry, if it is about telling. A record of a shape that is not ours counts as
/// nothing told: what it told is told again rather than lost.
pub(super) fn take(memory: &mut Memory, entry: &Entry) {
    let letter = matches!(entry.verb.as_str(), SEND | TEST);
    match (entry.kind, entry.verb.as_str()) {
        (Kind::Record, BEGIN) => {
            if let Some(begun) = record::<Begun>(entry) {
                memory.begin(entry.seq, entry.at, &begun);
            }
        }
        (Kind::Record, HOLD) => {
            if let Some(held) = record::<Held>(entry) {
                memory.hold(&held);
            }
        }
        (Kind::Intent, _) if letter => {
            if let Some(sending) = record::<Sending>(entry) {
                memory.intend(entry.seq, entry.at, sending);
            }
        }
        (Kind::Outcome, _) if letter => {
            if let Some(intent) = entry.intent {
                memory.settle(intent, entry.at, record::<Sent>(entry).as_ref());
            }
        }
        _ => {}
    }
}

fn record<T: DeserializeOwned>(entry: &Entry) -> Option<T> {
    let record = entry.facts.get("record")?;
    let version = record.get("version").and_then(Value::as_u64);
    (version == Some(u64::from(VERSION))).then(|| T::deserialize(record).ok()).flatten()
}

/// Whether anyone would hear of an alarm. `recipients` are those that the configuration names.
pub(super) fn remarks(memory: &Memory, recipients: &[String], remarks: &mut Vec<Remark>) {
    let mut say = |colour, subject: &str, id, args| {
        let subject = subject.to_owned();
        remarks.push(Remark { colour, subject, message: Message::with(id, args) });
    };
    if recipients.is_empty() {
        say(Colour::Amber, "notices", "view-notice-nobody", Args::none());
        return;
    }
    // A letter that is on its way, or whose sender was killed, has no code yet: it will be tried.
    let trouble = |recipient: &&String| {
        let trouble = memory.hearer(recipient)?.trouble.as_ref()?;
        Some((trouble, trouble.code.as_deref()?))
    };
    let deaf = recipients.iter().filter_map(|one| Some((one, trouble(&one)?))).collect::<Vec<_>>();
    let nobody = deaf.len() == recipients.len();
    for (recipient, (trouble, code)) in deaf {
        let args = Args::none()
            .text("recipient", recipient)
            .text("code", code)
            .time("since", trouble.since)
            .number("failures", u64::from(trouble.failures));
        // Where one channel works, the other's failure is told by it; where none does, an alarm
        // would go unheard.
        let colour = if nobody { Colour::Red } else { Colour::Amber };
        say(colour, "notices", "view-notice-failing", args);
    }
}

/// One letter as the log tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Telling {
    /// The entry of its intent.
    pub entry: u64,
    /// When it was about to be sent.
    pub at: Timestamp,
    /// Whether a person only tried the channel.
    pub test: bool,
    /// What was to be told, to whom.
    pub sending: Sending,
    /// What became of it; absent while it is on its way, and where its sender was killed.
    pub sent: Option<Sent>,
    /// How it ended.
    pub ending: Option<Ending>,
}

impl Telling {
    /// What became of it at this recipient; absent while it is on its way.
    pub fn arrival(&self, recipient: &str) -> Option<Arrival> {
        self.ending?;
        let fates = self.sent.iter().flat_map(|sent| &sent.recipients);
        let fate = fates.into_iter().find(|fate| fate.recipient == recipient);
        Some(fate.map_or(Arrival::Unknown, |fate| fate.arrival))
    }
}

/// Every letter of a log, in its order.
#[derive(Clone, Debug, Default)]
pub struct History {
    tellings: Vec<Telling>,
    /// Entries about telling of a shape that is not ours.
    pub unreadable: u64,
}

impl History {
    /// The letters.
    pub fn tellings(&self) -> &[Telling] {
        &self.tellings
    }

    /// Takes in the next entry.
    pub fn take(&mut self, entry: &Entry) {
        if !matches!(entry.verb.as_str(), SEND | TEST) {
            return;
        }
        match entry.kind {
            Kind::Intent => match record(entry) {
                Some(sending) => self.tellings.push(Telling {
                    entry: entry.seq,
                    at: entry.at,
                    test: entry.verb == TEST,
                    sending,
                    sent: None,
                    ending: None,
                }),
                None => self.unreadable += 1,
            },
            Kind::Outcome => {
                let intended = |telling: &&mut Telling| Some(telling.entry) == entry.intent;
                // Outcomes follow their intents closely: the search ends soon.
                if let Some(telling) = self.tellings.iter_mut().rev().find(intended) {
                    (telling.sent, telling.ending) = (record(entry), entry.result);
                }
            }
            Kind::Opened | Kind::Record | Kind::Gap => {}
        }
    }
}

/// Something that happened, was not asked for by whoever reads the log at that moment, and is no
/// state that [`assess`](crate::view::assess()) would tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Occurrence {
    /// The entry that says so.
    pub entry: u64,
    /// When.
    pub at: Timestamp,
    /// How bad it is.
    pub colour: Colour,
    /// What it is about.
    pub subject: String,
    /// What it is.
    pub message: Message,
}

/// Reads an entry as something that people should hear of once.
pub fn occurrence(entry: &Entry) -> Option<Occurrence> {
    let text = |name: &str| entry.facts.get(name).and_then(Value::as_str).unwrap_or("—");
    let ended = |code: &str| Args::none().text("code", code);
    let (colour, message) = match (entry.kind, entry.verb.as_str(), entry.result) {
        (Kind::Gap, ..) => {
            let args = Args::none().text("from", text("from")).text("reason", text("reason"));
            (Colour::Red, Message::with("view-happened-gap", args))
        }
        (Kind::Record, "daemon.reload", _) if text("result") == "refused" => {
            let args = Args::none().text("error", text("error"));
            (Colour::Amber, Message::with("view-happened-reload-refused", args))
        }
        (Kind::Record, "daemon.pause", _) => {
            let args = Args::none().text("by", &entry.actor.name).text("reason", text("reason"));
            (Colour::Amber, Message::with("view-happened-paused", args))
        }
        // A drill with a record is a state; one without did not get that far.
        (Kind::Outcome, "drill.run", Some(Ending::Failed | Ending::Abandoned))
            if !entry.facts.contains_key("record") =>
        {
            let code = entry.code.as_deref().unwrap_or("abandoned");
            (Colour::Amber, Message::with("view-happened-drill-stopped", ended(code)))
        }
        // Damages are a state; a verify that could not look is not.
        (Kind::Outcome, "repository.verify", Some(Ending::Failed | Ending::Abandoned))
            if !entry.facts.contains_key("damages") =>
        {
            let code = entry.code.as_deref().unwrap_or("abandoned");
            (Colour::Amber, Message::with("view-happened-verify-stopped", ended(code)))
        }
        _ => return playbooks::occurrence(entry),
    };
    let (at, subject) = (entry.at, entry.subject.clone());
    Some(Occurrence { entry: entry.seq, at, colour, subject, message })
}
