//! `wal slot`: makes and removes the replication slot by which a PostgreSQL server keeps its log until
//! it was received.
//!
//! A person says when: a server whose slot nobody receives by keeps its log until its disk is full,
//! and one without a slot removes what nobody has.

use serde_json::json;

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::job::wal::stream;

/// What `wal slot` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `wal slot`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Create(Which),
    Drop(Which),
}

/// Whose slot it is.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    #[arg(value_name = "DATABASE")]
    pub database: String,
}

/// Does what the verb says.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let (database, slot, words) = match &args.verb {
        Verb::Create(which) => {
            let slot = stream::create_slot(&site, &which.database)?;
            (&which.database, slot, "wal-slot-created")
        }
        Verb::Drop(which) => {
            let slot = stream::drop_slot(&site, &which.database)?;
            (&which.database, slot, "wal-slot-dropped")
        }
    };
    let values = Values::none().text("database", database).text("slot", &slot);
    let json = json!({"database": database, "slot": slot});
    Ok(Report::done(json).sentence(&frame.say(words, values)))
}
