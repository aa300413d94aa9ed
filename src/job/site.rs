//! The ground on which every use case stands: settings, world, actor, and who watches.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::audit::{Actor, AuditError, Deed, Intent, Log, Outcome};
use crate::base::cancel::Cancel;
use crate::base::fault::{AnyFault, Message};
use crate::base::progress::Progress;
use crate::base::tag;
use crate::config::settings::{self, Portal, Settings};
use crate::job::fault::JobFault;
use crate::job::place;
use crate::job::unrecorded::Unrecorded;
use crate::repository::layout::Folder;
use crate::repository::lock::Lock;
use crate::repository::snapshot::Snapshot;
use crate::repository::{Repository, RepositoryError};
use crate::scheduler::due::Activation;
use crate::scheduler::ledger;
use crate::store::past::Past;
use crate::store::{ObjectStore, StoreError};
use crate::world::World;
use crate::world::files::{self, FileLock};

/// A configured installation, ready to work.
#[derive(Clone)]
pub struct Site {
    /// The checked settings.
    pub settings: Settings,
    /// The configuration's own text, stored into every set so that a lost host can be rebuilt.
    pub configuration: Vec<u8>,
    /// Clock, entropy, runtime.
    pub world: World,
    /// In whose name entries are written.
    pub actor: Actor,
    /// A wish to stop.
    pub cancel: Cancel,
    /// Who watches.
    pub progress: Arc<dyn Progress>,
    /// What people are to hear at the end.
    pub notices: Notices,
    /// What a schedule started this for; none when a person did.
    pub scheduled: Option<Scheduled>,
    /// What the log does not know yet.
    pub unrecorded: Unrecorded,
}

/// The activation of a schedule that a job runs for: it goes on record with the job's intent.
#[derive(Clone, Debug)]
pub struct Scheduled {
    /// The job's id.
    pub job: String,
    /// What it stands for.
    pub activation: Activation,
    /// Since when the changes waited that brought it about, where no calendar did.
    pub changed: Option<Timestamp>,
    /// Set once an intent has it: what never came so far is recorded as skipped by the daemon.
    recorded: Arc<AtomicBool>,
}

impl Scheduled {
    /// An activation that is not on record yet.
    pub fn new(job: impl Into<String>, activation: Activation) -> Self {
        Self { job: job.into(), activation, changed: None, recorded: Arc::default() }
    }

    /// The same, brought about by changes that wait since then.
    #[must_use]
    pub fn after(self, changed: Option<Timestamp>) -> Self {
        Self { changed, ..self }
    }

    /// Whether an intent has it.
    pub fn is_recorded(&self) -> bool {
        self.recorded.load(Ordering::SeqCst)
    }
}

/// Messages that are no fault and yet must not be lost, such as what a killed run left in the log:
/// that is put right, and told, only once. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Notices(Arc<Mutex<Vec<Message>>>);

impl Notices {
    /// Adds some.
    pub fn add(&self, messages: impl IntoIterator<Item = Message>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(messages);
    }

