//! `playbook list`: which playbooks there are, and which runs are not over.

use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values, Fault as _};
use crate::base::language::Language;
use crate::cli::frame::Frame;
use crate::cli::playbook::words::{standing, standing_word};
use crate::cli::report::Report;
use crate::cli::table::{Align, Table};
use crate::config::playbook::{self as library, Found, PlaybookError};
use crate::job::playbook;
use crate::playbook::model::Playbook;
use crate::view::playbooks::Course;

/// What `playbook list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    pub all: bool,
}

/// Shows them.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let found = library::all(&site.settings.playbooks)?;
    let playbooks: Vec<_> = found
        .into_iter()
        .map(|one| {
            let read = library::find(&site.settings.playbooks, &one.id);
            (one, read)
        })
        .collect();
    let view = playbook::all(&site)?;
    let is_shown = |course: &&Course| args.all || course.run.closed.is_none();
    let runs: Vec<_> = view.runs.values().filter(is_shown).collect();
    let json = json!({
        "playbooks": playbooks.iter().map(|(one, read)| playbook_json(one, read)).collect::<Vec<_>>(),
        "runs": runs.iter().map(|course| line_json(frame, course)).collect::<Vec<_>>(),
    });
    let mut report = Report::done(json).lines(playbook_table(frame, &playbooks).lines());
    if !runs.is_empty() {
        report = report.lines([String::new()]).lines(table(frame, &runs).lines());
    }
    let wrong: Vec<_> =
        playbooks.iter().filter_map(|(one, read)| Some((one, read.as_ref().err()?))).collect();
    if wrong.is_empty() {
        return Ok(report);
    }
    let told = wrong.iter().map(|(one, fault)| {
        let values = Values::none().text("id", &one.id).text("why", frame.catalog.fault(*fault));
        frame.say("playbook-list-wrong", values)
    });
    Ok(report.warnings(told.collect::<Vec<_>>()).exit(ExitCode::Warnings))
}

type Read = Result<Playbook, PlaybookError>;

fn playbook_table(frame: &Frame, playbooks: &[(Found, Read)]) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-playbook", Align::Left),
        column("label-steps", Align::Right),
        column("label-origin", Align::Left),
        column("label-title", Align::Left),
    ]);
    for (one, read) in playbooks {
        let origin =
            if one.file.is_some() { "playbook-origin-own" } else { "playbook-origin-shipped" };
        let (steps, title) = match read {
            Ok(playbook) => {
                let title = match frame.catalog.language() {
                    Language::Vietnamese => &playbook.title.vi,
                    Language::English => &playbook.title.en,
                };
                (playbook.steps.len().to_string(), title.clone())
            }
            Err(_) => ("—".to_owned(), frame.word("playbook-cannot-be-used")),
        };
        table.row([one.id.clone(), steps, frame.word(origin), title]);
    }
    table
}

fn playbook_json(one: &Found, read: &Read) -> Value {
    let playbook = read.as_ref().ok();
    json!({
        "id": one.id,
        "file": one.file.as_ref().map(|file| file.display().to_string()),
        "title": playbook.map(|p| json!({"vi": p.title.vi, "en": p.title.en})),
        "steps": playbook.map(|p| p.steps.iter().map(|step| &step.id).collect::<Vec<_>>()),
        "inputs": playbook.map(|p| p.inputs.iter().map(|input| {
            json!({"name": input.name, "type": input.kind.as_str(), "required": input.default.is_none()})
        }).collect::<Vec<_>>()),
        "digest": playbook.map(|p| p.digest.to_string()),
        "code": read.as_ref().err().map(PlaybookError::code),
    })
}

/// Runs, a line each.
pub(crate) fn table(frame: &Frame, runs: &[&Course]) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-run", Align::Right),
        column("label-began", Align::Left),
        column("label-portal", Align::Left),
        column("label-playbook", Align::Left),
        column("label-standing", Align::Left),
    ]);
    for course in runs {
        let run = &course.run;
        table.row([
            run.number.to_string(),
            frame.catalog.format().instant(run.begun.at),
            run.begun.portal.clone(),
            run.begun.playbook.clone(),
            standing(frame, &run.standing(frame.world.clock.now())),
        ]);
    }
    table
}

/// A run in short, for programs.
pub(crate) fn line_json(frame: &Frame, course: &Course) -> Value {
    let run = &course.run;
    json!({
        "run": run.number,
        "begun-at": run.begun.at.to_string(),
        "portal": run.begun.portal,
        "playbook": run.begun.playbook,
        "standing": standing_word(&run.standing(frame.world.clock.now())),
    })
}
