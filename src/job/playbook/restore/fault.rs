//! What keeps a set from being put in production's place.

use std::path::PathBuf;

use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind};

/// Why a restore in place refused or stopped.
#[derive(Debug, thiserror::Error)]
pub enum InPlaceFault {
    /// A rename would replace the link, and leave what it leads to.
    #[error("`{}` is a symbolic link", path.display())]
    Link {
        /// The place.
        path: PathBuf,
    },
    /// A mount cannot be renamed, or would move along and leave its files behind.
    #[error("`{}` is or holds the mount point `{}`", path.display(), mount.display())]
    Mount {
        /// The place.
        path: PathBuf,
        /// What is mounted.
        mount: PathBuf,
    },
    /// Moving one source would move the other.
    #[error("`{}` lies in `{}`", inner.display(), outer.display())]
    Nested {
        /// What holds the other.
        outer: PathBuf,
        /// What is held.
        inner: PathBuf,
    },
    /// Databases of this engine are not exchanged in place.
    #[error("`{source_name}` is a database of {engine}, which is not restored in place")]
    Engine {
        /// The source, by its place in a set.
        source_name: String,
        /// The engine.
        engine: &'static str,
    },
    /// What nobody can read here cannot be compared with production, nor take its place.
    #[error("`{source_name}` is sealed in set `{set}`, and is not restored in place")]
    Sealed {
        /// The set.
        set: String,
        /// The source, by its place in a set.
        source_name: String,
    },
    /// The set does not hold everything that the portal has.
    #[error("set `{set}` lacks `{source_name}`")]
    Lacks {
        /// The set.
        set: String,
        /// The missing source, by its place in a set.
        source_name: String,
    },
    /// What only commands know cannot be put in production's place by a rename.
    #[error("database `{database}` is known to commands only and cannot be exchanged")]
    Command {
        /// The database.
        database: String,
    },
    /// What lies on another host cannot be put in production's place by a rename.
    #[error("tree `{tree}` lies on another host and cannot be exchanged")]
    Pulled {
        /// The tree, by its place in a set.
        tree: String,
    },
    /// No set holds everything that the portal has.
    #[error("no set of portal `{portal}` holds all of its sources")]
    NoWholeSet {
        /// The portal.
        portal: String,
    },
    /// The set belongs to another portal.
    #[error("set `{set}` is of portal `{found}`, not of `{wanted}`")]
    OtherPortal {
        /// The set.
        set: String,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
    /// Something that is not this run's has a name that this run needs.
    #[error("`{place}` exists and does not belong to this run")]
    Taken {
        /// The name.
        place: String,
    },
    /// A name that must be free to go on is taken again.
    #[error("`{place}` is in the way")]
    InTheWay {
        /// The name.
        place: String,
    },
    /// Nothing whole was brought back beside production.
    #[error("`{part}` is not staged")]
    NotStaged {
        /// The source, by its place in a set.
        part: String,
    },
    /// What was staged is not where it was, and not in production's place.
    #[error("what was staged of `{part}` is gone from `{place}`")]
    Lost {
        /// The source, by its place in a set.
        part: String,
        /// Where it should be.
        place: String,
    },
    /// Production is set aside and nothing stands in its place.
    #[error("`{part}` is half exchanged")]
    Half {
        /// The source, by its place in a set.
        part: String,
    },
}

impl Fault for InPlaceFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::OtherPortal { .. } => FaultKind::User,
            _ => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Link { .. } => "in-place.link",
            Self::Mount { .. } => "in-place.mount",
            Self::Nested { .. } => "in-place.nested",
            Self::Engine { .. } => "in-place.engine",
            Self::Lacks { .. } => "in-place.lacks",
            Self::Sealed { .. } => "in-place.sealed",
            Self::Command { .. } => "in-place.command",
            Self::Pulled { .. } => "in-place.pulled",
            Self::NoWholeSet { .. } => "in-place.no-whole-set",
            Self::OtherPortal { .. } => "in-place.other-portal",
            Self::Taken { .. } => "in-place.taken",
            Self::InTheWay { .. } => "in-place.in-the-way",
            Self::NotStaged { .. } => "in-place.not-staged",
            Self::Lost { .. } => "in-place.lost",
            Self::Half { .. } => "in-place.half",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::Link { path } => args.text("path", path.display()),
            Self::Mount { path, mount } => {
                args.text("path", path.display()).text("mount", mount.display())
            }
            Self::Nested { outer, inner } => {
                args.text("outer", outer.display()).text("inner", inner.display())
            }
            Self::Engine { source_name, engine } => {
                args.text("source", source_name).text("engine", engine)
            }
            Self::Pulled { tree } => args.text("tree", tree),
            Self::Command { database } => args.text("database", database),
            Self::Lacks { set, source_name } | Self::Sealed { set, source_name } => {
                args.text("set", set).text("source", source_name)
            }
            Self::NoWholeSet { portal } => args.text("portal", portal),
            Self::OtherPortal { set, found, wanted } => {
                args.text("set", set).text("found", found).text("wanted", wanted)
            }
            Self::Taken { place } | Self::InTheWay { place } => args.text("place", place),
            Self::NotStaged { part } | Self::Half { part } => args.text("part", part),
            Self::Lost { part, place } => args.text("part", part).text("place", place),
        }
    }

    fn exit(&self) -> ExitCode {
        match self {
            Self::OtherPortal { .. } => ExitCode::Usage,
            // Neither forwards nor back can go on before a person has looked.
            Self::InTheWay { .. } | Self::Lost { .. } | Self::Half { .. } => ExitCode::HumanNeeded,
            _ => ExitCode::Failed,
        }
    }
}
