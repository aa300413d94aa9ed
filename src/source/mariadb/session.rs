//! One connection to a server, by the stock client, for as long as this value lives.
//!
//! The client that loads a dump is also the one that asks: it knows every way of logging in and
//! all the TLS that the server's maker knows, and no second implementation can disagree with it.
//! Each question is followed by one for a word of our own, so that the end of an answer is known.
//! After a refused statement the client ends; whoever may be refused opens a session for that.
//!
//! A server does not notice that a client has gone before it has something to tell it, so that a
//! statement which waits or counts would go on for hours. Whoever leaves before the answer has the
//! server told, over a connection of its own, to end what it is at.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::ChildStdin;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use data_encoding::HEXLOWER;

use crate::base::cancel::Cancel;
use crate::base::fault::chain;
use crate::source::error::SourceError;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::script::literal;
use crate::source::mariadb::tools::{Family, OptionsFile, Tool};
use crate::source::mariadb::{Place, Settings};
use crate::world::World;
use crate::world::process::{ProcessError, Running};

/// Names of the stock client.
pub(super) const CLIENT: [&str; 2] = ["mariadb", "mysql"];

/// How often the clock is looked at while the server says nothing.
const LOOK: Duration = Duration::from_millis(100);

/// Catalog questions on a server with ten thousand tables took 40 s.
const ANSWER_MAX: Duration = Duration::from_mins(5);

/// The catalogs quote names and texts by mode and zone. Production's `wait_timeout` ends who is
/// silent, as this session is for as long as a dump or a load lasts: the longest that servers take.
const PREPARE: &str = "SET SESSION sql_mode = '', time_zone = '+00:00', wait_timeout = 31536000";

/// A client whose input has ended, ends.
const END_MAX: Duration = Duration::from_secs(30);

/// Telling a server to end a statement takes no longer than this, or is left.
const LET_BE_MAX: Duration = Duration::from_secs(10);

/// Lines that wait to be read.
const LINES_MAX: usize = 1024;

/// An open connection.
pub(super) struct Session {
    running: Option<Running>,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    word: String,
    world: World,
    settings: Settings,
    cancel: Cancel,
    /// What the server calls this connection.
    number: u64,
    /// Who made the server.
    pub(super) family: Family,
    /// The server's version, as it says it.
    pub(super) version: String,
}

impl Session {
    /// Connects to the database that `settings` name.
    pub(super) fn open(settings: &Settings, world: &World) -> Result<Self, SourceError> {
        Self::connect(settings, Some(&settings.database), &[], world)
    }

    /// The same for answers of any length: the client hands rows on as they come.
    pub(super) fn open_streaming(settings: &Settings, world: &World) -> Result<Self, SourceError> {
        Self::connect(settings, Some(&settings.database), &["--quick"], world)
    }

    /// Connects to the server alone.
    pub(super) fn open_server(settings: &Settings, world: &World) -> Result<Self, SourceError> {
        Self::connect(settings, None, &[], world)
    }

    fn connect(
        settings: &Settings,
        database: Option<&str>,
        more: &[&str],
        world: &World,
    ) -> Result<Self, SourceError> {
        let tool = Tool::find(settings.bin_dir.as_deref(), &CLIENT, None, world)?;
        let options = OptionsFile::write(settings, tool.family, world)?;
        let mut process = tool
            .client(&options)
            .args(["--batch", "--skip-column-names", "--unbuffered", "--binary-mode"])
            .args(["--skip-reconnect", "--comments", "--no-auto-rehash"])
            .args(more)
            .fed();
        if let Some(database) = database {
            process = process.arg(format!("--database={database}"));
        }
        let mut running = process
            .start()
            .map_err(|source| MariadbFault::Unreachable { server: settings.server(), source })?;
        let input = running.take_stdin();
        let output = running.take_stdout();
        let (say, lines) = sync_channel(LINES_MAX);
        // Ends with the client's output, or with the session that listens.
        std::thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n') {
                let Ok(line) = line else { return };
                if say.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
        let mut nonce = [0; 16];
        world.entropy.fill(&mut nonce);
        let mut session = Self {
            running: Some(running),
            input,
            lines,
            word: format!("end {}", HEXLOWER.encode(&nonce)),
            world: world.clone(),
            settings: settings.clone(),
            cancel: Cancel::default(),
            number: 0,
            family: Family::Mariadb,
            version: String::new(),
        };
        session.version = session.value("ask for the version", "SELECT @@version")?;
        // It has logged in: what it did so with need not lie about any longer.
        drop(options);
        session.family = Family::of(&session.version);
        let number = session.value("ask for the connection", "SELECT CONNECTION_ID()")?;
        session.number = number.parse().unwrap_or(0);
        session.run("prepare the session", PREPARE)?;
        Ok(session)
    }

