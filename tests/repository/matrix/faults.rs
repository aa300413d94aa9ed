//! Every operation × every operation of the store × every fault, at every place where it can be.

use std::sync::Arc;

use duphong::repository::RepositoryError;
use duphong::repository::layout::{self, Folder};
use duphong::store::ObjectName;

use crate::repository::matrix::ground::{self, Base, Sets, State};
use crate::repository::matrix::judge::Judge;
use crate::repository::matrix::operations::{self, Bench, Came, Named, OPERATIONS, Operation};
use crate::repository::matrix::storm::{Fault, Op, Storm, Strike};
use crate::repository::matrix::{Promised, Tally, is_whole};

/// So many repositories, each with other nonces and other packs; another seed makes others.
const ROUNDS: u64 = 1;

/// Nothing can be told apart in what they leave; at each operation every other one strikes.
const ALIKE: [Fault; 4] = [Fault::ErrorOnce, Fault::Timeout, Fault::Cut, Fault::Status500];

#[test]
fn no_fault_of_a_store_loses_a_set_that_was_reported_done() {
    let mut tally = Tally::new("faults");
    let mut judge = Judge::default();
    for round in 0..ROUNDS {
        let seed = tally.seed.wrapping_add(round * 1_000_003);
        for operation in OPERATIONS {
            let base = (operation.base)(seed);
            for strike in strikes(operation, &base, seed) {
                let case = Case { operation, base: &base, seed, strike };
                case.count(&mut tally, &mut judge);
            }
        }
    }
    tally.close(&judge, Promised { cases: 5_000, restic: 80 });
}

/// Every fault at every operation of the store that a run without faults makes.
fn strikes(operation: &Operation, base: &Base, seed: u64) -> Vec<Strike> {
    let calm = Storm::over(ground::memory(&base.state), None);
    (operation.run)(&bench(base, seed, calm.clone())).unwrap();
    let counts = calm.counts();
    let mut strikes = Vec::new();
    for op in Op::ALL {
        for nth in 0..counts.get(&op).copied().unwrap_or_default() {
            let takes_turns = |fault: &Fault| {
                let turn = ALIKE.iter().position(|alike| alike == fault);
                turn.is_none_or(|turn| is_whole() || (turn as u64 + nth).is_multiple_of(2))
            };
            let faults = Fault::ALL.into_iter().filter(|fault| fault.befalls(op));
            for fault in faults.filter(takes_turns) {
                strikes.push(Strike { op, nth, fault, after: false });
                if op.changes() && fault.may_come_after() {
                    strikes.push(Strike { op, nth, fault, after: true });
                }
            }
        }
    }
    strikes
}

fn bench(base: &Base, seed: u64, store: Arc<Storm>) -> Bench<'_> {
    Bench { scratch: Some(ground::memory_folder()), ..Bench::new(store, base, seed) }
}

struct Case<'a> {
    operation: &'a Operation,
    base: &'a Base,
    seed: u64,
    strike: Strike,
}

