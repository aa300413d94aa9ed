//! Starting the restored portal and asking it: the last two phases of the measured time.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::base::fault::AnyFault;
use crate::config::settings::Piece;
use crate::drill::compare::{check, not_run};
use crate::drill::fact::{CheckKind, Finding, PhaseName};
use crate::job::drill::Sabotage;
use crate::job::drill::way::{Databases, Ended, Restored, Way};
use crate::job::site::Layout;
use crate::job::smoke::{self, Question};
use crate::source::Database;
use crate::source::error::SourceError;
use crate::world::files::{self, FileError};
use crate::world::process::mark::{self, Mark};
use crate::world::process::{Process, Running};

/// A portal that has not answered rightly for this long after its start does not come up. Most
/// portals warm their caches in seconds; a large one may take minutes.
const ANSWER_MAX: Duration = Duration::from_mins(5);

/// A wrong page does not become the right one.
const OTHER_MAX: Duration = Duration::from_secs(1);

/// No page of a portal, with a status that says all is well.
const OTHER_PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\
    Content-Length: 47\r\nConnection: close\r\n\r\n<!doctype html><title>It works!</title>It works";

/// Starts the portal, asks every question until it is answered, and stops it again. Returns whether
/// it did: a portal whose database nobody could load is not started, since it would run on none, or
/// on another one.
pub(super) fn start_and_ask(
    way: &mut Way<'_>,
    restored: &Restored,
    databases: &Databases,
) -> Result<bool, Ended> {
    if let Some(name) = unloaded(way, databases) {
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
    let asked = way.timed(PhaseName::Smoke, |way| match &other {
        Some(other) => ask(way, other.address, OTHER_MAX),
        None => ask(way, address, ANSWER_MAX),
    });
    drop((portal, other));
    // It may have left its group: nothing that serves production's data stays.
    let ended = end_leftovers(way, &restored.root);
    let portal = way.portal().id.clone();
    way.must(CheckKind::Smoke, &portal, ended)?;
    asked.map(|()| true)
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
fn unloaded(way: &Way<'_>, databases: &Databases) -> Option<String> {
    let named = way.portal().drill.start.iter().flatten().flat_map(|argument| &argument.0);
    let mut lacking = named.filter_map(|piece| match piece {
        Piece::Database(name) if !databases.loaded.contains_key(name) => Some(name.clone()),
        _ => None,
    });
    // One that it does not name it may find by settings of its own.
    lacking.next().or_else(|| databases.unproven.iter().next().cloned())
}

fn start(
    way: &Way<'_>,
    restored: &Restored,
    databases: &Databases,
) -> Result<(SocketAddr, Running), AnyFault> {
    let address = free_address()?;
    let fill = |piece: &Piece| -> OsString {
        match piece {
            Piece::Text(text) => text.into(),
            Piece::Port => address.port().to_string().into(),
            Piece::Tree(name) => {
                let trees = &way.portal().trees;
                let tree = trees.iter().find(|tree| tree.name == *name);
                tree.map_or_else(OsString::new, |tree| {
                    restored.root.join(Layout::tree(tree.role, &tree.name)).into()
                })
            }
            Piece::Database(name) => match databases.loaded.get(name) {
                Some(Database::Sqlite(restored)) => restored.path.clone().into(),
                Some(Database::Postgres(target)) => target.dsn.clone().into(),
                Some(Database::Mariadb(target)) => target.shown().into(),
                Some(Database::Command(target)) => target.scratch.clone().into(),
                None => OsString::new(),
            },
        }
    };
    let command = way.portal().drill.start.as_deref().unwrap_or_default();
    let mut words = command.iter().map(|argument| argument.fill(fill));
    let program = words.next().unwrap_or_default();
    let mut process = Process::new(program).args(words).current_dir(&restored.root);
    process = process.env(mark::VARIABLE, mark(&restored.root).as_str());
    if let Some(file) = password_file(restored, databases)? {
        process = process.env("PGPASSFILE", file);
    }
    for (variable, file) in options_files(restored, databases)? {
        process = process.env(variable, file);
    }
    Ok((address, process.start()?))
}

/// The scratch server's password in libpq's own form, for a portal that connects to it: neither
/// arguments nor environments of processes are private, a file of mode 0600 is.
fn password_file(restored: &Restored, databases: &Databases) -> Result<Option<PathBuf>, FileError> {
    let password = databases.loaded.values().find_map(|database| match database {
        Database::Postgres(target) => target.password.as_ref(),
        Database::Sqlite(_) | Database::Mariadb(_) | Database::Command(_) => None,
    });
    let Some(password) = password else { return Ok(None) };
    let file = restored.root.with_extension("pgpass");
    let mut line = b"*:*:*:*:".to_vec();
    for byte in password.expose() {
        if matches!(byte, b':' | b'\\') {
            line.push(b'\\');
        }
        line.push(*byte);
    }
    line.push(b'\n');
    files::replace_durably(&file, &line)?;
    Ok(Some(file))
}

/// The same for the scratch servers of MariaDB, of which each database has its own, as their clients
/// read it (`--defaults-extra-file`): the way to the server, the account and its password. Each has
/// a variable that ends in its name, and the first one also the plain one.
fn options_files(
    restored: &Restored,
    databases: &Databases,
) -> Result<Vec<(String, PathBuf)>, AnyFault> {
    let mut variables = Vec::new();
    for (name, database) in &databases.loaded {
        let Database::Mariadb(target) = database else { continue };
        let file = restored.root.with_extension(format!("{name}.cnf"));
        files::replace_durably(&file, &target.options_text()?)?;
        if variables.is_empty() {
            variables.push(("MARIADB_OPTIONS".to_owned(), file.clone()));
        }
        // What a shell takes for a letter of a variable's name.
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let name: String = name.chars().map(plain).collect();
        variables.push((format!("MARIADB_OPTIONS_{name}"), file));
    }
    Ok(variables)
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

fn ask(way: &mut Way<'_>, address: SocketAddr, limit: Duration) -> Result<(), Ended> {
    let site = way.site();
    let mut findings = Vec::new();
    let questions = &way.portal().drill.smoke;
    for asked in questions {
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
    let wrong = !findings.is_empty();
    let portal = way.portal().id.clone();
    if let (true, Err(interrupted)) = (wrong, site.go_on()) {
        way.failed(CheckKind::Smoke, &portal, &interrupted);
        return Err(Ended);
    }
    way.checks.push(check(CheckKind::Smoke, &portal, questions.len() as u64, findings));
    if wrong { Err(Ended) } else { Ok(()) }
}
