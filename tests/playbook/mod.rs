//! Playbooks: approvals, plans, the fold of a run, the engine in a made-up world, and the records
//! they leave.

mod approval;
mod fakes;
mod fences;
mod folding;
mod gates;
mod golden;
mod laws;
mod making;
mod plans;
mod times;
