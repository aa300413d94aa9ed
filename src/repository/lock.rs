//! Locks, as restic has them: files in the repository that say who works on it.
//!
//! Shared locks live beside each other; an exclusive one lives alone. Taking one: look, create,
//! look again; of two that race at least one sees the other and steps back. A lock is refreshed
//! every five minutes by a thread of its own. Others may remove it once it is stale: older than
//! thirty minutes, or of a process on the same machine that is gone.
//!
//! A holder asks [`Lock::ensure`] before every write: a lock that was not refreshed for 22.5
//! minutes (a suspended machine, a clock that jumped) is first proven to be still there, or the
//! writer stops. So nobody writes under a lock that someone else had the right to remove.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::repository::account::Whoami;
use crate::repository::envelope::Form;
use crate::repository::error::RepositoryError;
use crate::repository::layout::Folder;
use crate::repository::open::Repository;
use crate::store::{ObjectName, StoreError};
use crate::world::clock::Monotonic;

/// How often a lock is refreshed; restic's figure.
pub const REFRESH: Duration = Duration::from_mins(5);

/// From this age on anyone may remove a lock; restic's figure.
pub const STALE: SignedDuration = SignedDuration::from_mins(30);

/// From this age on the holder must prove its lock before it writes: `STALE` less one and a half
/// refreshes, which leaves 7.5 minutes for clocks that disagree. restic's figure.
pub const UNSURE: Duration = Duration::from_secs(22 * 60 + 30);

/// How often the refreshing thread looks at the clock. It waits in real time, so that a clock
/// that stands still or jumps (a test's, a suspended machine's) cannot make it spin or sleep on.
const LOOK: Duration = Duration::from_secs(1);

/// After a failed refresh the next attempt waits this long.
const RETRY: Duration = Duration::from_secs(30);

/// A lock as stored, sealed, under `locks/`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LockFile {
    /// When it was made or last refreshed.
    pub time: Timestamp,
    /// Whether it excludes all others.
    pub exclusive: bool,
    /// The machine.
    #[serde(default)]
    pub hostname: String,
    /// The account.
    #[serde(default)]
    pub username: String,
    /// The process.
    #[serde(default)]
    pub pid: u32,
    /// The account's number.
    #[serde(default)]
    pub uid: u32,
    /// Its group's number.
    #[serde(default)]
    pub gid: u32,
}

impl LockFile {
    /// Whether it may be removed: it is too old, or its process is known to be gone.
    pub fn is_stale(&self, now: Timestamp, host: &str) -> bool {
        let old = now.duration_since(self.time) > STALE;
        old || (self.hostname == host && !process_exists(self.pid))
    }

    fn conflict(self) -> RepositoryError {
        RepositoryError::Locked {
            host: self.hostname,
            pid: u64::from(self.pid),
            user: self.username,
            since: self.time,
        }
    }
}

/// Anything but "no such process" counts as alive: a lock is removed only with proof.
pub(super) fn process_exists(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) else {
        return true;
    };
    rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}

/// A lock that we hold. Dropping it removes its file.
#[derive(Debug)]
pub struct Lock {
    held: Arc<Held>,
    alone: bool,
    refresher: Option<(Sender<()>, JoinHandle<()>)>,
}

#[derive(Debug)]
struct Held {
    repository: Repository,
    file: LockFile,
    state: Mutex<State>,
}

#[derive(Clone, Debug)]
struct State {
    name: ObjectName,
    /// Both clocks: the monotonic one does not see a suspended machine, the wall clock may be set.
    wall: Timestamp,
    monotonic: Monotonic,
    /// No refresh is tried before this instant.
    due: Monotonic,
}

impl Lock {
    /// Takes a lock, or says who holds one that excludes it. Stale locks are removed.
    pub fn take(repository: &Repository, exclusive: bool) -> Result<Self, RepositoryError> {
        let me = Whoami::now();
        let file = LockFile {
            time: repository.world().clock.now(),
            exclusive,
            hostname: me.host,
            username: me.user,
            pid: me.pid,
            uid: me.uid,
            gid: me.gid,
        };
        let held = Held::create(repository, file)?;
        let others = match held.others() {
            Ok(others) => others,
            Err(error) => {
                held.remove();
                return Err(error);
            }
        };
        let alone = others == 0;
        let held = Arc::new(held);
        let refresher = Self::refresher(&held);
        Ok(Self { held, alone, refresher })
    }

    /// Whether nobody else held a lock when this one was taken.
    pub fn was_alone(&self) -> bool {
        self.alone
    }

    /// Whether nobody else may hold a lock beside this one.
    pub fn is_exclusive(&self) -> bool {
        self.held.file.exclusive
    }

    /// Returns only if others must still respect the lock: to be asked before every write.
    pub fn ensure(&self) -> Result<(), RepositoryError> {
        let mut state = self.held.state();
        if self.held.age(&state) < UNSURE {
            return Ok(());
        }
        self.held.prove(&mut state)
    }

    /// Refreshes the lock if that is due; the thread does nothing else.
    pub fn refresh_if_due(&self) {
        self.held.refresh_if_due();
    }

