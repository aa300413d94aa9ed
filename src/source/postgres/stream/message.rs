//! What goes over a connection while a log is streamed.
//!
//! Pure. Numbers have the high byte first; times are microseconds since 2000. Any bytes may come:
//! what is no such message is refused.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use jiff::Timestamp;

/// Seconds from 1970 to 2000, from where PostgreSQL counts.
const EPOCH_SECONDS: i64 = 946_684_800;

/// A message of the server within the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Streamed {
    /// Bytes of the log.
    Log {
        /// The address of the first one.
        at: u64,
        /// They.
        bytes: Bytes,
    },
    /// A sign of life.
    Alive {
        /// Whether it wants one back, before it gives us up or goes.
        wants_answer: bool,
    },
}

/// Reads one.
pub(super) fn read(mut data: Bytes) -> Option<Streamed> {
    match data.try_get_u8().ok()? {
        b'w' => {
            let at = data.try_get_u64().ok()?;
            // How far the server is, and its clock.
            let _end = data.try_get_u64().ok()?;
            let _time = data.try_get_u64().ok()?;
            // An address that would run over is none.
            at.checked_add(u64::try_from(data.len()).ok()?)?;
            Some(Streamed::Log { at, bytes: data })
        }
        b'k' => {
            let _end = data.try_get_u64().ok()?;
            let _time = data.try_get_u64().ok()?;
            let wants_answer = data.try_get_u8().ok()? != 0;
            data.is_empty().then_some(Streamed::Alive { wants_answer })
        }
        _ => None,
    }
}

/// Tells the server that everything before `received` has come, and everything before `kept` is
/// kept: it removes that. Zero says nothing of it. One that is asked to answers by a sign of life: it
/// would say nothing of itself while nobody writes and it hears us.
pub(super) fn status(received: u64, kept: u64, now: Timestamp, wants_answer: bool) -> BytesMut {
    let since = now.as_microsecond().saturating_sub(EPOCH_SECONDS * 1_000_000);
    let mut out = BytesMut::with_capacity(34);
    out.put_u8(b'r');
    out.put_u64(received);
    out.put_u64(kept);
    // Nothing is applied here.
    out.put_u64(0);
    out.put_i64(since);
    out.put_u8(wants_answer.into());
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_of_the_log_come_with_their_address() {
        let mut data = vec![b'w'];
        data.extend(0x0300_0028_u64.to_be_bytes());
        data.extend([0; 16]);
        data.extend(b"abc");
        let bytes = Bytes::from_static(b"abc");
        let log = Streamed::Log { at: 0x0300_0028, bytes };
        assert_eq!(read(Bytes::from(data.clone())), Some(log));
        data[1..9].copy_from_slice(&u64::MAX.to_be_bytes());
        assert_eq!(read(Bytes::from(data)), None, "it runs over");
        let mut alive = vec![b'k'];
        alive.extend([0; 16]);
        assert_eq!(read(Bytes::from(alive.clone())), None, "cut short");
        alive.push(1);
        let wanted = Streamed::Alive { wants_answer: true };
        assert_eq!(read(Bytes::from(alive.clone())), Some(wanted));
        alive.push(0);
        assert_eq!(read(Bytes::from(alive)), None, "too long");
        assert_eq!(read(Bytes::from_static(b"?")), None);
    }

    #[test]
    fn a_status_has_34_bytes_and_counts_from_2000() {
        let now: Timestamp = "2000-01-01T00:00:01Z".parse().unwrap();
        let out = status(7, 5, now, true);
        assert_eq!((out.len(), out[0], out[33]), (34, b'r', 1));
        assert_eq!(out[8], 7);
        assert_eq!(out[16], 5);
        assert_eq!(out[25..33], 1_000_000_i64.to_be_bytes());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            tag in prop::sample::select(b"wkx".to_vec()),
            body in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let data = [&[tag][..], &body].concat();
            if let Some(Streamed::Log { at, bytes }) = read(Bytes::from(data)) {
                prop_assert!(at.checked_add(bytes.len() as u64).is_some());
            }
        }
    }
}
