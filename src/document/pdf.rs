//! The models on paper: typst with a world of three files and four fonts.
//!
//! The only file that speaks to the typesetter. Its world has no disk, no network and no clock, so
//! equal input gives equal bytes. PDF/UA-1 makes the file readable for everyone (tags, language,
//! descriptions) and makes a missing glyph an error where a plain PDF would print an empty box.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World, comemo, ecow};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::document::data::data;
use crate::document::error::DocumentError;
use crate::document::form::Form;
use crate::document::form_data::form_data;
use crate::document::letter::Document;
use crate::text::Catalog;

const LETTER: &str = include_str!("letter.typ");
const FORM: &str = include_str!("form.typ");

/// What both have in common: paper, type, page numbers and the mark.
const PAPER: &str = include_str!("paper.typ");

/// Liberation Serif 2: the metrics of Times New Roman, which the decree prescribes, and all
/// Vietnamese letters; and Liberation Mono 2 for lines to be typed, in which `l`, `1` and `I`, `0`
/// and `O` differ. (Version 1, still common, lacks most Vietnamese letters.)
static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    let files: [&'static [u8]; 5] = [
        include_bytes!("fonts/LiberationSerif-Regular.ttf"),
        include_bytes!("fonts/LiberationSerif-Bold.ttf"),
        include_bytes!("fonts/LiberationSerif-Italic.ttf"),
        include_bytes!("fonts/LiberationSerif-BoldItalic.ttf"),
        include_bytes!("fonts/LiberationMono-Regular.ttf"),
    ];
    files.into_iter().flat_map(|file| Font::iter(Bytes::new(file))).collect()
});
static BOOK: LazyLock<LazyHash<FontBook>> =
    LazyLock::new(|| LazyHash::new(FontBook::from_fonts(FONTS.iter())));
static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));
static MAIN: LazyLock<FileId> = LazyLock::new(|| file_id("/main.typ"));
static COMMON: LazyLock<FileId> = LazyLock::new(|| file_id("/paper.typ"));
static DATA: LazyLock<FileId> = LazyLock::new(|| file_id("/data.json"));

/// Renders a document as PDF/UA-1 in the language of `catalog`; `created` becomes the file's time.
pub fn pdf(
    document: &Document,
    catalog: &Catalog,
    created: jiff::Timestamp,
) -> Result<Vec<u8>, DocumentError> {
    typeset(LETTER, &data(document, catalog)?, created)
}

/// Renders a form as PDF/UA-1; what is said of [`pdf()`] holds here too.
pub fn form_pdf(
    form: &Form,
    catalog: &Catalog,
    created: jiff::Timestamp,
) -> Result<Vec<u8>, DocumentError> {
    typeset(FORM, &form_data(form, catalog)?, created)
}

fn typeset(
    template: &str,
    data: &serde_json::Value,
    created: jiff::Timestamp,
) -> Result<Vec<u8>, DocumentError> {
    let sheet = Sheet {
        main: Source::new(*MAIN, template.to_owned()),
        common: Source::new(*COMMON, PAPER.to_owned()),
        data: Bytes::from_string(data.to_string()),
    };
    let rendered = render(&sheet, created);
    // The typesetter remembers every step for the next run; a daemon would grow with each document.
    comemo::evict(0);
    rendered.map_err(|diagnostics| DocumentError::Typeset { diagnostics })
}

fn render(sheet: &Sheet, created: jiff::Timestamp) -> Result<Vec<u8>, String> {
    let pages = typst::compile::<PagedDocument>(sheet).output.map_err(|faults| told(&faults))?;
    let options = PdfOptions {
        creator: Smart::Custom(Some(concat!("duphong ", env!("CARGO_PKG_VERSION")).to_owned())),
        timestamp: timestamp(created),
        standards: PdfStandards::new(&[PdfStandard::Ua_1]).map_err(|e| e.message().to_string())?,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&pages, &options).map_err(|faults| told(&faults))
}

/// The fonts of words; behind them stands that of lines to be typed.
const SERIF: usize = 4;

/// Whether every text set in our font shows this character.
pub(super) fn has_glyph(c: char) -> bool {
    FONTS.iter().take(SERIF).all(|font| font.info().coverage.contains(c.into()))
}

/// Whether lines to be typed show this character.
pub(super) fn has_typed_glyph(c: char) -> bool {
    FONTS.iter().skip(SERIF).all(|font| font.info().coverage.contains(c.into()))
}

fn timestamp(at: jiff::Timestamp) -> Option<Timestamp> {
    let at = at.to_zoned(TimeZone::UTC);
    let part = |number: i8| u8::try_from(number).ok();
    Datetime::from_ymd_hms(
        at.year().into(),
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
    )
    .map(Timestamp::new_utc)
}

fn told(faults: &ecow::EcoVec<SourceDiagnostic>) -> String {
    let messages: Vec<_> = faults.iter().map(|fault| fault.message.as_str()).collect();
    messages.join("; ")
}

fn file_id(path: &str) -> FileId {
    let path = VirtualPath::new(path).expect("all paths are plain names below the root");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// All that the typesetter can see.
struct Sheet {
    main: Source,
    common: Source,
    data: Bytes,
}

impl World for Sheet {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &BOOK
    }

    fn main(&self) -> FileId {
        *MAIN
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let sources = [&self.main, &self.common];
        let source = sources.into_iter().find(|source| source.id() == id);
        source.cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == *DATA { Ok(self.data.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
