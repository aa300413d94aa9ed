//! The write-ahead log of a PostgreSQL server, received as it is written.
//!
//! `source::postgres::stream` follows a server, `repository::segment` keeps bytes; here they meet. A
//! server has one log for all its databases: it is followed once by one slot, however many databases
//! of it are configured, and goes into the repositories of all their sets.
//!
//! The slot is made and removed by a person's word, on record: one that nobody receives by fills the
//! server's disk, and one that was made anew in silence would hide what is missing before it.

mod keeper;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::audit::{Deed, Ending, Kind, Log, Outcome};
use crate::base::fault::AnyFault;
use crate::config::settings::{DurableIn, Engine, Postgres, Receive, Settings, Wal};
use crate::job::databases;
use crate::job::site::Site;
use crate::job::wal::now::Looker;
use crate::job::wal::stream::keeper::Keeper;
use crate::job::wal::{WalFault, database};
use crate::source::postgres;
use crate::source::postgres::stream::slot;
use crate::source::postgres::stream::{self, Following};

pub use crate::job::wal::stream::keeper::{Received, Told};

/// A server whose log is received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The first of its databases, as `PORTAL/DATABASE`: what it is called by.
    pub named: String,
    /// The others.
    pub others: Vec<String>,
    /// How it is reached.
    pub server: Postgres,
    /// The slot by which it keeps its log for us.
    pub slot: String,
    /// The repositories.
    pub to: Vec<String>,
    /// In how many of them the log must be durable before the server hears that it is kept.
    pub durable_in: DurableIn,
    /// How old a change may get before it is kept.
    pub every: Duration,
}

impl Wanted {
    /// All its databases, as `PORTAL/DATABASE`.
    pub fn databases(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.named).chain(&self.others).map(String::as_str)
    }
}

/// Every server whose log the configuration wants received. What several databases of one server
/// want by one slot is joined to what serves all of them.
pub fn wanted(settings: &Settings) -> Vec<Wanted> {
    let mut servers: BTreeMap<(String, String), Wanted> = BTreeMap::new();
    let all = settings
        .portals
        .iter()
        .flat_map(|portal| portal.databases.iter().map(move |database| (portal, database)));
    for (portal, database) in all {
        let (Engine::Postgres(server) | Engine::PostgresBase(server)) = &database.engine else {
            continue;
        };
        let Some(wal) = &server.wal else { continue };
        let Some(Receive { slot, every }) = &wal.receive else { continue };
        let named = format!("{}/{}", portal.id, database.name);
        let to = portal.snapshot.to.clone();
        let Some(one) = servers.get_mut(&(place(server), slot.clone())) else {
            let one = Wanted {
                named,
                others: Vec::new(),
                server: server.clone(),
                slot: slot.clone(),
                to,
                durable_in: wal.durable_in,
                every: *every,
            };
            servers.insert((place(server), slot.clone()), one);
            continue;
        };
        one.others.push(named);
        one.every = one.every.min(*every);
        if wal.durable_in == DurableIn::All {
            one.durable_in = DurableIn::All;
        }
        one.to.extend(to.into_iter().filter(|name| !one.to.contains(name)).collect::<Vec<_>>());
    }
    servers.into_values().collect()
}

/// Host and port or socket, without the password being read.
fn place(server: &Postgres) -> String {
    let (dsn, password, bin_dir) = (server.dsn.clone(), None, None);
    postgres::Settings { dsn, password, bin_dir, jobs: 1 }.server()
}

/// The server of the database `PORTAL/DATABASE`, whose log is received.
pub fn wanted_for(site: &Site, named: &str) -> Result<Wanted, AnyFault> {
    let (_, Wal { receive, .. }) = database(site, named)?;
    let not = || WalFault::NotReceived { database: named.to_owned() };
    receive.ok_or_else(not)?;
    let found =
        wanted(&site.settings).into_iter().find(|one| one.databases().any(|it| it == named));
    Ok(found.ok_or_else(not)?)
}

/// Whether this is a database of PostgreSQL whose log is kept, however it comes.
pub fn has_log(site: &Site, named: &str) -> bool {
    database(site, named).is_ok()
}

