//! Sealing what goes into a set: where age and the repository meet.
//!
//! A sealed database is dumped like any other, and its files are sealed one by one on their way
//! from the spool into the repository; the spool holds them plain only while the run lasts. What the
//! dump said of the database (objects, rows, digests) is sealed as well, into a file of its own: the
//! manifest keeps what is needed to find, to size and to refuse, and nothing of the content.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::fault::AnyFault;
use crate::base::manifest::{DatabaseFacts, Inventory, Manifest, SealedPart};
use crate::config::settings::{Portal, Tree};
use crate::job::sets::MANIFEST_MAX;
use crate::job::site::Layout;
use crate::repository::{Seal, Sealing as TreeSealing, Seals, SetWriter, TreeSummary};
use crate::seal::{Recipients, Sealing, name};
use crate::world::files::FileError;

/// age, and how much it has written.
#[derive(Debug)]
pub(super) struct Age {
    to: Recipients,
    written: Arc<AtomicU64>,
}

impl Age {
    pub(super) fn to(recipients: &Recipients) -> Self {
        Self { to: recipients.clone(), written: Arc::default() }
    }
}

impl Seal for Age {
    fn name(&self, plain: &[u8]) -> Option<Vec<u8>> {
        name::sealed(plain)
    }

    fn plain_name<'n>(&self, sealed: &'n [u8]) -> &'n [u8] {
        name::plain(sealed)
    }

    fn seal<'r>(&self, plain: &'r mut dyn Read) -> io::Result<Box<dyn Read + 'r>> {
        let sealing = Sealing::new(plain, &self.to)?;
        Ok(Box::new(Counting { sealing, written: Arc::clone(&self.written) }))
    }
}

struct Counting<'r> {
    sealing: Sealing<&'r mut dyn Read>,
    written: Arc<AtomicU64>,
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.sealing.read(buffer)?;
        self.written.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// What lies at the top of the folder of dumps, and of which database it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Owners(BTreeMap<Vec<u8>, String>);

impl Owners {
    /// Notes what lies in `folder` and has no owner yet as the dump of `database`.
    pub(super) fn note(&mut self, database: &str, folder: &Path) -> Result<(), AnyFault> {
        let failed = || FileError::io("read", folder);
        for entry in std::fs::read_dir(folder).map_err(failed())? {
            let name = entry.map_err(failed())?.file_name().into_vec();
            self.0.entry(name).or_insert_with(|| database.to_owned());
        }
        Ok(())
    }
}

/// How the sources of one set are sealed, and what came of it.
pub(super) struct Sealed<'a> {
    portal: &'a Portal,
    owners: &'a Owners,
    /// By the names of their databases.
    databases: BTreeMap<&'a str, Arc<Age>>,
    parts: Vec<SealedPart>,
}

impl<'a> Sealed<'a> {
    pub(super) fn new(portal: &'a Portal, owners: &'a Owners) -> Self {
        let sealed = portal.databases.iter().filter_map(|database| {
            Some((&*database.name, Arc::new(Age::to(database.sealed.as_ref()?))))
        });
        Self { portal, owners, databases: sealed.collect(), parts: Vec::new() }
    }

    /// How the folder of dumps is sealed.
    pub(super) fn dumps(&self) -> TreeSealing {
        let mut below: BTreeMap<Vec<u8>, Arc<dyn Seal>> = BTreeMap::new();
        for (name, owner) in &self.owners.0 {
            if let Some(age) = self.databases.get(&**owner) {
                below.insert(name.clone(), Arc::clone(age) as Arc<dyn Seal>);
            }
        }
        let seals = if below.is_empty() { Seals::Nothing } else { Seals::Below(below) };
        TreeSealing { seals, afresh: false }
    }

    /// Notes a tree that is in the set.
    pub(super) fn note_tree(&mut self, tree: &Tree, summary: &TreeSummary) {
        let Some(recipients) = &tree.sealed else { return };
        let part = Layout::tree(tree.role, &tree.name);
        self.parts.push(SealedPart {
            places: vec![part.clone()],
            part,
            recipients: recipients.texts(),
            bytes: summary.bytes,
            bytes_new: summary.sealed_bytes,
            plain_bytes: summary.plain_bytes,
            facts: None,
        });
    }

    /// Seals the facts of the databases that are sealed and leaves of them what may be read. The
    /// dumps are in the set already.
    pub(super) fn facts(
        &mut self,
        writer: &SetWriter,
        databases: &BTreeMap<String, DatabaseFacts>,
        dumps: &Path,
    ) -> Result<BTreeMap<String, DatabaseFacts>, AnyFault> {
        let mut readable = databases.clone();
        for (name, facts) in &mut readable {
            let Some(age) = self.databases.get(&**name) else { continue };
            let json = serde_json::to_vec(facts)
                .expect("facts are made of texts, numbers and maps keyed by texts");
            let place = format!("{}/{name}.json", Layout::SEALED);
            writer.add_sealed_stream(&place, &mut &json[..], &**age)?;
            let bytes = age.written.load(Ordering::Relaxed);
            self.parts.push(SealedPart {
                part: Layout::database(name),
                places: self.places(name, dumps),
                recipients: age.to.texts(),
                bytes,
                bytes_new: bytes,
                plain_bytes: facts.dump_bytes,
                facts: Some(format!("{place}{}", name::SUFFIX)),
            });
            (facts.inventory, facts.dump_digest) = (Inventory::default(), None);
        }
        Ok(readable)
    }

