//! The ground floor: values that every other module speaks of.
//!
//! Addresses, arrivals, commands and values as people write them, digests, secrets, faults, exit codes, progress and
//! cancellation, and the manifest of a set.
//! Everything here is pure: no clock, no file, no network, nothing of ours imported.

pub mod address;
pub mod arrival;
pub mod cancel;
pub mod command;
pub mod digest;
pub mod exit;
pub mod fault;
pub mod language;
pub mod manifest;
pub mod progress;
pub mod secret;
pub mod written;
