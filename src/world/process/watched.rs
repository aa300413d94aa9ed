//! Running a program to its end whatever it does: it floods, it hangs, it leaves others behind.
//!
//! Both outputs are read all the time, so that a flood never blocks the program; of each the end is
//! kept, together with its length and the digest of all of it, so that memory is bounded and what
//! was cut can still be held against a copy. When the call returns, its group is dead; at a time
//! limit or a failure so is everybody who bears its mark. What a program that succeeded left
//! running outside its group is named and left alone. Who cannot be killed, because he waits for a
//! dead disk or runs as somebody else, is waited for no longer than [`DEATH_MAX`], and named as
//! alive.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use sha2::{Digest as _, Sha256};

use crate::base::digest::Digest;
use crate::world::clock::Clock;
use crate::world::process::mark::{self, DEATH_MAX, Found, LeftError, Mark, VARIABLE};
use crate::world::process::{POLL, Process, ProcessError, kill_group};

/// Read at once before the clock is looked at again.
pub(super) const TURN_BYTES: u64 = 1024 * 1024;

/// What the dead leave in a pipe is at most the largest that it can be made (`pipe-max-size`); a
/// grandchild that goes on writing is not waited for.
pub(super) const REST_BYTES: u64 = 1024 * 1024;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// It did not, and was killed; whether it is dead, [`Watched::left`] says.
    TimedOut,
}

/// What one output said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Its end.
    pub end: Vec<u8>,
    /// Its whole length.
    pub bytes: u64,
    /// The digest of all of it.
    pub digest: Digest,
}

/// What a program left.
#[derive(Debug)]
pub struct Watched {
    /// How it ended.
    pub end: End,
    /// Its standard output.
    pub stdout: Heard,
    /// Its standard error.
    pub stderr: Heard,
    /// Who still runs of what it started: after a success those that left its group. A fault names
    /// those that could not be ended, the program itself among them.
    pub left: Result<Vec<Found>, LeftError>,
}

impl Process {
    /// Runs it to its end, for at most `limit`, keeping the last `keep` bytes of each output.
    pub fn watch(
        self,
        mark: &Mark,
        clock: &dyn Clock,
        limit: Duration,
        keep: usize,
    ) -> Result<Watched, ProcessError> {
        let (name, child) = self.env(VARIABLE, mark.as_str()).spawn()?;
        let mut child = Group::new(child, clock);
        let read = |source| ProcessError::Read { program: name.clone(), source };
        let mut stdout = child.leader.stdout.take().map(|from| Ear::new(from, keep)).transpose();
        let mut stderr = child.leader.stderr.take().map(|from| Ear::new(from, keep)).transpose();
        let (Ok(Some(stdout)), Ok(Some(stderr))) = (&mut stdout, &mut stderr) else {
            let silent = std::io::Error::other("its outputs cannot be listened to");
            let error = stdout.err().or(stderr.err()).unwrap_or(silent);
            return Err(read(error));
        };
        let began = clock.monotonic();
        let in_time = loop {
            let heard = stdout.listen(TURN_BYTES).map_err(read)?
                + stderr.listen(TURN_BYTES).map_err(read)?;
            if child.has_ended().map_err(read)? {
                break true;
            } else if clock.monotonic().since(began) >= limit {
                break false;
            } else if heard == 0 {
                clock.sleep(POLL);
            }
        };
        let ended = child.end();
        let end = match &ended {
            Ok(status) if in_time => end_of(*status),
            _ => End::TimedOut,
        };
        let left = match (ended, end) {
            (Ok(_), End::Exited(0)) => mark.outside(child.id(), clock),
            (Ok(_), _) => mark.end_all(None, Duration::ZERO, clock).map(|_| Vec::new()),
            (Err(alive), _) => {
                // The others of the call end all the same; the worst is told.
                let _others = mark.end_all(None, Duration::ZERO, clock);
                Err(alive)
            }
        };
        stdout.listen(REST_BYTES).map_err(read)?;
        stderr.listen(REST_BYTES).map_err(read)?;
        Ok(Watched { end, stdout: stdout.heard(), stderr: stderr.heard(), left })
    }
}

