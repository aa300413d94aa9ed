//! Taking a server's log into its repositories as it comes.
//!
//! Every repository is tried, also where one alone would do: what one of them lacks must be brought
//! by copy later. A repository that failed takes part again with the next segment, whose first bytes
//! come to it as well. Of a segment that is whole the pieces are put together to one, in each
//! repository by itself; of one that takes long, those of an hour.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::audit::Deed;
use crate::base::fault::{AnyFault, Fault, FaultKind, chain};
use crate::config::settings::DurableIn;
use crate::job::fold::{Unfolded, fold};
use crate::job::site::Site;
use crate::job::wal::brought::check;
use crate::job::wal::now::Looker;
use crate::job::wal::stream::Wanted;
use crate::job::wal::{WalFault, place};
use crate::repository::segment::{LogFile, StoredPiece, reach};
use crate::repository::{Repository, RepositoryError};
use crate::source::error::SourceError;
use crate::source::postgres::physical::position::Position;
use crate::source::postgres::stream::{Begin, Keep, Kept, Last, Offer};
use crate::source::postgres::wal::{Kind, Name};
use crate::world::clock::Monotonic;

/// So often what was kept goes on record, and what came of a segment is put together: each piece by
/// itself would fill the log, and make thousands of objects a day.
const RECORD_EVERY: Duration = Duration::from_hours(1);

/// What is on record of a log already, and is not put there at each new attempt.
#[derive(Debug, Default)]
pub struct Told(BTreeSet<String>);

impl Told {
    fn is_new(&mut self, what: String) -> bool {
        self.0.insert(what)
    }
}

/// What was received.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// The server's system identifier.
    pub system: u64,
    /// How far it is kept, as PostgreSQL writes it; none if nothing came.
    pub last: Option<String>,
    /// Plain bytes that were not kept before.
    pub bytes: u64,
    /// Repositories that lack some of it.
    pub lacking: Vec<String>,
}

/// A repository of the log.
struct Taker {
    name: String,
    repository: Repository,
    kept: Kept,
    fault: Option<RepositoryError>,
    unfolded: Unfolded,
}

/// What was kept and is not on record yet.
struct Book {
    since: Monotonic,
    bytes: u64,
    first: Option<String>,
    /// Repositories that lacked some of it, also those that take the next segment again.
    lacking: BTreeSet<String>,
}

impl Book {
    fn begin(since: Monotonic) -> Self {
        Self { since, bytes: 0, first: None, lacking: BTreeSet::new() }
    }
}

/// Whoever keeps one server's log.
pub(super) struct Keeper<'a> {
    site: &'a Site,
    wanted: &'a Wanted,
    told: &'a mut Told,
    looker: Option<&'a Looker>,
    segment: u64,
    takers: Vec<Taker>,
    unopened: Vec<String>,
    /// Repositories that lack some of what came, also where they have what came after it.
    lacking: BTreeSet<String>,
    received: Received,
    book: Book,
    /// Bytes of the segment in hand that were put together.
    folded: u64,
}

/// Puts on record that a server does not keep its log for us any more. Where nothing was kept yet,
/// nothing is missing.
pub(super) fn note_slot(
    site: &Site,
    wanted: &Wanted,
    told: &mut Told,
    (offer, fault): (&Offer, &SourceError),
) {
    let has_some = |name: &String| {
        let listed = site.open(name).and_then(|repository| listed(&repository, offer));
        listed.is_ok_and(|(kept, _)| !kept.is_empty())
    };
    if !wanted.to.iter().any(has_some) || !told.is_new(fault.code().to_owned()) {
        return;
    }
    let database = wanted.named.as_str();
    tracing::error!(
        database,
        code = fault.code(),
        "The server keeps its log for us no longer: what it writes until there is a slot may be missing. Make the slot and take a base."
    );
    let deed = Deed::new("wal.gap", database).fact("system", offer.system.to_string());
    site.note(deed.fact("slot", wanted.slot.clone()).fact("code", fault.code()));
}

