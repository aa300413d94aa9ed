//! Taking a file of a log into the repositories of its portal.
//!
//! Every repository is tried, also where one alone would do: what one of them lacks must be brought
//! by copy later. A repository that fails takes no further part in this file; the next file tries
//! it again. Bytes that differ from what any of them keeps end it for all.

use std::io::Read as _;
use std::path::Path;

use crate::audit::{Deed, Outcome};
use crate::base::fault::{AnyFault, Fault as _, chain};
use crate::config::settings::DurableIn;
use crate::job::site::Site;
use crate::job::wal::brought::{Brought, check, check_length};
use crate::job::wal::fault::WalFault;
use crate::job::wal::{database, place};
use crate::repository::segment::{LogFile, PIECE_MAX};
use crate::repository::{Repository, RepositoryError};
use crate::source::postgres::wal::{Kind, Name};
use crate::world::files::FileError;

/// The repositories of one database's log, opened. May be kept and used for many files; after a
/// fault it is to be opened anew, since the fault may be that of a connection.
#[derive(Debug)]
pub struct Receiver {
    durable_in: DurableIn,
    targets: Vec<(String, Result<Repository, Unopened>)>,
}

/// Why a repository could not be opened.
#[derive(Debug)]
struct Unopened(AnyFault);

/// What became of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Plain bytes that were kept in some repository and were not before. None: it was known.
    pub added: u64,
    /// Repositories that have all of it now.
    pub complete: usize,
    /// Repositories that lack it, or some of it.
    pub lacking: usize,
}

impl Receiver {
    /// Opens the repositories of the database `PORTAL/DATABASE`.
    pub fn open(site: &Site, named: &str) -> Result<Self, AnyFault> {
        let (portal, wal) = database(site, named)?;
        let open = |name: &String| (name.clone(), site.open(name).map_err(Unopened));
        let targets = portal.snapshot.to.iter().map(open).collect();
        Ok(Self { durable_in: wal.durable_in, targets })
    }

    /// Whether all could be opened.
    pub fn is_whole(&self) -> bool {
        self.targets.iter().all(|(_, opened)| opened.is_ok())
    }

    /// Begins to take a file of this system, which is to have `length` bytes.
    pub fn begin(&self, system: u64, name: &Name, length: u64) -> Result<Receiving<'_>, AnyFault> {
        check_length(name, length)?;
        let file = place(system, name)?;
        let takers = self.targets.iter().map(|(name, opened)| Taker { name, opened, fault: None });
        let (takers, name) = (takers.collect(), name.clone());
        let durable_in = self.durable_in;
        Ok(Receiving { durable_in, takers, system, name, file, length, taken: 0, added: 0 })
    }
}

/// Keeps a file without the daemon, on record.
pub fn push(site: &Site, named: &str, mut brought: Brought) -> Result<Receipt, AnyFault> {
    let deed = Deed::new("wal.push", named)
        .fact("system", brought.system.to_string())
        .fact("name", brought.name.as_str());
    site.protective(deed, |_| {
        let receiver = Receiver::open(site, named)?;
        let (name, length) = (brought.name.clone(), brought.length);
        let mut receiving = receiver.begin(brought.system, &name, length)?;
        loop {
            let mut bytes = Vec::new();
            let read = brought.by_ref().take(PIECE_MAX).read_to_end(&mut bytes);
            read.map_err(FileError::io("read", Path::new(name.as_str())))?;
            if bytes.is_empty() {
                break;
            }
            receiving.take(&bytes)?;
        }
        let receipt = receiving.finish()?;
        let outcome = Outcome::done()
            .fact("bytes", receipt.added)
            .fact("complete", receipt.complete as u64)
            .fact("lacking", receipt.lacking as u64);
        Ok((receipt, outcome))
    })
}

/// A file that is being taken.
#[derive(Debug)]
pub struct Receiving<'r> {
    durable_in: DurableIn,
    takers: Vec<Taker<'r>>,
    system: u64,
    name: Name,
    file: LogFile,
    length: u64,
    taken: u64,
    added: u64,
}

#[derive(Debug)]
struct Taker<'r> {
    name: &'r str,
    opened: &'r Result<Repository, Unopened>,
    fault: Option<RepositoryError>,
}

impl Receiving<'_> {
    /// Takes the next bytes. The first ones hold the whole header of a segment.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), AnyFault> {
        let is_segment = matches!(self.name.kind, Kind::Segment(_) | Kind::Partial(_));
        if self.taken == 0 && is_segment {
            let found = check(&self.name, bytes, self.length)?;
            if found != self.system {
                let (name, announced) = (self.name.as_str().to_owned(), self.system);
                return Err(WalFault::OtherSystem { name, found, announced }.into());
            }
        }
        let end = self.taken + bytes.len() as u64;
        if end > self.length {
            let name = self.name.as_str().to_owned();
            return Err(WalFault::Length { name, length: end }.into());
        }
        let mut added = 0;
        for taker in &mut self.takers {
            let (Ok(repository), None) = (taker.opened, &taker.fault) else { continue };
            match repository.keep_log(&self.file, self.taken, bytes) {
                Ok(kept) => added = added.max(kept.added),
                Err(fault @ RepositoryError::SegmentDiffers { .. }) => return Err(fault.into()),
                Err(fault) => {
                    let (repository, error) = (taker.name, chain(&fault));
                    let (name, code) = (self.name.as_str(), fault.code());
                    tracing::warn!(repository, name, code, "A segment is not kept: {error}.");
                    taker.fault = Some(fault);
                }
            }
        }
        self.taken = end;
        self.added += added;
        Ok(())
    }

    /// Ends it: all was taken, and is durable in as many repositories as the configuration wants.
    pub fn finish(self) -> Result<Receipt, AnyFault> {
        if self.taken != self.length {
            let name = self.name.as_str().to_owned();
            return Err(WalFault::Length { name, length: self.taken }.into());
        }
        let whole = |taker: &&Taker<'_>| taker.opened.is_ok() && taker.fault.is_none();
        let complete = self.takers.iter().filter(whole).count();
        let lacking = self.takers.len() - complete;
        let enough = match self.durable_in {
            DurableIn::All => lacking == 0,
            DurableIn::One => complete > 0,
        };
        if enough {
            return Ok(Receipt { added: self.added, complete, lacking });
        }
        for taker in self.takers {
            match (taker.fault, taker.opened) {
                (Some(fault), _) => return Err(fault.into()),
                (None, Err(Unopened(fault))) => {
                    let (repository, code) = (taker.name.to_owned(), fault.code());
                    let detail = chain(fault.as_ref());
                    return Err(WalFault::Unopened { repository, code, detail }.into());
                }
                (None, Ok(_)) => {}
            }
        }
        Err(RepositoryError::Bug("a segment without repositories").into())
    }
}
