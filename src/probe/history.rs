//! Samples of all looks, in SQLite: how a portal was, and the memory of what is settled.
//!
//! The file may be lost at any time: what matters stands in the audit log. One that cannot be
//! read is set aside under another name and a new one made, and the caller is told. It may be
//! shared by several processes. Bounded: see [`KEPT`]. Stored: `docs/formats/state-db.md`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use crate::base::fault::{Args, Fault, FaultKind, Message, Retry};
use crate::probe::fact::{State, Verdict};
use crate::probe::settle::{Look, Settled, WINDOW};
use crate::world::files;

/// The version of the tables that this program writes; another version is set aside.
const VERSION: u32 = 1;

/// How long single looks, hours and days are kept. A look takes about 50 bytes: at one a minute,
/// thirteen months are some 30 MB a probe. Hours add about 2 MB, days nothing worth counting.
const KEPT: [(&str, SignedDuration); 3] = [
    ("look", SignedDuration::from_hours(24 * 396)),
    ("hour", SignedDuration::from_hours(24 * 366 * 2)),
    ("day", SignedDuration::from_hours(24 * 366 * 10)),
];

/// Another process holds the file for milliseconds, or while it waits for the audit log's lock
/// (ten seconds at most); one that holds it longer hangs.
const BUSY_MAX: Duration = Duration::from_secs(15);

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS probe (
        id INTEGER PRIMARY KEY, portal TEXT NOT NULL, name TEXT NOT NULL,
        state TEXT, since INTEGER, flapping INTEGER NOT NULL DEFAULT 0,
        UNIQUE (portal, name));
    CREATE TABLE IF NOT EXISTS look (
        probe INTEGER NOT NULL, at INTEGER NOT NULL, state TEXT NOT NULL,
        ipv4 TEXT, ipv6 TEXT, took_ms INTEGER NOT NULL,
        PRIMARY KEY (probe, at)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS span (
        probe INTEGER NOT NULL, kind TEXT NOT NULL, begun INTEGER NOT NULL,
        healthy INTEGER NOT NULL DEFAULT 0, degraded INTEGER NOT NULL DEFAULT 0,
        down INTEGER NOT NULL DEFAULT 0, unknown INTEGER NOT NULL DEFAULT 0,
        took_ms INTEGER NOT NULL DEFAULT 0, took_ms_max INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (probe, kind, begun)) WITHOUT ROWID;
";

/// Why samples could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// SQLite refused.
    #[error("failed to use the samples in `{}`", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Its answer.
        #[source]
        source: rusqlite::Error,
    },
    /// A damaged file could not be set aside.
    #[error("failed to set aside the damaged samples in `{}`", path.display())]
    SetAside {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: files::FileError,
    },
}

impl Fault for HistoryError {
    fn kind(&self) -> FaultKind {
        FaultKind::Environment
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "probe.samples",
            Self::SetAside { .. } => "probe.samples-stuck",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Sqlite { path, .. } | Self::SetAside { path, .. } => {
                Args::none().text("path", path.display())
            }
        }
    }

    fn retry(&self) -> Retry {
        Retry::Later
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Sqlite { .. } => None,
            Self::SetAside { source, .. } => Some(source),
        }
    }
}

/// One look to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub at: Timestamp,
    /// What it came to.
    pub state: State,
    /// Over IPv4, where judged.
    pub ipv4: Option<Verdict>,
    /// Over IPv6, where judged.
    pub ipv6: Option<Verdict>,
    /// How long the slower family took.
    pub took: Duration,
}

/// The samples of one installation.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    connection: Connection,
    notice: Option<Message>,
}

