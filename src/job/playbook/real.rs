//! The actions as the engine calls them, each handed to the file that knows how to do it.
//!
//! Every action stands in every match that it belongs to, without a rest: a new one does not
//! compile until someone has said what it does.

use crate::base::fault::AnyFault;
use crate::job::playbook::action::ActionFault;
use crate::job::playbook::{command, network, nginx, postgres, restore, snapshot};
use crate::job::site::Site;
use crate::playbook::action::Action;
use crate::playbook::fact::{Output, Way};
use crate::playbook::model::Call;
use crate::playbook::plan::{Plan, PlannedCall, PlannedUndo};
use crate::playbook::port::{Actions, FenceProof, Place, Sight};
use crate::playbook::sound;

/// The actions on this machine.
#[derive(Clone, Copy)]
pub struct Real<'a> {
    site: &'a Site,
    /// Of the run that is worked at.
    plan: Option<&'a Plan>,
}

impl<'a> Real<'a> {
    /// On the ground of this installation, for looking.
    pub fn new(site: &'a Site) -> Self {
        Self { site, plan: None }
    }

    /// The same for a run of this plan.
    pub fn of(site: &'a Site, plan: &'a Plan) -> Self {
        Self { site, plan: Some(plan) }
    }

    /// Ends what a killed process left running, whatever the step is: a command may have been part
    /// of it. Whether any program still ran.
    pub(super) fn end_left(&self, place: &Place) -> Result<bool, AnyFault> {
        let ran = command::quiet(self.site, place)?;
        let Some(planned) = self.plan.and_then(|plan| call_of(plan, place)) else {
            return Ok(ran);
        };
        match planned.call()?.action {
            Action::RestoreStage
            | Action::RestoreCompare
            | Action::RestoreSwap
            | Action::RestoreSwapBack
            | Action::RestoreUnstage => restore::quiet(self.site, place)?,
            _ => {}
        }
        Ok(ran)
    }
}

impl Actions for Real<'_> {
    fn survey(&self, portal: &str, call: &Call) -> Result<Output, AnyFault> {
        let site = self.site;
        match call.action {
            Action::Gate => Ok(Output::new()),
            Action::Fence | Action::Command | Action::CommandSays => command::survey(site, call),
            Action::HttpAnswers | Action::TcpRefused | Action::PortalHealthy => {
                network::survey(site, portal, call)
            }
            Action::PostgresClosed
            | Action::PostgresStandby
            | Action::PostgresCaughtUp
            | Action::PostgresPromote
            | Action::PostgresWritable => postgres::survey(site, call),
            Action::NginxSwitch => nginx::survey(site, call),
            Action::Snapshot => snapshot::survey(site, portal),
            Action::RestoreStage
            | Action::RestoreCompare
            | Action::RestoreSwap
            | Action::RestoreSwapBack
            | Action::RestoreUnstage => restore::survey(site, portal, call),
        }
    }

    fn perform(&self, place: &Place, call: &Call) -> Result<Output, AnyFault> {
        let site = self.site;
        match call.action {
            Action::Fence | Action::Command => command::perform(site, place, call),
            Action::NginxSwitch => nginx::perform(site, place, call),
            Action::Snapshot => snapshot::perform(site, place),
            Action::RestoreStage
            | Action::RestoreSwap
            | Action::RestoreSwapBack
            | Action::RestoreUnstage => restore::perform(site, place, call),
            // The engine passes gates by itself, promotes with a proof, and only looks at these.
            Action::Gate
            | Action::PostgresPromote
            | Action::CommandSays
            | Action::RestoreCompare
            | Action::HttpAnswers
            | Action::TcpRefused
            | Action::PostgresClosed
            | Action::PostgresStandby
            | Action::PostgresCaughtUp
            | Action::PostgresWritable
            | Action::PortalHealthy => Err(misplaced(call, "perform")),
        }
    }

    fn promote(&self, place: &Place, call: &Call, proof: &FenceProof) -> Result<Output, AnyFault> {
        match call.action {
            Action::PostgresPromote => {
                let plan = self.plan.ok_or_else(|| misplaced(call, "promote without its plan"))?;
                let closed = closed_calls(plan, &place.step)?;
                postgres::promote(self.site, place, call, proof, &closed)
            }
            _ => Err(misplaced(call, "promote")),
        }
    }

    fn observe(&self, place: &Place, call: &Call) -> Sight {
        let site = self.site;
        match call.action {
            Action::CommandSays => command::observe(site, place, call),
            Action::HttpAnswers | Action::TcpRefused | Action::PortalHealthy => {
                if self.plan.is_some_and(|plan| is_proof(plan, place, call)) {
                    network::prove(site, place, call)
                } else {
                    network::observe(site, place, call)
                }
            }
            Action::PostgresClosed
            | Action::PostgresStandby
            | Action::PostgresCaughtUp
            | Action::PostgresWritable => postgres::observe(site, place, call),
            Action::RestoreCompare => restore::observe(site, place, call),
            // These change something.
            Action::Gate
            | Action::Fence
            | Action::Command
            | Action::Snapshot
            | Action::RestoreStage
            | Action::RestoreSwap
            | Action::RestoreSwapBack
            | Action::RestoreUnstage
            | Action::PostgresPromote
            | Action::NginxSwitch => Sight::CannotTell(misplaced(call, "observe").to_string()),
        }
    }

    fn quiet(&self, place: &Place) -> Result<(), AnyFault> {
        self.end_left(place).map(drop)
    }
}

/// Where the fences before this step are looked at whether their server is closed.
pub(super) fn closed_calls(plan: &Plan, step: &str) -> Result<Vec<Call>, AnyFault> {
    let index = plan.steps.iter().position(|one| one.id == step).unwrap_or(plan.steps.len());
    sound::closed_proofs(plan, index).map(|(_, proof)| Ok(proof.call()?)).collect()
}

/// Whether this look proves the fence at this place.
fn is_proof(plan: &Plan, place: &Place, call: &Call) -> bool {
    let step = plan.steps.iter().find(|step| step.id == place.step);
    step.is_some_and(|step| step.proof.contains(&PlannedCall::from(call)))
}

/// What was being done at this place.
fn call_of<'p>(plan: &'p Plan, place: &Place) -> Option<&'p PlannedCall> {
    let step = plan.steps.iter().find(|step| step.id == place.step)?;
    match (place.way, &step.undo) {
        (Way::Do, _) => Some(&step.call),
        (Way::Undo, PlannedUndo::By { call, .. }) => Some(call),
        (Way::Undo, _) => None,
    }
}

fn misplaced(call: &Call, act: &'static str) -> AnyFault {
    ActionFault::Misplaced { action: call.action.as_str(), act }.into()
}
