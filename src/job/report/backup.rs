//! The backup report of a period: figures from the audit log, and what an auditor needs to check
//! them.
//!
//! Only reads. The figures are those of [`view::backup`](crate::view::backup); beside them stand the
//! head of the log that they reach to, what verifying the log says, and the command by which
//! somebody else reckons them again. Where the repositories lie is told from the configuration, and
//! said to be: it has no part in a figure.

mod pages;
mod sheets;

use data_encoding::BASE64;
use jiff::Timestamp;

use crate::audit::verify::{self, Trust, Verdict};
use crate::base::digest::Digest;
use crate::base::fault::AnyFault;
use crate::config::settings::Store;
use crate::document::Document;
use crate::job::report::fault::ReportFault;
use crate::job::site::Site;
use crate::text::Language;
use crate::view::backup::{Row, Scope, Section, Tally, Value};
use crate::view::period::Period;

pub use sheets::{sheet, sheets};

/// The figures of a period, and what they rest on.
#[derive(Clone, Debug)]
pub struct BackupReport {
    /// The period as it was asked for.
    pub words: String,
    /// What was counted.
    pub scope: Scope,
    /// The figures.
    pub rows: Vec<Row>,
    /// What the log is.
    pub log: LogHead,
    /// What verifying it says.
    pub verdict: Verdict,
    /// Where the repositories lie by the configuration of today: name, place, and whether that is
    /// elsewhere than production.
    pub places: Vec<(String, Store, bool)>,
}

/// The head of the log that the figures reach to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// The log's name.
    pub origin: String,
    /// Entries it covers.
    pub size: u64,
    /// The root of the tree over them, in hexadecimal.
    pub root: String,
    /// The signed head itself.
    pub checkpoint: Vec<u8>,
}

impl LogHead {
    /// What a checkpoint of our own log says: name, size and root on a line each.
    pub(super) fn of(checkpoint: Vec<u8>) -> Self {
        let text = String::from_utf8_lossy(&checkpoint).into_owned();
        let mut lines = text.lines();
        let mut next = || lines.next().unwrap_or_default();
        let (origin, size, root) = (next().to_owned(), next().parse().unwrap_or(0), next());
        let root = BASE64.decode(root.as_bytes()).ok().and_then(|root| root.try_into().ok());
        let root = root.map_or_else(String::new, |root| Digest(root).to_string());
        Self { origin, size, root, checkpoint }
    }
}

/// Reckons the figures of the period that these words name.
pub fn make(site: &Site, words: &str) -> Result<BackupReport, AnyFault> {
    let zone = site.settings.site.timezone.clone();
    let asked = || words.to_owned();
    let period =
        Period::parse(words, &zone).ok_or_else(|| ReportFault::Period { words: asked() })?;
    let now = site.world.clock.now();
    // To the second, as it stands in the command by which the figures are reckoned again; the next
    // one, since what was recorded in this one counts.
    let second = now.as_second() + i64::from(now.subsec_nanosecond() > 0);
    let at = Timestamp::from_second(second).unwrap_or(now);
    if period.from > at {
        return Err(ReportFault::Future { words: asked() }.into());
    }
    let settings = &site.settings;
    let scope = Scope {
        period,
        at,
        zone,
        portals: settings.portals.iter().map(|portal| portal.id.clone()).collect(),
        repositories: settings.repositories.iter().map(|one| one.name.clone()).collect(),
    };
    let log = site.log()?;
    let head = LogHead::of(log.checkpoint()?);
    let mut tally = Tally::new(scope.clone());
    for entry in log.reader()?.range(0..head.size) {
        site.go_on()?;
        tally.take(&entry?);
    }
    let verdict = verify::verify(&settings.audit_dir(), &Trust::default()).verdict();
    let places = settings.repositories.iter();
    Ok(BackupReport {
        words: words.to_owned(),
        rows: tally.rows(),
        scope,
        log: head,
        verdict,
        places: places.map(|one| (one.name.clone(), one.store.clone(), one.off_site)).collect(),
    })
}

impl BackupReport {
    /// The command that reckons the figures again in the folder of an export, as its words.
    pub fn command(&self, language: Language) -> Vec<String> {
        let offset = || self.text("backup-figure-zone").trim_start_matches("UTC").to_owned();
        let zone = self.scope.zone.iana_name().map_or_else(offset, str::to_owned);
        let mut words = vec!["python3".to_owned(), "figures.py".to_owned()];
        words.push(format!("--period={}", self.words));
        words.extend([format!("--at={}", self.scope.at), format!("--entries={}", self.log.size)]);
        words.extend([format!("--zone={zone}"), format!("--lang={}", language.code())]);
        words.extend(self.scope.portals.iter().map(|id| format!("--portal={id}")));
        words.extend(self.scope.repositories.iter().map(|name| format!("--repository={name}")));
        words.push(".".to_owned());
        words
    }

    /// The report as an official document of the agency.
    pub fn document(&self, site: &Site, language: Language) -> Document {
        pages::document(self, site, language)
    }

    /// Figures of one section.
    fn section(&self, section: Section) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.section == section)
    }

    /// A figure about the report itself.
    fn text(&self, figure: &str) -> &str {
        let found = self.section(Section::Report).find(|row| row.figure == figure);
        match found.map(|row| &row.value) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }
}

/// Lines of a section that have the same figures, so that they make one table.
struct Group<'a> {
    figures: Vec<&'static str>,
    lines: Vec<Line<'a>>,
}

/// The figures of one thing.
struct Line<'a> {
    subject: &'a str,
    item: &'a str,
    values: Vec<&'a Value>,
}

/// The rows of a section, sorted into tables.
fn grouped<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<Group<'a>> {
    let mut lines: Vec<(Vec<&'static str>, Line<'a>)> = Vec::new();
    for row in rows {
        let (subject, item) = (row.subject.as_str(), row.item.as_str());
        match lines.last_mut() {
            // The first figure again is another line about the same thing.
            Some((figures, line))
                if (line.subject, line.item) == (subject, item) && figures[0] != row.figure =>
            {
                figures.push(row.figure);
                line.values.push(&row.value);
            }
            _ => lines.push((vec![row.figure], Line { subject, item, values: vec![&row.value] })),
        }
    }
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (figures, line) in lines {
        match groups.iter_mut().find(|group| group.figures == figures) {
            Some(group) => group.lines.push(line),
            None => groups.push(Group { figures, lines: vec![line] }),
        }
    }
    groups
}
