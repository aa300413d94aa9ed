//! Snapshots, killed by the clock.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use duphong::job::sets;

use crate::job::kill::{abandoned, duphong, kills};
use crate::job::portal::Installation;

/// How many runs are killed, each at another moment. Spread over the length of an undisturbed
/// run, they hit dumping, reading, packing, and the three writes at the end.
const KILLS: u64 = 12;

fn start(here: &Installation) -> Child {
    let mut command = duphong(here, &["snapshot", "create", "--portal", "mau"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Waits until the child has ended or `limit` has passed; whether it ended well by itself.
fn ended_within(child: &mut Child, limit: Duration) -> bool {
    let started = Instant::now();
    while started.elapsed() < limit {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "an undisturbed run ends well, even after killed ones");
            return true;
        }
        std::thread::yield_now();
    }
    false
}

#[test]
fn killed_at_any_moment_the_repository_is_sound_and_nothing_reported_done_is_lost() {
    let here = Installation::new();
    let started = Instant::now();
    assert!(ended_within(&mut start(&here), Duration::from_mins(2)));
    let whole = started.elapsed();
    let mut done = 1;
    let kills = u32::try_from(kills(KILLS)).unwrap();
    for kill in 0..kills {
        // New content, so that there is something to write.
        let media = here.path(format!("portal/media/2026/moi-{kill}.bin"));
        std::fs::write(media, vec![b'm'; 300_000 + kill as usize * 7]).unwrap();
        let mut child = start(&here);
        if ended_within(&mut child, whole * kill / kills) {
            done += 1;
        } else {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let check = here.restic(&["check", "--no-lock", "--read-data"]);
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
        let sets = sets::list(&here.site, None, Some("mau")).unwrap().sets.len();
        assert!(sets >= done, "{sets} sets, {done} runs said that they were done");
    }
    assert!(ended_within(&mut start(&here), Duration::from_mins(2)));
    let check = here.restic(&["check", "--read-data"]);
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    assert!(abandoned(&here, "in the end") > 0, "some were cut off");
}
