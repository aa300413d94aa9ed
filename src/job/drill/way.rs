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
use crate::base::manifest::{Manifest, TreeRole};
use crate::config::settings::Portal;
use crate::drill::choice::fact::{Choice, Reached};
use crate::drill::compare::{check, not_run};
use crate::drill::fact::{
    Check, CheckKind, Finding, Phase, PhaseName, ReferenceFacts, Scope, SetFacts,
};
use crate::drill::judge::Source;
use crate::job::drill::commands::Loaded;
use crate::job::drill::pick::{self, Decision};
use crate::job::drill::sealed::{self, Sealed};
use crate::job::drill::{
    Request, commands, compare, hooks, instant, portal as portal_process, sabotage, scope,
};
use crate::job::fault::JobFault;
use crate::job::hook::Ground;
use crate::job::sets;
use crate::job::site::{Site, Temporary, is_evidence, lock_for_reading};
use crate::repository::browse::shown;
use crate::repository::lock::Lock;
use crate::repository::restore::{self, Lost, RestoreError, RestoreOptions};
use crate::repository::{Repository, SnapshotId};
use crate::source::error::SourceError;
use crate::source::mariadb::scratch::{self as server, Server};
use crate::source::postgres::scratch::{self, Cluster};
use crate::source::{Database, sqlite};
use crate::world::World;
use crate::world::clock::Monotonic;
use crate::world::files;

/// By how much the clocks of two hosts are trusted to agree.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);
/// Where the set is restored within the scratch place.
const SET: &str = "set";

/// A drill under way: what it has seen so far.
pub(super) struct Way<'a> {
    site: &'a Site,
    portal: &'a Portal,
    repository: &'a str,
    request: &'a Request,
    decision: &'a Decision,
    started: Monotonic,
    pub(super) phases: Vec<Phase>,
    pub(super) checks: Vec<Check>,
    pub(super) references: Vec<ReferenceFacts>,
    /// Where the repository lies.
    pub(super) place: Option<String>,
    pub(super) choice: Option<Choice>,
    pub(super) reached: Vec<Reached>,
    pub(super) set: Option<SetFacts>,
    pub(super) roles: Vec<TreeRole>,
    pub(super) sources: Vec<Source>,
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

impl Restored {
    /// What came back, as commands are told of it.
    pub(super) fn ground<'a>(&'a self, way: &Way<'a>, databases: &'a Databases) -> Ground<'a> {
        let (root, loaded) = (self.root.as_path(), &databases.loaded);
        Ground { portal: way.portal(), root, loaded, secrets: root }
    }
}

/// The loaded databases and the server that holds them, which ends with this.
#[derive(Default)]
pub(super) struct Databases {
    pub(super) loaded: BTreeMap<String, Database>,
    /// What nobody said how to load: each has left its check.
    pub(super) unproven: BTreeSet<String>,
    /// The one for all dumps of PostgreSQL.
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
        decision: &'a Decision,
    ) -> Self {
        Self {
            site,
            portal,
            repository,
            request,
            decision,
            started: site.world.clock.monotonic(),
            phases: Vec::new(),
            checks: Vec::new(),
            references: Vec::new(),
            place: None,
            choice: None,
            reached: Vec::new(),
            set: None,
            roles: Vec::new(),
            sources: Vec::new(),
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
        let root = scratch.path().join(SET);
        let lock = lock_for_reading(&repository).map_err(AnyFault::from);
        let lock = self.must(CheckKind::Restore, self.repository, lock)?;
        let prepared = sealed::prepare(self, &repository, &id, manifest);
        let (manifest, sealed) = self.must(CheckKind::Restore, self.repository, prepared)?;
        self.sources = sources(&manifest, self.request.to.is_some());
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
        let mut databases = self.load(restored)?;
        if let Some(to) = self.request.to {
            self.timed(PhaseName::Replay, |way| instant::reach(way, restored, &mut databases, to))?;
        }
        // A portal that was not started has not answered, and there is no time to measure.
        let mut is_compared = false;
        if scope(self.portal) == Scope::Data {
            self.answered = Some(self.elapsed());
        } else if restored.sealed.is_left {
            sealed::not_started(self);
        } else {
            is_compared = portal_process::start_and_ask(self, restored, &mut databases)?;
        }
        if !is_compared {
            self.compare(restored, &mut databases)?;
        }
        hooks::run(self, restored, &databases);
        Ok(())
    }

    /// Compares everything that came back; each comparison leaves its check.
    pub(super) fn compare(
        &mut self,
        restored: &Restored,
        databases: &mut Databases,
    ) -> Result<(), Ended> {
        self.timed(PhaseName::Compare, |way| {
            compare::everything(way, restored, databases);
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

    /// The name of the repository that is read.
    pub(super) fn repository(&self) -> &'a str {
        self.repository
    }

    pub(super) fn decision(&self) -> &'a Decision {
        self.decision
    }

    /// Since the decision.
    pub(super) fn elapsed(&self) -> Duration {
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

    /// The same where the drill's own means failed and nothing was seen of the set: a check that did
    /// not run, and so never a proof in either direction.
    pub(super) fn able<T>(
        &mut self,
        kind: CheckKind,
        subject: &str,
        result: Result<T, AnyFault>,
    ) -> Result<T, Ended> {
        result.map_err(|fault| {
            self.checks.push(not_run(kind, subject, Finding::of(fault.as_ref())));
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
        let ended = portal_process::end_leftovers(self, &folder.join(SET));
        self.able(CheckKind::Restore, self.repository, ended)?;
        commands::clear_leftovers(self, &folder)?;
        let made = make_scratch(&self.portal.drill.scratch, folder, &self.site.world);
        self.able(CheckKind::Restore, self.repository, made)
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
        if self.request.to.is_some() {
            // By the logs, which are not read yet.
            self.recoverable = None;
        }
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
        self.place = Some(store.location());
        let repository = Repository::open(store.clone(), &password, &site.world)?;
        let (id, snapshot) = pick::set(self, &repository)?;
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
            Err(fault) => self.able(CheckKind::Restore, self.repository, Err(fault))?,
        };
        self.set = Some(SetFacts {
            id: restored.id.to_string(),
            taken: restored.manifest.started,
            files: report.files,
            bytes: report.bytes,
            // Comparing lies within the loading of a drill to an instant.
            loaded_bytes: loaded_bytes(&restored.manifest).filter(|_| self.request.to.is_none()),
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
}

/// What there is to compare.
fn sources(manifest: &Manifest, to_an_instant: bool) -> Vec<Source> {
    let databases = manifest.databases.iter().map(|(name, facts)| {
        let rows = facts.inventory.tables.values().map(|table| table.rows);
        let things = if facts.base.is_some() { 1 } else { rows.fold(0, u64::saturating_add) };
        let needs = if to_an_instant { instant::needs(facts) } else { Vec::new() };
        Source { subject: name.clone(), things, needs }
    });
    let trees = manifest.trees.iter().map(|tree| Source {
        subject: tree.path.clone(),
        things: tree.files,
        needs: Vec::new(),
    });
    databases.chain(trees).collect()
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
