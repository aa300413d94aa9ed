//! Servers that misbehave, each in one way: every one is survived and called by its name.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use duphong::probe::fact::{Cause, Verdict};
use duphong::probe::http::{self, BODY_MAX, Fetched, Request};
use duphong::probe::judge;
use duphong::probe::trouble::Trouble;
use proptest::prelude::*;

use crate::probe::farm::{BRIEF, Ground, NOBODY, PATIENCE, Server, network, page};

fn fetch(server: &Server, budget: Duration) -> Fetched {
    let ground = Ground::new();
    http::fetch(&ground.door(&network(NOBODY)), &Request::new(server.url(), budget))
}

/// Fetches from `server` and expects its one fault to be found by this name.
#[track_caller]
fn check(server: &Server, budget: Duration, cause: Cause) -> Fetched {
    let fetched = fetch(server, budget);
    let judgement = judge::http(&page(server.url()), &fetched);
    let causes: Vec<_> = judgement.reasons.iter().map(|reason| reason.cause).collect();
    assert_eq!(causes, [cause], "{:?}", fetched.end);
    assert_eq!(judgement.verdict, cause.verdict());
    fetched
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";

fn endless(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    loop {
        stream.write_all(bytes)?;
    }
}

#[test]
fn every_fault_of_a_server_is_found_by_its_name() {
    let say = |text: &str| Server::saying(text);
    check(&say(""), PATIENCE, Cause::NoAnswer);
    check(&say("SSH-2.0-OpenSSH_9.2\r\n\r\n"), PATIENCE, Cause::NotHttp);
    let short = format!("{HEAD}Content-Length: 100\r\n\r\nhalf");
    check(&say(&short), PATIENCE, Cause::Truncated);
    let chunked = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n");
    check(&say(&format!("{chunked}5\r\nhello\r\nzz\r\n")), PATIENCE, Cause::BrokenChunks);
    check(&say(&format!("{chunked}5\r\nhel")), PATIENCE, Cause::Truncated);
    let huge = format!("{chunked}ffffffffffffffffff\r\nx");
    check(&say(&huge), PATIENCE, Cause::BrokenChunks);
    let gzip = format!("{HEAD}Content-Encoding: gzip\r\nContent-Length: 7\r\n\r\nno gzip");
    check(&say(&gzip), PATIENCE, Cause::BrokenEncoding);
    let brotli = format!("{HEAD}Content-Encoding: br\r\nContent-Length: 9\r\n\r\nno brotli");
    check(&say(&brotli), PATIENCE, Cause::BrokenEncoding);
    let redirect = |to: &str| format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\n\r\n");
    check(&say(&redirect("/")), PATIENCE, Cause::RedirectLoop);
    check(&say(&redirect("javascript:alert(1)")), PATIENCE, Cause::RedirectBad);
    check(&say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), PATIENCE, Cause::Status);
}

#[test]
fn what_never_ends_is_ended() {
    let forever = Server::start(|stream| {
        stream.write_all(format!("{HEAD}\r\n").as_bytes())?;
        endless(stream, &[b'x'; 8192])
    });
    let fetched = check(&forever, PATIENCE, Cause::BodyCut);
    assert_eq!(fetched.end.unwrap().body.len(), BODY_MAX);

    let headers = Server::start(|stream| {
        stream.write_all(HEAD.as_bytes())?;
        endless(stream, b"X-Flood: water water water water\r\n")
    });
    check(&headers, PATIENCE, Cause::HeadTooLarge);

    let mute = Server::start(|stream| {
        let _until_they_leave = std::io::copy(stream, &mut std::io::sink());
        Ok(())
    });
    check(&mute, BRIEF, Cause::Silent);

    let dripping = Server::start(|stream| {
        stream.write_all(format!("{HEAD}Content-Length: 99999\r\n\r\nslow").as_bytes())?;
        // One byte for each of the reader's patience would take a day: none is slower still.
        let _until_they_leave = std::io::copy(stream, &mut std::io::sink());
        Ok(())
    });
    check(&dripping, BRIEF, Cause::SlowBody);

    let far = Server::start({
        let count = std::sync::atomic::AtomicU32::new(0);
        move |stream| {
            let next = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let head = format!("HTTP/1.1 307 On\r\nContent-Length: 0\r\nLocation: /{next}\r\n\r\n");
            stream.write_all(head.as_bytes())
        }
    });
    check(&far, PATIENCE, Cause::RedirectsTooMany);
}

