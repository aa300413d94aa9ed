//! Asking a database for paths, within the dump's own snapshot.

use crate::base::cancel::Cancel;
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::session::{Session, Snapshot, failed};
use crate::source::question::{Each, Question, check_columns, hand};
use crate::world::World;
use jiff::Timestamp;

const ACT: &str = "ask for paths";

/// Rows that are held at once.
const ROWS_AT_ONCE: u32 = 1000;

/// A query over ten million rows without an index takes minutes; one that takes longer than this
/// keeps the server from cleaning up behind the snapshot for nothing.
const LIMIT: &str = "30min";

/// Puts `query` to the database as it is now.
pub fn ask(
    settings: &Settings,
    query: &str,
    each: &mut Each<'_>,
    world: &World,
    cancel: &Cancel,
) -> Result<(), SourceError> {
    let snapshot = Snapshot::open(settings, world)?;
    paths(&snapshot.session, query, each, cancel)
}

/// Puts each of these to what `snapshot` shows. On a connection of its own: a query that fails ends
/// its transaction, and the dump reads through the other one.
pub(super) fn all(
    questions: &mut [Question<'_>],
    settings: &Settings,
    snapshot: &Snapshot,
    instant: Timestamp,
    cancel: &Cancel,
) {
    for question in questions {
        question.answered(instant, true, |query, each| {
            paths(&snapshot.join(settings)?, query, each, cancel)
        });
    }
}

/// The session is in a transaction that reads.
fn paths(
    session: &Session,
    query: &str,
    each: &mut Each<'_>,
    cancel: &Cancel,
) -> Result<(), SourceError> {
    // The same names on every server, whatever its roles have for a path.
    let settings =
        format!("SET LOCAL search_path = public; SET LOCAL statement_timeout = '{LIMIT}'");
    session.run("prepare the session", &settings)?;
    // Prepared, so that it is one statement, whatever stands in it.
    let declare = format!("DECLARE duphong_paths NO SCROLL CURSOR FOR {query}");
    let declared = session.world.block_on(session.client.execute(&declare, &[]));
    declared.map_err(|error| failed(ACT, error))?;
    let fetch = format!("FETCH {ROWS_AT_ONCE} FROM duphong_paths");
    loop {
        if cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        let rows = session.rows(ACT, &fetch)?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            check_columns(row.len())?;
            if let Some(Some(path)) = row.first() {
                hand(each, path.as_bytes())?;
            }
        }
    }
}
