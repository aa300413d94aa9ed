//! Keeping everything that a repository is made of locked, for as long as sets are taken.
//!
//! A lock is set when an object is written and ends by itself, while sets go on needing what was
//! written long before. So before a set counts as taken every lock reaches so far beyond it as the
//! configuration wants. What a lock reaches is asked of the server once and then remembered
//! ([`Known`]), and a lock that is extended is extended by more than is needed: in the time that
//! this lasts an object costs two requests, and none at the sets in between.
//!
//! All that the repository shows is kept locked, not only what one set needs: older sets are to be
//! kept too, and what nobody needs any more is hidden by prune. Locks of the repository are there
//! to be removed, and stay unlocked.
//!
//! What is extended is a version, not a name. A name that was overwritten shows bytes of someone
//! else; extending those would let the real ones run out while every run says that all is well. So
//! where a name has had several contents, the one it shows is read and proven first.

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use crate::base::cancel::Cancel;
use crate::base::digest::Digest;
use crate::base::progress::Progress;
use crate::repository::config::Config;
use crate::repository::envelope;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::layout::{self, Folder};
use crate::repository::malformed::Malformed;
use crate::repository::open::Repository;
use crate::repository::segment::Piece;
use crate::store::past::kept;
use crate::store::versions::{Lock, LockMode, Version, VersionId, Versions};
use crate::store::{ObjectName, StoreError};

/// As many as a store asks at once; more would only wait there.
const AT_ONCE: usize = 16;

/// How far locks reach.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Who may lift a lock before its end.
    pub mode: LockMode,
    /// The least that every lock reaches beyond now.
    pub retention: Duration,
    /// What is added to that when a lock is extended.
    pub slack: Duration,
}

/// What is known of locks: which version shows, and when its lock ends. Only a memory: what it
/// lacks is asked of the server again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known(pub HashMap<ObjectName, (VersionId, Timestamp)>);

/// What was done so that every lock reaches far enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extended {
    /// The instant that every lock reaches.
    pub until: Timestamp,
    /// Objects that are locked.
    pub objects: u64,
    /// How many the server was asked about.
    pub asked: u64,
    /// How many locks were extended.
    pub extended: u64,
}

/// Lets every lock of the repository reach `now + retention`. `packs` must be among what the
/// repository shows: one that was hidden meanwhile is a fault. When this fails, `known` still has
/// what was found out.
pub fn extend(
    repository: &Repository,
    reach: Reach,
    packs: &[PackId],
    known: &mut Known,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Extended, RepositoryError> {
    progress.phase("phase-object-lock");
    let versions = kept(&**repository.store())?;
    let all = repository.block_on(versions.all(""))?;
    let shown: Vec<_> = all.chunk_by(|a, b| a.name == b.name).filter_map(Shown::of).collect();
    check_shown(&shown, packs)?;
    let now = repository.world().clock.now();
    let work = Work { repository, versions, reach, now, cancel };
    let least = work.after(reach.retention);
    let unsure: Vec<_> = shown.iter().filter(|shown| !shown.reaches(known, least)).collect();
    progress.total(unsure.len() as u64, 0);
    let mut extended = 0;
    let mut found = Vec::new();
    let remembered = &known.0;
    let looked = async {
        let looks = stream::iter(&unsure)
            .map(|shown| work.extend(shown, remembered.get(&shown.version.name), least));
        let mut looks = pin!(looks.buffer_unordered(AT_ONCE));
        // The first fault ends it: what keeps one lock from being extended keeps the others too.
        while let Some(done) = looks.next().await {
            let done: Done = done?;
            extended += u64::from(done.extended);
            found.push((done.name, (done.id, done.until)));
            progress.advance(1, 0);
        }
        Ok(())
    };
    let looked: Result<(), RepositoryError> = repository.block_on(looked);
    known.0.extend(found);
    known.0.retain(|name, _| shown.binary_search_by(|one| one.version.name.cmp(name)).is_ok());
    looked?;
    let (objects, asked) = (shown.len() as u64, unsure.len() as u64);
    Ok(Extended { until: least, objects, asked, extended })
}

/// What a name shows.
struct Shown<'a> {
    version: &'a Version,
    /// Whether the name has had other bytes, as far as the server's words for them tell.
    doubtful: bool,
}

