//! `status`: how things stand, in one look or in one line for Nagios.
//!
//! The colour is also the exit code: green 0, amber 3, red 30. A monitoring plugin has codes of its
//! own (0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN), so with `--nagios` those hold, and whatever keeps
//! us from knowing is UNKNOWN, in one line on standard output, where such programs read.

use std::time::Duration;

use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::audit::key;
use crate::cli::frame::Frame;
use crate::cli::incident::list::{self, by_colour};
use crate::cli::playbook::list as playbook;
use crate::cli::probe::settled_words;
use crate::cli::report::Report;
use crate::cli::snapshot::short;
use crate::cli::table::{Align, Table, hanging};
use crate::cli::wal::{binary, check};
use crate::daemon::client;
use crate::daemon::fault::DaemonFault;
use crate::daemon::protocol::Request;
use crate::daemon::work;
use crate::job::figures;
use crate::job::site::Site;
use crate::job::status::{self, Status};
use crate::job::watch::Watched;
use crate::probe::fact::State;
use crate::source::watch::fact::Why;
use crate::view::schedule::{Answering, Watch, watch_remarks};
use crate::view::{Colour, PortalNow, worst};

/// What `status` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    pub nagios: bool,
}

/// Shows it.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let status = frame.site().and_then(|site| whole(&site));
    if args.nagios {
        return Ok(match status {
            Ok((status, watch)) => for_nagios(frame, &status, &watch),
            Err(fault) => {
                let why = frame.catalog.fault(fault.as_ref());
                let json = json!({"code": fault.code(), "message": why});
                // Code 3 means UNKNOWN there, as it means "not proven" here.
                Report::done(json).exit(ExitCode::Warnings).lines([one_line("UNKNOWN", &why)])
            }
        });
    }
    let (status, watch) = status?;
    let colour = worst(&status.remarks);
    let exit = match colour {
        Colour::Green => ExitCode::Done,
        Colour::Amber => ExitCode::Warnings,
        Colour::Red => ExitCode::HumanNeeded,
    };
    Ok(Report::done(as_json(frame, &status, &watch)).exit(exit).lines(told(frame, &status, &watch)))
}

/// What the log says, and what the daemon says of itself.
fn whole(site: &Site) -> Result<(Status, Watch), AnyFault> {
    let mut status = status::status(site)?;
    let watch = watch(site);
    let scheduled = work::plan(&site.settings).len();
    status.remarks.extend(watch_remarks(&watch, &site.settings.site.id, scheduled));
    status.remarks.sort_by_key(|remark| std::cmp::Reverse(remark.colour));
    Ok((status, watch))
}

/// The daemon, as far as it answers.
pub(super) fn watch(site: &Site) -> Watch {
    let answer = match client::ask(&site.settings.control_socket(), Request::Status) {
        Ok(answer) => answer,
        Err(DaemonFault::NotRunning { .. }) => return Watch::Absent,
        Err(_) => return Watch::Unclear,
    };
    match answer.status {
        None => Watch::Unclear,
        Some(status) => Watch::Present(Answering {
            started: status.started,
            paused: status.paused.map(|paused| (paused.by, paused.reason)),
            refused: status.reload.failed,
            log_fault: status.log_fault.map(|fault| fault.code),
            ticks: status.ticking,
            wished: status
                .next
                .into_iter()
                .filter(|next| next.wished)
                .filter_map(|next| Some((next.at?, next.job)))
                .collect(),
        }),
    }
}

fn for_nagios(frame: &Frame, status: &Status, watch: &Watch) -> Report {
    // Nagios reads 1 as WARNING and 2 as CRITICAL, whatever they mean elsewhere.
    let (word, exit) = match worst(&status.remarks) {
        Colour::Green => ("OK", ExitCode::Done),
        Colour::Amber => ("WARNING", ExitCode::Failed),
        Colour::Red => ("CRITICAL", ExitCode::Usage),
    };
    let remarks: Vec<_> = status
        .remarks
        .iter()
        .map(|remark| frame.about(&remark.subject, &frame.catalog.say(&remark.message)))
        .collect();
    let all_well = || frame.word("status-all-well");
    let words = if remarks.is_empty() { all_well() } else { remarks.join("; ") };
    Report::done(as_json(frame, status, watch)).exit(exit).lines([one_line(word, &words)])
}

