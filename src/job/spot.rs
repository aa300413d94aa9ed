//! The spot check: a sample of the live sources beside the newest set.
//!
//! A drill proves that a set comes back as it was written; this asks whether what was written is
//! what the portal has. Files that nobody changed must be equal by content; numbers of files, bytes
//! and rows may differ by what a portal does between two sets, and no more.
//!
//! Cheap enough for every day in files: the tree is walked, and only the sample is read. A database
//! is counted whole, which costs what its inventory costs.

use serde_json::{Value, json};

use crate::audit::{Deed, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::base::manifest::{DatabaseFacts, Inventory, Manifest};
use crate::config::settings::{self, Engine, Portal, Tree};
use crate::job::databases;
use crate::job::fault::JobFault;
use crate::job::sets;
use crate::job::site::{Layout, Site, Temporary, lock_for_reading};
use crate::repository::browse::{Browser, shown};
use crate::repository::spot::{Beside, Drawn, Look, look};
use crate::repository::{SnapshotId, survey_each};
use crate::source::error::SourceError;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::rows::RowKey;

/// Findings that are told by name, of each tree and each database.
const NAMED_MAX: usize = 50;

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
    pub findings: Vec<(String, &'static str)>,
    /// What could not be looked at, each with its reason.
    pub unread: Vec<(String, String)>,
}

/// One database.
#[derive(Debug)]
pub struct DatabaseSpot {
    /// Its name.
    pub name: String,
    /// Tables that were counted.
    pub tables: u64,
    /// Those whose rows differ by more than is allowed: in the set, and live.
    pub outside: Vec<(String, u64, Option<u64>)>,
    /// Why it could not be counted.
    pub fault: Option<AnyFault>,
}

impl Spotted {
    /// How many files are not what the set says.
    pub fn findings(&self) -> u64 {
        self.trees.iter().map(|tree| tree.findings.len() as u64).sum()
    }

    /// How many numbers differ by more than is allowed.
    pub fn outside(&self) -> u64 {
        let trees = self.trees.iter().filter(|tree| tree.is_outside).count();
        let tables: usize = self.databases.iter().map(|one| one.outside.len()).sum();
        (trees + tables) as u64
    }

    /// How much could not be looked at.
    pub fn unread(&self) -> u64 {
        let files: usize = self.trees.iter().map(|tree| tree.unread.len()).sum();
        (files + self.databases.iter().filter(|one| one.fault.is_some()).count()) as u64
    }

    /// 20 where a file is not what the set says, 3 where a number is outside or something could not
    /// be looked at.
    pub fn exit(&self) -> ExitCode {
        match (self.findings(), self.outside() + self.unread()) {
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
    let manifest = sets::manifest(&repository, &set)?;
    let browser = Browser::new(&repository)?;
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
                found.unread.push((place, "it is sealed".to_owned()));
            }
            (Some(facts), Some(folder)) => {
                let root = snapshot.tree;
                let beside = Beside { root, place: &place, folder, walked: facts.scan_started };
                found.noted = (facts.files, facts.bytes);
                let sample = Sample { site, browser: &browser, manifest: &manifest, request, seed };
                sample.look(&beside, tree, &mut found)?;
            }
            (None, _) => found.unread.push((place, "the set does not have this tree".to_owned())),
            (_, None) => found.unread.push((place, "the tree is on another host".to_owned())),
        }
        spotted.trees.push(found);
    }
    for database in &portal.databases {
        site.go_on()?;
        spotted.databases.push(count(site, portal, database, &manifest, request)?);
    }
    Ok(spotted)
}

/// What every tree is looked at with.
struct Sample<'a> {
    site: &'a Site,
    browser: &'a Browser<'a>,
    manifest: &'a Manifest,
    request: &'a Request,
    seed: u64,
}

impl Sample<'_> {
    /// Walks the tree, draws files from all of them alike, and looks at each.
    fn look(&self, beside: &Beside<'_>, tree: &Tree, seen: &mut TreeSpot) -> Result<(), AnyFault> {
        let cancel = &self.site.cancel;
        let (mut drawn, mut random, mut number) = (Vec::<Drawn>::new(), Random(self.seed), 0_u64);
        let survey = survey_each(beside.folder, &tree.exclude, cancel, &mut |found| {
            number += 1;
            // Each file is in the sample with the same chance, however many there are.
            if drawn.len() < self.request.files {
                drawn.push(found.into());
                return;
            }
            let place = usize::try_from(random.below(number)).unwrap_or(usize::MAX);
            if let Some(one) = drawn.get_mut(place) {
                *one = found.into();
            }
        })?;
        seen.live = (survey.files, survey.bytes);
        let known = |path: &str| self.manifest.skipped.iter().any(|one| one.path == path);
        let unread = survey.skipped.into_iter().filter(|one| !known(&one.path));
        seen.unread.extend(unread.map(|one| (one.path, one.reason)));
        let tolerance = self.request.tolerance;
        let megabyte = 1 << 20;
        seen.is_outside = is_outside(seen.noted.0, seen.live.0, tolerance, SLACK_MIN)
            || is_outside(seen.noted.1, seen.live.1, tolerance, SLACK_MIN * megabyte);
        for one in &drawn {
            self.site.go_on()?;
            self.take(look(self.browser, beside, one, cancel)?, one, beside, seen);
        }
        Ok(())
    }

    fn take(&self, look: Look, drawn: &Drawn, beside: &Beside<'_>, seen: &mut TreeSpot) {
        let live = beside.folder.join(std::path::Path::new(&shown(&drawn.path)));
        let was_skipped =
            || self.manifest.skipped.iter().any(|one| one.path == live.display().to_string());
        let mut found = |kind| {
            if seen.findings.len() < NAMED_MAX {
                seen.findings.push((format!("{}/{}", beside.place, shown(&drawn.path)), kind));
            }
        };
        match look {
            Look::Same(bytes) => {
                seen.same.0 += 1;
                seen.same.1 += bytes;
            }
            Look::Differs => found("differs"),
            Look::Damaged => found("damaged"),
            // The set has said so itself.
            Look::Absent if was_skipped() => seen.moved += 1,
            Look::Absent => found("absent"),
            Look::Changed | Look::Fresh | Look::Gone => seen.moved += 1,
            Look::Unread(reason) => seen.unread.push((shown(&drawn.path), reason)),
        }
    }
}

