//! Removing segments that no base needs any more.
//!
//! A recovery begins at a base and reads the log from there on. So of each system everything since
//! the oldest base in the repository is kept, on every timeline, and what lies before it may go. A
//! system without a base keeps all: its first base may be on its way, or be kept by others. So do
//! histories of timelines, which are small, and whatever is no file of PostgreSQL's log. Of binary
//! logs `job::binlog` says what may go.
//!
//! Which bases there are is said by the manifests of all sets of the repository: one that cannot be
//! read keeps everything. Nothing goes without an exclusive lock, under which no set can come or
//! go, and a plan in the log; and nothing while a portal that stores there is held.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::audit::{Deed, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::job::binlog;
use crate::job::fault::JobFault;
use crate::job::hold::{self, Known, RETENTION_LOCK};
use crate::job::prune::hides;
use crate::job::sets;
use crate::job::site::Site;
use crate::job::wal::fault::WalFault;
use crate::repository::lock::Lock;
use crate::repository::segment::{Piece, StoredPiece};
use crate::repository::{Repository, SnapshotId};
use crate::source::postgres::physical::position::Position;
use crate::source::postgres::wal::{Kind, Name};
use crate::world::files::FileLock;

/// What becomes of the log of one system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The system's identifier.
    pub system: String,
    /// The oldest base and where its log begins; none where nothing may go.
    pub oldest: Option<(SnapshotId, String)>,
    /// The first file that goes, and the last.
    pub range: Option<(String, String)>,
    /// Files that go.
    pub files: u64,
    /// Bytes in the store that go.
    pub bytes: u64,
    /// Files that stay.
    pub stay: u64,
    going: Vec<Piece>,
}

/// What was planned, and done.
#[derive(Debug)]
pub struct Forgotten {
    /// By system.
    pub plans: Vec<Plan>,
    /// Objects that went.
    pub gone: u64,
    /// Whether what goes is only hidden there, until its lock ends.
    pub hides: bool,
    /// Why not all of them did.
    pub fault: Option<AnyFault>,
}

impl Forgotten {
    /// How it ended.
    pub fn exit(&self) -> ExitCode {
        self.fault.as_ref().map_or(ExitCode::Done, |fault| fault.exit())
    }
}

/// What [`forget`] would remove from the repository of this name.
pub fn plan(site: &Site, name: &str) -> Result<Vec<Plan>, AnyFault> {
    judge(&site.open(name)?)
}

/// Removes what no base of the repository needs.
pub fn forget(site: &Site, name: &str) -> Result<Forgotten, AnyFault> {
    let log = site.log()?;
    hold::catch_up(site)?;
    let _alone = site.exclusively(RETENTION_LOCK, name)?;
    let portals =
        site.settings.portals.iter().filter(|one| one.snapshot.to.iter().any(|to| to == name));
    let mut free = Free {
        known: Known::new(site, &log)?,
        portals: portals.map(|portal| portal.id.clone()).collect(),
        repository: name,
    };
    drop(free.turn()?);
    let repository = site.open(name)?;
    let lock = repository.lock_exclusive()?;
    let (plans, hides) = (judge(&repository)?, hides(site, name)?);
    if plans.iter().all(|plan| plan.going.is_empty()) {
        return Ok(Forgotten { plans, gone: 0, hides, fault: None });
    }
    let told: Vec<_> = plans.iter().filter(|plan| plan.files > 0).map(Plan::as_fact).collect();
    let deed = Deed::new("wal.forget", name).fact("forget", told).fact("hides", hides);
    site.recorded(&log, deed, || {
        let mut gone = 0;
        let fault = remove(site, (&repository, &lock), &plans, &mut free, &mut gone).err();
        let outcome = match &fault {
            None => Outcome::done(),
            Some(fault) => Outcome::fault(fault.as_ref()),
        };
        Ok((Forgotten { plans, gone, hides, fault }, outcome.fact("objects", gone)))
    })
}

