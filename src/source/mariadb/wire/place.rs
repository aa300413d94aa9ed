//! Where a connection goes: a socket of this machine, or a host, by TLS where authorities are named.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use crate::source::mariadb::wire::Unable;
use crate::source::mariadb::{Place, Settings};
use crate::world::World;
use crate::world::net::knock;
use crate::world::tls;

/// A server that has not taken a connection and let us in within this time will not.
pub(super) const CONNECT_MAX: Duration = Duration::from_secs(30);

/// A connection of any kind.
pub(super) enum Stream {
    /// On this machine.
    Unix(UnixStream),
    /// To a host, in the clear.
    Tcp(TcpStream),
    /// To a host, encrypted, its certificate verified.
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    pub(super) fn set_timeouts(&self, limit: Duration) -> io::Result<()> {
        let limit = Some(limit);
        match self {
            Self::Unix(stream) => {
                stream.set_read_timeout(limit)?;
                stream.set_write_timeout(limit)
            }
            Self::Tcp(stream) => {
                stream.set_read_timeout(limit)?;
                stream.set_write_timeout(limit)
            }
            Self::Tls(stream) => {
                stream.sock.set_read_timeout(limit)?;
                stream.sock.set_write_timeout(limit)
            }
        }
    }

    /// Whether nobody between us and the server reads what is said.
    pub(super) fn is_private(&self) -> bool {
        !matches!(self, Self::Tcp(_))
    }

    /// The same connection by TLS, where `settings` want it. The handshake is made by what is sent
    /// next.
    pub(super) fn guarded(self, settings: &Settings, world: &World) -> Result<Self, Unable> {
        let Place::Host { host, authorities: Some(authorities), .. } = &settings.place else {
            return Ok(self);
        };
        let Self::Tcp(stream) = self else { return Ok(self) };
        let because = |reason: String| Unable::Because(reason);
        let clock = Arc::clone(&world.clock);
        let config =
            tls::client_by(clock, authorities).map_err(|error| because(error.to_string()))?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| because("no certificate is for such a name".to_owned()))?;
        let session = ClientConnection::new(Arc::new(config), name)
            .map_err(|error| because(error.to_string()))?;
        Ok(Self::Tls(Box::new(StreamOwned::new(session, stream))))
    }
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(bytes),
            Self::Tcp(stream) => stream.read(bytes),
            Self::Tls(stream) => stream.read(bytes),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.write(bytes),
            Self::Tcp(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.flush(),
            Self::Tcp(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// Connects; nothing is said yet.
pub(super) fn connect(settings: &Settings, world: &World) -> Result<Stream, Unable> {
    // What would leave this machine in the clear is not ours to begin.
    settings.check_private().map_err(|error| Unable::Because(error.to_string()))?;
    let because = |error: io::Error| Unable::Because(error.to_string());
    let (host, port) = match &settings.place {
        Place::Socket(path) => {
            return UnixStream::connect(path).map(Stream::Unix).map_err(because);
        }
        Place::Host { host, port, .. } => (host, *port),
    };
    let addresses = world.block_on(knock::addresses(host, port, CONNECT_MAX));
    let mut last = "it has no address".to_owned();
    for address in addresses.map_err(Unable::Because)? {
        match world.block_on(knock::knock(address, CONNECT_MAX)) {
            Ok(stream) => return plain(stream).map(Stream::Tcp).map_err(because),
            Err(error) => last = knock::why(&error),
        }
    }
    Err(Unable::Because(last))
}

/// The same connection, blocking.
fn plain(stream: tokio::net::TcpStream) -> io::Result<TcpStream> {
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
