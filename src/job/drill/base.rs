//! Bases in a drill: compared file by file with what production once said of them, then served by a
//! server of our own.
//!
//! A base has no rows that were counted. Its data is proven by its bytes: every file has the digest
//! that production's own server wrote into the base's manifest, the manifest has the digest that the
//! set tells, and a server of production's version replays the log to where the base is consistent.

use std::path::Path;

use crate::base::fault::{AnyFault, Fault, FaultKind};
use crate::base::manifest::DatabaseFacts;
use crate::config::settings::Postgres;
use crate::drill::compare::check;
use crate::drill::fact::{CheckKind, Finding};
use crate::job::databases;
use crate::job::drill::way::{Databases, Ended, Restored, Way};
use crate::job::fault::JobFault;
use crate::source::Database;
use crate::source::postgres::physical;
use crate::source::postgres::scratch::Cluster;
use crate::source::scratch::ScratchSettings;

/// Compares the files of a base and starts a server on it.
pub(super) fn load(
    way: &mut Way<'_>,
    name: &str,
    facts: &DatabaseFacts,
    restored: &Restored,
    databases: &mut Databases,
) -> Result<(), Ended> {
    let folder = restored.root.join(physical::place(name));
    let verified = verify(way, name, facts, &folder);
    let verified = way.must(CheckKind::Files, name, verified)?;
    let findings: Vec<Finding> = verified
        .differences
        .into_iter()
        .map(|(path, how)| Finding::File { path, code: how.to_owned() })
        .collect();
    let differs = !findings.is_empty();
    way.damaged |= differs;
    way.checks.push(check(CheckKind::Files, name, verified.files, findings));
    if differs {
        return Err(Ended);
    }
    // To an instant it is started by its log, in a phase of its own.
    if way.request().to.is_some() { Ok(()) } else { serve(way, name, facts, &folder, databases) }
}

/// Starts a server on it.
pub(super) fn serve(
    way: &mut Way<'_>,
    name: &str,
    facts: &DatabaseFacts,
    folder: &Path,
    databases: &mut Databases,
) -> Result<(), Ended> {
    let started = start(way, name, facts, folder);
    let (cluster, database) = match started {
        // Nobody here could have served it: that says nothing of the base.
        Err(fault) if lacks_means(fault.as_ref()) => way.able(CheckKind::Load, name, Err(fault))?,
        started => way.must(CheckKind::Load, name, started)?,
    };
    way.checks.push(check(CheckKind::Load, name, 1, Vec::new()));
    databases.loaded.insert(name.to_owned(), Database::Postgres(cluster.settings(&database)));
    databases.bases.insert(name.to_owned(), cluster);
    Ok(())
}

/// Whether there is no server of the base's version, or no place for one.
fn lacks_means(fault: &dyn Fault) -> bool {
    fault.kind() == FaultKind::Config || fault.code() == "source.tools"
}

fn verify(
    way: &Way<'_>,
    name: &str,
    facts: &DatabaseFacts,
    folder: &Path,
) -> Result<physical::Verified, AnyFault> {
    if facts.path != physical::place(name) {
        let detail = format!("`{name}` lies at `{}`", facts.path);
        return Err(JobFault::NotASet { set: name.to_owned(), detail }.into());
    }
    Ok(physical::verify(folder, facts, &way.site().cancel)?)
}

/// The server, and the database by which production's is asked.
fn start(
    way: &Way<'_>,
    name: &str,
    facts: &DatabaseFacts,
    folder: &Path,
) -> Result<(Cluster, String), AnyFault> {
    let site = way.site();
    site.go_on()?;
    let database = match server(way, name) {
        Some(server) => databases::server(server)?.database()?,
        None => "postgres".to_owned(),
    };
    let (settings, to) = (settings(way, name, facts)?, way.request().to);
    Ok((Cluster::on_base(&settings, folder, facts, to, &site.world, &site.cancel)?, database))
}

/// The server that a base of this name is taken of.
pub(super) fn server<'w>(way: &Way<'w>, name: &str) -> Option<&'w Postgres> {
    way.portal().databases.iter().find(|database| database.name == name)?.base()
}

/// How a server of its version is made here.
pub(super) fn settings(
    way: &Way<'_>,
    name: &str,
    facts: &DatabaseFacts,
) -> Result<ScratchSettings, AnyFault> {
    let server = server(way, name);
    Ok(ScratchSettings {
        folder: way.portal().drill.scratch.clone(),
        bin_dir: server.and_then(|server| server.bin_dir.clone()),
        major: physical::major(facts)?,
        user: server.and_then(|server| server.user.clone()).unwrap_or_else(|| "postgres".into()),
        // It lies there already.
        need_bytes: 0,
        allow_memory: false,
        jobs: way.jobs(),
    })
}

/// Databases, roles and tablespaces that production had all the while are there.
pub(super) fn compare(way: &mut Way<'_>, name: &str, facts: &DatabaseFacts, databases: &Databases) {
    let Some(Database::Postgres(settings)) = databases.loaded.get(name) else {
        let missing = Finding::Missing { kind: "database".to_owned(), name: name.to_owned() };
        way.checks.push(check(CheckKind::Inventory, name, 0, vec![missing]));
        return;
    };
    match physical::compare(settings, facts, &way.site().world) {
        Ok((compared, differ)) => {
            let findings = differ.into_iter();
            let findings = findings.map(|(kind, name)| Finding::Different { kind, name }).collect();
            way.checks.push(check(CheckKind::Inventory, name, compared, findings));
        }
        Err(fault) => way.failed(CheckKind::Inventory, name, &fault),
    }
}
