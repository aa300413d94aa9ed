//! What must go wrong loudly, and lose nothing.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::Command;

use duphong::audit::{Deed, Ending, Kind};
use duphong::base::exit::ExitCode;
use duphong::job::{sets, snapshot};

use crate::job::portal::Installation;

/// A file system of its own that is unmounted when dropped.
pub(crate) struct Mounted(std::path::PathBuf);

impl Mounted {
    pub(crate) fn new(at: std::path::PathBuf, size: &str) -> Self {
        let mounted = Self(at);
        mounted.mount(&format!("size={size},mode=700"));
        mounted
    }

    /// What `init` made moves to a disk of this size.
    pub(super) fn under_repository(here: &Installation, size: &str) -> Self {
        let repository = here.path("repository");
        fs::rename(&repository, here.path("made")).unwrap();
        fs::create_dir(&repository).unwrap();
        let disk = Self::new(repository.clone(), size);
        let made = here.path("made/.");
        let copied = Command::new("cp").arg("-a").arg(made).arg(&repository).status();
        assert!(copied.unwrap().success());
        disk
    }

    /// Nothing fits any more.
    pub(crate) fn fill(&self) {
        let filled = fs::write(self.0.join("filled"), vec![0; 256 << 20]);
        assert_eq!(filled.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    }

    fn grow(&self, size: &str) {
        self.mount(&format!("remount,size={size}"));
    }

    fn mount(&self, options: &str) {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&self.0);
        assert!(command.status().unwrap().success(), "this test mounts a tmpfs and needs root");
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// The code of the newest outcome in the log.
fn last_outcome(here: &Installation) -> (Option<Ending>, Option<String>) {
    let entries = here.site.log().unwrap().reader().unwrap().entries();
    let last = entries.map(Result::unwrap).filter(|entry| entry.kind == Kind::Outcome).last();
    let last = last.unwrap();
    (last.result, last.code)
}

#[test]
fn a_full_disk_fails_the_run_and_leaves_a_sound_repository() {
    let here = Installation::new();
    let disk = Mounted::under_repository(&here, "2m");
    let fault = snapshot::create(&here.site, "mau").unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("store.full", ExitCode::Failed));
    assert_eq!(last_outcome(&here), (Some(Ending::Failed), Some("store.full".to_owned())));

    disk.grow("200m");
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    let check = here.restic(&["check", "--read-data"]);
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

#[test]
fn a_missing_tree_fails_the_run_instead_of_giving_a_set_without_it() {
    let here = Installation::new();
    fs::rename(here.path("portal/media"), here.path("portal/elsewhere")).unwrap();
    let fault = snapshot::create(&here.site, "mau").unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("source.missing", ExitCode::Failed));
    assert_eq!(last_outcome(&here).0, Some(Ending::Failed));
}

#[test]
fn a_missing_database_fails_the_run() {
    let here = Installation::new();
    fs::remove_dir_all(here.path("portal/data")).unwrap();
    let fault = snapshot::create(&here.site, "mau").unwrap_err();
    assert_eq!(fault.exit(), ExitCode::Failed, "{fault:?}");
    assert!(fs::read_dir(here.path("state/spool")).unwrap().next().is_none(), "no dump is left");
}

#[test]
fn what_cannot_be_stored_is_said_by_the_set_and_the_exit_code() {
    let here = Installation::new();
    let socket = here.path("portal/media/o-cam");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let taken = snapshot::create(&here.site, "mau").unwrap();
    let skipped: Vec<_> = taken.skipped.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(taken.exit(), ExitCode::Warnings);
    assert!(skipped.iter().any(|path| path.ends_with("o-cam")), "{skipped:?}");
}

/// Every path below the installation with its bytes and time of change.
fn everything(below: &std::path::Path, found: &mut Vec<(std::path::PathBuf, u64, i64, i64)>) {
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        let meta = fs::symlink_metadata(&path).unwrap();
        found.push((path.clone(), meta.len(), meta.ctime(), meta.ctime_nsec()));
        if meta.is_dir() {
            everything(&path, found);
        }
    }
}

