//! Why a document could not be rendered. All of these are defects of duphong: data from outside
//! is made printable instead of being refused.

use crate::base::fault::{Args, Fault, FaultKind};

/// Why there is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Our own words hold a character that our font cannot show.
    #[error("the font has no glyph for `{character}` ({}) in `{text}`", code_point(*character))]
    Unprintable {
        /// The character.
        character: char,
        /// The text it stands in.
        text: String,
    },
    /// A row of a table has more or fewer cells than the table has columns.
    #[error("a row has {cells} cells in a table of {columns} columns")]
    Ragged {
        /// Cells of the row.
        cells: usize,
        /// Columns of the table.
        columns: usize,
    },
    /// More bytes than a QR code holds.
    #[error("{bytes} bytes do not fit into a QR code")]
    Code {
        /// How many there are.
        bytes: usize,
    },
    /// The typesetter refused the template or the result.
    #[error("failed to typeset the document: {diagnostics}")]
    Typeset {
        /// What it said, in English.
        diagnostics: String,
    },
    /// The sheets could not be put together.
    #[error("failed to write the sheets: {diagnostics}")]
    Sheet {
        /// What the writer said, in English.
        diagnostics: String,
    },
    /// The file to edit could not be put together.
    #[error("failed to pack the document: {diagnostics}")]
    Pack {
        /// What the packer said, in English.
        diagnostics: String,
    },
}

/// How Unicode names a character: `U+1F642`.
pub(super) fn code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

impl Fault for DocumentError {
    fn kind(&self) -> FaultKind {
        FaultKind::Bug
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unprintable { .. } => "document.unprintable",
            Self::Ragged { .. } => "document.ragged",
            Self::Code { .. } => "document.code",
            Self::Typeset { .. } => "document.typeset",
            Self::Pack { .. } => "document.pack",
            Self::Sheet { .. } => "document.sheet",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Unprintable { character, text } => {
                Args::none().text("codepoint", code_point(*character)).text("text", text)
            }
            Self::Ragged { cells, columns } => {
                Args::none().number("cells", *cells as u64).number("columns", *columns as u64)
            }
            Self::Code { bytes } => Args::none().number("bytes", *bytes as u64),
            Self::Typeset { diagnostics }
            | Self::Pack { diagnostics }
            | Self::Sheet { diagnostics } => Args::none().text("diagnostics", diagnostics),
        }
    }
}
