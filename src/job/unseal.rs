//! Opening what is sealed in a set, with an identity that is not this host's own.
//!
//! Files are restored sealed, as every stock tool restores them, and opened where they lie: the
//! plain file is complete under another name before it takes its own, and only then the sealed one
//! goes. What cannot be opened stays sealed, and is named. Nothing is done before all is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{File, FileTimes, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{rename, syncfs};
use sha2::{Digest as _, Sha256};

use crate::base::cancel::Cancel;
use crate::base::digest::Digest;
use crate::base::fault::{AnyFault, Fault};
use crate::base::manifest::{DatabaseFacts, Manifest, SealedPart};
use crate::base::progress::{Progress, Silent};
use crate::config::secret::SecretSource;
use crate::job::fault::JobFault;
use crate::job::sets::MANIFEST_MAX;
use crate::repository::browse::Browser;
use crate::repository::restore::Lost;
use crate::repository::tree::NodeKind;
use crate::repository::walk::Unreadable;
use crate::repository::{BlobId, Repository, SnapshotId};
use crate::seal::error::SealError;
use crate::seal::{Identities, name, open};
use crate::world::files::FileError;
use crate::world::moves;

/// How a plain file is called until it is whole. Counted up where the set has such a name itself.
const PARTIAL: &str = ".duphong-opening";

/// What was opened, beside what was not.
#[derive(Debug, Default)]
pub struct Opened {
    /// Files that are plain now, by their plain paths in the set, with what was opened.
    pub files: BTreeMap<Vec<u8>, Plain>,
    /// What could not be opened, and lies there sealed.
    pub lost: Vec<Lost>,
}

/// A file as it was when it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain {
    /// Its length.
    pub bytes: u64,
    /// Its digest.
    pub digest: Digest,
}

/// The identities at this place.
pub fn identities(source: &SecretSource) -> Result<Identities, AnyFault> {
    Ok(Identities::parse(&source.read()?)?)
}

/// Which parts of a set these identities open, and which they do not: in this order.
pub fn divide<'m>(
    manifest: &'m Manifest,
    identities: Option<&Identities>,
) -> (Vec<&'m SealedPart>, Vec<&'m SealedPart>) {
    let opens = |part: &&SealedPart| {
        identities.is_some_and(|identities| identities.open_for(&part.recipients))
    };
    manifest.sealed.iter().partition(opens)
}

/// The manifest with the facts of those databases that the identities open.
pub fn facts(
    repository: &Repository,
    set: &SnapshotId,
    mut manifest: Manifest,
    identities: &Identities,
) -> Result<Manifest, AnyFault> {
    let tree = repository.snapshot(set)?.tree;
    let browser = Browser::new(repository)?;
    let (opening, _) = divide(&manifest, Some(identities));
    let mut opened: Vec<(String, DatabaseFacts)> = Vec::new();
    for part in opening {
        let Some(place) = &part.facts else { continue };
        let unreadable = |detail: String| JobFault::NotASet { set: set.to_string(), detail };
        let mut sealed = Vec::new();
        let size = browser.find(&tree, place.as_bytes())?.map_or(0, |node| node.size);
        if size > MANIFEST_MAX {
            return Err(unreadable(format!("`{place}` is {size} bytes long")).into());
        }
        let cancel = Cancel::default();
        browser.cat(&tree, place.as_bytes(), &mut sealed, &Silent, &cancel)?;
        let mut plain = Limited { bytes: Vec::new() };
        open(&mut &sealed[..], identities, &mut plain)?;
        let facts = serde_json::from_slice(&plain.bytes);
        let facts = facts.map_err(|error| unreadable(format!("`{place}`: {error}")))?;
        let name = part.part.rsplit('/').next().unwrap_or_default();
        opened.push((name.to_owned(), facts));
    }
    manifest.databases.extend(opened);
    Ok(manifest)
}

/// Memory that does not grow without end, whatever a sealed stream unfolds to.
struct Limited {
    bytes: Vec<u8>,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + bytes.len()) as u64 > MANIFEST_MAX {
            return Err(ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Which part of a set was restored, and to where.
#[derive(Clone, Copy, Debug)]
pub struct Area<'a> {
    /// The folder.
    pub target: &'a Path,
    /// The folder of the set that the target stands for; its root if empty.
    pub from: &'a str,
    /// Only what lies at or below these, relative to `from`; everything if empty.
    pub only: &'a [String],
}

impl Area<'_> {
    /// Whether something of this place of the set was restored.
    pub fn touches(&self, place: &str) -> bool {
        self.wanted().iter().any(|wanted| is_within(place, wanted) || is_within(wanted, place))
    }

    fn wanted(&self) -> Vec<String> {
        let from = normal(self.from);
        let below = |only: &String| {
            let only = normal(only);
            match (from.is_empty(), only.is_empty()) {
                (true, _) => only,
                (_, true) => from.clone(),
                _ => format!("{from}/{only}"),
            }
        };
        match self.only {
            [] => vec![from.clone()],
            some => some.iter().map(below).collect(),
        }
    }

    /// A path of the set as the restore tells it: relative to its `from`.
    pub fn below_target(&self, path: &[u8]) -> Vec<u8> {
        let text = Path::new(OsStr::from_bytes(path));
        let below = text.strip_prefix(normal(self.from)).unwrap_or(text);
        below.as_os_str().as_bytes().to_vec()
    }

    /// Where a path of the set lies, if it was restored.
    fn on_disk(&self, path: &[u8]) -> Option<PathBuf> {
        let text = Path::new(OsStr::from_bytes(path));
        let wanted = self.wanted();
        wanted.iter().any(|wanted| text.starts_with(wanted)).then_some(())?;
        let below = text.strip_prefix(normal(self.from)).ok()?;
        Some(self.target.join(below))
    }
}

