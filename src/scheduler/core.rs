//! Which of the due jobs may start now: overlap, limits, pauses, and what persons ask for.
//!
//! A state machine without threads or clocks: [`tick`](Core::tick) takes both times and returns
//! orders; the caller starts what they name and reports its end. Cron jobs follow the wall clock,
//! looks at portals the monotonic one, so that no jump of the wall clock makes them come in crowds.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::scheduler::due::{Activation, BrokenOff, Due, Known, due, jitter};
use crate::scheduler::ledger::Ledger;
use crate::scheduler::schedule::Schedule;
use crate::world::clock::Monotonic;

/// A recurring piece of work, as the scheduler sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Unique and stable: names the job in the log, such as `snapshot/mau`.
    pub id: String,
    /// When it starts.
    pub when: When,
    /// With which others it shares a limit.
    pub class: Class,
}

/// When a job starts.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// At instants of the wall clock. What was missed is caught up once.
    Cron(Box<Schedule>),
    /// This long after it last started. What was missed is gone.
    Every(Duration),
    /// Whenever it is [wished](Core::wish) for.
    Wish,
}

/// That a job starts at some instant that no calendar knows, such as after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The instant, by which it starts.
    pub clock: Monotonic,
    /// The same for people.
    pub at: Timestamp,
}

/// Work that shares a limit. Separate limits, so that no kind waits for another: a set is never
/// late because a drill takes hours, and a portal is watched whatever else goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Taking sets.
    Protect,
    /// Proving them: drills and verification.
    Prove,
    /// Looking at portals, and telling people.
    Watch,
}

impl Class {
    /// How many may run at once.
    ///
    /// Taking a set fills the disk's queue and most cores by itself: two keep a slow source from
    /// holding up all others. Proving reads everything and is in no hurry. Looks wait for the
    /// network most of the time.
    pub const fn most(self) -> usize {
        match self {
            Self::Protect => 2,
            Self::Prove => 1,
            Self::Watch => 16,
        }
    }

    /// Whether a pause keeps it from starting. A pause is for maintenance of a portal or its disks:
    /// heavy work waits, watching goes on, since a pause that blinds is one that hides an attack.
    pub const fn pauses(self) -> bool {
        !matches!(self, Self::Watch)
    }
}

/// What the caller is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Start this job; report its end by [`Core::finished`].
    Start {
        /// The job.
        job: String,
        /// What it stands for.
        activation: Activation,
    },
    /// Record that these instants did not run, because the run before has not ended.
    Skip {
        /// The job.
        job: String,
        /// What it would have stood for.
        activation: Activation,
    },
}

/// How a job ended, as far as the scheduler cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Well or not, it came to its end.
    Whole,
    /// It was asked to stop in the middle.
    BrokenOff,
}

/// A job that has a schedule and when it starts next; none when that is never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coming {
    /// The job.
    pub job: String,
    /// Its start, jitter included; in the past when it waits for a free place.
    pub at: Option<Timestamp>,
    /// Whether it runs now.
    pub running: bool,
    /// Whether it is wished for, and by no calendar.
    pub wished: bool,
}

/// Why a job that a person asked for does not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no job of this id.
    Unknown,
    /// It runs already.
    Running,
    /// As many of its kind run as may.
    Full,
}

/// The state of the scheduler.
#[derive(Debug, Default)]
pub struct Core {
    jobs: BTreeMap<String, Slot>,
    paused: bool,
}

#[derive(Debug)]
struct Slot {
    job: Job,
    known: Known,
    jitter: SignedDuration,
    /// The attempt that runs now.
    running: Option<u32>,
    /// Of a look: its next start.
    next: Option<Monotonic>,
    /// Taken out of the configuration while running: gone when it ends.
    leaving: bool,
    /// Looked at then, it was not due before: saves asking the calendar with every tick.
    quiet: Option<(Timestamp, Timestamp)>,
    wish: Option<Wish>,
}

