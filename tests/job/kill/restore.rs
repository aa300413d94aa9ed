//! A restore, killed after its files are there: while sealed ones are opened, while a database is
//! loaded, and before it is over. The same command with `--resume` goes on.

use std::fs;

use duphong::job::snapshot;
use tempfile::TempDir;

use crate::job::kill::calls::{recorded, traced};
use crate::job::kill::{abandoned, duphong};
use crate::job::portal::{Installation, configuration};
use crate::job::sealed::Keys;

/// A sealed tree of a few files, and a database beside it.
fn installation(keys: &Keys) -> Installation {
    let sources = format!(
        "
    databases:
      - {{ name: cong, sqlite: {{ path: portal/data/cong.sqlite }} }}
    trees:
      - {{ role: media, name: tep, path: tep, sealed: {{ recipients: [{}] }} }}
",
        keys.recipient
    );
    let here = Installation::with(&configuration(&sources));
    fs::create_dir(here.path("tep")).unwrap();
    for number in 0..9 {
        fs::write(here.path(format!("tep/{number}.txt")), format!("công văn {number}")).unwrap();
    }
    snapshot::create(&here.site, "mau").unwrap();
    here
}

/// Everything is back, and nothing else is there.
#[track_caller]
fn is_whole(here: &Installation, what: &str) {
    let mut names: Vec<_> = fs::read_dir(here.path("back/media/tep"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, (0..9).map(|number| format!("{number}.txt")).collect::<Vec<_>>(), "{what}");
    for number in 0..9 {
        let read = fs::read_to_string(here.path(format!("back/media/tep/{number}.txt")));
        assert_eq!(read.unwrap(), format!("công văn {number}"), "{what}");
    }
    let copy = rusqlite::Connection::open(here.path("copy.db")).unwrap();
    let rows: i64 = copy.query_row("SELECT count(*) FROM bai_viet", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1500, "{what}");
    let left = [".duphong-restore", ".duphong-restore.tmp", ".duphong-load"];
    assert!(left.iter().all(|name| !here.path("back").join(name).exists()), "{what}");
}

fn clear(here: &Installation) {
    let _first = fs::remove_dir_all(here.path("back"));
    let _none = fs::remove_file(here.path("copy.db"));
}

#[test]
fn a_restore_killed_after_its_files_are_there_goes_on() {
    let keys = Keys::new();
    let here = installation(&keys);
    let (back, copy) = (here.path("back"), here.path("copy.db"));
    let (back, copy) = (back.to_str().unwrap(), format!("cong={}", copy.display()));
    let identity = keys.identity.to_str().unwrap();
    let verb = ["restore", "latest", "--portal", "mau", "--target", back, "--identity", identity];
    let verb = [&verb[..], &["--database", copy.as_str()]].concat();
    let again = [&verb[..], &["--resume"]].concat();
    let record = TempDir::new().unwrap();
    let record = record.path().join("calls");
    let output = traced(&here, &verb, &record, None);
    assert!(output.status.success(), "{output:?}");
    is_whole(&here, "undisturbed");

    // The call on this text, of those that there are, and whether the copy must give way.
    let calls = recorded(&record);
    let cases = [
        (".duphong-opening-0", 1, false),
        (".duphong-opening-0", 9, false),
        ("copy.db.partial", 0, false),
        // The database is there, and the marker does not say so.
        (".duphong-restore.tmp", 3, true),
        ("unlinkat", 0, false),
    ];
    for (text, number, is_in_the_way) in cases {
        let marks = |(place, arguments): &&(super::calls::Place, String)| match text {
            "unlinkat" => place.is_of(text) && arguments.contains("\".duphong-restore\""),
            _ => arguments.contains(text),
        };
        let (place, _) = calls.iter().filter(marks).nth(number).unwrap_or_else(|| {
            panic!("{text} {number}: {:#?}", calls.iter().filter(marks).collect::<Vec<_>>())
        });
        let what = format!("killed at {text}, {place:?}");
        clear(&here);
        let killed = traced(&here, &verb, &record, Some(place));
        assert!(!killed.status.success(), "{what}");
        assert!(here.path("back/.duphong-restore").exists(), "{what}");
        let refused = duphong(&here, &verb).output().unwrap();
        assert!(!refused.status.success(), "{what}: it goes on only when told to");
        let mut resumed = duphong(&here, &again).output().unwrap();
        if is_in_the_way {
            assert!(!resumed.status.success(), "{what}: a database is never written over");
            fs::remove_file(here.path("copy.db")).unwrap();
            resumed = duphong(&here, &again).output().unwrap();
        }
        assert!(resumed.status.success(), "{what}: {}", String::from_utf8_lossy(&resumed.stdout));
        is_whole(&here, &what);
        abandoned(&here, &what);
    }
}
