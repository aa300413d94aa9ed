//! Two at once, taking turns at the store as the seed draws them, with and without deaths.
//!
//! Each operation of the store is one step; whoever has the turn takes some of them before the
//! other goes on. What is read in one step may be overtaken in the next, which is all that a
//! store shows of time.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use duphong::repository::layout;
use duphong::store::{ObjectName, ObjectStore, StoreError};

use crate::repository::matrix::ground::{self, Base, draw, draw_below};
use crate::repository::matrix::judge::Judge;
use crate::repository::matrix::operations::{self, Bench, Came, Run};
use crate::repository::matrix::{Promised, Tally};

/// So many draws of two that write, and of a writer beside a reader.
const WRITERS: u64 = 200;
const READERS: u64 = 30;

/// A snapshot is taken again after every fourth draw: it costs as much as the draw itself.
const AGAIN_EVERY: u64 = 4;

/// Nobody takes more steps before the other's turn.
const STEPS_MAX: usize = 5;

/// A snapshot takes some thirty steps.
const DEATH_BEFORE: usize = 40;

/// Two operations, and where they begin.
struct Pair {
    name: &'static str,
    base: fn(u64) -> Base,
    runs: [Run; 2],
    /// What they save, if they save anything.
    sources: [usize; 2],
    draws: u64,
    /// One of them wants the repository for itself: either may be told to come again later.
    exclusive: bool,
    /// One of them forgets the oldest set, which is promised no more.
    forgets: bool,
}

const fn beside(name: &'static str, runs: [Run; 2], draws: u64) -> Pair {
    let sources = [1, 2];
    Pair {
        name,
        base: ground::with_one_set,
        runs,
        sources,
        draws,
        exclusive: false,
        forgets: false,
    }
}

/// With a writer that saves again what was forgotten, and is about to go.
const fn against(name: &'static str, base: fn(u64) -> Base, runs: [Run; 2], draws: u64) -> Pair {
    Pair { name, base, runs, sources: [0, 0], draws, exclusive: true, forgets: false }
}

const PAIRS: &[Pair] = &[
    beside("snapshot beside snapshot", [operations::snapshot; 2], WRITERS),
    beside("snapshot beside verify", [operations::snapshot, operations::verify_all], READERS),
    beside("snapshot beside restore", [operations::snapshot, operations::restore_newest], READERS),
    Pair {
        forgets: true,
        ..against(
            "snapshot beside forget",
            ground::with_two_sets,
            [operations::snapshot, operations::forget_oldest],
            READERS,
        )
    },
    against(
        "snapshot beside prune",
        ground::forgotten,
        [operations::snapshot, operations::prune],
        WRITERS,
    ),
    against(
        "snapshot beside a prune that goes on",
        ground::half_pruned,
        [operations::snapshot, operations::prune],
        READERS,
    ),
    against("prune beside prune", ground::forgotten, [operations::prune; 2], READERS),
    Pair {
        forgets: true,
        ..against(
            "forget beside prune",
            ground::with_two_sets,
            [operations::forget_oldest, operations::prune],
            READERS,
        )
    },
    against(
        "verify beside prune",
        ground::forgotten,
        [operations::verify_locked, operations::prune],
        READERS,
    ),
    against(
        "restore beside prune",
        ground::forgotten,
        [operations::restore_locked, operations::prune],
        READERS,
    ),
];

#[test]
fn two_at_once_lose_nothing_whoever_dies() {
    let mut tally = Tally::new("two at once");
    let mut judge = Judge::default();
    for pair in PAIRS {
        let base = (pair.base)(tally.seed);
        for number in 0..pair.draws {
            let seed = tally.seed.wrapping_mul(1_000_003).wrapping_add(number);
            let death = Death::drawn(seed);
            let describe = || format!("{}, draw {number}, {death:?}", pair.name);
            tally.case(pair.name, describe, || case(&mut judge, pair, &base, seed, death));
        }
    }
    tally.close(&judge, Promised { cases: 600, restic: 40 });
}

/// Who dies, and at which step of its own.
#[derive(Clone, Copy, Debug)]
enum Death {
    None,
    First(usize),
    Both(usize),
}

impl Death {
    fn drawn(mut lots: u64) -> Self {
        let at = draw_below(&mut lots, DEATH_BEFORE);
        match draw(&mut lots) % 3 {
            0 => Self::None,
            1 => Self::First(at),
            _ => Self::Both(at),
        }
    }

    fn of(self, who: usize) -> Option<usize> {
        match self {
            Self::Both(at) => Some(at),
            Self::First(at) if who == 0 => Some(at),
            _ => None,
        }
    }
}

