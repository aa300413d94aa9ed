//! What the rules make of an incident at an instant: duties, who is still to be told, until when.
//!
//! Pure: an incident, its rules and an instant go in. Deadlines are instants (a limit of hours is
//! counted in hours, a day in law is 24 of them), so no zone and no clock change touches them;
//! lateness compares recorded instants. "Ngay", "kịp thời" and what has no number count up and
//! are never late by a number that the law does not have.

use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};
use jiff::{SignedDuration, Timestamp};

use crate::incident::case::{Case, Recorded};
use crate::incident::fact::{Decided, Decision, Dispatched, Part, PortalFacts, Question, Received};
use crate::incident::rule::{Clock, Obligor, Recipient, Rule, RuleSet, Trigger, Unanswered};

/// The shares of a clock, in percent, at which people are reminded.
pub const REMINDERS: [u8; 3] = [50, 80, 100];

/// A duty of one incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Duty<'a> {
    /// What the law says.
    pub rule: &'a Rule,
    /// The set it stands in.
    pub set: &'a RuleSet,
    /// How it stands.
    pub status: Status,
    /// From when its clock runs; absent while it waits.
    pub anchor: Option<Timestamp>,
    /// The last instant at which it is in time; absent where the law has no number.
    pub due_at: Option<Timestamp>,
    /// Each recipient, in the order of the rules.
    pub deliveries: Vec<Delivery<'a>>,
    /// The decision of a person, where there is one.
    pub decided: Option<&'a Recorded<Decided>>,
    /// Whether anything was, or by now is, later than due.
    pub late: bool,
    /// Whether it is past due and something is still to be done.
    pub overdue: bool,
}

/// How a duty stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does not bind the portal: shown on request, with the reason.
    NotBound(Unbound),
    /// An answer or another duty takes it away.
    NotApplicable(Why),
    /// What it is counted from has not happened.
    Waiting,
    /// Cần xác định: a person must say, and the clock runs meanwhile.
    Undetermined,
    /// Something is still to be sent or done.
    Open,
    /// Đã gửi, chờ xác nhận.
    Sent,
    /// Every recipient confirmed, or the deed is done.
    Met,
    /// The documents of this other duty went to all its recipients.
    Covered(String),
    /// A person decided, by name and with a reason, that it is not to be reported.
    NotReportable,
}

impl Status {
    /// Its word in `--json`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotBound(_) => "not-bound",
            Self::NotApplicable(_) => "not-applicable",
            Self::Waiting => "waiting",
            Self::Undetermined => "undetermined",
            Self::Open => "open",
            Self::Sent => "sent",
            Self::Met => "met",
            Self::Covered(_) => "covered",
            Self::NotReportable => "not-reportable",
        }
    }

    /// Whether someone must still do something before its clock ends.
    pub fn is_owed(&self) -> bool {
        matches!(self, Self::Undetermined | Self::Open)
    }
}

/// How much a duty presses, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Past its deadline.
    Late,
    /// Still to be done.
    Owed,
    /// Sent, not confirmed.
    Unconfirmed,
    /// Nothing to be done.
    None,
}

/// Why a duty does not bind a portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unbound {
    /// It was not in force when the incident was detected.
    NotInForce,
    /// The portal's agency is not among those who owe it.
    Obligor,
    /// It binds systems of a higher level.
    Level,
}

/// Why a duty does not apply to an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// This question was answered with no.
    Answer(Question),
    /// The duty that it follows does not exist.
    Without(String),
    /// Handling had ended when this duty's message was sent.
    Finished(String),
}

/// One recipient of a duty.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery<'a> {
    /// Who.
    pub recipient: &'a Recipient,
    /// Whether the duty is not met without it: "nếu có" counts where the address book has one.
    pub required: bool,
    /// The first document that left.
    pub sent: Option<&'a Dispatched>,
    /// The confirmation of a document that left.
    pub received: Option<&'a Received>,
    /// Whether it left, or has still not left, after the deadline.
    pub late: bool,
}

