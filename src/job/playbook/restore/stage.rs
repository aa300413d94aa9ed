//! `restore.stage`: a set brought back beside production, source by source.
//!
//! Production is not touched, with one exception that cannot be avoided: roles that the server
//! lacks are made, since owners and rights need them; the output names them. What a killed attempt
//! left is gone on with (files) or made anew (databases); what is whole stays. Space is looked at
//! before anything is written.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::base::fault::AnyFault;
use crate::base::manifest::DatabaseFacts;
use crate::config::settings::Portal;
use crate::job::fault::JobFault;
use crate::job::playbook::restore::exchange::Slot;
use crate::job::playbook::restore::fault::InPlaceFault;
use crate::job::playbook::restore::mark::{Mark, Standing, remove_folder};
use crate::job::playbook::restore::part::{self, Kind, Neighbours, Part, Place};
use crate::job::playbook::restore::set::{self, Found};
use crate::job::site::{Layout, Site, Temporary, lock_for_reading};
use crate::playbook::fact::Output;
use crate::repository::restore::{self, RestoreError, RestoreOptions, Restored};
use crate::source::Dump;
use crate::source::postgres;
use crate::source::postgres::beside::Server;
use crate::world::files::{self, FileError};
use crate::world::fuse;
use crate::world::moves;

/// What a database takes on its server for each byte of its dump: rows and indexes.
const STORED_PER_DUMPED: u64 = 2;

/// What the server's own log of the load may take besides: `max_wal_size` as PostgreSQL sets it. A
/// server whose disk is full stops, production with it.
const SERVER_LOG_BYTES: u64 = 1 << 30;

/// What a folder or file takes besides its content, at least.
const ENTRY_BYTES: u64 = 4096;

/// Brings back what is not there yet.
pub(super) fn stage(
    site: &Site,
    portal: &Portal,
    run: u64,
    wanted: &str,
) -> Result<Output, AnyFault> {
    let parts = part::of(site, portal, run)?;
    part::check(&parts)?;
    let found = set::find(site, portal, wanted)?;
    let _lock = lock_for_reading(&found.repository)?;
    let mut left = Vec::new();
    for part in &parts {
        if !is_whole(part, &found, site)? {
            left.push(part);
        }
    }
    let stage = Stage { site, portal, run, found: &found };
    let unchecked = stage.check_space(&left)?;
    let mut output = Output::from([
        ("set".to_owned(), found.id.to_string()),
        ("repository".to_owned(), found.name.clone()),
    ]);
    if unchecked {
        output.insert("space-not-checked".to_owned(), "postgresql".to_owned());
    }
    for part in left {
        site.go_on()?;
        if let Some(place) = part.place()
            && let Some(made) = moves::make_folders_above(&place.live)?
        {
            output.insert(format!("made-folder {}", part.name), made.display().to_string());
        }
        stage.bring_back(part, &mut output)?;
    }
    for part in &parts {
        let place = match &part.kind {
            Kind::Tree(place) | Kind::Sqlite(place) => place.staged.display().to_string(),
            Kind::Postgres(names) => {
                tell_roles(part, &part.whole()?, &names.server(&site.world)?, &mut output)?;
                names.staged.clone()
            }
        };
        output.insert(part.name.clone(), place);
    }
    Ok(output)
}

/// Whether this source is brought back already; a fault if its names are not free for that.
fn is_whole(part: &Part, found: &Found, site: &Site) -> Result<bool, AnyFault> {
    let taken = |place: String| Err(InPlaceFault::Taken { place }.into());
    let mark = match part.shelf.standing()? {
        Standing::Free => None,
        _ => Some(part.mark()?),
    };
    if let Some(mark) = mark {
        if mark.set != found.id.to_string() {
            return taken(part.shelf.path.display().to_string());
        }
        let is_there = match &part.kind {
            Kind::Tree(place) | Kind::Sqlite(place) => place.restored(&mark)?.is_some(),
            Kind::Postgres(names) => names.restored(&names.server(&site.world)?, &mark)?.is_some(),
        };
        return if mark.whole && !is_there { Err(part.lost().into()) } else { Ok(mark.whole) };
    }
    match &part.kind {
        Kind::Tree(place) | Kind::Sqlite(place) => {
            if moves::is_there(&place.old)? {
                return taken(place.old.display().to_string());
            }
        }
        Kind::Postgres(names) => {
            let server = names.server(&site.world)?;
            server.check_rights(&names.live)?;
            for name in [&names.staged, &names.old] {
                if server.number(name)?.is_some() {
                    return taken(name.clone());
                }
            }
        }
    }
    Ok(false)
}

