//! The independent verifier: says whether a log, or an export of one, is what was signed.
//!
//! It shares no code with the writer but the primitives (SHA-256, Ed25519, base64, JSON): its own
//! reading of notes, keys, bundles, tiles and zips, its own tree, everything recomputed from the bytes
//! of the entries. A defect of the writer is therefore not repeated here. It never writes, never
//! panics on hostile bytes, and holds one bundle in memory at a time.
//!
//! What it cannot see: a log that was cut back to an older signed head, or rewritten by whoever
//! has its key. That takes an anchor, a head kept where the writer of the log cannot reach it.

mod compare;
mod export;
mod folder;
mod hash;
mod keys;
mod letter;
mod list;
mod note;
mod opening;
mod outside;
mod place;
mod report;
mod rules;
mod source;
mod zip;

pub use compare::compare_exports;
pub use export::{is_export, verify_export, verify_export_beside};
pub use folder::{verify, verify_with};
pub use outside::{Asked, Held};
pub use report::{Finding, Reach, Recorded, Report, Signer, Uncovered, Verdict, Weight};

use std::path::PathBuf;

/// What the one who verifies holds from elsewhere than the log.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// A public key of the log, present or earlier, or its fingerprint. Without it the key beside the
    /// log is taken, and the report says so.
    pub vkey: Option<String>,
    /// Files that hold heads kept outside: checkpoints, or the letters that brought them.
    pub anchors: Vec<PathBuf>,
}
