//! `wal check`: looks how far the logs of databases are held, now.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{Align, Table, hanging};
use crate::job::wal::now::fact::{Look, Shelf, Trouble};
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
    let names: Vec<(String, String)> = match &args.database {
        Some(named) => {
            let (portal, database) = now::named(&site, named)?;
            vec![(portal, database)]
        }
        None => now::logs(&site.settings)
            .map(|(portal, database, _)| (portal.id.clone(), database.name.clone()))
            .collect(),
    };
    let looker = Looker::default();
    let mut logs = Vec::new();
    for (portal, database) in names {
        logs.push(now::look(&site, &looker, &portal, &database)?.0);
    }
    let remarks = now::remarks(&logs, site.world.clock.now());
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
    lines.extend(told(frame, &logs));
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
    });
    Ok(Report::done(json).exit(exit).lines(lines))
}

/// Each log in each repository that is to hold it, with the RPO as it is now.
fn table(frame: &Frame, logs: &[Watched]) -> Table {
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
        for repository in &one.to {
            let look = one.known();
            let shelf = look.and_then(|look| look.repositories.get(repository));
            let until = shelf.and_then(|shelf| shelf.until);
            let rpo = until.and_then(|until| age(until, at));
            let waiting = look.zip(shelf).and_then(|(look, shelf)| look.waiting(shelf));
            table.row([
                one.portal.clone(),
                one.database.clone(),
                repository.clone(),
                until.map_or_else(dash, |until| format.instant(until)),
                rpo.map_or_else(dash, |rpo| format.duration(rpo)),
                format.duration(one.wal.rpo),
                waiting.map_or_else(dash, |bytes| format.bytes(bytes)),
                fault(one, shelf).unwrap_or_else(dash),
            ]);
        }
    }
    table
}

/// What keeps it from being held, or from being known.
fn fault(one: &Watched, shelf: Option<&Shelf>) -> Option<String> {
    let look = match &one.look {
        Err(fault) => return Some(fault.code().to_owned()),
        Ok(look) => look.as_ref()?,
    };
    let trouble = shelf.and_then(|shelf| shelf.unread.as_ref());
    let trouble = trouble.or(look.unasked.as_ref()).or(look.refused.as_ref());
    trouble.map(|trouble| trouble.code.clone())
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

fn trouble(trouble: Option<&Trouble>) -> Value {
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
pub(in crate::cli) fn told(frame: &Frame, logs: &[Watched]) -> Vec<String> {
    if logs.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new()];
    lines.extend(table(frame, logs).lines());
    for one in logs {
        let Some(look) = one.known() else { continue };
        for (name, shelf) in &look.repositories {
            lines.extend(shelf.gaps.iter().map(|gap| {
                let values = Values::none()
                    .text("portal", &one.portal)
                    .text("database", &one.database)
                    .text("repository", name)
                    .text("first", &gap.first)
                    .text("last", &gap.last)
                    .number("count", gap.count);
                frame.say("wal-check-gap", values)
            }));
        }
    }
    lines
}
