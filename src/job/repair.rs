//! Repairing a repository, on record, and saying what is lost for good: its index, and packs.
//!
//! What was found without changing anything goes into the log before the first change; without a
//! log that can be written nothing is changed. Afterwards the repository is verified, on record of
//! its own, so that whoever repairs is told by name which sets and files a repair does not bring
//! back. No set is removed or changed, whatever it has lost.
//!
//! Where objects are locked, the lock of all that the repository now shows, what the repair has
//! written among it, reaches as far as sets rely on it before the repair counts as done.

mod packs;

use serde_json::json;

use crate::audit::{Deed, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::job::object_lock::{self, Keeper};
use crate::job::site::Site;
use crate::job::verify;
use crate::repository::object_lock::Extended;
use crate::repository::repair::{Headers, IndexFigures, IndexRepair, IndexRepaired};
use crate::repository::verify::{Depth, VerifyReport};
use crate::repository::{PackId, Repository, RepositoryError};

pub use crate::job::repair::packs::{Mended, Named, look_at_packs, packs};

/// So many packs of a kind are named in the log; the verb names more.
const PACKS_MAX: usize = 100;

/// What was repaired, or would be.
#[derive(Debug)]
pub struct Repaired {
    /// What was found without reading a header.
    pub figures: IndexFigures,
    /// What was changed, or would be.
    pub index: IndexRepaired,
    /// What is damaged all the same, or would be; absent where a fault came before.
    pub left: Option<VerifyReport>,
    /// What was done so that every lock reaches far enough.
    pub locked: Option<Extended>,
    /// What stopped it.
    pub fault: Option<AnyFault>,
}

impl Repaired {
    /// How it ended: a repository that is damaged all the same is no success.
    pub fn exit(&self) -> ExitCode {
        match (&self.fault, &self.left) {
            (Some(fault), _) => fault.exit(),
            (None, Some(left)) if !left.is_sound() => ExitCode::Integrity,
            (None, _) if !self.index.bad.is_empty() => ExitCode::Warnings,
            (None, _) => ExitCode::Done,
        }
    }
}

/// What [`index`] would change in the repository of this name. Changes nothing but a lock.
pub fn look(site: &Site, name: &str, headers: Headers) -> Result<Repaired, AnyFault> {
    let repository = site.open(name)?;
    let (progress, cancel) = (site.progress.as_ref(), &site.cancel);
    let begun = IndexRepair::begin(&repository, headers, true, progress, cancel)?;
    let figures = begun.figures();
    let (index, left) = begun.look()?;
    Ok(Repaired { figures, index, left: Some(left), locked: None, fault: None })
}

/// Builds the index of the repository again where it is missing or wrong.
pub fn index(site: &Site, name: &str, headers: Headers) -> Result<Repaired, AnyFault> {
    let log = site.log()?;
    let _alone = site.exclusively("repair", name)?;
    let repository = site.open(name)?;
    let (progress, cancel) = (site.progress.as_ref(), &site.cancel);
    let begun = IndexRepair::begin(&repository, headers, false, progress, cancel)?;
    let figures = begun.figures();
    let deed = intended(site, name, deed(name, headers, &figures));
    let (index, (locked, fault)) = site.recorded(&log, deed, || {
        let (index, ended) = begun.execute();
        let changed = !index.is_unchanged();
        let ended = ended.and_then(|()| keep_locked(site, name, &repository, changed));
        let outcome = outcome(&index, ended.as_ref().err());
        let outcome = with_locks(outcome, ended.as_ref().ok());
        Ok(((index, apart(ended)), outcome))
    })?;
    let (left, fault) = judged(site, name, fault);
    Ok(Repaired { figures, index, left, locked, fault })
}

/// What is damaged after a repair, on record of its own, unless a fault has stopped it.
fn judged(
    site: &Site,
    name: &str,
    fault: Option<RepositoryError>,
) -> (Option<VerifyReport>, Option<AnyFault>) {
    if let Some(fault) = fault {
        return (None, Some(fault.into()));
    }
    match verify::repository(site, name, Depth::Structure) {
        Ok(left) => (Some(left), None),
        Err(fault) => (None, Some(fault)),
    }
}

/// An intent that says how far locks are to reach.
fn intended(site: &Site, name: &str, deed: Deed) -> Deed {
    match object_lock::intended(site, &[name.to_owned()]) {
        Some(locks) => deed.fact("object-lock", locks),
        None => deed,
    }
}

/// Lets every lock reach far enough, if anything was written that sets rely on.
fn keep_locked(
    site: &Site,
    name: &str,
    repository: &Repository,
    changed: bool,
) -> Result<Option<Extended>, RepositoryError> {
    let keeper = Keeper::of(site, name, repository);
    let keeper =
        keeper.map_err(|_| RepositoryError::Bug("a repository that was opened is gone"))?;
    let Some(mut keeper) = keeper.filter(|_| changed) else { return Ok(None) };
    keeper.extend(repository, &[])?;
    Ok(keeper.extended)
}

fn with_locks(outcome: Outcome, locked: Option<&Option<Extended>>) -> Outcome {
    match locked.and_then(Option::as_ref) {
        Some(extended) => outcome.fact("object-lock", object_lock::as_json(extended)),
        None => outcome,
    }
}

/// What came of it, and the fault if none did.
fn apart(
    ended: Result<Option<Extended>, RepositoryError>,
) -> (Option<Extended>, Option<RepositoryError>) {
    match ended {
        Ok(locked) => (locked, None),
        Err(fault) => (None, Some(fault)),
    }
}

fn deed(name: &str, headers: Headers, figures: &IndexFigures) -> Deed {
    Deed::new("repository.repair", name)
        .fact("all-headers", headers == Headers::All)
        .fact("files", figures.files)
        .fact("unreadable", figures.unreadable)
        .fact("packs", figures.packs)
        .fact("unlisted", figures.unlisted)
        .fact("doubtful", figures.doubtful)
        .fact("missing", figures.missing)
}

fn outcome(index: &IndexRepaired, fault: Option<&RepositoryError>) -> Outcome {
    let named = |packs: &[PackId]| -> Vec<String> {
        packs.iter().take(PACKS_MAX).map(ToString::to_string).collect()
    };
    let bad: Vec<_> = index.bad.iter().map(|(pack, _)| *pack).collect();
    let unreadable = index.unreadable.iter().take(PACKS_MAX).map(|(name, _)| name.to_string());
    let outcome = fault.map_or_else(Outcome::done, |fault| Outcome::fault(fault));
    outcome
        .fact("listed", index.listed.len() as u64)
        .fact("corrected", json!(named(&index.corrected)))
        .fact("missing", json!(named(&index.missing)))
        .fact("bad", json!(named(&bad)))
        .fact("unreadable", json!(unreadable.collect::<Vec<_>>()))
        .fact("replaced", index.replaced)
        .fact("headers", index.headers)
}
