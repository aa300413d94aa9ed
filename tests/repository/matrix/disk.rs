//! A model of a disk that keeps what it was asked to keep, and of the rest whatever it likes.
//!
//! The promise of POSIX and no more: `fsync` of a file keeps its content, `fsync` of a folder
//! keeps the names in it, nothing else keeps anything. Content and names that no call waited for
//! are kept or lost one by one, in any combination; content may also be kept as zeros of the
//! right length or cut in half, and of a rename each end by itself. Real file systems are kinder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use duphong::store::ObjectName;

use crate::repository::matrix::ground::State;
use crate::repository::matrix::trace::Event;

/// Something that reaches the disk or does not.
#[derive(Clone, Debug)]
struct Change {
    /// The number of the event.
    at: usize,
    /// The number of the event after which it is kept for certain.
    kept: Option<usize>,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Content { file: usize, bytes: Vec<u8> },
    Name { folder: usize, name: String, node: usize },
    NoName { folder: usize, name: String },
}

/// What becomes of a change that nobody waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Kept,
    Lost,
    /// Content: so many zeros.
    Zeros,
    /// Content: its first half.
    Half,
}

/// All changes of a recording.
#[derive(Debug)]
pub(crate) struct Disk {
    changes: Vec<Change>,
    folders: BTreeSet<usize>,
    /// Unfinished files: no reader looks there, so what becomes of their names does not matter.
    unread: Option<usize>,
}

/// The folder above everything that is recorded; it is there.
const TOP: usize = 0;

impl Disk {
    /// Follows `events`; `unread` is a folder whose names nobody reads.
    pub(crate) fn new(events: &[Event], unread: &Path) -> Self {
        let mut paths: BTreeMap<PathBuf, usize> = BTreeMap::from([(PathBuf::new(), TOP)]);
        let (changes, folders) = (Vec::new(), BTreeSet::from([TOP]));
        let mut disk = Self { changes, folders, unread: None };
        let mut nodes = 1;
        for (at, event) in events.iter().enumerate() {
            match event {
                Event::Create(path) | Event::Mkdir(path) => {
                    if matches!(event, Event::Mkdir(_)) {
                        disk.folders.insert(nodes);
                    }
                    if path == unread {
                        disk.unread = Some(nodes);
                    }
                    disk.name(at, &paths, path, nodes);
                    paths.insert(path.clone(), nodes);
                    nodes += 1;
                }
                Event::Write(path, bytes) => {
                    disk.push(
                        at,
                        What::Content { file: at_path(&paths, path), bytes: bytes.clone() },
                    );
                }
                Event::Rename(from, to) => {
                    let node = paths.remove(from).expect("what is renamed was made");
                    disk.name(at, &paths, to, node);
                    disk.no_name(at, &paths, from);
                    paths.insert(to.clone(), node);
                }
                Event::Remove(path) => {
                    disk.no_name(at, &paths, path);
                    paths.remove(path);
                }
                Event::Sync(path, since) => disk.sync(at, *since, at_path(&paths, path)),
                Event::Mark(_) => {}
            }
        }
        disk
    }

    fn push(&mut self, at: usize, what: What) {
        self.changes.push(Change { at, kept: None, what });
    }

    fn name(&mut self, at: usize, paths: &BTreeMap<PathBuf, usize>, path: &Path, node: usize) {
        let (folder, name) = split(paths, path);
        self.push(at, What::Name { folder, name, node });
    }

    fn no_name(&mut self, at: usize, paths: &BTreeMap<PathBuf, usize>, path: &Path) {
        let (folder, name) = split(paths, path);
        self.push(at, What::NoName { folder, name });
    }

    fn sync(&mut self, at: usize, since: usize, node: usize) {
        for change in self.changes.iter_mut().filter(|change| change.at < since) {
            let concerned = match change.what {
                What::Content { file, .. } => file == node,
                What::Name { folder, .. } | What::NoName { folder, .. } => folder == node,
            };
            if concerned && change.kept.is_none() {
                change.kept = Some(at);
            }
        }
    }

