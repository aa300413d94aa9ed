//! A live tree beside the set: all of it is walked and counted, and the files that are drawn are
//! compared.

use std::cmp::Reverse;

use crate::base::fault::AnyFault;
use crate::config::settings::Tree;
use crate::job::site::Site;
use crate::job::spot::said::Said;
use crate::job::spot::{Apart, Request, SLACK_MIN, TreeSpot, is_outside};
use crate::repository::browse::{Browser, shown};
use crate::repository::spot::{Beside, Drawn, Look, look};
use crate::repository::survey_beyond;

/// What every tree is looked at with.
pub(super) struct Sample<'a> {
    pub(super) site: &'a Site,
    pub(super) browser: &'a Browser<'a>,
    pub(super) said: Said<'a>,
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
        let (folder, exclude) = (beside.folder, &tree.exclude);
        let (survey, left_out) = survey_beyond(folder, exclude, cancel, &mut |found| {
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
        seen.left_out = left_out;
        seen.left_out.retain(|one| one.files + one.closed > 0);
        seen.left_out.sort_by_key(|one| Reverse((one.bytes, one.files)));
        for (path, why) in survey.skipped {
            if self.said.names(&path) {
                seen.apart.add((path, Apart::LeftOut));
            } else {
                seen.unread.add((path, why.into()));
            }
        }
        let tolerance = self.request.tolerance;
        let megabyte = 1 << 20;
        seen.is_outside = is_outside(seen.noted.0, seen.live.0, tolerance, SLACK_MIN)
            || is_outside(seen.noted.1, seen.live.1, tolerance, SLACK_MIN * megabyte);
        for one in &drawn {
            self.site.go_on()?;
            take(
                &self.said,
                look(self.browser, beside, one, cancel)?,
                &one.path,
                beside.place,
                seen,
            );
        }
        Ok(())
    }
}

/// Notes what came of a file. What the set itself claims nothing of is neither equal nor a finding.
fn take(said: &Said<'_>, look: Look, drawn: &[u8], place: &str, seen: &mut TreeSpot) {
    let path = || format!("{place}/{}", shown(drawn));
    let apart = match look {
        // Damage is damage, whatever the set says of the file.
        Look::Damaged | Look::Unread(_) | Look::Gone => None,
        Look::Absent | Look::Fresh => said.of_absent(drawn),
        Look::Same(_) | Look::Differs | Look::Changed => said.of_stored(drawn),
    };
    if let Some(apart) = apart {
        return seen.apart.add((path(), apart));
    }
    match look {
        Look::Same(bytes) => {
            seen.same.0 += 1;
            seen.same.1 += bytes;
        }
        Look::Differs => seen.findings.add((path(), "differs")),
        Look::Damaged => seen.findings.add((path(), "damaged")),
        Look::Absent => seen.findings.add((path(), "absent")),
        Look::Changed | Look::Fresh | Look::Gone => seen.moved += 1,
        Look::Unread(error) => seen.unread.add((path(), error.into())),
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::base::manifest::Skipped;
    use crate::repository::UNSTEADY;

    #[test]
    fn what_the_set_claims_nothing_of_is_neither_equal_nor_wrong_but_damage_is_damage() {
        let skipped = ["log", "shut"]
            .map(|name| Skipped { path: format!("/m/{name}"), reason: UNSTEADY.to_owned() });
        let has = |path: &[u8]| path != b"shut";
        let said = Said::of(&skipped, Path::new("/m"), &has);
        let check = |look: Look, path: &str, same, moved, findings, apart| {
            let mut seen = TreeSpot::default();
            take(&said, look, path.as_bytes(), "media/tep", &mut seen);
            let found = (seen.same.0, seen.moved, seen.findings.count, seen.apart.count);
            assert_eq!(found, (same, moved, findings, apart), "{path}");
        };
        check(Look::Same(3), "a", 1, 0, 0, 0);
        check(Look::Differs, "a", 0, 0, 1, 0);
        check(Look::Absent, "a", 0, 0, 1, 0);
        check(Look::Changed, "a", 0, 1, 0, 0);
        for look in [Look::Same(3), Look::Differs, Look::Changed] {
            check(look, "log", 0, 0, 0, 1);
        }
        check(Look::Damaged, "log", 0, 0, 1, 0);
        check(Look::Gone, "log", 0, 1, 0, 0);
        check(Look::Absent, "shut/a", 0, 0, 0, 1);
        check(Look::Fresh, "shut/a", 0, 0, 0, 1);
    }
}
