//! Taking a server's binary log into its repositories.
//!
//! Every repository is tried, also where one alone would do: what one of them lacks must be brought
//! by copy later, or comes with the next file. Which line the log belongs to is decided by its
//! bytes, when the first ones come: a file that begins as one that is kept goes on with its line; one
//! of the same name that begins otherwise was written after somebody had reset the log.
//!
//! What came of a file in an hour is put together, and all of it once the next file begins, in each
//! repository by itself: else a day would be thousands of objects. So is what was left apart before.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use crate::audit::Deed;
use crate::base::fault::{AnyFault, Fault as _, FaultKind, chain};
use crate::config::settings::DurableIn;
use crate::job::binlog::fault::BinlogFault;
use crate::job::binlog::list::{base, grouped};
use crate::job::binlog::{Wanted, line};
use crate::job::fold::{Unfolded, fold};
use crate::job::site::Site;
use crate::repository::segment::{LogFile, LogStream, StoredPiece};
use crate::repository::{Repository, RepositoryError};
use crate::source::mariadb::binlog::event::Events;
use crate::source::mariadb::binlog::receive::{Keep, Offer, head, order};
use crate::source::mariadb::binlog::span::Position;
use crate::source::mariadb::fault::MariadbFault;
use crate::world::clock::Monotonic;

/// So often what was kept goes on record, and is put together: each piece by itself would fill the
/// log.
const RECORD_EVERY: Duration = Duration::from_hours(1);

/// What is on record of a log already, and is not put there at each new attempt.
#[derive(Default)]
pub struct Told {
    said: BTreeSet<String>,
    /// Who hears that something was kept.
    hears: Option<Box<dyn Fn() + Send>>,
}

impl Told {
    /// Nothing is on record yet; `hears` is called whenever something was kept.
    pub fn hearing(hears: impl Fn() + Send + 'static) -> Self {
        Self { said: BTreeSet::new(), hears: Some(Box::new(hears)) }
    }

    /// Whether this is news.
    pub fn is_new(&mut self, what: String) -> bool {
        self.said.insert(what)
    }
}

/// What was received.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// The server.
    pub system: String,
    /// The line; none if nothing came.
    pub line: Option<String>,
    /// How far it is kept: file and place.
    pub last: Option<String>,
    /// Plain bytes that were not kept before.
    pub bytes: u64,
    /// Repositories that lack some of it.
    pub lacking: Vec<String>,
    /// Whether the server logs statements as they were said.
    pub is_statement: bool,
}

/// A repository of the log.
struct Taker {
    name: String,
    repository: Repository,
    /// What it has of this server, by line: files in their order.
    lines: BTreeMap<String, Vec<String>>,
    fault: Option<RepositoryError>,
    unfolded: Unfolded,
}

/// Whoever keeps one server's log.
pub(super) struct Keeper<'a> {
    site: &'a Site,
    wanted: &'a Wanted,
    told: &'a mut Told,
    takers: Vec<Taker>,
    unopened: Vec<String>,
    /// Repositories that lack some of what came, also where they have what came after it.
    lacking: BTreeSet<String>,
    stream: Option<LogStream>,
    received: Received,
    /// What is not on record yet.
    booked: (Monotonic, u64, Option<String>),
    /// Repositories that lack some of that.
    booked_lacking: BTreeSet<String>,
    /// The file in hand, and up to which byte it was put together.
    hand: Option<(LogFile, u64)>,
    /// The oldest file that the server has.
    oldest: String,
    /// Whether the log was found to be another one than is kept, at a file behind its oldest.
    is_anew: bool,
    /// Whether it is followed from its oldest file on.
    from_oldest: bool,
}

