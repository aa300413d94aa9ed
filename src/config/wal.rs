//! Reads what is kept of a transaction log.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::decode::{Cursor, Section};
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::config::settings::{Binlog, DurableIn, Receive, Wal};

/// A server that ends a segment every minute stays well below, and a daemon may be restarted
/// meanwhile.
const RPO: Duration = Duration::from_mins(15);

/// 128 segments of the usual length: a day of a quiet portal, an hour of a busy one.
const WAITING: u64 = 2 << 30;

/// From one segment of the usual length to what no server holds back.
const WAITING_RANGE: RangeInclusive<u64> = 16 << 20..=64 << 40;

/// Each time costs an object in every repository; an hour between two is a schedule of sets.
const BINLOG_EVERY: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(1);

/// What is lost at most when the server burns; at worst some three thousand objects a day.
const BINLOG_EVERY_DEFAULT: Duration = Duration::from_secs(30);

/// How long a change may wait to be received.
const EVERY: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(1);

/// What is lost at most when the server burns. The pieces of a segment are put together when it is
/// whole.
const EVERY_DEFAULT: Duration = Duration::from_secs(10);

/// The slot of one installation; a second one that receives from the same server needs its own.
const SLOT: &str = "duphong";

/// The longest name of a slot that a server takes.
const SLOT_MAX: usize = 63;

/// Units by which sizes are written, with their bytes.
const UNITS: [(&str, u32); 4] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

/// A segment that one repository lacks is a day on which that one cannot be recovered from alone:
/// all, unless the owner says that one is enough for now.
pub(super) fn wal(value: &Cursor<'_>) -> Option<Wal> {
    let section = value.section(&keys::WAL)?;
    let durable_in = section.may("durable-in", |value| value.word(&DurableIn::WORDS));
    let receive = section.may("receive", receive);
    let (rpo, waiting) = bounds(&section);
    Some(Wal { durable_in: durable_in.unwrap_or(DurableIn::All), receive, rpo, waiting })
}

/// The same of a binary log: how old a change may get before it is kept must leave time for that.
pub(super) fn binlog(value: &Cursor<'_>) -> Option<Binlog> {
    let section = value.section(&keys::BINLOG)?;
    let durable_in = section.may("durable-in", |value| value.word(&DurableIn::WORDS));
    let every =
        section.may("every", |value| value.duration(BINLOG_EVERY)).unwrap_or(BINLOG_EVERY_DEFAULT);
    let (rpo, waiting) = bounds(&section);
    if every >= rpo {
        let complaint = Complaint::error("config-binlog-every");
        return value.refuse(complaint.hint("config-binlog-every-hint"));
    }
    Some(Binlog { durable_in: durable_in.unwrap_or(DurableIn::All), every, rpo, waiting })
}

/// The most that may be kept nowhere, as time and as bytes.
fn bounds(section: &Section<'_>) -> (Duration, u64) {
    let rpo = section.may("rpo", Cursor::objective);
    let waiting = section.may("waiting", size);
    (rpo.unwrap_or(RPO), waiting.unwrap_or(WAITING))
}

fn receive(value: &Cursor<'_>) -> Option<Receive> {
    let section = value.section(&keys::RECEIVE)?;
    let slot = section.may("slot", |value| {
        let text = value.text()?;
        if is_slot(&text) {
            return Some(text);
        }
        let complaint = Complaint::error("config-wal-slot").text("value", text);
        value.refuse(complaint.hint("config-wal-slot-hint"))
    });
    let every = section.may("every", |value| value.duration(EVERY));
    Some(Receive {
        slot: slot.unwrap_or_else(|| SLOT.to_owned()),
        every: every.unwrap_or(EVERY_DEFAULT),
    })
}

/// Whether a server takes a slot of this name.
fn is_slot(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=SLOT_MAX).contains(&name.len()) && name.bytes().all(letter)
}

fn size(value: &Cursor<'_>) -> Option<u64> {
    let text = value.text()?;
    bytes(&text).filter(|bytes| WAITING_RANGE.contains(bytes)).or_else(|| {
        let complaint = Complaint::error("config-wal-waiting").text("value", text);
        value.refuse(complaint.hint("config-wal-waiting-hint"))
    })
}

/// A whole number and its unit: `512MiB`, `2GiB`.
fn bytes(text: &str) -> Option<u64> {
    let (digits, power) =
        UNITS.iter().find_map(|(unit, power)| Some((text.strip_suffix(unit)?, *power)))?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse::<u64>().ok()?.checked_mul(1 << power)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_have_names_that_a_server_takes() {
        assert!(is_slot(SLOT) && is_slot("kho_2") && is_slot(&"a".repeat(63)));
        for other in ["", "Duphong", "kho-2", "a'b", "kho sao", "đ", &"a".repeat(64)] {
            assert!(!is_slot(other), "{other}");
        }
    }

    #[test]
    fn sizes_have_a_whole_number_and_a_unit() {
        assert_eq!(bytes("512MiB"), Some(512 << 20));
        assert_eq!(bytes("2GiB"), Some(2 << 30));
        for other in ["", "2", "GiB", "2 GiB", "2GB", "-2GiB", "+2GiB", "2.5GiB", "99999999TiB"] {
            assert_eq!(bytes(other), None, "{other}");
        }
    }
}
