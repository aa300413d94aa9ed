//! Filling in a form of an incident and rendering it for a person to read, correct and sign.
//!
//! What a person answers is a fact of the incident and holds until it is answered anew; all else is
//! taken from the configuration and the log each time. A rendering goes on record with every value
//! and the digests of its files before they are written: what duphong rendered is known for ever,
//! and never taken for what a person signed.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::{Deed, Kind, Log, Outcome};
use crate::base::digest::Digest;
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args, Fault, FaultKind, Message};
use crate::base::language::Language;
use crate::document::{form_docx, form_pdf};
use crate::incident::case::Case;
use crate::incident::fact::{Fact, Filled as FilledFact};
use crate::incident::fault::CaseFault;
use crate::incident::form::fact::{FileFacts, FormRecord, MAU_03, Mark, VERSION};
use crate::incident::form::{Answers, Field, Filled, Known, Portal, prefilled, printed};
use crate::incident::settings::{Reporter, System};
use crate::job::incident::{find, record};
use crate::job::site::Site;
use crate::text::{Catalog, Format as Habits};
use crate::view::Now;
use crate::world::files::{self, FileError};

/// The verb of a rendering in the audit log.
pub const VERB: &str = "incident.form";

/// An entry of the log holds 64 KiB; what a record needs beside its values is small.
const RECORD_BYTES_MAX: usize = 60_000;

/// Readable by whoever may read the folder: a draft is made to be passed around.
const MODE: u32 = 0o640;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// To print and sign.
    Pdf,
    /// To edit.
    Docx,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Pdf, Self::Docx];

    /// Its word, and the end of its files' names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Docx => "docx",
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The incident's number.
    pub number: u64,
    /// A folder, or the name of a file, whose end each format replaces by its own.
    pub out: PathBuf,
    /// At least one.
    pub formats: Vec<Format>,
    /// What a person says now, beside what was said before.
    pub answers: Answers,
    /// Who says it.
    pub by: String,
    /// Marks every page as part of an exercise.
    pub rehearsal: bool,
}

/// A rendered form.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// What went on record.
    pub record: FormRecord,
    /// The form itself.
    pub filled: Filled,
    /// The files, in the order of the record's.
    pub paths: Vec<PathBuf>,
}

impl Rendered {
    /// The mandatory fields that are still blank.
    pub fn blanks(&self) -> Vec<&'static Field> {
        self.filled.blanks()
    }

    /// What does not look right.
    pub fn warnings(&self) -> Vec<Message> {
        self.filled.warnings()
    }

    /// A form with a blank that must not be blank is not ready to be signed.
    pub fn exit(&self) -> ExitCode {
        if self.record.blanks.is_empty() { ExitCode::Done } else { ExitCode::Warnings }
    }
}

/// Fills in *Mẫu số 03* and writes its files.
pub fn render(site: &Site, request: &Request) -> Result<Rendered, AnyFault> {
    let log = site.log()?;
    let case = find(site, request.number)?;
    // Whole seconds, as the files can tell them.
    let now = site.world.clock.now();
    let made = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let before = case.forms.get(MAU_03).map(Answers::of_record).transpose()?.unwrap_or_default();
    let answers = before.then(request.answers.clone());
    let filled = fill(site, &log, &case, made, answers.clone())?;
    let mark = if request.rehearsal { Mark::Rehearsal } else { Mark::Draft };
    let rendered = files(&filled, mark, made, &request.formats)?;
    let paths = paths(request, made, &rendered)?;
    let facts = |(format, bytes): &(Format, Vec<u8>)| FileFacts {
        format: format.as_str().to_owned(),
        digest: Digest::of(bytes),
        bytes: bytes.len() as u64,
    };
    let form = FormRecord {
        version: VERSION,
        form: MAU_03.to_owned(),
        incident: case.number,
        made,
        mark,
        fields: filled.entries().to_vec(),
        blanks: filled.blanks().iter().map(|field| field.number).collect(),
        files: rendered.iter().map(facts).collect(),
    };
    let value = serde_json::to_value(&form).expect("texts and whole numbers");
    if value.to_string().len() > RECORD_BYTES_MAX {
        return Err(CaseFault::TooLong { what: "form", limit: RECORD_BYTES_MAX }.into());
    }
    if !request.answers.is_empty() {
        let (form, by) = (MAU_03.to_owned(), request.by.clone());
        let fact = FilledFact { form, fields: answers.recorded(), by };
        record(site, case.number, Fact::Filled(fact))?;
    }
    let deed = Deed::new(VERB, &case.ground.portal.id).fact("form", value);
    site.recorded(&log, deed, || {
        for ((_, bytes), path) in rendered.iter().zip(&paths) {
            files::write_new(path, bytes, MODE)?;
        }
        let outcome = if form.blanks.is_empty() { Outcome::done() } else { Outcome::warnings() };
        Ok(((), outcome))
    })?;
    Ok(Rendered { record: form, filled, paths })
}

