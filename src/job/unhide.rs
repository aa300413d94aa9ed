//! Undoing what someone did who could hide and overwrite a repository, but not remove it.
//!
//! In a bucket that keeps versions a stolen key can delete every object and write over every
//! object, and all that it reaches is that names show something else. This makes names show again
//! what they showed at a time, by new versions with the old bytes: taking away a mark of deletion
//! would need the very right that the daemon must not have. Nothing is removed: what came later
//! stays as a version, and objects that were not there at that time stay as they are. Only locks of
//! the repository that came later are hidden, since nobody could work beside a false one.
//!
//! Works without the password and without what the repository shows, since its key files and its
//! config may be hidden too. Whether the old bytes are whole is for `verify` to say.

use std::pin::pin;

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use serde_json::json;

use crate::audit::{Deed, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Fault as _, FaultKind};
use crate::job::site::Site;
use crate::repository::RepositoryError;
use crate::repository::layout::Folder;
use crate::repository::object_lock::is_kept;
use crate::store::past::{as_of, kept};
use crate::store::versions::Version;
use crate::store::{ObjectStore, StoreError};

/// As many as a store asks at once.
const AT_ONCE: usize = 16;

/// What is to be brought back.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The time that names are to show again.
    pub as_of: Timestamp,
    /// Objects that show nothing now.
    pub hidden: Vec<Version>,
    /// Objects that show other bytes now.
    pub overwritten: Vec<Version>,
    /// Objects that show what they showed then.
    pub unchanged: u64,
    /// Objects that were not there then; they stay as they are.
    pub later: u64,
    /// Locks of the repository that were written since, to be taken away: one of a thief would
    /// keep everyone out. Whoever holds a real one notices and stops.
    pub locks: Vec<Version>,
}

/// What became of it.
#[derive(Debug)]
pub struct Unhidden {
    /// What was to be brought back.
    pub plan: Plan,
    /// How many were.
    pub brought_back: u64,
    /// Those that were not, each with the reason.
    pub failed: Vec<(String, StoreError)>,
}

impl Plan {
    /// Everything to bring back: snapshots last, so that none shows before its data does.
    fn versions(&self) -> Vec<&Version> {
        let mut all: Vec<_> = self.hidden.iter().chain(&self.overwritten).collect();
        all.sort_by_key(|version| is_snapshot(version));
        all
    }

    /// How many there are.
    pub fn objects(&self) -> u64 {
        (self.hidden.len() + self.overwritten.len()) as u64
    }

    /// Their bytes.
    pub fn bytes(&self) -> u64 {
        let sizes = self.hidden.iter().chain(&self.overwritten);
        sizes.filter_map(|version| Some(version.content.as_ref()?.size)).sum()
    }
}

impl Unhidden {
    /// Done, or the code of what kept the first one back.
    pub fn exit(&self) -> ExitCode {
        self.failed.first().map_or(ExitCode::Done, |(_, fault)| fault.exit())
    }
}

/// What [`run`] would do. Changes nothing.
pub fn plan(site: &Site, name: &str, at: Timestamp) -> Result<Plan, AnyFault> {
    let store = site.store(name)?;
    site.progress.phase("phase-unhide-plan");
    let versions = kept(&*store).map_err(RepositoryError::from)?;
    let all = site.world.block_on(versions.all("")).map_err(RepositoryError::from)?;
    Ok(compare(&all, at))
}

/// Makes every name show what it showed at `at`.
pub fn run(site: &Site, name: &str, at: Timestamp) -> Result<Unhidden, AnyFault> {
    let _alone = site.exclusively("unhide", name)?;
    let plan = plan(site, name, at)?;
    let deed = Deed::new("repository.unhide", name)
        .fact("as-of", at.to_string())
        .fact("hidden", plan.hidden.len() as u64)
        .fact("overwritten", plan.overwritten.len() as u64)
        .fact("locks", plan.locks.len() as u64)
        .fact("bytes", plan.bytes());
    site.protective(deed, |_| {
        let store = site.store(name)?;
        let unhidden = bring_back(site, &*store, plan)?;
        let outcome = outcome(&unhidden);
        Ok((unhidden, outcome))
    })
}

