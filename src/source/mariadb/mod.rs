//! MariaDB and MySQL databases: dumped by the stock program, counted from the very bytes it wrote.
//!
//! These servers cannot share a snapshot between connections, so nothing is asked a second time:
//! definitions, row counts and digests come out of the dump's own stream as it passes into files.
//! A restored server is counted by dumping it the same way into nothing.
//!
//! Guarantees: rights that would make the dump silently shorter are demanded first; tables without
//! transactions are locked for as long as the dump lasts, so that the set is of one instant; a
//! dump without its end, with a bad status, or of a schema that was altered meanwhile is a fault;
//! no password reaches an argument or an environment. Deliberately missing: physical backups and
//! following the binary log, whose position is noted where the server keeps one.

mod dump;
pub mod fault;
mod fingerprint;
mod grants;
mod load;
pub mod scratch;
mod script;
mod session;
mod stream;
mod tools;

use std::path::PathBuf;

use crate::base::cancel::Cancel;
use crate::base::manifest::{DatabaseFacts, Inventory};
use crate::base::progress::Silent;
use crate::base::secret::Secret;
use crate::source::Identity;
use crate::source::error::SourceError;
use crate::source::rows::RowKey;
use crate::world::World;

pub use crate::source::mariadb::dump::dump;
pub use crate::source::mariadb::fingerprint::Fingerprint;
pub use crate::source::mariadb::load::load;

use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::script::literal;
use crate::source::mariadb::session::Session;

/// The engine's name in [`DatabaseFacts::engine`], of MySQL servers too: programs and formats are
/// of one kind, and the version says whose server it was.
pub const ENGINE: &str = "mariadb";

/// Where Debian's server listens on this machine.
pub const SOCKET: &str = "/run/mysqld/mysqld.sock";

/// The port that servers have unless told otherwise.
pub const PORT: u16 = 3306;

/// How a server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A socket on this machine.
    Socket(PathBuf),
    /// Over the network.
    Host {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
        /// With these the connection is encrypted and the server's certificate verified; without,
        /// it is neither.
        authorities: Option<PathBuf>,
    },
}

/// A database: a source, or a target.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where its server is.
    pub place: Place,
    /// The account.
    pub user: String,
    /// Its password, where it has one.
    pub password: Option<Secret>,
    /// The database.
    pub database: String,
    /// Where `mariadb-dump` and its kin lie, when not where distributions put them.
    pub bin_dir: Option<PathBuf>,
    /// Connections that load at once; at least one is used.
    pub jobs: usize,
    /// Whether the server is one of ours that is thrown away: it may get stand-in accounts.
    pub is_scratch: bool,
}

impl Settings {
    /// The same server and account with another database.
    #[must_use]
    pub fn on_database(&self, name: &str) -> Self {
        Self { database: name.to_owned(), ..self.clone() }
    }
}

/// Counts a live database: what a restored one is compared by.
pub fn inventory(
    settings: &Settings,
    key: &RowKey,
    world: &World,
    cancel: &Cancel,
) -> Result<Inventory, SourceError> {
    let mut session = Session::open(settings, world)?;
    let taken = dump::take(settings, &mut session, None, key, world, cancel, &Silent)?;
    Ok(taken.inventory)
}

/// Bytes of the database on its server, indexes included.
pub fn size(settings: &Settings, world: &World) -> Result<u64, SourceError> {
    size_of(&mut Session::open(settings, world)?, &settings.database)
}

fn size_of(session: &mut Session, database: &str) -> Result<u64, SourceError> {
    let act = "ask for the size";
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(data_length + index_length), 0) AS UNSIGNED) \
         FROM information_schema.tables WHERE table_schema = {}",
        literal(database)
    );
    let size = session.value(act, &sql)?;
    // Whatever answers with something else is not the server we connected to.
    size.parse().map_err(|_| MariadbFault::Gone { act }.into())
}

/// Whether the live server is the one that `facts` was taken from.
pub fn identity(
    settings: &Settings,
    facts: &DatabaseFacts,
    world: &World,
) -> Result<Identity, SourceError> {
    let live = Fingerprint::of(&mut Session::open_server(settings, world)?, settings)?;
    Ok(live.identity(&facts.fingerprint))
}
