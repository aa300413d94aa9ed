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
use crate::repository::index_read::{IndexRead, is_undecided};
use crate::repository::ledger::Ledger;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;
use crate::repository::pack;
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
    /// What the ledger would list, where nothing is to be written.
    supposed: IndexRead,
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

    /// Reads all that must be read. Returns what is listed in the ledger and not yet written, and
    /// where nothing is to be written, what would be listed.
    pub(super) fn run(
        self,
        repaired: &mut IndexRepaired,
    ) -> Result<(Ledger, IndexRead), RepositoryError> {
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
        let Found { ledger, supposed, mut listed, mut corrected, mut bad } = found;
        listed.sort_unstable();
        corrected.sort_unstable();
        bad.sort_unstable();
        (repaired.listed, repaired.corrected, repaired.bad) = (listed, corrected, bad);
        repaired.headers = doubtful.len() as u64;
        ended.into_iter().collect::<Result<(), _>>()?;
        Ok((ledger, supposed))
    }

    fn take(&self, id: &PackId, pack: &Pack) -> Result<(), RepositoryError> {
        let blobs = match self.repository.pack_header_twice(id, pack.length) {
            Ok(blobs) => blobs,
            Err(error) if is_undecided(&error) => return Err(error),
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

    fn list(
        &self,
        found: &mut MutexGuard<'_, Found>,
        id: &PackId,
        blobs: &[PackedBlob],
    ) -> Result<(), RepositoryError> {
        if let Some(lock) = self.lock {
            return found.ledger.add(self.repository, lock, *id, blobs);
        }
        found.supposed.insert(*id, pack::length_of(blobs), blobs);
        Ok(())
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
