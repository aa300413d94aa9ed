//! The ground floor: values that every other module speaks of.
//!
//! Addresses, arrivals, commands and values as people write them, digests, secrets, faults, exit codes, progress and
//! cancellation, the tags of a set and its manifest.
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
pub mod tag;
pub mod written;
