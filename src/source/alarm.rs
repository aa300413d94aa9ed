//! Whether what became of a tree's files since the last set looks like an attack. Pure.
//!
//! Four signs, each with a threshold of its own, since each has everyday causes of its own: files
//! that became noise, files that got one more ending, files that were written anew in place, files
//! that are gone. The figures come from the walk of a snapshot; a number of files below
//! [`Thresholds::files`] is never a sign, unless it is half of all.
//!
//! It compares two sets that follow each other. Deliberately not seen: an attack that changes less
//! than the thresholds between any two, and one that writes what looks like pictures.

/// What became of the files of a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Files that the set before has.
    pub before: u64,
    /// New files and files of another content.
    pub written: u64,
    /// Files of another content.
    pub rewritten: u64,
    /// Files that are gone.
    pub vanished: u64,
    /// New files that are called like one that is gone and one ending more: the most with one
    /// ending.
    pub renamed: u64,
    /// Written files that became noise.
    pub scrambled: u64,
}

/// From where on a sign counts. Shares are hundredths of the files that the set before has; 0 means
/// that the sign is not looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// So many files at least.
    pub files: u64,
    /// Files that became noise.
    pub scrambled: u8,
    /// Files that got one more ending, the same.
    pub renamed: u8,
    /// Files that were written anew in place.
    pub rewritten: u8,
    /// Files that are gone.
    pub vanished: u8,
}

impl Thresholds {
    /// Of what people upload: an attack in its first minutes is above this, an album of pictures, a
    /// week of edits and a cleared folder are not. Uploads are rarely written anew.
    pub const MEDIA: Self =
        Self { files: 20, scrambled: 5, renamed: 5, rewritten: 40, vanished: 50 };

    /// Of programs and settings, which an upgrade writes anew as a whole.
    pub const OTHERS: Self = Self { rewritten: 0, ..Self::MEDIA };
}

/// Of the files that were written, from this share on it does not matter how many others there are:
/// half of a day's work is never noise.
const SCRAMBLED_OF_WRITTEN: u64 = 50;

/// Below so many files nothing is a mass, however small the tree.
const FILES_MIN: u64 = 3;

/// A sign of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Files became noise.
    Scrambled,
    /// Files got one more ending.
    Renamed,
    /// Files were written anew.
    Rewritten,
    /// Files are gone.
    Vanished,
}

impl Sign {
    /// The word in the log and in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scrambled => "scrambled",
            Self::Renamed => "renamed",
            Self::Rewritten => "rewritten",
            Self::Vanished => "vanished",
        }
    }

    /// How many files show it.
    pub fn count(self, seen: &Seen) -> u64 {
        match self {
            Self::Scrambled => seen.scrambled,
            Self::Renamed => seen.renamed,
            Self::Rewritten => seen.rewritten,
            Self::Vanished => seen.vanished,
        }
    }
}

/// The signs, the worst first. None means that nothing is conspicuous.
pub fn judge(seen: &Seen, thresholds: &Thresholds) -> Vec<Sign> {
    // A small tree has its mass too.
    let half = seen.before.div_ceil(2).max(FILES_MIN);
    let floor = thresholds.files.min(half);
    let is_mass = |count: u64, percent: u8| {
        percent > 0 && count >= floor && is_share(count, percent.into(), seen.before)
    };
    let is = |sign| match sign {
        Sign::Scrambled => {
            let wanted = thresholds.scrambled > 0 && seen.scrambled >= floor;
            is_mass(seen.scrambled, thresholds.scrambled)
                || wanted && is_share(seen.scrambled, SCRAMBLED_OF_WRITTEN, seen.written)
        }
        Sign::Renamed => is_mass(seen.renamed, thresholds.renamed),
        Sign::Rewritten => is_mass(seen.rewritten, thresholds.rewritten),
        Sign::Vanished => is_mass(seen.vanished, thresholds.vanished),
    };
    let all = [Sign::Scrambled, Sign::Renamed, Sign::Rewritten, Sign::Vanished];
    all.into_iter().filter(|sign| is(*sign)).collect()
}

fn is_share(count: u64, percent: u64, of: u64) -> bool {
    count.saturating_mul(100) >= of.saturating_mul(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Seen =
        Seen { before: 1000, written: 0, rewritten: 0, vanished: 0, renamed: 0, scrambled: 0 };

    #[track_caller]
    fn check(seen: Seen, thresholds: &Thresholds, signs: &[Sign]) {
        assert_eq!(judge(&seen, thresholds), signs, "{seen:?}");
    }

    #[test]
    fn a_days_work_shows_no_sign() {
        let media = &Thresholds::MEDIA;
        check(QUIET, media, &[]);
        check(Seen { before: 0, written: 500, ..QUIET }, media, &[]);
        check(Seen { written: 400, rewritten: 100, vanished: 100, ..QUIET }, media, &[]);
        check(Seen { written: 500, scrambled: 49, ..QUIET }, media, &[]);
        let upgrade = Seen { written: 1200, rewritten: 800, vanished: 300, ..QUIET };
        check(upgrade, &Thresholds::OTHERS, &[]);
        check(upgrade, media, &[Sign::Rewritten]);
    }

    #[test]
    fn each_sign_begins_at_its_threshold() {
        let media = &Thresholds::MEDIA;
        check(Seen { written: 900, scrambled: 50, ..QUIET }, media, &[Sign::Scrambled]);
        check(Seen { written: 40, scrambled: 20, ..QUIET }, media, &[Sign::Scrambled]);
        check(Seen { written: 41, scrambled: 20, ..QUIET }, media, &[]);
        check(Seen { written: 38, scrambled: 19, ..QUIET }, media, &[]);
        check(Seen { renamed: 50, ..QUIET }, media, &[Sign::Renamed]);
        check(Seen { renamed: 49, ..QUIET }, media, &[]);
        check(Seen { rewritten: 400, ..QUIET }, media, &[Sign::Rewritten]);
        check(Seen { rewritten: 399, ..QUIET }, media, &[]);
        check(Seen { vanished: 500, ..QUIET }, media, &[Sign::Vanished]);
        check(Seen { vanished: 499, ..QUIET }, media, &[]);
    }

    #[test]
    fn a_small_tree_has_its_mass_and_two_files_are_none() {
        let small = Seen { before: 8, ..QUIET };
        let media = &Thresholds::MEDIA;
        check(Seen { written: 4, scrambled: 4, ..small }, media, &[Sign::Scrambled]);
        check(Seen { written: 3, scrambled: 3, ..small }, media, &[]);
        check(Seen { before: 2, written: 2, scrambled: 2, ..small }, media, &[]);
        check(Seen { before: 0, written: 3, scrambled: 3, ..small }, media, &[Sign::Scrambled]);
    }

    #[test]
    fn a_sign_that_is_switched_off_is_not_looked_for() {
        let off = Thresholds { files: 1, scrambled: 0, renamed: 0, rewritten: 0, vanished: 0 };
        let all = Seen { written: 1000, rewritten: 1000, vanished: 1000, renamed: 1000, ..QUIET };
        check(Seen { scrambled: 1000, ..all }, &off, &[]);
    }
}
