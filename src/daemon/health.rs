//! Telling others how the daemon is, over HTTP: `/healthz`, `/readyz`, `/metrics`.
//!
//! Guarantees: nothing here is secret, nothing can be changed, and no request reaches beyond the
//! board. A guest has a few seconds for everything and a place among a few dozen; whoever sends
//! slowly, endlessly or nonsense loses the place, and the daemon never notices.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Timeout, timeout};

use crate::daemon::board::{Board, Phase, Seen};
use crate::daemon::fault::DaemonFault;
use crate::daemon::metrics;
use crate::world::World;
use crate::world::clock::Monotonic;

/// The scheduler looks around four times a second. One that has not for this long hangs: on a disk
/// that does not answer, most likely. The log's lock may make it wait for ten seconds.
const TICK_AGE_MAX: Duration = Duration::from_secs(30);

/// From the first byte to the last: what we answer fits into a few packets.
const VISIT_MAX: Duration = Duration::from_secs(10);

/// A few programs ask, each for a moment.
const GUESTS_MAX: usize = 32;

/// Between two tries after the system would not let us accept, such as for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The open port; closed when dropped.
#[derive(Debug)]
pub(super) struct Serving(tokio::task::JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Listens, and answers from the board.
pub(super) fn serve(
    listen: SocketAddr,
    world: &World,
    board: &Board,
) -> Result<Serving, DaemonFault> {
    let fault = |source| DaemonFault::Listen { listen, source };
    let _inside = world.runtime().enter();
    let listener = std::net::TcpListener::bind(listen).map_err(fault)?;
    listener.set_nonblocking(true).map_err(fault)?;
    let listener = TcpListener::from_std(listener).map_err(fault)?;
    let gate = Gate { listener, places: Arc::new(Semaphore::new(GUESTS_MAX)) };
    let router = router(world, board);
    Ok(Serving(world.runtime().spawn(async move {
        // Serves until the task is ended; the error type has no value.
        let _never = axum::serve(gate, router).await;
    })))
}

/// Whether the scheduler has looked around lately.
pub(super) fn ticks(seen: &Seen, clock: Monotonic) -> bool {
    seen.ticked.is_some_and(|ticked| clock.since(ticked) <= TICK_AGE_MAX)
}

/// Everything that keeps it from being well; empty when it is.
fn unwell(seen: &Seen, clock: Monotonic) -> Vec<String> {
    let mut reasons = Vec::new();
    match seen.ticked.map(|ticked| clock.since(ticked)) {
        None => reasons.push("the scheduler has not looked around yet".to_owned()),
        Some(age) if age > TICK_AGE_MAX => {
            reasons.push(format!("the scheduler has not looked around for {} s", age.as_secs()));
        }
        Some(_) => {}
    }
    if let Some((since, code)) = seen.log_fault {
        reasons.push(format!("the audit log cannot be written since {since} ({code})"));
    }
    reasons
}

fn router(world: &World, board: &Board) -> Router {
    let (clock, seen) = (Arc::clone(&world.clock), board.clone());
    let healthz = move || {
        let answer = seen.look(|seen| healthz(seen, clock.monotonic()));
        std::future::ready(answer)
    };
    let seen = board.clone();
    let readyz = move || std::future::ready(seen.look(|seen| readyz(seen.phase)));
    let (clock, seen) = (Arc::clone(&world.clock), board.clone());
    let metrics = move || {
        let seen = seen.look(Seen::clone);
        let text = metrics::text(&seen, clock.now(), clock.monotonic());
        std::future::ready(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text))
    };
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
}

fn healthz(seen: &Seen, clock: Monotonic) -> Response {
    let reasons = unwell(seen, clock);
    let mut text = if reasons.is_empty() { "ok\n".to_owned() } else { String::new() };
    for reason in &reasons {
        text.push_str(&format!("unwell: {reason}\n"));
    }
    // The settings of before go on working: worth knowing, no reason for a restart.
    if let Some(code) = seen.reload.failed {
        text.push_str(&format!(
            "note: the configuration was refused at {} ({code})\n",
            seen.reload.at
        ));
    }
    if let Some(paused) = &seen.paused {
        text.push_str(&format!("note: paused since {}\n", paused.at));
    }
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, text).into_response()
}

fn readyz(phase: Phase) -> Response {
    match phase {
        Phase::Ready => (StatusCode::OK, "ready\n").into_response(),
        Phase::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting\n").into_response(),
        Phase::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response(),
    }
}

/// Waits a little before the system is asked again.
pub(super) async fn pause() {
    let _elapsed = timeout(ACCEPT_PAUSE, std::future::pending::<()>()).await;
}

/// Lets in as many guests as there are places.
struct Gate {
    listener: TcpListener,
    places: Arc<Semaphore>,
}

impl axum::serve::Listener for Gate {
    type Io = Guest;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guest, SocketAddr) {
        loop {
            let place = Arc::clone(&self.places).acquire_owned().await;
            let place = place.expect("nobody closes the semaphore");
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    let visit = Box::pin(timeout(VISIT_MAX, std::future::pending()));
                    return (Guest { stream, visit, _place: place }, address);
                }
                Err(error) => {
                    tracing::warn!(%error, "A guest could not be let in.");
                    pause().await;
                }
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends when its time is over, whatever the other side does.
struct Guest {
    stream: TcpStream,
    visit: Pin<Box<Timeout<std::future::Pending<()>>>>,
    _place: OwnedSemaphorePermit,
}

impl Guest {
    fn is_over(&mut self, context: &mut Context<'_>) -> Result<(), std::io::Error> {
        match self.visit.as_mut().poll(context) {
            Poll::Ready(_) => Err(std::io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Guest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.is_over(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Guest {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.is_over(context)?;
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.is_over(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::config;
    use std::path::Path;

    /// A daemon whose scheduler looked around at 100 s of the monotonic clock.
    fn seen() -> Seen {
        let text = b"site: { id: a, name: a }\nstate: s\nrepositories: { r: { path: r, \
            password: { file: p } } }\nportals: { p: { kind: cong, owner: a, operator: a, level: 3, \
            trees: [ { role: media, path: m } ], snapshot: { to: [r], rpo: 1h } } }";
        let loaded = config::check_text(text, Path::new("/etc/duphong.yaml"), None);
        let settings = loaded.expect("a valid configuration").settings;
        let started = "2026-11-22T08:00:00Z".parse().expect("a valid time");
        let board = Board::new(started, Arc::new(settings));
        board.change(|seen| seen.ticked = Some(Monotonic(Duration::from_secs(100))));
        board.look(Seen::clone)
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Seen), second: u64, reasons: &[&str]) {
        let mut seen = seen();
        change(&mut seen);
        let found = unwell(&seen, Monotonic(Duration::from_secs(second)));
        assert_eq!(found.len(), reasons.len(), "{found:?}");
        for (found, reason) in found.iter().zip(reasons) {
            assert!(found.contains(reason), "{found}");
        }
    }

    #[test]
    fn a_scheduler_that_hangs_and_a_log_that_is_full_are_not_well() {
        check(|_| {}, 130, &[]);
        check(|_| {}, 131, &["for 31 s"]);
        check(|seen| seen.ticked = None, 100, &["not looked around yet"]);
        let full = |seen: &mut Seen| seen.log_fault = Some((seen.started, "audit.unwritable"));
        check(full, 100, &["audit.unwritable"]);
    }
}
