//! The work that a failed drill opens: who owes it, and a person's word that it is done with.

use jiff::{SignedDuration, Timestamp};

use crate::audit::{Deed, Log};
use crate::base::fault::AnyFault;
use crate::config::settings::Portal;
use crate::drill::work::Works;
use crate::drill::work::fact::Owed;
use crate::job::drill::Request;
use crate::job::fault::JobFault;
use crate::job::hold::Word;
use crate::job::site::Site;
use crate::view;

/// What a failed drill of the portal asks for. One that was damaged on purpose, or read the past,
/// asks for nothing.
pub(super) fn owed(portal: &Portal, request: &Request, at: Timestamp) -> Option<Owed> {
    if request.sabotage.is_some() || request.as_of.is_some() {
        return None;
    }
    let wanted = &portal.drill.on_failure;
    let within = SignedDuration::try_from(wanted.within).unwrap_or(SignedDuration::MAX);
    let due = at.checked_add(within).unwrap_or(Timestamp::MAX);
    Some(Owed { owner: wanted.owner.clone(), due })
}

/// All work of the log.
pub fn works(log: &Log) -> Result<Works, AnyFault> {
    let mut works = Works::default();
    for entry in log.reader()?.entries() {
        view::work::take(&mut works, &entry?);
    }
    Ok(works)
}

/// Records that the work of this drill is done with, though no drill of its kind has passed.
pub fn close(site: &Site, number: u64, word: &Word) -> Result<(), AnyFault> {
    if [&word.by, &word.reason].iter().any(|said| said.trim().is_empty()) {
        return Err(JobFault::Wordless.into());
    }
    let log = site.log()?;
    let works = works(&log)?;
    let Some(open) = works.open().find(|open| open.number == number) else {
        return Err(JobFault::NoOpenWork { number }.into());
    };
    let deed = Deed::new(view::work::CLOSE, &open.portal).fact("drill", number);
    let deed = deed.fact("by", word.by.clone()).fact("reason", word.reason.clone());
    log.record(&site.actor, deed)?;
    Ok(())
}
