//! A log that is received for hours: what came in an hour is put together.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duphong::base::cancel::Cancel;
use duphong::job::site::Site;
use duphong::job::wal::stream::{self, Told};
use duphong::repository::Repository;
use duphong::repository::segment::{LogFile, LogListing, LogStream, reach};
use duphong::source::postgres::wal::Name;
use duphong::world::World;
use duphong::world::clock::ManualClock;
use duphong::world::entropy::SystemEntropy;

use crate::job::portal::{Installation, configuration};
use crate::source::production::Production;

const LIMIT: Duration = Duration::from_mins(1);

/// With a minute more, less than the silence after which a server cannot be heard any more.
const STEP: Duration = Duration::from_mins(3);

/// More than an hour of steps.
const STEPS: usize = 18;

/// Bytes of a segment.
const SEGMENT: usize = 16 << 20;

/// The objects of the segment in hand, which comes after `before`, and how many bytes of it are kept.
fn in_hand(repository: &Repository, before: &str) -> (usize, u64) {
    let listing = repository.log_listing(None).unwrap();
    let is_it = |file: &LogFile| Name::parse(file.name()).is_some() && file.name() > before;
    let files: Vec<_> = listing.files().filter(|(file, _)| is_it(file)).collect();
    files.last().map_or((0, 0), |(_, pieces)| (pieces.len(), reach(pieces)))
}

