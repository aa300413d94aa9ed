//! `incident dismiss`, `incident end`, `incident close`: how an incident goes out of hand.

use crate::base::fault::AnyFault;
use crate::cli::ask::Ask;
use crate::cli::frame::Frame;
use crate::cli::incident::{show, time};
use crate::cli::report::Report;
use crate::incident::fact::{Ended, Fact, Said};
use crate::job::incident;

/// What `incident close` and `incident dismiss` take.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// What `incident end` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct End {
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// Closes it, unless a duty forbids that.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let ask = Ask::of("incident close", frame);
    let by = ask.text(args.by.as_ref(), "--by", "ask-by")?;
    let reason = ask.text(args.reason.as_ref(), "--reason", "ask-reason")?;
    let case = incident::record(&frame.site()?, args.number, Fact::Closed(Said { by, reason }))?;
    Ok(show::after(frame, &case, "incident-closed"))
}

/// Records that a proposal is not an incident.
pub(crate) fn dismiss(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let ask = Ask::of("incident dismiss", frame);
    let by = ask.text(args.by.as_ref(), "--by", "ask-by")?;
    let reason = ask.text(args.reason.as_ref(), "--reason", "ask-reason")?;
    let said = Fact::Dismissed(Said { by, reason });
    let case = incident::record(&frame.site()?, args.number, said)?;
    Ok(show::after(frame, &case, "incident-dismissed"))
}

/// Records that the response has ended: from here on the final reports are counted.
pub(crate) fn end(args: &End, frame: &Frame) -> Result<Report, AnyFault> {
    const VERB: &str = "incident end";
    let at = time(VERB, "--at", args.at.as_ref(), frame)?;
    let at = at.unwrap_or_else(|| frame.world.clock.now());
    let by = Ask::of(VERB, frame).text(args.by.as_ref(), "--by", "ask-by")?;
    let case = incident::record(&frame.site()?, args.number, Fact::Ended(Ended { at, by }))?;
    Ok(show::after(frame, &case, "incident-ended"))
}
