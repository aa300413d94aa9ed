//! What can go wrong while a source is read, loaded or counted.
//!
//! One enum for the whole room: a caller that holds a [`crate::source::Database`] does not care
//! which engine refused. Texts for people stand in `source.ftl`; `Display` is for diagnostics.

use std::path::{Path, PathBuf};

use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind, Retry};
use crate::source::mariadb::fault::MariadbFault;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::postgres::standby::fault::StandbyFault;
use crate::source::postgres::stream::fault::StreamFault;
use crate::source::postgres::wire::fault::WireFault;
use crate::world::files::FileError;
use crate::world::process::ProcessError;
use crate::world::process::stream::StreamError;

/// Why a source could not be dumped, loaded or counted.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file of the spool, the dump or the target.
    #[error(transparent)]
    File(#[from] FileError),
    /// A MariaDB or MySQL server, or one of its programs.
    #[error(transparent)]
    Mariadb(#[from] MariadbFault),
    /// A replication connection to PostgreSQL.
    #[error(transparent)]
    Wire(#[from] WireFault),
    /// A base of a PostgreSQL server.
    #[error(transparent)]
    Physical(#[from] PhysicalFault),
    /// A standby of a PostgreSQL server.
    #[error(transparent)]
    Standby(#[from] StandbyFault),
    /// The log of a PostgreSQL server, as it is written.
    #[error(transparent)]
    Stream(#[from] StreamFault),
    /// Someone asked to stop.
    #[error("stopped on request")]
    Cancelled,
    /// What was asked for paths gave something else, or they could not be kept.
    #[error("the paths that it names cannot be had: {detail}")]
    Paths {
        /// Why.
        detail: String,
    },
    /// A name that cannot become a file name in the set.
    #[error("unusable source name: `{name}`")]
    Name {
        /// The name.
        name: String,
    },
    /// The source does not exist.
    #[error("no such source: `{}`", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// A file tree that is not a folder.
    #[error("not a folder: `{}`", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The target of a load exists or holds something.
    #[error("the target is not empty: `{target}`")]
    TargetNotEmpty {
        /// The target.
        target: String,
    },
    /// Not enough space for what is about to be written.
    #[error("`{}` has {free} bytes free, {need} are needed", path.display())]
    NoSpace {
        /// Where.
        path: PathBuf,
        /// Bytes needed.
        need: u64,
        /// Bytes free.
        free: u64,
    },
    /// SQLite refused.
    #[error("failed to {act} the SQLite database `{}`", path.display())]
    Sqlite {
        /// The attempt.
        act: &'static str,
        /// The database.
        path: PathBuf,
        /// SQLite's answer.
        #[source]
        source: rusqlite::Error,
    },
    /// Another program kept the database locked.
    #[error("`{}` stayed locked for {seconds} s", path.display())]
    SqliteBusy {
        /// The database.
        path: PathBuf,
        /// How long we waited.
        seconds: u64,
    },
    /// The file is no SQLite database.
    #[error("not a SQLite database: `{}`", path.display())]
    NotSqlite {
        /// The file.
        path: PathBuf,
    },
    /// SQLite's own check found damage.
    #[error("`{}` is damaged: {detail}", path.display())]
    SqliteDamaged {
        /// The database.
        path: PathBuf,
        /// The first findings.
        detail: String,
    },
    /// The DSN cannot be used.
    #[error("unusable DSN: {reason}")]
    Dsn {
        /// Why.
        reason: String,
    },
    /// The connection cannot be had without TLS, which this version lacks.
    #[error("the DSN asks for TLS, which is not supported")]
    Tls,
    /// The server cannot be reached.
    #[error("failed to connect to PostgreSQL at `{server}`")]
    Unreachable {
        /// Host and port or socket.
        server: String,
        /// The client's answer.
        #[source]
        source: tokio_postgres::Error,
    },
    /// The server refused the role or its password.
    #[error("PostgreSQL at `{server}` refused the login")]
    LoginRefused {
        /// Host and port or socket.
        server: String,
        /// The server's answer.
        #[source]
        source: tokio_postgres::Error,
    },
    /// There is not even a connection.
    #[error("no connection to PostgreSQL at `{server}`: {reason}")]
    NoAnswer {
        /// Host and port or socket.
        server: String,
        /// Why, in English.
        reason: String,
    },
    /// The server did not answer in time.
    #[error("PostgreSQL at `{server}` did not answer within {seconds} s")]
    Silent {
        /// Host and port or socket.
        server: String,
        /// How long we waited.
        seconds: u64,
    },
    /// A statement failed.
    #[error("PostgreSQL failed to {act}")]
    Query {
        /// The attempt.
        act: &'static str,
        /// The server's answer.
        #[source]
        source: tokio_postgres::Error,
    },
    /// Another session kept a table that a dump must read, for longer than we wait.
    #[error("another session kept a table from the dump for too long")]
    Held,
    /// Tables were rewritten, truncated or dropped between the snapshot and their lock.
    #[error("the database was altered while the dump began: {tables}")]
    Altered {
        /// Their names, or the server's words.
        tables: String,
    },
    /// The server went away while we worked.
    #[error("PostgreSQL went away during: {act}")]
    Gone {
        /// What was under way.
        act: &'static str,
    },
    /// No client programs of a fitting version.
    #[error("no PostgreSQL programs of version {major} or newer (found: {found})")]
    Tools {
        /// The version needed at least.
        major: u32,
        /// What was found and where, for diagnostics.
        found: String,
    },
    /// The role cannot make and rename databases.
    #[error("role `{role}` may not make databases or rename this one")]
    Rights {
        /// The role.
        role: String,
    },
    /// Sessions that could not be ended keep a database from being renamed.
    #[error("database `{database}` is in use")]
    InUse {
        /// The database.
        database: String,
        /// The server's answer.
        #[source]
        source: tokio_postgres::Error,
    },
    /// Row-level security would hide rows from the dump.
    #[error("row-level security hides rows of: {tables}")]
    RowSecurity {
        /// The tables.
        tables: String,
    },
    /// The role may not read some tables.
    #[error("no right to read: {tables}")]
    Unreadable {
        /// The tables.
        tables: String,
    },
    /// `pg_dump` failed although the server still answers.
    #[error("the dump failed")]
    Dump(#[source] ProcessError),
    /// A PostgreSQL program wrote nothing for too long.
    #[error("the dump wrote nothing for {seconds} s")]
    DumpSilent {
        /// How long.
        seconds: u64,
    },
    /// The dump does not fit its own table of contents or the catalog.
    #[error("the dump is damaged: {detail}")]
    DumpDamaged {
        /// What does not fit.
        detail: String,
    },
    /// `pg_restore` or a statement of a load failed.
    #[error("the load failed")]
    Load(#[source] ProcessError),
    /// A PostgreSQL program could not do a smaller task.
    #[error("a PostgreSQL program failed")]
    Program(#[source] ProcessError),
    /// A configured command failed.
    #[error("the {act} command failed")]
    Command {
        /// What it is for: `dump`, `load`, `count`, `prepare`, `clean`, `pull`.
        act: &'static str,
        /// How.
        #[source]
        source: StreamError,
    },
    /// A dump command that succeeded wrote nothing.
    #[error("`{program}` wrote nothing")]
    CommandEmpty {
        /// The program.
        program: String,
    },
    /// A dump does not end as dumps of its engine end.
    #[error("what `{program}` wrote does not end with `{end}`")]
    CommandCut {
        /// The program.
        program: String,
        /// What its end must hold.
        end: String,
    },
    /// A dump command did not leave the files it should.
    #[error("the dump command did not leave its files: {detail}")]
    CommandFiles {
        /// What is wrong.
        detail: String,
    },
    /// A file of a dump changed after its command had ended.
    #[error("`{}` was written to after the dump command had ended", path.display())]
    CommandChanged {
        /// The file.
        path: PathBuf,
    },
    /// What a count command printed is no count.
    #[error("line {line} of the count is wrong: {detail}")]
    CommandCount {
        /// The line.
        line: u64,
        /// What is wrong.
        detail: String,
    },
    /// There is no such command in the configuration.
    #[error("no {command} command is configured")]
    CommandLacks {
        /// Which.
        command: &'static str,
    },
    /// What a person wants `{target}` to stand for is not safe in every command.
    #[error("unusable target of a load command: `{target}`")]
    CommandTarget {
        /// The target.
        target: String,
    },
    /// A scratch cluster must not stand in memory.
    #[error("`{}` is a file system in memory", path.display())]
    ScratchInMemory {
        /// The folder.
        path: PathBuf,
    },
    /// The server's user cannot enter the scratch folder.
    #[error("user `{user}` cannot enter `{}`", path.display())]
    ScratchUnreachable {
        /// The first folder that refuses.
        path: PathBuf,
        /// The user.
        user: String,
    },
    /// We are root and no user can run the server.
    #[error("no user `{user}` to run the scratch cluster as")]
    ScratchUser {
        /// The user.
        user: String,
    },
    /// What a killed run began in a scratch place cannot be ended.
    #[error("processes of a scratch place that was left behind do not end: {processes}")]
    ScratchLeft {
        /// Which.
        processes: String,
    },
    /// The scratch cluster did not come up.
    #[error("the scratch cluster did not start")]
    ScratchStart(#[source] ProcessError),
}

impl Fault for SourceError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Name { .. }
            | Self::NotAFolder { .. }
            | Self::Dsn { .. }
            | Self::Tls
            | Self::ScratchInMemory { .. }
            | Self::ScratchUser { .. }
            | Self::CommandLacks { .. }
            | Self::ScratchUnreachable { .. } => FaultKind::Config,
            Self::TargetNotEmpty { .. } | Self::CommandTarget { .. } => FaultKind::User,
            Self::Mariadb(fault) => fault.kind(),
            Self::Wire(fault) => fault.kind(),
            Self::Physical(fault) => fault.kind(),
            Self::Standby(fault) => fault.kind(),
            Self::Stream(fault) => fault.kind(),
            Self::SqliteDamaged { .. } | Self::DumpDamaged { .. } => FaultKind::Integrity,
            _ => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::File(fault) => fault.code(),
            Self::Mariadb(fault) => fault.code(),
            Self::Wire(fault) => fault.code(),
            Self::Physical(fault) => fault.code(),
            Self::Standby(fault) => fault.code(),
            Self::Stream(fault) => fault.code(),
            Self::Cancelled => "source.cancelled",
            Self::Name { .. } => "source.name",
            Self::Missing { .. } => "source.missing",
            Self::NotAFolder { .. } => "source.not-a-folder",
            Self::TargetNotEmpty { .. } => "source.target-not-empty",
            Self::NoSpace { .. } => "source.no-space",
            Self::Sqlite { .. } => "source.sqlite",
            Self::SqliteBusy { .. } => "source.sqlite-busy",
            Self::NotSqlite { .. } => "source.not-sqlite",
            Self::SqliteDamaged { .. } => "source.sqlite-damaged",
            Self::Dsn { .. } => "source.dsn",
            Self::Tls => "source.tls",
            Self::Unreachable { .. } => "source.unreachable",
            Self::LoginRefused { .. } => "source.login-refused",
            Self::NoAnswer { .. } => "source.no-answer",
            Self::Silent { .. } => "source.silent",
            Self::Query { .. } => "source.query",
            Self::Held => "source.held",
            Self::Altered { .. } => "source.altered",
            Self::Gone { .. } => "source.gone",
            Self::Tools { .. } => "source.tools",
            Self::Rights { .. } => "source.rights",
            Self::InUse { .. } => "source.in-use",
            Self::RowSecurity { .. } => "source.row-security",
            Self::Unreadable { .. } => "source.unreadable",
            Self::Dump(_) => "source.dump",
            Self::DumpSilent { .. } => "source.dump-silent",
            Self::DumpDamaged { .. } => "source.dump-damaged",
            Self::Load(_) => "source.load",
            Self::Program(_) => "source.program",
            Self::Paths { .. } => "source.paths",
            Self::Command { .. } => "source.command",
            Self::CommandEmpty { .. } => "source.command-empty",
            Self::CommandCut { .. } => "source.command-cut",
            Self::CommandFiles { .. } => "source.command-files",
            Self::CommandChanged { .. } => "source.command-changed",
            Self::CommandCount { .. } => "source.command-count",
            Self::CommandLacks { .. } => "source.command-lacks",
            Self::CommandTarget { .. } => "source.command-target",
            Self::ScratchInMemory { .. } => "source.scratch-in-memory",
            Self::ScratchUnreachable { .. } => "source.scratch-unreachable",
            Self::ScratchUser { .. } => "source.scratch-user",
            Self::ScratchLeft { .. } => "source.scratch-left",
            Self::ScratchStart(_) => "source.scratch-start",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        let at = |path: &Path| Args::none().text("path", path.display());
        match self {
            Self::File(fault) => fault.args(),
            Self::Mariadb(fault) => fault.args(),
            Self::Wire(fault) => fault.args(),
            Self::Physical(fault) => fault.args(),
            Self::Standby(fault) => fault.args(),
            Self::Stream(fault) => fault.args(),
            Self::Name { name } => args.text("name", name),
            Self::Missing { path }
            | Self::NotAFolder { path }
            | Self::NotSqlite { path }
            | Self::CommandChanged { path }
            | Self::ScratchInMemory { path } => at(path),
            Self::TargetNotEmpty { target } | Self::CommandTarget { target } => {
                args.text("target", target)
            }
            Self::CommandEmpty { program } => args.text("program", program),
            Self::CommandCut { program, end } => args.text("program", program).text("end", end),
            Self::CommandCount { line, detail } => {
                args.number("line", *line).text("detail", detail)
            }
            Self::CommandLacks { command } => args.text("command", command),
            Self::NoSpace { path, need, free } => {
                at(path).number("need", *need).number("free", *free)
            }
            Self::Sqlite { act, path, .. } => args.text("act", act).text("path", path.display()),
            Self::SqliteBusy { path, seconds } => at(path).number("seconds", *seconds),
            Self::SqliteDamaged { path, detail } => at(path).text("detail", detail),
            Self::Dsn { reason } => args.text("reason", reason),
            Self::Unreachable { server, .. } | Self::LoginRefused { server, .. } => {
                args.text("server", server)
            }
            Self::NoAnswer { server, reason } => args.text("server", server).text("reason", reason),
            Self::Silent { server, seconds } => {
                args.text("server", server).number("seconds", *seconds)
            }
            Self::Query { act, .. } | Self::Gone { act } | Self::Command { act, .. } => {
                args.text("act", act)
            }
            Self::Tools { major, found } => {
                args.number("major", u64::from(*major)).text("found", found)
            }
            Self::ScratchLeft { processes } => args.text("processes", processes),
            Self::Rights { role } => args.text("role", role),
            Self::InUse { database, .. } => args.text("database", database),
            Self::RowSecurity { tables }
            | Self::Unreadable { tables }
            | Self::Altered { tables } => args.text("tables", tables),
            Self::DumpSilent { seconds } => args.number("seconds", *seconds),
            Self::DumpDamaged { detail }
            | Self::CommandFiles { detail }
            | Self::Paths { detail } => args.text("detail", detail),
            Self::ScratchUnreachable { path, user } => at(path).text("user", user),
            Self::ScratchUser { user } => args.text("user", user),
            Self::Cancelled
            | Self::Held
            | Self::Tls
            | Self::Dump(_)
            | Self::Load(_)
            | Self::Program(_)
            | Self::ScratchStart(_) => args,
        }
    }

    fn retry(&self) -> Retry {
        match (self, self.kind()) {
            (Self::Mariadb(fault), _) => fault.retry(),
            (Self::Wire(fault), _) => fault.retry(),
            (Self::Physical(fault), _) => fault.retry(),
            (Self::Standby(fault), _) => fault.retry(),
            (Self::Stream(fault), _) => fault.retry(),
            (_, FaultKind::Environment) => Retry::Later,
            _ => Retry::Never,
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Dump(fault)
            | Self::Load(fault)
            | Self::Program(fault)
            | Self::ScratchStart(fault) => Some(fault),
            Self::Mariadb(fault) => fault.beneath(),
            Self::Standby(fault) => fault.beneath(),
            Self::Command { source, .. } => Some(source),
            _ => None,
        }
    }

    fn exit(&self) -> ExitCode {
        match self {
            Self::File(fault) => fault.exit(),
            Self::Cancelled => ExitCode::Interrupted,
            Self::Command { source, .. } => source.exit(),
            _ => match self.kind() {
                FaultKind::Config => ExitCode::Configuration,
                FaultKind::User => ExitCode::Usage,
                FaultKind::Integrity => ExitCode::Integrity,
                FaultKind::Bug => ExitCode::Bug,
                FaultKind::Environment => ExitCode::Failed,
            },
        }
    }
}
