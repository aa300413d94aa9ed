//! The control socket: where commands on this machine talk to the daemon.
//!
//! Guarantees: only root and the daemon's own account are heard, by what the kernel says of the
//! peer; a line that is too long, too slow or no request costs one answer and nothing else. One
//! request a connection.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Sender;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use crate::base::fault::Message;
use crate::config::problem::Problem;
use crate::daemon::board::{Board, Seen};
use crate::daemon::fault::DaemonFault;
use crate::daemon::health;
use crate::daemon::protocol::{
    Answer, Envelope, LINE_MAX, LogFault, Next, Paused, Reload, Request, Running, Status, VERSION,
};
use crate::daemon::reload::Kept;
use crate::daemon::service::Event;
use crate::text::{Catalog, Language};
use crate::world::World;

/// A command asks at once; whoever holds the line open longer is no command of ours.
const REQUEST_MAX: Duration = Duration::from_secs(5);

/// The loop answers within a tick; reading a large configuration again takes a second.
const ANSWER_MAX: Duration = Duration::from_mins(1);

/// Commands that ask at the same time; more wait for their turn.
const GUESTS_MAX: usize = 16;

/// The open socket; removed when dropped.
#[derive(Debug)]
pub(super) struct Listening {
    socket: PathBuf,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
        // One that is left is removed by the next daemon.
        let _left = std::fs::remove_file(&self.socket);
    }
}

/// Opens the socket. The caller is the only daemon of this state folder: a socket that lies there
/// is what a killed one left.
pub(super) fn listen(
    socket: &Path,
    world: &World,
    events: &Sender<Event>,
    board: &Board,
) -> Result<Listening, DaemonFault> {
    let fault = |source| DaemonFault::Socket { socket: socket.to_owned(), source };
    if std::fs::symlink_metadata(socket).is_ok_and(|meta| meta.file_type().is_socket()) {
        std::fs::remove_file(socket).map_err(fault)?;
    }
    let _inside = world.runtime().enter();
    let listener = UnixListener::bind(socket).map_err(fault)?;
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(socket, private).map_err(fault)?;
    let desk =
        Arc::new(Desk { events: events.clone(), board: board.clone(), world: world.clone() });
    let task = world.runtime().spawn(async move {
        let places = Arc::new(Semaphore::new(GUESTS_MAX));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let desk = Arc::clone(&desk);
                    let _guest = tokio::spawn(async move {
                        desk.receive(stream).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "The control socket could not accept.");
                    health::pause().await;
                }
            }
        }
    });
    Ok(Listening { socket: socket.to_owned(), task })
}

struct Desk {
    events: Sender<Event>,
    board: Board,
    world: World,
}

impl Desk {
    async fn receive(&self, mut stream: UnixStream) {
        let answer = match self.request(&mut stream).await {
            Ok(Some(request)) => self.answer(request).await,
            Ok(None) => return,
            Err(fault) => Answer::refused(&fault),
        };
        let mut line = serde_json::to_vec(&answer).expect("an answer is made of texts and numbers");
        line.push(b'\n');
        // A command that has left needs no answer.
        let _gone = timeout(REQUEST_MAX, stream.write_all(&line)).await;
    }

    /// The request; none when the peer left without one.
    async fn request(&self, stream: &mut UnixStream) -> Result<Option<Request>, DaemonFault> {
        let not = |detail: &str| DaemonFault::NotARequest { detail: detail.to_owned() };
        let peer = stream.peer_cred().map_err(|_| not("the peer is unknown"))?;
        let own = rustix::process::geteuid().as_raw();
        if peer.uid() != 0 && peer.uid() != own {
            return Err(DaemonFault::NotYours { uid: peer.uid() });
        }
        let mut line = Vec::new();
        let mut reader = BufReader::new(stream.take(LINE_MAX));
        match timeout(REQUEST_MAX, reader.read_until(b'\n', &mut line)).await {
            Err(_) => return Err(not("it took too long")),
            Ok(Err(error)) => return Err(not(&error.to_string())),
            Ok(Ok(0)) => return Ok(None),
            Ok(Ok(_)) => {}
        }
        if line.pop() != Some(b'\n') {
            return Err(not("the line has no end"));
        }
        let envelope: Envelope =
            serde_json::from_slice(&line).map_err(|error| not(&error.to_string()))?;
        if envelope.v != VERSION {
            return Err(not("another version"));
        }
        Ok(Some(envelope.request))
    }

