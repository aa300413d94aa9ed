//! Where a restore goes: the databases that it loads, and what must not be written over unasked.

use std::path::{Path, PathBuf};

use crate::base::fault::{AnyFault, chain};
use crate::base::manifest::{DatabaseFacts, Manifest};
use crate::config::secret::SecretSource;
use crate::config::settings::{Engine, MariadbPlace, Portal};
use crate::job::databases;
use crate::job::fault::JobFault;
use crate::job::restore::Request;
use crate::job::restore::fault::RestoreFault;
use crate::job::site::{Layout, Site};
use crate::seal::Identities;
use crate::source::error::SourceError;
use crate::source::postgres::physical;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::{self, Identity, command, mariadb, postgres, sqlite};
use crate::world::World;
use crate::world::files::FileError;

/// A database to load: from which dump, to where.
pub(super) struct Load {
    pub(super) name: String,
    pub(super) facts: DatabaseFacts,
    pub(super) target: source::Database,
    /// The target as the person wrote it; it holds no password.
    pub(super) written: String,
    /// The dump's script of roles, where it has one.
    pub(super) globals: Option<String>,
}

impl Load {
    /// How the marker of the target calls it, once it is done.
    pub(super) fn step(&self, request: &Request) -> String {
        let tables = request.tables.iter().map(|table| format!(" --table {table}"));
        format!("load {}={}{}", self.name, self.written, tables.collect::<String>())
    }
}

/// Checks every ordered load before anything is written: a known database, a fitting target that
/// is not on production's server unless its name was typed. Even there nothing is written over: a
/// load goes into an empty database, a table beside others.
pub(super) fn loads(
    portal: &Portal,
    manifest: &Manifest,
    request: &Request,
    world: &World,
    identities: Option<&Identities>,
) -> Result<Vec<Load>, AnyFault> {
    let mut loads = Vec::new();
    for (name, target) in &request.databases {
        let facts = manifest.databases.get(name).ok_or_else(|| JobFault::UnknownDatabase {
            portal: portal.id.clone(),
            database: name.clone(),
        })?;
        let part = Layout::database(name);
        if let Some(sealed) = manifest.sealed(&part)
            && !identities.is_some_and(|all| all.open_for(&sealed.recipients))
        {
            return Err(JobFault::Sealed { part }.into());
        }
        let target_database = match facts.engine.as_str() {
            sqlite::ENGINE => source::Database::Sqlite(sqlite::Settings { path: file(target)? }),
            mariadb::ENGINE => source::Database::Mariadb(mariadb_target(portal, name, target)?),
            command::ENGINE => {
                let target = command_target(portal, name, target)?;
                source::Database::Command(Box::new(target))
            }
            physical::ENGINE => {
                return Err(SourceError::from(PhysicalFault::NoDump { name: name.clone() }).into());
            }
            _ => source::Database::Postgres(postgres_target(portal, name, target)?),
        };
        let written = match &target_database {
            // A resumed restore may begin in another folder.
            source::Database::Sqlite(settings) => settings.path.display().to_string(),
            _ => target.clone(),
        };
        let load = Load {
            name: name.clone(),
            facts: facts.clone(),
            target: target_database,
            written,
            globals: None,
        };
        if !request.means(portal) {
            refuse_production_database(world, portal, &load)?;
        }
        loads.push(load);
    }
    Ok(loads)
}

/// The file that a person means from where they are.
fn file(target: &str) -> Result<PathBuf, FileError> {
    let path = Path::new(target);
    std::path::absolute(path).map_err(FileError::io("resolve", path))
}

/// The target server, reached with the password that the configuration has for this database.
fn postgres_target(portal: &Portal, name: &str, dsn: &str) -> Result<postgres::Settings, AnyFault> {
    let configured = portal.database(name);
    let (password, bin_dir) = match configured.map(|database| &database.engine) {
        Some(Engine::Postgres(settings)) => {
            let password = settings.password.as_ref().map(SecretSource::read).transpose()?;
            (password, settings.bin_dir.clone())
        }
        _ => (None, None),
    };
    Ok(postgres::Settings { dsn: dsn.to_owned(), password, bin_dir, jobs: databases::jobs() })
}

/// The same for MariaDB and MySQL.
fn mariadb_target(portal: &Portal, name: &str, text: &str) -> Result<mariadb::Settings, AnyFault> {
    let mut target = mariadb::Settings::parse(text)?;
    let configured = portal.database(name);
    if let Some(Engine::Mariadb(settings)) = configured.map(|database| &database.engine) {
        target.password = settings.password.as_ref().map(SecretSource::read).transpose()?;
        target.bin_dir.clone_from(&settings.bin_dir);
        let of_production = match &settings.place {
            MariadbPlace::Host { authorities, .. } => authorities.as_ref(),
            MariadbPlace::Socket(_) => None,
        };
        // Whoever is trusted to vouch for production's server may vouch for the target's; on this
        // machine nobody needs to.
        if target.check_private().is_err()
            && let mariadb::Place::Host { authorities, .. } = &mut target.place
        {
            *authorities = of_production.cloned();
        }
    }
    target.check_private()?;
    target.jobs = databases::jobs();
    Ok(target)
}

