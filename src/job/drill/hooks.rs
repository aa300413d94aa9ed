//! What a person configured to be run on the restored data: a scan, and the list of erasures.
//!
//! Both come after everything was compared: a scan may take long, and what is erased is no longer
//! what the set says. Erasing belongs to the way of a recovery, since nobody may be served before;
//! its time is added to the measured RTO. A scan does not.

use crate::drill::compare::{check, not_run};
use crate::drill::fact::{CheckKind, Finding, PhaseName};
use crate::job::drill::way::{Databases, Ended, Restored, Way};

/// Runs those that there are; each leaves its check.
pub(super) fn run(way: &mut Way<'_>, restored: &Restored, databases: &Databases) {
    scan(way, restored, databases);
    // It has left its check.
    let _ended = erase(way, restored, databases);
}

fn scan(way: &mut Way<'_>, restored: &Restored, databases: &Databases) {
    let Some(hook) = &way.portal().drill.scan else { return };
    let subject = way.portal().id.clone();
    let kind = CheckKind::Scan;
    if restored.sealed.is_left {
        // Whoever scans what is sealed scans nothing.
        let detail = "parts of the set are sealed".to_owned();
        way.checks.push(not_run(kind, &subject, Finding::Blind { detail }));
        return;
    }
    let files = way.set.as_ref().map_or(0, |set| set.files);
    let scanned = restored.ground(way, databases).scan(way.site(), hook);
    way.checks.push(match scanned {
        Ok(found) => {
            let finding = |line| Finding::Scanned { line };
            check(kind, &subject, files, found.into_iter().map(finding).collect())
        }
        Err(fault) => not_run(kind, &subject, Finding::of(fault.as_ref())),
    });
}

fn erase(way: &mut Way<'_>, restored: &Restored, databases: &Databases) -> Result<(), Ended> {
    let Some(hook) = &way.portal().erasure else { return Ok(()) };
    let subject = way.portal().id.clone();
    let kind = CheckKind::Erasure;
    if let Some(name) = restored.ground(way, databases).unloaded(&hook.command) {
        let detail = format!("nothing was erased: the database `{name}` was not loaded");
        way.checks.push(not_run(kind, &subject, Finding::Blind { detail }));
        return Ok(());
    }
    let began = way.elapsed();
    let erased = way.timed(PhaseName::Erase, |way| {
        let erased = restored.ground(way, databases).erase(way.site(), hook);
        way.must(kind, &subject, erased)
    })?;
    let took = way.elapsed().saturating_sub(began);
    way.answered = way.answered.map(|answered| answered.saturating_add(took));
    way.checks.push(check(kind, &subject, erased, Vec::new()));
    Ok(())
}
