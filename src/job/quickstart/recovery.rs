//! Recovery by the shipped playbook: started by whoever runs the quickstart, approved with the
//! made-up second person's key.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::fault::AnyFault;
use crate::job::playbook::approve::approve;
use crate::job::playbook::run::{self, Request, Word};
use crate::job::probe::Watch;
use crate::job::quickstart::{Answers, PORTAL, Paths, portal};
use crate::job::site::Site;
use crate::playbook::approval;
use crate::playbook::fact::{Closed, How};
use crate::playbook::journal::{Run, Standing, StepState};
use crate::playbook::settings::Given;
use crate::world::files;

/// The playbook.
const PLAYBOOK: &str = "restore-in-place";

/// What a recovery did.
#[derive(Debug)]
pub struct Recovered {
    /// The run's number.
    pub run: u64,
    /// The plan's hash.
    pub hash: String,
    /// Whether every step was done.
    pub finished: bool,
    /// Steps done.
    pub steps: u64,
    /// The first step that failed, with its code, where one did.
    pub failed: Option<(String, String)>,
    /// From the start of the run to its end.
    pub took: Duration,
    /// The portal's answers afterwards.
    pub after: Answers,
}

/// Restores `set` in place.
pub(super) fn in_place(
    site: &Site,
    watch: &Watch,
    paths: &Paths,
    set: &str,
) -> Result<Recovered, AnyFault> {
    let inputs = BTreeMap::from([("set".to_owned(), Given::Text(set.to_owned()))]);
    let request = Request { playbook: PLAYBOOK.to_owned(), portal: PORTAL.to_owned(), inputs };
    let draft = run::plan(site, &request)?;
    let begun = run::begin(site, draft.plan)?;
    let silent = |_: &Run, _: &_| {};
    run::go_on(site, begun.number, &Word::Nothing, &silent)?;
    let key = files::read(&paths.approver)?;
    approve(site, begun.number, |statement| Ok(approval::sign(&key, statement)?))?;
    let (run, standing) = run::go_on(site, begun.number, &Word::Nothing, &silent)?;
    let took = match &standing {
        Standing::Closed(Closed { took_ms, .. }) => Duration::from_millis(*took_ms),
        _ => Duration::ZERO,
    };
    let is_done = |state: &StepState| matches!(state, StepState::Done { .. });
    let failed = run.plan.steps.iter().zip(&run.steps).find_map(|(step, one)| {
        one.failure.as_ref().map(|failure| (step.id.clone(), failure.code.clone()))
    });
    Ok(Recovered {
        run: run.number,
        hash: run.begun.hash.to_string(),
        finished: matches!(standing, Standing::Closed(Closed { how: How::Finished, .. })),
        steps: run.steps.iter().filter(|one| is_done(&one.state)).count() as u64,
        failed,
        took,
        after: portal::look(site, watch)?,
    })
}