/// The path as the repository reads it: no `.`, no empty parts.
pub fn normal(path: &str) -> String {
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    parts.collect::<Vec<_>>().join("/")
}

/// Whether a path is another, or lies below it; all lie below the empty one.
fn is_within(path: &str, above: &str) -> bool {
    Path::new(path).starts_with(above)
}

/// Who opens, with what, and for how long.
#[derive(Clone, Copy)]
pub struct Opener<'a> {
    /// The repository that the set was restored from.
    pub repository: &'a Repository,
    /// The set.
    pub set: &'a SnapshotId,
    /// What opens.
    pub identities: &'a Identities,
    /// Whether to go on.
    pub cancel: &'a Cancel,
    /// Who watches.
    pub progress: &'a dyn Progress,
}

impl Opener<'_> {
    /// Opens what lies of these parts in the restored area. What was not restored is not looked for.
    pub fn open(&self, parts: &[&SealedPart], area: &Area<'_>) -> Result<Opened, AnyFault> {
        self.progress.phase("phase-open");
        let tree = self.repository.snapshot(self.set)?.tree;
        let browser = Browser::new(self.repository)?;
        let mut found: Vec<(Vec<u8>, PathBuf)> = Vec::new();
        let mut opened = Opened::default();
        for place in parts.iter().flat_map(|part| part.places.iter().chain(&part.facts)) {
            if !area.touches(place) {
                continue;
            }
            for entry in browser.list(&tree, place.as_bytes(), true)? {
                let entry = match entry {
                    Ok(entry) => entry,
                    // Nobody knows what lies below it, so that it is not opened, and not whole.
                    Err(Unreadable { path, error: fault }) => {
                        opened.lost.push(Lost { path, fault, missing: Vec::new() });
                        continue;
                    }
                };
                let on_disk = area.on_disk(&entry.path);
                if let (NodeKind::File, Some(on_disk)) = (entry.node.kind, on_disk) {
                    found.push((entry.path, on_disk));
                }
            }
        }
        // A file whose own name ends as those of sealed ones takes the place of a sealed one: that
        // one is opened before.
        found.sort_by_key(|(path, _)| path.len());
        sweep(&found)?;
        self.progress.total(found.len() as u64, 0);
        let mut folders = BTreeMap::new();
        // Sealed files whose place is not free.
        let mut kept = BTreeSet::new();
        for (path, on_disk) in found {
            if self.cancel.is_cancelled() {
                return Err(JobFault::Interrupted.into());
            }
            remember_times(&mut folders, &on_disk);
            let plain = plain_path(&on_disk);
            let done = if kept.contains(&plain) {
                let taken = FileError::io("rename", &plain)(ErrorKind::AlreadyExists.into());
                Err(taken.into())
            } else {
                self.open_one(&on_disk, &plain)
            };
            match done {
                Ok(Some(plain)) => {
                    opened.files.insert(name::plain(&path).to_vec(), plain);
                }
                Ok(None) => {}
                Err(fault) => {
                    kept.insert(on_disk);
                    let fault: Arc<dyn Fault> = Arc::from(fault);
                    opened.lost.push(Lost { path, fault, missing: Vec::new() });
                }
            }
            self.progress.advance(1, 0);
        }
        settle(&folders)?;
        // As the restore before it: one wait for all, and nothing is called done before.
        let flushed = File::open(area.target).and_then(|folder| Ok(syncfs(folder)?));
        flushed.map_err(FileError::io("sync", area.target))?;
        Ok(opened)
    }

    /// Opens one file in its place; nothing where there is none, which the restore has told.
    fn open_one(&self, sealed: &Path, plain: &Path) -> Result<Option<Plain>, AnyFault> {
        let mut options = OpenOptions::new();
        let no_link = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        let mut source = match options.read(true).custom_flags(no_link).open(sealed) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::io("read", sealed)(error).into()),
        };
        let modified = source.metadata().and_then(|meta| meta.modified());
        let modified = modified.map_err(FileError::io("examine", sealed))?;
        let (partial, file) = partial(sealed)?;
        let mut out = Hashed { file, hash: Sha256::new() };
        let opened = open(&mut source, self.identities, &mut out);
        let whole = opened.map_err(AnyFault::from).and_then(|bytes| {
            let Hashed { file, hash } = out;
            moves::look_like(sealed, &partial)?;
            file.set_times(FileTimes::new().set_modified(modified))
                .map_err(FileError::io("write", &partial))?;
            rename(&partial, plain)
                .map_err(|error| FileError::io("rename", &partial)(error.into()))?;
            if plain != sealed {
                std::fs::remove_file(sealed).map_err(FileError::io("remove", sealed))?;
            }
            Ok(Plain { bytes, digest: Digest(hash.finalize().into()) })
        });
        if whole.is_err() {
            // Half a plain file is of no use to anybody, and perhaps there already no more.
            let _gone = std::fs::remove_file(&partial);
        }
        whole.map(Some)
    }
}