    /// Where in the set the dump of a database lies.
    fn places(&self, database: &str, dumps: &Path) -> Vec<String> {
        let own = self.owners.0.iter().filter(|(_, owner)| *owner == database);
        let place = |name: &[u8]| {
            let name = String::from_utf8_lossy(name);
            // A folder keeps its name: what is in it is sealed.
            let suffix = if dumps.join(&*name).is_dir() { "" } else { name::SUFFIX };
            format!("{}/{name}{suffix}", Layout::DATABASES)
        };
        own.map(|(name, _)| place(name)).collect()
    }

    /// Adds a file of a database as it was found; sealed where its database is. Whether it could be.
    pub(super) fn raw(
        &mut self,
        writer: &SetWriter,
        database: &str,
        place: &str,
        file: &mut dyn Read,
    ) -> Result<bool, AnyFault> {
        use crate::repository::chunk::Chunking;
        let wanted = self.portal.database(database);
        let Some(recipients) = wanted.and_then(|one| one.sealed.as_ref()) else {
            writer.add_stream(place, file, Chunking::Database)?;
            return Ok(true);
        };
        let mut plain = Passed { file, bytes: 0 };
        let stored = writer.add_sealed_stream(place, &mut plain, &Age::to(recipients))?;
        let Some(bytes) = stored else { return Ok(false) };
        let place = format!("{place}{}", name::SUFFIX);
        self.parts.push(SealedPart {
            part: place.clone(),
            places: vec![place],
            recipients: recipients.texts(),
            bytes,
            bytes_new: bytes,
            plain_bytes: plain.bytes,
            facts: None,
        });
        Ok(true)
    }

    /// What of the set is sealed.
    pub(super) fn into_parts(self) -> Vec<SealedPart> {
        self.parts
    }
}

struct Passed<'r> {
    file: &'r mut dyn Read,
    bytes: u64,
}

impl Read for Passed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }
}

/// How a tree is sealed. Where the parent set has it sealed otherwise, or nobody can tell, all
/// of it is sealed anew: what a recipient that is gone could open must not be carried on, and
/// what a new one cannot open neither.
pub(super) fn sealing(tree: &Tree, parent: Option<&Manifest>) -> TreeSealing {
    let seals = match &tree.sealed {
        Some(recipients) => Seals::All(Arc::new(Age::to(recipients))),
        None => Seals::Nothing,
    };
    let place = Layout::tree(tree.role, &tree.name);
    let wanted = tree.sealed.as_ref().map(Recipients::texts);
    let afresh = match parent {
        Some(parent) => parent.sealed(&place).map(|part| &part.recipients) != wanted.as_ref(),
        None => wanted.is_some(),
    };
    TreeSealing { seals, afresh }
}

/// What the parent set says of itself, as far as it can be had.
pub(super) fn parent(writer: &SetWriter) -> Option<Manifest> {
    let bytes = writer.parent_file(Layout::MANIFEST, MANIFEST_MAX)?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::manifest::TreeRole;
    use crate::source::alarm::Thresholds;

    /// Two made-up keys.
    const ONE: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    const OTHER: &str = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg";

    fn tree(recipient: Option<&str>) -> Tree {
        Tree {
            name: "tep".to_owned(),
            role: TreeRole::Media,
            path: "/srv/portal/media".into(),
            exclude: Vec::new(),
            sealed: recipient.map(|text| Recipients::parse(text).unwrap()),
            watch: false,
            alarm: Thresholds::MEDIA,
            pull: None,
        }
    }

    fn sealed_to(recipient: Option<&str>) -> Manifest {
        let part = |recipient: &str| SealedPart {
            part: "media/tep".to_owned(),
            places: vec!["media/tep".to_owned()],
            recipients: vec![recipient.to_owned()],
            bytes: 0,
            bytes_new: 0,
            plain_bytes: 0,
            facts: None,
        };
        Manifest {
            version: 1,
            portal: "mau".to_owned(),
            started: jiff::Timestamp::UNIX_EPOCH,
            finished: jiff::Timestamp::UNIX_EPOCH,
            program: String::new(),
            databases: BTreeMap::new(),
            trees: Vec::new(),
            skipped: Vec::new(),
            references: Vec::new(),
            sealed: recipient.map(part).into_iter().collect(),
        }
    }

    #[test]
    fn whatever_may_be_sealed_otherwise_is_sealed_anew() {
        for (now, before, afresh) in [
            (Some(ONE), Some(sealed_to(Some(ONE))), false),
            (Some(ONE), Some(sealed_to(Some(OTHER))), true),
            (Some(ONE), Some(sealed_to(None)), true),
            (None, Some(sealed_to(Some(ONE))), true),
            (None, Some(sealed_to(None)), false),
            // A set whose manifest nobody can read, or that another program took.
            (Some(ONE), None, true),
            (None, None, false),
        ] {
            let sealing = sealing(&tree(now), before.as_ref());
            assert_eq!(sealing.afresh, afresh, "{now:?} {before:?}");
        }
    }
}
