//! `snapshot find`: where something with this name is, in all sets of a portal, and how to get it.
//!
//! The first of two steps to a lost file: it ends with the command that is the second.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values, Fault as _};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::snapshot::ls::{kind, visible};
use crate::cli::snapshot::{graver, short};
use crate::cli::table::{Align, Table};
use crate::job::sets;
use crate::job::shell;
use crate::job::site::{Layout, is_evidence, lock_for_reading};
use crate::repository::browse::{Browser, shown};
use crate::repository::find::{Found, Hits, Pattern, find};
use crate::repository::tree::NodeKind;

/// What `snapshot find` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "NAME")]
    pub name: String,
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
    #[arg(long, value_name = "SET")]
    pub set: Option<String>,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
}

/// Finds it.
pub(super) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let portal = site.portal(&args.portal)?;
    let name = args.repository.as_deref().unwrap_or(&portal.drill.from);
    let repository = site.open(name)?;
    let _lock = lock_for_reading(&repository)?;
    let mut chosen = Vec::new();
    let mut taken = BTreeMap::new();
    let mut add = |id, snapshot: crate::repository::snapshot::Snapshot| {
        chosen.push((id, snapshot.tree));
        taken.insert(id, snapshot.time);
    };
    if let Some(set) = &args.set {
        let (id, snapshot) = sets::find(&repository, name, &portal.id, Some(set))?;
        add(id, snapshot);
    } else {
        let listed = repository.snapshots()?.sets.into_iter().rev();
        let own = listed.filter(|(_, one)| sets::portal_of(one) == Some(&portal.id));
        own.filter(|(_, one)| !is_evidence(one)).for_each(|(id, one)| add(id, one));
    }
    let browser = Browser::new(&repository)?;
    let mut hits = find(&browser, &chosen, &Pattern::new(&args.name), &frame.cancel)?;
    // What people look for is the portal's; what duphong keeps for itself comes last.
    hits.found.sort_by_key(|one| {
        let own = [Layout::OWN, Layout::MANIFEST];
        own.iter().any(|own| one.path.starts_with(own.as_bytes()))
    });
    let at = |found: &Found| taken.get(&found.set).copied();
    let mut report = Report::done(json!({
        "portal": portal.id,
        "repository": name,
        "sets": chosen.len(),
        "found": hits.found.iter().map(|one| as_json(one, at(one))).collect::<Vec<_>>(),
        "cut": hits.cut,
    }));
    report.lines = lines(frame, &hits, &at);
    if let Some(first) = hits.found.first() {
        let command = command(&portal.id, args.repository.as_deref(), first);
        report.lines.push(String::new());
        report.lines.push(frame.word("snapshot-find-next"));
        report.lines.push(format!("  {command}"));
    }
    report.exit = if hits.found.is_empty() { ExitCode::Failed } else { ExitCode::Done };
    if hits.cut {
        report.exit = ExitCode::Warnings;
    }
    for (set, path, error) in &hits.unreadable {
        let reason = frame.catalog.fault(error);
        report.warnings.push(frame.about(format!("{}:{}", short(set), shown(path)), &reason));
        report.exit = graver(report.exit, error.exit());
    }
    if hits.cut {
        report.warnings.push(frame.word("snapshot-find-cut"));
    }
    Ok(report)
}

/// How to restore what was found; a folder comes with all that is in it.
fn command(portal: &str, repository: Option<&str>, found: &Found) -> String {
    let set = short(&found.set);
    let path = shown(&found.path);
    let mut words = vec!["duphong", "restore", &set, "--portal", portal];
    if let Some(repository) = repository {
        words.extend(["--repository", repository]);
    }
    words.extend(["--only", &path, "--target", "/tmp/phuc-hoi"]);
    shell::line(&words)
}

fn lines(
    frame: &Frame,
    hits: &Hits,
    at: &dyn Fn(&Found) -> Option<jiff::Timestamp>,
) -> Vec<String> {
    if hits.found.is_empty() {
        return vec![frame.word("snapshot-find-none")];
    }
    let format = frame.catalog.format();
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-set", Align::Left),
        column("label-taken", Align::Left),
        column("label-size", Align::Right),
        column("label-changed-at", Align::Left),
        column("label-path", Align::Left),
    ]);
    for found in &hits.found {
        let slash = if found.node.kind == NodeKind::Dir { "/" } else { "" };
        table.row([
            short(&found.set),
            at(found).map_or_else(String::new, |at| format.instant(at)),
            format.bytes(found.node.size),
            format.instant(found.node.mtime),
            format!("{}{slash}", visible(&shown(&found.path))),
        ]);
    }
    let values = Values::none().number("count", hits.found.len() as u64);
    let mut lines = table.lines();
    lines.push(frame.say("snapshot-find-count", values));
    lines
}

fn as_json(found: &Found, taken: Option<jiff::Timestamp>) -> Value {
    let (_, kind) = kind(found.node.kind);
    json!({
        "set": found.set.to_string(),
        "taken": taken.map(|at| at.to_string()),
        "path": shown(&found.path),
        "kind": kind,
        "size": found.node.size,
        "mtime": found.node.mtime.to_string(),
    })
}
