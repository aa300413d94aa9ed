//! What incidents leave in the audit log: one [`Record`] an entry, from which everything else is
//! computed again. Stored: a change of shape raises [`VERSION`], adds a golden file and is told in
//! `docs/formats/incident-record.md`.
//!
//! Facts say what people and the program said and did, with the instants that count in law.
//! They never hold a deadline or a colour: those follow from the facts and the rules.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::digest::Digest;
use crate::base::fault::Message;

/// The version of [`Record`] that this program writes.
pub const VERSION: u32 = 1;

/// The longest text of one fact. An entry of the log holds 64 KiB; a text that was cut would be
/// worse than one that was refused.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

/// One fact about one incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Record {
    /// Version of this shape.
    pub version: u32,
    /// The incident's number: gap-free over all proposals and openings of this log.
    pub incident: u64,
    /// What happened.
    pub fact: Fact,
}

impl Record {
    /// A record of this version.
    pub fn new(incident: u64, fact: Fact) -> Self {
        Self { version: VERSION, incident, fact }
    }

    /// As it stands in an entry.
    pub fn serialized(&self) -> Value {
        serde_json::to_value(self).expect("a record is made of texts and whole numbers")
    }

    /// Reads it back, or says in English why not.
    pub fn deserialized(value: &Value) -> Result<Self, String> {
        Self::deserialize(value).map_err(|error| error.to_string())
    }
}

/// What can happen to an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fact {
    /// The program saw what may be an incident.
    Proposed(Proposed),
    /// A person opened an incident.
    Opened(Opened),
    /// A person made a proposal an incident.
    Adopted(Adopted),
    /// A person decided that a proposal is not an incident.
    Dismissed(Said),
    /// A person answered questions of classification.
    Classified(Classified),
    /// A person wrote something down.
    Noted(Noted),
    /// Bytes were sealed as evidence.
    Sealed(Sealed),
    /// A person decided about duties.
    Decided(Decided),
    /// A person filled in a form.
    Filled(Filled),
    /// A document left for one recipient.
    Dispatched(Dispatched),
    /// One recipient confirmed a document.
    Received(Received),
    /// The response ended.
    Ended(Ended),
    /// The incident was closed.
    Closed(Said),
}

impl Fact {
    /// The verbs of all facts. Other modules write entries about incidents, too, under others.
    pub const VERBS: [&str; 13] = [
        "incident.propose",
        "incident.open",
        "incident.adopt",
        "incident.dismiss",
        "incident.classify",
        "incident.note",
        "incident.evidence",
        "incident.decide",
        "incident.fill",
        "incident.dispatch",
        "incident.receipt",
        "incident.end",
        "incident.close",
    ];

    /// The verb of its entry in the audit log.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Proposed(_) => "incident.propose",
            Self::Opened(_) => "incident.open",
            Self::Adopted(_) => "incident.adopt",
            Self::Dismissed(_) => "incident.dismiss",
            Self::Classified(_) => "incident.classify",
            Self::Noted(_) => "incident.note",
            Self::Sealed(_) => "incident.evidence",
            Self::Decided(_) => "incident.decide",
            Self::Filled(_) => "incident.fill",
            Self::Dispatched(_) => "incident.dispatch",
            Self::Received(_) => "incident.receipt",
            Self::Ended(_) => "incident.end",
            Self::Closed(_) => "incident.close",
        }
    }

    /// Its name in refusals.
    pub fn name(&self) -> &'static str {
        self.verb().trim_start_matches("incident.")
    }
}

/// What a person says, by name and with a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Said {
    /// Full name, as it would stand on paper.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// The portal as it stood when the incident began: an old incident is judged by this, whatever
/// the configuration says later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PortalFacts {
    /// Its id in the configuration.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// `cong` or `trang`.
    pub kind: String,
    /// Chủ quản.
    pub owner: String,
    /// Đơn vị vận hành.
    pub operator: String,
    /// Cấp độ, 1 to 5.
    pub level: u8,
    /// Đơn vị cung cấp dịch vụ lưu trữ, where it is hosted elsewhere.
    pub hosting: Option<String>,
    /// Whether the operator is a thành viên mạng lưới ứng cứu sự cố.
    pub network_member: bool,
    /// Whether the agency has component portals of the province's portal.
    pub component: bool,
    /// Its part in the processing of personal data.
    pub personal_data: Part,
}

