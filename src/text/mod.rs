//! Every word a person reads, in Vietnamese and English.
//!
//! Modules below speak in message ids (`base::fault::Message`, `base::fault::Fault`); this one
//! words them, and writes numbers, sizes, durations and instants as each language does. The
//! messages stand in `messages/<language>/<module>.ftl` (Fluent) and are part of the program:
//! tests hold both languages complete and equal in ids, values and attributes.
//!
//! It reads no file and no environment; the edge says which language and which time zone.

mod catalog;
mod format;
mod messages;

pub use crate::base::language::Language;
pub use catalog::Catalog;
pub use format::Format;
