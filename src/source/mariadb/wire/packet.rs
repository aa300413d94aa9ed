//! What travels: the server's greeting and its answers, read from bytes of anybody, and the frame of
//! a packet.

use std::fmt;

/// The content of a packet that is followed by another one of the same message.
pub(super) const PACKET_BYTES_MAX: usize = 0xff_ffff;

/// What opens a refusal.
pub(super) const REFUSED: u8 = 0xff;

const DONE: u8 = 0;
const FILE: u8 = 0xfb;
const END: u8 = 0xfe;

/// More than one answer comes.
const HAS_MORE: u16 = 8;

/// The challenge that a password is proven by.
pub(super) const CHALLENGE_BYTES: usize = 20;

/// The only protocol that there is since 1998.
const PROTOCOL: u8 = 10;

/// Longer refusals than any server makes are cut.
const SAID_LETTERS_MAX: usize = 1000;

/// What stands before content of `length` bytes, at most [`PACKET_BYTES_MAX`].
pub(super) fn header(length: usize, number: u8) -> [u8; 4] {
    let [a, b, c, ..] = length.to_le_bytes();
    [a, b, c, number]
}

/// The length and the number in a header.
pub(super) fn length([a, b, c, number]: [u8; 4]) -> (usize, u8) {
    (usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16, number)
}

/// A refusal, in the server's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source::mariadb) struct Said {
    /// The error's number.
    pub(in crate::source::mariadb) number: u16,
    /// Its class, by the standard.
    state: String,
    /// In words, without the statement: that holds rows.
    text: String,
}

impl Said {
    /// Reads a packet that opens with [`REFUSED`].
    pub(super) fn read(content: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(content.strip_prefix(&[REFUSED])?);
        let number = bytes.u16()?;
        let mut state = "HY000".to_owned();
        // Who refuses before a login gives none.
        if let Some(rest) = bytes.0.strip_prefix(b"#") {
            bytes = Bytes(rest);
            state = String::from_utf8_lossy(bytes.take(5)?).into_owned();
        }
        let text = String::from_utf8_lossy(bytes.0);
        let text = text.split(" near '").next().unwrap_or_default();
        let text = text.chars().take(SAID_LETTERS_MAX).collect();
        Some(Self { number, state, text })
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ERROR {} ({}): {}", self.number, self.state, self.text)
    }
}

/// What a server answers to a statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Done {
        /// Whether another answer follows.
        has_more: bool,
    },
    Refused(Said),
    /// It wants to be sent a file.
    File,
    /// Rows follow, their columns first.
    Columns,
}

impl Answer {
    pub(super) fn read(content: &[u8]) -> Option<Self> {
        match *content.first()? {
            DONE => {
                let mut bytes = Bytes(&content[1..]);
                let (_rows, _id) = (bytes.number()?, bytes.number()?);
                Some(Self::Done { has_more: bytes.u16()? & HAS_MORE != 0 })
            }
            REFUSED => Said::read(content).map(Self::Refused),
            FILE => Some(Self::File),
            END => None,
            _ => Some(Self::Columns),
        }
    }
}

/// Whether a packet ends columns or rows; then whether another answer follows.
pub(super) fn end_of_rows(content: &[u8]) -> Option<bool> {
    // A row may begin with the same byte, but is longer.
    let &[END, _, _, low, high] = content else { return None };
    Some(u16::from_le_bytes([low, high]) & HAS_MORE != 0)
}

/// How a server opens a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Greeting {
    /// What it knows, of two times sixteen bits.
    pub(super) abilities: u32,
    /// How it would have the account log in.
    pub(super) way: Vec<u8>,
    pub(super) challenge: [u8; CHALLENGE_BYTES],
}

impl Greeting {
    pub(super) fn read(content: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(content);
        if bytes.u8()? != PROTOCOL {
            return None;
        }
        let (_version, _connection) = (bytes.text()?, bytes.take(4)?);
        let mut challenge = bytes.take(8)?.to_vec();
        let (_filler, low, _letters, _status) =
            (bytes.u8()?, bytes.u16()?, bytes.u8()?, bytes.u16()?);
        let (high, _length, _reserved) = (bytes.u16()?, bytes.u8()?, bytes.take(10)?);
        challenge.extend_from_slice(bytes.take(CHALLENGE_BYTES - 8)?);
        bytes.u8()?;
        let way = bytes.text().unwrap_or(bytes.0).to_vec();
        let challenge = challenge.try_into().ok()?;
        Some(Self { abilities: u32::from(low) | u32::from(high) << 16, way, challenge })
    }
}

