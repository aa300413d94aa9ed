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
use crate::source::postgres::wal::{HEADER_BYTES, Header, Kind, Name, Place, ancestors, is_length};
use crate::world::files::{FileError, rename_durably};

/// Writes the file of this name to `path`; returns the repository that had it. Looked for in
/// `repositories`, in their order, or in all of the configuration where none is named. `system`
/// may be left out where the repositories hold logs of one system only.
///
/// The file appears whole or not at all. A segment of which a beginning alone is kept, as of one that
/// was received while it was written, is given with zeros behind that beginning, at which a server
/// ends its recovery as at the end of its own log: if every repository was asked, none has more of
/// it, and nothing says that the log went on.
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
    let (mut asked, mut first_fault) = (Vec::new(), None);
    for repository in names {
        let tried = site.open(&repository).and_then(|opened| {
            let found = fetch_from(&opened, system, &parsed, path)?;
            Ok((opened, found))
        });
        match tried {
            Ok((_, Fetched::Written)) => return Ok(repository),
            Ok((opened, Fetched::Lacking(lacking))) => asked.push((repository, opened, lacking)),
            Err(fault) => {
                let (code, error) = (fault.code(), chain(fault.as_ref()));
                tracing::warn!(repository, name, code, "It could not be given: {error}.");
                first_fault.get_or_insert(fault);
            }
        }
    }
    let missing = || WalFault::Missing { name: name.to_owned() };
    if let Some(fault) = first_fault {
        return Err(halt(fault).into());
    }
    let (longest, length) =
        asked.iter().map(|(_, _, it)| (it.kept, it.length)).max().unwrap_or_default();
    for (_, opened, lacking) in &asked {
        let is_beyond = lacking.is_passed(opened, &parsed, (longest, length));
        // A hole is not the end: a server that took it for one would open with less than there is.
        if is_beyond.map_err(halt)? {
            return Err(halt(missing().into()).into());
        }
    }
    match asked.into_iter().find(|(_, _, lacking)| longest > 0 && lacking.kept == longest) {
        Some((repository, opened, lacking)) => {
            let file = lacking.file.ok_or_else(missing)?;
            let given = write(&opened, &file, &parsed, path, Short::Pad);
            given.map_err(halt)?;
            Ok(repository)
        }
        None => Err(missing().into()),
    }
}

/// Writes the last segment of a stretch, of which perhaps a beginning alone is kept: the server that
/// is to read it is told to open only if it came to where it was told to.
pub(in crate::job) fn fetch_last(
    repository: &Repository,
    system: u64,
    name: &str,
    path: &Path,
) -> Result<(), AnyFault> {
    let parsed = Name::parse(name).ok_or_else(|| WalFault::Name { name: name.to_owned() })?;
    let file = place(system, &parsed)?;
    match write(repository, &file, &parsed, path, Short::Pad)? {
        Some(_) => Ok(()),
        None => Err(WalFault::Missing { name: name.to_owned() }.into()),
    }
}

/// What became of a file in one repository.
enum Fetched {
    Written,
    Lacking(Lacking),
}

/// A repository that has less than the whole of a file.
struct Lacking {
    /// None where it has no log at all.
    file: Option<LogFile>,
    /// Bytes that it has, from the first on.
    kept: u64,
    /// Bytes of the whole; zero where nobody knows.
    length: u64,
}

impl Lacking {
    /// Whether what the repository keeps says that the log went on behind these bytes of the file.
    fn is_passed(
        &self,
        repository: &Repository,
        name: &Name,
        (bytes, length): (u64, u64),
    ) -> Result<bool, AnyFault> {
        match (&self.file, name.kind) {
            (Some(file), Kind::Segment(place)) => {
                goes_on(repository, file, name.timeline, (place, bytes, length))
            }
            _ => Ok(false),
        }
    }
}

