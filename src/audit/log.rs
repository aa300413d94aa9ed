//! Writing the log: intent before the effect, outcome after it.
//!
//! Several processes and threads may hold the same log: each call takes the lock file, reads what
//! others added, writes, signs a head and lets go. When a call returns, its entry is on the disk
//! and under a signed head. When it returns an error, the entry may or may not be on record, and
//! what it announced must not be done.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::audit::disk::Disk;
use crate::audit::entry::{Actor, Deed, Draft, Entry, Kind, Number, Outcome};
use crate::audit::fault::AuditError;
use crate::audit::key::{self, LogKey};
use crate::audit::layout::Layout;
use crate::audit::read::Reader;
use crate::audit::session::{self, Session};
use crate::audit::state::{State, Torn};
use crate::base::digest::Digest;
use crate::base::fault::{Args, Message};
use crate::world::World;
use crate::world::clock::Monotonic;
use crate::world::files::{self, FileError, FileLock};

/// How long to wait for another writer. One append takes milliseconds, on a slow disk a tenth of
/// a second: whoever holds the lock this long hangs, and waiting on would hang us too.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(10);

/// Between two tries: short beside an append, long beside a system call.
const LOCK_WAIT_STEP: Duration = Duration::from_millis(5);

/// The audit log of one duphong.
pub struct Log {
    layout: Layout,
    world: World,
    key: LogKey,
    disk: Disk,
    recovery: Recovery,
    inner: Mutex<Inner>,
}

/// What one holder of the log remembers between calls.
#[derive(Default)]
struct Inner {
    /// `None` when the last call failed: the next one reads the log back.
    state: Option<State>,
    session: Option<Session>,
    /// By series: the newest number, and the position up to which the log was searched for it.
    numbers: HashMap<String, (u64, u64)>,
}

/// An announced deed that has no outcome yet.
///
/// Dropped unsettled, it stands in the log as abandoned after the next start.
#[must_use = "an intent needs its outcome: settle it"]
#[derive(Debug)]
pub struct Intent {
    seq: u64,
    actor: Actor,
    verb: &'static str,
    subject: String,
    number: Option<u64>,
    begun: Monotonic,
}

impl Intent {
    /// Its position in the log.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Its number, if it was announced by [`Log::intend_numbered`].
    pub fn number(&self) -> Option<u64> {
        self.number
    }
}

/// The log at one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The name of the log.
    pub origin: String,
    /// Entries covered.
    pub size: u64,
    /// The root of the Merkle tree over them.
    pub root: Digest,
}

/// What opening the log put right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recovery {
    /// Bytes that a crash tore off an unfinished entry; a gap entry says so.
    pub torn_bytes: u64,
    /// Intents of runs that ended before they could settle them; each now has its outcome.
    pub abandoned: Vec<Entry>,
}

impl Recovery {
    /// The same for people; empty when nothing was wrong.
    pub fn messages(&self) -> Vec<Message> {
        let mut messages = Vec::new();
        if self.torn_bytes > 0 {
            let args = Args::none().number("bytes", self.torn_bytes);
            messages.push(Message::with("audit-recovered-torn", args));
        }
        for intent in &self.abandoned {
            let args = Args::none()
                .number("seq", intent.seq)
                .text("verb", &intent.verb)
                .text("subject", &intent.subject);
            messages.push(Message::with("audit-recovered-abandoned", args));
        }
        messages
    }
}

impl Log {
    /// Makes a new log with a new key beside it. `origin` names it in every signed head: unique
    /// for each log, without blanks and plus signs, such as `cong.example/duphong`.
    pub fn create(dir: &Path, origin: &str, world: &World) -> Result<Self, AuditError> {
        Self::create_with(dir, &Layout::new(dir).key(), origin, world, None)
    }

    /// Like [`create`](Self::create), with the private key kept at `key`.
    pub fn create_with_key(
        dir: &Path,
        key: &Path,
        origin: &str,
        world: &World,
    ) -> Result<Self, AuditError> {
        Self::create_with(dir, key, origin, world, None)
    }

    /// Makes a new log that takes over from one that cannot go on: its key was lost with its
    /// host, or it does not verify. The old folder stays as it is; its head and the reason open
    /// the new log.
    pub fn succeed(
        dir: &Path,
        origin: &str,
        world: &World,
        predecessor: &Path,
        reason: &str,
    ) -> Result<Self, AuditError> {
        let checkpoint = Layout::new(predecessor).checkpoint();
        let head = files::read(&checkpoint).map_err(AuditError::read)?;
        let head = String::from_utf8_lossy(&head).into_owned();
        let past = [("predecessor", head), ("reason", reason.to_owned())];
        Self::create_with(dir, &Layout::new(dir).key(), origin, world, Some(past))
    }

