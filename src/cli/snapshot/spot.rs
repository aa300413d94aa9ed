//! `snapshot spot`: a sample of the live sources beside the newest set.

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values, Fault as _};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::snapshot::short;
use crate::cli::table::{Align, List, Table};
use crate::job::spot::{self, DatabaseSpot, Request, Spotted, TreeSpot};

/// What `snapshot spot` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
    #[arg(long, value_name = "NUMBER", default_value = "100",
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub files: u32,
    #[arg(long, value_name = "PERCENT", default_value = "10",
          value_parser = clap::value_parser!(u64).range(0..=1000))]
    pub tolerance: u64,
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
}

/// What inventories could not see, of each database; a program is told of more.
const BLIND_MAX: usize = 5;

/// Patterns of each tree that are told; those that leave out most come first.
const LEFT_OUT_MAX: usize = 5;

/// Looks.
pub(super) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let request = Request {
        portal: args.portal.clone(),
        repository: args.repository.clone(),
        files: args.files as usize,
        tolerance: args.tolerance,
        seed: args.seed,
    };
    let spotted = spot::run(&site, &request)?;
    Ok(Report::done(as_json(frame, &args.portal, &spotted))
        .exit(spotted.exit())
        .lines(facts(frame, &spotted).lines())
        .lines(trees(frame, &spotted).lines())
        .warnings(warnings(frame, &spotted)))
}

fn facts(frame: &Frame, spotted: &Spotted) -> List {
    let mut list = List::default();
    list.row(frame.word("label-set"), short(&spotted.set));
    list.row(frame.word("label-repository"), &spotted.repository);
    list.row(frame.word("spot-label-seed"), spotted.seed.to_string());
    for one in &spotted.databases {
        let values = Values::none().text("database", &one.name).number("tables", one.tables);
        let outside = one.outside.count;
        if one.fault.is_none() {
            let words = frame.say("spot-database", values.number("outside", outside));
            list.row(frame.word("label-database"), words);
        }
        if let Some(fault) = one.fault.as_ref().filter(|_| one.is_beyond()) {
            let why = frame.catalog.fault(fault.as_ref());
            list.row(frame.word("spot-label-beyond"), frame.about(&one.name, &why));
        }
        for blind in one.blind.first.iter().take(BLIND_MAX) {
            let whose = if blind.is_live { "live" } else { "set" };
            let values = Values::none().text("database", &one.name).text("whose", whose);
            let words = frame.say("spot-blind", values.text("detail", &blind.detail));
            list.row(frame.word("label-database"), words);
        }
    }
    let format = frame.catalog.format();
    for tree in spotted.trees.iter().filter(|tree| tree.is_beyond()) {
        for (path, fault) in &tree.unread.first {
            let why = frame.catalog.fault(fault);
            list.row(frame.word("spot-label-beyond"), frame.about(path, &why));
        }
    }
    for tree in &spotted.trees {
        for one in tree.left_out.iter().take(LEFT_OUT_MAX) {
            let values = Values::none()
                .text("tree", &tree.path)
                .text("pattern", &one.pattern)
                .number("files", one.files)
                .number("closed", one.closed)
                .text("bytes", format.bytes(one.bytes))
                .text("examples", one.examples.join(", "));
            list.row(frame.word("spot-label-left-out"), frame.say("spot-left-out", values));
        }
        let more = tree.left_out.len().saturating_sub(LEFT_OUT_MAX) as u64;
        let values = Values::none().text("tree", &tree.path).number("count", more);
        if more > 0 {
            list.row(frame.word("spot-label-left-out"), frame.say("spot-left-out-more", values));
        }
    }
    list
}

fn trees(frame: &Frame, spotted: &Spotted) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-tree", Align::Left),
        column("label-files", Align::Right),
        column("spot-label-same", Align::Right),
        column("spot-label-moved", Align::Right),
        column("spot-label-findings", Align::Right),
    ]);
    let format = frame.catalog.format();
    for tree in &spotted.trees {
        table.row([
            tree.path.clone(),
            format.number(tree.live.0),
            format.number(tree.same.0),
            format.number(tree.moved),
            format.number(tree.findings.count),
        ]);
    }
    table
}

fn warnings(frame: &Frame, spotted: &Spotted) -> Vec<String> {
    let (mut findings, mut others, mut unnamed) = (Vec::new(), Vec::new(), Vec::new());
    for tree in &spotted.trees {
        findings.extend(tree.findings.first.iter().map(|(path, kind)| {
            let values = Values::none().text("path", path).text("kind", *kind);
            frame.say("spot-finding", values)
        }));
        others.extend(of_tree(frame, tree));
        unnamed.extend(more(frame, &tree.path, "findings", tree.findings.unnamed()));
        unnamed.extend(more(frame, &tree.path, "apart", tree.apart.unnamed()));
        unnamed.extend(more(frame, &tree.path, "unread", tree.unread.unnamed()));
    }
    for one in &spotted.databases {
        others.extend(of_database(frame, one));
        unnamed.extend(more(frame, &one.name, "outside", one.outside.unnamed()));
        unnamed.extend(more(frame, &one.name, "tables-apart", one.apart.unnamed()));
        unnamed.extend(more(frame, &one.name, "blind", one.blind.unnamed()));
    }
    let mut warnings = frame.capped(findings);
    warnings.extend(frame.capped(others));
    warnings.extend(unnamed);
    warnings
}

