//! How far a log has come, by the numbers of its transactions.
//!
//! The two makers say it otherwise. MariaDB names the last transaction of each server in each
//! domain, and numbers of a domain grow. MySQL names sets of numbers, which may have holes. Of
//! those its set of all that was executed may hold more than its log does: what came into the
//! server with a dump. So a log is compared with what was noted by the streams that it has itself.

use std::collections::BTreeMap;
use std::fmt;

use crate::source::mariadb::binlog::gtid::{Gtid, Stream, Tag, decimal};

/// Which transactions there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State(BTreeMap<Stream, Numbers>);

/// Of MariaDB the last number alone; of MySQL runs by their first number, apart from each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Numbers(BTreeMap<u64, u64>);

impl Numbers {
    fn last(&self) -> u64 {
        self.0.last_key_value().map_or(0, |(_, last)| *last)
    }

    fn has(&self, number: u64) -> bool {
        self.0.range(..=number).next_back().is_some_and(|(_, last)| *last >= number)
    }

    fn has_all(&self, other: &Self) -> bool {
        other.0.iter().all(|(first, last)| {
            self.0.range(..=*first).next_back().is_some_and(|(_, end)| end >= last)
        })
    }

    /// Adds a run, and joins it with those that it touches.
    fn add(&mut self, mut first: u64, mut last: u64) {
        while let Some((&start, &end)) = self.0.range(..=last.saturating_add(1)).next_back() {
            if end < first.saturating_sub(1) {
                break;
            }
            self.0.remove(&start);
            (first, last) = (first.min(start), last.max(end));
        }
        self.0.insert(first, last);
    }
}

impl State {
    /// One more transaction.
    pub fn add(&mut self, gtid: Gtid) {
        let numbers = self.0.entry(gtid.stream).or_default();
        match gtid.stream {
            Stream::Domain { .. } => numbers.0 = BTreeMap::from([(gtid.number, gtid.number)]),
            Stream::Source { .. } => numbers.add(gtid.number, gtid.number),
        }
    }

    /// One more run of numbers, as MySQL has them; nothing where it holds none.
    pub(super) fn add_run(&mut self, stream: Stream, first: u64, last: u64) {
        if first > 0 && first <= last {
            self.0.entry(stream).or_default().add(first, last);
        }
    }

    /// Reads what a server says of its log, `0-1-42,1-2-7` or `uuid:1-5:7:tag:1,uuid:3`. What is
    /// none is passed over.
    pub fn read(text: &str) -> Self {
        let mut state = Self::default();
        for one in text.split(',').map(str::trim) {
            match one.split_once(':') {
                Some((uuid, runs)) => state.read_runs(uuid, runs),
                None => one.parse().into_iter().for_each(|gtid| state.add(gtid)),
            }
        }
        state
    }

