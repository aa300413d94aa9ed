//! `repository repair --packs`: saves what is whole in damaged packs, and names what is lost.

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::repository::repair::{Args, with_rest};
use crate::cli::table::List;
use crate::job::object_lock;
use crate::job::repair::{self, Mended, Named};
use crate::job::site::Site;
use crate::repository::PackId;
use crate::repository::layout;
use crate::repository::repair::{PackFound, PackState};

/// Repairs these packs, or where there are none those on record; or says what would be changed.
pub(super) fn run(
    site: &Site,
    args: &Args,
    ids: &[PackId],
    frame: &Frame,
) -> Result<Report, AnyFault> {
    let named = if ids.is_empty() { Named::OnRecord } else { Named::These(ids) };
    let repair = if args.dry_run { repair::look_at_packs } else { repair::packs };
    let mended = repair(site, &args.name, named)?;
    let mut report = Report::done(as_json(&args.name, &mended))
        .exit(mended.exit())
        .lines(lines(frame, &args.name, &mended))
        .sentence(&ended(frame, &mended));
    if mended.hides && mended.has_going() {
        report = report.sentence(&frame.word("repair-packs-hides"));
    }
    if mended.unnamed > 0 {
        let count = Values::none().number("count", mended.unnamed);
        report = report.sentence(&frame.say("repair-packs-unnamed", count));
    }
    Ok(with_rest(report, frame, args, mended.left.as_ref(), mended.fault.as_ref()))
}

fn lines(frame: &Frame, name: &str, mended: &Mended) -> Vec<String> {
    let format = frame.catalog.format();
    let going = || mended.found.iter().filter(|found| found.state.goes());
    let mut list = List::default();
    list.row(frame.word("label-repository"), name);
    list.row(frame.word("repair-packs-read"), format.number(mended.found.len() as u64));
    list.row(frame.word("repair-packs-damaged"), format.number(going().count() as u64));
    let (blobs, good) =
        going().fold((0, 0), |(blobs, good), found| (blobs + found.blobs, good + found.good));
    let values = Values::none().number("blobs", blobs).number("good", good);
    list.row(frame.word("repair-packs-good"), frame.say("repair-packs-good-of", values));
    if let Some(done) = &mended.done {
        list.row(frame.word("repair-packs-written"), format.number(done.packs_written));
        list.row(frame.word("repair-packs-removed"), format.number(done.packs_removed));
        list.row(frame.word("repair-replaced"), format.number(done.replaced));
    }
    let mut lines = list.lines();
    let told = mended.found.iter().map(|found| told(frame, found)).collect();
    lines.extend(frame.capped(told).into_iter().map(|line| format!("- {line}")));
    lines
}

fn told(frame: &Frame, found: &PackFound) -> String {
    let values = Values::none()
        .text("object", layout::pack(&found.id))
        .number("blobs", found.blobs)
        .number("good", found.good);
    match &found.state {
        PackState::Sound => frame.say("repair-pack-sound", values),
        PackState::Misindexed => frame.say("repair-pack-misindexed", values),
        PackState::Damaged { reason } => {
            frame.say("repair-pack-damaged", values.text("reason", reason))
        }
        PackState::Missing => frame.say("repair-pack-missing", values),
        PackState::Opaque { reason } => {
            frame.say("repair-pack-opaque", values.text("reason", reason))
        }
        PackState::Unknown => frame.say("repair-pack-unknown", values),
    }
}

fn ended(frame: &Frame, mended: &Mended) -> String {
    frame.word(match (&mended.fault, &mended.done) {
        (Some(_), _) => "repair-packs-stopped",
        (None, _) if !mended.has_going() => "repair-packs-nothing",
        (None, None) => "repair-packs-dry-run",
        (None, Some(_)) => "repair-packs-done",
    })
}

fn as_json(name: &str, mended: &Mended) -> Value {
    let packs = mended.found.iter().map(|found| {
        let reason = match &found.state {
            PackState::Damaged { reason } | PackState::Opaque { reason } => Some(reason),
            _ => None,
        };
        json!({
            "id": found.id,
            "state": found.state.as_str(),
            "reason": reason,
            "blobs": found.blobs,
            "good": found.good,
            "good-bytes": found.good_bytes,
        })
    });
    let done = mended.done.as_ref().map(|done| {
        json!({
            "saved": done.saved,
            "packs-written": done.packs_written,
            "bytes-written": done.bytes_written,
            "packs-removed": done.packs_removed,
            "replaced": done.replaced,
        })
    });
    json!({
        "name": name,
        "dry-run": mended.done.is_none(),
        "packs": packs.collect::<Vec<_>>(),
        "done": done,
        "unnamed": mended.unnamed,
        "hides": mended.hides,
        "left": null,
        "object-lock": mended.locked.as_ref().map(object_lock::as_json),
    })
}
