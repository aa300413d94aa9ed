//! Snapshots into a bucket, killed by its server at one of their requests: what was asked then is
//! not done, what was asked before is.

use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use duphong::job::{sets, verify};
use duphong::repository::verify::Depth;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::job::bucket::Bucket;
use crate::job::kill::{Dice, abandoned, duphong, kills};
use crate::job::portal::Installation;
use crate::store::s3::{Fault, Options, Server};

/// As many in the suite.
const FEW: u64 = 5;

const SNAPSHOT: [&str; 4] = ["snapshot", "create", "--portal", "mau"];

struct Stage {
    here: Installation,
    server: Server,
    _keys: TempDir,
}

impl Stage {
    fn new(options: Options, lock: &str) -> Self {
        let bucket = Bucket::with(options);
        let here = Installation::with(&bucket.configuration("mau", "bucket", lock));
        let Bucket { server, keys } = bucket;
        Self { here, server, _keys: keys }
    }

    /// New content, so that there is something to send.
    fn change(&self, number: u64) {
        let mut dice = Dice(number);
        let bytes: Vec<u8> = (0..300_000).map(|_| u8::try_from(dice.roll(256)).unwrap()).collect();
        std::fs::write(self.here.path(format!("portal/media/moi-{number}.bin")), bytes).unwrap();
    }

    fn start(&self) -> Child {
        let mut command = duphong(&self.here, &SNAPSHOT);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Takes a set whose process is killed at its request of this number; whether it got so far.
    fn killed_at(&self, number: usize) -> bool {
        // The first request waits here until the process is known.
        let process: Arc<Mutex<Option<Pid>>> = Arc::default();
        let mut known = process.lock().unwrap();
        let (to_kill, mut asked) = (Arc::clone(&process), 0);
        self.server.plan(move |_| {
            asked += 1;
            if asked == number {
                let pid = to_kill.lock().unwrap().expect("it is known");
                // It may just have been reaped: then it ended by itself.
                let _ended = kill_process(pid, Signal::KILL);
            }
            (asked >= number).then_some(Fault::Cut)
        });
        let mut child = self.start();
        *known = Pid::from_raw(i32::try_from(child.id()).unwrap());
        drop(known);
        let ended = child.wait().unwrap();
        self.server.heal();
        ended.code().is_none()
    }

    #[track_caller]
    fn assert_sound(&self, what: &str) {
        let report = verify::repository(&self.here.site, "bucket", Depth::AllData).unwrap();
        assert!(report.is_sound(), "{what}: {:?}", report.damages);
    }

    fn sets(&self) -> usize {
        sets::list(&self.here.site, Some("bucket"), Some("mau")).unwrap().sets.len()
    }
}

fn killed_at_requests(stage: &Stage) {
    assert!(stage.start().wait().unwrap().success());
    stage.server.take_asked();
    stage.change(0);
    assert!(stage.start().wait().unwrap().success());
    let requests = stage.server.take_asked().len();
    assert!(requests > 10, "{requests} requests");
    let mut done = 2;
    let mut dice = Dice::new();
    let (mut hit, kills) = (0, kills(FEW));
    for kill in 1..=kills {
        stage.change(kill);
        let number = 1 + dice.roll(requests);
        let what = format!("killed at request {number} of about {requests}");
        let killed = stage.killed_at(number);
        hit += u64::from(killed);
        done += usize::from(!killed);
        // A set whose last answer never came may be there.
        let sets = stage.sets();
        assert!((done..=done + 1).contains(&sets), "{what}: {sets} sets, {done} were reported");
        assert!(stage.start().wait().unwrap().success(), "{what}: it is not taken again");
        done = sets + 1;
        assert_eq!(stage.sets(), done, "{what}, and taken again");
        stage.assert_sound(&what);
    }
    assert!(hit * 2 > kills, "{hit} of {kills} were killed");
    assert!(abandoned(&stage.here, "in the end") > 0);
    eprintln!("about {requests} requests, {hit} of {kills} killed");
}

#[test]
fn a_snapshot_killed_at_any_request_leaves_a_sound_bucket_and_is_taken_again() {
    killed_at_requests(&Stage::new(Options::default(), ""));
}

#[test]
fn a_snapshot_killed_while_it_locks_leaves_a_sound_bucket_and_is_taken_again() {
    let lock = "object-lock: { mode: compliance, retention: 90d, slack: 30d }";
    killed_at_requests(&Stage::new(Options { versions: true, ..Options::default() }, lock));
}
