//! The programs of MariaDB and MySQL: where they are, and how they learn where the server is and
//! the password.
//!
//! They read one options file, ours, and no other: a line such as `ignore-table` or `where` in a
//! file of the machine would make every dump shorter without a word.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::HEXLOWER;

use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::fault::MariadbFault;
use crate::world::World;
use crate::world::files::FileError;
use crate::world::process::Process;

/// A program that only prints its version needs milliseconds; a disk that spins up, seconds.
pub(super) const VERSION_LIMIT: Duration = Duration::from_secs(30);

/// A server that has not taken a connection in this time will not.
const CONNECT_SECONDS: u64 = 30;

/// Where a password stands for the moment of a login: sources have no folder of their own.
const TEMPORARY: &str = "/tmp";

/// Where distributions and the makers' own packages put the programs.
const FOLDERS: [&str; 8] = [
    "/usr/bin",
    "/usr/sbin",
    "/usr/local/bin",
    "/usr/libexec",
    "/usr/local/mariadb/bin",
    "/usr/local/mysql/bin",
    "/opt/mariadb/bin",
    "/opt/mysql/bin",
];

/// Who made a server or a program: their dumps differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// MariaDB.
    Mariadb,
    /// MySQL and what its makers' programs take for it.
    Mysql,
}

impl Family {
    /// Its name for people.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Mariadb => "MariaDB",
            Self::Mysql => "MySQL",
        }
    }

    /// The family of what says this of its version.
    pub(super) fn of(version: &str) -> Self {
        if version.contains("MariaDB") { Self::Mariadb } else { Self::Mysql }
    }
}

/// A program that was found.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    path: PathBuf,
    pub(super) family: Family,
    /// What it says of itself.
    pub(super) version: String,
}

impl Tool {
    /// The first of `names` that is there, of this family if one is wanted.
    pub(super) fn find(
        bin_dir: Option<&Path>,
        names: &[&str],
        family: Option<Family>,
        world: &World,
    ) -> Result<Self, SourceError> {
        let folders = folders(bin_dir);
        let mut found = Vec::new();
        for name in names {
            for folder in &folders {
                let Some(tool) = Self::examine(folder.join(name), world) else { continue };
                if family.is_none_or(|family| tool.family == family) {
                    return Ok(tool);
                }
                found.push(tool.version);
            }
        }
        Err(MariadbFault::Programs {
            program: names.join(", "),
            family: family.map_or("MariaDB, MySQL", Family::as_str),
            found: if found.is_empty() { "—".to_owned() } else { found.join(", ") },
        }
        .into())
    }

    /// The first of `names` that is there, whatever it says of itself: scripts and helpers.
    pub(super) fn find_plain(
        bin_dir: Option<&Path>,
        names: &[&str],
    ) -> Result<Process, SourceError> {
        let folders = folders(bin_dir);
        let all = names.iter().flat_map(|name| folders.iter().map(move |f| f.join(name)));
        let found = all.into_iter().find(|path| path.is_file());
        found.map(Process::new).ok_or_else(|| {
            MariadbFault::Programs {
                program: names.join(", "),
                family: Family::Mariadb.as_str(),
                found: "—".to_owned(),
            }
            .into()
        })
    }

    fn examine(path: PathBuf, world: &World) -> Option<Self> {
        if !path.is_file() {
            return None;
        }
        let answer = Process::new(&path)
            .args(["--no-defaults", "--version"])
            .output(world.clock.as_ref(), VERSION_LIMIT)
            .ok()?;
        let version = String::from_utf8_lossy(&answer).trim().to_owned();
        let path_shown = path.display().to_string();
        let version = version.strip_prefix(&path_shown).unwrap_or(&version).trim().to_owned();
        Some(Self { path, family: Family::of(&version), version })
    }

    /// Its version's two numbers as one, such as 1011 for 10.11.
    pub(super) fn series(&self) -> u32 {
        // A client says its own version first and the server's it was built with after `Distrib`.
        series(self.version.split("Distrib ").last().unwrap_or(&self.version))
    }

    /// Itself, with nothing set yet.
    pub(super) fn program(&self) -> Process {
        Process::new(&self.path)
    }

    /// As a client of the server that the file names.
    pub(super) fn client(&self, options: &OptionsFile) -> Process {
        // Anywhere but first it would not be understood.
        self.program().arg(options.argument())
    }
}

/// A folder that was named counts with those beside it: the makers' packages put the client into
/// `bin`, and the server or what prepares its folder elsewhere.
fn folders(bin_dir: Option<&Path>) -> Vec<PathBuf> {
    let Some(named) = bin_dir else { return FOLDERS.iter().map(PathBuf::from).collect() };
    let mut folders = vec![named.to_owned()];
    if let (Some("bin" | "sbin"), Some(above)) =
        (named.file_name().and_then(|name| name.to_str()), named.parent())
    {
        let beside = ["bin", "sbin", "libexec", "scripts"].map(|name| above.join(name));
        folders.extend(beside.into_iter().filter(|folder| folder != named));
    }
    folders
}

/// The first two numbers of a version as one: 10.11.19 is 1011, 8.4 is 804.
pub(super) fn series(version: &str) -> u32 {
    let start = version.find(|c: char| c.is_ascii_digit()).unwrap_or(version.len());
    let mut numbers = version[start..].split(|c: char| !c.is_ascii_digit());
    let mut next = || numbers.next().and_then(|digits| digits.parse::<u32>().ok()).unwrap_or(0);
    let (major, minor) = (next(), next());
    major.saturating_mul(100).saturating_add(minor.min(99))
}

