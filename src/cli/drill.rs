//! `drill`: proves that a set can be restored, shows past proofs, writes the minutes.

mod forecast;
mod trend;
mod work;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use serde_json::json;

use crate::base::fault::{AnyFault, Args as Values};
use crate::base::written;
use crate::cli::frame::Frame;
use crate::cli::incident::time;
use crate::cli::report::Report;
use crate::cli::snapshot::short;
use crate::cli::table::{Align, List, Table, hanging};
use crate::cli::usage::UsageFault;
use crate::config::secret::SecretSource;
use crate::document;
use crate::drill::choice::fact::{Choice, Wish};
use crate::drill::fact::{Check, CheckOutcome, DrillRecord, Verdict};
use crate::drill::work::Work;
use crate::job::drill::{self, Request, Sabotage};
use crate::job::report;
use crate::world::files;

/// What `drill` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `drill`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Run(Run),
    List(ListDrills),
    Show(work::Show),
    Close(work::Close),
    Trend(trend::Args),
    Forecast(forecast::Args),
    Report(Minutes),
}

/// What `drill run` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
    #[arg(long, value_name = "SET", default_value = "latest")]
    pub set: String,
    #[arg(long, value_name = "TIME", conflicts_with = "as_of")]
    pub to: Option<String>,
    #[arg(long, value_name = "DURATION", conflicts_with = "to")]
    pub within: Option<String>,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    #[arg(long, value_name = "KIND", value_parser = sabotage())]
    pub sabotage: Option<Sabotage>,
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
}

/// What `drill list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct ListDrills {
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
}

/// What `drill report` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Minutes {
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    #[arg(long, value_name = "FORMAT", value_parser = ["pdf", "docx"])]
    pub format: Option<String>,
}

impl Minutes {
    /// As the file is called, unless somebody says otherwise.
    fn format(&self) -> &str {
        let is_docx = self.out.extension().is_some_and(|end| end.eq_ignore_ascii_case("docx"));
        self.format.as_deref().unwrap_or(if is_docx { "docx" } else { "pdf" })
    }
}

fn sabotage() -> impl TypedValueParser<Value = Sabotage> {
    let kind = |word: String| Sabotage::ALL.into_iter().find(|kind| kind.as_str() == word);
    PossibleValuesParser::new(Sabotage::ALL.map(Sabotage::as_str))
        .map(move |word| kind(word).expect("the parser lets only these words through"))
}

/// Does what the verb says.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    match &args.verb {
        Verb::Run(args) => prove(args, frame),
        Verb::List(args) => list(args, frame),
        Verb::Show(args) => work::show(args, frame),
        Verb::Close(args) => work::close(args, frame),
        Verb::Trend(args) => trend::run(args, frame),
        Verb::Forecast(args) => forecast::run(args, frame),
        Verb::Report(args) => minutes(args, frame),
    }
}

fn prove(args: &Run, frame: &Frame) -> Result<Report, AnyFault> {
    let request = Request {
        portal: args.portal.clone(),
        set: Some(args.set.clone()),
        within: within(args)?,
        to: instant(args, frame)?,
        turn: None,
        repository: args.repository.clone(),
        as_of: time("drill run", "--as-of", args.as_of.as_ref(), frame)?,
        sabotage: args.sabotage,
        identity: args.identity.clone().map(SecretSource::File),
    };
    let site = frame.site()?;
    let drilled = drill::run(&site, &request)?;
    let works = drill::work::works(&site.log()?)?;
    let owed = works.of(drilled.record.number);
    let json = json!({
        "verdict": word(drilled.record.verdict),
        "damaged": drilled.damaged,
        "sabotage-named-by": drill::caught(&drilled.record).map(|(check, code)| {
            json!({"check": check.kind, "code": code})
        }),
        "entry": drilled.entry,
        "record": drilled.record,
        "work": owed.map(work::as_json),
    });
    let number = Values::none().number("number", drilled.record.number);
    Ok(Report::done(json)
        .exit(drilled.exit())
        .lines(told(frame, &drilled.record))
        .lines(owed.iter().flat_map(|owed| work::work_lines(frame, owed)))
        .lines([String::new(), frame.say("drill-next", number)]))
}

/// An instant is reached from the newest set before it, or from one that is named.
fn instant(args: &Run, frame: &Frame) -> Result<Option<Timestamp>, AnyFault> {
    let to = time("drill run", "--to", args.to.as_ref(), frame)?;
    if to.is_some() && ["oldest", "random"].contains(&args.set.as_str()) {
        return Err(UsageFault::conflict("drill run", "--to", "--set").into());
    }
    Ok(to)
}

