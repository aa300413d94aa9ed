//! Bringing a set back: its files into an empty folder or over what a folder holds, and on request
//! its databases into empty databases.
//!
//! It is planned first (`plan`), and with an obstacle in the plan nothing is begun. Refuses a
//! folder that is not empty unless a rule says what may be overwritten or a broken-off restore is
//! resumed, and refuses whatever belongs to production unless the portal's name is typed; then a
//! set of production as it stands is taken as evidence before anything of it is written over.
//! Databases are never overwritten.

mod choice;
pub mod fault;
pub mod instant;
pub mod plan;
pub mod rates;
pub(super) mod replay;
mod sealed;
mod target;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use crate::audit::{Deed, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, FaultKind, Message, chain};
use crate::base::manifest::{Manifest, SealedPart};
use crate::config::secret::SecretSource;
use crate::config::settings::Portal;
use crate::job::hook::Ground as Hooked;
use crate::job::restore::choice::Choice;
use crate::job::restore::fault::RestoreFault;
use crate::job::restore::instant::{Ahead, Reached};
use crate::job::restore::plan::{Ground, Plan};
use crate::job::restore::rates::{Measured, Phase};
use crate::job::restore::replay::{Aim, Begin};
use crate::job::restore::sealed::Sealed;
use crate::job::restore::target::Load;
use crate::job::site::{Layout, Site, Temporary, lock_for_reading};
use crate::job::{sets, snapshot, unseal};
use crate::repository::restore::{self, Marked, Overwrite, Prepared, RestoreError, RestoreOptions};
use crate::repository::{Repository, SnapshotId};
use crate::source::mariadb::binlog::gtid::Gtid;
use crate::source::{self, Database, postgres};

pub use crate::repository::restore::Restored as Outline;

/// Which set to bring back, and to where.
#[derive(Clone, Debug, Default)]
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
    /// Only what lies at or below these places of the set; everything if empty. `db/<name>` stands
    /// for all files of that database.
    pub only: Vec<String>,
    /// Of the one database that is loaded only these tables, as the manifest calls them.
    pub tables: Vec<String>,
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
    /// The instant to come back to: of PostgreSQL from a base, of MariaDB's `databases` from a dump,
    /// and of both by the log that was kept since.
    pub to: Option<Timestamp>,
    /// The last transaction of MariaDB's `databases` that is to be replayed; not beside `to`.
    pub to_gtid: Option<Gtid>,
    /// Go on with a restore that broke off in the same folder.
    pub resume: bool,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// The portal's name, typed by a person who means to restore over production.
    pub production: Option<String>,
    /// What opens sealed parts; where the configuration says, if none is given.
    pub identity: Option<SecretSource>,
    /// Why production is written over without a set taken as evidence before.
    pub without_evidence: Option<String>,
    /// Begin though there seems to be too little room on the disk.
    pub despite_space: bool,
}

impl Request {
    /// Whether the name of this portal was typed, by a person who means its production.
    fn means(&self, portal: &Portal) -> bool {
        self.production.as_deref() == Some(portal.id.as_str())
    }
}

/// What a restore brought back.
#[derive(Debug)]
pub struct Restored {
    /// The set.
    pub id: SnapshotId,
    /// The repository it was read from.
    pub repository: String,
    /// What was planned.
    pub plan: Plan,
    /// The sets of production that were taken as evidence before, by repository and id.
    pub evidence: Vec<(String, SnapshotId)>,
    /// Sources that these sets lack as a whole, by their place in a set.
    pub evidence_lacks: Vec<String>,
    /// Repositories that such a set did not get into, and why.
    pub evidence_failed: Vec<(String, AnyFault)>,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Files, bytes, and what could not be restored.
    pub report: restore::Restored,
    /// Databases that were loaded, by name.
    pub loaded: Vec<String>,
    /// What was deliberately not restored into a database, in English diagnostics.
    pub notes: Vec<Message>,
    /// How far the log of each base goes, where an instant was wished.
    pub reached: Vec<Reached>,
    /// How many sealed files were opened.
    pub opened: u64,
    /// Parts that lie there sealed, since nothing was given that opens them.
    pub left_sealed: Vec<SealedPart>,
    /// How many erasures were replayed, where the portal has a command for it that was run.
    pub erased: Option<u64>,
}

