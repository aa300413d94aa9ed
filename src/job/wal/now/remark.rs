//! What a person should know of a log: behind, broken, full, or not looked at.

use std::time::Duration;

use jiff::Timestamp;

use crate::base::fault::{Args, Message};
use crate::config::settings::Wal;
use crate::job::wal::now::Watched;
use crate::job::wal::now::fact::{Look, Shelf};
use crate::job::wal::now::told::{self, Reach};
use crate::view::{Colour, Remark};

/// How often a log is looked at: ten times before it is behind, and no less often than people look.
pub fn every(wal: &Wal) -> Duration {
    told::every(wal.rpo)
}

/// Everything about these logs that is not as it should be at `now`.
pub fn remarks(watched: &[Watched], now: Timestamp) -> Vec<Remark> {
    watched.iter().flat_map(|one| of(one, now)).collect()
}

/// The same of one log, without what changes while the state does not.
pub(super) fn states(watched: &Watched, now: Timestamp) -> Vec<String> {
    told::states(of(watched, now))
}

fn of(watched: &Watched, now: Timestamp) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut say = |colour, id, args: Args| {
        let message = Message::with(id, args.text("database", &watched.database));
        remarks.push(Remark { colour, subject: watched.portal.clone(), message });
    };
    let seen = watched.look.as_ref().map(Option::as_ref);
    let timed = (|look: &Look| look.at, every(&watched.wal));
    let Some(look) = told::seen(seen, timed, now, &mut say) else { return remarks };
    server(look, &mut say);
    waiting(watched, look, &mut say);
    let best = watched.to.iter().filter_map(|name| look.repositories.get(name)?.until).max();
    for name in &watched.to {
        let known = look.repositories.get(name).cloned().unwrap_or_default();
        repository(watched, look, (name, &known, best), now, &mut say);
    }
    remarks
}