/// Removes what was half opened when a run before this one was killed: no file of the set, all of
/// which are sealed here, and none that was opened, since all are opened again.
fn sweep(found: &[(Vec<u8>, PathBuf)]) -> Result<(), AnyFault> {
    let sealed: BTreeSet<&Path> = found.iter().map(|(_, on_disk)| on_disk.as_path()).collect();
    let folders: BTreeSet<&Path> = sealed.iter().filter_map(|path| path.parent()).collect();
    for folder in folders {
        for number in 0_u64.. {
            let path = folder.join(format!("{PARTIAL}-{number}"));
            match path.symlink_metadata() {
                Ok(there) if there.is_file() && !sealed.contains(path.as_path()) => {
                    std::fs::remove_file(&path).map_err(FileError::io("remove", &path))?;
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
    }
    Ok(())
}

fn plain_path(sealed: &Path) -> PathBuf {
    let name = sealed.file_name().unwrap_or_default().as_bytes();
    sealed.with_file_name(OsStr::from_bytes(name::plain(name)))
}

/// A new, private file beside `sealed`.
fn partial(sealed: &Path) -> Result<(PathBuf, File), AnyFault> {
    for number in 0_u64.. {
        let path = sealed.with_file_name(format!("{PARTIAL}-{number}"));
        let mut options = OpenOptions::new();
        match options.write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(FileError::io("create", &path)(error).into()),
        }
    }
    Err(JobFault::Interrupted.into())
}

struct Hashed {
    file: File,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Keeps when the folder of a file was changed before we did.
fn remember_times(folders: &mut BTreeMap<PathBuf, FileTimes>, file: &Path) {
    let Some(folder) = file.parent() else { return };
    if !folders.contains_key(folder)
        && let Ok(modified) = folder.metadata().and_then(|meta| meta.modified())
    {
        folders.insert(folder.to_owned(), FileTimes::new().set_modified(modified));
    }
}

/// Gives folders their times again.
fn settle(folders: &BTreeMap<PathBuf, FileTimes>) -> Result<(), AnyFault> {
    for (folder, times) in folders {
        let set = File::open(folder).and_then(|open| open.set_times(*times));
        set.map_err(FileError::io("change the times of", folder))?;
    }
    Ok(())
}

/// Writes to `out` what one sealed file of a set holds.
pub fn cat(
    browser: &Browser<'_>,
    tree: &BlobId,
    path: &[u8],
    identities: &Identities,
    out: &mut dyn Write,
    cancel: &Cancel,
) -> Result<(), AnyFault> {
    let (mut reader, mut writer) = io::pipe().map_err(FileError::io("make", "a pipe".as_ref()))?;
    let (fetched, opened) = std::thread::scope(|scope| {
        let fetching = scope.spawn(move || {
            // Dropped at the end of this, which is what ends the stream.
            browser.cat(tree, path, &mut writer, &Silent, cancel)
        });
        let opened = open(&mut reader, identities, out);
        // Whoever refuses a stream breaks the pipe: nobody waits for a reader who is gone.
        drop(reader);
        (fetching.join(), opened)
    });
    match (fetched, opened) {
        // A stream that broke off for a reason of its own looks cut; whose pipe broke has none.
        (Ok(Err(fault)), Err(SealError::Damaged { .. } | SealError::NotSealed)) => {
            Err(fault.into())
        }
        (_, Err(fault)) => Err(fault.into()),
        (Ok(Err(fault)), Ok(_)) => Err(fault.into()),
        (Ok(Ok(_)), Ok(_)) => Ok(()),
        (Err(_), Ok(_)) => Err(JobFault::Bug { words: "fetching a file".to_owned() }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_found_however_its_place_is_written() {
        let target = Path::new("/back");
        let touches = |from: &str, only: &[&str]| {
            let only: Vec<String> = only.iter().map(|one| (*one).to_owned()).collect();
            let area = Area { target, from, only: &only };
            (area.touches("media/thu"), area.on_disk(b"media/thu/a.zst.age"))
        };
        let at = |path: &str| (true, Some(PathBuf::from(path)));
        assert_eq!(touches("", &[]), at("/back/media/thu/a.zst.age"));
        assert_eq!(touches("", &["."]), at("/back/media/thu/a.zst.age"));
        assert_eq!(touches("./media//thu/", &[]), at("/back/a.zst.age"));
        assert_eq!(touches("media/.", &["./thu/."]), at("/back/thu/a.zst.age"));
        assert_eq!(touches("media", &["khac"]), (false, None));
    }
}
