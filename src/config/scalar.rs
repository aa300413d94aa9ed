//! Single values: texts, ids, words, numbers, durations, paths, time zones, URLs, secrets.
//!
//! What a scalar is depends on the key it stands at, never on its looks: `name: no` is the text
//! "no", and a duration without a unit is refused rather than guessed.

use std::ops::RangeInclusive;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::base::written;
use crate::base::written::{DurationProblem, UrlProblem};
use crate::config::decode::{Cursor, listed};
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::config::secret::SecretSource;
use crate::config::suggest::nearest;
use crate::config::tree::Value;
use crate::scheduler::schedule::Schedule;

pub(super) use crate::base::written::is_id;

/// Names of agencies are the longest texts; the longest real one is about half of this.
const TEXT_CHARACTERS_MAX: usize = 300;

/// Shorter objectives cannot be kept by snapshots, nor measured by drills.
pub(super) const OBJECTIVE_MIN: Duration = Duration::from_mins(1);

/// A longer objective is none.
const OBJECTIVE_MAX: Duration = Duration::from_hours(31 * 24);

impl Cursor<'_> {
    /// The text as it was written, for the readers below.
    fn scalar(&self, expected: &'static str) -> Option<&str> {
        match self.value {
            Value::Plain(text) | Value::Quoted(text) => Some(text),
            _ => self.wrong_kind(expected),
        }
    }

    /// One line of text.
    pub(super) fn text(&self) -> Option<String> {
        self.text_within(TEXT_CHARACTERS_MAX)
    }

    /// One line of text of no more than so many characters.
    pub(super) fn text_within(&self, most: usize) -> Option<String> {
        let text = self.scalar("text")?.trim();
        if text.is_empty() {
            return self.refuse(Complaint::error("config-no-value").hint("config-no-value-hint"));
        }
        if text.chars().any(char::is_control) {
            return self.refuse(Complaint::error("config-text-lines"));
        }
        let length = text.chars().count();
        if length > most {
            let complaint = Complaint::error("config-text-length").number("length", length as u64);
            return self.refuse(complaint.number("most", most as u64));
        }
        Some(text.to_owned())
    }

    /// A short name.
    pub(super) fn id(&self) -> Option<String> {
        let text = self.scalar("text")?;
        if is_id(text) { Some(text.to_owned()) } else { self.refuse(not_an_id(text)) }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.scalar("text")?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known = || words.iter().map(|(word, _)| *word);
        let complaint = Complaint::error("config-unknown-word")
            .text("value", text)
            .text("known", listed(known()));
        self.refuse(match nearest(text, known()) {
            Some(word) => complaint.hint("config-did-you-mean-hint").text("nearest", word),
            None => complaint.hint("config-known-words-hint"),
        })
    }

    /// A whole number.
    pub(super) fn number<N: TryFrom<u64>>(&self, allowed: RangeInclusive<u64>) -> Option<N> {
        let digits = match self.value {
            Value::Plain(text) if is_digits(text) => text,
            Value::Quoted(text) if is_digits(text) => {
                return self.refuse(
                    Complaint::error("config-quoted-number").hint("config-quoted-number-hint"),
                );
            }
            _ => return self.wrong_kind("number"),
        };
        let number = digits.parse().ok().filter(|number| allowed.contains(number));
        if let Some(value) = number.and_then(|number| N::try_from(number).ok()) {
            return Some(value);
        }
        self.refuse(
            Complaint::error("config-number-range")
                .text("value", digits)
                .number("least", *allowed.start())
                .number("most", *allowed.end()),
        )
    }

    /// `true` or `false`, and no other word: `yes` and `no` are texts to this reader.
    pub(super) fn boolean(&self) -> Option<bool> {
        self.word(&[("true", true), ("false", false)])
    }

    /// When recurring work starts: five fields of cron, in the zone of the site.
    pub(super) fn schedule(&self, zone: &TimeZone) -> Option<Schedule> {
        let text = self.text()?;
        Schedule::parse(&text, zone.clone())
            .map_err(|detail| {
                let complaint = Complaint::error("config-schedule").text("value", &text);
                self.complain(complaint.text("detail", detail).hint("config-schedule-hint"));
            })
            .ok()
    }

    /// A span of time with its unit: `90s`, `30m`, `6h`, `14d`.
    pub(super) fn duration(&self, allowed: RangeInclusive<Duration>) -> Option<Duration> {
        let text = self.scalar("duration")?;
        let duration = match written::duration(text) {
            Ok(duration) => Some(duration),
            Err(DurationProblem::Huge) => None,
            Err(DurationProblem::NoUnit) => {
                let complaint = Complaint::error("config-duration-unit").text("value", text);
                return self.refuse(complaint.hint("config-duration-hint"));
            }
            Err(DurationProblem::Malformed) => {
                let complaint = Complaint::error("config-duration").text("value", text);
                return self.refuse(complaint.hint("config-duration-hint"));
            }
        };
        duration.filter(|duration| allowed.contains(duration)).or_else(|| {
            self.refuse(
                Complaint::error("config-duration-range")
                    .text("value", text)
                    .number("least", milliseconds(*allowed.start()))
                    .number("most", milliseconds(*allowed.end())),
            )
        })
    }

    /// An RPO or RTO.
    pub(super) fn objective(&self) -> Option<Duration> {
        self.duration(OBJECTIVE_MIN..=OBJECTIVE_MAX)
    }

    /// An absolute path. A relative one starts at the folder of the configuration file. `..` is
    /// refused: behind a symbolic link it leads elsewhere than it seems to, and the checks of what
    /// lies inside what would be wrong.
    pub(super) fn path(&self) -> Option<PathBuf> {
        let text = self.text()?;
        if text.starts_with('~') || text.contains('$') {
            let complaint = Complaint::error("config-path-unexpanded").text("value", &text);
            return self.refuse(complaint.hint("config-path-unexpanded-hint"));
        }
        let path = Path::new(&text);
        if path.components().any(|part| part == Component::ParentDir) {
            let complaint = Complaint::error("config-path-parent").text("value", &text);
            return self.refuse(complaint.hint("config-path-parent-hint"));
        }
        Some(self.desk.base.join(path).components().collect())
    }

    /// A time zone of the IANA database.
    pub(super) fn timezone(&self) -> Option<TimeZone> {
        let text = self.text()?;
        TimeZone::get(&text).ok().or_else(|| {
            let complaint = Complaint::error("config-timezone").text("value", &text);
            let known: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
            self.refuse(match nearest(&text, known.iter().map(String::as_str)) {
                Some(name) => complaint.hint("config-did-you-mean-hint").text("nearest", name),
                None => complaint.hint("config-timezone-hint"),
            })
        })
    }

    /// The address of a portal.
    pub(super) fn url(&self) -> Option<String> {
        let text = self.text()?;
        match written::check_url(&text) {
            Ok(()) => Some(text),
            Err(UrlProblem::Secret) => {
                let complaint = Complaint::error("config-url-secret").secret();
                self.refuse(complaint.hint("config-url-secret-hint"))
            }
            Err(UrlProblem::Malformed) => {
                let complaint = Complaint::error("config-url").text("value", &text);
                self.refuse(complaint.hint("config-url-hint"))
            }
        }
    }

    /// Where a secret is kept. A secret itself is refused and not repeated.
    pub(super) fn secret(&self) -> Option<SecretSource> {
        if matches!(self.value, Value::Plain(_) | Value::Quoted(_)) {
            let complaint = Complaint::error("config-inline-secret").secret();
            return self.refuse(complaint.hint("config-inline-secret-hint"));
        }
        let section = self.section(&keys::SECRET)?;
        match section.one_of(keys::SECRET.one_of)? {
            ("file", file) => file.path().map(SecretSource::File),
            (_, credential) => {
                let name = credential.credential_name()?;
                let path = self.desk.credentials.map(|folder| folder.join(&name));
                Some(SecretSource::Credential { name, path })
            }
        }
    }

    /// An account as the audit log names it: of this machine, or `uid N` of a directory service,
    /// which this machine does not list.
    pub(super) fn login(&self) -> Option<String> {
        let text = self.text()?;
        // Written in any other way, such as with a leading zero, it would match no starter.
        let uid = text.strip_prefix("uid ").and_then(|number| number.parse::<u32>().ok());
        if uid.is_some_and(|uid| text == format!("uid {uid}")) {
            return Some(text);
        }
        self.account()
    }

    /// An account of the machine, as `useradd` accepts it.
    pub(super) fn account(&self) -> Option<String> {
        let text = self.text()?;
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c);
        let first = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        if first && text.len() <= 32 && text.chars().all(legal) {
            return Some(text);
        }
        self.refuse(Complaint::error("config-account").text("value", &text))
    }

    /// systemd takes a file name; more would lead out of its folder.
    fn credential_name(&self) -> Option<String> {
        let name = self.text()?;
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.starts_with('.') || !name.chars().all(legal) {
            return self.refuse(Complaint::error("config-credential").text("value", &name));
        }
        Some(name)
    }

    /// A pattern of what a tree leaves out. A leading `/` is refused although the engine has a
    /// meaning for it: people who write one mean the machine's root.
    pub(super) fn pattern(&self) -> Option<String> {
        let text = self.text()?;
        let path = text.strip_suffix("/**").unwrap_or(&text).trim_end_matches('/');
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            let complaint = Complaint::error("config-pattern").text("value", &text);
            return self.refuse(complaint.hint("config-pattern-hint"));
        }
        Some(text)
    }
}

pub(super) fn not_an_id(text: &str) -> Complaint {
    Complaint::error("config-id").text("value", text).hint("config-id-hint")
}

/// Durations in messages are milliseconds: the catalog words them.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
