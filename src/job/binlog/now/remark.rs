//! What a person should know of a binary log: behind, broken, too far ahead, or not looked at.

use std::time::Duration;

use jiff::Timestamp;

use crate::base::fault::{Args, Message};
use crate::config::settings::Binlog;
use crate::job::binlog::now::Watched;
use crate::job::binlog::now::fact::{Look, Shelf};
use crate::job::wal::now::told::{self, Reach};
use crate::view::{Colour, Remark};

/// How often a log is looked at: ten times before it is behind, and no less often than people look.
pub fn every(binlog: &Binlog) -> Duration {
    told::every(binlog.rpo)
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
    let timed = (|look: &Look| look.at, every(&watched.binlog));
    let Some(look) = told::seen(seen, timed, now, &mut say) else { return remarks };
    for (trouble, colour, id, name) in [
        (&look.unasked, Colour::Amber, "view-wal-unasked", "code"),
        (&look.refused, Colour::Amber, "view-wal-refused", "code"),
        (&look.rewound, Colour::Red, "view-binlog-rewound", "detail"),
    ] {
        let Some(trouble) = trouble else { continue };
        say(colour, id, Args::none().text(name, &trouble.code).time("since", trouble.since));
    }
    waiting(watched, look, &mut say);
    let best = watched.to.iter().filter_map(|name| look.repositories.get(name)?.until).max();
    for name in &watched.to {
        let known = look.repositories.get(name).cloned().unwrap_or_default();
        repository(watched, look, (name, &known, best), now, &mut say);
    }
    remarks
}

/// The server removes its files by its own clock, whoever has kept them.
fn waiting(watched: &Watched, look: &Look, say: &mut impl FnMut(Colour, &'static str, Args)) {
    let waiting = watched.to.iter().filter_map(|name| look.repositories.get(name)?.waiting);
    told::waiting(watched.binlog.durable_in, waiting, watched.binlog.waiting, say);
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
    told::behind(name, &reach, (watched.binlog.rpo, watched.binlog.durable_in), now, say);
    if let (Some(gap), Some(end)) = (shelf.gaps.first(), shelf.gaps.last()) {
        let missing = shelf.gaps.iter().map(|gap| gap.count).fold(0, u64::saturating_add);
        let args = named().text("first", &gap.first).text("last", &end.last);
        say(Colour::Red, "view-binlog-gap", args.number("count", missing));
    }
    match (&shelf.base, shelf.from_base, shelf.line == look.line) {
        (None, ..) if shelf.read.is_some() => say(Colour::Amber, "view-binlog-no-set", named()),
        (Some(_), true, false) => say(Colour::Amber, "view-binlog-other-line", named()),
        (Some(_), false, _) => say(Colour::Amber, "view-binlog-unplaced", named()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::DurableIn;
    use crate::job::binlog::now::fact::{Base, Held, Place};
    use crate::job::wal::now::fact::{Gap, Trouble};

    const AT: &str = "2026-11-22T08:00:00Z";

    fn time(text: &str) -> Timestamp {
        text.parse().expect("test times are valid")
    }

    fn healthy() -> Look {
        let mut look = Look::new(time("2026-11-20T00:00:00Z"));
        look.at = time(AT);
        look.line = Some("a".to_owned());
        let place = |at| Place { file: "bin.000001".to_owned(), at };
        let (set, noted) = ("ab".to_owned(), "bin.000001:9".to_owned());
        let base =
            Base { set, taken: time("2026-11-21T00:00:00Z"), noted, line: look.line.clone() };
        let shelf = Shelf {
            read: Some(time(AT)),
            until: Some(time("2026-11-22T07:50:00Z")),
            line: look.line.clone(),
            held: Some(Held { from: place(9), to: place(99) }),
            waiting: Some(0),
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
        let every = Duration::from_secs(30);
        let binlog = Binlog { durable_in, every, rpo: Duration::from_mins(15), waiting: 1 << 30 };
        let watched = Watched {
            portal: "mau".to_owned(),
            database: "cong".to_owned(),
            binlog,
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
    fn a_binary_log_that_is_behind_broken_or_unseen_is_never_green() {
        use Colour::{Amber, Red};
        let trouble = || Some(Trouble { since: time(AT), code: "x.y".to_owned() });
        check(|_| {}, &[]);
        let late = |look: &mut Look| kho(look).until = Some(time("2026-11-22T07:44:59Z"));
        check(late, &[(Red, "view-wal-behind")]);
        check_as(DurableIn::One, late, &[(Amber, "view-wal-behind")]);
        check(|look| kho(look).until = None, &[(Red, "view-wal-nothing")]);
        let begun = |look: &mut Look| {
            look.since = time("2026-11-22T07:50:00Z");
            kho(look).until = None;
        };
        check(begun, &[(Amber, "view-wal-nothing")]);
        let (first, last) = ("a".to_owned(), "b".to_owned());
        let gap = |look: &mut Look| kho(look).gaps.push(Gap { first, last, count: 2 });
        check(gap, &[(Red, "view-binlog-gap")]);
        check(|look| kho(look).unread = trouble(), &[(Amber, "view-wal-unread")]);
        check(|look| look.unasked = trouble(), &[(Amber, "view-wal-unasked")]);
        check(|look| look.rewound = trouble(), &[(Red, "view-binlog-rewound")]);
        check(|look| look.refused = trouble(), &[(Amber, "view-wal-refused")]);
        check(|look| look.at = time("2026-11-22T07:54:29Z"), &[(Amber, "view-wal-unlooked")]);
        check(|look| look.at = time("2026-11-22T08:00:01Z"), &[(Amber, "view-wal-unlooked")]);
        check(|look| kho(look).base = None, &[(Amber, "view-binlog-no-set")]);
        check(|look| kho(look).from_base = false, &[(Amber, "view-binlog-unplaced")]);
        let other = |look: &mut Look| kho(look).line = Some("0".to_owned());
        check(other, &[(Amber, "view-binlog-other-line")]);
    }

    #[test]
    fn what_the_server_has_and_nobody_keeps_is_told_before_it_is_too_much() {
        use Colour::{Amber, Red};
        let wait = |bytes: u64| move |look: &mut Look| kho(look).waiting = Some(bytes);
        check(wait((1 << 30) / 100 * 80 - 1), &[]);
        check(wait((1 << 30) / 100 * 80), &[(Amber, "view-wal-waiting")]);
        check(wait(1 << 30), &[(Red, "view-wal-waiting")]);
        check_as(DurableIn::One, wait(1 << 30), &[]);
    }
}
