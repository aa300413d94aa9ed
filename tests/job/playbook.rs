//! Runs by the clock: gates that expire to the instant, clocks that are set back, installations
//! that count their runs alike, and what people are told meanwhile.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use duphong::audit::Kind;
use duphong::base::fault::AnyFault;
use duphong::job::playbook::approve::{self, Counted};
use duphong::job::playbook::run::{self, Word};
use duphong::job::{playbook, status};
use duphong::playbook::approval;
use duphong::playbook::fact::Fact;
use duphong::playbook::journal::{Run, Standing};
use duphong::playbook::settings::Inputs;
use duphong::world::clock::{Clock, ManualClock, Monotonic};
use duphong::world::process::mark::{Mark, VARIABLE};

use crate::job::portal::Installation;

/// Only gates: by a manual clock no program ever ends.
const GATES: &str = "playbook: cho
version: 1
title: { vi: Chờ, en: Wait }
about: { vi: Chỉ chờ., en: Only waits. }
steps:
  - step: one
    title: { vi: Một, en: One }
    action: gate
    with: { approvals: 1, expires: 30m }
  - step: two
    title: { vi: Hai, en: Two }
    action: gate
    with: { approvals: 2, expires: 30m }
";

const BEGUN: &str = "2026-11-22T01:00:00Z";

/// An installation with two approvers, and a clock that stands still.
struct Gated {
    here: Installation,
    clock: Arc<ManualClock>,
}

impl Gated {
    fn new() -> Self {
        Self::with(GATES)
    }

    fn with(playbook: &str) -> Self {
        let mut here = Installation::absolute();
        let folder = here.path("playbooks");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("cho.yaml"), playbook).unwrap();
        for name in ["binh", "chi"] {
            let mut keygen = std::process::Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(here.path(name));
            assert!(keygen.status().unwrap().success());
            let key = std::fs::read_to_string(here.path(format!("{name}.pub"))).unwrap();
            here.site.settings.playbooks.approvers.push(duphong::playbook::settings::Approver {
                id: name.to_owned(),
                name: name.to_owned(),
                logins: vec![name.to_owned()],
                key: key.trim().to_owned(),
            });
        }
        here.site.settings.playbooks.folder = Some(folder);
        let clock = Arc::new(ManualClock::at(BEGUN.parse().unwrap()));
        here.site.world.clock = clock.clone();
        Self { here, clock }
    }

    fn begin(&self) -> Run {
        let site = &self.here.site;
        let request = run::Request {
            playbook: "cho".to_owned(),
            portal: "mau".to_owned(),
            inputs: Inputs::new(),
        };
        run::begin(site, run::plan(site, &request).unwrap().plan).unwrap()
    }

    fn go_on(&self, word: &Word) -> Result<(Run, Standing), AnyFault> {
        run::go_on(&self.here.site, 1, word, &|_: &Run, _: &Fact| {})
    }

    #[track_caller]
    fn waits_at(&self, step: &str) {
        let (_, standing) = self.go_on(&Word::Nothing).unwrap();
        assert!(
            matches!(&standing, Standing::Waiting { step: at, .. } if at == step),
            "{standing:?}"
        );
    }

    fn approve(&self, key: &str) -> Result<Counted, AnyFault> {
        let key = std::fs::read(self.here.path(key)).unwrap();
        approve::approve(&self.here.site, 1, |text| Ok(approval::sign(&key, text)?))
    }

    fn remarks(&self) -> Vec<String> {
        let status = status::status(&self.here.site).unwrap();
        let ids = status.remarks.into_iter().map(|remark| remark.message.id);
        ids.filter(|id| id.contains("playbook")).map(str::to_owned).collect()
    }

    fn entries(&self) -> u64 {
        self.here.site.log().unwrap().reader().unwrap().size()
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, AnyFault>, code: &str) {
    assert_eq!(result.unwrap_err().code(), code);
}