#[test]
fn a_plan_tells_what_the_run_takes_and_writes_nothing() {
    let mut here = Installation::new();
    let socket = here.path("portal/media/o-cam");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    fs::create_dir(here.path("portal/media/cache")).unwrap();
    fs::write(here.path("portal/media/cache/a"), "a").unwrap();
    fs::write(here.path("portal/data/cong.sqlite-wal"), "12345").unwrap();
    here.site.settings.portals[0].trees[0].exclude = vec!["cache/".to_owned()];
    let seen = |here: &Installation| {
        let mut found = Vec::new();
        everything(here.folder.path(), &mut found);
        found.sort();
        found
    };
    let before = seen(&here);
    let plan = snapshot::plan(&here.site, "mau").unwrap();
    assert_eq!(seen(&here), before, "nothing was written");

    let database = fs::metadata(here.path("portal/data/cong.sqlite")).unwrap().len();
    assert_eq!(plan.databases, [("cong".to_owned(), Some(database + 5))]);
    fs::remove_file(here.path("portal/data/cong.sqlite-wal")).unwrap();
    assert_eq!(plan.repositories, ["local"]);
    let skipped: Vec<_> = plan.skipped().collect();
    assert_eq!((plan.exit(), skipped.len()), (ExitCode::Warnings, 1));
    let planned: Vec<_> = plan
        .trees
        .iter()
        .map(|(place, s)| (place.clone(), s.as_ref().unwrap()))
        .map(|(place, s)| (place, s.files, s.bytes))
        .collect();
    let taken = snapshot::create(&here.site, "mau").unwrap();
    assert_eq!(taken.skipped, skipped);
    let repository = here.site.open("local").unwrap();
    let manifest = sets::manifest(&repository, &taken.sets[0].written.id).unwrap();
    let stored: Vec<_> =
        manifest.trees.into_iter().map(|tree| (tree.path, tree.files, tree.bytes)).collect();
    assert_eq!(planned, stored);
}

#[test]
fn a_plan_fails_where_the_run_would() {
    let here = Installation::new();
    fs::rename(here.path("portal/media"), here.path("portal/elsewhere")).unwrap();
    assert_eq!(snapshot::plan(&here.site, "mau").unwrap_err().code(), "source.missing");
    fs::rename(here.path("portal/elsewhere"), here.path("portal/media")).unwrap();
    fs::remove_dir_all(here.path("repository")).unwrap();
    let fault = snapshot::plan(&here.site, "mau").unwrap_err();
    assert_eq!(fault.exit(), ExitCode::RepositoryMissing, "{fault:?}");
}

#[test]
fn a_password_that_others_may_read_is_a_warning_and_a_wrong_one_an_error() {
    let here = Installation::new();
    let password = here.path("secrets/repository.password");
    let mode = fs::metadata(&password).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::write(&password, "sai").unwrap();
    let fault = snapshot::create(&here.site, "mau").unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("repository.wrong-key", ExitCode::WrongKey));
    fs::remove_dir_all(here.path("repository")).unwrap();
    let fault = snapshot::create(&here.site, "mau").unwrap_err();
    assert_eq!(fault.exit(), ExitCode::RepositoryMissing, "{fault:?}");
}

#[test]
fn a_panic_in_recorded_work_is_its_outcome() {
    let here = Installation::new();
    let log = here.site.log().unwrap();
    let deed = Deed::new("snapshot.create", "mau");
    let fault = here.site.recorded::<()>(&log, deed.clone(), || panic!("hỏng {}", 7)).unwrap_err();
    assert_eq!((fault.code(), fault.exit()), ("job.bug", ExitCode::Bug));
    assert_eq!(last_outcome(&here), (Some(Ending::Failed), Some("job.bug".to_owned())));
    let fault = here.site.protective::<()>(deed, |_| panic!("hỏng")).unwrap_err();
    assert!(fault.to_string().contains("hỏng"), "{fault}");
    assert_eq!(last_outcome(&here), (Some(Ending::Failed), Some("job.bug".to_owned())));
}
