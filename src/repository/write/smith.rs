//! Making ready what is sealed: compress if that helps, and check.
//!
//! One smith per thread: it keeps contexts and buffers, so that a blob allocates nothing.

use std::num::NonZeroU32;

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::{CParameter, Strategy};

use crate::repository::blob::BlobKind;
use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::malformed::Malformed;
use crate::repository::write::packer::Forged;

/// Blobs below this size are compressed without asking: the probe would cost as much. Nor is asked
/// about the blob that follows one that shrank: a dump is text from end to end.
const PROBE_FROM: usize = 64 * 1024;

/// The probe takes a sample of each so many bytes, spread over the blob, so that it costs an eighth
/// of what compressing costs…
const SAMPLE_EVERY: usize = 32 * 1024;

/// …but no more than this many…
const SAMPLES_MAX: usize = 12;

/// …of this size. Measured: tells photographs, PDF with text, base64 and text apart, in 0.05 ms.
const SAMPLE_BYTES: usize = 4 * 1024;

/// Blobs up to this size are compressed with tables that fit the first cache.
const SMALL: usize = 16 * 1024;

/// Measured on pages and articles of 1 to 10 KB, beside zstd's own choice for such sizes at level
/// 3: nearly half more a second, for four per cent more to store.
const FOR_SMALL: [CParameter; 5] = [
    CParameter::Strategy(Strategy::ZSTD_fast),
    CParameter::WindowLog(14),
    CParameter::HashLog(13),
    CParameter::MinMatch(5),
    CParameter::TargetLength(0),
];

/// Blobs up to this size, which are nearly all of a database dump, are compressed with…
const MIDDLE: usize = 256 * 1024;

/// …longer matches alone and a table in the second cache. Measured on a dump, beside zstd's own
/// choice at level 3: a ninth more a second, for two per cent more to store.
const FOR_MIDDLE: [CParameter; 4] = [
    CParameter::Strategy(Strategy::ZSTD_dfast),
    CParameter::HashLog(16),
    CParameter::ChainLog(14),
    CParameter::MinMatch(6),
];

/// The level of the probe. Negative levels are faster and miss base64.
const PROBE_LEVEL: i32 = 1;

/// A blob is compressed if its samples shrink below so many hundredths.
const WORTH: usize = 97;

/// Contexts and buffers of one thread.
pub(in crate::repository) struct Smith {
    probe: Compressor<'static>,
    small: Compressor<'static>,
    middle: Compressor<'static>,
    large: Compressor<'static>,
    decompressor: Decompressor<'static>,
    samples: Vec<u8>,
    compressed: Vec<u8>,
    checked: Vec<u8>,
    /// Whether the last blob shrank that was compressed, and no folder.
    shrank: bool,
    /// What files are read into; lent out while a file is read.
    pub(super) reading: Vec<u8>,
}

impl Smith {
    pub(in crate::repository) fn new(level: i32) -> Result<Self, RepositoryError> {
        let context = |error| broken(Malformed::new("zstd context", error));
        let tuned = |parameters: &[CParameter]| {
            let mut compressor = Compressor::new(level)?;
            parameters.iter().try_for_each(|one| compressor.set_parameter(*one))?;
            Ok(compressor)
        };
        Ok(Self {
            probe: Compressor::new(PROBE_LEVEL).map_err(context)?,
            small: tuned(&FOR_SMALL).map_err(context)?,
            middle: tuned(&FOR_MIDDLE).map_err(context)?,
            large: Compressor::new(level).map_err(context)?,
            decompressor: Decompressor::new().map_err(context)?,
            samples: Vec::new(),
            compressed: Vec::new(),
            checked: Vec::new(),
            shrank: false,
            reading: Vec::new(),
        })
    }

