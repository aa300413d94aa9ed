//! Data that was not made for paper: nothing overflows, nothing commands, nothing is lost.

use duphong::document::{Align, Column, Document, Letterhead, Signature, Table, Text};
use duphong::text::Language;
use unicode_normalization::UnicodeNormalization as _;

use crate::document::{poppler, rendered, text_of};

const MARKUP: &str = r#"#eval("1") #[x] *b* _i_ $x^2$ <tag> @ref `raw` \n // = - + / "q" ~ {{}}"#;

fn draft(subject: impl Into<Text>) -> Document {
    let letterhead = Letterhead::new(Text::data("Cơ quan"), Text::data("Mẫu")).symbol("BC-CQ");
    Document::new(letterhead, "Báo cáo", subject)
}

#[test]
fn markup_in_data_is_text() {
    let document = draft(Text::data(MARKUP))
        .paragraph(Text::data(MARKUP))
        .section(Text::data(MARKUP))
        .list([Text::data(MARKUP)])
        .facts([(Text::data(MARKUP), Text::data("#panic(\"x\")"))]);
    let text = text_of(&rendered("markup", &document, Language::Vietnamese)).concat();
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(joined.matches(MARKUP).count(), 5, "{text}");
    assert!(text.contains("#panic(\"x\")"), "{text}");
}

#[test]
fn characters_without_a_glyph_are_named_and_no_error() {
    let document = draft("Tên tệp lạ")
        .paragraph(Text::data("ảnh \u{1F642} a\u{202E}gpj.exe \u{0}\u{1b}[31m \u{FEFF}\u{E000} 漢"))
        .paragraph(Text::data("Ha\u{302}\u{301}p da\u{302}\u{303}n"));
    let text = text_of(&rendered("glyphs", &document, Language::Vietnamese)).concat();
    let joined: String = text.split_whitespace().collect();
    let names = "ảnh[U+1F642]a[U+202E]gpj.exe[U+0000][U+001B][31m[U+FEFF][U+E000][U+6F22]";
    assert!(joined.contains(names), "{text}");
    // Decomposed letters find the glyphs of composed ones; the copied text is as it was given.
    assert!(text.nfc().collect::<String>().contains("Hấp dẫn"), "{text}");
}

#[test]
fn long_names_and_digests_stay_on_the_page_and_are_copied_whole() {
    let digest = "9f2c1d7a".repeat(8);
    let path = format!("/srv/{}/{}.jpg", "thu-muc-rat-dai/".repeat(20), "x".repeat(200));
    let narrow = |name: &'static str| Column::new(name).align(Align::Center);
    let document = draft("Tên dài")
        .paragraph(Text::data(&path))
        .table(
            Table::new([narrow("TT"), Column::new("Tên").share(2), narrow("SHA-256"), narrow("D")])
                .row([
                    Text::Number(1),
                    Text::data(&path),
                    Text::data(&digest),
                    Text::data(&digest),
                ]),
        )
        .signature(Signature::new(Text::data("x".repeat(60))).name(Text::data("y".repeat(60))))
        .recipient(Text::data("z".repeat(120)));
    let bytes = rendered("long", &document, Language::Vietnamese);
    let joined: String = text_of(&bytes).concat().split_whitespace().collect();
    assert_eq!(joined.matches(&digest).count(), 2);
    assert_eq!(joined.matches(&path).count(), 2);
    check_margins(&bytes);
}

/// Every word lies between the margins: 30 mm left, 15 mm right, on paper 210 mm wide.
#[track_caller]
fn check_margins(bytes: &[u8]) {
    const POINTS_PER_MM: f64 = 72.0 / 25.4;
    for line in poppler("pdftotext", &["-bbox"], bytes, &["-"]).lines() {
        let edge = |name: &str| -> Option<f64> {
            line.split(&format!("{name}=\"")).nth(1)?.split('"').next()?.parse().ok()
        };
        if let (Some(left), Some(right)) = (edge("xMin"), edge("xMax")) {
            let inside = left >= 30.0 * POINTS_PER_MM - 1.0 && right <= 195.0 * POINTS_PER_MM + 1.0;
            assert!(inside, "outside the margins: {line}");
        }
    }
}

#[test]
fn a_long_table_breaks_across_pages_under_its_header() {
    let columns = [Column::new("TT"), Column::new("Tên bảng").share(4), Column::new("Số dòng")];
    let rows = (1..=300_u64)
        .map(|n| [Text::Number(n), Text::data(format!("bang_{n}")), Text::Number(n * 977)]);
    let document = draft("Danh sách").table(Table::new(columns).rows(rows));
    let pages = text_of(&rendered("rows", &document, Language::Vietnamese));
    assert!(pages.len() > 5, "{} pages", pages.len());
    for (at, page) in pages.iter().enumerate() {
        assert!(page.contains("Tên bảng"), "page {} has no header:\n{page}", at + 1);
        let number = (at + 1).to_string();
        assert_eq!(page.lines().any(|line| line == number), at > 0, "number of page {number}");
    }
    assert!(pages.concat().contains("bang_300"));
}

#[test]
fn rows_beyond_the_limit_are_counted_not_forgotten() {
    let rows = (1..=501_u64).map(|n| [Text::Number(n)]);
    let document = draft("Danh sách").table(Table::new([Column::new("TT")]).rows(rows));
    let text = text_of(&rendered("omitted", &document, Language::Vietnamese)).concat();
    assert!(text.contains("… và 1 dòng nữa không in ở đây."), "{text}");
}
