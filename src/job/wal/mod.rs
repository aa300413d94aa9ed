//! Write-ahead logs of PostgreSQL: what the server brings is kept, listed, and given back.
//!
//! `source::postgres::wal` knows what files of a log are, `repository::segment` keeps bytes; here
//! they meet. A segment goes into the repositories of its portal's sets. What is kept is never
//! replaced, and the server hears that its segment is kept only when it is durable where the
//! configuration wants it: until then it keeps the segment itself, and tries again.

mod brought;
mod copy;
mod fault;
mod fetch;
mod forget;
mod list;
pub mod now;
mod receive;
pub mod stream;

use crate::base::fault::AnyFault;
use crate::config::settings::{Engine, Portal, Wal};
use crate::job::fault::JobFault;
use crate::job::site::Site;
use crate::repository::RepositoryError;
use crate::repository::segment::{LogFile, LogStream};
use crate::source::postgres::wal::Name;

pub use crate::job::wal::brought::Brought;
pub use crate::job::wal::copy::{Copied, copy, plan as plan_copy};
pub use crate::job::wal::fault::WalFault;
pub use crate::job::wal::fetch::fetch;
pub(in crate::job) use crate::job::wal::fetch::fetch_last;
pub use crate::job::wal::forget::{Forgotten, Plan, forget, plan as plan_forget};
pub use crate::job::wal::list::{Gap, Line, Listing, list};
pub use crate::job::wal::receive::{Receipt, Receiver, Receiving, push};

/// A database whose log is kept, as `PORTAL/DATABASE` names it.
fn database<'s>(site: &'s Site, named: &str) -> Result<(&'s Portal, Wal), AnyFault> {
    let (portal, name) = named
        .split_once('/')
        .ok_or_else(|| WalFault::NotADatabase { database: named.to_owned() })?;
    let portal = site.portal(portal)?;
    let unknown =
        || JobFault::UnknownDatabase { portal: portal.id.clone(), database: name.to_owned() };
    let database = portal.databases.iter().find(|one| one.name == name).ok_or_else(unknown)?;
    match &database.engine {
        Engine::Postgres(postgres) | Engine::PostgresBase(postgres) => match &postgres.wal {
            Some(wal) => Ok((portal, wal.clone())),
            None => Err(WalFault::NotKeptHere { database: named.to_owned() }.into()),
        },
        _ => Err(WalFault::NotKeptHere { database: named.to_owned() }.into()),
    }
}

/// Where a file of this system's log is kept.
fn place(system: u64, name: &Name) -> Result<LogFile, RepositoryError> {
    let stream = LogStream::new(&system.to_string(), &name.line())?;
    LogFile::new(stream, name.as_str())
}
