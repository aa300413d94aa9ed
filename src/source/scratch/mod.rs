//! What scratch servers of every engine have in common: where drills and tests restore to.
//!
//! A server has a new folder of ours (0700) with a nonce file, and a socket in a folder of its own
//! with a path that the kernel takes. If our process dies, [`reap_leftovers`] removes what it left:
//! the nonce file proves that the folder is ours, and its lock, which no dead process holds, that
//! nobody uses it.

pub(in crate::source) mod place;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::HEXLOWER;
use rustix::process::{Pid, Signal};

use crate::base::secret::Secret;
use crate::source::error::SourceError;
use crate::source::scratch::place::RunAs;
use crate::world::World;
use crate::world::files::{self, FileError, FileLock};
use crate::world::process::mark::Mark;
use crate::world::process::{ProcessError, Running};

/// A scratch server's own superuser. Not the usual one: production's accounts are restored beside
/// it, that one included, exactly as they were.
pub const SUPERUSER: &str = "duphong_scratch";

/// Locked while its server is in use; its content names the socket's folder.
const NONCE: &str = "nonce";

/// The kernel takes so many bytes for the path of a socket.
const SOCKET_PATH_MAX: usize = 107;

/// A start is a fraction of a second; there is nothing to recover.
pub(in crate::source) const START_LIMIT: Duration = Duration::from_mins(1);

/// What is about to be removed need not be written first.
pub(in crate::source) const STOP_LIMIT: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(20);

/// How and where a scratch server is made.
#[derive(Clone, Debug)]
pub struct ScratchSettings {
    /// The folder below which the server's own folder is made.
    pub folder: PathBuf,
    /// Where the engine's programs lie, when not where distributions put them.
    pub bin_dir: Option<PathBuf>,
    /// Version wanted at least, as the engine counts them: production's, so that definitions print
    /// alike.
    pub major: u32,
    /// The user to run as when we are root.
    pub user: String,
    /// Bytes that must be free.
    pub need_bytes: u64,
    /// Whether a file system in memory will do.
    pub allow_memory: bool,
    /// Connections and processes that work at once.
    pub jobs: usize,
}

/// What tells an engine's scratch folders from all others.
pub(in crate::source) struct Kind {
    /// What their names begin with.
    pub(in crate::source) prefix: &'static str,
    /// First line of every nonce file: a folder without it is never touched.
    pub(in crate::source) magic: &'static str,
    /// What the names of sockets' folders in `/tmp` begin with.
    pub(in crate::source) short: &'static str,
    /// The longest name that the server puts into the socket's folder.
    pub(in crate::source) socket_name: &'static str,
}

/// The folders of one server.
pub(in crate::source) struct Den {
    pub(in crate::source) folder: PathBuf,
    /// The folder of the socket, where nothing else is.
    pub(in crate::source) socket: PathBuf,
    _lock: FileLock,
}

impl Den {
    /// Makes them, from the first instant in a state that [`reap_leftovers`] understands.
    pub(in crate::source) fn make(
        kind: &Kind,
        settings: &ScratchSettings,
        user: Option<&RunAs>,
        world: &World,
    ) -> Result<Self, SourceError> {
        let nonce = random::<8>(world);
        let folder = settings.folder.join(format!("{}{nonce}", kind.prefix));
        let inside = folder.join("s");
        let is_short = inside.join(kind.socket_name).as_os_str().len() <= SOCKET_PATH_MAX;
        let socket = if is_short { inside } else { kind.short_socket(&nonce) };
        place::make_folder(&folder, user)?;
        let file = folder.join(NONCE);
        let text = format!("{}\n{nonce}\n{}\n", kind.magic, socket.display());
        files::write_synced(&file, text.as_bytes(), 0o600)?;
        // Before the socket's folder: what is in `/tmp` is found by the nonce file alone.
        let den = Self { folder, socket, _lock: FileLock::acquire(&file)? };
        if let Err(error) = place::make_folder(&den.socket, user) {
            // What could not be removed now is a leftover, which the next run reaps.
            let _leftover = den.remove();
            return Err(error);
        }
        Ok(den)
    }

    /// Removes everything; the server must have ended.
    pub(in crate::source) fn remove(&self) -> Result<(), SourceError> {
        remove(&self.socket)?;
        remove(&self.folder)
    }
}

/// What the programs have in common that make a server in this folder.
pub(in crate::source) fn mark(folder: &Path) -> Mark {
    Mark::of(&["scratch", &folder.display().to_string()])
}

impl Kind {
    fn short_socket(&self, nonce: &str) -> PathBuf {
        Path::new("/tmp").join(format!("{}{nonce}", self.short))
    }
}