impl Restored {
    /// Done, or 20 when something could not be restored; of a dry run, that it would fail.
    pub fn exit(&self) -> ExitCode {
        match self.plan.obstacles.first() {
            Some(obstacle) => obstacle.exit(),
            None => self.exit_of(&self.report),
        }
    }

    /// 20 when stored data is damaged, and what else an end says.
    fn exit_of(&self, report: &restore::Restored) -> ExitCode {
        let lost = &report.lost;
        let lacks = !(self.evidence_lacks.is_empty() && self.evidence_failed.is_empty());
        let left = !(self.notes.is_empty() && self.left_sealed.is_empty());
        let has_gap = self.reached.iter().any(|one| one.gap.is_some());
        if lost.iter().any(|lost| lost.fault.kind() == FaultKind::Integrity) {
            ExitCode::Integrity
        } else if !lost.is_empty() {
            ExitCode::Failed
        } else if report.warnings.is_empty() && !lacks && !left && !has_gap {
            ExitCode::Done
        } else {
            ExitCode::Warnings
        }
    }
}

/// Restores a set. `tell` hears what will be done when that is known, before anything of it is.
pub fn run(site: &Site, request: &Request, tell: &dyn Fn(&Plan)) -> Result<Restored, AnyFault> {
    let portal = site.portal(&request.portal)?;
    let name = request.repository.clone().unwrap_or_else(|| portal.drill.from.clone());
    site.repository(&name)?;
    let over_production = target::is_production_folder(site, portal, request)?;
    let repository = site.open_as_of(&name, request.as_of)?;
    let _held = (lock_for_reading(&repository)?, repository.hold_index()?);
    let (set, mut manifest) = which(&repository, &name, portal, request)?;
    let sealed = Sealed::find(portal, &manifest, request)?;
    manifest = with_facts((&repository, &set), manifest, &sealed, request)?;
    let identities = sealed.identities.as_ref();
    let mut loads = target::loads(portal, &manifest, request, &site.world, identities)?;
    let begins = match Aim::of(request) {
        Some(_) => replay::begins(site, &loads)?,
        None => Vec::new(),
    };
    let choice = Choice::of(site, &repository, &set, &manifest, request)?;
    choice.add_globals(&mut loads);
    let options = RestoreOptions {
        from: request.from.as_ref().map(PathBuf::from),
        only: choice.only.clone(),
        resume: request.resume,
        over: request.over,
        delete: request.delete,
        verify: request.verify,
        dry_run: request.dry_run,
        first: request.to.map(|_| instant::bars(&manifest)).unwrap_or_default(),
    };
    let (progress, cancel) = (site.progress.as_ref(), &site.cancel);
    let prepared = Prepared::new(&repository, &set, &request.target, &options, progress, cancel)?;
    let (before, loads): (Vec<Load>, Vec<Load>) =
        loads.into_iter().partition(|load| prepared.has_done(&load.step(request)));
    let ahead = match request.to {
        Some(_) => instant::ahead(&repository, &manifest)?,
        None => Ahead::default(),
    };
    let ground = Ground {
        site,
        request,
        repository: &name,
        set,
        manifest: &manifest,
        outline: prepared.outline(),
        only: choice.only,
        loads: &loads,
        over_production,
        opening: &sealed.opening(request, &manifest),
        ahead,
    };
    let mut plan = ground.plan()?;
    if request.to.is_some() {
        plan.obstacles.extend(instant::obstacles(site, portal, &repository, &manifest)?);
    }
    let left_sealed = sealed.left(request, &manifest);
    let mut restored = Restored::planned(plan, manifest.clone(), left_sealed);
    if request.dry_run {
        return Ok(restored.with_log(replay::look(site, &repository, begins, Aim::of(request))));
    }
    tell(&restored.plan);
    if !restored.plan.obstacles.is_empty() {
        return Err(restored.plan.obstacles.swap_remove(0));
    }
    if over_production && request.without_evidence.is_none() {
        restored.keep_evidence(site, portal)?;
    }
    let from = (&repository, name.as_str());
    restored.loaded = names(&before);
    Work { site, portal, request, from, manifest, sealed, before, loads, begins, ahead }
        .recorded(prepared, restored)
}

