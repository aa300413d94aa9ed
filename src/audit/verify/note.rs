//! C2SP signed notes, verifier keys and checkpoints, read strictly.

use data_encoding::BASE64;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::audit::verify::hash::Hash;

/// The byte that stands for Ed25519.
const ED25519: u8 = 1;

/// A public key and the name it signs under.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) name: String,
    id: [u8; 4],
    public: VerifyingKey,
}

impl Key {
    /// Reads `name+id+base64`; `None` if it is no Ed25519 key or its id is wrong.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim_end().splitn(3, '+');
        let (name, id, encoded) = (parts.next()?, parts.next()?, parts.next()?);
        let encoded = BASE64.decode(encoded.as_bytes()).ok()?;
        let (&algorithm, point) = encoded.split_first()?;
        let digest =
            Sha256::new().chain_update(name).chain_update(b"\n").chain_update(&encoded).finalize();
        let expected = *digest.first_chunk::<4>()?;
        if name.is_empty()
            || algorithm != ED25519
            || id != data_encoding::HEXLOWER.encode(&expected)
        {
            return None;
        }
        let public = VerifyingKey::from_bytes(point.try_into().ok()?).ok()?;
        Some(Self { name: name.to_owned(), id: expected, public })
    }

    /// Whether this is the key that `text` describes.
    pub(super) fn is(&self, text: &str) -> bool {
        Self::parse(text)
            .is_some_and(|other| other.name == self.name && other.public == self.public)
    }

    /// The id by which signatures name it.
    pub(super) fn id(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.id)
    }

    /// This key, as it is given to a verifier.
    pub(super) fn vkey(&self) -> String {
        let encoded = BASE64.encode(&[&[ED25519], self.public.as_bytes().as_slice()].concat());
        format!("{}+{}+{encoded}", self.name, data_encoding::HEXLOWER.encode(&self.id))
    }

    /// The text of a note that this key signed under its name; `None` otherwise.
    pub(super) fn text_of<'a>(&self, note: &'a [u8]) -> Option<&'a str> {
        let note = std::str::from_utf8(note).ok()?;
        let split = note.rfind("\n\n")? + 1;
        let (text, signatures) = (&note[..split], &note[split + 1..]);
        let mut is_signed = false;
        for line in signatures.strip_suffix('\n')?.split('\n') {
            let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
            let signature = BASE64.decode(encoded.as_bytes()).ok()?;
            let (id, signature) = signature.split_first_chunk::<4>()?;
            if name == self.name && *id == self.id {
                let signature = Signature::from_slice(signature).ok()?;
                self.public.verify_strict(text.as_bytes(), &signature).ok()?;
                is_signed = true;
            }
        }
        is_signed.then_some(text)
    }

    /// Size and root of a checkpoint that this key signed under its name; `None` otherwise.
    pub(super) fn open(&self, note: &[u8]) -> Option<(u64, Hash)> {
        let mut lines = self.text_of(note)?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let number = size.parse::<u64>().ok().filter(|number| number.to_string() == size)?;
        let root = BASE64.decode(root.as_bytes()).ok()?.try_into().ok()?;
        (origin == self.name).then_some((number, root))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_from_the_specification_is_read_and_a_changed_one_is_not() {
        let good = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let key = Key::parse(good).unwrap();
        assert!(key.is(good));
        for bad in [
            "",
            "PeterNeumann",
            "PeterNeumann+c74f20a3",
            "Peter+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+AhpC",
        ] {
            assert!(Key::parse(bad).is_none(), "{bad}");
        }
        // Properly signed by that key, but no checkpoint.
        let note = "If you think cryptography is the answer to your problem,\n\
            then you don't know what your problem is.\n\n\
            \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        assert!(key.open(note.as_bytes()).is_none());
    }
}
