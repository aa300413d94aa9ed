//! `mkdata`: writes the data of the benchmarks, for `tests/bench/run`.
//!
//! Only the standard library, so that `rustc` alone builds it in seconds.

mod data;

use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
mkdata media DIR MEGABYTES    a portal's media and 5,000 small files
mkdata media-next DIR         the next generation of DIR: 1 % edited, 1 % new
mkdata small DIR FILES        files of 1 to 10 KB
mkdata sql ROWS               SQL that fills an empty PostgreSQL database, on standard output
mkdata sql-next ROWS          SQL for its next generation: 0.5 % edited, 0.5 % new
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) => complain(&format!("error: {error}\n"), 1),
        None => complain(USAGE, 2),
    }
}

/// Nothing where the arguments make no sense.
fn run(arguments: &[&str]) -> Option<io::Result<()>> {
    let mut out = BufWriter::new(io::stdout().lock());
    let done = match *arguments {
        ["media", folder, megabytes] => data::media(Path::new(folder), megabytes.parse().ok()?),
        ["media-next", folder] => data::media_next(Path::new(folder)),
        ["small", folder, files] => data::small(Path::new(folder), files.parse().ok()?),
        ["sql", rows] => data::first_generation(&mut out, rows.parse().ok()?),
        ["sql-next", rows] => data::second_generation(&mut out, rows.parse().ok()?),
        _ => return None,
    };
    Some(done.and_then(|()| out.flush()))
}

fn complain(words: &str, code: u8) -> ExitCode {
    // Whether standard error can be written changes nothing about how this ends.
    let _ = io::stderr().write_all(words.as_bytes());
    ExitCode::from(code)
}
