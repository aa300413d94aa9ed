//! Settings that cannot be wrong: what the program works with after the file was checked.
//!
//! Plain values, no defaults left to apply, every path absolute, every reference resolved, secrets
//! still where they are kept. Nothing here reads a file or knows YAML.

mod logs;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::base::command::{Command, Left};
use crate::base::language::Language;
use crate::base::manifest::TreeRole;
use crate::config::secret::SecretSource;
use crate::config::turns::Turn;
use crate::incident::settings::{Incidents, Standing, System};
use crate::notice::settings::Notices;
use crate::playbook::settings::{Inputs, Settings as Playbooks};
use crate::probe::settings::{Criteria, Defacement, Network, Probe};
use crate::repository::retention::Retention;
use crate::scheduler::schedule::Schedule;
use crate::seal::Recipients;
use crate::source::alarm::Thresholds;

pub use crate::config::anchor::{Anchor, AnchorPlace, Anchoring};
pub use crate::config::drill::{Hook, OnFailure};
pub use crate::config::settings::logs::{DurableIn, Receive, Wal};
pub use crate::config::spot_check::SpotCheck;

/// The province's objective for recovery: QĐ 75/2025/QĐ-UBND (Hưng Yên) Điều 12.4 wants data ready
/// again within 24 hours of the incident.
pub const RECOVERY_LAW: Duration = Duration::from_hours(24);

/// Time between an incident and the decision to restore, where the configuration names none. Our
/// figure: a night shift that must be woken, look, and ask.
pub const ALLOWANCE_DEFAULT: Duration = Duration::from_hours(4);

/// Only this machine asks after duphong's health, unless the configuration says otherwise.
pub const LISTEN_DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8484);

/// A checked configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The installation.
    pub site: Site,
    /// The folder of everything duphong itself keeps.
    pub state: PathBuf,
    /// At least one, in the order of the file; names are unique.
    pub repositories: Vec<Repository>,
    /// At least one, in the order of the file; ids are unique.
    pub portals: Vec<Portal>,
    /// How the agency writes its documents.
    pub documents: Documents,
    /// How duphong reaches what it looks at.
    pub network: Network,
    /// How people are told.
    pub notices: Notices,
    /// What opens the mail server and signs for webhooks.
    pub notice_secrets: NoticeSecrets,
    /// How incidents are handled; absent where the file does not say.
    pub incidents: Option<Incidents>,
    /// How playbooks are used.
    pub playbooks: Playbooks,
    /// How duphong itself is watched.
    pub daemon: Daemon,
    /// Where heads of the audit log are kept outside.
    pub anchoring: Anchoring,
}

/// Where the secrets of notices are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeSecrets {
    /// The password of the mail account.
    pub smtp: Option<SecretSource>,
    /// A file of authorities for the mail server and webhooks, beside the public ones.
    pub authorities: Option<PathBuf>,
    /// The key that signs for each webhook, in the order of the webhooks.
    pub webhooks: Vec<Option<SecretSource>>,
}

/// How duphong itself is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// Where it tells its health; loopback unless the file says otherwise.
    pub listen: SocketAddr,
}

impl Default for Daemon {
    fn default() -> Self {
        Self { listen: LISTEN_DEFAULT }
    }
}

impl Settings {
    /// The audit log.
    pub fn audit_dir(&self) -> PathBuf {
        self.state.join("audit")
    }

    /// Where a dump waits before it is stored.
    pub fn spool_dir(&self) -> PathBuf {
        self.state.join("spool")
    }

    /// The journals of watched trees.
    pub fn watch_dir(&self) -> PathBuf {
        self.state.join("watch")
    }

    /// Where programs on this machine talk to the daemon.
    pub fn control_socket(&self) -> PathBuf {
        self.state.join("control.sock")
    }

    /// Where database servers on this machine hand over segments of their logs.
    pub fn log_socket(&self) -> PathBuf {
        self.state.join("wal.sock")
    }

    /// Samples of probes, and caches: may be deleted.
    pub fn samples_file(&self) -> PathBuf {
        self.state.join("state.db")
    }

