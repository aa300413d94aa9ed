//! Looks at the machine: whether what the settings speak of is there.
//!
//! Reads only, starts no program and opens no connection. Part of `validate` unless `--syntax`.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::base::command::Command;
use crate::base::fault::Message;
use crate::config::Loaded;
use crate::config::overlap;
use crate::config::playbook::{self, PlaybookError, given};
use crate::config::problem::{Complaint, Position, Problem, Report, Severity, excerpt};
use crate::config::secret::{SecretError, SecretSource};
use crate::config::settings::{
    AnchorPlace, Argument, Bucket, CommandSource, Database, Engine, Mariadb, MariadbPlace, Piece,
    Portal, Store, Variable,
};
use crate::world::process;

/// How every SQLite file that holds anything begins.
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";

impl Loaded {
    /// What is missing or wrong on this machine, in the order of the file.
    pub fn environment_problems(&self) -> Vec<Problem> {
        let look = Look { loaded: self, report: Report::default() };
        look.at_own_folders();
        for portal in &self.settings.portals {
            look.at_portal(portal);
        }
        look.at_outside();
        look.at_playbooks();
        look.behind_links();
        look.report.finish(&self.text).0
    }
}

impl Loaded {
    /// A problem that others found with what stands at `key`, or at the nearest key above it that
    /// is in the file.
    pub fn problem_at(
        &self,
        key: &str,
        severity: Severity,
        message: Message,
        hint: Option<Message>,
    ) -> Problem {
        let above = |key: &str| key.rfind(['.', '[']).map_or(0, |end| end);
        let mut there = key;
        while !there.is_empty() && !self.visited.contains_key(there) {
            there = &there[..above(there)];
        }
        let at = self.visited.get(there).copied().unwrap_or(Position::START);
        let lines: Vec<&str> = self.text.lines().collect();
        let excerpt = excerpt(&lines, at);
        Problem { path: key.to_owned(), at, severity, message, hint, excerpt }
    }
}

struct Look<'l> {
    loaded: &'l Loaded,
    report: Report,
}

