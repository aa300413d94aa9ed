//! Telling people: what is worth a notice, to whom, how often, and by which channel.
//!
//! Pure. A job gathers what is so ([`event`]), already in the words that people will read; [`plan()`]
//! holds it against what each recipient was told before ([`memory`], folded from the audit log) and
//! says which letters to send now. Guarantees, held by property tests over crashes and failures at
//! every step: what was seen to be bad is told at least once; nothing is told twice within the
//! repeat, unless nobody knows whether the first telling arrived; an end is told once, and only to
//! whoever was told the beginning; no recipient gets more than [`plan::HOURLY_MAX`] letters an hour.
//!
//! Deliberately not here: sending, wording, and judging what is bad.

pub mod event;
pub mod fact;
pub mod memory;
pub mod plan;
pub mod settings;

pub use event::{Event, Nature};
pub use plan::{Letter, Plan, Recipient, plan};
