//! Replaying a part of a log on a server that a set was loaded into.
//!
//! The maker's program turns the events into statements, and the stock client runs them. Where the
//! part ends was decided before, as a place between two transactions: no clock of a server, no time
//! zone and no order of numbers has a say in it any more.

use crate::base::cancel::Cancel;
use crate::base::progress::Progress;
use crate::source::error::SourceError;
use crate::source::mariadb::Settings;
use crate::source::mariadb::binlog::look::takes_log;
use crate::source::mariadb::binlog::server;
use crate::source::mariadb::binlog::span::Span;
use crate::source::mariadb::fault::MariadbFault;
use crate::source::mariadb::load::Work;
use crate::source::mariadb::session::Session;
use crate::source::mariadb::tools::Family;
use crate::world::World;

/// Replays the changes of `target`'s database in `span`.
///
/// The target must be what the log's begin found: a set that was just loaded, under the database's
/// own name, on a server of the log's maker. One of MariaDB may write no log of its own, for what it
/// wrote there would have the numbers of the old one; one of MySQL gives them new numbers. After a
/// fault the target holds a part.
pub fn replay(
    span: &Span,
    target: &Settings,
    world: &World,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    let mut session = Session::open(target, world)?;
    takes_log(&mut session, target)?;
    if span.transactions == 0 {
        return Ok(());
    }
    progress.phase("phase-load");
    let numbers = match session.family {
        // In what order numbers stand was production's business; that none is missing was checked.
        Family::Mariadb => "--skip-gtid-strict-mode",
        Family::Mysql => "--skip-gtids",
    };
    let mut reader = server::reader(target, session.family, world)?
        .args(["--no-defaults", numbers, "--verify-binlog-checksum"])
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
