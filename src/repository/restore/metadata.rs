//! The last pass: links, owners, attributes, modes and times.
//!
//! Folders come last and deepest first, because making anything in a folder changes its time, and
//! a folder may forbid making anything in it.

use std::io;
use std::sync::Arc;

use crate::base::cancel::Cancel;
use crate::base::fault::{Args, Message};
use crate::base::progress::Progress;
use crate::repository::restore::beneath::Reach;
use crate::repository::restore::dress::Dresser;
use crate::repository::restore::error::RestoreError;
use crate::repository::restore::place::{Place, make_other};
use crate::repository::restore::plan::{Fate, Plan, Planned, warning};
use crate::repository::restore::report::Warning;
use crate::repository::restore::share::share;
use crate::repository::tree::NodeKind;
use crate::world::files::FileError;

/// The last pass over the plan.
pub(super) struct Finish<'a> {
    place: &'a Place,
    reach: Reach<'a>,
    dresser: Dresser,
    warnings: Vec<Warning>,
}

impl<'a> Finish<'a> {
    pub(super) fn new(place: &'a Place) -> Result<Self, FileError> {
        let (reach, dresser) = (place.reach()?, Dresser::new());
        Ok(Self { place, reach, dresser, warnings: Vec::new() })
    }

    /// Finishes every entry. What could not be set is noted in the plan.
    pub(super) fn run(
        mut self,
        plan: &mut Plan,
        resumed: bool,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<(), RestoreError> {
        progress.total(plan.entries.len() as u64, 0);
        if !self.dresser.is_root() && !plan.entries.is_empty() {
            let message = Message::new("restore-warning-owners");
            self.warnings.push(Warning { path: Vec::new(), message });
        }
        // Nearly all entries are such, and depend on nothing else.
        let place = self.place;
        let warnings = share(&mut plan.entries, cancel, |_first, entries, stop| {
            let mut finish = Finish::new(place)?;
            for entry in entries.iter().filter(|entry| has_only_metadata_left(entry)) {
                stop.go_on()?;
                finish.set_metadata(entry);
                progress.advance(1, 0);
            }
            Ok(finish.warnings)
        })?;
        self.warnings.extend(warnings.into_iter().flatten());
        for number in 0..plan.entries.len() {
            if cancel.is_cancelled() {
                return Err(RestoreError::Cancelled);
            }
            let entry = &plan.entries[number];
            if !entry.is_folder() && !has_only_metadata_left(entry) {
                self.finish_file(plan, number, resumed)?;
                progress.advance(1, 0);
            }
        }
        for entry in plan.entries.iter().rev().filter(|entry| entry.is_folder()) {
            if !entry.lost && entry.fate != Fate::Left {
                self.set_metadata(entry);
            }
            progress.advance(1, 0);
        }
        self.warnings.into_iter().for_each(|warning| plan.warn(warning));
        Ok(())
    }

    /// Makes what is no file of its own, and sets aside what is not whole.
    fn finish_file(
        &mut self,
        plan: &mut Plan,
        number: usize,
        resumed: bool,
    ) -> Result<(), RestoreError> {
        let entry = &plan.entries[number];
        if entry.fate == Fate::Left {
            return Ok(());
        }
        if entry.lost {
            // What stands there may be half of it: written now, or by the run that was killed.
            if entry.opened.is_some() || resumed && entry.is_file() && entry.link_to.is_none() {
                self.place.set_aside(&mut self.reach, &entry.path)?;
            }
            return Ok(());
        }
        let original = entry.link_to.map(|first| &plan.entries[first]);
        if let Some(original) = original.filter(|original| original.lost) {
            // Another name that the half file had before.
            let may_be_half = original.opened.is_some() || resumed;
            if may_be_half && matches!(entry.fate, Fate::There | Fate::InPlace) {
                self.place.set_aside(&mut self.reach, &entry.path)?;
            }
            if let Some(reason) = plan.reason_of(&original.path) {
                plan.lose(number, reason);
            }
            return Ok(());
        }
        let is_other = entry.link_to.is_some() || !entry.is_file();
        if is_other && entry.fate != Fate::There {
            let original = original.map(|original| &*original.path);
            let made = make_other(&mut self.reach, entry, original);
            match made.map_err(FileError::io("create", &self.place.path(&entry.path))) {
                Ok(()) => {}
                Err(error) if error.is_disk_full() => return Err(error.into()),
                Err(error) => {
                    plan.lose(number, Arc::new(error));
                    return Ok(());
                }
            }
        }
        if entry.link_to.is_none() {
            self.set_metadata(entry);
        }
        Ok(())
    }

    fn set_metadata(&mut self, entry: &Planned) {
        if entry.fate == Fate::There && !entry.is_folder() && !entry.redress {
            return;
        }
        // What this restore wrote can be opened once more.
        let is_ours = entry.opened.is_some();
        let handle = if is_ours {
            self.reach.open_handle(&entry.path)
        } else {
            self.reach.handle(&entry.path)
        };
        let dressed = handle.and_then(|there| {
            // Nothing that somebody has put there meanwhile is given away.
            let own = NodeKind::of(&there.stat) == entry.node.kind;
            own.then_some(there).ok_or_else(|| io::ErrorKind::InvalidInput.into())
        });
        let complaints = match dressed {
            Ok(there) => self.dresser.dress(&there, &entry.node),
            Err(error) => {
                vec![("restore-warning-mode", Args::none().text("reason", error))]
            }
        };
        let complaints = complaints.into_iter();
        self.warnings.extend(complaints.map(|(id, args)| warning(&entry.path, id, args)));
    }
}

/// Whether it is a regular file that stands there as a whole under its first name.
fn has_only_metadata_left(entry: &Planned) -> bool {
    entry.is_file() && entry.link_to.is_none() && !entry.lost && entry.fate != Fate::Left
}
