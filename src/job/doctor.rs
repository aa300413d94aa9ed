//! Finding out by trying what the bucket of a repository honors and what its key may do.
//!
//! Everything is tried on objects of the trial's own, which nobody reads; what is locked for the
//! trial is locked for minutes, and stays as an old version until the rules of the bucket remove
//! it. What could not be tried, or whose answer says neither yes nor no, is unproven and says so;
//! it is never counted as good.

use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::audit::{Deed, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args, Message};
use crate::config::settings::{Bucket, Store};
use crate::job::fault::JobFault;
use crate::job::place::{self, lock_mode};
use crate::job::site::Site;
use crate::repository::RepositoryError;
use crate::store::retry::Retrying;
use crate::store::s3::{Conditions, Lifecycle, S3Store};
use crate::store::versions::{Lock, LockMode, VersionId, Versions as _};
use crate::store::{ObjectName, ObjectStore as _, StoreError};

/// Long enough for every step of the trial with its retries, short enough to leave no waste.
const TRIAL: SignedDuration = SignedDuration::from_mins(20);

/// A lock is tried to be moved by so much, both ways.
const STEP: SignedDuration = SignedDuration::from_mins(5);

/// Clocks that differ more make `--as-of` miss what was written meanwhile. A machine with NTP is
/// within a second.
const SKEW_MAX: Duration = Duration::from_mins(1);

/// What is examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// That what is overwritten stays readable.
    Versions,
    /// That the key may not remove a version.
    Removal,
    /// That a lock can be set, in the mode of the configuration.
    Lock,
    /// That it can be extended.
    Extension,
    /// That it cannot be shortened.
    Shortening,
    /// That it holds against a deletion of the version.
    Deletion,
    /// That the key may not lift locks of governance.
    Bypass,
    /// That the key may not set rules for old versions.
    Lifecycle,
    /// That the clocks agree.
    Clock,
    /// That conditional writes are honored.
    Conditions,
}

impl Subject {
    /// Its word in the log and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Versions => "versions",
            Self::Removal => "removal",
            Self::Lock => "lock",
            Self::Extension => "extension",
            Self::Shortening => "shortening",
            Self::Deletion => "deletion",
            Self::Bypass => "bypass",
            Self::Lifecycle => "lifecycle",
            Self::Clock => "clock",
            Self::Conditions => "conditions",
        }
    }
}

/// What came of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It is as it must be.
    Proven,
    /// It could not be found out.
    Unproven,
    /// It is not as it must be.
    Refuted,
}

impl Proof {
    /// Its word in the log and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Unproven => "unproven",
            Self::Refuted => "refuted",
        }
    }
}

/// One trial.
#[derive(Clone, Debug)]
pub struct Trial {
    /// What was examined.
    pub subject: Subject,
    /// What came of it.
    pub proof: Proof,
    /// What was seen.
    pub seen: Message,
}

/// All trials of one repository.
#[derive(Clone, Debug)]
pub struct Examined {
    /// How objects are to be locked; nothing where they are not.
    pub mode: Option<LockMode>,
    /// In the order in which they were made.
    pub trials: Vec<Trial>,
}

impl Examined {
    /// Done; failed where something is not as it must be; with warnings where something that could
    /// be known is not.
    pub fn exit(&self) -> ExitCode {
        let any = |proof| self.trials.iter().any(|trial| trial.proof == proof);
        // That a lock holds against a deletion cannot be seen with a key that may delete nothing.
        let open =
            |trial: &Trial| trial.proof == Proof::Unproven && trial.subject != Subject::Deletion;
        if any(Proof::Refuted) {
            ExitCode::Failed
        } else if self.mode.is_none() || self.trials.iter().any(open) {
            ExitCode::Warnings
        } else {
            ExitCode::Done
        }
    }
}

/// Examines the bucket of the repository of this name.
pub fn examine(site: &Site, name: &str) -> Result<Examined, AnyFault> {
    let Store::S3(bucket) = &site.repository(name)?.store else {
        return Err(JobFault::NoBucket { repository: name.to_owned() }.into());
    };
    site.protective(Deed::new("repository.doctor", name), |_| {
        let examined = try_all(site, bucket)?;
        let trials: Vec<_> = examined
            .trials
            .iter()
            .map(|trial| json!({"subject": trial.subject.as_str(), "proof": trial.proof.as_str()}))
            .collect();
        let outcome = match examined.exit() {
            ExitCode::Done => Outcome::done(),
            ExitCode::Warnings => Outcome::warnings(),
            _ => Outcome::failed("repository.unsafe-bucket"),
        };
        Ok((examined, outcome.fact("trials", trials)))
    })
}

