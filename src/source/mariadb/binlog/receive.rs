//! Receiving a server's binary log as it is written.
//!
//! The maker's program is a replica as far as the server knows: it writes each file as it comes into
//! a private folder, and what is new there is handed over every so often. Files go from the folder
//! once they were handed over whole. A file that was begun in an earlier run comes again from its
//! start, so that whoever keeps it can hold it against what is kept.
//!
//! The folder holds the file in hand and at most [`BACKLOG_MAX`] and the bytes of a moment more: the
//! program stands still while something is handed over, and the server waits for it.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;

use crate::base::cancel::Cancel;
use crate::base::digest::Digest;
use crate::base::fault::AnyFault;
use crate::source::mariadb::Settings;
use crate::source::mariadb::binlog::server;
use crate::source::mariadb::binlog::span::Position;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::fingerprint::Fingerprint;
use crate::source::mariadb::grants;
use crate::source::mariadb::session::{Session, told};
use crate::source::mariadb::tools::{Family, OptionsFile};
use crate::world::World;
use crate::world::files::FileError;
use crate::world::process::Running;

/// How often the wish to stop is looked at, and how much has come.
const LOOK: Duration = Duration::from_millis(50);

/// Handed over at once.
const PIECE_BYTES: u64 = 16 << 20;

/// So much is handed over before its time.
const BACKLOG_MAX: u64 = 64 << 20;

/// A program whose server has gone ends.
const END_MAX: Duration = Duration::from_secs(30);

/// The first event of a file says which server wrote it and when: a hundred bytes, or two.
const HEAD_MAX: usize = 64 << 10;

/// Whoever keeps a log.
pub trait Keep {
    /// The log continues with bytes `from..` of a file. When this returns they are kept. The same
    /// bytes may come again, from the start of a file on. The first bytes of a file hold the whole
    /// of its first event.
    fn keep(&mut self, file: &str, from: u64, bytes: &[u8]) -> Result<(), AnyFault>;

    /// The server has no file `after` any more: its log goes on, or begins anew, with `before`.
    fn gap(&mut self, after: &str, before: &str) -> Result<(), AnyFault>;
}

/// What a server says of its log before it is followed.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The server as its log knows it, the same after a restart: at most 28 letters that any store
    /// takes.
    pub system: String,
    /// The files that it has, the oldest first; at least one.
    pub files: Vec<String>,
    /// Where the log ended when this was asked.
    pub end: Position,
    /// In what form changes are logged unless a session wants it otherwise: `ROW`, `MIXED`, or
    /// `STATEMENT`, which may come out otherwise when it is replayed.
    pub format: String,
    replica: u32,
    family: Family,
}

/// Asks a server for its log. Fails with a name for what it lacks: a log, one that has everything,
/// and the rights to follow it.
pub fn ask(settings: &Settings, world: &World) -> Result<Offer, AnyFault> {
    let mut session = Session::open_server(settings, world)?;
    let off = || MariadbFault::LogOff { server: settings.server() };
    server::check_known(&session, settings)?;
    let is_on = session.value("ask for the binary log", "SELECT @@log_bin")? == "1";
    if !is_on {
        return Err(off().into());
    }
    grants::check_following(&mut session, &settings.server())?;
    if !server::is_numbered(&mut session)? {
        return Err(MariadbFault::LogUnnumbered { server: settings.server() }.into());
    }
    let files: Vec<_> = server::files(&mut session)?.into_iter().map(|(name, _)| name).collect();
    let status = server::status(&mut session)?.ok_or_else(off)?;
    if let Some(filter) = status.filters.into_iter().next() {
        return Err(MariadbFault::LogFiltered { server: settings.server(), filter }.into());
    }
    if files.is_empty() {
        return Err(off().into());
    }
    let format = session.value("ask for the binary log", "SELECT @@global.binlog_format")?;
    let system = Fingerprint::of(&mut session, settings)?.system();
    let digest = Digest::of(system.as_bytes());
    // A number that no replica of this server should have, always the same: the server ends the
    // old connection of a replica that comes again.
    let number = u32::from_be_bytes([digest.0[0], digest.0[1], digest.0[2], digest.0[3]]);
    let (end, family) = (status.end, session.family);
    Ok(Offer { system, files, end, format, replica: number | 1 << 31, family })
}

/// How a log is followed.
pub struct Following<'a> {
    /// The server.
    pub settings: &'a Settings,
    /// What it has just said.
    pub offer: &'a Offer,
    /// The last file of which something is kept; none, and the oldest that the server has is the
    /// first.
    pub after: Option<&'a str>,
    /// A private, empty folder.
    pub spool: &'a Path,
    /// How old a change may get before it is handed over.
    pub every: Duration,
    /// The end, once all before it was handed over; none, and it is followed until it is stopped.
    pub until: Option<&'a Position>,
}

