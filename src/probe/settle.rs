//! When a change of verdict counts.
//!
//! Networks drop packets; operators stop reading alarms that lie. A portal changes its settled
//! state only after as many looks in a row as the probe asks for, all of them on the same side:
//! for the worse it becomes the mildest of them, for the better the worst of them, so that a row
//! of changing failures cannot hide behind its own changes. *Unknown* counts neither as healthy
//! nor as a failure: it breaks a row, and becomes settled itself after a row of its own.
//!
//! Pure: no clock, no network, no memory beyond its arguments. **Invariant:** the same looks lead
//! to the same state, whether they were watched live or read back.

use jiff::Timestamp;

use crate::probe::fact::State;
use crate::probe::settings::Settle;

/// Looks back for flapping, as Nagios has it: 21 looks have 20 places for a change.
pub const WINDOW: usize = 21;

/// Percent of those places with a change from which a portal flaps (Nagios: 20), and below which
/// it has stopped (Nagios: 5). The gap keeps the detector itself from flapping.
const FLAPPING: [usize; 2] = [20, 5];

/// What is settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// The state and the first of the looks that settled it; nothing until enough agree.
    pub state: Option<(State, Timestamp)>,
    /// Whether verdicts change so often that single changes say little.
    pub flapping: bool,
}

/// One look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// When.
    pub at: Timestamp,
    /// What it came to.
    pub state: State,
}

impl Settled {
    /// What is settled after the newest of `looks` (at most the last [`WINDOW`] of them matter,
    /// oldest first), given what was settled before it.
    #[must_use]
    pub fn after(self, looks: &[Look], settle: Settle) -> Self {
        let state = change(self.state.map(|(state, _)| state), looks, settle).or(self.state);
        Self { state, flapping: flaps(self.flapping, looks) }
    }
}

/// How bad a state is; `Unknown` has no place in that order.
fn rank(state: State) -> Option<u8> {
    match state {
        State::Healthy => Some(0),
        State::Degraded => Some(1),
        State::Ipv4Only | State::Ipv6Only => Some(2),
        State::Down => Some(3),
        State::Unknown => None,
    }
}

fn change(settled: Option<State>, looks: &[Look], settle: Settle) -> Option<(State, Timestamp)> {
    let (failures, successes) = (settle.failures.max(1) as usize, settle.successes.max(1) as usize);
    let row = |length: usize| looks.len().checked_sub(length).map(|start| &looks[start..]);
    let all = |row: &[Look], fits: &dyn Fn(State) -> bool| row.iter().all(|look| fits(look.state));
    // Nothing settled, and settled as unknown, are left in the same way.
    let from = settled.and_then(rank);
    if let Some(row) = row(failures) {
        let mildest = row.iter().min_by_key(|look| rank(look.state)).map(|look| look.state);
        let begun = row.first().map(|look| look.at);
        let (mildest, begun) = (mildest?, begun?);
        if settled != Some(State::Unknown) && all(row, &|state| state == State::Unknown) {
            return Some((State::Unknown, begun));
        }
        let worse = |state| rank(state).is_some_and(|rank| rank > from.unwrap_or(0));
        // From one family dead to the other: as bad, and still a change.
        let other = |state| from.is_some() && rank(state) == from && Some(state) != settled;
        if all(row, &worse) || all(row, &other) {
            return Some((mildest, begun));
        }
    }
    let row = row(successes)?;
    let worst = row.iter().max_by_key(|look| rank(look.state)).map(|look| look.state)?;
    let better = |state| rank(state).is_some_and(|rank| rank < from.unwrap_or(1));
    all(row, &better).then(|| row.first().map(|look| (worst, look.at))).flatten()
}

/// Unknown looks are left out: losing our own uplink now and then is no flapping of the portal.
fn flaps(already: bool, looks: &[Look]) -> bool {
    let known: Vec<State> = looks
        .iter()
        .rev()
        .map(|look| look.state)
        .filter(|state| *state != State::Unknown)
        .take(WINDOW)
        .collect();
    let changes = known.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let percent = changes * 100 / (WINDOW - 1);
    percent >= if already { FLAPPING[1] } else { FLAPPING[0] }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One letter a look: h, d(egraded), 4, 6, x (down), ?. Checks what is settled after each.
    #[track_caller]
    fn check(looks: &str, settled: &str) {
        let state = |letter| match letter {
            'h' => State::Healthy,
            'd' => State::Degraded,
            '4' => State::Ipv4Only,
            '6' => State::Ipv6Only,
            'x' => State::Down,
            _ => State::Unknown,
        };
        let mut seen = Vec::new();
        let (mut now, mut line) = (Settled::default(), String::new());
        for (minute, letter) in looks.chars().enumerate() {
            let at = Timestamp::from_second(60 * i64::try_from(minute).unwrap()).unwrap();
            seen.push(Look { at, state: state(letter) });
            now = now.after(&seen, Settle::default());
            let settled = "hd46x?".chars().find(|l| now.state.is_some_and(|s| s.0 == state(*l)));
            line.push(settled.unwrap_or('.'));
        }
        assert_eq!(line, settled, "{looks}");
    }

    #[test]
    fn a_change_needs_its_row() {
        check("hh", ".h");
        check("xxx", "..x");
        check("hhxhxxhxxxhh", ".hhhhhhhhxxh");
        check("hhxx?xxx", ".hhhhhhx");
        check("hh???hh", ".hhh??h");
        check("hhdxdx", ".hhhdd");
        check("xxxdhdhh", "..xxdddh");
    }
}
