//! Statistics, beside those of real restic, and what they say of a damaged repository.

use std::collections::HashSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::progress::Silent;
use duphong::repository::blob::BlobKind;
use duphong::repository::layout::{self, Folder};
use duphong::repository::prune::{Limits, Prune};
use duphong::repository::snapshot::Snapshot;
use duphong::repository::stats::{RepositoryStats, Share, count};
use duphong::repository::{Repository, SetMeta, SnapshotId};
use duphong::store::{ObjectName, ObjectStore, StoreError};
use serde_json::Value;

use crate::repository::kit::{self, Place};
use crate::store::around::{Around, Through};

fn counted(repository: &Repository) -> RepositoryStats {
    counted_beside(repository, true)
}

/// The same, alone or beside a writer.
fn counted_beside(repository: &Repository, alone: bool) -> RepositoryStats {
    let family = |set: &Snapshot| {
        set.tags.iter().find_map(|tag| tag.strip_prefix("portal:")).map(str::to_owned)
    };
    count(repository, alone, family, &Silent, &Cancel::default()).unwrap()
}

/// Saves a folder as `media/files`, with a dump, for a portal.
fn save(place: &Place, repository: &Repository, root: &str, portal: &str) -> SnapshotId {
    let writer = kit::writer(repository, None);
    writer.add_tree("media/files", &place.path(root), &[], kit::sizes()).unwrap();
    let dump = kit::noise(1_000 + portal.len() as u64, 50_000);
    writer.add_stream("db/chinh.sql", &mut &dump[..], kit::sizes()).unwrap();
    let tags = vec![format!("portal:{portal}")];
    let paths = vec![format!("/{portal}")];
    writer.finish(SetMeta { paths, tags, hostname: "may-chu".to_owned() }).unwrap().id
}

/// Two portals that share a file, each with two sets; one has a file with two names.
fn stage() -> (Place, Repository) {
    let place = Place::new();
    let repository = place.init();
    for root in ["mot", "hai"] {
        kit::make_tree(&place.path(root));
        fs::write(
            place.path(root).join("rieng.bin"),
            kit::noise(u64::from(root.as_bytes()[0]), 90_000),
        )
        .unwrap();
    }
    save(&place, &repository, "mot", "mot");
    save(&place, &repository, "hai", "hai-ba");
    fs::write(place.path("mot").join("moi.bin"), kit::noise(77, 120_000)).unwrap();
    save(&place, &repository, "mot", "mot");
    fs::remove_file(place.path("hai").join("rieng.bin")).unwrap();
    save(&place, &repository, "hai", "hai-ba");
    (place, repository)
}

fn restic(place: &Place, arguments: &[&str]) -> Value {
    let told = place.restic(&[&["stats", "--json"], arguments].concat()).unwrap();
    serde_json::from_str(told.lines().last().unwrap()).unwrap()
}

#[test]
fn the_numbers_are_those_of_restic() {
    let (place, repository) = stage();
    let stats = counted(&repository);
    assert!(stats.uncounted.is_empty(), "{:?}", stats.uncounted);

    let raw = restic(&place, &["--mode", "raw-data"]);
    assert_eq!(raw["total_size"], stats.all.volume.stored);
    assert_eq!(raw["total_blob_count"], stats.all.volume.blobs);

    let contents = restic(&place, &["--mode", "files-by-contents"]);
    assert_eq!(contents["total_size"], stats.contents.bytes);
    // restic takes folders and empty files for one file without content.
    assert_eq!(contents["total_file_count"], stats.contents.files + 1);

    for set in &stats.sets {
        let id = set.id.to_string();
        let restored = restic(&place, &["--mode", "restore-size", &id]);
        assert_eq!(restored["total_size"], set.restored.bytes);
        assert_eq!(restored["total_file_count"], set.restored.entries);
    }
    for family in &stats.families {
        let tag = format!("portal:{}", family.name.as_ref().unwrap());
        let raw = restic(&place, &["--mode", "raw-data", "--tag", &tag]);
        assert_eq!(raw["total_size"], family.share.volume.stored);
        assert_eq!(raw["total_blob_count"], family.share.volume.blobs);
    }
}

