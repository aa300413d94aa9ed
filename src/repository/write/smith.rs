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

/// Blobs below this size are compressed without asking: the probe would cost as much.
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
/// 3: two fifths more a second, for two per cent more to store.
const FOR_SMALL: [CParameter; 5] = [
    CParameter::Strategy(Strategy::ZSTD_dfast),
    CParameter::WindowLog(14),
    CParameter::HashLog(13),
    CParameter::ChainLog(13),
    CParameter::MinMatch(5),
];

/// The level of the probe. Negative levels are faster and miss base64.
const PROBE_LEVEL: i32 = 1;

/// A blob is compressed if its samples shrink below so many hundredths.
const WORTH: usize = 97;

/// Contexts and buffers of one thread.
pub(in crate::repository) struct Smith {
    probe: Compressor<'static>,
    small: Compressor<'static>,
    large: Compressor<'static>,
    decompressor: Decompressor<'static>,
    samples: Vec<u8>,
    compressed: Vec<u8>,
    checked: Vec<u8>,
    /// What files are read into; lent out while a file is read.
    pub(super) reading: Vec<u8>,
}

impl Smith {
    pub(in crate::repository) fn new(level: i32) -> Result<Self, RepositoryError> {
        let context = |error| broken(Malformed::new("zstd context", error));
        let mut small = Compressor::new(level).map_err(context)?;
        FOR_SMALL.into_iter().try_for_each(|one| small.set_parameter(one)).map_err(context)?;
        Ok(Self {
            probe: Compressor::new(PROBE_LEVEL).map_err(context)?,
            small,
            large: Compressor::new(level).map_err(context)?,
            decompressor: Decompressor::new().map_err(context)?,
            samples: Vec::new(),
            compressed: Vec::new(),
            checked: Vec::new(),
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
        let by = if plain.len() <= SMALL { &mut self.small } else { &mut self.large };
        squeeze(by, plain, &mut self.compressed)?;
        // Four bytes is what a compressed blob takes more in the pack's header.
        if !must && self.compressed.len() + 4 >= plain.len() {
            return Ok(None);
        }
        self.check(plain)?;
        Ok(NonZeroU32::new(length))
    }

    fn is_worth_it(&mut self, plain: &[u8]) -> Result<bool, RepositoryError> {
        if plain.len() < PROBE_FROM {
            return Ok(!plain.is_empty());
        }
        self.samples.clear();
        let samples = (plain.len() / SAMPLE_EVERY).clamp(2, SAMPLES_MAX);
        let stride = (plain.len() - SAMPLE_BYTES) / (samples - 1);
        for number in 0..samples {
            self.samples.extend_from_slice(&plain[number * stride..][..SAMPLE_BYTES]);
        }
        squeeze(&mut self.probe, &self.samples, &mut self.compressed)?;
        Ok(self.compressed.len() * 100 < self.samples.len() * WORTH)
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
