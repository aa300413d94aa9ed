//! What a restore will do, as plain data, before anything of it is done.
//!
//! Printed, given as JSON and compared in tests: which set out of which repository, what is written
//! and what stands in its way, whether there is room for it, what the target servers lack, and how
//! long it takes by what was measured. An obstacle is a reason why it would fail for certain: with
//! one, nothing is begun.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::audit::Reader;
use crate::base::fault::AnyFault;
use crate::base::manifest::{Manifest, SealedPart};
use crate::job::fault::JobFault;
use crate::job::restore::instant::Ahead;
use crate::job::restore::rates::{Expected, Phase, Rates};
use crate::job::restore::target::Load;
use crate::job::restore::{Outline, Request};
use crate::job::site::{Layout, Site};
use crate::repository::SnapshotId;
use crate::source::Database;
use crate::source::fit::Misfit;
use crate::world::files;

/// So far back measurements are looked for: years of a portal's sets and drills, and read in a
/// second.
const ENTRIES_MAX: u64 = 100_000;

/// What will be done.
#[derive(Debug)]
pub struct Plan {
    /// The set.
    pub set: SnapshotId,
    /// When taking it began.
    pub taken: Timestamp,
    /// The repository's name in the configuration.
    pub repository: String,
    /// Where it lies.
    pub place: String,
    /// Files and bytes, and what stands in their places now.
    pub outline: Outline,
    /// What of the set is restored, where it is not all: files of a database are named one by one.
    pub only: Vec<PathBuf>,
    /// Databases that are loaded.
    pub loads: Vec<PlannedLoad>,
    /// Room on the disks of this machine that are written to. What a database server's own disk
    /// has is not known.
    pub space: Vec<Space>,
    /// What takes time, and how long.
    pub phases: Vec<PlannedPhase>,
    /// Whether files of what serves the public may be written over: then a set of it is taken as
    /// evidence before. A database is never written over.
    pub over_production: bool,
    /// Why it would fail; with any, nothing is begun.
    pub obstacles: Vec<AnyFault>,
}

/// A database that is loaded.
#[derive(Debug)]
pub struct PlannedLoad {
    /// Its name in the set.
    pub name: String,
    /// Its engine.
    pub engine: String,
    /// The version of the server that was dumped.
    pub version: String,
    /// Bytes of the dump.
    pub bytes: u64,
    /// Tables, as far as the manifest counts them.
    pub tables: usize,
    /// Rows of them.
    pub rows: u64,
    /// Where to, as the person wrote it.
    pub target: String,
    /// The version of the server there; empty where there is none.
    pub server: String,
    /// What may not fit, and yet does not stop the load.
    pub cautions: Vec<Misfit>,
}

/// Room on a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// A folder on it.
    pub path: PathBuf,
    /// Bytes needed.
    pub needed: u64,
    /// Bytes free.
    pub free: u64,
    device: u64,
}

/// Something that takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedPhase {
    /// What.
    pub phase: Phase,
    /// Bytes of it.
    pub bytes: u64,
    /// What it is expected to take; `None` where nothing of the kind was ever measured here.
    pub expected: Option<Expected>,
}

impl Plan {
    /// The shortest and the longest time for all of it; `None` where a part is unknown.
    pub fn expected(&self) -> Option<(Duration, Duration)> {
        let mut all = (Duration::ZERO, Duration::ZERO);
        for phase in &self.phases {
            let expected = phase.expected?;
            all.0 = all.0.saturating_add(expected.least);
            all.1 = all.1.saturating_add(expected.most);
        }
        (!self.phases.is_empty()).then_some(all)
    }
}

/// All that a plan is made of.
pub(super) struct Ground<'a> {
    pub(super) site: &'a Site,
    pub(super) request: &'a Request,
    pub(super) repository: &'a str,
    pub(super) set: SnapshotId,
    pub(super) manifest: &'a Manifest,
    pub(super) outline: Outline,
    pub(super) only: Vec<PathBuf>,
    pub(super) loads: &'a [Load],
    pub(super) over_production: bool,
    /// Sealed parts that are opened where they were restored.
    pub(super) opening: &'a [&'a SealedPart],
    /// What an instant takes beside that.
    pub(super) ahead: Ahead,
}

