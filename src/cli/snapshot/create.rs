//! `snapshot create`: takes a set of a portal into its repositories, or says what it would take.

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values, Fault, chain};
use crate::base::manifest::Skipped;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::snapshot::{references, short, standby};
use crate::cli::table::{Align, List, Table};
use crate::job::catch_up::CaughtUp;
use crate::job::mass_change::{Alarm, Unjudged};
use crate::job::object_lock;
use crate::job::snapshot::{self, Plan, Taken, TakenSet};

/// What `snapshot create` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    #[arg(long)]
    pub dry_run: bool,
}

/// Takes the set, or plans it.
pub(super) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let tags = args.tag.iter().cloned().collect();
    snapshot::check_tags(&tags)?;
    if args.dry_run {
        let plan = snapshot::plan(&site, &args.portal)?;
        return Ok(Report::done(plan_as_json(&args.portal, &plan))
            .exit(plan.exit())
            .sentence(&frame.word("snapshot-dry-run"))
            .lines(plan_lines(frame, &plan))
            .warnings(skipped(frame, &plan.skipped().collect::<Vec<_>>())));
    }
    let taken = snapshot::create_tagged(&site, &args.portal, &tags)?;
    Ok(Report::done(as_json(frame, &args.portal, &taken))
        .exit(taken.exit())
        .lines(table(frame, &taken).lines())
        .lines(standby::lines(frame, &taken.standbys))
        .lines(caught_up(frame, &taken))
        .warnings(warnings(frame, &taken)))
}

fn table(frame: &Frame, taken: &Taken) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-set", Align::Left),
        column("label-repository", Align::Left),
        column("label-files", Align::Right),
        column("label-size", Align::Right),
        column("label-new", Align::Right),
        column("label-stored", Align::Right),
    ]);
    let format = frame.catalog.format();
    for set in &taken.sets {
        let figures = &set.written.statistics;
        table.row([
            short(&set.written.id),
            set.repository.clone(),
            format.number(files(set)),
            format.bytes(figures.bytes_total),
            format.bytes(figures.bytes_added),
            format.bytes(figures.bytes_stored),
        ]);
    }
    table
}

fn files(set: &TakenSet) -> u64 {
    let figures = &set.written.statistics;
    figures.files_new + figures.files_changed + figures.files_unchanged
}

fn caught_up(frame: &Frame, taken: &Taken) -> Vec<String> {
    let copied = |one: &CaughtUp| one.result.as_ref().map_or(0, |done| done.brought() as u64);
    let told = taken.caught_up.iter().filter(|one| copied(one) > 0).map(|one| {
        let values = Values::none().text("repository", &one.repository).text("from", &one.from);
        frame.say("snapshot-caught-up", values.number("count", copied(one)))
    });
    told.collect()
}

/// Why a repository still lacks what it had missed.
fn lacks(one: &CaughtUp) -> Option<&dyn Fault> {
    match &one.result {
        Err(fault) => Some(fault.as_ref()),
        Ok(done) => {
            let refused = done.plan.refused.first().map(|one| &one.fault as &dyn Fault);
            done.fault.as_deref().or(refused)
        }
    }
}

/// That many files changed at once, and what was done about it.
fn alarm(frame: &Frame, alarm: &Alarm) -> Vec<String> {
    let signs = alarm.findings.iter().flat_map(|one| one.signs.iter().map(|s| one.message(*s)));
    let mut told: Vec<_> = signs.map(|message| frame.catalog.say(&message)).collect();
    if alarm.held {
        told.push(frame.word("mass-change-held"));
    }
    told.extend(
        alarm
            .incident
            .map(|number| frame.say("deface-incident", Values::none().number("number", number))),
    );
    told.extend(alarm.faults.iter().map(|fault| frame.catalog.fault(fault.as_ref())));
    told
}

fn warnings(frame: &Frame, taken: &Taken) -> Vec<String> {
    let mut warnings = taken.alarm.as_ref().map_or_else(Vec::new, |one| alarm(frame, one));
    warnings.extend(taken.unjudged.iter().map(|one| frame.catalog.say(&one.message())));
    warnings.extend(standby::warnings(frame, &taken.standbys));
    warnings.extend(skipped(frame, &taken.skipped));
    warnings.extend(references::warnings(frame, &taken.references));
    warnings.extend(taken.caught_up.iter().filter_map(|one| {
        let values = Values::none()
            .text("repository", &one.repository)
            .text("from", &one.from)
            .text("fault", frame.catalog.fault(lacks(one)?));
        Some(frame.say("snapshot-still-behind", values))
    }));
    warnings.extend(taken.unknown.as_ref().map(|fault| {
        let values = Values::none().text("fault", frame.catalog.fault(fault.as_ref()));
        frame.say("snapshot-behind-unknown", values)
    }));
    warnings.extend(taken.failed.iter().map(|(repository, fault)| {
        let told = frame.catalog.fault(fault.as_ref());
        let values = Values::none().text("repository", repository).text("fault", told);
        frame.say("snapshot-failed-in", values)
    }));
    warnings.extend(taken.sets.iter().filter_map(|set| {
        let missing = set.written.statistics.packs_missing;
        let values = Values::none().text("repository", &set.repository).number("count", missing);
        (missing > 0).then(|| frame.say("snapshot-packs-missing", values))
    }));
    warnings
}

