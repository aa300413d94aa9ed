//! Pieces of a log in a bucket with object lock: locked as they are written, kept locked by every set,
//! brought back after a theft, hidden when they are forgotten.

use std::time::{Duration, SystemTime};

use duphong::job::{sets, snapshot, unhide};
use duphong::repository::segment::{LogFile, LogStream, Piece};
use duphong::store::ObjectStore as _;
use duphong::store::s3::S3Store;
use jiff::Timestamp;

use crate::job::object_lock::{DAY, PREFIX, Stage};
use crate::store::s3::Fault;

const BYTES: [u8; 4096] = [7; 4096];

fn file() -> LogFile {
    let stream = LogStream::new("7312345678901234567", "00000001").unwrap();
    LogFile::new(stream, "000000010000000000000007").unwrap()
}

/// Keeps a file of a log; the piece that holds it.
fn kept(stage: &Stage) -> Piece {
    let repository = stage.here.site.open("bucket").unwrap();
    repository.keep_log(&file(), 0, &BYTES).unwrap();
    repository.log_pieces(&file()).unwrap().remove(0).piece
}

/// When the locks of what was written under a piece's name end.
fn ends(stage: &Stage, piece: &Piece) -> Vec<SystemTime> {
    let locks = stage.server.locks();
    let ends = &locks[&format!("{PREFIX}/{}", piece.name())];
    ends.iter().map(|end| end.expect("every version of it is locked")).collect()
}

fn in_days(days: u32) -> SystemTime {
    SystemTime::now() + days * DAY
}

#[test]
fn a_piece_is_locked_at_once_and_no_set_is_taken_that_cannot_extend_it() {
    let mut stage = Stage::new();
    let piece = kept(&stage);
    assert!(ends(&stage, &piece)[0] > in_days(119), "the retention and its slack");
    let known = stage.snapshot().sets[0].locked.unwrap();
    assert_eq!(known.extended, 0, "it reaches far enough");
    stage.retain(130);
    stage.server.plan(|asked| {
        let extends = asked.method == "PUT" && asked.path.contains("/wal/");
        extends.then_some(Fault::Answer(403, "AccessDenied"))
    });
    let fault = snapshot::create(&stage.here.site, "mau").unwrap_err();
    assert_eq!(fault.code(), "store.denied");
    stage.server.heal();
    let listing = sets::list(&stage.here.site, Some("bucket"), None).unwrap();
    assert_eq!(listing.sets.len(), 1, "no second set");
    stage.snapshot();
    assert!(ends(&stage, &piece)[0] > in_days(129));
}

#[test]
fn a_piece_that_a_thief_hid_comes_back_and_one_that_was_forgotten_is_extended_no_more() {
    let mut stage = Stage::new();
    let piece = kept(&stage);
    stage.snapshot();
    let site = |stage: &Stage| stage.here.site.open("bucket").unwrap();
    let well = Timestamp::now();
    stage.server.pass(Duration::from_hours(2));
    let thief = S3Store::open(stage.server.settings(PREFIX), &stage.server.world()).unwrap();
    stage.server.world().block_on(thief.delete(&piece.name())).unwrap();
    assert!(site(&stage).log_pieces(&file()).unwrap().is_empty());
    unhide::run(&stage.here.site, "bucket", well).unwrap();
    let repository = site(&stage);
    let pieces = repository.log_pieces(&file()).unwrap();
    assert_eq!(pieces.len(), 1);
    assert_eq!(repository.keep_log(&file(), 0, &BYTES).unwrap().added, 0, "the same bytes");

    let lock = repository.lock_exclusive().unwrap();
    repository.forget_piece(&lock, &piece).unwrap();
    drop(lock);
    assert!(repository.log_pieces(&file()).unwrap().is_empty());
    let before = ends(&stage, &piece);
    assert_eq!(before.len(), 2, "what it was and what brought it back, both under their locks");
    stage.retain(130);
    stage.snapshot();
    assert_eq!(ends(&stage, &piece), before);
}

#[test]
fn a_fold_locks_what_it_writes_and_only_hides_what_it_replaces() {
    let mut stage = Stage::new();
    let repository = stage.here.site.open("bucket").unwrap();
    for nth in 0..3 {
        repository.keep_log(&file(), nth * BYTES.len() as u64, &BYTES).unwrap();
    }
    let pieces = |stage: &Stage| -> Vec<Piece> {
        let repository = stage.here.site.open("bucket").unwrap();
        repository.log_pieces(&file()).unwrap().into_iter().map(|one| one.piece).collect()
    };
    let olds = pieces(&stage);
    assert_eq!(olds.len(), 3);
    let well = Timestamp::now();
    stage.server.pass(Duration::from_hours(2));
    let folded = repository.fold_log(&file(), 0).unwrap();
    assert_eq!((folded.written, folded.gone), (1, 3));
    let [whole] = &pieces(&stage)[..] else { panic!("{:?}", pieces(&stage)) };
    assert!(ends(&stage, whole)[0] > in_days(119), "as any piece");
    // What was before is there, hidden and under its lock, and is extended no more.
    let before: Vec<_> = olds.iter().map(|old| ends(&stage, old)).collect();
    assert!(before.iter().all(|ends| ends.len() == 1 && ends[0] > in_days(118)), "{before:?}");
    stage.retain(130);
    stage.snapshot();
    assert!(ends(&stage, whole)[0] > in_days(129));
    assert_eq!(olds.iter().map(|old| ends(&stage, old)).collect::<Vec<_>>(), before);
    // A thief who hides what it became gets nowhere: all of it comes back, once more in parts.
    let thief = S3Store::open(stage.server.settings(PREFIX), &stage.server.world()).unwrap();
    stage.server.world().block_on(thief.delete(&whole.name())).unwrap();
    unhide::run(&stage.here.site, "bucket", well).unwrap();
    assert_eq!(pieces(&stage), olds);
    let mut bytes = Vec::new();
    let pieces = repository.log_pieces(&file()).unwrap();
    repository.read_log_file(&pieces, &mut bytes).unwrap();
    assert_eq!(bytes, BYTES.repeat(3));
}
