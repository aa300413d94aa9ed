//! Which files of a set are restored: what a person names, in terms of databases and tables.
//!
//! `db/<name>` stands for all files of that database, and a chosen table for the files that hold
//! it, so that one table of a large database does not cost the fetching of all of it.

use std::path::PathBuf;

use crate::base::cancel::Cancel;
use crate::base::fault::AnyFault;
use crate::base::manifest::{DatabaseFacts, Manifest};
use crate::base::progress::Silent;
use crate::config::settings::Engine;
use crate::job::restore::Request;
use crate::job::restore::fault::RestoreFault;
use crate::job::restore::sealed;
use crate::job::restore::target::Load;
use crate::job::site::{Layout, Site, Temporary};
use crate::job::unseal;
use crate::repository::browse::{BrowseError, Browser, shown};
use crate::repository::{BlobId, Repository, SnapshotId};
use crate::source::{mariadb, postgres, sqlite};
use crate::world::files;

/// A script of roles, or a table of contents, beyond this is none of ours: the largest we know has
/// 100,000 tables and 60 MB.
const SMALL_FILE_MAX: u64 = 256 * 1024 * 1024;

/// So many tables are named where a name is unknown.
const KNOWN_MAX: usize = 8;

/// What is restored, and where it is read from.
pub(super) struct Choice<'a> {
    browser: Browser<'a>,
    tree: BlobId,
    /// Paths of the set; empty for all of it.
    pub(super) only: Vec<PathBuf>,
}

impl<'a> Choice<'a> {
    /// Finds the files that the request means.
    pub(super) fn of(
        site: &Site,
        repository: &'a Repository,
        set: &SnapshotId,
        manifest: &Manifest,
        request: &Request,
    ) -> Result<Self, AnyFault> {
        let tree = repository.snapshot(set)?.tree;
        let browser = Browser::new(repository)?;
        let mut choice = Self { browser, tree, only: Vec::new() };
        choice.only = if request.tables.is_empty() {
            request.only.iter().flat_map(|path| files_of(manifest, path)).collect()
        } else {
            choice.files_of_tables(site, manifest, request)?
        };
        Ok(choice)
    }

    /// Gives each load the script of roles that lies beside its dump.
    pub(super) fn add_globals(&self, loads: &mut [Load]) {
        for load in loads.iter_mut().filter(|load| load.facts.engine == postgres::ENGINE) {
            // What cannot be read is named by the restore, which brings all else.
            let script = self.small_file(&globals(&load.name)).ok().flatten();
            load.globals = script.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        }
    }

    /// The content of a file of the set; `None` where it has none.
    fn small_file(&self, path: &str) -> Result<Option<Vec<u8>>, AnyFault> {
        let path = path.as_bytes();
        let size = match self.browser.find(&self.tree, path) {
            Ok(Some(node)) => node.size,
            Ok(None) | Err(BrowseError::NoSuchPath { .. }) => return Ok(None),
            Err(other) => return Err(other.into()),
        };
        if size > SMALL_FILE_MAX {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        self.browser.cat(&self.tree, path, &mut bytes, &Silent, &Cancel::default())?;
        Ok(Some(bytes))
    }

    fn files_of_tables(
        &self,
        site: &Site,
        manifest: &Manifest,
        request: &Request,
    ) -> Result<Vec<PathBuf>, AnyFault> {
        let [(name, _)] = &request.databases[..] else {
            return Err(RestoreFault::NotOneDatabase.into());
        };
        let Some(facts) = manifest.databases.get(name) else { return Ok(Vec::new()) };
        let part = Layout::database(name);
        if manifest.sealed(&part).is_some() {
            return Err(RestoreFault::SealedTables { part }.into());
        }
        for table in &request.tables {
            if !facts.inventory.tables.contains_key(table) {
                let (database, table) = (name.clone(), table.clone());
                let known = known(facts, &table);
                return Err(RestoreFault::UnknownTable { database, table, known }.into());
            }
        }
        let folder = PathBuf::from(&facts.path);
        let below = |names: Vec<String>| names.into_iter().map(|name| folder.join(name)).collect();
        match facts.engine.as_str() {
            sqlite::ENGINE => Ok(vec![folder]),
            mariadb::ENGINE => {
                let there = self.names_in(&facts.path)?;
                Ok(below(mariadb::files_of_tables(&there, &request.tables)))
            }
            postgres::ENGINE => self.postgres_files(site, name, facts, request).map(below),
            engine => Err(RestoreFault::NoTables { engine: engine.to_owned() }.into()),
        }
    }

    /// Asks the dump's own table of contents, which is small and read alone.
    fn postgres_files(
        &self,
        site: &Site,
        name: &str,
        facts: &DatabaseFacts,
        request: &Request,
    ) -> Result<Vec<String>, AnyFault> {
        let path = format!("{}/{}", facts.path, postgres::CONTENTS);
        let contents = self.small_file(&path)?;
        let contents = contents.ok_or(BrowseError::NoSuchPath { path })?;
        let _alone = site.exclusively("restore-tables", &request.portal)?;
        let work = Temporary::create(
            site.settings.state.join(format!("restore-tables-{}", request.portal)),
        )?;
        files::replace_durably(&work.path().join(postgres::CONTENTS), &contents)?;
        let configured = site.portal(&request.portal)?.database(name);
        let bin_dir = match configured.map(|database| &database.engine) {
            Some(Engine::Postgres(settings)) => settings.bin_dir.as_deref(),
            _ => None,
        };
        let tables = &request.tables;
        Ok(postgres::files_of_tables(work.path(), tables, facts, bin_dir, &site.world)?)
    }

    fn names_in(&self, folder: &str) -> Result<Vec<String>, AnyFault> {
        let mut names = Vec::new();
        for entry in self.browser.list(&self.tree, folder.as_bytes(), false)? {
            let entry = entry
                .map_err(|unreadable| BrowseError::NoSuchPath { path: shown(&unreadable.path) })?;
            names.push(shown(&entry.node.name));
        }
        Ok(names)
    }
}

fn globals(name: &str) -> String {
    format!("{}/{name}.globals.sql", Layout::DATABASES)
}

/// The files that a path means: of a database by its name, all that its dump consists of.
fn files_of(manifest: &Manifest, path: &str) -> Vec<PathBuf> {
    if manifest.sealed(&unseal::normal(path)).is_some() {
        return sealed::places(manifest, path).into_iter().map(PathBuf::from).collect();
    }
    let name = path.trim_matches('/').strip_prefix(Layout::DATABASES);
    let name = name.and_then(|rest| rest.strip_prefix('/'));
    let Some((name, facts)) = name.and_then(|name| manifest.databases.get_key_value(name)) else {
        return vec![PathBuf::from(path)];
    };
    let mut files = vec![PathBuf::from(&facts.path)];
    if matches!(facts.engine.as_str(), postgres::ENGINE | mariadb::ENGINE) {
        files.push(PathBuf::from(globals(name)));
    }
    files
}

/// Tables with a like name; the first ones where there are none.
fn known(facts: &DatabaseFacts, table: &str) -> String {
    let wanted = table.rsplit('.').next().unwrap_or(table).to_lowercase();
    let names = || facts.inventory.tables.keys().map(String::as_str);
    let alike: Vec<_> =
        names().filter(|name| name.to_lowercase().contains(&wanted)).take(KNOWN_MAX).collect();
    if alike.is_empty() { names().take(KNOWN_MAX).collect::<Vec<_>>() } else { alike }.join(", ")
}
