//! A made-up portal, *Cổng thông tin điện tử tỉnh Mẫu* at `cong.example`, for the quickstart.
//!
//! A real small portal, not a picture of one: an SQLite database with articles, an index, a view
//! and a trigger, uploaded files whose digests the database knows, an application tree with the
//! page's template, a configuration tree, and a page server that answers from all four. Content
//! depends only on the seed, so two quickstarts make the same portal.

mod content;
mod serve;

use std::path::{Path, PathBuf};

pub use content::{Made, make};
pub use serve::{Serving, serve};

use crate::base::fault::{Args, Fault, FaultKind};
use crate::world::files::FileError;

/// Where the parts of the portal lie: in production below one folder, in a drill wherever the set
/// was restored to.
#[derive(Clone, Debug)]
pub struct Places {
    /// The SQLite file.
    pub database: PathBuf,
    /// Uploaded files.
    pub media: PathBuf,
    /// The page's template.
    pub application: PathBuf,
    /// The portal's settings.
    pub configuration: PathBuf,
}

impl Places {
    /// The production layout below `root`.
    pub fn below(root: &Path) -> Self {
        Self {
            database: root.join("data/cong.sqlite"),
            media: root.join("media"),
            application: root.join("application"),
            configuration: root.join("configuration"),
        }
    }

    /// While this file exists, the portal is out of service.
    pub fn closed(&self) -> PathBuf {
        self.configuration.with_file_name("closed")
    }
}

/// What can go wrong with the made-up portal.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// Its database.
    #[error("failed to use the sample portal's database `{}`", path.display())]
    Database {
        /// The SQLite file.
        path: PathBuf,
        /// SQLite's answer.
        #[source]
        source: rusqlite::Error,
    },
    /// A file of it.
    #[error("failed to write the sample portal")]
    File(#[source] FileError),
    /// Its page server cannot listen.
    #[error("failed to listen on `{address}`")]
    Listen {
        /// The address.
        address: String,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
}

impl SampleError {
    /// Whether somebody else listens at the address already.
    pub fn is_address_taken(&self) -> bool {
        matches!(self, Self::Listen { source, .. }
            if source.kind() == std::io::ErrorKind::AddrInUse)
    }
}

impl Fault for SampleError {
    fn kind(&self) -> FaultKind {
        FaultKind::Environment
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Database { .. } => "sample.database",
            Self::File(_) => "sample.file",
            Self::Listen { .. } => "sample.listen",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Database { path, .. } => Args::none().text("path", path.display()),
            Self::File(_) => Args::none(),
            Self::Listen { address, .. } => Args::none().text("address", address),
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::File(error) => Some(error),
            Self::Database { .. } | Self::Listen { .. } => None,
        }
    }
}
