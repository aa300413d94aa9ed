//! Comparing what came back with what its set says it holds: all objects, all rows, all files.
//!
//! For drills, which compare in a scratch place, and for a restore in place, which compares beside
//! production before it takes production's place: the same checks by the same code.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::base::digest::Digest;
use crate::base::fault::AnyFault;
use crate::base::manifest::{DatabaseFacts, TreeFacts};
use crate::drill::compare::{check, database as inventories};
use crate::drill::fact::{Check, CheckKind, Finding};
use crate::job::site::Site;
use crate::job::unseal::Plain;
use crate::repository::browse::{Browser, shown};
use crate::repository::tree::NodeKind;
use crate::repository::{Repository, SnapshotId, compare};
use crate::seal::name;
use crate::source::Database;
use crate::source::rows::RowKey;

/// Counts a restored database again and compares it with the inventory of its dump.
pub(super) fn database(
    site: &Site,
    name: &str,
    restored: &Database,
    facts: &DatabaseFacts,
) -> Result<Vec<Check>, AnyFault> {
    let key = RowKey::parse(&facts.inventory.row_key).unwrap_or_else(|| RowKey::draw(&site.world));
    let found = restored.inventory(&key, &site.world, &site.cancel)?;
    Ok(inventories(name, &facts.inventory, &found))
}

/// Reads every file of a tree that was restored to `folder` again and compares it with the set's
/// own digests, and their number with what the manifest says was walked.
pub(super) fn tree(
    site: &Site,
    repository: &Repository,
    set: &SnapshotId,
    tree: &TreeFacts,
    folder: &Path,
) -> Result<Check, AnyFault> {
    let progress = site.progress.as_ref();
    let seen = compare::compare(repository, set, &tree.path, folder, &site.cancel, progress)?;
    let mut findings: Vec<Finding> = seen
        .differences
        .into_iter()
        .map(|one| Finding::File { path: one.path, code: one.kind.as_str().to_owned() })
        .collect();
    if findings.is_empty() && seen.files != tree.files {
        let (expected, found) = (tree.files, seen.files);
        findings.push(Finding::FileCount { tree: tree.path.clone(), expected, found });
    }
    Ok(check(CheckKind::Files, &tree.path, seen.files, findings))
}

/// The same of a tree that was sealed: every file is read again and compared with what was opened,
/// and every file of the set must have been.
pub(super) fn opened(
    site: &Site,
    repository: &Repository,
    set: &SnapshotId,
    tree: &TreeFacts,
    folder: &Path,
    opened: &BTreeMap<Vec<u8>, Plain>,
) -> Result<Check, AnyFault> {
    let root = repository.snapshot(set)?.tree;
    let browser = Browser::new(repository)?;
    let (mut findings, mut files) = (Vec::new(), 0);
    for entry in browser.list(&root, tree.path.as_bytes(), true)? {
        site.go_on()?;
        let (path, wrong) = match entry {
            Err(unreadable) => (unreadable.path, Some("unreadable")),
            Ok(entry) => {
                let (plain, is_file) = match entry.node.kind {
                    NodeKind::File => (name::plain(&entry.path).to_vec(), true),
                    _ => (entry.path, false),
                };
                let below = Path::new(OsStr::from_bytes(&plain)).strip_prefix(&tree.path);
                let on_disk = folder.join(below.unwrap_or("".as_ref()));
                let wrong = if is_file {
                    files += 1;
                    differs(&on_disk, opened.get(&plain))
                } else {
                    on_disk.symlink_metadata().is_err().then_some("missing")
                };
                (plain, wrong)
            }
        };
        findings.extend(wrong.map(|code| Finding::File { path: shown(&path), code: code.into() }));
    }
    if findings.is_empty() && files != tree.files {
        let (expected, found) = (tree.files, files);
        findings.push(Finding::FileCount { tree: tree.path.clone(), expected, found });
    }
    Ok(check(CheckKind::Files, &tree.path, files, findings))
}

/// What is wrong with a file on the disk, beside what was written there.
fn differs(on_disk: &Path, opened: Option<&Plain>) -> Option<&'static str> {
    let Some(opened) = opened else { return Some("missing") };
    let mut hash = Sha256::new();
    let read = File::open(on_disk).and_then(|mut file| io::copy(&mut file, &mut Feed(&mut hash)));
    match read {
        Err(_) => Some("unreadable"),
        Ok(bytes) => {
            let same = bytes == opened.bytes && Digest(hash.finalize().into()) == opened.digest;
            (!same).then_some("content")
        }
    }
}

struct Feed<'h>(&'h mut Sha256);

impl io::Write for Feed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
