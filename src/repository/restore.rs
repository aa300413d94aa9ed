//! Restoring a set, or parts of it, into an empty folder or over what a folder holds.
//!
//! The way: walk the set, look at what stands in the target, create folders and files, fetch
//! content pack by pack, and set metadata last. What is there already with the right content is
//! neither fetched nor written, piece by piece; that is how an interrupted restore goes on, too.
//! Every blob's digest is checked before its bytes are written. Damage does not stop a restore: it
//! goes on, names every file that could not be restored, and ends with an integrity fault.
//!
//! While it runs, every file that it writes to is for its owner only, and a marker in the target
//! says that the content is not whole. The marker is removed once everything has reached the disk.
//! A file that lost content ends as `<name>.duphong-incomplete`, never under its own name.
//!
//! Names in a set are not trusted (`Tree::parse` refuses those that leave their folder), and
//! neither is the target: no link in it is followed, whoever made it and whenever. A file is
//! written in place only if all of its names are the set's (docs/decisions/0170). What does not
//! belong to the set is left alone, unless deleting it was asked for and nothing of the set is
//! missing.

mod beneath;
mod content;
mod dress;
mod error;
mod existing;
mod marker;
mod metadata;
mod place;
mod plan;
mod readback;
mod report;
mod rule;
mod share;
mod surplus;

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::id::SnapshotId;
use crate::repository::index_read::IndexRead;
use crate::repository::open::Repository;
use crate::repository::restore::content::Content;
use crate::repository::restore::existing::examine;
use crate::repository::restore::marker::Marker;
use crate::repository::restore::metadata::Finish;
use crate::repository::restore::place::Place;
use crate::repository::restore::plan::{Fate, Plan, folder_at};
use crate::repository::walk::{Selection, normal};

pub use crate::repository::restore::error::RestoreError;
pub use crate::repository::restore::report::{Lost, Restored, Warning};
pub use crate::repository::restore::rule::Overwrite;

/// How to restore.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own")]
pub struct RestoreOptions {
    /// The folder of the set that the target stands for; the whole set if none is named. All other
    /// paths, also those of the report, are then relative to it.
    pub from: Option<PathBuf>,
    /// Only what lies at or below these paths of the set; everything if empty.
    pub only: Vec<PathBuf>,
    /// Go on with an interrupted restore of the same set: content that is right stays.
    pub resume: bool,
    /// Restore over what the target holds, by this rule; without one it must be empty.
    pub over: Option<Overwrite>,
    /// Delete what stands in the restored folders and not in the set.
    pub delete: bool,
    /// Read every restored file again when all is written.
    pub verify: bool,
    /// Find out what would be done, and change nothing.
    pub dry_run: bool,
    /// Files that no set has, by their paths below the target, and their content: they stand there
    /// before any content of the set does, and stay. Whoever asked for them removes them.
    pub first: Vec<(PathBuf, &'static [u8])>,
}

/// Restores the set `set` into `target`, which must be missing or empty unless the options say
/// otherwise. Nothing may be removed from the repository meanwhile: whoever may write to it holds
/// a shared lock around this.
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
    let prepared = Prepared::new(repository, set, target, options, progress, cancel)?;
    if options.dry_run {
        return Ok(prepared.outline());
    }
    prepared.run(progress, cancel)
}

/// A restore that is planned beside what the target holds. Nothing is changed yet.
#[derive(Debug)]
pub struct Prepared<'a> {
    repository: &'a Repository,
    read: Arc<IndexRead>,
    plan: Plan,
    place: Place,
    marker: Marker,
    resumed: bool,
    delete: bool,
    verify: bool,
    first: Vec<(PathBuf, &'static [u8])>,
    /// What is to be fetched, once somebody wants to know.
    content: OnceLock<Content>,
}

