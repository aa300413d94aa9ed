//! Making a log, opening it, and putting right what a crash left.
//!
//! Opening writes only where there is something to put right: a torn line is set aside and on
//! record, entries without a head get one, and intents of runs that ended are abandoned. A log
//! that does not match its signed head is not touched.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::audit::disk::Disk;
use crate::audit::entry::{Actor, Deed, Draft, Entry, Kind};
use crate::audit::fault::AuditError;
use crate::audit::handover::{self, Ring};
use crate::audit::key::{self, LogKey};
use crate::audit::layout::Layout;
use crate::audit::log::{Log, acquire};
use crate::audit::read::Reader;
use crate::audit::session;
use crate::audit::state::{State, Torn};
use crate::base::fault::{Args, Message};
use crate::world::World;
use crate::world::files;

/// What opening the log put right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recovery {
    /// Bytes that a crash tore off an unfinished entry; a gap entry says so.
    pub torn_bytes: u64,
    /// Intents of runs that ended before they could settle them; each now has its outcome.
    pub abandoned: Vec<Entry>,
    /// A rotation of the signing key that such a run had not ended, and that is ended now.
    pub handed_over: Vec<Entry>,
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
        for intent in &self.handed_over {
            let args = Args::none().number("seq", intent.seq);
            messages.push(Message::with("audit-recovered-handover", args));
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
        let now = (world.clock.now(), world.entropy.as_ref());
        state.append(&disk, &log_key, vec![draft], now)?;
        drop(lock);
        Self::open_with_key(dir, key, world)
    }

    fn open_on(dir: &Path, key: &Path, world: &World, disk: Disk) -> Result<Self, AuditError> {
        let layout = Layout::new(dir);
        if !layout.checkpoint().exists() && !has_entries(&layout)? {
            return Err(AuditError::Missing { dir: dir.to_owned() });
        }
        let keys = {
            let _lock = acquire(&layout, world)?;
            handover::settle(&layout, key, &disk)?
        };
        let mut log = Self {
            layout,
            world: world.clone(),
            key_path: key.to_owned(),
            ring: Ring::new(keys),
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
        let intents: Vec<_> = ended.iter().flat_map(|run| run.intents.clone()).collect();
        let drafts: Vec<_> = intents.iter().map(|intent| self.outcome_of_ended(intent)).collect();
        if !drafts.is_empty() {
            self.write(&mut state, drafts)?;
        }
        for run in ended {
            self.disk.tidy_away(&run.path);
        }
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).state = Some(state);
        let (handed_over, abandoned) =
            intents.into_iter().partition(|intent| self.handover_of(intent).is_some());
        let torn_bytes = torn.map_or(0, |torn| torn.bytes);
        Ok(Recovery { torn_bytes, abandoned, handed_over })
    }

    /// Reads the log back; what was torn is put on record, what no head covered gets one.
    pub(super) fn load(&self) -> Result<(State, Option<Torn>), AuditError> {
        self.refresh_key()?;
        let (mut state, torn) = State::load(&self.layout, self.keys(), &self.disk)?;
        if let Some(torn) = &torn {
            tracing::warn!(bytes = torn.bytes, "An unfinished audit entry was set aside.");
            let deed = Deed::new("audit.gap", self.key().origin())
                .fact("reason", "torn")
                .fact("seq", torn.seq)
                .fact("bytes", torn.bytes)
                .fact("sha256", torn.digest.to_string());
            self.write(&mut state, vec![Draft::new(&Actor::daemon(), Kind::Gap, deed)])?;
        }
        if state.unsigned() > 0 {
            tracing::warn!(entries = state.unsigned(), "Audit entries were without a signed head.");
            state.sign(&self.disk, self.key())?;
        }
        Ok((state, torn))
    }
}

fn has_entries(layout: &Layout) -> Result<bool, AuditError> {
    match Reader::open(layout.dir()) {
        Ok(reader) => Ok(reader.size() > 0),
        Err(AuditError::Missing { .. }) => Ok(false),
        Err(fault) => Err(fault),
    }
}
