//! What can go wrong between a letter and its recipients, each told apart: an operator who reads
//! "timed out during the handshake" looks elsewhere than one who reads "password refused".

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::base::fault::{Args, Fault, FaultKind, Retry};
use crate::world::tls::TlsError;

/// How far a conversation with a mail server had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Asking for the server's address.
    Resolve,
    /// Reaching it.
    Connect,
    /// Agreeing on TLS.
    Handshake,
    /// Its first words.
    Greeting,
    /// What it can do.
    Hello,
    /// Changing over to TLS.
    StartTls,
    /// Logging in.
    Login,
    /// Naming the sender.
    Sender,
    /// Naming a recipient.
    Recipient,
    /// Asking to hand the letter over.
    Data,
    /// Handing it over.
    Letter,
}

impl Phase {
    /// The word in records and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Handshake => "handshake",
            Self::Greeting => "greeting",
            Self::Hello => "hello",
            Self::StartTls => "starttls",
            Self::Login => "login",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::Data => "data",
            Self::Letter => "letter",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a server answered: its code, and the beginning of its text on one line without control
/// characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Three digits: 2xx yes, 3xx go on, 4xx not now, 5xx no.
    pub code: u16,
    /// What it said.
    pub text: String,
}

impl Reply {
    pub(super) fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }
}

/// Why a letter was not written, or did not reach a recipient, or may not have.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MailError {
    /// This is no address that a server would understand.
    #[error("`{text}` is no mail address")]
    BadAddress {
        /// What it was.
        text: String,
    },
    /// A line break or control character where a letter's header would be split by it.
    #[error("the {field} holds a line break or control character")]
    BadHeader {
        /// Which part of the letter.
        field: &'static str,
    },
    /// The letter cannot be written down.
    #[error("the letter cannot be written: {detail}")]
    BadLetter {
        /// Why not.
        detail: String,
    },
    /// The letter is larger than we or the server take.
    #[error("the letter has {bytes} bytes, {max} are the most")]
    TooLarge {
        /// Its size as it would travel.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// TLS cannot be set up on our side.
    #[error("the mail server cannot be asked")]
    Setup(#[source] TlsError),
    /// This is no name of a server.
    #[error("`{host}` is no name of a server")]
    BadHost {
        /// What it was.
        host: String,
    },
    /// No address is known for the server's name.
    #[error("`{host}` has no address")]
    NoAddress {
        /// The name.
        host: String,
        /// The system's answer.
        #[source]
        source: Option<Arc<io::Error>>,
    },
    /// No address of the server answered.
    #[error("`{host}` port {port} cannot be reached")]
    Unreachable {
        /// The name.
        host: String,
        /// The port.
        port: u16,
        /// The last address's answer.
        #[source]
        source: Arc<io::Error>,
    },
    /// The server does not offer STARTTLS; nothing is ever sent without.
    #[error("`{host}` does not offer STARTTLS")]
    NoStartTls {
        /// The name.
        host: String,
    },
    /// No safe connection came about.
    #[error("no safe connection with `{host}`")]
    Tls {
        /// The name.
        host: String,
        /// Why not.
        #[source]
        source: TlsError,
    },
    /// The server offers no way to log in that we know.
    #[error("`{host}` offers no login with a password")]
    NoLogin {
        /// The name.
        host: String,
    },
    /// The server does not accept account and password.
    #[error("the login was refused: {} {}", reply.code, reply.text)]
    WrongLogin {
        /// What it answered.
        reply: Reply,
    },
    /// The server said no for good (5xx).
    #[error("refused at {phase}: {} {}", reply.code, reply.text)]
    Refused {
        /// When.
        phase: Phase,
        /// What it answered.
        reply: Reply,
    },
    /// The server said not now (4xx).
    #[error("put off at {phase}: {} {}", reply.code, reply.text)]
    Deferred {
        /// When.
        phase: Phase,
        /// What it answered.
        reply: Reply,
    },
    /// The time for one letter was over.
    #[error("timed out at {phase} after {} s", limit.as_secs())]
    TimedOut {
        /// When.
        phase: Phase,
        /// The time for one letter.
        limit: Duration,
    },
    /// The connection broke.
    #[error("the connection broke at {phase}")]
    Broken {
        /// When.
        phase: Phase,
        /// The system's answer.
        #[source]
        source: Arc<io::Error>,
    },
    /// What the server says is not the protocol, or has no end.
    #[error("not the mail protocol at {phase}: {detail}")]
    NotSmtp {
        /// When.
        phase: Phase,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// The whole letter was handed over, and no answer came: it may or may not be delivered.
    #[error("no answer came after the letter was handed over")]
    Unknown {
        /// What came instead.
        #[source]
        source: Box<MailError>,
    },
}

impl MailError {
    /// Whether the letter may have arrived all the same, so that sending it again may double it.
    pub fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }

    /// The server's answer, where it gave one.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::WrongLogin { reply }
            | Self::Refused { reply, .. }
            | Self::Deferred { reply, .. } => Some(reply),
            _ => None,
        }
    }
}

