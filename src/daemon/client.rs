//! Asking the daemon, for commands: one line there, one line back.

use std::io::{BufRead as _, BufReader, ErrorKind, Read, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::daemon::fault::DaemonFault;
use crate::daemon::protocol::{Answer, Bring, Envelope, LINE_MAX, Request, VERSION};

/// Longer than the daemon takes to answer the slowest request.
const WAIT_MAX: Duration = Duration::from_secs(90);

/// A segment is sealed, sent to every repository and read back before the answer comes, over lines
/// of a few megabits too.
const KEEP_MAX: Duration = Duration::from_mins(15);

/// Hands a file of a log to whoever listens at `socket`: the line, then the bytes of `from`. That
/// nobody listens is [`DaemonFault::NotRunning`].
pub fn bring(socket: &Path, bring: &Bring, from: &mut dyn Read) -> Result<Answer, DaemonFault> {
    let no_answer = |detail: String| DaemonFault::NoAnswer { socket: socket.to_owned(), detail };
    let failed = |error: std::io::Error| no_answer(error.to_string());
    let mut stream = connect(socket)?;
    stream.set_read_timeout(Some(KEEP_MAX)).map_err(failed)?;
    stream.set_write_timeout(Some(KEEP_MAX)).map_err(failed)?;
    let mut line = serde_json::to_vec(bring).expect("a request is made of texts");
    line.push(b'\n');
    let sent = stream
        .write_all(&line)
        .and_then(|()| std::io::copy(&mut from.take(bring.length), &mut stream));
    // Whoever refuses may answer before it has read everything: the answer is what counts.
    let answer = answer(stream, socket);
    match (sent, answer) {
        (_, Ok(answer)) => Ok(answer),
        (Err(error), Err(_)) => Err(failed(error)),
        (Ok(_), Err(fault)) => Err(fault),
    }
}

/// Asks whoever listens at `socket`. That nobody does is [`DaemonFault::NotRunning`].
pub fn ask(socket: &Path, request: Request) -> Result<Answer, DaemonFault> {
    let no_answer = |detail: String| DaemonFault::NoAnswer { socket: socket.to_owned(), detail };
    let failed = |error: std::io::Error| no_answer(error.to_string());
    let mut stream = connect(socket)?;
    stream.set_read_timeout(Some(WAIT_MAX)).map_err(failed)?;
    stream.set_write_timeout(Some(WAIT_MAX)).map_err(failed)?;
    let envelope = Envelope { v: VERSION, request };
    let mut line = serde_json::to_vec(&envelope).expect("a request is made of texts");
    line.push(b'\n');
    stream.write_all(&line).map_err(failed)?;
    answer(stream, socket)
}

fn connect(socket: &Path) -> Result<UnixStream, DaemonFault> {
    UnixStream::connect(socket).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            DaemonFault::NotRunning { socket: socket.to_owned() }
        }
        _ => DaemonFault::NoAnswer { socket: socket.to_owned(), detail: error.to_string() },
    })
}

fn answer(stream: UnixStream, socket: &Path) -> Result<Answer, DaemonFault> {
    let no_answer = |detail: String| DaemonFault::NoAnswer { socket: socket.to_owned(), detail };
    let mut answer = Vec::new();
    let read = BufReader::new(stream.take(LINE_MAX)).read_until(b'\n', &mut answer);
    read.map_err(|error| no_answer(error.to_string()))?;
    let answer: Answer =
        serde_json::from_slice(&answer).map_err(|error| no_answer(error.to_string()))?;
    if answer.v == VERSION { Ok(answer) } else { Err(no_answer(format!("version {}", answer.v))) }
}
