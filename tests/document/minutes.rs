//! The minutes of a restore drill, as the program will one day write them: the model's showcase.

use std::time::Duration;

use duphong::document::{
    Align, Chart, Column, Document, Letterhead, Signature, Table, Text, plain,
};
use duphong::text::{Catalog, Language};

use crate::document::{poppler, rendered, text_of};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Minutes with a chart, tables, a verdict and three signatories.
pub(super) fn minutes() -> Document {
    let at = "2026-11-22T07:05:09Z".parse().unwrap();
    let letterhead =
        Letterhead::new(Text::data("Trung tâm Công nghệ thông tin"), Text::data("Mẫu"))
            .superior(Text::data("Sở Khoa học và Công nghệ tỉnh Mẫu"))
            .symbol("BB-TTCNTT")
            .number(5)
            .date(at);
    Document::new(
        letterhead,
        "Biên bản",
        "Diễn tập phục hồi dữ liệu Cổng thông tin điện tử tỉnh Mẫu",
    )
    .mark("Diễn tập")
    .basis("Căn cứ Quyết định số 75/2025/QĐ-UBND của Ủy ban nhân dân tỉnh về quản lý, vận hành cổng thông tin điện tử")
    .basis("Căn cứ kế hoạch bảo đảm an toàn thông tin mạng năm 2026 của đơn vị")
    .paragraph(Text::InstantLong(at))
    .section("Thành phần và phạm vi")
    .facts([
        ("Cổng".into(), Text::data("Cổng thông tin điện tử tỉnh Mẫu (https://cong.example)")),
        ("Bản sao lưu".into(), Text::data("9f2c1d7a4be0c3558d2f17e6a09b4c3d21fe88a7650c9d3b4e1f2a6c7d8e9f01")),
        ("Thời điểm của bản sao lưu".into(), Text::Instant(at)),
        ("Kho sao lưu".into(), Text::data("/srv/duphong/repository/cong-thong-tin-dien-tu-tinh-mau/kho-chinh")),
        ("Dung lượng phục hồi".into(), Text::Bytes(4_213_000_000)),
    ])
    .section("Diễn biến")
    .paragraph("Việc phục hồi được thực hiện vào một nơi tạm, tách biệt với hệ thống đang vận hành; toàn bộ thời gian được đo từ lúc quyết định phục hồi đến khi trang thử nghiệm trả lời đúng.")
    .chart(
        Chart::new("Thời gian của từng giai đoạn")
            .interval("Tìm bản sao lưu", seconds(0), Duration::from_millis(350))
            .interval("Tải và giải mã", seconds(0), seconds(38))
            .interval("Nạp cơ sở dữ liệu", seconds(20), seconds(52))
            .interval("Phục hồi tệp phương tiện", seconds(24), seconds(61))
            .interval("Khởi động và thử nghiệm", seconds(86), seconds(9)),
    )
    .section("Kết quả kiểm tra")
    .table(
        Table::new([
            Column::new("TT").align(Align::Center).share(2),
            Column::new("Nội dung").share(9),
            Column::new("Mong đợi").align(Align::Right).share(5),
            Column::new("Thực tế").align(Align::Right).share(5),
            Column::new("Kết quả").align(Align::Center).share(4),
        ])
        .row([Text::Number(1), "Số bảng".into(), Text::Number(128), Text::Number(128), "Đạt".into()])
        .row([Text::Number(2), "Số dòng của bảng articles".into(), Text::Number(1_204_331), Text::Number(1_204_331), "Đạt".into()])
        .row([Text::Number(3), "Tệp phương tiện".into(), Text::Number(5_012), Text::Number(5_012), "Đạt".into()])
        .row([Text::Number(4), "Thời gian phục hồi (RTO)".into(), Text::Duration(seconds(72_000)), Text::Duration(seconds(95)), "Đạt".into()]),
    )
    .section("Kết luận")
    .subsection("Đánh giá")
    .paragraph("Dữ liệu phục hồi trùng khớp với bản kê được lập tại thời điểm sao lưu.")
    .list(["Không phải cập nhật quy trình".into(), "Lần diễn tập kế tiếp theo lịch".into()])
    .statement("KẾT LUẬN: ĐẠT")
    .note("Số liệu trong biên bản được ghi tự động và có thể đối chiếu với nhật ký kiểm toán.")
    .signature(Signature::new("Người ghi biên bản"))
    .signature(Signature::new("Người thực hiện").name(Text::data("Trần Thị Bình")))
    .signature(Signature::new("KT. Giám đốc").position("Phó Giám đốc").name(Text::data("Nguyễn Văn An")))
    .recipient("Sở Khoa học và Công nghệ (để báo cáo)")
    .recipient("Ban Giám đốc")
    .recipient("Lưu: VT, KT (02)")
}

