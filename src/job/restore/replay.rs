//! Bringing databases of MariaDB or MySQL back to an instant, or to a transaction: a set that was taken before
//! it, and the binary log that was kept since.
//!
//! The log is fetched and looked at before anything is loaded: a hole in it, or what cannot be
//! replayed, ends the restore while the target is still empty.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::base::fault::{AnyFault, Args, Message};
use crate::base::manifest::{DatabaseFacts, Manifest};
use crate::config::settings::Portal;
use crate::job::binlog;
use crate::job::binlog::fault::BinlogFault;
use crate::job::restore::Request;
use crate::job::restore::target::Load;
use crate::job::sets;
use crate::job::site::{Site, Temporary};
use crate::repository::segment::{LogFile, LogListing, LogStream, StoredPiece, reach};
use crate::repository::{Repository, SnapshotId};
use crate::source::Database;
use crate::source::mariadb::binlog::gtid::Gtid;
use crate::source::mariadb::binlog::look::{self, Following, Lies};
use crate::source::mariadb::binlog::receive::order;
use crate::source::mariadb::binlog::replay::replay;
use crate::source::mariadb::binlog::span::{self, Position, Span, Until};
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::{self, Fingerprint, Settings};
use crate::world::files::FileError;

/// Where a log is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::job) enum Aim {
    /// Before the first transaction of this second or later.
    Instant(Timestamp),
    /// With this transaction, as the maker's program understands the end of a log: it is the last
    /// one that is replayed.
    Transaction(Gtid),
}

impl Aim {
    /// What a request asks of binary logs.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let transaction = request.to_gtid.map(Self::Transaction);
        transaction.or(request.to.map(Self::Instant))
    }

    /// Whether a dump was taken before it, as far as the dump says it: numbers of a domain grow.
    fn is_after(self, facts: &DatabaseFacts) -> bool {
        let noted = facts.log_position.as_deref().unwrap_or_default();
        match self {
            Self::Instant(to) => facts.instant <= to,
            Self::Transaction(to) => look::noted(noted).is_before(to),
        }
    }

    /// Where a file lies.
    fn lies(self, name: &str, path: &Path) -> Result<Lies, AnyFault> {
        Ok(match self {
            Self::Instant(to) => look::lies(name, path, to)?,
            Self::Transaction(gtid) if look::is_after(name, path, gtid)? => Lies::Behind,
            Self::Transaction(_) => Lies::Before,
        })
    }

    /// Where the log ends for it.
    fn until(self, begin: &Begin, files: &[(String, PathBuf)]) -> Result<Until, AnyFault> {
        let gtid = match self {
            Self::Instant(to) => return Ok(Until::Instant(to)),
            Self::Transaction(gtid) => gtid,
        };
        match look::following(files, &begin.start, gtid)? {
            Following::Transaction(next) => Ok(Until::Transaction(next)),
            Following::Nothing => Ok(Until::End),
            Following::Absent => Err(MariadbFault::LogLacks { gtid: gtid.to_string() }.into()),
        }
    }
}

impl std::fmt::Display for Aim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Instant(to) => to.fmt(f),
            Self::Transaction(gtid) => gtid.fmt(f),
        }
    }
}

/// The set to begin with: the one that was wished, or the newest in which every database that is to
/// be loaded was dumped before `to`, with its place in the log.
pub(super) fn find(
    repository: &Repository,
    name: &str,
    portal: &Portal,
    request: &Request,
    to: Aim,
) -> Result<(SnapshotId, Manifest), AnyFault> {
    let fits = |manifest: &Manifest| {
        request.databases.iter().all(|(name, _)| {
            let facts = manifest.databases.get(name);
            // Dumps of others are told by name when they are looked at.
            facts.is_some_and(|facts| facts.engine != mariadb::ENGINE || is_before(facts, to))
        })
    };
    if let Some(found) =
        sets::newest_that(repository, name, &portal.id, request.set.as_deref(), fits)?
    {
        return Ok(found);
    }
    let databases: Vec<_> = request.databases.iter().map(|(name, _)| name.as_str()).collect();
    let (portal, databases) = (portal.id.clone(), databases.join(", "));
    Err(match to {
        Aim::Instant(to) => BinlogFault::NoSet { portal, to, databases },
        Aim::Transaction(gtid) => {
            BinlogFault::NoSetBefore { portal, gtid: gtid.to_string(), databases }
        }
    }
    .into())
}