    /// The same session, which stops when somebody asks `cancel`: within [`LOOK`], whatever the
    /// server is at.
    pub(super) fn under(self, cancel: &Cancel) -> Self {
        Self { cancel: cancel.clone(), ..self }
    }

    /// The server's numbers of connections of this account.
    pub(super) fn connections(&mut self) -> Result<BTreeSet<u64>, SourceError> {
        let rows = self.rows("list the connections", "SHOW PROCESSLIST")?;
        let ours = rows.iter().filter(|row| row.get(1) == Some(&self.settings.user));
        Ok(ours.filter_map(|row| row.first()?.parse().ok()).collect())
    }

    /// Runs statements that return nothing of interest.
    pub(super) fn run(&mut self, act: &'static str, sql: &str) -> Result<(), SourceError> {
        self.rows(act, sql).map(|_| ())
    }

    /// Every row of a statement. NULL reads as the text `NULL`.
    pub(super) fn rows(
        &mut self,
        act: &'static str,
        sql: &str,
    ) -> Result<Vec<Vec<String>>, SourceError> {
        let mut rows = Vec::new();
        self.each_row(act, sql, &mut |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The same, row by row. After a fault of `each`, a wish to stop or a silence the session cannot
    /// be used any more, and the server has been told to end the statement.
    pub(super) fn each_row(
        &mut self,
        act: &'static str,
        sql: &str,
        each: &mut dyn FnMut(Vec<String>) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        if self.cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        let question = format!("{sql};\nSELECT {};\n", literal(&self.word));
        let asked = self.input.as_mut().is_some_and(|input| {
            input.write_all(question.as_bytes()).and_then(|()| input.flush()).is_ok()
        });
        if !asked {
            return Err(self.ended(act));
        }
        let heard = self.hear(each);
        heard.map_err(|left| match left {
            Left::Ended => self.ended(act),
            Left::Early(fault) => {
                end(&self.settings, self.number, &self.world);
                (self.input, self.running) = (None, None);
                fault
            }
        })
    }

    /// Hands on the rows of an answer, up to our own word.
    fn hear(
        &mut self,
        each: &mut dyn FnMut(Vec<String>) -> Result<(), SourceError>,
    ) -> Result<(), Left> {
        let mut heard_at = self.world.clock.monotonic();
        loop {
            if self.cancel.is_cancelled() {
                return Err(Left::Early(SourceError::Cancelled));
            }
            match self.lines.recv_timeout(LOOK) {
                Ok(line) if line == self.word => return Ok(()),
                Ok(line) => {
                    let row = line.split('\t').map(unescaped).collect();
                    each(row).map_err(Left::Early)?;
                    heard_at = self.world.clock.monotonic();
                }
                Err(RecvTimeoutError::Timeout) => {
                    if self.world.clock.monotonic().since(heard_at) < ANSWER_MAX {
                        continue;
                    }
                    let (server, seconds) = (self.settings.server(), ANSWER_MAX.as_secs());
                    return Err(Left::Early(MariadbFault::Silent { server, seconds }.into()));
                }
                Err(RecvTimeoutError::Disconnected) => return Err(Left::Ended),
            }
        }
    }

    /// The first column of the first row; empty when there is none.
    pub(super) fn value(&mut self, act: &'static str, sql: &str) -> Result<String, SourceError> {
        let first = self.rows(act, sql)?.into_iter().next();
        Ok(first.and_then(|row| row.into_iter().next()).unwrap_or_default())
    }

    /// Whether the server still answers on this very connection.
    pub(super) fn is_alive(&mut self) -> bool {
        self.run("ask whether it is there", "DO 1").is_ok()
    }

    /// Why the client has ended.
    fn ended(&mut self, act: &'static str) -> SourceError {
        self.input = None;
        let Some(running) = self.running.take() else {
            return MariadbFault::Gone { act }.into();
        };
        let server = self.settings.server();
        match running.finish(self.world.clock.as_ref(), END_MAX) {
            Ok(()) => MariadbFault::Gone { act }.into(),
            Err(source) => {
                let source = told(source);
                // A statement may be refused by the same numbers as a login.
                let is_login = self.version.is_empty();
                match Answer::of(&source) {
                    Answer::Refused if is_login => {
                        MariadbFault::LoginRefused { server, source }.into()
                    }
                    Answer::Unreachable => MariadbFault::Unreachable { server, source }.into(),
                    Answer::Gone => MariadbFault::Gone { act }.into(),
                    Answer::Refused | Answer::Other => MariadbFault::Query { act, source }.into(),
                }
            }
        }
    }
}

/// Why nobody hears the rest of an answer.
enum Left {
    /// The client has ended.
    Ended,
    /// We leave before the end.
    Early(SourceError),
}

/// Tells a server to end what one of our connections is at. One that has ended, or a server that
/// cannot be reached, is left: it ends the statement when it notices that nobody listens.
pub(super) fn end(settings: &Settings, number: u64, world: &World) {
    if number == 0 {
        return;
    }
    let ended = || -> Result<(), SourceError> {
        let tool = Tool::find(settings.bin_dir.as_deref(), &CLIENT, None, world)?;
        let options = OptionsFile::write(settings, tool.family, world)?;
        let process = tool.client(&options).arg(format!("--execute=KILL QUERY {number}"));
        process.output(world.clock.as_ref(), LET_BE_MAX).map_err(|failure| {
            MariadbFault::Query { act: "end a statement", source: told(failure) }
        })?;
        Ok(())
    };
    if let Err(fault) = ended() {
        tracing::debug!(error = chain(&fault), "A statement could not be ended on its server.");
    }
}

/// What an error of the client means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Refused,
    Unreachable,
    Gone,
    Other,
}

impl Answer {
    fn of(error: &ProcessError) -> Self {
        match number(error) {
            Some(1044 | 1045 | 1049 | 1130 | 1698) => Self::Refused,
            Some(2002 | 2003 | 2005 | 2026) => Self::Unreachable,
            Some(number) if is_farewell(number) => Self::Gone,
            _ => Self::Other,
        }
    }
}

/// Whether an error of this number says that the connection has ended, not that something was
/// refused.
pub(super) fn is_farewell(number: u32) -> bool {
    matches!(number, 1053 | 1927 | 2006 | 2013 | 4031)
}

/// The number of a server's or client's error.
pub(super) fn number(error: &ProcessError) -> Option<u32> {
    let ProcessError::Failed { stderr, .. } = error else { return None };
    let digits = stderr.split("ERROR ").nth(1)?.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// Keeps what the server said and leaves out what it was asked: statements hold rows and hashes of
/// passwords.
pub(super) fn told(failure: ProcessError) -> ProcessError {
    match failure {
        ProcessError::Failed { program, status, stderr } => {
            let said = |line: &&str| line.contains("ERROR ") || line.contains("rror: ");
            let cut = |line: &str| line.split(" near '").next().unwrap_or_default().to_owned();
            let stderr = stderr.lines().filter(said).map(cut).collect::<Vec<_>>().join("\n");
            ProcessError::Failed { program, status, stderr }
        }
        other => other,
    }
}

/// The client writes some letters by a backslash, so that rows are lines and columns stand apart.
fn unescaped(text: &str) -> String {
    let mut letters = text.chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('0') => plain.push('\0'),
            Some(other) => plain.push(other),
            None => plain.push('\\'),
        }
    }
    plain
}

