//! `init`: makes this host ready: folders, repositories, audit log.

use serde_json::json;

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{WIDTH, wrapped};
use crate::job::init::{self, Made, New};
use crate::store::s3::Conditions;

/// What `init` takes: everything stands in the configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Makes what is missing.
pub(crate) fn run(_args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let made = init::host(&frame.site()?)?;
    Ok(answer(frame, &made))
}

/// What was made, and what a person must now do about it.
pub(super) fn answer(frame: &Frame, made: &Made) -> Report {
    let json = json!({
        "log": made.log.as_ref().map(|path| path.display().to_string()),
        "repositories": made
            .repositories
            .iter()
            .map(|new| {
                let conditions = new.conditions.map(Conditions::as_str);
                json!({"name": new.name, "id": new.id, "conditional-writes": conditions})
            })
            .collect::<Vec<_>>(),
        "passwords": made.passwords.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(),
        "kept": made.kept,
    });
    let none = Values::none;
    let log =
        made.log.iter().map(|path| frame.say("init-log", none().text("path", path.display())));
    let passwords = made.passwords.iter();
    let passwords =
        passwords.map(|path| frame.say("init-password", none().text("path", path.display())));
    let repositories = made.repositories.iter().map(|new| {
        frame.say("init-repository", none().text("repository", &new.name).text("id", &new.id))
    });
    let kept = made.kept.iter().map(|name| frame.say("init-kept", none().text("repository", name)));
    let of = |id, new: &New| frame.say(id, none().text("repository", &new.name));
    let unconfirmed = made.repositories.iter().map(|new| of("init-copy-the-password", new));
    let unconditional = made
        .repositories
        .iter()
        .filter(|new| matches!(new.conditions, Some(Conditions::Ignored | Conditions::Unknown)));
    Report::done(json)
        .lines(log.chain(passwords).chain(repositories).chain(kept))
        .lines(unconditional.flat_map(|new| wrapped(&of("init-unconditional", new), WIDTH)))
        .warnings(unconfirmed)
}
