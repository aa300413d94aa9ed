//! Bases: all files of a PostgreSQL server as they lie on its disk, with the log that makes them
//! consistent.
//!
//! The server sends them over a replication connection, file by file, and nothing of it lies anywhere
//! between. At the end comes its own manifest with a digest of every file, which is compared with
//! what passed: a base that is not whole, or of which the log does not reach from its start to its
//! stop, is a fault and never a short base.
//!
//! The folder of a base holds `data`, which a server can be started on once restored, and
//! `tablespaces`, to which the links in `data/pg_tblspc` lead by relative paths: wherever the folder
//! is restored, and by whatever program, nothing in it leads to production's places.

pub mod commits;
pub mod fault;
mod feed;
pub mod manifest;
pub mod position;
pub mod recovery;
pub mod tablespaces;
mod taking;
mod verify;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::cancel::Cancel;
use crate::base::manifest::{BaseFacts, DatabaseFacts, Inventory};
use crate::source::error::SourceError;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::postgres::physical::position::Position;
use crate::source::postgres::session::Session;
use crate::source::postgres::standby::fault::StandbyFault;
use crate::source::postgres::standby::{self, Pair, Primary};
use crate::source::postgres::wire::Wire;
use crate::source::postgres::wire::fault::WireFault;
use crate::source::postgres::{Fingerprint, Settings};
use crate::world::World;

pub use crate::source::postgres::physical::taking::{Base, Taking};
pub use crate::source::postgres::physical::verify::{Verified, verify};

/// The engine's name in [`DatabaseFacts::engine`].
pub const ENGINE: &str = "postgresql-base";

/// The data folder within the folder of a base.
pub const DATA: &str = "data";

/// The folder of tablespaces within it.
pub const TABLESPACES: &str = "tablespaces";

/// The oldest server whose bases come as one stream that announces its parts, and whose commands
/// have their options in parentheses.
const ANNOUNCES_SINCE: u32 = 15;

/// A server begins a base with a checkpoint, which is asked to hurry: minutes on a slow disk under
/// load. Then data flows.
const SILENCE: Duration = Duration::from_mins(15);

/// How often a base of a standby is begun: the second time it ends where it should.
const STARTS_MAX: u32 = 3;

/// What production says of itself before a base is taken.
#[derive(Clone)]
struct About {
    /// Whether it announces the parts of a base.
    announces: bool,
    version: String,
    fingerprint: String,
    superuser: String,
    page_checksums: bool,
    wal_segment_bytes: u64,
    objects: BTreeMap<String, BTreeMap<String, String>>,
}

/// Asks for a base; what comes is then read from the value returned.
pub fn take(
    settings: &Settings,
    name: &str,
    world: &World,
    cancel: &Cancel,
) -> Result<Taking, SourceError> {
    // Not kept open: a session that idles for the hours of a base may be ended.
    let about = About::of(&Session::open(settings, world)?, settings)?;
    let (wire, system) = connected(settings, about.announces, world, cancel)?;
    Taking::start(wire, system, about, settings, name, world)
}

/// Asks for a base of the standby of `pair`, or of its primary where the configuration wants that and
/// the standby cannot be had or is too far behind. What fails once the base has begun fails.
pub fn take_from_standby(
    pair: &Pair,
    name: &str,
    world: &World,
    cancel: &Cancel,
) -> Result<Taking, SourceError> {
    let primary = Primary::ask(&pair.primary, world)?;
    match of_standby(pair, &primary, name, world, cancel) {
        Err(fault) if pair.or_primary && standby::leaves_the_primary(&fault) => {
            let taking = take(&pair.primary, name, world, cancel)?;
            Ok(taking.instead(primary.instead(pair, &fault)))
        }
        other => other,
    }
}

/// A standby says where a base ends by how far it had written when it was asked, which may be before
/// what it has replayed. A second beginning, behind which nothing is new, has it write that down.
fn of_standby(
    pair: &Pair,
    primary: &Primary,
    name: &str,
    world: &World,
    cancel: &Cancel,
) -> Result<Taking, SourceError> {
    let replayed = pair.replayed(primary, world, cancel)?;
    let session = &replayed.session;
    let about = About { fingerprint: primary.fingerprint.clone(), ..About::asked(session)? };
    let mut stop = String::new();
    for _ in 0..STARTS_MAX {
        let (wire, system) = connected(&pair.standby, about.announces, world, cancel)?;
        let taking = Taking::start(wire, system, about.clone(), &pair.standby, name, world)?;
        let act = "ask where a base would end";
        stop = session.value(act, "SELECT min_recovery_end_lsn FROM pg_control_recovery()")?;
        if Position::parse(&stop).is_some_and(|stop| stop >= primary.position) {
            return Ok(taking.of_standby(pair, replayed.facts, primary.position));
        }
    }
    Err(StandbyFault::Short { stop, wanted: primary.position.to_string() }.into())
}

impl About {
    fn of(session: &Session, settings: &Settings) -> Result<Self, SourceError> {
        standby::refuse(session, settings)?;
        let fingerprint = Fingerprint::of(session, settings)?.to_line();
        Ok(Self { fingerprint, ..Self::asked(session)? })
    }

