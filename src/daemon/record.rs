//! The daemon's own reading of the audit log: what ran, and how things stand.
//!
//! Follows the log as it grows, so that a look costs only what is new. Reading takes no lock.

use std::path::PathBuf;
use std::sync::Arc;

use crate::audit::Reader;
use crate::base::fault::Fault as _;
use crate::job::site::Site;
use crate::scheduler::ledger::Ledger;
use crate::view::Now;
use crate::world::files;

/// With less free space than this the next entry may not fit: an entry of many damages takes a
/// few kilobytes, a tile as many.
const FREE_MIN: u64 = 64 * 1024;

/// What was read so far.
pub(super) struct Record {
    folder: PathBuf,
    read: u64,
    ledger: Ledger,
    now: Arc<Now>,
}

impl Record {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, read: 0, ledger: Ledger::default(), now: Arc::default() }
    }

    /// When each job last ran.
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// How things stand.
    pub(super) fn now(&self) -> Arc<Now> {
        Arc::clone(&self.now)
    }

    /// Reads what is new. Returns the code of what keeps the log from being read, or from being
    /// written as far as can be seen without writing.
    pub(super) fn look(&mut self, site: &Site) -> Result<(), &'static str> {
        self.follow().map_err(|fault| fault.code())?;
        match files::free_bytes(&self.folder) {
            Err(fault) => return Err(fault.code()),
            Ok(free) if free < FREE_MIN => return Err("file.disk-full"),
            Ok(_) => {}
        }
        // Taking the log's lock needs the right to write in its folder.
        let log = site.log().map_err(|fault| fault.code())?;
        log.head().map(|_| ()).map_err(|fault| fault.code())
    }

    fn follow(&mut self) -> Result<(), crate::audit::AuditError> {
        let reader = Reader::open(&self.folder)?;
        for entry in reader.range(self.read..reader.size()) {
            let entry = entry?;
            self.ledger.take(&entry);
            // Whoever still reads the state of before keeps it.
            Arc::make_mut(&mut self.now).take(&entry);
            self.read = entry.seq + 1;
        }
        Ok(())
    }
}
