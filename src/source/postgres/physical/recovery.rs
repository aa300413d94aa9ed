//! A restored base on its way to an instant: the log that it is to replay lies beside it, and its
//! own settings say where to stop.
//!
//! The server that a person starts on it replays the log up to the last commit before the instant,
//! and is then open on a timeline of its own. Where the log does not reach so far it refuses to
//! open, as PostgreSQL itself does it: a portal that came back older than was asked for must not look
//! as if all were well. It archives nothing and follows nobody until a person wishes it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::base::manifest::BaseFacts;
use crate::source::error::SourceError;
use crate::source::postgres::physical::DATA;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::postgres::physical::position::{Position, segment_name};
use crate::source::postgres::tools::Tools;
use crate::world::World;
use crate::world::files::{self, FileError};
use crate::world::moves;
use crate::world::process::{Process, ProcessError};

/// The folder of log files within the folder of a base.
pub const LOG: &str = "wal";

/// Reading a stretch of the log: a disk that gives 10 MB a second reads 400 GB in it.
const LOG_LIMIT: Duration = Duration::from_hours(12);

/// What may be told of tablespaces: a few lines, if anything.
const TOLD_MAX: u64 = 16 * 1024 * 1024;

/// The number of the first log file that a base does not hold itself, or not to its end: a standby
/// cannot close the file that a base ends in.
pub fn first_segment(base: &BaseFacts) -> Result<u64, SourceError> {
    let ends = Position::parse(&base.start_lsn).zip(Position::parse(&base.stop_lsn));
    let (start, stop) =
        ends.ok_or_else(|| PhysicalFault::Differs { detail: "its positions are none".to_owned() })?;
    let last = *start.segments(stop, base.wal_segment_bytes).end();
    Ok(if base.from_standby { last } else { last.saturating_add(1) })
}

/// The name of the log file of this number on the base's timeline.
pub fn name(base: &BaseFacts, number: u64) -> String {
    segment_name(base.timeline, number, base.wal_segment_bytes)
}

/// Makes the folder for log files beside the data, of the same owner, and returns it.
pub fn make_log_folder(base: &Path) -> Result<PathBuf, SourceError> {
    let folder = base.join(LOG);
    files::create_private_dir(&folder)?;
    moves::look_like(&base.join(DATA), &folder)?;
    Ok(folder)
}

/// Gives a log file the owner that the server's own files have.
pub fn hand_over(base: &Path, file: &Path) -> Result<(), SourceError> {
    Ok(moves::look_like(&base.join(DATA).join("PG_VERSION"), file)?)
}

/// Fails when replaying would make a tablespace: that writes to the place where production has it.
/// `last` is the last log file that lies beside the base, if there is any.
pub fn refuse_tablespaces(
    folder: &Path,
    base: &BaseFacts,
    last: Option<u64>,
    (bin_dir, major): (Option<&Path>, u32),
    world: &World,
) -> Result<(), SourceError> {
    let tools = Tools::find(bin_dir, "pg_waldump", major, world)?;
    let dump = |log: PathBuf| {
        let path = format!("--path={}", log.display());
        // Its words are looked at, so they must be those that it has untranslated.
        let waldump = tools.program("pg_waldump").env("LC_ALL", "C");
        waldump.arg("--rmgr=Tablespace").arg(path)
    };
    let own = dump(folder.join(DATA).join("pg_wal"))
        .arg(format!("--timeline={}", base.timeline))
        .arg(format!("--start={}", base.start_lsn))
        .arg(format!("--end={}", base.stop_lsn));
    refuse(own, true, world)?;
    let Some(last) = last else { return Ok(()) };
    let first = name(base, first_segment(base)?);
    refuse(dump(folder.join(LOG)).arg(first).arg(name(base, last)), false, world)
}

/// Where the last file ends, the program fails at a record, as does the server's own reading, which
/// is the same. A program that ends in any other way has not looked at all of it.
fn refuse(process: Process, to_its_end: bool, world: &World) -> Result<(), SourceError> {
    let mut running = process.start().map_err(SourceError::Program)?;
    let told = BufReader::new(running.take_stdout().take(TOLD_MAX));
    let mut made = None;
    let mut bytes = 0;
    for line in told.split(b'\n') {
        let line = line.map_err(|error| FileError::io("read", "pg_waldump".as_ref())(error))?;
        bytes += line.len() as u64 + 1;
        let line = String::from_utf8_lossy(&line).into_owned();
        if let Some((_, of)) = line.split_once("desc: CREATE ") {
            made.get_or_insert(of.trim().to_owned());
        }
    }
    let ended = running.finish(world.clock.as_ref(), LOG_LIMIT);
    if let Some(place) = made {
        return Err(PhysicalFault::MakesTablespace { place }.into());
    }
    if bytes >= TOLD_MAX {
        let detail = "pg_waldump tells more of tablespaces than is read".to_owned();
        return Err(PhysicalFault::Differs { detail }.into());
    }
    match ended {
        Err(ProcessError::Failed { stderr, .. })
            if !to_its_end && stderr.contains("error in WAL record at") =>
        {
            Ok(())
        }
        ended => ended.map_err(SourceError::Program),
    }
}

/// Tells a server that is started on the base to replay the log that lies beside it up to `to`.
pub fn prepare(folder: &Path, to: Timestamp) -> Result<(), SourceError> {
    let data = folder.join(DATA);
    let automatic = data.join("postgresql.auto.conf");
    let mut text = fs::read(&automatic).map_err(FileError::io("read", &automatic))?;
    let time = to.strftime("%Y-%m-%d %H:%M:%S%.6f+00");
    // Of a setting that stands twice the last counts. The server's programs run in its data folder.
    let lines = format!(
        "\n# duphong restore --to\nrestore_command = 'cp \"../{LOG}/%f\" \"%p\"'\n\
         recovery_target = ''\nrecovery_target_lsn = ''\nrecovery_target_name = ''\n\
         recovery_target_xid = ''\nrecovery_target_time = '{time}'\n\
         recovery_target_timeline = 'current'\nrecovery_target_action = 'promote'\n\
         recovery_end_command = ''\narchive_cleanup_command = ''\narchive_mode = off\n\
         primary_conninfo = ''\nprimary_slot_name = ''\n\
         max_logical_replication_workers = 0\n"
    );
    text.extend_from_slice(lines.as_bytes());
    files::replace_as(&automatic, &text, &automatic)?;
    // Last: without it, what stands in the settings is not asked for.
    Ok(files::replace_as(&data.join("recovery.signal"), b"", &automatic)?)
}
