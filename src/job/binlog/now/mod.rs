//! The RPO of a binary log as it is now: until which instant everything that was committed is held.
//!
//! As for PostgreSQL (`job::wal::now`): a look asks the server which transactions had ended and how
//! far it has written, then lists what each repository keeps. Everything that had ended when the
//! server stood at a place is held once the line is held up to that place, from the newest set on. A
//! server on which no transaction ends loses nothing.
//!
//! Whether what is kept is the log that the server writes, the daemon that follows it decides by
//! bytes; a look takes the newest line for it as long as the server does not contradict: a server
//! that stands before what is held, or has closed a file with less than is kept of it, proves nothing
//! until its log goes on in another line.

pub mod fact;
mod line;
mod look;
mod remark;

use crate::base::fault::AnyFault;
use crate::config::settings::{Binlog, Database, Engine, Mariadb, Portal, Settings};
use crate::job::site::Site;

pub use crate::job::binlog::now::look::look;
pub use crate::job::binlog::now::remark::{every, remarks};

use crate::job::binlog::now::fact::{Look, VERSION};
use crate::job::wal::now::file::{Stored, load};

/// Far above a look with every list full.
const LOOK_MAX: u64 = 4 << 20;

/// A log that is kept, as one database needs it, and the newest look at it.
#[derive(Debug)]
pub struct Watched {
    /// The portal.
    pub portal: String,
    /// The database.
    pub database: String,
    /// What is wanted of it.
    pub binlog: Binlog,
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

/// Every database whose binary log the configuration wants kept, with the newest look at it.
pub fn watched(site: &Site) -> Vec<Watched> {
    let watched = |(portal, database, binlog): (&Portal, &Database, Binlog)| Watched {
        portal: portal.id.clone(),
        database: database.name.clone(),
        binlog,
        to: portal.snapshot.to.clone(),
        look: load(&site.settings, &portal.id, &database.name),
    };
    logs(&site.settings).map(watched).collect()
}

/// The databases whose binary log is kept.
pub fn logs(settings: &Settings) -> impl Iterator<Item = (&Portal, &Database, Binlog)> {
    let all = settings.portals.iter();
    let all = all.flat_map(|portal| portal.databases.iter().map(move |one| (portal, one)));
    all.filter_map(|(portal, database)| Some((portal, database, server(database)?.binlog?)))
}

/// Whether this is a database whose binary log is kept.
pub fn is_kept(settings: &Settings, portal: &str, database: &str) -> bool {
    logs(settings).any(|(of, one, _)| of.id == portal && one.name == database)
}

/// The server whose log may be kept.
fn server(database: &Database) -> Option<&Mariadb> {
    match &database.engine {
        Engine::Mariadb(server) => Some(server),
        _ => None,
    }
}

impl Stored for Look {
    const BYTES_MAX: u64 = LOOK_MAX;

    fn is_current(&self) -> bool {
        self.version == VERSION
    }
}
