//! Why bytes are not what the format says they are.

use std::fmt;

/// Bytes that do not follow the format: what they should have been, and what is wrong with them.
///
/// It does not know which object they came from; whoever read the object says that
/// (`RepositoryError::Damaged`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {what}: {reason}")]
pub struct Malformed {
    /// The part of the format: `pack header`, `tree`, `key file`.
    pub what: &'static str,
    /// What is wrong, in English diagnostics.
    pub reason: String,
}

impl Malformed {
    /// Names the part and the reason.
    pub fn new(what: &'static str, reason: impl fmt::Display) -> Self {
        Self { what, reason: reason.to_string() }
    }

    /// For `map_err`: names the part, takes the reason from the error.
    pub fn because<E: fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |reason| Self::new(what, reason)
    }
}
