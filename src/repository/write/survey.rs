//! Counting what a set would take of a tree, by the same rules and without storing anything.
//!
//! Only folders are opened: a file that cannot be read is found by the run that reads it.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use jiff::Timestamp;
use rustix::fs::{AtFlags, Mode, Stat, fstat, openat, statat};
use rustix::io::Errno;

use crate::base::cancel::Cancel;
use crate::base::manifest::Skipped;
use crate::repository::error::RepositoryError;
use crate::repository::tree::NodeKind;
use crate::repository::write::exclude::Exclude;
use crate::repository::write::folder::as_path;
use crate::repository::write::metadata::time;
use crate::repository::write::walk::{NOT_STORED, OPEN_FOLDER, names, open_root};

/// What a tree holds for a set.
#[derive(Debug, Default)]
pub struct Survey {
    /// Regular files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What would be left out, by its place and each with its reason; excluded names are not among
    /// them.
    pub skipped: Vec<(String, PassedOver)>,
}

impl Survey {
    /// The same as a set would note it.
    pub fn skipped(&self) -> impl Iterator<Item = Skipped> {
        let noted = |(path, why): &(String, PassedOver)| (path.clone(), why.to_string());
        self.skipped.iter().map(noted).map(|(path, reason)| Skipped { path, reason })
    }
}

/// Why something of a tree is not taken.
#[derive(Debug)]
pub enum PassedOver {
    /// A device, pipe or socket.
    NoFile,
    /// The system does not give it.
    System(io::Error),
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFile => f.write_str(NOT_STORED),
            Self::System(error) => error.fmt(f),
        }
    }
}

/// Paths that are named of what one pattern leaves out.
const EXAMPLES_MAX: usize = 5;

/// What one pattern leaves out of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// The pattern, as it was written.
    pub pattern: String,
    /// Regular files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Folders on other file systems, and what cannot be looked at: nothing below is counted.
    pub closed: u64,
    /// Of all these, the first few by their paths relative to the root.
    pub examples: Vec<String>,
}

/// A regular file of a tree.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// Relative to the root.
    pub path: &'a [u8],
    /// Its bytes.
    pub size: u64,
    /// When its content was last changed, as anybody may set it.
    pub modified: Timestamp,
    /// When anything about it was last changed, as the file system says.
    pub changed: Timestamp,
}

impl<'a> Found<'a> {
    fn new(path: &'a [u8], stat: &Stat) -> Self {
        Self {
            path,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: time(stat.st_mtime, stat.st_mtime_nsec),
            changed: time(stat.st_ctime, stat.st_ctime_nsec),
        }
    }
}

/// A folder on the way down.
struct Frame {
    dir: OwnedFd,
    /// Relative to the root; empty for the root.
    path: Vec<u8>,
    /// Names that are still to be looked at.
    names: Vec<Vec<u8>>,
    /// The number of the pattern that leaves it out.
    by: Option<usize>,
}

/// A folder with its names.
type Opened = (OwnedFd, Vec<Vec<u8>>);

/// Counts the files below `root` that [`add_tree`](crate::repository::SetWriter::add_tree) would
/// take with the same patterns.
pub fn survey(root: &Path, exclude: &[String], cancel: &Cancel) -> Result<Survey, RepositoryError> {
    survey_each(root, exclude, cancel, &mut |_found| {})
}

