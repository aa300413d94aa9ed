//! Following a server's log, where the server is idle, and where whoever keeps it takes long.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use duphong::base::cancel::Cancel;
use duphong::base::fault::AnyFault;
use duphong::source::postgres::Settings;
use duphong::source::postgres::stream::{self, Begin, Following, Keep, Kept, slot};
use duphong::source::postgres::wal::Name;
use duphong::world::World;
use duphong::world::clock::{Clock as _, ManualClock};
use duphong::world::entropy::SystemEntropy;

use super::production::Production;
use super::scratch::world;
use super::wait_until;

/// Whoever keeps a log, and takes as long as somebody lets it: it tells that it has begun, and goes on
/// at a word.
struct Slow {
    begun: Sender<()>,
    word: Receiver<()>,
}

impl Keep for Slow {
    fn begin(&mut self, _: Begin, _: Option<Begin>) -> Result<(), AnyFault> {
        Ok(())
    }

    fn keep(&mut self, _: &Name, _: u64, _: &[u8]) -> Result<(), AnyFault> {
        self.begun.send(()).unwrap();
        // Nobody who could say a word is one.
        let _word = self.word.recv();
        Ok(())
    }

    fn close(&mut self, _: &Name) {}

    fn history(&mut self, _: &Name, _: &[u8]) -> Result<(), AnyFault> {
        Ok(())
    }
}

fn follow(
    settings: &Settings,
    keep: &mut dyn Keep,
    world: &World,
    cancel: &Cancel,
) -> Result<(), AnyFault> {
    slot::create(settings, "kho", world)?;
    let offer = stream::ask(settings, "kho", world)?;
    let kept = [Kept::new()];
    let following = Following {
        settings,
        slot: "kho",
        offer: &offer,
        kept: &kept,
        every: Duration::ZERO,
        to_the_end: false,
    };
    stream::follow(&following, keep, world, cancel)
}

/// It would wait for as long as it does not hear that its log is kept.
#[test]
fn a_server_that_is_stopped_does_not_wait_for_a_slow_store() {
    let mut server = Production::start("");
    let settings = server.settings("postgres");
    let ((begun, has_begun), (word, hears)) = (channel(), channel());
    std::thread::scope(|scope| {
        let following = scope.spawn(move || {
            let mut slow = Slow { begun, word: hears };
            follow(&settings, &mut slow, &world(), &Cancel::default())
        });
        has_begun.recv().unwrap();
        server.stop(Duration::from_secs(20));
        drop(word);
        let fault = following.join().unwrap().unwrap_err();
        assert_eq!(fault.code(), "source.gone", "{fault}");
    });
}

/// While a store is slow the server hears that somebody is there: its minute begins anew.
#[test]
fn a_server_hears_of_us_while_a_store_is_slow() {
    let server = Production::start("");
    let settings = server.settings("postgres");
    let ((begun, has_begun), (word, hears)) = (channel(), channel());
    let cancel = Cancel::default();
    std::thread::scope(|scope| {
        let wish = cancel.clone();
        let following = scope.spawn(move || {
            let mut slow = Slow { begun, word: hears };
            follow(&settings, &mut slow, &world(), &wish)
        });
        has_begun.recv().unwrap();
        let said = || server.sql("SELECT reply_time FROM pg_stat_replication");
        let before = said();
        wait_until("a sign of life", || !said().is_empty() && said() != before);
        cancel.cancel();
        drop(word);
        following.join().unwrap().unwrap();
    });
}

#[test]
fn a_server_that_nobody_writes_to_is_followed_on() {
    let server = Production::start("");
    let settings = server.settings("postgres");
    let clock = Arc::new(ManualClock::at("2026-11-22T01:00:00Z".parse().unwrap()));
    let time = Arc::clone(&clock);
    let slow_world = World::with(time, Arc::new(SystemEntropy), world().runtime().clone());
    let ((begun, _has_begun), (word, hears)) = (channel(), channel());
    drop(word);
    let cancel = Cancel::default();
    std::thread::scope(|scope| {
        let wish = cancel.clone();
        let following = scope.spawn(move || {
            let mut quick = Slow { begun, word: hears };
            follow(&settings, &mut quick, &slow_world, &wish)
        });
        // What had been written before is not what keeps it going.
        let all = "SELECT count(*) FROM pg_stat_replication WHERE \
            flush_lsn = pg_current_wal_flush_lsn()";
        server.wait_for(all, "1");
        for _ in 0..10 {
            clock.advance(Duration::from_mins(1));
            let now = clock.now();
            let asked = format!("SELECT reply_time >= '{now}' FROM pg_stat_replication");
            wait_until("an answer", || server.sql(&asked) == "t" || following.is_finished());
            assert!(!following.is_finished(), "{:?}", following.join().unwrap());
        }
        cancel.cancel();
        following.join().unwrap().unwrap();
    });
}
