//! A program that gives a stream, or takes one, whatever else it does: it hangs, floods, dies
//! half-way, ends too early, leaves others behind.
//!
//! What flows is read or written on a thread of its own; beside it the caller's thread drains what
//! is said, watches the two clocks (for the whole, and for how long nothing may flow) and the wish to
//! stop. When a call fails, its group is dead, and so is everybody who bears its mark; who cannot be
//! killed is named. A stream counts as given only if the program ended with status 0, and as taken
//! only if besides nothing of it was left unread.
//!
//! What flows is neither kept nor judged here.

use std::io::{self, Read, Write};
use std::process::{ChildStdin, ChildStdout, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

use crate::base::cancel::Cancel;
use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind, Retry};
use crate::world::clock::{Clock, Monotonic};
use crate::world::process::mark::{
    self, DEATH_MAX, Found, LeftError, Mark, QUIET_SEARCHES, VARIABLE, names,
};
use crate::world::process::watched::{Ear, Group, REST_BYTES, TURN_BYTES};
use crate::world::process::{POLL, Process, ProcessError, STDERR_MAX, words};

/// Passed on at once: four pipes full.
const BUFFER: usize = 256 * 1024;

/// How often the growth beside a stream is looked at: it may be a walk over a folder.
const LOOK: Duration = Duration::from_secs(1);

/// What holds a program that streams.
pub struct Bounds<'b> {
    /// How its descendants are found again.
    pub mark: &'b Mark,
    /// Both times are of this clock.
    pub clock: &'b dyn Clock,
    /// A wish to stop.
    pub cancel: &'b Cancel,
    /// For the whole.
    pub limit: Duration,
    /// For how long nothing may flow; as long as the whole where absent. While we are the ones who
    /// keep it from flowing (a slow store), this clock stands still; that of the whole does not.
    pub silence: Option<Duration>,
    /// Told how many bytes have flowed since it was told last.
    pub flowed: &'b dyn Fn(u64),
    /// For how long those whom the program has started may go on after it has ended well. Then they
    /// are ended and the call has failed, as one of which the last part is missing. Where absent they
    /// are not asked: who is of the program's group is ended with it, others are let be.
    pub patience: Option<Duration>,
    /// What else counts as flowing when it changes, such as the bytes of files that are written.
    pub beside: Option<&'b dyn Fn() -> u64>,
}

/// Why a stream was not given or taken.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The program did not start, failed, or took too long.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// Someone asked to stop.
    #[error("`{program}` was stopped on request")]
    Stopped {
        /// The program.
        program: String,
    },
    /// Nothing flowed for too long.
    #[error("`{program}` stood still for {} s", limit.as_secs())]
    Silent {
        /// The program.
        program: String,
        /// The limit.
        limit: Duration,
    },
    /// What it gives could not be kept, or what it takes not be had.
    #[error("failed to pass on the stream of `{program}`")]
    Ours {
        /// The program.
        program: String,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// It ended as if all were well and had not read everything.
    #[error("`{program}` ended without reading the whole stream")]
    Unread {
        /// The program.
        program: String,
    },
    /// It ended as if all were well while others whom it had started were at work.
    #[error("`{program}` ended before what it had started: {processes}")]
    Behind {
        /// The program.
        program: String,
        /// Names and ids.
        processes: String,
    },
    /// It failed, and not everybody whom it started could be ended.
    #[error("`{program}` failed ({reason}) and left behind what could not be ended")]
    Left {
        /// The program.
        program: String,
        /// Why it failed.
        reason: String,
        /// Who.
        #[source]
        source: LeftError,
    },
}

