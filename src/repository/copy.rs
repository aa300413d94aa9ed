//! Copying sets from one repository into another.
//!
//! What the other repository lacks of a set is read, proven against its ids, sealed with the other
//! key and stored; what it has is not sent. What was compressed stays as it was compressed. As with a
//! new set the order is packs, then the index that names them, then the snapshot: killed at any
//! point, there are packs that the next copy takes over, or a whole set.
//!
//! A set that is there already is not copied again: one that says it is a copy of the same original,
//! or the set itself, taken by a run that fed both repositories. A copy remembers the id of its
//! original, as `restic copy` has it, so that either program recognizes what the other has copied.
//!
//! Damage ends the copy of the sets that it is part of, and of no other. What cannot be reached, and
//! any fault of the other repository, ends all.
//!
//! Memory: both indexes; four bytes for each blob that is to be sent; the buffers of a writer
//! (`write`), and 4 MiB and the largest blob for each thread that reads.

mod fetch;
mod same;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::Receiver;
use serde_json::Value;

use crate::base::cancel::Cancel;
use crate::base::fault::{Fault as _, FaultKind};
use crate::base::progress::{Progress, Silent};
use crate::repository::blob::PackedBlob;
use crate::repository::copy::fetch::Fetch;
use crate::repository::envelope::Form;
use crate::repository::error::RepositoryError;
use crate::repository::id::{PackId, SnapshotId};
use crate::repository::index::Index;
use crate::repository::layout::{self, Folder};
use crate::repository::open::Repository;
use crate::repository::pack::FinishedPack;
use crate::repository::prune::bits::Bits;
use crate::repository::prune::mark::mark;
use crate::repository::snapshot::Snapshot;
use crate::repository::write::target::{Prepared, Target};
use crate::repository::write::threads::Uploaders;
use crate::repository::write::{Statistics, Tuning};
use crate::store::StoreError;

pub use crate::repository::copy::same::Twins;

/// A set that is to be copied.
#[derive(Debug)]
pub struct Wanted {
    /// Its id in the repository that it is copied from.
    pub id: SnapshotId,
    /// Its snapshot.
    pub snapshot: Snapshot,
    /// Pieces of files and folders that no set before this one brings.
    pub blobs: u64,
    /// Their bytes as they lie in the repository that they are copied from.
    pub bytes: u64,
    /// Their numbers in its index.
    lacking: Vec<u32>,
}

/// A set that cannot be copied, and why.
#[derive(Debug)]
pub struct Refused {
    /// Its id in the repository that it should be copied from.
    pub id: SnapshotId,
    /// What is wrong with it.
    pub fault: RepositoryError,
}

/// A set that was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Its id in the repository that it was copied from.
    pub from: SnapshotId,
    /// Its id now.
    pub id: SnapshotId,
    /// Its snapshot.
    pub snapshot: Snapshot,
    /// What it took.
    pub statistics: Statistics,
}

/// A copy that was planned and not yet done. Nothing is changed when it is dropped.
pub struct CopyPlan<'a> {
    from: &'a Repository,
    to: Prepared,
    index: Index,
    progress: Arc<dyn Progress>,
    cancel: Cancel,
    /// What is to be copied, in this order.
    pub wanted: Vec<Wanted>,
    /// What cannot be.
    pub refused: Vec<Refused>,
}

impl<'a> CopyPlan<'a> {
    /// Finds out what the repository `to` lacks of these sets of `from`, in their order. The caller
    /// keeps whoever removes things out of `from`.
    pub fn new(
        from: &'a Repository,
        to: Prepared,
        sets: Vec<(SnapshotId, Snapshot)>,
        progress: Arc<dyn Progress>,
        cancel: Cancel,
    ) -> Result<Self, RepositoryError> {
        progress.phase("phase-copy-find");
        let index = from.load_index()?;
        let (wanted, refused) = (Vec::new(), Vec::new());
        let mut plan = Self { from, to, index, progress, cancel, wanted, refused };
        let mut known = Bits::default();
        for (id, snapshot) in sets {
            match plan.reach(&known, &snapshot) {
                Ok((reached, lacking)) => {
                    known = reached;
                    let (blobs, bytes) = plan.figures(&lacking);
                    plan.wanted.push(Wanted { id, snapshot, blobs, bytes, lacking });
                }
                Err(fault) if is_damage(&fault) => plan.refused.push(Refused { id, fault }),
                Err(fault) => return Err(fault),
            }
        }
        Ok(plan)
    }

