//! Progress on a terminal: phase, share, amounts, rate, time gone and time left.
//!
//! The time left is a range, from the speeds of this very phase: as a whole, and lately.
//!
//! Drawn on standard error and wiped when the work ends, so that a screen or a log keeps only what
//! was said. In a pipe, with `--json` or `--quiet`, nothing is drawn at all.

pub(crate) mod lines;

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::base::fault::{Args, Message};
use crate::base::progress::Progress;
use crate::text::Catalog;

/// Redrawn this often even when nothing advances: a clock that stands still looks like a crash.
const TICK: Duration = Duration::from_millis(200);

/// Before this, an estimate of the time left is a guess that only jumps about.
const ESTIMATE_AFTER: Duration = Duration::from_secs(2);

/// The speed of so long ago until now is held beside that of the whole.
const LATELY: Duration = Duration::from_secs(20);

/// Points of the way are kept this far apart.
const STRIDE: Duration = Duration::from_secs(2);

/// A progress display on the terminal behind standard error.
pub(super) struct Terminal {
    catalog: Arc<Catalog>,
    amounts: Arc<Amounts>,
    bar: Mutex<ProgressBar>,
}

/// What a phase has done and will do.
#[derive(Debug, Default)]
struct Amounts {
    items: AtomicU64,
    items_total: AtomicU64,
    bytes: AtomicU64,
    bytes_total: AtomicU64,
    /// What was done when, newest last, as far back as matters.
    way: Mutex<VecDeque<(Duration, u64)>>,
}

impl Amounts {
    fn load(value: &AtomicU64) -> u64 {
        value.load(Ordering::Relaxed)
    }

    fn reset(&self) {
        for value in [&self.items, &self.items_total, &self.bytes, &self.bytes_total] {
            value.store(0, Ordering::Relaxed);
        }
        self.way.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Notes how far it has come, and tells the time that the rest takes: at the fastest and at
    /// the slowest of the speeds of the whole and of lately.
    fn time_left(&self, elapsed: Duration) -> Option<(Duration, Duration)> {
        let (done, total) = self.share();
        let mut way = self.way.lock().unwrap_or_else(PoisonError::into_inner);
        if way.back().is_none_or(|(at, _)| elapsed.saturating_sub(*at) >= STRIDE) {
            way.push_back((elapsed, done));
        }
        // The oldest point that is kept is the newest of those that are old enough.
        while way.get(1).is_some_and(|(at, _)| elapsed.saturating_sub(*at) >= LATELY) {
            way.pop_front();
        }
        let whole = time_left(done, total, elapsed)?;
        let lately = way.front().filter(|(at, _)| elapsed.saturating_sub(*at) >= LATELY / 2);
        let lately = lately.and_then(|(at, before)| {
            let (done, total) = (done.checked_sub(*before)?, total.checked_sub(*before)?);
            time_left(done, total, elapsed.saturating_sub(*at))
        });
        Some((
            lately.map_or(whole, |one| one.min(whole)),
            lately.map_or(whole, |one| one.max(whole)),
        ))
    }

    fn set_total(&self, items: u64, bytes: u64) {
        self.items_total.store(items, Ordering::Relaxed);
        self.bytes_total.store(bytes, Ordering::Relaxed);
    }

    fn add(&self, items: u64, bytes: u64) {
        self.items.fetch_add(items, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Done and in all, in the unit that says most about the time it takes.
    fn share(&self) -> (u64, u64) {
        match Self::load(&self.bytes_total) {
            0 => (Self::load(&self.items), Self::load(&self.items_total)),
            bytes => (Self::load(&self.bytes), bytes),
        }
    }
}

impl Terminal {
    /// A display that shows nothing until the first phase begins.
    pub(super) fn new(catalog: Arc<Catalog>) -> Self {
        let bar = Mutex::new(ProgressBar::hidden());
        Self { catalog, amounts: Arc::default(), bar }
    }

    /// Says something in the middle of the work, above the display.
    pub(super) fn interject(&self, words: &str) {
        self.bar().suspend(|| {
            // A terminal that cannot be written to has nobody in front of it.
            let _gone = writeln!(std::io::stderr().lock(), "{words}");
        });
    }

    fn bar(&self) -> std::sync::MutexGuard<'_, ProgressBar> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn style(&self) -> ProgressStyle {
        let (catalog, amounts) = (Arc::clone(&self.catalog), Arc::clone(&self.amounts));
        let gone = Arc::clone(&self.catalog);
        // The template is a constant of ours; a mistake in it costs the looks, not the work.
        ProgressStyle::with_template(
            "{spinner} {msg}  [{bar:20}] {percent:>3} %  {gone}\n  {facts}",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
        .with_key("gone", move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // A terminal that cannot be written to has nothing to show.
            let _shown = out.write_str(&gone.format().duration(state.elapsed()));
        })
        .with_key("facts", move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _shown = out.write_str(&facts(&catalog, &amounts, state.elapsed()));
        })
    }
}

impl Drop for Terminal {
    /// Wipes the display: the work is over, and the answer needs the room.
    fn drop(&mut self) {
        self.bar().finish_and_clear();
    }
}

impl Progress for Terminal {
    fn phase(&self, phase: &'static str) {
        let mut bar = self.bar();
        bar.finish_and_clear();
        self.amounts.reset();
        *bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr())
            .with_style(self.style())
            .with_message(self.catalog.id(phase));
        bar.enable_steady_tick(TICK);
    }

    fn total(&self, items: u64, bytes: u64) {
        self.amounts.set_total(items, bytes);
        self.bar().set_length(self.amounts.share().1);
    }