impl Case<'_> {
    fn count(&self, tally: &mut Tally, judge: &mut Judge) {
        let describe =
            || format!("{} of `{}`, {:?}", self.operation.name, self.base.name, self.strike);
        let Strike { op, fault, .. } = self.strike;
        let kind = format!("{} {op:?} {fault:?}", self.operation.name);
        tally.case(&kind, describe, || self.run(judge));
    }

    fn run(&self, judge: &mut Judge) -> Vec<String> {
        let store = Storm::over(ground::memory(&self.base.state), Some(self.strike));
        let bench = bench(self.base, self.seed, store.clone());
        let came = (self.operation.run)(&bench);
        let struck = store.struck();
        store.calm();
        let Some(struck) = struck else { return self.right(&came) };
        // A store that hides the key from `init` is one without: another is made, and which of the
        // two opens the repository then depends on the order in which a program tries them.
        let with_locks = ground::state_with_locks(&*store);
        let keys = with_locks.keys().filter(|name| name.as_str().starts_with("keys/"));
        if self.operation.name == "init" && keys.count() > 1 {
            return Vec::new();
        }
        let mut offences = match &came {
            Err(Named { code, words, .. }) if code.is_empty() || words.is_empty() => {
                vec!["a fault without a name".to_owned()]
            }
            Err(named) if self.strike.fault.is_harmless() => {
                vec![format!("failed for nothing: {}", named.words)]
            }
            Err(_) => Vec::new(),
            Ok(came) => self.believable(came, &struck),
        };
        let mut done = self.base.sets.clone();
        let lied = self.strike.fault.is_lie() && self.strike.op == Op::Put;
        if lied && !self.operation.repairs {
            offences.extend(self.after_a_lie(judge, with_locks, &came));
            return offences;
        }
        match came {
            Ok(Came::Set(id, picture)) => drop(done.insert(id, picture)),
            Ok(Came::Forgotten(id)) => {
                if with_locks.contains_key(&layout::snapshot(&id)) {
                    offences.push(format!("set {id} was forgotten and is there"));
                }
                done.remove(&id);
            }
            Ok(Came::Repaired { sound: false }) if self.strike.fault.is_harmless() => {
                offences.push("a repair did not help".to_owned());
            }
            // What a store lies about while it is read may be passed by: a key that is garbled on the
            // way opens nothing.
            Ok(Came::Keyed(opens)) if !self.strike.fault.is_lie() => {
                offences.extend(keyed(&with_locks, opens));
            }
            Ok(Came::Repaired { sound: true }) => {
                offences.extend(judge.offences(&ground::without_locks(with_locks.clone()), &done));
            }
            _ => self.take_begun(&with_locks, &mut done),
        }
        offences.extend(self.left(judge, &bench, with_locks, &done));
        offences
    }

    /// A set that was about to be forgotten is promised no more.
    fn take_begun(&self, left: &State, done: &mut Sets) {
        if self.operation.name == "forget" {
            let going = operations::oldest(self.base);
            if !left.contains_key(&layout::snapshot(&going)) {
                done.remove(&going);
            }
        }
    }

    /// Without a strike everything must be right.
    fn right(&self, came: &Result<Came, Named>) -> Vec<String> {
        match came {
            Err(named) => vec![format!("failed without a fault: {}", named.words)],
            Ok(
                Came::Judged { sound: false }
                | Came::Restored { right: false }
                | Came::Repaired { sound: false },
            ) => {
                vec![format!("wrong without a fault: {}", self.operation.name)]
            }
            Ok(_) => Vec::new(),
        }
    }

    /// Whether an answer without a fault can be given after that strike.
    fn believable(&self, came: &Came, struck: &str) -> Vec<String> {
        let Strike { op, fault, .. } = self.strike;
        match came {
            Came::Restored { right: false } => vec!["LOST: restored other content".to_owned()],
            Came::Judged { sound: false } if fault.is_harmless() => {
                vec!["damage where there is none".to_owned()]
            }
            Came::Judged { sound: false } if fault.is_out_of_reach() => {
                vec!["damage where the store was only out of reach".to_owned()]
            }
            Came::Judged { sound: true } if !fault.is_harmless() => {
                // Names that a store does not tell cannot be missed: a snapshot that was hidden is
                // like one that was forgotten, and segments like those that never came. Lengths
                // are compared for packs.
                let unlisted = matches!(struck, "snapshots/" | "keys/" | "wal/");
                let hidden = fault == Fault::Truncated && unlisted;
                let unread = fault == Fault::WrongBytes && struck != Folder::Data.prefix();
                if op == Op::List && (hidden || unread) {
                    return Vec::new();
                }
                vec![format!("called sound although `{struck}` could not be checked")]
            }
            _ => Vec::new(),
        }
    }

    /// What is left must be sound, and running the operation again must end well: for a process
    /// that lives on beside the locks it could not remove, else after `unlock`.
    fn left(
        &self,
        judge: &mut Judge,
        bench: &Bench<'_>,
        with_locks: State,
        done: &Sets,
    ) -> Vec<String> {
        let left = ground::without_locks(with_locks.clone());
        if left == self.base.state && !matches!(self.operation.name, "restore") {
            return Vec::new();
        }
        let made = left.keys().any(|name| name.as_str() == "config");
        let judged = made && !self.operation.repairs;
        let mut offences = if judged { judge.offences(&left, done) } else { Vec::new() };
        let unlocked = self.strike.fault == Fault::Death || self.operation.alone;
        let begin = if unlocked { left } else { with_locks };
        if self.operation.name == "init" && made {
            return offences;
        }
        if self.operation.name == "restore" {
            offences.extend(self.right(&(self.operation.run)(bench)));
            return offences;
        }
        offences.extend(judge.again(&begin, self.operation.name, |judge| {
            let store = ground::memory(&begin);
            let bench = Bench::new(store.clone(), self.base, self.seed.wrapping_add(77));
            let mut done = done.clone();
            let came = (self.operation.run)(&bench);
            let state = ground::state_of(&*store);
            let mut offences = Vec::new();
            match came {
                Ok(Came::Set(id, picture)) => drop(done.insert(id, picture)),
                Ok(Came::Forgotten(id)) => drop(done.remove(&id)),
                Ok(Came::Pruned) => offences.extend(unpruned(&state)),
                Ok(Came::Keyed(opens)) => offences.extend(keyed(&state, opens)),
                Ok(Came::Repaired { sound: false }) => {
                    offences.push("repairing it again did not help".to_owned());
                }
                Ok(_) => {}
                Err(named) => return vec![format!("running it again: {}", named.words)],
            }
            offences.extend(judge.offences(&state, &done));
            offences
        }));
        offences
    }

    /// What keeps `init` from going on with what was left.
    fn made_again(&self, state: &State) -> Vec<String> {
        let made = ground::init(ground::memory(state), self.seed);
        made.err().map(|error| format!("cannot be made again: {error}")).into_iter().collect()
    }

    /// After a store kept something else than it was given: what is damaged is named, with the
    /// sets it costs; once it is removed, running the operation again mends everything.
    fn after_a_lie(
        &self,
        judge: &mut Judge,
        with_locks: State,
        came: &Result<Came, Named>,
    ) -> Vec<String> {
        let mut state = ground::without_locks(with_locks);
        let mut offences = Vec::new();
        while let Some(object) = unopenable(&state) {
            if state.remove(&object).is_none() {
                return vec![format!("`{object}` is named and not there")];
            }
        }
        if !state.keys().any(|name| name.as_str() == "config") {
            return self.made_again(&state);
        }
        let mut readable = state.clone();
        let damaged = match judge.look(&state) {
            Err(error) => return vec![format!("nothing can be said: {error}")],
            Ok(seen) => {
                let damaged = seen.report.damaged_sets.clone();
                let cost = self.base.sets.keys().filter(|id| damaged.contains(id));
                offences.extend(cost.map(|id| format!("LOST: set {id} was there before")));
                let named: Vec<_> =
                    seen.report.damages.iter().map(|damage| damage.object.clone()).collect();
                let is_named = |name: &ObjectName| named.iter().any(|it| it == name.as_str());
                state.retain(|name, _| !is_named(name));
                readable.retain(|name, _| Folder::Index.digest(name).is_none() || !is_named(name));
                damaged
            }
        };
        // Looked at without the index files that are named: a strict reader stops at any of them. Of
        // a pack that is named every blob may still open.
        if let Ok(Came::Set(id, picture)) = came
            && !damaged.contains(id)
            && !matches!(
                judge.look(&readable).as_ref().map(|seen| seen.sets.get(id)),
                Ok(Some(Ok(found))) if found == picture
            )
        {
            offences.push(format!("LOST: set {id} is damaged and nobody says so"));
        }
        // A copy passes by a set that is there, whole or not: a damaged one is forgotten first.
        if self.operation.name.starts_with("copy")
            && let Ok(seen) = judge.look(&state)
        {
            let damaged = seen.report.damaged_sets.clone();
            state.retain(|name, _| {
                !damaged.iter().any(|id| *name == duphong::repository::layout::snapshot(id))
            });
        }
        let store = ground::memory(&state);
        let bench = Bench::new(store.clone(), self.base, self.seed.wrapping_add(77));
        match (self.operation.run)(&bench) {
            Ok(Came::Set(id, picture)) => {
                let mut done = self.base.sets.clone();
                done.insert(id, picture);
                match judge.look(&ground::state_of(&*store)) {
                    Ok(seen) => offences.extend(seen.lost_or_damaged(&done)),
                    Err(error) => offences.push(error.clone()),
                }
            }
            Ok(_) => {}
            Err(named) => offences.push(format!("running it again: {}", named.words)),
        }
        offences
    }
}

/// Whether other passwords open a repository than was reported.
pub(crate) fn keyed(state: &State, reported: [bool; 2]) -> Option<String> {
    let opens = ground::opened_by(state);
    let wrong = || format!("old and new password open it: {reported:?} reported, {opens:?} found");
    (opens != reported).then(wrong)
}

/// What a prune that ended well has left undone.
fn unpruned(state: &State) -> Option<String> {
    match ground::is_pruned(state) {
        Ok(true) => None,
        Ok(false) => Some("a prune ended well and left something to do".to_owned()),
        Err(error) => Some(format!("a prune ended well, and then: {error}")),
    }
}

/// The damaged object because of which a repository cannot be opened.
fn unopenable(state: &State) -> Option<duphong::store::ObjectName> {
    match ground::open(ground::memory(state), 1) {
        Err(RepositoryError::Damaged { object, .. }) => object.parse().ok(),
        _ => None,
    }
}
