//! Sources against the real engines: nothing here is mocked.

mod command;
mod postgres;
pub(crate) mod scratch;
mod sqlite;
mod ssh;
pub(crate) mod tar;
