//! `snapshot show`: what is known about one set.
//!
//! A set that another program took has no manifest of ours; what its snapshot says is shown.

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values};
use crate::base::manifest::{DatabaseFacts, Manifest, StandbyFacts, TreeFacts};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::snapshot::{references, standby};
use crate::cli::table::{Align, List, Table};
use crate::job::sets::{self, Located};
use crate::job::site::{Layout, is_evidence};
use crate::repository::snapshot::Summary;

/// What a set without a manifest answers when it is asked for one.
const NO_MANIFEST: &str = "browse.no-such-path";

/// What `snapshot show` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "SET")]
    pub set: String,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
}

/// Shows it.
pub(super) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let located = sets::locate(&site, args.repository.as_deref(), &args.set)?;
    let manifest = match sets::manifest(&located.repository, &located.id) {
        Ok(manifest) => Some(manifest),
        Err(fault) if fault.code() == NO_MANIFEST => None,
        Err(fault) => return Err(fault),
    };
    let mut report = Report::done(as_json(&located, manifest.as_ref()));
    report = report.lines(facts(frame, &located).lines());
    if is_evidence(&located.snapshot) {
        report = report.warnings([frame.word("snapshot-show-evidence")]);
    }
    Ok(match manifest {
        Some(manifest) => report.lines(contents(frame, &manifest)).warnings(gaps(frame, &manifest)),
        None => report.warnings([frame.word("snapshot-show-foreign")]),
    })
}

fn facts(frame: &Frame, located: &Located) -> List {
    let format = frame.catalog.format();
    let snapshot = &located.snapshot;
    let mut list = List::default();
    list.row(frame.word("label-set"), located.id.to_string());
    list.row(frame.word("label-time"), format.instant(snapshot.time));
    list.row(frame.word("label-repository"), &located.name);
    list.row(frame.word("label-host"), &snapshot.hostname);
    list.row(frame.word("label-program"), &snapshot.program_version);
    if let Some(parent) = snapshot.parent {
        list.row(frame.word("label-parent"), parent.to_string());
    }
    if let Some(summary) = &snapshot.summary {
        list.row(frame.word("label-files"), format.number(summary.total_files_processed));
        list.row(frame.word("label-size"), format.bytes(summary.total_bytes_processed));
        list.row(frame.word("label-new"), format.bytes(summary.data_added));
        list.row(frame.word("label-stored"), format.bytes(summary.data_added_packed));
        if let Some(took) = took(summary) {
            list.row(frame.word("label-took"), format.duration(took));
        }
    }
    list
}

/// A clock that was set back in between tells nothing about how long it took.
fn took(summary: &Summary) -> Option<std::time::Duration> {
    summary.backup_end.duration_since(summary.backup_start).try_into().ok()
}

fn contents(frame: &Frame, manifest: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    if !manifest.databases.is_empty() {
        lines.push(String::new());
        lines.extend(databases(frame, manifest).lines());
    }
    let standbys = standbys(manifest);
    lines.extend(standby::lines(frame, &standbys));
    if !manifest.trees.is_empty() {
        lines.push(String::new());
        lines.extend(trees(frame, &manifest.trees).lines());
    }
    if !manifest.references.is_empty() {
        lines.push(String::new());
        lines.extend(references::table(frame, &manifest.references).lines());
    }
    if !manifest.sealed.is_empty() {
        lines.push(String::new());
        lines.extend(manifest.sealed.iter().map(|part| {
            let values = Values::none()
                .text("part", &part.part)
                .text("bytes", frame.catalog.format().bytes(part.bytes))
                .text("recipients", part.recipients.join(", "));
            frame.say("snapshot-sealed", values)
        }));
    }
    lines
}

fn databases(frame: &Frame, manifest: &Manifest) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-database", Align::Left),
        column("label-tables", Align::Right),
        column("label-rows", Align::Right),
        column("label-dump", Align::Right),
        column("label-instant", Align::Left),
        column("label-engine", Align::Left),
    ]);
    let format = frame.catalog.format();
    let rows = |facts: &DatabaseFacts| facts.inventory.tables.values().map(|t| t.rows).sum();
    for (name, facts) in &manifest.databases {
        // Of a sealed one nobody here knows: a zero would be a lie.
        let known = manifest.sealed(&format!("{}/{name}", Layout::DATABASES)).is_none();
        let number = |number| if known { format.number(number) } else { "–".to_owned() };
        table.row([
            name.clone(),
            number(facts.inventory.tables.len() as u64),
            number(rows(facts)),
            format.bytes(facts.dump_bytes),
            format.instant(facts.instant),
            format!("{} {}", facts.engine, facts.engine_version),
        ]);
    }
    table
}

fn trees(frame: &Frame, trees: &[TreeFacts]) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-tree", Align::Left),
        column("label-files", Align::Right),
        column("label-size", Align::Right),
        column("label-source", Align::Left),
    ]);
    let format = frame.catalog.format();
    for tree in trees {
        table.row([
            tree.path.clone(),
            format.number(tree.files),
            format.bytes(tree.bytes),
            tree.source.clone(),
        ]);
    }
    table
}

/// Databases of which a standby was to be read.
fn standbys(manifest: &Manifest) -> Vec<(String, StandbyFacts)> {
    let databases = manifest.databases.iter();
    databases.filter_map(|(name, facts)| Some((name.clone(), facts.standby.clone()?))).collect()
}

/// What the set lacks, and what its inventories could not see.
fn gaps(frame: &Frame, manifest: &Manifest) -> Vec<String> {
    let skipped = manifest.skipped.iter().map(|skipped| {
        let values = Values::none().text("path", &skipped.path).text("reason", &skipped.reason);
        frame.say("snapshot-skipped", values)
    });
    let blind = manifest.databases.iter().flat_map(|(name, facts)| {
        facts.inventory.blind.iter().map(move |detail| {
            let values = Values::none().text("database", name).text("detail", detail);
            frame.say("snapshot-blind", values)
        })
    });
    let mut gaps = frame.capped(skipped.chain(blind).collect());
    gaps.extend(standby::warnings(frame, &standbys(manifest)));
    gaps.extend(references::warnings(frame, &manifest.references));
    gaps
}

fn as_json(located: &Located, manifest: Option<&Manifest>) -> Value {
    json!({
        "id": located.id.to_string(),
        "repository": located.name,
        "snapshot": located.snapshot,
        "manifest": manifest,
    })
}
