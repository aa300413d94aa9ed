//! What the engine asks of the outside. `job` implements both traits; tests implement them on a
//! made-up world, and fail, repeat and kill at every call.

use std::time::Duration;

use crate::base::fault::AnyFault;
use crate::playbook::fact::{Fact, Output, Way};
use crate::playbook::model::Call;

/// Where in which run an action is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The run's number.
    pub run: u64,
    /// The portal's id.
    pub portal: String,
    /// The step's id.
    pub step: String,
    /// Forwards, or back.
    pub way: Way,
    /// How long it may take.
    pub timeout: Duration,
}

/// What one look showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It is so; with what was seen.
    Seen(Output),
    /// It is not so; why, in English diagnostics.
    NotSeen(String),
    /// It could not be looked at; why, in English diagnostics. Never counts as seen, and never as
    /// not seen.
    CannotTell(String),
}

/// That a fence holds: seen by every proof of its step after the fence was done, at this very
/// time. Only the engine makes one, from proofs that it has just looked at; without one, nothing
/// can be promoted.
#[derive(Debug)]
pub struct FenceProof {
    /// The fence's step.
    step: String,
}

impl FenceProof {
    /// Only the engine looks at proofs.
    pub(super) fn seen(step: &str) -> Self {
        Self { step: step.to_owned() }
    }

    /// The fence's step.
    pub fn step(&self) -> &str {
        &self.step
    }
}

/// The effects.
pub trait Actions {
    /// Looks, for a plan, at what of production the call depends on: names to values that stay
    /// the same as long as the call means the same. Changes nothing. What cannot be reached is a
    /// value as well (`unreachable`); a call that can never work (a set that does not exist) is a
    /// fault.
    fn survey(&self, portal: &str, call: &Call) -> Result<Output, AnyFault>;

    /// Does it, once. Returns when it is done or has failed; what it has begun in other processes
    /// has ended by then. An idempotent action that finds itself done says so and does nothing.
    fn perform(&self, place: &Place, call: &Call) -> Result<Output, AnyFault>;

    /// Promotes. Like [`Actions::perform`], and impossible without a proof.
    fn promote(&self, place: &Place, call: &Call, proof: &FenceProof) -> Result<Output, AnyFault>;

    /// Looks once. Changes nothing.
    fn observe(&self, place: &Place, call: &Call) -> Sight;

    /// Ends what a killed process left running for this step, and returns when nothing of it runs
    /// any more; a fault if it could not be ended or looked for. Called before anything else is
    /// done about an attempt of unknown outcome.
    fn quiet(&self, place: &Place) -> Result<(), AnyFault>;
}

/// The record: what is announced here is durable when the call returns.
pub trait Journal {
    /// Announces an attempt. Only when this has returned may the effect begin.
    fn tried(&mut self, fact: &Fact) -> Result<(), AnyFault>;

    /// Records how the announced attempt ended, with its measured time.
    fn ended(&mut self, fact: &Fact) -> Result<(), AnyFault>;

    /// Records any other fact.
    fn note(&mut self, fact: &Fact) -> Result<(), AnyFault>;
}
