//! Pack files: sealed blobs one after another, then a sealed header that lists them.
//!
//! `blob ‖ … ‖ blob ‖ sealed header ‖ length of the sealed header (u32, little endian)`. The
//! header lists, in order, kind, lengths and id of each blob; offsets follow from the lengths. A
//! pack is named by the SHA-256 of all its bytes, so it has a name only once it is complete.
//! The header repeats what the index says: a repository that lost its index is rebuilt from packs.

use std::num::NonZeroU32;

use bytes::{Bytes, BytesMut};

use crate::base::digest::Digest;
use crate::repository::blob::{BlobKind, PackedBlob};
use crate::repository::crypto::{NONCE_BYTES, OVERHEAD, SealingKey};
use crate::repository::id::{BlobId, PackId};
use crate::repository::malformed::Malformed;

const WHAT: &str = "pack header";

/// Bytes of the length field at the very end.
pub const LENGTH_BYTES: usize = 4;

/// Kind, length, id.
const ENTRY_BYTES: usize = 1 + 4 + 32;

/// Kind, length, length before compression, id.
pub(super) const COMPRESSED_ENTRY_BYTES: usize = ENTRY_BYTES + 4;

/// restic refuses longer headers.
pub const HEADER_MAX: usize = 16 * 1024 * 1024;

/// A pack is closed at this many blobs, far below what [`HEADER_MAX`] would allow: the header is
/// read whole to adopt or repair a pack.
pub(super) const BLOBS_MAX: usize = 100_000;

/// A pack under construction, in memory.
#[derive(Debug)]
pub struct PackBuilder {
    bytes: BytesMut,
    blobs: Vec<PackedBlob>,
}

/// A pack that is ready to be stored.
#[derive(Clone, Debug)]
pub struct FinishedPack {
    /// Its name.
    pub id: PackId,
    /// Its bytes.
    pub bytes: Bytes,
    /// What is in it.
    pub blobs: Vec<PackedBlob>,
}

impl PackBuilder {
    /// An empty pack that uses the memory of `bytes`.
    pub fn new(mut bytes: BytesMut) -> Self {
        bytes.clear();
        Self { bytes, blobs: Vec::new() }
    }

    /// A pack that holds these sealed blobs already, one after another.
    pub(super) fn holding(bytes: BytesMut, blobs: Vec<PackedBlob>) -> Self {
        Self { bytes, blobs }
    }

    /// Appends a sealed blob.
    pub fn add(
        &mut self,
        kind: BlobKind,
        id: BlobId,
        sealed: &[u8],
        uncompressed: Option<NonZeroU32>,
    ) -> Result<(), Malformed> {
        let too_long = |_| Malformed::new("pack", "longer than 4 GiB");
        let offset = u32::try_from(self.bytes.len()).map_err(too_long)?;
        let length = u32::try_from(sealed.len()).map_err(too_long)?;
        self.bytes.extend_from_slice(sealed);
        self.blobs.push(PackedBlob { kind, id, offset, length, uncompressed });
        Ok(())
    }

    /// Makes room for so many bytes at once.
    pub fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve(bytes);
    }

    /// Appends all blobs of another pack.
    pub(super) fn absorb(&mut self, other: &Self) -> Result<(), Malformed> {
        for blob in &other.blobs {
            let from = blob.offset as usize;
            let sealed = &other.bytes[from..from + blob.length as usize];
            self.add(blob.kind, blob.id, sealed, blob.uncompressed)?;
        }
        Ok(())
    }

    /// The memory alone.
    pub(super) fn into_memory(self) -> BytesMut {
        self.bytes
    }

    /// The bytes so far, without header.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether no blob was added.
    pub fn is_empty(&self) -> bool {
        self.blobs.is_empty()
    }

    /// Whether the pack must be closed: by size, or by number of blobs.
    pub fn is_full(&self, target_bytes: usize) -> bool {
        self.bytes.len() >= target_bytes || self.blobs.len() >= BLOBS_MAX
    }

    /// Writes the header and names the pack.
    pub fn finish(
        self,
        key: &SealingKey,
        nonce: &[u8; NONCE_BYTES],
    ) -> Result<FinishedPack, Malformed> {
        let Self { mut bytes, blobs } = self;
        let mut sealed = Vec::with_capacity(blobs.len() * COMPRESSED_ENTRY_BYTES + OVERHEAD);
        key.seal(nonce, &header(&blobs), &mut sealed);
        if sealed.len() > HEADER_MAX {
            return Err(Malformed::new(WHAT, "longer than restic reads"));
        }
        let length = u32::try_from(sealed.len()).map_err(Malformed::because(WHAT))?;
        bytes.extend_from_slice(&sealed);
        bytes.extend_from_slice(&length.to_le_bytes());
        let bytes = bytes.freeze();
        Ok(FinishedPack { id: PackId(Digest::of(&bytes)), bytes, blobs })
    }
}

