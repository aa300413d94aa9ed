//! Damage to what a drill has restored into its scratch place.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use crate::base::fault::AnyFault;
use crate::base::manifest::{DatabaseFacts, Manifest, TreeFacts, TreeRole};
use crate::base::progress::Silent;
use crate::job::drill::way::{Databases, Restored, Way};
use crate::job::fault::JobFault;
use crate::job::sets;
use crate::job::site::{Layout, is_ordinary};
use crate::repository::SnapshotId;
use crate::repository::restore::{self, RestoreOptions};
use crate::source::damage::Damage;
use crate::source::{Database, sqlite};
use crate::world::files::{self, FileError};

/// Cuts the largest file of a dump in its middle.
pub(super) fn truncate(restored: &Restored) -> Result<(), AnyFault> {
    let mut largest: Option<(u64, PathBuf)> = None;
    each_file(&restored.root.join(Layout::DATABASES), &mut |path, size| {
        if largest.as_ref().is_none_or(|(most, _)| size > *most) {
            largest = Some((size, path.to_owned()));
        }
        true
    })?;
    let (size, path) = largest.filter(|(size, _)| *size > 1).ok_or(JobFault::NothingToSabotage)?;
    let cut =
        OpenOptions::new().write(true).open(&path).and_then(|file: File| file.set_len(size / 2));
    Ok(cut.map_err(FileError::io("cut", &path))?)
}

/// Removes a file of a media tree.
pub(super) fn remove_media(restored: &Restored) -> Result<(), AnyFault> {
    let mut removed = Ok(false);
    each_file(&restored.root.join(TreeRole::Media.as_str()), &mut |path, _| {
        let gone = fs::remove_file(path).map_err(FileError::io("remove", path));
        removed = gone.map(|()| true);
        false
    })?;
    if removed? { Ok(()) } else { Err(JobFault::NothingToSabotage.into()) }
}

/// Shows every regular file below a folder with its size until `each` says no.
fn each_file(folder: &Path, each: &mut dyn FnMut(&Path, u64) -> bool) -> Result<(), AnyFault> {
    if !folder.is_dir() {
        return Ok(());
    }
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let read = |error| FileError::io("read", &folder)(error);
        for entry in fs::read_dir(&folder).map_err(read)? {
            let path = entry.map_err(read)?.path();
            let found = path.symlink_metadata().map_err(FileError::io("examine", &path))?;
            if found.is_dir() {
                folders.push(path);
            } else if found.is_file() && !each(&path, found.len()) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Puts a dump of another portal's database, of the same engine, in the place of one of ours.
pub(super) fn swap_database(way: &Way<'_>, restored: &Restored) -> Result<(), AnyFault> {
    let repository = &restored.repository;
    for (id, snapshot) in repository.snapshots()?.sets.into_iter().rev() {
        if sets::portal_of(&snapshot).is_none_or(|portal| portal == way.portal().id) {
            continue;
        }
        let other = sets::manifest(repository, &id)?;
        let Some((ours, theirs)) = alike(&restored.manifest, &other) else { continue };
        let brought = bring(way, restored, &id, &theirs.path)?;
        return put(&brought, &restored.root.join(&ours.path));
    }
    Err(JobFault::NothingToSabotage.into())
}

/// A database of each of two sets, of the same engine and neither sealed.
fn alike<'m>(
    ours: &'m Manifest,
    other: &'m Manifest,
) -> Option<(&'m DatabaseFacts, &'m DatabaseFacts)> {
    let plain = |manifest: &'m Manifest| {
        let all = manifest.databases.values();
        all.filter(move |facts| facts.base.is_none() && manifest.sealed(&facts.path).is_none())
    };
    plain(ours).find_map(|facts| {
        plain(other).find(|other| other.engine == facts.engine).map(|other| (facts, other))
    })
}

