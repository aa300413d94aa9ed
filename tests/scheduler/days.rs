//! Days of the scheduler in milliseconds: killed at random, switched off for hours, its clock set
//! back and forth. The audit log of each history is real in form, kept in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use duphong::audit::{Actor, Ending, Entry, Facts, Kind};
use duphong::scheduler::core::{Class, Core, Ended, Job, Order, When};
use duphong::scheduler::due::Activation;
use duphong::scheduler::ledger::{self, Ledger};
use duphong::scheduler::schedule::Schedule;
use duphong::world::clock::Monotonic;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

/// What happens between two looks of the scheduler.
#[derive(Clone, Debug)]
enum Happening {
    /// Time passes, in seconds.
    Pass(u32),
    /// The daemon is killed and comes back after this many minutes.
    Kill(u32),
    /// Every running job ends.
    End,
    /// The wall clock is set by this many seconds.
    Set(i32),
}

fn happening(clock: bool) -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => (1..90u32).prop_map(Happening::Pass),
        4 => Just(Happening::End),
        2 => (600..7200u32).prop_map(Happening::Pass),
        1 => (0..600u32).prop_map(Happening::Kill),
        u32::from(clock) => (-800..800i32).prop_map(Happening::Set),
    ]
}

struct World {
    now: Timestamp,
    clock: Duration,
    core: Core,
    log: Vec<Entry>,
    /// The intent of each job at work.
    running: BTreeMap<String, u64>,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            now: "2026-03-28T12:00:00Z".parse().unwrap(),
            clock: Duration::ZERO,
            core: Core::default(),
            log: Vec::new(),
            running: BTreeMap::new(),
        };
        world.start();
        world
    }

    fn jobs() -> Vec<Job> {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let job = |id: &str, cron: &str, class| {
            let when = When::Cron(Box::new(Schedule::parse(cron, berlin.clone()).unwrap()));
            Job { id: id.to_owned(), when, class }
        };
        let mut jobs = vec![
            job("snapshot/a", "*/5 * * * *", Class::Protect),
            job("snapshot/b", "17 */2 * * *", Class::Protect),
            job("snapshot/c", "30 2 * * *", Class::Protect),
            job("drill/a", "0 3 * * SUN", Class::Prove),
            job("verify/x", "*/30 * * * *", Class::Prove),
        ];
        let every = When::Every(Duration::from_mins(1));
        jobs.push(Job { id: "probe/a".to_owned(), when: every, class: Class::Watch });
        jobs
    }

    fn write(&mut self, kind: Kind, verb: &str, subject: &str, facts: Facts) -> u64 {
        let seq = self.log.len() as u64;
        self.log.push(Entry {
            v: 1,
            seq,
            at: self.now,
            clock_back_ms: None,
            actor: Actor::daemon(),
            kind,
            verb: verb.to_owned(),
            subject: subject.to_owned(),
            intent: None,
            took_ms: None,
            result: None,
            code: None,
            number: None,
            session: None,
            facts,
        });
        seq
    }

    fn outcome(&mut self, intent: u64, ending: Ending) {
        let seq = self.write(Kind::Outcome, "work", "job", Facts::new());
        self.log[usize::try_from(seq).unwrap()].intent = Some(intent);
        self.log[usize::try_from(seq).unwrap()].result = Some(ending);
    }

    /// As the daemon does it: abandoned intents, the first entry, the fold.
    fn start(&mut self) {
        for intent in std::mem::take(&mut self.running).into_values() {
            self.outcome(intent, Ending::Abandoned);
        }
        let cron = Self::jobs().into_iter().filter_map(|job| match job.when {
            When::Cron(schedule) => Some((job.id, json!(schedule.as_str()))),
            When::Every(_) | When::Wish => None,
        });
        let schedules: Facts = cron.collect();
        let mut facts = Facts::new();
        facts.insert(ledger::SCHEDULES.to_owned(), schedules.into());
        self.write(Kind::Record, "daemon.start", "mau", facts);
        let mut ledger = Ledger::default();
        self.log.iter().for_each(|entry| ledger.take(entry));
        self.core = Core::default();
        self.core.replace(Self::jobs(), &ledger, self.now, Monotonic(self.clock));
    }

    fn look(&mut self) {
        for order in self.core.tick(self.now, Monotonic(self.clock)) {
            let (kind, verb, job, activation) = match &order {
                Order::Start { job, activation } => (Kind::Intent, "work", job, activation),
                Order::Skip { job, activation } => (Kind::Record, ledger::SKIPPED, job, activation),
            };
            let facts = facts(job, activation);
            let seq = self.write(kind, verb, job, facts);
            if kind == Kind::Intent {
                assert!(self.running.insert(job.clone(), seq).is_none(), "{job} runs twice");
            }
        }
    }

    fn pass(&mut self, seconds: u32) {
        self.clock += Duration::from_secs(seconds.into());
        self.now += SignedDuration::from_secs(seconds.into());
    }

    fn happen(&mut self, happening: &Happening) {
        match happening {
            Happening::Pass(seconds) => self.pass(*seconds),
            Happening::Kill(minutes) => {
                self.pass(minutes * 60);
                self.start();
            }
            Happening::End => {
                for (job, intent) in std::mem::take(&mut self.running) {
                    self.outcome(intent, Ending::Done);
                    self.core.finished(&job, Ended::Whole, self.now);
                }
            }
            Happening::Set(seconds) => self.now += SignedDuration::from_secs((*seconds).into()),
        }
        self.look();
    }

    /// Instants of each cron job that ended well, and all that are accounted for.
    fn account(&self) -> BTreeMap<String, (Vec<Timestamp>, BTreeSet<Timestamp>)> {
        let mut accounts: BTreeMap<String, (Vec<Timestamp>, BTreeSet<Timestamp>)> = BTreeMap::new();
        let well = self.log.iter().filter(|entry| entry.result == Some(Ending::Done));
        let ended_well: BTreeSet<u64> = well.filter_map(|entry| entry.intent).collect();
        for entry in &self.log {
            let text = |name: &str| entry.facts.get(name).and_then(|value| value.as_str());
            let Some(due) = text(ledger::DUE).and_then(|due| due.parse::<Timestamp>().ok()) else {
                continue;
            };
            let (done, known) = accounts.entry(entry.subject.clone()).or_default();
            known.insert(due);
            if let Some(from) = text("missed-from") {
                let schedule = Self::jobs().into_iter().find(|job| job.id == entry.subject);
                let Some(Job { when: When::Cron(schedule), .. }) = schedule else { continue };
                let from = from.parse::<Timestamp>().unwrap();
                let missed = std::iter::successors(Some(from), |at| schedule.next(*at));
                let missed: Vec<_> = missed.take_while(|at| *at < due).collect();
                assert_eq!(entry.facts["missed"], json!(missed.len()));
                known.extend(missed);
            }
            if ended_well.contains(&entry.seq) {
                done.push(due);
            }
        }
        accounts
    }
}