impl Core {
    /// Takes over a set of jobs: at the start, and when the configuration changes. What runs goes
    /// on; what stays keeps its past.
    pub fn replace(&mut self, jobs: Vec<Job>, ledger: &Ledger, now: Timestamp, clock: Monotonic) {
        let mut before = std::mem::take(&mut self.jobs);
        for job in jobs {
            let old = before.remove(&job.id);
            let mut slot = Slot::new(job, ledger, clock);
            if let Some(old) = old {
                slot.running = old.running;
                if old.job.when == slot.job.when {
                    (slot.known, slot.next) = (old.known, old.next);
                } else {
                    slot.known = Known { since: Some(now), ..old.known };
                }
            }
            slot.known.correct(now);
            self.jobs.insert(slot.job.id.clone(), slot);
        }
        for (id, mut slot) in before {
            if slot.running.is_some() {
                slot.leaving = true;
                self.jobs.insert(id, slot);
            }
        }
    }

    /// Keeps heavy work from starting, or lets it start again.
    pub fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Wants the job once at this instant beside its own times, or does not any more. A start
    /// fulfils the wish, and one that comes while the job runs waits for its end.
    pub fn wish(&mut self, job: &str, wish: Option<Wish>) {
        if let Some(slot) = self.jobs.get_mut(job) {
            slot.wish = wish;
        }
    }

    /// What is to be done at this time. Every order counts as carried out.
    pub fn tick(&mut self, now: Timestamp, clock: Monotonic) -> Vec<Order> {
        let mut orders = Vec::new();
        let mut waiting = Vec::new();
        for (id, slot) in &mut self.jobs {
            slot.known.correct(now);
            if slot.leaving {
                continue;
            }
            let Some(activation) = slot.due(now, clock).or_else(|| slot.wished(clock)) else {
                continue;
            };
            if slot.running.is_none() {
                waiting.push((activation.due, id.clone(), activation));
            } else if matches!(slot.job.when, When::Cron(_)) {
                slot.known.last = activation.due;
                orders.push(Order::Skip { job: id.clone(), activation });
            }
        }
        // Whoever was due first starts first; equal ones in the order of their names.
        waiting.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        for (_, id, activation) in waiting {
            let class = self.jobs.get(&id).map(|slot| slot.job.class);
            let free = class.is_some_and(|class| {
                self.running(class) < class.most() && !(self.paused && class.pauses())
            });
            if let Some(slot) = self.jobs.get_mut(&id).filter(|_| free) {
                slot.start(&activation, clock);
                orders.push(Order::Start { job: id, activation });
            }
        }
        orders
    }

    /// A person wants this job now. It stands for no instant, and no schedule changes by it.
    pub fn start_now(&mut self, job: &str, clock: Monotonic) -> Result<Order, Refused> {
        let slot = self.jobs.get(job).filter(|slot| !slot.leaving).ok_or(Refused::Unknown)?;
        if slot.running.is_some() {
            return Err(Refused::Running);
        }
        if self.running(slot.job.class) >= slot.job.class.most() {
            return Err(Refused::Full);
        }
        let activation = Activation { due: None, missed: None, attempt: 1 };
        let slot = self.jobs.get_mut(job).ok_or(Refused::Unknown)?;
        slot.start(&activation, clock);
        Ok(Order::Start { job: job.to_owned(), activation })
    }

    /// A started job has ended.
    pub fn finished(&mut self, job: &str, ended: Ended, now: Timestamp) {
        let Some(slot) = self.jobs.get_mut(job) else { return };
        let attempts = slot.running.take();
        slot.quiet = None;
        slot.known.broken_off = match (ended, attempts) {
            (Ended::BrokenOff, Some(attempts)) if attempts > 0 => {
                Some(BrokenOff { attempts, at: now })
            }
            _ => None,
        };
        if slot.leaving {
            self.jobs.remove(job);
        }
    }

    /// Every cron job with its next start, the soonest first.
    pub fn coming(&self, now: Timestamp) -> Vec<Coming> {
        let of = |slot: &Slot| match &slot.job.when {
            When::Every(_) => None,
            When::Cron(schedule) => {
                let at = match due(schedule, slot.jitter, &slot.known, now) {
                    Due::Now(activation) => activation.due.or(Some(now)),
                    Due::At(at) => Some(at),
                    Due::Never => None,
                };
                Some(slot.coming(at))
            }
            When::Wish => slot.wish.map(|_| slot.coming(None)),
        };
        let mut coming: Vec<_> =
            self.jobs.values().filter(|slot| !slot.leaving).filter_map(of).collect();
        coming.sort_by(|a, b| (a.at.is_none(), a.at, &a.job).cmp(&(b.at.is_none(), b.at, &b.job)));
        coming
    }

