//! Names of sources, which become file names in the set.
//!
//! Narrow on purpose: a name is typed in a shell at 3 a.m., stands in paths on any file system
//! and in the audit log.

use crate::source::error::SourceError;

/// Long enough for any host's naming rule, short enough for every file system with our suffixes.
pub(crate) const LENGTH_MAX: usize = 64;

/// Whether a letter may stand in a name.
pub(crate) fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// Fails unless `name` is 1 to 64 of `A–Z a–z 0–9 - _ .`, not starting with a dot or a dash.
pub fn check(name: &str) -> Result<(), SourceError> {
    let fits = (1..=LENGTH_MAX).contains(&name.len())
        && name.chars().all(is_allowed)
        && !name.starts_with(['.', '-']);
    if fits { Ok(()) } else { Err(SourceError::Name { name: name.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_pass() {
        for good in ["portal", "cong-2", "a.b_c"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "..", ".hidden", "-rf", "a/b", "cổng", "a b", &"x".repeat(65)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
