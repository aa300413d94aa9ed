//! A store through which weather passes: each kind of fault of a disk or a server, at one chosen
//! operation of one kind.
//!
//! What a fault does to the store beneath and what the caller is told are decided apart: an
//! answer can be lost after the work was done.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use duphong::store::{Act, ObjectName, ObjectStore, StoreError};

/// The operations of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Op {
    List,
    Get,
    Range,
    Size,
    Put,
    Delete,
}

impl Op {
    pub(crate) const ALL: [Self; 6] =
        [Self::List, Self::Get, Self::Range, Self::Size, Self::Put, Self::Delete];

    pub(crate) fn changes(self) -> bool {
        matches!(self, Self::Put | Self::Delete)
    }
}

/// What happens to an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// It fails, and the next one passes again.
    ErrorOnce,
    /// It and all that follow of its kind fail.
    ErrorAlways,
    /// No answer in time.
    Timeout,
    /// The connection is cut.
    Cut,
    /// The server has an error of its own.
    Status500,
    /// The server is busy three times in a row.
    Busy503,
    /// From now on we have no right to anything.
    Denied403,
    /// From now on nothing more fits.
    DiskFull,
    /// The process dies: from now on nothing is answered or done.
    Death,
    /// Half of what was asked for, told as if it were all.
    Truncated,
    /// Other bytes than were asked for.
    WrongBytes,
    /// It is done twice, or told twice.
    Duplicate,
    /// The names come in another order.
    Reordered,
    /// It comes after much else.
    Slow,
}

impl Fault {
    pub(crate) const ALL: [Self; 14] = [
        Self::ErrorOnce,
        Self::ErrorAlways,
        Self::Timeout,
        Self::Cut,
        Self::Status500,
        Self::Busy503,
        Self::Denied403,
        Self::DiskFull,
        Self::Death,
        Self::Truncated,
        Self::WrongBytes,
        Self::Duplicate,
        Self::Reordered,
        Self::Slow,
    ];

    /// Whether the caller is told the truth, if late or twice.
    pub(crate) fn is_harmless(self) -> bool {
        matches!(self, Self::Duplicate | Self::Reordered | Self::Slow)
    }

    /// Whether the caller is told that all is well when it is not.
    pub(crate) fn is_lie(self) -> bool {
        matches!(self, Self::Truncated | Self::WrongBytes)
    }

    /// Whether the caller is told that the store is out of reach.
    pub(crate) fn is_out_of_reach(self) -> bool {
        !self.is_harmless() && !self.is_lie() && !matches!(self, Self::Denied403 | Self::DiskFull)
    }

    /// Whether it can happen to such an operation.
    pub(crate) fn befalls(self, op: Op) -> bool {
        match self {
            Self::Truncated | Self::WrongBytes => op != Op::Delete,
            Self::Reordered => op == Op::List,
            Self::DiskFull => op == Op::Put,
            _ => true,
        }
    }

    /// Whether the work may have been done although the answer says otherwise.
    pub(crate) fn may_come_after(self) -> bool {
        matches!(
            self,
            Self::Timeout | Self::Cut | Self::Status500 | Self::ErrorAlways | Self::Death
        )
    }
}

/// One fault at one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strike {
    pub(crate) op: Op,
    /// Counted from zero among those of its kind.
    pub(crate) nth: u64,
    pub(crate) fault: Fault,
    /// The work was done before the answer was lost.
    pub(crate) after: bool,
}

#[derive(Debug, Default)]
struct Sky {
    strike: Option<Strike>,
    counts: BTreeMap<Op, u64>,
    /// What was struck first.
    struck: Option<String>,
    /// Strikes that are left of one that repeats.
    more: u64,
    dead: bool,
}

/// A store and the weather over it.
#[derive(Debug)]
pub(crate) struct Storm {
    inner: Arc<dyn ObjectStore>,
    sky: Mutex<Sky>,
}

/// What is to be done with an operation.
enum Fate {
    Pass,
    Struck(Strike),
    Dead,
}

impl Storm {
    pub(crate) fn over(inner: Arc<dyn ObjectStore>, strike: Option<Strike>) -> Arc<Self> {
        Arc::new(Self { inner, sky: Mutex::new(Sky { strike, ..Sky::default() }) })
    }

    /// From now on nothing happens any more.
    pub(crate) fn calm(&self) {
        let mut sky = self.sky();
        *sky = Sky { counts: std::mem::take(&mut sky.counts), ..Sky::default() };
    }

    /// How many operations of each kind there were.
    pub(crate) fn counts(&self) -> BTreeMap<Op, u64> {
        self.sky().counts.clone()
    }

    /// The name or prefix that was struck, if any was.
    pub(crate) fn struck(&self) -> Option<String> {
        self.sky().struck.clone()
    }

    fn sky(&self) -> MutexGuard<'_, Sky> {
        self.sky.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fate(&self, op: Op, name: &str) -> Fate {
        let mut sky = self.sky();
        let number = *sky.counts.entry(op).and_modify(|count| *count += 1).or_insert(1) - 1;
        if sky.dead {
            return Fate::Dead;
        }
        let Some(strike) = sky.strike else { return Fate::Pass };
        if sky.struck.is_none() {
            if strike.op != op || strike.nth != number {
                return Fate::Pass;
            }
            sky.struck = Some(name.to_owned());
            sky.dead = strike.fault == Fault::Death;
            sky.more = match strike.fault {
                Fault::ErrorAlways | Fault::Denied403 | Fault::DiskFull => u64::MAX,
                Fault::Busy503 => 2,
                _ => 0,
            };
            return Fate::Struck(strike);
        }
        let again = match strike.fault {
            Fault::Denied403 => true,
            _ => strike.op == op,
        };
        if again && sky.more > 0 {
            sky.more -= 1;
            return Fate::Struck(strike);
        }
        Fate::Pass
    }

