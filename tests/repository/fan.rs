//! One run, several repositories: each has its own key and the same set, one reading feeds all, and
//! one that fails or hangs stops no other.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::progress::Silent;
use duphong::repository::copy::Twins;
use duphong::repository::layout::Folder;
use duphong::repository::{
    Prepared, Repository, RepositoryError, SetWriter, SnapshotId, Tuning, Written,
};
use duphong::store::faulty::{Effect, FailOn, Faulty};
use duphong::store::timely::Timely;
use duphong::store::{ObjectName, ObjectStore, StoreError};

use crate::repository::kit::{self, Place, SMALL, sizes};
use crate::repository::matrix::ground;
use crate::store::around::{Around, Through};

/// What became of each repository.
pub(crate) type Each = Vec<Result<Written, RepositoryError>>;

/// Repositories in these places that cut alike.
fn repositories(places: &[Place]) -> Vec<Repository> {
    let mut made: Vec<Repository> = Vec::new();
    for place in places {
        let repository = match made.first() {
            None => place.init(),
            Some(first) => {
                let (password, world) = (kit::password(), kit::world());
                Repository::init_sharing(place.store(), &password, &world, first.polynomial())
                    .unwrap()
            }
        };
        made.push(repository);
    }
    made
}

/// Saves one tree into all of them.
fn save(
    repositories: &[&Repository],
    parents: &[Option<SnapshotId>],
    root: &std::path::Path,
    tuning: Tuning,
) -> Each {
    let prepared: Vec<_> = repositories
        .iter()
        .zip(parents.iter().chain(std::iter::repeat(&None)))
        .map(|(repository, parent)| Prepared::new(repository, *parent).unwrap())
        .collect();
    let now = kit::world().clock.now();
    let writer =
        SetWriter::begin_each(prepared, now, Cancel::default(), Arc::new(Silent), tuning).unwrap();
    if writer.add_tree("media/files", root, &[], sizes()).is_ok() {
        return writer.finish_each(&kit::meta(), &mut |_, _| Ok(()));
    }
    let faults = writer.give_up().into_iter();
    faults.map(|fault| Err(fault.unwrap_or(RepositoryError::GivenUp))).collect()
}

#[test]
fn every_repository_gets_the_same_set_under_its_own_key() {
    let places = [Place::new(), Place::new(), Place::new()];
    let made = repositories(&places);
    let root = places[0].path("root");
    kit::make_tree(&root);
    let all: Vec<_> = made.iter().collect();
    let each = save(&all, &[], &root, SMALL);
    let written: Vec<_> = each.into_iter().map(Result::unwrap).collect();
    let read = written[0].statistics.bytes_read;
    let sets: Vec<_> =
        made.iter().zip(&written).map(|(one, set)| one.snapshot(&set.id).unwrap()).collect();
    for ((place, repository), set) in places.iter().zip(&made).zip(&written) {
        assert_eq!(set.statistics.bytes_read, read);
        assert_eq!(kit::read_set(repository, &set.id).unwrap(), kit::expected(&root));
        place.restic(&["check", "--read-data"]).unwrap();
        let target = place.path("restored");
        place.restic(&["restore", "latest", "--target", target.to_str().unwrap()]).unwrap();
        assert_eq!(kit::picture(&target.join("media/files")), kit::picture(&root));
    }
    assert_eq!((sets[0].tree, sets[0].time), (sets[2].tree, sets[2].time));
    let keys: Vec<_> = made.iter().map(|one| *one.key().expose()).collect();
    assert!(keys[0] != keys[1] && keys[1] != keys[2]);
    let twins = Twins::among([(written[1].id, sets[1].clone())]);
    assert_eq!(twins.of(written[0].id, &sets[0]), Some(written[1].id), "no copy is needed");
    // Nothing changed: each set names its own parent, and nothing is read.
    let parents: Vec<_> = written.iter().map(|set| Some(set.id)).collect();
    for (number, result) in save(&all, &parents, &root, SMALL).into_iter().enumerate() {
        let set = result.unwrap();
        assert_eq!(made[number].snapshot(&set.id).unwrap().parent, parents[number]);
        assert_eq!(set.statistics.data_blobs, 0);
    }
}

