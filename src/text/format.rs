//! Numbers, sizes, durations and times as each language writes them.
//!
//! Sizes are decimal (1 kB = 1000 bytes), as disks and providers are sold. Durations show their
//! two largest units, rounded: exact figures stand in the record, these are for reading. Official
//! dates follow the layout of Decree 30/2020/NĐ-CP, Annex I, element 4: days below 10 and the
//! months 1 and 2 are written with a leading zero.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, offset};

use crate::text::Language;

/// The habits of one language, and the zone whose clocks it reads.
#[derive(Clone, Debug)]
pub struct Format {
    language: Language,
    zone: TimeZone,
}

/// Names of units of time, shortest form that reads well in a sentence.
struct Units {
    days: &'static str,
    hours: &'static str,
    minutes: &'static str,
    seconds: &'static str,
}

const VIETNAMESE: Units =
    Units { days: "ngày", hours: "giờ", minutes: "phút", seconds: "giây" };
const ENGLISH: Units = Units { days: "d", hours: "h", minutes: "min", seconds: "s" };

const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Format {
    /// The habits of `language`, with times as clocks in `zone` show them.
    pub fn new(language: Language, zone: TimeZone) -> Self {
        Self { language, zone }
    }

    /// The time of Vietnam, which has had no summer time since 1975: an offset is enough.
    pub fn vietnam() -> TimeZone {
        TimeZone::fixed(offset(7))
    }

    /// The language whose habits these are.
    pub fn language(&self) -> Language {
        self.language
    }

    /// `1.234` or `1,234`.
    pub fn number(&self, number: u64) -> String {
        Self::group(self.language, &number.to_string())
    }

    /// `1.234,5` or `1,234.5`, with exactly `places` digits after the mark.
    pub fn decimal(&self, number: f64, places: usize) -> String {
        Self::group(self.language, &format!("{number:.places$}"))
    }

    /// `1,5 GB` or `1.5 GB`; whole bytes below 1000.
    pub fn bytes(&self, bytes: u64) -> String {
        const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
        if bytes < 1000 {
            return format!("{bytes} B");
        }
        let mut size = bytes as f64 / 1000.0;
        let mut unit = UNITS[0];
        for next in &UNITS[1..] {
            // What rounds to 1000 of one unit is written as 1 of the next.
            if size < 999.5 {
                break;
            }
            size /= 1000.0;
            unit = next;
        }
        let places = usize::from(size < 99.95);
        format!("{} {unit}", self.decimal(size, places))
    }

    /// `850 ms`, `12,3 giây`, `5 phút 07 giây`, `2 giờ 05 phút`, `3 ngày 04 giờ`.
    pub fn duration(&self, duration: Duration) -> String {
        let units = match self.language {
            Language::Vietnamese => &VIETNAMESE,
            Language::English => &ENGLISH,
        };
        let pair = |large: u64, larger: &str, small: u64, smaller: &str| {
            format!("{} {larger} {small:02} {smaller}", self.number(large))
        };
        // Rounding comes first, so that 59.97 s reads as one minute, never as 60.0 seconds.
        let milliseconds = rounded(duration, Duration::from_millis(1));
        let tenths = rounded(duration, Duration::from_millis(100));
        let seconds = rounded(duration, Duration::from_secs(1));
        let minutes = rounded(duration, Duration::from_mins(1));
        let hours = rounded(duration, Duration::from_hours(1));
        if milliseconds < 1000 {
            format!("{milliseconds} ms")
        } else if tenths < 600 {
            format!("{} {}", self.decimal(tenths as f64 / 10.0, 1), units.seconds)
        } else if seconds < 3600 {
            pair(seconds / 60, units.minutes, seconds % 60, units.seconds)
        } else if minutes < 24 * 60 {
            pair(minutes / 60, units.hours, minutes % 60, units.minutes)
        } else if duration.subsec_nanos() == 0 && duration.as_secs().is_multiple_of(24 * 3600) {
            // As a person wrote it: a measured time is never to the nanosecond.
            format!("{} {}", self.number(hours / 24), units.days)
        } else {
            pair(hours / 24, units.days, hours % 24, units.hours)
        }
    }

    /// For tables and logs: `22/11/2026 14:05:09` or `2026-11-22 14:05:09`.
    pub fn instant(&self, at: Timestamp) -> String {
        let pattern = match self.language {
            Language::Vietnamese => "%d/%m/%Y %H:%M:%S",
            Language::English => "%Y-%m-%d %H:%M:%S",
        };
        at.to_zoned(self.zone.clone()).strftime(pattern).to_string()
    }

    /// For sentences: `14 giờ 05 phút, ngày 22 tháng 11 năm 2026` or `14:05 on 22 November 2026`.
    pub fn instant_long(&self, at: Timestamp) -> String {
        let local = at.to_zoned(self.zone.clone());
        let date = self.date_long(local.date());
        match self.language {
            Language::Vietnamese => {
                format!("{:02} giờ {:02} phút, {date}", local.hour(), local.minute())
            }
            Language::English => format!("{:02}:{:02} on {date}", local.hour(), local.minute()),
        }
    }

    /// What the clocks of this zone show, for programs that write it as people there are used to.
    pub fn clock(&self, at: Timestamp) -> DateTime {
        at.to_zoned(self.zone.clone()).datetime()
    }

    /// The day in this zone.
    pub fn date(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// `ngày 05 tháng 01 năm 2026` or `5 January 2026`.
    pub fn date_long(&self, date: Date) -> String {
        let (day, month, year) = (date.day(), date.month(), date.year());
        match self.language {
            Language::Vietnamese if month <= 2 => {
                format!("ngày {day:02} tháng {month:02} năm {year}")
            }
            Language::Vietnamese => format!("ngày {day:02} tháng {month} năm {year}"),
            Language::English => {
                let name = usize::try_from(month - 1).ok().and_then(|at| ENGLISH_MONTHS.get(at));
                format!("{day} {} {year}", name.copied().unwrap_or_default())
            }
        }
    }

    /// The line of place and date of an official document: `Hưng Yên, ngày 05 tháng 01 năm 2026`.
    pub fn place_and_date(&self, place: &str, at: Timestamp) -> String {
        format!("{place}, {}", self.date_long(self.date(at)))
    }

    /// Groups the digits of a plain decimal number (`-1234.5`) as `language` does.
    pub(super) fn group(language: Language, plain: &str) -> String {
        let (thousands, mark) = match language {
            Language::Vietnamese => ('.', ','),
            Language::English => (',', '.'),
        };
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let mut text = String::with_capacity(plain.len() + plain.len() / 3);
        for (at, c) in whole.char_indices() {
            let left = whole.len() - at;
            if c.is_ascii_digit() && left % 3 == 0 && text.ends_with(|c: char| c.is_ascii_digit()) {
                text.push(thousands);
            }
            text.push(c);
        }
        if !fraction.is_empty() {
            text.push(mark);
            text.push_str(fraction);
        }
        text
    }
}

fn rounded(duration: Duration, unit: Duration) -> u64 {
    let unit = unit.as_millis();
    let units = (duration.as_micros() + unit * 500) / (unit * 1000);
    u64::try_from(units).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both<T>(say: impl Fn(&Format) -> T) -> [T; 2] {
        Language::ALL.map(|language| say(&Format::new(language, Format::vietnam())))
    }

    #[test]
    fn numbers_are_grouped_as_each_language_does() {
        for (number, vietnamese, english) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (1000, "1.000", "1,000"),
            (12_345_678, "12.345.678", "12,345,678"),
            (u64::MAX, "18.446.744.073.709.551.615", "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(both(|format| format.number(number)), [vietnamese, english]);
        }
        assert_eq!(both(|format| format.decimal(1234.54, 1)), ["1.234,5", "1,234.5"]);
        assert_eq!(both(|format| format.decimal(-123.0, 2)), ["-123,00", "-123.00"]);
    }

    #[test]
    fn sizes_take_the_unit_in_which_they_are_short() {
        for (bytes, vietnamese, english) in [
            (0, "0 B", "0 B"),
            (999, "999 B", "999 B"),
            (1500, "1,5 kB", "1.5 kB"),
            (99_940, "99,9 kB", "99.9 kB"),
            (123_400, "123 kB", "123 kB"),
            (999_600, "1,0 MB", "1.0 MB"),
            (3_210_000_000, "3,2 GB", "3.2 GB"),
            (u64::MAX, "18,4 EB", "18.4 EB"),
        ] {
            assert_eq!(both(|format| format.bytes(bytes)), [vietnamese, english], "{bytes}");
        }
    }

    #[test]
    fn durations_show_two_units_and_never_sixty_of_one() {
        for (milliseconds, vietnamese, english) in [
            (0, "0 ms", "0 ms"),
            (850, "850 ms", "850 ms"),
            (999, "999 ms", "999 ms"),
            (1000, "1,0 giây", "1.0 s"),
            (12_345, "12,3 giây", "12.3 s"),
            (59_940, "59,9 giây", "59.9 s"),
            (59_960, "1 phút 00 giây", "1 min 00 s"),
            (307_000, "5 phút 07 giây", "5 min 07 s"),
            (3_599_500, "1 giờ 00 phút", "1 h 00 min"),
            (7_500_000, "2 giờ 05 phút", "2 h 05 min"),
            (86_399_000, "1 ngày 00 giờ", "1 d 00 h"),
            (273_600_000, "3 ngày 04 giờ", "3 d 04 h"),
            (86_400_000, "1 ngày", "1 d"),
            (7_776_000_000, "90 ngày", "90 d"),
            (7_776_000_001, "90 ngày 00 giờ", "90 d 00 h"),
        ] {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!(both(|format| format.duration(duration)), [vietnamese, english]);
        }
        // The largest value there is must not overflow.
        assert!(both(|format| format.duration(Duration::MAX)).iter().all(|text| !text.is_empty()));
    }

    #[test]
    fn times_are_those_of_the_zone() {
        let at: Timestamp = "2026-11-22T07:05:09Z".parse().unwrap();
        assert_eq!(
            both(|format| format.instant(at)),
            ["22/11/2026 14:05:09", "2026-11-22 14:05:09"]
        );
        assert_eq!(
            both(|format| format.instant_long(at)),
            ["14 giờ 05 phút, ngày 22 tháng 11 năm 2026", "14:05 on 22 November 2026"]
        );
    }

    #[test]
    fn official_dates_pad_days_below_ten_and_the_first_two_months() {
        for (date, vietnamese, english) in [
            ("2026-01-05", "ngày 05 tháng 01 năm 2026", "5 January 2026"),
            ("2026-02-28", "ngày 28 tháng 02 năm 2026", "28 February 2026"),
            ("2026-03-01", "ngày 01 tháng 3 năm 2026", "1 March 2026"),
            ("2026-12-10", "ngày 10 tháng 12 năm 2026", "10 December 2026"),
        ] {
            let date: Date = date.parse().unwrap();
            assert_eq!(both(|format| format.date_long(date)), [vietnamese, english]);
        }
        // Late on New Year's Eve in London is next year in Hưng Yên.
        let at: Timestamp = "2025-12-31T18:00:00Z".parse().unwrap();
        assert_eq!(
            both(|format| format.place_and_date("Hưng Yên", at)),
            ["Hưng Yên, ngày 01 tháng 01 năm 2026", "Hưng Yên, 1 January 2026"]
        );
    }
}
