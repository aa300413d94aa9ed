//! Writing what stays of index files that said something wrong, and removing these.

use std::collections::HashSet;

use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::ledger::Ledger;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;
use crate::repository::relist::{relist, remove};
use crate::repository::repair::IndexRepaired;
use crate::repository::repair::survey::Survey;
use crate::store::ObjectName;

/// Replaces `outdated` index files, and removes those that cannot be read. Each pack that stays is
/// listed once; `ledger` holds what headers have told so far.
pub(super) fn rewrite(
    repository: &Repository,
    lock: &Lock,
    survey: &Survey,
    repaired: &mut IndexRepaired,
    outdated: &[ObjectName],
    ledger: &mut Ledger,
) -> Result<(), RepositoryError> {
    let kept = survey.files.iter().filter(|(name, _)| outdated.binary_search(name).is_err());
    let mut listed: HashSet<PackId> = kept.flat_map(|(_, packs)| packs).copied().collect();
    listed.extend(repaired.corrected.iter().copied());
    let is_there = |pack: &PackId| survey.packs.contains_key(pack);
    relist(repository, lock, outdated, listed, is_there, ledger)?;
    repaired.replaced = 0;
    let unreadable = survey.unreadable.iter().map(|(name, _)| name);
    remove(repository, lock, outdated.iter().chain(unreadable), &mut repaired.replaced)
}