fn is_before(facts: &DatabaseFacts, to: Aim) -> bool {
    to.is_after(facts) && facts.log_position.as_deref().and_then(Position::parse).is_some()
}

/// Where in which log each database was dumped, before anything is fetched; fails where a target
/// cannot take the log.
pub(super) fn begins(site: &Site, loads: &[Load]) -> Result<Vec<Begin>, AnyFault> {
    loads.iter().map(|load| Begin::of(site, load)).collect()
}

/// Where a database was dumped.
pub(in crate::job) struct Begin {
    /// As the configuration calls it.
    database: String,
    /// As its server does.
    name: String,
    target: Settings,
    system: String,
    start: Position,
    noted: String,
    instant: Timestamp,
}

impl Begin {
    fn of(site: &Site, load: &Load) -> Result<Self, AnyFault> {
        match &load.target {
            Database::Mariadb(target) => Self::new(site, &load.name, &load.facts, target),
            _ => Err(BinlogFault::OtherEngine { database: load.name.clone() }.into()),
        }
    }

    /// Of the database of this name in the configuration, into `target`, which must be able to take
    /// the log.
    pub(in crate::job) fn new(
        site: &Site,
        database: &str,
        facts: &DatabaseFacts,
        target: &Settings,
    ) -> Result<Self, AnyFault> {
        let database = database.to_owned();
        let noted = facts.log_position.clone().unwrap_or_default();
        let system = Fingerprint::system_of(&facts.fingerprint);
        let name = Fingerprint::database(&facts.fingerprint);
        let known = system.zip(name).zip(Position::parse(&noted));
        let ((system, name), start) = known.ok_or_else(|| BinlogFault::NoLine {
            system: facts.fingerprint.clone(),
            at: noted.clone(),
        })?;
        if target.database != name {
            let target = target.database.clone();
            return Err(BinlogFault::OtherName { database, name, target }.into());
        }
        look::check_target(target, &facts.engine_version, &site.world)?;
        let (target, instant) = (target.clone(), facts.instant);
        Ok(Self { database, name, target, system, start, noted, instant })
    }
}

/// A log that was fetched, and found whole.
pub(in crate::job) struct Log {
    begin: Begin,
    span: Span,
    notes: Vec<Message>,
    _folder: Temporary,
}

/// Fetches what each database needs of its log and looks at it.
pub(in crate::job) fn fetch(
    site: &Site,
    repository: &Repository,
    begins: Vec<Begin>,
    (target, to): (&Path, Aim),
) -> Result<Vec<Log>, AnyFault> {
    let mut logs = Vec::new();
    if begins.is_empty() {
        return Ok(logs);
    }
    site.progress.phase("phase-fetch");
    let listing = repository.log_listing(None)?;
    for begin in begins {
        let folder = Temporary::create(target.join(format!(".duphong-binlog-{}", begin.database)))?;
        let fetching = Fetching { site, repository, listing: &listing, folder: folder.path() };
        let (files, is_reached) = fetching.files(&begin, to)?;
        let span = looked_at(&begin, &files, to)?;
        let notes = notes(site, &begin, &files, &span, (to, is_reached))?;
        logs.push(Log { begin, span, notes, _folder: folder });
    }
    Ok(logs)
}

