//! How far transaction logs are held, whichever engine writes them: what tables and metrics show.

use std::time::Duration;

use jiff::Timestamp;

use crate::job::binlog::now as binlog;
use crate::job::site::Site;
use crate::job::wal::now as wal;
use crate::job::wal::now::fact::{Gap, Trouble};

/// One database's log, by the newest look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// The portal.
    pub portal: String,
    /// The database.
    pub database: String,
    /// The most of what was committed that may be held nowhere, as time.
    pub rpo: Duration,
    /// When somebody looked last.
    pub looked: Option<Timestamp>,
    /// Whether the server could be asked then.
    pub asked: bool,
    /// Files that wait on the server, where it has such a thing and may be asked.
    pub waiting_files: Option<u64>,
    /// What keeps the log from being kept, or from being known, wherever it is to go.
    pub code: Option<String>,
    /// Every repository that is to hold it.
    pub shelves: Vec<ShelfFigures>,
}

/// One repository's part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShelfFigures {
    /// The repository.
    pub repository: String,
    /// Whether the newest look tells of it.
    pub known: bool,
    /// Whether it could be read at that look.
    pub read: bool,
    /// Everything that was committed by then is held.
    pub until: Option<Timestamp>,
    /// Bytes that the server has written and that are not held.
    pub waiting: Option<u64>,
    /// What is missing.
    pub gaps: Vec<Gap>,
    /// Why it could not be read.
    pub code: Option<String>,
}

/// Every log that the configuration wants kept.
pub fn all(site: &Site) -> Vec<Figures> {
    of(&wal::watched(site), &binlog::watched(site))
}

/// The figures of these logs.
pub fn of(wals: &[wal::Watched], binlogs: &[binlog::Watched]) -> Vec<Figures> {
    wals.iter().map(of_wal).chain(binlogs.iter().map(of_binlog)).collect()
}

fn code(trouble: Option<&Trouble>) -> Option<String> {
    trouble.map(|trouble| trouble.code.clone())
}

fn of_wal(one: &wal::Watched) -> Figures {
    let look = one.known();
    let shelf = |name: &String| {
        let shelf = look.and_then(|look| look.repositories.get(name));
        let known = shelf.is_some();
        let shelf = shelf.cloned().unwrap_or_default();
        ShelfFigures {
            repository: name.clone(),
            known,
            read: shelf.read.is_some() && shelf.unread.is_none(),
            until: shelf.until,
            waiting: look.and_then(|look| look.waiting(&shelf)),
            gaps: shelf.gaps,
            code: code(shelf.unread.as_ref()),
        }
    };
    let trouble = look.and_then(|look| look.unasked.as_ref().or(look.refused.as_ref()));
    Figures {
        portal: one.portal.clone(),
        database: one.database.clone(),
        rpo: one.wal.rpo,
        looked: look.map(|look| look.at),
        asked: look.is_some_and(|look| look.unasked.is_none()),
        waiting_files: look.and_then(|look| look.server.as_ref()?.ready),
        code: one.look.as_ref().err().map(|fault| fault.code().to_owned()).or(code(trouble)),
        shelves: one.to.iter().map(shelf).collect(),
    }
}

fn of_binlog(one: &binlog::Watched) -> Figures {
    let look = one.known();
    let shelf = |name: &String| {
        let shelf = look.and_then(|look| look.repositories.get(name));
        let known = shelf.is_some();
        let shelf = shelf.cloned().unwrap_or_default();
        ShelfFigures {
            repository: name.clone(),
            known,
            read: shelf.read.is_some() && shelf.unread.is_none(),
            until: shelf.until,
            waiting: shelf.waiting,
            gaps: shelf.gaps,
            code: code(shelf.unread.as_ref()),
        }
    };
    let trouble = look.and_then(|look| look.unasked.as_ref().or(look.refused.as_ref()));
    Figures {
        portal: one.portal.clone(),
        database: one.database.clone(),
        rpo: one.binlog.rpo,
        looked: look.map(|look| look.at),
        asked: look.is_some_and(|look| look.unasked.is_none()),
        waiting_files: None,
        code: one.look.as_ref().err().map(|fault| fault.code().to_owned()).or(code(trouble)),
        shelves: one.to.iter().map(shelf).collect(),
    }
}