/// A window, where there is something to choose from.
fn within(args: &Run) -> Result<Option<Duration>, UsageFault> {
    let Some(text) = &args.within else { return Ok(None) };
    if !["oldest", "random"].contains(&args.set.as_str()) {
        return Err(UsageFault::conflict("drill run", "--within", "--set"));
    }
    let within = written::duration(text).ok().filter(|within| !within.is_zero());
    within.map(Some).ok_or_else(|| UsageFault::invalid("drill run", "--within", text))
}

/// The verdict's word in `--json`.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::NotProven => "not-proven",
    }
}

/// The verdict first; then the times, what was compared, and why it is no PASS.
fn told(frame: &Frame, record: &DrillRecord) -> Vec<String> {
    let mut lines = summary(frame, record).lines();
    lines.push(String::new());
    lines.extend(phases(frame, record).lines());
    lines.push(String::new());
    lines.extend(checks(frame, record).lines());
    let reasons = record.reasons.iter().map(|reason| frame.catalog.say(&reason.message()));
    lines.extend(reasons.flat_map(|reason| hanging("- ", &reason)));
    let findings = record.checks.iter().flat_map(|check| findings(frame, check));
    if record.sabotage.is_some() {
        lines.push(String::new());
        lines.extend(hanging("", &sabotaged(frame, record)));
    }
    lines.extend(frame.capped(findings.collect()).iter().flat_map(|line| hanging("  ", line)));
    if let Some(draw) = record.choice.as_ref().and_then(Choice::draw_message) {
        lines.extend(hanging("", &frame.catalog.say(&draw)));
    }
    lines
}

/// Whether damage done on purpose was named.
fn sabotaged(frame: &Frame, record: &DrillRecord) -> String {
    if let Some((check, code)) = drill::caught(record) {
        let check = frame.catalog.say(&check.kind.message());
        return frame
            .say("drill-sabotage-caught", Values::none().text("check", check).text("code", code));
    }
    frame.word(if drill::is_void(record) { "drill-sabotage-void" } else { "drill-sabotage-missed" })
}

fn summary(frame: &Frame, record: &DrillRecord) -> List {
    let format = frame.catalog.format();
    let seconds = |seconds| format.duration(Duration::from_secs(seconds));
    let measured = |milliseconds: Option<u64>, objective: u64| {
        let values = Values::none().text("objective", seconds(objective));
        match milliseconds {
            Some(ms) => {
                let measured = format.duration(Duration::from_millis(ms));
                frame.say("drill-measured", values.text("measured", measured))
            }
            None => frame.say("drill-not-measured", values),
        }
    };
    let mut list = List::default();
    list.row(frame.word("label-drill"), record.number.to_string());
    list.row(frame.word("label-verdict"), frame.catalog.say(&record.verdict.message()));
    list.row(frame.word("label-portal"), &record.portal);
    if let Some(set) = &record.set {
        let values = Values::none()
            .text("set", short(&set.id))
            .text("taken", format.instant(set.taken))
            .number("files", set.files)
            .number("bytes", set.bytes);
        list.row(frame.word("label-set"), frame.say("drill-set", values));
    }
    if let Some(choice) = &record.choice {
        list.row(frame.word("label-chosen"), frame.catalog.say(&choice.message()));
    }
    if let Some(place) = &record.place {
        let values = Values::none().text("repository", &record.repository).text("place", place);
        list.row(frame.word("label-read-from"), frame.say("drill-from", values));
    }
    list.row(frame.word("label-rto"), measured(record.measured_rto_ms, record.objective_rto_s));
    list.row(frame.word("label-rpo"), measured(record.measured_rpo_ms, record.objective_rpo_s));
    list.row(frame.word("label-allowance"), seconds(record.allowance_s));
    if let Some(to) = record.to {
        list.row(frame.word("label-to"), format.instant(to));
    }
    for reached in &record.reached {
        list.row(frame.word("restore-label-log"), frame.catalog.say(&reached.message()));
    }
    if let Some(at) = record.as_of {
        list.row(frame.word("label-as-of"), frame.catalog.format().instant(at));
    }
    if let Some(sabotage) = &record.sabotage {
        list.row(frame.word("label-sabotage"), sabotage);
    }
    list
}

fn phases(frame: &Frame, record: &DrillRecord) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-began", Align::Right),
        column("label-took", Align::Right),
        column("label-phase", Align::Left),
    ]);
    let time = |ms| frame.catalog.format().duration(Duration::from_millis(ms));
    for phase in &record.phases {
        let name = frame.catalog.say(&phase.name.message());
        table.row([format!("+{}", time(phase.start_ms)), time(phase.length_ms), name]);
    }
    table
}

