//! What the log cannot tell: gaps, work without an outcome, times without a daemon, clocks set back.

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::audit::{Entry, Kind};
use crate::view::backup::runs::{Runs, text, time};
use crate::view::backup::{Rows, Scope, Section, Value};

/// The holes in the log.
#[derive(Debug, Default)]
pub(super) struct Unknown {
    gaps: Vec<Gap>,
    clock_back: u64,
    late: u64,
    dropped: u64,
    daemon: Daemon,
}

/// A time of which the log knows less than it should.
#[derive(Debug)]
struct Gap {
    seq: u64,
    from: Option<Timestamp>,
    at: Timestamp,
    reason: String,
}

/// When nobody followed the schedules.
#[derive(Debug, Default)]
struct Daemon {
    seen: bool,
    up: bool,
    /// Since when there is none.
    down: Option<Timestamp>,
    /// Milliseconds of the period.
    down_ms: i64,
    /// Starts in the period of one whose end nobody wrote down.
    breaks: u64,
    /// The time of the newest entry.
    newest: Option<Timestamp>,
}

impl Unknown {
    pub(super) fn take(&mut self, entry: &Entry, scope: &Scope) {
        self.daemon.take(entry, scope);
        if entry.kind == Kind::Gap {
            let from = time(&entry.facts, "from");
            let begins_before = from.unwrap_or(entry.at) < scope.period.to;
            if begins_before && entry.at >= scope.period.from {
                let (seq, at) = (entry.seq, entry.at);
                let reason = text(&entry.facts, "reason").to_owned();
                self.gaps.push(Gap { seq, from, at, reason });
            }
        }
        if !scope.contains(entry.at) {
            return;
        }
        self.clock_back += u64::from(entry.clock_back_ms.is_some());
        self.late += u64::from(entry.facts.get("late").and_then(Json::as_bool) == Some(true));
        if entry.verb == "audit.dropped" {
            let count = entry.facts.get("count").and_then(Json::as_u64).unwrap_or(0);
            self.dropped = self.dropped.saturating_add(count);
        }
    }

    pub(super) fn rows(&self, runs: &Runs, scope: &Scope, rows: &mut Rows) {
        let mut lines = rows.of(Section::Unknown, "", "");
        let unknown = runs.within(scope).filter(|(_, run)| run.is_unknown()).count();
        lines.count("backup-figure-unknown", unknown);
        lines.put("backup-figure-late", Value::Count(self.late));
        lines.put("backup-figure-dropped", Value::Count(self.dropped));
        lines.put("backup-figure-clock-back", Value::Count(self.clock_back));
        let down = Value::milliseconds(self.daemon.down_until(scope));
        let down = if self.daemon.seen { down } else { Value::Unknown };
        lines.put("backup-figure-daemon-down", down);
        lines.put("backup-figure-daemon-breaks", Value::Count(self.daemon.breaks));
        for gap in &self.gaps {
            let mut lines = rows.of(Section::Unknown, "", &format!("#{}", gap.seq));
            lines.put("backup-figure-gap-from", Value::at(gap.from));
            lines.put("backup-figure-gap-told", Value::At(gap.at));
            lines.put("backup-figure-reason", Value::Text(gap.reason.clone()));
        }
    }
}

impl Daemon {
    fn take(&mut self, entry: &Entry, scope: &Scope) {
        match (entry.kind, entry.verb.as_str()) {
            (Kind::Record, "daemon.start") => {
                // Without a word of its end, it lived at least until the entry before.
                let down = if self.up { self.newest } else { self.down };
                self.down_ms = self.down_ms.saturating_add(overlap(down, entry.at, scope));
                self.breaks += u64::from(self.up && scope.contains(entry.at));
                (self.seen, self.up, self.down) = (true, true, None);
            }
            (Kind::Record, "daemon.stop") => (self.up, self.down) = (false, Some(entry.at)),
            _ => {}
        }
        self.newest = Some(entry.at);
    }

    fn down_until(&self, scope: &Scope) -> i64 {
        self.down_ms.saturating_add(overlap(self.down, scope.until(), scope))
    }
}

/// Milliseconds of the period between these.
fn overlap(from: Option<Timestamp>, to: Timestamp, scope: &Scope) -> i64 {
    let Some(from) = from else { return 0 };
    let (from, to) = (from.max(scope.period.from), to.min(scope.until()));
    to.as_millisecond().saturating_sub(from.as_millisecond()).max(0)
}