#[test]
fn minutes_read_as_an_official_document() {
    let bytes = rendered("minutes", &minutes(), Language::Vietnamese);
    let pages = text_of(&bytes);
    assert_eq!(pages.len(), 2, "{pages:?}");
    let text = pages.concat();
    for words in [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "SỞ KHOA HỌC VÀ CÔNG",
        "Số: 05/BB-TTCNTT",
        "Mẫu, ngày 22 tháng 11 năm 2026",
        "BIÊN BẢN",
        "Diễn tập phục hồi dữ liệu Cổng thông tin điện tử tỉnh Mẫu",
        "I. Thành phần và phạm vi",
        "1. Đánh giá",
        "1.204.331",
        "1 phút 35 giây",
        "KẾT LUẬN: ĐẠT",
        "PHÓ GIÁM ĐỐC",
        "(Ký, ghi rõ họ và tên)",
        "Nguyễn Văn An",
        "- Lưu: VT, KT (02).",
    ] {
        assert!(text.contains(words), "`{words}` is missing in:\n{text}");
    }
    assert!(pages.iter().all(|page| page.contains("DIỄN TẬP")), "a page without its mark");
}

#[test]
fn the_file_says_its_title_language_and_standard() {
    let bytes = rendered("minutes", &minutes(), Language::Vietnamese);
    let facts = poppler("pdfinfo", &[], &bytes, &[]);
    for words in [
        "Diễn tập – Biên bản – Diễn tập phục hồi dữ liệu Cổng",
        "TRUNG TÂM CÔNG NGHỆ THÔNG TIN",
        "Tagged:          yes",
        "(A4)",
    ] {
        assert!(facts.contains(words), "`{words}` is missing in:\n{facts}");
    }
    for words in ["/Lang(vi)", "<pdfuaid:part>1</pdfuaid:part>"] {
        let found = bytes.windows(words.len()).any(|bytes| bytes == words.as_bytes());
        assert!(found, "`{words}` is missing");
    }
    let fonts = poppler("pdffonts", &[], &bytes, &[]);
    assert!(fonts.lines().skip(2).all(|font| font.contains("+LiberationSerif")), "{fonts}");
}

#[test]
fn the_english_rendering_keeps_the_national_header_and_glosses_it() {
    let text = text_of(&rendered("minutes", &minutes(), Language::English)).concat();
    for words in [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Socialist Republic of Viet Nam",
        "Independence - Freedom - Happiness",
        "No.: 05/BB-TTCNTT",
        "Mẫu, 22 November 2026",
        "1,204,331",
        "Recipients:",
    ] {
        assert!(text.contains(words), "`{words}` is missing in:\n{text}");
    }
}