    /// But for the fingerprint, which is the primary's.
    fn asked(session: &Session) -> Result<Self, SourceError> {
        let act = "ask for what a base needs";
        let bytes = "SELECT setting FROM pg_settings WHERE name = 'wal_segment_size'";
        let bytes = session.value(act, bytes)?;
        Ok(Self {
            announces: session.major() >= ANNOUNCES_SINCE,
            version: session.value(act, "SHOW server_version")?,
            fingerprint: String::new(),
            superuser: session.value(act, "SELECT rolname FROM pg_roles WHERE oid = 10")?,
            page_checksums: session.value(act, "SHOW data_checksums")? == "on",
            wal_segment_bytes: bytes.parse().map_err(|_| SourceError::Gone { act })?,
            objects: objects(session)?,
        })
    }

    /// The facts of a base that came whole.
    fn facts(self, name: &str, base: BaseFacts, bytes: u64, digest: String) -> DatabaseFacts {
        DatabaseFacts {
            engine: ENGINE.to_owned(),
            engine_version: self.version,
            dump_tool: None,
            path: place(name),
            // Set where it is known.
            instant: jiff::Timestamp::UNIX_EPOCH,
            log_position: Some(base.stop_lsn.clone()),
            fingerprint: self.fingerprint,
            dump_bytes: bytes,
            dump_digest: Some(digest),
            inventory: Inventory { objects: self.objects, ..Inventory::default() },
            base: Some(base),
            standby: None,
        }
    }
}

/// Bytes of all databases that the role may ask for, indexes included: about those of a base.
pub fn size(settings: &Settings, world: &World) -> Result<u64, SourceError> {
    let act = "ask for the size";
    let sql = "SELECT coalesce(sum(pg_database_size(oid)), 0) FROM pg_database \
        WHERE has_database_privilege(oid, 'CONNECT') \
        OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')";
    let size = Session::open(settings, world)?.value(act, sql)?;
    size.parse().map_err(|_| SourceError::Gone { act })
}

/// The major version of the server that a base came from: no other reads its files.
pub fn major(facts: &DatabaseFacts) -> Result<u32, SourceError> {
    let digits = facts.engine_version.split(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| {
        let detail = format!("`{}` is no version", facts.engine_version);
        PhysicalFault::Differs { detail }.into()
    })
}

/// Where in a set a base lies.
pub fn place(name: &str) -> String {
    format!("base/{name}")
}

/// What of `facts` is not there alike on a server that was started on the base, by kind and name; and
/// how many things were compared.
pub fn compare(
    settings: &Settings,
    facts: &DatabaseFacts,
    world: &World,
) -> Result<(u64, Vec<(String, String)>), SourceError> {
    let found = objects(&Session::open(settings, world)?)?;
    let (mut compared, mut differ) = (0, Vec::new());
    for (kind, named) in &facts.inventory.objects {
        let there = found.get(kind);
        for (name, text) in named {
            compared += 1;
            if there.and_then(|named| named.get(name)) != Some(text) {
                differ.push((kind.clone(), name.clone()));
            }
        }
    }
    Ok((compared, differ))
}

/// What a whole server holds that every role may see: databases, roles and tablespaces, by kind.
fn objects(session: &Session) -> Result<BTreeMap<String, BTreeMap<String, String>>, SourceError> {
    let asked = [
        (
            "database",
            "SELECT datname, concat_ws(' ', pg_get_userbyid(datdba), \
             pg_encoding_to_char(encoding), datcollate, datctype) FROM pg_database",
        ),
        (
            "role",
            "SELECT rolname, concat_ws(' ', rolsuper, rolinherit, rolcreaterole, rolcreatedb, \
             rolcanlogin, rolreplication, rolbypassrls, rolconnlimit) FROM pg_roles",
        ),
        ("tablespace", "SELECT spcname, pg_get_userbyid(spcowner) FROM pg_tablespace"),
    ];
    let mut objects = BTreeMap::new();
    for (kind, sql) in asked {
        let rows = session.rows("list what the server holds", sql)?;
        let named = rows.into_iter().filter_map(|row| {
            let mut row = row.into_iter();
            Some((row.next()??, row.next()?.unwrap_or_default()))
        });
        objects.insert(kind.to_owned(), named.collect());
    }
    Ok(objects)
}

/// A connection that keeps the log from being removed while it lives, if the server has a slot to
/// spare; and the server's system identifier. Without a slot a base whose log was removed meanwhile
/// fails, by the server's own word.
fn connected(
    settings: &Settings,
    has_parentheses: bool,
    world: &World,
    cancel: &Cancel,
) -> Result<(Wire, String), SourceError> {
    let open = || Wire::open(settings, world, cancel, SILENCE);
    let mut wire = open()?;
    let system = wire.rows("ask who it is", "IDENTIFY_SYSTEM")?;
    let system = system.into_iter().next().and_then(|row| row.into_iter().next()).flatten();
    let system = system.ok_or_else(|| WireFault::protocol("ask who it is", "no answer"))?;
    let mut drawn = [0; 8];
    world.entropy.fill(&mut drawn);
    let slot = data_encoding::HEXLOWER.encode(&drawn);
    let reserve = if has_parentheses { "(RESERVE_WAL true)" } else { "RESERVE_WAL" };
    let command = format!("CREATE_REPLICATION_SLOT duphong_{slot} TEMPORARY PHYSICAL {reserve}");
    match wire.rows("keep its log", &command) {
        Ok(_) => Ok((wire, system)),
        Err(SourceError::Wire(WireFault::Said { .. })) => Ok((open()?, system)),
        Err(other) => Err(other),
    }
}
