//! Loading a dump into an existing, empty database.
//!
//! All structures first, then the rows of several tables at once (see [`Work::rows`]), then
//! triggers, views, routines and events: no trigger fires on a restored row, and no event before everything is there. The
//! server's replicas, if it has any, get everything too: what was loaded on one server alone would
//! part them for ever.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ChildStdin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::base::cancel::Cancel;
use crate::base::fault::{Args, Message};
use crate::base::manifest::DatabaseFacts;
use crate::base::progress::Progress;
use crate::source::Dump;
use crate::source::error::SourceError;
use crate::source::mariadb::dump::{DEFAULTS, dump_folder, globals_file};
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::fingerprint::Fingerprint;
use crate::source::mariadb::grants::Arrivals;
use crate::source::mariadb::script::{assignment, damaged, literal};
use crate::source::mariadb::session::{CLIENT, Session, told};
use crate::source::mariadb::stream::END;
use crate::source::mariadb::tools::{Family, OptionsFile, Tool};
use crate::source::mariadb::{Settings, grants};
use crate::source::postgres::Load;
use crate::world::World;
use crate::world::files::{self, FileError};
use crate::world::process::Running;

/// How often a running load is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Nothing was taken in for so long: the server waits for a lock. What takes longest between two
/// statements is the index of a large MyISAM table; that two hours are enough for any is a choice,
/// not a measurement.
pub(super) const STILL_MAX: Duration = Duration::from_hours(2);

/// What a client is asked first: its answer says that it has logged in.
const HELLO: &[u8] = b"SELECT 1;\n";

/// A client that has ended is only judged.
const END_MAX: Duration = Duration::from_mins(1);

/// Read from a file or a program and fed to a client at once.
pub(super) const PIECE_BYTES: usize = 256 << 10;

/// Describing one time zone is printing a small file.
const ZONE_LIMIT: Duration = Duration::from_mins(1);

/// Where this machine keeps its time zones.
const ZONES: &str = "/usr/share/zoneinfo";