/// A bar would begin Nagios's performance data, and a line end would end the message.
fn one_line(word: &str, words: &str) -> String {
    let words = words.replace('|', "/");
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("DUPHONG {word} - {words}")
}

fn told(frame: &Frame, status: &Status, watch: &Watch) -> Vec<String> {
    let colour = worst(&status.remarks);
    let summary = if status.remarks.is_empty() {
        frame.word("status-all-well")
    } else {
        let count = Values::none().number("count", status.remarks.len() as u64);
        frame.say("status-remarks", count)
    };
    let mut lines = vec![frame.about(colour_word(frame, colour), &summary)];
    for remark in &status.remarks {
        let words = frame.about(&remark.subject, &frame.catalog.say(&remark.message));
        lines.extend(hanging(&format!("  {}  ", colour_word(frame, remark.colour)), &words));
    }
    if let Watch::Present(daemon) = watch {
        lines.push(String::new());
        let started = Values::none();
        let started = match daemon.started.parse() {
            Ok(at) => started.time("at", at),
            // An older daemon may be asked.
            Err(_) => started.text("at", &daemon.started),
        };
        lines.push(frame.say("status-daemon", started));
    }
    lines.push(String::new());
    lines.extend(sets(frame, status).lines());
    lines.extend(check::told(frame, &figures::of(&status.logs, &status.binlogs)));
    lines.push(String::new());
    lines.extend(drills(frame, status).lines());
    if status.now.portals.values().any(|portal| portal.spot.is_some()) {
        lines.push(String::new());
        lines.extend(spots(frame, status).lines());
    }
    if !status.watched.is_empty() {
        lines.push(String::new());
        lines.extend(changes(frame, status).lines());
    }
    if status.now.portals.values().any(|portal| !portal.probes.is_empty()) {
        lines.push(String::new());
        lines.extend(probes(frame, status).lines());
    }
    let incidents = by_colour(status.now.incidents.live(), frame.world.clock.now());
    if !incidents.is_empty() {
        lines.push(String::new());
        lines.extend(list::table(frame, &incidents).lines());
    }
    let runs: Vec<_> = status.now.playbooks.open().collect();
    if !runs.is_empty() {
        lines.push(String::new());
        lines.extend(playbook::table(frame, &runs).lines());
    }
    lines.push(String::new());
    let key = Values::none().text("key", key::told(frame, &status.key));
    lines.push(frame.say("status-log-key", key));
    for open in status.now.open.values() {
        let values = Values::none()
            .text("verb", &open.verb)
            .text("subject", &open.subject)
            .time("at", open.at);
        lines.push(frame.say("status-open", values));
    }
    lines
}

fn colour_word(frame: &Frame, colour: Colour) -> String {
    frame.catalog.say(&colour.message())
}

fn sets(frame: &Frame, status: &Status) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-portal", Align::Left),
        column("label-repository", Align::Left),
        column("label-newest-set", Align::Left),
        column("label-taken", Align::Left),
        column("label-age", Align::Right),
    ]);
    let format = frame.catalog.format();
    for (name, portal) in &status.now.portals {
        for (repository, set) in &portal.sets {
            let age = frame.world.clock.now().duration_since(set.taken);
            let age = Duration::try_from(age).map(|age| format.duration(age));
            table.row([
                name.clone(),
                repository.clone(),
                short(&set.id),
                format.instant(set.taken),
                // A set from the future: a clock was wrong, and a remark says so.
                age.unwrap_or_else(|_| "—".to_owned()),
            ]);
        }
    }
    table
}

