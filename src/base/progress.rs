//! How far a long piece of work has come, told to whoever watches.

/// A watcher of progress. Calls are cheap and come from several threads.
pub trait Progress: Send + Sync {
    /// A new phase begins; `phase` is a message id such as `phase-read`.
    fn phase(&self, phase: &'static str);

    /// What the phase will handle in all, as far as known now; may grow.
    fn total(&self, items: u64, bytes: u64);

    /// Some of it is done.
    fn advance(&self, items: u64, bytes: u64);
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _phase: &'static str) {}
    fn total(&self, _items: u64, _bytes: u64) {}
    fn advance(&self, _items: u64, _bytes: u64) {}
}
