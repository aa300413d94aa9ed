//! Building the index again from packs, which repeat in their headers what it says.
//!
//! An index file that cannot be read is replaced; packs that no index file lists are listed as
//! their headers say; where an entry and a header disagree, the header counts, since it is sealed
//! and belongs to this one pack; entries of packs that are not there go. New index files are
//! durable, and have been read back, before those that they replace are removed. Nothing else is
//! removed: neither packs nor snapshots, whatever they look like. Stopped at any point the
//! repository is no worse than before, and running it again goes on.
//!
//! A pack whose header cannot be read is named. What an index file says of it stays, since blobs
//! in it may still open.
//!
//! What is lost for good is for `verify` to name, which sees every set with the new index; a look
//! supposes that index, and asks the same.
//!
//! Memory: 120 bytes a pack, for each thread one header, and one index file as it is read and one
//! as it is written; nothing a blob. A look holds the supposed index besides.

mod headers;
mod packs;
mod rewrite;
mod salvage;
mod survey;

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index_read::IndexRead;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;
use crate::repository::pack;
use crate::repository::repair::headers::Readers;
use crate::repository::repair::rewrite::rewrite;
use crate::repository::repair::survey::Survey;
use crate::repository::verify::{Depth, Judging, VerifyReport};
use crate::store::ObjectName;

pub use crate::repository::repair::packs::{PackRepair, PacksRepaired};
pub use crate::repository::repair::salvage::{PackFound, PackState};

/// Which headers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headers {
    /// Those of packs that no index file lists, and of those whose entries cannot be right.
    Doubtful,
    /// Those of all packs: finds entries that only look right.
    All,
}

/// A repair of the index that has begun by looking at index files and packs.
pub struct IndexRepair<'a> {
    repository: &'a Repository,
    lock: Lock,
    headers: Headers,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
    survey: Survey,
    /// For a look: what is to be judged by the index that there would be.
    judging: Option<Judging>,
}

/// What was found without reading a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexFigures {
    /// Index files.
    pub files: u64,
    /// Those that cannot be read.
    pub unreadable: u64,
    /// Packs in the store.
    pub packs: u64,
    /// Those that no index file lists.
    pub unlisted: u64,
    /// Those whose entries cannot be right.
    pub doubtful: u64,
    /// Packs that are listed and not there.
    pub missing: u64,
}

/// What a repair of the index has changed, or would.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexRepaired {
    /// Packs that no index file listed, and that are listed now.
    pub listed: Vec<PackId>,
    /// Packs of which an index file said something else than their headers.
    pub corrected: Vec<PackId>,
    /// Packs that were listed and are not there.
    pub missing: Vec<PackId>,
    /// Packs whose headers cannot be read, each with the reason. Nothing was done with them.
    pub bad: Vec<(PackId, String)>,
    /// Index files that could not be read, each with the reason.
    pub unreadable: Vec<(ObjectName, String)>,
    /// Index files that were replaced: those that cannot be read, and those that said something
    /// wrong.
    pub replaced: u64,
    /// Headers that were read.
    pub headers: u64,
}

impl IndexRepaired {
    /// Whether the index was as it should be.
    pub fn is_unchanged(&self) -> bool {
        self.listed.is_empty() && self.replaced == 0
    }
}

impl<'a> IndexRepair<'a> {
    /// Locks the repository, beside others for a look and against them for a repair, and compares
    /// the index with the packs in the store.
    pub fn begin(
        repository: &'a Repository,
        headers: Headers,
        is_look: bool,
        progress: &'a dyn Progress,
        cancel: &'a Cancel,
    ) -> Result<Self, RepositoryError> {
        progress.phase("phase-repair-index");
        let lock = if is_look { repository.lock_shared() } else { repository.lock_exclusive() }?;
        // Sets before the index: others may add both meanwhile, and add the index first.
        let judging = is_look.then(|| Judging::begin(repository)).transpose()?;
        let survey = Survey::take(repository, headers, cancel)?;
        Ok(Self { repository, lock, headers, progress, cancel, survey, judging })
    }

    /// What was found so far.
    pub fn figures(&self) -> IndexFigures {
        self.survey.figures()
    }

    /// Which headers are read.
    pub fn headers(&self) -> Headers {
        self.headers
    }

    /// Reads headers and says what would be changed, and what would be lost for good.
    pub fn look(mut self) -> Result<(IndexRepaired, VerifyReport), RepositoryError> {
        let begun_as_repair = RepositoryError::Bug("a look at an index has begun as its repair");
        let judging = self.judging.take().ok_or(begun_as_repair)?;
        let mut repaired = IndexRepaired::default();
        let mut supposed = self.run(&mut repaired, false)?;
        let Self { repository, progress, cancel, survey, .. } = &self;
        for name in survey.files.keys() {
            for (pack, blobs) in repository.listed_in(name)? {
                if survey.packs.contains_key(&pack) {
                    supposed.insert(pack, pack::length_of(&blobs), &blobs);
                }
            }
        }
        progress.phase("phase-verify-structure");
        let left = judging.end(repository, &supposed, Depth::Structure, *progress, cancel)?;
        Ok((repaired, left))
    }

    /// Does it, and says what was done also where a fault has stopped it: what is told of the index
    /// files that were replaced is then not all.
    pub fn execute(self) -> (IndexRepaired, Result<(), RepositoryError>) {
        let mut repaired = IndexRepaired::default();
        let ended = if self.lock.is_exclusive() {
            self.run(&mut repaired, true).map(drop)
        } else {
            Err(RepositoryError::Bug("an index is repaired under a shared lock"))
        };
        (repaired, ended)
    }

    fn run(
        &self,
        repaired: &mut IndexRepaired,
        writes: bool,
    ) -> Result<IndexRead, RepositoryError> {
        let Self { repository, lock, progress, cancel, survey, .. } = self;
        repaired.missing = survey.missing();
        repaired.unreadable.clone_from(&survey.unreadable);
        let lock = writes.then_some(lock);
        let readers = Readers::new(repository, survey, lock, *progress, cancel);
        let (mut ledger, supposed) = readers.run(repaired)?;
        let outdated = survey.outdated(&repaired.corrected);
        repaired.replaced = (outdated.len() + survey.unreadable.len()) as u64;
        if let Some(lock) = lock {
            rewrite(repository, lock, survey, repaired, &outdated, &mut ledger)?;
        }
        Ok(supposed)
    }
}

impl std::fmt::Debug for IndexRepair<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IndexRepair").field("figures", &self.figures()).finish_non_exhaustive()
    }
}