/// The plain header of these blobs.
fn header(blobs: &[PackedBlob]) -> Vec<u8> {
    let mut header = Vec::with_capacity(blobs.len() * COMPRESSED_ENTRY_BYTES);
    for blob in blobs {
        let tree = u8::from(blob.kind == BlobKind::Tree);
        let compressed = if blob.uncompressed.is_some() { 2 } else { 0 };
        header.push(tree | compressed);
        header.extend_from_slice(&blob.length.to_le_bytes());
        if let Some(length) = blob.uncompressed {
            header.extend_from_slice(&length.get().to_le_bytes());
        }
        header.extend_from_slice(&blob.id.0.0);
    }
    header
}

/// How long a pack with these blobs is, all told.
pub fn length_of<'a>(blobs: impl IntoIterator<Item = &'a PackedBlob>) -> u64 {
    let entry = |blob: &PackedBlob| match blob.uncompressed {
        Some(_) => COMPRESSED_ENTRY_BYTES,
        None => ENTRY_BYTES,
    };
    let fixed = (OVERHEAD + LENGTH_BYTES) as u64;
    blobs.into_iter().map(|blob| u64::from(blob.length) + entry(blob) as u64).sum::<u64>() + fixed
}

/// The length of the sealed header, from the last [`LENGTH_BYTES`] bytes of a pack that is
/// `pack_length` long; checked against it.
pub fn sealed_header_length(
    last: [u8; LENGTH_BYTES],
    pack_length: u64,
) -> Result<usize, Malformed> {
    let length = u32::from_le_bytes(last) as usize;
    let fits = length as u64 + LENGTH_BYTES as u64 <= pack_length;
    if length <= OVERHEAD || length > HEADER_MAX || !fits {
        return Err(Malformed::new(WHAT, format_args!("claims {length} bytes")));
    }
    Ok(length)
}

/// Reads the blobs of a pack that is `pack_length` long from its sealed header.
///
/// The lengths must add up to the pack's: a header of another pack does not pass.
pub fn open_header(
    key: &SealingKey,
    sealed: &mut [u8],
    pack_length: u64,
) -> Result<Vec<PackedBlob>, Malformed> {
    let mut rest = &*key.open(sealed).map_err(Malformed::because(WHAT))?;
    let mut blobs = Vec::with_capacity(rest.len() / ENTRY_BYTES);
    let mut offset = 0_u32;
    while !rest.is_empty() {
        let blob = take_entry(&mut rest, offset)?;
        // An index with such an entry could not be read.
        if (blob.length as usize) < OVERHEAD {
            return Err(Malformed::new(WHAT, "a blob is shorter than its seal"));
        }
        offset = offset
            .checked_add(blob.length)
            .ok_or_else(|| Malformed::new(WHAT, "lengths add up to more than 4 GiB"))?;
        blobs.push(blob);
    }
    if length_of(&blobs) != pack_length {
        return Err(Malformed::new(WHAT, "lengths do not add up to the pack's"));
    }
    Ok(blobs)
}

fn take_entry(rest: &mut &[u8], offset: u32) -> Result<PackedBlob, Malformed> {
    let [tag] = take(rest)?;
    let kind = match tag {
        0 | 2 => BlobKind::Data,
        1 | 3 => BlobKind::Tree,
        other => return Err(Malformed::new(WHAT, format_args!("unknown kind {other}"))),
    };
    let length = u32::from_le_bytes(take(rest)?);
    let uncompressed = match tag {
        0 | 1 => None,
        _ => Some(
            NonZeroU32::new(u32::from_le_bytes(take(rest)?))
                .ok_or_else(|| Malformed::new(WHAT, "a compressed blob of no bytes"))?,
        ),
    };
    let id = BlobId(Digest(take(rest)?));
    Ok(PackedBlob { kind, id, offset, length, uncompressed })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Malformed> {
    let (first, after) =
        rest.split_first_chunk().ok_or_else(|| Malformed::new(WHAT, "it ends in an entry"))?;
    *rest = after;
    Ok(*first)
}
