//! The last pass: links, owners, attributes, modes and times.
//!
//! Order within an entry: owner (which clears special bits), attributes (a read-only file takes
//! none from an ordinary user), mode, times. Folders come last and deepest first, because making
//! anything in a folder changes its time, and a folder may forbid making anything in it.
//!
//! Owners are restored only by root. Whoever is not root gets no set-user-id or set-group-id
//! bits either: they would now mean another user.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, lchown};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, XattrFlags, lsetxattr, utimensat};

use crate::base::cancel::Cancel;
use crate::base::fault::{Args, Message};
use crate::base::progress::Progress;
use crate::repository::mode;
use crate::repository::restore::Warning;
use crate::repository::restore::error::RestoreError;
use crate::repository::restore::place::Place;
use crate::repository::restore::plan::{Plan, Planned, warning};
use crate::repository::tree::{Node, NodeKind};
use crate::world::files::FileError;

const SPECIAL_BITS: u32 = 0o6000;

/// The last pass over the plan.
pub(super) struct Finish<'a> {
    place: &'a Place,
    is_root: bool,
    warnings: Vec<Warning>,
}

impl<'a> Finish<'a> {
    pub(super) fn new(place: &'a Place) -> Self {
        let is_root = rustix::process::geteuid().is_root();
        Self { place, is_root, warnings: Vec::new() }
    }

    /// Finishes every entry. What could not be set is noted in the plan.
    pub(super) fn run(
        mut self,
        plan: &mut Plan,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<(), RestoreError> {
        progress.total(plan.entries.len() as u64, 0);
        if !self.is_root && !plan.entries.is_empty() {
            let message = Message::new("restore-warning-owners");
            self.warnings.push(Warning { path: Vec::new(), message });
        }
        let is_folder = |entry: &Planned| entry.node.kind == NodeKind::Dir;
        for number in 0..plan.entries.len() {
            if cancel.is_cancelled() {
                return Err(RestoreError::Cancelled);
            }
            if !is_folder(&plan.entries[number]) {
                self.finish_file(plan, number)?;
                progress.advance(1, 0);
            }
        }
        for entry in plan.entries.iter().rev().filter(|entry| is_folder(entry) && !entry.lost) {
            self.set_metadata(entry);
            progress.advance(1, 0);
        }
        self.warnings.into_iter().for_each(|warning| plan.warn(warning));
        Ok(())
    }

    fn finish_file(&mut self, plan: &mut Plan, number: usize) -> Result<(), RestoreError> {
        let entry = &plan.entries[number];
        if entry.lost {
            return Ok(self.place.set_aside(&entry.path)?);
        }
        let original = entry.link_to.map(|first| &plan.entries[first]);
        if let Some(original) = original.filter(|original| original.lost) {
            if let Some(reason) = plan.reason_of(&original.path) {
                plan.lose(number, reason);
            }
            return Ok(());
        }
        if entry.link_to.is_some() || entry.node.kind != NodeKind::File {
            let made = self.place.make(entry, original.map(|original| &*original.path));
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
        let path = self.place.path(&entry.path);
        let node = &entry.node;
        let is_link = node.kind == NodeKind::Symlink;
        if self.is_root {
            let outcome = lchown(&path, Some(node.uid), Some(node.gid));
            self.note(entry, "restore-warning-owner", Args::none(), outcome);
        }
        for attribute in &node.attributes {
            let outcome = lsetxattr(&path, &attribute.name, &attribute.value, XattrFlags::empty());
            let args = Args::none().text("attribute", &attribute.name);
            self.note(entry, "restore-warning-attribute", args, outcome.map_err(Into::into));
        }
        if !is_link {
            let outcome = fs::set_permissions(&path, self.permissions(node));
            self.note(entry, "restore-warning-mode", Args::none(), outcome);
        }
        self.note(entry, "restore-warning-time", Args::none(), set_mtime(&path, node));
    }

    fn permissions(&self, node: &Node) -> fs::Permissions {
        let bits = mode::permissions(node.mode);
        fs::Permissions::from_mode(if self.is_root { bits } else { bits & !SPECIAL_BITS })
    }

    fn note(&mut self, entry: &Planned, id: &'static str, args: Args, outcome: io::Result<()>) {
        if let Err(error) = outcome {
            self.warnings.push(warning(&entry.path, id, args.text("reason", error)));
        }
    }
}

fn set_mtime(path: &Path, node: &Node) -> io::Result<()> {
    // Seconds are rounded down and nanoseconds never negative, as the system wants them.
    let nanoseconds = node.mtime.as_nanosecond();
    let time = Timespec {
        tv_sec: i64::try_from(nanoseconds.div_euclid(1_000_000_000))
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?,
        tv_nsec: i64::try_from(nanoseconds.rem_euclid(1_000_000_000))
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?,
    };
    let times = Timestamps { last_access: time, last_modification: time };
    Ok(utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}
