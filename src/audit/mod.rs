//! The record that can be trusted: entries in a Merkle log with signed heads.
//!
//! Every change that duphong makes is an entry: an intent before the effect, an outcome after.
//! Guarantees: what a call reported as written survives a crash; every call that writes ends under
//! a signed head; an entry that was edited, dropped, reordered or doubled later is found by
//! [`verify`], and so is a log that was cut or rewritten as a whole, by a head kept elsewhere (an
//! anchor). The folder follows C2SP tlog-tiles and tlog-checkpoint (`docs/formats/audit-log.md`).
//!
//! Deliberately not here: what the entries mean (the modules' facts, folded by `view`), words for
//! people, and keeping secrets: facts are written as they are given.

mod anchor;
mod copy;
mod disk;
mod entry;
mod export;
mod fault;
mod handover;
mod key;
mod late;
mod layout;
mod log;
mod open;
mod opening;
mod pack;
mod read;
mod rotate;
mod session;
mod state;
mod tree;
pub mod verify;

pub use anchor::{ANCHOR, armored};
#[cfg(feature = "testkit")]
pub use disk::Fuse;
pub use entry::{Actor, ActorKind, Deed, Ending, Entry, Facts, Kind, Number, Outcome};
pub use export::{Exported, PAGE, Part, WritePart};
pub use fault::AuditError;
pub use late::Late;
pub use log::{Head, Intent, Log};
pub use open::Recovery;
pub use read::{Entries, Reader};
pub use rotate::{Rotated, VERB as ROTATE, check_key_place};
