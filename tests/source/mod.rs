//! Sources against the real engines: nothing here is mocked.

mod collection;
mod command;
pub(crate) mod mariadb;
mod postgres;
mod recipes;
pub(crate) mod scratch;
mod sqlite;
mod ssh;
pub(crate) mod tar;
mod watch;
