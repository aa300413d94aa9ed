//! One use case a file: the only place where the modules of the second floor meet.

pub mod audit;
mod compare;
mod databases;
pub mod deface;
pub mod drill;
pub mod evidence;
pub mod fault;
pub mod incident;
pub mod init;
pub mod key;
pub mod notice;
mod place;
pub mod playbook;
pub mod probe;
pub mod quickstart;
pub mod recover;
pub mod report;
pub mod restore;
pub mod sample;
pub mod scan;
pub mod sets;
pub mod site;
pub mod smoke;
pub mod snapshot;
pub mod status;
pub mod unrecorded;
pub mod verify;
