//! Which renames are left to do: decided from which names exist, never from memory.
//!
//! One source has three places: `Live`, where production expects it; `Old`, where production is
//! set aside; `Staged`, where the restored copy waits. Of a SQLite database each place has the
//! names of side files as well, which belong to the file before them: a write-ahead log beside
//! another database's file is replayed into it and destroys it.
//!
//! So the order is fixed. Setting production aside, its file goes first and its side files follow;
//! bringing it back, the side files go first. Of the restored copy the file goes first on its way
//! in, and last on its way out. Then side files at `Live` belong to whatever can be told from the
//! three files alone, after a kill between any two renames, in either direction:
//! **Invariant: from every state that a kill can leave, both ways lead to their end.**

use crate::source::sqlite::SIDE_FILES;

/// The names that one place can have: the thing itself, then side files.
pub(super) const NAMES: usize = 1 + SIDE_FILES.len();

/// A place of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// Where production expects it.
    Live,
    /// Where production is set aside.
    Old,
    /// Where the restored copy waits.
    Staged,
}

/// Which names exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Names {
    pub(super) live: [bool; NAMES],
    pub(super) old: [bool; NAMES],
    pub(super) staged: [bool; NAMES],
    /// Whether what is at `Live` is the very thing that was staged.
    pub(super) live_is_staged: bool,
}

/// One rename: which of the names, from where, to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rename {
    /// 0 for the thing itself, else the number of the side file counted from one.
    pub(super) name: usize,
    pub(super) from: Slot,
    pub(super) to: Slot,
}

/// Why nothing can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Something has come to stand where it must be free.
    InTheWay(Slot),
    /// The restored copy is nowhere.
    Lost,
}

/// Whether the restored copy is in production's place now.
pub(super) fn is_in_place(names: &Names) -> bool {
    !names.staged[0] && names.live[0] && (names.old[0] || names.live_is_staged)
}

/// The renames that put the restored copy in place, as far as they are not done.
pub(super) fn forth(mut names: Names) -> Result<Vec<Rename>, Trouble> {
    let mut left = Vec::new();
    if !is_in_place(&names) {
        if !names.staged[0] {
            return Err(Trouble::Lost);
        }
        if names.live[0] {
            names.rename(0, Slot::Live, Slot::Old, &mut left)?;
        }
        for side in 1..NAMES {
            names.rename(side, Slot::Live, Slot::Old, &mut left)?;
        }
        names.rename(0, Slot::Staged, Slot::Live, &mut left)?;
    }
    for side in 1..NAMES {
        names.rename(side, Slot::Staged, Slot::Live, &mut left)?;
    }
    Ok(left)
}

/// The renames that put production back and the restored copy aside, as far as there is anything
/// to put back.
pub(super) fn back(mut names: Names) -> Result<Vec<Rename>, Trouble> {
    let mut left = Vec::new();
    if is_in_place(&names) {
        for side in 1..NAMES {
            names.rename(side, Slot::Live, Slot::Staged, &mut left)?;
        }
        names.rename(0, Slot::Live, Slot::Staged, &mut left)?;
    }
    // Without the restored copy nothing tells what is at `Live`; but if nothing is there, what was
    // set aside belongs there.
    if !names.staged[0] && (names.live[0] || !names.old[0]) {
        return Err(Trouble::Lost);
    }
    if names.live[0] && names.old[0] {
        return Err(Trouble::InTheWay(Slot::Live));
    }
    for side in 1..NAMES {
        names.rename(side, Slot::Old, Slot::Live, &mut left)?;
    }
    names.rename(0, Slot::Old, Slot::Live, &mut left)?;
    Ok(left)
}

impl Names {
    fn at(&mut self, slot: Slot) -> &mut [bool; NAMES] {
        match slot {
            Slot::Live => &mut self.live,
            Slot::Old => &mut self.old,
            Slot::Staged => &mut self.staged,
        }
    }

