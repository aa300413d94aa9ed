//! A process that is killed by SIGKILL at every point of every action, and the next one.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use duphong::job::snapshot;
use duphong::playbook::action::Action;
use duphong::world::fuse;

use crate::job::portal::{Installation, configuration, site};
use crate::job::restore_in_place::kit::{
    attack, compare, everything, perform, perform_on, production, same, seen, stage,
};

/// Says to the child what to do: the configuration, the action, and the points that it passes.
const ORDER: &str = "DUPHONG_TEST_ORDER";

/// More points than any action has: a loop over them that gets here has not ended.
const POINTS_MAX: u32 = 200;

/// A portal of one database and one tree: each point costs several processes.
const SMALL: &str = "
    databases:
      - { name: cong, sqlite: { path: portal/data/cong.sqlite } }
    trees: [ { role: application, name: trang, path: portal/application } ]
";

/// Not a test of its own: in a process without an order it does nothing.
#[test]
fn a_process_that_may_be_killed() {
    let Ok(order) = std::env::var(ORDER) else { return };
    let [file, action, points] = order.split('|').collect::<Vec<_>>().try_into().unwrap();
    let (site, _runtime) = site(Path::new(file));
    fuse::set(points.parse().unwrap());
    perform_on(&site, 7, Action::named(action).unwrap()).unwrap();
}

/// Whether an action that is killed after `points` points came to its end before.
pub(super) fn survives(here: &Installation, action: Action, points: u32) -> bool {
    let file = here.path("duphong.yaml");
    let status = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "job::restore_in_place::killed::a_process_that_may_be_killed",
        ])
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

/// How many marks say that their copy may have served.
fn served(here: &Installation) -> usize {
    let shelves = ["application", "configuration", "media", "data/cong.sqlite"];
    let marks = shelves.map(|shelf| here.path(format!("portal/{shelf}.duphong-7-new/mark")));
    let says = |mark: &&std::path::PathBuf| {
        std::fs::read_to_string(mark).unwrap().contains("\nserved true\n")
    };
    marks.iter().filter(says).count()
}

#[test]
fn an_exchange_killed_between_any_two_renames_goes_on_or_back() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    attack(&here);
    let attacked = everything(&here);
    stage(&here, 7).unwrap();
    // Before the first rename, four marks of three points each: a kill there moves nothing.
    for mark in 0..4 {
        for points in 0..3 {
            assert_eq!(served(&here), mark, "killed at {points}");
            assert!(!survives(&here, Action::RestoreSwap, points), "it has more points");
            same(&production(&everything(&here)), &attacked, &format!("killed at {points}"));
        }
    }
    assert_eq!(served(&here), 4);
    perform(&here, 7, Action::RestoreSwap).unwrap();
    let swapped = everything(&here);
    perform(&here, 7, Action::RestoreSwapBack).unwrap();
    let staged = everything(&here);

    // Two points stand between two renames: one of them goes on, the other back.
    let forth = at_every_point(&here, Action::RestoreSwap, |points| {
        if points % 2 == 0 {
            perform(&here, 7, Action::RestoreSwap).unwrap();
            same(&everything(&here), &swapped, &format!("killed at {points}, then on"));
        }
        perform(&here, 7, Action::RestoreSwapBack).unwrap();
        same(&everything(&here), &staged, &format!("killed at {points}, then back"));
    });
    let back = at_every_point(&here, Action::RestoreSwapBack, |points| {
        if points % 2 == 0 {
            perform(&here, 7, Action::RestoreSwapBack).unwrap();
            same(&everything(&here), &staged, &format!("killed at {points}, then on"));
        }
        perform(&here, 7, Action::RestoreSwap).unwrap();
        same(&everything(&here), &swapped, &format!("killed at {points}, then forth again"));
    });
    // Three trees and a database with two side files: ten renames, a point before and after each.
    assert_eq!((forth, back), (20, 20));
    same(&production(&everything(&here)), &attacked, "at the end");
}

#[test]
fn staging_and_unstaging_killed_at_any_point_are_gone_on_with() {
    let here = Installation::with(&configuration(SMALL));
    snapshot::create(&here.site, "mau").unwrap();
    let before = everything(&here);
    let points = at_every_point(&here, Action::RestoreStage, |points| {
        same(&production(&everything(&here)), &before, &format!("killed at {points}"));
        if points % 2 == 0 {
            stage(&here, 7).unwrap();
            seen(compare(&here, 7));
        }
        perform(&here, 7, Action::RestoreUnstage).unwrap();
        same(&everything(&here), &before, &format!("killed at {points}"));
    });
    // Of each source the mark twice, three points each, and the restore between them.
    assert_eq!(points, 2 * 7);
    seen(compare(&here, 7));
    perform(&here, 7, Action::RestoreUnstage).unwrap();
    // Killed again and again, each time a little further on.
    let kills = (1..POINTS_MAX).take_while(|_| !survives(&here, Action::RestoreStage, 7)).count();
    assert_eq!(kills, 1);
    seen(compare(&here, 7));
    at_every_point(&here, Action::RestoreUnstage, |points| {
        if points % 2 == 0 {
            perform(&here, 7, Action::RestoreUnstage).unwrap();
            same(&everything(&here), &before, &format!("killed at {points}"));
        }
        stage(&here, 7).unwrap();
        seen(compare(&here, 7));
    });
    same(&everything(&here), &before, "at the end");
}
