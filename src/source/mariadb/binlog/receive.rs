//! Receiving a server's binary log as it is written.
//!
//! The maker's program is a replica as far as the server knows: it writes each file as it comes into
//! a private folder, and what is new there is handed over every second. Files go from the folder
//! once they were handed over whole. A file that was begun in an earlier run comes again from its
//! start, so that whoever keeps it can hold it against what is kept.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::cancel::Cancel;
use crate::base::digest::Digest;
use crate::base::fault::AnyFault;
use crate::source::mariadb::Settings;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::fingerprint::Fingerprint;
use crate::source::mariadb::session::{Session, told};
use crate::source::mariadb::tools::{Family, OptionsFile, Tool};
use crate::world::World;
use crate::world::files::FileError;
use crate::world::process::Running;

/// How old a change may get before it is handed over.
const EVERY: Duration = Duration::from_secs(1);

/// How often the wish to stop is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Handed over at once.
const PIECE_BYTES: u64 = 8 << 20;

/// A program whose server has gone ends.
const END_MAX: Duration = Duration::from_secs(30);

/// Whoever keeps a log.
pub trait Keep {
    /// The log continues with bytes `from..` of a file. When this returns they are kept. The same
    /// bytes may come again, from the start of a file on.
    fn keep(&mut self, file: &str, from: u64, bytes: &[u8]) -> Result<(), AnyFault>;

    /// The server has removed what comes after the file `after`; the log goes on with `before`.
    fn gap(&mut self, after: &str, before: &str) -> Result<(), AnyFault>;
}

/// Follows a server's log until `cancel`, from the file `after` on, of which something is kept, or
/// from the oldest that the server has. `spool` is a private, empty folder.
///
/// Ends with a fault when the server goes or `keep` fails; whoever calls it calls it again.
pub fn follow(
    settings: &Settings,
    after: Option<&str>,
    spool: &Path,
    keep: &mut dyn Keep,
    world: &World,
    cancel: &Cancel,
) -> Result<(), AnyFault> {
    let mut session = Session::open_server(settings, world)?;
    let names = files(&mut session, settings)?;
    let oldest = names.first().cloned().ok_or_else(|| off(settings))?;
    let first = match after {
        Some(after) if names.iter().any(|name| name == after) => after.to_owned(),
        Some(after) => {
            keep.gap(after, &oldest)?;
            oldest
        }
        None => oldest,
    };
    let replica = replica_id(&mut session, settings)?;
    drop(session);
    let options = OptionsFile::write(settings, Family::Mariadb, world)?;
    let mut running = Tool::find_plain(settings.bin_dir.as_deref(), &["mariadb-binlog"])?
        .arg(options.argument())
        .args(["--read-from-remote-server", "--raw", "--stop-never"])
        .arg(format!("--stop-never-slave-server-id={replica}"))
        .arg(format!("--result-file={}/", spool.display()))
        .arg(&first)
        .start()
        .map_err(MariadbFault::Log)?;
    let mut options = Some(options);
    let mut hands = Hands { spool, file: first, at: 0 };
    let mut looked = world.clock.monotonic();
    loop {
        let is_over = cancel.is_cancelled() || !running.is_running();
        if is_over || world.clock.monotonic().since(looked) >= EVERY {
            looked = world.clock.monotonic();
            if hands.over(keep)? {
                // The first bytes came: it has logged in.
                drop(options.take());
            }
        }
        if is_over {
            return end(running, cancel, world);
        }
        world.clock.sleep(LOOK);
    }
}

fn end(running: Running, cancel: &Cancel, world: &World) -> Result<(), AnyFault> {
    if cancel.is_cancelled() {
        return Ok(());
    }
    match running.finish(world.clock.as_ref(), END_MAX) {
        // It never ends by itself.
        Ok(()) => Err(MariadbFault::Gone { act: "follow the binary log" }.into()),
        Err(failure) => Err(MariadbFault::Log(told(failure)).into()),
    }
}

/// What the server has of its log, the oldest file first.
fn files(session: &mut Session, settings: &Settings) -> Result<Vec<String>, AnyFault> {
    let is_on = session.value("ask for the binary log", "SELECT @@log_bin")? == "1";
    if session.family != Family::Mariadb || !is_on {
        return Err(off(settings).into());
    }
    let rows = session.rows("list the binary logs", "SHOW BINARY LOGS")?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next()).collect())
}

fn off(settings: &Settings) -> MariadbFault {
    MariadbFault::LogOff { server: settings.server() }
}

/// A number that no replica of this server should have, always the same: the server ends the old
/// connection of a replica that comes again.
fn replica_id(session: &mut Session, settings: &Settings) -> Result<u32, AnyFault> {
    let system = Fingerprint::of(session, settings)?.system();
    let digest = Digest::of(system.as_bytes());
    let number = u32::from_be_bytes([digest.0[0], digest.0[1], digest.0[2], digest.0[3]]);
    Ok(number | 1 << 31)
}

/// What was handed over.
struct Hands<'a> {
    spool: &'a Path,
    file: String,
    at: u64,
}

impl Hands<'_> {
    /// Hands over all that is new; whether there was anything.
    fn over(&mut self, keep: &mut dyn Keep) -> Result<bool, AnyFault> {
        let mut any = false;
        loop {
            // Asked first: a file is whole once the next one is there.
            let next = self.next()?;
            any |= self.rest(keep)?;
            let Some(next) = next else { return Ok(any) };
            let path = self.spool.join(&self.file);
            fs::remove_file(&path).map_err(FileError::io("remove", &path))?;
            (self.file, self.at) = (next, 0);
        }
    }

    /// The file behind the one in hand.
    fn next(&self) -> Result<Option<String>, FileError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.spool).map_err(FileError::io("read", self.spool))? {
            let entry = entry.map_err(FileError::io("read", self.spool))?;
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        names.retain(|name| order(name) > order(&self.file));
        names.sort_by(|a, b| order(a).cmp(&order(b)));
        Ok(names.into_iter().next())
    }

    fn rest(&mut self, keep: &mut dyn Keep) -> Result<bool, AnyFault> {
        let path: PathBuf = self.spool.join(&self.file);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound && self.at == 0 => return Ok(false),
            // Taken for nothing new, what is left of it would be removed unkept.
            Err(error) => return Err(FileError::io("read", &path)(error).into()),
        };
        file.seek(SeekFrom::Start(self.at)).map_err(FileError::io("read", &path))?;
        let start = self.at;
        loop {
            let mut piece = Vec::new();
            let read = file.by_ref().take(PIECE_BYTES).read_to_end(&mut piece);
            read.map_err(FileError::io("read", &path))?;
            if piece.is_empty() {
                return Ok(self.at > start);
            }
            keep.keep(&self.file, self.at, &piece)?;
            self.at += piece.len() as u64;
        }
    }
}

/// Files sort by their numbers, which grow beyond six digits.
pub fn order(name: &str) -> (u64, &str) {
    let number = name.rsplit('.').next().and_then(|number| number.parse().ok());
    (number.unwrap_or(0), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_follow_each_other_by_number() {
        let mut names = ["bin.1000000", "bin.000002", "bin.999999"];
        names.sort_by_key(|name| order(name));
        assert_eq!(names, ["bin.000002", "bin.999999", "bin.1000000"]);
    }
}