    fn read_runs(&mut self, uuid: &str, runs: &str) {
        let Ok(uuid) = uuid.parse() else { return };
        let mut tag = Tag::default();
        for part in runs.split(':').map(str::trim) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            if let Some((first, last)) = decimal(first).zip(decimal(last)) {
                self.add_run(Stream::Source { uuid, tag }, first, last);
            } else if let Some(found) = Tag::read(part.as_bytes()) {
                tag = found;
            }
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a log that has come to here may go on to `noted`.
    pub fn may_precede(&self, noted: &Self) -> bool {
        self.0.iter().all(|(stream, numbers)| match stream {
            Stream::Domain { domain, server } => noted
                .of_domain(*domain)
                .any(|(other, last)| other != *server || last >= numbers.last()),
            Stream::Source { .. } => {
                noted.0.get(stream).is_some_and(|noted| noted.has_all(numbers))
            }
        })
    }

    /// Whether a log that has come to here holds all that was `noted`: of MySQL, of the streams that
    /// it has.
    pub fn holds(&self, noted: &Self) -> bool {
        let mut shared = noted.0.is_empty();
        noted.0.iter().all(|(stream, numbers)| match (stream, self.0.get(stream)) {
            (Stream::Domain { .. }, own) => {
                shared = true;
                own.is_some_and(|own| own.last() >= numbers.last())
            }
            (Stream::Source { .. }, None) => true,
            (Stream::Source { .. }, Some(own)) => {
                shared = true;
                own.last() >= numbers.last()
            }
        }) && shared
    }

    /// Whether a log that has come to here ends where this was `noted`.
    pub fn is_at(&self, noted: &Self) -> bool {
        if self.is_empty() || noted.is_empty() {
            return self.is_empty() && noted.is_empty();
        }
        let ends = |stream, numbers: &Numbers| {
            self.0.get(stream).is_some_and(|own| own.last() == numbers.last())
        };
        let is_of_mysql = |stream: &Stream| matches!(stream, Stream::Source { .. });
        if self.0.keys().any(is_of_mysql) {
            return self.may_precede(noted)
                && self.0.keys().all(|stream| {
                    noted.0.get(stream).is_some_and(|numbers| ends(stream, numbers))
                });
        }
        noted.0.iter().all(|(stream, numbers)| ends(stream, numbers))
    }

    /// Whether this transaction is in the log up to here.
    pub fn has(&self, gtid: Gtid) -> bool {
        self.0.get(&gtid.stream).is_some_and(|numbers| match gtid.stream {
            Stream::Domain { .. } => numbers.last() >= gtid.number,
            Stream::Source { .. } => numbers.has(gtid.number),
        })
    }

    /// Whether a dump that noted this was taken before the transaction: numbers of a domain grow,
    /// and those of MySQL are named one by one.
    pub fn is_before(&self, gtid: Gtid) -> bool {
        match gtid.stream {
            Stream::Domain { domain, .. } => {
                self.of_domain(domain).all(|(_, last)| last < gtid.number)
            }
            Stream::Source { .. } => !self.has(gtid),
        }
    }

    /// Servers of a domain, with their last numbers.
    fn of_domain(&self, wanted: u32) -> impl Iterator<Item = (u32, u64)> {
        self.0.iter().filter_map(move |(stream, numbers)| match stream {
            Stream::Domain { domain, server } if *domain == wanted => {
                Some((*server, numbers.last()))
            }
            _ => None,
        })
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
        for (nth, (stream, numbers)) in self.0.iter().enumerate() {
            let comma = if nth == 0 { "" } else { "," };
            write!(f, "{comma}{stream}")?;
            for (first, last) in &numbers.0 {
                match stream {
                    Stream::Domain { .. } => write!(f, "-{last}")?,
                    Stream::Source { .. } if first == last => write!(f, ":{first}")?,
                    Stream::Source { .. } => write!(f, ":{first}-{last}")?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "a8d6218b-e79d-11f1-b98b-02fc00000001";
    const B: &str = "b8d6218b-e79d-11f1-b98b-02fc00000001";

    #[test]
    fn a_state_of_mariadb_is_held_against_the_last_of_each_domain() {
        let state = State::read("0-1-42,0-2-50,1-7-3");
        assert_eq!(state.to_string(), "0-1-42,0-2-50,1-7-3");
        for (last, precedes, holds) in [
            ("0-2-50,1-7-3", true, true),
            ("0-2-51,1-7-3", true, false),
            ("0-2-49,1-7-3", false, true),
            ("0-2-50", false, true),
            ("0-2-50,1-7-3,5-5-5", true, false),
            ("", false, true),
        ] {
            let last = State::read(last);
            assert_eq!(state.may_precede(&last), precedes, "{last}");
            assert_eq!(state.holds(&last), holds, "{last}");
        }
        let none = State::default();
        assert!(none.may_precede(&none) && none.holds(&none) && none.is_at(&none));
        assert!(state.is_at(&State::read("0-2-50,1-7-3")) && !state.is_at(&none));
        assert!(!state.is_at(&State::read("0-2-49,1-7-3")));
        let gtid = |text: &str| text.parse::<Gtid>().unwrap();
        assert!(state.is_before(gtid("0-9-51")) && !state.is_before(gtid("0-9-50")));
        assert!(state.is_before(gtid("9-9-1")));
        assert!(state.has(gtid("0-2-50")) && !state.has(gtid("0-3-1")));
    }

    #[test]
    fn sets_of_mysql_join_and_are_held_against_what_was_noted() {
        let with = |text: &str| State::read(&text.replace('A', A).replace('B', B));
        let shown = |text: &str| with(text).to_string().replace(A, "A").replace(B, "B");
        for (text, expected) in [
            ("A:1-3:4", "A:1-4"),
            ("A:5:1-3:4", "A:1-5"),
            ("A:1-3:7:5-9:20-30", "A:1-3:5-9:20-30"),
            ("A:10-20:1-5:3-12", "A:1-20"),
            ("A:1-9:3-4", "A:1-9"),
            ("A:1:3:5:2:4", "A:1-5"),
            ("A:1-2:thue:1-3:5,\nB:4", "A:1-2,A:thue:1-3:5,B:4"),
            ("A:x y:1", "A:1"),
            ("A:0:9-3", "—"),
            ("c:1", "—"),
            (
                "A:18446744073709551615:18446744073709551614",
                "A:18446744073709551614-18446744073709551615",
            ),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
        // What came with a dump (B, and the first fifty of A) is in no log.
        for (log, noted, precedes, holds, is_at) in [
            ("A:51-60", "A:1-60,B:1-9", true, true, true),
            ("A:51-59", "A:1-60,B:1-9", true, false, false),
            ("A:51-61", "A:1-60,B:1-9", false, true, false),
            ("A:1-3", "A:1-50", true, false, false),
            ("", "A:1-50", true, false, false),
            ("A:1-3", "", false, true, false),
            ("A:1-3,A:thue:1", "A:1-3", false, true, false),
            ("A:1-3,A:thue:1", "A:1-3:thue:1", true, true, true),
            ("B:1", "A:1", false, false, false),
            ("", "", true, true, true),
        ] {
            let (log, noted) = (with(log), with(noted));
            assert_eq!(log.may_precede(&noted), precedes, "{log} {noted}");
            assert_eq!(log.holds(&noted), holds, "{log} {noted}");
            assert_eq!(log.is_at(&noted), is_at, "{log} {noted}");
        }
        let state = with("A:1-3:7:thue:2");
        let gtid = |text: &str| text.replace('A', A).parse::<Gtid>().unwrap();
        for (one, has) in [("A:3", true), ("A:4", false), ("A:thue:2", true), ("A:thue:1", false)] {
            assert_eq!((state.has(gtid(one)), state.is_before(gtid(one))), (has, !has), "{one}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_set_is_the_same_however_it_came_together(
            numbers in proptest::collection::vec(1_u64..40, 0..60),
        ) {
            let stream = Stream::Source { uuid: A.parse().unwrap(), tag: Tag::default() };
            let state: State =
                numbers.iter().map(|number| Gtid { stream, number: *number }).collect();
            let known: std::collections::BTreeSet<u64> = numbers.into_iter().collect();
            let again: State =
                known.iter().map(|number| Gtid { stream, number: *number }).collect();
            proptest::prop_assert_eq!(&state, &again);
            for number in 0..42 {
                proptest::prop_assert_eq!(
                    state.has(Gtid { stream, number }), known.contains(&number));
            }
            proptest::prop_assert_eq!(State::read(&state.to_string()), state);
        }
    }
}
