//! Holds that the audit log does not know yet, each in a file of its own in the state folder.
//!
//! An alarm comes when it comes, also while the log cannot be written. Its word is in a file before
//! the log is asked, and the file goes when the log has it: killed in between, it stands in the log
//! twice. **Invariant: a name in the folder is a hold**, whatever the file says: on a full disk
//! there is room for a name when there is none for words, and a torn file must not release sets.
//! What it is made of: `docs/formats/remembered-hold.md`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::audit::{Deed, Log};
use crate::base::fault::{AnyFault, Message};
use crate::job::hold::Word;
use crate::job::site::Site;
use crate::text::{Catalog, Language};
use crate::view::protection::{ALARM, PortalHold};
use crate::world::files::{self, FileError};

/// The version of the files that this program writes.
const VERSION: u32 = 1;

/// Other names in the folder are files on their way.
const ENDING: &str = "json";

/// Writes down that all sets of the portal are held; durable when this returns. A word that is
/// there already is replaced.
pub(super) fn remember(site: &Site, portal: &str, word: &Word) -> Result<(), FileError> {
    let folder = folder(site);
    files::create_private_dir(&folder)?;
    let path = folder.join(portal).with_added_extension(ENDING);
    let at = site.world.clock.now().to_string();
    let text = json!({"version": VERSION, "portal": portal, "at": at, "by": word.by, "reason": word.reason});
    let written = files::replace_durably(&path, text.to_string().as_bytes());
    match written {
        Err(fault) if fault.is_disk_full() => match files::write_new(&path, b"", 0o600) {
            Err(FileError::Io { source, .. }) if source.kind() == ErrorKind::AlreadyExists => {
                Ok(())
            }
            named => named,
        },
        written => written,
    }
}

/// What is remembered: portals with the word that holds them.
pub fn all(site: &Site) -> Result<Vec<(String, PortalHold)>, FileError> {
    let folder = folder(site);
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(FileError::io("read", &folder))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(FileError::io("read", &folder))?.path();
        if path.extension().is_some_and(|ending| ending == ENDING)
            && let Some(portal) = path.file_stem().and_then(|stem| stem.to_str())
        {
            let held = read(site, &path)?;
            found.extend(held.map(|held| (portal.to_owned(), held)));
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

/// Brings the log what it does not know, and lets go of the files. The caller has the turn.
pub(super) fn record(site: &Site, log: &Log) -> Result<(), AnyFault> {
    let held = all(site)?;
    let deed = |(portal, held): &(String, PortalHold)| {
        Deed::new("retention.hold", portal)
            .fact("by", held.by.as_str())
            .fact("reason", held.reason.as_str())
            .fact("began", held.at.to_string())
    };
    log.record_batch(&site.actor, held.iter().map(deed).collect())?;
    for (portal, _) in held {
        files::remove_durably(&folder(site).join(portal).with_added_extension(ENDING))?;
    }
    Ok(())
}

fn folder(site: &Site) -> PathBuf {
    site.settings.state.join("holds")
}

/// `None` where it went meanwhile. A file that cannot be read holds the sets all the same.
fn read(site: &Site, path: &Path) -> Result<Option<PortalHold>, FileError> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(FileError::io("read", path))?,
    };
    let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let text = |name: &str| value[name].as_str().filter(|text| !text.trim().is_empty());
    let at = text("at").and_then(|at| at.parse::<Timestamp>().ok());
    Ok(Some(PortalHold {
        at: at.unwrap_or_else(|| site.world.clock.now()),
        by: text("by").unwrap_or(ALARM).to_owned(),
        reason: text("reason").map_or_else(|| lost(site), str::to_owned),
    }))
}

/// What is said where the words are lost, in the site's language as all reasons are.
fn lost(site: &Site) -> String {
    let settings = &site.settings.site;
    let language = Language::parse(settings.language.code()).unwrap_or(Language::Vietnamese);
    Catalog::in_zone(language, settings.timezone.clone()).say(&Message::new("hold-words-lost"))
}
