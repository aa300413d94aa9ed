//! `drill show` and `drill close`: one drill with the work that it opened, and a person's word that
//! this work is done with.

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::drill::told;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::hanging;
use crate::drill::work::{End, Work};
use crate::job::drill;
use crate::job::drill::work;
use crate::job::hold::Word;

/// What `drill show` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    #[arg(value_name = "NUMBER")]
    pub number: u64,
}

/// What `drill close` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Close {
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    #[arg(long, value_name = "NAME")]
    pub by: String,
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Shows the record of a drill and what became of its work.
pub(super) fn show(args: &Show, frame: &Frame) -> Result<Report, AnyFault> {
    let log = frame.site()?.log()?;
    let (entry, record) = drill::find(&log, args.number)?;
    let works = work::works(&log)?;
    let work = works.of(args.number);
    let json = json!({ "entry": entry, "record": record, "work": work.map(as_json) });
    let mut lines = told(frame, &record);
    if let Some(work) = work {
        lines.push(String::new());
        lines.extend(work_lines(frame, work));
    }
    let number = Values::none().number("number", args.number);
    lines.extend([String::new(), frame.say("drill-next", number)]);
    Ok(Report::done(json).lines(lines))
}

/// Records that its work is done with.
pub(super) fn close(args: &Close, frame: &Frame) -> Result<Report, AnyFault> {
    let word = Word { by: args.by.clone(), reason: args.reason.clone() };
    work::close(&frame.site()?, args.number, &word)?;
    let json = json!({ "number": args.number, "by": word.by, "reason": word.reason });
    let values = Values::none().number("number", args.number);
    let values = values.text("by", &word.by).text("reason", &word.reason);
    Ok(Report::done(json).sentence(&frame.say("drill-closed", values)))
}

/// Who owes what until when, or how it ended.
pub(super) fn work_lines(frame: &Frame, work: &Work) -> Vec<String> {
    let values = Values::none().number("number", work.number);
    let values = values.text("owner", &work.owner).time("due", work.due);
    let words = match &work.end {
        None if work.is_late(frame.world.clock.now()) => frame.say("drill-work-late", values),
        None => frame.say("drill-work-open", values),
        Some(End::Passed { at, number }) => {
            frame.say("drill-work-passed", values.time("at", *at).number("by", *number))
        }
        Some(End::Closed { at, by, reason }) => {
            let values = values.time("at", *at).text("by", by);
            frame.say("drill-work-closed", values.text("reason", reason))
        }
    };
    let mut lines = hanging("- ", &words);
    if !work.again.is_empty() {
        let numbers: Vec<_> = work.again.iter().map(u64::to_string).collect();
        let again = Values::none().text("numbers", numbers.join(", "));
        lines.extend(hanging("  ", &frame.say("drill-work-again", again)));
    }
    lines
}

pub(super) fn as_json(work: &Work) -> Value {
    let end = work.end.as_ref().map(|end| match end {
        End::Passed { at, number } => json!({ "at": at.to_string(), "passed": number }),
        End::Closed { at, by, reason } => {
            json!({ "at": at.to_string(), "by": by, "reason": reason })
        }
    });
    json!({
        "number": work.number,
        "portal": work.portal,
        "owner": work.owner,
        "opened": work.opened.to_string(),
        "due": work.due.to_string(),
        "again": work.again,
        "end": end,
    })
}
