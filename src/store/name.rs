//! Names of objects, valid in every store by construction.
//!
//! The alphabet is what file systems, URLs and S3 all carry unchanged. A name can never lead out
//! of its store: no `..`, no absolute path, no empty segment.

use std::fmt;
use std::str::FromStr;

use crate::store::StoreError;

/// A relative path of segments of ASCII letters, digits, `-`, `_` and `.`, joined by `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName(Box<str>);

impl ObjectName {
    /// Far above the 72 bytes of `data/ab/<digest>`, far below what S3 (1024) and file systems
    /// (255 a segment) carry.
    pub const LENGTH_MAX: usize = 200;

    /// First segment that no object may have: the disk store writes unfinished files there.
    pub const RESERVED: &str = "tmp";

    /// Checks `text`.
    pub fn new(text: &str) -> Result<Self, StoreError> {
        let mut segments = text.split('/');
        let reserved = segments.next() == Some(Self::RESERVED);
        if text.len() > Self::LENGTH_MAX || reserved || !text.split('/').all(is_segment) {
            // The text may be anything, of any length: an error shows its beginning only.
            let text = text.chars().take(Self::LENGTH_MAX).collect();
            return Err(StoreError::Name { text });
        }
        Ok(Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the last `/`: for most objects of a repository, their digest.
    pub fn last_segment(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

fn is_segment(segment: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(allowed)
}

impl FromStr for ObjectName {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        Self::new(text)
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_accepted_or_refused_as_the_table_says() {
        let longest = "a".repeat(ObjectName::LENGTH_MAX);
        let too_long = "a".repeat(ObjectName::LENGTH_MAX + 1);
        for (text, accepted) in [
            ("config", true),
            ("data/ab/ab01", true),
            ("a-b_c.d/E9", true),
            ("...", true),
            ("data/tmp", true),
            ("tmp2/x", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            ("/config", false),
            ("data/", false),
            ("data//x", false),
            (".", false),
            ("data/./x", false),
            ("../etc/passwd", false),
            ("data/..", false),
            ("tmp", false),
            ("tmp/x", false),
            ("a b", false),
            ("a\\b", false),
            ("a\0b", false),
            ("khóa", false),
        ] {
            assert_eq!(ObjectName::new(text).is_ok(), accepted, "`{text}`");
        }
    }
}
