//! Which packs go, which are repacked, and why. Pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::base::digest::Digest;
use crate::repository::blob::BlobKind;
use crate::repository::id::PackId;

/// So many small packs of a kind are put together even if they do not fill one: each costs a
/// request to read, whatever it holds.
const SMALL_MAX: usize = 32;

/// How far pruning goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// So many hundredths of what packs hold may stay unneeded: the last ones cost most to remove.
    /// At a hundred nothing is written again.
    pub unused_percent: u64,
    /// New packs are closed at this size.
    pub pack_bytes: u64,
    /// Packs below this size are put together.
    pub small_bytes: u64,
    /// Packs that are read and written at the same time.
    pub threads: usize,
}

impl Default for Limits {
    /// As restic: a twentieth may stay. Four threads wait for a remote store well enough, and hold
    /// 200 MiB at most.
    fn default() -> Self {
        Self { unused_percent: 5, pack_bytes: 16 << 20, small_bytes: 4 << 20, threads: 4 }
    }
}

/// A pack that the index lists and the store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackFigures {
    /// Its name.
    pub id: PackId,
    /// What its first blob holds; packs of both kinds are of strangers, and rare.
    pub kind: BlobKind,
    /// Its length in the store.
    pub bytes: u64,
    /// Bytes of its blobs.
    pub content: u64,
    /// Bytes of those that are needed from here.
    pub needed: u64,
}

impl PackFigures {
    fn unneeded(&self) -> u64 {
        self.content.saturating_sub(self.needed)
    }
}

/// Why a pack is repacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Too much in it is needed by no set.
    PartlyNeeded,
    /// It is small, as are others.
    Small,
}

impl Why {
    /// The stable word for `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PartlyNeeded => "partly-needed",
            Self::Small => "small",
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrunePlan {
    /// Packs in which nothing is needed: they go.
    pub unneeded: Vec<PackFigures>,
    /// Packs of which the needed part is written again before they go.
    pub repack: Vec<(PackFigures, Why)>,
    /// Packs that no index lists, with their length: left by runs that were broken off.
    pub unlisted: Vec<(PackId, u64)>,
    /// Packs that the index lists, the store has lost, and nobody needs: taken off the index.
    pub lost: Vec<PackId>,
    /// How many packs stay as they are.
    pub kept: u64,
    /// Their length.
    pub kept_bytes: u64,
    /// What is unneeded in them.
    pub kept_unneeded: u64,
}

impl PrunePlan {
    /// Decides about these packs.
    pub fn new(
        packs: impl IntoIterator<Item = PackFigures>,
        mut unlisted: Vec<(PackId, u64)>,
        mut lost: Vec<PackId>,
        limits: &Limits,
    ) -> Self {
        let (unneeded, needed): (Vec<_>, Vec<_>) =
            packs.into_iter().partition(|pack| pack.needed == 0);
        unlisted.sort_unstable();
        lost.sort_unstable();
        let mut plan = Self { unneeded, unlisted, lost, ..Self::default() };
        plan.unneeded.sort_by_key(|pack| pack.id);
        let kept = plan.take_partly_needed(needed, limits);
        plan.take_small(kept, limits);
        plan.repack.sort_by_key(|(pack, _)| pack.id);
        plan
    }

    /// Takes packs to be repacked, the emptiest first, until little enough stays unneeded.
    fn take_partly_needed(
        &mut self,
        mut packs: Vec<PackFigures>,
        limits: &Limits,
    ) -> Vec<PackFigures> {
        let mut content: u64 = packs.iter().map(|pack| pack.content).sum();
        let mut unneeded: u64 = packs.iter().map(PackFigures::unneeded).sum();
        // In millionths, so that equal shares are equal and the id decides.
        let share = |pack: &PackFigures| {
            u128::from(pack.unneeded()) * 1_000_000 / u128::from(pack.content.max(1))
        };
        packs.sort_by_key(|pack| (Reverse(share(pack)), pack.id));
        let mut kept = Vec::new();
        for pack in packs {
            let much = u128::from(unneeded) * 100
                > u128::from(content) * u128::from(limits.unused_percent);
            if much && pack.unneeded() > 0 {
                unneeded -= pack.unneeded();
                content -= pack.unneeded();
                self.repack.push((pack, Why::PartlyNeeded));
            } else {
                kept.push(pack);
            }
        }
        kept
    }

    /// Takes small packs of a kind, once there are enough of them to be worth it. Who lets all stay
    /// unneeded has no room to write anything again.
    fn take_small(&mut self, packs: Vec<PackFigures>, limits: &Limits) {
        let mut small: BTreeMap<BlobKind, Vec<PackFigures>> = BTreeMap::new();
        for pack in packs {
            if pack.bytes < limits.small_bytes && limits.unused_percent < 100 {
                small.entry(pack.kind).or_default().push(pack);
            } else {
                self.keep(&pack);
            }
        }
        for packs in small.into_values() {
            let together: u64 = packs.iter().map(|pack| pack.bytes).sum();
            if packs.len() > 1 && (together >= limits.pack_bytes || packs.len() >= SMALL_MAX) {
                self.repack.extend(packs.into_iter().map(|pack| (pack, Why::Small)));
            } else {
                for pack in &packs {
                    self.keep(pack);
                }
            }
        }
    }

    fn keep(&mut self, pack: &PackFigures) {
        self.kept += 1;
        self.kept_bytes += pack.bytes;
        self.kept_unneeded += pack.unneeded();
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        let Self { unneeded, repack, unlisted, lost, .. } = self;
        unneeded.is_empty() && repack.is_empty() && unlisted.is_empty() && lost.is_empty()
    }

