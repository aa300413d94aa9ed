//! A made-up world in which playbooks run: it does effects by writing them down, can look, and
//! can fail, repeat and be killed at every call.
//!
//! It watches over what must hold in every run, whatever the test is about: no effect that was not
//! announced, nothing once-only done twice, no promotion without its fence.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use duphong::base::cancel::Cancel;
use duphong::base::exit::ExitCode;
use duphong::base::fault::{AnyFault, Fault, FaultKind};
use duphong::playbook::action::{Action, Nature};
use duphong::playbook::engine::Engine;
use duphong::playbook::fact::{
    self, Approved, Begun, Closed, Ended, Fact, Found, How, Output, Said, Way,
};
use duphong::playbook::journal::{IllegalFact, Run, Standing};
use duphong::playbook::model::Call;
use duphong::playbook::plan::Plan;
use duphong::playbook::port::{Actions, FenceProof, Journal, Place, Sight};
use duphong::world::World;
use duphong::world::clock::{Clock as _, ManualClock};
use duphong::world::entropy::SeededEntropy;
use jiff::Timestamp;
use tokio::runtime::Runtime;

/// When every run begins.
pub(super) const BEGUN: &str = "2026-11-22T01:00:00Z";

/// What the world can be asked to answer instead of doing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    /// The process is dead: whatever the engine does now, nobody will know of it.
    #[error("the process was killed")]
    Killed,
    /// The log takes no more.
    #[error("the log is full")]
    Full,
    /// The action failed.
    #[error("the action failed")]
    Failed,
    /// The action was told to stop.
    #[error("the action was interrupted")]
    Interrupted,
    /// What was left running could not be ended.
    #[error("it still runs")]
    StillRuns,
}

impl Fault for Broken {
    fn kind(&self) -> FaultKind {
        FaultKind::Environment
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Killed => "test.killed",
            Self::Full => "test.full",
            Self::Failed => "test.failed",
            Self::Interrupted => "test.interrupted",
            Self::StillRuns => "test.still-runs",
        }
    }

    fn exit(&self) -> ExitCode {
        match self {
            Self::Interrupted => ExitCode::Interrupted,
            _ => ExitCode::Failed,
        }
    }
}

/// Where in a call something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// The call does nothing.
    Before,
    /// The call does all, and its caller never hears of it.
    After,
}

/// How an action of the world behaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bad {
    /// How often; `u32::MAX` stands for always.
    pub times: u32,
    /// Whether its effect happens all the same.
    pub moment: Moment,
    /// What it answers.
    pub says: Broken,
}

/// One call on the way to the effects.
pub(super) type Done = (String, Way);

/// What a look answers, by the number of the look.
type Answers = Box<dyn Fn(u32) -> Sight>;

/// The state behind both traits.
pub(super) struct Inside {
    /// Calls so far that a kill or a full log can hit.
    pub calls: u64,
    /// Kill the process at these calls.
    pub kill: Vec<(u64, Moment)>,
    /// Kill the process behind the effect of this, so often.
    pub lose: Option<(Done, u32)>,
    /// Let the log fail at this call.
    pub full: Option<(u64, Moment)>,
    /// The process is dead.
    dead: bool,
    /// Actions that fail, by step and way.
    pub bad: BTreeMap<Done, Bad>,
    /// Every call that reached its effect, in order.
    pub effects: Vec<Done>,
    /// Every call, in order, whether it reached its effect or not.
    pub performed: Vec<Done>,
    /// The steps whose effect the world has now.
    pub applied: BTreeSet<String>,
    /// What looks answer, by the step that looks and the action.
    answers: BTreeMap<(String, Action), (u32, Answers)>,
    /// What production says that it does not say at the start, by action.
    pub production: BTreeMap<Action, String>,
    /// Called for steps whose process may still run.
    pub quieted: Vec<Done>,
    /// Nothing can be quieted.
    pub restless: bool,
    /// The durable record.
    pub facts: Vec<(Timestamp, Fact)>,
    /// The announced attempt that has not ended in the record.
    open: Option<(String, Way, u32)>,
    /// Steps of which a person said that they were not done.
    pub cleared: BTreeSet<String>,
    /// How long each action takes.
    pub takes: Duration,
    /// Cancelled at this look, counted over all.
    pub cancel_at_look: Option<u32>,
    looks: u32,
}

