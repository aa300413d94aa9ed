//! Segments of transaction logs: kept whole, once, where they belong, beside what restic sees.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::progress::Silent;
use duphong::repository::crypto::{KEY_BYTES, SealingKey};
use duphong::repository::segment::{
    Kept, LogFile, LogStream, PIECE_MAX, Piece, StoredPiece, open, reach, seal,
};
use duphong::repository::verify::{DamageKind, Depth, VerifyReport, verify};
use duphong::repository::{Repository, RepositoryError};
use duphong::store::faulty::{Effect, FailOn, Faulty};
use duphong::store::memory::MemoryStore;
use duphong::store::{ObjectName, ObjectStore, StoreError};
use proptest::prelude::*;

use crate::repository::kit::{Place, make_tree, noise, password, save, world};
use crate::store::around::{Around, Through};

fn file(name: &str) -> LogFile {
    LogFile::new(LogStream::new("7312345678901234567", "00000001").unwrap(), name).unwrap()
}

fn segment() -> LogFile {
    file("000000010000000000000042")
}

fn memory() -> Repository {
    Repository::init(Arc::new(MemoryStore::default()), &password(), &world()).unwrap()
}

/// What is kept of a file.
fn content(repository: &Repository, file: &LogFile) -> Result<Vec<u8>, RepositoryError> {
    let mut to = Vec::new();
    let length = repository.read_log_file(&repository.log_pieces(file)?, &mut to)?;
    assert_eq!(length, to.len() as u64);
    Ok(to)
}

/// Damages an object of a repository on disk as a bad sector would.
fn damage(place: &Place, piece: &Piece) {
    let path = place.path("repository").join(piece.name().as_str());
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_segment_is_kept_once_and_one_with_other_bytes_is_refused() {
    let repository = memory();
    let (bytes, file) = (noise(1, 100_000), segment());
    let kept = repository.keep_log(&file, 0, &bytes).unwrap();
    assert_eq!(kept.added, 100_000);
    assert_eq!(repository.keep_log(&file, 0, &bytes).unwrap(), Kept::default());
    let mut other = bytes.clone();
    other[77_777] ^= 1;
    let error = repository.keep_log(&file, 0, &other).unwrap_err();
    assert!(matches!(error, RepositoryError::SegmentDiffers { at: 77_777, .. }), "{error}");
    assert_eq!((error.code(), error.exit()), ("repository.segment-differs", ExitCode::Integrity));
    assert_eq!(content(&repository, &file).unwrap(), bytes);
    assert_eq!(repository.log_pieces(&file).unwrap().len(), 1);
}

#[test]
fn a_file_grows_by_what_is_new_and_never_shrinks() {
    let repository = memory();
    let (bytes, file) = (noise(2, 50_000), file("binlog.000007"));
    assert_eq!(repository.keep_log(&file, 0, &bytes[..20_000]).unwrap().added, 20_000);
    assert_eq!(repository.keep_log(&file, 0, &bytes[..30_000]).unwrap().added, 10_000);
    assert_eq!(repository.keep_log(&file, 0, &bytes[..10_000]).unwrap(), Kept::default());
    assert_eq!(repository.keep_log(&file, 25_000, &bytes[25_000..]).unwrap().added, 20_000);
    let error = repository.keep_log(&file, 50_001, b"x").unwrap_err();
    assert!(
        matches!(error, RepositoryError::SegmentHole { from: 50_001, reach: 50_000, .. }),
        "{error}"
    );
    assert_eq!(content(&repository, &file).unwrap(), bytes);
    let pieces = repository.log_pieces(&file).unwrap();
    assert_eq!((pieces.len(), reach(&pieces)), (3, 50_000));
}

#[test]
fn a_file_larger_than_a_piece_comes_back_whole() {
    let repository = memory();
    let mut bytes = vec![0; usize::try_from(PIECE_MAX).unwrap() + 5];
    bytes[..1000].copy_from_slice(&noise(3, 1000));
    repository.keep_log(&segment(), 0, &bytes).unwrap();
    assert_eq!(repository.log_pieces(&segment()).unwrap().len(), 2);
    assert!(content(&repository, &segment()).unwrap() == bytes);
}

#[test]
fn a_damaged_piece_is_named_and_healed_when_the_segment_comes_again() {
    let place = Place::new();
    let repository = place.init();
    let bytes = noise(4, 10_000);
    repository.keep_log(&segment(), 0, &bytes[..6000]).unwrap();
    repository.keep_log(&segment(), 0, &bytes).unwrap();
    let pieces = repository.log_pieces(&segment()).unwrap();
    damage(&place, &pieces[0].piece);
    let error = content(&repository, &segment()).unwrap_err();
    assert!(error.to_string().contains(pieces[0].piece.name().as_str()), "{error}");
    assert_eq!(error.exit(), ExitCode::Integrity);
    let report = verified(&repository, Depth::AllData);
    assert_eq!(damages(&report), [(DamageKind::Segment, pieces[0].piece.name().to_string())]);
    assert!(verified(&repository, Depth::Structure).is_sound(), "its names tell nothing");
    assert_eq!(repository.keep_log(&segment(), 0, &bytes).unwrap().added, 10_000);
    assert_eq!(content(&repository, &segment()).unwrap(), bytes);
    let report = verified(&repository, Depth::AllData);
    assert_eq!((damages(&report), report.segments), (Vec::new(), 1));
    assert_eq!(report.bytes_read, report.bytes);
}

fn verified(repository: &Repository, depth: Depth) -> VerifyReport {
    verify(repository, depth, &Silent, &Cancel::default()).unwrap()
}

fn damages(report: &VerifyReport) -> Vec<(DamageKind, String)> {
    report.damages.iter().map(|damage| (damage.kind, damage.object.clone())).collect()
}

#[test]
fn a_piece_that_is_lost_is_named_as_a_hole() {
    let place = Place::new();
    let repository = place.init();
    repository.keep_log(&segment(), 0, &[1; 600]).unwrap();
    repository.keep_log(&segment(), 600, &[2; 400]).unwrap();
    let pieces = repository.log_pieces(&segment()).unwrap();
    let lock = repository.lock_exclusive().unwrap();
    repository.forget_piece(&lock, &pieces[0].piece).unwrap();
    let error = content(&repository, &segment()).unwrap_err();
    let RepositoryError::Damaged { object, source } = &error else { panic!("{error}") };
    assert_eq!(*object, segment().to_string());
    assert_eq!(source.reason, "bytes 0 to 600 are missing");
    let report = verified(&repository, Depth::Structure);
    assert_eq!(damages(&report), [(DamageKind::Segment, segment().to_string())]);
}

/// Another machine that has not seen ours writes at the same instant.
struct Meanwhile {
    inner: Arc<dyn ObjectStore>,
    done: AtomicBool,
    theirs: fn(&Repository),
}

#[async_trait]
impl Around for Meanwhile {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.inner
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        if name.as_str().starts_with("wal/") && !self.done.swap(true, Ordering::SeqCst) {
            let (inner, theirs) = (self.inner.clone(), self.theirs);
            let act = move || theirs(&Repository::open(inner, &password(), &world()).unwrap());
            std::thread::spawn(act).join().unwrap();
        }
        self.inner.put(name, bytes).await
    }
}

