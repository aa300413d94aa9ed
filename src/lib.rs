//! duphong: keeps government portals alive and recoverable, and proves it.
//!
//! The floors, from the ground up: `base`; `world`, `store`, `audit`, `text`, `document`, `seal`;
//! `repository`, `source`, `drill`, `probe`, `incident`, `playbook`, `notice`; `view`, `scheduler`,
//! `job`, `config`; `daemon`, `cli`. Imports go down only: `tests/tidy.rs` holds the table,
//! `docs/ARCHITECTURE.md` the reasons.

pub mod audit;
pub mod base;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod document;
pub mod drill;
pub mod incident;
pub mod job;
pub mod notice;
pub mod playbook;
pub mod probe;
pub mod repository;
pub mod scheduler;
pub mod seal;
pub mod source;
pub mod store;
pub mod text;
pub mod view;
pub mod world;
