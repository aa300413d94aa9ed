//! The threads of a run, from start to end.

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};

use crate::repository::error::RepositoryError;
use crate::repository::pack::FinishedPack;
use crate::repository::write::engine::Engine;
use crate::repository::write::file::FileJob;
use crate::repository::write::target::Target;
use crate::repository::write::upload::upload;

/// Threads that read, compress and seal. Ends them when dropped, which must be before the
/// [`Uploaders`] end: they hand packs to those.
pub(super) struct Workers {
    files: Sender<Option<Vec<FileJob>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    pub(super) fn start(
        engine: &Arc<Engine>,
        jobs: &Receiver<Option<Vec<FileJob>>>,
    ) -> Result<Self, RepositoryError> {
        let mut workers = Self { files: engine.files.clone(), threads: Vec::new() };
        for _ in 0..engine.tuning.workers.max(1) {
            let (engine, jobs) = (Arc::clone(engine), jobs.clone());
            let smith = engine.smith()?;
            workers.threads.push(spawn("save", move || engine.work(smith, &jobs))?);
        }
        Ok(workers)
    }
}

impl Workers {
    /// Returns when every blob that was handed over is in a pack, or never will be. Nobody may be
    /// reading any more.
    pub(super) fn end(&mut self) {
        for _ in &self.threads {
            // A worker that is gone needs no telling.
            let _gone = self.files.send(None);
        }
        join(&mut self.threads);
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.end();
    }
}

/// Threads that store the packs of one target. Ends them when dropped.
pub(in crate::repository) struct Uploaders {
    target: Arc<Target>,
    threads: Vec<JoinHandle<()>>,
}

impl Uploaders {
    pub(in crate::repository) fn start(
        target: &Arc<Target>,
        packs: &Receiver<Option<FinishedPack>>,
        count: usize,
    ) -> Result<Self, RepositoryError> {
        let mut uploaders = Self { target: Arc::clone(target), threads: Vec::new() };
        for _ in 0..count {
            let (target, packs) = (Arc::clone(target), packs.clone());
            uploaders.threads.push(spawn("upload", move || upload(&target, &packs))?);
        }
        Ok(uploaders)
    }

    /// Returns when all that was handed over is stored, or will never be.
    pub(in crate::repository) fn end(&mut self) {
        for _ in &self.threads {
            self.target.packer.end_one();
        }
        join(&mut self.threads);
    }
}

impl Drop for Uploaders {
    fn drop(&mut self) {
        self.end();
    }
}

fn join(threads: &mut Vec<JoinHandle<()>>) {
    for thread in threads.drain(..) {
        // Panics of work are caught and told where it is done.
        let _ended = thread.join();
    }
}

fn spawn(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, RepositoryError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(RepositoryError::Thread)
}
