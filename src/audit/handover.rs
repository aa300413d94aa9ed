//! From one signing key to the next: the keys of a log in their order, and what a crash left.
//!
//! A handover is a head that names the key that signed so far and the one that signs from then on,
//! and that both signed. It stays in the folder for ever, so that whoever trusts one key of the log
//! can come to trust the others. The order of a rotation: the new key beside the old one; the entry
//! that announces it, under a head of the old key; the handover; the new key in the place of the
//! old one. The handover is the turning point: without it the old key signs and what lies beside it
//! is nothing, with it the new one does and the old one must not any more.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use signed_note::Note;
use tlog_tiles::{Checkpoint, Hash};
use zeroize::Zeroizing;

use crate::audit::disk::Disk;
use crate::audit::fault::AuditError;
use crate::audit::key::{self, FROM, LogKey, TO};
use crate::audit::layout::Layout;
use crate::world::files::{self, FileError};

/// How often a key can be rotated: monthly for twenty years. Exports carry a proof for each.
pub(super) const HANDOVERS_MAX: u64 = 240;

/// One key hands the log over to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Handover {
    /// The key that signed so far.
    pub(super) from: String,
    /// The key that signs from then on.
    pub(super) to: String,
    /// Entries under this head; a later head of the old key is none.
    pub(super) size: u64,
}

impl Handover {
    /// Reads one; `None` unless both keys signed it.
    fn open(note: &[u8]) -> Option<Self> {
        let note = Note::from_bytes(note).ok()?;
        let head = Checkpoint::from_bytes(note.text()).ok()?;
        let mut lines = head.extension().lines();
        let from = lines.next()?.strip_prefix(FROM)?.to_owned();
        let to = lines.next()?.strip_prefix(TO)?.to_owned();
        let is_signed = |vkey: &str| key::opened(vkey, &note).is_some();
        let is_whole = lines.next().is_none() && from != to && is_signed(&from) && is_signed(&to);
        is_whole.then(|| Self { from, to, size: head.size() })
    }
}

/// The key that signs, and what came before it.
pub(super) struct Keys {
    /// The key that signs.
    pub(super) key: LogKey,
    /// How it came to that, oldest first.
    pub(super) past: Vec<Handover>,
}

impl Keys {
    /// Size and root of a head that one of the log's keys signed while it was the one to sign.
    pub(super) fn open(&self, note: &[u8]) -> Option<(u64, Hash)> {
        key::open(self.key.vkey(), note).or_else(|| {
            self.past
                .iter()
                .find_map(|past| key::open(&past.from, note).filter(|(size, _)| *size <= past.size))
        })
    }

    /// The head that a crash between handover and outcome left: the old key's last one.
    pub(super) fn open_newest(&self, note: &[u8]) -> Option<(u64, Hash)> {
        key::open(self.key.vkey(), note).or_else(|| {
            let past = self.past.last()?;
            key::open(&past.from, note).filter(|(size, _)| *size == past.size)
        })
    }
}

/// The keys that a holder of the log has seen in force, one behind the other: what was handed out
/// of an earlier one stays good while another process rotates.
pub(super) struct Ring {
    keys: Keys,
    next: OnceLock<Box<Self>>,
}

impl Ring {
    pub(super) fn new(keys: Keys) -> Self {
        Self { keys, next: OnceLock::new() }
    }

    /// The newest.
    pub(super) fn newest(&self) -> &Keys {
        let mut ring = self;
        while let Some(next) = ring.next.get() {
            ring = next;
        }
        &ring.keys
    }

    /// Goes on with these.
    pub(super) fn advance(&self, keys: Keys) {
        let mut keys = Box::new(Self::new(keys));
        let mut ring = self;
        loop {
            match ring.next.set(keys) {
                Ok(()) => return,
                Err(back) => keys = back,
            }
            ring = ring.next.get().expect("it could not be set, so it is");
        }
    }
}

/// Where the new key lies until it takes over.
pub(super) fn pending(key: &Path) -> PathBuf {
    let mut name = key.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    key.with_file_name(name)
}

