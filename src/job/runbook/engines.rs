//! What a runbook says of databases, repositories and the stock tools that reach them.

use crate::base::command::Command;
use crate::config::secret::SecretSource;
use crate::config::settings::{
    Database, Engine, Mariadb, MariadbPlace, Portal, Postgres, Repository, Tree,
};
use crate::job::shell;
use crate::job::site::Site;

/// Letters of one width on a line of the page.
pub(super) const ROOM: usize = 74;

/// The portal's repositories, the one that drills read first.
pub(super) fn repositories<'a>(site: &'a Site, portal: &Portal) -> Vec<&'a Repository> {
    let first = std::iter::once(&portal.drill.from);
    let others = portal.snapshot.to.iter().filter(|name| **name != portal.drill.from);
    first.chain(others).filter_map(|name| site.settings.repository(name)).collect()
}

/// What the engine is called.
pub(super) fn engine(engine: &Engine) -> &'static str {
    match engine {
        Engine::Sqlite(_) => "SQLite",
        Engine::Postgres(_) | Engine::PostgresBase(_) => "PostgreSQL",
        Engine::Mariadb(_) => "MariaDB/MySQL",
        Engine::Command(_) => "command",
    }
}

/// Where a database stands in production.
pub(super) fn production(engine: &Engine) -> String {
    match engine {
        Engine::Sqlite(settings) => settings.path.display().to_string(),
        Engine::Postgres(settings) | Engine::PostgresBase(settings) => settings.dsn.clone(),
        Engine::Mariadb(settings) => mariadb_words(settings, &settings.database),
        Engine::Command(source) => words_of(&source.dump),
    }
}

/// A configured command as it stands there.
pub(super) fn words_of(command: &Command) -> String {
    let words = command.fill(|blank| format!("{{{}}}", blank.as_str()).into());
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// The name of the database beside production.
pub(super) fn beside(name: &str) -> String {
    format!("{name}_phuc_hoi")
}

/// `NAME=TARGET` of `--database`; a restored file of SQLite is the database.
pub(super) fn target(database: &Database) -> Option<String> {
    let name = &database.name;
    match &database.engine {
        _ if database.sealed.is_some() => None,
        Engine::Sqlite(_) | Engine::PostgresBase(_) | Engine::Command(_) => None,
        Engine::Postgres(settings) => {
            let new = beside(&postgres_name(settings)?);
            Some(format!("{name}={}", postgres_dsn(settings, &new)))
        }
        Engine::Mariadb(settings) => {
            Some(format!("{name}={}", mariadb_words(settings, &beside(&settings.database))))
        }
    }
}

/// Looks at a restored base of a whole server, and gives it to the server's account. The version
/// stands as a blank: the base itself says it (`data/PG_VERSION`).
pub(super) fn look_at_base(folder: &str) -> Vec<String> {
    let data = format!("{folder}/data");
    let mut lines = broken(&["cat", &format!("{data}/PG_VERSION")]);
    lines.push(format!("/usr/lib/postgresql/…/bin/pg_verifybackup {}", shell::line(&[&data])));
    lines.extend(broken(&["chown", "-R", "postgres:postgres", folder]));
    lines.extend(broken(&["chmod", "700", &data]));
    lines
}

/// Makes the empty database that it is loaded into.
pub(super) fn make_database(database: &Database) -> Option<Vec<String>> {
    match &database.engine {
        _ if database.sealed.is_some() => None,
        Engine::Sqlite(_) | Engine::PostgresBase(_) | Engine::Command(_) => None,
        Engine::Postgres(settings) => {
            let new = beside(&postgres_name(settings)?);
            let sql = format!("CREATE DATABASE {} TEMPLATE template0", quoted(&new, '"'));
            Some(psql(settings, &sql))
        }
        Engine::Mariadb(settings) => {
            let sql = format!("CREATE DATABASE {}", quoted(&beside(&settings.database), '`'));
            Some(mariadb(settings, &["--execute", &sql]))
        }
    }
}

/// `psql` on the server, whatever becomes of its databases.
pub(super) fn psql(settings: &Postgres, sql: &str) -> Vec<String> {
    let dsn = postgres_dsn(settings, "postgres");
    shell::lines(&["psql", "-d", &dsn, "-c", sql], ROOM)
}

/// The stock client.
pub(super) fn mariadb(settings: &Mariadb, more: &[&str]) -> Vec<String> {
    let options = mariadb_options(settings);
    let mut words = vec!["mariadb"];
    words.extend(options.iter().map(String::as_str));
    words.extend(more);
    shell::lines(&words, ROOM)
}

pub(super) fn rename_postgres(settings: &Postgres) -> Vec<String> {
    let Some(name) = postgres_name(settings) else { return Vec::new() };
    let rename = |from: &str, to: &str| {
        let (from, to) = (quoted(from, '"'), quoted(to, '"'));
        psql(settings, &format!("ALTER DATABASE {from} RENAME TO {to}"))
    };
    let mut lines = rename(&name, &format!("{name}_hong"));
    lines.extend(rename(&beside(&name), &name));
    lines
}

/// Puts a file in its place; what stood there stays beside it, with what a database would replay.
pub(super) fn swap_file(from: &str, to: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let (old, kept) = (format!("{to}{suffix}"), format!("{to}{suffix}.hong"));
        let there = shell::line(&["test", "-e", &old]);
        lines.push(format!("{there} && \\"));
        // Letters shrink for the longest line of a block, and these are read in a hurry.
        let moved = shell::lines(&["mv", &old, &kept], ROOM - 2);
        lines.extend(moved.into_iter().map(|line| format!("  {line}")));
    }
    lines.extend(shell::lines(&["cp", from, to], ROOM));
    lines
}