/// A password that nobody has seen.
pub(in crate::source) fn draw_password(world: &World) -> Secret {
    Secret::new(random::<24>(world).into_bytes())
}

fn random<const BYTES: usize>(world: &World) -> String {
    let mut bytes = [0; BYTES];
    world.entropy.fill(&mut bytes);
    HEXLOWER.encode(&bytes)
}

/// Waits until the server answers. One that ends, or takes too long, is ended: its last words are
/// the reason.
pub(in crate::source) fn wait_until_ready(
    server: &mut Option<Running>,
    program: &str,
    limit: Duration,
    world: &World,
    answers: impl Fn() -> bool,
) -> Result<(), ProcessError> {
    let started = world.clock.monotonic();
    loop {
        if answers() {
            return Ok(());
        }
        let late = world.clock.monotonic().since(started) >= limit;
        let running = server.as_mut().is_some_and(Running::is_running);
        if running && !late {
            world.clock.sleep(POLL);
            continue;
        }
        let limit = if running { Duration::ZERO } else { STOP_LIMIT };
        let ended =
            server.take().and_then(|server| server.finish(world.clock.as_ref(), limit).err());
        return Err(ended.unwrap_or_else(|| ProcessError::Failed {
            program: program.to_owned(),
            status: "exit status: 0".to_owned(),
            stderr: String::new(),
        }));
    }
}

/// Removes what dead processes left of this kind below `folder`, after `end_orphan` has ended a
/// server that outlived us; returns how many.
pub(in crate::source) fn reap_leftovers(
    kind: &Kind,
    folder: &Path,
    world: &World,
    end_orphan: impl Fn(&Path),
) -> Result<usize, SourceError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(FileError::io("read", folder)(error).into()),
    };
    let mut reaped = 0;
    for entry in entries {
        let path = entry.map_err(FileError::io("read", folder))?.path();
        let ours = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(kind.prefix));
        if ours && !path.is_symlink() && reap(kind, &path, world, &end_orphan)? {
            reaped += 1;
        }
    }
    Ok(reaped)
}

fn reap(
    kind: &Kind,
    folder: &Path,
    world: &World,
    end_orphan: impl Fn(&Path),
) -> Result<bool, SourceError> {
    let file = folder.join(NONCE);
    let Ok(text) = fs::read_to_string(&file) else { return Ok(false) };
    let mut lines = text.lines();
    let (magic, nonce, socket) = (lines.next(), lines.next(), lines.next());
    let expected =
        folder.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_prefix(kind.prefix));
    if magic != Some(kind.magic) || nonce.is_none() || nonce != expected {
        return Ok(false);
    }
    let _lock = match FileLock::acquire(&file) {
        Ok(lock) => lock,
        Err(FileError::Locked { .. }) => return Ok(false),
        Err(other) => return Err(other.into()),
    };
    end_orphan(folder);
    // What makes a server's folder may be at it still.
    let ended = mark(folder).end_all(None, Duration::ZERO, world.clock.as_ref());
    ended.map_err(|left| SourceError::ScratchLeft { processes: left.to_string() })?;
    if let (Some(socket), Some(nonce)) = (socket.map(Path::new), nonce)
        && (socket.starts_with(folder) || socket == kind.short_socket(nonce))
    {
        remove(socket)?;
    }
    remove(folder)?;
    Ok(true)
}

/// Ends a server that outlived us: asked by `ask`, and killed when that takes too long. `find` must
/// look anew each time that the process is still the server, since its id may be another's by then.
pub(in crate::source) fn end_orphan(find: impl Fn() -> Option<Pid>, ask: Signal, world: &World) {
    let started = world.clock.monotonic();
    while let Some(pid) = find() {
        let patient = world.clock.monotonic().since(started) < STOP_LIMIT;
        let signal = if patient { ask } else { Signal::KILL };
        if rustix::process::kill_process(pid, signal).is_err() || !patient {
            return;
        }
        world.clock.sleep(POLL);
    }
}

/// The process whose id is this, if one of the words that it was started with is `word`.
pub(in crate::source) fn process_with(id: &str, word: &[u8]) -> Option<Pid> {
    let id: i32 = id.trim().parse().ok()?;
    let words = fs::read(format!("/proc/{id}/cmdline")).ok()?;
    let is_it = words.split(|&byte| byte == 0).any(|there| there == word);
    is_it.then(|| Pid::from_raw(id)).flatten()
}

fn remove(folder: &Path) -> Result<(), SourceError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::io("remove", folder)(error).into())
        }
        _ => Ok(()),
    }
}
