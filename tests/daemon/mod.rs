//! The daemon as its own process: started, asked, broken, killed.

mod anchor;
mod binlog;
mod changes;
mod control;
mod full;
mod kit;
mod life;
#[cfg(feature = "mysql-tests")]
mod mysql;
mod reload;
mod soak;
mod stream;
mod systemd;
mod visitors;
mod wal;
mod watching;
