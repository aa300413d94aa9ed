//! The actions of playbooks: what a step does, and how it is looked at.

mod limit;
pub mod restore;
pub mod snapshot;
