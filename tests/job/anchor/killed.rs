//! A run that is killed between the object and its outcome: nothing is lost, nothing is done twice
//! that harms, and the log says what happened.

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use duphong::audit::Ending;
use duphong::audit::verify::Verdict;
use duphong::job::anchor::{self, Fate};
use rustix::process::{Pid, Signal, kill_process};

use crate::job::anchor::Stage;
use crate::store::s3::Fault;

#[test]
fn a_run_killed_after_the_object_leaves_a_good_anchor_and_says_that_it_was_broken_off() {
    let stage = Stage::new();
    let process: Arc<Mutex<Option<Pid>>> = Arc::default();
    let mut known = process.lock().unwrap();
    let (to_kill, mut written) = (Arc::clone(&process), false);
    stage.server.plan(move |asked| {
        if written {
            let pid = to_kill.lock().unwrap().expect("it is known");
            let _ended = kill_process(pid, Signal::KILL);
            return Some(Fault::Cut);
        }
        written = asked.method == "PUT";
        None
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_duphong"));
    command.args(["--json", "--config"]).arg(stage.here.path("duphong.yaml"));
    command.args(["audit", "anchor", "khoa"]).env_clear().stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    *known = Pid::from_raw(i32::try_from(child.id()).unwrap());
    drop(known);
    assert_eq!(child.wait().unwrap().code(), None, "it was killed");
    stage.server.heal();
    assert_eq!(stage.server.objects().len(), 1);

    let again = anchor::run(&stage.here.site, &["khoa".to_owned()], false).unwrap();
    assert!(matches!(again[0].fate, Fate::Kept(..)), "{again:?}");
    let outcomes = stage.outcomes();
    let endings: Vec<_> = outcomes.iter().map(|entry| entry.result).collect();
    assert_eq!(endings, [Some(Ending::Abandoned), Some(Ending::Done)]);
    // Both are true heads of this log, and the one that nobody settled counts as well.
    assert_eq!(stage.server.objects().len(), 2);
    let report = stage.verified(&[], &[stage.asked()]);
    assert_eq!((report.verdict(), report.anchors.len()), (Verdict::Valid, 2), "{report:#?}");
    assert_eq!((report.places[0].made, report.places[0].missing), (1, 0));
}
