//! `drill forecast`: how long a restore would take, as an estimate with an upper bound.
//!
//! Never a verdict: what is within the objective ends with 0 and says that nothing is proven by it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::drill::trend::scope;
use crate::cli::frame::Frame;
use crate::cli::incident::time;
use crate::cli::report::Report;
use crate::cli::table::{Align, List, Table, WIDTH, wrapped};
use crate::drill::forecast::{Estimate, Forecast, Size};
use crate::job::drill::forecast::{self, Foreseen, Request};
use crate::job::site::Site;

/// What `drill forecast` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    #[arg(long, value_name = "PERCENT", default_value = "100",
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub machine: u32,
    #[arg(long, value_name = "MBIT", value_parser = clap::value_parser!(u32).range(1..))]
    pub bandwidth: Option<u32>,
}

/// Foresees it: 3 where there is no bound, or where it is beyond the objective.
pub(super) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let request = Request {
        portal: args.portal.clone().unwrap_or_default(),
        repository: args.repository.clone(),
        at: time("drill forecast", "--at", args.at.as_ref(), frame)?,
        machine: args.machine,
        megabits: args.bandwidth,
    };
    if args.portal.is_some() {
        let foreseen = forecast::foresee(&site, &request)?;
        return Ok(Report::done(as_json(&request, &foreseen))
            .exit(exit(&foreseen))
            .lines(told(frame, &request, &foreseen)));
    }
    let portals = site.settings.portals.iter();
    Ok(of_all(
        frame,
        &site,
        portals.map(|portal| Request { portal: portal.id.clone(), ..request.clone() }),
    ))
}

fn exit(foreseen: &Foreseen) -> ExitCode {
    if foreseen.is_within() { ExitCode::Done } else { ExitCode::Warnings }
}

/// Of every portal, whatever keeps one of them from having a forecast: that is said, and ends with 3.
fn of_all(frame: &Frame, site: &Site, requests: impl Iterator<Item = Request>) -> Report {
    let (mut all, mut lines, mut worst) = (Vec::new(), Vec::new(), ExitCode::Done);
    for request in requests {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        match forecast::foresee(site, &request) {
            Ok(foreseen) => {
                if exit(&foreseen) != ExitCode::Done {
                    worst = ExitCode::Warnings;
                }
                lines.extend(told(frame, &request, &foreseen));
                all.push(as_json(&request, &foreseen));
            }
            Err(fault) => {
                worst = ExitCode::Warnings;
                let why = frame.catalog.fault(fault.as_ref());
                lines.extend(wrapped(&frame.about(&request.portal, &why), WIDTH));
                all.push(json!({
                    "portal": request.portal,
                    "verdict": "not-proven",
                    "estimate": null,
                    "code": fault.code(),
                    "message": why,
                }));
            }
        }
    }
    Report::done(json!({ "portals": all })).exit(worst).lines(lines)
}

fn told(frame: &Frame, request: &Request, foreseen: &Foreseen) -> Vec<String> {
    let mut lines = about(frame, request, foreseen).lines();
    lines.push(String::new());
    let mut say = |id, values| lines.extend(wrapped(&frame.say(id, values), WIDTH));
    let forecast = match &foreseen.forecast {
        Ok(forecast) => forecast,
        Err(refusal) => {
            let why = frame.catalog.say(&refusal.message());
            say("forecast-refused", Values::none().text("why", why));
            return lines;
        }
    };
    let times = Values::none()
        .number("likely", ms(forecast.likely))
        .number("most", ms(forecast.most))
        .number("objective", ms(foreseen.objective));
    let within = if foreseen.is_within() { "forecast-within" } else { "forecast-beyond" };
    say("forecast-estimate", times.clone());
    say(within, times);
    say("forecast-no-verdict", Values::none());
    lines.push(String::new());
    lines.extend(parts(frame, forecast).lines());
    if let Some(longest) = forecast.longest() {
        let values = Values::none()
            .text("part", frame.catalog.say(&longest.part.message()))
            .number("most", ms(longest.most))
            .text("advice", frame.catalog.say(&longest.part.advice()));
        lines.push(String::new());
        lines.extend(wrapped(&frame.say("forecast-shorten", values), WIDTH));
    }
    lines
}

