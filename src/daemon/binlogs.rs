//! The MariaDB servers whose binary logs the daemon follows, each in a thread of its own.
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
use crate::job::binlog::{self, Told, Wanted};
use crate::job::site::Site;
use crate::job::wal::now::Looker;
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
#[derive(Default)]
pub(super) struct Following {
    servers: BTreeMap<String, Follower>,
}

struct Follower {
    wanted: Wanted,
    /// The repositories as they were configured when it began.
    stores: Vec<Store>,
    cancel: Cancel,
    thread: JoinHandle<()>,
}

impl Following {
    /// Follows what the settings want followed, and nothing else any more. What stays as it was is
    /// followed on.
    pub(super) fn take_up(&mut self, site: &Site, looker: &Arc<Looker>) {
        let mut before = std::mem::take(&mut self.servers);
        for wanted in binlog::wanted(&site.settings) {
            let stores = stores(site, &wanted);
            let key = wanted.named.clone();
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
            match Follower::start(site, wanted, stores, looker) {
                Ok(follower) => drop(self.servers.insert(key, follower)),
                Err(error) => {
                    tracing::error!(database = key, %error, "A binary log cannot be followed.");
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
                    tracing::error!(database, "A binary log is left behind as it is followed.");
                    break;
                }
                world.clock.sleep(LOOK);
            }
        }
    }
}

/// What tells whether a repository is another now.
fn stores(site: &Site, wanted: &Wanted) -> Vec<Store> {
    let all = wanted.to.iter().filter_map(|name| site.settings.repository(name));
    all.map(|one| one.store.clone()).collect()
}

impl Follower {
    fn start(
        site: &Site,
        wanted: Wanted,
        stores: Vec<Store>,
        looker: &Arc<Looker>,
    ) -> std::io::Result<Self> {
        let cancel = Cancel::default();
        let site = Site { cancel: cancel.clone(), ..site.clone() };
        let (ours, begun, looker) = (wanted.clone(), cancel.clone(), Arc::clone(looker));
        let thread = std::thread::Builder::new().name("binlog".to_owned());
        let thread = thread.spawn(move || keep_on(&site, &ours, &looker, &begun))?;
        Ok(Self { wanted, stores, cancel, thread })
    }
}

/// Follows one server until it is asked to stop.
fn keep_on(site: &Site, wanted: &Wanted, looker: &Arc<Looker>, cancel: &Cancel) {
    let databases = || std::iter::once(&wanted.named).chain(&wanted.others);
    let (names, hears) = (databases().cloned().collect::<Vec<_>>(), Arc::clone(looker));
    let mut told = Told::hearing(move || names.iter().for_each(|name| hears.keep(name)));
    let mut said = None;
    while !cancel.is_cancelled() {
        let ended = binlog::follow(site, wanted, false, &mut told);
        if cancel.is_cancelled() {
            return;
        }
        let again = match ended {
            Ok(_) => AGAIN,
            Err(fault) => {
                complain(wanted, &fault, &mut said);
                let at = site.world.clock.now();
                databases().for_each(|database| looker.refuse(database, at, fault.code()));
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
    let (database, code, error) = (wanted.named.as_str(), fault.code(), chain(fault.as_ref()));
    if said.replace(code) == Some(code) {
        tracing::debug!(database, code, "The binary log is still not followed: {error}.");
    } else {
        tracing::error!(database, code, "The binary log is not followed: {error}.");
    }
}
