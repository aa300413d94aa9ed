//! What can go wrong with a base: taking it, and bringing it back.

use jiff::Timestamp;

use crate::base::fault::{Args, Fault, FaultKind, Retry};

/// Why there is no base, or no server on one.
#[derive(Debug, thiserror::Error)]
pub enum PhysicalFault {
    /// A tablespace that cannot be kept apart.
    #[error("the tablespace {number} at `{place}` cannot be taken")]
    Tablespace {
        /// Its number.
        number: String,
        /// Where it stands.
        place: String,
    },
    /// What the server sent is not whole, or not what it says itself.
    #[error("the base is not whole: {detail}")]
    Torn {
        /// What is wrong.
        detail: String,
    },
    /// What was restored is not what the server once sent.
    #[error("the restored base differs: {detail}")]
    Differs {
        /// What is wrong.
        detail: String,
    },
    /// The log of the base makes or moves tablespaces, at their old places.
    #[error("the log of the base makes a tablespace at `{place}`")]
    MakesTablespace {
        /// Where.
        place: String,
    },
    /// No set that could be begun with.
    #[error("no set of `{portal}` with a base was finished before {to}")]
    NoBase {
        /// The portal.
        portal: String,
        /// The instant.
        to: Timestamp,
    },
    /// Nothing was kept of the log behind a base.
    #[error("the log behind the base of `{database}` is not kept: it begins with {first}")]
    NoLog {
        /// The database's name.
        database: String,
        /// The first file that is missing.
        first: String,
    },
    /// A base is no dump.
    #[error("`{name}` is a base, which no server loads")]
    NoDump {
        /// The database's name.
        name: String,
    },
}

impl Fault for PhysicalFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Tablespace { .. } => FaultKind::Config,
            Self::Differs { .. } => FaultKind::Integrity,
            Self::NoDump { .. } | Self::NoBase { .. } => FaultKind::User,
            Self::Torn { .. } | Self::MakesTablespace { .. } | Self::NoLog { .. } => {
                FaultKind::Environment
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Tablespace { .. } => "source.base-tablespace",
            Self::Torn { .. } => "source.base-torn",
            Self::Differs { .. } => "source.base-differs",
            Self::MakesTablespace { .. } => "source.base-makes-tablespace",
            Self::NoDump { .. } => "source.base-no-dump",
            Self::NoBase { .. } => "source.base-none",
            Self::NoLog { .. } => "source.base-no-log",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::Tablespace { number, place } => args.text("number", number).text("place", place),
            Self::Torn { detail } | Self::Differs { detail } => args.text("detail", detail),
            Self::MakesTablespace { place } => args.text("place", place),
            Self::NoDump { name } => args.text("name", name),
            Self::NoBase { portal, to } => args.text("portal", portal).time("to", *to),
            Self::NoLog { database, first } => args.text("database", database).text("first", first),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Torn { .. } => Retry::Later,
            _ => Retry::Never,
        }
    }
}
