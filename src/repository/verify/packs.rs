//! Packs: are they there, and are their bytes what they should be.
//!
//! A pack is read once, in order, some blobs at a time, as its header says, which is fetched
//! before: digested as it comes, and opened where it lies. Packs that no index lists are neither read nor
//! judged: the run that left them may still be at work.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use crate::base::cancel::Cancel;
use crate::base::digest::{Digest, Hasher};
use crate::base::fault::chain;
use crate::base::progress::Progress;
use crate::repository::batch::Batch;
use crate::repository::blob::{BlobOpener, PackedBlob};
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index::{Index, Location};
use crate::repository::index_read::{IndexRead, is_unreachable};
use crate::repository::layout::Folder;
use crate::repository::open::Repository;
use crate::repository::threads::in_parallel;
use crate::repository::verify::report::{BlobKey, DamageKind, Findings};

/// How much of a pack is fetched at once. Several threads read at the same time, so a request's own
/// cost hardly shows, and each holds what it fetched.
const READ: u64 = 2 * 1024 * 1024;

/// The packs that are there and listed, with their length.
pub(super) type Packs = Vec<(PackId, u64)>;

/// Compares the packs in the store with those in the index.
pub(super) fn list_packs(
    repository: &Repository,
    read: &IndexRead,
    findings: &mut Findings,
) -> Result<Packs, RepositoryError> {
    let listed = repository.list(Folder::Data)?;
    let there: BTreeMap<PackId, u64> = listed
        .iter()
        .filter_map(|(name, length)| Some((PackId(Folder::Data.digest(name)?), *length)))
        .collect();
    findings.report.packs = read.packs.len() as u64;
    findings.report.blobs = read.index.len() as u64;
    // Lengths are a server's word, which may be anything.
    findings.report.bytes = there.values().fold(0, |sum: u64, length| sum.saturating_add(*length));
    for (pack, expected) in &read.packs {
        match there.get(pack) {
            None => {
                findings.add_pack(pack, DamageKind::PackMissing, "it is not there");
            }
            Some(length) if length != expected => {
                let reason = format!("{length} bytes, {expected} expected");
                findings.add_pack(pack, DamageKind::PackLength, reason);
            }
            Some(_) => {}
        }
    }
    for Location { pack, blob } in places(&read.index) {
        let end = u64::from(blob.offset) + u64::from(blob.length);
        if there.get(&pack).is_none_or(|length| end > *length)
            && let Some(damage) = findings.damage_of_pack(&pack)
        {
            findings.lose(&read.index, (blob.kind, blob.id), damage);
        }
    }
    let (listed, unreferenced): (Packs, Packs) =
        there.into_iter().partition(|(pack, _)| read.packs.contains_key(pack));
    findings.report.unreferenced = unreferenced.into_iter().map(|(pack, _)| pack).collect();
    Ok(listed)
}

/// Reads all listed packs from end to end.
pub(super) fn read_packs(
    repository: &Repository,
    index: &Index,
    packs: &Packs,
    findings: &mut Findings,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(), RepositoryError> {
    let bytes = packs.iter().map(|(_, length)| length).sum();
    progress.total(packs.len() as u64, bytes);
    let indexed = index.by_pack();
    let next = AtomicUsize::new(0);
    let outcomes = in_parallel(|| {
        let mut scan = Scan::new(repository, progress)?;
        let mut outcomes = Vec::new();
        while let Some((pack, length)) = packs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if cancel.is_cancelled() {
                return Err(RepositoryError::Cancelled);
            }
            outcomes.extend(scan.judge(pack, *length, &indexed.blobs(pack))?);
            progress.advance(1, 0);
        }
        Ok(outcomes)
    });
    for outcomes in outcomes {
        for Outcome { pack, kind, reason, lost } in outcomes? {
            let damage = findings.add_pack(&pack, kind, reason);
            for blob in lost {
                findings.lose(index, blob, damage);
            }
        }
    }
    findings.report.bytes_read = bytes;
    Ok(())
}

/// Every place of every blob.
fn places(index: &Index) -> impl Iterator<Item = Location> {
    index.blobs().flat_map(|first| index.find_all(first.blob.kind, &first.blob.id))
}

/// What is wrong with a pack.
struct Outcome {
    pack: PackId,
    kind: DamageKind,
    reason: String,
    lost: Vec<BlobKey>,
}

/// What one thread keeps.
struct Scan<'a> {
    repository: &'a Repository,
    progress: &'a dyn Progress,
    opener: BlobOpener,
    plain: Vec<u8>,
    /// Small blobs that were opened and are not proven yet.
    batch: Batch,
}

impl<'a> Scan<'a> {
    fn new(
        repository: &'a Repository,
        progress: &'a dyn Progress,
    ) -> Result<Self, RepositoryError> {
        let opener = BlobOpener::new().map_err(|source| RepositoryError::SelfCheck { source })?;
        let (plain, batch) = (Vec::new(), Batch::default());
        Ok(Self { repository, progress, opener, plain, batch })
    }

