//! Blobs that are opened together, so that their digests are taken together.
//!
//! A processor takes two digests side by side in less time than one after the other. So a blob is
//! opened into a buffer that it shares with its neighbours, and when some have come together all are
//! proven: whoever reads them in between would read what nobody has vouched for.

use std::ops::Range;

use crate::base::digest::{Digest, of_each};
use crate::repository::blob::{BlobOpener, PackedBlob};
use crate::repository::crypto::SealingKey;
use crate::repository::malformed::Malformed;

/// Larger blobs are opened by themselves: few are in hand at once, and a length that only an index
/// claims would be cleared in memory before a byte of it has come.
const LARGEST: u64 = 256 * 1024;

/// So many plain bytes are proven at a time, before they leave the second cache.
const NEAR: usize = 512 * 1024;

/// Blobs and their plain bytes, one behind the other.
#[derive(Default)]
pub(super) struct Batch {
    /// As long as it has ever been: only what is new is cleared.
    plain: Vec<u8>,
    filled: usize,
    blobs: Vec<Held>,
    /// How many of them, from the front, nobody need ask about any more.
    asked: usize,
}

struct Held {
    range: Range<usize>,
    proof: Proof,
}

/// Whether a blob is what its id names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// Its digest must be this one.
    Open(Digest),
    Right,
    Wrong,
}

impl Batch {
    /// Whether a blob is of those that are opened together.
    pub(super) fn takes(blob: &PackedBlob) -> bool {
        blob.plain_length() <= LARGEST
    }

    /// Forgets all blobs; the buffer stays.
    pub(super) fn clear(&mut self) {
        self.filled = 0;
        self.asked = 0;
        self.blobs.clear();
    }

    /// How many bytes its buffer has.
    pub(super) fn capacity(&self) -> usize {
        self.plain.capacity()
    }

    /// Whether enough has come together to be used.
    pub(super) fn is_full(&self) -> bool {
        self.filled >= NEAR
    }

    /// Opens one more blob, whose sealed bytes are decrypted where they lie. If that fails the
    /// batch is as it was.
    pub(super) fn open(
        &mut self,
        opener: &mut BlobOpener,
        key: &SealingKey,
        blob: &PackedBlob,
        sealed: &mut [u8],
    ) -> Result<(), Malformed> {
        let room = self.room(blob.plain_length())?;
        let length = opener.open_into(key, blob, sealed, room)?;
        self.hold(length, Proof::Open(blob.id.0));
        Ok(())
    }

    /// Adds a blob that is proven.
    pub(super) fn push(&mut self, plain: &[u8]) -> Result<(), Malformed> {
        self.room(plain.len() as u64)?.copy_from_slice(plain);
        self.hold(plain.len(), Proof::Right);
        Ok(())
    }

    /// Adds the last blob once more.
    pub(super) fn again(&mut self) {
        let Some(Held { range, proof }) = self.blobs.last() else { return };
        let (range, proof) = (range.clone(), *proof);
        let end = self.filled + range.len();
        if self.plain.len() < end {
            self.plain.resize(end, 0);
        }
        let length = range.len();
        self.plain.copy_within(range, self.filled);
        self.hold(length, proof);
    }

    /// Says of each blob, in order, whether it has the content that its id names.
    pub(super) fn prove(&mut self) -> Vec<bool> {
        self.ask();
        self.blobs.iter().map(|held| held.proof == Proof::Right).collect()
    }

    /// Takes the digests that nobody has asked for.
    fn ask(&mut self) {
        let plain = &self.plain;
        let open: Vec<(&mut Held, Digest)> = self.blobs[self.asked..]
            .iter_mut()
            .filter_map(|held| match held.proof {
                Proof::Open(digest) => Some((held, digest)),
                Proof::Right | Proof::Wrong => None,
            })
            .collect();
        let pieces: Vec<&[u8]> = open.iter().map(|(held, _)| &plain[held.range.clone()]).collect();
        for ((held, digest), found) in open.into_iter().zip(of_each(&pieces)) {
            held.proof = if found == digest { Proof::Right } else { Proof::Wrong };
        }
        self.asked = self.blobs.len();
    }

    /// The plain bytes of a blob, which [`prove`](Self::prove) must have found right.
    pub(super) fn plain(&self, number: usize) -> &[u8] {
        &self.plain[self.blobs[number].range.clone()]
    }

    /// The plain bytes of all blobs, one behind the other.
    pub(super) fn all(&self) -> &[u8] {
        &self.plain[..self.filled]
    }

    /// Puts other bytes, which are proven, in the place of a blob.
    pub(super) fn replace(&mut self, number: usize, plain: &[u8]) {
        let Held { range, proof } = &mut self.blobs[number];
        let was = range.clone();
        (range.end, *proof) = (was.start + plain.len(), Proof::Right);
        if was.len() == plain.len() {
            self.plain[was].copy_from_slice(plain);
            return;
        }
        // The index lied about its length: what follows moves.
        let end = range.end;
        self.plain.truncate(self.filled);
        self.plain.splice(was.clone(), plain.iter().copied());
        self.filled = self.plain.len();
        for held in &mut self.blobs[number + 1..] {
            held.range = held.range.start - was.end + end..held.range.end - was.end + end;
        }
    }