impl<'a> Prepared<'a> {
    /// Plans a restore. The target is read and not changed.
    pub fn new(
        repository: &'a Repository,
        set: &SnapshotId,
        target: &Path,
        options: &RestoreOptions,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Self, RestoreError> {
        progress.phase("phase-restore-plan");
        let snapshot = repository.snapshot(set)?;
        let read = IndexRead::shared(repository)?;
        let selection = Selection::of_paths(&options.only);
        let tree = match &options.from {
            Some(path) => folder_at(repository, &read.index, snapshot.tree, path)?,
            None => snapshot.tree,
        };
        let plan = Plan::of(repository, &read, tree, selection.clone(), cancel)?;
        plan.require_paths(&options.only)?;

        let place = Place::at(target)?;
        let (marker, resumed) = admit(&place, target, set, options)?;
        let (delete, verify) = (options.delete, options.verify);
        let first = options.first.clone();
        let content = OnceLock::new();
        let mut prepared =
            Self { repository, read, plan, place, marker, resumed, delete, verify, first, content };
        prepared.examine(&selection, progress, cancel)?;
        Ok(prepared)
    }

    fn examine(
        &mut self,
        selection: &Selection,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<(), RestoreError> {
        if !self.place.exists() {
            return Ok(());
        }
        let (plan, place) = (&mut self.plan, &self.place);
        progress.phase("phase-restore-examine");
        examine(plan, place, &self.marker, self.resumed, progress, cancel)?;
        surplus::settle_obstacles(plan, place, self.delete);
        if self.delete {
            let with_top = self.marker.from.is_some();
            surplus::find(plan, place, selection, with_top, cancel)?;
            surplus::spare_unless_whole(plan);
        }
        if !self.resumed {
            let left = plan.entries.iter().filter(|entry| entry.fate == Fate::Left);
            self.marker.left = left.map(|entry| entry.path.to_vec()).collect();
        }
        Ok(())
    }

    /// What will be done, as far as it is known before it is done.
    pub fn outline(&self) -> Restored {
        let content = self.content.get_or_init(|| Content::of(&self.plan, &self.read.index));
        let kept = self.plan.bytes().saturating_sub(content.bytes());
        self.plan.report(kept, content.fetch_bytes())
    }

    /// Whether a step after the files was done by the restore that this one goes on with.
    pub fn has_done(&self, step: &str) -> bool {
        self.resumed && self.marker.done.contains(step.as_bytes())
    }

    /// Whether an interrupted restore goes on.
    pub fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// Does it.
    pub fn run(self, progress: &dyn Progress, cancel: &Cancel) -> Result<Restored, RestoreError> {
        let (report, marked) = self.run_marked(progress, cancel)?;
        marked.end()?;
        Ok(report)
    }

    /// Does it for whoever has more to do with the files. The target stays marked as one that is
    /// not done until [`Marked::end`]: whatever happens before, the same restore goes on with
    /// `resume`. `Incomplete` ends it, as in `run`.
    pub fn run_marked(
        mut self,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<(Restored, Marked), RestoreError> {
        let (plan, place, index) = (&mut self.plan, &mut self.place, &self.read.index);
        let content = self.content.take().unwrap_or_else(|| Content::of(plan, index));
        let kept = plan.bytes().saturating_sub(content.bytes());
        let fetched = content.fetch_bytes();

        if !self.resumed {
            place.begin(&self.marker)?;
        }
        place.create(plan, cancel)?;
        for (path, text) in &self.first {
            place.put_first(path, text)?;
        }
        progress.phase("phase-restore-content");
        content.restore(self.repository, index, plan, place, progress, cancel)?;
        drop(content);
        if self.verify {
            progress.phase("phase-restore-verify");
            place.settle()?;
            readback::read_back(plan, place, progress, cancel)?;
        }
        if self.delete {
            surplus::spare_unless_whole(plan);
            surplus::delete(plan, place, cancel)?;
        }
        progress.phase("phase-restore-metadata");
        Finish::new(place)?.run(plan, self.resumed, progress, cancel)?;
        let report = plan.report(kept, fetched);
        let Self { place, marker, .. } = self;
        let marked = Marked { place, marker };
        if report.lost.is_empty() {
            marked.place.settle()?;
            return Ok((report, marked));
        }
        marked.end()?;
        Err(RestoreError::Incomplete { report: Box::new(report) })
    }
}

/// A target whose files are all there and on the disk, and which is still marked.
#[derive(Debug)]
pub struct Marked {
    place: Place,
    marker: Marker,
}

impl Marked {
    /// Notes durably that a step after the files was done, for a restore that goes on.
    pub fn note(&mut self, step: &str) -> Result<(), RestoreError> {
        self.marker.done.insert(step.as_bytes().to_vec());
        Ok(self.place.remark(&self.marker)?)
    }

    /// Waits until everything is on the disk, then removes the mark.
    pub fn end(self) -> Result<(), RestoreError> {
        Ok(self.place.end()?)
    }
}

/// Whether the set may be restored into the target: the marker that stands there or is to stand
/// there, and whether an interrupted restore goes on.
fn admit(
    place: &Place,
    target: &Path,
    set: &SnapshotId,
    options: &RestoreOptions,
) -> Result<(Marker, bool), RestoreError> {
    let target = || target.to_owned();
    let only: BTreeSet<_> =
        options.only.iter().map(|path| normal(path.as_os_str().as_bytes())).collect();
    let from = options.from.as_ref().map(|path| normal(path.as_os_str().as_bytes()));
    let Some(mut marker) = place.marker()? else {
        if options.over.is_none() && !place.is_empty()? {
            return Err(RestoreError::NotEmpty { target: target() });
        }
        return Ok((Marker::new(set, options.over, from, only), false));
    };
    if marker.set != set.to_string() {
        return Err(RestoreError::OtherSet { target: target(), found: marker.set, wanted: *set });
    }
    if !options.resume {
        return Err(RestoreError::Unfinished { target: target(), set: marker.set });
    }
    let same_rule = options.over.is_none() || options.over == marker.over;
    if !same_rule || marker.from != from || marker.only.as_ref().is_some_and(|begun| *begun != only)
    {
        return Err(RestoreError::OtherOptions { target: target(), begun: marker.options() });
    }
    // What version 1 does not say is said from now on.
    marker.only.get_or_insert(only);
    Ok((marker, true))
}