    /// The changes that may be lost if the power goes before the event `until`, each with what may
    /// become of it.
    pub(crate) fn open(&self, until: usize) -> Vec<(usize, &'static [Fate])> {
        let before = || self.changes.iter().take_while(|change| change.at < until);
        let read = |node: usize| {
            before().any(|change| {
                matches!(change.what, What::Name { folder, node: named, .. }
                if named == node && Some(folder) != self.unread)
            })
        };
        let open = before().enumerate().filter(|(_, c)| c.kept.is_none_or(|kept| kept >= until));
        open.filter_map(|(number, change)| match change.what {
            What::Content { file, .. } if read(file) => {
                Some((number, &[Fate::Kept, Fate::Lost, Fate::Zeros, Fate::Half][..]))
            }
            What::Name { folder, .. } | What::NoName { folder, .. }
                if Some(folder) != self.unread =>
            {
                Some((number, &[Fate::Kept, Fate::Lost][..]))
            }
            _ => None,
        })
        .collect()
    }

    /// The objects below the path `root` (its names from the top) after the power went before the
    /// event `until`; `fates` says what became of open changes, all others are kept.
    pub(crate) fn after(&self, until: usize, fates: &[(usize, Fate)], root: &[&str]) -> State {
        let mut folders: BTreeMap<usize, BTreeMap<&str, usize>> = BTreeMap::new();
        let mut contents: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        for (number, change) in self.changes.iter().enumerate() {
            if change.at >= until {
                break;
            }
            let fate = fates.iter().find(|(open, _)| *open == number);
            let fate = fate.map_or(Fate::Kept, |(_, fate)| *fate);
            if fate == Fate::Lost {
                continue;
            }
            match &change.what {
                What::Content { file, bytes } => {
                    let content = contents.entry(*file).or_default();
                    match fate {
                        Fate::Zeros => content.resize(content.len() + bytes.len(), 0),
                        Fate::Half => content.extend_from_slice(&bytes[..bytes.len() / 2]),
                        _ => content.extend_from_slice(bytes),
                    }
                }
                What::Name { folder, name, node } => {
                    folders.entry(*folder).or_default().insert(name, *node);
                }
                What::NoName { folder, name } => {
                    folders.entry(*folder).or_default().remove(name.as_str());
                }
            }
        }
        let mut at = Some(TOP);
        for name in root {
            at = at.and_then(|folder| folders.get(&folder)?.get(name).copied());
        }
        let mut state = State::new();
        if let Some(root) = at {
            self.collect(&folders, &contents, root, "", &mut state);
        }
        state
    }

    fn collect(
        &self,
        folders: &BTreeMap<usize, BTreeMap<&str, usize>>,
        contents: &BTreeMap<usize, Vec<u8>>,
        folder: usize,
        prefix: &str,
        state: &mut State,
    ) {
        for (name, node) in folders.get(&folder).into_iter().flatten() {
            let path = format!("{prefix}{name}");
            if Some(*node) == self.unread {
                continue;
            }
            if self.folders.contains(node) {
                self.collect(folders, contents, *node, &format!("{path}/"), state);
            } else if let Ok(name) = ObjectName::new(&path) {
                let content = contents.get(node).cloned().unwrap_or_default();
                state.insert(name, Bytes::from(content));
            }
        }
    }
}

fn at_path(paths: &BTreeMap<PathBuf, usize>, path: &Path) -> usize {
    let known = paths.get(path).copied();
    known.unwrap_or_else(|| panic!("nobody made `{}`", path.display()))
}

fn split(paths: &BTreeMap<PathBuf, usize>, path: &Path) -> (usize, String) {
    let folder = at_path(paths, path.parent().expect("the top has no changes of its own"));
    let name = path.file_name().expect("nobody renames the top").to_str().expect("names are ASCII");
    (folder, name.to_owned())
}

#[test]
fn a_disk_keeps_what_it_was_asked_to_keep_and_may_lose_the_rest() {
    let path = |text: &str| PathBuf::from(text);
    let events = [
        Event::Create(path("a")),
        Event::Write(path("a"), b"abcd".to_vec()),
        Event::Sync(path("a"), 2),
        Event::Sync(path(""), 3),
        Event::Create(path("b")),
    ];
    let disk = Disk::new(&events, Path::new("tmp"));
    let names = |state: &State| state.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(disk.open(2).len(), 2);
    assert_eq!(disk.open(3), [(0, &[Fate::Kept, Fate::Lost][..])]);
    assert!(disk.open(4).is_empty());
    assert_eq!(names(&disk.after(5, &[], &[])), ["a", "b"]);
    assert_eq!(names(&disk.after(5, &[(2, Fate::Lost)], &[])), ["a"]);
    let torn = disk.after(2, &[(1, Fate::Half)], &[]);
    assert_eq!(torn.values().next().unwrap(), "ab");
}
