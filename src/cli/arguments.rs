//! The command tree: which verbs there are and what every one of them takes.
//!
//! Only names, shapes and defaults stand here and in the `Args` of each verb. No help text does:
//! `help` fills every one in from the message files, in the reader's language.

use std::path::PathBuf;

use clap::ArgAction;

use crate::base::fault::AnyFault;
use crate::cli::PROGRAM;
use crate::cli::audit;
use crate::cli::backup_report;
use crate::cli::ctl;
use crate::cli::daemon;
use crate::cli::drill;
use crate::cli::duties;
use crate::cli::frame::Frame;
use crate::cli::incident;
use crate::cli::init;
use crate::cli::key;
use crate::cli::next;
use crate::cli::notice;
use crate::cli::playbook;
use crate::cli::portal_sample;
use crate::cli::probe;
use crate::cli::quickstart;
use crate::cli::recover;
use crate::cli::report::Report;
use crate::cli::repository;
use crate::cli::restore;
use crate::cli::runbook;
use crate::cli::scan;
use crate::cli::snapshot;
use crate::cli::status;
use crate::cli::validate;
use crate::cli::wal;

/// A whole command line.
#[derive(Debug, clap::Parser)]
#[command(
    name = PROGRAM,
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true
)]
pub(super) struct CommandLine {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub verb: Verb,
}

/// What every verb takes.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct Common {
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[arg(long, global = true)]
    pub json: bool,
    #[arg(long, global = true, value_name = "LANGUAGE", value_parser = ["vi", "en"])]
    pub lang: Option<String>,
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    #[arg(short, long, global = true)]
    pub quiet: bool,
    #[arg(long, global = true)]
    pub progress: bool,
    #[arg(long, global = true)]
    pub no_color: bool,
    #[arg(short, long, global = true, action = ArgAction::Help)]
    help: Option<bool>,
    #[arg(short = 'V', long, action = ArgAction::Version)]
    version: Option<bool>,
}

/// What is to be done. A verb whose job does not exist is not here: absent, not a stub.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    Quickstart(quickstart::Args),
    Init(init::Args),
    Recover(recover::Args),
    Validate(validate::Args),
    Status(status::Args),
    Snapshot(snapshot::Args),
    Restore(restore::Args),
    Runbook(runbook::Args),
    Drill(drill::Args),
    Report(backup_report::Args),
    Probe(probe::Args),
    Incident(incident::Args),
    Duties(duties::Args),
    Playbook(playbook::Args),
    Scan(scan::Args),
    Repository(repository::Args),
    Wal(wal::Args),
    Key(key::Args),
    Notice(notice::Args),
    Audit(audit::Args),
    Daemon(daemon::Args),
    Ctl(ctl::Args),
    Next(next::Args),
    #[command(hide = true)]
    PortalSample(portal_sample::Args),
}

impl Verb {
    /// Does it.
    pub(super) fn run(&self, frame: &Frame) -> Result<Report, AnyFault> {
        match self {
            Self::Quickstart(args) => quickstart::run(args, frame),
            Self::Init(args) => init::run(args, frame),
            Self::Recover(args) => recover::run(args, frame),
            Self::Validate(args) => validate::run(args, frame),
            Self::Status(args) => status::run(args, frame),
            Self::Snapshot(args) => snapshot::run(args, frame),
            Self::Restore(args) => restore::run(args, frame),
            Self::Runbook(args) => runbook::run(args, frame),
            Self::Drill(args) => drill::run(args, frame),
            Self::Report(args) => backup_report::run(args, frame),
            Self::Probe(args) => probe::run(args, frame),
            Self::Incident(args) => incident::run(args, frame),
            Self::Duties(args) => duties::run(args, frame),
            Self::Playbook(args) => playbook::run(args, frame),
            Self::Scan(args) => scan::run(args, frame),
            Self::Repository(args) => repository::run(args, frame),
            Self::Wal(args) => wal::run(args, frame),
            Self::Key(args) => key::run(args, frame),
            Self::Notice(args) => notice::run(args, frame),
            Self::Audit(args) => audit::run(args, frame),
            Self::Daemon(_) => daemon::run(frame),
            Self::Ctl(args) => ctl::run(args, frame),
            Self::Next(args) => next::run(args, frame),
            Self::PortalSample(args) => portal_sample::run(args, frame),
        }
    }
}
