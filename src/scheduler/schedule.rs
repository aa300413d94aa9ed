//! When recurring work is to start: cron syntax in a time zone.

use std::str::FromStr as _;

use croner::Cron;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A checked schedule. Equal when written the same in the same zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    text: String,
    cron: Cron,
    zone: TimeZone,
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.zone == other.zone
    }
}

impl Schedule {
    /// Reads five fields of cron (minute, hour, day, month, weekday); `Err` says in English what
    /// is wrong. A schedule that never comes (30 February) is refused too.
    pub fn parse(text: &str, zone: TimeZone) -> Result<Self, String> {
        if text.split_ascii_whitespace().count() != 5 {
            return Err("five fields are needed: minute, hour, day, month, weekday".to_owned());
        }
        let cron = Cron::from_str(text).map_err(|error| error.to_string())?;
        let schedule = Self { text: text.to_owned(), cron, zone };
        match schedule.next(Timestamp::UNIX_EPOCH) {
            Some(_) => Ok(schedule),
            None => Err("it never comes".to_owned()),
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first time strictly after `after`.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let after = after.to_zoned(self.zone.clone());
        self.cron.find_next_occurrence(&after, false).ok().map(|at| at.timestamp())
    }

    /// The last time at or before `at`.
    pub fn last(&self, at: Timestamp) -> Option<Timestamp> {
        let at = at.to_zoned(self.zone.clone());
        self.cron.find_previous_occurrence(&at, true).ok().map(|at| at.timestamp())
    }
}
