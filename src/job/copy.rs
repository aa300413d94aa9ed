//! Copying sets from one repository into another, on record.
//!
//! What is to be copied goes into the log before anything is written, and each set that was copied
//! after: it must be there from then on, as if it had been taken into that repository. A copy that
//! was broken off is begun again and sends nothing that is there.
//!
//! A word that a set must stay goes along with it, in the name of whoever said it. It is on record
//! before the repository is unlocked, so that nobody forgets the copy in between.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::audit::{Deed, Log, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Fault as _, FaultKind};
use crate::job::fault::JobFault;
use crate::job::hold;
use crate::job::object_lock::{self, Keeper};
use crate::job::sets::portal_of;
use crate::job::site::{Site, is_evidence, lock_for_reading};
use crate::repository::copy::{Copied, CopyPlan, Copying, Refused, Twins};
use crate::repository::snapshot::Snapshot;
use crate::repository::{Prepared, Repository, SnapshotId, Statistics, Tuning};
use crate::view::protection::Protection;

/// An intent and an outcome name every set, and an entry of the log has room for no more than these.
const SETS_PER_ENTRY: usize = 100;

/// Which sets are to be copied. Nothing chosen means all.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Only those of this portal.
    pub portal: Option<String>,
    /// Only those that have all these tags.
    pub tags: Vec<String>,
    /// Of each portal only so many of the newest that are left.
    pub latest: Option<u64>,
    /// Only those whose ids begin so; each must be one set.
    pub sets: Vec<String>,
    /// Only those with these ids, as far as they are there still.
    pub missed: Option<Vec<SnapshotId>>,
}

/// A set that is to be copied.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its id in the repository that it is copied from.
    pub id: SnapshotId,
    /// Its snapshot.
    pub snapshot: Snapshot,
    /// Pieces that the other repository lacks and that no set before this one brings.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A set that needs no copy.
#[derive(Clone, Debug)]
pub struct There {
    /// Its id here.
    pub here: SnapshotId,
    /// Its id there.
    pub there: SnapshotId,
    /// Its snapshot.
    pub snapshot: Snapshot,
}

/// What is to be copied.
#[derive(Debug, Default)]
pub struct Plan {
    /// The newest first.
    pub wanted: Vec<Planned>,
    /// Sets that are there already.
    pub there: Vec<There>,
    /// Sets that were missed and that are not here any more.
    pub gone: Vec<SnapshotId>,
    /// Sets that are damaged, or cannot be read.
    pub refused: Vec<Refused>,
}

impl Plan {
    /// Bytes to be sent.
    pub fn bytes(&self) -> u64 {
        self.wanted.iter().map(|set| set.bytes).sum()
    }
}

/// A copy that was planned, and maybe done.
#[derive(Debug, Default)]
pub struct Done {
    /// What was to be copied, and what could not be, whenever that was found.
    pub plan: Plan,
    /// What was.
    pub copied: Vec<Copied>,
    /// Sets that are held there now since they are held here, by their ids there.
    pub held: Vec<SnapshotId>,
    /// Why not all of it was.
    pub fault: Option<AnyFault>,
}

impl Done {
    /// How many of the chosen sets are there now.
    pub fn brought(&self) -> usize {
        self.copied.len() + self.plan.there.len()
    }

    /// How it ended.
    pub fn exit(&self) -> ExitCode {
        let damaged = |one: &Refused| one.fault.kind() == FaultKind::Integrity;
        match &self.fault {
            Some(fault) => fault.exit(),
            None if self.plan.refused.iter().any(damaged) => ExitCode::Integrity,
            None if self.plan.refused.is_empty() => ExitCode::Done,
            None => ExitCode::Warnings,
        }
    }
}

/// What [`copy`] would do. Changes nothing but locks.
pub fn plan(site: &Site, from: &str, to: &str, choice: &Choice) -> Result<Plan, AnyFault> {
    let road = Road::open(site, from, to)?;
    let _lock = lock_for_reading(&road.from)?;
    let (_, plan) = road.plan(Prepared::new(&road.to, None)?, choice)?;
    Ok(plan)
}

/// Copies what `choice` chooses of the repository `from` into the repository `to`.
pub fn copy(site: &Site, from: &str, to: &str, choice: &Choice) -> Result<Done, AnyFault> {
    let log = site.log()?;
    site.repository(to)?;
    let _alone = site.exclusively("copy", to)?;
    let protection = hold::protection(site, &log)?;
    let road = Road::open(site, from, to)?;
    let _lock = lock_for_reading(&road.from)?;
    let (copy, plan) = road.plan(Prepared::new(&road.to, None)?, choice)?;
    let mut done = Done { plan, ..Done::default() };
    let keeper = Keeper::of(site, to, &road.to)?;
    let mut work = Work { site, log: &log, road: &road, holds: &protection, keeper };
    work.find(&mut done)?;
    if !done.plan.wanted.is_empty() {
        let mut copying = copy.begin(Tuning::default());
        let wanted = done.plan.wanted.clone();
        for sets in wanted.chunks(SETS_PER_ENTRY) {
            work.copy(&mut copying, sets, &mut done)?;
            if done.fault.is_some() {
                break;
            }
        }
    }
    Ok(done)
}

