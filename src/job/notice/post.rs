//! Sending one letter by its channel, whatever goes wrong: every failure is a fate on record.

use std::sync::Arc;

use jiff::Timestamp;

use crate::audit::Outcome;
use crate::base::fault::{AnyFault, Fault, chain};
use crate::job::notice::channel::{self, MAIL, WEBHOOK};
use crate::job::notice::fault::NoticeFault;
use crate::job::notice::{Posted, words};
use crate::job::site::Site;
use crate::notice::Event;
use crate::notice::fact::{Arrival, Fate, Sent, VERSION};
use crate::notice::plan::Letter;
use crate::text::Catalog;
use crate::world::mail::{self, Address, MailError};
use crate::world::webhook::WebhookError;

/// What is kept of diagnostics, in characters.
const DETAIL_MAX: usize = 300;

/// Why a recipient was not reached, or may not have been.
struct Failure {
    fault: Arc<dyn Fault>,
    may_have_arrived: bool,
}

impl Failure {
    fn certain(fault: impl Into<AnyFault>) -> Self {
        Self { fault: Arc::from(fault.into()), may_have_arrived: false }
    }
}

/// By recipient: nothing, where the letter arrived.
type Failures = Vec<(String, Option<Failure>)>;

/// Sends a letter and says what became of it.
pub(super) fn post(
    site: &Site,
    catalog: &Catalog,
    letter: &Letter,
    events: &[Event],
    at: Timestamp,
) -> (Posted, Outcome) {
    let failures = match letter.channel.strip_prefix(WEBHOOK) {
        Some(name) => by_webhook(site, catalog, letter, name, at),
        None => by_mail(site, catalog, letter, events, at),
    };
    let fates: Vec<_> =
        failures.iter().map(|(recipient, failure)| fate(recipient, failure.as_ref())).collect();
    let outcome = outcome(&fates);
    let faults = failures
        .into_iter()
        .filter_map(|(recipient, failure)| Some((recipient, failure?.fault)))
        .collect();
    let (channel, id, items) = (letter.channel.clone(), letter.id.clone(), letter.items.len());
    (Posted { channel, id, items, fates, faults }, outcome)
}

fn fate(recipient: &str, failure: Option<&Failure>) -> Fate {
    let recipient = recipient.to_owned();
    let Some(failure) = failure else {
        return Fate { recipient, arrival: Arrival::Accepted, code: None, detail: None };
    };
    let arrival = if failure.may_have_arrived { Arrival::Unknown } else { Arrival::NotSent };
    let detail = chain(failure.fault.as_ref()).chars().take(DETAIL_MAX).collect();
    Fate { recipient, arrival, code: Some(failure.fault.code().to_owned()), detail: Some(detail) }
}

fn outcome(fates: &[Fate]) -> Outcome {
    let accepted = fates.iter().filter(|fate| fate.arrival == Arrival::Accepted).count();
    let code = fates.iter().find_map(|fate| fate.code.clone());
    let outcome = match code {
        None => Outcome::done(),
        Some(_) if accepted > 0 => Outcome::warnings(),
        Some(code) => Outcome::failed(code),
    };
    let sent = Sent { version: VERSION, recipients: fates.to_vec() };
    let record = serde_json::to_value(sent).expect("a record is made of texts and numbers");
    outcome.fact("record", record)
}

/// The same failure for everyone.
fn nobody(letter: &Letter, fault: AnyFault) -> Failures {
    let fault: Arc<dyn Fault> = Arc::from(fault);
    let failure = || Failure { fault: Arc::clone(&fault), may_have_arrived: false };
    letter.recipients.iter().map(|recipient| (recipient.clone(), Some(failure()))).collect()
}

fn by_mail(
    site: &Site,
    catalog: &Catalog,
    letter: &Letter,
    events: &[Event],
    at: Timestamp,
) -> Failures {
    let Some(smtp) = &site.settings.notices.smtp else {
        return nobody(letter, NoticeFault::NoChannel.into());
    };
    let prepared = channel::mailer(site, smtp)
        .and_then(|mailer| Ok((mailer, Address::parse(&smtp.from).map_err(AnyFault::from)?)));
    let (mailer, from) = match prepared {
        Ok(prepared) => prepared,
        Err(fault) => return nobody(letter, fault),
    };
    let (mut failures, mut to, mut those) = (Failures::new(), Vec::new(), Vec::new());
    for recipient in &letter.recipients {
        let address = recipient.strip_prefix(MAIL).and_then(|rest| rest.strip_prefix(':'));
        match Address::parse(address.unwrap_or(recipient)) {
            Ok(address) => {
                to.push(address);
                those.push(recipient.clone());
            }
            Err(fault) => failures.push((recipient.clone(), Some(Failure::certain(fault)))),
        }
    }
    if to.is_empty() {
        return failures;
    }
    let written = mail::Letter {
        id: letter.id.clone(),
        from,
        to,
        subject: words::subject(site, catalog, letter),
        body: words::body(site, catalog, letter, events, at),
        attachments: Vec::new(),
        automatic: true,
    };
    match mailer.send(&written) {
        Ok(delivery) => {
            let fates = delivery.recipients.into_iter().map(|(_, fate)| fate.err());
            failures.extend(those.into_iter().zip(fates.map(|fate| fate.map(by_mail_failed))));
        }
        Err(fault) => {
            let fault = by_mail_failed(fault);
            let failed = |recipient| {
                let fault = Arc::clone(&fault.fault);
                (recipient, Some(Failure { fault, may_have_arrived: false }))
            };
            failures.extend(those.into_iter().map(failed));
        }
    }
    failures
}

fn by_mail_failed(fault: MailError) -> Failure {
    Failure { may_have_arrived: fault.may_have_arrived(), fault: Arc::new(fault) }
}

fn by_webhook(
    site: &Site,
    catalog: &Catalog,
    letter: &Letter,
    name: &str,
    at: Timestamp,
) -> Failures {
    let webhook = match channel::webhook(site, name) {
        Ok(Some(webhook)) => webhook,
        Ok(None) => return nobody(letter, NoticeFault::NoChannel.into()),
        Err(fault) => return nobody(letter, fault),
    };
    let failed = |fault: WebhookError| Failure {
        may_have_arrived: fault.may_have_arrived(),
        fault: Arc::new(fault),
    };
    let failure =
        webhook.post(&letter.id, words::json(site, catalog, letter, at)).err().map(failed);
    // A webhook is its channel's only recipient.
    letter.recipients.iter().cloned().zip(std::iter::once(failure)).collect()
}
