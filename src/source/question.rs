//! A question of the configuration: a query whose rows are paths of files.
//!
//! Answers are streamed, since a portal may name millions of files. The query reads and nothing
//! else: each engine holds it to that.

use std::io;

use jiff::Timestamp;

use crate::source::error::SourceError;

/// Takes the paths that a database names, one by one, in no order. Rows that hold NULL or nothing
/// are not shown.
pub type Each<'e> = dyn FnMut(&[u8]) -> io::Result<()> + 'e;

/// A query, who takes its answer, and what came of it.
pub struct Question<'a> {
    query: &'a str,
    each: &'a mut Each<'a>,
    /// Nothing where it was not put.
    pub answer: Option<Result<Asked, SourceError>>,
}

/// Of which state an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// No later commit is in it.
    pub instant: Timestamp,
    /// Whether the dump holds exactly that state.
    pub exact: bool,
}

impl<'a> Question<'a> {
    /// A question that has not been put yet.
    pub fn new(query: &'a str, each: &'a mut Each<'a>) -> Self {
        Self { query, each, answer: None }
    }

    /// Puts it by `ask`.
    pub(super) fn answered(
        &mut self,
        instant: Timestamp,
        exact: bool,
        ask: impl FnOnce(&str, &mut Each<'_>) -> Result<(), SourceError>,
    ) {
        let answer = ask(self.query, &mut *self.each);
        self.answer = Some(answer.map(|()| Asked { instant, exact }));
    }
}

/// Hands a path on.
pub(super) fn hand(each: &mut Each<'_>, path: &[u8]) -> Result<(), SourceError> {
    if path.is_empty() {
        return Ok(());
    }
    each(path).map_err(|error| SourceError::Paths { detail: error.to_string() })
}

/// Fails unless a row has one column.
pub(super) fn check_columns(count: usize) -> Result<(), SourceError> {
    if count == 1 {
        return Ok(());
    }
    Err(SourceError::Paths { detail: format!("its rows have {count} columns, not one") })
}
