//! The texts of a document: words of ours, data of others, and values not yet written out.
//!
//! Only here is decided what may stand on paper. Words of ours must be printable with our font,
//! or rendering fails and names the letter: a hole in an official document is a defect. Data
//! (file names, answers of programs) is never at fault: a character without a glyph is written as
//! its code point, `[U+1F642]`, which is ugly and exact.

use std::time::Duration;

use jiff::Timestamp;

use crate::base::fault::{Arg, Args, Message};
use crate::document::error::{DocumentError, code_point};
use crate::document::pdf::{has_glyph, has_typed_glyph};
use crate::text::Catalog;

/// One text of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// Words of ours in no particular language, such as a symbol or a dash.
    Words(&'static str),
    /// Comes from outside, the configuration included; shown as it is as far as it is printable.
    Data(String),
    /// Words of ours, in the reader's language; text values in it are data.
    Message(Message),
    /// As the reader's language writes numbers.
    Number(u64),
    /// A size in bytes.
    Bytes(u64),
    /// A span of time, rounded to two units.
    Duration(Duration),
    /// A point in time, to the second.
    Instant(Timestamp),
    /// A point in time in words, as sentences of official documents have it.
    InstantLong(Timestamp),
}

impl Text {
    /// A text from outside.
    pub fn data(text: impl std::fmt::Display) -> Self {
        Self::Data(text.to_string())
    }

    /// The message without values that has this id.
    pub fn message(id: &'static str) -> Self {
        Self::Message(Message::new(id))
    }

    /// The text in the reader's language, every character of it printable.
    pub(super) fn resolve(&self, catalog: &Catalog) -> Result<String, DocumentError> {
        let format = catalog.format();
        match self {
            Self::Words(words) => printed(words),
            Self::Data(data) => Ok(printable(data)),
            Self::Message(message) => printed(&catalog.say(&with_printable_values(message))),
            Self::Number(number) => Ok(format.number(*number)),
            Self::Bytes(bytes) => Ok(format.bytes(*bytes)),
            Self::Duration(duration) => Ok(format.duration(*duration)),
            Self::Instant(at) => Ok(format.instant(*at)),
            Self::InstantLong(at) => Ok(format.instant_long(*at)),
        }
    }
}

impl Text {
    /// The text for a cell of a sheet, which may hold every letter there is: only what nobody sees
    /// is written as its code point.
    pub(super) fn in_cell(&self, catalog: &Catalog) -> Result<String, DocumentError> {
        match self {
            Self::Data(data) => Ok(seen(data)),
            Self::Message(message) => Ok(seen(&catalog.say(message))),
            other => other.resolve(catalog),
        }
    }
}

/// `figures.py` in an export of the log knows the same letters.
fn seen(data: &str) -> String {
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}')
            || matches!(c, '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    };
    data.chars().fold(String::with_capacity(data.len()), |mut text, c| {
        if unseen(c) {
            text.extend(["[", &code_point(c), "]"]);
        } else {
            text.push(c);
        }
        text
    })
}

impl From<&'static str> for Text {
    fn from(words: &'static str) -> Self {
        Self::Words(words)
    }
}

impl From<String> for Text {
    fn from(data: String) -> Self {
        Self::Data(data)
    }
}

impl From<Message> for Text {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

fn printed(words: &str) -> Result<String, DocumentError> {
    // Message files break long texts into lines; on paper the layout breaks them.
    let words = words.replace('\n', " ");
    match words.chars().find(|&c| !is_printable(c)) {
        Some(character) => Err(DocumentError::Unprintable { character, text: words }),
        None => Ok(words),
    }
}

fn printable(data: &str) -> String {
    let mut text = String::with_capacity(data.len());
    for c in data.chars() {
        if is_printable(c) {
            text.push(c);
        } else {
            text.push('[');
            text.push_str(&code_point(c));
            text.push(']');
        }
    }
    text
}

/// The same for lines that are typed: what no keyboard letter shows is written as its code point.
pub(super) fn typed(line: &str) -> String {
    let shown = |c: char| c == ' ' || (has_typed_glyph(c) && is_printable(c));
    line.chars().fold(String::new(), |mut text, c| {
        if shown(c) {
            text.push(c);
        } else {
            text.extend(["[", &code_point(c), "]"]);
        }
        text
    })
}

fn with_printable_values(message: &Message) -> Message {
    let values = message.args.0.iter().map(|(name, value)| match value {
        Arg::Text(text) => (*name, Arg::Text(printable(text))),
        Arg::Number(number) => (*name, Arg::Number(*number)),
    });
    Message { id: message.id, args: Args(values.collect()) }
}

/// Whether a character shows on paper as itself. Invisible ones (zero width, direction marks, soft
/// hyphen) do not, even where the font has a glyph: two file names must not look alike.
fn is_printable(c: char) -> bool {
    if c == ' ' || c.is_ascii_graphic() {
        return true;
    }
    let invisible = c.is_control()
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}')
        || matches!(c, '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
        || matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..);
    !invisible && has_glyph(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;

    #[track_caller]
    fn check(text: &Text, shown: &str) {
        let catalog = Catalog::new(Language::Vietnamese);
        assert_eq!(text.resolve(&catalog).unwrap(), shown);
    }

    #[test]
    fn data_without_a_glyph_is_written_as_code_points() {
        check(&Text::data("ảnh 🙂.jpg"), "ảnh [U+1F642].jpg");
        check(&Text::data("a\u{202E}gpj.exe"), "a[U+202E]gpj.exe");
        check(&Text::data("\u{1b}[2J\0"), "[U+001B][2J[U+0000]");
        check(&Text::data("zero\u{200B}width"), "zero[U+200B]width");
        check(&Text::data("漢字"), "[U+6F22][U+5B57]");
        check(&Text::data("name\nVerdict: PASS"), "name[U+000A]Verdict: PASS");
    }

    #[test]
    fn every_vietnamese_letter_is_printable() {
        let plain = "aăâeêioôơuưyđAĂÂEÊIOÔƠUƯYĐ";
        let toned = "áàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ";
        for text in [plain.to_owned(), toned.to_owned(), toned.to_uppercase()] {
            check(&Text::data(&text), &text);
        }
        check(&Text::from("₫ “” – — … • □ ■ × ≥ ≤ ± → §"), "₫ “” – — … • □ ■ × ≥ ≤ ± → §");
    }

    #[test]
    fn words_of_ours_without_a_glyph_are_an_error_that_names_the_letter() {
        let catalog = Catalog::new(Language::Vietnamese);
        let error = Text::from("đạt ✓").resolve(&catalog).unwrap_err();
        assert!(matches!(error, DocumentError::Unprintable { character: '✓', .. }));
    }
}
