//! Databases of any other engine, by commands that a person configured: one dumps, one loads, one
//! counts.
//!
//! What a database is, is not known here; so everything that can be doubted is. A dump counts only
//! if its program ended with status 0 in time, and left something whole: a stream that is not empty
//! and ends as its engine ends dumps, or files of which none is empty or missing. It is counted before
//! and after, and what differed between is not claimed. A load gets the very bytes that were dumped,
//! by their digest, and must read all of them.
//!
//! Commands are argument lists, run as this process's user with an environment of their own. Where a
//! drill loads is not decided here: whoever calls gives the commands for it, and never production's.

mod count;
mod files;
mod paths;

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::base::cancel::Cancel;
use crate::base::command::{Blank, Command, Left};
use crate::base::digest::Digest;
use crate::base::manifest::{DatabaseFacts, Inventory};
use crate::base::progress::Progress;
use crate::base::secret::Secret;
use crate::source::command::files::Listing;
use crate::source::error::SourceError;
use crate::source::rows::RowKey;
use crate::source::{Dump, name};
use crate::world::World;
use crate::world::files::{self as disk, FileError};
use crate::world::process::Process;
use crate::world::process::mark::Mark;
use crate::world::process::stream::{Bounds, StreamError};

pub use paths::ask;

/// The engine's name in [`DatabaseFacts::engine`].
pub const ENGINE: &str = "command";

/// Where the end of a dump is looked for: a closing line, and what a client may add after it.
const END_BYTES: usize = 4 * 1024;

/// The longest name or path of a target.
const TARGET_MAX: usize = 200;

/// The last programs of a pipeline end moments after the shell that began it; who runs on for longer
/// is at work.
const WRITERS_MAX: Duration = Duration::from_secs(5);

/// Read at once to compute a digest.
const BUFFER: usize = 1024 * 1024;

/// A database that commands know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Dumps it; a database that is only a target has none.
    pub dump: Option<Command>,
    /// Loads a dump into it; absent where it cannot be loaded.
    pub load: Option<Command>,
    /// Counts its rows; absent where nobody can.
    pub count: Option<Command>,
    /// Each prints which files of one tree the database names, by the tree's name.
    pub paths: Vec<(String, Command)>,
    /// What its dump leaves.
    pub left: Left,
    /// Variables of the commands' environment.
    pub environment: Vec<(String, Secret)>,
    /// For each command as a whole.
    pub limit: Duration,
    /// For how long a dump may write nothing.
    pub silence: Duration,
    /// What `{target}` stands for.
    pub target: OsString,
    /// What `{scratch}` stands for.
    pub scratch: PathBuf,
}

/// The file or folder of a dump within the spool or within the set's `db` folder.
pub fn dump_name(name: &str, left: &Left) -> String {
    match left {
        Left::Stream { extension, .. } => format!("{name}.{extension}"),
        Left::Files { .. } => name.to_owned(),
    }
}

