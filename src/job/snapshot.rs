//! Taking a set: dump every database, then write dumps, trees, our own configuration and log, and
//! the manifest into every repository of the portal.
//!
//! Databases are dumped once, and dumps and trees are read once for all repositories that cut alike
//! ([decision 0180]); a repository that fails does not stop the others, but the run is then not done.
//! A set is reported only after its snapshot file is durable. What a repository missed by failing is
//! brought to it by the next run that reaches it. The spool is private, and holds plain dumps only
//! while the run lasts.
//!
//! [decision 0180]: ../../docs/decisions/0180-one-reading-for-all-repositories.md

mod base;
mod evidence;
mod pulled;
mod ready;
mod shared;
mod spool;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use crate::audit::{Deed, Log, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Fault, chain};
use crate::base::manifest::{
    self, DatabaseFacts, Manifest, References, SealedPart, Skipped, TreeFacts,
};
use crate::config::settings::{Portal, Tree};
use crate::job::catch_up::{self, CaughtUp};
use crate::job::databases;
use crate::job::mass_change::{self, Alarm, Finding, Unjudged};
use crate::job::object_lock::{self, Keeper};
use crate::job::references::{self, Files, Register};
use crate::job::seal::{self, Owners, Sealed};
use crate::job::site::{Layout, Site, portal_tag};
use crate::job::snapshot::ready::ready;
use crate::job::snapshot::shared::Shared;
use crate::job::snapshot::spool::Spool;
use crate::repository::chunk::Chunking;
use crate::repository::object_lock::Extended;
use crate::repository::{
    self, PackId, Prepared, Repository, RepositoryError, Sealing, SetMeta, SetWriter, Survey,
    TreeSummary, Tuning, Written,
};
use crate::source;
use crate::source::command::Still;
use crate::source::error::SourceError;
use crate::source::postgres::physical;
use crate::world::files;

pub use evidence::{Evidence, as_evidence};
pub use spool::sweep;

/// What a run of `snapshot create` brought about.
#[derive(Debug, Default)]
pub struct Taken {
    /// One for each repository that holds the set now.
    pub sets: Vec<TakenSet>,
    /// One for each repository that does not, and why.
    pub failed: Vec<(String, AnyFault)>,
    /// What the set lacks, each with its reason.
    pub skipped: Vec<Skipped>,
    /// What repositories had missed before and were brought now.
    pub caught_up: Vec<CaughtUp>,
    /// Why nobody could find out what they had missed.
    pub unknown: Option<AnyFault>,
    /// That many files changed at once, and what was done about it.
    pub alarm: Option<Alarm>,
    /// Trees of which nobody can say whether many files changed.
    pub unjudged: Vec<Unjudged>,
    /// The files that databases name, and what of them the set lacks.
    pub references: Vec<References>,
    /// What of the set only the holder of an identity can read.
    pub sealed: Vec<SealedPart>,
}

/// A set as one repository holds it.
#[derive(Debug)]
pub struct TakenSet {
    /// The repository's name.
    pub repository: String,
    /// What was written.
    pub written: Written,
    /// What was done so that no key can remove it; nothing where it is not locked.
    pub locked: Option<Extended>,
}

impl Taken {
    /// Done, with warnings, or failed.
    pub fn exit(&self) -> ExitCode {
        match (self.failed.first(), self.sets.is_empty()) {
            (Some((_, fault)), true) => fault.exit(),
            (None, _) if self.is_whole() => ExitCode::Done,
            _ => ExitCode::Warnings,
        }
    }
}

impl Taken {
    fn is_whole(&self) -> bool {
        let is_quiet = self.alarm.is_none() && self.unjudged.is_empty();
        let has_files = self.references.iter().all(References::is_whole);
        self.skipped.is_empty() && is_quiet && has_files && self.is_caught_up()
    }

    /// Whether no repository of this run still lacks what it had missed before.
    fn is_caught_up(&self) -> bool {
        self.unknown.is_none() && self.caught_up.iter().all(CaughtUp::is_whole)
    }
}

