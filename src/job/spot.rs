//! The spot check: a sample of the live sources beside the newest set.
//!
//! A drill proves that a set comes back as it was written; this asks whether what was written is
//! what the portal has. Files that nobody changed must be equal by content; numbers of files, bytes
//! and rows may differ by what a portal does between two sets, and no more.
//!
//! Cheap enough for every day in files: the tree is walked, and only the sample is read. A database
//! is counted whole, which costs what its inventory costs.

mod database;
pub mod fault;
mod said;
mod tree;

use serde_json::{Value, json};

use crate::audit::{Deed, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Fault as _};
use crate::config::settings::{Portal, SpotCheck};
use crate::job::sets;
use crate::job::site::{Layout, Site, lock_for_reading};
use crate::job::spot::database::count;
use crate::job::spot::fault::{SpotFault, is_beyond};
use crate::job::spot::said::Said;
use crate::job::spot::tree::Sample;
use crate::repository::browse::Browser;
use crate::repository::spot::Beside;
use crate::repository::{LeftOut, SnapshotId};

/// Things of one kind that are told by name, of each tree and each database. All are counted.
pub const NAMED_MAX: usize = 50;

/// A small table or tree may grow by as many in a day, whatever its share.
const SLACK_MIN: u64 = 100;

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Request {
    /// The portal.
    pub portal: String,
    /// The repository; the first one of the portal's sets if none is named.
    pub repository: Option<String>,
    /// Files that are drawn of each tree.
    pub files: usize,
    /// By how many per cent numbers may differ from the set's.
    pub tolerance: u64,
    /// What the draw follows from; drawn itself if none is given.
    pub seed: Option<u64>,
}

impl Request {
    /// What the configuration wants of the portal by itself.
    pub fn scheduled(portal: &str, wanted: &SpotCheck) -> Self {
        Self {
            portal: portal.to_owned(),
            repository: None,
            files: wanted.files as usize,
            tolerance: wanted.tolerance,
            seed: None,
        }
    }
}

/// What was seen.
#[derive(Debug)]
pub struct Spotted {
    /// The set.
    pub set: SnapshotId,
    /// The repository.
    pub repository: String,
    /// By which the same files of the same tree are drawn again.
    pub seed: u64,
    /// Trees, as the set has them.
    pub trees: Vec<TreeSpot>,
    /// Databases by name.
    pub databases: Vec<DatabaseSpot>,
}

/// Things that are all counted, and of which the first are told by name.
#[derive(Debug)]
pub struct Named<T> {
    /// How many there are.
    pub count: u64,
    /// The first of them, at most [`NAMED_MAX`].
    pub first: Vec<T>,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self { count: 0, first: Vec::new() }
    }
}

impl<T> Named<T> {
    fn add(&mut self, one: T) {
        self.count += 1;
        if self.first.len() < NAMED_MAX {
            self.first.push(one);
        }
    }

    /// How many are not told by name.
    pub fn unnamed(&self) -> u64 {
        self.count - self.first.len() as u64
    }
}

/// One tree.
#[derive(Debug, Default)]
pub struct TreeSpot {
    /// Its place in the set.
    pub path: String,
    /// Files and bytes of the set.
    pub noted: (u64, u64),
    /// Files and bytes of the live tree.
    pub live: (u64, u64),
    /// Whether these differ by more than is allowed.
    pub is_outside: bool,
    /// Files that are equal, and their bytes.
    pub same: (u64, u64),
    /// Files that were changed, came or went since the set.
    pub moved: u64,
    /// What must not be: path in the set, and `differs`, `absent` or `damaged`.
    pub findings: Named<(String, &'static str)>,
    /// What the patterns of the configuration leave out: nothing of it is in any set. By pattern,
    /// those that leave out most first; patterns that leave out nothing are not among them.
    pub left_out: Vec<LeftOut>,
    /// What the set itself says that it does not have, or not as it was: path, and why. Nothing is
    /// claimed of it, neither that it is equal nor that it differs.
    pub apart: Named<(String, Apart)>,
    /// What could not be looked at, each with its reason.
    pub unread: Named<(String, SpotFault)>,
}

/// Why a file is not held against the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    /// It changed under each reading when the set was taken.
    Unsteady,
    /// It, or the folder that it is in, could not be read then, or is nothing that sets store.
    LeftOut,
}

impl Apart {
    /// The word in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unsteady => "unsteady",
            Self::LeftOut => "left-out",
        }
    }
}

