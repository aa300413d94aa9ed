//! Repairing packs, on record.
//!
//! Which packs: those that a person names, or those that verifies on record found damaged and that
//! were not repaired since. Each is read before it is believed to be damaged, whoever says so.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::audit::{Deed, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::job::fault::JobFault;
use crate::job::prune::hides;
use crate::job::repair::{apart, intended, judged, keep_locked, with_locks};
use crate::job::site::Site;
use crate::job::verify;
use crate::repository::PackId;
use crate::repository::object_lock::Extended;
use crate::repository::repair::{PackFound, PackRepair, PackState, PacksRepaired};
use crate::repository::verify::VerifyReport;

/// So many packs are named in the log: an entry has no room for many more, and the next repair
/// without names finds those that are not gone.
const PACKS_MAX: usize = 400;

/// The packs that are to be repaired.
#[derive(Clone, Copy, Debug)]
pub enum Named<'a> {
    /// These.
    These(&'a [PackId]),
    /// Those that verifies on record found damaged.
    OnRecord,
}

/// What was repaired, or would be.
#[derive(Debug)]
pub struct Mended {
    /// What was found of each pack.
    pub found: Vec<PackFound>,
    /// What was changed; absent where it was only looked at.
    pub done: Option<PacksRepaired>,
    /// What is damaged all the same, or would be; absent where a fault came before.
    pub left: Option<VerifyReport>,
    /// How many damages the newest verify found and the log does not name.
    pub unnamed: u64,
    /// Whether what is removed is only hidden, since objects are locked.
    pub hides: bool,
    /// What was done so that every lock reaches far enough.
    pub locked: Option<Extended>,
    /// What stopped it.
    pub fault: Option<AnyFault>,
}

impl Mended {
    /// How it ended: a repository that is damaged all the same is no success.
    pub fn exit(&self) -> ExitCode {
        let untouched =
            |one: &PackFound| !one.state.goes() && !matches!(one.state, PackState::Sound);
        match (&self.fault, &self.left) {
            (Some(fault), _) => fault.exit(),
            (None, Some(left)) if !left.is_sound() => ExitCode::Integrity,
            (None, _) if self.unnamed > 0 || self.found.iter().any(untouched) => ExitCode::Warnings,
            (None, _) => ExitCode::Done,
        }
    }

    /// Whether a pack goes, or would.
    pub fn has_going(&self) -> bool {
        self.found.iter().any(|found| found.state.goes())
    }
}

/// The packs, and how many damages on record have no name.
struct Wanted {
    packs: BTreeSet<PackId>,
    unnamed: u64,
    is_on_record: bool,
}

impl Wanted {
    fn of(site: &Site, name: &str, named: Named<'_>) -> Result<Self, AnyFault> {
        site.repository(name)?;
        match named {
            Named::These(packs) => {
                let packs = packs.iter().copied().collect();
                Ok(Self { packs, unnamed: 0, is_on_record: false })
            }
            Named::OnRecord => {
                let damaged = verify::damaged(site, name)?;
                if damaged.packs().is_empty() {
                    return Err(JobFault::NoDamagedPack { repository: name.to_owned() }.into());
                }
                let packs = damaged.packs().iter().copied().map(PackId).collect();
                Ok(Self { packs, unnamed: damaged.unnamed(), is_on_record: true })
            }
        }
    }

    /// What is worth telling: of a pack on record that another tool has removed since, nothing.
    fn told(&self, mut found: Vec<PackFound>) -> Vec<PackFound> {
        found.retain(|one| !self.is_on_record || one.state != PackState::Unknown);
        found
    }
}

/// What [`packs`] would change in the repository of this name. Changes nothing but a lock.
pub fn look_at_packs(site: &Site, name: &str, named: Named<'_>) -> Result<Mended, AnyFault> {
    let wanted = Wanted::of(site, name, named)?;
    let repository = site.open(name)?;
    let (progress, cancel) = (site.progress.as_ref(), &site.cancel);
    let begun = PackRepair::begin(&repository, &wanted.packs, true, progress, cancel)?;
    let found = wanted.told(begun.found());
    let (left, hides) = (Some(begun.look()?), hides(site, name)?);
    let unnamed = wanted.unnamed;
    Ok(Mended { found, done: None, left, unnamed, hides, locked: None, fault: None })
}

/// Saves what is whole in damaged packs of the repository, and removes these packs.
pub fn packs(site: &Site, name: &str, named: Named<'_>) -> Result<Mended, AnyFault> {
    let log = site.log()?;
    let _alone = site.exclusively("repair", name)?;
    let wanted = Wanted::of(site, name, named)?;
    let repository = site.open(name)?;
    let (progress, cancel) = (site.progress.as_ref(), &site.cancel);
    let begun = PackRepair::begin(&repository, &wanted.packs, false, progress, cancel)?;
    let (found, hides) = (wanted.told(begun.found()), hides(site, name)?);
    let deed = intended(site, name, deed(name, &found, hides));
    let (done, (locked, fault)) = site.recorded(&log, deed, || {
        let (done, ended) = begun.execute();
        // Half of it is nothing that a later repair may rely on.
        let gone = if ended.is_ok() { gone(&found) } else { Vec::new() };
        let changed = done != PacksRepaired::default();
        let ended = ended.and_then(|()| keep_locked(site, name, &repository, changed));
        let outcome = match &ended {
            Ok(_) => Outcome::done(),
            Err(fault) => Outcome::fault(fault),
        };
        let outcome = with_locks(with_facts(outcome, &done, &gone), ended.as_ref().ok());
        Ok(((done, apart(ended)), outcome))
    })?;
    let (left, fault) = judged(site, name, fault);
    let unnamed = wanted.unnamed;
    Ok(Mended { found, done: Some(done), left, unnamed, hides, locked, fault })
}

fn deed(name: &str, found: &[PackFound], hides: bool) -> Deed {
    let packs: Vec<Value> = found
        .iter()
        .take(PACKS_MAX)
        .map(|one| json!({"id": one.id, "state": one.state.as_str()}))
        .collect();
    let sum = |of: fn(&PackFound) -> u64| -> u64 {
        found.iter().filter(|one| one.state.goes()).map(of).sum()
    };
    Deed::new("repository.repair-packs", name)
        .fact("packs", packs)
        .fact("blobs", sum(|one| one.blobs))
        .fact("good", sum(|one| one.good))
        .fact("hides", hides)
}

fn with_facts(outcome: Outcome, done: &PacksRepaired, gone: &[PackId]) -> Outcome {
    let gone: Vec<_> = gone.iter().map(ToString::to_string).collect();
    outcome
        .fact("gone", gone)
        .fact("saved", done.saved)
        .fact("packs-written", done.packs_written)
        .fact("bytes-written", done.bytes_written)
        .fact("packs-removed", done.packs_removed)
        .fact("replaced", done.replaced)
}

/// Packs that nobody needs to repair any more: they went, or are whole.
fn gone(found: &[PackFound]) -> Vec<PackId> {
    let settled = |one: &&PackFound| one.state.goes() || one.state == PackState::Sound;
    found.iter().filter(settled).take(PACKS_MAX).map(|one| one.id).collect()
}
