//! Playbooks: approvals, the fold of a run, the engine in a made-up world, and the records they leave.
//! Playbooks: the fold of a run, the engine in a made-up world, the records
//! they leave, and the signatures that count as approvals.

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