/// Two repositories, opened.
struct Road<'a> {
    site: &'a Site,
    from_name: &'a str,
    to_name: &'a str,
    from: Repository,
    to: Repository,
}

impl<'a> Road<'a> {
    fn open(site: &'a Site, from_name: &'a str, to_name: &'a str) -> Result<Self, AnyFault> {
        let (from, to) = (site.open(from_name)?, site.open(to_name)?);
        // By their ids: two names may lead to one repository.
        if from.id() == to.id() {
            return Err(JobFault::SameRepository { repository: to_name.to_owned() }.into());
        }
        Ok(Self { site, from_name, to_name, from, to })
    }

    fn plan(&self, to: Prepared, choice: &Choice) -> Result<(CopyPlan<'_>, Plan), AnyFault> {
        let Chosen { sets, mut refused, gone } = self.choose(choice)?;
        // One that cannot be read is no twin of any: at worst a set is copied a second time.
        let twins = Twins::among(self.to.snapshots()?.sets);
        let (mut there, mut wanted) = (Vec::new(), Vec::new());
        for (here, snapshot) in sets.into_iter().rev() {
            match twins.of(here, &snapshot) {
                Some(twin) => there.push(There { here, there: twin, snapshot }),
                None => wanted.push((here, snapshot)),
            }
        }
        let (progress, cancel) = (self.site.progress.clone(), self.site.cancel.clone());
        let mut copy = CopyPlan::new(&self.from, to, wanted, progress, cancel)?;
        refused.append(&mut copy.refused);
        let wanted = copy.wanted.iter().map(|set| Planned {
            id: set.id,
            snapshot: set.snapshot.clone(),
            blobs: set.blobs,
            bytes: set.bytes,
        });
        let plan = Plan { wanted: wanted.collect(), there, gone, refused };
        Ok((copy, plan))
    }

    fn choose(&self, choice: &Choice) -> Result<Chosen, AnyFault> {
        if let Some(portal) = &choice.portal {
            self.site.portal(portal)?;
        }
        let mut named = Vec::new();
        for prefix in &choice.sets {
            named.push(self.from.find(prefix)?.0);
        }
        let found = self.from.snapshots()?;
        named.extend(choice.missed.iter().flatten());
        let is_here = |wanted: &SnapshotId| {
            let unreadable = found.unreadable.iter().map(|(id, _)| id);
            found.sets.iter().map(|(id, _)| id).chain(unreadable).any(|id| id == wanted)
        };
        let gone = named.iter().filter(|id| !is_here(id)).copied().collect();
        let refused = found.unreadable.into_iter().map(|(id, fault)| Refused { id, fault });
        // Where sets are named, one that nobody named does not matter.
        let all = named.is_empty() && choice.missed.is_none();
        let refused = refused.filter(|one| all || named.contains(&one.id)).collect();
        let is_chosen = |(id, snapshot): &(SnapshotId, Snapshot)| {
            (all || named.contains(id))
                && choice.portal.as_deref().is_none_or(|only| portal_of(snapshot) == Some(only))
                && choice.tags.iter().all(|tag| snapshot.tags.contains(tag))
        };
        let mut sets: Vec<_> = found.sets.into_iter().filter(is_chosen).collect();
        if let Some(latest) = choice.latest {
            let mut counts: BTreeMap<Option<String>, u64> = BTreeMap::new();
            sets.reverse();
            sets.retain(|(_, snapshot)| {
                let count = counts.entry(portal_of(snapshot).map(str::to_owned)).or_default();
                *count += 1;
                *count <= latest
            });
            sets.reverse();
        }
        Ok(Chosen { sets, refused, gone })
    }
}

/// What a choice comes to.
struct Chosen {
    /// Oldest first.
    sets: Vec<(SnapshotId, Snapshot)>,
    /// Those of which nobody can tell whether they are chosen, or what is in them.
    refused: Vec<Refused>,
    /// Those that are not here any more.
    gone: Vec<SnapshotId>,
}

/// A copy on record.
struct Work<'a> {
    site: &'a Site,
    log: &'a Log,
    road: &'a Road<'a>,
    holds: &'a Protection,
    /// Of a repository whose objects are locked.
    keeper: Option<Keeper<'a>>,
}

