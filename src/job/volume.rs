//! What sealed sources cost: how many bytes a day they will add to each repository.
//!
//! What is sealed is another stream each time, so nothing of it is ever found to be there already.
//! A person should know that before the disk is full. Reads the log and the sizes of files; opens no
//! repository and asks no server, as `validate` promises.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;

use crate::audit::{Entry, Kind, Reader};
use crate::config::settings::{Engine, Portal};
use crate::job::site::{Layout, Site};
use crate::source::sqlite;

/// Schedules are counted over a week: many differ from day to day, few from week to week.
const DAYS: u64 = 7;

/// More starts a week than a schedule of cron can have, so that counting ends.
const STARTS_MAX: u64 = DAYS * 24 * 60;

/// From where a size is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The last set sealed so much.
    LastSet,
    /// The file is so large; sealed it is smaller as a rule, and hardly ever larger.
    FileSize,
}

impl Basis {
    /// The word in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LastSet => "last-set",
            Self::FileSize => "file-size",
        }
    }
}

/// What one sealed source costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The portal.
    pub portal: String,
    /// The source, by its part of a set.
    pub part: String,
    /// Bytes that a set adds, where that is known: all of a database, of a tree what changed.
    pub bytes: Option<(u64, Basis)>,
    /// Sets that the schedule takes in a week; none where there is no schedule.
    pub sets_a_week: u64,
}

impl Volume {
    /// Bytes that a day adds to each repository; nothing where size or schedule are not known.
    pub fn bytes_a_day(&self) -> Option<u64> {
        let (bytes, _) = self.bytes?;
        (self.sets_a_week > 0).then(|| {
            let week = u128::from(bytes) * u128::from(self.sets_a_week);
            u64::try_from(week.div_ceil(u128::from(DAYS))).unwrap_or(u64::MAX)
        })
    }
}

/// Every sealed source, in the order of the configuration.
pub fn expected(site: &Site) -> Vec<Volume> {
    let last = last_sealed(site);
    let mut volumes = Vec::new();
    for portal in &site.settings.portals {
        let sets_a_week = starts_a_week(site, portal);
        let mut add = |part: String, file: Option<u64>| {
            let sealed = last.get(&(portal.id.clone(), part.clone())).copied();
            let bytes = sealed.map(|bytes| (bytes, Basis::LastSet));
            let bytes = bytes.or(file.map(|bytes| (bytes, Basis::FileSize)));
            volumes.push(Volume { portal: portal.id.clone(), part, bytes, sets_a_week });
        };
        for database in portal.databases.iter().filter(|one| one.sealed.is_some()) {
            let file = match &database.engine {
                Engine::Sqlite(settings) => {
                    sqlite::size(&sqlite::Settings { path: settings.path.clone() }).ok()
                }
                Engine::Postgres(_)
                | Engine::PostgresBase(_)
                | Engine::Mariadb(_)
                | Engine::Command(_) => None,
            };
            add(Layout::database(&database.name), file);
        }
        for tree in portal.trees.iter().filter(|one| one.sealed.is_some()) {
            add(Layout::tree(tree.role, &tree.name), None);
        }
    }
    volumes
}

fn starts_a_week(site: &Site, portal: &Portal) -> u64 {
    let Some(schedule) = &portal.snapshot.schedule else { return 0 };
    let from = site.world.clock.now();
    let week = SignedDuration::from_hours(24 * 7);
    let starts = std::iter::successors(schedule.next(from), |at| schedule.next(*at));
    let starts = starts.take_while(|at| at.duration_since(from) <= week);
    starts.take(usize::try_from(STARTS_MAX).unwrap_or(usize::MAX)).count() as u64
}

/// What the newest set of each portal sealed, by portal and part. A log that is not there or cannot
/// be read tells nothing, which is said of every source.
fn last_sealed(site: &Site) -> BTreeMap<(String, String), u64> {
    let mut last = BTreeMap::new();
    let Ok(reader) = Reader::open(&site.settings.audit_dir()) else { return last };
    for entry in reader.entries().map_while(Result::ok) {
        take(&entry, &mut last);
    }
    last
}

fn take(entry: &Entry, last: &mut BTreeMap<(String, String), u64>) {
    if entry.kind != Kind::Outcome || entry.verb != "snapshot.create" {
        return;
    }
    let sealed = entry.facts.get("sealed").and_then(Value::as_array);
    for part in sealed.into_iter().flatten() {
        if let (Some(name), Some(bytes)) = (part["part"].as_str(), part["new"].as_u64()) {
            last.insert((entry.subject.clone(), name.to_owned()), bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_costs_its_share_of_the_week_and_what_is_unknown_costs_nothing_known() {
        let volume = |bytes, sets_a_week| Volume {
            portal: "mau".to_owned(),
            part: "db/cong".to_owned(),
            bytes,
            sets_a_week,
        };
        let of = |bytes, sets| volume(Some((bytes, Basis::LastSet)), sets).bytes_a_day();
        assert_eq!((of(700, 1), of(700, 28), of(701, 1)), (Some(100), Some(2800), Some(101)));
        assert_eq!((of(700, 0), volume(None, 28).bytes_a_day()), (None, None));
        assert_eq!(of(u64::MAX, 28), Some(u64::MAX));
    }
}