/// One run in a made-up world.
pub(super) struct Fakes {
    pub plan: Plan,
    pub clock: Arc<ManualClock>,
    pub world: World,
    pub cancel: Cancel,
    inside: RefCell<Inside>,
    // Dropped last: the world holds on to it.
    _runtime: Runtime,
}

impl Fakes {
    pub(super) fn new(plan: Plan) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let clock = Arc::new(ManualClock::at(BEGUN.parse().unwrap()));
        let entropy = Arc::new(SeededEntropy::new(1));
        let world = World::with(clock.clone(), entropy, runtime.handle().clone());
        let inside = Inside {
            calls: 0,
            kill: Vec::new(),
            lose: None,
            full: None,
            dead: false,
            bad: BTreeMap::new(),
            effects: Vec::new(),
            performed: Vec::new(),
            applied: BTreeSet::new(),
            answers: BTreeMap::new(),
            production: BTreeMap::new(),
            quieted: Vec::new(),
            restless: false,
            facts: Vec::new(),
            open: None,
            cleared: BTreeSet::new(),
            takes: Duration::from_secs(2),
            cancel_at_look: None,
            looks: 0,
        };
        let cancel = Cancel::default();
        Self { plan, clock, world, cancel, inside: RefCell::new(inside), _runtime: runtime }
    }

    pub(super) fn inside(&self) -> RefMut<'_, Inside> {
        self.inside.borrow_mut()
    }

    /// Lets an action fail.
    pub(super) fn fail(&self, step: &str, way: Way, times: u32, moment: Moment) {
        let bad = Bad { times, moment, says: Broken::Failed };
        self.inside().bad.insert((step.to_owned(), way), bad);
    }

    /// Lets a look of a step answer this, by the number of the look from zero.
    pub(super) fn answer(&self, step: &str, action: Action, says: impl Fn(u32) -> Sight + 'static) {
        self.inside().answers.insert((step.to_owned(), action), (0, Box::new(says)));
    }

    pub(super) fn begun(&self) -> Begun {
        Begun {
            playbook: self.plan.playbook.clone(),
            portal: self.plan.portal.clone(),
            hash: self.plan.hash(),
            by: "an".to_owned(),
            at: BEGUN.parse().unwrap(),
            program: "0.1.0".to_owned(),
        }
    }

    /// The run as the record tells it, after a start of the program: what was announced and never
    /// ended is abandoned.
    pub(super) fn restart(&mut self) -> Run {
        self.cancel = Cancel::default();
        let now = self.clock.now();
        {
            let mut inside = self.inside();
            inside.dead = false;
            if let Some((step, way, attempt)) = inside.open.take() {
                let result = fact::Result::Unknown;
                let lost = Fact::Ended(Ended { step, way, attempt, result });
                inside.facts.push((now, lost));
            }
        }
        self.folded()
    }

    /// The run as the record tells it.
    pub(super) fn folded(&self) -> Run {
        let mut run = Run::begin(1, self.begun(), self.plan.clone());
        for (at, fact) in &self.inside().facts {
            run.take(*at, fact).unwrap_or_else(|refused| panic!("the record refuses: {refused}"));
        }
        run
    }

    /// Lets the engine go on with a run.
    pub(super) fn go(&self, run: &mut Run) -> Result<Standing, AnyFault> {
        let mut book = Book(self);
        let watch = |_: &Run, _: &Fact| {};
        Engine {
            actions: self,
            journal: &mut book,
            world: &self.world,
            cancel: &self.cancel,
            watch: &watch,
        }
        .go(run)
    }

    /// What a person does, on record where the fold allows it.
    pub(super) fn says(&self, run: &mut Run, fact: Fact) -> Result<(), IllegalFact> {
        let now = self.clock.now();
        run.take(now, &fact)?;
        self.inside().facts.push((now, fact));
        Ok(())
    }

    pub(super) fn said(&self) -> Said {
        Said { by: "an".to_owned(), reason: "vì".to_owned(), at: self.clock.now() }
    }

    pub(super) fn approved(&self, step: &str, who: &str) -> Fact {
        Fact::Approved(Approved {
            step: step.to_owned(),
            approver: who.to_owned(),
            key: format!("ssh-ed25519 {who}"),
            statement: "statement".to_owned(),
            signature: "signature".to_owned(),
            at: self.clock.now(),
        })
    }

    /// What a person finds out by going there: the truth.
    pub(super) fn truth(&self, step: &str) -> Fact {
        let done = self.inside().applied.contains(step);
        if !done {
            self.inside().cleared.insert(step.to_owned());
        }
        self.found(step, Way::Do, done)
    }

    pub(super) fn found(&self, step: &str, way: Way, done: bool) -> Fact {
        Fact::Found(Found {
            step: step.to_owned(),
            way,
            done,
            by: Some("binh".to_owned()),
            reason: "đã xem".to_owned(),
            at: self.clock.now(),
        })
    }

    pub(super) fn left(&self) -> Fact {
        Fact::Closed(Closed {
            how: How::Left,
            at: self.clock.now(),
            took_ms: 0,
            left: Some(self.said()),
        })
    }

    /// Goes on, through crashes, approvals and questions, until nothing but a failure stands in
    /// the way: every question of fact is answered with the truth.
    pub(super) fn finish(&mut self) -> Standing {
        for _ in 0..100 {
            let mut run = self.restart();
            match self.go(&mut run) {
                Ok(Standing::Waiting { step, .. }) => {
                    self.says(&mut run, self.approved(&step, "binh")).unwrap();
                }
                Ok(Standing::Unknown { step, .. }) => {
                    self.says(&mut run, self.truth(&step)).unwrap();
                }
                // Cancelled because it was killed, or lost an attempt: resumed.
                Ok(Standing::Going | Standing::Unwinding) => {}
                Ok(standing) => return standing,
                Err(fault) => assert!(
                    ["test.killed", "test.full"].contains(&fault.code()),
                    "the engine fails: {fault}"
                ),
            }
        }
        panic!("a run must not go on for ever: {:?}", self.inside().facts)
    }

    /// How often the effect of this step happened.
    pub(super) fn count(&self, step: &str, way: Way) -> usize {
        self.inside().effects.iter().filter(|(id, w)| id == step && *w == way).count()
    }

    /// How often its action was called.
    pub(super) fn called(&self, step: &str, way: Way) -> usize {
        self.inside().performed.iter().filter(|(id, w)| id == step && *w == way).count()
    }

    fn work(&self, place: &Place, call: &Call) -> Result<Output, AnyFault> {
        self.clock.advance(self.inside().takes);
        let mut inside = self.inside();
        let done = (place.step.clone(), place.way);
        let mut killed = inside.hit()?;
        let open = inside.open.as_ref().map(|(step, way, _)| (step.clone(), *way));
        assert_eq!(open.as_ref(), Some(&done), "no effect without an intent on record");
        inside.performed.push(done.clone());
        if let Some((lost, times)) = &mut inside.lose {
            killed |= *lost == done && *times > 0;
            *times -= u32::from(killed && *times > 0);
        }
        let bad = inside.bad.get_mut(&done).filter(|bad| bad.times > 0).map(|bad| {
            bad.times = bad.times.saturating_sub(u32::from(bad.times != u32::MAX));
            *bad
        });
        if bad.is_none_or(|bad| bad.moment == Moment::After) {
            self.effect(&mut inside, &done, call);
        }
        if killed {
            return Err(inside.die());
        }
        match bad {
            Some(bad) => Err(bad.says.into()),
            None => Ok(Output::from([("did".to_owned(), place.step.clone())])),
        }
    }

    fn effect(&self, inside: &mut Inside, done: &Done, call: &Call) {
        let (step, way) = done;
        let planned = self.plan.steps.iter().find(|planned| planned.id == *step).unwrap();
        if *way == Way::Undo {
            if inside.applied.remove(step) {
                inside.effects.push(done.clone());
            }
            return;
        }
        let is_new = inside.applied.insert(step.clone());
        let harmless = planned.idempotent || call.action.signature().nature == Nature::Observation;
        if is_new || !harmless {
            inside.effects.push(done.clone());
        }
        let times = inside.effects.iter().filter(|effect| *effect == done).count();
        // Unwinding and a person's word, both on record, are the only ways to a second effect.
        assert!(
            harmless || times == 1 || inside.cleared.contains(step),
            "`{step}` is not harmless again, and happened {times} times"
        );
    }
}