/// Whether a duty binds a portal on a day, or why not.
pub fn binds(rule: &Rule, portal: &PortalFacts, day: Date) -> Result<(), Unbound> {
    let owes = match rule.obligor {
        Obligor::Owner | Obligor::Operator => true,
        Obligor::NetworkMember => portal.network_member,
        Obligor::ComponentAgency => portal.component,
        Obligor::Controller => portal.personal_data == Part::Controller,
        Obligor::Processor => portal.personal_data == Part::Processor,
    };
    if !rule.in_force(day) {
        Err(Unbound::NotInForce)
    } else if portal.level < rule.level_min {
        Err(Unbound::Level)
    } else if owes {
        Ok(())
    } else {
        Err(Unbound::Obligor)
    }
}

/// The day in Vietnam, by which the law counts its days in force.
pub fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::fixed(offset(7))).date()
}

/// Every duty of the incident's rules at `at`, the strictest first.
pub fn duties(case: &Case, at: Timestamp) -> Vec<Duty<'_>> {
    let rules = case.rules.iter().flat_map(|set| set.duties.iter().map(move |rule| (&**set, rule)));
    let mut duties: Vec<_> = rules.map(|(set, rule)| duty(case, set, rule, at)).collect();
    duties.sort_by_key(Duty::strictness);
    duties
}

impl Duty<'_> {
    /// What is late comes first, then what is owed; then by the instant at which it is due, where
    /// "ngay" and "kịp thời" are due from their first instant and what has no number at all comes
    /// last.
    pub fn strictness(&self) -> (Urgency, Timestamp, u8) {
        let (instant, rank) = match self.rule.clock {
            Clock::AtOnce => (self.anchor, 0),
            Clock::Promptly => (self.anchor, 1),
            Clock::Hours(_) | Clock::Days(_) => (self.due_at, 2),
            Clock::Unnumbered => (None, 3),
        };
        let urgency = match self.status {
            _ if self.overdue => Urgency::Late,
            Status::Open | Status::Undetermined => Urgency::Owed,
            Status::Sent => Urgency::Unconfirmed,
            _ => Urgency::None,
        };
        (urgency, instant.unwrap_or(Timestamp::MAX), rank)
    }

    /// The share of the clock that has run at `at`, in percent; absent where there is no number.
    pub fn percent(&self, at: Timestamp) -> Option<u64> {
        let (anchor, due_at) = self.anchor.zip(self.due_at)?;
        let run = at.duration_since(anchor).as_millis().max(0);
        let whole = due_at.duration_since(anchor).as_millis().max(1);
        u64::try_from(run * 100 / whole).ok()
    }

    /// Recipients that still have to be told.
    pub fn untold(&self) -> impl Iterator<Item = &Delivery<'_>> {
        self.deliveries.iter().filter(|delivery| delivery.required && delivery.sent.is_none())
    }
}

fn duty<'a>(case: &'a Case, set: &'a RuleSet, rule: &'a Rule, at: Timestamp) -> Duty<'a> {
    let anchor = anchor(case, rule);
    let hours = rule.clock.hours();
    let due_at = anchor.zip(hours).map(|(anchor, hours)| {
        let limit = SignedDuration::from_hours(i64::from(hours));
        anchor.checked_add(limit).unwrap_or(Timestamp::MAX)
    });
    let status = status(case, rule);
    let decided = case.decisions.get(&rule.id);
    let owed = status.is_owed();
    let past = due_at.is_some_and(|due_at| at > due_at);
    let deliveries = deliveries(case, set, rule, due_at, owed && past);
    // A deed is late by when it was done.
    let done_late = rule.recipients.is_empty()
        && due_at.zip(deed(case, rule)).is_some_and(|(due_at, done)| done > due_at);
    let overdue = owed && past;
    let late = overdue || done_late || deliveries.iter().any(|delivery| delivery.late);
    Duty { rule, set, status, anchor, due_at, deliveries, decided, late, overdue }
}