/// Loads a dump into the database that `target` names; returns notes on what was
/// deliberately not restored.
pub fn load(
    dump: Dump<'_>,
    target: &Settings,
    what: Load,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<Vec<Message>, SourceError> {
    let Dump { folder, name, facts } = dump;
    let mut session = Session::open(target, world)?.under(cancel);
    check_empty(&mut session, target)?;
    let parts = Parts::of(&folder.join(dump_folder(name)))?;
    let mut arrivals = None;
    if what.globals {
        let script = files::read(&folder.join(globals_file(name)))?;
        arrivals = Some(Arrivals::make(target, &String::from_utf8_lossy(&script), world)?);
    }
    let mut notes = definers(&mut session, target, facts)?;
    if Family::of(&facts.engine_version) != session.family {
        let (from, into) = (&facts.engine_version, session.family.as_str());
        let args = Args::none().text("from", from).text("into", into);
        notes.push(Message::with("restore-note-other-server", args));
    }
    if target.is_scratch {
        know_zones(&parts.folder, target, world)?;
    }
    progress.phase("phase-load");
    let work = Work { target, world, cancel, progress };
    let mut structures = parts.of_phases(&["10", "20"]);
    if what.properties {
        structures.insert(0, parts.folder.join(DEFAULTS));
    }
    let loaded = (|| {
        work.feed(structures)?;
        work.rows(parts.of_phases(&["30"]))?;
        work.feed(parts.of_phases(&["50", "60"]))?;
        // Rights name tables and routines, and a view is made only if who it acts for may do what
        // it does.
        if let Some(arrivals) = arrivals {
            let old = Fingerprint::database(&facts.fingerprint).unwrap_or_default();
            notes.extend(arrivals.give_rights(target, &old, world)?);
        }
        work.feed(parts.of_phases(&["40", "70", "80", "99"]))
    })();
    match loaded {
        Err(SourceError::Cancelled) => Err(SourceError::Cancelled),
        _ if !session.is_alive() => Err(MariadbFault::Gone { act: "load" }.into()),
        loaded => loaded.map(|()| notes),
    }
}

/// Whatever a person or a portal made counts.
pub(super) fn check_empty(session: &mut Session, target: &Settings) -> Result<(), SourceError> {
    let name = literal(&target.database);
    let sql = format!(
        "SELECT (SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = {name}) \
           + (SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = {name}) \
           + (SELECT COUNT(*) FROM information_schema.events WHERE event_schema = {name})"
    );
    if session.value("look whether the target is empty", &sql)? == "0" {
        return Ok(());
    }
    let target = format!("{} @ {}", target.database, target.server());
    Err(SourceError::TargetNotEmpty { target })
}

/// Objects act in the name of accounts. A scratch server gets stand-ins for those it lacks; on any
/// other a person decides who may act.
fn definers(
    session: &mut Session,
    target: &Settings,
    facts: &DatabaseFacts,
) -> Result<Vec<Message>, SourceError> {
    let Some(definers) = facts.inventory.objects.get("definer") else { return Ok(Vec::new()) };
    let definers: Vec<String> = definers.keys().cloned().collect();
    let missing = match grants::missing_definers(session, &definers) {
        Err(SourceError::Mariadb(MariadbFault::Query { .. })) => {
            return Ok(vec![Message::new("restore-note-definers-not-asked")]);
        }
        other => other?,
    };
    if !target.is_scratch {
        let note = |name: String| {
            Message::with("restore-note-definer-missing", Args::none().text("name", name))
        };
        return Ok(missing.into_iter().map(note).collect());
    }
    for name in &missing {
        grants::stand_in(session, name, &target.database)?;
    }
    Ok(Vec::new())
}

/// A new server knows no time zone by name; events may be made in one.
fn know_zones(folder: &Path, target: &Settings, world: &World) -> Result<(), SourceError> {
    let file = folder.join("80-events.sql");
    if !file.is_file() {
        return Ok(());
    }
    let script = files::read(&file)?;
    let zones = zones(&script);
    if zones.is_empty() {
        return Ok(());
    }
    let mut session = Session::open_server(target, world)?;
    // What the one maker's program prints is not all known to the other's server.
    let names: &[&str] = match session.family {
        Family::Mariadb => &["mariadb-tzinfo-to-sql", "mysql_tzinfo_to_sql"],
        Family::Mysql => &["mysql_tzinfo_to_sql"],
    };
    let act = "make a time zone known";
    session.run(act, "USE mysql")?;
    for zone in zones {
        let path = Path::new(ZONES).join(zone);
        if !path.is_file() {
            continue;
        }
        let tool = Tool::find_plain(target.bin_dir.as_deref(), names)?;
        let script = tool
            .arg(&path)
            .arg(zone)
            .output(world.clock.as_ref(), ZONE_LIMIT)
            .map_err(MariadbFault::Load)?;
        session.run(act, String::from_utf8_lossy(&script).trim_end().trim_end_matches(';'))?;
    }
    Ok(())
}

/// The zones in which a script makes events, by name. Programs since 11.4 set them before they change
/// the delimiter, older ones after it.
fn zones(script: &[u8]) -> BTreeSet<&str> {
    let lines = script.split(|&byte| byte == b'\n');
    let statements = lines.map(|line| {
        let ends: [&[u8]; 2] = [b";;", b";"];
        ends.iter().find_map(|end| line.strip_suffix(*end)).unwrap_or(line)
    });
    let assigned = statements.filter_map(assignment);
    let of_zones = assigned.filter(|(name, zone)| *name == "time_zone" && is_zone(zone));
    of_zones.map(|(_, zone)| zone).collect()
}

/// Whether a time zone is one by name, and no way out of the folder of zones.
fn is_zone(zone: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+');
    zone != "SYSTEM"
        && zone.starts_with(|c: char| c.is_ascii_alphabetic())
        && zone.chars().all(plain)
}

/// The files of a dump, in their order.
struct Parts {
    folder: PathBuf,
    names: BTreeSet<String>,
}

impl Parts {
    /// Fails unless the dump has its end.
    fn of(folder: &Path) -> Result<Self, SourceError> {
        let mut names = BTreeSet::new();
        for entry in fs::read_dir(folder).map_err(FileError::io("read", folder))? {
            let entry = entry.map_err(FileError::io("read", folder))?;
            names.insert(entry.file_name().to_string_lossy().into_owned());
        }
        if !names.contains(END) || !names.contains(DEFAULTS) {
            return Err(damaged("files of it are missing"));
        }
        Ok(Self { folder: folder.to_owned(), names })
    }

    fn of_phases(&self, phases: &[&str]) -> Vec<PathBuf> {
        let wanted = |name: &&String| phases.iter().any(|phase| name.starts_with(phase));
        self.names.iter().filter(wanted).map(|name| self.folder.join(name)).collect()
    }
}

pub(super) struct Work<'a> {
    pub(super) target: &'a Settings,
    pub(super) world: &'a World,
    pub(super) cancel: &'a Cancel,
    pub(super) progress: &'a dyn Progress,
}

