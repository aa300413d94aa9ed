//! `status`: how things stand, in one look or in one line for Nagios.

/// What `status` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    pub nagios: bool,
}
