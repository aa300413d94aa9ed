//! Reads what scheduled drills restore in turn.

use std::time::Duration;

use crate::config::decode::Cursor;
use crate::config::drill::drill_source;
use crate::config::keys;
use crate::config::portal::Surroundings;
use crate::config::problem::Complaint;

/// The sets that take turns, by their words.
pub const TURN_SETS: [(&str, &str); 3] =
    [("latest", "latest"), ("oldest", "oldest"), ("random", "random")];

/// A round that a person can still survey.
const TURNS_MAX: usize = 100;

/// Sets of less than a day are no window to choose from, and none is kept for longer than that.
const WITHIN: std::ops::RangeInclusive<Duration> =
    Duration::from_hours(24)..=Duration::from_hours(24 * 36_525);

/// What one drill in turn restores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// One of [`TURN_SETS`].
    pub set: String,
    /// Of the oldest or a random set only those of this time before the drill.
    pub within: Option<Duration>,
    /// The repository, where it is not the portal's for drills.
    pub from: Option<String>,
}

/// The round, in its order.
pub(super) fn turns(
    value: &Cursor<'_>,
    targets: &[String],
    surroundings: &Surroundings<'_>,
) -> Vec<Turn> {
    value.list_of(1..=TURNS_MAX, |item| turn(item, targets, surroundings))
}

fn turn(value: &Cursor<'_>, targets: &[String], surroundings: &Surroundings<'_>) -> Option<Turn> {
    let section = value.section(&keys::TURN)?;
    let set = section.need("set", |value| value.word(&TURN_SETS));
    let within = section.may("within", |value| {
        if set == Some("latest") {
            let complaint = Complaint::error("config-turn-within");
            return value.refuse(complaint.hint("config-turn-within-hint"));
        }
        value.duration(WITHIN)
    });
    let from = section.may("from", |value| drill_source(value, targets, surroundings));
    Some(Turn { set: set?.to_owned(), within, from })
}
