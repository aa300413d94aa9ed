//! What the catalogs say: every object's definition, the tables with rows, the sequences.
//!
//! The statements stand in `objects.sql`, one section per kind, so that an auditor can run them
//! with `psql`. A section that the role may not read makes the inventory blind to it, and says so;
//! it never makes it silently shorter.

use std::collections::BTreeMap;

use tokio_postgres::error::SqlState;

use crate::base::manifest::Inventory;
use crate::source::error::SourceError;
use crate::source::postgres::canonical::canonical;
use crate::source::postgres::session::Session;
use crate::source::rows::RowKey;

const OBJECTS: &str = include_str!("objects.sql");

/// The kind of sequence values in the inventory.
const SEQUENCE_VALUE: &str = "sequence-value";

/// How everything ends that an inventory says of what a standby does not have.
pub(super) const HOLE: &str = ": a standby has none";

/// Sequences asked for in one statement: each is a relation to open, and a statement of a few
/// hundred stays well below the server's limits on locks.
const SEQUENCES_PER_QUERY: usize = 200;

/// One statement of `objects.sql`.
struct Section<'a> {
    title: &'a str,
    since: u32,
    sql: &'a str,
}

/// A table whose rows are dumped.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) oid: u32,
    /// Qualified and quoted where needed: fit for a statement and for the inventory.
    pub(super) name: String,
    /// The stored columns, quoted, in the order in which `pg_dump` writes them.
    pub(super) columns: Vec<String>,
    /// What an extension lets be dumped of its own table, such as `WHERE NOT builtin`.
    pub(super) condition: String,
    /// Whether its rows are in no log, so that a standby has none of them.
    pub(super) unlogged: bool,
}

impl Table {
    /// The positions of the columns in the order of their names: the order of the digest, since
    /// an inheriting table may get its columns in another order when it is restored.
    pub(super) fn by_name(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.columns.len()).collect();
        order.sort_by_key(|&at| self.columns[at].as_bytes());
        order
    }
}

/// Every object except rows, sequence values and large objects.
pub(super) fn objects(session: &Session, key: &RowKey) -> Result<Inventory, SourceError> {
    let mut inventory = Inventory { row_key: key.to_hex(), ..Inventory::default() };
    for section in sections() {
        if session.version < section.since {
            continue;
        }
        session.run("mark a section", "SAVEPOINT section")?;
        let rows = match session.rows("read the catalogs", section.sql) {
            Ok(rows) => rows,
            Err(SourceError::Query { source, .. })
                if source.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) =>
            {
                session.run("leave a section", "ROLLBACK TO SAVEPOINT section")?;
                inventory.blind.push(format!("{}: the role may not read them", section.title));
                continue;
            }
            Err(other) => return Err(other),
        };
        for row in rows {
            take_in(row, &mut inventory);
        }
    }
    Ok(inventory)
}

fn take_in(row: Vec<Option<String>>, inventory: &mut Inventory) {
    let mut fields = row.into_iter().map(Option::unwrap_or_default);
    let (kind, name, definition) = (
        fields.next().unwrap_or_default(),
        fields.next().unwrap_or_default(),
        fields.next().unwrap_or_default(),
    );
    if kind == "blind" {
        inventory.blind.push(name);
        return;
    }
    // What `load` gives back to the database itself must stand here whole.
    let whole = kind == "database-setting" || name == "database";
    let text = if whole { definition } else { canonical(&definition) };
    inventory.objects.entry(kind).or_default().insert(name, text);
}

fn sections() -> impl Iterator<Item = Section<'static>> {
    OBJECTS.split("-- section: ").skip(1).map(|text| {
        let (title, sql) = text.split_once('\n').unwrap_or((text, ""));
        let since = sql
            .strip_prefix("-- since: ")
            .and_then(|rest| rest.lines().next())
            .and_then(|number| number.trim().parse().ok())
            .unwrap_or(0);
        Section { title, since, sql }
    })
}

/// The tables whose rows `pg_dump` writes, the largest first.
pub(super) fn tables(session: &Session) -> Result<Vec<Table>, SourceError> {
    // A table of an extension is dumped only as far as the extension asks for it.
    let rows = session.rows(
        "list the tables",
        "SELECT c.oid, format('%I.%I', n.nspname, c.relname), x.condition, \
           c.relpersistence = 'u', quote_ident(a.attname) \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_depend e ON e.classid = 'pg_class'::regclass AND e.objid = c.oid \
           AND e.deptype = 'e' \
         LEFT JOIN LATERAL (SELECT p.extcondition[array_position(p.extconfig, c.oid)] AS condition \
           FROM pg_extension p WHERE p.oid = e.refobjid AND c.oid = ANY (p.extconfig)) x ON true \
         LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
           AND NOT a.attisdropped AND a.attgenerated = '' \
         WHERE c.relkind = 'r' AND c.relpersistence <> 't' \
           AND ((n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND e.objid IS NULL) \
             OR x.condition IS NOT NULL) \
         ORDER BY c.relpages DESC, c.oid, a.attnum",
    )?;
    let mut tables: Vec<Table> = Vec::new();
    for row in rows {
        let [Some(oid), Some(name), condition, unlogged, column] = row.as_slice() else { continue };
        let oid = oid.parse().unwrap_or_default();
        if tables.last().is_none_or(|table| table.oid != oid) {
            let condition = condition.clone().unwrap_or_default();
            let (name, unlogged) = (name.clone(), unlogged.as_deref() == Some("t"));
            tables.push(Table { oid, name, columns: Vec::new(), condition, unlogged });
        }
        if let (Some(table), Some(column)) = (tables.last_mut(), column) {
            table.columns.push(column.clone());
        }
    }
    Ok(tables)
}

