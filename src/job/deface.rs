//! Watching pages for changes that nobody of the agency made, and taking their baselines.
//!
//! Evidence first: what an alarm is about is sealed before anything else is done with it. Then the
//! look goes on record, and an incident is proposed once: a page that stays altered proposes no
//! more. A look that finds the page as it was, like one that finds it as altered as before, costs
//! no entry; it is kept in a small file beside the log. The first baseline is taken by itself, but
//! only of a page that says nothing suspicious; later ones by a person, by name and with a reason.

mod memory;
mod seal;

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;

use crate::audit::{Deed, Log};
use crate::base::fault::{AnyFault, Args, Fault, FaultKind, Message};
use crate::config::settings::Portal;
use crate::incident::fact::{Group, Kind, Sealed};
use crate::job::incident::{self, Proposal};
use crate::job::site::Site;
use crate::probe;
use crate::probe::deface::fact::{Baseline, Latest, Look, VERSION, Variant, Verdict, serialized};
use crate::probe::deface::signature::Signatures;
use crate::probe::deface::{self, Judged, Known, Seen, View, asks};
use crate::probe::http::{self, Fetched, Request};
use crate::probe::look;
use crate::probe::page::Page;
use crate::probe::settings::Defacement;
use crate::text::{Catalog, Language};
use crate::view::Now;
use crate::world::files;
use crate::world::net::Door;

use memory::Remembered;

/// One question; the four of a page are asked one after the other, so that a small server is not
/// met with a burst.
const BUDGET: Duration = Duration::from_secs(20);

/// The watch that proposes.
const SOURCE: &str = "page.deface";

/// Reasons that are told in a proposal; the record has all.
const TOLD_MAX: usize = 8;

/// What came of looking at one page.
#[derive(Debug)]
pub struct Looked {
    /// The page.
    pub url: String,
    /// When.
    pub at: Timestamp,
    /// What was seen and concluded.
    pub judged: Judged,
    /// Whether this look took the first baseline.
    pub baseline_taken: bool,
    /// Its entry, where the verdict changed.
    pub entry: Option<u64>,
    /// The incident that was proposed, or that this joined.
    pub incident: Option<u64>,
    /// The sets to go back to, where the page is altered.
    pub sets: Sets,
    /// What could not be sealed, recorded, proposed or kept. What was seen is not touched by it.
    pub faults: Vec<AnyFault>,
}

/// Where to go back to: each the newest set of that time, with its repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sets {
    /// Taken before the last look that found the page unaltered: known to be clean as far as that
    /// look could see.
    pub before_last_unaltered: Option<SetFound>,
    /// Taken before the first altered look: the newest that may be clean.
    pub before_first_altered: Option<SetFound>,
}

/// A set in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetFound {
    /// The repository.
    pub repository: String,
    /// The set.
    pub id: String,
    /// When it was taken.
    pub taken: Timestamp,
}

impl SetFound {
    /// Its values in a message; the start of its id is enough for every command.
    pub fn values(&self, catalog: &Catalog) -> Args {
        Args::none()
            .text("repository", &self.repository)
            .text("set", self.id.get(..8).unwrap_or(&self.id))
            .text("taken", catalog.format().instant(self.taken))
    }
}

/// Looks at every watched page of a portal. What is wrong with one page does not keep the others
/// from being looked at: the first fault is handed out at the end.
pub fn look(site: &Site, portal: &str) -> Result<Vec<Looked>, AnyFault> {
    let portal = site.portal(portal)?;
    let watch = watch(portal)?;
    let log = site.log()?;
    let _alone = site.exclusively("deface", &portal.id)?;
    let signatures = signatures(watch)?;
    let door = probe::door(&site.world, &site.settings.network)?;
    let mut looked = Vec::new();
    let mut fault = None;
    for url in pages(portal, watch)? {
        site.go_on()?;
        match look_at(site, &log, portal, watch, (&door, &url, &signatures)) {
            Ok(one) => looked.push(one),
            Err(first) => fault = fault.or(Some(first)),
        }
    }
    fault.map_or(Ok(looked), Err)
}

