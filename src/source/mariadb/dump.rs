//! One dump: what must hold before, the program's stream, what must hold after.
//!
//! Tables of engines without transactions (MyISAM, Aria, …) are locked against writing from before
//! the snapshot until the dump's end, by our own session; everything else goes on. Only so is the
//! set of one instant: such a table read a minute later would lie beside rows it does not know.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use jiff::Timestamp;

use crate::base::cancel::Cancel;
use crate::base::manifest::{DatabaseFacts, Inventory};
use crate::base::progress::Progress;
use crate::source::error::SourceError;
use crate::source::mariadb::catalog::Catalog;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::fingerprint::Fingerprint;
use crate::source::mariadb::grants::{self, Rights};
use crate::source::mariadb::script::{Script, quoted};
use crate::source::mariadb::session::{self, Session};
use crate::source::mariadb::stream::{Collected, Collector};
use crate::source::mariadb::tools::{Family, OptionsFile, Tool, VERSION_LIMIT};
use crate::source::mariadb::{ENGINE, Settings, size_of};
use crate::source::name;
use crate::source::rows::RowKey;
use crate::world::World;
use crate::world::files::{self, FileError};
use crate::world::process::{ProcessError, Running};

/// The longest healthy silence: the server looks for the first row of a large table on a slow disk.
const SILENCE_MAX: Duration = Duration::from_mins(15);

/// How often the wish to stop is looked at while the program is silent.
const LOOK: Duration = Duration::from_millis(100);

/// After its last line the program has only to end.
const END_MAX: Duration = Duration::from_mins(1);

/// Read from the program at once.
const PIECE_BYTES: usize = 256 << 10;

/// Pieces that wait to be taken apart.
const PIECES_MAX: usize = 8;

/// Seconds to wait for a portal that writes to tables which must be locked.
const LOCK_SECONDS: u32 = 120;

/// How the program is told to write. All that changes how a value reads is fixed, for the row
/// digests are taken from its text.
const OPTIONS: [&str; 15] = [
    "--single-transaction",
    "--routines",
    "--events",
    "--triggers",
    "--hex-blob",
    "--tz-utc",
    "--default-character-set=utf8mb4",
    "--max-allowed-packet=1G",
    "--no-tablespaces",
    "--skip-dump-date",
    "--quick",
    "--comments",
    "--quote-names",
    "--extended-insert",
    // Locks around the rows would lock out the sequence that a column takes its default from: such
    // a dump cannot be loaded at all.
    "--skip-add-locks",
];

/// The folder of a dump within the spool or within the set's `db` folder.
pub(super) fn dump_folder(name: &str) -> String {
    name.to_owned()
}

/// The file of accounts beside it.
pub(super) fn globals_file(name: &str) -> String {
    format!("{name}.globals.sql")
}

/// The file that gives the database its defaults.
pub(super) const DEFAULTS: &str = "01-database.sql";

/// What was taken.
pub(super) struct Taken {
    pub(super) inventory: Inventory,
    accounts: String,
    position: Option<String>,
    instant: Timestamp,
    tool: String,
}

