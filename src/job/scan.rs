//! Holding a home page against the criteria of the law, and remembering since when each is met.
//!
//! Nothing is changed by looking, so a scan of a configured portal is one record; a bare address
//! leaves none. What could not be looked at is unknown. Nobody but the portal is asked, unless the
//! caller allows to ask the issuer of its trust label.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use reqwest::Url;

use crate::audit::{Deed, Log};
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args, Fault, FaultKind};
use crate::config::settings::Portal;
use crate::job::fault::JobFault;
use crate::job::site::Site;
use crate::probe;
use crate::probe::criterion::fact::{ResultRecord, SaidRecord, ScanRecord, VERSION};
use crate::probe::criterion::{
    self, Asked, Check, Criterion, Observed, Outcome, Result as Met, Way,
};
use crate::probe::fact::{Cause, Reason};
use crate::probe::http::{self, Fetched, Request};
use crate::probe::look;
use crate::probe::page::{Page, host};
use crate::probe::settings::Network;
use crate::world::World;
use crate::world::files;
use crate::world::net::{Door, Family};

/// One question to a portal: the slowest home pages take ten seconds.
const BUDGET: Duration = Duration::from_secs(20);

/// A file of criteria is some kilobytes.
const FILE_MAX: usize = 1024 * 1024;

/// What to look at, and with what.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// The id of a configured portal, a host name or an address.
    pub target: String,
    /// Files of further criteria.
    pub criteria: Vec<PathBuf>,
    /// Whether the issuer of the trust label may be asked.
    pub ask_issuer: bool,
}

/// A scan that took place.
#[derive(Clone, Debug)]
pub struct Scanned {
    /// The portal, where one was named.
    pub portal: Option<String>,
    /// The home page.
    pub url: Url,
    /// When.
    pub at: Timestamp,
    /// In the order of the files of criteria.
    pub rows: Vec<Row>,
    /// Its entry in the audit log, where one was written.
    pub entry: Option<u64>,
}

/// One criterion and what became of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The law.
    pub law: String,
    /// The criterion.
    pub criterion: Criterion,
    /// What became of it.
    pub outcome: Outcome,
    /// Since when scans have had this result; only for a configured portal.
    pub since: Option<Timestamp>,
}

impl Scanned {
    /// How many rows have this result.
    pub fn count(&self, result: Met) -> usize {
        self.rows.iter().filter(|row| row.outcome.result == result).count()
    }

    /// Something failed 1, something unknown 3, else 0.
    pub fn exit(&self) -> ExitCode {
        if self.count(Met::Fail) > 0 {
            ExitCode::Failed
        } else if self.count(Met::Unknown) > 0 {
            ExitCode::Warnings
        } else {
            ExitCode::Done
        }
    }
}

/// Scans a configured portal and records it.
pub fn portal(site: &Site, portal: &Portal, wish: &Wish) -> Result<Scanned, AnyFault> {
    let log = site.log()?;
    let url =
        portal.url.as_deref().ok_or_else(|| ScanFault::NoUrl { portal: portal.id.clone() })?;
    let about = criterion::Portal {
        kind: Some(portal.kind.as_str()),
        level: Some(portal.level),
        member: Some(portal.standing.network_member),
        components: &portal.criteria.components,
        parent: portal.criteria.parent.as_deref(),
        emc_id: portal.criteria.emc_id.as_deref(),
    };
    let (world, network) = (&site.world, &site.settings.network);
    let mut scanned =
        scan(world, network, &site.settings.site.timezone, (&parse(url)?, wish), &about)?;
    scanned.portal = Some(portal.id.clone());
    let before = history(&log, &portal.id)?;
    for row in &mut scanned.rows {
        let known = before.get(&row.criterion.id);
        let same = known.filter(|(result, _)| result == row.outcome.result.as_str());
        row.since = Some(same.map_or(scanned.at, |(_, since)| *since));
    }
    let deed = Deed::new("probe.scan", &portal.id).fact("record", record(&scanned).serialized());
    scanned.entry = Some(log.record(&site.actor, deed)?);
    Ok(scanned)
}

/// Scans an address that is nobody's here. Nothing is recorded.
pub fn address(world: &World, network: &Network, wish: &Wish) -> Result<Scanned, AnyFault> {
    let url = parse(&wish.target)?;
    scan(world, network, &TimeZone::UTC, (&url, wish), &criterion::Portal::default())
}

/// A host name, or a whole address.
fn parse(text: &str) -> Result<Url, ScanFault> {
    let bad = || ScanFault::BadTarget { target: text.to_owned() };
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}/") };
    let url = Url::parse(&whole).map_err(|_| bad())?;
    host(&url).filter(|host| host.contains(['.', ':']) || *host == "localhost").ok_or_else(bad)?;
    Ok(url)
}

