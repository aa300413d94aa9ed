//! A pair of real PostgreSQL servers, and whole failovers between them by the shipped playbook.

mod drive;
mod farm;
mod faults;
mod kill;
mod node;
mod replication;
mod whole;