fn remove(
    site: &Site,
    (repository, lock): (&Repository, &Lock),
    plans: &[Plan],
    free: &mut Free<'_>,
    gone: &mut u64,
) -> Result<(), AnyFault> {
    // The oldest first: broken off, what is left has no gap.
    for piece in plans.iter().flat_map(|plan| &plan.going) {
        site.go_on()?;
        // Somebody may hold a portal since the plan was made: then the rest stays.
        let _turn = free.turn()?;
        repository.forget_piece(lock, piece)?;
        *gone += 1;
    }
    Ok(())
}

/// Whether anybody holds what is stored in a repository.
struct Free<'a> {
    known: Known<'a>,
    portals: Vec<String>,
    repository: &'a str,
}

impl Free<'_> {
    /// The turn to take out one object.
    fn turn(&mut self) -> Result<FileLock, AnyFault> {
        self.known.turn_of(&self.portals)?.map_err(|(portal, by)| {
            let repository = self.repository.to_owned();
            WalFault::Held { repository, portal, by }.into()
        })
    }
}

impl Plan {
    fn new(system: u64, base: Option<&Base>) -> Self {
        let oldest = base.map(|base| (base.set, base.start.to_string()));
        Self::of(&system.to_string(), oldest)
    }

    /// Of a system, whose log from there on is needed by that set.
    pub(in crate::job) fn of(system: &str, oldest: Option<(SnapshotId, String)>) -> Self {
        Self {
            system: system.to_owned(),
            oldest,
            range: None,
            files: 0,
            bytes: 0,
            stay: 0,
            going: Vec::new(),
        }
    }

    /// One more file goes, the next in order.
    pub(in crate::job) fn let_go(&mut self, name: &str, pieces: &[StoredPiece]) {
        self.files += 1;
        self.range = Some(match self.range.take() {
            None => (name.to_owned(), name.to_owned()),
            Some((first, _)) => (first, name.to_owned()),
        });
        for stored in pieces {
            self.bytes = self.bytes.saturating_add(stored.stored);
            self.going.push(stored.piece.clone());
        }
    }

    /// Whether it is of a binary log, and no write-ahead log.
    pub fn is_binary(&self) -> bool {
        binlog::is_binary(&self.system)
    }

    fn as_fact(&self) -> Value {
        json!({
            "system": self.system,
            "base": self.oldest.as_ref().map(|(id, _)| id.to_string()),
            "start-lsn": self.oldest.as_ref().map(|(_, lsn)| lsn),
            "first": self.range.as_ref().map(|(first, _)| first),
            "last": self.range.as_ref().map(|(_, last)| last),
            "files": self.files,
            "bytes": self.bytes,
        })
    }
}

/// A base, as far as its log is concerned.
#[derive(Clone, Copy)]
struct Base {
    start: Position,
    set: SnapshotId,
    segment: u64,
}

impl Base {
    /// Whether a file lies wholly before what the base needs.
    fn is_after(&self, name: &Name) -> bool {
        let place = match name.kind {
            Kind::History => return false,
            Kind::Segment(place) | Kind::Partial(place) | Kind::Backup(place) => place,
        };
        let end =
            place.number(self.segment).and_then(|number| (number + 1).checked_mul(self.segment));
        end.is_some_and(|end| end <= self.start.0)
    }
}

fn judge(repository: &Repository) -> Result<Vec<Plan>, AnyFault> {
    // The log first: what comes later is newer than any base that is found after it.
    let listing = repository.log_listing(None)?;
    let oldest = oldest_bases(repository)?;
    let mut plans: BTreeMap<u64, Plan> = BTreeMap::new();
    for (file, pieces) in listing.files() {
        let name = Name::parse(file.name()).filter(|name| name.line() == file.stream.line());
        let system = file.stream.system().parse::<u64>().ok();
        let Some((system, name)) = system.zip(name) else { continue };
        let base = oldest.get(&system);
        let plan = plans.entry(system).or_insert_with(|| Plan::new(system, base));
        if !base.is_some_and(|base| base.is_after(&name)) {
            plan.stay += 1;
            continue;
        }
        plan.let_go(name.as_str(), pieces);
    }
    let binary = binlog::judge(repository, &listing)?;
    Ok(plans.into_values().chain(binary).collect())
}

