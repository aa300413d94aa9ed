//! What can go wrong with a MariaDB or MySQL server and its programs.

use crate::base::fault::{Args, Fault, FaultKind, Retry};
use crate::world::process::ProcessError;

/// Why a server or one of its programs did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum MariadbFault {
    /// Settings that no client takes.
    #[error("unusable settings: {reason}")]
    Settings {
        /// Why.
        reason: String,
    },
    /// No client or dump program of the server's family.
    #[error("no program `{program}` for {family} (found: {found})")]
    Programs {
        /// What was looked for.
        program: String,
        /// The server's family.
        family: &'static str,
        /// What was found instead.
        found: String,
    },
    /// The server cannot be reached.
    #[error("cannot reach MariaDB at `{server}`")]
    Unreachable {
        /// Socket, or host and port.
        server: String,
        /// The client's answer.
        #[source]
        source: ProcessError,
    },
    /// The server refused the account, its password, or the database to it.
    #[error("MariaDB at `{server}` refused the login")]
    LoginRefused {
        /// Socket, or host and port.
        server: String,
        /// The client's answer.
        #[source]
        source: ProcessError,
    },
    /// A statement failed.
    #[error("MariaDB failed to {act}")]
    Query {
        /// The attempt.
        act: &'static str,
        /// The server's answer.
        #[source]
        source: ProcessError,
    },
    /// The server did not answer in time.
    #[error("MariaDB at `{server}` did not answer within {seconds} s")]
    Silent {
        /// Socket, or host and port.
        server: String,
        /// How long we waited.
        seconds: u64,
    },
    /// The server went away while we worked.
    #[error("MariaDB went away during: {act}")]
    Gone {
        /// What was under way.
        act: &'static str,
    },
    /// An answer has other columns than were asked for.
    #[error("MariaDB answered with {columns} columns, not those asked for: {act}")]
    Shape {
        /// The attempt.
        act: &'static str,
        /// How many came.
        columns: u64,
    },
    /// The account would see less than there is.
    #[error("the account lacks rights: {rights}")]
    Rights {
        /// The rights.
        rights: String,
        /// The database.
        database: String,
    },
    /// The dump failed although the server still answers.
    #[error("the dump failed")]
    Dump(#[source] ProcessError),
    /// The schema was altered while it was dumped.
    #[error("the database was altered during the dump: {detail}")]
    Altered {
        /// What does not fit.
        detail: String,
    },
    /// The dump lacks what the server lists.
    #[error("the dump lacks: {objects}")]
    Missing {
        /// Kinds and names.
        objects: String,
    },
    /// A load went on for too long without a sign.
    #[error("the load stood still for {seconds} s")]
    LoadStill {
        /// How long.
        seconds: u64,
    },
    /// A load failed although the server still answers.
    #[error("the load failed")]
    Load(#[source] ProcessError),
    /// The server refused a statement with rows.
    #[error("the server refused statement {statement} of `{file}`: {said}")]
    LoadRefused {
        /// The dump's file, named after the table.
        file: String,
        /// Which of its statements, from 1 on.
        statement: u64,
        /// The server's answer, without the statement.
        said: String,
    },
    /// The server writes no binary log.
    #[error("`{server}` writes no binary log that can be followed")]
    LogOff {
        /// Socket, or host and port.
        server: String,
    },
    /// The server is one whose binary log is not followed, or into which this one is not replayed.
    #[error("`{server}` is {version}: its binary log is not followed, and this one not replayed")]
    LogMaker {
        /// Socket, or host and port; or the database of a set.
        server: String,
        /// The server's maker and version.
        version: String,
    },
    /// The server gives transactions no numbers, by which alone a hole in the log is found.
    #[error("`{server}` gives transactions no numbers: gtid_mode is not ON")]
    LogUnnumbered {
        /// Socket, or host and port.
        server: String,
    },
    /// A transaction has no number, so that nobody knows whether one before it is missing.
    #[error("`{file}` of the log has a transaction without a number at {at}")]
    LogAnonymous {
        /// The file.
        file: String,
        /// The place.
        at: u64,
    },
    /// The binary log could not be received.
    #[error("the binary log could not be received")]
    Log(#[source] ProcessError),
    /// The account may not follow the binary log.
    #[error("the account on `{server}` lacks rights: {rights}")]
    LogRights {
        /// The rights.
        rights: String,
        /// Socket, or host and port.
        server: String,
    },
    /// The account may not replay a binary log.
    #[error("the account on `{server}` may not replay a binary log, it lacks rights: {rights}")]
    LogReplayRights {
        /// The rights.
        rights: String,
        /// Socket, or host and port.
        server: String,
    },
    /// The server leaves databases, or what it replicates, out of its binary log.
    #[error("`{server}` leaves changes out of its binary log: {filter}")]
    LogFiltered {
        /// Socket, or host and port.
        server: String,
        /// The server's own setting.
        filter: String,
    },
    /// The server notes in its log that it could not log something.
    #[error("`{file}` of the log has an incident at {at}: the server lost events there")]
    LogIncident {
        /// The file.
        file: String,
        /// The place.
        at: u64,
    },
    /// The server sent the log as it encrypts it on its disk.
    #[error("`{file}` of the log is encrypted by its server from {at} on")]
    LogEncrypted {
        /// The file.
        file: String,
        /// The place.
        at: u64,
    },
    /// A part of a log is missing.
    #[error("the log has a gap after {after}: it goes on with {before}")]
    LogGap {
        /// The last that is there.
        after: String,
        /// The next that is there.
        before: String,
    },
    /// A file of a log cannot be read.
    #[error("`{file}` of the log is damaged: {detail}")]
    LogDamaged {
        /// The file.
        file: String,
        /// What is wrong.
        detail: String,
    },
    /// No event ends where a set was taken, or not yet.
    #[error("the log does not reach the set's position {file}:{at}")]
    LogStart {
        /// The file.
        file: String,
        /// The place.
        at: u64,
    },
    /// The set holds a transaction that must not be there.
    #[error("the set of {at} was taken after {gtid}")]
    LogLater {
        /// The set's position.
        at: String,
        /// The transaction.
        gtid: String,
    },
    /// The log has no such transaction after the set.
    #[error("the log has no transaction {gtid} after the set")]
    LogLacks {
        /// The transaction.
        gtid: String,
    },
    /// A server with a log of its own cannot take another's.
    #[error("`{server}` writes a binary log of its own")]
    LogOnTarget {
        /// Socket, or host and port.
        server: String,
    },
    /// The scratch server did not come up.
    #[error("the scratch server did not start")]
    ScratchStart(#[source] ProcessError),
}

impl Fault for MariadbFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Settings { .. }
            | Self::LogOff { .. }
            | Self::LogMaker { .. }
            | Self::LogUnnumbered { .. }
            | Self::LogFiltered { .. } => FaultKind::Config,
            Self::LogDamaged { .. } => FaultKind::Integrity,
            Self::LogLater { .. } | Self::LogLacks { .. } => FaultKind::User,
            _ => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Settings { .. } => "source.mariadb-settings",
            Self::Programs { .. } => "source.mariadb-programs",
            Self::Unreachable { .. } => "source.mariadb-unreachable",
            Self::LoginRefused { .. } => "source.mariadb-login-refused",
            Self::Query { .. } => "source.mariadb-query",
            Self::Silent { .. } => "source.mariadb-silent",
            Self::Gone { .. } => "source.mariadb-gone",
            Self::Shape { .. } => "source.mariadb-shape",
            Self::Rights { .. } => "source.mariadb-rights",
            Self::Dump(_) => "source.mariadb-dump",
            Self::Altered { .. } => "source.mariadb-altered",
            Self::Missing { .. } => "source.mariadb-missing",
            Self::LoadStill { .. } => "source.mariadb-load-still",
            Self::Load(_) => "source.mariadb-load",
            Self::LoadRefused { .. } => "source.mariadb-load-refused",
            Self::LogOff { .. } => "source.mariadb-log-off",
            Self::LogMaker { .. } => "source.mariadb-log-maker",
            Self::LogUnnumbered { .. } => "source.mariadb-log-unnumbered",
            Self::LogAnonymous { .. } => "source.mariadb-log-anonymous",
            Self::Log(_) => "source.mariadb-log",
            Self::LogRights { .. } => "source.mariadb-log-rights",
            Self::LogReplayRights { .. } => "source.mariadb-log-replay-rights",
            Self::LogFiltered { .. } => "source.mariadb-log-filtered",
            Self::LogIncident { .. } => "source.mariadb-log-incident",
            Self::LogEncrypted { .. } => "source.mariadb-log-encrypted",
            Self::LogGap { .. } => "source.mariadb-log-gap",
            Self::LogDamaged { .. } => "source.mariadb-log-damaged",
            Self::LogStart { .. } => "source.mariadb-log-start",
            Self::LogLater { .. } => "source.mariadb-log-later",
            Self::LogLacks { .. } => "source.mariadb-log-lacks",
            Self::LogOnTarget { .. } => "source.mariadb-log-on-target",
            Self::ScratchStart(_) => "source.mariadb-scratch-start",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::Settings { reason } => args.text("reason", reason),
            Self::Programs { program, family, found } => {
                args.text("program", program).text("family", family).text("found", found)
            }
            Self::Unreachable { server, .. } | Self::LoginRefused { server, .. } => {
                args.text("server", server)
            }
            Self::Query { act, .. } | Self::Gone { act } => args.text("act", act),
            Self::Shape { act, columns } => args.text("act", act).number("columns", *columns),
            Self::Silent { server, seconds } => {
                args.text("server", server).number("seconds", *seconds)
            }
            Self::Rights { rights, database } => {
                args.text("rights", rights).text("database", database)
            }
            Self::Altered { detail } => args.text("detail", detail),
            Self::Missing { objects } => args.text("objects", objects),
            Self::LoadStill { seconds } => args.number("seconds", *seconds),
            Self::LoadRefused { file, statement, said } => {
                args.text("file", file).number("statement", *statement).text("said", said)
            }
            Self::LogOff { server }
            | Self::LogUnnumbered { server }
            | Self::LogOnTarget { server } => args.text("server", server),
            Self::LogMaker { server, version } => {
                args.text("server", server).text("version", version)
            }
            Self::LogRights { rights, server } | Self::LogReplayRights { rights, server } => {
                args.text("rights", rights).text("server", server)
            }
            Self::LogFiltered { server, filter } => {
                args.text("server", server).text("filter", filter)
            }
            Self::LogIncident { file, at }
            | Self::LogAnonymous { file, at }
            | Self::LogEncrypted { file, at }
            | Self::LogStart { file, at } => args.text("file", file).number("at", *at),
            Self::LogGap { after, before } => args.text("after", after).text("before", before),
            Self::LogDamaged { file, detail } => args.text("file", file).text("detail", detail),
            Self::LogLater { at, gtid } => args.text("at", at).text("gtid", gtid),
            Self::LogLacks { gtid } => args.text("gtid", gtid),
            Self::Dump(_) | Self::Load(_) | Self::Log(_) | Self::ScratchStart(_) => args,
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Settings { .. }
            | Self::Programs { .. }
            | Self::Rights { .. }
            | Self::LogOff { .. }
            | Self::LogMaker { .. }
            | Self::LogUnnumbered { .. }
            | Self::LogAnonymous { .. }
            | Self::LogRights { .. }
            | Self::LogReplayRights { .. }
            | Self::LogFiltered { .. }
            | Self::LogIncident { .. }
            | Self::LogEncrypted { .. }
            | Self::LogGap { .. }
            | Self::LogDamaged { .. }
            | Self::LogLater { .. }
            | Self::LogLacks { .. }
            | Self::LogOnTarget { .. } => Retry::Never,
            _ => Retry::Later,
        }
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        match self {
            Self::Unreachable { source, .. }
            | Self::LoginRefused { source, .. }
            | Self::Query { source, .. }
            | Self::Dump(source)
            | Self::Load(source)
            | Self::Log(source)
            | Self::ScratchStart(source) => Some(source),
            _ => None,
        }
    }
}
