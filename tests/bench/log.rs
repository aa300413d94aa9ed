//! `log`: an audit log alone, for what no verb of the program does: a million entries in batches of
//! a size, and what hashing them costs by itself. For `tests/bench/log`.
//!
//! The harness builds it with `rustc` against the library of the release build, so that what is
//! measured is what is shipped.

mod frame;

use std::hint::black_box;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use duphong::audit::verify::{Trust, Verdict, verify};
use duphong::audit::{Actor, Deed, Log};
use duphong::base::digest::Digest;
use duphong::world::World;

use frame::Outcome;

/// The bytes of a leaf of [`deed`], and of a field with its value, as a log of them has it.
const LEAF: usize = 560;
const FIELD: usize = 45;

/// The fields of an entry that are committed to: name, subject and facts of [`deed`].
const FIELDS: usize = 8;

const USAGE: &str = "\
log append FOLDER ENTRIES BATCH   a new log of so many entries, in calls of so many
log verify FOLDER                 all that `audit verify` looks at
log hash ENTRIES                  seconds of one core: leaves and nodes; salts and commitments beside
";

fn main() -> ExitCode {
    frame::drive(USAGE, run)
}

/// Nothing where the arguments make no sense.
fn run(world: &World, arguments: &[&str]) -> Option<Outcome> {
    Some(match arguments {
        ["append", folder, entries, batch] => {
            append(world, Path::new(folder), entries.parse().ok()?, batch.parse().ok()?)
        }
        ["verify", folder] => check(world, Path::new(folder)),
        ["hash", entries] => hash(world, entries.parse().ok()?),
        _ => return None,
    })
}

/// What an hour of a followed log leaves, an entry like most.
fn deed(n: u64) -> Deed {
    Deed::new("wal.keep", "cong-mau/portal")
        .fact("system", "7301938475610293847")
        .fact("first", format!("0000000100000000{n:08X}"))
        .fact("last", format!("0000000100000000{:08X}", n + 12))
        .fact("files", n % 13)
        .fact("bytes", n * 1_611_331)
        .fact("not-everywhere", 0)
}

fn append(world: &World, folder: &Path, entries: u64, batch: u64) -> Outcome {
    let log = Log::create(folder, "bench.example/duphong", world)?;
    let actor = Actor::schedule("wal-mau");
    let mut took = Duration::ZERO;
    let mut next = log.head()?.size;
    while next < entries {
        let until = entries.min(next + batch.max(1));
        let deeds = (next..until).map(deed).collect();
        let begun = world.clock.monotonic();
        log.record_batch(&actor, deeds)?;
        took += world.clock.monotonic().since(begun);
        next = until;
    }
    say("append", took)
}

fn check(world: &World, folder: &Path) -> Outcome {
    let vkey = std::fs::read_to_string(folder.join("log.vkey"))?;
    let trust = Trust { vkey: Some(vkey), anchors: Vec::new() };
    let begun = world.clock.monotonic();
    let report = verify(folder, &trust);
    let took = world.clock.monotonic().since(begun);
    if report.verdict() != Verdict::Valid || !report.findings.is_empty() {
        return Err(format!("the log is not valid: {:?}", report.findings).into());
    }
    say("verify", took)
}

/// As many bytes through SHA-256 as a log of such entries takes, and nothing else.
fn hash(world: &World, entries: u64) -> Outcome {
    let (leaf, node) = ([0x20; LEAF + 1], [1; 65]);
    let begun = world.clock.monotonic();
    for _ in 0..entries {
        black_box((Digest::of(black_box(&leaf)), Digest::of(black_box(&node))));
    }
    say("leaves", world.clock.monotonic().since(begun))?;
    // An HMAC is a hash within a hash, each behind a block of the key; that of the inner one is
    // shared by all fields of an entry.
    let (inner, outer, commitment) = ([3; 32], [4; 96], [2; 33 + FIELD]);
    let begun = world.clock.monotonic();
    for _ in 0..entries {
        black_box(Digest::of(black_box(&[5; 96])));
        for _ in 0..FIELDS {
            black_box(Digest::of(black_box(&inner)));
            black_box(Digest::of(black_box(&outer)));
            black_box(Digest::of(black_box(&commitment)));
        }
    }
    say("commitments", world.clock.monotonic().since(begun))
}

fn say(name: &str, took: Duration) -> Outcome {
    Ok(writeln!(io::stdout(), "{name} {:.6}", took.as_secs_f64())?)
}
