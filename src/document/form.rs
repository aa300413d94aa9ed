//! A form that others have designed: their labels in their order, filled in or left open.
//!
//! Unlike a [`Document`](crate::document::Document), whose layout a decree prescribes, a form is
//! reproduced: every label is printed whether or not its field has a value, and a field without
//! one keeps the dots or the pattern that the pen would fill. What belongs into a field, and what
//! may be missing, is known to whoever builds the form, not here.

use crate::document::text::Text;

/// A form, from its corner to its notes.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    pub(super) corner: Vec<Text>,
    pub(super) title: Text,
    pub(super) author: Text,
    pub(super) mark: Option<Text>,
    pub(super) parts: Vec<Part>,
}

impl Form {
    /// An empty form with its title, set in bold in the middle, and who fills it in, which stands
    /// in the file but not on the paper.
    pub fn new(title: impl Into<Text>, author: impl Into<Text>) -> Self {
        Self {
            corner: Vec::new(),
            title: title.into(),
            author: author.into(),
            mark: None,
            parts: Vec::new(),
        }
    }

    /// Adds a line to the box in the upper right corner; the first one is bold.
    #[must_use]
    pub fn corner(mut self, line: impl Into<Text>) -> Self {
        self.corner.push(line.into());
        self
    }

    /// Words across and above every page, such as `Dự thảo`; set in capitals.
    #[must_use]
    pub fn mark(mut self, mark: impl Into<Text>) -> Self {
        self.mark = Some(mark.into());
        self
    }

    /// Adds the next part.
    #[must_use]
    pub fn part(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }
}

/// One piece of a form, from margin to margin.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// The bold heading of a group of fields, with what stands beside it in plain letters.
    Group(Group),
    /// Fields beside each other on one line, behind a bullet.
    Line(Vec<Field>),
    /// A table with frames around its cells.
    Table(Vec<Row>),
    /// Boxes to tick that belong to the heading above.
    Choice(Choice),
    /// Where the form is signed, on the right.
    Signature(Signed),
    /// Small print at the end: its heading, and its numbered notes as they are printed.
    Notes(Text, Vec<Text>),
}

/// The heading of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub(super) title: Text,
    pub(super) value: Option<Value>,
    pub(super) remark: Option<Text>,
}

impl Group {
    /// A heading.
    pub fn new(title: impl Into<Text>) -> Self {
        Self { title: title.into(), value: None, remark: None }
    }

    /// What is filled in right behind the heading.
    #[must_use]
    pub fn value(mut self, value: Value) -> Self {
        self.value = Some(value);
        self
    }

    /// An explanation, in italics, behind it.
    #[must_use]
    pub fn remark(mut self, remark: impl Into<Text>) -> Self {
        self.remark = Some(remark.into());
        self
    }
}

impl From<Group> for Part {
    fn from(group: Group) -> Self {
        Self::Group(group)
    }
}

/// A label and what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub(super) label: Text,
    pub(super) remark: Option<Text>,
    pub(super) value: Value,
}

impl Field {
    /// A label with its value.
    pub fn new(label: impl Into<Text>, value: Value) -> Self {
        Self { label: label.into(), remark: None, value }
    }

    /// An explanation, in italics, behind the label.
    #[must_use]
    pub fn remark(mut self, remark: impl Into<Text>) -> Self {
        self.remark = Some(remark.into());
        self
    }
}

/// What stands in a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing yet: dots for the pen.
    Blank,
    /// Nothing yet: the form's own pattern or instruction stands there, such as `…/…/…`.
    Pattern(Text),
    /// Its paragraphs; at least one.
    Filled(Vec<Text>),
    /// Boxes to tick.
    Choice(Choice),
}

impl Value {
    /// One paragraph.
    pub fn text(text: impl Into<Text>) -> Self {
        Self::Filled(vec![text.into()])
    }
}

/// Boxes to tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub(super) options: Vec<Tick>,
    pub(super) stacked: bool,
}

impl Choice {
    /// Boxes that follow each other as words do; one with room for words has a line of its own.
    pub fn new(options: impl IntoIterator<Item = Tick>) -> Self {
        Self { options: options.into_iter().collect(), stacked: false }
    }

    /// Gives every box a line of its own.
    #[must_use]
    pub fn stacked(mut self) -> Self {
        self.stacked = true;
        self
    }
}

/// One box with its label.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    pub(super) label: Text,
    pub(super) ticked: bool,
    pub(super) words: Words,
}

/// Room for words behind a box.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Words {
    None,
    Blank,
    Filled(Text),
}

impl Tick {
    /// A box, ticked or not.
    pub fn new(label: impl Into<Text>, ticked: bool) -> Self {
        Self { label: label.into(), ticked, words: Words::None }
    }

    /// Adds room for words of one's own, with the words where there are any.
    #[must_use]
    pub fn words(mut self, words: Option<Text>) -> Self {
        self.words = words.map_or(Words::Blank, Words::Filled);
        self
    }
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// The label on the left, the value on the right.
    Pair(Field),
    /// Both in one cell over the whole width, the label in bold: for long texts, which may run
    /// over to the next page.
    Whole(Field),
}

/// Where a form is signed.
#[derive(Clone, Debug, PartialEq)]
pub struct Signed {
    pub(super) capacity: Text,
    pub(super) hint: Text,
    pub(super) name: Option<Text>,
}

impl Signed {
    /// In which capacity, and what the hand is to add.
    pub fn new(capacity: impl Into<Text>, hint: impl Into<Text>) -> Self {
        Self { capacity: capacity.into(), hint: hint.into(), name: None }
    }

    /// The name of who signs, under the room for it.
    #[must_use]
    pub fn name(mut self, name: impl Into<Text>) -> Self {
        self.name = Some(name.into());
        self
    }
}