#[test]
fn what_is_shared_and_what_came_when_add_up() {
    let (_place, repository) = stage();
    let stats = counted(&repository);
    let names: Vec<_> = stats.families.iter().map(|one| one.name.as_deref()).collect();
    assert_eq!(names, [Some("hai-ba"), Some("mot")]);
    let added: u64 = stats.sets.iter().map(|set| set.added).sum();
    assert_eq!(added, stats.all.volume.stored, "every blob came with one set");
    assert!(stats.sets[0].added > stats.sets[1].added, "most is shared");
    assert!((120_000..140_000).contains(&stats.sets[2].added), "{:?}", stats.sets);
    assert!(stats.sets[3].added < 30_000, "only folders are new: {:?}", stats.sets);

    let (hai, mot) = (&stats.families[0], &stats.families[1]);
    assert_eq!((mot.sets, hai.sets), (2, 2));
    assert_eq!((mot.oldest, mot.newest), (Some(stats.sets[0].time), Some(stats.sets[2].time)));
    let shared = |share: &Share| share.volume.stored - share.alone;
    assert_eq!(shared(&hai.share), shared(&mot.share));
    let whole = hai.share.alone + mot.share.alone + shared(&mot.share);
    assert_eq!(whole, stats.all.volume.stored);
    // 50,000 bytes of a dump, 90,000 of its own; for `mot` 120,000 more.
    assert!((140_000..200_000).contains(&hai.share.alone), "{:?}", hai.share);
    assert!((260_000..330_000).contains(&mot.share.alone), "{:?}", mot.share);

    let paths: Vec<_> = mot.sources.iter().map(|one| one.path.escape_ascii().to_string()).collect();
    assert_eq!(paths, ["db/chinh.sql", "media/files"]);
    let dump = &mot.sources[0];
    assert_eq!(
        (dump.sets, dump.share.restored.bytes, dump.share.newest.bytes),
        (2, 100_000, 50_000)
    );
    assert_eq!((dump.share.volume.plain, dump.share.volume.stored), (50_000, dump.share.alone));
    let files = &mot.sources[1];
    assert_eq!(files.share.restored.bytes + 100_000, mot.share.restored.bytes);
    assert_eq!(files.share.newest.bytes + 50_000, mot.share.newest.bytes);
    assert_eq!(stats.all.restored.bytes, hai.share.restored.bytes + mot.share.restored.bytes);
    assert!(!stats.all.lacks && !mot.share.lacks);
}

#[test]
fn a_blob_came_with_the_first_set_of_all_portals_that_needs_it() {
    let (place, repository) = stage();
    let before = counted(&repository);
    // By name before the others, and after them.
    for portal in ["aaa", "zzz"] {
        save(&place, &repository, "mot", portal);
        let stats = counted(&repository);
        assert!(stats.sets.last().unwrap().added < 30_000, "only the root is new");
        for (one, other) in stats.sets.iter().zip(&before.sets) {
            assert_eq!(one.added, other.added);
        }
    }
}

#[test]
fn a_folder_that_two_sources_hold_is_alone_with_neither() {
    let place = Place::new();
    let repository = place.init();
    kit::make_tree(&place.path("root"));
    let writer = kit::writer(&repository, None);
    for name in ["media/a", "media/b"] {
        writer.add_tree(name, &place.path("root"), &[], kit::sizes()).unwrap();
    }
    writer.finish(kit::meta()).unwrap();
    let stats = counted(&repository);
    assert_eq!(stats.families.len(), 1);
    assert_eq!(stats.families[0].name, None);
    let [a, b] = &stats.families[0].sources[..] else { panic!("{stats:?}") };
    assert_eq!(a.share, b.share);
    assert_eq!(a.share.alone, 0);
    assert!(a.share.volume.stored > 0);
    assert_eq!(stats.families[0].share.alone, stats.all.volume.stored);
    assert_eq!(stats.all.restored.bytes, 2 * a.share.restored.bytes);
}