/// Of each system the base that begins first in its log.
fn oldest_bases(repository: &Repository) -> Result<BTreeMap<u64, Base>, AnyFault> {
    let mut snapshots = repository.snapshots()?;
    if let Some((_, fault)) = snapshots.unreadable.pop() {
        return Err(fault.into());
    }
    let mut oldest: BTreeMap<u64, Base> = BTreeMap::new();
    let _index = repository.hold_index()?;
    for (set, _) in &snapshots.sets {
        let manifest = sets::manifest(repository, set)?;
        for facts in manifest.databases.values().filter_map(|facts| facts.base.as_ref()) {
            let unclear = || JobFault::NotASet {
                set: set.to_string(),
                detail: "where a base begins cannot be read".to_owned(),
            };
            let system = facts.system_identifier.parse().map_err(|_| unclear())?;
            let start = Position::parse(&facts.start_lsn).ok_or_else(unclear)?;
            let base = Base { start, set: *set, segment: facts.wal_segment_bytes };
            let known = oldest.entry(system).or_insert(base);
            if base.start < known.start {
                *known = base;
            }
        }
    }
    Ok(oldest)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::audit::Actor;
    use crate::base::cancel::Cancel;
    use crate::base::progress::Silent;
    use crate::config;
    use crate::job::hold::Word;
    use crate::job::init;
    use crate::job::site::Notices;
    use crate::job::unrecorded::Unrecorded;
    use crate::repository::segment::{LogFile, LogStream};
    use crate::world::World;

    const CONFIGURATION: &str =
        "site: { id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: vi }
state: state
repositories:
  local: { path: repository, password: { file: secrets/password } }
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    trees: [ { role: media, name: tep, path: media } ]
    snapshot: { to: [local], rpo: 6h }
    drill: { from: local, rto: 8h, scratch: scratch }
";

    #[test]
    fn a_hold_that_comes_between_the_plan_and_its_turn_keeps_what_is_left() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        std::fs::create_dir(folder.path().join("media")).expect("a new folder is empty");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
        let file = folder.path().join("duphong.yaml");
        let loaded = config::check_text(CONFIGURATION.as_bytes(), &file, None);
        let site = Site {
            settings: loaded.expect("the configuration is right").settings,
            configuration: CONFIGURATION.as_bytes().to_vec(),
            world: World::system(runtime.handle().clone()),
            actor: Actor::daemon(),
            cancel: Cancel::default(),
            progress: Arc::new(Silent),
            notices: Notices::default(),
            scheduled: None,
            unrecorded: Unrecorded::default(),
        };
        init::host(&site).expect("a new folder can be prepared");
        let (repository, log) = (site.open("local").unwrap(), site.log().unwrap());
        let stream = LogStream::new("7312345678901234567", "00000001").unwrap();
        let file = LogFile::new(stream, "000000010000000000000042").unwrap();
        repository.keep_log(&file, 0, &[7; 1000]).unwrap();
        repository.keep_log(&file, 0, &[7; 2000]).unwrap();
        let pieces = repository.log_pieces(&file).unwrap();

        let known = Known::new(&site, &log).unwrap();
        let mut free = Free { known, portals: vec!["mau".to_owned()], repository: "local" };
        drop(free.turn().unwrap());
        let mut plan = Plan::of("7312345678901234567", None);
        plan.let_go("000000010000000000000042", &pieces);
        let lock = repository.lock_exclusive().unwrap();
        let word = Word { by: "An".to_owned(), reason: "vụ 12".to_owned() };
        hold::hold_portal(&site, "mau", &word).unwrap();
        let (plans, mut gone) = ([plan], 0);
        let mut go = || remove(&site, (&repository, &lock), &plans, &mut free, &mut gone);
        assert_eq!(go().unwrap_err().code(), "wal.held");
        assert_eq!(repository.log_pieces(&file).unwrap(), pieces);
        hold::release_portal(&site, "mau", &word).unwrap();
        go().unwrap();
        assert_eq!(gone, pieces.len() as u64);
        assert!(!pieces.is_empty() && repository.log_pieces(&file).unwrap().is_empty());
    }
}
