//! A process that is killed by SIGKILL at every point of every action, and the next one.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use duphong::job::snapshot;
use duphong::playbook::action::Action;
use duphong::world::fuse;

use crate::job::portal::{Installation, site};
use crate::job::restore_in_place::kit::{
    attack, compare, everything, perform, perform_on, production, seen, stage,
};

/// Says to the child what to do: the configuration, the action, and the points that it passes.
const ORDER: &str = "DUPHONG_TEST_ORDER";

/// More points than any action has: a loop over them that gets here has not ended.
const POINTS_MAX: u32 = 200;

/// Not a test of its own: in a process without an order it does nothing.
#[test]
fn a_process_that_may_be_killed() {
    let Ok(order) = std::env::var(ORDER) else { return };
    let [file, action, points] = order.split('|').collect::<Vec<_>>().try_into().unwrap();
    let (site, _runtime) = site(Path::new(file));
    fuse::set(points.parse().unwrap());
    perform_on(&site, 7, Action::named(action).unwrap()).unwrap();
    std::process::exit(0);
}

/// Whether an action that is killed after `points` points came to its end before.
pub(super) fn survives(here: &Installation, action: Action, points: u32) -> bool {
    let file = here.path("duphong.yaml");
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "job::restore_in_place::killed::a_process_that_may_be_killed"])
        .env(ORDER, format!("{}|{}|{points}", file.display(), action.as_str()))
        .current_dir(here.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .status()
        .unwrap();
    assert!(status.success() || status.signal() == Some(9), "{status}");
    status.success()
}

/// Kills `action` at every point, one after the other; `then` goes on from what that left.
pub(super) fn at_every_point(
    here: &Installation,
    action: Action,
    mut then: impl FnMut(u32),
) -> u32 {
    for points in 0..POINTS_MAX {
        if survives(here, action, points) {
            return points;
        }
        then(points);
    }
    panic!("`{}` never came to its end", action.as_str());
}

#[test]
fn an_exchange_killed_between_any_two_renames_goes_on_or_back() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    attack(&here);
    let attacked = everything(&here);
    stage(&here, 7).unwrap();
    let staged = everything(&here);
    perform(&here, 7, Action::RestoreSwap).unwrap();
    let swapped = everything(&here);
    perform(&here, 7, Action::RestoreSwapBack).unwrap();

    // Two points stand between two renames: one of them goes on, the other back.
    let forth = at_every_point(&here, Action::RestoreSwap, |points| {
        if points % 2 == 0 {
            perform(&here, 7, Action::RestoreSwap).unwrap();
            assert_eq!(everything(&here), swapped, "killed at {points}, then on");
        }
        perform(&here, 7, Action::RestoreSwapBack).unwrap();
        assert_eq!(everything(&here), staged, "killed at {points}, then back");
    });
    let back = at_every_point(&here, Action::RestoreSwapBack, |points| {
        if points % 2 == 0 {
            perform(&here, 7, Action::RestoreSwapBack).unwrap();
            assert_eq!(everything(&here), staged, "killed at {points}, then on");
        }
        perform(&here, 7, Action::RestoreSwap).unwrap();
        assert_eq!(everything(&here), swapped, "killed at {points}, then forth again");
    });
    // Three trees and a database with two side files: ten renames, a point before and after each.
    assert_eq!((forth, back), (20, 20));
    assert_eq!(production(&everything(&here)), attacked);
}

#[test]
fn staging_and_unstaging_killed_at_any_point_are_gone_on_with() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let before = everything(&here);
    let points = at_every_point(&here, Action::RestoreStage, |points| {
        assert_eq!(production(&everything(&here)), before, "killed at {points}");
        if points % 3 == 0 {
            stage(&here, 7).unwrap();
            seen(compare(&here, 7));
            perform(&here, 7, Action::RestoreUnstage).unwrap();
            assert_eq!(everything(&here), before, "killed at {points}");
        } else if points % 3 == 1 {
            perform(&here, 7, Action::RestoreUnstage).unwrap();
            assert_eq!(everything(&here), before, "killed at {points}");
        }
        // Else the next one goes on from where this one was killed.
    });
    assert!(points >= 4 * 7, "{points}");
    seen(compare(&here, 7));
    at_every_point(&here, Action::RestoreUnstage, |points| {
        if points % 2 == 0 {
            perform(&here, 7, Action::RestoreUnstage).unwrap();
            assert_eq!(everything(&here), before, "killed at {points}");
        }
        stage(&here, 7).unwrap();
        seen(compare(&here, 7));
    });
    assert_eq!(everything(&here), before);
}
