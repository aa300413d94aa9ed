//! `drill trend`: what drills measured over time, each beside the median of the earlier ones.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::drill::word;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{Align, Table, hanging};
use crate::config::settings::Portal;
use crate::drill::fact::{Scope, Verdict};
use crate::drill::trend::{Change, Compared, KEPT_MAX, Point, compare};
use crate::job::drill;

/// What `drill trend` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
}

/// Drills that can be compared with each other: of one portal, repository and scope.
type Series<'a> = BTreeMap<(&'a str, &'a str), Vec<Compared<'a>>>;

/// Shows it.
pub(super) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let portals: Vec<&Portal> = match &args.portal {
        Some(portal) => vec![site.portal(portal)?],
        None => site.settings.portals.iter().collect(),
    };
    let drills = drill::list(&site.log()?)?;
    let (mut json, mut lines) = (Vec::new(), Vec::new());
    for portal in portals {
        let of_portal = drills.iter().filter(|(_, record)| record.portal == portal.id);
        let points: Vec<_> = of_portal.filter_map(|(_, record)| Point::of(record)).collect();
        let newest = &points[points.len().saturating_sub(KEPT_MAX)..];
        let mut series = Series::new();
        for one in compare(newest) {
            let key = (one.point.repository.as_str(), scope(one.point.scope));
            series.entry(key).or_default().push(one);
        }
        for ((repository, scope), drills) in series {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.extend(told(frame, portal, repository, scope, &drills));
            json.push(as_json(portal, repository, scope, &drills));
        }
    }
    if lines.is_empty() {
        lines.push(frame.word("drill-list-empty"));
    }
    Ok(Report::done(json!({ "series": json })).lines(lines))
}

/// Its word in JSON.
pub(super) fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Data => "data",
        Scope::Portal => "portal",
    }
}

fn told(
    frame: &Frame,
    portal: &Portal,
    repository: &str,
    scope: &str,
    drills: &[Compared<'_>],
) -> Vec<String> {
    let scope = if scope == "portal" { "drill-scope-portal" } else { "drill-scope-data" };
    let values = Values::none()
        .text("portal", &portal.id)
        .text("repository", repository)
        .text("scope", frame.word(scope));
    let mut lines = hanging("", &frame.say("trend-heading", values));
    lines.extend(table(frame, drills).lines());
    for one in drills {
        let verdict = match one.point.verdict {
            Verdict::Pass => continue,
            other => frame.catalog.say(&other.message()),
        };
        let values = Values::none().number("number", one.point.number).text("verdict", verdict);
        lines.extend(hanging("- ", &frame.say("trend-verdict", values)));
    }
    let alarms = alarms(portal, drills);
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    for (id, one) in alarms {
        let rto = one.point.rto.unwrap_or_default();
        let mut values = Values::none()
            .number("number", one.point.number)
            .number("rto", ms(rto))
            .number("limit", ms(portal.drill.rto));
        if let Some(change) = one.rto {
            values = values.number("median", ms(change.median));
            values = values.number("earlier", change.earlier as u64);
        }
        lines.extend(hanging("! ", &frame.say(id, values)));
    }
    lines
}

/// What the newest measured drill says beyond its figures: the messages of `status`.
fn alarms<'a>(
    portal: &Portal,
    drills: &'a [Compared<'a>],
) -> Vec<(&'static str, &'a Compared<'a>)> {
    let Some(newest) = drills.iter().rfind(|one| one.point.rto.is_some()) else {
        return Vec::new();
    };
    let has_grown = newest.rto.is_some_and(|change| change.has_grown());
    let is_half = newest.point.rto.is_some_and(|rto| rto > portal.drill.rto / 2);
    let all = [("view-drill-slower", has_grown), ("view-drill-half", is_half)];
    all.into_iter().filter(|(_, is_so)| *is_so).map(|(id, _)| (id, newest)).collect()
}

fn table(frame: &Frame, drills: &[Compared<'_>]) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-drill", Align::Right),
        column("label-time", Align::Left),
        column("label-rto", Align::Right),
        column("trend-label-change", Align::Right),
        column("label-rpo", Align::Right),
        column("trend-label-change", Align::Right),
    ]);
    let format = frame.catalog.format();
    let dash = || "—".to_owned();
    let time = |time: Option<Duration>| time.map_or_else(dash, |time| format.duration(time));
    for one in drills {
        table.row([
            one.point.number.to_string(),
            format.instant(one.point.decided),
            time(one.point.rto),
            percent(one.rto),
            time(one.point.rpo),
            percent(one.rpo),
        ]);
    }
    table
}

/// More says no more, and takes the room of the other columns.
const PERCENT_MAX: i64 = 999;

/// `+25 %`; a dash where there is nothing to compare with.
fn percent(change: Option<Change>) -> String {
    match change.and_then(|change| change.percent()) {
        Some(PERCENT_MAX..) => format!(">{PERCENT_MAX} %"),
        Some(percent) => format!("{percent:+} %"),
        None => "—".to_owned(),
    }
}

fn as_json(portal: &Portal, repository: &str, scope: &str, drills: &[Compared<'_>]) -> Value {
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let change = |change: Option<Change>| {
        change.map(|change| {
            json!({
                "median-ms": ms(change.median),
                "earlier": change.earlier,
                "percent": change.percent(),
            })
        })
    };
    let one = |one: &Compared<'_>| {
        json!({
            "number": one.point.number,
            "decided": one.point.decided.to_string(),
            "verdict": word(one.point.verdict),
            "bytes": one.point.bytes,
            "rto-ms": one.point.rto.map(ms),
            "rto-change": change(one.rto),
            "rpo-ms": one.point.rpo.map(ms),
            "rpo-change": change(one.rpo),
        })
    };
    json!({
        "portal": portal.id,
        "repository": repository,
        "scope": scope,
        "objective-rto-ms": ms(portal.drill.rto),
        "drills": drills.iter().map(one).collect::<Vec<_>>(),
        "alarms": alarms(portal, drills).into_iter().map(|(id, _)| id).collect::<Vec<_>>(),
    })
}
