//! Keeping and folding logs where two things meet that seldom do: each was found by a mistake that was
//! planted and that no test had seen.

use std::sync::Arc;

use async_trait::async_trait;
use duphong::base::cancel::Cancel;
use duphong::base::fault::Fault as _;
use duphong::repository::segment::{LogFile, LogStream, Piece, StoredPiece, seal};
use duphong::repository::{Repository, RepositoryError};
use duphong::store::faulty::{Damage, Faulty};
use duphong::store::{ObjectName, ObjectStore, StoreError};
use duphong::world::entropy::SystemEntropy;

use crate::repository::kit::noise;
use crate::repository::matrix::ground;
use crate::repository::matrix::storm::{Fault, Op, Storm, Strike};
use crate::store::around::{Around, Through};

fn file() -> LogFile {
    let stream = LogStream::new("7312345678901234567", "00000001").unwrap();
    LogFile::new(stream, "000000010000000000000042").unwrap()
}

/// A repository in memory whose own key costs nothing to try.
fn empty() -> Arc<dyn ObjectStore> {
    ground::memory(&ground::empty(1).state)
}

fn opened(store: Arc<dyn ObjectStore>) -> Repository {
    ground::open(store, 1).unwrap()
}

fn pieces(repository: &Repository) -> Vec<StoredPiece> {
    repository.log_pieces(&file()).unwrap()
}

fn content(repository: &Repository) -> Result<Vec<u8>, RepositoryError> {
    let mut to = Vec::new();
    repository.read_log_file(&pieces(repository), &mut to)?;
    Ok(to)
}

/// Stores a piece behind everyone's back.
fn plant(repository: &Repository, from: u64, bytes: &[u8]) -> Piece {
    let sealed = seal(repository.key(), &SystemEntropy, &file(), from, bytes);
    let (piece, sealed) = sealed.unwrap().unwrap();
    repository.block_on(repository.store().put(&piece.name(), sealed.into())).unwrap();
    piece
}

/// What cannot be had now may be whole: it is neither stored anew nor removed.
#[test]
fn a_piece_that_is_out_of_reach_is_not_taken_for_damaged() {
    let store = Arc::new(Faulty::new(empty()));
    let repository = opened(store.clone());
    let bytes = noise(1, 3000);
    repository.keep_log(&file(), 0, &bytes[..2000]).unwrap();
    repository.keep_log(&file(), 0, &bytes).unwrap();
    let before = pieces(&repository);
    // All of it lies in another piece as well.
    plant(&repository, 0, &bytes);
    store.damage(&before[0].piece.name(), Damage::Unreadable);
    let away = |error: RepositoryError| assert_eq!(error.code(), "store.unreachable");
    away(repository.keep_log(&file(), 0, &bytes).unwrap_err());
    away(content(&repository).unwrap_err());
    let other = opened(empty());
    other.keep_log(&file(), 0, &bytes).unwrap();
    away(other.logs_damaged(&repository, &Cancel::default()).unwrap_err());
    store.heal(&before[0].piece.name());
    assert!(before.iter().all(|one| pieces(&repository).contains(one)));
}

#[test]
fn a_piece_that_we_may_not_read_is_not_replaced() {
    let store = Arc::new(Faulty::new(empty()));
    let repository = opened(store.clone());
    let bytes = noise(1, 3000);
    repository.keep_log(&file(), 0, &bytes).unwrap();
    let before = pieces(&repository);
    store.damage(&before[0].piece.name(), Damage::Denied);
    let refused = repository.keep_log(&file(), 0, &bytes).unwrap_err();
    assert_eq!(refused.code(), "store.denied");
    assert_eq!(pieces(&repository), before);
}

#[test]
fn a_damaged_piece_stays_until_all_of_it_came_again() {
    let store = Arc::new(Faulty::new(empty()));
    let repository = opened(store.clone());
    let bytes = noise(2, 3000);
    repository.keep_log(&file(), 0, &bytes).unwrap();
    let damaged = pieces(&repository).remove(0);
    store.damage(&damaged.piece.name(), Damage::Flip { offset: 300, bit: 1 });
    assert_eq!(repository.keep_log(&file(), 0, &bytes[..2000]).unwrap().added, 2000);
    assert!(pieces(&repository).contains(&damaged));
    assert_eq!(repository.keep_log(&file(), 0, &bytes).unwrap().added, 1000);
    assert!(!pieces(&repository).contains(&damaged));
    assert_eq!(content(&repository).unwrap(), bytes);
}

