//! Official documents, rendered and read back with poppler.

pub(crate) mod docx;
mod faults;
mod form;
mod minutes;
mod nasty;

use std::fs;
use std::path::Path;
use std::time::Duration;

use duphong::document::{Document, pdf};
use duphong::text::{Catalog, Language};
use duphong::world::clock::SystemClock;
use duphong::world::process::Process;
use jiff::Timestamp;

/// Renders a document at a fixed time. With `DUPHONG_TEST_KEEP=<folder>` the file is kept there
/// under `name`, to be looked at: no assertion sees what an eye sees.
fn rendered(name: &str, document: &Document, language: Language) -> Vec<u8> {
    let created: Timestamp = "2026-11-22T07:05:09Z".parse().unwrap();
    let bytes = pdf(document, &Catalog::new(language), created).unwrap();
    if let Some(folder) = std::env::var_os("DUPHONG_TEST_KEEP") {
        fs::write(Path::new(&folder).join(format!("{name}-{}.pdf", language.code())), &bytes)
            .unwrap();
    }
    bytes
}

/// What poppler reads in the file: its text in the order of the file, one page after another.
pub(crate) fn text_of(bytes: &[u8]) -> Vec<String> {
    let text = poppler("pdftotext", &["-raw"], bytes, &["-"]);
    let mut pages: Vec<String> = text.split('\u{C}').map(str::to_owned).collect();
    pages.pop();
    pages
}

pub(crate) fn poppler(program: &str, before: &[&str], bytes: &[u8], after: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("document.pdf");
    fs::write(&file, bytes).unwrap();
    let process = Process::new(program).args(before).arg(&file).args(after);
    let output = process.output(&SystemClock::default(), Duration::from_mins(1)).unwrap();
    String::from_utf8(output).unwrap()
}