    /// Sealed evidence, by digest.
    pub fn evidence_dir(&self) -> PathBuf {
        self.state.join("evidence")
    }

    /// The portal of this id.
    pub fn portal(&self, id: &str) -> Option<&Portal> {
        self.portals.iter().find(|portal| portal.id == id)
    }

    /// The repository of this name.
    pub fn repository(&self, name: &str) -> Option<&Repository> {
        self.repositories.iter().find(|repository| repository.name == name)
    }
}

/// Whose installation this is.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Short name in records and file names.
    pub id: String,
    /// Full name.
    pub name: String,
    /// In which times are shown.
    pub timezone: TimeZone,
    /// Of words and documents, unless a person asks for another.
    pub language: Language,
}

/// A place of encrypted sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Repository {
    /// Its name in the configuration.
    pub name: String,
    /// Where its objects lie.
    pub store: Store,
    /// Whether it lies elsewhere than what it holds: what takes the one does not take the other.
    pub off_site: bool,
    /// What opens it.
    pub password: SecretSource,
    /// When all its data is read and checked; never by itself where absent.
    pub verify: Option<Schedule>,
    /// In how many parts that is done, one at a time; all at once where absent.
    pub verify_parts: Option<u32>,
    /// When logs that no base needs any more are removed; never by itself where absent.
    pub wal_forget: Option<Schedule>,
}

/// Where the objects of a repository lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// In a folder on a disk.
    Disk(PathBuf),
    /// In a bucket.
    S3(Bucket),
}

impl Store {
    /// The folder, where it is one of this machine's.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Disk(path) => Some(path),
            Self::S3(_) => None,
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(path) => path.display().fmt(f),
            Self::S3(bucket) => bucket.fmt(f),
        }
    }
}

/// A bucket, or a part of one, on a server that speaks S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The server: `https://host[:port]`, or `http://` where that was allowed.
    pub endpoint: String,
    /// Its name.
    pub name: String,
    /// What stands before every name, without slashes at its ends; may be empty.
    pub prefix: String,
    /// For which region requests are signed.
    pub region: String,
    /// What opens it.
    pub credentials: SecretSource,
    /// Whether its name stands in the path of requests rather than in the server's name.
    pub path_style: bool,
    /// A file of authorities for this server, beside the public ones.
    pub authorities: Option<PathBuf>,
    /// How what lies in it is locked; absent where nothing is.
    pub object_lock: Option<ObjectLock>,
}

/// How long no key may remove what is in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectLock {
    /// Who may lift a lock before its end.
    pub mode: LockMode,
    /// The least that every lock reaches beyond the last set.
    pub retention: Duration,
    /// What is added to that whenever a lock is set, so that it need not be extended at every set.
    pub slack: Duration,
}

/// Who may lift an object lock before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// Nobody.
    Compliance,
    /// Whoever has a right of its own for it.
    Governance,
}

impl LockMode {
    /// The words of the file.
    pub const WORDS: [(&'static str, Self); 2] =
        [("compliance", Self::Compliance), ("governance", Self::Governance)];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compliance => "compliance",
            Self::Governance => "governance",
        }
    }
}

/// As restic calls it.
impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        write!(f, "s3:{}/{}{slash}{}", self.endpoint, self.name, self.prefix)
    }
}

