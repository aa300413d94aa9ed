//! Finding things by name through many sets at once: each version of each, and the newest set that
//! has it.
//!
//! Sets are looked through newest first. A folder that a newer set has at the same place with the
//! same content is not looked at again, so that a hundred sets cost little more than one.

use std::collections::HashSet;

use crate::base::cancel::Cancel;
use crate::repository::browse::{BrowseError, Browser};
use crate::repository::error::RepositoryError;
use crate::repository::id::{BlobId, SnapshotId};
use crate::repository::tree::{Node, NodeKind};
use crate::repository::walk::{PATH_MAX, join, too_deep};

/// More hits are no answer; the person is asked for a narrower name.
pub const FOUND_MAX: usize = 10_000;

/// A hostile set can name one folder a million times within itself; this ends it.
pub(super) const LOOKED_AT_MAX: usize = 4_000_000;

/// A part of a name, or with `*` and `?` the shape of all of it; capitals do not count. With a `/`
/// it is held against the path, else against the name.
#[derive(Clone, Debug)]
pub struct Pattern {
    letters: Vec<char>,
    of_path: bool,
}

impl Pattern {
    /// Takes what a person typed.
    pub fn new(text: &str) -> Self {
        let text = text.to_lowercase();
        let of_path = text.contains('/');
        let text = text.trim_start_matches('/');
        let has_shape = text.contains(['*', '?']);
        let text = if has_shape { text.to_owned() } else { format!("*{text}*") };
        Self { letters: text.chars().collect(), of_path }
    }

    /// Whether the thing at `path` with this name is meant.
    pub fn matches(&self, path: &[u8], name: &[u8]) -> bool {
        let subject = if self.of_path { path } else { name };
        let subject: Vec<char> = String::from_utf8_lossy(subject).to_lowercase().chars().collect();
        is_of_shape(&subject, &self.letters)
    }
}

/// `*` is any run of letters, `?` one. Goes back to the last `*` only, so that it ends soon.
fn is_of_shape(subject: &[char], shape: &[char]) -> bool {
    let (mut at, mut of) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < subject.len() {
        match shape.get(of) {
            Some('*') => {
                star = Some((at, of));
                of += 1;
            }
            Some(letter) if *letter == '?' || *letter == subject[at] => {
                at += 1;
                of += 1;
            }
            _ => {
                let Some((from, star_at)) = star else { return false };
                at = from + 1;
                of = star_at + 1;
                star = Some((at, star_at));
            }
        }
    }
    shape[of..].iter().all(|letter| *letter == '*')
}

/// One version of something with a fitting name.
#[derive(Clone, Debug)]
pub struct Found {
    /// The newest of the sets that has this version.
    pub set: SnapshotId,
    /// Its path in the set.
    pub path: Vec<u8>,
    /// What the set says of it.
    pub node: Node,
}

/// What was found, and what could not be looked at.
#[derive(Debug, Default)]
pub struct Hits {
    /// By path, and of each path the newest version first.
    pub found: Vec<Found>,
    /// Folders that cannot be read, each in the newest set that has it so.
    pub unreadable: Vec<(SnapshotId, Vec<u8>, RepositoryError)>,
    /// There is more than can be told or looked at: the rest was not looked for.
    pub cut: bool,
}

impl Hits {
    fn sorted(mut self) -> Self {
        // Stable: of one path the newest set was looked at first.
        self.found.sort_by(|a, b| a.path.cmp(&b.path));
        self
    }
}

/// Looks through these sets, given with the roots of their trees, newest first.
pub fn find(
    browser: &Browser<'_>,
    sets: &[(SnapshotId, BlobId)],
    pattern: &Pattern,
    cancel: &Cancel,
) -> Result<Hits, BrowseError> {
    let mut hits = Hits::default();
    let mut folders = HashSet::new();
    let mut versions = HashSet::new();
    for (set, root) in sets {
        let mut open = vec![(Vec::new(), *root)];
        while let Some((path, tree)) = open.pop() {
            if cancel.is_cancelled() {
                return Err(BrowseError::Cancelled);
            }
            if !folders.insert((path.clone(), tree)) {
                continue;
            }
            if path.len() >= PATH_MAX {
                hits.unreadable.push((*set, path, too_deep(&tree)));
                continue;
            }
            let tree = match browser.tree(&tree) {
                Ok(tree) => tree,
                Err(error) => {
                    hits.unreadable.push((*set, path, error));
                    continue;
                }
            };
            for node in tree.into_nodes() {
                let below = join(&path, &node.name);
                if let (NodeKind::Dir, Some(subtree)) = (node.kind, node.subtree) {
                    open.push((below.clone(), subtree));
                }
                if !pattern.matches(&below, &node.name) {
                    continue;
                }
                // A folder is another version with each change below it: once is enough.
                let content = match node.kind {
                    NodeKind::Dir => None,
                    _ => Some((node.content.clone(), node.link_target.clone())),
                };
                if versions.insert((below.clone(), content)) {
                    hits.found.push(Found { set: *set, path: below, node });
                }
            }
            if hits.found.len() >= FOUND_MAX || folders.len() >= LOOKED_AT_MAX {
                hits.cut = true;
                return Ok(hits.sorted());
            }
        }
    }
    Ok(hits.sorted())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_part_of_a_name_or_its_whole_shape() {
        for (pattern, path, fits) in [
            ("Giấy", "media/tep/giấy-mời.pdf", true),
            ("giấy*.pdf", "media/tep/Giấy-mời.PDF", true),
            ("giấy*.doc", "media/tep/giấy-mời.pdf", false),
            ("*.pd?", "media/tep/a.pdf", true),
            ("tep", "media/tep/a.pdf", false),
            ("tep/", "media/tep/a.pdf", true),
            ("/media/*/a.pdf", "media/tep/a.pdf", true),
            ("media/a", "media/tep/a.pdf", false),
            ("a*b*c", "a/xaybzc", false),
            ("a*b*c", "x/aybzbc", true),
            ("", "x/anything", true),
        ] {
            let name = path.rsplit('/').next().unwrap();
            let found = Pattern::new(pattern).matches(path.as_bytes(), name.as_bytes());
            assert_eq!(found, fits, "{pattern} {path}");
        }
    }

    #[test]
    fn a_hostile_name_ends_soon() {
        let name = "a".repeat(4000);
        assert!(!Pattern::new(&"*a".repeat(50).replace("*a", "*a?")).matches(b"", b"b"));
        assert!(!Pattern::new("*a*a*a*a*a*a*b").matches(name.as_bytes(), name.as_bytes()));
    }
}
