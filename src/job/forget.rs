//! Forgetting sets by the rules of their portals, one repository at a time.
//!
//! The plan is made under an exclusive lock from what is there then, goes into the log as an intent,
//! and is done; without a log that can be written nothing is forgotten. A run that was broken off is
//! begun again and ends as if it had not been: what stays is settled by what stays.
//!
//! A repository with a snapshot file that cannot be read keeps everything, since it may be the set
//! that matters. Sets that belong to no portal with rules are none of its business.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::audit::{Deed, Log, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::config::settings::Portal;
use crate::job::fault::JobFault;
use crate::job::hold::{self, Known, RETENTION_LOCK};
use crate::job::sets::portal_of;
use crate::job::site::{Site, is_evidence};
use crate::repository::lock::Lock;
use crate::repository::retention::{Apart, Candidate, Reason, Retention, RetentionPlan, Rules};
use crate::repository::snapshot::Snapshot;
use crate::repository::{Repository, SnapshotId};
use crate::view::protection::{Hold, Protection};

/// An intent names every set that goes, and an entry of the log has room for no more than these.
const SETS_PER_ENTRY: usize = 250;

/// Which sets are asked for.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Only those of this portal.
    pub portal: Option<String>,
    /// Only those that have all these tags. They are judged among all sets of their portal, as if
    /// nothing had been asked for.
    pub tags: BTreeSet<String>,
}

impl From<Option<&str>> for Choice {
    /// All sets of one portal, or of every one.
    fn from(portal: Option<&str>) -> Self {
        Self { portal: portal.map(str::to_owned), tags: BTreeSet::new() }
    }
}

/// What becomes of the sets of one repository.
#[derive(Debug)]
pub struct Plan {
    /// Portals with rules, in the order of the configuration.
    pub portals: Vec<PortalPlan>,
    /// Portals without rules, which keep all, with the number of their sets.
    pub without_rules: Vec<(String, u64)>,
    /// Sets of no portal in the configuration.
    pub others: u64,
    /// Who holds which of the sets, by id.
    pub holds: BTreeMap<String, Hold>,
}

/// What becomes of the sets of one portal.
#[derive(Debug)]
pub struct PortalPlan {
    /// The portal's id.
    pub portal: String,
    /// Its rules.
    pub rules: Retention,
    /// One decision a set.
    pub plan: RetentionPlan,
}

impl Plan {
    /// Done; or with warnings, where too few sets are proven or the dates of some cannot be true.
    pub fn exit(&self) -> ExitCode {
        let odd = |one: &PortalPlan| {
            let any = !one.plan.decisions.is_empty();
            let misdated = one.plan.count(Reason::Future) + one.plan.count(Reason::Undated);
            (any && one.plan.lacks_verified()) || misdated > 0
        };
        if self.portals.iter().any(odd) { ExitCode::Warnings } else { ExitCode::Done }
    }

    /// How many sets go.
    pub fn going(&self) -> usize {
        self.portals.iter().map(|one| one.plan.forgotten().count()).sum()
    }
}

/// What was done.
#[derive(Debug)]
pub struct Forgotten {
    /// What was to become of the sets.
    pub plan: Plan,
    /// Those that went.
    pub gone: Vec<SnapshotId>,
    /// Why not all of them did.
    pub fault: Option<AnyFault>,
}

impl Forgotten {
    /// How it ended.
    pub fn exit(&self) -> ExitCode {
        self.fault.as_ref().map_or_else(|| self.plan.exit(), |fault| fault.exit())
    }
}

/// What [`forget`] would do in the repository of this name. Writes nothing.
pub fn plan(site: &Site, name: &str, choice: impl Into<Choice>) -> Result<Plan, AnyFault> {
    let choice = choice.into();
    check_rules(site, choice.portal.as_deref())?;
    let log = site.log()?;
    judge(site, name, &choice, &site.open(name)?, &hold::protection(site, &log)?)
}