/// Takes new baselines of every watched page, in the name of a person who has looked at them.
pub fn take_baselines(
    site: &Site,
    portal: &str,
    by: &str,
    reason: &str,
) -> Result<Vec<Baseline>, AnyFault> {
    let portal = site.portal(portal)?;
    let watch = watch(portal)?;
    let log = site.log()?;
    let _alone = site.exclusively("deface", &portal.id)?;
    let signatures = signatures(watch)?;
    let door = probe::door(&site.world, &site.settings.network)?;
    let mut baselines = Vec::new();
    // All are looked at before any is taken: half a set of baselines would compare old with new.
    for url in pages(portal, watch)? {
        let at = site.world.clock.now();
        let fetched = ask(&door, &url, Variant::Browser);
        let view = viewed(site, &door, &fetched)
            .and_then(|view| {
                if view.is_page() { Ok(view) } else { Err(format!("status-{}", view.status)) }
            })
            .map_err(|why| DefaceFault::NotSeen { url: url.to_string(), why })?;
        let person = (Some(by), Some(reason));
        baselines.push(deface::baseline(&url, &view.page, at, person, &signatures));
    }
    for baseline in &baselines {
        keep(site, &log, &portal.id, baseline)?;
    }
    Ok(baselines)
}

/// By what a restored portal is looked at: every page with its baseline, where one is on record.
pub(super) struct Ground {
    pub(super) pages: Vec<(Url, Option<Baseline>)>,
    pub(super) allow: Vec<String>,
    pub(super) signatures: Signatures,
}

/// Gathers it; nothing is looked at.
pub(super) fn ground(site: &Site, portal: &Portal) -> Result<Ground, AnyFault> {
    let watch = watch(portal)?;
    let log = site.log()?;
    let mut known = Vec::new();
    for url in pages(portal, watch)? {
        let baseline = Remembered::of(site, &log, &portal.id, &url)?.baseline;
        known.push((url, baseline));
    }
    Ok(Ground { pages: known, allow: watch.allow.clone(), signatures: signatures(watch)? })
}

fn keep(site: &Site, log: &Log, portal: &str, baseline: &Baseline) -> Result<u64, AnyFault> {
    let deed = Deed::new("probe.baseline", portal)
        .fact("url", baseline.url.clone())
        .fact("record", serialized(baseline));
    Ok(log.record(&site.actor, deed)?)
}

fn watch(portal: &Portal) -> Result<&Defacement, DefaceFault> {
    let none = || DefaceFault::NotWatched { portal: portal.id.clone() };
    portal.defacement.as_ref().ok_or_else(none)
}

fn pages(portal: &Portal, watch: &Defacement) -> Result<Vec<Url>, DefaceFault> {
    let urls = watch.urls.iter().chain(portal.url.iter().filter(|_| watch.urls.is_empty()));
    let parse =
        |url: &String| Url::parse(url).map_err(|_| DefaceFault::BadUrl { url: url.clone() });
    urls.map(parse).collect()
}

fn signatures(watch: &Defacement) -> Result<Signatures, AnyFault> {
    let own = match &watch.signatures {
        None => None,
        Some(path) => Some((path, String::from_utf8_lossy(&files::read(path)?).into_owned())),
    };
    let text = own.as_ref().map(|(_, text)| text.as_str());
    let bad = |error: deface::signature::BadLine| DefaceFault::BadSignatures {
        file: own.as_ref().map(|(path, _)| path.display().to_string()).unwrap_or_default(),
        line: error.line as u64,
        detail: error.detail,
    };
    Ok(Signatures::with(text).map_err(bad)?)
}

fn ask(door: &Door, url: &Url, variant: Variant) -> Fetched {
    let (agent, referrer) = asks(variant);
    let request = Request::new(url.as_str(), BUDGET).by(agent).with("accept-language", "vi");
    let request = match referrer {
        Some(referrer) => request.with("referer", referrer),
        None => request,
    };
    http::fetch(door, &request)
}

/// Where the redirects led.
fn landed(url: &Url, fetched: &Fetched) -> Url {
    let last = fetched.hops.last().and_then(|hop| Url::parse(&hop.url).ok());
    last.unwrap_or_else(|| url.clone())
}

/// The answer as a page, or the stable word for why there is none.
fn viewed(site: &Site, door: &Door, fetched: &Fetched) -> Result<View, String> {
    let network = &site.settings.network;
    match &fetched.end {
        Ok(answer) => {
            let url = Url::parse(&answer.url).map_err(|_| "bad-url".to_owned())?;
            let mut page = Page::read(&url, answer.header("content-type"), &answer.body);
            page.cut |= answer.cut;
            Ok(View { status: answer.status, page })
        }
        Err(trouble) => {
            let reason = look::because(door, network, None, (fetched, trouble));
            Err(reason.cause.as_str().to_owned())
        }
    }
}