fn scan(
    world: &World,
    network: &Network,
    zone: &TimeZone,
    (url, wish): (&Url, &Wish),
    about: &criterion::Portal<'_>,
) -> Result<Scanned, AnyFault> {
    let sets = criterion::sets(&read(&wish.criteria)?)
        .map_err(|error| ScanFault::BadCriteria { detail: error.to_string() })?;
    let at = world.clock.now();
    let day = at.to_zoned(zone.clone()).date();
    let door = probe::door(world, network)?;
    let mut seen = observe(&door, network, url);
    if let (true, Ok(page)) = (wish.ask_issuer, &seen.page) {
        seen.labels = ask_issuers(&door, page, &sets);
    }
    let rows = sets
        .into_iter()
        .flat_map(|set| set.criteria.into_iter().map(move |one| (set.law.clone(), one)))
        .filter(|(_, criterion)| criterion.holds_on(day))
        .map(|(law, criterion)| {
            let outcome = criterion::evaluate(&criterion, about, &seen);
            Row { law, criterion, outcome, since: None }
        })
        .collect();
    Ok(Scanned { portal: None, url: url.clone(), at, rows, entry: None })
}

fn read(files: &[PathBuf]) -> Result<Vec<String>, AnyFault> {
    files.iter().map(|file| read_one(file)).collect()
}

fn read_one(file: &Path) -> Result<String, AnyFault> {
    let bytes = files::read(file)?;
    let text = String::from_utf8(bytes).ok().filter(|text| text.len() <= FILE_MAX);
    let bad = || ScanFault::BadCriteria { detail: file.display().to_string() };
    Ok(text.ok_or_else(bad)?)
}

/// Asks the portal everything at once, and nobody else.
fn observe(door: &Door, network: &Network, url: &Url) -> Observed {
    let with = |scheme: &str| {
        let mut other = url.clone();
        // The other scheme has its own usual port.
        let _usual = other.set_port(None);
        let _web = other.set_scheme(scheme);
        other
    };
    let secure_url = if url.scheme() == "https" { url.clone() } else { with("https") };
    let mut contact_url = secure_url.clone();
    contact_url.set_path("/.well-known/security.txt");
    contact_url.set_query(None);
    let plain_url = if url.scheme() == "http" { url.clone() } else { with("http") };
    let request = |url: &Url| Request::new(url.as_str(), BUDGET);
    let over6 = request(url).over(Family::Ipv6);
    let (home, secure, plain, ipv6, contact) =
        (request(url), request(&secure_url), request(&plain_url), over6, request(&contact_url));
    let [home, secure, plain, ipv6, contact] = door.world().block_on(async {
        let all = [&home, &secure, &plain, &ipv6, &contact].map(|one| http::get(door, one));
        let answers = futures_util::future::join_all(all).await;
        <[Fetched; 5]>::try_from(answers).expect("five were asked")
    });
    let why = |fetched: &Fetched, family| -> Option<Reason> {
        let trouble = fetched.end.as_ref().err()?;
        Some(look::because(door, network, family, (fetched, trouble)))
    };
    let ended = |fetched: &Fetched| -> Way<Url> {
        match &fetched.end {
            Ok(answer) => Url::parse(&answer.url)
                .map_err(|_| Reason::new(Cause::BadUrl, answer.url.as_str(), "")),
            Err(_) => Err(why(fetched, None).unwrap_or_else(unseen)),
        }
    };
    let page = page_of(&home).ok_or_else(|| why(&home, None).unwrap_or_else(|| status(&home)));
    let header = |fetched: &Fetched, name: &str| {
        fetched.end.as_ref().ok().and_then(|answer| answer.header(name)).map(str::to_owned)
    };
    Observed {
        url: url.clone(),
        policy: header(&home, "content-security-policy"),
        secure: ended(&secure),
        days_left: secure.certificates().and_then(probe::tls::Certificates::days_left),
        transport: header(&secure, "strict-transport-security"),
        plain: ended(&plain),
        ipv6: match &ipv6.end {
            Ok(answer) => Ok(answer.status),
            Err(_) => Err(why(&ipv6, Some(Family::Ipv6)).unwrap_or_else(unseen)),
        },
        contacts: match &contact.end {
            Ok(answer) => Ok(contacts(answer)),
            Err(_) => Err(why(&contact, None).unwrap_or_else(unseen)),
        },
        labels: Vec::new(),
        page,
    }
}

