//! The names of the repository's objects, each with a type of its own.
//!
//! All are SHA-256 digests: of the plain bytes for a blob, of the stored bytes for everything else.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::digest::{Digest, NotADigest};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Digest);

        impl $name {
            /// The first eight hexadecimal digits: enough for people, never for machines.
            pub fn short(&self) -> String {
                self.0.short()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = NotADigest;

            fn from_str(text: &str) -> Result<Self, NotADigest> {
                text.parse().map(Self)
            }
        }
    };
}

id! {
    /// A blob: a piece of a file, or a tree, by the digest of its plain bytes.
    BlobId
}
id! {
    /// A pack file, by the digest of its stored bytes.
    PackId
}
id! {
    /// A snapshot file, by the digest of its stored bytes. For people: the id of a set.
    SnapshotId
}
