//! How fast restoring goes here, as drills and restores on record have measured it.
//!
//! **Invariant: no rate is invented.** What was never measured is unknown, and a time that would
//! need it is unknown too. One measurement gives one time; several give the range between the
//! fastest and the slowest of them. Pure: it is given the entries.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::audit::{AuditError, Entry, Kind};
use crate::drill::fact::{Check, CheckKind, CheckOutcome, DrillRecord, PhaseName};

/// Older measurements tell of other disks and lines; so many of the newest of each phase count.
const NEWEST: usize = 10;

/// A speed is believed for so many times the bytes it was measured on. A set of some kilobytes
/// takes a second of opening and looking: to conclude from it how long terabytes take is inventing.
const BELIEVED: u64 = 100;

/// A piece of a restore that takes its own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Fetching, decrypting and writing files: as fast as the repository.
    Fetch,
    /// Loading dumps into servers: as fast as the portal's databases.
    Load,
    /// Opening sealed files: as fast as this machine.
    Open,
    /// Proving a base and laying its log beside it: as fast as the repository.
    Log,
}

impl Phase {
    /// Its name in records and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Load => "load",
            Self::Open => "open",
            Self::Log => "log",
        }
    }
}

/// Bytes and the time they took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Of what.
    pub phase: Phase,
    /// Bytes of content, as restored.
    pub bytes: u64,
    /// The time that they took.
    pub took: Duration,
}

impl Measured {
    /// As it stands in the outcome of a restore.
    pub fn as_fact(&self) -> Value {
        let took = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        json!({ "phase": self.phase.as_str(), "bytes": self.bytes, "took-ms": took })
    }

    fn of_fact(fact: &Value) -> Option<Self> {
        let phase = match fact.get("phase")?.as_str()? {
            "fetch" => Phase::Fetch,
            "load" => Phase::Load,
            "open" => Phase::Open,
            "log" => Phase::Log,
            _ => return None,
        };
        let number = |name| fact.get(name).and_then(Value::as_u64);
        Self::new(phase, number("bytes")?, Duration::from_millis(number("took-ms")?))
    }

    /// `None` where nothing was moved, or faster than the clock can tell.
    pub fn new(phase: Phase, bytes: u64, took: Duration) -> Option<Self> {
        (bytes > 0 && took > Duration::ZERO).then_some(Self { phase, bytes, took })
    }

    /// What `bytes` take at this speed.
    fn time_of(&self, bytes: u64) -> Duration {
        let seconds = self.took.as_secs_f64() * (bytes as f64 / self.bytes as f64);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

/// What is to be expected of a phase, by what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// At the fastest speed that was measured.
    pub least: Duration,
    /// At the slowest.
    pub most: Duration,
    /// How many measurements stand behind it; at least one.
    pub measurements: usize,
    /// Bytes of the largest of them: far more bytes may go at another speed.
    pub largest: u64,
    /// When the newest of them was made.
    pub newest: Timestamp,
}

/// What was measured, newest first.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    measured: Vec<(Timestamp, Measured)>,
}

impl Rates {
    /// What the entries say of restoring `portal` out of `repository`. Of fetching and of a log, all
    /// portals count that were read from there; of loading, all repositories; of opening, everything.
    pub fn of(
        entries: impl Iterator<Item = Result<Entry, AuditError>>,
        portal: &str,
        repository: &str,
    ) -> Result<Self, AuditError> {
        let mut measured = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.kind != Kind::Outcome {
                continue;
            }
            let found = match entry.verb.as_str() {
                "drill.run" => of_drill(&entry),
                "restore.run" => of_restore(&entry),
                _ => continue,
            };
            let Some((from, found)) = found else { continue };
            measured.extend(found.into_iter().filter_map(|one| {
                let counts = match one.phase {
                    Phase::Fetch | Phase::Log => from == repository,
                    Phase::Load => entry.subject == portal,
                    Phase::Open => true,
                };
                counts.then_some((entry.at, one))
            }));
        }
        measured.reverse();
        Ok(Self { measured })
    }

    /// What `bytes` of this phase are expected to take; `None` where that was never measured, or
    /// only on far less.
    pub fn expected(&self, phase: Phase, bytes: u64) -> Option<Expected> {
        let of_phase = |(_, one): &&(Timestamp, Measured)| one.phase == phase;
        let counted: Vec<_> = self.measured.iter().filter(of_phase).take(NEWEST).collect();
        let largest = counted.iter().map(|(_, one)| one.bytes).max()?;
        if bytes / BELIEVED > largest {
            return None;
        }
        let times = || counted.iter().map(|(_, one)| one.time_of(bytes));
        Some(Expected {
            least: times().min()?,
            most: times().max()?,
            measurements: counted.len(),
            largest,
            newest: counted.first()?.0,
        })
    }
}