    /// Opens the log, puts right what a crash left, and says so in [`recovery`](Self::recovery).
    pub fn open(dir: &Path, world: &World) -> Result<Self, AuditError> {
        Self::open_with_key(dir, &Layout::new(dir).key(), world)
    }

    /// Like [`open`](Self::open), with the private key kept at `key`.
    pub fn open_with_key(dir: &Path, key: &Path, world: &World) -> Result<Self, AuditError> {
        Self::open_on(dir, key, world, Disk::default())
    }

    /// Like [`open`](Self::open), on a disk that fails.
    #[cfg(feature = "testkit")]
    pub fn open_with_fuse(
        dir: &Path,
        world: &World,
        fuse: crate::audit::Fuse,
    ) -> Result<Self, AuditError> {
        Self::open_on(dir, &Layout::new(dir).key(), world, Disk::with_fuse(fuse))
    }

    /// What opening put right.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// The folder of the log.
    pub fn dir(&self) -> &Path {
        self.layout.dir()
    }

    /// The public key, as `verify` takes it. Whoever checks the log should get it from elsewhere
    /// than from its folder.
    pub fn vkey(&self) -> &str {
        self.key.vkey()
    }

    /// Announces a deed. Only when this has returned may the effect begin.
    pub fn intend(&self, actor: &Actor, deed: Deed) -> Result<Intent, AuditError> {
        self.announce(actor, deed, None)
    }

    /// Announces a deed and gives it the next number of a series, counted from one without gaps
    /// and repeats even when several processes count. A deed that fails keeps its number.
    pub fn intend_numbered(
        &self,
        actor: &Actor,
        deed: Deed,
        series: &'static str,
    ) -> Result<Intent, AuditError> {
        self.announce(actor, deed, Some(series))
    }

    /// Records how an announced deed ended.
    pub fn settle(&self, intent: Intent, outcome: Outcome) -> Result<(), AuditError> {
        let Intent { seq, actor, verb, subject, begun, .. } = intent;
        let took = self.world.clock.monotonic().since(begun);
        let mut draft = Draft::outcome(&actor, (seq, verb, &subject), outcome);
        draft.took_ms = Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        self.locked(|state, inner| {
            self.write(state, vec![draft])?;
            if let Some(session) = &mut inner.session {
                session.open = session.open.saturating_sub(1);
            }
            Ok(())
        })
    }

    /// Records a fact that has no effect of ours, and returns its position.
    pub fn record(&self, actor: &Actor, deed: Deed) -> Result<u64, AuditError> {
        self.append_one(Draft::new(actor, Kind::Record, deed))
    }

    /// Records many facts under one signed head: either all are durable when this returns, or it
    /// fails and some may be.
    pub fn record_batch(&self, actor: &Actor, deeds: Vec<Deed>) -> Result<(), AuditError> {
        let drafts =
            deeds.into_iter().map(|deed| Draft::new(actor, Kind::Record, deed)).collect::<Vec<_>>();
        self.locked(|state, _| self.write(state, drafts))
    }

    /// Says, once the log can be written again, since when it could not be and why.
    pub fn note_gap(
        &self,
        actor: &Actor,
        from: Timestamp,
        reason: &str,
    ) -> Result<u64, AuditError> {
        let deed = Deed::new("audit.gap", self.key.origin())
            .fact("from", from.to_string())
            .fact("reason", reason);
        self.append_one(Draft::new(actor, Kind::Gap, deed))
    }

    /// The log as it stands.
    pub fn head(&self) -> Result<Head, AuditError> {
        self.locked(|state, _| self.head_of(state))
    }

    /// The newest signed head, as a C2SP checkpoint.
    pub fn checkpoint(&self) -> Result<Vec<u8>, AuditError> {
        self.locked(|state, _| Ok(state.checkpoint().to_vec()))
    }

