//! A server that speaks and understands nothing.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// A server that speaks, and says what nobody asked: raw answers for the client to choke on.
pub(crate) struct Parrot {
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Parrot {
    /// Answers everything with these bytes and hangs up.
    pub(crate) fn saying(bytes: &'static [u8]) -> Self {
        Self::in_turn(vec![bytes])
    }

    /// Answers the first request with the first of these, and after the last begins anew.
    pub(crate) fn in_turn(answers: Vec<&'static [u8]>) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            let mut answers = answers.into_iter().cycle();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(parrot(stream, answers.next().unwrap()));
            }
        });
        Self { address, runtime: Some(runtime) }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }
}

impl Drop for Parrot {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn parrot(mut stream: TcpStream, bytes: &'static [u8]) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut read = [0; 16 * 1024];
    let _heard = stream.read(&mut read).await;
    let _said = stream.write_all(bytes).await;
    let _left = stream.shutdown().await;
    // What is still being said is heard: a connection that ends before breaks the answer off.
    let _rest = stream.read_to_end(&mut Vec::new()).await;
}
