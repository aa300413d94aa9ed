//! The right edge of the Merkle tree in memory, and the rest of it in tile files.
//!
//! The arithmetic is the crate's; the hashes are read by us, because its own tile reader does not
//! authenticate every tile. Hashes read here serve proofs and heads, never a verdict: `verify`
//! recomputes everything from the entries.

use std::cell::RefCell;
use std::path::PathBuf;

use tlog_tiles::{Hash, HashReader, Tile, node_hash, prove_record, prove_tree, tree_hash};

use crate::audit::fault::AuditError;
use crate::audit::layout::{HEIGHT, Layout, WIDTH};

/// Bytes of one hash.
const HASH: usize = tlog_tiles::HASH_SIZE;

/// The hashes of the last, incomplete tile of every level.
#[derive(Clone, Default)]
pub(super) struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

/// A tile that has just become full.
pub(super) struct FullTile {
    pub(super) level: u8,
    pub(super) number: u64,
    pub(super) bytes: Vec<u8>,
}

impl Edge {
    /// The edge behind `bundles` full bundles, computed from the full tiles alone.
    pub(super) fn behind(layout: &Layout, bundles: u64) -> Result<Self, AuditError> {
        let mut levels = vec![Vec::new()];
        let (mut level, mut full) = (0, bundles);
        while full > 0 {
            let first = full - full % WIDTH as u64;
            let hashes = (first..full)
                .map(|number| Ok(subtree(&read_full_tile(layout, level, number)?)))
                .collect::<Result<Vec<_>, AuditError>>()?;
            levels.push(hashes);
            level += 1;
            full /= WIDTH as u64;
        }
        Ok(Self { size: bundles * WIDTH as u64, levels })
    }

    /// Entries in the tree.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf and returns the tiles that it made full, lowest first.
    pub(super) fn push(&mut self, leaf: Hash) -> Vec<FullTile> {
        let mut full = Vec::new();
        let mut hash = leaf;
        self.size += 1;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let hashes = &mut self.levels[level];
            hashes.push(hash);
            if hashes.len() < WIDTH {
                break;
            }
            hash = subtree(hashes);
            let bytes = to_bytes(hashes);
            hashes.clear();
            let level = u8::try_from(level).expect("a tree of u64 entries has 8 levels of tiles");
            let number = (self.size >> (u32::from(HEIGHT) * (u32::from(level) + 1))) - 1;
            full.push(FullTile { level, number, bytes });
        }
        full
    }

    /// The partial tiles of a tree of this size: path and content.
    pub(super) fn partial_tiles(&self, layout: &Layout) -> Vec<(PathBuf, Vec<u8>)> {
        (0u8..)
            .zip(&self.levels)
            .filter(|(_, hashes)| !hashes.is_empty())
            .map(|(level, hashes)| {
                let number = self.size >> (u32::from(HEIGHT) * (u32::from(level) + 1));
                (layout.tile(level, number, hashes.len()), to_bytes(hashes))
            })
            .collect()
    }
}

/// Reads stored hashes from the edge and from full tiles.
pub(super) struct Tiles<'a> {
    layout: &'a Layout,
    edge: &'a Edge,
    /// The fault beneath an error of the crate, which cannot carry it.
    fault: RefCell<Option<AuditError>>,
}

impl<'a> Tiles<'a> {
    pub(super) fn new(layout: &'a Layout, edge: &'a Edge) -> Self {
        Self { layout, edge, fault: RefCell::new(None) }
    }

    /// The root of the first `size` entries.
    pub(super) fn root(&self, size: u64) -> Result<Hash, AuditError> {
        tree_hash(size, self).map_err(|error| self.told(&error))
    }

    /// Shows that the tree of the first `size` entries is a beginning of this one.
    pub(super) fn consistency(&self, size: u64) -> Result<Vec<Hash>, AuditError> {
        if size == 0 {
            return Ok(Vec::new());
        }
        prove_tree(self.edge.size, size, self).map_err(|error| self.told(&error))
    }

    /// Shows that the entry at `seq` is in this tree.
    pub(super) fn inclusion(&self, seq: u64) -> Result<Vec<Hash>, AuditError> {
        prove_record(self.edge.size, seq, self).map_err(|error| self.told(&error))
    }