/// Every digest of a file that duphong has rendered, with its incident.
pub(super) fn drafts(log: &Log) -> Result<Vec<(Digest, u64)>, AnyFault> {
    let mut drafts = Vec::new();
    for entry in log.reader()?.entries() {
        let entry = entry?;
        if entry.kind != Kind::Intent || entry.verb != VERB {
            continue;
        }
        let Some(form) = entry.facts.get("form") else { continue };
        // Not the whole record: a later version of it must not make us forget its files.
        let incident = form.get("incident").and_then(Value::as_u64).unwrap_or_default();
        let files = form.get("files").and_then(Value::as_array);
        let digests = files.into_iter().flatten().filter_map(|file| file.get("digest")?.as_str());
        drafts.extend(digests.filter_map(|text| Some((text.parse().ok()?, incident))));
    }
    Ok(drafts)
}

fn fill(
    site: &Site,
    log: &Log,
    case: &Case,
    made: Timestamp,
    answers: Answers,
) -> Result<Filled, AnyFault> {
    let (nobody, nothing) = (Reporter::default(), System::default());
    let reporter = site.settings.incidents.as_ref().map_or(&nobody, |known| &known.reporter);
    let facts = &case.ground.portal;
    // A portal that was taken out of the configuration is still the portal of its incidents.
    let configured = site.settings.portal(&facts.id);
    let portal = Portal {
        id: &facts.id,
        name: &facts.name,
        host: configured.and_then(|portal| portal.url.as_deref()).and_then(host),
        owner: &facts.owner,
        operator: &facts.operator,
        level: facts.level,
        hosting: facts.hosting.as_deref(),
        system: configured.map_or(&nothing, |portal| &portal.system),
    };
    let known = known(log, case, made)?;
    Ok(prefilled(reporter, &portal, &known, answers)?)
}

fn known(log: &Log, case: &Case, made: Timestamp) -> Result<Known, AnyFault> {
    let words = vietnamese();
    let mut description = Vec::new();
    if let Some(kind) = case.kind {
        let args = Args::none().text("kind", words.say(&kind.message()));
        description.push(words.say(&Message::with("incident-form-kind", args)));
    } else if let Some(group) = case.group {
        let args = Args::none().text("group", words.say(&group.message()));
        description.push(words.say(&Message::with("incident-form-group", args)));
    }
    description.push(case.what.clone());
    if let Some((set, taken)) = last_set(log, case)? {
        let args = Args::none().text("set", set).text("taken", words.format().instant(taken));
        description.push(words.say(&Message::with("incident-form-last-set", args)));
    }
    let alarm = case.source.as_ref().map(|source| {
        words.say(&Message::with("incident-form-alarm", Args::none().text("source", source)))
    });
    let boxes = [("network-member", "member"), ("national-coordinator", "coordinator")];
    let sent = |id: &str| case.dispatches.iter().any(|sent| sent.recipient == id);
    Ok(Known {
        detected: case.detection.at,
        made,
        description,
        handled: Some(case.ended.is_some()),
        alarm,
        notice: case.notice.as_ref().map(|notice| notice.from.clone()),
        notified: boxes.into_iter().filter(|(id, _)| sent(id)).map(|(_, word)| word).collect(),
    })
}

/// The newest set that the log knew of when the incident was detected.
fn last_set(log: &Log, case: &Case) -> Result<Option<(String, Timestamp)>, AnyFault> {
    let mut now = Now::default();
    for entry in log.reader()?.entries() {
        let entry = entry?;
        if entry.at > case.detection.at {
            break;
        }
        now.take(&entry);
    }
    let portal = now.portals.get(&case.ground.portal.id);
    let sets = portal.into_iter().flat_map(|portal| portal.sets.values());
    let newest = sets.filter(|set| set.taken <= case.detection.at).max_by_key(|set| set.taken);
    Ok(newest.map(|set| (set.id.chars().take(8).collect(), set.taken)))
}

/// The words of documents that the law wants in Vietnamese, with the clocks of Vietnam.
pub(super) fn vietnamese() -> Catalog {
    Catalog::in_zone(Language::Vietnamese, Habits::vietnam())
}

