//! Incidents under the law: rules as data, clocks, workflow, forms, filings. Pure.
//!
//! Code knows clocks, states, forms, recipients and filings; the law itself is in rule files with
//! articles and effective dates. Facts come in, duties and documents come out; the effects are in
//! `job`.

pub mod settings;