fn checks(frame: &Frame, record: &DrillRecord) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-outcome", Align::Left),
        column("label-compared", Align::Right),
        column("label-subject", Align::Left),
        column("label-check", Align::Left),
    ]);
    for check in &record.checks {
        let outcome = match &check.outcome {
            CheckOutcome::Passed => "drill-outcome-passed",
            CheckOutcome::Failed { .. } => "drill-outcome-failed",
            CheckOutcome::NotRun { .. } => "drill-outcome-not-run",
        };
        table.row([
            frame.word(outcome),
            frame.catalog.format().number(check.compared),
            check.subject.clone(),
            frame.catalog.say(&check.kind.message()),
        ]);
    }
    table
}

fn findings(frame: &Frame, check: &Check) -> Vec<String> {
    let tell = |finding: &crate::drill::fact::Finding| {
        frame.about(&check.subject, &frame.catalog.say(&finding.message()))
    };
    match &check.outcome {
        CheckOutcome::Passed => Vec::new(),
        CheckOutcome::NotRun { reason } => vec![tell(reason)],
        CheckOutcome::Failed { findings, more } => {
            let mut lines: Vec<_> = findings.iter().map(tell).collect();
            if *more > 0 {
                let count = Values::none().number("count", *more);
                lines.push(frame.about(&check.subject, &frame.say("drill-finding-more", count)));
            }
            lines
        }
    }
}

fn list(args: &ListDrills, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    if let Some(portal) = &args.portal {
        site.portal(portal)?;
    }
    let log = site.log()?;
    let mut drills = drill::list(&log)?;
    let works = drill::work::works(&log)?;
    drills.retain(|(_, record)| args.portal.as_ref().is_none_or(|portal| record.portal == *portal));
    let one = |(entry, record): &(u64, DrillRecord)| {
        let work = works.of(record.number).filter(|work| work.number == record.number);
        json!({"entry": entry, "record": record, "work": work.map(work::as_json)})
    };
    let json: Vec<_> = drills.iter().map(one).collect();
    let mut lines = if drills.is_empty() {
        vec![frame.word("drill-list-empty")]
    } else {
        table(frame, &drills).lines()
    };
    // What has ended is told by `drill show`.
    let is_listed = |work: &&Work| args.portal.as_ref().is_none_or(|portal| work.portal == *portal);
    for work in works.open().filter(is_listed) {
        lines.extend(work::work_lines(frame, work));
    }
    Ok(Report::done(json!({ "drills": json })).lines(lines))
}

fn table(frame: &Frame, drills: &[(u64, DrillRecord)]) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-drill", Align::Right),
        column("label-time", Align::Left),
        column("label-portal", Align::Left),
        column("label-repository", Align::Left),
        column("label-set", Align::Left),
        column("label-rto", Align::Right),
        column("label-verdict", Align::Left),
    ]);
    let format = frame.catalog.format();
    for (_, record) in drills {
        let rto = record.measured_rto_ms.map(|ms| format.duration(Duration::from_millis(ms)));
        let mut verdict = frame.catalog.say(&record.verdict.message());
        let wish = record.choice.as_ref().map(|choice| choice.wish);
        if let Some(wish) = wish.filter(|wish| *wish != Wish::Latest) {
            let values = Values::none().text("verdict", verdict);
            let wish = frame.catalog.say(&wish.message());
            verdict = frame.say("drill-chosen-verdict", values.text("wish", wish));
        }
        if let Some(sabotage) = &record.sabotage {
            let values = Values::none().text("verdict", verdict).text("sabotage", sabotage);
            verdict = frame.say("drill-sabotaged", values);
        }
        table.row([
            record.number.to_string(),
            format.instant(record.decided),
            record.portal.clone(),
            record.repository.clone(),
            record.set.as_ref().map_or_else(|| "—".to_owned(), |set| short(&set.id)),
            rto.unwrap_or_else(|| "—".to_owned()),
            verdict,
        ]);
    }
    table
}

/// The minutes are made from the log alone: the same drill gives the same document at any time, but
/// for the head that the log has by then. They speak the site's language unless another was asked
/// for.
fn minutes(args: &Minutes, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let log = site.log()?;
    let (entry, record) = drill::find(&log, args.number)?;
    let minutes = report::minutes(&site, &log, &record, entry)?;
    let catalog = &frame.catalog;
    let format = args.format();
    let bytes = match format {
        "docx" => document::docx(&minutes, catalog, record.decided)?,
        _ => document::pdf(&minutes, catalog, record.decided)?,
    };
    files::replace_durably(&args.out, &bytes)?;
    let json = json!({
        "number": record.number,
        "entry": entry,
        "path": args.out.display().to_string(),
        "format": format,
        "bytes": bytes.len(),
    });
    let values = Values::none().number("number", args.number).text("path", args.out.display());
    Ok(Report::done(json).sentence(&frame.say("drill-report-written", values)))
}
