//! Words as they are compared: without case, without tricks, with and without accents.
//!
//! Whoever hides an advertisement writes it without accents, with accents as separate characters,
//! in full-width letters, or with characters of no width inside. A Vietnamese word with other
//! accents is another word, though (*kèo* is a bet, *kẹo* is sweets): so every word is kept both
//! as it is written and bare, and [`Word::says`] knows when two agree.

/// One word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// In lower case.
    pub written: String,
    /// The same without accents.
    pub bare: String,
    /// Whether accents stood as characters of their own, so that `written` cannot be compared.
    loose: bool,
}

impl Word {
    /// Whether this word of a text is `known`, written out or without its accents.
    pub fn says(&self, known: &Self) -> bool {
        let plain = self.written == self.bare || self.loose;
        self.written == known.written || (plain && self.bare == known.bare)
    }
}

/// The words of a text: runs of letters and digits.
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut current = Word { written: String::new(), bare: String::new(), loose: false };
    for character in text.chars().filter(|c| !is_invisible(*c)) {
        if is_mark(character) {
            current.loose = true;
            continue;
        }
        let character = narrow(character);
        if character.is_alphanumeric() {
            current.written.extend(character.to_lowercase());
            current.bare.extend(character.to_lowercase().map(bare));
        } else if !current.written.is_empty() {
            words.push(std::mem::replace(
                &mut current,
                Word { written: String::new(), bare: String::new(), loose: false },
            ));
        }
    }
    if !current.written.is_empty() {
        words.push(current);
    }
    words
}

/// The bare words of a text with single spaces between them.
pub fn bare_line(text: &str) -> String {
    let words = words(text);
    words.iter().map(|word| word.bare.as_str()).collect::<Vec<_>>().join(" ")
}

/// The text in lower case without characters of no width and without blanks: for scripts that
/// write no spaces between words.
pub fn unspaced(text: &str) -> String {
    text.chars()
        .filter(|c| !is_invisible(*c) && !c.is_whitespace())
        .flat_map(|c| narrow(c).to_lowercase())
        .collect()
}

/// A text from outside on one line: no control or steering characters, single spaces, at most
/// `most` characters.
pub fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut left = most;
    for character in text.chars() {
        if character.is_whitespace() {
            if !line.is_empty() && !line.ends_with(' ') && left > 0 {
                line.push(' ');
                left -= 1;
            }
        } else if !character.is_control() && !is_steering(character) {
            if left == 0 {
                break;
            }
            line.push(character);
            left -= 1;
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// Characters that show nothing and would break a word in two.
fn is_invisible(character: char) -> bool {
    character.is_control() && !character.is_whitespace() || is_steering(character)
}

/// Characters of no width, and those that turn the direction of writing.
fn is_steering(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}')
}

/// Full-width forms of ASCII as ASCII.
fn narrow(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
        }
        other => other,
    }
}

/// The letter under a Vietnamese letter, in lower case.
fn bare(character: char) -> char {
    const LETTERS: [(char, &str); 7] = [
        ('a', "àáảãạăằắẳẵặâầấẩẫậ"),
        ('d', "đ"),
        ('e', "èéẻẽẹêềếểễệ"),
        ('i', "ìíỉĩị"),
        ('o', "òóỏõọôồốổỗộơờớởỡợ"),
        ('u', "ùúủũụưừứửữự"),
        ('y', "ỳýỷỹỵ"),
    ];
    if character.is_ascii() {
        return character;
    }
    LETTERS
        .iter()
        .find(|(_, accented)| accented.contains(character))
        .map_or(character, |(letter, _)| *letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, known: &str, agree: bool) {
        let (text, known) = (words(text), words(known));
        let says = text.len() == known.len() && text.iter().zip(&known).all(|(t, k)| t.says(k));
        assert_eq!(says, agree, "{text:?} {known:?}");
    }

    #[test]
    fn a_word_agrees_as_it_is_written_or_without_any_accent() {
        check("Tài XỈU", "tài xỉu", true);
        check("tai-xiu", "tài xỉu", true);
        check("kẹo", "kèo", false);
        check("keo", "kèo", true);
        check("ĐÁ gà", "đá gà", true);
        check("da ga", "đá gà", true);
        check("dá ga", "đá gà", false);
    }

    #[test]
    fn tricks_do_not_part_a_word() {
        check("ta\u{300}i xi\u{309}u", "tài xỉu", true);
        check("ｃａｓｉｎｏ", "casino", true);
        check("ca\u{200b}si\u{ad}no", "casino", true);
        check("ca\0sino", "casino", true);
    }

    #[test]
    fn a_hostile_line_becomes_harmless() {
        assert_eq!(one_line(" a\n\t b\u{1b}[31m\u{202e}c\0 ", 99), "a b[31mc");
        assert_eq!(one_line("Cổng thông tin", 6), "Cổng t");
        assert_eq!(one_line("Cổng thông tin", 5), "Cổng");
        assert_eq!(unspaced("太阳 城\u{200b}ABC"), "太阳城abc");
        assert_eq!(bare_line("Cổng  TTĐT – tỉnh Mẫu!"), "cong ttdt tinh mau");
    }
}