/// Writes the file if the repository has all of it.
fn fetch_from(
    repository: &Repository,
    system: Option<u64>,
    name: &Name,
    path: &Path,
) -> Result<Fetched, AnyFault> {
    let Some(system) = system.map_or_else(|| only_system(repository), |one| Ok(Some(one)))? else {
        return Ok(Fetched::Lacking(Lacking { file: None, kept: 0, length: 0 }));
    };
    let file = place(system, name)?;
    Ok(match write(repository, &file, name, path, Short::Leave)? {
        Some(Wrote::Whole) => Fetched::Written,
        Some(Wrote::Beginning { kept, length }) => {
            Fetched::Lacking(Lacking { file: Some(file), kept, length })
        }
        None => Fetched::Lacking(Lacking { file: Some(file), kept: 0, length: 0 }),
    })
}

/// What becomes of a segment of which a beginning alone is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Short {
    /// It is written with zeros behind.
    Pad,
    /// It is not written.
    Leave,
}

/// What of a file there was.
enum Wrote {
    Whole,
    Beginning { kept: u64, length: u64 },
}

/// Writes a file as far as the repository has it; `None` where it has nothing.
fn write(
    repository: &Repository,
    file: &LogFile,
    name: &Name,
    path: &Path,
    short: Short,
) -> Result<Option<Wrote>, AnyFault> {
    let pieces = repository.log_pieces(file)?;
    if pieces.is_empty() {
        return Ok(None);
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".duphong");
    let unfinished = Path::new(&unfinished);
    let fault = |source| FileError::io("write", unfinished)(source);
    let file = File::create(unfinished).map_err(FileError::io("create", unfinished))?;
    let mut file = BufWriter::new(file);
    let read = repository.read_log_file(&pieces, &mut file);
    let written = read.map_err(AnyFault::from).and_then(|kept| {
        file.flush().map_err(fault)?;
        let length = length(name, kept, unfinished)?;
        if kept < length && short == Short::Leave {
            return Ok(Wrote::Beginning { kept, length });
        }
        file.get_ref().set_len(length).map_err(fault)?;
        file.get_ref().sync_all().map_err(fault)?;
        rename_durably(unfinished, path)?;
        Ok(if kept < length { Wrote::Beginning { kept, length } } else { Wrote::Whole })
    });
    if !matches!(written, Ok(Wrote::Whole)) {
        // What is left is no file of the log and is written over at the next try.
        let _left = std::fs::remove_file(unfinished);
    }
    written.map(Some)
}

/// Whether something that is kept says that the log went on after these bytes of this segment of the
/// timeline: a later one, or the history of a timeline that left this one further on.
fn goes_on(
    repository: &Repository,
    wanted: &LogFile,
    timeline: u32,
    (this, bytes, known): (Place, u64, u64),
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
    let lengths = segments.map(|(_, pieces)| reach(pieces)).chain([known]);
    let length = lengths.filter(|one| is_length(*one)).max();
    // The beginning of the segment in which it was left stands in the new timeline too. Where no
    // segment at all is kept, nobody can say that this one was not to be.
    let is_before = |address: u64| {
        length.is_none_or(|length| {
            this.number(length).is_some_and(|this| match bytes {
                0 => this < address / length,
                // What it holds does not reach to where the timeline was left.
                _ => this.saturating_mul(length).saturating_add(bytes) < address,
            })
        })
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

/// How long the file is when it is whole, of which `kept` bytes lie at `path`: a segment says it of
/// itself.
fn length(name: &Name, kept: u64, path: &Path) -> Result<u64, AnyFault> {
    if !matches!(name.kind, Kind::Segment(_) | Kind::Partial(_)) {
        return Ok(kept);
    }
    let fault = |source| FileError::io("read", path)(source);
    let file = File::open(path).map_err(fault)?;
    let mut head = Vec::new();
    file.take(HEADER_BYTES as u64).read_to_end(&mut head).map_err(fault)?;
    let segment = Header::parse(&head).map_or(kept, |header| header.segment);
    check(name, &head, segment.max(kept))?;
    Ok(segment)
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
