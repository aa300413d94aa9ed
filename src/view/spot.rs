//! Spot checks: what the newest one saw, and whether one comes when it should.

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::{Ending, Entry};
use crate::base::fault::Args;
use crate::view::{Colour, Now, PortalNow};

/// A spot check as the log knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpotNow {
    /// When it ended.
    pub at: Timestamp,
    /// Files of the sample that are not what the set says.
    pub findings: u64,
    /// Numbers of files, bytes or rows that are far from the set's.
    pub outside: u64,
    /// What could not be looked at.
    pub unread: u64,
    /// Sources that nobody can look at as the portal is configured.
    pub beyond: u64,
    /// Whether there was anything else.
    pub looked: bool,
    /// What the set or an inventory claims nothing of.
    pub apart: u64,
}

/// Takes in the outcome of one. One that failed has no numbers, and takes nothing back.
pub(super) fn take(now: &mut Now, entry: &Entry) {
    let number = |name: &str| entry.facts.get(name).and_then(Value::as_u64);
    let portal = now.portals.entry(entry.subject.clone()).or_default();
    let Some(findings) = number("findings") else {
        let code = match entry.result {
            Some(Ending::Abandoned) => "abandoned",
            _ => entry.code.as_deref().unwrap_or("unknown"),
        };
        portal.spot_failed = Some((entry.at, code.to_owned()));
        return;
    };
    portal.spot_failed = None;
    portal.spot = Some(SpotNow {
        at: entry.at,
        findings,
        outside: number("outside").unwrap_or(0),
        unread: number("unread").unwrap_or(0),
        beyond: number("beyond").unwrap_or(0),
        // Before this was told, what could not be looked at was unread.
        looked: entry.facts.get("looked").and_then(Value::as_bool).unwrap_or(true),
        apart: number("apart").unwrap_or(0),
    });
}

/// What a person should know of them. `owed` is the newest instant by which one must have ended,
/// where one has a schedule. Nothing is owed where none has.
pub(super) fn assess(
    known: &PortalNow,
    owed: Option<Timestamp>,
    say: &mut impl FnMut(Colour, &'static str, Args),
) {
    if let Some((at, code)) = &known.spot_failed {
        say(Colour::Amber, "view-spot-failed", Args::none().time("at", *at).text("code", code));
    }
    let Some(spot) = known.spot else {
        if owed.is_some() {
            say(Colour::Amber, "view-spot-never", Args::none());
        }
        return;
    };
    if owed.is_some_and(|owed| spot.at < owed) {
        say(Colour::Amber, "view-spot-missed", Args::none().time("at", spot.at));
    }
    let at = || Args::none().time("at", spot.at);
    if spot.findings > 0 {
        say(Colour::Red, "view-spot-differs", at().number("count", spot.findings));
    }
    if spot.outside > 0 {
        say(Colour::Amber, "view-spot-outside", at().number("count", spot.outside));
    }
    // What cannot be looked at as it is configured is said where it is configured, and in the table;
    // a check that looks at nothing proves nothing, however often it comes.
    if !spot.looked {
        say(Colour::Amber, "view-spot-nothing", at());
    }
    if spot.unread > 0 {
        say(Colour::Amber, "view-spot-unread", at().number("count", spot.unread));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("test times are valid")
    }

    #[track_caller]
    fn check(known: &PortalNow, owed: Option<&str>, expected: &[(Colour, &str)]) {
        let mut seen = Vec::new();
        assess(known, owed.map(time), &mut |colour, id, _| seen.push((colour, id)));
        assert_eq!(seen, expected);
    }

    #[test]
    fn one_that_never_came_came_late_or_failed_is_no_pass() {
        use Colour::{Amber, Red};
        let at = time("2026-11-22T05:40:00Z");
        let never = PortalNow::default();
        check(&never, None, &[]);
        check(&never, Some("2026-11-22T05:40:00Z"), &[(Amber, "view-spot-never")]);
        let spot =
            SpotNow { at, findings: 0, outside: 0, unread: 0, beyond: 2, looked: true, apart: 7 };
        let known = PortalNow { spot: Some(spot), ..PortalNow::default() };
        check(&known, None, &[]);
        check(&known, Some("2026-11-22T05:40:00Z"), &[]);
        check(&known, Some("2026-11-22T05:40:01Z"), &[(Amber, "view-spot-missed")]);
        let failed = Some((at, "repository.locked".to_owned()));
        let known = PortalNow { spot_failed: failed, ..known };
        check(&known, None, &[(Amber, "view-spot-failed")]);
        let nothing = SpotNow { looked: false, ..spot };
        let known = PortalNow { spot: Some(nothing), ..PortalNow::default() };
        check(&known, None, &[(Amber, "view-spot-nothing")]);
        let wrong = SpotNow { findings: 1, outside: 2, unread: 3, ..spot };
        let known = PortalNow { spot: Some(wrong), ..PortalNow::default() };
        let all =
            [(Red, "view-spot-differs"), (Amber, "view-spot-outside"), (Amber, "view-spot-unread")];
        check(&known, None, &all);
    }
}
