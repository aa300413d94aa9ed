//! Values as people write them: short names, lengths of time, hosts, addresses of pages, ways to a database.
//!
//! The configuration, playbooks and their inputs take the same texts and refuse the same ones, so
//! the rules stand here once. They are pure, and say what is wrong without words for people.

use std::net::IpAddr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// The longest name that DNS carries.
const HOST_CHARACTERS_MAX: usize = 253;

/// Short enough for tags, file names and table columns.
const ID_CHARACTERS_MAX: usize = 32;

const UNITS_OF_TIME: &[(&str, u64)] = &[("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

/// Whether `text` may be an id: `[a-z0-9-]{1,32}`, not beginning with a hyphen, which would look
/// like an option on the command line.
pub fn is_id(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty()
        && text.len() <= ID_CHARACTERS_MAX
        && !text.starts_with('-')
        && text.chars().all(legal)
}

/// Why a text is no length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationProblem {
    /// A number alone: of what, is not guessed.
    NoUnit,
    /// Neither a number nor a unit that we know.
    Malformed,
    /// More than can be counted.
    Huge,
}

/// A whole number with its unit and nothing between: `90s`, `30m`, `6h`, `14d`.
pub fn duration(text: &str) -> Result<Duration, DurationProblem> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = UNITS_OF_TIME.iter().find(|(name, _)| *name == unit);
    match (number, unit, factor) {
        ("", _, _) => Err(DurationProblem::Malformed),
        (_, "", _) => Err(DurationProblem::NoUnit),
        (_, _, None) => Err(DurationProblem::Malformed),
        (_, _, Some((_, factor))) => number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*factor))
            .map(Duration::from_secs)
            .ok_or(DurationProblem::Huge),
    }
}

/// Whether `text` is a host name as DNS has it, or an IPv4 address.
pub fn is_host(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(legal)
    };
    text.len() <= HOST_CHARACTERS_MAX && text.split('.').all(label)
}

/// Why a text is no address of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlProblem {
    /// A user name or password stands in it.
    Secret,
    /// Not `http://` or `https://` with a host and without white space.
    Malformed,
}

/// Whether `text` is the address of a page, with its scheme.
pub fn check_url(text: &str) -> Result<(), UrlProblem> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let authority = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    match authority {
        Some(authority) if authority.contains('@') => Err(UrlProblem::Secret),
        Some(authority) if !authority.is_empty() && !text.contains(char::is_whitespace) => Ok(()),
        _ => Err(UrlProblem::Malformed),
    }
}

/// Why a text is no way to a PostgreSQL database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DsnProblem {
    /// Our client cannot read it.
    Malformed,
    /// It holds a password.
    Password,
    /// It names no database. The server would take the role's name: a change of role would lead
    /// to another database.
    NoDatabase,
    /// It names several servers; which one answers must not be left to chance.
    SeveralHosts,
    /// It sets options, which are ours to set.
    Options,
    /// It demands TLS, which our client does not speak.
    Tls,
}

/// Whether both lead to the same server as they are written: the same port at the same address,
/// name or socket folder. Two names of one server are only told by looking them up. A text that
/// cannot be read is the same as any: what depends on a difference must not go on.
pub fn is_same_server(one: &str, other: &str) -> bool {
    match (server(one), server(other)) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

/// Whether both may lead to the same server as they are written: as `is_same_server`, and a socket
/// of this machine is also told by its own names for itself, since one server answers both. Two
/// names of another machine are only told by looking them up.
pub fn may_be_same_server(one: &str, other: &str) -> bool {
    match (server(one), server(other)) {
        (Some((_, one)), Some((_, other))) if one != other => false,
        (Some((one, _)), Some((other, _))) => match (here(&one), here(&other)) {
            (Place::Socket(one), Place::Socket(other)) => one == other,
            (Place::Elsewhere, Place::Elsewhere) => one == other,
            (Place::Elsewhere, _) | (_, Place::Elsewhere) => false,
            _ => true,
        },
        _ => true,
    }
}

/// Where a server listens, as seen from this machine.
enum Place<'a> {
    /// At a socket in this folder.
    Socket(&'a str),
    /// At a name or address that this machine has for itself.
    Itself,
    /// On another machine, or under a name that only a look-up tells.
    Elsewhere,
}

fn here(place: &str) -> Place<'_> {
    const USUAL: &str = "/run/postgresql";
    match place.parse::<IpAddr>() {
        Ok(address) if address.is_loopback() || address.is_unspecified() => Place::Itself,
        Ok(_) => Place::Elsewhere,
        Err(_) if place == "localhost" => Place::Itself,
        Err(_) if place.is_empty() => Place::Socket(USUAL),
        // A link on every distribution that has systemd.
        Err(_) => {
            let folder = place.strip_prefix("/var").filter(|rest| rest.starts_with("/run/"));
            let folder = folder.unwrap_or(place).trim_end_matches('/');
            if folder.starts_with('/') { Place::Socket(folder) } else { Place::Elsewhere }
        }
    }
}