    /// Drops a blob and all behind it.
    pub(super) fn cut(&mut self, number: usize) {
        if let Some(held) = self.blobs.get(number) {
            self.filled = held.range.start;
            self.blobs.truncate(number);
            self.asked = self.asked.min(number);
        }
    }

    /// So many bytes behind what is there.
    fn room(&mut self, length: u64) -> Result<&mut [u8], Malformed> {
        let end = usize::try_from(length).ok().and_then(|length| self.filled.checked_add(length));
        let end =
            end.ok_or_else(|| Malformed::new("blob", format_args!("claims {length} bytes")))?;
        if self.plain.len() < end {
            self.plain.resize(end, 0);
        }
        Ok(&mut self.plain[self.filled..end])
    }

    fn hold(&mut self, length: usize, proof: Proof) {
        let end = self.filled + length;
        self.blobs.push(Held { range: self.filled..end, proof });
        self.filled = end;
        let from = self.blobs.get(self.asked).map_or(end, |held| held.range.start);
        if end - from >= NEAR {
            self.ask();
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::repository::blob::BlobKind;
    use crate::repository::crypto::NONCE_BYTES;
    use crate::repository::id::BlobId;
    use crate::world::entropy::SystemEntropy;

    struct Made {
        key: SealingKey,
        opener: BlobOpener,
        batch: Batch,
    }

    impl Made {
        fn new() -> Self {
            let key = SealingKey::random(&SystemEntropy);
            Self { key, opener: BlobOpener::new().unwrap(), batch: Batch::default() }
        }

        /// Opens `plain` as a blob whose id is that of `named`.
        fn open(&mut self, plain: &[u8], named: &[u8]) -> Result<(), Malformed> {
            let mut sealed = BytesMut::new();
            self.key.seal(&[7; NONCE_BYTES], plain, &mut sealed);
            let blob = PackedBlob {
                kind: BlobKind::Data,
                id: BlobId(Digest::of(named)),
                offset: 0,
                length: u32::try_from(sealed.len()).unwrap(),
                uncompressed: None,
            };
            self.batch.open(&mut self.opener, &self.key, &blob, &mut sealed)
        }
    }

    #[test]
    fn what_is_not_what_its_id_names_is_told_by_its_number() {
        let mut made = Made::new();
        made.open(b"one", b"one").unwrap();
        made.open(b"two", b"another").unwrap();
        made.batch.push(b"proven elsewhere").unwrap();
        made.open(b"three", b"three").unwrap();
        made.batch.again();
        assert_eq!(made.batch.prove(), [true, false, true, true, true]);
        assert_eq!(made.batch.all(), b"onetwoproven elsewherethreethree");
        assert_eq!(made.batch.plain(3), b"three");
    }

    #[test]
    fn what_is_put_in_its_place_may_have_another_length() {
        for replacement in [&b"2!!"[..], b"", b"twenty-two"] {
            let mut made = Made::new();
            made.open(b"one", b"one").unwrap();
            made.open(b"two", b"another").unwrap();
            made.open(b"three", b"three").unwrap();
            made.batch.replace(1, replacement);
            assert_eq!(made.batch.prove(), [true; 3]);
            assert_eq!(made.batch.all(), [&b"one"[..], replacement, b"three"].concat());
            assert_eq!(made.batch.plain(2), b"three");
            made.open(b"four", b"four").unwrap();
            assert_eq!(made.batch.all(), [&b"one"[..], replacement, b"threefour"].concat());
        }
    }

    #[test]
    fn what_is_cut_off_is_gone_and_what_comes_after_begins_there() {
        let mut made = Made::new();
        for plain in [&b"one"[..], b"two", b"three"] {
            made.open(plain, plain).unwrap();
        }
        made.batch.cut(1);
        assert_eq!(made.batch.prove(), [true]);
        assert_eq!(made.batch.all(), b"one");
        made.batch.cut(1);
        made.open(b"2", b"2").unwrap();
        assert_eq!(made.batch.all(), b"one2");
        made.batch.clear();
        assert!(made.batch.all().is_empty() && made.batch.prove().is_empty());
    }

    #[test]
    fn a_blob_that_cannot_be_opened_leaves_no_trace() {
        let mut made = Made::new();
        made.open(b"one", b"one").unwrap();
        let blob = PackedBlob {
            kind: BlobKind::Data,
            id: BlobId(Digest::of(b"")),
            offset: 0,
            length: 40,
            uncompressed: None,
        };
        let opened = made.batch.open(&mut made.opener, &made.key, &blob, &mut [0; 40]);
        assert!(opened.is_err());
        assert_eq!(made.batch.prove(), [true]);
        assert_eq!(made.batch.all(), b"one");
    }
}
