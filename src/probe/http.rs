//! One page over HTTP(S): every hop of its redirects, the answer, and what went wrong by name.
//!
//! [`get`] never fails as a function: what happened is the observation. Guarantees: it ends within
//! the budget, keeps at most the wished number of decoded bytes, follows at most [`HOPS_MAX`]
//! redirects, and connects only to addresses that the [`Door`] permits, at every hop; the name is
//! resolved once for each hop and the connection made to those very addresses. No proxy, no
//! cookies, no cache, no retries.
//!
//! What the answer means is judged elsewhere; the character set of a body is left to its reader.

mod failure;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HOST, HeaderMap, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use reqwest::{Client, Response, Url, redirect};

use crate::probe::target;
use crate::probe::tls::{self, Certificates};
use crate::probe::trouble::Trouble;
use crate::world::clock::Monotonic;
use crate::world::net::names::Answer as Names;
use crate::world::net::tls::Recorder;
use crate::world::net::{Door, Family};

/// Browsers stop at 20; a portal that needs ten is broken for its visitors already.
pub const HOPS_MAX: usize = 10;

/// Decoded bytes of a body that are kept unless the caller wants another limit: several times the
/// longest home page seen, small enough to look at fifty portals at once.
pub const BODY_MAX: usize = 4 * 1024 * 1024;

/// How duphong names itself to servers, so that an administrator can find out who asks.
pub const AGENT: &str = concat!("duphong/", env!("CARGO_PKG_VERSION"), " (portal watch)");

/// What to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Absolute, `http` or `https`.
    pub url: String,
    /// The only family of addresses to be used; either where absent.
    pub family: Option<Family>,
    /// The longest all of it may take.
    pub budget: Duration,
    /// Decoded bytes of the body to keep; the rest is cut off and said.
    pub body_max: usize,
    /// How we name ourselves.
    pub agent: String,
    /// Further fields, such as `Referer`.
    pub headers: Vec<(String, String)>,
    /// Host and port to connect to in the place of those in `url`, for everything that `url`'s own
    /// host and port are asked for; the name that is asked for and proven stays `url`'s.
    pub at: Option<(String, u16)>,
}

impl Request {
    /// A plain request for a page.
    pub fn new(url: impl Into<String>, budget: Duration) -> Self {
        Self {
            url: url.into(),
            family: None,
            budget,
            body_max: BODY_MAX,
            agent: AGENT.to_owned(),
            headers: Vec::new(),
            at: None,
        }
    }

    /// Over one family only.
    #[must_use]
    pub fn over(mut self, family: Family) -> Self {
        self.family = Some(family);
        self
    }

    /// Under another name.
    #[must_use]
    pub fn by(mut self, agent: impl Into<String>) -> Self {
        self.agent = agent.into();
        self
    }

    /// At another place than the URL names.
    #[must_use]
    pub fn at(mut self, host: impl Into<String>, port: u16) -> Self {
        self.at = Some((host.into(), port));
        self
    }

    /// With a further field.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetched {
    /// Every request that was made or tried, in order. Never empty, unless the URL was none.
    pub hops: Vec<Hop>,
    /// The last answer, or why there is none.
    pub end: Result<Answer, Trouble>,
    /// From the start to the last byte, or to the trouble.
    pub total: Duration,
}

impl Fetched {
    /// Whether a redirect led from `https` to `http`: what the visitor sends can then be read.
    pub fn downgraded(&self) -> bool {
        self.hops
            .windows(2)
            .any(|pair| pair[0].url.starts_with("https:") && pair[1].url.starts_with("http:"))
    }

    /// The certificates of the last hop that showed some.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.hops.iter().rev().find_map(|hop| hop.certificates.as_ref())
    }
}

/// One request of a chain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hop {
    /// What was asked for.
    pub url: String,
    /// What the name servers said, for each family that was asked; empty where the URL holds an
    /// address.
    pub names: Vec<(Family, Names)>,
    /// The addresses that might be connected to.
    pub candidates: Vec<IpAddr>,
    /// The one that answered.
    pub address: Option<SocketAddr>,
    /// Its answer.
    pub status: Option<u16>,
    /// What it showed of itself, over TLS.
    pub certificates: Option<Certificates>,
    /// Until the name was resolved.
    pub resolved: Option<Duration>,
    /// From there to the certificates: connecting and most of the handshake.
    pub secured: Option<Duration>,
    /// From the resolved name to the head of the answer.
    pub answered: Option<Duration>,
}

