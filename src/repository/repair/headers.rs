//! Reading the headers of packs about which the index says nothing, or nothing that can be right.
//!
//! Several threads read; what they find goes into new index files as it comes, so that a run that
//! is broken off does not begin anew.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::base::cancel::Cancel;
use crate::base::fault::chain;
use crate::base::progress::Progress;
use crate::repository::blob::PackedBlob;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index_read::is_unreachable;
use crate::repository::ledger::Ledger;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;
use crate::repository::repair::IndexRepaired;
use crate::repository::repair::survey::{Pack, Survey};
use crate::repository::threads::in_parallel;

/// What all threads share.
pub(super) struct Readers<'a> {
    repository: &'a Repository,
    survey: &'a Survey,
    /// Absent where nothing is to be written.
    lock: Option<&'a Lock>,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    ledger: Ledger,
    listed: Vec<PackId>,
    corrected: Vec<PackId>,
    bad: Vec<(PackId, String)>,
}

impl<'a> Readers<'a> {
    pub(super) fn new(
        repository: &'a Repository,
        survey: &'a Survey,
        lock: Option<&'a Lock>,
        progress: &'a dyn Progress,
        cancel: &'a Cancel,
    ) -> Self {
        Self { repository, survey, lock, progress, cancel, found: Mutex::default() }
    }

    /// Reads all that must be read. What is listed in the ledger and not yet written is returned.
    pub(super) fn run(self, repaired: &mut IndexRepaired) -> Result<Ledger, RepositoryError> {
        let doubtful = self.survey.packs.iter().filter(|(_, pack)| pack.doubtful);
        let doubtful: Vec<_> = doubtful.collect();
        self.progress.phase("phase-repair-headers");
        self.progress.total(doubtful.len() as u64, 0);
        let next = AtomicUsize::new(0);
        let ended = in_parallel(|| {
            while let Some((id, pack)) = doubtful.get(next.fetch_add(1, Ordering::Relaxed)) {
                if self.cancel.is_cancelled() {
                    return Err(RepositoryError::Cancelled);
                }
                self.take(id, pack)?;
                self.progress.advance(1, 0);
            }
            Ok(())
        });
        let found = self.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Found { ledger, mut listed, mut corrected, mut bad } = found;
        listed.sort_unstable();
        corrected.sort_unstable();
        bad.sort_unstable();
        (repaired.listed, repaired.corrected, repaired.bad) = (listed, corrected, bad);
        repaired.headers = doubtful.len() as u64;
        ended.into_iter().collect::<Result<(), _>>()?;
        Ok(ledger)
    }

    fn take(&self, id: &PackId, pack: &Pack) -> Result<(), RepositoryError> {
        let blobs = match self.header(id, pack.length) {
            Ok(blobs) => blobs,
            Err(error) if is_unreachable(&error) => return Err(error),
            Err(error) => {
                self.found().bad.push((*id, chain(&error)));
                return Ok(());
            }
        };
        if !pack.contradicted && pack.entries == Some(self.survey.print(&blobs)) {
            return Ok(());
        }
        let mut found = self.found();
        match pack.entries {
            None => found.listed.push(*id),
            Some(_) => found.corrected.push(*id),
        }
        self.list(&mut found, id, &blobs)
    }

    /// A header, read once more where it seems damaged: a store may give wrong bytes, or a wrong
    /// length, once.
    fn header(&self, id: &PackId, length: u64) -> Result<Vec<PackedBlob>, RepositoryError> {
        match self.repository.pack_header(id, length) {
            Err(error) if !is_unreachable(&error) => {
                let length = self.repository.pack_length(id)?.unwrap_or(length);
                self.repository.pack_header(id, length)
            }
            other => other,
        }
    }

    fn list(
        &self,
        found: &mut MutexGuard<'_, Found>,
        id: &PackId,
        blobs: &[PackedBlob],
    ) -> Result<(), RepositoryError> {
        match self.lock {
            Some(lock) => found.ledger.add(self.repository, lock, *id, blobs),
            None => Ok(()),
        }
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