/// Follows a server's log until the site's wish to stop, or only to where it ends now; keeps what
/// comes. `told` is what is on record already of a run that follows on another; `looker` hears that
/// the log is kept.
///
/// Ends with a fault when the server goes, or a repository that must have the log cannot take it.
/// May be called again at any time: what is kept is compared, and kept once.
pub fn follow(
    site: &Site,
    wanted: &Wanted,
    to_the_end: bool,
    (told, looker): (&mut Told, Option<&Looker>),
) -> Result<Received, AnyFault> {
    let _alone = site.exclusively("wal-stream", &wanted.named.replace('/', "."))?;
    let settings = databases::server(&wanted.server)?;
    let offer = stream::ask(&settings, &wanted.slot, &site.world)?;
    if let Err(fault) = offer.check(&settings, &wanted.slot) {
        keeper::note_slot(site, wanted, told, (&offer, &fault));
        return Err(fault.into());
    }
    let mut keeper = Keeper::open(site, wanted, &offer, (told, looker))?;
    let kept = keeper.kept();
    let following = Following {
        settings: &settings,
        slot: &wanted.slot,
        offer: &offer,
        kept: &kept,
        every: wanted.every,
        to_the_end,
    };
    let followed = stream::follow(&following, &mut keeper, &site.world, &site.cancel);
    let received = keeper.settle(followed.as_ref().err());
    followed.map(|()| received)
}

/// Receives a server's log up to where it ends now, on record.
pub fn receive(site: &Site, named: &str) -> Result<Received, AnyFault> {
    let wanted = wanted_for(site, named)?;
    site.protective(Deed::new("wal.receive", named), |_| {
        let received = follow(site, &wanted, true, (&mut Told::default(), None))?;
        site.go_on()?;
        let outcome =
            if received.lacking.is_empty() { Outcome::done() } else { Outcome::warnings() };
        let outcome = outcome
            .fact("system", received.system.to_string())
            .fact("last", received.last.clone())
            .fact("bytes", received.bytes);
        Ok((received, outcome))
    })
}

/// Makes the slot of a database's server, on record. From then on its log must be received, or
/// fills its disk. Returns the name of the slot.
pub fn create_slot(site: &Site, named: &str) -> Result<String, AnyFault> {
    let (slot, wanted) = slot_of(site, named)?;
    let log = site.log()?;
    let deed = Deed::new("wal.slot-create", named).fact("slot", slot.clone());
    site.recorded(&log, deed, || {
        let settings = databases::server(&wanted.server)?;
        let made = slot::create(&settings, &slot, &site.world)?;
        let from = made.reserved.map(|at| postgres::physical::position::Position(at).to_string());
        Ok((slot.clone(), Outcome::done().fact("from", from)))
    })
}

/// Removes the slot of a database's server, on record: the server keeps nothing for us any more.
/// Returns the name of the slot. One that nothing on record says is ours stays: by a name that was
/// mistyped a standby would lose what the server keeps for it.
pub fn drop_slot(site: &Site, named: &str) -> Result<String, AnyFault> {
    let (slot, wanted) = slot_of(site, named)?;
    let log = site.log()?;
    if !is_ours(&log, &wanted)? {
        return Err(WalFault::SlotForeign { database: named.to_owned(), slot }.into());
    }
    let deed = Deed::new("wal.slot-drop", named).fact("slot", slot.clone());
    site.recorded(&log, deed, || {
        let settings = databases::server(&wanted.server)?;
        slot::remove(&settings, &slot, &site.world)?;
        Ok((slot.clone(), Outcome::done()))
    })
}

/// Whether the slot was made for one of these databases, or its log was received by it.
fn is_ours(log: &Log, wanted: &Wanted) -> Result<bool, AnyFault> {
    let mut making = BTreeSet::new();
    for entry in log.reader()?.entries() {
        let entry = entry?;
        let is_of_it = wanted.databases().any(|database| database == entry.subject);
        let is_slot = entry.facts.get("slot").and_then(Value::as_str) == Some(&wanted.slot);
        match (entry.kind, entry.verb.as_str()) {
            (Kind::Record, "wal.begin") if is_of_it && is_slot => return Ok(true),
            (Kind::Intent, "wal.slot-create") if is_of_it && is_slot => {
                making.insert(entry.seq);
            }
            // What was killed on the way may have made it.
            (Kind::Outcome, "wal.slot-create")
                if entry.result != Some(Ending::Failed)
                    && entry.intent.is_some_and(|intent| making.contains(&intent)) =>
            {
                return Ok(true);
            }
            _ => {}
        }
    }
    Ok(false)
}

fn slot_of(site: &Site, named: &str) -> Result<(String, Wanted), AnyFault> {
    let wanted = wanted_for(site, named)?;
    Ok((wanted.slot.clone(), wanted))
}
