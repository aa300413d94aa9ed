//! Removing data that no set needs, on record.
//!
//! The plan is made beside whoever writes and goes into the log, by its figures and its digest,
//! before anything is written or removed. Without a log that can be written nothing is done.
//!
//! A set that the log says was taken and nobody forgot, and that is not in the repository, ends it:
//! its file was removed by somebody else or is not shown by the store, and its data would go.

use serde_json::json;

use crate::audit::{Deed, Log, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::job::fault::JobFault;
use crate::job::hold;
use crate::job::object_lock;
use crate::job::site::Site;
use crate::repository::prune::{Limits, Prune, PrunePlan, Pruned};
use crate::repository::{PackId, RepositoryError, SnapshotId};
use crate::view::protection::Protection;

/// So many spared packs are named in the log; they are few, or the new set is everything.
const SPARED_MAX: usize = 100;

/// So many missing sets are named to people.
const GONE_TOLD: usize = 10;

/// Fewer digits of an id do not say which set is meant to be gone.
const DIGITS_MIN: usize = 8;

/// Whether what is removed from the repository of this name is only hidden: where objects are
/// locked, their versions stay until the locks end.
pub fn hides(site: &Site, name: &str) -> Result<bool, AnyFault> {
    Ok(object_lock::setting(&site.repository(name)?.store).is_some())
}

/// A prune that was planned, and maybe done.
#[derive(Debug)]
pub struct Done {
    /// What was to be done.
    pub plan: PrunePlan,
    /// What was; absent where it was only planned or there was nothing to do.
    pub pruned: Option<Pruned>,
    /// Why not all of it was.
    pub fault: Option<AnyFault>,
}

impl Done {
    /// How it ended.
    pub fn exit(&self) -> ExitCode {
        self.fault.as_ref().map_or(ExitCode::Done, |fault| fault.exit())
    }
}

/// What [`prune`] would do in the repository of this name. Changes nothing but a lock.
pub fn plan(
    site: &Site,
    name: &str,
    limits: Limits,
    gone: &[String],
) -> Result<PrunePlan, AnyFault> {
    let log = site.log()?;
    let before = hold::protection(site, &log)?;
    let repository = site.open(name)?;
    let prune = Prune::plan(&repository, limits, site.progress.as_ref(), &site.cancel)?;
    Missing { site, log: &log, repository: name, before: &before, prune: &prune }.allowed(gone)?;
    Ok(prune.planned().clone())
}

/// Removes what no set of the repository needs. Sets whose ids begin as one of `gone` may be
/// missing, and no later prune asks for them.
pub fn prune(site: &Site, name: &str, limits: Limits, gone: &[String]) -> Result<Done, AnyFault> {
    let log = site.log()?;
    let _alone = site.exclusively("prune", name)?;
    let before = hold::protection(site, &log)?;
    let repository = site.open(name)?;
    let prune = Prune::plan(&repository, limits, site.progress.as_ref(), &site.cancel)?;
    let missing = Missing { site, log: &log, repository: name, before: &before, prune: &prune };
    let gone = missing.allowed(gone)?;
    let plan = prune.planned().clone();
    if plan.is_empty() {
        return Ok(Done { plan, pruned: None, fault: None });
    }
    let deed = deed(name, &plan, &limits).fact("gone", gone).fact("hides", hides(site, name)?);
    let (pruned, fault) = site.recorded(&log, deed, || {
        let (pruned, ended) = prune.execute();
        let outcome = outcome(&pruned, ended.as_ref().err());
        Ok(((pruned, ended.err()), outcome))
    })?;
    match fault {
        // A fault before anything was done is all there is to say.
        Some(fault) if pruned == Pruned::default() => Err(fault.into()),
        fault => Ok(Done { plan, pruned: Some(pruned), fault: fault.map(AnyFault::from) }),
    }
}

/// Finds sets that should be in the repository and are not.
struct Missing<'a> {
    site: &'a Site,
    log: &'a Log,
    repository: &'a str,
    /// What the log knew before the repository was looked at.
    before: &'a Protection,
    prune: &'a Prune<'a>,
}

impl Missing<'_> {
    /// The missing sets, if each of them was given as gone; a fault if not.
    fn allowed(&self, given: &[String]) -> Result<Vec<String>, AnyFault> {
        let is_given = |id: &String| {
            given.iter().any(|given| {
                given.len() >= DIGITS_MIN && id.starts_with(&given.to_ascii_lowercase())
            })
        };
        let (given, others): (Vec<_>, Vec<_>) = self.find()?.into_iter().partition(is_given);
        if others.is_empty() {
            return Ok(given);
        }
        let sets = others.iter().take(GONE_TOLD).map(|id| id.get(..16).unwrap_or(id));
        let sets = sets.collect::<Vec<_>>().join(", ");
        let (repository, count) = (self.repository.to_owned(), others.len() as u64);
        Err(JobFault::SetsGone { repository, count, sets }.into())
    }

    /// A set that was taken while we looked was not known before, and one that was forgotten
    /// meanwhile is known as such now: it is on record before it goes.
    fn find(&self) -> Result<Vec<String>, AnyFault> {
        let missing: Vec<_> = self
            .before
            .standing(self.repository)
            .into_iter()
            .filter(|id| !id.parse().is_ok_and(|id| self.prune.has_set(&SnapshotId(id))))
            .collect();
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let now = hold::protection(self.site, self.log)?;
        let now = now.standing(self.repository);
        Ok(missing.into_iter().filter(|id| now.contains(id)).map(str::to_owned).collect())
    }
}

fn deed(name: &str, plan: &PrunePlan, limits: &Limits) -> Deed {
    let unneeded: u64 = plan.unneeded.iter().map(|pack| pack.bytes).sum();
    let repack: u64 = plan.repack.iter().map(|(pack, _)| pack.bytes).sum();
    let unlisted: u64 = plan.unlisted.iter().map(|(_, bytes)| bytes).sum();
    Deed::new("repository.prune", name)
        .fact("plan", plan.digest().to_string())
        .fact("unused-percent", limits.unused_percent)
        .fact("unneeded", json!({"packs": plan.unneeded.len(), "bytes": unneeded}))
        .fact(
            "repack",
            json!({"packs": plan.repack.len(), "bytes": repack, "needed": plan.bytes_again()}),
        )
        .fact("unlisted", json!({"packs": plan.unlisted.len(), "bytes": unlisted}))
        .fact("lost", plan.lost.len() as u64)
        .fact("kept", json!({"packs": plan.kept, "bytes": plan.kept_bytes}))
}

fn outcome(pruned: &Pruned, fault: Option<&RepositoryError>) -> Outcome {
    let spared: Vec<_> = pruned.spared.iter().take(SPARED_MAX).map(PackId::to_string).collect();
    let outcome = fault.map_or_else(Outcome::done, |fault| Outcome::fault(fault));
    outcome
        .fact("packs-written", pruned.packs_written)
        .fact("bytes-written", pruned.bytes_written)
        .fact("packs-removed", pruned.packs_removed)
        .fact("bytes-removed", pruned.bytes_removed)
        .fact("spared", spared)
}
