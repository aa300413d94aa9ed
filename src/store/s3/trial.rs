//! What only a trial asks for: to find out by trying what a key may do and what a bucket honors.
//!
//! Nothing that works calls these. They are tried on objects of the trial's own, never on what is
//! kept; what they would do, someone who stole the key would do to everything.

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, ChecksumAlgorithm, ExpirationStatus,
    LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
};
use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::store::s3::answer::{Refusal, expired};
use crate::store::s3::{S3Store, locking};
use crate::store::versions::{Lock, VersionId};
use crate::store::{Act, ObjectName, ObjectStore as _, StoreError};
use crate::world::entropy::Entropy;

/// What is locked for a trial is locked for so long: the trial with its retries, and little waste.
const LASTING: SignedDuration = SignedDuration::from_mins(20);

/// What came of asking for the right to change what becomes of old versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// The key may not.
    Refused,
    /// The key may; what was set was taken back.
    Allowed,
    /// It was not tried: the bucket has rules, and trying would replace them.
    HasRules,
    /// It was not tried: whether the bucket has rules is not for this key to know.
    Unknown,
}

impl S3Store {
    /// A name that nobody uses, for a trial.
    pub fn name_for_trial(entropy: &dyn Entropy) -> Result<ObjectName, StoreError> {
        let mut number = [0; 8];
        entropy.fill(&mut number);
        ObjectName::new(&format!("duphong-doctor-{}", HEXLOWER.encode(&number)))
    }

    /// Whether the bucket says that it keeps versions.
    pub async fn says_versioned(&self) -> Result<bool, StoreError> {
        let _turn = self.turn().await;
        let asked = self.client.get_bucket_versioning().bucket(&self.settings.bucket).send();
        match tokio::time::timeout(self.deadline(0), asked).await {
            Err(_elapsed) => Err(expired(self.location())),
            Ok(Ok(told)) => Ok(told.status() == Some(&BucketVersioningStatus::Enabled)),
            Ok(Err(error)) => {
                let place = self.location();
                Err(Refusal::of(&error).sort(Act::Read, place.clone(), &place))
            }
        }
    }

    /// Writes under a name whatever it holds; the version that this made, where one was named.
    pub async fn overwrite(
        &self,
        name: &ObjectName,
        bytes: Bytes,
        lock: Option<Lock>,
    ) -> Result<Option<VersionId>, StoreError> {
        let _turn = self.turn().await;
        let sent = self
            .client
            .put_object()
            .bucket(&self.settings.bucket)
            .key(self.key(name))
            .set_object_lock_mode(lock.map(|lock| locking::mode(lock.mode)))
            .set_object_lock_retain_until_date(lock.map(|lock| locking::date(lock.until)))
            .set_checksum_algorithm(lock.map(|_| ChecksumAlgorithm::Sha256))
            .set_checksum_sha256(lock.map(|_| BASE64.encode(&Digest::of(&bytes).0)))
            .body(bytes.into())
            .send();
        match tokio::time::timeout(self.deadline(0), sent).await {
            Err(_elapsed) => Err(expired(self.place(name))),
            Ok(Err(error)) => Err(self.sort_locked(name, lock, Refusal::of(&error))),
            Ok(Ok(stored)) => {
                let id = stored.version_id().filter(|id| !id.is_empty() && *id != "null");
                Ok(id.map(|id| VersionId(id.into())))
            }
        }
    }

    /// Holds the bucket to the lock that objects are written with: some servers take a lock and
    /// pass over it. Nothing is asked where nothing is to be locked. What this writes under the name
    /// is locked for minutes, and hidden at once.
    pub async fn prove_lock(&self, name: &ObjectName) -> Result<(), StoreError> {
        let Some(locking) = self.settings.locking else { return Ok(()) };
        let ends = self.clock.now() + LASTING;
        let until = Timestamp::from_second(ends.as_second()).unwrap_or(ends);
        let lock = Lock { mode: locking.mode, until };
        self.overwrite(name, Bytes::from_static(b"locked"), Some(lock)).await?;
        let told = self.describe_latest(name).await;
        self.delete(name).await?;
        if told?.lock == Some(lock) {
            return Ok(());
        }
        let detail = "it took an object with a lock and tells of none".to_owned();
        Err(StoreError::NoLock { place: self.place(name), detail })
    }

