//! A PostgreSQL server as one of a pair: primary or standby, how far it has come, and promoting it.
//!
//! Every question is bounded in time, connecting included, and what could not be asked is never
//! taken for an answer: a server that refuses, one that is just starting or stopping, and one that
//! says nothing are three different things. Nothing is changed but by [`promote`] and, for an
//! instant and without a trace, by [`write()`].

mod connection;
mod question;

pub(in crate::source::postgres) use crate::source::postgres::replication::question::PRIMARY_TIMELINE;

use std::time::Duration;

use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::world::World;

/// What one address of a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nobody listens: the host itself refused.
    Refused,
    /// It is there and takes no sessions now: it starts, stops, or recovers. In its words.
    NotNow(String),
    /// It is a standby.
    Standby,
    /// It is a primary: it takes writes.
    Primary,
    /// Whether it takes writes could not be found out; why.
    CannotTell(String),
}

/// What a server is in its pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Drawn by `initdb`, the same in a pair; absent where the role may not ask.
    pub system: Option<String>,
    /// Raised by every promotion; absent where the role may not ask.
    pub timeline: Option<u32>,
    /// What commits wait for (`synchronous_standby_names`): on a standby, what they will wait for
    /// once it is promoted.
    pub waits_for: String,
    /// Whether the role that asks may promote.
    pub may_promote: bool,
    /// Primary or standby.
    pub role: Role,
}

/// Primary or standby.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// It takes writes.
    Primary(Promise),
    /// It replays what it receives.
    Standby(Standby),
}

/// What a primary promises about an acknowledged commit, should it be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Every standby that is connected has it.
    Synchronous,
    /// No standby need have it.
    Asynchronous,
    /// Some standby has it, but not every one need; or it could not be asked.
    Unknown,
}

impl Promise {
    /// The word for people and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Synchronous => "synchronous",
            Self::Asynchronous => "asynchronous",
            Self::Unknown => "unknown",
        }
    }
}

/// How far a standby has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standby {
    /// How far it has received, on its disk; absent where it never received by streaming.
    pub received: Option<Position>,
    /// How far it has replayed.
    pub replayed: Option<Position>,
    /// When the last replayed transaction was committed, in UTC, to the microsecond.
    pub last_commit: Option<String>,
    /// How long ago that was, in milliseconds, by the standby's clock.
    pub last_commit_age_ms: Option<u64>,
    /// The receiver's state (`streaming`); absent where none runs.
    pub receiver: Option<String>,
    /// When the primary was last heard, in UTC; absent where no receiver runs or the role may not
    /// ask.
    pub heard: Option<String>,
    /// Someone paused the replay.
    pub paused: bool,
    /// Replay waits for more to come: all that can be replayed is. Absent where the role may not
    /// ask.
    pub idle: Option<bool>,
}

/// A position in the write-ahead log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub u64);

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xffff_ffff)
    }
}

impl Position {
    /// From PostgreSQL's own writing: `16/B374D848`.
    fn parse(text: &str) -> Option<Self> {
        let (high, low) = text.split_once('/')?;
        let part = |digits: &str| u32::from_str_radix(digits, 16).ok().map(u64::from);
        Some(Self(part(high)? << 32 | part(low)?))
    }
}

impl Standby {
    /// Bytes that were received and are not replayed.
    pub fn behind(&self) -> Option<u64> {
        Some(self.received?.0.saturating_sub(self.replayed?.0))
    }

    /// Whether everything that can be replayed is. A primary that died in the middle of a record
    /// leaves its beginning: that never belongs to a commit, and is not waited for.
    pub fn has_replayed_all(&self) -> Option<bool> {
        match self.behind()? {
            0 => Some(true),
            _ => self.idle,
        }
    }
}

/// What every address of the server answers, each with its address.
pub fn answers(
    settings: &Settings,
    world: &World,
    limit: Duration,
) -> Result<Vec<(String, Answer)>, SourceError> {
    let config = settings.config()?;
    Ok(world.block_on(connection::answers(&config, settings, limit)))
}

/// Every address that the server has, as a connection would take them.
pub fn addresses(
    settings: &Settings,
    world: &World,
    limit: Duration,
) -> Result<Vec<String>, SourceError> {
    let config = settings.config()?;
    world.block_on(connection::addresses(&config, settings, limit))
}

/// What the server is.
pub fn node(settings: &Settings, world: &World, limit: Duration) -> Result<Node, SourceError> {
    let config = settings.config()?;
    world.block_on(async {
        let asked = async {
            let client = connection::open(&config, settings, limit).await?;
            question::node(&client).await
        };
        connection::within(limit, settings, asked).await
    })
}

/// Commits a transaction that writes, as any application would, and leaves nothing behind: fails
/// where a commit does not return, as it does while it waits for a standby that is not there.
pub fn write(settings: &Settings, world: &World, limit: Duration) -> Result<(), SourceError> {
    let config = settings.config()?;
    world.block_on(async {
        let written = async {
            let client = connection::open(&config, settings, limit).await?;
            question::write(&client).await
        };
        connection::within(limit, settings, written).await
    })
}

/// Promotes a standby and waits for it, up to `limit`; whether the server says that it is done.
pub fn promote(settings: &Settings, world: &World, limit: Duration) -> Result<bool, SourceError> {
    let config = settings.config()?;
    world.block_on(async {
        let promoted = async {
            let client = connection::open(&config, settings, limit).await?;
            question::promote(&client, limit).await
        };
        // The server waits as long; its answer needs a moment on the way.
        connection::within(limit + connection::ANSWER_MAX, settings, promoted).await
    })
}

impl Settings {
    /// Host and port, or the socket: what a plan says about where a server is.
    pub fn address(&self) -> String {
        self.server()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standby(received: Option<u64>, replayed: Option<u64>, idle: Option<bool>) -> Standby {
        Standby {
            received: received.map(Position),
            replayed: replayed.map(Position),
            last_commit: None,
            last_commit_age_ms: None,
            receiver: None,
            heard: None,
            paused: false,
            idle,
        }
    }

    #[test]
    fn positions_are_read_and_written_as_postgresql_does() {
        let position = Position::parse("16/B374D848");
        assert_eq!(position, Some(Position(0x16_B374_D848)));
        assert_eq!(position.map(|one| one.to_string()).as_deref(), Some("16/B374D848"));
        for text in ["", "16", "16/", "x/1", "1/100000000"] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
    }

    #[test]
    fn replay_is_complete_only_where_that_is_known() {
        for (received, replayed, idle, all) in [
            (Some(5), Some(5), None, Some(true)),
            (Some(5), Some(9), None, Some(true)),
            (Some(9), Some(5), Some(true), Some(true)),
            (Some(9), Some(5), Some(false), Some(false)),
            (Some(9), Some(5), None, None),
            (None, Some(5), Some(true), None),
            (Some(5), None, Some(true), None),
        ] {
            let known = standby(received, replayed, idle).has_replayed_all();
            assert_eq!(known, all, "{received:?} {replayed:?} {idle:?}");
        }
    }
}
