//! Reads where heads of the audit log are kept outside, and when they go there.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::base::language::Language;
use crate::config::bucket;
use crate::config::decode::{Cursor, Named};
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::config::scalar::{is_id, not_an_id};
use crate::config::settings::{Bucket, LockMode, ObjectLock};
use crate::scheduler::schedule::Schedule;

/// More places hold no more than the same head once more.
const PLACES_MAX: usize = 20;

/// An auditor who comes once a month must still find what lies there. The most is as with
/// repositories: a mistyped year costs storage that nobody can free.
const RETENTION: RangeInclusive<Duration> =
    Duration::from_hours(30 * 24)..=Duration::from_hours(3650 * 24);

/// Every night: what a day's entries say is at risk for a day, and a head a day is read in no time.
const SCHEDULE_DEFAULT: &str = "20 1 * * *";

/// Where heads of the audit log are kept outside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Anchoring {
    /// When they go there; absent only where there is no place.
    pub schedule: Option<Schedule>,
    /// The places, in the order of the file; names are unique.
    pub anchors: Vec<Anchor>,
}

/// A place outside that keeps heads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Its name in the configuration.
    pub name: String,
    /// Where it is.
    pub place: AnchorPlace,
}

/// Where heads are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnchorPlace {
    /// In a bucket, each locked: its `object_lock` is there, without slack.
    S3(Bucket),
    /// With a person who gets them by mail.
    Mail {
        /// The address.
        to: String,
        /// What this person reads.
        language: Language,
    },
}

impl AnchorPlace {
    /// Its word in the log and in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::S3(_) => "s3",
            Self::Mail { .. } => "mail",
        }
    }
}

/// The bucket as restic calls it, or the address.
impl fmt::Display for AnchorPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S3(bucket) => bucket.fmt(f),
            Self::Mail { to, .. } => f.write_str(to),
        }
    }
}

/// Where heads go. Each bucket joins `buckets`, with the place it was read from; `mail` says whether
/// there is a server to send by, and `language` what a person reads of whom nothing else is said.
pub(super) fn audit<'a>(
    value: &Cursor<'a>,
    (zone, language): (&TimeZone, Language),
    mail: bool,
    buckets: &mut Vec<(Cursor<'a>, Bucket)>,
) -> Option<Anchoring> {
    let section = value.section(&keys::AUDIT)?;
    let schedule = section.may("schedule", |value| value.schedule(zone));
    let mut anchors = Vec::new();
    if let Some(value) = section.get("anchors") {
        for named in value.named(0..=PLACES_MAX) {
            anchors.extend(anchor(&named, language, mail, buckets));
        }
    }
    let usual = || Schedule::parse(SCHEDULE_DEFAULT, zone.clone()).ok();
    let schedule = (!anchors.is_empty()).then(|| schedule.or_else(usual)).flatten();
    Some(Anchoring { schedule, anchors })
}

fn anchor<'a>(
    named: &Named<'a>,
    language: Language,
    mail: bool,
    buckets: &mut Vec<(Cursor<'a>, Bucket)>,
) -> Option<Anchor> {
    if !is_id(named.name) {
        let report = named.value.desk.report;
        report.add(&named.value.path, named.name_at, not_an_id(named.name));
        return None;
    }
    let section = named.value.section(&keys::ANCHOR)?;
    let lock = section.get("object-lock").map(|value| (object_lock(&value), value));
    let place = match section.one_of(keys::ANCHOR.one_of)? {
        ("s3", value) => {
            let bucket = bucket::bucket(&value);
            let Some((object_lock, _)) = lock else {
                let complaint = Complaint::error("config-anchor-without-lock");
                return named.value.refuse(complaint.hint("config-anchor-without-lock-hint"));
            };
            let bucket = Bucket { object_lock: Some(object_lock?), ..bucket? };
            buckets.push((value, bucket.clone()));
            AnchorPlace::S3(bucket)
        }
        (_, value) => {
            if let Some((_, lock)) = lock {
                let complaint = Complaint::error("config-anchor-lock-mail");
                lock.complain(complaint.hint("config-anchor-lock-mail-hint"));
            }
            let place = by_mail(&value, language)?;
            if !mail {
                let complaint = Complaint::error("config-anchor-without-smtp");
                return value.refuse(complaint.hint("config-anchor-without-smtp-hint"));
            }
            place
        }
    };
    Some(Anchor { name: named.name.to_owned(), place })
}

fn by_mail(value: &Cursor<'_>, usual: Language) -> Option<AnchorPlace> {
    let section = value.section(&keys::ANCHOR_MAIL)?;
    let to = section.need("to", Cursor::mailbox);
    let language = section.may("language", |value| value.word(&Language::WORDS));
    Some(AnchorPlace::Mail { to: to?, language: language.unwrap_or(usual) })
}

/// A head is written once and never again: its lock is not extended, and has no slack.
fn object_lock(value: &Cursor<'_>) -> Option<ObjectLock> {
    let section = value.section(&keys::ANCHOR_LOCK)?;
    let mode = section.need("mode", |value| value.word(&LockMode::WORDS));
    let retention = section.need("retention", |value| value.duration(RETENTION));
    Some(ObjectLock { mode: mode?, retention: retention?, slack: Duration::ZERO })
}