fn skipped<'a>(frame: &Frame, skipped: impl IntoIterator<Item = &'a Skipped>) -> Vec<String> {
    let told = skipped.into_iter().map(|skipped| {
        let values = Values::none().text("path", &skipped.path).text("reason", &skipped.reason);
        frame.say("snapshot-skipped", values)
    });
    frame.capped(told.collect())
}

fn plan_lines(frame: &Frame, plan: &Plan) -> Vec<String> {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-source", Align::Left),
        column("label-files", Align::Right),
        column("label-size", Align::Right),
    ]);
    let format = frame.catalog.format();
    for (name, bytes) in &plan.databases {
        table.row([
            format!("db/{name}"),
            "—".to_owned(),
            bytes.map_or_else(|| "—".to_owned(), |bytes| format.bytes(bytes)),
        ]);
    }
    for (place, survey) in &plan.trees {
        let told = |text: Option<String>| text.unwrap_or_else(|| "—".to_owned());
        let files = survey.as_ref().map(|survey| format.number(survey.files));
        let bytes = survey.as_ref().map(|survey| format.bytes(survey.bytes));
        table.row([place.clone(), told(files), told(bytes)]);
    }
    let mut list = List::default();
    for repository in &plan.repositories {
        list.row(frame.word("label-repository"), repository);
    }
    let mut lines = table.lines();
    lines.extend(list.lines());
    lines
}

fn plan_as_json(portal: &str, plan: &Plan) -> Value {
    let databases =
        plan.databases.iter().map(|(name, bytes)| json!({ "name": name, "bytes": bytes }));
    let trees = plan.trees.iter().map(|(place, survey)| {
        let (files, bytes) = survey.as_ref().map(|one| (one.files, one.bytes)).unzip();
        json!({ "path": place, "files": files, "bytes": bytes })
    });
    json!({
        "portal": portal,
        "dry-run": true,
        "databases": databases.collect::<Vec<_>>(),
        "trees": trees.collect::<Vec<_>>(),
        "repositories": plan.repositories,
        "skipped": plan.skipped().collect::<Vec<_>>(),
    })
}

fn as_json(frame: &Frame, portal: &str, taken: &Taken) -> Value {
    let set = |set: &TakenSet| {
        let figures = &set.written.statistics;
        json!({
            "repository": set.repository,
            "id": set.written.id.to_string(),
            "time": set.written.time.to_string(),
            "files-new": figures.files_new,
            "files-changed": figures.files_changed,
            "files-unchanged": figures.files_unchanged,
            "bytes": figures.bytes_total,
            "bytes-read": figures.bytes_read,
            "bytes-added": figures.bytes_added,
            "bytes-stored": figures.bytes_stored,
            "packs-adopted": figures.packs_adopted,
            "packs-missing": figures.packs_missing,
            "object-lock": set.locked.as_ref().map(object_lock::as_json),
        })
    };
    let failed = taken.failed.iter().map(|(repository, fault)| {
        json!({
            "repository": repository,
            "code": fault.code(),
            "message": frame.catalog.fault(fault.as_ref()),
            "chain": chain(fault.as_ref()),
        })
    });
    json!({
        "portal": portal,
        "dry-run": false,
        "sets": taken.sets.iter().map(set).collect::<Vec<_>>(),
        "failed": failed.collect::<Vec<_>>(),
        "skipped": taken.skipped,
        "references": taken.references,
        "sealed": taken.sealed,
        "standbys": snapshot::standbys_as_json(&taken.standbys),
        "caught-up": taken.caught_up.iter().map(caught_up_as_json).collect::<Vec<_>>(),
        "alarm": taken.alarm.as_ref().map(Alarm::as_json),
        "unjudged": taken.unjudged.iter().map(Unjudged::as_json).collect::<Vec<_>>(),
    })
}

fn caught_up_as_json(one: &CaughtUp) -> Value {
    let done = one.result.as_ref().ok();
    let copied = done.into_iter().flat_map(|done| &done.copied).map(|copy| copy.id.to_string());
    let mut json = json!({
        "repository": one.repository,
        "from": one.from,
        "missed": one.missed,
        "copied": copied.collect::<Vec<_>>(),
    });
    if let Some(fault) = lacks(one) {
        json["code"] = json!(fault.code());
        json["error"] = json!(chain(fault));
    }
    json
}