impl Inside {
    /// Counts a call: an error if it is to do nothing, and whether the process dies behind it.
    fn hit(&mut self) -> Result<bool, AnyFault> {
        if self.dead {
            return Err(Broken::Killed.into());
        }
        self.calls += 1;
        let at = self.calls;
        if self.kill.contains(&(at, Moment::Before)) {
            return Err(self.die());
        }
        Ok(self.kill.contains(&(at, Moment::After)))
    }

    fn die(&mut self) -> AnyFault {
        self.dead = true;
        Broken::Killed.into()
    }
}

impl Actions for Fakes {
    fn survey(&self, _portal: &str, call: &Call) -> Result<Output, AnyFault> {
        let seen = self.inside().production.get(&call.action).cloned();
        Ok(Output::from([("state".to_owned(), seen.unwrap_or_else(|| "same".to_owned()))]))
    }

    fn perform(&self, place: &Place, call: &Call) -> Result<Output, AnyFault> {
        assert_ne!(call.action, Action::PostgresPromote, "promoting needs a proof");
        assert!(!call.action.is_observation() && call.action != Action::Gate);
        self.work(place, call)
    }

    fn promote(&self, place: &Place, call: &Call, proof: &FenceProof) -> Result<Output, AnyFault> {
        assert!(self.inside().applied.contains(proof.step()), "the fence holds");
        self.work(place, call)
    }

