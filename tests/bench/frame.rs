//! How each driver of the benchmarks begins and ends: its arguments, a world, and an exit code.

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use duphong::world::World;

pub(crate) type Outcome = Result<(), Box<dyn Error>>;

/// Runs what the arguments say; `run` gives nothing where they make no sense.
pub(crate) fn drive(usage: &str, run: fn(&World, &[&str]) -> Option<Outcome>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let complain = |words: &str, code: u8| {
        // Whether standard error can be written changes nothing about how this ends.
        let _ = io::stderr().write_all(words.as_bytes());
        ExitCode::from(code)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("error: {error}\n"), 1),
    };
    match run(&World::system(runtime.handle().clone()), &arguments) {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) => complain(&format!("error: {error}\n"), 1),
        None => complain(usage, 2),
    }
}
