//! Files that come as a stream: how much of one may be in memory.

use std::io::{self, Read};
use std::sync::Arc;

use duphong::base::arrival::{Arrival, ArrivalKind};
use duphong::base::cancel::Cancel;
use duphong::base::progress::Silent;
use duphong::repository::chunk::Chunking;
use duphong::repository::{Arrivals, Repository, RepositoryError, SetWriter, Tuning};
use duphong::store::memory::MemoryStore;
use jiff::Timestamp;

use crate::repository::kit;

/// A stream of what `make` gives for each number.
struct Made<F>(std::ops::Range<usize>, F);

impl<F: Fn(usize) -> Arrival> Arrivals for Made<F> {
    fn next(&mut self) -> io::Result<Option<Arrival>> {
        Ok(self.0.next().map(&self.1))
    }

    fn content(&mut self) -> &mut dyn Read {
        Box::leak(Box::new(io::empty()))
    }
}

fn arrival(path: &str, kind: ArrivalKind) -> Arrival {
    Arrival {
        path: path.as_bytes().to_vec(),
        kind,
        mode: 0o644,
        uid: 0,
        gid: 0,
        user: String::new(),
        group: String::new(),
        mtime: Timestamp::UNIX_EPOCH,
        attributes: Vec::new(),
    }
}

/// What comes of so many of these where 100 kB may be kept.
fn taken(count: usize, make: impl Fn(usize) -> Arrival) -> Result<u64, String> {
    let store = Arc::new(MemoryStore::new());
    let repository = Repository::init(store, &kit::password(), &kit::world()).unwrap();
    let small = Tuning { kept_bytes: 100_000, ..kit::SMALL };
    let (cancel, silent) = (Cancel::default(), Arc::new(Silent));
    let writer = SetWriter::begin_tuned(&repository, None, cancel, silent, small).unwrap();
    let taken =
        writer.add_arrivals("media/tep", "/srv", &mut Made(0..count, make), Chunking::Media, None);
    match taken {
        Ok(summary) => Ok(summary.files),
        Err(RepositoryError::Stream { source, .. }) => Err(source.to_string()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn what_a_stream_makes_us_keep_is_bounded_whatever_it_is() {
    let long = "x".repeat(200);
    let refused = |what: &str, make: &dyn Fn(usize) -> Arrival| {
        let told = taken(3_000, make).unwrap_err();
        assert!(told.contains("memory is bounded"), "{what}: {told}");
    };
    refused("files", &|n| arrival(&format!("{n}"), ArrivalKind::File(0)));
    refused("links", &|n| arrival(&format!("{n}"), ArrivalKind::Symlink(b"x".to_vec())));
    refused("devices", &|n| arrival(&format!("{n}"), ArrivalKind::Other));
    refused("folders", &|n| arrival(&format!("{n}"), ArrivalKind::Folder));
    refused("depth", &|n| arrival(&format!("{}d", "d/".repeat(n)), ArrivalKind::Folder));
    refused("names", &|n| arrival(&format!("{n}/{long}"), ArrivalKind::Symlink(b"x".to_vec())));
    let attribute = ("user.x".to_owned(), vec![7; 40_000]);
    refused("attributes", &|n| Arrival {
        attributes: vec![attribute.clone()],
        ..arrival(&format!("{n}"), ArrivalKind::Folder)
    });
    let targets = |n: usize| arrival(&format!("{n}"), ArrivalKind::Symlink(vec![b'y'; 4000]));
    let told = taken(30, targets).unwrap_err();
    assert!(told.contains("memory is bounded"), "{told}");
}

#[test]
fn folders_that_were_left_are_kept_no_more() {
    // 300 files of one folder are too many at once. In 30 folders of ten they are not: of those that
    // were left only what a link may want is kept.
    let in_folders = |n: usize| arrival(&format!("{}/{n}", n / 10), ArrivalKind::File(0));
    let in_one = |n: usize| arrival(&format!("{n}"), ArrivalKind::File(0));
    assert_eq!(taken(300, in_folders), Ok(300));
    assert!(taken(300, in_one).is_err());
}
