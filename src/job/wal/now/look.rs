//! One look at a log: the server first, the repositories after it, so that what the server says it
//! has handed over must be found there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::base::digest::Digest;
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::config::settings::Settings;
use crate::job::databases;
use crate::job::sets;
use crate::job::site::{Site, is_ordinary};
use crate::job::wal::WalFault;
use crate::job::wal::now::chain::{Chain, Kept};
use crate::job::wal::now::fact::{Base, Look, Mark, Server, Shelf, Trouble};
use crate::job::wal::now::file::{load, note, store, tell};
use crate::job::wal::now::{Watched, logs, remark, server};
use crate::repository::Repository;
use crate::repository::layout::Folder;
use crate::repository::segment::{LogFile, LogStream, StoredPiece, reach};
use crate::source::postgres::physical::position::Position;
use crate::source::postgres::progress::progress;
use crate::source::postgres::wal::{LABEL_MAX, Name, parent};

/// Sets that are read in search of one with a base, the newest first.
const SETS_MAX: usize = 20;

/// A chain of timelines longer than this is no history of one server.
const LINES_MAX: usize = 1000;

/// A repository that is open, with the settings that it was opened by.
type Opened = (Arc<Settings>, Arc<Repository>);

/// What looks share as long as a process runs.
#[derive(Debug, Default)]
pub struct Looker {
    /// By name: opening costs more than a look does.
    opened: Mutex<HashMap<String, Opened>>,
    /// What was refused last, by `PORTAL/DATABASE`.
    refused: Mutex<HashMap<String, Trouble>>,
}

impl Looker {
    /// A file of this log was not kept.
    pub fn refuse(&self, database: &str, at: Timestamp, code: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let since = refused.get(database).map_or(at, |known| known.since);
        refused.insert(database.to_owned(), Trouble { since, code: code.to_owned() });
    }

    /// A file of this log was kept.
    pub fn keep(&self, database: &str) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).remove(database);
    }

    pub(in crate::job) fn refused(&self, database: &str) -> Option<Trouble> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).get(database).cloned()
    }

    pub(in crate::job) fn open(
        &self,
        site: &Site,
        name: &str,
    ) -> Result<Arc<Repository>, AnyFault> {
        let known = || {
            let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
            let (by, repository) = opened.get(name)?;
            (**by == site.settings).then(|| Arc::clone(repository))
        };
        if let Some(repository) = known() {
            return Ok(repository);
        }
        let repository = Arc::new(site.open(name)?);
        let kept = (Arc::new(site.settings.clone()), Arc::clone(&repository));
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), kept);
        Ok(repository)
    }

    pub(in crate::job) fn forget(&self, name: &str) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

/// Looks at the log of this database of the portal, and writes down what it found. Warnings where
/// something could not be asked.
pub fn look(
    site: &Site,
    looker: &Looker,
    portal: &str,
    database: &str,
) -> Result<(Watched, ExitCode), AnyFault> {
    site.initialised()?;
    let named = format!("{portal}/{database}");
    let (configured, entry, wal) = logs(&site.settings)
        .find(|(one, entry, _)| one.id == portal && entry.name == database)
        .ok_or_else(|| WalFault::NotKeptHere { database: named.clone() })?;
    // A person and the daemon may look at once; what either of them remembers must not be lost.
    let _alone = site.exclusively("wal-look", &format!("{portal}-{database}"))?;
    let at = site.world.clock.now();
    let before = load(&site.settings, portal, database)?;
    let mut look = before.unwrap_or_else(|| Look::new(at));
    look.at = at;
    look.put_right(at);
    look.refused = looker.refused(&named);
    // Absent only for engines that have no such log.
    let Some(server) = server(entry) else {
        return Err(WalFault::NotKeptHere { database: named }.into());
    };
    let slot = wal.receive.as_ref().map(|receive| receive.slot.as_str());
    let asked = databases::server(server).and_then(|one| Ok(progress(&one, slot, &site.world)?));
    match asked {
        Ok(progress) => look.ask(at, &progress, slot),
        Err(fault) => note(&mut look.unasked, at, fault.as_ref()),
    }
    let to = configured.snapshot.to.clone();
    look.repositories.retain(|name, _| to.contains(name));
    for name in &to {
        let read = read(site, looker, name, portal, &look);
        let shelf = look.repositories.entry(name.clone()).or_default();
        match read {
            Ok(Some(read)) => *shelf = read,
            // Nobody knows yet whose log it is.
            Ok(None) => {}
            Err(fault) => {
                looker.forget(name);
                note(&mut shelf.unread, at, fault.as_ref());
            }
        }
    }
    let blind =
        look.unasked.is_some() || look.repositories.values().any(|one| one.unread.is_some());
    let mut watched = Watched {
        portal: portal.to_owned(),
        database: database.to_owned(),
        wal,
        to,
        look: Ok(Some(look)),
    };
    let states = remark::states(&watched, at);
    if let Ok(Some(look)) = &mut watched.look {
        let until = look.repositories.iter().map(|(name, shelf)| (name.clone(), shelf.until));
        tell(site, &named, (&mut look.told, states), until);
        store(&site.settings, portal, database, look)?;
    }
    Ok((watched, if blind { ExitCode::Warnings } else { ExitCode::Done }))
}

