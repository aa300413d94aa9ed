//! The threads of a run, from start to end.

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::Receiver;

use crate::repository::error::RepositoryError;
use crate::repository::pack::FinishedPack;
use crate::repository::write::engine::Engine;
use crate::repository::write::file::FileJob;
use crate::repository::write::upload::upload;

/// Ends the threads when dropped.
pub(super) struct Threads {
    engine: Arc<Engine>,
    workers: Vec<JoinHandle<()>>,
    uploaders: Vec<JoinHandle<()>>,
}

impl Threads {
    pub(super) fn new(engine: &Arc<Engine>) -> Self {
        Self { engine: Arc::clone(engine), workers: Vec::new(), uploaders: Vec::new() }
    }

    pub(super) fn start_uploaders(
        &mut self,
        packs: &Receiver<Option<FinishedPack>>,
    ) -> Result<(), RepositoryError> {
        for _ in 0..self.engine.tuning.uploads.max(1) {
            let (engine, packs) = (Arc::clone(&self.engine), packs.clone());
            self.uploaders.push(spawn("upload", move || upload(&engine, &packs))?);
        }
        Ok(())
    }

    pub(super) fn start_workers(
        &mut self,
        jobs: &Receiver<Option<FileJob>>,
    ) -> Result<(), RepositoryError> {
        for _ in 0..self.engine.tuning.workers.max(1) {
            let (engine, jobs) = (Arc::clone(&self.engine), jobs.clone());
            let smith = engine.smith()?;
            self.workers.push(spawn("save", move || engine.work(smith, &jobs))?);
        }
        Ok(())
    }

    fn end_workers(&mut self) {
        for _ in &self.workers {
            // A worker that is gone needs no telling.
            let _gone = self.engine.files.send(None);
        }
        join(&mut self.workers);
    }

    pub(super) fn end_uploaders(&mut self) {
        for _ in &self.uploaders {
            self.engine.packer.end_one();
        }
        join(&mut self.uploaders);
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // Workers first: they hand packs to the uploaders.
        self.end_workers();
        self.end_uploaders();
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
