//! From bytes to characters.
//!
//! UTF-8 is what Vietnamese portals send (TCVN 6909, and TT 24/2011 for their metadata); UTF-16 is
//! read where a byte order mark or the header says so. Everything else is read as UTF-8 with what
//! cannot be read replaced, and [`Decoded::lossy`] says that it happened: tags, addresses and
//! every other ASCII part are right all the same in any charset that the web uses.

/// A page's characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The characters.
    pub(super) text: String,
    /// Whether some bytes could not be read.
    pub(super) lossy: bool,
}

/// Reads a body; `content_type` is the header of that name.
pub(super) fn decode(content_type: Option<&str>, body: &[u8]) -> Decoded {
    if let Some(rest) = body.strip_prefix(b"\xef\xbb\xbf") {
        return utf8(rest);
    }
    if let Some(rest) = body.strip_prefix(b"\xff\xfe") {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = body.strip_prefix(b"\xfe\xff") {
        return utf16(rest, u16::from_be_bytes);
    }
    match content_type.and_then(declared).as_deref() {
        Some("utf-16" | "utf-16le") => utf16(body, u16::from_le_bytes),
        Some("utf-16be") => utf16(body, u16::from_be_bytes),
        _ => utf8(body),
    }
}

fn declared(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"').to_ascii_lowercase();
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })
}

fn utf8(bytes: &[u8]) -> Decoded {
    match std::str::from_utf8(bytes) {
        Ok(text) => Decoded { text: text.to_owned(), lossy: false },
        Err(_) => Decoded { text: String::from_utf8_lossy(bytes).into_owned(), lossy: true },
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Decoded {
    let mut lossy = !bytes.len().is_multiple_of(2);
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text = char::decode_utf16(units)
        .map(|one| {
            one.unwrap_or_else(|_| {
                lossy = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    Decoded { text, lossy }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content_type: Option<&str>, body: &[u8], text: &str, lossy: bool) {
        assert_eq!(decode(content_type, body), Decoded { text: text.to_owned(), lossy });
    }

    #[test]
    fn marks_and_headers_are_believed_in_this_order() {
        check(None, "Cổng".as_bytes(), "Cổng", false);
        check(None, b"\xef\xbb\xbfC\xe1\xbb\x95ng", "Cổng", false);
        check(None, b"\xff\xfeC\x00\xd5\x1e", "Cổ", false);
        check(None, b"\xfe\xff\x00C\x1e\xd5", "Cổ", false);
        check(Some("text/html; Charset=\"UTF-16BE\""), b"\x00C", "C", false);
        check(Some("text/html; charset=utf-16le"), b"\xef\xbb\xbfC", "C", false);
    }

    #[test]
    fn what_cannot_be_read_is_replaced_and_said() {
        check(Some("text/html; charset=windows-1258"), b"<a>\xc0</a>", "<a>\u{fffd}</a>", true);
        check(Some("a;charset=utf-16le"), b"C\x00\x00\xd8D", "C\u{fffd}", true);
    }
}
