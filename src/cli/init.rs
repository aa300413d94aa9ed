//! `init`: makes this host ready: folders, repositories, audit log.

/// What `init` takes: everything stands in the configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}