/// A record that cannot be read says nothing about speed; `drill list` complains about it.
fn of_drill(entry: &Entry) -> Option<(String, Vec<Measured>)> {
    let record: DrillRecord = serde_json::from_value(entry.facts.get("record")?.clone()).ok()?;
    let went = |kind: CheckKind| {
        let of_kind = |check: &&Check| check.kind == kind;
        let mut checks = record.checks.iter().filter(of_kind).peekable();
        checks.peek().is_some() && checks.all(|check| matches!(check.outcome, CheckOutcome::Passed))
    };
    let took = |name: PhaseName| {
        let of_name = record.phases.iter().filter(|phase| phase.name == name);
        Duration::from_millis(of_name.map(|phase| phase.length_ms).sum())
    };
    let set = record.set.as_ref()?;
    let fetched = went(CheckKind::Restore)
        .then(|| Measured::new(Phase::Fetch, set.bytes, took(PhaseName::Fetch)));
    let loaded = went(CheckKind::Load)
        .then(|| Measured::new(Phase::Load, set.loaded_bytes?, took(PhaseName::Load)));
    Some((record.repository.clone(), [fetched, loaded].into_iter().flatten().flatten().collect()))
}

fn of_restore(entry: &Entry) -> Option<(String, Vec<Measured>)> {
    let repository = entry.facts.get("repository")?.as_str()?.to_owned();
    let measured = entry.facts.get("measured")?.as_array()?;
    Some((repository, measured.iter().filter_map(Measured::of_fact).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(measured: &[(u64, u64)]) -> Rates {
        let at = |second| Timestamp::from_second(second).unwrap();
        let one = |(second, (bytes, took)): (i64, &(u64, u64))| {
            (at(second), Measured::new(Phase::Fetch, *bytes, Duration::from_secs(*took)).unwrap())
        };
        let mut measured: Vec<_> = (0..).zip(measured).map(one).collect();
        measured.reverse();
        Rates { measured }
    }

    #[test]
    fn what_was_never_measured_is_unknown() {
        assert_eq!(Rates::default().expected(Phase::Fetch, 1), None);
        assert_eq!(rates(&[(100, 1)]).expected(Phase::Load, 1), None);
        assert_eq!(Measured::new(Phase::Fetch, 0, Duration::from_secs(1)), None);
        assert_eq!(Measured::new(Phase::Fetch, 1, Duration::ZERO), None);
    }

    #[test]
    fn a_range_reaches_from_the_fastest_to_the_slowest_of_the_newest() {
        let one = rates(&[(100, 1)]).expected(Phase::Fetch, 1000).unwrap();
        assert_eq!((one.least, one.most), (Duration::from_secs(10), Duration::from_secs(10)));
        assert_eq!((one.measurements, one.largest), (1, 100));
        // The first, slowest one is too old to count.
        let mut many = vec![(1, 1000)];
        many.extend([(100, 1); 9]);
        many.push((300, 6));
        let range = rates(&many).expected(Phase::Fetch, 1000).unwrap();
        assert_eq!((range.least, range.most), (Duration::from_secs(10), Duration::from_secs(20)));
        assert_eq!((range.measurements, range.largest), (10, 300));
        assert_eq!(range.newest, Timestamp::from_second(10).unwrap());
    }

    #[test]
    fn a_measurement_survives_the_log() {
        let one = Measured::new(Phase::Load, 7, Duration::from_millis(1500)).unwrap();
        for phase in [Phase::Fetch, Phase::Load, Phase::Open, Phase::Log] {
            let one = Measured { phase, ..one };
            assert_eq!(Measured::of_fact(&one.as_fact()), Some(one));
        }
        assert_eq!(Measured::of_fact(&json!({ "phase": "other" })), None);
    }

    #[test]
    fn a_little_says_nothing_about_very_much() {
        let measured = rates(&[(1000, 2), (10, 1)]);
        let expected = measured.expected(Phase::Fetch, 100_000).unwrap();
        assert_eq!(
            (expected.least, expected.most),
            (Duration::from_secs(200), Duration::from_secs(10_000))
        );
        assert_eq!(measured.expected(Phase::Fetch, 101_000), None);
        let huge = rates(&[(u64::MAX, u64::MAX)]);
        assert!(huge.expected(Phase::Fetch, u64::MAX).is_some());
    }
}
