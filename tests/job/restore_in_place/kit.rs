//! Driving the actions as the engine does, and looking at production to the byte.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use duphong::base::digest::Digest;
use duphong::base::fault::AnyFault;
use duphong::job::playbook::restore;
use duphong::job::site::Site;
use duphong::playbook::action::Action;
use duphong::playbook::fact::{Output, Way};
use duphong::playbook::model::{Call, Value};
use duphong::playbook::port::{Place, Sight};

use crate::job::portal::Installation;

pub(super) fn place(run: u64) -> Place {
    Place {
        run,
        portal: "mau".to_owned(),
        step: "thử".to_owned(),
        way: Way::Do,
        timeout: Duration::from_mins(5),
    }
}

pub(super) fn call(action: Action, set: Option<&str>) -> Call {
    let set = set.map(|set| ("set".to_owned(), Value::Text(set.to_owned())));
    Call { action, with: set.into_iter().collect() }
}

pub(super) fn perform(here: &Installation, run: u64, action: Action) -> Result<Output, AnyFault> {
    perform_on(&here.site, run, action)
}

pub(super) fn perform_on(site: &Site, run: u64, action: Action) -> Result<Output, AnyFault> {
    // A plan holds whole ids only; the newest set is the same to every test here.
    let set = (action == Action::RestoreStage).then_some("latest");
    restore::perform(site, &place(run), &call(action, set))
}

pub(super) fn stage(here: &Installation, run: u64) -> Result<Output, AnyFault> {
    perform(here, run, Action::RestoreStage)
}

pub(super) fn stage_of(here: &Installation, run: u64, set: &str) -> Result<Output, AnyFault> {
    restore::perform(&here.site, &place(run), &call(Action::RestoreStage, Some(set)))
}

pub(super) fn survey(here: &Installation, set: &str) -> Result<Output, AnyFault> {
    restore::survey(&here.site, "mau", &call(Action::RestoreStage, Some(set)))
}

pub(super) fn compare(here: &Installation, run: u64) -> Sight {
    restore::observe(&here.site, &place(run), &call(Action::RestoreCompare, None))
}

#[track_caller]
pub(super) fn seen(sight: Sight) -> Output {
    match sight {
        Sight::Seen(output) => output,
        other => panic!("{other:?}"),
    }
}

/// What there is at a path: kind and mode, owner, time of change, content and attributes.
pub(super) type Entry = (u32, u32, u32, i128, String);

/// Everything below the portal's folder, by its path there.
pub(super) type Everything = BTreeMap<PathBuf, Entry>;

pub(super) fn everything(here: &Installation) -> Everything {
    let mut found = BTreeMap::new();
    let root = here.path("portal");
    collect(&root, &root, &mut found);
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Everything) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let meta = path.symlink_metadata().unwrap();
        let content = if meta.is_symlink() {
            format!("{:?}", fs::read_link(&path).unwrap())
        } else if meta.is_dir() {
            collect(root, &path, found);
            String::new()
        } else {
            Digest::of(&fs::read(&path).unwrap()).to_string()
        };
        let time = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
        // The folders above production change when names of ours come and go in them.
        let is_above = meta.is_dir() && path.parent() == Some(root) && path.ends_with("data");
        let time = if is_above { 0 } else { time };
        let all = format!("{content} {}", attributes(&path));
        let below = path.strip_prefix(root).unwrap().to_owned();
        found.insert(below, (meta.mode(), meta.uid(), meta.gid(), time, all));
    }
}

fn attributes(path: &Path) -> String {
    let mut names = vec![0; 4096];
    let Ok(length) = rustix::fs::llistxattr(path, &mut names) else { return String::new() };
    let mut all = Vec::new();
    for name in names[..length].split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; 4096];
        let length = rustix::fs::lgetxattr(path, name, &mut value).unwrap();
        all.push(format!("{}={:?}", String::from_utf8_lossy(name), &value[..length]));
    }
    all.sort();
    all.join(" ")
}

/// Without the names of ours.
pub(super) fn production(all: &Everything) -> Everything {
    let ours = |path: &Path| path.to_string_lossy().contains(".duphong-");
    all.iter().filter(|(path, _)| !ours(path)).map(|(p, e)| (p.clone(), e.clone())).collect()
}

/// What an attacker leaves: files changed, removed and added, rights widened, rows gone, and a
/// database with side files that nobody has closed.
pub(super) fn attack(here: &Installation) {
    let media = here.path("portal/media");
    fs::write(media.join("thư đòi tiền.txt"), "tra tien").unwrap();
    fs::set_permissions(&media, fs::Permissions::from_mode(0o777)).unwrap();
    fs::write(here.path("portal/application/trang-chu.html"), "<h1>hacked</h1>").unwrap();
    fs::remove_dir_all(here.path("portal/media/2026/01")).unwrap();
    let database = rusqlite::Connection::open(here.path("portal/data/cong.sqlite")).unwrap();
    let first = tables(&database).remove(0);
    database.execute_batch(&format!("PRAGMA foreign_keys = off; DELETE FROM {first}")).unwrap();
    drop(database);
    fs::write(here.path("portal/data/cong.sqlite-wal"), "wal").unwrap();
    fs::write(here.path("portal/data/cong.sqlite-shm"), "shm").unwrap();
}

fn tables(database: &rusqlite::Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
               ORDER BY name";
    let mut statement = database.prepare(sql).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

/// Rows by table, of the database that production opens.
pub(super) fn table_rows(here: &Installation) -> Vec<(String, i64)> {
    let path = here.path("portal/data/cong.sqlite");
    let read_only = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = rusqlite::Connection::open_with_flags(path, read_only).unwrap();
    let count = |table: &String| {
        let sql = format!("SELECT count(*) FROM \"{table}\"");
        database.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    tables(&database).into_iter().map(|table| (table.clone(), count(&table))).collect()
}
