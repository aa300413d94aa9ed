//! Asking a file for paths, as carefully as it is counted: it may come from elsewhere.

use std::path::Path;

use rusqlite::types::ValueRef;

use crate::base::cancel::Cancel;
use crate::source::error::SourceError;
use crate::source::question::{Each, check_columns, hand};
use crate::source::sqlite::inventory;
use crate::source::sqlite::wrap;

/// Rows between two looks at the wish to stop.
const ROWS_PER_LOOK: u64 = 4096;

/// Puts `query` to the file at `path`, which nothing writes to. Views are not read: see
/// [`mod@inventory`].
pub fn ask(
    path: &Path,
    query: &str,
    each: &mut Each<'_>,
    cancel: &Cancel,
) -> Result<(), SourceError> {
    let read = |error| wrap("ask for paths", path, error);
    let connection = inventory::open(path)?;
    let mut statement = connection.prepare(query).map_err(read)?;
    check_columns(statement.column_count())?;
    let mut rows = statement.query([]).map_err(read)?;
    let mut count = 0_u64;
    while let Some(row) = rows.next().map_err(read)? {
        count += 1;
        if count.is_multiple_of(ROWS_PER_LOOK) && cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        match row.get_ref(0).map_err(read)? {
            ValueRef::Null => {}
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => hand(each, bytes)?,
            ValueRef::Integer(number) => hand(each, number.to_string().as_bytes())?,
            ValueRef::Real(number) => hand(each, number.to_string().as_bytes())?,
        }
    }
    Ok(())
}
