//! Taking a dump: `pg_dump` and our inventory under one exported snapshot.
//!
//! The order matters. The snapshot is exported first and held to the end; the catalogs are read
//! before `pg_dump` starts, so that a role without rights fails in a second; the tables are held, so
//! that none is emptied under the snapshot; rows are counted from the files while they are written.
//! A failure of any kind is looked at twice: if the server no longer answers,
//! that is the fault, whatever `pg_dump` said last.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::cancel::Cancel;
use crate::base::manifest::{DatabaseFacts, Inventory, StandbyFacts, TableRows};
use crate::base::progress::Progress;
use crate::source::error::SourceError;
use crate::source::name;
use crate::source::postgres::catalog::Table;
use crate::source::postgres::contents::{Contents, data_file_number, set_values};
use crate::source::postgres::digests::OfDump;
use crate::source::postgres::growing::{Growing, Writing};
use crate::source::postgres::session::{Session, Snapshot};
use crate::source::postgres::standby::{Primary, Replayed};
use crate::source::postgres::tools::{PassFile, Tools};
use crate::source::postgres::{ENGINE, Fingerprint, Settings, ask, catalog, digests, standby};
use crate::source::question::Question;
use crate::source::rows::RowKey;
use crate::world::World;
use crate::world::clock::Monotonic;
use crate::world::files::{self, FileError};
use crate::world::process::{Process, ProcessError, Running};

/// A dump that has written nothing for this long is stuck, not slow: the longest silence of a
/// healthy one is the reading of the catalogs, minutes for a hundred thousand tables.
const SILENCE_MAX: Duration = Duration::from_mins(30);

/// How long `pg_dump` may wait for a table that a schema change holds; a migration of minutes is
/// sat out, a forgotten transaction is not.
const LOCK_WAIT: &str = "10min";

/// How often it is looked how far the growing dump is.
const LOOK: Duration = Duration::from_millis(100);

/// How often it is looked whether it has ended, or somebody wishes it to.
const POLL: Duration = Duration::from_millis(10);

/// Looking at the files of a hundred thousand tables takes as long as [`LOOK`]: it rests so many
/// times as long as it took.
const LOOK_SHARE: u32 = 10;

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
    let mut tables = catalog::tables(session)?;
    snapshot.hold(&tables, LOCK_WAIT)?;
    let estimate = check_space(session, spool)?;
    let tools = Tools::find(settings.bin_dir.as_deref(), "pg_dump", session.major(), world)?;
    let key = RowKey::draw(world);
    let mut inventory = catalog::objects(session, &key)?;

    let standby = behind.map(|behind| behind.facts);
    let is_standby = standby.is_some();
    if is_standby {
        catalog::leave_out_unlogged(session, &mut tables, &mut inventory)?;
    }
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
        tables,
        key,
    };
    let inventory = work.finish(inventory)?;
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
    tables: Vec<Table>,
    key: RowKey,
}

/// How far a dump has been written.
struct Written {
    bytes: u64,
    /// Of the files of rows, by their numbers.
    rows: BTreeMap<u32, u64>,
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
    fn finish(&self, mut inventory: Inventory) -> Result<Inventory, SourceError> {
        let pass = PassFile::write(self.settings, self.spool)?;
        self.progress.phase("phase-dump");
        let growing = Growing::default();
        let counted = std::thread::scope(|scope| {
            let counting = scope.spawn(|| self.count(&growing));
            let written = self.write(growing.writing(), &growing, &pass, &mut inventory);
            let counted = match counting.join() {
                Ok(counted) => counted,
                // A bug of ours goes on as the panic it is: the job's boundary records it.
                Err(panic) => std::panic::resume_unwind(panic),
            };
            // Where the dump failed, nothing of it counts.
            written.and(counted)
        })?;
        inventory.tables = counted.tables;
        for (sequence, value, called) in counted.sequences {
            catalog::set_sequence_value(&mut inventory, sequence, &value, called);
        }
        let session = &self.snapshot.session;
        digests::large_objects_of_dump(&self.folder(), session, &self.key, &mut inventory)?;
        Ok(inventory)
    }

    /// Writes dump and roles, and says how far they are.
    fn write(
        &self,
        writing: Writing<'_>,
        growing: &Growing,
        pass: &PassFile,
        inventory: &mut Inventory,
    ) -> Result<(), SourceError> {
        self.run_pg_dump(pass, growing)?;
        let written = self.written()?;
        self.progress.phase("phase-inventory");
        let left = writing.end(&written.rows);
        self.progress.total(written.rows.len() as u64, left);
        self.run_pg_dumpall(pass, inventory)
    }

