//! The page is altered: it is noticed, sealed, proposed, opened as an incident, and its form is
//! filled in.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::base::fault::AnyFault;
use crate::incident::form::Answers;
use crate::job::deface;
use crate::job::fault::JobFault;
use crate::job::incident::form::{self, Format};
use crate::job::incident::open::{self, Adoption};
use crate::job::quickstart::{PORTAL, Paths};
use crate::job::site::Site;
use crate::probe::deface::fact::Verdict;

/// The alarm, the incident and its form.
#[derive(Debug)]
pub struct Alarm {
    /// Whether the page was found altered.
    pub altered: bool,
    /// The score, and how many signs it is made of.
    pub score: u64,
    /// Signs.
    pub signs: u64,
    /// Answers that were sealed as evidence before anything else.
    pub evidence: u64,
    /// The newest set from before the first altered look, by the alarm's own finding.
    pub set: Option<String>,
    /// The incident.
    pub incident: u64,
    /// When it was detected: from here its clocks run.
    pub detected: Timestamp,
    /// Duties that are owed now.
    pub owed: u64,
    /// The first of them that the law gives a number.
    pub first: Option<Clock>,
    /// The form's files.
    pub form: Vec<PathBuf>,
    /// Mandatory fields of the form that a person has still to fill in.
    pub blanks: u64,
}

/// A duty with a deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Its id in the rules.
    pub rule: String,
    /// Its article.
    pub article: String,
    /// The last instant at which it is in time.
    pub due: Timestamp,
}

/// The first look takes the baseline, of a page that says nothing suspicious.
pub(super) fn take_baseline(site: &Site) -> Result<(), AnyFault> {
    for looked in deface::look(site, PORTAL)? {
        if let Some(fault) = looked.faults.into_iter().next() {
            return Err(fault);
        }
    }
    Ok(())
}

/// Whether the page is as its baseline has it.
pub(super) fn page_is_unaltered(site: &Site) -> Result<bool, AnyFault> {
    let looked = deface::look(site, PORTAL)?;
    let unaltered = |one: &deface::Looked| one.judged.verdict == Verdict::Unaltered;
    Ok(!looked.is_empty() && looked.iter().all(unaltered))
}

/// Looks at the page as the daemon does, adopts the proposal as the person on duty does, and renders
/// *Mẫu số 03* as an exercise.
pub(super) fn notice(site: &Site, paths: &Paths) -> Result<Alarm, AnyFault> {
    let looked = deface::look(site, PORTAL)?.into_iter().next();
    let looked = looked.ok_or_else(|| unexpected("no page is watched"))?;
    if let Some(fault) = looked.faults.into_iter().next() {
        return Err(fault);
    }
    let number = looked.incident.ok_or_else(|| unexpected("no incident was proposed"))?;
    let by = site.actor.name.clone();
    let adoption = Adoption { group: None, kind: None, detected_at: None, reason: None, by };
    let case = open::adopt(site, number, &adoption)?;
    let now = site.world.clock.now();
    let duties = crate::job::incident::all(site)?;
    let due = duties.due(now);
    let owed: Vec<_> = due.iter().filter(|(_, duty)| duty.status.is_owed()).collect();
    let first =
        owed.iter().filter_map(|(_, duty)| Some((duty.due_at?, duty))).min_by_key(|one| one.0);
    let first = first.map(|(due, duty)| Clock {
        rule: duty.rule.id.clone(),
        article: duty.rule.article.clone(),
        due,
    });
    let rendered = form::render(
        site,
        &form::Request {
            number,
            out: paths.documents.clone(),
            formats: Format::ALL.to_vec(),
            answers: Answers::default(),
            by: site.actor.name.clone(),
            rehearsal: true,
        },
    )?;
    Ok(Alarm {
        altered: looked.judged.verdict == Verdict::Altered,
        score: u64::from(looked.judged.score),
        signs: looked.judged.reasons.len() as u64,
        evidence: case.evidence.len() as u64,
        set: looked.sets.before_first_altered.map(|set| set.id),
        incident: number,
        detected: case.detection.at,
        owed: owed.len() as u64,
        first,
        blanks: rendered.blanks().len() as u64,
        form: rendered.paths,
    })
}

/// The story depends on what it shows: a link that is missing ends it.
fn unexpected(what: &str) -> JobFault {
    JobFault::Bug { words: what.to_owned() }
}
