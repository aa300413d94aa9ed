//! A live tree beside the set: all of it is walked and counted, and the files that are drawn are
//! compared.

use crate::base::fault::AnyFault;
use crate::base::manifest::Manifest;
use crate::config::settings::Tree;
use crate::job::site::Site;
use crate::job::spot::{Request, SLACK_MIN, TreeSpot, is_outside};
use crate::repository::browse::{Browser, shown};
use crate::repository::spot::{Beside, Drawn, Look, look};
use crate::repository::survey_each;

/// What every tree is looked at with.
pub(super) struct Sample<'a> {
    pub(super) site: &'a Site,
    pub(super) browser: &'a Browser<'a>,
    pub(super) manifest: &'a Manifest,
    pub(super) request: &'a Request,
    pub(super) seed: u64,
}

impl Sample<'_> {
    /// Walks the tree, draws files from all of them alike, and looks at each.
    pub(super) fn look(
        &self,
        beside: &Beside<'_>,
        tree: &Tree,
        seen: &mut TreeSpot,
    ) -> Result<(), AnyFault> {
        let cancel = &self.site.cancel;
        let (mut drawn, mut random, mut number) = (Vec::<Drawn>::new(), Random(self.seed), 0_u64);
        let survey = survey_each(beside.folder, &tree.exclude, cancel, &mut |found| {
            number += 1;
            // Each file is in the sample with the same chance, however many there are.
            if drawn.len() < self.request.files {
                drawn.push(found.into());
                return;
            }
            let place = usize::try_from(random.below(number)).unwrap_or(usize::MAX);
            if let Some(one) = drawn.get_mut(place) {
                *one = found.into();
            }
        })?;
        seen.live = (survey.files, survey.bytes);
        let known = |path: &str| self.manifest.skipped.iter().any(|one| one.path == path);
        for one in survey.skipped.into_iter().filter(|one| !known(&one.path)) {
            seen.unread.add((one.path, one.reason));
        }
        let tolerance = self.request.tolerance;
        let megabyte = 1 << 20;
        seen.is_outside = is_outside(seen.noted.0, seen.live.0, tolerance, SLACK_MIN)
            || is_outside(seen.noted.1, seen.live.1, tolerance, SLACK_MIN * megabyte);
        for one in &drawn {
            self.site.go_on()?;
            self.take(look(self.browser, beside, one, cancel)?, one, beside, seen);
        }
        Ok(())
    }

    fn take(&self, look: Look, drawn: &Drawn, beside: &Beside<'_>, seen: &mut TreeSpot) {
        let live = beside.folder.join(std::path::Path::new(&shown(&drawn.path)));
        let was_skipped =
            || self.manifest.skipped.iter().any(|one| one.path == live.display().to_string());
        let path = || format!("{}/{}", beside.place, shown(&drawn.path));
        match look {
            Look::Same(bytes) => {
                seen.same.0 += 1;
                seen.same.1 += bytes;
            }
            Look::Differs => seen.findings.add((path(), "differs")),
            Look::Damaged => seen.findings.add((path(), "damaged")),
            // The set has said so itself.
            Look::Absent if was_skipped() => seen.moved += 1,
            Look::Absent => seen.findings.add((path(), "absent")),
            Look::Changed | Look::Fresh | Look::Gone => seen.moved += 1,
            Look::Unread(reason) => seen.unread.add((path(), reason)),
        }
    }
}

/// Numbers that follow from a seed (splitmix64): for a draw that can be repeated, never for keys.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit.max(1)
    }
}
