//! A letter as it travels: headers that no value can split, Vietnamese in them, attachments.
//!
//! The same letter at the same time has the same bytes, and its id is the caller's: a letter that
//! was sent twice because nobody knew whether it had arrived is recognised as one.

use jiff::Timestamp;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Attachment as Part, Body, Mailbox, Message, MultiPart, SinglePart};

use crate::base::digest::Digest;
use crate::world::mail::fault::MailError;

/// The longest subject, in characters: mail programs cut at a tenth of it.
const SUBJECT_MAX: usize = 1000;

/// The longest address that a server must take (RFC 5321, 4.5.3.1.3).
const ADDRESS_MAX: usize = 254;

/// One address, with the name of whoever reads there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    name: Option<String>,
    address: String,
}

impl Address {
    /// Reads `an@example.vn` or `Nguyễn Văn An <an@example.vn>`. The address itself must be plain
    /// ASCII: many servers of agencies know nothing else.
    pub fn parse(text: &str) -> Result<Self, MailError> {
        let bad = || MailError::BadAddress { text: text.chars().take(ADDRESS_MAX).collect() };
        if text.chars().any(char::is_control) {
            return Err(bad());
        }
        let (name, address) = match text.trim().strip_suffix('>') {
            Some(named) => named.rsplit_once('<').ok_or_else(bad)?,
            None => ("", text.trim()),
        };
        let plain = address.is_ascii() && address.len() <= ADDRESS_MAX;
        if !plain || address.parse::<lettre::Address>().is_err() {
            return Err(bad());
        }
        let name = name.trim().trim_matches('"').trim();
        let name = (!name.is_empty()).then(|| name.to_owned());
        Ok(Self { name, address: address.to_owned() })
    }

    /// The address without the name.
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The part behind the `@`.
    pub fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    fn mailbox(&self) -> Result<Mailbox, MailError> {
        let address = self.address.parse().map_err(MailError::unwritable)?;
        Ok(Mailbox::new(self.name.clone(), address))
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

/// What is to be sent, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Names the letter for ever: letters, digits, `.`, `-` and `_`. With the sender's domain it
    /// becomes the Message-ID.
    pub id: String,
    /// From whom.
    pub from: Address,
    /// To whom: at least one, each told of the others.
    pub to: Vec<Address>,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// Files that come with it.
    pub attachments: Vec<Attachment>,
    /// Whether no person wrote it: asks programs at the other end not to answer.
    pub automatic: bool,
}

/// A file that comes with a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, without folders.
    pub name: String,
    /// Its media type: `application/pdf`.
    pub media_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Letter {
    /// The Message-ID.
    pub fn message_id(&self) -> String {
        format!("<{}@{}>", self.id, self.from.domain())
    }

    /// The bytes that travel, dated `at`.
    pub fn written(&self, at: Timestamp) -> Result<Vec<u8>, MailError> {
        self.check()?;
        let mut message = Message::builder()
            .date(at.into())
            .message_id(Some(self.message_id()))
            .from(self.from.mailbox()?)
            .subject(&self.subject);
        for to in &self.to {
            message = message.to(to.mailbox()?);
        }
        if self.automatic {
            message = message.header(Automatic);
        }
        let text = SinglePart::plain(self.body.clone());
        let message = if self.attachments.is_empty() {
            message.singlepart(text)
        } else {
            // Neither base64 nor quoted-printable can produce `=_`, so no part can hold this.
            let digest = Digest::of(self.message_id().as_bytes());
            let mut parts =
                MultiPart::mixed().boundary(format!("=_{}", digest.short())).singlepart(text);
            for attachment in &self.attachments {
                parts = parts.singlepart(attachment.part()?);
            }
            message.multipart(parts)
        };
        message.map(|message| message.formatted()).map_err(MailError::unwritable)
    }

    fn check(&self) -> Result<(), MailError> {
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let proper = !self.id.is_empty() && self.id.len() <= 128 && self.id.chars().all(named);
        if !proper {
            return Err(MailError::BadHeader { field: "id" });
        }
        if self.to.is_empty() {
            return Err(MailError::BadLetter { detail: "nobody to send it to".to_owned() });
        }
        let harmful = |text: &str| text.chars().any(char::is_control);
        if harmful(&self.subject) || self.subject.chars().count() > SUBJECT_MAX {
            return Err(MailError::BadHeader { field: "subject" });
        }
        let odd = |one: &Attachment| {
            one.name.is_empty() || harmful(&one.name) || one.name.contains(['/', '\\', '"'])
        };
        if self.attachments.iter().any(odd) {
            return Err(MailError::BadHeader { field: "attachment" });
        }
        Ok(())
    }
}

impl Attachment {
    fn part(&self) -> Result<SinglePart, MailError> {
        let kind = ContentType::parse(&self.media_type)
            .map_err(|_| MailError::BadHeader { field: "media-type" })?;
        // Base64 for texts too: a signed file must arrive byte for byte, line ends included.
        let encoding = ContentTransferEncoding::Base64;
        let body = Body::new_with_encoding(self.bytes.clone(), encoding)
            .map_err(|_| MailError::unwritable("an attachment cannot be encoded"))?;
        Ok(Part::new(self.name.clone()).body(body, kind))
    }
}

impl MailError {
    fn unwritable(detail: impl std::fmt::Display) -> Self {
        Self::BadLetter { detail: detail.to_string() }
    }
}

/// `Auto-Submitted: auto-generated` (RFC 3834): holiday notes do not answer.
#[derive(Clone)]
struct Automatic;

impl Header for Automatic {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter {
            id: "duphong-7".to_owned(),
            from: Address::parse("Dự phòng <duphong@hungyen.gov.vn>").unwrap(),
            to: vec![Address::parse("an@hungyen.gov.vn").unwrap()],
            subject: "[duphong] ĐỎ: cổng không trả lời".to_owned(),
            body: "Cổng mau không trả lời.\n.\n".to_owned(),
            attachments: Vec::new(),
            automatic: true,
        }
    }