/// A public service that is protected.
#[derive(Clone, Debug, PartialEq)]
pub struct Portal {
    /// Its short name: a tag of every set.
    pub id: String,
    /// What people call it; the id where the file gives no name.
    pub name: String,
    /// Where the public finds it.
    pub url: Option<String>,
    /// What it is under the rules for state portals.
    pub kind: PortalKind,
    /// Chủ quản: the agency that owns it.
    pub owner: String,
    /// Đơn vị vận hành: who runs it.
    pub operator: String,
    /// Cấp độ: its approved security level, 1 to 5.
    pub level: u8,
    /// Names are unique in the portal. Databases and trees together are at least one.
    pub databases: Vec<Database>,
    /// Names are unique in the portal.
    pub trees: Vec<Tree>,
    /// What opens its sealed sources, on a host that restores or drills; absent on the one that
    /// writes.
    pub identity: Option<SecretSource>,
    /// What is taken and where it goes.
    pub snapshot: Snapshot,
    /// How recovery is proved.
    pub drill: Drill,
    /// When its live sources are looked at beside the newest set; never by itself where absent.
    pub spot_check: Option<SpotCheck>,
    /// How it is watched; names are unique.
    pub probes: Vec<Probe>,
    /// What `scan` holds it against.
    pub criteria: Criteria,
    /// Watching for changes that nobody of the agency made; absent where it is not wanted.
    pub defacement: Option<Defacement>,
    /// What decides which duties bind it.
    pub standing: Standing,
    /// What is known of its system, for forms.
    pub system: System,
    /// What replays, on restored data, the erasures that were promised to persons since.
    pub erasure: Option<Hook>,
    /// What it gives to playbooks, by their ids.
    pub playbooks: BTreeMap<String, Inputs>,
}

impl Portal {
    /// The database of this name.
    pub fn database(&self, name: &str) -> Option<&Database> {
        self.databases.iter().find(|database| database.name == name)
    }
}

/// What a portal is under the rules for state portals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PortalKind {
    /// Cổng thông tin điện tử.
    Cong,
    /// Trang thông tin điện tử.
    Trang,
}

impl PortalKind {
    /// Each with its word in the file.
    pub const WORDS: [(&str, Self); 2] = [("cong", Self::Cong), ("trang", Self::Trang)];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        word_of(self, &Self::WORDS)
    }
}

/// Each role with its word in the file.
pub const TREE_ROLES: [(&str, TreeRole); 3] = [
    ("media", TreeRole::Media),
    ("application", TreeRole::Application),
    ("configuration", TreeRole::Configuration),
];

/// One database of a portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Its name in sets and placeholders; the server may know it by another.
    pub name: String,
    /// Where it is.
    pub engine: Engine,
    /// How it is asked which files of the portal's trees it names.
    pub media: Vec<MediaQuery>,
    /// To whom its dumps are sealed; not sealed where absent.
    pub sealed: Option<Recipients>,
}

/// A question which files of a tree a database names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaQuery {
    /// The tree's name.
    pub tree: String,
    /// One statement that reads: each row is a path, relative to the tree. Of a database that
    /// commands know, what the command that prints them is called.
    pub query: String,
}

impl Database {
    /// The server whose files are taken instead of a dump.
    pub fn base(&self) -> Option<&Postgres> {
        match &self.engine {
            Engine::PostgresBase(server) => Some(server),
            _ => None,
        }
    }
}

/// The kind of a database and what is needed to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file of SQLite.
    Sqlite(Sqlite),
    /// A database on a PostgreSQL server.
    Postgres(Postgres),
    /// A whole PostgreSQL server, by the files on its disk; the database of its DSN is what the
    /// portal uses.
    PostgresBase(Postgres),
    /// A database on a MariaDB or MySQL server.
    Mariadb(Mariadb),
    /// A database of another engine, which commands know.
    Command(Box<CommandSource>),
}

/// A file of SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sqlite {
    /// The file.
    pub path: PathBuf,
}

/// A database on a PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postgres {
    /// How to reach it; names the database, holds no password.
    pub dsn: String,
    /// The password of the role, where the server asks for one.
    pub password: Option<SecretSource>,
    /// The folder of `pg_dump` and `initdb`; found by the source where absent.
    pub bin_dir: Option<PathBuf>,
    /// The account of the machine under which PostgreSQL's programs run when duphong is root.
    pub user: Option<String>,
    /// What is kept of its write-ahead log; nothing where absent.
    pub wal: Option<Wal>,
    /// What is read in its place; the server itself where absent.
    pub standby: Option<Standby>,
}

/// A standby that is read in its primary's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standby {
    /// How to reach it; the role and its password are the primary's.
    pub dsn: String,
    /// How long it may need to come to where the primary is when a set begins.
    pub lag: Duration,
    /// What becomes of a set for which it does not.
    pub otherwise: Otherwise,
}

