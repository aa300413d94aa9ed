//! Writing the log: intent before the effect, outcome after it.
//!
//! Several processes and threads may hold the same log: each call takes the lock file, reads what
//! others added, writes, signs a head and lets go. When a call returns, its entry is on the disk
//! and under a signed head. When it returns an error, the entry may or may not be on record, and
//! what it announced must not be done.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::audit::disk::Disk;
use crate::audit::entry::{Actor, Deed, Draft, Entry, Kind, Number, Outcome};
use crate::audit::fault::AuditError;
use crate::audit::handover::{self, Keys, Ring};
use crate::audit::key::LogKey;
use crate::audit::layout::Layout;
use crate::audit::open::Recovery;
use crate::audit::read::Reader;
use crate::audit::session::Session;
use crate::audit::state::State;
use crate::base::digest::Digest;
use crate::world::World;
use crate::world::clock::Monotonic;
use crate::world::files::{FileError, FileLock};

/// How long to wait for another writer. One append takes milliseconds, on a slow disk a tenth of
/// a second: whoever holds the lock this long hangs, and waiting on would hang us too.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(10);

/// Between two tries: short beside an append, long beside a system call.
const LOCK_WAIT_STEP: Duration = Duration::from_millis(5);

/// The audit log of one duphong.
pub struct Log {
    pub(super) layout: Layout,
    pub(super) world: World,
    /// Where the private key lies.
    pub(super) key_path: PathBuf,
    pub(super) ring: Ring,
    pub(super) disk: Disk,
    pub(super) recovery: Recovery,
    pub(super) inner: Mutex<Inner>,
}

/// What one holder of the log remembers between calls.
#[derive(Default)]
pub(super) struct Inner {
    /// `None` when the last call failed: the next one reads the log back.
    pub(super) state: Option<State>,
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

impl Log {
    /// What opening put right.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// The folder of the log.
    pub fn dir(&self) -> &Path {
        self.layout.dir()
    }

    /// The public key, as `verify` takes it. Whoever checks the log should get it from elsewhere
    /// than from its folder. Another one after a rotation.
    pub fn vkey(&self) -> &str {
        self.key().vkey()
    }

    /// The key that signs.
    pub(super) fn key(&self) -> &LogKey {
        &self.keys().key
    }

    /// The key that signs, and those before it.
    pub(super) fn keys(&self) -> &Keys {
        self.ring.newest()
    }

    /// Looks whether another process has rotated the key, or broke that off; the caller holds the
    /// lock. A rotation always writes entries, so it is seen before the next head is signed.
    pub(super) fn refresh_key(&self) -> Result<(), AuditError> {
        let keys = self.keys();
        let is_same = handover::count(&self.layout)? == keys.past.len() as u64
            && !handover::pending(&self.key_path).exists();
        if !is_same {
            let settled = handover::settle(&self.layout, &self.key_path, &self.disk)?;
            if settled.key.vkey() != keys.key.vkey() {
                self.ring.advance(settled);
            }
        }
        Ok(())
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
        self.locked(|state, inner| self.settle_in(state, inner, intent, outcome))
    }

    /// The same while the log is held.
    pub(super) fn settle_in(
        &self,
        state: &mut State,
        inner: &mut Inner,
        intent: Intent,
        outcome: Outcome,
    ) -> Result<(), AuditError> {
        let Intent { seq, actor, verb, subject, begun, .. } = intent;
        let took = self.world.clock.monotonic().since(begun);
        let mut draft = Draft::outcome(&actor, (seq, verb, &subject), outcome);
        draft.took_ms = Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        self.write(state, vec![draft])?;
        if let Some(session) = &mut inner.session {
            session.open = session.open.saturating_sub(1);
        }
        Ok(())
    }

    /// Records a fact that has no effect of ours, and returns its position.
    pub fn record(&self, actor: &Actor, deed: Deed) -> Result<u64, AuditError> {
        self.append_one(Draft::new(actor, Kind::Record, deed))
    }

    /// Records many facts under one signed head: either all are durable when this returns, or it
    /// fails and some may be.
    pub fn record_batch(&self, actor: &Actor, deeds: Vec<Deed>) -> Result<(), AuditError> {
        if deeds.is_empty() {
            return Ok(());
        }
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
        let deed = Deed::new("audit.gap", self.key().origin())
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

    /// Does `work` on the log as it is now, while nobody else writes.
    pub(super) fn with_state<T>(
        &self,
        work: impl FnOnce(&State) -> Result<T, AuditError>,
    ) -> Result<T, AuditError> {
        self.locked(|state, _| work(state))
    }

    pub(super) fn head_of(&self, state: &State) -> Result<Head, AuditError> {
        let root = Digest(state.root()?.0);
        Ok(Head { origin: self.key().origin().to_owned(), size: state.size(), root })
    }

    fn announce(
        &self,
        actor: &Actor,
        deed: Deed,
        series: Option<&'static str>,
    ) -> Result<Intent, AuditError> {
        self.locked(|state, inner| self.announce_in(state, inner, actor, deed, series))
    }

    /// The same while the log is held.
    pub(super) fn announce_in(
        &self,
        state: &mut State,
        inner: &mut Inner,
        actor: &Actor,
        deed: Deed,
        series: Option<&'static str>,
    ) -> Result<Intent, AuditError> {
        let (verb, subject) = (deed.verb, deed.subject.clone());
        let mut draft = Draft::new(actor, Kind::Intent, deed);
        let number =
            series.map(|series| self.next_number(state, &mut inner.numbers, series)).transpose()?;
        draft.number =
            series.zip(number).map(|(series, n)| Number { series: series.to_owned(), n });
        let session = self.session_in(state, inner)?;
        draft.session = Some(session.id().to_owned());
        let seq = state.size();
        // Counted before the write: if that fails half way, the session file must stay.
        session.open += 1;
        self.write(state, vec![draft])?;
        let begun = self.world.clock.monotonic();
        Ok(Intent { seq, actor: actor.clone(), verb, subject, number, begun })
    }

    /// The run that holds intents, begun where it is not yet.
    pub(super) fn session_in<'i>(
        &self,
        state: &State,
        inner: &'i mut Inner,
    ) -> Result<&'i mut Session, AuditError> {
        if inner.session.is_none() {
            let entropy = self.world.entropy.as_ref();
            let size = state.size();
            inner.session = Some(Session::begin(&self.layout, &self.disk, entropy, size)?);
        }
        Ok(inner.session.as_mut().expect("begun above"))
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
        for line in reader.leaves(searched..state.size()) {
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

    pub(super) fn write(&self, state: &mut State, drafts: Vec<Draft>) -> Result<(), AuditError> {
        let world = (self.world.clock.now(), self.world.entropy.as_ref());
        state.append(&self.disk, self.key(), drafts, world)
    }

    /// Runs `work` as the only writer, on the log as it is now.
    pub(super) fn locked<T>(
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

/// Takes the lock file, waiting a while for whoever holds it.
pub(super) fn acquire(layout: &Layout, world: &World) -> Result<FileLock, AuditError> {
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
