//! Mail servers that refuse, stall, flood, lie or leave, at every step of the conversation.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use duphong::base::fault::{Fault as _, Retry};
use duphong::base::secret::Secret;
use duphong::world::World;
use duphong::world::clock::ManualClock;
use duphong::world::entropy::SystemEntropy;
use duphong::world::mail::{Account, MailError, Mailer, Security, Server};
use rustls::{ServerConnection, StreamOwned};
use tempfile::TempDir;

use crate::notice::certificate::{Authority, Flaw};
use crate::notice::mail::letter;

/// The steps of a conversation under TLS, with what a good server says at each.
const STEPS: [(&str, &str); 7] = [
    ("greeting", "220 xin chào\r\n"),
    ("hello", "250-may-chu\r\n250-SIZE 0\r\n250 AUTH PLAIN\r\n"),
    ("login", "235 được\r\n"),
    ("sender", "250 được\r\n"),
    ("recipient", "250 được\r\n"),
    ("data", "354 mời\r\n"),
    ("letter", "250 đã nhận\r\n"),
];

/// What the server does at one step.
#[derive(Clone)]
enum Trick {
    Say(&'static str),
    /// Leaves without a word.
    Leave,
    /// Says nothing until the client goes away.
    Hang,
    /// Sends a beginning, when the time for the letter is over by the client's own clock.
    Late,
    /// Says this again and again, for as long as anyone listens.
    Flood(&'static str),
}

/// The client's side, with a server that does `trick` at `step`.
struct Scene {
    clock: Arc<ManualClock>,
    runtime: tokio::runtime::Runtime,
    listener: TcpListener,
    identity: crate::notice::certificate::Identity,
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        authority.file(folder.path());
        Self {
            clock: Arc::new(ManualClock::at("2026-11-22T01:02:03Z".parse().unwrap())),
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap(),
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
            identity: authority.identity(Flaw::Nothing),
            folder,
        }
    }

    fn server(&self, security: Security) -> Server {
        Server {
            host: "127.0.0.1".to_owned(),
            port: self.listener.local_addr().unwrap().port(),
            security,
            account: Some(Account {
                user: "duphong".to_owned(),
                password: Secret::new(b"mat-khau".to_vec()),
            }),
            authorities: Some(self.folder.path().join("authority.pem")),
            timeout: Duration::from_mins(10),
        }
    }

    /// What one recipient's fate is at this server.
    fn send(&self, server: Server) -> Result<u16, MailError> {
        let entropy = Arc::new(SystemEntropy);
        let clock: Arc<ManualClock> = Arc::clone(&self.clock);
        let world = World::with(clock, entropy, self.runtime.handle().clone());
        let mut delivery =
            Mailer::new(&world, server).unwrap().send(&letter(&["an@b.vn"])).unwrap();
        delivery.recipients.pop().unwrap().1.map(|reply| reply.code)
    }

    /// Plays a server under TLS that does `trick` at `step`, for one connection.
    fn play(&self, step: &'static str, trick: Trick) -> JoinHandle<()> {
        let (listener, tls) = (self.listener.try_clone().unwrap(), self.identity.server());
        let clock = Arc::clone(&self.clock);
        std::thread::spawn(move || {
            let (socket, _) = listener.accept().unwrap();
            let stream = StreamOwned::new(ServerConnection::new(tls).unwrap(), socket);
            // Whatever goes wrong here is the client having left: what these tests are about.
            let _left = converse(stream, step, &trick, &clock);
        })
    }
}

fn converse(
    mut stream: StreamOwned<ServerConnection, TcpStream>,
    wrong: &str,
    trick: &Trick,
    clock: &ManualClock,
) -> std::io::Result<()> {
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    let mut stream = BufReader::new(stream);
    for (step, good) in STEPS {
        match step {
            "greeting" => {}
            "letter" => while !line(&mut stream)?.starts_with(".\r\n") {},
            _ => drop(line(&mut stream)?),
        }
        if step != wrong {
            stream.get_mut().write_all(good.as_bytes())?;
            continue;
        }
        match trick {
            Trick::Say(words) => stream.get_mut().write_all(words.as_bytes())?,
            Trick::Leave => return stream.get_mut().sock.shutdown(std::net::Shutdown::Both),
            Trick::Hang => {}
            Trick::Late => {
                // In a record of its own, so that the client has finished its handshake.
                stream.get_mut().write_all(b"2")?;
                clock.advance(Duration::from_secs(601));
                stream.get_mut().write_all(b"5")?;
            }
            Trick::Flood(words) => loop {
                stream.get_mut().write_all(words.as_bytes())?;
            },
        }
        // Until the client has gone.
        return std::io::copy(&mut stream, &mut std::io::sink()).map(drop);
    }
    Ok(())
}

fn line(stream: &mut impl std::io::BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    match stream.read_line(&mut line)? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line),
    }
}

/// Sends a letter to a server that does `trick` at `step`; the fault has this code, and that step.
#[track_caller]
fn check(step: &'static str, trick: Trick, code: &str) -> MailError {
    let scene = Scene::new();
    let server = scene.play(step, trick);
    let fault = scene.send(scene.server(Security::Tls)).unwrap_err();
    server.join().unwrap();
    assert_eq!(fault.code(), code, "at {step}: {fault:?}");
    let named = fault.args().0.iter().any(|(name, value)| {
        *name == "phase" && *value == duphong::base::fault::Arg::Text(step.to_owned())
    });
    let has_phase = fault.args().0.iter().any(|(name, _)| *name == "phase");
    assert!(named || !has_phase, "at {step}: {fault:?}");
    fault
}