#[test]
fn what_one_repository_lacks_goes_to_that_one_alone() {
    let places = [Place::new(), Place::new()];
    let made = repositories(&places);
    let root = places[0].path("root");
    kit::make_tree(&root);
    // The first has a set already; the second has missed it.
    let first = kit::save(&made[0], &root, None).0;
    let blobs = first.statistics.data_blobs;
    let all: Vec<_> = made.iter().collect();
    let each: Vec<_> =
        save(&all, &[Some(first.id), None], &root, SMALL).into_iter().map(Result::unwrap).collect();
    assert_eq!(each[0].statistics.data_blobs, 0);
    assert_eq!(each[1].statistics.data_blobs, blobs);
    for (repository, set) in made.iter().zip(&each) {
        assert_eq!(kit::read_set(repository, &set.id).unwrap(), kit::expected(&root));
    }
    places[1].restic(&["check", "--read-data"]).unwrap();
}

#[test]
fn repositories_that_cut_differently_do_not_share_a_run() {
    let places = [Place::new(), Place::new()];
    let prepared: Vec<_> =
        places.iter().map(|place| Prepared::new(&place.init(), None).unwrap()).collect();
    let now = kit::world().clock.now();
    let begun = SetWriter::begin_each(prepared, now, Cancel::default(), Arc::new(Silent), SMALL);
    assert!(matches!(begun, Err(RepositoryError::Bug(_))));
}

/// Whatever write of one fails, for good: the other has the set, whole, and the one that failed is
/// sound and gets the next set.
#[test]
fn a_repository_that_fails_at_any_write_stops_no_other() {
    let places = [Place::new(), Place::new()];
    let made = repositories(&places);
    let root = places[0].path("root");
    kit::make_tree(&root);
    let mut tried = 0;
    for number in 0.. {
        // Both orders, and few of the many packs.
        let (bad, good) = if number % 2 == 0 { (0, 1) } else { (1, 0) };
        let fresh = Place::new();
        let (password, world) = (kit::password(), kit::world());
        let sharing = made[bad].polynomial();
        Repository::init_sharing(fresh.store(), &password, &world, sharing).unwrap();
        let effect = if number % 3 == 0 { Effect::Whole } else { Effect::None };
        // The first write is the lock, without which nothing begins.
        let death = FailOn::Death(1 + number);
        let faulty = Arc::new(Faulty::failing(fresh.store(), death, effect));
        let failing = Repository::open(faulty.clone(), &password, &world).unwrap();
        let mut all = [&made[good], &failing];
        if bad == 0 {
            all.swap(0, 1);
        }
        let each = save(&all, &[], &root, SMALL);
        let whole = each[good].as_ref().unwrap();
        assert_eq!(kit::read_set(&made[good], &whole.id).unwrap(), kit::expected(&root));
        if !faulty.is_dead() {
            each[bad].as_ref().unwrap();
            break;
        }
        tried += 1;
        let left = fresh.open();
        match &each[bad] {
            Err(error) => assert!(matches!(error, RepositoryError::Store(_)), "{error}"),
            // Only its lock could not be removed.
            Ok(set) => {
                assert_eq!(kit::read_set(&left, &set.id).unwrap(), kit::expected(&root));
            }
        }
        let next = kit::save(&left, &root, None).0;
        assert_eq!(kit::read_set(&left, &next.id).unwrap(), kit::expected(&root));
    }
    assert!(tried > 8, "{tried} deaths");
    for place in &places {
        place.restic(&["check"]).unwrap();
    }
}

