//! Finding again what a program of ours has started, even after we were killed.
//!
//! A child that leaves its group and its parent keeps its environment, and hands it on: a [`Mark`]
//! in there is what all descendants of one call have in common. A process whose environment we may
//! not read (it runs as somebody else) is told apart as hidden: whether it bears the mark cannot be
//! known. A process that wipes its environment on purpose is not found; services do so, and are
//! the business of the service manager.

use std::fs;
use std::io::{self, ErrorKind, Read as _};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::base::digest::Digest;
use crate::world::clock::Clock;

/// The variable that bears it.
pub const VARIABLE: &str = "DUPHONG_MARK";

/// The kernel allows 6 MiB of arguments and environment together (a quarter of the largest stack
/// that it takes from): whatever is longer is not read further.
const ENVIRONMENT_MAX: u64 = 6 * 1024 * 1024;

/// A killed process is gone in milliseconds unless it waits for a dead disk. Nobody can end those;
/// so the search says who is left.
pub(super) const DEATH_MAX: Duration = Duration::from_secs(10);

/// Time between two searches.
const POLL: Duration = Duration::from_millis(20);

/// A process between `fork` and `exec` still has its parent's environment and is not seen; after
/// this many searches in a row that find nobody, none was on that way.
pub(super) const QUIET_SEARCHES: u32 = 2;

/// What all descendants of one call have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(String);

/// A process that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Its id.
    pub id: i32,
    /// Its name, as the kernel cuts it.
    pub name: String,
    /// Its group.
    pub group: i32,
    /// When it started, in ticks since the machine did: with the id, it is this process only.
    pub started: u64,
}

/// Who was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Bears the mark.
    pub marked: Vec<Found>,
    /// May bear it: its environment cannot be read.
    pub hidden: Vec<Found>,
}

impl Search {
    /// Whether nobody bears the mark, for certain.
    pub fn is_empty(&self) -> bool {
        self.marked.is_empty() && self.hidden.is_empty()
    }
}

/// Who could not be ended.
#[derive(Debug, thiserror::Error)]
pub enum LeftError {
    /// The list of processes could not be read.
    #[error("failed to read the list of processes")]
    Unreadable(#[source] io::Error),
    /// They bear the mark and did not die.
    #[error("processes that do not end: {}", names(.0))]
    Alive(Vec<Found>),
    /// They may bear the mark.
    #[error("processes that cannot be looked into: {}", names(.0))]
    Hidden(Vec<Found>),
}

/// Processes for people: `rsync (4711), ssh (4712)`.
pub fn names(found: &[Found]) -> String {
    let one = |found: &Found| format!("{} ({})", found.name, found.id);
    found.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl Mark {
    /// The mark of what is named by `parts`; equal parts give an equal mark, in every process.
    pub fn of(parts: &[&str]) -> Self {
        let mut text = String::from("duphong mark 1");
        for part in parts {
            // The length keeps apart what would run together.
            text.push_str(&format!("\n{}:{part}", part.len()));
        }
        Self(Digest::of(text.as_bytes()).to_string())
    }

    /// The variable's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Looks through all processes but our own. Hidden are those that were born since, in the same
    /// control group: no other can be of this call. Without a birth, nothing was ever started, and
    /// nobody is hidden.
    pub fn search(&self, since: Option<&Birth>) -> io::Result<Search> {
        let own = i32::try_from(std::process::id()).unwrap_or_default();
        let mut search = Search::default();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else {
                continue;
            };
            if id == own {
                continue;
            }
            // Whoever ends while it is looked at is not left.
            let Some(found) = find(id) else { continue };
            let borne = self.is_borne_by(id);
            if borne == Some(true) {
                search.marked.push(found);
            } else if borne.is_none() && since.is_some_and(|birth| birth.may_precede(&found)) {
                search.hidden.push(found);
            }
        }
        Ok(search)
    }

    /// Who bears the mark outside of `group`, whose members were just killed and may still be dying.
    pub(super) fn outside(&self, group: i32, clock: &dyn Clock) -> Result<Vec<Found>, LeftError> {
        let began = clock.monotonic();
        loop {
            let marked = self.search(None).map_err(LeftError::Unreadable)?.marked;
            let (dying, outside): (Vec<_>, Vec<_>) =
                marked.into_iter().partition(|found| found.group == group);
            if dying.is_empty() {
                return Ok(outside);
            }
            if clock.monotonic().since(began) >= DEATH_MAX {
                return Err(LeftError::Alive(dying));
            }
            clock.sleep(POLL);
        }
    }

    /// Whether this process bears the mark; nothing where it cannot be known.
    fn is_borne_by(&self, id: i32) -> Option<bool> {
        let mut bytes = Vec::new();
        let read = fs::File::open(format!("/proc/{id}/environ"))
            .and_then(|file| file.take(ENVIRONMENT_MAX).read_to_end(&mut bytes));
        match read {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => None,
            // Gone, or a thread of the kernel.
            Err(_) => Some(false),
            Ok(_) => {
                let wanted = format!("{VARIABLE}={}", self.0);
                Some(bytes.split(|&byte| byte == 0).any(|one| one == wanted.as_bytes()))
            }
        }
    }

    /// Waits up to `patience` for everyone who bears the mark to end, then kills, and returns when
    /// nobody is left: whether anyone was found at all.
    pub fn end_all(
        &self,
        since: Option<&Birth>,
        patience: Duration,
        clock: &dyn Clock,
    ) -> Result<bool, LeftError> {
        let began = clock.monotonic();
        let (mut quiet, mut found_any) = (0, false);
        loop {
            let search = self.search(since).map_err(LeftError::Unreadable)?;
            found_any |= !search.is_empty();
            quiet = if search.is_empty() { quiet + 1 } else { 0 };
            if quiet == QUIET_SEARCHES {
                return Ok(found_any);
            }
            let waited = clock.monotonic().since(began);
            if waited >= patience {
                for found in &search.marked {
                    self.kill(found);
                }
            }
            if waited >= patience + DEATH_MAX && quiet == 0 {
                return Err(if search.marked.is_empty() {
                    LeftError::Hidden(search.hidden)
                } else {
                    LeftError::Alive(search.marked)
                });
            }
            clock.sleep(POLL);
        }
    }

    /// Kills exactly this process: its id may belong to another one by now, so it is held fast and
    /// looked at once more before the signal.
    fn kill(&self, found: &Found) {
        let Some(pid) = Pid::from_raw(found.id) else { return };
        let Ok(held) = pidfd_open(pid, PidfdFlags::empty()) else { return };
        if find(found.id).as_ref() == Some(found) && self.is_borne_by(found.id) == Some(true) {
            // Already gone, or not ours to kill: the next search tells which.
            let _gone = pidfd_send_signal(held, Signal::KILL);
        }
    }
}

/// Who lives of this group, whoever they run as.
pub(super) fn members(group: i32) -> io::Result<Vec<Found>> {
    let mut members = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let id = name.to_str().and_then(|name| name.parse::<i32>().ok());
        members.extend(id.and_then(find).filter(|found| found.group == group));
    }
    Ok(members)
}