/// Dumps the database into `spool` and counts it before and after.
pub fn dump(
    settings: &Settings,
    name: &str,
    spool: &Path,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<DatabaseFacts, SourceError> {
    name::check(name)?;
    let lacks = || SourceError::CommandLacks { command: "dump" };
    let command = settings.dump.as_ref().ok_or_else(lacks)?;
    disk::create_private_dir(spool)?;
    progress.phase("phase-inventory");
    let work = Work { settings, world, cancel, progress };
    let before = work.count()?;
    // What is written from here on may be in the dump or not.
    let instant = world.clock.now();
    progress.phase("phase-dump");
    let place = spool.join(dump_name(name, &settings.left));
    let (bytes, digest, seen) = match &settings.left {
        Left::Stream { end, .. } => work.dump_stream(command, &place, end.as_deref())?,
        Left::Files { wanted } => work.dump_files(command, &place, wanted)?,
    };
    progress.phase("phase-inventory");
    let after = work.count()?;
    if let Some(seen) = seen {
        seen.check_still(&place)?;
    }
    Ok(DatabaseFacts {
        engine: ENGINE.to_owned(),
        engine_version: String::new(),
        dump_tool: Some(command.program.clone()),
        path: format!("db/{}", dump_name(name, &settings.left)),
        instant,
        log_position: None,
        fingerprint: fingerprint(command),
        dump_bytes: bytes,
        dump_digest: Some(digest.to_string()),
        base: None,
        standby: None,
        inventory: count::steady(before, after, &RowKey::draw(world)),
    })
}

/// What a dump in `spool` must still be when it has been read into a set; nothing where we have
/// written it ourselves.
pub fn seen(facts: &DatabaseFacts, spool: &Path) -> Result<Option<Still>, SourceError> {
    let place = spool.join(Path::new(&facts.path).file_name().unwrap_or_default());
    if facts.engine != ENGINE || !place.is_dir() {
        return Ok(None);
    }
    Ok(Some(Still { listing: Listing::of(&place)?, place }))
}

/// A dump of files that nobody may write to any more.
#[derive(Debug)]
pub struct Still {
    place: PathBuf,
    listing: Listing,
}

impl Still {
    /// The name of its folder, as the database is called.
    pub fn name(&self) -> Cow<'_, str> {
        self.place.file_name().unwrap_or_default().to_string_lossy()
    }

    /// Fails when one of its files has changed, has gone, or is new.
    pub fn check(&self) -> Result<(), SourceError> {
        self.listing.check_still(&self.place)
    }
}

/// Loads a dump by the load command.
pub fn load(
    dump: Dump<'_>,
    settings: &Settings,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    let lacks = || SourceError::CommandLacks { command: "load" };
    let command = settings.load.as_ref().ok_or_else(lacks)?;
    // By the name it has in the set: the configured ending may be another one since.
    let noted = Path::new(&dump.facts.path).file_name().unwrap_or_default();
    let place = dump.folder.join(noted);
    let meta = place.symlink_metadata().map_err(FileError::io("examine", &place))?;
    if meta.is_dir() != matches!(settings.left, Left::Files { .. }) {
        let detail = "the set's dump is of another form than the configured load command";
        return Err(SourceError::CommandFiles { detail: detail.to_owned() });
    }
    progress.phase("phase-load");
    // Before anything reaches the database: what it has read, it cannot give back.
    check_same(&place, &settings.left, dump.facts, cancel)?;
    let work = Work { settings, world, cancel, progress };
    match &settings.left {
        Left::Stream { .. } => {
            let stream = File::open(&place).map_err(FileError::io("read", &place))?;
            progress.total(0, dump.facts.dump_bytes);
            work.feed("load", command, &place, stream)
        }
        Left::Files { .. } => work.run("load", command, &place).map(drop),
    }
}

/// Fails unless `target` is one plain word in whatever reads it after us: a load command may hand it
/// to the shell of another host.
pub fn check_target(target: &str) -> Result<(), SourceError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@%+=,".contains(c);
    let fits = (1..=TARGET_MAX).contains(&target.len()) && target.chars().all(plain);
    if fits && !target.starts_with('-') {
        return Ok(());
    }
    Err(SourceError::CommandTarget { target: target.to_owned() })
}

/// Runs the dump command and hands what it writes to `sink`, which is dropped: for a tree that comes
/// as a stream. Only whoever takes it can tell whether it is whole.
pub fn pull<S: Write + Send + 'static>(
    settings: &Settings,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
    sink: S,
) -> Result<(), SourceError> {
    let lacks = || SourceError::CommandLacks { command: "pull" };
    let command = settings.dump.as_ref().ok_or_else(lacks)?;
    let work = Work { settings, world, cancel, progress };
    let process = work.process(command, Path::new(""));
    let silence = Some(settings.silence);
    work.bounded("pull", silence, None, |bounds| process.pour(bounds, sink).map(drop))
}