/// From when the clock of a duty runs.
fn anchor(case: &Case, rule: &Rule) -> Option<Timestamp> {
    let detected_at = case.detection.at;
    let since = |question| {
        let answer = case.answers.get(&question)?;
        let (answer, _) = &answer.what;
        answer.yes.then_some(answer.since.unwrap_or(case.answers[&question].recorded))
    };
    let demanded = || {
        let decided = case.decisions.get(&rule.id)?;
        let applies = decided.what.decision == Decision::Applies;
        applies.then_some(decided.what.at.unwrap_or(decided.recorded))
    };
    // Whoever has begun to send has said that it is owed, at the latest then.
    let begun = || dispatches(case, rule).map(|sent| sent.sent_at).min();
    match rule.trigger {
        Trigger::DetectedAt => Some(detected_at),
        Trigger::OverCapacityAt => since(Question::OverCapacity).or_else(demanded).or_else(begun),
        Trigger::SeriousAt => Some(since(Question::Serious05).unwrap_or(detected_at)),
        Trigger::ResponseEndedAt => case.ended.as_ref().map(|ended| ended.at),
        Trigger::BreachDetectedAt => {
            let yes = case.answers.get(&Question::PersonalData).map(|answer| answer.what.0);
            Some(yes.filter(|answer| answer.yes).and_then(|a| a.since).unwrap_or(detected_at))
        }
        Trigger::NoticeReceivedAt => {
            case.notice.as_ref().map(|n| n.at).or_else(demanded).or_else(begun)
        }
        Trigger::DemandedAt => demanded().or_else(begun),
        Trigger::SentAt => {
            let other = case.rule(rule.after.as_deref()?).ok()?;
            all_sent(case, other)
        }
    }
}

/// What speaks for a duty, from the clearest yes to the clearest no.
enum Standing {
    Applies,
    Waits,
    Undetermined,
    No(Why),
}

fn status(case: &Case, rule: &Rule) -> Status {
    if let Err(why) = binds(rule, &case.ground.portal, day(case.detection.at)) {
        return Status::NotBound(why);
    }
    if let Some(done) = finished(case, rule) {
        return done;
    }
    let decision = case.decisions.get(&rule.id).map(|decided| decided.what.decision);
    if decision == Some(Decision::NotReportable) {
        return Status::NotReportable;
    }
    // Whoever has begun to send has said that it is owed.
    let begun = dispatches(case, rule).next().is_some();
    let standing = if decision == Some(Decision::Applies) || begun {
        Standing::Applies
    } else {
        standing(case, rule)
    };
    match standing {
        Standing::No(why) => Status::NotApplicable(why),
        Standing::Undetermined => Status::Undetermined,
        Standing::Waits => Status::Waiting,
        Standing::Applies if anchor(case, rule).is_none() => Status::Waiting,
        Standing::Applies => Status::Open,
    }
}

/// How a duty stands of which nothing is left to do.
fn finished(case: &Case, rule: &Rule) -> Option<Status> {
    if rule.recipients.is_empty() {
        return deed(case, rule).map(|_| Status::Met);
    }
    all_sent(case, rule)?;
    let required = || rule.recipients.iter().filter(|to| required(case, rule, &to.id, to.if_any));
    let own =
        |id: &str| dispatches(case, rule).any(|sent| sent.recipient == id && owns(rule, sent));
    if let Some(other) = rule.covered_by.as_ref().filter(|_| !required().all(|to| own(&to.id))) {
        return Some(Status::Covered(other.clone()));
    }
    let confirmed = required().all(|to| receipt(case, rule, &to.id).is_some());
    Some(if confirmed { Status::Met } else { Status::Sent })
}

