//! The fault matrix: every operation of the engine under every fault of its store, and what is
//! left after deaths and power losses at every point.
//!
//! In process, with a key that costs nothing to derive, judged by our own verifier; stock restic
//! looks at each different state that is left. A case fails if a set that was reported done does
//! not restore byte for byte, if damage is not named, if running the operation again does not
//! mend what is left, or if anything panics.
//!
//! `DUPHONG_MATRIX_SEED` sets the seed; every failure prints the one it had. Cases that are much
//! alike take turns; `DUPHONG_MATRIX=whole` runs them all.

mod disk;
mod faults;
pub(crate) mod ground;
mod judge;
mod operations;
mod power;
mod restic;
pub(crate) mod storm;
mod together;
pub(crate) mod trace;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use judge::Judge;

/// Of each kind of failure so many are shown; more of them say the same.
const SHOWN: usize = 2;

/// The seed of this run.
fn seed() -> u64 {
    let given = std::env::var("DUPHONG_MATRIX_SEED").ok();
    given.map_or(20_261_122, |seed| seed.parse().expect("DUPHONG_MATRIX_SEED is a number"))
}

/// Whether everything runs, however much alike.
fn is_whole() -> bool {
    match std::env::var("DUPHONG_MATRIX").as_deref() {
        Ok("whole") => true,
        Err(std::env::VarError::NotPresent) => false,
        other => panic!("DUPHONG_MATRIX may be `whole`, not {other:?}"),
    }
}

/// Counts cases and keeps what failed.
#[derive(Debug)]
struct Tally {
    what: &'static str,
    seed: u64,
    cases: u64,
    /// Cases that ended with an offence.
    failed: u64,
    /// Cases in which a set that was done is lost.
    lost: u64,
    /// What is shown of each kind.
    shown: BTreeMap<String, Vec<String>>,
}

impl Tally {
    fn new(what: &'static str) -> Self {
        Self { what, seed: seed(), cases: 0, failed: 0, lost: 0, shown: BTreeMap::new() }
    }

    /// One case: its offences, or those of its panic.
    fn case(
        &mut self,
        kind: &str,
        describe: impl Fn() -> String,
        run: impl FnOnce() -> Vec<String>,
    ) {
        self.cases += 1;
        let offences = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
            let words = panic.downcast_ref::<String>().cloned();
            let words = words.or(panic.downcast_ref::<&str>().map(ToString::to_string));
            vec![format!("PANIC: {}", words.unwrap_or_default())]
        });
        if offences.is_empty() {
            return;
        }
        self.failed += 1;
        self.lost += u64::from(offences.iter().any(|offence| offence.starts_with("LOST")));
        let shown = self.shown.entry(kind.to_owned()).or_default();
        if shown.len() < SHOWN {
            shown.push(format!("{}:\n    {}", describe(), offences.join("\n    ")));
        }
    }

    /// Shows states to restic, prints what ran, and fails if anything failed or less ran than was
    /// promised.
    fn close(mut self, judge: &Judge, at_least: Promised) {
        let cases = self.cases;
        let shown_to_restic = judge.ask_restic(&mut self, at_least.restic);
        let Self { what, seed, failed, lost, shown, .. } = self;
        let states = judge.states();
        eprintln!(
            "matrix, {what}: {cases} cases, {states} different states, {shown_to_restic} shown to \
             restic, {lost} lost data (seed {seed})"
        );
        assert!(
            failed == 0,
            "{failed} of {cases} cases failed, {lost} lost data; \
             run again with DUPHONG_MATRIX_SEED={seed}\n{}",
            shown.into_values().flatten().collect::<Vec<_>>().join("\n")
        );
        assert!(cases >= at_least.cases, "only {cases} cases ran");
        assert!(shown_to_restic >= at_least.restic, "only {shown_to_restic} shown to restic");
    }
}

/// How much a test promises to run: together 10,000 cases, and 200 states shown to restic.
#[derive(Clone, Copy, Debug)]
struct Promised {
    cases: u64,
    restic: usize,
}
