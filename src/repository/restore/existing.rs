//! What stands in the target already, and what becomes of it. Changes nothing on the disk.
//!
//! Every file that is not left alone is read and compared piece by piece. Neither length nor time
//! proves anything about a file that was being written when the power went; only a rule that says
//! so, in a target where no restore was interrupted, lets them count.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::{OFlags, Stat};
use rustix::io::Errno;

use crate::base::cancel::Cancel;
use crate::base::digest::Digest;
use crate::base::progress::Progress;
use crate::repository::blob::DATA_MAX;
use crate::repository::restore::beneath::Reach;
use crate::repository::restore::dress::{Dresser, time_of};
use crate::repository::restore::error::RestoreError;
use crate::repository::restore::marker::Marker;
use crate::repository::restore::place::{Place, is_file, is_folder};
use crate::repository::restore::plan::{Fate, PiecePlan, Plan, Planned};
use crate::repository::restore::rule::Overwrite;
use crate::repository::threads::in_parallel;
use crate::repository::tree::NodeKind;
use crate::repository::walk::is_at_or_below;
use crate::world::files::FileError;

/// A file, whatever its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Inode {
    device: u64,
    number: u64,
}

/// What is known of the target before content is compared.
struct Survey<'a> {
    reach: Reach<'a>,
    marker: &'a Marker,
    /// The restore goes on with an interrupted one: what the marker does not name may be half.
    resumed: bool,
    /// Files with several names: which file, and how many.
    several: HashMap<usize, (Inode, u64)>,
}