    fn error(&self, op: Op, fault: Fault, name: &str) -> StoreError {
        let place = format!("{}/{name}", self.inner.location());
        let act = match op {
            Op::List => Act::List,
            Op::Put => Act::Write,
            Op::Delete => Act::Delete,
            Op::Get | Op::Range | Op::Size => Act::Read,
        };
        let connection = |detail: &str| StoreError::Connection {
            place: place.clone(),
            detail: detail.to_owned(),
        };
        let busy =
            |detail: &str| StoreError::Busy { place: place.clone(), detail: detail.to_owned() };
        match fault {
            Fault::Timeout => connection("no answer in time"),
            Fault::Cut => connection("connection reset by peer"),
            Fault::Status500 => busy("500 Internal Server Error"),
            Fault::Busy503 => busy("503 Slow Down"),
            Fault::Denied403 => {
                StoreError::Denied { act, place, source: io::ErrorKind::PermissionDenied.into() }
            }
            Fault::DiskFull => {
                StoreError::Full { place, source: io::ErrorKind::StorageFull.into() }
            }
            _ => StoreError::Unreachable { place },
        }
    }

    /// Lets other work pass first.
    async fn dawdle() {
        for _ in 0..20 {
            tokio::task::yield_now().await;
            std::thread::yield_now();
        }
    }
}

fn half(bytes: &Bytes) -> Bytes {
    bytes.slice(..bytes.len() / 2)
}

fn wrong(bytes: &Bytes) -> Bytes {
    let mut wrong = bytes.to_vec();
    let middle = wrong.len() / 2;
    if let Some(byte) = wrong.get_mut(middle) {
        *byte ^= 0x10;
    }
    wrong.into()
}

/// Runs an operation that gives something, with what the strike makes of it.
macro_rules! struck {
    ($storm:expr, $op:expr, $name:expr, $again:expr, |$fault:ident, $found:ident| $bent:expr) => {
        match $storm.fate($op, $name) {
            Fate::Pass => $again.await,
            Fate::Dead => Err($storm.error($op, Fault::Death, $name)),
            Fate::Struck(Strike { fault, after, .. }) => {
                if fault.is_harmless() || fault.is_lie() {
                    if fault == Fault::Slow {
                        Storm::dawdle().await;
                    }
                    if fault == Fault::Duplicate {
                        $again.await?;
                    }
                    let ($fault, $found) = (fault, $again.await?);
                    Ok($bent)
                } else {
                    if after {
                        $again.await?;
                    }
                    Err($storm.error($op, fault, $name))
                }
            }
        }
    };
}

#[async_trait::async_trait]
impl ObjectStore for Storm {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        match self.fate(Op::Put, name.as_str()) {
            // A store that lies keeps something else than it was given.
            Fate::Struck(Strike { fault: Fault::Truncated, .. }) => {
                self.inner.put(name, half(&bytes)).await
            }
            Fate::Struck(Strike { fault: Fault::WrongBytes, .. }) => {
                self.inner.put(name, wrong(&bytes)).await
            }
            Fate::Pass => self.inner.put(name, bytes).await,
            Fate::Dead => Err(self.error(Op::Put, Fault::Death, name.as_str())),
            Fate::Struck(Strike { fault, after, .. }) => {
                if fault == Fault::Slow {
                    Self::dawdle().await;
                }
                if after || fault.is_harmless() {
                    self.inner.put(name, bytes.clone()).await?;
                }
                if !fault.is_harmless() {
                    return Err(self.error(Op::Put, fault, name.as_str()));
                }
                self.inner.put(name, bytes).await
            }
        }
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        struck!(self, Op::Get, name.as_str(), self.inner.get(name), |fault, found| match fault {
            Fault::Truncated => half(&found),
            Fault::WrongBytes => wrong(&found),
            _ => found,
        })
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        let again = || self.inner.get_range(name, offset, length);
        struck!(self, Op::Range, name.as_str(), again(), |fault, found| match fault {
            Fault::Truncated => half(&found),
            Fault::WrongBytes => wrong(&found),
            _ => found,
        })
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        struck!(self, Op::Size, name.as_str(), self.inner.size(name), |fault, found| match fault {
            Fault::Truncated => found / 2,
            Fault::WrongBytes => found + 1,
            _ => found,
        })
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        struck!(self, Op::List, prefix, self.inner.list(prefix), |fault, found| {
            let mut found: Vec<(ObjectName, u64)> = found;
            match fault {
                Fault::Truncated => found.truncate(found.len() / 2),
                Fault::WrongBytes => found.iter_mut().for_each(|(_, size)| *size += 1),
                Fault::Reordered => found.reverse(),
                Fault::Duplicate => found.extend_from_within(..),
                _ => {}
            }
            found
        })
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        struck!(self, Op::Delete, name.as_str(), self.inner.delete(name), |_fault, found| found)
    }
}
