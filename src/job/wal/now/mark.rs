//! Where a server stood at which time: what a look takes in of its words. Pure.

use jiff::Timestamp;

use crate::job::wal::now::chain::written;
use crate::job::wal::now::fact::{Look, Mark, Server, Slot, Trouble};
use crate::job::wal::now::told;
use crate::source::postgres::physical::position::Position;
use crate::source::postgres::progress::Progress;

/// Instants that are remembered while nothing is held; what is left out makes the RPO look worse,
/// never better.
const MARKS_MAX: usize = 256;

impl Look {
    /// Takes in what the server said of the time `at`, which was before it was asked, and of this
    /// slot, by which its log is received, if it is.
    pub(super) fn ask(&mut self, at: Timestamp, said: &Progress, slot: Option<&str>) {
        let other = self.server.as_ref().is_some_and(|known| known.system != said.system);
        if other {
            // Another server under the same name: what is known is of the log of that one.
            *self = Self { told: std::mem::take(&mut self.told), ..Self::new(at) };
        }
        self.unasked = None;
        self.look_back(at, said);
        let archived = said.archived.as_ref().map(|name| name.as_str().to_owned());
        let failing = said.failing.as_ref();
        self.server = Some(Server {
            at,
            system: said.system,
            timeline: said.timeline,
            segment: said.segment,
            position: said.position,
            archives: said.archives,
            archived,
            failing: failing.map(|(name, at)| Trouble { since: *at, code: name.clone() }),
            ready: said.ready,
            slot: slot.map(|name| Slot {
                name: name.to_owned(),
                there: said.slot.is_some(),
                lost: said.slot.is_some_and(|slot| slot.is_lost),
                active: said.slot.is_some_and(|slot| slot.is_active),
                reserved: said.slot.and_then(|slot| slot.reserved),
            }),
        });
        if self.rewound.is_some() {
            // What is held there is another history: where the server stands proves nothing.
            return;
        }
        match self.marks.last_mut() {
            // No transaction has ended since: what was held then is all there is.
            Some(mark) if mark.timeline == said.timeline && mark.ended == said.ended => {
                mark.until = mark.until.max(at);
            }
            _ => self.marks.push(Mark {
                at,
                until: at,
                timeline: said.timeline,
                position: written(said.position, said.segment),
                ended: said.ended,
            }),
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

    /// Takes back what was noted by a clock that stood later than `now`.
    pub(super) fn put_right(&mut self, now: Timestamp) {
        self.marks.retain(|mark| mark.at <= now);
        let marks = self.marks.iter_mut().map(|mark| (mark.at, &mut mark.until));
        let held = self.repositories.values_mut().map(|shelf| &mut shelf.until);
        told::put_right(now, &mut self.since, marks, held);
    }

    /// Whether the server stands before what was already held at the look before: no repository
    /// holds what a server has not written yet. It stays so as long as the timeline does, since the
    /// server goes on to where other bytes are held under the same names.
    fn look_back(&mut self, at: Timestamp, said: &Progress) {
        let Some(known) = &self.server else { return };
        if known.timeline != said.timeline {
            self.rewound = None;
            return;
        }
        let stands = written(said.position, said.segment);
        let held = self.repositories.values().filter_map(|shelf| shelf.held);
        if held.map(|held| held.to).max().is_some_and(|to| stands < to) && self.rewound.is_none() {
            let code = Position(said.position).to_string();
            self.rewound = Some(Trouble { since: at, code });
            if self.marks.len() == 1 {
                // Taken before anybody knew what is held.
                self.marks.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::Digest;
    use crate::job::wal::now::fact::{Held, Shelf};

    const SEGMENT: u64 = 16 << 20;

    fn said(timeline: u32, position: u64, ended: &str) -> Progress {
        Progress {
            system: 7,
            timeline,
            segment: SEGMENT,
            position,
            ended: Digest::of(ended.as_bytes()),
            archives: true,
            archived: None,
            failing: None,
            ready: None,
            slot: None,
        }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minute * 60).expect("a valid time")
    }

    #[test]
    fn a_mark_lasts_as_long_as_no_transaction_ends() {
        let mut look = Look::new(at(0));
        look.ask(at(0), &said(1, 3 * SEGMENT + 40, "a"), None);
        look.ask(at(1), &said(1, 3 * SEGMENT + 900, "a"), None);
        look.ask(at(2), &said(1, 3 * SEGMENT + 950, "b"), None);
        look.ask(at(3), &said(2, 3 * SEGMENT + 950, "b"), None);
        let marks: Vec<_> = look.marks.iter().map(|mark| (mark.until, mark.position)).collect();
        let second = 3 * SEGMENT + 950;
        assert_eq!(marks, [(at(1), 3 * SEGMENT), (at(2), second), (at(3), second)]);
        for minute in 4..2000 {
            look.ask(at(minute), &said(2, 4 * SEGMENT, &minute.to_string()), None);
            assert!(look.marks.len() <= MARKS_MAX);
        }
        assert_eq!(look.marks.last().map(|mark| mark.until), Some(at(1999)));
        let other = Progress { system: 8, ..said(1, SEGMENT, "a") };
        look.ask(at(2000), &other, None);
        assert_eq!(look.marks.len(), 1, "another server's log is another one");
    }

    #[test]
    fn what_a_clock_noted_that_was_too_late_holds_nothing_once_it_is_put_right() {
        let mut look = Look::new(at(0));
        look.ask(at(0), &said(1, 3 * SEGMENT + 90, "a"), None);
        look.ask(at(900), &said(1, 3 * SEGMENT + 90, "a"), None);
        look.ask(at(901), &said(1, 3 * SEGMENT + 99, "b"), None);
        let shelf = Shelf { until: Some(at(901)), ..Shelf::default() };
        look.repositories.insert("kho".to_owned(), shelf);
        look.put_right(at(901));
        assert_eq!((look.marks.len(), look.repositories["kho"].until), (2, Some(at(901))));
        look.put_right(at(5));
        let marks: Vec<_> = look.marks.iter().map(|mark| (mark.at, mark.until)).collect();
        assert_eq!((marks, look.repositories["kho"].until), (vec![(at(0), at(0))], None));
        look.ask(at(5), &said(1, 3 * SEGMENT + 99, "b"), None);
        assert_eq!(look.marks.last().map(|mark| mark.until), Some(at(5)));
        let mut begun = Look::new(at(9));
        begun.put_right(at(5));
        assert_eq!(begun.since, at(5));
    }

    #[test]
    fn a_server_that_was_set_back_proves_nothing_until_it_has_a_timeline_of_its_own() {
        let mut look = Look::new(at(0));
        let held = Some(Held { from: SEGMENT, to: 5 * SEGMENT });
        let shelf = Shelf { held, ..Shelf::default() };
        look.ask(at(0), &said(1, 5 * SEGMENT + 99, "a"), None);
        look.repositories.insert("kho".to_owned(), shelf);
        look.ask(at(1), &said(1, 5 * SEGMENT, "b"), None);
        assert_eq!((look.marks.len(), &look.rewound), (2, &None));
        look.ask(at(2), &said(1, 3 * SEGMENT, "c"), None);
        look.ask(at(3), &said(1, 6 * SEGMENT, "d"), None);
        assert_eq!(look.rewound.as_ref().map(|trouble| trouble.since), Some(at(2)));
        assert_eq!(look.marks.last().map(|mark| mark.until), Some(at(1)));
        look.ask(at(4), &said(2, 4 * SEGMENT, "e"), None);
        assert_eq!((look.marks.len(), &look.rewound), (3, &None));
    }
}