/// What becomes of a set whose standby cannot be had or is too far behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// There is none.
    Fail,
    /// The primary is read.
    Primary,
}

impl Otherwise {
    /// As they stand in the file.
    pub const WORDS: [(&'static str, Self); 2] = [("fail", Self::Fail), ("primary", Self::Primary)];
}

/// A database on a MariaDB or MySQL server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mariadb {
    /// Where the server is.
    pub place: MariadbPlace,
    /// The account on the server.
    pub user: String,
    /// Its password, where the server asks for one.
    pub password: Option<SecretSource>,
    /// The database.
    pub database: String,
    /// The folder of `mariadb-dump` and `mariadbd`; found by the source where absent.
    pub bin_dir: Option<PathBuf>,
    /// The account of the machine under which a scratch server runs when duphong is root.
    pub account: Option<String>,
    /// How its binary log is kept; not at all where absent.
    pub binlog: Option<Binlog>,
}

/// What is kept of a binary log: all that the server writes, received as it is written, in the
/// repositories of the portal's sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binlog {
    /// Where bytes must be durable before the next ones are asked for.
    pub durable_in: DurableIn,
    /// How old a change may get before it is kept.
    pub every: Duration,
    /// The most of what was committed that may be kept nowhere yet, as time; longer than `every`.
    pub rpo: Duration,
    /// The most of the log, in bytes, that the server may have and nobody keep.
    pub waiting: u64,
}

/// Where a MariaDB or MySQL server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MariadbPlace {
    /// A socket on this machine; where distributions put it, if none is named.
    Socket(Option<PathBuf>),
    /// Over the network, encrypted unless it is this machine.
    Host {
        /// Name or address.
        host: String,
        /// Port; the usual one if none is named.
        port: Option<u16>,
        /// Who vouches for the server's certificate.
        authorities: Option<PathBuf>,
    },
}

/// A database of another engine: how it is dumped, loaded and counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandSource {
    /// Dumps it.
    pub dump: Command,
    /// Loads a dump to where a person says; has `{target}`.
    pub load: Option<Command>,
    /// Counts its rows.
    pub count: Option<Command>,
    /// Each prints which files of one tree the database names, by the tree's name.
    pub paths: Vec<(String, Command)>,
    /// What the dump leaves: files exactly where it has `{folder}`, as every load then has.
    pub left: Left,
    /// Variables of all these commands but the drill's, by unique names.
    pub environment: Vec<(String, Variable)>,
    /// For each command as a whole.
    pub limit: Duration,
    /// For how long a dump may write nothing.
    pub silence: Duration,
    /// How it is drilled; not at all where absent.
    pub drill: Option<CommandDrill>,
}

/// The commands of a drill. None of them is one of production's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandDrill {
    /// Clears away what a drill loaded; succeeds where there is nothing.
    pub clean: Command,
    /// Makes the place to load into.
    pub prepare: Option<Command>,
    /// Loads a dump into it.
    pub load: Command,
    /// Counts what was loaded.
    pub count: Option<Command>,
    /// Each prints which files of one tree it names, by the tree's name.
    pub paths: Vec<(String, Command)>,
    /// Variables of these commands and of no others, by unique names.
    pub environment: Vec<(String, Variable)>,
}

/// The value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// As it stands.
    Text(String),
    /// Kept elsewhere.
    Secret(SecretSource),
}

/// A tree of files of a portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Its name in sets and placeholders.
    pub name: String,
    /// What it is to the portal.
    pub role: TreeRole,
    /// The folder; of a tree that is pulled, on the host that it comes from.
    pub path: PathBuf,
    /// Patterns, relative to the folder, of what is left out; empty where it is pulled.
    pub exclude: Vec<String>,
    /// To whom its files are sealed; not sealed where absent.
    pub sealed: Option<Recipients>,
    /// Whether the daemon watches it for changes.
    pub watch: bool,
    /// From where on a change of many files is an alarm.
    pub alarm: Thresholds,
    /// How it comes from another host; a folder of this one where absent.
    pub pull: Option<Pull>,
}

