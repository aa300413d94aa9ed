//! Starting the restored portal and asking it: the last two phases of the measured time.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::base::fault::AnyFault;
use crate::drill::compare::{check, not_run};
use crate::drill::fact::{CheckKind, CheckOutcome, Finding, PhaseName};
use crate::job::drill::way::{Databases, Ended, Restored, Way};
use crate::job::drill::{Sabotage, pages};
use crate::job::smoke::{self, Question};
use crate::source::error::SourceError;
use crate::world::files::FileError;
use crate::world::process::Running;
use crate::world::process::mark::{self, Mark};

/// A portal that has not answered rightly for this long after its start does not come up. Most
/// portals warm their caches in seconds; a large one may take minutes.
const ANSWER_MAX: Duration = Duration::from_mins(5);

/// After so long a portal that has not answered rightly is asked what is wrong with its data.
const ANSWER_FIRST: Duration = Duration::from_secs(30);

/// A wrong page does not become the right one.
const OTHER_MAX: Duration = Duration::from_secs(1);

/// No page of a portal, with a status that says all is well.
const OTHER_PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\
    Content-Length: 47\r\nConnection: close\r\n\r\n<!doctype html><title>It works!</title>It works";

/// Starts the portal, asks every question until it is answered, looks at its pages, and stops it
/// again. Returns whether everything was compared already. A portal whose database nobody could load
/// is not started, since it would run on none, or on another one.
pub(super) fn start_and_ask(
    way: &mut Way<'_>,
    restored: &Restored,
    databases: &mut Databases,
) -> Result<bool, Ended> {
    if let Some(name) = unloaded(way, restored, databases) {
        let detail = format!("the portal was not started: its database `{name}` was not loaded");
        let subject = way.portal().id.clone();
        way.checks.push(not_run(CheckKind::Smoke, &subject, Finding::Blind { detail }));
        return Ok(false);
    }
    let (address, portal) = way.timed(PhaseName::Start, |way| {
        let subject = way.portal().id.clone();
        let started = start(way, restored, databases);
        way.must(CheckKind::Smoke, &subject, started)
    })?;
    let other = way.request().sabotage == Some(Sabotage::WrongPage);
    let other = way.must(
        CheckKind::Smoke,
        way.portal().id.as_str(),
        if other { OtherPage::serve().map(Some) } else { Ok(None) },
    )?;
    let asked = match &other {
        Some(other) => way.timed(PhaseName::Smoke, |way| {
            let findings = ask(way, other.address, OTHER_MAX);
            answered(way, findings).map(|()| false)
        }),
        None => ask_patiently(way, address, restored, databases),
    };
    if asked.is_ok() {
        pages::look(way, other.as_ref().map_or(address, |other| other.address));
    }
    drop((portal, other));
    // It may have left its group: nothing that serves production's data stays.
    let ended = end_leftovers(way, &restored.root);
    let portal = way.portal().id.clone();
    way.must(CheckKind::Smoke, &portal, ended)?;
    asked
}

/// A portal that warms up gives no right answer for minutes, and one whose database is damaged gives
/// none at all. After half a minute the data is compared, which goes on record either way: where it
/// is not what the set says, that is why, and nobody waits any longer. Returns whether it was
/// compared.
fn ask_patiently(
    way: &mut Way<'_>,
    address: SocketAddr,
    restored: &Restored,
    databases: &mut Databases,
) -> Result<bool, Ended> {
    let findings = way.timed(PhaseName::Smoke, |way| Ok(ask(way, address, ANSWER_FIRST)))?;
    if findings.is_empty() || way.site().cancel.is_cancelled() {
        return answered(way, findings).map(|()| false);
    }
    let before = way.checks.len();
    way.compare(restored, databases)?;
    if way.checks.iter().skip(before).any(|check| check.outcome != CheckOutcome::Passed) {
        // It was not waited for as long as it may take: what it answered tells nothing by itself.
        let reason = findings.into_iter().next().unwrap_or(Finding::EarlierStep);
        let portal = way.portal().id.clone();
        way.checks.push(not_run(CheckKind::Smoke, &portal, reason));
        return Err(Ended);
    }
    let rest = ANSWER_MAX.saturating_sub(ANSWER_FIRST);
    way.timed(PhaseName::Smoke, |way| {
        let findings = ask(way, address, rest);
        answered(way, findings).map(|()| true)
    })
}

