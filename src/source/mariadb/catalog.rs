//! What a server says it holds, before a dump and after: the dump must have all of it.
//!
//! The program leaves out in silence what its account does not see, what went while it ran, and the
//! rows of engines that keep them elsewhere. So the server's own lists are held beside what came.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::error::SourceError;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::script::literal;
use crate::source::mariadb::session::Session;
use crate::source::mariadb::stream::Collected;
use crate::source::mariadb::tools::{Family, series};

/// Engines whose rows the dump programs leave out: they are other tables' or other servers'.
const ELSEWHERE: [&str; 7] =
    ["MRG_MYISAM", "MRG_ISAM", "CONNECT", "OQGRAPH", "SPIDER", "VP", "FEDERATED"];

/// The first MySQL that has libraries for its routines.
const LIBRARIES: u32 = 902;

const LIST_TABLES: &str = "list the tables";
const LIST_OBJECTS: &str = "list the objects";

/// The lists of one database.
pub(super) struct Catalog {
    /// Tables, with when their definitions were written: what is added to a table at no cost
    /// (`ALTER TABLE … ADD COLUMN`) leaves no other trace, not even for the dump program.
    tables: BTreeMap<String, String>,
    /// Tables that must be locked for a dump of one instant.
    pub(super) locked: BTreeSet<String>,
    /// Tables whose rows no dump has, with their engines.
    pub(super) elsewhere: BTreeMap<String, String>,
    /// Whether a table keeps its former rows.
    pub(super) has_history: bool,
    /// All other objects by kind and name, as the inventory calls them.
    objects: BTreeSet<(String, String)>,
}

impl Catalog {
    /// Asks for them; only what the account may see is in them.
    pub(super) fn read(session: &mut Session, database: &str) -> Result<Self, SourceError> {
        let name = literal(database);
        let sql = format!(
            "SELECT t.table_name, t.create_time, t.table_type, t.engine, \
             COALESCE(e.transactions, 'NO') FROM information_schema.tables t \
             LEFT JOIN information_schema.engines e ON e.engine = t.engine \
             WHERE t.table_schema = {name} AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"
        );
        let mut catalog = Self {
            tables: BTreeMap::new(),
            locked: BTreeSet::new(),
            elsewhere: BTreeMap::new(),
            has_history: false,
            objects: BTreeSet::new(),
        };
        for row in session.rows(LIST_TABLES, &sql)? {
            let [name, at, kind, engine, transactions] = shaped(LIST_TABLES, row)?;
            catalog.has_history |= kind == "SYSTEM VERSIONED";
            if ELSEWHERE.contains(&engine.to_ascii_uppercase().as_str()) {
                catalog.elsewhere.insert(name.clone(), engine);
            } else if transactions != "YES" {
                catalog.locked.insert(name.clone());
            }
            catalog.tables.insert(name, at);
        }
        let sql = format!(
            "SELECT 'view', table_name FROM information_schema.views WHERE table_schema = {name} \
             UNION ALL SELECT 'trigger', trigger_name FROM information_schema.triggers \
             WHERE trigger_schema = {name} \
             UNION ALL SELECT 'event', event_name FROM information_schema.events \
             WHERE event_schema = {name} \
             UNION ALL SELECT 'routine', CONCAT(routine_type, ' ', routine_name) \
             FROM information_schema.routines WHERE routine_schema = {name}"
        );
        let mut questions = vec![sql];
        if session.family == Family::Mysql && series(&session.version) >= LIBRARIES {
            questions.push(format!(
                "SELECT 'routine', CONCAT('LIBRARY ', library_name) \
                 FROM information_schema.libraries WHERE library_schema = {name}"
            ));
        }
        for sql in questions {
            for row in session.rows(LIST_OBJECTS, &sql)? {
                let [kind, name] = shaped(LIST_OBJECTS, row)?;
                catalog.objects.insert((kind, name));
            }
        }
        Ok(catalog)
    }

    /// Fails when something went or was altered since, or is not in what the dump brought.
    pub(super) fn check(&self, now: &Self, collected: &Collected) -> Result<(), SourceError> {
        let is_whole = |name: &str, at| {
            collected.tables.contains_key(name) && now.tables.get(name) == Some(at)
        };
        let broken = self.tables.iter().filter(|(name, at)| !is_whole(name, at));
        let mut altered: Vec<String> = broken.map(|(name, _)| name.clone()).collect();
        if self.locked != now.locked {
            altered.push("tables without transactions came or went".to_owned());
        }
        let has = |(kind, name): &&(String, String)| {
            collected.objects.get(kind).is_some_and(|named| named.contains_key(name))
        };
        let mut missing = Vec::new();
        for object in self.objects.iter().filter(|object| !has(object)) {
            let place = if now.objects.contains(object) { &mut missing } else { &mut altered };
            place.push(format!("{} {}", object.0, object.1));
        }
        if !altered.is_empty() {
            return Err(MariadbFault::Altered { detail: altered.join(", ") }.into());
        }
        if !missing.is_empty() {
            return Err(MariadbFault::Missing { objects: missing.join(", ") }.into());
        }
        Ok(())
    }
}

/// The columns that were asked for. What came otherwise must not be left out of what a dump is held
/// against.
fn shaped<const N: usize>(act: &'static str, row: Vec<String>) -> Result<[String; N], SourceError> {
    row.try_into().map_err(|row: Vec<String>| {
        let columns = row.len() as u64;
        MariadbFault::Shape { act, columns }.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_another_shape_is_a_fault_and_none_is_left_out() {
        let row = |columns: usize| vec!["a".to_owned(); columns];
        assert_eq!(shaped(LIST_OBJECTS, row(2)).unwrap(), ["a", "a"]);
        for columns in [0, 1, 3] {
            let shaped = shaped::<2>(LIST_OBJECTS, row(columns));
            let Err(SourceError::Mariadb(MariadbFault::Shape { columns: told, .. })) = shaped
            else {
                panic!("{columns}: {shaped:?}");
            };
            assert_eq!(told, columns as u64);
        }
    }
}
