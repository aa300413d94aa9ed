//! One blob inside a pack: sealed, usually compressed, named by the digest of its plain bytes.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::base::digest::Digest;
use crate::repository::crypto::{OVERHEAD, SealingKey};
use crate::repository::id::BlobId;
use crate::repository::malformed::Malformed;

const WHAT: &str = "blob";

/// The largest blob we are ready to open: a folder of two million files makes a tree of about
/// 1 GiB, and more is an attack. One thread reads folders.
pub const BLOB_MAX: u32 = 1 << 30;

/// The same for pieces of files, which many threads open at once: a few bytes of zstd can unfold
/// to whatever the index admits. Pieces stay below 16 MiB in every known writer.
pub const DATA_MAX: u32 = 64 << 20;

/// What a blob holds. Packs hold one kind only, and ids of different kinds never mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlobKind {
    /// A piece of a file.
    Data,
    /// A folder.
    Tree,
}

/// A blob as a pack's header and the index describe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedBlob {
    /// What it holds.
    pub kind: BlobKind,
    /// The digest of its plain bytes.
    pub id: BlobId,
    /// Where its sealed bytes begin in the pack.
    pub offset: u32,
    /// How many sealed bytes there are.
    pub length: u32,
    /// The length before compression; `None` if it was stored as it is.
    pub uncompressed: Option<NonZeroU32>,
}

impl PackedBlob {
    /// The length of the plain bytes.
    pub fn plain_length(&self) -> u64 {
        match self.uncompressed {
            Some(length) => u64::from(length.get()),
            None => u64::from(self.length).saturating_sub(OVERHEAD as u64),
        }
    }
}

/// Opens blobs, one after another; one per thread, since it keeps a decompressor.
pub struct BlobOpener {
    decompressor: zstd::bulk::Decompressor<'static>,
}

impl BlobOpener {
    /// An opener.
    pub fn new() -> Result<Self, Malformed> {
        let decompressor =
            zstd::bulk::Decompressor::new().map_err(Malformed::because("decompressor"))?;
        Ok(Self { decompressor })
    }

    /// Opens `sealed`, the bytes of `blob` in its pack, into `plain`, whose content is replaced.
    ///
    /// When this succeeds, `plain` has exactly the bytes that the id names. The sealed bytes are
    /// decrypted where they lie.
    pub fn open(
        &mut self,
        key: &SealingKey,
        blob: &PackedBlob,
        sealed: &mut [u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        self.open_body(key, blob, sealed, plain).map(|_body| ())
    }

    /// The same, and returns what was sealed: the plain bytes, or what compression made of them.
    pub fn open_body<'sealed>(
        &mut self,
        key: &SealingKey,
        blob: &PackedBlob,
        sealed: &'sealed mut [u8],
        plain: &mut Vec<u8>,
    ) -> Result<&'sealed [u8], Malformed> {
        let body = self.prove(key, blob, sealed, plain)?;
        if blob.uncompressed.is_none() {
            plain.extend_from_slice(body);
        }
        Ok(body)
    }

    /// Proves that `sealed` opens to exactly the bytes that the id names, and returns what was
    /// sealed. The plain bytes of a compressed blob are in `scratch` then; of another they are what
    /// was sealed, and are not copied.
    pub fn prove<'sealed>(
        &mut self,
        key: &SealingKey,
        blob: &PackedBlob,
        sealed: &'sealed mut [u8],
        scratch: &mut Vec<u8>,
    ) -> Result<&'sealed [u8], Malformed> {
        scratch.clear();
        let body: &[u8] = key.open(sealed).map_err(Malformed::because(WHAT))?;
        let plain = match blob.uncompressed {
            None => body,
            Some(length) => {
                self.inflate(body, blob.kind, length, scratch)?;
                &scratch[..]
            }
        };
        if Digest::of(plain) == blob.id.0 {
            return Ok(body);
        }
        scratch.clear();
        Err(Malformed::new(WHAT, "its content does not match its id"))
    }

    /// Opens `sealed` into the front of `plain`, which has room for the length that `blob` tells,
    /// and returns how many bytes there are. Nobody has asked yet whether they are those that the
    /// id names.
    pub(super) fn open_into(
        &mut self,
        key: &SealingKey,
        blob: &PackedBlob,
        sealed: &mut [u8],
        plain: &mut [u8],
    ) -> Result<usize, Malformed> {
        let body: &[u8] = key.open(sealed).map_err(Malformed::because(WHAT))?;
        if blob.uncompressed.is_some() {
            return self
                .decompressor
                .decompress_to_buffer(body, plain)
                .map_err(Malformed::because(WHAT));
        }
        let room = plain.get_mut(..body.len());
        room.ok_or_else(|| Malformed::new(WHAT, "is longer than it should be"))?
            .copy_from_slice(body);
        Ok(body.len())
    }

    fn inflate(
        &mut self,
        compressed: &[u8],
        kind: BlobKind,
        length: NonZeroU32,
        plain: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        let most = match kind {
            BlobKind::Data => DATA_MAX,
            BlobKind::Tree => BLOB_MAX,
        };
        if length.get() > most {
            return Err(Malformed::new(WHAT, format_args!("claims {length} bytes")));
        }
        plain.reserve(length.get() as usize);
        self.decompressor
            .decompress_to_buffer(compressed, plain)
            .map_err(Malformed::because(WHAT))?;
        Ok(())
    }
}

impl std::fmt::Debug for BlobOpener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BlobOpener")
    }
}
