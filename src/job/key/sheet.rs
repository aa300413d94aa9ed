//! The key sheet: a repository's password on paper, and the proof that the paper is right.
//!
//! Whoever has the sheet and a copy of the repository reads everything in it; whoever has neither
//! sheet nor password reads nothing ever again. So the sheet is printed on record, into a file that
//! only its owner can read, with what a stranger needs to use it without us. The proof reads from
//! the paper alone, by camera or by hand, and opens the repository with it.

use std::path::Path;

use crate::audit::{Deed, Outcome};
use crate::base::digest::Digest;
use crate::base::fault::{AnyFault, Args, Message};
use crate::base::secret::Secret;
use crate::document::{self, Align, Code, Column, Document, Letterhead, Signature, Table, Text};
use crate::job::key::check_words::groups;
use crate::job::key::fault::KeyFault;
use crate::job::report::catalog;
use crate::job::site::Site;
use crate::repository::{Repository, RepositoryError};
use crate::world::files;

/// Longer passwords are not for paper: nobody would type them.
const CHARACTERS_MAX: usize = 200;

/// What was printed.
#[derive(Debug)]
pub struct Printed {
    /// The key that the password on the sheet opens.
    pub key: Digest,
    /// Bytes of the file.
    pub bytes: usize,
}

/// Prints the sheet of this repository into `out`, on record.
pub fn print(site: &Site, name: &str, out: &Path) -> Result<Printed, AnyFault> {
    let log = site.log()?;
    let password = site.repository(name)?.password.read()?;
    let text = printable(name, &password)?;
    let repository = site.open(name)?;
    let Some(key) = repository.key_of(&password, None)? else {
        return Err(KeyFault::NotOnPaper { repository: name.to_owned() }.into());
    };
    let place = site.store(name)?.location();
    let id = repository.id().to_string();
    let sheet = Sheet { site, name, place: &place, id: &id, key: &key, password: text };
    let pdf = document::pdf(&sheet.document(), &catalog(site), site.world.clock.now())?;
    let deed = Deed::new("key.sheet", name).fact("file", out.display().to_string());
    site.recorded(&log, deed, || {
        files::replace_durably(out, &pdf)?;
        Ok((Printed { key, bytes: pdf.len() }, Outcome::done().fact("key", key.to_string())))
    })
}

/// The key that opens with what a person read off the sheet, however they spaced it.
pub fn test(site: &Site, name: &str, typed: &Secret) -> Result<Digest, AnyFault> {
    let store = site.store(name)?;
    for candidate in readings(typed) {
        match Repository::open(store.clone(), &candidate, &site.world) {
            Ok(repository) => {
                if let Some(key) = repository.key_of(&candidate, None)? {
                    return Ok(key);
                }
            }
            Err(RepositoryError::WrongKey { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(KeyFault::NotOnPaper { repository: name.to_owned() }.into())
}

/// What a person may have meant: exactly that; or, of a password that we made, the same without
/// spaces and in capitals.
fn readings(typed: &Secret) -> Vec<Secret> {
    let exact = typed.expose();
    let ours = as_ours(exact);
    let exact = Secret::new(exact.to_vec());
    match ours {
        Some(ours) if ours.expose() != exact.expose() => vec![ours, exact],
        _ => vec![exact],
    }
}

/// What was typed as a password that `init` makes: 52 letters and digits, grouped or not. `None` if
/// it holds anything else.
pub fn as_ours(typed: &[u8]) -> Option<Secret> {
    let tight = typed.iter().filter(|byte| !byte.is_ascii_whitespace());
    let ours: Vec<u8> = tight.map(u8::to_ascii_uppercase).collect();
    let ours = Secret::new(ours);
    let fits = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'2'..=b'7');
    ours.expose().iter().all(fits).then_some(ours)
}

/// Whether it has nothing but the capitals and digits of a password that `init` makes.
fn is_as_ours(password: &[u8]) -> bool {
    as_ours(password).is_some_and(|ours| ours.expose() == password)
}

/// The password as text that paper can hold.
fn printable<'a>(name: &str, password: &'a Secret) -> Result<&'a str, KeyFault> {
    let text = std::str::from_utf8(password.expose()).ok();
    text.filter(|text| !text.chars().any(char::is_control))
        .filter(|text| text.chars().count() <= CHARACTERS_MAX)
        .ok_or_else(|| KeyFault::NotForPaper {
            repository: name.to_owned(),
            max: CHARACTERS_MAX as u64,
        })
}

struct Sheet<'a> {
    site: &'a Site,
    name: &'a str,
    place: &'a str,
    id: &'a str,
    key: &'a Digest,
    password: &'a str,
}

impl Sheet<'_> {
    fn document(&self) -> Document {
        let settings = &self.site.settings;
        let documents = &settings.documents;
        let agency = documents.agency.clone().unwrap_or_else(|| settings.site.name.clone());
        let place = documents.place.clone().unwrap_or_else(|| "………".to_owned());
        let now = self.site.world.clock.now();
        let mut head = Letterhead::new(Text::data(agency), Text::data(place)).date(now);
        if let Some(superior) = &documents.superior {
            head = head.superior(Text::data(superior));
        }
        let title = self.say("key-sheet-title");
        Document::new(head, Text::message("key-sheet-kind"), title)
            .statement(Text::message("key-sheet-warning"))
            .section(Text::message("key-sheet-heading-repository"))
            .facts([
                (Text::message("key-sheet-name"), Text::data(self.name)),
                (Text::message("key-sheet-place"), Text::data(self.place)),
                (Text::message("key-sheet-id"), Text::data(self.id)),
                (Text::message("key-sheet-key"), Text::data(self.key)),
                (Text::message("key-sheet-printed"), Text::Instant(now)),
            ])
            .section(Text::message("key-sheet-heading-password"))
            .code(Code::new(self.password.as_bytes(), Text::message("key-sheet-code")))
            .table(self.table())
            .note(Text::message(if is_as_ours(self.password.as_bytes()) {
                "key-sheet-alphabet"
            } else {
                "key-sheet-exact"
            }))
            .section(Text::message("key-sheet-heading-test"))
            .paragraph(self.say("key-sheet-test"))
            .section(Text::message("key-sheet-heading-use"))
            .list([
                self.say("key-sheet-use-duphong"),
                self.say("key-sheet-use-restic"),
                Text::message("key-sheet-use-guide"),
            ])
            .signature(Signature::new(Text::message("key-sheet-printed-by")))
            .signature(Signature::new(Text::message("key-sheet-kept-by")))
    }

    fn say(&self, id: &'static str) -> Text {
        let args = Args::none().text("repository", self.name).text("place", self.place);
        Text::Message(Message::with(id, args))
    }

    fn table(&self) -> Table {
        let column = |id| Column::new(Text::message(id)).align(Align::Center);
        let columns = ["key-sheet-number", "key-sheet-group", "key-sheet-word"];
        // Two halves beside each other: the password and its code are on the first page.
        let groups = groups(self.password);
        let half = groups.len().div_ceil(2);
        let cells = |at: usize| match groups.get(at) {
            Some(group) => [
                Text::Number(at as u64 + 1),
                Text::data(group.text.replace(' ', "[U+0020]")),
                Text::data(group.word),
            ],
            None => [Text::Words(""), Text::Words(""), Text::Words("")],
        };
        Table::new(columns.into_iter().chain(columns).map(column))
            .rows((0..half).map(|at| cells(at).into_iter().chain(cells(half + at))))
    }
}