/// What changed in watched trees and is in no set yet.
fn changes(frame: &Frame, status: &Status) -> Table {
    let mut table = Table::new([
        (frame.word("label-portal"), Align::Left),
        (frame.word("status-label-tree"), Align::Left),
        (frame.word("status-label-changes"), Align::Right),
        (frame.word("label-since"), Align::Left),
        (frame.word("status-label-full-walk"), Align::Left),
    ]);
    let format = frame.catalog.format();
    let dash = || "—".to_owned();
    for one in &status.watched {
        let why = |why: Why| frame.say("status-why", Values::none().text("why", why.as_str()));
        table.row([
            one.portal.clone(),
            one.tree.clone(),
            one.paths().map_or_else(dash, |count| format.number(count as u64)),
            one.since().map_or_else(dash, |since| format.instant(since)),
            one.why().map_or_else(dash, why),
        ]);
    }
    table
}

fn watched_json(one: &Watched) -> Value {
    json!({
        "portal": one.portal,
        "tree": one.tree,
        "paths": one.paths(),
        "since": one.since().map(|since| since.to_string()),
        "full-walk": one.why().map(Why::as_str),
        "code": one.pending.as_ref().err().map(|fault| fault.code()),
    })
}

fn drills(frame: &Frame, status: &Status) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-portal", Align::Left),
        column("label-newest-drill", Align::Right),
        column("label-time", Align::Left),
        column("label-rto", Align::Right),
        column("label-verdict", Align::Left),
    ]);
    let format = frame.catalog.format();
    for (name, portal) in &status.now.portals {
        let Some(drill) = &portal.drill else { continue };
        let rto = drill.rto_ms.map(|ms| format.duration(Duration::from_millis(ms)));
        table.row([
            name.clone(),
            drill.number.to_string(),
            format.instant(drill.at),
            rto.unwrap_or_else(|| "—".to_owned()),
            frame.word(verdict_id(&drill.verdict)),
        ]);
    }
    table
}

fn spots(frame: &Frame, status: &Status) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-portal", Align::Left),
        column("spot-label-newest", Align::Left),
        column("spot-label-findings", Align::Right),
        column("spot-label-outside", Align::Right),
        column("spot-label-unread", Align::Right),
        column("spot-label-apart", Align::Right),
    ]);
    let format = frame.catalog.format();
    for (name, portal) in &status.now.portals {
        let Some(spot) = portal.spot else { continue };
        table.row([
            name.clone(),
            format.instant(spot.at),
            format.number(spot.findings),
            format.number(spot.outside),
            format.number(spot.unread),
            format.number(spot.apart),
        ]);
    }
    table
}

fn probes(frame: &Frame, status: &Status) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-portal", Align::Left),
        column("label-probe", Align::Left),
        column("label-since", Align::Left),
        column("label-settled", Align::Left),
    ]);
    for (name, portal) in &status.now.portals {
        for (probe, now) in &portal.probes {
            table.row([
                name.clone(),
                probe.clone(),
                frame.catalog.format().instant(now.since),
                settled_words(frame, Some(now)),
            ]);
        }
    }
    table
}

/// A verdict that this program does not know is no PASS.
fn verdict_id(verdict: &str) -> &'static str {
    match verdict {
        "pass" => "drill-verdict-pass",
        "fail" => "drill-verdict-fail",
        _ => "drill-verdict-not-proven",
    }
}