/// A set on its way beside production.
struct Stage<'a> {
    site: &'a Site,
    portal: &'a Portal,
    run: u64,
    found: &'a Found,
}

impl Stage<'_> {
    /// Fails where a file system cannot hold what is to come; says whether a server's could not
    /// be asked.
    fn check_space(&self, parts: &[&Part]) -> Result<bool, AnyFault> {
        let mut needs: BTreeMap<u64, (PathBuf, u64)> = BTreeMap::new();
        let mut need = |folder: &Path, bytes: u64| -> Result<(), FileError> {
            // Of a lost portal the folder may be gone as well; it is made on the same file system.
            let folder = moves::nearest_folder(folder)?;
            let meta = folder.metadata().map_err(FileError::io("examine", folder))?;
            let entry = needs.entry(meta.dev()).or_insert_with(|| (folder.to_owned(), 0));
            entry.1 = entry.1.saturating_add(bytes);
            Ok(())
        };
        let mut unchecked = false;
        for part in parts {
            match &part.kind {
                Kind::Tree(place) => {
                    let tree = self.found.manifest.trees.iter().find(|tree| tree.path == part.name);
                    let (bytes, files) = tree.map_or((0, 0), |tree| (tree.bytes, tree.files));
                    let whole = bytes.saturating_add(files.saturating_mul(ENTRY_BYTES));
                    need(folder_of(&place.live), whole.saturating_sub(taken(&part.shelf.root())))?;
                }
                Kind::Sqlite(place) => {
                    let bytes = self.facts(part)?.dump_bytes;
                    need(folder_of(&place.live), bytes.saturating_sub(taken(&part.shelf.root())))?;
                }
                Kind::Postgres(names) => {
                    let bytes = self.facts(part)?.dump_bytes;
                    files::create_private_dir(&self.site.settings.spool_dir())?;
                    need(&self.site.settings.spool_dir(), bytes)?;
                    let stored = bytes.saturating_mul(STORED_PER_DUMPED);
                    match names.server(&self.site.world)?.folder()?.filter(|at| at.is_dir()) {
                        Some(folder) => need(&folder, stored.saturating_add(SERVER_LOG_BYTES))?,
                        None => unchecked = true,
                    }
                }
            }
        }
        for (path, needed) in needs.into_values() {
            let free = files::free_bytes(&path)?;
            if free < needed {
                return Err(JobFault::NoSpace { path, free, needed }.into());
            }
        }
        Ok(unchecked)
    }

    fn facts(&self, part: &Part) -> Result<&DatabaseFacts, AnyFault> {
        let name = part.name.strip_prefix(Layout::DATABASES).unwrap_or_default();
        let facts = self.found.manifest.databases.get(name.trim_start_matches('/'));
        let (set, source_name) = (self.found.id.to_string(), part.name.clone());
        Ok(facts.ok_or(InPlaceFault::Lacks { set, source_name })?)
    }

    fn bring_back(&self, part: &Part, output: &mut Output) -> Result<(), AnyFault> {
        let mut mark = part.begin(&self.found.id.to_string(), &self.found.name);
        match &part.kind {
            Kind::Tree(place) => {
                self.files(part, &mark, place, &part.name, output)?;
                mark.number = place.inode(Slot::Staged)?;
            }
            Kind::Sqlite(place) => {
                self.files(part, &mark, place, &self.facts(part)?.path, output)?;
                dress(place)?;
                mark.number = place.inode(Slot::Staged)?;
            }
            Kind::Postgres(names) => self.database(part, &mut mark, names)?,
        }
        if mark.number.is_none() {
            return Err(part.lost().into());
        }
        mark.whole = true;
        part.shelf.write(&mark)
    }

    /// Restores what lies at `in_set`, going on with what a killed attempt left.
    fn files(
        &self,
        part: &Part,
        mark: &Mark,
        place: &Place,
        in_set: &str,
        output: &mut Output,
    ) -> Result<(), AnyFault> {
        part.shelf.write(mark)?;
        let restored = match self.restore(&part.shelf.root(), &[in_set]) {
            // Without its own marker it is damaged or was ended between the two marks; which of
            // the two, nobody knows.
            Err(RestoreError::NotEmpty { .. }) => {
                remove_folder(&part.shelf.root())?;
                self.restore(&part.shelf.root(), &[in_set])?
            }
            other => other?,
        };
        fuse::point();
        if !moves::is_there(&place.staged)? {
            return Err(part.lost().into());
        }
        let warnings = restored.warnings.len();
        if warnings > 0 {
            output.insert(format!("warnings {}", part.name), warnings.to_string());
        }
        Ok(())
    }

    fn restore(&self, target: &Path, only: &[&str]) -> Result<Restored, RestoreError> {
        let (site, found) = (self.site, self.found);
        site.progress.phase("phase-fetch");
        let only = only.iter().map(PathBuf::from).collect();
        let options = RestoreOptions { only, resume: true, ..RestoreOptions::default() };
        let progress = site.progress.as_ref();
        restore::restore(&found.repository, &found.id, target, &options, progress, &site.cancel)
    }

    /// Loads a dump into a new database, and notes its number.
    fn database(&self, part: &Part, mark: &mut Mark, names: &Neighbours) -> Result<(), AnyFault> {
        let (site, facts) = (self.site, self.facts(part)?);
        let server = names.server(&site.world)?;
        // With our mark, whatever has the name is the part that a killed attempt made.
        if let Ok(left) = part.mark() {
            drop_staged(&server, names, &left)?;
            mark.roles = left.roles;
        }
        part.shelf.write(mark)?;
        let number = u64::from(server.create(&names.staged, facts)?);
        fuse::point();
        mark.number = Some(number);
        part.shelf.write(mark)?;

        let spool = Temporary::create(spool(site, self.portal, self.run))?;
        let root = spool.path().join("set");
        let globals = format!("{}.globals.sql", facts.path);
        self.restore(&root, &[&facts.path, &globals])?;
        site.go_on()?;
        let name = part.name.rsplit('/').next().unwrap_or_default();
        let dump = Dump { folder: &root.join(Layout::DATABASES), name, facts };
        // Noted before they are made: after a kill nobody could tell them from the server's own.
        for role in postgres::roles(dump)?.difference(&server.roles()?) {
            if !mark.roles.contains(role) {
                mark.roles.push(role.clone());
            }
        }
        part.shelf.write(mark)?;
        let target = names.settings.on_database(&names.staged);
        let (all, work, progress) = (postgres::Load::ALL, spool.path(), site.progress.as_ref());
        postgres::load(dump, &target, all, work, &site.world, &site.cancel, progress)?;
        Ok(())
    }
}

