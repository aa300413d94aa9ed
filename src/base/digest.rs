//! SHA-256 digests: the name of every stored object and the proof of its content.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;
use sha2::{Digest as _, Sha256};

/// So much is drawn into the first cache before it is hashed.
const DRAWN: usize = 16 * 1024;

/// A line of a cache, of most processors.
const LINE: usize = 64;

/// A SHA-256 digest (FIPS 180-4), printed as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(bytes);
        hasher.finish()
    }

    /// The first eight hexadecimal digits: enough for people, never for machines.
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(8);
        text
    }
}

/// Takes a digest piece by piece.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Takes the next bytes in.
    ///
    /// SHA-256 waits for each of its steps, and so for each line of memory that is not in a near
    /// cache: bytes that were just read or written elsewhere hash at two thirds of the speed.
    /// Looking at one byte of each line first fetches many at once.
    pub fn update(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(DRAWN) {
            let drawn = piece.iter().step_by(LINE).fold(0_u8, |all, byte| all ^ byte);
            // Else the compiler would see that nobody needs it.
            std::hint::black_box(drawn);
            self.0.update(piece);
        }
    }

    /// The digest of all that was taken in.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 digest in hexadecimal: `{0}`")]
pub struct NotADigest(pub String);

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| NotADigest(text.to_owned()))
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_pieces_of_any_length_it_is_the_same() {
        let bytes: Vec<u8> = (0..3 * DRAWN + 7).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let whole = Digest(Sha256::digest(&bytes).into());
        assert_eq!(Digest::of(&bytes), whole);
        for length in [1, LINE - 1, DRAWN - 1, DRAWN, DRAWN + 1, bytes.len()] {
            let mut hasher = Hasher::default();
            bytes.chunks(length).for_each(|piece| hasher.update(piece));
            assert_eq!(hasher.finish(), whole, "{length}");
        }
    }

    #[test]
    fn a_digest_survives_its_own_text() {
        let digest = Digest::of(b"abc");
        assert_eq!(
            digest.to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(digest.to_string().parse::<Digest>(), Ok(digest));
        assert_eq!(digest.short(), "ba7816bf");
        assert!("ba78".parse::<Digest>().is_err());
    }
}
