//! From configured databases to the source module's, and the dump of one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::command::Left;
use crate::base::fault::AnyFault;
use crate::base::manifest::DatabaseFacts;
use crate::base::secret::Secret;
use crate::config::secret::SecretSource;
use crate::config::settings::{
    self, CommandDrill, CommandSource, Engine, MariadbPlace, Otherwise, Pull, Variable,
};
use crate::job::site::Site;
use crate::source::postgres::standby::{self, Pair};
use crate::source::question::Question;
use crate::source::{self, command, mariadb, postgres, sqlite};

/// Dumps `database` itself into `spool`, whatever standby it has: for what must show it as it is.
pub(super) fn dump(
    site: &Site,
    database: &settings::Database,
    spool: &Path,
) -> Result<DatabaseFacts, AnyFault> {
    let (world, cancel, progress) = (&site.world, &site.cancel, site.progress.as_ref());
    Ok(live(database)?.dump(&database.name, spool, world, cancel, progress)?)
}

/// Dumps it, or its standby where it is configured to be read in its place, and puts these questions
/// to what is dumped.
pub(super) fn dump_asking(
    site: &Site,
    database: &settings::Database,
    spool: &Path,
    questions: &mut [Question<'_>],
) -> Result<DatabaseFacts, AnyFault> {
    let (world, cancel, progress) = (&site.world, &site.cancel, site.progress.as_ref());
    let name = &database.name;
    if let Engine::Postgres(server) = &database.engine
        && let Some(pair) = pair(server)?
    {
        let dumped = standby::dump_asking(&pair, name, spool, questions, world, cancel, progress)?;
        return Ok(dumped);
    }
    Ok(live(database)?.dump_asking(name, spool, questions, world, cancel, progress)?)
}

/// The database as the source module knows it, with its password read.
pub(super) fn live(database: &settings::Database) -> Result<source::Database, AnyFault> {
    Ok(match &database.engine {
        Engine::Sqlite(settings) => {
            source::Database::Sqlite(sqlite::Settings { path: settings.path.clone() })
        }
        // Of a whole server, the database that it is asked by.
        Engine::Postgres(settings) | Engine::PostgresBase(settings) => {
            source::Database::Postgres(server(settings)?)
        }
        Engine::Mariadb(settings) => source::Database::Mariadb(mariadb_server(settings)?),
        Engine::Command(source) => source::Database::Command(Box::new(command::Settings {
            dump: Some(source.dump.clone()),
            count: source.count.clone(),
            paths: source.paths.clone(),
            ..commands(source)?
        })),
    })
}

/// Where a person wants a dump loaded by the configured load command.
pub(super) fn command_target(
    source: &CommandSource,
    target: &str,
) -> Result<command::Settings, AnyFault> {
    command::check_target(target)?;
    Ok(command::Settings { load: source.load.clone(), target: target.into(), ..commands(source)? })
}

/// Where a drill loads a dump: by its own commands in their own environment, and nothing of
/// production's.
pub(super) fn command_drill(
    source: &CommandSource,
    drill: &CommandDrill,
    scratch: &Path,
) -> Result<command::Settings, AnyFault> {
    let own = shared(&drill.environment, source.left.clone(), source.limit, source.silence)?;
    let (load, count) = (Some(drill.load.clone()), drill.count.clone());
    let (paths, scratch) = (drill.paths.clone(), scratch.to_owned());
    Ok(command::Settings { load, count, paths, scratch, ..own })
}

/// What brings a tree from another host.
pub(super) fn pull(pull: &Pull) -> Result<command::Settings, AnyFault> {
    let nothing = Left::Files { wanted: Vec::new() };
    let shared = shared(&pull.environment, nothing, pull.limit, pull.silence)?;
    Ok(command::Settings { dump: Some(pull.command.clone()), ..shared })
}

/// What production's commands of a database share, with its secrets read; no command yet.
fn commands(source: &CommandSource) -> Result<command::Settings, AnyFault> {
    shared(&source.environment, source.left.clone(), source.limit, source.silence)
}

fn shared(
    variables: &[(String, Variable)],
    left: Left,
    limit: Duration,
    silence: Duration,
) -> Result<command::Settings, AnyFault> {
    let value = |variable: &Variable| match variable {
        Variable::Text(text) => Ok(Secret::new(text.clone().into_bytes())),
        Variable::Secret(secret) => secret.read(),
    };
    let mut environment = Vec::new();
    for (name, variable) in variables {
        environment.push((name.clone(), value(variable)?));
    }
    Ok(command::Settings {
        dump: None,
        load: None,
        count: None,
        paths: Vec::new(),
        left,
        environment,
        limit,
        silence,
        target: OsString::new(),
        scratch: PathBuf::new(),
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

/// The server and the standby that is read in its place, where there is one.
pub(super) fn pair(settings: &settings::Postgres) -> Result<Option<Pair>, AnyFault> {
    let Some(standby) = &settings.standby else { return Ok(None) };
    let primary = server(settings)?;
    Ok(Some(Pair {
        standby: postgres::Settings { dsn: standby.dsn.clone(), ..primary.clone() },
        primary,
        lag: standby.lag,
        or_primary: standby.otherwise == Otherwise::Primary,
    }))
}

/// The same for MariaDB and MySQL.
pub(super) fn mariadb_server(settings: &settings::Mariadb) -> Result<mariadb::Settings, AnyFault> {
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
