//! `duties`: what is due over all open incidents, the strictest first.
//!
//! The exit code is for scripts: 30 when something is late, 3 when something is due soon, counts
//! up without a number, or waits for a confirmation; 0 when there is nothing to be done now.

use serde_json::json;

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::incident::unreadable;
use crate::cli::incident::words::{
    clock_words, colour_word, delivery_words, duty_json, of, status_word,
};
use crate::cli::report::Report;
use crate::cli::table::hanging;
use crate::incident::case::{Case, State};
use crate::incident::duty::{Duty, REMINDERS, Status};
use crate::job::incident;
use crate::view::Colour;
use crate::view::incidents::colour;

/// What `duties` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
}

/// Shows them.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let incidents = incident::all(&frame.site()?)?;
    let now = frame.world.clock.now();
    let of_portal = |(case, _): &(&Case, Duty<'_>)| {
        args.portal.as_ref().is_none_or(|id| *id == case.ground.portal.id)
    };
    let due: Vec<_> = incidents.due(now).into_iter().filter(of_portal).collect();
    let json = due.iter().map(|(case, duty)| duty_json(case, duty, now));
    let json = json!({ "duties": json.collect::<Vec<_>>() });
    // A duty with most of its clock to go is no cause for a script to wake somebody.
    let soon = |duty: &Duty<'_>| {
        duty.status == Status::Sent
            || duty.percent(now).is_none_or(|percent| percent >= u64::from(REMINDERS[0]))
    };
    let exit = if due.iter().any(|(_, duty)| colour(duty) == Colour::Red) {
        ExitCode::HumanNeeded
    } else if due.iter().any(|(_, duty)| soon(duty)) {
        ExitCode::Warnings
    } else {
        ExitCode::Done
    };
    let report = Report::done(json).exit(exit).warnings(unreadable(frame, &incidents));
    if due.is_empty() {
        return Ok(report.sentence(&frame.word("duties-none")));
    }
    let mut lines = Vec::new();
    for (case, duty) in &due {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let word = colour_word(frame, colour(duty));
        let status = status_word(frame, duty);
        lines
            .extend(hanging("", &format!("{word} · {status} · {}", clock_words(frame, duty, now))));
        let title = format!("{} [{}]", of(frame, &duty.rule.label), duty.rule.article);
        lines.extend(hanging(&format!("  {:<4} ", duty.rule.id), &title));
        let values = Values::none()
            .number("number", case.number)
            .text("portal", &case.ground.portal.id)
            .text("what", &case.what);
        let id = if case.state == State::Proposed { "duties-proposal" } else { "duties-incident" };
        lines.extend(hanging("       ", &frame.say(id, values)));
        let waiting = duty.deliveries.iter().filter(|one| one.required && one.received.is_none());
        for delivery in waiting {
            lines.extend(hanging("       ", &delivery_words(frame, delivery)));
        }
    }
    Ok(report.lines(lines))
}