/// Forgets what the rules do not keep.
pub fn forget(site: &Site, name: &str, choice: impl Into<Choice>) -> Result<Forgotten, AnyFault> {
    let choice = choice.into();
    check_rules(site, choice.portal.as_deref())?;
    let log = site.log()?;
    hold::catch_up(site)?;
    // A hold of one set that is being recorded is in the log before this reads it, or waits.
    let _alone = site.exclusively(RETENTION_LOCK, name)?;
    let repository = site.open(name)?;
    let lock = repository.lock_exclusive()?;
    let mut known = Known::new(site, &log)?;
    let plan = judge(site, name, &choice, &repository, &known.protection)?;
    let mut gone = Vec::new();
    for portal in &plan.portals {
        let going: Vec<_> = portal.plan.forgotten().collect();
        for sets in going.chunks(SETS_PER_ENTRY) {
            let tags = &choice.tags;
            let (repository, lock) = (&repository, &lock);
            let work = Work { site, log: &log, name, portal, tags, repository, lock };
            let (went, fault) = work.forget(sets, &mut known)?;
            gone.extend(went);
            if fault.is_some() {
                return Ok(Forgotten { plan, gone, fault });
            }
        }
    }
    Ok(Forgotten { plan, gone, fault: None })
}

/// Portals of which something may be forgotten: without any there is nothing to ask for.
fn check_rules(site: &Site, portal: Option<&str>) -> Result<(), AnyFault> {
    let has_rules = |portal: &Portal| portal.snapshot.retention.is_some();
    let ruled = match portal {
        Some(portal) => has_rules(site.portal(portal)?),
        None => site.settings.portals.iter().any(has_rules),
    };
    if ruled {
        return Ok(());
    }
    let portals: Vec<_> = match portal {
        Some(portal) => vec![portal],
        None => site.settings.portals.iter().map(|portal| portal.id.as_str()).collect(),
    };
    Err(JobFault::NoRetention { portals: portals.join(", ") }.into())
}

fn judge(
    site: &Site,
    name: &str,
    choice: &Choice,
    repository: &Repository,
    protection: &Protection,
) -> Result<Plan, AnyFault> {
    let mut snapshots = repository.snapshots()?;
    if let Some((_, fault)) = snapshots.unreadable.pop() {
        return Err(fault.into());
    }
    let now = site.world.clock.now();
    let mut by_portal: BTreeMap<Option<&str>, Vec<&(SnapshotId, Snapshot)>> = BTreeMap::new();
    for set in &snapshots.sets {
        let portal = portal_of(&set.1).filter(|portal| site.settings.portal(portal).is_some());
        by_portal.entry(portal).or_default().push(set);
    }
    let mut plan = Plan {
        portals: Vec::new(),
        without_rules: Vec::new(),
        others: by_portal.get(&None).map_or(0, |sets| sets.len() as u64),
        holds: BTreeMap::new(),
    };
    let wanted = |portal: &&Portal| choice.portal.as_ref().is_none_or(|only| *only == portal.id);
    for portal in site.settings.portals.iter().filter(wanted) {
        let sets = by_portal.get(&Some(portal.id.as_str())).map_or(&[][..], Vec::as_slice);
        let Some(rules) = &portal.snapshot.retention else {
            plan.without_rules.push((portal.id.clone(), sets.len() as u64));
            continue;
        };
        let of = Some(portal.id.as_str());
        let candidates =
            sets.iter().map(|(id, snapshot)| candidate(name, *id, snapshot, (protection, of)));
        let zone = &site.settings.site.timezone;
        let mut judged = RetentionPlan::new(rules, zone, now, candidates);
        judged.narrow(&choice.tags);
        let (portal, rules) = (portal.id.clone(), rules.clone());
        plan.portals.push(PortalPlan { portal, rules, plan: judged });
        plan.holds.extend(sets.iter().filter_map(|(id, _)| {
            let id = id.to_string();
            let hold = protection.hold_of(name, &id, of)?;
            Some((id, hold))
        }));
    }
    Ok(plan)
}

