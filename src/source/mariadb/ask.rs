//! Asking a database for paths, in a transaction that reads.

use crate::base::cancel::Cancel;
use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::script::literal;
use crate::source::mariadb::session::Session;
use crate::source::question::{Each, check_columns, hand};
use crate::world::World;

const ACT: &str = "ask for paths";

/// Puts `query` to the database as it is now. A file that is called `NULL` counts as none: the
/// client shows an empty row so.
pub fn ask(
    settings: &Settings,
    query: &str,
    each: &mut Each<'_>,
    world: &World,
    cancel: &Cancel,
) -> Result<(), SourceError> {
    let mut session = Session::open_streaming(settings, world)?.under(cancel);
    session.run(ACT, "START TRANSACTION READ ONLY")?;
    // Prepared, so that it is one statement of the server, whatever stands in it.
    session.run(ACT, &format!("SET @duphong_paths = {}", literal(query)))?;
    session.run(ACT, "PREPARE duphong_paths FROM @duphong_paths")?;
    session.each_row(ACT, "EXECUTE duphong_paths", &mut |row| {
        if cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        check_columns(row.len())?;
        match row[0].as_str() {
            "NULL" => Ok(()),
            path => hand(each, path.as_bytes()),
        }
    })
}