/// A process that lives; a zombie does nothing any more and is nobody.
fn find(id: i32) -> Option<Found> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name stands in brackets and may hold brackets itself.
    let (head, tail) = stat.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
    // The state is the third field of the file, the group the fifth, the start the 22nd.
    let (state, group) = (*fields.first()?, fields.get(2)?.parse().ok()?);
    let started = fields.get(19)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(Found { id, name, group, started })
}

/// When and where we began to start programs: what is older or lives elsewhere is not of them.
/// Kept as text between processes: `docs/formats/playbook-notes.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Birth {
    boot: String,
    started: u64,
    group: String,
}

impl Birth {
    /// This process's own.
    pub fn own() -> io::Result<Self> {
        let own = i32::try_from(std::process::id()).unwrap_or_default();
        let unreadable = || io::Error::other("no own entry in /proc");
        Ok(Self {
            boot: boot()?,
            started: find(own).ok_or_else(unreadable)?.started,
            group: group(own).ok_or_else(unreadable)?,
        })
    }

    /// As text for a file: three lines, and the control group's.
    pub fn to_text(&self) -> String {
        format!("duphong birth 1\n{}\n{}\n{}", self.boot, self.started, self.group)
    }

    /// From that text.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '\n');
        let (magic, boot) = (parts.next()?, parts.next()?.to_owned());
        let (started, group) = (parts.next()?.parse().ok()?, parts.next()?.to_owned());
        (magic == "duphong birth 1").then_some(Self { boot, started, group })
    }

    /// Whether the machine still runs as it did then: no process outlives a boot.
    pub fn is_of_this_boot(&self) -> io::Result<bool> {
        Ok(boot()? == self.boot)
    }

    fn may_precede(&self, found: &Found) -> bool {
        found.started >= self.started && group(found.id).is_none_or(|group| group == self.group)
    }
}

fn boot() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// Its control groups, which orphans stay in.
fn group(id: i32) -> Option<String> {
    fs::read_to_string(format!("/proc/{id}/cgroup")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_equal_exactly_where_their_parts_are() {
        assert_eq!(Mark::of(&["a", "b"]), Mark::of(&["a", "b"]));
        for other in [&["ab"][..], &["a", "b", ""], &["a\n1:b"], &["b", "a"]] {
            assert_ne!(Mark::of(&["a", "b"]), Mark::of(other), "{other:?}");
        }
    }

    #[test]
    fn a_birth_survives_its_own_text() {
        let own = Birth::own().unwrap();
        assert_eq!(Birth::from_text(&own.to_text()), Some(own.clone()));
        assert!(own.is_of_this_boot().unwrap());
        assert_eq!(Birth::from_text("duphong birth 2\na\n1\ng"), None);
        assert_eq!(Birth::from_text("duphong birth 1\na\nx\ng"), None);
    }

    #[test]
    fn a_hidden_process_counts_only_where_it_can_be_ours() {
        let birth = Birth::own().unwrap();
        let own = find(i32::try_from(std::process::id()).unwrap()).unwrap();
        assert!(birth.may_precede(&own));
        assert!(!birth.may_precede(&Found { started: own.started - 1, ..own.clone() }));
        let elsewhere = Birth { group: "0::/elsewhere\n".to_owned(), ..birth };
        assert!(!elsewhere.may_precede(&own));
    }
}
