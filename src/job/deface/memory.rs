//! What is known of a page before a look: its baseline from the log, its last look from a file
//! beside the log or, where that is gone, from the log too.

use std::path::PathBuf;

use jiff::Timestamp;
use reqwest::Url;

use crate::audit::Log;
use crate::base::digest::Digest;
use crate::base::fault::AnyFault;
use crate::job::fault::JobFault;
use crate::job::site::Site;
use crate::probe::deface::fact::{
    Baseline, Latest, Look, VERSION, Verdict, deserialized, serialized,
};
use crate::world::files;

/// A page as it was known before a look.
pub(super) struct Remembered {
    /// The newest baseline.
    pub(super) baseline: Option<Baseline>,
    /// The last look.
    pub(super) latest: Option<Latest>,
    /// The last look that found it unaltered, or its baseline.
    pub(super) last_unaltered: Option<Timestamp>,
    /// The first altered look since the last that found the page unaltered.
    altered_since: Option<Timestamp>,
    file: PathBuf,
}

impl Remembered {
    /// Gathers it.
    pub(super) fn of(site: &Site, log: &Log, portal: &str, url: &Url) -> Result<Self, AnyFault> {
        let folder = site.settings.state.join("looks");
        let name = format!("{portal}-{}.json", Digest::of(url.as_str().as_bytes()).short());
        let mut remembered = Self {
            baseline: None,
            latest: None,
            last_unaltered: None,
            altered_since: None,
            file: folder.join(name),
        };
        for entry in log.reader()?.entries() {
            let entry = entry?;
            let of_page = entry.subject == portal
                && entry.facts.get("url").and_then(serde_json::Value::as_str) == Some(url.as_str());
            let record = entry.facts.get("record").filter(|_| of_page);
            let Some(record) = record else { continue };
            let what = "defacement";
            let unreadable = |detail| JobFault::UnreadableRecord { entry: entry.seq, what, detail };
            match entry.verb.as_str() {
                "probe.baseline" => {
                    let baseline: Baseline = deserialized(record).map_err(unreadable)?;
                    // What was an alarm against the old baseline is judged anew.
                    remembered.latest = None;
                    remembered.altered_since = None;
                    remembered.last_unaltered = Some(baseline.taken);
                    remembered.baseline = Some(baseline);
                }
                "probe.deface" => {
                    remembered.take(&deserialized(record).map_err(unreadable)?);
                }
                _ => {}
            }
        }
        remembered.read_file();
        Ok(remembered)
    }

    fn take(&mut self, look: &Look) {
        match look.verdict {
            Verdict::Unaltered => self.altered_since = None,
            Verdict::Altered => self.altered_since = self.altered_since.or(Some(look.at)),
            Verdict::Unknown => {}
        }
        let unaltered = (look.verdict == Verdict::Unaltered).then_some(look.at);
        self.last_unaltered = unaltered.or(look.last_unaltered).or(self.last_unaltered);
        self.latest = Some(Latest {
            version: VERSION,
            url: look.url.clone(),
            at: look.at,
            verdict: look.verdict,
            last_unaltered: self.last_unaltered,
            incident: look.incident,
        });
    }

    /// The file knows looks that changed nothing. One that contradicts the log, or cannot be read,
    /// is not believed: the log outranks it.
    fn read_file(&mut self) {
        let Some(recorded) = &self.latest else { return };
        let read = files::read(&self.file).ok();
        let value = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let latest: Option<Latest> = value.and_then(|value| deserialized(&value).ok());
        if let Some(latest) = latest
            && latest.url == recorded.url
            && latest.verdict == recorded.verdict
            && latest.at >= recorded.at
        {
            self.last_unaltered = latest.last_unaltered.or(self.last_unaltered);
            self.latest = Some(latest);
        }
    }

    /// Whether a look with this verdict belongs on record: it changes something, or an alarm has
    /// no incident yet.
    pub(super) fn is_news(&self, verdict: Verdict) -> bool {
        self.latest.as_ref().is_none_or(|latest| {
            latest.verdict != verdict || (verdict == Verdict::Altered && latest.incident.is_none())
        })
    }

    /// The first altered look, where the look of now is altered.
    pub(super) fn first_altered(&self, now: Timestamp) -> Timestamp {
        self.altered_since.unwrap_or(now)
    }

    /// Keeps the look of now.
    pub(super) fn keep(&self, site: &Site, latest: &Latest) -> Result<(), AnyFault> {
        files::create_private_dir(&site.settings.state.join("looks"))?;
        Ok(files::replace_durably(&self.file, serialized(latest).to_string().as_bytes())?)
    }
}