/// Holds what names showed then against what they show now. `all` is by name.
fn compare(all: &[Version], at: Timestamp) -> Plan {
    let (hidden, overwritten, locks) = (Vec::new(), Vec::new(), Vec::new());
    let mut plan = Plan { as_of: at, hidden, overwritten, unchanged: 0, later: 0, locks };
    for of_name in all.chunk_by(|a, b| a.name == b.name) {
        let now = of_name.iter().find(|version| version.is_latest);
        let shows = now.and_then(|version| version.content.as_ref());
        if let Some(lock) = now.filter(|lock| shows.is_some() && is_lock(lock)) {
            plan.locks.extend((lock.written > at).then(|| lock.clone()));
            continue;
        }
        let Some(then) = as_of(of_name, at).next().filter(|then| is_kept(&then.name)) else {
            let ours = of_name.first().is_some_and(|version| is_kept(&version.name));
            plan.later += u64::from(ours && shows.is_some());
            continue;
        };
        match shows {
            None => plan.hidden.push(then.clone()),
            Some(shows) if Some(shows) == then.content.as_ref() => plan.unchanged += 1,
            Some(_) => plan.overwritten.push(then.clone()),
        }
    }
    plan
}

fn bring_back(site: &Site, store: &dyn ObjectStore, plan: Plan) -> Result<Unhidden, AnyFault> {
    let versions = kept(store).map_err(RepositoryError::from)?;
    site.progress.phase("phase-unhide");
    site.progress.total(plan.objects(), plan.bytes());
    let (mut brought_back, mut failed) = (0, Vec::new());
    for lock in &plan.locks {
        site.go_on()?;
        site.world.block_on(store.delete(&lock.name)).map_err(RepositoryError::from)?;
    }
    for of_kind in plan.versions().chunk_by(|a, b| is_snapshot(a) == is_snapshot(b)) {
        site.go_on()?;
        let work = stream::iter(of_kind).map(|version| async move {
            let stop = || StoreError::Stopped { place: version.name.to_string() };
            let done = if site.cancel.is_cancelled() {
                Err(stop())
            } else {
                versions.bring_back(version).await
            };
            let bytes = version.content.as_ref().map_or(0, |content| content.size);
            site.progress.advance(1, bytes);
            (version.name.to_string(), done)
        });
        let collected = async {
            let mut work = pin!(work.buffer_unordered(AT_ONCE));
            while let Some((name, done)) = work.next().await {
                match done {
                    Ok(()) => brought_back += 1,
                    Err(fault) => {
                        // One that is lost says nothing about the others; a server that fails does.
                        let lost = fault.kind() == FaultKind::Integrity;
                        failed.push((name, fault));
                        if !lost {
                            break;
                        }
                    }
                }
            }
        };
        site.world.block_on(collected);
        // A snapshot whose data is not back must not look like a set.
        if !failed.is_empty() {
            break;
        }
    }
    Ok(Unhidden { plan, brought_back, failed })
}

fn is_lock(version: &Version) -> bool {
    version.name.as_str().starts_with(Folder::Locks.prefix())
}

fn is_snapshot(version: &Version) -> bool {
    version.name.as_str().starts_with(Folder::Snapshots.prefix())
}

fn outcome(unhidden: &Unhidden) -> Outcome {
    let outcome = match unhidden.failed.first() {
        None => Outcome::done(),
        Some((_, fault)) => Outcome::fault(fault),
    };
    let failed: Vec<_> = unhidden
        .failed
        .iter()
        .take(50)
        .map(|(name, fault)| json!({"object": name, "code": fault.code()}))
        .collect();
    outcome.fact("brought-back", unhidden.brought_back).fact("failed", failed)
}