/// The answer at the end of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Where the chain ended.
    pub url: String,
    /// The status.
    pub status: u16,
    /// The fields in their order; values that are no text are replaced for display.
    pub headers: Vec<(String, String)>,
    /// The decoded body, up to the limit.
    pub body: Vec<u8>,
    /// Whether there was more than the limit.
    pub cut: bool,
}

impl Answer {
    /// The first field of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let same = |(field, _): &&(String, String)| field.eq_ignore_ascii_case(name);
        self.headers.iter().find(same).map(|(_, value)| value.as_str())
    }

    /// The host of [`url`](Self::url).
    pub fn host(&self) -> Option<String> {
        Url::parse(&self.url).ok()?.host_str().map(str::to_owned)
    }
}

/// Fetches on the calling thread, which must not belong to the runtime.
pub fn fetch(door: &Door, request: &Request) -> Fetched {
    door.world().block_on(get(door, request))
}

/// Fetches.
pub async fn get(door: &Door, request: &Request) -> Fetched {
    let started = door.world().clock.monotonic();
    let mut hops = Vec::new();
    let walked = tokio::time::timeout(request.budget, walk(door, request, &mut hops)).await;
    let end = walked.unwrap_or_else(|_elapsed| Err(late(request, hops.last())));
    Fetched { hops, end, total: since(door, started) }
}

/// Where the time ran out. Name servers that are silent say nothing of the portal, and must not be
/// taken for its silence.
fn late(request: &Request, hop: Option<&Hop>) -> Trouble {
    match hop {
        Some(hop) if hop.status.is_some() => Trouble::SlowBody,
        Some(hop) if hop.resolved.is_none() => target::silent(request.family),
        _ => Trouble::Silent,
    }
}

/// Follows the chain; what was seen so far stays in `hops` even when time runs out.
async fn walk(door: &Door, request: &Request, hops: &mut Vec<Hop>) -> Result<Answer, Trouble> {
    let mut url = parse(&request.url)?;
    loop {
        if hops.iter().any(|hop| hop.url == url.as_str()) {
            return Err(Trouble::Loop(url.into()));
        }
        if hops.len() > HOPS_MAX {
            return Err(Trouble::TooManyRedirects);
        }
        hops.push(Hop { url: url.to_string(), ..Hop::default() });
        let hop = hops.last_mut().expect("pushed above");
        let response = ask(door, request, &url, hop).await?;
        match next(&url, &response)? {
            Some(further) => url = further,
            None => return read(&url, response, request.body_max).await,
        }
    }
}

/// Whether this can be the address of a page.
pub fn is_page(url: &str) -> bool {
    parse(url).is_ok()
}

fn parse(text: &str) -> Result<Url, Trouble> {
    let bad = || Trouble::BadUrl(text.to_owned());
    let mut url = Url::parse(text).map_err(|_| bad())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(bad());
    }
    // Servers never see a fragment, and two URLs that differ in it are the same request.
    url.set_fragment(None);
    Ok(url)
}

/// One request, whose answer's body is not read yet.
async fn ask(
    door: &Door,
    request: &Request,
    url: &Url,
    hop: &mut Hop,
) -> Result<Response, Trouble> {
    let started = door.world().clock.monotonic();
    let elsewhere = elsewhere(request, url);
    let (host, port) = match elsewhere {
        Some((host, port)) => (host.as_str(), *port),
        None => (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(80)),
    };
    let found = target::find(door, host, request.family, request.budget).await;
    hop.names = found.names;
    hop.candidates = found.addresses?;
    hop.resolved = Some(since(door, started));
    let connecting = door.world().clock.monotonic();
    let addresses = hop.candidates.iter().map(|address| SocketAddr::new(*address, port)).collect();
    let (config, recorder) = door.tls().map_err(|error| Trouble::Client(error.to_string()))?;
    let client = Client::builder()
        .tls_backend_preconfigured(config)
        .dns_resolver(Pinned(addresses))
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .connect_timeout(request.budget)
        .build()
        .map_err(|error| Trouble::Client(error.to_string()))?;
    let mut fields = fields(request)?;
    let target = match plain(url, elsewhere) {
        Some((target, name)) => {
            fields.insert(HOST, name);
            target
        }
        None => url.clone(),
    };
    let sent = client.get(target).headers(fields).send().await;
    witness(door, &recorder, connecting, hop);
    let response = sent.map_err(|error| failure::of(&error, hop.certificates.as_ref()))?;
    hop.answered = Some(since(door, connecting));
    hop.address = response.remote_addr();
    hop.status = Some(response.status().as_u16());
    Ok(response)
}