/// Runs a command that neither gives nor takes anything: what prepares or clears away a target.
pub fn run(
    settings: &Settings,
    act: &'static str,
    command: &Command,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    let work = Work { settings, world, cancel, progress };
    work.run(act, command, Path::new("")).map(drop)
}

/// Counts the database as it is now.
pub fn inventory(
    settings: &Settings,
    key: &RowKey,
    world: &World,
    cancel: &Cancel,
) -> Result<Inventory, SourceError> {
    let work = Work { settings, world, cancel, progress: &crate::base::progress::Silent };
    Ok(count::now(work.count()?, key))
}

/// What tells one configured database from another: nothing of the live one can be asked.
fn fingerprint(command: &Command) -> String {
    let words = command.fill(|blank| format!("{{{}}}", blank.as_str()).into());
    let mut hash = Sha256::new_with_prefix(command.program.as_bytes());
    for word in words {
        hash.update([0]);
        hash.update(word.into_vec());
    }
    format!("dump={}", Digest(hash.finalize().into()))
}

/// Fails unless what lies at `place` is, to the byte, what was dumped.
fn check_same(
    place: &Path,
    left: &Left,
    facts: &DatabaseFacts,
    cancel: &Cancel,
) -> Result<(), SourceError> {
    let (bytes, digest) = match left {
        Left::Stream { .. } => digest_of(place, cancel)?,
        Left::Files { .. } => files::digest(place, cancel)?,
    };
    let noted = facts.dump_digest.as_deref();
    if noted != Some(&digest.to_string()) || bytes != facts.dump_bytes {
        let noted = noted.unwrap_or("none");
        let detail = format!(
            "{bytes} bytes of digest {digest}, where the set has {} of {noted}",
            facts.dump_bytes
        );
        return Err(SourceError::DumpDamaged { detail });
    }
    Ok(())
}

/// Length and digest of a file.
fn digest_of(path: &Path, cancel: &Cancel) -> Result<(u64, Digest), SourceError> {
    let mut file = File::open(path).map_err(FileError::io("read", path))?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; BUFFER];
    loop {
        if cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        match io::Read::read(&mut file, &mut buffer) {
            Ok(0) => return Ok((bytes, Digest(hash.finalize().into()))),
            Ok(count) => {
                hash.update(&buffer[..count]);
                bytes += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FileError::io("read", path)(error).into()),
        }
    }
}

/// What every command of one database is run with.
struct Work<'a> {
    settings: &'a Settings,
    world: &'a World,
    cancel: &'a Cancel,
    progress: &'a dyn Progress,
}

