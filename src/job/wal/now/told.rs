//! What is told alike of every log that is kept: how late it is, and how much waits.

use std::time::Duration;

use jiff::Timestamp;

use crate::base::fault::{AnyFault, Arg, Args};
use crate::config::settings::DurableIn;
use crate::job::wal::now::age;
use crate::view::{Colour, Remark};

/// From this share of its bound on, what waits on the server is told, in percent.
const NEAR: u64 = 80;

/// A look is missed only where the daemon is: this much later it is no delay any more.
const LATE: Duration = Duration::from_mins(1);

/// How often a log is looked at: ten times before it is behind, and no less often than people look.
pub(in crate::job) fn every(rpo: Duration) -> Duration {
    (rpo / 10).clamp(Duration::from_secs(15), Duration::from_mins(5))
}

/// The look that there is; says where there is none, or none of late. `timed` tells when it was, and
/// how often there is to be one.
pub(in crate::job) fn seen<'l, L>(
    look: Result<Option<&'l L>, &AnyFault>,
    (at, every): (impl Fn(&L) -> Timestamp, Duration),
    now: Timestamp,
    say: &mut impl FnMut(Colour, &'static str, Args),
) -> Option<&'l L> {
    let look = match look {
        Ok(Some(look)) => look,
        Ok(None) => {
            say(Colour::Amber, "view-wal-never", Args::none());
            return None;
        }
        Err(fault) => {
            say(Colour::Red, "view-wal-unreadable", Args::none().text("code", fault.code()));
            return None;
        }
    };
    if age(at(look), now).is_none_or(|age| age > every * 3 + LATE) {
        say(Colour::Amber, "view-wal-unlooked", Args::none().time("since", at(look)));
    }
    Some(look)
}

/// Takes back what was noted by a clock that stood later than `now`, which has been put right: taken
/// at its word, everything would count as held until that time has come. `marks` are those that are
/// left, each with when it was noted and until when it holds; `held`, until when each repository has
/// all.
pub(in crate::job) fn put_right<'l>(
    now: Timestamp,
    since: &mut Timestamp,
    marks: impl Iterator<Item = (Timestamp, &'l mut Timestamp)>,
    held: impl Iterator<Item = &'l mut Option<Timestamp>>,
) {
    *since = now.min(*since);
    for (at, until) in marks.filter(|(_, until)| **until > now) {
        *until = at;
    }
    for until in held {
        *until = until.filter(|until| *until <= now);
    }
}

/// Remarks without what changes while the state does not.
pub(in crate::job) fn states(remarks: Vec<Remark>) -> Vec<String> {
    let state = |remark: Remark| {
        let repository = remark.message.args.0.iter().find(|(name, _)| *name == "repository");
        match repository {
            Some((_, Arg::Text(name))) => format!("{} {name}", remark.message.id),
            _ => remark.message.id.to_owned(),
        }
    };
    remarks.into_iter().map(state).collect()
}

/// What waits, by what each repository lacks, beside what may. The server lets go of what is
/// durable where the configuration wants it.
pub(in crate::job) fn waiting(
    durable_in: DurableIn,
    lacking: impl Iterator<Item = u64>,
    limit: u64,
    say: &mut impl FnMut(Colour, &'static str, Args),
) {
    let bytes = match durable_in {
        DurableIn::All => lacking.max(),
        DurableIn::One => lacking.min(),
    };
    let Some(bytes) = bytes else { return };
    let args = || Args::none().number("bytes", bytes).number("limit", limit);
    if bytes >= limit {
        say(Colour::Red, "view-wal-waiting", args());
    } else if bytes >= limit / 100 * NEAR {
        say(Colour::Amber, "view-wal-waiting", args());
    }
}

/// Until when a repository holds everything, and the best of all do; since when it is looked at.
pub(in crate::job) struct Reach {
    pub(in crate::job) until: Option<Timestamp>,
    pub(in crate::job) best: Option<Timestamp>,
    pub(in crate::job) since: Timestamp,
}

/// Whether a repository is behind `rpo` at `now`.
pub(in crate::job) fn behind(
    name: &str,
    reach: &Reach,
    (rpo, durable_in): (Duration, DurableIn),
    now: Timestamp,
    say: &mut impl FnMut(Colour, &'static str, Args),
) {
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let named = || Args::none().text("repository", name);
    let is_late = |at: Timestamp| age(at, now).is_some_and(|age| age > rpo);
    // Where one repository suffices, the other one's delay is no loss.
    let suffices = durable_in == DurableIn::One && reach.best.is_some_and(|at| !is_late(at));
    let late = if suffices { Colour::Amber } else { Colour::Red };
    match reach.until {
        Some(until) if is_late(until) => {
            let age = age(until, now).map_or(0, milliseconds);
            let args = named().time("since", until).number("limit", milliseconds(rpo));
            say(late, "view-wal-behind", args.number("age", age));
        }
        Some(_) => {}
        // At the beginning the first segment must come to its end before anything is held.
        None => {
            let colour = if is_late(reach.since) { late } else { Colour::Amber };
            say(colour, "view-wal-nothing", named().time("since", reach.since));
        }
    }
}
