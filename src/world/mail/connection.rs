//! A connection to a mail server that can neither hang, nor flood us, nor talk in the clear.
//!
//! All phases together take at most one budget: a server that answers each question just in time
//! does not stretch it. An answer has a largest size. What was said before TLS is not believed
//! after it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use zeroize::Zeroizing;

use crate::world::World;
use crate::world::clock::{Clock, Monotonic};
use crate::world::mail::fault::{MailError, Phase, Reply};
use crate::world::tls::TlsError;

/// A reply line has at most 512 bytes (RFC 5321, 4.5.3.1.5); servers that write whole sentences
/// with links into it exist.
const LINE_MAX: usize = 2048;

/// Lines of one answer: EHLO of the most talkative servers has some twenty.
const LINES_MAX: usize = 128;

/// What is kept of an answer's text, in characters: enough for a reason with its link.
const TEXT_MAX: usize = 300;

/// The time that is left for one letter.
pub(super) struct Budget {
    clock: Arc<dyn Clock>,
    begun: Monotonic,
    pub(super) limit: Duration,
}

impl Budget {
    pub(super) fn new(clock: Arc<dyn Clock>, limit: Duration) -> Self {
        let begun = clock.monotonic();
        Self { clock, begun, limit }
    }

    /// What is left: never zero, which a socket takes for "for ever".
    fn left(&self) -> io::Result<Duration> {
        let left = self.limit.saturating_sub(self.clock.monotonic().since(self.begun));
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

/// A socket on which no call takes longer than what is left.
struct Timed {
    socket: TcpStream,
    budget: Arc<Budget>,
}

/// A socket that gave up waiting says "would block".
fn timed_out(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.budget.left()?))?;
        self.socket.read(buffer).map_err(timed_out)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.budget.left()?))?;
        self.socket.write(bytes).map_err(timed_out)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

enum Stream {
    Plain(Timed),
    Safe(Box<StreamOwned<ClientConnection, Timed>>),
}

/// A conversation with a server.
pub(super) struct Connection {
    host: String,
    budget: Arc<Budget>,
    stream: Stream,
    /// Read and not yet used.
    pending: Vec<u8>,
}

/// A whole answer: its lines without the code.
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) lines: Vec<String>,
}

impl Answer {
    /// The answer as it is kept: bounded, on one line, without control characters.
    pub(super) fn reply(&self) -> Reply {
        let text = self.lines.join(" ");
        let harmless = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        Reply { code: self.code, text: harmless.take(TEXT_MAX).collect() }
    }
}