impl Work<'_> {
    fn process(&self, command: &Command, folder: &Path) -> Process {
        let arguments = command.fill(|blank| match blank {
            Blank::Folder => folder.into(),
            Blank::Target => self.settings.target.clone(),
            Blank::Scratch => self.settings.scratch.clone().into(),
        });
        let environment = self.settings.environment.iter();
        environment.fold(
            Process::new(&command.program).args(arguments).current_dir("/"),
            |process, (name, value)| process.env(name, OsString::from_vec(value.expose().to_vec())),
        )
    }

    /// Calls `pass` with what holds a command that streams.
    fn bounded<T>(
        &self,
        act: &'static str,
        silence: Option<Duration>,
        beside: Option<&dyn Fn() -> u64>,
        pass: impl FnOnce(&Bounds<'_>) -> Result<T, StreamError>,
    ) -> Result<T, SourceError> {
        let mut nonce = [0; 16];
        self.world.entropy.fill(&mut nonce);
        let bounds = Bounds {
            mark: &Mark::of(&["command", act, &HEXLOWER.encode(&nonce)]),
            clock: self.world.clock.as_ref(),
            cancel: self.cancel,
            limit: self.settings.limit,
            silence,
            flowed: &|bytes| self.progress.advance(0, bytes),
            patience: None,
            beside,
        };
        pass(&bounds).map_err(|source| SourceError::Command { act, source })
    }

    fn dump_stream(
        &self,
        command: &Command,
        place: &Path,
        end: Option<&str>,
    ) -> Result<(u64, Digest, Option<Listing>), SourceError> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(place)
            .map_err(FileError::io("create", place))?;
        let process = self.process(command, Path::new(""));
        let silence = Some(self.settings.silence);
        let kept = self.bounded("dump", silence, None, |bounds| {
            process.pour(bounds, Kept { file, hash: Sha256::new(), bytes: 0, end: Vec::new() })
        });
        let kept = kept.map_err(|fault| full(place, fault))?;
        if kept.bytes == 0 {
            return Err(SourceError::CommandEmpty { program: command.program.clone() });
        }
        let holds = |end: &str| memmem(&kept.end, end.as_bytes());
        if let Some(end) = end.filter(|end| !holds(end)) {
            return Err(SourceError::CommandCut {
                program: command.program.clone(),
                end: end.to_owned(),
            });
        }
        Ok((kept.bytes, Digest(kept.hash.finalize().into()), None))
    }

    fn dump_files(
        &self,
        command: &Command,
        place: &Path,
        wanted: &[String],
    ) -> Result<(u64, Digest, Option<Listing>), SourceError> {
        disk::create_private_dir(place)?;
        let process = self.process(command, place);
        let growth = || files::growth(place);
        let silence = Some(self.settings.silence);
        // Who writes on after the command would leave a part that counts as whole.
        self.bounded("dump", silence, Some(&growth), |bounds| {
            let bounds = Bounds { patience: Some(WRITERS_MAX), ..*bounds };
            process.feed(&bounds, io::empty()).map(drop)
        })?;
        let seen = Listing::of(place)?;
        files::check(place, wanted)?;
        let (bytes, digest) = files::digest(place, self.cancel)?;
        seen.check_still(place)?;
        Ok((bytes, digest, Some(seen)))
    }

    fn feed(
        &self,
        act: &'static str,
        command: &Command,
        folder: &Path,
        stream: impl io::Read + Send + 'static,
    ) -> Result<(), SourceError> {
        // Building an index takes nothing for hours: only the whole is bounded.
        let process = self.process(command, folder);
        self.bounded(act, None, None, |bounds| process.feed(bounds, stream).map(drop))
    }

    /// Runs a command to its end; returns what it printed.
    fn run(
        &self,
        act: &'static str,
        command: &Command,
        folder: &Path,
    ) -> Result<Vec<u8>, SourceError> {
        let process = self.process(command, folder);
        self.bounded(act, None, None, |bounds| process.feed(bounds, io::empty()))
    }

    /// What the count command says; nothing where there is none.
    fn count(&self) -> Result<Option<count::Counts>, SourceError> {
        let Some(command) = &self.settings.count else { return Ok(None) };
        let process = self.process(command, Path::new(""));
        let printed = self
            .bounded("count", None, None, |bounds| process.pour(bounds, count::Printed::new()))?;
        printed.read().map(Some)
    }
}

/// A stream that could not be kept for want of room is no fault of the command.
fn full(place: &Path, fault: SourceError) -> SourceError {
    match fault {
        SourceError::Command { source: StreamError::Ours { source, .. }, .. }
            if matches!(
                source.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ) =>
        {
            FileError::io("write", place)(source).into()
        }
        other => other,
    }
}

/// Whether `needle` stands in `hay`.
fn memmem(hay: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || hay.windows(needle.len()).any(|window| window == needle)
}

/// A stream on its way into the spool.
struct Kept {
    file: File,
    hash: Sha256,
    bytes: u64,
    /// Its last bytes.
    end: Vec<u8>,
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        let written = &bytes[..count];
        self.hash.update(written);
        self.bytes += count as u64;
        self.end.extend(&written[count.saturating_sub(END_BYTES)..]);
        let excess = self.end.len().saturating_sub(END_BYTES);
        self.end.drain(..excess);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
