//! Everything that a server lacks before its binary log can be received: all of it at once, each with
//! a command for whoever administers the server.
//!
//! Asks, and changes nothing.

use crate::base::fault::{Args, Message};
use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::binlog::server;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::grants;
use crate::source::mariadb::session::Session;
use crate::source::mariadb::tools::Family;
use crate::world::World;

/// A log that its server removes sooner may be gone before anybody is back from a long weekend.
const EXPIRE_MIN: u64 = 4 * 86_400;

/// One thing that a server lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// It is one whose log is not followed.
    Maker {
        /// Host and port or socket.
        server: String,
        /// Maker and version.
        version: String,
    },
    /// It gives transactions no numbers, by which alone a hole is found.
    Numbers {
        /// Host and port or socket.
        server: String,
    },
    /// It logs less of a row than all of it.
    Image {
        /// Host and port or socket.
        server: String,
        /// What it logs.
        image: String,
    },
    /// It writes no log.
    Off {
        /// Host and port or socket.
        server: String,
        /// Whether it is MySQL, which would by itself.
        is_mysql: bool,
    },
    /// Its number is 0, and whoever would follow is refused.
    Number {
        /// Host and port or socket.
        server: String,
    },
    /// It logs statements, which may come out otherwise when they are replayed.
    Format {
        /// Host and port or socket.
        server: String,
        /// What it is.
        format: String,
    },
    /// It leaves databases, or what it replicates, out of its log.
    Filter {
        /// Host and port or socket.
        server: String,
        /// Setting and value.
        filter: String,
    },
    /// The account may not follow it.
    Rights {
        /// Host and port or socket.
        server: String,
        /// What is missing.
        rights: String,
        /// The account, as it stands in a statement.
        account: String,
    },
    /// It removes its log soon.
    Expire {
        /// Host and port or socket.
        server: String,
        /// After how many hours.
        hours: u64,
        /// The setting by which it does.
        setting: &'static str,
    },
}

impl Lack {
    /// What is lacking.
    pub fn message(&self) -> Message {
        let args = Args::none();
        match self {
            Self::Maker { server, version } => {
                Message::with("lack-maker", args.text("server", server).text("version", version))
            }
            Self::Numbers { server } => Message::with("lack-numbers", args.text("server", server)),
            Self::Image { server, image } => {
                Message::with("lack-image", args.text("server", server).text("image", image))
            }
            Self::Off { server, .. } => Message::with("lack-off", args.text("server", server)),
            Self::Number { server } => Message::with("lack-number", args.text("server", server)),
            Self::Format { server, format } => {
                Message::with("lack-format", args.text("server", server).text("format", format))
            }
            Self::Filter { server, filter } => {
                Message::with("lack-filter", args.text("server", server).text("filter", filter))
            }
            Self::Rights { server, rights, .. } => {
                Message::with("lack-rights", args.text("server", server).text("rights", rights))
            }
            Self::Expire { server, hours, .. } => {
                Message::with("lack-expire", args.text("server", server).number("hours", *hours))
            }
        }
    }

    /// What to type.
    pub fn hint(&self) -> Message {
        let args = Args::none();
        match self {
            Self::Maker { .. } => Message::new("lack-maker-hint"),
            Self::Numbers { .. } => Message::new("lack-numbers-hint"),
            Self::Image { .. } => Message::new("lack-image-hint"),
            Self::Off { is_mysql: true, .. } => Message::new("lack-off-mysql-hint"),
            Self::Off { .. } => Message::new("lack-off-hint"),
            Self::Number { .. } => Message::new("lack-number-hint"),
            Self::Format { .. } => Message::new("lack-format-hint"),
            Self::Filter { .. } => Message::new("lack-filter-hint"),
            Self::Rights { rights, account, .. } => {
                let args = args.text("rights", rights).text("account", account);
                Message::with("lack-rights-hint", args)
            }
            Self::Expire { setting, .. } => {
                // Ten days, in the measure of the setting.
                let wanted = if *setting == SECONDS { "864000" } else { "10" };
                let args = args.text("setting", *setting).text("wanted", wanted);
                Message::with("lack-expire-hint", args)
            }
        }
    }

    /// Whether the log can be received all the same.
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::Format { .. } | Self::Image { .. } | Self::Expire { .. })
    }
}

