//! From which place a needed blob is taken when it lies in several.
//!
//! From the pack with the smallest share of what nobody needs. So the packs that a broken-off prune
//! has written, in which all is needed, win over those that they were to replace, and a second run
//! does not write them again.
//!
//! Memory: 60 bytes a pack, and 8 bytes for each blob that is not taken from its first place.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::repository::blob::BlobKind;
use crate::repository::error::RepositoryError;
use crate::repository::id::PackId;
use crate::repository::index::{Index, Location};
use crate::repository::prune::plan::PackFigures;
use crate::repository::prune::stock::Stock;

/// What was counted of a pack.
#[derive(Clone, Copy, Debug)]
struct Tally {
    kind: BlobKind,
    content: u64,
    /// Bytes of blobs that nobody needs, here or elsewhere.
    waste: u64,
    /// Bytes of blobs that are needed from here.
    needed: u64,
}

/// Where needed blobs are taken from.
#[derive(Debug, Default)]
pub(super) struct Homes {
    /// The number of a blob, ascending, and which of its places it is; blobs that are not here are
    /// taken from their first place.
    elsewhere: Vec<(u32, u32)>,
    tallies: HashMap<PackId, Tally>,
}

impl Homes {
    /// Finds a place for every needed blob, or names a pack that is lost.
    pub(super) fn find(stock: &Stock<'_>) -> Result<Self, RepositoryError> {
        let mut homes = Self::default();
        for (number, first) in stock.index.blobs().enumerate() {
            let needed = stock.needed.has(number);
            for place in stock.index.find_all(first.blob.kind, &first.blob.id) {
                homes.count(&place, needed);
            }
        }
        for (number, first) in stock.needed_blobs() {
            let places = stock.index.find_all(first.blob.kind, &first.blob.id).enumerate();
            let good = places.filter(|(_, place)| stock.is_there(&place.pack));
            let home = good.min_by_key(|(_, place)| homes.rank(place));
            let (nth, home) = home.ok_or_else(|| stock.lost(&first))?;
            if let Some(tally) = homes.tallies.get_mut(&home.pack) {
                tally.needed += u64::from(home.blob.length);
            }
            if nth > 0 {
                homes.elsewhere.push((short(number), short(nth)));
            }
        }
        Ok(homes)
    }

    /// The place from which the blob of this number is taken, whose first place is `first`.
    pub(super) fn of(&self, index: &Index, number: usize, first: &Location) -> Location {
        let wanted = short(number);
        let Ok(at) = self.elsewhere.binary_search_by_key(&wanted, |(number, _)| *number) else {
            return *first;
        };
        let mut places = index.find_all(first.blob.kind, &first.blob.id);
        let place = places.nth(self.elsewhere[at].1 as usize);
        place.expect("nothing is ever taken out of an index")
    }

    /// The figures of every listed pack that is there.
    pub(super) fn figures<'s>(
        &'s self,
        stock: &'s Stock<'_>,
    ) -> impl Iterator<Item = PackFigures> + 's {
        stock.index.packs().iter().filter_map(|id| {
            let bytes = *stock.there.get(id)?;
            // A pack of no blobs is listed by nobody we know, and needed by nobody.
            let (kind, content, needed) = match self.tallies.get(id) {
                Some(tally) => (tally.kind, tally.content, tally.needed),
                None => (BlobKind::Data, 0, 0),
            };
            Some(PackFigures { id: *id, kind, bytes, content, needed })
        })
    }

    fn count(&mut self, place: &Location, needed: bool) {
        let kind = place.blob.kind;
        let new = || Tally { kind, content: 0, waste: 0, needed: 0 };
        let tally = self.tallies.entry(place.pack).or_insert_with(new);
        let length = u64::from(place.blob.length);
        tally.content += length;
        if !needed {
            tally.waste += length;
        }
    }

    /// Smaller is better; between equals the fuller pack, then its name.
    fn rank(&self, place: &Location) -> (u128, Reverse<u64>, PackId) {
        let tally = self.tallies.get(&place.pack);
        let (content, waste) = tally.map_or((0, 0), |tally| (tally.content, tally.waste));
        let share = u128::from(waste) * 1_000_000 / u128::from(content.max(1));
        (share, Reverse(content), place.pack)
    }
}

fn short(number: usize) -> u32 {
    u32::try_from(number).expect("an index holds fewer than four billion blobs")
}
