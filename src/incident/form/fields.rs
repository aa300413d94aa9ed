//! The 33 fields of *Mẫu số 03* (Phụ lục I of Circular 20/2017/TT-BTTTT): their labels letter by
//! letter, the circular's own slips included, and what may stand in them.

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its place, from 1; the circular prints none.
    pub number: u8,
    /// Its name in answers.
    pub key: &'static str,
    /// Its label.
    pub label: &'static str,
    /// Whether the circular marks it with `(*)`.
    pub mandatory: bool,
    /// What may stand in it.
    pub kind: Kind,
}

/// What may stand in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words on a line.
    Line,
    /// The words of a telephone number.
    Phone,
    /// The words of a mail address.
    Email,
    /// Paragraphs.
    Long,
    /// Exactly one box.
    One(&'static [Option_]),
    /// Any number of boxes.
    Many(&'static [Option_]),
    /// Addresses on the internet.
    Addresses,
    /// A list of words.
    List,
    /// Comes from the log or the clock; no answer changes it.
    Fixed,
    /// Signed by hand; the name under the signature may be given.
    Signature,
}

/// A box to tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Option_ {
    /// Its word in answers and records.
    pub word: &'static str,
    /// What is printed behind it.
    pub label: &'static str,
    /// Whether there is room for words behind that.
    pub words: bool,
}

const fn plain(word: &'static str, label: &'static str) -> Option_ {
    Option_ { word, label, words: false }
}

const fn worded(word: &'static str, label: &'static str) -> Option_ {
    Option_ { word, label, words: true }
}

const LEVELS: &[Option_] = &[
    plain("1", "Cấp độ 1"),
    plain("2", "Cấp độ 2"),
    plain("3", "Cấp độ 3"),
    plain("4", "Cấp độ 4"),
    plain("5", "Cấp độ 5"),
];
const STATUS: &[Option_] =
    &[plain("handled", "Đã được xử lý"), plain("unhandled", "Chưa được xử lý")];
const DETECTION: &[Option_] = &[
    plain("ids", "Qua hệ thống phát hiện xâm nhập"),
    plain("logs", "Kiểm tra dữ liệu lưu lại (Log File)"),
    worded("notice", "Nhận được thông báo từ:"),
    worded("other", "Khác, đó là"),
];
const NOTIFIED: &[Option_] = &[
    plain("member", "Thành viên mạng lưới chịu trách nhiệm ứng cứu sự cố cho tổ chức, cá nhân"),
    plain("isp", "ISP đang trực tiếp cung cấp dịch vụ"),
    plain("coordinator", "Cơ quan điều phối"),
];
const SERVICES: &[Option_] = &[
    plain("web", "Web server"),
    plain("mail", "Mail server"),
    plain("database", "Database server"),
    worded("other", "Dịch vụ khác, đó là"),
];
const MEASURES: &[Option_] = &[
    plain("antivirus", "Antivirus"),
    plain("firewall", "Firewall"),
    plain("ids", "Hệ thống phát hiện xâm nhập"),
    worded("other", "Khác:"),
];
const ATTACHED: &[Option_] = &[
    plain("logs", "Nhật ký hệ thống"),
    plain("malware", "Mẫu virus / mã độc"),
    worded("other", "Khác:"),
];
const SECRET: &[Option_] = &[plain("yes", "Có"), plain("no", "Không")];

const fn field(
    number: u8,
    key: &'static str,
    label: &'static str,
    mandatory: bool,
    kind: Kind,
) -> Field {
    Field { number, key, label, mandatory, kind }
}

