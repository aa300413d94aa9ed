//! Locks on what lies in a bucket: how they are written, told, and why they are refused.

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode};
use jiff::{SignedDuration, Timestamp};

use crate::store::s3::S3Store;
use crate::store::s3::answer::{Refusal, expired};
use crate::store::versions::{Lock, LockMode, VersionId};
use crate::store::{Act, ObjectName, StoreError};

/// What the server tells of one version without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its bytes.
    pub size: u64,
    /// When it was written, by the server's clock, in whole seconds.
    pub written: Timestamp,
    /// Its lock, if it has one and we may know it.
    pub lock: Option<Lock>,
}

/// A mode, as the protocol has it for a write.
pub(super) fn mode(mode: LockMode) -> ObjectLockMode {
    match mode {
        LockMode::Compliance => ObjectLockMode::Compliance,
        LockMode::Governance => ObjectLockMode::Governance,
    }
}

/// A time, as the protocol has it: in whole seconds, since some servers take nothing finer.
pub(super) fn date(at: Timestamp) -> DateTime {
    DateTime::from_secs(at.as_second())
}

/// A time that a server told; nothing where no calendar has it.
pub(super) fn instant(at: &DateTime) -> Option<Timestamp> {
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

impl S3Store {
    /// The lock that an object of this name is written with.
    pub(super) fn lock_for(&self, name: &ObjectName) -> Option<Lock> {
        let locking = self.settings.locking?;
        if name.as_str().starts_with(locking.except) {
            return None;
        }
        // A lock that would end after the last year of the calendar ends with it, and is never left
        // out for that.
        let lasting = SignedDuration::try_from(locking.lasting).unwrap_or(SignedDuration::MAX);
        let until = self.clock.now().checked_add(lasting).unwrap_or(Timestamp::MAX);
        Some(Lock { mode: locking.mode, until })
    }

    /// What a refused write means: where a lock was asked for, it may be that alone.
    pub(super) fn sort_locked(
        &self,
        name: &ObjectName,
        lock: Option<Lock>,
        refusal: Refusal,
    ) -> StoreError {
        if lock.is_some() && refusal.knows_no_lock() {
            return StoreError::NoLock { place: self.place(name), detail: refusal.into_words() };
        }
        self.sort(Act::Write, name, refusal)
    }

    /// A refused deletion, with the lock that is the reason if one is. Where that cannot be found
    /// out, the refusal itself is told.
    pub(super) async fn locked(&self, name: &ObjectName, refused: StoreError) -> StoreError {
        let by_right = matches!(refused, StoreError::Denied { .. } | StoreError::Unexpected { .. });
        if !by_right || self.settings.locking.is_none() {
            return refused;
        }
        match self.describe_latest(name).await {
            Ok(Described { lock: Some(lock), .. }) if lock.until > self.clock.now() => {
                StoreError::Locked { place: self.place(name), until: lock.until }
            }
            _ => refused,
        }
    }

    /// What the server tells of what a name shows.
    pub async fn describe_latest(&self, name: &ObjectName) -> Result<Described, StoreError> {
        self.ask_about(name, None).await
    }

    /// What the server tells of one version.
    pub async fn describe(
        &self,
        name: &ObjectName,
        id: &VersionId,
    ) -> Result<Described, StoreError> {
        self.ask_about(name, Some(id)).await
    }

    async fn ask_about(
        &self,
        name: &ObjectName,
        id: Option<&VersionId>,
    ) -> Result<Described, StoreError> {
        let asked = self
            .client
            .head_object()
            .bucket(&self.settings.bucket)
            .key(self.key(name))
            .set_version_id(id.map(ToString::to_string))
            .send();
        let refusal = match tokio::time::timeout(self.deadline(0), asked).await {
            Err(_elapsed) => return Err(expired(self.place(name))),
            Ok(Err(error)) => Refusal::of(&error),
            Ok(Ok(found)) => {
                let size = self.told(name, found.content_length)?;
                let written = found.last_modified.as_ref().and_then(instant);
                let written = written.ok_or_else(|| {
                    self.nonsense_for(name, "it does not say when it was written")
                })?;
                let until = found.object_lock_retain_until_date.as_ref().and_then(instant);
                let mode = found.object_lock_mode.as_ref().and_then(as_mode);
                let lock = mode.zip(until).map(|(mode, until)| Lock { mode, until });
                return Ok(Described { size, written, lock });
            }
        };
        // An answer to this question has no words; a missing version and a missing bucket look
        // alike, and either is a version that is not there.
        if refusal.status == Some(404) {
            return Err(StoreError::Missing { place: self.place(name) });
        }
        Err(self.sort(Act::Read, name, refusal))
    }

    /// Locks one version, or changes its lock; with `bypass`, using the right to lift locks of
    /// governance, which only a trial should.
    pub(super) async fn retain(
        &self,
        name: &ObjectName,
        id: &VersionId,
        lock: Lock,
        bypass: bool,
    ) -> Result<(), StoreError> {
        let retention = ObjectLockRetention::builder()
            .mode(match lock.mode {
                LockMode::Compliance => ObjectLockRetentionMode::Compliance,
                LockMode::Governance => ObjectLockRetentionMode::Governance,
            })
            .retain_until_date(date(lock.until))
            .build();
        let sent = self
            .client
            .put_object_retention()
            .bucket(&self.settings.bucket)
            .key(self.key(name))
            .version_id(id.to_string())
            .retention(retention)
            .set_bypass_governance_retention(bypass.then_some(true))
            .send();
        match tokio::time::timeout(self.deadline(0), sent).await {
            Err(_elapsed) => Err(expired(self.place(name))),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.sort_locked(name, Some(lock), Refusal::of(&error))),
        }
    }
}

fn as_mode(mode: &ObjectLockMode) -> Option<LockMode> {
    match mode {
        ObjectLockMode::Compliance => Some(LockMode::Compliance),
        ObjectLockMode::Governance => Some(LockMode::Governance),
        _ => None,
    }
}
