//! Files that are made unreadable for us before they are cut: the contract, and which files.
//!
//! Who seals, and how, is not the repository's business. It keeps the stream that it is given under
//! the name that it is given, in pieces of equal length: neither looking for places to cut nor
//! compressing would gain anything from what looks like noise.
//!
//! A sealed file is another stream each time it is sealed. One is recognized as unchanged by its
//! times and its inode alone, since the set knows the length of what was sealed, not of the file:
//! whoever changes the length of a file changes its times.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::{self, Read};
use std::sync::Arc;

/// Turns a stream into one that this machine cannot read back.
pub trait Seal: Debug + Send + Sync {
    /// The name of the sealed file; nothing if there is none that leads back to this one.
    fn name(&self, plain: &[u8]) -> Option<Vec<u8>>;

    /// The name of the file that is sealed under this one.
    fn plain_name<'n>(&self, sealed: &'n [u8]) -> &'n [u8];

    /// What `plain` becomes; it fails as `plain` fails.
    fn seal<'r>(&self, plain: &'r mut dyn Read) -> io::Result<Box<dyn Read + 'r>>;
}

/// Which files of a tree are sealed, and by what.
#[derive(Clone, Debug, Default)]
pub enum Seals {
    /// None.
    #[default]
    Nothing,
    /// All.
    All(Arc<dyn Seal>),
    /// Those at or below these names in the root.
    Below(BTreeMap<Vec<u8>, Arc<dyn Seal>>),
}

impl Seals {
    /// What seals the file at this path, relative to the root.
    pub(super) fn of(&self, path: &[u8]) -> Option<&Arc<dyn Seal>> {
        match self {
            Self::Nothing => None,
            Self::All(seal) => Some(seal),
            Self::Below(names) => {
                let first = path.split(|&byte| byte == b'/').next()?;
                names.get(first)
            }
        }
    }

    /// The plain name of a file of the parent set, as far as all are sealed alike.
    pub(super) fn plain_name<'n>(&self, stored: &'n [u8]) -> &'n [u8] {
        match self {
            Self::All(seal) => seal.plain_name(stored),
            Self::Nothing | Self::Below(_) => stored,
        }
    }
}

/// How a tree is sealed on its way into a set.
#[derive(Clone, Debug, Default)]
pub struct Sealing {
    /// Which files.
    pub seals: Seals,
    /// Whether the parent set was sealed otherwise: then nothing of it is taken over, and nothing is
    /// compared with it.
    pub afresh: bool,
}

/// Counts the bytes that pass.
pub(super) struct Counted<'r> {
    source: &'r mut dyn Read,
    pub(super) bytes: u64,
}

impl<'r> Counted<'r> {
    pub(super) fn new(source: &'r mut dyn Read) -> Self {
        Self { source, bytes: 0 }
    }
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }
}
