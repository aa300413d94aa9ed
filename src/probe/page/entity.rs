//! Character references: `&amp;`, `&#7893;`, `&#x1ed5;`.
//!
//! Numbers are read as browsers read them. Of names there are those of HTML 4 that text and
//! addresses are written with; a name that is not in the table stays as it stands.

/// The names of U+00A0 to U+00FF, in order. Browsers read these without the semicolon too.
const LATIN: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf",
    "laquo", "not", "shy", "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro",
    "para", "middot", "cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34", "iquest",
    "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig", "Ccedil", "Egrave", "Eacute",
    "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute",
    "Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute",
    "THORN", "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil",
    "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde",
    "ograve", "oacute", "ocirc", "otilde", "ouml", "divide", "oslash", "ugrave", "uacute", "ucirc",
    "uuml", "yacute", "thorn", "yuml",
];

/// Names outside that block; the signs are here because addresses can be hidden behind them.
const OTHERS: [(&str, char); 44] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("excl", '!'),
    ("num", '#'),
    ("dollar", '$'),
    ("percnt", '%'),
    ("lpar", '('),
    ("rpar", ')'),
    ("ast", '*'),
    ("plus", '+'),
    ("comma", ','),
    ("period", '.'),
    ("sol", '/'),
    ("colon", ':'),
    ("semi", ';'),
    ("equals", '='),
    ("quest", '?'),
    ("commat", '@'),
    ("lsqb", '['),
    ("bsol", '\\'),
    ("rsqb", ']'),
    ("lowbar", '_'),
    ("Abreve", 'Ă'),
    ("abreve", 'ă'),
    ("Dstrok", 'Đ'),
    ("dstrok", 'đ'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bull", '•'),
    ("hellip", '…'),
];

/// The longest name of the tables: what is longer is looked at no further.
const NAME_MAX: usize = 8;

/// What U+0080 to U+009F mean to browsers when written as numbers (windows-1252).
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Where a reference stands: in attributes `&copy=1` is no reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Text,
    Attribute,
}

/// The text with every reference replaced by its character.
pub(super) fn decode(text: &str, place: Place) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        if let Some((character, length)) = reference(after, place) {
            decoded.push(character);
            rest = &after[length..];
        } else {
            decoded.push('&');
            rest = after;
        }
    }
    decoded + rest
}

/// The character that `text` begins with behind the ampersand, and the bytes it takes.
fn reference(text: &str, place: Place) -> Option<(char, usize)> {
    if let Some(number) = text.strip_prefix('#') {
        return numbered(number).map(|(character, length)| (character, length + 1));
    }
    let length = text.bytes().take(NAME_MAX).take_while(u8::is_ascii_alphanumeric).count();
    let (name, rest) = text.split_at(length);
    let latin = || {
        let at = LATIN.iter().position(|known| *known == name)?;
        char::from_u32(0xa0 + u32::try_from(at).ok()?)
    };
    let other = || OTHERS.iter().find(|(known, _)| *known == name).map(|(_, c)| *c);
    if rest.starts_with(';') {
        return latin().or_else(other).map(|character| (character, length + 1));
    }
    let goes_on = rest.starts_with(|c: char| c == '=' || c.is_ascii_alphanumeric());
    if place == Place::Attribute && goes_on {
        return None;
    }
    let old = || matches!(name, "amp" | "lt" | "gt" | "quot").then(other).flatten();
    latin().or_else(old).map(|character| (character, length))
}

fn numbered(text: &str) -> Option<(char, usize)> {
    let (digits, radix, prefix) = match text.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 1),
        None => (text, 10, 0),
    };
    let length = digits.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
    if length == 0 {
        return None;
    }
    // A number too long for any character is a replacement, like every number that is none.
    let number = u32::from_str_radix(&digits[..length], radix).unwrap_or(u32::MAX);
    let character = match number {
        0 => char::REPLACEMENT_CHARACTER,
        0x80..=0x9f => WINDOWS[(number - 0x80) as usize],
        number => char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    let semicolon = usize::from(digits[length..].starts_with(';'));
    Some((character, prefix + length + semicolon))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, decoded: &str) {
        assert_eq!(decode(text, Place::Text), decoded);
    }

    #[test]
    fn references_become_characters() {
        check("C&#7893;ng &#x1ED5; &agrave;&Agrave; A&amp;B &lt;b&gt;", "Cổng ổ àÀ A&B <b>");
        check("&nbsp&copy 2026 &eacute", "\u{a0}© 2026 é");
        check("&#150;&#0;&#xD800;&#99999999999;", "–\u{fffd}\u{fffd}\u{fffd}");
        check("&unknown; &; && &# &#x; &", "&unknown; &; && &# &#x; &");
        check("https&colon;&sol;&sol;a&period;b", "https://a.b");
    }

    #[test]
    fn an_address_keeps_its_parameters() {
        assert_eq!(decode("?a=1&copy=2&amp;b=3&lt", Place::Attribute), "?a=1&copy=2&b=3<");
    }
}
