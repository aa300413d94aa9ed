//! What every verb is given: the world, the words, and the settings when it asks for them.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::cancel::Cancel;
use crate::base::fault::{AnyFault, Args, Fault, FaultKind};
use crate::base::progress::Progress;
use crate::config::{self, Loaded};
use crate::text::Catalog;
use crate::world::World;

/// Where the configuration is looked for, in this order, when no option names it.
const PLACES: [&str; 2] = ["./duphong.yaml", "/etc/duphong/duphong.yaml"];

/// The surroundings of one verb.
pub(crate) struct Frame {
    /// Clock, entropy, runtime.
    pub(crate) world: World,
    /// Every word, in the reader's language.
    pub(crate) catalog: Arc<Catalog>,
    /// Set when the person wants it to stop.
    pub(crate) cancel: Cancel,
    /// Whoever watches.
    pub(crate) progress: Arc<dyn Progress>,
    /// Whether standard output belongs to one JSON object.
    pub(crate) json: bool,
    pub(super) configuration: Configuration,
}

impl Frame {
    /// The checked configuration. A verb that works without one does not ask.
    pub(crate) fn loaded(&self) -> Result<&Loaded, AnyFault> {
        self.configuration.loaded()
    }

    /// The configuration file, whether or not it can be used.
    pub(crate) fn configuration_file(&self) -> Result<&Path, AnyFault> {
        Ok(self.configuration.file()?)
    }

    /// The folder in which systemd passes credentials, where there is one.
    pub(crate) fn credentials(&self) -> Option<&Path> {
        self.configuration.credentials.as_deref()
    }
}

/// The configuration file: looked for at once, read at most once with success.
#[derive(Debug)]
pub(super) struct Configuration {
    file: Option<PathBuf>,
    credentials: Option<PathBuf>,
    loaded: OnceCell<Loaded>,
}

impl Configuration {
    /// Finds the file: the one that was named, else the first that exists.
    pub(super) fn find(named: Option<PathBuf>, credentials: Option<PathBuf>) -> Self {
        let file = named.or_else(|| PLACES.map(PathBuf::from).into_iter().find(|p| p.exists()));
        Self { file, credentials, loaded: OnceCell::new() }
    }

    /// The settings, if there are any to be had: for questions that have an answer without them.
    pub(super) fn peek(&self) -> Option<&Loaded> {
        self.loaded().ok()
    }

    fn file(&self) -> Result<&Path, NoConfiguration> {
        self.file.as_deref().ok_or(NoConfiguration)
    }

    fn loaded(&self) -> Result<&Loaded, AnyFault> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let loaded = config::load(self.file()?, self.credentials.as_deref())?;
        Ok(self.loaded.get_or_init(|| loaded))
    }
}

/// No option named a configuration, and the usual places have none.
#[derive(Debug, thiserror::Error)]
#[error("no configuration in {}", PLACES.join(", "))]
struct NoConfiguration;

impl Fault for NoConfiguration {
    fn kind(&self) -> FaultKind {
        FaultKind::Config
    }

    fn code(&self) -> &'static str {
        "cli.no-configuration"
    }

    fn args(&self) -> Args {
        Args::none().text("places", PLACES.join(", "))
    }
}