    /// The next `most` starts of cron jobs, the soonest first, as if every run were short.
    pub fn forecast(&self, now: Timestamp, most: usize) -> Vec<(Timestamp, String)> {
        let mut starts = Vec::new();
        for slot in self.jobs.values().filter(|slot| !slot.leaving) {
            let When::Cron(schedule) = &slot.job.when else { continue };
            let first = match due(schedule, slot.jitter, &slot.known, now) {
                Due::Now(_) => now,
                Due::At(at) => at,
                Due::Never => continue,
            };
            let later = |at: &Timestamp| {
                let instant = at.checked_sub(slot.jitter).ok()?;
                schedule.next(instant)?.checked_add(slot.jitter).ok()
            };
            let all = std::iter::successors(Some(first), later).take(most);
            starts.extend(all.map(|at| (at, slot.job.id.clone())));
        }
        starts.sort();
        starts.truncate(most);
        starts
    }

    fn running(&self, class: Class) -> usize {
        let same = |slot: &&Slot| slot.running.is_some() && slot.job.class == class;
        self.jobs.values().filter(same).count()
    }
}

impl Slot {
    fn new(job: Job, ledger: &Ledger, clock: Monotonic) -> Self {
        let (known, jitter, next) = match &job.when {
            When::Cron(schedule) => {
                (ledger.known(&job.id, schedule.as_str()), jitter(&job.id, schedule), None)
            }
            When::Every(period) => {
                (Known::default(), SignedDuration::ZERO, Some(first_look(&job.id, *period, clock)))
            }
            When::Wish => (Known::default(), SignedDuration::ZERO, None),
        };
        Self { job, known, jitter, running: None, next, leaving: false, quiet: None, wish: None }
    }

    /// The sooner of a wish and `at`.
    fn coming(&self, at: Option<Timestamp>) -> Coming {
        let wish = self.wish.filter(|wish| at.is_none_or(|at| wish.at < at));
        let (job, running) = (self.job.id.clone(), self.running.is_some());
        Coming { job, at: wish.map(|wish| wish.at).or(at), running, wished: wish.is_some() }
    }

    /// What a wish that is due stands for: no instant of a calendar.
    fn wished(&self, clock: Monotonic) -> Option<Activation> {
        let due = self.running.is_none() && self.wish.is_some_and(|wish| clock >= wish.clock);
        due.then_some(Activation { due: None, missed: None, attempt: 1 })
    }

    /// A clock that goes back asks the calendar anew.
    fn is_quiet(&self, now: Timestamp) -> bool {
        self.quiet.is_some_and(|(looked, until)| looked <= now && now < until)
    }

    fn due(&mut self, now: Timestamp, clock: Monotonic) -> Option<Activation> {
        match &self.job.when {
            When::Cron(_) if self.is_quiet(now) => None,
            When::Cron(schedule) => match due(schedule, self.jitter, &self.known, now) {
                Due::Now(activation) => Some(activation),
                Due::At(at) => {
                    self.quiet = Some((now, at));
                    None
                }
                Due::Never => None,
            },
            When::Every(_) => self.next.is_none_or(|next| clock >= next).then_some(Activation {
                due: None,
                missed: None,
                attempt: 1,
            }),
            When::Wish => None,
        }
    }

    fn start(&mut self, activation: &Activation, clock: Monotonic) {
        // A run on demand that is broken off is not begun again: the person is there.
        let scheduled = activation.due.is_some();
        self.running = Some(if scheduled { activation.attempt } else { 0 });
        self.wish = None;
        if scheduled {
            self.known.last = activation.due;
            self.known.broken_off = None;
        }
        if let When::Every(period) = self.job.when {
            self.next = Some(Monotonic(clock.0.saturating_add(period)));
        }
    }
}

/// Looks begin spread over their first period, so that a start is no burst.
fn first_look(id: &str, period: Duration, clock: Monotonic) -> Monotonic {
    let digest = Digest::of(id.as_bytes()).0;
    let draw = u32::from_be_bytes(*digest.first_chunk().expect("a digest has 32 bytes"));
    let part = period.mul_f64(f64::from(draw) / f64::from(u32::MAX));
    Monotonic(clock.0.saturating_add(part))
}