/// The same, and shows each of these files.
pub fn survey_each(
    root: &Path,
    exclude: &[String],
    cancel: &Cancel,
    visit: &mut dyn FnMut(&Found<'_>),
) -> Result<Survey, RepositoryError> {
    walk(root, exclude, cancel, visit, &mut [])
}

/// The same, and counts what each pattern leaves out, in their order; what several would leave out
/// counts with the first of them. What is left out on another file system is not entered: it may be
/// a disk that hangs, or all that a storage keeps of older days.
pub fn survey_beyond(
    root: &Path,
    exclude: &[String],
    cancel: &Cancel,
    visit: &mut dyn FnMut(&Found<'_>),
) -> Result<(Survey, Vec<LeftOut>), RepositoryError> {
    let of_pattern = |pattern: &String| LeftOut { pattern: pattern.clone(), ..LeftOut::default() };
    let mut left_out: Vec<_> = exclude.iter().map(of_pattern).collect();
    let survey = walk(root, exclude, cancel, visit, &mut left_out)?;
    Ok((survey, left_out))
}

/// Goes on below what is left out only where there is somewhere to count it.
fn walk(
    root: &Path,
    exclude: &[String],
    cancel: &Cancel,
    visit: &mut dyn FnMut(&Found<'_>),
    left_out: &mut [LeftOut],
) -> Result<Survey, RepositoryError> {
    let exclude = Exclude::new(exclude)?;
    let refuse =
        |source: Errno| RepositoryError::Root { path: root.to_owned(), source: source.into() };
    let dir = open_root(root).map_err(refuse)?;
    let listed = names(&dir).map_err(refuse)?;
    let device = fstat(&dir).map_err(refuse)?.st_dev;
    let mut frames = vec![Frame { dir, path: Vec::new(), names: listed, by: None }];
    let mut survey = Survey::default();
    while let Some(frame) = frames.last_mut() {
        if cancel.is_cancelled() {
            return Err(RepositoryError::Cancelled);
        }
        let Some(name) = frame.names.pop() else {
            frames.pop();
            continue;
        };
        let path = match &frame.path[..] {
            [] => name.clone(),
            above => [above, &name].join(&b'/'),
        };
        if let Some(by) = frame.by.or_else(|| exclude.first(&path)) {
            let opened = left_out.get_mut(by);
            let opened = opened.and_then(|one| one.look(&frame.dir, &name, &path, device));
            if let Some((dir, names)) = opened {
                frames.push(Frame { dir, path, names, by: Some(by) });
            }
            continue;
        }
        let mut shown = |stat: &Stat| visit(&Found::new(&path, stat));
        match survey.look(&frame.dir, &name, &mut shown) {
            Ok(Some((dir, names))) => frames.push(Frame { dir, path, names, by: None }),
            Ok(None) => {}
            Err(why) => {
                let path = root.join(as_path(&path)).display().to_string();
                survey.skipped.push((path, why));
            }
        }
    }
    Ok(survey)
}

impl LeftOut {
    /// Counts one name, and returns it opened if it is a folder that is to be entered.
    fn look(&mut self, above: &OwnedFd, name: &[u8], path: &[u8], device: u64) -> Option<Opened> {
        let stat = match statat(above, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return None,
            Err(_) => {
                self.close(path);
                return None;
            }
        };
        match NodeKind::of(&stat) {
            NodeKind::Dir if stat.st_dev == device => {
                let dir = openat(above, name, OPEN_FOLDER, Mode::empty());
                let opened = dir.and_then(|dir| names(&dir).map(|names| (dir, names)));
                if opened.is_err() {
                    self.close(path);
                }
                return opened.ok();
            }
            NodeKind::Dir => self.close(path),
            NodeKind::File => {
                self.files += 1;
                self.bytes += u64::try_from(stat.st_size).unwrap_or(0);
                self.name(path);
            }
            _ => {}
        }
        None
    }

    fn close(&mut self, path: &[u8]) {
        self.closed += 1;
        self.name(path);
    }

    fn name(&mut self, path: &[u8]) {
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(String::from_utf8_lossy(path).into_owned());
        }
    }
}

impl Survey {
    /// Counts one name, and returns it opened with its own names if it is a folder.
    fn look(
        &mut self,
        above: &OwnedFd,
        name: &[u8],
        visit: &mut dyn FnMut(&Stat),
    ) -> Result<Option<Opened>, PassedOver> {
        let told = |error: Errno| PassedOver::System(error.into());
        let stat = match statat(above, name, AtFlags::SYMLINK_NOFOLLOW) {
            // Removed since the folder was listed.
            Err(Errno::NOENT) => return Ok(None),
            other => other.map_err(told)?,
        };
        match NodeKind::of(&stat) {
            NodeKind::Dir => {
                let dir = openat(above, name, OPEN_FOLDER, Mode::empty()).map_err(told)?;
                let names = names(&dir).map_err(told)?;
                return Ok(Some((dir, names)));
            }
            NodeKind::File => {
                self.files += 1;
                self.bytes += u64::try_from(stat.st_size).unwrap_or(0);
                visit(&stat);
            }
            NodeKind::Symlink => {}
            _ => return Err(PassedOver::NoFile),
        }
        Ok(None)
    }
}