    /// Hands them out, in their order; whoever asks next gets only newer ones.
    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Site {
    /// The portal of this id.
    pub fn portal(&self, id: &str) -> Result<&Portal, JobFault> {
        self.settings.portal(id).ok_or_else(|| JobFault::UnknownPortal {
            portal: id.to_owned(),
            known: names(self.settings.portals.iter().map(|portal| portal.id.as_str())),
        })
    }

    /// The repository of this name.
    pub fn repository(&self, name: &str) -> Result<&settings::Repository, JobFault> {
        self.settings.repository(name).ok_or_else(|| JobFault::UnknownRepository {
            repository: name.to_owned(),
            known: names(self.settings.repositories.iter().map(|one| one.name.as_str())),
        })
    }

    /// Opens the repository of this name with its configured password.
    pub fn open(&self, name: &str) -> Result<Repository, AnyFault> {
        let password = self.repository(name)?.password.read()?;
        Ok(Repository::open(self.store(name)?, &password, &self.world)?)
    }

    /// Opens it as it was at a time, if one is given: then it can only be read.
    pub fn open_as_of(&self, name: &str, as_of: Option<Timestamp>) -> Result<Repository, AnyFault> {
        let password = self.repository(name)?.password.read()?;
        Ok(Repository::open(self.store_as_of(name, as_of)?, &password, &self.world)?)
    }

    /// Where its objects lie, as they were at a time, if one is given. Locks of that time say
    /// nothing about now and are not seen.
    pub fn store_as_of(
        &self,
        name: &str,
        as_of: Option<Timestamp>,
    ) -> Result<Arc<dyn ObjectStore>, AnyFault> {
        let store = self.store(name)?;
        let Some(at) = as_of else { return Ok(store) };
        let past = Past::of(store, at, Folder::Locks.prefix());
        Ok(Arc::new(self.world.block_on(past).map_err(RepositoryError::from)?))
    }

    /// Where the objects of the repository of this name lie.
    pub fn store(&self, name: &str) -> Result<Arc<dyn ObjectStore>, AnyFault> {
        place::open(&self.repository(name)?.store, &self.world, &self.cancel)
    }

    /// The audit log, which `init` or `recover` has made. What opening it put right becomes a
    /// notice.
    pub fn log(&self) -> Result<Log, AnyFault> {
        self.initialised()?;
        Ok(self.open_log()?)
    }

    fn open_log(&self) -> Result<Log, AuditError> {
        let log = Log::open(&self.settings.audit_dir(), &self.world)?;
        self.notices.add(log.recovery().messages());
        Ok(log)
    }

    /// Whether `init` or `recover` has made the log's folder.
    pub fn initialised(&self) -> Result<(), JobFault> {
        if self.settings.audit_dir().is_dir() {
            return Ok(());
        }
        Err(JobFault::NotInitialised { state: self.settings.state.clone() })
    }

    /// Keeps two runs of the same kind of work on the same subject apart, until it is dropped.
    pub fn exclusively(&self, work: &str, subject: &str) -> Result<FileLock, AnyFault> {
        let folder = self.settings.state.join("locks");
        files::create_private_dir(&folder)?;
        Ok(FileLock::acquire(&folder.join(format!("{work}-{subject}.lock")))?)
    }

    /// Stops between two steps if someone asked for it.
    pub fn go_on(&self) -> Result<(), JobFault> {
        if self.cancel.is_cancelled() { Err(JobFault::Interrupted) } else { Ok(()) }
    }

    /// Does `effect` between an intent and its outcome: without a recorded intent there is no
    /// effect, and a fault is an outcome too.
    pub fn recorded<T>(
        &self,
        log: &Log,
        deed: Deed,
        effect: impl FnOnce() -> Result<(T, Outcome), AnyFault>,
    ) -> Result<T, AnyFault> {
        let intent = log.intend(&self.actor, self.for_schedule(deed))?;
        self.on_record();
        settle(log, intent, caught(effect))
    }

    /// The same for work that protects and destroys nothing: it is done even while the log cannot
    /// be written, and goes on record late. `effect` is given the log where there is one to use.
    pub fn protective<T>(
        &self,
        deed: Deed,
        effect: impl FnOnce(Option<&Log>) -> Result<(T, Outcome), AnyFault>,
    ) -> Result<T, AnyFault> {
        self.initialised()?;
        let deed = self.for_schedule(deed);
        let began = self.world.clock.now();
        let announced = self.open_log().and_then(|log| {
            let intent = log.intend(&self.actor, deed.clone())?;
            Ok((log, intent))
        });
        let (log, intent) = match announced {
            Ok((log, intent)) => (Some(log), Some(intent)),
            Err(fault) => {
                self.unrecorded.begin(began, &fault);
                (None, None)
            }
        };
        self.on_record();
        let result = caught(|| effect(log.as_ref()));
        let outcome = match &result {
            Ok((_, outcome)) => outcome.clone(),
            Err(fault) => Outcome::fault(fault.as_ref()),
        };
        // A log that fills up in between loses the outcome only: the whole goes on record late.
        let settled = log.zip(intent).map(|(log, intent)| log.settle(intent, outcome.clone()));
        match settled {
            Some(Ok(())) => {}
            Some(Err(fault)) => {
                self.unrecorded.begin(self.world.clock.now(), &fault);
                self.keep(began, deed, outcome);
            }
            None => self.keep(began, deed, outcome),
        }
        result.map(|(value, _)| value)
    }

    /// Records a fact that has no effect of ours; while the log cannot be written, it is kept for
    /// later.
    pub fn note(&self, deed: Deed) {
        let now = self.world.clock.now();
        let noted = self.open_log().and_then(|log| log.record(&self.actor, deed.clone()));
        if let Err(fault) = noted {
            self.unrecorded.begin(now, &fault);
            self.unrecorded.keep(&self.actor, now, deed, None);
        }
    }

    fn keep(&self, began: jiff::Timestamp, deed: Deed, outcome: Outcome) {
        self.unrecorded.keep(&self.actor, began, deed, Some(outcome));
        if self.catch_up_record().is_err() {
            self.notices.add([Message::new("job-unrecorded")]);
        }
    }

    /// Writes down what was done while the log could not be written, if it can be now.
    pub fn catch_up_record(&self) -> Result<(), AuditError> {
        self.unrecorded.record(|| self.open_log())
    }

    /// Adds to `deed` the activation that it is done for.
    pub fn for_schedule(&self, mut deed: Deed) -> Deed {
        if let Some(scheduled) = &self.scheduled {
            for (name, value) in ledger::facts(&scheduled.job, &scheduled.activation) {
                deed = deed.fact(name, value);
            }
            if let Some(changed) = scheduled.changed {
                deed = deed.fact("changed-since", changed.to_string());
            }
        }
        deed
    }

    /// Says that an intent has the activation.
    pub fn on_record(&self) {
        if let Some(scheduled) = &self.scheduled {
            scheduled.recorded.store(true, Ordering::SeqCst);
        }
    }
}

/// Does the effect; a panic in it is a fault like others, so that it has an outcome too.
fn caught<T>(effect: impl FnOnce() -> Result<T, AnyFault>) -> Result<T, AnyFault> {
    // What the effect touched is not used afterwards, so a broken invariant in it is not seen.
    catch_unwind(AssertUnwindSafe(effect))
        .unwrap_or_else(|panic| Err(JobFault::Bug { words: words_of(panic.as_ref()) }.into()))
}

/// What a panic said.
pub fn words_of(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    words.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// Keeps whoever removes things out of the repository while it is read. A repository that we may
/// only read cannot be locked, and is read all the same: a rescue must not fail for want of a
/// right to write.
pub fn lock_for_reading(repository: &Repository) -> Result<Option<Lock>, RepositoryError> {
    match repository.lock_shared() {
        Ok(lock) => Ok(Some(lock)),
        Err(RepositoryError::Store(StoreError::Denied { .. })) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Writes the outcome of `intent` and hands the result on.
pub fn settle<T>(
    log: &Log,
    intent: Intent,
    result: Result<(T, Outcome), AnyFault>,
) -> Result<T, AnyFault> {
    match result {
        Ok((value, outcome)) => {
            log.settle(intent, outcome)?;
            Ok(value)
        }
        Err(fault) => {
            // The fault that stopped the work is the one to tell, even if the log fails as well:
            // the intent then stays without outcome, which the next run records as abandoned.
            let outcome = Outcome::fault(fault.as_ref());
            let _unsettled = log.settle(intent, outcome);
            Err(fault)
        }
    }
}

fn names<'a>(of: impl Iterator<Item = &'a str>) -> String {
    of.collect::<Vec<_>>().join(", ")
}

/// The tag by which a snapshot says to which portal it belongs.
pub fn portal_tag(portal: &str) -> String {
    format!("{}{portal}", tag::PORTAL)
}

/// The tag of a set that was taken as evidence, of a portal that may be attacked: it is kept and
/// can be named, but is never what `latest` means.
pub const EVIDENCE_TAG: &str = tag::EVIDENCE;

/// Whether a snapshot is a set of `portal` that a restore may take unasked.
pub fn is_ordinary(snapshot: &Snapshot, portal: &str) -> bool {
    snapshot.tags.contains(&portal_tag(portal)) && !is_evidence(snapshot)
}

/// Whether a snapshot was taken as evidence.
pub fn is_evidence(snapshot: &Snapshot) -> bool {
    snapshot.tags.iter().any(|tag| tag == EVIDENCE_TAG)
}

/// Where the pieces of a set lie below its root.
pub struct Layout;

impl Layout {
    /// Dumps.
    pub const DATABASES: &'static str = "db";
    /// Files of databases that could not be dumped, as they were found; only in evidence.
    pub const RAW: &'static str = "raw";
    /// The manifest.
    pub const MANIFEST: &'static str = "manifest.json";
    /// What is known of sealed databases, itself sealed.
    pub const SEALED: &'static str = "sealed";
    /// duphong's own configuration and a copy of its audit log.
    pub const OWN: &'static str = "duphong";

    /// A database, which is the beginning of every name that its dump has.
    pub fn database(name: &str) -> String {
        format!("{}/{name}", Self::DATABASES)
    }

    /// A file tree.
    pub fn tree(role: crate::base::manifest::TreeRole, name: &str) -> String {
        format!("{}/{name}", role.as_str())
    }
}

/// A folder that is removed when dropped, and by the next run if this one is killed.
pub struct Temporary {
    path: PathBuf,
}

impl Temporary {
    /// Makes an empty private folder; what a killed run left under this name is removed first.
    /// Callers hold a lock that makes the name theirs.
    pub fn create(path: PathBuf) -> Result<Self, AnyFault> {
        if path.exists() {
            std::fs::remove_dir_all(&path).map_err(files::FileError::io("remove", &path))?;
        }
        files::create_private_dir(&path)?;
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next `create` of this name.
        let _left = std::fs::remove_dir_all(&self.path);
    }
}
