//! The replication slot by which a server keeps its log until it is told that it is kept.
//!
//! Its name consists of small letters, digits and `_`, as servers want it: it is put into commands as
//! it is.

use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::physical::position::Position;
use crate::source::postgres::session::Session;
use crate::source::postgres::stream::fault::StreamFault;
use crate::source::postgres::stream::{IN_USE_MAX, LOOK, ready};
use crate::world::World;

/// What a server says of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Whether somebody receives by it.
    pub is_active: bool,
    /// From where on the server keeps its log; absent before anything was received by it.
    pub reserved: Option<u64>,
    /// Whether the server has given it up, and removed what it kept.
    pub is_lost: bool,
}

/// Asks for a slot; `None` where there is none of that name. One that is no slot of ours is a fault.
pub(in crate::source::postgres) fn find(
    session: &Session,
    server: &str,
    slot: &str,
) -> Result<Option<Slot>, SourceError> {
    let act = "ask for the replication slot";
    let asked = format!(
        "SELECT slot_type, temporary::int, active::int, restart_lsn, wal_status \
         FROM pg_replication_slots WHERE slot_name = '{slot}'"
    );
    let Some(row) = session.rows(act, &asked)?.into_iter().next() else { return Ok(None) };
    let text = |column: usize| row.get(column).and_then(Option::as_deref);
    let detail = match (text(0), text(1)) {
        (Some("physical"), Some("0")) => None,
        (Some("physical"), _) => Some("temporary"),
        _ => Some("logical"),
    };
    if let Some(detail) = detail {
        let (server, slot) = (server.to_owned(), slot.to_owned());
        return Err(StreamFault::OtherSlot { server, slot, detail }.into());
    }
    Ok(Some(Slot {
        is_active: text(2) == Some("1"),
        reserved: text(3).and_then(Position::parse).map(|position| position.0),
        is_lost: text(4) == Some("lost"),
    }))
}

/// Makes the slot. From then on the server keeps its log, which must be received.
pub fn create(settings: &Settings, slot: &str, world: &World) -> Result<Slot, SourceError> {
    let session = ready(settings, world)?;
    let server = settings.server();
    if find(&session, &server, slot)?.is_some() {
        return Err(StreamFault::SlotThere { server, slot: slot.to_owned() }.into());
    }
    let act = "ask whether it can have one more replication slot";
    let free = "SELECT (current_setting('max_replication_slots')::int > count(*))::int \
        FROM pg_replication_slots";
    if session.value(act, free)? != "1" {
        let (setting, act) = ("max_replication_slots", "ask for a setting");
        let value = session.value(act, "SELECT current_setting('max_replication_slots')")?;
        return Err(StreamFault::Lacks { server, setting, value }.into());
    }
    let made = format!("SELECT pg_create_physical_replication_slot('{slot}', true)");
    session.run("make the replication slot", &made)?;
    let made = find(&session, &server, slot)?;
    made.ok_or(SourceError::Gone { act: "make the replication slot" })
}

/// Removes the slot: from then on the server keeps nothing for us.
pub fn remove(settings: &Settings, slot: &str, world: &World) -> Result<(), SourceError> {
    let session = Session::open(settings, world)?;
    let (server, name) = (settings.server(), slot.to_owned());
    let began = world.clock.monotonic();
    loop {
        match find(&session, &server, slot)? {
            None => return Err(StreamFault::NoSlot { server, slot: name }.into()),
            Some(found) if !found.is_active => break,
            Some(_) if world.clock.monotonic().since(began) >= IN_USE_MAX => {
                return Err(StreamFault::SlotInUse { server, slot: name }.into());
            }
            // Perhaps by a connection of ours that the server has not ended yet.
            Some(_) => world.clock.sleep(LOOK),
        }
    }
    let removed = format!("SELECT pg_drop_replication_slot('{slot}')");
    session.run("remove the replication slot", &removed)
}
