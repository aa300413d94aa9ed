//! Pieces of a log that are put together: nothing is lost whenever it is ended, nothing that cannot
//! be read is taken for anything, and who reads meanwhile reads on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::progress::Silent;
use duphong::repository::segment::{Folded, LogFile, LogStream, PIECE_MAX, StoredPiece, reach};
use duphong::repository::verify::{Depth, verify};
use duphong::repository::{Repository, RepositoryError};
use duphong::store::faulty::{Damage, Effect, FailOn, Faulty};
use duphong::store::memory::MemoryStore;
use duphong::store::{ObjectName, ObjectStore, StoreError};

use crate::repository::kit::{noise, password, world};
use crate::store::around::{Around, Through};

/// So many pieces of so many bytes.
const PIECES: usize = 6;
const EACH: usize = 700;

fn segment() -> LogFile {
    let stream = LogStream::new("7312345678901234567", "00000001").unwrap();
    LogFile::new(stream, "000000010000000000000042").unwrap()
}

fn opened(store: Arc<dyn ObjectStore>) -> Repository {
    Repository::open(store, &password(), &world()).unwrap()
}

/// A store in which a file grew piece by piece.
fn grown() -> (Arc<dyn ObjectStore>, Vec<u8>) {
    let store: Arc<dyn ObjectStore> = Arc::new(MemoryStore::default());
    let repository = Repository::init(store.clone(), &password(), &world()).unwrap();
    let bytes = noise(5, PIECES * EACH);
    for end in 1..=PIECES {
        repository.keep_log(&segment(), 0, &bytes[..end * EACH]).unwrap();
    }
    (store, bytes)
}

fn pieces(repository: &Repository) -> Vec<StoredPiece> {
    repository.log_pieces(&segment()).unwrap()
}

fn content(repository: &Repository) -> Result<Vec<u8>, RepositoryError> {
    let mut to = Vec::new();
    repository.read_log_file(&pieces(repository), &mut to)?;
    Ok(to)
}

#[test]
fn pieces_become_one_and_one_stays_one() {
    let (store, bytes) = grown();
    let repository = opened(store);
    assert_eq!(pieces(&repository).len(), PIECES);
    let folded = repository.fold_log(&segment(), 0).unwrap();
    assert_eq!(folded, Folded { written: 1, gone: PIECES as u64 });
    assert_eq!((pieces(&repository).len(), content(&repository).unwrap()), (1, bytes.clone()));
    assert_eq!(repository.fold_log(&segment(), 0).unwrap(), Folded::default());
    // What comes behind it is put together with it.
    repository.keep_log(&segment(), bytes.len() as u64, b"sau").unwrap();
    assert_eq!(repository.fold_log(&segment(), 0).unwrap(), Folded { written: 1, gone: 2 });
    assert_eq!(content(&repository).unwrap(), [&bytes[..], b"sau"].concat());
}

#[test]
fn what_is_larger_than_a_piece_is_put_together_as_far_as_one_goes() {
    let (store, _) = grown();
    let repository = opened(store);
    let most = usize::try_from(PIECE_MAX).unwrap();
    let mut bytes = vec![0; most + 900];
    bytes[..PIECES * EACH].copy_from_slice(&content(&repository).unwrap());
    // One that lies over the border stays, and what lies over it is not read twice.
    let border = most - 50;
    repository.keep_log(&segment(), 0, &bytes[..border]).unwrap();
    repository.keep_log(&segment(), border as u64, &bytes[border..border + 100]).unwrap();
    repository.keep_log(&segment(), 0, &bytes).unwrap();
    repository.fold_log(&segment(), 0).unwrap();
    let left = pieces(&repository);
    assert!(left.len() <= 3 && reach(&left) == bytes.len() as u64, "{left:?}");
    assert!(content(&repository).unwrap() == bytes);
}