impl<'a> Keeper<'a> {
    /// Opens the repositories: all of them, or as many as can be where one suffices.
    pub(super) fn open(
        site: &'a Site,
        wanted: &'a Wanted,
        offer: &Offer,
        told: &'a mut Told,
    ) -> Result<Self, AnyFault> {
        let (mut takers, mut unopened, mut first) = (Vec::new(), Vec::new(), None);
        for name in &wanted.to {
            let opened = site.open(name).and_then(|repository| {
                let listing = repository.log_listing(None)?;
                let lines = grouped(&listing, &offer.system);
                // The last file of a line may go on.
                let is_closed = |file: &LogFile, _: &[StoredPiece]| {
                    let last = lines.get(file.stream.line()).and_then(|files| files.last());
                    last.is_some_and(|last| last != file.name())
                };
                let unfolded = Unfolded::of(&listing, &offer.system, is_closed);
                Ok(Taker { name: name.clone(), repository, lines, fault: None, unfolded })
            });
            match opened {
                Ok(taker) => takers.push(taker),
                Err(fault) => {
                    let (repository, code) = (name.clone(), fault.code());
                    let detail = chain(fault.as_ref());
                    unopened.push(name.clone());
                    first.get_or_insert(BinlogFault::Unopened { repository, code, detail });
                }
            }
        }
        let suffices = wanted.durable_in == DurableIn::One && !takers.is_empty();
        if let Some(fault) = first.filter(|_| !suffices) {
            return Err(fault.into());
        }
        let is_statement = offer.format == "STATEMENT";
        let received =
            Received { system: offer.system.clone(), is_statement, ..Received::default() };
        let booked = (site.world.clock.monotonic(), 0, None);
        Ok(Self {
            site,
            wanted,
            told,
            takers,
            unopened,
            lacking: BTreeSet::new(),
            stream: None,
            received,
            booked,
            booked_lacking: BTreeSet::new(),
            hand: None,
            oldest: offer.files.first().cloned().unwrap_or_default(),
            is_anew: false,
            from_oldest: false,
        })
    }

    /// The file to begin with: the last one of which every repository has something; none where one
    /// of them has nothing of the newest line.
    pub(super) fn after(&self) -> Option<String> {
        let newest = self.newest()?;
        let last = |taker: &Taker| taker.lines.get(newest).and_then(|files| files.last().cloned());
        let lasts: Option<Vec<String>> = self.takers.iter().map(last).collect();
        lasts?.into_iter().min_by(|a, b| order(a).cmp(&order(b)))
    }

    /// Whether the log must be followed from its oldest file on: it was begun anew, and has come to
    /// a name again that is kept of the old one. Asked once, when following it has ended.
    pub(super) fn begins_anew(&mut self) -> bool {
        self.from_oldest |= self.is_anew;
        std::mem::take(&mut self.is_anew)
    }

    /// The newest line that any repository has.
    fn newest(&self) -> Option<&String> {
        self.takers.iter().flat_map(|taker| taker.lines.keys()).max()
    }

    /// Puts on record what is not there yet, and ends it.
    pub(super) fn settle(mut self) -> Received {
        self.book();
        self.lacking.extend(self.unopened.drain(..));
        self.received.lacking = self.lacking.into_iter().collect();
        self.received
    }

    fn book(&mut self) {
        let now = self.site.world.clock.monotonic();
        let (_, bytes, first) = std::mem::replace(&mut self.booked, (now, 0, None));
        let lacking = std::mem::take(&mut self.booked_lacking);
        if bytes > 0 {
            let deed = Deed::new("wal.keep", &self.wanted.named)
                .fact("system", self.received.system.clone())
                .fact("line", self.received.line.clone())
                .fact("first", first)
                .fact("last", self.received.last.clone())
                .fact("bytes", bytes)
                .fact("not-everywhere", lacking.len() as u64);
            self.site.note(deed);
        }
    }

    /// Puts together what is kept of a file from this byte on, and one that was left apart before.
    fn fold(&mut self, file: &LogFile, from: u64) {
        for taker in self.takers.iter_mut().filter(|taker| taker.fault.is_none()) {
            fold(&taker.repository, &taker.name, file, from);
            taker.unfolded.fold_next(&taker.repository, &taker.name);
        }
    }

