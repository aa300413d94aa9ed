//! Numbers of transactions, and how far a log has come by them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The number of a transaction: `domain-server-number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtid {
    /// The stream of numbers that it belongs to.
    pub domain: u32,
    /// The server that wrote it first.
    pub server: u32,
    /// Its number in the domain.
    pub number: u64,
}

impl fmt::Display for Gtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.domain, self.server, self.number)
    }
}

impl FromStr for Gtid {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('-');
        let mut next = || parts.next().filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
        let read = (next(), next(), next());
        let (Some(domain), Some(server), Some(number)) = read else { return Err(()) };
        if parts.next().is_some() {
            return Err(());
        }
        let domain = domain.parse().map_err(|_| ())?;
        let server = server.parse().map_err(|_| ())?;
        Ok(Self { domain, server, number: number.parse().map_err(|_| ())? })
    }
}

/// The last number of each server in each domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State(BTreeMap<(u32, u32), u64>);

impl State {
    /// One more transaction.
    pub fn add(&mut self, gtid: Gtid) {
        self.0.insert((gtid.domain, gtid.server), gtid.number);
    }

    /// Whether this one is the last of its server.
    pub fn ends_with(&self, gtid: Gtid) -> bool {
        self.0.get(&(gtid.domain, gtid.server)) == Some(&gtid.number)
    }
}

impl FromIterator<Gtid> for State {
    fn from_iter<I: IntoIterator<Item = Gtid>>(all: I) -> Self {
        let mut state = Self::default();
        all.into_iter().for_each(|gtid| state.add(gtid));
        state
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("—");
        }
        for (nth, (&(domain, server), &number)) in self.0.iter().enumerate() {
            let comma = if nth == 0 { "" } else { "," };
            write!(f, "{comma}{}", Gtid { domain, server, number })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_reads_as_it_is_written() {
        let gtid: Gtid = "3-7-45".parse().unwrap();
        assert_eq!((gtid.domain, gtid.server, gtid.number), (3, 7, 45));
        assert_eq!(gtid.to_string(), "3-7-45");
        for other in ["", "3-7", "3-7-45-1", "3-7-+4", "a-b-c", "3--4", "3-7-99999999999999999999"]
        {
            assert!(other.parse::<Gtid>().is_err(), "{other}");
        }
        assert_eq!(State::from_iter([gtid]).to_string(), "3-7-45");
        assert_eq!(State::default().to_string(), "—");
    }
}
