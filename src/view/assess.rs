//! Red, amber or green, with the reason. "Never" and "cannot tell" are never green.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::base::fault::{Args, Message};
use crate::drill::work::End;
use crate::view::anchors;
use crate::view::drills;
use crate::view::incidents;
use crate::view::notices;
use crate::view::playbooks;
use crate::view::probes;
use crate::view::protection;
use crate::view::spot;
use crate::view::work;
use crate::view::{Now, PortalNow};

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Colour {
    /// As it should be.
    Green,
    /// Someone should act in daylight.
    Amber,
    /// Someone must act now.
    Red,
}

impl Colour {
    /// The word in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
        }
    }

    /// The id of its name in the message files.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Green => "view-colour-green",
            Self::Amber => "view-colour-amber",
            Self::Red => "view-colour-red",
        })
    }
}

/// What the configuration says should be.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The portals.
    pub portals: Vec<ExpectedPortal>,
    /// Names of the repositories.
    pub repositories: Vec<String>,
    /// Who hears notices.
    pub recipients: Vec<String>,
    /// Portals at whose playbook a process is working.
    pub at_work: BTreeSet<String>,
    /// Names of the places that keep heads of the log.
    pub anchors: Vec<String>,
    /// The newest instant at which a head must have gone to each of them.
    pub anchor_owed: Option<Timestamp>,
}

/// What the configuration says of a portal.
#[derive(Clone, Debug)]
pub struct ExpectedPortal {
    /// Its id.
    pub id: String,
    /// Repositories that should hold its sets.
    pub to: Vec<String>,
    /// The oldest a newest set may be.
    pub rpo: Duration,
    /// The longest accepted measured RTO.
    pub rto: Duration,
    /// The newest instant of its schedule whose drill should have begun by now.
    pub drill_due: Option<Timestamp>,
    /// Names of its probes.
    pub probes: Vec<String>,
    /// The newest instant at which a spot check must have ended since, where one has a schedule.
    pub spot_owed: Option<Timestamp>,
    /// Of its repositories those that lie elsewhere than production.
    pub off_site: Vec<String>,
}

/// One thing a person should know.
#[derive(Clone, Debug, PartialEq)]
pub struct Remark {
    /// How bad it is.
    pub colour: Colour,
    /// The portal or repository it is about.
    pub subject: String,
    /// What it is.
    pub message: Message,
}

/// Everything that is not as it should be at `at`, the worst first. Nothing means green.
pub fn assess(now: &Now, expected: &Expected, at: Timestamp) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for portal in &expected.portals {
        let known = now.portals.get(&portal.id).cloned().unwrap_or_default();
        let mut say = |colour, id, args| {
            let message = Message::with(id, args);
            remarks.push(Remark { colour, subject: portal.id.clone(), message });
        };
        sets(portal, &known, at, &mut say);
        for repository in &portal.to {
            let missing = now.behind.of(&portal.id, repository).count() as u64;
            if missing > 0 {
                let named = Args::none().text("repository", repository);
                say(Colour::Amber, "view-behind", named.number("count", missing));
            }
        }
        if let Some(hold) = &known.held {
            let args = Args::none().text("by", &hold.by).time("since", hold.at);
            let args = args.text("portal", &portal.id).text("why", &hold.reason);
            // An alarm's: somebody has to look at what happened, and to say so.
            let alarm = hold.by == protection::ALARM;
            say(if alarm { Colour::Red } else { Colour::Amber }, "view-sets-held", args);
        }
        drill(&known, now, &expected.repositories, &mut say);
        drills::assess(portal, now, &known, at, &mut say);
        work::assess(&portal.id, &now.works, at, &mut say);
        spot::assess(&known, portal.spot_owed, &mut say);
        probes::assess(&portal.probes, &known.probes, &mut say);
    }
    for name in &expected.repositories {
        let known = now.repositories.get(name).cloned().unwrap_or_default();
        let mut say = |colour, id, args| {
            let message = Message::with(id, args);
            remarks.push(Remark { colour, subject: name.clone(), message });
        };
        if known.password_copy.is_none() {
            say(Colour::Amber, "view-no-password-copy", Args::none().text("repository", name));
        }
        let damages = known.verified.map_or(known.coverage.damages(), |(_, damages)| damages);
        if damages > 0 {
            say(Colour::Red, "view-damaged", Args::none().number("count", damages));
        }
        match (known.verified, known.coverage.parts()) {
            (Some(_), _) => {}
            (None, 0) => say(Colour::Amber, "view-never-verified", Args::none()),
            (None, parts) => {
                let args = Args::none().number("parts", u64::from(parts));
                let args = args.number("read", u64::from(known.coverage.read()));
                say(Colour::Amber, "view-partly-verified", args);
            }
        }
    }
    remarks.extend(anchors::remarks(&now.anchors, &expected.anchors, expected.anchor_owed));
    notices::remarks(&now.told, &expected.recipients, &mut remarks);
    remarks.extend(incidents::remarks(&now.incidents, at));
    remarks.extend(playbooks::remarks(&now.playbooks, &expected.at_work, at));
    remarks.sort_by_key(|remark| std::cmp::Reverse(remark.colour));
    remarks
}

