//! What a change journal holds: one line for each fact (`docs/formats/change-journal.md`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The version of the lines that this program writes.
pub const VERSION: u32 = 1;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Line {
    /// The first line, and only the first.
    Begun {
        /// [`VERSION`].
        version: u32,
        /// The portal.
        portal: String,
        /// The tree's name within it.
        tree: String,
    },
    /// Something at this path changed, and no set has it yet.
    Changed {
        /// When that was first seen.
        at: Timestamp,
        /// Below the root, its bytes as [`written`](super::journal::written) them.
        path: String,
    },
    /// What else changed is unknown: only a full walk tells.
    Unknown {
        /// Since when.
        at: Timestamp,
        /// Why.
        why: Why,
    },
}

/// Why nobody knows what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Watching began then; what happened before was not seen.
    Started,
    /// More happened at once than the kernel's queue holds.
    Overflow,
    /// The kernel gives this user no more watches.
    Limit,
    /// The kernel gives this user no more queues.
    Instances,
    /// The root is not there.
    RootGone,
    /// Another folder or file system stands where the root was.
    RootReplaced,
    /// A file system was mounted at or below the root, or taken away.
    Unmounted,
    /// A folder cannot be read or watched.
    Unreadable,
    /// More paths changed than the journal holds.
    TooMany,
    /// The end of the journal was lost.
    Torn,
    /// The journal is not what was written.
    Damaged,
    /// The machine gives no thread to watch with, or the thread has ended.
    NoThread,
}

impl Why {
    /// Each of them.
    pub const ALL: [Self; 12] = [
        Self::Started,
        Self::Overflow,
        Self::Limit,
        Self::Instances,
        Self::RootGone,
        Self::RootReplaced,
        Self::Unmounted,
        Self::Unreadable,
        Self::TooMany,
        Self::Torn,
        Self::Damaged,
        Self::NoThread,
    ];

    /// The word in the journal and in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Overflow => "overflow",
            Self::Limit => "limit",
            Self::Instances => "instances",
            Self::RootGone => "root-gone",
            Self::RootReplaced => "root-replaced",
            Self::Unmounted => "unmounted",
            Self::Unreadable => "unreadable",
            Self::TooMany => "too-many",
            Self::Torn => "torn",
            Self::Damaged => "damaged",
            Self::NoThread => "no-thread",
        }
    }

    /// Whether it lasts: changes are not seen now either, so that no quiet period can be told.
    pub fn is_blind(self) -> bool {
        match self {
            Self::Limit | Self::Instances | Self::RootGone | Self::Unreadable | Self::NoThread => {
                true
            }
            Self::Started
            | Self::Overflow
            | Self::RootReplaced
            | Self::Unmounted
            | Self::TooMany
            | Self::Torn
            | Self::Damaged => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_reason_is_the_one_that_is_stored() {
        for why in Why::ALL {
            let stored = serde_json::to_value(why).expect("a word is JSON");
            assert_eq!(stored, why.as_str());
        }
    }
}
