//! One look at a binary log: the server first, the repositories after it, so that what the server
//! has removed must be found there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::base::digest::Digest;
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Fault as _, FaultKind};
use crate::job::binlog::fault::BinlogFault;
use crate::job::binlog::fits;
use crate::job::binlog::line::likely;
use crate::job::binlog::now::fact::{Base, Look, Mark, Place, Shelf};
use crate::job::binlog::now::line::{Known, reach, waiting};
use crate::job::binlog::now::{Watched, logs, remark, server};
use crate::job::databases;
use crate::job::sets;
use crate::job::site::{Site, is_ordinary};
use crate::job::wal::now::Looker;
use crate::job::wal::now::file::{load, note, store, tell};
use crate::repository::Repository;
use crate::repository::layout::Folder;
use crate::repository::segment::{StoredPiece, reach as kept_up_to};
use crate::source::mariadb::binlog::look::{is_closed, noted, opening};
use crate::source::mariadb::binlog::progress::{Progress, progress};
use crate::source::mariadb::binlog::receive::order;
use crate::source::mariadb::binlog::span::Position;
use crate::source::mariadb::binlog::state::State;
use crate::source::mariadb::{self, Fingerprint};

/// Sets that are read in search of one of the database, the newest first.
const SETS_MAX: usize = 20;

/// Ends of files that are read at one look, where nobody remembers how long they were.
const ENDS_MAX: usize = 200;

/// What a repository keeps of one server: lines, of each the files with their pieces in order.
type Lines = BTreeMap<String, Vec<(String, Vec<StoredPiece>)>>;

/// Looks at the log that this database of the portal is in, and writes down what it found. Warnings
/// where something could not be asked.
pub fn look(
    site: &Site,
    looker: &Looker,
    portal: &str,
    database: &str,
) -> Result<(Watched, ExitCode), AnyFault> {
    site.initialised()?;
    let named = format!("{portal}/{database}");
    let not_kept = || BinlogFault::NotKeptHere { database: named.clone() };
    let (configured, entry, binlog) = logs(&site.settings)
        .find(|(one, entry, _)| one.id == portal && entry.name == database)
        .ok_or_else(not_kept)?;
    // A person and the daemon may look at once; what either of them remembers must not be lost.
    let _alone = site.exclusively("binlog-look", &format!("{portal}-{database}"))?;
    let at = site.world.clock.now();
    let before = load(&site.settings, portal, database)?;
    let mut look = before.unwrap_or_else(|| Look::new(at));
    look.at = at;
    look.put_right(at);
    look.refused = looker.refused(&named);
    let settings = databases::mariadb_server(server(entry).ok_or_else(not_kept)?);
    let asked = settings.and_then(|one| Ok(progress(&one, &site.world)?));
    let to = configured.snapshot.to.clone();
    look.repositories.retain(|name, _| to.contains(name));
    let system = match &asked {
        Ok(said) => Some(said.system.clone()),
        // Of a server that could not be asked now, what it said before is still true.
        Err(_) => look.server.as_ref().map(|server| server.system.clone()),
    };
    let mut read = BTreeMap::new();
    for name in to.iter().filter(|_| system.is_some()) {
        read.insert(name.clone(), list(site, looker, name, system.as_deref().unwrap_or_default()));
    }
    take_in(&mut look, at, asked, &read);
    for (name, listed) in read {
        let known = look.repositories.get(&name).cloned().unwrap_or_default();
        let shelf = listed.and_then(|(open, lines)| {
            shelf(site, &open, (portal, database), &lines, &mut look, &known)
        });
        match shelf {
            Ok(shelf) => drop(look.repositories.insert(name, shelf)),
            Err(fault) => {
                looker.forget(&name);
                let shelf = look.repositories.entry(name).or_default();
                note(&mut shelf.unread, at, fault.as_ref());
            }
        }
    }
    let blind =
        look.unasked.is_some() || look.repositories.values().any(|one| one.unread.is_some());
    let (portal, database) = (portal.to_owned(), database.to_owned());
    let mut watched = Watched { portal, database, binlog, to, look: Ok(Some(look)) };
    let states = remark::states(&watched, at);
    if let Ok(Some(look)) = &mut watched.look {
        let until = look.repositories.iter().map(|(name, shelf)| (name.clone(), shelf.until));
        tell(site, &named, (&mut look.told, states), until);
        store(&site.settings, &watched.portal, &watched.database, look)?;
    }
    Ok((watched, if blind { ExitCode::Warnings } else { ExitCode::Done }))
}

