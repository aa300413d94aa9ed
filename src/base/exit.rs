//! Exit codes: an interface that scripts rely on. One table, here.

/// What the process tells its caller. The numbers never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitCode {
    /// All was done.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// The command line was wrong.
    Usage = 2,
    /// Done, with something skipped, degraded or not proven.
    Warnings = 3,
    /// The repository does not exist.
    RepositoryMissing = 10,
    /// Another process holds the lock.
    Locked = 11,
    /// The password opens no key.
    WrongKey = 12,
    /// Stored data or the log does not match its digest.
    Integrity = 20,
    /// A person must decide or act.
    HumanNeeded = 30,
    /// A defect of duphong itself.
    Bug = 70,
    /// The configuration is wrong.
    Configuration = 78,
    /// Interrupted by the user.
    Interrupted = 130,
    /// Only of `wal fetch`: not now, and it must not be taken for the end of the log. PostgreSQL
    /// ends a recovery whose `restore_command` exits above 125, and takes all below for the end.
    Halt = 200,
}

impl ExitCode {
    /// Every code, in the order of its number.
    pub const ALL: [Self; 13] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Warnings,
        Self::RepositoryMissing,
        Self::Locked,
        Self::WrongKey,
        Self::Integrity,
        Self::HumanNeeded,
        Self::Bug,
        Self::Configuration,
        Self::Interrupted,
        Self::Halt,
    ];

    /// The number the process exits with.
    pub fn number(self) -> u8 {
        self as u8
    }
}
