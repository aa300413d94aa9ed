//! Reading restored files again, to prove that the disk holds what was written.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::{Advice, OFlags, fadvise};

use crate::base::cancel::Cancel;
use crate::base::fault::Fault;
use crate::base::progress::Progress;
use crate::repository::restore::beneath::Reach;
use crate::repository::restore::error::RestoreError;
use crate::repository::restore::existing::{has_content, right_pieces};
use crate::repository::restore::place::Place;
use crate::repository::restore::plan::{Plan, Planned};
use crate::repository::threads::in_parallel;

/// Reads every restored file again, from the disk as far as the system lets us, and notes those
/// that do not hold what the set says. All must have reached the disk before.
pub(super) fn read_back(
    plan: &mut Plan,
    place: &Place,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(), RestoreError> {
    progress.total(0, plan.bytes());
    let (next, shared) = (AtomicUsize::new(0), &*plan);
    let wrong = in_parallel(|| {
        let (mut reach, mut wrong, mut buffer) = (place.reach()?, Vec::new(), Vec::new());
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(entry) = shared.entries.get(number) else { return Ok(wrong) };
            if cancel.is_cancelled() {
                return Err(RestoreError::Cancelled);
            }
            if entry.has_content() {
                if !reads_back(&mut reach, entry, &mut buffer) {
                    wrong.push(number);
                }
                progress.advance(0, entry.bytes());
            }
        }
    });
    for number in wrong.into_iter().collect::<Result<Vec<_>, RestoreError>>()?.concat() {
        let path = place.path(&plan.entries[number].path);
        let fault: Arc<dyn Fault> = Arc::new(RestoreError::Differs { path });
        plan.lose(number, fault);
    }
    Ok(())
}

fn reads_back(reach: &mut Reach<'_>, entry: &Planned, buffer: &mut Vec<u8>) -> bool {
    let Ok(file) = reach.file(&entry.path, OFlags::RDONLY) else { return false };
    // Advice only: memory that has nothing but what is on the disk is given up, and read again.
    let _advised = fadvise(&file, 0, None, Advice::DontNeed);
    let length = file.metadata().map(|metadata| metadata.len()).ok();
    length == Some(entry.bytes()) && has_content(&right_pieces(file, &entry.content, buffer), entry)
}
