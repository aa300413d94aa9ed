//! Two at once, taking turns at the store as the seed draws them, with and without deaths.
//!
//! Each operation of the store is one step; whoever has the turn takes some of them before the
//! other goes on. What is read in one step may be overtaken in the next, which is all that a
//! store shows of time.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use duphong::repository::layout;
use duphong::store::memory::MemoryStore;
use duphong::store::{ObjectName, ObjectStore, StoreError};

use crate::repository::matrix::ground::{self, Base, State, draw, draw_below};
use crate::repository::matrix::judge::Judge;
use crate::repository::matrix::operations::{self, Bench, Came, NOT_PROVEN, Named, Run};
use crate::repository::matrix::{Promised, Tally, is_whole};
use crate::store::around::{Around, Through};

/// So many draws of two that write, and of a writer beside a reader; ten times as many where the
/// whole matrix is asked for.
const WRITERS: u64 = 120;
const READERS: u64 = 20;

/// Of the others, which meet at few places.
const FEW: u64 = 12;

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
    /// It begins with damage, which one of them repairs: before that the other may find it.
    repairs: bool,
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
        repairs: false,
    }
}

/// With a writer that saves again what was forgotten, and is about to go.
const fn against(name: &'static str, base: fn(u64) -> Base, runs: [Run; 2], draws: u64) -> Pair {
    let sources = [0, 0];
    Pair { name, base, runs, sources, draws, exclusive: true, forgets: false, repairs: false }
}

/// With one that repairs the index.
const fn mended(name: &'static str, run: Run) -> Pair {
    let runs = [run, operations::repair_index];
    let pair = against(name, ground::without_index, runs, FEW);
    Pair { sources: [2, 2], repairs: true, ..pair }
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
    beside("copy beside snapshot", [operations::copy_into, operations::snapshot], READERS),
    beside("copy beside copy", [operations::copy_into; 2], FEW),
    beside("copy out beside snapshot", [operations::copy_out_of, operations::snapshot], FEW),
    beside("two fed beside snapshot", [operations::first_of_two, operations::snapshot], FEW),
    beside("two fed at once", [operations::first_of_two, operations::second_of_two], READERS),
    against(
        "copy beside prune",
        ground::forgotten,
        [operations::copy_into, operations::prune],
        READERS,
    ),
    against(
        "copy out beside prune",
        ground::forgotten,
        [operations::copy_out_of, operations::prune],
        FEW,
    ),
    Pair {
        forgets: true,
        ..against(
            "copy out beside forget",
            ground::with_two_sets,
            [operations::copy_out_of, operations::forget_oldest],
            FEW,
        )
    },
    against(
        "two fed beside prune",
        ground::forgotten,
        [operations::second_of_two, operations::prune],
        READERS,
    ),
    mended("snapshot beside repair", operations::snapshot),
    mended("verify beside repair", operations::verify_locked),
    mended("restore beside repair", operations::restore_locked),
    mended("copy beside repair", operations::copy_into),
    mended("two fed beside repair", operations::first_of_two),
    mended("prune beside repair", operations::prune),
    mended("repair beside repair", operations::repair_index),
    against("snapshot beside rotate", ground::with_one_set, [operations::snapshot, ROTATE], FEW),
    against("rotate beside rotate", ground::with_one_set, [ROTATE; 2], FEW),
    against("key add beside remove", ground::with_two_keys, [operations::add_key, REMOVE], FEW),
    against(
        "two that remove each other's key",
        ground::with_two_keys,
        [operations::remove_new_key, REMOVE],
        FEW,
    ),
];

const ROTATE: Run = operations::rotate_key;
const REMOVE: Run = operations::remove_old_key;

#[test]
fn two_at_once_lose_nothing_whoever_dies() {
    let mut tally = Tally::new("two at once");
    let mut judge = Judge::default();
    for pair in PAIRS {
        let base = (pair.base)(tally.seed);
        for number in 0..pair.draws * if is_whole() { 10 } else { 1 } {
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
    let came = play(&store, pair, base, seed, death);
    let mut left = ground::state_of(&*store);
    let mut offences = Vec::new();
    let mut done = base.sets.clone();
    if pair.forgets {
        let going = operations::oldest(base);
        done.retain(|id, _| *id != going || left.contains_key(&layout::snapshot(id)));
    }
    let mut whole = !pair.repairs;
    for (who, came) in came.into_iter().enumerate() {
        offences.extend(pair.misled(&came, death.of(who).is_some(), &left));
        match came {
            Ok(Ok(Came::Set(id, picture))) => drop(done.insert(id, picture)),
            Ok(Ok(Came::Repaired { sound })) => whole |= sound,
            _ => {}
        }
    }
    if !whole {
        let store = ground::memory(&left);
        match operations::repair_index(&Bench::new(store.clone(), base, seed)) {
            Ok(Came::Repaired { sound: true }) => left = ground::state_of(&*store),
            came => offences.push(format!("what is left is not mended by a repair: {came:?}")),
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
                Err(named) if named.code != NOT_PROVEN => {
                    return vec![format!("running it again: {}", named.words)];
                }
                _ => {}
            }
        }
        judge.offences(&ground::state_of(&*store), &done)
    }));
    offences
}

/// What one of the two came back with, unless it panicked.
type Back = Result<Result<Came, Named>, &'static str>;

/// Lets both run to their ends.
fn play(store: &Arc<MemoryStore>, pair: &Pair, base: &Base, seed: u64, death: Death) -> [Back; 2] {
    let turns = Turns::drawn(seed);
    std::thread::scope(|scope| {
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
                    ..Bench::new(Through::new(player), base, seed)
                };
                pair.runs[who](&bench)
            })
        });
        players.map(|player| player.join().map_err(|_panic| "PANIC of one of the two"))
    })
}

impl Pair {
    /// What is wrong with an answer that one of the two gave.
    fn misled(&self, back: &Back, died: bool, left: &State) -> Option<String> {
        match back {
            Err(panic) => Some((*panic).to_owned()),
            Ok(Err(named)) => {
                let busy = self.exclusive && named.code == "repository.locked";
                let damaged = self.repairs && DAMAGED.contains(&named.code);
                let expected = died || busy || damaged || named.code == NOT_PROVEN;
                (!expected).then(|| format!("failed beside the other: {named:?}"))
            }
            Ok(Ok(Came::Judged { sound: false })) if self.repairs => None,
            Ok(Ok(Came::Judged { sound: false } | Came::Restored { right: false })) => {
                Some("misled by the other".to_owned())
            }
            Ok(Ok(Came::Forgotten(id))) if left.contains_key(&layout::snapshot(id)) => {
                Some(format!("set {id} was forgotten and is there"))
            }
            Ok(Ok(_)) => None,
        }
    }
}

/// How those fail who need what only the index knows, before it is repaired.
const DAMAGED: [&str; 2] = ["repository.blob-unknown", "restore.incomplete"];

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
impl Around for Player {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.inner
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