/// Follows a server's log.
///
/// Ends with a fault when the server goes or `keep` fails; whoever calls it calls it again.
pub fn follow(
    following: &Following<'_>,
    keep: &mut dyn Keep,
    world: &World,
    cancel: &Cancel,
) -> Result<(), AnyFault> {
    let Following { settings, offer, spool, every, until, .. } = *following;
    let first = first(following, keep)?;
    let options = OptionsFile::write(settings, offer.family, world)?;
    let number = match offer.family {
        Family::Mariadb => "--stop-never-slave-server-id",
        Family::Mysql => "--connection-server-id",
    };
    let mut running = server::reader(settings, offer.family, world)?
        .arg(options.argument())
        .args(["--read-from-remote-server", "--raw", "--stop-never"])
        .arg(format!("{number}={}", offer.replica))
        .arg(format!("--result-file={}/", spool.display()))
        .arg(&first)
        .start()
        .map_err(MariadbFault::Log)?;
    let mut options = Some(options);
    let mut hands = Hands { spool, file: first, at: 0, head: Vec::new() };
    let mut handed = None;
    loop {
        let is_over = cancel.is_cancelled() || !running.is_running();
        let (backlog, now) = (hands.backlog()?, world.clock.monotonic());
        if backlog > 0 {
            // The first bytes came: it has logged in.
            drop(options.take());
        }
        let is_due = handed.is_none_or(|handed| now.since(handed) >= every);
        if backlog > 0 && (is_over || is_due || backlog >= BACKLOG_MAX) {
            running.signal(Signal::STOP);
            let over = hands.over(keep);
            running.signal(Signal::CONT);
            over?;
            // What came in one go was waited for; the next change has its time again.
            handed = Some(now);
        }
        if is_over || until.is_some_and(|until| hands.is_beyond(until)) {
            return end(running, cancel.is_cancelled() || !is_over, world);
        }
        world.clock.sleep(LOOK);
    }
}

/// The file to begin with.
fn first(following: &Following<'_>, keep: &mut dyn Keep) -> Result<String, AnyFault> {
    let files = &following.offer.files;
    let oldest = files.first().ok_or(MariadbFault::Gone { act: "follow the binary log" })?;
    match following.after {
        Some(after) if files.iter().any(|name| name == after) => Ok(after.to_owned()),
        Some(after) => {
            keep.gap(after, oldest)?;
            Ok(oldest.clone())
        }
        None => Ok(oldest.clone()),
    }
}

fn end(running: Running, is_wanted: bool, world: &World) -> Result<(), AnyFault> {
    if is_wanted {
        return Ok(());
    }
    match running.finish(world.clock.as_ref(), END_MAX) {
        // It never ends by itself.
        Ok(()) => Err(MariadbFault::Gone { act: "follow the binary log" }.into()),
        Err(failure) => Err(MariadbFault::Log(told(failure)).into()),
    }
}

/// What was handed over.
struct Hands<'a> {
    spool: &'a Path,
    file: String,
    at: u64,
    /// The first event of the file, once it was handed over.
    head: Vec<u8>,
}

impl Hands<'_> {
    /// Bytes that came and were not handed over.
    fn backlog(&self) -> Result<u64, FileError> {
        let mut bytes = 0_u64;
        for entry in fs::read_dir(self.spool).map_err(FileError::io("read", self.spool))? {
            let metadata = entry.and_then(|entry| entry.metadata());
            bytes =
                bytes.saturating_add(metadata.map_err(FileError::io("read", self.spool))?.len());
        }
        Ok(bytes.saturating_sub(self.at))
    }

    fn is_beyond(&self, place: &Position) -> bool {
        let file = order(&self.file).cmp(&order(&place.file));
        file.is_gt() || (file.is_eq() && self.at >= place.at)
    }

    /// Hands over all that is new.
    fn over(&mut self, keep: &mut dyn Keep) -> Result<(), AnyFault> {
        loop {
            // Asked first: a file is whole once the next one is there.
            let next = self.next()?;
            self.rest(keep)?;
            let Some(next) = next else { return Ok(()) };
            let path = self.spool.join(&self.file);
            fs::remove_file(&path).map_err(FileError::io("remove", &path))?;
            (self.file, self.at, self.head) = (next, 0, Vec::new());
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

    fn rest(&mut self, keep: &mut dyn Keep) -> Result<(), AnyFault> {
        let path: PathBuf = self.spool.join(&self.file);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound && self.at == 0 => return Ok(()),
            // Taken for nothing new, what is left of it would be removed unkept.
            Err(error) => return Err(FileError::io("read", &path)(error).into()),
        };
        self.check_head(&mut file, &path)?;
        file.seek(SeekFrom::Start(self.at)).map_err(FileError::io("read", &path))?;
        loop {
            let mut piece = Vec::new();
            let read = file.by_ref().take(PIECE_BYTES).read_to_end(&mut piece);
            read.map_err(FileError::io("read", &path))?;
            if self.at == 0 {
                let Some(head) = head(&piece) else { return Ok(()) };
                self.head = head.to_vec();
            }
            if piece.is_empty() {
                return Ok(());
            }
            keep.keep(&self.file, self.at, &piece)?;
            self.at += piece.len() as u64;
        }
    }

    /// A server whose log was reset may send another file under the same name.
    fn check_head(&self, file: &mut File, path: &Path) -> Result<(), AnyFault> {
        let mut there = Vec::new();
        let read = file.by_ref().take(self.head.len() as u64).read_to_end(&mut there);
        read.map_err(FileError::io("read", path))?;
        let length = file.metadata().map_err(FileError::io("read", path))?.len();
        if there == self.head && length >= self.at {
            return Ok(());
        }
        Err(MariadbFault::Gone { act: "follow the binary log" }.into())
    }
}

/// What a file begins with, up to the end of its first event: no two files of a server that were not
/// begun in the same second are alike in it. None while less is there.
pub fn head(bytes: &[u8]) -> Option<&[u8]> {
    let length = bytes.get(13..17)?.try_into().map(u32::from_le_bytes).ok()?;
    let length = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(4).min(HEAD_MAX);
    bytes.get(..length)
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
