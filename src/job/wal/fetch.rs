//! Giving back one file of a log, to a server that recovers.
//!
//! The server takes an answer that nothing is there for the end of the log, and goes on as a new
//! history. So "not there" is said only when every repository was asked and has not a byte of the
//! file; all else is [`WalFault::Halt`], at which a recovery stops.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;

use crate::base::fault::{AnyFault, chain};
use crate::job::site::Site;
use crate::job::wal::brought::check;
use crate::job::wal::fault::WalFault;
use crate::job::wal::place;
use crate::repository::Repository;
use crate::repository::segment::{LogFile, reach};
use crate::source::postgres::wal::{HEADER_BYTES, Kind, Name, Place, ancestors, is_length};
use crate::world::files::{FileError, rename_durably};

/// Writes the file of this name to `path`; returns the repository that had it. Looked for in
/// `repositories`, in their order, or in all of the configuration where none is named. `system`
/// may be left out where the repositories hold logs of one system only.
///
/// The file appears whole or not at all.
pub fn fetch(
    site: &Site,
    repositories: &[String],
    system: Option<u64>,
    name: &str,
    path: &Path,
) -> Result<String, AnyFault> {
    let halt = |beneath| WalFault::Halt { name: name.chars().take(64).collect(), beneath };
    let parsed = Name::parse(name).ok_or_else(|| WalFault::Name { name: name.to_owned() });
    let parsed = parsed.map_err(|fault| halt(fault.into()))?;
    let names: Vec<String> = match repositories {
        [] => site.settings.repositories.iter().map(|one| one.name.clone()).collect(),
        named => named.to_vec(),
    };
    let (mut first_fault, mut is_beyond) = (None, false);
    for repository in names {
        let tried =
            site.open(&repository).and_then(|opened| fetch_from(&opened, system, &parsed, path));
        match tried {
            Ok(Fetched::Written) => return Ok(repository),
            Ok(Fetched::Lacking { is_beyond: one }) => is_beyond |= one,
            Err(fault) => {
                let (code, error) = (fault.code(), chain(fault.as_ref()));
                tracing::warn!(repository, name, code, "It could not be given: {error}.");
                first_fault.get_or_insert(fault);
            }
        }
    }
    match first_fault {
        Some(fault) => Err(halt(fault).into()),
        // A hole is not the end: a server that took it for one would open with less than there is.
        None if is_beyond => Err(halt(WalFault::Missing { name: name.to_owned() }.into()).into()),
        None => Err(WalFault::Missing { name: name.to_owned() }.into()),
    }
}

/// What became of a file in one repository.
enum Fetched {
    Written,
    Lacking {
        /// Whether what it has says that the log went on after this segment.
        is_beyond: bool,
    },
}

/// Writes the file if the repository has it.
fn fetch_from(
    repository: &Repository,
    system: Option<u64>,
    name: &Name,
    path: &Path,
) -> Result<Fetched, AnyFault> {
    let Some(system) = system.map_or_else(|| only_system(repository), |one| Ok(Some(one)))? else {
        return Ok(Fetched::Lacking { is_beyond: false });
    };
    let wanted = place(system, name)?;
    let pieces = repository.log_pieces(&wanted)?;
    if pieces.is_empty() {
        let is_beyond = match name.kind {
            Kind::Segment(this) => goes_on(repository, &wanted, name.timeline, this)?,
            _ => false,
        };
        return Ok(Fetched::Lacking { is_beyond });
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".duphong");
    let unfinished = Path::new(&unfinished);
    let fault = |source| FileError::io("write", unfinished)(source);
    let mut file =
        BufWriter::new(File::create(unfinished).map_err(FileError::io("create", unfinished))?);
    let written = repository.read_log_file(&pieces, &mut file);
    let synced = written.map_err(AnyFault::from).and_then(|_| {
        file.flush().map_err(fault)?;
        file.get_ref().sync_all().map_err(fault)?;
        check_written(name, unfinished)?;
        Ok(rename_durably(unfinished, path)?)
    });
    if synced.is_err() {
        // What is left is no file of the log and is written over at the next try.
        let _left = std::fs::remove_file(unfinished);
    }
    synced.map(|()| Fetched::Written)
}

/// Whether something that is kept says that the log went on after this segment of the timeline: a
/// later one, or the history of a timeline that left this one further on.
fn goes_on(
    repository: &Repository,
    wanted: &LogFile,
    timeline: u32,
    this: Place,
) -> Result<bool, AnyFault> {
    let listing = repository.log_listing(None)?;
    let of_system = listing.files().filter(|(file, _)| {
        let stream = &file.stream;
        stream.system() == wanted.stream.system()
    });
    let files: Vec<_> = of_system
        .filter_map(|(file, pieces)| {
            let name = Name::parse(file.name()).filter(|name| name.line() == file.stream.line());
            name.map(|name| (name, pieces))
        })
        .collect();
    let is_later = |name: &Name| {
        name.timeline == timeline && matches!(name.kind, Kind::Segment(place) if place > this)
    };
    if files.iter().any(|(name, _)| is_later(name)) {
        return Ok(true);
    }
    // Segments of one system are of one length; one that still grows is shorter.
    let segments = files.iter().filter(|(name, _)| matches!(name.kind, Kind::Segment(_)));
    let length = segments.map(|(_, pieces)| reach(pieces)).filter(|one| is_length(*one)).max();
    // The beginning of the segment in which it was left stands in the new timeline too. Where no
    // segment at all is kept, nobody can say that this one was not to be.
    let is_before = |address: u64| {
        length.is_none_or(|length| this.number(length).is_some_and(|this| this < address / length))
    };
    let is_later = |name: &Name| name.kind == Kind::History && name.timeline > timeline;
    for (history, pieces) in files.iter().filter(|(name, _)| is_later(name)) {
        let mut text = Vec::new();
        repository.read_log_file(pieces, &mut text)?;
        let unclear = || WalFault::History { name: history.as_str().to_owned() };
        let left = ancestors(&text).ok_or_else(unclear)?;
        if left.iter().any(|(from, address)| *from == timeline && is_before(*address)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A segment of which only a beginning is kept must not be taken for a whole one.
fn check_written(name: &Name, path: &Path) -> Result<(), AnyFault> {
    if !matches!(name.kind, Kind::Segment(_) | Kind::Partial(_)) {
        return Ok(());
    }
    let fault = |source| FileError::io("read", path)(source);
    let file = File::open(path).map_err(fault)?;
    let length = file.metadata().map_err(fault)?.len();
    let mut head = Vec::new();
    file.take(HEADER_BYTES as u64).read_to_end(&mut head).map_err(fault)?;
    check(name, &head, length)?;
    Ok(())
}

/// The one system that has logs here; none where there are no logs.
fn only_system(repository: &Repository) -> Result<Option<u64>, AnyFault> {
    let listing = repository.log_listing(None)?;
    let systems: BTreeSet<u64> =
        listing.files().filter_map(|(file, _)| file.stream.system().parse().ok()).collect();
    let mut systems = systems.into_iter();
    match (systems.next(), systems.next()) {
        (first, None) => Ok(first),
        (Some(first), Some(second)) => {
            let systems = [first, second].map(|one| one.to_string()).into_iter();
            let systems = systems.collect::<Vec<_>>().join(", ");
            Err(WalFault::Systems { repository: repository.location(), systems }.into())
        }
        (None, Some(_)) => Ok(None),
    }
}