/// Judges every entry of the plan beside what is there.
pub(super) fn examine(
    plan: &mut Plan,
    place: &Place,
    marker: &Marker,
    resumed: bool,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(), RestoreError> {
    let mut survey = Survey { reach: place.reach()?, marker, resumed, several: HashMap::new() };
    survey.look(plan, place, cancel)?;
    promote_links(plan);
    let owned = survey.owned(plan);
    progress.total(0, plan.bytes());
    compare(plan, place, &owned, progress, cancel)?;
    survey.judge_links(plan);
    survey.judge_metadata(plan, &owned);
    Ok(())
}

impl Survey<'_> {
    /// Looks at everything once, and applies the rule.
    fn look(
        &mut self,
        plan: &mut Plan,
        place: &Place,
        cancel: &Cancel,
    ) -> Result<(), RestoreError> {
        // Where a folder is not there, nothing below it is.
        let mut absent: Option<Box<[u8]>> = None;
        for number in 0..plan.entries.len() {
            if cancel.is_cancelled() {
                return Err(RestoreError::Cancelled);
            }
            let entry = &mut plan.entries[number];
            if absent.as_ref().is_some_and(|folder| is_at_or_below(&entry.path, folder)) {
                continue;
            }
            let there = match self.reach.look(&entry.path) {
                Ok(there) => there,
                Err(error) => {
                    let fault = FileError::io("examine", &place.path(&entry.path))(error);
                    plan.lose_all_in(number, Arc::new(fault));
                    continue;
                }
            };
            if let Some(there) = &there {
                entry.fate = self.judge(entry, there);
                if is_file(there) {
                    entry.taken = u64::try_from(there.st_blocks).unwrap_or(0).saturating_mul(512);
                }
                if is_file(there) && there.st_nlink > 1 {
                    let inode = Inode { device: there.st_dev, number: there.st_ino };
                    self.several.insert(number, (inode, there.st_nlink));
                }
            }
            if entry.is_folder() && matches!(entry.fate, Fate::New | Fate::Blocked) {
                absent = Some(entry.path.clone());
            }
        }
        Ok(())
    }

    fn judge(&mut self, entry: &mut Planned, there: &Stat) -> Fate {
        let same_kind = NodeKind::of(there) == entry.node.kind;
        if entry.is_folder() && !same_kind {
            return Fate::Blocked;
        }
        if self.leaves(entry, there) {
            return Fate::Left;
        }
        if entry.is_folder() {
            return Fate::There;
        }
        if is_folder(there) {
            let is_empty = self.reach.names(&entry.path).is_ok_and(|names| names.is_empty());
            return if is_empty { Fate::Anew } else { Fate::Blocked };
        }
        match entry.node.kind {
            _ if !same_kind => Fate::Anew,
            NodeKind::Symlink => {
                let target = self.reach.link_target(&entry.path);
                let same = target.is_ok_and(|to| to.as_bytes() == entry.node.link_target);
                if same { Fate::There } else { Fate::Anew }
            }
            NodeKind::File if self.believes(entry, there) => {
                entry.content.iter_mut().for_each(|piece| piece.kept = true);
                Fate::There
            }
            NodeKind::File => Fate::InPlace,
            _ => Fate::There,
        }
    }

    /// Whether the rule leaves what is there. A resumed restore goes by what was decided when it
    /// began: a file that it has made itself is newer than the set's, and half written.
    fn leaves(&self, entry: &Planned, there: &Stat) -> bool {
        if self.resumed {
            return self.marker.left.contains(&*entry.path);
        }
        match self.marker.over {
            // The time of a folder is that of its newest name and says nothing of the folder.
            Some(Overwrite::IfNewer) if entry.is_folder() => false,
            Some(rule) => rule.leaves(time_of(there), entry.node.mtime),
            None => false,
        }
    }

    fn believes(&self, entry: &Planned, there: &Stat) -> bool {
        let same_length = u64::try_from(there.st_size) == Ok(entry.bytes());
        !self.resumed
            && !entry.lost
            && self.marker.over == Some(Overwrite::IfChanged)
            && same_length
            && time_of(there) == entry.node.mtime
    }

    /// For each entry whose file has several names whether all of them are the set's own: only
    /// then is the file written to. What else has a name of it may lie anywhere.
    fn owned(&self, plan: &Plan) -> HashMap<usize, bool> {
        let mut names: HashMap<(usize, Inode), u64> = HashMap::new();
        let first = |number: &usize| plan.entries[*number].link_to.unwrap_or(*number);
        let taking_part = |number: &usize| plan.entries[*number].fate != Fate::Left;
        for (number, (inode, _)) in self.several.iter().filter(|(number, _)| taking_part(number)) {
            *names.entry((first(number), *inode)).or_default() += 1;
        }
        let owns = |(number, (inode, links)): (&usize, &(Inode, u64))| {
            (*number, names.get(&(first(number), *inode)) == Some(links))
        };
        self.several.iter().map(owns).collect()
    }

    /// Whether another name of a file is one already.
    fn judge_links(&self, plan: &mut Plan) {
        for number in 0..plan.entries.len() {
            let entry = &plan.entries[number];
            let Some(first) = entry.link_to else { continue };
            if !matches!(entry.fate, Fate::There | Fate::InPlace) {
                continue;
            }
            let inode = |number| self.several.get(&number).map(|(inode, _)| *inode);
            let stays = matches!(plan.entries[first].fate, Fate::There | Fate::InPlace);
            let is_one = stays && inode(number).is_some() && inode(number) == inode(first);
            plan.entries[number].fate = if is_one { Fate::There } else { Fate::Anew };
        }
    }

    /// Which entries have their content and other metadata. A file with names elsewhere is not
    /// dressed but made anew: its metadata is theirs as well.
    fn judge_metadata(&mut self, plan: &mut Plan, owned: &HashMap<usize, bool>) {
        let dresser = Dresser::new();
        for (number, entry) in plan.entries.iter_mut().enumerate() {
            if entry.fate != Fate::There || entry.lost || entry.link_to.is_some() {
                continue;
            }
            let handle = self.reach.handle(&entry.path);
            entry.redress = handle.map_or(true, |there| dresser.differs(&there, &entry.node));
            if entry.redress && owned.get(&number) == Some(&false) {
                entry.fate = Fate::Anew;
                entry.keep_nothing();
            }
        }
        for number in 0..plan.entries.len() {
            let first = plan.entries[number].link_to;
            let anew = first.is_some_and(|first| plan.entries[first].fate == Fate::Anew);
            if anew && plan.entries[number].fate == Fate::There {
                plan.entries[number].fate = Fate::Anew;
            }
        }
    }
}

