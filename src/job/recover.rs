//! Rebuilding a lost duphong host from a repository and its password alone.
//!
//! Every set carries duphong's own configuration and a copy of its audit log. `recover` brings
//! both back into a new folder, verifies the old log, and, where the configuration's own places
//! are still empty, puts the password there and begins a new log whose first entry names the old
//! log's last head: the old signing key is lost with the host, and is not needed.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::audit::Log;
use crate::audit::verify::{Report, Trust, verify};
use crate::base::cancel::Cancel;
use crate::base::fault::AnyFault;
use crate::base::progress::Progress;
use crate::base::secret::Secret;
use crate::config;
use crate::config::secret::SecretSource;
use crate::config::settings::{Settings, Store};
use crate::job::fault::JobFault;
use crate::job::init;
use crate::job::place;
use crate::job::site::Layout;
use crate::repository::browse::Browser;
use crate::repository::restore::{self, RestoreOptions};
use crate::repository::snapshot::Snapshot;
use crate::repository::{Repository, SnapshotId};
use crate::world::World;
use crate::world::files;

/// Why the new log begins where the old one ended.
const REASON: &str = "the host was rebuilt from a repository; the old signing key is lost";

/// What there still is.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where the repository lies.
    pub repository: Store,
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
    pub taken: Timestamp,
    /// The configuration as it was.
    pub configuration: PathBuf,
    /// The copy of the old log.
    pub old_log: PathBuf,
    /// What the verifier says of it.
    pub old_log_report: Report,
    /// The new log, where its place was empty.
    pub new_log: Option<PathBuf>,
    /// Where the password went; nothing where the configuration has no place for it.
    pub password: Option<Placed>,
    /// Where the bucket's access key went, likewise.
    pub credentials: Option<Placed>,
    /// The configuration names no repository in the place this was recovered from: a person must
    /// correct its path, or move the repository there.
    pub repository_elsewhere: bool,
    /// Sets in the repository.
    pub sets: usize,
}

/// What became of a secret that a person brought along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It was written where the configuration wants it.
    At(PathBuf),
    /// Something is there already and was left as it is.
    Kept,
    /// The service is to be passed it under this name, which only the person can see to.
    Credential(String),
}

impl Recovered {
    /// The credentials that the service must be passed before it works again.
    pub fn to_pass(&self) -> Vec<&str> {
        let placed = [&self.password, &self.credentials].into_iter().flatten();
        placed
            .filter_map(|placed| match placed {
                Placed::Credential(name) => Some(name.as_str()),
                Placed::At(_) | Placed::Kept => None,
            })
            .collect()
    }
}

/// Recovers a host.
pub fn run(
    request: &Request,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<Recovered, AnyFault> {
    if std::fs::read_dir(&request.folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(JobFault::NotEmpty { path: request.folder.clone() }.into());
    }
    let password = Secret::from_file_content(files::read(&request.password)?);
    let store = place::open(&request.repository, world, cancel)?;
    let repository = Repository::open(store, &password, world)?;
    let (sets, set, snapshot) = newest(&repository, &request.repository)?;
    let folder = std::path::absolute(&request.folder)
        .map_err(files::FileError::io("resolve", &request.folder))?;
    let options =
        RestoreOptions { only: vec![PathBuf::from(Layout::OWN)], ..RestoreOptions::default() };
    restore::restore(&repository, &set, &folder, &options, progress, cancel)?;
    let (configuration, old_log) = unpack(&folder)?;
    let old_log_report = verify(&old_log, &Trust::default());
    let settings = config::load(&configuration, None)?.settings;
    Ok(Recovered {
        set,
        taken: snapshot.time,
        new_log: begin_log(&settings, &old_log, world)?,
        password: put_password(&settings, &request.repository, &password)?,
        credentials: put_credentials(&settings, &request.repository)?,
        repository_elsewhere: at(&settings, &request.repository).is_none(),
        configuration,
        old_log,
        old_log_report,
        sets,
    })
}

/// The newest set that carries a configuration, and how many sets there are.
fn newest(
    repository: &Repository,
    place: &Store,
) -> Result<(usize, SnapshotId, Snapshot), AnyFault> {
    let snapshots = repository.snapshots()?.sets;
    let sets = snapshots.len();
    let browser = Browser::new(repository)?;
    let own = format!("{}/duphong.yaml", Layout::OWN);
    let has_own = |snapshot: &Snapshot| browser.find(&snapshot.tree, own.as_bytes()).is_ok();
    let newest = snapshots.into_iter().rev().find(|(_, snapshot)| has_own(snapshot));
    let (set, snapshot) =
        newest.ok_or_else(|| JobFault::NoConfigurationInSets { repository: place.to_string() })?;
    Ok((sets, set, snapshot))
}

/// Moves what was restored to where people look for it.
fn unpack(folder: &Path) -> Result<(PathBuf, PathBuf), files::FileError> {
    let own = folder.join(Layout::OWN);
    let configuration = folder.join("duphong.yaml");
    let old_log = folder.join("audit-before");
    files::rename_durably(&own.join("duphong.yaml"), &configuration)?;
    files::rename_durably(&own.join("audit"), &old_log)?;
    std::fs::remove_dir(&own).map_err(files::FileError::io("remove", &own))?;
    Ok((configuration, old_log))
}

fn begin_log(settings: &Settings, old: &Path, world: &World) -> Result<Option<PathBuf>, AnyFault> {
    let folder = settings.audit_dir();
    if folder.exists() {
        return Ok(None);
    }
    files::create_passage_dir(&settings.state)?;
    Log::succeed(&folder, &init::origin(settings), world, old, REASON)?;
    Ok(Some(folder))
}

/// The configured repository that lies in this place.
fn at<'a>(settings: &'a Settings, place: &Store) -> Option<&'a config::settings::Repository> {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    settings.repositories.iter().find(|one| match (&one.store, place) {
        (Store::Disk(path), Store::Disk(place)) => {
            real(path).is_some_and(|path| real(place) == Some(path))
        }
        (Store::S3(_), Store::S3(_)) => one.store.to_string() == place.to_string(),
        _ => false,
    })
}

fn put_password(
    settings: &Settings,
    place: &Store,
    password: &Secret,
) -> Result<Option<Placed>, AnyFault> {
    let Some(repository) = at(settings, place) else { return Ok(None) };
    put_secret(&repository.password, password).map(Some)
}

fn put_credentials(settings: &Settings, place: &Store) -> Result<Option<Placed>, AnyFault> {
    let (Some(repository), Store::S3(given)) = (at(settings, place), place) else {
        return Ok(None);
    };
    let Store::S3(bucket) = &repository.store else { return Ok(None) };
    put_secret(&bucket.credentials, &given.credentials.read()?).map(Some)
}

/// Writes a secret where the configuration wants it, if nothing is there. A credential of the
/// service has no place that could be written.
fn put_secret(source: &SecretSource, secret: &Secret) -> Result<Placed, AnyFault> {
    let path = match source {
        SecretSource::File(path) => path,
        SecretSource::Credential { name, .. } => return Ok(Placed::Credential(name.clone())),
    };
    if path.exists() {
        return Ok(Placed::Kept);
    }
    if let Some(folder) = path.parent() {
        files::create_private_dir(folder)?;
    }
    files::replace_durably(path, secret.expose())?;
    Ok(Placed::At(path.clone()))
}
