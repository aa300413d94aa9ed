//! What keeps a server's log from being received as it is written.

use crate::base::fault::{Args, Fault, FaultKind, Retry};

/// Why a log is not received.
#[derive(Debug, thiserror::Error)]
pub enum StreamFault {
    /// A setting of the server forbids it.
    #[error("PostgreSQL at `{server}` cannot stream its log: {setting} is {value}")]
    Lacks {
        /// Host and port or socket.
        server: String,
        /// The setting.
        setting: &'static str,
        /// What it is.
        value: String,
    },
    /// The server keeps nothing for us.
    #[error("PostgreSQL at `{server}` has no replication slot `{slot}`")]
    NoSlot {
        /// Host and port or socket.
        server: String,
        /// The slot.
        slot: String,
    },
    /// The server has removed what it kept for us.
    #[error("PostgreSQL at `{server}` has given up the replication slot `{slot}`")]
    SlotLost {
        /// Host and port or socket.
        server: String,
        /// The slot.
        slot: String,
    },
    /// A slot of that name serves another purpose.
    #[error("the replication slot `{slot}` at `{server}` is {detail}")]
    OtherSlot {
        /// Host and port or socket.
        server: String,
        /// The slot.
        slot: String,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// Somebody else receives by that slot.
    #[error("the replication slot `{slot}` at `{server}` is in use")]
    SlotInUse {
        /// Host and port or socket.
        server: String,
        /// The slot.
        slot: String,
    },
    /// There is a slot of that name already.
    #[error("the replication slot `{slot}` is there already at `{server}`")]
    SlotThere {
        /// Host and port or socket.
        server: String,
        /// The slot.
        slot: String,
    },
    /// What is wanted next is gone from the server.
    #[error("PostgreSQL at `{server}` has removed its log from {position} on, timeline {timeline}")]
    Removed {
        /// Host and port or socket.
        server: String,
        /// The first place that is missing.
        position: String,
        /// The timeline.
        timeline: u32,
    },
    /// The server stands before what is kept of its log.
    #[error("PostgreSQL at `{server}` stands at {position}, before {kept}, up to where it is kept")]
    SetBack {
        /// Host and port or socket.
        server: String,
        /// Where it stands.
        position: String,
        /// How far its log is kept.
        kept: String,
    },
    /// Another server answers than the moment before.
    #[error("`{server}` is system {found}, and was {asked} a moment ago")]
    OtherServer {
        /// Host and port or socket.
        server: String,
        /// Who answers.
        found: String,
        /// Who answered before.
        asked: u64,
    },
}

impl Fault for StreamFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::SlotThere { .. } => FaultKind::User,
            Self::Lacks { .. } | Self::OtherSlot { .. } | Self::NoSlot { .. } => FaultKind::Config,
            // What is kept, and what the server goes on with, are two histories.
            Self::SetBack { .. } => FaultKind::Integrity,
            Self::SlotLost { .. }
            | Self::SlotInUse { .. }
            | Self::Removed { .. }
            | Self::OtherServer { .. } => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Lacks { .. } => "source.stream-lacks",
            Self::NoSlot { .. } => "source.stream-no-slot",
            Self::SlotLost { .. } => "source.stream-slot-lost",
            Self::OtherSlot { .. } => "source.stream-other-slot",
            Self::SlotInUse { .. } => "source.stream-slot-in-use",
            Self::SlotThere { .. } => "source.stream-slot-there",
            Self::Removed { .. } => "source.stream-removed",
            Self::SetBack { .. } => "source.stream-set-back",
            Self::OtherServer { .. } => "source.stream-other-server",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::Lacks { server, setting, value } => {
                args.text("server", server).text("setting", setting).text("value", value)
            }
            Self::NoSlot { server, slot }
            | Self::SlotLost { server, slot }
            | Self::SlotInUse { server, slot }
            | Self::SlotThere { server, slot } => args.text("server", server).text("slot", slot),
            Self::OtherSlot { server, slot, detail } => {
                args.text("server", server).text("slot", slot).text("detail", detail)
            }
            Self::Removed { server, position, timeline } => {
                args.text("server", server).text("position", position).text("timeline", timeline)
            }
            Self::SetBack { server, position, kept } => {
                args.text("server", server).text("position", position).text("kept", kept)
            }
            Self::OtherServer { server, found, asked } => {
                args.text("server", server).text("found", found).text("asked", asked)
            }
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::SlotInUse { .. } | Self::OtherServer { .. } => Retry::Later,
            _ => Retry::Never,
        }
    }
}
