//! How long a restore of more data, on a stated machine and line, would take: an estimate with an
//! upper bound, from drills on record. Pure. An estimate is never a verdict.
//!
//! Every drill is scaled to the size in question, phase by phase. **The likely time**: what grows
//! with data (fetching with bytes, loading with the bytes that are loaded) in proportion, the rest
//! as it was, each phase at its median. **The upper bound** takes no credit for anything: of each
//! phase the worst that was measured, every phase grown in proportion, also those that need not
//! grow, and never less than measured; or, where that is more, the one-sided 95 % prediction limit
//! of the scaled drills for one drill more (Student's t, which is wide for few drills). For each
//! doubling beyond the largest drill a quarter is added, because sorting and memory do not grow in
//! proportion. A faster machine shortens the likely time alone; a line adds to the bound in full,
//! as if nothing were done meanwhile.
//!
//! With too few drills, or too far from what was measured, there is no bound, and the answer says
//! so. `docs/decisions/0071-a-forecast-takes-no-credit.md` has the reasons and how often the bound
//! holds.

pub mod growth;

use std::time::Duration;

use crate::base::fault::{Args, Message};
use crate::drill::fact::{CheckKind, CheckOutcome, DrillRecord, PhaseName, Scope};
use crate::drill::trend;

/// Fewer drills have no scatter that could be known.
pub const DRILLS_MIN: usize = 3;

/// Older drills tell of other disks and lines: so many of the newest count.
pub const DRILLS_MAX: usize = 10;

/// Three doublings. Beyond them the bound would be a guess: caches that held everything hold nothing.
pub const BEYOND_MAX: f64 = 8.0;

/// What is added for each doubling beyond the largest drill. Sorting rows for an index costs some
/// four per cent a doubling; an index that no longer fits into memory costs more.
const DOUBLING: f64 = 0.25;

/// What a line carries beside the data: names, authenticators, headers, what is sent again.
const LINE_OVERHEAD: f64 = 1.1;

/// One-sided 95 % quantiles of Student's t, for 2 to 9 degrees of freedom.
const STUDENT: [f64; DRILLS_MAX - 2] = [2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833];

/// The phases of the measured RTO, in their order.
const PHASES: [PhaseName; 7] = [
    PhaseName::Find,
    PhaseName::Fetch,
    PhaseName::Scratch,
    PhaseName::Load,
    PhaseName::Start,
    PhaseName::Smoke,
    PhaseName::Erase,
];

/// The phases and what lies between them.
const PARTS: usize = PHASES.len() + 1;

/// How much there is to restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Bytes of all files.
    pub bytes: u64,
    /// How many.
    pub files: u64,
    /// Bytes of dumps that are loaded into servers; absent where none are.
    pub loaded: Option<u64>,
}

/// A drill that went the whole way, as far as the forecast rests on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Drilled {
    number: u64,
    size: Size,
    /// Seconds of each part.
    parts: [f64; PARTS],
}

impl Drilled {
    /// What the record measured; nothing where something was not restored or not loaded, since that
    /// part would look faster than it is.
    fn of(record: &DrillRecord) -> Option<Self> {
        let point = trend::Point::of(record)?;
        let whole = |kind: CheckKind| {
            let of_kind = record.checks.iter().filter(|check| check.kind == kind);
            of_kind.map(|check| &check.outcome).all(|outcome| *outcome == CheckOutcome::Passed)
        };
        let restored = record.checks.iter().any(|check| check.kind == CheckKind::Restore);
        if !restored || !whole(CheckKind::Restore) || !whole(CheckKind::Load) {
            return None;
        }
        let set = record.set.as_ref().filter(|set| set.bytes > 0)?;
        let size = Size { bytes: set.bytes, files: set.files, loaded: set.loaded_bytes };
        let mut parts = [0.0; PARTS];
        for (part, name) in parts.iter_mut().zip(PHASES) {
            let of_name = record.phases.iter().filter(|phase| phase.name == name);
            *part = of_name.map(|phase| phase.length_ms as f64 / 1000.0).sum();
        }
        parts[PHASES.len()] = (point.rto?.as_secs_f64() - parts.iter().sum::<f64>()).max(0.0);
        Some(Self { number: record.number, size, parts })
    }
}

/// The newest drills of one portal that count for a restore out of this repository, newest first.
pub fn usable<'a>(
    records: impl DoubleEndedIterator<Item = &'a DrillRecord>,
    repository: &str,
    scope: Scope,
) -> Vec<Drilled> {
    let of_this = |record: &&DrillRecord| record.repository == repository && record.scope == scope;
    records.rev().filter(of_this).filter_map(Drilled::of).take(DRILLS_MAX).collect()
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// How much there will be, as far as it is known.
    pub likely: Size,
    /// How much there will be at most.
    pub most: Size,
    /// How fast the machine is beside that of the drills, in per cent.
    pub machine: u32,
    /// The line to the repository in bytes a second, where it is another one than in the drills.
    pub line: Option<u64>,
}

