//! Rebuilding a lost duphong host from a repository and its password alone.
//!
//! Every set carries duphong's own configuration and a copy of its audit log. `recover` brings
//! both back into a new folder, verifies the old log, and begins a new one whose first entry names
//! the old log's last head: the old signing key is lost with the host, and is not needed. Nothing
//! outside the new folder is touched.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::audit::verify::{self, Verdict};
use crate::base::cancel::Cancel;
use crate::base::fault::AnyFault;
use crate::base::progress::Progress;
use crate::base::secret::Secret;
use crate::job::fault::JobFault;
use crate::job::site::Layout;
use crate::repository::browse::Browser;
use crate::repository::restore::{self, RestoreOptions};
use crate::repository::snapshot::Snapshot;
use crate::repository::{Repository, RepositoryError, SnapshotId};
use crate::store::disk::DiskStore;
use crate::world::World;
use crate::world::files;

/// What there still is.
#[derive(Clone, Debug)]
pub struct Request {
    /// The repository's folder.
    pub repository: PathBuf,
    /// A file with its password.
    pub password: PathBuf,
    /// The new folder: not there yet, or empty.
    pub folder: PathBuf,
}

/// What was brought back.
#[derive(Debug)]
pub struct Recovered {
    /// The newest set that holds what is needed.
    pub set: SnapshotId,
    /// When that set was taken.
    pub taken: jiff::Timestamp,
    /// The configuration as it was.
    pub configuration: PathBuf,
    /// The copy of the old log.
    pub log: PathBuf,
    /// Entries in it.
    pub entries: u64,
    /// Whether it verifies.
    pub verdict: Verdict,
    /// Sets in the repository.
    pub sets: usize,
}

/// Recovers a host.
pub fn run(
    request: &Request,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<Recovered, AnyFault> {
    refuse_full(&request.folder)?;
    let password = Secret::from_file_content(files::read(&request.password)?);
    let store = DiskStore::open(&request.repository).map_err(RepositoryError::from)?;
    let repository = Repository::open(Arc::new(store), &password, world)?;
    let snapshots = repository.snapshots()?.sets;
    let sets = snapshots.len();
    let browser = Browser::new(&repository)?;
    let own = format!("{}/duphong.yaml", Layout::OWN);
    let has_own = |snapshot: &Snapshot| browser.find(&snapshot.tree, own.as_bytes()).is_ok();
    let newest = snapshots.into_iter().rev().find(|(_, snapshot)| has_own(snapshot));
    let (set, snapshot) = newest.ok_or_else(|| JobFault::NoSet {
        portal: "*".to_owned(),
        repository: request.repository.display().to_string(),
    })?;
    let options =
        RestoreOptions { only: vec![PathBuf::from(Layout::OWN)], ..RestoreOptions::default() };
    restore::restore(&repository, &set, &request.folder, &options, progress, cancel)?;
    let old = request.folder.join(Layout::OWN);
    let configuration = request.folder.join("duphong.yaml");
    files::rename_durably(&old.join("duphong.yaml"), &configuration)?;
    let log = request.folder.join("audit-before");
    files::rename_durably(&old.join("audit"), &log)?;
    std::fs::remove_dir(&old).map_err(files::FileError::io("remove", &old))?;
    let report = verify::verify(&log, &verify::Options::default())?;
    Ok(Recovered {
        set,
        taken: snapshot.time,
        configuration,
        log,
        entries: report.entries,
        verdict: report.verdict,
        sets,
    })
}

fn refuse_full(folder: &Path) -> Result<(), AnyFault> {
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(JobFault::NotEmpty { path: folder.to_owned() }.into());
    }
    Ok(())
}
