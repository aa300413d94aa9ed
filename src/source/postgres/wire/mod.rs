//! A connection in PostgreSQL's replication mode, which the client library does not have.
//!
//! Speaks what base backups and log streams need: a login, one plain command at a time, rows, and
//! data that is copied out or both ways. Blocking: a call returns with the next message, or as soon
//! as someone asks to stop, or when the server was silent for too long. What a caller does not take
//! stays with the server, so that memory holds one message at most.
//!
//! Bytes of a server are not trusted: lengths are bounded, and what is not a message is a fault.
//! Like our sessions it has no TLS. After an error the connection is of no more use.

pub mod fault;
#[cfg(feature = "testkit")]
pub mod hostile;
mod login;
mod message;
mod place;

use std::io::{self, Read, Write};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use postgres_protocol::message::frontend;

use crate::base::cancel::Cancel;
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::wire::fault::{Said, WireFault};
use crate::source::postgres::wire::message::Backend;
use crate::source::postgres::wire::place::Stream;
use crate::world::World;

pub use crate::source::postgres::wire::message::{Message, RawRow};

/// How often a wish to stop is looked for while a server says nothing.
const LOOK: Duration = Duration::from_millis(200);

/// Read at once: several messages of a base backup, which have up to 32 KiB.
const READ: usize = 256 * 1024;

/// A row of an answer, as text; `None` is NULL.
pub type Row = Vec<Option<String>>;

/// A row as text; what is no UTF-8 is replaced.
pub fn as_text(row: RawRow) -> Row {
    let text = |bytes: bytes::Bytes| String::from_utf8_lossy(&bytes).into_owned();
    row.into_iter().map(|column| column.map(text)).collect()
}

/// A connection in replication mode.
pub struct Wire {
    stream: Stream,
    /// Read and not taken yet.
    buffer: BytesMut,
    cancel: Cancel,
    /// For how long a server that should speak may be silent.
    silence: Duration,
    /// Which server, for messages.
    server: String,
}

impl Wire {
    /// Connects and logs in. From then on a server that owes an answer may be silent for `silence`.
    ///
    /// A role without the right to replicate is a fault of its own.
    pub fn open(
        settings: &Settings,
        world: &World,
        cancel: &Cancel,
        silence: Duration,
    ) -> Result<Self, SourceError> {
        let config = settings.config()?;
        let server = settings.server();
        let stream = place::connect(&config, &server, world)?;
        stream.set_timeouts(LOOK, silence).map_err(|error| WireFault::lost("connect", error))?;
        let (buffer, cancel) = (BytesMut::new(), cancel.clone());
        let mut wire = Self { stream, buffer, cancel, silence, server };
        login::login(&mut wire, &config)?;
        Ok(wire)
    }

    /// Runs a command that answers with rows; those of all its answers, one after the other.
    pub fn rows(&mut self, act: &'static str, command: &str) -> Result<Vec<Row>, SourceError> {
        Ok(self.raw_rows(act, command)?.into_iter().map(as_text).collect())
    }

    /// The same, as the bytes that came.
    pub fn raw_rows(
        &mut self,
        act: &'static str,
        command: &str,
    ) -> Result<Vec<RawRow>, SourceError> {
        self.start(act, command)?;
        let mut rows = Vec::new();
        loop {
            match self.next(act)? {
                Message::Row(row) => rows.push(row),
                Message::Ready => return Ok(rows),
                Message::Columns | Message::Complete | Message::Notice(_) => {}
                other => return Err(unexpected(act, &other)),
            }
        }
    }

    /// Sends a command, whose answer is then to be read with [`next`](Self::next), to
    /// [`Message::Ready`].
    pub fn start(&mut self, act: &'static str, command: &str) -> Result<(), SourceError> {
        let mut out = BytesMut::new();
        frontend::query(command, &mut out).map_err(|error| WireFault::lost(act, error))?;
        self.send(act, &out)
    }

    /// The next message. An error that the server reports is a fault.
    pub fn next(&mut self, act: &'static str) -> Result<Message, SourceError> {
        let seconds = self.silence.as_secs();
        let silent = || SourceError::Silent { server: self.server.clone(), seconds };
        let silent = silent();
        self.next_within(act, self.silence)?.ok_or(silent)
    }

