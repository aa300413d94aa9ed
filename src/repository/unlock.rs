//! Which locks nobody holds any more, and removing one of them.
//!
//! A lock may go with proof only: its process on this machine is gone, or it is older than any
//! living holder lets it become and was not refreshed while we watched for longer than a holder
//! waits. So a holder whose clock is wrong does not lose its lock to the clock alone.
//!
//! A refreshed lock is another object, so what was proven of one name stays true of that name, and
//! whoever removes it never removes another lock. What can be proven is decided here; whether a
//! person may answer for the rest is not.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::base::cancel::Cancel;
use crate::base::digest::Digest;
use crate::base::fault::Message;
use crate::base::progress::Progress;
use crate::repository::account::Whoami;
use crate::repository::error::RepositoryError;
use crate::repository::layout::Folder;
use crate::repository::lock::{LockFile, REFRESH, STALE, process_exists};
use crate::repository::malformed::Malformed;
use crate::repository::open::Repository;
use crate::store::StoreError;

/// So long an old lock is watched: a holder that lives refreshes it within [`REFRESH`], and the
/// minute more is for a store that is slow.
pub const WATCH: Duration = REFRESH.saturating_add(Duration::from_mins(1));

/// How often somebody who wants to stop is listened to.
const TICK: Duration = Duration::from_secs(1);

/// The locks of a repository.
#[derive(Debug, Default)]
pub struct Locks {
    /// Those that can be read, the oldest first.
    pub held: Vec<Held>,
    /// Those that cannot. Nobody knows whose they are.
    pub unreadable: Vec<(Digest, RepositoryError)>,
}

/// A lock and what is known of its holder.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its name.
    pub id: Digest,
    /// What it says.
    pub file: LockFile,
    /// Why it may go or must stay.
    pub why: Why,
}

/// What is known of the holder of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It ran on this machine and is gone.
    ProcessGone,
    /// It has not refreshed the lock for longer than a living one waits.
    Unrefreshed,
    /// It runs on this machine.
    Running,
    /// It is on another machine and has refreshed the lock lately.
    Elsewhere,
    /// Its clock or ours is wrong: the lock is of the future, or was made with an old date while we
    /// watched.
    Misdated,
}

impl Why {
    /// Whether the lock may be removed; one that is [`Unrefreshed`](Self::Unrefreshed) once it was
    /// watched.
    pub fn is_stale(self) -> bool {
        matches!(self, Self::ProcessGone | Self::Unrefreshed)
    }

    /// The stable word for the log and `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProcessGone => "process-gone",
            Self::Unrefreshed => "unrefreshed",
            Self::Running => "running",
            Self::Elsewhere => "elsewhere",
            Self::Misdated => "misdated",
        }
    }

    /// The same in words.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::ProcessGone => "lock-process-gone",
            Self::Unrefreshed => "lock-unrefreshed",
            Self::Running => "lock-running",
            Self::Elsewhere => "lock-elsewhere",
            Self::Misdated => "lock-misdated",
        })
    }

    fn of(file: &LockFile, now: Timestamp, host: &str) -> Self {
        let age = now.duration_since(file.time);
        let is_here = file.hostname == host;
        if is_here && !process_exists(file.pid) {
            Self::ProcessGone
        } else if age > STALE {
            Self::Unrefreshed
        } else if age.is_negative() && age < -STALE {
            Self::Misdated
        } else if is_here {
            Self::Running
        } else {
            Self::Elsewhere
        }
    }
}

/// The locks as they are now. Changes nothing.
pub fn look(repository: &Repository) -> Result<Locks, RepositoryError> {
    let host = Whoami::now().host;
    let mut locks = Locks::default();
    for (name, size) in repository.list(Folder::Locks)? {
        let Some(id) = Folder::Locks.digest(&name) else { continue };
        if size == 0 {
            let empty = Malformed::new("lock", "it is empty");
            locks.unreadable.push((id, RepositoryError::damaged(&name)(empty)));
            continue;
        }
        match repository.get_document::<LockFile>(&name, "lock") {
            Ok(file) => {
                let why = Why::of(&file, repository.world().clock.now(), &host);
                locks.held.push(Held { id, file, why });
            }
            // Its holder has removed or refreshed it meanwhile.
            Err(RepositoryError::Store(StoreError::Missing { .. })) => {}
            // What is out of reach is out of reach for all of them.
            Err(error @ RepositoryError::Store(_)) => return Err(error),
            Err(error) => locks.unreadable.push((id, error)),
        }
    }
    locks.held.sort_by_key(|held| (held.file.time, held.id));
    Ok(locks)
}

/// The locks, with proof: where one is old, all are looked at again after [`WATCH`], and only what
/// was there before still counts as unrefreshed.
pub fn watch(
    repository: &Repository,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Locks, RepositoryError> {
    let before = look(repository)?;
    if before.held.iter().all(|held| held.why != Why::Unrefreshed) {
        return Ok(before);
    }
    let watched: BTreeSet<_> = before.held.iter().map(|held| held.id).collect();
    progress.phase("phase-unlock-watch");
    progress.total(WATCH.as_secs() / TICK.as_secs(), 0);
    let clock = &repository.world().clock;
    let began = clock.monotonic();
    while clock.monotonic().since(began) < WATCH {
        if cancel.is_cancelled() {
            return Err(RepositoryError::Cancelled);
        }
        clock.sleep(TICK);
        progress.advance(1, 0);
    }
    let mut after = look(repository)?;
    for held in &mut after.held {
        if held.why == Why::Unrefreshed && !watched.contains(&held.id) {
            held.why = Why::Misdated;
        }
    }
    Ok(after)
}

/// Removes this lock; one that is gone already is fine.
pub fn remove(repository: &Repository, id: &Digest) -> Result<(), RepositoryError> {
    repository.delete(&Folder::Locks.name(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_stale_with_proof_only() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let me = std::process::id();
        // No process has the highest number that a lock can name.
        let gone = i32::MAX.unsigned_abs();
        for (time, host, pid, expected) in [
            ("11:59:00", "here", me, Why::Running),
            ("11:59:00", "here", gone, Why::ProcessGone),
            ("11:59:00", "here", 0, Why::Running),
            ("11:59:00", "here", u32::MAX, Why::Running),
            ("11:59:00", "there", gone, Why::Elsewhere),
            ("11:30:00", "there", gone, Why::Elsewhere),
            ("11:29:59", "there", gone, Why::Unrefreshed),
            ("11:29:59", "here", me, Why::Unrefreshed),
            ("11:29:59", "here", gone, Why::ProcessGone),
            ("12:20:00", "there", gone, Why::Elsewhere),
            ("12:30:01", "there", gone, Why::Misdated),
            ("12:30:01", "here", gone, Why::ProcessGone),
        ] {
            let file = LockFile {
                time: format!("2026-11-22T{time}Z").parse().unwrap(),
                exclusive: true,
                hostname: host.to_owned(),
                username: String::new(),
                pid,
                uid: 0,
                gid: 0,
            };
            assert_eq!(Why::of(&file, now, "here"), expected, "{time} {host} {pid}");
        }
    }
}