/// The host of an address that the configuration has checked.
fn host(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let host = rest.split(['/', '?', '#', ':']).next()?;
    (!host.is_empty()).then_some(host)
}

fn files(
    filled: &Filled,
    mark: Mark,
    made: Timestamp,
    formats: &[Format],
) -> Result<Vec<(Format, Vec<u8>)>, AnyFault> {
    let (form, words) = (printed(filled, mark), vietnamese());
    let mut files = Vec::new();
    for &format in formats {
        let bytes = match format {
            Format::Pdf => form_pdf(&form, &words, made)?,
            Format::Docx => form_docx(&form, &words, made)?,
        };
        files.push((format, bytes));
    }
    Ok(files)
}

/// Where each file goes; a name that is taken is refused before anything is written.
fn paths(
    request: &Request,
    made: Timestamp,
    files: &[(Format, Vec<u8>)],
) -> Result<Vec<PathBuf>, FormFault> {
    let stem = if request.out.is_dir() {
        let time = made.to_zoned(Habits::vietnam()).strftime("%Y%m%d-%H%M%S").to_string();
        request.out.join(format!("{MAU_03}-su-co-{}-{time}.pdf", request.number))
    } else {
        request.out.clone()
    };
    files.iter().map(|(format, _)| free(&stem.with_extension(format.as_str()))).collect()
}

fn free(path: &Path) -> Result<PathBuf, FormFault> {
    if path.symlink_metadata().is_ok() {
        return Err(FormFault::Exists { path: path.to_owned() });
    }
    Ok(path.to_owned())
}

/// Why a form is not rendered.
#[derive(Debug, thiserror::Error)]
pub enum FormFault {
    /// The file is there already.
    #[error("`{}` exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file of answers cannot be read.
    #[error("the answers in `{}` cannot be read", path.display())]
    Answers {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: FileError,
    },
    /// It is no text in UTF-8.
    #[error("`{}` is not UTF-8 at {line}:{column}", path.display())]
    AnswersNotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line of the first byte that belongs to no character, from one.
        line: usize,
        /// Its column in characters, from one.
        column: usize,
    },
    /// It is larger than answers are.
    #[error("`{}` is larger than {max} bytes", path.display())]
    AnswersTooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        max: u64,
    },
}

impl Fault for FormFault {
    fn kind(&self) -> FaultKind {
        FaultKind::User
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "incident.form-exists",
            Self::Answers { .. } => "incident.form-answers",
            Self::AnswersNotUtf8 { .. } => "incident.form-answers-not-utf8",
            Self::AnswersTooLarge { .. } => "incident.form-answers-too-large",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Exists { path } | Self::Answers { path, .. } => {
                Args::none().text("path", path.display())
            }
            Self::AnswersNotUtf8 { path, line, column } => Args::none()
                .text("path", path.display())
                .number("line", *line as u64)
                .number("column", *column as u64),
            Self::AnswersTooLarge { path, max } => {
                Args::none().text("path", path.display()).number("max", *max)
            }
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Answers { source, .. } => Some(source),
            Self::Exists { .. } | Self::AnswersNotUtf8 { .. } | Self::AnswersTooLarge { .. } => {
                None
            }
        }
    }
}

/// The most that a file of answers holds: the longest answers of a form, and room.
const ANSWERS_BYTES_MAX: u64 = 256 * 1024;

/// Reads a file of answers.
pub fn answers(path: &Path) -> Result<Answers, AnyFault> {
    let told = |source| FormFault::Answers { path: path.to_owned(), source };
    let size = path.metadata().map_err(FileError::io("read", path)).map_err(told)?.len();
    if size > ANSWERS_BYTES_MAX {
        let fault = FormFault::AnswersTooLarge { path: path.to_owned(), max: ANSWERS_BYTES_MAX };
        return Err(fault.into());
    }
    let bytes = files::read(path).map_err(told)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let (line, column) = place(&bytes[..error.valid_up_to()]);
        FormFault::AnswersNotUtf8 { path: path.to_owned(), line, column }
    })?;
    Ok(Answers::read(text)?)
}

/// Where the byte behind these stands, as editors count: line and column from one.
fn place(before: &[u8]) -> (usize, usize) {
    let text = String::from_utf8_lossy(before);
    let (lines, last) = (text.matches('\n').count(), text.rsplit('\n').next());
    (lines + 1, last.map_or(0, |last| last.chars().count()) + 1)
}