impl<'a> Keeper<'a> {
    /// Opens the repositories: all of them, or as many as can be where one suffices.
    pub(super) fn open(
        site: &'a Site,
        wanted: &'a Wanted,
        offer: &Offer,
        (told, looker): (&'a mut Told, Option<&'a Looker>),
    ) -> Result<Self, AnyFault> {
        let (mut takers, mut unopened, mut first) = (Vec::new(), Vec::new(), None);
        for name in &wanted.to {
            let opened = site.open(name).and_then(|repository| {
                let (kept, unfolded) = listed(&repository, offer)?;
                Ok(Taker { name: name.clone(), repository, kept, fault: None, unfolded })
            });
            match opened {
                Ok(taker) => takers.push(taker),
                Err(fault) => {
                    let (repository, code) = (name.clone(), fault.code());
                    let detail = chain(fault.as_ref());
                    unopened.push(name.clone());
                    first.get_or_insert(WalFault::Unopened { repository, code, detail });
                }
            }
        }
        let suffices = wanted.durable_in == DurableIn::One && !takers.is_empty();
        if let Some(fault) = first.filter(|_| !suffices) {
            return Err(fault.into());
        }
        let received = Received { system: offer.system, ..Received::default() };
        let book = Book::begin(site.world.clock.monotonic());
        let segment = offer.segment;
        Ok(Self {
            site,
            wanted,
            told,
            looker,
            segment,
            takers,
            unopened,
            lacking: BTreeSet::new(),
            received,
            book,
            folded: 0,
        })
    }

    /// What each repository keeps.
    pub(super) fn kept(&self) -> Vec<Kept> {
        self.takers.iter().map(|taker| taker.kept.clone()).collect()
    }

    /// Puts on record what is not there yet, and ends it.
    pub(super) fn settle(mut self, fault: Option<&AnyFault>) -> Received {
        self.record();
        if let Some(fault) = fault.filter(|fault| fault.kind() == FaultKind::Integrity) {
            self.refuse(&**fault);
        }
        self.lacking.extend(self.unopened.drain(..));
        self.received.lacking = self.lacking.into_iter().collect();
        self.received
    }

    fn deed(&self, verb: &'static str) -> Deed {
        Deed::new(verb, &self.wanted.named).fact("system", self.received.system.to_string())
    }

    fn record(&mut self) {
        let fresh = Book::begin(self.site.world.clock.monotonic());
        let Book { bytes, first, lacking, .. } = std::mem::replace(&mut self.book, fresh);
        if bytes == 0 {
            return;
        }
        let deed = self
            .deed("wal.keep")
            .fact("first", first)
            .fact("last", self.received.last.clone())
            .fact("bytes", bytes)
            .fact("not-everywhere", lacking.len() as u64);
        self.site.note(deed);
    }

    /// Other bytes than those that are kept: two servers where one should be, or a disk that lies.
    fn refuse(&mut self, fault: &dyn Fault) {
        let error = chain(fault);
        if self.told.is_new(error.clone()) {
            let deed = self.deed("wal.refuse").fact("code", fault.code());
            self.site.note(deed.fact("detail", error));
        }
    }

    /// Brings bytes to every repository that has what lies before them.
    fn bring(&mut self, name: &Name, from: u64, bytes: &[u8]) -> Result<(), AnyFault> {
        let file = place(self.received.system, name)?;
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
                Err(fault @ RepositoryError::SegmentDiffers { .. }) => return Err(fault.into()),
                Err(fault) => {
                    let (repository, error) = (&taker.name, chain(&fault));
                    let (name, code) = (name.as_str(), fault.code());
                    tracing::warn!(repository, name, code, "A segment is not kept: {error}.");
                    taker.fault = Some(fault);
                }
            }
        }
        let lacks = self.takers.iter().filter(|taker| taker.fault.is_some()).count();
        let enough = match self.wanted.durable_in {
            DurableIn::All => lacks == 0,
            DurableIn::One => lacks < self.takers.len(),
        };
        if !enough {
            let fault = self.takers.iter_mut().find_map(|taker| taker.fault.take());
            let fault = fault.unwrap_or(RepositoryError::Bug("a log without repositories"));
            return Err(fault.into());
        }
        let faulty = self.takers.iter().filter(|taker| taker.fault.is_some());
        let lacking = faulty.map(|taker| &taker.name).chain(&self.unopened);
        self.book.lacking.extend(lacking.cloned());
        self.lacking.extend(self.book.lacking.iter().cloned());
        self.received.bytes = self.received.bytes.saturating_add(added);
        self.book.bytes = self.book.bytes.saturating_add(added);
        if added > 0 {
            self.book.first.get_or_insert_with(|| name.as_str().to_owned());
        }
        Ok(())
    }

    /// Tries again what could not be opened: a segment begins, and comes whole.
    fn reopen(&mut self) {
        for name in std::mem::take(&mut self.unopened) {
            match self.site.open(&name) {
                Ok(repository) => {
                    let (kept, unfolded) = (Kept::new(), Unfolded::default());
                    self.takers.push(Taker { name, repository, kept, fault: None, unfolded });
                }
                Err(fault) => {
                    let (code, error) = (fault.code(), chain(fault.as_ref()));
                    tracing::warn!(repository = name, code, "It cannot be opened: {error}.");
                    self.unopened.push(name);
                }
            }
        }
    }

    /// The name of the segment that begins there.
    fn name(&self, begin: Begin) -> Option<String> {
        let name = Name::segment(begin.timeline, begin.position / self.segment, self.segment);
        name.map(|name| name.as_str().to_owned())
    }
}

