//! The configuration: a YAML file, checked once into settings that cannot be wrong.
//!
//! The file is parsed into a tree in which everything has a place (`tree`), read by tables of
//! known keys (`keys`, `decode`, `scalar`, and one file per section), and its paths are held
//! against each other (`overlap`). Every problem is collected with its line, column, key path,
//! message and hint. What depends on the machine is looked at separately ([`Loaded`]'s
//! `environment_problems`), so that a file can be checked on a laptop.
//!
//! It changes nothing, reads no environment variable, and takes no secret into its settings: they
//! only say where a secret is kept.

mod address;
mod anchor;
mod approval;
pub mod bucket;
mod command;
mod command_drill;
mod command_source;
mod decode;
mod drill;
mod dsn;
mod environment;
pub mod keys;
mod lock;
mod media;
mod outside;
mod overlap;
pub mod playbook;
mod portal;
mod probe;
pub mod problem;
mod retention;
mod scalar;
mod sealed;
pub mod secret;
pub mod settings;
mod site;
mod spot_check;
mod standby;
mod suggest;
mod tree;
pub mod turns;
mod wal;

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::base::fault::{Args, Fault, FaultKind};
use crate::config::decode::{Cursor, Desk};
use crate::config::overlap::Place;
use crate::config::problem::{Position, Problem, Problems, Report};
use crate::config::settings::Settings;
use crate::world::files::FileError;

pub use tree::{DEPTH_MAX, FILE_BYTES_MAX};

/// A configuration to begin with.
const EXAMPLE: &str = "config/example.yaml";

/// A configuration that can be used.
pub struct Loaded {
    /// What it says.
    pub settings: Settings,
    /// What its writer should know all the same, in the order of the file.
    pub warnings: Vec<Problem>,
    /// The file, absolute.
    pub file: PathBuf,
    text: String,
    visited: HashMap<String, Position>,
    places: Vec<Place>,
}

impl std::fmt::Debug for Loaded {
    /// Without the text of the file: a comment may hold anything.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded")
            .field("settings", &self.settings)
            .field("warnings", &self.warnings)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl Loaded {
    /// The file as it was read and checked, whatever has been written to it since.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no such file.
    #[error("there is no configuration at `{}`", file.display())]
    Missing {
        /// Where it was looked for.
        file: PathBuf,
    },
    /// The file could not be read.
    #[error("failed to read the configuration")]
    Read {
        /// Which and why.
        #[source]
        source: FileError,
    },
    /// The file was read and is wrong.
    #[error(transparent)]
    Wrong(#[from] Problems),
}

impl Fault for ConfigError {
    fn kind(&self) -> FaultKind {
        FaultKind::Config
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "config.missing",
            Self::Read { .. } => "config.unreadable",
            Self::Wrong(problems) => problems.code(),
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Missing { file } => Args::none().text("path", file.display()),
            Self::Read { .. } => Args::none(),
            Self::Wrong(problems) => problems.args(),
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Read { source } => Some(source),
            Self::Missing { .. } | Self::Wrong(_) => None,
        }
    }

    fn exit(&self) -> crate::base::exit::ExitCode {
        crate::base::exit::ExitCode::Configuration
    }
}

/// Reads and checks the configuration at `file`. `credentials` is the folder in which systemd
/// passes credentials (`$CREDENTIALS_DIRECTORY`), where there is one.
pub fn load(file: &Path, credentials: Option<&Path>) -> Result<Loaded, ConfigError> {
    let read = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => ConfigError::Missing { file: file.to_owned() },
        _ => ConfigError::Read { source: FileError::io("read", file)(source) },
    };
    let file = std::path::absolute(file).map_err(read)?;
    let mut bytes = Vec::new();
    // One byte above the limit is enough to know that the file is too large.
    let limit = FILE_BYTES_MAX as u64 + 1;
    File::open(&file).and_then(|open| open.take(limit).read_to_end(&mut bytes)).map_err(read)?;
    Ok(check_text(&bytes, &file, credentials)?)
}

/// Checks a configuration that is already in memory; `file`, absolute, is where it stands or would
/// stand: relative paths in it start at its folder.
pub fn check_text(
    bytes: &[u8],
    file: &Path,
    credentials: Option<&Path>,
) -> Result<Loaded, Problems> {
    let report = Report::default();
    let text = match tree::decode_utf8(bytes) {
        Ok(text) => text,
        Err((at, complaint)) => {
            report.add("", at, complaint);
            ""
        }
    };
    let mut visited = HashMap::new();
    let mut places = Vec::new();
    let mut settings = None;
    let base = file.parent().unwrap_or(Path::new("/"));
    if !report.has_errors()
        && let Some(root) = tree::parse(text, &report, EXAMPLE)
    {
        let desk = Desk::new(&report, base, credentials, EXAMPLE);
        (settings, places) = site::settings(&Cursor::new(&desk, String::new(), &root));
        overlap::check(&places, &report);
        visited = desk.into_visited();
    }
    let failed = report.has_errors();
    let (list, more) = report.finish(text);
    match settings {
        Some(settings) if !failed => Ok(Loaded {
            settings,
            warnings: list,
            file: file.to_owned(),
            text: text.to_owned(),
            visited,
            places,
        }),
        _ => Err(Problems { file: file.to_owned(), list, more }),
    }
}