#[test]
fn ended_at_any_step_a_fold_has_lost_nothing_and_the_next_one_goes_on() {
    let mut steps = 0;
    for nth in 0.. {
        let mut is_through = true;
        for fail in [FailOn::Once(nth), FailOn::Death(nth)] {
            for effect in [Effect::None, Effect::Whole] {
                let (inner, bytes) = grown();
                let faulty = Arc::new(Faulty::failing(inner.clone(), fail, effect));
                is_through &= opened(faulty).fold_log(&segment(), 0).is_ok();
                let after = opened(inner);
                assert_eq!(content(&after).unwrap(), bytes, "{fail:?}");
                after.fold_log(&segment(), 0).unwrap();
                assert_eq!((pieces(&after).len(), content(&after).unwrap()), (1, bytes));
            }
        }
        if is_through {
            break;
        }
        steps = nth + 1;
    }
    assert_eq!(steps, 1 + PIECES as u64, "one is written, and the others go");
}

#[test]
fn what_cannot_be_read_or_contradicts_itself_is_not_put_together() {
    let (inner, bytes) = grown();
    let store = Arc::new(Faulty::new(inner.clone()));
    let repository = opened(store.clone());
    let before = pieces(&repository);
    store.damage(&before[2].piece.name(), Damage::Flip { offset: 300, bit: 1 });
    let refused = repository.fold_log(&segment(), 0).unwrap_err();
    assert_eq!(refused.exit(), ExitCode::Integrity, "{refused}");
    assert_eq!(pieces(&repository), before);
    // The one that a fold left is damaged, and those that it was made of are still there.
    let dying = Arc::new(Faulty::failing(inner.clone(), FailOn::Death(1), Effect::None));
    opened(dying).fold_log(&segment(), 0).unwrap_err();
    let all = pieces(&opened(inner.clone()));
    let whole = all.iter().find(|one| one.piece.to() - one.piece.from() == bytes.len() as u64);
    let store = Arc::new(Faulty::new(inner.clone()));
    store.damage(&whole.unwrap().piece.name(), Damage::Flip { offset: 300, bit: 1 });
    let repository = opened(store);
    assert_eq!(repository.fold_log(&segment(), 0).unwrap().written, 1);
    assert_eq!((pieces(&repository).len(), content(&repository).unwrap()), (1, bytes));
}

/// Others fold while the first piece is fetched.
struct Meanwhile {
    inner: Arc<dyn ObjectStore>,
    done: AtomicBool,
}

#[async_trait]
impl Around for Meanwhile {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.inner
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        let found = self.inner.get(name).await;
        if name.as_str().starts_with("wal/") && !self.done.swap(true, Ordering::SeqCst) {
            let inner = self.inner.clone();
            let act = move || opened(inner).fold_log(&segment(), 0).unwrap();
            std::thread::spawn(act).join().unwrap();
        }
        found
    }
}

#[test]
fn who_reads_a_file_while_it_is_put_together_reads_on() {
    let (inner, bytes) = grown();
    let around = Meanwhile { inner: inner.clone(), done: AtomicBool::new(false) };
    let repository = opened(Through::new(around));
    assert_eq!(content(&repository).unwrap(), bytes);
    assert_eq!(pieces(&opened(inner)).len(), 1, "it was put together");
}

/// Others fold while the first piece is fetched, and what they write is damaged.
struct Spoiled {
    inner: Arc<Faulty>,
    done: AtomicBool,
}

#[async_trait]
impl Around for Spoiled {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.inner
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        let found = self.inner.get(name).await;
        if name.as_str().starts_with("wal/") && !self.done.swap(true, Ordering::SeqCst) {
            let inner = self.inner.clone();
            let act = move || {
                let repository = opened(inner.clone());
                repository.fold_log(&segment(), 0).unwrap();
                let name = pieces(&repository)[0].piece.name();
                inner.damage(&name, Damage::Flip { offset: 300, bit: 1 });
            };
            std::thread::spawn(act).join().unwrap();
        }
        found
    }
}

#[test]
fn a_verification_reads_what_the_pieces_became_that_went_meanwhile() {
    let (inner, _) = grown();
    let whole = Meanwhile { inner: inner.clone(), done: AtomicBool::new(false) };
    assert_eq!(damages(Through::new(whole)), 0);
    let (inner, _) = grown();
    let inner = Arc::new(Faulty::new(inner));
    assert_eq!(damages(Through::new(Spoiled { inner, done: AtomicBool::new(false) })), 1);
}

fn damages(store: Arc<dyn ObjectStore>) -> usize {
    let cancel = Cancel::default();
    verify(&opened(store), Depth::AllData, &Silent, &cancel).unwrap().damages.len()
}