impl Keep for Keeper<'_> {
    fn begin(&mut self, begin: Begin, missing: Option<Begin>) -> Result<(), AnyFault> {
        let name = self.name(begin);
        if self.told.is_new(format!("begin {}", self.received.system)) {
            let deed = self.deed("wal.begin").fact("name", name.clone());
            self.site.note(deed.fact("slot", self.wanted.slot.clone()));
        }
        let Some(missing) = missing.and_then(|missing| self.name(missing)) else { return Ok(()) };
        if self.told.is_new(format!("gap {missing}")) {
            let database = self.wanted.named.as_str();
            tracing::error!(
                database,
                from = missing,
                before = name,
                "The server has removed a part of its log before it was kept: take a base."
            );
            let deed = self.deed("wal.gap").fact("from", missing).fact("before", name);
            self.site.note(deed);
        }
        Ok(())
    }

    fn keep(&mut self, name: &Name, from: u64, bytes: &[u8]) -> Result<(), AnyFault> {
        if from == 0 {
            let (found, announced) = (check(name, bytes, self.segment)?, self.received.system);
            if found != announced {
                let name = name.as_str().to_owned();
                return Err(WalFault::OtherSystem { name, found, announced }.into());
            }
        }
        if from == 0 {
            self.folded = 0;
            self.reopen();
        }
        self.bring(name, from, bytes)?;
        if let Some(looker) = self.looker {
            self.wanted.databases().for_each(|database| looker.keep(database));
        }
        let Kind::Segment(at) = name.kind else { return Ok(()) };
        let start = at.number(self.segment).and_then(|number| number.checked_mul(self.segment));
        let end = start.and_then(|start| start.checked_add(from + bytes.len() as u64));
        self.received.last = end.map(|end| Position(end).to_string()).or(self.received.last.take());
        if self.site.world.clock.monotonic().since(self.book.since) >= RECORD_EVERY {
            self.record();
            self.fold(name, self.folded);
            self.folded = from + bytes.len() as u64;
        }
        Ok(())
    }

    fn close(&mut self, name: &Name) {
        self.fold(name, 0);
    }

    fn history(&mut self, name: &Name, text: &[u8]) -> Result<(), AnyFault> {
        self.bring(name, 0, text)
    }
}

impl Keeper<'_> {
    /// Puts together what is kept of a segment from this byte on, and one that was left apart before.
    fn fold(&mut self, name: &Name, from: u64) {
        let Ok(file) = place(self.received.system, name) else { return };
        for taker in self.takers.iter_mut().filter(|taker| taker.fault.is_none()) {
            fold(&taker.repository, &taker.name, &file, from);
            taker.unfolded.fold_next(&taker.repository, &taker.name);
        }
    }
}

/// The last segment that a repository has of each timeline of the server, and the whole ones that lie
/// there in pieces.
fn listed(repository: &Repository, offer: &Offer) -> Result<(Kept, Unfolded), AnyFault> {
    let system = offer.system.to_string();
    let listing = repository.log_listing(None)?;
    let mut kept: BTreeMap<u32, Last> = BTreeMap::new();
    for (file, pieces) in listing.files().filter(|(file, _)| file.stream.system() == system) {
        let Some(name) = Name::parse(file.name()) else { continue };
        let Kind::Segment(at) = name.kind else { continue };
        let Some(number) = at.number(offer.segment).filter(|_| name.line() == file.stream.line())
        else {
            continue;
        };
        let last = Last { number, bytes: reach(pieces) };
        let known = kept.entry(name.timeline).or_insert(last);
        if known.number <= number {
            *known = last;
        }
    }
    let is_closed = |_: &LogFile, pieces: &[StoredPiece]| reach(pieces) == offer.segment;
    let unfolded = Unfolded::of(&listing, &system, is_closed);
    Ok((kept, unfolded))
}