/// All fields, in the order of the form.
pub const FIELDS: [Field; 33] = [
    field(1, "reporter", "Tên tổ chức/cá nhân báo cáo sự cố (*)", true, Kind::Line),
    field(2, "reporter-address", "Địa chỉ: (*)", true, Kind::Line),
    field(3, "reporter-phone", "Điện thoại (*)", true, Kind::Phone),
    field(4, "reporter-email", "Email (*)", true, Kind::Email),
    field(5, "contact", "Họ và tên (*)", true, Kind::Line),
    field(6, "contact-title", "Chức vụ:", false, Kind::Line),
    field(7, "contact-phone", "Điện thoại (*)", true, Kind::Phone),
    field(8, "contact-email", "Email (*)", true, Kind::Email),
    field(9, "operator", "Tên đơn vị vận hành hệ thống thông tin (*):", true, Kind::Line),
    field(10, "owner", "Cơ quan chủ quản:", false, Kind::Line),
    field(11, "system", "Tên hệ thống bị sự cố", false, Kind::Line),
    field(
        12,
        "level",
        "Phân loại cấp độ của hệ thống thông tin (nếu có)",
        false,
        Kind::One(LEVELS),
    ),
    field(
        13,
        "security-provider",
        "Tổ chức cung cấp dịch vụ an toàn thông tin (nếu có):",
        false,
        Kind::Line,
    ),
    field(
        14,
        "connectivity",
        "Tên nhà cung cấp dịch vụ kết nối bên ngoài (nếu có)",
        false,
        Kind::Line,
    ),
    field(15, "other-provider", "Điền tên nhà cung cấp ở đây", false, Kind::Line),
    field(16, "description", "Mô tả sơ bộ về sự cố (*)", true, Kind::Long),
    field(17, "detected-on", "Ngày phát hiện sự cố (*) (dd/mm/yy)", true, Kind::Fixed),
    field(18, "detected-at", "Thời gian phát hiện (*):", true, Kind::Fixed),
    field(19, "status", "HIỆN TRẠNG SỰ CỐ (*)", true, Kind::One(STATUS)),
    field(20, "detection", "CÁCH THỨC PHÁT HIỆN *", true, Kind::Many(DETECTION)),
    field(21, "notified", "ĐÃ GỬI THÔNG BÁO SỰ CỐ CHO *", true, Kind::Many(NOTIFIED)),
    field(22, "os", "Hệ điều hành", false, Kind::Line),
    field(23, "version", "Version", false, Kind::Line),
    field(24, "services", "Các dịch vụ có trên hệ thống", false, Kind::Many(SERVICES)),
    field(
        25,
        "measures",
        "Các biện pháp an toàn thông tin đã triển khai",
        false,
        Kind::Many(MEASURES),
    ),
    field(26, "addresses", "Các địa chỉ IP của hệ thống", false, Kind::Addresses),
    field(27, "domains", "Các tên miền của hệ thống", false, Kind::List),
    field(28, "purpose", "Mục đích chính sử dụng hệ thống", false, Kind::Line),
    field(29, "attached", "Thông tin gửi kèm:", false, Kind::Many(ATTACHED)),
    field(
        30,
        "confidential",
        "Các thông tin cung cấp trong thông báo sự cố này đều phải được giữ bí mật:",
        false,
        Kind::One(SECRET),
    ),
    field(31, "proposal", "Mô tả về đề xuất, kiến nghị", false, Kind::Long),
    field(32, "made-at", "THỜI GIAN THỰC HIỆN BÁO CÁO SỰ CỐ *:", true, Kind::Fixed),
    field(33, "signer", "CÁ NHÂN/NGƯỜI ĐẠI DIỆN THEO PHÁP LUẬT", true, Kind::Signature),
];

impl Field {
    /// The field of this number or name.
    pub fn find(name: &str) -> Option<&'static Self> {
        let number = name.parse::<u8>().ok();
        FIELDS.iter().find(|field| field.key == name || Some(field.number) == number)
    }

    /// The boxes of a field that has any.
    pub fn options(&self) -> &'static [Option_] {
        match self.kind {
            Kind::One(options) | Kind::Many(options) => options,
            _ => &[],
        }
    }

    /// Its explanation, in italics behind the label.
    pub(super) fn remark(&self) -> Option<&'static str> {
        match self.number {
            16 => Some(
                "Đề nghị cung cấp một bản tóm tắt ngắn gọn về sự cố, bao gồm đánh giá sơ bộ cuộc \
                 tấn công đã xảy ra chưa và bất kỳ các nguy cơ dẫn đến khả năng phá hoại hoặc gián \
                 đoạn dịch vụ. Cũng vui lòng xác định mức độ nhạy cảm của thông tin liên quan hoặc \
                 những đối tượng bị ảnh hưởng bởi sự cố:",
            ),
            20 => Some("(Đánh dấu những cách thức được sử dụng để phát hiện sự cố)"),
            24 => Some("(Đánh dấu những dịch vụ được sử dụng trên hệ thống):"),
            25 => Some("(Đánh dấu những biện pháp đã triển khai):"),
            26 => {
                Some("(Liệt kê địa chỉ IP sử dụng trên Internet, không liệt kê địa chỉ IP nội bộ)")
            }
            31 => Some(
                "Đề nghị cung cấp tóm lược về các kiến nghị và đề xuất hỗ trợ ứng cứu (nếu có)",
            ),
            32 => Some("(ngày/tháng/năm/giờ/phút)"),
            33 => Some("(Ký tên, đóng dấu)"),
            _ => None,
        }
    }

    /// What the form prints where the value would stand, as long as there is none.
    pub(super) fn pattern(&self) -> Option<&'static str> {
        match self.number {
            9 => Some("Điền tên đơn vị vận hành hoặc được thuê vận hành hệ thống thông tin"),
            10 => Some("Điền tên cơ quan chủ quản"),
            11 => Some("Điền tên hệ thống bị sự cố và tên miền, địa chỉ ip liên quan"),
            13 | 14 => Some("Điền tên nhà cung cấp ở đây"),
            15 => Some("Điền thông tin ở đây"),
            17 => Some("/ /"),
            18 => Some("…… giờ …. phút"),
            32 => Some("…/…/…../…/…"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_numbered_in_order_and_found_by_either_name() {
        for (at, field) in FIELDS.iter().enumerate() {
            assert_eq!(usize::from(field.number), at + 1);
            assert_eq!(Field::find(field.key), Some(field));
            assert_eq!(Field::find(&field.number.to_string()), Some(field));
        }
        assert_eq!(Field::find("34"), None);
        assert_eq!(Field::find(""), None);
    }

    #[test]
    fn what_the_circular_marks_is_mandatory() {
        let mandatory: Vec<u8> = FIELDS.iter().filter(|f| f.mandatory).map(|f| f.number).collect();
        assert_eq!(mandatory, [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 18, 19, 20, 21, 32, 33]);
        for field in FIELDS.iter().filter(|field| field.label.contains('*')) {
            assert!(field.mandatory, "{}", field.number);
        }
    }
}
