//! A log that is received for hours: what came in an hour is put together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use duphong::base::cancel::Cancel;
use duphong::job::site::Site;
use duphong::job::wal::stream::{self, Told};
use duphong::repository::Repository;
use duphong::repository::segment::{LogListing, reach};
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

/// The objects of the segment in hand, and how many bytes of it are kept.
fn in_hand(repository: &Repository) -> (usize, u64) {
    let listing = repository.log_listing(None).unwrap();
    let files: Vec<_> =
        listing.files().filter(|(file, _)| Name::parse(file.name()).is_some()).collect();
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
    let wanted = stream::wanted_for(&here.site, "mau/cum").unwrap();
    let cancel = Cancel::default();
    let site = Site { cancel: cancel.clone(), ..here.site.clone() };
    let following = std::thread::spawn(move || {
        stream::follow(&site, &wanted, false, (&mut Told::default(), None))
    });
    let repository = here.site.open("local").unwrap();
    let (mut most, mut kept) = (0, 0);
    for _ in 0..STEPS {
        server.sql("SELECT pg_logical_emit_message(true, 'thử', 'một')");
        let begun = Instant::now();
        for look in 1.. {
            if in_hand(&repository).1 > kept {
                break;
            }
            assert!(begun.elapsed() < LIMIT, "{kept} is all that came");
            if look % 20 == 5 {
                // What has come waits for a minute.
                clock.advance(Duration::from_mins(1));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let (pieces, bytes) = in_hand(&repository);
        (most, kept) = (most.max(pieces), bytes);
        clock.advance(STEP);
    }
    let (pieces, _) = in_hand(&repository);
    cancel.cancel();
    let received = following.join().unwrap().unwrap();
    assert!(most > 5 && pieces < most, "{most}, and then {pieces}");
    assert!(received.last.is_some() && received.bytes >= kept, "{received:?}");
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
