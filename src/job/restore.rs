//! Bringing a set back: its files into an empty folder or over what a folder holds, and on request
//! its databases into empty databases.
//!
//! Refuses a folder that is not empty unless a rule says what may be overwritten or a broken-off
//! restore is resumed, and refuses whatever belongs to production unless the portal's name is
//! typed. Databases are never overwritten.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::json;

use crate::audit::{Deed, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::base::fault::FaultKind;
use crate::base::manifest::{DatabaseFacts, Manifest};
use crate::config::secret::SecretSource;
use crate::config::settings::{Engine, MariadbPlace, Portal};
use crate::job::fault::JobFault;
use crate::job::site::{Layout, Site, Temporary, lock_for_reading};
use crate::job::{databases, sets};
use crate::repository::restore::{self, Overwrite, Prepared, RestoreError, RestoreOptions};
use crate::repository::{Repository, SnapshotId};
use crate::source::error::SourceError;
use crate::source::{self, Identity, command, mariadb, postgres, sqlite};
use crate::world::World;

pub use crate::repository::restore::Restored as Outline;

/// Which set to bring back, and to where.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own")]
pub struct Request {
    /// The portal.
    pub portal: String,
    /// A set by id or the start of one; the newest if none is named.
    pub set: Option<String>,
    /// The repository to read from; the portal's drill repository if none is named.
    pub repository: Option<String>,
    /// The folder of the set that the target stands for; other paths are then relative to it.
    pub from: Option<String>,
    /// Read the repository as it was at this time, whatever was hidden or overwritten since.
    pub as_of: Option<Timestamp>,
    /// Only what lies at or below these places of the set; everything if empty.
    pub only: Vec<String>,
    /// The folder, empty or not there yet unless `over` is given.
    pub target: PathBuf,
    /// Restore over what the folder holds, by this rule.
    pub over: Option<Overwrite>,
    /// Delete what stands in the restored folders and not in the set.
    pub delete: bool,
    /// Read every restored file again when all is written.
    pub verify: bool,
    /// Databases to load after the files are back: name in the set, and where to.
    pub databases: Vec<(String, String)>,
    /// Go on with a restore that broke off in the same folder.
    pub resume: bool,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// The portal's name, typed by a person who means to restore over production.
    pub production: Option<String>,
}

/// What a restore brought back.
#[derive(Debug)]
pub struct Restored {
    /// The set.
    pub id: SnapshotId,
    /// The repository it was read from.
    pub repository: String,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Files, bytes, and what could not be restored.
    pub report: restore::Restored,
    /// Databases that were loaded, by name.
    pub loaded: Vec<String>,
    /// What was deliberately not restored into a database, in English diagnostics.
    pub notes: Vec<String>,
}

impl Restored {
    /// Done, or 20 when something could not be restored.
    pub fn exit(&self) -> ExitCode {
        let lost = &self.report.lost;
        if lost.iter().any(|lost| lost.fault.kind() == FaultKind::Integrity) {
            ExitCode::Integrity
        } else if !lost.is_empty() {
            ExitCode::Failed
        } else if self.report.warnings.is_empty() && self.notes.is_empty() {
            ExitCode::Done
        } else {
            ExitCode::Warnings
        }
    }
}

/// Restores a set. `tell` hears what will be done when that is known, before anything of it is.
pub fn run(site: &Site, request: &Request, tell: &dyn Fn(&Outline)) -> Result<Restored, AnyFault> {
    let portal = site.portal(&request.portal)?;
    let name = request.repository.clone().unwrap_or_else(|| portal.drill.from.clone());
    site.repository(&name)?;
    refuse_production_folder(site, portal, request)?;
    let repository = site.open_as_of(&name, request.as_of)?;
    let _lock = lock_for_reading(&repository)?;
    let (id, _) = sets::find(&repository, &name, &portal.id, request.set.as_deref())?;
    let manifest = sets::manifest(&repository, &id)?;
    let loads = loads(portal, &manifest, request, &site.world)?;
    let work = Work { site, request, name: &name, repository: &repository, id, manifest, loads };
    // Restoring goes on even where there never was a log, as after the loss of a host.
    if request.dry_run || !site.settings.audit_dir().is_dir() {
        return work.restore(tell);
    }
    let deed = Deed::new("restore.run", &portal.id)
        .fact("repository", name.clone())
        .fact("set", id.to_string())
        .fact("target", request.target.display().to_string())
        .fact(
            "databases",
            json!(request.databases.iter().map(|(name, _)| name).collect::<Vec<_>>()),
        );
    let deed = match request.over {
        Some(rule) => deed.fact("overwrite", rule.name().to_owned()),
        None => deed,
    };
    let deed = match &request.from {
        Some(from) => deed.fact("from", from.clone()),
        None => deed,
    };
    let deed = if request.delete { deed.fact("delete", true) } else { deed };
    let deed = match request.as_of {
        Some(at) => deed.fact("as-of", at.to_string()),
        None => deed,
    };
    site.protective(deed, |_| {
        let restored = work.restore(tell)?;
        let outcome = outcome(&restored);
        Ok((restored, outcome))
    })
}

/// One restore, checked and ready.
struct Work<'a> {
    site: &'a Site,
    request: &'a Request,
    name: &'a str,
    repository: &'a Repository,
    id: SnapshotId,
    manifest: Manifest,
    loads: Vec<Load>,
}

/// A database to load: from which dump, to where.
struct Load {
    name: String,
    facts: DatabaseFacts,
    target: source::Database,
}

