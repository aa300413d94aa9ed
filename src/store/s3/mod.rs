//! A store in a bucket of any server that speaks S3.
//!
//! The key of an object is the prefix, a slash, and its name: the layout of restic's s3 backend, so
//! that `restic -r s3:https://host/bucket/prefix` opens the same repository. Every object goes in
//! one request: none comes near the 5 GiB that one may carry, so there are no parts to leave lying
//! around. What is sent is signed with its digest, so that a server refuses what was altered on the
//! way; what is read is bound in length here and proven by the reader, who knows its digest.
//!
//! Guarantees: no request waits longer than [`Limits`] allow, no more run at once than they allow,
//! and the server's certificate is judged as everywhere else. Nothing is tried twice here: that is
//! the business of [`Retrying`](crate::store::retry::Retrying).
//!
//! Where the settings say so, every object but those that are there to be removed is written with a
//! lock: no caller can forget it. Whether locks are long enough later is not known here.
//!
//! Does not make the bucket: where it lies, who may read it and what it costs are decisions of a
//! person. Does not rely on conditional writes (`If-None-Match`), which some servers ignore: see
//! [`Conditions`].

mod answer;
mod client;
mod condition;
mod listing;
mod locking;
mod trial;
mod versions;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use bytes::{Bytes, BytesMut};
use data_encoding::BASE64;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::base::digest::Digest;
use crate::base::secret::Secret;
use crate::store::s3::answer::{Refusal, expired};
use crate::store::versions::{Lock, LockMode, VersionId, Versions};
use crate::store::{Act, ObjectName, ObjectStore, StoreError};
use crate::world::World;
use crate::world::clock::Clock;

pub use condition::Conditions;
pub use locking::Described;
pub use trial::Lifecycle;

/// More than any pack we write. Memory for a longer object is taken as it comes, not as it is
/// announced.
const RESERVED_MAX: usize = 64 << 20;

/// Where a bucket is and what opens it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server: `https://host`, with a port where it is not the usual one.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// What stands before every name, without slashes at its ends; empty where the bucket is ours
    /// alone.
    pub prefix: String,
    /// For which region requests are signed.
    pub region: String,
    /// What opens it.
    pub key: AccessKey,
    /// Whether the bucket stands in the path of requests rather than in the server's name.
    pub path_style: bool,
    /// A PEM file of authorities that we trust beside the public ones.
    pub authorities: Option<PathBuf>,
    /// How long and how much at once.
    pub limits: Limits,
    /// How what is written is locked; nothing where it is not.
    pub locking: Option<Locking>,
}

/// How what is written is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locking {
    /// Who may lift a lock before its end.
    pub mode: LockMode,
    /// How long a lock lasts from when it is set.
    pub lasting: Duration,
    /// Objects whose names start so are not locked: they are there to be removed.
    pub except: &'static str,
}

/// The two halves of an access key.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// Its id, which is no secret.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
}

/// How long a request may take, and how many run at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the request to the answer's head, or to the end of a short one.
    pub answer: Duration,
    /// The slowest line that is put up with, in bytes a second: for every so many bytes that a
    /// request carries, a second is added to its deadline.
    pub bytes_per_second: u64,
    /// Requests at once.
    pub requests: usize,
    /// Pages of one listing: a server that never ends one is left.
    pub pages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A server under load answers within seconds or says `SlowDown`.
            answer: Duration::from_secs(30),
            // A line of 512 kbit/s: a pack of 16 MiB then may take four minutes and a half.
            bytes_per_second: 64 * 1024,
            // As many as a repository has threads to ask with; more would only queue at the server.
            requests: 16,
            // Twenty million objects, a thousand on a page: packs of 300 TB.
            pages: 20_000,
        }
    }
}

/// Objects in a bucket.
pub struct S3Store {
    client: Client,
    settings: Settings,
    /// `prefix/`, or nothing.
    root: String,
    turns: Semaphore,
    clock: Arc<dyn Clock>,
    /// Whether the server takes requests that carry a condition; some refuse them outright.
    conditional: AtomicBool,
}

impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Store").field("location", &self.location()).finish_non_exhaustive()
    }
}

