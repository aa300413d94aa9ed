//! Incidents as the log tells them, and what of them a person should know now.
//!
//! The rules that hold for an incident are in the log, too, so an old incident keeps the rules of
//! its date whatever the program and the configuration say today.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::{Ending, Entry, Kind};
use crate::base::digest::Digest;
use crate::base::fault::{Args, Message, chain};
use crate::incident::case::{Case, State};
use crate::incident::duty::{self, Duty, Reminder, Status};
use crate::incident::fact::{Fact, Record, RuleRef, VERSION};
use crate::incident::rule::RuleSet;
use crate::view::{Colour, Remark};

/// The verb of the entry that holds a rule set's text.
pub const RULES_VERB: &str = "incident.rules";

/// A proposal that nobody has answered is red from this share of its strictest clock on.
const UNANSWERED_MAX: u64 = 80;

/// Every incident of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incidents {
    /// Rule sets that incidents were opened under, by the digest of their text.
    pub rules: BTreeMap<Digest, Arc<RuleSet>>,
    /// Incidents and proposals by number.
    pub cases: BTreeMap<u64, Case>,
    /// Entries that this program cannot take in: their positions and why.
    pub refused: Vec<(u64, String)>,
}

impl Incidents {
    /// Takes in the next entry, if it is about an incident.
    pub fn take(&mut self, entry: &Entry) {
        if entry.verb != RULES_VERB && !Fact::VERBS.contains(&entry.verb.as_str()) {
            return;
        }
        let says = match entry.kind {
            Kind::Record => true,
            // A number is given by an intent, so what began an incident is an outcome.
            Kind::Outcome => entry.result == Some(Ending::Done),
            Kind::Intent | Kind::Opened | Kind::Gap => false,
        };
        let taken = match entry.facts.get("record") {
            _ if entry.verb == RULES_VERB => self.rules(entry),
            Some(record) if says => self.record(entry.at, record),
            _ => Ok(()),
        };
        if let Err(why) = taken {
            self.refused.push((entry.seq, why));
        }
    }

    fn rules(&mut self, entry: &Entry) -> Result<(), String> {
        let text = entry.facts.get("text").and_then(Value::as_str).unwrap_or_default();
        let set = RuleSet::parse(text, &entry.subject).map_err(|fault| chain(&fault))?;
        self.rules.entry(set.digest).or_insert_with(|| Arc::new(set));
        Ok(())
    }

    fn record(&mut self, at: Timestamp, record: &Value) -> Result<(), String> {
        let version = record.get("version").and_then(Value::as_u64);
        if version != Some(u64::from(VERSION)) {
            return Err(format!("version {version:?}"));
        }
        let record = Record::deserialized(record)?;
        let number = record.incident;
        match &record.fact {
            Fact::Proposed(fact) => self.begin(number, at, &record.fact, &fact.ground.rules),
            Fact::Opened(fact) => self.begin(number, at, &record.fact, &fact.ground.rules),
            fact => {
                let case = self.cases.get_mut(&number).ok_or(format!("no incident {number}"))?;
                case.apply(at, fact).map_err(|fault| chain(&fault))
            }
        }
    }

    fn begin(
        &mut self,
        number: u64,
        at: Timestamp,
        fact: &Fact,
        rules: &[RuleRef],
    ) -> Result<(), String> {
        if self.cases.contains_key(&number) {
            return Err(format!("incident {number} begins twice"));
        }
        let set = |rule: &RuleRef| {
            self.rules.get(&rule.digest).cloned().ok_or(format!("no text of rules `{}`", rule.id))
        };
        let sets = rules.iter().map(set).collect::<Result<Vec<_>, _>>()?;
        let case = Case::begin(number, at, fact, sets).map_err(|fault| chain(&fault))?;
        self.cases.insert(number, case);
        Ok(())
    }

    /// Those whose duties are still owed.
    pub fn live(&self) -> impl Iterator<Item = &Case> {
        self.cases.values().filter(|case| case.state.is_live())
    }

    /// What is still owed or waits for confirmation over all of them, the strictest first.
    pub fn due(&self, at: Timestamp) -> Vec<(&Case, Duty<'_>)> {
        let duties = |case| duty::duties(case, at).into_iter().map(move |duty| (case, duty));
        let told =
            |(_, duty): &(&Case, Duty<'_>)| duty.status.is_owed() || duty.status == Status::Sent;
        let mut due: Vec<_> = self.live().flat_map(duties).filter(told).collect();
        due.sort_by_key(|(case, duty)| (duty.strictness(), case.number));
        due
    }
}

/// What people should have been reminded of by `at`, over all incidents.
pub fn reminders(incidents: &Incidents, at: Timestamp) -> Vec<Reminder> {
    incidents.live().flat_map(|case| duty::reminders(case, at)).collect()
}

/// How a duty stands at a glance: red when it is past its deadline, amber while anything is open.
pub fn colour(duty: &Duty<'_>) -> Colour {
    match duty.status {
        _ if duty.overdue => Colour::Red,
        Status::Open | Status::Undetermined | Status::Sent => Colour::Amber,
        _ => Colour::Green,
    }
}

/// Everything about incidents that a person should know.
pub fn remarks(incidents: &Incidents, at: Timestamp) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for case in incidents.live() {
        remark(case, at, &mut remarks);
    }
    for (entry, why) in &incidents.refused {
        let args = Args::none().number("entry", *entry).text("why", why);
        let message = Message::with("view-incident-unreadable", args);
        remarks.push(Remark { colour: Colour::Red, subject: "audit".to_owned(), message });
    }
    remarks
}

