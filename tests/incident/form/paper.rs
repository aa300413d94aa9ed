//! What stands on the paper and in the file to edit: the circular's words, letter by letter, in
//! its order, whatever is filled in.

use duphong::document::{form_docx, form_pdf};
use duphong::incident::form::fact::Mark;
use duphong::incident::form::printed;
use duphong::text::{Catalog, Language};
use jiff::Timestamp;

use crate::document::docx::opened;
use crate::document::{poppler, text_of};
use crate::incident::form::kit::{
    ANSWERS, BARE, FULL, draft, files, fill, full, known, reporter, system,
};

/// Phụ lục I of Circular 20/2017/TT-BTTTT as it was published, its slips included. The order is
/// that of the form.
const WORDS: &[&str] = &[
    "Mẫu số 03",
    "Ban hành kèm theo Thông tư số 20/2017/TT-BTTT ngày 12/9/2017 của Bộ Thông tin và Truyền thông",
    "BÁO CÁO BAN ĐẦU SỰ CỐ MẠNG",
    "THÔNG TIN VỀ TỔ CHỨC/CÁ NHÂN BÁO CÁO SỰ CỐ",
    "Tên tổ chức/cá nhân báo cáo sự cố (*)",
    "Địa chỉ: (*)",
    "Điện thoại (*)",
    "Email (*)",
    "NGƯỜI LIÊN HỆ",
    "Họ và tên (*)",
    "Chức vụ:",
    "Điện thoại (*)",
    "Email (*)",
    "THÔNG TIN CHI TIẾT VỀ HỆ THỐNG BỊ SỰ CỐ",
    "Tên đơn vị vận hành hệ thống thông tin (*):",
    "Cơ quan chủ quản:",
    "Tên hệ thống bị sự cố",
    "Phân loại cấp độ của hệ thống thông tin (nếu có)",
    "Cấp độ 1",
    "Cấp độ 2",
    "Cấp độ 3",
    "Cấp độ 4",
    "Cấp độ 5",
    "Tổ chức cung cấp dịch vụ an toàn thông tin (nếu có):",
    "Tên nhà cung cấp dịch vụ kết nối bên ngoài (nếu có)",
    "Điền tên nhà cung cấp ở đây",
    "Mô tả sơ bộ về sự cố (*)",
    "Đề nghị cung cấp một bản tóm tắt ngắn gọn về sự cố, bao gồm đánh giá sơ bộ cuộc tấn công đã \
     xảy ra chưa và bất kỳ các nguy cơ dẫn đến khả năng phá hoại hoặc gián đoạn dịch vụ. Cũng vui \
     lòng xác định mức độ nhạy cảm của thông tin liên quan hoặc những đối tượng bị ảnh hưởng bởi \
     sự cố:",
    "Ngày phát hiện sự cố (*) (dd/mm/yy)",
    "Thời gian phát hiện (*):",
    "HIỆN TRẠNG SỰ CỐ (*)",
    "Đã được xử lý",
    "Chưa được xử lý",
    "CÁCH THỨC PHÁT HIỆN *",
    "(Đánh dấu những cách thức được sử dụng để phát hiện sự cố)",
    "Qua hệ thống phát hiện xâm nhập",
    "Kiểm tra dữ liệu lưu lại (Log File)",
    "Nhận được thông báo từ:",
    "Khác, đó là",
    "ĐÃ GỬI THÔNG BÁO SỰ CỐ CHO *",
    "Thành viên mạng lưới chịu trách nhiệm ứng cứu sự cố cho tổ chức, cá nhân",
    "ISP đang trực tiếp cung cấp dịch vụ",
    "Cơ quan điều phối",
    "THÔNG TIN BỔ SUNG VỀ HỆ THỐNG XẢY RA SỰ CỐ",
    "Hệ điều hành",
    "Version",
    "Các dịch vụ có trên hệ thống (Đánh dấu những dịch vụ được sử dụng trên hệ thống):",
    "Web server",
    "Mail server",
    "Database server",
    "Dịch vụ khác, đó là",
    "Các biện pháp an toàn thông tin đã triển khai (Đánh dấu những biện pháp đã triển khai):",
    "Antivirus",
    "Firewall",
    "Hệ thống phát hiện xâm nhập",
    "Khác:",
    "Các địa chỉ IP của hệ thống (Liệt kê địa chỉ IP sử dụng trên Internet, không liệt kê địa chỉ \
     IP nội bộ)",
    "Các tên miền của hệ thống",
    "Mục đích chính sử dụng hệ thống",
    "Thông tin gửi kèm:",
    "Nhật ký hệ thống",
    "Mẫu virus / mã độc",
    "Khác:",
    "Các thông tin cung cấp trong thông báo sự cố này đều phải được giữ bí mật:",
    "Có",
    "Không",
    "KIẾN NGHỊ, ĐỀ XUẤT HỖ TRỢ",
    "Mô tả về đề xuất, kiến nghị",
    "Đề nghị cung cấp tóm lược về các kiến nghị và đề xuất hỗ trợ ứng cứu (nếu có)",
    "THỜI GIAN THỰC HIỆN BÁO CÁO SỰ CỐ *:",
    "(ngày/tháng/năm/giờ/phút)",
    "CÁ NHÂN/NGƯỜI ĐẠI DIỆN THEO PHÁP LUẬT",
    "(Ký tên, đóng dấu)",
    "Chú thích:",
    "1. Phần (*) là những thông tin bắt buộc. Các phần còn lại có thể loại bỏ nếu không có thông tin.",
    "2. Sử dụng tiêu đề (subject) bắt đầu bằng \"[TBSC]\" khi gửi thông báo qua email.",
    "3. Tham khảo thêm tại website của VNCERT (www.vncert.gov vn)",
];

