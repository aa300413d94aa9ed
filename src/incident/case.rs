//! One incident: what its facts lead to, and which fact may come next.
//!
//! A fact is either legal in the state the incident is in and taken in whole, or refused by name
//! and changes nothing. The same facts in the same order always lead to the same case: times are
//! in the facts and in the entries that hold them, never read from a clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::incident::duty;
use crate::incident::fact::{
    Answer, Classified, Decided, Decision, Detection, Dispatched, Ended, Fact, Ground, Group, Kind,
    Noted, Notice, Question, Received, Said, Sealed, TEXT_BYTES_MAX,
};
use crate::incident::fault::CaseFault;
use crate::incident::rule::{Rule, RuleSet};

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The program saw something; nobody has judged it. Its clocks run.
    Proposed,
    /// It is being handled.
    Open,
    /// The response has ended; what is owed afterwards may be open.
    Ended,
    /// Closed.
    Closed,
    /// A person decided that it is not an incident.
    Dismissed,
}

impl State {
    /// Its word in `--json` and in refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Open => "open",
            Self::Ended => "ended",
            Self::Closed => "closed",
            Self::Dismissed => "dismissed",
        }
    }

    /// Whether its duties are still owed.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Proposed | Self::Open | Self::Ended)
    }
}

/// Something and when it went on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded<T> {
    /// The time of its entry in the log.
    pub recorded: Timestamp,
    /// What.
    pub what: T,
}

/// An incident as its facts tell it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its number.
    pub number: u64,
    /// Where it stands.
    pub state: State,
    /// When its first entry was written.
    pub begun: Timestamp,
    /// Portal, rules and address book of that time.
    pub ground: Ground,
    /// The rules themselves, in the order of `ground.rules`.
    pub rules: Vec<Arc<RuleSet>>,
    /// What happened, in words.
    pub what: String,
    /// The watch that proposed it, where one did.
    pub source: Option<String>,
    /// The last set taken before it, where the proposal knew one.
    pub set: Option<String>,
    /// When it was detected.
    pub detection: Detection,
    /// The scenario group; unknown while nobody has said.
    pub group: Option<Group>,
    /// The kind of attack.
    pub kind: Option<Kind>,
    /// Who told us from outside.
    pub notice: Option<Notice>,
    /// The newest answer to each question.
    pub answers: BTreeMap<Question, Recorded<(Answer, String)>>,
    /// What was written down, oldest first.
    pub notes: Vec<Recorded<Noted>>,
    /// What was sealed, oldest first.
    pub evidence: Vec<Recorded<Sealed>>,
    /// The newest decision on each duty.
    pub decisions: BTreeMap<String, Recorded<Decided>>,
    /// The newest values of each form.
    pub forms: BTreeMap<String, BTreeMap<String, String>>,
    /// What was sent, in the order of the log.
    pub dispatches: Vec<Dispatched>,
    /// What was confirmed, in the order of the log.
    pub receipts: Vec<Received>,
    /// When the response ended.
    pub ended: Option<Ended>,
    /// Who closed or dismissed it, and why.
    pub closed: Option<Recorded<Said>>,
}

impl Case {
    /// The case that a proposal or an opening begins, under these rules.
    pub fn begin(
        number: u64,
        at: Timestamp,
        fact: &Fact,
        rules: Vec<Arc<RuleSet>>,
    ) -> Result<Self, CaseFault> {
        legible(fact)?;
        let case = |ground: &Ground, what: &str, detection| Self {
            number,
            state: State::Open,
            begun: at,
            ground: ground.clone(),
            rules,
            what: what.to_owned(),
            source: None,
            set: None,
            detection,
            group: None,
            kind: None,
            notice: None,
            answers: BTreeMap::new(),
            notes: Vec::new(),
            evidence: Vec::new(),
            decisions: BTreeMap::new(),
            forms: BTreeMap::new(),
            dispatches: Vec::new(),
            receipts: Vec::new(),
            ended: None,
            closed: None,
        };
        match fact {
            Fact::Proposed(fact) => {
                let first_alarm = Some(fact.detected_at);
                let detection = Detection { at: fact.detected_at, first_alarm, later: None };
                let seal = |sealed: &Sealed| Recorded { recorded: at, what: sealed.clone() };
                Ok(Self {
                    state: State::Proposed,
                    source: Some(fact.source.clone()),
                    set: fact.set.clone(),
                    group: fact.group,
                    kind: fact.kind,
                    evidence: fact.evidence.iter().map(seal).collect(),
                    ..case(&fact.ground, &fact.what, detection)
                })
            }
            Fact::Opened(fact) => {
                detected(&fact.detection, fact.detection.first_alarm)?;
                attack_only(Some(fact.group), fact.kind)?;
                Ok(Self {
                    group: Some(fact.group),
                    kind: fact.kind,
                    notice: fact.notice.clone(),
                    ..case(&fact.ground, &fact.what, fact.detection.clone())
                })
            }
            other => Err(CaseFault::Illegal { fact: other.name(), state: "unknown" }),
        }
    }

