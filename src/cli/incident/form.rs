//! `incident form`: fills in a form and renders it as a draft to correct and sign.
//!
//! The form is Vietnamese by law, whatever language the reader has; the words around it are the
//! reader's. Where each value came from is told here and not on the paper.

use std::path::PathBuf;

use serde_json::json;

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{hanging, wrapped};
use crate::incident::form::fact::{Entry, MAU_03, Value};
use crate::incident::form::{Answers, FIELDS, Field};
use crate::job::incident::form::{self, Format, Rendered, Request};
use crate::text::Format as Habits;

/// What `incident form` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    #[arg(long, value_name = "NAME", value_parser = [MAU_03], default_value = MAU_03)]
    pub form: String,
    #[arg(long, value_name = "PATH", default_value = ".")]
    pub out: PathBuf,
    #[arg(long, value_name = "KIND", value_parser = ["pdf", "docx", "both"], default_value = "both")]
    pub format: String,
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    #[arg(long, value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    #[arg(long)]
    pub rehearsal: bool,
}

/// Renders the form.
pub(super) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let answers = args.answers.as_deref().map(form::answers).transpose()?.unwrap_or_default();
    let formats = Format::ALL
        .into_iter()
        .filter(|format| args.format == "both" || args.format == format.as_str());
    let request = Request {
        number: args.number,
        out: args.out.clone(),
        formats: formats.collect(),
        answers: answers.then(Answers::set(&args.set)?),
        by: args.by.clone().unwrap_or_else(|| frame.actor.name.clone()),
        rehearsal: args.rehearsal,
    };
    let rendered = form::render(&frame.site()?, &request)?;
    let paths: Vec<_> = rendered.paths.iter().map(|path| path.display().to_string()).collect();
    let warnings: Vec<_> = rendered.warnings().iter().map(|one| frame.catalog.say(one)).collect();
    let json = json!({ "record": rendered.record, "paths": paths });
    Ok(Report::done(json).exit(rendered.exit()).lines(told(frame, &rendered)).warnings(warnings))
}

fn told(frame: &Frame, rendered: &Rendered) -> Vec<String> {
    let mut lines = Vec::new();
    for (field, entry) in FIELDS.iter().zip(rendered.filled.entries()) {
        let values = Values::none()
            .text("label", field.label)
            .text("value", shown(field, entry))
            .text("origin", frame.catalog.say(&entry.origin.message()));
        let line = frame.say("incident-form-field", values);
        lines.extend(hanging(&format!("{:>2}  ", field.number), &line));
    }
    lines.push(String::new());
    let blanks = rendered.blanks();
    if blanks.is_empty() {
        lines.extend(wrapped(&frame.word("incident-form-no-blanks"), crate::cli::table::WIDTH));
    } else {
        let count = Values::none().number("count", blanks.len() as u64);
        lines.extend(hanging("", &frame.say("incident-form-blanks", count)));
        for field in blanks {
            lines.extend(hanging(&format!("  {:>2}  ", field.number), field.label));
        }
    }
    lines.push(String::new());
    for (path, facts) in rendered.paths.iter().zip(&rendered.record.files) {
        let values = Values::none()
            .text("path", path.display())
            .number("bytes", facts.bytes)
            .text("digest", facts.digest);
        lines.extend(hanging("", &frame.say("incident-form-file", values)));
    }
    lines.push(String::new());
    let number = Values::none().number("number", rendered.record.incident);
    lines.extend(hanging("", &frame.say("incident-form-next", number)));
    lines
}

/// The value on one line, as the paper has it.
fn shown(field: &Field, entry: &Entry) -> String {
    match &entry.value {
        None => "…".to_owned(),
        Some(Value::Text(text)) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Some(Value::List(items)) => items.join(", "),
        Some(Value::Time(at)) => {
            at.to_zoned(Habits::vietnam()).strftime("%d/%m/%Y %H:%M").to_string()
        }
        Some(Value::Ticked(ticked)) => {
            let label = |word: &str| {
                let option = field.options().iter().find(|option| option.word == word);
                option.map_or(word.to_owned(), |option| option.label.to_owned())
            };
            let boxes = ticked.iter().map(|one| match &one.words {
                None => label(&one.option),
                Some(words) => format!("{} {words}", label(&one.option)),
            });
            boxes.collect::<Vec<_>>().join("; ")
        }
    }
}
