//! Sources against the real engines: nothing here is mocked.

mod postgres;
pub(crate) mod scratch;
mod sqlite;
mod watch;
