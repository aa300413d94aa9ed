//! Repairing the index of a repository, on record, and saying what is lost for good.
//!
//! What was found without changing anything goes into the log before the first change; without a
//! log that can be written nothing is changed. Afterwards the repository is verified, on record of
//! its own, so that whoever repairs is told by name which sets and files a new index does not bring
//! back. No set is removed or changed, whatever it has lost.

use serde_json::json;

use crate::audit::{Deed, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::job::site::Site;
use crate::job::verify;
use crate::repository::repair::{Headers, IndexFigures, IndexRepair, IndexRepaired};
use crate::repository::verify::{Depth, VerifyReport};
use crate::repository::{PackId, RepositoryError};

/// So many packs of a kind are named in the log; the verb names more.
const PACKS_MAX: usize = 100;

/// What was repaired, or would be.
#[derive(Debug)]
pub struct Repaired {
    /// What was found without reading a header.
    pub figures: IndexFigures,
    /// What was changed, or would be.
    pub index: IndexRepaired,
    /// What is damaged all the same; absent where nothing was changed, or a fault came before.
    pub left: Option<VerifyReport>,
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
    Ok(Repaired { figures, index: begun.look()?, left: None, fault: None })
}

/// Builds the index of the repository again where it is missing or wrong.
pub fn index(site: &Site, name: &str, headers: Headers) -> Result<Repaired, AnyFault> {
    let log = site.log()?;
    let _alone = site.exclusively("repair", name)?;
    let repository = site.open(name)?;
    let (progress, cancel) = (site.progress.as_ref(), &site.cancel);
    let begun = IndexRepair::begin(&repository, headers, false, progress, cancel)?;
    let figures = begun.figures();
    let (index, fault) = site.recorded(&log, deed(name, headers, &figures), || {
        let (index, ended) = begun.execute();
        let outcome = outcome(&index, ended.as_ref().err());
        Ok(((index, ended.err()), outcome))
    })?;
    if let Some(fault) = fault {
        return Ok(Repaired { figures, index, left: None, fault: Some(fault.into()) });
    }
    let (left, fault) = match verify::repository(site, name, Depth::Structure) {
        Ok(left) => (Some(left), None),
        Err(fault) => (None, Some(fault)),
    };
    Ok(Repaired { figures, index, left, fault })
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
