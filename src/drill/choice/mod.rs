//! Which set a drill restores: by a rule that is on record, never by hand in secret.
//!
//! A set at random is drawn by the log itself: the draw is the root of the log's tree after the
//! drill's own intent was written, so that nobody knows it before the drill has its number, and
//! anybody can draw again from the exported log. Of the sets in question the one goes forward whose
//! id gives, behind the draw, the least digest.

pub mod fact;

use std::time::Duration;

use jiff::Timestamp;

use crate::base::digest::Digest;
use crate::drill::choice::fact::{Choice, Draw, Wish};

/// A set in question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id, 64 hexadecimal digits.
    pub id: String,
    /// When it was taken.
    pub taken: Timestamp,
}

impl Wish {
    /// What a word stands for; anything else begins the id of a set, and no word is the newest.
    pub fn of(word: Option<&str>) -> Self {
        match word {
            None | Some("latest") => Self::Latest,
            Some("oldest") => Self::Oldest,
            Some("random") => Self::Random,
            Some(_) => Self::Named,
        }
    }

    /// Its word in the configuration and on the command line; none for a set that was named.
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Latest => Some("latest"),
            Self::Oldest => Some("oldest"),
            Self::Random => Some("random"),
            Self::Named => None,
        }
    }
}

/// The set that the rule gives, of `candidates`, which are oldest first; none if there is none.
///
/// A window leaves those that were taken within that time before the decision; those from the future
/// are in none.
pub fn choose(
    candidates: &[Candidate],
    wish: Wish,
    within: Option<Duration>,
    decided: Timestamp,
    draw: &Draw,
) -> Option<(Candidate, Choice)> {
    let fits = |candidate: &&Candidate| match within {
        None => true,
        Some(within) => {
            let age = Duration::try_from(decided.duration_since(candidate.taken));
            age.is_ok_and(|age| age <= within)
        }
    };
    let among: Vec<&Candidate> = candidates.iter().filter(fits).collect();
    let is_drawn = wish == Wish::Random;
    let chosen = match wish {
        Wish::Latest | Wish::Named => among.last().copied(),
        Wish::Oldest => among.first().copied(),
        Wish::Random => among.iter().copied().min_by_key(|one| lot(draw, &one.id)),
    }?;
    let choice = Choice {
        wish,
        within_s: within.map(|within| within.as_secs()),
        among: among.len() as u64,
        ids: digest(&among).to_string(),
        draw: is_drawn.then(|| draw.clone()),
        newest: candidates.last().is_some_and(|newest| newest.id == chosen.id),
        turn: None,
    };
    Some((chosen.clone(), choice))
}

/// What decides about an id: the digest of the draw's root, a line's end and the id, as texts.
fn lot(draw: &Draw, id: &str) -> Digest {
    Digest::of(format!("{}\n{id}", draw.root).as_bytes())
}

/// Of the ids in their alphabetical order, each with a line's end.
fn digest(among: &[&Candidate]) -> Digest {
    let mut ids: Vec<&str> = among.iter().map(|candidate| candidate.id.as_str()).collect();
    ids.sort_unstable();
    let text: String = ids.iter().flat_map(|id| [*id, "\n"]).collect();
    Digest::of(text.as_bytes())
}

/// The turn behind `last` of so many, counted from one.
pub fn next_turn(last: Option<u64>, turns: u64) -> u64 {
    last.filter(|last| *last < turns).map_or(1, |last| last.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn at(days: u64) -> Timestamp {
        Timestamp::UNIX_EPOCH + DAY * u32::try_from(20_000 + days).expect("few days")
    }

    /// Sets of the days 0 to 9.
    fn sets() -> Vec<Candidate> {
        let set = |day| Candidate { id: Digest::of(&[day]).to_string(), taken: at(day.into()) };
        (0..10).map(set).collect()
    }

    fn draw(number: u8) -> Draw {
        Draw { entries: u64::from(number), root: Digest::of(&[0xff, number]).to_string() }
    }

    /// The days that come forward, over many draws, at the end of day 9.
    fn days(wish: Wish, within: Option<Duration>) -> std::collections::BTreeSet<usize> {
        let all = sets();
        let chosen = (0..=255).filter_map(|number| {
            let found = choose(&all, wish, within, at(9), &draw(number));
            found.and_then(|(set, _)| all.iter().position(|one| *one == set))
        });
        chosen.collect()
    }

    #[test]
    fn each_wish_has_its_sets_and_a_draw_reaches_all_of_the_window() {
        for (wish, within, expected) in [
            (Wish::Latest, None, vec![9]),
            (Wish::Oldest, None, vec![0]),
            (Wish::Oldest, Some(3 * DAY), vec![6]),
            (Wish::Random, None, (0..10).collect()),
            (Wish::Random, Some(3 * DAY), vec![6, 7, 8, 9]),
            (Wish::Random, Some(Duration::ZERO), vec![9]),
        ] {
            let found: Vec<_> = days(wish, within).into_iter().collect();
            assert_eq!(found, expected, "{wish:?} {within:?}");
        }
        assert!(choose(&[], Wish::Random, None, at(9), &draw(0)).is_none());
        assert!(choose(&sets(), Wish::Oldest, Some(DAY), at(30), &draw(0)).is_none());
        // Of a clock that was wrong: in no window.
        assert!(choose(&sets()[9..], Wish::Random, Some(DAY), at(8), &draw(0)).is_none());
    }

    #[test]
    fn a_choice_says_all_by_which_it_can_be_made_again() {
        let (set, choice) =
            choose(&sets(), Wish::Random, Some(3 * DAY), at(9), &draw(7)).expect("there are sets");
        let lots = sets()[6..].iter().map(|one| (lot(&draw(7), &one.id), one.id.clone())).min();
        assert_eq!(lots.map(|(_, id)| id), Some(set.id));
        assert_eq!((choice.among, choice.within_s, choice.draw), (4, Some(259_200), Some(draw(7))));
        // In another order the same sets are the same.
        let mut turned = sets();
        turned.reverse();
        let (_, all) = choose(&sets(), Wish::Random, None, at(9), &draw(1)).expect("there are");
        let (_, same) = choose(&turned, Wish::Random, None, at(9), &draw(1)).expect("there are");
        assert_eq!(all.ids, same.ids);
        assert_ne!(all.ids, choice.ids);
        let (_, oldest) = choose(&sets(), Wish::Oldest, None, at(9), &draw(7)).expect("there are");
        assert_eq!((oldest.draw, oldest.newest), (None, false));
    }

    #[test]
    fn turns_go_round_and_survive_a_shorter_list() {
        for (last, turns, next) in [
            (None, 3, 1),
            (Some(1), 3, 2),
            (Some(3), 3, 1),
            (Some(3), 2, 1),
            (Some(u64::MAX), 2, 1),
        ] {
            assert_eq!(next_turn(last, turns), next, "{last:?} of {turns}");
        }
    }
}