/// The manifest with the facts of sealed databases, as far as they can be opened.
fn with_facts(
    (repository, set): (&Repository, &SnapshotId),
    manifest: Manifest,
    sealed: &Sealed,
    request: &Request,
) -> Result<Manifest, AnyFault> {
    let Some(identities) = &sealed.identities else { return Ok(manifest) };
    match unseal::facts(repository, set, manifest.clone(), identities) {
        // Whoever restores files needs no facts, and damage to them is told with the files.
        Err(fault) if request.databases.is_empty() => {
            let error = chain(fault.as_ref());
            tracing::warn!(code = fault.code(), "The sealed facts stay unread: {error}.");
            Ok(manifest)
        }
        opened => opened,
    }
}

/// The set that is wished, or from which an instant can be reached.
fn which(
    repository: &Repository,
    name: &str,
    portal: &Portal,
    request: &Request,
) -> Result<(SnapshotId, Manifest), AnyFault> {
    let wanted = request.set.as_deref();
    if let Some(aim) = Aim::of(request).filter(|_| !request.databases.is_empty()) {
        return replay::find(repository, name, portal, request, aim);
    }
    if let Some(to) = request.to {
        return instant::find(repository, name, portal, wanted, to);
    }
    let (set, _) = sets::find(repository, name, &portal.id, wanted)?;
    let manifest = sets::manifest(repository, &set)?;
    Ok((set, manifest))
}

impl Restored {
    /// Before anything of it was done.
    fn planned(plan: Plan, manifest: Manifest, left_sealed: Vec<SealedPart>) -> Self {
        Self {
            id: plan.set,
            repository: plan.repository.clone(),
            report: plan.outline.clone(),
            plan,
            evidence: Vec::new(),
            evidence_lacks: Vec::new(),
            evidence_failed: Vec::new(),
            manifest,
            loaded: Vec::new(),
            notes: Vec::new(),
            reached: Vec::new(),
            opened: 0,
            left_sealed,
            erased: None,
        }
    }

    /// With what a look at the log brought.
    fn with_log(mut self, look: Result<Vec<Message>, AnyFault>) -> Self {
        match look {
            Ok(notes) => self.notes = notes,
            Err(fault) => self.plan.obstacles.push(fault),
        }
        self
    }

    /// Takes a set of production as it stands, which is about to be written over: what an attacker
    /// left is evidence, and what was right in it is not lost.
    fn keep_evidence(&mut self, site: &Site, portal: &Portal) -> Result<(), AnyFault> {
        let _alone = site.exclusively("snapshot", &portal.id)?;
        let kept = snapshot::as_evidence(site, &portal.id)
            .map_err(|why| RestoreFault::NoEvidence { portal: portal.id.clone(), why })?;
        let sets = kept.taken.sets.into_iter().map(|set| (set.repository, set.written.id));
        self.evidence = sets.collect();
        self.evidence_lacks = kept.missing;
        self.evidence_failed = kept.taken.failed;
        Ok(())
    }
}

fn names(loads: &[Load]) -> Vec<String> {
    loads.iter().map(|load| load.name.clone()).collect()
}

fn deed(plan: &Plan, request: &Request, evidence: &[(String, SnapshotId)]) -> Deed {
    let mut deed = Deed::new("restore.run", &request.portal)
        .fact("repository", plan.repository.clone())
        .fact("set", plan.set.to_string())
        .fact("target", request.target.display().to_string())
        .fact(
            "databases",
            json!(request.databases.iter().map(|(name, _)| name).collect::<Vec<_>>()),
        );
    if let Some(rule) = request.over {
        deed = deed.fact("overwrite", rule.name().to_owned());
    }
    if let Some(from) = &request.from {
        deed = deed.fact("from", from.clone());
    }
    if request.delete {
        deed = deed.fact("delete", true);
    }
    if let Some(to) = request.to {
        deed = deed.fact("to", to.to_string());
    }
    if let Some(gtid) = request.to_gtid {
        deed = deed.fact("to-gtid", gtid.to_string());
    }
    if let Some(at) = request.as_of {
        deed = deed.fact("as-of", at.to_string());
    }
    if !request.tables.is_empty() {
        deed = deed.fact("tables", json!(request.tables));
    }
    if plan.over_production {
        let sets = evidence.iter().map(|(repository, id)| format!("{repository} {id}"));
        deed = deed.fact("evidence", json!(sets.collect::<Vec<_>>()));
    }
    match &request.without_evidence {
        Some(reason) if plan.over_production => deed.fact("without-evidence", reason.clone()),
        _ => deed,
    }
}

