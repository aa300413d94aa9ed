//! Damage done on purpose, to what the drill reads or restored, never to the repository itself.
//!
//! **Invariant: no sabotaged drill passes.** Each kind is seen by checks that are known beforehand;
//! a drill that does not name it by one of those has missed it, whatever its verdict.

mod damage;
mod store;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::base::fault::{AnyFault, Fault as _};
use crate::base::secret::Secret;
use crate::drill::fact::{Check, CheckKind, CheckOutcome, DrillRecord, Finding, Scope};
use crate::job::drill::scope;
use crate::job::drill::way::{Databases, Restored, Way};
use crate::job::fault::JobFault;
use crate::job::sets;
use crate::repository::Repository;
use crate::repository::snapshot::Snapshot;
use crate::source::damage::Damage;
use crate::store::ObjectStore;

use store::Spoiled;

/// The kinds of damage a drill must notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// One bit of a pack with data is read wrongly, as a failing disk would give it.
    PackBit,
    /// The same of the pack with the set's root tree.
    TreeBit,
    /// The same of every index.
    IndexBit,
    /// A pack with data is gone.
    MissingPack,
    /// The password is another one.
    WrongKey,
    /// No pack can be read any more: the network is cut once the set was found.
    NetworkCut,
    /// The scratch disk has no room.
    DiskFull,
    /// The clock stands an hour before the set that it finds.
    ClockBack,
    /// The largest file of a dump ends in its middle.
    TruncatedDump,
    /// The dump is one of another portal's database, of the same engine.
    OtherDatabase,
    /// A table of a loaded database is gone.
    DroppedTable,
    /// A trigger of a loaded database is gone.
    DroppedTrigger,
    /// A right on a table of a loaded database is gone.
    DroppedGrant,
    /// A value in one row of a loaded database is another one.
    ChangedRow,
    /// A restored media file is gone.
    MissingMedia,
    /// The media are those of another set of the portal.
    OtherMedia,
    /// The portal answers every question with 200, and with another page.
    WrongPage,
}

/// What one kind damages and which checks must name it.
struct Row {
    kind: Sabotage,
    word: &'static str,
    /// What each finding that names it looks like: the check, and the code by which
    /// [`code`] tells its finding.
    named: &'static [(CheckKind, &'static str)],
}

use CheckKind as C;

/// Every kind, in the order of the way.
const TABLE: [Row; 17] = [
    row(Sabotage::PackBit, "pack-bit", &[(C::Restore, "repository.blob-damaged")]),
    row(Sabotage::TreeBit, "tree-bit", &[(C::Restore, "repository.blob-damaged")]),
    // A restore finds its way without an index that it cannot read; the comparison does not.
    row(
        Sabotage::IndexBit,
        "index-bit",
        &[
            (C::Restore, "repository.damaged"),
            (C::Restore, "repository.blob-unknown"),
            (C::Files, "repository.damaged"),
        ],
    ),
    row(Sabotage::MissingPack, "missing-pack", &[(C::Restore, "store.missing")]),
    row(Sabotage::WrongKey, "wrong-key", &[(C::Restore, "repository.wrong-key")]),
    row(Sabotage::NetworkCut, "network-cut", &[(C::Restore, "store.connection")]),
    row(Sabotage::DiskFull, "disk-full", &[(C::Restore, "job.no-space")]),
    row(Sabotage::ClockBack, "clock-back", &[(C::Restore, "job.set-from-future")]),
    // A portal that is started on a broken database answers wrongly before that is compared.
    row(
        Sabotage::TruncatedDump,
        "truncated-dump",
        &[
            (C::Load, "source.load"),
            (C::Load, "source.dump-damaged"),
            (C::Load, "source.mariadb-load"),
            (C::Inventory, "source.sqlite"),
            (C::Inventory, "source.sqlite-damaged"),
            (C::Smoke, "answer"),
        ],
    ),
    row(
        Sabotage::OtherDatabase,
        "other-database",
        &[(C::Inventory, "missing"), (C::Smoke, "answer")],
    ),
    row(
        Sabotage::DroppedTable,
        "dropped-table",
        &[(C::Inventory, "missing"), (C::Smoke, "answer")],
    ),
    row(Sabotage::DroppedTrigger, "dropped-trigger", &[(C::Inventory, "missing")]),
    row(
        Sabotage::DroppedGrant,
        "dropped-grant",
        &[(C::Inventory, "different"), (C::Inventory, "missing")],
    ),
    row(Sabotage::ChangedRow, "changed-row", &[(C::RowDigests, "row-content")]),
    row(Sabotage::MissingMedia, "missing-media", &[(C::Files, "missing")]),
    row(Sabotage::OtherMedia, "other-media", &[(C::Files, "missing"), (C::Files, "differs")]),
    row(Sabotage::WrongPage, "wrong-page", &[(C::Smoke, "answer")]),
];