    /// Reads a pack; `None` if it is sound. An error means that the store is gone.
    fn judge(
        &mut self,
        pack: &PackId,
        length: u64,
        indexed: &[PackedBlob],
    ) -> Result<Option<Outcome>, RepositoryError> {
        let (kind, reason, good) = match self.read(pack, length) {
            Err(error) if is_unreachable(&error) => return Err(error),
            // Of a pack that cannot be read from end to end, or cut into blobs, each blob is asked
            // for by itself, as a restore would.
            Err(error) => {
                let kind = match error {
                    RepositoryError::Damaged { .. } => DamageKind::PackContent,
                    _ => DamageKind::PackUnreadable,
                };
                (kind, chain(&error), self.one_by_one(pack, indexed)?)
            }
            Ok(content) => match content.damage(pack, indexed) {
                None => return Ok(None),
                Some((kind, reason)) => (kind, reason, content.good),
            },
        };
        let lost = indexed.iter().filter(|blob| good.get(&blob.offset) != Some(*blob));
        let lost = lost.map(|blob| (blob.kind, blob.id)).collect();
        Ok(Some(Outcome { pack: *pack, kind, reason, lost }))
    }

    /// Reads a pack from end to end. The digest is taken even if no blob opens.
    fn read(&mut self, pack: &PackId, length: u64) -> Result<Content, RepositoryError> {
        let blobs = self.repository.pack_header(pack, length)?;
        let mut hasher = Hasher::default();
        let mut good = HashMap::with_capacity(blobs.len());
        let (mut read, mut opened) = (0, Vec::new());
        for together in Groups(&blobs) {
            let bytes: u64 = together.iter().map(|blob| u64::from(blob.length)).sum();
            let mut sealed = Vec::from(self.fetch(pack, read, bytes)?);
            let mut rest = &mut sealed[..];
            for blob in together {
                let (own, after) = rest.split_at_mut(blob.length as usize);
                rest = after;
                // By blobs: what was just hashed is at hand for opening it.
                hasher.update(own);
                let key = self.repository.key();
                if Batch::takes(blob) {
                    if self.batch.open(&mut self.opener, key, blob, own).is_ok() {
                        opened.push(blob);
                    }
                } else if self.opener.prove(key, blob, own, &mut self.plain).is_ok() {
                    good.insert(blob.offset, *blob);
                }
                if self.batch.is_full() {
                    self.settle(&mut opened, &mut good);
                }
            }
            self.settle(&mut opened, &mut good);
            read += bytes;
        }
        hasher.update(&self.fetch(pack, read, length - read)?);
        let digest = hasher.finish();
        Ok(Content { digest, blobs: blobs.into_iter().map(|b| (b.offset, b)).collect(), good })
    }

    /// Proves the blobs that were opened together.
    fn settle(&mut self, opened: &mut Vec<&PackedBlob>, good: &mut HashMap<u32, PackedBlob>) {
        let proven = opened.drain(..).zip(self.batch.prove()).filter(|(_, is_right)| *is_right);
        good.extend(proven.map(|(blob, _)| (blob.offset, *blob)));
        self.batch.clear();
    }

    /// Part of a pack, as progress.
    fn fetch(&self, pack: &PackId, offset: u64, length: u64) -> Result<Bytes, RepositoryError> {
        let bytes = self.repository.pack_range(pack, offset, length)?;
        self.progress.advance(0, length);
        Ok(bytes)
    }

    /// The blobs among `indexed` that can be read, by offset.
    fn one_by_one(
        &mut self,
        pack: &PackId,
        indexed: &[PackedBlob],
    ) -> Result<HashMap<u32, PackedBlob>, RepositoryError> {
        let mut good = HashMap::new();
        for blob in indexed {
            let location = Location { pack: *pack, blob: *blob };
            match self.repository.load_located(&location, &mut self.opener, &mut self.plain) {
                Ok(()) => drop(good.insert(blob.offset, *blob)),
                Err(error) if is_unreachable(&error) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(good)
    }
}

/// A pack that was read from end to end.
struct Content {
    digest: Digest,
    /// What its header lists, by offset.
    blobs: HashMap<u32, PackedBlob>,
    /// Of these, what opens.
    good: HashMap<u32, PackedBlob>,
}

impl Content {
    fn damage(&self, pack: &PackId, indexed: &[PackedBlob]) -> Option<(DamageKind, String)> {
        if self.digest != pack.0 {
            let reason = format!("its content has the digest {}", self.digest);
            return Some((DamageKind::PackContent, reason));
        }
        let bad = self.blobs.len() - self.good.len();
        if bad > 0 {
            return Some((DamageKind::PackContent, format!("{bad} blobs do not open")));
        }
        let unlike = indexed.iter().filter(|blob| self.blobs.get(&blob.offset) != Some(*blob));
        match unlike.count() {
            0 => None,
            count => Some((
                DamageKind::IndexMismatch,
                format!("{count} blobs are not where the index says"),
            )),
        }
    }
}

/// Neighbouring blobs of a pack that are read together: up to [`READ`] bytes, or one larger blob.
struct Groups<'a>(&'a [PackedBlob]);

impl<'a> Iterator for Groups<'a> {
    type Item = &'a [PackedBlob];

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = 0;
        let fits = |blob: &&PackedBlob| {
            bytes += u64::from(blob.length);
            bytes <= READ
        };
        let count = self.0.iter().take_while(fits).count().max(1).min(self.0.len());
        let (together, rest) = self.0.split_at(count);
        self.0 = rest;
        (count > 0).then_some(together)
    }
}
