//! Replaying a part of a log on a server that a set was loaded into.
//!
//! The maker's program turns the events into statements, and the stock client runs them. Where the
//! part ends was decided before, as a place between two transactions: no clock of a server, no time
//! zone and no order of numbers has a say in it any more.

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::binlog::span::Span;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::load::Work;
use crate::source::mariadb::session::Session;
use crate::source::mariadb::tools::Tool;
use crate::world::World;

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
    let mut reader = Tool::find_plain(target.bin_dir.as_deref(), &["mariadb-binlog"])?
        .arg("--no-defaults")
        // In what order numbers stand was production's business; that none is missing was checked.
        .args(["--skip-gtid-strict-mode", "--verify-binlog-checksum"])
        .arg(format!("--database={}", target.database))
        .arg(format!("--start-position={}", span.from))
        .arg(format!("--stop-position={}", span.to))
        .args(&span.files)
        .start()
        .map_err(MariadbFault::Load)?;
    let mut output = reader.take_stdout();
    let work = Work { target, world, cancel, progress };
    work.client(
        |intake| intake.copy(&mut output, |_| MariadbFault::Gone { act: "replay" }),
        Some(reader),
    )
}