    /// Packs that the index lists and that go: nothing in them is needed once the rest is written
    /// again.
    pub fn going(&self) -> impl Iterator<Item = PackId> {
        let unneeded = self.unneeded.iter().map(|pack| pack.id);
        let repacked = self.repack.iter().map(|(pack, _)| pack.id);
        unneeded.chain(repacked).chain(self.lost.iter().copied())
    }

    /// Bytes that are written again.
    pub fn bytes_again(&self) -> u64 {
        self.repack.iter().map(|(pack, _)| pack.needed).sum()
    }

    /// Bytes that become free, but for the few of new headers.
    pub fn bytes_freed(&self) -> u64 {
        let unneeded: u64 = self.unneeded.iter().map(|pack| pack.bytes).sum();
        let unlisted: u64 = self.unlisted.iter().map(|(_, bytes)| bytes).sum();
        let repacked: u64 =
            self.repack.iter().map(|(pack, _)| pack.bytes.saturating_sub(pack.needed)).sum();
        unneeded + unlisted + repacked
    }

    /// The digest of all that is to be done: `WHAT PACK` lines, each ended by a line feed, in the
    /// order of the lists here. An intent in the log names the plan by it.
    pub fn digest(&self) -> Digest {
        let mut lines = String::new();
        let mut line = |what: &str, pack: &PackId| {
            // Writing into a text cannot fail.
            let _written = writeln!(lines, "{what} {pack}");
        };
        for pack in &self.unneeded {
            line("unneeded", &pack.id);
        }
        for (pack, why) in &self.repack {
            line(why.as_str(), &pack.id);
        }
        for (pack, _) in &self.unlisted {
            line("unlisted", pack);
        }
        for pack in &self.lost {
            line("lost", pack);
        }
        Digest::of(lines.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { unused_percent: 10, pack_bytes: 1000, small_bytes: 100, threads: 1 };

    fn pack(number: u8, kind: BlobKind, content: u64, needed: u64) -> PackFigures {
        PackFigures { id: PackId(Digest([number; 32])), kind, bytes: content, content, needed }
    }

    fn data(number: u8, content: u64, needed: u64) -> PackFigures {
        pack(number, BlobKind::Data, content, needed)
    }

    /// `unneeded | repacked with why | how many stay`, by the numbers of the packs.
    #[track_caller]
    fn check(packs: &[PackFigures], expected: &str) {
        let plan = PrunePlan::new(packs.iter().copied(), Vec::new(), Vec::new(), &LIMITS);
        let unneeded: Vec<_> = plan.unneeded.iter().map(|one| one.id.0.0[0].to_string()).collect();
        let repack = plan.repack.iter().map(|(one, why)| format!("{}{why:?}", one.id.0.0[0]));
        let repack: Vec<_> = repack.collect();
        let told = format!("{} | {} | {}", unneeded.join(" "), repack.join(" "), plan.kept);
        assert_eq!(told, expected);
        let mut turned = packs.to_vec();
        turned.reverse();
        assert_eq!(PrunePlan::new(turned, Vec::new(), Vec::new(), &LIMITS), plan);
    }

    #[test]
    fn the_emptiest_packs_are_repacked_until_the_rest_is_below_the_limit() {
        check(&[], " |  | 0");
        check(&[data(1, 500, 500), data(2, 500, 0)], "2 |  | 1");
        check(&[data(1, 500, 450), data(2, 500, 450)], " |  | 2");
        check(&[data(1, 500, 449), data(2, 500, 450)], " | 1PartlyNeeded | 1");
        check(
            &[data(1, 500, 100), data(2, 500, 499), data(3, 500, 300)],
            " | 1PartlyNeeded 3PartlyNeeded | 1",
        );
        check(&[data(1, 500, 1), data(2, 5000, 5000)], " |  | 2");
    }

    #[test]
    fn small_packs_are_put_together_once_it_is_worth_it() {
        check(&[data(1, 50, 50), data(2, 50, 50)], " |  | 2");
        let many: Vec<_> = (0..32).map(|number| data(number, 10, 10)).collect();
        let plan = PrunePlan::new(many.clone(), Vec::new(), Vec::new(), &LIMITS);
        assert_eq!((plan.repack.len(), plan.kept), (32, 0));
        let plan = PrunePlan::new(many[1..].to_vec(), Vec::new(), Vec::new(), &LIMITS);
        assert_eq!((plan.repack.len(), plan.kept), (0, 31));
        let full: Vec<_> = (0..11).map(|number| data(number, 99, 99)).collect();
        let plan = PrunePlan::new(full, Vec::new(), Vec::new(), &LIMITS);
        assert_eq!((plan.repack.len(), plan.bytes_freed()), (11, 0));
        // Nothing is written again where all may stay, as on a disk that is full.
        let all = Limits { unused_percent: 100, ..LIMITS };
        let plan = PrunePlan::new(many.clone(), Vec::new(), Vec::new(), &all);
        assert_eq!((plan.repack.len(), plan.kept), (0, 32));
        // Folders and files never share a pack.
        let mut mixed: Vec<_> = (0..31).map(|number| data(number, 10, 10)).collect();
        mixed.push(pack(40, BlobKind::Tree, 10, 10));
        let plan = PrunePlan::new(mixed, Vec::new(), Vec::new(), &LIMITS);
        assert_eq!((plan.repack.len(), plan.kept), (0, 32));
    }
}
