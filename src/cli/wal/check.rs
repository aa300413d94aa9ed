//! `wal check`: looks how far the logs of databases are held, now.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{Align, Table, hanging};
use crate::cli::wal::binary;
use crate::job::binlog::now as binlog;
use crate::job::figures::{self, Figures};
use crate::job::site::Site;
use crate::job::wal::now::fact::{Look, Trouble};
use crate::job::wal::now::{self, Looker, Watched, age};
use crate::source::postgres::physical::position::Position;
use crate::view::{Colour, worst};

/// What `wal check` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "DATABASE")]
    pub database: Option<String>,
}

/// Looks, and ends as `status` would for what it found.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let (looker, (mut logs, mut binlogs)) = (Looker::default(), (Vec::new(), Vec::new()));
    for (portal, database) in names(&site, args.database.as_deref())? {
        if binlog::is_kept(&site.settings, &portal, &database) {
            binlogs.push(binlog::look(&site, &looker, &portal, &database)?.0);
        } else {
            logs.push(now::look(&site, &looker, &portal, &database)?.0);
        }
    }
    let mut remarks = now::remarks(&logs, site.world.clock.now());
    remarks.extend(binlog::remarks(&binlogs, site.world.clock.now()));
    let exit = match worst(&remarks) {
        Colour::Green => ExitCode::Done,
        Colour::Amber => ExitCode::Warnings,
        Colour::Red => ExitCode::HumanNeeded,
    };
    let mut lines = Vec::new();
    for remark in &remarks {
        let words = frame.about(&remark.subject, &frame.catalog.say(&remark.message));
        let colour = frame.catalog.say(&remark.colour.message());
        lines.extend(hanging(&format!("  {colour}  "), &words));
    }
    lines.extend(told(frame, &figures::of(&logs, &binlogs)));
    let remarks = remarks.iter().map(|remark| {
        json!({
            "colour": remark.colour.as_str(),
            "subject": remark.subject,
            "id": remark.message.id,
            "message": frame.catalog.say(&remark.message),
        })
    });
    let json = json!({
        "remarks": remarks.collect::<Vec<_>>(),
        "logs": logs.iter().map(|one| as_json(frame, one)).collect::<Vec<_>>(),
        "binary-logs": binlogs.iter().map(|one| binary::as_json(frame, one)).collect::<Vec<_>>(),
    });
    Ok(Report::done(json).exit(exit).lines(lines))
}

/// The database that was named, or every one whose log is kept.
fn names(site: &Site, named: Option<&str>) -> Result<Vec<(String, String)>, AnyFault> {
    let Some(named) = named else {
        let wals = now::logs(&site.settings).map(|(portal, database, _)| (portal, database));
        let all = wals.chain(binlog::logs(&site.settings).map(|(portal, one, _)| (portal, one)));
        return Ok(all.map(|(portal, one)| (portal.id.clone(), one.name.clone())).collect());
    };
    match named.split_once('/') {
        Some((portal, database)) if binlog::is_kept(&site.settings, portal, database) => {
            Ok(vec![(portal.to_owned(), database.to_owned())])
        }
        _ => Ok(vec![now::named(site, named)?]),
    }
}

/// Each log in each repository that is to hold it, with the RPO as it is now.
fn table(frame: &Frame, logs: &[Figures]) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-portal", Align::Left),
        column("wal-label-log", Align::Left),
        column("label-repository", Align::Left),
        column("wal-label-held", Align::Left),
        column("wal-label-rpo", Align::Right),
        column("wal-label-wanted", Align::Right),
        column("wal-label-waiting", Align::Right),
        column("wal-label-fault", Align::Left),
    ]);
    let format = frame.catalog.format();
    let at = frame.world.clock.now();
    let dash = || "—".to_owned();
    for one in logs {
        for shelf in &one.shelves {
            let rpo = shelf.until.and_then(|until| age(until, at));
            let code = shelf.code.as_ref().or(one.code.as_ref());
            table.row([
                one.portal.clone(),
                one.database.clone(),
                shelf.repository.clone(),
                shelf.until.map_or_else(dash, |until| format.instant(until)),
                rpo.map_or_else(dash, |rpo| format.duration(rpo)),
                format.duration(one.rpo),
                shelf.waiting.map_or_else(dash, |bytes| format.bytes(bytes)),
                code.cloned().unwrap_or_else(dash),
            ]);
        }
    }
    table
}

