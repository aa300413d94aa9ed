//! Plans: made of a playbook and its inputs, hashed, and read back from the log.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use duphong::base::digest::Digest;
use duphong::base::exit::ExitCode;
use duphong::base::fault::{AnyFault, Fault as _};
use duphong::config::playbook::{read, shipped};
use duphong::playbook::action::{ACTIONS, Action};
use duphong::playbook::fact::Output;
use duphong::playbook::model::{Call, Playbook, Value};
use duphong::playbook::plan::{Plan, PlanFault, PlannedCall, PlannedUndo, PlannedValue, make};
use duphong::playbook::port::{Actions, FenceProof, Place, Sight};
use duphong::playbook::settings::{Given, Inputs};
use duphong::text::{Catalog, Language};
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::sample;
use serde_json::Value as Json;

use super::fakes::Broken;

/// The set that is the latest here.
const SET: &str = "3b1e0c5fd7a2946c8e17b0d35a9f42c6e8d0137b5c9a2f4e6d8b1c3a5f7e9d02";

/// What of production can be seen: a set for whoever asks for one, and a state for everybody.
struct Town {
    set: Option<String>,
    state: String,
    broken: Option<Action>,
    asked: RefCell<Vec<Call>>,
}

impl Town {
    fn new() -> Self {
        let set = Some(SET.to_owned());
        Self { set, state: "same".to_owned(), broken: None, asked: RefCell::default() }
    }
}

impl Actions for Town {
    fn survey(&self, portal: &str, call: &Call) -> Result<Output, AnyFault> {
        assert_eq!(portal, "mau");
        if call.action == Action::Gate {
            return Ok(Output::new());
        }
        self.asked.borrow_mut().push(call.clone());
        if self.broken == Some(call.action) {
            return Err(Broken::Failed.into());
        }
        let mut seen = Output::from([("state".to_owned(), self.state.clone())]);
        if call.action == Action::RestoreStage {
            seen.extend(self.set.clone().map(|set| ("set".to_owned(), set)));
        }
        Ok(seen)
    }

    fn perform(&self, _: &Place, _: &Call) -> Result<Output, AnyFault> {
        panic!("a plan does nothing")
    }

    fn promote(&self, _: &Place, _: &Call, _: &FenceProof) -> Result<Output, AnyFault> {
        panic!("a plan does nothing")
    }

    fn observe(&self, _: &Place, _: &Call) -> Sight {
        panic!("a plan only surveys")
    }

    fn quiet(&self, _: &Place) -> Result<(), AnyFault> {
        panic!("a plan does nothing")
    }
}

fn playbook(text: &str) -> Playbook {
    read(text.as_bytes(), Path::new("x.yaml")).unwrap_or_else(|wrong| panic!("{:#?}", wrong.list))
}

fn shipped_playbook(id: &str) -> Playbook {
    playbook(shipped().into_iter().find(|(name, _)| *name == id).unwrap().1)
}

fn text(text: &str) -> Given {
    Given::Text(text.to_owned())
}

fn list(parts: &[&str]) -> Given {
    Given::List(parts.iter().map(|part| (*part).to_owned()).collect())
}

