//! Sending a signed document to the recipients of a duty, or writing down that a person did.
//!
//! [`plan`] refuses all that can be refused and shows exactly what would leave; [`Plan::carry_out`]
//! does it. The document is sealed first, so that what was sent can be shown for ever. Each letter
//! has its own intent and outcome: a recipient who was refused, or whose server fell silent, takes
//! nothing from the others. A letter whose fate nobody knows is never sent again by itself: a
//! person asks the recipient, and says so.
//!
//! What duphong rendered itself is never sent: it is a draft until a person has signed it. Whether
//! a signature is genuine is not judged here; only a document that plainly has none is remarked on.

mod fault;
mod letter;

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::audit::{Deed, Ending, Intent, Kind, Log, Outcome};
use crate::base::digest::Digest;
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::incident::case::{Case, not_before_detection, not_in_future};
use crate::incident::fact::{Channel, Dispatched, Fact, Record};
use crate::incident::fault::CaseFault;
use crate::incident::settings::Contact;
use crate::job::incident::form::drafts;
use crate::job::incident::{alone, evidence, find, fold, record};
use crate::job::notice::mailer;
use crate::job::site::Site;
use crate::world::files::{self, FileError};
use crate::world::mail::{Delivery, Letter, MailError, Mailer, Reply};

pub use fault::SubmitFault;

/// The verb of a letter in the audit log, which is that of the fact it becomes.
const VERB: &str = "incident.dispatch";

/// What agencies' servers take, before base64 makes a third more of it.
const DOCUMENT_BYTES_MAX: u64 = 20_000_000;

/// The media type of what is sent.
const PDF: &str = "application/pdf";

/// What a person wants sent, or has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The incident's number.
    pub number: u64,
    /// The duties that it is to meet.
    pub duties: Vec<String>,
    /// The recipients' ids in the rules.
    pub to: Vec<String>,
    /// The signed document.
    pub file: PathBuf,
    /// How it goes, or went.
    pub way: Way,
    /// Its number and sign (số, ký hiệu).
    pub reference: Option<String>,
    /// Who sends it.
    pub by: String,
}

/// How a document goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// duphong sends it by mail.
    Mail {
        /// Even if it was sent before, or may have been.
        again: bool,
    },
    /// A person has sent it.
    Hand {
        /// By which way.
        channel: Channel,
        /// When.
        sent_at: Timestamp,
        /// What proves it, such as a registered letter's number.
        proof: Option<String>,
    },
}

/// What will be done.
#[derive(Debug)]
pub struct Plan {
    submission: Submission,
    portal: String,
    /// What is sent.
    pub document: Document,
    /// To whom, in the order asked for.
    pub sends: Vec<Send>,
    mailer: Option<Mailer>,
}

/// The signed document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The name of its file.
    pub name: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether it holds something in the place of a digital signature. Not whether that is valid.
    pub looks_signed: bool,
}

/// What goes to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// The recipient's id.
    pub recipient: String,
    /// Its name.
    pub name: String,
    /// Its address, where the address book has one for this way.
    pub address: Option<String>,
    /// The letter; none where a person sends.
    pub letter: Option<Letter>,
}

/// What became of it.
#[derive(Debug)]
pub struct Submitted {
    /// Each recipient with its fate, in the plan's order.
    pub fates: Vec<(Send, Fate)>,
}

/// What became of what went to one recipient.
#[derive(Debug)]
pub enum Fate {
    /// A server took the letter: its answer. The duty is met as soon as this is on record.
    Accepted(Reply),
    /// A server took the letter, but it could not go on record as sent, for this reason.
    AcceptedUnrecorded(Reply, AnyFault),
    /// Sent by a person, and now on record.
    Recorded,
    /// The letter did not go, or may not have.
    Failed(MailError),
}

