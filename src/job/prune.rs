//! Removing data that no set needs, on record.
//!
//! The plan is made beside whoever writes and goes into the log, by its figures and its digest,
//! before anything is written or removed. Without a log that can be written nothing is done.

use serde_json::json;

use crate::audit::{Deed, Outcome};
use crate::base::fault::AnyFault;
use crate::job::site::Site;
use crate::repository::PackId;
use crate::repository::prune::{Limits, Prune, PrunePlan, Pruned};

/// So many spared packs are named in the log; they are few, or the new set is everything.
const SPARED_MAX: usize = 100;

/// A prune that was planned, and maybe done.
#[derive(Debug)]
pub struct Done {
    /// What was to be done.
    pub plan: PrunePlan,
    /// What was; absent where it was only planned or there was nothing to do.
    pub pruned: Option<Pruned>,
}

/// What [`prune`] would do in the repository of this name. Changes nothing but a lock.
pub fn plan(site: &Site, name: &str, limits: Limits) -> Result<PrunePlan, AnyFault> {
    let repository = site.open(name)?;
    let prune = Prune::plan(&repository, limits, site.progress.as_ref(), &site.cancel)?;
    Ok(prune.planned().clone())
}

/// Removes what no set of the repository needs.
pub fn prune(site: &Site, name: &str, limits: Limits) -> Result<Done, AnyFault> {
    let log = site.log()?;
    let _alone = site.exclusively("prune", name)?;
    let repository = site.open(name)?;
    let prune = Prune::plan(&repository, limits, site.progress.as_ref(), &site.cancel)?;
    let plan = prune.planned().clone();
    if plan.is_empty() {
        return Ok(Done { plan, pruned: None });
    }
    let pruned = site.recorded(&log, deed(name, &plan, &limits), || {
        let pruned = prune.execute()?;
        let outcome = outcome(&pruned);
        Ok((pruned, outcome))
    })?;
    Ok(Done { plan, pruned: Some(pruned) })
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

fn outcome(pruned: &Pruned) -> Outcome {
    let spared: Vec<_> = pruned.spared.iter().take(SPARED_MAX).map(PackId::to_string).collect();
    Outcome::done()
        .fact("packs-written", pruned.packs_written)
        .fact("bytes-written", pruned.bytes_written)
        .fact("packs-removed", pruned.packs_removed)
        .fact("bytes-removed", pruned.bytes_removed)
        .fact("spared", spared)
}