/// Takes in what the server said, against the newest line of all repositories.
fn take_in(
    look: &mut Look,
    at: Timestamp,
    asked: Result<Progress, AnyFault>,
    read: &BTreeMap<String, Result<(Arc<Repository>, Lines), AnyFault>>,
) {
    let said = match asked {
        Ok(said) => said,
        Err(fault) => return note(&mut look.unasked, at, fault.as_ref()),
    };
    let all = || read.values().filter_map(|listed| listed.as_ref().ok()).map(|(_, lines)| lines);
    let newest = all().filter_map(|lines| lines.keys().next_back()).max().cloned();
    // Where none could be read, the line is what it was.
    let newest = newest.or_else(|| look.line.clone());
    let mut kept: BTreeMap<String, u64> = BTreeMap::new();
    for (name, pieces) in
        newest.iter().flat_map(|line| all().filter_map(|lines| lines.get(line))).flatten()
    {
        let kept = kept.entry(name.clone()).or_default();
        *kept = (*kept).max(kept_up_to(pieces));
    }
    let kept: Vec<_> = kept.into_iter().collect();
    look.ask(at, &said, newest.as_deref(), &kept);
}

/// What a repository keeps of the server's log.
fn list(
    site: &Site,
    looker: &Looker,
    name: &str,
    system: &str,
) -> Result<(Arc<Repository>, Lines), AnyFault> {
    let repository = looker.open(site, name)?;
    let mut lines = Lines::new();
    for (file, pieces) in repository.log_listing(None)?.files() {
        if file.stream.system() == system {
            let files = lines.entry(file.stream.line().to_owned()).or_default();
            files.push((file.name().to_owned(), pieces.to_vec()));
        }
    }
    for files in lines.values_mut() {
        files.sort_by(|a, b| order(&a.0).cmp(&order(&b.0)));
    }
    Ok((repository, lines))
}

/// What a repository holds.
fn shelf(
    site: &Site,
    repository: &Repository,
    (portal, database): (&str, &str),
    lines: &Lines,
    look: &mut Look,
    known: &Shelf,
) -> Result<Shelf, AnyFault> {
    let Some(server) = look.server.clone() else { return Ok(known.clone()) };
    let (sets, mut base) = newest(site, repository, (portal, database), &server.system, known)?;
    if let Some(base) = base.as_mut().filter(|base| base.line.is_none()) {
        let current = look.line.as_deref().zip(Some(server.ended.as_str()));
        base.line = line_of(repository, base, lines, current)?;
    }
    let from_base = base.as_ref().is_some_and(|base| base.line.is_some());
    let line = base.as_ref().and_then(|base| base.line.clone()).or_else(|| look.line.clone());
    let files = line.as_ref().and_then(|line| lines.get(line)).map_or(&[][..], Vec::as_slice);
    let is_current = line.is_some() && line == look.line;
    let place = base.as_ref().filter(|base| base.line.is_some());
    let place = place.and_then(|base| Position::parse(&base.noted)).map(Place::from);
    // What is remembered of lengths is of the current line.
    let mut sizes = if is_current { look.sizes.clone() } else { BTreeMap::new() };
    for (name, length) in closed(repository, files, place.as_ref(), &sizes)? {
        sizes.insert(name, length);
    }
    let kept: Vec<_> = files.iter().map(|(name, all)| (name.clone(), kept_up_to(all))).collect();
    let offered = if is_current && look.rewound.is_none() { &server.files[..] } else { &[] };
    let known_size = |name: &str| sizes.get(name).copied();
    let found = reach(&kept, place.as_ref(), &Known { size: &known_size, offered });
    let within = |mark: &&Mark| {
        let held = found.held.as_ref();
        let is_held = held.is_some_and(|held| {
            !held.to.is_before(&mark.place) && !mark.place.is_before(&held.from)
        });
        is_held && Some(&mark.line) == line.as_ref()
    };
    // What is kept counts only from the set on, where there is one.
    let counts = from_base || base.is_none();
    let marks = || look.marks.iter().filter(within).filter(|_| counts);
    // A set of the future says nothing but that a clock was wrong.
    let taken = base.as_ref().map(|base| base.taken).filter(|taken| *taken <= look.at);
    // What is in the set was committed before it was taken, wherever the log is.
    let until = marks().map(|mark| mark.until).max().max(taken);
    let since = taken.or(marks().map(|mark| mark.at).min());
    let held = found.held.as_ref().filter(|_| is_current);
    let waiting = held.map(|held| waiting(&server, &held.to));
    if is_current {
        look.sizes = sizes;
    }
    Ok(Shelf {
        read: Some(look.at),
        unread: None,
        until,
        since,
        line,
        held: found.held,
        waiting,
        gaps: found.gaps,
        base,
        from_base,
        sets: Some(sets),
    })
}

