//! `repository doctor`: tries what a bucket honors and what its key may do.

use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, chain};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{List, hanging};
use crate::config::settings::Store;
use crate::job::doctor::{self, Examined, Proof};
use crate::job::site::Site;
use crate::store::versions::LockMode;

/// What `repository doctor` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "REPOSITORY")]
    pub name: Option<String>,
}

/// Examines one bucket after the other: one that cannot be asked does not keep the others from it.
pub(super) fn run(site: &Site, args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let buckets = site.settings.repositories.iter();
    let buckets = buckets.filter(|one| matches!(one.store, Store::S3(_))).map(|one| &*one.name);
    let names: Vec<&str> = args.name.as_deref().map_or_else(|| buckets.collect(), |one| vec![one]);
    let mut report = Report::done(Value::Null);
    if names.is_empty() {
        report = report.lines([frame.word("doctor-no-bucket")]);
    }
    let mut results = Vec::new();
    for name in &names {
        site.go_on()?;
        match doctor::examine(site, name) {
            Ok(examined) => {
                report.exit = worse(report.exit, examined.exit());
                results.push(as_json(frame, name, &examined));
                report = report.lines(lines(frame, name, &examined));
            }
            Err(fault) if names.len() == 1 => return Err(fault),
            Err(fault) => {
                report.exit = worse(report.exit, fault.exit());
                let error = chain(fault.as_ref());
                results.push(json!({"name": name, "code": fault.code(), "error": error}));
                let told = frame.catalog.fault(fault.as_ref());
                report = report.warnings([frame.about(name, &told)]);
            }
        }
    }
    report.json = json!({ "repositories": results });
    Ok(report)
}

/// A failure is told before a warning, a warning before that all is well.
fn worse(one: ExitCode, other: ExitCode) -> ExitCode {
    match (one, other) {
        (ExitCode::Done | ExitCode::Warnings, other) if other != ExitCode::Done => other,
        (one, _) => one,
    }
}

fn lines(frame: &Frame, name: &str, examined: &Examined) -> Vec<String> {
    let mut list = List::default();
    list.row(frame.word("label-repository"), name);
    let lock = match examined.mode {
        Some(mode) => mode.as_str().to_owned(),
        None => frame.word("doctor-not-locked"),
    };
    list.row(frame.word("label-object-lock"), lock);
    let mut lines = list.lines();
    for trial in &examined.trials {
        let word = frame.word(match trial.proof {
            Proof::Proven => "doctor-proven",
            Proof::Unproven => "doctor-unproven",
            Proof::Refuted => "doctor-refuted",
        });
        let seen = frame.catalog.say(&trial.seen);
        lines.extend(hanging(&format!("{word}  "), &seen));
    }
    // No trial of ours can show it, so it is said each time.
    lines.extend(hanging("", &frame.word("doctor-beyond")));
    lines.push(String::new());
    lines
}

fn as_json(frame: &Frame, name: &str, examined: &Examined) -> Value {
    let trials: Vec<_> = examined
        .trials
        .iter()
        .map(|trial| {
            json!({
                "subject": trial.subject.as_str(),
                "proof": trial.proof.as_str(),
                "message": frame.catalog.say(&trial.seen),
            })
        })
        .collect();
    json!({
        "name": name,
        "mode": examined.mode.map(LockMode::as_str),
        "trials": trials,
    })
}
