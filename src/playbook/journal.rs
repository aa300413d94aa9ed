//! Where a run stands: the fold of its facts, and which fact may follow which.
//!
//! [`Run::take`] holds every legal transition in one match; what is not listed there is refused by
//! name and changes nothing. The same facts in the same order always lead to the same run: the
//! engine, the commands of people and the views of the log all use this fold and no other.
//!
//! Promises that hold in every run that can be folded:
//! - steps are done in the order of the plan, and taken back in the opposite one;
//! - what is not harmless when repeated is not tried again unless a person says so;
//! - what failed is taken back only while no point of no return has been touched;
//! - a promotion is never announced unless a fence with proof is done.
//!
//! Pure: it reads no clock. Whether a signature is good is known before `Approved` is written.

use jiff::{SignedDuration, Timestamp};

use crate::base::fault::Fault as _;
use crate::playbook::action::{APPROVALS_DEFAULT, EXPIRES_DEFAULT};
use crate::playbook::fact::{
    self, Approved, Asked, Begun, Closed, Ended, Fact, Found, How, Output, Said, Tried, Way,
};
use crate::playbook::fault::{NO_PROOF, StepFault};
use crate::playbook::plan::{Plan, PlannedStep, PlannedUndo, PlannedValue};
use crate::playbook::sound;

mod standing;
mod state;

pub use crate::playbook::fault::{IllegalFact, Refusal};
pub use state::{Failure, Standing, StepRun, StepState};

/// How often a compensation is tried before a person is called: what stands half taken back at
/// night is worse than a minute of waiting, and what has failed three times fails a fourth time.
pub const UNDO_ATTEMPTS: u32 = 3;

/// What the engine does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Asks at this gate for approvals.
    Ask(usize),
    /// Decides about this gate: it has its approvals, or has expired.
    Decide(usize),
    /// Tries this step.
    Do(usize),
    /// Looks whether this step was done: nobody knows, and it must not be tried again.
    Find(usize),
    /// Tries to take this step back.
    Undo(usize),
    /// Writes that the run is over.
    Close(How),
    /// Nothing: it is over, or a person must act.
    Nothing,
}

/// One run, as its facts tell it.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its number.
    pub number: u64,
    /// Who began it, when, and for which portal.
    pub begun: Begun,
    /// What it does.
    pub plan: Plan,
    /// Its steps, in the order of the plan.
    pub steps: Vec<StepRun>,
    /// Who wanted it taken back, and why.
    pub aborted: Option<Said>,
    /// How it ended.
    pub closed: Option<Closed>,
    /// It is being taken back, for good.
    unwinding: bool,
    /// The latest time at which anything of it was recorded.
    latest: Timestamp,
    /// A fact of it could not be written: only the log knows where it stands.
    stale: bool,
}

impl Run {
    /// The run that this fact begins, of the plan that stands in the same entry.
    pub fn begin(number: u64, begun: Begun, plan: Plan) -> Self {
        Self {
            number,
            steps: plan.steps.iter().map(|_| StepRun::new()).collect(),
            aborted: None,
            closed: None,
            unwinding: false,
            latest: begun.at,
            stale: false,
            begun,
            plan,
        }
    }

    /// Takes in one fact, recorded at this time, or refuses it and stays as it was.
    pub fn take(&mut self, at: Timestamp, fact: &Fact) -> Result<(), IllegalFact> {
        let about = self.about(fact).map_err(|why| self.refused(fact, None, why))?;
        let state = self.after(about, at, fact).map_err(|why| self.refused(fact, about, why))?;
        self.latest = self.latest.max(at);
        if let Some((index, state)) = about.zip(state) {
            self.count(index, fact);
            self.steps[index].state = state;
            if self.has_failed_for_good(index) && !self.is_past_no_return() {
                self.unwind();
            }
        }
        match fact {
            Fact::Abort(said) => {
                self.aborted = Some(said.clone());
                self.unwind();
            }
            Fact::Closed(closed) => self.closed = Some(closed.clone()),
            _ => {}
        }
        Ok(())
    }

    /// Whether only the log knows where it stands.
    pub(super) fn is_stale(&self) -> bool {
        self.stale
    }

    /// A fact could not be written, and may be in the log all the same.
    pub(super) fn distrust(&mut self) {
        self.stale = true;
    }