#[test]
fn a_gate_is_open_until_the_instant_at_which_it_expires() {
    let gated = Gated::new();
    gated.begin();
    gated.waits_at("one");
    gated.clock.advance(Duration::from_mins(30) - Duration::from_millis(1));
    gated.approve("binh").unwrap();
    gated.waits_at("two");
    gated.clock.advance(Duration::from_mins(30));
    let before = gated.entries();
    refused(gated.approve("binh"), "playbook.approval-expired");
    refused(approve::request(&gated.here.site, 1), "playbook.approval-expired");
    assert_eq!(gated.entries(), before, "nothing of it is on record");
    assert_eq!(gated.remarks(), ["view-playbook-halted"], "somebody must take it back");
    let (run, standing) = gated.go_on(&Word::Nothing).unwrap();
    assert!(matches!(standing, Standing::Closed(_)), "{standing:?}");
    assert_eq!(run.steps[1].failure.as_ref().unwrap().code, "playbook.gate-expired");
}

#[test]
fn an_approval_counts_for_one_gate_only_and_a_person_for_one_approval() {
    let gated = Gated::new();
    gated.begin();
    gated.waits_at("one");
    assert_eq!(gated.remarks(), ["view-playbook-waiting"]);
    let first = approve::request(&gated.here.site, 1).unwrap().statement;
    let key = std::fs::read(gated.here.path("binh")).unwrap();
    let signature = approval::sign(&key, &first).unwrap();
    approve::approve(&gated.here.site, 1, |_| Ok(signature.clone())).unwrap();
    gated.waits_at("two");
    let again = approve::approve(&gated.here.site, 1, |_| Ok(signature.clone()));
    refused(again, "approval.mismatch");
    let counted = gated.approve("binh").unwrap();
    assert_eq!((counted.there, counted.wanted), (1, 2));
    refused(gated.approve("binh"), "playbook.approved-twice");
    gated.waits_at("two");
    gated.approve("chi").unwrap();
    let (_, standing) = gated.go_on(&Word::Nothing).unwrap();
    assert!(matches!(standing, Standing::Closed(_)), "{standing:?}");
    assert_eq!(gated.remarks(), [""; 0]);
    refused(gated.go_on(&Word::Abort { reason: "x".to_owned() }), "playbook.closed");
}

#[test]
fn an_approval_of_another_installation_is_worth_nothing_here() {
    let (here, there) = (Gated::new(), Gated::new());
    let (one, other) = (here.begin(), there.begin());
    assert_eq!(one.number, other.number);
    here.waits_at("one");
    there.waits_at("one");
    // The same person, with the same key, approves the run of the same number there.
    let key = std::fs::read(here.here.path("binh")).unwrap();
    let text = approve::request(&there.here.site, 1).unwrap().statement;
    let signature = approval::sign(&key, &text).unwrap();
    refused(approve::approve(&here.here.site, 1, |_| Ok(signature)), "approval.mismatch");
}

#[test]
fn a_clock_that_was_set_back_opens_no_gate_again() {
    let gated = Gated::new();
    gated.begin();
    gated.waits_at("one");
    gated.clock.advance(Duration::from_mins(29));
    gated.approve("binh").unwrap();
    gated.clock.jump_to(BEGUN.parse().unwrap());
    refused(gated.go_on(&Word::Nothing), "playbook.clock-back");
    gated.clock.jump_to("2026-11-22T01:29:30Z".parse().unwrap());
    gated.waits_at("two");
}

#[test]
fn one_process_at_a_time_writes_about_a_run() {
    let gated = Gated::new();
    gated.begin();
    gated.waits_at("one");
    let site = &gated.here.site;
    let working = site.exclusively("playbook", "mau").unwrap();
    assert!(playbook::at_work(&site.settings).contains("mau"));
    refused(gated.approve("binh"), "playbook.at-work");
    refused(gated.go_on(&Word::Nothing), "playbook.at-work");
    drop(working);
    assert!(playbook::at_work(&site.settings).is_empty());
    gated.approve("binh").unwrap();
}

