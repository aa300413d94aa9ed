//! Probes: pages, criteria, defacement.

mod page;
