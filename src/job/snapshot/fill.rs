//! Everything that goes into a set, in the order in which it is read: dumps, bases, trees, files as
//! they were found, our own configuration and log, and the manifest that tells of it all.
//!
//! A source that cannot be read ends the run; of a set taken as evidence it is told as missing.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, chain};
use crate::base::manifest::{
    self, DatabaseFacts, Manifest, References, SealedPart, Skipped, StandbyFacts, TreeFacts,
};
use crate::config::settings::Tree;
use crate::job::databases;
use crate::job::mass_change::{self, Finding, Unjudged};
use crate::job::references::Files;
use crate::job::seal::{self, Sealed};
use crate::job::site::Layout;
use crate::job::snapshot::{Raw, Set, base, pulled};
use crate::repository::chunk::Chunking;
use crate::repository::{SetWriter, TreeSummary};
use crate::source::postgres::physical;
use crate::world::files;

/// What is to be said of a set that was read.
#[derive(Default)]
pub(super) struct Filled {
    /// What it lacks.
    pub(super) skipped: Vec<Skipped>,
    /// Sources that it lacks as a whole and of which nobody knew that before, by their place.
    pub(super) lacking: Vec<String>,
    /// What is conspicuous in it.
    pub(super) findings: Vec<Finding>,
    /// What could not be looked at for that.
    pub(super) unjudged: Vec<Unjudged>,
    /// The files that its databases name.
    pub(super) references: Vec<References>,
    /// What only the holder of an identity can read.
    pub(super) sealed: Vec<SealedPart>,
    /// Databases of which a standby was to be read.
    pub(super) standbys: Vec<(String, StandbyFacts)>,
}

/// Reads everything into `writer`.
pub(super) fn fill(set: &Set<'_>, writer: &SetWriter) -> Result<Filled, AnyFault> {
    let mut sealed = Sealed::new(set.portal, set.owners);
    if !set.databases.is_empty() {
        let (place, sealing) = (Layout::DATABASES, sealed.dumps());
        writer.add_tree_as(place, set.dumps, &[], Chunking::Database, sealing, None)?;
    }
    let databases = sealed.facts(writer, set.databases, set.dumps)?;
    let told = Filled { skipped: set.missing.to_vec(), ..Filled::default() };
    let trees = Vec::new();
    let mut filling = Filling { set, writer, sealed, databases, trees, told, first: None };
    filling.stood_still()?;
    filling.bases()?;
    filling.trees()?;
    let raw = filling.raw()?;
    let is_empty = filling.databases.is_empty() && filling.trees.is_empty() && raw == 0;
    // Nothing of the portal would be in it: that is no set, whatever it says it lacks.
    if let Some(fault) = filling.first.take().filter(|_| is_empty) {
        return Err(fault);
    }
    filling.own()?;
    filling.manifest()
}

/// A set being read.
struct Filling<'a> {
    set: &'a Set<'a>,
    writer: &'a SetWriter,
    sealed: Sealed<'a>,
    databases: BTreeMap<String, DatabaseFacts>,
    trees: Vec<TreeFacts>,
    told: Filled,
    /// Why the first source is missing that evidence goes without.
    first: Option<AnyFault>,
}