#[test]
fn many_folders_at_the_root_are_one_source() {
    let place = Place::new();
    let repository = place.init();
    let root = place.path("root");
    for number in 0..70 {
        fs::create_dir_all(root.join(number.to_string())).unwrap();
        fs::write(root.join(format!("{number}/a")), vec![b'x'; number]).unwrap();
    }
    let writer = kit::writer(&repository, None);
    writer.add_tree("nhieu", &root, &[], kit::sizes()).unwrap();
    writer.finish(kit::meta()).unwrap();
    let stats = counted(&repository);
    let source = &stats.families[0].sources[0];
    assert_eq!((&source.path[..], stats.families[0].sources.len()), (&b"nhieu"[..], 1));
    assert_eq!((source.share.restored.files, source.share.restored.entries), (70, 141));
    let told = restic(&place, &["--mode", "restore-size", "latest"]);
    assert_eq!(told["total_file_count"], stats.all.restored.entries);
}

#[test]
fn what_a_prune_would_free_is_what_its_plan_says() {
    let (_place, repository) = stage();
    let cancel = Cancel::default();
    let sets: Vec<_> = counted(&repository).sets.iter().map(|set| set.id).collect();
    let lock = repository.lock_exclusive().unwrap();
    repository.forget(&lock, &sets[2]).unwrap();
    drop(lock);
    let stats = counted(&repository);
    let limits = Limits::default();
    let prune = Prune::plan(&repository, limits, &Silent, &cancel).unwrap();
    assert_eq!(stats.prune.as_ref(), Some(prune.planned()));
    assert!(prune.planned().bytes_freed() > 100_000);
    drop(prune);
    let name = Folder::Data.name(&Digest::of(b"x"));
    repository.block_on(repository.store().put(&name, b"x".to_vec().into())).unwrap();
    let unlisted = |alone| counted_beside(&repository, alone).prune.unwrap().unlisted.len();
    assert_eq!((unlisted(true), unlisted(false)), (1, 0), "a writer's packs are its own");
    repository.block_on(repository.store().delete(&name)).unwrap();
    let packs = repository.list(Folder::Data).unwrap();
    assert_eq!(stats.objects["data"].count, packs.len() as u64);
    assert_eq!(stats.objects["data"].bytes, packs.iter().map(|(_, length)| length).sum::<u64>());
}

#[test]
fn an_empty_repository_is_counted_too() {
    let place = Place::new();
    let repository = place.init();
    let stats = counted(&repository);
    assert!(stats.uncounted.is_empty() && stats.sets.is_empty() && stats.prune.is_none());
    assert_eq!(stats.all, Share::default());
    assert_eq!(stats.objects["keys"].count, 1);
}

#[test]
fn what_cannot_be_read_is_told_and_every_sum_without_it_says_so() {
    let (place, repository) = stage();
    let before = counted(&repository);
    let index = repository.load_index().unwrap();
    let by_pack = index.by_pack();
    let alone: HashSet<_> = {
        // A pack that only `mot` needs: its last set's file.
        let set = repository.snapshot(&before.sets[2].id).unwrap();
        let browser = duphong::repository::browse::Browser::new(&repository).unwrap();
        let node = browser.find(&set.tree, b"media/files/moi.bin").unwrap().unwrap();
        node.content.unwrap().into_iter().collect()
    };
    let packs = index.packs().iter();
    let pack = packs
        .copied()
        .find(|pack| by_pack.blobs(pack).iter().all(|blob| alone.contains(&blob.id)))
        .expect("one pack holds pieces of the new file alone");
    let lost = by_pack.blobs(&pack);
    fs::remove_file(place.path("repository").join(layout::pack(&pack).as_str())).unwrap();
    let stats = counted(&repository);
    assert_eq!((stats.uncounted.packs, stats.uncounted.blobs), (1, lost.len() as u64));
    assert_eq!((stats.uncounted.folders, stats.prune.is_none()), (0, true));
    let gone: u64 = lost.iter().map(|blob| u64::from(blob.length)).sum();
    assert_eq!(stats.all.volume.stored + gone, before.all.volume.stored);
    let (set, source, _) = &stats.uncounted.named[0];
    assert_eq!((*set, &source[..]), (before.sets[2].id, &b"media/files"[..]));
    let (hai, mot) = (&stats.families[0], &stats.families[1]);
    assert!(stats.all.lacks && mot.share.lacks && mot.sources[1].share.lacks);
    assert!(!hai.share.lacks && !mot.sources[0].share.lacks);
    assert_eq!(mot.share.alone + gone, before.families[1].share.alone);
    // How long files are, folders say.
    assert_eq!(mot.share.restored, before.families[1].share.restored);
}