/// Puts the media of another set of the portal in the place of one of its media trees.
pub(super) fn swap_media(way: &Way<'_>, restored: &Restored) -> Result<(), AnyFault> {
    let repository = &restored.repository;
    let is_media = |tree: &&TreeFacts| {
        tree.role == TreeRole::Media && restored.manifest.sealed(&tree.path).is_none()
    };
    for (id, snapshot) in repository.snapshots()?.sets.into_iter().rev() {
        if id == restored.id || !is_ordinary(&snapshot, &way.portal().id) {
            continue;
        }
        let other = sets::manifest(repository, &id)?;
        for tree in restored.manifest.trees.iter().filter(is_media) {
            // One that holds the very same files is no damage.
            let is_other = |theirs: &&TreeFacts| {
                theirs.path == tree.path
                    && other.sealed(&theirs.path).is_none()
                    && (theirs.files, theirs.bytes) != (tree.files, tree.bytes)
            };
            if other.trees.iter().any(|theirs| is_other(&theirs)) {
                let brought = bring(way, restored, &id, &tree.path)?;
                return put(&brought, &restored.root.join(&tree.path));
            }
        }
    }
    Err(JobFault::NothingToSabotage.into())
}

/// Restores one path of another set beside the restored one.
fn bring(
    way: &Way<'_>,
    restored: &Restored,
    id: &SnapshotId,
    path: &str,
) -> Result<PathBuf, AnyFault> {
    let beside = restored.root.with_file_name("other");
    let options = RestoreOptions { only: vec![PathBuf::from(path)], ..RestoreOptions::default() };
    let (repository, cancel) = (&restored.repository, &way.site().cancel);
    restore::restore(repository, id, &beside, &options, &Silent, cancel)?;
    Ok(beside.join(path))
}

/// Replaces a file or a folder by another one.
fn put(from: &Path, to: &Path) -> Result<(), AnyFault> {
    let removed = if to.is_dir() { fs::remove_dir_all(to) } else { fs::remove_file(to) };
    removed.map_err(FileError::io("remove", to))?;
    Ok(files::rename_durably(from, to)?)
}

/// Drops the first table of a loaded database.
pub(super) fn drop_table(
    way: &Way<'_>,
    restored: &Restored,
    databases: &Databases,
) -> Result<(), AnyFault> {
    let world = &way.site().world;
    for (name, loaded) in &databases.loaded {
        let Some(facts) = restored.manifest.databases.get(name) else { continue };
        let Some(table) = facts.inventory.tables.keys().next() else { continue };
        match loaded {
            Database::Sqlite(restored) => sqlite::drop_table(&restored.path, table)?,
            Database::Postgres(_) => match &databases.cluster {
                Some(cluster) => cluster.drop_table(name, table, world)?,
                None => continue,
            },
            Database::Mariadb(target) => match databases.mariadb.get(name) {
                Some(server) => server.drop_table(&target.database, table, world)?,
                None => continue,
            },
            Database::Command(_) => continue,
        }
        return Ok(());
    }
    Err(JobFault::NothingToSabotage.into())
}

/// Damages the first loaded database that has what can be damaged so.
pub(super) fn databases(
    way: &Way<'_>,
    restored: &Restored,
    databases: &Databases,
    what: Damage,
) -> Result<(), AnyFault> {
    let world = &way.site().world;
    for (name, loaded) in &databases.loaded {
        let Some(facts) = restored.manifest.databases.get(name) else { continue };
        let tables = facts.inventory.tables.iter().filter(|(_, table)| table.rows > 0);
        let tables: Vec<&str> = tables.map(|(name, _)| name.as_str()).collect();
        let is_done = match loaded {
            Database::Sqlite(restored) => sqlite::damage(&restored.path, what, &tables)?,
            Database::Postgres(_) => match &databases.cluster {
                Some(cluster) => cluster.damage(name, what, &tables, world)?,
                None => false,
            },
            Database::Mariadb(target) => match databases.mariadb.get(name) {
                Some(server) => server.damage(&target.database, what, &tables, world)?,
                None => false,
            },
            Database::Command(_) => false,
        };
        if is_done {
            return Ok(());
        }
    }
    Err(JobFault::NothingToSabotage.into())
}