/// How many handovers there are, and whether a rotation was begun: enough to see that nothing
/// changed. A number that is left out is a fault.
pub(super) fn count(layout: &Layout) -> Result<u64, AuditError> {
    let folder = layout.handovers();
    let files = match std::fs::read_dir(&folder) {
        Ok(files) => files,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(AuditError::read(FileError::io("read", &folder)(error))),
    };
    let (mut count, mut newest) = (0, 0);
    for file in files {
        let name = file.map_err(FileError::io("read", &folder)).map_err(AuditError::read)?;
        // Names of another shape are not ours: a temporary file, or someone's copy.
        let number = number(&name.file_name().to_string_lossy());
        count += u64::from(number.is_some());
        newest = newest.max(number.unwrap_or_default());
    }
    if count == newest { Ok(count) } else { Err(AuditError::Handover { path: folder }) }
}

/// The number in the name of a handover.
fn number(name: &str) -> Option<u64> {
    let number = name.parse::<u64>().ok()?;
    (number > 0 && name == format!("{number:03}")).then_some(number)
}

/// All handovers, each from the key that the one before it led to.
fn read_all(layout: &Layout) -> Result<Vec<Handover>, AuditError> {
    let mut all: Vec<Handover> = Vec::new();
    for number in 1..=count(layout)? {
        let path = layout.handover(number);
        let note = files::read(&path).map_err(AuditError::read)?;
        let follows = |one: &Handover| {
            all.last().is_none_or(|last| last.to == one.from && last.size < one.size)
        };
        let one = Handover::open(&note).filter(follows);
        all.push(one.ok_or(AuditError::Handover { path })?);
    }
    Ok(all)
}

/// Finds the key that signs, and finishes or undoes a rotation that was broken off. The caller
/// holds the lock.
pub(super) fn settle(layout: &Layout, path: &Path, disk: &Disk) -> Result<Keys, AuditError> {
    let past = read_all(layout)?;
    let key = LogKey::from_file(path)?;
    let new = pending(path);
    match past.last() {
        Some(last) if last.from == key.vkey() => {
            // Handed over already: the old key may sign nothing any more.
            let text = text_of(&new).filter(|text| {
                LogKey::from_text(text.trim_end()).is_some_and(|key| key.vkey() == last.to)
            });
            let text = text.ok_or_else(|| AuditError::KeyRetired { path: path.to_owned() })?;
            // Whoever wrote it may have been killed before the disk had it: without it the new key
            // would be that of no log.
            let handover = layout.handover(past.len() as u64);
            disk.settle(&handover).map_err(AuditError::write)?;
            take_over(layout, path, &text, disk)?;
        }
        Some(last) if last.to != key.vkey() => {
            let path = path.to_owned();
            if past.iter().any(|one| one.from == key.vkey()) {
                return Err(AuditError::KeyRetired { path });
            }
            return Err(AuditError::Key { path });
        }
        // Nothing was handed over to what lies there, or it has taken over.
        _ => {
            if new.exists() {
                // The same: what takes the key's place may go only when the key is there.
                disk.settle(path).map_err(AuditError::write)?;
                disk.tidy_away(&new);
            }
        }
    }
    let key = LogKey::from_file(path)?;
    let vkey = files::read(&layout.vkey()).map_err(AuditError::read)?;
    if vkey.trim_ascii_end() != key.vkey().as_bytes() {
        return Err(AuditError::Key { path: path.to_owned() });
    }
    Ok(Keys { key, past })
}

/// Puts the new key into the place of the old one, whose file is gone with that.
pub(super) fn take_over(
    layout: &Layout,
    path: &Path,
    text: &str,
    disk: &Disk,
) -> Result<(), AuditError> {
    let key = LogKey::from_text(text.trim_end()).expect("the caller has read it");
    let vkey = format!("{}\n", key.vkey());
    disk.put(&layout.vkey(), vkey.as_bytes()).map_err(AuditError::write)?;
    disk.put_in_place(path, text.as_bytes()).map_err(AuditError::write)?;
    disk.tidy_away(&pending(path));
    Ok(())
}

fn text_of(path: &Path) -> Option<Zeroizing<String>> {
    let bytes = Zeroizing::new(std::fs::read(path).ok()?);
    Some(Zeroizing::new(std::str::from_utf8(&bytes).ok()?.to_owned()))
}
