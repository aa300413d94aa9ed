//! What is protected: databases as dumps with an inventory, and file trees.
//!
//! A dump is a folder of files that the engine's own stock tools read; the inventory belongs to
//! the dump's very instant, so that a restored database can be compared with it object by object
//! and row by row. Nothing here knows a repository: dumps land in a spool folder that the caller
//! archives, and are loaded back from one.

pub mod alarm;
pub mod command;
pub mod damage;
pub mod error;
pub mod fit;
pub mod mariadb;
pub mod name;
pub mod postgres;
pub mod question;
pub mod rows;
pub mod scratch;
pub mod sqlite;
pub mod tar;
pub mod tree;
pub mod watch;

use std::path::Path;

use crate::base::cancel::Cancel;
use crate::base::fault::Message;
use crate::base::manifest::{DatabaseFacts, Inventory};
use crate::base::progress::Progress;
use crate::source::error::SourceError;
use crate::source::question::{Each, Question};
use crate::source::rows::RowKey;
use crate::world::World;

/// Whether a live database is the one a set was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// It is production: nothing may be restored over it unasked.
    Production,
    /// It is certainly another one.
    Different,
    /// Too little could be learned; only a person may decide.
    Unknown,
}

/// Holds the rows of a loaded table, as the server counted them, against the set's own count.
fn check_arrived(table: &str, found: &str, facts: &DatabaseFacts) -> Result<(), SourceError> {
    let rows = facts.inventory.tables.get(table).map(|wanted| wanted.rows);
    let detail = match rows {
        Some(rows) if found == rows.to_string() => return Ok(()),
        Some(rows) => format!("`{table}` came back with {found} of {rows} rows"),
        None => format!("`{table}` came back with {found} rows, and nobody knows how many it had"),
    };
    Err(SourceError::DumpDamaged { detail })
}

/// A dump as it lies in a spool, or in the `db` folder of a restored set.
#[derive(Clone, Copy, Debug)]
pub struct Dump<'a> {
    /// The folder that holds the dump's files.
    pub folder: &'a Path,
    /// The source's name, with which the files' names begin.
    pub name: &'a str,
    /// What was noted when it was taken.
    pub facts: &'a DatabaseFacts,
}

/// A database of any engine: a source to protect, or the target of a load.
#[derive(Clone, Debug)]
pub enum Database {
    /// A SQLite file.
    Sqlite(sqlite::Settings),
    /// A PostgreSQL database.
    Postgres(postgres::Settings),
    /// A MariaDB or MySQL database.
    Mariadb(mariadb::Settings),
    /// A database that configured commands know.
    Command(Box<command::Settings>),
}

