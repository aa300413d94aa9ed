//! Starting other programs: bounded in time and output, alone in their group, without our secrets.
//!
//! Every child starts with a cleared environment (PATH and a C.UTF-8 locale only, plus what the
//! caller names), with no standard input unless it is fed one, in its own process group, which is
//! killed when the child is dropped. What it says on standard error is kept up to [`STDERR_MAX`]
//! bytes, the end winning, so that a flood cannot fill memory and the reason is still there.

pub mod mark;
pub mod stream;
pub mod watched;

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, Read};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::base::fault::{Args, Fault, FaultKind, Retry};
use crate::world::clock::Clock;

/// Enough for the last screen of any program's complaint.
pub const STDERR_MAX: usize = 16 * 1024;

/// Enough for every answer we ask a program for; what must be larger is streamed.
pub const STDOUT_MAX: u64 = 64 * 1024 * 1024;

/// How often a running child is looked at while we wait for its end or its time limit.
const POLL: Duration = Duration::from_millis(10);

/// Where a program without a path is looked for, whatever our own environment says.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Why a program did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It could not be started.
    #[error("failed to start `{program}`")]
    Start {
        /// The program.
        program: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// Its output could not be read.
    #[error("failed to read the output of `{program}`")]
    Read {
        /// The program.
        program: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// It ended with a failure.
    #[error("`{program}` failed ({status}): {stderr}")]
    Failed {
        /// The program.
        program: String,
        /// Its exit status in words.
        status: String,
        /// The end of what it said.
        stderr: String,
    },
    /// It did not end in time and was killed.
    #[error("`{program}` did not end within {} s", limit.as_secs())]
    TimedOut {
        /// The program.
        program: String,
        /// The limit.
        limit: Duration,
    },
}

impl Fault for ProcessError {
    fn kind(&self) -> FaultKind {
        FaultKind::Environment
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Start { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "process.missing"
            }
            Self::Start { .. } => "process.start",
            Self::Read { .. } => "process.read",
            Self::Failed { .. } => "process.failed",
            Self::TimedOut { .. } => "process.timed-out",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Start { program, .. } | Self::Read { program, .. } => {
                Args::none().text("program", program)
            }
            Self::Failed { program, status, stderr } => Args::none()
                .text("program", program)
                .text("status", status)
                .text("stderr", if stderr.is_empty() { "—" } else { stderr }),
            Self::TimedOut { program, limit } => {
                Args::none().text("program", program).number("seconds", limit.as_secs())
            }
        }
    }

    fn retry(&self) -> Retry {
        Retry::Later
    }
}

/// A program to start.
pub struct Process {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
    user: Option<(u32, u32)>,
    fed: bool,
}

/// Without the values of its environment, which may be secrets.
impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.environment.iter().map(|(name, _)| name).collect();
        f.debug_struct("Process")
            .field("program", &self.program)
            .field("arguments", &self.arguments)
            .field("environment", &names)
            .finish_non_exhaustive()
    }
}

impl Process {
    /// A program, by absolute path or by name on the standard PATH.
    pub fn new(program: impl AsRef<Path>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: None,
            user: None,
            fed: false,
        }
    }

    /// Adds an argument. Never a secret: arguments are readable by everyone on the machine.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }

    /// Sets a variable of the child's environment.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Starts it in this folder.
    #[must_use]
    pub fn current_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_owned());
        self
    }

    /// Starts it as this user and group; only root may.
    #[must_use]
    pub fn user(mut self, uid: u32, gid: u32) -> Self {
        self.user = Some((uid, gid));
        self
    }

    /// Gives it a standard input, which the caller takes from what runs ([`Running::take_stdin`])
    /// and must close, or the program waits for more.
    #[must_use]
    pub fn fed(mut self) -> Self {
        self.fed = true;
        self
    }

    /// Starts the program; its standard output is read from the returned child.
    pub fn start(self) -> Result<Running, ProcessError> {
        let (name, mut child) = self.spawn()?;
        let stderr = child.stderr.take().expect("every child's stderr is piped");
        let stdout = child.stdout.take();
        let start = |source| ProcessError::Start { program: name.clone(), source };
        let listener = std::thread::Builder::new()
            .name("stderr".to_owned())
            .spawn(move || keep_end(stderr, STDERR_MAX))
            .map_err(start)?;
        Ok(Running { name, child, stdout, listener: Some(listener) })
    }

    /// The bare child, with its name for people.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    fn spawn(self) -> Result<(String, Child), ProcessError> {
        let name = self.program.display().to_string();
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .env("PATH", PATH)
            .env("LC_ALL", "C.UTF-8")
            .envs(self.environment)
            .stdin(if self.fed { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        match command.spawn() {
            Ok(child) => Ok((name, child)),
            Err(source) => Err(ProcessError::Start { program: name, source }),
        }
    }

    /// Runs the program to its end and returns its standard output (at most [`STDOUT_MAX`]).
    pub fn output(self, clock: &dyn Clock, limit: Duration) -> Result<Vec<u8>, ProcessError> {
        let mut running = self.start()?;
        let name = running.name.clone();
        let stdout = running.take_stdout();
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            stdout.take(STDOUT_MAX).read_to_end(&mut bytes).map(|_| bytes)
        });
        running.finish(clock, limit)?;
        reader
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the reading thread panicked")))
            .map_err(|source| ProcessError::Read { program: name, source })
    }
}

