//! Holding what was seen against a criterion. Pure.

use reqwest::Url;

use crate::base::fault::{Args, Message};
use crate::probe::criterion::emc::{self, Code};
use crate::probe::criterion::{Check, Criterion, Field};
use crate::probe::fact::{Cause, Reason, Verdict};
use crate::probe::page::fold::{bare_line, one_line};
use crate::probe::page::{Page, Role, host, is_within};

/// What came of one question to the network.
pub type Way<T> = std::result::Result<T, Reason>;

/// What a scan saw.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The home page, as it was asked for.
    pub url: Url,
    /// The home page.
    pub page: Way<Page>,
    /// Its `Content-Security-Policy`.
    pub policy: Option<String>,
    /// Over HTTPS: where it ended.
    pub secure: Way<Url>,
    /// Days until its certificate expires.
    pub days_left: Option<i64>,
    /// Its `Strict-Transport-Security`.
    pub transport: Option<String>,
    /// Over plain HTTP: where it ended.
    pub plain: Way<Url>,
    /// Over IPv6: the status.
    pub ipv6: Way<u16>,
    /// `/.well-known/security.txt`: the lines that name a contact.
    pub contacts: Way<Vec<String>>,
    /// What issuers said of the trust labels that they were asked for.
    pub labels: Vec<(Url, Asked)>,
}

/// What a third party answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// It gave no answer.
    Silent,
    /// Its answer: the status and the media type.
    Answered(u16, String),
}

/// What the configuration says of the portal; a bare address has none of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Portal<'a> {
    /// `cong` or `trang`.
    pub kind: Option<&'a str>,
    /// Its level.
    pub level: Option<u8>,
    /// Whether its operator is a member of the response network.
    pub member: Option<bool>,
    /// Hosts of its component pages.
    pub components: &'a [String],
    /// The host of the portal that it belongs to.
    pub parent: Option<&'a str>,
    /// Its id in the EMC system.
    pub emc_id: Option<&'a str>,
}

/// Whether a criterion is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Result {
    /// Đạt.
    Pass,
    /// Không đạt.
    Fail,
    /// Không xác định.
    Unknown,
    /// It does not bind this portal.
    NotBound,
}

impl Result {
    /// The word in records and `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::NotBound => "not-bound",
        }
    }

    /// The id of its name in the message files.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Pass => "criterion-pass",
            Self::Fail => "criterion-fail",
            Self::Unknown => "criterion-unknown",
            Self::NotBound => "criterion-not-bound",
        })
    }
}

/// What became of one criterion.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The result.
    pub result: Result,
    /// What was seen, at least one.
    pub because: Vec<Message>,
}

fn outcome(result: Result, id: &'static str, args: Args) -> Outcome {
    Outcome { result, because: vec![Message::with(id, args)] }
}

fn pass(id: &'static str, args: Args) -> Outcome {
    outcome(Result::Pass, id, args)
}

fn fail(id: &'static str, args: Args) -> Outcome {
    outcome(Result::Fail, id, args)
}

fn unknown(id: &'static str, args: Args) -> Outcome {
    outcome(Result::Unknown, id, args)
}

/// Texts from pages are shown cut and harmless.
fn shown(text: &str) -> String {
    one_line(text, 120)
}

/// Holds what was seen of a portal against one criterion.
pub fn evaluate(criterion: &Criterion, portal: &Portal<'_>, seen: &Observed) -> Outcome {
    let none = Args::none;
    if !criterion.binds.is_empty() {
        match portal.kind {
            None => return unknown("criterion-kind-not-known", none()),
            Some(kind) if !criterion.binds.iter().any(|bound| bound == kind) => {
                return outcome(Result::NotBound, "criterion-other-kind", none());
            }
            Some(_) => {}
        }
    }
    if criterion.members_only {
        match portal.member {
            None => return unknown("criterion-member-not-known", none()),
            Some(false) => return outcome(Result::NotBound, "criterion-no-member", none()),
            Some(true) => {}
        }
    }
    let mut outcome = checked(&criterion.check, portal, seen);
    if criterion.uncertain && outcome.result == Result::Fail {
        outcome.result = Result::Unknown;
        outcome.because.push(Message::new("criterion-text-not-known"));
    }
    outcome
}