impl Database {
    /// The engine's name as it stands in [`DatabaseFacts::engine`].
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite::ENGINE,
            Self::Postgres(_) => postgres::ENGINE,
            Self::Mariadb(_) => mariadb::ENGINE,
            Self::Command(_) => command::ENGINE,
        }
    }

    /// Its bytes as the engine keeps them, where it can be asked; changes nothing. A dump may be
    /// larger or smaller.
    pub fn size(&self, world: &World) -> Result<Option<u64>, SourceError> {
        match self {
            Self::Sqlite(settings) => sqlite::size(settings).map(Some),
            Self::Postgres(settings) => postgres::size(settings, world).map(Some),
            Self::Mariadb(settings) => mariadb::size(settings, world).map(Some),
            Self::Command(_) => Ok(None),
        }
    }

    /// Dumps the database into `spool` under `name` and counts what was dumped.
    ///
    /// When this returns, the spool holds the whole dump and the facts describe exactly it. When
    /// it fails, the spool may hold a part: the caller removes the folder either way.
    pub fn dump(
        &self,
        name: &str,
        spool: &Path,
        world: &World,
        cancel: &Cancel,
        progress: &dyn Progress,
    ) -> Result<DatabaseFacts, SourceError> {
        self.dump_asking(name, spool, &mut [], world, cancel, progress)
    }

    /// The same, and puts these questions to the state that is dumped, or to that of a moment before
    /// where the engine cannot show it twice; see [`question::Asked`]. A question that fails stops
    /// nothing: the dump is worth more than its answer.
    pub fn dump_asking(
        &self,
        name: &str,
        spool: &Path,
        questions: &mut [Question<'_>],
        world: &World,
        cancel: &Cancel,
        progress: &dyn Progress,
    ) -> Result<DatabaseFacts, SourceError> {
        match self {
            Self::Sqlite(settings) => {
                let facts = sqlite::dump(settings, name, spool, world, cancel, progress)?;
                let copy = spool.join(sqlite::dump_file(name));
                for question in questions {
                    question.answered(facts.instant, true, |query, each| {
                        sqlite::ask(&copy, query, each, cancel)
                    });
                }
                Ok(facts)
            }
            Self::Postgres(settings) => {
                postgres::dump_asking(settings, name, spool, questions, world, cancel, progress)
            }
            Self::Mariadb(settings) => {
                // Its connections cannot share a snapshot, and the dump's own is the program's.
                for question in questions {
                    question.answered(world.clock.now(), false, |query, each| {
                        mariadb::ask(settings, query, each, world, cancel)
                    });
                }
                mariadb::dump(settings, name, spool, world, cancel, progress)
            }
            Self::Command(settings) => {
                // What is named before the dump began had its file before the trees are walked.
                for question in questions {
                    question.answered(world.clock.now(), false, |query, each| {
                        command::ask(settings, query, each, world, cancel)
                    });
                }
                command::dump(settings, name, spool, world, cancel, progress)
            }
        }
    }

    /// Loads a dump into this database: a file that does not exist yet, or an existing, empty
    /// database on a server. Returns notes on what was deliberately not restored.
    /// `what` and `work`, a private folder, matter to servers only.
    ///
    /// A load that failed leaves a part behind; it is never continued.
    pub fn load(
        &self,
        dump: Dump<'_>,
        what: postgres::Load,
        work: &Path,
        world: &World,
        cancel: &Cancel,
        progress: &dyn Progress,
    ) -> Result<Vec<Message>, SourceError> {
        match self {
            Self::Sqlite(settings) => {
                progress.phase("phase-load");
                let file = dump.folder.join(sqlite::dump_file(dump.name));
                sqlite::load(&file, &settings.path, cancel).map(|()| Vec::new())
            }
            Self::Postgres(settings) => {
                postgres::load(dump, settings, what, work, world, cancel, progress)
            }
            Self::Mariadb(settings) => mariadb::load(dump, settings, what, world, cancel, progress),
            Self::Command(settings) => {
                command::load(dump, settings, world, cancel, progress).map(|()| Vec::new())
            }
        }
    }

    /// Loads single tables of a dump, definition and rows, into this database, which may hold
    /// others but none of these. Returns notes on what was left out.
    pub fn load_tables(
        &self,
        dump: Dump<'_>,
        tables: &[String],
        work: &Path,
        world: &World,
        cancel: &Cancel,
        progress: &dyn Progress,
    ) -> Result<Vec<Message>, SourceError> {
        match self {
            Self::Sqlite(settings) => {
                let file = dump.folder.join(sqlite::dump_file(dump.name));
                sqlite::load_tables(&file, &settings.path, tables, dump.facts)
            }
            Self::Postgres(settings) => {
                postgres::load_tables(dump, settings, tables, work, world, cancel, progress)
            }
            Self::Mariadb(settings) => {
                mariadb::load_tables(dump, settings, tables, world, cancel, progress)
            }
            Self::Command(_) => Err(SourceError::CommandLacks { command: "load" }),
        }
    }

    /// Puts a question to the database as it is now; changes nothing.
    pub fn ask(
        &self,
        query: &str,
        each: &mut Each<'_>,
        world: &World,
        cancel: &Cancel,
    ) -> Result<(), SourceError> {
        match self {
            Self::Sqlite(settings) => sqlite::ask(&settings.path, query, each, cancel),
            Self::Postgres(settings) => postgres::ask(settings, query, each, world, cancel),
            Self::Mariadb(settings) => mariadb::ask(settings, query, each, world, cancel),
            Self::Command(settings) => command::ask(settings, query, each, world, cancel),
        }
    }

    /// Counts the database as it is now, with the key of the inventory to compare with.
    pub fn inventory(
        &self,
        key: &RowKey,
        world: &World,
        cancel: &Cancel,
    ) -> Result<Inventory, SourceError> {
        match self {
            Self::Sqlite(settings) => sqlite::inventory(&settings.path, key, cancel),
            Self::Postgres(settings) => postgres::inventory(settings, key, world, cancel),
            Self::Mariadb(settings) => mariadb::inventory(settings, key, world, cancel),
            Self::Command(settings) => command::inventory(settings, key, world, cancel),
        }
    }

    /// Whether this live database is the one `facts` was taken from.
    pub fn identity(&self, facts: &DatabaseFacts, world: &World) -> Result<Identity, SourceError> {
        match self {
            Self::Sqlite(settings) => sqlite::identity(&settings.path, facts),
            Self::Postgres(settings) => postgres::identity(settings, facts, world),
            Self::Mariadb(settings) => mariadb::identity(settings, facts, world),
            // Only a person knows where a load command leads.
            Self::Command(_) => Ok(Identity::Unknown),
        }
    }
}
