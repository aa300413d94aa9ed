//! `snapshot list`: the sets, oldest first.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values, Fault as _, chain};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::snapshot::{given_tags, short};
use crate::cli::table::{Align, Table};
use crate::job::hold;
use crate::job::sets::{self, Listed, Unreadable};
use crate::job::site::{Site, is_evidence};
use crate::view::protection::Hold;

/// Who holds which sets, by id.
type Holds = BTreeMap<String, Hold>;

/// What `snapshot list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
}

/// Lists them.
pub(super) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let listing = sets::list(&site, args.repository.as_deref(), args.portal.as_deref())?;
    let (holds, unknown) = holds(&site, frame, &listing.sets);
    let lines = match (listing.sets.is_empty(), listing.unreadable.is_empty()) {
        (true, true) => vec![frame.word("snapshot-list-empty")],
        // "There are no sets" would be untrue; the warnings say what there is.
        (true, false) => Vec::new(),
        (false, _) => {
            let table = table(frame, &listing.sets, &holds).lines().into_iter();
            table.chain(tags(frame, &listing.sets)).collect()
        }
    };
    let json = json!({
        "sets": listing.sets.iter().map(|one| as_json(one, &holds)).collect::<Vec<_>>(),
        "unreadable": listing.unreadable.iter().map(unreadable_as_json).collect::<Vec<_>>(),
    });
    let warnings = listing.unreadable.iter().map(|one| warning(frame, one)).chain(unknown);
    Ok(Report::done(json).exit(listing.exit()).lines(lines).warnings(warnings))
}

/// Who holds what, or a warning: a host without a log, or with one that cannot be read, must see
/// its sets all the more.
fn holds(site: &Site, frame: &Frame, sets: &[Listed]) -> (Holds, Option<String>) {
    match site.log().and_then(|log| hold::protection(site, &log)) {
        Ok(protection) => {
            let held = sets.iter().filter_map(|one| {
                let id = one.id.to_string();
                let hold = protection.hold_of(&one.repository, &id, one.portal.as_deref())?;
                Some((id, hold))
            });
            (held.collect(), None)
        }
        Err(fault) => {
            let values = Values::none().text("fault", frame.catalog.fault(fault.as_ref()));
            (Holds::new(), Some(frame.say("snapshot-list-holds-unknown", values)))
        }
    }
}

fn warning(frame: &Frame, one: &Unreadable) -> String {
    let values = Values::none()
        .text("set", one.id.to_string())
        .text("repository", &one.repository)
        .text("fault", frame.catalog.fault(&one.fault));
    frame.say("snapshot-unreadable", values)
}

fn table(frame: &Frame, listed: &[Listed], holds: &Holds) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-set", Align::Left),
        column("label-time", Align::Left),
        column("label-portal", Align::Left),
        column("label-repository", Align::Left),
        column("label-files", Align::Right),
        column("label-size", Align::Right),
    ]);
    let format = frame.catalog.format();
    for one in listed {
        // Sets that other programs took may come without figures.
        let summary = one.snapshot.summary.as_ref();
        let figure = |text: Option<String>| text.unwrap_or_else(|| "—".to_owned());
        table.row([
            short(&one.id),
            format.instant(one.snapshot.time),
            figure(one.portal.as_ref().map(|portal| named(frame, one, portal, holds))),
            one.repository.clone(),
            figure(summary.map(|summary| format.number(summary.total_files_processed))),
            figure(summary.map(|summary| format.bytes(summary.total_bytes_processed))),
        ]);
    }
    table
}

/// A set taken as evidence is told apart at a glance: whoever looks for one to restore must not
/// pick it by its date.
fn named(frame: &Frame, one: &Listed, portal: &str, holds: &Holds) -> String {
    let values = Values::none().text("portal", portal);
    if is_evidence(&one.snapshot) {
        frame.say("snapshot-list-evidence", values)
    } else if holds.contains_key(&one.id.to_string()) {
        frame.say("snapshot-list-held", values)
    } else {
        portal.to_owned()
    }
}

/// What people tagged sets with, below the list: there is no room beside it.
fn tags(frame: &Frame, listed: &[Listed]) -> Vec<String> {
    let columns = ["label-set", "label-repository", "label-tags"];
    let mut table = Table::new(columns.map(|id| (frame.word(id), Align::Left)));
    let tagged = listed.iter().map(|one| (one, given_tags(&one.snapshot.tags)));
    let tagged: Vec<_> = tagged.filter(|(_, tags)| !tags.is_empty()).collect();
    if tagged.is_empty() {
        return Vec::new();
    }
    for (one, tags) in tagged {
        table.row([short(&one.id), one.repository.clone(), tags]);
    }
    std::iter::once(String::new()).chain(table.lines()).collect()
}

fn as_json(one: &Listed, holds: &Holds) -> Value {
    let summary = one.snapshot.summary.as_ref();
    json!({
        "id": one.id.to_string(),
        "time": one.snapshot.time.to_string(),
        "portal": one.portal,
        "repository": one.repository,
        "host": one.snapshot.hostname,
        "program": one.snapshot.program_version,
        "tags": one.snapshot.tags,
        "files": summary.map(|summary| summary.total_files_processed),
        "bytes": summary.map(|summary| summary.total_bytes_processed),
        "held": holds.get(&one.id.to_string()).map(|hold| {
            json!({"by": hold.by, "reason": hold.reason, "since": hold.at.to_string()})
        }),
    })
}

fn unreadable_as_json(one: &Unreadable) -> Value {
    json!({
        "id": one.id.to_string(),
        "repository": one.repository,
        "code": one.fault.code(),
        "error": chain(&one.fault),
    })
}