/// What the form itself says where nothing is filled in.
const INSTRUCTIONS: &[&str] = &[
    "Điền tên đơn vị vận hành hoặc được thuê vận hành hệ thống thông tin",
    "Điền tên cơ quan chủ quản",
    "Điền tên hệ thống bị sự cố và tên miền, địa chỉ ip liên quan",
    "Điền tên nhà cung cấp ở đây",
    "Điền tên nhà cung cấp ở đây",
    "Điền tên nhà cung cấp ở đây",
    "Điền thông tin ở đây",
];

/// Words without the places where lines end, and without what stands above every page.
fn run_together(text: &str) -> String {
    text.split(char::is_whitespace).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn on_paper(pdf: &[u8], mark: &str) -> String {
    let pages = text_of(pdf);
    let body = |page: &String| {
        let line = |line: &&str| {
            // The mark across the page is told letter by letter.
            let letters = line.replace(' ', "");
            letters != mark.replace(' ', "")
                && !(line.len() <= 2 && line.chars().all(|c| c.is_ascii_digit()))
        };
        page.lines().filter(line).collect::<Vec<_>>().join("\n")
    };
    run_together(&pages.iter().map(body).collect::<Vec<_>>().join("\n"))
}

fn in_file(docx: &[u8]) -> String {
    run_together(opened(docx)["word/document.xml"].as_str().unwrap())
}

#[track_caller]
fn check_order(text: &str, words: &[&str]) {
    let mut rest = text;
    for word in words {
        let at = rest.find(word).unwrap_or_else(|| panic!("`{word}` is not in: {rest}"));
        rest = &rest[at + word.len()..];
    }
}

/// The same text but for what cannot be the same: boxes are drawn with other signs, dots are a tab
/// there and signs here, and the mark stands in the headers there.
fn bare_words(text: &str) -> String {
    let words = text.chars().filter(|c| !c.is_whitespace() && !".□×☐☒".contains(*c));
    words.collect::<String>().replace("DỰTHẢO", "")
}

#[test]
fn every_word_of_the_circular_stands_in_its_order_on_paper_and_in_the_file() {
    for (pdf, docx) in [&*FULL, &*BARE] {
        check_order(&on_paper(pdf, "DỰ THẢO"), WORDS);
        check_order(&in_file(docx), WORDS);
    }
}

#[test]
fn a_form_without_values_keeps_the_instructions_and_the_dots() {
    let (pdf, docx) = &*BARE;
    check_order(&in_file(docx), INSTRUCTIONS);
    let paper = on_paper(pdf, "DỰ THẢO");
    check_order(&paper, INSTRUCTIONS);
    assert!(paper.contains("Họ và tên (*) ......"), "{paper}");
    assert!(!paper.contains('×') && !paper.contains("None"), "{paper}");
}

#[test]
fn paper_and_file_say_the_same_in_the_same_order() {
    for (pdf, docx) in [&*FULL, &*BARE] {
        assert_eq!(bare_words(&on_paper(pdf, "DỰ THẢO")), bare_words(&in_file(docx)));
    }
}

#[test]
fn what_was_filled_in_stands_behind_its_label() {
    let (pdf, docx) = &*FULL;
    let (paper, file) = (on_paper(pdf, "DỰ THẢO"), in_file(docx));
    for pair in [
        "báo cáo sự cố (*) Trung tâm Thông tin – Hội nghị tỉnh Mẫu",
        "Chức vụ: Trưởng phòng Kỹ thuật",
        "Cơ quan chủ quản: Ủy ban nhân dân tỉnh Mẫu",
        "(cong.example, www.cong.example, 203.162.0.181, 2401:d800::1)",
        "Điền tên nhà cung cấp ở đây Trung tâm dữ liệu Mẫu (cung cấp dịch vụ lưu trữ)",
        "(dd/mm/yy) 22/11/26",
        "Thời gian phát hiện (*): 14 giờ 05 phút",
        "Nhận được thông báo từ: Công an tỉnh Mẫu",
        "Dịch vụ khác, đó là tìm kiếm toàn văn",
        "không liệt kê địa chỉ IP nội bộ) 203.162.0.181, 2401:d800::1",
        "22/11/2026/15/30 (ngày/tháng/năm/giờ/phút)",
    ] {
        assert!(paper.contains(pair), "{pair}: {paper}");
        assert!(file.contains(pair), "{pair}: {file}");
    }
    assert!(file.contains("☐ Cấp độ 2 ☒ Cấp độ 3 ☐ Cấp độ 4"), "{file}");
    assert!(file.contains("☐ Đã được xử lý ☒ Chưa được xử lý"), "{file}");
    // A box with a cross in it on paper: both signs, in the order in which they are drawn.
    assert_eq!(paper.matches('×').count(), file.matches('☒').count());
    let boxes = paper.matches('□').count();
    assert_eq!(boxes, file.matches('☐').count() + file.matches('☒').count());
}

#[test]
fn the_clock_of_the_form_is_vietnams_at_the_turn_of_a_year() {
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    let known = duphong::incident::form::Known {
        detected: time("2026-12-31T16:59:59Z"),
        made: time("2026-12-31T17:00:00Z"),
        ..known()
    };
    let filled = fill(&reporter(), &system(), &known, ANSWERS).unwrap();
    let (pdf, _) = files("mau-03-new-year", &draft(&filled));
    let paper = on_paper(&pdf, "DỰ THẢO");
    assert!(paper.contains("(dd/mm/yy) 31/12/26"), "{paper}");
    assert!(paper.contains("Thời gian phát hiện (*): 23 giờ 59 phút"), "{paper}");
    assert!(paper.contains("01/01/2027/00/00"), "{paper}");
}

#[test]
fn every_page_says_that_it_does_not_count() {
    let words = Catalog::new(Language::Vietnamese);
    for (mark, said) in [(Mark::Draft, "DỰ THẢO"), (Mark::Rehearsal, "DIỄN TẬP")] {
        let form = printed(&full(), mark);
        let pdf = form_pdf(&form, &words, known().made).unwrap();
        let pages = text_of(&pdf);
        assert_eq!(pages.len(), 3);
        for page in &pages {
            // In the frame above and across.
            assert!(page.contains(said), "{page}");
        }
        let docx = opened(&form_docx(&form, &words, known().made).unwrap());
        for part in ["word/header1.xml", "word/header2.xml"] {
            assert!(docx[part].as_str().unwrap().contains(said), "{docx}");
        }
    }
}

#[test]
fn hostile_answers_are_printed_as_what_they_are() {
    let answers = r##"
contact: "Nguyễn \u202E gpj.exe \u0007"
purpose: "#eval(\"1\") *b* $x^2$ <w:br/> & {{x}}"
description: "một\n\n\t hai   ba\n漢字 🙂"
detection: {other: "□ × Khác \u200B"}
notified: [coordinator]
"##;
    let filled = fill(&reporter(), &system(), &known(), answers).unwrap();
    let (pdf, docx) = files("mau-03-hostile", &draft(&filled));
    for text in [on_paper(&pdf, "DỰ THẢO"), in_file(&docx)] {
        for shown in [
            "Nguyễn [U+202E] gpj.exe [U+0007]",
            "#eval(\"1\") *b* $x^2$ <w:br/> & {{x}}",
            "một hai ba [U+6F22][U+5B57] [U+1F642]",
            "Khác, đó là □ × Khác [U+200B]",
        ] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
    }
}

#[test]
fn a_description_of_many_pages_is_printed_whole() {
    let line = "Máy chủ web trả về nội dung lạ cho công cụ tìm kiếm, đã cô lập và giữ chứng cứ.";
    let long: Vec<_> = (1..=110).map(|n| format!("  {n}) {line}")).collect();
    let answers = format!("{ANSWERS}\ndescription: |\n{}\n", long.join("\n"));
    let filled = fill(&reporter(), &system(), &known(), &answers).unwrap();
    let (pdf, _) = files("mau-03-long", &draft(&filled));
    let paper = on_paper(&pdf, "DỰ THẢO");
    check_order(&paper, WORDS);
    assert_eq!(paper.matches(line).count(), 110);
    let pages = poppler("pdfinfo", &[], &pdf, &[]);
    assert!(
        pages.contains("Pages:           6") || pages.contains("Pages:           7"),
        "{pages}"
    );
}
