//! Looking into a set shows what was saved, and the content of a file only when it is proven.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::progress::Silent;
use duphong::repository::blob::BlobKind;
use duphong::repository::browse::{BrowseError, Browser};
use duphong::repository::chunk::Chunking;
use duphong::repository::layout::{self, Folder};
use duphong::repository::{BlobId, Repository};
use duphong::store::faulty::{Damage, Faulty};
use duphong::store::{ObjectName, ObjectStore, StoreError};
use tokio::sync::Barrier;

use crate::repository::kit::{
    Place, make_tree, meta, noise, password, picture, save, world, writer,
};
use crate::store::around::{Around, Through};

fn saved() -> (Place, Repository, BlobId) {
    let place = Place::new();
    make_tree(&place.path("root"));
    let repository = place.init();
    let set = save(&repository, &place.path("root"), None).0.id;
    let tree = repository.snapshot(&set).unwrap().tree;
    (place, repository, tree)
}

fn cat(browser: &Browser<'_>, tree: &BlobId, path: &str) -> Result<Vec<u8>, BrowseError> {
    let mut content = Vec::new();
    let cancel = Cancel::default();
    browser.cat(tree, path.as_bytes(), &mut content, &Silent, &cancel).map(|_length| content)
}

#[test]
fn a_listing_names_everything_below_a_folder_once() {
    let (place, repository, tree) = saved();
    let browser = Browser::new(&repository).unwrap();
    let listed = browser.list(&tree, b"/media/files/", true).unwrap();
    let mut listed: Vec<_> = listed
        .map(|entry| entry.unwrap().path.strip_prefix(b"media/files/").unwrap().to_vec())
        .map(|path| path.escape_ascii().to_string())
        .collect();
    listed.sort();
    let expected: Vec<_> = picture(&place.path("root")).into_keys().collect();
    assert_eq!(listed, expected);

    let top: Vec<_> = browser.list(&tree, b"", false).unwrap().map(|e| e.unwrap().path).collect();
    assert_eq!(top, [b"media"]);
    let one = browser.list(&tree, b"media/files/mot.txt", true).unwrap();
    let sizes: Vec<_> = one.map(|entry| entry.unwrap().node.size).collect();
    assert_eq!(sizes, [1]);
}

#[test]
fn content_comes_back_whole() {
    let (place, repository, tree) = saved();
    let browser = Browser::new(&repository).unwrap();
    for path in ["2026/anh.jpg", "trong.txt", "2026/Tháng Một/Kế hoạch số 1.txt"] {
        let content = cat(&browser, &tree, &format!("media/files/{path}")).unwrap();
        assert_eq!(content, fs::read(place.path("root").join(path)).unwrap(), "{path}");
    }
}

#[test]
fn a_long_stream_comes_back_in_order_with_pieces_that_repeat() {
    let place = Place::new();
    let repository = place.init();
    let stream =
        [noise(1, 9 << 20), vec![0; 3 << 20], noise(2, 100_001), noise(1, 1 << 20)].concat();
    let writer = writer(&repository, None);
    writer.add_stream("db.sql", &mut &stream[..], Chunking::Database).unwrap();
    let set = writer.finish(meta()).unwrap().id;
    let tree = repository.snapshot(&set).unwrap().tree;
    let browser = Browser::new(&repository).unwrap();
    assert!(cat(&browser, &tree, "db.sql").unwrap() == stream);
}

#[test]
fn what_has_no_content_is_refused() {
    let (_place, repository, tree) = saved();
    let browser = Browser::new(&repository).unwrap();
    for (path, code) in [
        ("media/files/khong co", "browse.no-such-path"),
        ("media/files/mot.txt/duoi", "browse.no-such-path"),
        ("media/files/2026", "browse.not-a-file"),
        ("media/files/lien-ket", "browse.not-a-file"),
        ("", "browse.not-a-file"),
    ] {
        let error = cat(&browser, &tree, path).unwrap_err();
        assert_eq!((error.code(), error.exit()), (code, ExitCode::Usage), "{path}");
    }
}