fn try_all(site: &Site, bucket: &Bucket) -> Result<Examined, AnyFault> {
    site.progress.phase("phase-doctor");
    let (store, patient) = place::bucket(bucket, &site.world, &site.cancel)?;
    let entropy = &*site.world.entropy;
    let named = || S3Store::name_for_trial(entropy).map_err(RepositoryError::from);
    let mode = bucket.object_lock.map(|lock| lock_mode(lock.mode));
    let (open, held, yielding) = (named()?, named()?, named()?);
    let try_name = S3Store::name_to_try(entropy).map_err(RepositoryError::from)?;
    let now = site.world.clock.now();
    let mut bench = Bench { store: &store, patient: &patient, now, trials: Vec::new() };
    let trials = async {
        bench.clock_and_versions(&open, site).await?;
        if let Some(mode) = mode {
            bench.lock(&held, mode).await;
            bench.bypass(&yielding).await;
            bench.lifecycle(&open).await;
        }
        bench.conditions(&try_name).await;
        for name in [&open, &held, &yielding] {
            // Hides what the trial left; that it cannot be removed is the point.
            if let Err(error) = patient.delete(name).await {
                tracing::warn!(error = %error, "An object of the trial is left.");
            }
        }
        Ok::<_, StoreError>(bench.trials)
    };
    let trials = site.world.block_on(trials).map_err(RepositoryError::from)?;
    Ok(Examined { mode, trials })
}

/// Trials on one bucket.
struct Bench<'a> {
    store: &'a S3Store,
    patient: &'a Retrying,
    now: Timestamp,
    trials: Vec<Trial>,
}

const FIRST: Bytes = Bytes::from_static(b"first");
const SECOND: Bytes = Bytes::from_static(b"second");

