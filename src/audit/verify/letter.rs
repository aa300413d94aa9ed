//! Heads out of what people keep: a checkpoint as it is, one whose line ends a program changed, or
//! the letter that brought it, saved as whatever a mail program makes of it.
//!
//! Nothing is believed here: what comes out are texts that may be heads, and only a signature says
//! which of them are. So the search may be generous: it knows no MIME, and looks into everything.

use std::collections::BTreeSet;

use data_encoding::{BASE64, BASE64_NOPAD};

use crate::audit::verify::source::NOTE_BYTES_MAX;

/// A mailbox with the letters of a year, and twenty times what they come to.
pub(super) const KEPT_BYTES_MAX: u64 = 32 << 20;

/// More heads than this are no anchors of one log, but somebody who wants time to pass.
const NOTES_MAX: usize = 20_000;

/// What stands before every signature.
const SIGNED: &[u8] = "\n\u{2014} ".as_bytes();

const BEGIN: &str = "-----BEGIN DUPHONG ANCHOR-----";
const END: &str = "-----END DUPHONG ANCHOR-----";

/// Everything in a file that may be a head.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) notes: BTreeSet<Vec<u8>>,
    /// Whether there was more of it than is looked at.
    pub(super) is_cut: bool,
}

/// Looks into a file.
pub(super) fn search(bytes: &[u8]) -> Kept {
    let mut kept = Kept::default();
    kept.take(bytes);
    // A letter as it travelled: its text, and what came with it, may be in base64.
    for part in encoded_parts(bytes) {
        kept.take(&part);
    }
    kept
}

impl Kept {
    fn add(&mut self, note: Vec<u8>) {
        // What has no signature is no head; a letter around one is none either.
        if note.len() as u64 > NOTE_BYTES_MAX || !note.windows(SIGNED.len()).any(|it| it == SIGNED)
        {
            return;
        }
        if self.notes.len() < NOTES_MAX {
            self.notes.insert(note);
        } else {
            self.is_cut |= !self.notes.contains(&note);
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.add(bytes.to_vec());
        let text = String::from_utf8_lossy(bytes);
        if bytes.len() as u64 <= 2 * NOTE_BYTES_MAX {
            self.add(with_plain_ends(&text));
        }
        let mut rest = text.as_ref();
        while let Some((_, after)) = rest.split_once(BEGIN) {
            let Some((armor, after)) = after.split_once(END) else { break };
            rest = after;
            // A beginning without an end, in a letter before this one, must not take it along.
            let armor = armor.rsplit(BEGIN).next().unwrap_or(armor);
            // Wrapped anew, quoted by an answer, or broken softly: none of that is a letter of ours.
            let letters: Vec<u8> = armor
                .bytes()
                .filter(|byte| !byte.is_ascii_whitespace() && !b">=".contains(byte))
                .collect();
            if let Ok(note) = BASE64_NOPAD.decode(&letters) {
                self.add(note);
            }
        }
    }
}

/// A checkpoint that an editor or a download gave other line ends, a mark at its beginning, or blank
/// lines around it.
fn with_plain_ends(text: &str) -> Vec<u8> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let mut note = text.trim().to_owned();
    note.push('\n');
    note.into_bytes()
}

/// What stands in lines of base64 and nothing else, block by block.
fn encoded_parts(bytes: &[u8]) -> Vec<Vec<u8>> {
    let is_encoded = |line: &[u8]| {
        let legal = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
        !line.is_empty() && line.iter().all(legal)
    };
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let (mut parts, mut block) = (Vec::new(), Vec::new());
    for line in lines.chain(std::iter::once(&b""[..])) {
        if is_encoded(line) {
            block.extend_from_slice(line);
        } else if !block.is_empty() {
            parts.extend(BASE64.decode(&block).ok());
            block.clear();
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::armored;

    const NOTE: &[u8] = "cong.example/a\n12\nq83vq83v\n\n\u{2014} cong.example/a q83v\n".as_bytes();

    #[track_caller]
    fn check(kept: &[u8]) {
        let found = search(kept);
        assert!(found.notes.contains(NOTE) && !found.is_cut, "{}", String::from_utf8_lossy(kept));
    }

    #[test]
    fn a_head_is_found_in_whatever_a_mail_program_makes_of_it() {
        let text = String::from_utf8(NOTE.to_vec()).expect("it was made of text");
        check(NOTE);
        check(text.replace('\n', "\r\n").as_bytes());
        check(format!("\u{feff}\n{text}\n\n").as_bytes());
        let armor = armored(NOTE);
        let letter = format!("Kính gửi,\n\n{armor}\n-- \nduphong\n");
        check(letter.as_bytes());
        check(letter.replace('\n', "\r\n").as_bytes());
        check(format!("> {}", armor.replace('\n', "\r\n> ")).as_bytes());
        // Wrapped at 40, as some programs do with what they take for prose.
        let (begin, end) = (format!("{BEGIN}\n"), format!("\n{END}"));
        let inner = armor.replace([' ', '\n'], "");
        let inner = inner.replace("-----BEGINDUPHONGANCHOR-----", "");
        let inner = inner.replace("-----ENDDUPHONGANCHOR-----", "");
        let wrapped: Vec<_> = inner.as_bytes().chunks(40).map(String::from_utf8_lossy).collect();
        check(format!("{begin}{}{end}", wrapped.join("\n")).as_bytes());
        check(format!("{begin}{}{end}", wrapped.join("=\r\n")).as_bytes());
        // The whole text in base64, and the checkpoint as what came with it.
        for inner in [letter.as_bytes(), NOTE] {
            let encoded = BASE64.encode(inner);
            let lines: Vec<_> =
                encoded.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
            let part = format!(
                "Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--=_x\r\n",
                lines.join("\r\n")
            );
            check(part.as_bytes());
        }
    }

    #[test]
    fn what_holds_no_head_gives_none_that_somebody_signed() {
        for kept in [
            &b""[..],
            b"\xff\xfe\x00",
            BEGIN.as_bytes(),
            b"-----BEGIN DUPHONG ANCHOR-----\n!!\n-----END DUPHONG ANCHOR-----",
        ] {
            assert!(!search(kept).notes.contains(NOTE));
        }
    }

    #[test]
    fn nothing_that_lies_before_a_head_keeps_it_from_being_found() {
        let armor = armored(NOTE);
        check(format!("{BEGIN}\n\n{armor}").as_bytes());
        check(format!("> {BEGIN}\n> YWJj\n{BEGIN}\n{armor}").as_bytes());
        // Blocks of which each may be a head, were it signed.
        let junk = armored(b"a\n1\nb\n");
        check((junk.repeat(NOTES_MAX + 1) + &armor).as_bytes());
    }

    #[test]
    fn more_heads_than_are_looked_at_are_not_passed_over_in_silence() {
        let head = |n: usize| armored(format!("a\n{n}\nb\n\n\u{2014} a b\n").as_bytes());
        let heads: String = (0..NOTES_MAX).map(head).collect();
        let found = search(heads.as_bytes());
        assert_eq!((found.notes.len(), found.is_cut), (NOTES_MAX, false));
        assert!(!search((heads.clone() + &head(0)).as_bytes()).is_cut);
        assert!(search((heads + &head(NOTES_MAX)).as_bytes()).is_cut);
    }
}