impl Submitted {
    /// Human where a letter may have arrived, else by what was done.
    pub fn exit(&self) -> ExitCode {
        let any = |test: fn(&Fate) -> bool| self.fates.iter().any(|(_, fate)| test(fate));
        if any(|fate| matches!(fate, Fate::Failed(fault) if fault.may_have_arrived()))
            || any(|fate| matches!(fate, Fate::AcceptedUnrecorded(..)))
        {
            ExitCode::HumanNeeded
        } else if !any(|fate| matches!(fate, Fate::Failed(_))) {
            ExitCode::Done
        } else if any(|fate| matches!(fate, Fate::Accepted(_) | Fate::Recorded)) {
            ExitCode::Warnings
        } else {
            ExitCode::Failed
        }
    }
}

/// Looks at everything that can be wrong, and changes nothing.
pub fn plan(site: &Site, submission: &Submission) -> Result<Plan, AnyFault> {
    let log = site.log()?;
    let case = find(site, submission.number)?;
    let document = document(&log, submission)?;
    let now = site.world.clock.now();
    let mut sends = Vec::new();
    for recipient in &submission.to {
        if sends.iter().any(|send: &Send| send.recipient == *recipient) {
            return Err(SubmitFault::Twice { recipient: recipient.clone() }.into());
        }
        let send = send(site, &case, submission, &document, recipient)?;
        let fact = Fact::Dispatched(dispatched(submission, &document, &send, now, None));
        not_in_future(&fact, now)?;
        case.check(&fact)?;
        match submission.way {
            Way::Mail { again: false } => not_before(&log, &case, &document, &send)?,
            Way::Mail { again: true } => {}
            // Only a time that a person says: a clock of ours that was set back stops no report.
            Way::Hand { .. } => not_before_detection(&fact, case.detection.at)?,
        }
        sends.push(send);
    }
    let mailer = match submission.way {
        Way::Mail { .. } => Some(mailer(site, letter::server(site)?)?),
        Way::Hand { .. } => None,
    };
    let portal = case.ground.portal.id.clone();
    Ok(Plan { submission: submission.clone(), portal, document, sends, mailer })
}

