//! The key that signs heads, and heads as C2SP checkpoints.
//!
//! The private key never leaves its file and this module; the public one stands beside the log,
//! and whoever verifies should hold a copy taken from somewhere else.

use std::path::Path;

use data_encoding::BASE64;
use ed25519_dalek::SigningKey;
use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash};
use zeroize::Zeroizing;

use crate::audit::fault::AuditError;
use crate::world::entropy::Entropy;

/// The byte that stands for Ed25519 in C2SP signed-note.
const ED25519: u8 = 1;

/// In a handover, before the key that signed so far.
pub(super) const FROM: &str = "key-from ";

/// In a handover, before the key that signs from then on.
pub(super) const TO: &str = "key-to ";

/// The key of one log.
pub(super) struct LogKey {
    origin: String,
    signer: StandardSigner,
    vkey: String,
}

/// The text of a fresh private key, to be stored 0600.
pub(super) fn generate(origin: &str, entropy: &dyn Entropy) -> Zeroizing<String> {
    let mut seed = Zeroizing::new([0; 32]);
    entropy.fill(seed.as_mut_slice());
    let id = signed_note::key_id(origin, &public(&seed));
    let secret = Zeroizing::new([&[ED25519], seed.as_slice()].concat());
    let encoded = Zeroizing::new(BASE64.encode(&secret));
    Zeroizing::new(format!("PRIVATE+KEY+{origin}+{id:08x}+{}", encoded.as_str()))
}

impl LogKey {
    /// Reads the text of a private key; `None` if it is none.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let signer = StandardSigner::new(text).ok()?;
        // From the left: base64 may hold a plus, a name may not.
        let (origin, rest) = text.strip_prefix("PRIVATE+KEY+")?.split_once('+')?;
        let (_, encoded) = rest.split_once('+')?;
        let secret = Zeroizing::new(BASE64.decode(encoded.as_bytes()).ok()?);
        let seed = Zeroizing::new(<[u8; 32]>::try_from(secret.get(1..)?).ok()?);
        let public = public(&seed);
        let id = signed_note::key_id(origin, &public);
        let vkey = format!("{origin}+{id:08x}+{}", BASE64.encode(&public));
        Some(Self { origin: origin.to_owned(), signer, vkey })
    }

    /// Reads a private key from its file.
    pub(super) fn from_file(path: &Path) -> Result<Self, AuditError> {
        let bytes = Zeroizing::new(crate::world::files::read(path).map_err(AuditError::read)?);
        std::str::from_utf8(&bytes)
            .ok()
            .and_then(|text| Self::from_text(text.trim_end()))
            .ok_or_else(|| AuditError::Key { path: path.to_owned() })
    }

    /// The name of the log.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// The public key, as verifiers take it.
    pub(super) fn vkey(&self) -> &str {
        &self.vkey
    }

    /// A signed list of the files of an export. Its first line holds blanks, which the name of a log
    /// cannot: no list passes for a head.
    pub(super) fn sign_list(&self, lines: &str) -> Vec<u8> {
        let text = format!("duphong export manifest v1\n{}\n{lines}", self.origin);
        let mut note = Note::new(text.as_bytes(), &[]).expect("lines of printable characters");
        note.add_sigs(&[&self.signer]).expect("signing with Ed25519 cannot fail");
        note.to_bytes()
    }

    /// A signed head.
    pub(super) fn sign(&self, size: u64, root: Hash) -> Vec<u8> {
        let head = Checkpoint::new(&self.origin, size, root, "").expect("the origin is not empty");
        let mut note = Note::new(&head.to_bytes(), &[]).expect("a checkpoint is a note's text");
        note.add_sigs(&[&self.signer]).expect("signing with Ed25519 cannot fail");
        note.to_bytes()
    }

    /// The head at which this key hands the log over to `next`: it names both, and both sign it.
    pub(super) fn hand_over(&self, next: &Self, size: u64, root: Hash) -> Vec<u8> {
        let lines = format!("{FROM}{}\n{TO}{}\n", self.vkey, next.vkey);
        let head = Checkpoint::new(&self.origin, size, root, &lines).expect("two whole lines");
        let mut note = Note::new(&head.to_bytes(), &[]).expect("a checkpoint is a note's text");
        note.add_sigs(&[&self.signer, &next.signer]).expect("signing with Ed25519 cannot fail");
        note.to_bytes()
    }
}

/// Size and root of a head that the key signed under the name of its log; `None` for anything else.
pub(super) fn open(vkey: &str, note: &[u8]) -> Option<(u64, Hash)> {
    let head = opened(vkey, &Note::from_bytes(note).ok()?)?;
    Some((head.size(), *head.hash()))
}

/// The head that the key signed under the name of its log.
pub(super) fn opened(vkey: &str, note: &Note) -> Option<Checkpoint> {
    let (origin, _) = vkey.split_once('+')?;
    let verifier = StandardVerifier::new(vkey).ok()?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)])).ok()?;
    let head = Checkpoint::from_bytes(note.text()).ok()?;
    (head.origin() == origin).then_some(head)
}

/// Whether the name can stand in a note and in a key.
pub(super) fn is_origin(origin: &str) -> bool {
    signed_note::is_key_name_valid(origin)
        && origin.len() <= 200
        && !origin.chars().any(char::is_control)
}

fn public(seed: &[u8; 32]) -> Vec<u8> {
    let key = SigningKey::from_bytes(seed).verifying_key();
    [&[ED25519], key.as_bytes().as_slice()].concat()
}

#[cfg(all(test, feature = "testkit"))]
mod tests {
    use super::*;
    use crate::world::entropy::SeededEntropy;

    #[test]
    fn a_head_opens_only_with_the_key_and_name_it_was_signed_with() {
        let key =
            |origin, seed| LogKey::from_text(&generate(origin, &SeededEntropy::new(seed))).unwrap();
        let note = key("cong.example/a", 1).sign(3, Hash([7; 32]));
        let open = |origin, seed, note: &[u8]| open(key(origin, seed).vkey(), note);
        assert_eq!(open("cong.example/a", 1, &note), Some((3, Hash([7; 32]))));
        assert_eq!(open("cong.example/a", 2, &note), None);
        assert_eq!(open("cong.example/b", 1, &note), None);
        let forged = String::from_utf8(note).unwrap().replacen("\n3\n", "\n4\n", 1);
        assert_eq!(open("cong.example/a", 1, forged.as_bytes()), None);
    }
}