impl Work<'_> {
    fn restore(self, tell: &dyn Fn(&Outline)) -> Result<Restored, AnyFault> {
        let site = self.site;
        let report = match self.files(tell) {
            Err(RestoreError::Incomplete { report }) => *report,
            other => other?,
        };
        let (mut loaded, mut notes) = (Vec::new(), Vec::new());
        if report.lost.is_empty() && !self.request.dry_run {
            site.progress.phase("phase-load");
            for load in &self.loads {
                site.go_on()?;
                notes.extend(self.load(load)?);
                loaded.push(load.name.clone());
            }
        }
        let repository = self.name.to_owned();
        Ok(Restored { id: self.id, repository, manifest: self.manifest, report, loaded, notes })
    }

    fn files(&self, tell: &dyn Fn(&Outline)) -> Result<restore::Restored, RestoreError> {
        let (site, request) = (self.site, self.request);
        site.progress.phase("phase-fetch");
        let options = RestoreOptions {
            from: request.from.as_ref().map(PathBuf::from),
            only: request.only.iter().map(PathBuf::from).collect(),
            resume: request.resume,
            over: request.over,
            delete: request.delete,
            verify: request.verify,
            dry_run: request.dry_run,
        };
        let (target, progress, cancel) = (&request.target, site.progress.as_ref(), &site.cancel);
        let prepared =
            Prepared::new(self.repository, &self.id, target, &options, progress, cancel)?;
        let outline = prepared.outline();
        if options.dry_run {
            return Ok(outline);
        }
        tell(&outline);
        prepared.run(progress, cancel)
    }

    fn load(&self, load: &Load) -> Result<Vec<String>, AnyFault> {
        let folder = &self.request.target.join(Layout::DATABASES);
        let dump = source::Dump { folder, name: &load.name, facts: &load.facts };
        // Beside the restored files, not in our state: after the loss of a host there is none.
        let work = Temporary::create(self.request.target.join(".duphong-load"))?;
        let (all, at) = (postgres::Load::ALL, work.path());
        let (world, cancel) = (&self.site.world, &self.site.cancel);
        Ok(load.target.load(dump, all, at, world, cancel, self.site.progress.as_ref())?)
    }
}

/// Checks every ordered load before anything is written: a known database, a fitting target that
/// is not production unless its name was typed.
fn loads(
    portal: &Portal,
    manifest: &Manifest,
    request: &Request,
    world: &World,
) -> Result<Vec<Load>, AnyFault> {
    let mut loads = Vec::new();
    for (name, target) in &request.databases {
        let facts = manifest.databases.get(name).ok_or_else(|| JobFault::UnknownDatabase {
            portal: portal.id.clone(),
            database: name.clone(),
        })?;
        let target_database = match facts.engine.as_str() {
            sqlite::ENGINE => source::Database::Sqlite(sqlite::Settings { path: target.into() }),
            mariadb::ENGINE => source::Database::Mariadb(mariadb_target(portal, name, target)?),
            command::ENGINE => {
                let target = command_target(portal, name, target)?;
                source::Database::Command(Box::new(target))
            }
            _ => source::Database::Postgres(postgres_target(portal, name, target)?),
        };
        let load = Load { name: name.clone(), facts: facts.clone(), target: target_database };
        if request.production.as_deref() != Some(portal.id.as_str()) {
            refuse_production_database(world, portal, &load)?;
        }
        loads.push(load);
    }
    Ok(loads)
}

/// The target server, reached with the password that the configuration has for this database.
fn postgres_target(portal: &Portal, name: &str, dsn: &str) -> Result<postgres::Settings, AnyFault> {
    let configured = portal.databases.iter().find(|database| database.name == name);
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
    let configured = portal.databases.iter().find(|database| database.name == name);
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
    let configured = portal.databases.iter().find(|database| database.name == name);
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
    let configured = portal.databases.iter().find(|database| database.name == load.name);
    match configured.map(databases::live).transpose()? {
        Some(source::Database::Mariadb(production)) => {
            Ok(mariadb::is_production(target, &production, world)?)
        }
        _ => Ok(false),
    }
}

/// A folder is production's when it is, holds, or lies in a source of any portal or our own state.
fn refuse_production_folder(
    site: &Site,
    portal: &Portal,
    request: &Request,
) -> Result<(), JobFault> {
    if request.production.as_deref() == Some(portal.id.as_str()) {
        return Ok(());
    }
    let target = resolved(&request.target);
    let mut guarded = vec![site.settings.state.clone()];
    let folders = site.settings.repositories.iter().filter_map(|one| one.store.folder());
    guarded.extend(folders.map(Path::to_owned));
    for each in &site.settings.portals {
        guarded.extend(each.trees.iter().filter_map(|tree| tree.folder().map(Path::to_owned)));
        guarded.extend(each.databases.iter().filter_map(|database| match &database.engine {
            Engine::Sqlite(settings) => settings.path.parent().map(Path::to_owned),
            Engine::Postgres(_) | Engine::Mariadb(_) | Engine::Command(_) => None,
        }));
    }
    for guarded in guarded.iter().map(|path| resolved(path)) {
        if target.starts_with(&guarded) || guarded.starts_with(&target) {
            return Err(JobFault::Production {
                portal: portal.id.clone(),
                target: request.target.display().to_string(),
            });
        }
    }
    Ok(())
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

fn outcome(restored: &Restored) -> Outcome {
    let report = &restored.report;
    let outcome = match restored.exit() {
        ExitCode::Done => Outcome::done(),
        ExitCode::Warnings => Outcome::warnings(),
        _ => Outcome::failed("restore.incomplete"),
    };
    outcome
        .fact("files", report.files)
        .fact("bytes", report.bytes)
        .fact("changed", report.changed)
        .fact("deleted", report.deleted.len())
        .fact("lost", report.lost.len())
        .fact("loaded", json!(restored.loaded))
}
