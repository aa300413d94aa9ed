//! Notices and the doors they leave by: a real mail server, hostile ones, a web server.

pub(crate) mod certificate;
mod hostile;
mod mail;
mod policy;
pub(crate) mod server;
mod telling;
mod web;
