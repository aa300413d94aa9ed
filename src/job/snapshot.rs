//! Taking a set: dump every database, then write dumps, trees, our own configuration and log, and
//! the manifest into every repository of the portal.
//!
//! Databases are dumped once and written to each repository; a repository that fails does not
//! stop the others, but the run is then not done. A set is reported only after its snapshot file
//! is durable. The spool is private, and holds plain dumps only while the run lasts.

mod evidence;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::json;

use crate::audit::{Deed, Log, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, chain};
use crate::base::manifest::{self, DatabaseFacts, Manifest, Skipped, TreeFacts};
use crate::config::settings::{Portal, Tree};
use crate::job::object_lock::{self, Keeper};
use crate::job::site::{Layout, Site, Temporary, portal_tag};
use crate::job::{databases, sets};
use crate::repository::chunk::Chunking;
use crate::repository::object_lock::Extended;
use crate::repository::{self, SetMeta, SetWriter, Survey, Written};
use crate::source;
use crate::world::files;

pub use evidence::{Evidence, as_evidence};

/// What a run of `snapshot create` brought about.
#[derive(Debug)]
pub struct Taken {
    /// One for each repository that holds the set now.
    pub sets: Vec<TakenSet>,
    /// One for each repository that does not, and why.
    pub failed: Vec<(String, AnyFault)>,
    /// What the set lacks, each with its reason.
    pub skipped: Vec<Skipped>,
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
            (None, _) if self.skipped.is_empty() => ExitCode::Done,
            _ => ExitCode::Warnings,
        }
    }
}

/// What a run would take, and where it would go.
#[derive(Debug)]
pub struct Plan {
    /// Databases by name, with their bytes as their engine tells.
    pub databases: Vec<(String, u64)>,
    /// Trees by their place in the set.
    pub trees: Vec<(String, Survey)>,
    /// Names of the repositories, each of which opens.
    pub repositories: Vec<String>,
}

impl Plan {
    /// What the set would lack, as far as can be seen without reading files.
    pub fn skipped(&self) -> impl Iterator<Item = &Skipped> {
        self.trees.iter().flat_map(|(_, survey)| &survey.skipped)
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
    for tree in &portal.trees {
        source::tree::check(&tree.path)?;
    }
    for name in &portal.snapshot.to {
        site.open(name)?;
    }
    site.progress.phase("phase-survey");
    let mut databases = Vec::new();
    for database in &portal.databases {
        site.go_on()?;
        let bytes = databases::live(database)?.size(&site.world)?;
        databases.push((database.name.clone(), bytes));
    }
    let mut trees = Vec::new();
    for tree in &portal.trees {
        let survey = repository::survey(&tree.path, &tree.exclude, &site.cancel)?;
        trees.push((Layout::tree(tree.role, &tree.name), survey));
    }
    Ok(Plan { databases, trees, repositories: portal.snapshot.to.clone() })
}

/// Takes a set of `portal`.
pub fn create(site: &Site, portal: &str) -> Result<Taken, AnyFault> {
    let portal = site.portal(portal)?;
    site.initialised()?;
    let _alone = site.exclusively("snapshot", &portal.id)?;
    let mut deed =
        Deed::new("snapshot.create", &portal.id).fact("repositories", json!(portal.snapshot.to));
    if let Some(locks) = object_lock::intended(site, &portal.snapshot.to) {
        deed = deed.fact("object-lock", locks);
    }
    site.protective(deed, |log| {
        let taken = take(site, portal, log)?;
        let outcome = outcome(&taken);
        Ok((taken, outcome))
    })
}

fn take(site: &Site, portal: &Portal, log: Option<&Log>) -> Result<Taken, AnyFault> {
    for tree in &portal.trees {
        source::tree::check(&tree.path)?;
    }
    let spool = Spool::make(site, portal)?;
    let started = site.world.clock.now();
    site.progress.phase("phase-dump");
    let mut databases = BTreeMap::new();
    for database in &portal.databases {
        site.go_on()?;
        let facts = databases::dump(site, database, &spool.dumps)?;
        databases.insert(database.name.clone(), facts);
    }
    let log_copy = spool.copy_of(log)?;
    Set {
        site,
        portal,
        started,
        dumps: &spool.dumps,
        log_copy: log_copy.as_deref(),
        databases: &databases,
        trees: portal.trees.iter().collect(),
        missing: &[],
        raw: &[],
        tags: vec![portal_tag(&portal.id)],
    }
    .write_everywhere()
}

/// Where dumps wait until they are stored; gone when dropped.
struct Spool {
    folder: Temporary,
    dumps: PathBuf,
}

impl Spool {
    fn make(site: &Site, portal: &Portal) -> Result<Self, AnyFault> {
        let folder = Temporary::create(site.settings.spool_dir().join(&portal.id))?;
        let dumps = folder.path().join(Layout::DATABASES);
        files::create_private_dir(&dumps)?;
        Ok(Self { folder, dumps })
    }