impl Bench<'_> {
    fn note(&mut self, subject: Subject, proof: Proof, seen: &'static str) {
        self.trials.push(Trial { subject, proof, seen: Message::new(seen) });
    }

    /// An answer that is neither the one hoped for nor its contrary.
    fn unclear(&mut self, subject: Subject, error: &StoreError) {
        let seen = Message::with("doctor-unclear", Args::none().text("detail", error));
        self.trials.push(Trial { subject, proof: Proof::Unproven, seen });
    }

    /// What must be refused for lack of a right or because of a lock.
    fn refused(
        &mut self,
        subject: Subject,
        tried: Result<(), StoreError>,
        seen: [&'static str; 2],
    ) -> bool {
        match tried {
            Err(StoreError::Denied { .. } | StoreError::Locked { .. }) => {
                self.note(subject, Proof::Proven, seen[0]);
                true
            }
            Ok(()) => {
                self.note(subject, Proof::Refuted, seen[1]);
                false
            }
            Err(error) => {
                self.unclear(subject, &error);
                false
            }
        }
    }

    /// A bucket that takes no object at all is a fault and no finding.
    async fn clock_and_versions(
        &mut self,
        name: &ObjectName,
        site: &Site,
    ) -> Result<(), StoreError> {
        let first = self.write(name, FIRST, None).await?;
        let second = self.write(name, SECOND, None).await?;
        let (before, after) = (self.now, site.world.clock.now());
        let told = self.patient.persist(|| Box::pin(self.store.describe_latest(name))).await?;
        self.judge_clock(told.written, before, after);
        let (Some(first), Some(_second)) = (first, second) else {
            self.note(Subject::Versions, Proof::Refuted, "doctor-versions-none");
            return Ok(());
        };
        match self.patient.get_version(name, &first).await {
            Ok(read) if read == FIRST => {
                let says = self.patient.persist(|| Box::pin(self.store.says_versioned())).await;
                let seen = match says {
                    Ok(false) => ("doctor-versions-suspended", Proof::Refuted),
                    _ => ("doctor-versions-kept", Proof::Proven),
                };
                self.note(Subject::Versions, seen.1, seen.0);
            }
            // There is no version that a right could be about: some servers take the id of one and
            // remove what the name shows.
            Ok(_) | Err(StoreError::Missing { .. }) => {
                self.note(Subject::Versions, Proof::Refuted, "doctor-versions-lost");
                return Ok(());
            }
            Err(error) => self.unclear(Subject::Versions, &error),
        }
        let tried =
            self.patient.persist(|| Box::pin(self.store.remove_version(name, &first, false))).await;
        self.refused(Subject::Removal, tried, ["doctor-removal-refused", "doctor-removal-done"]);
        Ok(())
    }

    /// The server wrote between the two, by our clock; it counts in whole seconds.
    fn judge_clock(&mut self, written: Timestamp, before: Timestamp, after: Timestamp) {
        let early = before.duration_since(written) - SignedDuration::from_secs(1);
        let late = written.duration_since(after);
        let off = Duration::try_from(early.max(late)).unwrap_or_default();
        let (proof, seen) = if off <= SKEW_MAX {
            (Proof::Proven, "doctor-clock-near")
        } else {
            (Proof::Refuted, "doctor-clock-far")
        };
        let args = Args::none().number("seconds", off.as_secs());
        self.trials.push(Trial { subject: Subject::Clock, proof, seen: Message::with(seen, args) });
    }

    async fn write(
        &self,
        name: &ObjectName,
        bytes: Bytes,
        lock: Option<Lock>,
    ) -> Result<Option<VersionId>, StoreError> {
        self.patient.persist(|| Box::pin(self.store.overwrite(name, bytes.clone(), lock))).await
    }

    async fn change(
        &self,
        name: &ObjectName,
        id: &VersionId,
        lock: Lock,
        bypass: bool,
    ) -> Result<(), StoreError> {
        self.patient.persist(|| Box::pin(self.store.change_lock(name, id, lock, bypass))).await
    }

    async fn lock(&mut self, name: &ObjectName, mode: LockMode) {
        let lock = Lock { mode, until: whole(self.now + TRIAL) };
        let id = match self.write(name, FIRST, Some(lock)).await {
            Ok(Some(id)) => id,
            Ok(None) | Err(StoreError::NoLock { .. }) => {
                return self.note(Subject::Lock, Proof::Refuted, "doctor-lock-none");
            }
            Err(error) => return self.unclear(Subject::Lock, &error),
        };
        match self.patient.lock_of(name, &id).await {
            Ok(Some(told)) if told == lock => {
                self.note(Subject::Lock, Proof::Proven, "doctor-lock-told");
            }
            Ok(_) => self.note(Subject::Lock, Proof::Refuted, "doctor-lock-not-told"),
            Err(error) => self.unclear(Subject::Lock, &error),
        }
        let longer = Lock { mode, until: lock.until + STEP };
        let extended = self.change(name, &id, longer, false).await;
        let told = self.patient.lock_of(name, &id).await;
        let may_change = extended.is_ok() && told.as_ref().is_ok_and(|told| *told == Some(longer));
        match (extended, told) {
            _ if may_change => self.note(Subject::Extension, Proof::Proven, "doctor-extended"),
            (Err(StoreError::Denied { .. }), _) | (Ok(()), Ok(_)) => {
                self.note(Subject::Extension, Proof::Refuted, "doctor-not-extended");
            }
            (Err(error), _) | (_, Err(error)) => self.unclear(Subject::Extension, &error),
        }
        let shorter = Lock { mode, until: lock.until - STEP };
        let tried = self.change(name, &id, shorter, false).await;
        if may_change {
            let seen = ["doctor-shortening-refused", "doctor-shortening-done"];
            self.refused(Subject::Shortening, tried, seen);
        } else {
            // A key that may change no lock is refused for that reason, not because of the lock.
            self.note(Subject::Shortening, Proof::Unproven, "doctor-shortening-unclear");
        }
        self.deletion(name, &id).await;
    }

    async fn deletion(&mut self, name: &ObjectName, id: &VersionId) {
        let may_remove = self
            .trials
            .iter()
            .any(|trial| trial.subject == Subject::Removal && trial.proof == Proof::Refuted);
        let tried =
            self.patient.persist(|| Box::pin(self.store.remove_version(name, id, false))).await;
        match tried {
            Err(StoreError::Denied { .. } | StoreError::Locked { .. }) if !may_remove => {
                self.note(Subject::Deletion, Proof::Unproven, "doctor-deletion-unclear");
            }
            tried => {
                let seen = ["doctor-deletion-refused", "doctor-deletion-done"];
                self.refused(Subject::Deletion, tried, seen);
            }
        }
    }

    /// A lock of governance must yield to nobody who has this key.
    async fn bypass(&mut self, name: &ObjectName) {
        let mode = LockMode::Governance;
        let lock = Lock { mode, until: whole(self.now + TRIAL) };
        let id = match self.write(name, FIRST, Some(lock)).await {
            Ok(Some(id)) => id,
            Ok(None) => return self.note(Subject::Bypass, Proof::Unproven, "doctor-lock-none"),
            Err(error) => return self.unclear(Subject::Bypass, &error),
        };
        let shorter = Lock { mode, until: lock.until - STEP };
        let tried = self.change(name, &id, shorter, true).await;
        self.refused(Subject::Bypass, tried, ["doctor-bypass-refused", "doctor-bypass-done"]);
    }

    async fn lifecycle(&mut self, name: &ObjectName) {
        let tried = self.patient.persist(|| Box::pin(self.store.try_lifecycle(name))).await;
        let (proof, seen) = match tried {
            Ok(Lifecycle::Refused) => (Proof::Proven, "doctor-lifecycle-refused"),
            Ok(Lifecycle::Allowed) => (Proof::Refuted, "doctor-lifecycle-done"),
            Ok(Lifecycle::HasRules) => (Proof::Unproven, "doctor-lifecycle-rules"),
            Ok(Lifecycle::Unknown) => (Proof::Unproven, "doctor-lifecycle-unknown"),
            Err(error) => return self.unclear(Subject::Lifecycle, &error),
        };
        self.note(Subject::Lifecycle, proof, seen);
    }

    async fn conditions(&mut self, name: &ObjectName) {
        let tried = self.patient.persist(|| Box::pin(self.store.conditions(name))).await;
        let (proof, seen) = match tried {
            Ok(Conditions::Honored) => (Proof::Proven, "doctor-conditions-honored"),
            Ok(Conditions::Ignored | Conditions::Unknown) => {
                (Proof::Unproven, "doctor-conditions-ignored")
            }
            Err(error) => return self.unclear(Subject::Conditions, &error),
        };
        self.note(Subject::Conditions, proof, seen);
    }
}

/// A time in whole seconds, as locks have it.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
