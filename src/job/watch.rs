//! Watching the trees of portals: what the configuration says put into a watch, and what the
//! journals say put before people.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::base::fault::{AnyFault, Args, Message};
use crate::config::settings::{OnChange, Portal, Settings, Tree};
use crate::job::site::Site;
use crate::repository::Exclude;
use crate::source::watch::fact::Why;
use crate::source::watch::{self, Moment, Pending, Rule, Watch, journal};
use crate::view::{Colour, Remark};

/// Begins to watch a tree.
pub fn start(site: &Site, portal: &str, tree: &Tree) -> Result<Watch, AnyFault> {
    let exclude = Exclude::new(&tree.exclude)?;
    let watched = watch::Tree {
        portal: portal.to_owned(),
        name: tree.name.clone(),
        root: tree.path.clone(),
        left_out: Arc::new(move |path| exclude.matches(path)),
        journal: journal_of(&site.settings, portal, &tree.name),
    };
    Ok(Watch::start(&watched, &site.world))
}

/// When a set follows a change.
pub fn rule(on_change: &OnChange) -> Rule {
    Rule { quiet: on_change.quiet, longest: on_change.longest }
}

/// A watched tree as its journal tells.
#[derive(Debug)]
pub struct Watched {
    /// The portal.
    pub portal: String,
    /// The tree.
    pub tree: String,
    /// What no set has yet; `None` where nobody ever watched it.
    pub pending: Result<Option<Pending>, AnyFault>,
}

impl Watched {
    /// How many paths changed, as far as is known.
    pub fn paths(&self) -> Option<usize> {
        Some(self.known()?.paths().len())
    }

    /// Why a full walk is needed.
    pub fn why(&self) -> Option<Why> {
        self.known()?.reason().map(|(why, _)| why)
    }

    /// Since when something is in no set.
    pub fn since(&self) -> Option<Timestamp> {
        self.known()?.since()
    }

    fn known(&self) -> Option<&Pending> {
        self.pending.as_ref().ok()?.as_ref()
    }
}

/// Every tree that the configuration wants watched.
pub fn watched(site: &Site) -> Vec<Watched> {
    let now = Moment::now(&site.world);
    let look = |(portal, tree): (&Portal, &Tree)| {
        let path = journal_of(&site.settings, &portal.id, &tree.name);
        let pending = journal::look(&path, &portal.id, &tree.name, now);
        Watched {
            portal: portal.id.clone(),
            tree: tree.name.clone(),
            pending: pending.map_err(AnyFault::from),
        }
    };
    trees(&site.settings).map(look).collect()
}

/// What a person should know of them: where changes are not seen, the reason.
pub fn remarks(watched: &[Watched]) -> Vec<Remark> {
    let remark = |one: &Watched| {
        let args = Args::none().text("tree", &one.tree);
        let message = match (&one.pending, one.why().filter(|why| why.is_blind())) {
            (Err(fault), _) => {
                Message::with("view-watch-unreadable", args.text("code", fault.code()))
            }
            (Ok(_), Some(why)) => Message::with("view-watch-blind", args.text("why", why.as_str())),
            (Ok(_), None) => return None,
        };
        Some(Remark { colour: Colour::Amber, subject: one.portal.clone(), message })
    };
    watched.iter().filter_map(remark).collect()
}

fn trees(settings: &Settings) -> impl Iterator<Item = (&Portal, &Tree)> {
    let all = settings.portals.iter();
    let all = all.flat_map(|portal| portal.trees.iter().map(move |tree| (portal, tree)));
    all.filter(|(_, tree)| tree.watch)
}

fn journal_of(settings: &Settings, portal: &str, tree: &str) -> PathBuf {
    settings.watch_dir().join(portal).join(format!("{tree}.journal"))
}
