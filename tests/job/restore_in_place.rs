//! A portal restored in place: staged, compared, exchanged, and taken back again.

mod evidence;
mod killed;
mod kit;
mod postgres;
mod refusals;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown};
use std::process::Command;

use duphong::job::snapshot;
use duphong::playbook::action::Action;
use duphong::playbook::port::Sight;

use crate::job::portal::Installation;
use kit::{
    Everything, attack, compare, everything, perform, same, seen, stage, survey, table_rows,
};

/// Gives the sample portal what a real one has: owners, modes, attributes, access lists, links.
fn dress(here: &Installation) {
    let media = here.path("portal/media");
    fs::set_permissions(&media, fs::Permissions::from_mode(0o2770)).unwrap();
    lchown(&media, Some(33), Some(33)).unwrap();
    let file = media.join("quyền.txt");
    fs::write(&file, "quyền").unwrap();
    lchown(&file, Some(33), Some(7)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    fs::hard_link(&file, media.join("tên khác")).unwrap();
    std::os::unix::fs::symlink("quyền.txt", media.join("liên kết")).unwrap();
    let flags = rustix::fs::XattrFlags::empty();
    rustix::fs::lsetxattr(&file, "user.nguồn", "tỉnh".as_bytes(), flags).unwrap();
    rustix::fs::lsetxattr(&file, "system.posix_acl_access", &access_list(), flags).unwrap();
    let database = here.path("portal/data/cong.sqlite");
    lchown(&database, Some(33), Some(33)).unwrap();
    fs::set_permissions(&database, fs::Permissions::from_mode(0o660)).unwrap();
}

/// `user::rw-,user:34:r--,group::r--,mask::r--,other::---` as the kernel has it.
fn access_list() -> Vec<u8> {
    const NOBODY: u32 = u32::MAX;
    let entries: [(u16, u16, u32); 5] =
        [(1, 6, NOBODY), (2, 4, 34), (4, 4, NOBODY), (16, 4, NOBODY), (32, 0, NOBODY)];
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, rights, id) in entries {
        list.extend(tag.to_le_bytes().iter().chain(&rights.to_le_bytes()));
        list.extend(id.to_le_bytes());
    }
    list
}

/// Production without the database's file: a restored one has the same rows, not the same pages.
fn trees(all: &Everything) -> Everything {
    all.iter()
        .filter(|(path, _)| !path.starts_with("data"))
        .map(|(p, e)| (p.clone(), e.clone()))
        .collect()
}

#[test]
fn the_whole_way_leads_to_the_set_and_back_to_the_byte() {
    let here = Installation::new();
    dress(&here);
    let before = trees(&everything(&here));
    let rows = table_rows(&here);
    snapshot::create(&here.site, "mau").unwrap();
    attack(&here);
    let attacked = everything(&here);
    let found = survey(&here, "latest").unwrap();
    assert_eq!(survey(&here, &found["set"]).unwrap(), found, "the whole id means the same");

    stage(&here, 7).unwrap();
    same(&kit::production(&everything(&here)), &attacked, "production is not touched");
    assert_eq!(stage(&here, 7).unwrap()["set"], found["set"], "a second time does nothing");
    let compared = seen(compare(&here, 7));
    assert_eq!(compared["rows"], (1500 + 6 + 48).to_string());
    assert_eq!(compared["files"], (48 + 1 + 1 + 2).to_string());

    let swapped = perform(&here, 7, Action::RestoreSwap).unwrap();
    same(&trees(&kit::production(&everything(&here))), &before, "production is the set's");
    assert_eq!(table_rows(&here), rows);
    let database = here.path("portal/data/cong.sqlite").metadata().unwrap();
    let owner = (database.uid(), database.gid(), database.mode() & 0o7777);
    assert_eq!(owner, (33, 33, 0o660), "the portal can open what came back");
    seen(compare(&here, 7));
    kept_aside(&here, &swapped);

    let now = everything(&here);
    let again = perform(&here, 7, Action::RestoreSwap).unwrap();
    assert_eq!(again, swapped);
    same(&everything(&here), &now, "a second time does nothing");
    perform(&here, 7, Action::RestoreSwapBack).unwrap();
    same(&kit::production(&everything(&here)), &attacked, "back to the byte");
    perform(&here, 7, Action::RestoreSwapBack).unwrap();
    seen(compare(&here, 7));
    left_to_a_person(&here, 7);
    same(&everything(&here), &attacked, "nothing of ours is left");
    perform(&here, 7, Action::RestoreUnstage).unwrap();
}

