//! A period as people name it: `2026`, `2026-Q4`, `2026-10`, `2026-10-05`, or two of these with `..`
//! between them, from the beginning of the first to the end of the second. Pure.
//!
//! Its ends are midnights of the site's clocks.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// From an instant up to, and without, another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
}

impl Period {
    /// What these words mean on clocks of this zone; `None` if they mean nothing, or nothing that
    /// ends after it begins.
    pub fn parse(words: &str, zone: &TimeZone) -> Option<Self> {
        let (first, last) = words.split_once("..").unwrap_or((words, words));
        let midnight = |day: Date| Some(day.to_zoned(zone.clone()).ok()?.timestamp());
        let (from, to) = (midnight(days(first)?.0)?, midnight(days(last)?.1)?);
        (from < to).then_some(Self { from, to })
    }

    /// Whether this instant lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

/// The first day, and the first day after.
fn days(words: &str) -> Option<(Date, Date)> {
    let parts: Vec<&str> = words.split('-').collect();
    let number = |text: &str, digits: usize| -> Option<i16> {
        let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok())?
    };
    let year = number(parts.first()?, 4)?;
    let (month, day, length) = match parts[1..] {
        [] => (1, 1, Span::new().years(1)),
        [quarter] if quarter.starts_with('Q') => {
            let quarter = number(&quarter[1..], 1).filter(|quarter| (1..=4).contains(quarter))?;
            (quarter * 3 - 2, 1, Span::new().months(3))
        }
        [month] => (number(month, 2)?, 1, Span::new().months(1)),
        [month, day] => (number(month, 2)?, number(day, 2)?, Span::new().days(1)),
        _ => return None,
    };
    let first = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some((first, first.checked_add(length).ok()?))
}

#[cfg(test)]
mod tests {
    use jiff::tz;

    use super::*;

    #[track_caller]
    fn check(words: &str, expected: Option<(&str, &str)>) {
        let period = Period::parse(words, &TimeZone::fixed(tz::offset(7)));
        let time = |text: &str| format!("{text}T00:00:00+07:00").parse::<Timestamp>().expect(text);
        let expected = expected.map(|(from, to)| Period { from: time(from), to: time(to) });
        assert_eq!(period, expected, "{words}");
    }

    #[test]
    fn a_period_begins_and_ends_at_midnights_of_the_site() {
        check("2026", Some(("2026-01-01", "2027-01-01")));
        check("2026-Q4", Some(("2026-10-01", "2027-01-01")));
        check("2026-Q1", Some(("2026-01-01", "2026-04-01")));
        check("2026-10", Some(("2026-10-01", "2026-11-01")));
        check("2026-12", Some(("2026-12-01", "2027-01-01")));
        check("2026-02-28", Some(("2026-02-28", "2026-03-01")));
        check("2026-10-05..2026-10-07", Some(("2026-10-05", "2026-10-08")));
        check("2026-10..2026-12", Some(("2026-10-01", "2027-01-01")));
        check("2025..2026-Q2", Some(("2025-01-01", "2026-07-01")));
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for words in [
            "",
            "26",
            "2026-13",
            "2026-Q5",
            "2026-Q0",
            "2026-Q",
            "2026-1",
            "2026-02-29",
            "2026-10-",
            "2026-10..",
            "..2026",
            "2026-11..2026-10",
            "2026-10-01-01",
            "+026",
            "2026-10...2026-11",
            "9999",
            "2026-q4",
            "２０２６",
        ] {
            check(words, None);
        }
    }
}