    /// Removes one version for good; with `bypass`, also from under a lock of governance.
    pub async fn remove_version(
        &self,
        name: &ObjectName,
        id: &VersionId,
        bypass: bool,
    ) -> Result<(), StoreError> {
        let _turn = self.turn().await;
        let sent = self
            .client
            .delete_object()
            .bucket(&self.settings.bucket)
            .key(self.key(name))
            .version_id(id.to_string())
            .set_bypass_governance_retention(bypass.then_some(true))
            .send();
        match tokio::time::timeout(self.deadline(0), sent).await {
            Err(_elapsed) => Err(expired(self.place(name))),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.sort(Act::Delete, name, Refusal::of(&error))),
        }
    }

    /// Changes a lock, be it to a shorter one; with `bypass`, using the right to lift locks of
    /// governance.
    pub async fn change_lock(
        &self,
        name: &ObjectName,
        id: &VersionId,
        lock: Lock,
        bypass: bool,
    ) -> Result<(), StoreError> {
        let _turn = self.turn().await;
        self.retain(name, id, lock, bypass).await
    }

    /// Tries to set a rule that removes `name` after a day, where the bucket has no rules that
    /// this could replace, and takes it back.
    pub async fn try_lifecycle(&self, name: &ObjectName) -> Result<Lifecycle, StoreError> {
        let _turn = self.turn().await;
        let bucket = &self.settings.bucket;
        let place = self.location();
        let asked = self.client.get_bucket_lifecycle_configuration().bucket(bucket).send();
        match tokio::time::timeout(self.deadline(0), asked).await {
            Err(_elapsed) => return Err(expired(place)),
            Ok(Ok(told)) if !told.rules().is_empty() => return Ok(Lifecycle::HasRules),
            // No answer but these two says that there is nothing to replace.
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                let refusal = Refusal::of(&error);
                if refusal.code() != "NoSuchLifecycleConfiguration" {
                    return Ok(Lifecycle::Unknown);
                }
            }
        }
        let sent = self
            .client
            .put_bucket_lifecycle_configuration()
            .bucket(bucket)
            .lifecycle_configuration(self.harmless_rule(name)?)
            .send();
        match tokio::time::timeout(self.deadline(0), sent).await {
            Err(_elapsed) => return Err(expired(place)),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                return match Refusal::of(&error).sort(Act::Write, place.clone(), &place) {
                    StoreError::Denied { .. } => Ok(Lifecycle::Refused),
                    other => Err(other),
                };
            }
        }
        let taken_back = self.client.delete_bucket_lifecycle().bucket(bucket).send();
        match tokio::time::timeout(self.deadline(0), taken_back).await {
            Err(_elapsed) => Err(expired(place)),
            Ok(Ok(_)) => Ok(Lifecycle::Allowed),
            Ok(Err(error)) => Err(Refusal::of(&error).sort(Act::Delete, place.clone(), &place)),
        }
    }

    fn harmless_rule(&self, name: &ObjectName) -> Result<BucketLifecycleConfiguration, StoreError> {
        let unfit = |error: aws_sdk_s3::error::BuildError| StoreError::Unexpected {
            act: Act::Write,
            place: self.location(),
            detail: error.to_string(),
        };
        let rule = LifecycleRule::builder()
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix(self.key(name)).build())
            .expiration(LifecycleExpiration::builder().days(1).build())
            .build()
            .map_err(unfit)?;
        BucketLifecycleConfiguration::builder().rules(rule).build().map_err(unfit)
    }
}
