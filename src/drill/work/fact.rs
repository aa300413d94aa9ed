//! What a failed drill asks for, as its record tells it. Stored: part of
//! [`DrillRecord`](crate::drill::fact::DrillRecord) and of its version.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who puts right what a failed drill found, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Owed {
    /// By name, as the configuration of that day has it.
    pub owner: String,
    /// The end of the time.
    pub due: Timestamp,
}