impl Fault for StreamError {
    fn kind(&self) -> FaultKind {
        FaultKind::Environment
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Process(fault) => fault.code(),
            Self::Stopped { .. } => "process.stopped",
            Self::Silent { .. } => "process.silent",
            Self::Ours { .. } => "process.ours",
            Self::Unread { .. } => "process.unread",
            Self::Behind { .. } => "process.behind",
            Self::Left { .. } => "process.left",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Process(fault) => fault.args(),
            Self::Stopped { program } | Self::Unread { program } | Self::Ours { program, .. } => {
                Args::none().text("program", program)
            }
            Self::Silent { program, limit } => {
                Args::none().text("program", program).number("seconds", limit.as_secs())
            }
            Self::Behind { program, processes } => {
                Args::none().text("program", program).text("processes", processes)
            }
            Self::Left { program, reason, .. } => {
                Args::none().text("program", program).text("reason", reason)
            }
        }
    }

    fn retry(&self) -> Retry {
        Retry::Later
    }

    fn exit(&self) -> ExitCode {
        match self {
            Self::Stopped { .. } => ExitCode::Interrupted,
            _ => ExitCode::Failed,
        }
    }
}

impl Process {
    /// Runs it to its end and hands all that it writes on its standard output to `sink`, which comes
    /// back with the end of its standard error.
    pub fn pour<S: Write + Send + 'static>(
        self,
        bounds: &Bounds<'_>,
        sink: S,
    ) -> Result<S, StreamError> {
        let (program, child) = self.env(VARIABLE, bounds.mark.as_str()).spawn()?;
        let mut run = Run::new(program, Group::new(child, bounds.clock), bounds)?;
        let stdout = run.group.leader.stdout.take().expect("every child's stdout is piped");
        let flow = Arc::clone(&run.flow);
        let passing = run.on_a_thread(move || drain(stdout, sink, &flow))?;
        run.until_it_ends(&passing, &mut |_| {})
    }

    /// Runs it to its end with all that `source` gives on its standard input; returns the end of its
    /// standard output.
    pub fn feed<R: Read + Send + 'static>(
        self,
        bounds: &Bounds<'_>,
        source: R,
    ) -> Result<Vec<u8>, StreamError> {
        let (program, child) = self.fed().env(VARIABLE, bounds.mark.as_str()).spawn()?;
        let mut run = Run::new(program, Group::new(child, bounds.clock), bounds)?;
        let stdin = run.group.leader.stdin.take().expect("a child that is fed has a piped stdin");
        let stdout = run.group.leader.stdout.take().expect("every child's stdout is piped");
        run.said = Some(Ear::new(stdout, STDERR_MAX).map_err(|error| run.ours(error))?);
        let flow = Arc::clone(&run.flow);
        let passing = run.on_a_thread(move || supply(source, stdin, &flow))?;
        // The last of it lies in the pipe until it is read; closed before, nobody could tell.
        let fed = run.until_it_ends(&passing, &mut |fed: &mut Fed| {
            if let Fed::Waiting(stdin) = fed
                && matches!(rustix::io::ioctl_fionread(stdin), Ok(0))
            {
                *fed = Fed::Read;
            }
        })?;
        let said = run.said.as_mut().map(|said| said.heard().end).unwrap_or_default();
        match fed {
            Fed::Read => Ok(said),
            Fed::Waiting(_) | Fed::Refused => Err(StreamError::Unread { program: run.program }),
        }
    }
}

/// What came of supplying a program.
enum Fed {
    /// All is written; the pipe is open.
    Waiting(ChildStdin),
    /// All was read.
    Read,
    /// The program closed its end before.
    Refused,
}

/// What has flowed, and who is waited for.
#[derive(Default)]
struct Flow {
    bytes: AtomicU64,
    /// Whether our own side of the stream is at work, and the program waits for it.
    ours: AtomicBool,
}

impl Flow {
    fn count(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn on_our_side<T>(&self, work: impl FnOnce() -> T) -> T {
        self.ours.store(true, Ordering::Relaxed);
        let done = work();
        self.ours.store(false, Ordering::Relaxed);
        done
    }
}

fn drain<S: Write>(mut from: ChildStdout, mut sink: S, flow: &Flow) -> io::Result<S> {
    let mut buffer = vec![0; BUFFER];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                flow.on_our_side(|| sink.write_all(&buffer[..count]))?;
                flow.count(count);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    flow.on_our_side(|| sink.flush()).map(|()| sink)
}

fn supply(mut source: impl Read, mut to: ChildStdin, flow: &Flow) -> io::Result<Fed> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = match flow.on_our_side(|| source.read(&mut buffer)) {
            Ok(0) => return Ok(Fed::Waiting(to)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        match to.write_all(&buffer[..count]) {
            Ok(()) => flow.count(count),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Fed::Refused),
            Err(error) => return Err(error),
        }
    }
}

