//! The process that runs day and night: builds the real world, starts the scheduler, answers
//! systemd, signals, the control socket and those who ask for its health.
//!
//! [`run`] is the whole of it. One thread ([`service`]) holds the scheduler and decides; every job
//! has a thread of its own ([`runner`]), so that a panic or a hanging disk ends one job and not the
//! watch; what others may know hangs on the [`board`]. What the daemon does is what the commands
//! do: the same jobs under the same locks, so that both may be used side by side.
//!
//! Not here: what is due (`scheduler`), and what a piece of work does (`job`).

mod board;
pub mod client;
mod control;
pub mod fault;
mod followers;
mod health;
mod logs;
mod metrics;
pub mod protocol;
mod record;
mod reload;
mod runner;
mod service;
mod systemd;
mod watching;
pub mod work;

pub use service::{Start, run};