/// A piece of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A phase of a drill.
    Phase(PhaseName),
    /// Between the phases.
    Rest,
    /// The line, beyond what fetching takes anyhow.
    Line,
}

impl Part {
    /// Its word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phase(PhaseName::Find) => "find",
            Self::Phase(PhaseName::Fetch) => "fetch",
            Self::Phase(PhaseName::Scratch) => "scratch",
            Self::Phase(PhaseName::Load) => "load",
            Self::Phase(PhaseName::Replay) => "replay",
            Self::Phase(PhaseName::Start) => "start",
            Self::Phase(PhaseName::Smoke) => "smoke",
            Self::Phase(PhaseName::Erase) => "erase",
            Self::Phase(PhaseName::Compare) => "compare",
            Self::Rest => "rest",
            Self::Line => "line",
        }
    }

    /// The id of its name in the message files.
    pub fn message(self) -> Message {
        match self {
            Self::Phase(name) => name.message(),
            Self::Rest => Message::new("forecast-part-rest"),
            Self::Line => Message::new("forecast-part-line"),
        }
    }

    /// What would shorten it.
    pub fn advice(self) -> Message {
        Message::new(match self {
            Self::Phase(PhaseName::Fetch) => "forecast-shorten-fetch",
            Self::Phase(PhaseName::Load) => "forecast-shorten-load",
            Self::Phase(PhaseName::Start | PhaseName::Smoke) => "forecast-shorten-start",
            Self::Phase(PhaseName::Find) => "forecast-shorten-find",
            Self::Line => "forecast-shorten-line",
            Self::Phase(
                PhaseName::Scratch | PhaseName::Replay | PhaseName::Compare | PhaseName::Erase,
            )
            | Self::Rest => "forecast-shorten-machine",
        })
    }
}

/// A part and what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Which.
    pub part: Part,
    /// Its likely time.
    pub likely: Duration,
    /// Its share of the upper bound.
    pub most: Duration,
}

/// An estimate of the RTO. Never a verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// The drills it rests on, newest first.
    pub drills: Vec<u64>,
    /// The likely time.
    pub likely: Duration,
    /// The upper bound.
    pub most: Duration,
    /// The parts that take any time, in their order.
    pub parts: Vec<Estimate>,
    /// What the bound has beyond its parts, because the drills scatter.
    pub scatter: Duration,
    /// How many times as much as in the largest drill there will be; at least 1.
    pub beyond: f64,
}

impl Forecast {
    /// The part with the largest share of the bound: what to begin with, to be faster.
    pub fn longest(&self) -> Option<&Estimate> {
        self.parts.iter().max_by_key(|estimate| estimate.most)
    }
}

/// Why there is no forecast: nothing that was measured bears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Too few drills went the whole way.
    TooFewDrills {
        /// So many did.
        found: usize,
    },
    /// There will be too much more than in any drill.
    TooFar {
        /// So many times as much, cut to whole numbers.
        times: u64,
    },
    /// Dumps are to be loaded, and no drill has loaded one.
    NeverLoaded,
    /// Too few sets, or over too short a time, to know how the sources grow.
    GrowthUnknown {
        /// The time that the sets cover.
        covered: Duration,
        /// So far ahead is asked.
        ahead: Duration,
    },
}

impl Refusal {
    /// Its word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooFewDrills { .. } => "too-few-drills",
            Self::TooFar { .. } => "too-far",
            Self::NeverLoaded => "never-loaded",
            Self::GrowthUnknown { .. } => "growth-unknown",
        }
    }

    /// The refusal as a message.
    pub fn message(self) -> Message {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        match self {
            Self::TooFewDrills { found } => Message::with(
                "forecast-refused-drills",
                Args::none().number("found", found as u64).number("wanted", DRILLS_MIN as u64),
            ),
            Self::TooFar { times } => Message::with(
                "forecast-refused-far",
                Args::none().number("times", times).number("most", whole(BEYOND_MAX)),
            ),
            Self::NeverLoaded => Message::new("forecast-refused-loaded"),
            Self::GrowthUnknown { covered, ahead } => Message::with(
                "forecast-refused-growth",
                Args::none()
                    .number("covered", ms(covered))
                    .number("ahead", ms(ahead))
                    .number("sets", growth::SETS_MIN as u64),
            ),
        }
    }
}