impl Fault for MailError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::BadAddress { .. } | Self::BadHeader { .. } | Self::TooLarge { .. } => {
                FaultKind::User
            }
            Self::BadLetter { .. } => FaultKind::Bug,
            Self::Setup(fault) => fault.kind(),
            Self::BadHost { .. } => FaultKind::Config,
            _ => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::BadAddress { .. } => "mail.bad-address",
            Self::BadHeader { .. } => "mail.bad-header",
            Self::BadLetter { .. } => "mail.bad-letter",
            Self::TooLarge { .. } => "mail.too-large",
            Self::Setup(_) => "mail.setup",
            Self::BadHost { .. } => "mail.bad-host",
            Self::NoAddress { .. } => "mail.no-address",
            Self::Unreachable { .. } => "mail.unreachable",
            Self::NoStartTls { .. } => "mail.no-starttls",
            Self::Tls { .. } => "mail.tls",
            Self::NoLogin { .. } => "mail.no-login",
            Self::WrongLogin { .. } => "mail.wrong-login",
            Self::Refused { .. } => "mail.refused",
            Self::Deferred { .. } => "mail.deferred",
            Self::TimedOut { .. } => "mail.timed-out",
            Self::Broken { .. } => "mail.broken",
            Self::NotSmtp { .. } => "mail.not-smtp",
            Self::Unknown { .. } => "mail.unknown",
        }
    }

    fn args(&self) -> Args {
        let answered =
            |reply: &Reply| Args::none().text("code", reply.code).text("answer", &reply.text);
        match self {
            Self::BadAddress { text } => Args::none().text("address", text),
            Self::BadHeader { field } => Args::none().text("field", field),
            Self::BadLetter { detail } => Args::none().text("detail", detail),
            Self::TooLarge { bytes, max } => {
                Args::none().number("bytes", *bytes).number("max", *max)
            }
            Self::BadHost { host }
            | Self::NoAddress { host, .. }
            | Self::NoStartTls { host }
            | Self::Tls { host, .. }
            | Self::NoLogin { host } => Args::none().text("host", host),
            Self::Unreachable { host, port, .. } => {
                Args::none().text("host", host).number("port", u64::from(*port))
            }
            Self::WrongLogin { reply } => answered(reply),
            Self::Refused { phase, reply } | Self::Deferred { phase, reply } => {
                answered(reply).text("phase", phase)
            }
            Self::TimedOut { phase, limit } => {
                Args::none().text("phase", phase).number("seconds", limit.as_secs())
            }
            Self::Broken { phase, .. } => Args::none().text("phase", phase),
            Self::NotSmtp { phase, detail } => {
                Args::none().text("phase", phase).text("detail", detail)
            }
            Self::Setup(_) | Self::Unknown { .. } => Args::none(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::BadAddress { .. }
            | Self::BadHeader { .. }
            | Self::BadLetter { .. }
            | Self::TooLarge { .. }
            | Self::BadHost { .. }
            | Self::Refused { .. } => Retry::Never,
            Self::Setup(fault) | Self::Tls { source: fault, .. } => fault.retry(),
            _ => Retry::Later,
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Setup(fault) | Self::Tls { source: fault, .. } => Some(fault),
            Self::Unknown { source } => Some(source.as_ref()),
            _ => None,
        }
    }
}