/// Where a DSN leads: what counts is the address, then the host, then the usual socket.
fn server(text: &str) -> Option<(String, u16)> {
    let config: Config = text.parse().ok()?;
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let place = match (config.get_hostaddrs().first(), config.get_hosts().first()) {
        (Some(address), _) => address.to_string(),
        (None, Some(Host::Tcp(host))) => match host.parse::<IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) => host.trim_end_matches('.').to_ascii_lowercase(),
        },
        (None, Some(Host::Unix(folder))) => folder.display().to_string(),
        (None, None) => String::new(),
    };
    Some((place, port))
}

/// Whether our own client can follow `text`, and it holds no password. Neither it nor what the
/// parser says about it may be repeated: both may hold a password that stands in the wrong place.
pub fn check_dsn(text: &str) -> Result<(), DsnProblem> {
    let config: Config = text.parse().map_err(|_| DsnProblem::Malformed)?;
    let hosts = config.get_hosts().len().max(config.get_hostaddrs().len());
    Err(if config.get_password().is_some() {
        DsnProblem::Password
    } else if config.get_dbname().is_none_or(str::is_empty) {
        DsnProblem::NoDatabase
    } else if hosts > 1 {
        DsnProblem::SeveralHosts
    } else if config.get_options().is_some() {
        DsnProblem::Options
    } else if config.get_ssl_mode() == SslMode::Require {
        DsnProblem::Tls
    } else {
        return Ok(());
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_is_told_from_another_by_where_its_dsn_leads() {
        for (one, other, same) in [
            ("host=db1 dbname=a", "host=db1. port=5432 user=b", true),
            ("host=db1", "postgres://b@DB1/a", true),
            ("host=db1 hostaddr=10.0.0.1", "host=10.0.0.1", true),
            ("host=::1", "host=0:0:0:0:0:0:0:1", true),
            ("dbname=a", "dbname=b", true),
            ("host=db1", "host=db2", false),
            ("host=db1", "host=db1 port=5433", false),
            ("host=/run/a", "host=/run/b", false),
            ("host=db1", "no dsn", true),
        ] {
            assert_eq!(is_same_server(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn one_server_of_this_machine_has_a_socket_and_names() {
        for (one, other, same) in [
            ("host=/run/postgresql", "host=localhost", true),
            ("host=/run/postgresql", "host=127.0.0.1 port=5432", true),
            ("host=/run/postgresql", "host=/var/run/postgresql/ dbname=a", true),
            ("dbname=a", "host=/var/run/postgresql", true),
            ("host=::1", "host=/run/a", true),
            ("host=/run/a", "host=/run/b", false),
            ("host=localhost", "host=127.0.0.1 port=5433", false),
            ("host=db1", "host=localhost", false),
            ("host=db1", "postgres://b@DB1/a", true),
            ("host=10.0.0.1", "host=10.0.0.2", false),
            ("host=db1", "no dsn", true),
        ] {
            assert_eq!(may_be_same_server(one, other), same, "{one} {other}");
            assert_eq!(may_be_same_server(other, one), same, "{other} {one}");
        }
    }
}
