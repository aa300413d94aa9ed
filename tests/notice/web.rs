//! Webhooks against a small web server under TLS, which is also rude on request.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;

use duphong::base::fault::Fault as _;
use duphong::base::secret::Secret;
use duphong::world::webhook::{Endpoint, Webhook, WebhookError, signature};
use rustls::{ServerConnection, StreamOwned};
use tempfile::TempDir;

use crate::notice::certificate::{Authority, Flaw};
use crate::notice::mail::world;

/// A web server that takes one request and gives one answer.
pub(super) struct Web {
    listener: TcpListener,
    folder: TempDir,
    flaw: Flaw,
    authority: Authority,
}

/// A request as it was heard.
pub(super) struct Heard {
    pub(super) head: String,
    pub(super) body: String,
}

impl Heard {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

impl Web {
    pub(super) fn new(flaw: Flaw) -> Self {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        authority.file(folder.path());
        Self { listener: TcpListener::bind("127.0.0.1:0").unwrap(), folder, flaw, authority }
    }

    pub(super) fn endpoint(&self, scheme: &str) -> Endpoint {
        let port = self.listener.local_addr().unwrap().port();
        Endpoint {
            url: format!("{scheme}://localhost:{port}/bao-tin?token=bi-mat"),
            key: Some(Secret::new(b"chia-khoa".to_vec())),
            authorities: Some(self.authority_file()),
            timeout: Duration::from_mins(1),
        }
    }

    pub(super) fn authority_file(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    pub(super) fn answer(&self, answer: Vec<u8>, tls: bool) -> JoinHandle<Option<Heard>> {
        let listener = self.listener.try_clone().unwrap();
        let identity = self.authority.identity(self.flaw);
        std::thread::spawn(move || {
            let (socket, _) = listener.accept().unwrap();
            if !tls {
                return serve(socket, &answer).ok();
            }
            let session = ServerConnection::new(identity.server()).unwrap();
            serve(StreamOwned::new(session, socket), &answer).ok()
        })
    }
}

fn serve(stream: impl Read + Write, answer: &[u8]) -> std::io::Result<Heard> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let mut request = Heard { head, body: String::new() };
    let length = request.header("content-length").unwrap().parse().unwrap();
    stream.by_ref().take(length).read_to_string(&mut request.body)?;
    // A client that has read enough leaves, and that is no failure of the server.
    let _left = stream.get_mut().write_all(answer);
    let _left = stream.get_mut().flush();
    Ok(request)
}

fn post(endpoint: Endpoint) -> Result<u16, WebhookError> {
    let (world, _runtime) = world();
    Webhook::new(&world, endpoint)?.post("thu-1", r#"{"text":"Cổng không trả lời"}"#.to_owned())
}

#[test]
fn a_message_arrives_with_a_signature_that_its_receiver_can_check() {
    for scheme in ["https", "http"] {
        let web = Web::new(Flaw::Nothing);
        let heard = web.answer(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), scheme == "https");
        assert_eq!(post(web.endpoint(scheme)), Ok(204));
        let heard = heard.join().unwrap().unwrap();
        assert!(heard.head.starts_with("POST /bao-tin?token=bi-mat HTTP/1.1\r\n"));
        assert_eq!(heard.body, r#"{"text":"Cổng không trả lời"}"#);
        assert_eq!(heard.header("content-type"), Some("application/json"));
        assert_eq!(heard.header("x-duphong-id"), Some("thu-1"));
        assert_eq!(heard.header("x-duphong-timestamp"), Some("1795309323"));
        let key = Secret::new(b"chia-khoa".to_vec());
        let expected = signature(&key, 1_795_309_323, heard.body.as_bytes());
        assert_eq!(heard.header("x-duphong-signature"), Some(expected.as_str()));
    }
}

#[test]
fn without_a_key_nothing_is_signed() {
    let web = Web::new(Flaw::Nothing);
    let heard = web.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec(), true);
    assert_eq!(post(Endpoint { key: None, ..web.endpoint("https") }), Ok(200));
    assert_eq!(heard.join().unwrap().unwrap().header("x-duphong-signature"), None);
}

#[test]
fn every_other_answer_is_a_failure_with_its_reason() {
    #[track_caller]
    fn check(answer: &[u8], code: &str) -> WebhookError {
        let web = Web::new(Flaw::Nothing);
        let heard = web.answer(answer.to_vec(), true);
        let fault = post(web.endpoint("https")).unwrap_err();
        heard.join().unwrap();
        let answer = String::from_utf8_lossy(&answer[..answer.len().min(80)]).into_owned();
        assert_eq!(fault.code(), code, "{answer}: {fault:?}");
        let told = format!("{fault:?} {}", duphong::base::fault::chain(&fault));
        assert!(!told.contains("bi-mat"), "the token of the address is told: {told}");
        fault
    }
    let moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    check(moved, "webhook.redirected");
    let refused = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nkh\x1bong\r\n\0\0";
    let fault = check(refused, "webhook.refused");
    let answer = "kh ong   ".to_owned();
    assert_eq!(fault, WebhookError::Refused { status: 403, answer });
    let mut endless = b"HTTP/1.1 500 Oh\r\n\r\n".to_vec();
    endless.resize(3_000_000, b'a');
    let WebhookError::Refused { answer, .. } = check(&endless, "webhook.refused") else {
        panic!("the code said so");
    };
    assert_eq!(answer.len(), 200);
    assert!(check(b"", "webhook.unknown").may_have_arrived());
    assert!(check(b"SMTP?\r\n\r\n", "webhook.unknown").may_have_arrived());
}

#[test]
fn a_certificate_that_does_not_hold_gets_no_message() {
    for (flaw, code) in [
        (Flaw::Expired, "tls.expired"),
        (Flaw::NotYetValid, "tls.not-yet-valid"),
        (Flaw::WrongName, "tls.wrong-name"),
        (Flaw::SelfSigned, "tls.unknown-issuer"),
    ] {
        let web = Web::new(flaw);
        let heard = web.answer(Vec::new(), true);
        let fault = post(web.endpoint("https")).unwrap_err();
        assert_eq!(fault.code(), "webhook.tls", "{flaw:?}: {fault:?}");
        assert_eq!(fault.beneath().unwrap().code(), code);
        assert!(heard.join().unwrap().is_none());
    }
}

#[test]
fn nobody_there_and_nobody_answering_are_told_apart() {
    let gone = Web::new(Flaw::Nothing);
    let endpoint = gone.endpoint("https");
    drop(gone.listener);
    let fault = post(Endpoint { authorities: None, ..endpoint }).unwrap_err();
    assert_eq!(fault.code(), "webhook.unreachable");

    // Accepted by the system, and by no program: there is a connection, but never a word.
    let silent = Web::new(Flaw::Nothing);
    let hurried = Endpoint { timeout: Duration::from_millis(300), ..silent.endpoint("http") };
    assert_eq!(post(hurried).unwrap_err().code(), "webhook.unknown");
    let hurried = Endpoint { timeout: Duration::from_millis(300), ..silent.endpoint("https") };
    let fault = post(hurried).unwrap_err();
    assert_eq!(fault.code(), "webhook.timed-out", "no handshake, no message: {fault:?}");
}
