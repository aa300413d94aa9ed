//! Telling systemd how it goes (`sd_notify(3)`). Without systemd every call does nothing.
//!
//! The watchdog is fed by whoever calls [`Systemd::alive`]: the scheduler's loop and nobody else,
//! since a timer of its own would go on feeding while the loop hangs.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::world::clock::Monotonic;

/// The connection to the service manager.
#[derive(Debug)]
pub(super) struct Systemd {
    /// Half of what the unit allows, as systemd recommends; none where it watches nobody.
    every: Option<Duration>,
    fed: Option<Monotonic>,
}

impl Systemd {
    pub(super) fn new() -> Self {
        Self { every: sd_notify::watchdog_enabled().map(|limit| limit / 2), fed: None }
    }

    /// Everything is open and the schedules are in force.
    pub(super) fn ready() {
        tell(&[NotifyState::Ready]);
    }

    /// The configuration is read again; [`ready`](Self::ready) follows.
    pub(super) fn reloading() {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(error) => tracing::debug!(%error, "The monotonic clock cannot be read."),
        }
    }

    /// It ends, as it was asked to.
    pub(super) fn stopping() {
        tell(&[NotifyState::Stopping]);
    }

    /// One line for `systemctl status`.
    pub(super) fn status(line: &str) {
        tell(&[NotifyState::Status(line)]);
    }

    /// The loop goes round.
    pub(super) fn alive(&mut self, clock: Monotonic) {
        let Some(every) = self.every else { return };
        if self.fed.is_none_or(|fed| clock.since(fed) >= every) {
            tell(&[NotifyState::Watchdog]);
            self.fed = Some(clock);
        }
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "The service manager could not be told.");
    }
}
