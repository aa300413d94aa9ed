//! Playbooks: procedures as data, and their execution as a saga that survives a crash.
//!
//! A playbook says what is done step by step, how each step is undone or why it cannot be, and
//! what must be seen before the next one ([`model`]). Together with its inputs and what was seen of
//! production it becomes a plan with a hash ([`plan`]); a person approves that hash with the own
//! key ([`approval`]). [`journal`] knows which facts may follow which, and nothing else decides
//! where a run stands; [`engine`] does what is next, through traits, so that `job` brings the
//! effects and the audit log.
//!
//! Deliberately not here: reading YAML (`config`), doing anything ([`port::Actions`]), writing the
//! log ([`port::Journal`]), and words for people.

pub mod action;
pub mod approval;
pub mod engine;
pub mod fact;
pub mod fault;
pub mod journal;
mod look;
pub mod model;
pub mod plan;
pub mod port;
pub mod settings;
pub mod sound;
pub mod value;
