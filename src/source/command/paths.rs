//! What a command prints of the files that a database names: one path a line.
//!
//! A line ends with a line feed, before which a carriage return counts as part of the end; empty
//! lines are none, and the last one needs no end. A name with a line feed in it cannot be said so, and
//! stands as two that are not there: it is told as missing, never passed over. What is printed is
//! handed on as it comes, and only if the command ends with status 0 does it count.

use std::io::{self, Write};
use std::panic::resume_unwind;
use std::path::Path;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::base::cancel::Cancel;
use crate::base::command::{Command, paths_of};
use crate::base::progress::Silent;
use crate::source::command::{Settings, Work};
use crate::source::error::SourceError;
use crate::source::question::{Each, hand};
use crate::world::World;

/// All paths of fifty million files; what prints more is no list of uploads.
const PRINTED_MAX: u64 = 4 << 30;

/// Sixteen times the longest path that Linux opens: longer lines are no paths, and what prints them
/// is something else, or ends its paths otherwise.
const LINE_MAX: usize = 64 * 1024;

/// Pieces on the way: the program waits when nobody takes them.
const PIECES: usize = 4;

/// Runs the command that answers `question`, and hands on what it prints.
pub fn ask(
    settings: &Settings,
    question: &str,
    each: &mut Each<'_>,
    world: &World,
    cancel: &Cancel,
) -> Result<(), SourceError> {
    let own = settings.paths.iter().find(|(tree, _)| paths_of(tree) == question);
    let (_, command) = own.ok_or(SourceError::CommandLacks { command: "paths" })?;
    let (sink, pieces) = bounded(PIECES);
    let work = Work { settings, world, cancel, progress: &Silent };
    std::thread::scope(|scope| {
        let running = scope.spawn(|| run(&work, command, sink));
        let taken = take(pieces, each);
        let ran = running.join().unwrap_or_else(|panic| resume_unwind(panic));
        // Where we could not take it, the program was only told that nobody listens.
        taken.and(ran)
    })
}

fn run(work: &Work<'_>, command: &Command, sink: Sender<Vec<u8>>) -> Result<(), SourceError> {
    let process = work.process(command, Path::new(""));
    work.bounded("paths", None, None, |bounds| process.pour(bounds, Pieces(sink)).map(drop))
}

/// To whoever takes what is printed.
struct Pieces(Sender<Vec<u8>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.0.send(bytes.to_vec()).map_err(gone)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// By value: dropped at the end, it tells the program's side that nobody listens any more.
#[expect(clippy::needless_pass_by_value, reason = "whoever sends must see it dropped")]
fn take(pieces: Receiver<Vec<u8>>, each: &mut Each<'_>) -> Result<(), SourceError> {
    let mut lines = Lines::default();
    for piece in &pieces {
        lines.take(&piece, each)?;
    }
    lines.end(each)
}

/// Cuts what is printed into lines.
#[derive(Default)]
struct Lines {
    /// What has no end yet.
    rest: Vec<u8>,
    printed: u64,
}

impl Lines {
    fn take(&mut self, piece: &[u8], each: &mut Each<'_>) -> Result<(), SourceError> {
        let refuse = |detail: String| Err(SourceError::Paths { detail });
        self.printed = self.printed.saturating_add(piece.len() as u64);
        if self.printed > PRINTED_MAX {
            return refuse(format!("the command prints more than {PRINTED_MAX} bytes"));
        }
        for part in piece.split_inclusive(|&byte| byte == b'\n') {
            self.rest.extend_from_slice(part);
            if self.rest.len() > LINE_MAX {
                return refuse(format!("the command prints a line of more than {LINE_MAX} bytes"));
            }
            if part.ends_with(b"\n") {
                self.end(each)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, each: &mut Each<'_>) -> Result<(), SourceError> {
        let line = self.rest.strip_suffix(b"\n").unwrap_or(&self.rest);
        let handed = hand(each, line.strip_suffix(b"\r").unwrap_or(line));
        self.rest.clear();
        handed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of output that arrives in these pieces.
    fn read(pieces: &[&[u8]]) -> Result<Vec<String>, String> {
        let mut seen = Vec::new();
        let mut each = |path: &[u8]| {
            seen.push(String::from_utf8_lossy(path).into_owned());
            Ok(())
        };
        let mut lines = Lines::default();
        let taken = pieces.iter().try_for_each(|piece| lines.take(piece, &mut each));
        let taken = taken.and_then(|()| lines.end(&mut each));
        taken.map(|()| seen).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_line_is_a_path_however_it_arrives() {
        let whole = "a.jpg\r\n2026/ảnh 1.jpg\n\n\r\ncuối".as_bytes();
        let expected = ["a.jpg", "2026/ảnh 1.jpg", "cuối"];
        assert_eq!(read(&[whole]).unwrap(), expected);
        for at in 0..whole.len() {
            let (first, second) = whole.split_at(at);
            assert_eq!(read(&[first, second]).unwrap(), expected, "{at}");
        }
        assert_eq!(read(&[]).unwrap(), [""; 0]);
        assert_eq!(read(&[b"a\0b\n"]).unwrap(), ["a\0b"], "whoever compares refuses it");
    }

    #[test]
    fn what_is_no_list_of_paths_takes_no_memory() {
        let piece = [b'x'; 1024];
        let endless: Vec<&[u8]> = vec![&piece; LINE_MAX / 1024 + 1];
        assert!(read(&endless).unwrap_err().contains("65536"));
        let mut lines = Lines { printed: PRINTED_MAX, ..Lines::default() };
        assert!(lines.take(b"a", &mut |_| Ok(())).is_err());
    }

    #[test]
    fn who_takes_no_more_ends_the_program() {
        let (sender, pieces) = bounded(1);
        let full: &mut Each<'_> = &mut |_| Err(io::ErrorKind::StorageFull.into());
        sender.send(b"a\n".to_vec()).unwrap();
        assert!(take(pieces, full).is_err());
        assert!(Pieces(sender).write(b"b").is_err());
    }
}
