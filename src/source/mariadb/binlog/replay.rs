//! Replaying a part of a log on a server that a set was loaded into.
//!
//! The maker's program turns the events into statements, and the stock client runs them. Where the
//! part ends was decided before, as a place between two transactions: no clock of a server, no time
//! zone and no order of numbers has a say in it any more.

use std::io::{self, Read as _, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::binlog::span::Span;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::load::STILL_MAX;
use crate::source::mariadb::session::{CLIENT, Session, told};
use crate::source::mariadb::tools::{OptionsFile, Tool};
use crate::world::World;
use crate::world::process::Running;

/// How often a running replay is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Programs that have nothing left to do only end.
const END_MAX: Duration = Duration::from_mins(1);

/// Read from the one program and fed to the other at once.
const PIECE_BYTES: usize = 256 << 10;

/// Replays the changes of `target`'s database in `span`.
///
/// The target must be what the log's begin found: a set that was just loaded, under the database's
/// own name, on a server that writes no log of its own, for what it wrote there would have the
/// numbers of the old one. After a fault the target holds a part.
pub fn replay(
    span: &Span,
    target: &Settings,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    let mut session = Session::open(target, world)?;
    if session.value("ask for the binary log", "SELECT @@log_bin")? == "1" {
        return Err(MariadbFault::LogOnTarget { server: target.server() }.into());
    }
    if span.transactions == 0 {
        return Ok(());
    }
    progress.phase("phase-load");
    let reader = Tool::find_plain(target.bin_dir.as_deref(), &["mariadb-binlog"])?
        .arg("--no-defaults")
        // In what order numbers stand was production's business; that none is missing was checked.
        .args(["--skip-gtid-strict-mode", "--verify-binlog-checksum"])
        .arg(format!("--database={}", target.database))
        .arg(format!("--start-position={}", span.from))
        .arg(format!("--stop-position={}", span.to))
        .args(&span.files)
        .start()
        .map_err(MariadbFault::Load)?;
    let tool = Tool::find(target.bin_dir.as_deref(), &CLIENT, None, world)?;
    let options = OptionsFile::write(target, tool.family, world)?;
    let client = tool
        .client(&options)
        .args(["--batch", "--comments", "--binary-mode", "--skip-reconnect"])
        .arg("--max-allowed-packet=1G")
        .arg(format!("--database={}", target.database))
        .fed()
        .start()
        .map_err(MariadbFault::Load)?;
    pump(reader, client, world, cancel, progress)
}

/// Feeds the one program with what the other writes, until both have ended.
fn pump(
    mut reader: Running,
    mut client: Running,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    let mut output = reader.take_stdout();
    let input = client.take_stdin();
    let mut answers = client.take_stdout();
    let fed = &AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(move || io::copy(&mut answers, &mut io::sink()));
        scope.spawn(move || {
            let Some(mut input) = input else { return };
            let mut piece = vec![0; PIECE_BYTES];
            // Whichever program ended early says why by itself.
            while let Ok(count @ 1..) = output.read(&mut piece) {
                if input.write_all(&piece[..count]).is_err() {
                    return;
                }
                fed.fetch_add(count as u64, Ordering::Relaxed);
                progress.advance(0, count as u64);
            }
        });
        let mut heard = (0, world.clock.monotonic());
        while client.is_running() {
            let (now, bytes) = (world.clock.monotonic(), fed.load(Ordering::Relaxed));
            if bytes != heard.0 {
                heard = (bytes, now);
            }
            let is_still = now.since(heard.1) >= STILL_MAX;
            if cancel.is_cancelled() || is_still {
                drop((client, reader));
                if is_still {
                    let seconds = STILL_MAX.as_secs();
                    return Err(MariadbFault::LoadStill { seconds }.into());
                }
                return Err(SourceError::Cancelled);
            }
            world.clock.sleep(LOOK);
        }
        let ended = client.finish(world.clock.as_ref(), END_MAX);
        ended.map_err(|failure| MariadbFault::Load(told(failure)))?;
        // It has said all, or it says why not.
        let read = reader.finish(world.clock.as_ref(), END_MAX);
        read.map_err(|failure| MariadbFault::Load(failure).into())
    })
}