/// A program that streams.
struct Run<'b> {
    program: String,
    group: Group<'b>,
    bounds: &'b Bounds<'b>,
    stderr: Ear<std::process::ChildStderr>,
    /// Its standard output, where that is not the stream.
    said: Option<Ear<ChildStdout>>,
    flow: Arc<Flow>,
    told: u64,
    began: Monotonic,
    moved: Monotonic,
    looked: Monotonic,
    grown: u64,
    /// When it was first seen to have ended well.
    ended: Option<Monotonic>,
    /// Searches in a row that found nobody of it.
    quiet: u32,
}

/// Why a program is ended before its time.
enum Stop {
    Wish,
    Late,
    Silence(Duration),
    Ours(io::Error),
    Behind(Vec<Found>),
    /// The program ended with a failure, and what flowed does not matter any more.
    Failed,
}

impl<'b> Run<'b> {
    fn new(
        program: String,
        mut group: Group<'b>,
        bounds: &'b Bounds<'b>,
    ) -> Result<Self, StreamError> {
        let stderr = group.leader.stderr.take().expect("every child's stderr is piped");
        let stderr = Ear::new(stderr, STDERR_MAX)
            .map_err(|source| StreamError::Ours { program: program.clone(), source })?;
        let now = bounds.clock.monotonic();
        Ok(Self {
            program,
            group,
            bounds,
            stderr,
            said: None,
            flow: Arc::default(),
            told: 0,
            began: now,
            moved: now,
            looked: now,
            grown: 0,
            ended: None,
            quiet: 0,
        })
    }

    fn ours(&self, source: io::Error) -> StreamError {
        StreamError::Ours { program: self.program.clone(), source }
    }

    fn on_a_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<Receiver<io::Result<T>>, StreamError> {
        let (done, passing) = sync_channel(1);
        let pass = move || {
            // Whoever waited has given the program up.
            let _gone = done.send(work());
        };
        let thread = std::thread::Builder::new().name("stream".to_owned()).spawn(pass);
        thread.map(|_| passing).map_err(|source| self.ours(source))
    }

    /// Until the program has ended and its stream has. What came of the stream is looked at by `look`
    /// again and again, and once more when the program has ended.
    fn until_it_ends<T>(
        &mut self,
        passing: &Receiver<io::Result<T>>,
        look: &mut dyn FnMut(&mut T),
    ) -> Result<T, StreamError> {
        let mut passed = None;
        let stop = loop {
            let heard = self.listen(TURN_BYTES).map_err(|error| self.ours(error))?;
            if passed.is_none() {
                match passing.try_recv() {
                    Ok(Ok(done)) => passed = Some(done),
                    Ok(Err(error)) => break Some(Stop::Ours(error)),
                    Err(TryRecvError::Empty) => {}
                    Err(TryRecvError::Disconnected) => break Some(Stop::Ours(panicked())),
                }
            }
            // Before the look: what is unread after the end stays so.
            let ended = self.group.ended_well().map_err(|error| self.ours(error))?;
            passed.as_mut().map(&mut *look);
            match ended {
                Some(true) if passed.is_some() => {
                    match self.others().map_err(|error| self.ours(error))? {
                        Some(others) if others.is_empty() => break None,
                        Some(others) => break Some(Stop::Behind(others)),
                        None => {}
                    }
                }
                Some(_) if passed.is_some() => break None,
                Some(false) => break Some(Stop::Failed),
                // A stream that others hold open may still flow.
                Some(true) | None => {}
            }
            if let Some(stop) = self.time_to_stop() {
                break Some(stop);
            } else if heard == 0 {
                self.bounds.clock.sleep(POLL);
            }
        };
        self.end(stop, passed, passing)
    }

