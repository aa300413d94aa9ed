//! Messages of a PostgreSQL server, cut out of the bytes that came so far.
//!
//! Pure. Any bytes may come: a length beyond [`MESSAGE_MAX`], a field that leads out of its message,
//! or a kind that no server of ours sends, is refused.

use bytes::{Buf, Bytes, BytesMut};

use crate::source::postgres::wire::fault::Said;

/// The longest message: a server sends data in pieces of 32 KiB (a base) and 128 KiB (a log), and
/// nothing else that we ask for is longer.
const MESSAGE_MAX: usize = 1024 * 1024;

/// More columns than any answer to a replication command has.
const COLUMNS_MAX: usize = 64;

/// A row of an answer, as it came; `None` is NULL.
pub type RawRow = Vec<Option<Bytes>>;

/// A message that callers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// An answer of rows begins.
    Columns,
    /// One row.
    Row(RawRow),
    /// A command, or one of its answers, is complete.
    Complete,
    /// Data follows.
    CopyOut,
    /// Data follows, and may be sent as well.
    CopyBoth,
    /// Data.
    Data(Bytes),
    /// No more data follows.
    CopyDone,
    /// Something the server wants a person to know.
    Notice(Said),
    /// The next command may be sent.
    Ready,
}

impl Message {
    /// What it is, in English diagnostics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Columns | Self::Row(_) => "rows",
            Self::Complete => "the end of a command",
            Self::CopyOut | Self::CopyBoth => "the start of data",
            Self::Data(_) => "data",
            Self::CopyDone => "the end of data",
            Self::Notice(_) => "a notice",
            Self::Ready => "that it is ready",
        }
    }
}

/// A message as it comes.
#[derive(Debug)]
pub(super) enum Backend {
    /// One for callers.
    Known(Message),
    /// A command failed, or the connection is closed.
    Error(Said),
    /// A turn of the login.
    Authentication(Authentication),
    /// What nobody here needs: parameters, keys, notifications.
    Unneeded,
}

/// A turn of the login.
#[derive(Debug)]
pub(super) enum Authentication {
    /// The login is done.
    Done,
    /// The password is asked for as it is.
    Password,
    /// Its hash is asked for.
    Md5([u8; 4]),
    /// One of these mechanisms is asked for.
    Sasl(Vec<String>),
    /// The server's turn in it.
    SaslContinue(Bytes),
    /// Its last.
    SaslFinal(Bytes),
    /// A kind that we do not speak.
    Other(u32),
}

/// Takes the next message, if all of it is there. What is wrong with it is told in English.
pub(super) fn take(buffer: &mut BytesMut) -> Result<Option<Backend>, String> {
    let Some(head) = buffer.first_chunk::<5>() else { return Ok(None) };
    let [tag, length @ ..] = *head;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if !(4..=MESSAGE_MAX).contains(&length) {
        return Err(format!("a message of {length} bytes"));
    }
    if buffer.len() < length + 1 {
        return Ok(None);
    }
    let mut body = buffer.split_to(length + 1).freeze();
    body.advance(5);
    read(tag, body).map(Some)
}

fn read(tag: u8, body: Bytes) -> Result<Backend, String> {
    let known = |message| Ok(Backend::Known(message));
    match tag {
        b'T' => known(Message::Columns),
        b'D' => row(body).map(|row| Backend::Known(Message::Row(row))).ok_or_else(|| bad("row")),
        b'C' => known(Message::Complete),
        b'H' => known(Message::CopyOut),
        b'W' => known(Message::CopyBoth),
        b'd' => known(Message::Data(body)),
        b'c' => known(Message::CopyDone),
        b'Z' => known(Message::Ready),
        b'N' => known(Message::Notice(said(&body))),
        b'E' => Ok(Backend::Error(said(&body))),
        b'R' => {
            let turn = authentication(body).ok_or_else(|| bad("login"))?;
            Ok(Backend::Authentication(turn))
        }
        // Parameters, the key to cancel by, notifications, the protocol's version, no command.
        b'S' | b'K' | b'A' | b'v' | b'I' => Ok(Backend::Unneeded),
        other => Err(format!("a message of the unknown kind `{}`", other.escape_ascii())),
    }
}

