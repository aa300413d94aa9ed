//! What the tests of probes stand on: a world, a reach that allows loopback, servers that answer
//! with given bytes, nginx and named on free ports, and questions with nothing special in them.

use std::io::{Read as _, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use duphong::probe;
use duphong::probe::settings::{Families, HttpQuestion, Network, Probe, Question, Settle};
use duphong::world::World;
use duphong::world::clock::{Clock, SystemClock};
use duphong::world::entropy::SystemEntropy;
use duphong::world::net::Door;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Long enough for any answer on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Short, for servers that never come to an end.
pub(crate) const BRIEF: Duration = Duration::from_secs(2);

/// A world with its runtime.
pub(crate) struct Ground {
    pub(crate) world: World,
    _runtime: Runtime,
}

impl Ground {
    pub(crate) fn new() -> Self {
        Self::at(Arc::new(SystemClock::default()))
    }

    pub(crate) fn at(clock: Arc<dyn Clock>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let world = World::with(clock, Arc::new(SystemEntropy), runtime.handle().clone());
        Self { world, _runtime: runtime }
    }

    pub(crate) fn door(&self, network: &Network) -> Door {
        probe::door(&self.world, network).unwrap()
    }
}

/// Loopback may be reached; names are asked of `resolver`.
pub(crate) fn network(resolver: SocketAddr) -> Network {
    Network {
        resolvers: vec![resolver],
        inside: vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()],
        ..Network::default()
    }
}

/// An address where nobody answers names: for tests that use none.
pub(crate) const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

pub(crate) fn page(url: impl Into<String>) -> HttpQuestion {
    HttpQuestion {
        url: url.into(),
        status: vec![200],
        within: None,
        headers: Vec::new(),
        contains: Vec::new(),
        lacks: Vec::new(),
        ends_at: None,
        certificate_days: 1,
    }
}

pub(crate) fn watch(question: Question, timeout: Duration) -> Probe {
    Probe {
        name: "trang-chu".to_owned(),
        every: Duration::from_mins(1),
        timeout,
        settle: Settle::default(),
        families: Families::Both,
        question,
    }
}

/// A server of this process that hands each connection to a function on a thread of its own.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Reads the request's head, then lets `answer` write. A peer that goes away ends it.
    pub(crate) fn start(
        answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(mut stream), answer) = (stream, Arc::clone(&answer)) else { continue };
                std::thread::spawn(move || {
                    let mut head = Vec::new();
                    let mut byte = [0];
                    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                        head.push(byte[0]);
                    }
                    let _peer_left = answer(&mut stream);
                });
            }
        });
        Self { address }
    }

    /// The same bytes for everyone, then the end.
    pub(crate) fn saying(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |stream| stream.write_all(&bytes))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

/// A port that is free on both loopback addresses, over TCP and UDP.
pub(crate) fn free_port() -> u16 {
    loop {
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = four.local_addr().unwrap().port();
        let six = TcpListener::bind((Ipv6Addr::LOCALHOST, port));
        let datagrams = UdpSocket::bind((Ipv4Addr::LOCALHOST, port));
        if six.is_ok() && datagrams.is_ok() {
            return port;
        }
    }
}

/// A program that is killed with the test.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) folder: TempDir,
}

impl Daemon {
    fn start(folder: TempDir, program: &str, arguments: &[&str], ready: impl Fn() -> bool) -> Self {
        let log = std::fs::File::create(folder.path().join("stderr")).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("`{program}` is one of the tests' packages: {error}"));
        let mut daemon = Self { child, folder };
        while !ready() {
            let said = || std::fs::read_to_string(daemon.folder.path().join("stderr")).unwrap();
            assert!(daemon.child.try_wait().unwrap().is_none(), "{program} ended: {}", said());
            std::thread::yield_now();
        }
        daemon
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // A program that is gone already needs no signal.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// nginx with these servers (the inside of its `http` block), ready once `port` accepts.
pub(crate) fn nginx(servers: &str, port: u16, write: impl FnOnce(&Path)) -> Daemon {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let at = folder.path().display();
    let configuration = format!(
        "daemon off; master_process off; pid {at}/pid; error_log {at}/error.log;
         events {{ worker_connections 64; }}
         http {{
           access_log off; client_body_temp_path {at}/a; proxy_temp_path {at}/b;
           fastcgi_temp_path {at}/c; uwsgi_temp_path {at}/d; scgi_temp_path {at}/e;
           {servers}
         }}"
    );
    let file = folder.path().join("nginx.conf");
    std::fs::write(&file, configuration).unwrap();
    let file = file.to_str().unwrap().to_owned();
    let prefix = folder.path().to_str().unwrap().to_owned();
    let ready = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
    Daemon::start(folder, "/usr/sbin/nginx", &["-p", &prefix, "-c", &file], ready)
}

/// What the name server of the tests knows.
const ZONE: &str = "
$TTL 60
@        SOA ns.test. admin.test. 1 60 60 60 60
         NS  ns
ns       A     127.0.0.1
cong     A     127.0.0.1
cong     AAAA  ::1
bon      A     127.0.0.1
bidanh   CNAME cong
trong    TXT   \"no address\"
nha      A     10.0.0.5
lai      A     127.0.0.1
lai      A     169.254.169.254
la       A     203.0.113.9
";

/// `named` with the zones `test.`, known whole, and `hong.`, which it cannot load.
pub(crate) fn named() -> (Daemon, SocketAddr) {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display();
    let port = free_port();
    std::fs::write(folder.path().join("test.zone"), ZONE).unwrap();
    let configuration = format!(
        "options {{ directory \"{at}\"; listen-on port {port} {{ 127.0.0.1; }};
           listen-on-v6 {{ none; }}; recursion no; pid-file none; session-keyfile none;
           dnssec-validation no; managed-keys-directory \"{at}\"; }};
         controls {{ }};
         zone \"test\" {{ type primary; file \"test.zone\"; }};
         zone \"hong\" {{ type primary; file \"missing.zone\"; }};"
    );
    let file = folder.path().join("named.conf");
    std::fs::write(&file, configuration).unwrap();
    let file = file.to_str().unwrap().to_owned();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let ready = || TcpStream::connect(address).is_ok();
    (Daemon::start(folder, "/usr/sbin/named", &["-g", "-n", "1", "-c", &file], ready), address)
}

/// A name server that takes every question and never answers.
pub(crate) fn deaf() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}
