//! The config object: what a repository is, and its version.

use serde::{Deserialize, Serialize};

use crate::base::digest::Digest;
use crate::repository::polynomial::Polynomial;
use crate::world::entropy::Entropy;

/// The only version we write. Version 1 has no compression; restic converts it
/// (`restic migrate upgrade_repo_v2`), we refuse it.
pub const VERSION: u32 = 2;

/// The config as stored, sealed, under the name `config`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Config {
    /// The version of the repository's format.
    pub version: u32,
    /// A random name: it tells repositories apart and never changes.
    pub id: Digest,
    /// What cut points are derived from.
    pub chunker_polynomial: Polynomial,
}

impl Config {
    /// The config of a new repository.
    pub fn new(entropy: &dyn Entropy, chunker_polynomial: Polynomial) -> Self {
        let mut id = [0; 32];
        entropy.fill(&mut id);
        Self { version: VERSION, id: Digest(id), chunker_polynomial }
    }
}