impl Tree {
    /// The folder, where it is one of this machine's.
    pub fn folder(&self) -> Option<&Path> {
        self.pull.is_none().then_some(&*self.path)
    }
}

/// A command that writes a tree as a tar stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// The command.
    pub command: Command,
    /// Variables of its environment, by unique names.
    pub environment: Vec<(String, Variable)>,
    /// For the whole.
    pub limit: Duration,
    /// For how long it may write nothing.
    pub silence: Duration,
}

/// What is taken and where it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// When a set is taken; never by itself where absent.
    pub schedule: Option<Schedule>,
    /// When a set follows a change of a watched tree; none does where absent.
    pub on_change: Option<OnChange>,
    /// Names of repositories: at least one, each exists, none twice.
    pub to: Vec<String>,
    /// The most data, as time, that the owner accepts to lose.
    pub rpo: Duration,
    /// What the daemon tags its sets with, unless a person who asks for one says otherwise.
    pub tags: BTreeSet<String>,
    /// What is kept of its sets; all of them where absent.
    pub retention: Option<Retention>,
}

/// When a set follows a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnChange {
    /// So long nothing may change before a set is taken.
    pub quiet: Duration,
    /// So long after the first change a set is taken in any case. At least `quiet`.
    pub longest: Duration,
}

/// How recovery is proved.
#[derive(Clone, Debug, PartialEq)]
pub struct Drill {
    /// When it runs; never by itself where absent.
    pub schedule: Option<Schedule>,
    /// The repository it restores from: one that the portal's sets go to.
    pub from: String,
    /// What scheduled drills restore, one after the other and round; the newest set where empty.
    pub turns: Vec<Turn>,
    /// The longest measured RTO that passes. Together with `allowance` within [`RECOVERY_LAW`].
    pub rto: Duration,
    /// Time for detection and decision, which a drill cannot measure.
    pub allowance: Duration,
    /// The folder under which scratch places are made.
    pub scratch: PathBuf,
    /// The program that serves the restored portal; absent or with at least the program's name.
    pub start: Option<Vec<Argument>>,
    /// Questions to the restored portal; empty without `start`.
    pub smoke: Vec<Smoke>,
    /// Parallel workers of a restore; chosen by the job where absent.
    pub jobs: Option<u8>,
    /// What a failed one asks for.
    pub on_failure: OnFailure,
    /// What scans the restored set.
    pub scan: Option<Hook>,
}

/// An argument of a command with places to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument(pub Vec<Piece>);

/// A part of an [`Argument`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// `{database:NAME}`: where the restored database of this name is (a path, or a DSN).
    Database(String),
    /// `{tree:NAME}`: the folder of the restored tree of this name.
    Tree(String),
    /// `{port}`: the free port on which the portal is to answer.
    Port,
}

impl Argument {
    /// The argument with every place filled in; `value` is asked for all but text.
    pub fn fill(&self, value: impl Fn(&Piece) -> OsString) -> OsString {
        self.0.iter().fold(OsString::new(), |mut filled, piece| {
            match piece {
                Piece::Text(text) => filled.push(text),
                other => filled.push(value(other)),
            }
            filled
        })
    }
}

/// A question to the restored portal and the answer that proves that it serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smoke {
    /// The path of the request, with its query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// What its body must contain.
    pub contains: Option<String>,
}

/// How the agency writes its documents (NĐ 30/2020). What is absent is left open on the paper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    /// Cơ quan chủ quản trực tiếp.
    pub superior: Option<String>,
    /// Cơ quan ban hành.
    pub agency: Option<String>,
    /// Địa danh.
    pub place: Option<String>,
    /// Chức vụ of those who sign, in their order.
    pub signers: Vec<String>,
}

fn word_of<T: Copy + PartialEq>(value: T, words: &[(&'static str, T)]) -> &'static str {
    words.iter().find(|(_, each)| *each == value).map_or("", |(word, _)| word)
}