/// Something that an inventory could not see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blind {
    /// Whether it was the live one's, not the set's.
    pub is_live: bool,
    /// What and why, in English diagnostics, as inventories have it.
    pub detail: String,
}

/// One database.
#[derive(Debug, Default)]
pub struct DatabaseSpot {
    /// Its name.
    pub name: String,
    /// Tables of the set that were counted.
    pub tables: u64,
    /// Those whose rows differ by more than is allowed: in the set, and live.
    pub outside: Named<(String, u64, Option<u64>)>,
    /// Tables of which the set's inventory or the live one claims nothing.
    pub apart: Named<String>,
    /// What else these could not see.
    pub blind: Named<Blind>,
    /// Why it could not be counted.
    pub fault: Option<AnyFault>,
}

impl TreeSpot {
    /// Whether nobody can look at it as the portal is configured.
    pub fn is_beyond(&self) -> bool {
        self.unread.first.first().is_some_and(|(_, fault)| is_beyond(fault.code()))
    }
}

impl DatabaseSpot {
    /// Whether nobody can count it as the portal is configured.
    pub fn is_beyond(&self) -> bool {
        self.fault.as_ref().is_some_and(|fault| is_beyond(fault.code()))
    }
}

impl Spotted {
    /// How many files are not what the set says.
    pub fn findings(&self) -> u64 {
        self.trees.iter().map(|tree| tree.findings.count).sum()
    }

    /// How many numbers differ by more than is allowed.
    pub fn outside(&self) -> u64 {
        let trees = self.trees.iter().filter(|tree| tree.is_outside).count() as u64;
        trees + self.databases.iter().map(|one| one.outside.count).sum::<u64>()
    }

    /// Files and tables that the set itself, or an inventory, claims nothing of. What else an
    /// inventory could not see, such as passwords of roles, makes no number of rows less true.
    pub fn apart(&self) -> u64 {
        let files: u64 = self.trees.iter().map(|tree| tree.apart.count).sum();
        files + self.databases.iter().map(|one| one.apart.count).sum::<u64>()
    }

    /// How much could not be looked at, though it could be on another day.
    pub fn unread(&self) -> u64 {
        let files: u64 = self.trees.iter().map(|tree| tree.unread.count).sum();
        let databases = self.databases.iter().filter(|one| one.fault.is_some()).count() as u64;
        (files + databases).saturating_sub(self.beyond())
    }

    /// How many sources nobody can look at as the portal is configured: each time the same.
    pub fn beyond(&self) -> u64 {
        let trees = self.trees.iter().filter(|tree| tree.is_beyond()).count();
        (trees + self.databases.iter().filter(|one| one.is_beyond()).count()) as u64
    }

    /// Whether there was anything that could be looked at.
    fn has_looked(&self) -> bool {
        self.beyond() < (self.trees.len() + self.databases.len()) as u64
    }

    /// 20 where a file is not what the set says, 3 where a number is outside, something could not be
    /// looked at that could be, nothing is claimed of it, or nothing at all can be looked at.
    pub fn exit(&self) -> ExitCode {
        let blind = u64::from(!self.has_looked());
        match (self.findings(), self.outside() + self.unread() + self.apart() + blind) {
            (0, 0) => ExitCode::Done,
            (0, _) => ExitCode::Warnings,
            _ => ExitCode::Integrity,
        }
    }
}

/// Looks at a sample of the portal's live sources and at its newest set.
pub fn run(site: &Site, request: &Request) -> Result<Spotted, AnyFault> {
    let portal = site.portal(&request.portal)?;
    let first = portal.snapshot.to.first();
    let name = request.repository.as_ref().or(first).cloned().unwrap_or_default();
    site.repository(&name)?;
    let _alone = site.exclusively("spot", &portal.id)?;
    let seed = request.seed.unwrap_or_else(|| drawn_seed(site));
    let deed = Deed::new("snapshot.spot", &portal.id)
        .fact("repository", name.clone())
        .fact("files", request.files as u64)
        .fact("tolerance", request.tolerance)
        .fact("seed", seed.to_string());
    site.protective(deed, |_| {
        let spotted = spot(site, portal, &name, request, seed)?;
        let outcome = outcome(&spotted);
        Ok((spotted, outcome))
    })
}

