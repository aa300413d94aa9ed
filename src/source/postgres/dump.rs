//! Taking a dump: `pg_dump` and our inventory under one exported snapshot.
//!
//! The order matters. The snapshot is exported first and held to the end; the catalogs are read
//! before `pg_dump` starts, so that a role without rights fails in a second; the tables are held, so
//! that none is emptied under the snapshot; rows are counted from
//! the finished files. A failure of any kind is looked at twice: if the server no longer answers,
//! that is the fault, whatever `pg_dump` said last.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::cancel::Cancel;
use crate::base::manifest::{DatabaseFacts, Inventory, StandbyFacts};
use crate::base::progress::Progress;
use crate::source::error::SourceError;
use crate::source::name;
use crate::source::postgres::session::{Session, Snapshot};
use crate::source::postgres::standby::{Primary, Replayed};
use crate::source::postgres::tools::{PassFile, Tools};
use crate::source::postgres::{ENGINE, Fingerprint, Settings, ask, catalog, digests, standby};
use crate::source::question::Question;
use crate::source::rows::RowKey;
use crate::world::World;
use crate::world::files::{self, FileError};
use crate::world::process::{Process, ProcessError, Running};

/// A dump that has written nothing for this long is stuck, not slow: the longest silence of a
/// healthy one is the reading of the catalogs, minutes for a hundred thousand tables.
const SILENCE_MAX: Duration = Duration::from_mins(30);

/// How long `pg_dump` may wait for a table that a schema change holds; a migration of minutes is
/// sat out, a forgotten transaction is not.
const LOCK_WAIT: &str = "10min";

/// How often the growing dump is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Reading a table of contents or writing roles: small work, on a loaded machine.
pub(super) const SMALL_LIMIT: Duration = Duration::from_mins(10);

/// The folder of a dump within the spool or within the set's `db` folder.
pub(super) fn dump_folder(name: &str) -> String {
    name.to_owned()
}

/// The file of roles beside it.
pub(super) fn globals_file(name: &str) -> String {
    format!("{name}.globals.sql")
}

