//! From configured databases to the source module's, and the dump of one.

use std::path::Path;

use crate::base::fault::AnyFault;
use crate::base::manifest::DatabaseFacts;
use crate::config::secret::SecretSource;
use crate::config::settings::{self, Engine, MariadbPlace};
use crate::job::site::Site;
use crate::source::{self, mariadb, postgres, sqlite};

/// Dumps `database` into `spool`.
pub(super) fn dump(
    site: &Site,
    database: &settings::Database,
    spool: &Path,
) -> Result<DatabaseFacts, AnyFault> {
    let (world, cancel) = (&site.world, &site.cancel);
    let live = live(database)?;
    Ok(live.dump(&database.name, spool, world, cancel, site.progress.as_ref())?)
}

/// The database as the source module knows it, with its password read.
pub(super) fn live(database: &settings::Database) -> Result<source::Database, AnyFault> {
    Ok(match &database.engine {
        Engine::Sqlite(settings) => {
            source::Database::Sqlite(sqlite::Settings { path: settings.path.clone() })
        }
        Engine::Postgres(settings) => source::Database::Postgres(server(settings)?),
        Engine::Mariadb(settings) => source::Database::Mariadb(mariadb_server(settings)?),
    })
}

/// A server as the source module knows it, with its password read.
pub(super) fn server(settings: &settings::Postgres) -> Result<postgres::Settings, AnyFault> {
    let password = settings.password.as_ref().map(SecretSource::read).transpose()?;
    Ok(postgres::Settings {
        dsn: settings.dsn.clone(),
        password,
        bin_dir: settings.bin_dir.clone(),
        jobs: jobs(),
    })
}

/// A MariaDB or MySQL server as the source module knows it, with its password read.
fn mariadb_server(settings: &settings::Mariadb) -> Result<mariadb::Settings, AnyFault> {
    let place = match &settings.place {
        MariadbPlace::Socket(socket) => {
            mariadb::Place::Socket(socket.clone().unwrap_or_else(|| mariadb::SOCKET.into()))
        }
        MariadbPlace::Host { host, port, authorities } => mariadb::Place::Host {
            host: host.clone(),
            port: port.unwrap_or(mariadb::PORT),
            authorities: authorities.clone(),
        },
    };
    Ok(mariadb::Settings {
        place,
        user: settings.user.clone(),
        password: settings.password.as_ref().map(SecretSource::read).transpose()?,
        database: settings.database.clone(),
        bin_dir: settings.bin_dir.clone(),
        jobs: jobs(),
        is_scratch: false,
    })
}

/// Connections and processes that work on one database at once: as many as there are processors.
pub(super) fn jobs() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}
