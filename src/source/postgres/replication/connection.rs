//! Connecting to a server that may be dead, dying, or cut off, and telling which.
//!
//! Addresses are tried one by one on connections of our own: the client library would try them all
//! and hand up the last failure only.

use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use crate::base::fault::chain;
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::replication::{Answer, question};
use crate::world::net::ConnectError;
use crate::world::net::knock;

/// Settings of our sessions: no names but PostgreSQL's own, times as we read them. Everything else
/// is left as applications find it, since their writes are what counts.
const OPTIONS: &str = "-c search_path=pg_catalog -c datestyle=ISO -c timezone=UTC";

/// A healthy server answers a question of ours in milliseconds; one that swaps, in seconds.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Where one connection goes.
enum At {
    /// An address of a host.
    Address(std::net::SocketAddr),
    /// A socket on this machine.
    Socket(std::path::PathBuf),
}

impl At {
    fn name(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Socket(path) => path.display().to_string(),
        }
    }
}

/// Gives up after `limit`, as after no answer.
pub(super) async fn within<T>(
    limit: Duration,
    settings: &Settings,
    work: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, SourceError> {
    match tokio::time::timeout(limit, work).await {
        Ok(result) => result,
        Err(_elapsed) => {
            Err(SourceError::Silent { server: settings.server(), seconds: limit.as_secs() })
        }
    }
}

/// A session at the first address that gives one.
pub(super) async fn open(
    config: &Config,
    settings: &Settings,
    limit: Duration,
) -> Result<Client, SourceError> {
    let server = settings.server();
    let no = |reason: String| SourceError::NoAnswer { server: server.clone(), reason };
    let mut last = no("it has no address".to_owned());
    for at in places(config, limit).await.map_err(no)? {
        match session(config, &at, limit).await {
            Ok(client) => return Ok(client),
            Err(Closed::Knock(error)) => last = no(knock::why(&error)),
            Err(Closed::Client(source)) => last = refused(server.clone(), source),
        }
    }
    Err(last)
}

/// The names of all places where it may be.
pub(super) async fn addresses(
    config: &Config,
    settings: &Settings,
    limit: Duration,
) -> Result<Vec<String>, SourceError> {
    let places = places(config, limit).await;
    let places =
        places.map_err(|reason| SourceError::NoAnswer { server: settings.server(), reason })?;
    Ok(places.iter().map(At::name).collect())
}

fn refused(server: String, source: tokio_postgres::Error) -> SourceError {
    match source.code() {
        Some(code) if code.code().starts_with("28") => SourceError::LoginRefused { server, source },
        _ => SourceError::Unreachable { server, source },
    }
}

/// What every address answers.
pub(super) async fn answers(
    config: &Config,
    settings: &Settings,
    limit: Duration,
) -> Vec<(String, Answer)> {
    let places = match places(config, limit).await {
        Ok(places) => places,
        Err(why) => return vec![(settings.server(), Answer::CannotTell(why))],
    };
    let looks = places.iter().map(async |at| {
        let look = answer(config, settings, at, limit);
        let answer = tokio::time::timeout(limit, look).await;
        (
            at.name(),
            answer.unwrap_or_else(|_elapsed| Answer::CannotTell("no answer in time".to_owned())),
        )
    });
    futures_util::future::join_all(looks).await
}

async fn answer(config: &Config, settings: &Settings, at: &At, limit: Duration) -> Answer {
    let client = match session(config, at, limit).await {
        Ok(client) => client,
        Err(Closed::Knock(ConnectError::Refused)) => return Answer::Refused,
        Err(Closed::Knock(other)) => return Answer::CannotTell(knock::why(&other)),
        Err(Closed::Client(error)) => return of_error(&error),
    };
    match question::in_recovery(&client).await {
        Ok(true) => Answer::Standby,
        Ok(false) => Answer::Primary,
        Err(SourceError::Query { source, .. }) => of_error(&source),
        Err(other) => Answer::CannotTell(format!("{}: {}", settings.server(), chain(&other))),
    }
}

/// What a server's complaint says about whether it takes writes.
fn of_error(error: &tokio_postgres::Error) -> Answer {
    let now = [SqlState::CANNOT_CONNECT_NOW, SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN];
    match (error.code(), error.as_db_error()) {
        (Some(code), Some(said)) if now.contains(code) => Answer::NotNow(said.message().to_owned()),
        _ => Answer::CannotTell(chain(error)),
    }
}

/// Why there is no session.
enum Closed {
    /// There is not even a connection.
    Knock(ConnectError),
    /// The server, or the way it closed the connection.
    Client(tokio_postgres::Error),
}

async fn session(config: &Config, at: &At, limit: Duration) -> Result<Client, Closed> {
    let mut config = config.clone();
    config.options(OPTIONS).application_name("duphong");
    match at {
        At::Address(address) => {
            let stream = knock::knock(*address, limit).await.map_err(Closed::Knock)?;
            talk(&config, stream).await
        }
        At::Socket(path) => {
            // A socket that is not there says nothing: the folder may be the wrong one.
            let stream = UnixStream::connect(path).await;
            let stream = stream.map_err(|error| Closed::Knock(ConnectError::of(&error)))?;
            talk(&config, stream).await
        }
    }
}

async fn talk<S>(config: &Config, stream: S) -> Result<Client, Closed>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (client, connection) = config.connect_raw(stream, NoTls).await.map_err(Closed::Client)?;
    tokio::spawn(async move {
        // Its error reaches us through the next statement, which fails as closed.
        let _closed = connection.await;
    });
    Ok(client)
}

/// Where the DSN leads, every address of its name.
async fn places(config: &Config, limit: Duration) -> Result<Vec<At>, String> {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    if let Some(address) = config.get_hostaddrs().first() {
        return Ok(vec![At::Address((*address, port).into())]);
    }
    match config.get_hosts().first() {
        Some(Host::Unix(folder)) => Ok(vec![At::Socket(socket(folder, port))]),
        Some(Host::Tcp(host)) => {
            let all = knock::addresses(host, port, limit).await?;
            Ok(all.into_iter().map(At::Address).collect())
        }
        None => Err("the DSN names no host".to_owned()),
    }
}

fn socket(folder: &Path, port: u16) -> std::path::PathBuf {
    folder.join(format!(".s.PGSQL.{port}"))
}