/// A part in the processing of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Bên kiểm soát, or bên kiểm soát và xử lý.
    Controller,
    /// Bên xử lý.
    Processor,
    /// None is held.
    None,
}

/// A rule set that holds for an incident: its text is in the log under this digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleRef {
    /// The set's id.
    pub id: String,
    /// SHA-256 of its text.
    pub digest: Digest,
}

/// What holds from an incident's first entry on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ground {
    /// The portal.
    pub portal: PortalFacts,
    /// The rule sets, each with its text in the log.
    pub rules: Vec<RuleRef>,
    /// Recipients that had a contact in the address book: "nếu có" is judged by this.
    pub contacts: Vec<String>,
}

/// The program saw what may be an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Proposed {
    /// What holds from here on.
    pub ground: Ground,
    /// The first alarm: the detection, unless a person gives a later time with name and reason.
    pub detected_at: Timestamp,
    /// Which watch raised it, such as `page.signature`: a second finding of the same watch on the
    /// same portal joins the open proposal.
    pub source: String,
    /// What was seen, in words.
    pub what: String,
    /// The scenario group, where the finding tells it.
    pub group: Option<Group>,
    /// The kind, where the finding tells it.
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    /// The last set taken before it: `repository:snapshot`.
    pub set: Option<String>,
    /// What was sealed when it was seen.
    pub evidence: Vec<Sealed>,
}

/// A person opened an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Opened {
    /// What holds from here on.
    pub ground: Ground,
    /// When it was detected.
    pub detection: Detection,
    /// The scenario group.
    pub group: Group,
    /// The kind: of an attack only.
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    /// What happened, in words.
    pub what: String,
    /// Who told us, where it was not ourselves who saw it.
    pub notice: Option<Notice>,
    /// Who opened it.
    pub by: String,
}

/// A person made a proposal an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Adopted {
    /// When it was detected.
    pub detection: Detection,
    /// The scenario group.
    pub group: Group,
    /// The kind: of an attack only.
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    /// Who adopted it.
    pub by: String,
}

/// When an incident was detected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Detection {
    /// The instant from which the deadlines run.
    pub at: Timestamp,
    /// The first alarm that is known.
    pub first_alarm: Option<Timestamp>,
    /// Who says that it was detected later than the first alarm, and why.
    pub later: Option<Said>,
}

/// A notice of an incident from outside (TT 20/2017 Điều 10.1.b).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Notice {
    /// Who sent it.
    pub from: String,
    /// When it came.
    pub at: Timestamp,
}

/// A person answered questions of classification: what is absent stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Classified {
    /// Who answers.
    pub by: String,
    /// Why; asked for where an answer takes a duty away or moves a clock back.
    pub reason: Option<String>,
    /// The scenario group.
    pub group: Option<Group>,
    /// The kind: of an attack only.
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    /// The answers.
    pub answers: BTreeMap<Question, Answer>,
    /// Another time of detection.
    pub detection: Option<Detection>,
    /// A notice from outside that came later.
    pub notice: Option<Notice>,
}

/// A question of classification on which duties depend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// "Sự cố an ninh mạng nghiêm trọng" of NĐ 331/2026, which does not define it.
    #[serde(rename = "serious-331")]
    Serious331,
    /// Signs of harm to national security, order or social safety, or "gây gián đoạn nghiêm trọng
    /// hoạt động của hệ thống thông tin" (NĐ 331/2026 Điều 31.2.d).
    #[serde(rename = "disruption-331")]
    Disruption331,
    /// "Sự cố nghiêm trọng" of QĐ 05/2017 Điều 9: another thing than that of NĐ 331.
    #[serde(rename = "serious-05")]
    Serious05,
    /// "Có thể vượt khả năng xử lý của mình" (TT 20/2017 Điều 9.2.b).
    OverCapacity,
    /// Whether personal data may be involved (Luật 91/2025 Điều 23).
    PersonalData,
    /// Whether location or biometric data are involved (NĐ 356/2025 Điều 29).
    LocationBiometric,
    /// "Sự cố phức tạp" (NĐ 331/2026 Điều 31.2.d).
    Complex,
}

