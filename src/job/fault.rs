//! What can be wrong with a use case itself, beyond the faults of the modules it joins.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind};

/// Why a use case refused or stopped.
#[derive(Debug, thiserror::Error)]
pub enum JobFault {
    /// The configuration has no such portal.
    #[error("no portal `{portal}` in the configuration")]
    UnknownPortal {
        /// What was asked for.
        portal: String,
        /// What there is.
        known: String,
    },
    /// The repository lies in no bucket.
    #[error("repository `{repository}` lies in no bucket")]
    NoBucket {
        /// The repository.
        repository: String,
    },
    /// Somebody held the set, or its portal, while sets were being forgotten.
    #[error("set `{set}` is held by {by} since the plan was made")]
    HeldMeanwhile {
        /// The set.
        set: String,
        /// Who holds it.
        by: String,
    },
    /// The log names no damaged pack of the repository.
    #[error("no verify on record names a damaged pack of repository `{repository}`")]
    NoDamagedPack {
        /// The repository.
        repository: String,
    },
    /// The configuration has no such repository.
    #[error("no repository `{repository}` in the configuration")]
    UnknownRepository {
        /// What was asked for.
        repository: String,
        /// What there is.
        known: String,
    },
    /// The portal has no probe of this name.
    #[error("no probe `{probe}` in the configuration")]
    UnknownProbe {
        /// What was asked for.
        probe: String,
        /// What there is.
        known: String,
    },
    /// The portal has no database of this name.
    #[error("portal `{portal}` has no database `{database}`")]
    UnknownDatabase {
        /// The portal.
        portal: String,
        /// What was asked for.
        database: String,
    },
    /// The repository holds no set of the portal.
    #[error("repository `{repository}` holds no set of portal `{portal}`")]
    NoSet {
        /// The portal.
        portal: String,
        /// The repository.
        repository: String,
    },
    /// It holds none that was taken within a time before the decision.
    #[error("repository `{repository}` holds no set of portal `{portal}` of the last {within:?}")]
    NoSetWithin {
        /// The portal.
        portal: String,
        /// The repository.
        repository: String,
        /// The time.
        within: Duration,
    },
    /// No set of the repository carries duphong's own configuration.
    #[error("no set in `{repository}` carries a configuration of duphong")]
    NoConfigurationInSets {
        /// The repository.
        repository: String,
    },
    /// No rule says what may be forgotten.
    #[error("no `retention` in the configuration of {portals}")]
    NoRetention {
        /// The portals that were asked for.
        portals: String,
    },
    /// No person gives a set such a tag.
    #[error("`{tag}` cannot be the tag of a set")]
    NotATag {
        /// What was asked for.
        tag: String,
    },
    /// No held set, or more than one, has an id that begins so.
    #[error("not one held set has an id that begins with `{set}`")]
    NotHeld {
        /// What was asked for.
        set: String,
    },
    /// Nobody holds the sets of this portal as a whole.
    #[error("the sets of `{portal}` are not held")]
    PortalNotHeld {
        /// The portal.
        portal: String,
    },
    /// Copying from a repository into itself.
    #[error("both names lead to the same repository `{repository}`")]
    SameRepository {
        /// Its name.
        repository: String,
    },
    /// Sets that the log says are there are not.
    #[error("{count} sets that were taken and not forgotten are not in `{repository}`: {sets}")]
    SetsGone {
        /// The repository.
        repository: String,
        /// How many.
        count: u64,
        /// The first of them.
        sets: String,
    },
    /// No lock, or more than one, has a name that begins so.
    #[error("not one lock has an id that begins with `{lock}`")]
    NoLock {
        /// What was asked for.
        lock: String,
    },
    /// Whoever answers for a lock did not type the name of the repository.
    #[error("the removal of lock `{lock}` was not confirmed with the name `{repository}`")]
    NotConfirmed {
        /// The lock.
        lock: String,
        /// What must be typed.
        repository: String,
    },
    /// A word for the record without a name or a reason.
    #[error("a name or a reason is blank")]
    Wordless,
    /// A snapshot without a readable manifest is not a set of ours.
    #[error("snapshot `{set}` holds no readable manifest: {detail}")]
    NotASet {
        /// The snapshot.
        set: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The host has not been initialised.
    #[error("no audit log in `{}`", state.display())]
    NotInitialised {
        /// The state folder.
        state: PathBuf,
    },
    /// The place exists already and is not ours to change.
    #[error("`{}` exists and is not empty", path.display())]
    NotEmpty {
        /// The place.
        path: PathBuf,
    },
    /// The target is the production portal and its name was not typed.
    #[error("`{target}` belongs to production portal `{portal}`")]
    Production {
        /// The portal whose name must be typed.
        portal: String,
        /// The target.
        target: String,
    },
    /// Nobody knows whether the target's server is production's, and its name was not typed.
    #[error("`{target}` could not be compared with production portal `{portal}`: {detail}")]
    Uncompared {
        /// The portal whose name must be typed.
        portal: String,
        /// The target.
        target: String,
        /// Why, in English.
        detail: String,
    },
    /// The copy of the password is not the password.
    #[error("the copy in `{}` does not open repository `{repository}`", copy.display())]
    WrongCopy {
        /// The repository.
        repository: String,
        /// The file that was given as the copy.
        copy: PathBuf,
    },
    /// No drill of this number is in the log.
    #[error("no drill number {number} in the audit log")]
    NoDrill {
        /// What was asked for.
        number: u64,
    },
    /// The drill has opened no work, or it has ended.
    #[error("drill number {number} has no open work of its own")]
    NoOpenWork {
        /// What was asked for.
        number: u64,
    },
    /// A record in the log cannot be read by this program.
    #[error("entry {entry} of the audit log cannot be read as `{what}`: {detail}")]
    UnreadableRecord {
        /// The entry.
        entry: u64,
        /// What it should be.
        what: &'static str,
        /// The reader's complaint.
        detail: String,
    },
    /// The set holds nothing that the ordered damage could be done to.
    #[error("the set holds nothing that this sabotage could damage")]
    NothingToSabotage,
    /// What a set brings back is later than now.
    #[error("the set brings back what was committed at {newest}, and it is {now}")]
    SetFromFuture {
        /// Until when the set holds everything.
        newest: Timestamp,
        /// What the clock says.
        now: Timestamp,
    },
    /// What is asked for needs what is sealed, and nothing was given that opens it.
    #[error("`{part}` is sealed, and no identity was given")]
    Sealed {
        /// The part of the set.
        part: String,
    },
    /// Sealed files would be put over plain ones, or plain ones be deleted for them.
    #[error("`{part}` is sealed: it is restored into an empty folder")]
    SealedOver {
        /// The part of the set.
        part: String,
    },
    /// Someone asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// The scratch folder cannot serve.
    #[error("`{}` cannot hold a scratch restore: {reason}", path.display())]
    Scratch {
        /// The folder.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// There is less free space than the work needs.
    #[error("`{}` has {free} bytes free, {needed} are needed", path.display())]
    NoSpace {
        /// The folder.
        path: PathBuf,
        /// Bytes free.
        free: u64,
        /// Bytes needed.
        needed: u64,
    },
    /// A defect of duphong: it panicked.
    #[error("the work panicked: {words}")]
    Bug {
        /// What the panic said.
        words: String,
    },
}

impl Fault for JobFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotASet { .. } | Self::UnreadableRecord { .. } | Self::SetsGone { .. } => {
                FaultKind::Integrity
            }
            Self::Scratch { .. }
            | Self::NoSpace { .. }
            | Self::NoSet { .. }
            | Self::SetFromFuture { .. }
            | Self::NoSetWithin { .. } => FaultKind::Environment,
            Self::NoRetention { .. } => FaultKind::Config,
            Self::Bug { .. } => FaultKind::Bug,
            _ => FaultKind::User,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::UnknownPortal { .. } => "job.unknown-portal",
            Self::HeldMeanwhile { .. } => "job.held-meanwhile",
            Self::NoBucket { .. } => "job.no-bucket",
            Self::NoDamagedPack { .. } => "job.no-damaged-pack",
            Self::UnknownRepository { .. } => "job.unknown-repository",
            Self::UnknownProbe { .. } => "job.unknown-probe",
            Self::UnknownDatabase { .. } => "job.unknown-database",
            Self::NoSet { .. } => "job.no-set",
            Self::NoSetWithin { .. } => "job.no-set-within",
            Self::NoConfigurationInSets { .. } => "job.no-configuration-in-sets",
            Self::NoRetention { .. } => "job.no-retention",
            Self::NotATag { .. } => "job.not-a-tag",
            Self::NotHeld { .. } => "job.not-held",
            Self::PortalNotHeld { .. } => "job.portal-not-held",
            Self::SameRepository { .. } => "job.same-repository",
            Self::SetsGone { .. } => "job.sets-gone",
            Self::NoLock { .. } => "job.no-lock",
            Self::NotConfirmed { .. } => "job.not-confirmed",
            Self::Wordless => "job.wordless",
            Self::NotASet { .. } => "job.not-a-set",
            Self::NotInitialised { .. } => "job.not-initialised",
            Self::NotEmpty { .. } => "job.not-empty",
            Self::Production { .. } => "job.production",
            Self::Uncompared { .. } => "job.uncompared",
            Self::WrongCopy { .. } => "job.wrong-copy",
            Self::NoDrill { .. } => "job.no-drill",
            Self::NoOpenWork { .. } => "job.no-open-work",
            Self::UnreadableRecord { .. } => "job.unreadable-record",
            Self::NothingToSabotage => "job.nothing-to-sabotage",
            Self::SetFromFuture { .. } => "job.set-from-future",
            Self::Sealed { .. } => "job.sealed",
            Self::SealedOver { .. } => "job.sealed-over",
            Self::Interrupted => "job.interrupted",
            Self::Scratch { .. } => "job.scratch",
            Self::NoSpace { .. } => "job.no-space",
            Self::Bug { .. } => "job.bug",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::UnknownPortal { portal, known } => {
                args.text("portal", portal).text("known", known)
            }
            Self::UnknownRepository { repository, known } => {
                args.text("repository", repository).text("known", known)
            }
            Self::UnknownProbe { probe, known } => args.text("probe", probe).text("known", known),
            Self::UnknownDatabase { portal, database } => {
                args.text("portal", portal).text("database", database)
            }
            Self::NoSet { portal, repository } => {
                args.text("portal", portal).text("repository", repository)
            }
            Self::NoSetWithin { portal, repository, within } => {
                let args = args.text("portal", portal).text("repository", repository);
                args.number("within", u64::try_from(within.as_millis()).unwrap_or(u64::MAX))
            }
            Self::NoRetention { portals } => args.text("portals", portals),
            Self::NotATag { tag } => args.text("tag", tag),
            Self::NotHeld { set } => args.text("set", set),
            Self::PortalNotHeld { portal } => args.text("portal", portal),
            Self::HeldMeanwhile { set, by } => args.text("set", set).text("by", by),
            Self::SetsGone { repository, count, sets } => {
                args.text("repository", repository).number("count", *count).text("sets", sets)
            }
            Self::NoConfigurationInSets { repository }
            | Self::NoBucket { repository }
            | Self::NoDamagedPack { repository }
            | Self::SameRepository { repository } => args.text("repository", repository),
            Self::NoLock { lock } => args.text("lock", lock),
            Self::NotConfirmed { lock, repository } => {
                args.text("lock", lock).text("repository", repository)
            }
            Self::NotASet { set, detail } => args.text("set", set).text("detail", detail),
            Self::NotInitialised { state } => args.text("state", state.display()),
            Self::NotEmpty { path } => args.text("path", path.display()),
            Self::Production { portal, target } => {
                args.text("portal", portal).text("target", target)
            }
            Self::Uncompared { portal, target, detail } => {
                args.text("portal", portal).text("target", target).text("detail", detail)
            }
            Self::WrongCopy { repository, copy } => {
                args.text("repository", repository).text("copy", copy.display())
            }
            Self::NoDrill { number } | Self::NoOpenWork { number } => {
                args.number("number", *number)
            }
            Self::UnreadableRecord { entry, what, detail } => {
                args.number("entry", *entry).text("what", what).text("detail", detail)
            }
            Self::NothingToSabotage | Self::Interrupted | Self::Wordless => args,
            Self::SetFromFuture { newest, now } => args.time("newest", *newest).time("now", *now),
            Self::Sealed { part } | Self::SealedOver { part } => args.text("part", part),
            Self::Scratch { path, reason } => {
                args.text("path", path.display()).text("reason", reason)
            }
            Self::NoSpace { path, free, needed } => {
                args.text("path", path.display()).number("free", *free).number("needed", *needed)
            }
            Self::Bug { words } => args.text("words", words),
        }
    }

    fn exit(&self) -> ExitCode {
        match self {
            Self::NotASet { .. } | Self::UnreadableRecord { .. } | Self::SetsGone { .. } => {
                ExitCode::Integrity
            }
            Self::Production { .. }
            | Self::Uncompared { .. }
            | Self::NotConfirmed { .. }
            | Self::HeldMeanwhile { .. } => ExitCode::HumanNeeded,
            Self::Interrupted => ExitCode::Interrupted,
            Self::Bug { .. } => ExitCode::Bug,
            Self::NoRetention { .. } => ExitCode::Configuration,
            Self::NotATag { .. }
            | Self::NotHeld { .. }
            | Self::PortalNotHeld { .. }
            | Self::NoDamagedPack { .. }
            | Self::NoLock { .. }
            | Self::SameRepository { .. }
            | Self::Wordless
            | Self::UnknownPortal { .. }
            | Self::UnknownRepository { .. }
            | Self::UnknownProbe { .. }
            | Self::UnknownDatabase { .. } => ExitCode::Usage,
            _ => ExitCode::Failed,
        }
    }
}