    /// The entries there are now.
    pub fn reader(&self) -> Result<Reader, AuditError> {
        self.locked(|state, _| Ok(Reader::of(&self.layout, state.size())))
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(super) fn key(&self) -> &LogKey {
        &self.key
    }

    /// Does `work` on the log as it is now, while nobody else writes.
    pub(super) fn with_state<T>(
        &self,
        work: impl FnOnce(&State) -> Result<T, AuditError>,
    ) -> Result<T, AuditError> {
        self.locked(|state, _| work(state))
    }

    pub(super) fn head_of(&self, state: &State) -> Result<Head, AuditError> {
        let root = Digest(state.root()?.0);
        Ok(Head { origin: self.key.origin().to_owned(), size: state.size(), root })
    }

    fn create_with(
        dir: &Path,
        key: &Path,
        origin: &str,
        world: &World,
        past: Option<[(&str, String); 2]>,
    ) -> Result<Self, AuditError> {
        if !key::is_origin(origin) {
            return Err(AuditError::Origin { origin: origin.to_owned() });
        }
        let layout = Layout::new(dir);
        files::create_private_dir(dir).map_err(AuditError::write)?;
        let lock = acquire(&layout, world)?;
        // A crash while a log was made leaves a key that never signed anything; a key elsewhere
        // may be that of another log.
        let foreign_key = key != layout.key() && key.exists();
        if foreign_key || layout.checkpoint().exists() || has_entries(&layout)? {
            return Err(AuditError::Exists { dir: dir.to_owned() });
        }
        let disk = Disk::default();
        let text = key::generate(origin, world.entropy.as_ref());
        let log_key = LogKey::from_text(&text).expect("a key we made can be read");
        disk.put(key, text.as_bytes()).map_err(AuditError::write)?;
        let vkey = format!("{}\n", log_key.vkey());
        disk.put(&layout.vkey(), vkey.as_bytes()).map_err(AuditError::write)?;
        let mut deed = Deed::new("audit.opened", origin)
            .fact("vkey", log_key.vkey())
            .fact("program", env!("CARGO_PKG_VERSION"));
        for (name, value) in past.into_iter().flatten() {
            deed = deed.fact(name, value);
        }
        let draft = Draft::new(&Actor::daemon(), Kind::Opened, deed);
        let mut state = State::create(&layout, &disk)?;
        state.append(&disk, &log_key, vec![draft], world.clock.now())?;
        drop(lock);
        Self::open_with_key(dir, key, world)
    }

    fn open_on(dir: &Path, key: &Path, world: &World, disk: Disk) -> Result<Self, AuditError> {
        let layout = Layout::new(dir);
        if !layout.checkpoint().exists() && !has_entries(&layout)? {
            return Err(AuditError::Missing { dir: dir.to_owned() });
        }
        let log_key = LogKey::from_file(key)?;
        let vkey = files::read(&layout.vkey()).map_err(AuditError::read)?;
        if vkey.trim_ascii_end() != log_key.vkey().as_bytes() {
            return Err(AuditError::Key { path: key.to_owned() });
        }
        let mut log = Self {
            layout,
            world: world.clone(),
            key: log_key,
            disk,
            recovery: Recovery::default(),
            inner: Mutex::default(),
        };
        log.recovery = log.recover()?;
        Ok(log)
    }

    fn recover(&self) -> Result<Recovery, AuditError> {
        let _lock = acquire(&self.layout, &self.world)?;
        let (mut state, torn) = self.load()?;
        let ended = session::ended(&self.layout, state.size())?;
        let abandoned: Vec<_> = ended.iter().flat_map(|run| run.intents.clone()).collect();
        let drafts: Vec<_> = abandoned.iter().map(outcome_of_abandoned).collect();
        if !drafts.is_empty() {
            self.write(&mut state, drafts)?;
        }
        for run in ended {
            self.disk.tidy_away(&run.path);
        }
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).state = Some(state);
        Ok(Recovery { torn_bytes: torn.map_or(0, |torn| torn.bytes), abandoned })
    }

    /// Reads the log back; what was torn is put on record, what no head covered gets one.
    fn load(&self) -> Result<(State, Option<Torn>), AuditError> {
        let (mut state, torn) = State::load(&self.layout, &self.key, &self.disk)?;
        if let Some(torn) = &torn {
            tracing::warn!(bytes = torn.bytes, "An unfinished audit entry was set aside.");
            let deed = Deed::new("audit.gap", self.key.origin())
                .fact("reason", "torn")
                .fact("seq", torn.seq)
                .fact("bytes", torn.bytes)
                .fact("sha256", torn.digest.to_string());
            self.write(&mut state, vec![Draft::new(&Actor::daemon(), Kind::Gap, deed)])?;
        }
        if state.unsigned() > 0 {
            tracing::warn!(entries = state.unsigned(), "Audit entries were without a signed head.");
            state.sign(&self.disk, &self.key)?;
        }
        Ok((state, torn))
    }

