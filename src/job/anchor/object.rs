//! A head as a locked object, and all heads of a log that lie in a bucket.
//!
//! Objects lie in a folder of their own for each name of a log, and are called by size and root:
//! sorted by name they are sorted by size, and two heads never have one name. What the bucket held
//! before is held against the log first: a log that was cut must not go on as if nothing had happened.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::audit::verify::{Asked, Held};
use crate::audit::{AuditError, Head, Log};
use crate::base::cancel::Cancel;
use crate::base::digest::Digest;
use crate::base::fault::{AnyFault, chain};
use crate::config::settings::Bucket;
use crate::job::place;
use crate::job::site::Site;
use crate::repository::RepositoryError;
use crate::store::versions::{Lock, Version, Versions};
use crate::store::{ObjectName, ObjectStore, StoreError};
use crate::world::World;

/// A head with a hundred signatures is far below this; what is larger is not read.
const HEAD_BYTES_MAX: u64 = 1 << 16;

/// So many objects that are no heads are passed over to find one that is. More of them are somebody's
/// work, and show in `audit verify`.
const COMPARED_MAX: usize = 200;

/// A head as it lies in a bucket.
#[derive(Debug)]
pub struct Object {
    /// Where: `s3:https://host/bucket/prefix/name`.
    pub place: String,
    /// Which of its versions, by the server's word.
    pub version: String,
    /// Its lock, as the server tells it.
    pub lock: Lock,
}

/// The folder of a log's heads: its name may hold what no object's name can.
fn folder(origin: &str) -> String {
    let digest = Digest::of(origin.as_bytes()).to_string();
    format!("log-{}/", &digest[..16])
}

/// What a head is called.
pub(super) fn name(head: &Head) -> Result<ObjectName, AnyFault> {
    let text = format!("{}{:020}-{}", folder(&head.origin), head.size, head.root);
    Ok(ObjectName::new(&text).map_err(RepositoryError::from)?)
}

/// Puts a head there and proves that it is locked. Doing it again is harmless: the same head is the
/// same object.
pub(super) fn put(
    site: &Site,
    log: &Log,
    bucket: &Bucket,
    name: &ObjectName,
    note: &[u8],
) -> Result<Object, AnyFault> {
    let (_, store) = place::bucket(bucket, &site.world, &site.cancel)?;
    let versions =
        store.versions().ok_or_else(|| StoreError::NoVersions { place: store.location() });
    let versions = versions.map_err(RepositoryError::from)?;
    hold_against(site, log, bucket, versions, name)?;
    let lasting = bucket.object_lock.map_or_else(Default::default, |lock| lock.retention);
    let lasting = SignedDuration::try_from(lasting).unwrap_or(SignedDuration::MAX);
    let until = site.world.clock.now().checked_add(lasting).unwrap_or(Timestamp::MAX);
    let proven = async {
        store.put(name, Bytes::copy_from_slice(note)).await?;
        prove(versions, name, note, (until, &store.location())).await
    };
    let (version, lock) = site.world.block_on(proven).map_err(RepositoryError::from)?;
    let place = format!("{bucket}/{name}");
    Ok(Object { place, version: version.id.to_string(), lock })
}

/// Holds the log against the largest head of it that lies there, hidden or not.
fn hold_against(
    site: &Site,
    log: &Log,
    bucket: &Bucket,
    versions: &dyn Versions,
    name: &ObjectName,
) -> Result<(), AnyFault> {
    let world = &site.world;
    let folder = name.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
    let all = world.block_on(versions.all(&format!("{folder}/"))).map_err(RepositoryError::from)?;
    let readable =
        |one: &&Version| one.content.as_ref().is_some_and(|it| it.size <= HEAD_BYTES_MAX);
    for version in all.iter().rev().filter(readable).take(COMPARED_MAX) {
        let bytes = world.block_on(versions.get_version(&version.name, &version.id));
        match log.holds(&bytes.map_err(RepositoryError::from)?)? {
            Some(true) => break,
            Some(false) => {
                let path = PathBuf::from(format!("{bucket}/{}", version.name));
                return Err(AuditError::AnchorContradicts { path }.into());
            }
            None => {}
        }
    }
    Ok(())
}

/// What the name shows is this head, and locked for long enough, by the server's own word.
async fn prove(
    versions: &dyn Versions,
    name: &ObjectName,
    note: &[u8],
    (until, location): (Timestamp, &str),
) -> Result<(Version, Lock), StoreError> {
    let place = || format!("{location}/{name}");
    let shown = |one: &Version| one.name == *name && one.is_latest && one.content.is_some();
    let version = versions.all(name.as_str()).await?.into_iter().find(shown);
    let version = version.ok_or_else(|| StoreError::Missing { place: place() })?;
    if versions.get_version(name, &version.id).await? != note {
        return Err(StoreError::Altered { place: place() });
    }
    let no_lock = |detail: &str| StoreError::NoLock { place: place(), detail: detail.to_owned() };
    let lock = versions.lock_of(name, &version.id).await?;
    let lock = lock.ok_or_else(|| no_lock("it took an object with a lock and tells of none"))?;
    // Servers count in whole seconds.
    if lock.until.as_second() < until.as_second() {
        return Err(no_lock("the lock ends sooner than was asked"));
    }
    Ok((version, lock))
}

/// Reads all heads of the log of this name that lie there, also those that somebody hid: every version
/// of every object. `name` is what the configuration calls the place.
pub fn fetch(
    world: &World,
    cancel: &Cancel,
    bucket: &Bucket,
    (name, origin): (Option<&str>, &str),
) -> Asked {
    let heads = read(world, cancel, bucket, origin).map_err(|fault| chain(fault.as_ref()));
    Asked {
        name: name.map(str::to_owned),
        location: bucket.to_string(),
        at: world.clock.now(),
        heads,
    }
}

fn read(
    world: &World,
    cancel: &Cancel,
    bucket: &Bucket,
    origin: &str,
) -> Result<Vec<Held>, AnyFault> {
    let (_, store) = place::bucket(bucket, world, cancel)?;
    let no_versions = || StoreError::NoVersions { place: store.location() };
    let versions = store.versions().ok_or_else(no_versions).map_err(RepositoryError::from)?;
    let work = async {
        let all = versions.all(&folder(origin)).await?;
        let latest = all.iter().filter(|one| one.is_latest);
        let latest: BTreeMap<_, _> = latest.map(|one| (&one.name, &one.content)).collect();
        let mut heads = Vec::new();
        for version in &all {
            let Some(content) = &version.content else { continue };
            let bytes = match content.size {
                0..=HEAD_BYTES_MAX => versions.get_version(&version.name, &version.id).await?,
                _ => Bytes::new(),
            };
            let shown = latest.get(&version.name).copied();
            heads.push(Held {
                path: format!("{bucket}/{}", version.name),
                bytes: bytes.to_vec(),
                is_hidden: shown != Some(&Some(content.clone())),
            });
        }
        Ok::<_, StoreError>(heads)
    };
    Ok(world.block_on(work).map_err(RepositoryError::from)?)
}
