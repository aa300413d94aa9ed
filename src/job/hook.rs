//! Commands that a person configured to be run on what came back from a set: what replays a list of
//! erasures, what scans for malware.
//!
//! A hook runs as our account in the restored folder, with a time limit, and everybody whom it
//! started ends with it when it fails. Passwords of servers reach it through files of mode 0600,
//! never through its arguments. Of what it says only what is asked for goes on record: a list of
//! erasures is a list of persons.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use data_encoding::HEXLOWER;

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args, Fault, FaultKind, Retry};
use crate::config::settings::{Argument, Hook, Piece, Portal};
use crate::job::site::{Layout, Site};
use crate::source::Database;
use crate::world::files::{self, FileError};
use crate::world::process::mark::Mark;
use crate::world::process::stream::{Bounds, StreamError};
use crate::world::process::{Process, ProcessError};

/// What is kept of a hook's output: a number, or a few hundred findings.
const OUTPUT_MAX: usize = 64 * 1024;

/// Findings of a scan that are told.
pub(super) const FOUND_MAX: usize = 20;

/// The longest that one of them may be, in characters.
const LINE_MAX: usize = 200;

/// Why a hook did not do what it is for.
#[derive(Debug, thiserror::Error)]
pub(super) enum HookFault {
    /// It did not end well.
    #[error("the command that replays erasures did not end well")]
    Erasure {
        /// The reason.
        #[source]
        source: StreamError,
    },
    /// It ended well and did not say how many erasures it has replayed.
    #[error("the command that replays erasures printed no number")]
    Uncounted,
    /// It did not end as one that has looked at everything.
    #[error("the command that scans what was restored did not end well")]
    Scan {
        /// The reason.
        #[source]
        source: StreamError,
    },
}

impl Fault for HookFault {
    fn kind(&self) -> FaultKind {
        FaultKind::Environment
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Erasure { .. } => "job.erasure",
            Self::Uncounted => "job.erasure-uncounted",
            Self::Scan { .. } => "job.scan",
        }
    }

    fn args(&self) -> Args {
        Args::none()
    }

    fn retry(&self) -> Retry {
        Retry::Later
    }

    fn exit(&self) -> ExitCode {
        match self {
            Self::Erasure { source } | Self::Scan { source } => source.exit(),
            Self::Uncounted => ExitCode::Failed,
        }
    }
}

/// What came back, as commands are told of it.
pub(super) struct Ground<'a> {
    pub(super) portal: &'a Portal,
    /// The restored set's root, in which commands run.
    pub(super) root: &'a Path,
    /// Databases that were loaded, by name.
    pub(super) loaded: &'a BTreeMap<String, Database>,
    /// What the names of files with passwords begin with.
    pub(super) secrets: &'a Path,
}