/// What a repository holds; nothing as long as no server has said whose log it is.
fn read(
    site: &Site,
    looker: &Looker,
    name: &str,
    portal: &str,
    look: &Look,
) -> Result<Option<Shelf>, AnyFault> {
    let Some(server) = &look.server else { return Ok(None) };
    let repository = looker.open(site, name)?;
    let (kept, chain) = kept(&repository, server)?;
    let known = look.repositories.get(name);
    let (sets, base) = base(site, &repository, portal, server.system, known)?;
    // Of a server that could not be asked now, what it said before is still true.
    let handed = match &server.slot {
        // What it hands over elsewhere is not ours; what it was told is kept must be here.
        Some(slot) => slot.reserved.and_then(|reserved| chain.before(reserved)),
        None => server.archived.as_deref().and_then(Name::parse).filter(|_| server.archives),
    };
    let found = kept.reach(&chain, base.as_ref(), handed.as_ref());
    let within = |mark: &&Mark| {
        let held = found.held.as_ref();
        let is_held =
            held.is_some_and(|held| mark.position <= held.to && mark.position >= held.from);
        is_held && chain.has(mark.timeline, mark.position)
    };
    let marks = || look.marks.iter().filter(within);
    let since = base.as_ref().filter(|_| found.from_base).map(|base| base.taken);
    // A set of the future says nothing but that a clock was wrong.
    let since = since.filter(|taken| *taken <= look.at);
    // What is in the base was committed before it was taken.
    let until = marks().map(|mark| mark.until).max().or(since);
    Ok(Some(Shelf {
        read: Some(look.at),
        unread: None,
        until,
        since: since.or(marks().map(|mark| mark.at).min()),
        held: found.held,
        gaps: found.gaps,
        base,
        from_base: found.from_base,
        sets: Some(sets),
    }))
}

/// What the repository keeps of the server's timelines.
fn kept(repository: &Repository, server: &Server) -> Result<(Kept, Chain), AnyFault> {
    let mut kept = Kept { segment: server.segment, ..Kept::default() };
    let mut line = Some(server.timeline);
    for _ in 0..LINES_MAX {
        let Some(timeline) = line else { break };
        let stream = LogStream::new(&server.system.to_string(), &format!("{timeline:08X}"))?;
        let listing = repository.log_listing(Some(&stream))?;
        let mut history = None;
        for (file, pieces) in listing.files() {
            let Some(name) = Name::parse(file.name()) else { continue };
            if name.timeline == timeline {
                kept.take(&name, reach(pieces));
                history =
                    history.or((name.line() + ".history" == file.name()).then_some((file, pieces)));
            }
        }
        let left = history.map(|(file, pieces)| left(repository, file, pieces)).transpose()?;
        line = left.flatten().filter(|(older, _)| *older < timeline).map(|(older, address)| {
            kept.parents.insert(timeline, (older, address));
            older
        });
    }
    let chain = kept.chain(server.timeline);
    Ok((kept, chain))
}

/// Where a timeline left its parent, by its history.
fn left(
    repository: &Repository,
    file: &LogFile,
    pieces: &[StoredPiece],
) -> Result<Option<(u32, u64)>, AnyFault> {
    if reach(pieces) > LABEL_MAX {
        return Err(WalFault::Length { name: file.name().to_owned(), length: reach(pieces) }.into());
    }
    let mut text = Vec::new();
    repository.read_log_file(pieces, &mut text)?;
    Ok(parent(&text))
}

/// The newest base of the system in the portal's sets. Manifests are read only where the sets are
/// others than the last time.
fn base(
    site: &Site,
    repository: &Repository,
    portal: &str,
    system: u64,
    known: Option<&Shelf>,
) -> Result<(Digest, Option<Base>), AnyFault> {
    let mut names: Vec<_> = repository.list(Folder::Snapshots)?;
    names.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
    let names: Vec<_> = names.iter().map(|(name, _)| name.as_str()).collect();
    let sets = Digest::of(names.join("\n").as_bytes());
    if let Some(shelf) = known.filter(|shelf| shelf.sets == Some(sets)) {
        return Ok((sets, shelf.base.clone()));
    }
    let found = repository.snapshots()?.sets;
    let ours = found.into_iter().rev().filter(|(_, snapshot)| is_ordinary(snapshot, portal));
    let _index = repository.hold_index()?;
    for (set, snapshot) in ours.take(SETS_MAX) {
        site.go_on()?;
        let manifest = sets::manifest(repository, &set)?;
        let system = system.to_string();
        let facts = manifest.databases.values().filter_map(|facts| facts.base.as_ref());
        let Some(facts) = facts.into_iter().find(|facts| facts.system_identifier == system) else {
            continue;
        };
        let place = |text: &str| Position::parse(text).map(|position| position.0);
        let Some((start, stop)) = place(&facts.start_lsn).zip(place(&facts.stop_lsn)) else {
            continue;
        };
        let (set, timeline) = (set.to_string(), facts.timeline);
        return Ok((sets, Some(Base { set, taken: snapshot.time, timeline, start, stop })));
    }
    Ok((sets, None))
}