/// One restore, checked and ready.
struct Work<'a> {
    site: &'a Site,
    portal: &'a Portal,
    request: &'a Request,
    /// The repository and its name.
    from: (&'a Repository, &'a str),
    manifest: Manifest,
    sealed: Sealed,
    /// What an earlier attempt has loaded.
    before: Vec<Load>,
    loads: Vec<Load>,
    /// Where the logs begin by which databases come to an instant.
    begins: Vec<Begin>,
    ahead: Ahead,
}

/// What was done.
struct Done {
    report: restore::Restored,
    loaded: Vec<String>,
    notes: Vec<Message>,
    reached: Vec<Reached>,
    measured: Vec<Measured>,
    opened: u64,
    erased: Option<u64>,
}

impl Work<'_> {
    /// Does it, between an intent and its outcome.
    fn recorded(
        self,
        prepared: Prepared<'_>,
        mut restored: Restored,
    ) -> Result<Restored, AnyFault> {
        let site = self.site;
        let deed = deed(&restored.plan, self.request, &restored.evidence);
        let effect = || {
            let done = self.restore(prepared, restored.id)?;
            restored.notes.extend(done.notes.iter().cloned());
            restored.reached.extend(done.reached.iter().cloned());
            let outcome = done.outcome(&restored);
            restored.report = done.report;
            restored.loaded.extend(done.loaded);
            restored.opened = done.opened;
            restored.erased = done.erased;
            Ok((restored, outcome))
        };
        // Restoring goes on even where there never was a log, as after the loss of a host.
        if site.settings.audit_dir().is_dir() {
            site.protective(deed, |_| effect())
        } else {
            effect().map(|(restored, _)| restored)
        }
    }

    fn restore(mut self, prepared: Prepared<'_>, set: SnapshotId) -> Result<Done, AnyFault> {
        let (site, request) = (self.site, self.request);
        let began = site.world.clock.monotonic();
        let is_resumed = prepared.is_resumed();
        let (mut report, mut marked) =
            match prepared.run_marked(site.progress.as_ref(), &site.cancel) {
                Err(RestoreError::Incomplete { report }) => (*report, None),
                other => other.map(|(report, marked)| (report, Some(marked)))?,
            };
        let took = site.world.clock.monotonic().since(began);
        let written = report.bytes.saturating_sub(report.kept_bytes);
        let set = (self.from.0, &set);
        let began = site.world.clock.monotonic();
        let (opened, plain) = self.sealed.open(site, request, set, &self.manifest, &mut report)?;
        let took_to_open = site.world.clock.monotonic().since(began);
        let mut done = Done::fetched(report, opened);
        if !done.report.lost.is_empty() {
            marked.map_or(Ok(()), Marked::end)?;
            return Ok(done);
        }
        done.measured.extend(Measured::new(Phase::Fetch, written, took));
        done.measured.extend(Measured::new(Phase::Open, plain, took_to_open));
        let logs = match Aim::of(request) {
            Some(to) => {
                let to = (request.target.as_path(), to);
                replay::fetch(site, self.from.0, std::mem::take(&mut self.begins), to)?
            }
            None => Vec::new(),
        };
        site.progress.phase("phase-load");
        let (mut bytes, mut took) = (0, Duration::ZERO);
        for load in &self.loads {
            site.go_on()?;
            let began = site.world.clock.monotonic();
            done.notes.extend(self.load(load)?);
            if !matches!(load.target, Database::Sqlite(_)) {
                bytes += load.facts.dump_bytes;
                took += site.world.clock.monotonic().since(began);
            }
            done.loaded.push(load.name.clone());
            // On record before the next one begins: nobody loads over what is there. One on which a
            // log is to be replayed is not done yet, and a replay that broke off is not gone on with.
            if let Some(marked) = marked.as_mut().filter(|_| logs.is_empty()) {
                marked.note(&load.step(request))?;
            }
        }
        let is_replayed = !logs.is_empty();
        for log in logs {
            site.go_on()?;
            done.notes.extend(log.replay(site)?);
        }
        if let Some(to) = request.to.filter(|_| !is_replayed) {
            let (began, to) = (site.world.clock.monotonic(), (request.target.as_path(), to));
            if is_resumed {
                instant::take_back(&request.target, &self.manifest)?;
            }
            let (reached, notes) =
                instant::prepare(site, self.portal, self.from, &self.manifest, to)?;
            done.reached = reached;
            done.notes.extend(notes);
            let took = site.world.clock.monotonic().since(began);
            done.measured.extend(Measured::new(Phase::Log, self.ahead.work, took));
        }
        // A few tables out of a dump say nothing about the whole of one.
        if self.request.tables.is_empty() {
            done.measured.extend(Measured::new(Phase::Load, bytes, took));
        }
        self.end(done, marked)
    }

    /// Erases before the restore is over: one that breaks off here is gone on with here.
    fn end(&self, mut done: Done, marked: Option<Marked>) -> Result<Done, AnyFault> {
        self.erase(&mut done)?;
        marked.map_or(Ok(()), Marked::end)?;
        Ok(done)
    }

    /// Replays the erasures that were promised since the set was taken, where this restore brought
    /// back what the command names. Where it cannot be run yet, a person is told to do it.
    fn erase(&self, done: &mut Done) -> Result<(), AnyFault> {
        let Some(hook) = &self.portal.erasure else { return Ok(()) };
        let (request, site) = (self.request, self.site);
        let is_part = !request.only.is_empty() || !request.tables.is_empty();
        let all = self.before.iter().chain(&self.loads);
        let targets: BTreeMap<_, _> =
            all.map(|load| (load.name.clone(), load.target.clone())).collect();
        if is_part && targets.is_empty() {
            // A few files for somebody who asked for them are put into no service.
            return Ok(());
        }
        let work = Temporary::create(request.target.join(".duphong-erase"))?;
        let secrets = work.path().join("hook");
        let (root, loaded) = (request.target.as_path(), &targets);
        let ground = Hooked { portal: self.portal, root, loaded, secrets: &secrets };
        if ground.unloaded(&hook.command).is_some() || request.from.is_some() {
            done.notes.push(Message::new("restore-not-erased"));
            return Ok(());
        }
        site.progress.phase("phase-erase");
        done.erased = Some(ground.erase(site, hook)?);
        Ok(())
    }

    fn load(&self, load: &Load) -> Result<Vec<Message>, AnyFault> {
        let folder = &self.request.target.join(Layout::DATABASES);
        let dump = source::Dump { folder, name: &load.name, facts: &load.facts };
        // Beside the restored files, not in our state: after the loss of a host there is none.
        let work = Temporary::create(self.request.target.join(".duphong-load"))?;
        let (all, at) = (postgres::Load::ALL, work.path());
        let (world, cancel) = (&self.site.world, &self.site.cancel);
        let progress = self.site.progress.as_ref();
        if self.request.tables.is_empty() {
            return Ok(load.target.load(dump, all, at, world, cancel, progress)?);
        }
        Ok(load.target.load_tables(dump, &self.request.tables, at, world, cancel, progress)?)
    }
}

impl Done {
    /// Before anything was loaded.
    fn fetched(report: restore::Restored, opened: u64) -> Self {
        let (loaded, notes, reached, measured) = Default::default();
        Self { report, loaded, notes, reached, measured, opened, erased: None }
    }

    fn outcome(&self, restored: &Restored) -> Outcome {
        let report = &self.report;
        let outcome = match restored.exit_of(report) {
            ExitCode::Done => Outcome::done(),
            ExitCode::Warnings => Outcome::warnings(),
            _ => Outcome::failed("restore.incomplete"),
        };
        outcome
            .fact("repository", restored.repository.clone())
            .fact("files", report.files)
            .fact("bytes", report.bytes)
            .fact("changed", report.changed)
            .fact("deleted", report.deleted.len())
            .fact("lost", report.lost.len())
            .fact("loaded", json!(self.loaded))
            .fact("opened", self.opened)
            .fact("left-sealed", restored.left_sealed.len())
            .fact("erased", json!(self.erased))
            .fact(
                "measured",
                json!(self.measured.iter().map(Measured::as_fact).collect::<Vec<_>>()),
            )
    }
}