impl S3Store {
    /// The store in a bucket. Asks nobody yet: a server that does not answer is found by the first
    /// request.
    pub fn open(settings: Settings, world: &World) -> Result<Self, StoreError> {
        let client = client::build(&settings, world)?;
        let root = match settings.prefix.as_str() {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        let turns = Semaphore::new(settings.limits.requests);
        let (clock, conditional) = (Arc::clone(&world.clock), AtomicBool::new(true));
        Ok(Self { client, settings, root, turns, clock, conditional })
    }

    fn key(&self, name: &ObjectName) -> String {
        format!("{}{name}", self.root)
    }

    fn place(&self, name: &ObjectName) -> String {
        StoreError::place(&self.location(), name)
    }

    /// What an answer means for an object.
    fn sort(&self, act: Act, name: &ObjectName, refusal: Refusal) -> StoreError {
        refusal.sort(act, self.place(name), &self.location())
    }

    async fn turn(&self) -> SemaphorePermit<'_> {
        self.turns.acquire().await.expect("the semaphore is never closed")
    }

    /// The time that a request with so many bytes may take.
    fn deadline(&self, bytes: u64) -> Duration {
        let Limits { answer, bytes_per_second, .. } = self.settings.limits;
        answer + Duration::from_secs(bytes / bytes_per_second.max(1))
    }

