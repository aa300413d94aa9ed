//! Progress for programs: a line of JSON on standard error each second, with `--progress`.
//!
//! Standard output stays the answer's alone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::base::progress::Progress;
use crate::cli::progress::Amounts;
use crate::cli::voice::Voice;
use crate::world::clock::{Clock, Monotonic};

/// Often enough for an eye, seldom enough for a log.
const EVERY: Duration = Duration::from_secs(1);

/// Tells how far the work has come, line by line.
pub(crate) struct Lines {
    clock: Arc<dyn Clock>,
    amounts: Amounts,
    phase: Mutex<Phase>,
}

/// What is under way.
struct Phase {
    id: &'static str,
    began: Monotonic,
    told: Monotonic,
}

impl Lines {
    /// Nothing is told until the first phase begins.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let now = clock.monotonic();
        let phase = Mutex::new(Phase { id: "", began: now, told: now });
        Self { clock, amounts: Amounts::default(), phase }
    }

    fn tell(&self, phase: &Phase, now: Monotonic) {
        Voice::aside(&self.line(phase.id, now.since(phase.began)).to_string());
    }

    fn line(&self, phase: &str, gone: Duration) -> Value {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let left = self.amounts.time_left(gone).map(|(least, most)| {
            json!({ "least-ms": milliseconds(least), "most-ms": milliseconds(most) })
        });
        let Amounts { items, items_total, bytes, bytes_total, .. } = &self.amounts;
        json!({
            "phase": phase,
            "items": Amounts::load(items),
            "items-total": Amounts::load(items_total),
            "bytes": Amounts::load(bytes),
            "bytes-total": Amounts::load(bytes_total),
            "took-ms": milliseconds(gone),
            "left": left,
        })
    }
}

impl Progress for Lines {
    fn phase(&self, phase: &'static str) {
        let mut current = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.monotonic();
        if !current.id.is_empty() {
            self.tell(&current, now);
        }
        self.amounts.reset();
        *current = Phase { id: phase, began: now, told: now };
    }

    fn total(&self, items: u64, bytes: u64) {
        self.amounts.set_total(items, bytes);
    }

    fn advance(&self, items: u64, bytes: u64) {
        self.amounts.add(items, bytes);
        // Whoever comes while another tells goes on working.
        let Ok(mut phase) = self.phase.try_lock() else { return };
        let now = self.clock.monotonic();
        if now.since(phase.told) >= EVERY {
            phase.told = now;
            self.tell(&phase, now);
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        if !phase.id.is_empty() {
            self.tell(&phase, self.clock.monotonic());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::clock::SystemClock;

    #[test]
    fn a_line_says_how_far_it_is_and_how_long_it_takes_yet() {
        let lines = Lines::new(Arc::new(SystemClock::default()));
        lines.total(0, 1000);
        lines.advance(2, 100);
        let line = lines.line("phase-restore-content", Duration::from_secs(10));
        assert_eq!(line["left"], json!({ "least-ms": 90_000, "most-ms": 90_000 }));
        assert_eq!((&line["bytes"], &line["bytes-total"]), (&json!(100), &json!(1000)));
        assert_eq!((&line["items"], &line["took-ms"]), (&json!(2), &json!(10_000)));
        lines.phase("phase-load");
        let line = lines.line("phase-load", Duration::from_secs(1));
        assert_eq!((&line["left"], &line["bytes"]), (&Value::Null, &json!(0)));
    }
}