/// The target of the load command that the configuration has for this database.
fn command_target(
    portal: &Portal,
    name: &str,
    target: &str,
) -> Result<command::Settings, AnyFault> {
    let configured = portal.database(name);
    match configured.map(|database| &database.engine) {
        Some(Engine::Command(source)) if source.load.is_some() => {
            databases::command_target(source, target)
        }
        _ => Err(SourceError::CommandLacks { command: "load" }.into()),
    }
}

/// Whether the target database is certainly not production's.
fn refuse_production_database(world: &World, portal: &Portal, load: &Load) -> Result<(), AnyFault> {
    let is_other = load.target.identity(&load.facts, world)? == Identity::Different;
    if is_other && !is_live_production(world, portal, load)? {
        return Ok(());
    }
    Err(JobFault::Production { portal: portal.id.clone(), target: load.name.clone() }.into())
}

/// Whether the target is what the configuration calls production today: it may have moved since the
/// set was taken.
fn is_live_production(world: &World, portal: &Portal, load: &Load) -> Result<bool, AnyFault> {
    let source::Database::Mariadb(target) = &load.target else { return Ok(false) };
    let configured = portal.database(&load.name);
    match configured.map(databases::live).transpose()? {
        Some(source::Database::Mariadb(production)) => {
            let compared = mariadb::is_production(target, &production, world);
            Ok(compared.map_err(|fault| JobFault::Uncompared {
                portal: portal.id.clone(),
                target: load.name.clone(),
                detail: chain(&fault),
            })?)
        }
        _ => Ok(false),
    }
}

/// A folder is production's when it is, holds, or lies in a source of the portal. Says whether this
/// one is, and refuses it unless the portal's name was typed. What is our own, and what belongs to
/// another portal, is refused whatever was typed: no set of it is taken as evidence.
pub(super) fn is_production_folder(
    site: &Site,
    portal: &Portal,
    request: &Request,
) -> Result<bool, AnyFault> {
    let (folder, target) = (resolved(&request.target), request.target.display().to_string());
    let own = site.settings.repositories.iter().filter_map(|one| one.store.folder());
    if own.chain([&*site.settings.state]).any(|own| meets(&folder, &resolved(own))) {
        return Err(RestoreFault::OwnFolder { target }.into());
    }
    let trees: Vec<_> = trees(portal).collect();
    for other in site.settings.portals.iter().filter(|other| other.id != portal.id) {
        if sources(other).any(|source| meets(&folder, &source) && !covers(&trees, &folder, &source))
        {
            let portal = other.id.clone();
            return Err(RestoreFault::OtherPortal { target, portal }.into());
        }
    }
    match sources(portal).any(|source| meets(&folder, &source)) {
        false => Ok(false),
        true if request.means(portal) => Ok(true),
        true => Err(JobFault::Production { portal: portal.id.clone(), target }.into()),
    }
}

fn meets(folder: &Path, guarded: &Path) -> bool {
    folder.starts_with(guarded) || guarded.starts_with(folder)
}

/// Whether a set with these trees holds all that would be written over of `source`, a folder of
/// another portal: portals may share a tree.
fn covers(trees: &[PathBuf], folder: &Path, source: &Path) -> bool {
    trees.iter().any(|tree| {
        let is_within = folder.starts_with(tree) && folder.starts_with(source);
        is_within || tree == source
    })
}

/// The folders of a portal's trees on this machine.
fn trees(portal: &Portal) -> impl Iterator<Item = PathBuf> {
    portal.trees.iter().filter_map(|tree| tree.folder().map(resolved))
}

/// The folders that a portal lives from, as far as they are known to lie on this machine.
fn sources(portal: &Portal) -> impl Iterator<Item = PathBuf> {
    let files = portal.databases.iter().filter_map(|database| match &database.engine {
        Engine::Sqlite(settings) => settings.path.parent().map(resolved),
        Engine::Postgres(_) | Engine::PostgresBase(_) | Engine::Mariadb(_) | Engine::Command(_) => {
            None
        }
    });
    trees(portal).chain(files)
}

/// The path without links, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    let mut rest = Vec::new();
    let mut existing = path;
    loop {
        if let Ok(real) = std::fs::canonicalize(existing) {
            return rest.iter().rev().fold(real, |path, part| path.join(part));
        }
        match (existing.parent(), existing.file_name()) {
            (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => {
                rest.push(name.to_owned());
                existing = parent;
            }
            _ => return std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_portals_share_is_covered_by_either_and_nothing_else_is() {
        let check = |tree: &str, folder: &str, source: &str, expected| {
            let trees = [PathBuf::from(tree)];
            let told = covers(&trees, Path::new(folder), Path::new(source));
            assert_eq!(told, expected, "{tree} {folder} {source}");
        };
        check("/srv/chung", "/srv/chung", "/srv/chung", true);
        check("/srv/chung", "/srv/chung/2026", "/srv/chung", true);
        check("/srv/a/media", "/srv/a/media", "/srv/a", true);
        // Above a tree that is shared lies that tree, and what is not shared.
        check("/srv/chung", "/srv", "/srv/chung", true);
        check("/srv/a", "/srv", "/srv/b", false);
        // Patterns may leave out what is another's.
        check("/srv/a", "/srv/a", "/srv/a/b", false);
        check("/srv/a", "/srv/b", "/srv/b", false);
    }
}