pub(super) fn remote(tree: &Tree, of: &str) -> String {
    format!("\"$NOI\"/toan-bo/{of}/  →  {}", tree.path.display())
}

/// The connection to another database of the same server: what stands behind counts.
pub(super) fn postgres_dsn(settings: &Postgres, database: &str) -> String {
    let whole = crate::source::postgres::Settings {
        dsn: settings.dsn.clone(),
        password: None,
        bin_dir: None,
        jobs: 1,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: Vec<&str> = settings.dsn.split_whitespace().collect();
    let simple = words.iter().all(|word| word.contains('=') && !word.contains(['\'', '\\', ':']));
    if !simple || !database.chars().all(plain) {
        return whole.on_database(database).dsn;
    }
    let kept = words.into_iter().filter(|word| !word.starts_with("dbname="));
    let kept: Vec<&str> = kept.collect();
    format!("{} dbname={database}", kept.join(" "))
}

/// The database that the configuration names.
pub(super) fn postgres_name(settings: &Postgres) -> Option<String> {
    let (dsn, password, bin_dir) = (settings.dsn.clone(), None, None);
    crate::source::postgres::Settings { dsn, password, bin_dir, jobs: 1 }.database().ok()
}

/// As `--database` takes it.
pub(super) fn mariadb_words(settings: &Mariadb, database: &str) -> String {
    let place = match &settings.place {
        MariadbPlace::Socket(None) => String::new(),
        MariadbPlace::Socket(Some(socket)) => format!("socket={} ", socket.display()),
        MariadbPlace::Host { host, port, authorities } => {
            let port = port.map(|port| format!("port={port} ")).unwrap_or_default();
            let file = authorities.as_ref();
            let file = file.map(|file| format!("authorities={} ", file.display()));
            format!("host={host} {port}{}", file.unwrap_or_default())
        }
    };
    format!("{place}user={} database={database}", settings.user)
}

pub(super) fn mariadb_options(settings: &Mariadb) -> Vec<String> {
    let mut options = Vec::new();
    match &settings.place {
        MariadbPlace::Socket(None) => {}
        MariadbPlace::Socket(Some(socket)) => {
            options.push(format!("--socket={}", socket.display()));
        }
        MariadbPlace::Host { host, port, authorities } => {
            options.push(format!("--host={host}"));
            options.extend(port.map(|port| format!("--port={port}")));
            options.extend(authorities.iter().map(|file| format!("--ssl-ca={}", file.display())));
        }
    }
    options.push(format!("--user={}", settings.user));
    if settings.password.is_some() {
        options.push("--password".to_owned());
    }
    options
}

pub(super) fn quoted(name: &str, quote: char) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.chars().all(plain) {
        return name.to_owned();
    }
    let twice: String = [quote, quote].iter().collect();
    format!("{quote}{}{quote}", name.replace(quote, &twice))
}

/// What opens a repository for restic: a file, or what a person types off the key sheet.
pub(super) fn password_file(source: &SecretSource) -> Option<String> {
    match source {
        SecretSource::File(path) => Some(path.display().to_string()),
        SecretSource::Credential { .. } => None,
    }
}

/// The width of a line of the page.
pub(super) fn broken(words: &[&str]) -> Vec<String> {
    shell::lines(words, ROOM)
}
