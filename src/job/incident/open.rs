//! Opening an incident by hand, and making a proposal one.

use jiff::Timestamp;

use crate::audit::{Deed, Log, Outcome};
use crate::base::fault::AnyFault;
use crate::incident::case::{Case, not_in_future};
use crate::incident::fact::{Adopted, Detection, Fact, Group, Kind, Notice, Opened, Record, Said};
use crate::incident::fault::CaseFault;
use crate::job::fault::JobFault;
use crate::job::incident::ground::ground;
use crate::job::incident::{alone, fact, find, fold};
use crate::job::site::Site;
use crate::probe::fact::State;
use crate::view::Now;

/// What a person says about a new incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The portal's id.
    pub portal: String,
    /// The scenario group.
    pub group: Group,
    /// The kind of attack.
    pub kind: Option<Kind>,
    /// What happened.
    pub what: String,
    /// When it was detected; at the first alarm, or now, where nobody says.
    pub detected_at: Option<Timestamp>,
    /// The first alarm, where a person knows of one; what the probes know is found in the log.
    pub first_alarm: Option<Timestamp>,
    /// Why the detection is later than the first alarm.
    pub reason: Option<String>,
    /// Who told us from outside.
    pub notice: Option<Notice>,
    /// Who opens it.
    pub by: String,
}

/// What a person says about a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The scenario group; as proposed where absent.
    pub group: Option<Group>,
    /// The kind of attack; as proposed where absent.
    pub kind: Option<Kind>,
    /// When it was detected; at the first alarm where nobody says.
    pub detected_at: Option<Timestamp>,
    /// Why the detection is later than the first alarm.
    pub reason: Option<String>,
    /// Who adopts it.
    pub by: String,
}

/// Opens an incident and returns it.
pub fn open(site: &Site, opening: &Opening) -> Result<Case, AnyFault> {
    let portal = site.portal(&opening.portal)?;
    let log = site.log()?;
    let _alone = alone(site)?;
    let view = look(&log)?;
    let known = &view.incidents;
    let now = site.world.clock.now();
    // Whoever was told from outside has detected it when the notice came, and whose probes have
    // seen the portal down has detected it when they first did.
    let noticed = opening.notice.as_ref().map(|notice| notice.at);
    let seen = down_since(&view, &opening.portal);
    let first_alarm = opening.first_alarm.into_iter().chain(noticed).chain(seen).min();
    let at = opening.detected_at.or(first_alarm).unwrap_or(now);
    let detection = detection(at, first_alarm, opening.reason.as_ref(), &opening.by);
    let mut opened = Opened {
        ground: crate::incident::fact::Ground {
            portal: crate::job::incident::portal_facts(portal),
            rules: Vec::new(),
            contacts: Vec::new(),
        },
        detection,
        group: opening.group,
        kind: opening.kind,
        what: opening.what.clone(),
        notice: opening.notice.clone(),
        by: opening.by.clone(),
    };
    // What is refused leaves nothing behind, neither the text of a rule nor a number.
    let fact = Fact::Opened(opened.clone());
    not_in_future(&fact, now)?;
    Case::begin(0, now, &fact, Vec::new())?;
    opened.ground = ground(site, &log, portal, known)?;
    begin(site, &log, &opening.portal, Fact::Opened(opened))
}

/// Everything that the log tells.
fn look(log: &Log) -> Result<Now, AnyFault> {
    let mut now = Now::default();
    for entry in log.reader()?.entries() {
        now.take(&entry?);
    }
    Ok(now)
}

/// Since when the probes of a portal that is down have seen it so.
fn down_since(now: &Now, portal: &str) -> Option<Timestamp> {
    let probes = now.portals.get(portal)?.probes.values();
    let down = probes.filter(|probe| probe.state == Some(State::Down));
    down.map(|probe| probe.since).min()
}

/// Makes a proposal an incident.
pub fn adopt(site: &Site, number: u64, adoption: &Adoption) -> Result<Case, AnyFault> {
    let proposal = find(site, number)?;
    let group = adoption.group.or(proposal.group).ok_or(CaseFault::Empty { what: "group" })?;
    let kind = adoption.kind.or(proposal.kind.filter(|_| group == Group::Attack));
    let at = adoption.detected_at.unwrap_or(proposal.detection.at);
    let first_alarm = proposal.detection.first_alarm;
    let detection = detection(at, first_alarm, adoption.reason.as_ref(), &adoption.by);
    let by = adoption.by.clone();
    fact::record(site, number, Fact::Adopted(Adopted { detection, group, kind, by }))
}

/// The reason is kept only where there is something to answer for.
fn detection(
    at: Timestamp,
    first_alarm: Option<Timestamp>,
    reason: Option<&String>,
    by: &str,
) -> Detection {
    let later = first_alarm.is_some_and(|first| at > first);
    let said = |reason: &String| Said { by: by.to_owned(), reason: reason.clone() };
    Detection { at, first_alarm, later: reason.filter(|_| later).map(said) }
}

/// Gives an incident its number and its first fact.
pub(super) fn begin(site: &Site, log: &Log, portal: &str, fact: Fact) -> Result<Case, AnyFault> {
    not_in_future(&fact, site.world.clock.now())?;
    let deed = Deed::new(fact.verb(), portal);
    let intent = log.intend_numbered(&site.actor, deed, "incident")?;
    let number = intent.number().unwrap_or_default();
    let record = Record::new(number, fact).serialized();
    log.settle(intent, Outcome::done().fact("record", record))?;
    let case = fold(log)?.cases.remove(&number);
    Ok(case.ok_or(JobFault::UnreadableRecord {
        entry: log.head()?.size,
        what: "incident",
        detail: format!("incident {number} is not in the log"),
    })?)
}
