//! What a session is asked, and how its answers are read.

use std::time::Duration;

use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use crate::source::error::SourceError;
use crate::source::postgres::replication::{Node, Position, Promise, Role, Standby};
use crate::source::postgres::session::failed;

const ACT: &str = "ask what the server is";

/// How far a standby has come. One statement, so that its values belong together.
const STANDBY: &str = "SELECT pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(), \
    to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), \
    greatest(0, ceil(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) \
        * 1000))::bigint, \
    pg_is_wal_replay_paused()::int";

/// The receiver, if one runs.
const RECEIVER: &str = "SELECT status, to_char(last_msg_receipt_time AT TIME ZONE 'UTC', \
    'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM pg_stat_wal_receiver";

/// What the replaying process waits for; nothing where the role may not know.
const REPLAY: &str =
    "SELECT coalesce(wait_event, '') FROM pg_stat_activity WHERE backend_type = 'startup'";

/// What the replaying process waits for when there is nothing more to replay: the next piece from
/// the receiver, or the time to look for a primary again.
const IDLE: [&str; 2] = ["RecoveryWalStream", "RecoveryRetrieveRetryInterval"];

/// The newest timeline that the control file knows: of a standby it may be told in either place.
const STANDBY_TIMELINE: &str = "SELECT greatest(timeline_id, min_recovery_end_timeline) \
    FROM pg_control_checkpoint(), pg_control_recovery()";

/// Of a primary the control file may lag behind; the name of the current file does not.
pub(in crate::source::postgres) const PRIMARY_TIMELINE: &str =
    "SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int";

/// Promoting is for superusers, and for whom they allow it.
const MAY_PROMOTE: &str =
    "SELECT has_function_privilege('pg_promote(boolean, integer)', 'EXECUTE')::int";

/// Commits wait for standbys only under these settings.
const PROMISE: &str = "SELECT current_setting('synchronous_standby_names'), \
    current_setting('synchronous_commit'), \
    (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'), \
    (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND (sync_state = 'sync' \
        OR sync_state = 'quorum' AND 1 = (SELECT count(*) FROM pg_stat_replication)))";

/// A table of this session only, gone with the transaction.
const WRITE: &str = "BEGIN; CREATE TEMPORARY TABLE duphong_write (n int) ON COMMIT DROP; \
    INSERT INTO duphong_write VALUES (1); COMMIT";

pub(super) async fn in_recovery(client: &Client) -> Result<bool, SourceError> {
    Ok(value(client, "SELECT pg_is_in_recovery()::int").await?.as_deref() == Some("1"))
}

pub(super) async fn node(client: &Client) -> Result<Node, SourceError> {
    let system = maybe(client, "SELECT system_identifier FROM pg_control_system()").await?;
    let waits = value(client, "SELECT current_setting('synchronous_standby_names')").await?;
    let may_promote = value(client, MAY_PROMOTE).await?.as_deref() == Some("1");
    let (role, timeline) = if in_recovery(client).await? {
        let standby = standby(client).await;
        // Promoted between two questions: what it is has to be asked anew.
        let standby = standby.map_err(fault_of_a_change)?;
        (Role::Standby(standby), maybe(client, STANDBY_TIMELINE).await?)
    } else {
        (Role::Primary(promise(client).await?), maybe(client, PRIMARY_TIMELINE).await?)
    };
    Ok(Node {
        system,
        timeline: timeline.and_then(|text| text.parse().ok()),
        waits_for: waits.unwrap_or_default(),
        may_promote,
        role,
    })
}

async fn standby(client: &Client) -> Result<Standby, SourceError> {
    let row = row(client, STANDBY).await?.ok_or(SourceError::Gone { act: ACT })?;
    let receiver = self::row(client, RECEIVER).await?;
    let waits = maybe(client, REPLAY).await?;
    let position = |at| row.get(at).and_then(Position::parse);
    Ok(Standby {
        received: position(0),
        replayed: position(1),
        last_commit: row.get(2).map(str::to_owned),
        last_commit_age_ms: row.get(3).and_then(|text| text.parse().ok()),
        paused: row.get(4) == Some("1"),
        // A role without the right to know sees that there is a receiver, and no more.
        receiver: receiver.as_ref().map(|row| row.get(0).unwrap_or("hidden").to_owned()),
        heard: receiver.and_then(|row| row.get(1).map(str::to_owned)),
        idle: waits.filter(|event| !event.is_empty()).map(|event| IDLE.contains(&event.as_str())),
    })
}

async fn promise(client: &Client) -> Result<Promise, SourceError> {
    let Some(row) = row(client, PROMISE).await? else { return Ok(Promise::Unknown) };
    let text = |at| row.get(at).unwrap_or_default();
    if text(0).trim().is_empty() || matches!(text(1), "off" | "local") {
        return Ok(Promise::Asynchronous);
    }
    // Each standby that streams has every acknowledged commit, and there is one.
    let all = text(2) != "0" && text(2) == text(3);
    Ok(if all { Promise::Synchronous } else { Promise::Unknown })
}

pub(super) async fn write(client: &Client) -> Result<(), SourceError> {
    client.batch_execute(WRITE).await.map_err(|source| failed("commit a write", source))
}

pub(super) async fn promote(client: &Client, limit: Duration) -> Result<bool, SourceError> {
    let act = "promote";
    let seconds = i32::try_from(limit.as_secs().max(1)).unwrap_or(i32::MAX);
    let sql = format!("SELECT pg_promote(true, {seconds})::int");
    let messages = client.simple_query(&sql).await.map_err(|source| failed(act, source))?;
    Ok(first(messages).and_then(|row| row.get(0).map(|text| text == "1")).unwrap_or(false))
}

async fn row(client: &Client, sql: &str) -> Result<Option<SimpleQueryRow>, SourceError> {
    client.simple_query(sql).await.map(first).map_err(|source| failed(ACT, source))
}

async fn value(client: &Client, sql: &str) -> Result<Option<String>, SourceError> {
    Ok(row(client, sql).await?.and_then(|row| row.get(0).map(str::to_owned)))
}

/// Some questions are for privileged roles only, and a refusal is an answer.
async fn maybe(client: &Client, sql: &str) -> Result<Option<String>, SourceError> {
    match value(client, sql).await {
        Err(SourceError::Query { .. }) => Ok(None),
        other => other,
    }
}

fn first(messages: Vec<SimpleQueryMessage>) -> Option<SimpleQueryRow> {
    messages.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    })
}

/// Functions of a standby fail on a server that was promoted since it was asked for its role.
fn fault_of_a_change(fault: SourceError) -> SourceError {
    match fault {
        SourceError::Query { .. } => SourceError::Gone { act: ACT },
        other => other,
    }
}