impl Work<'_> {
    /// Copies the sets of one intent. An error means that the log did not take it.
    fn copy(
        &mut self,
        copying: &mut Copying<'_>,
        sets: &[Planned],
        done: &mut Done,
    ) -> Result<(), AnyFault> {
        let (site, log, deed) = (self.site, self.log, self.deed(sets));
        let (copied, refused, fault) = site.recorded(log, deed, || {
            let (mut copied, mut refused) = (Vec::new(), Vec::new());
            let fault = self.go(copying, sets.len(), &mut copied, &mut refused, done).err();
            let outcome = match (&fault, refused.first()) {
                (Some(fault), _) => Outcome::fault(fault.as_ref()),
                (None, Some(Refused { fault, .. })) => Outcome::fault(fault),
                (None, None) => Outcome::done(),
            };
            let extended = self.keeper.as_ref().and_then(|keeper| keeper.extended.as_ref());
            let outcome = match extended {
                Some(extended) => outcome.fact("object-lock", object_lock::as_json(extended)),
                None => outcome,
            };
            let told: Vec<_> = copied
                .iter()
                .map(|set| self.as_fact(set.from, set.id, &set.snapshot, &set.statistics))
                .collect();
            let lost = refused.iter().map(|one| one.id.to_string()).collect::<Vec<_>>();
            Ok(((copied, refused, fault), outcome.fact("sets", told).fact("refused", lost)))
        })?;
        done.copied.extend(copied);
        done.plan.refused.extend(refused);
        done.fault = fault;
        Ok(())
    }

    fn go(
        &mut self,
        copying: &mut Copying<'_>,
        count: usize,
        copied: &mut Vec<Copied>,
        refused: &mut Vec<Refused>,
        done: &mut Done,
    ) -> Result<(), AnyFault> {
        for _ in 0..count {
            self.site.go_on()?;
            // A copy that could be removed tomorrow is none: locks come before the snapshot.
            let (keeper, to) = (&mut self.keeper, &self.road.to);
            let next = copying.next(&mut |packs| match keeper {
                Some(keeper) => keeper.extend(to, packs),
                None => Ok(()),
            });
            match next? {
                Some(Ok(set)) => {
                    let (here, there) = (set.from, set.id);
                    copied.push(set);
                    done.held.extend(self.hold(here, there)?);
                }
                Some(Err(one)) => refused.push(one),
                None => break,
            }
        }
        Ok(())
    }

    /// Puts on record what needs no copy and the log does not know yet: sets that are there, such as
    /// one whose copy was killed before its outcome, and sets that nobody can bring any more.
    fn find(&self, done: &mut Done) -> Result<(), AnyFault> {
        for one in &done.plan.there {
            done.held.extend(self.hold(one.here, one.there)?);
        }
        let known = self.holds.standing(self.road.to_name);
        let unknown = |one: &&There| !known.contains(one.there.to_string().as_str());
        let there: Vec<_> = done.plan.there.iter().filter(unknown).collect();
        let gone: Vec<_> = done.plan.gone.iter().map(ToString::to_string).collect();
        if there.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let count = there.len().max(gone.len()).div_ceil(SETS_PER_ENTRY);
        let (mut there, mut gone) = (there.chunks(SETS_PER_ENTRY), gone.chunks(SETS_PER_ENTRY));
        for _ in 0..count {
            self.site.recorded(self.log, self.deed(&[]), || {
                let there = there.next().unwrap_or_default().iter();
                let nothing = Statistics::default();
                let told: Vec<_> = there
                    .map(|one| self.as_fact(one.here, one.there, &one.snapshot, &nothing))
                    .collect();
                let gone = gone.next().unwrap_or_default();
                Ok(((), Outcome::done().fact("sets", told).fact("gone", gone)))
            })?;
        }
        Ok(())
    }

    /// Says of the copy what was said of the set, unless it was.
    fn hold(&self, here: SnapshotId, there: SnapshotId) -> Result<Option<SnapshotId>, AnyFault> {
        let id = there.to_string();
        let Some(hold) = self.holds.holds.get(&here.to_string()) else { return Ok(None) };
        if hold.repository != self.road.from_name || self.holds.holds.contains_key(&id) {
            return Ok(None);
        }
        let deed = Deed::new("snapshot.hold", id)
            .fact("repository", self.road.to_name)
            .fact("by", hold.by.clone())
            .fact("reason", hold.reason.clone())
            .fact("copy-of", here.to_string());
        self.log.record(&self.site.actor, deed)?;
        Ok(Some(there))
    }

    fn deed(&self, sets: &[Planned]) -> Deed {
        let wanted: Vec<_> = sets
            .iter()
            .map(|set| json!({"id": set.id.to_string(), "time": set.snapshot.time.to_string()}))
            .collect();
        let to = self.road.to_name;
        let deed = Deed::new("repository.copy", to).fact("from", self.road.from_name);
        let deed = match object_lock::intended(self.site, &[to.to_owned()]) {
            Some(locks) => deed.fact("object-lock", locks),
            None => deed,
        };
        deed.fact("copy", wanted)
            .fact("blobs", sets.iter().map(|set| set.blobs).sum::<u64>())
            .fact("bytes", sets.iter().map(|set| set.bytes).sum::<u64>())
    }

    /// As `snapshot.create` names a set, with what it is a copy of.
    fn as_fact(
        &self,
        here: SnapshotId,
        there: SnapshotId,
        snapshot: &Snapshot,
        statistics: &Statistics,
    ) -> Value {
        json!({
            "repository": self.road.to_name,
            "id": there.to_string(),
            "copy-of": here.to_string(),
            "portal": portal_of(snapshot),
            "time": snapshot.time.to_string(),
            "evidence": is_evidence(snapshot),
            "added": statistics.bytes_added,
            "stored": statistics.bytes_stored,
        })
    }
}