    /// Every legal transition: the new state of the step that the fact is about, if there is one.
    fn after(
        &self,
        about: Option<usize>,
        at: Timestamp,
        fact: &Fact,
    ) -> Result<Option<StepState>, Refusal> {
        use StepState as S;
        if self.closed.is_some() {
            return Err(Refusal::Closed);
        }
        let Some(index) = about else {
            return match fact {
                Fact::Abort(_) => self.may_abort().map(|()| None),
                Fact::Closed(closed) => self.may_close(closed).map(|()| None),
                other => Err(out_of_place(other)),
            };
        };
        let one = &self.steps[index];
        let state = match (&one.state, fact) {
            (S::Pending, Fact::Asked(asked)) => {
                self.may_ask(index, asked)?;
                S::Waiting
            }
            (S::Waiting, Fact::Approved(approved)) => {
                self.may_approve(index, approved)?;
                S::Waiting
            }
            (S::Waiting, Fact::Rejected(said)) => {
                let Failure { code, error } = rejection(said);
                S::Failed { code, error, attempts: one.tries }
            }
            (
                S::Pending | S::Waiting | S::Unknown { way: Way::Do, .. } | S::Failed { .. },
                Fact::Tried(Tried { way: Way::Do, attempt, .. }),
            ) => {
                self.may_do(index, *attempt)?;
                S::Doing { attempt: *attempt }
            }
            (S::Done { .. }, Fact::Tried(Tried { way: Way::Do, attempt, .. })) => {
                self.may_judge_again(index, *attempt)?;
                S::Doing { attempt: *attempt }
            }
            (
                S::Done { .. } | S::Failed { .. } | S::Unknown { .. } | S::FailedUndoing { .. },
                Fact::Tried(Tried { way: Way::Undo, attempt, .. }),
            ) => {
                self.may_undo(index, *attempt)?;
                S::Undoing { attempt: *attempt }
            }
            (S::Doing { attempt }, Fact::Ended(ended)) => {
                is_end_of(ended, Way::Do, *attempt)?;
                self.done(index, at, ended)?
            }
            (S::Undoing { attempt }, Fact::Ended(ended)) => {
                is_end_of(ended, Way::Undo, *attempt)?;
                self.undone(index, ended)
            }
            (S::Unknown { way, attempt }, Fact::Found(found)) if found.way == *way => {
                self.found(index, at, *attempt, found)?
            }
            (S::Failed { .. }, Fact::Retry(_)) => S::Pending,
            (S::StuckUndoing { code, error }, Fact::Retry(_)) => {
                S::FailedUndoing { code: code.clone(), error: error.clone() }
            }
            (S::Doing { .. } | S::Undoing { .. }, Fact::Tried(_)) => return Err(Refusal::UnderWay),
            (_, other) => return Err(out_of_place(other)),
        };
        Ok(Some(state))
    }

    fn done(&self, index: usize, at: Timestamp, ended: &Ended) -> Result<StepState, Refusal> {
        Ok(match &ended.result {
            fact::Result::Done { output } => {
                if self.is_gate(index) && !self.is_approved(index) {
                    return Err(Refusal::NotTheGate);
                }
                StepState::Done { output: output.clone(), at }
            }
            fact::Result::Failed { code, error } => StepState::Failed {
                code: code.clone(),
                error: error.clone(),
                attempts: ended.attempt,
            },
            fact::Result::Unknown => StepState::Unknown { way: Way::Do, attempt: ended.attempt },
        })
    }

    fn undone(&self, index: usize, ended: &Ended) -> StepState {
        match &ended.result {
            fact::Result::Done { .. } => StepState::Undone,
            fact::Result::Failed { code, error } => {
                let (code, error) = (code.clone(), error.clone());
                if self.steps[index].undo_failures + 1 < UNDO_ATTEMPTS {
                    StepState::FailedUndoing { code, error }
                } else {
                    StepState::StuckUndoing { code, error }
                }
            }
            fact::Result::Unknown => StepState::Unknown { way: Way::Undo, attempt: ended.attempt },
        }
    }

    fn found(
        &self,
        index: usize,
        at: Timestamp,
        attempt: u32,
        found: &Found,
    ) -> Result<StepState, Refusal> {
        // A compensation is harmless again: nobody needs to say what became of the step.
        if self.unwinding && found.way == Way::Do {
            return Err(Refusal::Unwinding);
        }
        // A gate passes by signatures and a fence by its proof, never by a word. What is harmless
        // again is done again instead of asked about: a word that it was not done would also take
        // a lost promotion for none, and let the run be taken back behind two primaries.
        if found.way == Way::Do && self.is_repeatable(index) {
            return Err(Refusal::NotShown);
        }
        // Not seeing that it is done is no sight of its not being done.
        if found.by.is_none() && !(found.done && self.can_be_seen(index, found.way)) {
            return Err(Refusal::NotShown);
        }
        Ok(match (found.way, found.done) {
            (Way::Do, true) => StepState::Done { output: Output::new(), at },
            (Way::Do, false) => StepState::Pending,
            (Way::Undo, true) => StepState::Undone,
            (Way::Undo, false) => StepState::Unknown { way: Way::Undo, attempt },
        })
    }

