//! `audit key rotate`: a new key takes over the signing of the log.

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::audit::fingerprint;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::List;
use crate::job::signing_key::{self, SigningKey};

/// What `audit key` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `audit key`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Rotate(Rotate),
}

/// What `audit key rotate` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Rotate {
    #[arg(long, value_name = "NAME")]
    pub by: String,
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[arg(long)]
    pub dry_run: bool,
}

/// Does what the verb says.
pub(super) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    match &args.verb {
        Verb::Rotate(args) => rotate(args, frame),
    }
}

fn rotate(args: &Rotate, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let mut list = List::default();
    if args.dry_run {
        let key = signing_key::plan(&site)?;
        list.row(frame.word("label-signer"), told(frame, &key));
        list.row(frame.word("label-public-key"), &key.vkey);
        list.row(frame.word("label-fingerprint"), fingerprint(&key.vkey));
        let json = json!({"dry-run": true, "signer": as_json(&key)});
        let report = Report::done(json).lines(list.lines());
        return Ok(report.sentence(&frame.word("audit-key-dry-run")));
    }
    let rotated = signing_key::rotate(&site, &args.by, &args.reason)?;
    for (label, vkey) in [("label-old-key", &rotated.from), ("label-new-key", &rotated.to)] {
        list.row(frame.word(label), vkey);
        list.row(frame.word("label-fingerprint"), fingerprint(vkey));
    }
    list.row(frame.word("label-handover"), rotated.path.display().to_string());
    let json = json!({
        "dry-run": false,
        "from": rotated.from,
        "from-fingerprint": fingerprint(&rotated.from),
        "to": rotated.to,
        "to-fingerprint": fingerprint(&rotated.to),
        "size": rotated.size,
        "handover": rotated.path.display().to_string(),
    });
    let values = Values::none()
        .text("new", id(&rotated.to))
        .text("old", id(&rotated.from))
        .number("size", rotated.size);
    Ok(Report::done(json)
        .lines(list.lines())
        .sentence(&frame.say("audit-key-rotated", values))
        .sentence(&frame.word("audit-key-hand-out"))
        .sentence(&frame.word("audit-key-theft")))
}

/// The key for people: its id, how it came to sign, and how long it has.
pub(in crate::cli) fn told(frame: &Frame, key: &SigningKey) -> String {
    let values = Values::none().text("id", id(&key.vkey)).number("number", key.rotations);
    let Some(since) = key.since else {
        let word = if key.rotations == 0 { "audit-key-first" } else { "audit-key-later" };
        return frame.say(word, values);
    };
    // In whole seconds: nobody asks for less of a key.
    let age = u64::try_from(frame.world.clock.now().duration_since(since).as_secs()).unwrap_or(0);
    let values = values.time("since", since).number("age", age.saturating_mul(1_000));
    let is_first = key.rotations == 0;
    frame.say(if is_first { "audit-key-first-since" } else { "audit-key-later-since" }, values)
}

/// The same for programs.
pub(in crate::cli) fn as_json(key: &SigningKey) -> Value {
    json!({
        "key": key.vkey,
        "id": id(&key.vkey),
        "fingerprint": fingerprint(&key.vkey),
        "since": key.since.map(|since| since.to_string()),
        "rotations": key.rotations,
    })
}

/// The id by which signatures name the key.
fn id(vkey: &str) -> &str {
    vkey.split('+').nth(1).unwrap_or_default()
}
