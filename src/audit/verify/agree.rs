//! For tests: holds the quick way against the exact one, on single lines and on whole logs.

use std::path::{Path, PathBuf};

use crate::audit::verify::keys::Told;
use crate::audit::verify::opening::{self, Opened};
use crate::audit::verify::outside::Outside;
use crate::audit::verify::report::{Report, Weight};
use crate::audit::verify::rules::Rules;
use crate::audit::verify::scan;
use crate::audit::verify::step::{self, Role, Scratch, Step};
use crate::audit::verify::{Trust, Way, export, folder};

/// Verifies a log by the exact way alone.
pub fn verify_exactly(dir: &Path, trust: &Trust) -> Report {
    folder::verify_by(Way::Exact, dir, trust, &[])
}

/// Verifies an export by the exact way alone.
pub fn verify_export_exactly(path: &Path, trust: &Trust) -> Report {
    export::verify_by(Way::Exact, path, &[], trust)
}

/// Reads a line of a tail; `false` if the quick way leaves it to the exact one.
///
/// # Panics
/// Where they disagree.
pub fn on_tail_line(line: &[u8]) -> bool {
    let mut scratch = Scratch::default();
    let Some((seq, leaf)) = step::leaf_of(line, &mut scratch) else { return false };
    let (derived, opened) = opening::of_tail(line).expect("what is read quickly is an entry");
    assert_eq!(leaf, derived, "the leaf");
    let Some(step) = step::of_log(&leaf, line, seq, &mut scratch) else { return false };
    assert!(step::of_log(&leaf, line, seq + 1, &mut scratch).is_none(), "it stands in one place");
    assert!(step::of_log(line, line, seq, &mut scratch).is_none(), "it opens one leaf");
    same(seq, &opened, &step);
    let opened = opening::of_bundle(&leaf, Some(line)).expect("nor is its leaf another one");
    same(seq, &opened, &step);
    true
}

/// Reads a leaf and the line that shows it; `false` if the quick way leaves them to the exact one.
///
/// # Panics
/// Where they disagree.
pub fn on_leaf(leaf: &[u8], shown: &[u8]) -> bool {
    let mut scratch = Scratch::default();
    let Some(entry) = scan::entry(leaf, &mut Vec::new()) else { return false };
    let seq = entry.seq;
    let Some(step) = step::of_export(leaf, shown, seq, &mut scratch) else { return false };
    let parsed =
        opening::parse_shown(shown.to_vec()).expect("what is read quickly shows something");
    assert_eq!(parsed.seq, seq, "the entry that is shown");
    let opened = opening::of_export(leaf, Some(parsed)).expect("what is read quickly is an entry");
    same(seq, &opened, &step);
    true
}

/// Whether one entry has the same consequences.
fn same(seq: u64, opened: &Opened, step: &Step) {
    let nothing: &[String] = &[];
    assert_eq!((&opened.withheld[..], &opened.wrong[..]), (nothing, nothing));
    assert!(!opened.is_unread);
    for first in [0, 1, seq, seq + 1] {
        let rules = || primed(first, step);
        let (mut exact, mut quick) = (rules(), rules());
        let (mut of_exact, mut of_quick) = (Report::new(), Report::new());
        // Twice: the second is out of order for its number, and its intent is settled.
        for _ in 0..2 {
            exact.check(seq, Some(opened), Weight::Wrong, &mut of_exact);
            quick.follow(seq, step.clone(), &mut of_quick);
        }
        assert_eq!(exact, quick, "what is remembered for the entries behind it");
        assert_eq!(of_exact, of_quick, "what is found");
    }
    let mut told = Told::default();
    told.take(seq, opened);
    assert_eq!(told, Told::default(), "it says nothing about keys");
    let outside = || Outside::of(&[(PathBuf::new(), seq, [0; 32])]);
    let (mut exact, mut quick) = (outside(), outside());
    exact.take(seq, opened);
    quick.pass(seq, step.at);
    assert_eq!(exact, quick, "what is remembered for anchors");
}

/// Rules that know the intent of an outcome, if it lies behind `first`.
fn primed(first: u64, step: &Step) -> Rules {
    let mut rules = Rules::from(first);
    if let Role::Outcome { intent, verb, subject } = &step.role
        && *intent >= first
    {
        let (verb, subject) = (verb.clone(), subject.clone());
        let before = Step { role: Role::Intent { verb, subject }, number: None, ..step.clone() };
        rules.follow(*intent, before, &mut Report::new());
    }
    rules
}
