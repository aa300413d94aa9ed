//! Who hears of what, and how: plain values, already valid. Secrets are passed beside them.

use std::time::Duration;

/// How people are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// Addresses of those who hear everything.
    pub to: Vec<String>,
    /// The mail server, where there is one. `incident submit` uses it too.
    pub smtp: Option<Smtp>,
    /// Programs elsewhere that hear everything.
    pub webhooks: Vec<Webhook>,
    /// A state that stays bad is told again after this long; never again where absent.
    pub repeat: Option<Duration>,
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    /// Its name, which its certificate must hold.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How the connection is made safe. There is no way without.
    pub security: Security,
    /// The account, where the server asks for one; its password is read when needed.
    pub user: Option<String>,
    /// The sender.
    pub from: String,
    /// The longest one message may take.
    pub timeout: Duration,
}

/// How a connection to a mail server is made safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314), usually port 465.
    Tls,
    /// STARTTLS, required, usually port 587.
    StartTls,
}

impl Security {
    /// Each with its word in the file.
    pub const WORDS: [(&str, Self); 2] = [("tls", Self::Tls), ("starttls", Self::StartTls)];
}

/// A program elsewhere that takes JSON over HTTPS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its name in records.
    pub name: String,
    /// Where it listens.
    pub url: String,
}