    fn advance(&self, items: u64, bytes: u64) {
        self.amounts.add(items, bytes);
        self.bar().set_position(self.amounts.share().0);
    }
}

/// `1.204 / 5.000 mục · 1,2 GB / 3,4 GB · 98,4 MB/giây · còn 2 phút 05 giây`, as far as known.
fn facts(catalog: &Catalog, amounts: &Amounts, elapsed: Duration) -> String {
    let format = catalog.format();
    let (items, items_total) = (Amounts::load(&amounts.items), Amounts::load(&amounts.items_total));
    let (bytes, bytes_total) = (Amounts::load(&amounts.bytes), Amounts::load(&amounts.bytes_total));
    let seconds = elapsed.as_secs_f64();
    let mut facts = Vec::new();
    if items > 0 || items_total > 0 {
        let mut done = format.number(items);
        if items_total > 0 {
            let _infallible = write!(done, " / {}", format.number(items_total));
        }
        let args = Args::none().text("done", done);
        facts.push(catalog.say(&Message::with("progress-items", args)));
    }
    if bytes > 0 || bytes_total > 0 {
        let mut done = format.bytes(bytes);
        if bytes_total > 0 {
            let _infallible = write!(done, " / {}", format.bytes(bytes_total));
        }
        facts.push(done);
    }
    if bytes > 0 && seconds > 0.0 {
        let args = Args::none().text("amount", format.bytes(per_second(bytes, seconds)));
        facts.push(catalog.say(&Message::with("progress-rate", args)));
    }
    if let Some((least, most)) = amounts.time_left(elapsed) {
        let (least, most) = (format.duration(least), format.duration(most));
        let time = if least == most {
            least
        } else {
            let args = Args::none().text("least", least).text("most", most);
            catalog.say(&Message::with("restore-range", args))
        };
        let args = Args::none().text("time", time);
        facts.push(catalog.say(&Message::with("progress-left", args)));
    }
    facts.join(" · ")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "both are positive, and a rate is rounded for people anyway"
)]
fn per_second(amount: u64, seconds: f64) -> u64 {
    (amount as f64 / seconds) as u64
}

/// The time that the rest takes at the speed so far.
fn time_left(done: u64, total: u64, elapsed: Duration) -> Option<Duration> {
    if done == 0 || done >= total || elapsed < ESTIMATE_AFTER {
        return None;
    }
    let rest = (total - done) as f64 / done as f64;
    Duration::try_from_secs_f64(elapsed.as_secs_f64() * rest).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;

    fn amounts(items: (u64, u64), bytes: (u64, u64)) -> Amounts {
        Amounts {
            items: items.0.into(),
            items_total: items.1.into(),
            bytes: bytes.0.into(),
            bytes_total: bytes.1.into(),
            way: Mutex::default(),
        }
    }

    #[track_caller]
    fn check(language: Language, amounts: &Amounts, seconds: u64, expected: &str) {
        let catalog = Catalog::new(language);
        assert_eq!(facts(&catalog, amounts, Duration::from_secs(seconds)), expected);
    }

    #[test]
    fn facts_are_told_as_far_as_they_are_known() {
        use Language::{English, Vietnamese};
        let whole = amounts((1204, 5000), (1_200_000_000, 3_600_000_000));
        check(
            Vietnamese,
            &whole,
            12,
            "1.204 / 5.000 mục · 1,2 GB / 3,6 GB · 100 MB/giây · còn 24,0 giây",
        );
        check(
            English,
            &whole,
            12,
            "1,204 / 5,000 items · 1.2 GB / 3.6 GB · 100 MB/s · 24.0 s left",
        );
        check(English, &amounts((3, 0), (0, 0)), 1, "3 items");
        check(English, &amounts((3, 0), (500, 0)), 1, "3 items · 500 B · 500 B/s");
        check(English, &amounts((0, 0), (0, 0)), 9, "");
    }

    #[test]
    fn the_time_left_reaches_from_the_speed_of_lately_to_that_of_the_whole() {
        let seconds = Duration::from_secs;
        let amounts = amounts((0, 0), (0, 10_000));
        let mut told = None;
        // Ten bytes a second for a minute and a half, then a hundred for twenty seconds.
        for second in 1..=110 {
            amounts.bytes.fetch_add(if second <= 90 { 10 } else { 100 }, Ordering::Relaxed);
            let left = amounts.time_left(seconds(second));
            if second == 80 {
                let (least, most) = left.unwrap();
                let even = (919..=920).contains(&least.as_secs())
                    && most.saturating_sub(least) < seconds(1);
                assert!(even, "{least:?} {most:?}");
            }
            told = left;
        }
        let (least, most) = told.unwrap();
        // 7,100 bytes are left: 71 s at the speed of lately, which reaches a little further back,
        // and 269 s at that of the whole.
        assert!((71..76).contains(&least.as_secs()), "{least:?}");
        assert_eq!(most.as_secs(), 269);
    }

    #[test]
    fn no_estimate_is_made_too_early_or_too_late() {
        let seconds = Duration::from_secs;
        assert_eq!(time_left(1, 2, seconds(1)), None);
        assert_eq!(time_left(0, 2, seconds(9)), None);
        assert_eq!(time_left(2, 2, seconds(9)), None);
        assert_eq!(time_left(u64::MAX, 1, seconds(9)), None);
        assert_eq!(time_left(1, u64::MAX, seconds(u64::MAX)), None);
        assert_eq!(time_left(1, 4, seconds(9)), Some(seconds(27)));
    }
}
