//! The marker that stands in the target while a restore is not done
//! (docs/formats/restore-marker.md).
//!
//! Besides the set it keeps what the restore was asked for and what its rule decided: after a kill
//! nobody could tell a file that the rule left alone from one that is half written.

use std::collections::BTreeSet;

use crate::repository::id::SnapshotId;
use crate::repository::quote::{quote, unquote};
use crate::repository::restore::rule::Overwrite;

/// The name of the marker.
pub(super) const MARKER: &str = ".duphong-restore";

/// The marker while it is written.
pub(super) const MARKER_TMP: &str = ".duphong-restore.tmp";

const HEAD: &str = "duphong restore 2";

/// Written by versions that restored into empty folders only: a set, and nothing else.
const HEAD_OF_1: &str = "duphong restore 1";

/// In place of a rule, where the target was empty.
const NO_RULE: &str = "none";

/// What a marker says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marker {
    /// The set, in hexadecimal.
    pub(super) set: String,
    /// The rule, if the target was not empty.
    pub(super) over: Option<Overwrite>,
    /// The folder of the set that the target stands for.
    pub(super) from: Option<Vec<u8>>,
    /// Only what lies at or below these paths of the set; everything if empty. Sorted. `None` in
    /// a marker of version 1, which does not say.
    pub(super) only: Option<BTreeSet<Vec<u8>>>,
    /// Paths that the rule leaves as they are.
    pub(super) left: BTreeSet<Vec<u8>>,
    /// What was done after the files, in the words of whoever did it.
    pub(super) done: BTreeSet<Vec<u8>>,
}

impl Marker {
    /// A marker of a restore that begins.
    pub(super) fn new(
        set: &SnapshotId,
        over: Option<Overwrite>,
        from: Option<Vec<u8>>,
        only: BTreeSet<Vec<u8>>,
    ) -> Self {
        let set = set.to_string();
        Self { set, over, from, only: Some(only), ..Self::default() }
    }

    /// In place of one that cannot be understood: of a set that nobody has.
    pub(super) fn of_nobody() -> Self {
        Self { set: "?".to_owned(), ..Self::default() }
    }

    /// The options that it was written for, as they are typed.
    pub(super) fn options(&self) -> String {
        let mut typed = vec!["--resume".to_owned()];
        let from = self.from.iter();
        typed.extend(from.map(|path| format!("--from \"{}\"", quote(path))));
        typed.extend(self.over.map(|rule| format!("--overwrite {}", rule.name())));
        let only = self.only.iter().flatten();
        typed.extend(only.map(|path| format!("--only \"{}\"", quote(path))));
        typed.join(" ")
    }

    /// Its text.
    pub(super) fn write(&self) -> String {
        let rule = self.over.map_or(NO_RULE, Overwrite::name);
        let mut text = format!("{HEAD}\n{}\noverwrite {rule}\n", self.set);
        let from = self.from.iter().map(|path| ("from", path));
        let only = self.only.iter().flatten().map(|path| ("only", path));
        let left = self.left.iter().map(|path| ("left", path));
        let done = self.done.iter().map(|step| ("done", step));
        for (word, path) in from.chain(only).chain(left).chain(done) {
            text.push_str(word);
            text.push(' ');
            text.push_str(&quote(path));
            text.push('\n');
        }
        text
    }

    /// Reads one; `None` if it cannot be understood.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let head = lines.next()?;
        let mut marker = Self { set: lines.next()?.to_owned(), ..Self::default() };
        if head == HEAD_OF_1 {
            return Some(marker);
        }
        let rule = lines.next()?.strip_prefix("overwrite ")?;
        marker.over = if rule == NO_RULE { None } else { Some(Overwrite::named(rule)?) };
        let mut only = BTreeSet::new();
        for line in lines {
            let (word, path) = line.split_once(' ')?;
            let path = unquote(path).ok()?;
            let is_new = match word {
                "from" => marker.from.replace(path).is_none(),
                "only" => only.insert(path),
                "left" => marker.left.insert(path),
                "done" => marker.done.insert(path),
                _ => false,
            };
            if !is_new {
                return None;
            }
        }
        marker.only = Some(only);
        (head == HEAD).then_some(marker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_says_again_what_was_written() {
        let paths = |paths: &[&[u8]]| paths.iter().map(|path| path.to_vec()).collect();
        let marker = Marker {
            set: "ab".repeat(32),
            over: Some(Overwrite::IfNewer),
            from: Some("media/tệp".into()),
            only: Some(paths(&[b"media/files", "văn bản".as_bytes()])),
            left: paths(&[b"a b", b"line\nend", b"latin-\xe9", b"quote\"\\"]),
            done: paths(&[b"load cong=host=/run dbname=\"c\""]),
        };
        assert_eq!(Marker::read(&marker.write()), Some(marker));
        let empty = Marker::new(
            &SnapshotId(crate::base::digest::Digest::of(b"")),
            None,
            None,
            BTreeSet::new(),
        );
        assert_eq!(Marker::read(&empty.write()), Some(empty));
    }

    #[test]
    fn markers_of_version_1_are_read_and_nonsense_is_not() {
        let one = Marker::read("duphong restore 1\nabc\n").unwrap();
        assert_eq!((one.set.as_str(), one.over, one.only), ("abc", None, None));
        for bad in [
            "",
            "x",
            "duphong restore 2\nabc\n",
            "duphong restore 3\nabc\noverwrite none\n",
            "duphong restore 2\nabc\noverwrite sometimes\n",
            "duphong restore 2\nabc\noverwrite none\nright a\n",
            "duphong restore 2\nabc\noverwrite none\nleft \\q\n",
        ] {
            assert_eq!(Marker::read(bad), None, "{bad:?}");
        }
    }
}
