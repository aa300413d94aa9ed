//! What a bucket is asked, counted by the server: the requests per day and terabyte that
//! `docs/formats/store.md` states are computed from the costs that are proven here.
//!
//! `DUPHONG_REQUESTS=64 cargo test --test it job::requests -- --nocapture` prints the counts for so
//! many MiB of media.

use duphong::job::verify;
use duphong::repository::verify::Depth;

use crate::job::object_lock::Stage;

/// MiB of media in one bucket, beside another one with none: the difference is what data costs, the
/// rest what every run costs. `DUPHONG_REQUESTS` asks for more.
const MEDIA: usize = 6;

/// Requests of one run, by what they cost at a server that has prices.
#[derive(Clone, Copy, Debug)]
struct Requests {
    /// Pages of listings.
    list: usize,
    /// `HEAD`, `GET` and `DELETE`.
    read: usize,
    /// `PUT` of an object or of a lock.
    write: usize,
}

/// What was asked in the life of one bucket.
#[derive(Debug)]
struct Counted {
    objects: usize,
    first: Requests,
    unchanged: Requests,
    verify: Requests,
    extension: Requests,
}

fn asked(stage: &Stage) -> Requests {
    let all = stage.server.take_asked();
    let lists = |path: &str| path.split('/').filter(|part| !part.is_empty()).count() == 1;
    let of = |holds: &dyn Fn(&str, &str) -> bool| {
        all.iter().filter(|one| holds(&one.method, &one.path)).count()
    };
    Requests {
        list: of(&|method, path| method == "GET" && lists(path)),
        read: of(&|method, path| method != "PUT" && !lists(path)),
        write: of(&|method, _| method == "PUT"),
    }
}

fn counted(bytes: usize) -> Counted {
    let mut stage = Stage::new();
    let mut word = 0x9e37_79b9_7f4a_7c15_u64;
    let noise = std::iter::repeat_with(move || {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        word.to_le_bytes()
    });
    let media: Vec<u8> = noise.take(bytes / 8).flatten().collect();
    std::fs::write(stage.here.path("portal/media/nhieu.bin"), media).unwrap();
    asked(&stage);
    stage.snapshot();
    let first = asked(&stage);
    stage.snapshot();
    let unchanged = asked(&stage);
    let report = verify::repository(&stage.here.site, "bucket", Depth::AllData).unwrap();
    assert!(report.is_sound(), "{:?}", report.damages);
    let verify = asked(&stage);
    stage.retain(130);
    stage.snapshot();
    let extension = asked(&stage);
    let objects = stage.server.objects().len();
    Counted { objects, first, unchanged, verify, extension }
}

#[track_caller]
fn check(none: Requests, some: Requests, read: usize, write: usize) {
    assert_eq!(some.list, none.list, "pages do not grow with so few objects");
    assert!(some.read <= none.read + read, "{none:?} {some:?}, at most {read} more");
    assert!(some.write <= none.write + write, "{none:?} {some:?}, at most {write} more");
}

#[test]
fn what_a_bucket_is_asked_grows_with_its_objects_and_bytes_as_documented() {
    let asked_for = std::env::var("DUPHONG_REQUESTS");
    let mebibytes = asked_for.map_or(MEDIA, |text| text.parse().unwrap());
    let (none, some) = (counted(0), counted(mebibytes << 20));
    eprintln!("none: {none:#?}\n{mebibytes} MiB: {some:#?}");
    // Objects of nothing but the sample take the places of packs: a few more or less.
    let objects = some.objects.saturating_sub(none.objects) + 1;
    check(none.first, some.first, 2 * objects, objects);
    check(none.unchanged, some.unchanged, 2, 1);
    check(none.verify, some.verify, mebibytes + 2, 0);
    check(none.extension, some.extension, 2 * objects, 2 * objects);
}
