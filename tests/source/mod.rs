//! Sources against the real engines: nothing here is mocked.

mod collection;
mod command;
pub(crate) mod mariadb;
mod postgres;
pub(crate) mod production;
mod recipes;
pub(crate) mod scratch;
mod sqlite;
mod ssh;
mod standby;
pub(crate) mod tar;
mod watch;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use duphong::base::manifest::{Inventory, TableRows};

/// What differs, as `kind name: before → after`.
pub(crate) fn differences(before: &Inventory, after: &Inventory) -> Vec<String> {
    fn flat(inventory: &Inventory) -> BTreeMap<String, String> {
        let objects = inventory.objects.iter().flat_map(|(kind, named)| {
            named.iter().map(move |(name, text)| (format!("{kind} {name}"), text.clone()))
        });
        let rows = inventory.tables.iter().map(|(name, TableRows { rows, digest })| {
            (format!("rows {name}"), format!("{rows} {digest}"))
        });
        objects.chain(rows).collect()
    }
    let (before, after) = (flat(before), flat(after));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let text = |side: &BTreeMap<String, String>, name: &String| {
        side.get(name).cloned().unwrap_or_else(|| "—".to_owned())
    };
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| format!("{name}: {} → {}", text(&before, name), text(&after, name)))
        .collect()
}
