//! What a restore did, or would do.

use std::ops::Range;
use std::sync::Arc;

use crate::base::fault::{Fault, Message};

/// What a restore did, or would do.
#[derive(Clone, Debug, Default)]
pub struct Restored {
    /// Regular files, each name of a file with several names counted.
    pub files: u64,
    /// Folders.
    pub folders: u64,
    /// Symbolic links and named pipes.
    pub others: u64,
    /// Of all these, how many were not there before.
    pub made: u64,
    /// How many were there, and other than in the set.
    pub changed: u64,
    /// How many were there as they are in the set, and were not touched.
    pub unchanged: u64,
    /// Entries of the set that are counted nowhere else, since the rule leaves what is in their
    /// place as it is.
    pub left: u64,
    /// Bytes of the files' content.
    pub bytes: u64,
    /// Of these, bytes that were there already.
    pub kept_bytes: u64,
    /// Bytes read from the repository's packs.
    pub fetched_bytes: u64,
    /// Space that the files take on the disk beyond what stands in their places now; less where
    /// they hold long runs of zeros, or the disk compresses.
    pub space_bytes: u64,
    /// What the set does not have, and was therefore deleted; a folder stands for all in it.
    pub deleted: Vec<Vec<u8>>,
    /// What could not be restored. Empty unless the restore ended in `Incomplete`, or is a dry
    /// run of one that would.
    pub lost: Vec<Lost>,
    /// What was restored with less than its full metadata, or left out because it is no content.
    pub warnings: Vec<Warning>,
}

/// Something of the set that could not be restored.
#[derive(Clone, Debug)]
pub struct Lost {
    /// Its path in the set. For a folder that cannot be read: the folder, and all below is lost.
    pub path: Vec<u8>,
    /// Why.
    pub fault: Arc<dyn Fault>,
    /// Which bytes of a file are missing, in order; empty for all of it, or if it is no file.
    pub missing: Vec<Range<u64>>,
}

impl Lost {
    /// Something of which nothing could be restored.
    pub(super) fn whole(path: &[u8], fault: Arc<dyn Fault>) -> Self {
        Self { path: path.to_vec(), fault, missing: Vec::new() }
    }
}

/// Something that is not as it was, while its content is.
#[derive(Clone, Debug)]
pub struct Warning {
    /// Its path in the set; empty if it concerns all.
    pub path: Vec<u8>,
    /// What.
    pub message: Message,
}
