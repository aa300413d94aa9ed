//! The program as a person and a script meet it: words, JSON, exit codes.
//!
//! Every test runs the real binary with an environment of its own: no variable of the developer,
//! no configuration of the machine.

mod answers;
mod auditor;
mod backup_report;
mod copy;
mod coverage;
mod finding;
mod forecast;
mod form;
mod incident;
mod installation;
mod key;
mod key_sheet;
mod kit;
mod language;
mod playbook;
mod probe;
mod repair;
mod retention;
mod runbook;
mod sealed;
mod signals;
mod stats;
mod unlock;
mod usage;
mod verify;
