//! Row counts and digests: from the files of a dump, and from a server by `COPY`.
//!
//! A row is its line in COPY's text format without the line break, its fields in the order of
//! their columns' names. Both sides read the same bytes because both fix the same settings
//! (`session::OPTIONS`) and the same encoding. Files are read as a stream: memory does not grow
//! with a table.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use futures_util::TryStreamExt as _;
use tokio_postgres::types::ToSql;

use crate::base::cancel::Cancel;
use crate::base::manifest::{Inventory, TableRows};
use crate::base::progress::Progress;
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::catalog::Table;
use crate::source::postgres::contents::data_file;
use crate::source::postgres::growing::{Growing, Part};
use crate::source::postgres::lines::Lines;
use crate::source::postgres::session::{ANSWER_MAX, Session, Snapshot, failed};
use crate::source::rows::{RowHash, RowKey, RowSum};
use crate::world::World;
use crate::world::files::FileError;

/// Large enough that reading is not felt beside hashing.
const BUFFER: usize = 256 * 1024;

/// Rows between two looks at the wish to stop.
const ROWS_PER_LOOK: u64 = 16 * 1024;

/// Part of a large object fetched at once.
const LARGE_OBJECT_PART: i32 = 1024 * 1024;

/// The kind of large objects in the inventory.
const LARGE_OBJECT: &str = "large-object";

/// Counts rows of one table as lines pass.
struct Rows<'a> {
    key: &'a RowKey,
    /// Positions of the fields in digest order; `None` when the line is in that order already.
    order: Option<Vec<usize>>,
    fields: Vec<(usize, usize)>,
    sum: RowSum,
    seen: u64,
}

impl<'a> Rows<'a> {
    fn new(key: &'a RowKey, order: Vec<usize>) -> Self {
        let identity = order.iter().enumerate().all(|(at, &from)| at == from);
        let order = if identity { None } else { Some(order) };
        Self { key, order, fields: Vec::new(), sum: RowSum::default(), seen: 0 }
    }

    /// Takes in a line; false when it has not the number of fields that the table has.
    fn add(&mut self, line: &[u8]) -> bool {
        self.seen += 1;
        let Some(order) = &self.order else {
            self.sum.add(self.key, line);
            return true;
        };
        self.fields.clear();
        let mut start = 0;
        // A tab within a value is written as backslash and t, so every tab separates.
        for at in memchr::memchr_iter(b'\t', line) {
            self.fields.push((start, at));
            start = at + 1;
        }
        self.fields.push((start, line.len()));
        if self.fields.len() != order.len() {
            return false;
        }
        let mut hash = RowHash::new(self.key);
        for (nth, &from) in order.iter().enumerate() {
            if nth > 0 {
                hash.update(b"\t");
            }
            let (start, end) = self.fields[from];
            hash.update(&line[start..end]);
        }
        self.sum.add_hash(hash);
        true
    }

    fn must_stop(&self, cancel: &Cancel) -> bool {
        self.seen.is_multiple_of(ROWS_PER_LOOK) && cancel.is_cancelled()
    }
}

/// What is counted of a dump.
pub(super) struct OfDump<'a> {
    /// Where it is written.
    pub(super) folder: &'a Path,
    /// How far it is.
    pub(super) growing: &'a Growing,
    /// The numbers of the files of rows, by the table's OID.
    pub(super) files: &'a BTreeMap<u32, u32>,
    /// The tables that it must hold, and no others.
    pub(super) tables: &'a [Table],
    pub(super) key: &'a RowKey,
}