    /// What is known after this set as well, and the numbers of what it adds and `to` lacks.
    fn reach(
        &self,
        known: &Bits,
        snapshot: &Snapshot,
    ) -> Result<(Bits, Vec<u32>), RepositoryError> {
        // Of a set that cannot be walked to its end nothing may count as known.
        let mut reached = known.clone();
        let roots = [snapshot.tree];
        let progress = self.progress.as_ref();
        mark(self.from, &self.index, &mut reached, &roots, progress, &self.cancel)?;
        let lacking = lacking(&self.index, self.to.index(), known, &reached);
        Ok((reached, lacking))
    }

    fn figures(&self, lacking: &[u32]) -> (u64, u64) {
        let mut lacking = lacking.iter().peekable();
        let mut bytes = 0;
        let mut blobs = 0;
        for (number, location) in (0_u32..).zip(self.index.blobs()) {
            if lacking.next_if(|next| **next == number).is_some() {
                blobs += 1;
                bytes += u64::from(location.blob.length);
            }
        }
        (blobs, bytes)
    }

    /// Bytes that are to be sent in all.
    pub fn bytes(&self) -> u64 {
        self.wanted.iter().map(|set| set.bytes).sum()
    }

    /// Begins to copy.
    pub fn begin(self, tuning: Tuning) -> Copying<'a> {
        let bytes = self.bytes();
        let Self { from, to, index, progress, cancel, wanted, .. } = self;
        progress.phase("phase-copy");
        progress.total(wanted.len() as u64, bytes);
        let uploads = tuning.uploads.max(1);
        let (target, packs) = to.open(tuning.pack_bytes, uploads);
        let target = Arc::new(target);
        Copying {
            from,
            index,
            target,
            packs,
            uploads,
            level: tuning.level,
            progress,
            cancel,
            wanted: wanted.into_iter(),
            complete: Bits::default(),
            sent: Mutex::default(),
            has_gap: false,
        }
    }
}

impl std::fmt::Debug for CopyPlan<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CopyPlan").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

/// A copy that is being done, set by set.
pub struct Copying<'a> {
    from: &'a Repository,
    index: Index,
    target: Arc<Target>,
    packs: Receiver<Option<FinishedPack>>,
    uploads: usize,
    level: i32,
    progress: Arc<dyn Progress>,
    cancel: Cancel,
    wanted: std::vec::IntoIter<Wanted>,
    /// What sets that were copied to their end lead to.
    complete: Bits,
    /// What was handed over to be stored, whatever became of its set.
    sent: Mutex<Bits>,
    /// A set was not copied: what was counted for it may be lacking to those after it.
    has_gap: bool,
}

/// Is asked before a snapshot is written, with the packs that the repository now has: if it fails,
/// there is no set.
pub type Last<'l> = dyn FnMut(&[PackId]) -> Result<(), RepositoryError> + 'l;