/// The inventory's name of every sequence, by its schema and name as they are.
pub(super) fn sequences(
    session: &Session,
) -> Result<BTreeMap<(String, String), String>, SourceError> {
    let rows = session.rows(
        "list the sequences",
        "SELECT n.nspname, c.relname, format('%I.%I', n.nspname, c.relname) \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind = 'S' AND c.relpersistence <> 't' \
           AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
           AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass \
             AND e.objid = c.oid AND e.deptype = 'e')",
    )?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match <[Option<String>; 3]>::try_from(row) {
            Ok([Some(schema), Some(name), Some(shown)]) => Some(((schema, name), shown)),
            _ => None,
        })
        .collect())
}

/// What a standby does not have of the tables and sequences that are in no log: takes the tables out
/// of `tables`, and names all of it. Such a sequence comes back at its start.
pub(super) fn leave_out_unlogged(
    session: &Session,
    tables: &mut Vec<Table>,
    inventory: &mut Inventory,
) -> Result<(), SourceError> {
    for table in tables.extract_if(.., |table| table.unlogged) {
        let hole = format!("rows of the unlogged table `{}`{HOLE}", table.name);
        inventory.blind.push(hole);
        inventory.unsteady.insert(table.name);
    }
    let sequences = session.rows(
        "list the unlogged sequences",
        "SELECT format('%I.%I', n.nspname, c.relname), s.seqstart \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_sequence s ON s.seqrelid = c.oid \
         WHERE c.relpersistence = 'u' AND n.nspname !~ '^pg_' \
           AND n.nspname <> 'information_schema' \
           AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass \
             AND e.objid = c.oid AND e.deptype = 'e') \
         ORDER BY c.oid",
    )?;
    for row in sequences {
        let [Some(name), Some(start)] = row.as_slice() else { continue };
        let hole = format!("the value of the unlogged sequence `{name}`{HOLE}");
        inventory.blind.push(hole);
        set_sequence_value(inventory, name.clone(), start, false);
    }
    Ok(())
}

/// Reads the sequences' values from the server.
pub(super) fn sequence_values_of_server(
    session: &Session,
    inventory: &mut Inventory,
) -> Result<(), SourceError> {
    let names: Vec<String> = sequences(session)?.into_values().collect();
    for some in names.chunks(SEQUENCES_PER_QUERY) {
        let sql: Vec<String> = some
            .iter()
            .enumerate()
            .map(|(at, name)| format!("SELECT {at}, last_value, is_called FROM {name}"))
            .collect();
        for row in session.rows("read the sequences", &sql.join(" UNION ALL "))? {
            let [Some(at), Some(value), Some(called)] = row.as_slice() else { continue };
            let Some(name) = at.parse().ok().and_then(|at: usize| some.get(at)) else { continue };
            set_sequence_value(inventory, name.clone(), value, called == "t");
        }
    }
    Ok(())
}

/// Stores one sequence's value as the inventory writes it.
pub(super) fn set_sequence_value(
    inventory: &mut Inventory,
    name: String,
    value: &str,
    called: bool,
) {
    let text = if called { value.to_owned() } else { format!("{value}, not called") };
    inventory.objects.entry(SEQUENCE_VALUE.to_owned()).or_default().insert(name, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_one_statement_with_a_title() {
        let sections: Vec<_> = sections().collect();
        assert!(sections.len() > 20);
        for section in &sections {
            assert!(!section.title.is_empty());
            assert!(section.sql.trim_end().ends_with(';'), "{}", section.title);
        }
        let since = sections.iter().find(|s| s.title == "published schemas").map(|s| s.since);
        assert_eq!(since, Some(150_000));
    }

    #[test]
    fn columns_are_digested_in_the_order_of_their_names() {
        let table = Table {
            oid: 1,
            name: "t".into(),
            columns: vec!["b".into(), "a".into(), "\"A\"".into()],
            condition: String::new(),
            unlogged: false,
        };
        assert_eq!(table.by_name(), [2, 1, 0]);
    }
}
