//! Coverage of the record: every verb of the command tree is run on a real installation, and the
//! audit log is looked at before and after.
//!
//! What changes something leaves an intent and its outcome, or one record where writing it down is
//! all there is to it; what only reads leaves nothing. A verb that no table names fails the test of
//! the tree, so that none can be added without saying which it is.

mod incidents;
mod playbooks;
mod service;
mod sets;
mod watching;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use duphong::audit::{ActorKind, Entry, Kind, Reader};

use crate::cli::kit::Home;

/// What a step leaves in the audit log.
#[derive(Clone, Copy, Debug)]
enum Leaves {
    /// An intent of this verb and its outcome.
    Deed(&'static str),
    /// A record of this verb: writing it down is the deed.
    Fact(&'static str),
    /// A log of its own, begun in this folder; nothing in ours.
    Log(&'static str),
    /// Nothing: it only looks.
    Nothing,
}

/// One command line and what it must leave.
struct Step {
    /// Words parted at spaces; `{}` stands for what `first` returns.
    line: &'static str,
    leaves: Leaves,
    /// How it may end.
    exits: &'static [i32],
    /// Brings about what the line needs.
    first: fn(&Home) -> String,
}

const fn step(line: &'static str, leaves: Leaves) -> Step {
    Step { line, leaves, exits: &[0], first: |_| String::new() }
}

impl Step {
    const fn ends(self, exits: &'static [i32]) -> Self {
        Self { exits, ..self }
    }

    const fn after(self, first: fn(&Home) -> String) -> Self {
        Self { first, ..self }
    }

    /// The verb of the tree that the line begins with.
    fn verb(&self, verbs: &[String]) -> String {
        let of = |verb: &&String| {
            let rest = self.line.strip_prefix(verb.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        verbs.iter().find(of).unwrap_or_else(|| panic!("no verb in `{}`", self.line)).clone()
    }
}

/// Verbs that are not run here, and why: each with the test that looks at what it leaves.
const ELSEWHERE: &[(&str, &str)] = &[
    ("portal-sample", "serves pages until it is stopped, and has no installation"),
    ("quickstart", "makes an installation with a log of its own: cli::installation"),
    ("repository doctor", "asks a bucket: job::object_lock"),
    ("wal copy", "needs a server's log in a repository: job::wal"),
    ("wal forget", "needs a server's log in a repository: job::wal"),
    ("wal push", "needs a server's log and the daemon: daemon::wal"),
    ("wal receive", "needs a database server: job::binlog"),
    ("wal slot create", "needs a database server: job::stream"),
    ("wal slot drop", "needs a database server: job::stream"),
];

fn tables() -> impl Iterator<Item = &'static Step> {
    let all = [sets::STEPS, watching::STEPS, incidents::STEPS, playbooks::STEPS, service::STEPS];
    all.into_iter().flatten()
}

#[test]
fn every_verb_of_the_tree_has_a_line_in_the_tables() {
    let verbs = duphong::cli::verbs();
    let run: BTreeSet<_> = tables().map(|step| step.verb(&verbs)).collect();
    let elsewhere: BTreeSet<_> = ELSEWHERE.iter().map(|(verb, _)| (*verb).to_owned()).collect();
    let both: Vec<_> = run.intersection(&elsewhere).collect();
    assert_eq!(both, [""; 0], "it is run: take it out of ELSEWHERE");
    let known: BTreeSet<_> = run.union(&elsewhere).cloned().collect();
    assert_eq!(known, verbs.into_iter().collect(), "a verb without a line in the tables");
    assert_eq!(elsewhere.len(), 9, "one more verb that is not run needs a reason to be accepted");
}

/// Every entry of the log in this folder; none where there is no log yet.
fn entries(home: &Home, log: &str) -> Vec<Entry> {
    let Ok(reader) = Reader::open(&home.path().join(log)) else { return Vec::new() };
    reader.entries().map(Result::unwrap).collect()
}

/// Runs the steps one after the other and looks at the log around each.
#[track_caller]
fn play(home: &Home, steps: &[Step]) {
    for step in steps {
        let line = step.line.replace("{}", &(step.first)(home));
        let before = entries(home, "state/audit");
        let answer = home.run(&line);
        let told = format!("`{line}` ended with {}: {}{}", answer.code, answer.out, answer.err);
        assert!(step.exits.contains(&answer.code), "{told}");
        let new = || entries(home, "state/audit").split_off(before.len());
        let begun = Instant::now();
        // What the daemon was asked to do comes to its end after the answer.
        while line.starts_with("ctl run")
            && judge(step.leaves, &new()).is_err()
            && begun.elapsed() < Duration::from_secs(90)
        {
            std::thread::sleep(Duration::from_millis(20));
        }
        if let Err(why) = judge(step.leaves, &new()) {
            panic!("{why}: {told}\n{:#?}", new());
        }
        if let Leaves::Log(folder) = step.leaves {
            let first = entries(home, folder).into_iter().next();
            assert_eq!(first.map(|entry| entry.kind), Some(Kind::Opened), "{told}");
        }
    }
}

/// Whether the new entries are what a step must leave.
fn judge(leaves: Leaves, new: &[Entry]) -> Result<(), &'static str> {
    let outcome_of = |intent: &Entry| {
        new.iter().find(|entry| entry.kind == Kind::Outcome && entry.intent == Some(intent.seq))
    };
    if new.iter().any(|entry| entry.kind == Kind::Intent && outcome_of(entry).is_none()) {
        return Err("an intent has no outcome");
    }
    if new.iter().any(|entry| entry.actor.kind != ActorKind::Person && entry.kind != Kind::Opened) {
        return Err("an entry names no person");
    }
    let of = |verb: &str, kind| new.iter().any(|entry| entry.kind == kind && entry.verb == verb);
    match leaves {
        Leaves::Nothing | Leaves::Log(_) if new.is_empty() => Ok(()),
        Leaves::Nothing | Leaves::Log(_) => Err("it left something"),
        Leaves::Deed(verb) if of(verb, Kind::Intent) => Ok(()),
        Leaves::Deed(_) => Err("there is no intent of it"),
        Leaves::Fact(verb) if of(verb, Kind::Record) => Ok(()),
        Leaves::Fact(_) => Err("there is no record of it"),
    }
}

#[test]
fn a_verb_that_leaves_too_little_or_too_much_is_found() {
    let home = Home::new();
    sets::prepare(&home);
    assert_eq!(home.run("init").code, 0);
    home.write("media/a.txt", "một");
    let before = entries(&home, "state/audit").len();
    assert_eq!(home.run("snapshot create --portal mau").code, 0);
    let new = entries(&home, "state/audit").split_off(before);
    let found = |leaves, new: &[Entry]| judge(leaves, new).is_err();
    assert!(!found(Leaves::Deed("snapshot.create"), &new), "{new:#?}");
    assert!(found(Leaves::Deed("snapshot.create"), &[]));
    assert!(found(Leaves::Deed("snapshot.create"), &new[..1]), "no outcome");
    assert!(found(Leaves::Deed("snapshot.create"), &new[1..]), "no intent");
    assert!(found(Leaves::Deed("drill.run"), &new), "another verb");
    assert!(found(Leaves::Fact("snapshot.create"), &new), "no record");
    assert!(found(Leaves::Nothing, &new));
    assert!(!found(Leaves::Nothing, &[]));
}
