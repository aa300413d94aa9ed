//! `incident note` and `incident evidence`: what people write down, and what they seal.

use std::path::PathBuf;

use serde_json::json;

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::ask::Ask;
use crate::cli::frame::Frame;
use crate::cli::incident::time;
use crate::cli::report::Report;
use crate::incident::fact::{Fact, Noted};
use crate::job::incident;

/// What `incident note` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Note {
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    #[arg(value_name = "TEXT")]
    pub text: String,
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// Writes it down.
pub(crate) fn note(args: &Note, frame: &Frame) -> Result<Report, AnyFault> {
    const VERB: &str = "incident note";
    let at = time(VERB, "--at", args.at.as_ref(), frame)?;
    let by = Ask::of(VERB, frame).text(args.by.as_ref(), "--by", "ask-by")?;
    let fact = Noted { by, at, text: args.text.clone() };
    let case = incident::record(&frame.site()?, args.number, Fact::Noted(fact))?;
    let number = Values::none().number("number", case.number);
    let json = json!({ "number": case.number, "notes": case.notes.len() });
    Ok(Report::done(json).sentence(&frame.say("incident-noted", number)))
}

/// What `incident evidence` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[arg(long, value_name = "TEXT")]
    pub what: Option<String>,
    #[arg(long, value_name = "MEDIA-TYPE", default_value = "application/octet-stream")]
    pub media_type: String,
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// Seals it.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let ask = Ask::of("incident evidence", frame);
    let what = ask.text(args.what.as_ref(), "--what", "ask-evidence")?;
    let by = ask.text(args.by.as_ref(), "--by", "ask-by")?;
    let site = frame.site()?;
    let (file, media_type) = (&args.file, &args.media_type);
    let sealed = incident::evidence(&site, args.number, file, media_type, &what, &by)?;
    let values = Values::none()
        .number("number", args.number)
        .text("digest", sealed.digest)
        .text("size", frame.catalog.format().bytes(sealed.bytes));
    let json = json!({ "number": args.number, "sealed": sealed });
    Ok(Report::done(json).sentence(&frame.say("incident-sealed", values)))
}