impl Look<'_> {
    fn complain(&self, key: &str, complaint: Complaint) {
        let at = self.loaded.visited.get(key).copied().unwrap_or(Position::START);
        self.report.add(key, at, complaint);
    }

    fn at_own_folders(&self) {
        let settings = &self.loaded.settings;
        self.at_future_folder("state", &settings.state);
        for repository in &settings.repositories {
            let key = format!("repositories.{}", repository.name);
            match &repository.store {
                Store::Disk(path) => self.at_repository(&format!("{key}.path"), path),
                Store::S3(bucket) => self.at_bucket(&format!("{key}.s3"), bucket),
            }
            self.at_secret(&format!("{key}.password"), &repository.password);
        }
    }

    /// A repository that does not exist yet is made by `init`, but not the folder it is to stand
    /// in: a disk that is not mounted must not be replaced by a folder on the system's own.
    fn at_repository(&self, key: &str, path: &Path) {
        let parent = path.parent().unwrap_or(path);
        if path.exists() {
            self.at_folder(key, path);
        } else if !parent.is_dir() {
            let complaint = Complaint::error("config-no-parent").text("path", parent.display());
            self.complain(key, complaint.hint("config-no-parent-hint"));
        }
    }

    /// What opens a bucket. Whether the server answers is not asked: nothing here goes out.
    fn at_bucket(&self, key: &str, bucket: &Bucket) {
        self.at_file(&format!("{key}.authorities"), bucket.authorities.as_deref());
        let key = format!("{key}.credentials");
        match bucket.credentials.read_key() {
            Ok(_) => self.at_mode(&key, &bucket.credentials),
            Err(error) => self.at_unreadable_secret(&key, error),
        }
    }

    /// A folder that duphong makes when it needs it: nothing else may stand in its way.
    fn at_future_folder(&self, key: &str, path: &Path) {
        if let Some(blocked) = path.ancestors().find(|path| path.exists())
            && !blocked.is_dir()
        {
            let complaint = Complaint::error("config-not-folder").text("path", blocked.display());
            self.complain(key, complaint.hint("config-not-folder-hint"));
        }
    }

    fn at_portal(&self, portal: &Portal) {
        let key = format!("portals.{}", portal.id);
        for (i, database) in portal.databases.iter().enumerate() {
            self.at_database(&format!("{key}.databases[{i}]"), database);
        }
        for (i, tree) in portal.trees.iter().enumerate() {
            let key = format!("{key}.trees[{i}]");
            match &tree.pull {
                None => self.at_folder(&format!("{key}.path"), &tree.path),
                Some(pull) => {
                    self.at_variables(&format!("{key}.pull"), &pull.environment);
                    self.at_program(&format!("{key}.pull.command[0]"), &pull.command);
                }
            }
        }
        if let Some(identity) = &portal.identity {
            self.at_secret(&format!("{key}.identity"), identity);
        }
        let scratch = format!("{key}.drill.scratch");
        // The default lies in the state folder, which was looked at.
        if self.loaded.visited.contains_key(&scratch) {
            self.at_future_folder(&scratch, &portal.drill.scratch);
        }
        if let Some(program) = portal.drill.start.as_deref().and_then(plain_program)
            && !program.is_file()
        {
            let complaint = Complaint::error("config-no-file").text("path", program.display());
            self.complain(
                &format!("{key}.drill.start[0]"),
                complaint.hint("config-no-program-hint"),
            );
        }
    }

    /// Secrets and files that the network, notices and incidents need.
    fn at_outside(&self) {
        let settings = &self.loaded.settings;
        let secrets = &settings.notice_secrets;
        if let Some(password) = &secrets.smtp {
            self.at_secret("notices.smtp.password", password);
        }
        for (i, secret) in secrets.webhooks.iter().enumerate() {
            if let Some(secret) = secret {
                self.at_secret(&format!("notices.webhooks[{i}].secret"), secret);
            }
        }
        self.at_file("network.authorities", settings.network.authorities.as_deref());
        self.at_file("notices.authorities", secrets.authorities.as_deref());
        for (i, file) in settings.incidents.iter().flat_map(|all| &all.rule_files).enumerate() {
            self.at_file(&format!("incidents.rule-files[{i}]"), Some(file));
        }
        for anchor in &settings.anchoring.anchors {
            if let AnchorPlace::S3(bucket) = &anchor.place {
                self.at_bucket(&format!("audit.anchors.{}.s3", anchor.name), bucket);
            }
        }
        for portal in &settings.portals {
            let signatures = portal.defacement.as_ref().and_then(|one| one.signatures.as_deref());
            self.at_file(&format!("portals.{}.defacement.signatures", portal.id), signatures);
        }
    }

    /// Own playbooks, and what portals give to any.
    fn at_playbooks(&self) {
        let settings = &self.loaded.settings;
        if let Some(folder) = &settings.playbooks.folder {
            self.at_folder("playbooks.folder", folder);
            if let Err(PlaybookError::Shadows { id, file }) = playbook::all(&settings.playbooks) {
                let complaint = Complaint::error("config-playbook-shadows").text("name", id);
                let complaint = complaint.text("path", file.display());
                self.complain("playbooks.folder", complaint.hint("config-playbook-shadows-hint"));
            }
        }
        given::check(settings, |key, complaint| self.complain(key, complaint));
    }

    fn at_file(&self, key: &str, path: Option<&Path>) {
        let Some(path) = path else { return };
        if let Err(error) = File::open(path).and_then(|mut file| file.read(&mut [0])) {
            self.complain(key, unreadable(path, &error));
        }
    }

    fn at_database(&self, key: &str, database: &Database) {
        match &database.engine {
            Engine::Mariadb(mariadb) => self.at_mariadb(&format!("{key}.mariadb"), mariadb),
            Engine::Sqlite(sqlite) => self.at_sqlite(&format!("{key}.sqlite.path"), &sqlite.path),
            Engine::Postgres(postgres) | Engine::PostgresBase(postgres) => {
                if let Some(password) = &postgres.password {
                    self.at_secret(&format!("{key}.postgres.password"), password);
                }
                if let Some(folder) = &postgres.bin_dir
                    && !folder.join("pg_dump").is_file()
                {
                    let program = folder.join("pg_dump");
                    let complaint =
                        Complaint::error("config-no-file").text("path", program.display());
                    self.complain(
                        &format!("{key}.postgres.bin-dir"),
                        complaint.hint("config-bin-dir-hint"),
                    );
                }
            }
            Engine::Command(source) => self.at_command(&format!("{key}.command"), source),
        }
    }

    /// Whether the programs are there and the secrets can be read; nothing is started.
    fn at_command(&self, key: &str, source: &CommandSource) {
        self.at_variables(key, &source.environment);
        if let Some(drill) = &source.drill {
            self.at_variables(&format!("{key}.drill"), &drill.environment);
        }
        let own = [("dump", Some(&source.dump)), ("load", source.load.as_ref())];
        let counts = [("count", source.count.as_ref())];
        let drill = source.drill.iter().flat_map(|drill| {
            [
                ("drill.clean", Some(&drill.clean)),
                ("drill.prepare", drill.prepare.as_ref()),
                ("drill.load", Some(&drill.load)),
                ("drill.count", drill.count.as_ref()),
            ]
        });
        for (place, command) in own.into_iter().chain(counts).chain(drill) {
            if let Some(command) = command {
                self.at_program(&format!("{key}.{place}[0]"), command);
            }
        }
    }

    fn at_variables(&self, key: &str, variables: &[(String, Variable)]) {
        for (name, variable) in variables {
            if let Variable::Secret(secret) = variable {
                self.at_secret(&format!("{key}.environment.{name}"), secret);
            }
        }
    }

    fn at_program(&self, key: &str, command: &Command) {
        if let Err(error) = process::find(&command.program) {
            let complaint = Complaint::error("config-no-program");
            let complaint = complaint.text("program", &command.program).text("detail", error);
            self.complain(key, complaint.hint("config-no-program-hint"));
        }
    }

    fn at_mariadb(&self, key: &str, mariadb: &Mariadb) {
        if let Some(password) = &mariadb.password {
            self.at_secret(&format!("{key}.password"), password);
        }
        match &mariadb.place {
            MariadbPlace::Host { authorities, .. } => {
                self.at_file(&format!("{key}.authorities"), authorities.as_deref());
            }
            MariadbPlace::Socket(Some(socket)) if !socket.exists() => {
                let complaint = Complaint::error("config-no-file").text("path", socket.display());
                self.complain(&format!("{key}.socket"), complaint.hint("config-no-socket-hint"));
            }
            MariadbPlace::Socket(_) => {}
        }
        let holds = |folder: &PathBuf, program: &str| folder.join(program).is_file();
        if let Some(folder) = &mariadb.bin_dir
            && !holds(folder, "mariadb-dump")
            && !holds(folder, "mysqldump")
        {
            let program = folder.join("mariadb-dump");
            let complaint = Complaint::error("config-no-file").text("path", program.display());
            self.complain(&format!("{key}.bin-dir"), complaint.hint("config-mariadb-bin-dir-hint"));
        }
    }

    fn at_sqlite(&self, key: &str, path: &Path) {
        let mut head = Vec::new();
        let read = File::open(path)
            .and_then(|file| file.take(SQLITE_MAGIC.len() as u64).read_to_end(&mut head));
        match read {
            Err(error) => self.complain(key, unreadable(path, &error)),
            // A database without any content yet is an empty file.
            Ok(0) => {}
            Ok(_) if head == SQLITE_MAGIC => {}
            Ok(_) => {
                let complaint = Complaint::error("config-not-sqlite").text("path", path.display());
                self.complain(key, complaint.hint("config-not-sqlite-hint"));
            }
        }
    }

    fn at_folder(&self, key: &str, path: &Path) {
        match fs::read_dir(path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                let complaint = Complaint::error("config-not-folder").text("path", path.display());
                self.complain(key, complaint.hint("config-not-folder-hint"));
            }
            Err(error) => self.complain(key, unreadable(path, &error)),
        }
    }

    fn at_secret(&self, key: &str, secret: &SecretSource) {
        match secret.read() {
            Ok(_) => self.at_mode(key, secret),
            Err(error) => self.at_unreadable_secret(key, error),
        }
    }

    fn at_unreadable_secret(&self, key: &str, error: SecretError) {
        let complaint = match error {
            SecretError::Read {
                source: crate::world::files::FileError::Io { path, source, .. },
            } => unreadable(&path, &source),
            SecretError::NoCredentials { name } => Complaint::warning("config-credential-unseen")
                .text("name", name)
                .hint("config-credential-unseen-hint"),
            SecretError::NotAKey { path } => Complaint::error("config-access-key")
                .text("path", path.display())
                .hint("config-access-key-hint"),
            error => Complaint::error("config-secret-content")
                .text("detail", error)
                .hint("config-secret-content-hint"),
        };
        self.complain(key, complaint);
    }

    /// systemd sets the modes of credentials; a file's are ours to look at.
    fn at_mode(&self, key: &str, secret: &SecretSource) {
        let SecretSource::File(path) = secret else { return };
        let mode = fs::metadata(path).map_or(0, |metadata| metadata.mode());
        let complaint = match mode {
            mode if mode & 0o007 != 0 => Complaint::error("config-secret-open"),
            mode if mode & 0o070 != 0 => Complaint::warning("config-secret-group"),
            _ => return,
        };
        self.complain(
            key,
            complaint
                .text("path", path.display())
                .text("mode", format!("{:04o}", mode & 0o7777))
                .hint("config-secret-open-hint"),
        );
    }

    /// What lies inside what, once more, with symbolic links resolved. By name there was no error,
    /// so every error found now comes from a link.
    fn behind_links(&self) {
        let resolved: Vec<_> =
            self.loaded.places.iter().map(|place| place.reached_by(resolve(&place.path))).collect();
        let found = Report::default();
        overlap::check(&resolved, &found);
        found.move_to(&self.report, Severity::Error);
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Complaint {
    let complaint = match error.kind() {
        io::ErrorKind::NotFound => Complaint::error("config-no-file").hint("config-no-file-hint"),
        io::ErrorKind::PermissionDenied => {
            Complaint::error("config-denied").hint("config-denied-hint")
        }
        _ => Complaint::error("config-unreadable").hint("config-denied-hint").text("detail", error),
    };
    complaint.text("path", path.display())
}

/// The program of a command, where it is a full path without places to fill in.
fn plain_program(command: &[Argument]) -> Option<PathBuf> {
    match command.first()?.0.as_slice() {
        [Piece::Text(text)] if text.starts_with('/') => Some(PathBuf::from(text)),
        _ => None,
    }
}

/// The path without symbolic links, as far as it exists.
fn resolve(path: &Path) -> PathBuf {
    path.ancestors()
        .find_map(|existing| {
            let rest = path.strip_prefix(existing).ok()?;
            Some(existing.canonicalize().ok()?.join(rest).components().collect())
        })
        .unwrap_or_else(|| path.to_owned())
}
