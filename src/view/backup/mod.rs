//! A period of backups in figures, from the log alone: what ran and failed, how long there was no
//! set, what drills measured, what was read again, what was removed, and what the log cannot tell.
//!
//! [`Tally`] takes in the entries in order; [`Tally::rows`] are the figures. An outcome that nobody
//! knows is never counted as done. What is not in the log, the settings of today among it, has no
//! part in a figure, so that whoever holds an export of the log gets the same ones:
//! `figures.py` in the export does, and a test holds it to every line. The figures are defined in
//! `docs/formats/backup-report.md`; what is changed here is changed there and in the script.

mod drills;
mod holdings;
mod reading;
mod recovery;
mod runs;
mod unknown;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::audit::Entry;
use crate::view::backup::holdings::Holdings;
use crate::view::backup::reading::Readings;
use crate::view::backup::runs::Runs;
use crate::view::backup::unknown::Unknown;
use crate::view::period::Period;

/// What is to be counted.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The period.
    pub period: Period,
    /// When the figures are reckoned: a period that is not over ends here.
    pub at: Timestamp,
    /// Clocks of which zone the ends were read off.
    pub zone: TimeZone,
    /// Portals that have their lines even if the log names no run of them.
    pub portals: Vec<String>,
    /// Repositories that have theirs.
    pub repositories: Vec<String>,
}

impl Scope {
    /// The instant up to which the period has come.
    pub fn until(&self) -> Timestamp {
        self.period.to.min(self.at)
    }

    /// Whether what began at this instant belongs to the period.
    fn contains(&self, at: Timestamp) -> bool {
        self.period.contains(at)
    }
}

/// The parts of a report, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What was counted.
    Report,
    /// What ran, by subject and verb.
    Runs,
    /// Who began it.
    Actors,
    /// What failed, or has no outcome.
    Failures,
    /// What is to run by itself.
    Schedules,
    /// What a schedule wanted and did not run.
    Missed,
    /// How long there was no set.
    Rpo,
    /// How long drills took.
    Rto,
    /// What was read again.
    Verify,
    /// Each drill by its number.
    Drills,
    /// Where sets are.
    Holdings,
    /// What was forgotten, and what was held.
    Retention,
    /// What the log cannot tell.
    Unknown,
}

impl Section {
    /// All of them, in order.
    pub const ALL: [Self; 13] = [
        Self::Report,
        Self::Runs,
        Self::Actors,
        Self::Failures,
        Self::Schedules,
        Self::Missed,
        Self::Rpo,
        Self::Rto,
        Self::Verify,
        Self::Drills,
        Self::Holdings,
        Self::Retention,
        Self::Unknown,
    ];

    /// The id of its name in the message files.
    pub fn id(self) -> &'static str {
        match self {
            Self::Report => "backup-section-report",
            Self::Runs => "backup-section-runs",
            Self::Actors => "backup-section-actors",
            Self::Failures => "backup-section-failures",
            Self::Schedules => "backup-section-schedules",
            Self::Missed => "backup-section-missed",
            Self::Rpo => "backup-section-rpo",
            Self::Rto => "backup-section-rto",
            Self::Verify => "backup-section-verify",
            Self::Drills => "backup-section-drills",
            Self::Holdings => "backup-section-holdings",
            Self::Retention => "backup-section-retention",
            Self::Unknown => "backup-section-unknown",
        }
    }
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands.
    pub section: Section,
    /// The portal, repository or job that it is about; empty for the whole.
    pub subject: String,
    /// What of it, such as a verb or the number of a drill; empty for all of it.
    pub item: String,
    /// The id of the figure's name in the message files.
    pub figure: &'static str,
    /// What it is.
    pub value: Value,
}

/// What a figure is. No fractions: programs and countries write them differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// So many.
    Count(u64),
    /// A span of time in whole seconds.
    Seconds(u64),
    /// A size.
    Bytes(u64),
    /// A share in whole per cent, rounded down: what is not all is never 100.
    Percent(u64),
    /// A point in time.
    At(Timestamp),
    /// The id of a word in the message files.
    Word(&'static str),
    /// As it stands in the log.
    Text(String),
    /// Nobody knows.
    Unknown,
}

