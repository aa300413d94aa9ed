//! Restoring a set, or parts of it, into an empty folder.
//!
//! The way: walk the set, look at what a resumed restore finds already there, create folders and
//! files, fetch content pack by pack, and set metadata last. Every blob's digest is checked before
//! its bytes are written. Damage does not stop a restore: it goes on, names every file that could
//! not be restored, and ends with an integrity fault.
//!
//! While it runs, everything it made is for its owner only, no symbolic link exists below the
//! target, and a marker in the target says that the content is not whole. The marker is removed
//! once everything has reached the disk. A file that lost content ends as
//! `<name>.duphong-incomplete`, with zeros where content is missing, never under its own name.
//!
//! Names in a set are not trusted (`Tree::parse` refuses those that leave their folder). What does
//! not belong to the set is left alone; nothing is ever deleted outside what the set names.

mod content;
mod error;
mod existing;
mod metadata;
mod place;
mod plan;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::cancel::Cancel;
use crate::base::fault::{Fault, Message};
use crate::base::progress::Progress;
use crate::repository::id::SnapshotId;
use crate::repository::index_read::IndexRead;
use crate::repository::open::Repository;
use crate::repository::restore::content::Content;
use crate::repository::restore::existing::examine;
use crate::repository::restore::metadata::Finish;
use crate::repository::restore::place::Place;
use crate::repository::restore::plan::Plan;
use crate::repository::walk::Selection;

pub use crate::repository::restore::error::RestoreError;

/// How to restore.
#[derive(Clone, Debug, Default)]
pub struct RestoreOptions {
    /// Only what lies at or below these paths of the set; everything if empty.
    pub only: Vec<PathBuf>,
    /// Go on with an interrupted restore of the same set: content that is right stays.
    pub resume: bool,
    /// Find out what would be done, and change nothing.
    pub dry_run: bool,
}

/// What a restore did, or would do.
#[derive(Debug, Default)]
pub struct Restored {
    /// Regular files, each name of a file with several names counted.
    pub files: u64,
    /// Folders.
    pub folders: u64,
    /// Symbolic links and named pipes.
    pub others: u64,
    /// Bytes of the files' content.
    pub bytes: u64,
    /// Of these, bytes that a resumed restore found right.
    pub kept_bytes: u64,
    /// Bytes read from the repository's packs.
    pub fetched_bytes: u64,
    /// What could not be restored. Empty unless the restore ended in `Incomplete`, or is a dry
    /// run of one that would.
    pub lost: Vec<Lost>,
    /// What was restored with less than its full metadata, or left out because it is no content.
    pub warnings: Vec<Warning>,
}

/// Something of the set that could not be restored.
#[derive(Clone, Debug)]
pub struct Lost {
    /// Its path in the set. For a folder that cannot be read: the folder, and all below is lost.
    pub path: Vec<u8>,
    /// Why.
    pub fault: Arc<dyn Fault>,
}

/// Something that is not as it was, while its content is.
#[derive(Clone, Debug)]
pub struct Warning {
    /// Its path in the set; empty if it concerns all.
    pub path: Vec<u8>,
    /// What.
    pub message: Message,
}

/// Restores the set `set` into `target`, which must be missing or empty. Nothing may be removed
/// from the repository meanwhile: whoever may write to it holds a shared lock around this.
///
/// `Ok`: everything that was asked for is there, its content proven, durable. `Incomplete`: all
/// else is there, what is not is in the report. Any other error: the marker in the target stays,
/// and the same call with `resume` goes on.
pub fn restore(
    repository: &Repository,
    set: &SnapshotId,
    target: &Path,
    options: &RestoreOptions,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Restored, RestoreError> {
    progress.phase("phase-restore-plan");
    let snapshot = repository.snapshot(set)?;
    let read = IndexRead::of(repository)?;
    let selection = Selection::of_paths(&options.only);
    let mut plan = Plan::of(repository, &read.index, snapshot.tree, selection, cancel)?;
    plan.require_paths(&options.only)?;

    let place = Place::check(target, set, options.resume)?;
    if options.resume {
        progress.phase("phase-restore-examine");
        examine(&mut plan, &place, progress, cancel)?;
    }
    let mut content = Content::of(&plan, &read.index, repository);
    let (kept, fetched) = (plan.bytes() - content.bytes(), content.fetch_bytes());
    if options.dry_run {
        return Ok(plan.into_report(kept, fetched));
    }

    place.begin(set)?;
    place.create(&mut plan)?;
    progress.phase("phase-restore-content");
    content.restore(&mut plan, &place, progress, cancel)?;
    progress.phase("phase-restore-metadata");
    Finish::new(&place).run(&mut plan, progress, cancel)?;
    place.end()?;

    let report = plan.into_report(kept, fetched);
    if report.lost.is_empty() {
        return Ok(report);
    }
    Err(RestoreError::Incomplete { report: Box::new(report) })
}