impl Ground<'_> {
    /// The process of this command, with every place filled in. `port` is where a portal is to
    /// answer, for a command that starts one.
    pub(super) fn process(
        &self,
        command: &[Argument],
        port: Option<SocketAddr>,
    ) -> Result<Process, AnyFault> {
        let mut words =
            command.iter().map(|argument| argument.fill(|piece| self.fill(piece, port)));
        let program = words.next().unwrap_or_default();
        let mut process = Process::new(program).args(words).current_dir(self.root);
        if let Some(file) = self.password_file()? {
            process = process.env("PGPASSFILE", file);
        }
        for (variable, file) in self.options_files()? {
            process = process.env(variable, file);
        }
        Ok(process)
    }

    fn fill(&self, piece: &Piece, port: Option<SocketAddr>) -> OsString {
        match piece {
            Piece::Text(text) => text.into(),
            Piece::Port => port.map(|at| at.port().to_string().into()).unwrap_or_default(),
            Piece::Tree(name) => {
                let tree = self.portal.trees.iter().find(|tree| tree.name == *name);
                tree.map_or_else(OsString::new, |tree| {
                    self.root.join(Layout::tree(tree.role, &tree.name)).into()
                })
            }
            Piece::Database(name) => match self.loaded.get(name) {
                Some(Database::Sqlite(restored)) => restored.path.clone().into(),
                Some(Database::Postgres(target)) => target.dsn.clone().into(),
                Some(Database::Mariadb(target)) => target.shown().into(),
                Some(Database::Command(target)) => target.scratch.clone().into(),
                None => OsString::new(),
            },
        }
    }

    /// A database that the command names and that is not there.
    pub(super) fn unloaded(&self, command: &[Argument]) -> Option<String> {
        let mut pieces = command.iter().flat_map(|argument| &argument.0);
        pieces.find_map(|piece| match piece {
            Piece::Database(name) if !self.loaded.contains_key(name) => Some(name.clone()),
            _ => None,
        })
    }

    /// The server's password in libpq's own form: neither arguments nor environments of processes
    /// are private, a file of mode 0600 is.
    fn password_file(&self) -> Result<Option<PathBuf>, FileError> {
        let password = self.loaded.values().find_map(|database| match database {
            Database::Postgres(target) => target.password.as_ref(),
            Database::Sqlite(_) | Database::Mariadb(_) | Database::Command(_) => None,
        });
        let Some(password) = password else { return Ok(None) };
        let file = self.secrets.with_extension("pgpass");
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

    /// The same for servers of MariaDB, of which each database may have its own, as their clients
    /// read it (`--defaults-extra-file`): the way to the server, the account and its password. Each
    /// has a variable that ends in its name, and the first one also the plain one.
    fn options_files(&self) -> Result<Vec<(String, PathBuf)>, AnyFault> {
        let mut variables = Vec::new();
        for (name, database) in self.loaded {
            let Database::Mariadb(target) = database else { continue };
            let file = self.secrets.with_extension(format!("{name}.cnf"));
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

    /// Replays the erasures that the portal has promised since the set was taken; returns how many
    /// the command says that it has replayed: the number that it prints, and nothing else.
    pub(super) fn erase(&self, site: &Site, hook: &Hook) -> Result<u64, AnyFault> {
        let process = self.process(&hook.command, None)?;
        let (ended, said) = run(site, process, "erasure", hook.timeout);
        ended.map_err(|source| HookFault::Erasure { source: wordless(source) })?;
        Ok(said.trim().parse().map_err(|_| HookFault::Uncounted)?)
    }

    /// Scans what was restored. A command that ends with 0 has found nothing, with 1 what its lines
    /// name, and with anything else has not looked at everything: clamscan's own rule.
    pub(super) fn scan(&self, site: &Site, hook: &Hook) -> Result<Vec<String>, AnyFault> {
        let process = self.process(&hook.command, None)?;
        let (ended, said) = run(site, process, "scan", hook.timeout);
        let found_status = ExitStatus::from_raw(1 << 8).to_string();
        match ended {
            Ok(()) => Ok(Vec::new()),
            Err(StreamError::Process(ProcessError::Failed { status, .. }))
                if status == found_status =>
            {
                Ok(lines(&said))
            }
            Err(source) => Err(HookFault::Scan { source }.into()),
        }
    }
}

/// The same fault without what the program said: what a list of erasures says of itself names persons,
/// and goes into no record.
fn wordless(fault: StreamError) -> StreamError {
    match fault {
        StreamError::Process(ProcessError::Failed { program, status, .. }) => {
            let stderr = "(what it said is not kept)".to_owned();
            StreamError::Process(ProcessError::Failed { program, status, stderr })
        }
        other => other,
    }
}

/// The first lines, cut to what a record takes; at least one, since something was found.
fn lines(said: &str) -> Vec<String> {
    let plain = |line: &str| line.chars().filter(|c| !c.is_control()).take(LINE_MAX).collect();
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut found: Vec<String> = lines.take(FOUND_MAX).map(plain).collect();
    if found.is_empty() {
        found.push("?".to_owned());
    }
    found
}

/// What it said is kept whichever way it ended.
fn run(
    site: &Site,
    process: Process,
    act: &str,
    limit: Duration,
) -> (Result<(), StreamError>, String) {
    let mut nonce = [0; 16];
    site.world.entropy.fill(&mut nonce);
    let said = Said::default();
    let bounds = Bounds {
        mark: &Mark::of(&["hook", act, &HEXLOWER.encode(&nonce)]),
        clock: site.world.clock.as_ref(),
        cancel: &site.cancel,
        limit,
        silence: None,
        flowed: &|_| {},
        patience: None,
        beside: None,
    };
    let ended = process.pour(&bounds, said.clone()).map(drop);
    let said = said.0.lock().unwrap_or_else(PoisonError::into_inner);
    (ended, String::from_utf8_lossy(&said).into_owned())
}

/// The beginning of an output; the rest flows by.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = OUTPUT_MAX.saturating_sub(said.len()).min(bytes.len());
        said.extend_from_slice(&bytes[..room]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scan_says_is_cut_to_what_a_record_takes() {
        assert_eq!(lines("\n a: Eicar FOUND \n\nb\x07c\n"), ["a: Eicar FOUND", "bc"]);
        assert_eq!(lines(""), ["?"]);
        let flood = "ế".repeat(5000) + "\n" + &"x\n".repeat(100);
        let kept = lines(&flood);
        assert_eq!((kept.len(), kept[0].chars().count()), (FOUND_MAX, LINE_MAX));
    }
}
