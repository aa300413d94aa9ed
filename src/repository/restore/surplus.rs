//! What stands in the target and not in the set, and deleting it.
//!
//! Guarantees: only what lies in a folder that the set has and that is restored as a whole is
//! deleted, never what stands beside it in the target (unless that itself stands for a folder); a link is deleted itself and never followed;
//! another file system is never entered, so that neither a mounted disk nor a snapshot of the file
//! system's own is emptied.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use rustix::fs::fstat;
use rustix::io::Errno;

use crate::base::cancel::Cancel;
use crate::base::fault::Args;
use crate::repository::restore::beneath::Reach;
use crate::repository::restore::error::RestoreError;
use crate::repository::restore::place::{Place, is_folder, is_ours_or_the_file_systems};
use crate::repository::restore::plan::{Fate, Plan, warning};
use crate::repository::restore::report::Warning;
use crate::repository::tree::NodeKind;
use crate::repository::walk::{Selection, join};

/// Notes in the plan what stands in the restored folders and not in the set. Only the topmost
/// names: a folder stands for all in it. `with_top`: the target itself stands for a folder.
pub(super) fn find(
    plan: &mut Plan,
    place: &Place,
    selection: &Selection,
    with_top: bool,
    cancel: &Cancel,
) -> Result<(), RestoreError> {
    let mut reach = place.reach()?;
    let mut known: HashSet<&[u8]> = plan.entries.iter().map(|entry| &*entry.path).collect();
    known.extend(plan.passed_over.iter().map(Vec::as_slice));
    let is_there = |fate| matches!(fate, Fate::There | Fate::Left);
    let folders = plan.entries.iter().filter(|entry| entry.is_folder() && is_there(entry.fate));
    let top = with_top.then_some(&[][..]).into_iter();
    let folders = top.chain(folders.map(|entry| &*entry.path));
    let (mut surplus, mut warnings) = (Vec::new(), Vec::new());
    for folder in folders.filter(|folder| selection.takes(folder)) {
        if cancel.is_cancelled() {
            return Err(RestoreError::Cancelled);
        }
        match reach.names(folder) {
            Ok(names) => {
                let paths = names.iter().map(|name| join(folder, name));
                surplus.extend(paths.filter(|path| {
                    !known.contains(path.as_slice()) && !is_ours_or_the_file_systems(path)
                }));
            }
            Err(error) => warnings.push(undeleted(folder, &error)),
        }
    }
    surplus.sort_unstable();
    plan.surplus = surplus;
    for warning in warnings {
        plan.warn(warning);
    }
    Ok(())
}

/// Settles what is in the way before anything is changed: it may give way where deleting was asked
/// for and all of the set could be read; else it costs what the set has in its place.
pub(super) fn settle_obstacles(plan: &mut Plan, place: &Place, may_delete: bool) {
    let may_delete = may_delete && plan.is_whole();
    for number in 0..plan.entries.len() {
        let entry = &plan.entries[number];
        if entry.fate != Fate::Blocked || entry.lost {
            continue;
        }
        if may_delete {
            plan.cleared.push(entry.path.to_vec());
        } else {
            let fault = obstacle(place, &entry.path);
            plan.lose_all_in(number, Arc::new(fault));
        }
    }
}

fn obstacle(place: &Place, at: &[u8]) -> RestoreError {
    let there = place.reach().ok().and_then(|mut reach| reach.look(at).ok().flatten());
    let path = place.path(at);
    match there.map(|there| NodeKind::of(&there)) {
        Some(NodeKind::Symlink) => RestoreError::LinkInTheWay { path },
        _ => RestoreError::InTheWay { path },
    }
}

/// With a set of which something is missing nothing is deleted: what is missing may be what stands
/// there, and the only copy of it.
pub(super) fn spare_unless_whole(plan: &mut Plan) {
    if plan.is_whole() {
        return;
    }
    let spared = std::mem::take(&mut plan.surplus).len();
    if spared > 0 {
        let args = Args::none().number("count", spared as u64);
        plan.warn(warning(b"", "restore-warning-spared", args));
    }
}

/// Deletes what was found. What cannot be deleted is named and stays.
pub(super) fn delete(plan: &mut Plan, place: &Place, cancel: &Cancel) -> Result<(), RestoreError> {
    let mut reach = place.reach()?;
    let mut deleted = Vec::new();
    for path in std::mem::take(&mut plan.surplus) {
        match remove_all(&mut reach, &path, cancel) {
            Ok(()) => deleted.push(path),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                return Err(RestoreError::Cancelled);
            }
            Err(error) => plan.warn(undeleted(&path, &error)),
        }
    }
    plan.surplus = deleted;
    Ok(())
}

fn undeleted(path: &[u8], error: &io::Error) -> Warning {
    warning(path, "restore-warning-undeleted", Args::none().text("reason", error))
}

/// Removes what is at `path` with all that is in it. No recursion: an enemy's folders may be
/// deeper than our stack.
pub(super) fn remove_all(reach: &mut Reach<'_>, path: &[u8], cancel: &Cancel) -> io::Result<()> {
    let file_system = fstat(reach.parent(path)?.0)?.st_dev;
    let mut pending = vec![path.to_vec()];
    while let Some(last) = pending.last() {
        if cancel.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match reach.remove(last) {
            Ok(()) => {
                pending.pop();
            }
            Err(error) if is_not_empty(&error) => {
                let below = reach.look(last)?;
                if below.is_some_and(|below| is_folder(&below) && below.st_dev != file_system) {
                    return Err(io::ErrorKind::CrossesDevices.into());
                }
                let names = reach.names(last)?;
                let folder = last.clone();
                pending.extend(names.iter().map(|name| join(&folder, name)));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_not_empty(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    [Errno::NOTEMPTY, Errno::EXIST].iter().any(|errno| code == Some(errno.raw_os_error()))
}
