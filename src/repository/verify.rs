//! Proving that a repository is intact, by reading it.
//!
//! *Structure*: every snapshot can be read, every folder it leads to, every blob is in the index,
//! and every pack of the index is there with the right length. *All data*: besides, every pack is
//! read from end to end, its digest compared with its name, its header with the index, and every
//! blob opened and compared with its id. *A part*: the same of a part of the packs, so that a
//! repository too large for one night is read in many.
//!
//! Each damage names the object and what it costs: which sets, and in them which paths. Sets that
//! no damage names are whole, as far as was looked. Nothing is changed and nothing repaired.
//!
//! Segments of transaction logs are looked at in the same depths: a hole in one is seen in the names
//! of its pieces, and with the data every piece is opened and those of one file are compared.
//!
//! Snapshots are listed first, then the index, then packs: the opposite of the order in which they
//! become durable, so a set that is being written meanwhile does not look damaged. Nothing may be
//! removed meanwhile: whoever may write takes a shared lock around this.
//!
//! Memory: the index, 40 bytes a folder, and for each thread 2 MiB or the largest blob, sealed, and
//! the largest compressed blob, plain.

mod impact;
mod logs;
mod packs;
mod ranges;
mod report;
mod structure;

use crate::base::cancel::Cancel;
use crate::base::digest::Digest;
use crate::base::progress::Progress;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index_read::IndexRead;
use crate::repository::layout::Folder;
use crate::repository::open::Repository;
use crate::repository::verify::impact::find_impact;
use crate::repository::verify::logs::verify_logs;
use crate::repository::verify::packs::{Packs, list_packs, read_packs};
use crate::repository::verify::report::Findings;
use crate::repository::verify::structure::{Sets, read_keys, read_sets, read_trees};

pub use crate::repository::verify::report::{
    Damage, DamageKind, LostPath, PATHS_MAX, VerifyReport,
};

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Everything but the content of files.
    Structure,
    /// The structure, and every byte of a part of the packs.
    Part(Part),
    /// Every byte.
    AllData,
}

/// One of so many parts of the packs, about equally large: a pack's id says to which it belongs, so
/// that every pack there is, and every one to come, belongs to one of them and stays there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    number: u32,
    of: u32,
}

impl Part {
    /// The part of this number, counted from zero, of so many; `None` if there is none such.
    pub fn new(number: u32, of: u32) -> Option<Self> {
        (number < of).then_some(Self { number, of })
    }

    /// Its number, counted from zero.
    pub fn number(self) -> u32 {
        self.number
    }

    /// How many parts there are.
    pub fn of(self) -> u32 {
        self.of
    }

    /// Whether a pack belongs to it.
    pub fn has(self, pack: &PackId) -> bool {
        self.has_digest(&pack.0)
    }

    /// Whether what is called by this digest belongs to it.
    fn has_digest(self, digest: &Digest) -> bool {
        let [a, b, c, d, ..] = digest.0;
        let place = u64::from(u32::from_be_bytes([a, b, c, d]));
        (place * u64::from(self.of)) >> 32 == u64::from(self.number)
    }
}

/// Reads the repository and says what is damaged.
///
/// Damage is in the report, not an error: look at [`VerifyReport::is_sound`]. An error means that
/// the question could not be answered: the store is gone, or someone asked to stop.
pub fn verify(
    repository: &Repository,
    depth: Depth,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<VerifyReport, RepositoryError> {
    progress.phase("phase-verify-structure");
    let judging = Judging::begin(repository)?;
    judging.end(repository, &IndexRead::of(repository)?, depth, progress, cancel)
}

/// A look at a repository that has begun with keys and sets, before the index is read.
pub(super) struct Judging {
    findings: Findings,
    sets: Sets,
}

impl Judging {
    pub(super) fn begin(repository: &Repository) -> Result<Self, RepositoryError> {
        let mut findings = Findings::default();
        read_keys(repository, &mut findings)?;
        let sets = read_sets(repository, &mut findings)?;
        Ok(Self { findings, sets })
    }

    /// Judges the rest by this index: the one that there is, or one that there would be.
    pub(super) fn end(
        self,
        repository: &Repository,
        read: &IndexRead,
        depth: Depth,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<VerifyReport, RepositoryError> {
        let Self { mut findings, sets } = self;
        findings.take_unreadable(Folder::Index, &read.unreadable);
        let packs = list_packs(repository, read, &mut findings)?;
        read_trees(repository, &read.index, &sets, &mut findings, progress, cancel)?;
        let chosen: Packs = match depth {
            Depth::Structure => Vec::new(),
            Depth::Part(part) => packs.into_iter().filter(|(pack, _)| part.has(pack)).collect(),
            Depth::AllData => packs,
        };
        if depth != Depth::Structure {
            progress.phase("phase-verify-data");
            read_packs(repository, &read.index, &chosen, &mut findings, progress, cancel)?;
        }
        verify_logs(repository, depth, &mut findings, progress, cancel)?;
        if findings.cost_blobs() {
            progress.phase("phase-verify-impact");
            find_impact(repository, &read.index, &sets, &mut findings, cancel)?;
        }
        let mut report = findings.into_report();
        let whole = sets.iter().rev().map(|(id, _)| *id);
        report.whole_sets =
            whole.filter(|id| report.damaged_sets.binary_search(id).is_err()).collect();
        Ok(report)
    }
}
