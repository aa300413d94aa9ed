//! One live file beside the same file of a set: what counts as an alarm, and what does not.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use duphong::base::cancel::Cancel;
use duphong::repository::Found;
use duphong::repository::browse::Browser;
use duphong::repository::spot::{Beside, Drawn, Look, look};
use jiff::{SignedDuration, Timestamp};

use crate::repository::kit::{Place, make_tree, save};

/// As a walk of the live tree finds it now.
fn drawn(folder: &Path, path: &str) -> Drawn {
    let seen = fs::metadata(folder.join(path)).unwrap();
    let at = |seconds, part: i64| Timestamp::new(seconds, part.try_into().unwrap()).unwrap();
    Drawn::from(&Found {
        path: path.as_bytes(),
        size: seen.len(),
        modified: at(seen.mtime(), seen.mtime_nsec()),
        changed: at(seen.ctime(), seen.ctime_nsec()),
    })
}

#[test]
fn who_writes_while_we_look_is_no_alarm_and_who_hides_it_is_one() {
    let place = Place::new();
    let folder = place.path("root");
    make_tree(&folder);
    fs::write(folder.join("a"), "chín").unwrap();
    let repository = place.init();
    let set = save(&repository, &folder, None).0.id;
    let root = repository.snapshot(&set).unwrap().tree;
    let browser = Browser::new(&repository).unwrap();
    let walked = Timestamp::now();
    let beside = Beside { root, place: "media/files", folder: &folder, walked };
    let looked = |drawn: &Drawn| look(&browser, &beside, drawn, &Cancel::default()).unwrap();

    let as_it_was = drawn(&folder, "a");
    assert!(matches!(looked(&as_it_was), Look::Same(5)));
    let then = fs::metadata(folder.join("a")).unwrap().modified().unwrap();
    // Longer since the walk, though its beginning and its time are what they were.
    let mut file = File::options().append(true).open(folder.join("a")).unwrap();
    file.write_all(b"x").unwrap();
    file.set_modified(then).unwrap();
    assert!(matches!(looked(&as_it_was), Look::Changed));
    // Other bytes of the same length: by an honest writer, and by one that sets the time back.
    fs::write(folder.join("a"), "mười").unwrap();
    file.set_modified(then).unwrap();
    fs::write(folder.join("a"), "chim!").unwrap();
    assert!(matches!(looked(&as_it_was), Look::Changed));
    file.set_modified(then).unwrap();
    assert!(matches!(looked(&as_it_was), Look::Differs));
}

#[test]
fn what_came_in_the_instant_of_the_walk_is_new_and_what_was_there_before_is_missed() {
    let place = Place::new();
    let folder = place.path("root");
    make_tree(&folder);
    let repository = place.init();
    let set = save(&repository, &folder, None).0.id;
    let root = repository.snapshot(&set).unwrap().tree;
    let browser = Browser::new(&repository).unwrap();
    let walked = Timestamp::now();
    let beside = Beside { root, place: "media/files", folder: &folder, walked };
    let instant = SignedDuration::from_nanos(1);
    for (changed, is_fresh) in [(walked - instant, false), (walked, true), (walked + instant, true)]
    {
        let found = Found { path: b"b", size: 1, modified: changed, changed };
        let seen = look(&browser, &beside, &Drawn::from(&found), &Cancel::default()).unwrap();
        assert_eq!(matches!(seen, Look::Fresh), is_fresh, "{seen:?}");
        assert_eq!(matches!(seen, Look::Absent), !is_fresh, "{seen:?}");
    }
}