#[test]
fn what_came_in_an_hour_lies_in_one_object() {
    let server = Production::start("");
    let dsn = server.settings("postgres").dsn;
    let mut here = Installation::with(&configuration(&format!(
        "\n    databases: [ {{ name: cum, postgres: {{ dsn: \"{dsn}\", \
         wal: {{ receive: {{ slot: kho, every: 1m }} }} }} }} ]"
    )));
    let clock = Arc::new(ManualClock::at("2026-11-22T01:00:00Z".parse().unwrap()));
    let (shared, entropy) = (Arc::clone(&clock), Arc::new(SystemEntropy));
    here.site.world = World::with(shared, entropy, here.site.world.runtime().clone());
    assert_eq!(stream::create_slot(&here.site, "mau/cum").unwrap(), "kho");
    let apart = left_apart(&server, &here.site.open("local").unwrap());
    let wanted = stream::wanted_for(&here.site, "mau/cum").unwrap();
    let cancel = Cancel::default();
    let site = Site { cancel: cancel.clone(), ..here.site.clone() };
    let following = std::thread::spawn(move || {
        stream::follow(&site, &wanted, false, (&mut Told::default(), None))
    });
    let repository = here.site.open("local").unwrap();
    let (mut most, mut kept) = (0, 0);
    assert_eq!(repository.log_pieces(&apart).unwrap().len(), 3);
    for _ in 0..STEPS {
        server.sql("SELECT pg_logical_emit_message(true, 'thử', 'một')");
        let begun = Instant::now();
        for look in 1.. {
            if in_hand(&repository, apart.name()).1 > kept {
                break;
            }
            assert!(begun.elapsed() < LIMIT, "{kept} is all that came");
            if look % 20 == 5 {
                // What has come waits for a minute.
                clock.advance(Duration::from_mins(1));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let (pieces, bytes) = in_hand(&repository, apart.name());
        (most, kept) = (most.max(pieces), bytes);
        clock.advance(STEP);
    }
    let (pieces, _) = in_hand(&repository, apart.name());
    cancel.cancel();
    let received = following.join().unwrap().unwrap();
    assert!(most > 5 && pieces < most, "{most}, and then {pieces}");
    assert!(received.last.is_some() && received.bytes >= kept, "{received:?}");
    // So does what was closed before, and nobody had put together.
    assert_eq!(repository.log_pieces(&apart).unwrap().len(), 1);
    let mut bytes = Vec::new();
    let pieces = repository.log_pieces(&apart).unwrap();
    repository.read_log_file(&pieces, &mut bytes).unwrap();
    assert_eq!(bytes, vec![7; SEGMENT]);
}

/// A segment before the one in hand, whole and in three pieces.
fn left_apart(server: &Production, repository: &Repository) -> LogFile {
    let system = server.sql("SELECT system_identifier FROM pg_control_system()");
    let hand = server.sql("SELECT pg_walfile_name(pg_current_wal_flush_lsn())");
    let number = u64::from_str_radix(&hand[16..], 16).unwrap();
    let name = format!("{}{:08X}", &hand[..16], number - 1);
    let file = LogFile::new(LogStream::new(&system, "00000001").unwrap(), &name).unwrap();
    for (from, to) in [(0, 5 << 20), (5 << 20, 9 << 20), (9 << 20, SEGMENT)] {
        repository.keep_log(&file, from as u64, &vec![7; to - from]).unwrap();
    }
    file
}

#[test]
fn where_one_repository_suffices_a_log_is_received_without_the_other() {
    let server = Production::start("");
    let dsn = server.settings("postgres").dsn;
    let text = configuration(&format!(
        "\n    databases: [ {{ name: cum, postgres: {{ dsn: \"{dsn}\", \
         wal: {{ durable-in: one, receive: {{ slot: kho }} }} }} }} ]"
    ));
    let text = text.replace(
        "portals:",
        "  xa: { path: xa, password: { file: secrets/xa.password } }\nportals:",
    );
    let text = text.replace("to: [local]", "to: [local, xa]");
    let here = Installation::with(&text);
    stream::create_slot(&here.site, "mau/cum").unwrap();
    let receive = |site: &Site| {
        server.sql("SELECT pg_logical_emit_message(true, 'thử', 'một')");
        stream::receive(site, "mau/cum")
    };
    let kept = |name: &str| in_hand(&here.site.open(name).unwrap(), "").1;
    let both = receive(&here.site).unwrap();
    assert!(both.lacking.is_empty() && both.bytes > 0, "{both:?}");
    assert_eq!(kept("local"), kept("xa"));
    fs::rename(here.path("xa"), here.path("away")).unwrap();
    let one = receive(&here.site).unwrap();
    assert_eq!(one.lacking, ["xa"]);
    // The server heard that it is kept, and keeps what is not: of the segment in hand, all.
    let told = "SELECT restart_lsn = '{}' FROM pg_replication_slots";
    server.wait_for(&told.replace("{}", &one.last.unwrap()), "t");
    // All must have it unless one suffices.
    let strict = text.replace("durable-in: one", "durable-in: all");
    fs::write(here.path("duphong.yaml"), strict).unwrap();
    let (site, _runtime) = crate::job::portal::site(&here.path("duphong.yaml"));
    assert_eq!(receive(&site).unwrap_err().code(), "wal.unopened");
    // It comes again from the start of its segment, to whoever lacks some of it.
    fs::rename(here.path("away"), here.path("xa")).unwrap();
    assert!(kept("xa") < kept("local"));
    let again = receive(&site).unwrap();
    assert!(again.lacking.is_empty(), "{again:?}");
    assert_eq!(kept("local"), kept("xa"));
}

#[test]
fn a_slot_that_is_not_ours_by_the_log_is_not_removed() {
    let server = Production::start("");
    let dsn = server.settings("postgres").dsn;
    let here = Installation::with(&configuration(&format!(
        "\n    databases: [ {{ name: cum, postgres: {{ dsn: \"{dsn}\", \
         wal: {{ receive: {{ slot: du_phong }} }} }} }} ]"
    )));
    let slots = || server.sql("SELECT count(*) FROM pg_replication_slots");
    server.sql("SELECT pg_create_physical_replication_slot('du_phong', true)");
    // A standby's, which is down for the moment. That we tried to make one of its name says nothing.
    let there = stream::create_slot(&here.site, "mau/cum").unwrap_err();
    assert_eq!(there.code(), "source.stream-slot-there");
    let refused = stream::drop_slot(&here.site, "mau/cum").unwrap_err();
    assert_eq!((refused.code(), slots().as_str()), ("wal.slot-foreign", "1"));
    server.sql("SELECT pg_drop_replication_slot('du_phong')");
    stream::create_slot(&here.site, "mau/cum").unwrap();
    stream::drop_slot(&here.site, "mau/cum").unwrap();
    assert_eq!(slots(), "0");
}

/// Bytes of all segments that lie there.
fn all_kept(listing: &LogListing) -> u64 {
    listing.files().map(|(_, pieces)| reach(pieces)).sum()
}

#[test]
fn a_repository_that_missed_a_segment_is_named_also_when_it_takes_the_next() {
    let server = Production::start("");
    let dsn = server.settings("postgres").dsn;
    let text = configuration(&format!(
        "\n    databases: [ {{ name: cum, postgres: {{ dsn: \"{dsn}\", \
         wal: {{ durable-in: one, receive: {{ slot: kho, every: 1s }} }} }} }} ]"
    ));
    let second = "  xa: { path: xa, password: { file: secrets/xa.password } }\nportals:";
    let text = text.replace("portals:", second).replace("to: [local]", "to: [local, xa]");
    let here = Installation::with(&text);
    stream::create_slot(&here.site, "mau/cum").unwrap();
    let wanted = stream::wanted_for(&here.site, "mau/cum").unwrap();
    let listing = |name: &str| here.site.open(name).unwrap().log_listing(None).unwrap();
    let wait = |is_there: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !is_there() {
            assert!(begun.elapsed() < LIMIT, "it did not come");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let away = here.path("away");
    std::fs::rename(here.path("xa"), &away).unwrap();
    let cancel = Cancel::default();
    let site = Site { cancel: cancel.clone(), ..here.site.clone() };
    let following = std::thread::spawn(move || {
        stream::follow(&site, &wanted, false, (&mut Told::default(), None))
    });
    server.sql("SELECT pg_logical_emit_message(true, 'thử', 'một')");
    wait(&|| all_kept(&listing("local")) > 0);
    std::fs::rename(&away, here.path("xa")).unwrap();
    server.sql("SELECT pg_switch_wal()");
    server.sql("SELECT pg_logical_emit_message(true, 'thử', 'hai')");
    wait(&|| all_kept(&listing("xa")) > 0);
    cancel.cancel();
    let received = following.join().unwrap().unwrap();
    assert!(all_kept(&listing("xa")) < all_kept(&listing("local")), "it lacks a segment");
    assert_eq!(received.lacking, ["xa"]);
}
