//! Asking a restored portal whether it answers: the end of a drill's clock.
//!
//! Only loopback addresses are asked, redirects are not followed, a body is read up to
//! [`BODY_MAX`]; a portal that has not answered within the limit has not answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Url, redirect};

use crate::base::cancel::Cancel;
use crate::base::fault::chain;
use crate::world;
use crate::world::World;

/// More than any start page; a portal that floods its probe must not fill our memory.
const BODY_MAX: usize = 1024 * 1024;

/// One request may take this long before it counts as no answer and is tried again.
const REQUEST_MAX: Duration = Duration::from_secs(10);

/// How long to wait before asking a starting portal again.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

/// One question to the restored portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Path of the page, with its leading slash.
    pub path: String,
    /// The status that is right.
    pub status: u16,
    /// A text that the body must hold.
    pub contains: Option<String>,
}

/// Redirects within the portal that are followed: more are a circle.
const HOPS_MAX: usize = 5;

/// A page of the restored portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The header of that name.
    pub content_type: Option<String>,
    /// The body, up to [`BODY_MAX`].
    pub body: Vec<u8>,
    /// Whether there was more of it.
    pub cut: bool,
    /// Where it is by its own address, after redirects; another host's, where it sends there.
    pub landed: Url,
}

/// Asks the portal at a loopback address for a page as if that stood at its own, `url`. Redirects to
/// the same host are followed there, none leads out. `asks` are the user agent and the referrer. A
/// portal that gives no answer within `limit` gives a stable word for why.
pub fn fetch(
    url: &Url,
    at: SocketAddr,
    asks: (&str, Option<&str>),
    limit: Duration,
    world: &World,
) -> Result<Answer, String> {
    let client = client(limit, world)?;
    let mut url = url.clone();
    for _ in 0..=HOPS_MAX {
        let (answer, next) = world.block_on(page(&client, &url, at, asks))?;
        match next {
            Some(next) if next.host_str() == url.host_str() => url = next,
            Some(landed) => return Ok(Answer { landed, ..answer }),
            None => return Ok(answer),
        }
    }
    Err("redirects".to_owned())
}

async fn page(
    client: &Client,
    url: &Url,
    at: SocketAddr,
    (agent, referrer): (&str, Option<&str>),
) -> Result<(Answer, Option<Url>), String> {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut request = client
        .get(format!("http://{at}{}{query}", url.path()))
        .header("host", url.host_str().unwrap_or_default())
        // What stands before the live portal says so: else it would send everybody there.
        .header("x-forwarded-proto", url.scheme())
        .header("user-agent", agent)
        .header("accept-language", "vi");
    if let Some(referrer) = referrer {
        request = request.header("referer", referrer);
    }
    let refused = |_| "no-answer".to_owned();
    let mut response = request.send().await.map_err(refused)?;
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let content_type = header("content-type");
    let next = header("location").filter(|_| response.status().is_redirection());
    let next = next.and_then(|next| url.join(&next).ok());
    // By the loopback address it means itself.
    let next = next.map(|next| match next.host_str() {
        Some("127.0.0.1" | "localhost") => {
            let mut own = url.clone();
            own.set_path(next.path());
            own.set_query(next.query());
            own
        }
        _ => next,
    });
    let status = response.status().as_u16();
    let (mut body, mut cut) = (Vec::new(), false);
    while let Some(part) = response.chunk().await.map_err(refused)? {
        let room = BODY_MAX.saturating_sub(body.len()).min(part.len());
        body.extend_from_slice(&part[..room]);
        cut |= room < part.len();
        if cut {
            break;
        }
    }
    Ok((Answer { status, content_type, body, cut, landed: url.clone() }, next))
}

fn client(limit: Duration, world: &World) -> Result<Client, String> {
    // A loopback portal is asked without TLS, but the client wants to know whom it would trust.
    let tls = world::tls::client(Arc::clone(&world.clock), None).map_err(|error| chain(&error))?;
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(limit)
        .build()
        .map_err(|error| error.to_string())
}

/// Asks until the answer is right or `limit` has passed; then says what the last answer was.
pub fn ask(
    question: &Question,
    at: SocketAddr,
    limit: Duration,
    world: &World,
    cancel: &Cancel,
) -> Result<(), String> {
    let client = client(REQUEST_MAX, world)?;
    let started = world.clock.monotonic();
    loop {
        let answer = world.block_on(once(&client, question, at));
        let Err(wrong) = answer else { return Ok(()) };
        let waited = world.clock.monotonic().since(started);
        if waited >= limit || cancel.is_cancelled() {
            return Err(wrong);
        }
        world.clock.sleep(AGAIN_AFTER);
    }
}

async fn once(client: &Client, question: &Question, at: SocketAddr) -> Result<(), String> {
    let url = format!("http://{at}{}", question.path);
    let mut response = client.get(&url).send().await.map_err(|error| chain(&error))?;
    let status = response.status().as_u16();
    if status != question.status {
        return Err(format!("status {status}, not {}", question.status));
    }
    let Some(text) = &question.contains else { return Ok(()) };
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| chain(&error))? {
        body.extend_from_slice(&part);
        if body.len() > BODY_MAX {
            return Err(format!("a body longer than {BODY_MAX} bytes"));
        }
    }
    if String::from_utf8_lossy(&body).contains(text) {
        Ok(())
    } else {
        Err(format!("status {status}, but the page does not hold `{text}`"))
    }
}
