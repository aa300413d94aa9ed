//! Tags of sets: those that duphong gives, and those that a person may give.
//!
//! Rules of retention name a person's tags, so these are short and written in one way only. None of
//! them can say that a set belongs to another portal, or that it is evidence.

use crate::base::written::is_id;

/// Of a set that was taken as evidence, of a portal that may be attacked.
pub const EVIDENCE: &str = "evidence";

/// What stands before the portal in the tag that says to which a set belongs. A person's tag has no
/// colon.
pub const PORTAL: &str = "portal:";

/// Whether a person may give this tag to a set, and rules of retention may name it.
pub fn is_given(tag: &str) -> bool {
    is_id(tag) && tag != EVIDENCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tag_that_a_person_gives_is_one_of_ours() {
        for tag in ["truoc-nang-cap", "2026", "a", &"x".repeat(32)] {
            assert!(is_given(tag), "{tag}");
        }
        let portal = format!("{PORTAL}mau");
        for tag in ["", "evidence", &portal, "-x", "Quý-4", "a b", "a,b", &"x".repeat(33)] {
            assert!(!is_given(tag), "{tag}");
        }
    }
}
