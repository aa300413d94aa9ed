//! The socket at which database servers hand over segments of their logs.
//!
//! A door of its own beside the control socket, since those who knock are others: a server's
//! account may bring segments and nothing else. Who may connect is said by the mode of the file,
//! 0660: root, the daemon's account, and members of its group. The kernel's word on the peer is of
//! no use here: in the unit's user namespace all accounts but two look alike.
//!
//! A conversation is one line of JSON, the bytes of the file, and one line back
//! (`docs/formats/control-socket.md`). The answer comes when the segment is durable, so nothing is
//! spooled here: the server keeps what it has not been told of, and brings it again. Each guest has
//! a thread and a piece of memory, and few are let in at once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::sync::Semaphore;

use crate::audit::Deed;
use crate::base::fault::{AnyFault, Fault, FaultKind, chain};
use crate::config::settings::Settings;
use crate::daemon::board::Board;
use crate::daemon::fault::DaemonFault;
use crate::daemon::health;
use crate::daemon::protocol::{Answer, Bring, VERSION};
use crate::job::site::Site;
use crate::job::wal::now::Looker;
use crate::job::wal::{Receipt, Receiver, WalFault};
use crate::repository::segment::PIECE_MAX;
use crate::source::postgres::wal::Name;
use crate::world::clock::Monotonic;

/// A server brings one segment at a time; more than a few servers of one province take turns.
const GUESTS_MAX: usize = 4;

/// A guest reads from a file beside the log it belongs to: whoever says nothing for so long hangs.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Far above the names of a database, a system and a file.
const LINE_MAX: u64 = 4096;

/// So often what was kept goes on record: each segment by itself would fill the log, and the
/// segments are there to be looked at.
const RECORD_EVERY: Duration = Duration::from_hours(1);

/// The open socket; removed when dropped.
pub(super) struct Listening {
    socket: PathBuf,
    task: tokio::task::JoinHandle<()>,
    door: Arc<Door>,
}

impl Listening {
    /// Puts on record what was kept since the last time; what is kept from now on goes there at
    /// once, since nobody settles again.
    pub(super) fn settle(&self) {
        let mut books = self.door.books.lock().unwrap_or_else(PoisonError::into_inner);
        for ((database, system), book) in books.take().into_iter().flatten() {
            self.door.site.note(book.deed(&database, system));
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
        // One that is left is removed by the next daemon.
        let _left = std::fs::remove_file(&self.socket);
    }
}

/// Opens the socket. The caller is the only daemon of this state folder.
pub(super) fn listen(
    site: &Site,
    board: &Board,
    looker: &Arc<Looker>,
) -> Result<Listening, DaemonFault> {
    let socket = site.settings.log_socket();
    let fault = |source| DaemonFault::Socket { socket: socket.clone(), source };
    if std::fs::symlink_metadata(&socket).is_ok_and(|meta| meta.file_type().is_socket()) {
        std::fs::remove_file(&socket).map_err(fault)?;
    }
    let _inside = site.world.runtime().enter();
    let listener = UnixListener::bind(&socket).map_err(fault)?;
    let shared = std::fs::Permissions::from_mode(0o660);
    std::fs::set_permissions(&socket, shared).map_err(fault)?;
    let (site, board, looker) = (site.clone(), board.clone(), Arc::clone(looker));
    let door = Arc::new(Door {
        site,
        board,
        looker,
        receivers: Mutex::default(),
        books: Mutex::new(Some(HashMap::new())),
        refused: Mutex::default(),
    });
    let at_door = Arc::clone(&door);
    let task = door.site.world.runtime().spawn(async move {
        let places = Arc::new(Semaphore::new(GUESTS_MAX));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match listener.accept().await.and_then(|(stream, _)| stream.into_std()) {
                Ok(stream) => {
                    let door = Arc::clone(&at_door);
                    let _guest = tokio::task::spawn_blocking(move || {
                        door.receive(stream);
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "The socket for logs could not accept.");
                    health::pause().await;
                }
            }
        }
    });
    Ok(Listening { socket, task, door })
}

/// An opened one, with the settings that it was opened by.
type Opened = (Arc<Settings>, Arc<Receiver>);

struct Door {
    site: Site,
    board: Board,
    /// Is told what was refused and what was kept.
    looker: Arc<Looker>,
    /// Opened repositories by database: opening costs more than a segment does.
    receivers: Mutex<HashMap<String, Opened>>,
    /// What was kept and is not on record yet, by database and system; none once they are settled.
    books: Mutex<Option<HashMap<(String, u64), Book>>>,
    /// What was refused last, and why, by database.
    refused: Mutex<HashMap<String, (String, &'static str)>>,
}

impl Door {
    fn receive(&self, stream: UnixStream) {
        let prepared = stream
            .set_nonblocking(false)
            .and_then(|()| stream.set_read_timeout(Some(SILENCE_MAX)))
            .and_then(|()| stream.set_write_timeout(Some(SILENCE_MAX)))
            .and_then(|()| stream.try_clone());
        let Ok(mut back) = prepared else { return };
        let answer = match self.converse(BufReader::new(stream)) {
            Ok(None) => return,
            Ok(Some(receipt)) => Answer { kept: Some(receipt.into()), ..Answer::done() },
            Err(fault) => Answer::refused(fault.as_ref()),
        };
        let mut line = serde_json::to_vec(&answer).expect("an answer is made of texts and numbers");
        line.push(b'\n');
        // A server that has left brings it again.
        let _gone = back.write_all(&line);
    }

