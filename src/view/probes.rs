//! Portals as their probes last settled, and what of it a person should know.
//!
//! A probe that is configured and has never settled is amber whether or not a daemon runs: the
//! file says that someone wants to know, and nobody does.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::audit::Entry;
use crate::base::fault::Args;
use crate::probe::fact::{FamilyRecord, State, Verdict, VerdictRecord};
use crate::view::{Colour, Now};

/// A probe as the log knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeNow {
    /// What settled last; nothing where the newest record is of a version that is not ours.
    pub state: Option<State>,
    /// The first of the looks that settled it.
    pub since: Timestamp,
    /// When it settled.
    pub at: Timestamp,
    /// Whether it changes so often that single changes say little.
    pub flapping: bool,
    /// What was seen then, by family.
    pub families: Vec<FamilyRecord>,
}

/// Takes in a settled change. A record that cannot be read leaves "cannot tell", not the state of
/// before.
pub(super) fn take(now: &mut Now, entry: &Entry) {
    let Some(record) = entry.facts.get("record") else { return };
    let Some(probe) = record["probe"].as_str().map(str::to_owned) else { return };
    let known = match serde_json::from_value::<VerdictRecord>(record.clone()) {
        Ok(record) => ProbeNow {
            state: Some(record.state),
            since: record.since,
            at: entry.at,
            flapping: record.flapping,
            families: record.families,
        },
        Err(_unknown_shape) => ProbeNow {
            state: None,
            since: entry.at,
            at: entry.at,
            flapping: false,
            families: Vec::new(),
        },
    };
    now.portals.entry(entry.subject.clone()).or_default().probes.insert(probe, known);
}

/// Says what is wrong with the probes that the configuration names.
pub(super) fn assess(
    expected: &[String],
    known: &BTreeMap<String, ProbeNow>,
    say: &mut impl FnMut(Colour, &'static str, Args),
) {
    for name in expected {
        let named = Args::none().text("probe", name);
        let Some(probe) = known.get(name) else {
            say(Colour::Amber, "view-probe-never", named);
            continue;
        };
        let since = || Args::none().text("probe", name).time("since", probe.since);
        match probe.state {
            None => say(Colour::Amber, "view-probe-unreadable", named.clone()),
            Some(State::Ipv4Only) => say(Colour::Amber, "view-probe-ipv4-only", since()),
            Some(State::Ipv6Only) => say(Colour::Amber, "view-probe-ipv6-only", since()),
            Some(state) => match state.verdict() {
                Verdict::Healthy => {}
                Verdict::Degraded => say(Colour::Amber, "view-probe-degraded", since()),
                Verdict::Unknown => say(Colour::Amber, "view-probe-unknown", since()),
                Verdict::Down => say(Colour::Red, "view-probe-down", since()),
            },
        }
        if probe.flapping {
            say(Colour::Amber, "view-probe-flapping", named);
        }
    }
}
