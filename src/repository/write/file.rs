//! Saving one file: open, read, look again whether it stood still.
//!
//! What is recorded of a file is what was read: its size is the number of bytes stored, its times
//! are those from before the read. A file that changes while it is read is read again; if it does
//! not come to rest, its last read is kept and the set says so. A file that cannot be read to its
//! end is left out and the set says so.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, openat};

use crate::repository::chunk::Chunking;
use crate::repository::error::RepositoryError;
use crate::repository::tree::Node;
use crate::repository::write::changes::Sample;
use crate::repository::write::content::{Content, Whole};
use crate::repository::write::counters::Change;
use crate::repository::write::engine::{Engine, Interrupted, Reader, guard};
use crate::repository::write::folder::Folder;
use crate::repository::write::metadata::{attributes, node};
use crate::repository::write::seal::{Counted, Seal};
use crate::repository::write::smith::Smith;

/// A file that changes during so many reads is not going to stand still: a log, most often.
const READS_MAX: u32 = 3;

/// Larger files are read once: reading a growing log of many gigabytes again and again would take
/// the night and end the same way.
const READ_AGAIN_MAX: u64 = 256 << 20;

/// A file may grow so much while it is read; the rest is for the next set. Without an end one that
/// grows as fast as we read would never be done.
const GROWTH_MAX: u64 = 16 << 20;

/// A file to save.
pub(super) struct FileJob {
    /// Expects the file as a child.
    pub(super) folder: Arc<Folder>,
    pub(super) name: Vec<u8>,
    /// What it is called in the set.
    pub(super) stored_name: Vec<u8>,
    /// What makes it unreadable for us.
    pub(super) seal: Option<Arc<dyn Seal>>,
    /// New or changed, for the figures.
    pub(super) change: Change,
}

/// A file that was read and whose blobs may still be on their way.
struct Reading {
    content: Arc<Content>,
    node: Node,
    /// Bytes of the file itself.
    plain: u64,
    is_noise: bool,
}

/// What a set says of a file that changed under each reading, and of which it keeps the last.
/// Sets that are there already say it so: whoever words it anew no longer knows it of them.
pub const UNSTEADY: &str = "it changed while it was read; what the last read gave is kept";

/// What one read of a file gave.
struct Once {
    /// Of the file itself.
    plain: u64,
    /// Of what it became: the same unless it is sealed.
    stored: u64,
    after: Stat,
    is_noise: bool,
}

/// Saves a file and completes it in its folder, whatever happens.
pub(super) fn save(engine: &Engine, smith: &mut Smith, job: FileJob) {
    let read = if engine.has_failed() {
        None
    } else {
        engine.note(guard(|| read(engine, smith, &job))).flatten()
    };
    let FileJob { folder, change, seal, .. } = job;
    let Some(Reading { content, node, plain, is_noise }) = read else {
        return folder.complete(engine, smith, None);
    };
    folder.run.count(node.size, plain, || folder.path_of(&node.name));
    if seal.is_some() {
        folder.run.sealed_bytes.fetch_add(node.size, Ordering::Relaxed);
    }
    engine.counters.count_file(change, node.size);
    engine.progress.advance(1, 0);
    content.close(engine, smith, Some(Whole::File { folder, node: Box::new(node), is_noise }));
}

/// `None` if the file was skipped; the run has a note of it then.
fn read(
    engine: &Engine,
    smith: &mut Smith,
    job: &FileJob,
) -> Result<Option<Reading>, RepositoryError> {
    let FileJob { folder, name, .. } = job;
    let skip = |reason: &dyn std::fmt::Display| folder.run.skip(&folder.path_of(name), reason);
    let (mut file, mut before) = match open(folder, name) {
        Ok(opened) => opened,
        Err(error) => {
            skip(&error);
            return Ok(None);
        }
    };
    for attempt in 1.. {
        let content = Content::new(job.seal.is_some());
        let Once { plain, stored, after, is_noise } =
            match once(engine, smith, job, &mut file, &before, &content) {
                Ok(read) => read,
                Err(interrupted) => {
                    content.close(engine, smith, None);
                    let Interrupted::Source(error) = interrupted else { return interrupted.run() };
                    skip(&error);
                    return Ok(None);
                }
            };
        let still = stood_still(&before, &after) && i64::try_from(plain) == Ok(after.st_size);
        if still || attempt == READS_MAX || plain > READ_AGAIN_MAX {
            if !still {
                skip(&UNSTEADY);
            }
            let (attributes, unreadable) = attributes(&file);
            for reason in unreadable {
                skip(&reason);
            }
            let node = node(&engine.accounts, &job.stored_name, &before);
            let mut node = Node { size: stored, attributes, ..node };
            if job.seal.is_some() {
                // Each name is sealed by itself: what would be linked is not one stream.
                (node.links, node.device_id) = (1, 0);
            }
            return Ok(Some(Reading { content, node, plain, is_noise }));
        }
        content.close(engine, smith, None);
        if let Err(error) = file.rewind() {
            skip(&error);
            return Ok(None);
        }
        before = after;
    }
    Ok(None)
}

impl Interrupted {
    /// The failure of the run, for those who have dealt with the source's.
    fn run<T>(self) -> Result<Option<T>, RepositoryError> {
        match self {
            Self::Run(error) => Err(error),
            Self::Source(_) => Ok(None),
        }
    }
}

fn open(folder: &Folder, name: &[u8]) -> io::Result<(File, Stat)> {
    // Not blocking: what was a file a moment ago may be a pipe now.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(&folder.dir, name, flags, Mode::empty())?;
    let stat = fstat(&file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("it is not a regular file any more"));
    }
    Ok((file.into(), stat))
}

/// Reads the file once, from where it stands, which is its start.
fn once(
    engine: &Engine,
    smith: &mut Smith,
    job: &FileJob,
    file: &mut File,
    before: &Stat,
    content: &Arc<Content>,
) -> Result<Once, Interrupted> {
    let limit = u64::try_from(before.st_size).unwrap_or(0).saturating_add(GROWTH_MAX);
    let run = &job.folder.run;
    // Whether it is noise is asked of the file itself: sealed, everything is.
    let mut source = Sample::of(file.by_ref().take(limit));
    let mut plain = Counted::new(&mut source);
    let stored = match &job.seal {
        None => engine.feed(smith, Reader::Worker, &mut plain, &run.cuts, content)?,
        Some(seal) => {
            let cuts = Chunking::Sealed.cuts();
            let mut sealed = seal.seal(&mut plain).map_err(Interrupted::Source)?;
            engine.feed(smith, Reader::Worker, &mut *sealed, &cuts, content)?
        }
    };
    let plain = plain.bytes;
    // Without a parent set nobody asks.
    let is_noise = run.changes.is_compared() && source.is_noise();
    engine.counters.count_read(plain);
    let after = fstat(&*file).map_err(|error| Interrupted::Source(error.into()))?;
    Ok(Once { plain, stored, after, is_noise })
}

fn stood_still(before: &Stat, after: &Stat) -> bool {
    let times =
        |stat: &Stat| (stat.st_mtime, stat.st_mtime_nsec, stat.st_ctime, stat.st_ctime_nsec);
    before.st_size == after.st_size && times(before) == times(after)
}
