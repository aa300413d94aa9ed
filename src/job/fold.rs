//! Putting together what is kept of a log, in one repository: of the file in hand now and then, and of
//! files that were closed and left apart before.
//!
//! A file stays in many pieces where whoever followed the log was ended, or a fold failed, or it was
//! closed before there were folds. Such files are found when a log is followed anew, and put together
//! one by one, whenever something else is: so whoever follows never stands still for all of them.

use crate::base::fault::{Fault as _, chain};
use crate::repository::Repository;
use crate::repository::segment::{LogFile, LogListing, StoredPiece, is_worth_folding};

/// Puts together what is kept of a file from this byte on. `name` is the repository's.
pub(super) fn fold(repository: &Repository, name: &str, file: &LogFile, from: u64) {
    if let Err(fault) = repository.fold_log(file, from) {
        // All of it is kept: it only lies in more pieces than it need.
        let (error, code, file) = (chain(&fault), fault.code(), file.name());
        tracing::warn!(repository = name, name = file, code, "Pieces stay apart: {error}.");
    }
}

/// Closed files of one system that lie in more pieces than they need.
#[derive(Debug, Default)]
pub(super) struct Unfolded {
    /// The oldest last.
    files: Vec<LogFile>,
}

impl Unfolded {
    /// Those of a listing. `is_closed` says of a file whether nothing more comes of it.
    pub(super) fn of(
        listing: &LogListing,
        system: &str,
        is_closed: impl Fn(&LogFile, &[StoredPiece]) -> bool,
    ) -> Self {
        let files = listing.files().filter(|(file, pieces)| {
            file.stream.system() == system && is_worth_folding(pieces) && is_closed(file, pieces)
        });
        let mut files: Vec<LogFile> = files.map(|(file, _)| file.clone()).collect();
        files.reverse();
        Self { files }
    }

    /// Puts the oldest of them together. One that cannot be is left until the log is followed anew.
    pub(super) fn fold_next(&mut self, repository: &Repository, name: &str) {
        if let Some(file) = self.files.pop() {
            fold(repository, name, &file, 0);
        }
    }
}
