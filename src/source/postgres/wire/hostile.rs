//! For tests: what takes a server's messages, behind a door for bytes of anybody.

use bytes::BytesMut;

use crate::source::postgres::wire::message::take;

/// Takes all messages of bytes that come in pieces of so many, one at least; the messages as text,
/// and what is wrong with the first that is none.
pub fn messages(bytes: &[u8], piece: usize) -> (Vec<String>, Option<String>) {
    let (mut buffer, mut taken) = (BytesMut::new(), Vec::new());
    for piece in bytes.chunks(piece.max(1)) {
        buffer.extend_from_slice(piece);
        loop {
            match take(&mut buffer) {
                Ok(Some(message)) => taken.push(format!("{message:?}")),
                Ok(None) => break,
                Err(fault) => return (taken, Some(fault)),
            }
        }
    }
    (taken, None)
}
