//! Sources against the real engines: nothing here is mocked.

pub(crate) mod mariadb;
mod postgres;
pub(crate) mod scratch;
mod sqlite;
mod watch;
