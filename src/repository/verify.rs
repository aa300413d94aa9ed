//! Proving that a repository is intact, by reading it.
//!
//! *Structure*: every snapshot can be read, every folder it leads to, every blob is in the index,
//! and every pack of the index is there with the right length. *All data*: besides, every pack is
//! read from end to end, its digest compared with its name, its header with the index, and every
//! blob opened and compared with its id.
//!
//! Each damage names the object and what it costs: which sets, and in them which paths. Sets that
//! no damage names are whole, as far as was looked. Nothing is changed and nothing repaired.
//!
//! Snapshots are listed first, then the index, then packs: the opposite of the order in which they
//! become durable, so a set that is being written meanwhile does not look damaged. Nothing may be
//! removed meanwhile: whoever may write takes a shared lock around this.
//!
//! Memory: the index, 40 bytes a folder, and for each thread 2 MiB or the largest blob, sealed, and
//! the largest blob, plain.

mod impact;
mod packs;
mod ranges;
mod report;
mod structure;

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::error::RepositoryError;
use crate::repository::index_read::IndexRead;
use crate::repository::layout::Folder;
use crate::repository::open::Repository;
use crate::repository::verify::impact::find_impact;
use crate::repository::verify::packs::{list_packs, read_packs};
use crate::repository::verify::report::Findings;
use crate::repository::verify::structure::{read_keys, read_sets, read_trees};

pub use crate::repository::verify::report::{
    Damage, DamageKind, LostPath, PATHS_MAX, VerifyReport,
};

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Everything but the content of files.
    Structure,
    /// Every byte.
    AllData,
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
    let mut findings = Findings::default();
    read_keys(repository, &mut findings)?;
    let sets = read_sets(repository, &mut findings)?;
    let read = IndexRead::of(repository)?;
    findings.take_unreadable(Folder::Index, &read.unreadable);
    let packs = list_packs(repository, &read, &mut findings)?;
    read_trees(repository, &read.index, &sets, &mut findings, progress, cancel)?;
    if depth == Depth::AllData {
        progress.phase("phase-verify-data");
        read_packs(repository, &read.index, &packs, &mut findings, progress, cancel)?;
    }
    if findings.cost_blobs() {
        progress.phase("phase-verify-impact");
        find_impact(repository, &read.index, &sets, &mut findings, cancel)?;
    }
    let mut report = findings.into_report();
    let whole = sets.iter().rev().map(|(id, _)| *id);
    report.whole_sets = whole.filter(|id| report.damaged_sets.binary_search(id).is_err()).collect();
    Ok(report)
}
