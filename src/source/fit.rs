//! Whether a dump fits the server that it is to be loaded into, asked before anything is fetched.
//!
//! A load that fails at its end has cost the night. What can be known before is asked before: what
//! stands in the target, its version, and what the dump needs and the server lacks. Changes
//! nothing there. That nothing is found proves nothing: the load itself has the last word.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind};
use crate::base::manifest::DatabaseFacts;
use crate::source::error::SourceError;
use crate::source::{Database, mariadb, postgres};
use crate::world::World;
use crate::world::files::FileError;

/// Names that a message shows; more would hide what they have in common.
const NAMES_MAX: usize = 10;

/// What a server said about a dump that is to be loaded into it.
#[derive(Debug, Default)]
pub struct Fit {
    /// The server's version as it says it; empty where there is no server to ask.
    pub server: String,
    /// What does not fit.
    pub misfits: Vec<Misfit>,
}

/// Something of a dump that does not fit its target.
#[derive(Debug, thiserror::Error)]
pub enum Misfit {
    /// The target holds something.
    #[error("the target is not empty: `{target}`")]
    NotEmpty {
        /// The target.
        target: String,
    },
    /// The server is older than the one that was dumped.
    #[error("the server is {server}, the dump is of {dump}")]
    Older {
        /// The target's version.
        server: String,
        /// The version of the server that was dumped.
        dump: String,
    },
    /// Nobody can say whether the server is older: what the dump says of its own cannot be read.
    #[error("the server is {server}, the dump's version `{dump}` cannot be read")]
    VersionUnread {
        /// The target's version.
        server: String,
        /// What the dump says.
        dump: String,
    },
    /// Text is kept in another encoding.
    #[error("the target keeps text as {target}, the dump as {dump}")]
    Encoding {
        /// The target's.
        target: String,
        /// The dump's.
        dump: String,
    },
    /// Extensions are not installed on the server's host.
    #[error("the server has no extension {names}")]
    Extensions {
        /// Their names.
        names: String,
    },
    /// The server's system does not know collations that columns use.
    #[error("the server has no collation {names}")]
    Collations {
        /// Their names.
        names: String,
    },
    /// Roles are missing, and the target's role may not make them.
    #[error("the server has no role {names}, and `{user}` may not create roles")]
    Roles {
        /// Their names.
        names: String,
        /// Who would have to make them.
        user: String,
    },
    /// Tables use storage engines that the server has not.
    #[error("the server has no storage engine {names}")]
    Engines {
        /// Their names.
        names: String,
    },
}

impl Misfit {
    /// Whether the load is certain to fail.
    pub fn blocks(&self) -> bool {
        !matches!(self, Self::Older { .. } | Self::VersionUnread { .. } | Self::Encoding { .. })
    }
}

impl Fault for Misfit {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotEmpty { .. } => FaultKind::User,
            _ => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotEmpty { .. } => "fit.not-empty",
            Self::Older { .. } => "fit.older",
            Self::VersionUnread { .. } => "fit.version-unread",
            Self::Encoding { .. } => "fit.encoding",
            Self::Extensions { .. } => "fit.extensions",
            Self::Collations { .. } => "fit.collations",
            Self::Roles { .. } => "fit.roles",
            Self::Engines { .. } => "fit.engines",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::NotEmpty { target } => args.text("target", target),
            Self::Older { server, dump } | Self::VersionUnread { server, dump } => {
                args.text("server", server).text("dump", dump)
            }
            Self::Encoding { target, dump } => args.text("target", target).text("dump", dump),
            Self::Extensions { names } | Self::Collations { names } | Self::Engines { names } => {
                args.text("names", names)
            }
            Self::Roles { names, user } => args.text("names", names).text("user", user),
        }
    }

    fn exit(&self) -> ExitCode {
        ExitCode::Failed
    }
}

