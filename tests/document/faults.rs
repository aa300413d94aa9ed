//! What is our own mistake is an error, and the same input is the same file.

use duphong::base::fault::{Fault as _, FaultKind};
use duphong::document::{Column, Document, DocumentError, Letterhead, Table, Text, pdf};
use duphong::text::{Catalog, Language};

fn render(document: &Document, created: &str) -> Result<Vec<u8>, DocumentError> {
    pdf(document, &Catalog::new(Language::Vietnamese), created.parse().unwrap())
}

fn note() -> Document {
    Document::letter(Letterhead::new("Cơ quan", "Mẫu"), "thử")
}

#[test]
fn a_missing_glyph_in_our_own_words_is_an_error_that_names_it() {
    let error = render(&note().paragraph("đạt ☑"), "2026-11-22T07:05:09Z").unwrap_err();
    assert_eq!(error.to_string(), "the font has no glyph for `☑` (U+2611) in `đạt ☑`");
    assert_eq!(error.kind(), FaultKind::Bug);
    let said = Catalog::new(Language::Vietnamese).fault(&error);
    assert_eq!(said, "không in được ký tự U+2611 trong “đạt ☑”");
}

#[test]
fn a_row_that_does_not_fit_its_table_is_an_error() {
    let table = Table::new([Column::new("A"), Column::new("B")]).row([Text::Number(1)]);
    let error = render(&note().table(table), "2026-11-22T07:05:09Z").unwrap_err();
    assert_eq!(error, DocumentError::Ragged { cells: 1, columns: 2 });
}

#[test]
fn equal_input_gives_equal_bytes_and_the_time_is_part_of_it() {
    let document = note().paragraph("Nội dung");
    let once = render(&document, "2026-11-22T07:05:09Z").unwrap();
    assert!(once == render(&document, "2026-11-22T07:05:09Z").unwrap(), "the bytes differ");
    assert!(once != render(&document, "2026-11-22T07:05:10Z").unwrap(), "the time is missing");
}