/// What a run would take, and where it would go.
#[derive(Debug)]
pub struct Plan {
    /// Databases by name, with their bytes as their engine tells, if it can be asked.
    pub databases: Vec<(String, Option<u64>)>,
    /// Trees by their place in the set; those that are pulled cannot be surveyed.
    pub trees: Vec<(String, Option<Survey>)>,
    /// Names of the repositories, each of which opens.
    pub repositories: Vec<String>,
}

impl Plan {
    /// What the set would lack, as far as can be seen without reading files.
    pub fn skipped(&self) -> impl Iterator<Item = &Skipped> {
        self.trees.iter().filter_map(|(_, survey)| survey.as_ref()).flat_map(|one| &one.skipped)
    }

    /// Done, or with warnings, as the run itself would end.
    pub fn exit(&self) -> ExitCode {
        if self.skipped().next().is_none() { ExitCode::Done } else { ExitCode::Warnings }
    }
}

/// What [`create`] would take of `portal`. Writes nothing, not even the audit log, and needs
/// nothing that `init` makes but the repositories. What would stop the run is a fault here too,
/// whatever is quick to find first.
pub fn plan(site: &Site, portal: &str) -> Result<Plan, AnyFault> {
    let portal = site.portal(portal)?;
    check_trees(portal)?;
    for name in &portal.snapshot.to {
        site.open(name)?;
    }
    site.progress.phase("phase-survey");
    let mut databases = Vec::new();
    for database in &portal.databases {
        site.go_on()?;
        let bytes = match database.base() {
            Some(server) => Some(physical::size(&databases::server(server)?, &site.world)?),
            None => databases::live(database)?.size(&site.world)?,
        };
        databases.push((database.name.clone(), bytes));
    }
    let mut trees = Vec::new();
    for tree in &portal.trees {
        let survey = |folder| repository::survey(folder, &tree.exclude, &site.cancel);
        let survey = tree.folder().map(survey).transpose()?;
        trees.push((Layout::tree(tree.role, &tree.name), survey));
    }
    Ok(Plan { databases, trees, repositories: portal.snapshot.to.clone() })
}

/// Takes a set of `portal`.
pub fn create(site: &Site, portal: &str) -> Result<Taken, AnyFault> {
    let portal = site.portal(portal)?;
    site.initialised()?;
    let alone = site.exclusively("snapshot", &portal.id)?;
    let mut deed =
        Deed::new("snapshot.create", &portal.id).fact("repositories", json!(portal.snapshot.to));
    if let Some(locks) = object_lock::intended(site, &portal.snapshot.to) {
        deed = deed.fact("object-lock", locks);
    }
    let mut taken = site.protective(deed, |log| {
        let taken = take(site, portal, log)?;
        let outcome = outcome(&taken);
        Ok((taken, outcome))
    })?;
    // The set is done and on record: what follows may last, and must not keep the next one waiting.
    drop(alone);
    let reachable: Vec<_> = taken.sets.iter().map(|set| set.repository.as_str()).collect();
    match catch_up::portal(site, portal, &reachable) {
        Ok(caught_up) => taken.caught_up = caught_up,
        Err(fault) => taken.unknown = Some(fault),
    }
    Ok(taken)
}

