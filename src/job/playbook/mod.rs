//! Playbooks at work: what their actions do to the real world.

mod action;
mod command;
mod heard;
mod limit;
mod network;
mod nginx;
mod postgres;
pub mod restore;
pub mod snapshot;
