//! A new signing key takes over inside the log.
//!
//! One hold of the lock, so that no head of the old key can come behind the handover. Stopped
//! anywhere, either key is in force, never none and never both; whoever writes next finishes or
//! undoes the rest.

use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};

use crate::audit::entry::{Actor, Deed, Draft, Entry, Outcome};
use crate::audit::fault::AuditError;
use crate::audit::handover::{self, HANDOVERS_MAX, Handover, Keys};
use crate::audit::key::{self, LogKey};
use crate::audit::layout::Layout;
use crate::audit::log::Log;
use crate::world::files;

/// The verb of a rotation. Verifiers know it: what it announces must be handed over.
pub const VERB: &str = "audit.rotate-key";

/// A key that took over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The verifier key until then.
    pub from: String,
    /// The verifier key from then on.
    pub to: String,
    /// Entries that the old key answers for.
    pub size: u64,
    /// The handover, which stays for ever.
    pub path: PathBuf,
}

/// Where systemd lays the credentials of services, and of those of people.
const CREDENTIALS: [&str; 2] = ["/run/credentials", "/run/user"];

/// Whether somebody hands the key in at the start of the service: by a link to a credential, or by
/// a file that is mounted in its place. A rotation would come to its handover and then not replace
/// it: the next start would hand in the key that may not sign any more.
fn is_handed_in(path: &Path) -> bool {
    let leads = path.read_link().unwrap_or_else(|_| path.to_owned());
    let is_credential = CREDENTIALS.iter().any(|folder| leads.starts_with(folder))
        && leads.components().any(|part| part.as_os_str() == "credentials");
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    let told = statx(CWD, path, flags, StatxFlags::BASIC_STATS);
    let is_mounted =
        told.is_ok_and(|told| told.stx_attributes.contains(StatxAttributes::MOUNT_ROOT));
    is_credential || is_mounted
}

fn check_place(path: &Path) -> Result<(), AuditError> {
    if is_handed_in(path) {
        return Err(AuditError::KeyHandedIn { path: path.to_owned() });
    }
    Ok(())
}

/// Whether a rotation could replace the key of the log in `dir`, as far as its place tells. Before
/// the log is opened: who is no part of the service may not read a credential of it.
pub fn check_key_place(dir: &Path) -> Result<(), AuditError> {
    check_place(&Layout::new(dir).key())
}

impl Log {
    /// Whether the key can be rotated; writes nothing.
    pub fn can_rotate(&self) -> Result<(), AuditError> {
        let path = &self.key_path;
        check_place(path)?;
        // A link leads to where somebody keeps the key: the new one must not land elsewhere, and
        // the old one not stay there.
        let is_plain = path.symlink_metadata().is_ok_and(|meta| meta.file_type().is_file());
        if !is_plain {
            return Err(AuditError::KeyElsewhere { path: path.clone() });
        }
        if self.rotations() >= HANDOVERS_MAX {
            return Err(AuditError::KeyOften { count: HANDOVERS_MAX });
        }
        Ok(())
    }

    /// How often the key was rotated.
    pub fn rotations(&self) -> u64 {
        self.keys().past.len() as u64
    }

    /// Makes a new key, hands the log over to it, and removes the old one. Both keys, `reason` and
    /// who wished it are on record. After an error the old or the new key is in force, and whoever
    /// opens the log next puts the rest right.
    pub fn rotate_key(&self, actor: &Actor, by: &str, reason: &str) -> Result<Rotated, AuditError> {
        self.locked(|state, inner| {
            // Under the lock, so that what it says stays true.
            self.can_rotate()?;
            let old = &self.keys().key;
            let text = self.fresh_key(old.origin());
            let new = LogKey::from_text(&text).expect("a key we made can be read");
            let pending = handover::pending(&self.key_path);
            self.disk.put(&pending, text.as_bytes()).map_err(AuditError::write)?;
            let deed = Deed::new(VERB, old.origin())
                .fact("by", by)
                .fact("reason", reason)
                .fact("from", old.vkey())
                .fact("to", new.vkey());
            let intent = self.announce_in(state, inner, actor, deed, None)?;
            let size = state.size();
            let note = old.hand_over(&new, size, state.root()?);
            let number = self.rotations() + 1;
            let path = self.layout.handover(number);
            self.disk.put(&path, &note).map_err(AuditError::write)?;
            // From here on the old key signs nothing any more, whatever happens.
            handover::take_over(&self.layout, &self.key_path, &text, &self.disk)?;
            let (from, to) = (old.vkey().to_owned(), new.vkey().to_owned());
            let mut past = self.keys().past.clone();
            past.push(Handover { from: from.clone(), to: to.clone(), size });
            self.ring.advance(Keys { key: new, past });
            let outcome = Outcome::done().fact("handover", number).fact("size", size);
            self.settle_in(state, inner, intent, outcome)?;
            Ok(Rotated { from, to, size, path })
        })
    }

    /// The handovers so far, oldest first, as they lie in the folder.
    pub(super) fn handovers(&self) -> Result<Vec<Vec<u8>>, AuditError> {
        let numbers = 1..=self.rotations();
        let paths = numbers.map(|number| self.layout.handover(number));
        paths.map(|path| files::read(&path).map_err(AuditError::read)).collect()
    }

    /// A new private key, whose id no earlier one has: signatures are told apart by it.
    fn fresh_key(&self, origin: &str) -> zeroize::Zeroizing<String> {
        let id_of = |vkey: &str| vkey.split('+').nth(1).map(str::to_owned);
        let keys = self.keys();
        let known = keys.past.iter().map(|past| past.from.as_str()).chain([keys.key.vkey()]);
        let known: Vec<_> = known.map(id_of).collect();
        loop {
            let text = key::generate(origin, self.world.entropy.as_ref());
            let fresh = LogKey::from_text(&text).expect("a key we made can be read");
            if !known.contains(&id_of(fresh.vkey())) {
                return text;
            }
        }
    }

    /// The number of the handover that the intent announced, if it came to one.
    pub(super) fn handover_of(&self, intent: &Entry) -> Option<u64> {
        let is_announced = |past: &Handover| {
            intent.verb == VERB
                && past.size == intent.seq + 1
                && intent.facts.get("to").is_some_and(|to| *to == past.to.as_str())
        };
        let index = self.keys().past.iter().position(is_announced)?;
        Some(index as u64 + 1)
    }

    /// The outcome of an intent that its run did not settle. A rotation that had come to its
    /// handover was done, and is finished now.
    pub(super) fn outcome_of_ended(&self, intent: &Entry) -> Draft {
        let about = (intent.seq, intent.verb.as_str(), intent.subject.as_str());
        let outcome = match self.handover_of(intent) {
            Some(number) => Outcome::done()
                .fact("handover", number)
                .fact("size", intent.seq + 1)
                .fact("resumed", true),
            None => Outcome::abandoned(),
        };
        Draft::outcome(&Actor::daemon(), about, outcome)
    }
}
