//! Reading the configuration again while at work: taken up as a whole, or not at all.

use std::path::PathBuf;

use crate::base::fault::AnyFault;
use crate::config::problem::Problem;
use crate::config::settings::Settings;
use crate::config::{self, ConfigError, Loaded};
use crate::daemon::fault::DaemonFault;

/// Where the configuration stands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) credentials: Option<PathBuf>,
}

/// Why the settings of before stay in force.
#[derive(Debug)]
pub(super) struct Kept {
    /// The fault as a whole.
    pub(super) fault: AnyFault,
    /// What is wrong with the file, place by place.
    pub(super) problems: Vec<Problem>,
}

/// Reads it and holds it against the settings in force.
pub(super) fn read(place: &Place, in_force: &Settings) -> Result<Loaded, Kept> {
    let loaded = match config::load(&place.file, place.credentials.as_deref()) {
        Ok(loaded) => loaded,
        Err(ConfigError::Wrong(wrong)) => {
            let problems = wrong.list.clone();
            return Err(Kept { fault: wrong.into(), problems });
        }
        Err(other) => return Err(Kept { fault: other.into(), problems: Vec::new() }),
    };
    match compatible(in_force, &loaded.settings) {
        Ok(()) => Ok(loaded),
        Err(fault) => Err(Kept { fault: fault.into(), problems: Vec::new() }),
    }
}

/// What is bound to open sockets, locks and the log's name cannot change under a running daemon.
fn compatible(before: &Settings, after: &Settings) -> Result<(), DaemonFault> {
    let bound: [(&'static str, bool); 3] = [
        ("state", before.state == after.state),
        ("site.id", before.site.id == after.site.id),
        ("web.listen", before.daemon.listen == after.daemon.listen),
    ];
    match bound.into_iter().find(|(_, same)| !same) {
        None => Ok(()),
        Some((setting, _)) => Err(DaemonFault::NeedsRestart { setting }),
    }
}
