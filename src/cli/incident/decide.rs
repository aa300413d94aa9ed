//! `incident decide`: a named, reasoned decision about duties.

use crate::base::fault::AnyFault;
use crate::cli::ask::Ask;
use crate::cli::frame::Frame;
use crate::cli::incident::{show, time, word_of};
use crate::cli::report::Report;
use crate::cli::usage::UsageFault;
use crate::incident::duty::{Status, duties};
use crate::incident::fact::{Decided, Decision, Fact};
use crate::job::incident;

const VERB: &str = "incident decide";

/// What `incident decide` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    #[arg(long, value_name = "DUTY", value_delimiter = ',')]
    pub duty: Vec<String>,
    #[arg(long, conflicts_with = "duty")]
    pub undetermined: bool,
    #[arg(long = "as", value_name = "DECISION", value_parser = word_of(&Decision::WORDS))]
    pub decision: Decision,
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// Records the decision.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let ask = Ask::of(VERB, frame);
    let at = time(VERB, "--at", args.at.as_ref(), frame)?;
    let named = if args.undetermined {
        let case = incident::find(&site, args.number)?;
        let open = duties(&case, frame.world.clock.now());
        let open = open.iter().filter(|duty| duty.status == Status::Undetermined);
        open.map(|duty| duty.rule.id.clone()).collect()
    } else {
        args.duty.clone()
    };
    if named.is_empty() && !args.undetermined {
        return Err(UsageFault::missing(VERB, "--duty").into());
    }
    let by = ask.text(args.by.as_ref(), "--by", "ask-by")?;
    let reason = ask.text(args.reason.as_ref(), "--reason", "ask-reason")?;
    let decision = args.decision;
    let decided = Decided { duties: named, decision, by, reason, at, evidence: None };
    let case = incident::record(&site, args.number, Fact::Decided(decided))?;
    Ok(show::after(frame, &case, "incident-decided"))
}