    /// The copy holds neither the signing key nor locks, and verifies, whoever writes meanwhile.
    /// A log that cannot be written does not keep a portal without sets: this one lacks its copy.
    fn copy_of(&self, log: Option<&Log>) -> Result<Option<PathBuf>, AnyFault> {
        let Some(log) = log else { return Ok(None) };
        let copy = self.folder.path().join("audit");
        log.copy_to(&copy)?;
        Ok(Some(copy))
    }
}

/// A set on its way into repositories.
struct Set<'a> {
    site: &'a Site,
    portal: &'a Portal,
    started: Timestamp,
    dumps: &'a Path,
    log_copy: Option<&'a Path>,
    databases: &'a BTreeMap<String, DatabaseFacts>,
    trees: Vec<&'a Tree>,
    /// Sources that the set lacks as a whole; told first among what was skipped.
    missing: &'a [Skipped],
    /// Files as they were found, with their places in the set.
    raw: &'a [(String, PathBuf)],
    tags: Vec<String>,
}

impl Set<'_> {
    /// Into each repository of the portal, whatever becomes of the others.
    fn write_everywhere(&self) -> Result<Taken, AnyFault> {
        let mut taken = Taken { sets: Vec::new(), failed: Vec::new(), skipped: Vec::new() };
        for name in &self.portal.snapshot.to {
            self.site.go_on()?;
            match self.write(name) {
                Ok((set, skipped)) => {
                    taken.sets.push(set);
                    taken.skipped = skipped;
                }
                Err(fault) => taken.failed.push((name.clone(), fault)),
            }
        }
        // With nothing written the first fault is the run's own.
        match (taken.sets.is_empty(), taken.failed.is_empty()) {
            (true, false) => Err(taken.failed.swap_remove(0).1),
            _ => Ok(taken),
        }
    }

    fn write(&self, name: &str) -> Result<(TakenSet, Vec<Skipped>), AnyFault> {
        let site = self.site;
        let repository = site.open(name)?;
        let mut keeper = Keeper::of(site, name, &repository)?;
        // The portal's newest set: unchanged files are recognised against it.
        let parent = sets::newest(&repository, &self.portal.id)?.map(|(id, _)| id);
        site.progress.phase("phase-read");
        let writer =
            SetWriter::begin(&repository, parent, site.cancel.clone(), site.progress.clone())?;
        if !self.databases.is_empty() {
            writer.add_tree(Layout::DATABASES, self.dumps, &[], Chunking::Database)?;
        }
        let mut trees = Vec::new();
        let mut skipped = self.missing.to_vec();
        for tree in &self.trees {
            let (facts, left_out) = add_tree(&writer, tree)?;
            trees.push(facts);
            skipped.extend(left_out);
        }
        self.add_raw(&writer, &mut skipped)?;
        self.add_own(&writer)?;
        let manifest = Manifest {
            version: manifest::VERSION,
            portal: self.portal.id.clone(),
            started: self.started,
            finished: site.world.clock.now(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            databases: self.databases.clone(),
            trees,
            skipped: skipped.clone(),
        };
        let manifest = serde_json::to_vec_pretty(&manifest)
            .expect("a manifest is made of texts, numbers and maps keyed by texts");
        writer.add_bytes(Layout::MANIFEST, &manifest)?;
        let meta = SetMeta {
            hostname: site.settings.site.id.clone(),
            paths: vec![format!("/{}", self.portal.id)],
            tags: self.tags.clone(),
        };
        // A set that could be removed tomorrow is not taken: locks come before the snapshot.
        let written = writer.finish_after(meta, &mut |packs| match &mut keeper {
            Some(keeper) => keeper.extend(&repository, packs),
            None => Ok(()),
        })?;
        let locked = keeper.and_then(|keeper| keeper.extended);
        Ok((TakenSet { repository: name.to_owned(), written, locked }, skipped))
    }

    /// Files that nobody vouches for: one that cannot be read is told, and stops nothing.
    fn add_raw(&self, writer: &SetWriter, skipped: &mut Vec<Skipped>) -> Result<(), AnyFault> {
        for (place, file) in self.raw {
            let told = |error: std::io::Error| Skipped {
                path: file.display().to_string(),
                reason: error.to_string(),
            };
            match File::open(file) {
                Ok(mut open) => drop(writer.add_stream(place, &mut open, Chunking::Database)?),
                Err(error) => skipped.push(told(error)),
            }
        }
        Ok(())
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

fn add_tree(writer: &SetWriter, tree: &Tree) -> Result<(TreeFacts, Vec<Skipped>), AnyFault> {
    let place = Layout::tree(tree.role, &tree.name);
    let summary = writer.add_tree(&place, &tree.path, &tree.exclude, Chunking::Media)?;
    let facts = TreeFacts {
        role: tree.role,
        source: tree.path.display().to_string(),
        path: place,
        scan_started: summary.started,
        scan_finished: summary.finished,
        files: summary.files,
        bytes: summary.bytes,
    };
    Ok((facts, summary.skipped))
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
    outcome.fact("sets", sets).fact("failed", failed).fact("skipped", taken.skipped.len() as u64)
}