/// The same for programs.
pub(in crate::cli) fn as_json(frame: &Frame, one: &Watched) -> Value {
    let look = one.known();
    let at = frame.world.clock.now();
    let repositories = one.to.iter().map(|name| shelf_json(name, look, at));
    let server = look.and_then(|look| look.server.as_ref());
    json!({
        "portal": one.portal,
        "database": one.database,
        "rpo-seconds": one.wal.rpo.as_secs(),
        "waiting-limit-bytes": one.wal.waiting,
        "looked": look.map(|look| look.at.to_string()),
        "code": one.look.as_ref().err().map(|fault| fault.code()),
        "server": server.map(|server| json!({
            "asked": server.at.to_string(),
            "system": server.system.to_string(),
            "timeline": server.timeline,
            "position": Position(server.position).to_string(),
            "archives": server.archives,
            "handed-over": server.archived,
            "fails-at": server.failing.as_ref().map(|failing| &failing.code),
            "waiting-files": server.ready,
            "slot": server.slot.as_ref().map(|slot| json!({
                "name": slot.name,
                "there": slot.there,
                "lost": slot.lost,
                "active": slot.active,
                "from": slot.reserved.map(|from| Position(from).to_string()),
            })),
        })),
        "unasked": trouble(look.and_then(|look| look.unasked.as_ref())),
        "set-back": trouble(look.and_then(|look| look.rewound.as_ref())),
        "refused": trouble(look.and_then(|look| look.refused.as_ref())),
        "repositories": repositories.collect::<Vec<_>>(),
    })
}

pub(super) fn trouble(trouble: Option<&Trouble>) -> Value {
    trouble.map_or(
        Value::Null,
        |trouble| json!({"since": trouble.since.to_string(), "code": trouble.code}),
    )
}

fn shelf_json(name: &str, look: Option<&Look>, at: Timestamp) -> Value {
    let shelf = look.and_then(|look| look.repositories.get(name)).cloned().unwrap_or_default();
    let age = shelf.until.and_then(|until| age(until, at));
    let gaps = shelf.gaps.iter();
    json!({
        "repository": name,
        "held-until": shelf.until.map(|until| until.to_string()),
        "held-since": shelf.since.map(|since| since.to_string()),
        "rpo-now-seconds": age.map(|age| age.as_secs()),
        "from": shelf.held.map(|held| Position(held.from).to_string()),
        "to": shelf.held.map(|held| Position(held.to).to_string()),
        "waiting-bytes": look.and_then(|look| look.waiting(&shelf)),
        "gaps": gaps
            .map(|gap| json!({"first": gap.first, "last": gap.last, "count": gap.count}))
            .collect::<Vec<_>>(),
        "base": shelf.base.as_ref().map(|base| &base.set),
        "from-base": shelf.from_base,
        "read": shelf.read.map(|read| read.to_string()),
        "unread": trouble(shelf.unread.as_ref()),
    })
}

/// The same with every gap by name; nothing where no log is kept.
pub(in crate::cli) fn told(frame: &Frame, logs: &[Figures]) -> Vec<String> {
    if logs.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new()];
    lines.extend(table(frame, logs).lines());
    for one in logs {
        for shelf in &one.shelves {
            lines.extend(shelf.gaps.iter().map(|gap| {
                let values = Values::none()
                    .text("portal", &one.portal)
                    .text("database", &one.database)
                    .text("repository", &shelf.repository)
                    .text("first", &gap.first)
                    .text("last", &gap.last)
                    .number("count", gap.count);
                frame.say("wal-check-gap", values)
            }));
        }
    }
    lines
}
