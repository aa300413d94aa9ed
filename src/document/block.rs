//! What the body of a document is made of.

use std::fmt;
use std::time::Duration;

use crate::document::text::Text;

/// One piece of the body, in reading order.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Heading of a section, numbered I, II, III by the layout.
    Section(Text),
    /// Heading within a section, numbered 1, 2, 3 by the layout.
    Subsection(Text),
    /// Running text.
    Paragraph(Text),
    /// The sentence that matters most, framed: a verdict, a conclusion.
    Statement(Text),
    /// Lines that each begin with a dash.
    List(Vec<Text>),
    /// Names and their values, two columns without a header.
    Facts(Vec<(Text, Text)>),
    /// Rows under a header that every page repeats.
    Table(Table),
    /// Intervals on a common axis of time.
    Chart(Chart),
    /// A remark in smaller type.
    Note(Text),
    /// Bytes for a camera.
    Code(Code),
    /// Lines that are typed as they stand, in letters of one width. They stay on one page.
    Commands(Vec<String>),
    /// Something to do, with a box to tick.
    Task(Text),
}

/// A QR code (ISO/IEC 18004, a quarter of it may be unreadable) and what it holds, in words.
#[derive(Clone, PartialEq)]
pub struct Code {
    pub(super) content: Vec<u8>,
    pub(super) description: Text,
}

impl Code {
    /// A code of this content; for those who cannot see it, the description stands in its place.
    pub fn new(content: impl Into<Vec<u8>>, description: impl Into<Text>) -> Self {
        Self { content: content.into(), description: description.into() }
    }
}

/// Without the content, which may be a secret.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("description", &self.description).finish_non_exhaustive()
    }
}

/// How the cells of a column stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Words: to the left.
    #[default]
    Left,
    /// Short marks: in the middle.
    Center,
    /// Figures: to the right.
    Right,
}

impl Align {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Center => "center",
            Self::Right => "right",
        }
    }
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub(super) title: Text,
    pub(super) align: Align,
    pub(super) share: u32,
}

impl Column {
    /// A column of words that takes one share of the width.
    pub fn new(title: impl Into<Text>) -> Self {
        Self { title: title.into(), align: Align::Left, share: 1 }
    }

    /// How its cells stand.
    #[must_use]
    pub fn align(mut self, align: Align) -> Self {
        self.align = align;
        self
    }

    /// Its share of the width, relative to the other columns'; at least 1.
    #[must_use]
    pub fn share(mut self, share: u32) -> Self {
        self.share = share.max(1);
        self
    }
}

/// Rows under a header.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Text>>,
}

impl Table {
    /// A table that has no rows yet.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row: as many cells as there are columns, or rendering fails.
    #[must_use]
    pub fn row(mut self, cells: impl IntoIterator<Item = Text>) -> Self {
        self.rows.push(cells.into_iter().collect());
        self
    }

    /// Adds rows.
    #[must_use]
    pub fn rows<R: IntoIterator<Item = Text>>(mut self, rows: impl IntoIterator<Item = R>) -> Self {
        self.rows.extend(rows.into_iter().map(|row| row.into_iter().collect()));
        self
    }
}

/// Intervals on a common axis that begins at zero; they may overlap and leave gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub(super) title: Text,
    pub(super) intervals: Vec<Interval>,
}

/// One bar of a chart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Interval {
    pub(super) label: Text,
    pub(super) start: Duration,
    pub(super) length: Duration,
}

impl Chart {
    /// A chart without bars; the title stands above it.
    pub fn new(title: impl Into<Text>) -> Self {
        Self { title: title.into(), intervals: Vec::new() }
    }

    /// Adds a bar below the others.
    #[must_use]
    pub fn interval(mut self, label: impl Into<Text>, start: Duration, length: Duration) -> Self {
        self.intervals.push(Interval { label: label.into(), start, length });
        self
    }

    /// Where the last bar ends.
    pub(super) fn end(&self) -> Duration {
        let ends = self.intervals.iter().map(|bar| bar.start.saturating_add(bar.length));
        ends.max().unwrap_or_default()
    }
}