/// The place to connect to instead of the one that `url` names.
fn elsewhere<'a>(request: &'a Request, url: &Url) -> Option<&'a (String, u16)> {
    let own = |url: &Url| (url.host_str().map(str::to_owned), url.port_or_known_default());
    let first = Url::parse(&request.url).ok()?;
    request.at.as_ref().filter(|_| own(&first) == own(url))
}

/// What the client is given to ask for: it takes an address and a port that stand in a URL from
/// nowhere else. Without TLS the other place may stand there, and the name in the field `Host`.
fn plain(url: &Url, elsewhere: Option<&(String, u16)>) -> Option<(Url, HeaderValue)> {
    let (host, port) = elsewhere.filter(|_| url.scheme() == "http")?;
    let name = HeaderValue::from_str(url.authority()).ok()?;
    let mut plain = url.clone();
    plain.set_host(Some(host)).ok()?;
    plain.set_port(Some(*port)).ok()?;
    Some((plain, name))
}

/// Whether a page can be asked for at this port in the place of its own: with TLS only by its name,
/// and where its URL names no port of its own.
pub fn is_page_at(url: &str, port: u16) -> bool {
    parse(url).is_ok_and(|url| {
        let named = url.domain().is_some() && url.port().is_none_or(|own| own == port);
        url.scheme() == "http" || named
    })
}

fn witness(door: &Door, recorder: &Recorder, from: Monotonic, hop: &mut Hop) {
    if let Some(shown) = recorder.shown() {
        hop.secured = Some(shown.at.since(from));
        hop.certificates = Some(tls::read(door, &shown));
    }
}

fn fields(request: &Request) -> Result<HeaderMap, Trouble> {
    let mut fields = HeaderMap::new();
    let mut add = |name: &str, value: &str| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        fields.append(name, HeaderValue::from_str(value).ok()?);
        Some(())
    };
    let all = std::iter::once((USER_AGENT.as_str(), request.agent.as_str()))
        .chain(request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    for (name, value) in all {
        add(name, value).ok_or_else(|| Trouble::Client(format!("field `{name}`")))?;
    }
    Ok(fields)
}

/// Where the answer sends us, if it does.
fn next(url: &Url, response: &Response) -> Result<Option<Url>, Trouble> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION) else { return Ok(None) };
    let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
    let bad = |_| Trouble::BadRedirect(location.clone());
    let further = url.join(&location).map_err(|_| Trouble::BadRedirect(location.clone()))?;
    parse(further.as_str()).map(Some).map_err(bad)
}

async fn read(url: &Url, mut response: Response, most: usize) -> Result<Answer, Trouble> {
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let status = response.status().as_u16();
    let (mut body, mut cut) = (Vec::new(), false);
    // A chunk is at most one buffer of the decoder, however much a bomb would unfold to.
    while let Some(chunk) = response.chunk().await.map_err(|error| failure::of(&error, None))? {
        let room = most - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            cut = true;
            break;
        }
    }
    Ok(Answer { url: url.to_string(), status, headers, body, cut })
}

fn since(door: &Door, earlier: Monotonic) -> Duration {
    door.world().clock.monotonic().since(earlier)
}

/// Answers every name with the addresses that were checked.
struct Pinned(Vec<SocketAddr>);

impl Resolve for Pinned {
    fn resolve(&self, _name: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}
