//! All integration tests, in one binary.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr, missing_docs)]

mod audit;
mod bench;
mod cli;
mod config;
mod daemon;
mod document;
mod drill;
mod failover;
mod incident;
mod job;
mod notice;
mod playbook;
mod probe;
mod repository;
mod scheduler;
mod source;
mod store;
mod text;
mod tidy;
mod world;