/// Dumps the database into `<spool>/<name>/` and its accounts into `<spool>/<name>.globals.sql`.
pub fn dump(
    settings: &Settings,
    name: &str,
    spool: &Path,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<DatabaseFacts, SourceError> {
    name::check(name)?;
    let folder = spool.join(dump_folder(name));
    files::create_private_dir(&folder)?;
    let mut session = Session::open(settings, world)?.under(cancel);
    let fingerprint = Fingerprint::of(&mut session, settings)?;
    let estimate = check_space(&mut session, settings, spool)?;
    let key = RowKey::draw(world);
    progress.phase("phase-dump");
    progress.total(0, estimate);
    let taken = take(settings, &mut session, Some(&folder), &key, world, cancel, progress)?;
    let defaults = taken.inventory.objects.get("database").cloned().unwrap_or_default();
    let get = |name: &str| defaults.get(name).map(String::as_str).unwrap_or_default();
    let mut alter = format!(
        "ALTER DATABASE CHARACTER SET {} COLLATE {}",
        get("character-set"),
        get("collation")
    );
    if let Some(comment) = defaults.get("comment") {
        alter.push_str(" COMMENT ");
        alter.push_str(&format!("'{}'", comment.replace('\\', "\\\\").replace('\'', "''")));
    }
    alter.push_str(";\n");
    files::write_synced(&folder.join(DEFAULTS), alter.as_bytes(), 0o600)?;
    let globals = spool.join(globals_file(name));
    files::write_synced(&globals, taken.accounts.as_bytes(), 0o600)?;
    Ok(DatabaseFacts {
        engine: ENGINE.to_owned(),
        engine_version: session.version.clone(),
        dump_tool: Some(taken.tool),
        path: format!("db/{}", dump_folder(name)),
        instant: taken.instant,
        log_position: taken.position,
        fingerprint: fingerprint.to_line(),
        dump_digest: None,
        base: None,
        standby: None,
        dump_bytes: bytes_in(&folder)? + taken.accounts.len() as u64,
        inventory: taken.inventory,
    })
}

/// Runs the program once and reads what it writes, into `folder` or into nothing.
pub(super) fn take(
    settings: &Settings,
    session: &mut Session,
    folder: Option<&Path>,
    key: &RowKey,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<Taken, SourceError> {
    let database = settings.database.as_str();
    let catalog = Catalog::read(session, database)?;
    let locks = !catalog.locked.is_empty();
    let rights = grants::check(session, database, locks)?;
    let defaults = grants::defaults(session, database)?;
    lock(session, &catalog.locked)?;
    let tool = dump_tool(settings, session.family, world)?;
    let mut inventory = Inventory { row_key: key.to_hex(), ..Inventory::default() };
    // To count takes no position.
    let rights = Rights { position: rights.position && folder.is_some() };
    let mut options = options(session, rights, locks, &tool, world)?;
    if catalog.has_history {
        if knows(&tool, "--dump-history", world)? {
            options.push("--dump-history");
        } else {
            let why = "the history of versioned tables: the dump program is too old for it";
            inventory.blind.push(why.to_owned());
        }
    }
    // Before the snapshot: what was committed until now is in it.
    let instant = world.clock.now();
    let run = Run { settings, key, world, cancel, progress, tool: &tool, options: &options };
    let collected = match run.collect(folder, session) {
        Err(SourceError::Cancelled) => return Err(SourceError::Cancelled),
        Err(_) if !session.is_alive() => return Err(MariadbFault::Gone { act: "dump" }.into()),
        other => other?,
    };
    // It held its locks as long as it lives: a connection that was lost has lost them.
    if !session.is_alive() {
        return Err(MariadbFault::Gone { act: "dump" }.into());
    }
    catalog.check(&Catalog::read(session, database)?, &collected)?;
    session.run("unlock the tables", "UNLOCK TABLES")?;
    let accounts = grants::read(settings, &collected.definers, world)?;
    inventory.objects = collected.objects;
    inventory.objects.extend(accounts.objects);
    inventory.objects.insert("database".to_owned(), defaults);
    let acts = |name: &String| (name.clone(), "acts".to_owned());
    if !collected.definers.is_empty() {
        let definers = collected.definers.iter().map(acts).collect();
        inventory.objects.insert("definer".to_owned(), definers);
    }
    inventory.blind.extend(accounts.blind);
    inventory.tables = collected.tables;
    for (table, engine) in &catalog.elsewhere {
        // No number rather than the nought that the script shows.
        inventory.tables.remove(table);
        let why = format!("rows of `{table}`: {engine} keeps them elsewhere, and no dump has them");
        inventory.blind.push(why);
    }
    Ok(Taken {
        inventory,
        accounts: accounts.script,
        position: collected.position,
        instant,
        tool: tool.version,
    })
}

/// One run of the dump program.
struct Run<'a> {
    settings: &'a Settings,
    key: &'a RowKey,
    world: &'a World,
    cancel: &'a Cancel,
    progress: &'a dyn Progress,
    tool: &'a Tool,
    options: &'a [&'a str],
}

impl Run<'_> {
    fn collect(
        &self,
        folder: Option<&Path>,
        session: &mut Session,
    ) -> Result<Collected, SourceError> {
        let before = session.connections()?;
        let options = OptionsFile::write(self.settings, self.tool.family, self.world)?;
        let command = self.tool.client(&options);
        let mut options = Some(options);
        let mut running = command
            .args(OPTIONS)
            .args(self.options)
            .arg("--")
            .arg(&self.settings.database)
            .start()
            .map_err(MariadbFault::Dump)?;
        let pieces = pieces(&mut running);
        let mut script = Script::new(self.key);
        let mut collector = Collector::new(folder);
        let mut heard_at = self.world.clock.monotonic();
        let mut its = Its { run: self, numbers: BTreeSet::new() };
        loop {
            if self.cancel.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            match pieces.recv_timeout(LOOK) {
                Ok(piece) => {
                    // It has logged in, and does so once: the password need not lie about.
                    drop(options.take());
                    script.feed(&piece, &mut collector)?;
                    self.progress.advance(0, piece.len() as u64);
                    heard_at = self.world.clock.monotonic();
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    if its.numbers.is_empty() {
                        its.numbers = &session.connections()? - &before;
                    }
                    if self.world.clock.monotonic().since(heard_at) >= SILENCE_MAX {
                        return Err(SourceError::DumpSilent { seconds: SILENCE_MAX.as_secs() });
                    }
                }
            }
        }
        its.numbers.clear();
        running.finish(self.world.clock.as_ref(), END_MAX).map_err(explained)?;
        script.finish(&mut collector)?;
        collector.finish()
    }
}

/// The connection of the program, as far as it is known: what it is at is ended with this value. A
/// program that was killed at a lock would wait on for it on the server, a day as servers are set.
struct Its<'a> {
    run: &'a Run<'a>,
    /// Connections of our account that came about between its start and its first silence: where
    /// there are several, nobody knows which one is its, and none is touched.
    numbers: BTreeSet<u64>,
}

