//! The record of a drill as it is stored, and the minutes made from it.

use std::process::Command;

use duphong::document;
use duphong::drill::fact::DrillRecord;
use duphong::drill::minutes::{Issuer, LogPlace, minutes};
use duphong::text::{Catalog, Language};

const GOLDEN: &str = include_str!("golden/record-1.json");

fn record() -> DrillRecord {
    serde_json::from_str(GOLDEN).unwrap()
}

fn render(record: &DrillRecord, language: Language) -> Vec<u8> {
    let issuer = Issuer {
        superior: Some("UBND tỉnh Mẫu".into()),
        agency: "Trung tâm Thông tin".into(),
        place: "Mẫu".into(),
        portal_name: "Cổng thông tin điện tử tỉnh Mẫu".into(),
    };
    let place = LogPlace { entry: 41, origin: "duphong/mau".into(), root: "ab".repeat(32) };
    let document = minutes(record, &issuer, &place);
    document::pdf(&document, &Catalog::new(language), record.decided).unwrap()
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
