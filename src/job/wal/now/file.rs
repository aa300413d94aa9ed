//! The file in which the newest look at a log is kept, and what a look puts on record: the same of
//! every log, whichever engine writes it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::audit::Deed;
use crate::base::fault::{AnyFault, Fault, chain};
use crate::config::settings::Settings;
use crate::job::site::Site;
use crate::job::wal::now::fact::Trouble;
use crate::world::files::{self, FileError};

/// A look that is kept in a file.
pub(in crate::job) trait Stored: Serialize + DeserializeOwned {
    /// Far above one with every list full.
    const BYTES_MAX: u64;

    /// Whether it is of the version that we write.
    fn is_current(&self) -> bool;
}

/// The newest look.
pub(in crate::job) fn load<L: Stored>(
    settings: &Settings,
    portal: &str,
    database: &str,
) -> Result<Option<L>, AnyFault> {
    let path = place(settings, portal, database);
    let bytes = match read(&path, L::BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::io("read", &path)(error).into()),
    };
    // One of another version says nothing, as if nobody had looked; the next look writes it anew.
    Ok(serde_json::from_slice::<L>(&bytes).ok().filter(L::is_current))
}

fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes it, durably: the marks of hours without a repository are needed when it is back.
pub(in crate::job) fn store<L: Stored>(
    settings: &Settings,
    portal: &str,
    database: &str,
    look: &L,
) -> Result<(), AnyFault> {
    let path = place(settings, portal, database);
    if let Some(folder) = path.parent() {
        files::create_private_dir(folder)?;
    }
    let bytes = serde_json::to_vec(look).expect("a look is made of texts and numbers");
    Ok(files::replace_durably(&path, &bytes)?)
}

fn place(settings: &Settings, portal: &str, database: &str) -> PathBuf {
    settings.state.join("wal").join(portal).join(format!("{database}.json"))
}

/// Puts on record what is not as it should be, whenever that changes, with until when each
/// repository holds everything.
pub(in crate::job) fn tell(
    site: &Site,
    named: &str,
    (told, states): (&mut Vec<String>, Vec<String>),
    until: impl Iterator<Item = (String, Option<Timestamp>)>,
) {
    if *told == states {
        return;
    }
    let until = until.map(|(name, until)| {
        let until = until.map(|until| until.to_string());
        (name, until.map_or(serde_json::Value::Null, serde_json::Value::from))
    });
    let until: serde_json::Map<_, _> = until.collect();
    let deed = Deed::new("wal.state", named).fact("remarks", states.clone());
    site.note(deed.fact("held-until", until));
    *told = states;
}

/// Notes what a look could not see, and since when.
pub(in crate::job) fn note(trouble: &mut Option<Trouble>, at: Timestamp, fault: &dyn Fault) {
    tracing::warn!(code = fault.code(), "A look at a log could not see all: {}.", chain(fault));
    let code = fault.code().to_owned();
    let since = trouble.as_ref().map_or(at, |known| known.since);
    *trouble = Some(Trouble { since, code });
}