fn look_at(
    site: &Site,
    log: &Log,
    portal: &Portal,
    watch: &Defacement,
    (door, url, signatures): (&Door, &Url, &Signatures),
) -> Result<Looked, AnyFault> {
    let at = site.world.clock.now();
    let remembered = Remembered::of(site, log, &portal.id, url)?;
    let answers: Vec<(Variant, Fetched)> =
        Variant::ALL.into_iter().map(|variant| (variant, ask(door, url, variant))).collect();
    let seen: Vec<Seen> = answers
        .iter()
        .map(|(variant, fetched)| Seen {
            variant: *variant,
            landed: landed(url, fetched),
            answer: viewed(site, door, fetched),
        })
        .collect();
    let baseline = remembered.baseline.as_ref();
    let known = Known { url, baseline, allow: &watch.allow, signatures };
    let judged = deface::judge(&known, &seen);
    let mut looked = Looked {
        url: url.to_string(),
        at,
        judged,
        baseline_taken: false,
        entry: None,
        incident: None,
        sets: Sets::default(),
        faults: Vec::new(),
    };
    let plain = seen.iter().find(|one| one.variant == Variant::Browser);
    let plain = plain.and_then(|one| one.answer.as_ref().ok()).filter(|view| view.is_page());
    if let (None, Verdict::Unaltered, Some(view)) = (baseline, looked.judged.verdict, plain) {
        let first = deface::baseline(url, &view.page, at, (None, None), signatures);
        match keep(site, log, &portal.id, &first) {
            Ok(_) => looked.baseline_taken = true,
            Err(fault) => looked.faults.push(fault),
        }
    }
    if remembered.is_news(looked.judged.verdict) {
        let changed = changed(site, log, portal, (&remembered, &answers), &mut looked);
        looked.faults.extend(changed.err());
    }
    // The file speaks of what is on record: after a fault the next look tries again.
    if looked.faults.is_empty() {
        let kept = remembered.keep(site, &latest(&remembered, &looked));
        looked.faults.extend(kept.err());
    }
    Ok(looked)
}

fn latest(remembered: &Remembered, looked: &Looked) -> Latest {
    let before = remembered.last_unaltered;
    let unaltered = looked.judged.verdict == Verdict::Unaltered;
    let known = remembered.latest.as_ref().and_then(|latest| latest.incident);
    Latest {
        version: VERSION,
        url: looked.url.clone(),
        at: looked.at,
        verdict: looked.judged.verdict,
        last_unaltered: if unaltered { Some(looked.at) } else { before },
        incident: looked.incident.or(known.filter(|_| !unaltered)),
    }
}

/// Seals, proposes, records: in this order. Killed after the proposal, the next look proposes
/// again, which joins what is open; killed after the record it would never propose.
fn changed(
    site: &Site,
    log: &Log,
    portal: &Portal,
    (remembered, answers): (&Remembered, &[(Variant, Fetched)]),
    looked: &mut Looked,
) -> Result<(), AnyFault> {
    let mut sealed = Vec::new();
    let mut unproposed = None;
    if looked.judged.verdict == Verdict::Altered {
        sealed = seal::all(site, &looked.url, looked.at, answers)?;
        let first_altered = remembered.first_altered(looked.at);
        looked.sets = sets(log, &portal.id, remembered.last_unaltered, first_altered)?;
        let evidence = sealed.iter().map(|(_, sealed)| sealed.clone()).collect();
        match incident::propose(site, &proposal(site, portal, looked, evidence)) {
            Ok(answered) => looked.incident = Some(answered.number),
            Err(fault) => unproposed = Some(fault),
        }
    }
    let record = Look {
        version: VERSION,
        url: looked.url.clone(),
        at: looked.at,
        verdict: looked.judged.verdict,
        score: looked.judged.score,
        reasons: looked.judged.reasons.clone(),
        unseen: looked.judged.unseen.clone(),
        last_unaltered: remembered.last_unaltered,
        baseline: remembered.baseline.as_ref().map(|baseline| baseline.taken),
        evidence: sealed.into_iter().map(|(answer, _)| answer).collect(),
        incident: looked.incident,
    };
    let deed = Deed::new("probe.deface", &portal.id)
        .fact("url", looked.url.clone())
        .fact("record", serialized(&record));
    looked.entry = Some(log.record(&site.actor, deed)?);
    unproposed.map_or(Ok(()), Err)
}