#[test]
fn when_none_is_left_each_says_why() {
    let places = [Place::new(), Place::new()];
    repositories(&places);
    let root = places[0].path("root");
    kit::make_tree(&root);
    let failing: Vec<_> = places
        .iter()
        .map(|place| {
            let faulty = Faulty::failing(place.store(), FailOn::Death(3), Effect::None);
            Repository::open(Arc::new(faulty), &kit::password(), &kit::world()).unwrap()
        })
        .collect();
    let each = save(&failing.iter().collect::<Vec<_>>(), &[], &root, SMALL);
    for result in &each {
        assert!(matches!(result, Err(RepositoryError::Store(_))), "{result:?}");
    }
}

/// A disk that answers no write any more once it is told to hang.
struct Hanging {
    inner: Arc<dyn ObjectStore>,
    hangs: AtomicBool,
    asked: AtomicUsize,
}

impl Hanging {
    async fn maybe(&self) {
        if self.hangs.load(SeqCst) {
            self.asked.fetch_add(1, SeqCst);
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Around for Hanging {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.inner
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        if name.as_str().starts_with("data/") {
            self.maybe().await;
        }
        self.inner.put(name, bytes).await
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        self.maybe().await;
        self.inner.get_range(name, offset, length).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.maybe().await;
        self.inner.delete(name).await
    }
}

#[test]
fn one_that_hangs_is_left_behind_and_told() {
    let places = [Place::new(), Place::new()];
    let made = repositories(&places);
    let root = places[0].path("root");
    kit::make_tree(&root);
    fs::write(root.join("to.bin"), kit::noise(5, 1 << 20)).unwrap();
    let parent = kit::save(&made[0], &root, None).0.id;
    fs::write(root.join("moi.bin"), kit::noise(6, 1 << 20)).unwrap();
    let hanging = Through::new(Hanging {
        inner: places[0].store(),
        hangs: AtomicBool::new(true),
        asked: AtomicUsize::new(0),
    });
    let timely = Timely::new(hanging.clone(), Duration::from_millis(200));
    let hung = Repository::open(Arc::new(timely), &kit::password(), &kit::world()).unwrap();
    // Its parent set is the newest of all, so that its folders are asked for as well.
    let each = save(&[&hung, &made[1]], &[Some(parent), None], &root, SMALL);
    let gone = matches!(&each[0], Err(RepositoryError::Store(StoreError::Unreachable { .. })));
    assert!(gone, "{:?}", each[0]);
    let asked = hanging.asked.load(SeqCst);
    // A folder once, a pack, the lock.
    assert!(asked <= 4, "it is asked no more: {asked}");
    let whole = each[1].as_ref().unwrap();
    assert_eq!(kit::read_set(&made[1], &whole.id).unwrap(), kit::expected(&root));
    places[1].restic(&["check", "--read-data"]).unwrap();
}

#[test]
fn each_repository_is_asked_at_the_end_and_one_that_refuses_has_no_set() {
    let states = [ground::elsewhere_empty(), ground::elsewhere_empty()];
    let made = states.map(|base| ground::open(ground::memory(&base.state), 1).unwrap());
    let prepared = made.iter().map(|one| Prepared::new(one, None).unwrap()).collect();
    let (now, cancel) = (kit::world().clock.now(), Cancel::default());
    let writer =
        SetWriter::begin_each(prepared, now, cancel, Arc::new(Silent), ground::STEADY).unwrap();
    let sources = ground::sources(0);
    writer.add_tree("media/files", &sources.folder, &[], sizes()).unwrap();
    let each = writer.finish_each(&kit::meta(), &mut |number, packs| {
        assert_eq!(packs.len(), made[number].list(Folder::Data).unwrap().len());
        if number == 0 { Err(RepositoryError::Cancelled) } else { Ok(()) }
    });
    assert!(matches!(each[0], Err(RepositoryError::Cancelled)), "{each:?}");
    let sets = made.each_ref().map(|one| one.snapshots().unwrap().sets.len());
    assert_eq!(sets, [0, 1]);
}
