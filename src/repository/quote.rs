//! File names as restic writes them: Go's `strconv.Quote` without the outer quotes.
//!
//! JSON holds Unicode only and file names are bytes; so restic quotes a name first, which turns a
//! byte that is not UTF-8 into `\xHH`, and then puts the quoted text into JSON. Every name goes
//! there and back unchanged. Reading takes all escapes of Go's string literals; writing escapes
//! what Go escapes in ASCII and Latin-1, and leaves other characters as they are, which Go reads
//! as well (it would escape some invisible ones, which changes no name).

use std::fmt::Write as _;

use crate::repository::malformed::Malformed;

const WHAT: &str = "quoted name";

/// The quoted form of a name.
pub fn quote(name: &[u8]) -> String {
    let mut quoted = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        chunk.valid().chars().for_each(|character| quote_character(&mut quoted, character));
        for byte in chunk.invalid() {
            escape(&mut quoted, format_args!("\\x{byte:02x}"));
        }
    }
    quoted
}

fn quote_character(quoted: &mut String, character: char) {
    match character {
        '"' => quoted.push_str("\\\""),
        '\\' => quoted.push_str("\\\\"),
        '\x07' => quoted.push_str("\\a"),
        '\x08' => quoted.push_str("\\b"),
        '\x0c' => quoted.push_str("\\f"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\t' => quoted.push_str("\\t"),
        '\x0b' => quoted.push_str("\\v"),
        '\x00'..='\x1f' | '\x7f' => {
            escape(quoted, format_args!("\\x{:02x}", u32::from(character)));
        }
        '\u{80}'..='\u{a0}' | '\u{ad}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
            escape(quoted, format_args!("\\u{:04x}", u32::from(character)));
        }
        _ => quoted.push(character),
    }
}

fn escape(quoted: &mut String, text: std::fmt::Arguments<'_>) {
    quoted.write_fmt(text).expect("writing to a string does not fail");
}

/// The name of a quoted form.
pub fn unquote(quoted: &str) -> Result<Vec<u8>, Malformed> {
    if !quoted.contains(['\\', '"', '\n']) {
        return Ok(quoted.as_bytes().to_vec());
    }
    let mut name = Vec::with_capacity(quoted.len());
    let mut rest = quoted.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\\' => take_escape(&mut rest, &mut name)?,
            b'"' | b'\n' => return Err(Malformed::new(WHAT, "a bare quote or line end")),
            _ => name.push(byte),
        }
    }
    Ok(name)
}

fn take_escape(rest: &mut &[u8], name: &mut Vec<u8>) -> Result<(), Malformed> {
    let (&kind, after) = rest.split_first().ok_or_else(unfinished)?;
    let whole = *rest;
    *rest = after;
    match kind {
        b'a' => name.push(0x07),
        b'b' => name.push(0x08),
        b'f' => name.push(0x0c),
        b'n' => name.push(b'\n'),
        b'r' => name.push(b'\r'),
        b't' => name.push(b'\t'),
        b'v' => name.push(0x0b),
        b'\\' | b'"' => name.push(kind),
        b'x' => name.push(take_byte(rest, 2, 16)?),
        b'0'..=b'7' => {
            *rest = whole;
            name.push(take_byte(rest, 3, 8)?);
        }
        b'u' => push_character(name, take_number(rest, 4, 16)?)?,
        b'U' => push_character(name, take_number(rest, 8, 16)?)?,
        other => return Err(Malformed::new(WHAT, format_args!("unknown escape {other:#x}"))),
    }
    Ok(())
}

fn take_byte(rest: &mut &[u8], digits: usize, radix: u32) -> Result<u8, Malformed> {
    u8::try_from(take_number(rest, digits, radix)?).map_err(Malformed::because(WHAT))
}

fn take_number(rest: &mut &[u8], digits: usize, radix: u32) -> Result<u32, Malformed> {
    let (number, after) = rest.split_at_checked(digits).ok_or_else(unfinished)?;
    *rest = after;
    number.iter().try_fold(0, |sum, digit| {
        let digit = char::from(*digit).to_digit(radix);
        digit
            .map(|digit| sum * radix + digit)
            .ok_or_else(|| Malformed::new(WHAT, "a digit is not one"))
    })
}

fn push_character(name: &mut Vec<u8>, number: u32) -> Result<(), Malformed> {
    let character =
        char::from_u32(number).ok_or_else(|| Malformed::new(WHAT, "not a character"))?;
    name.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(())
}

fn unfinished() -> Malformed {
    Malformed::new(WHAT, "it ends in an escape")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &[u8], quoted: &str) {
        assert_eq!(quote(name), quoted);
        assert_eq!(unquote(quoted).unwrap(), name);
    }

    #[test]
    fn names_are_quoted_as_go_quotes_them() {
        check(b"ke-hoach.pdf", "ke-hoach.pdf");
        check("Kế hoạch số 1.pdf".as_bytes(), "Kế hoạch số 1.pdf");
        check(b"a\"b\\c", "a\\\"b\\\\c");
        check(b"line\nend\ttab\x07\x1b\x7f", "line\\nend\\ttab\\a\\x1b\\x7f");
        check(b"latin-1 \xe9\xff", "latin-1 \\xe9\\xff");
        check("\u{a0}\u{ad}\u{feff}".as_bytes(), "\\u00a0\\u00ad\\ufeff");
        check("😀".as_bytes(), "😀");
    }

    #[test]
    fn every_escape_of_go_is_read_and_nonsense_is_refused() {
        assert_eq!(unquote("\\101\\u1ebf\\U0001f600").unwrap(), "Aế😀".as_bytes());
        for bad in ["\\", "\\x1", "\\xzz", "\\400", "\\ud800", "\\q", "\\'", "a\"b", "a\nb", "\\é"]
        {
            assert!(unquote(bad).is_err(), "{bad}");
        }
    }
}