fn given<const N: usize>(inputs: [(&str, Given); N]) -> Inputs {
    inputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn for_restore() -> Inputs {
    given([
        ("close", list(&["/usr/local/sbin/portal", "close"])),
        ("reopen", list(&["/usr/local/sbin/portal", "open"])),
        ("page", text("https://cong.example/")),
        ("text", text("Cổng thông tin")),
    ])
}

fn for_failover() -> Inputs {
    given([
        ("primary-dsn", text("host=db1 dbname=portal user=duphong")),
        ("standby-dsn", text("host=db2 dbname=portal user=duphong")),
        ("fence", list(&["/usr/local/sbin/fence", "db1"])),
        ("unfence", list(&["/usr/local/sbin/fence", "--off", "db1"])),
        ("upstream-file", text("/etc/nginx/conf.d/portal-upstream.conf")),
        ("upstream", text("portal")),
        ("standby-address", text("192.0.2.12:8080")),
        ("page", text("https://cong.example/")),
        ("text", text("Cổng thông tin")),
    ])
}

fn restore() -> Plan {
    make(&shipped_playbook("restore-in-place"), "mau", &[&for_restore()], &Town::new()).unwrap()
}

/// The smallest playbook with these inputs and one command.
fn small(inputs: &str, command: &str) -> Playbook {
    playbook(&format!(
        "playbook: small
version: 1
title: {{ vi: Nhỏ, en: Small }}
about: {{ vi: Để thử, en: For tests }}
inputs:
{inputs}
steps:
  - step: run
    title: {{ vi: Chạy, en: Run }}
    action: command
    with: {{ command: {command} }}
    timeout: 1m
    no-return: {{ vi: Đã chạy, en: It ran }}
"
    ))
}

/// `subject message-id` of every problem.
fn problems(playbook: &Playbook, given: &[&Inputs]) -> Vec<String> {
    match make(playbook, "mau", given, &Town::new()) {
        Err(PlanFault::Inputs { problems, .. }) => {
            let catalogs = [Language::Vietnamese, Language::English].map(Catalog::new);
            for (one, catalog) in problems.iter().flat_map(|p| catalogs.iter().map(move |c| (p, c)))
            {
                for message in [Some(&one.message), one.hint.as_ref()].into_iter().flatten() {
                    assert!(catalog.knows(message.id), "{}", message.id);
                    let words = catalog.say(message);
                    assert!(!words.contains("{$"), "{}: {words}", message.id);
                }
            }
            problems.iter().map(|one| format!("{} {}", one.subject, one.message.id)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plan_holds_all_that_a_run_needs() {
    let plan = restore();
    assert_eq!(plan.inputs["set"], PlannedValue::Text(SET.to_owned()));
    assert_eq!(plan.inputs["closed-status"], PlannedValue::Number(503));
    let step = |id: &str| plan.steps.iter().find(|step| step.id == id).unwrap();
    assert_eq!(step("restore").call.with["set"], PlannedValue::Text(SET.to_owned()));
    assert_eq!(step("fence").proof[0].with["status"], PlannedValue::Number(503));
    let gate = &step("approval").call.with;
    let minutes = PlannedValue::Number(30 * 60_000);
    assert_eq!((&gate["approvals"], &gate["expires"]), (&PlannedValue::Number(1), &minutes));
    assert_eq!((step("approval").timeout_ms, step("fence").timeout_ms), (0, 5 * 60_000));
    let PlannedUndo::By { call, timeout_ms, .. } = &step("swap").undo else { panic!("undone") };
    assert_eq!((call.action.as_str(), *timeout_ms), ("restore.swap-back", 30 * 60_000));
    let seen: BTreeSet<_> = plan.production["restore"].keys().map(String::as_str).collect();
    assert_eq!(seen, BTreeSet::from(["set", "state", "undo.state"]));
    assert!(!plan.production.contains_key("approval"));
}

#[test]
fn what_a_gate_does_not_say_stands_in_the_plan_all_the_same() {
    let text = shipped().into_iter().find(|(id, _)| *id == "restore-in-place").unwrap().1;
    let bare = text.replace("    with: { approvals: 1, expires: 30m }\n", "");
    assert_ne!(text, bare);
    let plan = make(&playbook(&bare), "mau", &[&for_restore()], &Town::new()).unwrap();
    assert_eq!(plan.steps[0], restore().steps[0]);
}

#[test]
fn both_shipped_playbooks_make_plans_that_can_be_run() {
    for (id, inputs) in [("failover-postgres", for_failover()), ("restore-in-place", for_restore())]
    {
        let plan = make(&shipped_playbook(id), "mau", &[&inputs], &Town::new()).unwrap();
        assert_eq!(Plan::from_log(&plan.to_json(), plan.hash()).unwrap(), plan);
        assert!(plan.canonical().len() < 16 * 1024, "{id}: {}", plan.canonical().len());
        assert_eq!(plan.fingerprint(&Town::new()).unwrap(), plan.production);
        let other = Town { state: "another".to_owned(), ..Town::new() };
        assert_ne!(plan.fingerprint(&other).unwrap(), plan.production);
    }
}

#[test]
fn nothing_is_asked_of_production_but_surveys_of_calls_and_compensations() {
    let town = Town::new();
    make(&shipped_playbook("restore-in-place"), "mau", &[&for_restore()], &town).unwrap();
    let asked: Vec<_> = town.asked.borrow().iter().map(|call| call.action.as_str()).collect();
    assert_eq!(
        asked,
        [
            "restore.stage",
            "snapshot",
            "fence",
            "command",
            "restore.stage",
            "restore.unstage",
            "restore.compare",
            "restore.swap",
            "restore.swap-back",
            "command",
            "command",
            "http.answers",
        ]
    );
}

#[test]
fn later_inputs_win_over_earlier_ones_and_both_over_defaults() {
    let playbook = shipped_playbook("restore-in-place");
    let status = |given: &[&Inputs]| {
        let plan = make(&playbook, "mau", given, &Town::new()).unwrap();
        plan.inputs["closed-status"].clone()
    };
    let first = given([("closed-status", text("502"))]);
    let second = given([("closed-status", text("504"))]);
    assert_eq!(status(&[&for_restore()]), PlannedValue::Number(503));
    assert_eq!(status(&[&for_restore(), &first]), PlannedValue::Number(502));
    assert_eq!(status(&[&for_restore(), &first, &second]), PlannedValue::Number(504));
}

#[test]
fn every_problem_of_the_inputs_is_told_at_once_with_who_gave_it() {
    let playbook = shipped_playbook("restore-in-place");
    let configured = given([
        ("close", text("systemctl stop portal")),
        ("page", text("cong.example")),
        ("closed-status", text("out of order")),
        ("opening", text("x")),
    ]);
    let asked = given([("page", list(&["a", "b"])), ("set", text("newest"))]);
    assert_eq!(
        problems(&playbook, &[&configured, &asked]),
        [
            "input `opening` (configuration) playbook-input-unknown",
            "input `set` (command-line) playbook-value-set",
            "input `close` (configuration) playbook-value-line",
            "input `reopen` playbook-input-missing",
            "input `page` (command-line) playbook-value-list",
            "input `text` playbook-input-missing",
            "input `closed-status` (configuration) playbook-value-number",
        ]
    );
    let fault = make(&playbook, "mau", &[&configured], &Town::new()).unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("playbook.inputs", ExitCode::Usage));
}

#[test]
fn an_input_is_read_by_its_kind_and_by_nothing_else() {
    for (kind, good, bad) in [
        ("text", "no", ""),
        ("number", "0042", "4.2"),
        ("number", "9007199254740991", "9007199254740992"),
        ("path", "/srv/x", "srv/x"),
        ("host", "db1.example", "db1:5432"),
        ("host", "2001:db8::1", "-x"),
        ("port", "65535", "65536"),
        ("url", "http://h/?q=a", "ftp://h/"),
        ("dsn", "host=h dbname=d", "host=h dbname=d password=x"),
    ] {
        let inputs = format!("  in: {{ type: {kind}, about: {{ vi: A, en: B }} }}");
        let playbook = small(&inputs, "[run, '--in={{ in }}']");
        let plan =
            |value: &str| make(&playbook, "mau", &[&given([("in", text(value))])], &Town::new());
        let made = plan(good).unwrap_or_else(|fault| panic!("{kind} {good}: {fault}"));
        let shown = if kind == "number" { good.trim_start_matches('0') } else { good };
        let parts = vec!["run".to_owned(), format!("--in={shown}")];
        assert_eq!(made.steps[0].call.with["command"], PlannedValue::Command(parts));
        assert!(plan(bad).is_err(), "{kind} {bad}");
    }
}

#[test]
fn a_command_takes_all_parts_of_an_input_and_the_id_of_the_portal() {
    let playbook = small(
        "  with: { type: command, about: { vi: A, en: B } }",
        "['{{ with }}', --portal, '{{ portal }}', '']",
    );
    let inputs = given([("with", list(&["ssh", "db1", "", "{{ with }}"]))]);
    let plan = make(&playbook, "mau", &[&inputs], &Town::new()).unwrap();
    let parts = ["ssh", "db1", "", "{{ with }}", "--portal", "mau", ""].map(str::to_owned);
    assert_eq!(plan.steps[0].call.with["command"], PlannedValue::Command(parts.to_vec()));
    let one = given([("with", text("/bin/true"))]);
    assert!(make(&playbook, "mau", &[&one], &Town::new()).is_ok());
}

#[test]
fn what_only_inputs_make_wrong_is_told_by_step_and_parameter() {
    let playbook =
        small("  program: { type: text, about: { vi: A, en: B } }", "['{{ program }}', x]");
    for (program, id) in [
        ("bin/x", "playbook-value-program"),
        ("rm -rf", "playbook-value-line"),
        ("/a/../b", "playbook-value-program"),
    ] {
        let inputs = given([("program", text(program))]);
        assert_eq!(problems(&playbook, &[&inputs]), [format!("`command` of step `run` {id}")]);
    }
    let mut inputs = for_failover();
    inputs.insert("upstream".to_owned(), text("x"));
    inputs.insert("lag-max".to_owned(), text("31d"));
    assert_eq!(
        problems(&shipped_playbook("failover-postgres"), &[&inputs]),
        ["`lag-max` of step `standby` playbook-value-duration-range"]
    );
}

#[test]
fn a_fence_is_not_proven_by_its_own_program_whatever_the_inputs_say() {
    let text = shipped().into_iter().find(|(id, _)| *id == "restore-in-place").unwrap().1;
    let proof = "      - observe: http.answers\n        with: { url: \"{{ page }}\", status: \"{{ closed-status }}\" }\n";
    let by_command = "      - observe: command.says\n        with: { command: \"{{ reopen }}\", contains: \"{{ closed-status }}\" }\n";
    let playbook = playbook(&text.replace(proof, by_command));
    assert_eq!(
        problems(&playbook, &[&for_restore()]),
        ["step `fence` playbook-proof-same-program"]
    );
    let other = given([("close", list(&["/opt/close"]))]);
    assert!(make(&playbook, "mau", &[&for_restore(), &other], &Town::new()).is_ok());
}

#[test]
fn a_set_is_found_once_and_for_all() {
    let playbook = shipped_playbook("restore-in-place");
    let plan = |wanted: &str, found: Option<&str>| {
        let town = Town { set: found.map(str::to_owned), ..Town::new() };
        let asked = given([("set", text(wanted))]);
        make(&playbook, "mau", &[&for_restore(), &asked], &town)
    };
    for (wanted, found) in
        [("latest", Some(SET)), (&SET[..8], Some(SET)), (SET, Some(SET)), (SET, None)]
    {
        let plan = plan(wanted, found).unwrap();
        assert_eq!(plan.inputs["set"], PlannedValue::Text(SET.to_owned()), "{wanted}");
        assert_eq!(plan.hash(), restore_with(found).hash());
    }
    for (wanted, found) in [
        ("latest", None),
        (&SET[..8], None),
        ("latest", Some("3b1e")),
        ("latest", Some("latest")),
        // Another set than the one that was asked for.
        ("ffffffff", Some(SET)),
    ] {
        let fault = plan(wanted, found).unwrap_err();
        assert_eq!(fault.code(), "playbook.unknown-set", "{wanted} {found:?}");
    }
}

/// The plan of a town that knows this set, asked for by its whole id.
fn restore_with(found: Option<&str>) -> Plan {
    let town = Town { set: found.map(str::to_owned), ..Town::new() };
    let asked = given([("set", text(SET))]);
    make(&shipped_playbook("restore-in-place"), "mau", &[&for_restore(), &asked], &town).unwrap()
}

#[test]
fn a_set_that_stands_in_the_playbook_itself_is_found_too() {
    let text = shipped().into_iter().find(|(id, _)| *id == "restore-in-place").unwrap().1;
    let input = text.find("  set:\n").unwrap()..text.find("  close:\n").unwrap();
    let fixed = text.replace(&text[input], "").replace("set: \"{{ set }}\"", "set: latest");
    let plan = make(&playbook(&fixed), "mau", &[&for_restore()], &Town::new()).unwrap();
    let stage = plan.steps.iter().find(|step| step.id == "restore").unwrap();
    assert_eq!(stage.call.with["set"], PlannedValue::Text(SET.to_owned()));
    assert!(!plan.inputs.contains_key("set"));
}

#[test]
fn a_step_that_can_never_work_is_named() {
    for (action, step) in [(Action::RestoreStage, "restore"), (Action::RestoreSwapBack, "swap")] {
        let town = Town { broken: Some(action), ..Town::new() };
        let playbook = shipped_playbook("restore-in-place");
        let fault = make(&playbook, "mau", &[&for_restore()], &town).unwrap_err();
        assert!(fault.to_string().contains(&format!("`{step}`: the action failed")), "{fault}");
        assert_eq!(fault.beneath().unwrap().code(), "test.failed");
    }
}

#[test]
fn a_plan_that_fits_no_entry_of_the_log_is_refused() {
    let playbook = small("  long: { type: command, about: { vi: A, en: B } }", "['{{ long }}']");
    let part = "x".repeat(999);
    let parts: Vec<&str> = std::iter::repeat_n(part.as_str(), 60).collect();
    let inputs = given([("long", list(&parts))]);
    let fault = make(&playbook, "mau", &[&inputs], &Town::new()).unwrap_err();
    assert_eq!(fault.code(), "playbook.plan-too-large");
}

/// The same as the document tells an outsider to do.
const PYTHON: &str = r#"
import hashlib, json, sys
plan = json.load(sys.stdin)
canonical = json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
print(hashlib.sha256(canonical.encode("utf-8")).hexdigest())
"#;

#[test]
fn anybody_can_compute_the_hash() {
    let document = std::fs::read_to_string("docs/formats/playbook-plan.md").unwrap();
    assert!(document.contains(PYTHON.trim()), "the document shows another program");
    let mut odd = restore();
    odd.title.en = "\u{7f}\u{9}\"\\/ <&> \u{1f600} é e\u{301}\u{2028}\u{0}".to_owned();
    odd.inputs.insert("z".to_owned(), PlannedValue::Number(9_007_199_254_740_991));
    for plan in [restore(), odd] {
        let mut python = Command::new("python3")
            .args(["-c", PYTHON])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let pretty = serde_json::to_vec_pretty(&plan.to_json()).unwrap();
        std::io::Write::write_all(&mut python.stdin.take().unwrap(), &pretty).unwrap();
        let said = python.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), plan.hash().to_string());
    }
}

#[test]
fn a_plan_written_by_the_first_version_still_reads() {
    let golden = include_str!("golden/plan-1.json");
    let json: Json = serde_json::from_str(golden).unwrap();
    let hash: Digest =
        "5f00133c0776e7bd7305398784ab0925d79d2ee378e24a3fed998ad7b34c3066".parse().unwrap();
    let plan = Plan::from_log(&json, hash).unwrap();
    assert_eq!(plan.to_json(), json);
}

/// Every leaf of a JSON value changed, one at a time.
fn changes(json: &Json) -> Vec<Json> {
    match json {
        Json::String(text) => vec![Json::String(format!("{text}x"))],
        Json::Number(number) => vec![Json::from(number.as_u64().unwrap() + 1)],
        Json::Bool(flag) => vec![Json::Bool(!flag)],
        Json::Null => vec![],
        Json::Array(items) => {
            let at = |i: usize| items[i..=i].iter().flat_map(changes).map(move |new| (i, new));
            let mut all: Vec<Json> = (0..items.len())
                .flat_map(at)
                .map(|(i, new)| {
                    let mut items = items.clone();
                    items[i] = new;
                    Json::Array(items)
                })
                .collect();
            all.extend((0..items.len()).map(|i| {
                let mut items = items.clone();
                items.remove(i);
                Json::Array(items)
            }));
            if items.len() > 1 {
                all.push(Json::Array(items.iter().rev().cloned().collect()));
            }
            all
        }
        Json::Object(members) => {
            let mut all = Vec::new();
            for (name, value) in members {
                for new in changes(value) {
                    let mut members = members.clone();
                    members[name] = new;
                    all.push(Json::Object(members));
                }
                let mut less = members.clone();
                less.remove(name);
                all.push(Json::Object(less));
            }
            all
        }
    }
}

#[test]
fn the_hash_changes_with_every_single_field() {
    let plan = restore();
    let (json, hash) = (plan.to_json(), plan.hash());
    let mut plans = BTreeMap::from([(hash.to_string(), plan)]);
    let changed = changes(&json);
    assert!(changed.len() > 200, "{}", changed.len());
    let mut read = 0;
    for one in &changed {
        assert!(Plan::from_log(one, hash).is_err(), "{one}");
        if let Ok(plan) = serde_json::from_value::<Plan>(one.clone()) {
            read += 1;
            // An empty list may be written in two ways, and is one plan.
            let same = plans.insert(plan.hash().to_string(), plan.clone());
            assert!(same.is_none_or(|same| same == plan), "{one}");
        }
    }
    assert!(read > 150, "{read}");
}

#[test]
fn a_plan_from_the_log_is_held_to_the_table_of_actions() {
    #[track_caller]
    fn check(change: impl Fn(&mut Plan), code: &str) {
        let mut plan = restore();
        change(&mut plan);
        let fault = Plan::from_log(&plan.to_json(), plan.hash()).unwrap_err();
        assert_eq!(fault.code(), code, "{fault}");
        assert_eq!(fault.exit(), ExitCode::Integrity);
    }
    let unsound = "playbook.plan-unsound";
    check(|plan| plan.steps[1].call.action = "restore.evrything".to_owned(), unsound);
    check(|plan| _ = plan.steps[3].call.with.remove("set"), unsound);
    let put = |name: &'static str, value: PlannedValue| {
        move |plan: &mut Plan| _ = plan.steps[3].call.with.insert(name.to_owned(), value.clone())
    };
    check(put("sets", PlannedValue::Text(SET.to_owned())), unsound);
    check(put("set", PlannedValue::Number(1)), unsound);
    check(put("set", PlannedValue::Text("latest".to_owned())), unsound);
    check(put("set", PlannedValue::Text(SET[..8].to_owned())), unsound);
    check(|plan| plan.steps[2].proof[0].action = "snapshot".to_owned(), unsound);
    check(|plan| plan.steps[2].proof.clear(), unsound);
    check(|plan| plan.version = 2, "playbook.plan-version");
    check(
        |plan| {
            plan.steps[1].call = PlannedCall {
                action: "postgres.promote".to_owned(),
                with: BTreeMap::from([(
                    "dsn".to_owned(),
                    PlannedValue::Text("host=h dbname=d".to_owned()),
                )]),
            };
        },
        "playbook.no-fence",
    );
    let json = restore().to_json();
    let fault = Plan::from_log(&json, Digest::of(b"another")).unwrap_err();
    assert_eq!(fault.code(), "playbook.plan-hash");
    for json in ["null", "1", "[]", "{}", "{\"version\": -1}", "{\"version\": 1, \"steps\": 3}"] {
        let json = serde_json::from_str(json).unwrap();
        let fault = Plan::from_log(&json, Digest::of(b"")).unwrap_err();
        assert_eq!(fault.code(), "playbook.plan-malformed", "{json}");
    }
}

#[test]
fn a_call_becomes_the_same_call_again() {
    for action in ACTIONS {
        let planned = super::plans::call(action.action);
        let call = planned.call().unwrap_or_else(|fault| panic!("{}: {fault}", action.name));
        assert_eq!(PlannedCall::from(&call), planned);
    }
    let planned = PlannedCall {
        action: "postgres.standby".to_owned(),
        with: BTreeMap::from([
            ("dsn".to_owned(), PlannedValue::Text("host=h dbname=d".to_owned())),
            ("lag-max".to_owned(), PlannedValue::Number(1500)),
        ]),
    };
    let lag = std::time::Duration::from_millis(1500);
    assert_eq!(planned.call().unwrap().with["lag-max"], Value::Duration(lag));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a damaged or hostile log holds in a plan's place is refused, and never a panic.
    #[test]
    fn a_damaged_plan_is_refused(
        from in any::<sample::Index>(),
        length in 0usize..30,
        with in "[ -~]{0,12}",
    ) {
        let plan = restore();
        let mut bytes = plan.canonical();
        let start = from.index(bytes.len());
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, with.bytes());
        if let Ok(json) = serde_json::from_slice::<Json>(&bytes)
            && json != plan.to_json()
        {
            assert!(Plan::from_log(&json, plan.hash()).is_err());
            if let Ok(read) = serde_json::from_value::<Plan>(json) {
                _ = Plan::from_log(&read.to_json(), read.hash());
            }
        }
    }
}
