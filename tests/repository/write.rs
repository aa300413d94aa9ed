//! What gets into a set, what does not, and what is told of it.

use std::fs;
use std::io::{self, Read, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, symlink};
use std::path::Path;
use std::sync::Arc;

use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::progress::Silent;
use duphong::repository::blob::BlobKind;
use duphong::repository::chunk::Chunking;
use duphong::repository::layout::{self, Folder};
use duphong::repository::tree::{Node, NodeKind};
use duphong::repository::{Repository, RepositoryError, SetWriter, SnapshotId, Tuning};
use duphong::store::memory::MemoryStore;
use duphong::store::{ObjectName, ObjectStore, StoreError};

use crate::repository::kit::{self, Hooked, Place};
use crate::store::around::Through;

fn in_memory() -> Repository {
    Repository::init(Arc::new(MemoryStore::new()), &kit::password(), &kit::world()).unwrap()
}

fn on(store: &Arc<Through<Hooked>>) -> Repository {
    let store: Arc<dyn ObjectStore> = Arc::clone(store) as _;
    Repository::init(store, &kit::password(), &kit::world()).unwrap()
}

/// The node at a path of a set.
fn node(repository: &Repository, set: &SnapshotId, path: &str) -> Node {
    let index = repository.load_index().unwrap();
    let mut tree = repository.snapshot(set).unwrap().tree;
    let mut found = None;
    for part in path.split('/') {
        let folder = repository.load_tree(&index, &tree).unwrap();
        let node = folder.find(part.as_bytes()).unwrap_or_else(|| panic!("no `{part}`")).clone();
        tree = node.subtree.unwrap_or(tree);
        found = Some(node);
    }
    found.unwrap()
}

#[test]
fn everything_of_a_tree_is_in_the_set() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    symlink(std::ffi::OsStr::from_bytes(b"khong/co/\xff"), root.join("byte")).unwrap();
    let repository = in_memory();
    let (set, summary) = kit::save(&repository, &root, None);
    let expected = kit::expected(&root);
    assert_eq!(kit::read_set(&repository, &set.id).unwrap(), expected);
    let files = expected.values().filter(|line| line.starts_with("File")).count() as u64;
    assert_eq!((summary.files, summary.skipped), (files, vec![]));
    assert_eq!(set.statistics.files_new, files);
    assert_eq!(set.statistics.bytes_total, summary.bytes);

    let one = node(&repository, &set.id, "media/files/2026/anh.jpg");
    let other = node(&repository, &set.id, "media/files/ten-khac.jpg");
    assert_eq!((one.links, one.inode), (2, fs::metadata(root.join("2026/anh.jpg")).unwrap().ino()));
    assert_eq!((one.inode, one.device_id), (other.inode, other.device_id));
    assert_ne!(one.device_id, 0);
}

#[test]
fn a_second_stream_of_the_same_name_and_size_is_stored_anew() {
    let repository = in_memory();
    let mut parent = None;
    for content in ["mot hai", "ba bon "] {
        let writer = kit::writer(&repository, parent);
        let size = writer
            .add_stream("db/portal.dump", &mut content.as_bytes(), Chunking::Database)
            .unwrap();
        assert_eq!(size, 7);
        let set = writer.finish(kit::meta()).unwrap();
        let node = node(&repository, &set.id, "db/portal.dump");
        let index = repository.load_index().unwrap();
        let blob = node.content.unwrap()[0];
        assert_eq!(
            repository.load_blob(&index, BlobKind::Data, &blob).unwrap(),
            content.as_bytes()
        );
        assert_eq!(node.size, 7);
        parent = Some(set.id);
    }
}

#[test]
fn a_large_stream_is_cut_and_comes_back_in_order() {
    let repository = in_memory();
    let bytes = [kit::noise(7, 3_000_000), "dòng\n".repeat(300_000).into_bytes()].concat();
    let writer = kit::writer(&repository, None);
    writer.add_stream("db/x", &mut &bytes[..], Chunking::Database).unwrap();
    let set = writer.finish(kit::meta()).unwrap();
    let index = repository.load_index().unwrap();
    let blobs = node(&repository, &set.id, "db/x").content.unwrap();
    assert!(blobs.len() > 20, "{}", blobs.len());
    let mut back = Vec::new();
    for blob in blobs {
        back.extend(repository.load_blob(&index, BlobKind::Data, &blob).unwrap());
    }
    assert!(back == bytes);
    assert!(set.statistics.bytes_stored < 4_000_000, "{:?}", set.statistics);
}

