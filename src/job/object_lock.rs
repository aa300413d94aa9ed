//! Locks in a bucket: let to reach far enough before a set counts as taken, and remembered.
//!
//! What is remembered lies in the state folder (`docs/formats/object-locks.md`). It saves requests
//! and proves nothing: a memory that is lost, old or of another repository is asked anew, and one
//! that cannot be written costs the next set its requests, not this set.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::base::fault::{AnyFault, chain};
use crate::config::settings::{ObjectLock, Store};
use crate::job::place::lock_mode;
use crate::job::site::Site;
use crate::repository::object_lock::{self, Extended, Known, Reach};
use crate::repository::{PackId, Repository, RepositoryError};
use crate::store::ObjectName;
use crate::store::versions::VersionId;
use crate::world::files;

/// The first line of the file.
const FIRST_LINE: &str = "duphong object locks 1";

/// The line of an object is at most 300 bytes: ten million objects, as many as a listing may have.
const FILE_MAX: u64 = 3_000_000_000;

/// Keeps the locks of one repository.
pub(super) struct Keeper<'a> {
    site: &'a Site,
    name: &'a str,
    reach: Reach,
    known: Known,
    /// What was done, once it was.
    pub(super) extended: Option<Extended>,
}

impl<'a> Keeper<'a> {
    /// For the repository of this name, if its objects are to be locked.
    pub(super) fn of(
        site: &'a Site,
        name: &'a str,
        repository: &Repository,
    ) -> Result<Option<Self>, AnyFault> {
        let Some(lock) = setting(&site.repository(name)?.store) else { return Ok(None) };
        let reach =
            Reach { mode: lock_mode(lock.mode), retention: lock.retention, slack: lock.slack };
        let known = recall(&file(site, name), repository);
        Ok(Some(Self { site, name, reach, known, extended: None }))
    }

    /// Lets every lock reach far enough.
    pub(super) fn extend(
        &mut self,
        repository: &Repository,
        packs: &[PackId],
    ) -> Result<(), RepositoryError> {
        let (progress, cancel) = (self.site.progress.as_ref(), &self.site.cancel);
        let before = self.known.clone();
        let known = &mut self.known;
        let done = object_lock::extend(repository, self.reach, packs, known, progress, cancel);
        if self.known != before
            && let Err(fault) = self.remember(repository)
        {
            tracing::warn!(error = %chain(fault.as_ref()), "Locks are not remembered.");
        }
        self.extended = Some(done?);
        Ok(())
    }

    fn remember(&self, repository: &Repository) -> Result<(), AnyFault> {
        let file = file(self.site, self.name);
        // Two portals may go to one repository at the same time: the later one's memory is kept.
        let _alone = self.site.exclusively("object-lock", self.name)?;
        if let Some(folder) = file.parent() {
            files::create_private_dir(folder)?;
        }
        Ok(files::replace_durably(&file, written(repository, &self.known).as_bytes())?)
    }
}

/// How the objects of a store are to be locked.
pub(super) fn setting(store: &Store) -> Option<&ObjectLock> {
    match store {
        Store::S3(bucket) => bucket.object_lock.as_ref(),
        Store::Disk(_) => None,
    }
}

/// What is put on record before anything is locked: for each repository that locks, how.
pub(super) fn intended(site: &Site, repositories: &[String]) -> Option<Value> {
    let locks = repositories.iter().filter_map(|name| {
        let lock = setting(&site.settings.repository(name)?.store)?;
        let (retention, slack) = (lock.retention.as_secs(), lock.slack.as_secs());
        let lock = json!({
            "mode": lock.mode.as_str(),
            "retention-s": retention,
            "slack-s": slack,
        });
        Some((name.clone(), lock))
    });
    let locks: serde_json::Map<_, _> = locks.collect();
    (!locks.is_empty()).then_some(Value::Object(locks))
}

/// What was done, for the log and for programs.
pub(crate) fn as_json(extended: &Extended) -> Value {
    json!({
        "until": extended.until.to_string(),
        "objects": extended.objects,
        "asked": extended.asked,
        "extended": extended.extended,
    })
}

fn file(site: &Site, name: &str) -> PathBuf {
    site.settings.state.join("object-locks").join(name)
}

fn written(repository: &Repository, known: &Known) -> String {
    let mut lines: Vec<_> = known
        .0
        .iter()
        // A server may choose any letters for its ids; one that breaks the line is not remembered.
        .filter(|(_, (id, _))| !id.0.contains(|c: char| c.is_whitespace() || c.is_control()))
        .map(|(name, (id, until))| format!("{name} {id} {}\n", until.as_second()))
        .collect();
    lines.sort_unstable();
    format!("{FIRST_LINE}\n{}\n{}", repository.id(), lines.concat())
}

/// What the file has, if it is of this repository.
fn recall(file: &Path, repository: &Repository) -> Known {
    let small = std::fs::metadata(file).is_ok_and(|found| found.len() <= FILE_MAX);
    let text =
        if small { std::fs::read_to_string(file).unwrap_or_default() } else { String::new() };
    read(&text, &repository.id().to_string())
}

fn read(text: &str, repository: &str) -> Known {
    let mut lines = text.lines();
    if lines.next() != Some(FIRST_LINE) || lines.next() != Some(repository) {
        return Known::default();
    }
    let line = |line: &str| {
        let mut words = line.split(' ');
        let name = ObjectName::new(words.next()?).ok()?;
        let id = VersionId(words.next()?.into());
        let until = Timestamp::from_second(words.next()?.parse().ok()?).ok()?;
        words.next().is_none().then_some((name, (id, until)))
    };
    Known(lines.filter_map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_of_the_same_repository_are_believed() {
        let text = "duphong object locks 1\nkho\ndata/00/a v1 1800000000\nhalf v2\nx y z w\n";
        let known = read(text, "kho");
        assert_eq!(known.0.len(), 1);
        let (id, until) = &known.0[&ObjectName::new("data/00/a").expect("a valid name")];
        assert_eq!((&*id.0, until.as_second()), ("v1", 1_800_000_000));
        for (text, repository) in
            [(text, "khác"), ("", ""), ("duphong object locks 2\nkho\n", "kho")]
        {
            assert_eq!(read(text, repository), Known::default());
        }
    }
}
