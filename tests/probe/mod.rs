//! Probes: pages, criteria, defacement.

mod deface;
mod page;
