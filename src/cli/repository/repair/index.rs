//! `repository repair --index`: builds an index again, and names what is lost for good.

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::repository::repair::{Args, with_rest};
use crate::cli::table::List;
use crate::job::object_lock;
use crate::job::repair::{self, Repaired};
use crate::job::site::Site;
use crate::repository::PackId;
use crate::repository::layout;
use crate::repository::repair::Headers;

/// Repairs the index, or says what would be changed.
pub(super) fn run(site: &Site, args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let headers = if args.all_headers { Headers::All } else { Headers::Doubtful };
    let repair = if args.dry_run { repair::look } else { repair::index };
    let repaired = repair(site, &args.name, headers)?;
    let report = Report::done(as_json(&args.name, args.dry_run, &repaired))
        .exit(repaired.exit())
        .lines(lines(frame, &args.name, &repaired))
        .sentence(&ended(frame, args.dry_run, &repaired));
    Ok(with_rest(report, frame, args, repaired.left.as_ref(), repaired.fault.as_ref()))
}

fn lines(frame: &Frame, name: &str, repaired: &Repaired) -> Vec<String> {
    let format = frame.catalog.format();
    let Repaired { figures, index, .. } = repaired;
    let mut list = List::default();
    list.row(frame.word("label-repository"), name);
    list.row(frame.word("repair-files"), format.number(figures.files));
    list.row(frame.word("label-packs"), format.number(figures.packs));
    list.row(frame.word("repair-headers"), format.number(index.headers));
    list.row(frame.word("repair-listed"), format.number(index.listed.len() as u64));
    list.row(frame.word("repair-replaced"), format.number(index.replaced));
    let mut lines = list.lines();
    let about_pack = |id: &'static str, pack: &PackId| {
        frame.say(id, Values::none().text("object", layout::pack(pack)))
    };
    let because = |id: &'static str, object: &dyn std::fmt::Display, reason: &str| {
        frame.say(id, Values::none().text("object", object).text("reason", reason))
    };
    let unreadable = index.unreadable.iter();
    let mut told: Vec<_> =
        unreadable.map(|(name, reason)| because("verify-damage-index", name, reason)).collect();
    told.extend(index.missing.iter().map(|pack| about_pack("repair-missing", pack)));
    told.extend(index.corrected.iter().map(|pack| about_pack("repair-corrected", pack)));
    let bad = index.bad.iter();
    told.extend(bad.map(|(pack, why)| because("repair-bad", &layout::pack(pack), why)));
    lines.extend(frame.capped(told).into_iter().map(|line| format!("- {line}")));
    lines
}

fn ended(frame: &Frame, is_dry_run: bool, repaired: &Repaired) -> String {
    frame.word(match (&repaired.fault, is_dry_run) {
        (Some(_), _) => "repair-stopped",
        (None, _) if repaired.index.is_unchanged() => "repair-nothing",
        (None, true) => "repair-dry-run",
        (None, false) => "repair-done",
    })
}

fn as_json(name: &str, is_dry_run: bool, repaired: &Repaired) -> Value {
    let Repaired { figures, index, .. } = repaired;
    let bad = index.bad.iter().map(|(pack, reason)| json!({"id": pack, "reason": reason}));
    let unreadable = index.unreadable.iter();
    let unreadable =
        unreadable.map(|(name, reason)| json!({"object": name.to_string(), "reason": reason}));
    json!({
        "name": name,
        "dry-run": is_dry_run,
        "files": figures.files,
        "packs": figures.packs,
        "headers": index.headers,
        "listed": index.listed,
        "corrected": index.corrected,
        "missing": index.missing,
        "bad": bad.collect::<Vec<_>>(),
        "unreadable": unreadable.collect::<Vec<_>>(),
        "replaced": index.replaced,
        "left": null,
        "object-lock": repaired.locked.as_ref().map(object_lock::as_json),
    })
}
