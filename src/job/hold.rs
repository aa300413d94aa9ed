//! A word that a set, or all sets of a portal, must stay, and that they need not any more.
//!
//! Both are records in the audit log: the set itself is not touched, and other programs that forget
//! sets do not know of it. What an alarm says while the log cannot be written is remembered beside
//! it until the log has it, and counts meanwhile.

mod remembered;

use std::time::Duration;

use crate::audit::{Deed, Log};
use crate::base::fault::AnyFault;
use crate::job::fault::JobFault;
use crate::job::sets;
use crate::job::site::Site;
use crate::view::protection::Protection;
use crate::world::files::{FileError, FileLock};

pub use remembered::all as remembered;

/// Holding and forgetting in one repository exclude each other by this name, so that nobody is told
/// that a set is held which is being forgotten.
pub(super) const RETENTION_LOCK: &str = "retention";

/// Whoever holds a portal, and whoever takes the name of one set out of a repository, does it in
/// turn by this name: a set goes before the hold, or not at all.
const TURN: &str = "hold";

/// Removing one name takes a moment; a bucket is asked again for up to five minutes.
const TURN_MAX: Duration = Duration::from_mins(6);

/// How often it is tried to have the turn.
const TURN_EVERY: Duration = Duration::from_millis(20);

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

/// Records that all sets of the portal must stay, those to come as well. When this returns, none of
/// them goes any more: a forget that is at work stops at its next set.
pub fn hold_portal(site: &Site, portal: &str, word: &Word) -> Result<(), AnyFault> {
    let portal = site.portal(portal)?.id.clone();
    speak(site, &site.log()?, Deed::new("retention.hold", portal), word)?;
    // The set that was on its way out when this was recorded is gone by now, or stays. Recorded
    // first: whoever takes out many leaves no gap in which another would have the turn.
    drop(turn(site, TURN_MAX)?);
    Ok(())
}

/// What became of an alarm's word.
#[derive(Debug)]
pub struct Alarmed {
    /// Whether it outlasts this process.
    pub held: bool,
    /// Why it is not where it should be.
    pub faults: Vec<AnyFault>,
}

/// The same for an alarm, which waits for nobody and must not be lost: what the log does not take
/// now is remembered beside it, or as a last resort by this process.
pub fn hold_by_alarm(site: &Site, portal: &str, word: &Word) -> Alarmed {
    let mut faults = Vec::new();
    // First: killed in the next step, it is known.
    let remembered = remembered::remember(site, portal, word);
    // A forget that has the turn looks for a hold before its next set.
    let turn = turn(site, Duration::ZERO);
    let recorded = site.log().and_then(|log| match &remembered {
        Ok(()) => remembered::record(site, &log),
        Err(_) => speak(site, &log, Deed::new("retention.hold", portal), word),
    });
    drop(turn);
    let held = remembered.is_ok() || recorded.is_ok();
    if !held {
        let deed = Deed::new("retention.hold", portal);
        site.note(deed.fact("by", word.by.clone()).fact("reason", word.reason.clone()));
    }
    faults.extend(recorded.err());
    faults.extend(remembered.err().map(AnyFault::from));
    Alarmed { held, faults }
}

/// Brings the log what alarms said while it could not be written. Waits for nobody: as long as it
/// is remembered, it counts.
pub fn catch_up(site: &Site) -> Result<(), AnyFault> {
    if remembered(site)?.is_empty() {
        return Ok(());
    }
    let log = site.log()?;
    match turn(site, Duration::ZERO) {
        Ok(_turn) => remembered::record(site, &log),
        Err(fault) if fault.code() == FileError::LOCKED => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Records that the sets of the portal are subject to the rules again, but for those that are held
/// one by one.
pub fn release_portal(site: &Site, portal: &str, word: &Word) -> Result<(), AnyFault> {
    let log = site.log()?;
    let _turn = turn(site, TURN_MAX)?;
    // What is remembered would otherwise come after the release.
    remembered::record(site, &log)?;
    if !protection(site, &log)?.portals.contains_key(portal) {
        return Err(JobFault::PortalNotHeld { portal: portal.to_owned() }.into());
    }
    speak(site, &log, Deed::new("retention.release", portal), word)
}

/// Waits until nobody else is holding a portal or taking out a set, so long at most.
fn turn(site: &Site, at_most: Duration) -> Result<FileLock, AnyFault> {
    let clock = &site.world.clock;
    let begun = clock.monotonic();
    loop {
        let fault = match site.exclusively(TURN, "all") {
            Ok(turn) => return Ok(turn),
            Err(fault) => fault,
        };
        let is_waiting = fault.code() == FileError::LOCKED;
        if !is_waiting || clock.monotonic().since(begun) >= at_most {
            return Err(fault);
        }
        site.go_on()?;
        clock.sleep(TURN_EVERY);
    }
}

/// Records that the held set whose id begins with `set` is subject to the rules again. Whether it
/// is still there is not asked.
pub fn release(site: &Site, set: &str, word: &Word) -> Result<Spoken, AnyFault> {
    let log = site.log()?;
    let wanted = set.to_ascii_lowercase();
    let holds = protection(site, &log)?.holds;
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

/// What the log knows of holds and proofs, and the holds that are remembered beside it.
pub fn protection(site: &Site, log: &Log) -> Result<Protection, AnyFault> {
    Ok(Known::new(site, log)?.protection)
}

/// What is known of holds and proofs, brought up to date as entries come.
pub(super) struct Known<'a> {
    site: &'a Site,
    log: &'a Log,
    /// Entries that were taken in.
    seen: u64,
    /// As of the last look.
    pub(super) protection: Protection,
}

impl<'a> Known<'a> {
    /// As of now.
    pub(super) fn new(site: &'a Site, log: &'a Log) -> Result<Self, AnyFault> {
        let mut known = Self { site, log, seen: 0, protection: Protection::default() };
        known.look()?;
        Ok(known)
    }

    /// Whatever came since the last look.
    fn look(&mut self) -> Result<(), AnyFault> {
        // Before the log: what is recorded and let go of in between is found in one of them.
        let remembered = remembered(self.site)?;
        let reader = self.log.reader()?;
        for entry in reader.range(self.seen..reader.size()) {
            self.protection.take(&entry?);
            self.seen += 1;
        }
        for (portal, held) in remembered {
            self.protection.portals.entry(portal).or_insert(held);
        }
        Ok(())
    }

    /// Has the turn, until it is dropped, to take out what is no set and belongs to these portals,
    /// none of which anybody holds now; or else the one that is held, and by whom.
    pub(super) fn turn_of(
        &mut self,
        portals: &[String],
    ) -> Result<Result<FileLock, (String, String)>, AnyFault> {
        let turn = turn(self.site, TURN_MAX)?;
        self.look()?;
        let hold = |portal: &String| {
            let hold = self.protection.portals.get(portal)?;
            Some((portal.clone(), hold.by.clone()))
        };
        Ok(portals.iter().find_map(hold).map_or(Ok(turn), Err))
    }

    /// Has the turn, until it is dropped, to take out this set of this portal, which nobody holds
    /// now.
    pub(super) fn turn_for(
        &mut self,
        repository: &str,
        set: &str,
        portal: &str,
    ) -> Result<FileLock, AnyFault> {
        let turn = turn(self.site, TURN_MAX)?;
        self.look()?;
        match self.protection.hold_of(repository, set, Some(portal)) {
            None => Ok(turn),
            Some(hold) => {
                let (set, by) = (set.to_owned(), hold.by);
                Err(JobFault::HeldMeanwhile { set, by }.into())
            }
        }
    }
}