/// A file with the way to a server and the password, in a folder that only its owner enters. Both
/// are gone when this value is, which need not outlive the connection that is made by it.
pub(super) struct OptionsFile {
    folder: PathBuf,
    path: PathBuf,
}

impl OptionsFile {
    /// Writes it for programs of this family.
    pub(super) fn write(
        settings: &Settings,
        family: Family,
        world: &World,
    ) -> Result<Self, SourceError> {
        let text = zeroize::Zeroizing::new(text(settings, family)?);
        let mut nonce = [0; 16];
        world.entropy.fill(&mut nonce);
        let folder = Path::new(TEMPORARY).join(format!(".duphong-{}", HEXLOWER.encode(&nonce)));
        // Fails if anything is there, a link included: nobody else can have prepared it.
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(FileError::io("create", &folder))?;
        let file = Self { path: folder.join("options.cnf"), folder };
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&file.path)
            .and_then(|mut open| open.write_all(&text))
            .map_err(FileError::io("write", &file.path))?;
        Ok(file)
    }

    /// What a program must be given first to read it.
    pub(super) fn argument(&self) -> String {
        format!("--defaults-file={}", self.path.display())
    }
}

impl Drop for OptionsFile {
    fn drop(&mut self) {
        // What cannot be removed is readable by its owner alone in any case.
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

impl Settings {
    /// The text of an options file with the way to the server and the password, for a private file.
    pub fn options_text(&self) -> Result<zeroize::Zeroizing<Vec<u8>>, SourceError> {
        text(self, Family::Mariadb).map(zeroize::Zeroizing::new)
    }
}

fn text(settings: &Settings, family: Family) -> Result<Vec<u8>, SourceError> {
    let mut text = b"[client]\n".to_vec();
    let mut line = |name: &str, value: &[u8]| -> Result<(), SourceError> {
        if value.iter().any(|&byte| byte == b'\n' || byte == b'\r' || byte == 0) {
            let reason = format!("`{name}` contains a line break");
            return Err(MariadbFault::Settings { reason }.into());
        }
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(b"=\"");
        for &byte in value {
            if byte == b'\\' || byte == b'"' {
                text.push(b'\\');
            }
            text.push(byte);
        }
        text.extend_from_slice(b"\"\n");
        Ok(())
    };
    let is_verified = matches!(settings.place, super::Place::Host { authorities: Some(_), .. });
    if family == Family::Mariadb && !is_verified {
        // Clients since 11.4 would, by authorities that nobody named; what stays here needs none.
        line("ssl-verify-server-cert", b"0")?;
    }
    match &settings.place {
        super::Place::Socket(path) => {
            line("protocol", b"SOCKET")?;
            line("socket", path.as_os_str().as_encoded_bytes())?;
        }
        super::Place::Host { host, port, authorities } => {
            line("protocol", b"TCP")?;
            line("host", host.as_bytes())?;
            line("port", port.to_string().as_bytes())?;
            if let Some(authorities) = authorities {
                line("ssl-ca", authorities.as_os_str().as_encoded_bytes())?;
                match family {
                    Family::Mariadb => line("ssl-verify-server-cert", b"1")?,
                    Family::Mysql => line("ssl-mode", b"VERIFY_IDENTITY")?,
                }
            }
        }
    }
    line("user", settings.user.as_bytes())?;
    if let Some(password) = &settings.password {
        line("password", password.expose())?;
    }
    // Read by the client alone: other programs lack the one or the other and take it as a problem.
    text.extend_from_slice(b"[mysql]\ndefault-character-set=utf8mb4\nconnect-timeout=");
    text.extend_from_slice(CONNECT_SECONDS.to_string().as_bytes());
    text.push(b'\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::base::secret::Secret;
    use crate::source::mariadb::Place;

    #[test]
    fn the_series_is_read_from_what_the_program_says() {
        assert_eq!(series("10.11.19-MariaDB-0+deb12u1-log"), 1011);
        assert_eq!(series("mysqldump  Ver 8.0.36 for Linux"), 800);
        assert_eq!(series("nothing"), 0);
        let version = "mariadb-dump from 11.8.2-MariaDB, client 10.19";
        assert_eq!(series(version), 1108);
    }

    #[test]
    fn the_programs_of_one_package_are_found_from_any_of_its_folders() {
        let names = |folder: &str| {
            let folders = folders(Some(Path::new(folder)));
            folders.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names("/opt/m/bin"), "/opt/m/bin /opt/m/sbin /opt/m/libexec /opt/m/scripts");
        assert_eq!(names("/usr/sbin"), "/usr/sbin /usr/bin /usr/libexec /usr/scripts");
        // What lies beside a folder of any other name is nobody's package.
        assert_eq!(names("/srv/programs"), "/srv/programs");
        assert!(folders(None).contains(&PathBuf::from("/usr/sbin")));
    }

    #[test]
    fn a_password_is_quoted_and_cannot_add_a_line() {
        let mut settings = Settings {
            place: Place::Socket(PathBuf::from("/run/s")),
            user: "a".to_owned(),
            password: Some(Secret::new(b"x\"y\\#z".to_vec())),
            database: "d".to_owned(),
            bin_dir: None,
            jobs: 1,
            is_scratch: false,
        };
        let written = String::from_utf8(text(&settings, Family::Mariadb).unwrap()).unwrap();
        assert!(written.contains("ssl-verify-server-cert=\"0\"\n"), "{written}");
        assert!(written.contains("password=\"x\\\"y\\\\#z\"\n"), "{written}");
        settings.password = Some(Secret::new(b"x\ninit-command=y".to_vec()));
        assert!(text(&settings, Family::Mariadb).is_err());
    }
}
