//! Bringing what a drill restored to an instant, by the log that was kept since its set was taken: by
//! the code of `restore --to`.
//!
//! Nothing tells what production held at the instant, so nothing is compared with it. What is proven
//! is what it was made of: the data of the set, all of it, before the log touches it, and a log without
//! a hole that leads from there to the instant and was replayed to its end. Of PostgreSQL, every page
//! is read once more in the end. What has no log stays as its dump has it, and is never a pass.

use std::path::Path;

use jiff::Timestamp;

use crate::base::fault::AnyFault;
use crate::base::manifest::{DatabaseFacts, Manifest};
use crate::drill::choice::fact::Reached;
use crate::drill::compare::{check, not_run};
use crate::drill::fact::{CheckKind, Finding};
use crate::job::binlog::fault::BinlogFault;
use crate::job::binlog::now as binlog;
use crate::job::drill::base;
use crate::job::drill::way::{Databases, Ended, Restored, Way};
use crate::job::restore::instant::{Laid, lay_beside};
use crate::job::restore::replay::{self, Aim, Begin, Last};
use crate::job::sets;
use crate::job::wal::now as wal;
use crate::repository::{Repository, SnapshotId};
use crate::source::Database;
use crate::source::error::SourceError;
use crate::source::mariadb;
use crate::source::mariadb::binlog::receive::order;
use crate::source::mariadb::binlog::span::Position;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::postgres::physical::{self, commits};
use crate::text::{Catalog, Language};
use crate::world::files;

/// Why a database stays where its dump left it.
const NO_LOG: &str =
    "no log of this database is kept: it is as its dump has it, before the instant";

/// Whether a log leads on from this dump or base.
fn leads_on(facts: &DatabaseFacts) -> bool {
    let noted = facts.log_position.as_deref();
    facts.engine == physical::ENGINE
        || (facts.engine == mariadb::ENGINE && noted.and_then(Position::parse).is_some())
}

/// What a database must show beyond the comparison of its data.
pub(super) fn needs(facts: &DatabaseFacts) -> Vec<CheckKind> {
    if facts.engine == physical::ENGINE {
        vec![CheckKind::Replay, CheckKind::Pages]
    } else {
        vec![CheckKind::Replay]
    }
}

/// The newest set, or the one that is wished, from which all databases with a log come to `to`.
pub(super) fn find(
    way: &Way<'_>,
    repository: &Repository,
    to: Timestamp,
) -> Result<SnapshotId, AnyFault> {
    let fits = |manifest: &Manifest| {
        let mut with_log = manifest.databases.values().filter(|facts| leads_on(facts)).peekable();
        let is_before = |facts: &DatabaseFacts| {
            facts.instant <= to && (facts.base.is_none() || manifest.finished <= to)
        };
        with_log.peek().is_some() && with_log.all(is_before)
    };
    let (name, portal) = (way.repository(), &way.portal().id);
    let wanted = way.request().set.as_deref();
    if let Some((id, _)) = sets::newest_that(repository, name, portal, wanted, fits)? {
        return Ok(id);
    }
    let portal = portal.clone();
    let databases = &way.portal().databases;
    if databases.iter().any(|database| database.base().is_some()) {
        return Err(SourceError::from(PhysicalFault::NoBase { portal, to }).into());
    }
    let databases: Vec<_> = databases.iter().map(|one| one.name.as_str()).collect();
    Err(BinlogFault::NoSet { portal, to, databases: databases.join(", ") }.into())
}

/// Brings every database there that has a log; each leaves its check.
pub(super) fn reach(
    way: &mut Way<'_>,
    restored: &Restored,
    databases: &mut Databases,
    to: Timestamp,
) -> Result<(), Ended> {
    for (name, facts) in &restored.manifest.databases {
        if databases.unproven.contains(name) {
            continue;
        }
        let reached = if facts.engine == physical::ENGINE {
            of_base(way, (name, facts), restored, databases, to)?
        } else if leads_on(facts) {
            of_dump(way, (name, facts), restored, databases, to)?
        } else {
            let detail = NO_LOG.to_owned();
            way.checks.push(not_run(CheckKind::Replay, name, Finding::Blind { detail }));
            continue;
        };
        let newest = reached.newest.max(reached.held);
        let newest = newest.map_or(facts.instant, |newest| newest.max(facts.instant));
        // Nothing later is sure to come back in all of them.
        way.recoverable = Some(way.recoverable.map_or(newest, |earlier| earlier.min(newest)));
        way.reached.push(reached);
    }
    Ok(())
}

/// Starts a server on the base, with the log beside it.
fn of_base(
    way: &mut Way<'_>,
    (name, facts): (&String, &DatabaseFacts),
    restored: &Restored,
    databases: &mut Databases,
    to: Timestamp,
) -> Result<Reached, Ended> {
    let folder = restored.root.join(physical::place(name));
    let from = (&restored.repository, way.repository());
    let laid = lay_beside(way.site(), way.portal(), from, (name, facts), &folder);
    let Laid { numbers, .. } = way.must(CheckKind::Replay, name, laid)?;
    let newest = newest_of_base(way, name, facts, &folder, numbers.clone());
    let newest = way.must(CheckKind::Replay, name, newest)?;
    base::serve(way, name, facts, &folder, databases)?;
    let world = &way.site().world;
    let until = databases.bases.get(name).map(|cluster| cluster.replayed_until(world));
    let until = until.transpose().map_err(AnyFault::from);
    let until = way.must(CheckKind::Replay, name, until)?.flatten();
    let files = numbers.end().saturating_sub(*numbers.start()).saturating_add(1);
    let findings = match until {
        Some(until) if until > to => vec![Finding::PastInstant { until }],
        _ => Vec::new(),
    };
    way.checks.push(check(CheckKind::Replay, name, files, findings));
    let held = held_of_base(way, name, facts, *numbers.end());
    Ok(Reached { database: name.clone(), files, until, newest, held })
}

