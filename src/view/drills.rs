//! Drills over time: whether one that was due did not come, took much longer than those before it, or
//! more than half of what is accepted, and whether the copies elsewhere are proven often enough.
//!
//! The newest drill that was measured speaks, whatever its verdict; that it failed is said apart. A
//! drill is missed a day after its time and not at once, since a drill waits until another proof has
//! ended. What no daemon has announced is nobody's to miss.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::{Entry, Kind};
use crate::base::fault::Args;
use crate::drill::fact::{DrillRecord, Verdict};
use crate::drill::trend::{Change, KEPT_MAX, Point, compare};
use crate::view::{Colour, ExpectedPortal, Now, PortalNow};

/// Since when schedules stand as they do, by job: those that the newest start or reload of a daemon
/// announced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announced(BTreeMap<String, (String, Timestamp)>);

impl Announced {
    /// Since when the job of this id stands by itself; `None` if it does not.
    pub fn since(&self, job: &str) -> Option<Timestamp> {
        self.0.get(job).map(|(_, since)| *since)
    }

    pub(super) fn take(&mut self, entry: &Entry) {
        if entry.kind != Kind::Record
            || !matches!(entry.verb.as_str(), "daemon.start" | "daemon.reload")
        {
            return;
        }
        let Some(schedules) = entry.facts.get("schedules").and_then(Value::as_object) else {
            return;
        };
        self.0.retain(|job, _| schedules.contains_key(job));
        for (job, schedule) in schedules {
            let schedule = schedule.as_str().unwrap_or_default();
            if self.0.get(job).is_none_or(|(known, _)| known != schedule) {
                self.0.insert(job.clone(), (schedule.to_owned(), entry.at));
            }
        }
    }
}

/// Keeps what a drill measured. A record that cannot be read measures nothing; `drill list` says so.
pub(super) fn take(portal: &mut PortalNow, record: &Value) {
    let record = serde_json::from_value::<DrillRecord>(record.clone());
    let point = record.ok().and_then(|record| Point::of(&record));
    if let Some(point) = point.as_ref().filter(|point| point.verdict == Verdict::Pass) {
        portal.passed.insert(point.repository.clone(), point.decided);
    }
    portal.drills.extend(point);
    let excess = portal.drills.len().saturating_sub(KEPT_MAX);
    portal.drills.drain(..excess);
}

/// The newest measured RTO beside the median of the earlier ones of its kind.
pub fn newest(portal: &PortalNow) -> Option<(&Point, Option<Change>)> {
    let newest = compare(&portal.drills).into_iter().rfind(|one| one.point.rto.is_some())?;
    Some((newest.point, newest.rto))
}