/// What `program` makes of 64 MiB of zeros.
fn bomb(program: &str) -> Vec<u8> {
    let zeros = format!("head -c 67108864 /dev/zero | {program}");
    let made = Command::new("sh").args(["-c", &zeros]).output().unwrap();
    assert!(made.stdout.len() > 20 && made.stdout.len() < 200_000, "{program}");
    made.stdout
}

#[test]
fn a_compressed_bomb_unfolds_to_the_limit_and_no_further() {
    for (encoding, program) in [("gzip", "gzip -9c"), ("br", "brotli -q 1 -c")] {
        let bytes = bomb(program);
        let length = bytes.len();
        let head =
            format!("{HEAD}Content-Encoding: {encoding}\r\nContent-Length: {length}\r\n\r\n");
        let server = Server::saying([head.into_bytes(), bytes].concat());
        let fetched = check(&server, PATIENCE, Cause::BodyCut);
        assert_eq!(fetched.end.unwrap().body.len(), BODY_MAX, "{encoding}");
    }
}

#[test]
fn nobody_leads_us_into_our_own_network() {
    for inside in [
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://127.0.0.2/",
        "http://2130706434/",
        "http://0x7f.0.0.2/",
        "http://[::ffff:10.0.0.1]/",
        "http://[fe80::1]/",
        "http://[64:ff9b::a00:1]/",
        "//192.168.1.1/admin",
    ] {
        let server = Server::saying(format!("HTTP/1.1 302 Found\r\nLocation: {inside}\r\n\r\n"));
        let fetched = check(&server, PATIENCE, Cause::Inside);
        assert!(matches!(fetched.end, Err(Trouble::Inside(_))), "{inside}");
        assert_eq!(fetched.hops.len(), 2, "the hop that was refused is shown: {inside}");
        assert_eq!(fetched.hops[1].address, None, "and was never connected to");
    }
}

#[test]
fn conditions_on_a_page_fail_with_the_value_seen() {
    let body = "<title>Cổng</title> hacked by";
    let answer =
        format!("{HEAD}X-Frame-Options: DENY\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let server = Server::saying(answer);
    let fetched = fetch(&server, PATIENCE);
    let mut question = page(server.url());
    question.status = vec![301, 302];
    question.contains = vec!["Cổng".to_owned(), "Liên hệ".to_owned()];
    question.lacks = vec!["hacked by".to_owned()];
    question.headers = vec![
        ("x-frame-options".to_owned(), "DENY".to_owned()),
        ("X-Frame-Options".to_owned(), "SAMEORIGIN".to_owned()),
        ("Strict-Transport-Security".to_owned(), String::new()),
    ];
    question.ends_at = Some("cong.test".to_owned());
    question.within = Some(Duration::ZERO);
    let judgement = judge::http(&question, &fetched);
    let reasons = judgement.reasons.iter();
    let seen: Vec<_> =
        reasons.map(|one| (one.cause, one.seen.as_str(), one.expected.as_str())).collect();
    assert_eq!(
        &seen[..6],
        [
            (Cause::Status, "200", "301, 302"),
            (Cause::EndsElsewhere, "127.0.0.1", "cong.test"),
            (Cause::Header, "DENY", "X-Frame-Options: SAMEORIGIN"),
            (Cause::Header, "", "Strict-Transport-Security: "),
            (Cause::TextMissing, "", "Liên hệ"),
            (Cause::TextPresent, "hacked by", ""),
        ]
    );
    assert_eq!(seen[6].0, Cause::TooSlow);
    assert_eq!(judgement.verdict, Verdict::Down);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_for_an_answer_never_panic(bytes in random_answer()) {
        let server = Server::saying(bytes);
        let fetched = fetch(&server, BRIEF);
        let judgement = judge::http(&page(server.url()), &fetched);
        prop_assert!(judgement.reasons.iter().all(|reason| reason.seen.len() < 2000));
    }
}

/// Noise alone, and noise behind heads that make a reader begin.
fn random_answer() -> impl Strategy<Value = Vec<u8>> {
    let noise = proptest::collection::vec(any::<u8>(), 0..600);
    let heads = prop_oneof![
        Just(String::new()),
        Just("HTTP/1.1 ".to_owned()),
        Just(format!("{HEAD}\r\n")),
        Just(format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n8\r\n")),
        Just(format!("{HEAD}Content-Encoding: gzip\r\n\r\n\u{1f}")),
        Just(format!("{HEAD}Content-Encoding: br\r\n\r\n")),
        Just("HTTP/1.1 302 Found\r\nLocation: ".to_owned()),
    ];
    (heads, noise).prop_map(|(head, noise)| [head.into_bytes(), noise].concat())
}
