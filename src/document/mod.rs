//! Official documents: a model that knows no domain, and its rendering.
//!
//! A [`Document`] is laid out as Decree 30/2020/NĐ-CP, Annex I prescribes: paper, margins, national
//! name and motto, agencies, number and date, title, body, signatures, recipients. The modules that
//! have something to report build the model; [`pdf()`] and [`plain()`] render it in the reader's
//! language. Equal models, languages and times give equal bytes, so a digest of a PDF is evidence.
//!
//! Nothing is read from disk or network: template and fonts are part of the program.

mod block;
mod data;
mod error;
mod letter;
mod pdf;
mod plain;

mod text;

pub use block::{Align, Block, Chart, Column, Table};
pub use error::DocumentError;
pub use letter::{Document, Letterhead, Signature};
pub use pdf::pdf;
pub use plain::plain;

pub use text::Text;
