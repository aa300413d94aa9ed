//! A rule set: duties as data, with their article, clock, recipients and dates of effect.
//!
//! The law is in the files, not in this program: code knows clocks, triggers, questions and
//! recipients, and a file says which duty has which. A set that is read is sound: ids are unique,
//! what a duty names exists, nothing goes in circles. `docs/formats/incident-rules.md` tells the
//! keys. Legal words stand in Vietnamese, verbatim, each with an English gloss.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Deserialize;

use crate::base::digest::Digest;
use crate::incident::fact::{Group, Question};
use crate::incident::fault::{Place, RuleFault};
use crate::incident::plain;

/// The version of rule files that this program reads.
pub const VERSION: u32 = 1;

/// The largest rule file: its text goes into the audit log, where an entry holds 64 KiB.
pub const FILE_BYTES_MAX: usize = 40 * 1024;

/// The longest clock that makes sense: a year. A larger number is a slip of the pen.
const HOURS_MAX: u32 = 366 * 24;

/// A set of rules with one origin.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSet {
    /// Its id: `tt20-2017`.
    pub id: String,
    /// Full name of the text it comes from.
    pub title: Words,
    /// Who is told, by id.
    pub recipients: Vec<Recipient>,
    /// The duties, in the order of the file.
    pub duties: Vec<Rule>,
    /// SHA-256 of the text.
    pub digest: Digest,
    /// The text itself, as it goes into the log.
    pub text: String,
}

/// Words in both languages. The Vietnamese ones are the law's own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Vietnamese.
    pub vi: String,
    /// English, for readers who need it: never the binding text.
    pub en: String,
}

/// Someone who is told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recipient {
    /// Its id in the address book: the same id means the same recipient in every set.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// Known only from the incident itself (who gave notice, whose data it is): such a recipient
    /// has no place in the address book.
    #[serde(default)]
    pub of_the_incident: bool,
}

/// One duty.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// Its id: `C10`.
    pub id: String,
    /// The layer of law it belongs to.
    pub layer: Layer,
    /// What is owed.
    pub label: Words,
    /// The article, point and paragraph.
    pub article: String,
    /// What is uncertain about its standing in law; absent where nothing is.
    pub status: Option<Words>,
    /// From when its clock runs.
    pub trigger: Trigger,
    /// How long.
    pub clock: Clock,
    /// A number that is advice and no law.
    pub proposal: Option<Words>,
    /// Who owes it.
    pub obligor: Obligor,
    /// Who is told; nobody where the duty is a deed.
    #[serde(default)]
    pub recipients: Vec<To>,
    /// The form's id, where the law gives one.
    pub form: Option<String>,
    /// What the message must contain, where the law says so without a form.
    pub content: Option<Words>,
    /// The scenario groups in which it opens by itself; in others a person decides.
    #[serde(default = "all_groups")]
    pub groups: Vec<Group>,
    /// The lowest security level of a system that it binds.
    #[serde(default = "lowest_level")]
    pub level_min: u8,
    /// The questions it depends on.
    #[serde(default)]
    pub when: Vec<When>,
    /// The duty whose existence it follows.
    pub requires: Option<String>,
    /// The duty whose dispatch starts its clock, for the trigger `sent_at`.
    pub after: Option<String>,
    /// The duty whose documents, sent to all its recipients, meet this one too.
    pub covered_by: Option<String>,
    /// It is owed only if the response had not ended when this duty's message was sent.
    pub unfinished_at: Option<String>,
    /// Whether an incident cannot be closed while it is open or undecided.
    #[serde(default)]
    pub blocks_closing: bool,
    /// Whether the end of the response itself meets it.
    #[serde(default)]
    pub met_by_end: bool,
    /// The first day it is in force; always where absent.
    #[serde(rename = "hieu_luc_tu")]
    pub from: Option<Date>,
    /// The last day it is in force; still where absent.
    #[serde(rename = "hieu_luc_den")]
    pub until: Option<Date>,
}

impl Rule {
    /// Whether it is in force on that day.
    pub fn in_force(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// The layer of law, in the order in which `law` ranks them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Layer {
    /// The law in force: primary.
    L1,
    /// TT 20/2017 and QĐ 05/2017: continue where not contrary.
    L2,
    /// Personal data.
    Pd,
    /// The province.
    Loc,
    /// Operations.
    Ops,
}

impl Layer {
    /// Its word in the files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::Pd => "PD",
            Self::Loc => "LOC",
            Self::Ops => "OPS",
        }
    }
}

