//! Bringing a repository the segments that it lacks and another one has, on record.

use crate::audit::{Deed, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Fault as _, FaultKind};
use crate::job::fault::JobFault;
use crate::job::site::Site;
use crate::repository::segment::Lacking;
use crate::repository::{Repository, RepositoryError};

/// What a repository lacks, and what became of it.
#[derive(Debug, Default)]
pub struct Copied {
    /// Files that it lacks, of which it has less, or that are damaged there.
    pub lacking: Vec<Lacking>,
    /// How many of them were brought whole.
    pub files: u64,
    /// Those of them that were damaged there, by name, and are whole now.
    pub healed: Vec<String>,
    /// Plain bytes that were brought.
    pub bytes: u64,
    /// Files that are damaged here or other there, by name.
    pub refused: Vec<(String, RepositoryError)>,
    /// What ended it before all were tried.
    pub fault: Option<AnyFault>,
}

impl Copied {
    /// How it ended.
    pub fn exit(&self) -> ExitCode {
        match (&self.fault, self.refused.is_empty()) {
            (Some(fault), _) => fault.exit(),
            (None, false) => ExitCode::Integrity,
            (None, true) => ExitCode::Done,
        }
    }

    /// How many of the files that it lacks are there, damaged.
    pub fn damaged(&self) -> u64 {
        self.lacking.iter().filter(|one| one.is_damaged).count() as u64
    }

    fn outcome(&self) -> Outcome {
        let outcome = match (&self.fault, self.refused.first()) {
            (Some(fault), _) => Outcome::fault(fault.as_ref()),
            (None, Some((_, fault))) => Outcome::fault(fault),
            (None, None) => Outcome::done(),
        };
        let refused: Vec<_> = self.refused.iter().take(50).map(|(name, _)| name.clone()).collect();
        let healed: Vec<_> = self.healed.iter().take(50).cloned().collect();
        let outcome = outcome.fact("files", self.files).fact("bytes", self.bytes);
        outcome.fact("healed", healed).fact("refused", refused)
    }
}

/// What [`copy`] would bring. Changes nothing.
pub fn plan(site: &Site, from: &str, to: &str, read: bool) -> Result<Copied, AnyFault> {
    let (_, _, copied) = look(site, from, to, read)?;
    Ok(copied)
}

/// Brings `to` what it lacks of the logs in `from`. Damage keeps one file back, and no other. With
/// `read`, all that `to` has is read as well: what is damaged there is brought anew, and what can
/// be read is never replaced.
pub fn copy(site: &Site, from: &str, to: &str, read: bool) -> Result<Copied, AnyFault> {
    let log = site.log()?;
    let (source, target, found) = look(site, from, to, read)?;
    if found.lacking.is_empty() {
        return Ok(found);
    }
    let bytes = found.lacking.iter().map(|one| one.bytes).fold(0, u64::saturating_add);
    let deed = Deed::new("wal.copy", to)
        .fact("from", from)
        .fact("files", found.lacking.len() as u64)
        .fact("damaged", found.damaged())
        .fact("bytes", bytes);
    site.recorded(&log, deed, || {
        let mut copied = found;
        for one in &copied.lacking {
            // What was brought before stays, and is told.
            if let Err(fault) = site.go_on() {
                copied.fault = Some(fault.into());
                break;
            }
            match source.copy_log(&target, one) {
                Ok(added) => {
                    copied.files += 1;
                    copied.bytes = copied.bytes.saturating_add(added);
                    if one.is_damaged {
                        copied.healed.push(one.file.to_string());
                    }
                }
                Err(fault) if fault.kind() == FaultKind::Integrity => {
                    copied.refused.push((one.file.to_string(), fault));
                }
                Err(fault) => {
                    copied.fault = Some(fault.into());
                    break;
                }
            }
        }
        let outcome = copied.outcome();
        Ok((copied, outcome))
    })
}

fn look(
    site: &Site,
    from: &str,
    to: &str,
    read: bool,
) -> Result<(Repository, Repository, Copied), AnyFault> {
    let (source, target) = (site.open(from)?, site.open(to)?);
    // By their ids: two names may lead to one repository.
    if source.id() == target.id() {
        return Err(JobFault::SameRepository { repository: to.to_owned() }.into());
    }
    let mut lacking = source.logs_lacking(&target)?;
    if read {
        lacking.extend(source.logs_damaged(&target, &site.cancel)?);
        site.go_on()?;
    }
    Ok((source, target, Copied { lacking, ..Copied::default() }))
}
