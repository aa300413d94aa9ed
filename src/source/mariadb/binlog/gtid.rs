//! Numbers of transactions, as either maker writes them.

use std::fmt;
use std::str::FromStr;

/// Letters of the longest tag.
const TAG_MAX: usize = 32;

/// The number of a transaction: `domain-server-number` of MariaDB, `uuid:number` or
/// `uuid:tag:number` of MySQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtid {
    /// What it is counted in.
    pub stream: Stream,
    /// Its number there.
    pub number: u64,
}

/// What transactions are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// Of MariaDB: one count in a domain, which many servers may go on with.
    Domain {
        /// The domain.
        domain: u32,
        /// The server that wrote it first.
        server: u32,
    },
    /// Of MySQL: a count of its own for each server and tag.
    Source {
        /// The server that wrote it first.
        uuid: Uuid,
        /// Its tag; empty for most.
        tag: Tag,
    },
}

/// How a MySQL server is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub [u8; 16]);

/// What a user of MySQL calls transactions of one kind: letters, digits and underlines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag([u8; TAG_MAX]);

impl Tag {
    /// Reads a tag; none where these bytes are no tag. Capital letters count as small ones.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut tag = Self::default();
        let begins = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
        if bytes.first().is_some_and(|first| !begins(*first)) {
            return None;
        }
        for (place, byte) in bytes.iter().enumerate() {
            if !begins(*byte) && !byte.is_ascii_digit() {
                return None;
            }
            *tag.0.get_mut(place)? = byte.to_ascii_lowercase();
        }
        Some(tag)
    }

    fn as_str(&self) -> &str {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(TAG_MAX);
        self.0.get(..end).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            let dash = if [4, 6, 8, 10].contains(&place) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

impl FromStr for Uuid {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let parts: Vec<&str> = text.split('-').collect();
        if !parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) {
            return Err(());
        }
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(parts.concat().as_bytes());
        let bytes = bytes.ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(())
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain { domain, server } => write!(f, "{domain}-{server}"),
            Self::Source { uuid, tag } if tag.as_str().is_empty() => uuid.fmt(f),
            Self::Source { uuid, tag } => write!(f, "{uuid}:{}", tag.as_str()),
        }
    }
}

impl fmt::Display for Gtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = match self.stream {
            Stream::Domain { .. } => '-',
            Stream::Source { .. } => ':',
        };
        write!(f, "{}{between}{}", self.stream, self.number)
    }
}

impl FromStr for Gtid {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some((source, number)) = text.rsplit_once(':') {
            let (uuid, tag) = source.split_once(':').unwrap_or((source, ""));
            if tag.is_empty() != (uuid == source) {
                return Err(());
            }
            let stream =
                Stream::Source { uuid: uuid.parse()?, tag: Tag::read(tag.as_bytes()).ok_or(())? };
            // MySQL counts from one.
            let number = decimal(number).filter(|number| *number > 0).ok_or(())?;
            return Ok(Self { stream, number });
        }
        let mut parts = text.split('-').map(decimal);
        let mut next = || parts.next().flatten().ok_or(());
        let (domain, server, number) = (next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(());
        }
        let part = |number: u64| u32::try_from(number).map_err(|_| ());
        Ok(Self { stream: Stream::Domain { domain: part(domain)?, server: part(server)? }, number })
    }
}

/// A number of digits alone.
pub(super) fn decimal(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "a8d6218b-e79d-11f1-b98b-02fc00000001";

    #[test]
    fn a_number_reads_as_it_is_written() {
        let gtid: Gtid = "3-7-45".parse().unwrap();
        assert_eq!(gtid, Gtid { stream: Stream::Domain { domain: 3, server: 7 }, number: 45 });
        let tagged = format!("{UUID}:thue_2026:9");
        for text in ["3-7-45", &format!("{UUID}:12"), &tagged] {
            assert_eq!(text.parse::<Gtid>().unwrap().to_string(), text);
        }
        let loud = format!("{}:Thue_2026:9", UUID.to_uppercase());
        assert_eq!(loud.parse::<Gtid>().unwrap().to_string(), tagged);
        for other in ["", "3-7", "3-7-45-1", "3-7-+4", "a-b-c", "3--4", "3-7-99999999999999999999"]
        {
            assert!(other.parse::<Gtid>().is_err(), "{other}");
        }
        for behind in ["", ":", ":0", ":-1", ":1-2", "::1", ":9a:1", ":a b:1", ":a:b:1", ":1,2"] {
            assert!(format!("{UUID}{behind}").parse::<Gtid>().is_err(), "{behind}");
        }
        assert!(format!("{}:1", UUID.replace('-', "")).parse::<Gtid>().is_err());
        assert!(format!("{UUID}:{}:1", "a".repeat(33)).parse::<Gtid>().is_err());
    }
}