#[test]
fn a_server_may_say_not_now_or_no_at_every_step() {
    for (step, _) in STEPS {
        let fault = check(step, Trick::Say("451 4.3.0 later\r\n"), "mail.deferred");
        assert_eq!(fault.retry(), Retry::Later);
        let refused = if step == "login" { "mail.wrong-login" } else { "mail.refused" };
        let fault = check(step, Trick::Say("550-5.7.1 no\r\n550 \x1b[31mnever\r\n"), refused);
        let reply = fault.reply().unwrap();
        assert_eq!((reply.code, reply.text.as_str()), (550, "5.7.1 no  [31mnever"));
        assert!(!fault.may_have_arrived());
    }
}

#[test]
fn a_server_that_leaves_is_told_apart_by_when_it_left() {
    for (step, _) in &STEPS[..6] {
        check(step, Trick::Leave, "mail.broken");
    }
    let fault = check("letter", Trick::Leave, "mail.unknown");
    assert!(fault.may_have_arrived(), "it has the letter and did not say what it did with it");
    assert_eq!(fault.beneath().unwrap().code(), "mail.broken");
}

#[test]
fn all_steps_share_one_time_and_the_one_that_used_it_up_is_named() {
    for (step, _) in &STEPS[..6] {
        check(step, Trick::Late, "mail.timed-out");
    }
    let fault = check("letter", Trick::Late, "mail.unknown");
    assert_eq!(fault.beneath().unwrap().code(), "mail.timed-out");
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for() {
    for (step, _) in STEPS {
        let scene = Scene::new();
        let server = scene.play(step, Trick::Hang);
        // The sockets' own timer: the clock of this world stands still.
        let short = Server { timeout: Duration::from_millis(700), ..scene.server(Security::Tls) };
        let fault = scene.send(short).unwrap_err();
        server.join().unwrap();
        let fault: &dyn duphong::base::fault::Fault = fault.beneath().unwrap_or(&fault);
        assert_eq!(fault.code(), "mail.timed-out", "at {step}");
    }
}

#[test]
fn a_flood_of_words_is_cut_off() {
    for words in ["220-quảng cáo\r\n", "2", "220-", "\r\n", "\0"] {
        check("greeting", Trick::Flood(words), "mail.not-smtp");
    }
    check("hello", Trick::Flood("250-A\r\n"), "mail.not-smtp");
    check("recipient", Trick::Flood("250-A\r\n"), "mail.not-smtp");
}

#[test]
fn what_is_not_the_protocol_is_not_guessed_at() {
    for words in [
        "HTTP/1.1 400 Bad Request\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "22\r\n",
        "220xin\r\n",
        "999 a\r\n",
        "100 a\r\n",
        "+20 a\r\n",
        "220-a\r\n250 b\r\n",
        "\u{ff12}20 a\r\n",
    ] {
        check("greeting", Trick::Say(words), "mail.not-smtp");
    }
    check("login", Trick::Say("334 \r\n"), "mail.not-smtp");
    check("data", Trick::Say("250 thank you\r\n"), "mail.not-smtp");
    let fault = check("letter", Trick::Say("hm\r\n"), "mail.unknown");
    assert!(fault.may_have_arrived());
}

/// Plays a server without TLS that says these words, one after each time it hears something.
fn plain(scene: &Scene, words: &'static [&'static str]) -> JoinHandle<Vec<u8>> {
    let listener = scene.listener.try_clone().unwrap();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut all = Vec::new();
        for (position, words) in words.iter().enumerate() {
            if position > 0 {
                let mut part = [0; 4096];
                let Ok(count @ 1..) = socket.read(&mut part) else { return all };
                all.extend_from_slice(&part[..count]);
            }
            if socket.write_all(words.as_bytes()).is_err() {
                return all;
            }
        }
        let _left = socket.read_to_end(&mut all);
        all
    })
}

#[test]
fn nothing_but_a_greeting_is_said_in_the_clear() {
    const HELLO: &str = "250-m\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n";

    #[track_caller]
    fn check(security: Security, words: &'static [&'static str], code: &str) {
        let scene = Scene::new();
        let server = plain(&scene, words);
        let fault = scene.send(scene.server(security)).unwrap_err();
        assert_eq!(fault.code(), code, "{words:?}: {fault:?}");
        let heard = String::from_utf8_lossy(&server.join().unwrap()).into_owned();
        for secret in ["AUTH", "MAIL", "RCPT", "DATA", "hungyen"] {
            assert!(!heard.contains(secret), "{words:?}: {heard}");
        }
    }
    check(Security::StartTls, &["220 a\r\n", "250-m\r\n250 AUTH PLAIN\r\n"], "mail.no-starttls");
    check(Security::StartTls, &["220 a\r\n", HELLO, "454 not now\r\n"], "mail.deferred");
    check(Security::StartTls, &["220 a\r\n", HELLO, "501 never\r\n"], "mail.refused");
    check(Security::StartTls, &["220 a\r\n", HELLO, "220 go\r\n250 x\r\n"], "mail.not-smtp");
    check(Security::StartTls, &["220 a\r\n", HELLO, "220 go\r\n", "no TLS\r\n"], "mail.tls");
    check(Security::Tls, &["220 a server of the other kind\r\n"], "mail.tls");
}

#[test]
fn a_server_that_does_not_run_cannot_be_reached() {
    let scene = Scene::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = Server { port: closed, ..scene.server(Security::Tls) };
    assert_eq!(scene.send(server).unwrap_err().code(), "mail.unreachable");
}
