//! A live database beside the set: all its rows are counted, as for a set.

use std::collections::BTreeSet;

use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::base::manifest::{DatabaseFacts, Inventory, Manifest};
use crate::config::settings::{self, Engine, Portal};
use crate::job::databases;
use crate::job::site::{Layout, Site, Temporary};
use crate::job::spot::fault::SpotFault;
use crate::job::spot::{Blind, DatabaseSpot, Request, SLACK_MIN, is_outside};
use crate::source::rows::RowKey;

/// Counts a live database beside what the set's dump held.
pub(super) fn count(
    site: &Site,
    portal: &Portal,
    database: &settings::Database,
    manifest: &Manifest,
    request: &Request,
) -> Result<DatabaseSpot, AnyFault> {
    let mut spot = DatabaseSpot { name: database.name.clone(), ..DatabaseSpot::default() };
    let facts = match countable(database, manifest) {
        Ok(facts) => facts,
        Err(fault) => {
            spot.fault = Some(fault.into());
            return Ok(spot);
        }
    };
    let live = match live(site, portal, database, facts) {
        Ok(live) => live,
        Err(fault) if fault.exit() == ExitCode::Interrupted => return Err(fault),
        Err(fault) => {
            spot.fault = Some(fault);
            return Ok(spot);
        }
    };
    spot.compare(&facts.inventory, &live, request.tolerance);
    Ok(spot)
}

/// What the set says of a database, unless nothing of it can be held against a live one.
fn countable<'m>(
    database: &settings::Database,
    manifest: &'m Manifest,
) -> Result<&'m DatabaseFacts, SpotFault> {
    let part = Layout::database(&database.name);
    if manifest.sealed(&part).is_some() || database.sealed.is_some() {
        return Err(SpotFault::Sealed);
    }
    let facts = manifest.databases.get(&database.name).ok_or(SpotFault::NotInSet)?;
    if facts.base.is_some() || database.base().is_some() {
        return Err(SpotFault::Base);
    }
    if facts.inventory.tables.is_empty() && !facts.inventory.blind.is_empty() {
        return Err(SpotFault::Uncounted);
    }
    Ok(facts)
}

impl DatabaseSpot {
    /// Nothing is held against tables of which one of the inventories claims nothing.
    fn compare(&mut self, noted: &Inventory, live: &Inventory, tolerance: u64) {
        let apart: BTreeSet<&String> = noted.unsteady.union(&live.unsteady).collect();
        // What is said of a table has its name in it, and is told with the table.
        let is_told =
            |detail: &&String| !apart.iter().any(|table| detail.contains(&format!("`{table}`")));
        for (is_live, inventory) in [(false, noted), (true, live)] {
            for detail in inventory.blind.iter().filter(is_told) {
                self.blind.add(Blind { is_live, detail: detail.clone() });
            }
        }
        let tables: BTreeSet<&String> = noted.tables.keys().chain(live.tables.keys()).collect();
        for table in tables.difference(&apart) {
            let noted = noted.tables.get(*table).map(|table| table.rows);
            let rows = live.tables.get(*table).map(|table| table.rows);
            self.tables += u64::from(noted.is_some());
            let noted = noted.unwrap_or(0);
            // One that is gone is told, however small it was.
            if rows.is_none_or(|rows| is_outside(noted, rows, tolerance, SLACK_MIN)) {
                self.outside.add(((*table).clone(), noted, rows));
            }
        }
        for table in apart {
            self.apart.add(table.clone());
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::manifest::TableRows;

    #[test]
    fn nothing_is_held_against_what_an_inventory_does_not_claim() {
        let inventory = |tables: &[(&str, u64)], blind: &[&str], unsteady: &[&str]| {
            let rows = |rows| TableRows { rows, digest: String::new() };
            Inventory {
                tables: tables.iter().map(|(name, n)| ((*name).to_owned(), rows(*n))).collect(),
                blind: blind.iter().map(|text| (*text).to_owned()).collect(),
                unsteady: unsteady.iter().map(|text| (*text).to_owned()).collect(),
                ..Inventory::default()
            }
        };
        let noted = inventory(
            &[("a", 5000), ("c", 5000), ("kept", 5)],
            &["`b` changed while it was dumped", "passwords of roles: the role may not read them"],
            &["b"],
        );
        let live = inventory(&[("a", 0), ("b", 9000), ("c", 0), ("kept", 5)], &["`c`"], &["c"]);
        let mut spot = DatabaseSpot::default();
        spot.compare(&noted, &live, 10);
        assert_eq!((spot.tables, &spot.outside.first[..]), (2, &[("a".into(), 5000, Some(0))][..]));
        assert_eq!(spot.apart.first, ["b", "c"]);
        let blind = spot.blind.first.iter().map(|one| (one.is_live, &one.detail[..9]));
        assert_eq!(blind.collect::<Vec<_>>(), [(false, "passwords")]);
    }
}