impl Database {
    /// Asks this target whether a dump with these facts fits; `globals` is the dump's script of
    /// roles, where it has one.
    pub fn fit(
        &self,
        facts: &DatabaseFacts,
        globals: Option<&str>,
        world: &World,
    ) -> Result<Fit, SourceError> {
        match self {
            Self::Sqlite(settings) => {
                let misfits = taken(&settings.path)?.into_iter().collect();
                Ok(Fit { server: String::new(), misfits })
            }
            Self::Postgres(settings) => postgres::fit(settings, facts, globals, world),
            Self::Mariadb(settings) => mariadb::fit(settings, facts, world),
            // Only its commands know.
            Self::Command(_) => Ok(Fit::default()),
        }
    }
}

/// What is to be said of a server's version, as text and to compare, beside the dump's, which is
/// `None` to compare where it cannot be read.
pub(super) fn version<V: Ord>(
    (server, its): (&str, V),
    (dump, dumped): (&str, Option<V>),
) -> Option<Misfit> {
    let (server, dump) = (server.to_owned(), dump.to_owned());
    match dumped {
        None => Some(Misfit::VersionUnread { server, dump }),
        Some(dumped) if its < dumped => Some(Misfit::Older { server, dump }),
        Some(_) => None,
    }
}

/// A file is free where nothing is; that nobody could look does not make it free.
fn taken(file: &Path) -> Result<Option<Misfit>, SourceError> {
    match file.symlink_metadata() {
        Ok(_) => Ok(Some(Misfit::NotEmpty { target: file.display().to_string() })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::io("examine", file)(error).into()),
    }
}

/// What is wanted and not there, as a message shows it; `None` where nothing is missing.
pub(super) fn missing<'a>(
    wanted: impl IntoIterator<Item = &'a String>,
    there: &BTreeSet<String>,
) -> Option<String> {
    let missing: BTreeSet<_> =
        wanted.into_iter().filter(|name| !there.contains(*name)).map(String::as_str).collect();
    let shown = missing.iter().take(NAMES_MAX).copied().collect::<Vec<_>>().join(", ");
    match missing.len().saturating_sub(NAMES_MAX) {
        _ if missing.is_empty() => None,
        0 => Some(shown),
        more => Some(format!("{shown}, … (+{more})")),
    }
}

/// A check that refuses what is not empty, as a finding.
pub(super) fn not_empty(checked: Result<(), SourceError>) -> Result<Option<Misfit>, SourceError> {
    match checked {
        Err(SourceError::TargetNotEmpty { target }) => Ok(Some(Misfit::NotEmpty { target })),
        other => other.map(|()| None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_cannot_be_read_is_said_and_not_taken_for_an_old_one() {
        let told = |dumped| version(("9", 9), ("dump", dumped)).map(|misfit| misfit.code());
        assert_eq!((told(Some(8)), told(Some(9))), (None, None));
        assert_eq!(told(Some(10)), Some("fit.older"));
        assert_eq!(told(None), Some("fit.version-unread"));
    }

    #[test]
    fn a_file_is_free_only_where_nothing_is() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("a");
        assert!(taken(&file).unwrap().is_none());
        crate::world::files::write_synced(&file, b"", 0o600).unwrap();
        assert_eq!(taken(&file).unwrap().map(|misfit| misfit.code()), Some("fit.not-empty"));
        // Below a file nobody can look.
        assert!(taken(&file.join("b")).is_err());
    }

    #[test]
    fn what_is_missing_is_named_and_much_of_it_counted() {
        let names = |list: &[&str]| list.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(missing(&names(&["a", "b"]), &names(&["b", "a"])), None);
        assert_eq!(missing(&names(&["a", "b"]), &names(&["b"])).as_deref(), Some("a"));
        let many: BTreeSet<String> = (10..25).map(|n| n.to_string()).collect();
        let shown = missing(&many, &names(&[])).unwrap();
        assert!(shown.starts_with("10, 11") && shown.ends_with("… (+5)"), "{shown}");
    }
}
