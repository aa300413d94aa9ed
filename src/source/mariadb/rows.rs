//! Loading the rows of a dump: over connections of our own, cut into statements as they travel.
//!
//! Whoever cannot log in that way loads them by the stock client, as everything else is loaded; once
//! a row may have gone in there is no second way, and a failure is a failure.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::source::error::SourceError;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::load::{PIECE_BYTES, STILL_MAX, Work};
use crate::source::mariadb::script::{Event, Reader, Script};
use crate::source::mariadb::session::is_farewell;
use crate::source::mariadb::wire::{Failure, Unable, Wire};
use crate::world::files::FileError;

impl Work<'_> {
    /// Loads files of rows in any order, over several connections, the largest first.
    pub(super) fn rows(&self, files: Vec<PathBuf>) -> Result<(), SourceError> {
        let mut sized = Vec::new();
        for file in files {
            let bytes = fs::metadata(&file).map_err(FileError::io("examine", &file))?.len();
            sized.push((bytes, file));
        }
        sized.sort();
        let jobs = self.target.jobs.clamp(1, sized.len().max(1));
        let queue = Mutex::new(sized.into_iter().map(|(_, file)| file).collect());
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(|| self.rows_of(&queue))).collect();
            let mut first = Ok(());
            for worker in workers {
                let end = worker.join().unwrap_or(Err(gone()));
                first = first.and(end);
            }
            first
        })
    }

    /// One connection, which takes from the end of `queue` until nothing is left.
    fn rows_of(&self, queue: &Mutex<Vec<PathBuf>>) -> Result<(), SourceError> {
        let mut wire = match Wire::open(self.target, STILL_MAX, self.world, self.cancel) {
            Ok(wire) => wire,
            Err(Unable::Cancelled) => return Err(SourceError::Cancelled),
            Err(Unable::Because(reason)) => {
                tracing::debug!(reason, "Rows are loaded by the stock client.");
                return self.drain(queue);
            }
        };
        let mut sent = Ok(());
        while sent.is_ok()
            && let Some(file) = self.next(queue)
        {
            sent = self.send(&mut wire, &file);
        }
        if sent.is_err() {
            // The others need not go on with what cannot be whole.
            queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        sent
    }

    /// Sends the statements of a file; the server has done them all when this returns.
    fn send(&self, wire: &mut Wire, path: &Path) -> Result<(), SourceError> {
        let mut file = File::open(path).map_err(FileError::io("read", path))?;
        let (mut script, mut sender) = (Script::cut(), Sender { wire, path, begun: 0, ended: 0 });
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            if self.cancel.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            let count = match file.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(FileError::io("read", path)(error).into()),
            };
            script.feed(&piece[..count], &mut sender)?;
            self.progress.advance(0, count as u64);
        }
        script.finish(&mut sender)?;
        sender.settled()
    }
}

/// Hands on what a script holds as statements.
struct Sender<'a> {
    wire: &'a mut Wire,
    path: &'a Path,
    /// Statements that were begun, and those that the server has whole: it answers for the last of
    /// these.
    begun: u64,
    ended: u64,
}

impl Sender<'_> {
    fn begin(&mut self) {
        self.wire.begin();
        self.begun += 1;
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), SourceError> {
        let pushed = self.wire.push(bytes);
        pushed.map_err(|failure| self.fault(failure))
    }

    fn end(&mut self) -> Result<(), SourceError> {
        self.settled()?;
        let ended = self.wire.end();
        ended.map_err(|failure| self.fault(failure))?;
        self.ended = self.begun;
        Ok(())
    }

    fn settled(&mut self) -> Result<(), SourceError> {
        let settled = self.wire.settle();
        settled.map_err(|failure| self.fault(failure))
    }

    /// What a failure means. The statement is the one that the server was to answer for.
    fn fault(&self, failure: Failure) -> SourceError {
        match failure {
            Failure::Cancelled => SourceError::Cancelled,
            Failure::Still => MariadbFault::LoadStill { seconds: STILL_MAX.as_secs() }.into(),
            Failure::Said(said) if is_farewell(said.number.into()) => gone(),
            Failure::Said(said) => self.refused(said.to_string()),
            Failure::Odd(what) => self.refused(what.to_owned()),
            Failure::Lost(error) => {
                tracing::debug!(%error, "A connection that loads rows is lost.");
                gone()
            }
        }
    }

    fn refused(&self, said: String) -> SourceError {
        let name = self.path.file_name().unwrap_or_default();
        MariadbFault::LoadRefused {
            file: name.to_string_lossy().into_owned(),
            statement: if self.wire.is_owed() { self.ended } else { self.begun },
            said,
        }
        .into()
    }
}

fn gone() -> SourceError {
    MariadbFault::Gone { act: "load" }.into()
}

impl Reader for Sender<'_> {
    fn event(&mut self, event: Event<'_>) -> Result<(), SourceError> {
        match event {
            // What only a client or a person reads, and what only a manifest counts.
            Event::Comment(_) | Event::Command(_) | Event::Row(_) => Ok(()),
            Event::Statement { text, .. } => {
                self.begin();
                self.push(text)?;
                self.end()
            }
            Event::Insert { head, .. } => {
                self.begin();
                self.push(head)
            }
            Event::Rows(bytes) => self.push(bytes),
            Event::RowsEnd => self.end(),
        }
    }
}
