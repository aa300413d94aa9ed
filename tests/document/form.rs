//! Forms on paper: every label in its place, nothing that overflows, the mark on each page.

use duphong::document::{Field, Form, Part, Row, Text, Value, form_pdf};
use duphong::text::{Catalog, Language};

use crate::document::docx::everything;
use crate::document::{poppler, text_of};

fn rendered(form: &Form) -> Vec<u8> {
    let created = "2026-11-22T07:05:09Z".parse().unwrap();
    form_pdf(form, &Catalog::new(Language::Vietnamese), created).unwrap()
}

#[test]
fn a_form_is_tagged_has_its_fonts_and_equals_itself() {
    let form = everything("Nguyễn Văn An");
    let bytes = rendered(&form);
    assert_eq!(bytes, rendered(&form));
    let facts = poppler("pdfinfo", &[], &bytes, &[]);
    for line in ["Tagged:          yes", "Page size:       595.276 x 841.89 pts (A4)"] {
        assert!(facts.contains(line), "{facts}");
    }
    assert!(facts.contains("DỰ THẢO – Phiếu thử"), "{facts}");
    let fonts = poppler("pdffonts", &[], &bytes, &[]);
    for font in fonts.lines().skip(2) {
        assert!(font.contains("LiberationSerif"), "{fonts}");
    }
}

#[test]
fn long_texts_flow_over_pages_and_each_page_bears_the_mark_and_its_number() {
    let line = "Hệ thống bị tấn công; nội dung trang chủ đã thay đổi và đang được phục hồi.";
    let paragraphs: Vec<Text> =
        (1..=120).map(|n| Text::data(format!("Đoạn {n}. {line}"))).collect();
    let form = Form::new("Phiếu thử", "")
        .mark("Dự thảo")
        .part(Part::Table(vec![Row::Whole(Field::new("Mô tả", Value::Filled(paragraphs)))]));
    let pages = text_of(&rendered(&form));
    assert!(pages.len() > 3, "{}", pages.len());
    for (at, page) in pages.iter().enumerate() {
        assert!(page.contains("DỰ THẢO"), "{page}");
        let number = (at + 1).to_string();
        assert_eq!(page.lines().any(|line| line == number), at > 0, "page {number}: {page}");
    }
    let whole = pages.join("\n");
    let at = |n: usize| whole.find(&format!("Đoạn {n}. ")).unwrap_or_else(|| panic!("{n}"));
    assert!((1..120).all(|n| at(n) < at(n + 1)));
}

#[test]
fn nothing_leaves_the_page_however_long_a_run_is() {
    let long = "0123456789abcdef".repeat(60);
    let bytes = rendered(&everything(&long));
    let boxes = poppler("pdftotext", &["-bbox"], &bytes, &["-"]);
    let mut words = 0;
    for word in boxes.lines().filter(|line| line.contains("<word")) {
        let number = |name: &str| -> f64 {
            let rest = word.split(&format!("{name}=\"")).nth(1).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        // The watermark crosses the page; all else keeps within the margins.
        if !word.contains("DỰ") && !word.contains("THẢO") {
            assert!(number("xMin") > 80.0 && number("xMax") < 556.0, "{word}");
            words += 1;
        }
    }
    assert!(words > 40, "{words}");
    let whole = text_of(&bytes).join("").replace(['\n', ' '], "");
    assert_eq!(whole.matches(&long).count(), 8);
}