fn of_tree(frame: &Frame, tree: &TreeSpot) -> Vec<String> {
    let mut others = Vec::new();
    if tree.is_outside {
        let format = frame.catalog.format();
        let values = Values::none()
            .text("tree", &tree.path)
            .number("files", tree.live.0)
            .number("noted", tree.noted.0)
            .text("bytes", format.bytes(tree.live.1))
            .text("bytes-noted", format.bytes(tree.noted.1));
        others.push(frame.say("spot-tree-outside", values));
    }
    others.extend(tree.apart.first.iter().map(|(path, why)| {
        let values = Values::none().text("path", path).text("why", why.as_str());
        frame.say("spot-apart", values)
    }));
    // What nobody can look at is a fact of the portal, not a warning.
    let unread = tree.unread.first.iter().filter(|_| !tree.is_beyond());
    others.extend(unread.map(|(path, fault)| {
        let reason = frame.catalog.fault(fault);
        let values = Values::none().text("path", path).text("reason", reason);
        frame.say("spot-unread", values)
    }));
    others
}

fn of_database(frame: &Frame, one: &DatabaseSpot) -> Vec<String> {
    let mut others = Vec::new();
    others.extend(one.outside.first.iter().map(|(table, noted, rows)| {
        let values = Values::none().text("database", &one.name).text("table", table);
        let values = values.number("noted", *noted);
        match rows {
            Some(rows) => frame.say("spot-table-outside", values.number("rows", *rows)),
            None => frame.say("spot-table-gone", values),
        }
    }));
    others.extend(one.apart.first.iter().map(|table| {
        let values = Values::none().text("database", &one.name).text("table", table);
        frame.say("spot-table-apart", values)
    }));
    others.extend(one.fault.as_ref().filter(|_| !one.is_beyond()).map(|fault| {
        let told = frame.catalog.fault(fault.as_ref());
        let values = Values::none().text("database", &one.name).text("fault", told);
        frame.say("spot-uncounted", values)
    }));
    others
}

/// That there are more than are named, of this kind.
fn more(frame: &Frame, place: &str, kind: &str, count: u64) -> Option<String> {
    let values = Values::none().text("place", place).text("kind", kind).number("count", count);
    (count > 0).then(|| frame.say("spot-more", values))
}

fn as_json(frame: &Frame, portal: &str, spotted: &Spotted) -> Value {
    let trees = spotted.trees.iter().map(|tree| {
        let named = |list: &[(String, &str)]| -> Vec<Value> {
            list.iter().map(|(path, kind)| json!({"path": path, "kind": kind})).collect()
        };
        let unread = tree.unread.first.iter();
        json!({
            "path": tree.path,
            "files": tree.live.0,
            "bytes": tree.live.1,
            "files-noted": tree.noted.0,
            "bytes-noted": tree.noted.1,
            "outside": tree.is_outside,
            "same": tree.same.0,
            "bytes-same": tree.same.1,
            "moved": tree.moved,
            "findings-count": tree.findings.count,
            "findings": named(&tree.findings.first),
            "left-out": tree.left_out.iter()
                .map(|one| json!({
                    "pattern": one.pattern,
                    "files": one.files,
                    "bytes": one.bytes,
                    "closed": one.closed,
                    "examples": one.examples,
                }))
                .collect::<Vec<_>>(),
            "apart-count": tree.apart.count,
            "apart": tree.apart.first.iter()
                .map(|(path, why)| json!({"path": path, "why": why.as_str()}))
                .collect::<Vec<_>>(),
            "unread-count": tree.unread.count,
            "unread": unread
                .map(|(path, fault)| json!({
                    "path": path,
                    "code": fault.code(),
                    "message": frame.catalog.fault(fault),
                }))
                .collect::<Vec<_>>(),
        })
    });
    let databases = spotted.databases.iter().map(|one| {
        let outside = one.outside.first.iter();
        json!({
            "name": one.name,
            "tables": one.tables,
            "outside-count": one.outside.count,
            "outside": outside
                .map(|(table, noted, rows)| json!({"table": table, "noted": noted, "rows": rows}))
                .collect::<Vec<_>>(),
            "apart-count": one.apart.count,
            "apart": one.apart.first,
            "blind-count": one.blind.count,
            "blind": one.blind.first.iter()
                .map(|blind| json!({"live": blind.is_live, "detail": blind.detail}))
                .collect::<Vec<_>>(),
            "code": one.fault.as_ref().map(|fault| fault.code()),
            "message": one.fault.as_ref().map(|fault| frame.catalog.fault(fault.as_ref())),
        })
    });
    json!({
        "portal": portal,
        "set": spotted.set.to_string(),
        "repository": spotted.repository,
        "seed": spotted.seed.to_string(),
        "trees": trees.collect::<Vec<_>>(),
        "databases": databases.collect::<Vec<_>>(),
    })
}
