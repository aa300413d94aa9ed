//! Looking at one pack: is it whole, and if not, which of its blobs can still be had.
//!
//! What a pack holds is told by index files and by its own header; either may be lost or lie, so
//! each blob that one of them tells of is tried, and only one that opens and has the content of its
//! id is believed. Of a pack that bytes were cut out of, or put into, what lay behind is found by as
//! much nearer or farther. Whatever seems damaged is read a second time.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;

use crate::base::fault::chain;
use crate::repository::blob::{BlobKind, BlobOpener, PackedBlob};
use crate::repository::error::RepositoryError;
use crate::repository::id::{BlobId, PackId};
use crate::repository::index_read::is_undecided;
use crate::repository::layout;
use crate::repository::open::Repository;
use crate::repository::pack;
use crate::repository::repair::survey::as_tuple;
use crate::repository::span::{Span, spans};

/// How much is fetched at once, unless a single blob is longer.
const READ: u32 = 4 << 20;

/// What was found of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFound {
    /// The pack.
    pub id: PackId,
    /// How it is.
    pub state: PackState,
    /// Blobs that index files or its header tell of.
    pub blobs: u64,
    /// Those that can be had from it.
    pub good: u64,
    /// Their bytes as stored.
    pub good_bytes: u64,
}

/// How a pack is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackState {
    /// It is what its name says, and the index says the same of it as its header.
    Sound,
    /// It is whole, and the index says something else of it.
    Misindexed,
    /// Its bytes are not those it was named after, or cannot be read, or not all of it opens.
    Damaged {
        /// The details, in English diagnostics.
        reason: String,
    },
    /// The index lists it, and it is not there.
    Missing,
    /// It is there, and nobody can say what is in it.
    Opaque {
        /// Why its header cannot.
        reason: String,
    },
    /// It is neither there nor in the index.
    Unknown,
}

impl PackState {
    /// The stable word for `--json` and entries of the log.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Misindexed => "misindexed",
            Self::Damaged { .. } => "damaged",
            Self::Missing => "missing",
            Self::Opaque { .. } => "opaque",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the pack goes, once what is good in it lies elsewhere.
    pub fn goes(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Missing)
    }
}

/// A pack that was looked at.
pub(super) struct Examined {
    pub(super) found: PackFound,
    /// What can be had from it, each blob once and where it really lies, by offset.
    pub(super) good: Vec<PackedBlob>,
}

/// What one thread keeps.
pub(super) struct Examiner<'a> {
    repository: &'a Repository,
    opener: BlobOpener,
    sealed: Vec<u8>,
    plain: Vec<u8>,
}

impl<'a> Examiner<'a> {
    pub(super) fn new(repository: &'a Repository) -> Result<Self, RepositoryError> {
        let opener = BlobOpener::new().map_err(RepositoryError::self_check)?;
        Ok(Self { repository, opener, sealed: Vec::new(), plain: Vec::new() })
    }

    /// Reads a pack of which index files tell `listed`; `None` if none lists it. An error means
    /// that the store is gone.
    pub(super) fn examine(
        &mut self,
        id: &PackId,
        listed: Option<&[PackedBlob]>,
    ) -> Result<Examined, RepositoryError> {
        let Some(length) = self.length(id)? else {
            let state = if listed.is_some() { PackState::Missing } else { PackState::Unknown };
            let blobs = distinct(listed.unwrap_or_default()) as u64;
            let found = PackFound { id: *id, state, blobs, good: 0, good_bytes: 0 };
            return Ok(Examined { found, good: Vec::new() });
        };
        let header = decided(self.repository.pack_header_twice(id, length))?;
        let bytes = self.check_bytes(id, length)?;
        let mut told: Vec<PackedBlob> = listed.unwrap_or_default().to_vec();
        told.extend(header.as_ref().into_iter().flatten());
        told.sort_unstable_by_key(as_tuple);
        told.dedup();
        let good = self.good(id, length, shift(listed, length), &told)?;
        let state = match (&header, bytes) {
            (Err(error), _) if told.is_empty() => PackState::Opaque { reason: chain(error) },
            (_, Err(reason)) => PackState::Damaged { reason },
            (Err(error), Ok(())) => PackState::Damaged { reason: chain(error) },
            (Ok(header), Ok(())) => judge(header, listed, &good),
        };
        let found = PackFound {
            id: *id,
            state,
            blobs: distinct(&told) as u64,
            good: good.len() as u64,
            good_bytes: good.iter().map(|blob| u64::from(blob.length)).sum(),
        };
        Ok(Examined { found, good })
    }

    /// The length of the pack. A store that denies the pack once, or tells of a part of it, is not
    /// believed: what lies behind that part would go with the pack.
    fn length(&self, id: &PackId) -> Result<Option<u64>, RepositoryError> {
        let first = self.repository.pack_length(id)?;
        Ok(first.max(self.repository.pack_length(id)?))
    }