impl Filling<'_> {
    /// Evidence goes without what cannot be had; everything else does not.
    fn lack(&mut self, path: String, fault: AnyFault, may: bool) -> Result<(), AnyFault> {
        if !may || !self.set.is_evidence || fault.exit() == ExitCode::Interrupted {
            return Err(fault);
        }
        let reason = chain(fault.as_ref());
        self.told.lacking.push(path.clone());
        self.told.skipped.push(Skipped { path, reason });
        self.first.get_or_insert(fault);
        Ok(())
    }

    /// Whether the dumps that were read are what the programs had made.
    fn stood_still(&mut self) -> Result<(), AnyFault> {
        for still in self.set.still {
            match still.check() {
                // What was read of it is in the set, whatever it is worth.
                Err(fault) if self.set.is_evidence => {
                    let path = Layout::database(&still.name());
                    self.told.skipped.push(Skipped { path, reason: chain(&fault) });
                }
                checked => checked?,
            }
        }
        Ok(())
    }

    /// The files of whole servers.
    fn bases(&mut self) -> Result<(), AnyFault> {
        for database in &self.set.portal.databases {
            let Some(server) = database.base() else { continue };
            self.set.site.go_on()?;
            self.set.site.progress.phase("phase-dump");
            // What people saw is on the server itself.
            let pair = if self.set.is_evidence { None } else { databases::pair(server)? };
            let (site, writer) = (self.set.site, self.writer);
            match base::add(site, writer, &database.name, server, pair.as_ref()) {
                Ok((base, lacks)) => {
                    self.databases.insert(database.name.clone(), base.facts);
                    self.told.skipped.extend(lacks);
                }
                Err(fault) => self.lack(physical::place(&database.name), fault, true)?,
            }
        }
        Ok(())
    }

    fn trees(&mut self) -> Result<(), AnyFault> {
        let parent = seal::parent(self.writer);
        for tree in &self.set.trees {
            let place = Layout::tree(tree.role, &tree.name);
            let listed = self.set.register.files(&place);
            match self.tree(tree, &place, parent.as_ref(), listed.as_ref()) {
                Ok((facts, summary)) => {
                    if let Some(files) = listed {
                        let compared = self.set.register.compare(self.set.site, &facts, &files);
                        self.told.references.extend(compared);
                    }
                    self.sealed.note_tree(tree, &summary);
                    self.trees.push(facts);
                    self.told.findings.extend(mass_change::look(tree, &summary.changes));
                    self.told.unjudged.extend(mass_change::unjudged(tree, &summary.changes));
                    self.told.skipped.extend(summary.skipped);
                }
                // A host that is gone; a folder of this one was looked at before.
                Err(fault) => self.lack(place, fault, tree.pull.is_some())?,
            }
        }
        Ok(())
    }

    fn tree(
        &self,
        tree: &Tree,
        place: &str,
        parent: Option<&Manifest>,
        listed: Option<&Arc<Files>>,
    ) -> Result<(TreeFacts, TreeSummary), AnyFault> {
        let summary = if let Some(pull) = &tree.pull {
            pulled::add(self.set.site, self.writer, tree, pull, listed)?
        } else {
            let (path, exclude, cuts) = (&tree.path, &tree.exclude, Chunking::Media);
            let (sealing, seen) = (seal::sealing(tree, parent), listed.map(Files::seen));
            self.writer.add_tree_as(place, path, exclude, cuts, sealing, seen)?
        };
        let facts = TreeFacts {
            role: tree.role,
            source: tree.path.display().to_string(),
            path: place.to_owned(),
            scan_started: summary.started,
            scan_finished: summary.finished,
            files: summary.files,
            bytes: summary.bytes,
        };
        Ok((facts, summary))
    }

    /// Files that nobody vouches for: one that cannot be read is told, and stops nothing. Returns
    /// how many there are.
    fn raw(&mut self) -> Result<usize, AnyFault> {
        let mut added = 0;
        for Raw { database, place, file } in self.set.raw {
            let path = file.display().to_string();
            match File::open(file) {
                Ok(mut open) => {
                    if self.sealed.raw(self.writer, database, place, &mut open)? {
                        added += 1;
                    } else {
                        let reason = "its name is too long to be sealed".to_owned();
                        self.told.skipped.push(Skipped { path, reason });
                    }
                }
                Err(error) => {
                    self.told.skipped.push(Skipped { path, reason: error.to_string() });
                    let fault = || files::FileError::io("read", file)(error).into();
                    self.first.get_or_insert_with(fault);
                }
            }
        }
        Ok(added)
    }

    /// What rebuilds a lost duphong host: its configuration, which holds no secret, and its log.
    fn own(&self) -> Result<(), AnyFault> {
        let own = |name: &str| format!("{}/{name}", Layout::OWN);
        self.writer.add_bytes(&own("duphong.yaml"), &self.set.site.configuration)?;
        if let Some(copy) = self.set.log_copy {
            self.writer.add_tree(&own("audit"), copy, &[], Chunking::Database)?;
        }
        Ok(())
    }

    fn manifest(self) -> Result<Filled, AnyFault> {
        let Self { set, writer, sealed, databases, trees, mut told, .. } = self;
        told.sealed = sealed.into_parts();
        let standbys = databases.iter();
        let standbys =
            standbys.filter_map(|(name, facts)| Some((name.clone(), facts.standby.clone()?)));
        told.standbys = standbys.collect();
        let manifest = Manifest {
            version: manifest::VERSION,
            portal: set.portal.id.clone(),
            started: set.started,
            finished: set.site.world.clock.now(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            databases,
            trees,
            skipped: told.skipped.clone(),
            references: told.references.clone(),
            sealed: told.sealed.clone(),
        };
        let manifest = serde_json::to_vec_pretty(&manifest)
            .expect("a manifest is made of texts, numbers and maps keyed by texts");
        writer.add_bytes(Layout::MANIFEST, &manifest)?;
        Ok(told)
    }
}