    /// Notes a rename of what is there; what is not there needs none.
    fn rename(
        &mut self,
        name: usize,
        from: Slot,
        to: Slot,
        left: &mut Vec<Rename>,
    ) -> Result<(), Trouble> {
        if !self.at(from)[name] {
            return Ok(());
        }
        if self.at(to)[name] {
            return Err(Trouble::InTheWay(to));
        }
        self.at(from)[name] = false;
        self.at(to)[name] = true;
        left.push(Rename { name, from, to });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who is at each name: `p` production's, `r` the restored copy's.
    type Disk = [[Option<char>; NAMES]; 3];

    fn names(disk: &Disk) -> Names {
        let there = |slot: usize| disk[slot].map(|who| who.is_some());
        let live_is_staged = disk[0][0] == Some('r');
        Names { live: there(0), old: there(1), staged: there(2), live_is_staged }
    }

    fn apply(disk: &mut Disk, rename: Rename) {
        let at = |slot| match slot {
            Slot::Live => 0,
            Slot::Old => 1,
            Slot::Staged => 2,
        };
        let who = disk[at(rename.from)][rename.name].take();
        let before = std::mem::replace(&mut disk[at(rename.to)][rename.name], who);
        assert_eq!(before, None, "nothing is ever replaced");
    }

    /// A side file never lies beside the file of the other.
    fn check_company(disk: &Disk) {
        for place in disk {
            if let Some(who) = place[0] {
                assert!(place[1..].iter().flatten().all(|side| *side == who), "{disk:?}");
            }
        }
    }

    type Way = fn(Names) -> Result<Vec<Rename>, Trouble>;

    /// Goes `way` until `kill` renames are done, or to its end.
    fn go(disk: &mut Disk, way: Way, kill: usize) -> usize {
        let left = way(names(disk)).unwrap();
        for rename in left.iter().take(kill) {
            apply(disk, *rename);
            check_company(disk);
        }
        left.len()
    }

    /// Every start: which of production's names there are, the restored copy alone or with side
    /// files that it got while it was in place once.
    fn starts() -> impl Iterator<Item = Disk> {
        (0..1_u32 << NAMES).flat_map(|production| {
            (0..1_u32 << (NAMES - 1)).map(move |sides| {
                let mut disk: Disk = [[None; NAMES]; 3];
                for name in 0..NAMES {
                    disk[0][name] = (production >> name & 1 == 1).then_some('p');
                    let side = name > 0 && sides >> (name - 1) & 1 == 1;
                    disk[2][name] = (name == 0 || side).then_some('r');
                }
                disk
            })
        })
    }

    #[test]
    fn from_every_state_that_a_kill_can_leave_both_ways_lead_to_their_end() {
        let ways: [Way; 2] = [forth, back];
        for start in starts() {
            let mut done = start;
            go(&mut done, forth, usize::MAX);
            assert!(done[0].iter().chain(&done[2]).all(|who| *who != Some('p')), "{done:?}");
            assert_eq!(done[1].map(|who| who.is_some()), start[0].map(|who| who.is_some()));
            // Any two ways one after the other, each killed after any number of renames.
            for ways_taken in 0..4_usize {
                for kills in 0..81_usize {
                    let mut disk = start;
                    go(&mut disk, ways[ways_taken & 1], kills % 9);
                    go(&mut disk, ways[ways_taken >> 1], kills / 9);
                    let (mut in_place, mut restored) = (disk, disk);
                    go(&mut in_place, forth, usize::MAX);
                    assert_eq!(in_place, done, "from {disk:?}");
                    go(&mut restored, back, usize::MAX);
                    assert_eq!(restored, start, "from {disk:?}");
                    assert_eq!(go(&mut restored, back, usize::MAX), 0, "nothing more to do");
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_told_is_left_to_a_person() {
        let only = |live: bool, old: bool, staged: bool, live_is_staged: bool| {
            let one = |there: bool| {
                let mut names = [false; NAMES];
                names[0] = there;
                names
            };
            Names { live: one(live), old: one(old), staged: one(staged), live_is_staged }
        };
        // Something was made at production's place in the middle of an exchange.
        let remade = only(true, true, true, false);
        assert_eq!(forth(remade), Err(Trouble::InTheWay(Slot::Old)));
        assert_eq!(back(remade), Err(Trouble::InTheWay(Slot::Live)));
        // The restored copy was removed by hand: production is not taken for it.
        let removed = only(true, false, false, false);
        assert_eq!((forth(removed), back(removed)), (Err(Trouble::Lost), Err(Trouble::Lost)));
        let nothing = Names::default();
        assert_eq!((forth(nothing), back(nothing)), (Err(Trouble::Lost), Err(Trouble::Lost)));
        // Production is aside and the restored copy is gone: it can still be put back.
        let aside = only(false, true, false, false);
        let rename = Rename { name: 0, from: Slot::Old, to: Slot::Live };
        assert_eq!((forth(aside), back(aside)), (Err(Trouble::Lost), Ok(vec![rename])));
        // Nothing was exchanged yet: there is nothing to put back.
        assert_eq!(back(only(true, false, true, false)), Ok(Vec::new()));
    }
}
