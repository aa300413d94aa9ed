//! `probe`: looks at portals now, shows what is settled, explains a look, counts the past.

mod explain;

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::baseline::{self, Baseline, Deface};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{Align, List, Table};
use crate::job::probe::{self, Outlook, Watch};
use crate::probe::fact::{FamilyRecord, Reason, State, Verdict};
use crate::probe::uptime;
use crate::view::ProbeNow;
use crate::world::net::Family;

/// What `probe` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `probe`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Run(Which),
    List(ListProbes),
    Explain(Which),
    History(History),
    Baseline(Baseline),
    Deface(Deface),
}

/// What `probe run` and `probe explain` take.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub probe: Option<String>,
}

/// What `probe list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct ListProbes {
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
}

/// What `probe history` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct History {
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub probe: Option<String>,
    #[arg(long, value_name = "NUMBER", default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..=396))]
    pub days: u32,
}

/// Does what the verb says.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    match &args.verb {
        Verb::Run(which) => look(which, frame),
        Verb::List(args) => list(args, frame),
        Verb::Explain(which) => explain::explain(which, frame),
        Verb::History(args) => history(args, frame),
        Verb::Baseline(args) => baseline::take(args, frame),
        Verb::Deface(args) => baseline::look(args, frame),
    }
}

fn look(which: &Which, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let plan = probe::plan(&site, which.portal.as_deref(), which.probe.as_deref())?;
    let (watch, unread) = Watch::begin(&site);
    let outlooks = probe::look_at_all(&site, &watch, &plan)?;
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-portal", Align::Left),
        column("label-probe", Align::Left),
        (Family::Ipv4.name().to_owned(), Align::Left),
        (Family::Ipv6.name().to_owned(), Align::Left),
        column("label-together", Align::Left),
        column("label-took", Align::Right),
        column("label-reason", Align::Left),
    ]);
    let mut results = Vec::new();
    let mut faults: Vec<String> = unread.iter().map(|fault| told(frame, fault)).collect();
    for ((portal, probe), outlook) in plan.iter().zip(&outlooks) {
        let looked = &outlook.looked;
        let records = looked.records();
        table.row([
            portal.id.clone(),
            probe.name.clone(),
            verdict(frame, looked.verdict(Family::Ipv4)),
            verdict(frame, looked.verdict(Family::Ipv6)),
            frame.catalog.say(&looked.state.message()),
            frame.catalog.format().duration(looked.took()),
            records
                .iter()
                .find_map(|one| one.reasons.first())
                .map_or_else(String::new, |reason| frame.catalog.say(&reason.message())),
        ]);
        faults.extend(outlook.faults.iter().map(|fault| told(frame, fault)));
        results.push(json!({
            "portal": portal.id,
            "probe": probe.name,
            "at": looked.at.to_string(),
            "state": looked.state.as_str(),
            "families": families(frame, &records),
            "settled": settled(outlook),
            "entry": outlook.change.as_ref().and_then(|change| change.entry),
        }));
    }
    // The same fault for every probe is one thing to do.
    faults.dedup();
    let exit = exit(&outlooks);
    let report = Report::done(json!({ "probes": results })).exit(exit).warnings(faults);
    if plan.is_empty() {
        return Ok(report.exit(ExitCode::Warnings).sentence(&frame.word("probe-list-empty")));
    }
    Ok(report.lines(table.lines()))
}

/// The worst of what was seen: scripts and cron read it.
fn exit(outlooks: &[Outlook]) -> ExitCode {
    let seen = |verdict| outlooks.iter().any(|one| one.looked.state.verdict() == verdict);
    if seen(Verdict::Down) {
        ExitCode::Failed
    } else if seen(Verdict::Degraded) || seen(Verdict::Unknown) {
        ExitCode::Warnings
    } else {
        ExitCode::Done
    }
}

fn list(args: &ListProbes, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let listed = probe::settled(&site, args.portal.as_deref())?;
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-portal", Align::Left),
        column("label-probe", Align::Left),
        column("label-every", Align::Right),
        column("label-settled", Align::Left),
        column("label-since", Align::Left),
    ]);
    let format = frame.catalog.format();
    for (portal, probe, now) in &listed {
        table.row([
            portal.id.clone(),
            probe.name.clone(),
            format.duration(probe.every),
            settled_words(frame, now.as_ref()),
            now.as_ref().map_or_else(String::new, |now| format.instant(now.since)),
        ]);
    }
    let json: Vec<_> = listed
        .iter()
        .map(|(portal, probe, now)| {
            json!({
                "portal": portal.id,
                "probe": probe.name,
                "every-s": probe.every.as_secs(),
                "settled": now.as_ref().map(|now| known(frame, now)),
            })
        })
        .collect();
    let report = Report::done(json!({ "probes": json }));
    if listed.is_empty() {
        return Ok(report.sentence(&frame.word("probe-list-empty")));
    }
    Ok(report.lines(table.lines()))
}

