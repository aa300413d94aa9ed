//! The login: trust, a password, its MD5 hash, or SCRAM, as the server asks.
//!
//! The proof of SCRAM is the client library's own; what the server proves in turn is checked there
//! as well.

use bytes::BytesMut;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::frontend;
use tokio_postgres::Config;

use crate::source::error::SourceError;
use crate::source::postgres::wire::Wire;
use crate::source::postgres::wire::fault::{Said, WireFault};
use crate::source::postgres::wire::message::{Authentication, Backend, Message};

const ACT: &str = "log in";

/// A role may have the first otherwise, and it would end a long stream. The second is how long a
/// server waits for one who receives its log and says nothing: its default, whatever this server has.
const OPTIONS: &str = "-c statement_timeout=0 -c wal_sender_timeout=1min";

/// SQLSTATE of a role that lacks a right.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// Logs in; when it returns, the server waits for a command.
pub(super) fn login(wire: &mut Wire, config: &Config) -> Result<(), SourceError> {
    let user = config.get_user().unwrap_or_default();
    let told = [
        ("user", user),
        ("replication", "true"),
        ("client_encoding", "UTF8"),
        ("application_name", "duphong"),
        ("options", OPTIONS),
    ];
    let mut out = BytesMut::new();
    frontend::startup_message(told, &mut out).map_err(|error| WireFault::lost(ACT, error))?;
    wire.send(ACT, &out)?;
    let mut scram = None;
    loop {
        match turn(wire, user)? {
            Backend::Authentication(turn) => answer(wire, config, turn, &mut scram)?,
            Backend::Known(Message::Ready) => return Ok(()),
            Backend::Known(Message::Notice(_)) | Backend::Unneeded => {}
            Backend::Known(other) => return Err(WireFault::protocol(ACT, other.name()).into()),
            Backend::Error(said) => return Err(refused(wire, user, said)),
        }
    }
}

fn turn(wire: &mut Wire, user: &str) -> Result<Backend, SourceError> {
    let limit = wire.silence;
    match wire.backend(ACT, limit)? {
        Some(Backend::Error(said)) => Err(refused(wire, user, said)),
        Some(turn) => Ok(turn),
        None => Err(SourceError::Silent { server: wire.server.clone(), seconds: limit.as_secs() }),
    }
}

fn refused(wire: &Wire, user: &str, said: Said) -> SourceError {
    if said.code == INSUFFICIENT_PRIVILEGE {
        return WireFault::Replication { role: user.to_owned() }.into();
    }
    WireFault::LoginRefused { server: wire.server.clone(), said: Box::new(said) }.into()
}

/// Gives the server what it asks for.
fn answer(
    wire: &mut Wire,
    config: &Config,
    turn: Authentication,
    scram: &mut Option<ScramSha256>,
) -> Result<(), SourceError> {
    let server = wire.server.clone();
    let cannot =
        |detail: String| SourceError::from(WireFault::Login { server: server.clone(), detail });
    let password = || config.get_password().ok_or_else(|| cannot("no password is set".to_owned()));
    let mut out = BytesMut::new();
    let written = match turn {
        // Who skips its own proof is not the server that knows the password.
        Authentication::Done => {
            return match scram {
                Some(_) => Err(cannot("it did not prove that it knows the password".to_owned())),
                None => Ok(()),
            };
        }
        Authentication::Password => frontend::password_message(password()?, &mut out),
        Authentication::Md5(salt) => {
            let user = config.get_user().unwrap_or_default();
            let hash = md5_hash(user.as_bytes(), password()?, salt);
            frontend::password_message(hash.as_bytes(), &mut out)
        }
        Authentication::Sasl(offered) => {
            if !offered.iter().any(|one| one == SCRAM_SHA_256) {
                return Err(cannot(format!("it offers {}", offered.join(", "))));
            }
            let started = ScramSha256::new(password()?, ChannelBinding::unsupported());
            let sent = frontend::sasl_initial_response(SCRAM_SHA_256, started.message(), &mut out);
            *scram = Some(started);
            sent
        }
        Authentication::SaslContinue(data) => {
            let running = scram.as_mut().ok_or_else(|| WireFault::protocol(ACT, "a late turn"))?;
            running.update(&data).map_err(|error| cannot(error.to_string()))?;
            frontend::sasl_response(running.message(), &mut out)
        }
        Authentication::SaslFinal(data) => {
            let mut ended = scram.take().ok_or_else(|| WireFault::protocol(ACT, "a late turn"))?;
            return ended.finish(&data).map_err(|error| cannot(error.to_string()));
        }
        Authentication::Other(kind) => return Err(cannot(format!("a login of kind {kind}"))),
    };
    written.map_err(|error| WireFault::lost(ACT, error))?;
    wire.send(ACT, &out)
}
