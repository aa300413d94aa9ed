//! Asking a database for paths, within the dump's own snapshot.

use std::time::Duration;

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

/// A query over ten million rows without an index takes minutes. One that takes longer than this,
/// to its last row, keeps the server from cleaning up behind the snapshot for nothing, and everybody
/// who would alter a table waits for it.
const LIMIT: Duration = Duration::from_mins(30);

/// Puts `query` to the database as it is now.
pub fn ask(
    settings: &Settings,
    query: &str,
    each: &mut Each<'_>,
    world: &World,
    cancel: &Cancel,
) -> Result<(), SourceError> {
    let snapshot = Snapshot::open(settings, world, cancel)?;
    paths(&snapshot.session, query, each)
}

/// Puts each of these to what `snapshot` shows. On a connection of its own: a query that fails ends
/// its transaction, and the dump reads through the other one.
pub(super) fn all(
    questions: &mut [Question<'_>],
    settings: &Settings,
    snapshot: &Snapshot,
    instant: Timestamp,
) {
    for question in questions {
        question
            .answered(instant, true, |query, each| paths(&snapshot.join(settings)?, query, each));
    }
}

/// The session is in a transaction that reads. A wish to stop, and the end of [`LIMIT`], end the
/// statement on the server too.
fn paths(session: &Session, query: &str, each: &mut Each<'_>) -> Result<(), SourceError> {
    let clock = &session.world.clock;
    let began = clock.monotonic();
    let left = || LIMIT.saturating_sub(clock.monotonic().since(began));
    let late = |fault| match fault {
        SourceError::Silent { .. } => {
            let minutes = LIMIT.as_secs() / 60;
            SourceError::Paths { detail: format!("it took longer than {minutes} minutes") }
        }
        other => other,
    };
    // The same names on every server, whatever its roles have for a path. The limit stands with the
    // server too, which knows nothing of our end.
    let settings = format!(
        "SET LOCAL search_path = public; SET LOCAL statement_timeout = '{}s'",
        LIMIT.as_secs()
    );
    session.run("prepare the session", &settings)?;
    // Prepared, so that it is one statement, whatever stands in it.
    let declare = format!("DECLARE duphong_paths NO SCROLL CURSOR FOR {query}");
    let declared =
        session.world.block_on(session.heed(left(), session.client.execute(&declare, &[])));
    declared.map_err(late)?.map_err(|error| failed(ACT, error))?;
    let fetch = format!("FETCH {ROWS_AT_ONCE} FROM duphong_paths");
    loop {
        session.go_on(left()).map_err(late)?;
        let rows = session.rows_within(left(), ACT, &fetch).map_err(late)?;
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