#[test]
fn unchanged_files_are_not_read_again() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    let repository = in_memory(); // deriving the key takes longer than the file system's tick
    let (first, summary) = kit::save(&repository, &root, None);
    let (second, again) = kit::save(&repository, &root, Some(first.id));
    assert_eq!((summary.files, summary.bytes), (again.files, again.bytes));
    assert_eq!(second.statistics.files_unchanged, summary.files);
    assert_eq!((second.statistics.bytes_read, second.statistics.data_blobs), (0, 0));
    assert_eq!(second.statistics.dirs_unchanged, first.statistics.dirs_new);
    assert_eq!(
        kit::read_set(&repository, &first.id).unwrap(),
        kit::read_set(&repository, &second.id).unwrap()
    );
}

/// A folder that looks as it was keeps its tree: whatever happens in one must show.
#[test]
fn whatever_happens_in_a_folder_makes_it_anew() {
    type Event = fn(&Path);
    let events: [(&str, Event); 6] = [
        ("a file goes", |folder| fs::remove_file(folder.join("a")).unwrap()),
        ("a file comes", |folder| fs::write(folder.join("c"), "mới").unwrap()),
        ("a file is renamed", |folder| fs::rename(folder.join("a"), folder.join("d")).unwrap()),
        ("a file takes the place of another", |folder| {
            fs::rename(folder.join("a"), folder.join("b")).unwrap();
        }),
        ("a link points elsewhere", |folder| {
            fs::remove_file(folder.join("link")).unwrap();
            symlink("b", folder.join("link")).unwrap();
        }),
        ("an empty folder goes", |folder| fs::remove_dir(folder.join("empty")).unwrap()),
    ];
    let prepare = |(what, event)| {
        let place = Place::new();
        let folder = place.path("root").join("above/folder");
        fs::create_dir_all(folder.join("empty")).unwrap();
        fs::write(folder.join("a"), "một").unwrap();
        fs::write(folder.join("b"), "hai").unwrap();
        symlink("a", folder.join("link")).unwrap();
        (place, what, event)
    };
    let prepared: [(Place, &str, Event); 6] = events.map(prepare);
    let repository = in_memory(); // deriving the key takes longer than the file system's tick
    for (place, what, event) in prepared {
        let root = place.path("root");
        let (first, _) = kit::save(&repository, &root, None);
        let (second, _) = kit::save(&repository, &root, Some(first.id));
        assert_eq!(second.statistics.dirs_unchanged, 4, "{what}: nothing has happened yet");
        event(&root.join("above/folder"));
        let (third, _) = kit::save(&repository, &root, Some(second.id));
        assert_eq!(kit::read_set(&repository, &third.id).unwrap(), kit::expected(&root), "{what}");
        assert!(third.statistics.dirs_changed >= 3, "{what}: the folder and those above it");
        assert_ne!(
            node(&repository, &second.id, "media/files/above/folder").subtree,
            node(&repository, &third.id, "media/files/above/folder").subtree,
            "{what}"
        );
    }
}

#[test]
fn a_change_that_hides_behind_the_same_size_and_time_is_found() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    let repository = in_memory();
    let (first, _) = kit::save(&repository, &root, None);
    let path = root.join("2026/7.pdf");
    let before = fs::metadata(&path).unwrap();
    fs::write(&path, kit::noise(99, 3_000)).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    let (second, _) = kit::save(&repository, &root, Some(first.id));
    assert_eq!((second.statistics.files_changed, second.statistics.bytes_read), (1, 3_000));
    assert_eq!(kit::read_set(&repository, &second.id).unwrap(), kit::expected(&root));
}

