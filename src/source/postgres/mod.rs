//! PostgreSQL databases: dumped by stock `pg_dump`, counted by us, at one and the same instant.
//!
//! One repeatable-read transaction exports its snapshot; `pg_dump`'s workers and our catalog
//! queries both read through it, so that dump and inventory cannot disagree about a commit. Row
//! counts and digests are taken from the dump's own files, not from the server: what is proven is
//! what was stored. On a restored server the same digests come from `COPY` under the same
//! settings.
//!
//! Guarantees: row-level security is an error, never an undercount; a server that goes away is a
//! fault, never a short dump; no password reaches an argument or an environment. Deliberately
//! missing: TLS (the client library is built without it; a remote server is reached through a
//! tunnel or from a daemon on its host). Physical copies are taken and proven in `physical`.

mod ask;
pub mod beside;
mod canonical;
mod catalog;
mod contents;
mod digests;
mod dump;
mod fingerprint;
mod fit;
mod globals;
mod growing;
mod late;
mod lines;
mod load;
pub mod physical;
pub mod progress;
pub mod replication;
pub mod scratch;
mod session;
pub mod standby;
pub mod stream;
mod table;
mod tools;
pub mod wal;
pub mod wire;

use std::fmt::Write as _;
use std::path::PathBuf;

use tokio_postgres::config::{Host, SslMode};

use crate::base::manifest::{DatabaseFacts, Inventory};
use crate::base::secret::Secret;
use crate::source::Identity;
use crate::source::error::SourceError;
use crate::source::rows::RowKey;
use crate::world::World;

pub use crate::source::postgres::ask::ask;
pub use crate::source::postgres::dump::{dump, dump_asking};
pub use crate::source::postgres::fingerprint::Fingerprint;
pub use crate::source::postgres::fit::fit;
pub use crate::source::postgres::load::{Load, load, roles};
pub use crate::source::postgres::table::{CONTENTS, files_of_tables, load_tables};

/// The engine's name in [`DatabaseFacts::engine`].
pub const ENGINE: &str = "postgresql";

/// Where Debian's and most other servers put their socket when the DSN names no host.
const SOCKET_FOLDER: &str = "/var/run/postgresql";

/// A PostgreSQL database: a source, or a target.
#[derive(Clone, Debug)]
pub struct Settings {
    /// libpq keywords and values or a URI, without a password: it is shown to `ps`.
    pub dsn: String,
    /// The role's password, where it needs one.
    pub password: Option<Secret>,
    /// Where `pg_dump` and its kin lie, when not where distributions put them.
    pub bin_dir: Option<PathBuf>,
    /// Connections and processes that work at once; at least one is used.
    pub jobs: usize,
}

impl Settings {
    /// Fails when the DSN cannot be used; reaches no server.
    pub fn check(&self) -> Result<(), SourceError> {
        self.config().map(|_| ())
    }

    /// The same server and role with another database.
    #[must_use]
    pub fn on_database(&self, name: &str) -> Self {
        // Of a keyword that stands twice the last counts, in libpq as in our client library.
        let dsn = if self.dsn.starts_with("postgres://") || self.dsn.starts_with("postgresql://") {
            let mark = if self.dsn.contains('?') { '&' } else { '?' };
            let mut dsn = format!("{}{mark}dbname=", self.dsn);
            for byte in name.bytes() {
                let _infallible = write!(dsn, "%{byte:02X}");
            }
            dsn
        } else {
            let name = name.replace('\\', "\\\\").replace('\'', "\\'");
            format!("{} dbname='{name}'", self.dsn)
        };
        Self { dsn, ..self.clone() }
    }

    /// What the client library needs, with the password.
    fn config(&self) -> Result<tokio_postgres::Config, SourceError> {
        let refuse = |reason: &str| Err(SourceError::Dsn { reason: reason.to_owned() });
        // The parser's own message may quote a part of the DSN, and with it a misplaced password.
        let mut config: tokio_postgres::Config = match self.dsn.parse() {
            Ok(config) => config,
            Err(_) => return refuse("not understood (keywords: host, port, dbname, user, …)"),
        };
        if config.get_password().is_some() {
            return refuse("it contains a password");
        }
        if config.get_options().is_some() {
            return refuse("`options` is set by duphong");
        }
        if config.get_hosts().len().max(config.get_hostaddrs().len()) > 1 {
            return refuse("it names several hosts");
        }
        if config.get_ssl_mode() == SslMode::Require {
            return Err(SourceError::Tls);
        }
        if config.get_dbname().is_none() {
            return refuse("it names no database (dbname)");
        }
        if self.password.as_ref().is_some_and(|p| p.expose().contains(&b'\n')) {
            return refuse("the password contains a line break");
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host_path(SOCKET_FOLDER);
        }
        if let Some(password) = &self.password {
            config.password(password.expose());
        }
        Ok(config)
    }

    /// Host and port or socket, for people.
    pub fn server(&self) -> String {
        let Ok(config) = self.config() else { return "?".to_owned() };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        match (config.get_hosts().first(), config.get_hostaddrs().first()) {
            (Some(Host::Tcp(host)), _) => format!("{host}:{port}"),
            (Some(Host::Unix(folder)), _) => format!("{}:{port}", folder.display()),
            (None, Some(address)) => format!("{address}:{port}"),
            (None, None) => format!("{SOCKET_FOLDER}:{port}"),
        }
    }

    /// The database's name.
    pub fn database(&self) -> Result<String, SourceError> {
        Ok(self.config()?.get_dbname().unwrap_or_default().to_owned())
    }

    fn jobs(&self) -> usize {
        self.jobs.max(1)
    }
}

/// Counts a live database: what a restored one is compared by.
///
/// All connections share one exported snapshot, so the inventory is one instant's even if someone
/// writes meanwhile (sequences excepted, which PostgreSQL keeps outside of transactions).
pub fn inventory(
    settings: &Settings,
    key: &RowKey,
    world: &World,
    cancel: &crate::base::cancel::Cancel,
) -> Result<Inventory, SourceError> {
    let snapshot = session::Snapshot::open(settings, world, cancel)?;
    snapshot.check_readable()?;
    let mut inventory = catalog::objects(&snapshot.session, key)?;
    let tables = catalog::tables(&snapshot.session)?;
    inventory.tables = digests::of_server(settings, &snapshot, &tables, key, world, cancel)?;
    catalog::sequence_values_of_server(&snapshot.session, &mut inventory)?;
    digests::large_objects_of_server(&snapshot.session, key, &mut inventory)?;
    Ok(inventory)
}

/// Bytes of the database on its server, indexes included.
pub fn size(settings: &Settings, world: &World) -> Result<u64, SourceError> {
    session::Session::open(settings, world)?.database_bytes()
}

/// Whether the live server is the one that `facts` was taken from.
pub fn identity(
    settings: &Settings,
    facts: &DatabaseFacts,
    world: &World,
) -> Result<Identity, SourceError> {
    let session = session::Session::open(settings, world)?;
    let live = Fingerprint::of(&session, settings)?;
    Ok(live.identity(&facts.fingerprint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_is_named_in_both_kinds_of_dsn() {
        let check = |dsn: &str, name: &str| {
            let settings = Settings { dsn: dsn.to_owned(), password: None, bin_dir: None, jobs: 1 };
            assert_eq!(settings.on_database(name).database().unwrap(), name, "{dsn}");
        };
        for name in ["cong_duphong_7_new", "cổng '\\ &=?%"] {
            check("host=/run dbname=cong user=a", name);
            check("postgresql://a@db:5433/cong", name);
            check("postgres://db/cong?connect_timeout=3", name);
        }
    }
}
