//! The RPO of a log as it is now: until which instant everything that was committed is held.
//!
//! A look asks the server how far it has written and which transactions had ended, then lists what
//! each repository keeps. Everything that had ended when the server stood at some place of the log
//! is held once the log is held up to that place, so that the instant is proven by both together;
//! by neither alone, and never by the time at which a segment arrived. A server that is idle loses
//! nothing: as long as no transaction ends, the instant moves on without a segment.
//!
//! What a look cannot ask keeps what is known, and says since when it could not: the instant stands
//! still, and grows older. The look is kept in a file, since whoever asks `status` may neither have
//! the passwords nor the time.

mod chain;
pub mod fact;
pub(in crate::job) mod file;
mod look;
mod mark;
mod remark;
pub(in crate::job) mod told;

use jiff::Timestamp;

use crate::base::fault::AnyFault;
use crate::config::settings::{Database, Engine, Portal, Postgres, Settings, Wal};
use crate::job::site::Site;

pub use crate::job::wal::now::look::{Looker, look};
pub use crate::job::wal::now::remark::{every, remarks};

use crate::job::wal::now::fact::{Look, VERSION};
use crate::job::wal::now::file::{Stored, load};

/// Far above a look with every list full.
const LOOK_MAX: u64 = 1 << 20;

/// A log that is kept, and the newest look at it.
#[derive(Debug)]
pub struct Watched {
    /// The portal.
    pub portal: String,
    /// The database.
    pub database: String,
    /// What is wanted of it.
    pub wal: Wal,
    /// The repositories that are to hold it.
    pub to: Vec<String>,
    /// The newest look; `None` where nobody ever looked.
    pub look: Result<Option<Look>, AnyFault>,
}

impl Watched {
    /// The look, if there is one that can be read.
    pub fn known(&self) -> Option<&Look> {
        self.look.as_ref().ok()?.as_ref()
    }
}

/// Every log that the configuration wants kept, with the newest look at it.
pub fn watched(site: &Site) -> Vec<Watched> {
    let watched = |(portal, database, wal): (&Portal, &Database, Wal)| Watched {
        portal: portal.id.clone(),
        database: database.name.clone(),
        wal,
        to: portal.snapshot.to.clone(),
        look: load(&site.settings, &portal.id, &database.name),
    };
    logs(&site.settings).map(watched).collect()
}

/// The databases whose log is kept.
pub fn logs(settings: &Settings) -> impl Iterator<Item = (&Portal, &Database, Wal)> {
    let all = settings.portals.iter();
    let all = all.flat_map(|portal| portal.databases.iter().map(move |one| (portal, one)));
    all.filter_map(|(portal, database)| Some((portal, database, server(database)?.wal.clone()?)))
}

/// The portal and the database that `PORTAL/DATABASE` names.
pub fn named(site: &Site, named: &str) -> Result<(String, String), AnyFault> {
    let _kept = crate::job::wal::database(site, named)?;
    let (portal, database) = named.split_once('/').unwrap_or_default();
    Ok((portal.to_owned(), database.to_owned()))
}

/// The server whose log may be kept.
fn server(database: &Database) -> Option<&Postgres> {
    match &database.engine {
        Engine::Postgres(server) | Engine::PostgresBase(server) => Some(server),
        _ => None,
    }
}

impl Stored for Look {
    const BYTES_MAX: u64 = LOOK_MAX;

    fn is_current(&self) -> bool {
        self.version == VERSION
    }
}

/// How old an instant is; one of the future has no age.
pub fn age(at: Timestamp, now: Timestamp) -> Option<std::time::Duration> {
    std::time::Duration::try_from(now.duration_since(at)).ok()
}
