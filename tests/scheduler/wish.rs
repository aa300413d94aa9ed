//! Starts that no calendar knows: when they come, what they wait for, what fulfils them.

use std::time::Duration;

use duphong::scheduler::core::{Class, Core, Ended, Job, Order, Refused, When, Wish};
use duphong::scheduler::ledger::Ledger;
use duphong::scheduler::schedule::Schedule;
use duphong::world::clock::Monotonic;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Seconds on both clocks.
struct Bench {
    core: Core,
}

fn at(second: i64) -> Timestamp {
    // 08:00:00 of a day in UTC.
    Timestamp::from_second(1_795_334_400 + second).unwrap()
}

fn clock(second: u64) -> Monotonic {
    Monotonic(Duration::from_secs(second))
}

impl Bench {
    fn new(jobs: Vec<(&str, When)>) -> Self {
        let jobs = jobs.into_iter().map(|(id, when)| Job {
            id: id.to_owned(),
            when,
            class: Class::Protect,
        });
        let mut core = Core::default();
        core.replace(jobs.collect(), &Ledger::default(), at(0), clock(0));
        Self { core }
    }

    fn wish(&mut self, job: &str, second: u64) {
        let wish = Wish { clock: clock(second), at: at(second.try_into().unwrap()) };
        self.core.wish(job, Some(wish));
    }

    /// The jobs that start at this second, each with whether a calendar wanted it.
    #[track_caller]
    fn check(&mut self, second: u64, expected: &[(&str, bool)]) {
        let orders = self.core.tick(at(second.try_into().unwrap()), clock(second));
        let started: Vec<_> = orders
            .iter()
            .map(|order| match order {
                Order::Start { job, activation } => (job.as_str(), activation.due.is_some()),
                Order::Skip { job, .. } => panic!("{job} was skipped"),
            })
            .collect();
        assert_eq!(started, expected, "at {second}");
    }

    fn finished(&mut self, job: &str, second: i64) {
        self.core.finished(job, Ended::Whole, at(second));
    }
}

fn minutely() -> When {
    When::Cron(Box::new(Schedule::parse("* * * * *", TimeZone::UTC).unwrap()))
}

#[test]
fn a_wish_starts_its_job_once_and_after_the_run_before_it() {
    let mut bench = Bench::new(vec![("a", When::Wish)]);
    bench.check(5, &[]);
    bench.wish("a", 10);
    bench.check(9, &[]);
    bench.check(10, &[("a", false)]);
    // What changes while it runs is wished for meanwhile, and waits.
    bench.wish("a", 12);
    bench.check(20, &[]);
    bench.finished("a", 21);
    bench.check(21, &[("a", false)]);
    bench.finished("a", 22);
    bench.check(30, &[]);
    // A wish that is taken back, and one for a job that is not there.
    bench.wish("a", 40);
    bench.core.wish("a", None);
    bench.wish("b", 40);
    bench.check(41, &[]);
    assert_eq!(bench.core.start_now("b", clock(41)), Err(Refused::Unknown));
}

#[test]
fn a_pause_and_the_limit_of_its_kind_hold_a_wish() {
    let wishes = ["a", "b", "c"].map(|id| (id, When::Wish)).to_vec();
    let mut bench = Bench::new(wishes);
    for job in ["a", "b", "c"] {
        bench.wish(job, 10);
    }
    bench.core.pause(true);
    bench.check(10, &[]);
    bench.core.pause(false);
    bench.check(11, &[("a", false), ("b", false)]);
    bench.finished("a", 12);
    bench.check(12, &[("c", false)]);
}

#[test]
fn any_start_fulfils_a_wish_and_a_calendar_is_kept_beside_it() {
    let mut bench = Bench::new(vec![("a", minutely())]);
    // Looked at before, so that the calendar is known to be quiet until the next minute.
    bench.check(1, &[]);
    bench.wish("a", 20);
    let coming = bench.core.coming(at(2));
    assert_eq!((coming[0].at, coming[0].wished), (Some(at(20)), true));
    bench.check(20, &[("a", false)]);
    bench.finished("a", 21);
    let coming = bench.core.coming(at(22));
    assert!(coming[0].at >= Some(at(60)) && !coming[0].wished, "{coming:?}");
    // The minute's own run comes first and holds what was wished for later.
    bench.wish("a", 70);
    bench.check(66, &[("a", true)]);
    bench.finished("a", 67);
    bench.check(75, &[]);
    bench.wish("a", 80);
    assert!(bench.core.start_now("a", clock(76)).is_ok());
    bench.finished("a", 77);
    bench.check(81, &[]);
}

#[test]
fn a_job_without_times_is_shown_only_while_it_is_wished_for() {
    let mut bench = Bench::new(vec![("a", When::Wish)]);
    assert_eq!(bench.core.coming(at(0)), []);
    assert_eq!(bench.core.forecast(at(0), 10), []);
    bench.wish("a", 10);
    let coming = bench.core.coming(at(0));
    assert_eq!((coming[0].job.as_str(), coming[0].at), ("a", Some(at(10))));
}
