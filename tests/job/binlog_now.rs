//! The RPO of a binary log as it is now, with a real server: what is held is known by the log alone,
//! a gap is told with its end, and a log that was begun anew proves nothing before its next set.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use duphong::audit::Reader;
use duphong::base::exit::ExitCode;
use duphong::job::binlog;
use duphong::job::binlog::now::fact::Shelf;
use duphong::job::binlog::now::{Watched, look, remarks};
use duphong::job::notice::Teller;
use duphong::job::site::Site;
use duphong::job::wal::now::Looker;
use duphong::job::{snapshot, status};
use duphong::view::Now;
use duphong::world::clock::{Clock, Monotonic, SystemClock};
use jiff::Timestamp;

use super::mariadb::installation_with;
use crate::job::portal::{Installation, site};
use crate::notice::server::MailServer;
use crate::source::mariadb::{Production, run};

/// The machine's clock, so much ahead as the test lets pass: programs run by it.
#[derive(Default)]
struct Ahead {
    real: SystemClock,
    minutes: AtomicU64,
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        let ahead = Duration::from_mins(self.minutes.load(Ordering::Relaxed));
        self.real.now() + ahead
    }

    fn monotonic(&self) -> Monotonic {
        self.real.monotonic()
    }

    fn sleep(&self, duration: Duration) {
        self.real.sleep(duration);
    }
}

/// A portal whose log the test receives itself, and looks at by a clock of its own.
struct Town {
    server: Production,
    portal: Installation,
    later: Site,
    clock: Arc<Ahead>,
    looker: Looker,
}

impl Town {
    fn new(more: &str) -> Self {
        let server = Production::start();
        let mut portal = installation_with(&server.settings("cong"), "binlog: {}", "");
        let file = portal.path("duphong.yaml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text + more).unwrap();
        portal.site.settings = site(&file).0.settings;
        let clock = Arc::new(Ahead::default());
        let mut later = portal.site.clone();
        later.world.clock = Arc::clone(&clock) as Arc<dyn Clock>;
        Self { server, portal, later, clock, looker: Looker::default() }
    }

    fn pass(&self, minutes: u64) -> Timestamp {
        self.clock.minutes.fetch_add(minutes, Ordering::Relaxed);
        self.later.world.clock.now()
    }

    /// A minute later.
    fn look(&self) -> (Watched, ExitCode) {
        self.pass(1);
        look(&self.later, &self.looker, "mau", "cong").unwrap()
    }

    fn shelf(&self) -> Shelf {
        self.look().0.known().unwrap().repositories["local"].clone()
    }

    /// Whether all that was committed by a look is held.
    fn holds_all(&self) -> bool {
        let (watched, _) = self.look();
        let look = watched.known().unwrap();
        look.repositories["local"].until == Some(look.at)
    }

    fn remarks(&self) -> Vec<&'static str> {
        let seen = [self.look().0];
        let remarks = remarks(&seen, self.later.world.clock.now());
        remarks.iter().map(|remark| remark.message.id).collect()
    }

    fn say(&self, script: &str) {
        run(&self.server.settings("cong"), script);
    }

    fn receive(&self) {
        binlog::receive(&self.portal.site, "mau/cong").unwrap();
    }

    fn set(&self) {
        let taken = snapshot::create(&self.portal.site, "mau").unwrap();
        assert_eq!(taken.sets.len(), 1, "{taken:?}");
    }
}

#[test]
fn what_was_committed_counts_as_held_when_its_binary_log_is_and_not_before() {
    let mut here = Town::new("");
    let status = |here: &Town, id: &str| {
        let seen = status::status(&here.portal.site).unwrap();
        seen.remarks.iter().any(|remark| remark.message.id == id)
    };
    assert!(status(&here, "view-wal-never"));
    assert_eq!(here.shelf().until, None);
    assert!(status(&here, "view-wal-nothing") && status(&here, "view-binlog-no-set"));
    here.say("CREATE TABLE tin (n INT)");
    here.set();
    here.receive();
    let base = here.shelf();
    assert!(base.from_base && base.gaps.is_empty(), "{base:?}");
    assert!(here.holds_all(), "nothing was committed since");
    // Committed and not kept: the instant stands still, however often somebody looks.
    let before = here.pass(1);
    here.say("INSERT INTO tin VALUES (1)");
    for _ in 0..3 {
        assert!(here.shelf().until < Some(before));
    }
    here.pass(20);
    assert_eq!(here.remarks(), ["view-wal-behind"]);
    assert!(here.shelf().waiting > Some(0));
    here.receive();
    assert!(here.holds_all());
    assert_eq!(here.shelf().waiting, Some(0));
    // Nobody commits anything for hours, the server begins a file of its own: nothing would be lost.
    here.pass(300);
    here.say("FLUSH BINARY LOGS");
    assert!(here.holds_all());
    assert_eq!(here.remarks(), [""; 0]);
    // A server that is gone, and a repository that is gone: what is known stays, and grows old.
    let held = here.shelf().until;
    std::fs::rename(here.portal.path("repository"), here.portal.path("away")).unwrap();
    let (blind, exit) = here.look();
    assert_eq!(blind.known().unwrap().repositories["local"].until, held);
    assert_eq!((exit, here.remarks()), (ExitCode::Warnings, vec!["view-wal-unread"]));
    std::fs::rename(here.portal.path("away"), here.portal.path("repository")).unwrap();
    here.server.stop();
    assert_eq!(here.remarks(), ["view-wal-unasked"]);
    here.pass(20);
    assert!(here.remarks().contains(&"view-wal-behind"), "nobody knows what it has written since");
    here.pass(20);
    let seen = status::status(&here.later).unwrap();
    assert!(seen.remarks.iter().any(|remark| remark.message.id == "view-wal-unlooked"));
    here.server.kill_and_start();
    here.receive();
    assert_eq!(here.remarks(), [""; 0]);
}

