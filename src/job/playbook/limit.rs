//! The time that a step has, and the locks that it waits for within it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::base::cancel::Cancel;
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args, Fault, FaultKind, Retry};
use crate::job::site::Site;
use crate::playbook::port::Place;
use crate::world::files::FileLock;

/// How often the clock, the wish to stop and a taken lock are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// A step's time is over.
#[derive(Debug, thiserror::Error)]
#[error("step `{step}` was not done within {seconds} s")]
pub(super) struct TooLong {
    step: String,
    /// The time it had.
    seconds: u64,
}

impl Fault for TooLong {
    fn kind(&self) -> FaultKind {
        FaultKind::Environment
    }

    fn code(&self) -> &'static str {
        "in-place.too-long"
    }

    fn args(&self) -> Args {
        Args::none().text("step", &self.step).number("seconds", self.seconds)
    }

    fn retry(&self) -> Retry {
        Retry::Later
    }
}

fn too_long(place: &Place) -> TooLong {
    TooLong { step: place.step.clone(), seconds: place.timeout.as_secs() }
}

/// Does `work` on a site that is asked to stop when the step's time is over, as it is when a
/// person asks.
pub(super) fn within<T>(
    site: &Site,
    place: &Place,
    work: impl FnOnce(&Site) -> Result<T, AnyFault>,
) -> Result<T, AnyFault> {
    let limited = Site { cancel: Cancel::default(), ..site.clone() };
    let late = AtomicBool::new(false);
    let started = site.world.clock.monotonic();
    let result = std::thread::scope(|scope| {
        let (working, done) = channel::<()>();
        let (late, cancel) = (&late, limited.cancel.clone());
        scope.spawn(move || {
            while done.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let over = site.world.clock.monotonic().since(started) >= place.timeout;
                late.fetch_or(over, Ordering::SeqCst);
                if over || site.cancel.is_cancelled() {
                    return cancel.cancel();
                }
            }
        });
        let result = work(&limited);
        drop(working);
        result
    });
    match result {
        Err(fault) if late.load(Ordering::SeqCst) && fault.exit() == ExitCode::Interrupted => {
            Err(too_long(place).into())
        }
        other => other,
    }
}

/// Takes a lock of the portal, waiting for whoever has it as long as the step may take: a set
/// that the schedule is just taking ends by itself.
pub(super) fn alone(site: &Site, place: &Place, work: &str) -> Result<FileLock, AnyFault> {
    let started = site.world.clock.monotonic();
    loop {
        match site.exclusively(work, &place.portal) {
            Err(fault) if fault.exit() == ExitCode::Locked => {
                if site.world.clock.monotonic().since(started) >= place.timeout {
                    return Err(fault);
                }
            }
            other => return other,
        }
        site.go_on()?;
        site.world.clock.sleep(LOOK);
    }
}
