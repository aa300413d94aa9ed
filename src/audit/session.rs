//! Runs of the program that hold intents, so that the next run can tell a crash from work in
//! progress.
//!
//! A run that intends something keeps a locked, empty file, named by where in the log it began.
//! The kernel drops the lock when the run ends, however it ends: a file that can be locked is that
//! of a run that ended with intents unsettled. Everything here happens while the log is locked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::audit::disk::Disk;
use crate::audit::entry::{Entry, Kind};
use crate::audit::fault::AuditError;
use crate::audit::layout::Layout;
use crate::audit::read::Reader;
use crate::world::entropy::Entropy;
use crate::world::files::{FileError, FileLock, create_private_dir};

/// This run.
pub(super) struct Session {
    id: String,
    path: PathBuf,
    /// Intents without an outcome yet.
    pub(super) open: u64,
    _lock: FileLock,
}

impl Session {
    /// Begins a run whose intents come at `size` or later. Durable, so that a loss of power
    /// cannot hide the run whose intent it left behind.
    pub(super) fn begin(
        layout: &Layout,
        disk: &Disk,
        entropy: &dyn Entropy,
        size: u64,
    ) -> Result<Self, AuditError> {
        let mut id = [0; 8];
        entropy.fill(&mut id);
        let id = data_encoding::HEXLOWER.encode(&id);
        let folder = layout.sessions();
        create_private_dir(&folder).map_err(AuditError::write)?;
        let path = folder.join(format!("{size}-{id}"));
        let lock = FileLock::acquire(&path).map_err(AuditError::write)?;
        disk.sync_dir(&folder).map_err(AuditError::write)?;
        Ok(Self { id, path, open: 0, _lock: lock })
    }

    /// The name that stands in this run's intents.
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

impl Drop for Session {
    /// An orderly end leaves nothing behind. With intents open, the file stays: the next run
    /// records them as abandoned.
    fn drop(&mut self) {
        if self.open == 0 {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A run that has ended without settling everything, and the intents it left.
pub(super) struct Ended {
    pub(super) path: PathBuf,
    pub(super) intents: Vec<Entry>,
    _lock: FileLock,
}

/// Finds the runs that have ended.
pub(super) fn ended(layout: &Layout, size: u64) -> Result<Vec<Ended>, AuditError> {
    let folder = layout.sessions();
    let files = match std::fs::read_dir(&folder) {
        Ok(files) => files,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(AuditError::read(FileError::io("read", &folder)(error))),
    };
    let mut ended = Vec::new();
    for file in files.flatten() {
        let path = file.path();
        let Some((begun, id)) = parse(&path) else { continue };
        let lock = match FileLock::acquire(&path) {
            Ok(lock) => lock,
            Err(FileError::Locked { .. }) => continue,
            Err(fault) => return Err(AuditError::write(fault)),
        };
        let intents = unsettled(&Reader::of(layout, size), begun, &id)?;
        ended.push(Ended { path, intents, _lock: lock });
    }
    Ok(ended)
}

fn parse(path: &Path) -> Option<(u64, String)> {
    let (begun, id) = path.file_name()?.to_str()?.split_once('-')?;
    Some((begun.parse().ok()?, id.to_owned()))
}

fn unsettled(reader: &Reader, begun: u64, session: &str) -> Result<Vec<Entry>, AuditError> {
    let mut open = BTreeMap::new();
    for entry in reader.range(begun..reader.size()) {
        let entry = entry?;
        match (entry.kind, entry.intent) {
            (Kind::Intent, _) if entry.session.as_deref() == Some(session) => {
                open.insert(entry.seq, entry);
            }
            (Kind::Outcome, Some(intent)) => {
                open.remove(&intent);
            }
            _ => {}
        }
    }
    Ok(open.into_values().collect())
}
