//! Where a replication connection goes: the first address of the DSN's host that accepts, or a
//! socket on this machine.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::source::error::SourceError;
use crate::source::postgres::session::CONNECT_SECONDS;
use crate::source::postgres::wire::fault::WireFault;
use crate::world::World;
use crate::world::net::knock;

/// A connection of either kind.
pub(super) enum Stream {
    /// On this machine.
    Unix(UnixStream),
    /// To a host.
    Tcp(TcpStream),
}

impl Stream {
    /// The same connection once more.
    pub(super) fn again(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Unix(stream) => Self::Unix(stream.try_clone()?),
            Self::Tcp(stream) => Self::Tcp(stream.try_clone()?),
        })
    }

    /// Ends the connection for everybody who has it.
    pub(super) fn hang_up(&self) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
        }
    }

    pub(super) fn set_timeouts(&self, read: Duration, write: Duration) -> io::Result<()> {
        match self {
            Self::Unix(stream) => {
                stream.set_read_timeout(Some(read))?;
                stream.set_write_timeout(Some(write))
            }
            Self::Tcp(stream) => {
                stream.set_read_timeout(Some(read))?;
                stream.set_write_timeout(Some(write))
            }
        }
    }
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(bytes),
            Self::Tcp(stream) => stream.read(bytes),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.write(bytes),
            Self::Tcp(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.flush(),
            Self::Tcp(stream) => stream.flush(),
        }
    }
}

/// Connects; every failure names the server.
pub(super) fn connect(config: &Config, server: &str, world: &World) -> Result<Stream, SourceError> {
    if config.get_user().is_none() {
        let reason = "it names no role (user), which a replication connection needs".to_owned();
        return Err(SourceError::Dsn { reason });
    }
    let none = |reason: String| SourceError::NoAnswer { server: server.to_owned(), reason };
    let limit = config.get_connect_timeout().copied();
    let limit = limit.unwrap_or(Duration::from_secs(CONNECT_SECONDS));
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let addresses = match (config.get_hostaddrs().first(), config.get_hosts().first()) {
        (Some(address), _) => vec![(*address, port).into()],
        (None, Some(Host::Tcp(host))) => {
            world.block_on(knock::addresses(host, port, limit)).map_err(none)?
        }
        (None, Some(Host::Unix(folder))) => {
            let socket = folder.join(format!(".s.PGSQL.{port}"));
            let stream = UnixStream::connect(&socket).map_err(|error| none(error.to_string()))?;
            return Ok(Stream::Unix(stream));
        }
        (None, None) => return Err(none("the DSN names no host".to_owned())),
    };
    let mut last = none("it has no address".to_owned());
    for address in addresses {
        match world.block_on(knock::knock(address, limit)) {
            Ok(stream) => {
                let stream = plain(stream).map_err(|error| WireFault::lost("connect", error))?;
                return Ok(Stream::Tcp(stream));
            }
            Err(error) => last = none(knock::why(&error)),
        }
    }
    Err(last)
}

/// The same connection, blocking.
fn plain(stream: tokio::net::TcpStream) -> io::Result<TcpStream> {
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
