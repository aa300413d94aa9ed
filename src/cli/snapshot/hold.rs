//! `snapshot hold` and `snapshot release`: a person's word that a set must stay, or need not.

use serde_json::json;

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::snapshot::short;
use crate::job::hold::{self, Spoken, Word};

/// What `snapshot hold` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Hold {
    #[arg(value_name = "SET", required_unless_present = "portal", conflicts_with = "portal")]
    pub set: Option<String>,
    #[arg(long, value_name = "PORTAL", conflicts_with = "repository")]
    pub portal: Option<String>,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub by: String,
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// What `snapshot release` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Release {
    #[arg(value_name = "SET", required_unless_present = "portal", conflicts_with = "portal")]
    pub set: Option<String>,
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub by: String,
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Holds it.
pub(super) fn hold(args: &Hold, frame: &Frame) -> Result<Report, AnyFault> {
    let word = Word { by: args.by.clone(), reason: args.reason.clone() };
    let site = frame.site()?;
    if let Some(portal) = &args.portal {
        hold::hold_portal(&site, portal, &word)?;
        return Ok(of_portal(frame, "snapshot-portal-held", portal, &word));
    }
    let set = args.set.as_deref().unwrap_or_default();
    let spoken = hold::hold(&site, args.repository.as_deref(), set, &word)?;
    Ok(answer(frame, "snapshot-held", &spoken, &word))
}

/// Releases it.
pub(super) fn release(args: &Release, frame: &Frame) -> Result<Report, AnyFault> {
    let word = Word { by: args.by.clone(), reason: args.reason.clone() };
    let site = frame.site()?;
    if let Some(portal) = &args.portal {
        hold::release_portal(&site, portal, &word)?;
        return Ok(of_portal(frame, "snapshot-portal-released", portal, &word));
    }
    let spoken = hold::release(&site, args.set.as_deref().unwrap_or_default(), &word)?;
    Ok(answer(frame, "snapshot-released", &spoken, &word))
}

fn of_portal(frame: &Frame, id: &'static str, portal: &str, word: &Word) -> Report {
    let json = json!({"portal": portal, "by": word.by, "reason": word.reason});
    let values = Values::none().text("portal", portal).text("by", &word.by);
    Report::done(json).sentence(&frame.say(id, values.text("reason", &word.reason)))
}

fn answer(frame: &Frame, id: &'static str, spoken: &Spoken, word: &Word) -> Report {
    let json = json!({
        "set": spoken.set,
        "repository": spoken.repository,
        "by": word.by,
        "reason": word.reason,
    });
    let values = Values::none()
        .text("set", short(&spoken.set))
        .text("repository", &spoken.repository)
        .text("by", &word.by)
        .text("reason", &word.reason);
    Report::done(json).sentence(&frame.say(id, values))
}