/// What the portal has in common that is served from this folder, with all that it starts.
fn mark(root: &Path) -> Mark {
    Mark::of(&["drill", &root.display().to_string()])
}

/// Ends a portal that was served from this folder, by a drill that was killed as well.
pub(super) fn end_leftovers(way: &Way<'_>, root: &Path) -> Result<(), AnyFault> {
    let clock = way.site().world.clock.as_ref();
    let ended = mark(root).end_all(None, Duration::ZERO, clock);
    ended.map_err(|left| SourceError::ScratchLeft { processes: left.to_string() })?;
    Ok(())
}

/// A database that the portal's command names and that is not there.
fn unloaded(way: &Way<'_>, restored: &Restored, databases: &Databases) -> Option<String> {
    let command = way.portal().drill.start.as_deref().unwrap_or_default();
    let named = restored.ground(way, databases).unloaded(command);
    // One that it does not name it may find by settings of its own.
    named.or_else(|| databases.unproven.iter().next().cloned())
}

fn start(
    way: &Way<'_>,
    restored: &Restored,
    databases: &Databases,
) -> Result<(SocketAddr, Running), AnyFault> {
    let address = free_address()?;
    let command = way.portal().drill.start.as_deref().unwrap_or_default();
    let process = restored.ground(way, databases).process(command, Some(address))?;
    let process = process.env(mark::VARIABLE, mark(&restored.root).as_str());
    Ok((address, process.start()?))
}

/// A loopback address that was free a moment ago. Another program may take it before the portal
/// does; the portal then fails to start and the drill says so.
fn free_address() -> Result<SocketAddr, FileError> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let taken = TcpListener::bind(any).and_then(|listener| listener.local_addr());
    taken.map_err(FileError::io("listen on", "127.0.0.1".as_ref()))
}

/// What answers in the portal's place when a drill is tested against itself: 200 and another page, to
/// every question. It ends with this value.
struct OtherPage {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl OtherPage {
    fn serve() -> Result<Self, AnyFault> {
        let place = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let failed = |error| FileError::io("listen on", "127.0.0.1".as_ref())(error);
        let listener = TcpListener::bind(place).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                // Who asks hears as much of it as comes; a broken answer is a wrong one too.
                let _told = stream.and_then(|mut stream| {
                    stream.set_read_timeout(Some(OTHER_MAX))?;
                    let mut asked = [0; 4096];
                    let _question = stream.read(&mut asked)?;
                    stream.write_all(OTHER_PAGE)
                });
            }
        });
        Ok(Self { address, is_over })
    }
}

impl Drop for OtherPage {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Its thread waits for the next question.
        let _woken = TcpStream::connect(self.address);
    }
}

/// What was not answered rightly within `limit`.
fn ask(way: &Way<'_>, address: SocketAddr, limit: Duration) -> Vec<Finding> {
    let site = way.site();
    let mut findings = Vec::new();
    for asked in &way.portal().drill.smoke {
        let question = Question {
            path: asked.path.clone(),
            status: asked.status,
            contains: asked.contains.clone(),
        };
        let answer = smoke::ask(&question, address, limit, &site.world, &site.cancel);
        if let Err(detail) = answer {
            findings.push(Finding::Answer { path: asked.path.clone(), detail });
        }
    }
    findings
}

/// Leaves the check, and stops the clock where all was answered.
fn answered(way: &mut Way<'_>, findings: Vec<Finding>) -> Result<(), Ended> {
    let wrong = !findings.is_empty();
    let portal = way.portal().id.clone();
    if let (true, Err(interrupted)) = (wrong, way.site().go_on()) {
        way.failed(CheckKind::Smoke, &portal, &interrupted);
        return Err(Ended);
    }
    let questions = way.portal().drill.smoke.len() as u64;
    way.checks.push(check(CheckKind::Smoke, &portal, questions, findings));
    if wrong {
        return Err(Ended);
    }
    way.answered = Some(way.elapsed());
    Ok(())
}
