//! `audit anchor`: the signed head goes where whoever rules this host cannot change it, or into a file
//! that a person takes there.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::audit::Head;
use crate::base::digest::Digest;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{List, hanging};
use crate::job::anchor::{self, Anchored, Fate, Proof};

/// What `audit anchor` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Anchor {
    #[arg(value_name = "NAME", conflicts_with = "out")]
    pub names: Vec<String>,
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub out: Option<PathBuf>,
    #[arg(long)]
    pub dry_run: bool,
}

/// Does it.
pub(super) fn run(args: &Anchor, frame: &Frame) -> Result<Report, AnyFault> {
    match &args.out {
        Some(out) => into_file(out, frame),
        None => outside(args, frame),
    }
}

fn into_file(out: &Path, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let log = site.log()?;
    let (head, vkey) = (log.anchor(&site.actor, out)?, log.vkey().to_owned());
    let json = json!({
        "path": out.display().to_string(),
        "key": vkey,
        "fingerprint": fingerprint(&vkey),
        "origin": head.origin,
        "size": head.size,
        "root": head.root.to_string(),
    });
    let values = Values::none().text("path", out.display());
    Ok(Report::done(json)
        .lines([frame.catalog.say(&head.message())])
        .lines(key_lines(frame, &vkey))
        .sentence(&frame.say("audit-anchored", values)))
}

fn outside(args: &Anchor, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let anchored = anchor::run(&site, &args.names, args.dry_run)?;
    let told = anchored.iter().filter(|one| !matches!(one.fate, Fate::Failed(_)));
    let lines: Vec<_> = told.flat_map(|one| hanging("- ", &words(frame, one))).collect();
    let warnings: Vec<_> = anchored.iter().filter_map(|one| warning(frame, one)).collect();
    let json = json!({
        "dry-run": args.dry_run,
        "anchors": anchored.iter().map(|one| as_json(frame, one)).collect::<Vec<_>>(),
    });
    Ok(Report::done(json).exit(anchor::exit(&anchored)).lines(lines).warnings(warnings))
}

fn words(frame: &Frame, one: &Anchored) -> String {
    let named = Values::none().text("anchor", &one.name).text("to", &one.to);
    match &one.fate {
        Fate::Unmoved { size } => frame.say("audit-anchor-unmoved", named.number("size", *size)),
        Fate::Planned(head) => frame.say("audit-anchor-planned", named.number("size", head.size)),
        Fate::Kept(head, Proof::Object(object)) => {
            let values = named
                .number("size", head.size)
                .text("place", &object.place)
                .text("version", &object.version)
                .text("mode", object.lock.mode.as_str())
                .time("until", object.lock.until);
            frame.say("audit-anchor-object", values)
        }
        Fate::Kept(head, Proof::Letter(sent)) => {
            let values = named.number("size", head.size).text("answer", &sent.answer);
            frame.say("audit-anchor-letter", values)
        }
        Fate::Failed(_) => String::new(),
    }
}

fn warning(frame: &Frame, one: &Anchored) -> Option<String> {
    let Fate::Failed(fault) = &one.fate else { return None };
    Some(frame.about(&one.name, &frame.catalog.fault(fault.as_ref())))
}

fn as_json(frame: &Frame, one: &Anchored) -> Value {
    let mut told = json!({"name": one.name, "kind": one.kind, "to": one.to});
    let more = match &one.fate {
        Fate::Unmoved { size } => json!({"result": "unmoved", "size": size}),
        Fate::Planned(head) => with("planned", head, &json!({})),
        Fate::Kept(head, Proof::Object(object)) => {
            let of = json!({
                "object": object.place,
                "version": object.version,
                "mode": object.lock.mode.as_str(),
                "until": object.lock.until.to_string(),
            });
            with("kept", head, &of)
        }
        Fate::Kept(head, Proof::Letter(sent)) => {
            with("kept", head, &json!({"message-id": sent.message_id, "answer": sent.answer}))
        }
        Fate::Failed(fault) => json!({
            "result": "failed",
            "code": fault.code(),
            "message": frame.catalog.fault(fault.as_ref()),
        }),
    };
    merge(&mut told, &more);
    told
}

fn with(result: &str, head: &Head, more: &Value) -> Value {
    let root = head.root.to_string();
    let mut told = json!({"result": result, "size": head.size, "root": root});
    merge(&mut told, more);
    told
}

fn merge(into: &mut Value, more: &Value) {
    if let (Some(into), Some(more)) = (into.as_object_mut(), more.as_object()) {
        into.extend(more.clone());
    }
}

/// What an agency hands to its auditor by another way than its exports.
fn key_lines(frame: &Frame, vkey: &str) -> Vec<String> {
    let mut list = List::default();
    list.row(frame.word("label-public-key"), vkey);
    list.row(frame.word("label-fingerprint"), fingerprint(vkey));
    list.lines()
}

/// What people compare: the page that comes with exports shows the same.
pub(super) fn fingerprint(vkey: &str) -> String {
    Digest::of(vkey.as_bytes()).to_string()
}
