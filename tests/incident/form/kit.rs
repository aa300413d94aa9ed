//! A portal, an incident, and people who say more or less about them.

use std::sync::LazyLock;

use duphong::document::{Form, form_docx, form_pdf};
use duphong::incident::form::fact::Mark;
use duphong::incident::form::{Answers, Filled, FormError, Known, Portal, prefilled, printed};
use duphong::incident::settings::{Reporter, System};
use duphong::text::{Catalog, Language};
use jiff::Timestamp;

/// Everything that a configuration can say.
pub(super) fn reporter() -> Reporter {
    let some = |text: &str| Some(text.to_owned());
    Reporter {
        name: some("Trung tâm Thông tin – Hội nghị tỉnh Mẫu"),
        address: some("Số 10 đường Chùa Chuông, phường Phố Hiến, tỉnh Mẫu"),
        phone: some("0221 3863 456"),
        email: some("trungtam@mau.example"),
        contact_name: some("Nguyễn Thị Phương Thảo"),
        contact_title: some("Trưởng phòng Kỹ thuật"),
        contact_phone: some("0912 345 678"),
        contact_email: some("thao.nguyen@mau.example"),
    }
}

pub(super) fn system() -> System {
    let some = |text: &str| Some(text.to_owned());
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    System {
        security_provider: some("Công ty An ninh mạng Mẫu"),
        connectivity: some("Viễn thông Mẫu"),
        os: some("Debian GNU/Linux"),
        version: some("12 (bookworm)"),
        services: words(&["web", "database", "tìm kiếm toàn văn"]),
        measures: words(&["firewall", "ids", "sao lưu được mã hóa"]),
        addresses: vec!["203.162.0.181".parse().unwrap(), "2401:d800::1".parse().unwrap()],
        domains: words(&["cong.example", "www.cong.example"]),
        purpose: some("Cung cấp thông tin và dịch vụ công trực tuyến cho tổ chức, cá nhân"),
    }
}

/// What is known on 22 November 2026, soon after two in the afternoon in Vietnam.
pub(super) fn known() -> Known {
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    Known {
        detected: time("2026-11-22T07:05:09Z"),
        made: time("2026-11-22T08:30:00Z"),
        description: vec![
            "Loại sự cố: Thay đổi giao diện.".to_owned(),
            "Trang chủ hiển thị liên kết cờ bạc với công cụ tìm kiếm; người dùng thông thường vẫn \
             thấy nội dung cũ. Chưa thấy dấu hiệu dữ liệu cá nhân bị lấy đi; dịch vụ công trực \
             tuyến không bị gián đoạn."
                .to_owned(),
            "Bản sao lưu cuối cùng trước lần quan sát đầu tiên: 9f2c1d7a, 22/11/2026 06:00:00."
                .to_owned(),
        ],
        handled: Some(false),
        alarm: Some("Giám sát tự động của duphong: phép dò trang-chu".to_owned()),
        notice: None,
        notified: vec!["coordinator"],
    }
}

pub(super) const ANSWERS: &str = "
detection: [logs, {notice: Công an tỉnh Mẫu}, {other: Giám sát tự động}]
notified: [isp, coordinator]
attached: [logs, {other: bản chụp màn hình trang chủ bị thay đổi}]
confidential: yes
proposal: |
  Đề nghị Cơ quan điều phối hỗ trợ phân tích mã độc và xác minh nguồn gốc tấn công.

  Đề nghị cử cán bộ phối hợp tại chỗ trong 24 giờ tới.
signer: Trần Quốc Bảo
";

pub(super) fn fill(
    reporter: &Reporter,
    system: &System,
    known: &Known,
    answers: &str,
) -> Result<Filled, FormError> {
    let portal = Portal {
        id: "mau",
        name: "Cổng Thông tin điện tử tỉnh Mẫu",
        host: Some("cong.example"),
        owner: "Ủy ban nhân dân tỉnh Mẫu",
        operator: "Trung tâm Thông tin – Hội nghị tỉnh Mẫu",
        level: 3,
        hosting: Some("Trung tâm dữ liệu Mẫu"),
        system,
    };
    prefilled(reporter, &portal, known, Answers::read(answers)?)
}

pub(super) fn full() -> Filled {
    fill(&reporter(), &system(), &known(), ANSWERS).unwrap()
}

/// A form on which nobody said anything, and nothing was known but the detection.
pub(super) fn bare() -> Filled {
    let known = Known {
        description: Vec::new(),
        handled: None,
        alarm: None,
        notified: Vec::new(),
        ..known()
    };
    let empty = "{operator: '', owner: '', system: '', level: null, other-provider: ''}";
    fill(&Reporter::default(), &System::default(), &known, empty).unwrap()
}

/// Drafts with everything and with next to nothing, as PDF and DOCX: made once, read by many.
pub(super) static FULL: LazyLock<(Vec<u8>, Vec<u8>)> =
    LazyLock::new(|| files("mau-03-full", &draft(&full())));
pub(super) static BARE: LazyLock<(Vec<u8>, Vec<u8>)> =
    LazyLock::new(|| files("mau-03-bare", &draft(&bare())));

pub(super) fn draft(filled: &Filled) -> Form {
    printed(filled, Mark::Draft)
}

/// Both files. With `DUPHONG_TEST_KEEP=<folder>` they are kept there under `name`, to be looked at.
pub(super) fn files(name: &str, form: &Form) -> (Vec<u8>, Vec<u8>) {
    let catalog = Catalog::new(Language::Vietnamese);
    let pdf = form_pdf(form, &catalog, known().made).unwrap();
    let docx = form_docx(form, &catalog, known().made).unwrap();
    if let Some(folder) = std::env::var_os("DUPHONG_TEST_KEEP") {
        let folder = std::path::Path::new(&folder);
        std::fs::write(folder.join(format!("{name}.pdf")), &pdf).unwrap();
        std::fs::write(folder.join(format!("{name}.docx")), &docx).unwrap();
    }
    (pdf, docx)
}