fn facts(job: &str, activation: &Activation) -> Facts {
    let facts = ledger::facts(job, activation);
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Through kills and downtime: every instant of every schedule ran, was skipped or is counted
    /// as missed, and none was done twice.
    #[test]
    fn every_activation_is_accounted_for_and_none_is_done_twice(
        history in prop::collection::vec(happening(false), 1..150),
    ) {
        let mut world = World::new();
        let began = world.now;
        for happening in &history {
            world.happen(happening);
        }
        world.happen(&Happening::End);
        let accounts = world.account();
        for job in World::jobs() {
            let When::Cron(schedule) = &job.when else { continue };
            let (mut done, known) = accounts.get(&job.id).cloned().unwrap_or_default();
            let count = done.len();
            done.sort();
            done.dedup();
            prop_assert_eq!(done.len(), count, "{}: done twice", &job.id);
            // What is due this very moment may wait for its jitter or for a free place.
            let Some(newest) = known.last() else { continue };
            let mut at = began;
            while let Some(next) = schedule.next(at).filter(|next| next <= newest) {
                prop_assert!(known.contains(&next), "{}: nothing is known of {}", &job.id, next);
                at = next;
            }
        }
    }

    /// A clock that is set back and forth within a quarter of an hour repeats nothing, and a job
    /// of every five minutes is never silent for long.
    #[test]
    fn a_clock_that_jumps_repeats_nothing_and_starves_nobody(
        history in prop::collection::vec(happening(true), 1..150),
    ) {
        let mut world = World::new();
        let (mut quiet, mut newest) = (Duration::ZERO, 0);
        for happening in &history {
            let before = world.clock;
            world.happen(happening);
            world.happen(&Happening::End);
            world.happen(&Happening::Pass(31));
            let runs = world.log.iter().filter(|entry| entry.subject == "snapshot/a").count();
            quiet = if runs > newest { Duration::ZERO } else { quiet + world.clock.saturating_sub(before) };
            newest = runs;
            // Two steps back add up; each is waited out for at most a quarter of an hour.
            prop_assert!(quiet < Duration::from_hours(4), "silent for {quiet:?}");
        }
        // One look of each of the six jobs with each happening is the most that is no storm.
        let runs = world.log.iter().filter(|entry| entry.kind == Kind::Intent).count();
        prop_assert!(runs <= 6 * 3 * (history.len() + 1), "{} runs are a storm", runs);
    }
}

