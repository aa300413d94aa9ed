//! The servers whose logs the daemon follows, each in a thread of its own: binary logs of MariaDB, and
//! write-ahead logs of PostgreSQL where they are received.
//!
//! A log that cannot be followed for now is tried again, for as long as the daemon lives: the server
//! keeps what was not taken, for as long as it is configured to. What differs from what is kept, and
//! what the server removed too early, goes on record once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::base::cancel::Cancel;
use crate::base::fault::{AnyFault, FaultKind, chain};
use crate::config::settings::Store;
use crate::job::binlog;
use crate::job::site::Site;
use crate::job::wal::now::Looker;
use crate::job::wal::stream;
use crate::world::World;

/// Before a log is followed again that could not be.
const AGAIN: Duration = Duration::from_secs(10);

/// The same where a person has to do something first.
const AGAIN_LATER: Duration = Duration::from_mins(1);

/// How often the wish to stop is looked at while it waits.
const LOOK: Duration = Duration::from_millis(100);

/// How long a stop waits for all of them together: each ends between two pieces.
const STOP_MAX: Duration = Duration::from_secs(10);

/// Every server that is followed.
pub(super) struct Following {
    /// Hears what is kept of write-ahead logs, and what is not.
    looker: Arc<Looker>,
    servers: BTreeMap<String, Follower>,
}

/// A server that is to be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Binary(binlog::Wanted),
    WriteAhead(stream::Wanted),
}

impl Wanted {
    /// What it is called by. No database is of both kinds.
    fn named(&self) -> &str {
        match self {
            Self::Binary(wanted) => &wanted.named,
            Self::WriteAhead(wanted) => &wanted.named,
        }
    }

    /// All databases of the server whose log is kept.
    fn databases(&self) -> Vec<String> {
        match self {
            Self::Binary(wanted) => {
                std::iter::once(&wanted.named).chain(&wanted.others).cloned().collect()
            }
            Self::WriteAhead(wanted) => wanted.databases().map(ToOwned::to_owned).collect(),
        }
    }

    /// The repositories.
    fn to(&self) -> &[String] {
        match self {
            Self::Binary(wanted) => &wanted.to,
            Self::WriteAhead(wanted) => &wanted.to,
        }
    }
}

struct Follower {
    wanted: Wanted,
    /// The repositories as they were configured when it began.
    stores: Vec<Store>,
    cancel: Cancel,
    thread: JoinHandle<()>,
}

impl Following {
    /// Nothing is followed yet.
    pub(super) fn new(looker: &Arc<Looker>) -> Self {
        Self { looker: Arc::clone(looker), servers: BTreeMap::new() }
    }

    /// Follows what the settings want followed, and nothing else any more. What stays as it was is
    /// followed on.
    pub(super) fn take_up(&mut self, site: &Site) {
        let mut before = std::mem::take(&mut self.servers);
        let binary = binlog::wanted(&site.settings).into_iter().map(Wanted::Binary);
        let write_ahead = stream::wanted(&site.settings).into_iter().map(Wanted::WriteAhead);
        for wanted in binary.chain(write_ahead) {
            let stores = stores(site, &wanted);
            let key = wanted.named().to_owned();
            let same = |old: &Follower| {
                old.wanted == wanted && old.stores == stores && !old.thread.is_finished()
            };
            if let Some(old) = before.remove(&key) {
                if same(&old) {
                    self.servers.insert(key, old);
                    continue;
                }
                // It holds the lock until it has ended; the new one tries until then.
                old.cancel.cancel();
            }
            match Follower::start(site, &self.looker, wanted, stores) {
                Ok(follower) => drop(self.servers.insert(key, follower)),
                Err(error) => {
                    tracing::error!(database = key, %error, "A log cannot be followed.");
                }
            }
        }
        for old in before.into_values() {
            old.cancel.cancel();
        }
    }

    /// Follows nothing any more; what was kept is on record when this returns, but for servers and
    /// stores that do not answer.
    pub(super) fn stop(&mut self, world: &World) {
        let begun = world.clock.monotonic();
        let all = std::mem::take(&mut self.servers);
        for one in all.values() {
            one.cancel.cancel();
        }
        for (database, one) in all {
            while !one.thread.is_finished() {
                if world.clock.monotonic().since(begun) >= STOP_MAX {
                    tracing::error!(database, "A log is left behind as it is followed.");
                    break;
                }
                world.clock.sleep(LOOK);
            }
        }
    }
}

/// What tells whether a repository is another now.
fn stores(site: &Site, wanted: &Wanted) -> Vec<Store> {
    let all = wanted.to().iter().filter_map(|name| site.settings.repository(name));
    all.map(|one| one.store.clone()).collect()
}

impl Follower {
    fn start(
        site: &Site,
        looker: &Arc<Looker>,
        wanted: Wanted,
        stores: Vec<Store>,
    ) -> std::io::Result<Self> {
        let cancel = Cancel::default();
        let site = Site { cancel: cancel.clone(), ..site.clone() };
        let (ours, looker) = (wanted.clone(), Arc::clone(looker));
        let thread = std::thread::Builder::new().name("log".to_owned());
        let thread = thread.spawn(move || keep_on(&site, &looker, &ours))?;
        Ok(Self { wanted, stores, cancel, thread })
    }
}

/// Follows one server until it is asked to stop.
fn keep_on(site: &Site, looker: &Arc<Looker>, wanted: &Wanted) {
    let (names, hears) = (wanted.databases(), Arc::clone(looker));
    let kept = move || names.iter().for_each(|name| hears.keep(name));
    let (mut binary, mut write_ahead) = (binlog::Told::hearing(kept), stream::Told::default());
    let (cancel, mut said) = (&site.cancel, None);
    while !cancel.is_cancelled() {
        let ended = match wanted {
            Wanted::Binary(wanted) => binlog::follow(site, wanted, false, &mut binary).map(drop),
            Wanted::WriteAhead(wanted) => {
                stream::follow(site, wanted, false, (&mut write_ahead, Some(looker))).map(drop)
            }
        };
        if cancel.is_cancelled() {
            return;
        }
        let again = match ended {
            Ok(()) => AGAIN,
            Err(fault) => {
                complain(wanted, &fault, &mut said);
                let now = site.world.clock.now();
                wanted.databases().iter().for_each(|one| looker.refuse(one, now, fault.code()));
                match fault.kind() {
                    FaultKind::Environment => AGAIN,
                    _ => AGAIN_LATER,
                }
            }
        };
        let begun = site.world.clock.monotonic();
        while !cancel.is_cancelled() && site.world.clock.monotonic().since(begun) < again {
            site.world.clock.sleep(LOOK);
        }
    }
}

/// The same again is told quietly: a server that is down for a night fills no log.
fn complain(wanted: &Wanted, fault: &AnyFault, said: &mut Option<&'static str>) {
    let (database, code, error) = (wanted.named(), fault.code(), chain(fault.as_ref()));
    if said.replace(code) == Some(code) {
        tracing::debug!(database, code, "The log is still not followed: {error}.");
    } else {
        tracing::error!(database, code, "The log is not followed: {error}.");
    }
}