fn as_json(frame: &Frame, status: &Status, watch: &Watch) -> Value {
    let remarks = status.remarks.iter().map(|remark| {
        json!({
            "colour": remark.colour.as_str(),
            "subject": remark.subject,
            "id": remark.message.id,
            "message": frame.catalog.say(&remark.message),
        })
    });
    let portals = status.now.portals.iter().map(|(name, portal)| portal_json(name, portal));
    let repositories = status.now.repositories.iter().map(|(name, repository)| {
        let copy = repository.password_copy.as_ref();
        json!({
            "name": name,
            "password-copy": copy.map(|(at, by, place)| {
                json!({"at": at.to_string(), "by": by, "place": place})
            }),
            "verified": repository.verified.map(|(at, damages)| {
                json!({"at": at.to_string(), "damages": damages})
            }),
            "coverage": (repository.coverage.parts() > 0).then(|| {
                json!({"parts": repository.coverage.parts(), "read": repository.coverage.read()})
            }),
        })
    });
    let open =
        status.now.open.values().map(
            |open| json!({"at": open.at.to_string(), "verb": open.verb, "subject": open.subject}),
        );
    let live = by_colour(status.now.incidents.live(), frame.world.clock.now());
    let incidents = live.iter().map(|(colour, case)| list::line_json(*colour, case));
    let runs = status.now.playbooks.open().map(|course| playbook::line_json(frame, course));
    let binlogs = status.binlogs.iter().map(|one| binary::as_json(frame, one));
    json!({
        "colour": worst(&status.remarks).as_str(),
        "remarks": remarks.collect::<Vec<_>>(),
        "portals": portals.collect::<Vec<_>>(),
        "repositories": repositories.collect::<Vec<_>>(),
        "logs": status.logs.iter().map(|one| check::as_json(frame, one)).collect::<Vec<_>>(),
        "binary-logs": binlogs.collect::<Vec<_>>(),
        "watched": status.watched.iter().map(watched_json).collect::<Vec<_>>(),
        "incidents": incidents.collect::<Vec<_>>(),
        "runs": runs.collect::<Vec<_>>(),
        "open-intents": open.collect::<Vec<_>>(),
        "entries": status.now.entries,
        "log-key": key::as_json(&status.key),
        "daemon": daemon_json(watch),
    })
}

fn daemon_json(watch: &Watch) -> Value {
    let Watch::Present(daemon) = watch else { return Value::Null };
    json!({
        "started": daemon.started,
        "paused": daemon.paused.as_ref().map(|(by, reason)| json!({"by": by, "reason": reason})),
        "refused": daemon.refused,
        "log-fault": daemon.log_fault,
        "ticking": daemon.ticks,
    })
}

fn portal_json(name: &str, portal: &PortalNow) -> Value {
    let sets = portal.sets.iter().map(|(repository, set)| {
        json!({"repository": repository, "id": set.id, "taken": set.taken.to_string()})
    });
    json!({
        "id": name,
        "sets": sets.collect::<Vec<_>>(),
        "failed": portal.failed.as_ref().map(|(at, code)| {
            json!({"at": at.to_string(), "code": code})
        }),
        "skipped": portal.skipped,
        "without-file": portal.without_file,
        "unanswered": portal.unanswered,
        "held": portal.held.as_ref().map(|hold| {
            json!({"at": hold.at.to_string(), "by": hold.by, "reason": hold.reason})
        }),
        "probes": portal.probes.iter().map(|(probe, now)| {
            json!({
                "name": probe,
                "state": now.state.map(State::as_str),
                "since": now.since.to_string(),
                "flapping": now.flapping,
            })
        }).collect::<Vec<_>>(),
        "spot": portal.spot.map(|spot| {
            json!({
                "at": spot.at.to_string(),
                "findings": spot.findings,
                "outside": spot.outside,
                "unread": spot.unread,
                "apart": spot.apart,
            })
        }),
        "spot-failed": portal.spot_failed.as_ref().map(|(at, code)| {
            json!({"at": at.to_string(), "code": code})
        }),
        "drill": portal.drill.as_ref().map(|drill| {
            json!({
                "number": drill.number,
                "at": drill.at.to_string(),
                "verdict": drill.verdict,
                "rto-ms": drill.rto_ms,
            })
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nagios_gets_one_line_without_a_bar() {
        assert_eq!(one_line("OK", "a | b\nc"), "DUPHONG OK - a / b c");
    }
}
