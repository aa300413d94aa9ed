//! Looking into a set without restoring it: what is there, and the content of one file.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use crate::base::cancel::Cancel;
use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind, Retry};
use crate::base::progress::Progress;
use crate::repository::blob::BlobKind;
use crate::repository::cat::{Ended, write_pieces};
use crate::repository::error::RepositoryError;
use crate::repository::id::BlobId;
use crate::repository::index::Location;
use crate::repository::index_read::IndexRead;
use crate::repository::open::Repository;
use crate::repository::tree::{Node, NodeKind, Tree};
use crate::repository::walk::{Entry, Unreadable, Walk, normal};

/// Why something in a set could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum BrowseError {
    /// The repository could not be read.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// There is nothing at the path.
    #[error("the set has nothing at `{path}`")]
    NoSuchPath {
        /// The path.
        path: String,
    },
    /// Only regular files have content.
    #[error("`{path}` is not a regular file")]
    NotAFile {
        /// The path.
        path: String,
    },
    /// Whoever reads the content went away, or has no space left.
    #[error("failed to write out the content of `{path}`")]
    Output {
        /// The path.
        path: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// Someone asked to stop.
    #[error("interrupted")]
    Cancelled,
}

impl Fault for BrowseError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Repository(error) => error.kind(),
            Self::NoSuchPath { .. } | Self::NotAFile { .. } | Self::Cancelled => FaultKind::User,
            Self::Output { .. } => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Repository(error) => error.code(),
            Self::NoSuchPath { .. } => "browse.no-such-path",
            Self::NotAFile { .. } => "browse.not-a-file",
            Self::Output { .. } => "browse.output",
            Self::Cancelled => "browse.cancelled",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Repository(error) => error.args(),
            Self::NoSuchPath { path } | Self::NotAFile { path } => Args::none().text("path", path),
            Self::Output { path, source } => Args::none().text("path", path).text("reason", source),
            Self::Cancelled => Args::none(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Repository(error) => error.retry(),
            _ => Retry::Never,
        }
    }

    fn exit(&self) -> ExitCode {
        match self {
            Self::Repository(error) => error.exit(),
            Self::NoSuchPath { .. } | Self::NotAFile { .. } => ExitCode::Usage,
            Self::Output { .. } => ExitCode::Failed,
            Self::Cancelled => ExitCode::Interrupted,
        }
    }
}

/// Something in a set as people name it: `<set>:<path>`, or the set alone for its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// The id of the set, or its beginning, or a word such as `latest`.
    pub set: &'a str,
    /// The path in it.
    pub path: &'a str,
}

impl<'a> Address<'a> {
    /// Takes `text` apart at the first colon: ids have none, paths may.
    pub fn parse(text: &'a str) -> Self {
        let (set, path) = text.split_once(':').unwrap_or((text, ""));
        Self { set, path }
    }
}

/// A look into the sets of a repository.
pub struct Browser<'a> {
    repository: &'a Repository,
    read: Arc<IndexRead>,
}

impl<'a> Browser<'a> {
    /// Reads the index; parts of it that are damaged are left out, so that what can be shown is.
    pub fn new(repository: &'a Repository) -> Result<Self, RepositoryError> {
        Ok(Self { repository, read: IndexRead::shared(repository)? })
    }

    /// What is at `path` in the set with the root `tree`; `None` for the root itself.
    pub fn find(&self, tree: &BlobId, path: &[u8]) -> Result<Option<Node>, BrowseError> {
        let missing = || BrowseError::NoSuchPath { path: shown(path) };
        let path = normal(path);
        let mut found: Option<Node> = None;
        for name in path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
            let folder = match &found {
                None => *tree,
                Some(node) => node.subtree.ok_or_else(missing)?,
            };
            let tree = self.repository.load_tree(&self.read.index, &folder)?;
            found = Some(tree.find(name).cloned().ok_or_else(missing)?);
        }
        Ok(found)
    }

    /// What lies in the folder at `path`, with all below if `recursive`; of a file, the file.
    pub fn list(
        &self,
        tree: &BlobId,
        path: &[u8],
        recursive: bool,
    ) -> Result<Listing, BrowseError> {
        let found = self.find(tree, path)?;
        let path = normal(path);
        let folder = match found {
            None => *tree,
            Some(Node { kind: NodeKind::Dir, subtree: Some(subtree), .. }) => subtree,
            Some(node) => {
                return Ok(Listing { one: Some(Entry { path, depth: 0, node }), walk: None });
            }
        };
        let walk = Walk::folder(self.repository, &self.read, path, folder, recursive);
        Ok(Listing { one: None, walk: Some(walk) })
    }

    /// Writes the content of the file at `path` to `out` and returns its length.
    ///
    /// Each piece is proven before a byte of it is written; a file whose later piece is damaged is
    /// written up to there, and the error says so.
    pub fn cat(
        &self,
        tree: &BlobId,
        path: &[u8],
        out: &mut dyn Write,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<u64, BrowseError> {
        let pieces = match self.find(tree, path)? {
            Some(Node { kind: NodeKind::File, content, .. }) => content.unwrap_or_default(),
            _ => return Err(BrowseError::NotAFile { path: shown(path) }),
        };
        let locations = pieces.iter().map(|id| self.locate(id)).collect::<Result<Vec<_>, _>>()?;
        progress.phase("phase-cat");
        progress.total(0, locations.iter().map(|location| location.blob.plain_length()).sum());
        let written =
            write_pieces(self.repository, &self.read.index, &locations, out, progress, cancel)
                .map_err(|ended| match ended {
                    Ended::Repository(error) => BrowseError::Repository(error),
                    Ended::Output(source) => output(path, source),
                    Ended::Cancelled => BrowseError::Cancelled,
                })?;
        out.flush().map_err(|source| output(path, source))?;
        Ok(written)
    }

    /// What lies in a folder.
    pub(super) fn tree(&self, id: &BlobId) -> Result<Tree, RepositoryError> {
        self.repository.load_tree(&self.read.index, id)
    }

    fn locate(&self, id: &BlobId) -> Result<Location, RepositoryError> {
        let kind = BlobKind::Data;
        self.read.index.find(kind, id).ok_or(RepositoryError::BlobUnknown { kind, id: *id })
    }
}

impl fmt::Debug for Browser<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser").field("repository", &self.repository).finish_non_exhaustive()
    }
}

/// Entries of a set, each folder before what it holds; or a folder that cannot be read.
pub struct Listing {
    one: Option<Entry>,
    walk: Option<Walk>,
}

impl Iterator for Listing {
    type Item = Result<Entry, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        self.one.take().map(Ok).or_else(|| self.walk.as_mut()?.next())
    }
}

fn output(path: &[u8], source: io::Error) -> BrowseError {
    BrowseError::Output { path: shown(path), source }
}

/// A path of a set for people: what is not UTF-8 is replaced.
pub fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_split_at_its_first_colon() {
        for (text, set, path) in [
            ("ab12:media/a:b", "ab12", "media/a:b"),
            ("latest", "latest", ""),
            ("latest:", "latest", ""),
            (":x", "", "x"),
        ] {
            assert_eq!(Address::parse(text), Address { set, path }, "{text}");
        }
    }
}
