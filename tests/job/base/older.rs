//! A way to a server that makes it look like one before version 15: its number is lower, it takes the
//! options of replication commands without parentheses only, and each part of a base is a stream of
//! its own, in which an archive has no end mark.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};

/// What such servers leave out at the end of an archive.
const END_MARK: usize = 1024;

/// The port of the way to the server at `port` of this machine.
pub(super) fn older(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
            let (up, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || ended(&to, requests(&up, &to)));
            std::thread::spawn(move || {
                let told = Answers::default().all(&server, &client);
                ended(&client, told);
                ended(&server, Ok(()));
            });
        }
    });
    own
}

fn ended(stream: &TcpStream, _why: io::Result<()>) {
    let _gone = stream.shutdown(Shutdown::Both);
}

fn exactly(mut from: &TcpStream, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The body of a message, whose length counts itself.
fn body(from: &TcpStream) -> io::Result<Vec<u8>> {
    let length = u32::from_be_bytes(exactly(from, 4)?.try_into().unwrap());
    exactly(from, length as usize - 4)
}

fn message(mut to: &TcpStream, tag: &[u8], body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    to.write_all(&[tag, &length, body].concat())
}

/// What the client asks: old words become new ones, and new ones are no words.
fn requests(client: &TcpStream, server: &TcpStream) -> io::Result<()> {
    // The first message has no tag.
    message(server, b"", &body(client)?)?;
    loop {
        let tag = exactly(client, 1)?;
        let mut asked = body(client)?;
        let text = String::from_utf8_lossy(&asked).into_owned();
        if tag == b"Q" && text.starts_with("BASE_BACKUP") {
            let old = "BASE_BACKUP LABEL 'duphong' FAST WAL NOWAIT MANIFEST 'yes' \
                MANIFEST_CHECKSUMS 'SHA256'\0";
            let new = "BASE_BACKUP (LABEL 'duphong', CHECKPOINT 'fast', WAL true, WAIT false, \
                MANIFEST 'yes', MANIFEST_CHECKSUMS 'SHA256')\0";
            asked = if text == old { new } else { "NO SUCH COMMAND\0" }.into();
        } else if tag == b"Q" && text.starts_with("CREATE_REPLICATION_SLOT") {
            assert!(text.ends_with(" TEMPORARY PHYSICAL RESERVE_WAL\0"), "{text}");
        }
        message(server, &tag, &asked)?;
    }
}

/// What the server answers.
#[derive(Default)]
struct Answers {
    /// The message that began the data of a base.
    begun: Option<Vec<u8>>,
    /// The part that is sent: whether it is an archive, and what may be its end mark.
    part: Option<(bool, Vec<u8>)>,
}

impl Answers {
    fn all(mut self, server: &TcpStream, client: &TcpStream) -> io::Result<()> {
        loop {
            let tag = exactly(server, 1)?;
            let body = body(server)?;
            match (&tag[..], self.begun.is_some()) {
                (b"H", _) => self.begun = Some(body),
                (b"d", true) => self.data(&body, client)?,
                (b"c", true) => {
                    self.end_part(client)?;
                    self.begun = None;
                }
                (b"D", false) => message(client, b"D", &lower(body))?,
                _ => message(client, &tag, &body)?,
            }
        }
    }

    fn data(&mut self, body: &[u8], client: &TcpStream) -> io::Result<()> {
        match (body[0], &mut self.part) {
            (b'd', Some((is_archive, held))) => {
                held.extend_from_slice(&body[1..]);
                let keep = if *is_archive { END_MARK } else { 0 };
                let ready = held.len().saturating_sub(keep);
                if ready > 0 {
                    message(client, b"d", &held[..ready])?;
                    held.drain(..ready);
                }
                Ok(())
            }
            (b'n' | b'm', _) => {
                self.end_part(client)?;
                self.part = Some((body[0] == b'n', Vec::new()));
                message(client, b"H", self.begun.as_ref().unwrap())
            }
            _ => Ok(()),
        }
    }

    fn end_part(&mut self, client: &TcpStream) -> io::Result<()> {
        let Some((is_archive, held)) = self.part.take() else { return Ok(()) };
        let left = if is_archive { END_MARK } else { 0 };
        assert_eq!(held, vec![0; left], "an archive ends with its end mark");
        message(client, b"c", b"")
    }
}

/// A row whose only value is the server's number, with that of version 14.
fn lower(mut row: Vec<u8>) -> Vec<u8> {
    let is_number = row.len() == 12 && row[6..].iter().all(u8::is_ascii_digit);
    if is_number && row[..6] == [0, 1, 0, 0, 0, 6] {
        row[6..8].copy_from_slice(b"14");
    }
    row
}
