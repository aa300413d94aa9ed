//! Reads what concerns the outside: the network, notices, incidents, and where health is told.

use std::time::Duration;

use crate::config::decode::{Cursor, Named, Section};
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::config::settings::{Daemon, LISTEN_DEFAULT, NoticeSecrets};
use crate::incident::settings::{Contact, Incidents, PersonalData, Reporter, Standing, System};
use crate::notice::settings::{Notices, Security, Smtp, Webhook};
use crate::probe::settings::Network;

/// An address book, and a list of servers, that a person can still keep.
const LIST_MAX: usize = 100;

/// A mail server that takes longer is told again later.
const SMTP_TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);

const SMTP_TIMEOUT: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(5)..=Duration::from_mins(5);

/// Sooner than this is noise, later is forgotten.
const REPEAT: std::ops::RangeInclusive<Duration> =
    Duration::from_mins(10)..=Duration::from_hours(7 * 24);

/// How duphong reaches what it looks at.
pub(super) fn network(value: &Cursor<'_>) -> Option<Network> {
    let section = value.section(&keys::NETWORK)?;
    let list = |key, usual: Option<u16>| {
        section
            .may(key, |value| Some(value.list_of(0..=LIST_MAX, |item| item.socket(usual))))
            .unwrap_or_default()
    };
    Some(Network {
        resolvers: list("resolvers", Some(53)),
        inside: section
            .may("inside", |value| Some(value.list_of(0..=LIST_MAX, Cursor::block)))
            .unwrap_or_default(),
        authorities: section.may("authorities", Cursor::path),
        uplink: list("uplink", None),
    })
}

/// Where duphong tells its health.
pub(super) fn web(value: &Cursor<'_>) -> Option<Daemon> {
    let section = value.section(&keys::WEB)?;
    let listen = section.may("listen", |value| {
        let address = value.socket(None)?;
        if !address.ip().is_loopback() {
            let complaint = Complaint::warning("config-listen-open").text("value", address);
            value.complain(complaint.hint("config-listen-open-hint"));
        }
        Some(address)
    });
    Some(Daemon { listen: listen.unwrap_or(LISTEN_DEFAULT) })
}

/// How people are told, and where the secrets for it are kept.
pub(super) fn notices(value: &Cursor<'_>) -> Option<(Notices, NoticeSecrets)> {
    let section = value.section(&keys::NOTICES)?;
    let to = section.may("to", |value| Some(value.list_of(1..=LIST_MAX, Cursor::mailbox)));
    let mut secrets = NoticeSecrets {
        authorities: section.may("authorities", Cursor::path),
        ..NoticeSecrets::default()
    };
    let smtp = match section.get("smtp") {
        Some(value) => Some(smtp(&value, &mut secrets)?),
        None => None,
    };
    if let (Some(to), None) = (section.get("to"), &smtp) {
        let complaint = Complaint::error("config-to-without-smtp");
        to.complain(complaint.hint("config-to-without-smtp-hint"));
    }
    let mut webhooks: Vec<Webhook> = Vec::new();
    if let Some(list) = section.get("webhooks") {
        for item in list.list(0..=LIST_MAX) {
            let Some((webhook, secret)) = webhook(&item) else { continue };
            if webhooks.iter().any(|other| other.name == webhook.name) {
                let complaint = Complaint::error("config-name-taken").text("name", &webhook.name);
                item.complain(complaint.hint("config-name-taken-hint"));
            }
            webhooks.push(webhook);
            secrets.webhooks.push(secret);
        }
    }
    let repeat = section.may("repeat", |value| value.duration(REPEAT));
    Some((Notices { to: to.unwrap_or_default(), smtp, webhooks, repeat }, secrets))
}

fn smtp(value: &Cursor<'_>, secrets: &mut NoticeSecrets) -> Option<Smtp> {
    let section = value.section(&keys::SMTP)?;
    let host = section.need("host", Cursor::host);
    let security = section.need("security", |value| value.word(&Security::WORDS));
    let port = section.may("port", |value| value.number(1..=65535));
    let user = section.may("user", Cursor::text);
    secrets.smtp = section.may("password", Cursor::secret);
    let from = section.need("from", Cursor::mailbox);
    let timeout = section.may("timeout", |value| value.duration(SMTP_TIMEOUT));
    if section.get("user").is_some() != section.get("password").is_some() {
        let complaint = Complaint::error("config-smtp-account");
        value.complain(complaint.hint("config-smtp-account-hint"));
    }
    let security = security?;
    Some(Smtp {
        host: host?,
        port: port.unwrap_or(match security {
            Security::Tls => 465,
            Security::StartTls => 587,
        }),
        security,
        user,
        from: from?,
        timeout: timeout.unwrap_or(SMTP_TIMEOUT_DEFAULT),
    })
}