/// Dumps the database into `<spool>/<name>/` and its roles into `<spool>/<name>.globals.sql`.
pub fn dump(
    settings: &Settings,
    name: &str,
    spool: &Path,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<DatabaseFacts, SourceError> {
    dump_asking(settings, name, spool, &mut [], world, cancel, progress)
}

/// The same, and puts these questions to what is dumped.
pub fn dump_asking(
    settings: &Settings,
    name: &str,
    spool: &Path,
    questions: &mut [Question<'_>],
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<DatabaseFacts, SourceError> {
    let session = Session::open(settings, world)?.under(cancel);
    standby::refuse(&session, settings)?;
    let fingerprint = Fingerprint::of(&session, settings)?.to_line();
    let from = Origin { settings, session, fingerprint, behind: None };
    of(from, name, spool, questions, world, cancel, progress)
}

/// What is dumped.
pub(super) struct Origin<'a> {
    settings: &'a Settings,
    session: Session,
    /// Of the primary.
    fingerprint: String,
    /// Of a standby: what is known of its state.
    behind: Option<Behind>,
}

/// What is known of the state of a standby.
struct Behind {
    facts: StandbyFacts,
    position: String,
}

impl<'a> Origin<'a> {
    /// A standby that has come to where its primary was.
    pub(super) fn standby(settings: &'a Settings, primary: &Primary, standby: Replayed) -> Self {
        let Replayed { session, facts, position, .. } = standby;
        let behind = Some(Behind { facts, position });
        Self { settings, session, fingerprint: primary.fingerprint.clone(), behind }
    }
}

/// Dumps one or the other.
pub(super) fn of(
    from: Origin<'_>,
    name: &str,
    spool: &Path,
    questions: &mut [Question<'_>],
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<DatabaseFacts, SourceError> {
    name::check(name)?;
    files::create_private_dir(spool)?;
    let Origin { settings, session, fingerprint, behind } = from;
    let snapshot = Snapshot::of(session)?;
    let session = &snapshot.session;
    let (instant, position) = match &behind {
        // Taken after the export: no commit later than this can be in the dump.
        None => (world.clock.now(), log_position(session)?),
        // Taken long before: every commit until then is in the dump.
        Some(behind) => (behind.facts.asked, Some(behind.position.clone())),
    };
    snapshot.check_readable()?;
    snapshot.hold(&catalog::tables(session)?, LOCK_WAIT)?;
    let estimate = check_space(session, spool)?;
    let tools = Tools::find(settings.bin_dir.as_deref(), "pg_dump", session.major(), world)?;
    let key = RowKey::draw(world);
    let inventory = catalog::objects(session, &key)?;

    let standby = behind.map(|behind| behind.facts);
    let is_standby = standby.is_some();
    let work = Work {
        settings,
        name,
        spool,
        world,
        cancel,
        progress,
        tools,
        snapshot,
        estimate,
        is_standby,
    };
    let inventory = work.finish(inventory, &key)?;
    let session = &work.snapshot.session;
    let engine_version = session.value("ask for the version", "SHOW server_version")?;
    if is_standby {
        standby::require(session, settings)?;
    }
    // Last: nothing that fails after it may have them put twice.
    ask::all(questions, settings, &work.snapshot, instant);
    Ok(DatabaseFacts {
        engine: ENGINE.to_owned(),
        engine_version,
        dump_tool: Some(work.tools.version.clone()),
        path: format!("db/{}", dump_folder(name)),
        instant,
        log_position: position,
        fingerprint,
        dump_bytes: size_of(&work.folder())? + size_of(&work.globals())?,
        dump_digest: None,
        base: None,
        standby,
        inventory,
    })
}

/// Everything the later steps need.
struct Work<'a> {
    settings: &'a Settings,
    name: &'a str,
    spool: &'a Path,
    world: &'a World,
    cancel: &'a Cancel,
    progress: &'a dyn Progress,
    tools: Tools,
    snapshot: Snapshot,
    estimate: u64,
    is_standby: bool,
}

/// Where in the spool a dump goes.
pub(super) fn place(spool: &Path, name: &str) -> PathBuf {
    spool.join(dump_folder(name))
}

/// Where its roles go.
pub(super) fn globals(spool: &Path, name: &str) -> PathBuf {
    spool.join(globals_file(name))
}

impl Work<'_> {
    fn folder(&self) -> PathBuf {
        place(self.spool, self.name)
    }

    fn globals(&self) -> PathBuf {
        globals(self.spool, self.name)
    }

    /// The dump itself, and what can only be counted from it.
    fn finish(&self, mut inventory: Inventory, key: &RowKey) -> Result<Inventory, SourceError> {
        let session = &self.snapshot.session;
        let pass = PassFile::write(self.settings, self.spool)?;
        self.progress.phase("phase-dump");
        self.run_pg_dump(&pass)?;
        self.run_pg_dumpall(&pass, &mut inventory)?;

        self.progress.phase("phase-inventory");
        let contents = Contents::read(&self.folder(), &self.tools, self.world)?;
        let mut tables = catalog::tables(session)?;
        if self.is_standby {
            catalog::leave_out_unlogged(session, &mut tables, &mut inventory)?;
        }
        inventory.tables = digests::of_dump(
            &contents.data_files,
            &tables,
            key,
            self.settings.jobs(),
            self.cancel,
            self.progress,
        )?;
        self.sequence_values(&contents, &mut inventory)?;
        digests::large_objects_of_dump(&self.folder(), session, key, &mut inventory)?;
        Ok(inventory)
    }

    fn run_pg_dump(&self, pass: &PassFile) -> Result<(), SourceError> {
        let session = &self.snapshot.session;
        let running = self
            .tools
            .client("pg_dump", self.settings, pass)
            .args(["--format=directory", "--compress=0", "--no-sync"])
            .arg(format!("--jobs={}", self.settings.jobs()))
            .arg(format!("--snapshot={}", self.snapshot.id))
            .arg(format!("--encoding={}", digests::copy_encoding(session)?))
            .arg(format!("--lock-wait-timeout={LOCK_WAIT}"))
            .arg(format!("--file={}", self.folder().display()))
            .start()
            .map_err(SourceError::Dump)?;
        self.progress.total(0, self.estimate);
        let failure = match self.watch(running) {
            // A dump that ends well under a snapshot that died meanwhile proves nothing.
            Ok(()) if session.is_alive() => return Ok(()),
            Ok(()) => return Err(SourceError::Gone { act: "dump" }),
            Err(SourceError::Dump(failure)) => failure,
            Err(other) => return Err(other),
        };
        if !session.is_alive() {
            return Err(SourceError::Gone { act: "dump" });
        }
        Err(self.explain(failure))
    }

    /// Waits for the dump's end; its growth is the progress, and silence is a fault.
    fn watch(&self, mut running: Running) -> Result<(), SourceError> {
        let mut grown_at = self.world.clock.monotonic();
        let mut bytes = 0;
        while running.is_running() {
            if self.cancel.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            let now = size_of(&self.folder())?;
            if now > bytes {
                self.progress.advance(0, now - bytes);
                bytes = now;
                grown_at = self.world.clock.monotonic();
            } else if self.world.clock.monotonic().since(grown_at) >= SILENCE_MAX {
                return Err(SourceError::DumpSilent { seconds: SILENCE_MAX.as_secs() });
            }
            self.world.clock.sleep(LOOK);
        }
        running.finish(self.world.clock.as_ref(), SMALL_LIMIT).map_err(SourceError::Dump)
    }

    fn explain(&self, failure: ProcessError) -> SourceError {
        match &failure {
            ProcessError::Failed { stderr, .. } if stderr.contains("No space left on device") => {
                FileError::io("write", &self.folder())(io::ErrorKind::StorageFull.into()).into()
            }
            _ => SourceError::Dump(failure),
        }
    }

    /// Roles and their passwords; without the right to read passwords, roles alone.
    fn run_pg_dumpall(
        &self,
        pass: &PassFile,
        inventory: &mut Inventory,
    ) -> Result<(), SourceError> {
        let run = |more: &[&str]| -> Result<(), ProcessError> {
            self.dumpall(pass).args(more).output(self.world.clock.as_ref(), SMALL_LIMIT).and_then(
                |text| {
                    files::write_synced(&self.globals(), &text, 0o600).map_err(|error| {
                        ProcessError::Read {
                            program: "pg_dumpall".to_owned(),
                            source: io::Error::other(error),
                        }
                    })
                },
            )
        };
        let Err(_passwords_refused) = run(&[]) else { return Ok(()) };
        match run(&["--no-role-passwords"]) {
            Ok(()) => {
                inventory.blind.push("passwords of roles: the role may not read them".to_owned());
                Ok(())
            }
            Err(_) if !self.snapshot.session.is_alive() => {
                Err(SourceError::Gone { act: "dump of the roles" })
            }
            Err(failure) => Err(SourceError::Program(failure)),
        }
    }

    fn dumpall(&self, pass: &PassFile) -> Process {
        // It would look for a database `postgres`, which need not exist or be open to us.
        let database = self.settings.database().unwrap_or_default();
        self.tools
            .client("pg_dumpall", self.settings, pass)
            .arg("--globals-only")
            .arg(format!("--database={database}"))
    }

    /// The values that the dump holds: sequences are outside of transactions, so the server's may
    /// have moved on since.
    fn sequence_values(
        &self,
        contents: &Contents,
        inventory: &mut Inventory,
    ) -> Result<(), SourceError> {
        if contents.sequences.is_empty() {
            return Ok(());
        }
        let list = self.spool.join(".sequences.list");
        files::write_synced(&list, contents.sequences.join("\n").as_bytes(), 0o600)?;
        let script = self
            .tools
            .program("pg_restore")
            .arg("--file=-")
            .arg(format!("--use-list={}", list.display()))
            .arg(self.folder())
            .output(self.world.clock.as_ref(), SMALL_LIMIT)
            .map_err(SourceError::Program);
        fs::remove_file(&list).map_err(FileError::io("remove", &list))?;
        let shown = catalog::sequences(&self.snapshot.session)?;
        for (schema, name, value, called) in set_values(&String::from_utf8_lossy(&script?)) {
            let unknown = || SourceError::DumpDamaged {
                detail: format!("it holds an unknown sequence `{schema}.{name}`"),
            };
            let shown = shown.get(&(schema.clone(), name.clone())).ok_or_else(unknown)?;
            catalog::set_sequence_value(inventory, shown.clone(), &value, called);
        }
        Ok(())
    }
}

/// The parts of a dump's table of contents that matter here.
struct Contents {
    /// Files of rows, by the table's OID.
    data_files: BTreeMap<u32, PathBuf>,
    /// The lines of sequence values, as `pg_restore --use-list` takes them.
    sequences: Vec<String>,
}

impl Contents {
    fn read(folder: &Path, tools: &Tools, world: &World) -> Result<Self, SourceError> {
        let list = tools
            .program("pg_restore")
            .arg("--list")
            .arg(folder)
            .output(world.clock.as_ref(), SMALL_LIMIT)
            .map_err(SourceError::Program)?;
        Ok(Self::parse(&String::from_utf8_lossy(&list), folder))
    }

    /// A line is `<id>; <class OID> <OID> <kind> <schema> <name> <owner>`. Names may hold spaces,
    /// so only what stands before them is read; rows lie in `<id>.dat`.
    fn parse(list: &str, folder: &Path) -> Self {
        let mut contents = Self { data_files: BTreeMap::new(), sequences: Vec::new() };
        for line in list.lines().filter(|line| !line.starts_with(';')) {
            let Some((id, rest)) = line.split_once("; ") else { continue };
            let mut words = rest.splitn(3, ' ');
            let (_class, oid, what) = (words.next(), words.next(), words.next().unwrap_or(""));
            if what.starts_with("SEQUENCE SET ") {
                contents.sequences.push(line.to_owned());
            } else if what.starts_with("TABLE DATA ")
                && let Some(oid) = oid.and_then(|oid| oid.parse().ok())
            {
                contents.data_files.insert(oid, folder.join(format!("{id}.dat")));
            }
        }
        contents
    }
}

/// Reads `SELECT pg_catalog.setval('schema.name', value, called);` statements.
fn set_values(script: &str) -> Vec<(String, String, String, bool)> {
    const START: &str = "SELECT pg_catalog.setval('";
    super::globals::statements(script)
        .filter_map(|statement| {
            let rest = statement.strip_prefix(START)?.strip_suffix(')')?;
            let (literal, values) = rest.rsplit_once("', ")?;
            let (value, called) = values.split_once(", ")?;
            let (schema, rest) = identifier(&literal.replace("''", "'"))?;
            let (name, _) = identifier(rest.strip_prefix('.')?)?;
            Some((schema, name, value.to_owned(), called == "true"))
        })
        .collect()
}

/// The first identifier of a text, without its quotes, and what follows it.
pub(super) fn identifier(text: &str) -> Option<(String, String)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find('.').unwrap_or(text.len());
        return Some((text[..end].to_owned(), text[end..].to_owned()));
    };
    let mut name = String::new();
    let mut letters = quoted.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' if letters.next_if(|&(_, next)| next == '"').is_some() => name.push('"'),
            '"' => return Some((name, quoted[at + 1..].to_owned())),
            other => name.push(other),
        }
    }
    None
}

