//! Telling people: what is worth a notice, to whom, how often, and by which channel.
//!
//! Deciding is pure; sending goes through the doors of `world`. Nothing here words a text: a
//! notice holds message ids, which the job that sends it renders.

pub mod settings;