impl Drop for Its<'_> {
    fn drop(&mut self) {
        if let [number] = self.numbers.iter().copied().collect::<Vec<_>>()[..] {
            session::end(self.run.settings, number, self.run.world);
        }
    }
}

/// Reads a program's output on a thread of its own, so that its silence can be noticed.
fn pieces(running: &mut Running) -> Receiver<Vec<u8>> {
    let mut output = running.take_stdout();
    let (say, pieces) = sync_channel(PIECES_MAX);
    std::thread::spawn(move || {
        loop {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            let read = output.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece);
            // What could not be read shows in the script, which then has no end.
            if read.is_err() || piece.is_empty() || say.send(piece).is_err() {
                return;
            }
        }
    });
    pieces
}

/// Gives the program's complaint its meaning.
fn explained(failure: ProcessError) -> SourceError {
    let ProcessError::Failed { stderr, .. } = &failure else {
        return MariadbFault::Dump(failure).into();
    };
    // A definition that changed, a table or view that is gone.
    let altered =
        ["1412", "(1146)", "(1051)", "(1356)", "Error 1146", "Error in field count for table"];
    if altered.iter().any(|mark| stderr.contains(mark)) {
        let detail = stderr.lines().last().unwrap_or_default().to_owned();
        return MariadbFault::Altered { detail }.into();
    }
    MariadbFault::Dump(failure).into()
}

fn dump_tool(settings: &Settings, family: Family, world: &World) -> Result<Tool, SourceError> {
    let names: &[&str] = match family {
        Family::Mariadb => &["mariadb-dump", "mysqldump"],
        Family::Mysql => &["mysqldump"],
    };
    Tool::find(settings.bin_dir.as_deref(), names, Some(family), world)
}

/// What this server and this account allow beyond [`OPTIONS`].
fn options(
    session: &mut Session,
    rights: Rights,
    locks: bool,
    tool: &Tool,
    world: &World,
) -> Result<Vec<&'static str>, SourceError> {
    let has_log = session.value("ask for the binary log", "SELECT @@log_bin")? == "1";
    let is_noted = has_log && rights.position;
    Ok(match session.family {
        Family::Mariadb if is_noted => vec!["--master-data=2", "--gtid"],
        Family::Mariadb => Vec::new(),
        // MySQL's program takes the position under a lock that would wait for ours.
        Family::Mysql if locks || !is_noted => vec!["--set-gtid-purged=OFF"],
        Family::Mysql => {
            // The one since 8.0.26, the other since 8.0.17.
            let is_renamed = knows(tool, "--source-data", world)?;
            // Asked for numbers that there are none of, the program ends well with an empty dump.
            let sql = "SHOW GLOBAL VARIABLES LIKE 'gtid_mode'";
            let mode = session.rows("ask for numbers of transactions", sql)?.pop();
            let is_numbered = mode.is_some_and(|row| row.get(1).is_some_and(|mode| mode == "ON"));
            let may_list = is_numbered && knows(tool, "COMMENTED", world)?;
            vec![
                if is_renamed { "--source-data=2" } else { "--master-data=2" },
                if may_list { "--set-gtid-purged=COMMENTED" } else { "--set-gtid-purged=OFF" },
            ]
        }
    })
}

fn lock(session: &mut Session, tables: &BTreeSet<String>) -> Result<(), SourceError> {
    if tables.is_empty() {
        return Ok(());
    }
    let act = "lock the tables without transactions";
    session.run(act, &format!("SET SESSION lock_wait_timeout = {LOCK_SECONDS}"))?;
    let locks: Vec<String> = tables.iter().map(|name| format!("{} READ", quoted(name))).collect();
    session.run(act, &format!("LOCK TABLES {}", locks.join(", ")))
}

/// Whether the program speaks of this in its help.
fn knows(tool: &Tool, option: &str, world: &World) -> Result<bool, SourceError> {
    let help = tool.program().args(["--no-defaults", "--help"]);
    let help = help.output(world.clock.as_ref(), VERSION_LIMIT).map_err(MariadbFault::Dump)?;
    Ok(String::from_utf8_lossy(&help).contains(option))
}

/// Fails when the spool cannot hold the dump; returns the expected size.
fn check_space(
    session: &mut Session,
    settings: &Settings,
    spool: &Path,
) -> Result<u64, SourceError> {
    let need = size_of(session, &settings.database)?;
    let free = files::free_bytes(spool)?;
    if need > free {
        return Err(SourceError::NoSpace { path: spool.to_owned(), need, free });
    }
    Ok(need)
}

fn bytes_in(folder: &Path) -> Result<u64, SourceError> {
    let mut sum = 0;
    for entry in fs::read_dir(folder).map_err(FileError::io("read", folder))? {
        let entry = entry.map_err(FileError::io("read", folder))?;
        sum += entry.metadata().map_err(FileError::io("examine", folder))?.len();
    }
    Ok(sum)
}