    /// The stream of the log, by the first bytes of its first file.
    fn choose(&mut self, file: &str, bytes: &[u8]) -> Result<LogStream, AnyFault> {
        let system = self.received.system.clone();
        let mut lines: Vec<&String> = self.takers.iter().flat_map(|one| one.lines.keys()).collect();
        lines.sort();
        lines.dedup();
        for line in lines.iter().rev() {
            let wanted = LogFile::new(LogStream::new(&system, line)?, file)?;
            for taker in self.takers.iter().filter(|one| one.has(line, file)) {
                if begins(&taker.repository, &wanted, bytes)? {
                    return Ok(wanted.stream);
                }
            }
        }
        let newest = lines.last().map(|line| (*line).clone());
        if let Some(line) = &newest {
            let files = self.takers.iter().filter_map(|one| one.lines.get(line)?.last());
            let last = files.max_by(|a, b| order(a).cmp(&order(b)));
            // What lies between went from the server before it was kept.
            if last.is_some_and(|last| base(last) == base(file) && order(last) < order(file)) {
                return Ok(LogStream::new(&system, line)?);
            }
        }
        if !self.from_oldest && order(&self.oldest) < order(file) {
            // What lies before it was never kept, and is still there to be had.
            self.is_anew = true;
            return Err(MariadbFault::Gone { act: "follow the binary log" }.into());
        }
        let line = self.new_line(file, bytes)?;
        let deed = Deed::new("wal.line", &self.wanted.named)
            .fact("system", system.clone())
            .fact("line", line.clone())
            .fact("name", file)
            .fact("after", newest.clone());
        self.site.note(deed);
        if let Some(before) = newest {
            let database = self.wanted.named.as_str();
            tracing::warn!(database, before, line, "The server has begun its log anew.");
        }
        Ok(LogStream::new(&system, &line)?)
    }

    /// A name that no line has, behind those of all others.
    fn new_line(&self, file: &str, bytes: &[u8]) -> Result<String, AnyFault> {
        let begun = begun(bytes).ok_or_else(|| line::damaged(file, "its begin is no event"))?;
        let lines = self.takers.iter().flat_map(|one| one.lines.keys());
        let lines = lines.map(String::as_str).collect();
        let free = line::free(begun, &lines, self.site.world.clock.now());
        Ok(free.ok_or_else(|| line::damaged(file, "its line has no name left"))?)
    }

    /// Other bytes than those that are kept: two servers where one should be, or a disk that lies.
    fn refuse(&mut self, fault: RepositoryError, file: &LogFile) -> AnyFault {
        if self.told.is_new(format!("{file} {}", fault.code())) {
            let deed = Deed::new("wal.refuse", &self.wanted.named)
                .fact("system", self.received.system.clone())
                .fact("name", file.name())
                .fact("code", fault.code());
            self.site.note(deed);
        }
        fault.into()
    }

    /// What durability in too few repositories means.
    fn judge(&mut self) -> Result<(), AnyFault> {
        let lacks = self.takers.iter().filter(|taker| taker.fault.is_some()).count();
        let enough = match self.wanted.durable_in {
            DurableIn::All => lacks == 0,
            DurableIn::One => lacks < self.takers.len(),
        };
        if enough {
            return Ok(());
        }
        let fault = self.takers.iter_mut().find_map(|taker| taker.fault.take());
        Err(fault.unwrap_or(RepositoryError::Bug("a log without repositories")).into())
    }
}

