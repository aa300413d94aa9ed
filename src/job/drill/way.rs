//! The way of a drill, phase by phase, from the decision to the portal's answer.
//!
//! Each phase is timed from the decision on the monotonic clock. The first failure ends the way:
//! what it would have led to is recorded as not run. The scratch place is removed at the end, and
//! what a killed drill left is removed by the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Fault, FaultKind};
use crate::base::manifest::{DatabaseFacts, Manifest, TreeRole};
use crate::config::settings::{Engine, Portal};
use crate::drill::compare::{check, not_run};
use crate::drill::fact::{
    Check, CheckKind, Finding, Phase, PhaseName, ReferenceFacts, Scope, SetFacts,
};
use crate::job::drill::commands::Loaded;
use crate::job::drill::sealed::{self, Sealed};
use crate::job::drill::{
    Request, base, commands, compare, portal as portal_process, sabotage, scope,
};
use crate::job::fault::JobFault;
use crate::job::site::{Layout, Site, Temporary, is_evidence, lock_for_reading};
use crate::job::{databases, sets};
use crate::repository::browse::shown;
use crate::repository::lock::Lock;
use crate::repository::restore::{self, Lost, RestoreError, RestoreOptions};
use crate::repository::{Repository, SnapshotId};
use crate::source::error::SourceError;
use crate::source::mariadb::scratch::{self as server, Server};
use crate::source::postgres::Load;
use crate::source::postgres::physical;
use crate::source::postgres::scratch::{self, Cluster};
use crate::source::scratch::ScratchSettings;
use crate::source::{Database, Dump, command, mariadb, postgres, sqlite};
use crate::world::World;
use crate::world::clock::Monotonic;
use crate::world::files;

/// By how much the clocks of two hosts are trusted to agree.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// A drill under way: what it has seen so far.
pub(super) struct Way<'a> {
    site: &'a Site,
    portal: &'a Portal,
    repository: &'a str,
    request: &'a Request,
    started: Monotonic,
    pub(super) phases: Vec<Phase>,
    pub(super) checks: Vec<Check>,
    pub(super) references: Vec<ReferenceFacts>,
    pub(super) set: Option<SetFacts>,
    pub(super) roles: Vec<TreeRole>,
    pub(super) set_incomplete: bool,
    pub(super) set_of_evidence: bool,
    /// The newest commit that the set brings back.
    pub(super) recoverable: Option<Timestamp>,
    /// Decision to answer, when it came to that.
    pub(super) answered: Option<Duration>,
    /// Whether stored data was found damaged.
    pub(super) damaged: bool,
    /// What commands have loaded, to be cleared away.
    pub(super) to_clean: Vec<Loaded>,
}

/// A step failed and has left its check: the way ends here.
pub(super) struct Ended;

/// A set as it lies in the scratch place.
pub(super) struct Restored {
    pub(super) repository: Repository,
    pub(super) id: SnapshotId,
    pub(super) manifest: Manifest,
    /// The restored set's root.
    pub(super) root: PathBuf,
    /// What of it is sealed, or was.
    pub(super) sealed: Sealed,
    /// Held until the last comparison, which reads the repository again.
    _lock: Option<Lock>,
}

/// The loaded databases and the server that holds them, which ends with this.
#[derive(Default)]
pub(super) struct Databases {
    pub(super) loaded: BTreeMap<String, Database>,
    /// What nobody said how to load: each has left its check.
    pub(super) unproven: BTreeSet<String>,
    pub(super) cluster: Option<Cluster>,
    /// One for each base.
    pub(super) bases: BTreeMap<String, Cluster>,
    /// One for each database of MariaDB or MySQL: they may come from different servers, with
    /// accounts and databases of one name.
    pub(super) mariadb: BTreeMap<String, Server>,
}

impl<'a> Way<'a> {
    /// The decision: the clock runs from here.
    pub(super) fn start(
        site: &'a Site,
        portal: &'a Portal,
        repository: &'a str,
        request: &'a Request,
    ) -> Self {
        Self {
            site,
            portal,
            repository,
            request,
            started: site.world.clock.monotonic(),
            phases: Vec::new(),
            checks: Vec::new(),
            references: Vec::new(),
            set: None,
            roles: Vec::new(),
            set_incomplete: false,
            set_of_evidence: false,
            recoverable: None,
            answered: None,
            damaged: false,
            to_clean: Vec::new(),
        }
    }

    /// Goes the whole way, or as far as it leads.
    pub(super) fn go(&mut self) {
        // Each step has left its check; there is nothing more to say about where it ended.
        let _ended = self.steps();
    }

