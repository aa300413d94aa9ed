//! A copy of the log for safekeeping, such as inside a set.
//!
//! The copy is whole and verifies, whoever writes meanwhile. It holds neither the private key nor
//! locks: a copy can be checked, never continued. Made again over an older copy, only what is new
//! is written.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::audit::fault::AuditError;
use crate::audit::layout::{Layout, WIDTH};
use crate::audit::log::Log;
use crate::audit::read;
use crate::world::files::{self, FileError};

impl Log {
    /// Brings the copy in the folder `to` up to date; the folder is made where there is none.
    pub fn copy_to(&self, to: &Path) -> Result<(), AuditError> {
        let (tail, unfinished, checkpoint, vkey, handovers) = self.with_state(|state| {
            let vkey = files::read(&self.layout.vkey()).map_err(AuditError::read)?;
            let checkpoint = state.checkpoint().to_vec();
            Ok((state.tail(), state.unfinished()?, checkpoint, vkey, self.handovers()?))
        })?;
        let target = Layout::new(to);
        // From here on others may write: what is left to copy is full, and never changes again.
        let mut full = tail;
        for number in 0..tail {
            self.copy_full(&self.layout.bundle(number, WIDTH), &target)?;
            self.copy_openings(number, &target)?;
        }
        for level in 0u8.. {
            if full == 0 {
                break;
            }
            for number in 0..full {
                self.copy_full(&self.layout.tile(level, number, WIDTH), &target)?;
            }
            full /= WIDTH as u64;
        }
        for (number, note) in (1..).zip(&handovers) {
            put(&target.handover(number), note)?;
        }
        put(&target.vkey(), &vkey)?;
        for (path, bytes) in &unfinished {
            put(&self.counterpart(path, &target), bytes)?;
        }
        // The head comes last: it must not speak of entries that a crash kept from the copy.
        put(&target.checkpoint(), &checkpoint)?;
        let kept: Vec<_> =
            unfinished.iter().map(|(path, _)| self.counterpart(path, &target)).collect();
        let openings = (0..tail).filter(|number| self.layout.tail(*number).exists());
        let openings = openings.map(|number| target.tail(number));
        let kept: HashSet<_> = kept.into_iter().chain(openings).collect();
        for (path, _) in &unfinished {
            remove_others(&self.counterpart(path, &target), &kept);
        }
        Ok(())
    }

    /// Copies a sealed tail that opens what its bundle commits to. A copy of it from before it was
    /// full is shorter.
    fn copy_openings(&self, number: u64, target: &Layout) -> Result<(), AuditError> {
        let (path, copy) = (self.layout.tail(number), target.tail(number));
        let length = |path: &Path| path.metadata().ok().map(|file| file.len());
        match length(&path) {
            Some(bytes) if length(&copy) == Some(bytes) => Ok(()),
            None if read::repeats_bundle(&self.layout, number) => Ok(()),
            None => Err(AuditError::Opening { seq: number * WIDTH as u64 }),
            Some(_) => match files::read(&path) {
                Ok(bytes) => put(&copy, &bytes),
                // Of version 1, it was removed since.
                Err(_) if read::repeats_bundle(&self.layout, number) => Ok(()),
                Err(fault) => Err(AuditError::read(fault)),
            },
        }
    }

    fn copy_full(&self, path: &Path, target: &Layout) -> Result<(), AuditError> {
        let copy = self.counterpart(path, target);
        if copy.exists() {
            return Ok(());
        }
        let bytes = files::read(path).map_err(AuditError::read)?;
        put(&copy, &bytes)?;
        // The partial tiles of an older copy end where the full one begins.
        let _ = std::fs::remove_dir_all(copy.with_extension("p"));
        Ok(())
    }

    fn counterpart(&self, path: &Path, target: &Layout) -> PathBuf {
        let inside = path.strip_prefix(self.layout.dir()).expect("it lies in the log's folder");
        target.dir().join(inside)
    }
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), AuditError> {
    let output = |source: FileError| AuditError::Output { source };
    if let Some(folder) = path.parent() {
        files::create_private_dir(folder).map_err(output)?;
    }
    files::replace_durably(path, bytes).map_err(output)
}

/// Removes the tails and partial tiles of an earlier copy; a leftover would do no harm.
fn remove_others(path: &Path, kept: &HashSet<PathBuf>) {
    let Some(Ok(files)) = path.parent().map(std::fs::read_dir) else { return };
    for file in files.flatten().map(|file| file.path()) {
        if !kept.contains(&file) {
            let _ = std::fs::remove_file(file);
        }
    }
}
