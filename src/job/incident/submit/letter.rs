//! The letter around a signed document: short, in Vietnamese, under the subject that the form
//! prescribes.

use crate::base::fault::{AnyFault, Args, Message};
use crate::incident::case::Case;
use crate::job::incident::form::vietnamese;
use crate::job::incident::submit::{Document, PDF, Submission, SubmitFault};
use crate::job::site::Site;
use crate::notice::settings::Smtp;
use crate::world::mail::{Address, Attachment, Letter};

/// How the subject must begin (*Mẫu số 03*, Chú thích 2).
const SUBJECT_PREFIX: &str = "[TBSC]";

/// The configured server.
pub(super) fn server(site: &Site) -> Result<&Smtp, SubmitFault> {
    site.settings.notices.smtp.as_ref().ok_or(SubmitFault::NoServer)
}

/// The letter to one recipient. Its id follows from what it is about: a letter that is sent again
/// because nobody knew its fate is known as the same one at the other end.
pub(super) fn letter(
    site: &Site,
    case: &Case,
    submission: &Submission,
    document: &Document,
    recipient: &str,
    name: &str,
    email: &str,
) -> Result<Letter, AnyFault> {
    let words = vietnamese();
    let labels = submission.duties.iter().map(|id| Ok(case.rule(id)?.label.vi.clone()));
    let labels = labels.collect::<Result<Vec<_>, AnyFault>>()?.join("; ");
    let portal = &case.ground.portal;
    let about = |id| {
        let args = Args::none()
            .text("duty", &labels)
            .text("portal", &portal.name)
            .number("number", case.number)
            .text("operator", &portal.operator)
            .text("recipient", name)
            .text("file", &document.name)
            .text("digest", document.digest);
        words.say(&Message::with(id, args))
    };
    let mut body = vec![about("incident-mail-greeting"), about("incident-mail-enclosed")];
    if let Some(reference) = &submission.reference {
        let args = Args::none().text("reference", reference);
        body.push(words.say(&Message::with("incident-mail-reference", args)));
    }
    body.extend([about("incident-mail-file"), about("incident-mail-confirm")]);
    body.push(signature(site));
    let paragraphs = body.into_iter().filter(|paragraph| !paragraph.is_empty());
    Ok(Letter {
        id: format!(
            "tbsc-{}-{}-{}-{}",
            site.settings.site.id,
            case.number,
            plain(recipient),
            document.digest.short()
        ),
        from: Address::parse(&server(site)?.from)?,
        to: vec![Address::parse(email)?],
        subject: format!("{SUBJECT_PREFIX} {}", about("incident-mail-subject")),
        body: paragraphs.collect::<Vec<_>>().join("\n\n") + "\n",
        attachments: vec![Attachment {
            name: document.name.clone(),
            media_type: PDF.to_owned(),
            bytes: document.bytes.clone(),
        }],
        // A person sends it, and wants an answer.
        automatic: false,
    })
}

/// The contact person as the configuration has it, a line each.
fn signature(site: &Site) -> String {
    let Some(incidents) = &site.settings.incidents else { return String::new() };
    let reporter = &incidents.reporter;
    let lines = [
        &reporter.name,
        &reporter.contact_name,
        &reporter.contact_title,
        &reporter.contact_phone,
        &reporter.contact_email,
    ];
    lines.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// The name of a file as a letter can carry it.
pub(super) fn file_name(name: Option<&str>) -> String {
    let fit = |c: char| !c.is_control() && !matches!(c, '/' | '\\' | '"');
    let name: String = name.unwrap_or_default().chars().filter(|c| fit(*c)).collect();
    if name.is_empty() { "mau-03.pdf".to_owned() } else { name }
}

/// An id of a rule file in the letters that a Message-ID takes.
fn plain(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}