fn candidate(
    repository: &str,
    id: SnapshotId,
    snapshot: &Snapshot,
    (protection, portal): (&Protection, Option<&str>),
) -> Candidate {
    let name = id.to_string();
    let held = protection.hold_of(repository, &name, portal).is_some();
    let apart = match (is_evidence(snapshot), held) {
        (true, _) => Some(Apart::Evidence),
        (false, true) => Some(Apart::Held),
        (false, false) => None,
    };
    let verified = protection.is_verified(repository, &name);
    let tags = snapshot.tags.iter().cloned().collect();
    Candidate { id, time: snapshot.time, apart, verified, tags }
}

/// The sets of one intent.
struct Work<'a> {
    site: &'a Site,
    log: &'a Log,
    name: &'a str,
    portal: &'a PortalPlan,
    tags: &'a BTreeSet<String>,
    repository: &'a Repository,
    lock: &'a Lock,
}

impl Work<'_> {
    /// What went, and the fault that kept the rest. An error means that the log did not take the
    /// intent, so that nothing went.
    fn forget(
        &self,
        sets: &[&Candidate],
        known: &mut Known<'_>,
    ) -> Result<(Vec<SnapshotId>, Option<AnyFault>), AnyFault> {
        self.site.recorded(self.log, self.deed(sets), || {
            let mut gone = Vec::new();
            let fault = self.remove(sets, known, &mut gone).err();
            let outcome = match &fault {
                None => Outcome::done(),
                Some(fault) => Outcome::fault(fault.as_ref()),
            };
            let told: Vec<_> = gone.iter().map(ToString::to_string).collect();
            Ok(((gone, fault), outcome.fact("forgotten", told)))
        })
    }

    fn remove(
        &self,
        sets: &[&Candidate],
        known: &mut Known<'_>,
        gone: &mut Vec<SnapshotId>,
    ) -> Result<(), AnyFault> {
        for set in sets {
            self.site.go_on()?;
            // Somebody may hold the portal since the plan was made: then the rest stays.
            let id = set.id.to_string();
            let _turn = known.turn_for(self.name, &id, &self.portal.portal)?;
            self.repository.forget(self.lock, &set.id)?;
            gone.push(set.id);
        }
        Ok(())
    }

    fn deed(&self, sets: &[&Candidate]) -> Deed {
        let going: Vec<_> = sets
            .iter()
            .map(|set| json!({"id": set.id.to_string(), "time": set.time.to_string()}))
            .collect();
        let plan = &self.portal.plan;
        let deed = Deed::new("repository.forget", self.name)
            .fact("portal", self.portal.portal.clone())
            .fact("rules", retention(&self.portal.rules));
        let deed = if self.tags.is_empty() { deed } else { deed.fact("tags", json!(self.tags)) };
        deed.fact("sets", plan.decisions.len() as u64)
            .fact("stay", plan.decisions.iter().filter(|one| one.stays()).count() as u64)
            .fact("verified", plan.verified as u64)
            .fact("forget", going)
    }
}

fn retention(retention: &Retention) -> Value {
    let mut json = rules(&retention.rules);
    json["verified"] = json!(retention.verified);
    if !retention.tags.is_empty() {
        let tags = retention.tags.iter().map(|(tag, own)| (tag.clone(), rules(own)));
        json["tags"] = Value::Object(tags.collect());
    }
    json
}

fn rules(rules: &Rules) -> Value {
    json!({
        "within-s": rules.within.map(|within| within.as_secs()),
        "last": rules.last,
        "hourly": rules.hourly,
        "daily": rules.daily,
        "weekly": rules.weekly,
        "monthly": rules.monthly,
        "yearly": rules.yearly,
    })
}
