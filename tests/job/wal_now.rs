//! The RPO of a write-ahead log as it is now, with a real server: what is held is known by the log
//! alone, what cannot be asked is never right, and people hear of it.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duphong::audit::Reader;
use duphong::base::exit::ExitCode;
use duphong::job::notice::Teller;
use duphong::job::wal::now::fact::Shelf;
use duphong::job::wal::now::{Looker, Watched, look, remarks};
use duphong::job::wal::{self, Brought};
use duphong::job::{snapshot, status};
use duphong::view::Now;
use duphong::world::World;
use duphong::world::clock::ManualClock;
use duphong::world::entropy::SystemEntropy;
use jiff::Timestamp;

use crate::job::portal::{Installation, configuration};
use crate::notice::server::MailServer;
use crate::source::production::Production;

/// A portal with a server whose segments the test hands over itself: the server believes that
/// somebody keeps them.
struct Town {
    server: Production,
    portal: Installation,
    clock: Arc<ManualClock>,
    looker: Looker,
}

const LIMIT: Duration = Duration::from_secs(90);

impl Town {
    /// A server with these settings and `archive_mode`, a log that is wanted like that, and more
    /// of a configuration.
    fn new(settings: &str, wal: &str, more: &str) -> Self {
        let settings = format!("archive_mode = on\n{settings}");
        let server = Production::start(&format!("wal_keep_size = '1GB'\n{settings}"));
        let dsn = server.settings("postgres").dsn;
        let text = configuration(&format!(
            "\n    databases: [ {{ name: cum, postgres: {{ dsn: \"{dsn}\", physical: true, wal: {{ {wal} }} }} }} ]"
        ));
        let mut portal = Installation::with(&text);
        // Addresses have a sign that means a folder there.
        let file = portal.path("duphong.yaml");
        fs::write(&file, text + more).unwrap();
        portal.site.settings = crate::job::portal::site(&file).0.settings;
        let clock = Arc::new(ManualClock::at("2026-11-22T01:00:00Z".parse().unwrap()));
        let shared: Arc<ManualClock> = Arc::clone(&clock);
        let runtime = portal.site.world.runtime().clone();
        portal.site.world = World::with(shared, Arc::new(SystemEntropy), runtime);
        Self { server, portal, clock, looker: Looker::default() }
    }

    fn pass(&self, minutes: u64) -> Timestamp {
        self.clock.advance(Duration::from_mins(minutes));
        self.portal.site.world.clock.now()
    }

    /// A minute later.
    fn look(&self) -> (Watched, ExitCode) {
        self.pass(1);
        look(&self.portal.site, &self.looker, "mau", "cum").unwrap()
    }

    fn shelf(&self) -> Shelf {
        self.look().0.known().unwrap().repositories["local"].clone()
    }

    fn remarks(&self) -> Vec<&'static str> {
        let seen = [self.look().0];
        let remarks = remarks(&seen, self.portal.site.world.clock.now());
        remarks.iter().map(|remark| remark.message.id).collect()
    }

    /// Commits something and ends the segment with it; the segment.
    fn committed(&self) -> String {
        let name = self.server.sql("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
        self.server.sql("CREATE TABLE IF NOT EXISTS tin (n int); INSERT INTO tin VALUES (1)");
        self.server.sql("SELECT pg_switch_wal()");
        name
    }

    /// Hands over everything up to this segment but those that are left out.
    fn push(&self, last: &str, without: &[&str]) {
        let names = self.server.sql(
            "SELECT string_agg(name, ' ' ORDER BY name) FROM pg_ls_waldir() \
             WHERE name ~ '^[0-9A-F]{24}$'",
        );
        for name in names.split(' ').filter(|name| *name <= last && !without.contains(name)) {
            let brought = Brought::open(&self.server.data.join("pg_wal").join(name)).unwrap();
            wal::push(&self.portal.site, "mau/cum", brought).unwrap();
        }
    }
}

