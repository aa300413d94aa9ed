//! Reading a standby in its primary's place, when it is not too far behind.
//!
//! A standby that stopped replaying weeks ago answers every question as readily as one that is up to
//! date, so the standby is never asked how old it is. The primary is asked how far it is, and the
//! standby is read once it has replayed so much: whatever it shows then holds every commit that was
//! acknowledged before the question. A primary that cannot be asked, a standby of another server,
//! and one that is no standby any more are faults, and so is one that does not come so far in time,
//! unless the configuration wants the primary read then.
//!
//! Deliberately missing: what commits with `synchronous_commit = off` in the last instant before the
//! question. The primary itself promises nothing of them.

pub mod fault;

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use crate::base::cancel::Cancel;
use crate::base::fault::{Fault as _, chain};
use crate::base::manifest::{DatabaseFacts, StandbyFacts};
use crate::base::progress::Progress;
use crate::source::error::SourceError;
use crate::source::postgres::dump::{self, Origin};
use crate::source::postgres::physical::position::Position;
use crate::source::postgres::replication::PRIMARY_TIMELINE;
use crate::source::postgres::session::Session;
use crate::source::postgres::standby::fault::StandbyFault;
use crate::source::postgres::{Fingerprint, Settings, catalog};
use crate::source::question::Question;
use crate::world::World;
use crate::world::files::FileError;

/// A healthy server answers such a question in milliseconds; one that swaps, in seconds.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// How often a standby is asked how far it is.
const LOOK: Duration = Duration::from_millis(100);

/// The history that a standby is on. Its control file tells late, and who may not see the receiver
/// sees nothing of it: the newest that is known is right.
const STANDBY_TIMELINE: &str = "SELECT greatest(timeline_id, min_recovery_end_timeline, \
    (SELECT max(received_tli) FROM pg_stat_wal_receiver)) \
    FROM pg_control_checkpoint(), pg_control_recovery()";

/// How often the log's replay ended what others read of this database.
const CONFLICTS: &str = "SELECT coalesce(sum(confl_tablespace + confl_lock + confl_snapshot + \
    confl_bufferpin + confl_deadlock), 0) FROM pg_stat_database_conflicts \
    WHERE datname = current_database()";

/// What a client that was ended by that tells in English, whatever else it says.
const CONFLICT_WORDS: &str = "conflict with recovery";

/// A primary, and the standby that is read in its place.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Takes the writes.
    pub primary: Settings,
    /// Replays them.
    pub standby: Settings,
    /// How long the standby may need to come to where the primary was when it was asked.
    pub lag: Duration,
    /// Whether the primary is read where the standby cannot be had or is too far behind.
    pub or_primary: bool,
}

/// What a primary said of itself.
#[derive(Clone)]
pub(super) struct Primary {
    /// Before it was asked.
    pub(super) asked: Timestamp,
    pub(super) position: Position,
    pub(super) fingerprint: String,
    system: String,
    timeline: String,
}

/// A standby that has come to where its primary was.
pub(super) struct Replayed {
    /// On the standby; no transaction is open.
    pub(super) session: Session,
    pub(super) facts: StandbyFacts,
    /// How far it was at least, when it was asked last.
    pub(super) position: String,
    conflicts: String,
}

