//! What a restore may do to a file that is there already.

use jiff::Timestamp;

/// What a restore may do to what stands in the place of an entry of the set. Whatever is replaced
/// is compared with the set first, and what is right already is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// Everything becomes as it is in the set. Content is read and compared.
    Always,
    /// The same, but a file of the same length and time is believed to be unchanged.
    IfChanged,
    /// Only what the set has newer is replaced.
    IfNewer,
    /// What is there stays as it is; only what is missing is restored.
    Never,
}

impl Overwrite {
    /// All of them with their names.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Always, "always"),
        (Self::IfChanged, "if-changed"),
        (Self::IfNewer, "if-newer"),
        (Self::Never, "never"),
    ];

    /// Its name, as on the command line and in a marker.
    pub fn name(self) -> &'static str {
        let named = Self::ALL.iter().find(|(rule, _)| *rule == self);
        named.map_or("", |(_, name)| name)
    }

    /// The rule of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(rule, _)| *rule)
    }

    /// Whether something with the time `there` stays as it is although the set has it.
    pub(super) fn leaves(self, there: Timestamp, in_set: Timestamp) -> bool {
        match self {
            Self::Always | Self::IfChanged => false,
            Self::IfNewer => there >= in_set,
            Self::Never => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_name_that_finds_it() {
        for (rule, name) in Overwrite::ALL {
            assert_eq!((rule.name(), Overwrite::named(name)), (name, Some(rule)));
        }
        assert_eq!(Overwrite::named("sometimes"), None);
    }

    #[test]
    fn a_file_of_the_same_time_is_not_older() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (rule, older, same, newer) in [
            (Overwrite::Always, false, false, false),
            (Overwrite::IfChanged, false, false, false),
            (Overwrite::IfNewer, false, true, true),
            (Overwrite::Never, true, true, true),
        ] {
            let leaves = |there| rule.leaves(at(there), at(10));
            assert_eq!((leaves(9), leaves(10), leaves(11)), (older, same, newer), "{rule:?}");
        }
    }
}
