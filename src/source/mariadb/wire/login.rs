//! Logging in: by the socket's own knowledge of us, and by the two ways that most accounts have.
//!
//! `mysql_native_password` and `caching_sha2_password` prove a password by a challenge; the latter
//! wants the password itself now and then, which only a socket or TLS gets from us. Every other way
//! (`ed25519`, PAM, Kerberos, a password in the clear) is [`Unable`].

use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use crate::base::secret::Secret;
use crate::source::mariadb::wire::packet::{CHALLENGE_BYTES, Greeting, Said, Step};
use crate::source::mariadb::wire::{Failure, HEADER_BYTES, Unable, Wire};
use crate::source::mariadb::{Place, Settings};

const NATIVE: &[u8] = b"mysql_native_password";
const CACHING: &[u8] = b"caching_sha2_password";

// What we are able to do. Not among it: more than one statement at a time, and sending files.
const LONG_PASSWORD: u32 = 1;
const WITH_DATABASE: u32 = 1 << 3;
const PROTOCOL_41: u32 = 1 << 9;
const TLS: u32 = 1 << 11;
const TRANSACTIONS: u32 = 1 << 13;
const SECURE: u32 = 1 << 15;
const WAYS: u32 = 1 << 19;

/// Without these a server is older than any that we know.
const NEEDED: u32 = PROTOCOL_41 | SECURE | WAYS;

/// `utf8mb4` with the collation that both makers have had it by since 2010.
const LETTERS: u8 = 45;

/// As the stock client is told.
const STATEMENT_BYTES_MAX: u32 = 1 << 30;

/// Ways that a server tries one after the other, and what it asks in them.
const STEPS_MAX: usize = 16;

/// Of `caching_sha2_password`: the server remembers the password; it wants to be told it.
const REMEMBERED: &[u8] = &[3];
const WANTED: &[u8] = &[4];

/// Logs in on a connection on which nothing was said yet.
pub(super) fn login(mut wire: Wire, settings: &Settings) -> Result<Wire, Unable> {
    let content = wire.receive()?;
    if let Some(said) = Said::read(&content) {
        return Err(Failure::Said(said).into());
    }
    let greeting = Greeting::read(&content).ok_or(Failure::Odd("it greets as no server does"))?;
    let is_tls = matches!(settings.place, Place::Host { authorities: Some(_), .. });
    let mut abilities = LONG_PASSWORD | WITH_DATABASE | PROTOCOL_41 | TRANSACTIONS | SECURE | WAYS;
    if is_tls {
        abilities |= TLS;
    }
    if (NEEDED | abilities & TLS) & !greeting.abilities != 0 {
        return Err(Failure::Odd("it lacks what a login needs").into());
    }
    let about_us = about_us(abilities);
    if is_tls {
        wire.say(&about_us)?;
        wire.stream = wire.stream.guarded(settings, &wire.world.clone())?;
    }
    let password = settings.password.as_ref().map_or(&[][..], Secret::expose);
    // A server that greets with a way of its own is told another, and says which one it wants.
    let is_known = [NATIVE, CACHING].contains(&greeting.way.as_slice());
    let mut way = if is_known { greeting.way } else { NATIVE.to_vec() };
    let first = proof(&way, password, &greeting.challenge)?;
    wire.say(&introduction(&about_us, settings, &way, &first)?)?;
    for _ in 0..STEPS_MAX {
        let content = wire.receive()?;
        match Step::read(&content).ok_or(Failure::Odd("it answers a login with no answer"))? {
            Step::In => {
                wire.number = 0;
                return Ok(wire);
            }
            Step::Refused(said) => return Err(Failure::Said(said).into()),
            Step::Switch { way: other, challenge } => {
                let answer = proof(&other, password, &challenge)?;
                way = other;
                wire.say(&answer)?;
            }
            Step::More(more) if way == CACHING && more == REMEMBERED => {}
            Step::More(more) if way == CACHING && more == WANTED && wire.stream.is_private() => {
                wire.say(&Zeroizing::new([password, &[0]].concat()))?;
            }
            Step::More(_) => return Err(Failure::Odd("it asks for more than we tell").into()),
        }
    }
    Err(Failure::Odd("its login does not end").into())
}