    /// What of `plain` is to be sealed. What was compressed has been decompressed again and
    /// compared.
    pub(in crate::repository) fn forge<'a>(
        &'a mut self,
        kind: BlobKind,
        id: BlobId,
        plain: &'a [u8],
    ) -> Result<Forged<'a>, RepositoryError> {
        let uncompressed = self.compress(kind, plain)?;
        let body = if uncompressed.is_some() { &self.compressed[..] } else { plain };
        Ok(Forged { kind, id, body, uncompressed })
    }

    /// Fills `compressed` and returns the length before, or nothing if compression is no gain.
    fn compress(
        &mut self,
        kind: BlobKind,
        plain: &[u8],
    ) -> Result<Option<NonZeroU32>, RepositoryError> {
        // Folders are always compressed: restic reads no other ones in this version of the format.
        let must = kind == BlobKind::Tree;
        if !must && !self.is_worth_it(plain)? {
            return Ok(None);
        }
        let length = u32::try_from(plain.len())
            .map_err(|_| broken(Malformed::new("blob", "longer than 4 GiB")))?;
        let by = match plain.len() {
            length if length <= SMALL => &mut self.small,
            length if length <= MIDDLE => &mut self.middle,
            _ => &mut self.large,
        };
        squeeze(by, plain, &mut self.compressed)?;
        self.shrank = !must && has_shrunk(&self.compressed, plain);
        // Four bytes is what a compressed blob takes more in the pack's header.
        if !must && self.compressed.len() + 4 >= plain.len() {
            return Ok(None);
        }
        self.check(plain)?;
        Ok(NonZeroU32::new(length))
    }

    fn is_worth_it(&mut self, plain: &[u8]) -> Result<bool, RepositoryError> {
        if plain.len() < PROBE_FROM || self.shrank {
            return Ok(!plain.is_empty());
        }
        self.samples.clear();
        let samples = (plain.len() / SAMPLE_EVERY).clamp(2, SAMPLES_MAX);
        let stride = (plain.len() - SAMPLE_BYTES) / (samples - 1);
        for number in 0..samples {
            self.samples.extend_from_slice(&plain[number * stride..][..SAMPLE_BYTES]);
        }
        squeeze(&mut self.probe, &self.samples, &mut self.compressed)?;
        Ok(has_shrunk(&self.compressed, &self.samples))
    }

    /// Whether what was compressed comes out again as it went in: a bit that flipped in memory
    /// would otherwise be sealed and found at the restore.
    fn check(&mut self, plain: &[u8]) -> Result<(), RepositoryError> {
        self.checked.clear();
        self.checked.reserve(plain.len());
        self.decompressor
            .decompress_to_buffer(&self.compressed, &mut self.checked)
            .map_err(|error| broken(Malformed::new("blob", error)))?;
        if self.checked != plain {
            return Err(broken(Malformed::new("blob", "it comes out of compression changed")));
        }
        Ok(())
    }
}

fn has_shrunk(compressed: &[u8], plain: &[u8]) -> bool {
    compressed.len() * 100 < plain.len() * WORTH
}

fn squeeze(
    compressor: &mut Compressor<'static>,
    plain: &[u8],
    compressed: &mut Vec<u8>,
) -> Result<(), RepositoryError> {
    compressed.clear();
    compressed.reserve(zstd::zstd_safe::compress_bound(plain.len()));
    compressor
        .compress_to_buffer(plain, compressed)
        .map(|_length| ())
        .map_err(|error| broken(Malformed::new("blob", error)))
}

fn broken(source: Malformed) -> RepositoryError {
    RepositoryError::SelfCheck { source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::Digest;
    use crate::world::entropy::{Entropy as _, SystemEntropy};

    /// Whether `plain` would be stored compressed.
    fn shrinks(smith: &mut Smith, kind: BlobKind, plain: &[u8]) -> bool {
        let forged = smith.forge(kind, BlobId(Digest([1; 32])), plain).unwrap();
        assert_eq!(forged.body.len() < plain.len(), forged.uncompressed.is_some());
        forged.uncompressed.is_some()
    }

    #[test]
    fn what_does_not_shrink_is_stored_as_it_is_whatever_came_before() {
        let text = "Ủy ban nhân dân tỉnh Mẫu; ".repeat(4_000);
        let mut noise = vec![0; 100_000];
        SystemEntropy.fill(&mut noise);
        let mut smith = Smith::new(3).unwrap();
        for size in [10_000, 40_000, 100_000] {
            for (is_text, plain) in
                [(true, text.as_bytes()), (false, &noise), (false, &noise), (true, text.as_bytes())]
            {
                assert_eq!(shrinks(&mut smith, BlobKind::Data, &plain[..size]), is_text, "{size}");
            }
        }
    }

    #[test]
    fn after_text_nobody_asks_and_after_a_folder_or_noise_somebody_does() {
        // Its samples are noise; what lies between them would shrink.
        let mut sly = vec![b' '; 100_000];
        let stride = (sly.len() - SAMPLE_BYTES) / 2;
        (0..3).for_each(|n| SystemEntropy.fill(&mut sly[n * stride..][..SAMPLE_BYTES]));
        let text = "Ủy ban nhân dân tỉnh Mẫu; ".repeat(4_000);
        let mut smith = Smith::new(3).unwrap();
        assert!(!shrinks(&mut smith, BlobKind::Data, &sly), "asked, and the samples said no");
        assert!(shrinks(&mut smith, BlobKind::Data, text.as_bytes()));
        assert!(shrinks(&mut smith, BlobKind::Data, &sly), "not asked");
        assert!(shrinks(&mut smith, BlobKind::Tree, text.as_bytes()));
        assert!(!shrinks(&mut smith, BlobKind::Data, &sly), "a folder says nothing about files");
    }
}