impl<'a> Shown<'a> {
    /// Nothing where the name shows nothing, or what is there to be removed, or is not ours.
    fn of(of_name: &'a [Version]) -> Option<Self> {
        let version = of_name.iter().find(|version| version.is_latest)?;
        let content = version.content.as_ref()?;
        if !is_kept(&version.name) {
            return None;
        }
        let others = of_name.iter().filter_map(|other| other.content.as_ref());
        Some(Self { version, doubtful: others.into_iter().any(|other| other != content) })
    }

    fn reaches(&self, known: &Known, least: Timestamp) -> bool {
        let found = known.0.get(&self.version.name);
        found.is_some_and(|(id, until)| *id == self.version.id && *until >= least)
    }
}

/// Whether an object of this name is to be kept locked.
pub fn is_kept(name: &ObjectName) -> bool {
    let folders = [Folder::Keys, Folder::Index, Folder::Snapshots, Folder::Data];
    *name == layout::config()
        || folders.iter().any(|folder| folder.digest(name).is_some())
        || Piece::parse(name).is_some()
}

/// A pack that the set needs and the repository does not show was hidden while the set was taken.
fn check_shown(shown: &[Shown<'_>], packs: &[PackId]) -> Result<(), RepositoryError> {
    for pack in packs {
        let name = layout::pack(pack);
        if shown.binary_search_by(|one| one.version.name.cmp(&name)).is_err() {
            return Err(StoreError::Missing { place: name.to_string() }.into());
        }
    }
    Ok(())
}

struct Work<'a> {
    repository: &'a Repository,
    versions: &'a dyn Versions,
    reach: Reach,
    now: Timestamp,
    cancel: &'a Cancel,
}

struct Done {
    name: ObjectName,
    id: VersionId,
    until: Timestamp,
    extended: bool,
}

impl Work<'_> {
    fn after(&self, time: Duration) -> Timestamp {
        let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
        self.now.checked_add(time).unwrap_or(Timestamp::MAX)
    }

    /// Finds out where the lock of what a name shows ends, and extends it if that is too soon.
    async fn extend(
        &self,
        shown: &Shown<'_>,
        known: Option<&(VersionId, Timestamp)>,
        least: Timestamp,
    ) -> Result<Done, RepositoryError> {
        if self.cancel.is_cancelled() {
            return Err(RepositoryError::Cancelled);
        }
        let Version { name, id, .. } = shown.version;
        let proven = known.is_some_and(|(before, _)| before == id);
        if shown.doubtful && !proven {
            self.prove(shown.version).await?;
        }
        let lock = self.versions.lock_of(name, id).await?;
        if let Some(lock) = lock.filter(|lock| lock.until >= least) {
            let (name, id, until) = (name.clone(), id.clone(), lock.until);
            return Ok(Done { name, id, until, extended: false });
        }
        let until = self.after(self.reach.retention.saturating_add(self.reach.slack));
        // A lock that still holds keeps its mode: changing it needs a right that we must not have.
        let holding = lock.filter(|lock| lock.until > self.now);
        let mode = holding.map_or(self.reach.mode, |lock| lock.mode);
        self.versions.lock(name, id, Lock { mode, until }).await?;
        Ok(Done { name: name.clone(), id: id.clone(), until, extended: true })
    }

    /// Proves that a version is what its name says: its digest, or for the config the seal.
    async fn prove(&self, version: &Version) -> Result<(), RepositoryError> {
        let name = &version.name;
        let bytes = self.versions.get_version(name, &version.id).await?;
        if *name == layout::config() {
            let opened = envelope::open::<Config>(self.repository.key(), "config", bytes.into());
            return opened.map(drop).map_err(RepositoryError::damaged(name));
        }
        let named = match Piece::parse(name) {
            Some(piece) => piece.digest.to_string(),
            None => name.last_segment().to_owned(),
        };
        if Digest::of(&bytes).to_string() != named {
            let source = Malformed::new("object", "other bytes were written over it");
            return Err(RepositoryError::damaged(name)(source));
        }
        Ok(())
    }
}