#[test]
fn what_was_committed_counts_as_held_when_its_log_is_and_not_before() {
    let here = Town::new("archive_command = '/bin/false'", "", "");
    // Nobody has asked yet, and then nothing is held yet.
    let status = |id: &str| {
        let seen = status::status(&here.portal.site).unwrap();
        seen.remarks.iter().any(|remark| remark.message.id == id)
    };
    assert!(status("view-wal-never"));
    let first = here.committed();
    assert_eq!(here.shelf().until, None);
    assert!(status("view-wal-nothing") && status("view-wal-no-base") && !status("view-wal-never"));
    let taken = snapshot::create(&here.portal.site, "mau").unwrap();
    assert_eq!(taken.exit(), ExitCode::Done, "{taken:?}");
    let base = here.shelf();
    let at_base = base.until.expect("a base holds what was committed before it");
    assert!(base.from_base && base.since == Some(at_base));
    // Committed and not kept: the instant stands still, however often somebody looks.
    let second = here.committed();
    let before = here.pass(1);
    for _ in 0..3 {
        assert!(here.shelf().until < Some(before));
    }
    here.push(&second, &[]);
    let held = here.shelf();
    assert_eq!((held.until, &held.gaps[..]), (Some(here.pass(0)), &[][..]));
    assert!(first < second && held.since == Some(at_base));
    // Nobody commits anything for hours: nothing would be lost.
    here.pass(300);
    assert_eq!(here.shelf().until, Some(here.pass(0)));
    // One that is in the log only, in a segment that has not ended.
    let before = here.pass(1);
    here.server.sql("INSERT INTO tin VALUES (2)");
    here.pass(20);
    let open = here.shelf();
    assert!(open.until < Some(before), "{open:?}");
    assert!(here.remarks().contains(&"view-wal-behind"));
    let looked = here.look().0;
    assert!(looked.known().unwrap().waiting(&open).unwrap() > 0);
    // A server that is gone, and a repository that is gone: what is known stays, and grows old.
    let last = here.committed();
    here.push(&last, &[]);
    let held = here.shelf().until.unwrap();
    fs::rename(here.portal.path("repository"), here.portal.path("away")).unwrap();
    let (blind, exit) = here.look();
    let known = blind.known().unwrap();
    assert_eq!((known.repositories["local"].until, exit), (Some(held), ExitCode::Warnings));
    assert!(here.remarks().contains(&"view-wal-unread"));
    fs::rename(here.portal.path("away"), here.portal.path("repository")).unwrap();
    let mut here = here;
    here.server.kill();
    assert_eq!(here.look().1, ExitCode::Warnings);
    assert!(here.remarks().contains(&"view-wal-unasked"));
    here.pass(20);
    assert!(here.remarks().contains(&"view-wal-behind"), "nobody knows what it has written since");
    // And nobody has looked since.
    here.pass(20);
    let seen = status::status(&here.portal.site).unwrap();
    assert!(seen.remarks.iter().any(|remark| remark.message.id == "view-wal-unlooked"));
    here.server.again();
    let mut last = here.remarks();
    last.retain(|id| *id != "view-wal-failing");
    assert!(!last.contains(&"view-wal-unasked"), "{last:?}");
}

#[test]
fn people_hear_of_a_gap_and_of_a_log_that_is_behind_and_that_it_is_right_again() {
    let mail = MailServer::open();
    let here = Town::new("archive_command = '/bin/true'", "", &mail.notices());
    let tell = |here: &Town| {
        here.look();
        Teller::default().tell(&here.portal.site, &Now::default()).unwrap();
        let letter = mail.taken().last().map(|letter| letter.read()["body"].to_string());
        letter.unwrap_or_default()
    };
    snapshot::create(&here.portal.site, "mau").unwrap();
    let first = here.committed();
    here.push(&first, &[]);
    let told = tell(&here);
    assert!(!told.contains("nhật ký giao dịch"), "{told}");
    // The server has handed over a segment that nobody has.
    let lost = here.committed();
    let begun = Instant::now();
    let archived = "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver";
    while here.server.sql(archived) < lost {
        assert!(begun.elapsed() < LIMIT, "it was never handed over");
    }
    let told = tell(&here);
    assert!(told.contains("ĐỎ · MỚI") && told.contains(&format!("thiếu đoạn {lost}")), "{told}");
    // What comes after it is of no use, until there is a new base.
    let after = here.committed();
    here.push(&after, &[&lost]);
    here.pass(15);
    let told = tell(&here);
    assert!(told.contains("chỉ giữ nhật ký giao dịch của “cum” đến 22/11/2026"), "{told}");
    snapshot::create(&here.portal.site, "mau").unwrap();
    let next = here.committed();
    here.push(&next, &[&lost]);
    let told = tell(&here);
    let over = told.matches("ĐÃ HẾT").count() + told.matches("XANH").count();
    assert!(over > 0 && told.contains(&lost), "{told}");
    assert_eq!(here.remarks(), [""; 0]);
    // On record whenever it changed, and only then.
    let log = Reader::open(&here.portal.path("state/audit")).unwrap();
    let states = log.entries().map(Result::unwrap).filter(|entry| entry.verb == "wal.state");
    let states: Vec<_> = states.collect();
    let named: Vec<_> = states.iter().map(|entry| entry.facts["remarks"].clone()).collect();
    let gap = serde_json::json!(["view-wal-gap local"]);
    let behind = serde_json::json!(["view-wal-behind local", "view-wal-gap local"]);
    assert_eq!(named, [gap, behind, serde_json::json!([])]);
}

#[test]
fn what_fills_the_server_is_told_in_time() {
    let wanted = "waiting: 76MiB, rpo: 1h";
    let here = Town::new("archive_command = '/bin/false'", wanted, "");
    snapshot::create(&here.portal.site, "mau").unwrap();
    let ids = || {
        let seen = [here.look().0];
        let words = remarks(&seen, here.pass(0)).into_iter();
        let words = words.filter(|remark| remark.message.id == "view-wal-waiting");
        words.map(|remark| remark.colour.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(ids(), [""; 0]);
    // The base has the beginning of the segment that it ended.
    for _ in 0..3 {
        here.committed();
    }
    assert_eq!(ids(), ["amber"]);
    let last = here.committed();
    assert_eq!(ids(), ["red"]);
    here.push(&last, &[]);
    assert_eq!(ids(), [""; 0]);
}
