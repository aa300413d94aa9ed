//! `repository unlock`: removes locks that nobody holds any more, and says of the others why they
//! stay.

use serde_json::{Value, json};

use crate::base::digest::Digest;
use crate::base::fault::{AnyFault, Args as Values, Fault as _, chain};
use crate::cli::ask::Ask;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::repository::each;
use crate::cli::table::List;
use crate::job::hold::Word;
use crate::job::site::Site;
use crate::job::unlock::{self, Answer, Gone, Unlocked};
use crate::repository::RepositoryError;
use crate::repository::unlock::{Held, Locks, WATCH, Why};

/// What `repository unlock` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "REPOSITORY")]
    pub name: Option<String>,
    #[arg(long, value_name = "LOCK", requires_all = ["name", "by", "reason"])]
    pub lock: Option<String>,
    #[arg(long, value_name = "NAME", requires = "lock")]
    pub by: Option<String>,
    #[arg(long, value_name = "TEXT", requires = "lock")]
    pub reason: Option<String>,
    #[arg(long, value_name = "REPOSITORY", requires = "lock")]
    pub confirm: Option<String>,
    #[arg(long, conflicts_with = "lock")]
    pub dry_run: bool,
}

/// Unlocks one repository after the other.
pub(super) fn run(site: &Site, args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let (mut report, results) = each(site, args.name.as_ref(), frame, |name| {
        if args.dry_run {
            return Ok(planned(frame, name, &unlock::plan(site, name)?));
        }
        let unlocked = if let Some(answer) = answer(site, args, name, frame)? {
            unlock::answered(site, name, &answer)?
        } else {
            say_watched(frame, name, &unlock::plan(site, name)?);
            unlock::unlock(site, name)?
        };
        Ok(told(frame, name, &unlocked))
    })?;
    report.json = json!({ "dry-run": args.dry_run, "repositories": results });
    Ok(report)
}

/// A person's answer for the lock that was named, asked for where it was not given.
fn answer(site: &Site, args: &Args, name: &str, frame: &Frame) -> Result<Option<Answer>, AnyFault> {
    let (Some(lock), Some(by), Some(reason)) = (&args.lock, &args.by, &args.reason) else {
        return Ok(None);
    };
    let ask = Ask::of("repository unlock", frame);
    if args.confirm.is_none() && ask.can() {
        for line in lock_lines(frame, &unlock::plan(site, name)?, lock) {
            frame.aside(&line);
        }
    }
    let confirmed = ask.text(args.confirm.as_ref(), "--confirm", "unlock-confirm")?;
    let word = Word { by: by.clone(), reason: reason.clone() };
    Ok(Some(Answer { lock: lock.clone(), word, confirmed }))
}

/// What a person who is asked should have before the eyes.
fn lock_lines(frame: &Frame, locks: &Locks, prefix: &str) -> Vec<String> {
    let named = |held: &&Held| held.id.to_string().starts_with(&prefix.to_ascii_lowercase());
    let lines = locks.held.iter().filter(named);
    lines.flat_map(|held| held_lines(frame, held, "unlock-stays")).collect()
}

/// Minutes in which nothing seems to happen are announced.
fn say_watched(frame: &Frame, name: &str, locks: &Locks) {
    if !locks.held.iter().any(|held| matches!(held.why, Why::Unrefreshed)) {
        return;
    }
    let minutes = frame.catalog.format().duration(WATCH);
    let values = Values::none().text("repository", name).text("time", minutes);
    frame.aside(&frame.say("unlock-may-watch", values));
}

fn planned(frame: &Frame, name: &str, locks: &Locks) -> Report {
    let stay: Vec<_> = locks.held.iter().filter(|held| !held.why.is_stale()).cloned().collect();
    let exit = unlock::left(&stay, &locks.unreadable);
    let json = json!({
        "name": name,
        "locks": locks.held.iter().map(held_as_json).collect::<Vec<_>>(),
        "unreadable": unreadable_as_json(&locks.unreadable),
    });
    let mut report = Report::done(json).exit(exit).lines(heading(frame, name));
    for held in &locks.held {
        let decision = match held.why {
            Why::ProcessGone => "unlock-would-go",
            Why::Unrefreshed => "unlock-would-be-watched",
            _ => "unlock-stays",
        };
        report = report.lines(held_lines(frame, held, decision));
    }
    let going = locks.held.len() - stay.len();
    let count = Values::none().text("repository", name).number("count", going as u64);
    let sentence = match (locks.held.len() + locks.unreadable.len(), going) {
        (0, _) => frame.word("unlock-none"),
        (_, 0) => frame.word("unlock-nothing"),
        _ => frame.say("unlock-dry-run", count),
    };
    let report = report.sentence(&sentence).lines([String::new()]);
    report.warnings(unreadable_lines(frame, name, &locks.unreadable))
}