/// What was asked and what it rests on.
fn about(frame: &Frame, request: &Request, foreseen: &Foreseen) -> List {
    let format = frame.catalog.format();
    let mut list = List::default();
    list.row(frame.word("label-portal"), &request.portal);
    list.row(frame.word("label-repository"), &foreseen.repository);
    let newest = Values::none()
        .number("bytes", foreseen.newest.size.bytes)
        .text("taken", format.instant(foreseen.newest.at));
    list.row(frame.word("label-newest-set"), frame.say("forecast-newest", newest));
    let (covered, sets) = foreseen.covered;
    if let (Some(at), Some(grown)) = (request.at, &foreseen.grown) {
        let values = Values::none()
            .text("at", format.instant(at))
            .number("likely", grown.likely.bytes)
            .number("most", grown.most.bytes)
            .number("sets", sets as u64)
            .number("covered", ms(covered));
        list.row(frame.word("forecast-label-growth"), frame.say("forecast-growth", values));
    }
    let machine = Values::none().number("percent", u64::from(request.machine));
    list.row(frame.word("forecast-label-machine"), frame.say("forecast-machine", machine));
    let line = match request.megabits {
        Some(megabits) => {
            frame.say("forecast-line", Values::none().number("megabits", u64::from(megabits)))
        }
        None => frame.word("forecast-line-same"),
    };
    list.row(frame.word("forecast-label-line"), line);
    if let Ok(forecast) = &foreseen.forecast {
        let mut numbers: Vec<_> = forecast.drills.iter().map(u64::to_string).collect();
        numbers.reverse();
        list.row(frame.word("forecast-label-drills"), numbers.join(", "));
        let times = format.decimal(forecast.beyond, 1);
        list.row(
            frame.word("forecast-label-beyond"),
            frame.say("forecast-times", Values::none().text("times", times)),
        );
    }
    list
}

fn parts(frame: &Frame, forecast: &Forecast) -> Table {
    let mut table = Table::new([
        (frame.word("forecast-label-likely"), Align::Right),
        (frame.word("forecast-label-most"), Align::Right),
        (frame.word("label-phase"), Align::Left),
    ]);
    let time = |time: Duration| frame.catalog.format().duration(time);
    for one in &forecast.parts {
        let part = frame.catalog.say(&one.part.message());
        table.row([time(one.likely), time(one.most), part]);
    }
    if !forecast.scatter.is_zero() {
        table.row(["—".to_owned(), time(forecast.scatter), frame.word("forecast-part-scatter")]);
    }
    table
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn as_json(request: &Request, foreseen: &Foreseen) -> Value {
    let size = |size: Size| json!({ "bytes": size.bytes, "files": size.files, "loaded-bytes": size.loaded });
    let estimate = foreseen.forecast.as_ref().ok().map(|forecast| {
        let longest = forecast.longest();
        let part = |one: &Estimate| {
            json!({
                "part": one.part.as_str(),
                "likely-ms": ms(one.likely),
                "most-ms": ms(one.most),
            })
        };
        json!({
            "likely-ms": ms(forecast.likely),
            "most-ms": ms(forecast.most),
            "within-objective": foreseen.is_within(),
            "drills": forecast.drills,
            "beyond": forecast.beyond,
            "parts": forecast.parts.iter().map(part).collect::<Vec<_>>(),
            "scatter-ms": ms(forecast.scatter),
            "shorten": longest.map(|one| {
                json!({ "part": one.part.as_str(), "id": one.part.advice().id })
            }),
        })
    });
    json!({
        "portal": request.portal,
        "repository": foreseen.repository,
        "scope": scope(foreseen.scope),
        "at": request.at.map(|at| at.to_string()),
        "machine-percent": request.machine,
        "bandwidth-mbit": request.megabits,
        "objective-ms": ms(foreseen.objective),
        "newest": { "taken": foreseen.newest.at.to_string(), "size": size(foreseen.newest.size) },
        "sets": foreseen.covered.1,
        "sets-cover-ms": ms(foreseen.covered.0),
        "size": foreseen.grown.map(|grown| {
            json!({ "likely": size(grown.likely), "most": size(grown.most) })
        }),
        "verdict": "not-proven",
        "estimate": estimate,
        "refused": foreseen.forecast.as_ref().err().map(|refusal| refusal.as_str()),
    })
}
