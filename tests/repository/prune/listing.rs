//! Lists that lie: a store may show names in any order, twice, late, or not at all, and a prune still
//! frees nothing that a set needs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use duphong::repository::Repository;
use duphong::repository::layout::Folder;
use duphong::store::{ObjectName, ObjectStore, StoreError};

use crate::repository::kit::{self, Place};
use crate::repository::prune::{age, aged, check_by_restic, check_sound, copy_of, plan, prune};
use crate::store::around::{Around, Through};

type List = Vec<(ObjectName, u64)>;
type Change = Box<dyn FnMut(&str, List) -> List + Send>;

/// A store whose lists pass through a function.
struct Listed {
    inner: Arc<dyn ObjectStore>,
    change: Mutex<Change>,
}

#[async_trait::async_trait]
impl Around for Listed {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.inner
    }

    async fn list(&self, prefix: &str) -> Result<List, StoreError> {
        let listed = self.inner.list(prefix).await?;
        Ok((self.change.lock().unwrap())(prefix, listed))
    }
}

fn with_lists(
    place: &Place,
    change: impl FnMut(&str, List) -> List + Send + 'static,
) -> Repository {
    let store = Listed { inner: place.store(), change: Mutex::new(Box::new(change)) };
    Repository::open(Through::new(store), &kit::password(), &kit::world()).unwrap()
}

#[test]
fn the_order_of_lists_and_names_that_come_twice_make_no_difference() {
    let place = Place::new();
    let (repository, sets) = aged(&place);
    let expected = plan(&repository).unwrap();
    let odd = with_lists(&place, |_, mut listed| {
        listed.reverse();
        listed.extend(listed.clone());
        listed
    });
    assert_eq!(plan(&odd).unwrap(), expected);
    prune(&odd).unwrap();
    check_sound(&repository, &sets, "pruned");
    check_by_restic(&place, "pruned");
    assert!(plan(&repository).unwrap().is_empty());
}

/// A list that lacks one name of a folder, in its first look or in its second.
fn check_missing(folder: Folder) {
    let template = Place::new();
    let (original, sets) = aged(&template);
    let names: Vec<_> = original.list(folder).unwrap().into_iter().map(|(name, _)| name).collect();
    // Packs are many: a sample.
    let step = if folder == Folder::Data { 4 } else { 1 };
    let names = names.iter().step_by(step).flat_map(|name| [(name, false), (name, true)]);
    for (name, second) in names {
        let place = copy_of(&template);
        let (hidden, mut looks) = (name.clone(), 0);
        let repository = with_lists(&place, move |prefix, mut listed| {
            if prefix == folder.prefix() {
                looks += 1;
                let shows = if second { looks == 1 } else { looks > 1 };
                listed.retain(|(name, _)| shows || *name != hidden);
            }
            listed
        });
        let when = format!("{name} missing in look {}", 1 + u8::from(second));
        // It may refuse, or do its work; nothing is lost either way.
        let ended = prune(&repository);
        let repository = place.open();
        check_sound(&repository, &sets, &format!("{when}: {ended:?}"));
        prune(&repository).unwrap_or_else(|error| panic!("again after {when}: {error}"));
        check_sound(&repository, &sets, &format!("again after {when}"));
    }
}

#[test]
fn a_list_that_misses_a_snapshot_frees_nothing_that_it_needs() {
    check_missing(Folder::Snapshots);
}

#[test]
fn a_list_that_misses_an_index_file_frees_nothing_that_is_needed() {
    check_missing(Folder::Index);
}

#[test]
fn a_list_that_misses_a_pack_frees_nothing_that_is_needed() {
    check_missing(Folder::Data);
}

/// The second look sees nothing of what was written again.
#[test]
fn lists_that_lag_behind_cost_space_only() {
    let place = Place::new();
    let (original, sets) = aged(&place);
    let old: BTreeSet<_> = [Folder::Index, Folder::Data]
        .into_iter()
        .flat_map(|folder| original.list(folder).unwrap())
        .map(|(name, _)| name)
        .collect();
    let lagging = [Folder::Index.prefix(), Folder::Data.prefix()];
    let repository = with_lists(&place, move |prefix, mut listed| {
        listed.retain(|(name, _)| !lagging.contains(&prefix) || old.contains(name));
        listed
    });
    let pruned = prune(&repository).unwrap();
    assert!(!pruned.spared.is_empty() && pruned.packs_removed > 0, "{pruned:?}");
    let repository = place.open();
    check_sound(&repository, &sets, "lagging");
    check_by_restic(&place, "lagging");
    prune(&repository).unwrap();
    check_sound(&repository, &sets, "caught up");
    assert!(plan(&repository).unwrap().is_empty());
}

/// A set that ends between two lists of the plan is not called damage: what it needs is looked for
/// in an index that is listed after it.
#[test]
fn a_set_that_ends_between_two_lists_is_no_damage() {
    let place = Place::new();
    let (original, mut sets) = aged(&place);
    let root = place.path("other");
    age(&root, 77);
    let (saved, taken) = (root.clone(), Arc::new(Mutex::new(None)));
    let told = Arc::clone(&taken);
    let repository = with_lists(&place, move |prefix, listed| {
        let mut told = told.lock().unwrap();
        if prefix == Folder::Index.prefix() && told.is_none() {
            let (repository, root) = (original.clone(), saved.clone());
            let save = move || kit::save(&repository, &root, None).0.id;
            *told = Some(std::thread::spawn(save).join().unwrap());
        }
        listed
    });
    prune(&repository).unwrap();
    sets.insert(taken.lock().unwrap().unwrap(), kit::expected(&root));
    check_sound(&place.open(), &sets, "beside a set that ended");
}