/// Fetches the log and looks at it as a restore does, and loads nothing. Returns notes.
pub(super) fn look(
    site: &Site,
    repository: &Repository,
    begins: Vec<Begin>,
    to: Option<Aim>,
) -> Result<Vec<Message>, AnyFault> {
    let Some(to) = to.filter(|_| !begins.is_empty()) else { return Ok(Vec::new()) };
    let _alone = site.exclusively("restore", "look")?;
    // The target is not touched, and may not be there.
    let folder = Temporary::create(site.settings.state.join("restore-look"))?;
    let logs = fetch(site, repository, begins, (folder.path(), to))?;
    Ok(logs.into_iter().flat_map(|log| log.notes).collect())
}

/// The part that is to be replayed, if all of it is there and can be.
fn looked_at(begin: &Begin, files: &[(String, PathBuf)], to: Aim) -> Result<Span, AnyFault> {
    let until = to.until(begin, files)?;
    look::refuse(files, &begin.start, &|event, gtid| until.is_at(event, gtid))?;
    let span = span::find(files, &begin.start, until, &begin.name)?;
    match to {
        // Not all of it is kept, or its server has taken back what there was of it.
        Aim::Transaction(gtid) if span.last != Some(gtid) => {
            Err(MariadbFault::LogLacks { gtid: gtid.to_string() }.into())
        }
        _ => Ok(span),
    }
}

/// When the newest transaction of all that is kept of the log was made, by its server's clock: as
/// much can be brought back. None where the last file has none.
pub(in crate::job) fn last(
    site: &Site,
    repository: &Repository,
    begin: &Begin,
    folder: &Path,
) -> Result<Option<Last>, AnyFault> {
    let listing = repository.log_listing(None)?;
    let fetching = Fetching { site, repository, listing: &listing, folder };
    let line = fetching.line(begin)?;
    let last = fetching.of_line(&begin.system, &line).max_by_key(|(file, _)| order(file.name()));
    let Some((file, pieces)) = last else { return Ok(None) };
    let path = fetching.file(file, pieces)?;
    let bytes = path.metadata().map_err(FileError::io("read", &path))?.len();
    let newest = look::newest(file.name(), &path)?;
    Ok(Some(Last { file: file.name().to_owned(), bytes, newest, line }))
}

/// The last file that is kept of a line.
pub(in crate::job) struct Last {
    /// Its name.
    pub(in crate::job) file: String,
    /// How much is kept of it.
    pub(in crate::job) bytes: u64,
    /// When its newest transaction was made, by its server's clock.
    pub(in crate::job) newest: Option<Timestamp>,
    /// The line.
    pub(in crate::job) line: String,
}

impl Log {
    /// How many files it has.
    pub(in crate::job) fn files(&self) -> u64 {
        self.span.files.len() as u64
    }

    /// When the last transaction that is replayed was made, by its server's clock.
    pub(in crate::job) fn newest(&self) -> Option<Timestamp> {
        self.span.newest
    }

    /// Replays it; returns notes.
    pub(in crate::job) fn replay(self, site: &Site) -> Result<Vec<Message>, AnyFault> {
        let (world, cancel) = (&site.world, &site.cancel);
        replay(&self.span, &self.begin.target, world, cancel, site.progress.as_ref())?;
        Ok(self.notes)
    }
}

struct Fetching<'a> {
    site: &'a Site,
    repository: &'a Repository,
    listing: &'a LogListing,
    folder: &'a Path,
}