/// A file that changed in the tick in which the parent set began could change again unseen.
#[test]
fn a_file_that_is_too_young_to_be_trusted_is_read_again() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    let repository = in_memory();
    let writer = kit::writer(&repository, None);
    fs::write(root.join("moi"), "vừa viết").unwrap();
    writer.add_tree("media/files", &root, &[], kit::sizes()).unwrap();
    let first = writer.finish(kit::meta()).unwrap();
    let (second, _) = kit::save(&repository, &root, Some(first.id));
    assert_eq!(second.statistics.files_changed, 1);
}

#[test]
fn files_whose_blobs_are_gone_are_read_again() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    let repository = place.init();
    let (first, _) = kit::save(&repository, &root, None);
    // Keep the packs of folders only; the index still names the others.
    let index = repository.load_index().unwrap();
    for location in index.blobs().filter(|location| location.blob.kind == BlobKind::Data) {
        let name = layout::pack(&location.pack);
        let _ = fs::remove_file(place.path("repository").join(name.as_str()));
    }
    let (second, summary) = kit::save(&repository, &root, Some(first.id));
    // The empty file has no blobs that could be gone.
    assert_eq!(second.statistics.files_changed + 1, summary.files);
    assert!(second.statistics.packs_missing > 0);
    assert_eq!(kit::read_set(&repository, &second.id).unwrap(), kit::expected(&root));
}

#[test]
fn a_file_that_shrinks_while_read_is_read_again() {
    let place = Place::new();
    let root = place.path("root");
    fs::create_dir(&root).unwrap();
    let path = root.join("nhat-ky");
    fs::write(&path, kit::noise(5, 2_000_000)).unwrap();
    let store = Hooked::new(Arc::new(MemoryStore::new()), |_, _| Ok(()));
    let repository = on(&store);
    let shrinking = path.clone();
    store.set(move |name, _| {
        if name.as_str().starts_with("data/") {
            fs::File::options().write(true).open(&shrinking).unwrap().set_len(1_000_000).unwrap();
        }
        Ok(())
    });
    let (set, summary) = kit::save(&repository, &root, None);
    assert_eq!(summary.bytes, fs::metadata(&path).unwrap().len());
    assert_eq!(kit::read_set(&repository, &set.id).unwrap(), kit::expected(&root));
}

#[test]
fn a_file_that_never_stands_still_is_kept_and_named() {
    let place = Place::new();
    let root = place.path("root");
    fs::create_dir(&root).unwrap();
    let path = root.join("nhat-ky");
    fs::write(&path, kit::noise(5, 1_500_000)).unwrap();
    let store = Hooked::new(Arc::new(MemoryStore::new()), |_, _| Ok(()));
    let repository = on(&store);
    let restless = path.clone();
    let mut seed = 1_000;
    store.set(move |name, _| {
        if name.as_str().starts_with("data/") {
            // Other content each time, so that the next read makes new packs and comes here again.
            seed += 1;
            let file = fs::File::options().write(true).open(&restless).unwrap();
            file.write_all_at(&kit::noise(seed, 1_500_000), 0).unwrap();
        }
        Ok(())
    });
    let (set, summary) = kit::save(&repository, &root, None);
    assert_eq!(summary.files, 1);
    assert!(summary.skipped[0].reason.contains("changed while it was read"), "{summary:?}");
    assert_eq!(summary.skipped[0].path, path.display().to_string());
    // What is recorded is what was stored: `read_set` compares size and content.
    assert_eq!(kit::read_set(&repository, &set.id).unwrap().len(), 3);
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_saved() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    rustix::fs::mknodat(
        rustix::fs::CWD,
        root.join("ong"),
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    let repository = in_memory();
    let writer = kit::writer(&repository, None);
    let summary = writer.add_tree("media/files", &root, &[], kit::sizes()).unwrap();
    assert_eq!(summary.skipped.len(), 1);
    assert!(summary.skipped[0].path.ends_with("root/ong"), "{:?}", summary.skipped);
    // The kernel lets nobody read this one, not even root.
    let unreadable = Path::new("/proc/sys/net/ipv4/route");
    let summary = writer.add_tree("media/proc", unreadable, &[], Chunking::Media).unwrap();
    let flush = summary.skipped.iter().find(|skipped| skipped.path.ends_with("/flush")).unwrap();
    assert!(flush.reason.contains("denied"), "{flush:?}");
    let set = writer.finish(kit::meta()).unwrap();
    kit::read_set(&repository, &set.id).unwrap();
}

/// A bad sector: what can be opened need not be readable.
#[test]
fn what_breaks_off_while_it_is_read_is_named_and_not_in_the_set() {
    // The memory of this process; at its beginning there is none.
    let names = fs::read_dir("/proc/self").unwrap().map(|entry| entry.unwrap().file_name());
    let others = names.filter(|name| name != "mem").map(|name| name.into_string().unwrap());
    let exclude: Vec<_> = others.collect();
    let repository = in_memory();
    let writer = kit::writer(&repository, None);
    let process = Path::new("/proc/self");
    let summary = writer.add_tree("media/files", process, &exclude, Chunking::Media).unwrap();
    let [skipped] = &summary.skipped[..] else { panic!("{:?}", summary.skipped) };
    assert!(skipped.path.ends_with("/mem"), "{skipped:?}");
    assert!(skipped.reason.contains("Input/output error"), "{skipped:?}");
    let set = writer.finish(kit::meta()).unwrap();
    let set = kit::read_set(&repository, &set.id).unwrap();
    assert!(!set.contains_key("/media/files/mem"), "{set:?}");
}

#[test]
fn a_root_that_cannot_be_read_is_an_error_and_the_others_go_on() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    let repository = in_memory();
    let writer = kit::writer(&repository, None);
    for wrong in ["khong-co", "root/mot.txt"] {
        let error = writer.add_tree(wrong, &place.path(wrong), &[], Chunking::Media).unwrap_err();
        assert!(matches!(error, RepositoryError::Root { .. }), "{error:?}");
        assert_eq!(error.exit(), ExitCode::Failed);
    }
    writer.add_tree("media/files", &root, &[], kit::sizes()).unwrap();
    let set = writer.finish(kit::meta()).unwrap();
    assert_eq!(kit::read_set(&repository, &set.id).unwrap(), kit::expected(&root));
}

