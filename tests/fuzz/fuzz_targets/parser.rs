//! Feeds one parser with what the fuzzer finds.

#![no_main]

#[expect(dead_code, reason = "the list of all is for the tests of the corpus")]
#[path = "../../repository/parsers.rs"]
mod parsers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    parsers::parse(env!("CARGO_BIN_NAME"), bytes);
});