/// What has served is never removed by us, only by the commands that we tell.
fn left_to_a_person(here: &Installation, run: u64) {
    let before = everything(here);
    let left = perform(here, run, Action::RestoreUnstage).unwrap();
    same(&everything(here), &before, "what has served stays");
    let media = here.path(format!("portal/media.duphong-{run}-new"));
    assert_eq!(left["left media/tep"], media.display().to_string());
    for (_, remove) in left.iter().filter(|(name, _)| name.starts_with("remove-later ")) {
        assert!(Command::new("sh").args(["-c", remove]).status().unwrap().success(), "{remove}");
    }
}

/// What production held is where the output says, and the hint removes it.
fn kept_aside(here: &Installation, swapped: &duphong::playbook::fact::Output) {
    let old = here.path("portal/media.duphong-7-old");
    assert_eq!(swapped["old media/tep"], old.display().to_string());
    assert_eq!(fs::read(old.join("thư đòi tiền.txt")).unwrap(), b"tra tien");
    let wal = here.path("portal/data/cong.sqlite.duphong-7-old-wal");
    assert_eq!(fs::read(wal).unwrap(), b"wal", "side files stay with their database");
    let hint = &swapped["remove-later db/cong"];
    assert!(hint.contains("cong.sqlite.duphong-7-old-wal'"), "{hint}");
    let dry = Command::new("sh").args(["-n", "-c", hint]).status().unwrap();
    assert!(dry.success(), "{hint}");
}

#[test]
fn what_the_portal_wrote_after_the_exchange_stays_with_the_restored_copy() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    attack(&here);
    let attacked = everything(&here);
    stage(&here, 1).unwrap();
    perform(&here, 1, Action::RestoreSwap).unwrap();
    fs::write(here.path("portal/media/mới.txt"), "sau khi phục hồi").unwrap();
    fs::write(here.path("portal/data/cong.sqlite-wal"), "mới").unwrap();
    perform(&here, 1, Action::RestoreSwapBack).unwrap();
    same(&kit::production(&everything(&here)), &attacked, "swapped back");
    let staged = here.path("portal/media.duphong-1-new/set/media/tep/mới.txt");
    assert_eq!(fs::read(staged).unwrap(), "sau khi phục hồi".as_bytes());
    let wal = here.path("portal/data/cong.sqlite.duphong-1-new/set/db/cong.sqlite-wal");
    assert_eq!(fs::read(wal).unwrap(), "mới".as_bytes());
    perform(&here, 1, Action::RestoreUnstage).unwrap();
    perform(&here, 1, Action::RestoreSwap).unwrap();
    assert_eq!(fs::read(here.path("portal/data/cong.sqlite-wal")).unwrap(), "mới".as_bytes());
}

#[test]
fn production_that_is_gone_is_put_in_its_place_and_taken_away_again() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    fs::remove_dir_all(here.path("portal/media")).unwrap();
    fs::remove_file(here.path("portal/data/cong.sqlite")).unwrap();
    let attacked = everything(&here);
    let found = survey(&here, "latest").unwrap();
    assert!(found["media/tep"].starts_with("absent /"), "{found:?}");
    stage(&here, 2).unwrap();
    let swapped = perform(&here, 2, Action::RestoreSwap).unwrap();
    assert!(!swapped.contains_key("old media/tep"), "{swapped:?}");
    seen(compare(&here, 2));
    perform(&here, 2, Action::RestoreSwapBack).unwrap();
    left_to_a_person(&here, 2);
    same(&everything(&here), &attacked, "unstaged");
}

#[test]
fn any_difference_is_told_and_never_seen_as_equal() {
    let here = Installation::new();
    snapshot::create(&here.site, "mau").unwrap();
    let not_seen = |run| match compare(&here, run) {
        Sight::NotSeen(why) => why,
        other => panic!("{other:?}"),
    };
    assert!(not_seen(3).contains("in-place.not-staged"));
    stage(&here, 3).unwrap();
    seen(compare(&here, 3));
    let page = here.path("portal/application.duphong-3-new/set/application/trang/trang-chu.html");
    let good = fs::read(&page).unwrap();
    fs::write(&page, [&good[..good.len() - 1], b"x"].concat()).unwrap();
    assert!(not_seen(3).contains("application/trang/trang-chu.html: content"));
    fs::write(&page, good).unwrap();
    let database = here.path("portal/data/cong.sqlite.duphong-3-new/set/db/cong.sqlite");
    let good = fs::read(&database).unwrap();
    let mut bad = good.clone();
    bad[4096..4200].fill(0);
    fs::write(&database, bad).unwrap();
    let why = not_seen(3);
    assert!(why.starts_with("source.sqlite-damaged"), "damage is told by its code: {why}");
    fs::write(&database, good).unwrap();
    seen(compare(&here, 3));
    fs::rename(here.path("repository/index"), here.path("repository/gone")).unwrap();
    fs::create_dir(here.path("repository/index")).unwrap();
    assert!(!matches!(compare(&here, 3), Sight::Seen(_)), "without an index nothing is proven");
}