    /// The next message, or nothing when none has come within `limit`, in steps of 200 ms: then
    /// nothing is lost, and the call may be repeated.
    pub fn next_within(
        &mut self,
        act: &'static str,
        limit: Duration,
    ) -> Result<Option<Message>, SourceError> {
        loop {
            match self.backend(act, limit)? {
                None => return Ok(None),
                Some(Backend::Known(message)) => return Ok(Some(message)),
                Some(Backend::Error(said)) => return Err(self.said(act, said)),
                Some(Backend::Unneeded) => {}
                Some(Backend::Authentication(_)) => {
                    return Err(WireFault::protocol(act, "a login in the middle").into());
                }
            }
        }
    }

    /// Sends data while it is copied both ways.
    pub fn send_data(&mut self, act: &'static str, data: &[u8]) -> Result<(), SourceError> {
        send_data(&mut self.stream, act, data)
    }

    /// A second hand on the connection, for another thread while this one does not send.
    pub fn second(&self, act: &'static str) -> Result<Second, SourceError> {
        Ok(Second(self.stream.again().map_err(|error| WireFault::lost(act, error))?))
    }

    /// Says that no more data follows. The server then ends its own side: what it still sends is to
    /// be read to [`Message::Ready`].
    pub fn end_data(&mut self, act: &'static str) -> Result<(), SourceError> {
        let mut out = BytesMut::new();
        frontend::copy_done(&mut out);
        self.send(act, &out)
    }

    fn send(&mut self, act: &'static str, bytes: &[u8]) -> Result<(), SourceError> {
        self.stream.write_all(bytes).map_err(|error| WireFault::lost(act, error).into())
    }

    /// The next message as it comes; nothing when it takes longer than `limit`.
    fn backend(
        &mut self,
        act: &'static str,
        limit: Duration,
    ) -> Result<Option<Backend>, SourceError> {
        let mut waited = Duration::ZERO;
        loop {
            if self.cancel.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            let taken = message::take(&mut self.buffer);
            let taken = taken.map_err(|detail| WireFault::Protocol { act, detail })?;
            if let Some(message) = taken {
                return Ok(Some(message));
            }
            if waited >= limit {
                return Ok(None);
            }
            if !self.fill(act)? {
                waited += LOOK;
            }
        }
    }

    /// Reads what there is; whether anything came within [`LOOK`].
    fn fill(&mut self, act: &'static str) -> Result<bool, SourceError> {
        let held = self.buffer.len();
        self.buffer.resize(held + READ, 0);
        let read = self.stream.read(&mut self.buffer[held..]);
        self.buffer.truncate(held + read.as_ref().copied().unwrap_or_default());
        match read {
            Ok(0) => Err(SourceError::Gone { act }),
            Ok(_) => Ok(true),
            Err(error) if is_nothing_yet(&error) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
            Err(error) => Err(WireFault::lost(act, error).into()),
        }
    }

    /// What an error of the server means.
    fn said(&self, act: &'static str, said: Said) -> SourceError {
        if said.is_farewell() {
            return SourceError::Gone { act };
        }
        WireFault::Said { act, server: self.server.clone(), said: Box::new(said) }.into()
    }
}

/// A second hand on a connection: it sends data while that is copied both ways, or ends it.
pub struct Second(Stream);

impl Second {
    /// Sends data. Whoever holds the connection must not send meanwhile.
    pub fn send_data(&mut self, act: &'static str, data: &[u8]) -> Result<(), SourceError> {
        send_data(&mut self.0, act, data)
    }

    /// Ends the connection.
    pub fn hang_up(&self) {
        // One that is gone already is what is wished for.
        let _gone = self.0.hang_up();
    }
}

fn send_data(stream: &mut Stream, act: &'static str, data: &[u8]) -> Result<(), SourceError> {
    let mut out = BytesMut::new();
    let copy = frontend::CopyData::new(data).map_err(|error| WireFault::lost(act, error))?;
    copy.write(&mut out);
    stream.write_all(&out).map_err(|error| WireFault::lost(act, error).into())
}

impl Drop for Wire {
    fn drop(&mut self) {
        let mut out = BytesMut::new();
        frontend::terminate(&mut out);
        // Who is gone needs no farewell; a server that is in the middle of a stream ends by the
        // closed connection.
        let _gone = self.stream.write_all(out.chunk());
    }
}

fn is_nothing_yet(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// The fault of a server that answers something else than was asked.
pub fn unexpected(act: &'static str, message: &Message) -> SourceError {
    WireFault::protocol(act, message.name()).into()
}
