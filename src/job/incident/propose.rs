//! A program that saw something proposes an incident; a person judges it.

use jiff::Timestamp;

use crate::base::fault::AnyFault;
use crate::incident::case::State;
use crate::incident::fact::{Fact, Group, Kind, Noted, Proposed, Sealed};
use crate::job::incident::ground::ground;
use crate::job::incident::open::begin;
use crate::job::incident::{alone, fact, fold};
use crate::job::site::Site;

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The portal's id.
    pub portal: String,
    /// The first alarm: from here the clocks run.
    pub detected_at: Timestamp,
    /// The watch that saw it, such as `page.signature`.
    pub source: String,
    /// What it saw, in words.
    pub what: String,
    /// The scenario group, where the finding tells it.
    pub group: Option<Group>,
    /// The kind of attack, where the finding tells it.
    pub kind: Option<Kind>,
    /// The last set taken before it: `repository:snapshot`.
    pub set: Option<String>,
    /// What has been sealed already.
    pub evidence: Vec<Sealed>,
}

/// What became of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The number of the incident.
    pub number: u64,
    /// Whether it is new; otherwise what was seen joined a proposal or an incident that is open.
    pub new: bool,
}

/// Proposes an incident, or adds to the one that the same watch has already raised on the same
/// portal and that nobody has closed or dismissed.
pub fn propose(site: &Site, proposal: &Proposal) -> Result<Answered, AnyFault> {
    let portal = site.portal(&proposal.portal)?;
    let log = site.log()?;
    let _alone = alone(site)?;
    let known = fold(&log)?;
    let same = known.cases.values().find(|case| {
        matches!(case.state, State::Proposed | State::Open | State::Ended)
            && case.ground.portal.id == proposal.portal
            && case.source.as_deref() == Some(proposal.source.as_str())
    });
    if let Some(case) = same {
        for sealed in &proposal.evidence {
            let is_new = case.evidence.iter().all(|known| known.what.digest != sealed.digest);
            if is_new {
                fact::append(site, &log, case, Fact::Sealed(sealed.clone()))?;
            }
        }
        if case.what != proposal.what
            && case.notes.iter().all(|note| note.what.text != proposal.what)
        {
            let by = proposal.source.clone();
            let at = Some(proposal.detected_at);
            let note = Noted { by, at, text: proposal.what.clone() };
            fact::append(site, &log, case, Fact::Noted(note))?;
        }
        return Ok(Answered { number: case.number, new: false });
    }
    let proposed = Fact::Proposed(Proposed {
        ground: ground(site, &log, portal, &known)?,
        // A clock that was set back meanwhile must not cost the alarm.
        detected_at: proposal.detected_at.min(site.world.clock.now()),
        source: proposal.source.clone(),
        what: proposal.what.clone(),
        group: proposal.group,
        kind: proposal.kind,
        set: proposal.set.clone(),
        evidence: proposal.evidence.clone(),
    });
    let case = begin(site, &log, &proposal.portal, proposed)?;
    Ok(Answered { number: case.number, new: true })
}
