//! Asking a restored portal whether it answers: the end of a drill's clock.
//!
//! Only loopback addresses are asked, redirects are not followed, a body is read up to
//! [`BODY_MAX`]; a portal that has not answered within the limit has not answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, redirect};

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

/// Asks until the answer is right or `limit` has passed; then says what the last answer was.
pub fn ask(
    question: &Question,
    at: SocketAddr,
    limit: Duration,
    world: &World,
    cancel: &Cancel,
) -> Result<(), String> {
    // A loopback portal is asked without TLS, but the client wants to know whom it would trust.
    let tls = world::tls::client(Arc::clone(&world.clock), None).map_err(|error| chain(&error))?;
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(REQUEST_MAX)
        .build()
        .map_err(|error| error.to_string())?;
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