    /// None when the guest left without a word.
    fn converse(&self, mut guest: BufReader<UnixStream>) -> Result<Option<Receipt>, AnyFault> {
        let not = |detail: String| DaemonFault::NotARequest { detail };
        let mut line = Vec::new();
        let read = guest.by_ref().take(LINE_MAX).read_until(b'\n', &mut line);
        match read.map_err(|error| not(error.to_string()))? {
            0 => return Ok(None),
            _ if line.pop() != Some(b'\n') => return Err(not("the line has no end".into()).into()),
            _ => {}
        }
        let bring: Bring = serde_json::from_slice(&line).map_err(|error| not(error.to_string()))?;
        if bring.v != VERSION {
            return Err(not("another version".to_owned()).into());
        }
        let name = bring.name.chars().take(64).collect();
        let name = Name::parse(&bring.name).ok_or(WalFault::Name { name })?;
        let system = bring.system.parse().map_err(|_| not("no system".to_owned()))?;
        let settings = self.board.look(|seen| Arc::clone(&seen.settings));
        let site = Site { settings: settings.as_ref().clone(), ..self.site.clone() };
        let receiver = self
            .receiver(&site, &settings, &bring.database)
            .inspect_err(|fault| self.complain(&site, &bring, fault.as_ref()))?;
        self.begin(&site, &bring.database, system, &name);
        let taken = take(&receiver, &bring, system, &name, &mut guest);
        if !matches!(&taken, Ok(receipt) if receipt.lacking == 0) {
            // The next one finds a repository that has come back.
            self.receivers.lock().unwrap_or_else(PoisonError::into_inner).remove(&bring.database);
        }
        match taken {
            Ok(receipt) => {
                self.looker.keep(&bring.database);
                self.count(&site, &bring.database, system, &name, receipt);
                Ok(Some(receipt))
            }
            Err(fault) => {
                self.complain(&site, &bring, fault.as_ref());
                Err(fault)
            }
        }
    }

    fn receiver(
        &self,
        site: &Site,
        settings: &Arc<Settings>,
        database: &str,
    ) -> Result<Arc<Receiver>, AnyFault> {
        let known = || {
            let receivers = self.receivers.lock().unwrap_or_else(PoisonError::into_inner);
            let (by, receiver) = receivers.get(database)?;
            Arc::ptr_eq(by, settings).then(|| Arc::clone(receiver))
        };
        if let Some(receiver) = known() {
            return Ok(receiver);
        }
        // Outside the lock: a password costs time, and other servers need not wait for it.
        let receiver = Arc::new(Receiver::open(site, database)?);
        if receiver.is_whole() {
            let kept = (Arc::clone(settings), Arc::clone(&receiver));
            let mut receivers = self.receivers.lock().unwrap_or_else(PoisonError::into_inner);
            receivers.insert(database.to_owned(), kept);
        }
        Ok(receiver)
    }

