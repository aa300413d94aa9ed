//! Where a run stands, what comes next, and whatever else its state answers.

use jiff::Timestamp;

use crate::playbook::action::{Action, Nature};
use crate::playbook::fact::{Asked, How, Way};
use crate::playbook::journal::{Next, Run, Standing, StepRun, StepState};
use crate::playbook::plan::PlannedUndo;

impl Run {
    /// Where it stands at this time.
    pub fn standing(&self, now: Timestamp) -> Standing {
        if let Some(closed) = &self.closed {
            return Standing::Closed(closed.clone());
        }
        if self.unwinding {
            return match self.next_undo() {
                Some(index)
                    if matches!(self.steps[index].state, StepState::StuckUndoing { .. }) =>
                {
                    Standing::Stuck { step: self.id(index) }
                }
                _ => Standing::Unwinding,
            };
        }
        let Some(index) = self.frontier() else { return Standing::Going };
        let (one, step) = (&self.steps[index], self.id(index));
        match (&one.state, &one.asked) {
            (StepState::Waiting, Some(asked)) if !self.is_answered(index, now) => {
                Standing::Waiting { step, asked: asked.clone(), approved: one.approvers() }
            }
            (StepState::Unknown { way, .. }, _) if !self.is_repeatable(index) => {
                Standing::Unknown { step, way: *way }
            }
            (StepState::Failed { .. }, _) if self.has_failed_for_good(index) => {
                Standing::Blocked { step }
            }
            _ => Standing::Going,
        }
    }

    /// Where the step of this id stands.
    pub fn state(&self, step: &str) -> Option<&StepState> {
        Some(&self.steps[self.index(step)?].state)
    }

    /// Whether it is being taken back.
    pub fn is_unwinding(&self) -> bool {
        self.unwinding
    }

    /// Whether something has begun that cannot be taken back.
    pub fn is_past_no_return(&self) -> bool {
        self.plan.steps.iter().zip(&self.steps).any(|(planned, one)| {
            one.touched > 0 && matches!(planned.undo, PlannedUndo::NoReturn { .. })
        })
    }

    /// What the engine does next.
    pub(in crate::playbook) fn next(&self, now: Timestamp) -> Next {
        if self.closed.is_some() || self.under_way().is_some() {
            return Next::Nothing;
        }
        if self.unwinding {
            return match self.next_undo() {
                None => Next::Close(How::Unwound),
                Some(at) if matches!(self.steps[at].state, StepState::StuckUndoing { .. }) => {
                    Next::Nothing
                }
                Some(at) => Next::Undo(at),
            };
        }
        let Some(at) = self.frontier() else { return Next::Close(How::Finished) };
        let gate = self.is_gate(at);
        match &self.steps[at].state {
            StepState::Pending if gate => Next::Ask(at),
            StepState::Waiting if self.is_answered(at, now) => Next::Decide(at),
            StepState::Unknown { .. } if gate => Next::Decide(at),
            StepState::Unknown { .. } if !self.is_repeatable(at) => Next::Find(at),
            StepState::Failed { .. } if self.has_failed_for_good(at) => Next::Nothing,
            StepState::Pending | StepState::Unknown { .. } | StepState::Failed { .. } => {
                Next::Do(at)
            }
            _ => Next::Nothing,
        }
    }

    /// The time by which gates are judged: never before anything that the run has recorded, so
    /// that a clock set back opens no gate that has expired.
    pub(in crate::playbook) fn time(&self, now: Timestamp) -> Timestamp {
        now.max(self.latest)
    }

    /// The step at which an attempt is announced that has not ended.
    pub(in crate::playbook) fn under_way(&self) -> Option<usize> {
        self.steps.iter().position(StepRun::is_under_way)
    }

