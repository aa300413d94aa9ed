//! Segments of transaction logs, kept beside the sets: PostgreSQL's WAL and binary logs.
//!
//! A log must leave its server within seconds, long before the next set, while others read, write
//! or prune the repository. So its segments are objects of their own below `wal/`, which restic
//! passes over; they are written without a lock, no set names them, and prune never looks at them.
//! `docs/formats/log-segments.md` has the format.
//!
//! A file of a log is kept as one or more *pieces*, each one object. A file that grows gets a
//! further piece; what is there is never replaced, so every crash leaves what was there before. The
//! object is sealed with the repository's own key, and says inside the seal where it belongs: one
//! that was moved to another name does not open.
//!
//! A server forgets its segment once it hears that it is kept. So a piece is read back before that
//! is said, and whoever finds other bytes under the same name refuses: a log has one truth, and
//! two servers that write into one stream have none.
//!
//! Memory: a piece as it lies in the store, and plain; when read also those that overlap it.

mod copy;
mod fold;
mod keep;
mod name;
mod read;
mod seal;

pub use crate::repository::segment::copy::Lacking;
pub use crate::repository::segment::fold::{Folded, is_worth_folding};
pub use crate::repository::segment::keep::Kept;
pub use crate::repository::segment::name::{
    FILE_MAX, LINE_MAX, LogFile, LogStream, PREFIX, Piece, SYSTEM_MAX,
};
pub use crate::repository::segment::read::{LogListing, StoredPiece, reach};
pub use crate::repository::segment::seal::{open, seal};

pub(in crate::repository) use crate::repository::segment::read::{Reading, hole};

/// The most plain bytes of one piece. Larger files have several: a segment of PostgreSQL may have
/// 1 GiB, a binary log more, and a piece is held in memory twice.
pub const PIECE_MAX: u64 = 64 << 20;
