//! How far a line of a binary log is held without a gap, and what a look takes in of its server's
//! words. Pure.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::base::digest::Digest;
use crate::job::binlog::list::between;
use crate::job::binlog::now::fact::{Held, Look, Mark, Place, Server};
use crate::job::wal::Gap as Missing;
use crate::job::wal::now::fact::{Gap, Trouble};
use crate::job::wal::now::told;
use crate::source::mariadb::binlog::progress::Progress;
use crate::source::mariadb::binlog::receive::order;

/// Instants that are remembered while nothing is held; what is left out makes the RPO look worse,
/// never better.
const MARKS_MAX: usize = 256;

/// More files than a server has between two sets: what is left out counts as not known.
const SIZES_MAX: usize = 4096;

/// More gaps than a person reads.
const GAPS_MAX: usize = 50;

/// Files of a line in their order, each with how far it is kept.
pub(super) type Files = [(String, u64)];

/// What of a line can be replayed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// The stretch without a gap.
    pub(super) held: Option<Held>,
    /// What is missing, the first first.
    pub(super) gaps: Vec<Gap>,
}

/// What is known of a line beside what is kept of it.
pub(super) struct Known<'a> {
    /// How many bytes a file has that its server has closed; none where nobody knows.
    pub(super) size: &'a dyn Fn(&str) -> Option<u64>,
    /// The files that the server still has, where the line is its current one.
    pub(super) offered: &'a [(String, u64)],
}

/// How far a restore comes: from the set's place, or else from the beginning of the last stretch,
/// up to the first gap.
pub(super) fn reach(kept: &Files, base: Option<&Place>, known: &Known<'_>) -> Reach {
    let mut found = Reach::default();
    let is_wanted = |name: &str| base.is_none_or(|base| order(name) >= order(&base.file));
    let wanted: Vec<_> = kept.iter().filter(|(name, _)| is_wanted(name)).collect();
    let mut held = base.map(|base| Held { from: base.clone(), to: base.clone() });
    // Where nothing may be missing before the next file.
    let mut before: Option<String> = None;
    let mut is_whole = true;
    for (nth, (name, kept)) in wanted.iter().enumerate() {
        let missing = match (&before, base) {
            (Some(before), _) => between(before, name),
            (None, Some(base)) if order(name) > order(&base.file) => up_to(&base.file, name),
            (None, _) => None,
        };
        if let Some(gap) = missing {
            is_whole = false;
            found.gaps.push(named(gap));
        }
        before = Some(name.clone());
        if !is_whole && base.is_none() {
            (held, is_whole) = (None, true);
        }
        if is_whole {
            let from = Place { file: name.clone(), at: 0 };
            let held = held.get_or_insert_with(|| Held { from: from.clone(), to: from });
            let to = Place { file: name.clone(), at: *kept };
            if held.to.is_before(&to) {
                held.to = to;
            }
        }
        let is_last = nth + 1 == wanted.len();
        let goes_on = !is_last || is_gone(known.offered, name);
        if goes_on && (known.size)(name).is_none_or(|size| *kept < size) {
            is_whole = false;
            found.gaps.push(Gap { first: name.clone(), last: name.clone(), count: 1 });
        }
    }
    // What the server has removed before anybody kept it.
    let last = before.or_else(|| base.map(|base| base.file.clone()));
    if let (Some(last), Some((oldest, _))) = (last, known.offered.first()) {
        let is_kept = wanted.iter().any(|(name, _)| *name == last);
        let gap = if is_kept { between(&last, oldest) } else { up_to(&last, oldest) };
        found.gaps.extend(gap.map(named));
    }
    found.gaps.truncate(GAPS_MAX);
    found.held = held.filter(|held| base.is_some() || held.from.is_before(&held.to));
    found
}

/// Whether the server has later files and no more this one.
fn is_gone(offered: &[(String, u64)], name: &str) -> bool {
    offered.first().is_some_and(|(oldest, _)| order(oldest) > order(name))
}

/// The file itself and those up to another one.
fn up_to(first: &str, after: &str) -> Option<Missing> {
    if order(after) <= order(first) {
        return None;
    }
    let more = between(first, after);
    let (last, count) = more.map_or((first.to_owned(), 0), |gap| (gap.last, gap.count));
    Some(Missing { first: first.to_owned(), last, count: count + 1 })
}