/// Whether `live` differs from `noted` by more than so many per cent of it, and by more than `slack`.
fn is_outside(noted: u64, live: u64, percent: u64, slack: u64) -> bool {
    let share = u128::from(noted) * u128::from(percent) / 100;
    u128::from(noted.abs_diff(live)) > share.max(u128::from(slack))
}

/// Counts a live database beside what the set's dump held.
fn count(
    site: &Site,
    portal: &Portal,
    database: &settings::Database,
    manifest: &Manifest,
    request: &Request,
) -> Result<DatabaseSpot, AnyFault> {
    let mut spot =
        DatabaseSpot { name: database.name.clone(), tables: 0, outside: Vec::new(), fault: None };
    let Some(facts) = manifest.databases.get(&database.name) else {
        let detail = format!("it has no database `{}`", database.name);
        spot.fault = Some(JobFault::NotASet { set: portal.id.clone(), detail }.into());
        return Ok(spot);
    };
    // Nothing of these can be held against a live database here: that is no clean bill.
    let part = format!("{}/{}", Layout::DATABASES, database.name);
    spot.fault = if manifest.sealed(&part).is_some() || database.sealed.is_some() {
        Some(JobFault::Sealed { part }.into())
    } else if database.base().is_some() {
        let name = database.name.clone();
        Some(SourceError::from(PhysicalFault::NoDump { name }).into())
    } else if facts.inventory.tables.is_empty() && !facts.inventory.blind.is_empty() {
        Some(SourceError::CommandLacks { command: "count" }.into())
    } else {
        None
    };
    if spot.fault.is_some() {
        return Ok(spot);
    }
    let live = match live(site, portal, database, facts) {
        Ok(live) => live,
        Err(fault) if fault.exit() == ExitCode::Interrupted => return Err(fault),
        Err(fault) => {
            spot.fault = Some(fault);
            return Ok(spot);
        }
    };
    spot.tables = facts.inventory.tables.len() as u64;
    for (table, noted) in &facts.inventory.tables {
        let rows = live.tables.get(table).map(|live| live.rows);
        let is_outside =
            rows.is_none_or(|rows| is_outside(noted.rows, rows, request.tolerance, SLACK_MIN));
        if is_outside && spot.outside.len() < NAMED_MAX {
            spot.outside.push((table.clone(), noted.rows, rows));
        }
    }
    // Tables that the set does not have at all.
    let known = &facts.inventory.tables;
    for (table, live) in live.tables.iter().filter(|(table, _)| !known.contains_key(*table)) {
        let is_outside = is_outside(0, live.rows, request.tolerance, SLACK_MIN);
        if is_outside && spot.outside.len() < NAMED_MAX {
            spot.outside.push((table.clone(), 0, Some(live.rows)));
        }
    }
    Ok(spot)
}

/// What the live database holds. A file that a portal writes to is counted from a copy.
fn live(
    site: &Site,
    portal: &Portal,
    database: &settings::Database,
    facts: &DatabaseFacts,
) -> Result<Inventory, AnyFault> {
    if let Engine::Sqlite(_) = database.engine {
        let folder =
            Temporary::create(site.settings.spool_dir().join(format!(".spot.{}", portal.id)))?;
        return Ok(databases::dump(site, database, folder.path())?.inventory);
    }
    let key = RowKey::parse(&facts.inventory.row_key).unwrap_or_else(|| RowKey::draw(&site.world));
    Ok(databases::live(database)?.inventory(&key, &site.world, &site.cancel)?)
}

fn outcome(spotted: &Spotted) -> Outcome {
    let outcome = match spotted.exit() {
        ExitCode::Done => Outcome::done(),
        ExitCode::Warnings => Outcome::warnings(),
        _ => Outcome::failed("spot.differs"),
    };
    let named = spotted.trees.iter().flat_map(|tree| &tree.findings);
    let named = named.map(|(path, kind)| json!({"path": path, "kind": kind}));
    outcome
        .fact("set", spotted.set.to_string())
        .fact("repository", spotted.repository.clone())
        .fact("findings", spotted.findings())
        .fact("outside", spotted.outside())
        .fact("unread", spotted.unread())
        .fact("same", spotted.trees.iter().map(|tree| tree.same.0).sum::<u64>())
        .fact("moved", spotted.trees.iter().map(|tree| tree.moved).sum::<u64>())
        .fact("named", named.take(NAMED_MAX).collect::<Vec<Value>>())
}

/// Numbers that follow from a seed (splitmix64): for a draw that can be repeated, never for keys.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
