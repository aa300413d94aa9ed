//! The PostgreSQL programs: where they are, how they are started, how they learn the password.
//!
//! The program of the server's own major version is preferred, then the next newer one: a dump by
//! a much newer program holds settings that an older server refuses at the restore.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::secret::Secret;
use crate::source::error::SourceError;
use crate::source::postgres::{SOCKET_FOLDER, Settings, session};
use crate::world::World;
use crate::world::files::FileError;
use crate::world::process::Process;

/// A program that only prints its version needs milliseconds; a disk that spins up, seconds.
const VERSION_LIMIT: Duration = Duration::from_secs(30);

/// A folder of PostgreSQL programs of one version.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    dir: PathBuf,
    pub(super) major: u32,
    /// What the program says of itself, such as `pg_dump (PostgreSQL) 15.18`.
    pub(super) version: String,
}

impl Tools {
    /// Finds the folder whose `program` is of version `major`, or the nearest newer one.
    pub(super) fn find(
        bin_dir: Option<&Path>,
        program: &str,
        major: u32,
        world: &World,
    ) -> Result<Self, SourceError> {
        let mut found: Vec<Self> = candidates(bin_dir)
            .into_iter()
            .filter_map(|dir| Self::examine(dir, program, world))
            .collect();
        // Stable: among equals the order of `candidates` decides.
        found.sort_by_key(|tools| tools.major);
        let list = found
            .iter()
            .map(|tools| format!("{} in {}", tools.version, tools.dir.display()))
            .collect::<Vec<_>>()
            .join(", ");
        found.into_iter().find(|tools| tools.major >= major).ok_or(SourceError::Tools {
            major,
            found: if list.is_empty() { "—".into() } else { list },
        })
    }

    fn examine(dir: PathBuf, program: &str, world: &World) -> Option<Self> {
        let path = dir.join(program);
        if !path.is_file() {
            return None;
        }
        let output =
            Process::new(path).arg("--version").output(world.clock.as_ref(), VERSION_LIMIT).ok()?;
        let version = String::from_utf8_lossy(&output).trim().to_owned();
        let major = parse_major(&version)?;
        Some(Self { dir, major, version })
    }

    /// One of the programs, with nothing set yet.
    pub(super) fn program(&self, name: &str) -> Process {
        Process::new(self.dir.join(name))
    }

    /// One of the programs as a client of the server that `settings` name.
    pub(super) fn client(&self, name: &str, settings: &Settings, pass: &PassFile) -> Process {
        let mut process = self
            .program(name)
            .arg("--no-password") // else it would ask the terminal and wait
            .arg(format!("--dbname={}", settings.dsn))
            .env("PGOPTIONS", session::OPTIONS)
            .env("PGAPPNAME", "duphong")
            .env("PGCONNECT_TIMEOUT", session::CONNECT_SECONDS.to_string())
            .env("PGPASSFILE", &pass.path);
        if names_no_host(settings) {
            process = process.env("PGHOST", SOCKET_FOLDER);
        }
        process
    }
}

/// libpq's built-in socket folder differs between builds; ours must be the same as the client
/// library's, or dump and inventory would meet different servers.
fn names_no_host(settings: &Settings) -> bool {
    settings
        .dsn
        .parse::<tokio_postgres::Config>()
        .is_ok_and(|config| config.get_hosts().is_empty() && config.get_hostaddrs().is_empty())
}

/// Folders to look in, the likeliest first.
fn candidates(bin_dir: Option<&Path>) -> Vec<PathBuf> {
    if let Some(dir) = bin_dir {
        return vec![dir.to_owned()];
    }
    let mut folders = Vec::new();
    // Debian and Ubuntu; SUSE; Fedora, RHEL and the PGDG packages for them.
    for (parent, prefix, rest) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr/lib", "postgresql", "bin"),
        ("/usr", "pgsql-", "bin"),
    ] {
        let Ok(entries) = fs::read_dir(parent) else { continue };
        let mut named: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
            .map(|entry| entry.path().join(rest))
            .collect();
        named.sort();
        folders.extend(named);
    }
    folders.extend(["/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"].map(PathBuf::from));
    folders
}

/// `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` → 15; `17beta2` → 17.
pub(super) fn parse_major(version: &str) -> Option<u32> {
    let number = version.split("(PostgreSQL) ").nth(1)?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// A password file that only its owner reads and that is gone when this value is.
pub(super) struct PassFile {
    path: PathBuf,
}

impl PassFile {
    /// Writes the password of `settings` below `folder`, which must be private.
    pub(super) fn write(settings: &Settings, folder: &Path) -> Result<Self, SourceError> {
        let path = folder.join(".pgpass");
        let mut line = b"*:*:*:*:".to_vec();
        for &byte in settings.password.as_ref().map(Secret::expose).unwrap_or_default() {
            if matches!(byte, b'\\' | b':') {
                line.push(b'\\');
            }
            line.push(byte);
        }
        line.push(b'\n');
        if settings.password.is_none() {
            line.clear();
        }
        let line = zeroize::Zeroizing::new(line);
        // A leftover of a crash is ours as well: the folder is private.
        let _absent = fs::remove_file(&path);
        let file = Self { path };
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&file.path)
            .and_then(|mut open| open.write_all(&line))
            .map_err(FileError::io("write", &file.path))?;
        Ok(file)
    }
}

impl Drop for PassFile {
    fn drop(&mut self) {
        // Already gone is what we want; the folder around it is private in any case.
        let _gone = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_the_program_says() {
        assert_eq!(parse_major("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 17beta2"), Some(17));
        assert_eq!(parse_major("pg_dump: command not found"), None);
    }
}
