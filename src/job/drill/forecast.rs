//! What a restore would take, from drills on record and the sizes of sets: reads, and leaves nothing.

use std::time::Duration;

use jiff::Timestamp;

use crate::base::fault::AnyFault;
use crate::base::manifest::Manifest;
use crate::drill::fact::{DrillRecord, Scope};
use crate::drill::forecast::growth::{Grown, Taken, grown};
use crate::drill::forecast::{Forecast, Refusal, Size, Target, forecast, usable};
use crate::job::drill::{list, loaded_bytes, scope};
use crate::job::fault::JobFault;
use crate::job::sets;
use crate::job::site::{Site, is_ordinary};
use crate::repository::snapshot::Snapshot;
use crate::repository::{Repository, SnapshotId};

/// Sets whose manifests are read: enough for a curve, few enough that a bucket is asked for a minute
/// at most.
const SETS_MAX: usize = 24;

/// Bytes a second of a line of one megabit a second.
const MEGABIT: u64 = 1_000_000 / 8;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// The portal.
    pub portal: String,
    /// The repository that would be read; the one that drills read if none is named.
    pub repository: Option<String>,
    /// When; with the newest set if none is named.
    pub at: Option<Timestamp>,
    /// How fast the machine is beside that of the drills, in per cent.
    pub machine: u32,
    /// The line to the repository in megabits a second, where it is another one.
    pub megabits: Option<u32>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Foreseen {
    /// The repository.
    pub repository: String,
    /// What its drills cover.
    pub scope: Scope,
    /// The objective.
    pub objective: Duration,
    /// The newest set: when it was taken and how much it holds.
    pub newest: Taken,
    /// The time that the sets cover of which the size is known, and how many they are.
    pub covered: (Duration, usize),
    /// How much there will be.
    pub grown: Option<Grown>,
    /// How long it would take, or why nobody can say.
    pub forecast: Result<Forecast, Refusal>,
}

impl Foreseen {
    /// Whether even the upper bound keeps the objective. Says nothing about a verdict.
    pub fn is_within(&self) -> bool {
        self.forecast.as_ref().is_ok_and(|forecast| forecast.most <= self.objective)
    }
}

/// Foresees a restore.
pub fn foresee(site: &Site, request: &Request) -> Result<Foreseen, AnyFault> {
    let portal = site.portal(&request.portal)?;
    let name = request.repository.as_ref().unwrap_or(&portal.drill.from);
    let sizes = sizes(&site.open(name)?, &portal.id)?;
    let newest = *sizes
        .last()
        .ok_or_else(|| JobFault::NoSet { portal: portal.id.clone(), repository: name.clone() })?;
    let covered = sizes.first().map(|first| newest.at.duration_since(first.at));
    let covered = covered.and_then(|time| Duration::try_from(time).ok()).unwrap_or_default();
    let drills = list(&site.log()?)?;
    let of_portal = |record: &&DrillRecord| record.portal == portal.id;
    let records = drills.iter().map(|(_, record)| record).filter(of_portal);
    let scope = scope(portal);
    let drilled = usable(records, name, scope);
    let grown = grown(&sizes, request.at.unwrap_or(newest.at));
    let forecast = grown.and_then(|grown| {
        let none = Grown { likely: newest.size, most: newest.size };
        let Grown { likely, most } = grown.unwrap_or(none);
        let line = request.megabits.map(|megabits| u64::from(megabits) * MEGABIT);
        forecast(&drilled, &Target { likely, most, machine: request.machine, line })
    });
    Ok(Foreseen {
        repository: name.clone(),
        scope,
        objective: portal.drill.rto,
        newest,
        covered: (covered, sizes.len()),
        grown: grown.ok().flatten(),
        forecast,
    })
}

/// Sizes of sets of the portal, oldest first: all of them, or as many, spread evenly, with the oldest
/// and the newest. One whose manifest cannot be read says nothing about sizes; `verify` complains.
fn sizes(repository: &Repository, portal: &str) -> Result<Vec<Taken>, AnyFault> {
    let sets = repository.snapshots()?.sets.into_iter();
    let sets: Vec<_> = sets.filter(|(_, snapshot)| is_ordinary(snapshot, portal)).collect();
    let _index = repository.hold_index()?;
    let last = sets.len().saturating_sub(1);
    let steps = last.min(SETS_MAX - 1);
    let chosen = (0..=steps).filter_map(|step| sets.get(last * step / steps.max(1)));
    Ok(chosen.filter_map(|(id, snapshot)| taken(repository, id, snapshot)).collect())
}

fn taken(repository: &Repository, id: &SnapshotId, snapshot: &Snapshot) -> Option<Taken> {
    let manifest = sets::manifest(repository, id).ok()?;
    let (bytes, files) = match &snapshot.summary {
        Some(summary) => (summary.total_bytes_processed, summary.total_files_processed),
        None => told(&manifest),
    };
    Some(Taken {
        at: manifest.started,
        size: Size { bytes, files, loaded: loaded_bytes(&manifest) },
    })
}

/// Bytes and files as the manifest of a set without figures has them.
fn told(manifest: &Manifest) -> (u64, u64) {
    let dumps = manifest.databases.values().map(|facts| facts.dump_bytes);
    let trees = manifest.trees.iter().map(|tree| tree.bytes);
    let files = manifest.trees.iter().map(|tree| tree.files);
    let count = manifest.databases.len() as u64;
    let bytes = dumps.chain(trees).fold(0, u64::saturating_add);
    (bytes, files.fold(count, u64::saturating_add))
}