#[test]
fn a_damaged_piece_is_never_written_out() {
    let (place, repository, tree) = saved();
    let browser = Browser::new(&repository).unwrap();
    let path = "media/files/2026/anh.jpg";
    let node = browser.find(&tree, path.as_bytes()).unwrap().unwrap();
    let last = *node.content.unwrap().last().unwrap();
    let index = repository.load_index().unwrap();
    let location = index.find(BlobKind::Data, &last).unwrap();
    let store = Faulty::new(place.store());
    let offset = location.blob.offset as usize + 30;
    store.damage(&layout::pack(&location.pack), Damage::Flip { offset, bit: 0 });
    let damaged = Repository::open(Arc::new(store), &password(), &world()).unwrap();
    let browser = Browser::new(&damaged).unwrap();
    let mut content = Vec::new();
    let error =
        browser.cat(&tree, path.as_bytes(), &mut content, &Silent, &Cancel::default()).unwrap_err();
    assert_eq!((error.code(), error.exit()), ("repository.blob-damaged", ExitCode::Integrity));
    let whole = fs::read(place.path("root/2026/anh.jpg")).unwrap();
    assert!(content.len() < whole.len() && whole.starts_with(&content));
}

/// Counts how many files of the index are read.
struct Counting {
    inner: Arc<dyn ObjectStore>,
    read: AtomicUsize,
}

#[async_trait]
impl Around for Counting {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.inner
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        if Folder::Index.digest(name).is_some() {
            self.read.fetch_add(1, Ordering::Relaxed);
        }
        self.inner.get(name).await
    }
}

#[test]
fn an_index_that_somebody_holds_is_read_once_and_again_when_it_changes() {
    let (place, _, first) = saved();
    let counting = Counting { inner: place.store(), read: AtomicUsize::new(0) };
    let store = Through::new(counting);
    let repository = Repository::open(store.clone(), &password(), &world()).unwrap();
    let read = || store.read.swap(0, Ordering::Relaxed);
    let look = |tree| {
        let browser = Browser::new(&repository).unwrap();
        cat(&browser, tree, "media/files/mot.txt").unwrap()
    };

    look(&first);
    look(&first);
    assert_eq!(read(), 2, "nobody holds it");
    let held = repository.hold_index().unwrap();
    look(&first);
    look(&first);
    assert_eq!(read(), 1);

    fs::write(place.path("root/mot.txt"), "hai").unwrap();
    let set = save(&place.open(), &place.path("root"), None).0.id;
    let second = repository.snapshot(&set).unwrap().tree;
    assert_eq!(look(&second), b"hai", "what came meanwhile is seen");
    assert_eq!(read(), 2, "both files of the index");
    drop(held);
}

/// A store that answers for a folder only when a second one is asked for as well.
struct Together {
    inner: Arc<dyn ObjectStore>,
    /// Folders that are asked for before, each alone.
    first: AtomicUsize,
    pair: Barrier,
    alone: AtomicUsize,
}

#[async_trait]
impl Around for Together {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.inner
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        let less = |first: usize| first.checked_sub(1);
        let is_first = self.first.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok();
        let pair = tokio::time::timeout(Duration::from_secs(20), self.pair.wait());
        if !is_first && pair.await.is_err() {
            self.alone.fetch_add(1, Ordering::SeqCst);
        }
        self.inner.get_range(name, offset, length).await
    }
}

#[test]
fn folders_beside_each_other_are_read_at_the_same_time() {
    let place = Place::new();
    for folder in 0..6 {
        fs::create_dir_all(place.path(&format!("root/{folder}"))).unwrap();
        fs::write(place.path(&format!("root/{folder}/tep")), folder.to_string()).unwrap();
    }
    let set = save(&place.init(), &place.path("root"), None).0.id;
    let (inner, alone) = (place.store(), AtomicUsize::new(0));
    // The root of the set, `media` and `media/files`.
    let first = AtomicUsize::new(3);
    let store = Through::new(Together { inner, first, pair: Barrier::new(2), alone });
    let repository = Repository::open(store.clone(), &password(), &world()).unwrap();
    let tree = repository.snapshot(&set).unwrap().tree;
    let browser = Browser::new(&repository).unwrap();
    let listed = browser.list(&tree, b"", true).unwrap().map(|entry| entry.unwrap().path);
    let files: Vec<_> = listed.filter(|path| path.ends_with(b"tep")).collect();
    let expected: Vec<_> = (0..6).map(|n| format!("media/files/{n}/tep").into_bytes()).collect();
    assert_eq!(files, expected, "in order all the same");
    assert_eq!(store.alone.load(Ordering::SeqCst), 0);

    // One that is given up leaves nobody behind who waits.
    store.first.store(100, Ordering::SeqCst);
    let mut given_up = browser.list(&tree, b"", true).unwrap();
    let begun: Vec<_> = given_up.by_ref().take(4).map(|entry| entry.unwrap().path).collect();
    assert_eq!(begun.last().unwrap(), b"media/files/0/tep");
    drop(given_up);
}