impl Question {
    /// Each with its word in files and on the command line.
    pub const WORDS: [(&str, Self); 7] = [
        ("serious-331", Self::Serious331),
        ("disruption-331", Self::Disruption331),
        ("serious-05", Self::Serious05),
        ("over-capacity", Self::OverCapacity),
        ("personal-data", Self::PersonalData),
        ("location-biometric", Self::LocationBiometric),
        ("complex", Self::Complex),
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        word_of(self, &Self::WORDS)
    }

    /// The question in words.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Serious331 => "incident-question-serious-331",
            Self::Disruption331 => "incident-question-disruption-331",
            Self::Serious05 => "incident-question-serious-05",
            Self::OverCapacity => "incident-question-over-capacity",
            Self::PersonalData => "incident-question-personal-data",
            Self::LocationBiometric => "incident-question-location-biometric",
            Self::Complex => "incident-question-complex",
        })
    }
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Answer {
    /// Yes or no.
    pub yes: bool,
    /// Since when it has been known to be so: the clock of what follows from it starts here.
    pub since: Option<Timestamp>,
}

/// The scenario group of QĐ 05/2017 Phụ lục II and TT 20/2017 Phụ lục III.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// I: bị tấn công mạng.
    Attack,
    /// II: lỗi của hệ thống, thiết bị, phần mềm, hạ tầng kỹ thuật.
    Technical,
    /// III: lỗi của người quản trị, vận hành hệ thống.
    Operator,
    /// IV: thảm họa tự nhiên.
    Disaster,
}

impl Group {
    /// Each with its word in files and on the command line.
    pub const WORDS: [(&str, Self); 4] = [
        ("attack", Self::Attack),
        ("technical", Self::Technical),
        ("operator", Self::Operator),
        ("disaster", Self::Disaster),
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        word_of(self, &Self::WORDS)
    }

    /// I to IV, as the plans number them.
    pub fn numeral(self) -> &'static str {
        match self {
            Self::Attack => "I",
            Self::Technical => "II",
            Self::Operator => "III",
            Self::Disaster => "IV",
        }
    }

    /// Its title in words.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Attack => "incident-group-attack",
            Self::Technical => "incident-group-technical",
            Self::Operator => "incident-group-operator",
            Self::Disaster => "incident-group-disaster",
        })
    }
}

/// The ten rows of Mẫu số 05 (TT 20/2017), in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Từ chối dịch vụ.
    DenialOfService,
    /// Tấn công giả mạo.
    Spoofing,
    /// Tấn công sử dụng mã độc.
    Malware,
    /// Truy cập trái phép, chiếm quyền điều khiển.
    Intrusion,
    /// Thay đổi giao diện.
    Defacement,
    /// Mã hóa phần mềm, dữ liệu, thiết bị.
    Encryption,
    /// Phá hoại thông tin, dữ liệu, phần mềm.
    Sabotage,
    /// Nghe trộm, gián điệp, lấy cắp thông tin, dữ liệu.
    Espionage,
    /// Tấn công tổng hợp sử dụng kết hợp nhiều hình thức.
    Combined,
    /// Các hình thức tấn công khác.
    Other,
}

impl Kind {
    /// Each with its word in files and on the command line.
    pub const WORDS: [(&str, Self); 10] = [
        ("denial-of-service", Self::DenialOfService),
        ("spoofing", Self::Spoofing),
        ("malware", Self::Malware),
        ("intrusion", Self::Intrusion),
        ("defacement", Self::Defacement),
        ("encryption", Self::Encryption),
        ("sabotage", Self::Sabotage),
        ("espionage", Self::Espionage),
        ("combined", Self::Combined),
        ("other", Self::Other),
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        word_of(self, &Self::WORDS)
    }

    /// Its row in words.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::DenialOfService => "incident-kind-denial-of-service",
            Self::Spoofing => "incident-kind-spoofing",
            Self::Malware => "incident-kind-malware",
            Self::Intrusion => "incident-kind-intrusion",
            Self::Defacement => "incident-kind-defacement",
            Self::Encryption => "incident-kind-encryption",
            Self::Sabotage => "incident-kind-sabotage",
            Self::Espionage => "incident-kind-espionage",
            Self::Combined => "incident-kind-combined",
            Self::Other => "incident-kind-other",
        })
    }
}

/// A person wrote something down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Noted {
    /// Who.
    pub by: String,
    /// When it happened, where that is not when it was written.
    pub at: Option<Timestamp>,
    /// What.
    pub text: String,
}