/// What a restore of the target would take by these drills.
pub fn forecast(drills: &[Drilled], target: &Target) -> Result<Forecast, Refusal> {
    let drills = &drills[..drills.len().min(DRILLS_MAX)];
    if drills.len() < DRILLS_MIN {
        return Err(Refusal::TooFewDrills { found: drills.len() });
    }
    let loads = |size: Size| size.loaded.is_some_and(|bytes| bytes > 0);
    if (loads(target.likely) || loads(target.most)) && !drills.iter().all(|one| loads(one.size)) {
        return Err(Refusal::NeverLoaded);
    }
    let beyond = beyond(drills, &target.most);
    if beyond > BEYOND_MAX {
        return Err(Refusal::TooFar { times: whole(beyond) });
    }
    let slower = 100.0 / f64::from(target.machine.max(1));
    let margin = (1.0 + DOUBLING * beyond.log2()) * slower.max(1.0);
    let mut parts = Vec::new();
    let mut worst = 0.0;
    for at in 0..PARTS {
        let name = PHASES.get(at).copied();
        let scaled = drills.iter().map(|one| one.parts[at] * likely_ratio(name, one, target));
        let likely = middle(scaled.collect()) * slower;
        let most = drills.iter().map(|one| one.parts[at] * most_ratio(name, one, target));
        let most = most.fold(0.0, f64::max);
        worst += most;
        parts.push((name.map_or(Part::Rest, Part::Phase), likely, most * margin));
    }
    let scatter = (limit(drills, target) - worst).max(0.0) * margin;
    if let Some(line) = target.line {
        let seconds = |size: Size| size.bytes as f64 / line.max(1) as f64;
        let fetching = parts[1].1;
        let beside = (seconds(target.likely) - fetching).max(0.0);
        parts.push((Part::Line, beside, seconds(target.most) * LINE_OVERHEAD));
    }
    let likely = parts.iter().map(|(_, likely, _)| likely).sum();
    // A bound below what is likely would be none: a smaller target may scale so.
    let most = (parts.iter().map(|(_, _, most)| most).sum::<f64>() + scatter).max(likely);
    let parts = parts.into_iter().filter(|(_, likely, most)| *likely > 0.0 || *most > 0.0);
    let estimate =
        |(part, likely, most)| Estimate { part, likely: duration(likely), most: duration(most) };
    Ok(Forecast {
        drills: drills.iter().map(|one| one.number).collect(),
        likely: duration(likely),
        most: duration(most),
        parts: parts.map(estimate).collect(),
        scatter: duration(scatter),
        beyond,
    })
}

/// How many times as much as in the largest drill; at least 1.
fn beyond(drills: &[Drilled], size: &Size) -> f64 {
    let largest = |of: fn(&Size) -> u64| drills.iter().map(|one| of(&one.size)).max();
    let times = |of: fn(&Size) -> u64| ratio(of(size), largest(of).unwrap_or(0));
    let loaded = |size: &Size| size.loaded.unwrap_or(0);
    [times(|size| size.bytes), times(|size| size.files), times(loaded)]
        .into_iter()
        .fold(1.0, f64::max)
}

/// By how much a part of a drill is likely to grow.
fn likely_ratio(part: Option<PhaseName>, drill: &Drilled, target: &Target) -> f64 {
    let bytes = ratio(target.likely.bytes, drill.size.bytes);
    match part {
        Some(PhaseName::Fetch) => bytes,
        Some(PhaseName::Load) => loaded_ratio(drill, &target.likely).unwrap_or(bytes),
        _ => 1.0,
    }
}

/// By how much a part may grow: never less than it was, and by whatever grows most.
fn most_ratio(part: Option<PhaseName>, drill: &Drilled, target: &Target) -> f64 {
    let bytes = ratio(target.most.bytes, drill.size.bytes);
    let files = ratio(target.most.files, drill.size.files);
    let loaded = loaded_ratio(drill, &target.most);
    let grown = match part {
        Some(PhaseName::Fetch) => bytes.max(files),
        Some(PhaseName::Load) => loaded.unwrap_or(bytes),
        _ => bytes.max(files).max(loaded.unwrap_or(1.0)),
    };
    grown.max(1.0)
}

fn loaded_ratio(drill: &Drilled, size: &Size) -> Option<f64> {
    Some(ratio(size.loaded?, drill.size.loaded?))
}

fn ratio(wanted: u64, measured: u64) -> f64 {
    wanted as f64 / measured.max(1) as f64
}

/// The 95 % prediction limit for one drill more, of the whole time scaled to the target.
fn limit(drills: &[Drilled], target: &Target) -> f64 {
    let whole = |one: &Drilled| -> f64 {
        let part =
            |(at, time): (usize, &f64)| time * most_ratio(PHASES.get(at).copied(), one, target);
        one.parts.iter().enumerate().map(part).sum()
    };
    let times: Vec<f64> = drills.iter().map(whole).collect();
    let count = times.len() as f64;
    let mean = times.iter().sum::<f64>() / count;
    let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
    let deviation = (squares / (count - 1.0)).sqrt();
    let student = STUDENT[(times.len() - DRILLS_MIN).min(STUDENT.len() - 1)];
    mean + student * deviation * (1.0 + 1.0 / count).sqrt()
}

fn middle(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let at = times.len() / 2;
    if times.len().is_multiple_of(2) { f64::midpoint(times[at - 1], times[at]) } else { times[at] }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of times, never negative; what does not fit is cut, and far too many"
)]
fn whole(times: f64) -> u64 {
    times as u64
}

/// What does not fit is later than any objective.
fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests;
