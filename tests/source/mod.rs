//! Sources against the real engines: nothing here is mocked.

mod postgres;
mod scratch;
mod sqlite;