fn case(judge: &mut Judge, pair: &Pair, base: &Base, seed: u64, death: Death) -> Vec<String> {
    let store = ground::memory(&base.state);
    let turns = Turns::drawn(seed);
    let came = std::thread::scope(|scope| {
        let players = [0, 1].map(|who| {
            let inner: Arc<dyn ObjectStore> = store.clone();
            let (turns, dies) = (Arc::clone(&turns), death.of(who));
            scope.spawn(move || {
                let _end = End { turns: &turns, who };
                let taken = Mutex::new(0);
                let player = Player { turns: Arc::clone(&turns), who, inner, dies, taken };
                let seed = seed.wrapping_mul(2).wrapping_add(who as u64);
                let bench = Bench {
                    source: pair.sources[who],
                    scratch: Some(ground::memory_folder()),
                    ..Bench::new(Arc::new(player), base, seed)
                };
                pair.runs[who](&bench)
            })
        });
        players.map(|player| player.join().map_err(|_panic| "PANIC of one of the two"))
    });
    let left = ground::state_of(&*store);
    let mut offences = Vec::new();
    let mut done = base.sets.clone();
    if pair.forgets {
        let going = operations::oldest(base);
        done.retain(|id, _| *id != going || left.contains_key(&layout::snapshot(id)));
    }
    for (who, came) in came.into_iter().enumerate() {
        match came {
            Err(panic) => offences.push(panic.to_owned()),
            Ok(Err(named)) if pair.exclusive && named.code == "repository.locked" => {}
            Ok(Err(named)) if death.of(who).is_none() => {
                offences.push(format!("failed beside the other: {}", named.words));
            }
            Ok(Ok(Came::Judged { sound: false } | Came::Restored { right: false })) => {
                offences.push("misled by the other".to_owned());
            }
            Ok(Ok(Came::Set(id, picture))) => drop(done.insert(id, picture)),
            Ok(Ok(Came::Forgotten(id))) if left.contains_key(&layout::snapshot(&id)) => {
                offences.push(format!("set {id} was forgotten and is there"));
            }
            Ok(_) => {}
        }
    }
    offences.extend(judge.offences(&left, &done));
    if !seed.is_multiple_of(AGAIN_EVERY) {
        return offences;
    }
    offences.extend(judge.again(&left, pair.name, |judge| {
        let store = ground::memory(&left);
        for run in pair.runs {
            let bench = Bench::new(store.clone(), base, seed.wrapping_add(1 << 40));
            match run(&Bench { scratch: Some(ground::memory_folder()), ..bench }) {
                Ok(Came::Set(id, picture)) => drop(done.insert(id, picture)),
                Ok(Came::Forgotten(id)) => drop(done.remove(&id)),
                Ok(_) => {}
                Err(named) => return vec![format!("running it again: {}", named.words)],
            }
        }
        judge.offences(&ground::state_of(&*store), &done)
    }));
    offences
}

/// Whose turn it is.
#[derive(Debug)]
struct Turns {
    now: Mutex<Now>,
    changed: Condvar,
}

#[derive(Debug)]
struct Now {
    turn: usize,
    /// Steps that are left of the turn.
    left: usize,
    /// Whether a step is being taken.
    busy: bool,
    ended: [bool; 2],
    lots: u64,
}

impl Turns {
    fn drawn(seed: u64) -> Arc<Self> {
        let mut lots = seed;
        let turn = draw_below(&mut lots, 2);
        let now = Now { turn, left: 1, busy: false, ended: [false; 2], lots };
        Arc::new(Self { now: Mutex::new(now), changed: Condvar::new() })
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn; the step lasts until the guard is dropped.
    fn step(&self, who: usize) -> Step<'_> {
        let waiting = |now: &mut Now| now.turn != who || now.busy;
        let now = self.changed.wait_while(self.now(), waiting);
        now.unwrap_or_else(PoisonError::into_inner).busy = true;
        Step { turns: self }
    }
}

impl Now {
    fn pass(&mut self) {
        self.left = 1 + draw_below(&mut self.lots, STEPS_MAX);
        if !self.ended[1 - self.turn] {
            self.turn = 1 - self.turn;
        }
    }
}

struct Step<'a> {
    turns: &'a Turns,
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        let mut now = self.turns.now();
        now.busy = false;
        now.left -= 1;
        if now.left == 0 {
            now.pass();
        }
        self.turns.changed.notify_all();
    }
}

/// Gives the turn away for good, even if its holder panics.
struct End<'a> {
    turns: &'a Turns,
    who: usize,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        let mut now = self.turns.now();
        now.ended[self.who] = true;
        if now.turn == self.who {
            now.pass();
        }
        self.turns.changed.notify_all();
    }
}

/// One of the two at the store.
#[derive(Debug)]
struct Player {
    turns: Arc<Turns>,
    who: usize,
    inner: Arc<dyn ObjectStore>,
    /// At this step of its own.
    dies: Option<usize>,
    taken: Mutex<usize>,
}

impl Player {
    fn step(&self) -> Result<Step<'_>, StoreError> {
        let step = self.turns.step(self.who);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken += 1;
        if self.dies.is_some_and(|dies| *taken > dies) {
            return Err(StoreError::Unreachable { place: self.inner.location() });
        }
        Ok(step)
    }
}

#[async_trait::async_trait]
impl ObjectStore for Player {
    fn location(&self) -> String {
        self.inner.location()
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        let _step = self.step()?;
        self.inner.put(name, bytes).await
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        let _step = self.step()?;
        self.inner.get(name).await
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        let _step = self.step()?;
        self.inner.get_range(name, offset, length).await
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        let _step = self.step()?;
        self.inner.size(name).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        let _step = self.step()?;
        self.inner.list(prefix).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        let _step = self.step()?;
        self.inner.delete(name).await
    }
}
