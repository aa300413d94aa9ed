//! The keys of a repository, and which one we use.

use crate::base::digest::Digest;
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Fault as _};
use crate::job::site::Site;
use crate::repository::keys::Listed;

/// The keys of a repository.
#[derive(Debug)]
pub struct Keys {
    /// All of them.
    pub keys: Vec<Listed>,
    /// The one that the configured password opens.
    pub in_use: Digest,
}

impl Keys {
    /// Done; or that one cannot be read, or is easier to guess than ours.
    pub fn exit(&self) -> ExitCode {
        let fault = self.keys.iter().find_map(|key| key.said.as_ref().err());
        let is_odd = |key: &Listed| {
            key.said.as_ref().is_ok_and(|said| said.cost.is_weak() || !said.cost.is_bounded())
        };
        match fault {
            Some(fault) => fault.exit(),
            None if self.keys.iter().any(is_odd) => ExitCode::Warnings,
            None => ExitCode::Done,
        }
    }
}

/// The keys of the repository of this name.
pub fn list(site: &Site, name: &str) -> Result<Keys, AnyFault> {
    let repository = site.open(name)?;
    Ok(Keys { keys: repository.keys()?, in_use: repository.key_id() })
}