/// What is settled, in words; `status` says it so too.
pub(crate) fn settled_words(frame: &Frame, now: Option<&ProbeNow>) -> String {
    let Some(now) = now else { return frame.word("probe-never") };
    let state = match now.state {
        Some(state) => frame.catalog.say(&state.message()),
        None => frame.word("probe-unreadable"),
    };
    if now.flapping {
        return frame.say("probe-flapping", Values::none().text("state", state));
    }
    state
}

fn history(args: &History, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let to = frame.world.clock.now();
    let from = to - SignedDuration::from_hours(24 * i64::from(args.days));
    let format = frame.catalog.format();
    let share = |part: u64| format!("{} %", format.decimal(part as f64 / 1000.0, 3));
    let (mut lines, mut results) = (Vec::new(), Vec::new());
    for (portal, probe) in probe::plan(&site, args.portal.as_deref(), args.probe.as_deref())? {
        let samples = probe::history(&site, &portal.id, &probe.name, from)?;
        let shares = uptime::shares(&samples, from, to, probe.every);
        let mut table = List::default();
        table.row(frame.word("label-portal"), &portal.id);
        table.row(frame.word("label-probe"), &probe.name);
        table.row(frame.word("label-looks"), format.number(shares.looks));
        for (verdict, part) in [
            (Verdict::Healthy, shares.healthy),
            (Verdict::Degraded, shares.degraded),
            (Verdict::Down, shares.down),
            (Verdict::Unknown, shares.unknown),
        ] {
            table.row(frame.catalog.say(&verdict.message()), share(part));
        }
        lines.extend(table.lines());
        lines.push(String::new());
        let exact = |part: u64| format!("{}.{:03}", part / 1000, part % 1000);
        results.push(json!({
            "portal": portal.id,
            "probe": probe.name,
            "looks": shares.looks,
            "healthy-percent": exact(shares.healthy),
            "degraded-percent": exact(shares.degraded),
            "down-percent": exact(shares.down),
            "unknown-percent": exact(shares.unknown),
        }));
    }
    let formula = Values::none()
        .text("from", format.instant(from))
        .text("to", format.instant(to))
        .number("days", u64::from(args.days));
    let json = json!({"from": from.to_string(), "to": to.to_string(), "probes": results});
    if results.is_empty() {
        return Ok(Report::done(json).sentence(&frame.word("probe-list-empty")));
    }
    Ok(Report::done(json).lines(lines).sentence(&frame.say("probe-history-formula", formula)))
}

fn told(frame: &Frame, fault: &AnyFault) -> String {
    frame.catalog.fault(fault.as_ref())
}

fn verdict(frame: &Frame, verdict: Option<Verdict>) -> String {
    verdict.map_or_else(|| "—".to_owned(), |verdict| frame.catalog.say(&verdict.message()))
}

fn settled(outlook: &Outlook) -> Value {
    let Some((state, since)) = outlook.settled.state else { return Value::Null };
    json!({
        "state": state.as_str(),
        "since": since.to_string(),
        "flapping": outlook.settled.flapping,
    })
}

fn known(frame: &Frame, now: &ProbeNow) -> Value {
    json!({
        "state": now.state.map(State::as_str),
        "since": now.since.to_string(),
        "at": now.at.to_string(),
        "flapping": now.flapping,
        "families": families(frame, &now.families),
    })
}

/// Families of a look as `--json` has them, each reason also in words.
fn families(frame: &Frame, records: &[FamilyRecord]) -> Value {
    let reason = |reason: &Reason| {
        json!({
            "cause": reason.cause.as_str(),
            "seen": reason.seen,
            "expected": reason.expected,
            "message": frame.catalog.say(&reason.message()),
        })
    };
    records
        .iter()
        .map(|one| {
            json!({
                "family": one.family,
                "verdict": one.verdict.as_str(),
                "took-ms": one.took_ms,
                "reasons": one.reasons.iter().map(reason).collect::<Vec<_>>(),
            })
        })
        .collect()
}

/// A duration as text, or a dash.
fn took(frame: &Frame, duration: Option<Duration>) -> String {
    duration.map_or_else(|| "—".to_owned(), |duration| frame.catalog.format().duration(duration))
}
