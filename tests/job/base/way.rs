//! A way to a server on which something happens to what the server sends, once, at a given byte of
//! the first connection that carries so much.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// What happens to the bytes from there on.
type Deed = Box<dyn FnOnce(&mut [u8]) + Send>;

pub(super) struct Way {
    port: u16,
    cuts: Arc<AtomicBool>,
}

impl Way {
    /// To the server at a port of this machine.
    pub(super) fn to(server: u16, at: u64, deed: impl FnOnce(&mut [u8]) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let cuts = Arc::new(AtomicBool::new(false));
        let deed: Arc<Mutex<Option<Deed>>> = Arc::new(Mutex::new(Some(Box::new(deed))));
        let cut = cuts.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let (deed, cut) = (deed.clone(), cut.clone());
                let (mut up, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ended = std::io::copy(&mut up, &mut to);
                    let _gone = to.shutdown(Shutdown::Both);
                });
                std::thread::spawn(move || down(server, client, at, &deed, &cut));
            }
        });
        Self { port, cuts }
    }

    /// The connection ends there as well.
    pub(super) fn cutting(self) -> Self {
        self.cuts.store(true, Ordering::Release);
        self
    }

    pub(super) fn dsn(&self) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname=postgres", self.port)
    }
}

fn down(
    mut server: TcpStream,
    mut client: TcpStream,
    at: u64,
    deed: &Mutex<Option<Deed>>,
    cut: &AtomicBool,
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut passed = 0;
    while let Ok(count @ 1..) = server.read(&mut buffer) {
        if passed <= at && at < passed + count as u64 {
            let from = usize::try_from(at - passed).unwrap();
            if let Some(deed) = deed.lock().unwrap().take() {
                deed(&mut buffer[from..count]);
                if cut.load(Ordering::Acquire) {
                    break;
                }
            }
        }
        passed += count as u64;
        if client.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _gone = client.shutdown(Shutdown::Both);
    let _too = server.shutdown(Shutdown::Both);
}
