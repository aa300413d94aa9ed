//! Opening the store of a repository, wherever the configuration says it lies.
//!
//! The only place that knows which kinds of stores there are. A bucket is asked again when what it
//! said passes by itself; a disk is not: one that fails must not be made to work harder. Both have a
//! limit for an answer.

use std::sync::Arc;

use crate::base::cancel::Cancel;
use crate::base::fault::AnyFault;
use crate::config::settings::{self, Bucket, ObjectLock, Store};
use crate::repository::RepositoryError;
use crate::repository::layout::{self, Folder};
use crate::store::ObjectStore;
use crate::store::disk::DiskStore;
use crate::store::retry::{Patience, Retrying};
use crate::store::s3::{AccessKey, Conditions, Limits, Locking, S3Store, Settings};
use crate::store::timely::{ANSWER_MAX, Timely};
use crate::store::versions::LockMode;
use crate::world::World;

/// The store, which must be there.
pub(crate) fn open(
    place: &Store,
    world: &World,
    cancel: &Cancel,
) -> Result<Arc<dyn ObjectStore>, AnyFault> {
    match place {
        Store::Disk(path) => {
            let disk = DiskStore::open(path).map_err(RepositoryError::from)?;
            Ok(Arc::new(Timely::new(Arc::new(disk), ANSWER_MAX)))
        }
        Store::S3(bucket) => Ok(Arc::new(patient(Arc::new(s3(bucket, world)?), world, cancel))),
    }
}

/// The store for a new repository: a folder is made; a bucket must be there, and lock what is to be
/// locked. With it comes what a server does with conditional writes.
pub(crate) fn create(
    place: &Store,
    world: &World,
    cancel: &Cancel,
) -> Result<(Arc<dyn ObjectStore>, Option<Conditions>), AnyFault> {
    match place {
        Store::Disk(path) => {
            let store = DiskStore::create(path).map_err(RepositoryError::from)?;
            Ok((Arc::new(store), None))
        }
        Store::S3(bucket) => {
            let store = Arc::new(s3(bucket, world)?);
            let patient = patient(Arc::clone(&store), world, cancel);
            let name = S3Store::name_to_try(&*world.entropy).map_err(RepositoryError::from)?;
            let conditions = patient.persist(|| store.conditions(&name));
            let conditions = world.block_on(conditions).map_err(RepositoryError::from)?;
            let proven = patient.persist(|| store.prove_lock(&name));
            world.block_on(proven).map_err(RepositoryError::from)?;
            Ok((Arc::new(patient), Some(conditions)))
        }
    }
}

/// The store in a bucket itself and one that asks again, for what is no operation of the contract.
pub(crate) fn bucket(
    bucket: &Bucket,
    world: &World,
    cancel: &Cancel,
) -> Result<(Arc<S3Store>, Retrying), AnyFault> {
    let store = Arc::new(s3(bucket, world)?);
    let patient = patient(Arc::clone(&store), world, cancel);
    Ok((store, patient))
}

/// Whether a repository is there already. A folder that is missing holds none; a server that does
/// not answer is a fault.
pub(crate) fn is_taken(place: &Store, world: &World, cancel: &Cancel) -> Result<bool, AnyFault> {
    if let Store::Disk(path) = place
        && !path.is_dir()
    {
        return Ok(false);
    }
    let store = open(place, world, cancel)?;
    Ok(world.block_on(store.exists(&layout::config())).map_err(RepositoryError::from)?)
}

fn patient(store: Arc<S3Store>, world: &World, cancel: &Cancel) -> Retrying {
    Retrying::new(store, Patience::default(), world, cancel.clone())
}

fn s3(bucket: &Bucket, world: &World) -> Result<S3Store, AnyFault> {
    let (id, secret) = bucket.credentials.read_key()?;
    let settings = Settings {
        endpoint: bucket.endpoint.clone(),
        bucket: bucket.name.clone(),
        prefix: bucket.prefix.clone(),
        region: bucket.region.clone(),
        key: AccessKey { id, secret },
        path_style: bucket.path_style,
        authorities: bucket.authorities.clone(),
        limits: Limits::default(),
        locking: bucket.object_lock.map(locking),
    };
    Ok(S3Store::open(settings, world).map_err(RepositoryError::from)?)
}

/// Every object but locks of the repository, which are there to be removed, is locked.
fn locking(lock: ObjectLock) -> Locking {
    Locking {
        mode: lock_mode(lock.mode),
        lasting: lock.retention.saturating_add(lock.slack),
        except: Folder::Locks.prefix(),
    }
}

/// A mode, as a store has it.
pub(crate) fn lock_mode(mode: settings::LockMode) -> LockMode {
    match mode {
        settings::LockMode::Compliance => LockMode::Compliance,
        settings::LockMode::Governance => LockMode::Governance,
    }
}