fn checked(check: &Check, portal: &Portal<'_>, seen: &Observed) -> Outcome {
    let none = Args::none;
    // These look at no page.
    match check {
        Check::Https => return https(seen),
        Check::Ipv6 => return ipv6(seen),
        Check::Domain { suffix } => return domain(seen, suffix),
        Check::BelowParent => return below_parent(portal, seen),
        Check::Level { least } => {
            let Some(level) = portal.level else {
                return unknown("criterion-level-not-known", none());
            };
            let values = none().number("level", level.into()).number("least", (*least).into());
            return if level >= *least {
                pass("criterion-level", values)
            } else {
                fail("criterion-level-low", values)
            };
        }
        _ => {}
    }
    let page = match &seen.page {
        Ok(page) => page,
        Err(reason) => return not_seen(reason),
    };
    match check {
        Check::EmcCode { hosts, placeholders } => {
            emc_code(page, seen, (hosts, placeholders), portal.emc_id)
        }
        Check::EmcLabel { hosts, texts, marks, alternative } => {
            emc_label(page, hosts, (texts, marks, alternative))
        }
        Check::TrustLabel { host, path, parameter } => trust(page, seen, (host, path, parameter)),
        Check::LinksToComponents if portal.components.is_empty() => {
            unknown("criterion-no-components", none())
        }
        Check::LinksToComponents => links_to_all(page, portal.components),
        Check::LinkToParent => match portal.parent {
            None => unknown("criterion-no-parent", none()),
            Some(parent) => link_to_any(page, &[parent.to_owned()]),
        },
        Check::LinkTo { hosts } => link_to_any(page, hosts),
        Check::Contact { phrases } => contact(page, seen, phrases),
        Check::Metadata { fields } => metadata(page, fields),
        _ => unknown("criterion-text-not-known", none()),
    }
}

fn not_seen(reason: &Reason) -> Outcome {
    let not_seen = Message::new("criterion-page-not-seen");
    Outcome { result: Result::Unknown, because: vec![not_seen, reason.message()] }
}

/// A page that only scripts build shows nothing to a static look: then nothing is missing for sure.
fn missing(page: &Page, id: &'static str, args: Args) -> Outcome {
    let mut outcome = fail(id, args);
    if page.is_built_by_scripts() || page.cut {
        outcome.result = Result::Unknown;
        outcome.because.push(Message::new(if page.cut {
            "criterion-page-cut"
        } else {
            "criterion-built-by-scripts"
        }));
    }
    outcome
}

fn emc_code(
    page: &Page,
    seen: &Observed,
    (hosts, placeholders): (&[String], &[String]),
    configured: Option<&str>,
) -> Outcome {
    let code = emc::find(page, hosts);
    let none = Args::none;
    if code.ids.len() > 1 {
        return fail("criterion-emc-two-ids", none().text("ids", shown(&code.ids.join(", "))));
    }
    let Some(id) = code.ids.first() else { return emc_without_id(page, &code) };
    let with_id = || none().text("id", shown(id));
    if placeholders.contains(id) || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return fail("criterion-emc-placeholder", with_id());
    }
    if let Some(configured) = configured.filter(|configured| configured != id) {
        return fail("criterion-emc-other-id", with_id().text("configured", configured));
    }
    if code.loaders.is_empty() {
        return unknown("criterion-emc-no-loader", with_id());
    }
    if seen.policy.as_deref().is_some_and(|policy| hosts.iter().all(|host| blocks(policy, host))) {
        return fail("criterion-emc-blocked", with_id());
    }
    // From here on it matters that there is no other id and no other address.
    let doubts = emc_doubts(page, &code);
    if !doubts.is_empty() {
        let mut outcome = unknown("criterion-emc-in-part", with_id());
        outcome.because.extend(doubts);
        return outcome;
    }
    if page.url.scheme() == "https" && code.loaders.iter().all(|loader| loader.plain) {
        return fail("criterion-emc-plain-loader", with_id());
    }
    let mut outcome = pass("criterion-emc-found", with_id());
    if configured.is_none() {
        outcome.because.push(Message::new("criterion-emc-id-not-configured"));
    }
    outcome
}

