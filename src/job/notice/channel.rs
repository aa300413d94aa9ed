//! The channels that the configuration names, ready to send. A password is read when it is used,
//! so that a changed file needs no restart.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::fault::AnyFault;
use crate::config::secret::SecretSource;
use crate::config::settings::Settings;
use crate::job::site::Site;
use crate::notice::Recipient;
use crate::notice::settings::{Security, Smtp};
use crate::world::mail::{self, Account, Mailer, Server};
use crate::world::webhook::{Endpoint, Webhook};

/// The channel of those who are told by mail.
pub(super) const MAIL: &str = "mail";

/// What begins the name of a webhook's channel.
pub(super) const WEBHOOK: &str = "webhook:";

/// A webhook has this long to take one message: it is a program, and only has to write it down.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(30);

/// Everyone who hears notices, in the order of the configuration.
pub fn recipients(settings: &Settings) -> Vec<Recipient> {
    let notices = &settings.notices;
    let by_mail = notices
        .to
        .iter()
        .filter(|_| notices.smtp.is_some())
        .map(|address| Recipient { channel: MAIL.to_owned(), id: format!("{MAIL}:{address}") });
    let by_webhook = notices.webhooks.iter().map(|webhook| {
        let channel = format!("{WEBHOOK}{}", webhook.name);
        Recipient { id: channel.clone(), channel }
    });
    by_mail.chain(by_webhook).collect()
}

/// The recipients' ids, by channel.
pub(super) fn grouped(settings: &Settings) -> BTreeMap<String, Vec<String>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for recipient in recipients(settings) {
        groups.entry(recipient.channel).or_default().push(recipient.id);
    }
    groups
}

/// The configured mail server, ready to send. `incident submit` uses it too.
pub fn mailer(site: &Site, smtp: &Smtp) -> Result<Mailer, AnyFault> {
    let secrets = &site.settings.notice_secrets;
    let password = secrets.smtp.as_ref().map(SecretSource::read).transpose()?;
    let account = smtp.user.clone().zip(password);
    let server = Server {
        host: smtp.host.clone(),
        port: smtp.port,
        security: match smtp.security {
            Security::Tls => mail::Security::Tls,
            Security::StartTls => mail::Security::StartTls,
        },
        account: account.map(|(user, password)| Account { user, password }),
        authorities: secrets.authorities.clone(),
        timeout: smtp.timeout,
    };
    Ok(Mailer::new(&site.world, server)?)
}

/// The webhook of this channel, ready to post.
pub(super) fn webhook(site: &Site, name: &str) -> Result<Option<Webhook>, AnyFault> {
    let webhooks = &site.settings.notices.webhooks;
    let Some(position) = webhooks.iter().position(|webhook| webhook.name == name) else {
        return Ok(None);
    };
    let secrets = &site.settings.notice_secrets;
    let key = secrets.webhooks.get(position).and_then(Option::as_ref);
    let endpoint = Endpoint {
        url: webhooks[position].url.clone(),
        key: key.map(SecretSource::read).transpose()?,
        authorities: secrets.authorities.clone(),
        timeout: WEBHOOK_TIMEOUT,
    };
    Ok(Some(Webhook::new(&site.world, endpoint)?))
}
