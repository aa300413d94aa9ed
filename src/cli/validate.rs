//! `validate`: every problem of a configuration at once, each with its place and a hint.
//!
//! The file is checked for itself and, unless `--syntax` asks otherwise, against this machine:
//! what it names must be there. Nothing is changed, and nothing is contacted unless `--live` asks
//! what servers lack whose logs are to be received. The problems are the
//! answer, so they go to standard output; a file that cannot be read at all is an error.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values, Fault, Message};
use crate::base::language::Language;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::hanging;
use crate::config::problem::{Problem, Severity};
use crate::config::{self, ConfigError, Loaded};
use crate::job::incident;
use crate::job::incident::Missing;
use crate::job::lack::{self, Lack, What};
use crate::job::volume::{self, Volume};
use crate::text::Catalog;

/// What `validate` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    pub syntax: bool,

    #[arg(long, conflicts_with = "syntax")]
    pub live: bool,
}

/// Checks the configuration.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let file = frame.configuration_file()?;
    let mut volumes = Vec::new();
    let (problems, more) = match config::load(file, frame.credentials()) {
        Ok(loaded) => {
            let mut problems = loaded.warnings.clone();
            if !args.syntax {
                problems.extend(loaded.environment_problems());
                problems.extend(address_book(frame, &loaded));
                volumes = volume::expected(&frame.site_of(&loaded));
                if args.live {
                    servers(frame, &loaded, &mut problems);
                }
                problems.sort_by(|a, b| (a.at, &a.path).cmp(&(b.at, &b.path)));
            }
            (problems, 0)
        }
        Err(ConfigError::Wrong(wrong)) => (wrong.list, wrong.more),
        Err(other) => return Err(other.into()),
    };
    let shown = file.display().to_string();
    Ok(answer(&frame.catalog, &shown, &problems, more, &volumes))
}

/// What a sealed source costs, in words.
fn volume_line(catalog: &Catalog, volume: &Volume) -> String {
    let format = catalog.format();
    let values = Values::none().text("portal", &volume.portal).text("part", &volume.part);
    let Some((bytes, basis)) = volume.bytes else {
        return catalog.say(&Message::with("validate-sealed-unknown", values));
    };
    let values = values.text("bytes", format.bytes(bytes)).text("basis", basis.as_str());
    let Some(day) = volume.bytes_a_day() else {
        return catalog.say(&Message::with("validate-sealed-unscheduled", values));
    };
    let values = values.text("day", format.bytes(day)).number("sets", volume.sets_a_week);
    catalog.say(&Message::with("validate-sealed", values))
}

fn volume_json(volume: &Volume) -> Value {
    json!({
        "portal": volume.portal,
        "part": volume.part,
        "bytes-a-set": volume.bytes.map(|(bytes, _)| bytes),
        "basis": volume.bytes.map(|(_, basis)| basis.as_str()),
        "sets-a-week": volume.sets_a_week,
        "bytes-a-day": volume.bytes_a_day(),
    })
}

/// What the address book lacks of the recipients that the rules name: at three in the morning it
/// is late to ask for an address. Rules that cannot be read are a problem of their own.
fn address_book(frame: &Frame, loaded: &Loaded) -> Vec<Problem> {
    if loaded.settings.incidents.is_none() {
        let message = Message::new("validate-no-incidents");
        let hint = Message::new("validate-no-incidents-hint");
        return vec![loaded.problem_at("", Severity::Warning, message, Some(hint))];
    }
    let missing = match incident::missing_contacts(&frame.site_of(loaded)) {
        Ok(missing) => missing,
        Err(fault) => {
            let why = Values::none().text("why", frame.catalog.fault(fault.as_ref()));
            let message = Message::with("validate-rules", why);
            return vec![loaded.problem_at("incidents.rules", Severity::Error, message, None)];
        }
    };
    let mut by_recipient: BTreeMap<&str, Vec<&Missing>> = BTreeMap::new();
    for one in &missing {
        by_recipient.entry(&one.recipient).or_default().push(one);
    }
    let problem = |(recipient, missing): (&str, Vec<&Missing>)| {
        let name = missing.first().map(|one| match frame.catalog.language() {
            Language::Vietnamese => one.name.vi.as_str(),
            Language::English => one.name.en.as_str(),
        });
        let portals: BTreeSet<_> = missing.iter().map(|one| one.portal.as_str()).collect();
        let duties: BTreeSet<_> =
            missing.iter().flat_map(|one| &one.duties).map(String::as_str).collect();
        let listed = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(", ");
        let values = Values::none()
            .text("recipient", recipient)
            .text("name", name.unwrap_or(recipient))
            .text("portals", listed(portals))
            .text("duties", listed(duties));
        let message = Message::with("validate-no-contact", values.clone());
        let hint = Message::with("validate-no-contact-hint", values);
        loaded.problem_at("incidents.contacts", Severity::Error, message, Some(hint))
    };
    by_recipient.into_iter().map(problem).collect()
}

