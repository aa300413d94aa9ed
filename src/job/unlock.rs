//! Removing locks that nobody holds any more, on record.
//!
//! What goes is named in the log with its proof before it goes; without a log that can be written
//! nothing is removed. For a lock that nothing proves a person may answer: then the log has that
//! word instead.

use serde_json::{Value, json};

use crate::audit::{Deed, Log, Outcome};
use crate::base::digest::Digest;
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Fault as _};
use crate::job::fault::JobFault;
use crate::job::hold::Word;
use crate::job::site::Site;
use crate::repository::unlock::{self, Held, Locks};
use crate::repository::{Repository, RepositoryError};

/// An intent names every lock that goes, and an entry of the log has room for no more than these.
const LOCKS_PER_ENTRY: usize = 50;

/// A name in a lock is whatever its maker wrote; the log takes so many letters of it.
const NAME_MAX: usize = 100;

/// What became of the locks of a repository.
#[derive(Debug)]
pub struct Unlocked {
    /// Those that went.
    pub removed: Vec<Gone>,
    /// Those that stay, since nothing proves that nobody holds them.
    pub stay: Vec<Held>,
    /// Those that stay, since they cannot be read.
    pub unreadable: Vec<(Digest, RepositoryError)>,
    /// Why not all went that were to.
    pub fault: Option<AnyFault>,
}

/// A lock that went.
#[derive(Debug)]
pub struct Gone {
    /// Its name.
    pub id: Digest,
    /// What it said, where it could be read.
    pub held: Option<Held>,
}

impl Unlocked {
    /// Done where nothing is left that keeps anybody out.
    pub fn exit(&self) -> ExitCode {
        match &self.fault {
            Some(fault) => fault.exit(),
            None => left(&self.stay, &self.unreadable),
        }
    }
}

/// How it ends where these are left.
pub fn left(stay: &[Held], unreadable: &[(Digest, RepositoryError)]) -> ExitCode {
    match (unreadable.first(), stay) {
        (Some((_, fault)), _) => fault.exit(),
        (None, []) => ExitCode::Done,
        (None, _) => ExitCode::Locked,
    }
}

/// A person's answer for one lock.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The beginning of its name.
    pub lock: String,
    /// Who answers, and why it may go.
    pub word: Word,
    /// The name of the repository, typed once more.
    pub confirmed: String,
}

/// The locks of the repository of this name, as [`unlock()`] finds them before it watches the old
/// ones. Changes nothing.
pub fn plan(site: &Site, name: &str) -> Result<Locks, AnyFault> {
    Ok(unlock::look(&site.open(name)?)?)
}

/// Removes every lock that is proven to be stale.
pub fn unlock(site: &Site, name: &str) -> Result<Unlocked, AnyFault> {
    let log = site.log()?;
    let repository = site.open(name)?;
    let locks = unlock::watch(&repository, site.progress.as_ref(), &site.cancel)?;
    let (stale, stay): (Vec<_>, Vec<_>) =
        locks.held.into_iter().partition(|held| held.why.is_stale());
    let unreadable = locks.unreadable;
    let mut unlocked = Unlocked { removed: Vec::new(), stay, unreadable, fault: None };
    let mut stale: Vec<_> =
        stale.into_iter().map(|held| Gone { id: held.id, held: Some(held) }).collect();
    while !stale.is_empty() && unlocked.fault.is_none() {
        let some = stale.drain(..stale.len().min(LOCKS_PER_ENTRY)).collect();
        let deed = Deed::new("repository.unlock", name);
        unlocked.fault = remove(site, &log, deed, &repository, some, &mut unlocked.removed)?;
    }
    Ok(unlocked)
}

/// Removes the one lock for which a person answers.
pub fn answered(site: &Site, name: &str, answer: &Answer) -> Result<Unlocked, AnyFault> {
    let log = site.log()?;
    let Word { by, reason } = &answer.word;
    if by.trim().is_empty() || reason.trim().is_empty() {
        return Err(JobFault::Wordless.into());
    }
    if answer.confirmed != name {
        let (lock, repository) = (answer.lock.clone(), name.to_owned());
        return Err(JobFault::NotConfirmed { lock, repository }.into());
    }
    let repository = site.open(name)?;
    let gone = find(unlock::look(&repository)?, &answer.lock)?;
    let deed =
        Deed::new("repository.unlock", name).fact("by", by.clone()).fact("reason", reason.clone());
    let mut removed = Vec::new();
    let fault = remove(site, &log, deed, &repository, vec![gone], &mut removed)?;
    Ok(Unlocked { removed, stay: Vec::new(), unreadable: Vec::new(), fault })
}

/// The one lock whose name begins so.
fn find(locks: Locks, prefix: &str) -> Result<Gone, AnyFault> {
    let wanted = prefix.to_ascii_lowercase();
    let held = locks.held.into_iter().map(|held| Gone { id: held.id, held: Some(held) });
    let unreadable = locks.unreadable.into_iter().map(|(id, _)| Gone { id, held: None });
    let mut found = held
        .chain(unreadable)
        .filter(|gone| !wanted.is_empty() && gone.id.to_string().starts_with(&wanted));
    match (found.next(), found.next()) {
        (Some(gone), None) => Ok(gone),
        _ => Err(JobFault::NoLock { lock: prefix.to_owned() }.into()),
    }
}

/// Removes these between one intent and its outcome; an error means that the log did not take the
/// intent, so that nothing went.
fn remove(
    site: &Site,
    log: &Log,
    deed: Deed,
    repository: &Repository,
    going: Vec<Gone>,
    removed: &mut Vec<Gone>,
) -> Result<Option<AnyFault>, AnyFault> {
    let deed = deed.fact("locks", going.iter().map(fact).collect::<Vec<_>>());
    site.recorded(log, deed, || {
        let mut fault = None;
        let mut told = Vec::new();
        for gone in going {
            let step = site.go_on().map_err(AnyFault::from);
            match step.and_then(|()| Ok(unlock::remove(repository, &gone.id)?)) {
                Ok(()) => {
                    told.push(gone.id.to_string());
                    removed.push(gone);
                }
                Err(error) => {
                    fault = Some(error);
                    break;
                }
            }
        }
        let outcome = match &fault {
            None => Outcome::done(),
            Some(fault) => Outcome::fault(fault.as_ref()),
        };
        Ok((fault, outcome.fact("removed", told)))
    })
}

fn fact(gone: &Gone) -> Value {
    let id = gone.id.to_string();
    let Some(Held { file, why, .. }) = &gone.held else { return json!({"id": id}) };
    let named = |name: &str| name.chars().take(NAME_MAX).collect::<String>();
    json!({
        "id": id,
        "proof": why.as_str(),
        "time": file.time.to_string(),
        "exclusive": file.exclusive,
        "host": named(&file.hostname),
        "user": named(&file.username),
        "process": file.pid,
    })
}