    fn announce(
        &self,
        actor: &Actor,
        deed: Deed,
        series: Option<&'static str>,
    ) -> Result<Intent, AuditError> {
        let (verb, subject) = (deed.verb, deed.subject.clone());
        self.locked(|state, inner| {
            let mut draft = Draft::new(actor, Kind::Intent, deed);
            let number = series
                .map(|series| self.next_number(state, &mut inner.numbers, series))
                .transpose()?;
            draft.number =
                series.zip(number).map(|(series, n)| Number { series: series.to_owned(), n });
            if inner.session.is_none() {
                let entropy = self.world.entropy.as_ref();
                let size = state.size();
                inner.session = Some(Session::begin(&self.layout, &self.disk, entropy, size)?);
            }
            let session = inner.session.as_mut().expect("begun above");
            draft.session = Some(session.id().to_owned());
            let seq = state.size();
            // Counted before the write: if that fails half way, the session file must stay.
            session.open += 1;
            self.write(state, vec![draft])?;
            let begun = self.world.clock.monotonic();
            Ok(Intent { seq, actor: actor.clone(), verb, subject, number, begun })
        })
    }

    /// Searches what was added since the last search for the newest number of the series.
    fn next_number(
        &self,
        state: &State,
        known: &mut HashMap<String, (u64, u64)>,
        series: &str,
    ) -> Result<u64, AuditError> {
        let (mut newest, searched) = known.get(series).copied().unwrap_or_default();
        let reader = Reader::of(&self.layout, state.size());
        for line in reader.lines(searched..state.size()) {
            let (seq, line) = line?;
            // Most entries carry no number: looking for the word first saves parsing them.
            if !line.windows(10).any(|window| window == br#""number":{"#) {
                continue;
            }
            let entry = Entry::from_line(&line).ok_or(AuditError::Damaged { seq })?;
            if let Some(number) = entry.number.filter(|number| number.series == series) {
                newest = newest.max(number.n);
            }
        }
        known.insert(series.to_owned(), (newest, state.size()));
        Ok(newest + 1)
    }

    fn append_one(&self, draft: Draft) -> Result<u64, AuditError> {
        self.locked(|state, _| {
            let seq = state.size();
            self.write(state, vec![draft])?;
            Ok(seq)
        })
    }

    fn write(&self, state: &mut State, drafts: Vec<Draft>) -> Result<(), AuditError> {
        state.append(&self.disk, &self.key, drafts, self.world.clock.now())
    }

    /// Runs `work` as the only writer, on the log as it is now.
    fn locked<T>(
        &self,
        work: impl FnOnce(&mut State, &mut Inner) -> Result<T, AuditError>,
    ) -> Result<T, AuditError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = acquire(&self.layout, &self.world)?;
        let mut state = match inner.state.take() {
            Some(state) if state.is_current() => state,
            _ => self.load()?.0,
        };
        let answer = work(&mut state, &mut inner)?;
        inner.state = Some(state);
        Ok(answer)
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("dir", &self.layout.dir()).finish_non_exhaustive()
    }
}

fn outcome_of_abandoned(intent: &Entry) -> Draft {
    let about = (intent.seq, intent.verb.as_str(), intent.subject.as_str());
    Draft::outcome(&Actor::daemon(), about, Outcome::abandoned())
}

fn has_entries(layout: &Layout) -> Result<bool, AuditError> {
    match Reader::open(layout.dir()) {
        Ok(reader) => Ok(reader.size() > 0),
        Err(AuditError::Missing { .. }) => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// Takes the lock file, waiting a while for whoever holds it.
fn acquire(layout: &Layout, world: &World) -> Result<FileLock, AuditError> {
    let begun = world.clock.monotonic();
    loop {
        match FileLock::acquire(&layout.lock()) {
            Ok(lock) => return Ok(lock),
            Err(FileError::Locked { .. })
                if world.clock.monotonic().since(begun) < LOCK_WAIT_MAX =>
            {
                world.clock.sleep(LOCK_WAIT_STEP);
            }
            Err(source @ FileError::Locked { .. }) => {
                return Err(AuditError::Locked { dir: layout.dir().to_owned(), source });
            }
            Err(fault) => return Err(AuditError::write(fault)),
        }
    }
}
