//! Dumps pulled from another host: a real `sshd` of our own, whose user may do exactly what the line
//! in `docs/OPERATIONS.md` allows, and to whom nothing was installed.

use std::ffi::OsString;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Program, Stdio};
use std::time::Duration;

use duphong::base::cancel::Cancel;
use duphong::base::command::{Command, Left};
use duphong::base::fault::chain;
use duphong::base::progress::Silent;
use duphong::source::command::{self, Settings};
use duphong::source::error::SourceError;
use duphong::source::tar::Archive;

use super::command::words;
use super::scratch::world;
use super::tar::made;

/// The portal's host.
struct Host {
    server: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Drop for Host {
    fn drop(&mut self) {
        let _gone = self.server.kill();
        let _reaped = self.server.wait();
    }
}

/// Runs a program that must succeed.
fn must(program: &str, arguments: &[&str]) {
    let output = Program::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
}

fn user() -> String {
    let output = Program::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The line of `authorized_keys` in the operations manual, with its commands made ours.
fn allowed(dump: &str, count: &str, media: &str, key: &str) -> String {
    let manual = fs::read_to_string("docs/OPERATIONS.md").unwrap();
    let line = manual.lines().find(|line| line.starts_with("restrict,command=")).unwrap();
    let line = line.replace("pg_dump --dbname=cong", dump);
    let line = line.replace("/srv/portal/media", media);
    let counts = "psql --dbname=cong -v ON_ERROR_STOP=1 -XAtf /etc/portal/count.sql";
    let line = line.replace(counts, count);
    let (options, _) = line.split_once(" ssh-ed25519 ").unwrap();
    assert!([dump, count, media].iter().all(|one| options.contains(one)), "{options}");
    format!("{options} {key}")
}

impl Host {
    fn start(dump: &str, count: &str, media: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        for key in ["host", "pull"] {
            must("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &path(key)]);
        }
        let key = fs::read_to_string(path("pull.pub")).unwrap();
        fs::write(path("authorized_keys"), allowed(dump, count, media, &key)).unwrap();
        if rustix::process::geteuid().is_root() {
            // Where the packaged server keeps its helpers from everything.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let any = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let port = any.local_addr().unwrap().port();
        drop(any);
        let settings = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n\
             PidFile none\nMaxStartups 100\n",
            path("host"),
            path("authorized_keys"),
        );
        fs::write(path("sshd_config"), settings).unwrap();
        let server = Program::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f", &path("sshd_config")])
            .stderr(Stdio::from(fs::File::create(path("log")).unwrap()))
            .spawn()
            .unwrap();
        let host = Self { server, port, folder };
        host.trust("host.pub");
        let mut tries = 0;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            tries += 1;
            let log = || fs::read_to_string(host.path("log")).unwrap();
            assert!(tries < 1000, "{}", log());
            world().clock.sleep(Duration::from_millis(10));
        }
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// From now on the host is known by this key.
    fn trust(&self, key: &str) {
        let key = fs::read_to_string(self.path(key)).unwrap();
        let line = format!("[127.0.0.1]:{} {key}", self.port);
        fs::write(self.path("known_hosts"), line).unwrap();
    }

    /// What the configuration says, as the manual has it.
    fn ssh(&self, what: &str) -> Command {
        let text = |path: PathBuf| path.display().to_string();
        let port = self.port.to_string();
        let known = format!("UserKnownHostsFile={}", text(self.path("known_hosts")));
        let key = text(self.path("pull"));
        let host = format!("{}@127.0.0.1", user());
        words(&[
            "ssh",
            "-F",
            "none",
            "-p",
            &port,
            "-i",
            &key,
            "-o",
            "BatchMode=yes",
            "-o",
            "StrictHostKeyChecking=yes",
            "-o",
            &known,
            &host,
            what,
        ])
    }

    fn settings(&self, dump: &str) -> Settings {
        Settings {
            dump: Some(self.ssh(dump)),
            load: None,
            count: Some(self.ssh("count")),
            paths: Vec::new(),
            left: Left::Stream { extension: "sql".to_owned(), end: Some("COMMIT;".to_owned()) },
            environment: Vec::new(),
            limit: Duration::from_mins(1),
            silence: Duration::from_secs(30),
            target: OsString::new(),
            scratch: PathBuf::new(),
        }
    }
}

fn dump(settings: &Settings, spool: &Path) -> Result<u64, SourceError> {
    let _earlier = fs::remove_dir_all(spool);
    let facts = command::dump(settings, "cong", spool, &world(), &Cancel::default(), &Silent)?;
    Ok(facts.inventory.tables["bai"].rows)
}

#[test]
fn a_dump_is_pulled_by_a_key_that_may_do_nothing_else() {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("that.db").display().to_string();
    let live = rusqlite::Connection::open(&file).unwrap();
    live.execute_batch("CREATE TABLE bai (id); INSERT INTO bai VALUES (1), (2), (39)").unwrap();
    fs::write(here.path().join("count.sql"), "SELECT 'bai' || char(9) || count(*) FROM bai;")
        .unwrap();
    let count = format!("sqlite3 {file} <{}", here.path().join("count.sql").display());
    let media = here.path().join("media");
    fs::create_dir(&media).unwrap();
    made(&media);
    let media = media.display().to_string();
    let host = Host::start(&format!("sqlite3 {file} .dump"), &count, &media);
    let spool = here.path().join("spool");
    let log = || fs::read_to_string(host.path("log")).unwrap();
    let rows = dump(&host.settings("dump"), &spool);
    assert_eq!(rows.unwrap_or_else(|error| panic!("{}\n{}", chain(&error), log())), 3);
    let stream = fs::read_to_string(spool.join("cong.sql")).unwrap();
    assert!(stream.starts_with("PRAGMA") && stream.ends_with("COMMIT;\n"), "{stream}");

    let stream = here.path().join("media.tar");
    let sink = fs::File::create(&stream).unwrap();
    let (world, cancel) = (world(), Cancel::default());
    command::pull(&host.settings("media"), &world, &cancel, &Silent, sink).unwrap();
    let mut archive = Archive::new(fs::File::open(&stream).unwrap());
    let mut entries = 0;
    while archive.next_entry().unwrap().is_some() {
        entries += 1;
    }
    assert_eq!(entries, 10);

    // Whatever else is asked for is refused, a shell among it.
    for asked in ["id", "dump; id", "", "sh -c id"] {
        let fault = dump(&host.settings(asked), &spool).unwrap_err();
        let text = chain(&fault);
        assert!(text.contains("exit status: 1") && text.contains("not allowed"), "{asked}: {text}");
    }

    // What breaks off on the other side is no dump.
    fs::write(&file, "no database any more").unwrap();
    let fault = dump(&host.settings("dump"), &spool).unwrap_err();
    assert!(chain(&fault).contains("not a database"), "{}", chain(&fault));

    // Another host behind the name, or none at all.
    host.trust("pull.pub");
    let fault = dump(&host.settings("dump"), &spool).unwrap_err();
    assert!(chain(&fault).contains("exit status: 255"), "{}", chain(&fault));
    drop(host);
}