impl Keep for Keeper<'_> {
    fn keep(&mut self, name: &str, from: u64, bytes: &[u8]) -> Result<(), AnyFault> {
        let stream = match &self.stream {
            Some(stream) => stream.clone(),
            None => self.choose(name, bytes)?,
        };
        self.received.line = Some(stream.line().to_owned());
        self.stream = Some(stream.clone());
        let file = LogFile::new(stream, name)?;
        if let Some((before, _)) = self.hand.take_if(|(hand, _)| *hand != file) {
            // It is closed, and all of it was handed over.
            self.fold(&before, 0);
        }
        let mut added = 0;
        for taker in &mut self.takers {
            if from == 0 {
                // A whole file comes: one that lacked some of another may take it.
                taker.fault = None;
            }
            if taker.fault.is_some() {
                continue;
            }
            match taker.repository.keep_log(&file, from, bytes) {
                Ok(kept) => added = added.max(kept.added),
                Err(fault @ RepositoryError::SegmentDiffers { .. }) => {
                    return Err(self.refuse(fault, &file));
                }
                Err(fault) => {
                    let (repository, error) = (&taker.name, chain(&fault));
                    let code = fault.code();
                    tracing::warn!(repository, name, code, "A log is not kept: {error}.");
                    taker.fault = Some(fault);
                }
            }
        }
        self.judge()?;
        let faulty = self.takers.iter().filter(|taker| taker.fault.is_some());
        let lacking = faulty.map(|taker| &taker.name).chain(&self.unopened);
        self.booked_lacking.extend(lacking.cloned());
        self.lacking.extend(self.booked_lacking.iter().cloned());
        if let Some(hears) = &self.told.hears {
            hears();
        }
        let end = Position { file: name.to_owned(), at: from + bytes.len() as u64 };
        let end = format!("{}:{}", end.file, end.at);
        self.received.last = Some(end.clone());
        self.received.bytes = self.received.bytes.saturating_add(added);
        if added > 0 {
            self.booked.1 = self.booked.1.saturating_add(added);
            self.booked.2.get_or_insert(end);
        }
        if self.site.world.clock.monotonic().since(self.booked.0) >= RECORD_EVERY {
            self.book();
            let folded = self.hand.as_ref().map_or(0, |(_, folded)| *folded);
            self.fold(&file, folded);
            self.hand = Some((file, from + bytes.len() as u64));
        } else {
            self.hand.get_or_insert((file, 0));
        }
        Ok(())
    }

    fn gap(&mut self, after: &str, before: &str) -> Result<(), AnyFault> {
        if base(after) != base(before) || order(before) < order(after) {
            // No gap but another log, as its first bytes will tell.
            return Ok(());
        }
        let newest = self.newest().cloned().unwrap_or_default();
        for taker in &self.takers {
            let last = taker.lines.get(&newest).and_then(|files| files.last());
            let Some(last) = last.filter(|last| order(last) < order(before)) else { continue };
            if !self.told.is_new(format!("{} {last} {before}", taker.name)) {
                continue;
            }
            let (database, repository) = (self.wanted.named.as_str(), taker.name.as_str());
            tracing::error!(
                database,
                repository,
                after = last,
                before,
                "The server has removed a part of its log before it was kept: take a set."
            );
            let deed = Deed::new("wal.gap", database)
                .fact("repository", repository)
                .fact("system", self.received.system.clone())
                .fact("after", last.clone())
                .fact("before", before);
            self.site.note(deed);
        }
        Ok(())
    }
}

impl Taker {
    fn has(&self, line: &str, file: &str) -> bool {
        self.lines.get(line).is_some_and(|files| files.iter().any(|one| one == file))
    }
}

/// Whether a kept file begins with the event that these bytes begin with.
fn begins(repository: &Repository, file: &LogFile, bytes: &[u8]) -> Result<bool, AnyFault> {
    let wanted = head(bytes).unwrap_or(bytes);
    let pieces = repository.log_pieces(file)?;
    // Whoever keeps the begin of a file keeps its first event whole.
    let Some(first) = pieces.first().filter(|first| first.piece.from() == 0) else {
        return Ok(false);
    };
    match repository.load_piece(first) {
        Ok(found) => Ok(found.starts_with(wanted)),
        // It comes again now and is stored anew; where it is another file, the rest of it differs.
        Err(fault) if fault.kind() == FaultKind::Integrity => Ok(true),
        Err(fault) => Err(fault.into()),
    }
}

/// When a file was begun, as its first event says.
fn begun(bytes: &[u8]) -> Option<Timestamp> {
    let first = Events::new(bytes).ok()?.read().ok()??;
    Timestamp::from_second(i64::from(first.seconds)).ok()
}