    /// The size of an object, or nothing where the server says that there is none. It says the same
    /// of a bucket that is not there: the answer has no body that could tell the two apart.
    async fn head(&self, name: &ObjectName) -> Result<Option<u64>, StoreError> {
        let asked =
            self.client.head_object().bucket(&self.settings.bucket).key(self.key(name)).send();
        let refusal = match tokio::time::timeout(self.deadline(0), asked).await {
            Err(_elapsed) => return Err(expired(self.place(name))),
            Ok(Ok(found)) => return self.told(name, found.content_length).map(Some),
            Ok(Err(error)) => Refusal::of(&error),
        };
        if refusal.status == Some(404) {
            return Ok(None);
        }
        if !refusal.is_wordless() {
            return Err(self.sort(Act::Read, name, refusal));
        }
        match self.look(name).await {
            Ok(size) => Ok(Some(size)),
            Err(StoreError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The size of an object by the head of its content. Costs a connection, and says in words why
    /// it is refused: a wrong clock, a wrong key, a bucket that is not there.
    async fn look(&self, name: &ObjectName) -> Result<u64, StoreError> {
        match self.request(name, None, None).await? {
            Ok(answer) => self.told(name, answer.content_length),
            Err(refusal) => Err(self.sort(Act::Read, name, refusal)),
        }
    }

    /// A length as the protocol has it.
    fn told(&self, name: &ObjectName, said: Option<i64>) -> Result<u64, StoreError> {
        let length = said.and_then(|said| u64::try_from(said).ok());
        length.ok_or_else(|| self.nonsense_for(name, "it does not say how long the object is"))
    }

    fn nonsense_for(&self, name: &ObjectName, detail: &str) -> StoreError {
        let (place, detail) = (self.place(name), detail.to_owned());
        StoreError::Unexpected { act: Act::Read, place, detail }
    }

    /// Asks for an object, or a range of it, and waits for the head of the answer.
    async fn request(
        &self,
        name: &ObjectName,
        version: Option<&VersionId>,
        range: Option<String>,
    ) -> Result<Result<GetObjectOutput, Refusal>, StoreError> {
        let asked = self
            .client
            .get_object()
            .bucket(&self.settings.bucket)
            .key(self.key(name))
            .set_version_id(version.map(ToString::to_string))
            .set_range(range)
            .send();
        match tokio::time::timeout(self.deadline(0), asked).await {
            Err(_elapsed) => Err(expired(self.place(name))),
            Ok(answer) => Ok(answer.map_err(|error| Refusal::of(&error))),
        }
    }

    /// Reads a body of exactly `length` bytes: one that ends early was cut off on the way.
    async fn body(
        &self,
        name: &ObjectName,
        mut body: ByteStream,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        let cut = |detail: String| StoreError::Connection { place: self.place(name), detail };
        let read = async {
            let announced = usize::try_from(length).unwrap_or(usize::MAX);
            let mut bytes = BytesMut::with_capacity(announced.min(RESERVED_MAX));
            // A line may be slow, and none is silent for as long as a server may think.
            while let Some(part) = tokio::time::timeout(self.deadline(0), body.next())
                .await
                .map_err(|_elapsed| expired(self.place(name)))?
            {
                let part = part.map_err(|error| cut(answer::causes(&error)))?;
                bytes.extend_from_slice(&part);
                if bytes.len() as u64 > length {
                    break;
                }
            }
            if bytes.len() as u64 == length {
                return Ok(bytes.freeze());
            }
            Err(cut(format!("{} bytes came, {length} were announced", bytes.len())))
        };
        match tokio::time::timeout(self.deadline(length), read).await {
            Err(_elapsed) => Err(expired(self.place(name))),
            Ok(outcome) => outcome,
        }
    }

    async fn read(
        &self,
        name: &ObjectName,
        version: Option<&VersionId>,
    ) -> Result<Bytes, StoreError> {
        let answer = self.request(name, version, None).await?;
        let answer = answer.map_err(|refusal| self.sort(Act::Read, name, refusal))?;
        if let Some(part) = answer.content_range() {
            return Err(self.nonsense_for(name, &format!("asked for all of it, got `{part}`")));
        }
        let size = self.told(name, answer.content_length)?;
        StoreError::check_size(|| self.place(name), size)?;
        self.body(name, answer.body, size).await
    }

    /// The size of an object that must be there.
    async fn measure(&self, name: &ObjectName) -> Result<u64, StoreError> {
        if let Some(size) = self.head(name).await? {
            return Ok(size);
        }
        // The body of this refusal says which of the two is not there: the object or the bucket.
        self.look(name).await
    }

    /// Sends an object; with a condition, only where no object has the name.
    async fn send(
        &self,
        name: &ObjectName,
        bytes: Bytes,
        conditional: bool,
        lock: Option<Lock>,
    ) -> Result<Result<(), Refusal>, StoreError> {
        let deadline = self.deadline(bytes.len() as u64);
        let sent = self
            .client
            .put_object()
            .bucket(&self.settings.bucket)
            .key(self.key(name))
            .set_if_none_match(conditional.then(|| "*".to_owned()))
            .set_object_lock_mode(lock.map(|lock| locking::mode(lock.mode)))
            .set_object_lock_retain_until_date(lock.map(|lock| locking::date(lock.until)))
            // Servers take a lock only together with a checksum, and some only where it is announced.
            .set_checksum_algorithm(lock.map(|_| ChecksumAlgorithm::Sha256))
            .set_checksum_sha256(lock.map(|_| BASE64.encode(&Digest::of(&bytes).0)))
            .body(bytes.into())
            .send();
        match tokio::time::timeout(deadline, sent).await {
            Err(_elapsed) => Err(expired(self.place(name))),
            Ok(Err(error)) => Ok(Err(Refusal::of(&error))),
            // A page of a proxy says 200 as well. Every server of this protocol names what it stored.
            Ok(Ok(stored)) if stored.e_tag().is_none() => Err(StoreError::Unexpected {
                act: Act::Write,
                place: self.place(name),
                detail: "success, and no ETag of what was stored".to_owned(),
            }),
            Ok(Ok(_stored)) => Ok(Ok(())),
        }
    }

    /// Sends an object under a name that was free an instant ago. The condition closes the gap in
    /// between where the server knows it; where it does not, the gap stays open, and only two
    /// writers of different bytes under one digest or random name could fall into it.
    async fn create(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        let conditional = self.conditional.load(Ordering::Relaxed);
        let lock = self.lock_for(name);
        let refusal = match self.send(name, bytes.clone(), conditional, lock).await? {
            Ok(()) => return Ok(()),
            Err(refusal) => refusal,
        };
        if refusal.status == Some(412) {
            return self.confirm(name, None, &bytes).await;
        }
        if !(conditional && refusal.knows_no_condition()) {
            return Err(self.sort_locked(name, lock, refusal));
        }
        let sent = self.send(name, bytes, false, lock).await?;
        sent.map_err(|refusal| self.sort_locked(name, lock, refusal))?;
        self.conditional.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Settles a `put` whose name is taken: done when the content is the same, else refused.
    async fn confirm(
        &self,
        name: &ObjectName,
        size: Option<u64>,
        bytes: &Bytes,
    ) -> Result<(), StoreError> {
        let differs = size.is_some_and(|size| size != bytes.len() as u64);
        if differs || self.read(name, None).await? != bytes {
            return Err(StoreError::AlreadyExists { place: self.place(name) });
        }
        Ok(())
    }
}

#[async_trait]
impl ObjectStore for S3Store {
    fn location(&self) -> String {
        let Settings { endpoint, bucket, prefix, .. } = &self.settings;
        let slash = if prefix.is_empty() { "" } else { "/" };
        format!("s3:{endpoint}/{bucket}{slash}{prefix}")
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        StoreError::check_size(|| self.place(name), bytes.len() as u64)?;
        let _turn = self.turn().await;
        match self.head(name).await? {
            None => self.create(name, bytes).await,
            Some(size) => self.confirm(name, Some(size), &bytes).await,
        }
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        let _turn = self.turn().await;
        self.read(name, None).await
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        let _turn = self.turn().await;
        self.range(name, None, offset, length).await
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        let _turn = self.turn().await;
        self.measure(name).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        let _turn = self.turn().await;
        self.pages(prefix).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        let _turn = self.turn().await;
        let asked =
            self.client.delete_object().bucket(&self.settings.bucket).key(self.key(name)).send();
        match tokio::time::timeout(self.deadline(0), asked).await {
            Err(_elapsed) => Err(expired(self.place(name))),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                let refusal = Refusal::of(&error);
                if refusal.is_no_object() {
                    return Ok(());
                }
                let told = self.sort(Act::Delete, name, refusal);
                Err(self.locked(name, told).await)
            }
        }
    }

    fn versions(&self) -> Option<&dyn Versions> {
        Some(self)
    }
}

impl S3Store {
    async fn range(
        &self,
        name: &ObjectName,
        version: Option<&VersionId>,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        // What no request can ask for; the object may still be missing, or the range beyond it.
        if StoreError::check_range(String::new, offset, length, u64::MAX).is_err() || length == 0 {
            let size = self.measure_version(name, version).await?;
            StoreError::check_range(|| self.place(name), offset, length, size)?;
            return Ok(Bytes::new());
        }
        let range = format!("bytes={offset}-{}", offset + length - 1);
        match self.request(name, version, Some(range)).await? {
            Ok(answer) => {
                let size = self.check_part(name, &answer, offset)?;
                StoreError::check_range(|| self.place(name), offset, length, size)?;
                self.body(name, answer.body, length).await
            }
            Err(refusal) if refusal.status == Some(416) => {
                let size = self.measure_version(name, version).await?;
                Err(StoreError::OutOfRange { place: self.place(name), offset, length, size })
            }
            Err(refusal) => Err(self.sort(Act::Read, name, refusal)),
        }
    }

    async fn measure_version(
        &self,
        name: &ObjectName,
        version: Option<&VersionId>,
    ) -> Result<u64, StoreError> {
        match version {
            None => self.measure(name).await,
            Some(id) => Ok(self.describe(name, id).await?.size),
        }
    }

    /// The size of the whole object of which this answer is the part from `offset` on.
    fn check_part(
        &self,
        name: &ObjectName,
        answer: &GetObjectOutput,
        offset: u64,
    ) -> Result<u64, StoreError> {
        let said = answer.content_range().unwrap_or_default();
        let parse = || {
            let (range, size) = said.strip_prefix("bytes ")?.split_once('/')?;
            let (first, _) = range.split_once('-')?;
            (first.parse() == Ok(offset)).then(|| size.parse().ok())?
        };
        parse().ok_or_else(|| {
            let detail = format!("asked for a part from {offset} on, got `{said}`");
            self.nonsense_for(name, &detail)
        })
    }
}
