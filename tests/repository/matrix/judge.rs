//! Judging a state of a store by our own eyes: verify, and every set read to its end.

use std::collections::{BTreeMap, HashMap};

use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::progress::Silent;
use duphong::repository::verify::{Depth, VerifyReport, verify};
use duphong::repository::{Repository, RepositoryError, SnapshotId};

use crate::repository::kit;
use crate::repository::matrix::ground::{self, Picture, Sets, State};

/// What is in a state.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) report: VerifyReport,
    /// Every set that is listed, with what it holds or why that cannot be had.
    pub(crate) sets: BTreeMap<SnapshotId, Result<Picture, String>>,
}

/// Looks at everything in a repository.
pub(crate) fn look(repository: &Repository) -> Result<Seen, RepositoryError> {
    let report = verify(repository, Depth::AllData, &Silent, &Cancel::default())?;
    let snapshots = repository.snapshots()?;
    let mut sets = BTreeMap::new();
    for (id, _) in snapshots.sets {
        sets.insert(id, kit::read_set(repository, &id).map_err(|error| error.to_string()));
    }
    for (id, error) in snapshots.unreadable {
        sets.insert(id, Err(error.to_string()));
    }
    Ok(Seen { report, sets })
}

impl Seen {
    /// What is not as it must be: nothing damaged, and every set of `done` whole.
    pub(crate) fn offences(&self, done: &Sets) -> Vec<String> {
        let mut offences = Vec::new();
        for damage in &self.report.damages {
            offences.push(format!("damage: {} {}", damage.object, damage.reason));
        }
        for (id, content) in &self.sets {
            if let Err(error) = content {
                offences.push(format!("set {id} cannot be read: {error}"));
            }
        }
        offences.extend(self.lost(done));
        offences
    }

    /// Which of `done` are not what they were, and which sets are damaged. An index that names a
    /// pack in vain is no offence: all that was in it lies elsewhere, and prune drops the line.
    pub(crate) fn lost_or_damaged(&self, done: &Sets) -> Vec<String> {
        let mut offences = self.lost(done);
        let damaged = self.report.damaged_sets.iter();
        offences.extend(damaged.map(|id| format!("set {id} is still damaged")));
        offences
    }

    /// Which of `done` are not what they were.
    pub(crate) fn lost(&self, done: &Sets) -> Vec<String> {
        let lost = done.iter().filter_map(|(id, picture)| match self.sets.get(id) {
            None => Some(format!("LOST: set {id} was done and is not there")),
            Some(Err(error)) => Some(format!("LOST: set {id} was done: {error}")),
            Some(Ok(found)) if found != picture => {
                Some(format!("LOST: set {id} was done and has other content"))
            }
            Some(Ok(_)) => None,
        });
        lost.collect()
    }
}

/// Judges states, each once: equal bytes have equal verdicts.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    seen: HashMap<Digest, Result<Seen, String>>,
    /// Sound states, for stock restic to look at.
    pub(crate) sound: BTreeMap<Digest, State>,
    /// Operations that were run again from a state, with what came of it.
    again: HashMap<(Digest, &'static str), Vec<String>>,
}

impl Judge {
    /// What is in a state, or why nobody can look.
    pub(crate) fn look(&mut self, state: &State) -> &Result<Seen, String> {
        let digest = ground::digest_of(state);
        self.seen.entry(digest).or_insert_with(|| {
            let repository = ground::open(ground::memory(state), 99);
            let seen = repository.and_then(|repository| look(&repository));
            let seen = seen.map_err(|error| duphong::base::fault::chain(&error));
            if seen.as_ref().is_ok_and(|seen| seen.report.is_sound()) {
                self.sound.insert(digest, state.clone());
            }
            seen
        })
    }

    /// What is wrong with a state that must be sound and hold these sets.
    pub(crate) fn offences(&mut self, state: &State, done: &Sets) -> Vec<String> {
        match self.look(state) {
            Ok(seen) => seen.offences(done),
            Err(error) => vec![format!("LOST: the repository does not open: {error}")],
        }
    }

    /// What is wrong after `operation` was run again from a state; done once for each.
    pub(crate) fn again(
        &mut self,
        state: &State,
        operation: &'static str,
        run: impl FnOnce(&mut Self) -> Vec<String>,
    ) -> Vec<String> {
        let key = (ground::digest_of(state), operation);
        if let Some(known) = self.again.get(&key) {
            return known.clone();
        }
        let offences = run(self);
        self.again.insert(key, offences.clone());
        offences
    }

    /// How many different states there were.
    pub(crate) fn states(&self) -> usize {
        self.seen.len()
    }
}