impl History {
    /// Opens the file, or makes it. One that is damaged, or of a version that is not ours, is set
    /// aside first, and [`notice`](Self::notice) says so.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        let failed = |source| HistoryError::Sqlite { path: path.to_owned(), source };
        match connect(path) {
            Ok(connection) => Ok(Self { path: path.to_owned(), connection, notice: None }),
            Err(error) if is_damage(&error) => {
                let aside = set_aside(path)?;
                let args = Args::none().text("path", path.display()).text("aside", aside.display());
                let notice = Some(Message::with("probe-samples-set-aside", args));
                let connection = connect(path).map_err(failed)?;
                Ok(Self { path: path.to_owned(), connection, notice })
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// What opening it put right, handed out once.
    pub fn notice(&mut self) -> Option<Message> {
        self.notice.take()
    }

    /// Whether this fault means that the file must be opened again, so that it is set aside.
    pub fn is_damaged(fault: &HistoryError) -> bool {
        matches!(fault, HistoryError::Sqlite { source, .. } if is_damage(source))
    }

    /// Keeps a sample, and decides with the newest ones what is settled now. While `decide` runs
    /// no other process keeps or decides for any probe; what it returns is remembered, unless it
    /// returns nothing.
    pub fn keep(
        &mut self,
        (portal, probe): (&str, &str),
        sample: &Sample,
        decide: impl FnOnce(Option<Settled>, &[Look]) -> Option<Settled>,
    ) -> Result<(), HistoryError> {
        let path = self.path.clone();
        keep(&mut self.connection, (portal, probe), sample, decide)
            .map_err(|source| HistoryError::Sqlite { path, source })
    }

    /// The looks at a probe from `from` on, oldest first.
    pub fn looks(
        &self,
        (portal, probe): (&str, &str),
        from: Timestamp,
    ) -> Result<Vec<Sample>, HistoryError> {
        let read = || -> rusqlite::Result<Vec<Sample>> {
            let mut statement = self.connection.prepare(
                "SELECT at, look.state, ipv4, ipv6, took_ms FROM look
                 JOIN probe ON probe.id = look.probe
                 WHERE portal = ?1 AND name = ?2 AND at >= ?3 ORDER BY at",
            )?;
            let rows = statement
                .query_map(params![portal, probe, from.as_millisecond()], |row| {
                    Ok((
                        row.get::<_, i64>(0)?,
                        row.get::<_, String>(1)?,
                        row.get::<_, Option<String>>(2)?,
                        row.get::<_, Option<String>>(3)?,
                        row.get::<_, i64>(4)?,
                    ))
                })?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(rows.into_iter().filter_map(sample).collect())
        };
        read().map_err(|source| HistoryError::Sqlite { path: self.path.clone(), source })
    }
}

/// A row that another program spoiled is left out: samples prove nothing by themselves.
fn sample(row: (i64, String, Option<String>, Option<String>, i64)) -> Option<Sample> {
    let (at, state, ipv4, ipv6, took) = row;
    Some(Sample {
        at: Timestamp::from_millisecond(at).ok()?,
        state: State::parse(&state)?,
        ipv4: ipv4.as_deref().and_then(Verdict::parse),
        ipv6: ipv6.as_deref().and_then(Verdict::parse),
        took: Duration::from_millis(u64::try_from(took).ok()?),
    })
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_MAX)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A crash may lose the last looks, never the file: they are worth no fsync a minute.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > VERSION {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTADB),
            Some(format!("version {version}")),
        ));
    }
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    Ok(connection)
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode;
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

/// Renames the file and what SQLite keeps beside it; the newest damaged one is kept.
fn set_aside(path: &Path) -> Result<PathBuf, HistoryError> {
    let beside = |path: &Path, end: &str| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(end);
        path.with_file_name(name)
    };
    let aside = beside(path, ".damaged");
    for end in ["", "-wal", "-shm"] {
        let from = beside(path, end);
        if from.exists() {
            files::rename_durably(&from, &beside(&aside, end))
                .map_err(|source| HistoryError::SetAside { path: path.to_owned(), source })?;
        }
    }
    Ok(aside)
}