    fn refresher(held: &Arc<Held>) -> Option<(Sender<()>, JoinHandle<()>)> {
        let (stop, stopped) = channel();
        let held = Arc::clone(held);
        let refresh = move || {
            while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                held.refresh_if_due();
            }
        };
        // Without the thread `ensure` still refreshes, late but before anyone may remove the lock.
        let thread = std::thread::Builder::new().name("lock".to_owned()).spawn(refresh).ok()?;
        Some((stop, thread))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.refresher.take() {
            drop(stop);
            // A refresher that panicked leaves a lock that goes stale by itself.
            let _ended = thread.join();
        }
        self.held.remove();
    }
}

impl Held {
    /// Looks, then creates the file.
    fn create(repository: &Repository, file: LockFile) -> Result<Self, RepositoryError> {
        check_others(repository, &file, None)?;
        let name = write(repository, &file)?;
        let clock = &repository.world().clock;
        let monotonic = clock.monotonic();
        let due = Monotonic(monotonic.0 + REFRESH);
        let state = State { name, wall: file.time, monotonic, due };
        Ok(Self { repository: repository.clone(), file, state: Mutex::new(state) })
    }

    /// Looks again: how many other locks there are, if none excludes ours.
    fn others(&self) -> Result<usize, RepositoryError> {
        check_others(&self.repository, &self.file, Some(&self.state().name))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time since the last refresh by whichever clock says more.
    fn age(&self, state: &State) -> Duration {
        let clock = &self.repository.world().clock;
        let by_wall = clock.now().duration_since(state.wall);
        let by_wall = Duration::try_from(by_wall).unwrap_or_default();
        clock.monotonic().since(state.monotonic).max(by_wall)
    }

    fn refresh_if_due(&self) {
        let mut state = self.state();
        let now = self.repository.world().clock.monotonic();
        if now < state.due {
            return;
        }
        // Too old for a plain refresh: someone may have removed it meanwhile.
        let refreshed = if self.age(&state) < UNSURE {
            self.refresh(&mut state)
        } else {
            self.prove(&mut state)
        };
        if let Err(error) = refreshed {
            tracing::warn!(error = %error, "Lock was not refreshed and will be tried again.");
            state.due = Monotonic(now.0 + RETRY);
        }
    }

    /// Writes a lock with the time of now and removes the one before.
    fn refresh(&self, state: &mut State) -> Result<(), RepositoryError> {
        let (old, new) = self.replace(state)?;
        *state = new;
        // A leftover names a live process until it is stale; it excludes only exclusive locks.
        if let Err(error) = self.repository.delete(&old) {
            tracing::warn!(error = %error, "Replaced lock was not removed.");
        }
        Ok(())
    }

    /// Refreshes a lock that others may have removed: it must be there before and after.
    fn prove(&self, state: &mut State) -> Result<(), RepositoryError> {
        let lost = RepositoryError::LockLost { since: state.wall };
        if !self.exists(&state.name)? {
            return Err(lost);
        }
        let (old, new) = self.replace(state)?;
        if !self.exists(&old)? {
            self.repository.delete(&new.name)?;
            return Err(lost);
        }
        *state = new;
        self.repository.delete(&old)
    }

    fn replace(&self, state: &State) -> Result<(ObjectName, State), RepositoryError> {
        let clock = &self.repository.world().clock;
        let (wall, monotonic) = (clock.now(), clock.monotonic());
        let name = write(&self.repository, &LockFile { time: wall, ..self.file.clone() })?;
        let due = Monotonic(monotonic.0 + REFRESH);
        Ok((state.name.clone(), State { name, wall, monotonic, due }))
    }

    fn exists(&self, name: &ObjectName) -> Result<bool, RepositoryError> {
        Ok(self.repository.block_on(self.repository.store().exists(name))?)
    }

    fn remove(&self) {
        if let Err(error) = self.repository.delete(&self.state().name) {
            tracing::warn!(error = %error, "Lock was not removed; it goes stale by itself.");
        }
    }
}

fn write(repository: &Repository, file: &LockFile) -> Result<ObjectName, RepositoryError> {
    let digest = repository.put_document(Folder::Locks, Form::Compressed, file)?;
    Ok(Folder::Locks.name(&digest))
}

/// Removes stale locks and counts the others, none of which may exclude `ours`.
fn check_others(
    repository: &Repository,
    ours: &LockFile,
    own: Option<&ObjectName>,
) -> Result<usize, RepositoryError> {
    let mut others = 0;
    for (name, size) in repository.list(Folder::Locks)? {
        // Some stores leave an empty object behind when a lock's upload is cut off.
        if Some(&name) == own || size == 0 {
            continue;
        }
        let other: LockFile = match repository.get_document(&name, "lock") {
            Ok(lock) => lock,
            Err(RepositoryError::Store(StoreError::Missing { .. })) => continue,
            Err(error) => return Err(error),
        };
        if other.is_stale(repository.world().clock.now(), &ours.hostname) {
            tracing::info!(lock = %name, pid = other.pid, "Stale lock is removed.");
            repository.delete(&name)?;
        } else if ours.exclusive || other.exclusive {
            return Err(other.conflict());
        } else {
            others += 1;
        }
    }
    Ok(others)
}
