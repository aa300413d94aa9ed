//! `snapshot diff`: what differs between two sets.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values, Fault as _};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::snapshot::ls::visible;
use crate::cli::snapshot::{bytes, graver};
use crate::job::sets::{self, Located};
use crate::job::site::lock_for_reading;
use crate::repository::BlobId;
use crate::repository::browse::{BrowseError, Browser, shown};
use crate::repository::difference::{Change, Difference, between};

/// What `snapshot diff` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "SET")]
    pub first: String,
    #[arg(value_name = "SET")]
    pub second: String,
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    #[arg(long)]
    pub metadata: bool,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
}

/// Compares them.
pub(super) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let Located { name, repository, id: first, snapshot: before } =
        sets::locate(&site, args.repository.as_deref(), &args.first)?;
    let _lock = lock_for_reading(&repository)?;
    let portal = sets::portal_of(&before).unwrap_or_default();
    let (second, after) = sets::find(&repository, &name, portal, Some(&args.second))?;
    let browser = Browser::new(&repository)?;
    let path = args.path.as_deref().map(bytes).unwrap_or_default();
    let before = folder(&browser, &before.tree, path)?;
    let after = folder(&browser, &after.tree, path)?;
    let mut told = between(&browser, path, &before, &after, &frame.cancel)?;
    if !args.metadata {
        told.all.retain(|one| one.change != Change::Metadata);
    }
    let mut report = Report::done(json!({
        "first": first.to_string(),
        "second": second.to_string(),
        "repository": name,
        "differences": told.all.iter().map(as_json).collect::<Vec<_>>(),
        "cut": told.cut,
    }));
    report.lines = told.all.iter().map(|one| line(frame, one)).collect();
    report.lines.push(counted(frame, &told.all));
    if told.cut {
        report.exit = ExitCode::Warnings;
    }
    for (path, error) in &told.unreadable {
        let reason = frame.catalog.fault(error);
        report.warnings.push(frame.about(shown(path), &reason));
        report.exit = graver(report.exit, error.exit());
    }
    if told.cut {
        report.warnings.push(frame.word("snapshot-find-cut"));
    }
    Ok(report)
}

/// The tree of the folder at `path`.
fn folder(browser: &Browser<'_>, root: &BlobId, path: &[u8]) -> Result<BlobId, BrowseError> {
    match browser.find(root, path)? {
        None => Ok(*root),
        Some(node) => node.subtree.ok_or_else(|| BrowseError::NoSuchPath { path: shown(path) }),
    }
}

fn line(frame: &Frame, one: &Difference) -> String {
    let format = frame.catalog.format();
    let size = |node: &Option<crate::repository::tree::Node>| {
        node.as_ref().map_or_else(|| "—".to_owned(), |node| format.bytes(node.size))
    };
    let (before, after) = (size(&one.before), size(&one.after));
    let (sign, _) = sign(one.change);
    format!("{sign}  {before:>10}  {after:>10}  {}", visible(&shown(&one.path)))
}

fn counted(frame: &Frame, all: &[Difference]) -> String {
    let count =
        |change: &[Change]| all.iter().filter(|one| change.contains(&one.change)).count() as u64;
    let values = Values::none()
        .number("added", count(&[Change::Added]))
        .number("removed", count(&[Change::Removed]))
        .number("changed", count(&[Change::Kind, Change::Content, Change::Metadata]));
    frame.say("snapshot-diff-count", values)
}

/// As `diff` and version control show it, and its word in `--json`.
fn sign(change: Change) -> (char, &'static str) {
    match change {
        Change::Added => ('+', "added"),
        Change::Removed => ('-', "removed"),
        Change::Kind => ('T', "kind"),
        Change::Content => ('M', "content"),
        Change::Metadata => ('U', "metadata"),
    }
}

fn as_json(one: &Difference) -> Value {
    let (_, change) = sign(one.change);
    json!({
        "path": shown(&one.path),
        "change": change,
        "size-before": one.before.as_ref().map(|node| node.size),
        "size-after": one.after.as_ref().map(|node| node.size),
    })
}