impl Ground<'_> {
    /// Puts the plan together. Asks the target servers and the disks, and changes nothing.
    pub(super) fn plan(self) -> Result<Plan, AnyFault> {
        let mut obstacles: Vec<AnyFault> = Vec::new();
        let mut loads = Vec::new();
        for load in self.loads {
            loads.push(self.planned(load, &mut obstacles)?);
        }
        let space = self.space()?;
        if !self.request.despite_space {
            obstacles.extend(space.iter().filter(|one| one.free < one.needed).map(|one| {
                let Space { path, needed, free, .. } = one.clone();
                AnyFault::from(JobFault::NoSpace { path, free, needed })
            }));
        }
        let phases = self.phases();
        Ok(Plan {
            set: self.set,
            taken: self.manifest.started,
            repository: self.repository.to_owned(),
            place: self.site.store(self.repository)?.location(),
            outline: self.outline,
            only: self.only,
            loads,
            space,
            phases,
            over_production: self.over_production,
            obstacles,
        })
    }

    fn planned(&self, load: &Load, obstacles: &mut Vec<AnyFault>) -> Result<PlannedLoad, AnyFault> {
        let facts = &load.facts;
        // One table goes into a database that may hold others; the load looks for that table.
        let alone = !self.request.tables.is_empty();
        let fit = load.target.fit(facts, load.globals.as_deref(), &self.site.world)?;
        let mut cautions = Vec::new();
        for misfit in fit.misfits {
            match misfit {
                Misfit::NotEmpty { .. } | Misfit::Roles { .. } if alone => {}
                misfit if misfit.blocks() => obstacles.push(misfit.into()),
                misfit => cautions.push(misfit),
            }
        }
        let wanted = |name: &str| !alone || self.request.tables.iter().any(|one| one == name);
        let tables = facts.inventory.tables.iter().filter(|(name, _)| wanted(name));
        let (mut count, mut rows) = (0, 0);
        for (_, table) in tables {
            count += 1;
            rows += table.rows;
        }
        Ok(PlannedLoad {
            name: load.name.clone(),
            engine: facts.engine.clone(),
            version: facts.engine_version.clone(),
            bytes: facts.dump_bytes,
            tables: count,
            rows,
            target: load.written.clone(),
            server: fit.server,
            cautions,
        })
    }

    /// Room for the files, and for databases that are files.
    fn space(&self) -> Result<Vec<Space>, AnyFault> {
        let files = self.outline.space_bytes;
        let needed = files.saturating_add(self.room_to_open()).saturating_add(self.ahead.log);
        let mut spaces = vec![Space::of(&self.request.target, needed)?];
        for load in self.loads {
            let Database::Sqlite(settings) = &load.target else { continue };
            let folder = settings.path.parent().unwrap_or(Path::new("/"));
            let one = Space::of(folder, load.facts.dump_bytes)?;
            match spaces.iter_mut().find(|there| there.device == one.device) {
                Some(there) => there.needed = there.needed.saturating_add(one.needed),
                None => spaces.push(one),
            }
        }
        Ok(spaces)
    }

    /// What opening takes beside the sealed files: by how much they grow, and the file that is being
    /// written while its sealed one is still there. A dump may be one file; of a tree it is one of
    /// many, which nobody has to keep room for twice.
    fn room_to_open(&self) -> u64 {
        let (mut growth, mut partial) = (0_u64, 0);
        for part in self.opening {
            let plain = self.plain_bytes(part);
            let sealed = part.bytes.min(self.outline.bytes);
            growth = growth.saturating_add(plain.saturating_sub(sealed));
            if part.part.starts_with(Layout::DATABASES) {
                partial = plain.max(partial);
            }
        }
        growth.saturating_add(partial)
    }

    /// Plain bytes of a part, as far as it is restored: where that is less than the part, its share.
    fn plain_bytes(&self, part: &SealedPart) -> u64 {
        if self.outline.bytes >= part.bytes {
            return part.plain_bytes;
        }
        let share = u128::from(part.plain_bytes) * u128::from(self.outline.bytes);
        u64::try_from(share / u128::from(part.bytes)).unwrap_or(u64::MAX)
    }

    fn phases(&self) -> Vec<PlannedPhase> {
        let rates = self.rates();
        let fetch = self.outline.bytes.saturating_sub(self.outline.kept_bytes);
        let loaded = |load: &&Load| !matches!(load.target, Database::Sqlite(_));
        let load = if self.request.tables.is_empty() {
            self.loads.iter().filter(loaded).map(|load| load.facts.dump_bytes).sum()
        } else {
            // Nothing but the files of these tables is restored.
            self.loads.iter().find(loaded).map_or(0, |_| self.outline.bytes)
        };
        let opened = self.opening.iter().map(|part| self.plain_bytes(part)).sum();
        let (open, log) = ((Phase::Open, opened), (Phase::Log, self.ahead.work));
        [(Phase::Fetch, fetch), open, (Phase::Load, load), log]
            .into_iter()
            .filter(|(_, bytes)| *bytes > 0)
            .map(|(phase, bytes)| PlannedPhase {
                phase,
                bytes,
                expected: rates.expected(phase, bytes),
            })
            .collect()
    }

    /// After the loss of a host there may be no log, or one that cannot be read: nothing is known.
    fn rates(&self) -> Rates {
        measured(self.site, &self.request.portal, self.repository).unwrap_or_default()
    }
}

/// What drills and restores on record measured for this portal and repository.
pub(in crate::job) fn measured(
    site: &Site,
    portal: &str,
    repository: &str,
) -> Result<Rates, AnyFault> {
    let reader = Reader::open(&site.settings.audit_dir())?;
    let newest = reader.size().saturating_sub(ENTRIES_MAX)..reader.size();
    Ok(Rates::of(reader.range(newest), portal, repository)?)
}

impl Space {
    /// The disk on which `path` lies or would lie.
    fn of(path: &Path, needed: u64) -> Result<Self, AnyFault> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let there = path.ancestors().find_map(|folder| Some((folder, folder.metadata().ok()?)));
        let (folder, metadata) = there.ok_or(JobFault::Scratch {
            path: path.clone(),
            reason: "no folder on its way exists",
        })?;
        let free = files::free_bytes(folder)?;
        Ok(Self { path: folder.to_owned(), needed, free, device: metadata.dev() })
    }
}
