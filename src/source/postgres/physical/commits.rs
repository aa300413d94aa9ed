//! When the newest transaction of a log was made: so much can be brought back.

use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::base::manifest::BaseFacts;
use crate::source::error::SourceError;
use crate::source::postgres::physical::recovery::{LOG, name};
use crate::source::postgres::physical::tablespaces::{ENDS, READER};
use crate::source::postgres::tools::Tools;
use crate::world::World;
use crate::world::files::FileError;
use crate::world::process::ProcessError;

/// A file of the log is read in a second or so.
const LIMIT: Duration = Duration::from_mins(10);

/// So many files without a transaction are looked at, the last first: a server that only vacuums.
const FILES_MAX: usize = 64;

/// When the newest transaction was made that is committed in the log files of numbers up to `last`,
/// which lie beside the base in `folder`. None where none of the last files has one.
pub fn newest(
    folder: &Path,
    base: &BaseFacts,
    numbers: std::ops::RangeInclusive<u64>,
    (bin_dir, major): (Option<&Path>, u32),
    world: &World,
) -> Result<Option<Timestamp>, SourceError> {
    let tools = Tools::find(bin_dir, READER, major, world)?;
    let log = folder.join(LOG);
    for number in numbers.rev().take(FILES_MAX) {
        let program = tools.program(READER).arg("--rmgr=Transaction");
        let program = program.arg(format!("--path={}", log.display())).arg(name(base, number));
        // Its words are looked at, so they must be those that it has untranslated.
        let program = program.env("LC_ALL", "C").env("TZ", "UTC");
        let mut running = program.start().map_err(SourceError::Program)?;
        let stdout = running.take_stdout();
        let (found, ended) = std::thread::scope(|scope| {
            let reader = scope.spawn(move || of_lines(stdout));
            let ended = running.finish(world.clock.as_ref(), LIMIT);
            let panicked = || io::Error::other("the reading thread panicked");
            (reader.join().unwrap_or_else(|_| Err(panicked())), ended)
        });
        match ended {
            // A record that goes on in the next file, or the end of the log.
            Err(ProcessError::Failed { stderr, .. })
                if ENDS.iter().any(|end| stderr.contains(end)) => {}
            ended => ended.map_err(SourceError::Program)?,
        }
        let found = found.map_err(FileError::io("read", READER.as_ref()))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn of_lines(told: impl Read) -> io::Result<Option<Timestamp>> {
    let mut newest = None;
    for line in BufReader::new(told).split(b'\n') {
        newest = newest.max(committed(&String::from_utf8_lossy(&line?)));
    }
    Ok(newest)
}

/// `… desc: COMMIT 2026-11-23 08:15:00.123456 UTC`, perhaps with more behind it.
fn committed(line: &str) -> Option<Timestamp> {
    let (_, told) = line.split_once("desc: COMMIT ")?;
    let (time, _) = told.split_once(" UTC")?;
    let time = DateTime::strptime("%Y-%m-%d %H:%M:%S%.f", time).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_commit_counts_wherever_it_stands() {
        let told = "\
rmgr: Transaction len (rec/tot): 34/34, tx: 741, lsn: 0/03000028, prev 0/02000100, desc: COMMIT 2026-11-23 08:15:00.123456 UTC
rmgr: Transaction len (rec/tot): 34/34, tx: 742, lsn: 0/03000060, prev 0/03000028, desc: COMMIT 2026-11-23 08:14:59.000001 UTC; inval msgs: catcache 80
rmgr: Transaction len (rec/tot): 34/34, tx: 743, lsn: 0/03000090, prev 0/03000060, desc: ABORT 2026-11-23 09:00:00.000000 UTC
desc: COMMIT yesterday UTC
";
        let newest = of_lines(told.as_bytes()).unwrap();
        assert_eq!(newest, "2026-11-23T08:15:00.123456Z".parse().ok());
        assert_eq!(of_lines(&b""[..]).unwrap(), None);
    }
}