/// The instant from which a clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Phát hiện.
    DetectedAt,
    /// Thấy có thể vượt khả năng xử lý.
    OverCapacityAt,
    /// Thấy có khả năng nghiêm trọng.
    SeriousAt,
    /// Kết thúc ứng phó.
    ResponseEndedAt,
    /// Phát hiện vi phạm dữ liệu cá nhân.
    BreachDetectedAt,
    /// A notice from outside came in.
    NoticeReceivedAt,
    /// An authority asked for it: a person records that it applies.
    DemandedAt,
    /// The duty named in `after` was sent to all its recipients.
    SentAt,
}

/// How long a duty has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Clock {
    /// So many hours.
    Hours(u32),
    /// So many days of 24 hours: the texts do not say how a day is counted, and this is the safe
    /// reading.
    Days(u32),
    /// "Ngay": no number; counts up.
    AtOnce,
    /// "Kịp thời": no number; counts up.
    Promptly,
    /// No word and no number; counts up.
    Unnumbered,
}

impl Clock {
    /// The limit in hours, where the law has a number.
    pub fn hours(self) -> Option<u32> {
        match self {
            Self::Hours(hours) => Some(hours),
            Self::Days(days) => Some(days.saturating_mul(24)),
            Self::AtOnce | Self::Promptly | Self::Unnumbered => None,
        }
    }
}

impl TryFrom<String> for Clock {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let number = |unit: &str| {
            let number = text.strip_suffix(unit)?.strip_suffix(' ')?;
            let digits = number.len() <= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| number.parse::<u32>().ok())?
        };
        let clock = match text.as_str() {
            "ngay" => Some(Self::AtOnce),
            "kịp thời" => Some(Self::Promptly),
            "không ghi số" => Some(Self::Unnumbered),
            _ => number("giờ").map(Self::Hours).or_else(|| number("ngày").map(Self::Days)),
        };
        clock
            .filter(|clock| clock.hours().is_none_or(|hours| (1..=HOURS_MAX).contains(&hours)))
            .ok_or_else(|| {
                format!(
                    "`{text}` is no clock: write `24 giờ`, `05 ngày`, `ngay`, `kịp thời` or \
                     `không ghi số`"
                )
            })
    }
}

/// Who owes a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obligor {
    /// Chủ quản hệ thống thông tin.
    Owner,
    /// Đơn vị vận hành.
    Operator,
    /// Thành viên mạng lưới ứng cứu sự cố.
    NetworkMember,
    /// An agency with component portals of the province's portal.
    ComponentAgency,
    /// Bên kiểm soát, or bên kiểm soát và xử lý, of personal data.
    Controller,
    /// Bên xử lý personal data.
    Processor,
}

impl Obligor {
    /// Its word in the files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Operator => "operator",
            Self::NetworkMember => "network-member",
            Self::ComponentAgency => "component-agency",
            Self::Controller => "controller",
            Self::Processor => "processor",
        }
    }
}

/// A recipient of a duty.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct To {
    /// Its id.
    pub id: String,
    /// "Nếu có": told only where there is one.
    #[serde(default)]
    pub if_any: bool,
}

/// A question on which a duty depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct When {
    /// The question; "no" takes the duty away.
    pub question: Question,
    /// What holds while nobody has answered.
    pub unanswered: Unanswered,
}

/// What an unanswered question does to a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unanswered {
    /// It counts as yes.
    Yes,
    /// It is to be decided (cần xác định); the clock shows all the same.
    Undetermined,
    /// The duty waits: there is nothing to count from yet.
    Waits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    version: u32,
    id: String,
    title: Words,
    recipients: Vec<Recipient>,
    duties: Vec<Rule>,
}

fn all_groups() -> Vec<Group> {
    Group::WORDS.map(|(_, group)| group).to_vec()
}

fn lowest_level() -> u8 {
    1
}

impl RuleSet {
    /// Reads a rule file; `name` is what complaints call it.
    pub fn parse(text: &str, name: &str) -> Result<Self, RuleFault> {
        if text.len() > FILE_BYTES_MAX {
            let (size, limit) = (text.len(), FILE_BYTES_MAX);
            return Err(RuleFault::TooLarge { file: name.to_owned(), size, limit });
        }
        plain::check(text, name)?;
        let file: File = serde_yaml::from_str(text).map_err(|error| {
            let place = error.location().map(|at| (at.line(), at.column()));
            RuleFault::Syntax { place: Place::new(name, place), detail: error.to_string() }
        })?;
        if file.version != VERSION {
            let (file, version) = (name.to_owned(), file.version);
            return Err(RuleFault::Version { file, version, known: VERSION });
        }
        let set = Self {
            id: file.id,
            title: file.title,
            recipients: file.recipients,
            duties: file.duties,
            digest: Digest::of(text.as_bytes()),
            text: text.to_owned(),
        };
        match unsound(&set) {
            None => Ok(set),
            Some(detail) => Err(RuleFault::Unsound { file: name.to_owned(), detail }),
        }
    }