    /// Who of those whom the program has started outlives it; nothing while that is waited for.
    fn others(&mut self) -> io::Result<Option<Vec<Found>>> {
        let Some(patience) = self.bounds.patience else { return Ok(Some(Vec::new())) };
        let now = self.bounds.clock.monotonic();
        let ended = *self.ended.get_or_insert(now);
        let mut others = self.bounds.mark.search(None)?.marked;
        others.extend(mark::members(self.group.id())?);
        others.sort();
        others.dedup();
        self.quiet = if others.is_empty() { self.quiet + 1 } else { 0 };
        let is_late = !others.is_empty() && now.since(ended) >= patience;
        Ok((is_late || self.quiet == QUIET_SEARCHES).then_some(others))
    }

    fn listen(&mut self, most: u64) -> io::Result<u64> {
        let said = self.said.as_mut().map_or(Ok(0), |said| said.listen(most))?;
        Ok(said + self.stderr.listen(most)?)
    }

    /// Tells what has flowed, and whether it is time to stop.
    fn time_to_stop(&mut self) -> Option<Stop> {
        let now = self.bounds.clock.monotonic();
        let flowed = self.flow.bytes.load(Ordering::Relaxed);
        if self.flow.ours.load(Ordering::Relaxed) {
            self.moved = now;
        }
        if flowed > self.told {
            (self.bounds.flowed)(flowed - self.told);
            (self.told, self.moved) = (flowed, now);
        }
        if let Some(beside) = self.bounds.beside
            && now.since(self.looked) >= LOOK
        {
            let grown = beside();
            self.looked = now;
            if grown != self.grown {
                (self.bounds.flowed)(grown.saturating_sub(self.grown));
                (self.grown, self.moved) = (grown, now);
            }
        }
        if self.bounds.cancel.is_cancelled() {
            return Some(Stop::Wish);
        }
        if now.since(self.began) >= self.bounds.limit {
            return Some(Stop::Late);
        }
        self.bounds.silence.filter(|most| now.since(self.moved) >= *most).map(Stop::Silence)
    }

    fn end<T>(
        &mut self,
        stop: Option<Stop>,
        passed: Option<T>,
        passing: &Receiver<io::Result<T>>,
    ) -> Result<T, StreamError> {
        let ended = self.group.end();
        if let (None, Some(passed), Ok(status)) = (&stop, passed, &ended)
            && status.success()
        {
            let flowed = self.flow.bytes.load(Ordering::Relaxed);
            (self.bounds.flowed)(flowed - self.told);
            self.listen(REST_BYTES).map_err(|error| self.ours(error))?;
            return Ok(passed);
        }
        let left = self.bounds.mark.end_all(None, Duration::ZERO, self.bounds.clock);
        // The stream ends with those who held it; who cannot be killed is not waited for.
        let _whatever_came = passing.recv_timeout(DEATH_MAX);
        self.listen(REST_BYTES).map_err(|error| self.ours(error))?;
        let fault = self.fault(stop, ended.as_ref().ok().copied());
        match ended.map(|_| ()).and(left.map(|_| ())) {
            Ok(()) => Err(fault),
            Err(source) => Err(StreamError::Left {
                program: self.program.clone(),
                reason: fault.to_string(),
                source,
            }),
        }
    }

    fn fault(&mut self, stop: Option<Stop>, status: Option<ExitStatus>) -> StreamError {
        let program = self.program.clone();
        match (stop, status) {
            (Some(Stop::Wish), _) => StreamError::Stopped { program },
            (Some(Stop::Late), _) => {
                ProcessError::TimedOut { program, limit: self.bounds.limit }.into()
            }
            (Some(Stop::Silence(limit)), _) => StreamError::Silent { program, limit },
            (Some(Stop::Ours(source)), _) => StreamError::Ours { program, source },
            (Some(Stop::Behind(others)), _) => {
                StreamError::Behind { program, processes: names(&others) }
            }
            (Some(Stop::Failed) | None, status) => {
                let status = status.map_or_else(|| "?".to_owned(), |status| status.to_string());
                ProcessError::Failed { program, status, stderr: self.complaint() }.into()
            }
        }
    }

    /// What it said last: on standard error, or where it kept silent there, on standard output.
    fn complaint(&mut self) -> String {
        let complaint = words(&self.stderr.heard().end);
        match &mut self.said {
            Some(said) if complaint.is_empty() => words(&said.heard().end),
            _ => complaint,
        }
    }
}

fn panicked() -> io::Error {
    io::Error::other("the thread that passed it on panicked")
}
