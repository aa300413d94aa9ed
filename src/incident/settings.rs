//! What the rules ask of an installation: who owes, who is told, what a form can be filled with.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

/// How incidents are handled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incidents {
    /// Ids of the shipped rule sets that hold here; every shipped one where the file names none.
    pub rules: Option<Vec<String>>,
    /// Further rule files, of the site's own.
    pub rule_files: Vec<PathBuf>,
    /// The address book, by the recipient's id in the rules. Empty by default.
    pub contacts: BTreeMap<String, Contact>,
    /// Who reports.
    pub reporter: Reporter,
}

/// One recipient, as an official letter gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Its full name.
    pub name: String,
    /// Its mail address; absent where only paper goes there.
    pub email: Option<String>,
    /// Its postal address or document system, in words.
    pub address: Option<String>,
    /// Its telephone.
    pub phone: Option<String>,
    /// Căn cứ: number and date of the document that gave the address.
    pub basis: String,
}

/// Who reports (*Mẫu số 03*, fields 1 to 8). What is absent is a blank that is listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reporter {
    /// Tên tổ chức/cá nhân báo cáo sự cố.
    pub name: Option<String>,
    /// Địa chỉ.
    pub address: Option<String>,
    /// Điện thoại.
    pub phone: Option<String>,
    /// Email.
    pub email: Option<String>,
    /// Người liên hệ: Họ và tên.
    pub contact_name: Option<String>,
    /// Người liên hệ: Chức vụ.
    pub contact_title: Option<String>,
    /// Người liên hệ: Điện thoại.
    pub contact_phone: Option<String>,
    /// Người liên hệ: Email.
    pub contact_email: Option<String>,
}

/// What decides which duties bind a portal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Đơn vị cung cấp dịch vụ lưu trữ, where the portal is hosted elsewhere.
    pub hosting: Option<String>,
    /// Whether the operator is a thành viên mạng lưới ứng cứu sự cố.
    pub network_member: bool,
    /// Whether the agency has component portals of the province's portal (QĐ 75/2025 Điều 22).
    pub component: bool,
    /// Its part in the processing of personal data.
    pub personal_data: PersonalData,
}

/// The part of a portal's agency in the processing of personal data (Luật 91/2025).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PersonalData {
    /// Bên kiểm soát, or bên kiểm soát và xử lý. The default: the stricter.
    #[default]
    Controller,
    /// Bên xử lý.
    Processor,
    /// It holds none.
    None,
}

impl PersonalData {
    /// Each with its word in the file.
    pub const WORDS: [(&str, Self); 3] =
        [("controller", Self::Controller), ("processor", Self::Processor), ("none", Self::None)];
}

/// What is known of a portal's system (*Mẫu số 03*, fields 13 to 15 and 22 to 28).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// Tổ chức cung cấp dịch vụ an toàn thông tin.
    pub security_provider: Option<String>,
    /// Nhà cung cấp dịch vụ kết nối bên ngoài.
    pub connectivity: Option<String>,
    /// Hệ điều hành.
    pub os: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Các dịch vụ có trên hệ thống: `web`, `mail`, `database`, or the words of another.
    pub services: Vec<String>,
    /// Các biện pháp đã triển khai: `antivirus`, `firewall`, `ids`, or the words of another.
    pub measures: Vec<String>,
    /// Các địa chỉ IP sử dụng trên Internet.
    pub addresses: Vec<IpAddr>,
    /// Các tên miền.
    pub domains: Vec<String>,
    /// Mục đích chính sử dụng hệ thống.
    pub purpose: Option<String>,
}