    /// The duty of this id.
    pub fn duty(&self, id: &str) -> Option<&Rule> {
        self.duties.iter().find(|duty| duty.id == id)
    }

    /// The recipient of this id.
    pub fn recipient(&self, id: &str) -> Option<&Recipient> {
        self.recipients.iter().find(|recipient| recipient.id == id)
    }
}

/// The first thing that makes the set say less than it seems to.
fn unsound(set: &RuleSet) -> Option<String> {
    let recipients: Vec<_> = set.recipients.iter().map(|one| one.id.as_str()).collect();
    let duties: Vec<_> = set.duties.iter().map(|duty| duty.id.as_str()).collect();
    let mut ids = vec![set.id.as_str()];
    ids.extend(recipients.iter().chain(&duties));
    let strange = ids.iter().find(|id| !is_id(id)).map(|id| format!("`{id}` cannot be an id"));
    strange
        .or_else(|| twice(&recipients).map(|id| format!("recipient `{id}` stands twice")))
        .or_else(|| twice(&duties).map(|id| format!("duty `{id}` stands twice")))
        .or_else(|| set.duties.iter().find_map(|duty| unsound_duty(set, duty)))
        .or_else(|| circle(set).map(|id| format!("duty `{id}` depends on itself")))
}

fn unsound_duty(set: &RuleSet, duty: &Rule) -> Option<String> {
    let say = |what: String| Some(format!("duty `{}`: {what}", duty.id));
    let named: Vec<_> = duty.recipients.iter().map(|to| to.id.as_str()).collect();
    if let Some(id) = named.iter().find(|id| set.recipient(id).is_none()) {
        return say(format!("no recipient `{id}` in this file"));
    }
    if let Some(id) = twice(&named) {
        return say(format!("recipient `{id}` stands twice"));
    }
    if let Some(id) = references(duty).find(|id| set.duty(id).is_none()) {
        return say(format!("no duty `{id}` in this file"));
    }
    if (duty.trigger == Trigger::SentAt) != duty.after.is_some() {
        return say("`trigger: sent_at` and `after` belong together".to_owned());
    }
    if duty.groups.is_empty() {
        return say("`groups` is empty: it would never open".to_owned());
    }
    if !(1..=5).contains(&duty.level_min) {
        return say(format!("`level-min: {}` is no security level", duty.level_min));
    }
    if duty.from.zip(duty.until).is_some_and(|(from, until)| from > until) {
        return say("`hieu_luc_tu` is later than `hieu_luc_den`".to_owned());
    }
    let words = [&duty.label.vi, &duty.label.en, &duty.article];
    if words.iter().any(|words| words.trim().is_empty()) {
        return say("`label` and `article` must say something".to_owned());
    }
    None
}

fn is_id(id: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (1..=64).contains(&id.len()) && id.chars().all(fits)
}

fn twice<'a>(ids: &[&'a str]) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    ids.iter().find(|id| !seen.insert(**id)).copied()
}

/// The other duties that this one names.
fn references(duty: &Rule) -> impl Iterator<Item = &str> {
    [&duty.requires, &duty.after, &duty.covered_by, &duty.unfinished_at]
        .into_iter()
        .filter_map(Option::as_deref)
}

/// A duty whose standing would be computed from itself. What covers a duty is judged by dispatches
/// alone and cannot close a circle.
fn circle(set: &RuleSet) -> Option<&str> {
    let needs: BTreeMap<&str, Vec<&str>> = set
        .duties
        .iter()
        .map(|duty| {
            let needs = [&duty.requires, &duty.after, &duty.unfinished_at];
            (duty.id.as_str(), needs.into_iter().filter_map(Option::as_deref).collect())
        })
        .collect();
    needs.keys().copied().find(|start| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&str> = needs[start].clone();
        while let Some(id) = next.pop() {
            if id == *start {
                return true;
            }
            if seen.insert(id) {
                next.extend(needs.get(id).into_iter().flatten());
            }
        }
        false
    })
}
