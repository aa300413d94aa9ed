//! A restored base on its way to an instant: the log that it is to replay lies beside it, and its
//! own settings say where to stop.
//!
//! The server that a person starts on it replays the log up to the last commit before the instant,
//! and is then open on a timeline of its own. Where the log does not reach so far it refuses to
//! open, as PostgreSQL itself does it: a portal that came back older than was asked for must not look
//! as if all were well. It archives nothing and follows nobody until a person wishes it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::base::manifest::BaseFacts;
use crate::source::error::SourceError;
use crate::source::postgres::physical::DATA;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::postgres::physical::position::{Position, segment_name};
use crate::world::files::{self, FileError};
use crate::world::moves;

/// The folder of log files within the folder of a base.
pub const LOG: &str = "wal";

/// In the data folder: the server replays before it opens.
const SIGNAL: &str = "recovery.signal";

/// A file in the data folder with which no server of version 12 or newer starts: it was where older
/// ones were told to recover.
const BAR: &str = "recovery.conf";

/// So many timelines are counted up to: a server that was brought back a thousand times.
const TIMELINES_MAX: usize = 1000;

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

/// What keeps a server off the base until [`prepare`] has told it what to do: the file's place below
/// the folder of the base, and its content.
pub fn bar() -> (PathBuf, &'static [u8]) {
    let text = "# duphong restore --to: not finished. No server starts while this file is here.\n";
    (Path::new(DATA).join(BAR), text.as_bytes())
}

/// The timelines behind the base's own, up to the highest that is known: a server that comes back
/// takes the first number behind its own of which it finds no history.
pub fn later_timelines(base: &BaseFacts, highest: u32) -> impl Iterator<Item = u32> {
    (base.timeline.saturating_add(1)..=highest).take(TIMELINES_MAX)
}

/// The name of the history of a timeline.
pub fn history_name(timeline: u32) -> String {
    format!("{timeline:08X}.history")
}

/// Holds the number of a timeline whose history is not kept, so that the server takes a later one.
/// Nobody can follow such a history: it names no parent.
pub fn hold_timeline(folder: &Path, timeline: u32) -> Result<(), SourceError> {
    let file = folder.join(LOG).join(history_name(timeline));
    let text = "# held by duphong: this timeline is in use and its history is not kept\n";
    files::replace_durably(&file, text.as_bytes())?;
    hand_over(folder, &file)
}

/// What tells a server to replay the log that lies beside its data up to `to`, and to open then.
/// The server's programs run in its data folder.
pub fn target(to: Timestamp) -> [(&'static str, String); 4] {
    [
        ("restore_command", format!("cp \"../{LOG}/%f\" \"%p\"")),
        ("recovery_target_time", to.strftime("%Y-%m-%d %H:%M:%S%.6f+00").to_string()),
        ("recovery_target_timeline", "current".to_owned()),
        ("recovery_target_action", "promote".to_owned()),
    ]
}

/// Tells a server that is started on the base to replay the log that lies beside it up to `to`.
pub fn prepare(folder: &Path, to: Timestamp) -> Result<(), SourceError> {
    let data = folder.join(DATA);
    let automatic = data.join("postgresql.auto.conf");
    let mut text = fs::read(&automatic).map_err(FileError::io("read", &automatic))?;
    let target = target(to).map(|(name, value)| format!("{name} = '{value}'\n")).concat();
    // Of a setting that stands twice the last counts.
    let lines = format!(
        "\n# duphong restore --to\nrecovery_target = ''\nrecovery_target_lsn = ''\n\
         recovery_target_name = ''\nrecovery_target_xid = ''\n{target}\
         recovery_end_command = ''\narchive_cleanup_command = ''\narchive_mode = off\n\
         primary_conninfo = ''\nprimary_slot_name = ''\n\
         max_logical_replication_workers = 0\n"
    );
    text.extend_from_slice(lines.as_bytes());
    files::replace_as(&automatic, &text, &automatic)?;
    // Without it, what stands in the settings is not asked for.
    files::replace_as(&data.join(SIGNAL), b"", &automatic)?;
    Ok(files::remove_durably(&data.join(BAR))?)
}

/// Removes what `make_log_folder`, `hand_over` and `prepare` have added to a base that no server was
/// ever started on. The settings that `prepare` changed are left as they are.
pub fn take_back(folder: &Path) -> Result<(), SourceError> {
    let (log, signal) = (folder.join(LOG), folder.join(DATA).join(SIGNAL));
    for (path, removed) in [(&signal, fs::remove_file(&signal)), (&log, fs::remove_dir_all(&log))] {
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(FileError::io("remove", path)(error).into());
            }
            _ => {}
        }
    }
    Ok(())
}
