//! Which folders may lie inside which.
//!
//! A tree that holds the repository backs up itself, twice as large every time; a repository in a
//! scratch folder is deleted by the next drill. Compared by name here; `environment` compares
//! again with symbolic links resolved. Pure.

use std::path::{Path, PathBuf};

use crate::config::decode::Cursor;
use crate::config::problem::{Complaint, Position, Report};

/// What a place is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    State,
    Scratch,
    /// The scratch folder inside the state folder, where that one's rules are not enough.
    StateScratch,
    Repository,
    /// A SQLite file.
    Database,
    Tree {
        portal: String,
        exclude: Vec<String>,
    },
}

/// A path that the configuration speaks of.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) role: Role,
    pub(super) path: PathBuf,
    key: String,
    at: Position,
}

impl Place {
    pub(super) fn new(role: Role, path: PathBuf, value: &Cursor<'_>) -> Self {
        Self { role, path, key: value.path.clone(), at: value.at }
    }

    /// The same place by another path to it.
    pub(super) fn reached_by(&self, path: PathBuf) -> Self {
        Self { path, ..self.clone() }
    }
}

/// Reports every pair that must not be.
pub(super) fn check(places: &[Place], report: &Report) {
    let mut places: Vec<&Place> = places.iter().collect();
    // Paths compare part by part, so everything inside a folder follows right after it: the open
    // folders are a stack, and no pair needs to be tried that has nothing in common.
    places.sort_by(|a, b| a.path.cmp(&b.path));
    let mut open: Vec<&Place> = Vec::new();
    for place in places {
        while open.last().is_some_and(|outer| !place.path.starts_with(&outer.path)) {
            open.pop();
        }
        for outer in &open {
            if report.is_full() {
                return;
            }
            complain(outer, place, report);
        }
        open.push(place);
    }
}

/// `inner` lies in `outer` or is the same folder.
fn complain(outer: &Place, inner: &Place, report: &Report) {
    let same = outer.path == inner.path;
    // Where both are the same folder, the order of the two says nothing: try both.
    let found = verdict(outer, inner, same)
        .or_else(|| if same { verdict(inner, outer, same) } else { None });
    let Some((blamed, other, complaint)) = found else { return };
    let relative = inner.path.strip_prefix(&outer.path).unwrap_or(Path::new(""));
    let complaint = complaint
        .text("path", blamed.path.display())
        .text("other", other.path.display())
        .text("other-key", &other.key)
        .text("relative", relative.display());
    report.add(&blamed.key, blamed.at, complaint);
}

fn verdict<'p>(
    outer: &'p Place,
    inner: &'p Place,
    same: bool,
) -> Option<(&'p Place, &'p Place, Complaint)> {
    use Role::{Database, Repository, Scratch, State, StateScratch, Tree};
    let error = |id, hint| Complaint::error(id).hint(hint);
    Some(match (&outer.role, &inner.role) {
        (Tree { .. }, State | Repository | Scratch) => {
            (outer, inner, error("config-backs-up-itself", "config-backs-up-itself-hint"))
        }
        (State | Repository | Scratch, Tree { .. } | Database) => {
            (inner, outer, error("config-source-in-own", "config-source-in-own-hint"))
        }
        (Scratch, State | Repository) | (StateScratch, Repository) => {
            (inner, outer, error("config-in-scratch", "config-in-scratch-hint"))
        }
        (Repository, Repository) if same => {
            (inner, outer, error("config-same-repository", "config-same-repository-hint"))
        }
        (Repository, State | Scratch | Repository) => {
            (inner, outer, error("config-in-repository", "config-in-repository-hint"))
        }
        (Tree { exclude, .. }, Database) if !is_excluded(exclude, outer, inner) => {
            let complaint = Complaint::warning("config-database-in-tree");
            (inner, outer, complaint.hint("config-database-in-tree-hint"))
        }
        (Tree { portal: a, exclude }, Tree { portal: b, .. })
            if a == b && !is_excluded(exclude, outer, inner) =>
        {
            let complaint = Complaint::warning("config-tree-in-tree");
            (inner, outer, complaint.hint("config-tree-in-tree-hint"))
        }
        _ => return None,
    })
}

/// Whether the patterns plainly leave `inner` out: its own path, or a beginning of it followed by
/// stars. Cleverer patterns may do so too; then the warning is one too many, which harms nobody.
fn is_excluded(patterns: &[String], outer: &Place, inner: &Place) -> bool {
    let Some(relative) = inner.path.strip_prefix(&outer.path).ok().and_then(Path::to_str) else {
        return false;
    };
    patterns.iter().any(|pattern| {
        let start = pattern.trim_end_matches('*');
        let plain = !start.contains(['*', '?', '[', '{']);
        let within = format!("{relative}/");
        plain && (start == relative || (start.len() < pattern.len() && within.starts_with(start)))
    })
}
