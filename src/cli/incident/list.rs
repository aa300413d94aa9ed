//! `incident list`: proposals and incidents, those that need somebody first.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::base::fault::AnyFault;
use crate::cli::frame::Frame;
use crate::cli::incident::unreadable;
use crate::cli::incident::words::{colour_word, kind_words, state_word};
use crate::cli::report::Report;
use crate::cli::table::{Align, Table};
use crate::incident::case::{Case, State};
use crate::incident::duty::duties;
use crate::incident::fact::{Group, Kind};
use crate::job::incident;
use crate::view::Colour;
use crate::view::incidents::colour;

/// What `incident list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    pub all: bool,
    #[arg(long)]
    pub proposed: bool,
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
}

/// Lists them.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let incidents = incident::all(&frame.site()?)?;
    let now = frame.world.clock.now();
    let wanted = |case: &&Case| {
        let of_portal = args.portal.as_ref().is_none_or(|id| *id == case.ground.portal.id);
        let of_state = if args.proposed {
            case.state == State::Proposed
        } else {
            args.all || case.state.is_live()
        };
        of_portal && of_state
    };
    let cases = by_colour(incidents.cases.values().filter(wanted), now);
    let json = cases.iter().map(|(colour, case)| line_json(*colour, case));
    let json = json!({ "incidents": json.collect::<Vec<_>>() });
    let report = Report::done(json).warnings(unreadable(frame, &incidents));
    if cases.is_empty() {
        return Ok(report.sentence(&frame.word("incident-list-none")));
    }
    Ok(report.lines(table(frame, &cases).lines()))
}

/// Incidents with their colours, the worst first.
pub(crate) fn by_colour<'a>(
    cases: impl Iterator<Item = &'a Case>,
    now: Timestamp,
) -> Vec<(Colour, &'a Case)> {
    let worst = |case: &Case| {
        // Whatever is open is somebody's work, even where nothing is owed at the moment.
        let floor = if case.state.is_live() { Colour::Amber } else { Colour::Green };
        let colours = duties(case, now).into_iter().map(|duty| colour(&duty));
        colours.filter(|_| case.state.is_live()).max().unwrap_or(floor).max(floor)
    };
    let mut cases: Vec<_> = cases.map(|case| (worst(case), case)).collect();
    cases.sort_by_key(|(colour, case)| (Reverse(*colour), case.number));
    cases
}

/// The same for programs.
pub(crate) fn line_json(colour: Colour, case: &Case) -> Value {
    json!({
        "number": case.number,
        "state": case.state.as_str(),
        "colour": colour.as_str(),
        "portal": case.ground.portal.id,
        "detected-at": case.detection.at.to_string(),
        "group": case.group.map(Group::as_str),
        "kind": case.kind.map(Kind::as_str),
        "what": case.what,
    })
}

/// In a list one looks for an incident; `show` has the whole story.
const WHAT_MAX: usize = 60;

fn clipped(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(WHAT_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// A line for each.
pub(crate) fn table(frame: &Frame, cases: &[(Colour, &Case)]) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-number", Align::Right),
        column("label-colour", Align::Left),
        column("label-state", Align::Left),
        column("label-portal", Align::Left),
        column("label-detected", Align::Left),
        column("label-happened", Align::Left),
    ]);
    for (colour, case) in cases {
        table.row([
            case.number.to_string(),
            colour_word(frame, *colour),
            state_word(frame, case.state),
            case.ground.portal.id.clone(),
            frame.catalog.format().instant(case.detection.at),
            frame.about(kind_words(frame, case), &clipped(&case.what)),
        ]);
    }
    table
}