    fn may_ask(&self, index: usize, asked: &Asked) -> Result<(), Refusal> {
        self.is_its_turn(index)?;
        let (approvals, _) = gate_terms(&self.plan.steps[index]);
        let as_planned = asked.approvals == approvals && asked.expires > asked.at;
        if self.is_gate(index) && as_planned { Ok(()) } else { Err(Refusal::NotTheGate) }
    }

    fn may_approve(&self, index: usize, approved: &Approved) -> Result<(), Refusal> {
        match &self.steps[index].asked {
            Some(asked) if approved.at < asked.expires => Ok(()),
            _ => Err(Refusal::Expired),
        }
    }

    fn may_do(&self, index: usize, attempt: u32) -> Result<(), Refusal> {
        self.is_its_turn(index)?;
        let one = &self.steps[index];
        match one.state {
            StepState::Pending if self.is_gate(index) => return Err(Refusal::NotTheGate),
            StepState::Unknown { .. } if !self.is_repeatable(index) => return Err(Refusal::Twice),
            StepState::Failed { .. } if self.has_failed_for_good(index) => {
                return Err(Refusal::WrongState);
            }
            _ => {}
        }
        if sound::promotes(&self.plan.steps[index]) && sound::fences(&self.plan, index).is_empty() {
            return Err(Refusal::NoFence);
        }
        if attempt == one.tries.saturating_add(1) { Ok(()) } else { Err(Refusal::WrongAttempt) }
    }

    /// A gate that was passed is judged again as long as nothing has come of it.
    fn may_judge_again(&self, index: usize, attempt: u32) -> Result<(), Refusal> {
        let frontier = self.frontier();
        if self.unwinding || frontier.and_then(|at| self.unused_gate(at)) != Some(index) {
            return Err(Refusal::WrongState);
        }
        let next = self.steps[index].tries.saturating_add(1);
        if attempt == next { Ok(()) } else { Err(Refusal::WrongAttempt) }
    }

    fn may_undo(&self, index: usize, attempt: u32) -> Result<(), Refusal> {
        if self.next_undo() != Some(index) || !self.unwinding {
            return Err(Refusal::NotItsTurn);
        }
        let next = self.steps[index].undo_tries.saturating_add(1);
        if attempt == next { Ok(()) } else { Err(Refusal::WrongAttempt) }
    }

    fn may_abort(&self) -> Result<(), Refusal> {
        if self.under_way().is_some() {
            Err(Refusal::UnderWay)
        } else if self.unwinding {
            Err(Refusal::Unwinding)
        } else if self.is_past_no_return() {
            Err(Refusal::NoReturn)
        } else {
            Ok(())
        }
    }

    fn may_close(&self, closed: &Closed) -> Result<(), Refusal> {
        if self.under_way().is_some() {
            return Err(Refusal::UnderWay);
        }
        let is_so = match closed.how {
            How::Finished => !self.unwinding && self.frontier().is_none(),
            How::Unwound => self.unwinding && self.next_undo().is_none(),
            How::Left => true,
        };
        // Only a person leaves, and under the own name.
        let named = closed.left.is_some() == (closed.how == How::Left);
        if is_so && named { Ok(()) } else { Err(Refusal::NotOver) }
    }

    /// Which step the fact is about; none where it is about the run.
    fn about(&self, fact: &Fact) -> Result<Option<usize>, Refusal> {
        let named = match fact {
            Fact::Begun(_) | Fact::Abort(_) | Fact::Closed(_) => return Ok(None),
            Fact::Rejected(_) => {
                return Ok(self.steps.iter().position(|one| one.state == StepState::Waiting));
            }
            Fact::Retry(_) => return Ok(self.needs_retry()),
            Fact::Tried(tried) => &tried.step,
            Fact::Ended(ended) => &ended.step,
            Fact::Asked(asked) => &asked.step,
            Fact::Approved(approved) => &approved.step,
            Fact::Found(found) => &found.step,
        };
        self.index(named).map(Some).ok_or(Refusal::NoSuchStep)
    }