fn named(gap: Missing) -> Gap {
    Gap { first: gap.first, last: gap.last, count: gap.count }
}

/// Bytes that the server has written behind a place of its current line.
pub(super) fn waiting(server: &Server, held: &Place) -> u64 {
    let behind =
        server.files.iter().map(|(name, size)| match order(name).cmp(&order(&held.file)) {
            Ordering::Less => 0,
            Ordering::Equal => size.saturating_sub(held.at),
            Ordering::Greater => *size,
        });
    behind.fold(0, u64::saturating_add)
}

impl Look {
    /// Takes in what the server said of the time `at`, which was before it was asked, with the
    /// newest line that any repository had after it, and what is kept of that.
    pub(super) fn ask(&mut self, at: Timestamp, said: &Progress, line: Option<&str>, kept: &Files) {
        if self.server.as_ref().is_some_and(|known| known.system != said.system) {
            // Another server under the same name: what is known is of the log of that one.
            *self = Self { told: std::mem::take(&mut self.told), ..Self::new(at) };
        }
        self.unasked = None;
        let end = Place::from(said.end.clone());
        self.server = Some(Server {
            at,
            system: said.system.clone(),
            end: end.clone(),
            ended: said.ended.clone(),
            files: said.files.clone(),
        });
        if self.line.as_deref() != line {
            self.line = line.map(str::to_owned);
            (self.rewound, self.sizes) = (None, BTreeMap::new());
        }
        let Some(line) = line else { return };
        self.look_back(at, line, &end, kept);
        if self.rewound.is_some() {
            // What is kept there is another log: where the server stands proves nothing.
            return;
        }
        let closed = said.files.iter().filter(|(name, _)| order(name) < order(&end.file));
        self.sizes.extend(closed.cloned());
        while self.sizes.len() > SIZES_MAX {
            self.sizes.pop_first();
        }
        self.mark(at, line, end, Digest::of(said.ended.as_bytes()));
    }

    /// Takes back what was noted by a clock that stood later than `now`.
    pub(super) fn put_right(&mut self, now: Timestamp) {
        self.marks.retain(|mark| mark.at <= now);
        let marks = self.marks.iter_mut().map(|mark| (mark.at, &mut mark.until));
        let held = self.repositories.values_mut().map(|shelf| &mut shelf.until);
        told::put_right(now, &mut self.since, marks, held);
    }

    fn mark(&mut self, at: Timestamp, line: &str, place: Place, ended: Digest) {
        match self.marks.last_mut() {
            // No transaction has ended since: what was held then is all there is.
            Some(mark) if mark.line == line && mark.ended == ended => {
                mark.until = mark.until.max(at);
            }
            _ => {
                let line = line.to_owned();
                self.marks.push(Mark { at, until: at, line, place, ended });
            }
        }
        if self.marks.len() > MARKS_MAX {
            // Every second one of the older half: the newest are the ones that are held next.
            let mut place = 0;
            self.marks.retain(|_| {
                place += 1;
                place > MARKS_MAX / 2 || place % 2 == 0
            });
        }
    }