    /// Takes in the next fact, which went on record at `at`, or refuses it and stays as it is.
    pub fn apply(&mut self, at: Timestamp, fact: &Fact) -> Result<(), CaseFault> {
        self.check(fact)?;
        self.take(at, fact);
        Ok(())
    }

    /// Whether this fact may come next.
    pub fn check(&self, fact: &Fact) -> Result<(), CaseFault> {
        legible(fact)?;
        self.state_allows(fact)?;
        match fact {
            Fact::Adopted(fact) => {
                detected(&fact.detection, self.detection.first_alarm)?;
                attack_only(Some(fact.group), fact.kind)
            }
            Fact::Classified(fact) => self.check_classified(fact),
            Fact::Decided(fact) => self.check_decided(fact),
            Fact::Dispatched(fact) => self.check_dispatched(fact),
            Fact::Received(fact) => self.check_received(fact),
            Fact::Closed(_) => match duty::blocking(self) {
                duties if duties.is_empty() => Ok(()),
                duties => Err(CaseFault::Blocked { duties: duties.join(", ") }),
            },
            _ => Ok(()),
        }
    }

    /// Every legal pair. What is not listed is refused.
    fn state_allows(&self, fact: &Fact) -> Result<(), CaseFault> {
        use State::{Closed, Dismissed, Ended, Open, Proposed};
        match (self.state, fact) {
            (Proposed, Fact::Adopted(_) | Fact::Dismissed(_))
            | (
                Open | Ended,
                Fact::Classified(_)
                | Fact::Decided(_)
                | Fact::Filled(_)
                | Fact::Dispatched(_)
                | Fact::Ended(_),
            )
            // A receipt may come when all is over.
            | (Open | Ended | Closed, Fact::Received(_))
            | (Ended, Fact::Closed(_))
            | (Proposed | Open | Ended | Closed | Dismissed, Fact::Noted(_) | Fact::Sealed(_)) => {
                Ok(())
            }
            (state, fact) => {
                Err(CaseFault::Illegal { fact: fact.name(), state: state.as_str() })
            }
        }
    }

    fn check_classified(&self, fact: &Classified) -> Result<(), CaseFault> {
        let group = fact.group.or(self.group);
        attack_only(group, fact.kind)?;
        let reason = fact.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
        let need = |what| if reason { Ok(()) } else { Err(CaseFault::NoReason { what }) };
        if fact.answers.values().any(|answer| !answer.yes) {
            need("no")?;
        }
        if fact.group.is_some_and(|group| group != Group::Attack && Some(group) != self.group) {
            need("group")?;
        }
        match &fact.detection {
            // Where no alarm is known, the detection on record is what it is later than.
            Some(detection) => {
                detected(detection, self.detection.first_alarm.or(Some(self.detection.at)))
            }
            None => Ok(()),
        }
    }