fn bad(what: &str) -> String {
    format!("a malformed {what}")
}

fn row(mut body: Bytes) -> Option<RawRow> {
    let columns = usize::from(body.try_get_u16().ok()?);
    if columns > COLUMNS_MAX {
        return None;
    }
    let mut row = Vec::with_capacity(columns);
    for _ in 0..columns {
        let length = body.try_get_i32().ok()?;
        // A negative length stands for NULL.
        let Ok(length) = usize::try_from(length) else {
            row.push(None);
            continue;
        };
        if length > body.len() {
            return None;
        }
        row.push(Some(body.split_to(length)));
    }
    body.is_empty().then_some(row)
}

/// The fields of an error or a notice: a letter and a text each; unknown ones are passed over.
fn said(body: &[u8]) -> Said {
    let mut said = Said::default();
    for field in body.split(|&byte| byte == 0) {
        let Some((letter, text)) = field.split_first() else { continue };
        let text = || String::from_utf8_lossy(text).into_owned();
        match letter {
            b'V' => said.severity = text(),
            b'C' => said.code = text(),
            b'M' => said.message = text(),
            b'D' => said.detail = text(),
            b'H' => said.hint = text(),
            _ => {}
        }
    }
    said
}

fn authentication(mut body: Bytes) -> Option<Authentication> {
    Some(match body.try_get_u32().ok()? {
        0 => Authentication::Done,
        3 => Authentication::Password,
        5 => Authentication::Md5(body.first_chunk().copied()?),
        10 => {
            let names = body.split(|&byte| byte == 0).filter(|name| !name.is_empty());
            let names = names.map(|name| String::from_utf8_lossy(name).into_owned());
            Authentication::Sasl(names.collect())
        }
        11 => Authentication::SaslContinue(body),
        12 => Authentication::SaslFinal(body),
        other => Authentication::Other(other),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[tag][..], &length.to_be_bytes(), body].concat()
    }

    #[test]
    fn a_message_is_taken_when_all_of_it_is_there() {
        let bytes = message(b'D', b"\x00\x02\x00\x00\x00\x03abc\xff\xff\xff\xff");
        let mut buffer = BytesMut::new();
        for (at, byte) in bytes.iter().enumerate() {
            let taken = take(&mut buffer).unwrap();
            assert!(taken.is_none(), "after {at} bytes");
            buffer.extend_from_slice(&[*byte]);
        }
        let Some(Backend::Known(Message::Row(row))) = take(&mut buffer).unwrap() else { panic!() };
        assert_eq!(row, [Some(Bytes::from_static(b"abc")), None]);
        assert!(buffer.is_empty());
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let check = |bytes: &[u8]| {
            let refused = take(&mut BytesMut::from(bytes));
            assert!(refused.is_err(), "{bytes:?}: {refused:?}");
        };
        check(b"D\x00\x00\x00\x03"); // shorter than its own length
        check(b"D\xff\xff\xff\xff"); // longer than any
        check(&message(b'?', b""));
        check(&message(b'D', b"\x00\x01\x00\x00\x00\x09abc")); // leads out of the message
        check(&message(b'D', b"\xff\xff"));
        check(&message(b'D', b"\x00\x00rest"));
        check(&message(b'R', b"\x00\x00\x00\x05\x01"));
    }

    #[test]
    fn an_error_is_read_field_by_field() {
        let body = b"SFEHLER\0VERROR\0C42501\0Mno\0Dbecause\0Hdo so\0Xother\0\0";
        let mut buffer = BytesMut::from(&message(b'E', body)[..]);
        let Some(Backend::Error(said)) = take(&mut buffer).unwrap() else { panic!() };
        let fields = [said.severity, said.code, said.message, said.detail, said.hint];
        assert_eq!(fields, ["ERROR", "42501", "no", "because", "do so"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_or_refused(
            tag in prop::sample::select(b"TDCHWdcZNERSKAvI?".to_vec()),
            body in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut buffer = BytesMut::from(&message(tag, &body)[..]);
            if let Ok(taken) = take(&mut buffer) {
                prop_assert!(taken.is_some() && buffer.is_empty());
            }
        }
    }
}