    /// What a fact that is taken adds to the counts of its step, whose state is still the old one.
    fn count(&mut self, index: usize, fact: &Fact) {
        let promotes = sound::promotes(&self.plan.steps[index]);
        let again = matches!(fact, Fact::Tried(Tried { way: Way::Do, .. }))
            && matches!(self.steps[index].state, StepState::Done { .. });
        if again {
            // What was looked at behind the gate is looked at again behind its new judgement.
            for behind in &mut self.steps[index + 1..] {
                behind.state = StepState::Pending;
            }
        }
        let one = &mut self.steps[index];
        match fact {
            Fact::Tried(Tried { way: Way::Do, attempt, .. }) => {
                one.tries = *attempt;
                one.touched += 1;
            }
            Fact::Tried(Tried { way: Way::Undo, attempt, .. }) => one.undo_tries = *attempt,
            Fact::Ended(Ended { way, result: fact::Result::Unknown, .. }) => {
                one.lost.insert(*way);
            }
            Fact::Ended(Ended { way, result: fact::Result::Failed { code, error }, .. }) => {
                match way {
                    Way::Do => {
                        one.failures += 1;
                        one.failure = Some(Failure { code: code.clone(), error: error.clone() });
                        if promotes && code == NO_PROOF {
                            one.touched = one.touched.saturating_sub(1);
                        }
                    }
                    Way::Undo => one.undo_failures += 1,
                }
            }
            Fact::Asked(asked) => {
                one.asked = Some(asked.clone());
                one.approved.clear();
            }
            Fact::Approved(approved) => one.approved.push(approved.clone()),
            Fact::Rejected(said) => {
                one.failure = Some(rejection(said));
                one.failures += 1;
            }
            Fact::Found(Found { way: Way::Do, done, .. }) => {
                one.failures = 0;
                if !done {
                    one.touched = 0;
                }
            }
            Fact::Retry(_) => {
                one.failures = 0;
                one.undo_failures = 0;
            }
            _ => {}
        }
    }

    /// From here it only goes back. What need not be taken back is passed by at once.
    fn unwind(&mut self) {
        self.unwinding = true;
        for (planned, one) in self.plan.steps.iter().zip(&mut self.steps) {
            let passed = match one.state {
                StepState::Waiting => true,
                StepState::Done { .. } | StepState::Unknown { .. } => {
                    !matches!(planned.undo, PlannedUndo::By { .. })
                }
                _ => false,
            };
            if passed {
                one.state = StepState::Kept;
            }
        }
    }

    fn is_its_turn(&self, index: usize) -> Result<(), Refusal> {
        if self.unwinding {
            Err(Refusal::Unwinding)
        } else if self.frontier() == Some(index) {
            Ok(())
        } else {
            Err(Refusal::NotItsTurn)
        }
    }

    fn refused(&self, fact: &Fact, about: Option<usize>, why: Refusal) -> IllegalFact {
        let step = about.map_or_else(|| step_named(fact).to_owned(), |index| self.id(index));
        let state = about.map_or("-", |index| self.steps[index].state.as_str());
        IllegalFact { run: self.number, fact: name(fact), step, state, why }
    }
}

/// How many approvals this gate asks for, and for how long.
pub fn gate_terms(step: &PlannedStep) -> (u32, SignedDuration) {
    let number = |parameter: &str| match step.call.with.get(parameter) {
        Some(PlannedValue::Number(number)) => Some(*number),
        _ => None,
    };
    // A gate that asks nobody is no gate.
    let approvals = number("approvals").unwrap_or(APPROVALS_DEFAULT).max(1);
    let milliseconds = number("expires").map_or(EXPIRES_DEFAULT.as_millis(), u128::from);
    (
        u32::try_from(approvals).unwrap_or(u32::MAX),
        SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX)),
    )
}

fn is_end_of(ended: &Ended, way: Way, attempt: u32) -> Result<(), Refusal> {
    match (ended.way == way, ended.attempt == attempt) {
        (true, true) => Ok(()),
        (false, _) => Err(Refusal::WrongState),
        (true, false) => Err(Refusal::WrongAttempt),
    }
}

/// A gate that an approver refused has failed, with nothing tried.
fn rejection(said: &Said) -> Failure {
    let fault = StepFault::Rejected { by: said.by.clone(), reason: said.reason.clone() };
    Failure { code: fault.code().to_owned(), error: fault.to_string() }
}

/// Why a fact has no place where the step, or the run, stands.
fn out_of_place(fact: &Fact) -> Refusal {
    match fact {
        Fact::Begun(_) => Refusal::Begun,
        Fact::Approved(_) | Fact::Rejected(_) => Refusal::NotWaiting,
        Fact::Found(_) => Refusal::NotUnknown,
        Fact::Retry(_) => Refusal::NothingFailed,
        _ => Refusal::WrongState,
    }
}

/// The kind of a fact, as it stands in the record.
pub fn name(fact: &Fact) -> &'static str {
    match fact {
        Fact::Begun(_) => "begun",
        Fact::Tried(_) => "tried",
        Fact::Ended(_) => "ended",
        Fact::Asked(_) => "asked",
        Fact::Approved(_) => "approved",
        Fact::Rejected(_) => "rejected",
        Fact::Found(_) => "found",
        Fact::Retry(_) => "retry",
        Fact::Abort(_) => "abort",
        Fact::Closed(_) => "closed",
    }
}

fn step_named(fact: &Fact) -> &str {
    match fact {
        Fact::Tried(tried) => &tried.step,
        Fact::Ended(ended) => &ended.step,
        Fact::Asked(asked) => &asked.step,
        Fact::Approved(approved) => &approved.step,
        Fact::Found(found) => &found.step,
        _ => "-",
    }
}