#[test]
fn on_a_terminal_the_same_words_fit_80_columns() {
    let text = plain(&minutes(), &Catalog::new(Language::Vietnamese)).unwrap();
    for words in [
        "DIỄN TẬP\nSỞ KHOA HỌC VÀ CÔNG NGHỆ TỈNH MẪU\n",
        "1. Thành phần và phạm vi\nCổng: Cổng thông tin điện tử tỉnh Mẫu (https://cong.example)\n",
        "|███████████████                         | 38,0 giây · Tải và giải mã",
        "- TT: 1; Nội dung: Số bảng; Mong đợi: 128; Thực tế: 128; Kết quả: Đạt",
        "=> KẾT LUẬN: ĐẠT",
        "KT. GIÁM ĐỐC · PHÓ GIÁM ĐỐC · Nguyễn Văn An",
    ] {
        assert!(text.contains(words), "`{words}` is missing in:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

/// A letter to several agencies with one signatory, not yet numbered or dated.
#[test]
fn a_letter_has_its_subject_under_the_number_and_lists_its_addressees() {
    let letterhead = Letterhead::new(Text::data("Ủy ban nhân dân tỉnh Mẫu"), Text::data("Mẫu"))
        .symbol("UBND-KT");
    let document = Document::letter(letterhead, "thông báo tạm ngừng cổng để diễn tập phục hồi")
        .mark("Dự thảo")
        .addressee("Sở Khoa học và Công nghệ")
        .addressee("Công an tỉnh")
        .paragraph("Ủy ban nhân dân tỉnh thông báo thời gian tạm ngừng cổng thông tin điện tử.")
        .signature(
            Signature::new("TM. Ủy ban nhân dân")
                .position("Chủ tịch")
                .name(Text::data("Lê Thị Cúc")),
        )
        .recipient("Như trên")
        .recipient("Lưu: VT");
    let text = text_of(&rendered("letter", &document, Language::Vietnamese)).concat();
    for words in [
        "V/v thông báo tạm ngừng",
        "Kính gửi:",
        "- Sở Khoa học và Công nghệ;\n- Công an tỉnh.",
        "TM. ỦY BAN NHÂN DÂN\nCHỦ TỊCH",
        "- Như trên;\n- Lưu: VT.",
        "DỰ THẢO",
    ] {
        assert!(text.contains(words), "`{words}` is missing in:\n{text}");
    }
}

#[test]
fn signatures_stay_together_and_are_never_alone_on_a_page() {
    // From where all fits on one page to where the signatures alone would not.
    for lines in [18, 20, 22, 24] {
        let letterhead = Letterhead::new("Cơ quan", "Mẫu");
        let mut document = Document::new(letterhead, "Biên bản", "chữ ký ở cuối trang");
        for _ in 0..lines {
            document = document.paragraph("Nội dung");
        }
        let document = document
            .paragraph("Câu cuối cùng")
            .signature(Signature::new("Thư ký").name("Người thứ nhất"))
            .signature(Signature::new("Chủ trì").name("Người thứ hai"));
        let pages = text_of(&rendered(&format!("signed-{lines}"), &document, Language::Vietnamese));
        let page = pages.iter().find(|page| page.contains("THƯ KÝ")).unwrap();
        for words in ["CHỦ TRÌ", "Người thứ nhất", "Người thứ hai", "Câu cuối cùng"]
        {
            assert!(page.contains(words), "{lines} lines: `{words}` is not with the signatures");
        }
    }
}

#[test]
fn charts_of_any_length_are_drawn() {
    let mut document = Document::new(Letterhead::new("Cơ quan", "Mẫu"), "Báo cáo", "biểu đồ");
    for whole in [0, 1, 1_999, 59_000, 7_500_000, 86_400_000, 30 * 86_400_000] {
        let part = Duration::from_millis(whole / 3);
        document = document.chart(
            Chart::new("Biểu đồ")
                .interval("Giai đoạn đầu", Duration::ZERO, part)
                .interval("Giai đoạn có một cái tên khá dài để xuống dòng", part, part)
                .interval("Không kéo dài", Duration::from_millis(whole), Duration::ZERO),
        );
    }
    let text = text_of(&rendered("charts", &document, Language::Vietnamese)).concat();
    for unit in ["mili giây", "giây", "phút", "giờ", "ngày"] {
        assert!(text.lines().any(|line| line.ends_with(unit)), "`{unit}` is missing in:\n{text}");
    }
}