    fn steps(&mut self) -> Result<(), Ended> {
        let scratch = self.scratch()?;
        let (repository, id, manifest) = self.timed(PhaseName::Find, Self::find)?;
        let root = scratch.path().join("set");
        let lock = lock_for_reading(&repository).map_err(AnyFault::from);
        let lock = self.must(CheckKind::Restore, self.repository, lock)?;
        let prepared = sealed::prepare(self, &repository, &id, manifest);
        let (manifest, sealed) = self.must(CheckKind::Restore, self.repository, prepared)?;
        let mut restored = Restored { repository, id, manifest, root, sealed, _lock: lock };
        self.timed(PhaseName::Fetch, |way| {
            way.fetch(&restored)?;
            sealed::open(way, &mut restored)
        })?;
        let ended = self.load_and_compare(&restored);
        // However it ended, and before the scratch place goes in which some of it may run.
        commands::clean_up(self);
        ended
    }

    fn load_and_compare(&mut self, restored: &Restored) -> Result<(), Ended> {
        let damaged = sabotage::files(self, restored);
        self.must(CheckKind::Restore, self.repository, damaged)?;
        let databases = self.load(restored)?;
        let damaged = sabotage::loaded(self, restored, &databases);
        self.must(CheckKind::Restore, self.repository, damaged)?;
        // A portal that was not started has not answered, and there is no time to measure.
        let is_portal = scope(self.portal) == Scope::Portal;
        let answers = if is_portal && restored.sealed.is_left {
            sealed::not_started(self);
            false
        } else {
            !is_portal || portal_process::start_and_ask(self, restored, &databases)?
        };
        if answers {
            self.answered = Some(self.elapsed());
        }
        self.timed(PhaseName::Compare, |way| {
            compare::everything(way, restored, &databases);
            Ok(())
        })
    }

