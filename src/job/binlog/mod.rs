//! Binary logs of MariaDB and MySQL: received as they are written, kept beside the sets, and replayed.
//!
//! `source::mariadb::binlog` follows a server and reads its events, `repository::segment` keeps
//! bytes; here they meet. A server has one log for all its databases: it is followed once, however
//! many databases of it are configured, and goes into the repositories of all their sets.
//!
//! A stream is a server and a *line*: the log from its first file on, until somebody resets it. A
//! line is called by the instant at which its first file was begun, by the server's clock.

mod contents;
pub mod fault;
mod forget;
mod keeper;
mod line;
mod list;
pub mod now;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::audit::{Deed, Outcome};
use crate::base::fault::AnyFault;
use crate::config::settings::{Database, DurableIn, Engine, Mariadb, MariadbPlace, Settings};
use crate::job::binlog::fault::BinlogFault;
use crate::job::databases;
use crate::job::fault::JobFault;
use crate::job::site::{Site, Temporary};
use crate::source::mariadb::binlog::receive::{self, Following};
use crate::source::mariadb::{PORT, SOCKET};

pub(in crate::job) use crate::job::binlog::contents::fits;
pub use crate::job::binlog::contents::{Contents, Held, contents};
pub(in crate::job) use crate::job::binlog::forget::judge;
pub use crate::job::binlog::keeper::{Received, Told};
pub(in crate::job) use crate::job::binlog::line::likely;
pub(in crate::job) use crate::job::binlog::list::is_binary;
pub use crate::job::binlog::list::{BinaryLine, lines};

/// A server whose log is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The first of its databases, as `PORTAL/DATABASE`: what it is called by.
    pub named: String,
    /// The others.
    pub others: Vec<String>,
    /// How it is reached.
    pub server: Mariadb,
    /// The repositories.
    pub to: Vec<String>,
    /// In how many of them the log must be durable before more of it is taken.
    pub durable_in: DurableIn,
    /// How old a change may get before it is kept.
    pub every: Duration,
}

impl Wanted {
    /// What its folder and its lock are called.
    fn key(&self) -> String {
        self.named.replace('/', ".")
    }
}

/// Every server whose log the configuration wants kept. What several databases of one server want
/// is joined to what serves all of them.
pub fn wanted(settings: &Settings) -> Vec<Wanted> {
    let mut servers: BTreeMap<String, Wanted> = BTreeMap::new();
    let all = settings
        .portals
        .iter()
        .flat_map(|portal| portal.databases.iter().map(move |database| (portal, database)));
    for (portal, database) in all {
        let Database { name, engine: Engine::Mariadb(server), .. } = database else { continue };
        let Some(binlog) = server.binlog else { continue };
        let named = format!("{}/{name}", portal.id);
        let to = portal.snapshot.to.clone();
        let Some(one) = servers.get_mut(&place(server)) else {
            let (server, durable_in, every) = (server.clone(), binlog.durable_in, binlog.every);
            let one = Wanted { named, others: Vec::new(), server, to, durable_in, every };
            servers.insert(place(&one.server), one);
            continue;
        };
        one.others.push(named);
        one.every = one.every.min(binlog.every);
        if binlog.durable_in == DurableIn::All {
            one.durable_in = DurableIn::All;
        }
        one.to.extend(to.into_iter().filter(|name| !one.to.contains(name)).collect::<Vec<_>>());
    }
    servers.into_values().collect()
}

fn place(server: &Mariadb) -> String {
    match &server.place {
        MariadbPlace::Socket(socket) => {
            socket.clone().unwrap_or_else(|| PathBuf::from(SOCKET)).display().to_string()
        }
        MariadbPlace::Host { host, port, .. } => format!("{host}:{}", port.unwrap_or(PORT)),
    }
}

/// The server of the database `PORTAL/DATABASE`, whose log is kept.
pub fn wanted_for(site: &Site, named: &str) -> Result<Wanted, AnyFault> {
    let unnamed = || BinlogFault::NotADatabase { database: named.to_owned() };
    let (portal, name) = named.split_once('/').ok_or_else(unnamed)?;
    let portal = site.portal(portal)?;
    if !portal.databases.iter().any(|one| one.name == name) {
        let (portal, database) = (portal.id.clone(), name.to_owned());
        return Err(JobFault::UnknownDatabase { portal, database }.into());
    }
    let is_it = |one: &Wanted| one.named == named || one.others.iter().any(|other| other == named);
    let found = wanted(&site.settings).into_iter().find(is_it);
    Ok(found.ok_or_else(|| BinlogFault::NotKeptHere { database: named.to_owned() })?)
}

/// Follows a server's log until the site's wish to stop, or only to where it ends now; keeps what
/// comes. `told` is what is on record already of a run that follows on another.
///
/// Ends with a fault when the server goes, or a repository that must have the log cannot take it.
/// May be called again at any time: what is kept is compared, and kept once.
pub fn follow(
    site: &Site,
    wanted: &Wanted,
    to_the_end: bool,
    told: &mut Told,
) -> Result<Received, AnyFault> {
    let _alone = site.exclusively("binlog", &wanted.key())?;
    let settings = databases::mariadb_server(&wanted.server)?;
    let offer = receive::ask(&settings, &site.world)?;
    let mut keeper = keeper::Keeper::open(site, wanted, &offer, told)?;
    let after = keeper.after();
    let attempt = |keeper: &mut keeper::Keeper<'_>, after: Option<&str>| {
        let spool = Temporary::create(site.settings.state.join("binlog").join(wanted.key()))?;
        let following = Following {
            settings: &settings,
            offer: &offer,
            after,
            spool: spool.path(),
            every: wanted.every,
            until: to_the_end.then_some(&offer.end),
        };
        receive::follow(&following, keeper, &site.world, &site.cancel)
    };
    let mut followed = attempt(&mut keeper, after.as_deref());
    if keeper.begins_anew() {
        followed = attempt(&mut keeper, None);
    }
    let received = keeper.settle();
    followed.map(|()| received)
}

/// Receives a server's log up to where it ends now, on record.
pub fn receive(site: &Site, named: &str) -> Result<Received, AnyFault> {
    let wanted = wanted_for(site, named)?;
    site.protective(Deed::new("wal.receive", named), |_| {
        let received = follow(site, &wanted, true, &mut Told::default())?;
        site.go_on()?;
        let outcome =
            if received.lacking.is_empty() { Outcome::done() } else { Outcome::warnings() };
        let outcome = outcome
            .fact("system", received.system.clone())
            .fact("line", received.line.clone())
            .fact("last", received.last.clone())
            .fact("bytes", received.bytes);
        Ok((received, outcome))
    })
}
