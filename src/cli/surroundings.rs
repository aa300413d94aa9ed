//! What the environment says: the one place of the program that reads environment variables.

use std::path::PathBuf;

use crate::text::Language;

/// The environment, as far as it concerns us.
#[derive(Debug, PartialEq)]
pub(super) struct Surroundings {
    /// The language of the person's session, if it is one of ours.
    pub language: Option<Language>,
    /// Whether the person allows colour (<https://no-color.org>, and a terminal that knows it).
    pub color: bool,
    /// Where systemd passes credentials.
    pub credentials: Option<PathBuf>,
}

impl Surroundings {
    /// Reads the environment of this process.
    pub(super) fn read() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the edge: what is read is passed on")]
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self::from(variable)
    }

    fn from(variable: impl Fn(&str) -> Option<String>) -> Self {
        // The order of POSIX. A locale that names no language of ours (`C`) is passed over.
        let language = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(&variable)
            .find_map(|value| Language::parse(&value));
        let dumb = variable("TERM").is_some_and(|terminal| terminal == "dumb");
        Self {
            language,
            color: variable("NO_COLOR").is_none() && !dumb,
            credentials: variable("CREDENTIALS_DIRECTORY").map(PathBuf::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(environment: &[(&str, &str)], expected: Option<Language>) {
        let find = |name: &str| {
            environment.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(Surroundings::from(find).language, expected, "{environment:?}");
    }

    #[test]
    fn the_locale_speaks_in_the_order_of_posix() {
        use Language::{English, Vietnamese};
        check(&[], None);
        check(&[("LANG", "vi_VN.UTF-8")], Some(Vietnamese));
        check(&[("LANG", "vi_VN.UTF-8"), ("LC_MESSAGES", "en_US.UTF-8")], Some(English));
        check(&[("LC_ALL", "vi_VN"), ("LC_MESSAGES", "en_US")], Some(Vietnamese));
        check(&[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")], Some(English));
        check(&[("LANG", "fr_FR.UTF-8")], None);
    }
}
