//! Writing what stays of index files that said something wrong, and removing these.

use std::collections::BTreeSet;

use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::ledger::Ledger;
use crate::repository::lock::Lock;
use crate::repository::open::Repository;
use crate::repository::repair::IndexRepaired;
use crate::repository::repair::survey::{Survey, packs_of};
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
    let mut listed: BTreeSet<PackId> = kept.flat_map(|(_, packs)| packs).copied().collect();
    listed.extend(repaired.corrected.iter().copied());
    for name in outdated {
        for (pack, blobs) in packs_of(repository, name)? {
            if survey.packs.contains_key(&pack) && listed.insert(pack) {
                ledger.add(repository, lock, pack, &blobs)?;
            }
        }
    }
    ledger.flush(repository, lock)?;
    repaired.replaced = 0;
    let unreadable = survey.unreadable.iter().map(|(name, _)| name);
    for name in outdated.iter().chain(unreadable) {
        lock.ensure()?;
        repository.delete(name)?;
        repaired.replaced += 1;
    }
    Ok(())
}