impl Settings {
    /// As [`Settings::parse`] reads it: everything but the password.
    pub fn shown(&self) -> String {
        let place = match &self.place {
            Place::Socket(path) => format!("socket={}", path.display()),
            Place::Host { host, port, authorities } => {
                let authorities = authorities.as_ref();
                let file = authorities.map(|file| format!(" authorities={}", file.display()));
                format!("host={host} port={port}{}", file.unwrap_or_default())
            }
        };
        format!("{place} database={} user={}", self.database, self.user)
    }

    /// Socket, or host and port, for people.
    pub fn server(&self) -> String {
        match &self.place {
            Place::Socket(path) => path.display().to_string(),
            Place::Host { host, port, .. } => format!("{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(stderr: &str) -> ProcessError {
        ProcessError::Failed {
            program: "mariadb".into(),
            status: "1".into(),
            stderr: stderr.into(),
        }
    }

    #[test]
    fn an_error_is_told_without_the_statement() {
        let said = "--------------\nCREATE USER a IDENTIFIED BY 'mật'\n--------------\n\n\
            ERROR 1064 (42000) at line 1: You have an error to use near 'mật' at line 1";
        let told = told(failed(said)).to_string();
        assert!(told.contains("1064") && !told.contains("mật"), "{told}");
    }

    #[test]
    fn errors_have_their_meaning() {
        let check =
            |text: &str, expected| assert_eq!(Answer::of(&failed(text)), expected, "{text}");
        check("ERROR 1045 (28000): Access denied", Answer::Refused);
        check("ERROR 2002 (HY000): Can't connect", Answer::Unreachable);
        check("ERROR 2013 (HY000) at line 3: Lost connection", Answer::Gone);
        check("ERROR 1142 (42000) at line 3: denied", Answer::Other);
        check("", Answer::Other);
    }

    #[test]
    fn an_answer_reads_as_it_was_meant() {
        assert_eq!(unescaped("a\\nb\\tc\\\\d\\0"), "a\nb\tc\\d\0");
        assert_eq!(unescaped("\\"), "\\");
    }
}