/// Until when everything is held by the newest look at the server and this repository, where the
/// log that was read reaches the place of which the server spoke. A look that saw a server set back,
/// or could not read the repository, tells nothing.
fn held_of_base(way: &Way<'_>, name: &str, facts: &DatabaseFacts, last: u64) -> Option<Timestamp> {
    let base = facts.base.as_ref()?;
    let is_it = |one: &wal::Watched| one.portal == way.portal().id && one.database == name;
    let watched = wal::watched(way.site()).into_iter().find(is_it)?;
    let look = watched.known()?;
    let (server, shelf) = (look.server.as_ref()?, look.repositories.get(way.repository())?);
    let is_same = server.system.to_string() == base.system_identifier
        && server.timeline == base.timeline
        && server.segment == base.wal_segment_bytes;
    let is_sound = look.rewound.is_none() && shelf.unread.is_none() && shelf.gaps.is_empty();
    let held = shelf.held?.to.checked_sub(1)?.checked_div(server.segment)?;
    let until = shelf.until.filter(|until| *until <= way.decision().at);
    until.filter(|_| is_same && is_sound && held <= last)
}

/// The same of a binary log, by the last file that was read.
fn held_of_dump(way: &Way<'_>, name: &str, read: &Last) -> Option<Timestamp> {
    let is_it = |one: &binlog::Watched| one.portal == way.portal().id && one.database == name;
    let watched = binlog::watched(way.site()).into_iter().find(is_it)?;
    let look = watched.known()?;
    let shelf = look.repositories.get(way.repository())?;
    let is_sound = look.rewound.is_none() && shelf.unread.is_none() && shelf.gaps.is_empty();
    let is_same = shelf.line.as_ref() == Some(&read.line);
    let to = &shelf.held.as_ref()?.to;
    let is_earlier = order(&to.file) < order(&read.file);
    let is_read = is_earlier || (to.file == read.file && to.at <= read.bytes);
    let until = shelf.until.filter(|until| *until <= way.decision().at);
    until.filter(|_| is_same && is_sound && is_read)
}

fn newest_of_base(
    way: &Way<'_>,
    name: &str,
    facts: &DatabaseFacts,
    folder: &Path,
    numbers: std::ops::RangeInclusive<u64>,
) -> Result<Option<Timestamp>, AnyFault> {
    let Some(base) = facts.base.as_ref() else { return Ok(None) };
    let tools = (
        base::server(way, name).and_then(|server| server.bin_dir.as_deref()),
        physical::major(facts)?,
    );
    Ok(commits::newest(folder, base, numbers, tools, &way.site().world)?)
}

/// Replays the log over the dump that was loaded and compared.
fn of_dump(
    way: &mut Way<'_>,
    (name, facts): (&String, &DatabaseFacts),
    restored: &Restored,
    databases: &Databases,
    to: Timestamp,
) -> Result<Reached, Ended> {
    let Some(Database::Mariadb(target)) = databases.loaded.get(name) else {
        way.checks.push(not_run(CheckKind::Replay, name, Finding::EarlierStep));
        return Err(Ended);
    };
    let site = way.site();
    let folder = restored.root.with_file_name(format!("log-{name}"));
    let log = Begin::new(site, name, facts, target).and_then(|begin| {
        files::create_private_dir(&folder)?;
        let read = replay::last(site, &restored.repository, &begin, &folder)?;
        let logs =
            replay::fetch(site, &restored.repository, vec![begin], (&folder, Aim::Instant(to)))?;
        Ok((read, logs))
    });
    let (read, logs) = way.must(CheckKind::Replay, name, log)?;
    let (mut files, mut until, mut notes) = (0, None, Vec::new());
    for log in logs {
        files += log.files();
        until = until.max(log.newest());
        let told = log.replay(site);
        notes.extend(way.must(CheckKind::Replay, name, told)?);
    }
    // What a person must know of the result, nobody has looked at here.
    way.checks.push(match notes.into_iter().next() {
        Some(note) => {
            let detail = Catalog::new(Language::English).say(&note);
            not_run(CheckKind::Replay, name, Finding::Blind { detail })
        }
        None => check(CheckKind::Replay, name, files, Vec::new()),
    });
    let newest = read.as_ref().and_then(|read| read.newest);
    let held = read.and_then(|read| held_of_dump(way, name, &read));
    Ok(Reached { database: name.clone(), files, until, newest, held })
}

/// Reads every page of a base once more, at the instant: whatever replaying made of it.
pub(super) fn pages(
    way: &mut Way<'_>,
    name: &str,
    facts: &DatabaseFacts,
    databases: &mut Databases,
) {
    if !facts.base.as_ref().is_some_and(|base| base.page_checksums) {
        let detail = "the server keeps no checksums of its pages".to_owned();
        way.checks.push(not_run(CheckKind::Pages, name, Finding::Blind { detail }));
        return;
    }
    let settings = base::settings(way, name, facts);
    let Some(cluster) = databases.bases.get_mut(name) else {
        way.checks.push(not_run(CheckKind::Pages, name, Finding::EarlierStep));
        return;
    };
    let world = &way.site().world;
    let read = settings.and_then(|settings| Ok(cluster.read_pages(&settings, world)?));
    match read {
        Ok(pages) => way.checks.push(check(CheckKind::Pages, name, pages, Vec::new())),
        Err(fault) => way.failed(CheckKind::Pages, name, fault.as_ref()),
    }
}
