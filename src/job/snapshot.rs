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
mod fill;
mod pulled;
mod ready;
mod shared;
mod spool;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::json;

use crate::audit::{Deed, Log, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, chain};
use crate::base::manifest::{DatabaseFacts, References, SealedPart, Skipped, StandbyFacts};
use crate::base::tag;
use crate::config::settings::{Portal, Tree};
use crate::job::catch_up::{self, CaughtUp};
use crate::job::databases;
use crate::job::fault::JobFault;
use crate::job::mass_change::{self, Alarm, Unjudged};
use crate::job::object_lock::{self, Keeper};
use crate::job::references::{self, Register};
use crate::job::seal::Owners;
use crate::job::site::{Layout, Site, portal_tag};
use crate::job::snapshot::fill::{Filled, fill};
use crate::job::snapshot::ready::ready;
use crate::job::snapshot::shared::Shared;
use crate::job::snapshot::spool::Spool;
use crate::repository::object_lock::Extended;
use crate::repository::{
    self, PackId, Prepared, Repository, RepositoryError, SetMeta, SetWriter, Survey, Tuning,
    Written,
};
use crate::source;
use crate::source::command::Still;
use crate::source::error::SourceError;
use crate::source::postgres::physical;
use crate::source::postgres::standby;
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
    /// Sources that the set lacks as a whole, which was found out while they were read, by their
    /// place; only of a set taken as evidence.
    pub lacking: Vec<String>,
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
    /// Databases of which a standby was to be read, and whether it was.
    pub standbys: Vec<(String, StandbyFacts)>,
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
        let as_wanted = self.standbys.iter().all(|(_, standby)| standby.instead.is_none());
        self.skipped.is_empty() && is_quiet && has_files && as_wanted && self.is_caught_up()
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
    pub fn skipped(&self) -> impl Iterator<Item = Skipped> {
        self.trees.iter().filter_map(|(_, survey)| survey.as_ref()).flat_map(Survey::skipped)
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
    create_tagged(site, portal, &BTreeSet::new())
}

/// The same, with these tags beside the portal's own.
pub fn create_tagged(
    site: &Site,
    portal: &str,
    tags: &BTreeSet<String>,
) -> Result<Taken, AnyFault> {
    let portal = site.portal(portal)?;
    check_tags(tags)?;
    site.initialised()?;
    let alone = site.exclusively("snapshot", &portal.id)?;
    // The objective that holds now: a report of this time is not measured by a later, looser one.
    let mut deed = Deed::new("snapshot.create", &portal.id)
        .fact("repositories", json!(portal.snapshot.to))
        .fact("objective-rpo-s", portal.snapshot.rpo.as_secs());
    if !tags.is_empty() {
        deed = deed.fact("tags", json!(tags));
    }
    if let Some(locks) = object_lock::intended(site, &portal.snapshot.to) {
        deed = deed.fact("object-lock", locks);
    }
    let mut taken = site.protective(deed, |log| {
        let taken = take(site, portal, tags, log)?;
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

/// Fails where one of these is no tag that a person gives.
pub fn check_tags(tags: &BTreeSet<String>) -> Result<(), JobFault> {
    match tags.iter().find(|tag| !tag::is_given(tag)) {
        Some(tag) => Err(JobFault::NotATag { tag: tag.clone() }),
        None => Ok(()),
    }
}

fn take(
    site: &Site,
    portal: &Portal,
    tags: &BTreeSet<String>,
    log: Option<&Log>,
) -> Result<Taken, AnyFault> {
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
    let holes = databases.iter().flat_map(|(name, facts)| {
        let path = Layout::database(name);
        let skipped = move |reason: &str| Skipped { path: path.clone(), reason: reason.to_owned() };
        standby::holes(facts).map(skipped)
    });
    let holes: Vec<_> = holes.collect();
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
        missing: &holes,
        raw: &[],
        tags: std::iter::once(portal_tag(&portal.id)).chain(tags.iter().cloned()).collect(),
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
    /// Sources that the set lacks as a whole, and what dumps lack; told first among what was skipped.
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
        let Filled { skipped, lacking, findings, unjudged, references, sealed, standbys } =
            match fill(self, &writer) {
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
                    taken.lacking.clone_from(&lacking);
                    taken.references.clone_from(&references);
                    taken.sealed.clone_from(&sealed);
                    taken.standbys.clone_from(&standbys);
                }
                Err(fault) => taken.failed.push((repository, fault.into())),
            }
        }
    }
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
    let outcome = match &taken.standbys[..] {
        [] => outcome,
        standbys => outcome.fact("standbys", standbys_as_json(standbys)),
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

/// Which standbys were read, and which were not, as the log and programs have it.
pub fn standbys_as_json(standbys: &[(String, StandbyFacts)]) -> serde_json::Value {
    let one = |(database, facts): &(String, StandbyFacts)| {
        json!({
            "database": database,
            "server": facts.server,
            "asked": facts.asked.to_string(),
            "primary-position": facts.primary_position,
            "lag-ms": facts.lag_ms,
            "instead": facts.instead,
        })
    };
    standbys.iter().map(one).collect()
}
