//! MariaDB and MySQL databases: dumped by the stock program, counted from the very bytes it wrote.
//!
//! These servers cannot share a snapshot between connections, so nothing is asked a second time:
//! definitions, row counts and digests come out of the dump's own stream as it passes into files.
//! A restored server is counted by dumping it the same way into nothing.
//!
//! Guarantees: rights that would make the dump silently shorter are demanded first; tables without
//! transactions are locked for as long as the dump lasts, so that the set is of one instant; a
//! dump without its end, with a bad status, or of a schema that was altered meanwhile is a fault;
//! no password reaches an argument or an environment. The binary log is received and replayed
//! here. Deliberately missing: physical backups.

mod ask;
pub mod binlog;
mod catalog;
mod dump;
pub mod fault;
mod fingerprint;
mod fit;
mod grants;
#[cfg(feature = "testkit")]
pub mod hostile;
mod load;
mod rows;
pub mod scratch;
mod script;
mod session;
mod stream;
mod table;
mod tools;
mod wire;

use std::path::PathBuf;

use crate::base::cancel::Cancel;
use crate::base::manifest::{DatabaseFacts, Inventory};
use crate::base::progress::Silent;
use crate::base::secret::Secret;
use crate::source::Identity;
use crate::source::error::SourceError;
use crate::source::rows::RowKey;
use crate::world::World;

pub use crate::source::mariadb::ask::ask;
pub use crate::source::mariadb::dump::dump;
pub use crate::source::mariadb::fingerprint::Fingerprint;
pub use crate::source::mariadb::fit::fit;
pub use crate::source::mariadb::load::load;
pub use crate::source::mariadb::table::{files_of_tables, load_tables};

use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::script::literal;
use crate::source::mariadb::session::Session;
use crate::source::mariadb::tools::Family;

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
    /// Reads `database=… user=…` with `socket=…`, or `host=…` and perhaps `port=…` and
    /// `authorities=…`; values hold no spaces, and there is no password among them.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        // A value is not repeated: it may be a password in the wrong place.
        let refuse = |reason: &str| -> SourceError {
            MariadbFault::Settings { reason: reason.to_owned() }.into()
        };
        let mut values = std::collections::BTreeMap::new();
        for word in text.split_whitespace() {
            let (name, value) = word.split_once('=').ok_or_else(|| refuse("not `name=value`"))?;
            let known = ["database", "user", "socket", "host", "port", "authorities"];
            if !known.contains(&name) || value.is_empty() {
                return Err(refuse("known are database, user, socket, host, port, authorities"));
            }
            if values.insert(name, value).is_some() {
                return Err(refuse("a name stands twice"));
            }
        }
        let place = match (values.get("socket"), values.get("host")) {
            (Some(_), Some(_)) => return Err(refuse("both socket and host")),
            (socket, None) => Place::Socket(socket.map_or_else(|| SOCKET.into(), PathBuf::from)),
            (None, Some(host)) => Place::Host {
                host: (*host).to_owned(),
                port: match values.get("port") {
                    Some(port) => port.parse().map_err(|_| refuse("port is no number"))?,
                    None => PORT,
                },
                authorities: values.get("authorities").map(PathBuf::from),
            },
        };
        let is_stray = |name| !matches!(place, Place::Host { .. }) && values.contains_key(name);
        if is_stray("port") || is_stray("authorities") {
            return Err(refuse("port and authorities belong to a host"));
        }
        let need = |name| values.get(name).ok_or_else(|| refuse("database and user are needed"));
        Ok(Self {
            place,
            user: (*need("user")?).to_owned(),
            password: None,
            database: (*need("database")?).to_owned(),
            bin_dir: None,
            jobs: 1,
            is_scratch: false,
        })
    }

    /// Fails when the whole database would leave this machine in the clear.
    pub fn check_private(&self) -> Result<(), SourceError> {
        match &self.place {
            Place::Host { host, authorities: None, .. } if !is_here(host) => {
                let reason = format!("authorities are missing, nothing to `{host}` is encrypted");
                Err(MariadbFault::Settings { reason }.into())
            }
            Place::Host { .. } | Place::Socket(_) => Ok(()),
        }
    }

    /// The same server and account with another database.
    #[must_use]
    pub fn on_database(&self, name: &str) -> Self {
        Self { database: name.to_owned(), ..self.clone() }
    }
}

/// Whether a host is this machine for sure.
fn is_here(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

/// Whether a server that says this of its version is MySQL, or what its makers' programs take for
/// it: `mariadb` in the configuration stands for both.
pub fn is_of_mysql(version: &str) -> bool {
    Family::of(version) == Family::Mysql
}

/// Counts a live database: what a restored one is compared by.
pub fn inventory(
    settings: &Settings,
    key: &RowKey,
    world: &World,
    cancel: &Cancel,
) -> Result<Inventory, SourceError> {
    let mut session = Session::open(settings, world)?.under(cancel);
    let taken = dump::take(settings, &mut session, None, key, world, cancel, &Silent)?;
    Ok(taken.inventory)
}

/// Bytes of the database on its server, indexes included, as the server estimates them.
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

/// Whether a live server is production's, whatever either is reached by. Asked beside what the set
/// says of its own server ([`identity`]). Fails where production does not answer: then nobody knows,
/// and only a person may decide.
pub fn is_production(
    target: &Settings,
    production: &Settings,
    world: &World,
) -> Result<bool, SourceError> {
    if target.place == production.place {
        return Ok(true);
    }
    let live = Fingerprint::of(&mut Session::open_server(target, world)?, target)?;
    let known = Fingerprint::of(&mut Session::open_server(production, world)?, production)?;
    Ok(live.identity(&known.to_line()) == Identity::Production)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_and_what_is_not_understood_is_refused_unquoted() {
        let target = Settings::parse("socket=/run/s database=cong_moi user=root").unwrap();
        assert_eq!(target.place, Place::Socket("/run/s".into()));
        assert_eq!((target.database.as_str(), target.user.as_str()), ("cong_moi", "root"));
        let target = Settings::parse("host=127.0.0.1 port=3307 database=d user=u").unwrap();
        let host = "127.0.0.1".to_owned();
        assert_eq!(target.place, Place::Host { host, port: 3307, authorities: None });
        assert!(target.check_private().is_ok());
        let abroad = Settings::parse("host=10.0.0.9 database=d user=u").unwrap();
        assert!(abroad.check_private().is_err());
        let text = "host=db.tinh.vn port=3306 authorities=/etc/ca.pem database=d user=u";
        let abroad = Settings::parse(text).unwrap();
        assert!(abroad.check_private().is_ok());
        assert_eq!(abroad.shown(), text);
        for text in [
            "",
            "database=d",
            "user=u",
            "database=d user=u password=geheim",
            "geheim",
            "database=d user=u host=a socket=/b",
            "database=d user=u host=a port=x",
            "database=d database=e user=u",
            "database= user=u",
            "database=d user=u port=3306",
            "database=d user=u socket=/b authorities=/a",
        ] {
            let fault = Settings::parse(text).unwrap_err().to_string();
            assert!(!fault.contains("geheim"), "{fault}");
        }
    }
}
