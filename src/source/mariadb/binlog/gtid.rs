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

    /// Reads what a server says of its log: `0-1-42,1-2-7`. What is none is passed over.
    pub fn read(text: &str) -> Self {
        text.split(',').filter_map(|gtid| gtid.trim().parse().ok()).collect()
    }

    /// Whether a log that has come to here may go on to where these are the last of their domains.
    pub fn may_precede(&self, last: &[Gtid]) -> bool {
        self.0.iter().all(|(&(domain, server), &number)| {
            last.iter().any(|gtid| {
                gtid.domain == domain && (gtid.server != server || gtid.number >= number)
            })
        })
    }

    /// Whether a log that has come to here holds all of these.
    pub fn holds(&self, all: &[Gtid]) -> bool {
        all.iter().all(|gtid| {
            let last = self.0.get(&(gtid.domain, gtid.server));
            last.is_some_and(|number| *number >= gtid.number)
        })
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

    #[test]
    fn a_state_is_held_against_the_last_of_each_domain() {
        let state = State::read("0-1-42,0-2-50,1-7-3");
        assert_eq!(state.to_string(), "0-1-42,0-2-50,1-7-3");
        let of = |text: &str| -> Vec<Gtid> {
            text.split(',').filter_map(|one| one.parse().ok()).collect()
        };
        for (last, precedes, holds) in [
            ("0-2-50,1-7-3", true, true),
            ("0-2-51,1-7-3", true, false),
            ("0-2-49,1-7-3", false, true),
            ("0-2-50", false, true),
            ("0-2-50,1-7-3,5-5-5", true, false),
            ("", false, true),
        ] {
            assert_eq!(state.may_precede(&of(last)), precedes, "{last}");
            assert_eq!(state.holds(&of(last)), holds, "{last}");
        }
        assert!(State::default().may_precede(&[]) && State::default().holds(&[]));
    }
}
