//! A tree of another host on its way into a set: what a command writes is read as it passes, and
//! nothing of it lies anywhere between.
//!
//! The two sides are joined by a pair of sockets, which either can end for both: when the program
//! is given up, somebody whom nobody may kill can still hold its output, and whoever takes the
//! stream would wait for that one.

use std::io::{self, Read};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use crate::base::arrival::{Arrival, ArrivalKind};
use crate::base::fault::{AnyFault, chain};
use crate::base::progress::Silent;
use crate::config::settings::{Pull, Tree};
use crate::job::databases;
use crate::job::references::Files;
use crate::job::seal::Age;
use crate::job::site::{Layout, Site};
use crate::repository::chunk::Chunking;
use crate::repository::{Arrivals, RepositoryError, Seal, SetWriter, TreeSummary};
use crate::source::command;
use crate::source::error::SourceError;
use crate::source::tar::Archive;
use crate::world::files::FileError;
use crate::world::process::stream::StreamError;

/// Adds a tree that `pull` brings.
pub(super) fn add(
    site: &Site,
    writer: &SetWriter,
    tree: &Tree,
    pull: &Pull,
    listed: Option<&Arc<Files>>,
) -> Result<TreeSummary, AnyFault> {
    let settings = databases::pull(pull)?;
    let made = |error| FileError::io("make", "a pair of sockets".as_ref())(error);
    let (reader, sink) = UnixStream::pair().map_err(made)?;
    let end = sink.try_clone().map_err(made)?;
    let (place, source) = (Layout::tree(tree.role, &tree.name), tree.path.display().to_string());
    let (world, cancel) = (&site.world, &site.cancel);
    let (taken, poured) = std::thread::scope(|scope| {
        // Whatever comes of it, it lets go of its socket: the program is then told.
        let taking = scope.spawn(|| {
            let mut stream = Stream { archive: Archive::new(reader), listed };
            let age = tree.sealed.as_ref().map(Age::to);
            let seal = age.as_ref().map(|age| age as &dyn Seal);
            writer.add_arrivals(&place, &source, &mut stream, Chunking::Media, seal)
        });
        // Files and bytes are counted where they are taken.
        let poured = command::pull(&settings, world, cancel, &Silent, sink);
        // What was written before is still read. It fails only where the other side is gone.
        let _gone = end.shutdown(Shutdown::Both);
        (taking.join(), poured)
    });
    let taken = taken.unwrap_or(Err(RepositoryError::Bug("taking a stream panicked")));
    match (taken, poured) {
        (Ok(summary), Ok(())) => Ok(summary),
        // Who refuses a stream breaks it off, and then the program fails for that reason alone;
        // who is cut off sees the end, for a reason that only the program has.
        (Err(refused), Err(broken)) if is_broken_pipe(&broken) => Err(refused.into()),
        (_, Err(failed)) => Err(failed.into()),
        (Err(refused), Ok(())) => Err(refused.into()),
    }
}

fn is_broken_pipe(fault: &SourceError) -> bool {
    let SourceError::Command { source: StreamError::Ours { source, .. }, .. } = fault else {
        return false;
    };
    // Reset, where something was left unread.
    matches!(source.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

struct Stream<'a> {
    archive: Archive<UnixStream>,
    listed: Option<&'a Arc<Files>>,
}

impl Arrivals for Stream<'_> {
    fn next(&mut self) -> io::Result<Option<Arrival>> {
        let next = self.archive.next_entry().map_err(|error| io::Error::other(chain(&error)))?;
        // One that is refused later takes the whole tree with it.
        if let (Some(files), Some(arrival)) = (self.listed, &next)
            && matches!(arrival.kind, ArrivalKind::File(_) | ArrivalKind::Link(_))
        {
            files.see(&arrival.path);
        }
        Ok(next)
    }

    fn content(&mut self) -> &mut dyn Read {
        &mut self.archive
    }
}
