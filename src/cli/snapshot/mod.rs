//! `snapshot`: takes sets and shows what is in them. One file per verb beneath.

mod cat;
mod create;
mod diff;
mod find;
mod hold;
mod list;
mod ls;
mod references;
mod show;
mod spot;
mod standby;

use std::path::Path;

use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::base::tag;
use crate::cli::frame::Frame;
use crate::cli::report::Report;

/// What `snapshot` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `snapshot`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Create(create::Args),
    List(list::Args),
    Show(show::Args),
    Ls(ls::Args),
    Cat(cat::Args),
    Find(find::Args),
    Diff(diff::Args),
    Hold(hold::Hold),
    Release(hold::Release),
    Spot(spot::Args),
}

/// Does what the verb says.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    match &args.verb {
        Verb::Create(args) => create::run(args, frame),
        Verb::List(args) => list::run(args, frame),
        Verb::Show(args) => show::run(args, frame),
        Verb::Ls(args) => ls::run(args, frame),
        Verb::Cat(args) => cat::run(args, frame),
        Verb::Find(args) => find::run(args, frame),
        Verb::Diff(args) => diff::run(args, frame),
        Verb::Hold(args) => hold::hold(args, frame),
        Verb::Release(args) => hold::release(args, frame),
        Verb::Spot(args) => spot::run(args, frame),
    }
}

/// Digits of an id that a person reads and types; enough for a million sets.
const SHORT: usize = 8;

/// The beginning of an id, as lists show it.
pub(super) fn short(id: &impl ToString) -> String {
    id.to_string().chars().take(SHORT).collect()
}

/// What people tagged a set with, without what duphong says of it by tags.
pub(super) fn given_tags<'a>(tags: impl IntoIterator<Item = &'a String>) -> String {
    let given = tags.into_iter().map(String::as_str);
    let given = given.filter(|one| !one.starts_with(tag::PORTAL) && *one != tag::EVIDENCE);
    given.collect::<Vec<_>>().join(", ")
}

/// A path of a set as the bytes it is: names in sets need not be UTF-8.
fn bytes(path: &Path) -> &[u8] {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str())
}

/// The exit of a list after one more thing could not be read. Damage stands once it was seen: what
/// is found or cut besides is no reason to call it less.
fn graver(exit: ExitCode, other: ExitCode) -> ExitCode {
    if exit == ExitCode::Integrity { exit } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_not_made_less_by_what_comes_after_it() {
        use ExitCode::{Done, Failed, Integrity, Warnings};
        let told = |all: &[ExitCode]| all.iter().fold(Done, |exit, other| graver(exit, *other));
        assert_eq!(told(&[Warnings, Integrity]), Integrity);
        assert_eq!(told(&[Integrity, Failed]), Integrity);
        assert_eq!(told(&[Warnings, Failed]), Failed);
    }
}
