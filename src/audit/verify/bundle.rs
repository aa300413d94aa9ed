//! What can be found out of one full bundle of a log without those before it.

use std::io;
use std::path::Path;

use crate::audit::verify::Way;
use crate::audit::verify::hash::{Hash, subtree};
use crate::audit::verify::source::{
    BUNDLE_BYTES_MAX, Bundle, TILE_BYTES, WIDTH, read_bundle, read_limited, tile_path,
};
use crate::audit::verify::step::{self, Scratch, Step};

/// Larger bundles are not read ahead, since several are in memory then: entries of a log have
/// hundreds of bytes, and seldom thousands.
const AHEAD_BYTES_MAX: u64 = 1 << 20;

/// One full bundle.
pub(super) struct Prepared {
    pub(super) number: u64,
    /// What is there.
    pub(super) bundle: io::Result<Bundle>,
    /// Of each entry, if it is in the common spelling and what it commits to.
    pub(super) steps: Vec<Option<Step>>,
    /// The root, if all entries are so and the tile of their hashes says the same.
    pub(super) tile: Option<Hash>,
}

impl Prepared {
    /// By one of several threads.
    pub(super) fn ahead(way: Way, dir: &Path, number: u64, scratch: &mut Scratch) -> Self {
        Self::of(way, dir, (number, AHEAD_BYTES_MAX), scratch)
    }

    /// The same, but for a bundle that was too large to be read ahead.
    pub(super) fn read_if_large(self, way: Way, dir: &Path) -> Self {
        let is_large = |error: &io::Error| error.kind() == io::ErrorKind::FileTooLarge;
        if !self.bundle.as_ref().is_err_and(is_large) {
            return self;
        }
        Self::of(way, dir, (self.number, BUNDLE_BYTES_MAX), &mut Scratch::default())
    }

    fn of(way: Way, dir: &Path, (number, limit): (u64, u64), scratch: &mut Scratch) -> Self {
        let bundle = read_bundle(dir, number, limit);
        let steps = match &bundle {
            Ok(bundle) if way == Way::Quick => steps(bundle, number, scratch),
            _ => Vec::new(),
        };
        let hashes: Option<Vec<_>> = steps.iter().map(|step| Some(step.as_ref()?.hash)).collect();
        let path = tile_path(dir, "0", number, WIDTH);
        let is_stored = |hashes: &Vec<Hash>| {
            let stored = read_limited(&path, TILE_BYTES as u64);
            hashes.len() == WIDTH && stored.is_ok_and(|stored| stored == hashes.as_flattened())
        };
        let tile = hashes.filter(is_stored).map(subtree);
        Self { number, bundle, steps, tile }
    }
}

/// Of each entry of a bundle that is as a bundle should be.
fn steps(bundle: &Bundle, number: u64, scratch: &mut Scratch) -> Vec<Option<Step>> {
    let Bundle { leaves: Some((leaves, true)), lines: Some(lines) } = bundle else {
        return Vec::new();
    };
    let pairs = (number * WIDTH as u64..).zip(leaves.iter().zip(lines.iter()));
    pairs.map(|(seq, (leaf, line))| step::of_log(leaf, line, seq, scratch)).collect()
}
