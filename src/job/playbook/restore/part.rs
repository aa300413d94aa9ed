//! The sources of a portal with the three names that each has in a restore in place.
//!
//! A tree or a SQLite file at `<path>` waits at `<path>.duphong-<run>-new/set/…` and is set aside
//! at `<path>.duphong-<run>-old`: both in the same folder, so that every move is a rename within
//! one file system. A PostgreSQL database `<name>` waits as `<name>_duphong_<run>_new` on the same
//! server and is set aside as `<name>_duphong_<run>_old`.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::base::digest::Digest;
use crate::base::fault::AnyFault;
use crate::config::settings::{self, Engine, Portal};
use crate::job::databases;
use crate::job::playbook::restore::exchange::{self, NAMES, Names, Slot};
use crate::job::playbook::restore::fault::InPlaceFault;
use crate::job::playbook::restore::mark::{Mark, Shelf};
use crate::job::site::{Layout, Site};
use crate::source::postgres::beside::{Server, name_beside};
use crate::source::{postgres, sqlite};
use crate::world::World;
use crate::world::files::FileError;
use crate::world::moves::{self, with_suffix};

/// One source of the portal.
pub(super) struct Part {
    /// Its place in a set, such as `db/cong` or `media/tep`.
    pub(super) name: String,
    pub(super) shelf: Shelf,
    pub(super) kind: Kind,
    portal: String,
    run: u64,
}

/// How a source is kept.
pub(super) enum Kind {
    /// A file tree.
    Tree(Place),
    /// A SQLite file.
    Sqlite(Place),
    /// A database on a PostgreSQL server.
    Postgres(Neighbours),
}

/// The names of a file or folder.
pub(super) struct Place {
    pub(super) live: PathBuf,
    pub(super) old: PathBuf,
    pub(super) staged: PathBuf,
    /// How many of [`NAMES`] it can have.
    names: usize,
}

/// The names of a database.
pub(super) struct Neighbours {
    pub(super) settings: postgres::Settings,
    pub(super) live: String,
    pub(super) old: String,
    pub(super) staged: String,
}

/// The sources of `portal`. Databases on servers come first: of all exchanges theirs is the one
/// that others can keep from happening, and then nothing was moved yet.
pub(super) fn of(site: &Site, portal: &Portal, run: u64) -> Result<Vec<Part>, AnyFault> {
    let part = |name: String, shelf: PathBuf, kind: Kind| {
        let (shelf, portal) = (Shelf { path: shelf }, portal.id.clone());
        Part { name, shelf, kind, portal, run }
    };
    let mut parts = Vec::new();
    let mut files = Vec::new();
    for database in &portal.databases {
        let name = Layout::database(&database.name);
        match &database.engine {
            Engine::Postgres(server) => {
                let folder = format!("{}-{run}", portal.id);
                let shelf = site.settings.state.join("in-place").join(folder).join(&database.name);
                parts.push(part(name, shelf, Kind::Postgres(neighbours(server, run)?)));
            }
            // A database there cannot be renamed, and moving its tables one by one is no exchange
            // that is undone as a whole.
            Engine::Mariadb(_) => {
                return Err(InPlaceFault::Engine { source_name: name, engine: "MariaDB" }.into());
            }
            // What has changed since cannot be told from what an attacker did, and a whole server is
            // not exchanged by renaming a database.
            Engine::PostgresBase(_) => {
                let engine = "PostgreSQL (physical)";
                return Err(InPlaceFault::Engine { source_name: name, engine }.into());
            }
            Engine::Command(_) => {
                let database = database.name.clone();
                return Err(InPlaceFault::Command { database }.into());
            }
            Engine::Sqlite(settings) => {
                let in_set = Layout::database(&sqlite::dump_file(&database.name));
                let (shelf, place) = place(&settings.path, &in_set, NAMES, run);
                files.push(part(name, shelf, Kind::Sqlite(place)));
            }
        }
    }
    for tree in &portal.trees {
        let name = Layout::tree(tree.role, &tree.name);
        if tree.pull.is_some() {
            return Err(InPlaceFault::Pulled { tree: name }.into());
        }
        let (shelf, place) = place(&tree.path, &name, 1, run);
        files.push(part(name, shelf, Kind::Tree(place)));
    }
    parts.extend(files);
    Ok(parts)
}

fn place(live: &Path, in_set: &str, names: usize, run: u64) -> (PathBuf, Place) {
    // A folder written with a slash at its end has its names beside it all the same.
    let live: PathBuf = live.components().collect();
    let shelf = with_suffix(&live, &format!(".duphong-{run}-new"));
    let old = with_suffix(&live, &format!(".duphong-{run}-old"));
    let staged = Shelf { path: shelf.clone() }.root().join(in_set);
    (shelf, Place { live, old, staged, names })
}

fn neighbours(server: &settings::Postgres, run: u64) -> Result<Neighbours, AnyFault> {
    let settings = databases::server(server)?;
    let live = settings.database()?;
    let digest = Digest::of(live.as_bytes()).to_string();
    let beside = |what: &str| {
        name_beside(&live, digest.get(..8).unwrap_or(&digest), &format!("_duphong_{run}_{what}"))
    };
    let (old, staged) = (beside("old"), beside("new"));
    Ok(Neighbours { settings, live, old, staged })
}

impl Part {
    /// The mark of what was brought back for this source, whole or not.
    pub(super) fn mark(&self) -> Result<Mark, AnyFault> {
        self.shelf.mark_of(&self.portal, self.run, &self.name)
    }