/// Where a dump lies, unencrypted and with the hashes of passwords, while it is loaded.
pub(super) fn spool(site: &Site, portal: &Portal, run: u64) -> PathBuf {
    site.settings.spool_dir().join(format!("in-place-{}-{run}", portal.id))
}

/// Names the roles that an attempt of this run has made: they are the server's, and stay.
pub(super) fn tell_roles(
    part: &Part,
    mark: &Mark,
    server: &Server,
    output: &mut Output,
) -> Result<(), AnyFault> {
    let there = server.roles()?;
    let made: Vec<&str> =
        mark.roles.iter().filter(|role| there.contains(*role)).map(String::as_str).collect();
    if !made.is_empty() {
        output.insert(format!("roles {}", part.name), made.join(", "));
    }
    Ok(())
}

/// A set knows what was in a SQLite database, not whose its file was: that is taken from the
/// file in production, or from its folder where there is none.
fn dress(place: &Place) -> Result<(), FileError> {
    let is_file = place.live.symlink_metadata().is_ok_and(|meta| meta.is_file());
    if is_file {
        return moves::look_like(&place.live, &place.staged);
    }
    moves::fit_into(folder_of(&place.live), &place.staged)
}

/// Removes the staged database of this run, if it is there and is the one that the mark is about.
/// A mark without a number was written when the name was free, just before the database was made.
pub(super) fn drop_staged(
    server: &Server,
    names: &Neighbours,
    mark: &Mark,
) -> Result<(), AnyFault> {
    let Some(there) = server.number(&names.staged)? else { return Ok(()) };
    if mark.number.is_some_and(|number| number != u64::from(there)) {
        return Err(InPlaceFault::Taken { place: names.staged.clone() }.into());
    }
    Ok(server.drop_database(&names.staged)?)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

/// Bytes that files below `folder` take on the disk; what cannot be looked at counts as nothing.
fn taken(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => taken(&entry.path()),
        Ok(meta) => meta.blocks().saturating_mul(512),
        Err(_) => 0,
    };
    entries.flatten().map(size).fold(0, u64::saturating_add)
}