const SECONDS: &str = "binlog_expire_logs_seconds";
const DAYS: &str = "expire_logs_days";

/// What a server lacks for its binary log to be received. One that cannot be asked is a fault.
pub fn lacks(settings: &Settings, world: &World) -> Result<Vec<Lack>, SourceError> {
    let mut session = Session::open_server(settings, world)?;
    let server = settings.server();
    if let Err(MariadbFault::LogMaker { version, .. }) = server::check_known(&session, settings) {
        return Ok(vec![Lack::Maker { server, version }]);
    }
    let asked = format!(
        "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'server_id', 'binlog_format', \
         'binlog_row_image', 'gtid_mode', '{SECONDS}', '{DAYS}')"
    );
    let rows = session.rows("ask for its settings", &asked)?;
    let value = |name: &str| {
        let named = |row: &&Vec<String>| row.first().is_some_and(|found| found == name);
        rows.iter().find(named).and_then(|row| row.get(1)).map(String::as_str)
    };
    let mut lacks = Vec::new();
    let is_on = value("log_bin") == Some("ON");
    if !is_on {
        let is_mysql = session.family == Family::Mysql;
        lacks.push(Lack::Off { server: server.clone(), is_mysql });
    }
    if value("server_id") == Some("0") {
        lacks.push(Lack::Number { server: server.clone() });
    }
    if let Some(format) = value("binlog_format").filter(|format| *format == "STATEMENT") {
        lacks.push(Lack::Format { server: server.clone(), format: format.to_owned() });
    }
    if session.family == Family::Mysql {
        if is_on && value("gtid_mode") != Some("ON") {
            lacks.push(Lack::Numbers { server: server.clone() });
        }
        if let Some(image) = value("binlog_row_image").filter(|image| *image != "FULL") {
            lacks.push(Lack::Image { server: server.clone(), image: image.to_owned() });
        }
    }
    if is_on
        && let Some((seconds, setting)) = expires(value(SECONDS), value(DAYS))
        && (1..EXPIRE_MIN).contains(&seconds)
    {
        let (server, hours) = (server.clone(), seconds / 3600);
        lacks.push(Lack::Expire { server, hours, setting });
    }
    match grants::check_following(&mut session, &server) {
        Err(SourceError::Mariadb(MariadbFault::LogRights { rights, .. })) => {
            let account = session.value("ask for the account", "SELECT CURRENT_USER()")?;
            let account = quoted(&account);
            lacks.push(Lack::Rights { server, rights, account });
        }
        // Only who may follow a log may ask what is left out of it.
        Ok(()) if is_on => lacks.extend(filters(&mut session, &server)?),
        other => other?,
    }
    Ok(lacks)
}

/// After how many seconds a log is removed, and by which setting; newer servers have both, and the
/// first is exact.
fn expires(seconds: Option<&str>, days: Option<&str>) -> Option<(u64, &'static str)> {
    if let Some(seconds) = seconds.and_then(|text| text.parse().ok()) {
        return Some((seconds, SECONDS));
    }
    let days: u64 = days?.split('.').next()?.parse().ok()?;
    Some((days.saturating_mul(86_400), DAYS))
}

fn filters(session: &mut Session, at: &str) -> Result<Vec<Lack>, SourceError> {
    let filters = server::status(session)?.map(|status| status.filters).unwrap_or_default();
    let lack = |filter| Lack::Filter { server: at.to_owned(), filter };
    Ok(filters.into_iter().map(lack).collect())
}

/// `name@host` as it stands in a statement.
fn quoted(account: &str) -> String {
    let (name, host) = account.rsplit_once('@').unwrap_or((account, "%"));
    let text = |part: &str| format!("'{}'", part.replace('\\', "\\\\").replace('\'', "''"));
    format!("{}@{}", text(name), text(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_log_goes_is_read_from_what_the_server_has() {
        assert_eq!(expires(Some("864000"), Some("10.000000")), Some((864_000, SECONDS)));
        assert_eq!(expires(None, Some("10")), Some((864_000, DAYS)));
        assert_eq!(expires(None, None), None);
    }

    #[test]
    fn an_account_is_quoted_for_a_statement() {
        assert_eq!(quoted("o'b@c@10.0.0.%"), "'o''b@c'@'10.0.0.%'");
    }
}