impl Copying<'_> {
    /// Copies the next set; `None` when there is no other. A set that is damaged is an outcome of
    /// its own; a fault means that no further set can be copied either.
    pub fn next(
        &mut self,
        last: &mut Last<'_>,
    ) -> Result<Option<Result<Copied, Refused>>, RepositoryError> {
        let Some(set) = self.wanted.next() else { return Ok(None) };
        let outcome = self.copy(&set, last);
        self.progress.advance(1, 0);
        match outcome {
            Ok(copied) => Ok(Some(Ok(copied))),
            Err(fault) if is_damage(&fault) && !self.target.has_failed() => {
                self.has_gap = true;
                Ok(Some(Err(Refused { id: set.id, fault })))
            }
            Err(RepositoryError::GivenUp) => {
                Err(self.target.take_fault().unwrap_or(RepositoryError::GivenUp))
            }
            Err(fault) => Err(fault),
        }
    }

    fn copy(&mut self, wanted: &Wanted, last: &mut Last<'_>) -> Result<Copied, RepositoryError> {
        let before = self.target.stored.statistics();
        let (document, snapshot) = self.document(wanted)?;
        let mut uploaders = Uploaders::start(&self.target, &self.packs, self.uploads)?;
        let handed_over = self.send(wanted);
        let flushed = self.target.flush();
        uploaders.end();
        handed_over.and(flushed)?;
        // From here on a fault is one of the other repository, whatever it looks like.
        let id = self.conclude(&document, last).map_err(|error| {
            self.target.fail(error);
            RepositoryError::GivenUp
        })?;
        let statistics = since(&before, &self.target.stored.statistics());
        Ok(Copied { from: wanted.id, id, snapshot, statistics })
    }

    /// Index and snapshot.
    fn conclude(
        &self,
        document: &Value,
        last: &mut Last<'_>,
    ) -> Result<SnapshotId, RepositoryError> {
        let target = &self.target;
        target.check()?;
        target.ledger.flush(target)?;
        last(&target.packs())?;
        target.lock.ensure()?;
        let to = &target.repository;
        to.put_document(Folder::Snapshots, Form::Compressed, document).map(SnapshotId)
    }

    /// Hands over to be stored what of a set is lacking.
    fn send(&mut self, wanted: &Wanted) -> Result<(), RepositoryError> {
        let again;
        let lacking = if self.has_gap {
            let mut reached = self.complete.clone();
            let roots = [wanted.snapshot.tree];
            mark(self.from, &self.index, &mut reached, &roots, &Silent, &self.cancel)?;
            again = lacking(&self.index, &self.target.index, &self.complete, &reached);
            &again
        } else {
            &wanted.lacking
        };
        let fetch = Fetch {
            from: self.from,
            index: &self.index,
            target: &self.target,
            level: self.level,
            progress: self.progress.as_ref(),
            cancel: &self.cancel,
        };
        let unsent = {
            let done = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
            lacking.iter().copied().filter(|number| !done.has(*number as usize)).collect()
        };
        fetch.run(&tasks(&self.index, unsent), &self.sent)?;
        for number in lacking {
            self.complete.set(*number as usize);
        }
        Ok(())
    }

    /// The snapshot as it is to be stored: everything it says of itself goes along, whoever wrote
    /// it; but the parent is a set of the other repository.
    fn document(&self, set: &Wanted) -> Result<(Value, Snapshot), RepositoryError> {
        let mut document: Value = self.from.get_document(&layout::snapshot(&set.id), "snapshot")?;
        let original = set.snapshot.original.unwrap_or(set.id);
        if let Some(fields) = document.as_object_mut() {
            fields.remove("parent");
            fields.insert("original".to_owned(), Value::String(original.to_string()));
        }
        let mut snapshot = set.snapshot.clone();
        (snapshot.parent, snapshot.original) = (None, Some(original));
        Ok((document, snapshot))
    }
}

impl std::fmt::Debug for Copying<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copying").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

/// Whether a fault says something about one set and nothing about the others.
fn is_damage(fault: &RepositoryError) -> bool {
    match fault {
        // Our own memory or program: what it touches next is no better.
        RepositoryError::SelfCheck { .. } => false,
        // A pack that is gone, or ends too early.
        RepositoryError::Store(fault) => {
            fault.kind() == FaultKind::Integrity || matches!(fault, StoreError::Missing { .. })
        }
        fault => fault.kind() == FaultKind::Integrity,
    }
}

/// What is `reached` and not `known`, and is not in `to`: numbers of `from`, growing.
fn lacking(from: &Index, to: &Index, known: &Bits, reached: &Bits) -> Vec<u32> {
    let numbered = (0_u32..).zip(from.blobs());
    let lacking = numbered.filter(|(number, location)| {
        let place = *number as usize;
        let blob = &location.blob;
        reached.has(place) && !known.has(place) && !to.has(blob.kind, &blob.id)
    });
    lacking.map(|(number, _)| number).collect()
}

/// The blobs of these numbers, by pack and in the order in which they lie there.
fn tasks(index: &Index, numbers: Vec<u32>) -> Vec<(PackId, Vec<(u32, PackedBlob)>)> {
    let mut tasks: HashMap<PackId, Vec<(u32, PackedBlob)>> = HashMap::new();
    let mut numbers = numbers.into_iter().peekable();
    for (number, location) in (0_u32..).zip(index.blobs()) {
        if numbers.next_if_eq(&number).is_some() {
            tasks.entry(location.pack).or_default().push((number, location.blob));
        }
    }
    let mut tasks: Vec<_> = tasks.into_iter().collect();
    tasks.sort_unstable_by_key(|(pack, _)| *pack);
    for (_, blobs) in &mut tasks {
        blobs.sort_unstable_by_key(|(_, blob)| blob.offset);
    }
    tasks
}

fn since(before: &Statistics, now: &Statistics) -> Statistics {
    Statistics {
        data_blobs: now.data_blobs - before.data_blobs,
        tree_blobs: now.tree_blobs - before.tree_blobs,
        bytes_added: now.bytes_added - before.bytes_added,
        bytes_stored: now.bytes_stored - before.bytes_stored,
        ..*now
    }
}
