//! What the servers lack whose logs the configuration wants received: asked of each of them, and
//! told all at once, before a night shows it.

use crate::base::fault::{AnyFault, Message};
use crate::config::settings::{Engine, Mariadb, Postgres};
use crate::job::site::Site;
use crate::job::wal::stream;
use crate::job::{binlog, databases};
use crate::source::{mariadb, postgres};

/// One thing that stands between a server and the configuration.
#[derive(Debug)]
pub struct Lack {
    /// Where it is wished for, in terms of keys.
    pub key: String,
    /// Whether the log can be received all the same, or a person's usual step is left.
    pub is_warning: bool,
    /// What it is.
    pub what: What,
}

/// What a server lacks.
#[derive(Debug)]
pub enum What {
    /// This, and what to type.
    Lacks(Message, Message),
    /// It could not be asked.
    Unasked(AnyFault),
}

/// Asks every server whose log is to be received, and every one of which a base is to be taken.
/// Changes nothing.
pub fn of_logs(site: &Site) -> Vec<Lack> {
    let mut lacks = Vec::new();
    for one in stream::wanted(&site.settings) {
        let key = key(site, &one.named, "postgres.wal.receive");
        of_postgres(site, &one.server, Some(&one.slot), (&key, &one.named), &mut lacks);
    }
    for portal in &site.settings.portals {
        for database in &portal.databases {
            let Engine::PostgresBase(server) = &database.engine else { continue };
            // Above, with its log.
            if server.wal.as_ref().is_some_and(|wal| wal.receive.is_some()) {
                continue;
            }
            let named = format!("{}/{}", portal.id, database.name);
            let key = key(site, &named, "postgres.physical");
            of_postgres(site, server, None, (&key, &named), &mut lacks);
        }
    }
    for one in binlog::wanted(&site.settings) {
        let key = key(site, &one.named, "mariadb.binlog");
        of_mariadb(site, &one.server, &key, &mut lacks);
    }
    lacks
}

fn of_postgres(
    site: &Site,
    server: &Postgres,
    slot: Option<&str>,
    (key, named): (&str, &str),
    lacks: &mut Vec<Lack>,
) {
    let asked = databases::server(server)
        .and_then(|server| Ok(postgres::stream::lack::lacks(&server, slot, &site.world)?));
    match asked {
        Err(fault) => lacks.push(unasked(key, fault)),
        Ok(found) => {
            for lack in found {
                let what = What::Lacks(lack.message(), lack.hint(named));
                lacks.push(Lack { key: key.to_owned(), is_warning: lack.is_step(), what });
            }
        }
    }
}

fn of_mariadb(site: &Site, server: &Mariadb, key: &str, lacks: &mut Vec<Lack>) {
    let asked = databases::mariadb_server(server)
        .and_then(|server| Ok(mariadb::binlog::lack::lacks(&server, &site.world)?));
    match asked {
        Err(fault) => lacks.push(unasked(key, fault)),
        Ok(found) => {
            for lack in found {
                let what = What::Lacks(lack.message(), lack.hint());
                lacks.push(Lack { key: key.to_owned(), is_warning: lack.is_warning(), what });
            }
        }
    }
}

fn unasked(key: &str, fault: AnyFault) -> Lack {
    Lack { key: key.to_owned(), is_warning: false, what: What::Unasked(fault) }
}

/// The key of a part of the database `PORTAL/DATABASE`.
fn key(site: &Site, named: &str, part: &str) -> String {
    let (portal, name) = named.split_once('/').unwrap_or((named, ""));
    let found = site.settings.portals.iter().find(|one| one.id == portal);
    let index = found.and_then(|one| one.databases.iter().position(|one| one.name == name));
    format!("portals.{portal}.databases[{}].{part}", index.unwrap_or_default())
}