    /// Puts on record that from this segment on the log of the database is kept, before it is. A
    /// database that was set up anew has another system, whose log begins here.
    fn begin(&self, site: &Site, database: &str, system: u64, name: &Name) {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(books) = books.as_mut() {
            let Entry::Vacant(place) = books.entry((database.to_owned(), system)) else { return };
            place.insert(Book::new(site.world.clock.monotonic()));
        }
        let deed = Deed::new("wal.begin", database).fact("system", system.to_string());
        site.note(deed.fact("name", name.as_str()));
    }

    fn count(&self, site: &Site, database: &str, system: u64, name: &Name, receipt: Receipt) {
        let clock = site.world.clock.monotonic();
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let book = books.as_mut().and_then(|books| books.get_mut(&(database.to_owned(), system)));
        let Some(book) = book else {
            // Settled meanwhile: nobody else would tell of it.
            let mut book = Book::new(clock);
            book.take(name, receipt);
            site.note(book.deed(database, system));
            return;
        };
        book.take(name, receipt);
        if clock.since(book.since) >= RECORD_EVERY {
            site.note(book.deed(database, system));
            *book = Book::new(clock);
        }
    }

    /// A segment that differs from what is kept, or is none, goes on record: there are two servers
    /// where one should be, or a disk that lies. Once, though the server brings it every minute. What
    /// passes by itself is told by the server's log.
    fn complain(&self, site: &Site, bring: &Bring, fault: &dyn Fault) {
        let (database, name) = (bring.database.as_str(), bring.name.as_str());
        let (code, error) = (fault.code(), chain(fault));
        self.looker.refuse(database, site.world.clock.now(), code);
        tracing::error!(database, name, code, "A segment is not kept: {error}.");
        if fault.kind() != FaultKind::Integrity {
            return;
        }
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let told = refused.insert(bring.database.clone(), (bring.name.clone(), code));
        if told.is_none_or(|told| told != (bring.name.clone(), code)) {
            let deed = Deed::new("wal.refuse", database).fact("system", bring.system.clone());
            site.note(deed.fact("name", name).fact("code", code));
        }
    }
}

/// Takes the bytes that follow, a piece at a time.
fn take(
    receiver: &Receiver,
    bring: &Bring,
    system: u64,
    name: &Name,
    from: &mut impl Read,
) -> Result<Receipt, AnyFault> {
    let not = |detail: String| DaemonFault::NotARequest { detail };
    let mut receiving = receiver.begin(system, name, bring.length)?;
    let mut left = bring.length;
    while left > 0 {
        let length = left.min(PIECE_MAX);
        let mut bytes = Vec::new();
        let read = from.by_ref().take(length).read_to_end(&mut bytes);
        read.map_err(|error: io::Error| not(error.to_string()))?;
        if bytes.len() as u64 != length {
            return Err(not("it ended before its length".to_owned()).into());
        }
        receiving.take(&bytes)?;
        left -= length;
    }
    receiving.finish()
}

/// What was kept of the log of one system and is not on record yet.
struct Book {
    since: Monotonic,
    first: Option<String>,
    last: Option<String>,
    files: u64,
    bytes: u64,
    lacking: u64,
}

impl Book {
    fn new(since: Monotonic) -> Self {
        Self { since, first: None, last: None, files: 0, bytes: 0, lacking: 0 }
    }

    fn take(&mut self, name: &Name, receipt: Receipt) {
        let name = name.as_str().to_owned();
        self.first.get_or_insert_with(|| name.clone());
        self.last = Some(name);
        self.files += 1;
        self.bytes = self.bytes.saturating_add(receipt.added);
        self.lacking += u64::from(receipt.lacking > 0);
    }

    fn deed(&self, database: &str, system: u64) -> Deed {
        Deed::new("wal.keep", database)
            .fact("system", system.to_string())
            .fact("first", self.first.clone())
            .fact("last", self.last.clone())
            .fact("files", self.files)
            .fact("bytes", self.bytes)
            .fact("not-everywhere", self.lacking)
    }
}
