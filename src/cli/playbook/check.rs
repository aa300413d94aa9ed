//! `playbook check`: every problem of a playbook at once, each with its place and a hint.
//!
//! Looks at the file alone: whether its inputs are there and its servers answer is the business of
//! `playbook plan`.

use std::io::Read as _;
use std::path::Path;

use serde_json::json;

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::validate::{problem_json, problem_lines};
use crate::config::playbook::{self as library, PlaybookError};
use crate::config::problem::Problems;
use crate::playbook::model::{FILE_BYTES_MAX, Playbook};
use crate::world::files::FileError;

/// What `playbook check` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "PLAYBOOK")]
    pub playbook: String,
}

/// Checks a file, where the argument looks like one, else the playbook of this id.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let name = &args.playbook;
    // No id holds a slash or a dot.
    let is_file = name.contains(['/', '.']);
    let read = if is_file {
        of_file(Path::new(name)).map(|read| read.map_err(PlaybookError::Wrong))?
    } else {
        library::find(&frame.site()?.settings.playbooks, name)
    };
    match read {
        Ok(playbook) => Ok(sound(frame, &playbook)),
        Err(PlaybookError::Wrong(problems)) => Ok(wrong(frame, &problems)),
        Err(other) => Err(other.into()),
    }
}

/// Read no further than a playbook can be long: its own limit tells the rest.
fn of_file(path: &Path) -> Result<Result<Playbook, Problems>, AnyFault> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes))
        .map_err(FileError::io("read", path))?;
    Ok(library::read(&bytes, path))
}

fn sound(frame: &Frame, playbook: &Playbook) -> Report {
    let json = json!({
        "id": playbook.id,
        "digest": playbook.digest.to_string(),
        "steps": playbook.steps.iter().map(|step| &step.id).collect::<Vec<_>>(),
        "problems": [],
        "not-listed": 0,
    });
    let values = Values::none()
        .text("id", &playbook.id)
        .number("steps", playbook.steps.len() as u64)
        .number("inputs", playbook.inputs.len() as u64);
    Report::done(json).sentence(&frame.say("playbook-check-good", values))
}

fn wrong(frame: &Frame, problems: &Problems) -> Report {
    let file = problems.file.display().to_string();
    let listed = problems.list.iter().map(|problem| problem_json(&frame.catalog, problem));
    let json = json!({
        "file": file,
        "problems": listed.collect::<Vec<_>>(),
        "not-listed": problems.more,
    });
    let values = Values::none().text("path", &file).number("count", problems.count());
    let lines = problems.list.iter().flat_map(|one| problem_lines(&frame.catalog, &file, one));
    Report::done(json)
        .exit(ExitCode::Configuration)
        .lines(lines.collect::<Vec<_>>())
        .sentence(&frame.say("playbook-check-wrong", values))
}
