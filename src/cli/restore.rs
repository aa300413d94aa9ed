//! `restore`: brings a set, or a part of it, back to a place of choice.

use std::path::PathBuf;

/// What `restore` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "SET")]
    pub set: String,
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
    #[arg(long, value_name = "PATH")]
    pub only: Vec<PathBuf>,
    #[arg(long, value_name = "DIR")]
    pub target: PathBuf,
    #[arg(long, value_name = "NAME=TARGET", value_parser = database_target)]
    pub database: Vec<(String, String)>,
    #[arg(long)]
    pub resume: bool,
    #[arg(long)]
    pub dry_run: bool,
    #[arg(long, value_name = "PORTAL")]
    pub production: Option<String>,
}

/// Reads `NAME=TARGET`. The parser replaces the error by words of its own.
fn database_target(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, target)) if !name.is_empty() && !target.is_empty() => {
            Ok((name.to_owned(), target.to_owned()))
        }
        _ => Err("expected NAME=TARGET"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_may_hold_equal_signs_of_its_own() {
        let parsed = database_target("portal=host=/run/pg dbname=x");
        assert_eq!(parsed, Ok(("portal".to_owned(), "host=/run/pg dbname=x".to_owned())));
        assert!(database_target("portal").is_err());
        assert!(database_target("=x").is_err());
        assert!(database_target("portal=").is_err());
    }
}