    /// Whether the server contradicts what is kept of its line: it stands before what was held at
    /// the look before, or has closed a file with less than is kept of it. No repository holds what
    /// a server has not written. It stays so until the log goes on in another line.
    fn look_back(&mut self, at: Timestamp, line: &str, end: &Place, kept: &Files) {
        let held = self.repositories.values().filter(|shelf| shelf.line.as_deref() == Some(line));
        let is_back =
            held.filter_map(|shelf| shelf.held.as_ref()).any(|held| end.is_before(&held.to));
        let server = self.server.as_ref().map_or(&[][..], |server| &server.files[..]);
        let shorter = kept.iter().find(|(name, kept)| {
            let is_closed = order(name) < order(&end.file);
            is_closed && server.iter().any(|(of, size)| of == name && size < kept)
        });
        let code = match shorter {
            _ if is_back => end.to_string(),
            Some((name, _)) => name.clone(),
            None => return,
        };
        self.rewound.get_or_insert(Trouble { since: at, code });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::binlog::now::fact::Shelf;

    fn name(number: u64) -> String {
        format!("bin.{number:06}")
    }

    fn files(all: &[(u64, u64)]) -> Vec<(String, u64)> {
        all.iter().map(|(number, bytes)| (name(*number), *bytes)).collect()
    }

    fn place(number: u64, at: u64) -> Place {
        Place { file: name(number), at }
    }

    /// Files of 100 bytes unless told otherwise; told as `file:at-file:at` and gaps as `first+count`.
    #[track_caller]
    fn check(
        kept: &[(u64, u64)],
        base: Option<(u64, u64)>,
        offered: &[(u64, u64)],
        expected: &str,
    ) {
        let offered = files(offered);
        let size = |name: &str| {
            let found = offered.iter().find(|(of, _)| of == name).map(|(_, size)| *size);
            found.or((name != "bin.000013").then_some(100))
        };
        let known = Known { size: &size, offered: &offered };
        let base = base.map(|(number, at)| place(number, at));
        let found = reach(&files(kept), base.as_ref(), &known);
        let short = |place: &Place| format!("{}:{}", order(&place.file).0, place.at);
        let held = found.held.as_ref();
        let held = held
            .map_or("none".to_owned(), |held| format!("{}-{}", short(&held.from), short(&held.to)));
        let gaps = found.gaps.iter().map(|gap| format!(" {}x{}", order(&gap.first).0, gap.count));
        assert_eq!(held + &gaps.collect::<String>(), expected);
    }

    #[test]
    fn without_a_set_the_last_stretch_counts_and_with_one_the_first_from_it() {
        check(&[], None, &[], "none");
        check(&[(4, 100), (5, 100), (6, 30)], None, &[(4, 100), (5, 100), (6, 80)], "4:0-6:30");
        check(&[(4, 100), (5, 100), (9, 30)], None, &[(9, 80)], "9:0-9:30 6x3");
        check(&[(4, 100), (5, 100), (9, 30)], Some((4, 50)), &[(9, 80)], "4:50-5:100 6x3");
        check(&[(4, 100), (5, 100), (9, 30)], Some((9, 20)), &[(9, 80)], "9:20-9:30");
        // A set holds itself, whether its place is kept or not.
        check(&[(4, 100)], Some((8, 50)), &[(4, 100), (8, 80)], "8:50-8:50");
        check(&[(8, 30)], Some((8, 50)), &[(8, 80)], "8:50-8:50");
        check(&[(9, 30)], Some((8, 50)), &[(9, 80)], "8:50-8:50 8x1");
    }

    #[test]
    fn a_file_that_ends_early_is_a_gap_once_the_log_has_gone_on() {
        check(&[(4, 100), (5, 60)], None, &[(4, 100), (5, 100), (6, 9)], "4:0-5:60");
        check(&[(4, 100), (5, 60), (6, 9)], Some((4, 1)), &[(5, 100), (6, 9)], "4:1-5:60 5x1");
        check(&[(4, 100), (5, 60), (6, 9)], None, &[(5, 100), (6, 9)], "6:0-6:9 5x1");
        // Nobody knows how long it was.
        check(&[(13, 60), (14, 9)], Some((13, 1)), &[(14, 9)], "13:1-13:60 13x1");
    }

    #[test]
    fn what_the_server_removed_before_it_was_kept_is_a_gap_at_once() {
        check(&[(4, 100), (5, 100)], Some((4, 1)), &[(6, 9)], "4:1-5:100");
        check(&[(4, 100), (5, 60)], Some((4, 1)), &[(6, 9)], "4:1-5:60 5x1");
        check(&[(4, 100), (5, 100)], Some((4, 1)), &[(8, 9)], "4:1-5:100 6x2");
        check(&[], Some((5, 1)), &[(8, 9)], "5:1-5:1 5x3");
        check(&[], Some((8, 1)), &[(8, 9)], "8:1-8:1");
    }

    #[test]
    fn what_waits_is_what_the_server_has_behind_the_stretch() {
        let at: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
        let (system, ended) = ("mariadb-7".to_owned(), String::new());
        let files = files(&[(3, 100), (4, 100), (5, 70)]);
        let server = Server { at, system, end: place(5, 70), ended, files };
        for (held, expected) in [((3, 40), 230), ((4, 100), 70), ((5, 70), 0), ((5, 90), 0)] {
            assert_eq!(waiting(&server, &place(held.0, held.1)), expected, "{held:?}");
        }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minute * 60).expect("a valid time")
    }

