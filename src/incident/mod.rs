//! Incidents under the law: rules as data, clocks, workflow, forms, filings. Pure.
//!
//! Code knows clocks, states, forms, recipients and filings; the law itself is in rule files with
//! articles and effective dates. Facts come in, duties and documents come out; the effects are in
//! `job`. A [`case`] is what the facts of one incident lead to, a [`duty`] what the rules make of
//! it at an instant.

pub mod case;
pub mod duty;
pub mod fact;
pub mod fault;
pub mod form;
mod plain;
pub mod recipient;
pub mod rule;
pub mod settings;
pub mod shipped;
