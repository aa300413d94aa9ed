//! What each kept file of a binary log holds: which transactions, from when to when.
//!
//! Every file is read to its end, so this costs what the log costs; one that cannot be read says so
//! and does not keep the others from being told.

use std::io::{self, BufReader, Read};

use jiff::Timestamp;

use crate::base::fault::AnyFault;
use crate::job::binlog::list::BinaryLine;
use crate::job::site::Site;
use crate::repository::Repository;
use crate::repository::segment::{LogFile, LogStream, StoredPiece, reach};
use crate::source::mariadb::binlog::event::{EventError, Events, Kind};
use crate::source::mariadb::binlog::gtid::Gtid;
use crate::source::mariadb::binlog::look;
use crate::source::mariadb::binlog::receive::order;
use crate::source::mariadb::binlog::span::Position;
use crate::source::mariadb::binlog::state::State;
use crate::source::mariadb::fault::MariadbFault;

/// A kept file.
#[derive(Debug)]
pub struct Contents {
    /// As its server calls it.
    pub file: String,
    /// Bytes that are kept without a hole.
    pub bytes: u64,
    /// What is in it, or why nobody can say.
    pub held: Result<Held, AnyFault>,
}

/// What is in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Transactions that begin in it.
    pub transactions: u64,
    /// The first and the last of them.
    pub gtids: Option<(Gtid, Gtid)>,
    /// When these two began, by the server's clock, to the second; of MySQL, when they were committed.
    pub times: Option<(Timestamp, Timestamp)>,
}

/// Reads every file of a line.
pub fn contents(site: &Site, name: &str, line: &BinaryLine) -> Result<Vec<Contents>, AnyFault> {
    let repository = site.open(name)?;
    let stream = LogStream::new(&line.system, &line.line)?;
    let listing = repository.log_listing(Some(&stream))?;
    let mut files: Vec<(&LogFile, &[StoredPiece])> = listing.files().collect();
    files.retain(|(file, _)| file.stream == stream);
    files.sort_by(|a, b| order(a.0.name()).cmp(&order(b.0.name())));
    let mut found = Vec::new();
    for (file, pieces) in files {
        site.go_on()?;
        let (name, bytes) = (file.name().to_owned(), reach(pieces));
        let held = held(&repository, &name, pieces);
        found.push(Contents { file: name, bytes, held });
    }
    Ok(found)
}

fn held(repository: &Repository, name: &str, pieces: &[StoredPiece]) -> Result<Held, AnyFault> {
    let mut held = Held::default();
    let damaged = |error: EventError| fault(name, error);
    let joined = Joined { repository, pieces, at: 0, rest: io::Cursor::default() };
    let mut events = Events::new(BufReader::new(joined)).map_err(damaged)?;
    while let Some(event) = events.read().map_err(damaged)? {
        let time = event.time();
        let Kind::Gtid { gtid, .. } = event.kind else { continue };
        held.transactions += 1;
        held.gtids = Some((held.gtids.map_or(gtid, |(first, _)| first), gtid));
        if let Some(time) = time {
            held.times = Some((held.times.map_or(time, |(first, _)| first), time));
        }
    }
    Ok(held)
}

/// Whether a kept file is the one in which a set was taken at this place, with these transactions.
pub(in crate::job) fn fits(
    repository: &Repository,
    pieces: &[StoredPiece],
    start: &Position,
    noted: &State,
) -> Result<bool, AnyFault> {
    let joined = Joined { repository, pieces, at: 0, rest: io::Cursor::default() };
    let fits = look::fits(BufReader::new(joined), start, noted);
    fits.map_err(|error| fault(&start.file, error))
}

fn fault(name: &str, error: EventError) -> AnyFault {
    match error {
        // What the repository said of its pieces, and not of the log.
        EventError::Read(error) if is_lost(&error) => {
            let lost = error.into_inner().and_then(|inner| inner.downcast::<Lost>().ok());
            lost.map_or_else(|| MariadbFault::Gone { act: "read the log" }.into(), |lost| lost.0)
        }
        error => {
            let (file, detail) = (name.to_owned(), error.to_string());
            MariadbFault::LogDamaged { file, detail }.into()
        }
    }
}

/// A file as one stream, of which one piece is in memory at a time.
struct Joined<'a> {
    repository: &'a Repository,
    pieces: &'a [StoredPiece],
    at: u64,
    rest: io::Cursor<Vec<u8>>,
}

/// Why a piece could not be had.
#[derive(Debug)]
struct Lost(AnyFault);

fn is_lost(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(inner) if inner.is::<Lost>())
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Lost {}

impl Read for Joined<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.rest.read(to)?;
            if count > 0 || to.is_empty() {
                self.at += count as u64;
                return Ok(count);
            }
            let is_next =
                |one: &&StoredPiece| one.piece.from() <= self.at && one.piece.to() > self.at;
            let Some(next) = self.pieces.iter().find(is_next) else { return Ok(0) };
            let bytes = self.repository.load_piece(next);
            let bytes = bytes.map_err(|fault| io::Error::other(Lost(fault.into())))?;
            self.rest = io::Cursor::new(bytes);
            self.rest.set_position(self.at - next.piece.from());
        }
    }
}
