//! Looks until something was seen, or the time is over.
//!
//! What cannot be looked at is never seen. Every wait ends: by its deadline on the monotonic
//! clock, or when it is cancelled.

use std::fmt;
use std::time::Duration;

use crate::base::cancel::Cancel;
use crate::playbook::fact::Output;
use crate::playbook::model::Call;
use crate::playbook::port::{Actions, Place, Sight};
use crate::world::clock::{Clock, Monotonic};

/// Between two looks: soon enough for a person who waits, seldom enough for a server in trouble.
const PAUSE: Duration = Duration::from_secs(1);

/// The least time that one look gets, also when the time of its step is nearly over: a look that
/// is cut off at once can tell nothing.
const LOOK_LEAST: Duration = Duration::from_secs(10);

/// When a wait is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    since: Monotonic,
    timeout: Duration,
}

impl Deadline {
    /// So long after now.
    pub(super) fn after(clock: &dyn Clock, timeout: Duration) -> Self {
        Self { since: clock.monotonic(), timeout }
    }

    /// Whether the time is over.
    pub(super) fn is_over(self, clock: &dyn Clock) -> bool {
        self.left(clock).is_zero()
    }

    fn left(self, clock: &dyn Clock) -> Duration {
        self.timeout.saturating_sub(clock.monotonic().since(self.since))
    }
}

/// Why something was not seen.
#[derive(Debug)]
pub(super) enum Unseen {
    /// It is not so.
    NotSeen { action: String, why: String },
    /// It could not be looked at.
    CannotTell { action: String, why: String },
    /// Someone wants to stop.
    Stopped,
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSeen { action, why } => write!(f, "`{action}` was not seen: {why}"),
            Self::CannotTell { action, why } => write!(f, "`{action}` cannot tell: {why}"),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

/// Who looks, where, and for how long.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) actions: &'a dyn Actions,
    pub(super) clock: &'a dyn Clock,
    pub(super) cancel: &'a Cancel,
    pub(super) place: &'a Place,
    pub(super) until: Deadline,
}

impl Look<'_> {
    /// Looks until all of these were seen so many times in a row. At least one look is made, and a
    /// row that has begun in time is finished.
    pub(super) fn wait(&self, calls: &[Call], times: u32) -> Result<Output, Unseen> {
        self.until_seen(calls, times, |_| true)
    }

    /// The same, where one look that shows it not to be so ends the wait.
    pub(super) fn hold(&self, calls: &[Call], times: u32) -> Result<Output, Unseen> {
        self.until_seen(calls, times, |unseen| !matches!(unseen, Unseen::NotSeen { .. }))
    }

    fn until_seen(
        &self,
        calls: &[Call],
        times: u32,
        forgives: impl Fn(&Unseen) -> bool,
    ) -> Result<Output, Unseen> {
        if calls.is_empty() {
            return Ok(Output::new());
        }
        let mut row = 0;
        loop {
            match self.once(calls) {
                Ok(output) => {
                    row += 1;
                    if row >= times {
                        return Ok(output);
                    }
                }
                Err(unseen) if self.until.is_over(self.clock) || !forgives(&unseen) => {
                    return Err(unseen);
                }
                Err(_) => row = 0,
            }
            if self.cancel.is_cancelled() {
                return Err(Unseen::Stopped);
            }
            self.clock.sleep(PAUSE);
        }
    }

    /// One look at each, up to the first that is not seen.
    fn once(&self, calls: &[Call]) -> Result<Output, Unseen> {
        let mut output = Output::new();
        for call in calls {
            let timeout = self.until.left(self.clock).max(LOOK_LEAST);
            let action = || call.action.as_str().to_owned();
            match self.actions.observe(&Place { timeout, ..self.place.clone() }, call) {
                Sight::Seen(seen) => output.extend(
                    seen.into_iter().map(|(name, value)| (format!("{}.{name}", action()), value)),
                ),
                Sight::NotSeen(why) => return Err(Unseen::NotSeen { action: action(), why }),
                Sight::CannotTell(why) => {
                    return Err(Unseen::CannotTell { action: action(), why });
                }
            }
        }
        Ok(output)
    }
}