    fn written(letter: &Letter) -> Result<String, MailError> {
        let bytes = letter.written("2026-11-22T01:00:00Z".parse().unwrap())?;
        Ok(String::from_utf8(bytes).expect("a letter travels in ASCII"))
    }

    #[test]
    fn a_letter_travels_in_seven_bits_and_the_same_each_time() {
        let mut letter = letter();
        letter.attachments.push(Attachment {
            name: "Mẫu số 03.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            bytes: b"%PDF-1.7\r\n\x00\xff".to_vec(),
        });
        let text = written(&letter).unwrap();
        assert!(text.is_ascii());
        assert_eq!(text, written(&letter).unwrap());
        for part in [
            "Message-ID: <duphong-7@hungyen.gov.vn>\r\n",
            "Date: Sun, 22 Nov 2026 01:00:00 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Type: application/pdf\r\n",
        ] {
            assert!(text.contains(part), "{part:?} is missing in\n{text}");
        }
    }

    #[test]
    fn no_value_can_add_a_header() {
        #[track_caller]
        fn check(change: impl FnOnce(&mut Letter)) {
            let mut letter = letter();
            change(&mut letter);
            match written(&letter) {
                Err(MailError::BadHeader { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        let file = |name: &str, kind: &str| Attachment {
            name: name.to_owned(),
            media_type: kind.to_owned(),
            bytes: Vec::new(),
        };
        check(|l| l.subject = "a\r\nBcc: ke@example.com".to_owned());
        check(|l| l.subject = "a\nb".to_owned());
        check(|l| l.subject = "a\u{85}b".to_owned());
        check(|l| l.id = "a>\r\nBcc: b".to_owned());
        check(|l| l.id = String::new());
        check(|l| l.attachments.push(file("a\r\nb.pdf", "application/pdf")));
        check(|l| l.attachments.push(file("../a.pdf", "application/pdf")));
        check(|l| l.attachments.push(file("a.pdf", "application/pdf\r\nX: y")));
    }

    #[test]
    fn an_address_is_plain_or_refused() {
        #[track_caller]
        fn check(text: &str, expected: Option<(&str, Option<&str>)>) {
            let seen = Address::parse(text).ok();
            let seen = seen.as_ref().map(|one| (one.as_str(), one.name.as_deref()));
            assert_eq!(seen, expected, "{text:?}");
        }
        check("an@hungyen.gov.vn", Some(("an@hungyen.gov.vn", None)));
        check(
            "\"Nguyễn Văn An\" <an@hungyen.gov.vn>",
            Some(("an@hungyen.gov.vn", Some("Nguyễn Văn An"))),
        );
        check("", None);
        check("an", None);
        check("an@", None);
        check("an@hungyen.gov.vn>", None);
        check("an@hưngyên.vn", None);
        check("ánh@hungyen.gov.vn", None);
        check("an@b.vn, ke@example.com", None);
        check("an@b.vn\r\nRCPT TO:<ke@example.com>", None);
        check("An\r\nBcc: x <an@b.vn>", None);
        check("<an@b.vn> <ke@example.com", None);
        check(&format!("{}@b.vn", "a".repeat(300)), None);
    }
}
