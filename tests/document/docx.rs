//! DOCX files, read back by a program that shares nothing with their writer: Python's zip and XML.

use std::process::{Command, Stdio};

use duphong::document::{Choice, Field, Form, Group, Part, Row, Signed, Text, Tick, Value};
use duphong::document::{DocumentError, form_docx, form_pdf};
use duphong::text::{Catalog, Language};
use jiff::Timestamp;
use serde_json::Value as Json;

/// Every part must be well-formed; of the document and its headers the words, a paragraph a line.
const READ: &str = r#"
import io, json, sys, zipfile
import xml.etree.ElementTree as tree
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
file = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
assert file.testzip() is None
def words(root):
    lines = []
    for p in root.iter(W + "p"):
        line = ""
        for one in p.iter():
            if one.tag == W + "t": line += one.text or ""
            elif one.tag == W + "tab" and one.get(W + "val") is None: line += "\t"
            elif one.tag == W + "br": line += "\n"
        lines.append(line)
    return "\n".join(lines)
told = {"names": file.namelist(), "dates": sorted({str(i.date_time) for i in file.infolist()})}
for name in file.namelist():
    if name.endswith((".xml", ".rels")):
        root = tree.fromstring(file.read(name))
        if name.startswith(("word/document", "word/header")): told[name] = words(root)
    if name == "docProps/core.xml": told["core"] = file.read(name).decode()
    if name == "word/styles.xml": told["styles"] = file.read(name).decode()
    if name.startswith("word/header"): told[name + " source"] = file.read(name).decode()
print(json.dumps(told))
"#;

/// What Python finds in the file.
pub(crate) fn opened(bytes: &[u8]) -> Json {
    let mut python = Command::new("python3")
        .args(["-c", READ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut python.stdin.take().unwrap(), bytes).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "the file cannot be opened");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn created() -> Timestamp {
    "2026-11-22T07:05:09Z".parse().unwrap()
}

fn written(form: &Form) -> Result<Vec<u8>, DocumentError> {
    form_docx(form, &Catalog::new(Language::Vietnamese), created())
}

/// One of everything that a form can hold.
pub(super) fn everything(value: &str) -> Form {
    let data = || Value::text(Text::data(value));
    Form::new("Phiếu thử", Text::data(value))
        .corner("Mẫu số 00")
        .corner(Text::data(value))
        .mark("Dự thảo")
        .part(Group::new("NHÓM MỘT").value(data()).remark("(ghi rõ)").into())
        .part(Part::Line(vec![Field::new("Một:", data()), Field::new("Hai:", Value::Blank)]))
        .part(Part::Table(vec![
            Row::Pair(Field::new("Ba", data())),
            Row::Pair(Field::new("Bốn", Value::Pattern("Điền ở đây".into()))),
            Row::Whole(Field::new("Năm", data()).remark("Hướng dẫn:")),
            Row::Whole(Field::new("Sáu", Value::Blank)),
        ]))
        .part(Part::Choice(Choice::new([
            Tick::new("Có", true),
            Tick::new("Không", false),
            Tick::new("Khác:", true).words(Some(Text::data(value))),
            Tick::new("Nữa:", false).words(None),
        ])))
        .part(Part::Signature(Signed::new("NGƯỜI KÝ", "(Ký tên)").name(Text::data(value))))
        .part(Part::Notes("Chú thích:".into(), vec![Text::data(value)]))
}

#[test]
fn equal_forms_give_equal_bytes_and_no_time_of_the_machine_is_in_them() {
    let form = everything("Nguyễn Văn An");
    let bytes = written(&form).unwrap();
    assert_eq!(bytes, written(&form).unwrap());
    assert_ne!(bytes, written(&everything("Nguyễn Văn Ân")).unwrap());
    let file = opened(&bytes);
    assert_eq!(file["dates"], serde_json::json!(["(1980, 1, 1, 0, 0, 0)"]));
    let core = file["core"].as_str().unwrap();
    assert!(core.contains("2026-11-22T07:05:09Z") && core.contains("Phiếu thử"), "{core}");
    assert!(core.contains("<dc:creator>Nguyễn Văn An</dc:creator>"), "{core}");
    assert!(file["styles"].as_str().unwrap().contains(r#"w:val="vi-VN""#));
}

#[test]
fn every_page_of_the_file_bears_the_mark_that_word_processors_can_take_out() {
    let file = opened(&written(&everything("x")).unwrap());
    let headers: Vec<_> =
        file.as_object().unwrap().keys().filter(|k| k.contains("source")).collect();
    assert_eq!(headers.len(), 2, "the first page and all others");
    for header in headers {
        let source = file[header].as_str().unwrap();
        assert!(source.contains("PowerPlusWaterMarkObject"), "{source}");
        assert!(source.contains(r#"string="DỰ THẢO""#), "{source}");
    }
}

#[test]
fn no_value_can_break_the_file_or_become_markup() {
    for value in [
        "</w:t></w:r><w:r><w:br/>",
        "a & b < c > d \" e ' f",
        "]]> <!-- --> <?x?> &#0; &amp;",
        "\u{0}\u{8}\u{1b}[2J\u{FFFE}\u{202E}\u{200B}🙂",
        &"không-có-chỗ-ngắt".repeat(200),
        "{ MERGEFIELD x } \\* CHARFORMAT",
    ] {
        let form = everything(value);
        let file = opened(&written(&form).unwrap());
        let shown: String = value
            .chars()
            .map(|c| match c {
                '\u{0}' | '\u{8}' | '\u{1b}' | '\u{FFFE}' | '\u{202E}' | '\u{200B}' | '🙂' => {
                    format!("[U+{:04X}]", u32::from(c))
                }
                c => c.to_string(),
            })
            .collect();
        let text = file["word/document.xml"].as_str().unwrap();
        assert_eq!(text.matches(&shown).count(), 8, "{text}");
        form_pdf(&form, &Catalog::new(Language::Vietnamese), created()).unwrap();
    }
}

#[test]
fn a_label_that_cannot_be_printed_is_refused_in_both_kinds_of_file() {
    let form = Form::new("Phiếu", "").part(Part::Line(vec![Field::new("dấu ✓", Value::Blank)]));
    let words = Catalog::new(Language::Vietnamese);
    let unprintable = |error| matches!(error, DocumentError::Unprintable { character: '✓', .. });
    assert!(unprintable(written(&form).unwrap_err()));
    assert!(unprintable(form_pdf(&form, &words, created()).unwrap_err()));
}