const fn row(
    kind: Sabotage,
    word: &'static str,
    named: &'static [(CheckKind, &'static str)],
) -> Row {
    Row { kind, word, named }
}

impl Sabotage {
    /// Every kind.
    pub const ALL: [Self; TABLE.len()] = {
        let mut all = [Self::PackBit; TABLE.len()];
        let mut nth = 0;
        while nth < TABLE.len() {
            all[nth] = TABLE[nth].kind;
            nth += 1;
        }
        all
    };

    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.kind == self).expect("a test holds that each kind has a row")
    }

    /// Its word on the command line and in the log.
    pub fn as_str(self) -> &'static str {
        self.row().word
    }

    /// The kind of this word.
    pub fn named(word: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.word == word).map(|row| row.kind)
    }

    /// The checks that must name it, each with the code of its finding.
    pub fn named_by(self) -> &'static [(CheckKind, &'static str)] {
        self.row().named
    }
}

/// The check by which a sabotaged drill has named its damage, and the code of the finding; none where
/// it has not, which is a defect of the drill unless it [`is_void`].
pub fn caught(record: &DrillRecord) -> Option<(&Check, &str)> {
    let kind = Sabotage::named(record.sabotage.as_deref()?)?;
    let is_it = |(check, code): &(&Check, &str)| kind.named_by().contains(&(check.kind, *code));
    codes(record).find(is_it)
}

/// Whether there was nothing that the ordered damage could be done to.
pub fn is_void(record: &DrillRecord) -> bool {
    codes(record).any(|(_, code)| code == JobFault::NothingToSabotage.code())
}

/// Everything that was found or kept a check from taking place.
fn codes(record: &DrillRecord) -> impl Iterator<Item = (&Check, &str)> {
    record.checks.iter().flat_map(|check| {
        let findings = match &check.outcome {
            CheckOutcome::Passed => &[][..],
            CheckOutcome::Failed { findings, .. } => findings,
            CheckOutcome::NotRun { reason } => std::slice::from_ref(reason),
        };
        findings.iter().map(move |finding| (check, code(finding)))
    })
}

/// What a finding says, as a word: the code of a fault, or of a file's, or else what it is.
pub fn code(finding: &Finding) -> &str {
    match finding {
        Finding::Fault { code, .. } | Finding::File { code, .. } => code,
        Finding::Missing { .. } => "missing",
        Finding::Unexpected { .. } => "unexpected",
        Finding::Different { .. } => "different",
        Finding::RowCount { .. } => "row-count",
        Finding::RowContent { .. } => "row-content",
        Finding::FileCount { .. } => "file-count",
        Finding::References { .. } => "references",
        Finding::ReferenceRows { .. } => "reference-rows",
        Finding::ReferencesUnknown { .. } => "references-unknown",
        Finding::Answer { .. } => "answer",
        Finding::Altered { .. } => "altered",
        Finding::Scanned { .. } => "scanned",
        Finding::PastInstant { .. } => "past-instant",
        Finding::Blind { .. } => "blind",
        Finding::EarlierStep => "earlier-step",
    }
}

/// The password by which the repository is opened.
pub(super) fn password(kind: Option<Sabotage>, password: Secret) -> Secret {
    if kind != Some(Sabotage::WrongKey) {
        return password;
    }
    let mut bytes = password.expose().to_vec();
    match bytes.first_mut() {
        Some(first) => *first ^= 1,
        None => bytes.push(b'x'),
    }
    Secret::new(bytes)
}

