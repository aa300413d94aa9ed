//! `key list`, `key add`, `key remove`, `key rotate`: the passwords that open a repository.
//!
//! Whatever changes them says that the repository's own key stays the same: a password that was
//! taken away still opens what somebody has copied.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::base::digest::Digest;
use crate::base::fault::{AnyFault, Args as Values, Fault as _, chain};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::repository::each;
use crate::cli::table::List as Rows;
use crate::job::key::list::Keys;
use crate::job::key::remove::Removal;
use crate::job::key::rotate::{Kept, Rotated, Stage};
use crate::job::key::{add, list, remove, rotate};
use crate::repository::keys::Listed;

/// What `key list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[arg(value_name = "REPOSITORY")]
    pub repository: Option<String>,
}

/// What `key add` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    #[arg(value_name = "REPOSITORY")]
    pub repository: String,
    #[arg(long, value_name = "FILE")]
    pub new_password_file: PathBuf,
    #[arg(long)]
    pub dry_run: bool,
}

/// What `key remove` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Remove {
    #[arg(value_name = "REPOSITORY")]
    pub repository: String,
    #[arg(value_name = "KEY")]
    pub key: String,
    #[arg(long, value_name = "FILE")]
    pub other_password_file: Option<PathBuf>,
    #[arg(long)]
    pub dry_run: bool,
}

/// What `key rotate` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Rotate {
    #[arg(value_name = "REPOSITORY")]
    pub repository: String,
    #[arg(long, value_name = "FILE")]
    pub new_password_file: Option<PathBuf>,
    #[arg(long)]
    pub dry_run: bool,
}

/// Shows the keys of one repository after the other.
pub(super) fn list(args: &List, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let (mut report, results) = each(&site, args.repository.as_ref(), frame, |name| {
        let keys = list::list(&site, name)?;
        let mut rows = Rows::default();
        rows.row(frame.word("label-repository"), name);
        let mut report = Report::done(keys_as_json(name, &keys)).exit(keys.exit());
        report = report.lines(rows.lines()).lines([String::new()]);
        for key in &keys.keys {
            report = report.lines(key_lines(frame, key, key.id == keys.in_use));
        }
        Ok(report.warnings(warnings(frame, name, &keys)))
    })?;
    report.json = json!({ "repositories": results });
    Ok(report)
}

/// Adds one.
pub(super) fn add(args: &Add, frame: &Frame) -> Result<Report, AnyFault> {
    let (site, name, file) = (frame.site()?, &args.repository, &args.new_password_file);
    let values = Values::none().text("repository", name).text("file", file.display());
    if args.dry_run {
        add::check(&site, name, file)?;
        let json = json!({"repository": name, "dry-run": true, "key": null});
        return Ok(Report::done(json).sentence(&frame.say("key-add-dry-run", values)));
    }
    let key = add::add(&site, name, file)?;
    let json = json!({"repository": name, "dry-run": false, "key": key.to_string()});
    let said = frame.say("key-added", values.text("key", short(&key)));
    Ok(Report::done(json).sentence(&said))
}

/// Removes one.
pub(super) fn remove(args: &Remove, frame: &Frame) -> Result<Report, AnyFault> {
    let (site, name, key) = (frame.site()?, &args.repository, &args.key);
    let other = args.other_password_file.as_deref();
    let removal = if args.dry_run {
        remove::plan(&site, name, key, other)?
    } else {
        remove::remove(&site, name, key, other)?
    };
    let Removal { key, proven, in_use } = &removal;
    let json = json!({
        "repository": name,
        "dry-run": args.dry_run,
        "key": key_as_json(key, *in_use),
        "proven": proven.to_string(),
    });
    let values = Values::none()
        .text("repository", name)
        .text("key", short(&key.id))
        .text("proven", short(proven));
    let said = if args.dry_run { "key-remove-dry-run" } else { "key-removed" };
    let report = Report::done(json).lines(key_lines(frame, key, *in_use));
    let report = report.sentence(&frame.say(said, values.clone()));
    if args.dry_run {
        return Ok(report);
    }
    let report = report.sentence(&frame.word("key-master-stays"));
    Ok(match in_use {
        true => report.warnings([frame.say("key-configured-gone", values)]),
        false => report,
    })
}

