//! Finding the set that a drill restores, by the rules of [`choice`].

use crate::base::fault::AnyFault;
use crate::drill::choice::fact::{Choice, Draw, Wish};
use crate::drill::choice::{self, Candidate};
use crate::drill::compare::not_run;
use crate::drill::fact::{CheckKind, Finding};
use crate::job::drill::way::Way;
use crate::job::drill::{Request, instant};
use crate::job::fault::JobFault;
use crate::job::sets;
use crate::job::site::is_ordinary;
use crate::repository::snapshot::Snapshot;
use crate::repository::{Repository, SnapshotId};

/// When it was decided to restore, and what draws a set at random.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) at: jiff::Timestamp,
    pub(super) draw: Draw,
}

/// The set that is wished.
pub(super) fn set(
    way: &mut Way<'_>,
    repository: &Repository,
) -> Result<(SnapshotId, Snapshot), AnyFault> {
    let (request, decision) = (way.request(), way.decision().clone());
    let wish = Wish::of(request.set.as_deref());
    let found = repository.snapshots()?;
    if wish != Wish::Named && !found.unreadable.is_empty() {
        // The newest or the oldest may be among them.
        let detail = format!("{} sets of the repository cannot be read", found.unreadable.len());
        let blind = not_run(CheckKind::Restore, way.repository(), Finding::Blind { detail });
        way.checks.push(blind);
    }
    let mut all = found.sets;
    all.retain(|(_, snapshot)| is_ordinary(snapshot, &way.portal().id));
    let candidate = |(id, snapshot): &(SnapshotId, Snapshot)| Candidate {
        id: id.to_string(),
        taken: snapshot.time,
    };
    let candidates: Vec<Candidate> = all.iter().map(candidate).collect();
    if let Some(to) = request.to {
        let id = instant::find(way, repository, to)?;
        let before: Vec<_> = candidates.iter().filter(|one| one.taken <= to).cloned().collect();
        let chosen = choice::choose(&before, wish, None, decision.at, &decision.draw);
        way.choice = chosen.map(|(_, choice)| {
            let newest = candidates.last().is_some_and(|newest| newest.id == id.to_string());
            Choice { newest, ..choice }
        });
        return Ok((id, repository.snapshot(&id)?));
    }
    if wish == Wish::Named {
        let named =
            sets::find(repository, way.repository(), &way.portal().id, request.set.as_deref())?;
        let one = candidate(&named);
        let newest = candidates.last().is_some_and(|newest| newest.id == one.id);
        let (at, draw) = (decision.at, &decision.draw);
        let chosen = choice::choose(std::slice::from_ref(&one), wish, None, at, draw);
        way.choice = chosen.map(|(_, choice)| Choice { newest, ..choice });
        return Ok(named);
    }
    let chosen = choice::choose(&candidates, wish, request.within, decision.at, &decision.draw);
    let found = chosen.and_then(|(chosen, choice)| {
        let found = all.into_iter().find(|(id, _)| id.to_string() == chosen.id)?;
        Some((found, choice))
    });
    let (found, choice) = found.ok_or_else(|| none(way, request))?;
    way.choice = Some(Choice { turn: request.turn, ..choice });
    Ok(found)
}

fn none(way: &Way<'_>, request: &Request) -> JobFault {
    let (portal, repository) = (way.portal().id.clone(), way.repository().to_owned());
    match request.within {
        Some(within) => JobFault::NoSetWithin { portal, repository, within },
        None => JobFault::NoSet { portal, repository },
    }
}
