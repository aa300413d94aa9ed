//! A head as a letter to a person: what it is, what to do with it, and the head itself, twice: in the
//! text, so that it survives whatever a mail program does, and as a file, byte for byte.

use crate::audit::{Head, Log, armored};
use crate::base::digest::Digest;
use crate::base::fault::{AnyFault, Args, Message};
use crate::base::language::Language;
use crate::job::notice::{NoticeFault, mailer};
use crate::job::site::Site;
use crate::text::Catalog;
use crate::world::mail::{Address, Attachment, Letter, Mailer};

/// A letter that a mail server has taken.
#[derive(Debug)]
pub struct Sent {
    /// To whom.
    pub recipient: String,
    /// Under which id.
    pub message_id: String,
    /// The server's answer.
    pub answer: String,
}

/// A letter that it has not taken.
pub(super) struct Failure {
    pub(super) fault: AnyFault,
    /// Whether it may have arrived all the same.
    pub(super) may_have_arrived: bool,
}

impl Failure {
    fn certain(fault: impl Into<AnyFault>) -> Self {
        Self { fault: fault.into(), may_have_arrived: false }
    }
}

/// Sends a head to this address, in this language.
pub(super) fn send(
    site: &Site,
    log: &Log,
    to: (&str, Language),
    head: &Head,
    note: &[u8],
) -> Result<Sent, Failure> {
    let (mailer, letter) = written(site, log, to, head, note).map_err(Failure::certain)?;
    let delivery = mailer.send(&letter).map_err(Failure::certain)?;
    let fate = delivery.recipients.into_iter().next();
    // One letter has one recipient, whose fate is told.
    let (_, fate) = fate.ok_or(NoticeFault::NoChannel).map_err(Failure::certain)?;
    match fate {
        Ok(reply) => Ok(Sent {
            recipient: to.0.to_owned(),
            message_id: delivery.message_id,
            answer: format!("{} {}", reply.code, reply.text),
        }),
        Err(fault) => {
            let may_have_arrived = fault.may_have_arrived();
            Err(Failure { fault: fault.into(), may_have_arrived })
        }
    }
}

fn written(
    site: &Site,
    log: &Log,
    (to, language): (&str, Language),
    head: &Head,
    note: &[u8],
) -> Result<(Mailer, Letter), AnyFault> {
    let smtp = site.settings.notices.smtp.as_ref().ok_or(NoticeFault::NoChannel)?;
    let mailer = mailer(site, smtp)?;
    let catalog = Catalog::in_zone(language, site.settings.site.timezone.clone());
    let letter = Letter {
        id: format!("duphong-anchor-{}-{}", head.size, head.root.short()),
        from: Address::parse(&smtp.from)?,
        to: vec![Address::parse(to)?],
        subject: catalog.say(&Message::with("anchor-mail-subject", named(site, head))),
        body: body(site, log, &catalog, head, note),
        attachments: vec![Attachment {
            name: format!("{}-{}.txt", catalog.id("anchor-mail-file"), head.size),
            media_type: "text/plain; charset=utf-8".to_owned(),
            bytes: note.to_vec(),
        }],
        automatic: true,
    };
    Ok((mailer, letter))
}

fn named(site: &Site, head: &Head) -> Args {
    Args::none().text("site", &site.settings.site.name).number("size", head.size)
}

fn body(site: &Site, log: &Log, catalog: &Catalog, head: &Head, note: &[u8]) -> String {
    let args = named(site, head)
        .time("at", site.world.clock.now())
        .text("log", &head.origin)
        .text("root", head.root)
        .text("key", log.vkey())
        .text("fingerprint", Digest::of(log.vkey().as_bytes()));
    let parts = ["anchor-mail-what", "anchor-mail-keep", "anchor-mail-verify", "anchor-mail-head"];
    let parts = parts.map(|id| catalog.say(&Message { id, args: args.clone() }));
    format!("{}\n\n{}", parts.join("\n\n"), armored(note))
}