/// Counts the tables of a dump while it grows. Ends when all of it is counted, or with the first
/// failure.
pub(super) fn of_dump(
    dump: &OfDump<'_>,
    jobs: usize,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<BTreeMap<String, TableRows>, SourceError> {
    let OfDump { folder, growing, files, tables, key } = *dump;
    let damaged = |detail: String| SourceError::DumpDamaged { detail };
    let known: BTreeMap<u32, &Table> = tables.iter().map(|table| (table.oid, table)).collect();
    let mut counted = BTreeMap::new();
    for (oid, &id) in files {
        let table = known
            .get(oid)
            .ok_or_else(|| damaged(format!("it holds rows of an unknown table (OID {oid})")))?;
        counted.insert(id, (*table, Mutex::new((RowSum::default(), false))));
    }
    let threads: Vec<usize> = (0..jobs).collect();
    spread(
        &threads,
        jobs,
        || Ok(()),
        |(), _| {
            while let Some(part) = growing.next_part() {
                // Other files stand in no table of contents and are not loaded.
                let Some((table, sum)) = counted.get(&part.id) else { continue };
                let rows = of_part(&folder.join(data_file(part.id)), &part, table, key, cancel)
                    .inspect_err(|_| growing.give_up())?;
                let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                sum.0.merge(rows);
                sum.1 |= part.is_last;
                if part.is_late {
                    progress.advance(u64::from(part.is_last), part.to - part.from);
                }
            }
            Ok(())
        },
    )?;
    let mut all = BTreeMap::new();
    for (table, sum) in counted.into_values() {
        let (sum, is_whole) = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
        if is_whole {
            all.insert(table.name.clone(), sum.finish());
        }
    }
    match tables.iter().find(|table| !all.contains_key(&table.name)) {
        None => Ok(all),
        Some(table) => Err(damaged(format!("it holds no rows of `{}`", table.name))),
    }
}

/// The rows whose lines end within a part of a file.
fn of_part(
    path: &Path,
    part: &Part,
    table: &Table,
    key: &RowKey,
    cancel: &Cancel,
) -> Result<RowSum, SourceError> {
    let damaged = |what: &str| SourceError::DumpDamaged {
        detail: format!("{what} in `{}` (rows of `{}`)", path.display(), table.name),
    };
    let file = File::open(path).map_err(FileError::io("read", path))?;
    let mut rows = Rows::new(key, table.by_name());
    let lines = Lines::ending_within(&file, part.from, part.to);
    let Some(mut lines) = lines.map_err(FileError::io("read", path))? else {
        // Last parts end with a line.
        return if part.is_last { Err(damaged("the end mark is missing")) } else { Ok(rows.sum) };
    };
    let mut is_marked = false;
    while let Some(line) = lines.next_line().map_err(FileError::io("read", path))? {
        if is_marked {
            if !line.is_empty() {
                return Err(damaged("something follows the end mark"));
            }
        } else if line == b"\\." {
            is_marked = true;
        } else if !rows.add(line) {
            return Err(damaged("a row has a wrong number of fields"));
        }
        if rows.must_stop(cancel) {
            return Err(SourceError::Cancelled);
        }
    }
    if cancel.is_cancelled() {
        return Err(SourceError::Cancelled);
    }
    match (part.is_last, is_marked) {
        (true, true) if lines.rest().is_empty() => Ok(rows.sum),
        (false, false) => Ok(rows.sum),
        (true, _) => Err(damaged("the end mark is missing")),
        (false, true) => Err(damaged("something follows the end mark")),
    }
}

/// Counts the tables of a live server, all under the given snapshot.
pub(super) fn of_server(
    settings: &Settings,
    snapshot: &Snapshot,
    tables: &[Table],
    key: &RowKey,
    world: &World,
    cancel: &Cancel,
) -> Result<BTreeMap<String, TableRows>, SourceError> {
    let encoding = copy_encoding(&snapshot.session)?;
    let open = || {
        let session = snapshot.join(settings)?;
        session.run("set the encoding", &format!("SET client_encoding = '{encoding}'"))?;
        Ok(session)
    };
    let counted = spread(tables, settings.jobs(), open, |session, table| {
        let rows = world.block_on(of_table(session, table, key, cancel))?;
        Ok((table.name.clone(), rows))
    })?;
    Ok(counted.into_iter().collect())
}

/// The encoding of rows in dumps and in digests: UTF-8, unless the database promises none.
pub(super) fn copy_encoding(session: &Session) -> Result<&'static str, SourceError> {
    let server = session.value("ask for the encoding", "SHOW server_encoding")?;
    // The server refuses to pass bytes of an unknown encoding off as UTF-8.
    Ok(if server == "SQL_ASCII" { "SQL_ASCII" } else { "UTF8" })
}

