//! Does what is next in a run, until it is over or a person must act.
//!
//! What is next is the fold's to say ([`Run`]); this does it through [`Actions`] and writes it
//! through [`Journal`], in one order only: announced, done, recorded. Promises:
//! - no effect without an announcement that is durable, and no fact that the fold refuses;
//! - what is not harmless when repeated is done once, unless a person says that it was not done;
//! - done is what was seen to be done, by every observation of the plan, and what could not be
//!   looked at was not seen;
//! - nothing is promoted without a fence whose proofs hold at that moment;
//! - every wait ends, by the monotonic clock.
//!
//! It stops between attempts when it is cancelled, and leaves the run to be resumed. After a fault
//! of the journal the run in memory is refused: only the log knows whether the fact was written.

use std::time::Duration;

use jiff::SignedDuration;

use crate::base::cancel::Cancel;
use crate::base::fault::{AnyFault, Fault, chain};
use crate::playbook::action::Action;
use crate::playbook::fact::{self, Asked, Closed, Ended, Fact, Found, How, Output, Tried, Way};
use crate::playbook::fault::{EngineFault, StepFault};
use crate::playbook::journal::{Next, Run, Standing, gate_terms};
use crate::playbook::look::{Deadline, Look, Unseen};
use crate::playbook::model::Call;
use crate::playbook::plan::{PlannedCall, PlannedStep, PlannedUndo};
use crate::playbook::port::{Actions, FenceProof, Journal, Place};
use crate::playbook::sound;
use crate::world::World;

/// Between two attempts: what failed at once mostly fails at once again.
const REST: Duration = Duration::from_secs(5);

/// How long what a killed process left behind may take to end.
pub const QUIET_MAX: Duration = Duration::from_mins(1);

/// How long it is looked whether a lost attempt was done: a service that was being started takes
/// its time to answer, and a person waits for this before being asked.
const FIND_MAX: Duration = Duration::from_mins(1);

/// How long a fence is proven again before promoting. A proof that cannot look for so long ends
/// the attempt, since what it would prove is about this moment.
const PROVE_MAX: Duration = Duration::from_secs(30);

/// So many looks in a row prove a fence: one falls between two states too easily.
pub const PROOF_LOOKS: u32 = 3;

/// A clock may stand this much behind the record before a gate refuses to judge by it: corrections
/// of time servers are smaller.
const CLOCK_BACK_MAX: SignedDuration = SignedDuration::from_mins(1);

/// The longest diagnostics of a failure. An outcome must fit into an entry of the log (64 KiB)
/// together with all else: an effect whose outcome cannot be written is an effect nobody knows of.
const ERROR_BYTES_MAX: usize = 2048;

/// The most names in an output: a swap leaves several for each source of a portal.
const OUTPUT_MAX: usize = 128;

/// The longest name in an output.
const NAME_BYTES_MAX: usize = 128;

/// The longest text in an output: a command that removes several paths.
const TEXT_BYTES_MAX: usize = 4096;

/// All names and texts of an output together: written, a byte takes two at most, and each name and
/// text half a dozen more.
const OUTPUT_BYTES_MAX: usize = 24 * 1024;

/// Says in an output that it is not whole.
const LEFT_OUT: &str = "left-out";

/// The longest account of what an observation showed about a lost attempt.
const REASON_BYTES_MAX: usize = 1024;

/// What brings a run forwards, or back.
pub struct Engine<'a> {
    /// The effects.
    pub actions: &'a dyn Actions,
    /// The record.
    pub journal: &'a mut dyn Journal,
    /// The clocks.
    pub world: &'a World,
    /// Stops between two attempts, and within a wait.
    pub cancel: &'a Cancel,
    /// Told of each fact when it is durable and taken.
    pub watch: &'a dyn Fn(&Run, &Fact),
}

/// How an attempt can end other than well.
enum Trouble {
    Fault(AnyFault),
    /// Someone wants to stop: what was begun is not seen to its end.
    Stopped,
}