fn keep(
    connection: &mut Connection,
    (portal, probe): (&str, &str),
    sample: &Sample,
    decide: impl FnOnce(Option<Settled>, &[Look]) -> Option<Settled>,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "INSERT INTO probe (portal, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![portal, probe],
    )?;
    let (id, known): (i64, Option<Settled>) = transaction.query_row(
        "SELECT id, state, since, flapping FROM probe WHERE portal = ?1 AND name = ?2",
        params![portal, probe],
        |row| Ok((row.get(0)?, settled(row.get(1)?, row.get(2)?, row.get(3)?))),
    )?;
    insert(&transaction, id, sample)?;
    let looks = newest(&transaction, id, sample.at)?;
    if let Some(now) = decide(known, &looks) {
        transaction.execute(
            "UPDATE probe SET state = ?2, since = ?3, flapping = ?4 WHERE id = ?1",
            params![
                id,
                now.state.map(|(state, _)| state.as_str()),
                now.state.map(|(_, since)| since.as_millisecond()),
                now.flapping
            ],
        )?;
    }
    transaction.commit()
}

fn settled(state: Option<String>, since: Option<i64>, flapping: bool) -> Option<Settled> {
    let state = State::parse(&state?)?;
    let since = Timestamp::from_millisecond(since?).ok()?;
    Some(Settled { state: Some((state, since)), flapping })
}

fn insert(connection: &Connection, id: i64, sample: &Sample) -> rusqlite::Result<()> {
    let took = i64::try_from(sample.took.as_millis()).unwrap_or(i64::MAX);
    // Two looks in one millisecond are one: the clock was set back, or two people asked.
    connection.execute(
        "INSERT OR REPLACE INTO look VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            id,
            sample.at.as_millisecond(),
            sample.state.as_str(),
            sample.ipv4.map(Verdict::as_str),
            sample.ipv6.map(Verdict::as_str),
            took
        ],
    )?;
    for (kind, seconds) in [("hour", 3600), ("day", 86_400)] {
        let begun = sample.at.as_second().div_euclid(seconds) * seconds;
        let column = sample.state.verdict().as_str();
        let known: Option<i64> = connection
            .query_row(
                "SELECT 1 FROM span WHERE probe = ?1 AND kind = ?2 AND begun = ?3",
                params![id, kind, begun],
                |row| row.get(0),
            )
            .optional()?;
        connection.execute(
            &format!(
                "INSERT INTO span (probe, kind, begun, {column}, took_ms, took_ms_max)
                 VALUES (?1, ?2, ?3, 1, ?4, ?4)
                 ON CONFLICT DO UPDATE SET {column} = {column} + 1, took_ms = took_ms + ?4,
                 took_ms_max = max(took_ms_max, ?4)"
            ),
            params![id, kind, begun, took],
        )?;
        // A new hour is a good moment to let go of what is too old.
        if known.is_none() && kind == "hour" {
            forget(connection, id, sample.at)?;
        }
    }
    Ok(())
}

fn forget(connection: &Connection, id: i64, now: Timestamp) -> rusqlite::Result<()> {
    for (kind, kept) in KEPT {
        let Ok(oldest) = now.checked_sub(kept) else { continue };
        if kind == "look" {
            connection.execute(
                "DELETE FROM look WHERE probe = ?1 AND at < ?2",
                params![id, oldest.as_millisecond()],
            )?;
        } else {
            connection.execute(
                "DELETE FROM span WHERE probe = ?1 AND kind = ?2 AND begun < ?3",
                params![id, kind, oldest.as_second()],
            )?;
        }
    }
    Ok(())
}

/// The newest looks up to `now`: what a clock that was wrong wrote into the future waits there.
fn newest(connection: &Connection, id: i64, now: Timestamp) -> rusqlite::Result<Vec<Look>> {
    let most = i64::try_from(WINDOW).expect("a small constant");
    let mut statement = connection.prepare(
        "SELECT at, state FROM look WHERE probe = ?1 AND at <= ?2 ORDER BY at DESC LIMIT ?3",
    )?;
    let rows = statement
        .query_map(params![id, now.as_millisecond(), most], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let look = |(at, state): (i64, String)| {
        Some(Look { at: Timestamp::from_millisecond(at).ok()?, state: State::parse(&state)? })
    };
    Ok(rows.into_iter().rev().filter_map(look).collect())
}
