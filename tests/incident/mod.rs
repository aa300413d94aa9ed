//! Incidents: rules, clocks, workflow and forms, from facts alone.

mod closing;
mod duties;
mod edges;
mod form;
mod golden;
mod kit;
mod properties;
mod rules;