impl Connection {
    /// Reaches the server by the first of its addresses that answers.
    pub(super) fn open(
        world: &World,
        host: &str,
        port: u16,
        budget: Budget,
    ) -> Result<Self, MailError> {
        let budget = Arc::new(budget);
        let addresses = resolve(world, host, port, &budget)?;
        let late = |phase| MailError::TimedOut { phase, limit: budget.limit };
        let mut last = None;
        for (tried, address) in addresses.iter().enumerate() {
            let left = budget.left().map_err(|_| late(Phase::Connect))?;
            // A dead first address must leave time for the ones behind it.
            let share = left / u32::try_from(addresses.len() - tried).unwrap_or(1);
            match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
                Ok(socket) => {
                    let stream = Stream::Plain(Timed { socket, budget: Arc::clone(&budget) });
                    return Ok(Self { host: host.to_owned(), budget, stream, pending: Vec::new() });
                }
                Err(error) => last = Some(error),
            }
        }
        match last {
            None => Err(MailError::NoAddress { host: host.to_owned(), source: None }),
            Some(error) if timed_out_kind(&error) => Err(late(Phase::Connect)),
            Some(error) => {
                let (host, source) = (host.to_owned(), Arc::new(error));
                Err(MailError::Unreachable { host, port, source })
            }
        }
    }

    /// How we are called where we cannot know a name of ours: by our address (RFC 5321, 4.1.3).
    pub(super) fn own_name(&self) -> String {
        match self.socket().local_addr() {
            Ok(SocketAddr::V4(address)) => format!("[{}]", address.ip()),
            Ok(SocketAddr::V6(address)) => format!("[IPv6:{}]", address.ip()),
            Err(_) => "[127.0.0.1]".to_owned(),
        }
    }

    /// Goes on under TLS; the server must prove to be `name`.
    pub(super) fn secure(
        self,
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> Result<Self, MailError> {
        if !self.pending.is_empty() {
            // Said before anyone could vouch for it, to be heard after: an injected answer.
            let detail = "words before TLS";
            return Err(MailError::NotSmtp { phase: Phase::Handshake, detail });
        }
        let Self { host, budget, stream, pending } = self;
        let Stream::Plain(mut plain) = stream else {
            let detail = "TLS within TLS".to_owned();
            return Err(MailError::Setup(TlsError::Unavailable { detail }));
        };
        let failed = |error: io::Error| failed(&host, &budget, Phase::Handshake, error);
        let mut tls =
            ClientConnection::new(config, name).map_err(io::Error::other).map_err(failed)?;
        while tls.is_handshaking() {
            tls.complete_io(&mut plain).map_err(failed)?;
        }
        let stream = Stream::Safe(Box::new(StreamOwned::new(tls, plain)));
        Ok(Self { host, budget, stream, pending })
    }

    /// Says one line.
    pub(super) fn say(&mut self, line: &str, phase: Phase) -> Result<(), MailError> {
        // In one piece, so that it leaves in one packet; wiped, since it may be a password.
        let whole = Zeroizing::new([line.as_bytes(), b"\r\n"].concat());
        self.write(&whole, phase)?;
        self.flush(phase)
    }

    /// Writes bytes, some of which may wait for [`Self::flush`].
    pub(super) fn write(&mut self, bytes: &[u8], phase: Phase) -> Result<(), MailError> {
        let written = match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(bytes),
            Stream::Safe(stream) => stream.write_all(bytes),
        };
        written.map_err(|error| self.failed(phase, error))
    }

    /// Sends off all that was written.
    pub(super) fn flush(&mut self, phase: Phase) -> Result<(), MailError> {
        let flushed = match &mut self.stream {
            Stream::Plain(stream) => stream.flush(),
            Stream::Safe(stream) => stream.flush(),
        };
        flushed.map_err(|error| self.failed(phase, error))
    }

    /// Hears one answer to its end.
    pub(super) fn hear(&mut self, phase: Phase) -> Result<Answer, MailError> {
        let odd = |detail| MailError::NotSmtp { phase, detail };
        let mut answer: Option<Answer> = None;
        loop {
            let line = self.line(phase)?;
            let (code, rest) = line.split_at_checked(3).ok_or_else(|| odd("no code"))?;
            let digits = code.bytes().all(|byte| byte.is_ascii_digit());
            let code = code.parse().ok().filter(|code| digits && (200..600).contains(code));
            let code = code.ok_or_else(|| odd("no code"))?;
            let answer = answer.get_or_insert(Answer { code, lines: Vec::new() });
            if answer.code != code {
                return Err(odd("two codes in one answer"));
            }
            if answer.lines.len() == LINES_MAX {
                return Err(odd("an answer without end"));
            }
            answer.lines.push(rest.get(1..).unwrap_or("").to_owned());
            match rest.bytes().next() {
                None | Some(b' ') => break,
                Some(b'-') => {}
                Some(_) => return Err(odd("no code")),
            }
        }
        answer.ok_or_else(|| odd("no code"))
    }

    /// Says goodbye and does not wait: the letter's fate is settled, and a server that is slow to
    /// part must not take our time.
    pub(super) fn part(mut self) {
        let _heard_or_not = self.say("QUIT", Phase::Letter);
        if let Stream::Safe(stream) = &mut self.stream {
            stream.conn.send_close_notify();
            let _told_or_not = stream.flush();
        }
    }

    fn line(&mut self, phase: Phase) -> Result<String, MailError> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.pending[searched..].iter().position(|byte| *byte == b'\n') {
                let rest = self.pending.split_off(searched + end + 1);
                let line = std::mem::replace(&mut self.pending, rest);
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            searched = self.pending.len();
            if searched > LINE_MAX {
                return Err(MailError::NotSmtp { phase, detail: "a line without end" });
            }
            let mut buffer = [0; 1024];
            let read = match &mut self.stream {
                Stream::Plain(stream) => stream.read(&mut buffer),
                Stream::Safe(stream) => stream.read(&mut buffer),
            };
            match read {
                Ok(0) => return Err(self.failed(phase, io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => self.pending.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(phase, error)),
            }
        }
    }

    fn socket(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(stream) => &stream.socket,
            Stream::Safe(stream) => &stream.sock.socket,
        }
    }

    fn failed(&self, phase: Phase, error: io::Error) -> MailError {
        failed(&self.host, &self.budget, phase, error)
    }
}

fn failed(host: &str, budget: &Budget, phase: Phase, error: io::Error) -> MailError {
    if timed_out_kind(&error) {
        return MailError::TimedOut { phase, limit: budget.limit };
    }
    match TlsError::in_chain(&error) {
        Some(source) => MailError::Tls { host: host.to_owned(), source },
        None => MailError::Broken { phase, source: Arc::new(error) },
    }
}

fn timed_out_kind(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::TimedOut
}

/// The server's addresses. The system's resolver cannot be stopped; it is left behind when time
/// is over.
fn resolve(
    world: &World,
    host: &str,
    port: u16,
    budget: &Budget,
) -> Result<Vec<SocketAddr>, MailError> {
    let late = || MailError::TimedOut { phase: Phase::Resolve, limit: budget.limit };
    let left = budget.left().map_err(|_| late())?;
    let question = async {
        tokio::time::timeout(left, tokio::net::lookup_host((host, port)))
            .await
            .map(|answer| answer.map(Iterator::collect))
    };
    match world.block_on(question) {
        Err(_elapsed) => Err(late()),
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(source)) => {
            Err(MailError::NoAddress { host: host.to_owned(), source: Some(Arc::new(source)) })
        }
    }
}