fn unseen() -> Reason {
    Reason::new(Cause::NoAnswer, "", "")
}

fn status(fetched: &Fetched) -> Reason {
    let status = fetched.end.as_ref().map_or(0, |answer| answer.status);
    Reason::new(Cause::Status, status.to_string(), "200")
}

/// The page, where the server gave one and not a complaint.
fn page_of(fetched: &Fetched) -> Option<Page> {
    let answer = fetched.end.as_ref().ok().filter(|answer| (200..300).contains(&answer.status))?;
    let url = Url::parse(&answer.url).ok()?;
    let mut page = Page::read(&url, answer.header("content-type"), &answer.body);
    page.cut |= answer.cut;
    Some(page)
}

/// The `Contact:` lines of a `security.txt` (RFC 9116); none where the server has no such file.
fn contacts(answer: &http::Answer) -> Vec<String> {
    if answer.status != 200 {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&answer.body);
    let field = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("contact").then(|| value.trim().to_owned())
    };
    text.lines().take(200).filter_map(field).filter(|value| !value.is_empty()).collect()
}

/// Asks each issuer for the label that it made out to this very page, once.
fn ask_issuers(door: &Door, page: &Page, sets: &[criterion::CriterionSet]) -> Vec<(Url, Asked)> {
    let mut asked: Vec<(Url, Asked)> = Vec::new();
    for one in sets.iter().flat_map(|set| &set.criteria) {
        let Check::TrustLabel { host, path, parameter } = &one.check else { continue };
        let Some(label) = criterion::own_label(page, (host, path, parameter)) else { continue };
        if asked.iter().all(|(known, _)| known != label) {
            asked.push((label.clone(), ask_issuer(door, label)));
        }
    }
    asked
}

fn ask_issuer(door: &Door, label: &Url) -> Asked {
    match http::fetch(door, &Request::new(label.as_str(), BUDGET)).end {
        Ok(answer) => {
            let media = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
            Asked::Answered(answer.status, media)
        }
        Err(_) => Asked::Silent,
    }
}

/// Since when the scans on record have had the same result, by criterion.
fn history(log: &Log, portal: &str) -> Result<BTreeMap<String, (String, Timestamp)>, AnyFault> {
    let mut known: BTreeMap<String, (String, Timestamp)> = BTreeMap::new();
    for entry in log.reader()?.entries() {
        let entry = entry?;
        if entry.verb != "probe.scan" || entry.subject != portal {
            continue;
        }
        let record = entry.facts.get("record").unwrap_or(&serde_json::Value::Null);
        let record = ScanRecord::deserialized(record).map_err(|detail| {
            JobFault::UnreadableRecord { entry: entry.seq, what: "scan", detail }
        })?;
        for one in record.results {
            match known.get(&one.criterion) {
                Some((result, _)) if *result == one.result => {}
                _ => {
                    known.insert(one.criterion, (one.result, record.at));
                }
            }
        }
    }
    Ok(known)
}

fn record(scanned: &Scanned) -> ScanRecord {
    let results = scanned.rows.iter().map(|row| ResultRecord {
        criterion: row.criterion.id.clone(),
        result: row.outcome.result.as_str().to_owned(),
        because: row.outcome.because.iter().map(SaidRecord::from).collect(),
    });
    ScanRecord {
        version: VERSION,
        url: scanned.url.to_string(),
        at: scanned.at,
        results: results.collect(),
    }
}

/// Why a scan could not begin.
#[derive(Debug, thiserror::Error)]
pub enum ScanFault {
    /// Neither a portal nor an address.
    #[error("`{target}` is neither a configured portal nor a web address")]
    BadTarget {
        /// What was asked for.
        target: String,
    },
    /// The portal has no address in the configuration.
    #[error("portal `{portal}` has no `url` in the configuration")]
    NoUrl {
        /// The portal.
        portal: String,
    },
    /// A file of criteria cannot be used.
    #[error("criteria cannot be used: {detail}")]
    BadCriteria {
        /// What is wrong.
        detail: String,
    },
}

impl Fault for ScanFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::BadTarget { .. } => FaultKind::User,
            Self::NoUrl { .. } | Self::BadCriteria { .. } => FaultKind::Config,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::BadTarget { .. } => "scan.bad-target",
            Self::NoUrl { .. } => "scan.no-url",
            Self::BadCriteria { .. } => "scan.bad-criteria",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::BadTarget { target } => Args::none().text("target", target),
            Self::NoUrl { portal } => Args::none().text("portal", portal),
            Self::BadCriteria { detail } => Args::none().text("detail", detail),
        }
    }
}