/// Why there may be more of the code than was seen.
fn emc_doubts(page: &Page, code: &Code) -> Vec<Message> {
    [
        (page.cut, "criterion-page-cut"),
        (code.cut, "criterion-emc-cut"),
        (code.unresolved, "criterion-emc-unresolved"),
    ]
    .into_iter()
    .filter(|(doubt, _)| *doubt)
    .map(|(_, id)| Message::new(id))
    .collect()
}

fn emc_without_id(page: &Page, code: &Code) -> Outcome {
    let none = Args::none;
    if code.unresolved {
        unknown("criterion-emc-unresolved", none())
    } else if code.cut {
        unknown("criterion-emc-cut", none())
    } else if !code.loaders.is_empty() {
        missing(page, "criterion-emc-no-id", none())
    } else if code.mentioned {
        unknown("criterion-emc-mentioned", none())
    } else {
        missing(page, "criterion-emc-missing", none())
    }
}

/// Whether a content security policy keeps programs of `host` out.
fn blocks(policy: &str, host: &str) -> bool {
    let directive = |name: &str| {
        policy.split(';').map(str::trim).find_map(|directive| {
            let mut words = directive.split_ascii_whitespace();
            words.next().filter(|word| word.eq_ignore_ascii_case(name)).map(|_| words)
        })
    };
    let lists = ["script-src-elem", "script-src", "default-src"];
    let Some(sources) = lists.iter().find_map(|name| directive(name)) else { return false };
    let sources: Vec<String> = sources.map(str::to_ascii_lowercase).collect();
    // A nonce or hash admits programs that are loaded by admitted ones, whatever their host.
    let admits = |source: &String| {
        let bare = source.split_once("://").map_or(source.as_str(), |(_, rest)| rest);
        let bare = bare.split(['/', ':']).next().unwrap_or_default();
        matches!(source.as_str(), "*" | "https:" | "http:" | "'strict-dynamic'")
            || bare == host
            || bare.strip_prefix("*.").is_some_and(|domain| {
                host.strip_suffix(domain).is_some_and(|front| front.ends_with('.'))
            })
    };
    !sources.iter().any(admits)
}

fn emc_label(
    page: &Page,
    hosts: &[String],
    (texts, marks, alternative): (&[String], &[String], &str),
) -> Outcome {
    let text = bare_line(&page.text);
    let said = texts.iter().any(|known| text.contains(&bare_line(known)));
    let has_mark = marks.iter().any(|known| page.marks.contains(known));
    let mut pictures = page.references.iter().filter(|one| one.role == Role::Image);
    let has_picture = pictures
        .any(|one| bare_line(&one.words).split(' ').any(|word| word == alternative.to_lowercase()));
    let code = emc::find(page, hosts);
    if said || has_mark || has_picture {
        pass("criterion-label-found", Args::none())
    } else if code == Code::default() {
        missing(page, "criterion-label-missing", Args::none())
    } else {
        // The tracking program itself may put the label there when it runs.
        unknown("criterion-label-by-script", Args::none())
    }
}

/// The trust label that its issuer made out to this very page: the one that the issuer is to be
/// asked for. A page may show those of others beside it, also before it.
pub fn own_label<'p>(
    page: &'p Page,
    (issuer, path, parameter): (&str, &str, &str),
) -> Option<&'p Url> {
    let own = own_host(page);
    issued(page, issuer)
        .find(|url| url.path() == path && made_out_to(url, parameter).as_deref() == Some(own))
}

/// The pictures of a page that come from the issuer.
fn issued<'p>(page: &'p Page, issuer: &str) -> impl Iterator<Item = &'p Url> {
    let pictures = page.references.iter().filter(|one| one.role == Role::Image);
    pictures
        .filter(move |one| one.host().is_some_and(|it| is_within(it, issuer)))
        .map(|one| &one.url)
}

