//! What is kept of the transaction logs of servers.

use std::time::Duration;

/// What is kept of a write-ahead log: what the server brings or sends, in the repositories of the
/// portal's sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wal {
    /// Where a segment must be durable before the server hears that it is kept.
    pub durable_in: DurableIn,
    /// How it is received as the server writes it; where absent the server brings its segments.
    pub receive: Option<Receive>,
    /// The most of what was committed that may be kept nowhere yet, as time.
    pub rpo: Duration,
    /// The most of the log, in bytes, that may wait on the server to be kept.
    pub waiting: u64,
}

/// How a write-ahead log is received as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receive {
    /// The replication slot by which the server keeps what was not received.
    pub slot: String,
    /// How old a change may get before it is kept.
    pub every: Duration,
}

/// In how many repositories something must be durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurableIn {
    /// In every one.
    All,
    /// In one; the others get it by copy.
    One,
}

impl DurableIn {
    /// As they stand in the file.
    pub const WORDS: [(&'static str, Self); 2] = [("all", Self::All), ("one", Self::One)];
}
