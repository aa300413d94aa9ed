//! `restore.compare`: what was brought back against the set's inventory, by a drill's own checks.
//!
//! It is compared where it stands: beside production, or in its place when it has been put there.
//! Seen only if every check ran and passed. Damage is a difference, never a reason to look again:
//! it is not seen, by its code.

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, FaultKind, chain};
use crate::config::settings::Portal;
use crate::drill::fact::{Check, CheckKind, CheckOutcome, Finding};
use crate::job::compare;
use crate::job::playbook::restore::part::{self, Kind, Part};
use crate::job::playbook::restore::set::{self, Found};
use crate::job::site::{Layout, Site, lock_for_reading};
use crate::playbook::fact::Output;
use crate::playbook::port::Sight;
use crate::source::{self, sqlite};

/// Differences that are told; their number says the rest.
const TOLD_MAX: usize = 5;

/// Compares every source of the portal.
pub(super) fn look(site: &Site, portal: &Portal, run: u64) -> Sight {
    match checks(site, portal, run) {
        Ok((set, checks)) => judge(&set, &checks),
        Err(fault) => {
            let told = format!("{}: {}", fault.code(), chain(fault.as_ref()));
            let stopped = fault.exit() == ExitCode::Interrupted;
            // What is not staged, or is damaged, is so; a server that is away is not a difference.
            let is_so = fault.code().starts_with("in-place.");
            if !stopped && (is_so || fault.kind() == FaultKind::Integrity) {
                Sight::NotSeen(told)
            } else {
                Sight::CannotTell(told)
            }
        }
    }
}

fn checks(site: &Site, portal: &Portal, run: u64) -> Result<(String, Vec<Check>), AnyFault> {
    site.progress.phase("phase-compare");
    let parts = part::of(site, portal, run)?;
    let mut found: Option<Found> = None;
    let mut checks = Vec::new();
    for part in &parts {
        site.go_on()?;
        let mark = part.whole()?;
        if found.is_none() {
            found = Some(set::find(site, portal, &mark.set)?);
        }
        let Some(set) = found.as_ref().filter(|found| found.id.to_string() == mark.set) else {
            return Err(part.not_staged().into());
        };
        let _lock = lock_for_reading(&set.repository)?;
        checks.extend(of_part(site, part, set)?);
    }
    Ok((found.map_or_else(String::new, |found| found.id.to_string()), checks))
}

fn of_part(site: &Site, part: &Part, found: &Found) -> Result<Vec<Check>, AnyFault> {
    let mark = part.whole()?;
    let database = match &part.kind {
        Kind::Tree(place) => {
            let folder = place.restored(&mark)?.ok_or_else(|| part.lost())?;
            let trees = found.manifest.trees.iter();
            let tree = trees.into_iter().find(|tree| tree.path == part.name);
            let tree = tree.ok_or_else(|| part.not_staged())?;
            return Ok(vec![compare::tree(site, &found.repository, &found.id, tree, folder)?]);
        }
        Kind::Sqlite(place) => {
            let path = place.restored(&mark)?.ok_or_else(|| part.lost())?.to_owned();
            source::Database::Sqlite(sqlite::Settings { path })
        }
        Kind::Postgres(names) => {
            let server = names.server(&site.world)?;
            let name = names.restored(&server, &mark)?.ok_or_else(|| part.lost())?;
            source::Database::Postgres(names.settings.on_database(name))
        }
    };
    let name = part.name.strip_prefix(Layout::DATABASES).unwrap_or_default();
    let name = name.trim_start_matches('/');
    let facts = found.manifest.databases.get(name).ok_or_else(|| part.not_staged())?;
    compare::database(site, name, &database, facts)
}

fn judge(set: &str, checks: &[Check]) -> Sight {
    let mut wrong = Vec::new();
    let mut holes = Vec::new();
    let mut number = 0;
    for check in checks {
        match &check.outcome {
            CheckOutcome::Passed => {}
            CheckOutcome::Failed { findings, more } => {
                number += findings.len() as u64 + more;
                wrong.extend(findings.iter().map(|finding| told(check, finding)));
            }
            CheckOutcome::NotRun { reason } => holes.push(told(check, reason)),
        }
    }
    if !wrong.is_empty() {
        wrong.truncate(TOLD_MAX);
        return Sight::NotSeen(format!("{number} differences: {}", wrong.join("; ")));
    }
    if !holes.is_empty() || checks.is_empty() {
        holes.truncate(TOLD_MAX);
        return Sight::CannotTell(format!("not compared: {}", holes.join("; ")));
    }
    let compared = |kind: CheckKind| -> u64 {
        checks.iter().filter(|check| check.kind == kind).map(|check| check.compared).sum()
    };
    let figures = [
        ("objects", compared(CheckKind::Inventory)),
        ("tables", compared(CheckKind::RowCounts)),
        ("rows", compared(CheckKind::RowDigests)),
        ("files", compared(CheckKind::Files)),
    ];
    let mut output = Output::from([("set".to_owned(), set.to_owned())]);
    output.extend(figures.map(|(name, number)| (name.to_owned(), number.to_string())));
    Sight::Seen(output)
}

/// One difference in English diagnostics.
fn told(check: &Check, finding: &Finding) -> String {
    let what = match finding {
        Finding::Missing { kind, name } => format!("{kind} {name} is missing"),
        Finding::Different { kind, name } => format!("{kind} {name} is different"),
        Finding::Unexpected { kind, name } => format!("{kind} {name} is not in the set"),
        Finding::RowCount { table, expected, found } => {
            format!("{table} has {found} rows, not {expected}")
        }
        Finding::RowContent { table } => format!("{table} has other rows"),
        Finding::File { path, code } => return format!("{path}: {code}"),
        Finding::FileCount { tree, expected, found } => {
            return format!("{tree}: {found} files, not {expected}");
        }
        Finding::Blind { detail } => detail.clone(),
        other => format!("{other:?}"),
    };
    format!("{}: {what}", check.subject)
}