/// When a duty that is a deed was done.
fn deed(case: &Case, rule: &Rule) -> Option<Timestamp> {
    let decided = case.decisions.get(&rule.id);
    let met = decided.filter(|decided| decided.what.decision == Decision::Met);
    let met = met.map(|decided| decided.what.at.unwrap_or(decided.recorded));
    let by_end = case.ended.as_ref().filter(|_| rule.met_by_end).map(|ended| ended.at);
    met.or(by_end).filter(|_| rule.recipients.is_empty())
}

fn standing(case: &Case, rule: &Rule) -> Standing {
    let mut waits = false;
    let mut undetermined = false;
    let mut answered = false;
    for when in &rule.when {
        match (case.answer(when.question), when.unanswered) {
            (Some(false), _) => return Standing::No(Why::Answer(when.question)),
            (Some(true), _) => answered = true,
            (None, Unanswered::Yes) => {}
            (None, Unanswered::Undetermined) => undetermined = true,
            (None, Unanswered::Waits) => waits = true,
        }
    }
    // Outside its groups a duty is a person's decision; an answer with a name is one.
    let elsewhere = case.group.is_some_and(|group| !rule.groups.contains(&group));
    undetermined |= elsewhere && !answered;
    if let Some(other) = rule.requires.as_deref().and_then(|id| case.rule(id).ok()) {
        match status(case, other) {
            Status::NotBound(_) | Status::NotApplicable(_) | Status::NotReportable => {
                return Standing::No(Why::Without(other.id.clone()));
            }
            Status::Undetermined => undetermined = true,
            Status::Waiting => waits = true,
            Status::Open | Status::Sent | Status::Met | Status::Covered(_) => {}
        }
    }
    if let Some(no) = finished_before(case, rule) {
        return Standing::No(no);
    }
    if undetermined {
        Standing::Undetermined
    } else if waits {
        Standing::Waits
    } else {
        Standing::Applies
    }
}

/// An update is owed only where the response went on after the first message.
fn finished_before(case: &Case, rule: &Rule) -> Option<Why> {
    let ended = case.ended.as_ref()?.at;
    let other = case.rule(rule.unfinished_at.as_deref()?).ok()?;
    let before = dispatches(case, other).any(|sent| sent.sent_at < ended);
    (!before).then(|| Why::Finished(other.id.clone()))
}

fn owns(rule: &Rule, sent: &Dispatched) -> bool {
    sent.duties.contains(&rule.id)
}

/// Documents that count for a duty: its own, and those of the duty that covers it.
fn dispatches<'a>(case: &'a Case, rule: &'a Rule) -> impl Iterator<Item = &'a Dispatched> {
    let counts = |sent: &&Dispatched| {
        owns(rule, sent) || rule.covered_by.as_ref().is_some_and(|id| sent.duties.contains(id))
    };
    case.dispatches.iter().filter(counts)
}

fn required(case: &Case, rule: &Rule, recipient: &str, if_any: bool) -> bool {
    !if_any
        || case.ground.contacts.iter().any(|id| id == recipient)
        || case.dispatches.iter().any(|sent| owns(rule, sent) && sent.recipient == recipient)
}

/// When the last of the required recipients was first told; `None` while one has not been.
fn all_sent(case: &Case, rule: &Rule) -> Option<Timestamp> {
    let required = rule.recipients.iter().filter(|to| required(case, rule, &to.id, to.if_any));
    let sent: Option<Vec<_>> =
        required.map(|to| first(case, rule, &to.id).map(|sent| sent.sent_at)).collect();
    sent?.into_iter().max()
}

fn first<'a>(case: &'a Case, rule: &'a Rule, recipient: &str) -> Option<&'a Dispatched> {
    let to_it = dispatches(case, rule).filter(|sent| sent.recipient == recipient);
    to_it.min_by_key(|sent| sent.sent_at)
}

fn receipt<'a>(case: &'a Case, rule: &'a Rule, recipient: &str) -> Option<&'a Received> {
    let sent: Vec<_> = dispatches(case, rule).filter(|sent| sent.recipient == recipient).collect();
    case.receipts.iter().find(|receipt| {
        receipt.recipient == recipient && sent.iter().any(|sent| sent.digest == receipt.digest)
    })
}