#[test]
fn after_a_night_of_downtime_each_job_runs_once() {
    let mut world = World::new();
    world.look();
    world.happen(&Happening::Pass(600));
    world.happen(&Happening::End);
    let before = world.log.len();
    world.happen(&Happening::Kill(12 * 60));
    let runs: Vec<_> = world.log[before..]
        .iter()
        .filter(|entry| entry.kind == Kind::Intent && entry.facts.contains_key(ledger::DUE))
        .map(|entry| entry.subject.as_str())
        .collect();
    // Two sets and one proof at a time: what waits comes when these have ended.
    assert_eq!(runs.len(), 3, "{runs:?}");
    world.happen(&Happening::End);
    world.happen(&Happening::End);
    let runs = world.log[before..].iter().filter(|entry| entry.facts.contains_key("missed"));
    let missed: Vec<_> =
        runs.map(|entry| (entry.subject.as_str(), &entry.facts["missed"])).collect();
    let of_a = missed.iter().find(|(job, _)| *job == "snapshot/a");
    assert!(of_a.is_some_and(|(_, count)| count.as_u64() > Some(140)), "{missed:?}");
}

#[test]
fn a_run_that_has_not_ended_skips_the_next_activation_and_says_so() {
    let mut world = World::new();
    world.happen(&Happening::Pass(331));
    assert!(world.running.contains_key("snapshot/a"));
    world.happen(&Happening::Pass(300));
    let skips = world.log.iter().filter(|entry| entry.verb == ledger::SKIPPED);
    let skips: Vec<_> = skips.map(|entry| entry.subject.as_str()).collect();
    assert_eq!(skips, ["snapshot/a"]);
}

#[test]
fn a_pause_holds_back_sets_and_proofs_and_goes_on_watching() {
    let mut world = World::new();
    world.core.pause(true);
    for _ in 0..60 {
        world.happen(&Happening::Pass(60));
        world.happen(&Happening::End);
    }
    let of = |world: &World, job: &str| {
        world.log.iter().filter(|e| e.subject == job && e.kind == Kind::Intent).count()
    };
    assert_eq!(of(&world, "snapshot/a"), 0);
    assert!(of(&world, "probe/a") >= 58);
    world.core.pause(false);
    world.happen(&Happening::Pass(1));
    assert_eq!(of(&world, "snapshot/a"), 1, "one run makes up for all");
}

#[test]
fn a_look_is_not_made_up_for_and_no_jump_of_the_wall_clock_makes_it_come() {
    let mut world = World::new();
    let looks = |world: &World| world.log.iter().filter(|entry| entry.subject == "probe/a").count();
    world.happen(&Happening::Pass(60));
    world.happen(&Happening::End);
    assert_eq!(looks(&world), 1);
    world.happen(&Happening::Set(100_000));
    world.happen(&Happening::End);
    assert_eq!(looks(&world), 1);
    world.happen(&Happening::Pass(6000));
    assert_eq!(looks(&world), 2);
}
