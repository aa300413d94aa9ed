//! Receiving a server's write-ahead log as it is written.
//!
//! The server sends its log over a replication connection and keeps it, by a slot of ours, until it
//! is told that it is kept elsewhere. So nothing is spooled here: what was not handed over is lost
//! with this process, and comes again. The segment in hand comes again from its start whenever the
//! server is followed anew, so that whoever keeps it can hold it against what is kept.
//!
//! A server that is promoted goes on with another timeline; its history is handed over before the
//! first segment of it. A server that is being shut down waits for those who receive from it: it asks
//! for an answer, and gets it as soon as all that came is handed over. Where that takes long it is
//! told that we are there; one that stops meanwhile is left, and does not wait.
//!
//! Memory: what came since the last handing over, at most [`PIECE_BYTES`], and one message.

mod connection;
pub mod fault;
mod hands;
pub mod lack;
mod message;
mod pulse;
pub mod slot;
mod way;

use std::time::Duration;

use crate::base::cancel::Cancel;
use crate::base::fault::AnyFault;
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::physical::position::Position;
use crate::source::postgres::session::Session;
use crate::source::postgres::standby;
use crate::source::postgres::stream::connection::Stream;
use crate::source::postgres::stream::fault::StreamFault;
use crate::source::postgres::stream::slot::Slot;
use crate::source::postgres::wal::{Name, is_length};
use crate::source::postgres::wire::fault::WireFault;
use crate::world::World;

pub use crate::source::postgres::stream::way::{Begin, Kept, Last};

const ACT: &str = "stream its log";

/// How often it is looked whether something waits for long enough.
const LOOK: Duration = Duration::from_millis(200);

/// Handed over before its time: a segment of the usual length, which a busy server fills within
/// moments, then comes as one.
const PIECE_BYTES: usize = 16 << 20;

/// A server that was left ends its side within moments.
const IN_USE_MAX: Duration = Duration::from_secs(5);

/// Whoever keeps a log.
pub trait Keep {
    /// The log comes from here on. `missing` says that the server has none of it from an earlier
    /// place on: what lies between is lost, where it is not kept.
    fn begin(&mut self, begin: Begin, missing: Option<Begin>) -> Result<(), AnyFault>;

    /// The segment of this name continues with bytes `from..`. When this returns they are kept. The
    /// same bytes may come again, from the start of a segment on. The first bytes of a segment hold
    /// the whole of its header.
    fn keep(&mut self, name: &Name, from: u64, bytes: &[u8]) -> Result<(), AnyFault>;

    /// All of a segment was kept.
    fn close(&mut self, name: &Name);

    /// The history of a timeline, before anything of the timeline comes. When this returns it is
    /// kept.
    fn history(&mut self, name: &Name, text: &[u8]) -> Result<(), AnyFault>;
}

/// What a server says of its log before it is followed.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// Its system identifier.
    pub system: u64,
    /// Bytes of a segment.
    pub segment: u64,
    /// How far its log was durable when this was asked.
    pub end: u64,
    /// The slot, if there is one of that name.
    pub slot: Option<Slot>,
}

impl Offer {
    /// Fails where the server does not keep its log by the slot of this name.
    pub fn check(&self, settings: &Settings, slot: &str) -> Result<(), SourceError> {
        let (server, slot) = (settings.server(), slot.to_owned());
        match self.slot {
            None => Err(StreamFault::NoSlot { server, slot }.into()),
            Some(found) if found.is_lost => Err(StreamFault::SlotLost { server, slot }.into()),
            Some(_) => Ok(()),
        }
    }
}

/// A session at a primary from which a log can be streamed by this role; what it lacks has a name.
fn ready(settings: &Settings, world: &World) -> Result<Session, SourceError> {
    let session = Session::open(settings, world)?;
    standby::refuse(&session, settings)?;
    let act = "ask for a setting";
    for (setting, lacks) in [("wal_level", "minimal"), ("max_wal_senders", "0")] {
        let value = session.value(act, &format!("SELECT current_setting('{setting}')"))?;
        if value == lacks {
            return Err(StreamFault::Lacks { server: settings.server(), setting, value }.into());
        }
    }
    let right = "SELECT (rolreplication OR rolsuper)::int FROM pg_roles \
        WHERE rolname = current_user";
    if session.value("ask for the role's rights", right)? != "1" {
        let role = session.value("ask for the role", "SELECT current_user")?;
        return Err(WireFault::Replication { role }.into());
    }
    Ok(session)
}

/// Asks a server for its log, and for this slot. Fails with a name for what else it lacks.
pub fn ask(settings: &Settings, slot: &str, world: &World) -> Result<Offer, SourceError> {
    let session = ready(settings, world)?;
    let act = "ask how far its log is";
    let sql = "SELECT system_identifier, pg_size_bytes(current_setting('wal_segment_size')), \
        pg_current_wal_flush_lsn() FROM pg_control_system()";
    let unclear = || SourceError::Gone { act };
    let row = session.rows(act, sql)?.into_iter().next().ok_or_else(unclear)?;
    let text = |column: usize| row.get(column).and_then(Option::as_deref).ok_or_else(unclear);
    let number = |column: usize| text(column)?.parse::<u64>().map_err(|_| unclear());
    Ok(Offer {
        system: number(0)?,
        segment: Some(number(1)?).filter(|bytes| is_length(*bytes)).ok_or_else(unclear)?,
        end: Position::parse(text(2)?).ok_or_else(unclear)?.0,
        slot: slot::find(&session, &settings.server(), slot)?,
    })
}

/// How a log is followed.
pub struct Following<'a> {
    /// The server.
    pub settings: &'a Settings,
    /// The slot's name.
    pub slot: &'a str,
    /// What the server has just said.
    pub offer: &'a Offer,
    /// What each place keeps; at least one.
    pub kept: &'a [Kept],
    /// How old bytes may get before they are handed over.
    pub every: Duration,
    /// Whether to end where the log ends now; else it is followed until it is stopped.
    pub to_the_end: bool,
}

/// Follows a server's log.
///
/// Ends with a fault when the server goes or `keep` fails; whoever calls it calls it again. What was
/// handed over is confirmed to the server after `keep` has returned, and nothing else is.
pub fn follow(
    following: &Following<'_>,
    keep: &mut dyn Keep,
    world: &World,
    cancel: &Cancel,
) -> Result<(), AnyFault> {
    let mut stream = Stream::open(following, world, cancel)?;
    let history = stream.histories(keep)?;
    let begins = stream.begins(&history)?;
    let (mut place, began) = (0, world.clock.monotonic());
    while let Some(begin) = begins.get(place) {
        let missing = begins.first().copied().filter(|_| place > 0);
        let fault = match stream.run(*begin, missing, keep) {
            Ok(()) => return Ok(()),
            Err(fault) => fault,
        };
        match fault.code() {
            // A later place is kept: what lies before it is left out, and that is told.
            "source.stream-removed" if place + 1 < begins.len() => place += 1,
            // Perhaps by a connection of ours that the server has not ended yet.
            "source.stream-slot-in-use" if world.clock.monotonic().since(began) < IN_USE_MAX => {
                world.clock.sleep(LOOK);
            }
            _ => return Err(fault),
        }
        stream = Stream::open(following, world, cancel)?;
    }
    Err(SourceError::Gone { act: ACT }.into())
}