impl Fetching<'_> {
    /// The files of the log from the set's on, up to the first whose transactions lie behind `to`,
    /// and whether the last of them does.
    fn files(&self, begin: &Begin, to: Aim) -> Result<(Vec<(String, PathBuf)>, bool), AnyFault> {
        let line = self.line(begin)?;
        let mut wanted: Vec<_> = self.of_line(&begin.system, &line).collect();
        wanted.retain(|(file, _)| order(file.name()) >= order(&begin.start.file));
        wanted.sort_by(|a, b| order(a.0.name()).cmp(&order(b.0.name())));
        let (mut files, mut is_reached) = (Vec::new(), false);
        for (file, pieces) in wanted {
            let path = self.file(file, pieces)?;
            let lies = to.lies(file.name(), &path)?;
            files.push((file.name().to_owned(), path));
            is_reached = lies != Lies::Before;
            if files.len() > 1 && lies == Lies::Behind {
                break;
            }
        }
        Ok((files, is_reached))
    }

    /// The line in which the set was taken: the likeliest that holds its place with its transactions.
    fn line(&self, begin: &Begin) -> Result<String, AnyFault> {
        let start = &begin.start;
        let holds = |file: &LogFile, pieces: &[StoredPiece]| {
            file.name() == start.file && reach(pieces) >= start.at
        };
        let all = self.listing.files().filter(|(file, _)| file.stream.system() == begin.system);
        let all = all.filter(|(file, pieces)| holds(file, pieces));
        let all: BTreeMap<_, _> = all.map(|one| (one.0.stream.line(), one)).collect();
        let noted = look::noted(&begin.noted);
        for line in binlog::likely(all.keys().copied(), begin.instant) {
            let Some((_, pieces)) = all.get(line) else { continue };
            if binlog::fits(self.repository, pieces, start, &noted)? {
                return Ok(line.to_owned());
            }
        }
        let (system, at) = (begin.system.clone(), begin.noted.clone());
        Err(BinlogFault::NoLine { system, at }.into())
    }

    fn of_line(
        &self,
        system: &str,
        line: &str,
    ) -> impl Iterator<Item = (&LogFile, &[StoredPiece])> {
        let stream = LogStream::new(system, line).ok();
        self.listing.files().filter(move |(file, _)| Some(&file.stream) == stream.as_ref())
    }

    /// Writes a file into the folder, over what was there.
    fn file(&self, file: &LogFile, pieces: &[StoredPiece]) -> Result<PathBuf, AnyFault> {
        self.site.go_on()?;
        let path = self.folder.join(file.name());
        let created = File::create(&path).map_err(FileError::io("create", &path))?;
        let mut written = BufWriter::new(created);
        self.repository.read_log_file(pieces, &mut written)?;
        written.flush().map_err(FileError::io("write", &path))?;
        Ok(path)
    }
}

/// What a person must know of the result.
fn notes(
    site: &Site,
    begin: &Begin,
    files: &[(String, PathBuf)],
    span: &Span,
    (aim, is_reached): (Aim, bool),
) -> Result<Vec<Message>, AnyFault> {
    let mut notes = Vec::new();
    // A transaction that is not there ended the restore before.
    let (to, is_reached) = match aim {
        Aim::Instant(to) => (to, is_reached),
        Aim::Transaction(_) => (Timestamp::MIN, true),
    };
    let mut note = |id, args: Args| {
        notes.push(Message::with(id, args.text("database", &begin.database)));
    };
    if span.before.is_none() && !is_reached {
        let args = Args::none().time("to", to);
        match span.newest {
            Some(newest) => note("restore-note-log-ends", args.time("newest", newest)),
            None => note("restore-note-log-empty", args),
        }
    }
    if !span.foreign.is_empty() {
        let first: Vec<_> = span.foreign.iter().take(20).map(ToString::to_string).collect();
        let args = Args::none().number("count", span.foreign.len() as u64);
        note("restore-note-foreign", args.text("first", first.join(", ")));
    }
    let times = look::times(files, &begin.start, span, to, &begin.name)?;
    if let Some(first) = times.first {
        let args = Args::none().number("count", times.earlier).text("first", first);
        note("restore-note-earlier-times", args);
    }
    if times.in_server_zone > 0 {
        let zone = look::zone_of(&begin.target, &site.world)?;
        let args = Args::none().number("count", times.in_server_zone).text("zone", zone);
        note("restore-note-zone", args);
    }
    Ok(notes)
}