/// The colour of the whole.
pub fn worst(remarks: &[Remark]) -> Colour {
    remarks.iter().map(|remark| remark.colour).max().unwrap_or(Colour::Green)
}

fn sets(
    portal: &ExpectedPortal,
    known: &PortalNow,
    at: Timestamp,
    say: &mut impl FnMut(Colour, &'static str, Args),
) {
    for repository in &portal.to {
        let named = Args::none().text("repository", repository);
        let Some(set) = known.sets.get(repository) else {
            say(Colour::Red, "view-no-set", named);
            continue;
        };
        // A set from the future means a clock that was wrong then or is wrong now.
        let Ok(age) = Duration::try_from(at.duration_since(set.taken)) else {
            say(Colour::Red, "view-set-from-future", named);
            continue;
        };
        if age > portal.rpo {
            let [age, rpo] =
                [age, portal.rpo].map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            say(Colour::Red, "view-set-too-old", named.number("age", age).number("rpo", rpo));
        }
    }
    if let Some((_, code)) = &known.failed {
        say(Colour::Red, "view-snapshot-failed", Args::none().text("code", code));
    }
    if known.skipped > 0 {
        say(Colour::Amber, "view-set-incomplete", Args::none().number("count", known.skipped));
    }
    if known.without_file > 0 {
        let count = Args::none().number("count", known.without_file);
        say(Colour::Amber, "view-set-without-file", count);
    }
    if known.unanswered > 0 {
        say(Colour::Amber, "view-set-unanswered", Args::none());
    }
}

fn drill(
    known: &PortalNow,
    now: &Now,
    repositories: &[String],
    say: &mut impl FnMut(Colour, &'static str, Args),
) {
    let Some(drill) = &known.drill else {
        say(Colour::Amber, "view-never-drilled", Args::none());
        return;
    };
    let number = |number: u64| Args::none().number("number", number);
    // What failed in a repository was not shown to be well again by a drill out of another one. A
    // person may end that; the newest verdict stands whatever anybody says.
    let is_owed = |repository: &String, failed: u64| match now.works.of(failed) {
        Some(work) => !matches!(work.end, Some(End::Closed { .. })),
        None => repositories.contains(repository),
    };
    let mut failed: Vec<u64> = known
        .drill_failed
        .iter()
        .filter(|(repository, failed)| **failed == drill.number || is_owed(repository, **failed))
        .map(|(_, failed)| *failed)
        .collect();
    if !matches!(drill.verdict.as_str(), "pass" | "not-proven") {
        failed.push(drill.number);
    }
    failed.sort_unstable();
    failed.dedup();
    for failed in &failed {
        say(Colour::Red, "view-drill-failed", number(*failed));
    }
    if drill.verdict == "not-proven" && failed.is_empty() {
        say(Colour::Amber, "view-drill-not-proven", number(drill.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::protection::PortalHold;
    use crate::view::{DrillNow, RepositoryNow, SetNow};

    const AT: &str = "2026-11-22T08:00:00Z";

    fn time(text: &str) -> Timestamp {
        text.parse().expect("test times are valid")
    }

    /// Assesses a healthy installation after `change` has spoiled it.
    #[track_caller]
    fn check(change: impl FnOnce(&mut Now), remarks: &[(Colour, &str)]) {
        let drill = DrillNow { at: time(AT), number: 1, verdict: "pass".into(), rto_ms: Some(9) };
        let set = SetNow { taken: time("2026-11-22T03:00:00Z"), id: "ab".into() };
        let mut now = Now::default();
        let mut portal = PortalNow { drill: Some(drill), ..PortalNow::default() };
        portal.sets.insert("local".into(), set);
        now.portals.insert("mau".into(), portal);
        let copy = Some((time(AT), "An".to_owned(), "két sắt".to_owned()));
        let repository = RepositoryNow {
            password_copy: copy,
            verified: Some((time(AT), 0)),
            ..RepositoryNow::default()
        };
        now.repositories.insert("local".into(), repository);
        change(&mut now);
        let rpo = Duration::from_hours(6);
        let portal = ExpectedPortal {
            id: "mau".into(),
            to: vec!["local".into()],
            rpo,
            rto: Duration::from_hours(8),
            drill_due: Some(time("2026-11-21T02:00:00Z")),
            probes: Vec::new(),
            spot_owed: None,
            off_site: Vec::new(),
        };
        let expected = Expected {
            portals: vec![portal],
            repositories: vec!["local".into()],
            recipients: vec!["mail:an@b.vn".into()],
            at_work: BTreeSet::new(),
            anchors: Vec::new(),
            anchor_owed: None,
        };
        let seen = assess(&now, &expected, time(AT));
        let seen: Vec<_> = seen.iter().map(|remark| (remark.colour, remark.message.id)).collect();
        assert_eq!(seen, remarks);
    }

    fn portal(now: &mut Now) -> &mut PortalNow {
        now.portals.get_mut("mau").expect("the healthy installation has it")
    }

    fn set(now: &mut Now) -> &mut SetNow {
        portal(now).sets.get_mut("local").expect("the healthy installation has it")
    }

    #[test]
    fn never_and_cannot_tell_are_not_green() {
        use Colour::{Amber, Red};
        check(|_| {}, &[]);
        check(|n| set(n).taken = time("2026-11-22T01:59:59Z"), &[(Red, "view-set-too-old")]);
        check(|n| set(n).taken = time("2026-11-22T02:00:00Z"), &[]);
        check(|n| set(n).taken = time("2026-11-22T08:00:01Z"), &[(Red, "view-set-from-future")]);
        check(|n| portal(n).sets.clear(), &[(Red, "view-no-set")]);
        let failed = |n: &mut Now| portal(n).failed = Some((time(AT), "store.full".into()));
        check(failed, &[(Red, "view-snapshot-failed")]);
        check(|n| portal(n).skipped = 2, &[(Amber, "view-set-incomplete")]);
        check(|n| portal(n).without_file = 2, &[(Amber, "view-set-without-file")]);
        check(|n| portal(n).unanswered = 1, &[(Amber, "view-set-unanswered")]);
        check(|n| portal(n).drill = None, &[(Amber, "view-never-drilled")]);
        let verdict = |to: &str| {
            let to = to.to_owned();
            |n: &mut Now| portal(n).drill.as_mut().expect("there is one").verdict = to
        };
        let held = |n: &mut Now| {
            let (by, reason) = ("duphong".to_owned(), "mã hóa".to_owned());
            portal(n).held = Some(PortalHold { at: time(AT), by, reason });
        };
        check(held, &[(Red, "view-sets-held")]);
        let person = |n: &mut Now| {
            held(n);
            portal(n).held.as_mut().expect("it is held").by = "Bình".to_owned();
        };
        check(person, &[(Amber, "view-sets-held")]);
        check(verdict("fail"), &[(Red, "view-drill-failed")]);
        check(verdict("not-proven"), &[(Amber, "view-drill-not-proven")]);
        check(verdict("gibberish"), &[(Red, "view-drill-failed")]);
        let after_a_failure = |n: &mut Now| {
            portal(n).drill_failed.insert("local".into(), 1);
            verdict("not-proven")(n);
        };
        check(after_a_failure, &[(Red, "view-drill-failed")]);
        // Another copy came back; and one that nobody drills any more, nor anybody can close.
        let in_repository = |name: &'static str| {
            move |n: &mut Now| portal(n).drill_failed = [(name.to_owned(), 0)].into()
        };
        check(in_repository("local"), &[(Red, "view-drill-failed")]);
        check(in_repository("gone"), &[]);
        let repository = |n: &mut Now| n.repositories.clear();
        check(repository, &[(Amber, "view-no-password-copy"), (Amber, "view-never-verified")]);
        let damaged = |n: &mut Now| {
            n.repositories.get_mut("local").expect("there is one").verified = Some((time(AT), 3));
        };
        check(damaged, &[(Red, "view-damaged")]);
    }
}
