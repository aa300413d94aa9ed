//! `quickstart`: the main job, end to end, on a made-up portal.

use std::path::PathBuf;

/// What `quickstart` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR", default_value = "./quickstart")]
    pub dir: PathBuf,
}
