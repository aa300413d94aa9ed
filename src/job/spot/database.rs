//! A live database beside the set: all its rows are counted, as for a set.

use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::base::manifest::{DatabaseFacts, Inventory, Manifest};
use crate::config::settings::{self, Engine, Portal};
use crate::job::databases;
use crate::job::fault::JobFault;
use crate::job::site::{Layout, Site, Temporary};
use crate::job::spot::{DatabaseSpot, Named, Request, SLACK_MIN, is_outside};
use crate::source::error::SourceError;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::rows::RowKey;

/// Counts a live database beside what the set's dump held.
pub(super) fn count(
    site: &Site,
    portal: &Portal,
    database: &settings::Database,
    manifest: &Manifest,
    request: &Request,
) -> Result<DatabaseSpot, AnyFault> {
    let (name, outside) = (database.name.clone(), Named::default());
    let mut spot = DatabaseSpot { name, tables: 0, outside, fault: None };
    let Some(facts) = manifest.databases.get(&database.name) else {
        let detail = format!("it has no database `{}`", database.name);
        spot.fault = Some(JobFault::NotASet { set: portal.id.clone(), detail }.into());
        return Ok(spot);
    };
    // Nothing of these can be held against a live database here: that is no clean bill.
    let part = format!("{}/{}", Layout::DATABASES, database.name);
    spot.fault = if manifest.sealed(&part).is_some() || database.sealed.is_some() {
        Some(JobFault::Sealed { part }.into())
    } else if database.base().is_some() {
        let name = database.name.clone();
        Some(SourceError::from(PhysicalFault::NoDump { name }).into())
    } else if facts.inventory.tables.is_empty() && !facts.inventory.blind.is_empty() {
        Some(SourceError::CommandLacks { command: "count" }.into())
    } else {
        None
    };
    if spot.fault.is_some() {
        return Ok(spot);
    }
    let live = match live(site, portal, database, facts) {
        Ok(live) => live,
        Err(fault) if fault.exit() == ExitCode::Interrupted => return Err(fault),
        Err(fault) => {
            spot.fault = Some(fault);
            return Ok(spot);
        }
    };
    spot.tables = facts.inventory.tables.len() as u64;
    for (table, noted) in &facts.inventory.tables {
        let rows = live.tables.get(table).map(|live| live.rows);
        let is_outside =
            rows.is_none_or(|rows| is_outside(noted.rows, rows, request.tolerance, SLACK_MIN));
        if is_outside {
            spot.outside.add((table.clone(), noted.rows, rows));
        }
    }
    // Tables that the set does not have at all.
    let known = &facts.inventory.tables;
    for (table, live) in live.tables.iter().filter(|(table, _)| !known.contains_key(*table)) {
        if is_outside(0, live.rows, request.tolerance, SLACK_MIN) {
            spot.outside.add((table.clone(), 0, Some(live.rows)));
        }
    }
    Ok(spot)
}

/// What the live database holds. A file that a portal writes to is counted from a copy.
fn live(
    site: &Site,
    portal: &Portal,
    database: &settings::Database,
    facts: &DatabaseFacts,
) -> Result<Inventory, AnyFault> {
    if let Engine::Sqlite(_) = database.engine {
        let folder =
            Temporary::create(site.settings.spool_dir().join(format!(".spot.{}", portal.id)))?;
        return Ok(databases::dump(site, database, folder.path())?.inventory);
    }
    let key = RowKey::parse(&facts.inventory.row_key).unwrap_or_else(|| RowKey::draw(&site.world));
    Ok(databases::live(database)?.inventory(&key, &site.world, &site.cancel)?)
}