/// The write-ahead log's position at the snapshot; what a standby has replayed, on a standby.
fn log_position(session: &Session) -> Result<Option<String>, SourceError> {
    let position = session.value(
        "ask for the log position",
        "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() \
         ELSE pg_current_wal_lsn() END",
    )?;
    Ok(Some(position).filter(|position| !position.is_empty()))
}

/// Fails when the spool cannot hold the dump; returns the expected size. The database's own size,
/// indexes included, is more than its rows as text in all but rare cases.
fn check_space(session: &Session, spool: &Path) -> Result<u64, SourceError> {
    let need = session.database_bytes()?;
    let free = files::free_bytes(spool)?;
    if need > free {
        return Err(SourceError::NoSpace { path: spool.to_owned(), need, free });
    }
    Ok(need)
}

/// Bytes of a file, or of the files in a folder; nothing while it does not exist yet.
fn size_of(path: &Path) -> Result<u64, SourceError> {
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(FileError::io("examine", path)(error).into()),
    };
    if !meta.is_dir() {
        return Ok(meta.len());
    }
    let mut sum = 0;
    for entry in fs::read_dir(path).map_err(FileError::io("read", path))? {
        let entry = entry.map_err(FileError::io("read", path))?;
        sum += entry.metadata().map_or(0, |meta| meta.len());
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_contents_maps_tables_to_files() {
        let list = "; Archive created at\n;\n3347; 0 16386 TABLE DATA public a b postgres\n\
            200; 1259 16385 TABLE public a b postgres\n9; 0 0 SEQUENCE SET public s postgres\n";
        let contents = Contents::parse(list, Path::new("/d"));
        assert_eq!(contents.data_files, BTreeMap::from([(16386, PathBuf::from("/d/3347.dat"))]));
        assert_eq!(contents.sequences, ["9; 0 0 SEQUENCE SET public s postgres"]);
    }

    #[test]
    fn sequence_values_are_read_whatever_the_name() {
        let script = "-- Name: s; Type: SEQUENCE SET\n\nSELECT pg_catalog.setval('public.s', 5, true);\n\
            SELECT pg_catalog.setval('\"Lược đồ\".\"it''s \"\"x\"\";\n, 1\"', -3, false);\n";
        assert_eq!(
            set_values(script),
            [
                ("public".to_owned(), "s".to_owned(), "5".to_owned(), true),
                ("Lược đồ".to_owned(), "it's \"x\";\n, 1".to_owned(), "-3".to_owned(), false),
            ]
        );
        assert_eq!(set_values("SELECT pg_catalog.setval('\"open', 1, true);"), []);
    }
}