/// Replaces the configured one.
pub(super) fn rotate(args: &Rotate, frame: &Frame) -> Result<Report, AnyFault> {
    let (site, name) = (frame.site()?, &args.repository);
    let given = args.new_password_file.as_deref();
    let values = Values::none().text("repository", name);
    if args.dry_run {
        let (word, said) = match rotate::plan(&site, name, given)? {
            Stage::Fresh => ("fresh", "key-rotate-dry-run"),
            Stage::Begun => ("begun", "key-rotate-dry-run-begun"),
            Stage::Exchanged => ("exchanged", "key-rotate-dry-run-exchanged"),
        };
        let json = json!({"repository": name, "dry-run": true, "stage": word});
        return Ok(Report::done(json).sentence(&frame.say(said, values)));
    }
    let rotated = rotate::rotate(&site, name, given)?;
    let mut report = Report::done(rotated_as_json(name, &rotated)).exit(rotated.exit());
    if rotated.resumed {
        report = report.sentence(&frame.word("key-rotate-resumed"));
    }
    let values = values.text("key", short(&rotated.new));
    let report = match (&rotated.kept, &rotated.stays) {
        (Kept::File(path), _) => {
            let values = values.text("file", path.display());
            let values = values.number("count", rotated.removed.len() as u64);
            report.sentence(&frame.say("key-rotated", values))
        }
        (Kept::Credential(credential), stays) => {
            let file = given.map(|file| file.display().to_string()).unwrap_or_default();
            let old = stays.as_ref().map(short).unwrap_or_default();
            let values = values.text("credential", credential).text("file", file).text("old", old);
            let steps = [
                frame.say("key-rotate-credential", values.clone()),
                frame.say("key-rotate-credential-file", values.clone()),
                frame.say("key-rotate-credential-restart", values.clone()),
                frame.say("key-rotate-credential-remove", values),
            ];
            steps.iter().fold(report, |report, step| report.sentence(step))
        }
    };
    let report = report.sentence(&frame.word("key-master-stays"));
    Ok(report.sentence(&frame.say("key-confirm-again", Values::none().text("repository", name))))
}

fn key_lines(frame: &Frame, key: &Listed, in_use: bool) -> Vec<String> {
    let mut rows = Rows::default();
    let id = short(&key.id);
    let named = if in_use { format!("{id} ({})", frame.word("key-in-use")) } else { id };
    rows.row(frame.word("label-key"), named);
    match &key.said {
        Ok(said) => {
            rows.row(frame.word("key-made"), frame.catalog.format().instant(said.created));
            let maker = Values::none().text("user", &said.user).text("host", &said.host);
            rows.row(frame.word("key-maker"), frame.say("key-maker-on", maker));
            let cost = said.cost;
            let mut words = format!("scrypt N={} r={} p={}", cost.n, cost.r, cost.p);
            if cost.is_weak() {
                words = format!("{words} ({})", frame.word("key-weak"));
            }
            rows.row(frame.word("key-cost"), words);
        }
        Err(fault) => rows.row(frame.word("key-unreadable"), frame.catalog.fault(fault)),
    }
    rows.lines().into_iter().chain([String::new()]).collect()
}

fn warnings(frame: &Frame, name: &str, keys: &Keys) -> Vec<String> {
    let mut warnings = Vec::new();
    for key in &keys.keys {
        let about = Values::none().text("repository", name).text("key", short(&key.id));
        match &key.said {
            Err(fault) => warnings.push(frame.about(name, &frame.catalog.fault(fault))),
            Ok(said) if !said.cost.is_bounded() => {
                warnings.push(frame.say("key-costs-too-much", about));
            }
            Ok(said) if said.cost.is_weak() => warnings.push(frame.say("key-is-weak", about)),
            Ok(_) => {}
        }
    }
    frame.capped(warnings)
}

fn keys_as_json(name: &str, keys: &Keys) -> Value {
    let items = keys.keys.iter().map(|key| key_as_json(key, key.id == keys.in_use));
    json!({"name": name, "keys": items.collect::<Vec<_>>()})
}

fn key_as_json(key: &Listed, in_use: bool) -> Value {
    let id = key.id.to_string();
    match &key.said {
        Ok(said) => json!({
            "id": id,
            "in-use": in_use,
            "created": said.created.to_string(),
            "user": said.user,
            "host": said.host,
            "n": said.cost.n,
            "r": said.cost.r,
            "p": said.cost.p,
            "weak": said.cost.is_weak(),
            "can-be-tried": said.cost.is_bounded(),
        }),
        Err(fault) => json!({"id": id, "code": fault.code(), "error": chain(fault)}),
    }
}

fn rotated_as_json(name: &str, rotated: &Rotated) -> Value {
    let (file, credential) = match &rotated.kept {
        Kept::File(path) => (Some(path.display().to_string()), None),
        Kept::Credential(name) => (None, Some(name)),
    };
    json!({
        "repository": name,
        "dry-run": false,
        "new": rotated.new.to_string(),
        "removed": rotated.removed.iter().map(Digest::to_string).collect::<Vec<_>>(),
        "stays": rotated.stays.as_ref().map(Digest::to_string),
        "resumed": rotated.resumed,
        "file": file,
        "credential": credential,
    })
}

/// As much of a key's name as tells it from the others.
fn short(id: &Digest) -> String {
    id.to_string()[..8].to_owned()
}
