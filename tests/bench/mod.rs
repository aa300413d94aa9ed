//! The data of the benchmarks, held to its promise: the same seed, the same bytes.

// The program `mkdata` uses all of it; here a part is enough to see that it does not change.
#[expect(dead_code, reason = "the tests make less than the program does")]
mod data;

use data::{Random, Text, jpeg, media_size};

use duphong::base::digest::Digest;

/// Figures that were measured on other data cannot be compared: a change here is a new benchmark,
/// and docs/BENCHMARKS.md must be measured anew.
#[test]
fn the_benchmarks_run_on_the_same_data_as_ever() {
    let mut articles = Vec::new();
    data::first_generation(&mut articles, 20).unwrap();
    data::second_generation(&mut articles, 200).unwrap();
    assert_eq!(Digest::of(&articles).short(), "a6febb0d");
    assert_eq!(Digest::of(&jpeg(7, 100_000)).short(), "90b0e67a");
}

#[test]
fn sizes_and_words_are_spread_as_in_a_portal() {
    let mut random = Random::new(1);
    let mut sizes: Vec<usize> = (0..2_000).map(|_| media_size(&mut random)).collect();
    sizes.sort_unstable();
    assert!(sizes[0] >= 20_000 && sizes[1_999] <= 8_000_000);
    assert!((150_000..600_000).contains(&sizes[1_000]), "median {}", sizes[1_000]);

    let text = Text::new(1).paragraphs(200_000);
    let common = text.split(' ').filter(|word| text.starts_with(*word)).count();
    assert!(common > 0 && text.chars().any(|letter| "ướềạđ".contains(letter)));
}
