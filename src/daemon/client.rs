//! Asking the daemon, for commands: one line there, one line back.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::daemon::fault::DaemonFault;
use crate::daemon::protocol::{Answer, Envelope, LINE_MAX, Request, VERSION};

/// Longer than the daemon takes to answer the slowest request.
const WAIT_MAX: Duration = Duration::from_secs(90);

/// Asks whoever listens at `socket`. That nobody does is [`DaemonFault::NotRunning`].
pub fn ask(socket: &Path, request: Request) -> Result<Answer, DaemonFault> {
    let no_answer = |detail: String| DaemonFault::NoAnswer { socket: socket.to_owned(), detail };
    let failed = |error: std::io::Error| no_answer(error.to_string());
    let mut stream = UnixStream::connect(socket).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            DaemonFault::NotRunning { socket: socket.to_owned() }
        }
        _ => failed(error),
    })?;
    stream.set_read_timeout(Some(WAIT_MAX)).map_err(failed)?;
    stream.set_write_timeout(Some(WAIT_MAX)).map_err(failed)?;
    let envelope = Envelope { v: VERSION, request };
    let mut line = serde_json::to_vec(&envelope).expect("a request is made of texts");
    line.push(b'\n');
    stream.write_all(&line).map_err(failed)?;
    let mut answer = Vec::new();
    BufReader::new(stream.take(LINE_MAX)).read_until(b'\n', &mut answer).map_err(failed)?;
    let answer: Answer =
        serde_json::from_slice(&answer).map_err(|error| no_answer(error.to_string()))?;
    if answer.v == VERSION { Ok(answer) } else { Err(no_answer(format!("version {}", answer.v))) }
}