#[test]
fn every_word_of_a_person_needs_a_reason_and_a_place() {
    let gated = Gated::new();
    gated.begin();
    gated.waits_at("one");
    let before = gated.entries();
    for word in [
        Word::Reject { reason: " ".to_owned() },
        Word::Abort { reason: String::new() },
        Word::Leave { reason: "\n".to_owned() },
    ] {
        refused(gated.go_on(&word), "playbook.no-reason");
    }
    let reason = || "vì".to_owned();
    refused(gated.go_on(&Word::Retry { reason: reason() }), "playbook.nothing-failed");
    let answer = Word::Answer { step: "one".to_owned(), done: true, reason: reason() };
    refused(gated.go_on(&answer), "playbook.not-asked");
    assert_eq!(gated.entries(), before);
    let (run, _) = gated.go_on(&Word::Leave { reason: reason() }).unwrap();
    let left = run.closed.unwrap().left.unwrap();
    assert_eq!((left.by.as_str(), left.reason.as_str()), ("thử", "vì"));
    let second = gated.begin();
    assert_eq!(second.number, 2, "a run that was left is over");
}

#[test]
fn a_beginning_that_was_cut_off_began_nothing_and_keeps_its_number() {
    let gated = Gated::new();
    let site = &gated.here.site;
    let log = site.log().unwrap();
    let deed = duphong::audit::Deed::new("playbook.begin", "mau").fact("plan", "cut off");
    let cut = log.intend_numbered(&site.actor, deed, "playbook").unwrap();
    drop((cut, log));
    let run = gated.begin();
    assert_eq!(run.number, 2);
    let view = playbook::all(site).unwrap();
    assert_eq!((view.runs.len(), view.refused.len()), (1, 0), "{:?}", view.refused);
    let numbers = site.log().unwrap().reader().unwrap().entries().map(Result::unwrap);
    let begun = numbers.filter(|one| one.verb == "playbook.begin" && one.kind == Kind::Intent);
    assert_eq!(begun.count(), 2);
}

/// One deed that is not harmless again, and cannot be seen.
const DEED: &str = "playbook: cho
version: 1
title: { vi: Làm, en: Do }
about: { vi: Chỉ làm một việc., en: Does one thing. }
steps:
  - step: deed
    title: { vi: Việc, en: Deed }
    action: command
    with: { command: [/bin/true] }
    timeout: 20s
    cannot-compensate: { vi: Không gây hại, en: It does no harm }
";

/// A clock by which an orphan ends as soon as anyone waits for it, and not before.
struct UntilWaitedFor {
    clock: Arc<ManualClock>,
    orphan: Mutex<Option<std::process::Child>>,
}

impl Clock for UntilWaitedFor {
    fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    fn monotonic(&self) -> Monotonic {
        self.clock.monotonic()
    }

    fn sleep(&self, duration: Duration) {
        if let Some(mut orphan) = self.orphan.lock().unwrap().take() {
            orphan.kill().unwrap();
            orphan.wait().unwrap();
        }
        self.clock.sleep(duration);
    }
}

/// Whoever looked while what a killed process left was still at work has seen too early.
#[test]
fn an_answer_counts_only_when_nothing_of_the_step_ran_any_more() {
    let mut gated = Gated::with(DEED);
    gated.begin();
    let site = &gated.here.site;
    let log = site.log().unwrap();
    let tried = serde_json::json!({ "version": 1, "run": 1, "fact":
        { "kind": "tried", "step": "deed", "way": "do", "attempt": 1 } });
    let deed = duphong::audit::Deed::new("playbook.step", "mau").fact("record", tried);
    // Cut off: the next opening of the log finds the attempt abandoned.
    drop((log.intend(&site.actor, deed).unwrap(), log));
    let state = site.settings.state.display().to_string();
    let orphan = std::process::Command::new("sleep")
        .arg("1000")
        .env(VARIABLE, Mark::of(&[&state, "1", "deed"]).as_str())
        .spawn()
        .unwrap();
    let clock = UntilWaitedFor { clock: gated.clock.clone(), orphan: Mutex::new(Some(orphan)) };
    gated.here.site.world.clock = Arc::new(clock);
    let answer =
        |done| Word::Answer { step: "deed".to_owned(), done, reason: "đã xem".to_owned() };
    refused(gated.go_on(&answer(false)), "playbook.still-ran");
    let run = playbook::find(&gated.here.site, 1).unwrap().run;
    let asked = run.standing(gated.clock.now());
    assert!(matches!(asked, Standing::Unknown { .. }), "no answer is on record: {asked:?}");
    let (run, standing) = gated.go_on(&answer(true)).unwrap();
    assert!(matches!(standing, Standing::Closed(_)), "{standing:?}");
    assert_eq!(run.steps[0].tries, 1);
}

