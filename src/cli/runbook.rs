//! `runbook`: the restore runbook of a portal on paper, and whether a paper is of today.

use std::path::PathBuf;

use serde_json::json;

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::job::runbook::{self, Request};

/// What `runbook` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
    #[arg(long, value_name = "FILE", required_unless_present = "test")]
    pub out: Option<PathBuf>,
    #[arg(long, value_name = "DIGEST", conflicts_with = "out")]
    pub test: Option<String>,
}

/// Writes it, or holds the digest on a paper against the configuration.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    site.portal(&args.portal)?;
    let digest = runbook::digest(&site);
    let values = Values::none().text("portal", &args.portal).text("digest", &digest);
    let Some(out) = &args.out else {
        let is_current = runbook::is_current(&site, args.test.as_deref().unwrap_or_default());
        let (id, exit) = if is_current {
            ("runbook-is-current", ExitCode::Done)
        } else {
            ("runbook-is-outdated", ExitCode::Warnings)
        };
        let json = json!({ "portal": args.portal, "digest": digest, "current": is_current });
        return Ok(Report::done(json).exit(exit).sentence(&frame.say(id, values)));
    };
    let file = frame.configuration_file()?;
    let request = Request {
        portal: args.portal.clone(),
        configuration: std::path::absolute(file).unwrap_or_else(|_| file.to_owned()),
        language: frame.catalog.language(),
    };
    let written = runbook::write(&site, &request, out)?;
    let json = json!({
        "portal": args.portal,
        "digest": written.digest,
        "path": out.display().to_string(),
        "bytes": written.bytes,
    });
    let values = values.text("path", out.display());
    Ok(Report::done(json).sentence(&frame.say("runbook-written", values)))
}