fn server(look: &Look, say: &mut impl FnMut(Colour, &'static str, Args)) {
    if let Some(trouble) = &look.unasked {
        let args = Args::none().text("code", &trouble.code).time("since", trouble.since);
        say(Colour::Amber, "view-wal-unasked", args);
    }
    if let Some(trouble) = &look.refused {
        let args = Args::none().text("code", &trouble.code).time("since", trouble.since);
        say(Colour::Amber, "view-wal-refused", args);
    }
    if let Some(trouble) = &look.rewound {
        let args = Args::none().text("detail", &trouble.code).time("since", trouble.since);
        say(Colour::Red, "view-wal-rewound", args);
    }
    let Some(server) = &look.server else { return };
    if let Some(slot) = &server.slot {
        let args = || Args::none().text("slot", &slot.name);
        if !slot.there {
            say(Colour::Red, "view-wal-no-slot", args());
        } else if slot.lost {
            say(Colour::Red, "view-wal-slot-lost", args());
        }
        // Whether it hands its log over elsewhere as well is nothing to us.
    } else if !server.archives {
        say(Colour::Red, "view-wal-off", Args::none());
    } else if let Some(trouble) = &server.failing {
        let args = Args::none().time("at", trouble.since).text("detail", &trouble.code);
        say(Colour::Amber, "view-wal-failing", args);
    }
}

/// What waits on the server is its own, and fills its own disk.
fn waiting(watched: &Watched, look: &Look, say: &mut impl FnMut(Colour, &'static str, Args)) {
    let waiting = watched.to.iter().filter_map(|name| look.waiting(look.repositories.get(name)?));
    told::waiting(watched.wal.durable_in, waiting, watched.wal.waiting, say);
}

fn repository(
    watched: &Watched,
    look: &Look,
    (name, shelf, best): (&str, &Shelf, Option<Timestamp>),
    now: Timestamp,
    say: &mut impl FnMut(Colour, &'static str, Args),
) {
    let named = || Args::none().text("repository", name);
    if let Some(trouble) = &shelf.unread {
        let args = named().text("code", &trouble.code).time("since", trouble.since);
        say(Colour::Amber, "view-wal-unread", args);
    }
    let reach = Reach { until: shelf.until, best, since: look.since };
    told::behind(name, &reach, (watched.wal.rpo, watched.wal.durable_in), now, say);
    if let Some(gap) = shelf.gaps.first() {
        let missing = shelf.gaps.iter().map(|gap| gap.count).fold(0, u64::saturating_add);
        let args = named().text("first", &gap.first).number("count", missing);
        say(Colour::Red, "view-wal-gap", args);
    }
    match (&shelf.base, shelf.from_base) {
        (None, _) if shelf.read.is_some() => say(Colour::Amber, "view-wal-no-base", named()),
        (Some(_), false) => say(Colour::Amber, "view-wal-other-line", named()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::DurableIn;
    use crate::job::wal::now::fact::{Base, Gap, Held, Server, Slot, Trouble};

    const AT: &str = "2026-11-22T08:00:00Z";

    fn time(text: &str) -> Timestamp {
        text.parse().expect("test times are valid")
    }

    fn healthy() -> Look {
        let mut look = Look::new(time("2026-11-20T00:00:00Z"));
        look.at = time(AT);
        look.server = Some(Server {
            at: time(AT),
            system: 7,
            timeline: 1,
            segment: 16 << 20,
            position: 10 << 24,
            archives: true,
            archived: None,
            failing: None,
            ready: None,
            slot: None,
        });
        let taken = time("2026-11-21T00:00:00Z");
        let base = Base { set: "ab".to_owned(), taken, timeline: 1, start: 0, stop: 9 };
        let shelf = Shelf {
            read: Some(time(AT)),
            until: Some(time("2026-11-22T07:50:00Z")),
            held: Some(Held { from: 0, to: 10 << 24 }),
            base: Some(base),
            from_base: true,
            ..Shelf::default()
        };
        look.repositories.insert("kho".to_owned(), shelf.clone());
        look.repositories.insert("xa".to_owned(), shelf);
        look
    }

    #[track_caller]
    fn check_as(
        durable_in: DurableIn,
        change: impl FnOnce(&mut Look),
        expected: &[(Colour, &str)],
    ) {
        let mut look = healthy();
        change(&mut look);
        let watched = Watched {
            portal: "mau".to_owned(),
            database: "cum".to_owned(),
            wal: Wal { durable_in, receive: None, rpo: Duration::from_mins(15), waiting: 1 << 30 },
            to: vec!["kho".to_owned(), "xa".to_owned()],
            look: Ok(Some(look)),
        };
        let seen = remarks(&[watched], time(AT));
        let seen: Vec<_> = seen.iter().map(|remark| (remark.colour, remark.message.id)).collect();
        assert_eq!(seen, expected);
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Look), expected: &[(Colour, &str)]) {
        check_as(DurableIn::All, change, expected);
    }

    fn kho(look: &mut Look) -> &mut Shelf {
        look.repositories.get_mut("kho").expect("the healthy look has it")
    }

    #[test]
    fn a_log_that_is_behind_broken_full_or_unseen_is_never_green() {
        use Colour::{Amber, Red};
        let trouble = || Some(Trouble { since: time(AT), code: "x.y".to_owned() });
        let server = |look: &mut Look| look.server.take().expect("the healthy look has one");
        check(|_| {}, &[]);
        let late = |look: &mut Look| kho(look).until = Some(time("2026-11-22T07:44:59Z"));
        check(late, &[(Red, "view-wal-behind")]);
        check_as(DurableIn::One, late, &[(Amber, "view-wal-behind")]);
        let both = |look: &mut Look| {
            late(look);
            look.repositories.get_mut("xa").expect("it is there").until = None;
        };
        let gone = [(Red, "view-wal-behind"), (Red, "view-wal-nothing")];
        check_as(DurableIn::One, both, &gone);
        check(|look| kho(look).until = None, &[(Red, "view-wal-nothing")]);
        let begun = |look: &mut Look| {
            look.since = time("2026-11-22T07:50:00Z");
            kho(look).until = None;
        };
        check(begun, &[(Amber, "view-wal-nothing")]);
        let (first, last) = ("a".to_owned(), "b".to_owned());
        let gap = |look: &mut Look| kho(look).gaps.push(Gap { first, last, count: 2 });
        check(gap, &[(Red, "view-wal-gap")]);
        check(|look| kho(look).unread = trouble(), &[(Amber, "view-wal-unread")]);
        check(|look| look.unasked = trouble(), &[(Amber, "view-wal-unasked")]);
        check(|look| look.rewound = trouble(), &[(Red, "view-wal-rewound")]);
        check(|look| look.refused = trouble(), &[(Amber, "view-wal-refused")]);
        check(|look| look.at = time("2026-11-22T07:54:29Z"), &[(Amber, "view-wal-unlooked")]);
        check(|look| look.at = time("2026-11-22T08:00:01Z"), &[(Amber, "view-wal-unlooked")]);
        check(|look| kho(look).base = None, &[(Amber, "view-wal-no-base")]);
        check(|look| kho(look).from_base = false, &[(Amber, "view-wal-other-line")]);
        let off = |look: &mut Look| look.server = Some(Server { archives: false, ..server(look) });
        check(off, &[(Red, "view-wal-off")]);
        let failing = |look: &mut Look| {
            look.server = Some(Server { failing: trouble(), ..server(look) });
        };
        check(failing, &[(Amber, "view-wal-failing")]);
        // Whose log is received may archive where and as it likes, and must have its slot.
        let received = |there: bool, lost: bool| {
            move |look: &mut Look| {
                let name = "duphong".to_owned();
                let slot = Slot { name, there, lost, active: true, reserved: None };
                let failing = Some(Trouble { since: time(AT), code: "x.y".to_owned() });
                let server = look.server.as_mut().expect("the healthy look has one");
                (server.archives, server.failing, server.slot) = (false, failing, Some(slot));
            }
        };
        check(received(true, false), &[]);
        check(received(false, false), &[(Red, "view-wal-no-slot")]);
        check(received(true, true), &[(Red, "view-wal-slot-lost")]);
    }

    #[test]
    fn what_waits_is_told_before_it_is_too_much() {
        use Colour::{Amber, Red};
        let wait = |bytes: u64| {
            move |look: &mut Look| {
                let held = Held { from: 0, to: (10 << 24) - bytes };
                kho(look).held = Some(held);
            }
        };
        let position =
            |look: &mut Look| look.server.as_mut().expect("it is there").position = 1 << 40;
        let of = |bytes: u64| {
            move |look: &mut Look| {
                position(look);
                for shelf in look.repositories.values_mut() {
                    shelf.held = Some(Held { from: 0, to: (1 << 40) - bytes });
                }
            }
        };
        check(wait(1 << 20), &[]);
        check(of((1 << 30) / 100 * 80), &[(Amber, "view-wal-waiting")]);
        check(of((1 << 30) / 100 * 80 - 1), &[]);
        check(of(1 << 30), &[(Red, "view-wal-waiting")]);
        // The server waits for the slowest, or for the quickest.
        let one = |look: &mut Look| {
            of(0)(look);
            kho(look).held = Some(Held { from: 0, to: (1 << 40) - (1 << 30) });
        };
        check(one, &[(Red, "view-wal-waiting")]);
        check_as(DurableIn::One, one, &[]);
    }
}
