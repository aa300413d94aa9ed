//! Which packs verifies found damaged and nobody has repaired since: a fold of the log.
//!
//! A verify of all data begins anew; one of the structure or of a part only adds, since it did not
//! look at the rest. A list that is too long is no harm: whoever repairs reads each pack again.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::audit::{Entry, Kind};
use crate::base::digest::Digest;

/// What a hostile or very unlucky log can make us hold.
const PACKS_MAX: usize = 100_000;

/// Packs of one repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DamagedPacks {
    packs: BTreeSet<Digest>,
    /// Damages that the newest verify counted and had no room to name.
    unnamed: u64,
}

impl DamagedPacks {
    /// Takes in an entry about the repository. What a verify of the past found says nothing about
    /// what the repository shows now.
    pub fn take(&mut self, entry: &Entry) {
        if entry.kind != Kind::Outcome || entry.facts.contains_key("as-of") {
            return;
        }
        match entry.verb.as_str() {
            "repository.verify" => self.verified(entry),
            "repository.repair-packs" => {
                let gone = listed(entry, "gone").filter_map(|pack| pack.as_str()?.parse().ok());
                for pack in gone {
                    self.packs.remove(&pack);
                }
            }
            _ => {}
        }
    }

    /// Their ids.
    pub fn packs(&self) -> &BTreeSet<Digest> {
        &self.packs
    }

    /// How many damages were found that no entry names.
    pub fn unnamed(&self) -> u64 {
        self.unnamed
    }

    fn verified(&mut self, entry: &Entry) {
        // A verify that was broken off says nothing of what it found.
        let Some(damages) = entry.facts.get("damages").and_then(Value::as_u64) else { return };
        if entry.facts.get("read-data").and_then(Value::as_bool) == Some(true) {
            self.packs.clear();
        }
        let named = listed(entry, "named").count() as u64;
        self.unnamed = damages.saturating_sub(named);
        let objects = listed(entry, "named").filter_map(|one| one.get("object")?.as_str());
        let packs = objects.filter_map(|object| object.strip_prefix("data/"));
        let packs = packs.filter_map(|name| name.rsplit('/').next()?.parse::<Digest>().ok());
        let room = PACKS_MAX.saturating_sub(self.packs.len());
        self.packs.extend(packs.take(room));
    }
}

fn listed<'e>(entry: &'e Entry, fact: &str) -> impl Iterator<Item = &'e Value> {
    entry.facts.get(fact).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::view;

    fn entry(verb: &str, kind: Kind, facts: &Value) -> Entry {
        Entry { subject: "kho".to_owned(), ..view::entry(0, kind, verb, facts) }
    }

    fn id(number: u8) -> String {
        Digest([number; 32]).to_string()
    }

    fn verified(read_data: bool, packs: &[u8], damages: u64) -> Entry {
        let named: Vec<_> = packs
            .iter()
            .map(|one| json!({"object": format!("data/{:02x}/{}", one, id(*one)), "kind": "x"}))
            .chain([json!({"object": format!("index/{}", id(99)), "kind": "index"})])
            .collect();
        let facts = json!({"read-data": read_data, "damages": damages, "named": named});
        entry("repository.verify", Kind::Outcome, &facts)
    }

    #[test]
    fn what_verifies_named_stays_until_it_is_repaired_or_all_was_read_again() {
        let mut found = DamagedPacks::default();
        found.take(&verified(true, &[1, 2], 3));
        found.take(&verified(false, &[3], 2));
        let packs = |found: &DamagedPacks| -> Vec<u8> {
            found.packs().iter().map(|pack| pack.0[0]).collect()
        };
        assert_eq!((packs(&found), found.unnamed()), (vec![1, 2, 3], 0));
        let gone = json!({"gone": [id(2), "no id"]});
        found.take(&entry("repository.repair-packs", Kind::Intent, &gone));
        assert_eq!(packs(&found), [1, 2, 3], "an intent has done nothing");
        found.take(&entry("repository.repair-packs", Kind::Outcome, &gone));
        assert_eq!(packs(&found), [1, 3]);
        // Broken off, or of the past.
        found.take(&entry("repository.verify", Kind::Outcome, &json!({"read-data": true})));
        let past = json!({"read-data": true, "damages": 0, "named": [], "as-of": "2026"});
        found.take(&entry("repository.verify", Kind::Outcome, &past));
        assert_eq!(packs(&found), [1, 3]);
        found.take(&verified(true, &[4], 60));
        assert_eq!((packs(&found), found.unnamed()), (vec![4], 58));
    }
}
