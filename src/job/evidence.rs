//! Sealing bytes as evidence: kept under their digest, told in the audit log.
//!
//! When [`seal`] returns, the bytes are on the disk and the log says whose they are. What has been
//! sealed is never written again, so the same bytes twice are one file.

use std::path::PathBuf;

use crate::audit::{Deed, Outcome};
use crate::base::digest::Digest;
use crate::base::fault::{AnyFault, Args, Fault, FaultKind};
use crate::job::site::Site;
use crate::world::files;

/// Readable by duphong, writable by nobody: a slip of the hand does not change evidence.
const MODE: u32 = 0o400;

/// Keeps `bytes` in the evidence folder and records what they are.
pub fn seal(site: &Site, bytes: &[u8], media_type: &str, what: &str) -> Result<Digest, AnyFault> {
    let log = site.log()?;
    let digest = Digest::of(bytes);
    let deed = Deed::new("evidence.seal", digest.to_string())
        .fact("bytes", bytes.len() as u64)
        .fact("media-type", media_type)
        .fact("what", what);
    site.recorded(&log, deed, || {
        keep(site, digest, bytes)?;
        Ok((digest, Outcome::done()))
    })
}

/// Where the evidence of this digest lies.
pub fn place(site: &Site, digest: Digest) -> PathBuf {
    site.settings.evidence_dir().join(digest.to_string())
}

/// The bytes of this digest, proven to be what was sealed.
pub fn read(site: &Site, digest: Digest) -> Result<Vec<u8>, AnyFault> {
    let path = place(site, digest);
    let bytes = files::read(&path)?;
    if Digest::of(&bytes) == digest { Ok(bytes) } else { Err(Altered { path }.into()) }
}

fn keep(site: &Site, digest: Digest, bytes: &[u8]) -> Result<(), AnyFault> {
    let path = place(site, digest);
    if path.exists() {
        return read(site, digest).map(|_| ());
    }
    files::create_private_dir(&site.settings.evidence_dir())?;
    // Its own name for each writer: two who seal the same bytes at once do not meet in one file.
    let mut nonce = [0; 8];
    site.world.entropy.fill(&mut nonce);
    let temporary = path.with_extension(format!("{}.tmp", data_encoding::HEXLOWER.encode(&nonce)));
    let written = files::write_synced(&temporary, bytes, MODE)
        .and_then(|()| files::rename_durably(&temporary, &path));
    if written.is_err() {
        // A full disk needs its bytes back; what cannot be removed is only a leftover.
        let _left = std::fs::remove_file(&temporary);
    }
    Ok(written?)
}

/// Sealed bytes are not what they were.
#[derive(Debug, thiserror::Error)]
#[error("evidence `{}` does not match its digest", path.display())]
pub struct Altered {
    /// The file.
    pub path: PathBuf,
}

impl Fault for Altered {
    fn kind(&self) -> FaultKind {
        FaultKind::Integrity
    }

    fn code(&self) -> &'static str {
        "job.evidence-altered"
    }

    fn args(&self) -> Args {
        Args::none().text("path", self.path.display())
    }
}