fn end_of(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exited(code),
        (None, signal) => End::Killed(signal.unwrap_or_default()),
    }
}

/// The leader of a group, which dies with it.
pub(super) struct Group<'a> {
    pub(super) leader: Child,
    clock: &'a dyn Clock,
    /// It was killed and did not die.
    given_up: bool,
}

impl<'a> Group<'a> {
    pub(super) fn new(leader: Child, clock: &'a dyn Clock) -> Self {
        Self { leader, clock, given_up: false }
    }

    /// The leader's id, which is the group's as well.
    pub(super) fn id(&self) -> i32 {
        i32::try_from(self.leader.id()).unwrap_or_default()
    }

    /// Whether the leader has ended. It is not reaped: until it is, its id, which is the group's
    /// as well, cannot become another's.
    fn has_ended(&self) -> std::io::Result<bool> {
        self.ended_well().map(|ended| ended.is_some())
    }

    /// The same, and whether its status is 0.
    pub(super) fn ended_well(&self) -> std::io::Result<Option<bool>> {
        let id = Pid::from_raw(self.id())
            .ok_or_else(|| std::io::Error::other("a process without an id"))?;
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        Ok(waitid(WaitId::Pid(id), look)?.map(|status| status.exit_status() == Some(0)))
    }

    /// Ends everyone in the group, and reaps the leader last, so that the group stays this one;
    /// returns how the leader ended, or who lives on.
    pub(super) fn end(&mut self) -> Result<ExitStatus, LeftError> {
        kill_group(&self.leader);
        let began = self.clock.monotonic();
        loop {
            let alive = mark::members(self.id()).map_err(LeftError::Unreadable)?;
            if alive.is_empty()
                && let Some(status) = self.leader.try_wait().map_err(LeftError::Unreadable)?
            {
                return Ok(status);
            }
            if self.clock.monotonic().since(began) >= DEATH_MAX {
                self.given_up = true;
                return Err(LeftError::Alive(alive));
            }
            self.clock.sleep(POLL);
        }
    }
}

impl Drop for Group<'_> {
    fn drop(&mut self) {
        // Left early, by an error of ours. One that was reaped already leaves nothing to do.
        if !self.given_up
            && let Ok(None) = self.leader.try_wait()
        {
            let _ended = self.end();
        }
    }
}

/// Listens to one output without ever waiting for it.
pub(super) struct Ear<R> {
    from: Option<R>,
    keep: usize,
    end: VecDeque<u8>,
    bytes: u64,
    digest: Sha256,
}

impl<R: Read + AsFd> Ear<R> {
    pub(super) fn new(from: R, keep: usize) -> std::io::Result<Self> {
        rustix::io::ioctl_fionbio(&from, true)?;
        let (end, digest) = (VecDeque::new(), Sha256::new());
        Ok(Self { from: Some(from), keep, end, bytes: 0, digest })
    }

    /// Takes what there is, up to `most` bytes; returns how many came.
    pub(super) fn listen(&mut self, most: u64) -> std::io::Result<u64> {
        let mut buffer = [0; 16 * 1024];
        let mut heard = 0;
        while let Some(from) = &mut self.from
            && heard < most
        {
            match from.read(&mut buffer) {
                Ok(0) => self.from = None,
                Ok(count) => {
                    self.take(&buffer[..count]);
                    heard += count as u64;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(heard)
    }

    fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.digest.update(bytes);
        let new = &bytes[bytes.len().saturating_sub(self.keep)..];
        let excess = (self.end.len() + new.len()).saturating_sub(self.keep);
        self.end.drain(..excess);
        self.end.extend(new);
    }

    pub(super) fn heard(&mut self) -> Heard {
        Heard {
            end: std::mem::take(&mut self.end).into(),
            bytes: self.bytes,
            digest: Digest(std::mem::take(&mut self.digest).finalize().into()),
        }
    }
}