    async fn answer(&self, request: Request) -> Answer {
        if request == Request::Status {
            let clock = self.world.clock.monotonic();
            let status = self.board.look(|seen| status(seen, health::ticks(seen, clock)));
            return Answer { status: Some(status), ..Answer::done() };
        }
        let (reply, answer) = oneshot::channel();
        if self.events.send(Event::Asked(request, reply)).is_err() {
            return Answer::refused(&DaemonFault::Stopping);
        }
        awaited(answer, ANSWER_MAX).await
    }
}

/// The loop's answer. A loop that is gone is one thing, one that does not come round another: it
/// may still do what it was asked.
async fn awaited(answer: oneshot::Receiver<Answer>, longest: Duration) -> Answer {
    match timeout(longest, answer).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Answer::refused(&DaemonFault::Stopping),
        Err(_) => Answer::refused(&DaemonFault::Late),
    }
}

fn status(seen: &Seen, ticking: bool) -> Status {
    Status {
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started: seen.started.to_string(),
        ticking,
        paused: seen.paused.as_ref().map(|paused| Paused {
            at: paused.at.to_string(),
            by: paused.by.clone(),
            reason: paused.reason.clone(),
        }),
        reload: Reload {
            at: seen.reload.at.to_string(),
            failed: seen.reload.failed.map(str::to_owned),
        },
        log_fault: seen
            .log_fault
            .map(|(since, code)| LogFault { since: since.to_string(), code: code.to_owned() }),
        running: seen
            .running
            .iter()
            .map(|(job, since)| Running { job: job.clone(), since: since.to_string() })
            .collect(),
        next: seen
            .coming
            .iter()
            .map(|coming| Next {
                job: coming.job.clone(),
                at: coming.at.map(|at| at.to_string()),
                running: coming.running,
                wished: coming.wished,
            })
            .collect(),
    }
}

/// A configuration that was not taken up, with its problems in the words of who asked.
pub(super) fn kept(kept: &Kept, language: Option<&str>) -> Answer {
    let language = language.and_then(Language::parse).unwrap_or(Language::Vietnamese);
    let catalog = Catalog::new(language);
    let mut answer = Answer::refused(kept.fault.as_ref());
    if let Some(error) = &mut answer.error {
        error.problems = kept.problems.iter().map(|problem| worded(&catalog, problem)).collect();
    }
    answer
}

fn worded(catalog: &Catalog, problem: &Problem) -> String {
    let say = |message: &Message| catalog.say(message);
    let hint = problem.hint.as_ref().map(|hint| format!(" ({})", say(hint))).unwrap_or_default();
    format!("{}: {}: {}{hint}", problem.at, problem.path, say(&problem.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_does_not_answer_is_not_told_as_one_that_stops() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let code = |answer, longest| {
            let runtime = runtime.as_ref().expect("a runtime can be made");
            let answer: Answer = runtime.block_on(awaited(answer, longest));
            answer.error.map(|error| error.code)
        };
        let (kept, silent) = oneshot::channel();
        assert_eq!(code(silent, Duration::ZERO).as_deref(), Some("daemon.late"));
        drop(kept);
        let (gone, closed) = oneshot::channel();
        drop(gone);
        assert_eq!(code(closed, ANSWER_MAX).as_deref(), Some("daemon.stopping"));
    }
}
