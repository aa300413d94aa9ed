//! What can be wrong with rule files, and what an incident refuses.

use std::fmt;

use jiff::Timestamp;

use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind};

/// A place in a rule file, as far as the parser knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, or the id of a shipped set.
    pub file: String,
    /// Line and column, from one.
    pub at: Option<(usize, usize)>,
}

impl Place {
    pub(super) fn new(file: &str, at: Option<(usize, usize)>) -> Self {
        Self { file: file.to_owned(), at }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some((line, column)) => write!(f, "{}:{line}:{column}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// Why a rule file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// It is no YAML, or not of the shape of rule files.
    #[error("{place}: {detail}")]
    Syntax {
        /// Where.
        place: Place,
        /// The parser's own words.
        detail: String,
    },
    /// It uses what rule files may not use.
    #[error("{place}: {what} in a rule file")]
    NotPlain {
        /// Where.
        place: Place,
        /// What.
        what: &'static str,
    },
    /// It is larger than an entry of the log can hold.
    #[error("`{file}` has {size} bytes, at most {limit} are read")]
    TooLarge {
        /// The file.
        file: String,
        /// Its size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// It is of a version that this program does not read.
    #[error("`{file}` is of version {version}, this program reads {known}")]
    Version {
        /// The file.
        file: String,
        /// Its version.
        version: u32,
        /// Ours.
        known: u32,
    },
    /// It is no text.
    #[error("`{file}` is not UTF-8")]
    NotUtf8 {
        /// The file.
        file: String,
    },
    /// It contradicts itself.
    #[error("`{file}`: {detail}")]
    Unsound {
        /// The file.
        file: String,
        /// What is wrong.
        detail: String,
    },
    /// The configuration names a shipped set that there is none of.
    #[error("no rule set `{id}`; there are {known}")]
    Unknown {
        /// What was asked for.
        id: String,
        /// What there is.
        known: String,
    },
    /// Two sets say something under the same id.
    #[error("`{id}` stands in rule set `{one}` and in `{other}`")]
    Twice {
        /// The id of a duty or of a set.
        id: String,
        /// The first set.
        one: String,
        /// The second.
        other: String,
    },
}

impl Fault for RuleFault {
    fn kind(&self) -> FaultKind {
        FaultKind::Config
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "incident.rules-syntax",
            Self::NotPlain { .. } => "incident.rules-not-plain",
            Self::TooLarge { .. } => "incident.rules-too-large",
            Self::Version { .. } => "incident.rules-version",
            Self::NotUtf8 { .. } => "incident.rules-not-utf8",
            Self::Unsound { .. } => "incident.rules-unsound",
            Self::Unknown { .. } => "incident.rules-unknown",
            Self::Twice { .. } => "incident.rules-twice",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::Syntax { place, detail } => args.text("place", place).text("detail", detail),
            Self::NotPlain { place, what } => args.text("place", place).text("what", what),
            Self::TooLarge { file, size, limit } => {
                args.text("file", file).number("size", *size as u64).number("limit", *limit as u64)
            }
            Self::Version { file, version, known } => args
                .text("file", file)
                .number("version", u64::from(*version))
                .number("known", u64::from(*known)),
            Self::NotUtf8 { file } => args.text("file", file),
            Self::Unsound { file, detail } => args.text("file", file).text("detail", detail),
            Self::Unknown { id, known } => args.text("id", id).text("known", known),
            Self::Twice { id, one, other } => {
                args.text("id", id).text("one", one).text("other", other)
            }
        }
    }
}

/// Why an incident refuses a fact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseFault {
    /// This cannot happen to an incident in this state.
    #[error("`{fact}` is not possible: the incident is {state}")]
    Illegal {
        /// The fact, by the name of its verb.
        fact: &'static str,
        /// The state it is in.
        state: &'static str,
    },
    /// A name, a reason or another text is missing.
    #[error("`{what}` must not be empty")]
    Empty {
        /// Which.
        what: &'static str,
    },
    /// A text is longer than an entry of the log can hold.
    #[error("`{what}` is longer than {limit} bytes")]
    TooLong {
        /// Which.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Something takes a duty away or sets a clock back, and nobody says why.
    #[error("`{what}` needs a reason")]
    NoReason {
        /// What.
        what: &'static str,
    },
    /// A kind of attack for what is no attack.
    #[error("a kind of attack belongs to group I only")]
    KindOutsideAttack,
    /// No rule set of the incident has this duty.
    #[error("no duty `{duty}` in the rules of this incident")]
    UnknownDuty {
        /// What was named.
        duty: String,
    },
    /// The duty does not bind the portal, so nobody can decide that it applies.
    #[error("duty `{duty}` does not bind this portal")]
    NotBound {
        /// The duty.
        duty: String,
    },
    /// A duty of messages cannot be met by saying so.
    #[error("duty `{duty}` is met by sending to its recipients")]
    NotADeed {
        /// The duty.
        duty: String,
    },
    /// The duty does not go to this recipient.
    #[error("duty `{duty}` has no recipient `{recipient}`")]
    NotARecipient {
        /// The duty.
        duty: String,
        /// What was named.
        recipient: String,
    },
    /// A confirmation of what was never sent.
    #[error("no document of this digest was sent to `{recipient}`")]
    NeverSent {
        /// The recipient.
        recipient: String,
    },
    /// A confirmation from before the document was sent.
    #[error("the receipt of `{recipient}` is earlier than the dispatch")]
    ReceiptTooEarly {
        /// The recipient.
        recipient: String,
    },
    /// The log has no incident of this number.
    #[error("no incident number {number} in the audit log")]
    NoIncident {
        /// What was asked for.
        number: u64,
    },
    /// What has happened cannot lie ahead.
    #[error("`{what}` lies in the future")]
    InFuture {
        /// Which time.
        what: &'static str,
    },
    /// Nothing about an incident can be done before it is detected.
    #[error("`{what}` is earlier than the detection at {detected_at}")]
    BeforeDetection {
        /// Which time.
        what: &'static str,
        /// The detection on record.
        detected_at: Timestamp,
    },
    /// Nothing may be closed while these are open.
    #[error("open duties block closing: {duties}")]
    Blocked {
        /// Their ids.
        duties: String,
    },
}

impl Fault for CaseFault {
    fn kind(&self) -> FaultKind {
        FaultKind::User
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Illegal { .. } => "incident.illegal",
            Self::Empty { .. } => "incident.empty",
            Self::TooLong { .. } => "incident.too-long",
            Self::NoReason { .. } => "incident.no-reason",
            Self::KindOutsideAttack => "incident.kind-outside-attack",
            Self::UnknownDuty { .. } => "incident.unknown-duty",
            Self::NotBound { .. } => "incident.not-bound",
            Self::NotADeed { .. } => "incident.not-a-deed",
            Self::NotARecipient { .. } => "incident.not-a-recipient",
            Self::NeverSent { .. } => "incident.never-sent",
            Self::ReceiptTooEarly { .. } => "incident.receipt-too-early",
            Self::NoIncident { .. } => "incident.none",
            Self::InFuture { .. } => "incident.in-future",
            Self::BeforeDetection { .. } => "incident.before-detection",
            Self::Blocked { .. } => "incident.blocked",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::Illegal { fact, state } => args.text("fact", fact).text("state", state),
            Self::Empty { what } | Self::NoReason { what } | Self::InFuture { what } => {
                args.text("what", what)
            }
            Self::BeforeDetection { what, detected_at } => {
                args.text("what", what).text("detected", detected_at)
            }
            Self::NoIncident { number } => args.number("number", *number),
            Self::TooLong { what, limit } => args.text("what", what).number("limit", *limit as u64),
            Self::KindOutsideAttack => args,
            Self::UnknownDuty { duty } | Self::NotBound { duty } | Self::NotADeed { duty } => {
                args.text("duty", duty)
            }
            Self::NotARecipient { duty, recipient } => {
                args.text("duty", duty).text("recipient", recipient)
            }
            Self::NeverSent { recipient } | Self::ReceiptTooEarly { recipient } => {
                args.text("recipient", recipient)
            }
            Self::Blocked { duties } => args.text("duties", duties),
        }
    }

    fn exit(&self) -> ExitCode {
        match self {
            Self::Blocked { .. } => ExitCode::HumanNeeded,
            _ => ExitCode::Usage,
        }
    }
}
