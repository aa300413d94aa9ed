//! What a store in a folder waits for before it says that something is done, which nobody sees but
//! the kernel: `strace` tells.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use duphong::store::ObjectStore as _;
use duphong::store::disk::DiskStore;
use tempfile::tempdir;

use crate::repository::matrix::trace::{CALLS, Event, events};
use crate::store::{name, run};

const CHILD: &str = "store::disk_durable::a_child_does_one_thing_after_another";
const ORDER: &str = "DUPHONG_DISK_ORDER";
const OBJECT: &str = "data/ab/x";

/// The child that is watched; without an order it has nothing to do.
#[test]
fn a_child_does_one_thing_after_another() {
    let Ok(order) = std::env::var(ORDER) else { return };
    let folder = Path::new(&order);
    let mut marks = fs::File::create(folder.join("marks")).unwrap();
    let root = folder.join("store");
    DiskStore::create(&root).unwrap();
    let object = name(OBJECT);
    for act in ["put", "again", "list", "delete", "end"] {
        marks.write_all(format!("{act}\n").as_bytes()).unwrap();
        // Of another process each time: what one has waited for another cannot know.
        let store = DiskStore::open(&root).unwrap();
        match act {
            "put" | "again" => run(store.put(&object, Bytes::from_static(b"bytes"))).unwrap(),
            "list" => drop(run(store.list("")).unwrap()),
            "delete" => run(store.delete(&object)).unwrap(),
            _ => {}
        }
    }
}

/// What the child did to the store between this word and the next.
fn after<'a>(events: &'a [Event], word: &str) -> &'a [Event] {
    let begun = events.iter().position(|event| *event == Event::Mark(word.to_owned()));
    let rest = &events[begun.unwrap() + 1..];
    let end = rest.iter().position(|event| matches!(event, Event::Mark(_)));
    &rest[..end.unwrap()]
}

/// Whether this path is waited for among these events.
fn waits(events: &[Event], path: &Path) -> bool {
    events.iter().any(|event| matches!(event, Event::Sync(synced, _) if synced == path))
}

#[test]
fn nothing_is_said_to_be_kept_or_gone_before_the_disk_has_it_so() {
    let folder = tempdir().unwrap();
    let output = folder.path().join("calls");
    let ran = Command::new("strace")
        .args(["-f", "-y", "-xx", "-qq", "-s", "200000", "-e", "signal=none", "-o"])
        .arg(&output)
        .args(["-e", &format!("trace={CALLS}")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", CHILD])
        .env(ORDER, folder.path())
        .output()
        .expect("strace is installed by tests/run");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let record = fs::read_to_string(output).unwrap();
    let events = events(&record, &folder.path().join("store"), &folder.path().join("marks"));
    let (object, home) = (PathBuf::from(OBJECT), Path::new("data/ab"));

    let put = after(&events, "put");
    let mut made = 0;
    for (number, event) in put.iter().enumerate() {
        let rest = &put[number + 1..];
        match event {
            Event::Mkdir(path) => {
                made += 1;
                assert!(waits(rest, path.parent().unwrap()), "{path:?} {put:?}");
            }
            Event::Write(path, _) => {
                let named = rest
                    .iter()
                    .position(|one| matches!(one, Event::Rename(from, _) if from == path));
                assert!(waits(&rest[..named.unwrap()], path), "{path:?} {put:?}");
            }
            Event::Rename(_, to) => {
                assert_eq!(*to, object);
                assert!(waits(rest, home), "{put:?}");
            }
            _ => {}
        }
    }
    assert_eq!(made, 3, "{put:?}");

    // Whoever finds the same bytes there, or the name in a list, may come after one that was killed
    // between giving the name and waiting for it.
    let again = after(&events, "again");
    assert!(waits(again, &object) && waits(again, home), "{again:?}");
    let list = after(&events, "list");
    assert!(["", "data", "data/ab"].iter().all(|path| waits(list, Path::new(path))), "{list:?}");

    let delete = after(&events, "delete");
    let gone = delete.iter().position(|event| *event == Event::Remove(object.clone())).unwrap();
    assert!(waits(&delete[gone..], home), "{delete:?}");
}
