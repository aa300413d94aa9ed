//! What every verb is given: the world, the words, and the settings when it asks for them.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::audit::Actor;
use crate::base::cancel::Cancel;
use crate::base::fault::{AnyFault, Args, Fault, FaultKind, Message};
use crate::base::progress::Progress;
use crate::cli::voice::Voice;
use crate::config::{self, Loaded};
use crate::job::site::{Notices, Site};
use crate::job::unrecorded::Unrecorded;
use crate::text::Catalog;
use crate::world::World;

/// Where the configuration is looked for, in this order, when no option names it.
const PLACES: [&str; 2] = ["./duphong.yaml", "/etc/duphong/duphong.yaml"];

/// Nobody reads a longer list in a terminal; `--json` has all of it.
const LISTED_MAX: usize = 20;

/// The surroundings of one verb.
pub(crate) struct Frame {
    /// Clock, entropy, runtime.
    pub(crate) world: World,
    /// Every word, in the reader's language.
    pub(crate) catalog: Arc<Catalog>,
    /// Set when the person wants it to stop.
    pub(crate) cancel: Cancel,
    /// In whose name the audit log is written.
    pub(crate) actor: Actor,
    /// Whoever watches.
    pub(crate) progress: Arc<dyn Progress>,
    /// What jobs want told, whether or not the verb succeeds.
    pub(super) notices: Notices,
    /// What jobs did while the log could not be written.
    pub(super) unrecorded: Unrecorded,
    /// Whether standard output belongs to one JSON object.
    pub(crate) json: bool,
    /// Whether the person wants the answer alone.
    pub(super) quiet: bool,
    pub(super) configuration: Configuration,
}

impl Frame {
    /// The configured installation, on which jobs stand.
    pub(crate) fn site(&self) -> Result<Site, AnyFault> {
        Ok(self.site_of(self.loaded()?))
    }

    /// The installation of another configuration than the one on the command line.
    pub(crate) fn site_of(&self, loaded: &Loaded) -> Site {
        Site {
            settings: loaded.settings.clone(),
            configuration: loaded.text().as_bytes().to_vec(),
            world: self.world.clone(),
            actor: self.actor.clone(),
            cancel: self.cancel.clone(),
            progress: Arc::clone(&self.progress),
            notices: self.notices.clone(),
            scheduled: None,
            unrecorded: self.unrecorded.clone(),
        }
    }

    /// The message of this id with these values, in words.
    pub(crate) fn say(&self, id: &'static str, values: Args) -> String {
        self.catalog.say(&Message::with(id, values))
    }

    /// The words of this id.
    pub(crate) fn word(&self, id: &str) -> String {
        self.catalog.id(id)
    }

    /// Words about something that came from outside, such as a path: made harmless, with a colon.
    pub(crate) fn about(&self, subject: impl std::fmt::Display, words: &str) -> String {
        self.say("cli-about", Args::none().text("subject", subject).text("words", words))
    }

    /// Tells a line in the middle of the work, to people who watch.
    pub(crate) fn aside(&self, line: &str) {
        if !self.json && !self.quiet {
            Voice::aside(line);
        }
    }

    /// At most [`LISTED_MAX`] of `lines`, and how many more there are.
    pub(crate) fn capped(&self, mut lines: Vec<String>) -> Vec<String> {
        let more = lines.len().saturating_sub(LISTED_MAX);
        if more > 0 {
            lines.truncate(LISTED_MAX);
            lines.push(self.say("cli-more", Args::none().number("count", more as u64)));
        }
        lines
    }

    /// The checked configuration. A verb that works without one does not ask.
    fn loaded(&self) -> Result<&Loaded, AnyFault> {
        self.configuration.loaded()
    }

    /// The configuration as it is now, for whoever keeps it.
    pub(crate) fn load_again(&self) -> Result<Loaded, AnyFault> {
        Ok(config::load(self.configuration.file()?, self.credentials())?)
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
