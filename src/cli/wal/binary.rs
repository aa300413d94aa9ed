//! How far binary logs are held, for programs.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::frame::Frame;
use crate::cli::wal::check::trouble;
use crate::job::binlog::now::Watched;
use crate::job::binlog::now::fact::{Look, Place};
use crate::job::wal::now::age;

/// One log, as the newest look found it.
pub(in crate::cli) fn as_json(frame: &Frame, one: &Watched) -> Value {
    let look = one.known();
    let at = frame.world.clock.now();
    let repositories = one.to.iter().map(|name| shelf(name, look, at));
    let server = look.and_then(|look| look.server.as_ref());
    json!({
        "portal": one.portal,
        "database": one.database,
        "rpo-seconds": one.binlog.rpo.as_secs(),
        "waiting-limit-bytes": one.binlog.waiting,
        "looked": look.map(|look| look.at.to_string()),
        "code": one.look.as_ref().err().map(|fault| fault.code()),
        "server": server.map(|server| json!({
            "asked": server.at.to_string(),
            "system": server.system,
            "line": look.and_then(|look| look.line.as_ref()),
            "position": server.end.to_string(),
            "gtid": server.ended,
        })),
        "unasked": trouble(look.and_then(|look| look.unasked.as_ref())),
        "set-back": trouble(look.and_then(|look| look.rewound.as_ref())),
        "refused": trouble(look.and_then(|look| look.refused.as_ref())),
        "repositories": repositories.collect::<Vec<_>>(),
    })
}

fn shelf(name: &str, look: Option<&Look>, at: Timestamp) -> Value {
    let shelf = look.and_then(|look| look.repositories.get(name)).cloned().unwrap_or_default();
    let age = shelf.until.and_then(|until| age(until, at));
    let gaps = shelf.gaps.iter();
    json!({
        "repository": name,
        "held-until": shelf.until.map(|until| until.to_string()),
        "held-since": shelf.since.map(|since| since.to_string()),
        "rpo-now-seconds": age.map(|age| age.as_secs()),
        "line": shelf.line,
        "from": shelf.held.as_ref().map(|held| Place::to_string(&held.from)),
        "to": shelf.held.as_ref().map(|held| Place::to_string(&held.to)),
        "waiting-bytes": shelf.waiting,
        "gaps": gaps
            .map(|gap| json!({"first": gap.first, "last": gap.last, "count": gap.count}))
            .collect::<Vec<_>>(),
        "set": shelf.base.as_ref().map(|base| &base.set),
        "from-set": shelf.from_base,
        "read": shelf.read.map(|read| read.to_string()),
        "unread": trouble(shelf.unread.as_ref()),
    })
}
