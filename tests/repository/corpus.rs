//! Every parser on the corpus of the fuzzer (`tests/fuzz/corpus`): real objects, and bytes that
//! once led it, or a parser of ours, somewhere.

use std::fs;
use std::path::Path;

use crate::repository::parsers::{PARSERS, parse};

#[test]
fn nothing_in_the_fuzzers_corpus_makes_a_parser_panic() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    for parser in PARSERS {
        let (mut accepted, mut refused) = (0, 0);
        for entry in fs::read_dir(corpus.join(parser)).unwrap().map(Result::unwrap) {
            let bytes = fs::read(entry.path()).unwrap();
            if parse(parser, &bytes) {
                accepted += 1;
            } else {
                refused += 1;
            }
        }
        assert!(accepted > 0 && refused > 0, "{parser}: {accepted} accepted, {refused} refused");
    }
}

/// The fuzzer has a target for each parser, and is run on each.
#[test]
fn the_fuzzer_knows_every_parser() {
    let read = |path| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let (targets, run) = (read("tests/fuzz/Cargo.toml"), read("tests/fuzz/run"));
    for parser in PARSERS {
        assert!(targets.contains(&format!("name = \"{parser}\"")), "{parser}");
    }
    assert!(run.contains(&format!("set -- {}\n", PARSERS.join(" "))), "each of them is run");
    assert_eq!(targets.matches("[[bin]]").count(), PARSERS.len());
}
