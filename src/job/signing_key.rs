//! The key that signs the audit log: which one it is, since when, and a new one in its place.

use jiff::Timestamp;

use crate::audit::verify::Signer;
use crate::audit::{Entry, Kind, Log, ROTATE, Rotated, check_key_place};
use crate::base::fault::AnyFault;
use crate::job::site::Site;

/// The key that signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// As a verifier takes it.
    pub vkey: String,
    /// Since when, where that is known.
    pub since: Option<Timestamp>,
    /// How often the log was handed over until it was this one.
    pub rotations: u64,
}

impl From<&Signer> for SigningKey {
    fn from(signer: &Signer) -> Self {
        Self { vkey: signer.vkey.clone(), since: signer.since, rotations: signer.number }
    }
}

impl SigningKey {
    /// The key of the log. When it took over is told by [`Since`].
    pub fn of(log: &Log, since: &Since) -> Self {
        Self { vkey: log.vkey().to_owned(), since: since.at, rotations: log.rotations() }
    }
}

/// Since when the newest key signs: a fold over the entries.
#[derive(Clone, Debug, Default)]
pub struct Since {
    at: Option<Timestamp>,
    announced: Option<(u64, Timestamp)>,
}

impl Since {
    /// Takes in the next entry.
    pub fn take(&mut self, entry: &Entry) {
        match entry.kind {
            Kind::Opened => self.at = Some(entry.at),
            Kind::Intent if entry.verb == ROTATE => self.announced = Some((entry.seq, entry.at)),
            // Only one that was done is not abandoned: it has the handover's number.
            Kind::Outcome if entry.verb == ROTATE && entry.facts.contains_key("handover") => {
                let announced = self.announced.take();
                let at = announced.filter(|(seq, _)| entry.intent == Some(*seq));
                self.at = at.map(|(_, at)| at).or(self.at);
            }
            _ => {}
        }
    }
}

/// Puts a new key in the place of the one that signs. `by` decided it, for `reason`.
pub fn rotate(site: &Site, by: &str, reason: &str) -> Result<Rotated, AnyFault> {
    Ok(log(site)?.rotate_key(&site.actor, by, reason)?)
}

/// The key that [`rotate`] would replace, after all that it checks before it changes anything.
pub fn plan(site: &Site) -> Result<SigningKey, AnyFault> {
    let log = log(site)?;
    log.can_rotate()?;
    let mut since = Since::default();
    for entry in log.reader()?.entries() {
        since.take(&entry?);
    }
    Ok(SigningKey::of(&log, &since))
}

/// The log whose key is to be rotated.
fn log(site: &Site) -> Result<Log, AnyFault> {
    site.initialised()?;
    check_key_place(&site.settings.audit_dir())?;
    site.log()
}
