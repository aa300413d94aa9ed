//! Playbooks: YAML files, checked once into procedures that cannot be wrong by themselves.
//!
//! Read as the configuration is: the same plain part of YAML, tables of known keys, every problem
//! at once with line, column, key path and hint. What a step may say follows from the nature of
//! its action (`steps`), what a value may be from the parameter it stands at (`filling`), and what
//! may follow what from the order in which the steps will run (`order`).
//!
//! Two playbooks are part of the program. Own ones lie in a folder, and none can take the place of
//! a shipped one: whoever approves `failover-postgres` approves what was reviewed and tested.

mod filling;
pub(super) mod given;
mod inputs;
pub mod keys;
mod order;
mod steps;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::base::digest::Digest;
use crate::base::fault::{Args, Fault, FaultKind};
use crate::config::decode::{Cursor, Desk};
use crate::config::playbook::inputs::Inputs;
use crate::config::problem::{Complaint, Position, Problems, Report};
use crate::config::scalar::is_id;
use crate::config::tree;
use crate::playbook::model::{FILE_BYTES_MAX, Playbook, Words};
use crate::playbook::settings::Settings;
use crate::world::files::FileError;

/// The version of the language of playbooks that this program reads (`docs/formats/playbook.md`).
pub const VERSION: u64 = 1;

/// A playbook to begin with.
const EXAMPLE: &str = "playbooks/restore-in-place.yaml";

/// A title fits a column of a table.
const TITLE_CHARACTERS_MAX: usize = 120;

/// What a procedure is for, and when not to use it, in a paragraph.
const ABOUT_CHARACTERS_MAX: usize = 1000;

/// The playbooks that are part of the program, each by its id.
pub fn shipped() -> Vec<(&'static str, &'static str)> {
    vec![
        ("failover-postgres", include_str!("../../playbooks/failover-postgres.yaml")),
        ("restore-in-place", include_str!("../../playbooks/restore-in-place.yaml")),
    ]
}

/// Reads and checks the playbook that stands in `file`.
pub fn read(bytes: &[u8], file: &Path) -> Result<Playbook, Problems> {
    read_as(bytes, file, None)
}

/// A playbook that can be found, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub id: String,
    /// Where it lies; absent of a shipped one.
    pub file: Option<PathBuf>,
}

/// Why a playbook cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PlaybookError {
    /// There is none of this id.
    #[error("there is no playbook `{id}`")]
    Unknown {
        /// What was asked for.
        id: String,
        /// Those that there are.
        known: String,
    },
    /// An own file has the id of a shipped playbook.
    #[error("`{}` has the name of the shipped playbook `{id}`", file.display())]
    Shadows {
        /// The id.
        id: String,
        /// The own file.
        file: PathBuf,
    },
    /// The folder or a file in it could not be read.
    #[error("failed to read playbooks")]
    Read {
        /// Which and why.
        #[source]
        source: FileError,
    },
    /// The file was read and is wrong.
    #[error(transparent)]
    Wrong(#[from] Problems),
}

impl Fault for PlaybookError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Unknown { .. } => FaultKind::User,
            Self::Shadows { .. } | Self::Read { .. } | Self::Wrong(_) => FaultKind::Config,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "playbook.unknown",
            Self::Shadows { .. } => "playbook.shadows",
            Self::Read { .. } => "playbook.unreadable",
            Self::Wrong(_) => "playbook.problems",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Unknown { id, known } => Args::none().text("id", id).text("known", known),
            Self::Shadows { id, file } => Args::none().text("id", id).text("path", file.display()),
            Self::Read { .. } => Args::none(),
            Self::Wrong(problems) => {
                Args::none().text("path", problems.file.display()).number("count", problems.count())
            }
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Read { source } => Some(source),
            _ => None,
        }
    }

    fn exit(&self) -> crate::base::exit::ExitCode {
        match self {
            Self::Unknown { .. } => crate::base::exit::ExitCode::Usage,
            _ => crate::base::exit::ExitCode::Configuration,
        }
    }
}

/// Every playbook that can be asked for, by id: the shipped ones, then the own ones.
pub fn all(settings: &Settings) -> Result<Vec<Found>, PlaybookError> {
    let mut found: Vec<Found> =
        shipped().iter().map(|(id, _)| Found { id: (*id).to_owned(), file: None }).collect();
    let own = own_files(settings)?;
    for (id, file) in own {
        if found.iter().any(|one| one.file.is_none() && one.id == id) {
            return Err(PlaybookError::Shadows { id, file });
        }
        found.push(Found { id, file: Some(file) });
    }
    Ok(found)
}