    fn check_decided(&self, fact: &Decided) -> Result<(), CaseFault> {
        for id in &fact.duties {
            let rule = self.rule(id)?;
            let bound = duty::binds(rule, &self.ground.portal, duty::day(self.detection.at));
            match fact.decision {
                Decision::Applies if bound.is_err() => {
                    return Err(CaseFault::NotBound { duty: id.clone() });
                }
                Decision::Met if !rule.recipients.is_empty() => {
                    return Err(CaseFault::NotADeed { duty: id.clone() });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_dispatched(&self, fact: &Dispatched) -> Result<(), CaseFault> {
        for id in &fact.duties {
            let rule = self.rule(id)?;
            if duty::binds(rule, &self.ground.portal, duty::day(self.detection.at)).is_err() {
                return Err(CaseFault::NotBound { duty: id.clone() });
            }
            if !rule.recipients.iter().any(|to| to.id == fact.recipient) {
                let recipient = fact.recipient.clone();
                return Err(CaseFault::NotARecipient { duty: id.clone(), recipient });
            }
        }
        Ok(())
    }

    fn check_received(&self, fact: &Received) -> Result<(), CaseFault> {
        let recipient = || fact.recipient.clone();
        let same =
            |sent: &&Dispatched| sent.recipient == fact.recipient && sent.digest == fact.digest;
        let first = self.dispatches.iter().filter(same).map(|sent| sent.sent_at).min();
        match first {
            None => Err(CaseFault::NeverSent { recipient: recipient() }),
            Some(sent_at) if fact.at < sent_at => {
                Err(CaseFault::ReceiptTooEarly { recipient: recipient() })
            }
            Some(_) => Ok(()),
        }
    }

    fn take(&mut self, at: Timestamp, fact: &Fact) {
        match fact {
            Fact::Proposed(_) | Fact::Opened(_) => {}
            Fact::Adopted(fact) => {
                self.state = State::Open;
                self.detected(&fact.detection);
                self.group = Some(fact.group);
                self.kind = fact.kind;
            }
            Fact::Dismissed(said) => {
                self.state = State::Dismissed;
                self.closed = Some(Recorded { recorded: at, what: said.clone() });
            }
            Fact::Classified(fact) => self.take_classified(at, fact),
            Fact::Noted(note) => self.notes.push(Recorded { recorded: at, what: note.clone() }),
            Fact::Sealed(sealed) => {
                self.evidence.push(Recorded { recorded: at, what: sealed.clone() });
            }
            Fact::Decided(fact) => {
                for duty in &fact.duties {
                    let decided = Recorded { recorded: at, what: fact.clone() };
                    self.decisions.insert(duty.clone(), decided);
                }
            }
            Fact::Filled(fact) => {
                self.forms.insert(fact.form.clone(), fact.fields.clone());
            }
            Fact::Dispatched(fact) => self.dispatches.push(fact.clone()),
            Fact::Received(fact) => self.receipts.push(fact.clone()),
            Fact::Ended(fact) => {
                self.state = State::Ended;
                self.ended = Some(fact.clone());
            }
            Fact::Closed(said) => {
                self.state = State::Closed;
                self.closed = Some(Recorded { recorded: at, what: said.clone() });
            }
        }
    }

    fn take_classified(&mut self, at: Timestamp, fact: &Classified) {
        if let Some(group) = fact.group {
            self.group = Some(group);
            if group != Group::Attack {
                self.kind = None;
            }
        }
        self.kind = fact.kind.or(self.kind);
        self.notice = fact.notice.clone().or(self.notice.take());
        for (question, answer) in &fact.answers {
            let answer = Recorded { recorded: at, what: (*answer, fact.by.clone()) };
            self.answers.insert(*question, answer);
        }
        if let Some(detection) = &fact.detection {
            self.detected(detection);
        }
    }

    /// The first alarm, once known, stays known.
    fn detected(&mut self, detection: &Detection) {
        let first_alarm = self.detection.first_alarm.or(detection.first_alarm);
        self.detection = Detection { first_alarm, ..detection.clone() };
    }

    /// The rule of this id.
    pub fn rule(&self, id: &str) -> Result<&Rule, CaseFault> {
        let found = self.rules.iter().find_map(|set| set.duty(id));
        found.ok_or_else(|| CaseFault::UnknownDuty { duty: id.to_owned() })
    }

    /// The answer to a question, where there is one.
    pub fn answer(&self, question: Question) -> Option<bool> {
        self.answers.get(&question).map(|answer| answer.what.0.yes)
    }
}

/// A detection later than the first alarm needs someone who answers for it.
fn detected(detection: &Detection, first_alarm: Option<Timestamp>) -> Result<(), CaseFault> {
    let later = first_alarm.is_some_and(|first| detection.at > first);
    match &detection.later {
        None if later => Err(CaseFault::NoReason { what: "detected-at" }),
        Some(said) => texts(&[("by", &said.by), ("reason", &said.reason)]),
        None => Ok(()),
    }
}

/// What has happened cannot lie ahead of `now`. Asked once, before a fact goes on record: the log
/// itself is judged by the instants in it, not by a clock that may have been wrong.
pub fn not_in_future(fact: &Fact, now: Timestamp) -> Result<(), CaseFault> {
    let mut times: Vec<(&'static str, Option<Timestamp>)> = Vec::new();
    let mut detection = |detection: &Detection| {
        times.push(("detected-at", Some(detection.at)));
        times.push(("first-alarm", detection.first_alarm));
    };
    match fact {
        Fact::Proposed(fact) => times.push(("detected-at", Some(fact.detected_at))),
        Fact::Opened(fact) => {
            detection(&fact.detection);
            times.push(("notice", fact.notice.as_ref().map(|notice| notice.at)));
        }
        Fact::Adopted(fact) => detection(&fact.detection),
        Fact::Classified(fact) => {
            fact.detection.iter().for_each(detection);
            times.push(("notice", fact.notice.as_ref().map(|notice| notice.at)));
            times.extend(fact.answers.values().map(|answer| ("since", answer.since)));
        }
        Fact::Noted(fact) => times.push(("at", fact.at)),
        Fact::Decided(fact) => times.push(("at", fact.at)),
        Fact::Dispatched(fact) => times.push(("sent-at", Some(fact.sent_at))),
        Fact::Received(fact) => times.push(("at", Some(fact.at))),
        Fact::Ended(fact) => times.push(("at", Some(fact.at))),
        Fact::Dismissed(_) | Fact::Sealed(_) | Fact::Filled(_) | Fact::Closed(_) => {}
    }
    match times.into_iter().find(|(_, at)| at.is_some_and(|at| at > now)) {
        Some((what, _)) => Err(CaseFault::InFuture { what }),
        None => Ok(()),
    }
}

/// The response cannot end, and nothing can be reported, before the detection. Like
/// [`not_in_future`] asked only before a fact goes on record: a detection may be corrected later.
///
/// People write times to the minute, so the whole minute of the detection counts.
pub fn not_before_detection(fact: &Fact, detected_at: Timestamp) -> Result<(), CaseFault> {
    let (what, at) = match fact {
        Fact::Dispatched(fact) => ("sent-at", fact.sent_at),
        Fact::Ended(fact) => ("at", fact.at),
        _ => return Ok(()),
    };
    let minute = |at: Timestamp| at.as_second().div_euclid(60);
    if minute(at) < minute(detected_at) {
        return Err(CaseFault::BeforeDetection { what, detected_at });
    }
    Ok(())
}

fn attack_only(group: Option<Group>, kind: Option<Kind>) -> Result<(), CaseFault> {
    match (group, kind) {
        (Some(group), Some(_)) if group != Group::Attack => Err(CaseFault::KindOutsideAttack),
        _ => Ok(()),
    }
}

/// Names, reasons and texts that say something, and fit into an entry.
fn legible(fact: &Fact) -> Result<(), CaseFault> {
    match fact {
        Fact::Proposed(fact) => texts(&[("what", &fact.what), ("source", &fact.source)]),
        Fact::Opened(fact) => {
            texts(&[("what", &fact.what), ("by", &fact.by)])?;
            fact.notice.as_ref().map_or(Ok(()), |notice| texts(&[("notice", &notice.from)]))
        }
        Fact::Adopted(fact) => texts(&[("by", &fact.by)]),
        Fact::Dismissed(said) | Fact::Closed(said) => {
            texts(&[("by", &said.by), ("reason", &said.reason)])
        }
        Fact::Classified(fact) => {
            texts(&[("by", &fact.by)])?;
            fact.notice.as_ref().map_or(Ok(()), |notice| texts(&[("notice", &notice.from)]))?;
            fact.reason.as_ref().map_or(Ok(()), |reason| texts(&[("reason", reason)]))
        }
        Fact::Noted(fact) => texts(&[("by", &fact.by), ("text", &fact.text)]),
        Fact::Sealed(fact) => texts(&[("what", &fact.what)]),
        Fact::Decided(fact) => {
            let none = fact.duties.is_empty();
            texts(&[("by", &fact.by), ("reason", &fact.reason)])?;
            if none { Err(CaseFault::Empty { what: "duty" }) } else { Ok(()) }
        }
        Fact::Filled(fact) => {
            texts(&[("by", &fact.by), ("form", &fact.form)])?;
            let size: usize = fact.fields.iter().map(|(id, value)| id.len() + value.len()).sum();
            let limit = 2 * TEXT_BYTES_MAX;
            if size > limit { Err(CaseFault::TooLong { what: "form", limit }) } else { Ok(()) }
        }
        Fact::Dispatched(fact) => {
            let none = fact.duties.is_empty();
            texts(&[("by", &fact.by), ("recipient", &fact.recipient)])?;
            if none { Err(CaseFault::Empty { what: "duty" }) } else { Ok(()) }
        }
        Fact::Received(fact) => {
            texts(&[("by", &fact.by), ("who", &fact.who), ("recipient", &fact.recipient)])
        }
        Fact::Ended(fact) => texts(&[("by", &fact.by)]),
    }
}

fn texts(texts: &[(&'static str, &str)]) -> Result<(), CaseFault> {
    for (what, text) in texts {
        if text.trim().is_empty() {
            return Err(CaseFault::Empty { what });
        }
        if text.len() > TEXT_BYTES_MAX {
            return Err(CaseFault::TooLong { what, limit: TEXT_BYTES_MAX });
        }
    }
    Ok(())
}
