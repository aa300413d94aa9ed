//! Reads how recovery of a portal is proved: objectives, scratch place, service and questions.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use crate::config::command::argument;
use crate::config::decode::{Cursor, Section, listed};
use crate::config::keys;
use crate::config::overlap::{Place, Role};
use crate::config::portal::{Names, Surroundings, repository_name};
use crate::config::problem::Complaint;
use crate::config::scalar::{OBJECTIVE_MIN, milliseconds};
use crate::config::settings::{ALLOWANCE_DEFAULT, Argument, Drill, Piece, RECOVERY_LAW, Smoke};
use crate::config::tree::Value;
use crate::config::turns::turns;

/// A command line, and a look at a portal, that a person can still read.
const LIST_MAX: usize = 100;

/// Less than an hour is no time to put anything right, and after a year nobody knows what it was.
const FAILURE_WITHIN: RangeInclusive<Duration> =
    Duration::from_hours(1)..=Duration::from_hours(24 * 366);

/// A week: long enough to order a disk, and over before the next weekly drill is the third to fail.
const FAILURE_WITHIN_DEFAULT: Duration = Duration::from_hours(7 * 24);

/// A day is as long as the law gives for the whole recovery.
const HOOK_TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(1)..=RECOVERY_LAW;

/// A scan of a few hundred gigabytes, or a list of some thousand persons.
const HOOK_TIMEOUT_DEFAULT: Duration = Duration::from_hours(1);

/// More workers than this wait for the disk.
const JOBS_MAX: u64 = 64;

/// A command that is run on what came back from a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// With at least the program's name; no place for a port in it.
    pub command: Vec<Argument>,
    /// After so long it is ended, and has failed.
    pub timeout: Duration,
}

/// What a failed drill asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnFailure {
    /// Who puts right what it found; the portal's operator where nobody is named.
    pub owner: String,
    /// How long there is time for it.
    pub within: Duration,
}

/// A portal without the section is drilled by the defaults.
pub(super) fn drill(
    portal: &Section<'_>,
    operator: Option<&str>,
    targets: &[String],
    names: &Names,
    surroundings: &Surroundings<'_>,
    places: &mut Vec<Place>,
) -> Option<Drill> {
    let section = match portal.get("drill") {
        Some(value) => Some(value.section(&keys::DRILL)?),
        None => None,
    };
    let section = section.as_ref();
    let from = section.and_then(|section| {
        section.may("from", |value| drill_source(value, targets, surroundings))
    });
    let (rto, allowance) = objectives(section);
    let scratch = section.and_then(|section| {
        section.may("scratch", |value| {
            let path = value.path()?;
            places.push(Place::new(Role::Scratch, path.clone(), value));
            Some(path)
        })
    });
    let (start, smoke) = section.map(|section| service(section, names)).unwrap_or_default();
    let on_failure = on_failure(section, operator);
    let scan =
        section.and_then(|section| section.may("scan", |value| hook(value, &keys::SCAN, names)));
    let jobs = section.and_then(|section| section.may("jobs", |value| value.number(1..=JOBS_MAX)));
    let schedule = section
        .and_then(|section| section.may("schedule", |value| value.schedule(surroundings.zone)));
    let turns = section.and_then(|section| {
        section.may("turns", |value| Some(turns(value, targets, surroundings)))
    });
    Some(Drill {
        schedule,
        turns: turns.unwrap_or_default(),
        from: from.or_else(|| targets.first().cloned())?,
        rto,
        allowance,
        scratch: scratch.or_else(|| surroundings.scratch.map(Path::to_owned))?,
        start,
        smoke,
        jobs,
        on_failure,
        scan,
    })
}

/// A command on restored data, which no port waits for.
pub(super) fn hook(value: &Cursor<'_>, table: &'static keys::Table, names: &Names) -> Option<Hook> {
    let section = value.section(table)?;
    let command = section.need("command", |value| {
        let read = |item: &Cursor<'_>| {
            let argument = argument(item, names)?;
            if argument.0.contains(&Piece::Port) {
                let complaint = Complaint::error("config-placeholder").text("value", "port");
                return item.refuse(complaint.hint("config-hook-port-hint"));
            }
            Some(argument)
        };
        let command = value.list_of(1..=LIST_MAX, read);
        (!command.is_empty()).then_some(command)
    });
    let timeout = section.may("timeout", |value| value.duration(HOOK_TIMEOUT));
    Some(Hook { command: command?, timeout: timeout.unwrap_or(HOOK_TIMEOUT_DEFAULT) })
}

