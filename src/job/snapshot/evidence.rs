//! Taking a set of a portal that may be attacked: all that can still be had, and what cannot, said.
//!
//! An ordinary set is whole or not taken at all. Here a database that is gone or a server that is
//! down must not keep the rest from being kept: such a source is named in the manifest among what
//! was skipped, and of a database file that cannot be read as one, the file itself is kept.
//!
//! **Invariant: a set taken as evidence is never `latest`**, whole or not: it may hold what the
//! attacker left. Its tag says so, and its verb in the log is its own, so that neither a restore, a
//! drill nor the status takes it for the newest good set.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use crate::audit::{Deed, Log};
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, chain};
use crate::base::manifest::{DatabaseFacts, Skipped};
use crate::config::settings::{Database, Engine, Portal, Tree};
use crate::job::databases;
use crate::job::references::Register;
use crate::job::seal::Owners;
use crate::job::site::{EVIDENCE_TAG, Layout, Site, portal_tag};
use crate::job::snapshot::spool::Spool;
use crate::job::snapshot::{Raw, Set, Taken, outcome};
use crate::source::{self, sqlite};
use crate::world::files;
use crate::world::moves::{self, with_suffix};

/// A set that was taken as evidence.
#[derive(Debug)]
pub struct Evidence {
    /// As of any set. What is missing stands first among what was skipped.
    pub taken: Taken,
    /// Sources that the set lacks as a whole, by their place in a set, such as `db/cong`.
    pub missing: Vec<String>,
}

/// Takes a set of `portal` as evidence. The caller holds the portal's `snapshot` lock.
///
/// Fails only when there is nothing at all to take, when no repository can be written, or when
/// asked to stop.
pub fn as_evidence(site: &Site, portal: &str) -> Result<Evidence, AnyFault> {
    let portal = site.portal(portal)?;
    let deed =
        Deed::new("snapshot.evidence", &portal.id).fact("repositories", json!(portal.snapshot.to));
    site.protective(deed, |log| {
        let evidence = take(site, portal, log)?;
        let outcome = outcome(&evidence.taken).fact("missing", json!(evidence.missing));
        Ok((evidence, outcome))
    })
}

fn take(site: &Site, portal: &Portal, log: Option<&Log>) -> Result<Evidence, AnyFault> {
    let mut spool = Spool::make(site, portal)?;
    let started = site.world.clock.now();
    let mut found = Found::default();
    site.progress.phase("phase-dump");
    for database in portal.databases.iter().filter(|one| one.base().is_none()) {
        site.go_on()?;
        found.dump(site, database, &mut spool)?;
    }
    for tree in &portal.trees {
        match tree.folder().map_or(Ok(()), source::tree::check) {
            Ok(()) => found.trees.push(tree),
            Err(fault) => found.lack(Layout::tree(tree.role, &tree.name), "", fault.into()),
        }
    }
    let has_base = portal.databases.iter().any(|one| one.base().is_some());
    let nothing = found.databases.is_empty() && found.trees.is_empty() && found.raw.is_empty();
    if nothing && !has_base {
        return Err(found.first.expect("a portal has at least one source, and each has failed"));
    }
    let log_copy = spool.copy_of(log)?;
    let taken = Set {
        site,
        portal,
        started,
        dumps: &spool.dumps,
        still: &spool.still,
        log_copy: log_copy.as_deref(),
        databases: &found.databases,
        // What an attacker left is kept as it is: nobody asks it anything.
        register: Register { spool: spool.folder.path(), named: &[] },
        owners: &found.owners,
        trees: found.trees,
        missing: &found.missing,
        raw: &found.raw,
        tags: vec![portal_tag(&portal.id), EVIDENCE_TAG.to_owned()],
        is_evidence: true,
    }
    .write_everywhere()?;
    let mut missing: Vec<_> = found.missing.into_iter().map(|missing| missing.path).collect();
    // Of a base, and of a tree that is pulled, nobody knew before it was read.
    for place in &taken.lacking {
        if !missing.contains(place) {
            missing.push(place.clone());
        }
    }
    Ok(Evidence { taken, missing })
}

/// What of a portal could be had.
#[derive(Default)]
struct Found<'a> {
    databases: BTreeMap<String, DatabaseFacts>,
    owners: Owners,
    trees: Vec<&'a Tree>,
    raw: Vec<Raw>,
    missing: Vec<Skipped>,
    /// Why the first source is missing.
    first: Option<AnyFault>,
}

impl Found<'_> {
    /// Dumps a database, or keeps its files as they are, or says why neither could be.
    fn dump(
        &mut self,
        site: &Site,
        database: &Database,
        spool: &mut Spool,
    ) -> Result<(), AnyFault> {
        // In a folder of its own: the part of a dump that failed must not get into the set.
        let alone = spool.folder.path().join("one");
        files::create_private_dir(&alone)?;
        let dumped = databases::dump(site, database, &alone);
        match dumped {
            Ok(facts) => {
                move_all(&alone, &spool.dumps)?;
                self.owners.note(&database.name, &spool.dumps)?;
                spool.note(&facts)?;
                self.databases.insert(database.name.clone(), facts);
            }
            Err(fault) if fault.exit() == ExitCode::Interrupted => return Err(fault),
            Err(fault) => {
                let raw = raw_files(database);
                let kept = if raw.is_empty() { "" } else { "; its files are kept under raw/" };
                self.raw.extend(raw);
                self.lack(Layout::database(&database.name), kept, fault);
            }
        }
        std::fs::remove_dir_all(&alone).map_err(files::FileError::io("remove", &alone))?;
        Ok(())
    }

    fn lack(&mut self, path: String, kept: &str, fault: AnyFault) {
        let reason = format!("{}{kept}", chain(fault.as_ref()));
        self.missing.push(Skipped { path, reason });
        self.first.get_or_insert(fault);
    }
}

fn move_all(from: &Path, to: &Path) -> Result<(), AnyFault> {
    for entry in std::fs::read_dir(from).map_err(files::FileError::io("read", from))? {
        let path = entry.map_err(files::FileError::io("read", from))?.path();
        moves::rename_to_free(&path, &to.join(path.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

/// The files of a database that has files of its own, with their places in the set. Only regular
/// ones: what an attacker put there instead may never end.
fn raw_files(database: &Database) -> Vec<Raw> {
    let Engine::Sqlite(settings) = &database.engine else { return Vec::new() };
    let files = [""].iter().chain(sqlite::SIDE_FILES).filter_map(|suffix| {
        let file = with_suffix(&settings.path, suffix);
        let name = file.file_name()?.to_str()?.to_owned();
        let place = format!("{}/{}/{name}", Layout::RAW, database.name);
        let is_file = file.metadata().is_ok_and(|meta| meta.is_file());
        is_file.then(|| Raw { database: database.name.clone(), place, file })
    });
    files.collect()
}