fn own_host(page: &Page) -> &str {
    let own = host(&page.url).unwrap_or_default();
    own.strip_prefix("www.").unwrap_or(own)
}

fn made_out_to(url: &Url, parameter: &str) -> Option<String> {
    let pair = url.query_pairs().find(|(name, _)| name == parameter);
    pair.map(|(_, value)| value.trim_start_matches("www.").to_ascii_lowercase())
}

fn trust(page: &Page, seen: &Observed, (issuer, path, parameter): (&str, &str, &str)) -> Outcome {
    let Some(label) = own_label(page, (issuer, path, parameter)) else {
        return match issued(page, issuer).find_map(|url| made_out_to(url, parameter)) {
            Some(other) => fail(
                "criterion-trust-other",
                Args::none().text("other", shown(&other)).text("own", own_host(page)),
            ),
            None if copied(page, issuer) => fail("criterion-trust-copied", Args::none()),
            None => missing(page, "criterion-trust-missing", Args::none()),
        };
    };
    match seen.labels.iter().find(|(asked, _)| asked == label).map(|(_, answer)| answer) {
        None => unknown("criterion-trust-not-asked", Args::none()),
        // Too many questions, or an issuer that is broken: it said nothing of the label.
        Some(Asked::Silent | Asked::Answered(429 | 500..=599, _)) => {
            unknown("criterion-trust-silent", Args::none())
        }
        Some(Asked::Answered(200, media)) if media.starts_with("image/") => {
            pass("criterion-trust-confirmed", Args::none())
        }
        Some(Asked::Answered(status, media)) => fail(
            "criterion-trust-refused",
            Args::none().number("status", (*status).into()).text("media", shown(media)),
        ),
    }
}

/// A picture that is called after the label and comes from elsewhere: it proves nothing.
fn copied(page: &Page, issuer: &str) -> bool {
    let name = issuer.split('.').next().unwrap_or_default();
    page.references.iter().filter(|one| one.role == Role::Image).any(|one| {
        let address = bare_line(one.url.path()).replace(' ', "");
        let words = bare_line(&one.words).replace(' ', "");
        address.contains(name) || words.contains(name)
    })
}

fn links_to(page: &Page, target: &str) -> bool {
    let mut links = page.references.iter().filter(|one| one.role == Role::Anchor && !one.hidden);
    links.any(|one| {
        one.host().is_some_and(|host| is_within(host, target) && same_site(host, target))
    })
}

/// A link to `a.b` is none to `b`: only the host itself counts, with or without `www.`.
fn same_site(host: &str, target: &str) -> bool {
    is_within(target, host) && is_within(host, target)
}

fn links_to_all(page: &Page, hosts: &[String]) -> Outcome {
    let absent: Vec<&str> =
        hosts.iter().filter(|host| !links_to(page, host)).map(String::as_str).collect();
    let all = hosts.len() as u64;
    if absent.is_empty() {
        return pass("criterion-links-all", Args::none().number("count", all));
    }
    let values = Args::none()
        .number("absent", absent.len() as u64)
        .number("count", all)
        .text("hosts", shown(&absent.join(", ")));
    missing(page, "criterion-links-absent", values)
}

fn link_to_any(page: &Page, hosts: &[String]) -> Outcome {
    match hosts.iter().find(|host| links_to(page, host)) {
        Some(host) => pass("criterion-link", Args::none().text("host", host)),
        None => missing(page, "criterion-link-absent", Args::none().text("host", hosts.join(", "))),
    }
}

fn below_parent(portal: &Portal<'_>, seen: &Observed) -> Outcome {
    let Some(parent) = portal.parent else { return unknown("criterion-no-parent", Args::none()) };
    let own = host(&seen.url).unwrap_or_default();
    let values = Args::none().text("host", shown(own)).text("parent", parent);
    if is_within(own, parent) && !same_site(own, parent) {
        pass("criterion-below-parent", values)
    } else {
        fail("criterion-not-below-parent", values)
    }
}

