//! Probes: the network's every fault, seeded and found by name; verdicts, history; pages,
//! criteria, defacement.

pub(crate) mod certificates;
mod criteria;
mod deface;
mod door;
pub(crate) mod farm;
mod history;
mod hostile;
mod names;
mod page;
mod portals;
mod settling;
mod words;