impl<F: Fault> From<F> for Trouble {
    fn from(fault: F) -> Self {
        Self::Fault(Box::new(fault))
    }
}

impl From<AnyFault> for Trouble {
    fn from(fault: AnyFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Unseen> for Trouble {
    fn from(unseen: Unseen) -> Self {
        match unseen {
            Unseen::Stopped => Self::Stopped,
            Unseen::NotSeen { action, why } => StepFault::NotSeen { action, why }.into(),
            Unseen::CannotTell { action, why } => StepFault::CannotTell { action, why }.into(),
        }
    }
}

impl Engine<'_> {
    /// Goes on until the run is over, a person must act, or it is cancelled. A run that is over is
    /// left alone.
    pub fn go(&mut self, run: &mut Run) -> Result<Standing, AnyFault> {
        if run.closed.is_none() {
            check(run)?;
            self.quiet(run)?;
            let mut judged = None;
            while !self.cancel.is_cancelled() && self.advance(run, &mut judged)? {}
        }
        Ok(run.standing(self.world.clock.now()))
    }

    /// Ends what killed processes left running, on every step where an attempt was ever lost: even
    /// one that a person has judged since, as nobody else looks whether it still runs.
    fn quiet(&self, run: &Run) -> Result<(), AnyFault> {
        for (index, way) in run.lost() {
            self.actions.quiet(&place(run, index, way, QUIET_MAX))?;
        }
        Ok(())
    }

    /// Does one thing; whether there may be more to do. `judged` is the gate that was decided about
    /// in this going.
    fn advance(&mut self, run: &mut Run, judged: &mut Option<usize>) -> Result<bool, AnyFault> {
        match run.next(self.world.clock.now()) {
            Next::Nothing => Ok(false),
            Next::Ask(index) => self.ask(run, index),
            Next::Decide(index) => {
                self.check_clock(run, index)?;
                *judged = Some(index);
                self.attempt(run, index, Way::Do)
            }
            Next::Do(index) => match self.outlived(run, index, *judged)? {
                Some(gate) => {
                    *judged = Some(gate);
                    self.attempt(run, gate, Way::Do)
                }
                None => self.attempt(run, index, Way::Do),
            },
            Next::Undo(index) => self.attempt(run, index, Way::Undo),
            Next::Find(index) => self.find(run, index),
            Next::Close(how) => self.close(run, how),
        }
    }

    /// The gate whose approval must not lead to this step any more, if it is the first effect
    /// behind it: an approval of yesterday starts nothing today, whether the gate was passed with
    /// it or not.
    fn outlived(
        &self,
        run: &Run,
        index: usize,
        judged: Option<usize>,
    ) -> Result<Option<usize>, AnyFault> {
        let gate = match run.unused_gate(index) {
            // It was decided about a moment ago.
            Some(gate) if judged == Some(gate) && index == gate + 1 => None,
            _ if run.is_observation(index) => None,
            found => found,
        };
        let Some(gate) = gate else { return Ok(None) };
        self.check_clock(run, gate)?;
        Ok(self.decide(run, gate).is_err().then_some(gate))
    }

    /// Asks for approvals, from now on.
    fn ask(&mut self, run: &mut Run, index: usize) -> Result<bool, AnyFault> {
        let (approvals, waits) = gate_terms(&run.plan.steps[index]);
        let at = self.world.clock.now();
        let expires = run.time(at).checked_add(waits).unwrap_or(jiff::Timestamp::MAX);
        let asked = Asked { step: run.id(index), at, expires, approvals };
        self.put(run, &Fact::Asked(asked))?;
        Ok(true)
    }

    fn close(&mut self, run: &mut Run, how: How) -> Result<bool, AnyFault> {
        let at = self.world.clock.now();
        let took = at.duration_since(run.begun.at).as_millis();
        let took_ms = u64::try_from(took).unwrap_or(0);
        self.put(run, &Fact::Closed(Closed { how, at, took_ms, left: None }))?;
        Ok(false)
    }

    /// Announces, does and records one attempt. A lost one ends the going: whoever resumes looks
    /// first.
    fn attempt(&mut self, run: &mut Run, index: usize, way: Way) -> Result<bool, AnyFault> {
        let (step, one) = (run.id(index), &run.steps[index]);
        let attempt = 1 + if way == Way::Do { one.tries } else { one.undo_tries };
        self.put(run, &Fact::Tried(Tried { step: step.clone(), way, attempt }))?;
        let result = match self.work(run, index, way) {
            Ok(output) => fact::Result::Done { output: clipped(output) },
            Err(Trouble::Stopped) => fact::Result::Unknown,
            // What was interrupted or lives on has not failed: nobody knows how far it comes.
            Err(Trouble::Fault(fault)) if fault.is_lost() => fact::Result::Unknown,
            Err(Trouble::Fault(fault)) => fact::Result::Failed {
                code: fault.code().to_owned(),
                error: clip(&chain(&*fault), ERROR_BYTES_MAX),
            },
        };
        let lost = result == fact::Result::Unknown;
        let failed = matches!(result, fact::Result::Failed { .. });
        self.put(run, &Fact::Ended(Ended { step, way, attempt, result }))?;
        let again = match run.next(self.world.clock.now()) {
            Next::Do(next) => way == Way::Do && next == index,
            Next::Undo(next) => way == Way::Undo && next == index,
            _ => false,
        };
        if failed && again {
            self.rest();
        }
        Ok(!lost)
    }

    /// What is done between the announcement and the outcome.
    fn work(&self, run: &Run, index: usize, way: Way) -> Result<Output, Trouble> {
        let step = &run.plan.steps[index];
        match (way, &step.undo) {
            (Way::Do, _) => self.forwards(run, index, step),
            (Way::Undo, PlannedUndo::By { call, timeout_ms, done_when }) => {
                let timeout = Duration::from_millis(*timeout_ms);
                let until = Deadline::after(&*self.world.clock, timeout);
                let place = place(run, index, way, timeout);
                let mut output = self.effect(&place, &call.call()?, until)?;
                output.extend(self.look(&place, until).wait(&calls(done_when)?, 1)?);
                Ok(output)
            }
            // The fold announces no such attempt.
            (Way::Undo, _) => Ok(Output::new()),
        }
    }

    fn forwards(&self, run: &Run, index: usize, step: &PlannedStep) -> Result<Output, Trouble> {
        let timeout = Duration::from_millis(step.timeout_ms);
        let until = Deadline::after(&*self.world.clock, timeout);
        let place = place(run, index, Way::Do, timeout);
        let call = step.call.call()?;
        let mut output = match call.action {
            Action::Gate => return self.decide(run, index),
            Action::PostgresPromote => {
                let proof = self.prove(run, index)?;
                self.actions.promote(&place, &call, &proof)?
            }
            _ => self.effect(&place, &call, until)?,
        };
        output.extend(self.look(&place, until).wait(&calls(&step.done_when)?, 1)?);
        if !step.proof.is_empty() {
            output.extend(self.proven(&place, &step.proof, until)?);
        }
        Ok(output)
    }

    /// The action itself: looked at until seen, or done once.
    fn effect(&self, place: &Place, call: &Call, until: Deadline) -> Result<Output, Trouble> {
        if call.action.is_observation() {
            let (look, calls) = (self.look(place, until), std::slice::from_ref(call));
            let still = call.action.signature().still;
            return Ok(if still { look.hold(calls, 1)? } else { look.wait(calls, 1)? });
        }
        Ok(self.actions.perform(place, call)?)
    }

    /// A fence is done when all its proofs were seen several times in a row, after its command.
    fn proven(
        &self,
        place: &Place,
        proof: &[PlannedCall],
        until: Deadline,
    ) -> Result<Output, Trouble> {
        self.look(place, until).wait(&calls(proof)?, PROOF_LOOKS).map_err(|unseen| match unseen {
            Unseen::Stopped => Trouble::Stopped,
            Unseen::NotSeen { action, why } => StepFault::FenceOpen { action, why }.into(),
            Unseen::CannotTell { action, why } => StepFault::FenceUnproven { action, why }.into(),
        })
    }

    /// Looks at the proofs of every fence before this step, at this moment. One look that shows a
    /// fence open is enough to refuse; one that cannot look is repeated for a while. Whoever
    /// cancels waits for it: what ends here unknown could not be taken back.
    fn prove(&self, run: &Run, index: usize) -> Result<FenceProof, Trouble> {
        let mut proven = None;
        for step in sound::fences(&run.plan, index) {
            let until = Deadline::after(&*self.world.clock, PROVE_MAX);
            let place = Place { step: step.id.clone(), ..place(run, index, Way::Do, PROVE_MAX) };
            let never = Cancel::default();
            let look = Look { cancel: &never, ..self.look(&place, until) };
            look.hold(&calls(&step.proof)?, PROOF_LOOKS).map_err(|unseen| StepFault::NoProof {
                fence: step.id.clone(),
                why: unseen.to_string(),
            })?;
            proven = Some(FenceProof::seen(&step.id));
        }
        let none = || StepFault::NoProof { fence: "-".to_owned(), why: "there is none".to_owned() };
        Ok(proven.ok_or_else(none)?)
    }

    /// Passes a gate, or not: its approvals are there, its time is not over, and production is
    /// what the plan saw.
    fn decide(&self, run: &Run, index: usize) -> Result<Output, Trouble> {
        let one = &run.steps[index];
        let expires = one.asked.as_ref().map_or(jiff::Timestamp::MIN, |asked| asked.expires);
        let in_time = || {
            let is_over = run.time(self.world.clock.now()) >= expires;
            if is_over { Err(StepFault::Expired { expires }) } else { Ok(()) }
        };
        in_time()?;
        let seen = run.plan.fingerprint(self.actions)?;
        // What is done already is not surveyed for its own effects: an approval is about what
        // comes after it.
        for step in &run.plan.steps[index..] {
            let (was, is) = (run.plan.production.get(&step.id), seen.get(&step.id));
            if was != is {
                let what = format!("step `{}`: was {was:?}, is {is:?}", step.id);
                return Err(StepFault::ProductionChanged { what }.into());
            }
        }
        // The survey may have taken its time.
        in_time()?;
        Ok(Output::from([("approved-by".to_owned(), one.approvers().join(", "))]))
    }

    /// Whether the wall clock can be trusted with a gate. It is asked before anything is
    /// announced, so that a person can set it right and resume, or take the run back.
    fn check_clock(&self, run: &Run, index: usize) -> Result<(), AnyFault> {
        let now = self.world.clock.now();
        let back = run.time(now).duration_since(now);
        if back > CLOCK_BACK_MAX && !run.is_expired(index, now) {
            let seconds = back.as_secs().unsigned_abs();
            return Err(EngineFault::ClockBack { run: run.number, seconds }.into());
        }
        Ok(())
    }

    /// Looks whether a lost attempt was done. Not having seen it proves nothing: then a person
    /// must say.
    fn find(&mut self, run: &mut Run, index: usize) -> Result<bool, AnyFault> {
        let step = &run.plan.steps[index];
        if step.done_when.is_empty() {
            return Ok(false);
        }
        let timeout = Duration::from_millis(step.timeout_ms).min(FIND_MAX);
        let until = Deadline::after(&*self.world.clock, timeout);
        let place = place(run, index, Way::Do, timeout);
        let wanted: Vec<Call> = calls(&step.done_when)?;
        let Ok(seen) = self.look(&place, until).wait(&wanted, 1) else { return Ok(false) };
        let saw = |(name, value): (&String, &String)| format!("{name}: {value}");
        let reason = seen.iter().map(saw).collect::<Vec<_>>().join("; ");
        let found = Found {
            step: step.id.clone(),
            way: Way::Do,
            done: true,
            by: None,
            reason: clip(&reason, REASON_BYTES_MAX),
            at: self.world.clock.now(),
        };
        self.put(run, &Fact::Found(found))?;
        Ok(true)
    }

    /// Writes a fact that the fold accepts, and takes it when it is durable.
    fn put(&mut self, run: &mut Run, fact: &Fact) -> Result<(), AnyFault> {
        let mut after = run.clone();
        after.take(self.world.clock.now(), fact)?;
        let written = match fact {
            Fact::Tried(_) => self.journal.tried(fact),
            Fact::Ended(_) => self.journal.ended(fact),
            _ => self.journal.note(fact),
        };
        if let Err(fault) = written {
            run.distrust();
            return Err(fault);
        }
        *run = after;
        (self.watch)(run, fact);
        Ok(())
    }

    fn look<'b>(&'b self, place: &'b Place, until: Deadline) -> Look<'b> {
        Look { actions: self.actions, clock: &*self.world.clock, cancel: self.cancel, place, until }
    }

    /// In pieces, so that nobody who cancels waits for all of it.
    fn rest(&self) {
        let until = Deadline::after(&*self.world.clock, REST);
        while !self.cancel.is_cancelled() && !until.is_over(&*self.world.clock) {
            self.world.clock.sleep(Duration::from_secs(1));
        }
    }
}

/// Whether this run, as it stands in memory, may be worked on at all.
fn check(run: &Run) -> Result<(), AnyFault> {
    if run.is_stale() {
        return Err(EngineFault::Stale { run: run.number }.into());
    }
    if let Some(index) = run.under_way() {
        return Err(EngineFault::UnderWay { run: run.number, step: run.id(index) }.into());
    }
    if run.plan.hash() != run.begun.hash {
        return Err(EngineFault::Altered { run: run.number }.into());
    }
    Ok(sound::check(&run.plan)?)
}

fn place(run: &Run, index: usize, way: Way, timeout: Duration) -> Place {
    let portal = run.begun.portal.clone();
    Place { run: run.number, portal, step: run.id(index), way, timeout }
}

fn calls(planned: &[PlannedCall]) -> Result<Vec<Call>, AnyFault> {
    planned.iter().map(|call| Ok(call.call()?)).collect()
}

/// The output as far as an outcome holds it. What is left out is said: whoever reads it, to remove
/// what a swap set aside, must not take it for all.
fn clipped(output: Output) -> Output {
    let (mut kept, mut bytes, mut cut, mut dropped) = (Output::new(), 0, 0_u64, 0_u64);
    for (name, value) in output {
        let is_long = name.len() > NAME_BYTES_MAX || value.len() > TEXT_BYTES_MAX;
        let (name, value) = (clip(&name, NAME_BYTES_MAX), clip(&value, TEXT_BYTES_MAX));
        let size = name.len() + value.len();
        // Two long names may be one when they are cut: the second must not take the first's place.
        if kept.len() == OUTPUT_MAX || bytes + size > OUTPUT_BYTES_MAX || kept.contains_key(&name) {
            dropped += 1;
            continue;
        }
        bytes += size;
        cut += u64::from(is_long);
        kept.insert(name, value);
    }
    if cut + dropped > 0 {
        kept.insert(LEFT_OUT.to_owned(), format!("{dropped} texts, and the end of {cut}"));
    }
    kept
}

/// Cut to a length, and without what takes many bytes where it is written.
fn clip(text: &str, bytes_max: usize) -> String {
    let plain = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    match text.char_indices().find(|(at, c)| at + c.len_utf8() > bytes_max) {
        Some((end, _)) => text[..end].chars().map(plain).chain(['…']).collect(),
        None => text.chars().map(plain).collect(),
    }
}
