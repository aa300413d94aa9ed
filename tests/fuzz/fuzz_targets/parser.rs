//! Feeds one parser of the repository with what the fuzzer finds.

#![no_main]

#[path = "../../repository/parsers.rs"]
mod parsers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    parsers::parse(env!("CARGO_BIN_NAME"), bytes);
});
