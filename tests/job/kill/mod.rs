//! The real program, killed by SIGKILL in the middle of its work: by the clock, at one of its
//! system calls, and by the server of a bucket at one of its requests.
//!
//! `DUPHONG_KILLS` sets how many are killed of each kind (the suite kills few), `DUPHONG_KILL_SEED`
//! where; a failure names the place.

pub(super) mod calls;
mod clock;
mod drill;
mod log_key;
mod requests;
mod restore;

use std::process::{Command, Stdio};

use duphong::audit::{Ending, Kind, verify};

use crate::job::portal::Installation;

/// The program at work on an installation, with nothing of this process's surroundings.
fn duphong(here: &Installation, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duphong"));
    command.args(["--json", "--config"]).arg(here.path("duphong.yaml")).args(arguments);
    command.env_clear().env("HOME", here.path("")).stdin(Stdio::null());
    command
}

fn given(name: &str, otherwise: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(otherwise, |number| number.parse().expect("a number is given"))
}

/// How many are killed where the suite kills `few`.
fn kills(few: u64) -> u64 {
    given("DUPHONG_KILLS", few)
}

/// Numbers that look random and are the same on every machine (SplitMix64).
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        Self(given("DUPHONG_KILL_SEED", 20_261_122))
    }

    /// One of `0..sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }
}

/// The log is whole, and every intent has its outcome; how many were abandoned.
#[track_caller]
fn abandoned(here: &Installation, what: &str) -> usize {
    drop(here.site.log().unwrap());
    let folder = here.site.settings.audit_dir();
    let report = verify::verify(&folder, &verify::Trust::default());
    assert_eq!(report.verdict(), verify::Verdict::Valid, "{what}: {:?}", report.findings);
    assert_eq!(report.open_intents, 0, "{what}: every intent has an outcome");
    let entries = here.site.log().unwrap().reader().unwrap().entries().map(Result::unwrap);
    let outcomes = entries.filter(|entry| entry.kind == Kind::Outcome);
    outcomes.filter(|entry| entry.result == Some(Ending::Abandoned)).count()
}
