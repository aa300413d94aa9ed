//! The record of a drill as it is stored, and the minutes made from it.

use std::path::Path;
use std::process::Command;

use duphong::document::{self, Document};
use duphong::drill::fact::DrillRecord;
use duphong::drill::minutes::{Issuer, LogPlace, minutes};
use duphong::text::{Catalog, Language};

use crate::document::docx::opened;

/// A signed head as the log has it.
const CHECKPOINT: &str = "duphong/mau\n42\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n\n\
                          \u{2014} duphong/mau Chssdummy=\n";

const GOLDEN: &str = include_str!("golden/record-1.json");

fn record() -> DrillRecord {
    serde_json::from_str(GOLDEN).unwrap()
}

fn made(record: &DrillRecord) -> Document {
    let issuer = Issuer {
        superior: Some("UBND tỉnh Mẫu".into()),
        agency: "Trung tâm Thông tin".into(),
        place: "Mẫu".into(),
        portal_name: "Cổng thông tin điện tử tỉnh Mẫu".into(),
    };
    let place = LogPlace {
        entry: 41,
        origin: "duphong/mau".into(),
        size: 42,
        root: "ab".repeat(32),
        checkpoint: CHECKPOINT.into(),
        vkey: "duphong/mau+0a1b2c3d+AAAA".into(),
    };
    minutes(record, &issuer, &place)
}

fn render(record: &DrillRecord, language: Language) -> Vec<u8> {
    document::pdf(&made(record), &Catalog::new(language), record.decided).unwrap()
}

fn edited(record: &DrillRecord, language: Language) -> Vec<u8> {
    document::docx(&made(record), &Catalog::new(language), record.decided).unwrap()
}

/// What a program that reads QR codes finds in a picture.
fn scanned(picture: &Path) -> String {
    let out = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(picture).output().unwrap();
    String::from_utf8(out.stdout).unwrap()
}

fn text_of(pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("minutes.pdf");
    std::fs::write(&file, pdf).unwrap();
    let out = Command::new("pdftotext").arg("-layout").arg(&file).arg("-").output().unwrap();
    assert!(out.status.success(), "pdftotext: {}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_record_written_by_the_first_version_still_reads() {
    let again = serde_json::to_value(record()).unwrap();
    assert_eq!(again, serde_json::from_str::<serde_json::Value>(GOLDEN).unwrap());
}

#[test]
fn the_minutes_say_what_was_measured_and_what_was_not_tested() {
    let text = text_of(&render(&record(), Language::Vietnamese));
    for part in [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "BIÊN BẢN",
        "Diễn tập phục hồi dữ liệu của Cổng thông tin điện tử tỉnh Mẫu",
        "sẵn sàng phục hồi dữ liệu trong 24 giờ",
        "KHÔNG ĐẠT",
        "lẽ ra 1.500 dòng",
        "Không thử tải người dùng thật",
        "mục 41 của nhật ký kiểm toán duphong/mau",
    ] {
        assert!(text.contains(part), "`{part}` is missing from: {text}");
    }
}

#[test]
fn the_same_record_gives_the_same_bytes_in_each_language() {
    for language in Language::ALL {
        assert_eq!(render(&record(), language), render(&record(), language));
        assert_eq!(edited(&record(), language), edited(&record(), language));
    }
}

#[test]
fn the_minutes_say_which_copy_was_proven_and_how_the_set_was_chosen() {
    let mut record = serde_json::to_value(record()).unwrap();
    record["place"] = "s3:https://s3.example.vn/duphong/mau".into();
    record["choice"] = serde_json::json!({
        "wish": "random", "within-s": 90 * 86_400, "among": 61, "ids": "ab".repeat(32),
        "draw": { "entries": 812, "root": "cd".repeat(32) }, "newest": false, "turn": 2
    });
    let record: DrillRecord = serde_json::from_value(record.clone()).unwrap();
    for (language, parts) in [
        (
            Language::Vietnamese,
            ["bản sao lưu của 90 ngày", "lượt 2 của lịch", "kiểm toán gồm 812 mục", "không mở"],
        ),
        (
            Language::English,
            ["sets of the last 90 d", "turn 2 of the schedule", "over 812 entries", "was opened"],
        ),
    ] {
        let text = text_of(&render(&record, language));
        for part in parts {
            assert!(text.contains(part), "`{part}` is missing from: {text}");
        }
        assert!(text.contains("s3:https://s3.example.vn/duphong/mau"), "{text}");
    }
}

#[test]
fn minutes_to_edit_say_what_the_pages_say() {
    for language in Language::ALL {
        let (pages, file) = (text_of(&render(&record(), language)), edited(&record(), language));
        let words = opened(&file)["word/document.xml"].as_str().unwrap().to_owned();
        let told: Vec<&str> =
            words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert!(told.len() > 60, "{words}");
        // Pages break long words and number themselves, so whole lines are looked for letter by letter.
        let plain = |text: &str| text.split_whitespace().collect::<String>();
        let pages = plain(&pages);
        let missing: Vec<_> = told
            .iter()
            .flat_map(|line| line.split_whitespace())
            .filter(|word| word.chars().count() < 12 && !pages.contains(*word))
            .collect();
        assert_eq!(missing, [""; 0], "{language:?}");
    }
}

#[test]
fn the_head_of_the_log_can_be_scanned_from_pages_and_from_the_file_to_edit() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("a.pdf"), render(&record(), Language::Vietnamese)).unwrap();
    let pages = Command::new("pdftoppm")
        .args(["-r", "150", "-png", "a.pdf", "page"])
        .current_dir(folder.path())
        .status();
    assert!(pages.unwrap().success());
    let pages = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
    let pages = pages.filter(|path| path.extension().is_some_and(|end| end == "png"));
    let found: String = pages.map(|page| scanned(&page)).collect();
    assert_eq!(found.trim_end(), CHECKPOINT.trim_end());
    std::fs::write(at("a.docx"), edited(&record(), Language::English)).unwrap();
    let unpack = "import sys, zipfile; file = zipfile.ZipFile('a.docx')\n\
                  name, = [n for n in file.namelist() if n.endswith('.png')]\n\
                  open('code.png', 'wb').write(file.read(name))";
    let python = Command::new("python3").args(["-c", unpack]).current_dir(folder.path()).status();
    assert!(python.unwrap().success());
    assert_eq!(scanned(&at("code.png")).trim_end(), CHECKPOINT.trim_end());
}
