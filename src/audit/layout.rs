//! Where each file of the log lies, and how large it may be.

use std::path::{Path, PathBuf};

use tlog_tiles::Tile;

/// Entries in a full bundle and hashes in a full tile: fixed by C2SP tlog-tiles.
pub(super) const WIDTH: usize = 256;

/// Bundles that one write of the tail may fill: what is written of them again is held in memory,
/// a few megabytes of common entries.
pub(super) const BUNDLES_AT_A_TIME: usize = 32;

/// The height of a tile: 2^8 hashes.
pub(super) const HEIGHT: u8 = 8;

/// An entry's length stands in two bytes of its bundle.
pub(super) const ENTRY_BYTES_MAX: usize = 0xffff;

/// The folder of one log.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    dir: PathBuf,
}

impl Layout {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The newest signed head.
    pub(super) fn checkpoint(&self) -> PathBuf {
        self.dir.join("checkpoint")
    }

    /// Where the signing key lies unless it is kept elsewhere.
    pub(super) fn key(&self) -> PathBuf {
        self.dir.join("log.key")
    }

    /// The public key, in the form of C2SP signed-note.
    pub(super) fn vkey(&self) -> PathBuf {
        self.dir.join("log.vkey")
    }

    /// Heads at which one signing key handed the log over to the next.
    pub(super) fn handovers(&self) -> PathBuf {
        self.dir.join("key")
    }

    /// Handover `number`, counted from one.
    pub(super) fn handover(&self, number: u64) -> PathBuf {
        self.handovers().join(format!("{number:03}"))
    }

    /// Held while one process writes.
    pub(super) fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    /// Runs of the program that hold intents.
    pub(super) fn sessions(&self) -> PathBuf {
        self.dir.join("session")
    }

    /// Bytes that a crash left and no entry was made of.
    pub(super) fn torn(&self) -> PathBuf {
        self.dir.join("torn")
    }

    pub(super) fn tails(&self) -> PathBuf {
        self.dir.join("tail")
    }

    /// The lines of bundle `number`, appended while it is not full.
    pub(super) fn tail(&self, number: u64) -> PathBuf {
        self.tails().join(format!("{number:09}.jsonl"))
    }

    /// A hash tile; `width` hashes wide.
    pub(super) fn tile(&self, level: u8, number: u64, width: usize) -> PathBuf {
        self.dir.join("tile").join(level.to_string()).join(relative(number, width))
    }

    /// An entry bundle; `width` entries wide.
    pub(super) fn bundle(&self, number: u64, width: usize) -> PathBuf {
        self.dir.join("tile").join("entries").join(relative(number, width))
    }

    /// The newest tail: the only file that still grows. `None` where there is no log.
    pub(super) fn newest_tail(&self) -> std::io::Result<Option<u64>> {
        let folder = match std::fs::read_dir(self.tails()) {
            Ok(folder) => folder,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut newest = None;
        for file in folder {
            let name = file?.file_name();
            let number = name
                .to_str()
                .and_then(|name| name.strip_suffix(".jsonl"))
                .and_then(|number| number.parse::<u64>().ok());
            newest = newest.max(number);
        }
        Ok(newest)
    }
}

/// `x001/x234/067` or `x001/x234/067.p/5`. The crate writes the height into its paths, as Go's
/// checksum database does; C2SP tlog-tiles has none there.
fn relative(number: u64, width: usize) -> PathBuf {
    let width = u32::try_from(width).expect("a tile is at most 256 wide");
    let path = Tile::new(HEIGHT, 0, number, width, false).path();
    PathBuf::from(path.strip_prefix("tile/8/0/").unwrap_or(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tile_paths_are_those_of_tlog_tiles() {
        let layout = Layout::new(Path::new("/log"));
        let check = |path: PathBuf, expected: &str| assert_eq!(path, Path::new(expected));
        check(layout.tile(0, 0, 256), "/log/tile/0/000");
        check(layout.tile(1, 1_234_067, 5), "/log/tile/1/x001/x234/067.p/5");
        check(layout.bundle(3_038, 256), "/log/tile/entries/x003/038");
        check(layout.bundle(8, 1), "/log/tile/entries/008.p/1");
    }
}