/// What servers lack whose logs are to be received.
fn servers(frame: &Frame, loaded: &Loaded, problems: &mut Vec<Problem>) {
    for lack in lack::of_logs(&frame.site_of(loaded)) {
        problems.push(server(frame, loaded, lack));
    }
}

fn server(frame: &Frame, loaded: &Loaded, lack: Lack) -> Problem {
    let severity = if lack.is_warning { Severity::Warning } else { Severity::Error };
    let (message, hint) = match lack.what {
        What::Lacks(message, hint) => (message, Some(hint)),
        What::Unasked(fault) => {
            let why = Values::none().text("why", frame.catalog.fault(fault.as_ref()));
            (Message::with("validate-unasked", why), told(frame, fault.as_ref()))
        }
    };
    loaded.problem_at(&lack.key, severity, message, hint)
}

/// The hint of a fault, as that of a problem.
fn told(frame: &Frame, fault: &dyn Fault) -> Option<Message> {
    let hint = frame.catalog.hint(fault)?;
    Some(Message::with("validate-unasked-hint", Values::none().text("hint", hint)))
}

fn answer(
    catalog: &Catalog,
    file: &str,
    problems: &[Problem],
    more: u64,
    volumes: &[Volume],
) -> Report {
    let count = |severity| problems.iter().filter(|p| p.severity == severity).count() as u64;
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let json = json!({
        "file": file,
        "errors": errors,
        "warnings": warnings,
        "not-listed": more,
        "sealed": volumes.iter().map(volume_json).collect::<Vec<_>>(),
        "problems": problems.iter().map(|problem| problem_json(catalog, problem)).collect::<Vec<_>>(),
    });
    let counts = Values::none()
        .text("path", file)
        .number("errors", errors)
        .number("warnings", warnings)
        .number("more", more);
    let summary = match (errors + more, warnings) {
        (0, 0) => "validate-good",
        (0, _) => "validate-warnings",
        _ if more > 0 => "validate-errors-and-more",
        _ => "validate-errors",
    };
    let exit = match (errors + more, warnings) {
        (0, 0) => ExitCode::Done,
        (0, _) => ExitCode::Warnings,
        _ => ExitCode::Configuration,
    };
    Report::done(json)
        .exit(exit)
        .lines(problems.iter().flat_map(|problem| problem_lines(catalog, file, problem)))
        .lines(volumes.iter().map(|volume| volume_line(catalog, volume)))
        .lines([catalog.say(&Message::with(summary, counts))])
}

/// The place first, as compilers write it, so that editors can jump there.
pub(super) fn problem_lines(catalog: &Catalog, file: &str, problem: &Problem) -> Vec<String> {
    let severity = match problem.severity {
        Severity::Error => catalog.id("cli-error"),
        Severity::Warning => catalog.id("cli-warning"),
    };
    let at = problem.at;
    let message = catalog.say(&problem.message);
    let path = if problem.path.is_empty() { String::new() } else { format!("{}: ", problem.path) };
    let mut lines = vec![format!("{file}:{at}: {severity}: {path}{message}")];
    if let Some(excerpt) = &problem.excerpt {
        let margin = format!("{:>5} | ", at.line);
        let under = format!("{:>5} | {}^", "", " ".repeat(excerpt.caret));
        lines.push(format!("{margin}{}", excerpt.text));
        lines.push(under);
    }
    if let Some(hint) = &problem.hint {
        let prefix = format!("      {}: ", catalog.id("cli-hint"));
        lines.extend(hanging(&prefix, &catalog.say(hint)));
    }
    lines.push(String::new());
    lines
}

pub(super) fn problem_json(catalog: &Catalog, problem: &Problem) -> Value {
    json!({
        "severity": problem.severity.as_str(),
        "line": problem.at.line,
        "column": problem.at.column,
        "path": problem.path,
        "id": problem.message.id,
        "message": catalog.say(&problem.message),
        "hint": problem.hint.as_ref().map(|hint| catalog.say(hint)),
        "excerpt": problem.excerpt.as_ref().map(|excerpt| &excerpt.text),
    })
}