    /// Looks see a step done whose effect the world has, unless they are told otherwise.
    fn observe(&self, place: &Place, call: &Call) -> Sight {
        assert!(!place.timeout.is_zero(), "a look has time to look");
        let mut inside = self.inside();
        inside.looks += 1;
        if inside.dead {
            return Sight::CannotTell("dead".to_owned());
        }
        if inside.cancel_at_look == Some(inside.looks) {
            self.cancel.cancel();
        }
        let answer = inside.answers.get_mut(&(place.step.clone(), call.action));
        if let Some((nth, says)) = answer {
            *nth += 1;
            return says(*nth - 1);
        }
        let planned = self.plan.steps.iter().find(|step| step.id == place.step).unwrap();
        let looks_itself = Action::named(&planned.call.action).unwrap().is_observation();
        if looks_itself || inside.applied.contains(&place.step) == (place.way == Way::Do) {
            Sight::Seen(Output::from([("saw".to_owned(), "it".to_owned())]))
        } else {
            Sight::NotSeen("it is not so".to_owned())
        }
    }

    fn quiet(&self, place: &Place) -> Result<(), AnyFault> {
        let mut inside = self.inside();
        if inside.restless {
            return Err(Broken::StillRuns.into());
        }
        inside.quieted.push((place.step.clone(), place.way));
        Ok(())
    }
}

/// The record of one process.
struct Book<'a>(&'a Fakes);

impl Book<'_> {
    fn write(&mut self, fact: &Fact) -> Result<(), AnyFault> {
        let now = self.0.clock.now();
        let mut inside = self.0.inside();
        let killed = inside.hit()?;
        let full = inside.full.filter(|(at, _)| *at == inside.calls).map(|(_, moment)| moment);
        if full == Some(Moment::Before) {
            return Err(Broken::Full.into());
        }
        inside.facts.push((now, fact.clone()));
        match fact {
            Fact::Tried(tried) => {
                assert!(inside.open.is_none(), "one attempt at a time");
                inside.open = Some((tried.step.clone(), tried.way, tried.attempt));
            }
            Fact::Ended(_) => inside.open = None,
            _ => {}
        }
        if killed {
            return Err(inside.die());
        }
        if full.is_some() { Err(Broken::Full.into()) } else { Ok(()) }
    }
}

impl Journal for Book<'_> {
    fn tried(&mut self, fact: &Fact) -> Result<(), AnyFault> {
        assert!(matches!(fact, Fact::Tried(_)));
        self.write(fact)
    }

    fn ended(&mut self, fact: &Fact) -> Result<(), AnyFault> {
        assert!(matches!(fact, Fact::Ended(_)));
        self.write(fact)
    }

    fn note(&mut self, fact: &Fact) -> Result<(), AnyFault> {
        assert!(!matches!(fact, Fact::Tried(_) | Fact::Ended(_)));
        self.write(fact)
    }
}