fn told(frame: &Frame, name: &str, unlocked: &Unlocked) -> Report {
    let Unlocked { removed, stay, unreadable, fault } = unlocked;
    let mut report = Report::done(as_json(name, unlocked)).exit(unlocked.exit());
    report = report.lines(heading(frame, name));
    for Gone { id, held } in removed {
        report = report.lines(match held {
            Some(held) => held_lines(frame, held, "unlock-removed"),
            None => vec![frame.about(short(id), &frame.word("unlock-removed"))],
        });
    }
    for held in stay {
        report = report.lines(held_lines(frame, held, "unlock-stays"));
    }
    let left = (stay.len() + unreadable.len()) as u64;
    let count = Values::none().number("removed", removed.len() as u64).number("left", left);
    let sentence = match (removed.len(), left) {
        (0, 0) => frame.word("unlock-none"),
        (0, _) => frame.word("unlock-nothing"),
        _ => frame.say("unlock-done", count),
    };
    report = report.sentence(&sentence).lines([String::new()]);
    report = report.warnings(unreadable_lines(frame, name, unreadable));
    let told = fault.as_ref().map(|fault| frame.catalog.fault(fault.as_ref()));
    report.warnings(told.map(|told| frame.about(name, &told)))
}

fn heading(frame: &Frame, name: &str) -> Vec<String> {
    let mut list = List::default();
    list.row(frame.word("label-repository"), name);
    list.lines().into_iter().chain([String::new()]).collect()
}

fn held_lines(frame: &Frame, held: &Held, decision: &str) -> Vec<String> {
    let Held { id, file, why } = held;
    let kind = frame.word(if file.exclusive { "lock-exclusive" } else { "lock-shared" });
    let holder = Values::none()
        .text("user", &file.username)
        .text("host", &file.hostname)
        // A name, not an amount.
        .text("process", file.pid);
    let mut list = List::default();
    list.row(frame.word("label-lock"), format!("{} ({kind})", short(id)));
    list.row(frame.word("label-holder"), frame.say("lock-holder", holder));
    list.row(frame.word("label-refreshed"), frame.catalog.format().instant(file.time));
    list.row(frame.word("label-decision"), frame.word(decision));
    list.row(frame.word("label-why"), frame.catalog.say(&why.message()));
    list.lines().into_iter().chain([String::new()]).collect()
}

fn unreadable_lines(
    frame: &Frame,
    name: &str,
    unreadable: &[(Digest, RepositoryError)],
) -> Vec<String> {
    let told =
        |(_, fault): &(Digest, RepositoryError)| frame.about(name, &frame.catalog.fault(fault));
    frame.capped(unreadable.iter().map(told).collect())
}

/// As much of a lock's name as tells it from the others.
fn short(id: &Digest) -> String {
    id.to_string()[..8].to_owned()
}

fn as_json(name: &str, unlocked: &Unlocked) -> Value {
    let Unlocked { removed, stay, unreadable, fault } = unlocked;
    let gone = removed.iter().map(|Gone { id, held }| match held {
        Some(held) => held_as_json(held),
        None => json!({"id": id.to_string()}),
    });
    let mut json = json!({
        "name": name,
        "removed": gone.collect::<Vec<_>>(),
        "stay": stay.iter().map(held_as_json).collect::<Vec<_>>(),
        "unreadable": unreadable_as_json(unreadable),
    });
    if let Some(fault) = fault {
        json["code"] = json!(fault.code());
        json["error"] = json!(chain(fault.as_ref()));
    }
    json
}

fn held_as_json(held: &Held) -> Value {
    let Held { id, file, why } = held;
    json!({
        "id": id.to_string(),
        "exclusive": file.exclusive,
        "time": file.time.to_string(),
        "host": file.hostname,
        "user": file.username,
        "process": file.pid,
        "why": why.as_str(),
    })
}

fn unreadable_as_json(unreadable: &[(Digest, RepositoryError)]) -> Vec<Value> {
    let one = |(id, fault): &(Digest, RepositoryError)| json!({"id": id.to_string(), "code": fault.code(), "error": chain(fault)});
    unreadable.iter().map(one).collect()
}