fn document(log: &Log, submission: &Submission) -> Result<Document, AnyFault> {
    let path = &submission.file;
    let told = |source| SubmitFault::Unreadable { path: path.clone(), source };
    let facts = path.metadata().map_err(FileError::io("read", path)).map_err(told)?;
    if facts.len() > DOCUMENT_BYTES_MAX {
        let (bytes, max) = (facts.len(), DOCUMENT_BYTES_MAX);
        return Err(SubmitFault::TooLarge { path: path.clone(), bytes, max }.into());
    }
    let bytes = files::read(path).map_err(told)?;
    if !is_pdf(&bytes) {
        return Err(SubmitFault::NotAPdf { path: path.clone() }.into());
    }
    let digest = Digest::of(&bytes);
    if let Some((_, incident)) = drafts(log)?.into_iter().find(|(draft, _)| *draft == digest) {
        return Err(SubmitFault::Draft { path: path.clone(), incident }.into());
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let looks_signed = contains(&bytes, b"/ByteRange") && contains(&bytes, b"/Contents");
    Ok(Document { name: letter::file_name(name.as_deref()), digest, bytes, looks_signed })
}

/// The head and the foot of a PDF; readers allow some bytes before the one and after the other.
fn is_pdf(bytes: &[u8]) -> bool {
    const NEAR: usize = 1024;
    let head = &bytes[..bytes.len().min(NEAR)];
    let foot = &bytes[bytes.len().saturating_sub(NEAR)..];
    contains(head, b"%PDF-") && contains(foot, b"%%EOF")
}

fn contains(bytes: &[u8], sought: &[u8]) -> bool {
    bytes.windows(sought.len()).any(|window| window == sought)
}

fn send(
    site: &Site,
    case: &Case,
    submission: &Submission,
    document: &Document,
    recipient: &str,
) -> Result<Send, AnyFault> {
    let named = case.rules.iter().find_map(|set| set.recipient(recipient));
    let contact = site.settings.incidents.as_ref().and_then(|all| all.contacts.get(recipient));
    let name = contact.map(|contact| contact.name.clone());
    let name = name.or_else(|| named.map(|named| named.name.vi.clone()));
    let name = name.unwrap_or_else(|| recipient.to_owned());
    let recipient = recipient.to_owned();
    match submission.way {
        Way::Hand { channel, .. } => {
            let address = contact.and_then(|contact| address(contact, channel));
            Ok(Send { recipient, name, address, letter: None })
        }
        Way::Mail { .. } => {
            let contact =
                contact.ok_or_else(|| SubmitFault::NoContact { recipient: recipient.clone() })?;
            let email = contact.email.clone();
            let email =
                email.ok_or_else(|| SubmitFault::NoEmail { recipient: recipient.clone() })?;
            let letter =
                letter::letter(site, case, submission, document, &recipient, &name, &email)?;
            Ok(Send { recipient, name, address: Some(email), letter: Some(letter) })
        }
    }
}

fn address(contact: &Contact, channel: Channel) -> Option<String> {
    match channel {
        Channel::Email => contact.email.clone(),
        Channel::Phone | Channel::Fax | Channel::Message => contact.phone.clone(),
        _ => contact.address.clone(),
    }
}

fn dispatched(
    submission: &Submission,
    document: &Document,
    send: &Send,
    now: Timestamp,
    reply: Option<&Reply>,
) -> Dispatched {
    let (channel, sent_at, proof) = match &submission.way {
        Way::Mail { .. } => (Channel::Email, now, reply.map(told)),
        Way::Hand { channel, sent_at, proof } => (*channel, *sent_at, proof.clone()),
    };
    Dispatched {
        duties: submission.duties.clone(),
        recipient: send.recipient.clone(),
        sent_at,
        channel,
        number: submission.reference.clone(),
        digest: document.digest,
        address: send.address.clone(),
        proof,
        by: submission.by.clone(),
    }
}

/// What a server answered, as a proof keeps it.
fn told(reply: &Reply) -> String {
    format!("{} {}", reply.code, reply.text)
}

/// Refuses what was sent before, and what may have been: a second copy of a report confuses those
/// who act on it, and a person can find out.
fn not_before(log: &Log, case: &Case, document: &Document, send: &Send) -> Result<(), AnyFault> {
    let same =
        |sent: &&Dispatched| sent.recipient == send.recipient && sent.digest == document.digest;
    if let Some(sent) = case.dispatches.iter().find(same) {
        let (recipient, at) = (send.recipient.clone(), sent.sent_at);
        return Err(SubmitFault::AlreadySent { recipient, at }.into());
    }
    let Some(letter) = &send.letter else { return Ok(()) };
    let id = letter.message_id();
    // Every try whose fate is not known, not only the newest: that one was refused says nothing of
    // another that is still on its way.
    let mut open = BTreeSet::new();
    for entry in log.reader()?.entries() {
        let entry = entry?;
        let names_it = entry.facts.get("message-id").and_then(|fact| fact.as_str()) == Some(&id);
        match (entry.kind, entry.intent) {
            (Kind::Intent, _) if entry.verb == VERB && names_it => {
                open.insert(entry.seq);
            }
            (Kind::Outcome, Some(intent)) => {
                let known =
                    entry.result == Some(Ending::Failed) && entry.code.as_deref() != Some(UNKNOWN);
                if known {
                    open.remove(&intent);
                }
            }
            _ => {}
        }
    }
    match open.last().copied() {
        Some(entry) => {
            let recipient = send.recipient.clone();
            Err(SubmitFault::MayHaveArrived { recipient, message_id: id, entry }.into())
        }
        None => Ok(()),
    }
}

/// The code of [`MailError::Unknown`] in the log.
const UNKNOWN: &str = "mail.unknown";

impl Plan {
    /// Seals the document, then sends or records, one recipient after the other.
    pub fn carry_out(self, site: &Site) -> Result<Submitted, AnyFault> {
        let log = site.log()?;
        self.seal(site)?;
        let mut fates = Vec::new();
        for send in &self.sends {
            let fate = if let (Some(mailer), Some(letter)) = (&self.mailer, &send.letter) {
                // Who was told already stays told; who was not is named by the next plan.
                site.go_on()?;
                self.mail(site, &log, mailer, letter, send)?
            } else {
                let now = site.world.clock.now();
                let fact = dispatched(&self.submission, &self.document, send, now, None);
                record(site, self.submission.number, Fact::Dispatched(fact))?;
                Fate::Recorded
            };
            fates.push((send.clone(), fate));
        }
        Ok(Submitted { fates })
    }

    fn seal(&self, site: &Site) -> Result<(), AnyFault> {
        let case = find(site, self.submission.number)?;
        if case.evidence.iter().any(|sealed| sealed.what.digest == self.document.digest) {
            return Ok(());
        }
        let submission = &self.submission;
        let what = format!("{} ({})", self.document.name, submission.duties.join(", "));
        let sealed =
            evidence(site, submission.number, &submission.file, PDF, &what, &submission.by)?;
        if sealed.digest == self.document.digest {
            return Ok(());
        }
        // The file was changed between looking at it and sealing it.
        Err(SubmitFault::Changed { path: submission.file.clone() }.into())
    }

    fn mail(
        &self,
        site: &Site,
        log: &Log,
        mailer: &Mailer,
        letter: &Letter,
        send: &Send,
    ) -> Result<Fate, AnyFault> {
        let deed = Deed::new(VERB, &self.portal)
            .fact("incident", self.submission.number)
            .fact("duties", self.submission.duties.clone())
            .fact("recipient", send.recipient.as_str())
            .fact("address", send.address.clone().unwrap_or_default())
            .fact("digest", self.document.digest.to_string())
            .fact("message-id", letter.message_id())
            .fact("subject", letter.subject.as_str());
        let intent = self.claim(site, log, send, deed)?;
        match mailer.send(letter).and_then(only) {
            Ok(reply) => self.accepted(site, log, intent, send, reply),
            Err(fault) => {
                log.settle(intent, Outcome::fault(&fault))?;
                Ok(Fate::Failed(fault))
            }
        }
    }

    /// Writes the intent under the lock under which it was seen that there is no other: since the
    /// plan was made, somebody else may have sent the same, or be about to. The lock is not held
    /// while the letter goes, for the intent speaks from here on.
    fn claim(&self, site: &Site, log: &Log, send: &Send, deed: Deed) -> Result<Intent, AnyFault> {
        let _alone = alone(site)?;
        if let Way::Mail { again: false } = self.submission.way {
            let number = self.submission.number;
            let case = fold(log)?.cases.remove(&number).ok_or(CaseFault::NoIncident { number })?;
            not_before(log, &case, &self.document, send)?;
        }
        Ok(log.intend(&site.actor, deed)?)
    }

    /// Puts a letter that a server took on record as a fact of the incident. Should the incident
    /// have been closed meanwhile, the letter has left all the same, and the outcome says so.
    fn accepted(
        &self,
        site: &Site,
        log: &Log,
        intent: Intent,
        send: &Send,
        reply: Reply,
    ) -> Result<Fate, AnyFault> {
        let now = site.world.clock.now();
        let fact = dispatched(&self.submission, &self.document, send, now, Some(&reply));
        let fact = Fact::Dispatched(fact);
        let number = self.submission.number;
        let answer = told(&reply);
        let allowed = alone(site).and_then(|lock| {
            let case = fold(log)?.cases.remove(&number).ok_or(CaseFault::NoIncident { number })?;
            case.check(&fact)?;
            Ok(lock)
        });
        match allowed {
            Ok(_lock) => {
                let record = Record::new(number, fact).serialized();
                log.settle(intent, Outcome::done().fact("reply", answer).fact("record", record))?;
                Ok(Fate::Accepted(reply))
            }
            Err(fault) => {
                let outcome =
                    Outcome::warnings().fact("reply", answer).fact("not-recorded", fault.code());
                log.settle(intent, outcome)?;
                Ok(Fate::AcceptedUnrecorded(reply, fault))
            }
        }
    }
}

/// The fate of the one recipient of a letter.
fn only(delivery: Delivery) -> Result<Reply, MailError> {
    let fates = delivery.recipients.into_iter().map(|(_, fate)| fate);
    fates.last().expect("a letter has at least one recipient, or it is refused")
}
