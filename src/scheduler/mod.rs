//! What is due, and the loop that starts it.
//!
//! Schedules and the decision what is due are pure; the loop knows work only as a trait, so that
//! tests drive days in milliseconds.

pub mod schedule;