#[test]
fn a_stream_that_breaks_off_is_not_in_the_set() {
    struct Breaking(usize);
    impl Read for Breaking {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(1).ok_or_else(|| io::Error::other("máy chủ đã tắt"))?;
            buffer.fill(7);
            Ok(buffer.len())
        }
    }
    let repository = in_memory();
    let writer = kit::writer(&repository, None);
    let error = writer.add_stream("db/x", &mut Breaking(3), Chunking::Database).unwrap_err();
    assert!(matches!(error, RepositoryError::Stream { .. }), "{error:?}");
    writer.add_bytes("manifest.json", b"{}").unwrap();
    let set = writer.finish(kit::meta()).unwrap();
    let names: Vec<_> = kit::read_set(&repository, &set.id).unwrap().into_keys().collect();
    assert_eq!(names, ["/manifest.json"]);
}

/// What was read in vain is stored all the same, and the next source relies on it: a set that ends
/// meanwhile must wait for it.
#[test]
fn a_set_waits_for_blobs_that_another_source_began_and_never_ended() {
    struct Breaking<'a>(&'a [u8]);
    impl Read for Breaking<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("máy chủ đã tắt")),
                count => Ok(count),
            }
        }
    }
    // Pieces that take long to compress, and no time to be found again.
    let squares = (0..400_000).map(|number: u64| (number * number).to_string());
    let text = squares.collect::<Vec<_>>().join(" ");
    let piece = 1 << 20;
    let chunking = Chunking::Sizes { min: piece, avg: piece, max: piece };
    let slow = Tuning { level: 19, ..kit::SMALL };
    let repository = in_memory();
    let (cancel, silent) = (Cancel::default(), Arc::new(Silent));
    let writer = SetWriter::begin_tuned(&repository, None, cancel, silent, slow).unwrap();
    writer.add_stream("db/x", &mut Breaking(text.as_bytes()), chunking).unwrap_err();
    writer.add_stream("db/y", &mut text.as_bytes(), chunking).unwrap();
    let set = writer.finish(kit::meta()).unwrap();
    let content = kit::read_set(&repository, &set.id).unwrap();
    assert_eq!(content.into_keys().collect::<Vec<_>>(), ["/db", "/db/y"]);
}

