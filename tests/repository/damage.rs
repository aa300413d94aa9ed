//! Every object of a repository, damaged in every way: found, named, never believed.

use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::secret::Secret;
use duphong::repository::{Repository, RepositoryError};
use duphong::store::faulty::{Damage, Faulty};
use duphong::store::memory::MemoryStore;
use duphong::store::{ObjectName, ObjectStore, StoreError};

use crate::repository::kit::{self, Place};
use crate::store::around::{Around, Through};

fn open(store: &Arc<Faulty>) -> Result<Repository, RepositoryError> {
    Repository::open(Arc::clone(store) as Arc<dyn ObjectStore>, &kit::password(), &kit::world())
}

/// Reads everything there is.
fn read_all(store: &Arc<Faulty>) -> Result<usize, RepositoryError> {
    let repository = open(store)?;
    let snapshots = repository.snapshots()?;
    if let Some((_, error)) = snapshots.unreadable.into_iter().next() {
        return Err(error);
    }
    for (id, _) in &snapshots.sets {
        kit::read_set(&repository, id)?;
    }
    Ok(snapshots.sets.len())
}

#[test]
fn every_damage_to_every_object_is_found() {
    let place = Place::new();
    let root = place.path("root");
    std::fs::create_dir(&root).unwrap();
    std::fs::write(root.join("a"), kit::noise(1, 5_000)).unwrap();
    let inner: Arc<dyn ObjectStore> = Arc::new(MemoryStore::new());
    let repository = Repository::init(Arc::clone(&inner), &kit::password(), &kit::world()).unwrap();
    kit::save(&repository, &root, None);
    let objects: Vec<(ObjectName, u64)> = repository.block_on(inner.list("")).unwrap();
    assert_eq!(objects.len(), 6, "{objects:?}"); // config, key, index, snapshot, two packs
    let store = Arc::new(Faulty::new(inner));
    for (name, size) in objects {
        let size = usize::try_from(size).unwrap();
        // The header of a pack is read to adopt or repair it, not to restore.
        let read = if name.as_str().starts_with("data/") { 40 } else { size };
        let mut damages: Vec<_> =
            [0, 1, read / 2, read - 1].map(|offset| Damage::Flip { offset, bit: 3 }).into();
        damages.extend([0, 1, 31, 32, size / 4].map(Damage::Truncate));
        for damage in damages {
            store.damage(&name, damage.clone());
            let error = read_all(&store).expect_err(&format!("{name} {damage:?} was not found"));
            assert_eq!(error.exit(), ExitCode::Integrity, "{name} {damage:?}: {error:?}");
        }
        store.damage(&name, Damage::Remove);
        let gone = read_all(&store);
        let expected = if name.as_str() == "config" {
            ExitCode::RepositoryMissing
        } else if name.as_str().starts_with("snapshots/") {
            assert_eq!(gone.unwrap(), 0);
            continue;
        } else {
            ExitCode::Integrity
        };
        assert_eq!(gone.unwrap_err().exit(), expected, "{name}");
        store.heal(&name);
        assert_eq!(read_all(&store).unwrap(), 1);
    }
}

#[test]
fn a_wrong_password_and_a_missing_repository_are_told_apart() {
    let store: Arc<dyn ObjectStore> = Arc::new(MemoryStore::new());
    let open = |password: &Secret| Repository::open(Arc::clone(&store), password, &kit::world());
    assert_eq!(open(&kit::password()).unwrap_err().exit(), ExitCode::RepositoryMissing);
    Repository::init(Arc::clone(&store), &kit::password(), &kit::world()).unwrap();
    let wrong = Secret::new(b"sai".to_vec());
    let error = open(&wrong).unwrap_err();
    assert_eq!(error.exit(), ExitCode::WrongKey);
    assert!(matches!(error, RepositoryError::WrongKey { keys: 1, .. }));
}

#[test]
fn a_repository_without_config_is_not_made_anew() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    kit::save(&place.init(), &root, None);
    std::fs::remove_file(place.path("repository/config")).unwrap();
    let error = Repository::init(place.store(), &kit::password(), &kit::world()).unwrap_err();
    assert!(matches!(error, RepositoryError::ConfigLost { .. }), "{error:?}");
    assert_eq!(error.exit(), ExitCode::Integrity);
}

/// A store that leaves off the last byte of each part of an object.
struct Short(Arc<dyn ObjectStore>);

#[async_trait]
impl Around for Short {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.0
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        let bytes = self.0.get_range(name, offset, length).await?;
        Ok(bytes.slice(..bytes.len() - 1))
    }
}

/// Whoever cuts pieces out of a part relies on its length.
#[test]
fn a_part_that_is_shorter_than_asked_for_is_told_as_such() {
    let place = Place::new();
    let root = place.path("root");
    fs::create_dir(&root).unwrap();
    for number in 0..3 {
        fs::write(root.join(number.to_string()), kit::noise(number, 3000)).unwrap();
    }
    let set = kit::save(&place.init(), &root, None).0.id;
    let short = Through::new(Short(place.store()));
    let repository = Repository::open(short, &kit::password(), &kit::world()).unwrap();
    let fault = kit::read_set(&repository, &set).unwrap_err();
    assert_eq!(fault.code(), "store.out-of-range", "{fault}");
}
