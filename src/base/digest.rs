//! SHA-256 digests: the name of every stored object and the proof of its content.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;
use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};

/// So much is drawn into the first cache before it is hashed.
const DRAWN: usize = 16 * 1024;

/// A line of a cache, of most processors, and a block of SHA-256.
const LINE: usize = 64;

/// What every message begins with (FIPS 180-4, 5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

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

/// The digests of several pieces, of which two are taken side by side.
///
/// Each step of SHA-256 waits for the one before, and a processor that has an instruction for it is
/// idle meanwhile; it goes on with the steps of another message if that comes next. So the blocks of
/// two pieces are given to it in turns, which takes five sixths of the time (measured; more than
/// two gain nothing).
pub fn of_each(pieces: &[&[u8]]) -> Vec<Digest> {
    let mut digests = vec![Digest([0; 32]); pieces.len()];
    let mut waiting =
        pieces.iter().zip(&mut digests).map(|(piece, digest)| Lane::new(piece, digest));
    let (mut one, mut other) = (waiting.next(), waiting.next());
    while let (Some(a), Some(b)) = (&mut one, &mut other) {
        Lane::go_on(a, b);
        // One of them has no whole block left.
        let done = if a.blocks.is_empty() { &mut one } else { &mut other };
        if let Some(lane) = std::mem::replace(done, waiting.next()) {
            lane.finish();
        }
    }
    for lane in [one, other].into_iter().flatten().chain(waiting) {
        lane.finish();
    }
    digests
}

/// A message on its way.
struct Lane<'a> {
    state: [u32; 8],
    blocks: &'a [[u8; LINE]],
    /// What is left behind the last whole block.
    rest: &'a [u8],
    length: usize,
    digest: &'a mut Digest,
}

impl<'a> Lane<'a> {
    fn new(message: &'a [u8], digest: &'a mut Digest) -> Self {
        let (blocks, rest) = message.as_chunks();
        Self { state: INITIAL, blocks, rest, length: message.len(), digest }
    }

    /// Takes the blocks of both in turns, as many as both have.
    fn go_on(one: &mut Self, other: &mut Self) {
        let both = one.blocks.len().min(other.blocks.len());
        let (a, b) = (one.take(both), other.take(both));
        for (a, b) in a.chunks(DRAWN / LINE / 2).zip(b.chunks(DRAWN / LINE / 2)) {
            draw(a.as_flattened());
            draw(b.as_flattened());
            for (a, b) in a.iter().zip(b) {
                compress256(&mut one.state, std::slice::from_ref(a));
                compress256(&mut other.state, std::slice::from_ref(b));
            }
        }
    }

    fn take(&mut self, blocks: usize) -> &'a [[u8; LINE]] {
        let (taken, left) = self.blocks.split_at(blocks);
        self.blocks = left;
        taken
    }

    /// Takes what is left, and the length (FIPS 180-4, 5.1.1).
    fn finish(mut self) {
        for piece in self.blocks.chunks(DRAWN / LINE) {
            draw(piece.as_flattened());
            compress256(&mut self.state, piece);
        }
        let mut last = [[0; LINE]; 2];
        let bytes = last.as_flattened_mut();
        bytes[..self.rest.len()].copy_from_slice(self.rest);
        bytes[self.rest.len()] = 0x80;
        let blocks = if self.rest.len() < LINE - 8 { 1 } else { 2 };
        let bits = self.length as u64 * 8;
        bytes[blocks * LINE - 8..blocks * LINE].copy_from_slice(&bits.to_be_bytes());
        compress256(&mut self.state, &last[..blocks]);
        for (bytes, word) in self.digest.0.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_be_bytes();
        }
    }
}

/// Draws bytes into a near cache: looking at one byte of each line fetches many lines at once.
fn draw(bytes: &[u8]) {
    let drawn = bytes.iter().step_by(LINE).fold(0_u8, |all, byte| all ^ byte);
    // Else the compiler would see that nobody needs it.
    std::hint::black_box(drawn);
}

/// Takes a digest piece by piece.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Takes the next bytes in.
    ///
    /// SHA-256 waits for each of its steps, and so for each line of memory that is not in a near
    /// cache: bytes that were just read or written elsewhere hash at two thirds of the speed.
    pub fn update(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(DRAWN) {
            draw(piece);
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
    fn side_by_side_they_are_as_one_by_one() {
        let bytes: Vec<u8> = (0..70_000_u32).map(|n| n.wrapping_mul(n).to_le_bytes()[1]).collect();
        // All lengths around the ends of blocks and of what is drawn near, beside all others.
        let near = |length: usize| length.saturating_sub(9)..length + 10;
        let lengths: Vec<usize> = [0, 64, 128, 4_096, DRAWN / 2, DRAWN]
            .into_iter()
            .flat_map(near)
            .chain([70_000])
            .collect();
        for shift in 0..lengths.len() {
            let others = lengths.iter().cycle().skip(shift);
            let pairs = lengths.iter().zip(others).flat_map(|(one, other)| [*one, *other]);
            let pieces: Vec<&[u8]> = pairs.map(|length| &bytes[bytes.len() - length..]).collect();
            let alone: Vec<Digest> =
                lengths.iter().map(|length| Digest::of(&bytes[bytes.len() - length..])).collect();
            for (number, digest) in of_each(&pieces).into_iter().enumerate() {
                let place = if number % 2 == 0 { number / 2 } else { number / 2 + shift };
                assert_eq!(digest, alone[place % lengths.len()], "{number} of {shift}");
            }
        }
        for count in 0..4 {
            assert_eq!(of_each(&vec![&b"abc"[..]; count]), vec![Digest::of(b"abc"); count]);
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