#[test]
fn excluded_things_are_left_out_without_a_word() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    let repository = in_memory();
    let writer = kit::writer(&repository, None);
    let exclude = ["2026/**".to_owned(), "*.txt".to_owned()];
    let summary = writer.add_tree("media/files", &root, &exclude, kit::sizes()).unwrap();
    assert_eq!(summary.skipped, []);
    let set = writer.finish(kit::meta()).unwrap();
    let mut expected = kit::expected(&root);
    expected.retain(|path, _| !path.contains("/2026") && !path.contains(".txt"));
    assert_eq!(kit::read_set(&repository, &set.id).unwrap(), expected);
}

#[test]
fn two_sources_cannot_have_one_path() {
    let repository = in_memory();
    let writer = kit::writer(&repository, None);
    writer.add_bytes("db/x", b"1").unwrap();
    for path in ["db/x", "db", "db/x/y", "", "/a", "a//b", "../a", "a/.", "a\0b"] {
        let error = writer.add_bytes(path, b"2").unwrap_err();
        assert!(matches!(error, RepositoryError::SetPath { .. }), "`{path}`: {error:?}");
    }
    writer.add_bytes("db/y", b"2").unwrap();
    assert_eq!(
        kit::read_set(&repository, &writer.finish(kit::meta()).unwrap().id).unwrap().len(),
        3
    );
}

#[test]
fn equal_files_are_stored_once_even_when_read_at_once() {
    let place = Place::new();
    let root = place.path("root");
    fs::create_dir(&root).unwrap();
    for number in 0..200 {
        fs::write(root.join(format!("{number}")), kit::noise(1, 10_000)).unwrap();
    }
    let repository = in_memory();
    let (set, summary) = kit::save(&repository, &root, None);
    assert_eq!((summary.files, summary.bytes), (200, 2_000_000));
    assert!(set.statistics.data_blobs < 5, "{:?}", set.statistics);
    assert_eq!(kit::read_set(&repository, &set.id).unwrap(), kit::expected(&root));
}

#[test]
fn a_deep_and_a_wide_folder_are_saved() {
    let place = Place::new();
    let root = place.path("root");
    let mut deep = root.clone();
    for _ in 0..200 {
        deep.push("sâu");
    }
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("đáy"), "đáy").unwrap();
    for number in 0..2_000 {
        fs::write(root.join(format!("{number:05}")), format!("{number}")).unwrap();
    }
    let repository = in_memory();
    let (set, _) = kit::save(&repository, &root, None);
    assert_eq!(kit::read_set(&repository, &set.id).unwrap(), kit::expected(&root));
}

#[test]
fn a_link_to_the_root_is_followed_and_links_below_it_are_not() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    symlink("/etc", root.join("ra-ngoai")).unwrap();
    symlink(&root, place.path("hien-tai")).unwrap();
    let repository = in_memory();
    let (set, _) = kit::save(&repository, &place.path("hien-tai"), None);
    assert_eq!(kit::read_set(&repository, &set.id).unwrap(), kit::expected(&root));
}

#[test]
fn extended_attributes_are_kept() {
    let place = Place::new();
    let root = place.path("root");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("a"), "a").unwrap();
    let flags = rustix::fs::XattrFlags::empty();
    rustix::fs::setxattr(root.join("a"), "user.nguồn", b"\x00\xff", flags).unwrap();
    rustix::fs::setxattr(&root, "user.d", b"", flags).unwrap();
    let repository = in_memory();
    let (set, _) = kit::save(&repository, &root, None);
    let attributes = node(&repository, &set.id, "media/files/a").attributes;
    assert_eq!(attributes.len(), 1);
    assert_eq!(
        (&attributes[0].name[..], &attributes[0].value[..]),
        ("user.nguồn", &b"\x00\xff"[..])
    );
    let folder = node(&repository, &set.id, "media/files");
    assert_eq!((folder.kind, &folder.attributes[0].name[..]), (NodeKind::Dir, "user.d"));
}