/// Somebody always owes the work that a failed drill opens.
fn on_failure(section: Option<&Section<'_>>, operator: Option<&str>) -> OnFailure {
    let given = section.and_then(|section| {
        section.may("on-failure", |value| {
            let section = value.section(&keys::ON_FAILURE)?;
            let owner = section.may("owner", Cursor::text);
            Some((owner, section.may("within", |value| value.duration(FAILURE_WITHIN))))
        })
    });
    let (owner, within) = given.unwrap_or_default();
    OnFailure {
        owner: owner.unwrap_or_else(|| operator.unwrap_or_default().to_owned()),
        within: within.unwrap_or(FAILURE_WITHIN_DEFAULT),
    }
}

/// A drill from a repository that gets no sets of this portal could only fail.
pub(super) fn drill_source(
    value: &Cursor<'_>,
    targets: &[String],
    surroundings: &Surroundings<'_>,
) -> Option<String> {
    let name = repository_name(value, surroundings.repositories)?;
    if targets.contains(&name) || targets.is_empty() {
        return Some(name);
    }
    value.refuse(
        Complaint::error("config-drill-from")
            .text("name", &name)
            .text("known", listed(targets.iter().map(String::as_str)))
            .hint("config-drill-from-hint"),
    )
}

/// RTO and allowance. The law's 24 hours start at the incident, a drill's clock at the decision:
/// both together must fit, so an RTO that is not given is what the allowance leaves.
fn objectives(section: Option<&Section<'_>>) -> (Duration, Duration) {
    let longest_allowance = RECOVERY_LAW.saturating_sub(OBJECTIVE_MIN);
    let get = |key| section.and_then(|section| section.get(key));
    let allowance = match get("allowance") {
        Some(value) => value.duration(Duration::ZERO..=longest_allowance),
        None => Some(ALLOWANCE_DEFAULT),
    };
    let left = allowance.map(|allowance| RECOVERY_LAW.saturating_sub(allowance));
    let rto = get("rto").and_then(|value| {
        let rto = value.objective()?;
        if let (Some(allowance), Some(left)) = (allowance, left)
            && rto > left
        {
            value.complain(
                Complaint::error("config-rto-law")
                    .number("rto", milliseconds(rto))
                    .number("allowance", milliseconds(allowance))
                    .number("left", milliseconds(left))
                    .hint("config-rto-law-hint"),
            );
        }
        Some(rto)
    });
    // A default in place of a value with a problem goes nowhere: the settings are not handed out.
    (rto.or(left).unwrap_or(RECOVERY_LAW), allowance.unwrap_or(ALLOWANCE_DEFAULT))
}

/// The program that serves the restored portal, and the questions to it.
fn service(section: &Section<'_>, names: &Names) -> (Option<Vec<Argument>>, Vec<Smoke>) {
    let start = section
        .may("start", |value| Some(value.list_of(1..=LIST_MAX, |item| argument(item, names))));
    let smoke = section.may("smoke", |value| Some(value.list_of(1..=LIST_MAX, smoke)));
    match (section.get("start"), section.get("smoke")) {
        (None, Some(value)) => {
            let complaint = Complaint::error("config-smoke-without-start");
            value.complain(complaint.hint("config-smoke-without-start-hint"));
        }
        (Some(value), None) => {
            let complaint = Complaint::warning("config-start-without-smoke");
            value.complain(complaint.hint("config-start-without-smoke-hint"));
        }
        (Some(value), Some(_)) => {
            let read = start.as_deref().unwrap_or_default();
            // An argument with a problem of its own may be the one with the port.
            let whole = matches!(value.value, Value::List(items) if items.len() == read.len());
            let port = read.iter().flat_map(|argument| &argument.0).any(|p| *p == Piece::Port);
            if whole && !read.is_empty() && !port {
                let complaint = Complaint::error("config-start-without-port");
                value.complain(complaint.hint("config-start-without-port-hint"));
            }
        }
        (None, None) => {}
    }
    (start, smoke.unwrap_or_default())
}

fn smoke(value: &Cursor<'_>) -> Option<Smoke> {
    let section = value.section(&keys::SMOKE)?;
    let path = section.need("path", |value| {
        let path = value.text()?;
        if path.starts_with('/') && !path.contains(char::is_whitespace) {
            return Some(path);
        }
        let complaint = Complaint::error("config-smoke-path").text("value", &path);
        value.refuse(complaint.hint("config-smoke-path-hint"))
    });
    let status = section.may("status", |value| value.number(100..=599));
    let contains = section.may("contains", Cursor::text);
    Some(Smoke { path: path?, status: status.unwrap_or(200), contains })
}