fn racing(theirs: fn(&Repository)) -> Repository {
    let inner: Arc<dyn ObjectStore> = Arc::new(MemoryStore::default());
    Repository::init(inner.clone(), &password(), &world()).unwrap();
    let around = Through::new(Meanwhile { inner, done: AtomicBool::new(false), theirs });
    Repository::open(around, &password(), &world()).unwrap()
}

#[test]
fn of_two_servers_that_write_one_segment_at_the_same_instant_only_one_is_told_that_it_is_kept() {
    let theirs = |repository: &Repository| {
        repository.keep_log(&segment(), 0, &[1; 1000]).unwrap();
    };
    let repository = racing(theirs);
    let error = repository.keep_log(&segment(), 0, &[2; 1000]).unwrap_err();
    assert!(matches!(error, RepositoryError::SegmentDiffers { at: 0, .. }), "{error}");
    assert_eq!(content(&repository, &segment()).unwrap(), [1; 1000]);
    let repository = racing(theirs);
    repository.keep_log(&segment(), 0, &[1; 1000]).unwrap();
    assert_eq!(content(&repository, &segment()).unwrap(), [1; 1000]);
}

#[test]
fn killed_or_failing_at_any_write_a_segment_is_kept_whole_or_reported_as_not_kept() {
    for fail in [FailOn::Once(0), FailOn::Death(0)] {
        for effect in [Effect::None, Effect::Whole] {
            let inner: Arc<dyn ObjectStore> = Arc::new(MemoryStore::default());
            Repository::init(inner.clone(), &password(), &world()).unwrap();
            let faulty = Arc::new(Faulty::failing(inner.clone(), fail, effect.clone()));
            let repository = Repository::open(faulty, &password(), &world()).unwrap();
            repository.keep_log(&segment(), 0, &[3; 5000]).unwrap_err();
            let after = Repository::open(inner, &password(), &world()).unwrap();
            after.keep_log(&segment(), 0, &[3; 5000]).unwrap();
            assert_eq!(content(&after, &segment()).unwrap(), [3; 5000]);
        }
    }
}