impl Wire {
    /// Sends one packet of a login.
    fn say(&mut self, content: &[u8]) -> Result<(), Failure> {
        self.packet.truncate(HEADER_BYTES);
        self.packet.extend_from_slice(content);
        let sent = self.transmit();
        self.packet.zeroize();
        self.packet.resize(HEADER_BYTES, 0);
        sent
    }
}

/// The first words, which are all that is said before TLS.
fn about_us(abilities: u32) -> Vec<u8> {
    let mut words = abilities.to_le_bytes().to_vec();
    words.extend(STATEMENT_BYTES_MAX.to_le_bytes());
    words.push(LETTERS);
    words.extend([0; 23]);
    words
}

fn introduction(
    about_us: &[u8],
    settings: &Settings,
    way: &[u8],
    proof: &[u8],
) -> Result<Vec<u8>, Unable> {
    let length = u8::try_from(proof.len()).map_err(|_| Failure::Odd("a proof is too long"))?;
    let mut words = about_us.to_vec();
    words.extend_from_slice(settings.user.as_bytes());
    words.extend([0, length]);
    words.extend_from_slice(proof);
    for name in [settings.database.as_bytes(), way] {
        words.extend_from_slice(name);
        words.push(0);
    }
    if settings.user.contains('\0') || settings.database.contains('\0') {
        return Err(Failure::Odd("a name holds a zero").into());
    }
    Ok(words)
}

/// What proves the password in this way.
fn proof(way: &[u8], password: &[u8], challenge: &[u8]) -> Result<Vec<u8>, Unable> {
    let challenge: &[u8; CHALLENGE_BYTES] = match way {
        NATIVE | CACHING => challenge.try_into(),
        _ => {
            let name = String::from_utf8_lossy(way);
            return Err(Unable::Because(format!("it wants a login by `{name}`")));
        }
    }
    .map_err(|_| Failure::Odd("its challenge has another length"))?;
    if password.is_empty() {
        return Ok(Vec::new());
    }
    Ok(if way == NATIVE { native(password, challenge) } else { caching(password, challenge) })
}

fn native(password: &[u8], challenge: &[u8]) -> Vec<u8> {
    let once = Zeroizing::new(Sha1::digest(password).to_vec());
    let twice = Sha1::digest(&*once);
    let mask = Sha1::new().chain_update(challenge).chain_update(twice).finalize();
    once.iter().zip(mask).map(|(one, other)| one ^ other).collect()
}

fn caching(password: &[u8], challenge: &[u8]) -> Vec<u8> {
    let once = Zeroizing::new(Sha256::digest(password).to_vec());
    let twice = Sha256::digest(&*once);
    let mask = Sha256::new().chain_update(twice).chain_update(challenge).finalize();
    once.iter().zip(mask).map(|(one, other)| one ^ other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_what_a_server_expects() {
        let challenge = *b"01234567890123456789";
        let hex = |bytes: Vec<u8>| data_encoding::HEXLOWER.encode(&bytes);
        let proof = |way, password: &[u8]| proof(way, password, &challenge);
        let native = hex(proof(NATIVE, "mật".as_bytes()).unwrap());
        assert_eq!(native, "c8bfc2f1274c89dc94b73d7941ea9947faddbbc7");
        let caching = hex(proof(CACHING, "mật".as_bytes()).unwrap());
        assert_eq!(caching, "e4c22eb67211626ac246a22400136991cb47faa52d90d37322a910e9d1cdd608");
        assert!(proof(CACHING, b"").unwrap().is_empty());
    }

    #[test]
    fn other_ways_and_challenges_are_left_to_the_stock_client() {
        for way in [b"client_ed25519".as_slice(), b"mysql_clear_password", b"dialog", b""] {
            assert!(proof(way, b"geheim", &[0; 20]).is_err());
        }
        assert!(proof(NATIVE, b"geheim", &[0; 8]).is_err());
    }
}