impl Value {
    /// A number of milliseconds. Rounded up: no time looks shorter than it was.
    fn milliseconds(ms: i64) -> Self {
        Self::Seconds(u64::try_from(ms).unwrap_or(0).div_ceil(1000))
    }

    /// The same of what a drill measured.
    fn measured(ms: Option<u64>) -> Self {
        Self::seconds(ms.map(|ms| ms.div_ceil(1000)))
    }

    fn seconds(seconds: Option<u64>) -> Self {
        seconds.map_or(Self::Unknown, Self::Seconds)
    }

    fn at(at: Option<Timestamp>) -> Self {
        at.map_or(Self::Unknown, Self::At)
    }
}

/// The sum of the log.
#[derive(Debug)]
pub struct Tally {
    scope: Scope,
    entries: u64,
    /// When the first entry was written.
    since: Option<Timestamp>,
    runs: Runs,
    readings: Readings,
    holdings: Holdings,
    unknown: Unknown,
}

impl Tally {
    /// Of nothing yet.
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            entries: 0,
            since: None,
            runs: Runs::default(),
            readings: Readings::default(),
            holdings: Holdings::default(),
            unknown: Unknown::default(),
        }
    }

    /// Takes in the next entry of the log, the first one first.
    pub fn take(&mut self, entry: &Entry) {
        self.entries += 1;
        self.since.get_or_insert(entry.at);
        self.runs.take(entry, &self.scope);
        self.unknown.take(entry, &self.scope);
        // What is there at the end of the period was not changed by what came later.
        if entry.at <= self.scope.until() {
            self.readings.take(entry, &self.scope);
            self.holdings.take(entry, &self.scope);
        }
    }

    /// The figures, in their order.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Rows(Vec::new());
        let (scope, runs) = (&self.scope, &self.runs);
        let mut whole = rows.of(Section::Report, "", "");
        whole.put("backup-figure-from", Value::At(scope.period.from));
        whole.put("backup-figure-to", Value::At(scope.period.to));
        whole.put("backup-figure-until", Value::At(scope.until()));
        let offset = scope.zone.to_offset(scope.period.from).to_string();
        whole.put("backup-figure-zone", Value::Text(format!("UTC{}", whole_offset(&offset))));
        whole.put("backup-figure-entries", Value::Count(self.entries));
        whole.put("backup-figure-log-since", Value::at(self.since));
        runs.rows(scope, &mut rows);
        let portals: BTreeSet<&str> =
            scope.portals.iter().map(String::as_str).chain(runs.portals(scope)).collect();
        recovery::rpo(runs, scope, &portals, &mut rows);
        recovery::rto(runs, scope, &portals, &mut rows);
        let repositories: BTreeSet<&str> = scope
            .repositories
            .iter()
            .map(String::as_str)
            .chain(runs.repositories(scope))
            .chain(self.readings.repositories())
            .collect();
        self.readings.rows(scope, &repositories, &mut rows);
        drills::rows(runs, scope, &mut rows);
        self.holdings.rows(&repositories, &portals, &mut rows);
        runs.retention(scope, &mut rows);
        self.holdings.words(&mut rows);
        self.unknown.rows(runs, scope, &mut rows);
        rows.0
    }
}

/// `+07` and `+07:00` are one.
fn whole_offset(offset: &str) -> String {
    if offset.len() == 3 { format!("{offset}:00") } else { offset.to_owned() }
}

/// Rows that are being written.
struct Rows(Vec<Row>);

impl Rows {
    fn of(&mut self, section: Section, subject: &str, item: &str) -> Lines<'_> {
        Lines { rows: self, section, subject: subject.to_owned(), item: item.to_owned() }
    }
}

/// Those of one thing.
struct Lines<'a> {
    rows: &'a mut Rows,
    section: Section,
    subject: String,
    item: String,
}

impl Lines<'_> {
    fn put(&mut self, figure: &'static str, value: Value) {
        self.rows.0.push(Row {
            section: self.section,
            subject: self.subject.clone(),
            item: self.item.clone(),
            figure,
            value,
        });
    }

    fn count(&mut self, figure: &'static str, count: usize) {
        self.put(figure, Value::Count(count as u64));
    }
}