/// Bytes that were sealed as evidence: they lie in the evidence folder under their digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sealed {
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// How many.
    pub bytes: u64,
    /// Their media type.
    pub media_type: String,
    /// What they are, in words.
    pub what: String,
    /// Who handed them in; absent where the program did.
    pub by: Option<String>,
}

/// A person decided about duties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Decided {
    /// The duties, by the ids of the rules.
    pub duties: Vec<String>,
    /// What was decided.
    pub decision: Decision,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// From when a duty applies, or when it was met; when it was recorded, where absent.
    pub at: Option<Timestamp>,
    /// What proves it.
    pub evidence: Option<Digest>,
}

/// What can be decided about a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It does apply.
    Applies,
    /// It does not have to be reported.
    NotReportable,
    /// A duty that is a deed and no message was done.
    Met,
}

impl Decision {
    /// Each with its word in files and on the command line.
    pub const WORDS: [(&str, Self); 3] =
        [("applies", Self::Applies), ("not-reportable", Self::NotReportable), ("met", Self::Met)];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        word_of(self, &Self::WORDS)
    }
}

/// A person filled in a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Filled {
    /// The form's id, such as `mau-03`.
    pub form: String,
    /// Values by the field's id, all of them: what is absent is empty.
    pub fields: BTreeMap<String, String>,
    /// Who.
    pub by: String,
}

/// A document left for one recipient. Lateness is judged by `sent_at`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dispatched {
    /// The duties that it is to meet.
    pub duties: Vec<String>,
    /// The recipient's id in the rules.
    pub recipient: String,
    /// When it left.
    pub sent_at: Timestamp,
    /// By which way.
    pub channel: Channel,
    /// Its number and sign (số, ký hiệu), where it has one.
    pub number: Option<String>,
    /// SHA-256 of the exact document.
    pub digest: Digest,
    /// The address it went to, where there is one.
    pub address: Option<String>,
    /// What proves that it left: the answer of a mail server, a registered letter's number.
    pub proof: Option<String>,
    /// Who sent it.
    pub by: String,
}

/// One recipient confirmed a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Received {
    /// The recipient's id in the rules.
    pub recipient: String,
    /// SHA-256 of the exact document that was confirmed.
    pub digest: Digest,
    /// Who confirmed.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// By which way.
    pub channel: Channel,
    /// The number under which the recipient keeps it.
    pub reference: Option<String>,
    /// The recipient's own answer, sealed.
    pub evidence: Option<Digest>,
    /// Who wrote it down.
    pub by: String,
}

/// The ways of TT 20/2017 Điều 9.1 and NĐ 331/2026 Điều 35.1, and by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Công văn on paper.
    Letter,
    /// Hệ thống quản lý văn bản và điều hành.
    DocumentSystem,
    /// Thư điện tử.
    Email,
    /// Fax.
    Fax,
    /// Tin nhắn đa phương tiện.
    Message,
    /// Phần mềm or hệ thống báo cáo of the authority.
    Portal,
    /// Điện thoại: for receipts.
    Phone,
    /// Trao tận tay.
    Hand,
    /// Another, told in the notes.
    Other,
}

impl Channel {
    /// Each with its word in files and on the command line.
    pub const WORDS: [(&str, Self); 9] = [
        ("letter", Self::Letter),
        ("document-system", Self::DocumentSystem),
        ("email", Self::Email),
        ("fax", Self::Fax),
        ("message", Self::Message),
        ("portal", Self::Portal),
        ("phone", Self::Phone),
        ("hand", Self::Hand),
        ("other", Self::Other),
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        word_of(self, &Self::WORDS)
    }

    /// Its name in words.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Letter => "incident-channel-letter",
            Self::DocumentSystem => "incident-channel-document-system",
            Self::Email => "incident-channel-email",
            Self::Fax => "incident-channel-fax",
            Self::Message => "incident-channel-message",
            Self::Portal => "incident-channel-portal",
            Self::Phone => "incident-channel-phone",
            Self::Hand => "incident-channel-hand",
            Self::Other => "incident-channel-other",
        })
    }
}

/// The response ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ended {
    /// When: the anchor of what is owed afterwards.
    pub at: Timestamp,
    /// Who says so.
    pub by: String,
}

fn word_of<T: Copy + PartialEq>(value: T, words: &[(&'static str, T)]) -> &'static str {
    words.iter().find(|(_, each)| *each == value).map_or("", |(word, _)| word)
}
