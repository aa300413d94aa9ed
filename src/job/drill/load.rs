//! Loading what a drill restored into servers of our own: one for all dumps of PostgreSQL, one for
//! each database of MariaDB, one on each base.

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::fault::{AnyFault, Fault};
use crate::base::manifest::DatabaseFacts;
use crate::config::settings::Engine;
use crate::drill::compare::{check, not_run};
use crate::drill::fact::{CheckKind, Finding, PhaseName};
use crate::job::databases;
use crate::job::drill::way::{Databases, Ended, Restored, Way};
use crate::job::drill::{base, commands, compare, sabotage};
use crate::job::fault::JobFault;
use crate::job::site::Layout;
use crate::source::mariadb::scratch::{self as server, Server};
use crate::source::postgres::Load;
use crate::source::postgres::physical;
use crate::source::postgres::scratch::Cluster;
use crate::source::scratch::ScratchSettings;
use crate::source::{Database, Dump, command, mariadb, postgres, sqlite};

impl Way<'_> {
    /// A server of our own, of production's major version at least.
    fn cluster(&self, facts: &BTreeMap<String, DatabaseFacts>) -> Result<Cluster, AnyFault> {
        let of_engine = |facts: &&DatabaseFacts| facts.engine == postgres::ENGINE;
        let major = |facts: &DatabaseFacts| {
            let digits = facts.engine_version.split(|c: char| !c.is_ascii_digit()).next();
            digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
        };
        let configured =
            self.portal().databases.iter().find_map(|database| match &database.engine {
                Engine::Postgres(settings) => Some(settings),
                _ => None,
            });
        let user = configured.and_then(|settings| settings.user.clone());
        let settings = ScratchSettings {
            folder: self.portal().drill.scratch.clone(),
            bin_dir: configured.and_then(|settings| settings.bin_dir.clone()),
            major: facts.values().filter(of_engine).map(major).max().unwrap_or(0),
            user: user.unwrap_or_else(|| "postgres".to_owned()),
            need_bytes: facts.values().filter(of_engine).map(|facts| facts.dump_bytes).sum(),
            allow_memory: false,
            jobs: self.jobs(),
        };
        Ok(Cluster::start(&settings, &self.site().world)?)
    }

    /// A server of our own, of production's maker and of its series at least, with an empty database
    /// that is called as production's: definitions may name it.
    fn mariadb(&self, name: &str, facts: &DatabaseFacts) -> Result<Server, AnyFault> {
        let configured =
            self.portal().databases.iter().find_map(|database| match &database.engine {
                Engine::Mariadb(settings) if database.name == name => Some(settings),
                _ => None,
            });
        let account = configured.and_then(|settings| settings.account.clone());
        let settings = ScratchSettings {
            folder: self.portal().drill.scratch.clone(),
            bin_dir: configured.and_then(|settings| settings.bin_dir.clone()),
            major: server::version_wanted(&facts.engine_version),
            user: account.unwrap_or_else(|| "mysql".to_owned()),
            need_bytes: facts.dump_bytes,
            allow_memory: false,
            jobs: self.jobs(),
        };
        let server = Server::start(&settings, Some(facts), &self.site().world)?;
        server.create_database(&production_name(name, facts), &self.site().world)?;
        Ok(server)
    }

    pub(super) fn jobs(&self) -> usize {
        self.portal().drill.jobs.map_or_else(databases::jobs, usize::from)
    }

    /// Makes the servers and loads every database of the set.
    pub(super) fn load(&mut self, restored: &Restored) -> Result<Databases, Ended> {
        let mut databases = Databases::default();
        let facts = &restored.manifest.databases;
        if facts.values().any(|facts| facts.engine == postgres::ENGINE) {
            let cluster = self.timed(PhaseName::Scratch, |way| {
                let made = way.cluster(facts);
                way.able(CheckKind::Load, postgres::ENGINE, made)
            })?;
            databases.cluster = Some(cluster);
        }
        for (name, facts) in facts.iter().filter(|(_, facts)| facts.engine == mariadb::ENGINE) {
            let server = self.timed(PhaseName::Scratch, |way| match way.mariadb(name, facts) {
                // On MariaDB it would load, and prove nothing about the server of the portal.
                Err(fault) if is_other_maker(facts, fault.as_ref()) => {
                    let reason = Finding::of(fault.as_ref());
                    way.checks.push(not_run(CheckKind::Load, name, reason));
                    Ok(None)
                }
                made => way.able(CheckKind::Load, name, made).map(Some),
            })?;
            if let Some(server) = server {
                databases.mariadb.insert(name.clone(), server);
            } else {
                databases.unproven.insert(name.clone());
            }
        }
        self.timed(PhaseName::Load, |way| {
            way.site().progress.phase("phase-load");
            for (name, facts) in facts {
                if databases.unproven.contains(name) {
                    continue;
                }
                if facts.engine == physical::ENGINE {
                    base::load(way, name, facts, restored, &mut databases)?;
                    continue;
                }
                if facts.engine == command::ENGINE {
                    commands::load(way, name, facts, restored, &mut databases)?;
                    continue;
                }
                let loaded = way.load_one(name, facts, &restored.root, &databases);
                let loaded = way.must(CheckKind::Load, name, loaded)?;
                way.checks.push(check(CheckKind::Load, name, 1, Vec::new()));
                databases.loaded.insert(name.clone(), loaded);
            }
            // Before anything is compared, and a log is replayed: what is compared is the set.
            let damaged = sabotage::loaded(way, restored, &databases);
            way.must(CheckKind::Restore, way.repository(), damaged)?;
            if way.request().to.is_some() {
                compare::before_a_log(way, restored, &databases);
            }
            Ok(())
        })?;
        Ok(databases)
    }

    fn load_one(
        &self,
        name: &str,
        facts: &DatabaseFacts,
        root: &Path,
        databases: &Databases,
    ) -> Result<Database, AnyFault> {
        self.site().go_on()?;
        if facts.engine == sqlite::ENGINE {
            // A restored SQLite dump is the database: there is nothing to load.
            return Ok(Database::Sqlite(sqlite::Settings { path: root.join(&facts.path) }));
        }
        let (world, cancel) = (&self.site().world, &self.site().cancel);
        let (target, work) = match (databases.mariadb.get(name), &databases.cluster) {
            (Some(server), _) => {
                let settings = server.settings(&production_name(name, facts));
                (Database::Mariadb(settings), server.folder())
            }
            (None, Some(cluster)) if facts.engine == postgres::ENGINE => {
                cluster.create_database(name, Some(facts), world)?;
                (Database::Postgres(cluster.settings(name)), cluster.folder())
            }
            _ => {
                let detail = format!("unknown engine `{}`", facts.engine);
                return Err(JobFault::NotASet { set: name.to_owned(), detail }.into());
            }
        };
        let dump = Dump { folder: &root.join(Layout::DATABASES), name, facts };
        let progress = self.site().progress.as_ref();
        target.load(dump, Load::ALL, work, world, cancel, progress)?;
        Ok(target)
    }
}

/// Whether a set is of MySQL and the host has no such server: its other databases can be proven all
/// the same.
fn is_other_maker(facts: &DatabaseFacts, fault: &dyn Fault) -> bool {
    mariadb::is_of_mysql(&facts.engine_version) && fault.code() == "source.mariadb-programs"
}

/// What a database is called on the server that it was taken from.
fn production_name(name: &str, facts: &DatabaseFacts) -> String {
    mariadb::Fingerprint::database(&facts.fingerprint).unwrap_or_else(|| name.to_owned())
}