/// What a server answers in a login.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// We are in.
    In,
    Refused(Said),
    /// Another way, with a challenge of its own.
    Switch {
        way: Vec<u8>,
        challenge: Vec<u8>,
    },
    /// More, by the rules of the way.
    More(Vec<u8>),
}

impl Step {
    pub(super) fn read(content: &[u8]) -> Option<Self> {
        let (&first, rest) = content.split_first()?;
        match first {
            DONE => Some(Self::In),
            REFUSED => Said::read(content).map(Self::Refused),
            END => {
                let mut bytes = Bytes(rest);
                let way = bytes.text()?.to_vec();
                let challenge = bytes.0.strip_suffix(&[0]).unwrap_or(bytes.0).to_vec();
                Some(Self::Switch { way, challenge })
            }
            1 => Some(Self::More(rest.to_vec())),
            _ => None,
        }
    }
}

/// Bytes that are read from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    /// A number that tells its own length.
    fn number(&mut self) -> Option<u64> {
        let count = match self.u8()? {
            small @ 0..=0xfa => return Some(small.into()),
            0xfc => 2,
            0xfd => 3,
            0xfe => 8,
            _ => return None,
        };
        let little = self.take(count)?;
        Some(little.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// Up to the next zero, which is passed.
    fn text(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(0, self.0)?;
        let (text, rest) = (&self.0[..end], &self.0[end + 1..]);
        self.0 = rest;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_without_the_statement() {
        let content = b"\xff\x28\x04#42000You have an error near 'INSERT mat' at line 1";
        let Some(Answer::Refused(said)) = Answer::read(content) else { panic!("no refusal") };
        assert_eq!(said.to_string(), "ERROR 1064 (42000): You have an error");
        let early = Said::read(b"\xff\x10\x04Too many connections").unwrap();
        assert_eq!(early.to_string(), "ERROR 1040 (HY000): Too many connections");
    }

    #[test]
    fn answers_are_told_apart() {
        let done = |has_more| Some(Answer::Done { has_more });
        assert_eq!(Answer::read(b"\0\x01\0\x02\0\0\0"), done(false));
        assert_eq!(Answer::read(b"\0\xfc\0\x40\0\x08\0"), done(true));
        assert_eq!(Answer::read(b"\xfbetc"), Some(Answer::File));
        assert_eq!(Answer::read(b"\x02"), Some(Answer::Columns));
        for odd in [b"".as_slice(), b"\0", b"\0\xff\0\0\0", b"\xfe", b"\xff\x01", b"\0\xfe\0"] {
            assert_eq!(Answer::read(odd), None, "{odd:?}");
        }
        assert_eq!(end_of_rows(b"\xfe\0\0\x08\0"), Some(true));
        assert_eq!(end_of_rows(b"\xfe\0\0\x02\0"), Some(false));
        assert_eq!(end_of_rows(b"\xfe\0\0\x02\0\0\0\0\0a"), None);
    }

    #[test]
    fn the_frame_of_a_packet_is_read_as_it_is_written() {
        for size in [0, 1, 0x1_0203, PACKET_BYTES_MAX] {
            assert_eq!(length(header(size, 7)), (size, 7));
        }
    }

    #[test]
    fn a_greeting_holds_a_challenge_in_two_parts() {
        let mut greeting =
            b"\x0a10.11.19-MariaDB\0\x07\0\0\0abcdefgh\0\xff\xf7\x2d\x02\0\xff\x81\x15".to_vec();
        greeting.extend([0; 10]);
        greeting.extend(b"ijklmnopqrst\0mysql_native_password\0");
        let read = Greeting::read(&greeting).unwrap();
        assert_eq!(&read.challenge, b"abcdefghijklmnopqrst");
        assert_eq!(
            (read.way.as_slice(), read.abilities),
            (b"mysql_native_password".as_slice(), 0x81ff_f7ff)
        );
        for cut in 0..greeting.len() - 23 {
            assert_eq!(Greeting::read(&greeting[..cut]), None, "{cut}");
        }
    }

    proptest::proptest! {
        /// Whatever a server sends is read or refused.
        #[test]
        fn no_bytes_make_it_panic(content: Vec<u8>) {
            let _read = (Greeting::read(&content), Step::read(&content), Answer::read(&content));
            let _ended = (end_of_rows(&content), Said::read(&content));
        }
    }
}