impl Work<'_> {
    /// Loads files in their order, over one connection.
    pub(super) fn feed(&self, files: Vec<PathBuf>) -> Result<(), SourceError> {
        self.drain(&Mutex::new(files.into_iter().rev().collect()))
    }

    /// One client, fed from the end of `queue` until nothing is left.
    pub(super) fn drain(&self, queue: &Mutex<Vec<PathBuf>>) -> Result<(), SourceError> {
        let feeder = |intake: &mut Intake<'_>| {
            while let Some(file) = self.next(queue) {
                let mut from = File::open(&file).map_err(FileError::io("read", &file))?;
                intake.copy(&mut from, FileError::io("read", &file))?;
            }
            Ok(())
        };
        let fed = self.client(feeder, None);
        if fed.is_err() {
            // The others need not go on with what cannot be whole.
            queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        }
        fed
    }

    /// One client, fed by `feeder` until that returns. The program `from` that the feeder reads,
    /// where there is one, ends at the latest with the client and must have ended well.
    pub(super) fn client(
        &self,
        feeder: impl FnOnce(&mut Intake<'_>) -> Result<(), SourceError> + Send,
        mut from: Option<Running>,
    ) -> Result<(), SourceError> {
        let tool = Tool::find(self.target.bin_dir.as_deref(), &CLIENT, None, self.world)?;
        let options = OptionsFile::write(self.target, tool.family, self.world)?;
        let command = tool.client(&options);
        let mut options = Some(options);
        let mut running = command
            // Comments are part of the bodies of triggers and routines, and so are line ends.
            .args(["--batch", "--comments", "--binary-mode", "--skip-reconnect", "--unbuffered"])
            .arg("--max-allowed-packet=1G")
            .arg(format!("--database={}", self.target.database))
            .fed()
            .start()
            .map_err(MariadbFault::Load)?;
        let input = running.take_stdin();
        let mut output = running.take_stdout();
        let (is_in, fed_bytes) = (&AtomicBool::new(false), &AtomicU64::new(0));
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // It answers nothing before it has logged in.
                is_in.store(output.read_exact(&mut [0]).is_ok(), Ordering::Relaxed);
                io::copy(&mut output, &mut io::sink())
            });
            let feeder = scope.spawn(move || {
                let gone = || MariadbFault::Gone { act: "load" };
                let mut input = input.ok_or_else(gone)?;
                input.write_all(HELLO).map_err(|_| gone())?;
                feeder(&mut Intake { input, fed: fed_bytes, progress: self.progress })
            });
            let mut heard = (0, self.world.clock.monotonic());
            while running.is_running() && !self.cancel.is_cancelled() {
                if is_in.load(Ordering::Relaxed) {
                    drop(options.take());
                }
                let (now, bytes) =
                    (self.world.clock.monotonic(), fed_bytes.load(Ordering::Relaxed));
                if bytes != heard.0 {
                    heard = (bytes, now);
                } else if now.since(heard.1) >= STILL_MAX {
                    drop((running, from));
                    return Err(MariadbFault::LoadStill { seconds: STILL_MAX.as_secs() }.into());
                }
                self.world.clock.sleep(LOOK);
            }
            if self.cancel.is_cancelled() {
                drop((running, from));
                return Err(SourceError::Cancelled);
            }
            let ended = running.finish(self.world.clock.as_ref(), END_MAX);
            if ended.is_err() {
                // Nobody takes what it says any more, and the feeder must not wait for it.
                drop(from.take());
            }
            let fed = feeder.join().unwrap_or(Err(MariadbFault::Gone { act: "load" }.into()));
            ended.map_err(|failure| MariadbFault::Load(told(failure)))?;
            fed?;
            let read = from.map_or(Ok(()), |from| from.finish(self.world.clock.as_ref(), END_MAX));
            // It has said all, or it says why not.
            read.map_err(|failure| MariadbFault::Load(failure).into())
        })
    }

    pub(super) fn next(&self, queue: &Mutex<Vec<PathBuf>>) -> Option<PathBuf> {
        if self.cancel.is_cancelled() {
            return None;
        }
        queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop()
    }
}

/// What a client reads from.
pub(super) struct Intake<'a> {
    input: ChildStdin,
    fed: &'a AtomicU64,
    progress: &'a dyn Progress,
}

impl Intake<'_> {
    /// Feeds all that `from` has; `fault` says what it means that it cannot be read.
    pub(super) fn copy<F: Into<SourceError>>(
        &mut self,
        from: &mut impl io::Read,
        fault: impl FnOnce(io::Error) -> F,
    ) -> Result<(), SourceError> {
        let mut buffer = vec![0; PIECE_BYTES];
        loop {
            let count = match from.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(fault(error).into()),
            };
            // A client that ended early says why by itself.
            let taken = self.input.write_all(&buffer[..count]);
            taken.map_err(|_| MariadbFault::Gone { act: "load" })?;
            self.fed.fetch_add(count as u64, Ordering::Relaxed);
            self.progress.advance(0, count as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_of_events_are_found_wherever_the_delimiter_is_changed() {
        let script = b"/*!50003 SET time_zone             = 'SYSTEM' */ ;;\n\
            /*!50003 SET time_zone             = 'Asia/Ho_Chi_Minh' */ ;\n\
            DELIMITER ;;\n\
            /*!50003 SET time_zone             = 'Asia/Tokyo' */ ;;\n\
            /*!50003 SET time_zone             = @saved_time_zone */ ;;";
        assert_eq!(zones(script), BTreeSet::from(["Asia/Ho_Chi_Minh", "Asia/Tokyo"]));
    }

    #[test]
    fn a_time_zone_is_a_name_below_the_folder_of_zones() {
        assert!(is_zone("Asia/Ho_Chi_Minh") && is_zone("Etc/GMT+7"));
        for other in ["SYSTEM", "+07:00", "", "../etc/passwd", "A/../../x"] {
            assert!(!is_zone(other), "{other}");
        }
    }
}