#[test]
fn people_hear_of_a_gap_in_a_binary_log_with_its_end_and_of_one_that_began_anew() {
    let mail = MailServer::open();
    let here = Town::new(&mail.notices());
    let tell = |here: &Town| {
        here.look();
        Teller::default().tell(&here.later, &Now::default()).unwrap();
        let letter = mail.taken().last().map(|letter| letter.read()["body"].to_string());
        letter.unwrap_or_default()
    };
    here.set();
    here.receive();
    let told = tell(&here);
    assert!(!told.contains("nhật ký"), "{told}");
    // Three files go before anybody kept them.
    let shelf = here.shelf();
    let kept = shelf.held.unwrap().to.file;
    here.say("CREATE TABLE tin (n INT); FLUSH BINARY LOGS; FLUSH BINARY LOGS; FLUSH BINARY LOGS");
    let end = run(&here.server.settings("cong"), "SHOW MASTER STATUS");
    let end = end.split('\t').next().unwrap();
    let is_gone = (0..1000).any(|_| {
        here.say(&format!("PURGE BINARY LOGS TO '{end}'"));
        run(&here.server.settings("cong"), "SHOW BINARY LOGS").starts_with(end)
    });
    assert!(is_gone, "the server keeps its log");
    let gaps = here.shelf().gaps;
    let number = |name: &str| name.rsplit('.').next().unwrap().parse::<u64>().unwrap();
    let (first, last) = (gaps[0].first.clone(), gaps.last().unwrap().last.clone());
    assert!(number(&first) >= number(&kept), "{gaps:?}");
    assert_eq!(number(&last) + 1, number(end), "{gaps:?}");
    let told = tell(&here);
    assert!(told.contains("ĐỎ · MỚI") && told.contains(&first) && told.contains(&last), "{told}");
    // What comes after it is of no use, until there is a new set.
    here.receive();
    here.pass(20);
    assert_eq!(here.remarks(), ["view-wal-behind", "view-binlog-gap"]);
    here.set();
    here.receive();
    assert_eq!(here.remarks(), [""; 0]);
    let told = tell(&here);
    assert!(told.matches("ĐÃ HẾT").count() + told.matches("XANH").count() > 0, "{told}");
    begun_anew(&here);
}

/// What a reset of the log does, and what of all that is on record.
fn begun_anew(here: &Town) {
    // Nothing is proven by the old names, and nothing restored from the old set.
    here.say("RESET MASTER; INSERT INTO tin VALUES (1)");
    assert_eq!(here.remarks(), ["view-binlog-rewound"]);
    let stands = here.shelf().until;
    here.receive();
    here.pass(1);
    assert_eq!(here.remarks(), ["view-binlog-other-line"]);
    assert_eq!(here.shelf().until, stands, "what was committed since is in the new line alone");
    here.set();
    here.receive();
    assert!(here.holds_all());
    assert_eq!(here.remarks(), [""; 0]);
    let log = Reader::open(&here.portal.path("state/audit")).unwrap();
    let states = log.entries().map(Result::unwrap).filter(|entry| entry.verb == "wal.state");
    let states: Vec<_> = states.map(|entry| entry.facts["remarks"].to_string()).collect();
    let expected = [
        r#"["view-binlog-gap local"]"#,
        r#"["view-wal-behind local","view-binlog-gap local"]"#,
        "[]",
        r#"["view-binlog-rewound"]"#,
        r#"["view-binlog-other-line local"]"#,
        "[]",
    ];
    assert_eq!(states, expected);
}