    /// Whether the bytes are those that the pack was named after; why not, if twice they are not.
    fn check_bytes(&self, id: &PackId, length: u64) -> Result<Result<(), String>, RepositoryError> {
        let digest = || decided(self.repository.digest_of(&layout::pack(id), length));
        let is_whole = |found: &Result<_, _>| found.as_ref().is_ok_and(|found| *found == id.0);
        if is_whole(&digest()?) {
            return Ok(Ok(()));
        }
        let again = digest()?;
        Ok(match again {
            _ if is_whole(&again) => Ok(()),
            Ok(found) => Err(format!("its content has the digest {found}")),
            Err(error) => Err(chain(&error)),
        })
    }

    /// Of what is told, sorted by offset, what opens.
    fn good(
        &mut self,
        id: &PackId,
        length: u64,
        shift: i64,
        told: &[PackedBlob],
    ) -> Result<Vec<PackedBlob>, RepositoryError> {
        let mut good: BTreeMap<(BlobKind, BlobId), PackedBlob> = BTreeMap::new();
        for span in spans(told, READ, |blob| blob) {
            let end = u64::from(span.offset) + u64::from(span.length);
            let bytes = if end > length { None } else { self.fetch(id, &span)? };
            for blob in span.blobs {
                if good.contains_key(&(blob.kind, blob.id)) {
                    continue;
                }
                let together = bytes.as_ref().map(|bytes| &bytes[span.place(blob)]);
                let at = match together {
                    Some(sealed) if self.opens(blob, sealed) => Some(*blob),
                    _ => self.find_alone(id, length, blob, shift)?,
                };
                good.extend(at.map(|at| ((at.kind, at.id), at)));
            }
        }
        let mut good: Vec<_> = good.into_values().collect();
        good.sort_unstable_by_key(|blob| blob.offset);
        Ok(good)
    }

    fn fetch(
        &self,
        id: &PackId,
        span: &Span<'_, PackedBlob>,
    ) -> Result<Option<Bytes>, RepositoryError> {
        let read = self.repository.pack_range(id, span.offset.into(), span.length.into());
        Ok(decided(read)?.ok())
    }

    /// Asks for a blob by itself, where it should be and where it may have been moved to.
    fn find_alone(
        &mut self,
        id: &PackId,
        length: u64,
        blob: &PackedBlob,
        shift: i64,
    ) -> Result<Option<PackedBlob>, RepositoryError> {
        let moved = u32::try_from(i64::from(blob.offset) + shift).ok().filter(|_| shift != 0);
        for offset in [Some(blob.offset), moved].into_iter().flatten() {
            let at = PackedBlob { offset, ..*blob };
            if u64::from(offset) + u64::from(blob.length) > length {
                continue;
            }
            let read = self.repository.pack_range(id, offset.into(), blob.length.into());
            if let Ok(sealed) = decided(read)?
                && self.opens(&at, &sealed)
            {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Whether these bytes are the blob: they open, and have the content that its id names.
    pub(super) fn opens(&mut self, blob: &PackedBlob, sealed: &[u8]) -> bool {
        self.sealed.clear();
        self.sealed.extend_from_slice(sealed);
        let key = self.repository.key();
        self.opener.open(key, blob, &mut self.sealed, &mut self.plain).is_ok()
    }
}

/// How a pack is whose bytes and header are right.
fn judge(header: &[PackedBlob], listed: Option<&[PackedBlob]>, good: &[PackedBlob]) -> PackState {
    let good: HashSet<_> = good.iter().map(|blob| (blob.kind, blob.id)).collect();
    let bad = header.iter().filter(|blob| !good.contains(&(blob.kind, blob.id))).count();
    if bad > 0 {
        return PackState::Damaged { reason: format!("{bad} blobs do not open") };
    }
    let header: HashSet<_> = header.iter().map(as_tuple).collect();
    let agrees = |listed: &[PackedBlob]| listed.iter().all(|blob| header.contains(&as_tuple(blob)));
    if listed.is_none_or(agrees) { PackState::Sound } else { PackState::Misindexed }
}

/// By how many bytes what lies behind a hole was moved, if there is one.
fn shift(listed: Option<&[PackedBlob]>, length: u64) -> i64 {
    let Some(listed) = listed else { return 0 };
    let expected = i64::try_from(pack::length_of(listed)).unwrap_or(i64::MAX);
    i64::try_from(length).map_or(0, |length| length.saturating_sub(expected))
}

fn distinct(blobs: &[PackedBlob]) -> usize {
    blobs.iter().map(|blob| (blob.kind, blob.id)).collect::<HashSet<_>>().len()
}

/// What cannot be had now, or not by us, may be whole: that ends the work, since the pack would be
/// removed for it. All else is what was found.
fn decided<T>(
    read: Result<T, RepositoryError>,
) -> Result<Result<T, RepositoryError>, RepositoryError> {
    match read {
        Err(error) if is_undecided(&error) => Err(error),
        other => Ok(other),
    }
}