#[test]
fn who_cancels_is_told_so_and_leaves_no_set() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    let repository = in_memory();
    let cancel = Cancel::default();
    let writer = SetWriter::begin(&repository, None, cancel.clone(), Arc::new(Silent)).unwrap();
    cancel.cancel();
    let error = writer.add_tree("media/files", &root, &[], Chunking::Media).unwrap_err();
    assert_eq!(error.exit(), ExitCode::Interrupted);
    let error = writer.finish(kit::meta()).unwrap_err();
    assert_eq!(error.exit(), ExitCode::Interrupted);
    assert!(repository.snapshots().unwrap().sets.is_empty());
    repository.lock_exclusive().unwrap();
}

/// One answer in the middle of a run, after which all goes well again.
#[test]
fn a_pack_that_the_store_refused_once_leaves_no_set() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    let packs = |name: &ObjectName, bytes| name.as_str().starts_with("data/") && bytes > 0;
    for refused in 0..3 {
        let store = Hooked::new(Arc::new(MemoryStore::new()), |_, _| Ok(()));
        let repository = on(&store);
        let mut met = 0;
        store.set(move |name, bytes| {
            met += u32::from(packs(name, bytes));
            if packs(name, bytes) && met == refused + 1 {
                return Err(StoreError::Unreachable { place: name.to_string() });
            }
            Ok(())
        });
        let writer = kit::writer(&repository, None);
        let added = writer.add_tree("media/files", &root, &[], kit::sizes());
        // The run fails as soon as it is known, or at its end.
        let error = added.and_then(|_| writer.finish(kit::meta())).unwrap_err();
        assert!(matches!(error, RepositoryError::Store(_) | RepositoryError::GivenUp), "{error}");
        assert_eq!(repository.snapshots().unwrap().sets.len(), 0);
    }
}

#[test]
fn nobody_writes_on_half_an_index() {
    let repository = in_memory();
    let garbled = bytes::Bytes::from_static(b"garbled");
    let name = Folder::Index.name(&duphong::base::digest::Digest::of(&garbled));
    repository.block_on(repository.store().put(&name, garbled)).unwrap();
    let begun = SetWriter::begin(&repository, None, Cancel::default(), Arc::new(Silent));
    let error = begun.map(drop).unwrap_err();
    assert!(matches!(error, RepositoryError::Damaged { .. }), "{error}");
}

#[test]
fn a_full_disk_is_told_as_such_and_the_repository_stays_sound() {
    let place = Place::new();
    let root = place.path("root");
    kit::make_tree(&root);
    let inner = place.store();
    let store = Hooked::new(inner, |_, _| Ok(()));
    let repository = on(&store);
    let mut packs = 0;
    store.set(move |name, _| {
        packs += u32::from(name.as_str().starts_with("data/"));
        if packs > 2 {
            let source = io::Error::from(io::ErrorKind::StorageFull);
            return Err(StoreError::Full { place: name.to_string(), source });
        }
        Ok(())
    });
    let writer = kit::writer(&repository, None);
    let error = writer
        .add_tree("media/files", &root, &[], kit::sizes())
        .map(|_| ())
        .and_then(|()| writer.finish(kit::meta()).map(|_| ()))
        .unwrap_err();
    assert_eq!((error.code(), error.exit()), ("store.full", ExitCode::Failed));
    store.set(|_, _| Ok(()));
    let checked = place.restic(&["check", "--no-lock", "--read-data"]);
    assert!(
        checked.is_ok() || checked.as_ref().unwrap_err().contains("not referenced"),
        "{checked:?}"
    );
    let (set, _) = kit::save(&repository, &root, None);
    assert_eq!(kit::read_set(&repository, &set.id).unwrap(), kit::expected(&root));
}

#[test]
fn a_source_that_says_interrupted_is_asked_again() {
    struct Stuttering(Vec<u8>, bool);
    impl Read for Stuttering {
        fn read(&mut self, mut buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let take = self.0.len().min(1);
            let taken: Vec<u8> = self.0.drain(..take).collect();
            buffer.write(&taken)
        }
    }
    let repository = in_memory();
    let writer = kit::writer(&repository, None);
    let mut source = Stuttering(b"tung byte mot".to_vec(), false);
    assert_eq!(writer.add_stream("x", &mut source, Chunking::Media).unwrap(), 13);
}
