//! What a set says itself that it does not have of a tree, or not as it was.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::base::manifest::Skipped;
use crate::job::spot::Apart;
use crate::repository::UNSTEADY;

/// The remarks of a set on one tree, by the paths they had when it was taken.
pub(super) struct Said<'a> {
    reasons: BTreeMap<&'a str, Vec<&'a str>>,
    folder: &'a Path,
    has: &'a dyn Fn(&[u8]) -> bool,
}

impl<'a> Said<'a> {
    /// Those on the tree that stands at `folder`; `has` is whether the set has anything at a path
    /// relative to it.
    pub(super) fn of(
        skipped: &'a [Skipped],
        folder: &'a Path,
        has: &'a dyn Fn(&[u8]) -> bool,
    ) -> Self {
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for skipped in skipped {
            reasons.entry(&skipped.path).or_default().push(&skipped.reason);
        }
        Self { reasons, folder, has }
    }

    /// Whether the set names what stands at this place, written as remarks have it.
    pub(super) fn names(&self, place: &str) -> bool {
        self.reasons.contains_key(place)
    }

    /// What the set says of a file that it has.
    pub(super) fn of_stored(&self, path: &[u8]) -> Option<Apart> {
        let reasons = self.reasons.get(self.place(path).as_str())?;
        reasons.contains(&UNSTEADY).then_some(Apart::Unsteady)
    }

    /// What it says of a file that it does not have: of the file itself, or of a folder above that
    /// it does not have either. A folder may also be named for its attributes alone.
    pub(super) fn of_absent(&self, path: &[u8]) -> Option<Apart> {
        let is_left_out = |above: &Path| {
            let above = above.as_os_str().as_bytes();
            !above.is_empty() && self.names(&self.place(above)) && !(self.has)(above)
        };
        as_path(path).ancestors().any(is_left_out).then_some(Apart::LeftOut)
    }

    fn place(&self, path: &[u8]) -> String {
        self.folder.join(as_path(path)).display().to_string()
    }
}

fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_counts_for_what_it_is_about() {
        let skipped = [
            ("/m/log", UNSTEADY),
            ("/m/xattr", "its attributes cannot be listed: denied"),
            ("/m/closed", "permission denied"),
            ("/m/named", "its attributes cannot be listed: denied"),
        ];
        let skipped = skipped
            .map(|(path, reason)| Skipped { path: path.to_owned(), reason: reason.to_owned() });
        let has = |path: &[u8]| matches!(path, b"log" | b"xattr" | b"named");
        let said = Said::of(&skipped, Path::new("/m"), &has);
        assert_eq!(said.of_stored(b"log"), Some(Apart::Unsteady));
        assert_eq!(said.of_stored(b"xattr"), None, "its content is what it was");
        assert_eq!(said.of_absent(b"closed"), Some(Apart::LeftOut));
        assert_eq!(said.of_absent(b"closed/a/b"), Some(Apart::LeftOut));
        assert_eq!(said.of_absent(b"closed-too/a"), None);
        assert_eq!(said.of_absent(b"named/a"), None, "the set has this folder");
    }
}