fn take(site: &Site, portal: &Portal, log: Option<&Log>) -> Result<Taken, AnyFault> {
    check_trees(portal)?;
    let mut spool = Spool::make(site, portal)?;
    let started = site.world.clock.now();
    site.progress.phase("phase-dump");
    let mut databases = BTreeMap::new();
    let (paths, mut named) = (spool.folder.path().join("paths"), Vec::new());
    files::create_private_dir(&paths)?;
    let mut owners = Owners::default();
    for database in portal.databases.iter().filter(|one| one.base().is_none()) {
        site.go_on()?;
        let (facts, answers) =
            references::dump(site, database, &portal.trees, &spool.dumps, &paths)?;
        owners.note(&database.name, &spool.dumps)?;
        spool.note(&facts)?;
        databases.insert(database.name.clone(), facts);
        named.extend(answers);
    }
    let log_copy = spool.copy_of(log)?;
    Set {
        site,
        portal,
        started,
        dumps: &spool.dumps,
        still: &spool.still,
        log_copy: log_copy.as_deref(),
        databases: &databases,
        register: Register { spool: &paths, named: &named },
        owners: &owners,
        trees: portal.trees.iter().collect(),
        missing: &[],
        raw: &[],
        tags: vec![portal_tag(&portal.id)],
        is_evidence: false,
    }
    .write_everywhere()
}

/// Before anything is dumped: a disk that is not mounted.
fn check_trees(portal: &Portal) -> Result<(), SourceError> {
    portal.trees.iter().filter_map(Tree::folder).try_for_each(source::tree::check)
}

/// A repository that a run writes to.
struct Member<'a> {
    name: &'a str,
    repository: Repository,
    /// Of one whose objects are locked.
    keeper: Option<Keeper<'a>>,
}

impl<'a> Member<'a> {
    fn new(site: &'a Site, name: &'a str, prepared: &Prepared) -> Result<Self, AnyFault> {
        let repository = prepared.repository().clone();
        let keeper = Keeper::of(site, name, &repository)?;
        Ok(Self { name, repository, keeper })
    }

    fn extend(&mut self, packs: &[PackId]) -> Result<(), RepositoryError> {
        match &mut self.keeper {
            Some(keeper) => keeper.extend(&self.repository, packs),
            None => Ok(()),
        }
    }
}

/// What is to be said of a set that was read.
struct Filled {
    /// What it lacks.
    skipped: Vec<Skipped>,
    /// What is conspicuous in it.
    findings: Vec<Finding>,
    /// What could not be looked at for that.
    unjudged: Vec<Unjudged>,
    /// The files that its databases name.
    references: Vec<References>,
    sealed: Vec<SealedPart>,
}

/// A file of a database as it was found.
struct Raw {
    database: String,
    /// Its place in the set.
    place: String,
    file: PathBuf,
}

/// A set on its way into repositories.
struct Set<'a> {
    site: &'a Site,
    portal: &'a Portal,
    started: Timestamp,
    dumps: &'a Path,
    /// What must be as it was when the dumps have been read.
    still: &'a [Still],
    log_copy: Option<&'a Path>,
    databases: &'a BTreeMap<String, DatabaseFacts>,
    /// Which files databases name.
    register: Register<'a>,
    /// Of what lies in `dumps`.
    owners: &'a Owners,
    trees: Vec<&'a Tree>,
    /// Sources that the set lacks as a whole; told first among what was skipped.
    missing: &'a [Skipped],
    /// Files as they were found.
    raw: &'a [Raw],
    tags: Vec<String>,
    /// Whether it is taken as evidence: then a tree that cannot be pulled is told and stops
    /// nothing, and a change of many files is known already.
    is_evidence: bool,
}