async fn of_table(
    session: &Session,
    table: &Table,
    key: &RowKey,
    cancel: &Cancel,
) -> Result<TableRows, SourceError> {
    let act = "read the rows";
    let order = table.by_name();
    let columns: Vec<&str> = order.iter().map(|&at| table.columns[at].as_str()).collect();
    let columns = columns.join(", ");
    let sql = match (columns.as_str(), table.condition.as_str()) {
        ("", _) => format!("COPY {} TO STDOUT", table.name),
        (columns, "") => format!("COPY {} ({columns}) TO STDOUT", table.name),
        (columns, only) => {
            format!("COPY (SELECT {columns} FROM {} {only}) TO STDOUT", table.name)
        }
    };
    let begun = session.heed(ANSWER_MAX, session.client.copy_out(&sql)).await?;
    let stream = begun.map_err(|e| failed(act, e))?;
    let mut stream = std::pin::pin!(stream);
    let mut rows = Rows::new(key, (0..order.len()).collect());
    // A server sends one row a message, but the protocol does not promise it.
    let mut pending: Vec<u8> = Vec::new();
    loop {
        let next = session.heed(ANSWER_MAX, stream.try_next()).await?;
        let Some(chunk) = next.map_err(|e| failed(act, e))? else { break };
        let mut rest = &chunk[..];
        while let Some(end) = memchr::memchr(b'\n', rest) {
            if pending.is_empty() {
                rows.add(&rest[..end]);
            } else {
                pending.extend_from_slice(&rest[..end]);
                rows.add(&pending);
                pending.clear();
            }
            rest = &rest[end + 1..];
        }
        pending.extend_from_slice(rest);
        if rows.must_stop(cancel) {
            return Err(SourceError::Cancelled);
        }
    }
    Ok(rows.sum.finish())
}

/// Counts the large objects of a dump. Their owners and rights are read from the catalogs.
pub(super) fn large_objects_of_dump(
    dir: &Path,
    session: &Session,
    key: &RowKey,
    inventory: &mut Inventory,
) -> Result<(), SourceError> {
    let mut sum = RowSum::default();
    for entry in fs::read_dir(dir).map_err(FileError::io("read", dir))? {
        let path = entry.map_err(FileError::io("read", dir))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let oid = name.strip_prefix("blob_").and_then(|rest| rest.strip_suffix(".dat"));
        let Some(oid) = oid.and_then(|oid| oid.parse::<u32>().ok()) else { continue };
        let mut hash = large_object_hash(key, oid);
        let mut file = File::open(&path).map_err(FileError::io("read", &path))?;
        let mut buffer = vec![0; BUFFER];
        loop {
            match file.read(&mut buffer).map_err(FileError::io("read", &path))? {
                0 => break,
                count => hash.update(&buffer[..count]),
            }
        }
        sum.add_hash(hash);
    }
    let counted = sum.finish();
    let listed = note_large_objects(session, key, &counted, inventory)?;
    if listed != counted.rows {
        return Err(SourceError::DumpDamaged {
            detail: format!("it holds {} of {listed} large objects", counted.rows),
        });
    }
    Ok(())
}

/// Counts the large objects of a live server.
pub(super) fn large_objects_of_server(
    session: &Session,
    key: &RowKey,
    inventory: &mut Inventory,
) -> Result<(), SourceError> {
    let sum = session.world.block_on(read_large_objects(session, key))?;
    note_large_objects(session, key, &sum.finish(), inventory)?;
    Ok(())
}

/// Fetches the first part of every object in one stream and the rest of the long ones in parts:
/// portals have many small objects, and a question for each would take longer than their bytes.
async fn read_large_objects(session: &Session, key: &RowKey) -> Result<RowSum, SourceError> {
    let act = "read the large objects";
    let mut sum = RowSum::default();
    let first = "SELECT oid, lo_get(oid, 0, $1) FROM pg_largeobject_metadata";
    let parameters: [&(dyn ToSql + Sync); 1] = [&LARGE_OBJECT_PART];
    let asked = session.client.query_raw(first, parameters.iter().copied());
    let rows = session.heed(ANSWER_MAX, asked).await?.map_err(|e| failed(act, e))?;
    let mut rows = std::pin::pin!(rows);
    let mut long = Vec::new();
    loop {
        let next = session.heed(ANSWER_MAX, rows.try_next()).await?;
        let Some(row) = next.map_err(|e| failed(act, e))? else { break };
        let (oid, part): (u32, &[u8]) = (row.get(0), row.get(1));
        let mut hash = large_object_hash(key, oid);
        hash.update(part);
        if part.len() == LARGE_OBJECT_PART.unsigned_abs() as usize {
            long.push((oid, hash));
        } else {
            sum.add_hash(hash);
        }
    }
    for (oid, mut hash) in long {
        let mut offset = i64::from(LARGE_OBJECT_PART);
        loop {
            let wanted: [&(dyn ToSql + Sync); 3] = [&oid, &offset, &LARGE_OBJECT_PART];
            let asked = session.client.query_one("SELECT lo_get($1, $2, $3)", &wanted);
            let row = session.heed(ANSWER_MAX, asked).await?.map_err(|e| failed(act, e))?;
            let part: &[u8] = row.get(0);
            hash.update(part);
            if part.len() < LARGE_OBJECT_PART.unsigned_abs() as usize {
                break;
            }
            offset += i64::from(LARGE_OBJECT_PART);
        }
        sum.add_hash(hash);
    }
    Ok(sum)
}

