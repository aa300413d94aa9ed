//! Whether a page is still the agency's own: a score with reasons, by comparison with a baseline.
//!
//! [`judge()`] is pure: it takes what was seen in each way of asking and what the page was like, and
//! adds up weights. An ordinary day's news never reach [`ALARM`]; each of the ways in which state
//! portals were really altered does by itself (law.md §10; decision 0081 gives every weight its
//! reason). A page that could not be looked at is unknown, never unaltered. Redrawing a page on
//! purpose looks like an alteration: a person then takes a new baseline.
//!
//! Nothing here runs a page's scripts or takes a picture of it.

mod away;
pub mod fact;
mod judge;
pub mod signature;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use reqwest::Url;

use crate::probe::deface::fact::{Baseline, Reason, Unseen, VERSION, Variant, Verdict};
use crate::probe::deface::signature::Signatures;
use crate::probe::page::fold::one_line;
use crate::probe::page::{Page, Role, host, is_within};

pub use judge::{ALARM, judge};

/// How `User-Agent` and `Referer` are set for each way of asking.
pub fn asks(variant: Variant) -> (&'static str, Option<&'static str>) {
    const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
    const ROBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    const MOBILE: &str = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";
    match variant {
        Variant::Browser => (BROWSER, None),
        Variant::Robot => (ROBOT, None),
        Variant::Search => (BROWSER, Some("https://www.google.com/")),
        Variant::Mobile => (MOBILE, None),
    }
}

/// An answer to one way of asking, or the stable word for why there was none.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// How it was asked for.
    pub variant: Variant,
    /// Where the redirects led, whether or not anybody answered there.
    pub landed: Url,
    /// The answer.
    pub answer: Result<View, String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The status of the last answer.
    pub status: u16,
    /// The page; its address is that of the last answer.
    pub page: Page,
}

impl View {
    /// Whether this is the page, not a complaint of the server.
    pub fn is_page(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What a page is held against.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The page, as the configuration names it.
    pub url: &'a Url,
    /// How it was; none at the first look.
    pub baseline: Option<&'a Baseline>,
    /// Hosts that the configuration allows.
    pub allow: &'a [String],
    /// What an agency does not say.
    pub signatures: &'a Signatures,
}

impl Known<'_> {
    /// Whether `host` is the page's own.
    fn is_own(&self, other: &str) -> bool {
        let own = |url: &Url| host(url).is_some_and(|own| is_within(other, own));
        own(self.url)
            || self.baseline.is_some_and(|baseline| is_within(other, &baseline.host))
            || self.allow.iter().any(|allowed| is_within(other, allowed))
    }

    /// Whether the page is known to refer to `host` in this role.
    fn knows(&self, role: Role, other: &str) -> bool {
        let hosts = self.baseline.and_then(|baseline| baseline.hosts.get(role.as_str()));
        self.is_own(other) || hosts.is_some_and(|hosts| hosts.contains(other))
    }
}

/// What a look concluded.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The conclusion.
    pub verdict: Verdict,
    /// The sum of the weights.
    pub score: u32,
    /// The heaviest first.
    pub reasons: Vec<Reason>,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
}

/// Hosts of one role that a baseline holds at most; a record must fit into the log.
const HOSTS_MAX: usize = 150;

/// The longest name of a host (RFC 1035).
const HOST_LENGTH_MAX: usize = 253;

/// The baseline that a page makes. `by` and `reason` are those of the person who takes it, who
/// thereby accepts the words that stand in it.
pub fn baseline(
    url: &Url,
    page: &Page,
    taken: Timestamp,
    (by, reason): (Option<&str>, Option<&str>),
    signatures: &Signatures,
) -> Baseline {
    let mut hosts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (role, other) in away::referred(page) {
        let known = hosts.entry(role.as_str().to_owned()).or_default();
        let own = host(&page.url).is_some_and(|own| is_within(&other, own));
        if !own && known.len() < HOSTS_MAX && other.len() <= HOST_LENGTH_MAX {
            known.insert(other);
        }
    }
    hosts.retain(|_, hosts| !hosts.is_empty());
    let said = [page.title.as_str(), page.text.as_str(), page.hidden_text.as_str()];
    let accepted = said.iter().flat_map(|text| signatures.found(text)).map(|(words, _)| words);
    Baseline {
        version: VERSION,
        url: url.to_string(),
        taken,
        by: by.map(|by| one_line(by, 200)),
        reason: reason.map(|reason| one_line(reason, 1000)),
        host: host(&page.url).unwrap_or_default().to_owned(),
        title: page.title.clone(),
        hosts,
        lasting: page.lasting.clone(),
        skeleton: page.skeleton.to_string(),
        wording: page.wording.to_string(),
        accepted: if by.is_some() { accepted.collect() } else { BTreeSet::new() },
    }
}