    /// The steps and ways on which a killed process may have left something running.
    pub(in crate::playbook) fn lost(&self) -> impl Iterator<Item = (usize, Way)> + '_ {
        let ways = |(at, one): (usize, &StepRun)| {
            one.lost.iter().map(move |way| (at, *way)).collect::<Vec<_>>()
        };
        self.steps.iter().enumerate().flat_map(ways)
    }

    /// The id of the step at this position of the plan.
    pub(in crate::playbook) fn id(&self, index: usize) -> String {
        self.plan.steps[index].id.clone()
    }

    /// The step that a person may want tried again.
    pub(super) fn needs_retry(&self) -> Option<usize> {
        if self.unwinding {
            let at = self.next_undo()?;
            return matches!(self.steps[at].state, StepState::StuckUndoing { .. }).then_some(at);
        }
        self.frontier().filter(|at| self.has_failed_for_good(*at))
    }

    /// It failed, and is not tried again unless a person says so.
    pub(super) fn has_failed_for_good(&self, index: usize) -> bool {
        let one = &self.steps[index];
        let again = self.is_repeatable(index) && !self.is_gate(index);
        let attempts = if again { self.plan.steps[index].attempts.max(1) } else { 1 };
        matches!(one.state, StepState::Failed { .. }) && one.failures >= attempts
    }

    /// The last step that must still be taken back.
    pub(super) fn next_undo(&self) -> Option<usize> {
        self.steps.iter().zip(&self.plan.steps).rposition(|(one, planned)| {
            one.has_begun() && matches!(planned.undo, PlannedUndo::By { .. })
        })
    }

    /// The first step that is not done.
    pub(super) fn frontier(&self) -> Option<usize> {
        self.steps.iter().position(|one| !matches!(one.state, StepState::Done { .. }))
    }

    /// Whether doing it again is harmless, whatever has become of it.
    pub(super) fn is_repeatable(&self, index: usize) -> bool {
        let step = &self.plan.steps[index];
        let nature = Action::named(&step.call.action).map(|action| action.signature().nature);
        step.idempotent || matches!(nature, Some(Nature::Gate | Nature::Observation))
    }

    pub(super) fn is_gate(&self, index: usize) -> bool {
        Action::named(&self.plan.steps[index].call.action) == Some(Action::Gate)
    }

    /// The last gate before this step, if it was passed, the step is the next, and no effect behind
    /// the gate has begun: then nothing has come of its approval yet.
    pub(in crate::playbook) fn unused_gate(&self, index: usize) -> Option<usize> {
        let is_pending = self.steps[index].state == StepState::Pending;
        let gate = (0..index).rfind(|at| self.is_gate(*at))?;
        let behind = gate + 1..self.steps.len();
        let has_begun = |at: usize| {
            self.steps[at].tries > 0 && !self.is_observation(at) || self.steps[at].asked.is_some()
        };
        (is_pending && self.frontier() == Some(index) && !behind.into_iter().any(has_begun))
            .then_some(gate)
    }

    /// Whether doing it only looks.
    pub(in crate::playbook) fn is_observation(&self, index: usize) -> bool {
        let action = Action::named(&self.plan.steps[index].call.action);
        action.is_some_and(Action::is_observation)
    }

    pub(super) fn is_approved(&self, index: usize) -> bool {
        let one = &self.steps[index];
        one.asked.as_ref().is_some_and(|asked| one.approvers().len() >= asked.approvals as usize)
    }

    /// Whether a gate has its answer at this time: enough approvals, or none in time.
    pub(super) fn is_answered(&self, index: usize, now: Timestamp) -> bool {
        self.is_approved(index) || self.is_expired(index, now)
    }

    /// Whether the time of this gate is over.
    pub(in crate::playbook) fn is_expired(&self, index: usize, now: Timestamp) -> bool {
        let expired = |asked: &Asked| self.time(now) >= asked.expires;
        self.steps[index].asked.as_ref().is_some_and(expired)
    }

    /// Whether observations of the plan can show that it is done.
    pub(super) fn can_be_seen(&self, index: usize, way: Way) -> bool {
        let step = &self.plan.steps[index];
        match (way, &step.undo) {
            (Way::Do, _) => !step.done_when.is_empty() || !step.proof.is_empty(),
            (Way::Undo, PlannedUndo::By { done_when, .. }) => !done_when.is_empty(),
            (Way::Undo, _) => false,
        }
    }

    pub(super) fn index(&self, step: &str) -> Option<usize> {
        self.plan.steps.iter().position(|planned| planned.id == step)
    }
}