    /// The mark of what was brought back whole.
    pub(super) fn whole(&self) -> Result<Mark, AnyFault> {
        let mark = self.mark()?;
        if mark.whole { Ok(mark) } else { Err(self.not_staged().into()) }
    }

    /// A new mark.
    pub(super) fn begin(&self, set: &str, repository: &str) -> Mark {
        Mark {
            portal: self.portal.clone(),
            run: self.run,
            part: self.name.clone(),
            set: set.to_owned(),
            repository: repository.to_owned(),
            number: None,
            whole: false,
            served: false,
            roles: Vec::new(),
        }
    }

    /// Where the restored copy waits, and what removes it when nobody needs it any more.
    pub(super) fn waiting(&self) -> (String, String) {
        match &self.kind {
            Kind::Tree(_) | Kind::Sqlite(_) => {
                let place = &self.shelf.path;
                (place.display().to_string(), format!("rm -rf -- {}", shell_word(place)))
            }
            Kind::Postgres(names) => {
                (names.staged.clone(), format!("DROP DATABASE {}", quoted(&names.staged)))
            }
        }
    }

    pub(super) fn not_staged(&self) -> InPlaceFault {
        InPlaceFault::NotStaged { part: self.name.clone() }
    }

    pub(super) fn lost(&self) -> InPlaceFault {
        let place = match &self.kind {
            Kind::Tree(place) | Kind::Sqlite(place) => place.staged.display().to_string(),
            Kind::Postgres(names) => names.staged.clone(),
        };
        InPlaceFault::Lost { part: self.name.clone(), place }
    }
}

impl Place {
    /// The path of one of its names at one of its places.
    pub(super) fn path(&self, slot: Slot, name: usize) -> PathBuf {
        let file = match slot {
            Slot::Live => &self.live,
            Slot::Old => &self.old,
            Slot::Staged => &self.staged,
        };
        match name.checked_sub(1).and_then(|side| sqlite::SIDE_FILES.get(side)) {
            Some(suffix) => with_suffix(file, suffix),
            None => file.clone(),
        }
    }

    /// Which names exist, and whether what stands in production's place is what `mark` is about.
    pub(super) fn names(&self, mark: &Mark) -> Result<Names, FileError> {
        let mut names = Names::default();
        for name in 0..self.names {
            names.live[name] = moves::is_there(&self.path(Slot::Live, name))?;
            names.old[name] = moves::is_there(&self.path(Slot::Old, name))?;
            names.staged[name] = moves::is_there(&self.path(Slot::Staged, name))?;
        }
        names.live_is_staged =
            names.live[0] && mark.number.is_some() && self.inode(Slot::Live)? == mark.number;
        Ok(names)
    }

    /// The inode of what stands at one of its places.
    pub(super) fn inode(&self, slot: Slot) -> Result<Option<u64>, FileError> {
        let path = self.path(slot, 0);
        if !moves::is_there(&path)? {
            return Ok(None);
        }
        let meta = path.symlink_metadata().map_err(FileError::io("examine", &path))?;
        Ok(Some(meta.ino()))
    }

    /// Where the restored copy stands now: beside production, or in its place.
    pub(super) fn restored(&self, mark: &Mark) -> Result<Option<&Path>, FileError> {
        let names = self.names(mark)?;
        Ok(match (names.staged[0], exchange::is_in_place(&names)) {
            (true, _) => Some(&self.staged),
            (false, true) => Some(&self.live),
            (false, false) => None,
        })
    }
}

impl Neighbours {
    pub(super) fn server(&self, world: &World) -> Result<Server, AnyFault> {
        Ok(Server::open(&self.settings, world)?)
    }

    /// The name that the restored copy has now, if it still has one of those it can have.
    pub(super) fn restored(&self, server: &Server, mark: &Mark) -> Result<Option<&str>, AnyFault> {
        let Some(number) = mark.number.and_then(|number| u32::try_from(number).ok()) else {
            return Ok(None);
        };
        let name = server.name(number)?;
        let known = [self.staged.as_str(), self.live.as_str()];
        Ok(known.into_iter().find(|known| name.as_deref() == Some(*known)))
    }
}

/// Refuses what renames would do wrongly: links, mounts, and sources that lie in each other.
/// Changes nothing.
pub(super) fn check(parts: &[Part]) -> Result<(), AnyFault> {
    let places: Vec<&Place> = parts.iter().filter_map(Part::place).collect();
    for place in &places {
        let path = place.live.clone();
        if path.is_symlink() {
            return Err(InPlaceFault::Link { path }.into());
        }
        if let Some(mount) = moves::mount_within(&path)? {
            return Err(InPlaceFault::Mount { path, mount }.into());
        }
    }
    for (number, outer) in places.iter().enumerate() {
        for (other, inner) in places.iter().enumerate() {
            if number != other && resolved(&inner.live).starts_with(resolved(&outer.live)) {
                let (outer, inner) = (outer.live.clone(), inner.live.clone());
                return Err(InPlaceFault::Nested { outer, inner }.into());
            }
        }
    }
    Ok(())
}

impl Part {
    /// The names of what is a file or folder.
    pub(super) fn place(&self) -> Option<&Place> {
        match &self.kind {
            Kind::Tree(place) | Kind::Sqlite(place) => Some(place),
            Kind::Postgres(_) => None,
        }
    }
}

/// A path as one word for a shell, whatever it is called.
pub(super) fn shell_word(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

/// A name as SQL writes it, whatever it is.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The path with the links above its last name resolved, where they can be.
fn resolved(path: &Path) -> PathBuf {
    let folder = path.parent().and_then(|folder| std::fs::canonicalize(folder).ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}