fn remark(case: &Case, at: Timestamp, remarks: &mut Vec<Remark>) {
    let number = || Args::none().number("incident", case.number);
    let mut say = |colour, id, args| {
        let subject = case.ground.portal.id.clone();
        remarks.push(Remark { colour, subject, message: Message::with(id, args) });
    };
    let duties = duty::duties(case, at);
    if case.state == State::Proposed {
        let owed = duties.iter().filter(|duty| duty.status.is_owed());
        let run = owed.filter_map(|duty| duty.percent(at)).max().unwrap_or_default();
        let late = run > UNANSWERED_MAX;
        let colour = if late { Colour::Red } else { Colour::Amber };
        say(colour, "view-incident-proposed", number().number("percent", run));
        return;
    }
    for duty in duties.iter().filter(|duty| duty.overdue) {
        say(Colour::Red, "view-incident-duty-late", number().text("duty", &duty.rule.id));
    }
    let ids = |status: Status| {
        let those = duties.iter().filter(|duty| duty.status == status && !duty.overdue);
        those.map(|duty| duty.rule.id.as_str()).collect::<Vec<_>>().join(", ")
    };
    for (status, id) in [
        (Status::Open, "view-incident-duties-open"),
        (Status::Undetermined, "view-incident-duties-undetermined"),
        (Status::Sent, "view-incident-duties-sent"),
    ] {
        let ids = ids(status);
        if !ids.is_empty() {
            say(Colour::Amber, id, number().text("duties", ids));
        }
    }
    if duties.iter().all(|duty| colour(duty) == Colour::Green) {
        say(Colour::Amber, "view-incident-open", number());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::fact::{Ground, Group, Part, PortalFacts, Proposed, Said};
    use crate::incident::shipped;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("test times are valid")
    }

    /// A proposal of 08:00 in Vietnam.
    fn proposed() -> Incidents {
        let portal = PortalFacts {
            id: "mau".into(),
            name: "Mẫu".into(),
            kind: "cong".into(),
            owner: "UBND".into(),
            operator: "TTTT".into(),
            level: 3,
            hosting: None,
            network_member: false,
            component: true,
            personal_data: Part::Controller,
        };
        let fact = Fact::Proposed(Proposed {
            ground: Ground { portal, rules: Vec::new(), contacts: Vec::new() },
            detected_at: time("2026-11-22T01:00:00Z"),
            source: "page.signature".into(),
            what: "liên kết cờ bạc".into(),
            group: Some(Group::Attack),
            kind: None,
            set: None,
            evidence: Vec::new(),
        });
        let rules = shipped::choose(None, &[]).expect("what we ship can be read");
        let rules = rules.into_iter().map(Arc::new).collect();
        let at = time("2026-11-22T01:05:00Z");
        let case = Case::begin(1, at, &fact, rules).expect("the proposal is legal");
        Incidents { cases: [(1, case)].into(), ..Incidents::default() }
    }

    #[test]
    fn a_proposal_that_nobody_answers_turns_red() {
        #[track_caller]
        fn check(at: &str, colour: Colour) {
            let remarks = remarks(&proposed(), time(at));
            let told: Vec<_> = remarks.iter().map(|one| (one.colour, one.message.id)).collect();
            assert_eq!(told, [(colour, "view-incident-proposed")], "{at}");
        }
        check("2026-11-22T01:00:00Z", Colour::Amber);
        // Four fifths of the 24 hours: 19 h 12 min.
        check("2026-11-22T20:12:00Z", Colour::Amber);
        check("2026-11-22T20:27:00Z", Colour::Red);
        check("2026-12-22T01:00:00Z", Colour::Red);
    }

    #[test]
    fn what_is_dismissed_is_no_remark_and_owes_nothing() {
        let mut incidents = proposed();
        let at = time("2026-11-23T09:00:00Z");
        assert!(!incidents.due(at).is_empty());
        let said = Fact::Dismissed(Said { by: "An".into(), reason: "tin bài thật".into() });
        let case = incidents.cases.get_mut(&1).expect("there is one");
        case.apply(at, &said).expect("a proposal can be dismissed");
        assert_eq!(remarks(&incidents, at), []);
        assert!(incidents.due(at).is_empty());
        assert_eq!(reminders(&incidents, at), []);
    }
}
