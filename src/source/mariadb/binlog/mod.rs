//! The binary log of a MariaDB or MySQL server: received as it is written, and replayed up to an instant.
//!
//! A set knows where in the log it was taken. From there on the log holds every change, so that a
//! database can be brought to any moment between two sets. The maker's own program receives the
//! log and turns it into statements; what it has no answer to is decided here, by reading the
//! events themselves: whether a file follows on another without a hole, and before which
//! transaction to stop. Transactions are replayed whole or not at all.
//!
//! Deliberately missing: logs of MySQL before 8.0 and such as number no transactions, in which
//! nobody finds a hole.

pub mod event;
pub mod gtid;
pub mod lack;
pub mod look;
mod mysql;
pub mod progress;
pub mod receive;
pub mod replay;
mod server;
pub mod span;
pub mod state;