fn domain(seen: &Observed, suffix: &str) -> Outcome {
    let own = host(&seen.url).unwrap_or_default();
    let values = Args::none().text("host", shown(own)).text("suffix", suffix);
    if own.parse::<std::net::IpAddr>().is_err() && is_within(own, suffix) {
        pass("criterion-domain", values)
    } else {
        fail("criterion-domain-other", values)
    }
}

fn ipv6(seen: &Observed) -> Outcome {
    match &seen.ipv6 {
        Ok(status) => pass("criterion-ipv6", Args::none().number("status", (*status).into())),
        Err(reason) => troubled("criterion-ipv6-not", reason),
    }
}

/// Not met for a reason that is the portal's; unknown for one that may be ours.
fn troubled(id: &'static str, reason: &Reason) -> Outcome {
    // What we refuse to look at was not looked at.
    let ours = reason.cause.verdict() == Verdict::Unknown || reason.cause == Cause::Inside;
    let result = if ours { Result::Unknown } else { Result::Fail };
    Outcome { result, because: vec![Message::new(id), reason.message()] }
}

fn https(seen: &Observed) -> Outcome {
    let secure = match &seen.secure {
        Ok(secure) => secure,
        Err(reason) => return troubled("criterion-https-not", reason),
    };
    if secure.scheme() != "https" {
        return fail(
            "criterion-https-downgraded",
            Args::none().text("url", shown(secure.as_str())),
        );
    }
    let plain = match &seen.plain {
        Ok(plain) if plain.scheme() == "https" => Message::new("criterion-https-redirects"),
        Ok(plain) => {
            let url = shown(plain.as_str());
            return fail("criterion-https-no-redirect", Args::none().text("url", url));
        }
        // A port that is shut leads nobody astray.
        Err(reason) if reason.cause == Cause::Refused => Message::new("criterion-https-only"),
        Err(reason) => {
            let not_seen = Message::new("criterion-https-plain-not-seen");
            return Outcome { result: Result::Unknown, because: vec![not_seen, reason.message()] };
        }
    };
    let mut because = vec![Message::new("criterion-https"), plain];
    if let Some(days) = seen.days_left.and_then(|days| u64::try_from(days).ok()) {
        because.push(Message::with("criterion-https-days", Args::none().number("days", days)));
    }
    because.push(Message::new(if seen.transport.is_some() {
        "criterion-https-hsts"
    } else {
        "criterion-https-no-hsts"
    }));
    Outcome { result: Result::Pass, because }
}

fn contact(page: &Page, seen: &Observed, phrases: &[String]) -> Outcome {
    let links = page.references.iter().filter(|one| one.role == Role::Anchor && !one.hidden);
    let text = bare_line(&page.text);
    let words: Vec<String> = links.map(|one| bare_line(&one.words)).collect();
    let said = phrases.iter().find(|phrase| {
        let phrase = bare_line(phrase);
        text.contains(&phrase) || words.iter().any(|words| words.contains(&phrase))
    });
    if let Some(phrase) = said {
        return pass("criterion-contact-text", Args::none().text("phrase", phrase));
    }
    match &seen.contacts {
        Ok(contacts) => match contacts.first() {
            Some(contact) => {
                pass("criterion-contact-file", Args::none().text("contact", shown(contact)))
            }
            None => missing(page, "criterion-contact-missing", Args::none()),
        },
        Err(reason) => {
            let mut outcome = missing(page, "criterion-contact-missing", Args::none());
            outcome.result = Result::Unknown;
            outcome.because.push(reason.message());
            outcome
        }
    }
}

fn metadata(page: &Page, fields: &[Field]) -> Outcome {
    let has = |field: &&Field| {
        let metas: Vec<&str> = field.metas.iter().map(String::as_str).collect();
        page.meta(&metas).is_some()
    };
    let absent: Vec<&str> =
        fields.iter().filter(|field| !has(field)).map(|field| field.name.vi.as_str()).collect();
    let count = fields.len() as u64;
    if absent.is_empty() {
        return pass("criterion-metadata", Args::none().number("count", count));
    }
    let values = Args::none()
        .number("absent", absent.len() as u64)
        .number("count", count)
        .text("fields", absent.join(", "));
    missing(page, "criterion-metadata-absent", values)
}