/// The store that the set is read from once it was found; none where that stays as it is.
pub(super) fn spoiled(
    kind: Option<Sabotage>,
    repository: &Repository,
    snapshot: &Snapshot,
    store: &Arc<dyn ObjectStore>,
) -> Result<Option<Arc<dyn ObjectStore>>, AnyFault> {
    let inner = Arc::clone(store);
    let spoiled = match kind {
        Some(Sabotage::PackBit) => {
            let (name, byte) = sets::some_data_byte(repository, snapshot)?;
            Spoiled::bit(inner, name, byte)
        }
        Some(Sabotage::TreeBit) => {
            let (name, byte) = sets::some_tree_byte(repository, snapshot)?;
            Spoiled::bit(inner, name, byte)
        }
        Some(Sabotage::IndexBit) => Spoiled::indexes(inner),
        Some(Sabotage::MissingPack) => {
            Spoiled::missing(inner, sets::some_data_byte(repository, snapshot)?.0)
        }
        Some(Sabotage::NetworkCut) => Spoiled::cut(inner),
        _ => return Ok(None),
    };
    Ok(Some(Arc::new(spoiled)))
}

/// Bytes that are free on the scratch disk.
pub(super) fn free(kind: Option<Sabotage>, free: u64) -> u64 {
    if kind == Some(Sabotage::DiskFull) { 0 } else { free }
}

/// The time of a drill that restores what was committed until then.
pub(super) fn now(
    kind: Option<Sabotage>,
    now: Timestamp,
    recoverable: Option<Timestamp>,
) -> Timestamp {
    match (kind, recoverable) {
        (Some(Sabotage::ClockBack), Some(newest)) => {
            newest.checked_sub(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MIN)
        }
        _ => now,
    }
}

/// Does the ordered damage to the files of a set, before anything is loaded.
pub(super) fn files(way: &Way<'_>, restored: &Restored) -> Result<(), AnyFault> {
    match way.request().sabotage {
        Some(Sabotage::TruncatedDump) => damage::truncate(restored),
        Some(Sabotage::OtherDatabase) => damage::swap_database(way, restored),
        Some(Sabotage::MissingMedia) => damage::remove_media(restored),
        Some(Sabotage::OtherMedia) => damage::swap_media(way, restored),
        // Where nobody asks the portal for a page, there is none to be wrong.
        Some(Sabotage::WrongPage) if scope(way.portal()) == Scope::Data => {
            Err(JobFault::NothingToSabotage.into())
        }
        _ => Ok(()),
    }
}

/// Does the ordered damage to databases that were loaded.
pub(super) fn loaded(
    way: &Way<'_>,
    restored: &Restored,
    databases: &Databases,
) -> Result<(), AnyFault> {
    let what = match way.request().sabotage {
        Some(Sabotage::DroppedTable) => return damage::drop_table(way, restored, databases),
        Some(Sabotage::DroppedTrigger) => Damage::Trigger,
        Some(Sabotage::DroppedGrant) => Damage::Grant,
        Some(Sabotage::ChangedRow) => Damage::Row,
        _ => return Ok(()),
    };
    damage::databases(way, restored, databases, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_word_and_a_check_that_must_name_it() {
        for (nth, kind) in Sabotage::ALL.into_iter().enumerate() {
            assert_eq!(Sabotage::named(kind.as_str()), Some(kind));
            assert!(!kind.named_by().is_empty());
            assert!(!Sabotage::ALL[..nth].contains(&kind), "{kind:?} twice");
        }
        // A kind that is added without a row does not compile here.
        for kind in Sabotage::ALL {
            match kind {
                Sabotage::PackBit
                | Sabotage::TreeBit
                | Sabotage::IndexBit
                | Sabotage::MissingPack
                | Sabotage::WrongKey
                | Sabotage::NetworkCut
                | Sabotage::DiskFull
                | Sabotage::ClockBack
                | Sabotage::TruncatedDump
                | Sabotage::OtherDatabase
                | Sabotage::DroppedTable
                | Sabotage::DroppedTrigger
                | Sabotage::DroppedGrant
                | Sabotage::ChangedRow
                | Sabotage::MissingMedia
                | Sabotage::OtherMedia
                | Sabotage::WrongPage => {}
            }
        }
        assert_eq!(Sabotage::ALL.len(), 17);
    }
}