    /// The roots of the complete subtrees that make up the first `size` entries, largest first.
    pub(super) fn peaks(&self, size: u64) -> Result<Vec<Hash>, AuditError> {
        let indexes = tlog_tiles::sub_tree_index(0, size, Vec::new());
        self.read_hashes(&indexes).map_err(|error| self.told(&error))
    }

    fn told(&self, error: &tlog_tiles::Error) -> AuditError {
        let fault = self.fault.borrow_mut().take();
        // Without a fault of ours the request itself was impossible: a size beyond the tree.
        fault.unwrap_or_else(|| {
            tracing::error!(%error, "The tree refused a request.");
            AuditError::Range { from: 0, to: u64::MAX, size: self.edge.size }
        })
    }

    fn read(&self, index: u64) -> Result<Hash, AuditError> {
        let tile = Tile::from_index(HEIGHT, index);
        let level = usize::from(tile.level());
        let newest = self.edge.size >> (usize::from(HEIGHT) * (level + 1));
        let bytes = if tile.level_index() < newest {
            to_bytes(&read_full_tile(self.layout, tile.level(), tile.level_index())?)
        } else {
            to_bytes(self.edge.levels.get(level).map_or(&[], Vec::as_slice))
        };
        tile.hash_at_index(&bytes, index).map_err(|_| AuditError::Tile {
            path: self.layout.tile(tile.level(), tile.level_index(), WIDTH),
        })
    }
}

impl HashReader for Tiles<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let hashes: Result<_, AuditError> = indexes.iter().map(|index| self.read(*index)).collect();
        hashes.map_err(|fault| {
            self.fault.replace(Some(fault));
            tlog_tiles::Error::InvalidTile
        })
    }
}

fn read_full_tile(layout: &Layout, level: u8, number: u64) -> Result<Vec<Hash>, AuditError> {
    let path = layout.tile(level, number, WIDTH);
    let bytes = std::fs::read(&path).unwrap_or_default();
    if bytes.len() != WIDTH * HASH {
        return Err(AuditError::Tile { path });
    }
    let (hashes, _) = bytes.as_chunks::<HASH>();
    Ok(hashes.iter().map(|hash| Hash(*hash)).collect())
}

/// The root of a complete subtree: its leaves are a power of two in number.
fn subtree(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        let (pairs, _) = row.as_chunks::<2>();
        row = pairs.iter().map(|[left, right]| node_hash(*left, *right)).collect();
    }
    row[0]
}

fn to_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tlog_tiles::{check_record, check_tree, record_hash};

    /// Grows a log of `size` leaves in a folder, writing only its full tiles.
    fn grown(layout: &Layout, size: u64) -> Edge {
        let mut edge = Edge::default();
        for seq in 0..size {
            for tile in edge.push(record_hash(&seq.to_be_bytes())) {
                let path = layout.tile(tile.level, tile.number, WIDTH);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                crate::world::files::write_synced(&path, &tile.bytes, 0o600).unwrap();
            }
        }
        edge
    }

    #[test]
    fn the_edge_is_rebuilt_from_full_tiles_at_every_boundary() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let edge = grown(&layout, 256 * 256 + 3 * 256);
        let rebuilt = Edge::behind(&layout, 256 + 3).unwrap();
        assert_eq!(rebuilt.size, edge.size);
        assert_eq!(rebuilt.levels, edge.levels);
        assert_eq!(edge.levels.iter().map(Vec::len).collect::<Vec<_>>(), [0, 3, 1]);
    }

    #[test]
    fn proofs_from_tiles_hold_and_a_missing_tile_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let edge = grown(&layout, 1_000);
        let tiles = Tiles::new(&layout, &edge);
        let root = tiles.root(1_000).unwrap();
        for size in [1, 255, 256, 257, 512, 999, 1_000] {
            let earlier = tiles.root(size).unwrap();
            check_tree(&tiles.consistency(size).unwrap(), 1_000, root, size, earlier).unwrap();
            let leaf = record_hash(&(size - 1).to_be_bytes());
            check_record(&tiles.inclusion(size - 1).unwrap(), 1_000, root, size - 1, leaf).unwrap();
        }
        let lost = layout.tile(0, 1, WIDTH);
        std::fs::remove_file(&lost).unwrap();
        assert!(matches!(tiles.root(300), Err(AuditError::Tile { path }) if path == lost));
    }
}