/// How long files are that are no more the last ones, where nobody remembers it: whole are those whose
/// last bytes say that the log goes on elsewhere.
fn closed(
    repository: &Repository,
    files: &[(String, Vec<StoredPiece>)],
    from: Option<&Place>,
    known: &BTreeMap<String, u64>,
) -> Result<Vec<(String, u64)>, AnyFault> {
    let is_wanted = |name: &str| from.is_none_or(|from| order(name) >= order(&from.file));
    let unknown = files.iter().rev().skip(1);
    let unknown = unknown.filter(|(name, _)| is_wanted(name) && !known.contains_key(name));
    let mut found = Vec::new();
    for (name, pieces) in unknown.take(ENDS_MAX) {
        let end = kept_up_to(pieces);
        let Some(last) = pieces.iter().find(|one| one.piece.to() == end) else { continue };
        match repository.load_piece(last) {
            Ok(tail) if is_closed(&tail) => found.push((name.clone(), end)),
            // What cannot be read is for `verify` to name; it proves nothing here.
            Err(fault) if fault.kind() != FaultKind::Integrity => return Err(fault.into()),
            _ => {}
        }
    }
    Ok(found)
}

/// The newest set with this database in which its place in the log is noted. Manifests are read only
/// where the sets are others than the last time.
fn newest(
    site: &Site,
    repository: &Repository,
    (portal, database): (&str, &str),
    system: &str,
    known: &Shelf,
) -> Result<(Digest, Option<Base>), AnyFault> {
    let names: BTreeSet<String> = repository
        .list(Folder::Snapshots)?
        .iter()
        .map(|(name, _)| name.as_str().to_owned())
        .collect();
    let names: Vec<_> = names.into_iter().collect();
    let sets = Digest::of(names.join("\n").as_bytes());
    if known.sets == Some(sets) {
        return Ok((sets, known.base.clone()));
    }
    let found = repository.snapshots()?.sets;
    let ours = found.into_iter().rev().filter(|(_, snapshot)| is_ordinary(snapshot, portal));
    let _index = repository.hold_index()?;
    for (set, _) in ours.take(SETS_MAX) {
        site.go_on()?;
        let manifest = sets::manifest(repository, &set)?;
        let facts = manifest.databases.get(database);
        let Some(facts) = facts.filter(|facts| facts.engine == mariadb::ENGINE) else { continue };
        if Fingerprint::system_of(&facts.fingerprint).as_deref() != Some(system) {
            continue;
        }
        let Some(noted) = facts.log_position.clone() else { continue };
        if Position::parse(&noted).is_some() {
            let (set, taken) = (set.to_string(), facts.instant);
            return Ok((sets, Some(Base { set, taken, noted, line: None })));
        }
    }
    Ok((sets, None))
}

/// The line in which a set was taken: the one whose file of its place begins with no more transactions
/// than the set notes, and which comes to hold all of those. Where several do, as after somebody has
/// begun the log anew, the likeliest that has just these transactions at the place; none until one
/// is kept so far. `current` is the newest line, and what its server says that it holds.
fn line_of(
    repository: &Repository,
    base: &Base,
    lines: &Lines,
    current: Option<(&str, &str)>,
) -> Result<Option<String>, AnyFault> {
    let Some(place) = Position::parse(&base.noted) else { return Ok(None) };
    let last = noted(&base.noted);
    let mut may_be = Vec::new();
    for line in likely(lines.keys().map(String::as_str), base.taken) {
        let Some(files) = lines.get(line) else { continue };
        let Some(nth) = files.iter().position(|(name, _)| *name == place.file) else { continue };
        let pieces = &files[nth].1;
        let before = state_before(repository, pieces)?;
        if !before.is_some_and(|before| before.may_precede(&last)) {
            continue;
        }
        let after = match files.get(nth + 1) {
            Some((_, pieces)) => state_before(repository, pieces)?,
            None => current.filter(|(of, _)| *of == line).map(|(_, ended)| State::read(ended)),
        };
        let is_kept = kept_up_to(pieces) >= place.at;
        if after.map_or(is_kept, |after| after.holds(&last)) {
            may_be.push((line, pieces));
        }
    }
    if let [(line, _)] = may_be[..] {
        return Ok(Some(line.to_owned()));
    }
    for (line, pieces) in may_be {
        if fits(repository, pieces, &place, &last)? {
            return Ok(Some(line.to_owned()));
        }
    }
    Ok(None)
}

/// The transactions before a file, as its begin says; none where that is not kept.
fn state_before(
    repository: &Repository,
    pieces: &[StoredPiece],
) -> Result<Option<State>, AnyFault> {
    let Some(first) = pieces.iter().find(|one| one.piece.from() == 0) else { return Ok(None) };
    match repository.load_piece(first) {
        Ok(bytes) => Ok(opening(&bytes).map(|opening| opening.before)),
        Err(fault) if fault.kind() == FaultKind::Integrity => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}