#[test]
fn a_piece_under_the_name_of_another_does_not_open() {
    let repository = memory();
    repository.keep_log(&segment(), 0, &[5; 100]).unwrap();
    let StoredPiece { piece, stored } = repository.log_pieces(&segment()).unwrap().remove(0);
    let bytes = repository.block_on(repository.store().get(&piece.name())).unwrap();
    let moved = piece.name().as_str().replace("0042.", "0043.");
    let moved = ObjectName::new(&moved).unwrap();
    repository.block_on(repository.store().put(&moved, bytes)).unwrap();
    let moved = StoredPiece { piece: Piece::parse(&moved).unwrap(), stored };
    let error = repository.load_piece(&moved).unwrap_err();
    assert_eq!(error.code(), "repository.damaged");
    let huge = StoredPiece { stored: 1 << 30, ..moved };
    let error = repository.load_piece(&huge).unwrap_err();
    assert!(format!("{error:?}").contains("larger than it can be"), "{error:?}");
}

fn key() -> SealingKey {
    SealingKey::from_material(zeroize::Zeroizing::new([7; KEY_BYTES]))
}

/// Never change these bytes: they are what repositories of released versions hold.
#[test]
fn a_piece_of_the_first_version_opens() {
    let sealed = include_bytes!("golden/segment").to_vec();
    let name = format!(
        "wal/7312345678901234567/00000001/000000010000000000000042.000000000000-000000000010.{}",
        Digest::of(&sealed)
    );
    let piece = Piece::parse(&ObjectName::new(&name).unwrap()).unwrap();
    assert_eq!(open(&key(), &piece, sealed).unwrap(), "nhật ký mẫu".as_bytes());
}

proptest! {
    #[test]
    fn what_is_sealed_opens_to_the_same_bytes(bytes in proptest::collection::vec(any::<u8>(), 1..5000), from in 0_u64..1 << 47) {
        let (piece, sealed) =
            seal(&key(), &*world().entropy, &segment(), from, &bytes).unwrap().unwrap();
        prop_assert_eq!(Piece::parse(&piece.name()), Some(piece.clone()));
        prop_assert_eq!(open(&key(), &piece, sealed).unwrap(), bytes);
    }

    /// Sealed by an enemy who has the key.
    #[test]
    fn hostile_bytes_are_refused(plain in proptest::collection::vec(any::<u8>(), 0..300), length in 1_u64..PIECE_MAX) {
        let mut sealed = Vec::new();
        key().seal(&[9; 16], &plain, &mut sealed);
        let name = format!("{}.000000000000-{length:012x}.{}", segment(), Digest::of(&sealed));
        let piece = Piece::parse(&ObjectName::new(&name).unwrap()).unwrap();
        prop_assert!(open(&key(), &piece, sealed).is_err());
    }
}

/// A frame that unfolds to far more than the name says.
#[test]
fn a_piece_that_unfolds_to_more_than_its_name_says_is_refused_before_it_takes_the_memory() {
    let (honest, _) = seal(&key(), &*world().entropy, &segment(), 0, &[0; 10]).unwrap().unwrap();
    let head = b"x";
    let mut plain = 0x184D_2A50_u32.to_le_bytes().to_vec();
    plain.extend_from_slice(&1_u32.to_le_bytes());
    plain.extend_from_slice(head);
    plain.extend_from_slice(&zstd::encode_all(&vec![0; 32 << 20][..], 3).unwrap());
    let mut sealed = Vec::new();
    key().seal(&[9; 16], &plain, &mut sealed);
    let name = honest.name().to_string();
    let (start, _) = name.rsplit_once('.').unwrap();
    let name = ObjectName::new(&format!("{start}.{}", Digest::of(&sealed))).unwrap();
    let fault = open(&key(), &Piece::parse(&name).unwrap(), sealed).unwrap_err();
    assert_eq!(fault.what, "log segment");
}

/// As `docs/formats/log-segments.md` says, for whoever has nothing left but the repository, its
/// password and stock tools; and restic itself is not disturbed.
#[test]
fn stock_tools_give_a_segment_back_and_restic_finds_nothing_wrong() {
    let place = Place::new();
    let repository = place.init();
    let source = place.path("nguon");
    make_tree(&source);
    save(&repository, &source, None);
    let bytes = noise(6, 70_000);
    repository.keep_log(&segment(), 0, &bytes).unwrap();
    place.restic(&["check", "--read-data"]).unwrap();
    assert_eq!(place.restic(&["prune"]).map(drop), Ok(()));
    let key: serde_json::Value =
        serde_json::from_str(&place.restic(&["cat", "masterkey"]).unwrap()).unwrap();
    let key = data_encoding::BASE64.decode(key["encrypt"].as_str().unwrap().as_bytes()).unwrap();
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let name = repository.log_pieces(&segment()).unwrap()[0].piece.name();
    let sealed = fs::read(place.path("repository").join(name.as_str())).unwrap();
    let (nonce, body) = sealed.split_at(16);
    let decrypted = piped(
        &["openssl", "enc", "-d", "-aes-256-ctr", "-K", &hex(&key), "-iv", &hex(nonce)],
        &body[..body.len() - 16],
    );
    assert!(piped(&["zstd", "-d", "-c"], &decrypted) == bytes);
}

fn piped(command: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(command[0])
        .args(&command[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeding = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    assert!(output.status.success());
    output.stdout
}
