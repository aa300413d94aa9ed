//! A store with a limit for each answer: none is waited for without an end, and a listing longest.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use duphong::store::memory::MemoryStore;
use duphong::store::timely::Timely;
use duphong::store::{ObjectName, ObjectStore, StoreError};

use crate::store::around::{Around, Through};
use crate::store::{name, run};

const LIMIT: Duration = Duration::from_millis(40);

/// A disk that takes so long for every answer.
struct Slow(MemoryStore, Duration);

#[async_trait]
impl Around for Slow {
    fn inner(&self) -> &dyn ObjectStore {
        &self.0
    }

    async fn put(&self, _: &ObjectName, _: Bytes) -> Result<(), StoreError> {
        tokio::time::sleep(self.1).await;
        Ok(())
    }

    async fn get(&self, _: &ObjectName) -> Result<Bytes, StoreError> {
        tokio::time::sleep(self.1).await;
        Ok(Bytes::new())
    }

    async fn get_range(&self, _: &ObjectName, _: u64, _: u64) -> Result<Bytes, StoreError> {
        tokio::time::sleep(self.1).await;
        Ok(Bytes::new())
    }

    async fn size(&self, _: &ObjectName) -> Result<u64, StoreError> {
        tokio::time::sleep(self.1).await;
        Ok(0)
    }

    async fn list(&self, _: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        tokio::time::sleep(self.1).await;
        Ok(Vec::new())
    }

    async fn delete(&self, _: &ObjectName) -> Result<(), StoreError> {
        tokio::time::sleep(self.1).await;
        Ok(())
    }
}

/// Whether each way of asking is answered, a listing last.
fn answered(takes: Duration) -> [bool; 7] {
    let timely = Timely::new(Through::new(Slow(MemoryStore::new(), takes)), LIMIT);
    run(async {
        let one = name("a");
        let told = |outcome: Result<(), StoreError>| match outcome {
            Ok(()) => true,
            Err(StoreError::Unreachable { .. }) => false,
            Err(other) => panic!("{other}"),
        };
        [
            told(timely.put(&one, Bytes::new()).await),
            told(timely.get(&one).await.map(drop)),
            told(timely.get_range(&one, 0, 0).await.map(drop)),
            told(timely.size(&one).await.map(drop)),
            told(timely.exists(&one).await.map(drop)),
            told(timely.delete(&one).await),
            told(timely.list("").await.map(drop)),
        ]
    })
}

#[test]
fn an_answer_that_never_comes_is_not_waited_for_and_a_listing_gets_longer() {
    assert_eq!(answered(Duration::ZERO), [true; 7]);
    assert_eq!(answered(3 * LIMIT), [false, false, false, false, false, false, true]);
    assert_eq!(answered(Duration::from_hours(1)), [false; 7]);
}
