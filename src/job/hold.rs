//! A person's word that a set must stay, and that it need not any more.
//!
//! Both are records in the audit log and nowhere else: the set itself is not touched, and other
//! programs that forget sets do not know of it.

use crate::audit::{Deed, Log};
use crate::base::fault::AnyFault;
use crate::job::fault::JobFault;
use crate::job::sets;
use crate::job::site::Site;
use crate::view::protection::Protection;

/// Holding and forgetting in one repository exclude each other by this name, so that nobody is told
/// that a set is held which is being forgotten.
pub(super) const RETENTION_LOCK: &str = "retention";

/// A word about a set.
#[derive(Clone, Debug)]
pub struct Word {
    /// Who says it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A set that a word was said about.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// Its whole id.
    pub set: String,
    /// The repository that holds it.
    pub repository: String,
}

/// Records that the set must stay. A set that is held already is held by the new word.
pub fn hold(
    site: &Site,
    repository: Option<&str>,
    set: &str,
    word: &Word,
) -> Result<Spoken, AnyFault> {
    let log = site.log()?;
    let name = sets::locate(site, repository, set)?.name;
    let _alone = site.exclusively(RETENTION_LOCK, &name)?;
    // Once more, now that nobody forgets it meanwhile.
    let located = sets::locate(site, Some(&name), set)?;
    let spoken = Spoken { set: located.id.to_string(), repository: name };
    record(site, &log, "snapshot.hold", &spoken, word)?;
    Ok(spoken)
}

/// Records that all sets of the portal must stay, those to come as well.
///
/// Recorded beside a forget that may be at work, without waiting for it: it is called while a set is
/// being written, and no repository that is written to can be forgotten from.
pub fn hold_portal(site: &Site, portal: &str, word: &Word) -> Result<(), AnyFault> {
    let portal = site.portal(portal)?.id.clone();
    speak(site, &site.log()?, Deed::new("retention.hold", portal), word)
}

/// Records that the sets of the portal are subject to the rules again, but for those that are held
/// one by one.
pub fn release_portal(site: &Site, portal: &str, word: &Word) -> Result<(), AnyFault> {
    let log = site.log()?;
    if !protection(&log)?.portals.contains_key(portal) {
        return Err(JobFault::PortalNotHeld { portal: portal.to_owned() }.into());
    }
    speak(site, &log, Deed::new("retention.release", portal), word)
}

/// Records that the held set whose id begins with `set` is subject to the rules again. Whether it
/// is still there is not asked.
pub fn release(site: &Site, set: &str, word: &Word) -> Result<Spoken, AnyFault> {
    let log = site.log()?;
    let wanted = set.to_ascii_lowercase();
    let holds = protection(&log)?.holds;
    let mut found = holds.iter().filter(|(id, _)| !wanted.is_empty() && id.starts_with(&wanted));
    let (Some((id, hold)), None) = (found.next(), found.next()) else {
        return Err(JobFault::NotHeld { set: set.to_owned() }.into());
    };
    let spoken = Spoken { set: id.clone(), repository: hold.repository.clone() };
    record(site, &log, "snapshot.release", &spoken, word)?;
    Ok(spoken)
}

fn record(
    site: &Site,
    log: &Log,
    verb: &'static str,
    spoken: &Spoken,
    word: &Word,
) -> Result<(), AnyFault> {
    let deed = Deed::new(verb, &spoken.set).fact("repository", spoken.repository.clone());
    speak(site, log, deed, word)
}

fn speak(site: &Site, log: &Log, deed: Deed, word: &Word) -> Result<(), AnyFault> {
    for said in [&word.by, &word.reason] {
        if said.trim().is_empty() {
            return Err(JobFault::Wordless.into());
        }
    }
    let deed = deed.fact("by", word.by.clone()).fact("reason", word.reason.clone());
    log.record(&site.actor, deed)?;
    Ok(())
}

/// What the log knows of holds and proofs.
pub fn protection(log: &Log) -> Result<Protection, AnyFault> {
    let mut protection = Protection::default();
    for entry in log.reader()?.entries() {
        protection.take(&entry?);
    }
    Ok(protection)
}