/// A program that runs. Dropping it kills its whole group.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    stdout: Option<ChildStdout>,
    listener: Option<JoinHandle<Vec<u8>>>,
}

impl Running {
    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its standard input, where it was started with one; dropping it is the input's end.
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Its standard output. May be taken once; a caller that does not take it lets it block.
    pub fn take_stdout(&mut self) -> ChildStdout {
        self.stdout.take().expect("standard output is taken once")
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks the program alone (not its group) to end, by signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        if let Some(pid) =
            i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw)
        {
            // A child that is already gone needs no signal: the result is the one wanted.
            let _gone = rustix::process::kill_process(pid, signal);
        }
    }

    /// Waits for the end; success only with exit status 0 within `limit`.
    pub fn finish(mut self, clock: &dyn Clock, limit: Duration) -> Result<(), ProcessError> {
        let started = clock.monotonic();
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if clock.monotonic().since(started) >= limit => {
                    kill_group(&self.child);
                    return Err(ProcessError::TimedOut { program: self.name.clone(), limit });
                }
                Ok(None) => clock.sleep(POLL),
                Err(source) => {
                    return Err(ProcessError::Read { program: self.name.clone(), source });
                }
            }
        };
        self.judge(status)
    }

    fn judge(&mut self, status: ExitStatus) -> Result<(), ProcessError> {
        if status.success() {
            return Ok(());
        }
        // A grandchild may hold stderr open for ever; end the group before listening to the end.
        kill_group(&self.child);
        let heard = self.listener.take().and_then(|listener| listener.join().ok());
        let stderr = words(&heard.unwrap_or_default());
        Err(ProcessError::Failed { program: self.name.clone(), status: status.to_string(), stderr })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        kill_group(&self.child);
        // Reaps the child; an error means that it was reaped already.
        let _reaped = self.child.wait();
    }
}

/// Kills the group that `child` leads.
fn kill_group(child: &Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // "No such process" means that nobody is left to kill.
        let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

/// The file that a program's name leads to, if it can be run by us: a path is taken as it is, a
/// name is looked for where [`Process`] would.
pub fn find(program: &str) -> io::Result<PathBuf> {
    let runs = |path: &Path| {
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        rustix::fs::access(path, rustix::fs::Access::EXEC_OK).map_err(io::Error::from)
    };
    if program.contains('/') {
        return runs(Path::new(program)).map(|()| program.into());
    }
    let mut denied = None;
    for folder in PATH.split(':') {
        let path = Path::new(folder).join(program);
        match runs(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => denied = Some(error),
        }
    }
    Err(denied.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
}

/// What was said, for people and for records: without what would steer a terminal, and no more of it
/// than [`STDERR_MAX`] bytes, whatever a byte that is no text becomes.
fn words(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let is_plain = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\t');
    let mut plain: String = text.trim().chars().filter(is_plain).collect();
    let excess = plain.len().saturating_sub(STDERR_MAX);
    let begin = (excess..=plain.len()).find(|at| plain.is_char_boundary(*at));
    plain.drain(..begin.unwrap_or(0));
    plain
}

fn keep_end(mut from: impl Read, most: usize) -> Vec<u8> {
    let mut kept = VecDeque::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        kept.extend(&buffer[..count]);
        let excess = kept.len().saturating_sub(most);
        kept.drain(..excess);
    }
    kept.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_complains_of_is_text_that_fits_whatever_it_said() {
        assert_eq!(words("  a\u{1b}[31m lỗi\r\n\tb\0 \n".as_bytes()), "a[31m lỗi\n\tb");
        assert_eq!(words(b""), "");
        let noise = words(&[0xff; STDERR_MAX]);
        assert!(noise.len() <= STDERR_MAX && noise.len() > STDERR_MAX - 3, "{}", noise.len());
        assert!(words(&[b"x".repeat(STDERR_MAX), b"end".to_vec()].concat()).ends_with("xend"));
        assert_eq!(words(&vec![0; 1 << 16]), "");
    }
}
