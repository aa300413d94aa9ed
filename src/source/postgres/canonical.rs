//! Definitions in the form they take after a dump and a restore.
//!
//! PostgreSQL prints an expression from its parsed tree, and one common tree does not survive
//! printing and parsing unchanged: `status IN ('a', 'b')` on a varchar column first reads
//! `(ARRAY['a'::character varying, 'b'::character varying])::text[]` and, once restored,
//! `ARRAY[('a'::character varying)::text, ('b'::character varying)::text]`: the same values, cast
//! one by one. Both must have one text, or half of all portals would fail their drill. The second
//! form is stable, so the first is rewritten to it.
//!
//! Long texts are replaced by their digest: an inventory names what differs, the dump has it whole.

use crate::base::digest::Digest;

/// Longer definitions (function bodies) stand in the inventory as their digest.
const TEXT_MAX: usize = 1000;

/// The text that stands in the inventory for a definition.
pub(super) fn canonical(definition: &str) -> String {
    let text = cast_elements(definition);
    if text.len() <= TEXT_MAX {
        return text;
    }
    format!("sha256:{} ({} bytes)", Digest::of(text.as_bytes()), text.len())
}

/// Rewrites every `(ARRAY[a, b])::type[]` to `ARRAY[(a)::type, (b)::type]`.
fn cast_elements(text: &str) -> String {
    const START: &str = "(ARRAY[";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find_outside_quotes(rest, START) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((elements, of, length)) = parse_cast(rest) {
            let cast: Vec<String> = elements
                .iter()
                .map(|element| format!("({})::{of}", cast_elements(element)))
                .collect();
            out.extend(["ARRAY[", &cast.join(", "), "]"]);
            rest = &rest[length..];
        } else {
            out.push_str(START);
            rest = &rest[START.len()..];
        }
    }
    out.push_str(rest);
    out
}

/// Reads `(ARRAY[…])::type[]` at the start of `text`: its elements, the type, the length read.
fn parse_cast(text: &str) -> Option<(Vec<&str>, &str, usize)> {
    let open = "(ARRAY".len();
    let close = matching(text, open)?;
    let after = text.get(close + 1..)?.strip_prefix(")::")?;
    let type_at = text.len() - after.len();
    let end = after.find("[]")?;
    let of = &after[..end];
    // A type name, possibly quoted, qualified or with a length; anything else is not a cast.
    let plain = |c: char| c.is_alphanumeric() || " _.\"(),".contains(c);
    if of.is_empty() || !of.chars().all(plain) {
        return None;
    }
    Some((split_elements(&text[open + 1..close]), of, type_at + end + 2))
}

/// The bracket that closes the one at `open`.
fn matching(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in unquoted(text, open) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The elements of a list, cut at the commas of its own level.
pub(super) fn split_elements(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut elements) = (0_i32, 0, Vec::new());
    for (at, byte) in unquoted(list, 0) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b',' if depth == 0 => {
                elements.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    elements.push(list[start..].trim());
    elements
}

fn find_outside_quotes(text: &str, needle: &str) -> Option<usize> {
    unquoted(text, 0)
        .map(|(at, _)| at)
        .find(|&at| text.as_bytes()[at..].starts_with(needle.as_bytes()))
}

/// The bytes from `from` on that stand in no string and no quoted name. A doubled quote inside
/// one ends it and begins it anew, which comes to the same.
fn unquoted(text: &str, from: usize) -> impl Iterator<Item = (usize, u8)> {
    let mut quote = None;
    text.bytes().enumerate().skip(from).filter(move |&(_, byte)| match quote {
        Some(open) => {
            if byte == open {
                quote = None;
            }
            false
        }
        None if byte == b'\'' || byte == b'"' => {
            quote = Some(byte);
            false
        }
        None => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(before: &str, after: &str) {
        assert_eq!(cast_elements(before), after);
        assert_eq!(cast_elements(after), after, "the second form is stable");
    }

    #[test]
    fn a_cast_of_an_array_becomes_casts_of_its_elements() {
        check(
            "CHECK (((status)::text = ANY ((ARRAY['mới'::character varying, 'it''s, ]'::character varying])::text[])))",
            "CHECK (((status)::text = ANY (ARRAY[('mới'::character varying)::text, ('it''s, ]'::character varying)::text])))",
        );
        check(
            "(ARRAY[f(1, 2), x[1]])::character varying(10)[]",
            "ARRAY[(f(1, 2))::character varying(10), (x[1])::character varying(10)]",
        );
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        for text in [
            "(a = ANY (ARRAY[1, 2]))",
            "'(ARRAY[x])::text[]'::text",
            "((ARRAY[1, 2])[1])",
            "(ARRAY[1, 2",
            "(ARRAY[1])::text",
            "đ (ARRAY[",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn long_definitions_become_digests() {
        let long = "x".repeat(TEXT_MAX + 1);
        assert!(canonical(&long).starts_with("sha256:"));
        assert_eq!(canonical("short"), "short");
    }

    proptest! {
        #[test]
        fn rewriting_twice_changes_nothing_more(text in r#"[a'"(),\[\]: đ]{0,8}(\(ARRAY\[[a'(),"]{0,6}\]\)::text\[\])?.{0,12}"#) {
            let once = cast_elements(&text);
            prop_assert_eq!(cast_elements(&once), once);
        }
    }
}
