//! Official documents: a model that knows no domain, and its rendering.
//!
//! A [`Document`] is laid out as Decree 30/2020/NĐ-CP, Annex I prescribes: paper, margins, national
//! name and motto, agencies, number and date, title, body, signatures, recipients. The modules that
//! have something to report build the model; [`pdf()`], [`docx()`] and [`plain()`] render it in the
//! reader's language. A [`Form`] is a page that others have designed, with fields to fill in; [`form_pdf`]
//! prints it, [`form_docx`] writes it as a file to edit. A [`Sheet`] is a table for programs that
//! reckon, as [`csv`] or [`xlsx()`]. Equal models, languages and times give
//! equal bytes, so a digest of a file is evidence.
//!
//! Nothing is read from disk or network: template and fonts are part of the program.

mod block;
mod data;
mod docx;
mod docx_blocks;
mod docx_parts;
mod error;
mod form;
mod form_data;
mod letter;
mod letter_docx;
mod pdf;
mod plain;
mod qr;
mod sheet;
mod text;
mod xlsx;

pub use block::{Align, Block, Chart, Code, Column, Table};
pub use docx::form_docx;
pub use error::DocumentError;
pub use form::{Choice, Field, Form, Group, Part, Row, Signed, Tick, Value};
pub use letter::{Document, Letterhead, Signature};
pub use letter_docx::docx;
pub use pdf::{form_pdf, pdf};
pub use plain::plain;
pub use sheet::{Cell, Sheet, csv};
pub use text::Text;
pub use xlsx::xlsx;
