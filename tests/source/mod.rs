//! Sources against the real engines: nothing here is mocked.

mod command;
pub(crate) mod mariadb;
mod postgres;
pub(crate) mod production;
mod recipes;
pub(crate) mod scratch;
mod sqlite;
mod ssh;
pub(crate) mod tar;
mod watch;
mod wire;