fn webhook(value: &Cursor<'_>) -> Option<(Webhook, Option<crate::config::secret::SecretSource>)> {
    let section = value.section(&keys::WEBHOOK)?;
    let name = section.need("name", Cursor::id);
    let url = section.need("url", Cursor::url);
    let secret = section.may("secret", Cursor::secret);
    Some((Webhook { name: name?, url: url? }, secret))
}

/// How incidents are handled.
pub(super) fn incidents(value: &Cursor<'_>) -> Option<Incidents> {
    let section = value.section(&keys::INCIDENTS)?;
    let rules = section.may("rules", |value| Some(value.list_of(1..=LIST_MAX, Cursor::id)));
    let files = section.may("rule-files", |value| Some(value.list_of(0..=LIST_MAX, Cursor::path)));
    let reporter = section.may("reporter", reporter);
    let mut contacts = std::collections::BTreeMap::new();
    if let Some(value) = section.get("contacts") {
        for named in value.named(0..=LIST_MAX) {
            let contact = contact(&named);
            contacts.extend(contact.map(|contact| (named.name.to_owned(), contact)));
        }
    }
    Some(Incidents {
        rules,
        rule_files: files.unwrap_or_default(),
        contacts,
        reporter: reporter.unwrap_or_default(),
    })
}

fn contact(named: &Named<'_>) -> Option<Contact> {
    let section = named.value.section(&keys::CONTACT)?;
    let name = section.need("name", Cursor::text);
    let basis = section.need("basis", Cursor::text);
    Some(Contact {
        email: section.may("email", Cursor::mailbox),
        address: section.may("address", Cursor::text),
        phone: section.may("phone", Cursor::text),
        name: name?,
        basis: basis?,
    })
}

fn reporter(value: &Cursor<'_>) -> Option<Reporter> {
    let section = value.section(&keys::REPORTER)?;
    let text = |key| section.may(key, Cursor::text);
    Some(Reporter {
        name: text("name"),
        address: text("address"),
        phone: text("phone"),
        email: section.may("email", Cursor::mailbox),
        contact_name: text("contact-name"),
        contact_title: text("contact-title"),
        contact_phone: text("contact-phone"),
        contact_email: section.may("contact-email", Cursor::mailbox),
    })
}

/// What decides which duties bind the portal: keys of the portal itself.
pub(super) fn standing(portal: &Section<'_>) -> Standing {
    let usual = Standing::default();
    let flag = |key| portal.may(key, Cursor::boolean);
    Standing {
        hosting: portal.may("hosting", Cursor::text),
        network_member: flag("network-member").unwrap_or(usual.network_member),
        component: flag("component").unwrap_or(usual.component),
        personal_data: portal
            .may("personal-data", |value| value.word(&PersonalData::WORDS))
            .unwrap_or(usual.personal_data),
    }
}

/// What is known of the portal's system.
pub(super) fn system(value: &Cursor<'_>) -> Option<System> {
    let section = value.section(&keys::SYSTEM)?;
    let text = |key| section.may(key, Cursor::text);
    let texts = |key| {
        section
            .may(key, |value| Some(value.list_of(0..=LIST_MAX, Cursor::text)))
            .unwrap_or_default()
    };
    Some(System {
        security_provider: text("security-provider"),
        connectivity: text("connectivity"),
        os: text("os"),
        version: text("version"),
        services: texts("services"),
        measures: texts("measures"),
        addresses: section
            .may("addresses", |value| Some(value.list_of(0..=LIST_MAX, Cursor::public_ip)))
            .unwrap_or_default(),
        domains: section
            .may("domains", |value| Some(value.list_of(0..=LIST_MAX, Cursor::host)))
            .unwrap_or_default(),
        purpose: text("purpose"),
    })
}