fn proposal(site: &Site, portal: &Portal, looked: &Looked, evidence: Vec<Sealed>) -> Proposal {
    let set = |set: &SetFound| format!("{}:{}", set.repository, set.id);
    let best = looked.sets.before_last_unaltered.as_ref();
    Proposal {
        portal: portal.id.clone(),
        detected_at: looked.at,
        source: SOURCE.to_owned(),
        what: told(site, looked),
        group: Some(Group::Attack),
        kind: Some(Kind::Defacement),
        set: best.or(looked.sets.before_first_altered.as_ref()).map(set),
        evidence,
    }
}

/// What was seen, in the site's language: the proposal is read by people and goes into forms.
fn told(site: &Site, looked: &Looked) -> String {
    let settings = &site.settings.site;
    let language = Language::parse(settings.language.code()).unwrap_or(Language::Vietnamese);
    let catalog = Catalog::in_zone(language, settings.timezone.clone());
    let signs = looked.judged.reasons.iter().take(TOLD_MAX);
    let signs: Vec<String> = signs.map(|reason| catalog.say(&reason.sign.message())).collect();
    let values = Args::none()
        .text("url", &looked.url)
        .number("score", looked.judged.score.into())
        .text("signs", signs.join("; "));
    let mut told = vec![catalog.say(&Message::with("deface-proposal", values))];
    let sets = &looked.sets;
    let known = [sets.before_last_unaltered.as_ref(), sets.before_first_altered.as_ref()];
    for (id, set) in ["deface-set-unaltered", "deface-set-altered"].into_iter().zip(known) {
        let Some(set) = set else { continue };
        told.push(catalog.say(&Message::with(id, set.values(&catalog))));
    }
    told.join("\n")
}

/// The newest sets that the log knows from before these instants.
fn sets(
    log: &Log,
    portal: &str,
    last_unaltered: Option<Timestamp>,
    first_altered: Timestamp,
) -> Result<Sets, AnyFault> {
    let (mut before_unaltered, mut before_altered) = (Now::default(), Now::default());
    for entry in log.reader()?.entries() {
        let entry = entry?;
        if last_unaltered.is_some_and(|unaltered| entry.at <= unaltered) {
            before_unaltered.take(&entry);
        }
        if entry.at < first_altered {
            before_altered.take(&entry);
        }
    }
    let newest = |now: &Now| {
        let sets = now.portals.get(portal).into_iter().flat_map(|portal| &portal.sets);
        let newest = sets.max_by_key(|(_, set)| set.taken)?;
        let (repository, set) = newest;
        Some(SetFound { repository: repository.clone(), id: set.id.clone(), taken: set.taken })
    };
    Ok(Sets {
        before_last_unaltered: newest(&before_unaltered),
        before_first_altered: newest(&before_altered),
    })
}

/// Why a page cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum DefaceFault {
    /// The configuration does not ask for it.
    #[error("portal `{portal}` has no `defacement` in the configuration")]
    NotWatched {
        /// The portal.
        portal: String,
    },
    /// No web address.
    #[error("`{url}` is no web address")]
    BadUrl {
        /// What stands there.
        url: String,
    },
    /// A baseline needs a page.
    #[error("`{url}` could not be looked at: {why}")]
    NotSeen {
        /// The page.
        url: String,
        /// The stable word for why.
        why: String,
    },
    /// A site's own list cannot be used.
    #[error("`{file}` line {line}: {detail}")]
    BadSignatures {
        /// The file.
        file: String,
        /// Counted from one.
        line: u64,
        /// What is wrong.
        detail: &'static str,
    },
}

impl Fault for DefaceFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotWatched { .. } | Self::BadUrl { .. } | Self::BadSignatures { .. } => {
                FaultKind::Config
            }
            Self::NotSeen { .. } => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotWatched { .. } => "deface.not-watched",
            Self::BadUrl { .. } => "deface.bad-url",
            Self::NotSeen { .. } => "deface.not-seen",
            Self::BadSignatures { .. } => "deface.bad-signatures",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::NotWatched { portal } => Args::none().text("portal", portal),
            Self::BadUrl { url } => Args::none().text("url", url),
            Self::NotSeen { url, why } => Args::none().text("url", url).text("why", why),
            Self::BadSignatures { file, line, detail } => {
                Args::none().text("file", file).number("line", *line).text("detail", detail)
            }
        }
    }
}
