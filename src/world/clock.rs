//! Wall time for deadlines and records, monotonic time for durations: two types, no conversion.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A point in monotonic time: only differences mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monotonic(pub Duration);

impl Monotonic {
    /// Time passed since `earlier`; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// A source of time.
pub trait Clock: Send + Sync {
    /// The wall clock: may jump, in both directions.
    fn now(&self) -> Timestamp;
    /// The monotonic clock: never goes back.
    fn monotonic(&self) -> Monotonic;
    /// Waits for about `duration`.
    fn sleep(&self, duration: Duration);
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn default() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(self.started.elapsed())
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// A clock that stands still until it is told otherwise.
#[cfg(feature = "testkit")]
#[derive(Debug)]
pub struct ManualClock {
    state: std::sync::Mutex<(Timestamp, Duration)>,
}

#[cfg(feature = "testkit")]
impl ManualClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { state: std::sync::Mutex::new((now, Duration::ZERO)) }
    }

    /// Both clocks go on by `duration`.
    pub fn advance(&self, duration: Duration) {
        let mut state = self.lock();
        state.0 += jiff::SignedDuration::try_from(duration).expect("test durations are small");
        state.1 += duration;
    }

    /// Only the wall clock jumps, as when someone sets it.
    pub fn jump_to(&self, now: Timestamp) {
        self.lock().0 = now;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Timestamp, Duration)> {
        self.state.lock().expect("no holder of this lock panics")
    }
}

#[cfg(feature = "testkit")]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.lock().0
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(self.lock().1)
    }

    fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}
