//! Replication connections to a real server: every login, refusals, commands, data both ways.

use std::time::Duration;

use duphong::base::cancel::Cancel;
use duphong::base::fault::Fault as _;
use duphong::source::error::SourceError;
use duphong::source::postgres::Settings;
use duphong::source::postgres::wire::{Message, Wire};

use super::production::Production;
use super::scratch::world;

const SILENCE: Duration = Duration::from_mins(1);

fn open(settings: &Settings) -> Result<Wire, SourceError> {
    Wire::open(settings, &world(), &Cancel::default(), SILENCE)
}

#[test]
fn every_login_opens_and_every_refusal_has_its_name() {
    let production = Production::start("");
    let system = production.sql("SELECT system_identifier FROM pg_control_system()");
    let logins = [
        production.settings("postgres"),
        production.by_password("plain", "mật khẩu"),
        production.by_password("hashed", "md5 cũ"),
        production.by_password("scram", "bí mật"),
    ];
    for settings in logins {
        let mut wire = open(&settings).unwrap_or_else(|error| panic!("{}: {error}", settings.dsn));
        let rows = wire.rows("ask who it is", "IDENTIFY_SYSTEM").unwrap();
        assert_eq!(rows[0][0].as_deref(), Some(system.as_str()), "{}", settings.dsn);
        let rows = wire.rows("ask for a setting", "SHOW data_checksums").unwrap();
        assert_eq!(rows, [[Some("on".to_owned())]]);
    }
    let check = |settings: Settings, code: &str| {
        let refused = open(&settings).err().map(|error| error.code());
        assert_eq!(refused, Some(code), "{}", settings.dsn);
    };
    for role in ["plain", "hashed", "scram"] {
        check(production.by_password(role, "khác"), "source.replication-refused");
        let without = Settings { password: None, ..production.by_password(role, "") };
        check(without, "source.replication-login");
    }
    check(production.by_password("portal", ""), "source.replication-refused");
    check(production.settings("portal"), "source.replication-right");
    let nobody = Settings { dsn: "host=127.0.0.1 dbname=a".to_owned(), ..production.settings("a") };
    check(nobody, "source.dsn");
}

#[test]
fn a_failed_command_is_named_and_a_dead_server_is_gone() {
    let mut production = Production::start("");
    let mut wire = open(&production.settings("postgres")).unwrap();
    let said = wire.rows("ask for a slot", "DROP_REPLICATION_SLOT nobody").unwrap_err();
    assert_eq!(said.code(), "source.replication-said");
    assert!(duphong::base::fault::chain(&said).contains("nobody"), "{said}");
    let mut wire = open(&production.settings("postgres")).unwrap();
    production.kill();
    let gone = wire.rows("ask who it is", "IDENTIFY_SYSTEM").unwrap_err();
    assert!(["source.gone", "source.replication-lost"].contains(&gone.code()), "{gone}");
}

/// The log is received from its beginning on, answered, and ended by us, and then the connection
/// takes further commands.
#[test]
fn data_flows_both_ways_until_we_end_it() {
    const ACT: &str = "receive the log";
    let production = Production::start("");
    let mut wire = open(&production.settings("postgres")).unwrap();
    let position = wire.rows("ask who it is", "IDENTIFY_SYSTEM").unwrap()[0][2].clone().unwrap();
    wire.start(ACT, &format!("START_REPLICATION PHYSICAL {position}")).unwrap();
    assert_eq!(wire.next(ACT).unwrap(), Message::CopyBoth);
    production.sql("CREATE TABLE a AS SELECT 1 AS b");
    let log = loop {
        match wire.next(ACT).unwrap() {
            Message::Data(data) if data[0] == b'w' => break data,
            Message::Data(data) => assert_eq!(data[0], b'k', "only a sign of life stands between"),
            other => panic!("{other:?}"),
        }
    };
    // It begins where it was asked for, and its head is not all.
    let (upper, lower) = position.split_once('/').unwrap();
    let part = |digits: &str| u64::from_str_radix(digits, 16).unwrap();
    let asked = part(upper) << 32 | part(lower);
    assert_eq!(u64::from_be_bytes(log[1..9].try_into().unwrap()), asked);
    assert!(log.len() > 25, "{}", log.len());
    // A status update: all is written, flushed, applied up to nowhere; no answer is wished.
    wire.send_data(ACT, &[&b"r"[..], &[0; 33]].concat()).unwrap();
    wire.end_data(ACT).unwrap();
    let mut last = None;
    while last != Some(Message::Ready) {
        last = Some(wire.next(ACT).unwrap());
    }
    assert_eq!(wire.rows("ask who it is", "IDENTIFY_SYSTEM").unwrap().len(), 1);
}

#[test]
fn a_wish_to_stop_is_seen_while_the_server_says_nothing() {
    const ACT: &str = "receive the log";
    let production = Production::start("");
    let cancel = Cancel::default();
    let mut wire =
        Wire::open(&production.settings("postgres"), &world(), &cancel, SILENCE).unwrap();
    let quiet = wire.next_within(ACT, Duration::from_millis(1)).unwrap();
    assert_eq!(quiet, None);
    cancel.cancel();
    assert_eq!(wire.next(ACT).unwrap_err().code(), "source.cancelled");
}
