//! What of a restore is sealed, and what opens it.

use crate::base::fault::AnyFault;
use crate::base::manifest::{Manifest, SealedPart};
use crate::config::settings::Portal;
use crate::job::fault::JobFault;
use crate::job::restore::Request;
use crate::job::site::{Layout, Site};
use crate::job::unseal::{self, Area, Opener};
use crate::repository::restore::Restored;
use crate::repository::{Repository, SnapshotId};
use crate::seal::Identities;
use crate::seal::error::SealError;

/// What of the set a restore brings, as far as it may be sealed.
pub(super) struct Sealed {
    /// Paths of the set that were asked for; everything if empty.
    only: Vec<String>,
    /// What opens it; nothing was given where absent.
    pub(super) identities: Option<Identities>,
}

impl Sealed {
    /// Refused before anything is written: an identity that opens none of what is asked for, and a
    /// restore over what stands there, in which plain files would stand beside the sealed ones of
    /// the set as if they were others.
    pub(super) fn find(
        portal: &Portal,
        manifest: &Manifest,
        request: &Request,
    ) -> Result<Self, AnyFault> {
        // Tables come out of the dump of their database, and nothing else does.
        let databases = request.databases.iter();
        let dumps = databases.map(|(name, _)| Layout::database(name)).collect();
        let asked = if request.tables.is_empty() { request.only.clone() } else { dumps };
        let only = asked.iter().flat_map(|path| places(manifest, path)).collect();
        let mut sealed = Self { only, identities: None };
        let here = sealed.here(request, &manifest.sealed);
        let Some(first) = here.first() else { return Ok(sealed) };
        if request.over.is_some() || request.delete {
            return Err(JobFault::SealedOver { part: first.part.clone() }.into());
        }
        let source = request.identity.as_ref().or(portal.identity.as_ref());
        let Some(identities) = source.map(unseal::identities).transpose()? else {
            return Ok(sealed);
        };
        if !here.iter().any(|part| identities.open_for(&part.recipients)) {
            return Err(SealError::WrongIdentity.into());
        }
        sealed.identities = Some(identities);
        Ok(sealed)
    }

    /// What is asked for and stays sealed.
    pub(super) fn left(&self, request: &Request, manifest: &Manifest) -> Vec<SealedPart> {
        let (_, left) = unseal::divide(manifest, self.identities.as_ref());
        self.here(request, left).into_iter().cloned().collect()
    }

    /// What is asked for and will be opened.
    pub(super) fn opening<'m>(
        &self,
        request: &Request,
        manifest: &'m Manifest,
    ) -> Vec<&'m SealedPart> {
        let (opening, _) = unseal::divide(manifest, self.identities.as_ref());
        self.here(request, opening)
    }

    /// Opens what is sealed of what was restored. How many files that were, and their plain bytes.
    pub(super) fn open(
        &self,
        site: &Site,
        request: &Request,
        (repository, set): (&Repository, &SnapshotId),
        manifest: &Manifest,
        report: &mut Restored,
    ) -> Result<(u64, u64), AnyFault> {
        let (opening, _) = unseal::divide(manifest, self.identities.as_ref());
        let Some(identities) = self.identities.as_ref().filter(|_| !opening.is_empty()) else {
            return Ok((0, 0));
        };
        let (cancel, progress) = (&site.cancel, site.progress.as_ref());
        let opener = Opener { repository, set, identities, cancel, progress };
        let area = self.area(request);
        let result = opener.open(&opening, &area)?;
        for mut lost in result.lost {
            // As the restore tells it, which may have done so already.
            lost.path = area.below_target(&lost.path);
            if !report.lost.iter().any(|told| told.path == lost.path) {
                report.lost.push(lost);
            }
        }
        let bytes = result.files.values().map(|plain| plain.bytes).sum();
        Ok((result.files.len() as u64, bytes))
    }

    fn area<'a>(&'a self, request: &'a Request) -> Area<'a> {
        let from = request.from.as_deref().unwrap_or_default();
        Area { target: &request.target, from, only: &self.only }
    }

    fn here<'a>(
        &self,
        request: &Request,
        parts: impl IntoIterator<Item = &'a SealedPart>,
    ) -> Vec<&'a SealedPart> {
        let area = self.area(request);
        let is_here = |part: &&SealedPart| part.places.iter().any(|place| area.touches(place));
        parts.into_iter().filter(is_here).collect()
    }
}

/// What a path means where it is the name of a sealed database: the files of its dump.
pub(super) fn places(manifest: &Manifest, path: &str) -> Vec<String> {
    match manifest.sealed(&unseal::normal(path)) {
        Some(part) => part.places.clone(),
        None => vec![path.to_owned()],
    }
}