    pub(super) fn site(&self) -> &'a Site {
        self.site
    }

    pub(super) fn portal(&self) -> &'a Portal {
        self.portal
    }

    pub(super) fn request(&self) -> &'a Request {
        self.request
    }

    fn elapsed(&self) -> Duration {
        self.site.world.clock.monotonic().since(self.started)
    }

    /// Runs one phase and notes its interval, however it ends.
    pub(super) fn timed<T>(
        &mut self,
        name: PhaseName,
        work: impl FnOnce(&mut Self) -> Result<T, Ended>,
    ) -> Result<T, Ended> {
        let start = self.elapsed();
        let result = work(self);
        let length = self.elapsed().saturating_sub(start);
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (start_ms, length_ms) = (milliseconds(start), milliseconds(length));
        self.phases.push(Phase { name, start_ms, length_ms });
        result
    }

    /// Turns a fault into a failed check and ends the way.
    pub(super) fn must<T>(
        &mut self,
        kind: CheckKind,
        subject: &str,
        result: Result<T, AnyFault>,
    ) -> Result<T, Ended> {
        result.map_err(|fault| {
            self.failed(kind, subject, fault.as_ref());
            Ended
        })
    }

    /// Notes a fault as a failed check; a wish to stop is no failure of what was being checked.
    pub(super) fn failed(&mut self, kind: CheckKind, subject: &str, fault: &dyn Fault) {
        self.damaged |= fault.kind() == FaultKind::Integrity;
        let finding = Finding::of(fault);
        let is_void = fault.code() == JobFault::NothingToSabotage.code();
        self.checks.push(match fault.exit() {
            ExitCode::Interrupted => not_run(kind, subject, finding),
            _ if is_void => not_run(kind, subject, finding),
            _ => check(kind, subject, 0, vec![finding]),
        });
    }

    fn scratch(&mut self) -> Result<Temporary, Ended> {
        let folder = self.portal.drill.scratch.join(format!("{}-drill", self.portal.id));
        commands::clear_leftovers(self, &folder)?;
        let made = make_scratch(&self.portal.drill.scratch, folder, &self.site.world);
        made.map_err(|fault| {
            // Nothing was seen of the set yet: a drill that could not start proves nothing.
            let reason = Finding::of(fault.as_ref());
            self.checks.push(not_run(CheckKind::Restore, self.repository, reason));
            Ended
        })
    }

    fn find(&mut self) -> Result<(Repository, SnapshotId, Manifest), Ended> {
        let found = self.open_and_find();
        let (repository, id, manifest) = self.must(CheckKind::Restore, self.repository, found)?;
        self.roles = manifest.trees.iter().map(|tree| tree.role).collect();
        self.set_incomplete = !manifest.skipped.is_empty();
        // The oldest instant among the parts: nothing later is sure to be in all of them.
        let instants = manifest.databases.values().map(|facts| facts.instant);
        let scans = manifest.trees.iter().map(|tree| tree.scan_started);
        self.recoverable = instants.chain(scans).min();
        self.check_clock();
        Ok((repository, id, manifest))
    }

    /// A set of the future says that a clock is wrong, here or where it was taken: nobody knows what
    /// would have been lost.
    fn check_clock(&mut self) {
        let kind = self.request.sabotage;
        let now = sabotage::now(kind, self.site.world.clock.now(), self.recoverable);
        let Some(newest) = self.recoverable.filter(|newest| *newest > now + CLOCKS) else { return };
        self.recoverable = None;
        let fault = JobFault::SetFromFuture { newest, now };
        let reason = Finding::of(&fault);
        self.checks.push(not_run(CheckKind::Restore, self.repository, reason));
    }

    fn open_and_find(&mut self) -> Result<(Repository, SnapshotId, Manifest), AnyFault> {
        let site = self.site;
        let settings = site.repository(self.repository)?;
        let password = sabotage::password(self.request.sabotage, settings.password.read()?);
        let store = site.store_as_of(self.repository, self.request.as_of)?;
        let repository = Repository::open(store.clone(), &password, &site.world)?;
        let (id, snapshot) =
            sets::find(&repository, self.repository, &self.portal.id, self.request.set.as_deref())?;
        self.set_of_evidence = is_evidence(&snapshot);
        let manifest = sets::manifest(&repository, &id)?;
        match sabotage::spoiled(self.request.sabotage, &repository, &snapshot, &store)? {
            Some(spoiled) => Ok((Repository::open(spoiled, &password, &site.world)?, id, manifest)),
            None => Ok((repository, id, manifest)),
        }
    }

    fn fetch(&mut self, restored: &Restored) -> Result<(), Ended> {
        let report = match self.restore(restored) {
            Ok(Ok(report)) => report,
            Ok(Err(RestoreError::Incomplete { report })) => *report,
            Ok(Err(fault)) => self.must(CheckKind::Restore, self.repository, Err(fault.into()))?,
            Err(fault) => self.must(CheckKind::Restore, self.repository, Err(fault))?,
        };
        self.set = Some(SetFacts {
            id: restored.id.to_string(),
            taken: restored.manifest.started,
            files: report.files,
            bytes: report.bytes,
            loaded_bytes: loaded_bytes(&restored.manifest),
        });
        let name = |lost: &Lost| Finding::File {
            path: shown(&lost.path),
            code: lost.fault.code().to_owned(),
        };
        let findings: Vec<Finding> = report.lost.iter().map(name).collect();
        let broken = !findings.is_empty();
        self.damaged |= report.lost.iter().any(|lost| lost.fault.kind() == FaultKind::Integrity);
        self.checks.push(check(CheckKind::Restore, self.repository, report.files, findings));
        if broken { Err(Ended) } else { Ok(()) }
    }

    fn restore(
        &self,
        restored: &Restored,
    ) -> Result<Result<restore::Restored, RestoreError>, AnyFault> {
        let site = self.site;
        let manifest = &restored.manifest;
        let dumps = manifest.databases.values().map(|facts| facts.dump_bytes);
        let trees = manifest.trees.iter().map(|tree| tree.bytes);
        // They lie there sealed before they are opened.
        let sealed = manifest.sealed.iter().map(|part| part.bytes.max(part.plain_bytes));
        let needed = dumps.chain(trees).chain(sealed).sum::<u64>();
        let path = self.portal.drill.scratch.clone();
        let free = sabotage::free(self.request.sabotage, files::free_bytes(&path)?);
        if free < needed {
            return Err(JobFault::NoSpace { path, free, needed }.into());
        }
        site.progress.phase("phase-fetch");
        let options = RestoreOptions::default();
        let (to, cancel, progress) = (&restored.root, &site.cancel, site.progress.as_ref());
        Ok(restore::restore(&restored.repository, &restored.id, to, &options, progress, cancel))
    }

    /// A server of our own, of production's major version at least.
    fn cluster(&self, facts: &BTreeMap<String, DatabaseFacts>) -> Result<Cluster, AnyFault> {
        let of_engine = |facts: &&DatabaseFacts| facts.engine == postgres::ENGINE;
        let major = |facts: &DatabaseFacts| {
            let digits = facts.engine_version.split(|c: char| !c.is_ascii_digit()).next();
            digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
        };
        let configured = self.portal.databases.iter().find_map(|database| match &database.engine {
            Engine::Postgres(settings) => Some(settings),
            _ => None,
        });
        let user = configured.and_then(|settings| settings.user.clone());
        let settings = ScratchSettings {
            folder: self.portal.drill.scratch.clone(),
            bin_dir: configured.and_then(|settings| settings.bin_dir.clone()),
            major: facts.values().filter(of_engine).map(major).max().unwrap_or(0),
            user: user.unwrap_or_else(|| "postgres".to_owned()),
            need_bytes: facts.values().filter(of_engine).map(|facts| facts.dump_bytes).sum(),
            allow_memory: false,
            jobs: self.jobs(),
        };
        Ok(Cluster::start(&settings, &self.site.world)?)
    }

    /// A MariaDB server of our own, of production's series at least, with an empty database that
    /// is called as production's: definitions may name it.
    fn mariadb(&self, name: &str, facts: &DatabaseFacts) -> Result<Server, AnyFault> {
        let configured = self.portal.databases.iter().find_map(|database| match &database.engine {
            Engine::Mariadb(settings) if database.name == name => Some(settings),
            _ => None,
        });
        let account = configured.and_then(|settings| settings.account.clone());
        let settings = ScratchSettings {
            folder: self.portal.drill.scratch.clone(),
            bin_dir: configured.and_then(|settings| settings.bin_dir.clone()),
            major: server::version_wanted(&facts.engine_version),
            user: account.unwrap_or_else(|| "mysql".to_owned()),
            need_bytes: facts.dump_bytes,
            allow_memory: false,
            jobs: self.jobs(),
        };
        let server = Server::start(&settings, Some(facts), &self.site.world)?;
        server.create_database(&production_name(name, facts), &self.site.world)?;
        Ok(server)
    }

    pub(super) fn jobs(&self) -> usize {
        self.portal.drill.jobs.map_or_else(databases::jobs, usize::from)
    }

    fn load(&mut self, restored: &Restored) -> Result<Databases, Ended> {
        let mut databases = Databases::default();
        let facts = &restored.manifest.databases;
        if facts.values().any(|facts| facts.engine == postgres::ENGINE) {
            let cluster = self.timed(PhaseName::Scratch, |way| {
                let made = way.cluster(facts);
                way.must(CheckKind::Load, postgres::ENGINE, made)
            })?;
            databases.cluster = Some(cluster);
        }
        for (name, facts) in facts.iter().filter(|(_, facts)| facts.engine == mariadb::ENGINE) {
            if mariadb::is_of_mysql(&facts.engine_version) {
                // It would load, and prove nothing about the server that the portal runs on.
                let detail = format!(
                    "the set is of MySQL {}, and drills have MariaDB alone",
                    facts.engine_version
                );
                self.checks.push(not_run(CheckKind::Load, name, Finding::Blind { detail }));
                databases.unproven.insert(name.clone());
                continue;
            }
            let server = self.timed(PhaseName::Scratch, |way| {
                let made = way.mariadb(name, facts);
                way.must(CheckKind::Load, name, made)
            })?;
            databases.mariadb.insert(name.clone(), server);
        }
        self.timed(PhaseName::Load, |way| {
            way.site.progress.phase("phase-load");
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
        self.site.go_on()?;
        if facts.engine == sqlite::ENGINE {
            // A restored SQLite dump is the database: there is nothing to load.
            return Ok(Database::Sqlite(sqlite::Settings { path: root.join(&facts.path) }));
        }
        let (world, cancel) = (&self.site.world, &self.site.cancel);
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
        let progress = self.site.progress.as_ref();
        target.load(dump, Load::ALL, work, world, cancel, progress)?;
        Ok(target)
    }
}

/// Bytes of the dumps that are loaded into servers: by them later restores know how fast that is.
pub(super) fn loaded_bytes(manifest: &Manifest) -> Option<u64> {
    // The phase of loading held the replay of a base's log, which says nothing of loading.
    if manifest.databases.values().any(|facts| facts.base.is_some()) {
        return None;
    }
    let loaded = manifest.databases.values().filter(|facts| facts.engine != sqlite::ENGINE);
    let bytes = loaded.map(|facts| facts.dump_bytes).sum();
    (bytes > 0).then_some(bytes)
}

/// What a database is called on the server that it was taken from.
fn production_name(name: &str, facts: &DatabaseFacts) -> String {
    mariadb::Fingerprint::database(&facts.fingerprint).unwrap_or_else(|| name.to_owned())
}

fn make_scratch(folder: &Path, own: PathBuf, world: &World) -> Result<Temporary, AnyFault> {
    // Where we are root, the scratch server of another user must get through.
    files::create_passage_dir(folder)?;
    if files::is_in_memory(folder)? {
        return Err(SourceError::ScratchInMemory { path: folder.to_owned() }.into());
    }
    scratch::reap_leftovers(folder, world)?;
    server::reap_leftovers(folder, world)?;
    Temporary::create(own)
}
