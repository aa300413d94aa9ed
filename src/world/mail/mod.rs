//! The door for mail: one letter to a server over SMTP, always under TLS.
//!
//! [`Mailer::send`] tells the fate of every recipient: accepted with the server's own words,
//! refused, not reached, or unknown when the connection broke after the letter was handed over.
//! Guarantees: nothing is sent in the clear, not even the greeting of a wrong server is answered
//! with a password; the server's certificate must hold its configured name; one letter takes at
//! most the configured time, whatever the server does; passwords never show in errors.
//!
//! Deliberately not here: trying again, and whether a letter should be sent at all.

mod connection;
mod dialogue;
mod fault;
mod letter;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;

pub use fault::{MailError, Phase, Reply};
pub use letter::{Address, Attachment, Letter};

use crate::base::secret::Secret;
use crate::world::World;
use crate::world::tls;

/// The largest letter as it travels: servers of agencies take 20 to 30 MB, and base64 adds a third
/// to what a person thinks of as the size.
pub const LETTER_MAX: u64 = 35_000_000;

/// A mail server and how to speak to it.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name, which its certificate must hold.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How the connection is made safe.
    pub security: Security,
    /// The account, where it asks for one.
    pub account: Option<Account>,
    /// A PEM file of authorities that we trust beside the public ones.
    pub authorities: Option<PathBuf>,
    /// The longest one letter may take.
    pub timeout: Duration,
}

/// How a connection is made safe. There is no third way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// STARTTLS, without which nothing is said.
    StartTls,
}

/// Who we are to the server.
#[derive(Clone, Debug)]
pub struct Account {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// What became of one letter.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The letter's Message-ID.
    pub message_id: String,
    /// Each recipient, in the letter's order: the server's answer to the letter, or what went
    /// wrong.
    pub recipients: Vec<(Address, Result<Reply, MailError>)>,
}

impl Delivery {
    /// Whether every recipient was accepted.
    pub fn is_complete(&self) -> bool {
        self.recipients.iter().all(|(_, fate)| fate.is_ok())
    }
}

/// Sends letters by one server. Cheap to clone; each letter has its own connection.
#[derive(Clone)]
pub struct Mailer {
    world: World,
    server: Server,
    name: ServerName<'static>,
    tls: Arc<ClientConfig>,
}

impl Mailer {
    /// Prepares to send; asks nobody yet.
    pub fn new(world: &World, server: Server) -> Result<Self, MailError> {
        let name = ServerName::try_from(server.host.clone())
            .map_err(|_| MailError::BadHost { host: server.host.clone() })?;
        let clock = Arc::clone(&world.clock);
        let tls = tls::client(clock, server.authorities.as_deref()).map_err(MailError::Setup)?;
        Ok(Self { world: world.clone(), server, name, tls: Arc::new(tls) })
    }

    /// Sends one letter. An error means that the letter itself cannot be sent by anyone; what a
    /// server does to it stands in the delivery.
    ///
    /// Not to be called from the runtime's own workers.
    pub fn send(&self, letter: &Letter) -> Result<Delivery, MailError> {
        let bytes = letter.written(self.world.clock.now())?;
        let size = bytes.len() as u64;
        if size > LETTER_MAX {
            return Err(MailError::TooLarge { bytes: size, max: LETTER_MAX });
        }
        let mut fates = vec![None; letter.to.len()];
        let ended = dialogue::deliver(self, letter, &bytes, &mut fates);
        // Whoever was not answered for alone shares the end of the conversation.
        let fates = fates.into_iter().map(|fate| fate.unwrap_or_else(|| ended.clone()));
        let recipients = letter.to.iter().cloned().zip(fates).collect();
        Ok(Delivery { message_id: letter.message_id(), recipients })
    }
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").field("server", &self.server).finish_non_exhaustive()
    }
}