#[test]
fn a_lost_folder_a_lost_set_and_a_lost_index_are_told() {
    let (place, repository) = stage();
    let before = counted(&repository);
    let at = |name: &str| place.path("repository").join(name);
    let set = layout::snapshot(&before.sets[0].id);
    fs::write(at(set.as_str()), b"x").unwrap();
    let index = repository.load_index().unwrap();
    let by_pack = index.by_pack();
    for pack in index.packs() {
        if by_pack.blobs(pack)[0].kind == BlobKind::Tree {
            fs::write(at(layout::pack(pack).as_str()), b"x").unwrap();
        }
    }
    let stats = counted(&repository);
    assert_eq!(stats.uncounted.sets[0].0, before.sets[0].id);
    assert_eq!((stats.sets.len(), stats.prune.is_none()), (3, true));
    assert!(stats.uncounted.folders >= 2 && stats.all.lacks, "{:?}", stats.uncounted);
    assert!(stats.families.iter().all(|family| family.share.lacks && family.sets > 0));
    assert_eq!(stats.uncounted.named.len(), 3, "one for each set: {:?}", stats.uncounted);
    let listed = repository.list(Folder::Index).unwrap();
    fs::write(at(listed[0].0.as_str()), b"x").unwrap();
    assert_eq!(counted(&repository).uncounted.index_files, 1);
}

/// A store that gives other bytes of a pack at one look.
struct Misreading {
    inner: Arc<dyn ObjectStore>,
    looks: AtomicU64,
    wrong: AtomicU64,
}

#[async_trait]
impl Around for Misreading {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.inner
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        let look = self.looks.fetch_add(1, Ordering::Relaxed);
        let mut bytes = self.inner.get_range(name, offset, length).await?.to_vec();
        if look == self.wrong.load(Ordering::Relaxed) {
            bytes[0] ^= 1;
        }
        Ok(bytes.into())
    }
}

/// Some folders are read again, for what they share: whichever look goes wrong, no number pretends.
#[test]
fn whatever_is_misread_once_the_numbers_say_that_they_are_the_least() {
    let (place, calm) = stage();
    let sound = counted(&calm).all;
    let (looks, wrong) = (AtomicU64::new(0), AtomicU64::new(0));
    let store = Through::new(Misreading { inner: place.store(), looks, wrong });
    let repository = Repository::open(store.clone(), &kit::password(), &kit::world()).unwrap();
    let mut nth = 0;
    loop {
        store.looks.store(0, Ordering::Relaxed);
        store.wrong.store(nth, Ordering::Relaxed);
        let stats = counted(&repository);
        if store.looks.load(Ordering::Relaxed) <= nth {
            assert_eq!(stats.all, sound);
            break;
        }
        assert!(stats.all.lacks && !stats.uncounted.is_empty(), "look {nth}: {:?}", stats.all);
        assert!(!stats.uncounted.named.is_empty(), "look {nth}: nothing is named");
        nth += 1;
    }
    assert!(nth > 20, "{nth} looks");
}