/// Where the first name of a file is left as it is, the next one that is not gets the content: a
/// link to what was left would give it another.
fn promote_links(plan: &mut Plan) {
    let mut successors: HashMap<usize, usize> = HashMap::new();
    for number in 0..plan.entries.len() {
        let Some(first) = plan.entries[number].link_to else { continue };
        if plan.entries[first].fate != Fate::Left || plan.entries[number].fate == Fate::Left {
            continue;
        }
        let successor = successors.get(&first).copied();
        successors.entry(first).or_insert(number);
        plan.entries[number].link_to = successor;
    }
}

/// Compares the content of files, on several threads.
fn compare(
    plan: &mut Plan,
    place: &Place,
    owned: &HashMap<usize, bool>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(), RestoreError> {
    let candidates: Vec<usize> = (0..plan.entries.len())
        .filter(|number| plan.entries[*number].has_content())
        .filter(|number| plan.entries[*number].fate == Fate::InPlace)
        .collect();
    let (next, shared) = (AtomicUsize::new(0), &*plan);
    let found = in_parallel(|| {
        let (mut reach, mut found, mut buffer) = (place.reach()?, Vec::new(), Vec::new());
        while let Some(&number) = candidates.get(next.fetch_add(1, Ordering::Relaxed)) {
            if cancel.is_cancelled() {
                return Err(RestoreError::Cancelled);
            }
            let entry = &shared.entries[number];
            found.push((number, compare_one(&mut reach, entry, &mut buffer)));
            progress.advance(0, entry.bytes());
        }
        Ok(found)
    });
    for (number, compared) in found.into_iter().collect::<Result<Vec<_>, _>>()?.concat() {
        let entry = &mut plan.entries[number];
        entry.fate = compared.fate;
        for (piece, right) in entry.content.iter_mut().zip(compared.right) {
            piece.kept = right;
        }
        if entry.fate == Fate::InPlace && owned.get(&number) == Some(&false) {
            entry.fate = Fate::Anew;
        }
        if entry.fate == Fate::Anew {
            entry.keep_nothing();
        }
    }
    Ok(())
}

/// How a file compares with its entry.
#[derive(Clone, Debug)]
struct Compared {
    fate: Fate,
    right: Vec<bool>,
}

fn compare_one(reach: &mut Reach<'_>, entry: &Planned, buffer: &mut Vec<u8>) -> Compared {
    let anew = Compared { fate: Fate::Anew, right: Vec::new() };
    let Ok(file) = reach.file(&entry.path, OFlags::RDONLY) else { return anew };
    let length = file.metadata().map(|metadata| metadata.len()).ok();
    let right = right_pieces(file, &entry.content, buffer);
    if has_content(&right, entry) && length == Some(entry.bytes()) {
        return Compared { fate: Fate::There, right };
    }
    // A program that runs cannot be written to; it can be replaced.
    match reach.file(&entry.path, OFlags::WRONLY) {
        Err(error) if error.raw_os_error() == Some(Errno::TXTBSY.raw_os_error()) => anew,
        _ => Compared { fate: Fate::InPlace, right },
    }
}

/// For each piece from the start on whether the file has it; ends where the file ends.
pub(super) fn right_pieces(file: File, content: &[PiecePlan], buffer: &mut Vec<u8>) -> Vec<bool> {
    let mut file = BufReader::new(file);
    let mut right = Vec::with_capacity(content.len());
    for piece in content {
        match read_piece(&mut file, piece, buffer) {
            Ok(()) => right.push(Digest::of(buffer) == piece.id.0),
            Err(_) => break,
        }
    }
    right
}

/// Whether these pieces are all of an entry's content.
pub(super) fn has_content(right: &[bool], entry: &Planned) -> bool {
    right.len() == entry.content.len() && right.iter().all(|right| *right)
}

fn read_piece(file: &mut impl Read, piece: &PiecePlan, buffer: &mut Vec<u8>) -> io::Result<()> {
    if piece.length > DATA_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    buffer.resize(piece.length as usize, 0);
    file.read_exact(buffer)
}