/// What a later program wrote, or nobody could have: where the run stands is not known any more.
#[test]
fn a_run_that_cannot_be_read_can_only_be_left() {
    let gated = Gated::new();
    gated.begin();
    gated.waits_at("one");
    let site = &gated.here.site;
    let newer = serde_json::json!({ "version": 2, "run": 1, "fact": { "kind": "hastened" } });
    let deed = duphong::audit::Deed::new("playbook.fact", "mau").fact("record", newer);
    site.log().unwrap().record(&site.actor, deed).unwrap();
    gated.can_only_be_left(1);
    gated.begin();
    gated.can_be_worked_at(2);
}

#[test]
fn a_run_whose_plan_cannot_be_read_is_there_and_can_only_be_left() {
    let gated = Gated::new();
    let site = &gated.here.site;
    let log = site.log().unwrap();
    let deed = duphong::audit::Deed::new("playbook.begin", "mau")
        .fact("plan", serde_json::json!({ "version": 2, "haste": true }));
    let intent = log.intend_numbered(&site.actor, deed, "playbook").unwrap();
    let begun = serde_json::json!({ "version": 2, "run": 1, "fact": { "kind": "begun" } });
    let outcome = duphong::audit::Outcome::done().fact("record", begun);
    log.settle(intent, outcome).unwrap();
    // An attempt of it, which cannot be read either.
    let deed = duphong::audit::Deed::new("playbook.step", "mau");
    drop((log.intend(&site.actor, deed).unwrap(), log));
    gated.can_only_be_left(1);
    gated.begin();
    gated.can_be_worked_at(2);
}

impl Gated {
    #[track_caller]
    fn can_only_be_left(&self, number: u64) {
        let site = &self.here.site;
        let go_on = |word: &Word| run::go_on(site, number, word, &|_: &Run, _: &Fact| {});
        let reason = || "vì".to_owned();
        let request = run::Request {
            playbook: "cho".to_owned(),
            portal: "mau".to_owned(),
            inputs: Inputs::new(),
        };
        let before = self.entries();
        for word in [
            Word::Nothing,
            Word::Retry { reason: reason() },
            Word::Reject { reason: reason() },
            Word::Abort { reason: reason() },
            Word::Answer { step: "one".to_owned(), done: true, reason: reason() },
        ] {
            refused(go_on(&word), "playbook.run-unreadable");
        }
        refused(self.approve("binh"), "playbook.run-unreadable");
        let plan = run::plan(site, &request).unwrap().plan;
        refused(run::begin(site, plan), "playbook.open-run");
        refused(go_on(&Word::Leave { reason: " ".to_owned() }), "playbook.no-reason");
        assert_eq!(self.entries(), before, "nothing of it is on record");
        let told = self.remarks();
        assert!(!told.is_empty() && told.iter().all(|id| *id == "view-playbook-unreadable"));
        let (_, standing) = go_on(&Word::Leave { reason: reason() }).unwrap();
        assert!(matches!(standing, Standing::Closed(_)), "{standing:?}");
        let course = playbook::find(site, number).unwrap();
        assert_eq!(course.run.closed.unwrap().left.unwrap().by, "thử");
    }

    #[track_caller]
    fn can_be_worked_at(&self, number: u64) {
        let word = Word::Nothing;
        let (_, standing) =
            run::go_on(&self.here.site, number, &word, &|_: &Run, _: &Fact| {}).unwrap();
        assert!(matches!(standing, Standing::Waiting { .. }), "{standing:?}");
    }
}