/// What is to be said of a portal's drills over time.
pub(super) fn assess(
    portal: &ExpectedPortal,
    now: &Now,
    known: &PortalNow,
    at: Timestamp,
    say: &mut impl FnMut(Colour, &'static str, Args),
) {
    if let Some(since) = off_site(portal, known, at) {
        let args = Args::none().text("repositories", portal.off_site.join(", "));
        say(Colour::Amber, "view-drill-off-site", args.time("since", since));
    }
    if let Some(due) = missed(portal, now, known) {
        say(Colour::Amber, "view-drill-missed", Args::none().time("since", due));
    }
    let Some((newest, change)) = newest(known) else { return };
    let number = || Args::none().number("number", newest.number);
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    if let Some(change) = change.filter(Change::has_grown) {
        let args = number().number("rto", ms(change.now)).number("median", ms(change.median));
        say(Colour::Amber, "view-drill-slower", args.number("earlier", change.earlier as u64));
    }
    if newest.rto.is_some_and(|rto| rto > portal.rto / 2) {
        let args = number().number("rto", ms(newest.rto.unwrap_or_default()));
        say(Colour::Amber, "view-drill-half", args.number("limit", ms(portal.rto)));
    }
}

/// At least one drill a quarter must pass out of a copy that lies elsewhere: the longest quarter.
const OFF_SITE_EVERY: Duration = Duration::from_hours(92 * 24);

/// Since when no drill has passed that read nothing but a copy elsewhere, where that is too long ago.
/// Before the first one it counts from the first set that came there. A portal without such a copy
/// has none to prove.
fn off_site(portal: &ExpectedPortal, known: &PortalNow, at: Timestamp) -> Option<Timestamp> {
    let proven = portal.off_site.iter().filter_map(|name| known.passed.get(name)).max();
    let first = portal.off_site.iter().filter_map(|name| known.first_sets.get(name)).min();
    let since = *proven.or(first)?;
    let age = Duration::try_from(at.duration_since(since)).ok()?;
    (age > OFF_SITE_EVERY).then_some(since)
}

/// The instant whose drill did not come. A portal that never had one is told so already.
fn missed(portal: &ExpectedPortal, now: &Now, known: &PortalNow) -> Option<Timestamp> {
    let due = portal.drill_due?;
    let announced = now.announced.since(&format!("drill/{}", portal.id))?;
    let newest = known.drill.as_ref()?.at;
    let is_running =
        now.open.values().any(|open| open.verb == "drill.run" && open.subject == portal.id);
    (announced < due && newest < due && !is_running).then_some(due)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::drill::fact::{Scope, Verdict};
    use crate::view::{DrillNow, OpenIntent, entry};

    const HOUR: Duration = Duration::from_hours(1);
    const AT: &str = "2026-11-21T02:00:05Z";

    fn time(text: &str) -> Timestamp {
        text.parse().expect("test times are valid")
    }

    fn point(number: u64, rto: Option<Duration>) -> Point {
        Point {
            number,
            decided: time("2026-11-20T00:00:00Z"),
            repository: "local".to_owned(),
            scope: Scope::Data,
            verdict: Verdict::Pass,
            rto,
            rpo: None,
            bytes: None,
        }
    }

    /// A portal whose drill of an hour is due each day at two, announced and done, after `change` has
    /// spoiled it.
    #[track_caller]
    fn check(change: impl FnOnce(&mut Now, &mut PortalNow, &mut ExpectedPortal), ids: &[&str]) {
        let at = time(AT);
        let drill = DrillNow { at, number: 4, verdict: "pass".to_owned(), rto_ms: None };
        let drills = (1..=4).map(|number| point(number, Some(HOUR))).collect();
        let mut known = PortalNow { drill: Some(drill), drills, ..PortalNow::default() };
        let mut portal = ExpectedPortal {
            id: "mau".to_owned(),
            to: Vec::new(),
            rpo: HOUR,
            rto: 4 * HOUR,
            drill_due: Some(time("2026-11-21T02:00:00Z")),
            probes: Vec::new(),
            spot_owed: None,
            off_site: vec!["bucket".to_owned()],
        };
        let mut now = Now::default();
        now.announced.take(&announcing("2026-11-01T00:00:00Z", &json!({"drill/mau": "0 2 * * *"})));
        change(&mut now, &mut known, &mut portal);
        let mut seen = Vec::new();
        assess(&portal, &now, &known, time(AT), &mut |_, id, _| seen.push(id));
        assert_eq!(seen, ids);
    }

    fn announcing(at: &str, schedules: &Value) -> Entry {
        let facts = json!({ "schedules": schedules });
        Entry { at: time(at), ..entry(0, Kind::Record, "daemon.start", &facts) }
    }

    #[test]
    fn a_drill_that_was_due_and_did_not_come_is_missed() {
        let next = |portal: &mut ExpectedPortal| {
            portal.drill_due = Some(time("2026-11-22T02:00:00Z"));
        };
        check(|_, _, _| {}, &[]);
        check(|_, _, portal| next(portal), &["view-drill-missed"]);
        check(|_, _, portal| portal.drill_due = None, &[]);
        let running = |now: &mut Now, verb: &str| {
            let (verb, subject) = (verb.to_owned(), "mau".to_owned());
            now.open.insert(9, OpenIntent { at: time("2026-11-22T02:00:00Z"), verb, subject });
        };
        for (verb, ids) in [("drill.run", &[][..]), ("snapshot.create", &["view-drill-missed"])] {
            let at_work = |now: &mut Now, _: &mut PortalNow, portal: &mut ExpectedPortal| {
                running(now, verb);
                next(portal);
            };
            check(at_work, ids);
        }
        // Never drilled is said already.
        let never = |_: &mut Now, known: &mut PortalNow, portal: &mut ExpectedPortal| {
            known.drill = None;
            next(portal);
        };
        check(never, &[]);
        // What stands since yesterday was not due before, and what stands no more is not due.
        let (anew, same) = (json!({"drill/mau": "0 3 * * *"}), json!({"drill/mau": "0 2 * * *"}));
        let none = json!({});
        for (schedules, ids) in [(anew, &[][..]), (none, &[]), (same, &["view-drill-missed"])] {
            let entry = announcing("2026-11-22T12:00:00Z", &schedules);
            let announced = |now: &mut Now, _: &mut PortalNow, portal: &mut ExpectedPortal| {
                now.announced.take(&entry);
                next(portal);
            };
            check(announced, ids);
        }
    }

    #[test]
    fn a_quarter_without_a_pass_out_of_an_off_site_copy_is_told() {
        let quarter = ["view-drill-off-site"];
        let first = |known: &mut PortalNow, repository: &str, at: &str| {
            known.first_sets.insert(repository.to_owned(), time(at));
        };
        // 92 days before the look, and a second more.
        for (at, ids) in [("2026-08-21T02:00:05Z", &[][..]), ("2026-08-21T02:00:04Z", &quarter)] {
            check(|_, known, _| first(known, "bucket", at), ids);
            let passed = |known: &mut PortalNow| {
                first(known, "bucket", "2020-01-01T00:00:00Z");
                known.passed.insert("bucket".to_owned(), time(at));
            };
            check(|_, known, _| passed(known), ids);
        }
        // A pass out of the copy beside production says nothing about the one elsewhere, and where
        // there is none, none can be proven.
        let local = |known: &mut PortalNow| {
            first(known, "bucket", "2026-01-01T00:00:00Z");
            known.passed.insert("local".to_owned(), time(AT));
        };
        check(|_, known, _| local(known), &quarter);
        check(|_, known, _| first(known, "local", "2026-01-01T00:00:00Z"), &[]);
        // Of two copies elsewhere one is enough: each set is in both.
        let two = |known: &mut PortalNow, portal: &mut ExpectedPortal| {
            local(known);
            portal.off_site.push("usb".to_owned());
            known.passed.insert("usb".to_owned(), time(AT));
        };
        check(|_, known, portal| two(known, portal), &[]);
    }

    #[test]
    fn growth_and_half_of_the_limit_are_told_by_the_newest_that_was_measured() {
        let add = |known: &mut PortalNow, rto| known.drills.push(point(5, rto));
        check(|_, known, _| add(known, Some(HOUR * 5 / 4)), &[]);
        check(|_, known, _| add(known, Some(HOUR * 4 / 3)), &["view-drill-slower"]);
        check(|_, known, _| add(known, Some(HOUR * 2)), &["view-drill-slower"]);
        let both = ["view-drill-slower", "view-drill-half"];
        check(|_, known, _| add(known, Some(HOUR * 3)), &both);
        // One that did not come to an answer takes nothing back.
        let then_none = |known: &mut PortalNow| {
            add(known, Some(HOUR * 3));
            add(known, None);
        };
        check(|_, known, _| then_none(known), &both);
        check(|_, _, portal| portal.rto = HOUR, &["view-drill-half"]);
        check(|_, _, portal| portal.rto = HOUR * 2, &[]);
        check(|_, known, _| known.drills.clear(), &[]);
    }
}