#[test]
fn a_hole_in_the_middle_is_filled_and_forgetting_needs_the_lock() {
    let repository = opened(empty());
    let bytes = noise(3, 3000);
    for end in [1000, 2000, 3000] {
        repository.keep_log(&file(), 0, &bytes[..end]).unwrap();
    }
    let middle = pieces(&repository).remove(1).piece;
    let shared = repository.lock_shared().unwrap();
    let refused = repository.forget_piece(&shared, &middle).unwrap_err();
    assert!(matches!(refused, RepositoryError::Bug(_)), "{refused}");
    drop(shared);
    repository.forget_piece(&repository.lock_exclusive().unwrap(), &middle).unwrap();
    assert!(content(&repository).is_err());
    repository.keep_log(&file(), 0, &bytes).unwrap();
    assert_eq!(content(&repository).unwrap(), bytes);
}

/// The server forgets its own copy once it was told.
#[test]
fn a_piece_that_the_store_did_not_keep_as_it_was_is_not_called_kept() {
    let strike = Strike { op: Op::Put, nth: 0, fault: Fault::WrongBytes, after: false };
    let repository = opened(Storm::over(empty(), Some(strike)));
    repository.keep_log(&file(), 0, &noise(4, 3000)).unwrap_err();
    assert!(pieces(&repository).is_empty());
    assert_eq!(repository.keep_log(&file(), 0, &noise(4, 3000)).unwrap().added, 3000);
}

/// A store whose listings lag behind: they do not name what is as long as all of it.
struct Lagging(Arc<dyn ObjectStore>);

#[async_trait]
impl Around for Lagging {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.0
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        let mut listed = self.0.list(prefix).await?;
        listed.retain(|(name, _)| Piece::parse(name).is_none_or(|piece| piece.length() < 3000));
        Ok(listed)
    }
}

#[test]
fn nothing_is_put_together_that_cannot_be_found_again_or_contradicts_itself() {
    let (store, bytes) = (empty(), noise(5, 3000));
    let repository = opened(store.clone());
    for end in [1000, 2000, 3000] {
        repository.keep_log(&file(), 0, &bytes[..end]).unwrap();
    }
    let before = pieces(&repository);
    let lagging = opened(Through::new(Lagging(store.clone())));
    lagging.fold_log(&file(), 0).unwrap_err();
    assert!(before.iter().all(|one| pieces(&repository).contains(one)));
    // One that only reaches into what is put together says otherwise.
    let (other, lies) = (opened(empty()), noise(6, 3000));
    plant(&other, 1000, &bytes[1000..2000]);
    plant(&other, 2000, &bytes[2000..]);
    plant(&other, 0, &[&bytes[..1000], &lies[1000..1500]].concat());
    let refused = other.fold_log(&file(), 1000).unwrap_err();
    assert!(matches!(refused, RepositoryError::SegmentDiffers { .. }), "{refused}");
    assert_eq!(pieces(&other).len(), 3);
}

#[test]
fn a_log_that_cannot_be_read_to_its_end_is_not_called_brought() {
    let store = Arc::new(Faulty::new(empty()));
    let (here, there) = (opened(store.clone()), opened(empty()));
    let bytes = noise(7, 3000);
    here.keep_log(&file(), 0, &bytes[..2000]).unwrap();
    here.keep_log(&file(), 0, &bytes).unwrap();
    let last = pieces(&here).remove(1).piece.name();
    store.damage(&last, Damage::Flip { offset: 300, bit: 1 });
    let lacking = here.logs_lacking(&there).unwrap().remove(0);
    let error = here.copy_log(&there, &lacking).unwrap_err();
    assert!(matches!(error, RepositoryError::Damaged { .. }), "{error}");
    store.heal(&last);
    here.copy_log(&there, &here.logs_lacking(&there).unwrap()[0]).unwrap();
    assert_eq!(content(&there).unwrap(), bytes);
}