/// Dumps the standby of `pair` as [`dump`](super::dump()) dumps a server.
pub fn dump_asking(
    pair: &Pair,
    name: &str,
    spool: &Path,
    questions: &mut [Question<'_>],
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<DatabaseFacts, SourceError> {
    let primary = Primary::ask(&pair.primary, world)?;
    let fault = match of_standby(pair, &primary, name, spool, questions, world, cancel, progress) {
        Err(fault) if pair.or_primary && leaves_the_primary(&fault) => fault,
        other => return other,
    };
    clear(&dump::place(spool, name))?;
    clear(&dump::globals(spool, name))?;
    let from = &pair.primary;
    let mut facts = dump::dump_asking(from, name, spool, questions, world, cancel, progress)?;
    facts.standby = Some(primary.instead(pair, &fault));
    Ok(facts)
}

#[expect(clippy::too_many_arguments, reason = "those of a dump, and whom it is held against")]
fn of_standby(
    pair: &Pair,
    primary: &Primary,
    name: &str,
    spool: &Path,
    questions: &mut [Question<'_>],
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<DatabaseFacts, SourceError> {
    let replayed = pair.replayed(primary, world, cancel)?;
    let conflicts = replayed.conflicts.clone();
    let from = Origin::standby(&pair.standby, primary, replayed);
    let dumped = dump::of(from, name, spool, questions, world, cancel, progress);
    dumped.map_err(|fault| pair.explain(fault, Some(&conflicts), world))
}

/// What a dump lacks because it is a standby's, each with its reason.
pub fn holes(facts: &DatabaseFacts) -> impl Iterator<Item = &str> {
    let of_standby = facts.standby.as_ref().is_some_and(|standby| standby.instead.is_none());
    let blind = facts.inventory.blind.iter().map(String::as_str);
    blind.filter(move |hole| of_standby && hole.ends_with(catalog::HOLE))
}

/// Whether the primary may be read instead. A login that is refused is for a person to mend.
pub(super) fn leaves_the_primary(fault: &SourceError) -> bool {
    match fault {
        SourceError::Standby(fault) => fault.leaves_the_primary(),
        SourceError::Unreachable { .. } | SourceError::Silent { .. } | SourceError::Gone { .. } => {
            true
        }
        _ => false,
    }
}

/// What a dump that failed left behind.
fn clear(path: &Path) -> Result<(), FileError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(FileError::io("remove", path)),
    }
}

/// Fails where the server replays another one's log: whatever it shows may be of any age.
pub(super) fn refuse(session: &Session, settings: &Settings) -> Result<(), SourceError> {
    if is_standby(session)? {
        return Err(StandbyFault::NoPrimary { server: settings.server() }.into());
    }
    Ok(())
}

/// Fails where it was promoted: what it shows may be of another history.
pub(super) fn require(session: &Session, settings: &Settings) -> Result<(), SourceError> {
    if is_standby(session)? {
        return Ok(());
    }
    Err(StandbyFault::Promoted { server: settings.server() }.into())
}

fn is_standby(session: &Session) -> Result<bool, SourceError> {
    Ok(session.value("ask whether it is a standby", "SELECT pg_is_in_recovery()")? == "t")
}

impl Primary {
    /// Asks it how far it is.
    pub(super) fn ask(settings: &Settings, world: &World) -> Result<Self, SourceError> {
        let server = settings.server();
        Self::asked(settings, world).map_err(|fault| match fault {
            SourceError::Standby(fault) => fault.into(),
            other => StandbyFault::Unchecked { server, source: Box::new(other) }.into(),
        })
    }

    fn asked(settings: &Settings, world: &World) -> Result<Self, SourceError> {
        let act = "ask the primary how far it is";
        let session = Session::open_within(settings, world, ANSWER_MAX)?;
        refuse(&session, settings)?;
        let fingerprint = Fingerprint::of(&session, settings)?.to_line();
        let system = system(&session)?;
        // Before the question: what is acknowledged until then is before the answer.
        let asked = world.clock.now();
        let position = session.value(act, "SELECT pg_current_wal_lsn()")?;
        let position = Position::parse(&position).ok_or(SourceError::Gone { act })?;
        let timeline = session.value(act, PRIMARY_TIMELINE)?;
        Ok(Self { asked, position, fingerprint, system, timeline })
    }

    /// That it was read itself, and why.
    pub(super) fn instead(&self, pair: &Pair, fault: &SourceError) -> StandbyFacts {
        StandbyFacts {
            server: pair.standby.server(),
            asked: self.asked,
            primary_position: self.position.to_string(),
            lag_ms: None,
            instead: Some(format!("{}: {}", fault.code(), chain(fault))),
        }
    }
}

fn system(session: &Session) -> Result<String, SourceError> {
    session.value("ask who it is", "SELECT system_identifier FROM pg_control_system()")
}

impl Pair {
    /// A session on the standby, once it has replayed what the primary had.
    pub(super) fn replayed(
        &self,
        primary: &Primary,
        world: &World,
        cancel: &Cancel,
    ) -> Result<Replayed, SourceError> {
        let began = world.clock.monotonic();
        let server = self.standby.server();
        if self.standby.database()? != self.primary.database()? {
            let detail = "its DSN names another database".to_owned();
            return Err(StandbyFault::Other { server, detail }.into());
        }
        let session = Session::open_within(&self.standby, world, ANSWER_MAX)?;
        require(&session, &self.standby)?;
        let system = system(&session)?;
        if system != primary.system {
            let detail = format!("its system is {system}, not {}", primary.system);
            return Err(StandbyFault::Other { server, detail }.into());
        }
        let position = loop {
            let seen = Seen::of(&session)?;
            let reached = seen.position.filter(|position| *position >= primary.position);
            if let Some(position) = reached.filter(|_| seen.timeline == primary.timeline) {
                break position;
            }
            if cancel.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            if world.clock.monotonic().since(began) >= self.lag {
                // Promoted meanwhile, it would never come there.
                require(&session, &self.standby)?;
                return Err(seen.never(primary, server, self.lag).into());
            }
            world.clock.sleep(LOOK);
        };
        let lag = world.clock.monotonic().since(began);
        Ok(Replayed {
            conflicts: session.value("ask for conflicts", CONFLICTS)?,
            session: session.without_limit().under(cancel),
            facts: StandbyFacts {
                server,
                asked: primary.asked,
                primary_position: primary.position.to_string(),
                lag_ms: Some(u64::try_from(lag.as_millis()).unwrap_or(u64::MAX)),
                instead: None,
            },
            position: position.to_string(),
        })
    }

    /// What a fault of reading the standby means, asked of the standby where it still answers.
    /// `conflicts` were known before it was read; nothing where it cannot have any.
    pub(super) fn explain(
        &self,
        fault: SourceError,
        conflicts: Option<&str>,
        world: &World,
    ) -> SourceError {
        if matches!(fault, SourceError::Cancelled | SourceError::Standby(_)) {
            return fault;
        }
        let server = self.standby.server();
        let Ok(session) = Session::open_within(&self.standby, world, ANSWER_MAX) else {
            return fault;
        };
        if is_standby(&session).is_ok_and(|is_standby| !is_standby) {
            return StandbyFault::Promoted { server }.into();
        }
        let now = session.value("ask for conflicts", CONFLICTS);
        let more = conflicts.is_some_and(|before| now.is_ok_and(|now| now != before));
        if more || chain(&fault).contains(CONFLICT_WORDS) {
            return StandbyFault::Conflict { server, source: Box::new(fault) }.into();
        }
        fault
    }
}

/// How far a standby is.
struct Seen {
    position: Option<Position>,
    timeline: String,
}

impl Seen {
    fn of(session: &Session) -> Result<Self, SourceError> {
        let act = "ask the standby how far it is";
        let position = session.value(act, "SELECT pg_last_wal_replay_lsn()")?;
        let timeline = session.value(act, STANDBY_TIMELINE)?;
        Ok(Self { position: Position::parse(&position), timeline })
    }

    /// Why it did not come to where the primary was.
    fn never(&self, primary: &Primary, server: String, limit: Duration) -> StandbyFault {
        let at = self.position.unwrap_or(Position(0));
        if at >= primary.position {
            let detail =
                format!("its timeline is {}, the primary's {}", self.timeline, primary.timeline);
            return StandbyFault::Other { server, detail };
        }
        let bytes = primary.position.0 - at.0;
        StandbyFault::Behind { server, seconds: limit.as_secs(), bytes }
    }
}
