//! What is due, and which of it may start now.
//!
//! [`Schedule`](schedule::Schedule) and [`due`] decide when; [`Ledger`](ledger::Ledger) reads from
//! the audit log what already ran; [`Core`](core::Core) holds both against the clocks and hands out
//! orders. All of it is pure: times come in, orders go out, so that tests drive days in
//! milliseconds. Starting work, threads and waiting are the daemon's.

pub mod core;
pub mod due;
pub mod ledger;
pub mod schedule;