fn deliveries<'a>(
    case: &'a Case,
    set: &'a RuleSet,
    rule: &'a Rule,
    due_at: Option<Timestamp>,
    overdue: bool,
) -> Vec<Delivery<'a>> {
    let delivery = |to: &'a crate::incident::rule::To| {
        let recipient = set.recipient(&to.id)?;
        let required = required(case, rule, &to.id, to.if_any);
        let document = first(case, rule, &to.id);
        let late = match document {
            Some(document) => due_at.is_some_and(|due_at| document.sent_at > due_at),
            None => required && overdue,
        };
        let received = receipt(case, rule, &to.id);
        Some(Delivery { recipient, required, sent: document, received, late })
    };
    rule.recipients.iter().filter_map(delivery).collect()
}

/// The ids of the duties that keep the incident from being closed. Of two that hang together the
/// one that is to be decided first is named.
pub fn blocking(case: &Case) -> Vec<&str> {
    let blocks = |rule: &&Rule| {
        let open =
            matches!(status(case, rule), Status::Open | Status::Undetermined | Status::Waiting);
        rule.blocks_closing && open && !never_began(case, rule) && !hangs_on(case, rule)
    };
    case.rules
        .iter()
        .flat_map(|set| &set.duties)
        .filter(blocks)
        .map(|rule| rule.id.as_str())
        .collect()
}

/// What waits for something that has not happened is no obstacle, unless it waits for a duty that
/// exists: the response has ended when an incident is closed, so that is what it waits for.
fn never_began(case: &Case, rule: &Rule) -> bool {
    status(case, rule) == Status::Waiting && rule.requires.is_none()
}

fn hangs_on(case: &Case, rule: &Rule) -> bool {
    let other = rule.requires.as_deref().and_then(|id| case.rule(id).ok());
    other.is_some_and(|other| matches!(status(case, other), Status::Undetermined | Status::Waiting))
}

/// Someone to be reminded of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// The incident's number.
    pub incident: u64,
    /// The portal's id.
    pub portal: String,
    /// The duty's id.
    pub duty: String,
    /// The recipient who has not been told; absent where the duty is a deed.
    pub recipient: Option<String>,
    /// The share of the clock that has been reached: 50, 80 or 100. A duty without a number is
    /// due from its first instant: 100.
    pub percent: u8,
    /// Until when, where the law has a number.
    pub due_at: Option<Timestamp>,
}

/// What people should have been reminded of by `at`, the strictest first. The same call later
/// gives the same again, or more: whoever sends remembers what was sent.
pub fn reminders(case: &Case, at: Timestamp) -> Vec<Reminder> {
    let mut reminders = Vec::new();
    if !case.state.is_live() {
        return reminders;
    }
    for duty in duties(case, at).iter().filter(|duty| duty.status.is_owed()) {
        let Some(percent) = reached(duty, at) else { continue };
        let reminder = |recipient: Option<&Delivery<'_>>| Reminder {
            incident: case.number,
            portal: case.ground.portal.id.clone(),
            duty: duty.rule.id.clone(),
            recipient: recipient.map(|delivery| delivery.recipient.id.clone()),
            percent,
            due_at: duty.due_at,
        };
        if duty.deliveries.is_empty() {
            reminders.push(reminder(None));
        } else {
            reminders.extend(duty.untold().map(|delivery| reminder(Some(delivery))));
        }
    }
    reminders
}

fn reached(duty: &Duty<'_>, at: Timestamp) -> Option<u8> {
    let anchor = duty.anchor?;
    match duty.percent(at) {
        Some(percent) => REMINDERS.into_iter().rev().find(|share| u64::from(*share) <= percent),
        // Nothing without a number is urged, but what is owed at once or in good time is told.
        None if duty.rule.clock == Clock::Unnumbered => None,
        None => (at >= anchor).then_some(100),
    }
}
