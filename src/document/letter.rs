//! The frame of an official document, by the elements of Decree 30/2020/NĐ-CP, Annex I.
//!
//! Fields the builder does not set stay open for the pen (number, date, names of signatories) or
//! are left out (superior agency, legal bases, addressees, recipients).

use jiff::Timestamp;

use crate::document::block::{Block, Chart, Code, Table};
use crate::document::text::Text;

/// Who issues the document, under which number, where and when (elements 2, 3, 4).
#[derive(Clone, Debug, PartialEq)]
pub struct Letterhead {
    pub(super) superior: Option<Text>,
    pub(super) agency: Text,
    pub(super) number: Option<u32>,
    pub(super) symbol: Option<Text>,
    pub(super) place: Text,
    pub(super) date: Option<Timestamp>,
}

impl Letterhead {
    /// An agency and the place where it sits.
    pub fn new(agency: impl Into<Text>, place: impl Into<Text>) -> Self {
        Self {
            superior: None,
            agency: agency.into(),
            number: None,
            symbol: None,
            place: place.into(),
            date: None,
        }
    }

    /// The agency directly above the issuing one.
    #[must_use]
    pub fn superior(mut self, superior: impl Into<Text>) -> Self {
        self.superior = Some(superior.into());
        self
    }

    /// The symbol that follows the number, such as `BB-TTCNTT`. Without one there is no line for
    /// the number at all.
    #[must_use]
    pub fn symbol(mut self, symbol: impl Into<Text>) -> Self {
        self.symbol = Some(symbol.into());
        self
    }

    /// The number in the agency's register; left blank until the clerk gives one.
    #[must_use]
    pub fn number(mut self, number: u32) -> Self {
        self.number = Some(number);
        self
    }

    /// The day of signing; left blank until it is known.
    #[must_use]
    pub fn date(mut self, date: Timestamp) -> Self {
        self.date = Some(date);
        self
    }
}

/// One person who signs (element 7).
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    pub(super) capacity: Text,
    pub(super) position: Option<Text>,
    pub(super) name: Option<Text>,
}

impl Signature {
    /// In which capacity, such as `Thư ký`, `Chủ trì`, `TM. Ủy ban nhân dân`; set in capitals.
    pub fn new(capacity: impl Into<Text>) -> Self {
        Self { capacity: capacity.into(), position: None, name: None }
    }

    /// The office held, on a line of its own under the capacity; set in capitals.
    #[must_use]
    pub fn position(mut self, position: impl Into<Text>) -> Self {
        self.position = Some(position.into());
        self
    }

    /// Full name, without titles or degrees; without it the person is asked to write it.
    #[must_use]
    pub fn name(mut self, name: impl Into<Text>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// An official document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub(super) letterhead: Letterhead,
    pub(super) kind: Option<Text>,
    pub(super) subject: Text,
    pub(super) mark: Option<Text>,
    pub(super) bases: Vec<Text>,
    pub(super) addressees: Vec<Text>,
    pub(super) blocks: Vec<Block>,
    pub(super) signatures: Vec<Signature>,
    pub(super) recipients: Vec<Text>,
    pub(super) footer: Option<Text>,
}

impl Document {
    /// A document with the name of its kind (`Báo cáo`, `Biên bản`; set in capitals) and its
    /// subject (element 5a).
    pub fn new(letterhead: Letterhead, kind: impl Into<Text>, subject: impl Into<Text>) -> Self {
        Self { kind: Some(kind.into()), ..Self::letter(letterhead, subject) }
    }

    /// A letter (công văn): its subject stands under the number (element 5b).
    pub fn letter(letterhead: Letterhead, subject: impl Into<Text>) -> Self {
        Self {
            letterhead,
            kind: None,
            subject: subject.into(),
            mark: None,
            bases: Vec::new(),
            addressees: Vec::new(),
            blocks: Vec::new(),
            signatures: Vec::new(),
            recipients: Vec::new(),
            footer: None,
        }
    }

    /// Words across and above every page, such as `Diễn tập` or `Dự thảo`; set in capitals.
    #[must_use]
    pub fn mark(mut self, mark: impl Into<Text>) -> Self {
        self.mark = Some(mark.into());
        self
    }

    /// Small words below every page, by which a stray page finds its place.
    #[must_use]
    pub fn footer(mut self, footer: impl Into<Text>) -> Self {
        self.footer = Some(footer.into());
        self
    }

    /// A legal basis, without its closing semicolon: the layout sets `;` and the last `.`.
    #[must_use]
    pub fn basis(mut self, basis: impl Into<Text>) -> Self {
        self.bases.push(basis.into());
        self
    }

    /// Someone the document is addressed to (`Kính gửi`, element 9a), without punctuation.
    #[must_use]
    pub fn addressee(mut self, addressee: impl Into<Text>) -> Self {
        self.addressees.push(addressee.into());
        self
    }

    /// Adds a block of any kind.
    #[must_use]
    pub fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// Adds blocks of any kind.
    #[must_use]
    pub fn blocks(mut self, blocks: impl IntoIterator<Item = Block>) -> Self {
        self.blocks.extend(blocks);
        self
    }

    /// Adds the heading of a section.
    #[must_use]
    pub fn section(self, text: impl Into<Text>) -> Self {
        self.block(Block::Section(text.into()))
    }

    /// Adds a heading within a section.
    #[must_use]
    pub fn subsection(self, text: impl Into<Text>) -> Self {
        self.block(Block::Subsection(text.into()))
    }

    /// Adds running text.
    #[must_use]
    pub fn paragraph(self, text: impl Into<Text>) -> Self {
        self.block(Block::Paragraph(text.into()))
    }

    /// Adds a framed sentence.
    #[must_use]
    pub fn statement(self, text: impl Into<Text>) -> Self {
        self.block(Block::Statement(text.into()))
    }

    /// Adds lines that begin with a dash.
    #[must_use]
    pub fn list(self, items: impl IntoIterator<Item = Text>) -> Self {
        self.block(Block::List(items.into_iter().collect()))
    }

    /// Adds names and their values.
    #[must_use]
    pub fn facts(self, facts: impl IntoIterator<Item = (Text, Text)>) -> Self {
        self.block(Block::Facts(facts.into_iter().collect()))
    }

    /// Adds a table.
    #[must_use]
    pub fn table(self, table: Table) -> Self {
        self.block(Block::Table(table))
    }

    /// Adds a chart.
    #[must_use]
    pub fn chart(self, chart: Chart) -> Self {
        self.block(Block::Chart(chart))
    }

    /// Adds a QR code.
    #[must_use]
    pub fn code(self, code: Code) -> Self {
        self.block(Block::Code(code))
    }

    /// Adds lines to be typed.
    #[must_use]
    pub fn commands(self, lines: impl IntoIterator<Item = String>) -> Self {
        self.block(Block::Commands(lines.into_iter().collect()))
    }

    /// Adds something to do.
    #[must_use]
    pub fn task(self, text: impl Into<Text>) -> Self {
        self.block(Block::Task(text.into()))
    }

    /// Adds a remark.
    #[must_use]
    pub fn note(self, text: impl Into<Text>) -> Self {
        self.block(Block::Note(text.into()))
    }

    /// Adds someone who signs: one stands beside the recipients, several stand in columns.
    #[must_use]
    pub fn signature(mut self, signature: Signature) -> Self {
        self.signatures.push(signature);
        self
    }

    /// Adds a line to the recipients (`Nơi nhận`, element 9b), without dash and semicolon.
    #[must_use]
    pub fn recipient(mut self, recipient: impl Into<Text>) -> Self {
        self.recipients.push(recipient.into());
        self
    }
}
