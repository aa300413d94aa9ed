//! What replaying a base's log would do to other places: a tablespace that the log makes is made at
//! the path that production has it at.
//!
//! The server's own program reads the log, as far as the server would: to where the base is
//! consistent, which must be readable, and on to the end of what lies there.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::time::Duration;

use crate::base::manifest::BaseFacts;
use crate::source::error::SourceError;
use crate::source::postgres::physical::DATA;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::postgres::physical::position::Position;
use crate::source::postgres::physical::recovery::{LOG, first_segment, hand_over, name};
use crate::source::postgres::tools::Tools;
use crate::world::World;
use crate::world::clock::Clock;
use crate::world::files::FileError;
use crate::world::process::{Process, ProcessError};

/// The program that reads a log.
pub(super) const READER: &str = "pg_waldump";

/// Reading a stretch of the log: a disk that gives 10 MB a second reads 400 GB in it.
const LIMIT: Duration = Duration::from_hours(12);

/// What may be told of tablespaces: a few lines, if anything.
const TOLD_MAX: u64 = 16 * 1024 * 1024;

/// Fails where the program that reads the log is missing.
pub fn require_reader(
    bin_dir: Option<&Path>,
    major: u32,
    world: &World,
) -> Result<(), SourceError> {
    Tools::find(bin_dir, READER, major, world).map(drop)
}

/// Fails when replaying the base restored to `folder`, and the log that lies beside it up to the
/// file of number `last`, would make a tablespace. The base's last own file is put beside it as
/// well: what is told behind the base's end may go on in the next file. Of a base of a standby it
/// lies there already, whole.
pub fn refuse(
    folder: &Path,
    base: &BaseFacts,
    last: u64,
    (bin_dir, major): (Option<&Path>, u32),
    world: &World,
) -> Result<(), SourceError> {
    let tools = Tools::find(bin_dir, READER, major, world)?;
    let (own, log) = (folder.join(DATA).join("pg_wal"), folder.join(LOG));
    if !base.from_standby {
        let last_own = name(base, last_own(base)?);
        let (from, to) = (own.join(&last_own), log.join(&last_own));
        copy(&from, &to)?;
        hand_over(folder, &to)?;
    }
    look(within(tools.program(READER), &own, base), true, LIMIT, world.clock.as_ref())?;
    match behind(tools.program(READER), &log, base, last)? {
        Some(program) => look(program, false, LIMIT, world.clock.as_ref()),
        None => Ok(()),
    }
}

/// The same for a base without a log beside it, whose own lies in the folder `log`. `program` is
/// the one of this name, as it may be run here.
pub(in crate::source::postgres) fn refuse_own(
    program: &dyn Fn(&str) -> Process,
    log: &Path,
    base: &BaseFacts,
    world: &World,
) -> Result<(), SourceError> {
    look(within(program(READER), log, base), true, LIMIT, world.clock.as_ref())?;
    match behind(program(READER), log, base, last_own(base)?)? {
        Some(program) => look(program, false, LIMIT, world.clock.as_ref()),
        None => Ok(()),
    }
}

/// The number of the file in which the base ends.
fn last_own(base: &BaseFacts) -> Result<u64, SourceError> {
    Ok(first_segment(base)?.saturating_sub(u64::from(!base.from_standby)))
}

fn copy(from: &Path, to: &Path) -> Result<(), SourceError> {
    let mut read = File::open(from).map_err(FileError::io("read", from))?;
    let mut written = File::create(to).map_err(FileError::io("create", to))?;
    let copied = io::copy(&mut read, &mut written).and_then(|_| written.sync_all());
    Ok(copied.map_err(FileError::io("write", to))?)
}

/// From where the base begins to where it is consistent.
fn within(program: Process, log: &Path, base: &BaseFacts) -> Process {
    let program = program.arg("--rmgr=Tablespace").arg(format!("--path={}", log.display()));
    program
        .arg(format!("--timeline={}", base.timeline))
        .arg(format!("--start={}", base.start_lsn))
        .arg(format!("--end={}", base.stop_lsn))
}

/// From there to the end of the file of number `last`: until the server ends the last file of a
/// base, others write to it, and all of that is replayed. None if there is nothing behind.
fn behind(
    program: Process,
    log: &Path,
    base: &BaseFacts,
    last: u64,
) -> Result<Option<Process>, SourceError> {
    let none = || PhysicalFault::Differs { detail: "its positions are none".to_owned() };
    let stop = Position::parse(&base.stop_lsn).ok_or_else(none)?;
    let first = stop.0 / base.wal_segment_bytes.max(1);
    if first > last {
        return Ok(None);
    }
    let program = program.arg("--rmgr=Tablespace").arg(format!("--path={}", log.display()));
    let program = program.arg(format!("--start={stop}"));
    Ok(Some(program.arg(name(base, first)).arg(name(base, last))))
}

/// What the reader says where there are no more records. The server's own reading is the same.
pub(super) const ENDS: [&str; 2] =
    ["error in WAL record at", "could not find a valid record after"];

/// Where the last file ends, the program fails at a record, as does the server's own reading. A
/// program that ends in any other way has not looked at all of it.
fn look(
    process: Process,
    to_its_end: bool,
    limit: Duration,
    clock: &dyn Clock,
) -> Result<(), SourceError> {
    // Its words are looked at, so they must be those that it has untranslated.
    let mut running = process.env("LC_ALL", "C").start().map_err(SourceError::Program)?;
    let stdout = running.take_stdout();
    // Read beside the wait, which ends the program and so the reading when the limit is over.
    let (told, ended) = std::thread::scope(|scope| {
        let reader = scope.spawn(move || creations(stdout));
        let ended = running.finish(clock, limit);
        let panicked = || io::Error::other("the reading thread panicked");
        (reader.join().unwrap_or_else(|_| Err(panicked())), ended)
    });
    let (made, bytes) = told.map_err(FileError::io("read", READER.as_ref()))?;
    if let Some(place) = made {
        return Err(PhysicalFault::MakesTablespace { place }.into());
    }
    if bytes >= TOLD_MAX {
        let detail = format!("{READER} tells more of tablespaces than is read");
        return Err(PhysicalFault::Differs { detail }.into());
    }
    match ended {
        Err(ProcessError::Failed { stderr, .. })
            if !to_its_end && ENDS.iter().any(|end| stderr.contains(end)) =>
        {
            Ok(())
        }
        ended => ended.map_err(SourceError::Program),
    }
}

/// The first tablespace that is told to be made, and how many bytes were told. At more than
/// [`TOLD_MAX`] the pipe is closed.
fn creations(told: impl Read) -> io::Result<(Option<String>, u64)> {
    let (mut made, mut bytes) = (None, 0);
    for line in BufReader::new(told.take(TOLD_MAX)).split(b'\n') {
        let line = line?;
        bytes += line.len() as u64 + 1;
        if let Some((_, of)) = String::from_utf8_lossy(&line).split_once("desc: CREATE ") {
            made.get_or_insert(of.trim().to_owned());
        }
    }
    Ok((made, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::clock::SystemClock;

    #[test]
    fn a_reader_that_tells_nothing_and_does_not_end_is_ended() {
        let (endless, limit) = (Process::new("sleep").arg("1000"), Duration::from_millis(50));
        let fault = look(endless, true, limit, &SystemClock::default()).unwrap_err();
        assert!(matches!(fault, SourceError::Program(ProcessError::TimedOut { .. })), "{fault}");
    }
}
