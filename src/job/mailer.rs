//! The configured mail server, ready to send.

use crate::base::fault::AnyFault;
use crate::job::site::Site;
use crate::notice::settings::{Security, Smtp};
use crate::world::mail::{self, Account, Mailer, Server};

/// The server that `settings` describe, with its password read just now.
pub fn mailer(site: &Site, settings: &Smtp) -> Result<Mailer, AnyFault> {
    let secrets = &site.settings.notice_secrets;
    let account = match (&settings.user, &secrets.smtp) {
        (Some(user), Some(password)) => {
            Some(Account { user: user.clone(), password: password.read()? })
        }
        _ => None,
    };
    let server = Server {
        host: settings.host.clone(),
        port: settings.port,
        security: match settings.security {
            Security::Tls => mail::Security::Tls,
            Security::StartTls => mail::Security::StartTls,
        },
        account,
        authorities: secrets.authorities.clone(),
        timeout: settings.timeout,
    };
    Ok(Mailer::new(&site.world, server)?)
}