/// The playbook of this id: a shipped one, or `<folder>/<id>.yaml`.
pub fn find(settings: &Settings, id: &str) -> Result<Playbook, PlaybookError> {
    let all = all(settings)?;
    let Some(found) = all.iter().find(|one| one.id == id) else {
        let known = all.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ");
        return Err(PlaybookError::Unknown { id: id.to_owned(), known });
    };
    let Some(file) = &found.file else {
        let text = shipped().into_iter().find(|(name, _)| *name == id).map_or("", |(_, text)| text);
        return Ok(read_as(text.as_bytes(), Path::new(&format!("{id}.yaml")), Some(id))?);
    };
    let mut bytes = Vec::new();
    // One byte above the limit is enough to know that the file is too large.
    let limit = FILE_BYTES_MAX as u64 + 1;
    File::open(file)
        .and_then(|open| open.take(limit).read_to_end(&mut bytes))
        .map_err(|source| PlaybookError::Read { source: FileError::io("read", file)(source) })?;
    Ok(read_as(&bytes, file, Some(id))?)
}

/// The files of the own folder by id, sorted. What is not named as a playbook is left alone.
fn own_files(settings: &Settings) -> Result<Vec<(String, PathBuf)>, PlaybookError> {
    let Some(folder) = &settings.folder else { return Ok(Vec::new()) };
    let fault = |source| PlaybookError::Read { source: FileError::io("list", folder)(source) };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let file = entry.map_err(fault)?.path();
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if file.extension().is_some_and(|extension| extension == "yaml") && is_id(stem) {
            files.push((stem.to_owned(), file));
        }
    }
    files.sort();
    Ok(files)
}

/// `id` is the name under which the playbook was asked for, and which it must have.
fn read_as(bytes: &[u8], file: &Path, id: Option<&str>) -> Result<Playbook, Problems> {
    let report = Report::default();
    let text = match decode(bytes) {
        Ok(text) => text,
        Err((at, complaint)) => {
            report.add("", at, complaint);
            ""
        }
    };
    let mut playbook = None;
    if !report.has_errors()
        && let Some(root) = tree::parse(text, &report, EXAMPLE)
    {
        let desk = Desk::new(&report, Path::new("/"), None, EXAMPLE);
        let root = Cursor::new(&desk, String::new(), &root);
        playbook = document(&root, Digest::of(bytes), id);
    }
    let failed = report.has_errors();
    let (list, more) = report.finish(text);
    match playbook {
        Some(playbook) if !failed => Ok(playbook),
        _ => Err(Problems { file: file.to_owned(), list, more }),
    }
}

fn decode(bytes: &[u8]) -> Result<&str, (Position, Complaint)> {
    if bytes.len() > FILE_BYTES_MAX {
        let complaint = Complaint::error("config-playbook-too-large")
            .number("size", bytes.len() as u64)
            .number("limit", FILE_BYTES_MAX as u64)
            .hint("config-playbook-too-large-hint");
        return Err((Position::START, complaint));
    }
    tree::decode_utf8(bytes)
}

fn document(root: &Cursor<'_>, digest: Digest, wanted: Option<&str>) -> Option<Playbook> {
    let section = root.section(&keys::ROOT)?;
    let id = section.need("playbook", |value| {
        let id = value.id()?;
        match wanted {
            Some(wanted) if wanted != id => {
                let complaint = Complaint::error("config-playbook-renamed");
                let complaint = complaint.text("id", &id).text("wanted", wanted);
                value.refuse(complaint.hint("config-playbook-renamed-hint"))
            }
            _ => Some(id),
        }
    });
    let version = section.need("version", |value| {
        let version: u64 = value.number(0..=u64::MAX)?;
        if version == VERSION {
            return Some(version);
        }
        let complaint = Complaint::error("config-playbook-version").number("version", version);
        let complaint = complaint.number("known", VERSION);
        value.refuse(complaint.hint("config-playbook-version-hint"))
    });
    let title = section.need("title", |value| words(value, TITLE_CHARACTERS_MAX));
    let about = section.need("about", |value| words(value, ABOUT_CHARACTERS_MAX));
    let inputs = section.may("inputs", |value| Some(Inputs::read(value))).unwrap_or_default();
    let steps = section.need("steps", |value| {
        let drafts = steps::read(value, &inputs);
        if drafts.is_empty() {
            return None;
        }
        let used = inputs.check_used(value.value);
        let steps = order::ordered(&drafts)?;
        inputs.check_sets(&steps, &used);
        Some(steps)
    });
    version?;
    Some(Playbook {
        id: id?,
        title: title?,
        about: about?,
        inputs: inputs.into_list()?,
        steps: steps?,
        digest,
    })
}

/// Words in both languages, of which neither may be missing: who reads them at night does not
/// choose the language in which the author was at home.
fn words(value: &Cursor<'_>, most: usize) -> Option<Words> {
    let section = value.section(&keys::WORDS)?;
    let vi = section.need("vi", |value| value.text_within(most));
    let en = section.need("en", |value| value.text_within(most));
    Some(Words { vi: vi?, en: en? })
}