impl Set<'_> {
    /// Into each repository of the portal, whatever becomes of the others. What is read, is read
    /// once for all repositories that cut alike.
    fn write_everywhere(&self) -> Result<Taken, AnyFault> {
        let site = self.site;
        site.progress.phase("phase-set-open");
        let began = site.world.clock.now();
        let mut taken = Taken::default();
        let mut groups: Vec<Vec<(Member<'_>, Prepared)>> = Vec::new();
        for (name, ready) in ready(site, &self.portal.id, &self.portal.snapshot.to)? {
            let member = ready.and_then(|one| Ok((Member::new(site, name, &one)?, one)));
            match member {
                Ok(one) => {
                    let alike = groups.iter_mut().find(|group| {
                        group.iter().all(|(_, other)| other.polynomial() == one.1.polynomial())
                    });
                    match alike {
                        Some(group) => group.push(one),
                        None => groups.push(vec![one]),
                    }
                }
                Err(fault) => taken.failed.push((name.to_owned(), fault)),
            }
        }
        for group in groups {
            site.go_on()?;
            self.write(group, began, &mut taken);
        }
        // As the configuration has them, whichever failed first.
        let order = |name: &str| self.portal.snapshot.to.iter().position(|one| one == name);
        taken.sets.sort_by_key(|set| order(&set.repository));
        taken.failed.sort_by_key(|(name, _)| order(name));
        // With nothing written the first fault is the run's own.
        match (taken.sets.is_empty(), taken.failed.is_empty()) {
            (true, false) => Err(taken.failed.swap_remove(0).1),
            _ => Ok(taken),
        }
    }

    /// Into repositories that cut alike, at once.
    fn write(&self, group: Vec<(Member<'_>, Prepared)>, began: Timestamp, taken: &mut Taken) {
        let site = self.site;
        let (mut members, prepared): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let (cancel, progress) = (site.cancel.clone(), site.progress.clone());
        let mut all_failed = |fault: AnyFault, own: Vec<Option<RepositoryError>>| {
            let shared = Shared::new(fault);
            let own = own.into_iter().chain(std::iter::repeat_with(|| None));
            taken.failed.extend(members.iter().zip(own).map(|(member, own)| {
                let fault = own.map_or_else(|| shared.clone().into(), AnyFault::from);
                (member.name.to_owned(), fault)
            }));
        };
        let writer =
            match SetWriter::begin_each(prepared, began, cancel, progress, Tuning::default()) {
                Ok(writer) => writer,
                Err(fault) => return all_failed(fault.into(), Vec::new()),
            };
        let Filled { skipped, findings, unjudged, references, sealed } = match self.fill(&writer) {
            Ok(filled) => filled,
            Err(fault) => return all_failed(fault, writer.give_up()),
        };
        // Before there is a set: the next run compares with the one before until then. Repositories
        // that cut otherwise are read for again, and saw the same.
        if !self.is_evidence && !findings.is_empty() && taken.alarm.is_none() {
            taken.alarm = Some(mass_change::raise(site, self.portal, findings));
        }
        if !self.is_evidence {
            taken.unjudged.extend(unjudged);
        }
        let meta = SetMeta {
            hostname: site.settings.site.id.clone(),
            paths: vec![format!("/{}", self.portal.id)],
            tags: self.tags.clone(),
        };
        // A set that could be removed tomorrow is not taken: locks come before the snapshot.
        let each = writer.finish_each(&meta, &mut |number, packs| members[number].extend(packs));
        for (member, written) in members.into_iter().zip(each) {
            let repository = member.name.to_owned();
            match written {
                Ok(written) => {
                    let locked = member.keeper.and_then(|keeper| keeper.extended);
                    taken.sets.push(TakenSet { repository, written, locked });
                    taken.skipped.clone_from(&skipped);
                    taken.references.clone_from(&references);
                    taken.sealed.clone_from(&sealed);
                }
                Err(fault) => taken.failed.push((repository, fault.into())),
            }
        }
    }

    /// Everything that goes into the set.
    fn fill(&self, writer: &SetWriter) -> Result<Filled, AnyFault> {
        let site = self.site;
        let mut sealed = Sealed::new(self.portal, self.owners);
        if !self.databases.is_empty() {
            let (place, sealing) = (Layout::DATABASES, sealed.dumps());
            writer.add_tree_as(place, self.dumps, &[], Chunking::Database, sealing, None)?;
        }
        let mut databases = sealed.facts(writer, self.databases, self.dumps)?;
        let parent = seal::parent(writer);
        let mut trees = Vec::new();
        let mut skipped = self.missing.to_vec();
        for still in self.still {
            match still.check() {
                Err(fault) if self.is_evidence => {
                    let path = format!("{}/{}", Layout::DATABASES, still.name());
                    skipped.push(Skipped { path, reason: chain(&fault) });
                }
                checked => checked?,
            }
        }
        let (mut findings, mut unjudged, mut references) = (Vec::new(), Vec::new(), Vec::new());
        let mut first = None;
        self.add_bases(writer, &mut databases, &mut skipped, &mut first)?;
        for tree in &self.trees {
            let listed = self.register.files(&Layout::tree(tree.role, &tree.name))?;
            let sealing = seal::sealing(tree, parent.as_ref());
            match add_tree(site, writer, tree, sealing, listed.as_ref()) {
                Ok((facts, summary)) => {
                    if let Some(files) = listed {
                        references.extend(self.register.compare(site, &facts, &files));
                    }
                    sealed.note_tree(tree, &summary);
                    trees.push(facts);
                    findings.extend(mass_change::look(tree, &summary.changes));
                    unjudged.extend(mass_change::unjudged(tree, &summary.changes));
                    skipped.extend(summary.skipped);
                }
                Err(fault) if self.may_lack(tree, fault.as_ref()) => {
                    let (path, reason) =
                        (Layout::tree(tree.role, &tree.name), chain(fault.as_ref()));
                    skipped.push(Skipped { path, reason });
                    first.get_or_insert(fault);
                }
                Err(fault) => return Err(fault),
            }
        }
        let raw = self.add_raw(writer, &mut sealed, &mut skipped, &mut first)?;
        let is_empty = databases.is_empty() && trees.is_empty() && raw == 0;
        // Nothing of the portal would be in it: that is no set, whatever it says it lacks.
        if let Some(fault) = first.filter(|_| is_empty) {
            return Err(fault);
        }
        self.add_own(writer)?;
        let manifest = Manifest {
            version: manifest::VERSION,
            portal: self.portal.id.clone(),
            started: self.started,
            finished: site.world.clock.now(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            databases,
            trees,
            skipped: skipped.clone(),
            references: references.clone(),
            sealed: sealed.into_parts(),
        };
        let sealed = manifest.sealed.clone();
        let manifest = serde_json::to_vec_pretty(&manifest)
            .expect("a manifest is made of texts, numbers and maps keyed by texts");
        writer.add_bytes(Layout::MANIFEST, &manifest)?;
        Ok(Filled { skipped, findings, unjudged, references, sealed })
    }

    /// The files of whole servers. As evidence a set is taken without one that cannot be had;
    /// `first` then says why, should there be nothing else.
    fn add_bases(
        &self,
        writer: &SetWriter,
        databases: &mut BTreeMap<String, DatabaseFacts>,
        skipped: &mut Vec<Skipped>,
        first: &mut Option<AnyFault>,
    ) -> Result<(), AnyFault> {
        for database in &self.portal.databases {
            let Some(server) = database.base() else { continue };
            self.site.go_on()?;
            self.site.progress.phase("phase-dump");
            match base::add(self.site, writer, &database.name, server) {
                Ok((base, lacks)) => {
                    databases.insert(database.name.clone(), base.facts);
                    skipped.extend(lacks);
                }
                Err(fault) if self.is_evidence && fault.exit() != ExitCode::Interrupted => {
                    let (path, reason) = (physical::place(&database.name), chain(fault.as_ref()));
                    skipped.push(Skipped { path, reason });
                    first.get_or_insert(fault);
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Whether the set is taken without this tree: only as evidence, from a host that may be gone.
    fn may_lack(&self, tree: &Tree, fault: &dyn Fault) -> bool {
        self.is_evidence && tree.pull.is_some() && fault.exit() != ExitCode::Interrupted
    }

    /// Files that nobody vouches for: one that cannot be read is told, and stops nothing. Returns
    /// how many there are.
    fn add_raw(
        &self,
        writer: &SetWriter,
        sealed: &mut Sealed<'_>,
        skipped: &mut Vec<Skipped>,
        first: &mut Option<AnyFault>,
    ) -> Result<usize, AnyFault> {
        let mut added = 0;
        for Raw { database, place, file } in self.raw {
            let path = file.display().to_string();
            match File::open(file) {
                Ok(mut open) => {
                    if sealed.raw(writer, database, place, &mut open)? {
                        added += 1;
                    } else {
                        let reason = "its name is too long to be sealed".to_owned();
                        skipped.push(Skipped { path, reason });
                    }
                }
                Err(error) => {
                    skipped.push(Skipped { path, reason: error.to_string() });
                    first.get_or_insert_with(|| files::FileError::io("read", file)(error).into());
                }
            }
        }
        Ok(added)
    }

    /// What rebuilds a lost duphong host: its configuration, which holds no secret, and its log.
    fn add_own(&self, writer: &SetWriter) -> Result<(), AnyFault> {
        let own = |name: &str| format!("{}/{name}", Layout::OWN);
        writer.add_bytes(&own("duphong.yaml"), &self.site.configuration)?;
        if let Some(copy) = self.log_copy {
            writer.add_tree(&own("audit"), copy, &[], Chunking::Database)?;
        }
        Ok(())
    }
}

fn add_tree(
    site: &Site,
    writer: &SetWriter,
    tree: &Tree,
    sealing: Sealing,
    listed: Option<&Arc<Files>>,
) -> Result<(TreeFacts, TreeSummary), AnyFault> {
    let place = Layout::tree(tree.role, &tree.name);
    let (path, exclude, cuts) = (&tree.path, &tree.exclude, Chunking::Media);
    let summary = match &tree.pull {
        Some(pull) => pulled::add(site, writer, tree, pull, listed)?,
        None => {
            let seen = listed.map(Files::seen);
            writer.add_tree_as(&place, path, exclude, cuts, sealing, seen)?
        }
    };
    let facts = TreeFacts {
        role: tree.role,
        source: tree.path.display().to_string(),
        path: place,
        scan_started: summary.started,
        scan_finished: summary.finished,
        files: summary.files,
        bytes: summary.bytes,
    };
    Ok((facts, summary))
}

fn outcome(taken: &Taken) -> Outcome {
    let sets: Vec<_> = taken
        .sets
        .iter()
        .map(|set| {
            let mut facts = json!({
                "repository": set.repository,
                "id": set.written.id.to_string(),
                "bytes": set.written.statistics.bytes_total,
                "added": set.written.statistics.bytes_added,
                "stored": set.written.statistics.bytes_stored,
            });
            if let Some(extended) = &set.locked {
                facts["object-lock"] = object_lock::as_json(extended);
            }
            facts
        })
        .collect();
    let failed: Vec<_> = taken
        .failed
        .iter()
        .map(|(repository, fault)| {
            json!({"repository": repository, "code": fault.code(), "error": chain(fault.as_ref())})
        })
        .collect();
    let outcome =
        if taken.exit() == ExitCode::Done { Outcome::done() } else { Outcome::warnings() };
    let outcome = outcome.fact("sets", sets).fact("failed", failed);
    let outcome = outcome.fact("skipped", taken.skipped.len() as u64);
    let outcome = match references::as_json(&taken.references) {
        Some(json) => outcome.fact("references", json),
        None => outcome,
    };
    let part =
        |part: &SealedPart| json!({"part": part.part, "bytes": part.bytes, "new": part.bytes_new});
    let outcome = match &taken.sealed[..] {
        [] => outcome,
        sealed => outcome.fact("sealed", json!(sealed.iter().map(part).collect::<Vec<_>>())),
    };
    let outcome = match &taken.alarm {
        Some(alarm) => outcome.fact("alarm", alarm.as_json()),
        None => outcome,
    };
    if taken.unjudged.is_empty() {
        return outcome;
    }
    outcome.fact("unjudged", taken.unjudged.iter().map(Unjudged::as_json).collect::<Vec<_>>())
}