    /// Counts what is in the dump while it is written.
    fn count(&self, growing: &Growing) -> Result<Counted, SourceError> {
        let counted = self.count_all(growing);
        if counted.is_err() {
            growing.give_up();
        }
        counted
    }

    fn count_all(&self, growing: &Growing) -> Result<Counted, SourceError> {
        if !growing.has_begun() {
            return Err(SourceError::Cancelled);
        }
        // The table of contents is written before any row. That it still is the one that the dump
        // ended with is asked at its end.
        let toc = self.folder().join("toc.dat");
        let begun = stamp(&toc)?;
        let contents = Contents::read(&self.folder(), &self.tools, self.world)?;
        let sequences = self.sequence_values(&contents)?;
        let dump = OfDump {
            folder: &self.folder(),
            growing,
            files: &contents.data_files,
            tables: &self.tables,
            key: &self.key,
        };
        let jobs = self.settings.jobs();
        let tables = digests::of_dump(&dump, jobs, self.cancel, self.progress)?;
        if stamp(&toc)? != begun {
            return Err(SourceError::DumpDamaged {
                detail: "its table of contents was written after its rows".to_owned(),
            });
        }
        Ok(Counted { tables, sequences })
    }

    fn run_pg_dump(&self, pass: &PassFile, growing: &Growing) -> Result<(), SourceError> {
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
        let failure = match self.watch(running, growing) {
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
    fn watch(&self, mut running: Running, growing: &Growing) -> Result<(), SourceError> {
        let clock = &self.world.clock;
        let mut grown_at = clock.monotonic();
        let mut looked: Option<(Monotonic, Duration)> = None;
        let mut bytes = 0;
        while running.is_running() {
            if self.cancel.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            let began = clock.monotonic();
            let rests = |(at, took): (Monotonic, Duration)| {
                began.since(at) < LOOK.max(took.saturating_mul(LOOK_SHARE))
            };
            if !looked.is_some_and(rests) {
                let now = self.written()?;
                growing.seen(&now.rows);
                if now.bytes > bytes {
                    self.progress.advance(0, now.bytes - bytes);
                    bytes = now.bytes;
                    grown_at = clock.monotonic();
                } else if clock.monotonic().since(grown_at) >= SILENCE_MAX {
                    return Err(SourceError::DumpSilent { seconds: SILENCE_MAX.as_secs() });
                }
                let ended = clock.monotonic();
                looked = Some((ended, ended.since(began)));
            }
            clock.sleep(POLL);
        }
        running.finish(clock.as_ref(), SMALL_LIMIT).map_err(SourceError::Dump)
    }

    /// How far the dump's files are.
    fn written(&self) -> Result<Written, SourceError> {
        let folder = self.folder();
        let mut written = Written { bytes: 0, rows: BTreeMap::new() };
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(written),
            Err(error) => return Err(FileError::io("read", &folder)(error).into()),
        };
        for entry in entries {
            let entry = entry.map_err(FileError::io("read", &folder))?;
            let length = entry.metadata().map_or(0, |meta| meta.len());
            written.bytes += length;
            if let Some(id) = entry.file_name().to_str().and_then(data_file_number) {
                written.rows.insert(id, length);
            }
        }
        Ok(written)
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
    ) -> Result<Vec<(String, String, bool)>, SourceError> {
        if contents.sequences.is_empty() {
            return Ok(Vec::new());
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
        let values = set_values(&String::from_utf8_lossy(&script?)).into_iter();
        let values = values.map(|(schema, name, value, called)| {
            let shown = shown.get(&(schema.clone(), name.clone()));
            let unknown = || SourceError::DumpDamaged {
                detail: format!("it holds an unknown sequence `{schema}.{name}`"),
            };
            Ok((shown.ok_or_else(unknown)?.clone(), value, called))
        });
        values.collect()
    }
}

/// What was counted of a dump.
struct Counted {
    tables: BTreeMap<String, TableRows>,
    /// The inventory's names of sequences, their values, and whether these are taken.
    sequences: Vec<(String, String, bool)>,
}

/// What changes when a file is written again.
fn stamp(path: &Path) -> Result<[i64; 3], SourceError> {
    let meta = fs::metadata(path).map_err(FileError::io("examine", path))?;
    Ok([meta.size().cast_signed(), meta.mtime(), meta.mtime_nsec()])
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