    fn said(end: (u64, u64), ended: &str) -> Progress {
        let end = crate::source::mariadb::binlog::span::Position { file: name(end.0), at: end.1 };
        let files = files(&[(2, 100), (order(&end.file).0, end.at)]);
        Progress { system: "mariadb-7".to_owned(), ended: ended.to_owned(), end, files }
    }

    #[test]
    fn a_mark_lasts_as_long_as_no_transaction_ends_and_belongs_to_its_line() {
        let mut look = Look::new(at(0));
        look.ask(at(0), &said((3, 40), "0-1-1"), None, &[]);
        assert!(look.marks.is_empty(), "nobody knows in which line it is");
        look.ask(at(1), &said((3, 40), "0-1-1"), Some("a"), &[]);
        look.ask(at(2), &said((4, 30), "0-1-1"), Some("a"), &[]);
        look.ask(at(3), &said((4, 90), "0-1-2"), Some("a"), &[]);
        look.ask(at(4), &said((1, 90), "0-1-2"), Some("b"), &[]);
        let marks: Vec<_> =
            look.marks.iter().map(|mark| (mark.until, mark.place.clone())).collect();
        assert_eq!(marks, [(at(2), place(3, 40)), (at(3), place(4, 90)), (at(4), place(1, 90))]);
        for minute in 5..1000 {
            look.ask(at(minute), &said((9, 9), &minute.to_string()), Some("b"), &[]);
            assert!(look.marks.len() <= MARKS_MAX);
        }
        let other = Progress { system: "mariadb-8".to_owned(), ..said((1, 9), "0-1-1") };
        look.ask(at(1000), &other, Some("c"), &[]);
        assert_eq!(look.marks.len(), 1, "another server's log is another one");
    }

    #[test]
    fn what_a_clock_noted_that_was_too_late_holds_nothing_once_it_is_put_right() {
        let mut look = Look::new(at(0));
        look.ask(at(0), &said((3, 40), "0-1-1"), Some("a"), &[]);
        look.ask(at(900), &said((3, 40), "0-1-1"), Some("a"), &[]);
        look.ask(at(901), &said((4, 40), "0-1-2"), Some("a"), &[]);
        let shelf = Shelf { until: Some(at(901)), ..Shelf::default() };
        look.repositories.insert("kho".to_owned(), shelf);
        look.put_right(at(901));
        assert_eq!((look.marks.len(), look.repositories["kho"].until), (2, Some(at(901))));
        look.put_right(at(5));
        let marks: Vec<_> = look.marks.iter().map(|mark| (mark.at, mark.until)).collect();
        assert_eq!((marks, look.repositories["kho"].until), (vec![(at(0), at(0))], None));
    }

    #[test]
    fn a_server_that_contradicts_what_is_kept_proves_nothing_until_there_is_another_line() {
        let mut look = Look::new(at(0));
        look.ask(at(0), &said((5, 80), "0-1-1"), Some("a"), &[]);
        let held = Some(Held { from: place(2, 0), to: place(5, 80) });
        let shelf = Shelf { held, line: Some("a".to_owned()), ..Shelf::default() };
        look.repositories.insert("kho".to_owned(), shelf);
        look.ask(at(1), &said((5, 80), "0-1-2"), Some("a"), &[]);
        assert_eq!((look.marks.len(), &look.rewound), (2, &None));
        look.ask(at(2), &said((5, 70), "0-1-3"), Some("a"), &[]);
        look.ask(at(3), &said((5, 90), "0-1-4"), Some("a"), &[]);
        assert_eq!(look.rewound.as_ref().map(|trouble| trouble.since), Some(at(2)));
        assert_eq!(look.marks.last().map(|mark| mark.until), Some(at(1)));
        look.ask(at(4), &said((1, 40), "0-1-1"), Some("b"), &[]);
        assert_eq!((look.marks.len(), &look.rewound), (3, &None));
        // It goes on in a later file, and closed one with less than is kept of it.
        look.ask(at(5), &said((3, 40), "0-1-2"), Some("b"), &files(&[(2, 101)]));
        assert_eq!(look.rewound.as_ref().map(|trouble| &trouble.code[..]), Some("bin.000002"));
    }
}
