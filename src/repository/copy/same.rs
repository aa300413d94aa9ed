//! Which sets of two repositories are the same set.

use std::collections::{BTreeSet, HashMap};

use crate::repository::id::{BlobId, SnapshotId};
use crate::repository::snapshot::Snapshot;

/// Finds sets again in a repository that holds copies of them.
#[derive(Debug, Default)]
pub struct Twins {
    /// By the root folder: sets of other content are other sets.
    by_tree: HashMap<BlobId, Vec<(SnapshotId, Snapshot)>>,
}

impl Twins {
    /// Among these sets.
    pub fn among(sets: impl IntoIterator<Item = (SnapshotId, Snapshot)>) -> Self {
        let mut twins = Self::default();
        for (id, snapshot) in sets {
            twins.by_tree.entry(snapshot.tree).or_default().push((id, snapshot));
        }
        twins
    }

    /// The same set, if it is there: of the same content and time, by the same machine and account,
    /// for the same paths and with the same tags. One whose tags were changed since it was copied is
    /// recognized by its original.
    pub fn of(&self, id: SnapshotId, snapshot: &Snapshot) -> Option<SnapshotId> {
        let alike = self.by_tree.get(&snapshot.tree)?;
        let original = snapshot.original.unwrap_or(id);
        let is_same = |other: &&(SnapshotId, Snapshot)| {
            let (other_id, other) = other;
            other.time == snapshot.time
                && (other.original.unwrap_or(*other_id) == original || agree(other, snapshot))
        };
        alike.iter().find(is_same).map(|(id, _)| *id)
    }
}

fn agree(one: &Snapshot, other: &Snapshot) -> bool {
    let tags = |snapshot: &Snapshot| snapshot.tags.iter().cloned().collect::<BTreeSet<_>>();
    (&one.hostname, &one.username, one.uid, one.gid, &one.paths)
        == (&other.hostname, &other.username, other.uid, other.gid, &other.paths)
        && tags(one) == tags(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::Digest;

    fn id(number: u8) -> SnapshotId {
        SnapshotId(Digest([number; 32]))
    }

    fn set(tree: u8, change: impl FnOnce(&mut Snapshot)) -> Snapshot {
        let mut snapshot = Snapshot {
            time: "2026-11-22T01:02:03.000000004Z".parse().unwrap(),
            parent: None,
            tree: BlobId(Digest([tree; 32])),
            paths: vec!["/mau".to_owned()],
            hostname: "may".to_owned(),
            username: "duphong".to_owned(),
            uid: 1,
            gid: 1,
            tags: vec!["portal:mau".to_owned(), "giu".to_owned()],
            program_version: String::new(),
            summary: None,
            original: None,
        };
        change(&mut snapshot);
        snapshot
    }

    #[test]
    fn the_same_set_is_recognized_and_no_other() {
        let check = |change: fn(&mut Snapshot), same: bool| {
            let twins = Twins::among([(id(1), set(7, change))]);
            assert_eq!(twins.of(id(9), &set(7, |_| {})).is_some(), same);
        };
        check(|_| {}, true);
        check(|twin| twin.tags.reverse(), true);
        // Told otherwise by restic, which shows a parent only where it has one.
        check(|twin| twin.parent = Some(id(3)), true);
        check(|twin| twin.original = Some(id(9)), true);
        check(|twin| twin.tree = BlobId(Digest([8; 32])), false);
        check(|twin| twin.time += jiff::SignedDuration::from_nanos(1), false);
        check(|twin| twin.hostname.clear(), false);
        check(|twin| twin.paths.clear(), false);
        check(|twin| drop(twin.tags.pop()), false);
        // A copy whose tags were changed.
        let relabel: fn(&mut Snapshot) = |twin| {
            twin.tags.clear();
            twin.original = Some(id(9));
        };
        check(relabel, true);
        // And a copy of a copy.
        let twins = Twins::among([(id(1), set(7, relabel))]);
        assert!(twins.of(id(4), &set(7, |copy| copy.original = Some(id(9)))).is_some());
    }
}
