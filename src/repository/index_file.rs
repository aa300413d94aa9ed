//! Index files: JSON that says which blobs lie where in which packs.
//!
//! A repository has several; together they are the index. Only whole packs are listed, each in
//! one file. `supersedes` and other fields of older writers are ignored, as restic does.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::repository::blob::{BlobKind, PackedBlob};
use crate::repository::id::{BlobId, PackId};
use crate::repository::malformed::Malformed;

/// An index file is closed at this many blobs, as in restic: readers hold a file whole, and one
/// that is rewritten by prune should stay small.
pub const BLOBS_PER_FILE: usize = 50_000;

/// An index file as stored, sealed, under `index/`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct IndexFile {
    packs: Vec<PackJson>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct PackJson {
    id: PackId,
    blobs: Vec<BlobJson>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct BlobJson {
    id: BlobId,
    #[serde(rename = "type")]
    kind: BlobKind,
    offset: u32,
    length: u32,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "zero_is_none")]
    uncompressed_length: Option<NonZeroU32>,
}

/// restic leaves the field out for a blob that is not compressed; an explicit zero means the same.
fn zero_is_none<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<NonZeroU32>, D::Error> {
    u32::deserialize(deserializer).map(NonZeroU32::new)
}

impl IndexFile {
    /// Adds a pack.
    pub fn push(&mut self, id: PackId, blobs: &[PackedBlob]) {
        let blobs = blobs
            .iter()
            .map(|blob| BlobJson {
                id: blob.id,
                kind: blob.kind,
                offset: blob.offset,
                length: blob.length,
                uncompressed_length: blob.uncompressed,
            })
            .collect();
        self.packs.push(PackJson { id, blobs });
    }

    /// Whether it lists nothing.
    pub fn is_empty(&self) -> bool {
        self.packs.is_empty()
    }

    /// How many blobs it lists.
    pub fn blobs(&self) -> usize {
        self.packs.iter().map(|pack| pack.blobs.len()).sum()
    }

    /// Its packs and their blobs, checked: no blob reaches past 4 GiB or is shorter than a seal.
    pub fn into_packs(self) -> impl Iterator<Item = Result<(PackId, Vec<PackedBlob>), Malformed>> {
        self.packs.into_iter().map(|pack| {
            let blobs = pack.blobs.into_iter().map(BlobJson::checked).collect::<Result<_, _>>()?;
            Ok((pack.id, blobs))
        })
    }
}

impl BlobJson {
    fn checked(self) -> Result<PackedBlob, Malformed> {
        let plausible = self.length as usize >= crate::repository::crypto::OVERHEAD
            && self.offset.checked_add(self.length).is_some();
        if !plausible {
            let reason = format_args!("blob {} at {}+{}", self.id, self.offset, self.length);
            return Err(Malformed::new("index", reason));
        }
        Ok(PackedBlob {
            kind: self.kind,
            id: self.id,
            offset: self.offset,
            length: self.length,
            uncompressed: self.uncompressed_length,
        })
    }
}