fn drawn_seed(site: &Site) -> u64 {
    let mut bytes = [0; 8];
    site.world.entropy.fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

fn spot(
    site: &Site,
    portal: &Portal,
    name: &str,
    request: &Request,
    seed: u64,
) -> Result<Spotted, AnyFault> {
    let repository = site.open(name)?;
    let _lock = lock_for_reading(&repository)?;
    let (set, snapshot) = sets::find(&repository, name, &portal.id, None)?;
    let browser = Browser::new(&repository)?;
    let manifest = sets::manifest(&repository, &set)?;
    let mut spotted = Spotted {
        set,
        repository: name.to_owned(),
        seed,
        trees: Vec::new(),
        databases: Vec::new(),
    };
    site.progress.phase("phase-spot");
    for tree in &portal.trees {
        site.go_on()?;
        let place = Layout::tree(tree.role, &tree.name);
        let facts = manifest.trees.iter().find(|facts| facts.path == place);
        let mut found = TreeSpot { path: place.clone(), ..TreeSpot::default() };
        match (facts, tree.folder()) {
            _ if manifest.sealed(&place).is_some() || tree.sealed.is_some() => {
                found.unread.add((place, SpotFault::Sealed));
            }
            (Some(facts), Some(folder)) => {
                let root = snapshot.tree;
                let beside = Beside { root, place: &place, folder, walked: facts.scan_started };
                found.noted = (facts.files, facts.bytes);
                let has = |path: &[u8]| beside.has(&browser, path);
                let said = Said::of(&manifest.skipped, folder, &has);
                let sample = Sample { site, browser: &browser, said, request, seed };
                sample.look(&beside, tree, &mut found)?;
            }
            (None, _) => found.unread.add((place, SpotFault::NotInSet)),
            (_, None) => found.unread.add((place, SpotFault::Elsewhere)),
        }
        spotted.trees.push(found);
    }
    for database in &portal.databases {
        site.go_on()?;
        spotted.databases.push(count(site, portal, database, &manifest, request)?);
    }
    Ok(spotted)
}

/// Whether `live` differs from `noted` by more than so many per cent of it, and by more than `slack`.
fn is_outside(noted: u64, live: u64, percent: u64, slack: u64) -> bool {
    let share = u128::from(noted) * u128::from(percent) / 100;
    u128::from(noted.abs_diff(live)) > share.max(u128::from(slack))
}

fn outcome(spotted: &Spotted) -> Outcome {
    let outcome = match spotted.exit() {
        ExitCode::Done => Outcome::done(),
        ExitCode::Warnings => Outcome::warnings(),
        _ => Outcome::failed("spot.differs"),
    };
    let named = spotted.trees.iter().flat_map(|tree| &tree.findings.first);
    let left_out = |of: fn(&LeftOut) -> u64| -> u64 {
        spotted.trees.iter().flat_map(|tree| &tree.left_out).map(of).sum()
    };
    let (files, bytes) = (left_out(|one| one.files), left_out(|one| one.bytes));
    let left_out = json!({"files": files, "bytes": bytes});
    let named = named.map(|(path, kind)| json!({"path": path, "kind": kind}));
    outcome
        .fact("set", spotted.set.to_string())
        .fact("repository", spotted.repository.clone())
        .fact("findings", spotted.findings())
        .fact("outside", spotted.outside())
        .fact("unread", spotted.unread())
        .fact("beyond", spotted.beyond())
        .fact("looked", spotted.has_looked())
        .fact("apart", spotted.apart())
        .fact("same", spotted.trees.iter().map(|tree| tree.same.0).sum::<u64>())
        .fact("left-out", left_out)
        .fact("moved", spotted.trees.iter().map(|tree| tree.moved).sum::<u64>())
        .fact("named", named.take(NAMED_MAX).collect::<Vec<Value>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_are_named() {
        let mut named = Named::default();
        (0..120).for_each(|number| named.add(number));
        assert_eq!((named.count, named.first.len(), named.first[0]), (120, NAMED_MAX, 0));
        assert_eq!(named.unnamed(), 70);
    }

    #[test]
    fn numbers_may_differ_by_a_share_or_by_a_few() {
        let check = |noted, live, expected| {
            assert_eq!(is_outside(noted, live, 10, 100), expected, "{noted} {live}");
        };
        check(0, 100, false);
        check(0, 101, true);
        check(50, 0, false);
        check(5000, 5500, false);
        check(5000, 5501, true);
        check(5000, 4499, true);
        check(u64::MAX, 0, true);
    }
}
