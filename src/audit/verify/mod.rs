//! The independent verifier: says whether a log, or an export of one, is what was signed.
//!
//! It shares no code with the writer but the primitives (SHA-256, Ed25519, base64, JSON): its own
//! reading of notes, keys, bundles, tiles and zips, its own tree, everything recomputed from the bytes
//! of the entries. A defect of the writer is therefore not repeated here. It never writes, never
//! panics on hostile bytes, and holds few bundles in memory at a time.
//!
//! Each entry is judged by the exact way, which reads JSON as trees (`opening`, `rules`), or, if all
//! about it is as our programs write it, by one that reads it where it lies (`scan`, `step`), on
//! several threads (`ahead`). The latter knows no words: whatever it does not take, the former judges.
//!
//! What it cannot see: a log that was cut back to an older signed head, or rewritten by whoever
//! has its key. That takes an anchor, a head kept where the writer of the log cannot reach it.

#[cfg(feature = "testkit")]
pub mod agree;
mod ahead;
mod batch;
mod bundle;
mod compare;
mod export;
mod folder;
mod hash;
mod keys;
mod letter;
mod lines;
mod list;
mod note;
mod opening;
mod outside;
mod place;
mod range;
mod report;
mod rules;
mod scan;
mod source;
mod step;
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

/// How the entries are judged; whichever it is, all that is found is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// What is as our programs write it, where it lies; the rest exactly.
    Quick,
    /// All of it exactly: what tests hold the other against.
    #[cfg_attr(not(feature = "testkit"), expect(dead_code, reason = "tests ask for it"))]
    Exact,
}