fn large_object_hash(key: &RowKey, oid: u32) -> RowHash {
    let mut hash = RowHash::new(key);
    hash.update(format!("{oid}\n").as_bytes());
    hash
}

/// Notes count, content and rights; returns how many the catalogs list.
fn note_large_objects(
    session: &Session,
    key: &RowKey,
    content: &TableRows,
    inventory: &mut Inventory,
) -> Result<u64, SourceError> {
    let listed = session.rows(
        "list the large objects",
        "SELECT concat_ws(' ', m.oid, pg_get_userbyid(m.lomowner), \
           (SELECT string_agg(a::text, ', ' ORDER BY a::text COLLATE \"C\") \
            FROM unnest(coalesce(m.lomacl, acldefault('L', m.lomowner))) a)) \
         FROM pg_largeobject_metadata m",
    )?;
    let mut rights = RowSum::default();
    for row in &listed {
        let text = row.first().and_then(Option::as_deref).unwrap_or_default();
        rights.add(key, text.as_bytes());
    }
    let noted = inventory.objects.entry(LARGE_OBJECT.to_owned()).or_default();
    noted.insert("count".to_owned(), content.rows.to_string());
    noted.insert("content".to_owned(), content.digest.clone());
    noted.insert("rights".to_owned(), rights.finish().digest);
    Ok(listed.len() as u64)
}

/// Works through `items` on up to `workers` threads, each with a state of its own; the first
/// error ends all of them.
fn spread<T: Sync, S, R: Send>(
    items: &[T],
    workers: usize,
    open: impl Fn() -> Result<S, SourceError> + Sync,
    work: impl Fn(&mut S, &T) -> Result<R, SourceError> + Sync,
) -> Result<Vec<R>, SourceError> {
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    let run = || -> Result<Vec<R>, SourceError> {
        let mut state = open()?;
        let mut done = Vec::new();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stopped.load(Ordering::Relaxed) {
                break;
            }
            done.push(work(&mut state, item)?);
        }
        Ok(done)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers.clamp(1, items.len().max(1)))
            .map(|_| {
                scope.spawn(|| {
                    let result = run();
                    if result.is_err() {
                        stopped.store(true, Ordering::Relaxed);
                    }
                    result
                })
            })
            .collect();
        let mut all = Vec::new();
        for thread in threads {
            match thread.join() {
                Ok(part) => all.extend(part?),
                // A bug of ours goes on as the panic it is: the job's boundary records it.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(all)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> RowKey {
        RowKey::parse(&"ab".repeat(16)).unwrap()
    }

    #[test]
    fn fields_are_taken_in_digest_order() {
        let mut permuted = Rows::new(&key(), vec![2, 0, 1]).into_sum(&[b"b\tc\ta"]);
        assert_eq!(permuted, Rows::new(&key(), vec![0, 1, 2]).into_sum(&[b"a\tb\tc"]));
        permuted = Rows::new(&key(), vec![1, 0]).into_sum(&[b"\t\\N"]);
        assert_eq!(permuted, Rows::new(&key(), vec![0, 1]).into_sum(&[b"\\N\t"]));
    }

    impl Rows<'_> {
        fn into_sum(mut self, lines: &[&[u8]]) -> TableRows {
            assert!(lines.iter().all(|line| self.add(line)));
            self.sum.finish()
        }
    }

    #[test]
    fn a_row_of_another_width_is_damage() {
        assert!(!Rows::new(&key(), vec![1, 0]).add(b"only one"));
    }

    #[test]
    fn the_first_error_ends_all_threads() {
        let items: Vec<u32> = (0..1000).collect();
        let result = spread(
            &items,
            4,
            || Ok(()),
            |(), &item| {
                if item == 3 { Err(SourceError::Cancelled) } else { Ok(item) }
            },
        );
        assert!(matches!(result, Err(SourceError::Cancelled)));
        let mut all = spread(&items, 4, || Ok(()), |(), &item| Ok(item)).unwrap();
        all.sort_unstable();
        assert_eq!(all, items);
    }
}
